// test_arena.c - memory given out by an arena, arrays that grow, and the hash index.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/hash_index.h"
#include "core/vec.h"

static void pieces_are_aligned_and_do_not_overlap(void **state) {
    static const size_t aligns[] = {1, 2, 4, 8, 16};
    struct arena a = {0};
    unsigned char *pieces[2000];

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        size_t align = aligns[i % 5], size = i % 61 + 1;
        pieces[i] = arena_alloc(&a, size, align);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % align, 0);
        memset(pieces[i], (int)(i & 0xff), size);
    }
    for (size_t i = 0; i < 2000; i++)
        for (size_t k = 0; k < i % 61 + 1; k++)
            assert_int_equal(pieces[i][k], i & 0xff);
    arena_done(&a);
}

static void a_large_piece_leaves_the_current_chunk_in_use(void **state) {
    struct arena a = {0};

    (void)state;
    char *first = arena_alloc(&a, 10, 1);
    char *large = arena_alloc(&a, (size_t)3 << 20, 8);
    assert_non_null(large);
    memset(large, 1, (size_t)3 << 20);
    assert_ptr_equal(arena_alloc(&a, 10, 1), first + 10);
    arena_done(&a);
}

static void many_small_strings_cost_little_more_than_their_bytes(void **state) {
    struct arena a = {0};
    size_t bytes = 0;

    (void)state;
    for (size_t i = 0; i < 100000; i++) {
        assert_non_null(arena_dup(&a, "/a-name-of-24-characters", 24));
        bytes += 25;
    }
    // The last chunk, of at most 1 MiB, may be empty.
    assert_true(a.total <= bytes + bytes / 100 + (1 << 20));
    arena_done(&a);
    assert_int_equal(a.total, 0);
}

static void impossible_sizes_give_null(void **state) {
    // Through a volatile so that the compiler does not warn of what is meant.
    volatile size_t most = SIZE_MAX;
    struct arena a = {0};

    (void)state;
    assert_null(arena_alloc(&a, most, 1));
    assert_null(arena_alloc(&a, most - 8, 16));
    assert_null(arena_dup(&a, "x", most));
    arena_done(&a);
}

static void a_copy_holds_nul_bytes_and_is_terminated(void **state) {
    struct arena a = {0};

    (void)state;
    assert_memory_equal(arena_dup(&a, "a\0b", 3), "a\0b", 4);
    assert_string_equal(arena_dup(&a, NULL, 0), "");
    arena_done(&a);
}

static void a_vec_grows_keeps_and_trims(void **state) {
    VEC(uint32_t) v = {0};

    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(vec_push(&v, i * 3), 0);
    assert_int_equal(v.count, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(v.items[i], i * 3);
    vec_trim(&v);
    assert_int_equal(v.capacity, 1000);
    assert_int_equal(v.items[999], 2997);
    vec_done(&v);
    assert_null(v.items);
    assert_int_equal(v.capacity, 0);
}

static void a_vec_refuses_what_cannot_be_and_stays(void **state) {
    VEC(uint64_t) v = {0};

    (void)state;
    assert_int_equal(vec_push(&v, 9), 0);
    assert_int_equal(vec_reserve(&v, SIZE_MAX / 4), -ENOMEM);
    assert_int_equal(vec_reserve(&v, SIZE_MAX), -ENOMEM);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.items[0], 9);
    vec_done(&v);
}

static size_t candidates(const struct hash_index *idx, uint32_t hash, uint32_t want) {
    size_t at = hash, found = 0;
    uint32_t position;

    while (hash_index_next(idx, hash, &at, &position))
        found += position == want;
    return found;
}

static void the_index_finds_everything_even_when_hashes_collide(void **state) {
    struct hash_index idx = {0};

    (void)state;
    assert_int_equal(candidates(&idx, 5, 0), 0);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(hash_index_add(&idx, i % 100, i), 0);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_int_equal(candidates(&idx, i % 100, i), 1);
        assert_int_equal(candidates(&idx, i % 100 + 1, i), 0);
    }
    hash_index_done(&idx);
    assert_int_equal(idx.size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_large_piece_leaves_the_current_chunk_in_use),
        cmocka_unit_test(many_small_strings_cost_little_more_than_their_bytes),
        cmocka_unit_test(impossible_sizes_give_null),
        cmocka_unit_test(a_copy_holds_nul_bytes_and_is_terminated),
        cmocka_unit_test(a_vec_grows_keeps_and_trims),
        cmocka_unit_test(a_vec_refuses_what_cannot_be_and_stays),
        cmocka_unit_test(the_index_finds_everything_even_when_hashes_collide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
