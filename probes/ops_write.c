// ops_write.c - writing bytes into a segment.
#include "probes/ops_internal.h"
#include "probes/store.h"
#include "probes/sysv_row.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

// An object opened for writing: a descriptor, or (System V that no holder's link leads to) our own
// attachment.
struct target {
    int fd;
    uint8_t *at;
    uint64_t size;
    uint64_t page_size;
};

static void target_done(struct target *t) {
    if (t->fd >= 0)
        close(t->fd);
    if (t->at != NULL)
        shmdt(t->at);
}

static struct via via_of(const struct op_request *req) {
    return (struct via){
        .process = {.pid = req->via_pid, .start_ticks = req->via_ticks},
        .start = req->via_start,
        .end = req->via_end,
        .offset = req->via_offset,
        .usable = true,
    };
}

// Through a holder: its mapping, else (not for System V) one of its descriptors.
static int open_by_holder(const struct op *op) {
    struct via via = via_of(op->req);
    if (via.process.pid <= 0)
        return -ENOENT;
    int fd = holder_open_map(op->root, &op->req->id, &via, O_RDWR, NULL, 0);
    if (fd < 0 && op->req->id.kind != SEG_SYSV) {
        int other = holder_open_descriptor(op->root, &op->req->id, &via.process, O_RDWR, NULL, 0);
        return other == -ENOENT ? fd : other;
    }
    return fd;
}

static int open_by_name(const struct op *op) {
    const struct op_request *req = op->req;
    char path[sizeof(req->where.name) + sizeof("self/root")];
    struct root_stat st;
    struct seg_id now;
    enum root_tree tree = req->where.form == SEG_FORM_POSIX ? ROOT_SHM : ROOT_PROC;
    if (req->where.name_len < 2 || req->where.name_len >= sizeof(req->where.name))
        return -ENOENT;
    snprintf(path, sizeof(path), "%s%s", tree == ROOT_SHM ? "" : "self/root",
             req->where.name + (tree == ROOT_SHM));
    int err = root_stat(op->root, tree, path, &st); // a device must not even be opened
    if (err < 0)
        return err == -ENOTDIR ? -ENOENT : err;
    object_id_from_stat(req->id.kind, &st, &now);
    if (!S_ISREG(st.mode) || !seg_id_same(&now, &req->id))
        return -ESTALE;
    bool quiet;
    int fd = holder_open_quiet(op->root, tree, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK, &quiet);
    err = fd < 0 ? fd : holder_verify_fd(op->root, &req->id, fd);
    if (err < 0 && fd >= 0)
        close(fd);
    return err < 0 ? err : fd;
}

static int open_sysv(const struct op *op, struct target *t) {
    struct root_shm_row row;
    int err = sysv_same(op->root, &op->req->id, &row);
    if (err < 0)
        return err;
    t->size = row.size;
    t->fd = open_by_holder(op);
    if (t->fd >= 0)
        return 0;
    if (op->req->offset > row.size || op->req->bytes_len > row.size - op->req->offset)
        return 0; // refused by its size: not worth an attach
    void *at = shmat((int)op->req->id.num, NULL, 0);
    if (at == (void *)-1)
        return errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
    t->at = at;
    op_note(op, "it had to be attached: attach and detach time and last pid moved");
    return sysv_same(op->root, &op->req->id, &row); // attached, the id is pinned
}

static int target_open(const struct op *op, struct target *t) {
    enum seg_form form = op->req->where.form;
    struct statfs fs;
    struct root_stat st;
    t->page_size = root_vantage(op->root)->page_size;
    if (op->req->id.kind == SEG_SYSV) {
        int err = open_sysv(op, t);
        if (err < 0)
            return err;
    } else {
        uint64_t ns = op->req->where.ns;
        bool here = ns == 0 || ns == root_vantage(op->root)->mnt_ns;
        bool named = form == SEG_FORM_POSIX || (form == SEG_FORM_FILE && here);
        t->fd = named ? open_by_name(op) : open_by_holder(op);
    }
    if (t->fd < 0)
        return op->req->id.kind == SEG_SYSV ? 0 : t->fd;
    int err = holder_fd_stat(t->fd, &st);
    if (err < 0)
        return err;
    if (op->req->id.kind != SEG_SYSV || st.size < t->size)
        t->size = st.size;
    if (fstatfs(t->fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC && fs.f_bsize > 0)
        t->page_size = (uint64_t)fs.f_bsize;
    return 0;
}

// What can be refused before a byte is touched.
static enum outcome may_write(const struct op *op, const struct target *t) {
    const struct op_request *req = op->req;
    if (req->offset > t->size || req->bytes_len > t->size - req->offset)
        return op_fail(op, OUTCOME_REFUSED, 0, "choose an offset and length within it",
                       "%zu bytes at offset %" PRIu64 " reach past its end at %" PRIu64,
                       req->bytes_len, req->offset, t->size);
    int seals = t->fd >= 0 ? fcntl(t->fd, F_GET_SEALS) : -1; // -1: cannot be sealed
    if (seals > 0 && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0)
        return op_fail(op, OUTCOME_REFUSED, 0, "", "is sealed against writing");
    return OUTCOME_DONE;
}

// Bytes as they are now, read without touching a page through a mapping of ours.
static int read_old(const struct op *op, const struct target *t, uint8_t *buf, size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t n;
        uint64_t off = op->req->offset + done;
        if (t->fd >= 0) {
            n = pread(t->fd, buf + done, len - done, (off_t)off);
        } else {
            struct iovec local = {buf + done, len - done}, remote = {t->at + off, len - done};
            n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        done += (size_t)n;
    }
    return 0;
}

static enum outcome differs(const struct op *op) {
    return op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                   "other bytes than expected stand at offset %" PRIu64, op->req->offset);
}

