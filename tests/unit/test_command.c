// test_command.c - the command table holds together.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "core/command.h"

static void every_command_is_found_by_its_name(void **state) {
    (void)state;
    for (unsigned i = CMD_NONE + 1; i < CMD_COUNT; i++) {
        const struct command_info *info = command_info((enum command)i);
        assert_int_equal(command_by_name(info->name), i);
        assert_true(info->help[0] != '\0' && info->keys[0] != '\0');
        assert_true(info->views != 0 && (info->views & ~IN_ALL) == 0);
        if (info->flags & CMD_DESTROYS)
            assert_true(info->flags & CMD_CHANGES);
    }
    assert_int_equal(command_by_name("no-such-command"), CMD_NONE);
    assert_int_equal(command_by_name(""), CMD_NONE);
}

static void what_is_no_command_has_empty_words(void **state) {
    (void)state;
    const struct command_info *none = command_info(CMD_NONE);
    assert_string_equal(none->name, "");
    assert_string_equal(none->keys, "");
    assert_int_equal(none->views, 0);
    assert_ptr_equal(command_info(CMD_COUNT), none);
    assert_ptr_equal(command_info((enum command)9999), none);
}

static bool has_key(const char *keys, const char *key, size_t len) {
    for (const char *p = keys; *p;) {
        size_t n = strcspn(p, " ");
        if (n == len && memcmp(p, key, n) == 0)
            return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}

static void no_key_means_two_things_in_one_view(void **state) {
    (void)state;
    for (unsigned i = CMD_NONE + 1; i < CMD_COUNT; i++) {
        const struct command_info *a = command_info((enum command)i);
        for (unsigned j = i + 1; j < CMD_COUNT; j++) {
            const struct command_info *b = command_info((enum command)j);
            if ((a->views & b->views) == 0)
                continue;
            for (const char *p = a->keys; *p;) {
                size_t n = strcspn(p, " ");
                if (has_key(b->keys, p, n))
                    print_error("%.*s: %s and %s\n", (int)n, p, a->name, b->name);
                assert_false(has_key(b->keys, p, n));
                p += n + strspn(p + n, " ");
            }
        }
    }
}

static void no_lower_case_letter_destroys(void **state) {
    (void)state;
    for (unsigned i = CMD_NONE + 1; i < CMD_COUNT; i++) {
        const struct command_info *info = command_info((enum command)i);
        if (!(info->flags & CMD_DESTROYS))
            continue;
        for (int c = 'a'; c <= 'z'; c++) {
            char key = (char)c;
            assert_false(has_key(info->keys, &key, 1));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_found_by_its_name),
        cmocka_unit_test(what_is_no_command_has_empty_words),
        cmocka_unit_test(no_key_means_two_things_in_one_view),
        cmocka_unit_test(no_lower_case_letter_destroys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
