// test_app_leaks.c - going to the leaks, moving, tagging and filtering there, and leaving again.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "support/drive.h"

// alpha and sysv:7 are unused, beta is held.
static const struct made more[] = {
    {SEG_POSIX, 11, "/alpha", 4096, 0, 100, false}, {SEG_POSIX, 12, "/beta", 8192, 0, 100, true},
    {SEG_POSIX, 13, "/gamma", 4096, 0, 100, false}, {SEG_SYSV, 7, NULL, 65536, 0x5201, 100, false},
    {SEG_SYSV, 8, NULL, 65536, 0, 100, false},
};

static const char *selected(char buf[300]) {
    const struct row *row = rows_selected(&app.leaks.rows);
    return row ? seg_shell(row->seg, buf, 300) : "none";
}

static void three_opens_it_and_looks_at_everything(void **state) {
    (void)state;
    char name[300];
    app_effects(&app);
    assert_false(app_asks_kernel(&app));
    press_key("3");
    assert_int_equal(app.view, VIEW_LEAKS);
    unsigned effects = app_effects(&app);
    assert_true(effects & EFFECT_SWEEP);
    assert_true(effects & EFFECT_VERDICTS);
    assert_true(app_asks_kernel(&app));
    assert_int_equal(app.leaks.rows.count, 2);
    assert_string_equal(selected(name), "sysv:7");
    assert_shows("1 suspect");
    assert_false(shows("beta"));
    press_key("q");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_false(app_asks_kernel(&app));
    assert_true(app_effects(&app) & EFFECT_VERDICTS);
    assert_shows("beta");
}

static void tags_and_selection_are_kept_while_it_is_left(void **state) {
    (void)state;
    char name[300];
    show(more, 5);
    press_key("3");
    assert_int_equal(app.leaks.rows.count, 4);
    press_key("Space");
    press_key("Space");
    press_key("Down");
    assert_shows("2 tagged");
    char want[300];
    snprintf(want, sizeof want, "%s", selected(name));
    press_key("?");
    assert_true(app.leaks.open); // right below the help
    press_key("q");
    press_key("1");
    assert_false(app.leaks.open);
    assert_int_equal(app.table.tagged, 0); // those of the table are its own
    press_key("3");
    assert_int_equal(app.leaks.rows.tagged, 2);
    assert_string_equal(selected(name), want);
    press_key("U");
    press_key("1");
    press_key("3");
    assert_int_equal(app.leaks.rows.tagged, 0);
}

static void the_filter_is_one_for_both_tables(void **state) {
    (void)state;
    show(more, 5);
    press_key("3");
    press_key("F4");
    type("kind:posix");
    press_key("Enter");
    assert_int_equal(app.leaks.rows.count, 2);
    assert_shows("filter: kind:posix (2 hidden)");
    press_key("1");
    assert_int_equal(app.table.count, 3);
    press_key("3");
    assert_int_equal(app.leaks.rows.count, 2);
    press_key("Esc"); // first the filter, then the screen
    assert_int_equal(app.leaks.rows.count, 4);
    assert_int_equal(app.view, VIEW_LEAKS);
    press_key("Esc");
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void searching_moves_its_own_selection(void **state) {
    (void)state;
    char name[300];
    show(more, 5);
    press_key("3");
    press_key("/");
    type("gamma");
    press_key("Enter");
    assert_string_equal(selected(name), "posix:/gamma");
    press_key("/");
    type("beta"); // in use: not here
    assert_shows("in no row");
    press_key("Esc");
}

static void groups_take_turns(void **state) {
    (void)state;
    press_key("3");
    press_key("t");
    assert_shows("ORIGIN");
    assert_shows("not recognised");
    press_key("F9"); // there is no row to act on
    assert_null(app.dialog);
    assert_shows("these are sums");
    press_key("Down");
    press_key("t");
    assert_shows("OWNER");
    press_key("t");
    assert_null(app.leaks.groups);
    press_key("t");
    press_key("Esc");
    assert_null(app.leaks.groups);
    assert_int_equal(app.view, VIEW_LEAKS);
}

static void the_age_floor_is_typed(void **state) {
    (void)state;
    press_key("3");
    app_effects(&app);
    press_key("T");
    assert_shows("now 10m");
    type("soon");
    press_key("Enter");
    assert_shows("write an age like");
    assert_false(app_effects(&app) & EFFECT_AGE_FLOOR);
    for (int i = 0; i < 4; i++)
        press_key("Backspace");
    type("2h");
    press_key("Enter");
    assert_true(app_effects(&app) & EFFECT_AGE_FLOOR);
    assert_true(app.settings.older_than_ns == 7200 * S);
    assert_shows("age floor 2h00m (T)");
}

static void removing_and_looking_act_on_its_row(void **state) {
    (void)state;
    press_key("3");
    press_key("F9");
    assert_shows("shmtop rm sysv:7");
    press_key("R");
    struct io_request *req = need_job(IO_OP);
    assert_string_equal(req->removals[0].seg, "sysv:7");
    io_request_free(req);
    press_key("Enter");
    assert_int_equal(app.view, VIEW_HEX);
    assert_false(app.leaks.open);
    press_key("q");
    assert_int_equal(app.view, VIEW_LEAKS); // back where it came from
    press_key("1");
    press_key("Enter");
    press_key("Esc");
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void what_goes_stays_for_a_moment(void **state) {
    (void)state;
    press_key("3");
    show(drive_three, 2);
    assert_shows("(gone)");
    press_key("F9");
    assert_shows("gone");
    assert_null(app.dialog);
    pass(4 * S);
    assert_false(shows("(gone)"));
    assert_int_equal(app.leaks.rows.count, 1);
}

static void it_is_there_before_the_first_picture(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(false, "");
    snapshot_unref(app.snap);
    app.snap = NULL;
    press_key("3");
    assert_shows("Looking");
    press_key("Space");
    press_key("F9");
    press_key("t");
    press_key("Enter");
    show(drive_three, 3);
    press_key("Esc");
    assert_int_equal(app.leaks.rows.count, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(three_opens_it_and_looks_at_everything),
        T(tags_and_selection_are_kept_while_it_is_left),
        T(the_filter_is_one_for_both_tables),
        T(searching_moves_its_own_selection),
        T(groups_take_turns),
        T(the_age_floor_is_typed),
        T(removing_and_looking_act_on_its_row),
        T(what_goes_stays_for_a_moment),
        T(it_is_there_before_the_first_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
