// hexfold.h - rows of a hex view with what repeats left out.
#ifndef CORE_HEXFOLD_H
#define CORE_HEXFOLD_H

#include "core/hexview.h"

// Grows the parts of a window row by row, in ascending order, until a number of lines is full. Two
// or more rows like the row before them are left out and take one line together.
struct hexfold {
    unsigned width;       // bytes in a row
    size_t lines, room;   // taken, and how many there are
    const uint64_t *keep; // rows never left out, ascending; borrowed
    size_t keep_count;
    struct hexpart *parts;
    size_t part_count, part_room;
    uint8_t *bytes, *marks;
    size_t len, len_room;
    uint64_t next;   // offset of the row that comes next
    uint64_t hidden; // rows before `next` that repeat the last one kept and are not decided yet
    bool failed;     // out of memory
};

// Starts at `offset`. `room` lines, `width` bytes a row, both at least 1.
void hexfold_init(struct hexfold *f, uint64_t offset, unsigned width, size_t room,
                  const uint64_t *keep, size_t keep_count);
// Frees what the fold holds; its parts, bytes and marks may be taken before.
void hexfold_done(struct hexfold *f);
bool hexfold_full(const struct hexfold *f);
// The row at f->next; len < width only at the end of the segment. marks NULL: all data.
void hexfold_row(struct hexfold *f, const uint8_t *bytes, const uint8_t *marks, size_t len);
// `len` bytes from f->next on that all have the same mark and no known value. Looks at each line,
// not at each row.
void hexfold_blank(struct hexfold *f, uint64_t len, enum byte_mark mark);
// No more rows come: decides what is still hidden.
void hexfold_end(struct hexfold *f);

#endif
