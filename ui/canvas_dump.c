// canvas_dump.c - a canvas as plain text, as a plane of attributes, and as a picture.
#include "ui/canvas_dump.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

struct out {
    char *text;
    size_t len, size;
    bool failed;
};

static void add(struct out *o, const char *bytes, size_t len) {
    if (o->len + len + 1 > o->size) {
        size_t size = o->size ? o->size * 2 : 4096;
        while (size < o->len + len + 1)
            size *= 2;
        char *text = o->failed ? NULL : realloc(o->text, size);
        if (!text) {
            o->failed = true;
            return;
        }
        o->text = text;
        o->size = size;
    }
    memcpy(o->text + o->len, bytes, len);
    o->len += len;
    o->text[o->len] = '\0';
}

static void addf(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void addf(struct out *o, const char *fmt, ...) {
    char buf[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    add(o, buf, n < 0 ? 0 : (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
}

static char *finish(struct out *o) {
    add(o, "", 0);
    if (o->failed) {
        free(o->text);
        return NULL;
    }
    return o->text;
}

static const struct cell *cell_at(const struct canvas *c, int y, int x) {
    return &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
}

static void add_cp(struct out *o, uint32_t cp) {
    char utf8[4];
    add(o, utf8, utf8_encode(cp, utf8));
}

static void cut_blanks(struct out *o, size_t from) {
    while (o->len > from && o->text[o->len - 1] == ' ')
        o->len--;
    add(o, "\n", 1);
}

char *canvas_dump_text(const struct canvas *c) {
    struct out o = {0};
    for (int y = 0; y < c->rows; y++) {
        size_t from = o.len;
        for (int x = 0; x < c->cols; x++) {
            const struct cell *cell = cell_at(c, y, x);
            for (int i = 0; i < 3 && cell->ch[i]; i++)
                add_cp(&o, cell->ch[i]);
        }
        cut_blanks(&o, from);
    }
    return finish(&o);
}

char *canvas_dump_attributes(const struct canvas *c, const struct theme *theme, int colors) {
    struct out o = {0};
    for (int y = 0; y < c->rows; y++) {
        size_t from = o.len;
        for (int x = 0; x < c->cols; x++) {
            unsigned attr = theme_look(theme, cell_at(c, y, x)->style, colors)->attr;
            char letter = attr == 0                ? ' '
                          : attr == ATTR_BOLD      ? 'b'
                          : attr == ATTR_DIM       ? 'd'
                          : attr == ATTR_REVERSE   ? 'r'
                          : attr == ATTR_UNDERLINE ? 'u'
                                                   : '+';
            add(&o, &letter, 1);
        }
        cut_blanks(&o, from);
    }
    return finish(&o);
}

// ---- picture

// DejaVu Sans Mono is 0.602 em wide, which makes a cell of 14 pixels 8.43 wide.
static const double cell_w = 8.43, cell_h = 17.0, base = 13.0, font = 14.0, border = 10.0;
// What a terminal has by default.
static const struct page {
    uint32_t fg, bg;
} dark_page = {0xd8dee9, 0x15181e}, light_page = {0x24292f, 0xffffff};

// The xterm palette: 16 basic ones, a cube of 6x6x6, 24 greys.
static uint32_t palette(short index, uint32_t own) {
    static const uint32_t basic[16] = {0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc,
                                       0x11a8cd, 0xe5e5e5, 0x666666, 0xf14c4c, 0x23d18b, 0xf5f543,
                                       0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff};
    static const uint8_t steps[6] = {0, 95, 135, 175, 215, 255};
    if (index < 0)
        return own;
    if (index < 16)
        return basic[index];
    if (index >= 232) {
        uint32_t grey = (uint32_t)(8 + 10 * (index - 232));
        return grey << 16 | grey << 8 | grey;
    }
    index = (short)(index - 16);
    return (uint32_t)steps[index / 36] << 16 | (uint32_t)steps[index / 6 % 6] << 8 |
           steps[index % 6];
}

struct paint {
    uint32_t fg, bg;
    bool bold, underline;
};

static struct paint paint_of(const struct theme *theme, const struct page *page, enum style style) {
    const struct look *look = theme_look(theme, style, 256);
    struct paint p = {palette(look->fg, page->fg), palette(look->bg, page->bg),
                      look->attr & ATTR_BOLD, look->attr & ATTR_UNDERLINE};
    if (look->attr & ATTR_REVERSE) {
        uint32_t fg = p.fg;
        p.fg = p.bg;
        p.bg = fg;
    }
    return p;
}

static void add_rect(struct out *o, double x, double y, double w, double h, uint32_t color) {
    addf(o,
         "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#%06" PRIx32 "\"/>\n",
         x, y, w, h, color);
}

// Lines, corners and blocks; false: a character for the font.
static bool add_shape(struct out *o, double x, double y, uint32_t cp, uint32_t color) {
    enum { LEFT = 1, RIGHT = 2, UP = 4, DOWN = 8 };
    static const struct {
        uint32_t cp;
        unsigned arms;
    } lines[] = {{0x2500, LEFT | RIGHT},      {0x2502, UP | DOWN},       {0x250c, RIGHT | DOWN},
                 {0x2510, LEFT | DOWN},       {0x2514, RIGHT | UP},      {0x2518, LEFT | UP},
                 {0x251c, RIGHT | UP | DOWN}, {0x2524, LEFT | UP | DOWN}};
    if (cp >= 0x2581 && cp <= 0x2588) {
        double h = cell_h * (cp - 0x2580) / 8.0;
        add_rect(o, x, y + cell_h - h, cell_w, h, color);
        return true;
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (lines[i].cp != cp)
            continue;
        double cx = x + cell_w / 2 - 0.5, cy = y + cell_h / 2 - 0.5;
        unsigned arms = lines[i].arms;
        if (arms & (LEFT | RIGHT)) {
            double from = arms & LEFT ? x : cx, to = arms & RIGHT ? x + cell_w : cx + 1;
            add_rect(o, from, cy, to - from, 1, color);
        }
        if (arms & (UP | DOWN)) {
            double from = arms & UP ? y : cy, to = arms & DOWN ? y + cell_h : cy + 1;
            add_rect(o, cx, from, 1, to - from, color);
        }
        return true;
    }
    return false;
}

static void add_glyph(struct out *o, double x, double y, const struct cell *cell,
                      const struct paint *p) {
    addf(o, "<text x=\"%.2f\" y=\"%.2f\" fill=\"#%06" PRIx32 "\"%s>", x, y + base, p->fg,
         p->bold ? " font-weight=\"bold\"" : "");
    for (int i = 0; i < 3 && cell->ch[i]; i++) {
        if (cell->ch[i] == '<' || cell->ch[i] == '>' || cell->ch[i] == '&')
            addf(o, "&#%" PRIu32 ";", cell->ch[i]);
        else
            add_cp(o, cell->ch[i]);
    }
    addf(o, "</text>\n");
}

// Stretches of one background are one rectangle, so that no seam shows.
static void add_background(struct out *o, const struct canvas *c, int y, const struct theme *theme,
                           const struct page *page) {
    for (int x = 0, end; x < c->cols; x = end) {
        uint32_t bg = paint_of(theme, page, cell_at(c, y, x)->style).bg;
        for (end = x + 1; end < c->cols; end++)
            if (paint_of(theme, page, cell_at(c, y, end)->style).bg != bg)
                break;
        if (bg != page->bg)
            add_rect(o, border + x * cell_w, border + y * cell_h, (end - x) * cell_w, cell_h, bg);
    }
}

char *canvas_dump_svg(const struct canvas *c, const struct theme *theme, bool light) {
    const struct page *page = light ? &light_page : &dark_page;
    struct out o = {0};
    double w = c->cols * cell_w + 2 * border, h = c->rows * cell_h + 2 * border;
    addf(&o,
         "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
         "font-family=\"DejaVu Sans Mono\" font-size=\"%.0f\">\n",
         w, h, font);
    addf(&o, "<rect width=\"100%%\" height=\"100%%\" rx=\"6\" fill=\"#%06" PRIx32 "\"/>\n",
         page->bg);
    for (int y = 0; y < c->rows; y++) {
        add_background(&o, c, y, theme, page);
        for (int x = 0; x < c->cols; x++) {
            const struct cell *cell = cell_at(c, y, x);
            struct paint p = paint_of(theme, page, cell->style);
            double px = border + x * cell_w, py = border + y * cell_h;
            if (cell->width == 0)
                continue;
            if (p.underline)
                add_rect(&o, px, py + base + 2, cell->width * cell_w, 1, p.fg);
            if (cell->ch[0] != ' ' && !add_shape(&o, px, py, cell->ch[0], p.fg))
                add_glyph(&o, px, py, cell, &p);
        }
    }
    addf(&o, "</svg>\n");
    return finish(&o);
}
