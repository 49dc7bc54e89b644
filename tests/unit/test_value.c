// test_value.c - values of every type as text, and back from what is typed.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/value.h"

static const struct value_name states[] = {{"IDLE", 0}, {"BUSY", 2}, {"LOST", -1}};

static struct value_type type_of(enum value_kind kind, uint64_t size, bool big) {
    bool is_signed = kind == VALUE_INT || kind == VALUE_SECONDS || kind == VALUE_ENUM;
    return (struct value_type){kind, size, is_signed, big, states, 3};
}

static void values_are_shown(void **state) {
    (void)state;
    static const struct {
        enum value_kind kind;
        uint64_t size;
        bool big;
        const char *bytes, *want, *edit;
    } cases[] = {
        {VALUE_UINT, 1, false, "\xc8", "200", "200"},
        {VALUE_UINT, 2, true, "\x1b\xc8", "7112", "7112"},
        {VALUE_UINT, 4, false, "\x46\x4c\x45\x7f", "2135247942 0x7f454c46", "2135247942"},
        {VALUE_UINT, 8, false, "\xff\xff\xff\xff\xff\xff\xff\xff",
         "18446744073709551615 0xffffffffffffffff", "18446744073709551615"},
        {VALUE_INT, 1, false, "\xff", "-1", "-1"},
        {VALUE_INT, 4, true, "\x80\0\0\0", "-2147483648", "-2147483648"},
        {VALUE_FLOAT, 4, false, "\xcd\xcc\x8c\x3f", "1.1", "1.1"},
        {VALUE_FLOAT, 8, false, "\x9a\x99\x99\x99\x99\x99\xf1\x3f", "1.1", "1.1"},
        {VALUE_FLOAT, 8, false, "\x34\x33\x33\x33\x33\x33\xd3\x3f", "0.30000000000000004",
         "0.30000000000000004"},
        {VALUE_FLOAT, 4, false, "\0\0\x80\x7f", "inf", "inf"},
        {VALUE_BOOL, 1, false, "\0", "false", "false"},
        {VALUE_BOOL, 1, false, "\1", "true", "true"},
        {VALUE_BOOL, 1, false, "\7", "true (7)", "true"},
        {VALUE_POINTER, 8, false, "\x10\x20\0\0\x7f\0\0\0", "0x7f00002010", "0x7f00002010"},
        {VALUE_SECONDS, 8, false, "\xd1\x58\x03\x6b\0\0\0\0", "2026-11-22T21:04:17Z", "1795381457"},
        {VALUE_SECONDS, 4, false, "\xff\xff\xff\xff", "-1 s", "-1"},
        {VALUE_NANOSECONDS, 8, false, "\0\0\0\0\0\0\0\0", "1970-01-01T00:00:00Z", "0"},
        {VALUE_ENUM, 4, false, "\2\0\0\0", "BUSY (2)", "BUSY"},
        {VALUE_ENUM, 1, false, "\xff", "LOST (-1)", "LOST"},
        {VALUE_ENUM, 2, false, "\7\0", "7 (no name)", "7"},
        {VALUE_CHAR, 1, false, "A", "'A' 65", "'A'"},
        {VALUE_CHAR, 1, false, "\x1b", "27 0x1b", "27"},
        {VALUE_TEXT, 8, false, "hi\0junk!", "\"hi\"", "hi"},
        {VALUE_TEXT, 4, false, "a\x1b[m", "\"a\\x1b[m\"", "a\\x1b[m"},
        {VALUE_BYTES, 3, false, "\1\2\xff", "01 02 ff", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value_type t = type_of(cases[i].kind, cases[i].size, cases[i].big);
        char text[200];
        value_format(&t, (const uint8_t *)cases[i].bytes, (size_t)t.size, text, sizeof text);
        assert_string_equal(text, cases[i].want);
        value_edit_text(&t, (const uint8_t *)cases[i].bytes, (size_t)t.size, text, sizeof text);
        assert_string_equal(text, cases[i].edit);
        value_format(&t, (const uint8_t *)cases[i].bytes, (size_t)t.size - 1, text, sizeof text);
        assert_string_equal(text, "?"); // a part of a value is no value
    }
}

static void what_is_typed_becomes_bytes(void **state) {
    (void)state;
    static const struct {
        enum value_kind kind;
        uint64_t size;
        bool big;
        const char *text, *want;
        size_t len;
    } cases[] = {
        {VALUE_UINT, 1, false, "255", "\xff", 1},
        {VALUE_UINT, 2, true, "0x1bc8", "\x1b\xc8", 2},
        {VALUE_UINT, 4, false, " 010 ", "\x08\0\0\0", 4},
        {VALUE_UINT, 8, false, "18446744073709551615", "\xff\xff\xff\xff\xff\xff\xff\xff", 8},
        {VALUE_UINT, 4, false, "-0", "\0\0\0\0", 4},
        {VALUE_INT, 1, false, "-128", "\x80", 1},
        {VALUE_INT, 2, false, "+5", "\5\0", 2},
        {VALUE_INT, 8, false, "-9223372036854775808", "\0\0\0\0\0\0\0\x80", 8},
        {VALUE_FLOAT, 4, false, "1.1", "\xcd\xcc\x8c\x3f", 4},
        {VALUE_FLOAT, 8, true, "-2", "\xc0\0\0\0\0\0\0\0", 8},
        {VALUE_FLOAT, 4, false, "inf", "\0\0\x80\x7f", 4},
        {VALUE_BOOL, 1, false, "true", "\1", 1},
        {VALUE_BOOL, 1, false, "0", "\0", 1},
        {VALUE_POINTER, 8, false, "0x7f00", "\0\x7f\0\0\0\0\0\0", 8},
        {VALUE_SECONDS, 8, false, "2026-11-22T21:04:17Z", "\xd1\x58\x03\x6b\0\0\0\0", 8},
        {VALUE_SECONDS, 4, false, "1970-01-02", "\x80\x51\1\0", 4},
        {VALUE_SECONDS, 8, false, "1969-12-31T23:59:59Z", "\xff\xff\xff\xff\xff\xff\xff\xff", 8},
        {VALUE_SECONDS, 4, false, "2000-02-29", "\0\x0c\xbb\x38", 4},
        {VALUE_NANOSECONDS, 8, false, "1970-01-01T00:00:01Z", "\0\xca\x9a\x3b\0\0\0\0", 8},
        {VALUE_ENUM, 4, false, "BUSY", "\2\0\0\0", 4},
        {VALUE_ENUM, 2, false, "LOST", "\xff\xff", 2},
        {VALUE_ENUM, 1, false, "9", "\x09", 1},
        {VALUE_CHAR, 1, false, "'7'", "7", 1},
        {VALUE_CHAR, 1, false, "7", "\7", 1},
        {VALUE_CHAR, 1, false, "x", "x", 1},
        {VALUE_CHAR, 1, false, "-1", "\xff", 1},
        {VALUE_TEXT, 8, false, "hi", "hi\0", 3},
        {VALUE_TEXT, 2, false, "hi", "hi", 2},
        {VALUE_TEXT, 4, false, "", "\0", 1},
        {VALUE_TEXT, 4, false, " \\xff", " \xff\0", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value_type t = type_of(cases[i].kind, cases[i].size, cases[i].big);
        uint8_t out[VALUE_BYTES_MAX];
        size_t len = 0;
        char why[120];
        if (value_parse(&t, cases[i].text, out, &len, why, sizeof why) != 0)
            fail_msg("%s: %s", cases[i].text, why);
        assert_int_equal(len, cases[i].len);
        assert_memory_equal(out, cases[i].want, len);
    }
}

static void what_does_not_fit_is_refused_in_words(void **state) {
    (void)state;
    static const struct {
        enum value_kind kind;
        uint64_t size;
        const char *text, *want;
    } cases[] = {
        {VALUE_UINT, 1, "256", "0 to 255"},
        {VALUE_UINT, 1, "-1", "0 to 255"},
        {VALUE_UINT, 4, "", "a whole number of 32 bits"},
        {VALUE_UINT, 4, "12x", "a whole number"},
        {VALUE_UINT, 4, "- 1", "a whole number"},
        {VALUE_UINT, 8, "18446744073709551616", "a whole number of 64 bits"},
        {VALUE_INT, 1, "128", "-128 to 127"},
        {VALUE_INT, 1, "-129", "-128 to 127"},
        {VALUE_INT, 8, "9223372036854775808", "to 9223372036854775807"},
        {VALUE_FLOAT, 4, "1e39", "too large for 32 bits"},
        {VALUE_FLOAT, 8, "1e400", "too large for 64 bits"},
        {VALUE_FLOAT, 8, "1.5x", "a number like"},
        {VALUE_FLOAT, 8, "", "a number like"},
        {VALUE_BOOL, 1, "maybe", "true or false"},
        {VALUE_SECONDS, 8, "2026-13-01", "a time like"},
        {VALUE_SECONDS, 8, "2025-02-29", "a time like"},
        {VALUE_SECONDS, 8, "2025-02-28T24:00:00Z", "a time like"},
        {VALUE_SECONDS, 4, "2040-01-01", "to 2147483647"},
        {VALUE_NANOSECONDS, 8, "1969-12-31", "from 1970"},
        {VALUE_ENUM, 1, "NOBODY", "IDLE, BUSY ... or a number"},
        {VALUE_ENUM, 1, "128", "-128 to 127"},
        {VALUE_CHAR, 1, "ab", "a character like"},
        {VALUE_CHAR, 1, "256", "0 to 255"},
        {VALUE_TEXT, 2, "abc", "at most 2 bytes"},
        {VALUE_TEXT, 8, "\\xq", "a backslash begins"},
        {VALUE_MUTEX, 40, "1", "no value that can be typed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value_type t = type_of(cases[i].kind, cases[i].size, false);
        uint8_t out[VALUE_BYTES_MAX];
        size_t len = 0;
        char why[120] = "";
        assert_int_equal(value_parse(&t, cases[i].text, out, &len, why, sizeof why), -EINVAL);
        if (!strstr(why, cases[i].want))
            fail_msg("%s: \"%s\" lacks \"%s\"", cases[i].text, why, cases[i].want);
    }
}

static void every_number_reads_back_as_it_was_shown(void **state) {
    (void)state;
    static const char *const names[] = {"u8",  "u16", "u32", "u64", "i8",
                                        "i16", "i32", "i64", "f32", "f64"};
    uint64_t seed = 42;
    for (int i = 0; i < 20000; i++) {
        struct value_type t;
        uint8_t bytes[8], back[VALUE_BYTES_MAX];
        char text[64], why[120];
        size_t len = 0;
        const char *name = names[i % 10];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        memcpy(bytes, &seed, 8);
        assert_true(value_type_named(name, strlen(name), i & 1, &t));
        value_edit_text(&t, bytes, 8, text, sizeof text);
        if (strstr(text, "nan")) // one of many
            continue;
        assert_int_equal(value_parse(&t, text, back, &len, why, sizeof why), 0);
        assert_int_equal(len, t.size);
        assert_memory_equal(bytes, back, len);
    }
}

static void long_text_is_cut_and_says_so(void **state) {
    (void)state;
    struct value_type t = {.kind = VALUE_TEXT, .size = 1 << 20};
    static uint8_t bytes[VALUE_BYTES_MAX];
    char text[4 * VALUE_BYTES_MAX + 8];
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(value_needs(&t), VALUE_BYTES_MAX);
    value_format(&t, bytes, sizeof bytes, text, sizeof text);
    assert_int_equal(strlen(text), 1 + VALUE_BYTES_MAX + 3);
    assert_string_equal(text + VALUE_BYTES_MAX - 2, "xxx...");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_shown),
        cmocka_unit_test(what_is_typed_becomes_bytes),
        cmocka_unit_test(what_does_not_fit_is_refused_in_words),
        cmocka_unit_test(every_number_reads_back_as_it_was_shown),
        cmocka_unit_test(long_text_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
