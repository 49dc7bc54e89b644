// ops_posix.c - creating and changing objects of our own /dev/shm.
#include "probes/ops_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/lend.h"

enum { MODE_BITS = 0777 };

static enum outcome no_name(const struct op *op) {
    return op_fail(op, OUTCOME_USAGE, 0, "give a name like /ring", "is no name in /dev/shm");
}

static enum outcome explain_create(const struct op *op, int err) {
    switch (-err) {
    case EEXIST:
    case EISDIR:
        return op_fail(op, OUTCOME_REFUSED, EEXIST, "choose another name, or remove that one first",
                       "exists already");
    case ENOENT:
        return op_fail(op, OUTCOME_FAILED, ENOENT, "make that folder first",
                       "the folder it is to be in does not exist");
    case ENOTDIR:
        return op_fail(op, OUTCOME_FAILED, ENOTDIR, "choose another name",
                       "a part of its path is a file");
    case ENAMETOOLONG:
        return op_fail(op, OUTCOME_FAILED, ENAMETOOLONG, "use at most 255 bytes between slashes",
                       "its name is too long");
    case ENOSPC:
        return op_fail(op, OUTCOME_FAILED, ENOSPC,
                       "free some of it, or raise its size or nr_inodes", "/dev/shm is full");
    case EINVAL:
    case EFBIG:
        return op_fail(op, OUTCOME_FAILED, -err, "make it smaller",
                       "%" PRIu64 " bytes are more than a file can have", op->req->size);
    case ESPIPE:
        return op_fail(op, OUTCOME_FAILED, 0, "give a regular file",
                       "its content is to come from something that is no regular file");
    case ENODATA:
        return op_fail(op, OUTCOME_FAILED, 0, "try again",
                       "the file became shorter while it was copied");
    default:
        return op_fail_errno(op, err, "create it");
    }
}

// Size, content, owner, mode, in this order: others get in when all is there.
static int complete(const struct op *op, int fd) {
    const struct op_request *req = op->req;
    if (req->size > INT64_MAX)
        return -EFBIG;
    if (ftruncate(fd, (off_t)req->size) < 0)
        return -errno;
    int err = req->from_fd >= 0 ? op_copy_file(req->from_fd, req->size, op_put_file, &fd) : 0;
    if (err < 0)
        return err;
    if ((req->has_uid || req->has_gid) &&
        fchown(fd, req->has_uid ? req->uid : (uid_t)-1, req->has_gid ? req->gid : (gid_t)-1) < 0)
        return -errno;
    return fchmod(fd, req->mode & MODE_BITS) < 0 ? -errno : 0;
}

