// test_eventlog.c - events are kept, folded and found, and what is selected stays where it is.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/eventlog.h"

#define S UINT64_C(1000000000)

static struct eventlog l;

static int set_up(void **state) {
    (void)state;
    assert_int_equal(eventlog_init(&l), 0);
    eventlog_height(&l, 10);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    eventlog_done(&l);
    return 0;
}

static void add(enum event_kind kind, const char *label, uint64_t at, uint64_t key) {
    struct events e = {.items = calloc(1, sizeof(struct event)), .count = 1};
    assert_non_null(e.items);
    e.items[0] = (struct event){.kind = kind,
                                .wall_ns = at,
                                .label = strdup(label),
                                .has_id = true,
                                .id = {.kind = SEG_POSIX, .num = key},
                                .fold_key = key};
    assert_int_equal(eventlog_add(&l, &e), 0);
    assert_null(e.items);
}

// n alike, one a millisecond.
static void burst(size_t n, uint64_t at, uint64_t key) {
    for (size_t i = 0; i < n; i++)
        add(EVENT_CREATED, "/burst", at + i * 1000000, key);
}

static void newest_first_and_following(void **state) {
    (void)state;
    add(EVENT_CREATED, "/a", 1 * S, 1);
    add(EVENT_REMOVED, "/b", 2 * S, 2);
    assert_string_equal(eventlog_line(&l, 0)->label, "/b");
    assert_true(eventlog_following(&l));
    add(EVENT_REMOVED, "/c", 3 * S, 3);
    assert_int_equal(l.selected, 0);
    assert_string_equal(eventlog_line(&l, 0)->label, "/c");
}

static void what_is_selected_stays_on_its_line(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 30; i++)
        add(EVENT_CREATED, "/x", i * 20 * S, i);
    eventlog_select(&l, 5);
    uint64_t serial = eventlog_line(&l, 5)->serial;
    size_t on_screen = l.selected - l.top;
    for (uint64_t i = 30; i < 50; i++)
        add(EVENT_CREATED, "/x", i * 20 * S, i);
    assert_int_equal(eventlog_line(&l, l.selected)->serial, serial);
    assert_int_equal(l.selected - l.top, on_screen);
    assert_false(eventlog_following(&l));
}

static void a_burst_is_one_line_that_opens(void **state) {
    (void)state;
    burst(20, S, 7);
    add(EVENT_REMOVED, "/other", 2 * S, 8);
    burst(20, 2 * S, 7); // less than ten seconds later: the same burst
    assert_int_equal(l.line_count, 2);
    size_t group = l.lines[0].folded ? 0 : 1;
    assert_int_equal(l.lines[group].folded, 40);
    eventlog_select(&l, group);
    assert_true(eventlog_toggle(&l));
    assert_int_equal(l.line_count, 42);
    assert_true(l.lines[group + 1].member);
    burst(1, 3 * S, 7); // joins while it is open
    assert_int_equal(l.line_count, 43);
    eventlog_select(&l, group + 5);
    assert_true(eventlog_toggle(&l)); // from inside: it folds
    assert_int_equal(l.line_count, 2);
}

static void few_or_far_apart_is_no_burst(void **state) {
    (void)state;
    burst(EVENTLOG_FOLD - 1, S, 7);
    assert_int_equal(l.line_count, EVENTLOG_FOLD - 1);
    burst(EVENTLOG_FOLD - 1, 100 * S, 7);
    assert_int_equal(l.line_count, 2 * (EVENTLOG_FOLD - 1));
}

static void only_so_many_are_kept(void **state) {
    (void)state;
    struct events e = {.items = calloc(EVENTLOG_KEEP + 5, sizeof(struct event)),
                       .count = EVENTLOG_KEEP + 5};
    for (size_t i = 0; i < e.count; i++)
        e.items[i] = (struct event){
            .kind = EVENT_CREATED, .wall_ns = i, .label = strdup("/x"), .fold_key = i};
    assert_int_equal(eventlog_add(&l, &e), 0);
    assert_int_equal(l.count, EVENTLOG_KEEP);
    assert_int_equal(l.total, EVENTLOG_KEEP + 5);
    assert_int_equal(eventlog_at(&l, 0)->serial, 6);
    eventlog_select(&l, EVENTLOG_KEEP - 1); // the oldest, about to fall out
    burst(3, S, 1);
    assert_int_equal(l.count, EVENTLOG_KEEP);
    assert_true(l.selected < l.line_count);
}

