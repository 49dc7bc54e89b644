// lens.c - the bytes of a segment as the fields of a record, live.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/inspect.h"
#include "core/segname.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

enum { TEXT_MAX = 4 * VALUE_BYTES_MAX + 240 };

// Where the cells of a row are; 0: not shown.
struct places {
    int digits; // of the offset
    int field, field_w, type, type_w, value, value_w;
};

static struct places place(int cols, uint64_t size) {
    struct places p = {.digits = cols >= 60 ? offset_digits(size) : 0};
    p.field = 2 + (p.digits ? p.digits + 2 : 0);
    int rest = cols - p.field - 1;
    p.type_w = cols >= 60 ? (cols >= 120 ? 16 : 10) : 0;
    rest -= p.type_w ? p.type_w + 2 : 0;
    p.field_w = rest * 2 / 5;
    p.field_w = p.field_w > 48 ? 48 : p.field_w;
    p.type = p.type_w ? p.field + p.field_w + 2 : 0;
    p.value = p.type_w ? p.type + p.type_w + 2 : p.field + p.field_w + 2;
    p.value_w = cols - p.value - 1;
    return p;
}

// The bytes of one field: as they are or as they are typed, and what is known of them.
struct bytes {
    uint8_t now[VALUE_BYTES_MAX];
    size_t len; // known ones, from the first on
    enum byte_age age;
    bool pending, moved, holes; // some is typed; one of those moved; all were never written
};

static void look(const struct view_lens *v, const struct lens_field *f, struct bytes *b) {
    size_t need = value_needs(&f->value);
    *b = (struct bytes){.age = AGE_OLD, .holes = true};
    for (; b->len < need; b->len++) {
        size_t index = 0, run = 0;
        struct edit_byte typed;
        if (!hexwin_find(v->win, f->offset + b->len, &index, &run))
            return;
        enum byte_mark mark = (enum byte_mark)v->win->marks[index];
        if (mark != MARK_DATA && mark != MARK_HOLE)
            return;
        enum byte_age age = hexwin_age(v->win, index, v->frame->mono_ns);
        b->age = age > b->age ? age : b->age;
        b->holes &= mark == MARK_HOLE;
        b->now[b->len] = v->win->bytes[index];
        if (!editbuf_get(v->edits, f->offset + b->len, &typed))
            continue;
        b->pending = true;
        b->moved |= v->win->bytes[index] != typed.old;
        b->now[b->len] = typed.now;
    }
}

// What a value means to the processes that hold the segment: where a pointer leads, who owns a
// lock.
static void add_meaning(const struct view_lens *v, const struct lens_field *f,
                        const struct bytes *b, char *buf, size_t size) {
    size_t n = strlen(buf);
    uint64_t address = 0, offset = 0;
    const struct process *holder = NULL;
    char mutex[INSPECT_TEXT];
    if (f->value.kind == VALUE_MUTEX &&
        inspect_mutex(v->frame->snap, v->segment, b->now, b->len, mutex))
        snprintf(buf, size, "%s", mutex);
    if (f->value.kind != VALUE_POINTER || b->len < 8 || !v->frame->snap)
        return;
    for (size_t i = 8; i-- > 0;)
        address = address << 8 | b->now[f->value.big_endian ? 7 - i : i];
    if (inspect_address(v->frame->snap, v->segment, address, &offset, &holder))
        snprintf(buf + n, size - n, " = segment+0x%" PRIx64, offset);
}

static enum style value_style(const struct bytes *b) {
    static const enum style by_age[] = {[AGE_OLD] = STYLE_NORMAL,
                                        [AGE_DIM] = STYLE_CHANGED3,
                                        [AGE_MID] = STYLE_CHANGED2,
                                        [AGE_FRESH] = STYLE_CHANGED1};
    if (b->pending)
        return STYLE_PENDING;
    return b->age == AGE_OLD && b->holes ? STYLE_HEX_HOLE : by_age[b->age];
}

static void draw_field(struct canvas *c, int y, struct rect r, const struct places *p,
                       const struct view_lens *v, uint64_t row) {
    struct lens_field f;
    struct bytes b;
    char text[TEXT_MAX];
    if (!lens_field(v->lens, row, &f))
        return;
    bool on = row == v->row;
    look(v, &f, &b);
    bool known = b.len >= value_needs(&f.value), past = f.offset + f.value.size > v->size;
    value_format(&f.value, b.now, b.len, text, sizeof text);
    if (known)
        add_meaning(v, &f, &b, text, sizeof text);
    else if (past)
        snprintf(text, sizeof text, "(past the end)");
    enum style style = !known ? STYLE_DIM : value_style(&b);
    if (on)
        canvas_fill(c, (struct rect){y, r.x, 1, r.cols}, STYLE_SELECTED, ' ');
    enum style plain = on ? STYLE_SELECTED : STYLE_NORMAL, dim = on ? STYLE_SELECTED : STYLE_DIM;
    canvas_text(c, y, r.x, 1, on ? STYLE_SELECTED : STYLE_STRONG, on ? ">" : "");
    if (p->digits)
        canvas_textf(c, y, r.x + 2, p->digits, dim, "%0*" PRIx64, p->digits, f.offset);
    canvas_fit(c, y, r.x + p->field, p->field_w, plain, f.path);
    if (p->type_w)
        canvas_fit(c, y, r.x + p->type, p->type_w, dim, f.type);
    canvas_text(c, y, r.x + p->value - 1, 1, b.moved ? STYLE_BAD : plain, b.moved ? "!" : "");
    bool marked = style == STYLE_PENDING || style == STYLE_CHANGED1 || style == STYLE_CHANGED2;
    canvas_fit(c, y, r.x + p->value, p->value_w, on && !marked ? STYLE_SELECTED : style, text);
}

