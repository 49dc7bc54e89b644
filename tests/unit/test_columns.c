// test_columns.c - the text of cells, and the order of segments.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/colkey.h"
#include "core/columns.h"

#define S UINT64_C(1000000000)
#define NOON (UINT64_C(1795348800) * S) // 2026-11-22T12:00:00Z

enum { OWN_NS = 4026531839 };

static struct segment sysv(uint64_t shmid) {
    struct segment s = {0};
    s.id.kind = SEG_SYSV;
    s.id.ns = OWN_NS;
    s.id.num = shmid;
    s.name = strv_missing(WHY_NONE);
    return s;
}

static struct segment posix(struct builder *b, const char *name, uint64_t inode) {
    struct segment s = {0};
    s.id.kind = SEG_POSIX;
    s.id.dev = 26;
    s.id.num = inode;
    s.name = builder_str(b, name, strlen(name));
    seg_set(&s, SEG_LINKS, 1);
    return s;
}

static struct builder *new_builder(void) {
    struct builder *b;
    assert_int_equal(builder_new(&b), 0);
    return b;
}

static const struct snapshot *freeze(struct builder *b) {
    const struct snapshot *snap;
    assert_int_equal(builder_freeze(b, 1, 0, NOON, &snap), 0);
    return snap;
}

static uint32_t add_process(struct builder *b, pid_t pid, uint8_t scan) {
    struct process p = {.id = {pid, 1}, .state = 'S', .scan = scan};
    uint32_t index;
    assert_int_equal(builder_add_process(b, &p, &index), 0);
    return index;
}

static void assert_cell(const struct snapshot *snap, const struct segment *seg, enum column col,
                        enum why why, const char *want) {
    struct column_style style = {.now_ns = NOON};
    char text[256];
    memset(text, 'X', sizeof text);
    enum why got = column_text(snap, seg, col, &style, text, sizeof text);
    assert_string_equal(text, want);
    assert_int_equal(got, why);
}

// ---- the table of columns

static void columns_are_found_by_name(void **state) {
    (void)state;
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        const struct column_info *info = column_info((enum column)i);
        assert_int_equal(column_by_name(info->name), i);
        assert_true(info->min_width > 0 && info->head[0] != '\0');
        assert_int_equal(info->of_list, i <= COL_VERDICT);
    }
    assert_int_equal(column_by_name("no-such"), COLUMN_COUNT);
    assert_int_equal(column_by_name(""), COLUMN_COUNT);
    assert_non_null(column_info(COLUMN_COUNT)); // never NULL
}

// ---- cells

