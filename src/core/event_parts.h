// event_parts.h - what the files that make events share.
#ifndef CORE_EVENT_PARTS_H
#define CORE_EVENT_PARTS_H

#include "core/event.h"

struct event_making {
    struct event_maker *maker;
    const struct snapshot *before, *after;
    struct events out;
    size_t capacity;
};

// Adds an event about a segment of `snap` (NULL: about none). NULL on lack of memory; borrowed
// until the next one.
struct event *event_add(struct event_making *m, enum event_kind kind, uint64_t wall_ns,
                        const struct snapshot *snap, const struct segment *seg);
// Who did it, by what the table of processes knows of a pid.
void event_by(struct event *e, const struct snapshot *snap, pid_t pid);

// What the notes say of names, after the events of the difference are in: completes these, and adds
// objects that lived between two looks. 0 or -ENOMEM.
int event_names(struct event_making *m);

#endif
