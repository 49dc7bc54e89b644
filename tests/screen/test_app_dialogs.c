// test_app_dialogs.c - removing and creating from dialogs: what is asked, what is done.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "support/drive.h"

// --- removing

static void removing_takes_its_own_key(void **state) {
    (void)state;
    static const char *const harmless[] = {"Enter", "Esc",   "q",  "y",     "d",
                                           "r",     "Space", "F9", "Delete"};
    select_named("posix:/alpha");
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        press_key("F9");
        assert_non_null(app.dialog);
        press_key(harmless[i]);
        assert_false(has_job(IO_OP));
        press_key("Esc");
    }
    press_key("F9");
    assert_shows("shmtop rm posix:/alpha");
    press_key("R");
    struct io_request *req = need_job(IO_OP);
    assert_int_equal(req->op, OP_REMOVE);
    assert_int_equal(req->removal_count, 1);
    assert_true(seg_id_same(&req->removals[0].id, &rows_selected(&app.table)->id));
    assert_string_equal(req->removals[0].seg, "posix:/alpha");
    assert_false(req->removals[0].force);
    io_request_free(req);
}

static void the_focused_button_removes_too(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("F9");
    press_key("Right");
    press_key("Right");
    press_key("Enter");
    struct io_request *req = need_job(IO_OP);
    assert_false(req->plan.dry);
    io_request_free(req);
}

static void what_is_in_use_needs_force(void **state) {
    (void)state;
    select_named("posix:/beta");
    press_key("F9");
    assert_shows("IN USE");
    assert_shows("the memory stays");
    press_key("R");
    assert_false(has_job(IO_OP));
    assert_non_null(app.dialog);
    press_key("Space"); // the focus went to the box
    assert_shows("--force");
    press_key("R");
    struct io_request *req = need_job(IO_OP);
    assert_true(req->removals[0].force);
    assert_int_equal(req->removals[0].holders_seen, 1);
    io_request_free(req);
}

static void what_belongs_with_it_and_would_stay_is_told(void **state) {
    (void)state;
    static const struct made group[] = {
        {SEG_POSIX, 21, "/fastdds_0123456789abcdef", 4096, 0, 100, false},
        {SEG_POSIX, 22, "/fastdds_0123456789abcdef_el", 4096, 0, 100, false},
        {SEG_POSIX, 23, "/fastdds_fedcba9876543210", 4096, 0, 100, false},
    };
    show(group, 3);
    select_named("posix:/fastdds_0123456789abcdef");
    press_key("F9");
    assert_shows("What belongs with it stays: posix:/fastdds_0123456789abcdef_el");
    press_key("Esc");
    press_key("Space");
    select_named("posix:/fastdds_0123456789abcdef_el");
    press_key("Space");
    press_key("F9");
    assert_shows("Remove 2 segments?");
    assert_false(shows("What belongs"));
    assert_false(shows("Same as")); // rm takes what it can
}

static void several_take_their_number(void **state) {
    (void)state;
    press_key("Home");
    press_key("Space");
    press_key("Space");
    press_key("F9");
    assert_shows("Remove 2 segments?");
    type("3");
    press_key("BackTab"); // the last button
    press_key("Enter");
    assert_false(has_job(IO_OP));
    press_key("Backspace"); // the focus is on the number again
    type("2");
    press_key("BackTab");
    press_key("Enter");
    struct io_request *req = need_job(IO_OP);
    assert_int_equal(req->removal_count, 2);
    io_request_free(req);
}

static void tagged_rows_that_the_filter_hides_are_left_alone(void **state) {
    (void)state;
    press_key("Home");
    press_key("Space");
    press_key("Space");
    press_key("Space");
    press_key("F4");
    type("alpha");
    press_key("Enter");
    press_key("F9");
    assert_shows("2 tagged ones that the filter hides are left alone");
    press_key("R");
    struct io_request *req = need_job(IO_OP);
    assert_int_equal(req->removal_count, 1);
    io_request_free(req);
}

static void a_segment_gone_under_the_dialog_is_said_and_not_removed(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("F9");
    show(drive_three + 1, 2);
    assert_shows("gone    posix:/alpha");
    press_key("R");
    assert_false(has_job(IO_OP));
    assert_null(app.dialog);
}

