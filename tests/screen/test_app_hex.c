// test_app_hex.c - the hex view by its keys: folds, selection, copies, bookmarks, comparing; no
// terminal, no threads.
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
#include "core/hexfold.h"
#include "support/drive.h"

static void open_beta(void) {
    select_named("posix:/beta");
    press_key("Enter");
    assert_int_equal(app.view, VIEW_HEX);
    answer(8192, 0);
    drop_jobs();
}

// Answers the folded read that was asked for last: `rows` letters stand for rows of that byte from
// its first offset on.
static void answer_folded(const char *rows, uint64_t size) {
    struct hexfold f;
    uint8_t row[32];
    unsigned width = app.reading.width;
    assert_true(width > 0 && width <= sizeof row);
    hexfold_init(&f, app.reading.offset, width, app.reading.len / width, NULL, 0);
    for (; *rows; rows++) {
        memset(row, *rows, sizeof row);
        hexfold_row(&f, row, NULL, width);
    }
    hexfold_end(&f);
    struct io_reply *r = xcalloc(1, sizeof *r);
    r->kind = IO_READ;
    r->serial = app.reading.serial;
    r->id = app.reading.id;
    r->offset = app.reading.offset;
    r->size = size;
    r->bytes = f.bytes;
    r->marks = f.marks;
    r->len = f.len;
    r->parts = f.parts;
    r->part_count = f.part_count;
    r->end = f.next;
    app_reply(&app, r);
    app_settle(&app);
}

static void arrows_step_over_what_is_folded(void **state) {
    (void)state;
    open_beta();
    pass(S / 4);
    answer_folded("abbbbbbbc", 8192);
    assert_shows("equal bytes hidden");
    press_key("Down");
    assert_int_equal(app.hex.cursor, 16);
    press_key("Down"); // over six rows that repeat
    assert_int_equal(app.hex.cursor, 128);
    press_key("Up");
    assert_int_equal(app.hex.cursor, 16);
    press_key("z");
    press_key("Down");
    assert_int_equal(app.hex.cursor, 32);
}

static void a_read_keeps_the_row_of_the_cursor(void **state) {
    (void)state;
    open_beta();
    press_key("G");
    drop_jobs();
    pass(S);
    answer(8192, 0);
    pass(S);
    struct io_request *req = need_job(IO_READ);
    assert_int_equal(req->fold.width, 16);
    bool kept = false;
    for (size_t i = 0; i < req->fold.keep_count; i++)
        kept |= req->fold.keep[i] == 8176;
    assert_true(kept);
    io_request_free(req);
}

static void frozen_bytes_stay_and_what_is_scrolled_to_is_read_once(void **state) {
    (void)state;
    open_beta();
    press_key("Space");
    pass(5 * S);
    assert_false(has_job(IO_READ));
    assert_false(has_job(IO_SURVEY));
    press_key("PgDn");
    press_key("PgDn");
    struct io_request *req = need_job(IO_READ);
    assert_true(req->offset > 0);
    io_request_free(req);
    drop_jobs();
    answer(8192, 5);
    assert_shows("FROZEN");
    pass(5 * S);
    assert_false(has_job(IO_READ));
    press_key("Space");
    assert_true(has_job(IO_READ)); // live again, at once
}

static void the_map_is_asked_for_while_the_bytes_are_live(void **state) {
    (void)state;
    select_named("posix:/beta");
    press_key("Enter");
    answer(8192, 0);
    struct io_request *req = need_job(IO_SURVEY);
    assert_int_equal(req->cells, hex_strip_columns(30, 100));
    assert_true(req->anew); // nothing was seen a moment ago
    pass(5 * S);
    assert_false(has_job(IO_SURVEY)); // the answer is not in yet
    struct io_reply *r = new_reply(IO_SURVEY, req->serial, 0);
    io_request_free(req);
    r->size = 8192;
    r->sweeping = true;
    r->cell_count = 2;
    r->cells = xcalloc(2, sizeof *r->cells);
    r->cells[0] = (struct page_cell){4096, 4096, 0, true};
    r->cells[1] = (struct page_cell){4096, 0, 4096, true};
    r->ranges = xcalloc(1, sizeof *r->ranges);
    r->ranges[r->range_count++] = (struct changed_range){4096, 4096};
    app_reply(&app, r);
    assert_shows("4.0K here, 4.0K ~ swapped out");
    assert_false(has_job(IO_SURVEY));
    assert_true(app_deadline(&app) <= drive_now() + S / 4);
    press_key("c");
    assert_int_equal(app.hex.cursor, 4096);
    pass(S / 4);
    req = need_job(IO_SURVEY);
    assert_false(req->anew);
    r = new_reply(IO_SURVEY, req->serial, 0);
    io_request_free(req);
    app_reply(&app, r);
    press_key("Z"); // paused: nothing is due
    pass(S);
    assert_false(has_job(IO_SURVEY));
    press_key("Z");
    req = need_job(IO_SURVEY);
    assert_true(req->anew); // what changed meanwhile did not change just now
    io_request_free(req);
    app_resize(&app, 10, 40); // no room for strips
    pass(S);
    drop_jobs();
    pass(S);
    assert_false(has_job(IO_SURVEY));
}

