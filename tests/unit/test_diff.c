// test_diff.c - what changed between two pictures.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/diff.h"

// A picture described by a table: segments of one namespace, and who holds them.
struct seg_spec {
    uint64_t shmid, cpid, size;
    uint32_t flags;
    const char *name;
    struct proc_id holders[3]; // until pid 0
};

static const struct snapshot *picture(const struct seg_spec *specs, size_t n) {
    struct builder *b = NULL;
    const struct snapshot *snap = NULL;

    assert_int_equal(builder_new(&b), 0);
    for (size_t i = 0; i < n; i++) {
        const struct seg_spec *spec = &specs[i];
        struct segment s = {.id = {SEG_SYSV, 1, 0, spec->shmid, {spec->cpid, 0, 0}}};
        s.flags = spec->flags;
        s.name = spec->name ? builder_str(b, spec->name, strlen(spec->name))
                            : strv_missing(WHY_NONE);
        seg_set(&s, SEG_SIZE, spec->size);
        seg_set(&s, SEG_NATTCH, 0); // so that the hidden count is always 0
        assert_int_equal(builder_add_segment(b, &s), 0);
        for (size_t k = 0; k < 3 && spec->holders[k].pid; k++) {
            struct process p = {.id = spec->holders[k], .scan = SCANNED};
            struct mapping m = {.kind = SEG_SYSV, .ns = 1, .ino = spec->shmid};
            assert_int_equal(builder_add_process(b, &p, &m.process), 0);
            assert_int_equal(builder_add_mapping(b, &m), 0);
        }
    }
    assert_int_equal(builder_freeze(b, 1, 1, 1, &snap), 0);
    return snap;
}

struct expected {
    enum diff_kind kind;
    uint64_t shmid;
    uint32_t fields;
    pid_t pid;
    uint64_t ticks;
};

static void check(const struct seg_spec *before, size_t before_n, const struct seg_spec *after,
                  size_t after_n, const struct expected *expected, size_t n) {
    const struct snapshot *a = before ? picture(before, before_n) : NULL;
    const struct snapshot *b = picture(after, after_n);
    struct diff d;

    assert_int_equal(diff_make(a, b, &d), 0);
    assert_ptr_equal(d.before, a);
    assert_ptr_equal(d.after, b);
    assert_int_equal(d.count, n);
    for (size_t i = 0; i < n; i++) {
        const struct diff_entry *e = &d.entries[i];
        assert_int_equal(e->kind, expected[i].kind);
        assert_true((e->before == NULL) == (e->kind == DIFF_ADDED));
        assert_true((e->after == NULL) == (e->kind == DIFF_REMOVED));
        assert_int_equal((e->before ? e->before : e->after)->id.num, expected[i].shmid);
        assert_int_equal(e->fields, expected[i].fields);
        assert_int_equal(e->process.pid, expected[i].pid);
        assert_int_equal(e->process.start_ticks, expected[i].ticks);
    }
    diff_done(&d);
    assert_null(d.entries);
    snapshot_unref(a);
    snapshot_unref(b);
}
#define N(array) (sizeof(array) / sizeof *(array))

static void equal_pictures_differ_in_nothing(void **state) {
    const struct seg_spec same[] = {{.shmid = 1, .size = 5, .holders = {{7, 70}, {8, 80}}},
                                    {.shmid = 2, .name = "/x"}};

    (void)state;
    check(same, N(same), same, N(same), NULL, 0);
    check(same, 0, same, 0, NULL, 0);
}

static void without_a_past_everything_is_added(void **state) {
    const struct seg_spec now[] = {{.shmid = 2}, {.shmid = 1, .holders = {{7, 70}}}};
    const struct expected expected[] = {{.kind = DIFF_ADDED, .shmid = 1},
                                        {.kind = DIFF_ADDED, .shmid = 2}};

    (void)state;
    check(NULL, 0, now, N(now), expected, N(expected));
}

static void segments_come_and_go(void **state) {
    const struct seg_spec before[] = {{.shmid = 1}, {.shmid = 2}, {.shmid = 5}};
    const struct seg_spec after[] = {{.shmid = 0}, {.shmid = 2}, {.shmid = 9}};
    const struct expected expected[] = {{.kind = DIFF_ADDED, .shmid = 0},
                                        {.kind = DIFF_REMOVED, .shmid = 1},
                                        {.kind = DIFF_REMOVED, .shmid = 5},
                                        {.kind = DIFF_ADDED, .shmid = 9}};

    (void)state;
    check(before, N(before), after, N(after), expected, N(expected));
}

