// ops_sysv.c - creating, removing and changing System V segments.
#include "probes/ops_internal.h"
#include "probes/save.h"
#include "probes/sysv_row.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SHM_HUGE_SHIFT
#define SHM_HUGE_SHIFT 26
#endif

enum { OWNER_RW = 0600, MODE_BITS = 0777 };

// A number from /proc/sys/kernel, or 0.
static uint64_t tunable(const struct op *op, const char *path) {
    char text[64];
    size_t len;
    return root_read(op->root, ROOT_PROC, path, text, sizeof(text), &len) == 0
               ? strtoull(text, NULL, 10)
               : 0;
}

static enum outcome explain_einval(const struct op *op) {
    const struct op_request *req = op->req;
    uint64_t most = tunable(op, "sys/kernel/shmmax");
    if (req->size == 0)
        return op_fail(op, OUTCOME_FAILED, EINVAL, "give a size of at least one byte",
                       "a System V segment cannot be empty");
    if (most != 0 && req->size > most)
        return op_fail(op, OUTCOME_FAILED, EINVAL, "raise kernel.shmmax or make it smaller",
                       "its %" PRIu64 " bytes are more than the limit SHMMAX, %" PRIu64, req->size,
                       most);
    if (req->huge_page != 0)
        return op_fail(op, OUTCOME_FAILED, EINVAL, "look into /sys/kernel/mm/hugepages",
                       "this kernel has no huge pages of %" PRIu64 " bytes", req->huge_page);
    return op_fail(op, OUTCOME_FAILED, EINVAL, "", "the kernel takes no such size or mode");
}

static enum outcome explain_create(const struct op *op, int err) {
    const struct op_request *req = op->req;
    struct root_shm_info info;
    uint64_t most = tunable(op, "sys/kernel/shmmni");
    switch (err) {
    case EEXIST:
        return op_fail(op, OUTCOME_REFUSED, EEXIST, "choose another key, or remove that one first",
                       "exists already");
    case EINVAL:
        return explain_einval(op);
    case ENOSPC:
        if (most != 0 && root_shm_info(op->root, &info) == 0 && info.used_ids >= most)
            return op_fail(op, OUTCOME_FAILED, err, "remove some, or raise kernel.shmmni",
                           "all %" PRIu64 " segments that SHMMNI allows exist", most);
        return op_fail(op, OUTCOME_FAILED, err, "remove some, or raise kernel.shmall",
                       "the pages of all segments together would exceed SHMALL");
    case ENOMEM:
        if (req->huge_page != 0)
            return op_fail(op, OUTCOME_FAILED, err, "raise vm.nr_hugepages",
                           "there are not enough free huge pages for %" PRIu64 " bytes", req->size);
        return op_fail(op, OUTCOME_FAILED, err, "make it smaller",
                       "there is not enough memory for %" PRIu64 " bytes", req->size);
    case EPERM:
        return op_fail(op, OUTCOME_FAILED, err,
                       "run as root or join the group of vm.hugetlb_shm_group",
                       "huge pages need CAP_IPC_LOCK or that group");
    default:
        return op_fail(op, OUTCOME_FAILED, err, "", "the kernel did not create it: %s",
                       strerror(err));
    }
}

// Copies through the kernel, so that a page that cannot be had is EFAULT and not a SIGBUS.
static int fill_piece(void *arg, uint64_t off, const uint8_t *bytes, size_t len) {
    uint8_t *at = arg;
    struct iovec local = {.iov_len = len}, remote = {at + off, len};
    memcpy(&local.iov_base, &bytes, sizeof(bytes)); // only read from
    ssize_t n = process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
    if (n < 0)
        return errno == EFAULT ? -ENOMEM : -errno;
    return (size_t)n == len ? 0 : -ENOMEM;
}

// Fills a fresh segment from a file while it is attached, which pins its id: on failure it is
// removed again before it is let go.
static int fill_from_file(const struct op *op, int shmid) {
    void *at = shmat(shmid, NULL, 0);
    int err = at == (void *)-1 ? -errno : 0;
    if (err == 0)
        err = op_copy_file(op->req->from_fd, op->req->size, fill_piece, at);
    if (err < 0)
        shmctl(shmid, IPC_RMID, NULL);
    if (at != (void *)-1)
        shmdt(at);
    return err;
}

static enum outcome explain_fill(const struct op *op, int err) {
    if (err == -ESPIPE)
        return op_fail(op, OUTCOME_FAILED, 0, "give a regular file",
                       "its content is to come from something that is no regular file; the new "
                       "segment was removed again");
    if (err == -ENODATA)
        return op_fail(op, OUTCOME_FAILED, 0, "try again",
                       "the file became shorter while it was copied; the new segment was removed "
                       "again");
    return op_fail(op, OUTCOME_FAILED, -err, "",
                   "its content could not be copied in; the new segment was removed again");
}

