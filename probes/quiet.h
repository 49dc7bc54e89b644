// quiet.h - who has not run since we looked at him has changed nothing.
//
// A process maps, opens, closes, execs and exits only by running. For one with a single thread
// /proc/PID/schedstat tells for how long and how often it ran, to the nanosecond, for a fiftieth of
// what walking its mappings costs. Not told apart this way are tasks that share memory or
// descriptors without being threads of one process (a child of vfork before it execs); looks at
// everything meet those.
#ifndef PROBES_QUIET_H
#define PROBES_QUIET_H

#include <stdbool.h>
#include <stdint.h>

struct proc;
struct proc_table;
struct root;

// What the kernel has counted of a task.
struct run_mark {
    uint64_t ran_ns, times; // on a processor; times 0: not told
};

// What the kernel tells of processes as a whole: threads alive on the machine, and the pid that was
// given out last in our pid namespace.
struct fork_mark {
    uint64_t threads, last_pid; // last_pid 0: not told
};

// Takes the mark of now into *mark. True when it is the one that was there before: then no process
// has come, and hardly any can have gone.
bool quiet_forks(const struct root *root, struct fork_mark *mark);

// Takes the mark of a process as it is now into p->now, and tells whether it is the one that it had
// when all it holds was read last (p->mark). Call it before anything is read of the process.
bool quiet_look(const struct root *root, struct proc_table *table, struct proc *p);

#endif
