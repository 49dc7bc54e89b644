// test_app_kept.c - what removing puts aside: dry runs, copies, undo, the list of quarantine.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "support/drive.h"

static void answer_removal(size_t items, bool kept) {
    static const char *const segs[] = {"posix:/alpha", "sysv:7"};
    struct io_reply *r = new_reply(IO_OP, 1, items);
    r->op = OP_REMOVE;
    for (size_t i = 0; i < items; i++)
        r->items[i] = (struct op_item){
            OUTCOME_DONE, xstrdup(segs[i]), xstrdup("moved to quarantine: holds 4.0K until 12:00"),
            kept ? xstrdup(i ? "/home/dana/copies/b" : "item:1a-b-19a3b2c4d5e") : NULL};
    app_reply(&app, r);
    app_settle(&app);
}

static void answer_kept(size_t count, uint64_t left_s) {
    struct io_reply *r = new_reply(IO_KEPT, 1, 0);
    r->kept.items = xcalloc(count + 1, sizeof *r->kept.items);
    r->kept.count = count;
    r->kept.bytes = 4096 * count;
    for (size_t i = 0; i < count; i++) {
        struct kept_item *item = &r->kept.items[i];
        char seg[64];
        item->item = (struct qitem){26, 100 + i, 1000};
        qitem_format(&item->item, 0, item->text);
        snprintf(seg, sizeof seg, "posix:/old%zu", i);
        item->seg = xstrdup(seg);
        item->size = item->bytes = 4096;
        item->since_ns = 900 * S;
        item->until_ns = (1000 + left_s) * S; // it is 1000 s
    }
    app_reply(&app, r);
    app_settle(&app);
}

static void a_dry_run_tells_and_does_nothing(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("F9");
    press_key("Right");
    press_key("Enter");
    struct io_request *req = need_job(IO_OP);
    assert_true(req->plan.dry);
    assert_int_equal(req->removal_count, 1);
    io_request_free(req);
    assert_non_null(app.dialog);
    struct io_reply *r = new_reply(IO_OP, 1, 1);
    r->op = OP_REMOVE;
    r->dry = true;
    r->items[0] = (struct op_item){OUTCOME_DONE, xstrdup("posix:/alpha"),
                                   xstrdup("moved to quarantine"), NULL};
    app_reply(&app, r);
    assert_shows("would be moved to quarantine: posix:/alpha");
    assert_shows("Dry run: 1 would go, 0 not. Nothing was done.");
    assert_shows("shmtop rm posix:/alpha");
    assert_false(app_effects(&app) & EFFECT_RESCAN);
    // It answers what was asked: with other boxes it is of no use.
    press_key("Up");
    press_key("Up");
    press_key("Up");
    press_key("Space");
    assert_false(shows("Dry run: 1"));
    press_key("R");
    req = need_job(IO_OP);
    assert_false(req->plan.dry);
    io_request_free(req);
}

static void an_answer_that_comes_too_late_is_left_alone(void **state) {
    (void)state;
    struct io_reply *r = new_reply(IO_OP, 1, 1);
    r->op = OP_REMOVE;
    r->dry = true;
    r->items[0] = (struct op_item){OUTCOME_DONE, xstrdup("posix:/beta"), xstrdup("removed"), NULL};
    select_named("posix:/alpha");
    press_key("F9");
    app_reply(&app, r);
    assert_false(shows("would be"));
}

static void where_it_goes_is_said(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("F9");
    assert_shows("Goes to quarantine");
    assert_shows("1h00m");
    press_key("Esc");
    select_named("sysv:7");
    press_key("F9");
    assert_shows("System V has no undo: s saves a copy first.");
    assert_false(shows("quarantine"));
    press_key("s");
    assert_shows("Copied into /home/dana/copies");
    assert_shows("shmtop rm sysv:7 --save /home/dana/copies");
    press_key("R");
    struct io_request *req = need_job(IO_OP);
    assert_string_equal(req->plan.save, "/home/dana/copies");
    assert_false(req->plan.now);
    io_request_free(req);
}

static void freeing_at_once_is_ticked(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("F9");
    press_key("Up"); // from the first button to the last box
    press_key("Space");
    assert_shows("Freed at once: no undo but a copy.");
    assert_shows("shmtop rm posix:/alpha --now");
    press_key("R");
    struct io_request *req = need_job(IO_OP);
    assert_true(req->plan.now);
    assert_true(req->plan.keep_ns == 3600 * S);
    io_request_free(req);
}

static void without_a_place_nothing_is_saved(void **state) {
    (void)state;
    app.copies = "";
    select_named("sysv:7");
    press_key("F9");
    press_key("s");
    press_key("R");
    assert_false(has_job(IO_OP));
    assert_shows("HOME is not set");
}

