// test_copyfacts.c - the text beside a saved copy: there and back, and nothing that is damaged.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/copyfacts.h"

static const struct copy_facts segment = {.sysv = true,
                                          .shmid = UINT32_MAX,
                                          .key = 0xdeadbeef,
                                          .ns = 4026531839,
                                          .size = UINT64_C(1) << 40,
                                          .mode = 0640,
                                          .uid = 1000,
                                          .gid = UINT32_MAX,
                                          .cpid = 41,
                                          .lpid = 42,
                                          .huge = true,
                                          .time_ns = UINT64_C(1795621749582070419)};
static const char text[] = "shmtop 1\nkind sysv\nshmid 4294967295\nkey 3735928559\n"
                           "namespace 4026531839\nsize 1099511627776\nuid 1000\ngid 4294967295\n"
                           "creator 41\nlast 42\ntime 1795621749582070419\nmode 0640\nhuge 1\n";

static bool same(const struct copy_facts *a, const struct copy_facts *b) {
    return a->sysv == b->sysv && a->shmid == b->shmid && a->key == b->key &&
           strcmp(a->name, b->name) == 0 && a->ns == b->ns && a->size == b->size &&
           a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->cpid == b->cpid &&
           a->lpid == b->lpid && a->huge == b->huge && a->time_ns == b->time_ns;
}

static void a_segment_there_and_back(void **state) {
    (void)state;
    char buf[COPY_FACTS_MAX];
    struct copy_facts back;
    assert_int_equal(copy_facts_format(&segment, buf), strlen(text));
    assert_string_equal(buf, text);
    assert_int_equal(copy_facts_parse(buf, strlen(buf), &back), 0);
    assert_true(same(&back, &segment));
}

static void any_name_there_and_back(void **state) {
    (void)state;
    static char buf[COPY_FACTS_MAX];
    struct copy_facts facts = {.size = 1}, back;
    const char *const names[] = {"/ring",        "/a b",      "/new\nline",
                                 "/back\\slash", "/\xff\x80", "/a@b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(facts.name, sizeof facts.name, "%s", names[i]);
        size_t len = copy_facts_format(&facts, buf);
        assert_int_equal(copy_facts_parse(buf, len, &back), 0);
        assert_true(same(&back, &facts));
    }
    memset(facts.name, '\x01', sizeof facts.name - 1); // the longest, every byte escaped
    facts.name[0] = '/';
    size_t len = copy_facts_format(&facts, buf);
    assert_true(len < COPY_FACTS_MAX);
    assert_int_equal(copy_facts_parse(buf, len, &back), 0);
    assert_true(same(&back, &facts));
}

// Every line is needed, once, and no byte of it may be lost.
static void damaged_facts_are_refused(void **state) {
    (void)state;
    struct copy_facts back;
    char buf[sizeof text + 80];
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(copy_facts_parse(text, len, &back), -EINVAL);
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n") + 1, before = (size_t)(line - text);
        memcpy(buf, text, before);
        memcpy(buf + before, line + n, sizeof text - before - n);
        assert_int_equal(copy_facts_parse(buf, strlen(buf), &back), -EINVAL); // without it
        memcpy(buf, text, sizeof text);
        memcpy(buf + sizeof text - 1, line, n);
        assert_int_equal(copy_facts_parse(buf, sizeof text - 1 + n, &back), -EINVAL); // twice
        line += n;
    }
    static const char *const more[] = {"strange 1\n", "\n", "key\n", "name /x\n", "uid 1", "x"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        int len = snprintf(buf, sizeof buf, "%s%s", text, more[i]);
        assert_int_equal(copy_facts_parse(buf, (size_t)len, &back), -EINVAL);
    }
    memcpy(buf, text, sizeof text);
    buf[4] = '\0';
    assert_int_equal(copy_facts_parse(buf, sizeof text - 1, &back), -EINVAL);
}

static void numbers_out_of_range_are_refused(void **state) {
    (void)state;
    static const char *const lines[][2] = {
        {"uid 1000", "uid 4294967296"}, {"mode 0640", "mode 1777"},
        {"mode 0640", "mode 8"},        {"huge 1", "huge 2"},
        {"kind sysv", "kind memfd"},    {"size 1099511627776", "size -1"},
        {"shmtop 1", "shmtop 2"}};
    struct copy_facts back;
    char buf[sizeof text + 40];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *at = strstr(text, lines[i][0]);
        assert_non_null(at);
        int len = snprintf(buf, sizeof buf, "%.*s%s%s", (int)(at - text), text, lines[i][1],
                           at + strlen(lines[i][0]));
        if (copy_facts_parse(buf, (size_t)len, &back) != -EINVAL)
            fail_msg("%s", lines[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_there_and_back),
        cmocka_unit_test(any_name_there_and_back),
        cmocka_unit_test(damaged_facts_are_refused),
        cmocka_unit_test(numbers_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
