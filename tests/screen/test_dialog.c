// test_dialog.c - boxes over a screen: focus in sight, everything reachable on the smallest screen.
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
#include "ui/widgets.h"

static const struct dialog_field create_fields[] = {
    {FIELD_CHOICE, "Kind", "POSIX /dev/shm|System V", 0, 0, "", ALERT_NONE},
    {FIELD_TEXT, "Name", "/demo", 5, 0, "free", ALERT_NONE},
    {FIELD_TEXT, "Size", "64M", 3, 0, "= 67108864 bytes", ALERT_NONE},
    {FIELD_TEXT, "Mode", "0600", 4, 0, "rw-------", ALERT_NONE},
    {FIELD_CHECK, "After", "open the hex view", 0, 1, "", ALERT_NONE},
};
static const char *const create_buttons[] = {"Cancel", "Create"};
enum { FIELDS = 5, BUTTONS = 2 };

static struct view_dialog create_dialog(size_t focus) {
    return (struct view_dialog){
        .title = "Create a shared memory segment",
        .fields = create_fields,
        .field_count = FIELDS,
        .same_as = "shmtop create --posix /demo --size 64M --mode 0600",
        .buttons = create_buttons,
        .button_count = BUTTONS,
        .focus = focus,
    };
}

static const char *const remove_lines[] = {
    "sysv:98310  System V  private  200.0M  owner app",
    "3 processes still use it: it vanishes at the last detach",
    "System V has no undo.",
};
static const enum alert remove_alerts[] = {ALERT_NONE, ALERT_BAD, ALERT_WARN};
static const char *const remove_buttons[] = {"Cancel", "Remove: press R"};

static struct view_dialog remove_dialog(size_t focus) {
    return (struct view_dialog){
        .title = "Remove this segment?",
        .lines = remove_lines,
        .line_alerts = remove_alerts,
        .line_count = 3,
        .same_as = "shmtop rm sysv:98310",
        .buttons = remove_buttons,
        .button_count = 2,
        .focus = focus,
    };
}

static struct canvas *draw(int rows, int cols, bool utf8, const struct view_dialog *v) {
    struct canvas *c = canvas_new(rows, cols, utf8);
    assert_non_null(c);
    canvas_fill(c, (struct rect){0, 0, rows, cols}, STYLE_DIM, '.');
    dialog_draw(c, v);
    return c;
}

static char *dump(int rows, int cols, const struct view_dialog *v) {
    struct canvas *c = draw(rows, cols, true, v);
    char *text = canvas_dump_text(c);
    canvas_free(c);
    return text;
}

static void three_buttons_keep_their_keys_at_40_columns(void **state) {
    (void)state;
    static const char *const buttons[] = {"Cancel", "Dry run", "Remove: press R"};
    struct view_dialog v = remove_dialog(0);
    v.buttons = buttons;
    v.button_count = 3;
    char *text = dump(10, 40, &v);
    assert_non_null(strstr(text, "[>Cancel<] [ Dry run ] [ Remove: R ]"));
    free(text);
    text = dump(24, 80, &v);
    assert_non_null(strstr(text, "[>Cancel<]  [ Dry run ]  [ Remove: press R ]"));
    free(text);
}

static void buttons_that_do_not_fit_take_a_second_row(void **state) {
    (void)state;
    static const char *const buttons[] = {"Keep editing", "Write: press W", "Drop: press D"};
    struct view_dialog v = remove_dialog(0);
    v.buttons = buttons;
    v.button_count = 3;
    char *text = dump(10, 40, &v);
    assert_non_null(strstr(text, "[>Keep editing<] [ Write: W ]"));
    assert_non_null(strstr(text, "[ Drop: D ]"));
    free(text);
}

static void looks_as_agreed(void **state) {
    (void)state;
    struct view_dialog create = create_dialog(1), removal = remove_dialog(0);
    struct canvas *c = draw(24, 80, true, &create);
    assert_true(golden_canvas("dialog-create-80x24.txt", c, true));
    canvas_free(c);
    c = draw(24, 80, false, &removal);
    assert_true(golden_canvas("dialog-remove-80x24-ascii.txt", c, true));
    canvas_free(c);
    c = draw(10, 40, true, &create);
    assert_true(golden_canvas("dialog-create-40x10.txt", c, true));
    canvas_free(c);
    c = draw(10, 40, true, &removal);
    assert_true(golden_canvas("dialog-remove-40x10.txt", c, true));
    canvas_free(c);
}

static void the_focus_is_seen_without_colour(void **state) {
    (void)state;
    struct view_dialog v = create_dialog(2);
    char *text = dump(24, 80, &v);
    assert_non_null(strstr(text, ">Size"));
    assert_non_null(strstr(text, "[ Cancel ]"));
    free(text);
    v = create_dialog(FIELDS);
    text = dump(24, 80, &v);
    assert_non_null(strstr(text, "[>Cancel<]"));
    assert_null(strstr(text, ">Size"));
    free(text);
}

static void the_cursor_stands_in_the_focused_text_only(void **state) {
    (void)state;
    struct view_dialog v = create_dialog(1);
    struct canvas *c = draw(24, 80, true, &v);
    assert_true(c->cursor_y >= 0);
    assert_int_equal(c->cells[c->cursor_y * c->cols + c->cursor_x - 1].ch[0], 'o'); // of /demo
    canvas_free(c);
    v = create_dialog(0);
    c = draw(24, 80, true, &v);
    assert_int_equal(c->cursor_y, -1);
    canvas_free(c);
}

