// maps_query.c - the shared mappings of a process by PROCMAP_QUERY, which skips all others.
#include "probes/maps_parse.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "core/model.h"

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

int maps_read_query(int fd, const struct devices *devices, struct maps_scratch *scratch,
                    struct seen_maps *out) {
    uint64_t from = 0;
    for (;;) {
        struct query q = {.size = sizeof q,
                          .query_flags = COVERING_OR_NEXT | FILE_BACKED | VMA_SHARED,
                          .query_addr = from,
                          .vma_name_size = sizeof scratch->name,
                          .vma_name_addr = (uint64_t)(uintptr_t)scratch->name};
        if (ioctl(fd, QUERY_IOCTL, &q) < 0) {
            if (errno == EINTR)
                continue;
            return errno == ENOENT ? 0 : -errno;
        }
        if (q.vma_end <= from)
            return -EIO; // it must move on
        from = q.vma_end;
        struct map_line m = {
            .start = q.vma_start,
            .end = q.vma_end,
            .offset = q.vma_offset,
            .dev = makedev(q.dev_major, q.dev_minor),
            .ino = q.inode,
            .access = (uint8_t)((q.vma_flags & VMA_READABLE ? ACCESS_R : 0) |
                                (q.vma_flags & VMA_WRITABLE ? ACCESS_W : 0) |
                                (q.vma_flags & VMA_EXECUTABLE ? ACCESS_X : 0)),
            .is_private = (q.vma_flags & VMA_SHARED) == 0,
            .name = scratch->name,
            // The size given back counts the terminating zero; 0: it has no name.
            .name_len = q.vma_name_size > 0 ? strnlen(scratch->name, q.vma_name_size) : 0,
        };
        int err = maps_take(out, devices, &m);
        if (err)
            return err;
    }
}
