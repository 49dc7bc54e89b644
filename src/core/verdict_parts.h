// verdict_parts.h - what judging and explaining a verdict share.
#ifndef CORE_VERDICT_PARTS_H
#define CORE_VERDICT_PARTS_H

#include "core/origin_parts.h"
#include "core/verdict.h"

enum { OWNERS_MAX = ORIGIN_PIDS + 3 };

// A process that a segment may belong to.
struct owner {
    enum evidence_source source; // CREATOR, LAST, NAME, CONTENT
    uint32_t pid;
    enum pid_state state;
    bool guest;                    // only borrows the segment
    const struct process *process; // that has the pid now; NULL: none, or not asked
};

// The owners of a segment; at most OWNERS_MAX. Returns how many.
size_t verdict_owners(const struct snapshot *snap, const struct segment *seg,
                      struct owner out[OWNERS_MAX]);
// True when the owners, or a lock that nobody holds, prove that nobody is left.
bool verdict_owner_is_dead(const struct snapshot *snap, const struct segment *seg,
                           const struct shared_facts *shared, const struct owner *owners,
                           size_t count);
// What counts for its group, or for it alone.
void verdict_shared(const struct snapshot *snap, const struct segment *seg,
                    struct shared_facts *out);
// A running program of an origin that is kept while one runs, or NULL: one that can reach the
// segment; without a segment any.
const struct process *verdict_keeper(const struct snapshot *snap, const struct origin *row,
                                     const struct segment *seg);

#endif
