// test_canvas.c - the grid of cells: clipping, wide and combining characters, ASCII, themes, dumps.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <math.h>
#include <string.h>

#include "ui/canvas.h"
#include "ui/canvas_dump.h"
#include "ui/style.h"

static void assert_canvas(const struct canvas *c, const char *want) {
    char *got = canvas_dump_text(c);
    assert_non_null(got);
    assert_string_equal(got, want);
    free(got);
}

// Every wide left half has its right half, and the other way round.
static void assert_whole(const struct canvas *c) {
    for (int y = 0; y < c->rows; y++) {
        for (int x = 0; x < c->cols; x++) {
            const struct cell *cell = &c->cells[y * c->cols + x];
            assert_true(cell->style < STYLE_COUNT);
            if (cell->width == 2)
                assert_true(x + 1 < c->cols && cell[1].width == 0);
            if (cell->width == 0)
                assert_true(x > 0 && cell[-1].width == 2);
        }
    }
}

static void text_is_clipped_at_every_edge(void **state) {
    (void)state;
    struct canvas *c = canvas_new(2, 5, true);
    assert_int_equal(canvas_text(c, 0, 3, 9, STYLE_NORMAL, "abcd"), 4);
    assert_int_equal(canvas_text(c, 1, -2, 9, STYLE_NORMAL, "abcd"), 4);
    canvas_text(c, 2, 0, 9, STYLE_NORMAL, "below");
    canvas_text(c, -1, 0, 9, STYLE_NORMAL, "above");
    assert_canvas(c, "   ab\ncd\n");
    canvas_free(c);
}

static void text_stops_at_its_width(void **state) {
    (void)state;
    struct canvas *c = canvas_new(1, 8, true);
    assert_int_equal(canvas_text(c, 0, 0, 3, STYLE_NORMAL, "abcdef"), 3);
    assert_int_equal(canvas_text(c, 0, 4, 3, STYLE_NORMAL, "\u65e5\u672c"), 2); // half would not do
    assert_canvas(c, "abc \u65e5\n");
    assert_int_equal(canvas_text(c, 0, 0, 0, STYLE_NORMAL, "x"), 0);
    assert_int_equal(canvas_text(c, 0, 0, -3, STYLE_NORMAL, "x"), 0);
    canvas_free(c);
}

static void overwriting_half_of_a_wide_character_blanks_the_other(void **state) {
    (void)state;
    struct canvas *c = canvas_new(1, 6, true);
    canvas_text(c, 0, 0, 6, STYLE_NORMAL, "\u65e5\u672c\u8a9e");
    canvas_text(c, 0, 1, 1, STYLE_NORMAL, "x"); // right half of the first
    canvas_text(c, 0, 2, 1, STYLE_NORMAL, "y"); // left half of the second
    assert_canvas(c, " xy \u8a9e\n");
    assert_whole(c);
    canvas_text(c, 0, 3, 2, STYLE_NORMAL, "\u8a9e"); // wide over a blank and a left half
    assert_canvas(c, " xy\u8a9e\n");
    assert_whole(c);
    canvas_free(c);
}

static void a_wide_character_cut_by_an_edge_is_a_blank(void **state) {
    (void)state;
    struct canvas *c = canvas_new(1, 4, true);
    canvas_fill(c, (struct rect){0, 0, 1, 4}, STYLE_NORMAL, '.');
    canvas_text(c, 0, 3, 2, STYLE_NORMAL, "\u65e5");
    canvas_text(c, 0, -1, 2, STYLE_NORMAL, "\u65e5");
    assert_canvas(c, " ..\n");
    assert_whole(c);
    canvas_free(c);
}

static void combining_marks_join_the_character_before(void **state) {
    (void)state;
    struct canvas *c = canvas_new(1, 4, true);
    assert_int_equal(canvas_text(c, 0, 0, 4, STYLE_NORMAL, "e\u0301\u0302\u0303x"), 2);
    assert_int_equal(c->cells[0].ch[1], 0x301);
    assert_int_equal(c->cells[0].ch[2], 0x302); // a third one has no room
    assert_int_equal(c->cells[1].ch[0], 'x');
    canvas_text(c, 0, 0, 4, STYLE_NORMAL, "a");
    assert_int_equal(c->cells[0].ch[1], 0);
    assert_int_equal(canvas_text(c, 0, 2, 2, STYLE_NORMAL, "\u0301"), 0); // nothing to join
    canvas_free(c);
}

static void ascii_mode_shows_nothing_outside_ascii(void **state) {
    (void)state;
    struct canvas *c = canvas_new(4, 12, false);
    canvas_box(c, (struct rect){0, 0, 3, 12}, STYLE_BORDER, "");
    canvas_text(c, 1, 1, 10, STYLE_NORMAL, "\u2581\u2584\u2588 \u2026\u25bc\u65e5e\u0301");
    canvas_text(c, 3, 0, 12, STYLE_NORMAL, "\u00b7\u2022\u00e9\u2192|");
    assert_canvas(c, "+----------+\n|.:# ~v??e |\n+----------+\n.*?>|\n");
    for (int i = 0; i < c->rows * c->cols; i++) {
        assert_in_range(c->cells[i].ch[0], 0x20, 0x7e);
        assert_int_equal(c->cells[i].ch[1], 0);
        assert_int_equal(c->cells[i].width, 1);
    }
    canvas_free(c);
}

