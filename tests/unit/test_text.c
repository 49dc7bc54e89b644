// test_text.c - decoding, width and clipping of UTF-8 text.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/text.h"

static void every_code_point_survives_encode_and_decode(void **state) {
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        char buf[4];
        uint32_t back = 0xffffffff;
        size_t n = utf8_encode(cp, buf);
        assert_int_equal(utf8_decode(buf, n, &back), n);
        assert_int_equal(back, cp);
        assert_int_equal(utf8_decode(buf, n - 1, &back), 0);
    }
}

static void invalid_utf8_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\x80",             // continuation alone
        "\xbf",             //
        "\xc0\x80",         // overlong NUL
        "\xc1\xbf",         // overlong
        "\xe0\x80\x80",     // overlong
        "\xe0\x9f\xbf",     // overlong
        "\xf0\x80\x80\x80", // overlong
        "\xf0\x8f\xbf\xbf", // overlong
        "\xed\xa0\x80",     // first surrogate
        "\xed\xbf\xbf",     // last surrogate
        "\xf4\x90\x80\x80", // 0x110000
        "\xf5\x80\x80\x80", //
        "\xff",             //
        "\xfe\xfe\xff\xff", //
        "\xe2\x82",         // cut
        "\xe2(\xa1",        // broken in the middle
        "\xf0\x9f\x98(",    //
        "\xc3\x28",         //
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t cp = 7;
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &cp), 0);
        assert_int_equal(cp, 7);
    }
}

static void width_follows_unicode(void **state) {
    (void)state;
    static const struct {
        uint32_t cp;
        int width;
    } cases[] = {
        {'a', 1},     {' ', 1},     {0, -1},        {0x1b, -1},    {0x7f, -1},   {0x9b, -1},
        {0xa0, 1},    {0xad, 1},    {0xe9, 1},      {0x2ff, 1},    {0x300, 0},   {0x36f, 0},
        {0x370, 1},   {0x488, 0},   {0x5b0, 0},     {0x61c, -1},   {0x1100, 2},  {0x1160, 0},
        {0x11ff, 0},  {0x200b, 0},  {0x200d, 0},    {0x200f, -1},  {0x2014, 1},  {0x2028, -1},
        {0x202e, -1}, {0x2066, -1}, {0x20e3, 0},    {0x2581, 1},   {0x2800, 1},  {0x3000, 2},
        {0x303f, 1},  {0x3042, 2},  {0x30c7, 2},    {0x4e00, 2},   {0x9fff, 2},  {0xac00, 2},
        {0xd7a3, 2},  {0xd800, -1}, {0xe000, 1},    {0xf900, 2},   {0xfe0f, 0},  {0xfeff, 0},
        {0xff01, 2},  {0xff61, 1},  {0xffe6, 2},    {0xfffd, 1},   {0xfffe, -1}, {0xfdd0, -1},
        {0x1f600, 2}, {0x1f1e6, 1}, {0x1fae0, 2},   {0x20000, 2},  {0x2fffd, 2}, {0x30000, 2},
        {0xe0001, 0}, {0xe0100, 0}, {0x10ffff, -1}, {0x110000, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cp_width(cases[i].cp) != cases[i].width)
            print_error("U+%04X\n", (unsigned)cases[i].cp);
        assert_int_equal(cp_width(cases[i].cp), cases[i].width);
    }
}

static void bidi_controls_are_exactly_those_of_unicode(void **state) {
    (void)state;
    int count = 0;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++)
        count += cp_is_bidi_control(cp);
    assert_int_equal(count, 12);
    assert_true(cp_is_bidi_control(0x202e));
    assert_true(cp_is_bidi_control(0x2069));
    assert_false(cp_is_bidi_control(0x200d));
}

static void text_is_measured_in_cells(void **state) {
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("/pg_dynshmem"), 12);
    assert_int_equal(text_width("/データ-cache"), 13);
    assert_int_equal(text_width("e\xcc\x81"), 1);
    assert_int_equal(text_width("\xff\x1b"), 2); // each drawn as one stand-in
}

static void clip_never_cuts_a_character(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t cells, bytes, used;
    } cases[] = {
        {"abc", 0, 0, 0},          {"abc", 2, 2, 2},    {"abc", 3, 3, 3},
        {"abc", 99, 3, 3},         {"データ", 1, 0, 0}, {"データ", 2, 3, 2},
        {"データ", 3, 3, 2},       {"データ", 6, 9, 6}, {"e\xcc\x81x", 1, 3, 1},
        {"\xc3\xa9\xff", 2, 3, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t used = 99;
        assert_int_equal(text_clip(cases[i].text, cases[i].cells, &used), cases[i].bytes);
        assert_int_equal(used, cases[i].used);
    }
}

static void fit_shows_a_mark_where_it_cuts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t cells, size;
        const char *want;
        size_t used;
    } cases[] = {
        {"abc", 3, 32, "abc", 3},      {"abcd", 3, 32, "ab…", 3},   {"abcd", 1, 32, "…", 1},
        {"abcd", 0, 32, "", 0},        {"", 5, 32, "", 0},          {"データ", 6, 32, "データ", 6},
        {"データ", 5, 32, "デー…", 5}, {"データ", 4, 32, "デ…", 3}, {"データ", 2, 32, "…", 1},
        {"abcd", 3, 5, "a…", 2},       {"abcdef", 6, 4, "abc", 3},  {"データ", 6, 5, "デ", 2},
        {"abcd", 3, 1, "", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char buf[32];
        memset(buf, 'X', sizeof buf);
        size_t used = text_fit(cases[i].text, cases[i].cells, "…", buf, cases[i].size);
        assert_string_equal(buf, cases[i].want);
        assert_int_equal(used, cases[i].used);
        assert_int_equal(used, text_width(buf));
    }
    char one = 'x';
    assert_int_equal(text_fit("abc", 3, "~", &one, 0), 0);
    assert_int_equal(one, 'x');
}

static void lines_break_at_blanks(void **state) {
    (void)state;
    assert_int_equal(text_wrap("one two", 7), 7);
    assert_int_equal(text_wrap("one two", 5), 3);
    assert_int_equal(text_wrap("a verylongword", 8), 8); // the blank is too far from the end
    assert_int_equal(text_wrap("\xe5\xae\xbd\xe5\xae\xbd", 3), 3);
    assert_int_equal(text_wrap("\xe5\xae\xbd", 1), 0);
    assert_int_equal(text_wrap("", 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_at_blanks),
        cmocka_unit_test(every_code_point_survives_encode_and_decode),
        cmocka_unit_test(invalid_utf8_is_refused),
        cmocka_unit_test(width_follows_unicode),
        cmocka_unit_test(bidi_controls_are_exactly_those_of_unicode),
        cmocka_unit_test(text_is_measured_in_cells),
        cmocka_unit_test(clip_never_cuts_a_character),
        cmocka_unit_test(fit_shows_a_mark_where_it_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
