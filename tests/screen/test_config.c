// test_config.c - the text of the configuration: what is read, what is refused, what a save leaves.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config.h"

static struct settings set;
static struct config_faults faults;
static char buf[SETTING_TEXT];

static void read_text(const char *text) {
    faults = (struct config_faults){.count = 0};
    config_defaults(&set);
    config_parse(text, "config", &set, &faults);
}

static void every_default_is_in_force_without_a_file(void **state) {
    (void)state;
    read_text("");
    assert_int_equal(faults.count, 0);
    assert_int_equal(set.given, 0);
    assert_int_equal(set.delay_ns, 1000000000);
    assert_int_equal(set.quarantine_ns, 3600000000000);
    assert_int_equal(set.older_than_ns, 600000000000);
    assert_true(set.color && set.mouse && set.follow);
    assert_false(set.ascii || set.read_only || set.all_namespaces);
    assert_string_equal(set.theme, "dark");
}

static void every_setting_is_read(void **state) {
    (void)state;
    read_text("# mine\n"
              "delay = 0.5\n"
              "sort = age inverted ; oldest last\n"
              "columns = size user\n"
              "    mode:4, age\n"
              "theme: light\n"
              "color=off\n"
              "ascii = yes\n\n"
              "mouse = no\n"
              "follow = false\n"
              "all-namespaces = on\n"
              "filter = user:app size>1M\n"
              "read-only = yes\n"
              "older-than = 2d\n"
              "quarantine = 30m");
    if (faults.count)
        fail_msg("%s", config_faults_text(&faults, buf, sizeof buf));
    assert_int_equal(set.given, (1u << SETTING_COUNT) - 1);
    assert_int_equal(set.delay_ns, 500000000);
    assert_int_equal(set.sort.column, COL_AGE);
    assert_true(set.sort.inverted);
    assert_string_equal(setting_text(&set, SETTING_COLUMNS, buf), "size user mode:4 age");
    assert_string_equal(set.theme, "light");
    assert_false(set.color || set.mouse || set.follow);
    assert_true(set.ascii && set.all_namespaces && set.read_only);
    assert_string_equal(set.filter, "user:app size>1M");
    assert_int_equal(set.older_than_ns, 172800000000000);
    assert_int_equal(set.quarantine_ns, 1800000000000);
}

static void what_is_wrong_is_named_by_its_line_and_the_rest_counts(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
        size_t count;
    } wrong[] = {
        {"\ndelay = 0\nascii = yes\n", "config:2: delay: 0 is not a number of seconds", 1},
        {"ascii = yes\ncolour = no\n", "config:2: colour: there is no such setting", 1},
        {"ascii = yes\n\nnonsense\n", "config:3: is not NAME = VALUE", 1},
        {"ascii = yes\nmouse = maybe\nsort = pink\n", "config:2: mouse: maybe is neither yes nor",
         2},
        {"sort = size up\nascii=1", "config:1: sort: size up is not a column, with or without", 1},
        {"columns = size\n  user\n  pink\nascii = on\n", "config:3: columns: does not hold: pink",
         1},
        {"filter = name~[\nascii = on\n", "config:1: filter: does not hold: ", 1},
        {"ascii = on\n[screen]\ndelay = 3\n", "config:3: screen: there are no sections here", 1},
        {"theme = ../../etc/passwd\nascii = on\n", "config:1: theme: ../../etc/passwd is no theme",
         1},
        {"ascii = on\n\x1b]0;x\a = 1\n", "config:2: \\x1b]0;x\\x07: there is no such", 1},
        {"ascii = on\nquarantine = soon\n", "config:2: quarantine: soon is not an age", 1},
        {"ascii = on\n=\n", "config:2: ", 1},
        {"nothing\nascii = on\ndelay = x\n", "config:1: is not NAME = VALUE (and 1 more)", 2},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        read_text(wrong[i].text);
        if (!strstr(config_faults_text(&faults, buf, sizeof buf), wrong[i].says))
            fail_msg("%zu: \"%s\" instead of \"%s\"", i, buf, wrong[i].says);
        assert_int_equal(faults.count, wrong[i].count);
        assert_true(set.ascii); // what is right counts all the same
        assert_int_equal(set.delay_ns, 1000000000);
    }
}

