// test_app.c - what keys, snapshots and replies make of the monitor; no terminal, no threads.
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

// --- leaving and going back

static void escape_never_quits(void **state) {
    (void)state;
    static const char *const ways[] = {"F8", "?", "M", "/", "F4", "F6", "F7", "F9", "a"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        press_key(ways[i]);
        for (int k = 0; k < 3; k++)
            press_key("Esc");
        assert_int_equal(app_effects(&app) & EFFECT_QUIT, 0);
        assert_int_equal(app.view, VIEW_SEGMENTS);
        assert_null(app.dialog);
        assert_null(app.prompt.kind);
    }
}

static void q_closes_a_view_and_quits_at_the_top(void **state) {
    (void)state;
    press_key("Enter");
    assert_int_equal(app.view, VIEW_HEX);
    press_key("?");
    assert_int_equal(app.view, VIEW_HELP);
    press_key("q");
    assert_int_equal(app.view, VIEW_HEX);
    press_key("q");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_int_equal(app_effects(&app) & EFFECT_QUIT, 0);
    press_key("q");
    assert_true(app_effects(&app) & EFFECT_QUIT);
}

static void ctrl_c_and_f10_quit_anywhere(void **state) {
    (void)state;
    static const char *const from[] = {"F7", "F9", "/", "F6", "Enter", "?"};
    static const char *const keys[] = {"^C", "F10"};
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++)
        for (size_t k = 0; k < 2; k++) {
            press_key(from[i]);
            app_effects(&app);
            press_key(keys[k]);
            assert_true(app_effects(&app) & EFFECT_QUIT);
            press_key("Esc");
            press_key("Esc");
        }
}

static void an_unknown_key_says_where_the_keys_are(void **state) {
    (void)state;
    press_key("F12");
    assert_shows("? shows the keys");
    pass(9 * S);
    assert_false(shows("? shows the keys"));
}

// --- reading bytes

static void the_selected_segment_is_read(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(false, "");
    struct io_request *req = need_job(IO_READ);
    assert_true(seg_id_same(&req->id, &rows_selected(&app.table)->id));
    assert_int_equal(req->offset, 0);
    assert_false(req->may_attach);
    io_request_free(req);
}

static void moving_the_selection_lets_go_and_reads_the_next(void **state) {
    (void)state;
    press_key("Down");
    assert_true(has_job(IO_CLOSE));
    struct io_request *req = need_job(IO_READ);
    assert_true(seg_id_same(&req->id, &rows_selected(&app.table)->id));
    io_request_free(req);
}

static void reads_are_paced(void **state) {
    (void)state;
    select_named("posix:/alpha");
    drop_jobs();
    pass(S);
    assert_false(has_job(IO_READ)); // the answer is not in yet
    answer(4096, 0);
    assert_false(has_job(IO_READ));
    assert_true(app_deadline(&app) > drive_now() && app_deadline(&app) <= drive_now() + S / 4);
    pass(S / 4);
    assert_true(has_job(IO_READ));
}

static void without_room_for_a_preview_nothing_is_read(void **state) {
    (void)state;
    app_resize(&app, 10, 40);
    app_settle(&app);
    drop_jobs();
    press_key("Down");
    assert_false(has_job(IO_READ));
}

static void paused_nothing_is_due(void **state) {
    (void)state;
    select_named("posix:/alpha");
    drop_jobs();
    answer(4096, 0);
    press_key("Z");
    assert_true(app_effects(&app) & EFFECT_PAUSE);
    assert_true(app.paused);
    assert_int_equal(app_deadline(&app), 0);
    pass(60 * S);
    assert_false(has_job(IO_READ));
    press_key("Z");
    pass(S);
    assert_true(has_job(IO_READ));
}

static void frozen_hex_reads_nothing(void **state) {
    (void)state;
    select_named("posix:/beta");
    press_key("Enter");
    answer(8192, 0);
    press_key("Space");
    drop_jobs();
    pass(S);
    assert_false(has_job(IO_READ));
    press_key("Space");
    pass(S);
    assert_true(has_job(IO_READ));
}

static void an_answer_that_comes_late_is_dropped(void **state) {
    (void)state;
    select_named("posix:/alpha");
    uint64_t stale = app.reading.serial;
    struct seg_id other = app.reading.id;
    press_key("Up");
    for (int i = 0; i < 2; i++) { // of another segment, then an old one of the right segment
        struct io_reply *r = new_reply(IO_READ, i ? stale : app.reading.serial, 0);
        r->id = i ? app.reading.id : other;
        r->bytes = xcalloc(1, 16);
        r->len = r->size = 16;
        app_reply(&app, r);
        assert_int_equal(app.preview.win.len, 0);
    }
}