// Takes the half-made object away again, if the name still leads to it.
static void undo_create(const struct op *op, int dir, const char *base, int fd) {
    struct stat mine, there;
    if (fstat(fd, &mine) == 0 && fstatat(dir, base, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        mine.st_dev == there.st_dev && mine.st_ino == there.st_ino && unlinkat(dir, base, 0) == 0)
        return;
    op_note(op, "what was made of it is still there");
}

enum outcome op_create_posix(const struct op *op) {
    const char *base = NULL, *path = op_shm_path(op->req);
    struct root_stat st;
    if (path == NULL)
        return no_name(op);
    int dir = root_open_parent(op->root, ROOT_SHM, path, &base);
    if (dir < 0)
        return explain_create(op, dir);
    int fd = lend_create(dir, base, 0600);
    int err = fd < 0 ? fd : complete(op, fd);
    if (err == 0)
        err = holder_fd_stat(fd, &st);
    if (err < 0 && fd >= 0)
        undo_create(op, dir, base, fd);
    if (fd >= 0)
        close(fd);
    close(dir);
    if (err < 0)
        return explain_create(op, err);
    object_id_from_stat(SEG_POSIX, &st, &op->out->created);
    struct seg_ref ref = op->req->where;
    ref.ns = 0;
    seg_ref_format(&ref, op->out->seg, sizeof(op->out->seg));
    return OUTCOME_DONE;
}

void op_named_done(struct op_named *n) {
    if (n->fd >= 0)
        close(n->fd);
    if (n->dir >= 0)
        close(n->dir);
}

int op_named_open(const struct op *op, const char *path, struct op_named *n) {
    n->fd = -1;
    n->dir = root_open_parent(op->root, ROOT_SHM, path, &n->base);
    if (n->dir < 0)
        return n->dir;
    n->fd = openat(n->dir, n->base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (n->fd < 0)
        return -errno;
    int err = holder_fd_stat(n->fd, &n->st);
    return err < 0 ? err : holder_verify_fd(op->root, &op->req->id, n->fd);
}

enum outcome op_check_change(const struct op *op, const struct op_named *n, bool busy) {
    uint64_t seen = 0;
    if (!busy && u64v_get(op->req->expected_change, &seen) == WHY_KNOWN && seen != n->st.change_ns)
        return op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                       "was written or changed since it was looked at");
    return OUTCOME_DONE;
}

static int resize(const struct op *op, const char *path) {
    int fd = root_openat(op->root, ROOT_SHM, path, O_WRONLY | O_NONBLOCK);
    if (fd < 0)
        return fd;
    int err = holder_verify_fd(op->root, &op->req->id, fd);
    if (err == 0 && ftruncate(fd, (off_t)op->req->size) < 0)
        err = -errno;
    close(fd);
    return err;
}

// chmod(2) by way of /proc/self/fd reaches the very inode that was compared; fchmod(2) takes no
// O_PATH descriptor.
static int change_mode(const struct op *op, int fd) {
    char link[32];
    int self = root_openat(op->root, ROOT_PROC, "self/fd", O_PATH | O_DIRECTORY);
    if (self < 0)
        return self;
    snprintf(link, sizeof(link), "%d", fd);
    int err = fchmodat(self, link, op->req->mode & MODE_BITS, 0) < 0 ? -errno : 0;
    close(self);
    return err;
}

static enum outcome set_named(const struct op *op, const struct op_named *n, const char *path) {
    const struct op_request *req = op->req;
    bool shrinks = req->has_size && req->size < n->st.size;
    if (req->has_size && req->size > INT64_MAX)
        return explain_create(op, -EFBIG);
    if (shrinks && req->holders_seen > 0 && !req->force)
        return op_fail(op, OUTCOME_REFUSED, 0, "use --force to cut it all the same",
                       "is in use by %u process%s, which a cut can kill (SIGBUS)",
                       req->holders_seen, req->holders_seen == 1 ? "" : "es");
    enum outcome outcome = op_check_change(op, n, req->holders_seen > 0);
    if (outcome != OUTCOME_DONE)
        return outcome;
    int err = req->has_size ? resize(op, path) : 0;
    if (err < 0)
        return op_fail_errno(op, err, "resize it");
    uid_t uid = req->has_uid ? req->uid : (uid_t)-1;
    gid_t gid = req->has_gid ? req->gid : (gid_t)-1;
    if ((req->has_uid || req->has_gid) && fchownat(n->fd, "", uid, gid, AT_EMPTY_PATH) < 0)
        err = -errno;
    if (err == 0 && req->has_mode)
        err = change_mode(op, n->fd);
    if (err < 0 && req->has_size)
        op_note(op, "its size was set all the same");
    return err < 0 ? op_fail_errno(op, err, "change its mode or owner") : OUTCOME_DONE;
}

enum outcome op_set_posix(const struct op *op) {
    const char *path = op_shm_path(op->req);
    struct op_named n;
    if (path == NULL)
        return no_name(op);
    if (op->req->lock != OP_LOCK_KEEP)
        return op_fail(op, OUTCOME_USAGE, 0, "", "only System V segments can be locked");
    int err = op_named_open(op, path, &n);
    enum outcome outcome = err < 0
                               ? op_fail_errno(op, err == -ENOTDIR ? -ENOENT : err, "look at it")
                               : set_named(op, &n, path);
    op_named_done(&n);
    return outcome;
}
