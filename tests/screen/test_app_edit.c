// test_app_edit.c - editing bytes: pending until written, undone, asked about, never lost in
// silence.
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
#include "support/golden.h"

// The bytes of posix:/alpha: each is its offset, the first one 0. The cursor is at 0x10.
static void open_bytes(void) {
    select_named("posix:/alpha");
    press_key("Enter");
    answer(4096, 0);
    press_key("g");
    type("0x10");
    press_key("Enter");
    answer(4096, 0);
    drop_jobs();
}

static void open_edit(void) {
    open_bytes();
    press_key("e");
}

// Answers the last look of the write dialog: what stands there is its offset, plus `more`.
static void answer_look(uint8_t more) {
    struct io_request *req = need_job(IO_LOOK);
    struct io_reply *r = new_reply(IO_LOOK, req->serial, 0);
    r->id = req->id;
    r->spans = req->spans;
    r->span_count = req->span_count;
    req->spans = NULL;
    req->span_count = 0;
    for (size_t i = 0; i < r->span_count; i++) {
        struct edit_span *s = &r->spans[i];
        s->old = xcalloc(1, s->len);
        for (size_t k = 0; k < s->len; k++)
            s->old[k] = (uint8_t)(s->offset + k);
        s->old[s->len - 1] = (uint8_t)(s->old[s->len - 1] + more);
    }
    io_request_free(req);
    app_reply(&app, r);
    app_settle(&app);
}

// Answers a write: everything done, or the one at `bad` refused and all others left out.
static void answer_write(struct io_request *req, size_t bad) {
    struct io_reply *r = new_reply(IO_OP, req->serial, req->span_count);
    r->op = OP_WRITE;
    r->spans = req->spans;
    r->span_count = req->span_count;
    req->spans = NULL;
    req->span_count = 0;
    for (size_t i = 0; i < r->span_count; i++) {
        struct edit_span *s = &r->spans[i];
        bool done = bad >= r->span_count;
        s->old = done ? xmemdup(s->expect ? s->expect : s->bytes, s->len) : NULL;
        r->items[i] = (struct op_item){
            .outcome = done ? OUTCOME_DONE : OUTCOME_REFUSED,
            .seg = xstrdup("x"),
            .text = xstrdup(i == bad ? "other bytes than expected" : "")};
    }
    io_request_free(req);
    app_reply(&app, r);
    app_settle(&app);
}

static void assert_span(const struct edit_span *s, uint64_t offset, const char *bytes, size_t len,
                        const char *expect) {
    assert_int_equal(s->offset, offset);
    assert_int_equal(s->len, len);
    assert_memory_equal(s->bytes, bytes, len);
    if (expect)
        assert_memory_equal(s->expect, expect, len);
    else
        assert_null(s->expect);
}

static void typing_writes_nothing(void **state) {
    (void)state;
    open_edit();
    assert_shows("EDIT   nothing pending");
    type("ff1");
    assert_shows("EDIT   2 bytes pending in 1 place");
    assert_shows("ff[11]"); // the first digit of the second byte: 1, then what stood there
    assert_false(has_job(IO_OP));
    type("0");
    press_key("Left");
    press_key("Left");
    assert_shows("[ff]10");
    assert_false(has_job(IO_OP));
}

static void characters_are_typed_on_the_other_side(void **state) {
    (void)state;
    open_edit();
    press_key("Tab");
    type("WuqE");
    assert_shows("EDIT   4 bytes pending");
    assert_shows("57 75 71 45");
    press_key("Backspace"); // one character back
    assert_shows("EDIT   3 bytes pending");
    assert_int_equal(app.hex.cursor, 0x13);
    press_key("^R");
    assert_shows("EDIT   4 bytes pending");
    press_key("Enter");
    assert_shows("Write 4 bytes into live memory?");
}

static void undo_and_redo_go_byte_by_byte(void **state) {
    (void)state;
    open_edit();
    type("aabb");
    press_key("u");
    assert_shows("EDIT   1 byte pending in 1 place");
    assert_int_equal(app.hex.cursor, 0x11);
    press_key("u");
    assert_shows("nothing pending");
    press_key("u");
    assert_shows("nothing to undo");
    press_key("^R");
    press_key("^R");
    assert_shows("EDIT   2 bytes pending");
    press_key("^R");
    assert_shows("nothing to do again");
}

