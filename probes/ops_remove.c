// ops_remove.c - removing objects of our own /dev/shm: by way of quarantine, which undoes a
// mistake.
//
// A name can come to lead to another object at any moment, so nothing is unlinked by its name. It
// is moved to where nobody else reaches it, looked at there, and put back on any doubt.
#include "probes/ops_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/lend.h"
#include "probes/place.h"
#include "probes/quarantine.h"
#include "probes/root_internal.h"
#include "probes/save.h"

enum { TRIES = 4 };
static const uint64_t ms_ns = 1000000, second_ns = 1000000000;

// One object on its way.
struct taking {
    const struct op *op;
    const struct op_named *n;
    const char *path; // below /dev/shm
    struct quarantine q;
    bool stray; // q.dir is the top: there is no room for a quarantine
    bool noted;
    struct qitem item;
    char name[QITEM_NAME + 48]; // in q.dir
};

static bool busy(const struct op_request *req) {
    return req->force && req->holders_seen > 0;
}

static enum outcome may_remove(const struct op *op, const struct op_named *n) {
    const struct op_request *req = op->req;
    if (!req->force && req->holders_seen > 0)
        return op_fail(op, OUTCOME_REFUSED, 0, "use --force to remove its name all the same",
                       "is in use by %u process%s", req->holders_seen,
                       req->holders_seen == 1 ? "" : "es");
    return op_check_change(op, n, busy(req));
}

static enum outcome fail_to_move(const struct op *op, int err) {
    if (err == -EPERM || err == -EACCES)
        return op_fail(op, OUTCOME_FAILED, -err, "run shmtop as its owner or as root",
                       "the kernel does not let user %u remove it from that folder",
                       root_vantage(op->root)->uid);
    if (err == -EXDEV)
        return op_fail(
            op, OUTCOME_FAILED, EXDEV, "use --now to free it at once",
            "the folder it is in is a mount of its own, out of which it cannot be moved");
    return op_fail_errno(op, err == -ENOTDIR ? -ENOENT : err, "remove it");
}

static enum outcome fail_to_quarantine(const struct op *op, int err) {
    if (err == -ENOSPC || err == -EDQUOT)
        return op_fail(op, OUTCOME_FAILED, -err, "use --now to free it at once",
                       "its tmpfs has no inode or page left to put it into quarantine; it is as it "
                       "was");
    if (err == -ENAMETOOLONG)
        return op_fail(op, OUTCOME_FAILED, 0, "use --now to free it at once",
                       "its name is too long to be kept in quarantine");
    return op_fail(op, OUTCOME_FAILED, -err, "use --now to free it at once",
                   "no private directory for quarantine can be made in its tmpfs");
}

static void note_left(const struct op *op, uint32_t links) {
    const uint32_t holders = op->req->holders_seen;
    if (links > 0)
        op_note(op, "%u other name%s of it remain%s", links, links == 1 ? "" : "s",
                links == 1 ? "s" : "");
    if (holders > 0)
        op_note(op, "its memory stays until %u process%s let%s go of it", holders,
                holders == 1 ? "" : "es", holders == 1 ? "s" : "");
}

// ---- where nothing can be moved to

// The one way left: whether the right one went is seen when it is too late. Only with --now.
static enum outcome unlink_in_place(const struct op *op, const struct op_named *n) {
    struct root_stat after;
    if (unlinkat(n->dir, n->base, 0) < 0)
        return fail_to_move(op, -errno);
    op_at(op, OP_STEP_FREED);
    if (holder_fd_stat(n->fd, &after) < 0 || after.links >= n->st.links)
        return op_fail(op, OUTCOME_FAILED, 0, "look at the list again",
                       "its name was given to another object in the very moment of removing, and "
                       "that one lost the name");
    op_note(op, "it could not be moved first, so that for a moment between looking and removing "
                "another one might have taken its name");
    note_left(op, after.links);
    return OUTCOME_DONE;
}

// ---- moving

// With --now an object can also be put aside at the top of its tmpfs, which takes no inode.
static int open_top_instead(struct taking *t) {
    t->q.dir = root_openat(t->op->root, ROOT_SHM, "", O_PATH | O_DIRECTORY);
    if (t->q.dir < 0)
        return t->q.dir;
    t->stray = true;
    char name[QITEM_NAME];
    snprintf(t->name, sizeof(t->name), QUARANTINE_PREFIX "%" PRIu32 "-%s",
             root_vantage(t->op->root)->uid, qitem_name(&t->item, name));
    return 0;
}

static int write_note(struct taking *t) {
    struct qnote note = {.keep_s = t->op->req->keep_ns / second_ns, .boot_s = quarantine_boot_s()};
    struct stat folder;
    int n = snprintf(note.path, sizeof(note.path), "/%s", t->path);
    if (n < 0 || (size_t)n >= sizeof(note.path))
        return -ENAMETOOLONG;
    if (strchr(t->path, '/') != NULL && fstat(t->n->dir, &folder) == 0) {
        note.has_folder = true;
        note.mode = folder.st_mode & 07777;
        note.uid = folder.st_uid;
        note.gid = folder.st_gid;
    }
    int err;
    // Two of the same millisecond: the inode number of the one before may have come again.
    while ((err = quarantine_note(&t->q, qitem_name(&t->item, t->name), &note)) == -EEXIST)
        t->item.since_ms++;
    t->noted = err == 0;
    return err;
}

