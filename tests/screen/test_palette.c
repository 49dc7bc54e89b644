// test_palette.c - commands and settings by their names.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "support/drive.h"
#include "support/golden.h"
#include "ui/canvas_dump.h"

static void command(const char *text) {
    press_key(":");
    type(text);
    press_key("Enter");
}

static void golden(const char *name, int rows, int cols, bool utf8) {
    app_resize(&app, rows, cols);
    struct canvas *c = canvas_new(rows, cols, utf8);
    app_draw(&app, c);
    assert_true(golden_canvas(name, c, true));
    canvas_free(c);
}

static void a_command_runs_by_its_name_or_what_only_it_begins_with(void **state) {
    (void)state;
    command("limits");
    assert_int_equal(app.view, VIEW_LIMITS);
    command("segm");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    command("  hex  ");
    assert_int_equal(app.view, VIEW_HEX);
    command("back");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    assert_null(app.prompt.kind);
    command("quit");
    assert_true(app_effects(&app) & EFFECT_QUIT);
}

static void what_is_meant_is_never_guessed(void **state) {
    (void)state;
    command("se"); // segments, search, search-next ...
    assert_shows("begin so: Tab chooses");
    assert_non_null(app.prompt.kind);
    press_key("Esc");
    command("limtis");
    assert_shows("no such command; near: limits");
    press_key("Esc");
    command("qqqqqqqqqq");
    assert_shows("no such command: Tab shows all");
    press_key("Esc");
    command("freeze");
    assert_shows("not in this view");
    press_key("Esc");
    command("limits now");
    assert_shows("limits takes nothing behind it");
    press_key("Esc");
    command("");
    assert_null(app.prompt.kind);
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void tab_goes_round_and_shift_tab_back(void **state) {
    (void)state;
    press_key(":");
    type("sea");
    press_key("Tab");
    assert_string_equal(app.prompt.edit.text, "search");
    press_key("Tab");
    assert_string_equal(app.prompt.edit.text, "search-next");
    press_key("BackTab");
    assert_string_equal(app.prompt.edit.text, "search");
    press_key("BackTab");
    assert_string_equal(app.prompt.edit.text, "sea");
    press_key("BackTab");
    assert_string_equal(app.prompt.edit.text, "search-previous");
    type("x");
    press_key("Tab");
    assert_shows("nothing begins so");
    press_key("Esc");
    press_key(":");
    type("them");
    press_key("Tab"); // the only one that begins so takes a value, which is next
    assert_string_equal(app.prompt.edit.text, "theme ");
    press_key("Tab");
    assert_string_equal(app.prompt.edit.text, "theme dark");
    press_key("Tab");
    press_key("Enter");
    assert_string_equal(app.settings.theme, "light");
    assert_true(app_effects(&app) & EFFECT_LOOKS);
    assert_shows("theme = light");
}

static void values_are_set_by_name(void **state) {
    (void)state;
    command("sort user inverted");
    assert_int_equal(app.table.sort, COL_USER);
    assert_true(app.table.invert);
    command("filter alpha");
    assert_int_equal(app.table.count, 1);
    assert_string_equal(app.filter_text, "alpha");
    command("filter ");
    press_key("Esc");
    command("delay 2");
    assert_int_equal(app.settings.delay_ns, 2000000000);
    assert_true(app_effects(&app) & EFFECT_DELAY);
    command("mouse no");
    assert_false(app.mouse);
    assert_true(app_effects(&app) & EFFECT_MOUSE);
    command("mouse"); // without a value the command of this name
    assert_true(app.mouse);
    command("columns mode:5 user");
    assert_int_equal(app.settings.columns.count, 2);
    command("older-than 1h");
    assert_true(app_effects(&app) & EFFECT_AGE_FLOOR);
    command("ascii yes");
    assert_false(app.utf8);
    command("ascii no");
    assert_true(app.utf8);
    command("follow no");
    assert_false(app.table.follow);
    command("read-only yes");
    assert_true(app.read_only);
    command("read-only no"); // of those who wanted it on
    assert_true(app.read_only);
}

static void a_wrong_value_is_said_and_changes_nothing(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"sort pink", "pink is no column"},  {"delay 0", "0 is not a number of seconds"},
        {"theme ../x", "../x is no theme"},  {"mouse maybe", "maybe is neither yes nor no"},
        {"filter name~[", "does not hold"},  {"columns size:1", "does not hold"},
        {"quarantine x", "x is not an age"}, {"delay", "is 1; a value behind it sets it"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct settings before, after;
        settings_now(&app, &before);
        command(wrong[i][0]);
        assert_shows(wrong[i][1]);
        assert_non_null(app.prompt.kind); // to be mended
        settings_now(&app, &after);
        for (unsigned k = 0; k < SETTING_COUNT; k++) {
            char x[SETTING_TEXT], y[SETTING_TEXT];
            assert_string_equal(setting_text(&before, (enum setting)k, x),
                                setting_text(&after, (enum setting)k, y));
        }
        press_key("Esc");
        assert_null(app.prompt.kind);
    }
}