static void system_v_cells_show_its_facts(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment s = sysv(98310);
    seg_set(&s, SEG_KEY, 0x0052e2c1);
    seg_set(&s, SEG_SIZE, 209715200);
    seg_set(&s, SEG_RESIDENT, 0);
    seg_set_missing(&s, SEG_SWAPPED, WHY_DENIED);
    seg_set(&s, SEG_MODE, 0660);
    seg_set(&s, SEG_UID, 1001);
    seg_set(&s, SEG_GID, 1002);
    seg_set(&s, SEG_CREATOR_PID, 7710);
    seg_set(&s, SEG_LAST_PID, 7712);
    seg_set(&s, SEG_NATTCH, 3);
    seg_set_missing(&s, SEG_ATTACH_TIME, WHY_NONE);
    seg_set(&s, SEG_DETACH_TIME, NOON - 3600 * S);
    seg_set(&s, SEG_CHANGE_TIME, NOON - 7200 * S);
    seg_set_missing(&s, SEG_BIRTH_TIME, WHY_UNSUPPORTED);
    seg_set(&s, SEG_IPC_NS, OWN_NS);
    seg_set_missing(&s, SEG_MNT_NS, WHY_NONE);
    s.flags = SEG_FLAG_LOCKED | SEG_FLAG_HUGE;
    s.container = strv_missing(WHY_NONE);
    assert_int_equal(builder_add_segment(b, &s), 0);
    add_process(b, 7712, SCANNED);
    builder_add_user(b, 1001, builder_str(b, "app", 3));
    const struct snapshot *snap = freeze(b);
    static const struct {
        enum column col;
        enum why why;
        const char *want;
    } cases[] = {
        {COL_ID, WHY_KNOWN, "sysv:98310"},
        {COL_KIND, WHY_KNOWN, "sysv"},
        {COL_KEY, WHY_KNOWN, "0x0052e2c1"},
        {COL_NAME, WHY_NONE, "-"},
        {COL_SIZE, WHY_KNOWN, "200.0M"},
        {COL_RESIDENT, WHY_KNOWN, "0"},
        {COL_SWAPPED, WHY_DENIED, "?"},
        {COL_MODE, WHY_KNOWN, "0660"},
        {COL_UID, WHY_KNOWN, "1001"},
        {COL_USER, WHY_KNOWN, "app"},
        {COL_GID, WHY_KNOWN, "1002"},
        {COL_CREATOR, WHY_KNOWN, "7710 gone"},
        {COL_LAST, WHY_KNOWN, "7712"},
        {COL_NATTCH, WHY_KNOWN, "3"},
        {COL_HOLDERS, WHY_KNOWN, "0"},
        {COL_HIDDEN, WHY_KNOWN, "3"},
        {COL_ATTACH, WHY_NONE, "-"},
        {COL_DETACH, WHY_KNOWN, "2026-11-22T11:00:00Z"},
        {COL_CHANGE, WHY_KNOWN, "2026-11-22T10:00:00Z"},
        {COL_BIRTH, WHY_UNSUPPORTED, "?"},
        {COL_FLAGS, WHY_KNOWN, "locked,huge"},
        {COL_IPC_NS, WHY_KNOWN, "4026531839"},
        {COL_MNT_NS, WHY_NONE, "-"},
        {COL_CONTAINER, WHY_NONE, "-"},
        {COL_ORIGIN, WHY_NONE, "-"},
        {COL_VERDICT, WHY_KNOWN, "in-use"},
        {COL_LABEL, WHY_KNOWN, "0x0052e2c1"},
        {COL_ATT, WHY_KNOWN, "3"},
        {COL_PERM, WHY_KNOWN, "rw-rw----"},
        {COL_AGE, WHY_KNOWN, "1h00m"},
        {COL_STATE, WHY_KNOWN, "in-use"},
        {COL_TREND, WHY_KNOWN, "0"},
        {COL_PLACE, WHY_NONE, "-"},
    };
    assert_int_equal(sizeof cases / sizeof *cases, COLUMN_COUNT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_cell(snap, snap->segments, cases[i].col, cases[i].why, cases[i].want);
    char text[64];
    struct column_style bytes = {.raw_bytes = true};
    column_text(snap, snap->segments, COL_SIZE, &bytes, text, sizeof text);
    assert_string_equal(text, "209715200");
    snapshot_unref(snap);
}

static void the_place_of_a_foreign_segment_is_its_container_or_namespace(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = 7, .num = 1}, .foreign = true};
    s.container = builder_str(b, "web", 3);
    seg_set(&s, SEG_IPC_NS, 7);
    assert_int_equal(builder_add_segment(b, &s), 0);
    s.id.num = 2;
    s.container = strv_missing(WHY_NONE);
    assert_int_equal(builder_add_segment(b, &s), 0);
    s = (struct segment){.id = {.kind = SEG_POSIX, .dev = 9, .num = 3}, .foreign = true};
    seg_set(&s, SEG_MNT_NS, 8);
    assert_int_equal(builder_add_segment(b, &s), 0);
    const struct snapshot *snap = freeze(b);
    assert_cell(snap, &snap->segments[0], COL_PLACE, WHY_KNOWN, "web");
    assert_cell(snap, &snap->segments[1], COL_PLACE, WHY_KNOWN, "ipc:7");
    assert_cell(snap, &snap->segments[2], COL_PLACE, WHY_KNOWN, "mnt:8");
    for (int i = 0; i < 2; i++)
        assert_true(
            column_compare(snap, &snap->segments[i], &snap->segments[i + 1], COL_PLACE, false) < 0);
    snapshot_unref(snap);
}

