// test_app_limits.c - going to the screen of limits, scrolling in it, and leaving it again.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "app/app_parts.h"
#include "support/drive.h"

static void five_opens_it_and_looks_at_everything(void **state) {
    (void)state;
    app_effects(&app);
    press_key("5");
    assert_int_equal(app.view, VIEW_LIMITS);
    assert_true(app_effects(&app) & EFFECT_SWEEP);
    assert_ptr_equal(app.ledger.snap, app.snap);
    assert_shows("LIMITS");
    assert_shows("MEMORY   Shmem");
    press_key("1");
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void the_account_follows_the_picture_while_it_is_shown(void **state) {
    (void)state;
    assert_null(app.ledger.snap);
    press_key("5");
    app_snapshot(&app, app.snap);
    assert_ptr_equal(app.ledger.snap, app.snap);
    press_key("?"); // the help lies over it
    app_snapshot(&app, app.snap);
    assert_non_null(app.ledger.snap);
    press_key("q");
    assert_int_equal(app.view, VIEW_LIMITS);
    press_key("q");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_null(app.ledger.snap);
    app_snapshot(&app, app.snap);
    assert_null(app.ledger.snap);
}

static void it_scrolls_from_end_to_end_and_no_further(void **state) {
    (void)state;
    app_resize(&app, 10, 60);
    press_key("5");
    size_t last = limits_lines(&app) - limits_rows(10);
    assert_true(last > 3);
    press_key("Up");
    assert_int_equal(app.limits_top, 0);
    press_key("Down");
    press_key("j");
    assert_int_equal(app.limits_top, 2);
    press_key("End");
    assert_int_equal(app.limits_top, last);
    press_key("PgDn");
    assert_int_equal(app.limits_top, last);
    press_key("PgUp");
    assert_int_equal(app.limits_top, last - limits_rows(10));
    press_key("?");
    press_key("q");
    assert_int_equal(app.limits_top, last - limits_rows(10)); // help does not lose the place
    press_key("Home");
    assert_int_equal(app.limits_top, 0);
}

static void it_is_there_before_the_first_picture(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(false, "");
    snapshot_unref(app.snap);
    app.snap = NULL;
    press_key("5");
    assert_shows("Looking");
    assert_null(app.ledger.snap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(five_opens_it_and_looks_at_everything, drive_setup,
                                        drive_teardown),
        cmocka_unit_test_setup_teardown(the_account_follows_the_picture_while_it_is_shown,
                                        drive_setup, drive_teardown),
        cmocka_unit_test_setup_teardown(it_scrolls_from_end_to_end_and_no_further, drive_setup,
                                        drive_teardown),
        cmocka_unit_test_setup_teardown(it_is_there_before_the_first_picture, drive_setup,
                                        drive_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
