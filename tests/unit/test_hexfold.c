// test_hexfold.c - rows that repeat are left out, and nothing else is.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/changes.h"
#include "core/hexfold.h"

enum { W = 8 };

static void fold_rows(struct hexfold *f, const char *rows, size_t room, const uint64_t *keep,
                      size_t keep_count) {
    uint8_t row[W];
    hexfold_init(f, 0, W, room, keep, keep_count);
    for (; *rows; rows++) {
        memset(row, *rows, W);
        hexfold_row(f, row, NULL, W);
    }
    hexfold_end(f);
    assert_false(f->failed);
}

// The lines as text: a letter a row, "*" what is left out.
static void lines_of(const struct hexfold *f, char *out) {
    uint64_t at = 0;
    for (size_t p = 0; p < f->part_count; p++) {
        if (f->parts[p].offset > at)
            *out++ = '*';
        for (size_t i = 0; i < f->parts[p].len; i += W)
            *out++ = (char)f->bytes[f->parts[p].index + i];
        at = f->parts[p].offset + f->parts[p].len;
    }
    if (f->next > at)
        *out++ = '*';
    *out = '\0';
}

static void two_repeats_or_more_become_one_line(void **state) {
    (void)state;
    static const struct {
        const char *rows, *want;
        size_t room;
    } cases[] = {
        {"abc", "abc", 9},
        {"aab", "aab", 9},
        {"aaab", "a*b", 9},
        {"aaaa", "a*", 9},
        {"aa", "aa", 9},
        {"abbbbc", "ab*c", 9},
        {"abcd", "ab", 2},
        {"aaaab", "a*", 2},
        {"aab", "aa", 2},
        {"", "", 3},
        {"aaaaaabbbbbb", "a*b", 3},
        {"abababab", "abababab", 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hexfold f;
        char lines[64];
        fold_rows(&f, cases[i].rows, cases[i].room, NULL, 0);
        lines_of(&f, lines);
        assert_string_equal(lines, cases[i].want);
        assert_true(f.lines <= cases[i].room);
        hexfold_done(&f);
    }
}

static void kept_rows_stay(void **state) {
    (void)state;
    struct hexfold f;
    char lines[64];
    const uint64_t keep[] = {5 * W, 6 * W};
    fold_rows(&f, "aaaaaaaaaaaa", 20, keep, 2);
    lines_of(&f, lines);
    assert_string_equal(lines, "a*aa*");
    assert_int_equal(f.parts[1].offset, 5 * W);
    hexfold_done(&f);
}

static void a_hole_of_any_size_is_two_lines(void **state) {
    (void)state;
    struct hexfold f;
    const uint64_t size = UINT64_C(1) << 50, keep[] = {UINT64_C(1) << 40};
    hexfold_init(&f, 0, W, 20, keep, 1);
    hexfold_blank(&f, size, MARK_HOLE);
    hexfold_end(&f);
    assert_int_equal(f.next, size);
    assert_int_equal(f.part_count, 2);
    assert_int_equal(f.parts[1].offset, keep[0]);
    assert_int_equal(f.marks[0], MARK_HOLE);
    assert_int_equal(f.lines, 4); // row, gap, row, gap
    hexfold_done(&f);
}

static void zeroes_and_holes_are_told_apart(void **state) {
    (void)state;
    struct hexfold f;
    uint8_t zero[W] = {0};
    hexfold_init(&f, 0, W, 20, NULL, 0);
    for (int i = 0; i < 4; i++)
        hexfold_row(&f, zero, NULL, W);
    hexfold_blank(&f, 4 * W, MARK_HOLE);
    hexfold_end(&f);
    assert_int_equal(f.part_count, 2);
    assert_int_equal(f.parts[1].offset, 4 * W);
    hexfold_done(&f);
}

static void a_short_last_row_is_shown(void **state) {
    (void)state;
    struct hexfold f;
    uint8_t zero[W] = {0};
    hexfold_init(&f, 0, W, 20, NULL, 0);
    for (int i = 0; i < 5; i++)
        hexfold_row(&f, zero, NULL, W);
    hexfold_row(&f, zero, NULL, 3);
    hexfold_end(&f);
    assert_int_equal(f.next, 5 * W + 3);
    assert_int_equal(f.len, W + 3);
    hexfold_done(&f);
}

static void a_window_with_gaps_knows_what_it_holds(void **state) {
    (void)state;
    struct hexfold f;
    struct hexwin w;
    size_t index = 0, run = 0;
    fold_rows(&f, "aaaabcccc", 20, NULL, 0); // a * b c *
    hexwin_init(&w);
    assert_int_equal(
        hexwin_update_parts(&w, f.parts, f.part_count, f.next, f.bytes, NULL, f.len, 5), 0);
    assert_true(hexwin_find(&w, 3, &index, &run));
    assert_int_equal(run, W - 3);
    assert_false(hexwin_find(&w, W, &index, &run));
    assert_int_equal(run, 0);
    assert_int_equal(hexwin_gap(&w, W), 3 * W);
    assert_int_equal(hexwin_gap(&w, 0), 0);
    assert_int_equal(hexwin_gap(&w, 4 * W), 0);
    assert_int_equal(hexwin_gap(&w, 6 * W), 3 * W);
    assert_int_equal(hexwin_gap(&w, 9 * W), 0); // nothing is known there
    // The next picture has another shape; what stands in both is compared.
    uint8_t all[9 * W];
    memset(all, 'a', sizeof all);
    assert_int_equal(hexwin_update(&w, 0, all, NULL, sizeof all, 9), 0);
    assert_int_equal(w.changes, 2 * W); // of b and the c that was shown
    assert_int_equal(w.changed_ns[0], 0);
    assert_int_equal(w.changed_ns[4 * W], 9);
    hexwin_done(&w);
    hexfold_done(&f);
}

// --- changes

#define S UINT64_C(1000000000)

static void changes_fade_after_a_minute(void **state) {
    (void)state;
    static struct changes c;
    changes_begin(&c, 4096);
    changes_add(&c, 0, 10, 100 * S);
    changes_add(&c, 4095, 1, 130 * S);
    changes_add(&c, 4096, 50, 130 * S); // beyond the end
    assert_int_equal(changes_column(&c, 0, 2, 131 * S), 10);
    assert_int_equal(changes_column(&c, 1, 2, 131 * S), 1);
    assert_int_equal(changes_column(&c, 0, 2, 166 * S), 0);
    assert_int_equal(changes_column(&c, 1, 2, 166 * S), 1);
    assert_int_equal(changes_column(&c, 1, 2, 1000 * S), 0);
    changes_begin(&c, 8192); // another size: another segment for all we know
    assert_int_equal(changes_column(&c, 1, 2, 1000 * S), 0);
}

static void every_place_has_its_column(void **state) {
    (void)state;
    static struct changes c;
    static const uint64_t sizes[] = {1, 3, 511, 512, 513, 1000, UINT64_C(1) << 40, UINT64_MAX};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int i = 0; i <= 16; i++) {
            memset(&c, 0, sizeof c);
            changes_begin(&c, sizes[s]);
            uint64_t at = sizes[s] / 16 * (uint64_t)i;
            at = at < sizes[s] ? at : sizes[s] - 1;
            changes_add(&c, at, 1, S);
            uint64_t sum = 0;
            for (size_t k = 0; k < 7; k++)
                sum += changes_column(&c, k, 7, S);
            assert_int_equal(sum, 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_repeats_or_more_become_one_line),
        cmocka_unit_test(kept_rows_stay),
        cmocka_unit_test(a_hole_of_any_size_is_two_lines),
        cmocka_unit_test(zeroes_and_holes_are_told_apart),
        cmocka_unit_test(a_short_last_row_is_shown),
        cmocka_unit_test(a_window_with_gaps_knows_what_it_holds),
        cmocka_unit_test(changes_fade_after_a_minute),
        cmocka_unit_test(every_place_has_its_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
