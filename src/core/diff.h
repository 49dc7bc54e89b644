// diff.h - what changed between two snapshots of one prober.
#ifndef CORE_DIFF_H
#define CORE_DIFF_H

#include "core/snapshot.h"

enum diff_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED, DIFF_HELD, DIFF_RELEASED };

struct diff_entry {
    enum diff_kind kind;
    const struct segment *before, *after; // NULL where there is none; borrowed from the snapshots
    uint32_t fields;                      // CHANGED: 1 << enum seg_field of every changed number
    struct proc_id process;               // HELD, RELEASED
};

struct diff {
    const struct snapshot *before, *after; // borrowed; must outlive the diff
    struct diff_entry *entries;
    size_t count;
};

// Compares by identity: another incarnation under the same place is REMOVED plus ADDED.
// before may be NULL (everything ADDED). 0 or -ENOMEM; *out is filled in on success.
int diff_make(const struct snapshot *before, const struct snapshot *after, struct diff *out);
void diff_done(struct diff *d);

#endif