static enum outcome became_shorter(const struct op *op, bool nothing_written) {
    return nothing_written ? op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                                     "became shorter while it was looked at: the end is past now")
                           : op_fail(op, OUTCOME_FAILED, 0, "look at it again",
                                     "became shorter while it was written: a part may be lost");
}

// Room for the pages first: the kernel says ENOSPC here, undoes what it took and never lets the
// object grow, while a store into a full tmpfs is a SIGBUS.
static int make_room(const struct op *op, const struct target *t) {
    int err;
    if (t->fd < 0)
        return 0;
    do
        err = fallocate(t->fd, FALLOC_FL_KEEP_SIZE, (off_t)op->req->offset,
                        (off_t)op->req->bytes_len) < 0
                  ? -errno
                  : 0;
    while (err == -EINTR);
    return err == -EOPNOTSUPP ? 0 : err;
}

static enum outcome after_store(const struct op *op, const struct target *t, enum store_end end) {
    const struct op_request *req = op->req;
    struct root_stat st;
    bool one_step = store_is_one_step(req->offset, req->bytes_len);
    bool cut = t->fd >= 0 && holder_fd_stat(t->fd, &st) == 0 &&
               st.size < req->offset + req->bytes_len;
    if (end == STORE_DIFFERS)
        return differs(op);
    if (cut)
        return became_shorter(op, one_step && end == STORE_FAULT);
    if (end == STORE_FAULT)
        return op_fail(op, OUTCOME_FAILED, 0, "free some memory",
                       one_step ? "a page for it could not be had (SIGBUS)"
                                : "a page for it could not be had (SIGBUS); a part may be written");
    op->out->one_step = one_step;
    if (!one_step && (req->bytes_len == 2 || req->bytes_len == 4 || req->bytes_len == 8))
        op_note(op, "the offset is no multiple of %zu, so it was not written in one step",
                req->bytes_len);
    return OUTCOME_DONE;
}

static enum outcome write_target(const struct op *op, const struct target *t) {
    const struct op_request *req = op->req;
    struct store s = {.fd = t->fd,
                      .at = t->at,
                      .page_size = t->page_size,
                      .offset = req->offset,
                      .bytes = req->bytes,
                      .len = req->bytes_len,
                      .expect = req->expect,
                      .expect_len = req->expect_len};
    size_t look = req->expect != NULL && req->expect_len > req->bytes_len ? req->expect_len
                                                                          : req->bytes_len;
    uint8_t replaced[8];
    enum store_end end = STORE_FAULT;
    if (look > t->size - req->offset)
        return differs(op);
    op->out->old = malloc(look > 0 ? look : 1);
    if (op->out->old == NULL)
        return op_fail(op, OUTCOME_FAILED, ENOMEM, "", "out of memory");
    int err = read_old(op, t, op->out->old, look);
    if (err == -ENODATA)
        return became_shorter(op, true);
    if (err < 0)
        return op_fail_errno(op, err, "read it");
    if (req->expect != NULL && memcmp(op->out->old, req->expect, req->expect_len) != 0)
        return differs(op);
    if (req->bytes_len == 0)
        return OUTCOME_DONE;
    err = make_room(op, t);
    if (err == -ENOSPC || err == -ENOMEM)
        return op_fail(op, OUTCOME_FAILED, -err, "free some of it",
                       "there is no room for the pages to be written; nothing was");
    if (err == 0)
        err = store_bytes(&s, &end, replaced);
    if (err < 0)
        return op_fail_errno(op, err, "write to it");
    enum outcome outcome = after_store(op, t, end);
    if (outcome == OUTCOME_DONE && op->out->one_step)
        memcpy(op->out->old, replaced, req->bytes_len);
    return outcome;
}

enum outcome op_write(const struct op *op) {
    struct target t = {.fd = -1};
    int err = target_open(op, &t);
    enum outcome outcome;
    if (err == -ENOENT && op->req->id.kind != SEG_SYSV && op->req->where.form == SEG_FORM_OBJECT &&
        op->req->via_pid == 0)
        outcome = op_fail(op, OUTCOME_FAILED, 0, "run shmtop as root to see all holders",
                          "has no name, and no holder of it could be seen");
    else if (err < 0)
        outcome = op_fail_errno(op, err, "write to it");
    else
        outcome = may_write(op, &t);
    if (outcome == OUTCOME_DONE)
        outcome = write_target(op, &t);
    target_done(&t);
    return outcome;
}
