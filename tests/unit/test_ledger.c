// test_ledger.c - the account of shared memory: its rows, its sums, and what may be missing.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/ledger.h"

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1) << 20)

enum { OUR_IPC = 7, OTHER_IPC = 9, OUR_MNT = 5, OTHER_MNT = 6, SHM = 26, TMP = 30, INTERNAL = 1 };

struct object {
    enum seg_kind kind;
    uint32_t flags;
    uint64_t ns, dev, num, size, resident, swapped;
};

static struct builder *begin(uint64_t shmem) {
    struct builder *b = NULL;
    assert_int_equal(builder_new(&b), 0);
    *builder_vantage(b) = (struct vantage){
        .ipc_ns = OUR_IPC, .mnt_ns = OUR_MNT, .devshm_dev = SHM, .page_size = 4096};
    builder_set_limit(b, LIMIT_MEMINFO_SHMEM, u64v_of(shmem));
    builder_set_limit(b, LIMIT_SWAP_USED, u64v_of(0));
    *builder_coverage(b) = (struct coverage){
        .complete = true, .descriptors = true, .foreign_mounts = true, .locks = true};
    return b;
}

static void add_object(struct builder *b, const struct object *o) {
    struct segment s = {.id = {o->kind, o->ns, o->dev, o->num, {0}}, .flags = o->flags};
    s.foreign = o->kind == SEG_SYSV && o->ns != OUR_IPC;
    seg_set(&s, SEG_SIZE, o->size);
    seg_set(&s, SEG_RESIDENT, o->resident);
    seg_set(&s, SEG_SWAPPED, o->swapped);
    s.name = s.container = strv_missing(WHY_NONE);
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static void add_objects(struct builder *b, const struct object *objects, size_t n) {
    for (size_t i = 0; i < n; i++)
        add_object(b, &objects[i]);
}
#define ADD(b, objects) add_objects(b, objects, sizeof(objects) / sizeof *(objects))

static void add_tmpfs(struct builder *b, uint64_t dev, const char *where, bool own, bool walked,
                      u64v size, u64v used) {
    struct tmpfs fs = {.dev = dev,
                       .mnt_ns = own ? OUR_MNT : OTHER_MNT,
                       .own = own,
                       .walked = walked,
                       .where = builder_str(b, where, strlen(where)),
                       .size = size,
                       .used = used};
    assert_int_equal(builder_add_tmpfs(b, &fs), 0);
}

static struct ledger account(struct builder *b) {
    const struct snapshot *snap = NULL;
    struct ledger l;
    assert_int_equal(builder_freeze(b, 1, 1, 1, &snap), 0);
    assert_int_equal(ledger_make(snap, &l), 0);
    snapshot_unref(snap);
    return l;
}

static uint64_t number(u64v v) {
    uint64_t n = 0;
    assert_int_equal(u64v_get(v, &n), WHY_KNOWN);
    return n;
}

static enum why reason(u64v v) {
    uint64_t n;
    return u64v_get(v, &n);
}

static bool names_cause(const struct ledger *l, const char *text) {
    for (size_t i = 0; i < l->cause_count; i++)
        if (strstr(l->causes[i], text))
            return true;
    return false;
}

static void a_walked_tmpfs_is_told_apart_in_linked_held_and_unseen(void **state) {
    (void)state;
    static const struct object objects[] = {
        {SEG_POSIX, 0, 0, SHM, 1, 10 * MIB, 4 * MIB, 0},
        {SEG_POSIX, SEG_FLAG_UNLINKED, 0, SHM, 2, 8 * MIB, 8 * MIB, 0},
    };
    struct builder *b = begin(13 * MIB);
    ADD(b, objects);
    add_tmpfs(b, SHM, "/dev/shm", true, true, u64v_of(64 * MIB), u64v_of(13 * MIB));
    struct ledger l = account(b);
    assert_int_equal(l.row_count, 1);
    const struct ledger_row *row = &l.rows[0];
    assert_int_equal(row->kind, LEDGER_TMPFS);
    assert_int_equal(row->bytes, 13 * MIB); // what statfs says, not what is seen
    assert_int_equal(number(row->linked), 4 * MIB);
    assert_int_equal(number(row->unlinked_held), 8 * MIB);
    assert_int_equal(row->unexplained.why, WHY_KNOWN);
    assert_int_equal(row->unexplained.bytes, MIB);
    assert_int_equal(number(row->promised), 18 * MIB);
    assert_int_equal(number(row->unwritten), 6 * MIB);
    assert_int_equal(number(row->free), 51 * MIB);
    assert_int_equal(number(row->dev), SHM);
    assert_int_equal(number(row->mnt_ns), OUR_MNT);
    assert_int_equal(l.explained, 13 * MIB);
    assert_int_equal(l.unexplained.bytes, 0);
    assert_int_equal(l.cause_count, 1);
    assert_true(names_cause(&l, "1.0M of /dev/shm in no file that is seen"));
    assert_true(names_cause(&l, "in flight"));
    ledger_done(&l);
}

static void of_a_tmpfs_that_is_not_walked_only_the_sum_is_known(void **state) {
    (void)state;
    static const struct object held[] = {
        {SEG_TMPFS, SEG_FLAG_UNLINKED, 0, TMP, 3, 2 * MIB, 2 * MIB, 0}};
    struct builder *b = begin(9 * MIB);
    ADD(b, held);
    add_tmpfs(b, TMP, "/tmp", true, false, u64v_of(64 * MIB), u64v_of(9 * MIB));
    struct ledger l = account(b);
    assert_int_equal(l.row_count, 1);
    assert_int_equal(l.rows[0].bytes, 9 * MIB);
    assert_int_equal(number(l.rows[0].unlinked_held), 2 * MIB);
    assert_int_equal(reason(l.rows[0].linked), WHY_NOT_ASKED);
    assert_int_equal(reason(l.rows[0].promised), WHY_NOT_ASKED);
    assert_int_equal(l.rows[0].unexplained.why, WHY_NOT_ASKED);
    assert_int_equal(l.explained, 9 * MIB);
    ledger_done(&l);
}

static void pages_in_swap_are_used_but_not_in_memory(void **state) {
    (void)state;
    static const struct object objects[] = {
        {SEG_POSIX, 0, 0, SHM, 1, 8 * MIB, 3 * MIB, 5 * MIB},
        {SEG_SYSV, 0, OUR_IPC, 0, 1, 4 * MIB, MIB, 3 * MIB},
    };
    struct builder *b = begin(4 * MIB);
    ADD(b, objects);
    builder_set_limit(b, LIMIT_SWAP_USED, u64v_of(8 * MIB));
    add_tmpfs(b, SHM, "/dev/shm", true, true, u64v_of(64 * MIB), u64v_of(8 * MIB));
    struct ledger l = account(b);
    assert_int_equal(l.rows[0].bytes, 3 * MIB);
    assert_int_equal(number(l.rows[0].swapped), 5 * MIB);
    assert_int_equal(number(l.rows[0].linked), 8 * MIB);
    assert_int_equal(l.rows[0].unexplained.bytes, 0);
    assert_int_equal(l.rows[1].kind, LEDGER_SYSV);
    assert_int_equal(l.rows[1].bytes, MIB);
    assert_int_equal(number(l.rows[1].swapped), 3 * MIB);
    assert_int_equal(l.unexplained.bytes, 0);
    ledger_done(&l);
}

static void system_v_counts_by_namespace_and_ours_comes_first(void **state) {
    (void)state;
    static const struct object objects[] = {
        {SEG_SYSV, 0, OTHER_IPC, 0, 1, 8 * MIB, 8 * MIB, 0},
        {SEG_SYSV, 0, OUR_IPC, 0, 1, 5000, 8 * KIB, 0},
        {SEG_SYSV, SEG_FLAG_DEST, OUR_IPC, 0, 2, 4096, 0, 0},
    };
    struct builder *b = begin(8 * MIB + 8 * KIB);
    char where[LEDGER_WHERE_SIZE];
    ADD(b, objects);
    struct ledger l = account(b);
    assert_int_equal(l.row_count, 2);
    assert_int_equal(number(l.rows[0].ipc_ns), OUR_IPC);
    assert_int_equal(l.rows[0].bytes, 8 * KIB);
    assert_int_equal(number(l.rows[0].promised), 12 * KIB); // whole pages
    assert_int_equal(number(l.rows[0].unwritten), 4 * KIB);
    assert_int_equal(number(l.rows[1].ipc_ns), OTHER_IPC);
    ledger_where(&l.rows[0], where, sizeof where);
    assert_string_equal(where, "our IPC namespace");
    ledger_where(&l.rows[1], where, sizeof where);
    assert_string_equal(where, "IPC namespace 9");
    assert_int_equal(reason(l.rows[0].linked), WHY_NONE);
    assert_int_equal(l.unexplained.bytes, 0);
    ledger_done(&l);
}

static void huge_pages_are_rows_but_not_in_the_sum(void **state) {
    (void)state;
    static const struct object objects[] = {
        {SEG_SYSV, SEG_FLAG_HUGE, OUR_IPC, 0, 1, 4 * MIB, 4 * MIB, 0},
        {SEG_MEMFD, SEG_FLAG_HUGE, 0, 17, 1, 2 * MIB, 2 * MIB, 0},
        {SEG_HUGETLB, SEG_FLAG_HUGE, 0, 40, 1, 2 * MIB, 2 * MIB, 0},
        {SEG_MEMFD, 0, 0, INTERNAL, 5, MIB, MIB, 0},
        {SEG_ANON, 0, 0, INTERNAL, 6, MIB, 512 * KIB, 0},
    };
    struct builder *b = begin(MIB + 512 * KIB);
    ADD(b, objects);
    struct ledger l = account(b);
    uint64_t huge = 0, rows = 0;
    for (size_t i = 0; i < l.row_count; i++) {
        assert_true(l.rows[i].in_shmem == (l.rows[i].kind != LEDGER_HUGETLB));
        rows += l.rows[i].kind == LEDGER_HUGETLB;
        huge += l.rows[i].in_shmem ? 0 : l.rows[i].bytes;
    }
    assert_int_equal(rows, 3);
    assert_int_equal(huge, 8 * MIB);
    assert_int_equal(l.explained, MIB + 512 * KIB);
    assert_int_equal(l.unexplained.bytes, 0);
    ledger_done(&l);
}

static void what_nobody_explains_has_only_causes_that_can_apply(void **state) {
    (void)state;
    struct builder *b = begin(5 * MIB);
    struct ledger l = account(b);
    assert_int_equal(l.unexplained.bytes, 5 * MIB);
    assert_true(names_cause(&l, "descriptors in flight"));
    assert_true(names_cause(&l, "namespaces without processes"));
    assert_true(names_cause(&l, "kernel"));
    assert_int_equal(l.cause_count, 3);
    ledger_done(&l);

    b = begin(5 * MIB);
    struct coverage *c = builder_coverage(b);
    struct process p = {.id = {41, 1}, .scan = SCAN_DENIED};
    uint32_t index;
    builder_add_process(b, &p, &index);
    c->complete = c->descriptors = c->foreign_mounts = false;
    c->namespaces_denied = 2;
    builder_note(b, "posix", "/dev/shm/x", 10, WHY_DENIED, 13);
    add_tmpfs(b, TMP, "/dev/shm", true, false, u64v_missing(WHY_GONE), u64v_missing(WHY_GONE));
    add_tmpfs(b, 31, "/run", true, false, u64v_missing(WHY_NONE), u64v_missing(WHY_UNSUPPORTED));
    l = account(b);
    assert_int_equal(l.row_count, 1); // no path leads to the first: a cause, and no row of 0
    assert_true(names_cause(&l, "tmpfs 0:30 at /dev/shm, where no path leads to"));
    assert_true(names_cause(&l, "without a limit"));
    assert_true(names_cause(&l, "1 process that may not be looked into"));
    assert_true(names_cause(&l, "2 namespaces that may not be entered"));
    assert_true(names_cause(&l, "descriptors were not walked"));
    assert_true(names_cause(&l, "of other mount namespaces: not looked for"));
    assert_true(names_cause(&l, "may not be read"));
    assert_true(names_cause(&l, "outside of our pid namespace"));
    ledger_done(&l);
}

static void memory_that_went_while_it_was_counted_is_no_remainder(void **state) {
    (void)state;
    static const struct object objects[] = {{SEG_MEMFD, 0, 0, INTERNAL, 5, MIB, MIB, 0}};
    struct builder *b = begin(MIB - 4 * KIB);
    ADD(b, objects);
    struct ledger l = account(b);
    assert_int_equal(l.unexplained.bytes, -(int64_t)(4 * KIB));
    assert_int_equal(l.cause_count, 1);
    assert_true(names_cause(&l, "freed while"));
    ledger_done(&l);
}

static void without_meminfo_nothing_is_said_to_be_missing(void **state) {
    (void)state;
    struct builder *b = begin(0);
    builder_set_limit(b, LIMIT_MEMINFO_SHMEM, u64v_missing(WHY_DENIED));
    struct ledger l = account(b);
    assert_int_equal(l.unexplained.why, WHY_DENIED);
    ledger_done(&l);
}

static void promising_more_than_there_is_free_is_seen_before_it_is_written(void **state) {
    (void)state;
    static const struct {
        uint64_t size, resident, fs_size, used;
        bool over;
    } cases[] = {
        {12 * MIB, 3 * MIB, 12 * MIB, 3 * MIB, false}, // to the byte
        {12 * MIB + 1, 3 * MIB, 12 * MIB, 3 * MIB, true},
        {12 * MIB, 3 * MIB, 12 * MIB, 4 * MIB, true}, // something unseen takes the room
        {2 * MIB, 3 * MIB, 4 * MIB, 3 * MIB, false},  // more than its size (fallocate)
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct builder *b = begin(0);
        struct object o = {SEG_POSIX, 0, 0, SHM, 1, cases[i].size, cases[i].resident, 0};
        add_object(b, &o);
        add_tmpfs(b, SHM, "/dev/shm", true, true, u64v_of(cases[i].fs_size),
                  u64v_of(cases[i].used));
        struct ledger l = account(b);
        assert_true((ledger_overcommitted(&l) != NULL) == cases[i].over);
        if (cases[i].over) {
            char text[300];
            ledger_warning(ledger_overcommitted(&l), text, sizeof text);
            assert_non_null(strstr(text, "/dev/shm: promised 12.0M, allocated 3.0M, free "));
        }
        ledger_done(&l);
    }
}

static void an_object_that_tells_nothing_leaves_its_tmpfs_unknown(void **state) {
    (void)state;
    struct builder *b = begin(4 * MIB);
    struct segment s = {.id = {SEG_POSIX, 0, SHM, 1, {0}}};
    for (int f = 0; f < SEG_FIELD_COUNT; f++)
        seg_set_missing(&s, (enum seg_field)f, WHY_DENIED);
    s.name = s.container = strv_missing(WHY_NONE);
    assert_int_equal(builder_add_segment(b, &s), 0);
    add_tmpfs(b, SHM, "/dev/shm", true, true, u64v_of(64 * MIB), u64v_of(3 * MIB));
    struct ledger l = account(b);
    assert_int_equal(l.rows[0].bytes, 3 * MIB);
    assert_int_equal(reason(l.rows[0].linked), WHY_NOT_ASKED);
    assert_int_equal(reason(l.rows[0].promised), WHY_NOT_ASKED);
    assert_int_equal(l.rows[0].blind, 1);
    assert_true(names_cause(&l, "1 object that does not tell"));
    ledger_done(&l);
}

static void segments_left_out_of_the_picture_still_count(void **state) {
    (void)state;
    static const struct object objects[] = {{SEG_SYSV, 0, OTHER_IPC, 0, 1, 8 * MIB, 8 * MIB, 0}};
    struct builder *b = begin(8 * MIB);
    char where[LEDGER_WHERE_SIZE];
    ADD(b, objects);
    builder_leave_out_foreign(b);
    struct ledger l = account(b);
    assert_int_equal(l.snap->segment_count, 0);
    assert_int_equal(l.row_count, 1);
    assert_int_equal(l.rows[0].bytes, 8 * MIB);
    assert_int_equal(l.unexplained.bytes, 0);
    ledger_where(&l.rows[0], where, sizeof where);
    assert_string_equal(where, "other IPC namespaces");
    ledger_done(&l);
}

static void names_from_outside_are_escaped(void **state) {
    (void)state;
    struct builder *b = begin(0);
    char where[LEDGER_WHERE_SIZE];
    add_tmpfs(b, TMP, "/mnt/\x1b[31m", false, false, u64v_of(MIB), u64v_of(0));
    struct ledger l = account(b);
    ledger_where(&l.rows[0], where, sizeof where);
    assert_string_equal(where, "/mnt/\\x1b[31m@6");
    ledger_done(&l);
}

static void one_superblock_is_one_row_however_often_it_is_told(void **state) {
    (void)state;
    struct builder *b = begin(MIB);
    add_tmpfs(b, SHM, "/dev/shm", true, false, u64v_of(64 * MIB), u64v_of(MIB));
    add_tmpfs(b, SHM, "/elsewhere", false, true, u64v_of(64 * MIB), u64v_of(MIB));
    add_tmpfs(b, TMP, "/tmp", true, false, u64v_of(64 * MIB), u64v_of(0));
    assert_int_equal(builder_tmpfs_walked(b, TMP), 0);
    struct ledger l = account(b);
    assert_int_equal(l.row_count, 2);
    assert_true(snapshot_tmpfs(l.snap, SHM)->own && snapshot_tmpfs(l.snap, SHM)->walked);
    assert_true(snapshot_tmpfs(l.snap, TMP)->walked);
    assert_null(snapshot_tmpfs(l.snap, 99));
    assert_int_equal(l.explained, MIB);
    ledger_done(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walked_tmpfs_is_told_apart_in_linked_held_and_unseen),
        cmocka_unit_test(of_a_tmpfs_that_is_not_walked_only_the_sum_is_known),
        cmocka_unit_test(pages_in_swap_are_used_but_not_in_memory),
        cmocka_unit_test(system_v_counts_by_namespace_and_ours_comes_first),
        cmocka_unit_test(huge_pages_are_rows_but_not_in_the_sum),
        cmocka_unit_test(what_nobody_explains_has_only_causes_that_can_apply),
        cmocka_unit_test(memory_that_went_while_it_was_counted_is_no_remainder),
        cmocka_unit_test(without_meminfo_nothing_is_said_to_be_missing),
        cmocka_unit_test(promising_more_than_there_is_free_is_seen_before_it_is_written),
        cmocka_unit_test(an_object_that_tells_nothing_leaves_its_tmpfs_unknown),
        cmocka_unit_test(segments_left_out_of_the_picture_still_count),
        cmocka_unit_test(names_from_outside_are_escaped),
        cmocka_unit_test(one_superblock_is_one_row_however_often_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
