// hex.c - the screen of bytes: live rows, what changed, and the value at the cursor.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

// What stands at the right end of the title.
static void state_words(const struct view_hex *v, int cols, char *buf, size_t size) {
    char text[16];
    size_t bytes = v->edits ? v->edits->count : 0;
    size_t places = bytes ? editbuf_range_count(v->edits) : 0;
    if (v->gone)
        snprintf(buf, size, "GONE");
    else if (v->problem[0] && !(v->win && v->win->len > 0))
        snprintf(buf, size, "UNREADABLE");
    else if ((v->editing || bytes) && cols < 60)
        snprintf(buf, size, "EDIT %zu", bytes);
    else if (bytes)
        snprintf(buf, size, "EDIT   %zu byte%s pending in %zu place%s%s", bytes,
                 bytes == 1 ? "" : "s", places, places == 1 ? "" : "s",
                 cols >= 90 ? "   u undo" : "");
    else if (v->editing)
        snprintf(buf, size, "EDIT   nothing pending");
    else if (v->frozen)
        snprintf(buf, size, "FROZEN");
    else if (v->bytes_per_s > 0 && cols >= 60)
        snprintf(buf, size, "LIVE  %s B/s changed",
                 v->bytes_per_s < 0.5 ? "<1" : fmt_size((uint64_t)(v->bytes_per_s + 0.5), text));
    else
        snprintf(buf, size, "LIVE");
}

static void draw_title(struct canvas *c, struct rect r, const struct view_hex *v) {
    char facts[256] = "", size[16], user[64], right[96];
    uint64_t mode = 0;
    canvas_fill(c, r, STYLE_TITLE, ' ');
    if (v->segment && v->frame->snap) {
        uint64_t uid = 0;
        u64v owner = seg_get(v->segment, SEG_UID, &uid) == WHY_KNOWN ? u64v_of(uid)
                                                                     : u64v_missing(WHY_FAILED);
        user_text(v->frame->snap, owner, user, sizeof(user));
        if (seg_get(v->segment, SEG_MODE, &mode) == WHY_KNOWN)
            snprintf(facts, sizeof(facts), "%s  %04" PRIo64 " %s", kind_words(v->segment->id.kind),
                     mode, user);
    }
    state_words(v, c->cols, right, sizeof(right));
    int width = (int)text_width(right), end = r.cols - width - 3;
    int x = 1 + canvas_text(c, r.y, r.x + 1, 5, STYLE_TITLE, "HEX  ");
    x += canvas_fit(c, r.y, r.x + x, end - x, STYLE_TITLE, v->seg) + 2;
    if (x + 8 < end)
        x += canvas_text(c, r.y, r.x + x, end - x, STYLE_TITLE, fmt_size(v->size, size)) + 2;
    if (x + (int)text_width(facts) < end)
        canvas_text(c, r.y, r.x + x, end - x, STYLE_TITLE, facts);
    canvas_text(c, r.y, r.x + r.cols - width - 1, width, v->gone ? STYLE_BAD : STYLE_TITLE, right);
}

static void draw_route(struct canvas *c, struct rect r, const struct view_hex *v) {
    bool free_of_cost = strcmp(v->side_effects, "none") == 0;
    int x = 1;
    if (!v->route[0])
        return;
    x += canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_DIM, "read by %s; ", v->route);
    if (free_of_cost || !v->side_effects[0])
        canvas_fit(c, r.y, r.x + x, r.cols - x - 1, STYLE_GOOD, "leaves no trace");
    else
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_WARN, "! %s", v->side_effects);
}

// The numbers over the columns of one window.
static void draw_columns(struct canvas *c, struct rect r, const struct view_hex *v, int digits) {
    int hex = 1 + digits + 2, text = hex_row_cells(v->width, digits) - (int)v->width;
    for (unsigned i = 0; i < v->width; i++) {
        int at = hex + (int)(3 * i + i / 8);
        if (at + 2 <= r.cols)
            canvas_textf(c, r.y, r.x + at, 2, STYLE_HEAD, "%02x", i);
        if (text + (int)i < r.cols)
            canvas_textf(c, r.y, r.x + text + (int)i, 1, STYLE_HEAD, "%x", i & 15u);
    }
}

// Where what is compared stands: right of the bytes.
static struct rect beside(struct rect r, const struct view_hex *v, int digits) {
    int cells = hex_row_cells(v->width, digits);
    return (struct rect){r.y, r.x + cells, r.rows, r.cols > cells ? r.cols - cells : 0};
}

