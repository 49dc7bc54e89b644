// test_app_events.c - the screen of events: choosing, folding, going to the segment, saving.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
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
    struct events events = scene_events(&scene);
    app_events(&app, &events, NAMES_WITH_PID);
    press_key("4");
    return 0;
}

static int tear_down(void **state) {
    drive_teardown(state);
    scene_free(&scene);
    return 0;
}

static void four_shows_what_happened_newest_first(void **state) {
    (void)state;
    assert_int_equal(app.view, VIEW_EVENTS);
    assert_shows("32 kept of 32");
    assert_shows(">21:04:16 - removed");
    assert_shows("by pid 9120 chrome, lived 1m");
    assert_shows("pid 7801 worker (now 2)");
    assert_shows("x 27 similar: + created P /chrome.shm.*");
    assert_shows("FOLLOWING");
    press_key("Esc");
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void enter_opens_a_group_and_goes_to_a_segment(void **state) {
    (void)state;
    press_key("End");
    press_key("Enter");
    assert_int_equal(app.events.log.line_count, 33);
    assert_shows("P /chrome.shm.26");
    press_key("Enter");
    assert_int_equal(app.events.log.line_count, 6);
    press_key("Home");
    press_key("Enter"); // the one that was removed
    assert_int_equal(app.view, VIEW_EVENTS);
    assert_shows("this segment is gone");
    press_key("Down");
    press_key("Enter");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_int_equal(rows_selected(&app.table)->id.num, 90133);
}

static void a_filter_that_hides_the_segment_is_cleared(void **state) {
    (void)state;
    press_key("1");
    press_key("F4");
    type("kind:sysv");
    press_key("Enter");
    press_key("4");
    press_key("Down");
    press_key("Enter");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_int_equal(rows_selected(&app.table)->id.num, 90133);
    assert_string_equal(app.filter_text, "");
}

static void x_shows_one_segment_alone_and_escape_all_again(void **state) {
    (void)state;
    press_key("Down");
    press_key("x");
    assert_int_equal(app.events.log.line_count, 1);
    assert_shows("-cache (x)");
    press_key("Esc");
    assert_int_equal(app.view, VIEW_EVENTS);
    assert_int_equal(app.events.log.line_count, 6);
}

static void kinds_can_be_chosen(void **state) {
    (void)state;
    press_key("i");
    assert_shows("Which kinds of events");
    press_key("Space"); // created is not shown any more
    press_key("s");
    assert_null(app.dialog);
    assert_shows("kinds: 12 of 13 (i)");
    assert_false(shows("similar"));
    press_key("Esc");
    assert_shows("kinds: all (i)");
    assert_shows("similar");
}

static void new_events_do_not_move_what_is_looked_at(void **state) {
    (void)state;
    press_key("Down");
    press_key("Down");
    assert_shows("F follows");
    struct events more = scene_events(&scene);
    app_events(&app, &more, NAMES_WITH_PID);
    assert_shows(">21:03:58 > attach");
    press_key("F");
    assert_int_equal(app.events.log.selected, 0);
    assert_shows("FOLLOWING");
}

static void saving_asks_for_a_file_and_writes_all(void **state) {
    (void)state;
    drop_jobs();
    press_key("s");
    type("/tmp/events.jsonl");
    press_key("Enter");
    struct io_request *req = need_job(IO_FILE);
    assert_string_equal(req->path, "/tmp/events.jsonl");
    size_t lines = 0;
    for (size_t i = 0; i < req->len; i++)
        lines += req->text[i] == '\n';
    assert_int_equal(lines, 32);
    assert_non_null(strstr(req->text, "\"event\": \"removed\""));
    struct io_reply *r = new_reply(IO_FILE, req->serial, 0);
    io_request_free(req);
    app_reply(&app, r);
    assert_shows("saved 32 events to /tmp/events.jsonl");
    r = new_reply(IO_FILE, 1, 0);
    r->err = -EEXIST;
    fault_set(&r->fault, OUTCOME_REFUSED, 0, "/tmp/events.jsonl", "exists already", "");
    app_reply(&app, r);
    assert_shows("exists already");
}

static void read_only_saves_nothing(void **state) {
    (void)state;
    app.read_only = true;
    press_key("s");
    assert_null(app.prompt.kind);
    assert_shows("read-only mode");
}

static void no_event_draws_no_frame(void **state) {
    (void)state;
    struct events none = {0};
    app_effects(&app);
    app_events(&app, &none, NAMES_WITH_PID);
    assert_int_equal(app_effects(&app), 0);
}

static void how_complete_it_is_is_said_truly(void **state) {
    (void)state;
    struct events none = {0};
    assert_shows("as they come and go; the rest is sampled");
    app_events(&app, &none, NAMES_TOLD);
    assert_shows("as root with who did it");
    app_events(&app, &none, NAMES_SAMPLED);
    assert_shows("what lived shorter than that is not listed");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(four_shows_what_happened_newest_first),
        TEST(enter_opens_a_group_and_goes_to_a_segment),
        TEST(a_filter_that_hides_the_segment_is_cleared),
        TEST(x_shows_one_segment_alone_and_escape_all_again),
        TEST(kinds_can_be_chosen),
        TEST(new_events_do_not_move_what_is_looked_at),
        TEST(saving_asks_for_a_file_and_writes_all),
        TEST(read_only_saves_nothing),
        TEST(no_event_draws_no_frame),
        TEST(how_complete_it_is_is_said_truly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
