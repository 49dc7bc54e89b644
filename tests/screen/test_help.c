// test_help.c - the help is made from the command table; the messages show every note.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/golden.h"
#include "support/scene.h"
#include "ui/canvas_dump.h"

static struct scene scene;

static int set_up(void **state) {
    (void)state;
    scene_make(&scene);
    return 0;
}
static int set_up_hostile(void **state) {
    (void)state;
    scene_make_hostile(&scene);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    scene_free(&scene);
    return 0;
}

static char *dump_help(int rows, int cols, const struct view_help *v) {
    struct canvas *c = canvas_new(rows, cols, true);
    help_draw(c, v);
    char *text = canvas_dump_text(c);
    canvas_free(c);
    return text;
}

static struct view_help help_of(enum view of) {
    return (struct view_help){.frame = &scene.frame, .of = of, .search = ""};
}

static void looks_as_agreed_at_every_size(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int rows, cols;
        bool utf8;
        enum view of;
    } cases[] = {
        {"help-100x30.txt", 30, 100, true, VIEW_SEGMENTS},
        {"help-hex-80x24.txt", 24, 80, true, VIEW_HEX},
        {"help-40x10-ascii.txt", 10, 40, false, VIEW_SEGMENTS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct view_help v = help_of(cases[i].of);
        struct canvas *c = canvas_new(cases[i].rows, cases[i].cols, cases[i].utf8);
        help_draw(c, &v);
        bool same = golden_canvas(cases[i].name, c, true);
        canvas_free(c);
        assert_true(same);
    }
}

static void every_command_of_a_view_is_in_its_help(void **state) {
    (void)state;
    for (int view = 0; view < VIEW_COUNT; view++) {
        struct view_help v = help_of((enum view)view);
        int rows = (int)help_line_count(v.of) + 3;
        char *text = dump_help(rows, 160, &v);
        for (int cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
            const struct command_info *info = command_info((enum command)cmd);
            bool here = (info->views & IN(view)) != 0;
            if (here != (strstr(text, info->help) != NULL))
                fail_msg("%s %s the help of view %d", info->name, here ? "not in" : "in", view);
        }
        assert_non_null(strstr(text, "unlinked"));
        free(text);
    }
}

static void the_current_view_comes_first(void **state) {
    (void)state;
    struct view_help v = help_of(VIEW_HEX);
    char *text = dump_help(60, 100, &v);
    const char *here = strstr(text, "go to an offset"), *all = strstr(text, "quit from anywhere");
    assert_true(here && all && here < all);
    free(text);
}

static void scrolling_stops_at_the_end(void **state) {
    (void)state;
    struct view_help v = help_of(VIEW_SEGMENTS);
    v.top = 100000;
    char *text = dump_help(12, 80, &v);
    assert_non_null(strstr(text, command_info(CMD_SHOW_MESSAGES)->help));
    assert_null(strstr(text, "more lines"));
    free(text);
}

static void what_is_searched_for_is_marked(void **state) {
    (void)state;
    struct view_help v = help_of(VIEW_SEGMENTS);
    v.search = "ATTACHING";
    struct canvas *c = canvas_new(60, 100, true);
    size_t marked = 0;
    help_draw(c, &v);
    for (int i = 0; i < c->rows * c->cols; i++)
        marked += c->cells[i].style == STYLE_MATCH;
    assert_int_equal(marked, strlen("attaching"));
    canvas_free(c);
}

static void read_only_mode_says_what_is_off(void **state) {
    (void)state;
    struct view_help v = help_of(VIEW_SEGMENTS);
    scene.frame.read_only = true;
    char *text = dump_help(60, 100, &v);
    assert_non_null(strstr(text, "create a segment (off: read-only)"));
    assert_null(strstr(text, "bytes of the segment (off"));
    free(text);
}

static char *dump_messages(int rows, int cols, size_t top) {
    struct view_messages v = {.frame = &scene.frame, .top = top};
    struct canvas *c = canvas_new(rows, cols, true);
    messages_draw(c, &v);
    char *text = canvas_dump_text(c);
    canvas_free(c);
    return text;
}

static void messages_show_probe_reason_count_and_object(void **state) {
    (void)state;
    char *text = dump_messages(24, 80, 0);
    assert_true(golden_text("messages-80x24.txt", text));
    assert_non_null(strstr(text, "maps       denied      EACCES       pid 41"));
    assert_non_null(strstr(text, "2013 processes: 1999 read, 14 denied"));
    free(text);
    text = dump_messages(10, 40, 999);
    assert_non_null(strstr(text, "posix"));
    free(text);
}

static void objects_of_messages_are_escaped(void **state) {
    (void)state;
    char *text = dump_messages(24, 120, 0);
    assert_non_null(strstr(text, "/dev/shm/\\x1b]0;x"));
    assert_null(strchr(text, '\033'));
    free(text);
}

static void messages_before_the_first_scan_and_at_every_size(void **state) {
    (void)state;
    scene.frame.snap = NULL;
    char *text = dump_messages(24, 80, 0);
    assert_non_null(strstr(text, "Looking\u2026"));
    free(text);
    for (int rows = 1; rows < 40; rows++) {
        for (int cols = 1; cols < 120; cols++) {
            struct view_help v = help_of((enum view)(cols % VIEW_COUNT));
            v.top = (size_t)rows;
            free(dump_messages(rows, cols, (size_t)cols));
            free(dump_help(rows, cols, &v));
        }
    }
}

#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(looks_as_agreed_at_every_size),
        SCENE_TEST(every_command_of_a_view_is_in_its_help),
        SCENE_TEST(the_current_view_comes_first),
        SCENE_TEST(scrolling_stops_at_the_end),
        SCENE_TEST(what_is_searched_for_is_marked),
        SCENE_TEST(read_only_mode_says_what_is_off),
        SCENE_TEST(messages_show_probe_reason_count_and_object),
        cmocka_unit_test_setup_teardown(objects_of_messages_are_escaped, set_up_hostile, tear_down),
        SCENE_TEST(messages_before_the_first_scan_and_at_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
