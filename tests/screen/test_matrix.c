// test_matrix.c - every screen at three sizes, in 256 colours, without colours and in ASCII.
//
// Each case is a name and the keys that lead to the screen over the made-up machine of scene.c; one
// golden file for each size holds all three looks. To add a screen, add a line.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "support/golden.h"
#include "support/stage.h"
#include "ui/canvas_dump.h"

static const struct screen_case {
    const char *name;
    const char *keys; // separated by blanks; "=word" types it
} cases[] = {
    {"segments", "Down Down"},
    {"segments-filter", "F4 =user:app Enter"},
    {"segments-tree", "Down F5"},
    {"processes", "2"},
    {"processes-tree", "2 F5 Down"},
    {"leaks", "3"},
    {"events", "4"},
    {"events-group", "4 End Enter Down"},
    {"events-kinds", "4 i"},
    {"setup", "F2"},
    {"limits", "5"},
    {"messages", "M"},
    {"help", "F1"},
    {"help-processes", "2 F1 PgDn"},
    {"help-events", "4 F1"},
    {"hex", "Down Down F8"},
    {"edit", "Down Down F8 e =ff"},
    {"edit-write", "Down Down F8 e =ff W"},
    {"lens", "Down Down F8 L =u32 Space =magic; Enter"},
    {"create", "F7"},
    {"properties", "Down Down P"},
    {"kill", "Down K"},
    {"restore", "3 r"},
    {"palette", ": =so"},
    {"remove", "Down Down F9"},
    {"sort", "F6"},
    {"search", "/ =pg"},
};
static const struct { int rows, cols; } sizes[] = {{30, 100}, {24, 80}, {10, 40}};

enum { CASES = sizeof cases / sizeof cases[0], SIZES = sizeof sizes / sizeof sizes[0] };

static struct scene scene;

// Text, attributes without colour, colours, and the ASCII text, in one file.
static char *all_looks(const struct screen_case *what, int rows, int cols) {
    stage_start(&scene, rows, cols, true);
    stage_play(what->keys);
    struct canvas *c = stage_draw();
    char *text = canvas_dump_text(c), *mono = canvas_dump_attributes(c, theme_by_name("mono"), 0),
         *colours = golden_colours(c, themes[0]);
    canvas_free(c);
    app_done(&app);
    stage_start(&scene, rows, cols, false);
    stage_play(what->keys);
    c = stage_draw();
    char *ascii = canvas_dump_text(c);
    canvas_free(c);
    app_done(&app);
    char *all = xasprintf("%s-- without colours: b bold, u underline, r reverse, + several\n%s"
                          "-- in 256 colours\n%s-- in ASCII\n%s",
                          text, mono, colours, ascii);
    free(text);
    free(mono);
    free(colours);
    free(ascii);
    return all;
}

static void every_screen_looks_as_agreed(void **state) {
    (void)state;
    size_t wrong = 0;
    scene_make(&scene);
    for (size_t i = 0; i < CASES; i++)
        for (size_t k = 0; k < SIZES; k++) {
            char name[80];
            char *all = all_looks(&cases[i], sizes[k].rows, sizes[k].cols);
            snprintf(name, sizeof name, "matrix/%s-%dx%d.txt", cases[i].name, sizes[k].cols,
                     sizes[k].rows);
            wrong += !golden_text(name, all);
            free(all);
        }
    scene_free(&scene);
    assert_int_equal(wrong, 0);
}

// In ASCII nothing but ASCII is drawn, names included.
static void ascii_is_ascii(void **state) {
    (void)state;
    scene_make(&scene);
    for (size_t i = 0; i < CASES; i++) {
        stage_start(&scene, 30, 100, false);
        stage_play(cases[i].keys);
        struct canvas *c = stage_draw();
        for (int k = 0; k < c->rows * c->cols; k++)
            if (c->cells[k].ch[0] < 0x20 || c->cells[k].ch[0] > 0x7e)
                fail_msg("%s: U+%04X", cases[i].name, (unsigned)c->cells[k].ch[0]);
        canvas_free(c);
        app_done(&app);
    }
    scene_free(&scene);
}

// A frame is a function of the state alone: drawn twice it is the same, and drawing asks for no
// other frame.
static void drawing_changes_nothing(void **state) {
    (void)state;
    scene_make(&scene);
    for (size_t i = 0; i < CASES; i++) {
        stage_start(&scene, 24, 80, true);
        stage_play(cases[i].keys);
        struct canvas *a = stage_draw();
        app_effects(&app);
        struct canvas *b = stage_draw();
        assert_int_equal(app_effects(&app), 0);
        assert_memory_equal(a->cells, b->cells,
                            sizeof *a->cells * (size_t)a->rows * (size_t)a->cols);
        canvas_free(a);
        canvas_free(b);
        app_done(&app);
    }
    scene_free(&scene);
}

// Whatever the size, every screen is drawn, from one cell to a wall of them.
static void every_size_is_drawn(void **state) {
    (void)state;
    scene_make(&scene);
    for (size_t i = 0; i < CASES; i++) {
        stage_start(&scene, 30, 100, i % 2 == 0);
        stage_play(cases[i].keys);
        for (int rows = 1; rows < 44; rows++)
            for (int cols = 1 + rows % 5; cols < 240; cols += 11) {
                app_resize(&app, rows, cols);
                app_settle(&app);
                canvas_free(stage_draw());
            }
        app_done(&app);
    }
    scene_free(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_screen_looks_as_agreed),
        cmocka_unit_test(ascii_is_ascii),
        cmocka_unit_test(drawing_changes_nothing),
        cmocka_unit_test(every_size_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
