// vt_svg.c - the cells of a terminal screen as an SVG picture.
//
// Box drawing, blocks and sparkline cells are drawn as shapes, so that joints are perfect in any
// font; everything else is text placed cell by cell.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/vt.h"

enum { CW = 9, CH = 20 }; // size of a cell in pixels

struct palette {
    uint8_t fg[3], bg[3];
};

static const struct palette dark = {{0xd8, 0xde, 0xe9}, {0x15, 0x18, 0x1e}};
static const struct palette light = {{0x24, 0x29, 0x2f}, {0xff, 0xff, 0xff}};

static void color(char buf[8], const uint8_t c[3]) {
    snprintf(buf, 8, "#%02x%02x%02x", c[0], c[1], c[2]);
}

static void cell_colors(const struct vt_cell *cell, const struct palette *p, char fg[8],
                        char bg[8]) {
    const uint8_t *f = cell->default_fg ? p->fg : cell->fg;
    const uint8_t *b = cell->default_bg ? p->bg : cell->bg;
    color(fg, cell->reverse ? b : f);
    color(bg, cell->reverse ? f : b);
}

static void rect(FILE *f, double x, double y, double w, double h, const char *fill) {
    fprintf(f, "<rect x='%.6g' y='%.6g' width='%.6g' height='%.6g' fill='%s'/>\n", x, y, w, h,
            fill);
}

// Arms of a light box-drawing character: 1 left, 2 right, 4 up, 8 down.
static int box_arms(uint32_t ch) {
    static const struct {
        uint32_t ch;
        int arms;
    } table[] = {{0x2500, 3},  {0x2502, 12}, {0x250c, 10}, {0x2510, 9}, {0x2514, 6}, {0x2518, 5},
                 {0x251c, 14}, {0x2524, 13}, {0x252c, 11}, {0x2534, 7}, {0x253c, 15}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].ch == ch)
            return table[i].arms;
    return 0;
}

static bool draw_shape(FILE *f, uint32_t ch, double x, double y, const char *fg) {
    int arms = box_arms(ch);
    if (arms) {
        double cx = x + CW / 2.0, cy = y + CH / 2.0;
        if (arms & 3)
            rect(f, arms & 1 ? x : cx - 0.6, cy - 0.6,
                 (arms & 1 ? CW / 2.0 : 0.6) + (arms & 2 ? CW / 2.0 : 0.6), 1.2, fg);
        if (arms & 12)
            rect(f, cx - 0.6, arms & 4 ? y : cy, 1.2,
                 (arms & 4 ? CH / 2.0 : 0) + (arms & 8 ? CH / 2.0 : 0), fg);
        return true;
    }
    if (ch >= 0x2581 && ch <= 0x2588) { // lower eighths
        double h = CH * (double)(ch - 0x2580) / 8;
        rect(f, x, y + CH - h, CW, h, fg);
        return true;
    }
    if (ch >= 0x2589 && ch <= 0x258f) { // left eighths
        rect(f, x, y, CW * (double)(0x2590 - ch) / 8, CH, fg);
        return true;
    }
    return false;
}

static void put_utf8(FILE *f, uint32_t ch) {
    if (ch == '<' || ch == '>' || ch == '&' || ch == '\'')
        fprintf(f, "&#%u;", ch);
    else if (ch < 0x80)
        fputc((int)ch, f);
    else
        fprintf(f, "&#x%x;", ch);
}

static void draw_text(FILE *f, const struct vt_cell *cell, double x, double y, const char *fg) {
    if (cell->ch[0] == 0 || cell->ch[0] == ' ')
        return;
    if (!draw_shape(f, cell->ch[0], x, y, fg)) {
        fprintf(f, "<text x='%.6g' y='%.6g' fill='%s'%s>", x, y + 14.5, fg,
                cell->bold ? " font-weight='bold'" : "");
        for (int i = 0; i < 6 && cell->ch[i]; i++)
            put_utf8(f, cell->ch[i]);
        fputs("</text>\n", f);
    }
}

// Cells of one background become one rectangle, so that no seams show between them.
static void draw_backgrounds(FILE *f, struct vt *vt, int y, int cols, const struct palette *p) {
    struct vt_cell cell;
    char fg[8], bg[8], run[8];
    int from = 0;
    color(run, p->bg);
    for (int x = 0; x <= cols; x++) {
        color(bg, p->bg);
        if (x < cols) {
            vt_cell(vt, y, x, &cell);
            cell_colors(&cell, p, fg, bg);
            if (cell.ch[0] == UINT32_MAX) // right half of a wide character
                continue;
        }
        if (x < cols && strcmp(bg, run) == 0)
            continue;
        char base[8];
        color(base, p->bg);
        if (strcmp(run, base) != 0)
            rect(f, 8 + from * CW, 8 + y * CH, (x - from) * CW, CH, run);
        memcpy(run, bg, sizeof run);
        from = x;
    }
}

static void draw_row(FILE *f, struct vt *vt, int y, int cols, const struct palette *p) {
    struct vt_cell cell;
    char fg[8], bg[8];
    draw_backgrounds(f, vt, y, cols, p);
    for (int x = 0; x < cols; x++) {
        vt_cell(vt, y, x, &cell);
        cell_colors(&cell, p, fg, bg);
        int w = cell.width > 1 ? cell.width : 1;
        if (cell.underline)
            rect(f, 8 + x * CW, 8 + y * CH + 17, w * CW, 1, fg);
        draw_text(f, &cell, 8 + x * CW, 8 + y * CH, fg);
        x += w - 1;
    }
}

int vt_svg(struct vt *vt, const char *path, bool is_light) {
    const struct palette *p = is_light ? &light : &dark;
    int rows = 0, cols = 0;
    vt_dimensions(vt, &rows, &cols);
    FILE *f = fopen(path, "we");
    if (!f)
        return -errno;
    char bg[8];
    color(bg, p->bg);
    fprintf(f,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' "
            "font-family='DejaVu Sans Mono' font-size='15' xml:space='preserve'>\n",
            cols * CW + 16, rows * CH + 16);
    fprintf(f, "<rect width='100%%' height='100%%' rx='6' fill='%s'/>\n", bg);
    for (int y = 0; y < rows; y++)
        draw_row(f, vt, y, cols, p);
    fputs("</svg>\n", f);
    return fclose(f) == 0 ? 0 : -errno;
}
