// content.c - opens the quietest route to the bytes of a segment, and reads by it.
#include "probes/content.h"
#include "probes/content_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/segname.h"
#include "probes/sysv_row.h"

// cachestat(2), Linux 6.5; this glibc does not know it.
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
struct cachestat_range {
    uint64_t off, len; // len 0: to the end
};
struct cachestat {
    uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

void content_drop(struct content_reader *r) {
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
    if (r->helper.pid > 0)
        rootless_end(&r->helper);
    if (r->mode == CONTENT_ATTACHED)
        shmdt(r->at);
    r->at = NULL;
    r->data_from = r->data_end = 0;
    free(r->path);
    r->path = NULL;
    r->mode = CONTENT_NONE;
}

int content_use_fd(struct content_reader *r, int fd, bool quiet, enum content_check check,
                   enum root_tree tree, const char *path) {
    char *copy = strdup(path);
    if (copy == NULL) {
        close(fd);
        return -ENOMEM;
    }
    r->mode = CONTENT_FD;
    r->fd = fd;
    r->quiet = quiet;
    r->check = check;
    r->tree = tree;
    r->path = copy;
    return 0;
}

void content_tell_effects(struct content_reader *r, const char *base) {
    const char *swap = r->some_swapped ? "brings swapped pages back into memory" : "";
    const char *glue = *base != '\0' && *swap != '\0' ? ", " : "";
    snprintf(r->effects, sizeof(r->effects), "%s%s%s", base, glue, swap);
    if (r->effects[0] == '\0')
        snprintf(r->effects, sizeof(r->effects), "none");
}

void content_tell_attached(struct content_reader *r) {
    content_tell_effects(r, r->all_pages_exist
                                ? "moves nattch, attach and detach time and last pid"
                                : "moves nattch, attach and detach time and last pid, "
                                  "allocates pages never written");
}

static void add_via(struct content_reader *r, const struct process *p,
                    const struct map_range *range) {
    if (r->via_count == CONTENT_VIAS)
        return;
    struct via *v = &r->via[r->via_count++];
    *v = (struct via){.process = p->id};
    if (range == NULL)
        return;
    v->start = range->start;
    v->end = range->end;
    v->offset = range->offset;
    v->usable = !range->is_private && (range->access & ACCESS_R) != 0;
}

// Copies who holds the segment: the snapshot may be gone by the next read. Every holder gets a
// place before any gets a second one.
static void collect_vias(struct content_reader *r, const struct snapshot *snap,
                         const struct segment *seg) {
    const struct holding *h = snap->holdings + seg->first_holding;
    for (uint32_t nth = 0, more = 1; more > 0 && r->via_count < CONTENT_VIAS; nth++) {
        more = 0;
        for (uint32_t i = 0; i < seg->holding_count; i++) {
            const struct process *p = &snap->processes[h[i].process];
            if (nth < h[i].range_count)
                add_via(r, p, &snap->ranges[h[i].first_range + nth]);
            else if (nth == 0 && h[i].fds > 0)
                add_via(r, p, NULL);
            more += nth + 1 < h[i].range_count;
        }
    }
}

static void note_pages(struct content_reader *r, const struct segment *seg) {
    uint64_t size = 0, resident = 0, swapped = 0;
    bool known = seg_get(seg, SEG_SIZE, &size) == WHY_KNOWN &&
                 seg_get(seg, SEG_RESIDENT, &resident) == WHY_KNOWN;
    seg_get(seg, SEG_SWAPPED, &swapped);
    if (seg_get(seg, SEG_SIZE, &size) == WHY_KNOWN)
        r->size_seen = u64v_of(size);
    r->pages_exist = known ? u64v_of(resident + swapped) : u64v_missing(WHY_FAILED);
    r->all_pages_exist = known && (seg->flags & SEG_FLAG_HUGE) == 0 && resident + swapped >= size;
    r->some_swapped = swapped > 0;
}

static bool has_name(const struct segment *seg) {
    const char *bytes;
    size_t len;
    bool named = seg->id.kind == SEG_POSIX || seg->id.kind == SEG_TMPFS ||
                 seg->id.kind == SEG_HUGETLB;
    return named && (seg->flags & SEG_FLAG_UNLINKED) == 0 &&
           strv_get(seg->name, &bytes, &len) == WHY_KNOWN && len > 1 && bytes[0] == '/';
}

static int may_attach(struct content_reader *r, unsigned flags, const char *what,
                      struct fault *why) {
    struct root_shm_row row;
    int err = sysv_same_by(r->root, &r->id, &r->way, &row);
    bool rootless = err == -EXDEV && r->way.pid > 0;
    if (err < 0 && !rootless)
        return err;
    if ((flags & CONTENT_MAY_ATTACH) != 0)
        return 0;
    fault_set(why, OUTCOME_REFUSED, 0, what,
              !rootless && row.nattch == 0
                  ? "nobody holds it, so only attaching can read it, which moves its "
                    "attach and detach time and last pid"
                  : "only attaching can read it for this user, which moves its attach "
                    "and detach time and last pid",
              "allow attaching (leave out --no-attach)");
    return -EPERM;
}

// Tries the routes in order; the first error that says something about the object itself wins.
static int open_route(struct content_reader *r, const struct snapshot *snap,
                      const struct segment *seg, unsigned flags, const char *what,
                      struct fault *why) {
    struct root_shm_row row;
    int err = -ENOENT;
    if (r->own)
        err = sysv_same_by(r->root, &r->id, &r->way, &row);
    else if (has_name(seg))
        err = content_by_name(r, snap, seg);
    if (r->own ? err < 0 : err == 0)
        return err;
    if (!root_is_live(r->root))
        return has_name(seg) ? err : -ENOTSUP;
    int held = content_by_holders(r);
    if (held == 0)
        return 0;
    if (r->id.kind == SEG_SYSV) {
        err = may_attach(r, flags, what, why);
        if (err < 0)
            return err;
        return r->own ? content_by_attaching(r) : content_by_rootless(r);
    }
    return has_name(seg) ? err : held;
}

static void explain(const struct content_reader *r, int err, const char *what, struct fault *why) {
    switch (-err) {
    case ENOENT:
    case ESRCH:
        fault_set(why, OUTCOME_MISSING, 0, what, "is gone, or nobody who can be seen holds it", "");
        break;
    case ESTALE:
        fault_set(why, OUTCOME_MISSING, 0, what, "is gone and another one stands in its place",
                  "look at the list again");
        break;
    case ENOTSUP:
        fault_set(why, OUTCOME_FAILED, 0, what, "a captured root does not hold its content", "");
        break;
    case EXDEV:
        fault_set(why, OUTCOME_FAILED, 0, what,
                  "is in another namespace and no holder of it can be opened",
                  "run shmtop inside that namespace, or as root");
        break;
    case EACCES:
    case EPERM:
        fault_setf(why, OUTCOME_FAILED, -err, what, "run shmtop as its owner or as root",
                   "user %u may not read it", root_vantage(r->root)->uid);
        break;
    default:
        fault_setf(why, OUTCOME_FAILED, -err, what, "", "cannot be read: %s", strerror(-err));
    }
}

static bool may_ask_row(struct content_reader *r) {
    struct root_shm_row row;
    if (r->id.kind != SEG_SYSV)
        return false;
    return r->id.ns == root_vantage(r->root)->ipc_ns ||
           sysv_same_by(r->root, &r->id, &r->way, &row) != -EXDEV;
}

int content_open(const struct root *root, const struct snapshot *snap, const struct segment *seg,
                 unsigned flags, struct content_reader **out, struct fault *why) {
    char what[sizeof(why->what)];
    seg_format(seg, what, sizeof(what));
    *why = (struct fault){.outcome = OUTCOME_DONE};
    struct content_reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        fault_set(why, OUTCOME_FAILED, ENOMEM, what, "cannot be read: out of memory", "");
        return -ENOMEM;
    }
    r->root = root;
    r->id = seg->id;
    r->own = may_ask_row(r);
    r->fd = -1;
    r->lasts = (flags & CONTENT_LASTS) != 0;
    r->may_allocate = (flags & CONTENT_MAY_ATTACH) != 0;
    note_pages(r, seg);
    collect_vias(r, snap, seg);
    int err = open_route(r, snap, seg, flags, what, why);
    if (err == 0) {
        *out = r;
        return 0;
    }
    if (why->outcome == OUTCOME_DONE)
        explain(r, err, what, why);
    content_close(r);
    return err;
}

