// snapshot.c - freezes a builder into a picture that never changes again, and looks things up in
// it.
#include "core/builder_parts.h"

#include <stdatomic.h>
#include <string.h>

#include "core/origin.h"

// What a snapshot points into, and how many still look at it.
struct frozen {
    struct snapshot snap; // first: its address is that of the whole
    atomic_uint references;
    struct arena arena;
};

static struct frozen *frozen_of(const struct snapshot *snap) {
    return (struct frozen *)(uintptr_t)snap;
}

const struct snapshot *snapshot_ref(const struct snapshot *snap) {
    if (snap)
        atomic_fetch_add_explicit(&frozen_of(snap)->references, 1, memory_order_relaxed);
    return snap;
}

static void release(const void *array) {
    free((void *)(uintptr_t)array);
}

static void frozen_free(struct frozen *f) {
    if (!f)
        return;
    release(f->snap.segments);
    release(f->snap.processes);
    release(f->snap.holdings);
    release(f->snap.held);
    release(f->snap.ranges);
    release(f->snap.names);
    release(f->snap.users);
    release(f->snap.notes);
    release(f->snap.tmpfs);
    release(f->snap.group_of);
    release(f->snap.groups);
    release(f->snap.members);
    release(f->snap.recalled);
    release(f->snap.inner_pids);
    origins_unref(f->snap.origins);
    arena_done(&f->arena);
    free(f);
}

void snapshot_unref(const struct snapshot *snap) {
    if (snap &&
        atomic_fetch_sub_explicit(&frozen_of(snap)->references, 1, memory_order_acq_rel) == 1)
        frozen_free(frozen_of(snap));
}

// ---- lookups