static void a_segment_changed_under_the_dialog_is_said(void **state) {
    (void)state;
    static const struct made changed[] = {
        {SEG_POSIX, 11, "/alpha", 4096, 0, 101, false},
        {SEG_POSIX, 12, "/beta", 8192, 0, 100, true},
    };
    select_named("posix:/alpha");
    press_key("F9");
    show(changed, 2);
    assert_shows("since you asked");
    press_key("R");
    struct io_request *req = need_job(IO_OP);
    uint64_t seen = 0;
    assert_int_equal(u64v_get(req->removals[0].expected_change, &seen), WHY_KNOWN);
    assert_int_equal(seen, 100 * S); // what was seen when asked, so that it will be refused
    io_request_free(req);
}

static void results_are_told_one_by_one(void **state) {
    (void)state;
    struct io_reply *r = new_reply(IO_OP, 1, 2);
    r->op = OP_REMOVE;
    r->items[0] = (struct op_item){OUTCOME_DONE, xstrdup("posix:/alpha"), xstrdup(""), NULL};
    r->items[1] = (struct op_item){OUTCOME_REFUSED, xstrdup("posix:/beta"),
                                   xstrdup("posix:/beta: is in use"), NULL};
    app_reply(&app, r);
    assert_shows("1 removed, 1 not");
    assert_shows("left alone: posix:/beta: is in use");
    assert_shows("removed: posix:/alpha");
    assert_true(app_effects(&app) & EFFECT_RESCAN);
    press_key("Enter");
    assert_null(app.dialog);
}

static void read_only_mode_asks_for_nothing(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(true, "");
    drop_jobs();
    static const char *const keys[] = {"F9", "Delete", "F7"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        press_key(keys[i]);
        assert_null(app.dialog);
        assert_shows("read-only");
    }
    select_named("posix:/alpha");
    press_key("Enter");
    answer(4096, 0);
    press_key("e");
    assert_null(app.dialog);
    assert_false(has_job(IO_OP));
}

// --- creating

// From any field to the button that creates.
static void to_create(void) {
    for (int i = 0; app.dialog && i < 20 && app.dialog->focus != app.dialog->field_count + 1; i++)
        press_key("Tab");
    press_key("Enter");
}

static void creating_judges_while_typing(void **state) {
    (void)state;
    press_key("F7");
    type("alpha");
    assert_shows("exists already");
    type("2");
    assert_shows("free");
    press_key("Tab");
    type("64Q");
    assert_shows("a size like");
    press_key("Backspace");
    type("K");
    assert_shows("= 65536 bytes, 16 pages");
    assert_shows("shmtop create --posix /alpha2 --size 64K --mode 0600");
    to_create();
    struct io_request *req = need_job(IO_OP);
    const struct op_request *op = req->create_or_write;
    assert_int_equal(op->kind, OP_CREATE_POSIX);
    assert_int_equal(req->fill.len, 0);
    assert_null(req->path);
    assert_int_equal(op->size, 65536);
    assert_int_equal(op->mode, 0600);
    assert_int_equal(op->where.name_len, 7);
    assert_memory_equal(op->where.name, "/alpha2", 7);
    io_request_free(req);
}

