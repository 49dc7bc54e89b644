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

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "support/drive.h"
#include "support/golden.h"
#include "support/scene.h"
#include "ui/canvas_dump.h"

static const struct screen_case {
    const char *name;
    const char *keys; // separated by blanks; "=word" types it
} cases[] = {
    {"segments", "Down Down"},
    {"segments-filter", "F4 =user:app Enter"},
    {"processes", "2"},
    {"processes-tree", "2 F5 Down"},
    {"leaks", "3"},
    {"events", "4"},
    {"events-group", "4 End Enter Down"},
    {"events-kinds", "4 i"},
    {"setup", "F2"},
    {"limits", "5"},
    {"messages", "M"},
    {"hex", "Down Down F8"},
    {"create", "F7"},
    {"remove", "Down Down F9"},
    {"sort", "F6"},
    {"search", "/ =pg"},
};
static const struct { int rows, cols; } sizes[] = {{30, 100}, {24, 80}, {10, 40}};

enum { CASES = sizeof cases / sizeof cases[0], SIZES = sizeof sizes / sizeof sizes[0] };

static struct scene scene;

// Every read is answered with the same bytes, as if all segments began alike.
static void answer_reads(void) {
    struct io_request *req;
    while ((req = app_take_job(&app))) {
        if (req->kind == IO_READ) {
            struct io_reply *r = new_reply(IO_READ, req->serial, 1);
            r->id = req->id;
            r->offset = req->offset;
            r->size = UINT64_C(200) << 20;
            size_t wanted = req->fold.width ? req->fold.width * req->fold.lines : req->len;
            r->len = wanted < scene.win.len ? wanted : scene.win.len;
            r->end = r->offset + r->len;
            r->parts = xcalloc(1, sizeof *r->parts);
            r->parts[r->part_count++] = (struct hexpart){.offset = r->offset, .len = r->len};
            r->bytes = xmemdup(scene.win.bytes, r->len);
            snprintf(r->route, sizeof r->route, "pread /proc/8812/map_files");
            snprintf(r->side_effects, sizeof r->side_effects, "none");
            app_reply(&app, r);
            app_settle(&app);
        }
        io_request_free(req);
    }
}

static void start(int rows, int cols, bool utf8) {
    struct settings settings;
    config_defaults(&settings);
    struct app_config config = {.settings = &settings, .utf8 = utf8, .copies = "/home/dana/copies"};
    app_init(&app, &config);
    app_time(&app, scene.frame.mono_ns, scene.frame.now_ns);
    app_resize(&app, rows, cols);
    app_snapshot(&app, scene.snap);
    struct events events = scene_events(&scene);
    app_events(&app, &events, NAMES_WITH_PID);
    app_settle(&app);
    answer_reads();
}

static void play(const char *keys) {
    while (*keys) {
        char key[32];
        size_t n = strcspn(keys, " ");
        snprintf(key, sizeof key, "%.*s", (int)n, keys);
        if (key[0] == '=' && key[1])
            type(key + 1);
        else
            press_key(key);
        answer_reads();
        keys += n + strspn(keys + n, " ");
    }
}

static struct canvas *drawn(void) {
    struct canvas *c = canvas_new(app.screen_rows, app.screen_cols, app.utf8);
    assert_non_null(c);
    app_draw(&app, c);
    return c;
}

// Text, attributes without colour, colours, and the ASCII text, in one file.
static char *all_looks(const struct screen_case *what, int rows, int cols) {
    start(rows, cols, true);
    play(what->keys);
    struct canvas *c = drawn();
    char *text = canvas_dump_text(c), *mono = canvas_dump_attributes(c, theme_by_name("mono"), 0),
         *colours = golden_colours(c, themes[0]);
    canvas_free(c);
    app_done(&app);
    start(rows, cols, false);
    play(what->keys);
    c = drawn();
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
        start(30, 100, false);
        play(cases[i].keys);
        struct canvas *c = drawn();
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
        start(24, 80, true);
        play(cases[i].keys);
        struct canvas *a = drawn();
        app_effects(&app);
        struct canvas *b = drawn();
        assert_int_equal(app_effects(&app), 0);
        assert_memory_equal(a->cells, b->cells,
                            sizeof *a->cells * (size_t)a->rows * (size_t)a->cols);
        canvas_free(a);
        canvas_free(b);
        app_done(&app);
    }
    scene_free(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_screen_looks_as_agreed),
        cmocka_unit_test(ascii_is_ascii),
        cmocka_unit_test(drawing_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