static void kinds_and_one_segment_choose(void **state) {
    (void)state;
    add(EVENT_CREATED, "/a", 1 * S, 1);
    add(EVENT_REMOVED, "/a", 2 * S, 1);
    add(EVENT_CREATED, "/b", 3 * S, 2);
    l.kinds = 1u << EVENT_CREATED;
    assert_int_equal(eventlog_refresh(&l), 0);
    assert_int_equal(l.line_count, 2);
    l.kinds = UINT32_MAX;
    l.only = true;
    l.only_id = (struct seg_id){.kind = SEG_POSIX, .num = 1};
    assert_int_equal(eventlog_refresh(&l), 0);
    assert_int_equal(l.line_count, 2);
    assert_int_equal(l.shown, 2);
    assert_string_equal(eventlog_line(&l, 0)->label, "/a");
}

static void words_and_search_find_labels(void **state) {
    (void)state;
    struct pick *p = NULL;
    char why[160];
    size_t at = 0, nth = 0, total = 0;
    add(EVENT_CREATED, "/alpha", 1 * S, 1);
    add(EVENT_CREATED, "/beta", 2 * S, 2);
    assert_true(eventlog_search(&l, "ALPHA", 0, 1, &at, &nth, &total));
    assert_int_equal(at, 1);
    assert_int_equal(total, 1);
    assert_int_equal(pick_parse("beta", &p, why, sizeof why), 0);
    assert_int_equal(eventlog_filter(&l, p), 0);
    assert_int_equal(l.line_count, 1);
    assert_false(eventlog_search(&l, "alpha", 0, 1, &at, &nth, &total));
    assert_int_equal(eventlog_filter(&l, NULL), 0);
    pick_free(p);
}

static void minutes_are_counted_and_forgotten(void **state) {
    (void)state;
    uint64_t out[EVENTLOG_MINUTES], peak = 0, at = 0;
    burst(7, 600 * S, 1);
    burst(3, 720 * S, 1);
    assert_int_equal(eventlog_minutes(&l, 730 * S, 4, out, &peak, &at), 4);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[1], 7);
    assert_int_equal(out[2], 0);
    assert_int_equal(out[3], 3);
    assert_int_equal(peak, 7);
    assert_int_equal(at, 600 * S);
    uint64_t later = (600 + 60 * (EVENTLOG_MINUTES + 5)) * S;
    eventlog_minutes(&l, later, EVENTLOG_MINUTES, out, &peak, &at);
    assert_int_equal(peak, 0);
    assert_int_equal(eventlog_since(&l, 700 * S), 3);
}

static void who_made_a_segment_is_found_by_identity(void **state) {
    (void)state;
    add(EVENT_CREATED, "/a", 1 * S, 1);
    struct seg_id id = {.kind = SEG_POSIX, .num = 1};
    assert_non_null(eventlog_creation(&l, &id));
    id.incarnation[0] = 5;
    assert_null(eventlog_creation(&l, &id));
}

static void nothing_there_is_fine(void **state) {
    (void)state;
    assert_null(eventlog_line(&l, 0));
    assert_null(eventlog_at(&l, 0));
    assert_false(eventlog_toggle(&l));
    eventlog_move(&l, 5);
    eventlog_move(&l, -5);
    assert_int_equal(l.selected, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(newest_first_and_following),
        TEST(what_is_selected_stays_on_its_line),
        TEST(a_burst_is_one_line_that_opens),
        TEST(few_or_far_apart_is_no_burst),
        TEST(only_so_many_are_kept),
        TEST(kinds_and_one_segment_choose),
        TEST(words_and_search_find_labels),
        TEST(minutes_are_counted_and_forgotten),
        TEST(who_made_a_segment_is_found_by_identity),
        TEST(nothing_there_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
