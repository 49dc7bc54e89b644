// test_filter.c - the words of a filter, what they match and how they are refused.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/filter.h"

enum { OWN_NS = 4026531839 };

// A machine with one segment of each sort; each is told by its letter in what is expected.
//   s System V with key, attached   p private System V, unused   c /Cache-1 mapped by 123
//   d /data\x1b open by 124, two links   a anonymous, nothing known   f foreign /Other
enum { COUNT = 6 };
static const char letters[COUNT + 1] = "spcdfa";

static void set_all(struct segment *s, uint64_t size, uint64_t uid, uint64_t mode) {
    seg_set(s, SEG_SIZE, size);
    seg_set(s, SEG_UID, uid);
    seg_set(s, SEG_MODE, mode);
    seg_set(s, SEG_GID, uid + 100);
    seg_set(s, SEG_RESIDENT, size / 2);
    seg_set(s, SEG_SWAPPED, 0);
}

static struct segment sysv(uint64_t shmid, uint64_t key, uint64_t nattch) {
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = OWN_NS, .num = shmid}};
    s.name = strv_missing(WHY_NONE);
    seg_set(&s, SEG_KEY, key);
    seg_set(&s, SEG_NATTCH, nattch);
    return s;
}

static struct segment posix(struct builder *b, const char *name, uint64_t inode) {
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = 26, .num = inode}};
    s.name = builder_str(b, name, strlen(name));
    seg_set(&s, SEG_LINKS, 1);
    seg_set_missing(&s, SEG_KEY, WHY_NONE);
    seg_set_missing(&s, SEG_NATTCH, WHY_NONE);
    return s;
}

static void add_segments(struct builder *b) {
    struct segment s = sysv(98310, 0x0052e2c1, 3);
    set_all(&s, 2 << 20, 1001, 0660);
    seg_set(&s, SEG_CREATOR_PID, 7710);
    seg_set(&s, SEG_LAST_PID, 7712);
    builder_add_segment(b, &s);
    s = sysv(98311, 0, 0);
    set_all(&s, 4096, 0, 0600);
    builder_add_segment(b, &s);
    s = posix(b, "/Cache-1", 10);
    set_all(&s, 1 << 20, 1002, 0644);
    s.container = builder_str(b, "Pod-7", 5);
    builder_add_segment(b, &s);
    s = posix(b, "/data\x1b", 11);
    set_all(&s, 65536, 1001, 0600);
    builder_add_segment(b, &s);
    builder_add_name(b, &s, builder_str(b, "/second\\name", 12));
    s = posix(b, "/Other", 12);
    set_all(&s, 0, 7, 0);
    s.id.dev = 27;
    s.foreign = true;
    seg_set(&s, SEG_MNT_NS, 4026532199);
    builder_add_segment(b, &s);
    s = (struct segment){.id = {.kind = SEG_ANON, .dev = 1, .num = 5}};
    s.name = strv_missing(WHY_NONE);
    builder_add_segment(b, &s);
}

static int set_up(void **state) {
    struct builder *b;
    const struct snapshot *snap;
    uint32_t p;
    builder_new(&b);
    add_segments(b);
    for (pid_t pid = 123; pid <= 124; pid++) {
        struct process process = {.id = {pid, 1}, .state = 'S', .scan = SCANNED};
        builder_add_process(b, &process, &p);
        struct mapping m = {.process = p, .kind = SEG_POSIX, .dev = 26, .ino = 10, .end = 4096};
        if (pid == 123) {
            builder_add_mapping(b, &m);
            m.start = 8192;
            m.end = 12288;
            builder_add_mapping(b, &m);
        } else {
            builder_add_fd(b, p, SEG_POSIX, 0, 26, 11, ACCESS_R);
        }
    }
    builder_add_user(b, 1001, builder_str(b, "app", 3));
    builder_add_user(b, 1002, builder_str(b, "1001", 4)); // a name that looks like a number
    if (builder_freeze(b, 1, 0, 0, &snap) != 0 || snap->segment_count != COUNT)
        return -1;
    *state = (void *)(uintptr_t)snap;
    return 0;
}

