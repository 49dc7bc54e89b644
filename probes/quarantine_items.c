// quarantine_items.c - what lies in quarantine: listing, freeing, bringing back, expiry.
#include "probes/quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "probes/holder.h"
#include "probes/lend.h"
#include "probes/place.h"
#include "probes/probe.h"
#include "probes/root_internal.h"
#include "probes/sole.h"

enum { HELD_TRIES = 7, NOTE_GRACE_S = 60 };
static const uint64_t ms_ns = 1000000, second_ns = 1000000000;

static int open_top(const struct root *root) {
    return root_openat(root, ROOT_SHM, "", O_PATH | O_DIRECTORY);
}

// ---- listing

struct listing {
    const struct root *root;
    int top;
    bool everyone;                  // those of other users too
    const struct quarantine *where; // the directory being listed; NULL: the top
    int (*visit)(void *arg, const struct quarantined *item);
    void *arg;
    struct quarantined *item; // room for one
};

static int tell(struct listing *l, const char *name, const struct qitem *item) {
    struct quarantined *it = l->item;
    int dir = l->where ? l->where->dir : l->top;
    if (root_statx(dir, name, AT_SYMLINK_NOFOLLOW, &it->st) < 0 || !S_ISREG(it->st.mode))
        return 0; // gone since it was listed, or nothing of ours
    // Taken instead of the one it is named by, in the moment of a race, and never put back.
    it->misnamed = it->st.dev != item->dev || it->st.ino != item->ino;
    if (it->misnamed && !l->where)
        return 0;
    it->item = (struct qitem){it->st.dev, it->st.ino, item->since_ms};
    it->where = l->where;
    it->name = name;
    it->stray = l->where == NULL;
    it->note_err = l->where ? quarantine_read_note(l->where, name, &it->note) : -ENOENT;
    return l->visit(l->arg, it);
}

static int look_inside(void *arg, const char *name, unsigned char type) {
    struct qitem item;
    if ((type != DT_REG && type != DT_UNKNOWN) || !qitem_parse_name(name, &item))
        return 0;
    return tell(arg, name, &item);
}

// What a name at the top is called when it was put aside there for want of an inode.
static bool parse_stray(const struct root *root, const char *name, struct qitem *out) {
    char prefix[32];
    int n = snprintf(prefix, sizeof prefix, QUARANTINE_PREFIX "%" PRIu32 "-",
                     root_vantage(root)->uid);
    return strncmp(name, prefix, (size_t)n) == 0 && qitem_parse_name(name + n, out);
}

static int look_at_top(void *arg, const char *name, unsigned char type) {
    struct listing *l = arg;
    struct quarantine q;
    struct qitem item;
    uint32_t uid;
    if ((type == DT_REG || type == DT_UNKNOWN) && parse_stray(l->root, name, &item))
        return tell(l, name, &item);
    if ((type != DT_DIR && type != DT_UNKNOWN) || !quarantine_parse_dir(name, &uid) ||
        (!l->everyone && !quarantine_is_own(l->root, name)) ||
        quarantine_open_named(l->root, l->top, name, uid, &q) < 0)
        return 0;
    l->where = &q;
    int result = root_list(l->root, ROOT_SHM, q.name, look_inside, l);
    l->where = NULL;
    quarantine_close(&q);
    return result == -ENOENT ? 0 : result;
}

static int list(const struct root *root, bool everyone,
                int (*visit)(void *arg, const struct quarantined *item), void *arg) {
    struct listing l = {.root = root, .everyone = everyone, .visit = visit, .arg = arg};
    l.top = open_top(root);
    if (l.top < 0)
        return l.top;
    l.item = calloc(1, sizeof *l.item);
    int result = l.item ? root_list(root, ROOT_SHM, "", look_at_top, &l) : -ENOMEM;
    free(l.item);
    close(l.top);
    return result;
}

int quarantine_list(const struct root *root,
                    int (*visit)(void *arg, const struct quarantined *item), void *arg) {
    return list(root, false, visit, arg);
}

struct finding {
    const struct qitem *item;
    int (*visit)(void *arg, const struct quarantined *item);
    void *arg;
    bool met;
};

