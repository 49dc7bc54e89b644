// strips.c - the page map and the strip of changes above the bytes.
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

enum { LABEL = 10, LEGEND = 34 }; // cells left of a strip, and right of it where there is room

static int strip_width(int cols) {
    int width = cols - LABEL - 2 - (cols >= 76 ? LEGEND : 0);
    return width < 1 ? 1 : width < STRIP_MAX ? width : STRIP_MAX;
}

size_t hex_strip_columns(int rows, int cols) {
    struct hex_layout l;
    hex_layout(rows, cols, true, &l);
    return l.too_small || l.changes.rows == 0 ? 0 : (size_t)strip_width(cols);
}

// The column of an offset.
static size_t column_of(const struct view_hex *v, uint64_t offset) {
    double place = v->size ? (double)offset / (double)v->size : 0.0;
    size_t i = (size_t)(place * (double)v->strips->count);
    return i < v->strips->count ? i : v->strips->count - 1;
}

// Cells of one column: a segment of few pages has fewer columns than there are cells.
static struct rect column_rect(const struct view_hex *v, struct rect r, size_t i) {
    size_t n = v->strips->count, width = (size_t)r.cols;
    int from = (int)(i * width / n), to = (int)((i + 1) * width / n);
    return (struct rect){r.y, r.x + from, 1, to - from};
}

// Draws label and brackets; what is between them is left to the caller.
static struct rect frame(struct canvas *c, struct rect r, const char *label) {
    int width = strip_width(r.cols);
    canvas_text(c, r.y, r.x + 1, LABEL - 2, STYLE_DIM, label);
    canvas_text(c, r.y, r.x + LABEL - 1, 1, STYLE_BORDER, "[");
    canvas_text(c, r.y, r.x + LABEL + width, 1, STYLE_BORDER, "]");
    return (struct rect){r.y, r.x + LABEL, 1, width};
}

static void legend(struct canvas *c, struct rect r, const char *text) {
    int x = LABEL + strip_width(r.cols) + 2;
    canvas_fit(c, r.y, r.x + x, r.cols - x - 1, STYLE_DIM, text);
}

static void draw_map(struct canvas *c, struct rect r, const struct view_hex *v) {
    const struct view_strips *s = v->strips;
    struct rect strip = frame(c, r, "pages");
    uint64_t resident = 0, swapped = 0;
    bool known = true;
    char text[64], size[2][16];
    for (size_t i = 0; i < s->count; i++) {
        uint64_t part = s->column[i].resident, of = s->column[i].size;
        resident += part;
        swapped += s->column[i].swapped;
        known &= s->column[i].known;
        uint64_t step = part && of ? (uint64_t)((double)part / (double)of * 8.0) : 0;
        uint32_t sign = !s->column[i].known           ? '?'
                        : s->column[i].swapped > part ? '~'
                        : part == 0                   ? 0xb7
                                                      : 0x2580 + (uint32_t)(step < 1   ? 1
                                                                            : step > 8 ? 8
                                                                                       : step);
        canvas_fill(c, column_rect(v, strip, i),
                    sign == 0xb7 || sign == '?' ? STYLE_HEX_HOLE
                    : sign == '~'               ? STYLE_WARN
                                                : STYLE_BAR1,
                    sign);
    }
    snprintf(text, sizeof(text), "%s%s of %s in memory", known ? "" : "\u2265",
             fmt_size(resident, size[0]), fmt_size(v->size, size[1]));
    if (swapped)
        snprintf(text, sizeof(text), "%s here, %s ~ swapped out", fmt_size(resident, size[0]),
                 fmt_size(swapped, size[1]));
    legend(c, r, text);
}

static void draw_changes(struct canvas *c, struct rect r, const struct view_hex *v) {
    const struct view_strips *s = v->strips;
    struct rect strip = frame(c, r, "changes");
    uint64_t most = 1;
    for (size_t i = 0; i < s->count; i++)
        most = s->column[i].changed > most ? s->column[i].changed : most;
    for (size_t i = 0; i < s->count; i++) {
        uint64_t n = s->column[i].changed;
        // By powers of two: one byte is seen beside a million.
        unsigned bits = 0, all = 1;
        while (n >> bits > 1)
            bits++;
        while (most >> all > 1)
            all++;
        uint32_t step = n ? 1 + bits * 6 / all : 0;
        canvas_fill(c, column_rect(v, strip, i), n ? STYLE_CHANGED2 : STYLE_HEX_HOLE,
                    0x2581 + step);
    }
    size_t here = column_of(v, v->top);
    canvas_restyle(c, column_rect(v, strip, here), STYLE_CURSOR);
    char text[64];
    if (!s->sweeping)
        snprintf(text, sizeof(text), "of the bytes on the screen, 60 s");
    else if (s->round_ns > UINT64_C(1500000000))
        snprintf(text, sizeof(text), "last 60 s, seen each %.0f s", (double)s->round_ns / 1e9);
    else if (s->round_ns == 0 && s->swept < s->sweep_total)
        snprintf(text, sizeof(text), "last 60 s, %.0f%% looked at",
                 (double)s->swept / (double)s->sweep_total * 100.0);
    else
        snprintf(text, sizeof(text), "where bytes changed, last 60 s");
    legend(c, r, text);
}

void strips_draw(struct canvas *c, const struct hex_layout *l, const struct view_hex *v) {
    if (!v->strips || v->strips->count == 0)
        return;
    if (l->map.rows)
        draw_map(c, l->map, v);
    if (l->changes.rows)
        draw_changes(c, l->changes, v);
}
