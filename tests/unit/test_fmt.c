// test_fmt.c - sizes, ages, times and modes, both ways.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/fmt.h"

#define S UINT64_C(1000000000)

static void sizes_take_at_most_six_cells(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *want;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {1023, "1023"},
        {1024, "1.0K"},
        {4096, "4.0K"},
        {1075, "1.0K"},
        {1076, "1.1K"},
        {1023 * 1024, "1023K"},
        {999 * 1024, "999.0K"},
        {1000 * 1024, "1000K"},
        {1024 * 1024 - 1, "1.0M"},
        {12687769, "12.1M"},
        {209715200, "200.0M"},
        {2040109465, "1.9G"},
        {UINT64_C(1) << 40, "1.0T"},
        {UINT64_MAX, "16.0E"},
        {INT64_MAX, "8.0E"},
    };
    char buf[16];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(fmt_size(cases[i].bytes, buf), cases[i].want);
    for (uint64_t bytes = 1; bytes < UINT64_MAX / 17; bytes += 1 + bytes / 7)
        assert_true(strlen(fmt_size(bytes, buf)) <= 6);
}

static void sizes_grow_with_the_number(void **state) {
    (void)state;
    char buf[16];
    double before = 0;
    for (uint64_t bytes = 1; bytes < UINT64_MAX / 17; bytes += 1 + bytes / 13) {
        char *end;
        fmt_size(bytes, buf);
        double value = strtod(buf, &end);
        for (const char *u = "KMGTPE"; *end && *u; u++) {
            value *= 1024;
            if (*u == *end)
                break;
        }
        assert_true(value >= before);
        assert_true(value >= 0.94 * (double)bytes && value <= 1.06 * (double)bytes);
        before = value;
    }
}

static void ages_take_at_most_six_cells(void **state) {
    (void)state;
    static const struct {
        uint64_t ns;
        const char *want;
    } cases[] = {
        {0, "0s"},
        {S - 1, "0s"},
        {59 * S, "59s"},
        {60 * S, "1m"},
        {12 * 60 * S, "12m"},
        {3599 * S, "59m"},
        {3600 * S, "1h00m"},
        {(8 * 3600 + 50 * 60) * S, "8h50m"},
        {86399 * S, "23h59m"},
        {(3 * 86400 + 4 * 3600) * S, "3d04h"},
        {(99 * 86400 + 23 * 3600) * S, "99d23h"},
        {100 * 86400 * S, "100d"},
        {364 * 86400 * S, "364d"},
        {(2 * 365 + 11) * 86400 * S, "2y11d"},
        {(3 * 365 - 1) * 86400 * S, "2y364d"},
        {3650 * 86400 * S, "10y"},
        {UINT64_MAX, "584y"},
    };
    char buf[16];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(fmt_age(cases[i].ns, buf), cases[i].want);
        assert_true(strlen(buf) <= 6);
    }
}

static void times_are_rfc3339_in_utc(void **state) {
    (void)state;
    static const struct {
        uint64_t ns;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {UINT64_C(1795381457) * S, "2026-11-22T21:04:17Z"},
        {UINT64_C(1795381457) * S + 123000000, "2026-11-22T21:04:17.123Z"},
        {UINT64_C(1795381457) * S + 999999999, "2026-11-22T21:04:17.999Z"},
        {UINT64_C(1795381457) * S + 999999, "2026-11-22T21:04:17Z"},
        {UINT64_C(951782400) * S, "2000-02-29T00:00:00Z"},
        {UINT64_C(951868800) * S, "2000-03-01T00:00:00Z"},
        {UINT64_C(4107542399) * S, "2100-02-28T23:59:59Z"},
        {UINT64_C(4107542400) * S, "2100-03-01T00:00:00Z"},
        {UINT64_C(1735689599) * S, "2024-12-31T23:59:59Z"},
    };
    char buf[40];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(fmt_rfc3339(cases[i].ns, buf), cases[i].want);
}

static void clock_follows_the_offset(void **state) {
    (void)state;
    char buf[16];
    assert_string_equal(fmt_clock(UINT64_C(1795381457) * S, 0, buf), "21:04:17");
    assert_string_equal(fmt_clock(UINT64_C(1795381457) * S, 3600, buf), "22:04:17");
    assert_string_equal(fmt_clock(UINT64_C(1795381457) * S, 3 * 3600, buf), "00:04:17");
    assert_string_equal(fmt_clock(0, -1, buf), "23:59:59");
    assert_string_equal(fmt_clock(0, -11 * 3600, buf), "13:00:00");
}

static void modes_are_nine_letters(void **state) {
    (void)state;
    char buf[16];
    assert_string_equal(fmt_mode(0, buf), "---------");
    assert_string_equal(fmt_mode(0640, buf), "rw-r-----");
    assert_string_equal(fmt_mode(0777, buf), "rwxrwxrwx");
    assert_string_equal(fmt_mode(01660, buf), "rw-rw----");
}

enum parser { SIZE, U64, AGE, MODE };

