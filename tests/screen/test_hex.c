// test_hex.c - the screen of bytes: rows, folds, holes, what changed, the inspector.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/hexfold.h"
#include "support/golden.h"
#include "support/scene.h"
#include "ui/canvas_dump.h"
#include "ui/layout.h"

static struct scene scene;
static struct view_strips strips;
static struct inspect_line lines[INSPECT_MAX];

static int set_up(void **state) {
    (void)state;
    scene_make(&scene);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scene_free(&scene);
    return 0;
}

// A segment of which a part is in memory, a part is swapped out, and little changes.
static const struct view_strips *make_strips(void) {
    strips = (struct view_strips){.count = 50, .sweeping = true, .swept = 1, .sweep_total = 1};
    for (size_t i = 0; i < strips.count; i++) {
        strips.column[i].known = true;
        strips.column[i].size = 0x40000;
        strips.column[i].resident = i < 9 ? 0x8000 * i : 0;
        strips.column[i].swapped = i >= 40 && i < 44 ? 0x40000 : 0;
    }
    strips.column[0].changed = 5;
    strips.column[7].changed = 100000;
    return &strips;
}

static struct view_hex view(int cols, bool inspect) {
    size_t n = inspect_bytes(scene.win.bytes + 0x48, scene.win.len - 0x48, false, lines);
    return (struct view_hex){
        .frame = &scene.frame,
        .seg = "sysv:98310",
        .segment = scene.rows.items[2].seg,
        .inspect = inspect,
        .fold = true,
        .win = &scene.win,
        .size = 0xc800000,
        .cursor = 0x48,
        .width = hex_width_for(cols, inspect),
        .bytes_per_s = 112,
        .route = "pread /proc/8812/map_files",
        .side_effects = "none",
        .problem = "",
        .lines = lines,
        .line_count = n,
        .strips = make_strips(),
    };
}

// The scene's window with equal rows left out, as it is read when folding is on.
static void fold_scene(const struct view_hex *v, struct hexwin *out) {
    uint64_t keep[64];
    size_t count = 0;
    struct hexfold f;
    for (uint64_t row = 0; row < scene.win.len; row += v->width) {
        bool fresh = v->cursor >= row && v->cursor < row + v->width;
        for (size_t i = row; i < row + v->width; i++)
            fresh |= hexwin_age(&scene.win, i, scene.frame.mono_ns) != AGE_OLD;
        if (fresh)
            keep[count++] = row;
    }
    hexfold_init(&f, 0, v->width, 1000, keep, count);
    for (size_t at = 0; at + v->width <= scene.win.len; at += v->width)
        hexfold_row(&f, scene.win.bytes + at, scene.win.marks + at, v->width);
    hexfold_end(&f);
    hexwin_init(out);
    hexwin_update_parts(out, f.parts, f.part_count, f.next, f.bytes, f.marks, f.len, 99);
    for (size_t p = 0; p < f.part_count; p++)
        memcpy(out->changed_ns + f.parts[p].index, scene.win.changed_ns + f.parts[p].offset,
               f.parts[p].len * sizeof out->changed_ns[0]);
    out->changes = scene.win.changes;
    hexfold_done(&f);
}

static struct canvas *draw(int rows, int cols, bool utf8, const struct view_hex *v) {
    struct canvas *c = canvas_new(rows, cols, utf8);
    struct view_hex shown = *v;
    struct hexwin folded = {0};
    assert_non_null(c);
    if (v->fold && v->win == &scene.win) {
        fold_scene(v, &folded);
        shown.win = &folded;
    }
    hex_draw(c, &shown);
    hexwin_done(&folded);
    return c;
}

static void assert_golden(const char *name, int rows, int cols, bool utf8, bool inspect) {
    struct view_hex v = view(cols, inspect);
    struct canvas *c = draw(rows, cols, utf8, &v);
    bool same = golden_canvas(name, c, true);
    canvas_free(c);
    assert_true(same);
}

static void assert_shows(int rows, int cols, const struct view_hex *v, const char *want,
                         bool expected) {
    struct canvas *c = draw(rows, cols, true, v);
    char *text = canvas_dump_text(c);
    bool found = strstr(text, want) != NULL;
    if (found != expected)
        print_error("%s \"%s\" in:\n%s", expected ? "missing" : "unexpected", want, text);
    free(text);
    canvas_free(c);
    assert_true(found == expected);
}

static void looks_as_agreed_at_every_size(void **state) {
    (void)state;
    assert_golden("hex-100x30.txt", 30, 100, true, true);
    assert_golden("hex-80x24.txt", 24, 80, true, true);
    assert_golden("hex-80x24-ascii.txt", 24, 80, false, false);
    assert_golden("hex-40x10.txt", 10, 40, true, false);
    assert_golden("hex-30x6.txt", 6, 30, true, true);
    assert_golden("hex-180x40.txt", 40, 180, true, true);
}

// The style of the byte at `offset` in the first row that shows it unfolded.
static enum style byte_style_at(const struct canvas *c, int y, int digits, unsigned i) {
    int x = 1 + digits + 2 + (int)(3 * i + i / 8);
    return (enum style)c->cells[y * c->cols + x].style;
}

