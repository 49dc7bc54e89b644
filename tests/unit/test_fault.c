// test_fault.c - failures as one line of text.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/fault.h"

static void the_line_has_only_the_parts_there_are(void **state) {
    static const struct {
        int err;
        const char *what, *why, *todo, *line;
    } cases[] = {
        {EACCES, "posix:/x", "cannot be opened", "run as root",
         "posix:/x: cannot be opened (EACCES); run as root"},
        {0, "posix:/x", "is in use by 2 processes", "use --force to remove it",
         "posix:/x: is in use by 2 processes; use --force to remove it"},
        {ENOENT, "posix:/x", "no such segment", "", "posix:/x: no such segment (ENOENT)"},
        {0, "posix:/x", "no such segment", NULL, "posix:/x: no such segment"},
        {0, "", "no terminal", "", "no terminal"},
        {EIO, "posix:/x", "", "", "posix:/x (EIO)"},
        {-EIO, "a", "b", "c", "a: b (EIO); c"},
        {9999, "a", "b", "", "a: b (E9999)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f;
        char line[1000];
        assert_int_equal(fault_set(&f, OUTCOME_REFUSED, cases[i].err, cases[i].what, cases[i].why,
                                   cases[i].todo),
                         OUTCOME_REFUSED);
        assert_int_equal(f.outcome, OUTCOME_REFUSED);
        assert_int_equal(f.err, cases[i].err);
        assert_int_equal(fault_format(&f, line, sizeof line), strlen(cases[i].line));
        assert_string_equal(line, cases[i].line);
    }
}

static void the_reason_can_be_a_format(void **state) {
    struct fault f;

    (void)state;
    assert_int_equal(fault_setf(&f, OUTCOME_FAILED, 0, "a", "", "%d of %s", 3, "4"),
                     OUTCOME_FAILED);
    assert_string_equal(f.why, "3 of 4");
    // Plain texts are no formats.
    fault_set(&f, OUTCOME_FAILED, 0, "%s", "%n%s", "100%");
    assert_string_equal(f.what, "%s");
    assert_string_equal(f.why, "%n%s");
    assert_string_equal(f.todo, "100%");
}

static void it_is_one_line_whatever_goes_in(void **state) {
    struct fault f;
    char line[1000];

    (void)state;
    fault_set(&f, OUTCOME_FAILED, 0, "a\nb", "c\r\nd\x1b[2J", "e\x7f");
    fault_format(&f, line, sizeof line);
    assert_string_equal(line, "a?b: c??d?[2J; e?");
    strcpy(f.why, "by\nhand");
    fault_format(&f, line, sizeof line);
    assert_string_equal(line, "a?b: by?hand; e?");
}

static void long_texts_are_cut_between_characters_and_say_so(void **state) {
    struct fault f;
    char what[2000], line[2000];

    (void)state;
    for (size_t shift = 0; shift < 3; shift++) { // the cut meets every byte of a character
        memset(what, 'a', shift);
        for (size_t i = shift; i + 3 < sizeof what; i += 3)
            memcpy(what + i, "\xe2\x82\xac", 4);
        fault_set(&f, OUTCOME_FAILED, EPERM, what, "why", "todo");
        size_t len = strlen(f.what);
        assert_true(len < sizeof f.what && len > sizeof f.what - 8);
        assert_string_equal(f.what + len - 3, "...");
        assert_int_equal((len - 3 - shift) % 3, 0);
        fault_format(&f, line, sizeof line);
        assert_string_equal(line + len, ": why (EPERM); todo");
    }
}

static void a_small_buffer_holds_the_beginning(void **state) {
    struct fault f;
    char line[16];

    (void)state;
    fault_set(&f, OUTCOME_FAILED, EPERM, "posix:/name", "why", "todo");
    for (size_t size = 0; size <= sizeof line; size++) {
        memset(line, '#', sizeof line);
        size_t len = fault_format(&f, line, size);
        assert_true(size == 0 ? len == 0 : len < size && line[len] == '\0');
        for (size_t i = size; i < sizeof line; i++)
            assert_int_equal(line[i], '#');
    }
    assert_string_equal(line, "posix:/name:...");
}

static void errnos_have_names(void **state) {
    char buf[16];

    (void)state;
    assert_string_equal(errno_name(EACCES, buf), "EACCES");
    assert_string_equal(errno_name(EIDRM, buf), "EIDRM");
    assert_string_equal(errno_name(EAGAIN, buf), "EAGAIN");
    assert_string_equal(errno_name(ENOTSUP, buf), "EOPNOTSUPP");
    assert_string_equal(errno_name(12345, buf), "E12345");
    assert_string_equal(errno_name(INT32_MIN, buf), "E-2147483648");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_has_only_the_parts_there_are),
        cmocka_unit_test(the_reason_can_be_a_format),
        cmocka_unit_test(it_is_one_line_whatever_goes_in),
        cmocka_unit_test(long_texts_are_cut_between_characters_and_say_so),
        cmocka_unit_test(a_small_buffer_holds_the_beginning),
        cmocka_unit_test(errnos_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
