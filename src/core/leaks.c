// leaks.c - what could be won back: the unused segments, ranked and added up.
#include "core/leaks.h"

#include <errno.h>
#include <string.h>

#include "core/hash_index.h"
#include "core/origin.h"
#include "core/vec.h"

typedef VEC(struct leak_total) total_list;

unsigned leaks_rank(enum verdict_state state) {
    static const uint8_t rank[VERDICT_COUNT] = {
        [VERDICT_ORPHAN] = 0,    [VERDICT_SUSPECT] = 1, [VERDICT_YOUNG] = 2,  [VERDICT_IDLE] = 3,
        [VERDICT_PROTECTED] = 4, [VERDICT_UNKNOWN] = 5, [VERDICT_IN_USE] = 6,
    };
    return (unsigned)state < VERDICT_COUNT ? rank[state] : 7;
}

uint64_t leaks_bytes(const struct segment *seg) {
    uint64_t resident = 0, swapped = 0;
    seg_get(seg, SEG_RESIDENT, &resident);
    seg_get(seg, SEG_SWAPPED, &swapped);
    return resident + swapped;
}

// ---- totals

static struct leak_total total_of(const struct snapshot *snap, const struct segment *seg) {
    const struct origin *row = origin_of(snap, seg);
    uint64_t uid = 0;
    enum why why = seg_get(seg, SEG_UID, &uid);
    return (struct leak_total){.state = verdict_of(seg),
                               .origin = row ? row->software : NULL,
                               .uid = why == WHY_KNOWN ? u64v_of(uid) : u64v_missing(why),
                               .count = 1,
                               .bytes = leaks_bytes(seg)};
}

static int compare_origins(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "");
}

// Owners that are not known come last.
static int compare_owners(u64v a, u64v b) {
    uint64_t x = UINT64_MAX, y = UINT64_MAX;
    u64v_get(a, &x);
    u64v_get(b, &y);
    return (x > y) - (x < y);
}

static int compare_totals(const void *left, const void *right) {
    const struct leak_total *a = left, *b = right;
    if (a->state != b->state)
        return a->state < b->state ? -1 : 1;
    int order = compare_origins(a->origin, b->origin);
    return order ? order : compare_owners(a->uid, b->uid);
}

static uint32_t hash_total(const struct leak_total *t) {
    uint64_t uid = UINT64_MAX, hash = t->state;
    u64v_get(t->uid, &uid);
    for (const char *p = t->origin ? t->origin : ""; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return (uint32_t)hash_mix(hash ^ hash_mix(uid));
}

// Of many thousand segments few differ in what counts here.
static int add_one(total_list *totals, struct hash_index *idx, const struct leak_total *one) {
    uint32_t hash = hash_total(one), position;
    size_t at = hash;
    while (totals->items && hash_index_next(idx, hash, &at, &position)) {
        struct leak_total *t = &totals->items[position];
        if (compare_totals(t, one) == 0) {
            t->count += one->count;
            t->bytes += one->bytes;
            return 0;
        }
    }
    int err = vec_push(totals, *one);
    return err ? err : hash_index_add(idx, hash, (uint32_t)totals->count - 1);
}

int leaks_add_up(const struct snapshot *snap, const struct filter *filter, struct leak_total **out,
                 size_t *count, size_t *hidden) {
    total_list totals = {0};
    struct hash_index idx = {0};
    size_t left_out = 0;
    int err = 0;
    for (size_t i = 0; i < snap->segment_count && !err; i++) {
        const struct segment *seg = &snap->segments[i];
        if (!verdict_is_unused(verdict_of(seg)))
            continue;
        if (!filter_matches(filter, snap, seg)) {
            left_out++;
            continue;
        }
        const struct leak_total one = total_of(snap, seg);
        err = add_one(&totals, &idx, &one);
    }
    hash_index_done(&idx);
    if (err) {
        vec_done(&totals);
        return err;
    }
    if (totals.count > 1)
        qsort(totals.items, totals.count, sizeof *totals.items, compare_totals);
    *out = totals.items;
    *count = totals.count;
    if (hidden)
        *hidden = left_out;
    return 0;
}

// ---- groups

static void add_sum(struct leak_sum *to, const struct leak_total *t) {
    to->count += t->count;
    to->bytes += t->bytes;
}

static int compare_sums(const struct leak_sum *a, const struct leak_sum *b) {
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return (a->count < b->count) - (a->count > b->count);
}

static int most_first(const void *left, const void *right) {
    const struct leak_group *a = left, *b = right;
    int order = compare_sums(&a->orphans, &b->orphans);
    order = order ? order : compare_sums(&a->suspects, &b->suspects);
    order = order ? order : compare_sums(&a->others, &b->others);
    order = order ? order : compare_origins(a->origin, b->origin);
    return order ? order : compare_owners(a->uid, b->uid);
}

static struct leak_group *group_of(struct leak_group *groups, size_t *count,
                                   const struct leak_total *t, enum leak_grouping by) {
    for (size_t i = 0; i < *count; i++)
        if (by == LEAKS_BY_ORIGIN ? compare_origins(groups[i].origin, t->origin) == 0
                                  : compare_owners(groups[i].uid, t->uid) == 0)
            return &groups[i];
    struct leak_group *g = &groups[(*count)++];
    *g = (struct leak_group){.origin = by == LEAKS_BY_ORIGIN ? t->origin : NULL,
                             .uid = by == LEAKS_BY_OWNER ? t->uid : u64v_missing(WHY_NONE)};
    return g;
}

int leaks_group(const struct leak_total *totals, size_t count, enum leak_grouping by,
                struct leak_group **out, size_t *groups) {
    struct leak_group *list = calloc(count + 1, sizeof *list);
    *groups = 0;
    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct leak_group *g = group_of(list, groups, &totals[i], by);
        add_sum(totals[i].state == VERDICT_ORPHAN    ? &g->orphans
                : totals[i].state == VERDICT_SUSPECT ? &g->suspects
                                                     : &g->others,
                &totals[i]);
    }
    if (*groups > 1)
        qsort(list, *groups, sizeof *list, most_first);
    *out = list;
    return 0;
}
