// test_pattern.c - what may be looked for, and finding it.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/pattern.h"

static struct pattern *parse(const char *text, bool big_endian) {
    struct pattern *p = NULL;
    const char *why = NULL;
    if (pattern_parse(text, big_endian, &p, &why) != 0)
        fail_msg("\"%s\": %s", text, why);
    return p;
}

static ssize_t find(const char *text, const char *hay, size_t len, size_t *match) {
    struct pattern *p = parse(text, false);
    ssize_t at = pattern_first(p, (const uint8_t *)hay, len, len, false, match);
    pattern_free(p);
    return at;
}

// Each pattern finds exactly those bytes in the middle of others.
static void patterns_mean_these_bytes(void **state) {
    (void)state;
    static const struct {
        const char *text, *little, *big;
        size_t len;
    } cases[] = {
        {"abc", "abc", "abc", 3},
        {"\\x7fELF",
         "\x7f"
         "ELF",
         "\x7f"
         "ELF",
         4},
        {"a b", "a b", "a b", 3},
        {"日", "\xe6\x97\xa5", "\xe6\x97\xa5", 3},
        {"u8:255", "\xff", "\xff", 1},
        {"u16:258", "\x02\x01", "\x01\x02", 2},
        {"u32:0x10203", "\x03\x02\x01\0", "\0\x01\x02\x03", 4},
        {"u64:1", "\x01\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\x01", 8},
        {"u64:18446744073709551615", "\xff\xff\xff\xff\xff\xff\xff\xff",
         "\xff\xff\xff\xff\xff\xff\xff\xff", 8},
        {"i8:-128", "\x80", "\x80", 1},
        {"i16:-2", "\xfe\xff", "\xff\xfe", 2},
        {"i32:+5", "\x05\0\0\0", "\0\0\0\x05", 4},
        {"i64:-9223372036854775808", "\0\0\0\0\0\0\0\x80", "\x80\0\0\0\0\0\0\0", 8},
        {"f32:1.5", "\0\0\xc0\x3f", "\x3f\xc0\0\0", 4},
        {"f64:-2", "\0\0\0\0\0\0\0\xc0", "\xc0\0\0\0\0\0\0\0", 8},
        {"re:a+c", "aaac", "aaac", 4},
        {"re:[0-9]{3}", "042", "042", 3},
        {"re:\\x2b\\x2b", "++", "++", 2},
        {"re:\\xe6.\\xa5", "\xe6\x97\xa5", "\xe6\x97\xa5", 3},
        {"re:(foo|bar)", "bar", "bar", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int big = 0; big < 2; big++) {
            struct pattern *p = parse(cases[i].text, big != 0);
            uint8_t hay[64];
            size_t match = 0, len = cases[i].len;
            memset(hay, '#', sizeof hay);
            memcpy(hay + 20, big ? cases[i].big : cases[i].little, len);
            if (pattern_first(p, hay, sizeof hay, sizeof hay, false, &match) != 20 || match != len)
                fail_msg("%s", cases[i].text);
            if (strncmp(cases[i].text, "re:a", 4) == 0) {
                pattern_free(p); // matches at each a
                continue;
            }
            assert_int_equal(pattern_last(p, hay, sizeof hay, sizeof hay, false, &match), 20);
            hay[20] ^= 0x41;
            assert_int_equal(pattern_first(p, hay, sizeof hay, sizeof hay, false, &match), -1);
            pattern_free(p);
        }
    }
}

static void nonsense_is_refused_with_a_reason(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",       "\\x7",    "\\q",     "u8:256",   "u32:x",     "u16:",  "u8:-1",
        "i8:128", "i8:-129", "i16:- 1", "f32:x",    "f32:1e39",  "f64:",  "f32:1 ",
        "re:",    "re:(",    "re:a{2,", "re:\\x00", "re:(a)\\1", "re:a*", "re:x|",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pattern *p = NULL;
        const char *why = NULL;
        if (pattern_parse(cases[i], false, &p, &why) == 0)
            fail_msg("\"%s\" was taken", cases[i]);
        assert_true(why && why[0]);
        assert_null(p);
    }
    char text[4000];
    struct pattern *p = NULL;
    const char *why = NULL;
    for (size_t n = 250; n < sizeof text; n += 7) {
        memset(text, 'y', n);
        text[n] = '\0';
        assert_int_equal(pattern_parse(text, false, &p, &why) == 0, n <= PATTERN_MAX);
        if (n <= PATTERN_MAX)
            pattern_free(p);
        text[0] = 'r';
        text[1] = 'e';
        text[2] = ':';
        if (pattern_parse(text, false, &p, &why) == 0)
            pattern_free(p);
    }
    pattern_free(NULL);
}