static void u_brings_back_what_was_removed_last(void **state) {
    (void)state;
    answer_kept(0, 0);
    press_key("u");
    assert_shows("nothing was removed here");
    answer_removal(2, true);
    assert_shows("2 of 2 removed; u brings back what can be");
    assert_true(has_job(IO_KEPT));
    press_key("5"); // from anywhere
    press_key("u");
    struct io_request *req = need_job(IO_RESTORE);
    assert_int_equal(req->word_count, 2);
    assert_string_equal(req->words[0], "item:1a-b-19a3b2c4d5e");
    assert_string_equal(req->words[1], "/home/dana/copies/b");
    assert_false(req->drop);
    io_request_free(req);
    press_key("u"); // only once
    assert_false(has_job(IO_RESTORE));
    struct io_reply *r = new_reply(IO_RESTORE, 1, 1);
    r->items[0] = (struct op_item){OUTCOME_DONE, xstrdup("posix:/alpha"), xstrdup(""), NULL};
    app_reply(&app, r);
    assert_shows("brought back posix:/alpha");
    assert_true(app_effects(&app) & EFFECT_RESCAN);
}

static void what_cannot_come_back_is_not_offered(void **state) {
    (void)state;
    answer_removal(1, true);
    assert_shows("u brings back posix:");
    answer_removal(1, false);
    assert_false(shows("u brings"));
    press_key("u"); // the one before still can
    assert_true(has_job(IO_RESTORE));
}

static void quarantine_is_counted_and_asked_for_again(void **state) {
    (void)state;
    answer_kept(0, 0);
    drop_jobs();
    assert_int_equal(kept_deadline(&app), 0);
    press_key("3");
    struct io_request *req = need_job(IO_KEPT);
    assert_true(req->expire);
    io_request_free(req);
    answer_kept(2, 300);
    assert_shows("quarantine 2 8.0K (r)");
    assert_true(kept_deadline(&app) == drive_now() + 300 * S);
    pass(301 * S);
    assert_true(has_job(IO_KEPT));
    pass(301 * S);
    assert_false(has_job(IO_KEPT)); // the answer is still due
    answer_kept(1, 0);              // held by somebody: it stays for longer
    assert_true(kept_deadline(&app) == drive_now() + 60 * S);
}

static void nothing_is_freed_in_read_only_mode(void **state) {
    (void)state;
    drive_teardown(NULL);
    drive_begin(true, "");
    struct io_request *req = need_job(IO_KEPT);
    assert_false(req->expire);
    io_request_free(req);
    answer_kept(2, 300);
    drop_jobs();
    press_key("3");
    press_key("r");
    press_key("Space");
    press_key("BackTab");
    press_key("BackTab");
    press_key("BackTab");
    press_key("Enter");
    press_key("u");
    assert_false(has_job(IO_RESTORE));
}

static void chosen_items_are_brought_back(void **state) {
    (void)state;
    press_key("r"); // from the segments as from the leaks
    assert_shows("nothing is in quarantine");
    press_key("3");
    press_key("r");
    assert_shows("nothing is in quarantine");
    answer_kept(3, 600);
    drop_jobs();
    press_key("r");
    assert_shows("Quarantine");
    assert_shows("posix:/old2");
    assert_shows("4.0K, 10m left");
    press_key("Tab");
    press_key("Space"); // old1: the newest stands first
    press_key("Tab");
    press_key("Tab");
    press_key("Enter");
    struct io_request *req = need_job(IO_RESTORE);
    assert_int_equal(req->word_count, 1);
    assert_string_equal(req->words[0], app.kept.list.items[1].text);
    assert_false(req->drop);
    io_request_free(req);
}

static void freeing_from_quarantine_asks_once_more(void **state) {
    (void)state;
    static const char *const harmless[] = {"Enter", "Space", "d", "y", "Esc"};
    press_key("3");
    answer_kept(1, 600);
    drop_jobs();
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        press_key("r");
        press_key("Tab");
        press_key("Tab");
        press_key("Enter");
        assert_shows("Free 1 item for good?");
        press_key(harmless[i]);
        assert_false(has_job(IO_RESTORE));
        if (app.dialog)
            press_key("Esc");
        assert_null(app.dialog);
    }
    press_key("r");
    press_key("Tab");
    press_key("Tab");
    press_key("Enter");
    press_key("D");
    struct io_request *req = need_job(IO_RESTORE);
    assert_true(req->drop);
    assert_int_equal(req->word_count, 1);
    io_request_free(req);
    assert_null(app.dialog);
}

#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_dry_run_tells_and_does_nothing),
        T(an_answer_that_comes_too_late_is_left_alone),
        T(where_it_goes_is_said),
        T(freeing_at_once_is_ticked),
        T(without_a_place_nothing_is_saved),
        T(u_brings_back_what_was_removed_last),
        T(what_cannot_come_back_is_not_offered),
        T(quarantine_is_counted_and_asked_for_again),
        T(nothing_is_freed_in_read_only_mode),
        T(chosen_items_are_brought_back),
        T(freeing_from_quarantine_asks_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