static void the_row_of_the_cursor_is_seen_at_once(void **state) {
    (void)state;
    open_beta();
    pass(S / 4);
    answer_folded("abbbbbbbc", 8192);
    drop_jobs();
    press_key("g");
    type("0x41"); // in what is folded away
    press_key("Enter");
    struct io_request *req = need_job(IO_READ);
    bool kept = false;
    for (size_t i = 0; i < req->fold.keep_count; i++)
        kept |= req->fold.keep[i] == 0x40;
    assert_true(kept);
    io_request_free(req);
    press_key("Esc");
}

static void the_next_match_begins_after_this_one(void **state) {
    (void)state;
    open_beta();
    press_key("/");
    type("abc");
    press_key("Enter");
    struct io_request *req = need_job(IO_SEARCH);
    struct io_reply *r = new_reply(IO_SEARCH, req->serial, 0);
    r->done = r->found = true;
    r->at = 100;
    r->match = 3;
    io_request_free(req);
    app_reply(&app, r);
    press_key("n");
    req = need_job(IO_SEARCH);
    assert_int_equal(req->offset, 103);
    io_request_free(req);
    press_key("N");
    req = need_job(IO_SEARCH);
    assert_true(req->backwards);
    assert_int_equal(req->offset, 99);
    io_request_free(req);
}

