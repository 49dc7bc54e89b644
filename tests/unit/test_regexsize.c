// test_regexsize.c - expressions that would take all memory are told from those that do not.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/regexsize.h"

static void ordinary_ones_pass(void **state) {
    (void)state;
    static const char *const fine[] = {"",
                                       "abc",
                                       "^psm_[0-9a-f]{8}$",
                                       "(a|b)+c*d?",
                                       "a{3}{3}",
                                       "[]a-z]+",
                                       "[^]]{2,}",
                                       "[[:alpha:]+(]*",
                                       "\\+\\(\\{",
                                       "a{1,255}",
                                       "x{",
                                       "a{,5}",
                                       ")",
                                       "((((a))))",
                                       "a+b+c+d+e+f+g+h+i+j+k+l+m+"};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (regex_too_large(fine[i]))
            fail_msg("%s", fine[i]);
}

static void those_that_grow_do_not(void **state) {
    (void)state;
    static const char *const large[] = {
        "f++++++++++++++++++++",
        "(((((((((((((((((((a)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+",
        "a{255}{255}",
        "((a{99}){99}){99}",
        "(a{200}b{200}){200}",
        "[ab]{30000}",
        "a{99999999999999999999}",
    };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        if (!regex_too_large(large[i]))
            fail_msg("%s", large[i]);
}

static void depth_has_an_end(void **state) {
    (void)state;
    char deep[400];
    for (size_t i = 0; i + 1 < sizeof deep; i++)
        deep[i] = '(';
    deep[sizeof deep - 1] = '\0';
    assert_true(regex_too_large(deep));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_ones_pass),
        cmocka_unit_test(those_that_grow_do_not),
        cmocka_unit_test(depth_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
