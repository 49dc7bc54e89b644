// ops_rootless.c - operations on System V of an IPC namespace that belongs to a user namespace of
// our user: a child of a moment goes there and does them.
#include "probes/ops_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/root_internal.h"
#include "probes/rootless.h"

enum { NOBODY = 65534 };

// What the child is given: the machine as it is there, and the wish with the ids as they are there.
struct errand {
    struct root root;
    struct op_request req;
};

static bool get(int fd, void *bytes, size_t len) {
    size_t n = 0;
    return root_read_fd(fd, bytes, len, &n) == 0 && n == len;
}

static void run(void *arg, int up, int down) {
    const struct errand *e = arg;
    struct op_result out = {0};
    struct op op = {&e->root, &e->req, &out, true};
    (void)down;
    op_dispatch(&op);
    if (root_write_fd(up, &out, sizeof(out), -1) == 0 && out.old != NULL)
        root_write_fd(up, out.old, e->req.bytes_len, -1);
    free(out.old);
}

// False: an id that is wished for means nothing there.
static bool translate(const struct id_map *uids, const struct id_map *gids,
                      struct op_request *req) {
    uint32_t creator = NOBODY;
    rootless_inside(uids, (uint32_t)req->id.incarnation[1], &creator);
    if (req->kind != OP_CREATE_SYSV)
        req->id.incarnation[1] = creator;
    return (!req->has_uid || rootless_inside(uids, req->uid, &req->uid)) &&
           (!req->has_gid || rootless_inside(gids, req->gid, &req->gid));
}

// Takes what the child tells. 0 or -errno.
static int take_result(const struct op *op, struct rootless_child *child) {
    struct op_result *out = op->out;
    bool told = get(child->from_child, out, sizeof(*out));
    bool has_old = told && out->old != NULL;
    out->old = has_old ? malloc(op->req->bytes_len + 1) : NULL; // the pointer was the child's
    if (has_old && (out->old == NULL || !get(child->from_child, out->old, op->req->bytes_len)))
        told = false;
    int err = rootless_end(child);
    return told ? 0 : err < 0 ? err : -ECHILD;
}

enum outcome op_rootless(const struct op *op, uint64_t ns, struct elsewhere_way *way) {
    struct rootless_child child;
    struct id_map uids, gids;
    struct errand *e = malloc(sizeof(*e));
    if (e == NULL)
        return op_fail(op, OUTCOME_FAILED, ENOMEM, "", "out of memory");
    *e = (struct errand){*op->root, *op->req};
    e->root.vantage.ipc_ns = ns;
    rootless_map(op->root, way->pid, "uid_map", &uids);
    rootless_map(op->root, way->pid, "gid_map", &gids);
    bool known = translate(&uids, &gids, &e->req);
    int fd = known ? elsewhere_open_ipc(op->root, ns, way) : -EINVAL;
    int err = fd < 0 ? fd : rootless_start(op->root, way->pid, fd, run, e, &child);
    if (fd >= 0)
        close(fd);
    if (err == 0)
        err = take_result(op, &child);
    free(e);
    if (!known)
        return op_fail(op, OUTCOME_FAILED, EINVAL, "give one that its uid_map or gid_map has",
                       "that user or group does not exist in its user namespace");
    if (err == -EPERM || err == -EACCES)
        err = -EXDEV; // not a namespace of ours
    if (err < 0)
        return op_fail_errno(op, err, "enter its namespace");
    if (op->out->fault.outcome == OUTCOME_DONE && op->req->kind == OP_CREATE_SYSV) {
        op->out->created.incarnation[1] = rootless_outside(
            &uids, (uint32_t)op->out->created.incarnation[1]);
        op_add_namespace(op->out->seg, sizeof(op->out->seg), ns);
    }
    return op->out->fault.outcome;
}