static void a_selection_grows_with_the_cursor(void **state) {
    (void)state;
    open_beta();
    press_key("Right");
    press_key("v");
    assert_shows("move to extend");
    press_key("Right");
    press_key("Right");
    assert_shows("3 selected from 0x1");
    press_key("Left");
    press_key("Left");
    press_key("Left"); // before where it began
    assert_shows("2 selected from 0x0");
    press_key("Esc"); // ends the selection and nothing else
    assert_int_equal(app.view, VIEW_HEX);
    assert_false(shows("selected from"));
    press_key("Esc");
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void a_selection_is_copied_in_each_form(void **state) {
    (void)state;
    static const char *const want[] = {
        "40 41 42", "const unsigned char bytes[3] = {\n    0x40, 0x41, 0x42,\n};\n", "@AB"};
    for (size_t form = 0; form < 3; form++) {
        open_beta();
        press_key("g");
        type("0x40");
        press_key("Enter");
        press_key("v");
        press_key("Right");
        press_key("Right");
        press_key("y");
        assert_shows("Copy 3 bytes at 0x40");
        for (size_t i = 0; i < form; i++)
            press_key("Down");
        press_key("Enter");
        assert_true(app_effects(&app) & EFFECT_COPY);
        assert_int_equal(app.clipboard_len, strlen(want[form]));
        assert_memory_equal(app.clipboard, want[form], app.clipboard_len);
        press_key("Esc");
        press_key("Esc");
    }
}

static void what_goes_beyond_the_screen_is_read_for_the_copy(void **state) {
    (void)state;
    open_beta();
    press_key("v");
    press_key("G");
    press_key("y");
    press_key("Enter");
    struct io_request *req = need_job(IO_FETCH);
    assert_int_equal(req->offset, 0);
    assert_int_equal(req->len, 8192);
    struct io_reply *r = new_reply(IO_FETCH, req->serial, 0);
    r->len = 4;
    r->bytes = xmemdup("\1\2\3\4", 4);
    r->marks = xcalloc(1, 4);
    io_request_free(req);
    app_reply(&app, r);
    assert_true(app_effects(&app) & EFFECT_COPY);
    assert_memory_equal(app.clipboard, "01 02 03 04", 11);
}

static void without_a_selection_the_seg_is_copied(void **state) {
    (void)state;
    open_beta();
    press_key("y");
    assert_true(app_effects(&app) & EFFECT_COPY);
    assert_memory_equal(app.clipboard, "posix:/beta", 11);
}

static void bookmarks_are_set_visited_and_listed(void **state) {
    (void)state;
    open_beta();
    press_key("'");
    assert_shows("no bookmark yet");
    static const char *const places[] = {"0x100", "0x20", "0x1000"};
    for (size_t i = 0; i < 3; i++) {
        press_key("g");
        type(places[i]);
        press_key("Enter");
        press_key("b");
    }
    static const uint64_t round[] = {0x20, 0x100, 0x1000, 0x20};
    for (size_t i = 0; i < 4; i++) {
        press_key("'");
        assert_int_equal(app.hex.cursor, round[i]);
    }
    press_key("B");
    assert_shows("0x1000");
    press_key("Down");
    press_key("Enter");
    assert_int_equal(app.hex.cursor, 0x100);
    press_key("b"); // takes it away again
    press_key("'");
    assert_int_equal(app.hex.cursor, 0x1000);
    press_key("Esc");
    open_beta(); // another look begins without any
    press_key("B");
    assert_null(app.dialog);
}

static void changes_are_gone_to(void **state) {
    (void)state;
    open_beta();
    press_key("c");
    assert_shows("no change was seen");
    pass(S / 4);
    answer(8192, 77); // the first byte has changed
    press_key("G");
    drop_jobs();
    press_key("c");
    assert_int_equal(app.hex.cursor, 0);
    pass(70 * S);
    press_key("G");
    press_key("C");
    assert_int_equal(app.hex.cursor, 8191);
}

static void saving_asks_for_a_name_and_can_be_stopped(void **state) {
    (void)state;
    open_beta();
    press_key("s");
    assert_shows("the whole segment");
    press_key("Enter");
    assert_false(has_job(IO_SAVE));
    type("/tmp/x");
    press_key("Enter");
    struct io_request *req = need_job(IO_SAVE);
    assert_string_equal(req->path, "/tmp/x");
    assert_int_equal(req->len, 8192);
    struct io_reply *r = new_reply(IO_SAVE, req->serial, 0);
    r->searched = 4096;
    io_request_free(req);
    app_reply(&app, r);
    assert_shows("saving: 4.0K");
    press_key("Esc");
    assert_true(has_job(IO_STOP));
    assert_int_equal(app.view, VIEW_HEX);
}

static struct io_reply *compared_reply(void) {
    struct io_request *req = need_job(IO_READ);
    assert_int_not_equal(req->compare.with, COMPARE_NONE);
    assert_int_equal(req->fold.width, 0); // nothing is folded side by side
    struct io_reply *r = new_reply(IO_READ, req->serial, 0);
    r->id = req->id;
    r->offset = req->offset;
    r->len = 64;
    r->size = 8192;
    r->end = r->offset + r->len;
    r->bytes = xcalloc(1, 64);
    r->other = xcalloc(1, 64);
    r->other_marks = xcalloc(1, 64);
    r->parts = xcalloc(1, sizeof *r->parts);
    r->parts[r->part_count++] = (struct hexpart){.offset = r->offset, .len = r->len};
    io_request_free(req);
    return r;
}

static void a_capture_is_compared_side_by_side(void **state) {
    (void)state;
    open_beta();
    press_key("d");
    assert_shows("nothing is compared");
    press_key("D");
    press_key("Enter");
    assert_shows("K takes a capture");
    press_key("Esc");
    press_key("K");
    struct io_request *req = need_job(IO_CAPTURE);
    struct io_reply *r = new_reply(IO_CAPTURE, req->serial, 0);
    r->end = 8192;
    io_request_free(req);
    app_reply(&app, r);
    assert_shows("capture of 00:16:40");
    drop_jobs();
    press_key("D");
    press_key("Enter");
    r = compared_reply();
    r->bytes[5] = 0xab;
    r->other[5] = 0xcd;
    app_reply(&app, r);
    app_settle(&app);
    assert_shows("ab 00 00");
    assert_shows("cd 00 00");
    press_key("d");
    req = need_job(IO_SEARCH);
    assert_null(req->pattern);
    assert_int_equal(req->compare.with, COMPARE_CAPTURE);
    r = new_reply(IO_SEARCH, req->serial, 0);
    r->done = r->found = true;
    r->at = 5;
    io_request_free(req);
    app_reply(&app, r);
    assert_int_equal(app.hex.cursor, 5);
    press_key("D");
    assert_shows("compared no more");
    assert_false(shows("cd 00 00"));
}

static void another_segment_is_compared_by_its_name(void **state) {
    (void)state;
    open_beta();
    press_key("D");
    type("posix:/nobody");
    press_key("Enter");
    assert_shows("no such segment");
    for (int i = 0; i < 6; i++)
        press_key("Backspace");
    type("beta");
    press_key("Enter");
    assert_shows("that is this segment");
    for (int i = 0; i < 4; i++)
        press_key("Backspace");
    type("alpha");
    press_key("Enter");
    struct io_reply *r = compared_reply();
    snprintf(r->other_problem, sizeof r->other_problem, "the other segment: is gone");
    app_reply(&app, r);
    app_settle(&app);
    assert_shows("! the other segment: is gone");
}

static void the_last_bytes_stay_when_it_goes(void **state) {
    (void)state;
    open_beta();
    press_key("D");
    type("posix:/alpha");
    press_key("Enter");
    app_reply(&app, compared_reply());
    show(drive_three, 1); // only alpha is left
    assert_shows("GONE");
    assert_shows("00000000");
    static const char *const keys[] = {"d", ",", "n", "c", "K", "s", "v",
                                       "y", "b", "D", "A", "P", "e"};
    drop_jobs();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        press_key(keys[i]);
        while (app.dialog || app.prompt.kind)
            press_key("Esc");
        assert_false(has_job(IO_OP));
    }
    assert_int_equal(app.view, VIEW_HEX);
}