static void nothing_asked_shows_question_marks(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = 1, .num = 2}};
    builder_add_segment(b, &s);
    const struct snapshot *snap = freeze(b);
    for (unsigned col = 0; col < COLUMN_COUNT; col++) {
        if (col == COL_ID || col == COL_KIND || col == COL_FLAGS || col == COL_HIDDEN ||
            col == COL_ORIGIN || col == COL_VERDICT || col == COL_STATE || col == COL_PLACE)
            continue;
        assert_cell(snap, snap->segments, (enum column)col, WHY_NOT_ASKED, "?");
    }
    assert_cell(snap, snap->segments, COL_FLAGS, WHY_NONE, "-");
    assert_cell(snap, snap->segments, COL_ORIGIN, WHY_NONE, "-");
    assert_cell(snap, snap->segments, COL_VERDICT, WHY_KNOWN, "unknown");
    snapshot_unref(snap);
}

static void labels_can_always_be_seen(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment key = sysv(1), private = sysv(2), unknown = sysv(3), dest = sysv(4);
    struct segment named = posix(b, "/a\x1b[31m\\", 5), empty = posix(b, "", 6);
    struct segment anon = posix(b, "", 7), lost = posix(b, "", 8);
    seg_set(&key, SEG_KEY, 0x5201);
    seg_set(&private, SEG_KEY, 0);
    seg_set_missing(&unknown, SEG_KEY, WHY_MALFORMED);
    seg_set(&dest, SEG_KEY, 0);
    dest.flags = SEG_FLAG_DEST;
    empty.id.kind = SEG_MEMFD;
    anon.id.kind = SEG_ANON;
    anon.name = strv_missing(WHY_NONE);
    lost.name = strv_missing(WHY_GONE);
    struct segment *all[] = {&key, &private, &unknown, &dest, &named, &lost, &empty, &anon};
    static const struct {
        enum why why;
        const char *want;
    } cases[] = {
        {WHY_KNOWN, "0x00005201"}, {WHY_KNOWN, "private"},          {WHY_MALFORMED, "?"},
        {WHY_KNOWN, "private"},    {WHY_KNOWN, "/a\\x1b[31m\\x5c"}, {WHY_GONE, "?"},
        {WHY_KNOWN, "\"\""},       {WHY_KNOWN, "anonymous"},
    };
    for (size_t i = 0; i < sizeof all / sizeof(struct segment *); i++)
        assert_int_equal(builder_add_segment(b, all[i]), 0);
    const struct snapshot *snap = freeze(b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_cell(snap, &snap->segments[i], COL_LABEL, cases[i].why, cases[i].want);
    assert_cell(snap, &snap->segments[3], COL_STATE, WHY_KNOWN, "dest");
    snapshot_unref(snap);
}

static void what_is_left_behind_shouts_and_tells_its_software(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment s = sysv(1), named = posix(b, "/psm_0123abcd", 7);
    seg_set(&s, SEG_CREATOR_PID, 10);
    seg_set_missing(&s, SEG_LAST_PID, WHY_NONE);
    seg_set(&s, SEG_NATTCH, 0);
    seg_set(&s, SEG_CHANGE_TIME, 100 * S);
    builder_add_segment(b, &s);
    builder_add_segment(b, &named);
    add_process(b, 5, SCANNED);
    const struct snapshot *snap = freeze(b);
    assert_cell(snap, &snap->segments[0], COL_STATE, WHY_KNOWN, "ORPHAN");
    assert_cell(snap, &snap->segments[0], COL_VERDICT, WHY_KNOWN, "orphan");
    assert_cell(snap, &snap->segments[0], COL_ORIGIN, WHY_NONE, "-");
    assert_cell(snap, &snap->segments[1], COL_ORIGIN, WHY_KNOWN, "Python multiprocessing");
    assert_true(column_compare(snap, &snap->segments[0], &snap->segments[1], COL_VERDICT, false) <
                0); // orphan, unknown
    assert_true(column_compare(snap, &snap->segments[0], &snap->segments[1], COL_ORIGIN, false) >
                0); // none comes last
    snapshot_unref(snap);
}

static void pids_carry_the_state_of_their_process(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment s = sysv(1);
    seg_set(&s, SEG_CREATOR_PID, 10);
    seg_set(&s, SEG_LAST_PID, 11);
    seg_set(&s, SEG_CHANGE_TIME, 100 * S);
    builder_add_segment(b, &s);
    s = sysv(2);
    seg_set(&s, SEG_CREATOR_PID, 0);
    seg_set_missing(&s, SEG_LAST_PID, WHY_NONE);
    builder_add_segment(b, &s);
    struct process late = {.id = {11, 9}, .state = 'S', .scan = SCANNED, .start_time = 900 * S};
    uint32_t index;
    builder_add_process(b, &late, &index);
    const struct snapshot *snap = freeze(b);
    assert_cell(snap, &snap->segments[0], COL_CREATOR, WHY_KNOWN, "10 gone");
    assert_cell(snap, &snap->segments[0], COL_LAST, WHY_KNOWN, "11 reused");
    assert_cell(snap, &snap->segments[1], COL_CREATOR, WHY_KNOWN, "0 ?");
    assert_cell(snap, &snap->segments[1], COL_LAST, WHY_NONE, "-");
    snapshot_unref(snap);
}

static void holders_are_zero_only_when_somebody_was_looked_at(void **state) {
    (void)state;
    static const struct {
        uint8_t scan;
        enum why why;
        const char *count;
    } cases[] = {{SCANNED, WHY_KNOWN, "0"},
                 {SCAN_DENIED, WHY_DENIED, "?"},
                 {SCAN_NOT_ASKED, WHY_NOT_ASKED, "?"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct builder *b = new_builder();
        struct segment s = posix(b, "/x", 1);
        seg_set_missing(&s, SEG_NATTCH, WHY_NONE);
        builder_add_segment(b, &s);
        add_process(b, 5, cases[i].scan);
        const struct snapshot *snap = freeze(b);
        assert_cell(snap, snap->segments, COL_HOLDERS, cases[i].why, cases[i].count);
        // That nobody is seen says nothing where the verdict is that somebody may be out of sight.
        assert_cell(snap, snap->segments, COL_ATT,
                    cases[i].why == WHY_KNOWN ? WHY_NOT_ASKED : cases[i].why, "?");
        assert_cell(snap, snap->segments, COL_STATE, WHY_KNOWN, "unknown");
        snapshot_unref(snap);
    }
}

static void nattch_zero_proves_that_nobody_holds_it(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment s = sysv(1);
    seg_set(&s, SEG_NATTCH, 0);
    builder_add_segment(b, &s);
    s = sysv(2);
    seg_set(&s, SEG_NATTCH, 2);
    builder_add_segment(b, &s);
    s = sysv(3);
    seg_set_missing(&s, SEG_NATTCH, WHY_DENIED);
    builder_add_segment(b, &s);
    add_process(b, 5, SCAN_DENIED);
    const struct snapshot *snap = freeze(b);
    assert_cell(snap, &snap->segments[0], COL_HOLDERS, WHY_KNOWN, "0");
    assert_cell(snap, &snap->segments[0], COL_STATE, WHY_KNOWN, "young");
    assert_cell(snap, &snap->segments[1], COL_HOLDERS, WHY_DENIED, "?");
    assert_cell(snap, &snap->segments[1], COL_STATE, WHY_KNOWN, "in-use");
    assert_cell(snap, &snap->segments[2], COL_STATE, WHY_KNOWN, "unknown");
    assert_cell(snap, &snap->segments[2], COL_ATT, WHY_DENIED, "?");
    snapshot_unref(snap);
}

static void mappings_and_descriptors_are_told_apart(void **state) {
    (void)state;
    struct builder *b = new_builder();
    struct segment mapped = posix(b, "/m", 1), open = posix(b, "/o", 2), gone = posix(b, "/u", 3);
    gone.flags = SEG_FLAG_UNLINKED;
    builder_add_segment(b, &mapped);
    builder_add_segment(b, &open);
    builder_add_segment(b, &gone);
    uint32_t p = add_process(b, 5, SCANNED);
    for (uint64_t i = 0; i < 3; i++) {
        struct mapping m = {.process = p,
                            .kind = SEG_POSIX,
                            .access = ACCESS_R,
                            .dev = 26,
                            .ino = 1,
                            .start = i * 8192,
                            .end = i * 8192 + 4096};
        assert_int_equal(builder_add_mapping(b, &m), 0);
    }
    assert_int_equal(builder_add_fd(b, p, SEG_POSIX, 0, 26, 2, ACCESS_R), 0);
    const struct snapshot *snap = freeze(b);
    assert_cell(snap, &snap->segments[0], COL_ATT, WHY_KNOWN, "3");
    assert_cell(snap, &snap->segments[0], COL_HOLDERS, WHY_KNOWN, "1");
    assert_cell(snap, &snap->segments[0], COL_STATE, WHY_KNOWN, "in-use");
    assert_cell(snap, &snap->segments[1], COL_ATT, WHY_KNOWN, "0");
    assert_cell(snap, &snap->segments[1], COL_HOLDERS, WHY_KNOWN, "1");
    assert_cell(snap, &snap->segments[1], COL_STATE, WHY_KNOWN, "in-use");
    assert_cell(snap, &snap->segments[2], COL_STATE, WHY_KNOWN, "unlinked");
    snapshot_unref(snap);
}

static void age_counts_from_the_latest_time(void **state) {
    (void)state;
    static const enum seg_field times[] = {SEG_BIRTH_TIME, SEG_CHANGE_TIME, SEG_ATTACH_TIME,
                                           SEG_DETACH_TIME};
    for (size_t latest = 0; latest < 4; latest++) {
        struct builder *b = new_builder();
        struct segment s = sysv(1);
        for (size_t i = 0; i < 4; i++)
            seg_set(&s, times[i], NOON - (i == latest ? 30 : 3000) * S);
        builder_add_segment(b, &s);
        const struct snapshot *snap = freeze(b);
        assert_cell(snap, snap->segments, COL_AGE, WHY_KNOWN, "30s");
        snapshot_unref(snap);
    }
    struct builder *b = new_builder();
    struct segment s = sysv(1);
    seg_set(&s, SEG_CHANGE_TIME, NOON + 5 * S); // a clock that was set back
    builder_add_segment(b, &s);
    s = sysv(2);
    for (size_t i = 0; i < 4; i++)
        seg_set_missing(&s, times[i], i == 2 ? WHY_DENIED : WHY_NONE);
    builder_add_segment(b, &s);
    s = sysv(3);
    for (size_t i = 0; i < 4; i++)
        seg_set_missing(&s, times[i], WHY_NONE);
    builder_add_segment(b, &s);
    const struct snapshot *snap = freeze(b);
    assert_cell(snap, &snap->segments[0], COL_AGE, WHY_KNOWN, "0s");
    assert_cell(snap, &snap->segments[1], COL_AGE, WHY_DENIED, "?");
    assert_cell(snap, &snap->segments[2], COL_AGE, WHY_NONE, "-");
    snapshot_unref(snap);
}

static void cells_are_cut_at_the_buffer(void **state) {
    (void)state;
    struct builder *b = new_builder();
    char name[300] = "/";
    memset(name + 1, 'n', sizeof name - 2);
    struct segment s = posix(b, name, 1);
    s.flags = (1u << SEG_FLAG_COUNT) - 1;
    seg_set(&s, SEG_UID, 77);
    builder_add_segment(b, &s);
    const struct snapshot *snap = freeze(b);
    for (unsigned col = 0; col < COLUMN_COUNT; col++) {
        for (size_t size = 0; size < 12; size++) {
            char text[16];
            memset(text, 'X', sizeof text);
            column_text(snap, snap->segments, (enum column)col, NULL, text, size);
            if (size > 0)
                assert_non_null(memchr(text, 0, size));
            for (size_t i = size; i < sizeof text; i++)
                assert_int_equal(text[i], 'X');
        }
    }
    assert_cell(snap, snap->segments, COL_USER, WHY_KNOWN, "77"); // no such user: the number
    snapshot_unref(snap);
}

// ---- order

enum { MANY = 400 };

static bool is_time(unsigned f) {
    return f == SEG_ATTACH_TIME || f == SEG_DETACH_TIME || f == SEG_CHANGE_TIME ||
           f == SEG_BIRTH_TIME;
}

// Segments with few different values and many gaps, so that ties and missing ones are common.
static const struct snapshot *make_many(unsigned seed) {
    struct builder *b = new_builder();
    srand(seed);
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "/%c%c-%d", 'a' + rand() % 3, 'A' + rand() % 3, rand() % 4);
        struct segment s = i % 3 ? posix(b, name, (uint64_t)i) : sysv((uint64_t)i);
        if (i % 17 == 0)
            s.name = strv_missing(WHY_GONE);
        if (i % 23 == 1)
            s.id.kind = SEG_ANON;
        for (unsigned f = 0; f < SEG_FIELD_COUNT; f++) {
            if (rand() % 4 == 0)
                seg_set_missing(&s, (enum seg_field)f, (enum why)(rand() % 3 + WHY_NONE));
            else
                seg_set(&s, (enum seg_field)f, (uint64_t)(rand() % 4) * (is_time(f) ? S : 1));
        }
        s.flags = (uint32_t)rand() % 4;
        s.container = rand() % 2 ? builder_str(b, "pod", (size_t)(rand() % 4))
                                 : strv_missing(WHY_NONE);
        builder_add_segment(b, &s);
    }
    builder_add_user(b, 1, builder_str(b, "one", 3));
    builder_add_user(b, 2, builder_str(b, "app", 3));
    add_process(b, 1, SCANNED);
    return freeze(b);
}

