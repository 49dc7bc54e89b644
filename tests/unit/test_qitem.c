// test_qitem.c - names and notes of what lies in quarantine: there and back, and nothing else.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/qitem.h"

static void items_are_named_and_read_again(void **state) {
    (void)state;
    const struct qitem items[] = {
        {0x1a, 0x3f, 0x19a3b2c4d5e}, {0, 0, 0}, {UINT32_MAX, UINT64_MAX, UINT64_MAX}};
    const char *const texts[] = {"item:1a-3f-19a3b2c4d5e", "item:0-0-0",
                                 "item:ffffffff-ffffffffffffffff-ffffffffffffffff"};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        char name[QITEM_NAME], text[QITEM_TEXT];
        struct qitem back = {9, 9, 9};
        uint64_t ns = 7;
        assert_string_equal(qitem_format(&items[i], 0, text), texts[i]);
        assert_true(qitem_parse(text, &back, &ns));
        assert_memory_equal(&back, &items[i], sizeof back);
        assert_true(ns == 0);
        assert_true(qitem_parse_name(qitem_name(&items[i], name), &back));
        assert_memory_equal(&back, &items[i], sizeof back);
        qitem_format(&items[i], UINT64_MAX, text);
        assert_true(qitem_parse(text, &back, &ns) && ns == UINT64_MAX);
    }
}

static void what_is_no_item_is_none(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "item:",
                                        "item:1-2",
                                        "item:1-2-",
                                        "item:1-2-3-",
                                        "item:1-2-3-4",
                                        "item: 1-2-3",
                                        "item:1-2-3 ",
                                        "item:01-2-3",
                                        "item:1-2-03",
                                        "item:A-2-3",
                                        "item:1-2-g",
                                        "item:-1-2-3",
                                        "item:1-2-3@",
                                        "item:1-2-3@0",
                                        "item:1-2-3@01",
                                        "item:1-2-3@x",
                                        "item:1-2-3@1@2",
                                        "1-2-3",
                                        "Item:1-2-3",
                                        "item:10000000000000000-2-3",
                                        "item:1-2-3@18446744073709551616",
                                        "/item:1-2-3"};
    struct qitem item;
    uint64_t ns;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (qitem_parse(wrong[i], &item, &ns))
            fail_msg("'%s' was taken for an item", wrong[i]);
    assert_false(qitem_parse_name("item:1-2-3", &item));
    assert_false(qitem_parse_name("1-2-3.from", &item));
}

static void check_note(const struct qnote *note, const char *want) {
    char text[QITEM_NOTE_MAX];
    struct qnote back;
    assert_int_equal(qnote_format(note, text), 0);
    assert_string_equal(text, want);
    assert_int_equal(qnote_parse(text, strlen(text), &back), 0);
    assert_true(back.keep_s == note->keep_s && back.boot_s == note->boot_s);
    assert_int_equal(back.has_folder, note->has_folder);
    assert_int_equal(back.mode, note->mode);
    assert_int_equal(back.uid, note->uid);
    assert_int_equal(back.gid, note->gid);
    assert_string_equal(back.path, note->path);
}

static void notes_are_written_and_read_again(void **state) {
    (void)state;
    check_note(&(struct qnote){.keep_s = 3600, .path = "/ring"}, "1 3600\n/ring");
    check_note(&(struct qnote){.keep_s = 0, .path = "/a\nb \xff"}, "1 0\n/a\nb \xff");
    check_note(&(struct qnote){.keep_s = 60,
                               .has_folder = true,
                               .mode = 01750,
                               .uid = UINT32_MAX,
                               .gid = 5,
                               .path = "/qb-1/x"},
               "1 60 1750.4294967295.5\n/qb-1/x");
    check_note(&(struct qnote){.keep_s = 60, .boot_s = 71, .has_folder = true, .path = "/a/b"},
               "1 60+71 0.0.0\n/a/b");
    struct qnote note = {.keep_s = 3600, .path = "/"};
    char text[QITEM_NOTE_MAX];
    memset(note.path + 1, 'x', sizeof note.path - 2);
    assert_int_equal(qnote_format(&note, text), -ENAMETOOLONG);
}