static void writing_expects_what_was_seen(void **state) {
    (void)state;
    open_edit();
    type("ff1b");
    press_key("g");
    type("0x20");
    press_key("Enter");
    answer(4096, 0);
    type("77");
    drop_jobs();
    press_key("W");
    assert_shows("Write 3 bytes into live memory?");
    assert_shows("0x10  10 11 -> ff 1b");
    assert_shows("0x20  20 -> 77");
    assert_shows("shmtop write posix:/alpha --offset 0x10 --hex ff1b");
    press_key("W"); // nobody has looked yet
    assert_false(has_job(IO_OP));
    press_key("Esc");
    press_key("W");
    answer_look(0);
    assert_shows("each in one step");
    press_key("Enter"); // the focus is on Cancel
    assert_null(app.dialog);
    assert_false(has_job(IO_OP));
    press_key("W");
    answer_look(0);
    press_key("W");
    struct io_request *req = need_job(IO_OP);
    assert_int_equal(req->op, OP_WRITE);
    assert_int_equal(req->span_count, 2);
    assert_span(&req->spans[0], 0x10, "\xff\x1b", 2, "\x10\x11");
    assert_span(&req->spans[1], 0x20, "\x77", 1, "\x20");
    type("11"); // not while it is written
    assert_shows("still writing");
    answer_write(req, 9);
    assert_shows("wrote 3 bytes in 2 places; u puts the old ones back");
    assert_shows("EDIT   nothing pending");
}

static void what_moved_has_to_be_decided(void **state) {
    (void)state;
    open_edit();
    type("ffff");
    press_key("Right");
    type("77");
    drop_jobs();
    press_key("W");
    answer_look(1);
    assert_shows("0x11 is now 12, was 11 when you typed: overwrite anyway?");
    assert_shows("Overwrite 3: press W");
    assert_shows("Skip changed");
    press_key("Esc");
    assert_shows("EDIT   3 bytes pending"); // nothing is lost by thinking again
    drop_jobs();
    press_key("W");
    answer_look(1);
    press_key("W");
    struct io_request *req = need_job(IO_OP);
    assert_span(&req->spans[0], 0x10, "\xff\xff", 2, NULL); // it may go on moving
    assert_span(&req->spans[1], 0x13, "\x77", 1, NULL);
    answer_write(req, 9);
}

static void what_moved_can_be_skipped(void **state) {
    (void)state;
    open_edit();
    type("ff");
    drop_jobs();
    press_key("W");
    answer_look(1);
    press_key("Right");
    press_key("Enter"); // Skip changed
    assert_false(has_job(IO_OP));
    assert_shows("every place has changed: nothing was written");
    assert_shows("EDIT   1 byte pending");
    press_key("W");
    answer_look(1);
    pass(S / 2); // it is looked at again by itself
    answer_look(0);
    assert_shows("Write 1: press W");
    press_key("W");
    struct io_request *req = need_job(IO_OP);
    assert_span(&req->spans[0], 0x10, "\xff", 1, "\x10");
    io_request_free(req);
}

static void a_moved_byte_is_marked_while_it_is_pending(void **state) {
    (void)state;
    open_bytes();
    press_key("Home");
    press_key("e");
    type("ff");
    press_key("Down");
    answer(4096, 0x42); // byte 0 moves
    assert_shows("ff!01");
}

static void a_refused_write_stays_pending(void **state) {
    (void)state;
    open_edit();
    type("ff");
    press_key("W");
    answer_look(0);
    press_key("W");
    answer_write(need_job(IO_OP), 0);
    assert_shows("nothing was written: other bytes than expected");
    assert_shows("EDIT   1 byte pending");
}

static void the_old_bytes_can_be_put_back(void **state) {
    (void)state;
    open_edit();
    type("ff1b");
    press_key("W");
    answer_look(0);
    press_key("W");
    answer_write(need_job(IO_OP), 9);
    press_key("Esc");
    assert_shows("LIVE");
    drop_jobs();
    press_key("u");
    assert_shows("Put the old 2 bytes back?");
    assert_shows("0x10  ff 1b -> 10 11");
    press_key("Esc");
    assert_shows("LIVE"); // nothing is left pending
    drop_jobs();
    press_key("u");
    struct io_request *req = need_job(IO_LOOK);
    struct io_reply *r = new_reply(IO_LOOK, req->serial, 0);
    r->spans = req->spans;
    r->span_count = req->span_count;
    r->spans[0].old = xmemdup("\xff\x1c", 2); // moved since it was written
    req->spans = NULL;
    req->span_count = 0;
    io_request_free(req);
    app_reply(&app, r);
    assert_shows("0x11 is now 1c, was 1b when you wrote");
    press_key("W");
    req = need_job(IO_OP);
    assert_span(&req->spans[0], 0x10, "\x10\x11", 2, NULL);
    answer_write(req, 9);
    assert_shows("wrote 2 bytes");
    assert_false(app.hex.edit.buf.count > 0);
}