static void changed_bytes_fade_in_three_steps(void **state) {
    (void)state;
    struct view_hex v = view(80, false);
    v.fold = false;
    v.cursor = 0;
    struct canvas *c = draw(24, 80, true, &v);
    assert_int_equal(byte_style_at(c, 5 + 4, 8, 9), STYLE_CHANGED1); // 0x49, half a second ago
    assert_int_equal(byte_style_at(c, 5 + 5, 8, 4), STYLE_CHANGED2); // 0x54, one and a half
    assert_int_equal(byte_style_at(c, 5 + 6, 8, 0), STYLE_CHANGED3); // 0x60, two and a half
    canvas_free(c);
    scene.frame.mono_ns += UINT64_C(3000000000);
    c = draw(24, 80, true, &v);
    assert_int_equal(byte_style_at(c, 5 + 4, 8, 9), STYLE_HEX_CTRL);
    assert_int_equal(byte_style_at(c, 5 + 5, 8, 4), STYLE_HEX_PRINT);
    canvas_free(c);
}

static void the_cursor_is_seen_without_colour(void **state) {
    (void)state;
    struct view_hex v = view(80, false);
    assert_shows(24, 80, &v, "[c8]1b", true);
    v.cursor = 0x4f;
    assert_shows(24, 80, &v, "[00]", true);
}

static void equal_rows_fold_but_never_the_cursor(void **state) {
    (void)state;
    struct view_hex v = view(80, false);
    assert_shows(24, 80, &v, "*         0x20 equal bytes hidden", true);
    assert_shows(24, 80, &v, "00000020  00", false);
    v.cursor = 0x25;
    assert_shows(24, 80, &v, "00000020  00 00 00 00 00[00]", true);
    v.fold = false;
    assert_shows(24, 80, &v, "equal bytes hidden", false);
}

static void a_row_that_changed_is_not_folded(void **state) {
    (void)state;
    struct view_hex v = view(80, false);
    uint8_t bytes[256] = {0};
    bytes[0x25] = 1;
    hexwin_update(&scene.win, 0, bytes, NULL, sizeof(bytes), 98000000000u);
    bytes[0x25] = 0;
    hexwin_update(&scene.win, 0, bytes, NULL, sizeof(bytes), 99900000000u);
    v.cursor = 0;
    assert_shows(24, 80, &v, "00000020  00", true);
}

static void live_frozen_and_gone_are_told(void **state) {
    (void)state;
    struct view_hex v = view(80, true);
    assert_shows(24, 80, &v, "LIVE", true);
    assert_shows(24, 80, &v, "112 B/s changed", true);
    v.bytes_per_s = 0.98;
    assert_shows(24, 80, &v, "LIVE  1 B/s changed", true);
    v.bytes_per_s = 0.2;
    assert_shows(24, 80, &v, "LIVE  <1 B/s changed", true);
    v.frozen = true;
    assert_shows(24, 80, &v, "FROZEN", true);
    v.gone = true;
    v.segment = NULL;
    assert_shows(24, 80, &v, "GONE", true);
    assert_shows(24, 80, &v, "these are the last bytes seen", true);
    assert_shows(24, 80, &v, "7f 4c 4f 47", true);
}

static void what_looking_costs_is_said(void **state) {
    (void)state;
    struct view_hex v = view(80, true);
    assert_shows(24, 80, &v, "leaves no trace", true);
    v.side_effects = "moves nattch, atime and lpid";
    assert_shows(24, 80, &v, "! moves nattch, atime and lpid", true);
    assert_shows(24, 80, &v, "leaves no trace", false);
}

static void a_problem_stands_where_the_bytes_would(void **state) {
    (void)state;
    struct view_hex v = view(80, true);
    struct hexwin nothing = {0};
    v.win = &nothing;
    v.problem = "permission denied (EACCES)";
    assert_shows(24, 80, &v, "permission denied (EACCES)", true);
    assert_shows(24, 80, &v, "UNREADABLE", true);
    assert_shows(24, 80, &v, "LIVE", false);
    v.problem = "user 65534 may not read it (EACCES); run shmtop as its owner or as root";
    assert_shows(30, 100, &v, v.problem, true); // whole, past the inspector's column
    v.win = NULL;
    v.problem = "permission denied (EACCES)";
    assert_shows(24, 80, &v, "permission denied (EACCES)", true);
    v.problem = "";
    v.size = 0;
    assert_shows(24, 80, &v, "The segment is empty.", true);
}

static void what_is_looked_at_for_changes_is_said(void **state) {
    (void)state;
    struct view_hex v = view(100, true);
    assert_shows(30, 100, &v, "where bytes changed, last 60 s", true);
    strips.round_ns = UINT64_C(32000000000);
    assert_shows(30, 100, &v, "last 60 s, seen each 32 s", true);
    strips.sweeping = false;
    assert_shows(30, 100, &v, "of the bytes on the screen, 60 s", true);
    strips.column[3].known = false;
    assert_shows(30, 100, &v, "\u22651.1M here", false);
    assert_shows(30, 100, &v, "?", true);
}

