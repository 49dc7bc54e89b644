// content_holder.c - reading an object through a process that holds it.
#include "probes/content_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool opened_quietly(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_NOATIME) != 0;
}

static int by_descriptor(struct content_reader *r, int fd, const char *path, pid_t pid,
                         const char *how) {
    bool quiet = opened_quietly(fd);
    int err = content_use_fd(r, fd, quiet, CHECK_LINK, ROOT_PROC, path);
    if (err < 0)
        return err;
    snprintf(r->route, sizeof(r->route), "pread /proc/%d/%s", (int)pid, how);
    content_tell_effects(r, quiet ? "" : "may move the access time");
    return 0;
}

// An ordinary user reaches the memory of its own processes, but a read of a page never written
// allocates it: unless that is allowed only pages in some page table are read.
static int by_memory(struct content_reader *r, size_t i) {
    uint8_t probe;
    r->via_now = i;
    r->mode = CONTENT_HOLDER;
    r->check = CHECK_MAPS;
    int err = holder_maps_still(r->root, &r->id, &r->via[i]);
    // Asks for permission without touching a page: nothing is mapped at the null address.
    struct iovec local = {&probe, 1}, remote = {NULL, 1};
    if (err == 0 && process_vm_readv(r->via[i].process.pid, &local, 1, &remote, 1, 0) < 0 &&
        errno != EFAULT)
        err = -errno;
    if (err < 0) {
        r->mode = CONTENT_NONE;
        return err;
    }
    snprintf(r->route, sizeof(r->route), "process_vm_readv of pid %d", (int)r->via[i].process.pid);
    content_tell_effects(
        r, r->all_pages_exist || !r->may_allocate ? "" : "allocates pages never written");
    return 0;
}

int content_by_holders(struct content_reader *r) {
    char path[96];
    int err = -ENOENT;
    for (size_t i = 0; i < r->via_count; i++) {
        int fd = holder_open_map(r->root, &r->id, &r->via[i], O_RDONLY, path, sizeof(path));
        if (fd >= 0)
            return by_descriptor(r, fd, path, r->via[i].process.pid, "map_files");
        if (err == -ENOENT || fd == -EPERM || fd == -EACCES)
            err = fd;
    }
    for (size_t i = 0; i < r->via_count && r->id.kind != SEG_SYSV; i++) {
        if (i > 0 && r->via[i].process.pid == r->via[i - 1].process.pid)
            continue;
        int fd = holder_open_descriptor(r->root, &r->id, &r->via[i].process, O_RDONLY, path,
                                        sizeof(path));
        if (fd >= 0)
            return by_descriptor(r, fd, path, r->via[i].process.pid, "fd");
        if (err == -ENOENT || fd == -EPERM || fd == -EACCES)
            err = fd;
    }
    for (size_t i = 0; i < r->via_count; i++)
        if (r->via[i].usable && by_memory(r, i) == 0)
            return 0;
    return err;
}

static bool shows(const struct via *v, uint64_t off) {
    return v->usable && off >= v->offset && off - v->offset < v->end - v->start;
}

// The range of the serving process that shows off; NULL: none.
static const struct via *range_at(const struct content_reader *r, uint64_t off) {
    pid_t pid = r->via[r->via_now].process.pid;
    for (size_t i = 0; i < r->via_count; i++)
        if (shows(&r->via[i], off) && r->via[i].process.pid == pid)
            return &r->via[i];
    return NULL;
}

// One through which off can be read without allocating: it has these pages in its own page table,
// of the object and not of something else that is there by now. The serving process is asked first.
// *room gets how many bytes there are from off. NULL: there is none.
static const struct via *touched_at(const struct content_reader *r, uint64_t off, uint64_t *room) {
    pid_t pid = r->via[r->via_now].process.pid;
    for (int others = 0; others < 2; others++) {
        for (size_t i = 0; i < r->via_count; i++) {
            const struct via *v = &r->via[i];
            // The page table last: it must be that of the mapping, and still be so a moment later.
            if (shows(v, off) && (v->process.pid != pid) == others &&
                holder_maps_still(r->root, &r->id, v) == 0 &&
                (*room = content_touched(r, v, off)) > 0)
                return v;
        }
    }
    return NULL;
}

// What is known to exist is read where it is in a page table.
static ssize_t read_touched(struct content_reader *r, uint64_t off, void *buf, size_t n,
                            const struct via **via, uint64_t *room) {
    enum content_state state;
    uint64_t run = 0;
    int err = content_pages(r, off, n, &run, &state);
    if (err < 0 || state == CONTENT_UNKNOWN)
        return err < 0 ? err : -ENODATA;
    if (state == CONTENT_HOLE) {
        n = n > run ? (size_t)run : n;
        memset(buf, 0, n);
        return (ssize_t)n;
    }
    *via = touched_at(r, off, room);
    if (*via && *room > run)
        *room = run;
    return *via ? 0 : -ENODATA;
}

ssize_t content_read_holder(struct content_reader *r, uint64_t off, void *buf, size_t n) {
    uint64_t room = 0;
    const struct via *v = range_at(r, off);
    if (v == NULL)
        return -ENODATA;
    if (content_partial(r)) {
        ssize_t done = read_touched(r, off, buf, n, &v, &room);
        if (done != 0)
            return done;
    } else {
        // What is mapped there by now may have holes even where the object has none.
        int err = holder_maps_still(r->root, &r->id, v);
        if (err < 0)
            return err;
        room = v->end - v->start - (off - v->offset);
    }
    r->via_now = (size_t)(v - r->via);
    if (n > room)
        n = (size_t)room;
    struct iovec local = {buf, n};
    struct iovec remote = {(void *)(uintptr_t)(v->start + (off - v->offset)), n};
    ssize_t got = process_vm_readv(v->process.pid, &local, 1, &remote, 1, 0);
    if (got < 0 && errno == EFAULT) // beyond the end of the object
        return 0;
    return got < 0 ? -errno : got;
}
