// dialog.c - a box over a screen with text, fields and buttons.
//
// Focus shows without colour: a field's label gets ">", a button its own brackets. On a small
// screen the text gives way first, then the fields scroll around the focused one; buttons always
// stay.
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "ui/widgets.h"

enum { WIDTH_MAX = 78, GAP = 2 };

// Clips text to the bytes before `at`, so that its width can be taken.
static int width_before(const char *text, size_t at) {
    char buf[4096];
    size_t n = at < sizeof(buf) - 1 ? at : sizeof(buf) - 1;
    n = strnlen(text, n);
    memcpy(buf, text, n);
    buf[n] = '\0';
    return (int)text_width(buf);
}

void field_draw(struct canvas *c, int y, int x, int width, const char *text, size_t cursor,
                bool focus) {
    if (width < 2)
        return;
    int before = width_before(text, cursor);
    size_t skip = 0;
    if (before >= width) { // scrolled by whole characters
        size_t used = 0, off = (size_t)before - (size_t)width + 1;
        skip = text_clip(text, off, &used);
        if (used < off) { // a wide one in the way
            uint32_t cp;
            size_t n = utf8_decode(text + skip, strlen(text + skip), &cp);
            skip += n ? n : 1;
        }
        before -= width_before(text, skip);
    }
    canvas_text(c, y, x, width, STYLE_INPUT, text + skip);
    if (focus) {
        c->cursor_y = y;
        c->cursor_x = x + before;
    }
}

static int label_width(const struct view_dialog *v) {
    int width = v->same_as[0] ? (int)strlen("Same as") : 0;
    for (size_t i = 0; i < v->field_count; i++) {
        int w = (int)text_width(v->fields[i].label);
        width = w > width ? w : width;
    }
    return width < 16 ? width : 16;
}

static int buttons_width(const struct view_dialog *v) {
    int width = 0;
    for (size_t i = 0; i < v->button_count; i++)
        width += (int)text_width(v->buttons[i]) + 4 + (i ? GAP : 0);
    return width;
}

static int choices_width(const char *choices) {
    int width = 0;
    for (const char *s = choices; *s;) {
        size_t len = strcspn(s, "|");
        width += (int)len + 6;
        s += len + (s[len] == '|');
    }
    return width;
}

static int inner_width(const struct view_dialog *v, int cols) {
    int width = buttons_width(v), label = label_width(v) + 3, w;
    w = (int)text_width(v->title) + 4;
    width = w > width ? w : width;
    for (size_t i = 0; i < v->line_count; i++) {
        w = (int)text_width(v->lines[i]) + 2; // an alert has a sign
        width = w > width ? w : width;
    }
    for (size_t i = 0; i < v->field_count; i++) {
        const struct dialog_field *f = &v->fields[i];
        w = label + (int)text_width(f->remark) + 2;
        if (f->kind == FIELD_TEXT)
            w += (int)text_width(f->text) + 2 > 26 ? (int)text_width(f->text) + 2 : 26;
        else
            w += f->kind == FIELD_CHOICE ? choices_width(f->text) : (int)text_width(f->text) + 4;
        width = w > width ? w : width;
    }
    if (v->same_as[0]) {
        w = label + (int)text_width(v->same_as);
        width = w > width ? w : width;
    }
    int most = cols - 4 < WIDTH_MAX ? cols - 4 : WIDTH_MAX;
    width = width < 36 ? 36 : width;
    return width < most ? width : most;
}

static void draw_choices(struct canvas *c, int y, int x, int end, const struct dialog_field *f,
                         bool focus) {
    int i = 0;
    if (x + choices_width(f->text) - GAP > end) { // no room for all: the one that is chosen
        const char *s = f->text;
        for (; i < f->choice && *s; i++)
            s += strcspn(s, "|") + (s[strcspn(s, "|")] == '|');
        canvas_textf(c, y, x, end - x, focus ? STYLE_BUTTON_ON : STYLE_STRONG, "< %.*s >",
                     (int)strcspn(s, "|"), s);
        return;
    }
    for (const char *s = f->text; *s && x < end; i++) {
        size_t len = strcspn(s, "|");
        bool on = i == f->choice;
        char item[80];
        snprintf(item, sizeof(item), "(%s) %.*s", on ? "\u2022" : " ", (int)len, s);
        enum style style = on && focus ? STYLE_BUTTON_ON : on ? STYLE_STRONG : STYLE_NORMAL;
        x += canvas_text(c, y, x, end - x, style, item) + GAP;
        s += len + (s[len] == '|');
    }
}