static void a_line_that_is_too_long_is_said_and_skipped(void **state) {
    (void)state;
    char text[4000] = "ascii = yes\nfilter = ";
    size_t begun = strlen(text), end = begun + 3000;
    memset(text + begun, 'a', 3000);
    snprintf(text + end, sizeof text - end, "\nmouse = no\n");
    read_text(text);
    assert_int_equal(faults.count, 1);
    assert_int_equal(faults.line, 2);
    assert_true(set.ascii);
    assert_false(set.mouse);
    assert_string_equal(set.filter, "");
}

static void every_setting_is_written_so_that_it_reads_back(void **state) {
    (void)state;
    char again[SETTING_TEXT], why[200];
    read_text("delay = 2.25\nsort = user inverted\ncolumns = name:30 id key size:9\ntheme = mono\n"
              "color = no\nascii = yes\nmouse = no\nfollow = no\nall-namespaces = yes\n"
              "filter = a b\nread-only = yes\nolder-than = 90s\nquarantine = 36h\n");
    assert_int_equal(faults.count, 0);
    struct settings other;
    config_defaults(&other);
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        setting_text(&set, (enum setting)i, buf);
        assert_true(setting_read(&other, (enum setting)i, buf, why, sizeof why));
        assert_string_equal(setting_text(&other, (enum setting)i, again), buf);
        assert_string_not_equal(buf, setting_default((enum setting)i));
        assert_int_equal(setting_by_name(setting_name((enum setting)i)), i);
        assert_true(setting_help((enum setting)i)[0] != '\0');
    }
    assert_string_equal(setting_text(&set, SETTING_OLDER_THAN, buf), "90s");
    assert_string_equal(setting_text(&set, SETTING_QUARANTINE, buf), "36h");
    assert_string_equal(setting_text(&set, SETTING_DELAY, buf), "2.25");
}

static void edit(const char *before, const char *values, unsigned which, const char *after) {
    read_text(values);
    assert_int_equal(faults.count, 0);
    char *text = config_edit(before, &set, which);
    if (strcmp(text, after) != 0)
        fail_msg("made:\n%s\nwanted:\n%s", text, after);
    free(text);
}

static void a_save_leaves_every_other_line_as_it_is(void **state) {
    (void)state;
    edit("", "delay = 2\n", SETTING_BIT(DELAY), "delay = 2\n");
    edit("# mine", "delay = 2\n", SETTING_BIT(DELAY), "# mine\ndelay = 2\n");
    edit("; a\n\ndelay=1 ; quick\n  \nunknown = x\n#delay = 9\n", "delay = 2\nascii = yes\n",
         SETTING_BIT(DELAY) | SETTING_BIT(ASCII),
         "; a\n\ndelay = 2 ; quick\n  \nunknown = x\n#delay = 9\nascii = yes\n");
    edit("delay = 1\r\nmouse = no\r\n", "delay = 2\n", SETTING_BIT(DELAY),
         "delay = 2\r\nmouse = no\r\n");
    edit("columns = id\n   key\n # note\n   size\nmouse = no\n", "columns = user\n",
         SETTING_BIT(COLUMNS), "columns = user\n # note\n   size\nmouse = no\n");
    edit("delay = 1\n", "mouse = no\n", 0, "delay = 1\n");
    edit("[x]\ndelays = 4\n", "delay = 3\n", SETTING_BIT(DELAY), "[x]\ndelays = 4\ndelay = 3\n");
}

static void many_columns_go_over_several_lines_and_read_back(void **state) {
    (void)state;
    struct settings all;
    config_defaults(&all);
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (colset_offers((enum column)i)) {
            all.columns.item[all.columns.count].col = (enum column)i;
            all.columns.item[all.columns.count++].width = 12;
        }
    char *text = config_edit("# c\n", &all, SETTING_BIT(COLUMNS));
    read_text(text);
    free(text);
    assert_int_equal(faults.count, 0);
    assert_true(colset_same(&set.columns, &all.columns));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_default_is_in_force_without_a_file),
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(what_is_wrong_is_named_by_its_line_and_the_rest_counts),
        cmocka_unit_test(a_line_that_is_too_long_is_said_and_skipped),
        cmocka_unit_test(every_setting_is_written_so_that_it_reads_back),
        cmocka_unit_test(a_save_leaves_every_other_line_as_it_is),
        cmocka_unit_test(many_columns_go_over_several_lines_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
