// rows_parts.h - what the files of the row table share.
#ifndef CORE_ROWS_PARTS_H
#define CORE_ROWS_PARTS_H

#include "core/rows.h"

// Of a segment that vanished while it was shown.
struct gone {
    const struct segment *seg;
    const struct snapshot *snap; // counted, the last one that had it
    uint64_t since_ns;
};

// All that follows from one snapshot. Items are numbered: the segments of the snapshot, then
// `gone`.
struct picture {
    const struct snapshot *snap; // counted
    uint64_t *since_ns;          // of each segment: when it appeared, 0 from the start
    uint8_t *tagged;             // of each segment
    struct gone *gone;           // in the order of seg_id_compare
    size_t gone_count;
    uint32_t *order; // every item, sorted by the column
    uint32_t *place; // of every item: its index among the rows + 1, 0 hidden
    size_t item_count;
    struct row *rows;
    size_t row_count;
    size_t hidden;
};

struct rows_state {
    struct picture now;
    const struct filter *filter; // borrowed
    uint64_t mono_ns;
};

#define ROWS_MARK_NS UINT64_C(3000000000) // how long NEW and GONE last

// Makes the picture that follows on `old` (snap NULL: none yet) with another snapshot, or the same.
// Owned by the caller. 0 or -ENOMEM.
int picture_make(const struct picture *old, const struct snapshot *snap, uint64_t mono_ns,
                 const struct filter *filter, enum column sort, bool invert, struct picture *out);
void picture_done(struct picture *p);
// Index + 1 of the row of an identity, 0 when it is not shown.
size_t picture_row_of(const struct picture *p, const struct seg_id *id);

#endif