void content_close(struct content_reader *r) {
    if (r == NULL)
        return;
    content_drop(r);
    elsewhere_way_done(&r->way);
    free(r);
}

const char *content_route(const struct content_reader *r) {
    return r->route;
}
const char *content_side_effects(const struct content_reader *r) {
    return r->effects;
}
bool content_attached(const struct content_reader *r) {
    return r->attached;
}
bool content_partial(const struct content_reader *r) {
    return r->mode == CONTENT_HOLDER && !r->all_pages_exist && !r->may_allocate;
}

bool content_reads_holes(const struct content_reader *r) {
    return r->mode == CONTENT_FD || r->all_pages_exist;
}

int content_size(struct content_reader *r, uint64_t *size) {
    struct root_stat st;
    if (r->sealed_off)
        return -ESTALE;
    if (r->id.kind == SEG_SYSV) {
        *size = r->id.incarnation[2];
        return 0;
    }
    if (r->mode == CONTENT_FD) {
        int err = holder_fd_stat(r->fd, &st);
        if (err == 0)
            *size = st.size;
        return err;
    }
    // Through a holder's memory only what it maps can be seen.
    uint64_t end = 0;
    for (size_t i = 0; i < r->via_count; i++)
        if (r->via[i].usable && r->via[i].process.pid == r->via[r->via_now].process.pid &&
            r->via[i].offset + (r->via[i].end - r->via[i].start) > end)
            end = r->via[i].offset + (r->via[i].end - r->via[i].start);
    uint64_t seen = end;
    u64v_get(r->size_seen, &seen);
    *size = seen < end ? seen : end;
    return 0;
}