static void control_bytes_never_reach_a_cell(void **state) {
    (void)state;
    struct canvas *c = canvas_new(1, 12, true);
    canvas_text(c, 0, 0, 12, STYLE_NORMAL, "a\033[31m\nb\x7f\xff\xc2\x9b");
    for (int i = 0; i < c->cols; i++) {
        uint32_t ch = c->cells[i].ch[0];
        assert_false(ch < 0x20 || (ch >= 0x7f && ch < 0xa0));
    }
    canvas_free(c);
}

static void fitted_text_ends_in_an_ellipsis_when_cut(void **state) {
    (void)state;
    struct canvas *c = canvas_new(4, 6, true);
    assert_int_equal(canvas_fit(c, 0, 0, 6, STYLE_NORMAL, "abcdef"), 6);
    assert_int_equal(canvas_fit(c, 1, 0, 6, STYLE_NORMAL, "abcdefg"), 6);
    assert_int_equal(canvas_fit(c, 2, 0, 6, STYLE_NORMAL, "\u65e5\u672c\u8a9e\u65e5"), 5);
    canvas_text_right(c, 3, 0, 6, STYLE_NORMAL, "\u65e5x");
    assert_canvas(c, "abcdef\nabcde\u2026\n\u65e5\u672c\u2026\n   \u65e5x\n");
    canvas_free(c);
}

static void shapes_outside_the_canvas_write_nothing(void **state) {
    (void)state;
    struct canvas *c = canvas_new(3, 3, true);
    canvas_fill(c, (struct rect){-5, -5, 100, 100}, STYLE_DIM, '.');
    canvas_box(c, (struct rect){-1, -1, 5, 5}, STYLE_BORDER, "title that is long");
    canvas_box(c, (struct rect){0, 0, 1, 1}, STYLE_BORDER, "");
    canvas_restyle(c, (struct rect){1, 1, 50, 50}, STYLE_SELECTED);
    canvas_hline(c, 7, 0, 3, STYLE_BORDER);
    canvas_fill(c, (struct rect){0, 0, -1, -1}, STYLE_DIM, 'x');
    assert_canvas(c, "...\n...\n...\n");
    assert_int_equal(c->cells[4].style, STYLE_SELECTED);
    assert_int_equal(c->cells[3].style, STYLE_DIM);
    canvas_free(c);
}

static void a_canvas_without_cells_is_harmless(void **state) {
    (void)state;
    struct canvas *c = canvas_new(0, 0, true);
    canvas_text(c, 0, 0, 5, STYLE_NORMAL, "x");
    canvas_clear(c);
    assert_canvas(c, "");
    canvas_free(c);
    assert_null(canvas_new(-1, 5, true));
    canvas_free(NULL);
}

// Whatever is drawn where, halves of wide characters stay together.
static void random_drawing_keeps_halves_together(void **state) {
    (void)state;
    static const char *const texts[] = {"\u65e5\u672c\u8a9e", "ab", "e\u0301\u65e5",
                                        "\u2026x\u65e5"};
    uint32_t seed = 12345;
    struct canvas *c = canvas_new(3, 9, true);
    for (int i = 0; i < 5000; i++) {
        seed = seed * 1664525 + 1013904223;
        int y = (int)(seed >> 28) % 4, x = (int)(seed >> 20 & 15) - 3;
        canvas_text(c, y, x, (int)(seed >> 16 & 7), STYLE_NORMAL, texts[seed >> 12 & 3]);
    }
    assert_whole(c);
    canvas_free(c);
}

static void every_theme_has_a_readable_look_for_every_style(void **state) {
    (void)state;
    static const int colors[] = {0, 8, 256};
    for (size_t t = 0; themes[t]; t++) {
        assert_ptr_equal(theme_by_name(themes[t]->name), themes[t]);
        for (int s = 0; s < STYLE_COUNT; s++) {
            for (size_t i = 0; i < 3; i++) {
                const struct look *look = theme_look(themes[t], (enum style)s, colors[i]);
                short most = (short)(colors[i] == 256 ? 255 : colors[i] == 8 ? 7 : -1);
                assert_in_range(look->fg + 1, 0, most + 1);
                assert_in_range(look->bg + 1, 0, most + 1);
                if (look->fg >= 0)
                    assert_int_not_equal(look->fg, look->bg);
                if (colors[i] == 8 && look->fg >= 0) // the Linux console cannot show both
                    assert_int_equal(look->attr & (ATTR_DIM | ATTR_UNDERLINE), 0);
                if (look->bg < 0) { // black or plain blue on an unknown background
                    assert_int_not_equal(look->fg, 0);
                    assert_int_not_equal(look->fg, 4);
                }
            }
        }
    }
    assert_null(theme_by_name("no such theme"));
}