static void another_incarnation_is_removed_and_added(void **state) {
    const struct seg_spec before[] = {{.shmid = 1, .cpid = 10, .holders = {{7, 70}}}};
    const struct seg_spec after[] = {{.shmid = 1, .cpid = 11, .holders = {{7, 70}}}};
    const struct expected expected[] = {{.kind = DIFF_REMOVED, .shmid = 1},
                                        {.kind = DIFF_ADDED, .shmid = 1}};

    (void)state;
    check(before, 1, after, 1, expected, N(expected));
}

static void changed_facts_are_named(void **state) {
    const struct seg_spec before[] = {{.shmid = 1, .size = 1},
                                      {.shmid = 2},
                                      {.shmid = 3, .name = "/a"},
                                      {.shmid = 4, .name = "/a"}};
    const struct seg_spec after[] = {{.shmid = 1, .size = 2},
                                     {.shmid = 2, .flags = SEG_FLAG_LOCKED},
                                     {.shmid = 3, .name = "/b"},
                                     {.shmid = 4}};
    const struct expected expected[] = {
        {.kind = DIFF_CHANGED, .shmid = 1, .fields = 1u << SEG_SIZE},
        {.kind = DIFF_CHANGED, .shmid = 2, .fields = DIFF_FLAGS},
        {.kind = DIFF_CHANGED, .shmid = 3, .fields = DIFF_NAME},
        {.kind = DIFF_CHANGED, .shmid = 4, .fields = DIFF_NAME},
    };

    (void)state;
    check(before, N(before), after, N(after), expected, N(expected));
}

static void a_fact_that_becomes_unknown_has_changed(void **state) {
    struct builder *b = NULL;
    const struct snapshot *snaps[2];
    struct diff d;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct segment s = {.id = {.kind = SEG_MEMFD, .num = 1}};
        if (i == 0)
            seg_set(&s, SEG_SEALS, 0); // a measured zero
        else
            seg_set_missing(&s, SEG_SEALS, WHY_DENIED);
        assert_int_equal(builder_new(&b), 0);
        assert_int_equal(builder_add_segment(b, &s), 0);
        assert_int_equal(builder_freeze(b, 1, 1, 1, &snaps[i]), 0);
    }
    assert_int_equal(diff_make(snaps[0], snaps[1], &d), 0);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.entries[0].fields, 1u << SEG_SEALS);
    diff_done(&d);
    snapshot_unref(snaps[0]);
    snapshot_unref(snaps[1]);
}

static void holders_come_and_go(void **state) {
    const struct seg_spec before[] = {{.shmid = 1, .holders = {{5, 50}, {7, 70}, {9, 90}}},
                                      {.shmid = 2, .holders = {{5, 50}}},
                                      {.shmid = 3}};
    const struct seg_spec after[] = {{.shmid = 1, .holders = {{6, 60}, {7, 70}}},
                                     {.shmid = 2},
                                     {.shmid = 3, .holders = {{8, 80}}}};
    const struct expected expected[] = {
        {.kind = DIFF_RELEASED, .shmid = 1, .pid = 5, .ticks = 50},
        {.kind = DIFF_HELD, .shmid = 1, .pid = 6, .ticks = 60},
        {.kind = DIFF_RELEASED, .shmid = 1, .pid = 9, .ticks = 90},
        {.kind = DIFF_RELEASED, .shmid = 2, .pid = 5, .ticks = 50},
        {.kind = DIFF_HELD, .shmid = 3, .pid = 8, .ticks = 80},
    };

    (void)state;
    check(before, N(before), after, N(after), expected, N(expected));
}

static void a_pid_used_again_is_another_holder(void **state) {
    const struct seg_spec before[] = {{.shmid = 1, .holders = {{7, 70}}}};
    const struct seg_spec after[] = {{.shmid = 1, .holders = {{7, 71}}}};
    const struct expected expected[] = {
        {.kind = DIFF_RELEASED, .shmid = 1, .pid = 7, .ticks = 70},
        {.kind = DIFF_HELD, .shmid = 1, .pid = 7, .ticks = 71},
    };

    (void)state;
    check(before, 1, after, 1, expected, N(expected));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_pictures_differ_in_nothing),
        cmocka_unit_test(without_a_past_everything_is_added),
        cmocka_unit_test(segments_come_and_go),
        cmocka_unit_test(another_incarnation_is_removed_and_added),
        cmocka_unit_test(changed_facts_are_named),
        cmocka_unit_test(a_fact_that_becomes_unknown_has_changed),
        cmocka_unit_test(holders_come_and_go),
        cmocka_unit_test(a_pid_used_again_is_another_holder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