static void a_screen_without_room_has_no_strips(void **state) {
    (void)state;
    assert_int_equal(hex_strip_columns(10, 40), 0);
    assert_int_equal(hex_strip_columns(5, 80), 0);
    assert_true(hex_strip_columns(24, 80) > 20);
    assert_true(hex_strip_columns(60, 400) <= STRIP_MAX);
}

static void what_differs_is_marked_on_both_sides(void **state) {
    (void)state;
    struct view_hex v = view(80, false);
    struct hexwin other;
    uint8_t bytes[256];
    hexwin_init(&other);
    memcpy(bytes, scene.win.bytes, sizeof bytes);
    bytes[0x11] ^= 0x5a;
    assert_int_equal(hexwin_update(&other, 0, bytes, NULL, sizeof bytes, 1), 0);
    v.fold = false;
    v.other = &other;
    v.other_name = "capture of 12:00:00";
    v.other_problem = "";
    v.width = hex_width_beside(80);
    assert_int_equal(v.width, 8);
    assert_int_equal(hex_width_beside(40), 2);
    assert_shows(24, 80, &v, "right: capture of 12:00:00", true);
    struct canvas *c = draw(24, 80, true, &v);
    // Row 0x10 is the third; its second byte stands at the same place on either side.
    assert_int_equal(c->cells[(5 + 2) * 80 + 11 + 3].style, STYLE_MATCH);
    assert_int_equal(c->cells[(5 + 2) * 80 + 44 + 3 + 3].style, STYLE_MATCH);
    assert_int_not_equal(c->cells[(5 + 2) * 80 + 11].style, STYLE_MATCH);
    canvas_free(c);
    v.other_problem = "it is gone";
    assert_shows(24, 80, &v, "! it is gone", true);
    for (int cols = 30; cols < 200; cols += 3) {
        v.width = hex_width_beside(cols);
        canvas_free(draw(24, cols, cols % 2 == 0, &v));
    }
    hexwin_done(&other);
}

static void big_offsets_widen_the_offset(void **state) {
    (void)state;
    struct view_hex v = view(100, true);
    v.size = UINT64_C(1) << 40;
    v.fold = false;
    assert_shows(30, 100, &v, " 0000000000  7f", true);
}

static void the_inspector_gives_way_on_small_screens(void **state) {
    (void)state;
    struct view_hex v = view(100, true);
    assert_shows(30, 100, &v, "INSPECT little-endian", true);
    v = view(80, true);
    assert_shows(24, 80, &v, "LE  u8 200", true);
    v.big_endian = true;
    assert_shows(24, 80, &v, "BE  u8 200", true);
    v.inspect = false;
    assert_shows(24, 80, &v, "u8 200", false);
}

static void bytes_per_row_follow_the_width(void **state) {
    (void)state;
    static const struct {
        int cols;
        bool inspect;
        unsigned width;
    } cases[] = {{30, false, 4},  {44, false, 8},  {76, false, 8},  {77, false, 16}, {80, true, 16},
                 {100, true, 16}, {141, true, 16}, {180, true, 32}, {144, false, 32}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(hex_width_for(cases[i].cols, cases[i].inspect), cases[i].width);
}

static void every_size_and_window_is_drawn(void **state) {
    (void)state;
    for (int rows = 1; rows <= 60; rows += rows < 30 ? 1 : 15) {
        for (int cols = 1; cols <= 400; cols += cols < 120 ? 1 : 40) {
            struct view_hex v = view(cols, cols % 3 != 0);
            v.top = cols % 2 ? 0x300 : 0; // the window ends after 0x400
            v.cursor = v.top + 5;
            v.width = cols % 7 ? v.width : 16; // wider than fits
            struct canvas *c = draw(rows, cols, cols % 2 == 0, &v);
            assert_true(hex_rows(rows, cols, v.inspect) >= 1);
            canvas_free(c);
        }
    }
    struct view_hex v = view(80, true);
    v.top = 0x100000; // nothing of the window is in sight
    canvas_free(draw(24, 80, true, &v));
    v.top = UINT64_MAX - 40;
    v.size = UINT64_MAX;
    canvas_free(draw(24, 80, true, &v));
}

#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(looks_as_agreed_at_every_size),
        SCENE_TEST(changed_bytes_fade_in_three_steps),
        SCENE_TEST(the_cursor_is_seen_without_colour),
        SCENE_TEST(equal_rows_fold_but_never_the_cursor),
        SCENE_TEST(a_row_that_changed_is_not_folded),
        SCENE_TEST(live_frozen_and_gone_are_told),
        SCENE_TEST(what_looking_costs_is_said),
        SCENE_TEST(a_problem_stands_where_the_bytes_would),
        SCENE_TEST(what_is_looked_at_for_changes_is_said),
        SCENE_TEST(a_screen_without_room_has_no_strips),
        SCENE_TEST(what_differs_is_marked_on_both_sides),
        SCENE_TEST(big_offsets_widen_the_offset),
        SCENE_TEST(the_inspector_gives_way_on_small_screens),
        SCENE_TEST(bytes_per_row_follow_the_width),
        SCENE_TEST(every_size_and_window_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
