// colkey.h - the place of a segment in the order of a column, worked out once before a sort.
#ifndef CORE_COLKEY_H
#define CORE_COLKEY_H

#include "core/columns.h"

struct colkey {
    const struct segment *seg; // borrowed, decides ties
    const char *text;          // borrowed from the snapshot; NULL none
    uint64_t num;              // the number, or the first 8 bytes of text
    uint32_t len : 28;         // of text
    uint32_t group : 4;        // COLKEY_MISSING comes last in either direction
    uint32_t item;             // of the caller
};
enum { COLKEY_MISSING = 15 };

// The key of a segment of `snap`; keys of several snapshots may be compared. item is 0.
struct colkey colkey_make(const struct snapshot *snap, const struct segment *seg, enum column col);
// Natural order of the column, or inverted; 0 only for the very same segment.
int colkey_compare(const struct colkey *a, const struct colkey *b, enum column col, bool invert);
// Sorts in that order; cheap where much is in order already. 0 or -ENOMEM (and nothing moved).
int colkey_sort(struct colkey *keys, size_t count, enum column col, bool invert);

#endif
