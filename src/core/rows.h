// rows.h - the rows of the segment table: sorted, filtered, tagged, with a selection that follows.
//
// Everything is bound to seg_id. A segment that vanishes stays as a "(gone)" row for 3 s, then the
// selection goes to its nearest neighbour. With follow off the selection stays at its place
// instead.
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include "core/columns.h"
#include "core/filter.h"
#include "core/snapshot.h"

enum row_mark { ROW_PLAIN, ROW_NEW, ROW_GONE };

struct row {
    struct seg_id id;
    const struct segment *seg;   // in `snap`: of the current snapshot, or the last one that had it
    const struct snapshot *snap; // counted by rows for GONE rows, else borrowed
    enum row_mark mark;
    bool tagged;
    uint64_t since_ns; // monotonic time of appearing or vanishing; 0: there from the start
};

struct rows {
    struct row
        *items; // filled in for the rows on the screen (top .. top+height-1), zero elsewhere:
                // of 150,000 only what is looked at costs memory and time; see rows_at
    size_t count;
    size_t selected; // index; count 0: 0
    size_t top;      // first row on the screen
    size_t height;   // rows the screen shows
    size_t hidden;   // segments the filter hides
    size_t tagged;   // how many are tagged, filtered ones included
    uint64_t tagged_bytes;
    enum column sort;
    bool invert;
    bool follow;              // selection keeps its segment and its screen line
    struct rows_state *state; // tags, filter, gone rows; private
};

// Owned by the caller. 0 or -ENOMEM. Starts sorted by size, follow on.
int rows_init(struct rows *r);
void rows_done(struct rows *r); // a zeroed one is legal
// Takes in a new snapshot (counted by rows until the next update), or the same one again to let
// marks end. 0 or -ENOMEM: then nothing has changed, as with all that can fail here.
int rows_update(struct rows *r, const struct snapshot *snap, uint64_t mono_ns);
// Rebuilds from the current snapshot after a change of sort, filter or height.
int rows_sort(struct rows *r, enum column col, bool invert);
// The filter is borrowed until replaced (on -ENOMEM the one before stays); NULL none.
int rows_filter(struct rows *r, const struct filter *f);
void rows_height(struct rows *r, size_t height);
// Moves the selection by `delta` rows, clamped; keeps it on screen.
void rows_move(struct rows *r, long delta);
void rows_select(struct rows *r, size_t index);
// False when there is no row of this identity; a GONE one counts.
bool rows_select_id(struct rows *r, const struct seg_id *id);
// The selected row or NULL; one that vanished comes with mark ROW_GONE. Borrowed until the next
// call that changes the rows.
const struct row *rows_selected(const struct rows *r);
// Any row, on the screen or not; all zero when there is none. Borrows as rows_selected does.
struct row rows_at(const struct rows *r, size_t index);
// 0, or -EINVAL (no such row), -ENOENT (it is GONE, there is nothing to tag).
int rows_tag(struct rows *r, size_t index, bool tagged);
void rows_untag_all(struct rows *r);
// Walks the tagged segments, those that the filter hides included, in the order of seg_id_compare.
// *at starts at 0. NULL at the end. Borrowed from the current snapshot.
const struct segment *rows_next_tagged(const struct rows *r, size_t *at);
// Index of the next row (from `from`, excluded, in direction dir, wrapping) whose label contains
// text, caseless. False: none. *nth and *total give "1 of 3".
bool rows_search(const struct rows *r, const char *text, size_t from, int dir, size_t *index,
                 size_t *nth, size_t *total);
// Time (monotonic ns) at which a NEW or GONE mark ends, 0: none pending.
uint64_t rows_deadline(const struct rows *r);

#endif