static void swapped_pages_are_asked_for(void **state) {
    (void)state;
    open_beta();
    press_key("A");
    assert_shows("without leaving a trace");
    pass(S);
    struct io_request *req = need_job(IO_READ);
    assert_false(req->may_load);
    struct io_reply *r = new_reply(IO_READ, req->serial, 0);
    r->id = req->id;
    r->len = 32;
    r->size = 8192;
    r->end = 32;
    r->bytes = xcalloc(1, 32);
    r->marks = xcalloc(1, 32);
    memset(r->marks + 16, MARK_SWAPPED, 16);
    r->parts = xcalloc(1, sizeof *r->parts);
    r->parts[r->part_count++] = (struct hexpart){.len = 32};
    io_request_free(req);
    app_reply(&app, r);
    app_settle(&app);
    assert_shows("~~ ~~");
    press_key("A");
    assert_shows("are swapped out");
    press_key("Enter"); // Cancel has the focus
    pass(S);
    drop_jobs();
    press_key("A");
    press_key("A");
    assert_null(app.dialog);
    pass(S);
    req = need_job(IO_READ);
    assert_true(req->may_load);
    io_request_free(req);
}

#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(arrows_step_over_what_is_folded),
        T(a_read_keeps_the_row_of_the_cursor),
        T(frozen_bytes_stay_and_what_is_scrolled_to_is_read_once),
        T(the_map_is_asked_for_while_the_bytes_are_live),
        T(the_row_of_the_cursor_is_seen_at_once),
        T(the_next_match_begins_after_this_one),
        T(a_selection_grows_with_the_cursor),
        T(a_selection_is_copied_in_each_form),
        T(what_goes_beyond_the_screen_is_read_for_the_copy),
        T(without_a_selection_the_seg_is_copied),
        T(bookmarks_are_set_visited_and_listed),
        T(changes_are_gone_to),
        T(saving_asks_for_a_name_and_can_be_stopped),
        T(a_capture_is_compared_side_by_side),
        T(another_segment_is_compared_by_its_name),
        T(the_last_bytes_stay_when_it_goes),
        T(swapped_pages_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