static int tear_down(void **state) {
    snapshot_unref(*state);
    return 0;
}

static void assert_matches(const struct snapshot *snap, const char *text, const char *want) {
    struct filter *f;
    char why[200] = "", got[COUNT + 1] = "";
    int r = filter_parse(text, &f, why, sizeof why);
    if (r != 0)
        fail_msg("'%s' is refused: %s", text, why);
    size_t n = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (filter_matches(f, snap, &snap->segments[i]))
            got[n++] = letters[i];
    filter_free(f);
    if (strcmp(got, want) != 0)
        fail_msg("'%s' matches %s, not %s", text, got, want);
}

static void words_match_what_they_say(void **state) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "spcdfa"},
        {"  \t ", "spcdfa"},
        // users
        {"user:app", "sd"},
        {"user:1001", "scd"}, // by number, and by a name that is one
        {"user:0", "p"},
        {"user:ap", ""},
        {"user:APP", ""},
        {"uid:1001", "sd"},
        {"uid>1001", "c"},
        {"gid=107", "f"},
        // kinds
        {"kind:sysv", "sp"},
        {"kind:posix", "cdf"},
        {"kind:anon", "a"},
        {"kind:hugetlb", ""},
        // sizes; what is not known matches nothing
        {"size>1M", "s"},
        {"size>=1M", "sc"},
        {"size<64K", "pf"},
        {"size<=64KiB", "pdf"},
        {"size=4096", "p"},
        {"size:0x1000", "p"},
        {"size>=0", "spcdf"},
        {"resident>=512K", "sc"},
        {"swapped=0", "spcdf"},
        {"swapped>0", ""},
        // holders
        {"att:0", "pfa"},
        {"att:3", "s"},
        {"att:2", "c"},
        {"att>0", "scd"},
        {"nattch:0", "p"},
        {"nattch>=0", "sp"},
        {"holders:1", "cd"},
        {"holders=0", "spfa"},
        {"hidden>0", "s"},
        {"hidden:0", "p"},
        {"pid:123", "c"},
        {"pid:124", "d"},
        {"pid:7710", ""}, // created one, holds none
        {"creator:7710", "s"},
        {"last:7712", "s"},
        // the rest
        {"mode:0600", "pd"},
        {"mode=644", "c"},
        {"mode<0600", "f"},
        {"key:0x52e2c1", "s"},
        {"container:pod", "c"},
        {"container:POD-7", "c"},
        {"container:x", ""},
        // names by expression
        {"name~^/C", "c"},
        {"name~^/c", ""},
        {"name~e-[0-9]$", "c"},
        {"name~(data|Other)", "df"},
        {"name~x1b", "d"}, // over the escaped form
        {"name~^/second", "d"},
        {"name~.", "cdf"},
        // plain text
        {"cache", "c"},
        {"CACHE-1", "c"},
        {"\\x1b", "d"},
        {"second", "d"},
        {"0x0052e2c1", "s"},
        {"52E2", "s"},
        {"PRIV", "p"},
        {"anonym", "a"},
        {"sysv:98310", "s"},
        {"sysv", "sp"},
        {"9831", "sp"},
        {"posix:/Cache-1", "c"},
        {"posix", "cdf"},
        {"/", "cdf"},
        {"obj:", "a"},
        {"@4026532199", "f"},
        {"4026532199", "f"},
        {"d\\x5cn", "d"}, // a backslash is looked for as it is shown
        {"d\\n", ""},
        {"/a:b", ""},
        {"nothing-like-this", ""},
        // all of several
        {"user:app size>64K", "s"},
        {"kind:posix\tuser:app", "d"},
        {"cache data", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_matches(*state, cases[i].text, cases[i].want);
}

