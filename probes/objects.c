// objects.c - segments that no listing has: memfd, anonymous, unlinked, on other tmpfs or
// hugetlbfs.
#include "probes/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/hash_index.h"
#include "core/qitem.h"
#include "core/vec.h"
#include "probes/devices.h"
#include "probes/identity.h"
#include "probes/probe.h"
#include "probes/procs.h"
#include "probes/spaces.h"
#include "probes/shown.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

enum {
    TRIES = 3,         // holders asked about one object in one scan
    FRESH_COUNT = 256, // with more objects than this a tick of the monitor asks a part of them
};
#define DELETED " (deleted)"
#define DELETED_LEN (sizeof DELETED - 1)

// Not in the C library's headers yet: see cachestat(2).
struct cachestat_range {
    uint64_t off, len;
};
struct cachestat {
    uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

struct object {
    enum seg_kind kind;
    uint64_t dev, ino;
    uint64_t seen_scan, stat_scan; // scan numbers; 0 never
    unsigned tries;                // in scan stat_scan
    int err;                       // errno of the last try
    struct root_stat st;           // valid when err is 0
    u64v resident, swapped, seals;
};

struct objects {
    VEC(struct object) items;
    struct hash_index index;
    uint64_t swept_scan;
};

int objects_new(struct objects **out) {
    struct objects *o = calloc(1, sizeof *o);
    if (!o)
        return -ENOMEM;
    *out = o;
    return 0;
}

void objects_free(struct objects *o) {
    if (!o)
        return;
    vec_done(&o->items);
    hash_index_done(&o->index);
    free(o);
}

static uint32_t hash_of(enum seg_kind kind, uint64_t dev, uint64_t ino) {
    return (uint32_t)hash_mix(hash_mix(dev + kind) ^ ino);
}

// Drops what has not been met for a sweep.
static int tidy(struct objects *o, uint64_t scan_no) {
    if (scan_no - o->swept_scan < PROCS_SWEEP)
        return 0;
    size_t keep = 0;
    for (size_t i = 0; i < o->items.count; i++)
        if (scan_no - o->items.items[i].seen_scan < PROCS_SWEEP)
            o->items.items[keep++] = o->items.items[i];
    o->items.count = keep;
    o->swept_scan = scan_no;
    hash_index_done(&o->index);
    for (size_t i = 0; i < keep; i++) {
        const struct object *it = &o->items.items[i];
        if (hash_index_add(&o->index, hash_of(it->kind, it->dev, it->ino), (uint32_t)i))
            return -ENOMEM;
    }
    return 0;
}

static struct object *find_or_add(struct objects *o, const struct object_seen *seen) {
    uint32_t hash = hash_of(seen->kind, seen->dev, seen->ino), position;
    size_t at = hash;
    while (hash_index_next(&o->index, hash, &at, &position)) {
        struct object *it = &o->items.items[position];
        if (it->kind == seen->kind && it->dev == seen->dev && it->ino == seen->ino)
            return it;
    }
    struct object fresh = {.kind = seen->kind, .dev = seen->dev, .ino = seen->ino};
    if (vec_push(&o->items, fresh) || hash_index_add(&o->index, hash, (uint32_t)o->items.count - 1))
        return NULL;
    return &o->items.items[o->items.count - 1];
}

static bool says_deleted(const struct object_seen *seen) {
    return seen->name_len > DELETED_LEN &&
           memcmp(seen->name + seen->name_len - DELETED_LEN, DELETED, DELETED_LEN) == 0;
}

static int stat_same(const struct scan *scan, const char *path, const struct object_seen *seen,
                     struct root_stat *st) {
    struct root_stat got;
    int err = root_stat_follow(scan->root, ROOT_PROC, path, &got);
    if (err)
        return err;
    if (got.dev != seen->dev || got.ino != seen->ino)
        return -ESRCH; // something else is there by now
    *st = got;
    return 0;
}

// Where the object can be reached through its holder, relative to /proc. False: nowhere.
static bool route_of(const struct object_seen *seen, char *path, size_t size) {
    if (seen->fd >= 0)
        snprintf(path, size, "%d/fd/%d", (int)seen->pid, seen->fd);
    else if (seen->end > seen->start)
        snprintf(path, size, "%d/map_files/%" PRIx64 "-%" PRIx64, (int)seen->pid, seen->start,
                 seen->end);
    else
        return false;
    return true;
}

// Asks about the object through its holder; a file that still has its name also by that.
static int ask(const struct scan *scan, const struct object_seen *seen, struct root_stat *st) {
    char path[4200];
    int err = route_of(seen, path, sizeof path) ? stat_same(scan, path, seen, st) : -EACCES;
    const struct device *device = devices_find(scan->procs->devices, seen->dev);
    bool may_have_name = seen->kind == SEG_POSIX || seen->kind == SEG_TMPFS ||
                         seen->kind == SEG_HUGETLB;
    // An ordinary user may not look through map_files, not even into his own processes.
    // A name in another mount namespace is told as it is there.
    if (err && may_have_name && device && seen->name_len > 0 && seen->name[0] == '/' &&
        seen->name_len < 4096 && root_is_live(scan->root)) {
        char whose[16] = "self";
        if (!device->own)
            snprintf(whose, sizeof whose, "%d", (int)seen->pid);
        snprintf(path, sizeof path, "%s/root%.*s", whose, (int)seen->name_len, seen->name);
        if (stat_same(scan, path, seen, st) == 0)
            return 0;
    }
    return err;
}

static int open_same(const struct scan *scan, const struct object_seen *seen) {
    char path[96];
    struct stat now;
    if (!root_is_live(scan->root) || !route_of(seen, path, sizeof path))
        return -ENOTSUP;
    int fd = root_openat(scan->root, ROOT_PROC, path, O_RDONLY | O_NONBLOCK | O_NOATIME);
    if (fd < 0)
        return fd;
    if (fstat(fd, &now) == 0 && now.st_dev == seen->dev && now.st_ino == seen->ino)
        return fd;
    close(fd);
    return -ESRCH;
}

// What only an open descriptor tells: seals, and pages in memory apart from pages in swap.
static void ask_opened(const struct scan *scan, const struct object_seen *seen, bool want_seals,
                       bool want_pages, struct object *o) {
    if (!want_seals && !want_pages)
        return;
    int fd = open_same(scan, seen);
    enum why why = fd < 0 ? why_from_errno(-fd) : WHY_KNOWN;
    if (want_seals) {
        int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
        o->seals = seals >= 0 ? u64v_of((uint64_t)seals)
                              : u64v_missing(fd < 0 ? why : why_from_errno(errno));
    }
    if (want_pages) {
        struct cachestat_range all = {0, 0}; // to the end
        struct cachestat cs;
        uint64_t page = root_vantage(scan->root)->page_size;
        bool known = fd >= 0 && syscall(SYS_cachestat, fd, &all, &cs, 0) == 0;
        if (fd >= 0 && !known)
            why = why_from_errno(errno);
        o->resident = known ? u64v_of(cs.nr_cache * page) : u64v_missing(why);
        o->swapped = known ? u64v_of(cs.nr_evicted * page) : u64v_missing(why);
    }
    if (fd >= 0)
        close(fd);
}

static void refresh(const struct scan *scan, const struct object_seen *seen, struct object *o) {
    const struct objects *all = scan->procs->objects;
    uint64_t now = scan->procs->scan_no, swap = 0;
    uint64_t age = o->stat_scan ? now - o->stat_scan : UINT64_MAX;
    if (age == 0 && (o->err == 0 || o->tries >= TRIES))
        return;
    uint64_t patience = all->items.count > FRESH_COUNT ? PROCS_SWEEP : 1;
    if (shown_has(scan, seen->kind, seen->dev, seen->ino))
        patience = 1;
    if (age != 0 && o->err == 0 && !scan->want->everything && age < patience)
        return;
    o->tries = age == 0 ? o->tries + 1 : 1;
    o->stat_scan = now;
    struct root_stat st = {0};
    o->err = -ask(scan, seen, &st);
    if (o->err)
        return;
    o->st = st;
    bool swap_in_use = u64v_get(builder_limit(scan->out, LIMIT_SWAP_USED), &swap) != WHY_KNOWN ||
                       swap != 0;
    // Huge pages are never swapped.
    bool want_pages = swap_in_use && st.blocks_bytes > 0 && !seen->huge && o->kind != SEG_HUGETLB;
    o->resident = u64v_of(st.blocks_bytes);
    o->swapped = u64v_of(0);
    if (want_pages)
        o->resident = o->swapped = u64v_missing(WHY_NOT_ASKED);
    ask_opened(scan, seen, o->kind == SEG_MEMFD && scan->want->everything,
               want_pages && scan->want->everything, o);
}

static void put(struct segment *seg, enum seg_field field, u64v v) {
    uint64_t value = 0;
    enum why why = u64v_get(v, &value);
    if (why == WHY_KNOWN)
        seg_set(seg, field, value);
    else
        seg_set_missing(seg, field, why);
}

static bool has_names(enum seg_kind kind) {
    return kind == SEG_POSIX || kind == SEG_TMPFS || kind == SEG_HUGETLB;
}

// The facts a stat tells, or why they are missing.
static void set_facts(const struct object *o, struct segment *seg) {
    static const enum seg_field told[] = {SEG_SIZE,        SEG_RESIDENT,   SEG_SWAPPED,
                                          SEG_MODE,        SEG_UID,        SEG_GID,
                                          SEG_CHANGE_TIME, SEG_BIRTH_TIME, SEG_LINKS};
    if (o->err) {
        for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
            seg_set_missing(seg, told[i], why_from_errno(o->err));
        return;
    }
    object_id_from_stat(o->kind, &o->st, &seg->id);
    seg_set(seg, SEG_SIZE, o->st.size);
    put(seg, SEG_RESIDENT, o->resident);
    put(seg, SEG_SWAPPED, o->swapped);
    seg_set(seg, SEG_MODE, o->st.mode & 07777);
    seg_set(seg, SEG_UID, o->st.uid);
    seg_set(seg, SEG_GID, o->st.gid);
    seg_set(seg, SEG_CHANGE_TIME, o->st.change_ns);
    put(seg, SEG_BIRTH_TIME,
        o->st.birth_ns ? u64v_of(o->st.birth_ns) : u64v_missing(WHY_UNSUPPORTED));
    seg_set(seg, SEG_LINKS, o->st.links);
    uint64_t seals = 0;
    if (o->kind == SEG_MEMFD) {
        put(seg, SEG_SEALS, o->seals);
        if (u64v_get(o->seals, &seals) == WHY_KNOWN && (seals & ~(uint64_t)F_SEAL_SEAL) != 0)
            seg->flags |= SEG_FLAG_SEALED;
    }
}

// True when nothing but this holder leads to the object any more.
static bool is_unlinked(const struct object *o, const struct object_seen *seen) {
    if (!has_names(o->kind))
        return false;
    return o->err ? says_deleted(seen) : o->st.links == 0;
}

static strv name_of(struct builder *b, const struct object_seen *seen, bool unlinked) {
    const char *name = seen->name;
    size_t len = seen->name_len, skip = 0;
    if (seen->kind == SEG_ANON)
        return strv_missing(WHY_NONE);
    if (len == 0)
        return strv_missing(WHY_NOT_ASKED);
    if ((unlinked || !has_names(seen->kind)) && says_deleted(seen))
        len -= DELETED_LEN;
    const char *prefix = seen->kind == SEG_MEMFD   ? "/memfd:"
                         : seen->kind == SEG_POSIX ? "/dev/shm"
                                                   : "";
    if (len > strlen(prefix) && memcmp(name, prefix, strlen(prefix)) == 0)
        skip = strlen(prefix);
    else if (seen->kind == SEG_MEMFD && len == strlen(prefix))
        skip = len; // memfd_create("")
    return builder_str(b, name + skip, len - skip);
}

static bool same_name(strv a, strv b) {
    const char *x, *y;
    size_t n, m;
    return strv_get(a, &x, &n) == WHY_KNOWN && strv_get(b, &y, &m) == WHY_KNOWN && n == m &&
           memcmp(x, y, n) == 0;
}

// A linked object that the walk of its /dev/shm has not met was given its name since: what had that
// name then has lost it.
static void take_over_name(struct builder *b, const struct segment *seg) {
    uint64_t links = 0;
    for (size_t i = 0; i < builder_segment_count(b); i++) {
        struct segment *old = builder_segment(b, i);
        if (old->id.kind != SEG_POSIX || old->id.dev != seg->id.dev ||
            (old->flags & SEG_FLAG_UNLINKED) != 0 || !same_name(old->name, seg->name))
            continue;
        if (seg_get(old, SEG_LINKS, &links) == WHY_KNOWN && links > 1)
            continue;
        seg_set(old, SEG_LINKS, 0);
        old->flags |= SEG_FLAG_UNLINKED;
    }
}

static int add(struct scan *scan, const struct object *o, const struct object_seen *seen,
               const struct device *device) {
    static const enum seg_field none[] = {
        SEG_KEY,         SEG_LAST_PID,  SEG_NATTCH, SEG_HIDDEN, SEG_ATTACH_TIME,
        SEG_DETACH_TIME, SEG_SEM_VALUE, SEG_IPC_NS, SEG_SEALS,  SEG_MNT_NS};
    struct segment seg = {.id = {.kind = o->kind, .dev = o->dev, .num = o->ino},
                          .container = strv_missing(WHY_NONE)};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        seg_set_missing(&seg, none[i], WHY_NONE);
    // Nothing records who made a file or a memfd.
    seg_set_missing(&seg, SEG_CREATOR_PID, WHY_UNSUPPORTED);
    seg_set_missing(&seg, SEG_CREATOR_UID, WHY_UNSUPPORTED);
    if (o->kind == SEG_MEMFD)
        seg_set_missing(&seg, SEG_SEALS, WHY_NOT_ASKED);
    set_facts(o, &seg);
    if (seen->huge || o->kind == SEG_HUGETLB)
        seg.flags |= SEG_FLAG_HUGE;
    bool unlinked = is_unlinked(o, seen);
    if (unlinked)
        seg.flags |= SEG_FLAG_UNLINKED;
    if (has_names(o->kind)) {
        seg.foreign = device && !device->own;
        uint64_t ns = seg.foreign ? device->mnt_ns : root_vantage(scan->root)->mnt_ns;
        if (ns)
            seg_set(&seg, SEG_MNT_NS, ns);
        else
            seg_set_missing(&seg, SEG_MNT_NS, WHY_FAILED);
        if (ns && seg.foreign && !unlinked)
            seg.container = spaces_container(scan, ns);
    }
    seg.name = name_of(scan->out, seen, unlinked);
    if (o->kind == SEG_POSIX && !unlinked)
        take_over_name(scan->out, &seg);
    return builder_add_segment(scan->out, &seg);
}

// Named files of other mount namespaces are shown when asked for. A linked file of a tmpfs that is
// mapped MAP_PRIVATE alone is a program or library kept there, and a device that has its node there
// (/dev of a container) maps memory that is none of the tmpfs's.
static bool belongs(const struct scan *scan, const struct object *o, const struct object_seen *seen,
                    const struct device *device) {
    if (o->err == 0 && !S_ISREG(o->st.mode))
        return false;
    if (!has_names(o->kind) || is_unlinked(o, seen))
        return true;
    // What was put aside is no segment, even if somebody holds it still.
    if (!scan->want->quarantined && quarantine_has_path(seen->name, seen->name_len))
        return false;
    if (device && !device->own && !scan->want->all_namespaces)
        return false;
    return o->kind == SEG_POSIX || !seen->aside;
}

int objects_ensure(struct scan *scan, const struct object_seen *seen, bool *listed) {
    struct objects *all = scan->procs->objects;
    struct segment *seg = builder_find_segment(scan->out, seen->kind, 0, seen->dev, seen->ino);
    uint64_t size = 0;
    *listed = seg != NULL;
    if (seg && seg_get(seg, SEG_SIZE, &size) == WHY_KNOWN)
        return 0;
    // A linked file of a tmpfs that nobody maps shared need not even be asked about.
    if (!seg && seen->aside && (seen->kind == SEG_TMPFS || seen->kind == SEG_HUGETLB) &&
        !says_deleted(seen))
        return 0;
    if (tidy(all, scan->procs->scan_no))
        return -ENOMEM;
    struct object *o = find_or_add(all, seen);
    if (!o)
        return -ENOMEM;
    o->seen_scan = scan->procs->scan_no;
    // Foreign devices are forgotten now and then, what was seen of a process is not.
    if (has_names(seen->kind) && !devices_find(scan->procs->devices, seen->dev) &&
        devices_learn(scan->procs->devices, seen->pid) == -ENOMEM)
        return -ENOMEM;
    refresh(scan, seen, o);
    if (seg) {
        if (o->err == 0)
            set_facts(o, seg);
        return 0;
    }
    const struct device *device = devices_find(scan->procs->devices, seen->dev);
    if (!belongs(scan, o, seen, device))
        return 0;
    *listed = true;
    return add(scan, o, seen, device);
}
