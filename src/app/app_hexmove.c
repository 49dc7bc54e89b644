// app_hexmove.c - the cursor of the hex view, and what part of the segment is on the screen.
#include <stdlib.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "ui/layout.h"

enum { WINDOW_MAX = 65536, KEPT_MAX = 256 };

uint64_t hex_size(const struct hex_state *h) {
    uint64_t size = h->bytes.size;
    if (size == 0 && h->segment)
        seg_get(h->segment, SEG_SIZE, &size);
    return size;
}

bool hex_inspects(const struct app *a) {
    return a->hex.inspect && !hex_compares(a);
}

static size_t rows_on_screen(const struct app *a) {
    size_t rows = hex_rows(a->screen_rows, a->screen_cols, hex_inspects(a));
    return rows ? rows : 1;
}

unsigned hex_bytes_per_row(const struct app *a) {
    unsigned fit = hex_compares(a) ? hex_width_beside(a->screen_cols)
                                   : hex_width_for(a->screen_cols, a->hex.inspect);
    unsigned width = a->hex.width && a->hex.width < fit ? a->hex.width : fit;
    return width ? width : 4;
}

bool hex_folds(const struct app *a) {
    return a->hex.fold && !hex_compares(a) && !a->hex.edit.on;
}

void hex_window(const struct app *a, uint64_t *offset, size_t *len) {
    size_t screen = rows_on_screen(a) * hex_bytes_per_row(a);
    uint64_t before = 0;
    // Whoever types goes on faster than reads come in, and what is typed over has to be known.
    if (a->hex.edit.on)
        before = a->hex.top < screen ? a->hex.top : screen;
    *offset = a->hex.top - before;
    *len = (size_t)before + (a->hex.edit.on ? 3 * screen : screen);
    if (*len > WINDOW_MAX)
        *len = WINDOW_MAX;
}

static int ascending(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

// The row of the cursor, and rows with a byte whose change is still marked.
uint64_t *hex_kept_rows(const struct app *a, size_t *count) {
    const struct hexwin *w = &a->hex.bytes.win;
    uint64_t width = hex_bytes_per_row(a), *rows = xcalloc(KEPT_MAX, sizeof *rows);
    *count = 0;
    rows[(*count)++] = a->hex.cursor - a->hex.cursor % width;
    for (size_t p = 0; p < w->part_count; p++) {
        for (size_t i = 0; i < w->parts[p].len && *count < KEPT_MAX; i++) {
            uint64_t at = w->parts[p].offset + i, row = at - at % width;
            if (rows[*count - 1] != row &&
                hexwin_age(w, w->parts[p].index + i, a->mono_ns) != AGE_OLD)
                rows[(*count)++] = row;
        }
    }
    qsort(rows, *count, sizeof *rows, ascending);
    return rows;
}

// The row after one: of folded rows the next that is shown.
static uint64_t row_after(const struct app *a, uint64_t row) {
    uint64_t next = row + hex_bytes_per_row(a);
    return next + (hex_folds(a) ? hexwin_gap(&a->hex.bytes.win, next) : 0);
}

// The row before one, as far as the window knows.
static uint64_t row_before(const struct app *a, uint64_t row) {
    const struct hex_state *h = &a->hex;
    const struct hexwin *w = &h->bytes.win;
    uint64_t width = hex_bytes_per_row(a);
    if (row < width)
        return 0;
    if (!hex_folds(a))
        return row - width;
    if (h->has_above && h->above_of == row)
        return h->above;
    for (size_t i = 1; i < w->part_count; i++)
        if (w->parts[i].offset == row)
            return w->parts[i - 1].offset + w->parts[i - 1].len - width;
    return row - width;
}

// The first offset below the screen, as far as the window tells; else as if nothing were folded.
static uint64_t screen_end(const struct app *a) {
    const struct hex_state *h = &a->hex;
    uint64_t all = h->top + rows_on_screen(a) * (uint64_t)hex_bytes_per_row(a);
    bool told = hex_folds(a) && h->bytes.win.part_count && h->bytes.win.offset == h->top;
    return told && h->bytes.win.end > all ? h->bytes.win.end : all;
}

void hex_set_cursor(struct app *a, uint64_t cursor) {
    struct hex_state *h = &a->hex;
    uint64_t size = hex_size(h), width = hex_bytes_per_row(a);
    uint64_t screen = rows_on_screen(a) * width;
    if (cursor >= size)
        cursor = size ? size - 1 : 0;
    uint64_t row = cursor - cursor % width, end = 0;
    h->top -= h->top % width;
    end = screen_end(a);
    if (row < h->top)
        h->top = row;
    else if (row >= end && hex_folds(a) && row - end < width)
        h->top = row_after(a, h->top); // one line down
    else if (row >= end)
        h->top = row + width - screen;
    h->cursor = cursor;
    app_do(a, EFFECT_DRAW);
}

void hex_move(struct app *a, bool forward, uint64_t bytes) {
    uint64_t at = a->hex.cursor;
    if (forward)
        at = at + bytes < hex_size(&a->hex) ? at + bytes : bytes == 1 ? at : UINT64_MAX;
    else
        at = at > bytes ? at - bytes : 0;
    hex_set_cursor(a, at);
}

void hex_move_row(struct app *a, bool down) {
    uint64_t width = hex_bytes_per_row(a), row = a->hex.cursor - a->hex.cursor % width;
    uint64_t column = a->hex.cursor % width, last = hex_size(&a->hex);
    last = last ? (last - 1) / width * width : 0;
    if (down ? row >= last : row == 0)
        return;
    row = down ? row_after(a, row) : row_before(a, row);
    hex_set_cursor(a, (row < last ? row : last) + column);
}

// By a screen; over what is folded at its edge to what stands behind.
static void move_page(struct app *a, bool down) {
    struct hex_state *h = &a->hex;
    uint64_t width = hex_bytes_per_row(a), page = rows_on_screen(a) * width;
    uint64_t end = screen_end(a), above = row_before(a, h->top), column = h->cursor % width;
    if (down ? end == h->top + page || end >= hex_size(h) : above + width >= h->top) {
        hex_move(a, down, page);
        return;
    }
    if (down) {
        h->top = end;
        hex_set_cursor(a, end + column);
        return;
    }
    hex_set_cursor(a, above + column);
    h->top = above + width > page ? above + width - page : 0;
    hex_set_cursor(a, above + column);
}

bool hex_move_command(struct app *a, enum command cmd) {
    switch (cmd) {
    case CMD_LEFT:
    case CMD_RIGHT:
        hex_move(a, cmd == CMD_RIGHT, 1);
        return true;
    case CMD_UP:
    case CMD_DOWN:
        hex_move_row(a, cmd == CMD_DOWN);
        return true;
    case CMD_PAGE_UP:
    case CMD_PAGE_DOWN:
        move_page(a, cmd == CMD_PAGE_DOWN);
        return true;
    case CMD_TOP:
        hex_set_cursor(a, 0);
        return true;
    case CMD_BOTTOM:
        hex_set_cursor(a, UINT64_MAX);
        return true;
    default:
        return false;
    }
}
