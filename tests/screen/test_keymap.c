// test_keymap.c - every key of the command table is a key, and means one thing in a view.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/command.h"
#include "ui/keymap.h"

static void every_key_in_the_table_parses(void **state) {
    (void)state;
    for (int cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
        const char *keys = command_info((enum command)cmd)->keys;
        assert_true(keys[0] != '\0');
        while (*keys) {
            struct key key;
            size_t len = strcspn(keys, " ");
            if (!key_parse(keys, len, &key))
                fail_msg("%s: \"%.*s\" is no key", command_info((enum command)cmd)->name, (int)len,
                         keys);
            keys += len;
            keys += strspn(keys, " ");
        }
    }
}

static void no_key_means_two_commands_in_one_view(void **state) {
    (void)state;
    for (int view = 0; view < VIEW_COUNT; view++) {
        for (int cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
            const struct command_info *info = command_info((enum command)cmd);
            if (!(info->views & IN(view)))
                continue;
            for (const char *keys = info->keys; *keys; keys += strspn(keys, " ")) {
                struct key key;
                size_t len = strcspn(keys, " ");
                assert_true(key_parse(keys, len, &key));
                enum command found = keymap_lookup((enum view)view, &key);
                if (found != (enum command)cmd)
                    fail_msg("view %d: \"%.*s\" is both %s and %s", view, (int)len, keys,
                             info->name, command_info(found)->name);
                keys += len;
            }
        }
    }
}

static void nothing_is_destroyed_by_a_lower_case_letter(void **state) {
    (void)state;
    for (int cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
        const struct command_info *info = command_info((enum command)cmd);
        if (!(info->flags & CMD_DESTROYS))
            continue;
        for (const char *keys = info->keys; *keys; keys += strspn(keys, " ")) {
            size_t len = strcspn(keys, " ");
            assert_false(len == 1 && keys[0] >= 'a' && keys[0] <= 'z');
            keys += len;
        }
    }
}

static void names_are_parsed_in_full(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum key_code code;
        uint32_t ch;
    } good[] = {
        {"F1", KEY_FN_, 1},         {"F12", KEY_FN_, 12},     {"F", KEY_CHAR, 'F'},
        {"x", KEY_CHAR, 'x'},       {"^C", KEY_CHAR, 3},      {"^", KEY_CHAR, '^'},
        {"\\", KEY_CHAR, '\\'},     {"Space", KEY_CHAR, ' '}, {"Esc", KEY_ESC_, 0},
        {"Enter", KEY_ENTER_, 0},   {"PgUp", KEY_PGUP_, 0},   {"Delete", KEY_DELETE_, 0},
        {"\u00e9", KEY_CHAR, 0xe9},
    };
    static const char *const bad[] = {"",   "F0", "F13", "F01",  "F1x",  "up",
                                      "xx", "^c", " ",   "\x7f", "\xff", "Enter "};
    struct key key;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(key_parse(good[i].name, strlen(good[i].name), &key));
        assert_int_equal(key.code, good[i].code);
        assert_int_equal(key.ch, good[i].ch);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(key_parse(bad[i], strlen(bad[i]), &key));
}

static void keys_lead_to_their_commands(void **state) {
    (void)state;
    static const struct {
        const char *key;
        enum view view;
        enum command cmd;
    } cases[] = {
        {"F9", VIEW_SEGMENTS, CMD_REMOVE}, {"Enter", VIEW_SEGMENTS, CMD_HEX},
        {"Space", VIEW_SEGMENTS, CMD_TAG}, {"Space", VIEW_HEX, CMD_HEX_FREEZE},
        {"F9", VIEW_HEX, CMD_NONE},        {"q", VIEW_HELP, CMD_CLOSE},
        {"^C", VIEW_MESSAGES, CMD_QUIT},   {"^Z", VIEW_SEGMENTS, CMD_SUSPEND},
        {"F12", VIEW_SEGMENTS, CMD_NONE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct key key;
        assert_true(key_parse(cases[i].key, strlen(cases[i].key), &key));
        assert_int_equal(keymap_lookup(cases[i].view, &key), cases[i].cmd);
    }
    // position and button of a mouse key are no part of what it is
    struct key mouse = {.code = KEY_MOUSE_, .y = 3, .button = 1};
    assert_int_equal(keymap_lookup(VIEW_SEGMENTS, &mouse), CMD_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_in_the_table_parses),
        cmocka_unit_test(no_key_means_two_commands_in_one_view),
        cmocka_unit_test(nothing_is_destroyed_by_a_lower_case_letter),
        cmocka_unit_test(names_are_parsed_in_full),
        cmocka_unit_test(keys_lead_to_their_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