static void pending_edits_are_never_lost_in_silence(void **state) {
    (void)state;
    static const char *const away[] = {"Esc", "q", "F10", "^C", "Q"};
    for (size_t i = 0; i < sizeof away / sizeof away[0]; i++) {
        open_edit();
        type("ff");
        press_key(away[i]);
        assert_false(app_effects(&app) & EFFECT_QUIT);
        assert_shows("1 byte in 1 place is typed and not written.");
        press_key("Enter"); // Keep editing
        assert_null(app.dialog);
        assert_shows("EDIT   1 byte pending");
        press_key(away[i]);
        press_key("W"); // Write
        assert_shows("into live memory?");
        press_key("Esc");
        press_key(away[i]);
        press_key("D");
        bool quits = i >= 2;
        assert_int_equal((app_effects(&app) & EFFECT_QUIT) != 0, quits);
        assert_int_equal(app.hex.edit.buf.count, 0);
        drive_teardown(NULL);
        drive_setup(NULL);
    }
    open_edit();
    type("ff");
    app_command(&app, CMD_SHOW_LIMITS);
    assert_shows("is typed and not written");
    press_key("D");
    assert_int_equal(app.view, VIEW_LIMITS);
    drive_teardown(NULL);
    drive_setup(NULL);
    open_edit();
    type("ff");
    press_key("^C");
    press_key("^C"); // asked twice, it goes
    assert_true(app_effects(&app) & EFFECT_QUIT);
}

static void what_cannot_be_edited_says_why(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(true, "");
    select_named("posix:/alpha");
    press_key("Enter");
    answer(4096, 0);
    static const char *const keys[] = {"e", "="};
    for (size_t i = 0; i < 2; i++) {
        press_key(keys[i]);
        assert_shows("read-only mode");
        assert_false(app.hex.edit.on);
        assert_null(app.prompt.kind);
    }
    drive_teardown(NULL);
    drive_setup(NULL);
    open_edit();
    type("ff");
    show(drive_three + 1, 2); // it is gone
    type("11");
    assert_shows("this segment is gone");
    assert_int_equal(app.hex.edit.buf.count, 1);
    press_key("W");
    assert_null(app.dialog);
}

// Edits are refused for a fact about the segment or about us.
static void assert_refused(const char *why) {
    press_key("e");
    assert_shows(why);
    assert_false(app.hex.edit.on);
}

static void seals_and_modes_are_looked_at_first(void **state) {
    (void)state;
    open_bytes();
    struct segment *seg = (struct segment *)(uintptr_t)app.hex.segment;
    struct snapshot *snap = (struct snapshot *)(uintptr_t)app.snap;
    seg_set(seg, SEG_SEALS, 0x8 | 0x1);
    assert_refused("it is sealed against writing");
    seg_set(seg, SEG_SEALS, 0x10);
    assert_refused("it is sealed against writing");
    seg_set(seg, SEG_SEALS, 0x1 | 0x2 | 0x4); // its size alone
    snap->vantage.uid = 1000;
    seg_set(seg, SEG_UID, 1000);
    seg_set(seg, SEG_MODE, 0444);
    assert_refused("its mode lets nobody write to it");
    seg_set(seg, SEG_UID, 0);
    seg_set(seg, SEG_MODE, 0644);
    assert_refused("its mode lets only its owner write to it");
    seg_set(seg, SEG_MODE, 0664); // our groups are not known: the kernel decides
    press_key("e");
    assert_true(app.hex.edit.on);
}

static void a_place_that_cannot_be_seen_any_more_is_not_written(void **state) {
    (void)state;
    open_edit();
    type("ff");
    drop_jobs();
    press_key("W");
    struct io_request *req = need_job(IO_LOOK);
    struct io_reply *r = new_reply(IO_LOOK, req->serial, 0);
    r->spans = req->spans; // nothing of it could be read: the end is before it now
    r->span_count = req->span_count;
    req->spans = NULL;
    req->span_count = 0;
    io_request_free(req);
    app_reply(&app, r);
    assert_shows("Not all of them can be seen any more");
    press_key("W");
    assert_false(has_job(IO_OP));
    assert_shows("nothing is written");
    press_key("Esc");
    assert_shows("EDIT   1 byte pending");
}