static void only_the_bytes_on_the_screen_are_read(void **state) {
    (void)state;
    select_named("sysv:7");
    press_key("Enter");
    answer(65536, 0);
    press_key("End");
    assert_true(app.reading.offset > 60000);
    assert_true(app.reading.len <= 960);
    assert_true(app.reading.offset + app.reading.len >= 65536);
}

static void attaching_is_asked_for_first(void **state) {
    (void)state;
    select_named("sysv:7");
    refuse(OUTCOME_REFUSED);
    assert_shows("nobody holds it: A reads it by attaching once");
    drop_jobs();
    press_key("A");
    assert_shows("attach time");
    press_key("Enter"); // Cancel has the focus
    assert_null(app.dialog);
    pass(2 * S);
    struct io_request *req = need_job(IO_READ);
    assert_false(req->may_attach);
    io_request_free(req);
    refuse(OUTCOME_REFUSED);
    drop_jobs();
    press_key("A");
    press_key("A");
    req = need_job(IO_READ);
    assert_true(req->may_attach);
    io_request_free(req);
}

static void a_segment_that_goes_keeps_its_last_bytes(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("Enter");
    answer(4096, 0x7f);
    show(drive_three + 1, 2);
    drop_jobs();
    assert_true(app.hex.gone);
    assert_shows("GONE");
    assert_shows("7f");
    pass(S);
    assert_false(has_job(IO_READ));
}

// --- the table

static void the_selection_stays_with_its_segment(void **state) {
    (void)state;
    static const struct made more[] = {
        {SEG_POSIX, 11, "/alpha", 4096, 0, 100, false},
        {SEG_POSIX, 12, "/beta", 8192, 0, 100, true},
        {SEG_SYSV, 7, NULL, 65536, 0x5201, 100, false},
        {SEG_POSIX, 13, "/huge", 1 << 30, 0, 100, false},
    };
    select_named("posix:/alpha");
    struct seg_id id = rows_selected(&app.table)->id;
    show(more, 4);
    assert_true(seg_id_same(&rows_selected(&app.table)->id, &id));
}

static void the_filter_acts_while_it_is_typed(void **state) {
    (void)state;
    press_key("F4");
    type("bet");
    assert_int_equal(app.table.count, 1);
    assert_shows("1 shown, 2 hidden");
    press_key("Enter");
    assert_null(app.prompt.kind);
    assert_int_equal(app.table.count, 1);
    press_key("Esc");
    assert_int_equal(app.table.count, 3);
}

static void a_bad_filter_is_explained_and_changes_nothing(void **state) {
    (void)state;
    press_key("F4");
    type("size>");
    assert_int_equal(app.prompt.alert, ALERT_BAD);
    assert_int_equal(app.table.count, 3);
    press_key("Enter");
    assert_non_null(app.prompt.kind);
    press_key("Esc");
    assert_int_equal(app.filter_text[0], 0);
}

static void escape_brings_the_filter_before_back(void **state) {
    (void)state;
    press_key("F4");
    type("alpha");
    press_key("Enter");
    press_key("F4");
    type("x");
    assert_int_equal(app.table.count, 0);
    press_key("Esc");
    assert_string_equal(app.filter_text, "alpha");
    assert_int_equal(app.table.count, 1);
}

static void search_wraps_and_counts(void **state) {
    (void)state;
    press_key("/");
    type("a");
    press_key("Enter");
    size_t first = app.table.selected;
    assert_shows("of 2");
    press_key("n");
    assert_int_not_equal(app.table.selected, first);
    press_key("n");
    assert_int_equal(app.table.selected, first);
    press_key("N");
    assert_int_not_equal(app.table.selected, first);
}

static void the_help_is_searched(void **state) {
    (void)state;
    press_key("?");
    press_key("/");
    type("SUSPEND");
    press_key("Enter");
    assert_shows("suspend shmtop");
    size_t first = app.help_match;
    press_key("n");
    assert_int_equal(app.help_match, first); // the only line that has it
    press_key("/");
    type("no such words");
    press_key("Enter");
    assert_shows("is not in the help");
}

static void the_sort_menu_sorts_and_turns_round(void **state) {
    (void)state;
    press_key("F6");
    press_key("Up"); // from SIZE to the one before it
    press_key("Enter");
    assert_null(app.dialog);
    assert_int_equal(app.table.sort, COL_KIND);
    bool invert = app.table.invert;
    press_key("I");
    assert_int_equal(app.table.invert, !invert);
}