// Width of the text fields, one for all so that they stand in a column.
static int box_width(const struct view_dialog *v, int room) {
    int remark = 0;
    for (size_t i = 0; i < v->field_count; i++) {
        const struct dialog_field *f = &v->fields[i];
        int w = f->kind == FIELD_TEXT && f->remark[0] ? (int)text_width(f->remark) + 2 : 0;
        remark = w > remark ? w : remark;
    }
    int box = room - remark < 14 ? 14 : room - remark; // what is typed comes first
    box = box > 40 && remark ? 40 : box;
    return box < room ? box : room;
}

static void draw_field(struct canvas *c, int y, int x, int width, int label, int box,
                       const struct dialog_field *f, bool focus) {
    int end = x + width;
    canvas_text(c, y, x, 1, STYLE_STRONG, focus ? ">" : " ");
    canvas_text(c, y, x + 1, label, focus ? STYLE_STRONG : STYLE_NORMAL, f->label);
    x += label + 2;
    int remark = f->remark[0] ? (int)text_width(f->remark) + 2 : 0;
    int room = end - x;
    if (f->kind == FIELD_TEXT) {
        canvas_text(c, y, x, 1, STYLE_BORDER, "[");
        canvas_fill(c, (struct rect){y, x + 1, 1, box - 2}, STYLE_INPUT, ' ');
        field_draw(c, y, x + 1, box - 2, f->text, f->cursor, focus);
        canvas_text(c, y, x + box - 1, 1, STYLE_BORDER, "]");
        x += box;
    } else if (f->kind == FIELD_CHOICE) {
        draw_choices(c, y, x, end, f, focus);
        x += choices_width(f->text);
    } else {
        x += 1 + canvas_textf(c, y, x, room, focus ? STYLE_BUTTON_ON : STYLE_NORMAL, "[%s] %s",
                              f->choice ? "x" : " ", f->text);
    }
    if (remark && x + 2 < end)
        canvas_fit(c, y, x + 1, end - x - 1, alert_style(f->alert), f->remark);
}

// A button as it is drawn. Shortened, "Remove: press R" is "Remove: R".
static void button_text(const char *label, bool on, bool shorten, char *buf, size_t size) {
    static const char word[] = "press ";
    const char *at = shorten ? strstr(label, word) : NULL;
    int head = (int)(at ? (size_t)(at - label) : strlen(label));
    snprintf(buf, size, on ? "[>%.*s%s<]" : "[ %.*s%s ]", head, label, at ? at + strlen(word) : "");
}

// Cells of the buttons from `from` to before `to`, side by side.
static int span_width(const struct view_dialog *v, size_t from, size_t to) {
    int width = 0;
    char text[96];
    for (size_t i = from; i < to; i++) {
        button_text(v->buttons[i], false, true, text, sizeof(text));
        width += (int)text_width(text) + (i > from ? 1 : 0);
    }
    return width;
}

// Where the second row of shortened buttons begins: behind as many as fit, at least one.
static size_t second_row(const struct view_dialog *v, int width) {
    size_t n = v->button_count;
    while (n > 1 && span_width(v, 0, n) > width)
        n--;
    return n;
}

static int button_rows(const struct view_dialog *v, int width, int screen_rows) {
    if (v->button_count == 0)
        return 0;
    bool one = buttons_width(v) <= width || second_row(v, width) == v->button_count;
    return one || screen_rows < 9 ? 1 : 2;
}

// The buttons from `from` to before `to`, at the right; when they do not fit, the focused one
// comes first.
static void draw_button_row(struct canvas *c, int y, int x, int width, const struct view_dialog *v,
                            size_t from, size_t to) {
    bool shorten = buttons_width(v) > width;
    int gap = shorten ? 1 : GAP, end = x + width;
    int need = shorten ? span_width(v, from, to) : buttons_width(v);
    if (need > width && v->focus >= v->field_count + from && v->focus < v->field_count + to)
        from = v->focus - v->field_count;
    if (need < width)
        x += width - need;
    for (size_t i = from; i < to && x < end; i++) {
        bool on = v->focus == v->field_count + i;
        char text[96];
        button_text(v->buttons[i], on, shorten, text, sizeof(text));
        x += canvas_text(c, y, x, end - x, on ? STYLE_BUTTON_ON : STYLE_BUTTON, text) + gap;
    }
}