static void draw_head(struct canvas *c, struct rect r, const struct view_hex *v, int digits) {
    canvas_fill(c, r, STYLE_HEAD, ' ');
    canvas_text_right(c, r.y, r.x + 1, digits, STYLE_HEAD, "offset");
    draw_columns(c, r, v, digits);
    if (v->other)
        draw_columns(c, beside(r, v, digits), v, 0);
}

// What was left out between two parts, as one line. It is like the row before.
static void draw_gap(struct canvas *c, int y, struct rect r, int digits, const struct view_hex *v,
                     uint64_t offset, uint64_t len) {
    static const char *const words[] = {[MARK_DATA] = "equal bytes hidden (z unfolds)",
                                        [MARK_HOLE] = "bytes never written",
                                        [MARK_SWAPPED] = "bytes swapped out (A reads them)",
                                        [MARK_UNKNOWN] = "bytes out of sight (A reads them)"};
    size_t index = 0, run = 0;
    bool told = offset > 0 && hexwin_find(v->win, offset - 1, &index, &run);
    canvas_text(c, y, r.x + 1, 1, STYLE_DIM, "*");
    canvas_textf(c, y, r.x + 1 + digits + 2, r.cols - digits - 4, STYLE_DIM, "0x%" PRIx64 " %s",
                 len, words[told ? v->win->marks[index] : MARK_DATA]);
}

static bool has_bookmark(const struct view_hex *v, uint64_t offset) {
    for (size_t i = 0; i < v->bookmark_count; i++)
        if (v->bookmarks[i] >= offset && v->bookmarks[i] - offset < v->width)
            return true;
    return false;
}

static void draw_row(struct canvas *c, int y, struct rect r, const struct view_hex *v,
                     const struct byte_row *row) {
    byte_row_draw(c, y, r.x, r.cols, row);
    if (has_bookmark(v, row->offset))
        canvas_text(c, y, r.x, 1, STYLE_STRONG, "'");
    if (!v->other)
        return;
    struct rect right = beside(r, v, row->digits);
    struct byte_row other = *row;
    other.win = v->other;
    other.against = v->win;
    other.edits = NULL;
    other.digits = 0;
    byte_row_draw(c, y, right.x, right.cols, &other);
    canvas_text(c, y, right.x + 1, 1, STYLE_BORDER, "\u2502");
}

// The cursor of the terminal stands where the next key goes.
static void place_cursor(struct canvas *c, int y, int x, const struct view_hex *v, uint64_t row,
                         int digits) {
    if (!v->editing || v->cursor < row || v->cursor - row >= v->width)
        return;
    int i = (int)(v->cursor - row);
    c->cursor_y = y;
    c->cursor_x = v->text_side ? x + hex_row_cells(v->width, digits) - (int)v->width + i
                               : x + 1 + digits + 2 + 3 * i + i / 8 + v->half;
}

static void draw_body(struct canvas *c, struct rect r, const struct view_hex *v, int digits) {
    struct byte_row row = {.win = v->win,
                           .offset = v->top,
                           .end = v->size,
                           .width = v->width,
                           .digits = digits,
                           .cursor = v->cursor,
                           .edits = v->edits,
                           .match_at = v->match_at,
                           .match_len = v->match_len,
                           .selected_at = v->selected_at,
                           .selected_len = v->selected_len,
                           .against = v->other,
                           .mono_ns = v->frame->mono_ns};
    for (int y = r.y; y < r.y + r.rows && row.offset < v->win->end; y++) {
        uint64_t gap = hexwin_gap(v->win, row.offset);
        if (gap > 0) {
            draw_gap(c, y, r, digits, v, row.offset, gap);
            row.offset += gap;
            continue;
        }
        draw_row(c, y, r, v, &row);
        place_cursor(c, y, r.x, v, row.offset, digits);
        row.offset += v->width;
    }
}

