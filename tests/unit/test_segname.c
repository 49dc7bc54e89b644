// test_segname.c - SEG in and out, and the escaping of names.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/segname.h"

static void what_is_a_seg_parses_and_is_written_one_way(void **state) {
    static const struct {
        const char *in, *out;
        enum seg_form form;
    } cases[] = {
        {"sysv:98310", "sysv:98310", SEG_FORM_SYSV},
        {"sysv:0", "sysv:0", SEG_FORM_SYSV},
        {"sysv:2147483647", "sysv:2147483647", SEG_FORM_SYSV},
        {"sysv:98310@4026532201", "sysv:98310@4026532201", SEG_FORM_SYSV},
        {"key:0x5201", "key:0x5201", SEG_FORM_KEY},
        {"key:0XFFFFFFFF", "key:0xffffffff", SEG_FORM_KEY},
        {"key:20993", "key:0x5201", SEG_FORM_KEY},
        {"key:0x0", "key:0x0", SEG_FORM_KEY},
        {"posix:/name", "posix:/name", SEG_FORM_POSIX},
        {"/name", "posix:/name", SEG_FORM_POSIX},
        {"/qb-12-13-x/ring", "posix:/qb-12-13-x/ring", SEG_FORM_POSIX},
        {"posix:/name@4026532199", "posix:/name@4026532199", SEG_FORM_POSIX},
        {"/name@1", "posix:/name@1", SEG_FORM_POSIX},
        {"/a\\x40b", "posix:/a\\x40b", SEG_FORM_POSIX},
        {"/a\\x40b@7", "posix:/a\\x40b@7", SEG_FORM_POSIX},
        {"/a\\x0ab", "posix:/a\\x0ab", SEG_FORM_POSIX},
        {"/a\nb", "posix:/a\\x0ab", SEG_FORM_POSIX},
        {"/\\x41", "posix:/A", SEG_FORM_POSIX},
        {"/\\xC3\\xa9", "posix:/\xc3\xa9", SEG_FORM_POSIX},
        {"/\xff", "posix:/\\xff", SEG_FORM_POSIX},
        {"/...", "posix:/...", SEG_FORM_POSIX},
        {"/..a/.b/c..", "posix:/..a/.b/c..", SEG_FORM_POSIX},
        {"/ a b ", "posix:/ a b ", SEG_FORM_POSIX},
        {"/sysv:1", "posix:/sysv:1", SEG_FORM_POSIX},
        {"file:/run/x/y", "file:/run/x/y", SEG_FORM_FILE},
        {"file:/run/x@12", "file:/run/x@12", SEG_FORM_FILE},
        {"obj:0:1:98310", "obj:0:1:98310", SEG_FORM_OBJECT},
        {"obj:4294967295:0:18446744073709551615", "obj:4294967295:0:18446744073709551615",
         SEG_FORM_OBJECT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seg_ref ref;
        const char *why = NULL;
        char text[200];
        if (seg_parse(cases[i].in, &ref, &why) != 0)
            fail_msg("%s: %s", cases[i].in, why);
        assert_int_equal(ref.form, cases[i].form);
        assert_int_equal(seg_ref_format(&ref, text, sizeof text), strlen(cases[i].out));
        assert_string_equal(text, cases[i].out);
    }
}

static void what_is_no_seg_is_refused_with_a_reason(void **state) {
    static const char *const cases[] = {
        "",
        " ",
        "x",
        "name",
        "sysv",
        "sysv:",
        "sysv:-1",
        "sysv:+1",
        "sysv: 1",
        "sysv:1 ",
        "sysv:1x",
        "sysv:0x10",
        "sysv:2147483648",
        "sysv:99999999999999999999999",
        "sysv:1@",
        "sysv:1@0",
        "sysv:1@x",
        "sysv:1@2@3",
        "sysv:1@18446744073709551616",
        "sysv:@5",
        "SYSV:1",
        "key:",
        "key:0x",
        "key:x",
        "key:0x100000000",
        "key:4294967296",
        "key:0x1g",
        "key:0x1@5",
        "key:-1",
        "key:ff",
        "posix:",
        "posix:name",
        "posix:/",
        "/",
        "//",
        "/a/",
        "/a//b",
        "/.",
        "/./a",
        "/a/.",
        "/..",
        "/a/..",
        "/../a",
        "/a/../b",
        "/\\x2e\\x2e",
        "/a\\x2f..",
        "/a\\x00b",
        "/a\\",
        "/a\\x",
        "/a\\x4",
        "/a\\x4g",
        "/a\\n",
        "/a\\\\",
        "/a@",
        "/a@b",
        "/a@0",
        "/a@1@2",
        "/@5",
        "file:",
        "file:x",
        "file:/",
        "file:/a/../b",
        "obj:",
        "obj:1",
        "obj:1:2",
        "obj:1:2:",
        "obj:1:2:3:4",
        "obj::2:3",
        "obj:1::3",
        "obj:1:2:3@4",
        "obj:0x1:2:3",
        "obj:4294967296:0:1",
        "obj:1:2:18446744073709551616",
        "memfd:x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seg_ref ref, before;
        const char *why = NULL;
        memset(&ref, 0x5a, sizeof ref);
        before = ref;
        if (seg_parse(cases[i], &ref, &why) != -EINVAL)
            fail_msg("'%s' was taken", cases[i]);
        assert_non_null(why);
        assert_true(strlen(why) > 10 && strlen(why) < 200);
        assert_memory_equal(&ref, &before, sizeof ref); // untouched on failure
    }
}

static void a_name_may_have_4095_bytes(void **state) {
    struct seg_ref ref;
    const char *why = NULL;
    char text[5000] = "/";

    (void)state;
    memset(text + 1, 'a', 4094);
    assert_int_equal(seg_parse(text, &ref, &why), 0);
    assert_int_equal(ref.name_len, 4095);
    assert_string_equal(ref.name, text);
    text[4095] = 'a';
    assert_int_equal(seg_parse(text, &ref, &why), -EINVAL);
    assert_string_equal(why, "the name is too long");
}

static void any_bytes_at_all_are_survived_and_what_parses_comes_back(void **state) {
    static const char alphabet[] =
        "sysvkeyposixfileobj:::///@\\\\xx0123456789abcdef.\x80\xc3\xa9\n";
    uint64_t seed = 42;
    size_t parsed = 0;

    (void)state;
    for (size_t round = 0; round < 200000; round++) {
        static const char *const starts[] = {"", "/", "sysv:", "posix:/", "obj:", "key:0x"};
        struct seg_ref ref, again;
        const char *why = NULL;
        char text[48], out[400];
        int n = snprintf(text, sizeof text, "%s", starts[round % 6]);
        for (; n < 20 && (seed >> 33) % 16 != 0; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text[n] = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
        }
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        text[n] = '\0';
        if (seg_parse(text, &ref, &why) != 0)
            continue;
        parsed++;
        assert_true(seg_ref_format(&ref, out, sizeof out) < sizeof out);
        assert_int_equal(seg_parse(out, &again, &why), 0);
        assert_int_equal(ref.form, again.form);
        assert_int_equal(ref.ns, again.ns);
        assert_int_equal(ref.num, again.num);
        assert_int_equal(ref.name_len, again.name_len);
        assert_memory_equal(ref.name, again.name, ref.name_len);
    }
    assert_true(parsed > 1000);
}

static void names_are_escaped_byte_by_byte(void **state) {
    static const struct {
        const char *raw, *plain, *seg;
    } cases[] = {
        {"/plain-Name_1.x", "/plain-Name_1.x", "/plain-Name_1.x"},
        {"/a b", "/a b", "/a b"},
        {"/a@b", "/a@b", "/a\\x40b"},
        {"\x1b[2J\n\t\r", "\\x1b[2J\\x0a\\x09\\x0d", "\\x1b[2J\\x0a\\x09\\x0d"},
        {"\x7f\\", "\\x7f\\x5c", "\\x7f\\x5c"},
        {"\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0", // C1, then a no-break space
         "\\xc2\\x80\\xc2\\x9f\xc2\xa0"},
        {"\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80",
         "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae"}, // U+202E right-to-left override
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6"}, // U+2066 isolate
        {"\xe2\x80\x8b", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b"}, // U+200B zero width space
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8"}, // U+2028 line separator
        {"\xef\xbb\xbf", "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf"}, // U+FEFF byte order mark
        {"\xd8\x9c", "\\xd8\\x9c", "\\xd8\\x9c"},               // U+061C Arabic letter mark
        {"\xff\xc3", "\\xff\\xc3", "\\xff\\xc3"},
        {"\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80", // overlong, surrogate
         "\\xc0\\xaf\\xed\\xa0\\x80"},
        {"\xe2\x82", "\\xe2\\x82", "\\xe2\\x82"}, // cut short
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[100];
        size_t len = strlen(cases[i].raw);
        assert_int_equal(name_escape(cases[i].raw, len, false, text, sizeof text),
                         strlen(cases[i].plain));
        assert_string_equal(text, cases[i].plain);
        assert_int_equal(name_escape(cases[i].raw, len, true, text, sizeof text),
                         strlen(cases[i].seg));
        assert_string_equal(text, cases[i].seg);
    }
}

static void every_byte_comes_back_from_its_escape(void **state) {
    char raw[256], text[1100], back[257];

    (void)state;
    for (size_t i = 0; i < 256; i++)
        raw[i] = (char)i;
    assert_true(name_escape(raw, 256, true, text, sizeof text) < sizeof text);
    assert_int_equal(name_unescape(text, back, sizeof back), 256);
    assert_memory_equal(raw, back, 256);
    assert_int_equal(back[256], '\0');
    assert_int_equal(name_unescape(text, back, 256), -ENAMETOOLONG);
    assert_int_equal(name_unescape("", back, 0), -ENAMETOOLONG);
    assert_int_equal(name_unescape("", back, 1), 0);
    assert_int_equal(name_unescape("a\\", back, sizeof back), -EINVAL);
    assert_int_equal(name_unescape("a\\x1", back, sizeof back), -EINVAL);
}

static void a_short_buffer_is_never_overrun_nor_an_escape_torn(void **state) {
    static const char raw[] = "a\n\xe6\xbc\xa2";
    static const char *const kept[] = {
        "", "a", "a", "a", "a", "a\\x0a", "a\\x0a", "a\\x0a", "a\\x0a\xe6\xbc\xa2"};

    (void)state;
    for (size_t size = 0; size <= 9; size++) {
        char buf[12];
        memset(buf, '#', sizeof buf);
        assert_int_equal(name_escape(raw, 5, false, buf, size), 8);
        for (size_t i = size; i < sizeof buf; i++)
            assert_int_equal(buf[i], '#');
        if (size)
            assert_string_equal(buf, kept[size - 1]);
    }
}

// ---- segments

static struct segment sysv(uint64_t ns, uint64_t shmid, bool foreign) {
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = ns, .num = shmid}, .foreign = foreign};

    seg_set(&s, SEG_KEY, 0x5201);
    s.name = strv_missing(WHY_NONE);
    return s;
}

