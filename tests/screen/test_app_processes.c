// test_app_processes.c - the list of processes: going there, unfolding, and on to the segments.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "support/drive.h"
#include "support/scene.h"

static struct scene scene;

static int set_up(void **state) {
    drive_setup(state);
    scene_make(&scene);
    app_snapshot(&app, scene.snap);
    press_key("2");
    pass(4 * S); // the process of the picture before is gone, and its mark over
    press_key("Home");
    return 0;
}

static int tear_down(void **state) {
    drive_teardown(state);
    scene_free(&scene);
    return 0;
}

static void two_lists_who_holds_something(void **state) {
    (void)state;
    assert_int_equal(app.view, VIEW_PROCESSES);
    assert_int_equal(app.procs.list.count, 9);
    assert_shows("2:Processes 9");
    assert_shows("14 unreadable");
    assert_shows("postgres: 15/main: checkpointer");
    press_key("q");
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void enter_goes_to_its_segments_and_escape_shows_all_again(void **state) {
    (void)state;
    press_key("F4");
    type("pid:7801");
    press_key("Enter");
    assert_shows("(8 hidden)");
    press_key("Enter");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_string_equal(app.filter_text, "pid:7801");
    assert_int_equal(app.table.count, 2);
    press_key("Esc");
    assert_int_equal(app.table.count, 8);
    press_key("2");
    assert_shows("(8 hidden)"); // the list of processes keeps its own
    press_key("Esc");
    assert_int_equal(app.procs.list.count, 9);
}

static void the_tree_shows_segments_and_enter_selects_one(void **state) {
    (void)state;
    press_key("F5");
    assert_true(app.procs.list.line_count > 9);
    press_key("Down");
    const struct holding *h = proclist_holding(&app.procs.list, app.procs.list.selected);
    assert_non_null(h);
    struct seg_id id = app.snap->segments[h->segment].id;
    press_key("Enter");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_true(seg_id_same(&rows_selected(&app.table)->id, &id));
}

static void plus_minus_and_star_fold(void **state) {
    (void)state;
    size_t flat = app.procs.list.line_count;
    press_key("+");
    assert_true(app.procs.list.line_count > flat);
    press_key("Down");
    press_key("-");
    assert_int_equal(app.procs.list.line_count, flat);
    assert_int_equal(app.procs.list.selected, 0);
    press_key("*");
    assert_int_equal(app.procs.list.line_count, flat + 14);
    press_key("t");
    assert_int_equal(app.procs.list.line_count, flat);
}

static void a_bad_word_is_told_and_hides_nothing(void **state) {
    (void)state;
    press_key("F4");
    type("pid:abc");
    assert_shows("takes a whole number");
    press_key("Enter");
    assert_non_null(app.prompt.kind);
    press_key("Esc");
    assert_int_equal(app.procs.list.count, 9);
}

static void search_selects_and_n_goes_on(void **state) {
    (void)state;
    press_key("/");
    type("writer");
    press_key("Enter");
    assert_shows("\"writer\" 1 of 2");
    press_key("n");
    assert_shows("\"writer\" 2 of 2");
}

static void click_at(int y, int x) {
    const struct key key = {.code = KEY_MOUSE_, .y = y, .x = x, .button = 1};
    app_key(&app, &key);
    app_settle(&app);
}

static void the_mouse_selects_sorts_and_opens(void **state) {
    (void)state;
    click_at(5, 20); // third row
    assert_int_equal(app.procs.list.selected, 2);
    click_at(2, 5); // the head of PID
    assert_int_equal(app.procs.list.sort, PCOL_PID);
    pass(S);
    click_at(4, 20);
    assert_int_equal(app.view, VIEW_PROCESSES);
    click_at(4, 20); // at once again: as Enter
    assert_int_equal(app.view, VIEW_SEGMENTS);
    click_at(app.screen_rows - 1, 2); // F1Help in the footer
    assert_int_equal(app.view, VIEW_HELP);
}

static void two_slow_clicks_open_nothing(void **state) {
    (void)state;
    click_at(4, 20);
    pass(S);
    click_at(4, 20);
    assert_int_equal(app.view, VIEW_PROCESSES);
}

static void tabs_can_be_clicked(void **state) {
    (void)state;
    char *text = screen();
    const char *line = strchr(text, '\n') + 1, *tab = strstr(line, "5:Limits");
    assert_non_null(tab);
    int x = (int)(tab - line) + 2;
    free(text);
    click_at(1, x);
    assert_int_equal(app.view, VIEW_LIMITS);
}

static void a_process_that_ends_stays_for_a_moment_and_opens_nothing(void **state) {
    (void)state;
    show(drive_three, 3); // another machine: process 41 alone
    assert_int_equal(app.procs.list.count, 10);
    for (size_t i = 0; i < app.procs.list.line_count; i++)
        if (proclist_item(&app.procs.list, i)->mark == PROC_GONE)
            proclist_select(&app.procs.list, i);
    assert_shows("(gone)");
    press_key("Enter");
    assert_int_equal(app.view, VIEW_PROCESSES);
    assert_shows("this process is gone");
    uint64_t due = app_deadline(&app);
    assert_true(due > drive_now() && due <= drive_now() + 3 * S);
    pass(4 * S);
    assert_int_equal(app.procs.list.count, 1);
}

static void paused_nothing_is_due(void **state) {
    (void)state;
    show(drive_three, 3);
    press_key("Z");
    assert_int_equal(app_deadline(&app), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(two_lists_who_holds_something),
        TEST(enter_goes_to_its_segments_and_escape_shows_all_again),
        TEST(the_tree_shows_segments_and_enter_selects_one),
        TEST(plus_minus_and_star_fold),
        TEST(a_bad_word_is_told_and_hides_nothing),
        TEST(search_selects_and_n_goes_on),
        TEST(the_mouse_selects_sorts_and_opens),
        TEST(two_slow_clicks_open_nothing),
        TEST(tabs_can_be_clicked),
        TEST(a_process_that_ends_stays_for_a_moment_and_opens_nothing),
        TEST(paused_nothing_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
