// test_leaks.c - what could be won back: its order, its totals, and the facts for and against.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "core/leaks.h"
#include "core/origin.h"

#define S UINT64_C(1000000000)
#define NOON (UINT64_C(1795348800) * S)

struct made {
    const char *name; // NULL: System V, its creator gone
    uint64_t resident, swapped, age_s;
    uint32_t uid; // 0: not known
    bool held;
};
static const struct made machine[] = {
    {NULL, 1000, 24, 3600, 1001, false},           // orphan
    {NULL, 4096, 0, 3600, 1002, false},            // orphan
    {NULL, 8192, 0, 3600, 1001, true},             // in use
    {"/torch_40_1", 4096, 0, 3600, 1001, false},   // orphan
    {"/torch_40_2", 4096, 0, 3600, 1001, false},   // orphan
    {"/torch_40_3", 4096, 0, 3600, 0, false},      // orphan, of nobody knows whom
    {"/other", 12288, 0, 3600, 1002, false},       // suspect
    {"/torch_40_4", 4096, 0, 1, 1001, false},      // young
    {"/lttng-ust-wait-11", 4096, 0, 90, 0, false}, // protected
};
enum { MADE = sizeof machine / sizeof *machine };

static int inner_known(void *arg, struct late *late) {
    (void)arg;
    late_inner_pids_known(late);
    return 0;
}