static void arguments_go_into_the_prompt_of_the_command(void **state) {
    (void)state;
    select_named("posix:/alpha");
    command("search beta");
    assert_shows("\"beta\" 1 of 1");
    command("hex");
    answer(8192, 0);
    command("goto 0x100");
    assert_int_equal(app.hex.cursor, 0x100);
    assert_null(app.prompt.kind);
    command("goto nowhere");
    assert_non_null(app.prompt.kind); // as if typed there
    assert_string_equal(app.prompt.edit.text, "nowhere");
    press_key("Esc");
    assert_int_equal(app.hex.cursor, 0x100);
}

static void keys_typed_ahead_are_not_lost(void **state) {
    (void)state;
    static const char keys[] = ":filter alpha\r:sort name\r:hex\r";
    for (const char *p = keys; *p; p++) {
        struct key key = {.code = *p == '\r' ? KEY_ENTER_ : KEY_CHAR, .ch = (unsigned char)*p};
        app_key(&app, &key); // all in one turn: nothing is settled between
    }
    app_settle(&app);
    assert_int_equal(app.view, VIEW_HEX);
    assert_int_equal(app.table.count, 1);
    assert_int_equal(app.table.sort, COL_NAME);
    assert_shows("/alpha");
}

static void read_only_holds_for_names_too(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(true, "");
    command("remove");
    assert_null(app.dialog);
    assert_shows("read-only");
    command("create");
    assert_null(app.dialog);
    command("read-only no");
    command("create");
    assert_null(app.dialog);
}

static void the_choices_stand_above_the_line(void **state) {
    (void)state;
    press_key(":");
    type("s");
    press_key("Tab");
    golden("palette-100x30.txt", 30, 100, true);
    golden("palette-80x24-ascii.txt", 24, 80, false);
    golden("palette-40x10.txt", 10, 40, true);
    press_key("Esc");
    press_key(":");
    type("sort s");
    golden("palette-sort-80x24.txt", 24, 80, true);
}

static void it_fits_on_any_screen(void **state) {
    (void)state;
    press_key(":");
    for (int rows = 1; rows < 40; rows += 3)
        for (int cols = 1; cols < 120; cols += 7) {
            app_resize(&app, rows, cols);
            struct canvas *c = canvas_new(rows, cols, true);
            app_draw(&app, c);
            canvas_free(c);
        }
    for (int i = 0; i < 100; i++)
        press_key("Tab");
    app_resize(&app, 10, 40);
    assert_shows(">");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)
        T(a_command_runs_by_its_name_or_what_only_it_begins_with),
        T(what_is_meant_is_never_guessed),
        T(tab_goes_round_and_shift_tab_back),
        T(values_are_set_by_name),
        T(a_wrong_value_is_said_and_changes_nothing),
        T(arguments_go_into_the_prompt_of_the_command),
        T(keys_typed_ahead_are_not_lost),
        T(read_only_holds_for_names_too),
        T(the_choices_stand_above_the_line),
        T(it_fits_on_any_screen),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
