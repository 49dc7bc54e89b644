// leaks.h - what could be won back: the unused segments, ranked and added up.
#ifndef CORE_LEAKS_H
#define CORE_LEAKS_H

#include "core/filter.h"
#include "core/verdict.h"

// The place of a verdict when the surest gain stands first: orphans, suspects, young, idle, kept,
// unknown, and last what is in use.
unsigned leaks_rank(enum verdict_state state);
// What a segment takes, in memory and in swap.
uint64_t leaks_bytes(const struct segment *seg);

// Unused segments that agree in verdict, origin and owner.
struct leak_total {
    enum verdict_state state;
    const char *origin; // static or of the catalogue of the snapshot; NULL: not recognised
    u64v uid;
    uint64_t count, bytes;
};
// Adds up what the filter (NULL: all) lets through, in the order of verdict, origin, uid; the array
// is owned by the caller (free). *hidden, unless NULL: unused ones that it does not. 0 or -ENOMEM.
int leaks_add_up(const struct snapshot *snap, const struct filter *filter, struct leak_total **out,
                 size_t *count, size_t *hidden);

enum leak_grouping { LEAKS_BY_ORIGIN, LEAKS_BY_OWNER };
struct leak_sum {
    uint64_t count, bytes;
};
struct leak_group {
    const char *origin; // of LEAKS_BY_ORIGIN, as above
    u64v uid;           // of LEAKS_BY_OWNER
    struct leak_sum orphans, suspects, others;
};
// Adds totals up once more, the group with the most to win first; owned by the caller (free).
// 0 or -ENOMEM.
int leaks_group(const struct leak_total *totals, size_t count, enum leak_grouping by,
                struct leak_group **out, size_t *groups);

#endif
