// scene.h - a made-up machine for tests of the screens: fixed clock, host, processes, segments.
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include "core/event.h"
#include "core/hexview.h"
#include "ui/views.h"

enum { SCENE_HISTORY = 24 };

struct scene {
    const struct snapshot *snap, *before; // before: still had a row that is gone
    struct rows rows;                     // made by hand; only for drawing
    struct view_frame frame;
    struct hexwin win;
    uint64_t shmem[SCENE_HISTORY], devshm[SCENE_HISTORY];
};

// A database host with every kind of row: attached, unattached, marked dest, unlinked, a semaphore,
// a wide name, one new and one gone; 14 processes that could not be read. Fails the test on lack of
// memory.
void scene_make(struct scene *s);
// Nothing but hostile names: 255 control bytes, wide and combining characters, bad UTF-8.
void scene_make_hostile(struct scene *s);
// No segment at all; everything readable.
void scene_make_empty(struct scene *s);
// What happened on the machine of scene_make in the last half hour; owned by the caller.
struct events scene_events(const struct scene *s);
void scene_free(struct scene *s);

// A view of the scene with the row `selected`, its first bytes in the preview.
struct view_segments scene_view(struct scene *s, size_t selected);

#endif