static void a_value_is_typed_in_one_piece(void **state) {
    (void)state;
    open_bytes();
    press_key("=");
    type("u32:300");
    press_key("Enter");
    assert_shows("EDIT   4 bytes pending in 1 place");
    assert_shows("2c]01 00 00");
    press_key("u");
    assert_shows("nothing pending");
    press_key("=");
    type("u8:300");
    press_key("Enter");
    assert_shows("0 to 255");
    press_key("Esc");
    press_key("=");
    type("hi\\x00");
    press_key("Enter");
    assert_shows("EDIT   3 bytes pending");
    press_key("^R");
    assert_shows("nothing to do again");
}

static void the_cursor_stays_in_sight_when_rows_unfold(void **state) {
    (void)state;
    open_bytes();
    app.hex.fold = true;
    press_key("End");
    app.hex.top = 0; // as when all rows before it are folded
    press_key("e");
    assert_int_equal(app.hex.cursor, 4095);
    assert_true(app.hex.top > 0);
    answer(4096, 0);
    assert_shows("[ff]");
}

static void the_help_tells_the_keys_of_editing(void **state) {
    (void)state;
    open_edit();
    type("ff");
    press_key("F1");
    assert_shows("Help: editing bytes");
    assert_shows("type digits or characters");
    press_key("q");
    assert_shows("EDIT   1 byte pending"); // and nothing was lost on the way
}

static void nothing_is_typed_past_the_end(void **state) {
    (void)state;
    open_edit();
    press_key("End");
    answer(4096, 0);
    type("ff00");
    assert_shows("EDIT   1 byte pending");
    assert_int_equal(app.hex.cursor, 4095);
    press_key("=");
    type("u16:1");
    press_key("Enter");
    assert_shows("2 bytes would go past the end");
}

// --- looks

static void assert_golden(const char *name, int rows, int cols) {
    struct canvas *c = canvas_new(rows, cols, true);
    assert_non_null(c);
    app_draw(&app, c);
    bool same = golden_canvas(name, c, true);
    canvas_free(c);
    assert_true(same);
}

static void looks_as_agreed_at_every_size(void **state) {
    (void)state;
    static const struct {
        int rows, cols;
        const char *edit, *write;
    } sizes[] = {{30, 100, "edit-100x30.txt", "dialog-write-100x30.txt"},
                 {24, 80, "edit-80x24.txt", "dialog-write-80x24.txt"},
                 {10, 40, "edit-40x10.txt", "dialog-write-40x10.txt"}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        app_resize(&app, sizes[i].rows, sizes[i].cols);
        open_edit();
        type("ffff");
        press_key("Right");
        press_key("Tab");
        type("HEL");
        press_key("Tab");
        answer(4096, 0x42);
        pass(10 * S);
        answer(4096, 0x42);
        press_key("Left");
        assert_golden(sizes[i].edit, sizes[i].rows, sizes[i].cols);
        drop_jobs();
        press_key("W");
        answer_look(1);
        assert_golden(sizes[i].write, sizes[i].rows, sizes[i].cols);
        drive_teardown(NULL);
        drive_setup(NULL);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(typing_writes_nothing),
        T(characters_are_typed_on_the_other_side),
        T(undo_and_redo_go_byte_by_byte),
        T(writing_expects_what_was_seen),
        T(what_moved_has_to_be_decided),
        T(what_moved_can_be_skipped),
        T(a_moved_byte_is_marked_while_it_is_pending),
        T(a_refused_write_stays_pending),
        T(the_old_bytes_can_be_put_back),
        T(pending_edits_are_never_lost_in_silence),
        T(what_cannot_be_edited_says_why),
        T(seals_and_modes_are_looked_at_first),
        T(a_place_that_cannot_be_seen_any_more_is_not_written),
        T(a_value_is_typed_in_one_piece),
        T(the_cursor_stays_in_sight_when_rows_unfold),
        T(the_help_tells_the_keys_of_editing),
        T(nothing_is_typed_past_the_end),
        T(looks_as_agreed_at_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
