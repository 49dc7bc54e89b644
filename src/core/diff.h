// diff.h - what changed between two snapshots of one prober.
#ifndef CORE_DIFF_H
#define CORE_DIFF_H

#include "core/snapshot.h"

enum diff_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED, DIFF_HELD, DIFF_RELEASED };

// Bits above the numbers in diff_entry.fields.
enum diff_more { DIFF_NAME = 1 << 29, DIFF_FLAGS = 1 << 30 };

struct diff_entry {
    enum diff_kind kind;
    const struct segment *before, *after; // NULL where there is none; borrowed from the snapshots
    uint32_t fields;                      // CHANGED: 1 << enum seg_field of every changed number,
                                          // and enum diff_more
    struct proc_id process;               // HELD, RELEASED
};

struct diff {
    const struct snapshot *before, *after; // borrowed; must outlive the diff
    struct diff_entry *entries;
    size_t count;
};

// Compares by identity: another incarnation under the same place is REMOVED plus ADDED.
// before may be NULL (everything ADDED). Entries are in the order of seg_id_compare. HELD and
// RELEASED tell of segments that are in both; the holders of one ADDED or REMOVED go with it. 0 or
// -ENOMEM; *out is filled in on success.
int diff_make(const struct snapshot *before, const struct snapshot *after, struct diff *out);
void diff_done(struct diff *d);

#endif