static void draw_head(struct canvas *c, struct rect r, const struct places *p) {
    canvas_fill(c, r, STYLE_HEAD, ' ');
    if (p->digits)
        canvas_text(c, r.y, r.x + 2, p->digits, STYLE_HEAD, "OFFSET");
    canvas_text(c, r.y, r.x + p->field, p->field_w, STYLE_HEAD, "FIELD");
    if (p->type_w)
        canvas_text(c, r.y, r.x + p->type, p->type_w, STYLE_HEAD, "TYPE");
    canvas_text(c, r.y, r.x + p->value, p->value_w, STYLE_HEAD, "VALUE");
}

static void draw_title(struct canvas *c, struct rect r, const struct view_lens *v) {
    char right[96], size[16];
    size_t bytes = v->edits->count, places = bytes ? editbuf_range_count(v->edits) : 0;
    const char *live = v->gone ? "GONE" : v->frozen ? "FROZEN" : "LIVE";
    if (bytes && c->cols >= 60)
        snprintf(right, sizeof right, "%zu byte%s pending in %zu place%s   %s", bytes,
                 bytes == 1 ? "" : "s", places, places == 1 ? "" : "s", live);
    else if (bytes)
        snprintf(right, sizeof right, "%zu pending  %s", bytes, live);
    else
        snprintf(right, sizeof right, "%s", live);
    canvas_fill(c, r, STYLE_TITLE, ' ');
    int width = (int)text_width(right), end = r.cols - width - 3;
    int x = 1 + canvas_text(c, r.y, r.x + 1, 6, STYLE_TITLE, "LENS  ");
    x += canvas_fit(c, r.y, r.x + x, end - x, STYLE_TITLE, v->seg) + 2;
    if (x + 8 < end)
        x += canvas_text(c, r.y, r.x + x, end - x, STYLE_TITLE, fmt_size(v->size, size)) + 2;
    if (x + 12 < end)
        canvas_fit(c, r.y, r.x + x, end - x, STYLE_TITLE, v->from);
    canvas_text(c, r.y, r.x + r.cols - width - 1, width, v->gone ? STYLE_BAD : STYLE_TITLE, right);
}

static void draw_status(struct canvas *c, struct rect r, const struct view_lens *v) {
    uint64_t rows = lens_rows(v->lens), end = lens_size(v->lens);
    if (v->frame->message[0]) {
        message_draw(c, r, v->frame->message_alert, v->frame->message);
        return;
    }
    int x = 1 + canvas_textf(c, r.y, r.x + 1, r.cols - 1, STYLE_STRONG,
                             "field %" PRIu64 " of %" PRIu64, rows ? v->row + 1 : 0, rows);
    x += 2;
    if (v->problem[0])
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_BAD, "! %s", v->problem);
    else if (end > v->size)
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_WARN,
                     "! it goes on to 0x%" PRIx64 ", past the end of the segment at 0x%" PRIx64,
                     end, v->size);
    else
        canvas_textf(c, r.y, r.x + x, r.cols - x - 1, STYLE_DIM,
                     "0x%" PRIx64 " of 0x%" PRIx64 " bytes described", end, v->size);
}

void lens_draw(struct canvas *c, const struct view_lens *v) {
    struct lens_layout l;
    lens_layout(c->rows, c->cols, &l);
    canvas_clear(c);
    if (l.too_small || !v->lens) {
        too_small_draw(c);
        return;
    }
    struct places p = place(c->cols, v->size);
    draw_title(c, l.title, v);
    if (l.head.rows)
        draw_head(c, l.head, &p);
    for (int i = 0; i < l.body.rows; i++)
        draw_field(c, l.body.y + i, l.body, &p, v, v->top + (uint64_t)i);
    if (lens_rows(v->lens) == 0)
        canvas_fit(c, l.body.y + l.body.rows / 3, 2, c->cols - 3, STYLE_DIM,
                   "The segment has no room for one of these.");
    draw_status(c, l.status, v);
    footer_draw(c, l.footer, VIEW_LENS, v->frame->read_only);
}

size_t lens_rows_shown(int rows, int cols) {
    struct lens_layout l;
    lens_layout(rows, cols, &l);
    return l.too_small || l.body.rows < 1 ? 1 : (size_t)l.body.rows;
}