// Owner and mode as asked, once the content is in.
static int settle(const struct op_request *req, int shmid) {
    struct shmid_ds ds;
    if (shmctl(shmid, IPC_STAT, &ds) < 0)
        return -errno;
    ds.shm_perm.mode = (unsigned short)(req->mode & MODE_BITS);
    if (req->has_uid)
        ds.shm_perm.uid = req->uid;
    if (req->has_gid)
        ds.shm_perm.gid = req->gid;
    return shmctl(shmid, IPC_SET, &ds) < 0 ? -errno : 0;
}

static enum outcome report_created(const struct op *op, int shmid) {
    struct root_shm_row row;
    struct seg_ref ref = {.form = SEG_FORM_SYSV, .num = (uint64_t)shmid};
    seg_ref_format(&ref, op->out->seg, sizeof(op->out->seg));
    int err = sysv_row(op->root, (uint64_t)shmid, &row);
    if (err < 0)
        return op_fail(op, OUTCOME_FAILED, 0, "look at the list",
                       "%s was created, but somebody removed it at once", op->out->seg);
    op->out->created = sysv_row_id(op->root, &row);
    return OUTCOME_DONE;
}

enum outcome op_create_sysv(const struct op *op) {
    const struct op_request *req = op->req;
    uint32_t mode = req->mode & MODE_BITS;
    bool fills = req->from_fd >= 0, late = fills && (mode & OWNER_RW) != OWNER_RW;
    int flags = IPC_CREAT | IPC_EXCL | (int)(late ? mode | OWNER_RW : mode);
    if (req->huge_page != 0)
        flags |= SHM_HUGETLB | __builtin_ctzll(req->huge_page) << SHM_HUGE_SHIFT;
    int shmid = shmget(req->has_key ? (key_t)req->key : IPC_PRIVATE, req->size, flags);
    if (shmid < 0)
        return explain_create(op, errno);
    int err = fills ? fill_from_file(op, shmid) : 0;
    if (err < 0)
        return explain_fill(op, err);
    if ((late || req->has_uid || req->has_gid) && settle(req, shmid) < 0)
        op_note(op, "its mode and owner could not be set");
    return report_created(op, shmid);
}

// The key and the change time must be those that were seen.
static enum outcome check_facts(const struct op *op, const struct root_shm_row *row) {
    uint64_t seen = 0;
    if (u64v_get(op->req->expected_key, &seen) == WHY_KNOWN && seen != row->key)
        return op_fail_errno(op, -ESTALE, "");
    if (u64v_get(op->req->expected_change, &seen) == WHY_KNOWN && seen / 1000000000u != row->ctime)
        return op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                       "its owner or mode was changed since it was looked at");
    return OUTCOME_DONE;
}

static enum outcome in_use(const struct op *op, uint64_t nattch) {
    return op_fail(op, OUTCOME_REFUSED, 0, "use --force to remove it all the same",
                   "is in use: attached %" PRIu64 " time%s", nattch, nattch == 1 ? "" : "s");
}

// Whether the segment may go, as it is before we attach.
static enum outcome may_remove(const struct op *op, const struct root_shm_row *row) {
    const struct op_request *req = op->req;
    uint64_t seen = 0;
    if ((row->perms & SYSV_DEST) != 0)
        return op_fail(op, OUTCOME_REFUSED, 0, "end the processes that hold it",
                       "is removed already and goes with its last detach");
    enum outcome outcome = check_facts(op, row);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (row->nattch > 0 && !req->force)
        return in_use(op, row->nattch);
    if (!req->force && u64v_get(req->expected_last, &seen) == WHY_KNOWN && seen != row->lpid)
        return op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                       "was attached and let go again since it was looked at");
    return OUTCOME_DONE;
}

// A removal while it goes on: our attachment pins the id to this very segment.
struct removing {
    const struct op *op;
    struct root_shm_row before, row; // as looked at, and as last seen
    void *at;                        // (void *)-1: could not be attached
};

static bool is_pinned(const struct removing *r) {
    return r->at != (void *)-1;
}

// Looks at it once more: nothing but our own attachment may have come since.
static enum outcome look_again(struct removing *r) {
    const struct op *op = r->op;
    const uint64_t own = is_pinned(r);
    const uint32_t last = is_pinned(r) ? (uint32_t)getpid() : r->before.lpid;
    int err = sysv_same(op->root, &op->req->id, &r->row);
    if (err < 0)
        return op_fail_errno(op, err, "look at it");
    if ((r->row.perms & SYSV_DEST) != 0 || r->row.key != r->before.key ||
        r->row.ctime != r->before.ctime || (!op->req->force && r->row.dtime != r->before.dtime))
        return op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                       "was removed or changed in this very moment");
    if (op->req->force)
        return OUTCOME_DONE;
    if (r->row.nattch > own)
        return in_use(op, r->row.nattch - own);
    if (r->row.lpid != last)
        return op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                       "was attached by another process in this very moment");
    return OUTCOME_DONE;
}