// 0, -EAGAIN: another shmtop took the empty quarantine away, or -errno of what failed.
static int prepare(struct taking *t) {
    const struct op *op = t->op;
    int err = quarantine_open(op->root, true, &t->q);
    if (err == 0) {
        qitem_name(&t->item, t->name);
        op_at(op, OP_STEP_PINNED);
        err = write_note(t);
        if (err == -ENOENT && quarantine_is_gone(&t->q))
            return -EAGAIN;
    }
    if (err < 0 && op->req->now && (err == -ENOSPC || err == -EDQUOT || err == -ENAMETOOLONG))
        err = t->q.dir >= 0 ? 0 : open_top_instead(t); // without a note; it will not lie there long
    if (err == 0)
        op_at(op, OP_STEP_NOTED);
    return err;
}

static int move(const struct taking *t) {
    int err = lend_rename(t->n->dir, t->n->base, t->q.dir, t->name);
    if (err == -ENOENT && !t->stray && quarantine_is_gone(&t->q))
        return -EAGAIN;
    if (err == 0)
        op_at(t->op, OP_STEP_MOVED);
    return err;
}

static void let_go(struct taking *t, bool drop_note) {
    if (drop_note && t->noted)
        quarantine_drop_note(&t->q, t->name);
    if (drop_note && !t->stray && t->q.dir >= 0)
        quarantine_tidy(t->op->root, &t->q);
    quarantine_close(&t->q);
}

// Puts back what was moved, after op_fail has said why. When its name is taken by now it stays in
// quarantine, from where nothing is lost.
static enum outcome put_back(struct taking *t, enum outcome outcome) {
    const struct op *op = t->op;
    char item[QITEM_TEXT];
    save_undo(op);
    int err = -lend_rename(t->q.dir, t->name, t->n->dir, t->n->base);
    if (err == 0) {
        op_at(op, OP_STEP_PUT_BACK);
        let_go(t, true);
        return outcome;
    }
    if (t->stray) {
        outcome = op_fail(op, OUTCOME_FAILED, err, "move it by hand",
                          "could not be put back after a doubt; it is %s at the top of its tmpfs",
                          t->name);
    } else {
        struct root_stat there; // another one may have come in its place
        if (root_statx(t->q.dir, t->name, AT_SYMLINK_NOFOLLOW, &there) == 0) {
            t->item.dev = there.dev;
            t->item.ino = there.ino;
        }
        qitem_format(&t->item, 0, item);
        snprintf(op->out->item, sizeof(op->out->item), "%s", item);
        outcome = op_fail(op, OUTCOME_FAILED, err, "see shmtop restore",
                          "could not be put back after a doubt; it is kept as %s", item);
    }
    let_go(t, false);
    return outcome;
}

// ---- looking at it where nobody else can reach it

static bool is_unchanged(const struct root_stat *before, const struct root_stat *now) {
    return before->modify_ns == now->modify_ns && before->size == now->size &&
           before->mode == now->mode && before->uid == now->uid && before->gid == now->gid;
}