// One look whether what is being read is still the object: a descriptor alone would go on reading
// (and pinning) memory that has no name and no holder any more.
static int check_still(struct content_reader *r) {
    struct root_shm_row row;
    struct root_stat st;
    struct seg_id now;
    if (r->own) {
        int err = sysv_same_by(r->root, &r->id, &r->way, &row);
        bool only_us = err == 0 && r->mode == CONTENT_ATTACHED && row.nattch <= 1;
        if (err < 0 || ((row.perms & SYSV_DEST) != 0 && (only_us || row.nattch == 0)))
            return -ESTALE;
        // A link of a holder that left is no loss while the segment itself lives.
        return r->check == CHECK_MAPS ? holder_maps_still(r->root, &r->id, &r->via[r->via_now]) : 0;
    }
    if (r->check == CHECK_MAPS)
        return holder_maps_still(r->root, &r->id, &r->via[r->via_now]);
    int err = r->check == CHECK_NAME ? content_stat_name(r, &st)
                                     : root_stat_follow(r->root, r->tree, r->path, &st);
    if (err < 0)
        return err;
    if (r->id.kind == SEG_SYSV)
        return st.ino == r->id.num ? 0 : -ESTALE;
    object_id_from_stat(r->id.kind, &st, &now);
    return seg_id_same(&now, &r->id) ? 0 : -ESTALE;
}

static ssize_t read_once(struct content_reader *r, uint64_t off, void *buf, size_t n) {
    uint64_t size = 0;
    int err = content_size(r, &size);
    if (err < 0)
        return err;
    if (off >= size)
        return 0;
    if (n > size - off)
        n = (size_t)(size - off);
    if (r->mode == CONTENT_HOLDER)
        return content_read_holder(r, off, buf, n);
    if (r->mode == CONTENT_ATTACHED)
        return content_read_attached(r, off, buf, n);
    ssize_t got;
    do
        got = pread(r->fd, buf, n, (off_t)off);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

ssize_t content_read_at(struct content_reader *r, uint64_t off, void *buf, size_t n) {
    if (off > INT64_MAX)
        return 0;
    for (int attempt = 0; attempt < 2 && !r->sealed_off; attempt++) {
        ssize_t got = read_once(r, off, buf, n);
        if (check_still(r) == 0)
            return got;
        // The way is gone; the object may still be held by others.
        content_drop(r);
        bool lives = !r->attached && root_is_live(r->root);
        if (!lives || content_by_holders(r) < 0)
            r->sealed_off = true;
    }
    if (!r->sealed_off) {
        content_drop(r);
        r->sealed_off = true;
    }
    return -ESTALE;
}

int content_extent(struct content_reader *r, uint64_t off, uint64_t *len, bool *hole) {
    uint64_t size = 0;
    int err = content_size(r, &size);
    if (err < 0)
        return err;
    if (off >= size) {
        *len = 0;
        *hole = true;
        return 0;
    }
    if (r->mode != CONTENT_FD)
        return -ENOTSUP;
    off_t data = lseek(r->fd, (off_t)off, SEEK_DATA);
    if (data < 0 && errno != ENXIO) // hugetlbfs: EINVAL
        return errno == EINVAL ? -ENOTSUP : -errno;
    bool in_hole = data < 0 || (uint64_t)data > off;
    uint64_t end = size;
    if (in_hole && data >= 0) {
        end = (uint64_t)data;
    } else if (!in_hole) {
        off_t next = lseek(r->fd, (off_t)off, SEEK_HOLE);
        if (next > (off_t)off)
            end = (uint64_t)next;
    }
    *len = (end < size ? end : size) - off;
    *hole = in_hole;
    return 0;
}

int content_residency(struct content_reader *r, uint64_t off, uint64_t len, uint64_t *resident,
                      uint64_t *swapped) {
    if (r->sealed_off)
        return -ESTALE;
    if (r->mode != CONTENT_FD || !root_is_live(r->root))
        return -ENOTSUP;
    struct cachestat_range range = {off, len};
    struct cachestat cs = {0};
    if (len > 0 && syscall(SYS_cachestat, r->fd, &range, &cs, 0) < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP ? -ENOTSUP : -errno;
    *resident = cs.nr_cache * root_vantage(r->root)->page_size;
    *swapped = cs.nr_evicted * root_vantage(r->root)->page_size;
    return 0;
}
