// bytes.c - one row of a hex view.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/segname.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

int offset_digits(uint64_t size) {
    int digits = 8;
    while (digits < 16 && size > (UINT64_C(1) << (4 * digits)))
        digits++;
    return digits;
}

static bool is_known(uint8_t mark) {
    return mark == MARK_DATA || mark == MARK_HOLE;
}

static bool differs(const struct byte_row *row, size_t index, uint64_t at) {
    size_t other = 0, run = 0;
    if (!row->against || !hexwin_find(row->against, at, &other, &run))
        return false;
    return is_known(row->win->marks[index]) && is_known(row->against->marks[other]) &&
           row->win->bytes[index] != row->against->bytes[other];
}

static enum style known_style(const struct byte_row *row, size_t index, uint64_t at) {
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
    if (differs(row, index, at) ||
        (row->match_len && at >= row->match_at && at - row->match_at < row->match_len))
        return STYLE_MATCH;
    return by_class[byte_class(row->win->bytes[index])];
}

static bool is_selected(const struct byte_row *row, uint64_t at) {
    return row->selected_len && at >= row->selected_at && at - row->selected_at < row->selected_len;
}

static enum style byte_style(const struct byte_row *row, size_t index, uint64_t at) {
    if (at == row->cursor)
        return STYLE_CURSOR;
    if (is_selected(row, at))
        return STYLE_SELECTED;
    bool data = row->win->marks[index] == MARK_DATA;
    return data || differs(row, index, at) ? known_style(row, index, at) : STYLE_HEX_HOLE;
}

// What stands for a byte whose value is not known, twice for its digits.
static const char *mark_sign(enum byte_mark mark) {
    static const char *const signs[] = {[MARK_DATA] = "",
                                        [MARK_HOLE] = "\u00b7",
                                        [MARK_SWAPPED] = "~",
                                        [MARK_UNKNOWN] = "?",
                                        [MARK_ABSENT] = " "};
    return signs[mark];
}

static bool is_right_to_left(uint32_t cp) {
    return (cp >= 0x590 && cp < 0x900) || (cp >= 0xfb1d && cp < 0xfe00) ||
           (cp >= 0xfe70 && cp < 0xff00) || (cp >= 0x10800 && cp < 0x11000) ||
           (cp >= 0x1e800 && cp < 0x1f000);
}

// A byte that begins a character which the row holds whole: its bytes are good and it can be drawn.
// The cells of the character, 0: it is drawn as a byte; *len its bytes.
static int wide_character(const struct byte_row *row, size_t index, size_t room, size_t *len,
                          char text[8]) {
    uint32_t cp = 0;
    const char *bytes = (const char *)row->win->bytes + index;
    if (row->win->bytes[index] < 0x80)
        return 0;
    *len = utf8_decode(bytes, room, &cp);
    if (*len < 2 || *len > 4)
        return 0;
    memcpy(text, bytes, *len);
    text[*len] = '\0';
    char escaped[16];
    if (name_escape(text, *len, false, escaped, sizeof(escaped)) != *len)
        return 0;
    if (is_right_to_left(cp)) // would turn round what stands beside it in some terminals
        return 0;
    int cells = (int)text_width(text);
    return cells > 0 && (size_t)cells <= *len ? cells : 0;
}

// The byte at an offset as it is typed. False: nothing is pending there.
static bool pending_at(const struct byte_row *row, uint64_t offset, struct edit_byte *out) {
    return row->edits && editbuf_get(row->edits, offset, out);
}

static enum style pending_style(const struct byte_row *row, uint64_t offset) {
    return offset == row->cursor ? STYLE_CURSOR : STYLE_PENDING;
}

static void draw_pending_text(struct canvas *c, int y, int at, int end, enum style style,
                              uint8_t byte) {
    char shown[2] = {byte >= 0x20 && byte < 0x7f ? (char)byte : '.', '\0'};
    canvas_text(c, y, at, end - at, style, shown);
}

// The characters of a row, UTF-8 where it is whole.
static void draw_text(struct canvas *c, int y, int text, int end, const struct byte_row *row) {
    for (unsigned i = 0; i < row->width; i++) {
        size_t index = 0, run = 0, len = 1;
        char wide[8];
        if (!hexwin_find(row->win, row->offset + i, &index, &run))
            continue;
        enum byte_mark mark = (enum byte_mark)row->win->marks[index];
        struct edit_byte typed;
        enum style style = byte_style(row, index, row->offset + i);
        if (pending_at(row, row->offset + i, &typed)) {
            draw_pending_text(c, y, text + (int)i, end, pending_style(row, row->offset + i),
                              typed.now);
            continue;
        }
        uint8_t byte = row->win->bytes[index];
        char shown[2] = {byte >= 0x20 && byte < 0x7f ? (char)byte : '.', '\0'};
        int at = text + (int)i, cells = 0;
        size_t room = run < row->width - i ? run : row->width - i;
        if (mark == MARK_DATA && c->utf8 && (!row->edits || row->edits->count == 0))
            cells = wide_character(row, index, room, &len, wide);
        if (cells > 0 && at + (int)len <= end) {
            canvas_fill(c, (struct rect){y, at, 1, (int)len}, style, ' ');
            canvas_text(c, y, at, cells, style, wide);
            i += (unsigned)len - 1;
            continue;
        }
        canvas_text(c, y, at, end - at, style, mark == MARK_DATA ? shown : mark_sign(mark));
    }
}

static void draw_digits(struct canvas *c, int y, int at, int end, const struct byte_row *row,
                        size_t index, uint64_t offset) {
    enum byte_mark mark = (enum byte_mark)row->win->marks[index];
    struct edit_byte typed;
    bool pending = pending_at(row, offset, &typed);
    bool moved = pending && mark == MARK_DATA && row->win->bytes[index] != typed.old;
    enum style style = pending ? pending_style(row, offset) : byte_style(row, index, offset);
    bool joined = is_selected(row, offset) && is_selected(row, offset + 1) &&
                  offset + 1 < row->offset + row->width;
    if (joined && at + 2 < end)
        canvas_restyle(c, (struct rect){y, at + 2, 1, 1}, STYLE_SELECTED);
    if (pending || mark == MARK_DATA)
        canvas_textf(c, y, at, end - at, style, "%02x",
                     pending ? typed.now : row->win->bytes[index]);
    for (int i = 0; !pending && mark != MARK_DATA && i < 2; i++)
        canvas_text(c, y, at + i, end - at - i, style, mark_sign(mark));
    if (offset == row->cursor) {
        canvas_text(c, y, at - 1, end - at + 1, STYLE_STRONG, "[");
        canvas_text(c, y, at + 2, end - at - 2, STYLE_STRONG, "]");
    }
    if (moved) // under the hands of whoever typed
        canvas_text(c, y, at + 2, end - at - 2, STYLE_BAD, "!");
}

void byte_row_draw(struct canvas *c, int y, int x, int width, const struct byte_row *row) {
    int end = x + width, hex = x + 1 + row->digits + 2;
    if (row->digits)
        canvas_textf(c, y, x + 1, width - 1, STYLE_DIM, "%0*" PRIx64, row->digits, row->offset);
    for (unsigned i = 0; i < row->width; i++) {
        size_t index = 0, run = 0;
        if (hexwin_find(row->win, row->offset + i, &index, &run))
            draw_digits(c, y, hex + (int)(3 * i + i / 8), end, row, index, row->offset + i);
    }
    draw_text(c, y, x + hex_row_cells(row->width, row->digits) - (int)row->width, end, row);
}
