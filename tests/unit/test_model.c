// test_model.c - words, reasons and the order of identities.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "core/model.h"

static void constants_have_the_words_of_the_json(void **state) {
    (void)state;
    assert_string_equal(why_name(WHY_NOT_ASKED), "not-asked");
    assert_string_equal(why_name(WHY_FAILED), "failed");
    assert_string_equal(seg_kind_name(SEG_SYSV), "sysv");
    assert_string_equal(seg_kind_name(SEG_HUGETLB), "hugetlb");
    assert_string_equal(seg_field_name(SEG_SIZE), "size");
    assert_string_equal(seg_field_name(SEG_MNT_NS), "mnt_ns");
    assert_string_equal(seg_field_name(SEG_KEY), "key");
    assert_string_equal(seg_field_name(SEG_HIDDEN), "hidden_mappings");
    assert_string_equal(seg_flag_name(SEG_FLAG_BIT_DEST), "dest");
    assert_string_equal(seg_flag_name(SEG_FLAG_BIT_LEFT_NAMESPACE), "left-namespace");
    assert_string_equal(pid_state_name(PID_REUSED), "reused");
    assert_string_equal(limit_name(LIMIT_SHMMNI), "shmmni");
    assert_string_equal(limit_name(LIMIT_UPTIME_NS), "uptime_ns");
}

static void a_constant_that_does_not_exist_has_a_word_too(void **state) {
    (void)state;
    assert_string_equal(seg_kind_name(SEG_KIND_COUNT), "?");
    assert_string_equal(seg_flag_name(SEG_FLAG_COUNT), "?");
    assert_string_equal(why_name((enum why)250), "?");
}

static void errnos_become_reasons(void **state) {
    static const struct {
        int err;
        enum why why;
    } cases[] = {
        {EACCES, WHY_DENIED},      {EPERM, WHY_DENIED},       {ENOENT, WHY_GONE},
        {ESRCH, WHY_GONE},         {EIDRM, WHY_GONE},         {ESTALE, WHY_GONE},
        {ENOSYS, WHY_UNSUPPORTED}, {ENOTTY, WHY_UNSUPPORTED}, {EOPNOTSUPP, WHY_UNSUPPORTED},
        {EFBIG, WHY_MALFORMED},    {EIO, WHY_FAILED},         {EMFILE, WHY_FAILED},
        {-EACCES, WHY_DENIED},     {0, WHY_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(why_from_errno(cases[i].err), cases[i].why);
}

static void every_part_of_an_identity_counts(void **state) {
    const struct seg_id base = {SEG_POSIX, 5, 5, 5, {5, 5, 5}};
    struct seg_id more[7];

    (void)state;
    for (size_t i = 0; i < 7; i++)
        more[i] = base;
    more[0].kind = SEG_MEMFD;
    more[1].ns++;
    more[2].dev++;
    more[3].num++;
    for (size_t i = 0; i < 3; i++)
        more[4 + i].incarnation[i]++;
    for (size_t i = 0; i < 7; i++) {
        assert_false(seg_id_same(&base, &more[i]));
        assert_true(seg_id_compare(&base, &more[i]) < 0);
        assert_true(seg_id_compare(&more[i], &base) > 0);
        if (i > 0) // what comes first weighs more
            assert_true(seg_id_compare(&more[i - 1], &more[i]) > 0);
    }
    assert_true(seg_id_same(&base, &base));
    // The whole width decides, not the difference.
    assert_true(seg_id_compare(&(struct seg_id){.num = 1}, &(struct seg_id){.num = UINT64_MAX}) <
                0);
}

static void numbers_keep_their_value_or_their_reason(void **state) {
    struct segment seg = {0};
    uint64_t value = 77;

    (void)state;
    for (unsigned f = 0; f < SEG_FIELD_COUNT; f++)
        assert_int_equal(seg_get(&seg, (enum seg_field)f, &value), WHY_NOT_ASKED);
    assert_int_equal(value, 77);
    for (unsigned f = 0; f < SEG_FIELD_COUNT; f++)
        seg_set(&seg, (enum seg_field)f, 1000 + f);
    for (unsigned f = 0; f < SEG_FIELD_COUNT; f++) {
        assert_int_equal(seg_get(&seg, (enum seg_field)f, &value), WHY_KNOWN);
        assert_int_equal(value, 1000 + f);
    }
    seg_set(&seg, SEG_SIZE, UINT64_MAX);
    assert_int_equal(seg_get(&seg, SEG_SIZE, &value), WHY_KNOWN);
    assert_true(value == UINT64_MAX);
    seg_set_missing(&seg, SEG_SIZE, WHY_DENIED);
    assert_int_equal(seg_get(&seg, SEG_SIZE, &value), WHY_DENIED);
    assert_true(value == UINT64_MAX);
}

static void a_number_too_wide_for_its_field_is_malformed(void **state) {
    struct segment seg = {0};
    uint64_t value = 0;

    (void)state;
    seg_set(&seg, SEG_KEY, UINT32_MAX);
    assert_int_equal(seg_get(&seg, SEG_KEY, &value), WHY_KNOWN);
    assert_true(value == UINT32_MAX);
    seg_set(&seg, SEG_KEY, (uint64_t)UINT32_MAX + 1);
    assert_int_equal(seg_get(&seg, SEG_KEY, &value), WHY_MALFORMED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_have_the_words_of_the_json),
        cmocka_unit_test(a_constant_that_does_not_exist_has_a_word_too),
        cmocka_unit_test(errnos_become_reasons),
        cmocka_unit_test(every_part_of_an_identity_counts),
        cmocka_unit_test(numbers_keep_their_value_or_their_reason),
        cmocka_unit_test(a_number_too_wide_for_its_field_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