static void a_click_selects_a_row(void **state) {
    (void)state;
    char *all = screen();
    int y = 0;
    char *line = strtok(all, "\n");
    for (; line && !strstr(line, " P /alpha"); y++)
        line = strtok(NULL, "\n");
    assert_non_null(line);
    free(all);
    struct key click = {.code = KEY_MOUSE_, .y = y, .x = 10, .button = 1};
    app_key(&app, &click);
    assert_int_equal(rows_selected(&app.table)->id.num, 11);
}

// --- offsets and searching in the bytes

static void offsets_are_parsed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t at;
    } cases[] = {
        {"0", true, 0},        {"4096", true, 4096}, {"0x1000", true, 4096}, {"4K", true, 4096},
        {"+64", true, 1064},   {"-64", true, 936},   {"-5000", true, 0},     {"50%", true, 32768},
        {"100%", true, 65536}, {"0%", true, 0},      {"101%", false, 0},     {"", false, 0},
        {"x", false, 0},       {"65537", false, 0},  {"+", false, 0},        {"1.5", false, 0},
        {"+0x10", true, 1016}, {"%", false, 0},      {"--4", false, 0},      {" 16", true, 16},
        {"p2", true, 8192},    {"p", false, 0},      {"p16", true, 65536},   {"p17", false, 0},
    };
    struct hex_state h = {.cursor = 1000, .bytes.size = 65536};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t at = 77;
        const char *why = NULL;
        if (hex_parse_goto(&h, cases[i].text, &at, &why) != cases[i].good)
            fail_msg("\"%s\"", cases[i].text);
        if (cases[i].good)
            assert_int_equal(at, cases[i].at);
        else
            assert_non_null(why);
    }
}

static void a_search_is_asked_for_shown_and_stopped(void **state) {
    (void)state;
    select_named("posix:/beta");
    press_key("Enter");
    answer(8192, 0);
    drop_jobs();
    press_key("/");
    type("xyz");
    press_key("Enter");
    struct io_request *req = need_job(IO_SEARCH);
    size_t match = 0;
    assert_non_null(req->pattern);
    assert_int_equal(pattern_first(req->pattern, (const uint8_t *)"..xyz", 5, 5, false, &match), 2);
    assert_int_equal(req->offset, 1);
    struct io_reply *r = xcalloc(1, sizeof *r);
    r->kind = IO_SEARCH;
    r->serial = req->serial;
    r->found = r->done = true;
    r->at = 5000;
    io_request_free(req);
    app_reply(&app, r);
    app_settle(&app);
    assert_int_equal(app.hex.cursor, 5000);
    assert_false(app.hex.searching);
    press_key("N");
    assert_true(app.hex.searching);
    drop_jobs();
    press_key("Esc");
    assert_true(has_job(IO_STOP));
    assert_int_equal(app.view, VIEW_HEX); // the first Esc only stops the search
    press_key("Esc");
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void the_cursor_stays_inside(void **state) {
    (void)state;
    select_named("posix:/beta");
    press_key("Enter");
    answer(8192, 0);
    press_key("Up");
    press_key("Left");
    assert_int_equal(app.hex.cursor, 0);
    press_key("End");
    assert_int_equal(app.hex.cursor, 8191);
    press_key("Right");
    press_key("PgDn");
    press_key("Down");
    assert_int_equal(app.hex.cursor, 8191);
    press_key("Home");
    assert_int_equal(app.hex.cursor, 0);
    assert_int_equal(app.hex.top, 0);
}

// --- everything at every size

static void it_draws_at_every_size_with_everything_open(void **state) {
    (void)state;
    static const int sizes[][2] = {{1, 1},   {2, 5},    {5, 20},   {6, 30},   {10, 40},
                                   {24, 80}, {30, 100}, {60, 200}, {200, 30}, {60, 400}};
    static const char *const open[] = {"", "F6", "F7", "F9", "?", "M", "/", "F4", "Enter", "a"};
    for (size_t k = 0; k < sizeof open / sizeof open[0]; k++) {
        if (open[k][0])
            press_key(open[k]);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            app_resize(&app, sizes[i][0], sizes[i][1]);
            app_settle(&app);
            free(screen());
            press_key("Down");
        }
        press_key("Esc");
        press_key("Esc");
    }
}

static void nothing_is_there_before_the_first_picture(void **state) {
    (void)state;
    drive_teardown(NULL);
    struct settings settings;
    config_defaults(&settings);
    app_init(&app, &(struct app_config){.settings = &settings});
    static const char *const keys[] = {"Down", "Enter", "F9", "F7", "Esc", "A", "Space", "U",  "n",
                                       "F6",   "Esc",   "M",  "q",  "?",   "q", "/",     "Esc"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        press_key(keys[i]);
        free(screen());
    }
    assert_false(has_job(IO_READ));
}

