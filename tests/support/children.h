// children.h - child processes that do one thing at a time, for tests of probes on the real kernel.
#ifndef TESTS_SUPPORT_CHILDREN_H
#define TESTS_SUPPORT_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/snapshot.h"
#include "probes/probe.h"

// What a child runs: once with step 0 when it starts, again with 1, 2, ... for each child_step.
// Returns 0; anything else fails the test.
typedef int child_fn(void *arg, int step);

struct child {
    pid_t pid;
    int down, up; // pipes
};

// Starts a child and waits until step 0 is done. It ends with the test program. Asserts.
void child_start(struct child *c, child_fn *fn, void *arg);
void child_step(struct child *c); // waits until the next step is done
void child_end(struct child *c);  // ends and reaps it; twice is legal

// A prober over the real machine, for the tests of one file.
struct eyes {
    struct root *root;
    struct prober *prober;
};
// Setup and teardown of cmocka groups; *state becomes a struct eyes. The setup fails, with the
// reason printed, outside of private namespaces.
int eyes_open(void **state);
int eyes_close(void **state);
// A picture, counted, one reference for the caller. Asserts.
const struct snapshot *eyes_look(struct eyes *e, struct scan_request want);
// One with a prober of its own that has everything asked.
const struct snapshot *eyes_look_at_all(struct eyes *e);

// What this process has of that segment, NULL: nothing.
const struct holding *holding_of(const struct snapshot *snap, const struct segment *seg, pid_t pid);
const struct segment *segment_sysv(const struct snapshot *snap, int shmid); // own namespace
// The object with this inode (and device, unless 0); NULL: none.
const struct segment *segment_inode(const struct snapshot *snap, uint64_t dev, uint64_t ino);
uint64_t segment_number(const struct segment *seg,
                        enum seg_field field); // asserts that it is known

#endif
