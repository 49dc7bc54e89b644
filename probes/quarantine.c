// quarantine.c - the directory in a tmpfs where objects are put aside: finding, making, noting.
#include "probes/quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/lend.h"
#include "probes/root_internal.h"

enum { PRIVATE = 0700, PERMISSIONS = 0777, NAME_TRIES = 8 };

void quarantine_close(struct quarantine *q) {
    if (q->dir >= 0)
        close(q->dir); // and with it goes its lock
    q->dir = -1;
}

int quarantine_lock(const struct quarantine *q, bool wait) {
    while (flock(q->dir, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0)
        if (errno != EINTR || !wait)
            return -errno;
    return 0;
}

int quarantine_open_named(const struct root *root, int top, const char *name, uint32_t uid,
                          struct quarantine *out) {
    struct stat st = {0}, above = {0};
    int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP ? -EXDEV : errno == EACCES ? -EXDEV : -errno;
    int err = fstat(fd, &st) < 0 || fstat(top, &above) < 0 ? -errno : 0;
    const bool own = uid == root_vantage(root)->uid;
    const bool open_to_others = (st.st_mode & PERMISSIONS) != PRIVATE;
    if (err == 0 && (st.st_uid != uid || st.st_dev != above.st_dev || (open_to_others && !own)))
        err = -EXDEV;
    // Ours, but open to others or made under a strange umask: set right before anything is in it.
    if (err == 0 && open_to_others && fchmod(fd, PRIVATE) < 0)
        err = -errno;
    if (err < 0) {
        close(fd);
        return err;
    }
    out->dir = fd;
    snprintf(out->name, sizeof out->name, "%s", name);
    return 0;
}

bool quarantine_is_own(const struct root *root, const char *name) {
    uint32_t uid = 0;
    if (!quarantine_parse_dir(name, &uid))
        return false;
    const char *dot = strchr(name + 1, '.');
    return uid == root_vantage(root)->uid ||
           (root->may_lend && dot && strcmp(dot, QUARANTINE_LENT) == 0);
}

struct search {
    const struct root *root;
    int top;
    struct quarantine *out;
};

static int look_for_own(void *arg, const char *name, unsigned char type) {
    struct search *s = arg;
    if ((type != DT_DIR && type != DT_UNKNOWN) || !quarantine_is_own(s->root, name))
        return 0;
    return quarantine_open_named(s->root, s->top, name, root_vantage(s->root)->uid, s->out) == 0;
}

static int make_own(const struct root *root, int top, const char *name, struct quarantine *out) {
    if (mkdirat(top, name, PRIVATE) < 0 && errno != EEXIST)
        return -errno;
    return quarantine_open_named(root, top, name, root_vantage(root)->uid, out);
}

// Where the tmpfs does not know root: one that is made as its owner, who makes none with this name.
static int open_lent(const struct root *root, int top, bool make, struct quarantine *out) {
    char name[48];
    struct stat st;
    uid_t as;
    if (fstat(top, &st) < 0)
        return -errno;
    snprintf(name, sizeof name, QUARANTINE_PREFIX "%" PRIu32 QUARANTINE_LENT, (uint32_t)st.st_uid);
    int err = make ? lend_mkdirat(top, name, PRIVATE, &as) : 0;
    return err < 0 && err != -EEXIST ? err : quarantine_open_named(root, top, name, st.st_uid, out);
}

// The name is taken by something that is not ours: one that is, or a new one.
static int open_other(const struct root *root, int top, bool make, struct quarantine *out) {
    struct search s = {root, top, out};
    int found = root_list(root, ROOT_SHM, "", look_for_own, &s);
    if (found != 0)
        return found == 1 ? 0 : found;
    int err = -ENOENT;
    for (int i = 0; make && i < NAME_TRIES; i++) {
        char name[48];
        uint32_t number = 0;
        if (getrandom(&number, sizeof number, 0) != sizeof number || number == 0)
            continue;
        snprintf(name, sizeof name, QUARANTINE_PREFIX "%" PRIu32 ".%" PRIx32,
                 root_vantage(root)->uid, number);
        err = make_own(root, top, name, out);
        if (err != -EXDEV)
            break;
    }
    return err;
}

int quarantine_open(const struct root *root, bool make, struct quarantine *out) {
    char name[48];
    out->dir = -1;
    int top = root_openat(root, ROOT_SHM, "", O_PATH | O_DIRECTORY);
    if (top < 0)
        return top;
    snprintf(name, sizeof name, QUARANTINE_PREFIX "%" PRIu32, root_vantage(root)->uid);
    int err = quarantine_open_named(root, top, name, root_vantage(root)->uid, out);
    if (err == -ENOENT && make)
        err = make_own(root, top, name, out);
    if (err == -EXDEV)
        err = open_other(root, top, make, out);
    if (root->may_lend && err == (make ? -EOVERFLOW : -ENOENT))
        err = open_lent(root, top, make, out);
    close(top);
    return err;
}

void quarantine_tidy(const struct root *root, const struct quarantine *q) {
    // Not while somebody keeps the others out by a lock on it.
    int top = quarantine_lock(q, false) < 0 ? -1
                                            : root_openat(root, ROOT_SHM, "", O_PATH | O_DIRECTORY);
    if (top < 0)
        return;
    unlinkat(top, q->name, AT_REMOVEDIR);
    flock(q->dir, LOCK_UN);
    close(top);
}

bool quarantine_is_gone(const struct quarantine *q) {
    struct stat st;
    return fstat(q->dir, &st) < 0 || st.st_nlink == 0;
}

// ---- notes

static void note_name(const char *name, char buf[NAME_MAX + 1]) {
    snprintf(buf, NAME_MAX + 1, "%s" QUARANTINE_NOTE, name);
}

int quarantine_note(const struct quarantine *q, const char *name, const struct qnote *note) {
    char text[QITEM_NOTE_MAX], beside[NAME_MAX + 1];
    int err = qnote_format(note, text);
    if (err < 0)
        return err;
    note_name(name, beside);
    return lend_symlinkat(text, q->dir, beside);
}

void quarantine_drop_note(const struct quarantine *q, const char *name) {
    char beside[NAME_MAX + 1];
    note_name(name, beside);
    unlinkat(q->dir, beside, 0);
}

int quarantine_read_note(const struct quarantine *q, const char *name, struct qnote *out) {
    char text[QITEM_NOTE_MAX], beside[NAME_MAX + 1];
    note_name(name, beside);
    ssize_t n = readlinkat(q->dir, beside, text, sizeof text);
    if (n < 0)
        return errno == EINVAL ? -EINVAL : -errno;
    return qnote_parse(text, (size_t)n, out);
}