static void draw_inspector(struct canvas *c, struct rect r, const struct view_hex *v, bool beside) {
    if (r.rows < 1)
        return;
    if (beside) {
        canvas_fill(c, (struct rect){r.y, r.x, 1, r.cols}, STYLE_HEAD, ' ');
        canvas_textf(c, r.y, r.x + 1, r.cols - 1, STYLE_HEAD, "INSPECT %s (E)",
                     v->big_endian ? "big-endian" : "little-endian");
        int y = r.y + 1, room = r.cols - 8;
        for (size_t i = 0; i < v->line_count && y < r.y + r.rows; i++) {
            const struct inspect_line *line = &v->lines[i];
            const char *text = line->valid ? line->text : "-";
            canvas_text(c, y, r.x + 1, 6, STYLE_DIM, line->label);
            do { // what is too long goes on in the next line
                size_t used = 0, n = text_clip(text, room > 0 ? (size_t)room : 0, &used);
                canvas_textf(c, y++, r.x + 8, room, line->valid ? STYLE_NORMAL : STYLE_DIM, "%.*s",
                             (int)n, text);
                text += n;
                if (n == 0)
                    break;
            } while (*text && y < r.y + r.rows);
        }
        return;
    }
    int y = r.y, x = r.x + 1, end = r.x + r.cols - 1;
    x += canvas_text(c, y, x, end - x, STYLE_STRONG, v->big_endian ? "BE" : "LE") + 2;
    for (size_t i = 0; i < v->line_count; i++) {
        const struct inspect_line *line = &v->lines[i];
        int need = (int)(text_width(line->label) + 1 + text_width(line->text));
        if (!line->valid)
            continue;
        if (x + need > end) {
            if (++y >= r.y + r.rows)
                return;
            x = r.x + 5;
        }
        x += canvas_text(c, y, x, end - x, STYLE_DIM, line->label) + 1;
        x += canvas_text(c, y, x, end - x, STYLE_NORMAL, line->text) + 2;
    }
}

static void draw_status(struct canvas *c, struct rect r, const struct view_hex *v) {
    char at[160];
    double percent = v->size ? (double)v->cursor / (double)v->size * 100.0 : 0.0;
    if (v->frame->message[0]) {
        message_draw(c, r, v->frame->message_alert, v->frame->message);
        return;
    }
    int x = 1;
    snprintf(at, sizeof(at), "@0x%" PRIx64 "/0x%" PRIx64 "  %.1f%%", v->cursor, v->size, percent);
    x += canvas_text(c, r.y, r.x + x, r.cols - x, STYLE_STRONG, at) + 2;
    bool in_body = !v->win || v->win->len == 0; // the body says it already
    if (v->problem[0] && !in_body)
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_BAD, "! %s", v->problem);
    else if (v->gone)
        canvas_fit(c, r.y, r.x + x, r.cols - x - 1, STYLE_BAD,
                   "! the segment is gone; these are the last bytes seen");
    else if (v->other && v->other_problem[0])
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_BAD, "! %s", v->other_problem);
    else if (v->selected_len)
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_STRONG,
                     "%" PRIu64 " selected from 0x%" PRIx64 "  y copies  s saves", v->selected_len,
                     v->selected_at);
    else if (v->other)
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_DIM,
                     "right: %s   d next difference  D ends", v->other_name);
    else if (v->win && v->win->changes > 0)
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_DIM,
                     "%" PRIu64 " changes seen since it was opened", v->win->changes);
}

void hex_draw(struct canvas *c, const struct view_hex *v) {
    struct hex_layout l;
    hex_layout(c->rows, c->cols, v->inspect, &l);
    if (l.too_small) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    int digits = offset_digits(v->size);
    draw_title(c, l.title, v);
    if (l.route.rows)
        draw_route(c, l.route, v);
    if (l.head.rows)
        draw_head(c, (struct rect){l.head.y, l.head.x, 1, c->cols}, v, digits);
    bool read = v->win && v->win->len > 0;
    if (read)
        draw_body(c, l.body, v, digits);
    else
        canvas_fit(c, l.body.y + l.body.rows / 3, l.body.x + 2, c->cols - l.body.x - 3, STYLE_DIM,
                   v->problem[0]  ? v->problem
                   : v->size == 0 ? "The segment is empty."
                                  : "Nothing read yet.");
    strips_draw(c, &l, v);
    if (read) // else its column is for what went wrong
        draw_inspector(c, l.inspector, v, l.beside);
    draw_status(c, l.status, v);
    footer_draw(c, l.footer, v->editing ? VIEW_EDIT : VIEW_HEX, v->frame->read_only);
}

size_t hex_rows(int rows, int cols, bool inspect) {
    struct hex_layout l;
    hex_layout(rows, cols, inspect, &l);
    return l.too_small || l.body.rows < 1 ? 1 : (size_t)l.body.rows;
}

unsigned hex_width_for(int cols, bool inspect) {
    struct hex_layout l;
    hex_layout(24, cols, inspect, &l);
    int room = l.too_small ? cols : l.body.cols;
    for (unsigned width = 32; width > 4; width /= 2) {
        if (hex_row_cells(width, 8) <= room)
            return width;
    }
    return 4;
}

unsigned hex_width_beside(int cols) {
    for (unsigned width = 32; width > 2; width /= 2)
        if (hex_row_cells(width, 8) + hex_row_cells(width, 0) <= cols)
            return width;
    return 2;
}
