// maps_query.c - the file mappings of a process by PROCMAP_QUERY, which skips all others.
#include "probes/maps_parse.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "core/model.h"
#include "probes/devices.h"

// From include/uapi/linux/fs.h of Linux 6.11; not in the C library's headers yet.
struct query {
    uint64_t size;
    uint64_t query_flags;
    uint64_t query_addr;
    uint64_t vma_start;
    uint64_t vma_end;
    uint64_t vma_flags;
    uint64_t vma_page_size;
    uint64_t vma_offset;
    uint64_t inode;
    uint32_t dev_major;
    uint32_t dev_minor;
    uint32_t vma_name_size;
    uint32_t build_id_size;
    uint64_t vma_name_addr;
    uint64_t build_id_addr;
};
#define QUERY_IOCTL _IOWR('f', 17, struct query)
enum {
    VMA_READABLE = 0x01,
    VMA_WRITABLE = 0x02,
    VMA_EXECUTABLE = 0x04,
    VMA_SHARED = 0x08,
    COVERING_OR_NEXT = 0x10,
    FILE_BACKED = 0x20,
};

// Asks for the first file mapping that ends behind `at`, or with `exact` for the one there; the
// name goes into the scratch memory. 0; -ENOENT: there is none; another -errno.
static int ask(int fd, uint64_t at, uint64_t flags, struct maps_scratch *scratch, bool named,
               struct query *q) {
    do {
        *q = (struct query){.size = sizeof *q,
                            .query_flags = FILE_BACKED | flags,
                            .query_addr = at,
                            .vma_name_size = named ? sizeof scratch->name : 0,
                            .vma_name_addr = named ? (uint64_t)(uintptr_t)scratch->name : 0};
        if (ioctl(fd, QUERY_IOCTL, q) == 0)
            return 0;
    } while (errno == EINTR);
    return -errno;
}

static uint64_t dev_of(const struct query *q) {
    return makedev(q->dev_major, q->dev_minor);
}

static int take(const struct query *q, const struct devices *devices,
                const struct maps_scratch *scratch, struct seen_maps *out) {
    struct map_line m = {
        .start = q->vma_start,
        .end = q->vma_end,
        .offset = q->vma_offset,
        .dev = dev_of(q),
        .ino = q->inode,
        .access = (uint8_t)((q->vma_flags & VMA_READABLE ? ACCESS_R : 0) |
                            (q->vma_flags & VMA_WRITABLE ? ACCESS_W : 0) |
                            (q->vma_flags & VMA_EXECUTABLE ? ACCESS_X : 0)),
        .is_private = (q->vma_flags & VMA_SHARED) == 0,
        .name = scratch->name,
        // The size given back counts the terminating zero; 0: it has no name.
        .name_len = q->vma_name_size > 0 ? strnlen(scratch->name, q->vma_name_size) : 0,
    };
    return maps_take(out, devices, &m);
}

// Private ones are mostly of programs and libraries: their names, the dearer half of an answer, are
// asked for only on devices that hold shared memory.
static bool needs_name(const struct devices *devices, const struct query *q) {
    enum device_class class = devices_class(devices, dev_of(q));
    return class != DEVICE_IGNORED && class != DEVICE_UNKNOWN;
}

int maps_read_query(int fd, bool private_too, const struct devices *devices,
                    struct maps_scratch *scratch, struct seen_maps *out) {
    uint64_t from = 0, flags = COVERING_OR_NEXT | (private_too ? 0 : VMA_SHARED);
    for (;;) {
        struct query q;
        int err = ask(fd, from, flags, scratch, !private_too, &q);
        if (err)
            return err == -ENOENT ? 0 : err;
        if (q.vma_end <= from)
            return -EIO; // it must move on
        from = q.vma_end;
        if (private_too && needs_name(devices, &q)) {
            err = ask(fd, q.vma_start, 0, scratch, true, &q);
            if (err == -ENOENT)
                continue; // unmapped this moment
            if (err)
                return err;
        }
        err = take(&q, devices, scratch, out);
        if (err)
            return err;
    }
}