const struct segment *snapshot_find(const struct snapshot *snap, const struct seg_id *id) {
    size_t low = 0, high = snap->segment_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = seg_id_compare(&snap->segments[mid].id, id);
        if (c == 0)
            return &snap->segments[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct process *snapshot_process(const struct snapshot *snap, pid_t pid) {
    size_t low = 0, high = snap->process_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (snap->processes[mid].id.pid == pid)
            return &snap->processes[mid];
        if (snap->processes[mid].id.pid < pid)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct tmpfs *snapshot_tmpfs(const struct snapshot *snap, uint64_t dev) {
    size_t low = 0, high = snap->tmpfs_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (snap->tmpfs[mid].dev == dev)
            return &snap->tmpfs[mid];
        if (snap->tmpfs[mid].dev < dev)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

strv snapshot_user(const struct snapshot *snap, uint32_t uid) {
    size_t low = 0, high = snap->user_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (snap->users[mid].uid == uid)
            return snap->users[mid].name;
        if (snap->users[mid].uid < uid)
            low = mid + 1;
        else
            high = mid;
    }
    return strv_missing(WHY_NOT_ASKED);
}

// ---- freezing: order

struct sort_key {
    uint64_t kind_and_position;
    uint64_t ns, dev, num;
};

static int compare_keys(const void *left, const void *right) {
    const struct sort_key *a = left, *b = right;
    uint64_t kind_a = a->kind_and_position >> 32, kind_b = b->kind_and_position >> 32;

    if (kind_a != kind_b)
        return kind_a < kind_b ? -1 : 1;
    if (a->ns != b->ns)
        return a->ns < b->ns ? -1 : 1;
    if (a->dev != b->dev)
        return a->dev < b->dev ? -1 : 1;
    return (a->num > b->num) - (a->num < b->num);
}

// Sorts the keys unless they are sorted, and makes the rank of every position.
static void rank_keys(struct sort_key *keys, size_t n, uint32_t *rank) {
    size_t i = 1;

    while (i < n && compare_keys(&keys[i - 1], &keys[i]) < 0)
        i++;
    if (i < n)
        qsort(keys, n, sizeof *keys, compare_keys);
    for (i = 0; i < n; i++)
        rank[(uint32_t)keys[i].kind_and_position] = (uint32_t)i;
}

// Ranks of segments in the order of seg_id_compare: a place is there once, so that the incarnation
// never decides. Ranks of processes in the order of their pids. Owned by the caller.
static int make_ranks(const struct builder *b, uint32_t **segment_rank, uint32_t **process_rank) {
    size_t segments = b->segments.count, processes = b->processes.count;
    size_t most = segments > processes ? segments : processes;
    struct sort_key *keys = calloc(most + 1, sizeof *keys);

    *segment_rank = calloc(segments + 1, sizeof **segment_rank);
    *process_rank = calloc(processes + 1, sizeof **process_rank);
    if (!keys || !*segment_rank || !*process_rank) {
        free(keys);
        return -ENOMEM;
    }
    for (size_t i = 0; i < segments; i++) {
        const struct seg_id *id = &b->segments.items[i].id;
        keys[i] = (struct sort_key){(uint64_t)id->kind << 32 | i, id->ns, id->dev, id->num};
    }
    rank_keys(keys, segments, *segment_rank);
    for (size_t i = 0; i < processes; i++)
        keys[i] = (struct sort_key){i, 0, 0, (uint64_t)b->processes.items[i].id.pid};
    rank_keys(keys, processes, *process_rank);
    free(keys);
    return 0;
}

// Moves every item to its rank, in place; the ranks are used up.
#define MOVE_TO_RANKS(type, items, n, rank)                                                        \
    do {                                                                                           \
        for (uint32_t at_ = 0; at_ < (n); at_++) {                                                 \
            while ((rank)[at_] != at_) {                                                           \
                uint32_t to_ = (rank)[at_];                                                        \
                type out_ = (items)[to_];                                                          \
                (items)[to_] = (items)[at_];                                                       \
                (items)[at_] = out_;                                                               \
                (rank)[at_] = (rank)[to_];                                                         \
                (rank)[to_] = to_;                                                                 \
            }                                                                                      \
        }                                                                                          \
    } while (0)

// Groups the further names by segment. Needs the ranks, so it comes before the move.
static int group_names(struct builder *b, const uint32_t *segment_rank, struct frozen *f) {
    size_t n = b->names.count, segments = b->segments.count;
    strv *names = calloc(n + 1, sizeof *names);
    uint32_t *next = calloc(segments + 1, sizeof *next);

    if (!names || !next) {
        free(names);
        free(next);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        next[segment_rank[b->names.items[i].segment] + 1]++;
    for (size_t i = 0; i < segments; i++)
        next[i + 1] += next[i];
    for (size_t i = 0; i < segments; i++) {
        struct segment *seg = &b->segments.items[i];
        uint32_t rank = segment_rank[i];
        seg->first_name = next[rank];
        seg->name_count = next[rank + 1] - next[rank];
    }
    for (size_t i = 0; i < n; i++)
        names[next[segment_rank[b->names.items[i].segment]]++] = b->names.items[i].name;
    f->snap.names = names;
    f->snap.name_count = n;
    free(next);
    return 0;
}

// ---- freezing: what follows from the facts

// Tells segments and processes, sorted now, which holdings are theirs.
static int link_holdings(struct builder *b, const struct joined *j, struct frozen *f) {
    size_t n = j->holdings.count, processes = b->processes.count;
    uint32_t *held = calloc(n + 1, sizeof *held);
    uint32_t sum = 0;

    if (!held)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct segment *seg = &b->segments.items[j->holdings.items[i].segment];
        if (seg->holding_count++ == 0)
            seg->first_holding = (uint32_t)i;
        b->processes.items[j->holdings.items[i].process].held_count++;
    }
    for (size_t i = 0; i < processes; i++) {
        struct process *p = &b->processes.items[i];
        p->first_held = sum;
        sum += p->held_count;
        p->held_count = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct process *p = &b->processes.items[j->holdings.items[i].process];
        held[p->first_held + p->held_count++] = (uint32_t)i;
    }
    f->snap.held = held;
    return 0;
}

// nattch counts mappings, and a private one (through map_files) is no attachment.
static void count_hidden(struct segment *seg, const struct joined *j) {
    uint64_t nattch = 0, seen = 0;

    if (seg->id.kind != SEG_SYSV) {
        seg_set_missing(seg, SEG_HIDDEN, WHY_NONE);
        return;
    }
    enum why why = seg_get(seg, SEG_NATTCH, &nattch);
    if (why != WHY_KNOWN) {
        seg_set_missing(seg, SEG_HIDDEN, why);
        return;
    }
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *h = &j->holdings.items[seg->first_holding + i];
        for (uint32_t k = 0; k < h->range_count; k++)
            seen += !j->ranges.items[h->first_range + k].is_private;
    }
    seg_set(seg, SEG_HIDDEN, nattch > seen ? nattch - seen : 0);
}

// The latest moment at which the processes that a segment remembers were certainly alive; 0 none.
static uint64_t latest_time(const struct segment *seg) {
    static const enum seg_field fields[] = {SEG_ATTACH_TIME, SEG_DETACH_TIME, SEG_CHANGE_TIME};
    uint64_t latest = 0, t;

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (seg_get(seg, fields[i], &t) == WHY_KNOWN && t > latest)
            latest = t;
    return latest;
}

uint64_t snapshot_start_tolerance(const struct snapshot *snap) {
    const uint64_t resolution_ns = 1000000000; // System V keeps whole seconds
    uint64_t step = 0;
    u64v_get(snap->limits[LIMIT_CLOCK_STEP_NS], &step);
    return resolution_ns + step;
}

static enum pid_state state_of(const struct snapshot *snap, const struct segment *seg,
                               enum seg_field field) {
    uint64_t pid = 0;

    // Pid 0: a process of an outer pid namespace, or none at all.
    if (seg_get(seg, field, &pid) != WHY_KNOWN || pid == 0 || pid > INT32_MAX ||
        snap->process_count == 0)
        return PID_UNKNOWN;
    const struct process *p = snapshot_process(snap, (pid_t)pid);
    if (!p)
        return snap->coverage.pids_hidden ? PID_UNKNOWN : PID_GONE;
    uint64_t latest = latest_time(seg), uptime = 0;
    // What is older than the machine was dated by a clock that has been set since.
    bool comparable = u64v_get(snap->limits[LIMIT_UPTIME_NS], &uptime) != WHY_KNOWN ||
                      uptime >= snap->wall_ns || latest >= snap->wall_ns - uptime;
    if (latest && comparable && p->start_time > latest &&
        p->start_time - latest > snapshot_start_tolerance(snap))
        return PID_REUSED;
    // A zombie keeps its pid until it is waited for, but it holds nothing any more.
    return p->state == 'Z' || p->state == 'X' || p->scan == SCAN_GONE ? PID_GONE : PID_RUNNING;
}

static void count_coverage(struct snapshot *snap) {
    struct coverage *c = &snap->coverage;

    c->processes = (uint32_t)snap->process_count;
    c->scanned = c->denied = c->gone = 0;
    for (size_t i = 0; i < snap->process_count; i++) {
        uint8_t scan = snap->processes[i].scan;
        c->scanned += scan == SCANNED || scan == SCAN_NO_MM;
        c->denied += scan == SCAN_DENIED;
        c->gone += scan == SCAN_GONE;
    }
}

// Hands an array over to the snapshot, without what it has too much.
#define TAKE(v, array, number)                                                                     \
    do {                                                                                           \
        vec_trim(v);                                                                               \
        (array) = (v)->items;                                                                      \
        (number) = (v)->count;                                                                     \
        (v)->items = NULL;                                                                         \
        (v)->count = (v)->capacity = 0;                                                            \
    } while (0)

static int fill(struct builder *b, struct frozen *f, struct joined *joined) {
    struct snapshot *snap = &f->snap;
    uint32_t *segment_rank = NULL, *process_rank = NULL;
    int rc = builder_settle_realms(b);

    if (rc == 0)
        rc = builder_drop_foreign(b);
    if (rc == 0)
        rc = make_ranks(b, &segment_rank, &process_rank);
    if (rc == 0)
        rc = builder_join(b, segment_rank, process_rank, joined);
    if (rc == 0)
        rc = group_names(b, segment_rank, f);
    if (rc == 0) {
        MOVE_TO_RANKS(struct segment, b->segments.items, b->segments.count, segment_rank);
        MOVE_TO_RANKS(struct process, b->processes.items, b->processes.count, process_rank);
        rc = link_holdings(b, joined, f);
    }
    free(segment_rank);
    free(process_rank);
    if (rc < 0)
        return rc;
    TAKE(&b->processes, snap->processes, snap->process_count);
    snap->coverage = b->coverage;
    count_coverage(snap);
    for (size_t i = 0; i < b->segments.count; i++) {
        struct segment *seg = &b->segments.items[i];
        count_hidden(seg, joined);
        seg->creator_state = (uint8_t)state_of(snap, seg, SEG_CREATOR_PID);
        seg->last_state = (uint8_t)state_of(snap, seg, SEG_LAST_PID);
    }
    struct segment *segments;
    TAKE(&b->segments, segments, snap->segment_count);
    snap->segments = segments;
    TAKE(&joined->holdings, snap->holdings, snap->holding_count);
    TAKE(&joined->ranges, snap->ranges, snap->range_count);
    TAKE(&b->users, snap->users, snap->user_count);
    TAKE(&b->notes, snap->notes, snap->note_count);
    for (size_t i = 0; i < b->tmpfs.count; i++)
        for (size_t k = 0; k < b->walked.count; k++)
            b->tmpfs.items[i].walked |= b->walked.items[k] == b->tmpfs.items[i].dev;
    for (size_t i = 0; i < b->tmpfs.count; i++)
        for (size_t k = 0; k < b->aside.count; k++)
            if (b->aside.items[k].dev == b->tmpfs.items[i].dev)
                b->tmpfs.items[i].aside = b->aside.items[k].sum;
    TAKE(&b->tmpfs, snap->tmpfs, snap->tmpfs_count);
    f->arena = b->arena;
    b->arena = (struct arena){0};
    return snapshot_settle(snap, segments, b);
}

int builder_freeze(struct builder *b, uint64_t generation, uint64_t mono_ns, uint64_t wall_ns,
                   const struct snapshot **out) {
    struct frozen *f = calloc(1, sizeof *f);
    struct joined joined = {0};
    int rc = f && !b->out_of_memory ? 0 : -ENOMEM;

    if (rc == 0) {
        f->snap.generation = generation;
        f->snap.mono_ns = mono_ns;
        f->snap.wall_ns = wall_ns;
        f->snap.vantage = b->vantage;
        memcpy(f->snap.limits, b->limits, sizeof f->snap.limits);
        atomic_init(&f->references, 1);
        rc = fill(b, f, &joined);
    }
    joined_done(&joined);
    builder_free(b);
    if (rc < 0) {
        frozen_free(f);
        return rc;
    }
    *out = &f->snap;
    return 0;
}