static void order_is_total_and_keeps_missing_ones_last(void **state) {
    (void)state;
    const struct snapshot *snap = make_many(3);
    struct column_style style = {.now_ns = NOON};
    for (unsigned c = 0; c < COLUMN_COUNT; c++) {
        enum column col = (enum column)c;
        for (int n = 0; n < 4000; n++) {
            const struct segment *x = &snap->segments[rand() % MANY];
            const struct segment *y = &snap->segments[rand() % MANY];
            const struct segment *z = &snap->segments[rand() % MANY];
            char text[2][64];
            int xy = column_compare(snap, x, y, col, false);
            int yz = column_compare(snap, y, z, col, false);
            int inverted = column_compare(snap, x, y, col, true);
            assert_int_equal(xy == 0, x == y);
            assert_int_equal(xy<0, column_compare(snap, y, x, col, false)> 0);
            if (xy < 0 && yz < 0)
                assert_true(column_compare(snap, x, z, col, false) < 0);
            enum why a = column_text(snap, x, col, &style, text[0], sizeof text[0]);
            enum why b = column_text(snap, y, col, &style, text[1], sizeof text[1]);
            if ((a == WHY_KNOWN) != (b == WHY_KNOWN)) {
                assert_int_equal(xy < 0, a == WHY_KNOWN);
                assert_int_equal(inverted < 0, a == WHY_KNOWN);
            } else if (a == WHY_KNOWN && strcmp(text[0], text[1]) != 0) {
                assert_int_equal(xy<0, inverted> 0);
            } else if (col != COL_AGE && col != COL_ID && col != COL_LABEL && col != COL_VERDICT) {
                assert_int_equal(xy < 0, seg_id_compare(&x->id, &y->id) < 0);
                assert_int_equal(inverted < 0, xy < 0);
            }
        }
    }
    snapshot_unref(snap);
}

