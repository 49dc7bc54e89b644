// layout.c - which part of a screen goes where: pure functions of its size.
#include "ui/layout.h"

#include <string.h>

enum {
    BESIDE_COLS = 160,   // from here on the detail stands right of the table
    INSPECT_COLS = 21,   // least width of the inspector beside the bytes
    INSPECT_BESIDE = 99, // least width of a screen that has it there
};

bool layout_too_small(int rows, int cols) {
    return rows < LAYOUT_MIN_ROWS || cols < LAYOUT_MIN_COLS;
}

// Takes `n` rows from the top of what is left.
static struct rect take(struct rect *left, int n) {
    struct rect r = {left->y, left->x, n, left->cols};
    left->y += n;
    left->rows -= n;
    return r;
}

static struct rect take_bottom(struct rect *left, int n) {
    left->rows -= n;
    return (struct rect){left->y + left->rows, left->x, n, left->cols};
}

// Title on top, footer and a line for messages or the status at the bottom. What is left for the
// rest.
static struct rect edges(int rows, int cols, struct rect *title, struct rect *line,
                         struct rect *footer) {
    struct rect left = {0, 0, rows, cols};
    *footer = take_bottom(&left, 1);
    *line = take_bottom(&left, 1);
    *title = take(&left, 1);
    return left;
}

// Rows of the detail pane under a table that shares `body` rows with it.
static int detail_rows(int body) {
    if (body < 12)
        return 0;
    if (body <= 17)
        return 4;
    if (body <= 22)
        return 4 + (body - 17) * 8 / 5;
    int n = 12 + (body - 22) / 3;
    return n < 24 ? n : 24;
}

void segments_layout(int rows, int cols, struct segments_layout *out) {
    memset(out, 0, sizeof(*out));
    out->too_small = layout_too_small(rows, cols);
    if (out->too_small)
        return;
    struct rect left = edges(rows, cols, &out->title, &out->message, &out->footer);
    out->compact = rows < 14 || cols < 60;
    if (!out->compact) {
        out->meters = take(&left, rows >= 18 ? 2 : 1);
        out->alarm = take(&left, rows >= 28 ? 1 : 0);
        out->tabs = take(&left, 1);
    }
    if (!out->compact && cols >= BESIDE_COLS) {
        out->beside = true;
        int width = cols * 2 / 5;
        width = width > 120 ? 120 : width;
        left.cols -= width;
        out->detail = (struct rect){left.y, left.cols, left.rows, width};
        left.cols -= 1;
    } else {
        int detail = rows >= 14 && cols >= 60 ? detail_rows(left.rows - 1) : 0;
        out->detail = take_bottom(&left, detail);
    }
    out->head = take(&left, 1);
    out->table = left;
}

void leaks_layout(int rows, int cols, struct leaks_layout *out) {
    memset(out, 0, sizeof(*out));
    out->too_small = layout_too_small(rows, cols);
    if (out->too_small)
        return;
    struct rect left = edges(rows, cols, &out->title, &out->message, &out->footer);
    out->compact = rows < 14 || cols < 60;
    if (!out->compact) {
        out->tabs = take(&left, 1);
        out->sums = take(&left, 1);
    }
    out->row_lines = !out->compact && cols < 100 ? 2 : 1;
    int why = (left.rows - 1) * 2 / 5;
    why = why > 14 ? 14 : why;
    out->why = take_bottom(&left, !out->compact && why >= 6 ? why : 0);
    out->head = take(&left, 1);
    out->table = left;
}

void lens_layout(int rows, int cols, struct lens_layout *out) {
    memset(out, 0, sizeof(*out));
    out->too_small = layout_too_small(rows, cols);
    if (out->too_small)
        return;
    struct rect left = edges(rows, cols, &out->title, &out->status, &out->footer);
    out->head = take(&left, rows >= 8 ? 1 : 0);
    out->body = left;
}

int hex_row_cells(unsigned width, int digits) {
    int w = (int)width;
    return 1 + digits + 2 + 3 * w + (w - 1) / 8 + 1 + w;
}

void hex_layout(int rows, int cols, bool inspect, struct hex_layout *out) {
    memset(out, 0, sizeof(*out));
    out->too_small = layout_too_small(rows, cols);
    if (out->too_small)
        return;
    struct rect left = edges(rows, cols, &out->title, &out->status, &out->footer);
    out->route = take(&left, rows >= 12 ? 1 : 0);
    out->changes = take(&left, rows >= 16 ? 1 : 0);
    out->map = take(&left, rows >= 20 ? 1 : 0);
    out->head = take(&left, rows >= 9 ? 1 : 0);
    out->beside = inspect && cols >= INSPECT_BESIDE;
    if (out->beside) {
        int bytes = hex_row_cells(32, 8) + INSPECT_COLS <= cols ? hex_row_cells(32, 8)
                                                                : hex_row_cells(16, 8);
        int y = out->head.rows ? out->head.y : left.y;
        out->inspector = (struct rect){y, bytes + 1, left.y + left.rows - y, cols - bytes - 1};
        left.cols = bytes;
    } else if (inspect && rows >= 12) {
        out->inspector = take_bottom(&left, 2);
    }
    out->body = left;
}