static void usual_notes_cost_no_page(void **state) {
    (void)state;
    struct qnote note = {.keep_s = 31622400,
                         .boot_s = 99999999,
                         .has_folder = true,
                         .mode = 07777,
                         .uid = 65534,
                         .gid = 65534};
    char text[QITEM_NOTE_MAX];
    note.path[0] = '/';
    memset(note.path + 1, 'x', 80);
    assert_int_equal(qnote_format(&note, text), 0);
    assert_true(strlen(text) < 128); // a longer link takes a page of the tmpfs
}

static void damaged_notes_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "1",
                                        "1 3600",
                                        "1 3600\n",
                                        "1 3600\nring",
                                        "2 3600\n/ring",
                                        "1 3600 \n/ring",
                                        "1  3600\n/ring",
                                        "1 03\n/ring",
                                        "1 3600+\n/ring",
                                        "1 3600+0\n/ring",
                                        "1 3600+07\n/ring",
                                        "1 3600 755+7\n/ring",
                                        "1 3600 755\n/ring",
                                        "1 3600 755.0\n/ring",
                                        "1 3600 755.0.0.0\n/ring",
                                        "1 3600 888.0.0\n/ring",
                                        "1 3600 755.4294967296.0\n/ring",
                                        "1 3600 77777.0.0\n/ring",
                                        "1 99999999999\n/ring",
                                        "1 3600\n//ring",
                                        "1 3600\n/",
                                        "1 3600\n/a/",
                                        "1 3600\n/../etc/passwd",
                                        "1 3600\n/a/../b",
                                        "1 3600\n/.",
                                        "1 3600\n/a/./b",
                                        "/etc/passwd"};
    struct qnote note;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (qnote_parse(wrong[i], strlen(wrong[i]), &note) != -EINVAL)
            fail_msg("'%s' was taken for a note", wrong[i]);
    assert_int_equal(qnote_parse("1 3600\n/a\0b", 11, &note), -EINVAL);
    assert_int_equal(qnote_parse("1 3600\n/..a", 11, &note), 0);
}

static void quarantines_are_known_by_name(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool is;
        uint32_t uid;
    } names[] = {{".shmtop-0", true, 0},
                 {".shmtop-65534", true, 65534},
                 {".shmtop-1000.9f3a", true, 1000},
                 {".shmtop-", false, 0},
                 {".shmtop-00", false, 0},
                 {".shmtop-1000.", false, 0},
                 {".shmtop-1000.x", false, 0},
                 {".shmtop-1000-1-2-3", false, 0},
                 {".shmtop-4294967296", false, 0},
                 {".shmtop-1 ", false, 0},
                 {"shmtop-1", false, 0}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t uid = 0;
        if (quarantine_parse_dir(names[i].name, &uid) != names[i].is)
            fail_msg("%s", names[i].name);
        if (names[i].is)
            assert_int_equal(uid, names[i].uid);
    }
}

static void paths_of_items_are_known(void **state) {
    (void)state;
    static const struct {
        const char *path;
        bool is;
    } paths[] = {{"/dev/shm/.shmtop-0/1a-3f-19a3b2c4d5e", true},
                 {"/.shmtop-0/1-2-3", true},
                 {"/run/x/.shmtop-1000.9f/1-2-3", true},
                 {"/dev/shm/.shmtop-0/1-2-3.from", false},
                 {"/dev/shm/.shmtop-0/ring", false},
                 {"/dev/shm/.shmtop-0/1-2-3/x", false},
                 {"/dev/shm/shmtop/1-2-3", false},
                 {".shmtop-0/1-2-3", false},
                 {"1-2-3", false},
                 {"/", false},
                 {"", false}};
    char longest[600];
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (quarantine_has_path(paths[i].path, strlen(paths[i].path)) != paths[i].is)
            fail_msg("%s", paths[i].path);
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    assert_false(quarantine_has_path(longest, sizeof longest)); // not terminated
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_named_and_read_again),
        cmocka_unit_test(what_is_no_item_is_none),
        cmocka_unit_test(notes_are_written_and_read_again),
        cmocka_unit_test(usual_notes_cost_no_page),
        cmocka_unit_test(damaged_notes_are_refused),
        cmocka_unit_test(quarantines_are_known_by_name),
        cmocka_unit_test(paths_of_items_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
