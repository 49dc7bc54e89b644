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

// A window of a segment as last read, and when each byte last changed.
struct hexwin {
    uint64_t offset; // of bytes[0]
    size_t len;
    uint8_t *bytes;
    uint8_t *holes;       // 1: never written
    uint64_t *changed_ns; // monotonic time of each byte's last change seen, 0 never
    uint64_t read_ns;
    uint64_t changes; // bytes seen changing since it was opened
};

// 0 or -ENOMEM.
int hexwin_init(struct hexwin *w);
void hexwin_done(struct hexwin *w);
// Takes in a fresh read of [offset, offset+len). Where it overlaps the window before, differing
// bytes are marked changed at mono_ns. holes NULL: none known. 0 or -ENOMEM.
int hexwin_update(struct hexwin *w, uint64_t offset, const uint8_t *bytes, const uint8_t *holes,
                  size_t len, uint64_t mono_ns);
enum byte_age hexwin_age(const struct hexwin *w, size_t index, uint64_t mono_ns);

// Bytes per row that fit `cols` cells of "offset  hex  |ascii|": 4, 8, 16, 32.
unsigned hex_fit_width(unsigned cols);

// One line in the layout of hexdump -C (16 bytes a row), without newline. Returns the length.
// len 0 writes the closing offset line.
size_t hex_dump_line(uint64_t offset, const uint8_t *bytes, size_t len, char buf[96]);

#endif