static struct segment object(enum seg_kind kind, const char *name, uint64_t ino) {
    struct segment s = {.id = {.kind = kind, .dev = makedev(0, 26), .num = ino}};

    seg_set(&s, SEG_LINKS, 1);
    seg_set(&s, SEG_MNT_NS, 4026531832);
    s.name = name ? strv_of(name, strlen(name)) : strv_missing(WHY_NONE);
    return s;
}

static const char *text_of(const struct segment *s) {
    static char text[300];

    assert_true(seg_format(s, text, sizeof text) < sizeof text);
    return text;
}

static void segments_have_the_id_that_list_prints(void **state) {
    struct segment s;

    (void)state;
    s = sysv(4026531839, 0, false);
    assert_string_equal(text_of(&s), "sysv:0");
    s = sysv(4026532201, 98310, true);
    assert_string_equal(text_of(&s), "sysv:98310@4026532201");
    s = object(SEG_POSIX, "/a@b\n", 129);
    assert_string_equal(text_of(&s), "posix:/a\\x40b\\x0a");
    s.foreign = true;
    assert_string_equal(text_of(&s), "posix:/a\\x40b\\x0a@4026531832");
    seg_set_missing(&s, SEG_MNT_NS, WHY_DENIED);
    assert_string_equal(text_of(&s), "obj:0:26:129");
    s = object(SEG_TMPFS, "/run/x", 5);
    assert_string_equal(text_of(&s), "file:/run/x");
    s = object(SEG_HUGETLB, "/dev/hugepages/x", 5);
    assert_string_equal(text_of(&s), "file:/dev/hugepages/x");
    s = object(SEG_MEMFD, "name", 0);
    assert_string_equal(text_of(&s), "obj:0:26:0");
    s = object(SEG_ANON, NULL, 18446744073709551615u);
    assert_string_equal(text_of(&s), "obj:0:26:18446744073709551615");
}

