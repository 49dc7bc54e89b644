// test_editbuf.c - pending edits: what is typed, taken back, done again, and written.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "core/editbuf.h"

static struct editbuf e;

static int start(void **state) {
    (void)state;
    e = (struct editbuf){0};
    return 0;
}
static int end(void **state) {
    (void)state;
    editbuf_done(&e);
    return 0;
}

static void type(uint64_t offset, uint8_t old, uint8_t now) {
    assert_int_equal(editbuf_type(&e, offset, old, now), 0);
}

// The pending ranges as "offset:old>now,old>now offset:..." in hex.
static void assert_ranges(const char *want) {
    char got[512] = "";
    struct edit_range r;
    size_t next = 0, n = 0;
    while (editbuf_range(&e, &next, &r)) {
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%llx:", n ? " " : "",
                              (unsigned long long)r.offset);
        for (size_t i = 0; i < r.len; i++) {
            assert_int_equal(r.bytes[i].offset, r.offset + i);
            n += (size_t)snprintf(got + n, sizeof got - n, "%s%x>%x", i ? "," : "", r.bytes[i].old,
                                  r.bytes[i].now);
        }
    }
    assert_string_equal(got, want);
}

static void neighbours_are_one_range(void **state) {
    (void)state;
    type(0x49, 0x1b, 0xff);
    type(0x48, 0xc8, 0xfe);
    type(0x50, 0, 1);
    type(0, 7, 7); // as it was, and all the same it was typed
    assert_ranges("0:7>7 48:c8>fe,1b>ff 50:0>1");
    assert_int_equal(editbuf_range_count(&e), 3);
}

static void what_stood_there_first_stays_beside_it(void **state) {
    (void)state;
    struct edit_byte b;
    type(5, 1, 2);
    type(5, 99, 3); // the memory moved; what is expected did not
    assert_ranges("5:1>3");
    assert_true(editbuf_get(&e, 5, &b));
    assert_int_equal(b.old, 1);
    assert_false(editbuf_get(&e, 4, &b));
    assert_false(editbuf_get(&e, 6, &b));
}

static void groups_are_undone_and_redone_whole(void **state) {
    (void)state;
    uint64_t at = 0;
    type(1, 0, 1);
    type(2, 0, 2);
    editbuf_new_group(&e);
    type(2, 0, 3);
    assert_ranges("1:0>1,0>3");
    assert_true(editbuf_undo(&e, &at));
    assert_int_equal(at, 2);
    assert_ranges("1:0>1,0>2");
    assert_true(editbuf_undo(&e, &at));
    assert_int_equal(at, 1);
    assert_ranges("");
    assert_false(editbuf_undo(&e, &at));
    assert_true(editbuf_redo(&e, &at));
    assert_int_equal(at, 1);
    assert_ranges("1:0>1,0>2");
    assert_true(editbuf_redo(&e, &at));
    assert_ranges("1:0>1,0>3");
    assert_false(editbuf_redo(&e, &at));
}

static void typing_forgets_what_was_undone(void **state) {
    (void)state;
    uint64_t at = 0;
    type(1, 0, 1);
    assert_true(editbuf_undo(&e, &at));
    type(9, 0, 9);
    assert_false(editbuf_redo(&e, &at));
    assert_ranges("9:0>9");
    assert_true(editbuf_undo(&e, &at)); // and it is no part of the group before
    assert_ranges("");
    assert_false(editbuf_undo(&e, &at));
}

static void a_value_stays_in_one_piece(void **state) {
    (void)state;
    uint64_t at = 0;
    static const uint8_t old[4] = {1, 2, 3, 4}, now[4] = {5, 6, 7, 8};
    type(3, 0, 0xaa);
    assert_int_equal(editbuf_value(&e, 4, old, now, 4), 0);
    assert_int_equal(editbuf_value(&e, 8, old, now, 4), 0);
    type(12, 0, 0xbb);
    assert_ranges("3:0>aa 4:1>5,2>6,3>7,4>8 8:1>5,2>6,3>7,4>8 c:0>bb");
    type(5, 0, 0xcc); // typed into a value
    assert_ranges("3:0>aa 4:1>5,2>cc,3>7,4>8 8:1>5,2>6,3>7,4>8 c:0>bb");
    assert_true(editbuf_undo(&e, &at)); // c and 5 were typed after the last value
    assert_ranges("3:0>aa 4:1>5,2>6,3>7,4>8 8:1>5,2>6,3>7,4>8");
    assert_true(editbuf_undo(&e, &at));
    assert_int_equal(at, 8);
    assert_ranges("3:0>aa 4:1>5,2>6,3>7,4>8");
    assert_int_equal(editbuf_value(&e, UINT64_MAX, old, now, 2), -EINVAL);
    assert_int_equal(editbuf_value(&e, 0, old, now, 0), -EINVAL);
}

static void what_was_written_is_pending_no_more(void **state) {
    (void)state;
    uint64_t at = 0;
    for (uint64_t i = 0; i < 6; i++)
        type(10 + i, 0, (uint8_t)i);
    editbuf_written(&e, 11, 3);
    assert_ranges("a:0>0 e:0>4,0>5");
    assert_false(editbuf_undo(&e, &at)); // would bring back what is in memory now
    editbuf_written(&e, 0, UINT64_MAX);
    assert_ranges("");
    type(UINT64_MAX, 1, 2);
    editbuf_written(&e, UINT64_MAX, 1);
    assert_int_equal(e.count, 0);
}

static void there_is_an_end_to_it(void **state) {
    (void)state;
    for (uint64_t i = 0; i < EDIT_MAX; i++)
        type(i, 0, 1);
    assert_int_equal(editbuf_type(&e, EDIT_MAX, 0, 1), -ENOSPC);
    assert_int_equal(e.count, EDIT_MAX);
    editbuf_clear(&e);
    assert_int_equal(editbuf_range_count(&e), 0);
    type(0, 0, 1);
    assert_ranges("0:0>1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(neighbours_are_one_range, start, end),
        cmocka_unit_test_setup_teardown(what_stood_there_first_stays_beside_it, start, end),
        cmocka_unit_test_setup_teardown(groups_are_undone_and_redone_whole, start, end),
        cmocka_unit_test_setup_teardown(typing_forgets_what_was_undone, start, end),
        cmocka_unit_test_setup_teardown(a_value_stays_in_one_piece, start, end),
        cmocka_unit_test_setup_teardown(what_was_written_is_pending_no_more, start, end),
        cmocka_unit_test_setup_teardown(there_is_an_end_to_it, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