// First and last match at every place, against comparing byte by byte.
static void first_and_last_are_those_of_a_plain_comparison(void **state) {
    (void)state;
    static const char *const texts[] = {"a",  "ab",      "\\x00\\x00", "\\x00b\\x00",
                                        "bb", "ba\\x00", "aaaa"};
    static const char letters[] = {0, 'a', 'b'};
    uint8_t hay[200], needle[8];
    srand(11);
    for (int round = 0; round < 3000; round++) {
        const char *text = texts[rand() % 7];
        struct pattern *p = parse(text, false);
        size_t n = pattern_reach(p) + 1, len = (size_t)rand() % sizeof hay, match = 0;
        size_t places = len ? (size_t)rand() % (len + 1) : 0;
        for (size_t i = 0; i < len; i++)
            hay[i] = (uint8_t)letters[rand() % 3];
        size_t k = 0;
        for (const char *t = text; *t; t += *t == '\\' ? 4 : 1)
            needle[k++] = *t == '\\' ? 0 : (uint8_t)*t;
        assert_int_equal(k, n);
        ssize_t first = -1, last = -1;
        for (size_t i = 0; i < places && i + n <= len; i++) {
            if (memcmp(hay + i, needle, n) != 0)
                continue;
            first = first < 0 ? (ssize_t)i : first;
            last = (ssize_t)i;
        }
        assert_int_equal(pattern_first(p, hay, len, places, false, &match), first);
        assert_int_equal(pattern_last(p, hay, len, places, false, &match), last);
        pattern_free(p);
    }
}

static void a_common_byte_does_not_hide_a_match(void **state) {
    (void)state;
    static uint8_t hay[100000];
    struct pattern *p = parse("aab", false);
    size_t match = 0;
    memset(hay, 'b', sizeof hay);  // the byte it goes by is everywhere
    hay[99000] = hay[99001] = 'a'; // and a b already
    assert_int_equal(pattern_first(p, hay, sizeof hay, sizeof hay, false, &match), 99000);
    assert_int_equal(pattern_first(p, hay, sizeof hay, 99000, false, &match), -1);
    assert_int_equal(pattern_first(p, hay, sizeof hay, 99001, false, &match), 99000);
    pattern_free(p);
}

static void lines_begin_where_they_begin(void **state) {
    (void)state;
    size_t match = 0;
    struct pattern *p = parse("re:^key", false);
    static const uint8_t hay[] = "key\nkey";
    assert_int_equal(pattern_first(p, hay, 7, 7, false, &match), 4);
    // The byte before is no line end, so that nothing begins at the first.
    static const uint8_t later[] = "xkey\nkey";
    assert_int_equal(pattern_first(p, later + 1, 7, 7, true, &match), 4);
    static const uint8_t after[] = "\nkey";
    assert_int_equal(pattern_first(p, after + 1, 3, 3, true, &match), 0);
    pattern_free(p);
}

static void expressions_see_bytes_and_not_characters(void **state) {
    (void)state;
    size_t match = 0;
    static const char hay[] = "a\0b\xff\xfe"
                              "zz\x80needle\0";
    assert_int_equal(find("re:\\xff.z", hay, sizeof hay, &match), 3);
    assert_int_equal(find("re:n.*e", hay, sizeof hay, &match), 8);
    assert_int_equal(match, 6); // the dot is no zero byte
    assert_int_equal(find("re:a.b", hay, sizeof hay, &match), -1);
}

static void far_matches_and_borders_of_windows_are_found(void **state) {
    (void)state;
    static uint8_t hay[20000];
    size_t match = 0;
    struct pattern *p = parse("re:xy+z", false);
    for (size_t at = 4000; at < 4200; at += 7) {
        memset(hay, '.', sizeof hay);
        hay[at] = 'x';
        memset(hay + at + 1, 'y', 500);
        hay[at + 501] = 'z';
        assert_int_equal(pattern_first(p, hay, sizeof hay, sizeof hay, false, &match), at);
        assert_int_equal(match, 502);
        assert_int_equal(pattern_last(p, hay, sizeof hay, sizeof hay, false, &match), at);
        assert_int_equal(pattern_first(p, hay, sizeof hay, at, false, &match), -1);
    }
    pattern_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_mean_these_bytes),
        cmocka_unit_test(nonsense_is_refused_with_a_reason),
        cmocka_unit_test(first_and_last_are_those_of_a_plain_comparison),
        cmocka_unit_test(a_common_byte_does_not_hide_a_match),
        cmocka_unit_test(lines_begin_where_they_begin),
        cmocka_unit_test(expressions_see_bytes_and_not_characters),
        cmocka_unit_test(far_matches_and_borders_of_windows_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
