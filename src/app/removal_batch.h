// removal_batch.h - removing many segments: written down first, and groups of files whole.
#ifndef APP_REMOVAL_BATCH_H
#define APP_REMOVAL_BATCH_H

#include "app/removal.h"
#include "core/verdict.h"

// What is to be removed, group by group; a segment that stands alone is a group of one.
struct removal_batch {
    struct removals *all;
    const struct snapshot *snap; // of the look that chose them
    const size_t *ends;          // where each group ends: the second is ends[0]..ends[1]-1
    size_t group_count;
    // Fills in the request for segment i, its SEG in full as `seg`, and why it goes (because NULL:
    // that is not asked). Returns it as it is in the snapshot, or NULL.
    const struct segment *(*ask)(void *arg, size_t i, struct op_request *req,
                                 char *because); // EVIDENCE_FACT bytes
    // What came of segment i, told once, in order. OUTCOME_MISSING: somebody else was quicker.
    void (*tell)(void *arg, size_t i, struct op_result *result);
    void *arg;
};
// Removes them. Of a group all go, or none: what was put aside before one of them could not be
// comes back. Only where they are to be freed at once and nothing can be put aside (no inode is
// left) each goes by itself. The journal has every intention on disk before the first of so many is
// carried out.
void removal_batch_run(const struct removal_batch *b);

// True when the program keeps its files in a folder of its own, which goes with the last of them.
bool removal_has_own_folder(const struct snapshot *snap, const struct segment *seg);

#endif