static int take_the_one(void *arg, const struct quarantined *it) {
    struct finding *f = arg;
    if (it->item.dev != f->item->dev || it->item.ino != f->item->ino ||
        it->item.since_ms != f->item->since_ms)
        return 0;
    f->met = true;
    int result = f->visit(f->arg, it);
    return result != 0 ? result : 1;
}

// By its name where it nearly always is.
static int find_by_name(const struct root *root, struct finding *f) {
    char name[QITEM_NAME];
    struct quarantine q;
    struct listing l = {.root = root, .top = -1, .where = &q, .visit = take_the_one, .arg = f};
    if (quarantine_open(root, false, &q) < 0)
        return 0;
    l.item = calloc(1, sizeof *l.item);
    int result = l.item ? tell(&l, qitem_name(f->item, name), f->item) : -ENOMEM;
    free(l.item);
    quarantine_close(&q);
    return result;
}

int quarantine_find(const struct root *root, const struct qitem *item,
                    int (*visit)(void *arg, const struct quarantined *item), void *arg) {
    struct finding f = {.item = item, .visit = visit, .arg = arg};
    int result = find_by_name(root, &f);
    if (result == 0 && !f.met)
        result = quarantine_list(root, take_the_one, &f);
    return f.met && result == 1 ? 0 : result != 0 ? result : -ENOENT;
}

static uint64_t clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

uint64_t quarantine_boot_s(void) {
    return clock_ns(CLOCK_BOOTTIME) / second_ns;
}

// When the time since boot says that its time is over, as wall time now; 0: it is, or nobody knows.
// A tmpfs never outlives the boot it was made in, but a process may have a boot time of its own.
static uint64_t until_by_boot_ns(const struct quarantined *item, uint64_t keep_s) {
    uint64_t now = quarantine_boot_s(), since = item->note_err == 0 ? item->note.boot_s : 0;
    if (since == 0 || since > now || now - since >= keep_s)
        return 0;
    return clock_ns(CLOCK_REALTIME) + (keep_s - (now - since)) * second_ns;
}

uint64_t quarantine_until_ns(const struct quarantined *item) {
    if (item->misnamed)
        return UINT64_MAX;
    uint64_t keep_s = item->note_err == 0 ? item->note.keep_s : QUARANTINE_TIME_NS / second_ns;
    uint64_t until = 0, by_boot = until_by_boot_ns(item, keep_s);
    if (__builtin_mul_overflow(item->item.since_ms, ms_ns, &until) ||
        __builtin_add_overflow(until, keep_s * second_ns, &until))
        return UINT64_MAX;
    // They differ by what a run of removals took, unless the clock was set.
    return by_boot > until && by_boot - until > 2 * second_ns ? by_boot : until;
}

// ---- who holds it

