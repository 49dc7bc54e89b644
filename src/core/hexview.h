// hexview.h - bytes to rows of a hex view, with marks for what changed.
#ifndef CORE_HEXVIEW_H
#define CORE_HEXVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum byte_class { BYTE_ZERO, BYTE_PRINT, BYTE_SPACE, BYTE_CTRL, BYTE_HIGH };
enum byte_class byte_class(uint8_t byte);

// How long ago a byte changed: drawn bright, mid, dim, plain.
enum byte_age { AGE_OLD, AGE_DIM, AGE_MID, AGE_FRESH };

// What is known of a byte besides its value. Only of MARK_DATA the value was read.
enum byte_mark {
    MARK_DATA,
    MARK_HOLE,    // never written
    MARK_SWAPPED, // swapped out: reading it would bring it back into memory
    MARK_UNKNOWN, // reading it might allocate it
    MARK_ABSENT   // there is no such byte: past the end of what is compared
};

// Bytes that stand one after another.
struct hexpart {
    uint64_t offset;   // in the segment, of its first byte
    size_t index, len; // in the window
};

// A window of a segment as last read, and when each byte last changed. It is made of parts in
// ascending order; what lies between two of them was left out because it repeats the row before.
struct hexwin {
    struct hexpart *parts;
    size_t part_count;
    uint64_t offset, end; // what was looked at, left out or not
    size_t len;           // bytes held
    uint8_t *bytes;
    uint8_t *marks;       // enum byte_mark
    uint64_t *changed_ns; // monotonic time of each byte's last change seen, 0 never
    uint64_t read_ns;
    uint64_t changes; // bytes seen changing since it was opened
};

// 0 or -ENOMEM.
int hexwin_init(struct hexwin *w);
void hexwin_done(struct hexwin *w);
// Takes in a fresh read of [offset, offset+len). Where it overlaps the window before, differing
// bytes are marked changed at mono_ns. marks NULL: all data. 0 or -ENOMEM.
int hexwin_update(struct hexwin *w, uint64_t offset, const uint8_t *bytes, const uint8_t *marks,
                  size_t len, uint64_t mono_ns);
// The same with what lies between the parts left out; `end`: where looking ended.
int hexwin_update_parts(struct hexwin *w, const struct hexpart *parts, size_t part_count,
                        uint64_t end, const uint8_t *bytes, const uint8_t *marks, size_t len,
                        uint64_t mono_ns);
// The index of the byte at an offset of the segment, and how many stand from there on without a
// gap. False, *run 0: the window does not hold it.
bool hexwin_find(const struct hexwin *w, uint64_t offset, size_t *index, size_t *run);
// Bytes left out from this offset on; 0: the window holds the byte, or knows nothing of it.
uint64_t hexwin_gap(const struct hexwin *w, uint64_t offset);
enum byte_age hexwin_age(const struct hexwin *w, size_t index, uint64_t mono_ns);

// Bytes per row that fit `cols` cells of "offset  hex  |ascii|": 4, 8, 16, 32.
unsigned hex_fit_width(unsigned cols);

// One line in the layout of hexdump -C (16 bytes a row), without newline. Returns the length.
// len 0 writes the closing offset line.
size_t hex_dump_line(uint64_t offset, const uint8_t *bytes, size_t len, char buf[96]);

#endif