static void numbers_sort_largest_first_and_text_ascending(void **state) {
    (void)state;
    struct builder *b = new_builder();
    static const char *const names[] = {"/b", "/abcdefghZ", "/abcdefgh", "/abcdefghA", "/B"};
    static const char *const by_name[] = {"/B", "/abcdefgh", "/abcdefghA", "/abcdefghZ", "/b"};
    for (size_t i = 0; i < 5; i++) {
        struct segment s = posix(b, names[i], i + 1);
        seg_set(&s, SEG_SIZE, i * 100);
        seg_set(&s, SEG_CHANGE_TIME, i * S);
        builder_add_segment(b, &s);
    }
    const struct snapshot *snap = freeze(b);
    struct colkey keys[5];
    for (unsigned i = 0; i < 5; i++) {
        keys[i] = colkey_make(snap, &snap->segments[i], COL_NAME);
        keys[i].item = i;
    }
    assert_int_equal(colkey_sort(keys, 5, COL_NAME, false), 0);
    for (size_t i = 0; i < 5; i++)
        assert_memory_equal(keys[i].text, by_name[i], strlen(by_name[i]));
    const struct segment *small = &snap->segments[0], *large = &snap->segments[4];
    assert_true(column_compare(snap, large, small, COL_SIZE, false) < 0);
    assert_true(column_compare(snap, large, small, COL_SIZE, true) > 0);
    assert_true(column_compare(snap, large, small, COL_CHANGE, false) < 0);
    assert_true(column_compare(snap, small, large, COL_AGE, false) < 0); // the oldest first
    snapshot_unref(snap);
}

