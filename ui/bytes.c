// bytes.c - one row of a hex view.
#include <inttypes.h>
#include <stdio.h>

#include "ui/layout.h"
#include "ui/widgets.h"

int offset_digits(uint64_t size) {
    int digits = 8;
    while (digits < 16 && size > (UINT64_C(1) << (4 * digits)))
        digits++;
    return digits;
}

static enum style byte_style(const struct byte_row *row, size_t index) {
    static const enum style by_class[] = {
        [BYTE_ZERO] = STYLE_HEX_ZERO,   [BYTE_PRINT] = STYLE_HEX_PRINT,
        [BYTE_SPACE] = STYLE_HEX_SPACE, [BYTE_CTRL] = STYLE_HEX_CTRL,
        [BYTE_HIGH] = STYLE_HEX_HIGH,
    };
    switch (hexwin_age(row->win, index, row->mono_ns)) {
    case AGE_FRESH:
        return STYLE_CHANGED1;
    case AGE_MID:
        return STYLE_CHANGED2;
    case AGE_DIM:
        return STYLE_CHANGED3;
    case AGE_OLD:
        break;
    }
    return by_class[byte_class(row->win->bytes[index])];
}

static bool is_hole(const struct hexwin *w, size_t index) {
    return w->holes && w->holes[index];
}

void byte_row_draw(struct canvas *c, int y, int x, int width, const struct byte_row *row) {
    int end = x + width, hex = x + 1 + row->digits + 2;
    int text = x + hex_row_cells(row->width, row->digits) - (int)row->width;
    canvas_textf(c, y, x + 1, width - 1, STYLE_DIM, "%0*" PRIx64, row->digits, row->offset);
    for (unsigned i = 0; i < row->width; i++) {
        uint64_t offset = row->offset + i;
        if (offset < row->win->offset || offset - row->win->offset >= row->win->len)
            continue;
        size_t index = (size_t)(offset - row->win->offset);
        uint8_t byte = row->win->bytes[index];
        int at = hex + (int)(3 * i + i / 8);
        bool hole = is_hole(row->win, index), cursor = offset == row->cursor;
        enum style style = cursor ? STYLE_CURSOR : hole ? STYLE_HEX_HOLE : byte_style(row, index);
        char shown[2] = {byte >= 0x20 && byte < 0x7f ? (char)byte : '.', '\0'};
        if (hole)
            canvas_text(c, y, at, end - at, style, "\u00b7\u00b7");
        else
            canvas_textf(c, y, at, end - at, style, "%02x", byte);
        if (cursor) {
            canvas_text(c, y, at - 1, end - at + 1, STYLE_STRONG, "[");
            canvas_text(c, y, at + 2, end - at - 2, STYLE_STRONG, "]");
        }
        canvas_text(c, y, text + (int)i, end - text - (int)i, style, hole ? "\u00b7" : shown);
    }
}
