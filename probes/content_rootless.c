// content_rootless.c - reading a System V segment that only a user namespace of our user leads to
// and whose holders show it to nobody: a child attaches it there, and its memory is read.
#include "probes/content_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes/root_internal.h"
#include "probes/sysv_row.h"

struct errand {
    struct root root;
    struct seg_id id; // as it is there
};
struct answer {
    int err; // as -errno
    uint64_t at;
};

// Attached, the id cannot come to mean another segment any more. Ends with its pipe.
static void attach(void *arg, int up, int down) {
    const struct errand *e = arg;
    struct root_shm_row row;
    struct answer a = {0};
    char *at = shmat((int)e->id.num, NULL, SHM_RDONLY), byte;
    if (at == (char *)-1)
        a.err = errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
    else
        a.err = sysv_same(&e->root, &e->id, &row);
    a.at = (uintptr_t)at;
    if (write(up, &a, sizeof(a)) != sizeof(a) || a.err < 0)
        return;
    // Nothing of ours is to be kept open by it.
    if (dup2(down, STDIN_FILENO) < 0 || syscall(SYS_close_range, STDIN_FILENO + 1, UINT_MAX, 0) < 0)
        return;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

static int start(struct content_reader *r, struct answer *answer) {
    struct id_map uids;
    uint32_t creator = 65534; // nobody
    size_t len = 0;
    struct errand e = {*r->root, r->id};
    int fd = elsewhere_open_ipc(r->root, r->id.ns, &r->way);
    if (fd < 0)
        return fd;
    rootless_map(r->root, r->way.pid, "uid_map", &uids);
    rootless_inside(&uids, (uint32_t)r->id.incarnation[1], &creator);
    e.id.incarnation[1] = creator;
    e.root.vantage.ipc_ns = r->id.ns;
    int err = rootless_start(r->root, r->way.pid, fd, attach, &e, &r->helper);
    close(fd);
    if (err < 0)
        return err;
    err = root_read_fd(r->helper.from_child, answer, sizeof(*answer), &len);
    if (err == 0 && len == sizeof(*answer))
        err = answer->err;
    else
        err = -EXDEV; // it could not enter
    if (err < 0)
        rootless_end(&r->helper);
    return err;
}

int content_by_rootless(struct content_reader *r) {
    struct answer answer = {0};
    uint64_t page = root_vantage(r->root)->page_size, size = r->id.incarnation[2];
    if (r->way.pid <= 0 || r->id.num > INT_MAX)
        return -EXDEV;
    int err = start(r, &answer);
    if (err < 0)
        return err;
    r->attached = true;
    r->via_count = 1;
    r->via[0] = (struct via){.process = {.pid = r->helper.pid},
                             .start = answer.at,
                             .end = answer.at + (size + page - 1) / page * page,
                             .usable = true};
    err = content_by_holders(r);
    if (err < 0) {
        rootless_end(&r->helper);
        return err;
    }
    snprintf(r->route, sizeof(r->route), "attached in its namespace until closed");
    content_tell_attached(r);
    return 0;
}