static int parse(enum parser parser, const char *text, uint64_t *out) {
    uint32_t mode = 99;
    int r;
    switch (parser) {
    case SIZE:
        return parse_size(text, out);
    case U64:
        return parse_u64(text, out);
    case AGE:
        return parse_age(text, out);
    case MODE:
        r = parse_mode(text, &mode);
        if (r == 0)
            *out = mode;
        else
            assert_int_equal(mode, 99);
        return r;
    }
    return -EINVAL;
}

static void numbers_are_read_as_whole_tokens(void **state) {
    (void)state;
    static const struct {
        enum parser parser;
        const char *text;
        int result;
        uint64_t value;
    } cases[] = {
        {SIZE, "0", 0, 0},
        {SIZE, "4096", 0, 4096},
        {SIZE, "64K", 0, 65536},
        {SIZE, "64k", 0, 65536},
        {SIZE, "64KiB", 0, 65536},
        {SIZE, "64kib", 0, 65536},
        {SIZE, "64M", 0, 64 << 20},
        {SIZE, "1G", 0, 1 << 30},
        {SIZE, "1GiB", 0, 1 << 30},
        {SIZE, "2T", 0, UINT64_C(2) << 40},
        {SIZE, "0x1000", 0, 4096},
        {SIZE, "0X1f", 0, 31},
        {SIZE, "9223372036854775807", 0, INT64_MAX},
        {SIZE, "7E", 0, UINT64_C(7) << 60},
        {SIZE, "9223372036854775808", -ERANGE, 0},
        {SIZE, "8E", -ERANGE, 0},
        {SIZE, "0x8000000000000000", -ERANGE, 0},
        {SIZE, "18446744073709551616", -ERANGE, 0},
        {SIZE, "99999999999999999999999K", -ERANGE, 0},
        {SIZE, "", -EINVAL, 0},
        {SIZE, "K", -EINVAL, 0},
        {SIZE, "-1", -EINVAL, 0},
        {SIZE, "+1", -EINVAL, 0},
        {SIZE, " 1", -EINVAL, 0},
        {SIZE, "1 ", -EINVAL, 0},
        {SIZE, "1KB", -EINVAL, 0},
        {SIZE, "1Ki", -EINVAL, 0},
        {SIZE, "1KiBx", -EINVAL, 0},
        {SIZE, "1.5G", -EINVAL, 0},
        {SIZE, "0x", -EINVAL, 0},
        {SIZE, "0x1g", -EINVAL, 0},
        {SIZE, "64Q", -EINVAL, 0},
        {SIZE, "99999999999999999999x", -EINVAL, 0},
        {U64, "0", 0, 0},
        {U64, "18446744073709551615", 0, UINT64_MAX},
        {U64, "0xffffffffffffffff", 0, UINT64_MAX},
        {U64, "007", 0, 7},
        {U64, "18446744073709551616", -ERANGE, 0},
        {U64, "0x10000000000000000", -ERANGE, 0},
        {U64, "", -EINVAL, 0},
        {U64, "0x", -EINVAL, 0},
        {U64, "12a", -EINVAL, 0},
        {U64, "1K", -EINVAL, 0},
        {U64, "-0", -EINVAL, 0},
        {AGE, "0s", 0, 0},
        {AGE, "90", 0, 90 * S},
        {AGE, "10m", 0, 600 * S},
        {AGE, "36h", 0, 36 * 3600 * S},
        {AGE, "2d", 0, 2 * 86400 * S},
        {AGE, "1w", 0, 7 * 86400 * S},
        {AGE, "18446744074", -ERANGE, 0},
        {AGE, "18446744073", 0, UINT64_C(18446744073) * S},
        {AGE, "99999999999999999999s", -ERANGE, 0},
        {AGE, "", -EINVAL, 0},
        {AGE, "m", -EINVAL, 0},
        {AGE, "10mm", -EINVAL, 0},
        {AGE, "10M", -EINVAL, 0},
        {AGE, "-1s", -EINVAL, 0},
        {MODE, "0600", 0, 0600},
        {MODE, "600", 0, 0600},
        {MODE, "0", 0, 0},
        {MODE, "0777", 0, 0777},
        {MODE, "1777", -EINVAL, 0},
        {MODE, "0800", -EINVAL, 0},
        {MODE, "0x1f", -EINVAL, 0},
        {MODE, "", -EINVAL, 0},
        {MODE, "rw", -EINVAL, 0},
        {MODE, "7777777777777777777777777", -EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 4711;
        int r = parse(cases[i].parser, cases[i].text, &value);
        if (r != cases[i].result)
            print_error("\"%s\"\n", cases[i].text);
        assert_int_equal(r, cases[i].result);
        assert_true(value == (r == 0 ? cases[i].value : 4711));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_take_at_most_six_cells),
        cmocka_unit_test(sizes_grow_with_the_number),
        cmocka_unit_test(ages_take_at_most_six_cells),
        cmocka_unit_test(times_are_rfc3339_in_utc),
        cmocka_unit_test(clock_follows_the_offset),
        cmocka_unit_test(modes_are_nine_letters),
        cmocka_unit_test(numbers_are_read_as_whole_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