static void bad_words_are_refused_with_a_reason(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"foo:bar", "foo:bar: no such field (for text with such a sign use name~)"},
        {"cache siz>1", "siz>1: no such field (for text with such a sign use name~)"},
        {"size>1X", "size>1X: takes a size like 4096, 64K or 1GiB"},
        {"size>-1", "size>-1: takes a size like 4096, 64K or 1GiB"},
        {"size>8E", "size>8E: the number is too large"},
        {"size>", "size>: the value is missing"},
        {"user:", "user:: the value is missing"},
        {"size~1", "size~1: only name takes ~"},
        {"user>1", "user>1: takes ':' only"},
        {"kind=sysv", "kind=sysv: takes ':' only"},
        {"kind:sem", "kind:sem: kind is one of sysv posix memfd anon tmpfs hugetlb"},
        {"pid:x", "pid:x: takes a whole number"},
        {"nattch:99999999999999999999", "nattch:99999999999999999999: the number is too large"},
        {"mode:0999", "mode:0999: takes an octal mode like 0660"},
        {"name:x", "name:x: name takes ~ and a regular expression"},
        {"verdict:live",
         "verdict:live: verdict is one of in-use idle protected young orphan suspect unknown"},
        {"origin:", "origin:: the value is missing"},
        {"size>\x1b[31m", "size>\\x1b[31m: takes a size like 4096, 64K or 1GiB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct filter *f = (struct filter *)(uintptr_t)4711;
        char why[200] = "";
        assert_int_equal(filter_parse(cases[i].text, &f, why, sizeof why), -EINVAL);
        assert_string_equal(why, cases[i].why);
        assert_true((uintptr_t)f == 4711); // untouched
    }
}

static void a_bad_expression_is_told_in_the_words_of_regcomp(void **state) {
    (void)state;
    static const char *const bad[] = {"name~(", "name~[a", "name~a{2", "name~*a\\", "name~[[:x:]]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct filter *f;
        char why[200] = "";
        assert_int_equal(filter_parse(bad[i], &f, why, sizeof why), -EINVAL);
        assert_memory_equal(why, bad[i], strlen(bad[i]) - 1); // (a backslash is shown escaped)
        assert_true(strlen(why) > strlen(bad[i]) + 5);
    }
}

static void reasons_stay_in_their_buffer(void **state) {
    (void)state;
    char text[4096] = "size>";
    memset(text + 5, '\x1b', sizeof text - 6);
    text[sizeof text - 1] = '\0';
    for (size_t size = 1; size < 300; size += 13) {
        char why[320];
        struct filter *f;
        memset(why, 'X', sizeof why);
        assert_int_equal(filter_parse(text, &f, why, size), -EINVAL);
        assert_non_null(memchr(why, 0, size));
        assert_int_equal(why[size], 'X');
    }
}

static void no_filter_matches_all(void **state) {
    const struct snapshot *snap = *state;
    for (size_t i = 0; i < COUNT; i++)
        assert_true(filter_matches(NULL, snap, &snap->segments[i]));
    filter_free(NULL);
}

static void unlooked_at_holders_are_not_zero(void **state) {
    (void)state;
    struct builder *b;
    const struct snapshot *snap;
    struct filter *f;
    char why[200];
    builder_new(&b);
    struct segment s = posix(b, "/x", 1);
    builder_add_segment(b, &s);
    assert_int_equal(builder_freeze(b, 1, 0, 0, &snap), 0);
    static const char *const none[] = {"att:0", "holders:0", "att>=0", "user:0", "size>=0"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(filter_parse(none[i], &f, why, sizeof why), 0);
        assert_false(filter_matches(f, snap, snap->segments));
        filter_free(f);
    }
    snapshot_unref(snap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_match_what_they_say),
        cmocka_unit_test(bad_words_are_refused_with_a_reason),
        cmocka_unit_test(a_bad_expression_is_told_in_the_words_of_regcomp),
        cmocka_unit_test(reasons_stay_in_their_buffer),
        cmocka_unit_test(no_filter_matches_all),
        cmocka_unit_test(unlooked_at_holders_are_not_zero),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