static void add(struct builder *b, size_t i) {
    const struct made *m = &machine[i];
    struct segment s = {.id = {.kind = m->name ? SEG_POSIX : SEG_SYSV, .num = i + 1}};
    s.id.ns = m->name ? 0 : 1;
    s.id.dev = m->name ? 26 : 0;
    s.name = m->name ? builder_str(b, m->name, strlen(m->name)) : strv_missing(WHY_NONE);
    seg_set(&s, SEG_RESIDENT, m->resident);
    seg_set(&s, SEG_SWAPPED, m->swapped);
    seg_set(&s, SEG_CHANGE_TIME, NOON - m->age_s * S);
    if (m->uid)
        seg_set(&s, SEG_UID, m->uid);
    else
        seg_set_missing(&s, SEG_UID, WHY_DENIED);
    if (m->name) {
        seg_set(&s, SEG_LINKS, 1);
    } else {
        seg_set(&s, SEG_KEY, 0);
        seg_set(&s, SEG_NATTCH, m->held);
        seg_set(&s, SEG_CREATOR_PID, 40);
        seg_set_missing(&s, SEG_LAST_PID, WHY_NONE);
    }
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static const struct snapshot *make(void) {
    struct builder *b;
    const struct snapshot *snap;
    struct process p = {.id = {50, 1}, .state = 'S', .scan = SCANNED};
    uint32_t index;
    assert_int_equal(builder_new(&b), 0);
    builder_add_process(b, &p, &index);
    for (size_t i = 0; i < MADE; i++)
        add(b, i);
    *builder_coverage(b) = (struct coverage){
        .complete = true, .descriptors = true, .locks = true, .private_maps = true};
    builder_set_late(b, inner_known, NULL);
    assert_int_equal(builder_freeze(b, 1, 0, NOON, &snap), 0);
    return snap;
}

static struct filter *parse(const char *text) {
    struct filter *f = NULL;
    char why[200];
    assert_int_equal(filter_parse(text, &f, why, sizeof why), 0);
    return f;
}

static void totals_agree_in_verdict_origin_and_owner(void **state) {
    (void)state;
    static const struct {
        enum verdict_state state;
        const char *origin;
        uint64_t uid, count, bytes; // uid 0: not known
    } want[] = {
        {VERDICT_PROTECTED, "LTTng", 0, 1, 4096},   {VERDICT_YOUNG, "PyTorch", 1001, 1, 4096},
        {VERDICT_ORPHAN, NULL, 1001, 1, 1024},      {VERDICT_ORPHAN, NULL, 1002, 1, 4096},
        {VERDICT_ORPHAN, "PyTorch", 1001, 2, 8192}, {VERDICT_ORPHAN, "PyTorch", 0, 1, 4096},
        {VERDICT_SUSPECT, NULL, 1002, 1, 12288},
    };
    const struct snapshot *snap = make();
    struct leak_total *totals;
    size_t count, hidden = 9;
    assert_int_equal(leaks_add_up(snap, NULL, &totals, &count, &hidden), 0);
    assert_int_equal(hidden, 0);
    assert_int_equal(count, sizeof want / sizeof *want);
    for (size_t i = 0; i < count; i++) {
        uint64_t uid = 0;
        u64v_get(totals[i].uid, &uid);
        if (totals[i].state != want[i].state || uid != want[i].uid ||
            totals[i].count != want[i].count || totals[i].bytes != want[i].bytes ||
            strcmp(totals[i].origin ? totals[i].origin : "",
                   want[i].origin ? want[i].origin : "") != 0)
            fail_msg("total %zu: %s of %s, uid %lu: %lu with %lu", i, verdict_name(totals[i].state),
                     totals[i].origin, (unsigned long)uid, (unsigned long)totals[i].count,
                     (unsigned long)totals[i].bytes);
    }
    free(totals);
    snapshot_unref(snap);
}

static void a_filter_hides_and_what_is_in_use_does_not_count(void **state) {
    (void)state;
    const struct snapshot *snap = make();
    struct filter *f = parse("origin:torch");
    struct leak_total *totals;
    size_t count, hidden;
    assert_int_equal(leaks_add_up(snap, f, &totals, &count, &hidden), 0);
    assert_int_equal(count, 3);
    assert_int_equal(hidden, 4);
    free(totals);
    filter_free(f);
    f = parse("name~nothing");
    assert_int_equal(leaks_add_up(snap, f, &totals, &count, &hidden), 0);
    assert_int_equal(count, 0);
    assert_int_equal(hidden, 8);
    free(totals);
    filter_free(f);
    snapshot_unref(snap);
}

static void a_filter_of_unused_ones_lets_no_used_one_through(void **state) {
    (void)state;
    const struct snapshot *snap = make();
    struct filter *f = parse("kind:sysv");
    size_t before = 0, after = 0;
    for (size_t i = 0; i < snap->segment_count; i++)
        before += filter_matches(f, snap, &snap->segments[i]);
    filter_only_unused(f);
    for (size_t i = 0; i < snap->segment_count; i++)
        after += filter_matches(f, snap, &snap->segments[i]);
    assert_int_equal(before, 3);
    assert_int_equal(after, 2);
    filter_free(f);
    snapshot_unref(snap);
}

static void groups_begin_with_the_most_to_win(void **state) {
    (void)state;
    const struct snapshot *snap = make();
    struct leak_total *totals;
    struct leak_group *groups;
    size_t count, n;
    assert_int_equal(leaks_add_up(snap, NULL, &totals, &count, NULL), 0);
    assert_int_equal(leaks_group(totals, count, LEAKS_BY_ORIGIN, &groups, &n), 0);
    assert_int_equal(n, 3);
    assert_string_equal(groups[0].origin, "PyTorch");
    assert_int_equal(groups[0].orphans.count, 3);
    assert_int_equal(groups[0].orphans.bytes, 12288);
    assert_int_equal(groups[0].others.count, 1);
    assert_null(groups[1].origin);
    assert_int_equal(groups[1].orphans.count, 2);
    assert_int_equal(groups[1].suspects.bytes, 12288);
    assert_string_equal(groups[2].origin, "LTTng");
    free(groups);
    assert_int_equal(leaks_group(totals, count, LEAKS_BY_OWNER, &groups, &n), 0);
    assert_int_equal(n, 3);
    uint64_t uid = 0;
    assert_int_equal(u64v_get(groups[0].uid, &uid), WHY_KNOWN);
    assert_int_equal(uid, 1001);
    assert_int_equal(groups[0].orphans.count, 3);
    assert_int_equal(groups[0].orphans.bytes, 9216);
    free(groups);
    assert_int_equal(leaks_group(totals, 0, LEAKS_BY_OWNER, &groups, &n), 0);
    assert_int_equal(n, 0);
    free(groups);
    free(totals);
    snapshot_unref(snap);
}

static void the_surest_and_largest_gain_sorts_first(void **state) {
    (void)state;
    static const uint64_t want[MADE] = {2, 4, 5, 6, 1, 7, 8, 9, 3};
    const struct snapshot *snap = make();
    const struct segment *list[MADE];
    for (size_t i = 0; i < MADE; i++)
        list[i] = &snap->segments[i];
    for (size_t i = 1; i < MADE; i++) // insertion: stable, and small
        for (size_t j = i;
             j > 0 && column_compare(snap, list[j - 1], list[j], COL_VERDICT, false) > 0; j--) {
            const struct segment *swap = list[j];
            list[j] = list[j - 1];
            list[j - 1] = swap;
        }
    for (size_t i = 0; i < MADE; i++)
        assert_int_equal(list[i]->id.num, want[i]);
    snapshot_unref(snap);
}

static void every_verdict_has_its_own_rank(void **state) {
    (void)state;
    unsigned seen = 0;
    for (int s = 0; s < VERDICT_COUNT; s++)
        seen |= 1u << leaks_rank((enum verdict_state)s);
    assert_int_equal(seen, (1u << VERDICT_COUNT) - 1);
    assert_int_equal(leaks_rank(VERDICT_ORPHAN), 0);
    assert_int_equal(leaks_rank(VERDICT_IN_USE), VERDICT_COUNT - 1);
}

static void facts_agree_with_going_or_with_staying(void **state) {
    (void)state;
    for (int v = 0; v < VERDICT_COUNT; v++) {
        for (int s = 0; s < VERDICT_COUNT; s++) {
            bool going = v == VERDICT_ORPHAN || v == VERDICT_SUSPECT;
            bool fact_going = s == VERDICT_ORPHAN || s == VERDICT_SUSPECT;
            struct evidence e = {.speaks_for = (enum verdict_state)s};
            assert_int_equal(evidence_agrees(&e, (enum verdict_state)v), going == fact_going);
        }
    }
}

static void why_joins_what_agrees(void **state) {
    (void)state;
    char why[400], small[12];
    const struct snapshot *snap = make();
    verdict_why(snap, &snap->segments[0], why, sizeof why);
    assert_string_equal(why, "creator 40 has exited; unused for 1h00m, at least 10m; "
                             "nothing is attached");
    verdict_why(snap, &snap->segments[0], small, sizeof small);
    assert_string_equal(small, "creator 40 ");
    assert_non_null(strstr(verdict_cannot_know(&snap->segments[0]), "by its id"));
    assert_non_null(strstr(verdict_cannot_know(&snap->segments[3]), "by its name"));
    snapshot_unref(snap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_agree_in_verdict_origin_and_owner),
        cmocka_unit_test(a_filter_hides_and_what_is_in_use_does_not_count),
        cmocka_unit_test(a_filter_of_unused_ones_lets_no_used_one_through),
        cmocka_unit_test(groups_begin_with_the_most_to_win),
        cmocka_unit_test(the_surest_and_largest_gain_sorts_first),
        cmocka_unit_test(every_verdict_has_its_own_rank),
        cmocka_unit_test(facts_agree_with_going_or_with_staying),
        cmocka_unit_test(why_joins_what_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