static void creating_something_wrong_creates_nothing(void **state) {
    (void)state;
    static const char *const wrong[][3] = {
        {"../up", "4K", "0600"}, {"alpha", "4K", "0600"}, {"", "4K", "0600"},
        {"fresh", "4Q", "0600"}, {"fresh", "", "0600"},   {"fresh", "4K", "0999"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        press_key("F7");
        for (size_t f = 0; f < 3; f++) {
            press_key("^U");
            type(wrong[i][f]);
            press_key("Tab");
        }
        to_create();
        if (has_job(IO_OP))
            fail_msg("created: case %zu", i);
        assert_non_null(app.dialog);
        press_key("Esc");
        assert_null(app.dialog);
    }
}

static void enter_creates_when_all_is_filled_in(void **state) {
    (void)state;
    press_key("F7");
    type("fresh");
    press_key("Enter"); // there is no size yet
    type("64K");
    press_key("Enter");
    assert_int_equal(app.dialog->focus, app.dialog->field_count + 1);
    assert_false(has_job(IO_OP));
    press_key("Enter");
    struct io_request *req = need_job(IO_OP);
    assert_int_equal(req->create_or_write->size, 65536);
    io_request_free(req);
}

static void a_system_v_segment_has_a_key(void **state) {
    (void)state;
    press_key("F7");
    press_key("BackTab");
    press_key("Right");
    press_key("Tab");
    type("0x5201");
    assert_shows("exists already");
    press_key("Backspace");
    type("2");
    press_key("Tab");
    type("1M");
    assert_shows("shmtop create --sysv --key 0x5202 --size 1M --mode 0600");
    to_create();
    struct io_request *req = need_job(IO_OP);
    assert_int_equal(req->create_or_write->kind, OP_CREATE_SYSV);
    assert_true(req->create_or_write->has_key);
    assert_int_equal(req->create_or_write->key, 0x5202);
    io_request_free(req);
}

static void what_it_is_filled_with_can_be_chosen(void **state) {
    (void)state;
    press_key("F7");
    type("fresh");
    press_key("Tab");
    type("64K");
    assert_shows("16 pages; 1012");
    press_key("Tab");
    press_key("Tab"); // Fill
    press_key("Right");
    assert_shows("all of its memory at once");
    assert_non_null(strstr(app.dialog->same_as,
                           "head -c 64K /dev/zero | shmtop write /fresh --offset 0 --from -"));
    press_key("Right");
    assert_shows("up to 64 bytes in hex");
    to_create();
    assert_false(has_job(IO_OP));
    assert_int_equal(app.dialog->focus, 5); // what is missing
    type("dead be ef 0");
    assert_false(has_job(IO_OP));
    type("1");
    press_key("Tab");
    press_key("Space"); // open the hex view
    to_create();
    struct io_request *req = need_job(IO_OP);
    assert_int_equal(req->fill.len, 5);
    assert_memory_equal(req->fill.bytes, "\xde\xad\xbe\xef\x01", 5);
    io_request_free(req);
    assert_true(app.select_open);
}

static void a_file_gives_content_and_size(void **state) {
    (void)state;
    press_key("F7");
    type("fresh");
    press_key("Tab");
    press_key("Tab");
    press_key("Tab"); // Fill
    for (int i = 0; i < 3; i++)
        press_key("Right");
    assert_shows("that of the file");
    press_key("Tab");
    type("/etc/my file");
    assert_shows("--mode 0600 --from '/etc/my file'");
    to_create();
    struct io_request *req = need_job(IO_OP);
    assert_string_equal(req->path, "/etc/my file");
    assert_int_equal(req->create_or_write->size, 0);
    io_request_free(req);
}

static void a_folder_that_is_not_seen_is_warned_of(void **state) {
    (void)state;
    press_key("F7");
    type("/none/fresh");
    assert_shows("no such folder is seen");
}

static void what_was_created_opens_when_it_was_asked_for(void **state) {
    (void)state;
    static const struct made one[] = {{SEG_POSIX, 77, "/fresh", 4096, 0, 1000, false}};
    struct io_reply *r = new_reply(IO_OP, 1, 1);
    r->op = OP_CREATE_POSIX;
    r->items[0].seg = strdup("posix:/fresh");
    r->items[0].text = strdup("");
    r->created = (struct seg_id){.kind = SEG_POSIX, .dev = 26, .num = 77, .incarnation = {1, 2, 3}};
    app.select_open = true;
    app_reply(&app, r);
    show(one, 1);
    assert_int_equal(app.view, VIEW_HEX);
    press_key("q");
    show(one, 1);
    assert_int_equal(app.view, VIEW_SEGMENTS);
}

static void what_was_created_is_selected_when_it_shows(void **state) {
    (void)state;
    static const struct made more[] = {
        {SEG_SYSV, 7, NULL, 65536, 0x5201, 100, false},
        {SEG_POSIX, 13, "/made", 64, 0, 100, false},
    };
    struct io_reply *r = new_reply(IO_OP, 1, 1);
    r->op = OP_CREATE_POSIX;
    r->items[0] = (struct op_item){OUTCOME_DONE, xstrdup("posix:/made"), xstrdup(""), NULL};
    r->created = (struct seg_id){.kind = SEG_POSIX, .dev = 26, .num = 13, .incarnation = {1, 2, 3}};
    app_reply(&app, r);
    assert_shows("created posix:/made");
    show(more, 2);
    assert_int_equal(rows_selected(&app.table)->id.num, 13);
}

#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)

// --- mode, owner, size, lock

static struct io_request *set_by_keys(void) {
    press_key("Tab");
    while (app.dialog && app.dialog->focus < app.dialog->field_count + 1)
        press_key("Tab"); // to the last button
    press_key("Enter");
    return job(IO_OP);
}

static void only_what_was_changed_is_set(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("P");
    assert_shows("shmtop set posix:/alpha");
    press_key("Enter"); // in a field: on to the next
    assert_false(has_job(IO_OP));
    press_key("Esc");
    press_key("P");
    for (int i = 0; i < 4; i++)
        press_key("Backspace");
    type("0640");
    assert_shows("rw-r-----");
    assert_shows("shmtop set posix:/alpha --mode 0640");
    struct io_request *req = set_by_keys();
    assert_non_null(req);
    assert_int_equal(req->op, OP_SET);
    assert_true(req->create_or_write->has_mode);
    assert_int_equal(req->create_or_write->mode, 0640);
    assert_false(req->create_or_write->has_size);
    assert_null(req->owner);
    assert_true(seg_id_same(&req->create_or_write->id, &rows_selected(&app.table)->id));
    io_request_free(req);
}

static void unchanged_properties_set_nothing(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("P");
    assert_null(set_by_keys());
    assert_null(app.dialog);
    assert_shows("nothing was changed");
}

static void a_bad_mode_is_not_set(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("P");
    type("9");
    assert_shows("octal, like 0640");
    assert_null(set_by_keys());
    assert_non_null(app.dialog);
}

static void cutting_what_is_in_use_is_warned_of(void **state) {
    (void)state;
    select_named("posix:/beta"); // 8192 bytes, held
    press_key("P");
    press_key("Tab");
    press_key("Tab");
    for (int i = 0; i < 4; i++)
        press_key("Backspace");
    type("4K");
    assert_shows("4096 bytes are cut off under who uses it");
    assert_shows("--size 4K");
    struct io_request *req = set_by_keys();
    assert_non_null(req);
    assert_true(req->create_or_write->has_size);
    assert_int_equal(req->create_or_write->size, 4096);
    assert_false(req->create_or_write->force);
    io_request_free(req);
    press_key("P");
    for (int i = 0; i < 3; i++)
        press_key("Tab");
    press_key("Space");
    press_key("BackTab");
    type("0");
    assert_shows("--force");
    press_key("Esc");
}

static void system_v_has_a_lock_and_no_size(void **state) {
    (void)state;
    select_named("sysv:7");
    press_key("P");
    assert_false(shows("Size"));
    press_key("Tab");
    press_key("Tab");
    press_key("Space");
    assert_shows("shmtop set sysv:7 --lock");
    struct io_request *req = set_by_keys();
    assert_non_null(req);
    assert_int_equal(req->create_or_write->lock, OP_LOCK);
    io_request_free(req);
}

static void a_segment_that_went_is_not_set(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("P");
    for (int i = 0; i < 4; i++)
        press_key("Backspace");
    type("0640");
    show(drive_three + 1, 2); // without it
    assert_shows("is gone");
    assert_null(set_by_keys());
    press_key("Esc");
}

static void read_only_sets_nothing(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(true, "");
    press_key("P");
    assert_null(app.dialog);
    assert_shows("read-only");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(removing_takes_its_own_key),
        T(the_focused_button_removes_too),
        T(what_is_in_use_needs_force),
        T(what_belongs_with_it_and_would_stay_is_told),
        T(several_take_their_number),
        T(tagged_rows_that_the_filter_hides_are_left_alone),
        T(a_segment_gone_under_the_dialog_is_said_and_not_removed),
        T(a_segment_changed_under_the_dialog_is_said),
        T(results_are_told_one_by_one),
        T(read_only_mode_asks_for_nothing),
        T(creating_judges_while_typing),
        T(creating_something_wrong_creates_nothing),
        T(enter_creates_when_all_is_filled_in),
        T(a_system_v_segment_has_a_key),
        T(what_it_is_filled_with_can_be_chosen),
        T(a_file_gives_content_and_size),
        T(a_folder_that_is_not_seen_is_warned_of),
        T(what_was_created_opens_when_it_was_asked_for),
        T(what_was_created_is_selected_when_it_shows),
        T(only_what_was_changed_is_set),
        T(unchanged_properties_set_nothing),
        T(a_bad_mode_is_not_set),
        T(cutting_what_is_in_use_is_warned_of),
        T(system_v_has_a_lock_and_no_size),
        T(a_segment_that_went_is_not_set),
        T(read_only_sets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
