// objects.h - segments that no listing has: memfd, anonymous, unlinked, on other tmpfs or
// hugetlbfs.
#ifndef PROBES_OBJECTS_H
#define PROBES_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/model.h"

struct scan;

// What is remembered of such objects between scans.
struct objects;

// An object as it was met in a process.
struct object_seen {
    enum seg_kind kind; // not SEG_SYSV
    bool huge;          // on an internal hugetlbfs
    bool aside;         // MAP_PRIVATE: of a linked tmpfs or hugetlbfs file this makes no segment
    uint64_t dev, ino;
    const char *name; // of the maps line or the descriptor's link; borrowed for the call
    size_t name_len;
    pid_t pid;
    uint64_t start, end; // the mapping's addresses, or both 0
    int fd;              // the descriptor's number, or -1
};

// Owned by the caller. 0 or -ENOMEM.
int objects_new(struct objects **out);
void objects_free(struct objects *o); // NULL is legal

// Sees to it that the builder has this object's segment. *listed: it has; else the object is not
// for this picture (a file of a foreign mount namespace that was not asked for, a mere program on a
// tmpfs). Facts come through the process that shows it; where that is refused they are missing with
// the reason. 0 or -ENOMEM.
int objects_ensure(struct scan *scan, const struct object_seen *seen, bool *listed);

#endif