static void sorting_agrees_with_comparing(void **state) {
    (void)state;
    const struct snapshot *snap = make_many(5);
    for (unsigned c = 0; c < COLUMN_COUNT; c++) {
        for (int round = 0; round < 8; round++) {
            enum column col = (enum column)c;
            bool invert = round & 1, seen[MANY] = {false};
            struct colkey keys[MANY];
            size_t count = (size_t)(round < 2 ? MANY : rand() % MANY);
            for (size_t i = 0; i < count; i++) {
                keys[i] = colkey_make(snap, &snap->segments[i], col);
                keys[i].item = (uint32_t)i;
            }
            for (size_t i = 0; i < count && round >= 4; i++) { // nearly in order, or not at all
                size_t j = round < 6 ? (i + 1) % count : (size_t)rand() % count;
                struct colkey swap = keys[i];
                keys[i] = keys[j];
                keys[j] = swap;
            }
            assert_int_equal(colkey_sort(keys, count, col, invert), 0);
            for (size_t i = 0; i < count; i++) {
                assert_false(seen[keys[i].item]);
                seen[keys[i].item] = true;
                if (i > 0)
                    assert_true(column_compare(snap, keys[i - 1].seg, keys[i].seg, col, invert) <
                                0);
            }
        }
    }
    snapshot_unref(snap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(system_v_cells_show_its_facts),
        cmocka_unit_test(the_place_of_a_foreign_segment_is_its_container_or_namespace),
        cmocka_unit_test(nothing_asked_shows_question_marks),
        cmocka_unit_test(labels_can_always_be_seen),
        cmocka_unit_test(pids_carry_the_state_of_their_process),
        cmocka_unit_test(what_is_left_behind_shouts_and_tells_its_software),
        cmocka_unit_test(holders_are_zero_only_when_somebody_was_looked_at),
        cmocka_unit_test(nattch_zero_proves_that_nobody_holds_it),
        cmocka_unit_test(mappings_and_descriptors_are_told_apart),
        cmocka_unit_test(age_counts_from_the_latest_time),
        cmocka_unit_test(cells_are_cut_at_the_buffer),
        cmocka_unit_test(order_is_total_and_keeps_missing_ones_last),
        cmocka_unit_test(numbers_sort_largest_first_and_text_ascending),
        cmocka_unit_test(sorting_agrees_with_comparing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