static void an_unlinked_object_has_no_name(void **state) {
    struct segment s = object(SEG_POSIX, "/gone", 7);

    (void)state;
    seg_set(&s, SEG_LINKS, 0);
    assert_string_equal(text_of(&s), "obj:0:26:7");
    seg_set(&s, SEG_LINKS, 1);
    s.flags = SEG_FLAG_UNLINKED;
    assert_string_equal(text_of(&s), "obj:0:26:7");
    s.flags = 0;
    assert_string_equal(text_of(&s), "posix:/gone");
    seg_set_missing(&s, SEG_LINKS, WHY_NOT_ASKED);
    assert_string_equal(text_of(&s), "posix:/gone");
}

static bool matches(const char *text, const struct segment *s, const strv *names) {
    struct seg_ref ref;
    const char *why = NULL;

    assert_int_equal(seg_parse(text, &ref, &why), 0);
    return seg_ref_matches(&ref, s, names);
}

static void system_v_matches_by_namespace_and_number(void **state) {
    struct segment own = sysv(4026531839, 5, false), other = sysv(4026532201, 5, true);

    (void)state;
    assert_true(matches("sysv:5", &own, NULL));
    assert_true(matches("sysv:5@4026531839", &own, NULL));
    assert_false(matches("sysv:5@4026532201", &own, NULL));
    assert_false(matches("sysv:6", &own, NULL));
    assert_false(matches("sysv:5", &other, NULL));
    assert_true(matches("sysv:5@4026532201", &other, NULL));
    assert_false(matches("obj:0:0:5", &own, NULL));
    assert_false(matches("posix:/5", &own, NULL));
}