static void every_field_and_button_is_reachable_at_40x10_and_30x6(void **state) {
    (void)state;
    static const char *const labels[] = {"Kind", "Name", "Size", "Mode", "After"};
    static const int sizes[][2] = {{10, 40}, {6, 30}};
    for (size_t s = 0; s < 2; s++) {
        for (size_t focus = 0; focus < FIELDS + BUTTONS; focus++) {
            struct view_dialog v = create_dialog(focus);
            char *text = dump(sizes[s][0], sizes[s][1], &v);
            const char *want = focus < FIELDS ? labels[focus] : create_buttons[focus - FIELDS];
            if (!strstr(text, want) || !strchr(text, '>'))
                fail_msg("%dx%d focus %zu: no %s in\n%s", sizes[s][1], sizes[s][0], focus, want,
                         text);
            assert_non_null(strstr(text, "Cancel"));
            free(text);
        }
    }
}

static void text_in_a_short_field_scrolls_with_its_cursor(void **state) {
    (void)state;
    char name[200];
    memset(name, 'a', sizeof(name));
    memcpy(name + 180, "the-end", 8);
    struct dialog_field field = {FIELD_TEXT, "Name", name, strlen(name), 0, "", ALERT_NONE};
    struct view_dialog v = create_dialog(0);
    v.fields = &field;
    v.field_count = 1;
    struct canvas *c = draw(10, 40, true, &v);
    char *text = canvas_dump_text(c);
    assert_non_null(strstr(text, "the-end"));
    assert_in_range(c->cursor_x, 1, 38);
    free(text);
    canvas_free(c);
    field.text = "\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5"
                 "\u672c\u8a9e\u65e5\u672c\u8a9e";
    for (field.cursor = 0; field.cursor <= strlen(field.text); field.cursor += 3) {
        c = draw(10, 40, true, &v);
        assert_in_range(c->cursor_x, 1, 38);
        canvas_free(c);
    }
}

static void a_warning_is_a_word_not_only_a_colour(void **state) {
    (void)state;
    struct view_dialog v = remove_dialog(0);
    struct canvas *c = draw(24, 80, true, &v);
    char *text = canvas_dump_text(c);
    assert_non_null(strstr(text, "! 3 processes still use it"));
    free(text);
    canvas_free(c);
}

static void lines_that_do_not_fit_are_counted(void **state) {
    (void)state;
    const char *lines[20];
    for (size_t i = 0; i < 20; i++)
        lines[i] = i == 0 ? "first line" : "another line";
    struct view_dialog v = remove_dialog(0);
    v.lines = lines;
    v.line_alerts = NULL;
    v.line_count = 20;
    char *text = dump(10, 40, &v);
    assert_non_null(strstr(text, "first line"));
    assert_non_null(strstr(text, "more lines"));
    assert_non_null(strstr(text, "Cancel"));
    free(text);
}

static void every_size_is_drawn(void **state) {
    (void)state;
    for (int rows = 0; rows < 40; rows++) {
        for (int cols = 0; cols < 130; cols++) {
            struct view_dialog v = create_dialog((size_t)(rows + cols) % (FIELDS + BUTTONS));
            canvas_free(draw(rows, cols, cols % 2 == 0, &v));
            struct view_prompt p = {.label = "Search",
                                    .text = "\u65e5\u672c\u8a9e",
                                    .cursor = 3,
                                    .remark = "1 of 3",
                                    .alert = ALERT_WARN};
            struct canvas *c = draw(rows, cols, true, &v);
            prompt_draw(c, &p);
            canvas_free(c);
        }
    }
}

static void a_prompt_takes_the_message_line(void **state) {
    (void)state;
    struct view_prompt p = {
        .label = "Filter", .text = "user:app", .cursor = 8, .remark = "3 of 9 rows"};
    struct canvas *c = canvas_new(24, 80, true);
    canvas_fill(c, (struct rect){0, 0, 24, 80}, STYLE_DIM, '.');
    prompt_draw(c, &p);
    char *text = canvas_dump_text(c);
    assert_non_null(strstr(text, "\n Filter user:app"));
    assert_non_null(strstr(text, "3 of 9 rows"));
    assert_int_equal(c->cursor_y, 22);
    assert_int_equal(c->cursor_x, 8 + 8);
    free(text);
    canvas_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_as_agreed),
        cmocka_unit_test(buttons_that_do_not_fit_take_a_second_row),
        cmocka_unit_test(three_buttons_keep_their_keys_at_40_columns),
        cmocka_unit_test(the_focus_is_seen_without_colour),
        cmocka_unit_test(the_cursor_stands_in_the_focused_text_only),
        cmocka_unit_test(every_field_and_button_is_reachable_at_40x10_and_30x6),
        cmocka_unit_test(text_in_a_short_field_scrolls_with_its_cursor),
        cmocka_unit_test(a_warning_is_a_word_not_only_a_colour),
        cmocka_unit_test(lines_that_do_not_fit_are_counted),
        cmocka_unit_test(every_size_is_drawn),
        cmocka_unit_test(a_prompt_takes_the_message_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
