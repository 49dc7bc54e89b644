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
    size_t item_count;
    uint32_t *place; // of every item: its index among the rows + 1, 0 hidden
    uint32_t *shown; // item of every row
    size_t row_count;
    size_t hidden;
};

struct rows_state {
    struct picture now;
    const struct filter *filter; // borrowed
    struct seg_id lost;          // selected before there was no row
    uint64_t mono_ns;
    uint64_t deadline_ns;
    size_t capacity; // of rows.items
    size_t from, to; // the rows that are filled in; all others are zero
};

#define ROWS_MARK_NS UINT64_C(3000000000) // how long NEW and GONE last

struct wanted {
    const struct snapshot *snap;
    uint64_t mono_ns;
    const struct filter *filter;
    enum column sort;
    bool invert;
    bool sorted; // when the items are those of before, they are in this order already
};

// Makes the picture that follows on `old` (snap NULL: none yet). Owned by the caller. 0 or -ENOMEM.
int picture_make(const struct picture *old, const struct wanted *wanted, struct picture *out);
void picture_done(struct picture *p);
const struct segment *picture_segment(const struct picture *p, uint32_t item,
                                      const struct snapshot **snap);
// Index + 1 of the row of an identity, 0 when it is not shown.
size_t picture_row_of(const struct picture *p, const struct seg_id *id);
// What the row at an index shows.
struct row picture_row(const struct picture *p, size_t index, uint64_t mono_ns);
// When the next NEW or GONE mark of a row ends, 0 never.
uint64_t picture_deadline(const struct picture *p, uint64_t mono_ns);

#endif