// One row of the text: a line, or a piece of one that is too long.
struct text_row {
    const char *text;
    int len;
    enum alert alert;
    bool first; // of its line: gets the sign
};
enum { TEXT_ROWS_MAX = 48 };

static int wrap_text(const struct view_dialog *v, int width, struct text_row rows[TEXT_ROWS_MAX]) {
    int n = 0;
    for (size_t i = 0; i < v->line_count; i++) {
        enum alert alert = v->line_alerts ? v->line_alerts[i] : ALERT_NONE;
        const char *text = v->lines[i];
        bool first = true;
        do {
            int sign = alert >= ALERT_WARN ? 2 : 0;
            size_t len = text_wrap(text, width > sign ? (size_t)(width - sign) : 0);
            if (n == TEXT_ROWS_MAX || (len == 0 && *text))
                return n;
            rows[n++] = (struct text_row){text, (int)len, alert, first};
            first = false;
            text += len;
            text += strspn(text, " ");
        } while (*text);
    }
    return n;
}

// Rows of the text, of which the last says how many more there are when not all fit.
static void draw_text(struct canvas *c, int y, int x, int width, const struct text_row *rows, int n,
                      int fit) {
    for (int i = 0; i < fit; i++, y++) {
        enum style style = alert_style(rows[i].alert);
        if (i == fit - 1 && fit < n) {
            canvas_textf(c, y, x, width, STYLE_WARN, "\u2026 %d more lines on a larger screen",
                         n - i);
            return;
        }
        const char *sign = rows[i].alert < ALERT_WARN ? "" : rows[i].first ? "! " : "  ";
        int at = canvas_text(c, y, x, width, style, sign);
        canvas_textf(c, y, x + at, width - at, style, "%.*s", rows[i].len, rows[i].text);
    }
}

void dialog_draw(struct canvas *c, const struct view_dialog *v) {
    if (c->rows < 3 || c->cols < 12)
        return;
    int width = inner_width(v, c->cols), label = label_width(v);
    struct text_row text[TEXT_ROWS_MAX];
    int text_rows = wrap_text(v, width, text), lines = text_rows, fields = (int)v->field_count,
        same = v->same_as[0] ? 1 : 0;
    int buttons = button_rows(v, width, c->rows);
    int room = c->rows - 2 - buttons; // inside the box, buttons aside
    int gap = lines + fields + same + 1 <= room ? 1 : 0;
    same = lines + fields + same <= room ? same : 0;
    fields = fields < room ? fields : room;
    lines = lines < room - fields - same ? lines : room - fields - same;
    lines = lines < 0 ? 0 : lines;
    // A dialog without fields has nothing but its text: the focus is on a button then.
    int rows = lines + fields + same + gap + buttons + 2;
    struct rect box = {(c->rows - rows) / 2, (c->cols - width - 4) / 2, rows, width + 4};
    canvas_fill(c, box, STYLE_NORMAL, ' ');
    canvas_box(c, box, STYLE_BORDER, v->title);
    c->cursor_y = c->cursor_x = -1;
    int y = box.y + 1, x = box.x + 2;
    draw_text(c, y, x, width, text, text_rows, lines);
    y += lines;
    int field_box = box_width(v, width - label - 2);
    size_t first = 0;
    if (v->focus >= (size_t)fields && v->focus < v->field_count)
        first = v->focus - (size_t)fields + 1;
    for (int i = 0; i < fields; i++) {
        size_t n = first + (size_t)i;
        draw_field(c, y++, x, width, label, field_box, &v->fields[n], n == v->focus);
    }
    if (same) {
        canvas_text(c, y, x + 1, label, STYLE_DIM, "Same as");
        canvas_fit(c, y++, x + label + 2, width - label - 2, STYLE_DIM, v->same_as);
    }
    y += gap;
    size_t split = buttons == 2 ? second_row(v, width) : v->button_count;
    draw_button_row(c, y, x, width, v, 0, split);
    if (buttons == 2)
        draw_button_row(c, y + 1, x, width, v, split, v->button_count);
}