// Opens for reading without a trace. Its owner may have taken the right to read from himself.
static int open_quiet(int dir, const char *name) {
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

// Looks through all processes, where the kernel gives no answer of its own.
static int look_for_holders(const struct root *root, const struct root_stat *st, bool *held,
                            bool *certain) {
    const struct scan_request want = {.everything = true,
                                      .private_maps = true,
                                      .descriptors = true,
                                      .locks = true,
                                      .skip_self = true,
                                      .brief = true,
                                      .quarantined = true};
    struct prober *prober;
    const struct snapshot *snap;
    int err = prober_new(root, &prober);
    if (err < 0)
        return err;
    err = prober_scan(prober, &want, &snap);
    prober_free(prober);
    if (err < 0)
        return err;
    const struct segment *seg = NULL;
    for (size_t i = 0; i < snap->segment_count && !seg; i++)
        if (snap->segments[i].id.kind != SEG_SYSV && snap->segments[i].id.dev == st->dev &&
            snap->segments[i].id.num == st->ino)
            seg = &snap->segments[i];
    *held = seg != NULL && (seg->holding_count > 0 || seg->locked_unseen);
    *certain = seg != NULL && snap->coverage.complete && snap->coverage.denied == 0;
    snapshot_unref(snap);
    return 0;
}

int quarantine_ask_held(const struct root *root, int dir, const char *name, bool *held,
                        bool *certain) {
    struct root_stat st;
    int fd = open_quiet(dir, name), err = fd < 0 ? fd : 0;
    *held = *certain = true;
    if (err == 0)
        err = sole_ask_fd(fd, HELD_TRIES, held);
    if (fd >= 0)
        close(fd);
    if (err == -EAGAIN) // somebody has a lease on it (fcntl(2)), and so has it open
        return 0;
    if (err == 0 || err == -ENOENT)
        return err;
    err = root_statx(dir, name, AT_SYMLINK_NOFOLLOW, &st);
    return err < 0 ? err : look_for_holders(root, &st, held, certain);
}

// ---- freeing and bringing back

static int dir_of(const struct root *root, const struct quarantined *item, int *opened) {
    *opened = item->stray ? open_top(root) : -1;
    return item->stray ? *opened : item->where->dir;
}

static int is_still(int dir, const struct quarantined *item) {
    struct root_stat st;
    int err = root_statx(dir, item->name, AT_SYMLINK_NOFOLLOW, &st);
    if (err < 0)
        return err;
    return st.dev == item->item.dev && st.ino == item->item.ino ? 0 : -ESTALE;
}

int quarantine_free(const struct root *root, const struct quarantined *item) {
    int opened, dir = dir_of(root, item, &opened);
    int err = dir < 0 ? dir : is_still(dir, item);
    if (err == 0 && unlinkat(dir, item->name, 0) < 0)
        err = -errno;
    if (err == 0 && !item->stray) {
        quarantine_drop_note(item->where, item->name);
        quarantine_tidy(root, item->where);
    }
    if (opened >= 0)
        close(opened);
    return err;
}

// Opens the folder that the path is in; one that has gone is made again as the note tells.
static int open_folder(const struct root *root, const struct quarantined *item, const char *path,
                       const char **base) {
    int dir = root_open_parent(root, ROOT_SHM, path + 1, base);
    if (dir != -ENOENT || item->note_err != 0 || !item->note.has_folder || path != item->note.path)
        return dir;
    char folder[sizeof item->note.path];
    const char *name = NULL;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    int above = root_open_parent(root, ROOT_SHM, folder + 1, &name);
    if (above < 0)
        return above;
    uid_t as = 0;
    int err = lend_mkdirat(above, name, 0700, &as);
    int made = err < 0 ? err : openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    // Who may write to the folder above could have put one of somebody else in its place.
    if (err == 0 && made >= 0 && (fstat(made, &st) < 0 || st.st_uid != as))
        err = -EXDEV;
    if (err == 0 && (made < 0 || fchown(made, item->note.uid, item->note.gid) < 0 ||
                     fchmod(made, item->note.mode) < 0)) {
        err = -errno;
        unlinkat(above, name, AT_REMOVEDIR);
    }
    if (made >= 0)
        close(made);
    close(above);
    return err < 0 ? err : root_open_parent(root, ROOT_SHM, path + 1, base);
}

int quarantine_restore(const struct root *root, const struct quarantined *item, const char *path) {
    const char *base = NULL;
    if (path == NULL)
        path = item->note_err == 0 ? item->note.path : NULL;
    if (path == NULL || path[0] != '/' || path[1] == '\0')
        return -EINVAL;
    int opened, dir = dir_of(root, item, &opened);
    int err = dir < 0 ? dir : is_still(dir, item);
    int to = err < 0 ? err : open_folder(root, item, path, &base);
    if (to < 0)
        err = to;
    if (err == 0)
        err = lend_rename(dir, item->name, to, base);
    if (err == 0 && !item->stray) {
        quarantine_drop_note(item->where, item->name);
        quarantine_tidy(root, item->where);
    }
    if (to >= 0)
        close(to);
    if (opened >= 0)
        close(opened);
    return err;
}

// ---- expiry

struct round {
    const struct root *root;
    uint64_t wall_ns;
    struct quarantine_expiry *out;
    const char *point; // where it is mounted, NULL: /dev/shm
    int top, dir;      // while tidying up
};

static int expire_one(void *arg, const struct quarantined *item) {
    struct round *r = arg;
    bool held = true, certain;
    int opened = -1;
    if (quarantine_until_ns(item) > r->wall_ns)
        return 0;
    int dir = dir_of(r->root, item, &opened);
    int err = dir < 0 ? dir : quarantine_ask_held(r->root, dir, item->name, &held, &certain);
    if (opened >= 0)
        close(opened);
    if (err == 0 && held) {
        r->out->held++;
        return 0;
    }
    if (err == 0)
        err = quarantine_free(r->root, item);
    if (err == 0) {
        if (r->out->on_freed)
            r->out->on_freed(r->out->arg, item, r->point);
        r->out->freed++;
        r->out->bytes += item->st.links > 1 ? 0 : item->st.blocks_bytes;
    } else if (err != -ENOENT && err != -ESTALE) { // another shmtop was there first
        r->out->failed++;
    }
    return 0;
}

// The note of an item that never came, or has gone: left by a shmtop that was killed. A young one
// may be that of an item on its way.
static int drop_lone_note(void *arg, const char *name, unsigned char type) {
    const struct round *r = arg;
    char item[QITEM_NAME];
    struct qitem parsed;
    struct root_stat st;
    const size_t tail = sizeof QUARANTINE_NOTE - 1, len = strlen(name);
    if ((type != DT_LNK && type != DT_UNKNOWN) || len <= tail || len - tail >= sizeof item ||
        strcmp(name + len - tail, QUARANTINE_NOTE) != 0)
        return 0;
    snprintf(item, sizeof item, "%.*s", (int)(len - tail), name);
    if (qitem_parse_name(item, &parsed) &&
        root_statx(r->dir, name, AT_SYMLINK_NOFOLLOW, &st) == 0 && S_ISLNK(st.mode) &&
        st.change_ns / second_ns + NOTE_GRACE_S < r->wall_ns / second_ns &&
        root_statx(r->dir, item, AT_SYMLINK_NOFOLLOW, &st) == -ENOENT)
        unlinkat(r->dir, name, 0);
    return 0;
}

static int tidy_one(void *arg, const char *name, unsigned char type) {
    struct round *r = arg;
    struct quarantine q;
    uint32_t uid;
    if ((type != DT_DIR && type != DT_UNKNOWN) || !quarantine_parse_dir(name, &uid) ||
        quarantine_open_named(r->root, r->top, name, uid, &q) < 0)
        return 0;
    r->dir = q.dir;
    root_list(r->root, ROOT_SHM, q.name, drop_lone_note, r);
    quarantine_tidy(r->root, &q);
    quarantine_close(&q);
    return 0;
}

static int expire_here(struct round *r) {
    int err = list(r->root, root_vantage(r->root)->uid == 0, expire_one, r);
    r->top = err == 0 ? open_top(r->root) : -1;
    if (r->top >= 0) {
        root_list(r->root, ROOT_SHM, "", tidy_one, r);
        close(r->top);
    }
    return err == -ENOENT || err == -EMEDIUMTYPE ? 0 : err;
}

// Most mounts have no quarantine, and need not even be listed.
static int expire_place(void *arg, const struct place *place) {
    struct round *r = arg;
    struct quarantine q;
    if (quarantine_open(place_root(place), false, &q) < 0)
        return 0;
    quarantine_close(&q);
    struct round there = {.root = place_root(place),
                          .wall_ns = r->wall_ns,
                          .out = r->out,
                          .point = place_point(place)};
    expire_here(&there);
    return 0;
}

int quarantine_expire(const struct root *root, uint64_t wall_ns, struct quarantine_expiry *out) {
    struct round r = {.root = root, .wall_ns = wall_ns, .out = out};
    return root_is_live(root) ? expire_here(&r) : -EROFS;
}

int quarantine_expire_all(const struct root *root, uint64_t wall_ns,
                          struct quarantine_expiry *out) {
    struct round r = {.root = root, .wall_ns = wall_ns, .out = out};
    int err = quarantine_expire(root, wall_ns, out);
    int other = root_is_live(root) ? place_list(root, expire_place, &r) : 0;
    return err < 0 ? err : other;
}
