// posix.c - the files of /dev/shm, at any depth: POSIX shared memory and named semaphores.
#include "probes/identity.h"
#include "probes/probe.h"
#include "probes/posix.h"
#include "probes/posix_aside.h"
#include "probes/posix_list.h"
#include "probes/probes_list.h"
#include "probes/shown.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

enum {
    SEM_BYTES = 32,         // sem_t of 64-bit glibc: the whole of /dev/shm/sem.NAME
    SEM_PRIVATE_AT = 8,     // its third word tells private from shared
    SEM_SHARED = 0x80,      // FUTEX_PRIVATE_FLAG, set when shared
    PENDING_MAX = 100000,   // directories seen and not yet read
    RESIDENCY_BUDGET = 512, // files asked for swapped pages in one tick of the monitor
    KEPT_FROM = 1024,       // a directory with fewer entries is read anew each time
    ASK_BUDGET = 16384,     // files of kept directories asked about in one tick of the monitor
};

// What stays from one scan to the next.
struct posix_state {
    VEC(struct listing) kept; // of directories with many entries
    aside_list aside;         // what lies in quarantine
    size_t turn;              // how many entries, in the order of the walk, come before the turn
};

// Not in the C library's headers yet: see cachestat(2).
struct cachestat_range {
    uint64_t off, len;
};
struct cachestat {
    uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

// Directories still to be read, so that depth costs neither stack nor descriptors.
struct pending {
    char **path; // owned strings
    size_t count, room;
};

struct walk {
    struct scan *scan;
    const struct posix_place *place;
    const struct vantage *vantage;
    struct pending pending;
    bool swap_in_use;
    size_t residency_left;
    struct posix_state *state; // NULL: nothing is kept
    struct listing scratch;    // of a directory that is not kept
    size_t entries, asked;     // of kept directories: met so far, and asked about
    uint64_t oldest_ns;        // monotonic time of the oldest facts
    char path[PATH_MAX];       // of the directory being read, below the tree
    size_t path_len;
};

static void note(const struct walk *w, const char *path, enum why why, int err) {
    char object[PATH_MAX + 64];
    const char *below = w->place->below_proc;
    int n = snprintf(object, sizeof(object), "%s%s/dev/shm%s%s", *below == '\0' ? "" : "/proc/",
                     below, *path == '\0' ? "" : "/", path);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(object) ? (size_t)n : sizeof(object) - 1;
    builder_note(w->scan->out, probe_posix.name, object, len, why, err);
}

// Writes the path of an entry of the current directory. 0 or -ENAMETOOLONG.
static int entry_path(const struct walk *w, const char *name, char buf[PATH_MAX], size_t *len) {
    size_t at = w->path_len, n = strlen(name);
    if (at + 1 + n >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(buf, w->path, at);
    if (at > 0)
        buf[at++] = '/';
    memcpy(buf + at, name, n + 1);
    *len = at + n;
    return 0;
}

// Takes a path to be walked later. 0, -ENOMEM, or -E2BIG when too many wait already.
static int pending_push(struct pending *p, const char *path) {
    if (p->count == PENDING_MAX)
        return -E2BIG;
    if (p->count == p->room) {
        size_t room = p->room == 0 ? 16 : p->room * 2;
        char **grown = realloc(p->path, room * sizeof(*grown));
        if (grown == NULL)
            return -ENOMEM;
        p->path = grown;
        p->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return -ENOMEM;
    p->path[p->count++] = copy;
    return 0;
}

static void pending_done(struct pending *p) {
    for (size_t i = 0; i < p->count; i++)
        free(p->path[i]);
    free(p->path);
}

// Opens the very file that st tells of, moving no atime. fd or -errno.
static int open_same(const struct walk *w, struct root_dir *dir, const char *name,
                     const struct root_stat *st) {
    int fd = root_dir_openat(dir, name, O_RDONLY | O_NOATIME);
    if (fd < 0)
        return fd;
    struct stat now;
    bool same = fstat(fd, &now) == 0 && S_ISREG(now.st_mode);
    if (same && root_is_live(w->place->root))
        same = now.st_dev == st->dev && now.st_ino == st->ino;
    if (same)
        return fd;
    close(fd);
    return -ENOENT;
}

static bool is_shown(const struct walk *w, uint64_t ino) {
    return shown_has(w->scan, SEG_POSIX, w->vantage->devshm_dev, ino);
}

// st_blocks counts pages in memory and in swap; cachestat tells them apart, for those who may
// write.
static void set_residency(struct walk *w, struct root_dir *dir, const char *name,
                          const struct root_stat *st, struct segment *seg) {
    if (!w->swap_in_use || st->blocks_bytes == 0) {
        seg_set(seg, SEG_RESIDENT, st->blocks_bytes);
        seg_set(seg, SEG_SWAPPED, 0);
        return;
    }
    seg_set_missing(seg, SEG_RESIDENT, WHY_NOT_ASKED);
    seg_set_missing(seg, SEG_SWAPPED, WHY_NOT_ASKED);
    if (!root_is_live(w->place->root) || (w->residency_left == 0 && !is_shown(w, st->ino)))
        return;
    w->residency_left -= w->residency_left > 0;
    struct cachestat_range all = {0, 0}; // to the end
    struct cachestat cs = {0};
    int err = 0, fd = open_same(w, dir, name, st);
    if (fd < 0)
        err = -fd;
    else if (syscall(SYS_cachestat, fd, &all, &cs, 0) < 0)
        err = errno;
    if (fd >= 0)
        close(fd);
    if (err != 0) {
        seg_set_missing(seg, SEG_RESIDENT, why_from_errno(err));
        seg_set_missing(seg, SEG_SWAPPED, why_from_errno(err));
        return;
    }
    seg_set(seg, SEG_RESIDENT, cs.nr_cache * w->vantage->page_size);
    seg_set(seg, SEG_SWAPPED, cs.nr_evicted * w->vantage->page_size);
}

// glibc keeps a named semaphore as /dev/shm/sem.NAME: 32 bytes, the value in the first word.
static void set_semaphore(const struct walk *w, struct root_dir *dir, const char *name,
                          const struct root_stat *st, struct segment *seg) {
    seg_set_missing(seg, SEG_SEM_VALUE, WHY_NONE);
    if (w->path_len != 0 || strncmp(name, "sem.", 4) != 0 || name[4] == '\0' ||
        st->size != SEM_BYTES)
        return;
    seg->flags |= SEG_FLAG_SEMAPHORE;
    uint8_t bytes[SEM_BYTES] = {0};
    size_t len = 0;
    int fd = open_same(w, dir, name, st);
    int err = fd < 0 ? fd : root_read_fd(fd, bytes, sizeof(bytes), &len);
    if (fd >= 0)
        close(fd);
    uint32_t value, shared;
    memcpy(&value, bytes, sizeof(value));
    memcpy(&shared, bytes + SEM_PRIVATE_AT, sizeof(shared));
    if (err < 0)
        seg_set_missing(seg, SEG_SEM_VALUE, why_from_errno(-err));
    else if (len != SEM_BYTES || shared != SEM_SHARED || value > INT32_MAX)
        seg_set_missing(seg, SEG_SEM_VALUE, WHY_MALFORMED); // not made by sem_open
    else
        seg_set(seg, SEG_SEM_VALUE, value);
}

static void set_facts(const struct walk *w, const struct root_stat *st, struct segment *seg) {
    static const enum seg_field none[] = {SEG_KEY,         SEG_LAST_PID,    SEG_NATTCH, SEG_HIDDEN,
                                          SEG_ATTACH_TIME, SEG_DETACH_TIME, SEG_SEALS,  SEG_IPC_NS};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        seg_set_missing(seg, none[i], WHY_NONE);
    // tmpfs keeps no record of who made a file.
    seg_set_missing(seg, SEG_CREATOR_PID, WHY_UNSUPPORTED);
    seg_set_missing(seg, SEG_CREATOR_UID, WHY_UNSUPPORTED);
    object_id_from_stat(SEG_POSIX, st, &seg->id);
    seg_set(seg, SEG_SIZE, st->size);
    seg_set(seg, SEG_MODE, st->mode & 07777);
    seg_set(seg, SEG_UID, st->uid);
    seg_set(seg, SEG_GID, st->gid);
    seg_set(seg, SEG_LINKS, st->links);
    seg_set(seg, SEG_CHANGE_TIME, st->change_ns);
    if (st->birth_ns != 0)
        seg_set(seg, SEG_BIRTH_TIME, st->birth_ns);
    else
        seg_set_missing(seg, SEG_BIRTH_TIME, WHY_UNSUPPORTED);
    if (w->vantage->mnt_ns != 0)
        seg_set(seg, SEG_MNT_NS, w->vantage->mnt_ns);
    else
        seg_set_missing(seg, SEG_MNT_NS, WHY_FAILED);
}

// Of several names the shortest, then the first in order, is the one an object goes by: that of the
// directory changes with what comes and goes beside it.
static bool comes_before(strv a, strv b) {
    const char *x = "", *y = "";
    size_t m = 0, n = 0;
    strv_get(a, &x, &m);
    strv_get(b, &y, &n);
    return m != n ? m < n : memcmp(x, y, m) < 0;
}

// A second sight of an object: another hard link, or a rename that overtook the walk.
static int add_again(struct walk *w, struct root_dir *dir, const char *base,
                     const struct root_stat *st, strv name) {
    struct builder *b = w->scan->out;
    struct segment *seg = builder_find_segment(b, SEG_POSIX, 0, st->dev, st->ino);
    if (seg == NULL)
        return 0;
    if ((seg->flags & SEG_FLAG_SEMAPHORE) == 0)
        set_semaphore(w, dir, base, st, seg);
    strv other = seg->name;
    if (st->links <= 1 || comes_before(name, other))
        seg->name = name;
    else
        other = name;
    return st->links > 1 ? builder_add_name(b, seg, other) : 0;
}

static int add_file(struct walk *w, struct root_dir *dir, const char *name,
                    const struct root_stat *st) {
    char path[PATH_MAX + 1] = "/";
    size_t len = 0;
    if (entry_path(w, name, path + 1, &len) < 0) {
        note(w, w->path, WHY_FAILED, ENAMETOOLONG);
        return 0;
    }
    strv full = builder_str(w->scan->out, path, len + 1);
    struct segment seg = {.foreign = w->place->foreign, .container = w->place->container};
    set_facts(w, st, &seg);
    seg.name = full;
    set_residency(w, dir, name, st, &seg);
    set_semaphore(w, dir, name, st, &seg);
    int err = builder_add_segment(w->scan->out, &seg);
    return err == -EEXIST ? add_again(w, dir, name, st, full) : err;
}

static int add_directory(struct walk *w, const char *name) {
    char path[PATH_MAX];
    size_t len = 0;
    int err = entry_path(w, name, path, &len);
    if (err == 0)
        err = pending_push(&w->pending, path);
    if (err == 0 || err == -ENOMEM)
        return err;
    note(w, w->path, WHY_FAILED, -err);
    return 0;
}

// What users have put aside is no segment but takes memory all the same.
static int add_aside(struct walk *w, const char *name, const struct root_stat *st) {
    char where[64];
    struct put_aside sum;
    aside_list *seen = w->state && !w->scan->want->everything ? &w->state->aside : NULL;
    if (w->place->count_only)
        return 0;
    int err = posix_sum_aside(w->place->root, name, st, seen, &sum);
    if (err == -ENOMEM)
        return err;
    if (err < 0 && err != -ENOENT)
        note(w, name, why_from_errno(-err), -err);
    if (err < 0 || sum.items == 0)
        return 0;
    int len = snprintf(where, sizeof(where), "/dev/shm/%s", name);
    sum.where = builder_str(w->scan->out, where, (size_t)len);
    return builder_put_aside(w->scan->out, st->dev, &sum);
}

static int visit(struct walk *w, struct root_dir *dir, const char *name,
                 const struct listed *item) {
    if (w->place->count_only && item->type == DT_REG) {
        ++*w->place->files;
        return 0;
    }
    const struct root_stat *st = &item->st;
    int err = -item->err;
    if (err == -ENOENT)
        return 0; // removed since it was listed
    if (err < 0) {
        char path[PATH_MAX];
        size_t len;
        note(w, entry_path(w, name, path, &len) < 0 ? w->path : path, why_from_errno(-err), -err);
        return 0;
    }
    // A mount on the way is another file system, or this one seen twice.
    if (st->dev != w->vantage->devshm_dev || st->is_mount_root)
        return 0;
    if (w->path_len == 0 && !w->scan->want->quarantined && posix_is_aside(name, st))
        return add_aside(w, name, st);
    if (S_ISDIR(st->mode))
        return add_directory(w, name);
    if (!S_ISREG(st->mode))
        return 0;
    if (!w->place->count_only)
        return add_file(w, dir, name, st);
    ++*w->place->files;
    return 0;
}

// The listing of the directory w->path from scans before, or NULL.
static struct listing *find_kept(const struct walk *w) {
    for (size_t i = 0; w->state && i < w->state->kept.count; i++)
        if (strcmp(w->state->kept.items[i].path, w->path) == 0)
            return &w->state->kept.items[i];
    return NULL;
}

// Moves a listing that has grown long to those that are kept. 0 or -ENOMEM.
static int keep_listing(struct walk *w, struct listing **l) {
    if (!w->state || *l != &w->scratch || (*l)->items.count < KEPT_FROM)
        return 0;
    w->scratch.path = strdup(w->path);
    if (!w->scratch.path || vec_push(&w->state->kept, w->scratch) < 0)
        return -ENOMEM;
    w->scratch = (struct listing){0};
    *l = &w->state->kept.items[w->state->kept.count - 1];
    return 0;
}

// Marks the entries to be asked about. Of the many of kept directories a tick asks those that are
// new, those on the screen, and as many others as it may, in turn.
static void choose(struct walk *w, struct listing *l) {
    bool all = l == &w->scratch || w->scan->want->everything;
    for (size_t i = 0; i < l->items.count; i++) {
        struct listed *item = &l->items.items[i];
        bool turn = !all && w->entries >= w->state->turn && w->asked < ASK_BUDGET;
        item->due = (all || turn || item->stat_ns == 0 || is_shown(w, item->ino)) &&
                    !(w->place->count_only && item->type == DT_REG);
        w->entries += !all;
        w->asked += turn;
    }
}

static int take_listing(struct walk *w, struct root_dir *dir, struct listing *l) {
    int err = keep_listing(w, &l);
    l->met = true;
    choose(w, l);
    listing_ask(l, w->place->root, dir);
    for (size_t i = 0; err == 0 && i < l->items.count; i++) {
        const struct listed *item = &l->items.items[i];
        if (item->stat_ns != 0 && item->stat_ns < w->oldest_ns)
            w->oldest_ns = item->stat_ns;
        err = visit(w, dir, listing_name(l, item), item);
    }
    return err;
}

// Reads the directory w->path.
static int walk_directory(struct walk *w) {
    struct root_dir *dir;
    int err = root_dir_open(w->place->root, ROOT_SHM, w->path, &dir);
    bool top = w->path_len == 0;
    if (!top && (err == -ENOENT || err == -ENOTDIR || err == -ELOOP))
        return 0; // removed or replaced since it was seen
    if (err < 0) {
        bool absent = top && (err == -ENOENT || err == -EMEDIUMTYPE || err == -ENOTDIR);
        note(w, w->path, absent ? WHY_UNSUPPORTED : why_from_errno(-err), -err);
        return 0;
    }
    struct listing *l = find_kept(w);
    bool trusting = l && !w->scan->want->everything && root_is_live(w->place->root);
    if (!l)
        l = &w->scratch;
    err = listing_read(l, w->place->root, dir, trusting);
    if (err != -ENOMEM) {
        int taken = take_listing(w, dir, l);
        err = taken < 0 ? taken : err;
    }
    root_dir_close(dir);
    if (err == 0 || err == -ENOMEM)
        return err;
    note(w, w->path, why_from_errno(-err), -err);
    return 0;
}

static int walk(struct scan *scan, const struct posix_place *place, struct posix_state *state) {
    struct walk *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return -ENOMEM;
    uint64_t swap = 0, now_ns = root_mono_ns(scan->root);
    w->scan = scan;
    w->place = place;
    w->state = state;
    w->oldest_ns = now_ns;
    w->vantage = root_vantage(place->root);
    w->swap_in_use = u64v_get(builder_limit(scan->out, LIMIT_SWAP_USED), &swap) != WHY_KNOWN ||
                     swap != 0;
    w->residency_left = scan->want->everything ? SIZE_MAX : RESIDENCY_BUDGET;
    int err = walk_directory(w);
    while (err == 0 && w->pending.count > 0) {
        char *next = w->pending.path[--w->pending.count];
        w->path_len = strlen(next);
        memcpy(w->path, next, w->path_len + 1); // shorter than PATH_MAX: entry_path made it
        free(next);
        err = walk_directory(w);
    }
    if (state) {
        state->turn = state->turn + w->asked < w->entries ? state->turn + w->asked : 0;
        uint64_t *age = &builder_coverage(scan->out)->object_age_ns;
        *age = now_ns - w->oldest_ns > *age ? now_ns - w->oldest_ns : *age;
    }
    pending_done(&w->pending);
    listing_done(&w->scratch);
    free(w);
    return err;
}

int posix_walk(struct scan *scan, const struct posix_place *place) {
    return walk(scan, place, NULL);
}

// Lets go of directories that are gone or have become short.
static void tidy(struct posix_state *state) {
    size_t keep = 0;
    for (size_t i = 0; i < state->kept.count; i++) {
        struct listing *l = &state->kept.items[i];
        if (l->met && l->items.count >= KEPT_FROM / 2) {
            l->met = false;
            state->kept.items[keep++] = *l;
        } else {
            listing_done(l);
        }
    }
    state->kept.count = keep;
}

static int posix_scan(void *arg, struct scan *scan) {
    struct posix_state *state = arg;
    const struct posix_place own = {
        .root = scan->root, .container = strv_missing(WHY_NONE), .below_proc = ""};
    int err = walk(scan, &own, state);
    tidy(state);
    return err;
}

static int posix_open(const struct root *root, void **out) {
    (void)root;
    *out = calloc(1, sizeof(struct posix_state));
    return *out ? 0 : -ENOMEM;
}

static void posix_close(void *arg) {
    struct posix_state *state = arg;
    if (!state)
        return;
    for (size_t i = 0; i < state->kept.count; i++)
        listing_done(&state->kept.items[i]);
    vec_done(&state->kept);
    vec_done(&state->aside);
    free(state);
}

const struct probe probe_posix = {
    .name = "posix", .open = posix_open, .scan = posix_scan, .close = posix_close};
