// procfacts.h - what one process holds of shared memory, and what would become of it without it.
#ifndef CORE_PROCFACTS_H
#define CORE_PROCFACTS_H

#include "core/snapshot.h"

// Sums over the segments a process holds, each counted once. Bytes.
struct proc_facts {
    uint32_t segments; // that it maps, has open or locks
    uint64_t shared;   // their sizes
    uint64_t resident; // what they have in memory, whoever put it there
    // Only this process keeps it in use. `left` would stay behind with nobody attached, `freed`
    // has no name (or is marked for destruction) and would go with the process. Both are what is
    // in memory and swapped out.
    uint64_t left, freed;
    uint8_t access;    // widest ACCESS_* by which it reaches a segment itself
    bool shared_least; // some size is not known: there is more
    bool resident_least;
    bool only_least; // of left and freed together
    bool only_most;  // others may hold some of it too: they cannot be seen
};

// A process keeps a segment in use when it maps it shared or has it open. One that only maps it
// MAP_PRIVATE or only holds a lock does not; but memory without a name lives on while anybody maps
// or opens it. System V is settled by nattch, objects by the holders that are seen.
void proc_facts_make(const struct snapshot *snap, const struct process *proc,
                     struct proc_facts *out);

// What would become of one segment when one of its holders ended.
enum proc_end { PROC_END_NOTHING, PROC_END_LEFT, PROC_END_FREED };
// *maybe gets true when others may hold it too that cannot be seen.
enum proc_end proc_end_of(const struct snapshot *snap, const struct holding *holding, bool *maybe);

// Access by which a holder reaches the segment: ACCESS_*; what it maps privately it only reads.
uint8_t holding_access(const struct holding *holding);
// "rw", "r-", "-w", "--" of ACCESS_*; static storage.
const char *access_word(uint8_t access);

#endif
