// test_hexview.c - the window on bytes, its marks, and the layout of hexdump -C.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/hexview.h"

#define S UINT64_C(1000000000)

static void bytes_fall_into_classes(void **state) {
    (void)state;
    static const struct {
        uint8_t byte;
        enum byte_class want;
    } cases[] = {{0, BYTE_ZERO},    {1, BYTE_CTRL},    {'\t', BYTE_SPACE}, {'\r', BYTE_SPACE},
                 {0x0e, BYTE_CTRL}, {0x1f, BYTE_CTRL}, {' ', BYTE_SPACE},  {'!', BYTE_PRINT},
                 {'~', BYTE_PRINT}, {0x7f, BYTE_CTRL}, {0x80, BYTE_HIGH},  {0xff, BYTE_HIGH}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(byte_class(cases[i].byte), cases[i].want);
}

// The expected lines were printed by hexdump -C itself.
static void dump_lines_are_those_of_hexdump(void **state) {
    (void)state;
    static const uint8_t bytes[17] = {0x7f, 'L', 'O',  'G', 2,    0,    0,    0,  '@',
                                      0x1f, 0,   0xff, ' ', 0x5a, 0xa5, 0x7e, 'x'};
    static const struct {
        uint64_t offset;
        size_t len;
        const char *want;
    } cases[] = {
        {0, 16, "00000000  7f 4c 4f 47 02 00 00 00  40 1f 00 ff 20 5a a5 7e  |.LOG....@... Z.~|"},
        {0, 17, "00000000  7f 4c 4f 47 02 00 00 00  40 1f 00 ff 20 5a a5 7e  |.LOG....@... Z.~|"},
        {0x10, 1, "00000010  7f                                                |.|"},
        {0x10, 4, "00000010  7f 4c 4f 47                                       |.LOG|"},
        {0x10, 8, "00000010  7f 4c 4f 47 02 00 00 00                           |.LOG....|"},
        {0x10, 9, "00000010  7f 4c 4f 47 02 00 00 00  40                       |.LOG....@|"},
        {0x20, 0, "00000020"},
        {UINT64_C(0x1c8000000), 0, "1c8000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char buf[96];
        memset(buf, 'X', sizeof buf);
        size_t n = hex_dump_line(cases[i].offset, bytes, cases[i].len, buf);
        assert_string_equal(buf, cases[i].want);
        assert_int_equal(n, strlen(buf));
    }
    char buf[96];
    assert_true(hex_dump_line(UINT64_MAX, bytes, 16, buf) < sizeof buf);
}

static void width_is_the_widest_that_fits(void **state) {
    (void)state;
    static const struct {
        unsigned cols, want;
    } cases[] = {{0, 4},   {28, 4},  {44, 4},   {45, 8},   {77, 8},
                 {78, 16}, {80, 16}, {143, 16}, {144, 32}, {1000, 32}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(hex_fit_width(cases[i].cols), cases[i].want);
    uint8_t bytes[16] = {0};
    char buf[96];
    assert_int_equal(hex_dump_line(0, bytes, 16, buf), 78); // what 16 must fit
}

static void first_read_marks_nothing(void **state) {
    (void)state;
    struct hexwin w;
    uint8_t bytes[4] = {1, 2, 3, 4}, holes[4] = {0, 1, 1, 0};
    assert_int_equal(hexwin_init(&w), 0);
    assert_int_equal(hexwin_update(&w, 100, bytes, holes, 4, 5 * S), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(hexwin_age(&w, i, 5 * S), AGE_OLD);
        assert_int_equal(w.bytes[i], bytes[i]);
        assert_int_equal(w.marks[i], holes[i]);
    }
    assert_int_equal(w.changes, 0);
    assert_int_equal(w.offset, 100);
    assert_int_equal(w.read_ns, 5 * S);
    hexwin_done(&w);
}

static void changed_bytes_are_bright_then_fade(void **state) {
    (void)state;
    struct hexwin w;
    hexwin_init(&w);
    uint8_t bytes[4] = {1, 2, 3, 4};
    hexwin_update(&w, 0, bytes, NULL, 4, 10 * S);
    bytes[2] = 9;
    hexwin_update(&w, 0, bytes, NULL, 4, 11 * S);
    hexwin_update(&w, 0, bytes, NULL, 4, 12 * S); // carried over
    assert_int_equal(hexwin_age(&w, 1, 12 * S), AGE_OLD);
    assert_int_equal(hexwin_age(&w, 2, 10 * S), AGE_FRESH); // a clock behind
    assert_int_equal(hexwin_age(&w, 2, 12 * S - 1), AGE_FRESH);
    assert_int_equal(hexwin_age(&w, 2, 12 * S), AGE_MID);
    assert_int_equal(hexwin_age(&w, 2, 13 * S), AGE_DIM);
    assert_int_equal(hexwin_age(&w, 2, 14 * S), AGE_OLD);
    assert_int_equal(hexwin_age(&w, 99, 12 * S), AGE_OLD);
    assert_int_equal(w.changes, 1);
    hexwin_done(&w);
}

static void a_change_at_time_zero_counts(void **state) {
    (void)state;
    struct hexwin w;
    hexwin_init(&w);
    uint8_t byte = 1;
    hexwin_update(&w, 0, &byte, NULL, 1, 0);
    byte = 2;
    hexwin_update(&w, 0, &byte, NULL, 1, 0);
    assert_int_equal(hexwin_age(&w, 0, 0), AGE_FRESH);
    hexwin_done(&w);
}

// Windows at random places over bytes that change at random, against a full history.
static void scrolling_keeps_marks_of_the_overlap_only(void **state) {
    (void)state;
    enum { SIZE = 64 };
    uint8_t memory[SIZE] = {0};
    uint64_t mark[SIZE] = {0}; // what the window must say
    uint64_t changes = 0;
    size_t old_from = 0, old_to = 0;
    uint8_t seen[SIZE] = {0};
    struct hexwin w;
    hexwin_init(&w);
    srand(7);
    for (uint64_t t = 1; t < 3000; t++) {
        for (int i = 0; i < 5; i++)
            memory[rand() % SIZE] = (uint8_t)(rand() % 3);
        size_t from = (size_t)rand() % SIZE, len = (size_t)rand() % (SIZE - from + 1);
        uint64_t now[SIZE] = {0};
        for (size_t i = from; i < from + len; i++) {
            if (i < old_from || i >= old_to)
                continue;
            now[i] = mark[i];
            if (seen[i] != memory[i]) {
                now[i] = t;
                changes++;
            }
        }
        memcpy(mark, now, sizeof mark);
        memcpy(seen, memory, sizeof seen);
        old_from = from;
        old_to = from + len;
        assert_int_equal(hexwin_update(&w, from, memory + from, NULL, len, t), 0);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(w.changed_ns[i], mark[from + i]);
        assert_int_equal(w.changes, changes);
    }
    hexwin_done(&w);
}

static void the_end_of_the_number_range_is_no_trap(void **state) {
    (void)state;
    struct hexwin w;
    hexwin_init(&w);
    uint8_t bytes[4] = {1, 2, 3, 4};
    hexwin_update(&w, UINT64_MAX - 3, bytes, NULL, 4, S);
    bytes[0] = 7;
    hexwin_update(&w, UINT64_MAX - 3, bytes, NULL, 4, 2 * S);
    assert_int_equal(w.changes, 1);
    hexwin_update(&w, 0, bytes, NULL, 4, 3 * S);
    assert_int_equal(w.changes, 1);
    hexwin_done(&w);
    hexwin_done(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_fall_into_classes),
        cmocka_unit_test(dump_lines_are_those_of_hexdump),
        cmocka_unit_test(width_is_the_widest_that_fits),
        cmocka_unit_test(first_read_marks_nothing),
        cmocka_unit_test(changed_bytes_are_bright_then_fade),
        cmocka_unit_test(a_change_at_time_zero_counts),
        cmocka_unit_test(scrolling_keeps_marks_of_the_overlap_only),
        cmocka_unit_test(the_end_of_the_number_range_is_no_trap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
