// test_trend.c - sizes over time are kept for what lives, and for no more than there is room for.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/trend.h"

static void a_ring_keeps_the_latest(void **state) {
    (void)state;
    struct trends *t = trends_new();
    uint64_t out[TREND_SAMPLES];
    assert_non_null(t);
    assert_int_equal(trends_get(t, 5, out), 0);
    for (uint64_t i = 1; i <= TREND_SAMPLES + 3; i++) {
        trends_begin(t);
        trends_add(t, 5, i * 4096);
        trends_add(t, 5, 1); // twice in one round: the first counts
        trends_end(t);
    }
    assert_int_equal(trends_get(t, 5, out), TREND_SAMPLES);
    assert_int_equal(out[0], 4 * 4096);
    assert_int_equal(out[TREND_SAMPLES - 1], (TREND_SAMPLES + 3) * 4096);
    trends_free(t);
}

static void what_is_not_sampled_is_forgotten_and_makes_room(void **state) {
    (void)state;
    struct trends *t = trends_new();
    uint64_t out[TREND_SAMPLES];
    for (uint64_t round = 0; round < 3; round++) {
        trends_begin(t);
        for (uint64_t i = 0; i < TREND_KEYS + 10; i++)
            trends_add(t, round * 100000 + i * 7919 + 1, i * 4096);
        trends_end(t);
    }
    assert_int_equal(trends_get(t, 1, out), 0); // of the first round
    assert_int_equal(trends_get(t, 200000 + 1, out), 1);
    assert_int_equal(trends_get(t, 200000 + 7919 * (TREND_KEYS - 1) + 1, out), 1);
    trends_free(t);
}

static void keys_tell_incarnations_apart(void **state) {
    (void)state;
    struct seg_id a = {.kind = SEG_POSIX, .dev = 26, .num = 5, .incarnation = {1, 2, 3}}, b = a;
    assert_int_equal(trend_key_segment(&a), trend_key_segment(&b));
    b.incarnation[1] = 9;
    assert_int_not_equal(trend_key_segment(&a), trend_key_segment(&b));
    struct proc_id p = {5, 100}, q = {5, 101};
    assert_int_not_equal(trend_key_process(&p), trend_key_process(&q));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_keeps_the_latest),
        cmocka_unit_test(what_is_not_sampled_is_forgotten_and_makes_room),
        cmocka_unit_test(keys_tell_incarnations_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