// Where there is no colour, what must be told apart looks different.
static void mono_tells_apart_what_matters(void **state) {
    (void)state;
    static const enum style pairs[][2] = {
        {STYLE_SELECTED, STYLE_NORMAL},   {STYLE_BUTTON_ON, STYLE_BUTTON},
        {STYLE_CHANGED1, STYLE_CHANGED2}, {STYLE_CHANGED2, STYLE_CHANGED3},
        {STYLE_WARN, STYLE_NORMAL},       {STYLE_KEY, STYLE_LABEL},
        {STYLE_INPUT, STYLE_NORMAL},
    };
    const struct theme *mono = theme_by_name("mono");
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        assert_int_not_equal(theme_look(mono, pairs[i][0], 0)->attr,
                             theme_look(mono, pairs[i][1], 0)->attr);
    for (int s = 0; s < STYLE_COUNT; s++)
        assert_int_equal(theme_look(mono, (enum style)s, 0)->attr & ATTR_DIM, 0);
}

static void the_picture_escapes_what_markup_would_take(void **state) {
    (void)state;
    struct canvas *c = canvas_new(1, 10, true);
    canvas_text(c, 0, 0, 10, STYLE_NORMAL, "<&>\u2500\u2588");
    char *svg = canvas_dump_svg(c, themes[0], false);
    assert_non_null(strstr(svg, "&#60;"));
    assert_non_null(strstr(svg, "&#38;"));
    assert_null(strstr(svg, "\u2500")); // drawn as a shape
    assert_non_null(strstr(svg, "</svg>"));
    free(svg);
    canvas_free(c);
}

// Relative luminance and contrast as WCAG 2 defines them, of the 256-colour palette.
static double channel(int value) {
    double c = value / 255.0;
    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(const int rgb[3]) {
    return 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
}

static void palette_rgb(short color, int rgb[3]) {
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    for (int i = 0; i < 3; i++) {
        if (color >= 232)
            rgb[i] = 8 + (color - 232) * 10;
        else
            rgb[i] = steps[(color - 16) / (i == 0 ? 36 : i == 1 ? 6 : 1) % 6];
    }
}

static double contrast(const int a[3], const int b[3]) {
    double x = luminance(a), y = luminance(b);
    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

static void colours_stand_out_from_the_background(void **state) {
    (void)state;
    static const struct {
        const char *theme;
        int background[3];
    } cases[] = {
        {"dark", {0, 0, 0}},
        {"dark", {0x1e, 0x1e, 0x1e}},
        {"dark", {0x00, 0x2b, 0x36}},
        {"light", {255, 255, 255}},
        {"light", {0xfd, 0xf6, 0xe3}},
        {"high-contrast", {0, 0, 0}},
        {"high-contrast", {255, 255, 255}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct theme *theme = theme_by_name(cases[i].theme);
        for (int s = 0; s < STYLE_COUNT; s++) {
            const struct look *look = theme_look(theme, (enum style)s, 256);
            int fg[3], bg[3];
            if (look->fg < 0)
                continue; // the terminal's own pair
            assert_true(look->fg >= 16 && (look->bg < 0 || look->bg >= 16)); // the same everywhere
            palette_rgb(look->fg, fg);
            if (look->bg >= 0)
                palette_rgb(look->bg, bg);
            else
                memcpy(bg, cases[i].background, sizeof bg);
            // Text is read at 4.5, as WCAG has it; lines, bars and what is dim on purpose are seen
            // at 3.
            bool dim = s == STYLE_DIM || s == STYLE_HEX_ZERO || s == STYLE_HEX_HOLE ||
                       s == STYLE_BORDER || s == STYLE_CHANGED3 || s == STYLE_BAR1 ||
                       s == STYLE_BAR2 || s == STYLE_BAR3;
            double have = contrast(fg, bg), least = dim ? 3.0 : 4.5;
            char name[24];
            if (have < least)
                fail_msg("%s, %s: %.1f", cases[i].theme, style_name((enum style)s, name), have);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_clipped_at_every_edge),
        cmocka_unit_test(text_stops_at_its_width),
        cmocka_unit_test(overwriting_half_of_a_wide_character_blanks_the_other),
        cmocka_unit_test(a_wide_character_cut_by_an_edge_is_a_blank),
        cmocka_unit_test(combining_marks_join_the_character_before),
        cmocka_unit_test(ascii_mode_shows_nothing_outside_ascii),
        cmocka_unit_test(control_bytes_never_reach_a_cell),
        cmocka_unit_test(fitted_text_ends_in_an_ellipsis_when_cut),
        cmocka_unit_test(shapes_outside_the_canvas_write_nothing),
        cmocka_unit_test(a_canvas_without_cells_is_harmless),
        cmocka_unit_test(random_drawing_keeps_halves_together),
        cmocka_unit_test(every_theme_has_a_readable_look_for_every_style),
        cmocka_unit_test(colours_stand_out_from_the_background),
        cmocka_unit_test(mono_tells_apart_what_matters),
        cmocka_unit_test(the_picture_escapes_what_markup_would_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