static void a_bad_filter_at_start_is_said(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(false, "size>>");
    assert_int_equal(app.table.count, 3);
    assert_memory_equal(app.message, "filter:", 7);
}

static void text_is_edited_by_characters(void **state) {
    (void)state;
    struct textedit e;
    textedit_set(&e, "a\u00e9\u30c7\x1b\xff");
    assert_string_equal(e.text, "a\u00e9\u30c7");
    struct key left = {.code = KEY_LEFT_}, del = {.code = KEY_DELETE_},
               back = {.code = KEY_BACKSPACE_}, wide = {.code = KEY_CHAR, .ch = 0x30c7},
               word = {.code = KEY_CHAR, .ch = 0x17}, bidi = {.code = KEY_CHAR, .ch = 0x202e};
    textedit_key(&e, &left);
    textedit_key(&e, &del);
    assert_string_equal(e.text, "a\u00e9");
    textedit_key(&e, &back);
    assert_string_equal(e.text, "a");
    textedit_key(&e, &wide);
    textedit_key(&e, &bidi);
    assert_string_equal(e.text, "a\u30c7");
    textedit_set(&e, "one two  ");
    textedit_key(&e, &word);
    assert_string_equal(e.text, "one ");
    char longest[2 * TEXTEDIT_SIZE];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    textedit_set(&e, longest);
    assert_int_equal(e.len, TEXTEDIT_SIZE - 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)

// --- holders below the rows

static void holders_unfold_below_their_segment(void **state) {
    (void)state;
    select_named("posix:/beta");
    press_key("+");
    assert_shows("\u2514\u2500      41");
    size_t selected = app.table.selected;
    press_key("Down");
    assert_int_equal(app.table.selected, selected + 1); // holders are looked at, not selected
    press_key("Up");
    press_key("-");
    assert_false(shows("\u2514\u2500      41"));
    press_key("F5");
    assert_shows("\u2514\u2500      41");
    show(drive_three, 3);
    assert_shows("\u2514\u2500      41");
    press_key("t");
    assert_false(shows("\u2514\u2500      41"));
}

static void what_nobody_holds_says_so_when_it_is_unfolded(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("+");
    assert_shows("no process in sight holds it");
}

static void a_click_below_unfolded_rows_finds_the_right_one(void **state) {
    (void)state;
    press_key("*");
    char *text = screen(), *line = text;
    int y = 0;
    for (char *end; (end = strchr(line, '\n')); line = end + 1, y++)
        if (memmem(line, (size_t)(end - line), "/alpha", 6))
            break;
    free(text);
    const struct key key = {.code = KEY_MOUSE_, .y = y, .x = 10, .button = 1};
    app_key(&app, &key);
    char name[300];
    assert_string_equal(seg_shell(rows_selected(&app.table)->seg, name, sizeof name),
                        "posix:/alpha");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(holders_unfold_below_their_segment),
        T(what_nobody_holds_says_so_when_it_is_unfolded),
        T(a_click_below_unfolded_rows_finds_the_right_one),
        T(escape_never_quits),
        T(q_closes_a_view_and_quits_at_the_top),
        T(ctrl_c_and_f10_quit_anywhere),
        T(an_unknown_key_says_where_the_keys_are),
        T(the_selected_segment_is_read),
        T(moving_the_selection_lets_go_and_reads_the_next),
        T(reads_are_paced),
        T(without_room_for_a_preview_nothing_is_read),
        T(paused_nothing_is_due),
        T(frozen_hex_reads_nothing),
        T(an_answer_that_comes_late_is_dropped),
        T(only_the_bytes_on_the_screen_are_read),
        T(attaching_is_asked_for_first),
        T(a_segment_that_goes_keeps_its_last_bytes),
        T(the_selection_stays_with_its_segment),
        T(the_filter_acts_while_it_is_typed),
        T(a_bad_filter_is_explained_and_changes_nothing),
        T(escape_brings_the_filter_before_back),
        T(search_wraps_and_counts),
        T(the_help_is_searched),
        T(the_sort_menu_sorts_and_turns_round),
        T(a_click_selects_a_row),
        T(offsets_are_parsed),
        T(a_search_is_asked_for_shown_and_stopped),
        T(the_cursor_stays_inside),
        T(it_draws_at_every_size_with_everything_open),
        T(nothing_is_there_before_the_first_picture),
        T(a_bad_filter_at_start_is_said),
        cmocka_unit_test(text_is_edited_by_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