static enum outcome save(struct removing *r) {
    const struct op *op = r->op;
    if (op->req->save_dir < 0)
        return OUTCOME_DONE;
    if (!is_pinned(r))
        return op_fail(op, OUTCOME_FAILED, 0, "leave out --save",
                       "cannot be attached, so that it cannot be saved; nothing was removed");
    enum outcome outcome = save_sysv(op, &r->before, r->at);
    if (outcome != OUTCOME_DONE)
        return outcome;
    op_at(op, OP_STEP_SAVED);
    outcome = look_again(r); // what is saved is what goes
    if (outcome != OUTCOME_DONE)
        save_undo(op);
    return outcome;
}

static void note_left(const struct removing *r) {
    struct root_shm_row after;
    const uint64_t own = is_pinned(r);
    // Seen through our attachment: somebody may have come in the moment before.
    uint64_t left = is_pinned(r) && sysv_row(r->op->root, r->op->req->id.num, &after) == 0
                        ? after.nattch
                        : r->row.nattch;
    if (left > own)
        op_note(r->op, "its memory stays until its last %" PRIu64 " attachment%s end%s", left - own,
                left - own == 1 ? "" : "s", left - own == 1 ? "s" : "");
}

static enum outcome remove_pinned(struct removing *r) {
    const struct op *op = r->op;
    enum outcome outcome = look_again(r);
    if (outcome == OUTCOME_DONE) {
        op_at(op, OP_STEP_COMPARED);
        outcome = save(r);
    }
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (shmctl((int)op->req->id.num, IPC_RMID, NULL) < 0) {
        int err = errno;
        save_undo(op);
        return op_fail_errno(op, err == EINVAL ? -ENOENT : -err, "remove it");
    }
    op_at(op, OP_STEP_FREED);
    note_left(r);
    if (!is_pinned(r))
        op_note(op, "it could not be attached first, so that for a moment between looking and "
                    "removing another one might have taken its id");
    return OUTCOME_DONE;
}

// Attached, a shmid cannot come to mean another segment: attach, compare, remove is free of races.
// Only who attaches between the last look and the removal is not turned away: his memory stays his
// until he lets go.
enum outcome op_remove_sysv(const struct op *op) {
    struct removing r = {.op = op};
    int err = sysv_same(op->root, &op->req->id, &r.before);
    if (err < 0)
        return op_fail_errno(op, err, "look at it");
    enum outcome outcome = may_remove(op, &r.before);
    if (outcome != OUTCOME_DONE)
        return outcome;
    op_at(op, OP_STEP_LOOKED);
    r.at = shmat((int)op->req->id.num, NULL, SHM_RDONLY);
    op_at(op, OP_STEP_PINNED);
    outcome = remove_pinned(&r);
    if (is_pinned(&r))
        shmdt(r.at);
    return outcome;
}

static enum outcome lock_sysv(const struct op *op) {
    bool locks = op->req->lock == OP_LOCK;
    if (shmctl((int)op->req->id.num, locks ? SHM_LOCK : SHM_UNLOCK, NULL) == 0)
        return OUTCOME_DONE;
    if (errno == ENOMEM || (errno == EPERM && locks))
        return op_fail(op, OUTCOME_FAILED, errno, "raise the limit of locked memory, or be root",
                       "locking it exceeds what user %u may lock", root_vantage(op->root)->uid);
    return op_fail_errno(op, -errno, locks ? "lock it" : "unlock it");
}

enum outcome op_set_sysv(const struct op *op) {
    const struct op_request *req = op->req;
    struct root_shm_row row;
    struct shmid_ds ds = {0};
    if (req->has_size)
        return op_fail(op, OUTCOME_USAGE, 0, "create a new one",
                       "System V segments keep their size");
    int err = sysv_same(op->root, &req->id, &row);
    if (err < 0)
        return op_fail_errno(op, err, "look at it");
    if ((row.perms & SYSV_DEST) != 0)
        return op_fail(op, OUTCOME_REFUSED, 0, "",
                       "is removed already and goes with its last detach");
    enum outcome outcome = check_facts(op, &row);
    if (outcome != OUTCOME_DONE)
        return outcome;
    bool changes = req->has_mode || req->has_uid || req->has_gid;
    if (changes) {
        ds.shm_perm.uid = req->has_uid ? req->uid : row.uid;
        ds.shm_perm.gid = req->has_gid ? req->gid : row.gid;
        ds.shm_perm.mode = (unsigned short)((req->has_mode ? req->mode : row.perms) & MODE_BITS);
        if (shmctl((int)req->id.num, IPC_SET, &ds) < 0)
            return op_fail_errno(op, errno == EINVAL ? -ENOENT : -errno,
                                 "change its mode or owner");
    }
    outcome = req->lock == OP_LOCK_KEEP ? OUTCOME_DONE : lock_sysv(op);
    if (outcome != OUTCOME_DONE && changes)
        op_note(op, "mode and owner were set all the same");
    return outcome;
}
