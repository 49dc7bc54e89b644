// layout.h - which part of a screen goes where: pure functions of its size.
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include <stdbool.h>

#include "ui/canvas.h"

// Below this a screen shows one line that says so.
enum { LAYOUT_MIN_ROWS = 6, LAYOUT_MIN_COLS = 30 };
bool layout_too_small(int rows, int cols);

// The segment screen. Parts that do not fit have rows == 0. The header gives way first, then the
// detail, then the tabs; the table comes last.
struct segments_layout {
    bool too_small;
    bool compact; // title holds one line with everything
    bool beside;  // detail stands right of the table
    struct rect title, meters, alarm, tabs, head, table, detail, message, footer;
};
void segments_layout(int rows, int cols, struct segments_layout *out);

// The leaks screen. Parts that do not fit have rows == 0.
struct leaks_layout {
    bool too_small;
    bool compact;  // the title holds the sums too
    int row_lines; // lines of one row of the table: on the second stands why
    struct rect title, tabs, sums, head, table, why, message, footer;
};
void leaks_layout(int rows, int cols, struct leaks_layout *out);

// The hex screen.
struct hex_layout {
    bool too_small;
    bool beside; // inspector stands right of the bytes
    struct rect title, route, map, changes, head, body, inspector, status, footer;
};
void hex_layout(int rows, int cols, bool inspect, struct hex_layout *out);
// The fields of a lens.
struct lens_layout {
    bool too_small;
    struct rect title, head, body, status, footer;
};
void lens_layout(int rows, int cols, struct lens_layout *out);
// Cells of one row with `width` bytes, its offset written with `digits` hex digits.
int hex_row_cells(unsigned width, int digits);

#endif