static void a_key_matches_own_segments_that_still_have_it(void **state) {
    struct segment own = sysv(1, 5, false), other = sysv(2, 5, true);

    (void)state;
    assert_true(matches("key:0x5201", &own, NULL));
    assert_false(matches("key:0x5202", &own, NULL));
    assert_false(matches("key:0x5201", &other, NULL));
    own.flags = SEG_FLAG_DEST;
    assert_false(matches("key:0x5201", &own, NULL));
    own.flags = 0;
    seg_set(&own, SEG_KEY, 0);
    assert_false(matches("key:0x0", &own, NULL));
    seg_set_missing(&own, SEG_KEY, WHY_DENIED);
    assert_false(matches("key:0x5201", &own, NULL));
}

static void a_name_matches_any_link_of_an_object_that_has_links(void **state) {
    const strv names[] = {strv_of("/other", 6), strv_of("/second", 7), strv_of("/third", 6)};
    struct segment s = object(SEG_POSIX, "/first", 129);

    (void)state;
    s.first_name = 1;
    s.name_count = 2;
    assert_true(matches("/first", &s, names));
    assert_true(matches("posix:/second", &s, names));
    assert_true(matches("/third@4026531832", &s, names));
    assert_false(matches("/third@4026531833", &s, names));
    assert_false(matches("/other", &s, names));
    assert_false(matches("/firs", &s, names));
    assert_false(matches("/first2", &s, names));
    assert_true(matches("/first", &s, NULL));
    assert_false(matches("file:/first", &s, names));
    assert_true(matches("obj:0:26:129", &s, names));
    assert_false(matches("obj:0:27:129", &s, names));
    s.foreign = true;
    assert_false(matches("/first", &s, names));
    assert_true(matches("/first@4026531832", &s, names));
    s.foreign = false;
    seg_set(&s, SEG_LINKS, 0);
    assert_false(matches("/first", &s, names));
    assert_true(matches("obj:0:26:129", &s, names));
    s = object(SEG_HUGETLB, "/mnt/x", 3);
    assert_true(matches("file:/mnt/x", &s, NULL));
    assert_false(matches("/mnt/x", &s, NULL));
}

static void every_segment_matches_its_own_id(void **state) {
    struct segment all[] = {
        sysv(1, 0, false),
        sysv(2, 9, true),
        object(SEG_POSIX, "/x@\\\xff", 1),
        object(SEG_POSIX, "/a/b", 2),
        object(SEG_TMPFS, "/run/\xe2\x80\xae", 3),
        object(SEG_MEMFD, "m", 4),
        object(SEG_ANON, NULL, 5),
    };
    size_t n = sizeof all / sizeof *all;

    (void)state;
    all[3].foreign = true;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            assert_int_equal(matches(text_of(&all[i]), &all[k], NULL), i == k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_seg_parses_and_is_written_one_way),
        cmocka_unit_test(what_is_no_seg_is_refused_with_a_reason),
        cmocka_unit_test(a_name_may_have_4095_bytes),
        cmocka_unit_test(any_bytes_at_all_are_survived_and_what_parses_comes_back),
        cmocka_unit_test(names_are_escaped_byte_by_byte),
        cmocka_unit_test(every_byte_comes_back_from_its_escape),
        cmocka_unit_test(a_short_buffer_is_never_overrun_nor_an_escape_torn),
        cmocka_unit_test(segments_have_the_id_that_list_prints),
        cmocka_unit_test(an_unlinked_object_has_no_name),
        cmocka_unit_test(system_v_matches_by_namespace_and_number),
        cmocka_unit_test(a_key_matches_own_segments_that_still_have_it),
        cmocka_unit_test(a_name_matches_any_link_of_an_object_that_has_links),
        cmocka_unit_test(every_segment_matches_its_own_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
