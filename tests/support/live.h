// live.h - makes holders and pictures of segments for tests on the real kernel.
//
// All of it is for private namespaces: a test ends at once (skipped) outside of them.
#ifndef TESTS_SUPPORT_LIVE_H
#define TESTS_SUPPORT_LIVE_H

#include "core/snapshot.h"
#include "probes/root.h"

// A child process that holds something until it is told to end.
struct live_holder {
    pid_t pid;
    int to_child;        // closing it ends the child
    uint64_t start, end; // what it mapped
    bool mapped;
    uint8_t access; // ACCESS_*
};

// What the child does: maps fd or attaches shmid, stores `touch` bytes, keeps fd open or not.
struct live_hold {
    int shmid; // -1: fd
    int fd;
    size_t len;
    size_t touch;
    bool map, keep_fd, read_only;
};

// False, with the reason printed, when the namespaces are not our own.
bool live_private(void);
// True when links in /proc/PID/map_files can be opened (an ordinary user cannot).
bool live_can_open_map_files(void);
// True when this process may become another user (root outside of user namespaces).
bool live_can_change_user(void);
// Starts a holder; the child ends with the test program. Asserts.
void live_hold(const struct live_hold *what, struct live_holder *out);
void live_release(struct live_holder *h); // ends and reaps it; twice is legal
// Identity as the probes compute it. Asserts.
struct seg_id live_sysv_id(const struct root *root, int shmid);
struct seg_id live_fd_id(enum seg_kind kind, int fd);
struct proc_id live_proc_id(const struct root *root, pid_t pid);
// One segment (name NULL: none) with its holders as a frozen picture. Asserts.
const struct snapshot *live_picture(const struct root *root, const struct seg_id *id,
                                    const char *name, uint64_t size,
                                    const struct live_holder *holders, size_t count);
// Runs fn in a child as another user; its result (0..99) comes back. Asserts.
int live_as_user(unsigned uid, int (*fn)(void *arg), void *arg);

#endif
