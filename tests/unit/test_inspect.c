// test_inspect.c - bytes at the cursor read as numbers, times and text.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/inspect.h"

static struct inspect_line line_of(const char *label, const void *bytes, size_t len, bool big) {
    struct inspect_line lines[INSPECT_MAX];
    size_t n = inspect_bytes(bytes, len, big, lines);
    assert_true(n <= INSPECT_MAX);
    for (size_t i = 0; i < n; i++)
        if (strcmp(lines[i].label, label) == 0)
            return lines[i];
    fail_msg("no line %s", label);
    return lines[0];
}

static void bytes_read_as_every_kind(void **state) {
    (void)state;
    static const struct {
        const char *label, *bytes;
        size_t len;
        bool big, valid;
        const char *want;
    } cases[] = {
        {"u8", "\xc8", 1, false, true, "200"},
        {"i8", "\xc8", 1, false, true, "-56"},
        {"i8", "\x7f", 1, false, true, "127"},
        {"u16", "\xc8\x1b", 2, false, true, "7112"},
        {"u16", "\xc8\x1b", 2, true, true, "51227"},
        {"i16", "\xc8\x1b", 2, true, true, "-14309"},
        {"u32", "\xc8\x1b\x02\x00", 4, false, true, "138184"},
        {"i32", "\xff\xff\xff\xff", 4, false, true, "-1"},
        {"i32", "\x80\x00\x00\x00", 4, true, true, "-2147483648"},
        {"u64", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, false, true, "18446744073709551615"},
        {"i64", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, false, true, "-1"},
        {"u64", "\x01\x02\x03\x04\x05\x06\x07\x08", 8, true, true, "72623859790382856"},
        {"u64", "\x01\x02\x03\x04\x05\x06\x07\x08", 8, false, true, "578437695752307201"},
        {"f32", "\xc8\x1b\x02\x00", 4, false, true, "1.93637e-40"},
        {"f32", "\x3f\x80\x00\x00", 4, true, true, "1"},
        {"f64", "\x9a\x99\x99\x99\x99\x99\xf1\x3f", 8, false, true, "1.1"},
        {"f64", "\x7f\xf0\x00\x00\x00\x00\x00\x00", 8, true, true, "inf"},
        {"bin", "\xc8", 1, false, true, "11001000"},
        {"time32", "\x00\x00\x00\x00", 4, false, true, "1970-01-01T00:00:00Z"},
        {"time32", "\x6b\x03\x58\xd1", 4, true, true, "2026-11-22T21:04:17Z"},
        {"time64", "\xd1\x58\x03\x6b\x00\x00\x00\x00", 8, false, true, "2026-11-22T21:04:17Z"},
        {"time64", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, false, false, "(no time)"},
        {"nstime", "\x00\xea\xce\x3c\xec\x79\xea\x18", 8, false, true, "2026-11-22T21:04:17Z"},
        {"uuid", "\x55\x0e\x84\x00\xe2\x9b\x41\xd4\xa7\x16\x44\x66\x55\x44\x00\x00", 16, false,
         true, "550e8400-e29b-41d4-a716-446655440000"},
        {"utf8", "A", 1, false, true, "A U+0041"},
        {"utf8", "\xe6\x9c\xac!", 4, false, true, "本 U+672C"},
        {"utf8", "\x1b[", 2, false, true, "U+001B"},
        {"utf8", "\xe2\x80\xae", 3, false, true, "U+202E"},
        {"utf8", "\xcc\x81", 2, false, true, "U+0301"},
        {"utf8", "\xe6\x9c", 2, false, false, "(invalid)"},
        {"utf8", "\xc8", 1, false, false, "(invalid)"},
        {"cstr", "hello shm\0xx", 12, false, true, "\"hello shm\""},
        {"cstr", "\0", 1, false, true, "\"\""},
        {"cstr", "no end", 6, false, true, "\"no end..."},
        {"cstr", "a\tb\n\"\\\0", 7, false, true, "\"a\\tb\\n\\\"\\\\\""},
        {"cstr", "a\x1b[31m\0", 7, false, false, "(no text)"},
        {"cstr", "a\xff\0", 3, false, false, "(no text)"},
        {"cstr", "a\xe2\x80\xae\0", 5, false, false, "(no text)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct inspect_line line = line_of(cases[i].label, cases[i].bytes, cases[i].len,
                                           cases[i].big);
        assert_string_equal(line.text, cases[i].want);
        assert_int_equal(line.valid, cases[i].valid);
    }
}

static void too_few_bytes_are_said_to_be_so(void **state) {
    (void)state;
    static const uint8_t bytes[8] = {'a'};
    static const struct {
        const char *label;
        size_t need;
    } kinds[] = {{"u8", 1},  {"i8", 1},   {"u16", 2},  {"i16", 2},    {"u32", 4},
                 {"i32", 4}, {"u64", 8},  {"i64", 8},  {"f32", 4},    {"f64", 8},
                 {"bin", 1}, {"utf8", 1}, {"cstr", 1}, {"time32", 4}, {"time64", 8}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (size_t len = 0; len <= 8; len++) {
            struct inspect_line line = line_of(kinds[i].label, bytes, len, false);
            assert_int_equal(line.valid, len >= kinds[i].need);
            if (!line.valid)
                assert_string_equal(line.text, "(too short)");
        }
}

static void long_text_is_cut_at_a_character(void **state) {
    (void)state;
    char bytes[128];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(bytes, 'x', shift);
        for (size_t i = shift; i + 3 <= sizeof bytes; i += 3)
            memcpy(bytes + i, "本", 3); // NOLINT(bugprone-not-null-terminated-result)
        struct inspect_line line = line_of("cstr", bytes, sizeof bytes, false);
        assert_true(line.valid);
        size_t n = strlen(line.text);
        assert_true(n < sizeof line.text);
        assert_string_equal(line.text + n - 3, "...");
        assert_int_equal((n - 4 - shift) % 3, 0);
    }
}

static bool has_line(const char *label, const uint8_t *bytes, size_t len) {
    struct inspect_line lines[INSPECT_MAX];
    size_t n = inspect_bytes(bytes, len, false, lines);
    for (size_t i = 0; i < n; i++)
        if (strcmp(lines[i].label, label) == 0)
            return true;
    return false;
}

static void rare_kinds_are_left_out_where_they_do_not_fit(void **state) {
    (void)state;
    uint8_t bytes[16] = {1, 2, 3, 4, 5, 6, 0x47, 8, 0x80};
    assert_true(has_line("uuid", bytes, 16));
    assert_false(has_line("uuid", bytes, 15));
    bytes[6] = 0x97; // no such version
    assert_false(has_line("uuid", bytes, 16));
    bytes[6] = 0x47;
    bytes[8] = 0xc0; // no such variant
    assert_false(has_line("uuid", bytes, 16));
    assert_false(has_line("nstime", bytes, 8));
    memset(bytes, 0, sizeof bytes);
    assert_false(has_line("nstime", bytes, 8)); // 1970 is a zero, not a time
    assert_false(has_line("uuid", bytes, 16));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_read_as_every_kind),
        cmocka_unit_test(too_few_bytes_are_said_to_be_so),
        cmocka_unit_test(rare_kinds_are_left_out_where_they_do_not_fit),
        cmocka_unit_test(long_text_is_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
