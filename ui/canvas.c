// canvas.c - the grid of cells: clipping, wide characters, combining marks, ASCII fallback.
#include "ui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

// What stands in for a character outside ASCII; ranges are looked up in order.
static const struct {
    uint32_t from, to;
    char ascii;
} ascii_table[] = {
    {0x00a0, 0x00a0, ' '}, // no-break space
    {0x00b7, 0x00b7, '.'}, // middle dot
    {0x00d7, 0x00d7, 'x'}, // multiplication sign
    {0x2010, 0x2015, '-'}, // hyphens and dashes
    {0x2018, 0x2019, '\''}, {0x201c, 0x201d, '"'}, {0x2022, 0x2022, '*'}, {0x2026, 0x2026, '~'},
    {0x2190, 0x2190, '<'},  {0x2191, 0x2191, '^'}, {0x2192, 0x2192, '>'}, {0x2193, 0x2193, 'v'},
    {0x2264, 0x2264, '<'},  {0x2265, 0x2265, '>'}, {0x2500, 0x2501, '-'}, // horizontal lines
    {0x2502, 0x2503, '|'},                                                // vertical lines
    {0x2504, 0x2505, '-'},  {0x2506, 0x2507, '|'}, {0x2508, 0x2509, '-'}, {0x250a, 0x250b, '|'},
    {0x250c, 0x254b, '+'}, // corners, tees, crosses
    {0x254c, 0x254d, '-'},  {0x254e, 0x254f, '|'}, {0x2550, 0x2550, '-'}, {0x2551, 0x2551, '|'},
    {0x2552, 0x257f, '+'},  {0x2580, 0x2580, '#'}, {0x2581, 0x2583, '.'}, // blocks by eighths
    {0x2584, 0x2586, ':'},  {0x2587, 0x2588, '#'}, {0x2589, 0x258f, '|'}, {0x2590, 0x259f, '#'},
    {0x25b2, 0x25b2, '^'},  {0x25ba, 0x25ba, '>'}, {0x25bc, 0x25bc, 'v'}, {0x25c4, 0x25c4, '<'},
};

uint32_t canvas_ascii(uint32_t cp) {
    if (cp >= 0x20 && cp < 0x7f)
        return cp;
    for (size_t i = 0; i < sizeof(ascii_table) / sizeof(ascii_table[0]); i++) {
        if (cp >= ascii_table[i].from && cp <= ascii_table[i].to)
            return (uint32_t)ascii_table[i].ascii;
    }
    return '?';
}

struct canvas *canvas_new(int rows, int cols, bool utf8) {
    if (rows < 0 || cols < 0)
        return NULL;
    struct canvas *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->rows = rows;
    c->cols = cols;
    c->utf8 = utf8;
    size_t n = (size_t)rows * (size_t)cols;
    c->cells = calloc(n ? n : 1, sizeof(*c->cells));
    if (!c->cells) {
        free(c);
        return NULL;
    }
    canvas_clear(c);
    return c;
}

void canvas_free(struct canvas *c) {
    if (!c)
        return;
    free(c->cells);
    free(c);
}

static const struct cell blank = {{' ', 0, 0}, STYLE_NORMAL, 1};

void canvas_clear(struct canvas *c) {
    size_t n = (size_t)c->rows * (size_t)c->cols;
    for (size_t i = 0; i < n; i++)
        c->cells[i] = blank;
    c->cursor_y = c->cursor_x = -1;
}

static struct cell *cell_at(struct canvas *c, int y, int x) {
    if (y < 0 || x < 0 || y >= c->rows || x >= c->cols)
        return NULL;
    return &c->cells[(size_t)y * (size_t)c->cols + (size_t)x];
}

// Half of a wide character that is overwritten leaves a blank in the other half.
static void part_wide(struct canvas *c, int y, int x) {
    struct cell *cell = cell_at(c, y, x);
    if (!cell || cell->width == 1)
        return;
    struct cell *other = cell_at(c, y, cell->width == 0 ? x - 1 : x + 1);
    if (other) {
        other->ch[0] = ' ';
        other->ch[1] = other->ch[2] = 0;
        other->width = 1;
    }
}

static void put_narrow(struct canvas *c, int y, int x, enum style style, uint32_t cp) {
    struct cell *cell = cell_at(c, y, x);
    if (!cell)
        return;
    part_wide(c, y, x);
    *cell = (struct cell){{cp, 0, 0}, (uint8_t)style, 1};
}

static void put_wide(struct canvas *c, int y, int x, enum style style, uint32_t cp) {
    struct cell *left = cell_at(c, y, x), *right = cell_at(c, y, x + 1);
    if (!left || !right) { // cut by an edge: the half in sight is blank
        put_narrow(c, y, x, style, ' ');
        put_narrow(c, y, x + 1, style, ' ');
        return;
    }
    part_wide(c, y, x);
    part_wide(c, y, x + 1);
    *left = (struct cell){{cp, 0, 0}, (uint8_t)style, 2};
    *right = (struct cell){{0, 0, 0}, (uint8_t)style, 0};
}

