// test_assign.c - who belongs where: held against all the ways there are.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "core/assign.h"

enum { MOST = 4, WORLDS = 4000, WAYS_MAX = 512 };

struct ways {
    size_t rows, columns, count;
    uint32_t best;
    const uint32_t *weights;
    int at[WAYS_MAX][MOST]; // the best ones
};

static void try_row(struct ways *w, size_t row, int *at, unsigned taken, uint32_t sum) {
    if (row == w->rows) {
        if (sum > w->best) {
            w->best = sum;
            w->count = 0;
        }
        if (sum == w->best) {
            assert_true(w->count < WAYS_MAX);
            memcpy(w->at[w->count++], at, sizeof *w->at);
        }
        return;
    }
    at[row] = ASSIGN_NOWHERE;
    try_row(w, row + 1, at, taken, sum);
    for (size_t c = 0; c < w->columns; c++) {
        uint32_t weight = w->weights[row * w->columns + c];
        if (weight == 0 || taken & 1u << c)
            continue;
        at[row] = (int)c;
        try_row(w, row + 1, at, taken | 1u << c, sum + weight);
    }
}

static void find_ways(struct ways *w, size_t rows, size_t columns, const uint32_t *weights) {
    int at[MOST] = {0};
    *w = (struct ways){.rows = rows, .columns = columns, .weights = weights};
    try_row(w, 0, at, 0, 0);
}

static bool has_way(const struct ways *w, const struct assigned *got) {
    for (size_t i = 0; i < w->count; i++) {
        bool same = true;
        for (size_t r = 0; r < w->rows; r++)
            same &= w->at[i][r] == got[r].place;
        if (same)
            return true;
    }
    return false;
}

// The columns that the rows swapping with this one have; a row that is nowhere counts as one more.
static unsigned columns_of(const struct ways *w, const int *at, const struct assigned *got,
                           size_t row) {
    unsigned set = 0;
    for (size_t r = 0; r < w->rows; r++)
        if (got[r].swaps == got[row].swaps)
            set |= at[r] < 0 ? 1u << MOST : 1u << at[r];
    return set;
}

static void check(const struct ways *w, const struct assigned *got, size_t row) {
    bool moves = false, leaves = false;
    for (size_t i = 0; i < w->count; i++) {
        moves |= w->at[i][row] != got[row].place;
        leaves |= columns_of(w, w->at[i], got, row) != columns_of(w, w->at[0], got, row) ||
                  columns_of(w, w->at[i], got, row) & 1u << MOST;
    }
    assert_int_equal(got[row].doubt != ASSIGN_SURE, moves);
    if (got[row].doubt == ASSIGN_SWAPS)
        assert_false(leaves);
    // What could be told apart is not said to be open.
    if (got[row].doubt == ASSIGN_OPEN && leaves == false)
        assert_true(got[row].place == ASSIGN_NOWHERE);
}

static uint32_t next(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void the_best_way_is_found_and_what_else_could_be(void **state) {
    static struct ways w;
    uint32_t rng = 4711, weights[MOST * MOST];
    struct assigned got[MOST];
    size_t doubts[ASSIGN_OPEN + 1] = {0};
    (void)state;
    for (int world = 0; world < WORLDS; world++) {
        size_t rows = next(&rng) % (MOST + 1), columns = next(&rng) % (MOST + 1);
        uint32_t high = 2 + next(&rng) % 3;
        for (size_t i = 0; i < rows * columns; i++)
            weights[i] = next(&rng) % high;
        find_ways(&w, rows, columns, weights);
        assert_int_equal(assign_best(rows, columns, weights, got), 0);
        assert_true(has_way(&w, got));
        for (size_t r = 0; r < rows; r++) {
            check(&w, got, r);
            doubts[got[r].doubt]++;
        }
    }
    assert_true(doubts[ASSIGN_SURE] && doubts[ASSIGN_SWAPS] && doubts[ASSIGN_OPEN]);
}

static void large_weights_fit(void **state) {
    enum { MANY = 60 };
    static uint32_t weights[MANY * MANY];
    static struct assigned got[MANY];
    (void)state;
    for (size_t i = 0; i < MANY * MANY; i++)
        weights[i] = i % MANY == (i / MANY + 7) % MANY ? ASSIGN_WEIGHT_MAX : 1;
    assert_int_equal(assign_best(MANY, MANY, weights, got), 0);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(got[i].place, (i + 7) % MANY);
        assert_int_equal(got[i].doubt, ASSIGN_SURE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_way_is_found_and_what_else_could_be),
        cmocka_unit_test(large_weights_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