static enum outcome compare(const struct taking *t) {
    const struct op *op = t->op;
    struct root_stat now = {0};
    bool held = false, certain;
    int fd = openat(t->q.dir, t->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int err = fd < 0 ? -errno : holder_fd_stat(fd, &now);
    if (fd >= 0)
        close(fd);
    if (err < 0)
        return op_fail_errno(op, err, "look at it");
    // The descriptor in `n` keeps its inode number from meaning another one.
    if (now.dev != t->n->st.dev || now.ino != t->n->st.ino)
        return op_fail_errno(op, -ESTALE, "");
    if (!busy(op->req) && !is_unchanged(&t->n->st, &now))
        return op_fail(op, OUTCOME_REFUSED, 0, "look at it again",
                       "was written or changed since it was looked at");
    if (op->req->force)
        return OUTCOME_DONE;
    err = quarantine_ask_held(op->root, t->q.dir, t->name, &held, &certain);
    if (err < 0)
        return op_fail_errno(op, err, "tell who holds it");
    return held ? op_fail(op, OUTCOME_REFUSED, 0, "use --force to remove its name all the same",
                          "is in use: somebody has it open or mapped")
                : OUTCOME_DONE;
}

static enum outcome save(const struct taking *t) {
    if (t->op->req->save_dir < 0)
        return OUTCOME_DONE;
    int fd = openat(t->q.dir, t->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
    if (fd < 0 && errno == EPERM)
        fd = openat(t->q.dir, t->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return op_fail_errno(t->op, -errno, "read it to save it");
    enum outcome outcome = save_object(t->op, fd, &t->n->st);
    close(fd);
    if (outcome == OUTCOME_DONE)
        op_at(t->op, OP_STEP_SAVED);
    return outcome;
}

// The folder of a program that has nothing in it any more. What is put into it meanwhile keeps it.
static void drop_folder(const struct taking *t) {
    char folder[256];
    struct stat there, mine;
    const char *slash = strchr(t->path, '/');
    if (!t->op->req->drop_folder || slash == NULL || strchr(slash + 1, '/') != NULL ||
        (size_t)(slash - t->path) >= sizeof(folder))
        return;
    memcpy(folder, t->path, (size_t)(slash - t->path));
    folder[slash - t->path] = '\0';
    int top = root_openat(t->op->root, ROOT_SHM, "", O_PATH | O_DIRECTORY);
    if (top < 0)
        return;
    if (fstat(t->n->dir, &mine) == 0 && fstatat(top, folder, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
        unlinkat(top, folder, AT_REMOVEDIR);
    close(top);
}

static enum outcome free_moved(struct taking *t) {
    if (unlinkat(t->q.dir, t->name, 0) < 0)
        return put_back(t, op_fail_errno(t->op, -errno, "remove it"));
    op_at(t->op, OP_STEP_FREED);
    note_left(t->op, t->n->st.links - 1);
    drop_folder(t);
    let_go(t, true);
    return OUTCOME_DONE;
}

static enum outcome keep_moved(struct taking *t) {
    struct op_result *out = t->op->out;
    char item[QITEM_TEXT];
    snprintf(out->item, sizeof(out->item), "%s", qitem_format(&t->item, 0, item));
    out->held_bytes = t->n->st.blocks_bytes;
    out->until_ns = t->item.since_ms * ms_ns + t->op->req->keep_ns / second_ns * second_ns;
    note_left(t->op, t->n->st.links - 1);
    drop_folder(t);
    let_go(t, false);
    return OUTCOME_DONE;
}

static enum outcome settle(struct taking *t) {
    enum outcome outcome = compare(t);
    if (outcome == OUTCOME_DONE) {
        op_at(t->op, OP_STEP_COMPARED);
        outcome = save(t);
    }
    if (outcome != OUTCOME_DONE)
        return put_back(t, outcome);
    return t->op->req->now ? free_moved(t) : keep_moved(t);
}

static enum outcome take(const struct op *op, const struct op_named *n, const char *path) {
    uint64_t wall_ns = op->req->wall_ns != 0 ? op->req->wall_ns : root_wall_ns(op->root);
    struct taking t = {.op = op, .n = n, .path = path, .q = {.dir = -1}};
    int err = -EAGAIN;
    for (int i = 0; err == -EAGAIN && i < TRIES; i++) {
        t.item = (struct qitem){n->st.dev, n->st.ino, wall_ns / ms_ns};
        t.stray = t.noted = false;
        err = prepare(&t);
        if (err < 0 && err != -EAGAIN) {
            let_go(&t, true);
            return op->req->now &&
                           (err == -EACCES || err == -EPERM || err == -EROFS || err == -EOVERFLOW)
                       ? unlink_in_place(op, n)
                       : fail_to_quarantine(op, err);
        }
        if (err == 0)
            err = move(&t);
        if (err == 0)
            return settle(&t);
        let_go(&t, true);
    }
    if (op->req->now && (err == -EXDEV || (t.stray && err == -EACCES)))
        return unlink_in_place(op, n);
    return fail_to_move(op, err);
}

enum outcome op_remove_posix(const struct op *op) {
    const char *path = op_shm_path(op->req);
    struct op_named n;
    if (path == NULL)
        return op_fail(op, OUTCOME_USAGE, 0, "give a name like /ring", "is no name in /dev/shm");
    int err = op_named_open(op, path, &n);
    enum outcome outcome = err < 0
                               ? op_fail_errno(op, err == -ENOTDIR ? -ENOENT : err, "look at it")
                               : may_remove(op, &n);
    if (outcome == OUTCOME_DONE) {
        op_at(op, OP_STEP_LOOKED);
        outcome = take(op, &n, path);
    }
    op_named_done(&n);
    return outcome;
}

enum outcome op_remove_file(const struct op *op) {
    const char *below = NULL;
    struct place *place;
    if (op->req->save_dir >= 0)
        return op_fail(op, OUTCOME_REFUSED, 0, "leave out --save",
                       "copies are kept of System V and of objects of /dev/shm alone");
    int err = place_open_path(op->root, op->req->where.name, op->req->id.dev, &place, &below);
    if (err < 0)
        return op_fail_errno(op, err, "look at it");
    // As if its mount were /dev/shm.
    struct op_request *req = malloc(sizeof(*req));
    if (req == NULL) {
        place_close(place);
        return op_fail_errno(op, -ENOMEM, "remove it");
    }
    *req = *op->req;
    req->where.form = SEG_FORM_POSIX;
    req->where.name_len = (size_t)snprintf(req->where.name, sizeof(req->where.name), "/%s", below);
    const struct op inside = {place_root(place), req, op->out, op->elsewhere};
    enum outcome outcome = op_remove_posix(&inside);
    free(req);
    place_close(place);
    return outcome;
}
