// test_lenses.c - the file of lenses: what fits which segment, what is wrong where, what is saved.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/lenses.h"

static const char file[] = "# ours\n"
                           "\n"
                           "psm_*: struct { u32 a; } [2]\n"
                           "key:0x5201:\n"
                           "    u64 head;\n"
                           "# a comment in it\n"
                           "\n"
                           "    u64 tail;\n"
                           "# of the next\n"
                           "ring?: u8 x\n"
                           "posix:/odd: u8 y\n";

static struct segment posix(const char *name) {
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = 26, .num = 1}};
    s.name = strv_of(name, strlen(name));
    seg_set(&s, SEG_LINKS, 1);
    return s;
}

static struct segment sysv(uint64_t key) {
    struct segment s = {.id = {.kind = SEG_SYSV, .num = 7}};
    s.name = strv_missing(WHY_NONE);
    seg_set(&s, SEG_KEY, key);
    return s;
}

static struct lenses *parse(const char *text, unsigned line, unsigned column, const char *why) {
    struct lenses *l = NULL;
    struct lens_error e;
    assert_int_equal(lenses_parse(text, strlen(text), &l, &e), 0);
    if (e.line != line || e.column != column || !strstr(e.text, why))
        fail_msg("%u:%u: %s", e.line, e.column, e.text);
    return l;
}

// The pattern that fits, or "".
static const char *found(const struct lenses *l, const struct segment *seg) {
    const char *pattern = "", *description = "";
    lenses_find(l, seg, &pattern, &description);
    return pattern;
}

static void a_segment_finds_its_lens(void **state) {
    (void)state;
    struct lenses *l = parse(file, 0, 0, "");
    struct segment s = posix("/psm_12ab");
    assert_int_equal(lenses_count(l), 4);
    assert_string_equal(found(l, &s), "psm_*");
    s = posix("/ring1");
    assert_string_equal(found(l, &s), "ring?");
    s = posix("/ring");
    assert_string_equal(found(l, &s), "");
    s = posix("/odd");
    assert_string_equal(found(l, &s), "posix:/odd");
    s = sysv(0x5201);
    assert_string_equal(found(l, &s), "key:0x5201");
    s = sysv(0);
    assert_string_equal(found(l, &s), "");
    lenses_free(l);
}

static void a_description_goes_over_lines(void **state) {
    (void)state;
    struct lenses *l = parse(file, 0, 0, "");
    struct segment s = sysv(0x5201);
    const char *pattern = "", *description = "";
    struct lens *lens = NULL;
    struct lens_error e;
    assert_true(lenses_find(l, &s, &pattern, &description));
    assert_int_equal(lens_parse(description, strlen(description), &lens, &e), 0);
    assert_int_equal(lens_rows(lens), 2);
    lens_free(lens);
    lenses_free(l);
}

static void what_is_wrong_is_left_out_and_said_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned line, column;
        const char *why;
        size_t left;
    } cases[] = {
        {"a: u8 x\nb: u33 y\nc: u8 z\n", 2, 4, "expected a type, found 'u33'", 2},
        {"a:\n  u8 x;\n  u8 [;\n", 3, 7, "expected a number", 0},
        {"u8 x;\n", 1, 1, "expected a pattern and ': '", 0},
        {"  u8 x;\n", 1, 1, "expected a pattern at the beginning", 0},
        {": u8 x\n", 1, 1, "a pattern is missing", 0},
        {"a:\n", 1, 3, "expected a type", 0},
        {"", 0, 0, "", 0},
        {"a: u8 x", 0, 0, "", 1}, // no newline at the end
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lenses *l = parse(cases[i].text, cases[i].line, cases[i].column, cases[i].why);
        assert_int_equal(lenses_count(l), cases[i].left);
        lenses_free(l);
    }
}

static void assert_put(const char *text, const char *pattern, const char *description,
                       const char *want) {
    char *got = lenses_put(text, pattern, description);
    assert_non_null(got);
    assert_string_equal(got, want);
    free(got);
}

static void saving_touches_nothing_else(void **state) {
    (void)state;
    assert_put("", "a", "u8 x", "a: u8 x\n");
    assert_put("# mine", "a", "u8 x;\n", "# mine\na: u8 x;\n");
    assert_put("a: u8 x\nb: u8 y\n# end\n", "a", "u16 z", "a: u16 z\nb: u8 y\n# end\n");
    assert_put("a:\n  u8 x;\n\n  u8 q;\n\n# of b\nb: u8 y\n", "a", "u16 z;\nu8 w;\n",
               "a:\n    u16 z;\n    u8 w;\n\n# of b\nb: u8 y\n");
    assert_put(file, "new", "u8 n",
               "# ours\n\npsm_*: struct { u32 a; } [2]\nkey:0x5201:\n"
               "    u64 head;\n# a comment in it\n\n    u64 tail;\n"
               "# of the next\nring?: u8 x\nposix:/odd: u8 y\n"
               "new: u8 n\n");
}

static void what_was_saved_is_found_again(void **state) {
    (void)state;
    char pattern[LENSES_PATTERN_MAX];
    struct segment segs[] = {posix("/ring one"), posix("/sub/dir"), sysv(0x5201), sysv(0)};
    for (size_t i = 0; i < sizeof segs / sizeof *segs; i++) {
        lenses_pattern_of(&segs[i], pattern);
        assert_null(lenses_pattern_fault(pattern));
        char *text = lenses_put(file, pattern, "struct {\n  u8 a;\n  u8 b; // two\n} [3]");
        struct lenses *l = parse(text, 0, 0, "");
        assert_string_equal(found(l, &segs[i]), pattern);
        lenses_free(l);
        free(text);
    }
    assert_non_null(lenses_pattern_fault("a: b"));
    assert_non_null(lenses_pattern_fault(""));
    assert_non_null(lenses_pattern_fault("#a"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_finds_its_lens),
        cmocka_unit_test(a_description_goes_over_lines),
        cmocka_unit_test(what_is_wrong_is_left_out_and_said_with_its_place),
        cmocka_unit_test(saving_touches_nothing_else),
        cmocka_unit_test(what_was_saved_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
