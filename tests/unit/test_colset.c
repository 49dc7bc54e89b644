// test_colset.c - columns chosen by name.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/colset.h"

static struct colset set;
static char why[200];

static void names_and_widths_are_read_in_their_order(void **state) {
    (void)state;
    assert_int_equal(colset_parse(" size,mode:4\tuser  age , name:20", &set, why, sizeof why), 0);
    assert_int_equal(set.count, 4);
    assert_int_equal(set.item[0].col, COL_SIZE);
    assert_int_equal(set.item[0].width, 0);
    assert_int_equal(set.item[1].col, COL_MODE);
    assert_int_equal(set.item[1].width, 4);
    assert_int_equal(set.item[2].col, COL_USER);
    assert_int_equal(set.item[3].col, COL_AGE);
    assert_int_equal(set.name_width, 20);
    assert_int_equal(colset_parse("", &set, why, sizeof why), 0);
    assert_int_equal(set.count, 0);
    assert_int_equal(set.name_width, 0);
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    struct colset again;
    char text[1024];
    // Every column that is offered, with a width for each second one.
    set = (struct colset){.name_width = 33};
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (colset_offers((enum column)i)) {
            set.item[set.count].col = (enum column)i;
            set.item[set.count].width = i % 2 ? (uint8_t)(3 + i) : 0;
            set.count++;
        }
    size_t len = colset_format(&set, text, sizeof text);
    assert_int_equal(len, strlen(text));
    if (colset_parse(text, &again, why, sizeof why))
        fail_msg("%s: %s", text, why);
    assert_true(colset_same(&set, &again));
    again.item[3].width = 79;
    assert_false(colset_same(&set, &again));
    // Cut, it is still a list.
    for (size_t size = 1; size < 60; size++) {
        assert_true(colset_format(&set, text, size) < size);
        assert_int_equal(colset_parse(text, &again, why, sizeof why), 0);
    }
}

static void wrong_words_are_named_and_change_nothing(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"size pink", "pink is no column"},
        {"size:0", "size:0 has no width from 3 to 80"},
        {"size:", "size: has no width"},
        {"size:2", "has no width"},
        {"size:81", "has no width"},
        {"size:999", "has no width"},
        {"size:4x", "has no width"},
        {"size:-4", "has no width"},
        {"size:4:4", "has no width"},
        {":4", ":4 is no column"},
        {"size user size", "size is named twice"},
        {"\x1b[31m", "\\x1b[31m is no column"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "is no column"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        set = (struct colset){.name_width = 77};
        why[0] = '\0';
        assert_int_equal(colset_parse(wrong[i][0], &set, why, sizeof why), -EINVAL);
        if (!strstr(why, wrong[i][1]))
            fail_msg("\"%s\" says \"%s\"", wrong[i][0], why);
        assert_int_equal(set.name_width, 77);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_widths_are_read_in_their_order),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(wrong_words_are_named_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
