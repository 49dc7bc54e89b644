// settle.c - the last step of freezing: origins, what a prober recalls, groups of files, verdicts.
#include "core/builder_parts.h"

#include <string.h>

#include "core/origin.h"
#include "core/verdict.h"

// The stem of a name that belongs to a group.
struct stem {
    uint32_t segment, hash, from, len; // from, len: in its name
    uint32_t dir_len;                  // of the directory before the stem, in the same name
    uint32_t group;                    // position of its group, in the order of being met
};
typedef VEC(struct stem) stem_list;

// ---- what is told late

int late_recall(struct late *late, const struct recalled *item) {
    return vec_push(&late->facts->recalled, *item);
}

int late_inner_pid(struct late *late, struct inner_pid item) {
    return vec_push(&late->facts->inner_pids, item);
}

void late_inner_pids_known(struct late *late) {
    late->facts->inner_pids_known = true;
}

static int by_segment(const void *a, const void *b) {
    const struct recalled *x = a, *y = b;
    return (x->segment > y->segment) - (x->segment < y->segment);
}

static int by_pid(const void *a, const void *b) {
    const struct inner_pid *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static int tell_late(struct snapshot *snap, const struct builder *b) {
    struct late_facts facts = {0};
    struct late late = {snap, &facts};
    if (!b->tell_late)
        return 0;
    int err = b->tell_late(b->late_arg, &late);
    if (facts.recalled.count > 1)
        qsort(facts.recalled.items, facts.recalled.count, sizeof *facts.recalled.items, by_segment);
    if (facts.inner_pids.count > 1)
        qsort(facts.inner_pids.items, facts.inner_pids.count, sizeof *facts.inner_pids.items,
              by_pid);
    snap->recalled = facts.recalled.items;
    snap->recalled_count = facts.recalled.count;
    snap->inner_pids = facts.inner_pids.items;
    snap->inner_pid_count = facts.inner_pids.count;
    snap->inner_pids_known = facts.inner_pids_known;
    return err;
}

const struct recalled *snapshot_recalled(const struct snapshot *snap, const struct segment *seg) {
    struct recalled key = {.segment = (uint32_t)snapshot_index(snap, seg)};
    if (snap->recalled_count == 0 || snapshot_index(snap, seg) >= snap->segment_count)
        return NULL;
    return bsearch(&key, snap->recalled, snap->recalled_count, sizeof key, by_segment);
}

// ---- groups

static uint32_t hash_bytes(uint64_t hash, const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)hash_mix(hash);
}

static int keep_stem(stem_list *stems, const struct segment *seg, uint32_t segment,
                     const struct origin_match *m) {
    const char *name = seg->name.bytes_;
    struct stem stem = {.segment = segment, .from = m->stem_from, .len = m->stem_len};
    stem.dir_len = stem.from;
    while (stem.dir_len > 0 && name[stem.dir_len - 1] != '/')
        stem.dir_len--;
    stem.hash = hash_bytes(hash_mix(seg->id.dev), name, stem.dir_len) ^
                hash_bytes(1, name + stem.from, stem.len);
    return vec_push(stems, stem);
}

static bool same_group(const struct snapshot *snap, const struct stem *a, const struct stem *b) {
    const struct segment *x = &snap->segments[a->segment], *y = &snap->segments[b->segment];
    return x->id.dev == y->id.dev && a->len == b->len && a->dir_len == b->dir_len &&
           memcmp(x->name.bytes_ + a->from, y->name.bytes_ + b->from, a->len) == 0 &&
           memcmp(x->name.bytes_, y->name.bytes_, a->dir_len) == 0 &&
           strcmp(origin_of(snap, x)->software, origin_of(snap, y)->software) == 0;
}

// Gives every stem the position of its group. The number of groups, or -ENOMEM.
static ssize_t number_groups(const struct snapshot *snap, stem_list *stems) {
    struct hash_index idx = {0};
    ssize_t count = 0;
    for (size_t i = 0; i < stems->count; i++) {
        struct stem *stem = &stems->items[i];
        size_t at = stem->hash;
        uint32_t other;
        bool met = false;
        while (!met && hash_index_next(&idx, stem->hash, &at, &other))
            met = same_group(snap, stem, &stems->items[other]);
        stem->group = met ? stems->items[other].group : (uint32_t)count++;
        if (!met && hash_index_add(&idx, stem->hash, (uint32_t)i) < 0) {
            count = -ENOMEM;
            break;
        }
    }
    hash_index_done(&idx);
    return count;
}

static int make_groups(struct snapshot *snap, stem_list *stems, struct seg_group **out) {
    ssize_t count = number_groups(snap, stems);
    if (count <= 0)
        return (int)count;
    struct seg_group *groups = calloc((size_t)count + 1, sizeof *groups);
    uint32_t *members = calloc(stems->count, sizeof *members);
    uint32_t *group_of = calloc(snap->segment_count, sizeof *group_of);
    snap->groups = *out = groups;
    snap->group_count = (size_t)count;
    snap->members = members;
    snap->group_of = group_of;
    if (!groups || !members || !group_of)
        return -ENOMEM;
    for (size_t i = 0; i < stems->count; i++)
        groups[stems->items[i].group].count++;
    for (ssize_t g = 0; g < count; g++) {
        groups[g + 1].first = groups[g].first + groups[g].count;
        groups[g].count = 0;
    }
    for (size_t i = 0; i < stems->count; i++) {
        struct seg_group *group = &groups[stems->items[i].group];
        members[group->first + group->count++] = stems->items[i].segment;
        group_of[stems->items[i].segment] = stems->items[i].group + 1;
    }
    return 0;
}

// ---- origins

static int find_origins(struct snapshot *snap, struct segment *segments, stem_list *stems) {
    int err = 0;
    for (uint32_t i = 0; i < snap->segment_count && !err; i++) {
        struct origin_match m;
        origins_find(snap->origins, snap, &snap->segments[i], &m);
        segments[i].origin = (uint16_t)m.number;
        if (m.stem_len > 0)
            err = keep_stem(stems, &snap->segments[i], i, &m);
    }
    return err;
}

// What its content told may be more than what the facts of a segment did.
static void find_origins_again(const struct snapshot *snap, struct segment *segments) {
    for (size_t i = 0; i < snap->recalled_count; i++) {
        const struct recalled *r = &snap->recalled[i];
        if (r->marker_origin)
            segments[r->segment].origin = r->marker_origin;
    }
}

int snapshot_settle(struct snapshot *snap, struct segment *segments, const struct builder *b) {
    struct origins *builtin = NULL;
    struct seg_group *groups = NULL; // those of the snapshot
    stem_list stems = {0};
    uint64_t floor = VERDICT_AGE_FLOOR_NS;
    int err = 0;

    u64v_get(b->age_floor_ns, &floor);
    snap->age_floor_ns = floor;
    snap->origins = origins_ref(b->origins);
    if (!snap->origins) {
        err = origins_builtin(&builtin);
        snap->origins = builtin;
    }
    if (!err)
        err = find_origins(snap, segments, &stems);
    if (!err)
        err = tell_late(snap, b);
    if (!err) {
        find_origins_again(snap, segments);
        err = make_groups(snap, &stems, &groups);
    }
    if (!err)
        err = verdict_judge_all(snap, segments, groups);
    vec_done(&stems);
    return err;
}
