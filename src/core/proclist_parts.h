// proclist_parts.h - what the files of the process list share.
#ifndef CORE_PROCLIST_PARTS_H
#define CORE_PROCLIST_PARTS_H

#include "core/proclist.h"

#define PROCLIST_MARK_NS UINT64_C(3000000000)

struct proclist_state {
    const struct snapshot *snap; // counted
    struct proc_item *all;       // in the order of pids, what is gone included
    size_t all_count;
    const struct pick *filter; // borrowed
    struct proc_id *folds;     // turned the other way than the tree says
    size_t fold_count;
    uint64_t mono_ns, deadline_ns;
};

bool proc_id_same(const struct proc_id *a, const struct proc_id *b);
// The holders of a snapshot, and of those before it what vanished within 3 s. Items and lines still
// show the picture before and must not be read until both are made anew. 0 or -ENOMEM.
int proclist_gather(struct proclist *l, const struct snapshot *snap, uint64_t mono_ns);
// Filters and sorts them into l->items. 0 or -ENOMEM.
int proclist_arrange(struct proclist *l);

#endif