static void put_combining(struct canvas *c, int y, int x, uint32_t cp) {
    struct cell *cell = cell_at(c, y, x);
    if (!cell || !c->utf8)
        return;
    if (!cell->ch[1])
        cell->ch[1] = cp;
    else if (!cell->ch[2])
        cell->ch[2] = cp;
}

// Draws the first `len` bytes of text; stops before what does not fit in `width` cells.
static int put_text(struct canvas *c, int y, int x, int width, enum style style, const char *text,
                    size_t len) {
    int used = 0, last = -1; // last: offset of the cell that combining marks go to
    for (size_t i = 0; i < len;) {
        uint32_t cp = 0;
        size_t n = utf8_decode(text + i, len - i, &cp);
        int w = n ? cp_width(cp) : -1;
        i += n ? n : 1;
        if (w == 0) {
            if (last >= 0)
                put_combining(c, y, x + last, cp);
            continue;
        }
        if (w < 0) { // never meant to come here: text was escaped before
            cp = '?';
            w = 1;
        }
        if (used + w > width)
            break;
        last = used;
        if (!c->utf8)
            cp = canvas_ascii(cp);
        if (w == 2 && !c->utf8) { // two cells, so that columns stay where they are
            put_narrow(c, y, x + used, style, cp);
            put_narrow(c, y, x + used + 1, style, cp);
        } else if (w == 2) {
            put_wide(c, y, x + used, style, cp);
        } else {
            put_narrow(c, y, x + used, style, cp);
        }
        used += w;
    }
    return used;
}

int canvas_text(struct canvas *c, int y, int x, int width, enum style style, const char *text) {
    return put_text(c, y, x, width, style, text, strlen(text));
}

int canvas_textf(struct canvas *c, int y, int x, int width, enum style style, const char *fmt,
                 ...) {
    char buf[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    if (n < 0)
        return 0;
    size_t len = (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1;
    return put_text(c, y, x, width, style, buf, len);
}

int canvas_fit(struct canvas *c, int y, int x, int width, enum style style, const char *text) {
    if (width <= 0)
        return 0;
    size_t total = text_width(text), used = 0;
    if (total <= (size_t)width)
        return canvas_text(c, y, x, width, style, text);
    size_t len = text_clip(text, (size_t)width - 1, &used);
    int n = put_text(c, y, x, width - 1, style, text, len);
    return n + canvas_text(c, y, x + n, 1, style, "\u2026");
}

void canvas_text_right(struct canvas *c, int y, int x, int width, enum style style,
                       const char *text) {
    if (width <= 0)
        return;
    canvas_fill(c, (struct rect){y, x, 1, width}, style, ' ');
    int w = (int)text_width(text);
    if (w > width)
        canvas_fit(c, y, x, width, style, text);
    else
        canvas_text(c, y, x + width - w, w, style, text);
}

void canvas_fill(struct canvas *c, struct rect r, enum style style, uint32_t ch) {
    if (!c->utf8)
        ch = canvas_ascii(ch);
    for (int y = r.y < 0 ? 0 : r.y; y < r.y + r.rows && y < c->rows; y++) {
        for (int x = r.x < 0 ? 0 : r.x; x < r.x + r.cols && x < c->cols; x++)
            put_narrow(c, y, x, style, ch);
    }
}

void canvas_restyle(struct canvas *c, struct rect r, enum style style) {
    for (int y = r.y < 0 ? 0 : r.y; y < r.y + r.rows && y < c->rows; y++) {
        for (int x = r.x < 0 ? 0 : r.x; x < r.x + r.cols && x < c->cols; x++)
            cell_at(c, y, x)->style = (uint8_t)style;
    }
}

void canvas_hline(struct canvas *c, int y, int x, int width, enum style style) {
    canvas_fill(c, (struct rect){y, x, 1, width}, style, 0x2500);
}

void canvas_box(struct canvas *c, struct rect r, enum style style, const char *title) {
    if (r.rows < 2 || r.cols < 2)
        return;
    int bottom = r.y + r.rows - 1, right = r.x + r.cols - 1;
    canvas_hline(c, r.y, r.x + 1, r.cols - 2, style);
    canvas_hline(c, bottom, r.x + 1, r.cols - 2, style);
    canvas_fill(c, (struct rect){r.y + 1, r.x, r.rows - 2, 1}, style, 0x2502);
    canvas_fill(c, (struct rect){r.y + 1, right, r.rows - 2, 1}, style, 0x2502);
    canvas_fill(c, (struct rect){r.y, r.x, 1, 1}, style, 0x250c);
    canvas_fill(c, (struct rect){r.y, right, 1, 1}, style, 0x2510);
    canvas_fill(c, (struct rect){bottom, r.x, 1, 1}, style, 0x2514);
    canvas_fill(c, (struct rect){bottom, right, 1, 1}, style, 0x2518);
    if (title && title[0] && r.cols > 6) {
        int n = canvas_fit(c, r.y, r.x + 3, r.cols - 6, STYLE_STRONG, title);
        canvas_text(c, r.y, r.x + 2, 1, style, " ");
        canvas_text(c, r.y, r.x + 3 + n, 1, style, " ");
    }
}
