// content_sysv.c - reading a System V segment by attaching: the route that leaves a trace.
#include "probes/content_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probes/sysv_row.h"

// Opens our own map_files link of an attachment. Its end is the size rounded up to the page size
// of the segment, which only the mapping itself knows: small, 2 MiB or 1 GiB.
static int open_own_link(const struct content_reader *r, const char *at, uint64_t size) {
    const uint64_t pages[] = {root_vantage(r->root)->page_size, 2u << 20, 1u << 30};
    uint64_t start = (uintptr_t)at;
    int fd = -ENOENT;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]) && fd == -ENOENT; i++) {
        struct via via = {.process = {.pid = getpid()}, .start = start};
        via.end = start + (size + pages[i] - 1) / pages[i] * pages[i];
        fd = holder_open_map(r->root, &r->id, &via, O_RDONLY, NULL, 0);
    }
    return fd;
}

int content_by_attaching(struct content_reader *r) {
    struct root_shm_row row = {0};
    if (!r->own || r->id.num > INT_MAX)
        return -EXDEV;
    struct elsewhere *there = NULL;
    int err = r->id.ns == root_vantage(r->root)->ipc_ns
                  ? 0
                  : elsewhere_enter(r->root, ELSEWHERE_IPC, r->id.ns, &r->way, &there);
    if (err < 0)
        return err;
    const struct root *root = there != NULL ? elsewhere_root(there) : r->root;
    char *at = shmat((int)r->id.num, NULL, SHM_RDONLY);
    bool attached = at != (char *)-1;
    if (!attached)
        err = errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
    else // attached, the id cannot come to mean another segment any more
        err = sysv_same(root, &r->id, &row);
    elsewhere_leave(there);
    r->attached = attached;
    if (err < 0) {
        if (attached)
            shmdt(at);
        return err;
    }
    int fd = open_own_link(r, at, row.size);
    if (fd < 0) {
        r->mode = CONTENT_ATTACHED;
        r->check = CHECK_ROW;
        r->at = at;
        snprintf(r->route, sizeof(r->route), "attached until closed");
        content_tell_attached(r);
        return 0;
    }
    shmdt(at);
    bool quiet = (fcntl(fd, F_GETFL) & O_NOATIME) != 0;
    err = content_use_fd(r, fd, quiet, CHECK_ROW, ROOT_PROC, "");
    if (err < 0)
        return err;
    snprintf(r->route, sizeof(r->route), "attached once, then pread");
    content_tell_effects(r, "attached once: moved attach and detach time and last pid");
    return 0;
}

// The kernel copies, so that a page that cannot be had is an error and not a SIGBUS.
ssize_t content_read_attached(struct content_reader *r, uint64_t off, void *buf, size_t n) {
    struct iovec local = {buf, n}, remote = {r->at + off, n};
    ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    return got < 0 ? -errno : got;
}
