// test_proclist.c - who keeps what in use, and the lines of the process list.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/proclist.h"

#define S UINT64_C(1000000000)
enum { NS = 7, DEV = 26, KIB = 1024 };

static struct builder *b;
static bool complete;

static void begin(void) {
    assert_int_equal(builder_new(&b), 0);
    *builder_vantage(b) = (struct vantage){.ipc_ns = NS, .devshm_dev = DEV, .page_size = 4096};
    *builder_coverage(b) = (struct coverage){
        .complete = complete, .descriptors = true, .private_maps = true, .locks = true};
    builder_add_user(b, 10, builder_str(b, "dana", 4));
}

static const struct snapshot *end(void) {
    static uint64_t generation;
    const struct snapshot *snap = NULL;
    assert_int_equal(builder_freeze(b, ++generation, S, 1000 * S, &snap), 0);
    return snap;
}

static uint32_t process_at(pid_t pid, uint64_t start, const char *command) {
    struct process p = {
        .id = {pid, start}, .state = 'S', .scan = SCANNED, .fd_scan = SCANNED, .uid = u64v_of(10)};
    uint32_t index = 0;
    p.comm = builder_str(b, command, strlen(command));
    assert_int_equal(builder_add_process(b, &p, &index), 0);
    return index;
}

static uint32_t process(pid_t pid) {
    return process_at(pid, 100, "worker");
}

// A segment of `kib` KiB, all of it in memory. System V when nattch is not negative.
static void segment(uint64_t num, uint64_t kib, int nattch, uint32_t flags) {
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = DEV, .num = num}, .flags = flags};
    if (nattch >= 0) {
        s.id = (struct seg_id){.kind = SEG_SYSV, .ns = NS, .num = num};
        seg_set(&s, SEG_NATTCH, (uint64_t)nattch);
        s.name = strv_missing(WHY_NONE);
    } else {
        char name[16];
        snprintf(name, sizeof name, "/s%d", (int)num);
        s.name = builder_str(b, name, strlen(name));
        seg_set(&s, SEG_LINKS, flags & SEG_FLAG_UNLINKED ? 0 : 1);
    }
    seg_set(&s, SEG_SIZE, kib * KIB);
    seg_set(&s, SEG_RESIDENT, kib * KIB);
    seg_set(&s, SEG_SWAPPED, 0);
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static void map_as(uint32_t proc, uint64_t num, bool sysv, bool is_private) {
    struct mapping m = {.process = proc,
                        .kind = sysv ? SEG_SYSV : SEG_POSIX,
                        .is_private = is_private,
                        .access = ACCESS_R | ACCESS_W,
                        .ns = sysv ? NS : 0,
                        .dev = sysv ? 0 : DEV,
                        .ino = num,
                        .start = 0x10000 * num,
                        .end = 0x10000 * num + 0x1000};
    assert_int_equal(builder_add_mapping(b, &m), 0);
}

static void map(uint32_t proc, uint64_t num) {
    map_as(proc, num, false, false);
}

static struct proc_facts facts_of(const struct snapshot *snap, pid_t pid) {
    struct proc_facts f;
    const struct process *p = snapshot_process(snap, pid);
    assert_non_null(p);
    proc_facts_make(snap, p, &f);
    return f;
}

static int set_up(void **state) {
    (void)state;
    complete = true;
    begin();
    return 0;
}

// --- what only one process keeps

static void what_nobody_else_maps_would_be_left(void **state) {
    (void)state;
    segment(1, 8, -1, 0);
    segment(2, 4, -1, 0);
    uint32_t a = process(11), o = process(12);
    map(a, 1);
    map(a, 2);
    map(o, 2);
    const struct snapshot *snap = end();
    struct proc_facts f = facts_of(snap, 11);
    assert_int_equal(f.segments, 2);
    assert_int_equal(f.shared, 12 * KIB);
    assert_int_equal(f.left, 8 * KIB);
    assert_int_equal(f.freed, 0);
    assert_false(f.only_most || f.only_least);
    assert_int_equal(f.access, ACCESS_R | ACCESS_W);
    assert_int_equal(facts_of(snap, 12).left, 0);
    snapshot_unref(snap);
}

static void private_mappings_and_locks_keep_nothing(void **state) {
    (void)state;
    segment(1, 8, -1, 0);
    uint32_t a = process(11), p = process(12), l = process(13);
    map(a, 1);
    map_as(p, 1, false, true);
    assert_int_equal(builder_add_lock(b, l, SEG_POSIX, DEV, 1), 0);
    const struct snapshot *snap = end();
    assert_int_equal(facts_of(snap, 11).left, 8 * KIB);
    assert_int_equal(facts_of(snap, 12).left, 0);
    assert_int_equal(facts_of(snap, 12).access, ACCESS_R); // its writes do not reach it
    assert_int_equal(facts_of(snap, 13).left, 0);
    assert_int_equal(facts_of(snap, 13).segments, 1);
    snapshot_unref(snap);
}

static void a_descriptor_keeps_it_in_use(void **state) {
    (void)state;
    segment(1, 8, -1, 0);
    uint32_t a = process(11), o = process(12);
    map(a, 1);
    assert_int_equal(builder_add_fd(b, o, SEG_POSIX, 0, DEV, 1, ACCESS_R), 0);
    const struct snapshot *snap = end();
    assert_int_equal(facts_of(snap, 11).left, 0);
    snapshot_unref(snap);
}

static void what_has_no_name_is_freed_and_not_left(void **state) {
    (void)state;
    segment(1, 8, -1, SEG_FLAG_UNLINKED);
    segment(2, 4, -1, SEG_FLAG_UNLINKED);
    segment(3, 2, 1, SEG_FLAG_DEST);
    uint32_t a = process(11), p = process(12);
    map(a, 1);
    map(a, 2);
    map_as(p, 2, false, true); // a private mapping keeps memory without a name alive
    map_as(a, 3, true, false);
    const struct snapshot *snap = end();
    struct proc_facts f = facts_of(snap, 11);
    assert_int_equal(f.left, 0);
    assert_int_equal(f.freed, 10 * KIB);
    snapshot_unref(snap);
}

static void nattch_settles_system_v_whoever_can_be_seen(void **state) {
    (void)state;
    builder_coverage(b)->complete = false;
    segment(1, 8, 1, 0);
    segment(2, 4, 2, 0); // one attachment is not to be seen
    uint32_t a = process(11);
    map_as(a, 1, true, false);
    map_as(a, 2, true, false);
    const struct snapshot *snap = end();
    struct proc_facts f = facts_of(snap, 11);
    assert_int_equal(f.left, 8 * KIB);
    assert_false(f.only_most);
    snapshot_unref(snap);
}

static void of_objects_others_may_be_unseen(void **state) {
    (void)state;
    builder_coverage(b)->complete = false;
    segment(1, 8, -1, 0);
    map(process(11), 1);
    const struct snapshot *snap = end();
    assert_int_equal(facts_of(snap, 11).left, 8 * KIB);
    assert_true(facts_of(snap, 11).only_most);
    snapshot_unref(snap);
}

static void an_unknown_size_makes_a_lower_bound(void **state) {
    (void)state;
    segment(1, 8, -1, 0);
    seg_set_missing(builder_find_segment(b, SEG_POSIX, 0, DEV, 1), SEG_RESIDENT, WHY_DENIED);
    map(process(11), 1);
    const struct snapshot *snap = end();
    struct proc_facts f = facts_of(snap, 11);
    assert_true(f.only_least && f.resident_least && !f.shared_least);
    snapshot_unref(snap);
}

// --- the list

static struct proclist list;

static int list_up(void **state) {
    set_up(state);
    assert_int_equal(proclist_init(&list), 0);
    proclist_height(&list, 10);
    return 0;
}

static int list_down(void **state) {
    (void)state;
    proclist_done(&list);
    return 0;
}

static void take(uint64_t mono_ns) {
    const struct snapshot *snap = end();
    assert_int_equal(proclist_update(&list, snap, mono_ns), 0);
    snapshot_unref(snap);
}

// Three processes: 11 holds 8K and 4K, 12 holds 4K, 13 holds nothing.
static void three(void) {
    segment(1, 8, -1, 0);
    segment(2, 4, -1, 0);
    uint32_t a = process_at(11, 100, "alpha"), o = process_at(12, 100, "beta");
    process(13);
    map(a, 1);
    map(a, 2);
    map(o, 2);
}

static pid_t pid_at(size_t line) {
    const struct proc_item *item = proclist_item(&list, line);
    return item ? item->id.pid : 0;
}

static void who_holds_nothing_is_not_listed(void **state) {
    (void)state;
    three();
    take(10 * S);
    assert_int_equal(list.line_count, 2);
    assert_int_equal(pid_at(0), 11); // the most shared first
    assert_int_equal(proclist_sort(&list, PCOL_SHARED, true), 0);
    assert_int_equal(pid_at(0), 12);
    assert_int_equal(proclist_sort(&list, PCOL_COMMAND, false), 0);
    assert_int_equal(pid_at(0), 11);
}

static void the_selection_follows_the_process(void **state) {
    (void)state;
    three();
    take(10 * S);
    proclist_select(&list, 1);
    assert_int_equal(proclist_sort(&list, PCOL_SHARED, true), 0);
    assert_int_equal(pid_at(list.selected), 12);
    begin();
    three();
    segment(9, 64, -1, 0);
    map(process(5), 9);
    take(11 * S);
    assert_int_equal(list.line_count, 3);
    assert_int_equal(pid_at(list.selected), 12);
}

static void what_goes_stays_for_three_seconds(void **state) {
    (void)state;
    three();
    take(10 * S);
    begin();
    segment(1, 8, -1, 0);
    process_at(11, 100, "alpha"); // lives, holds nothing; 12 is gone
    take(11 * S);
    assert_int_equal(list.count, 2);
    assert_int_equal(proclist_item(&list, 0)->mark, PROC_LEFT);
    assert_int_equal(proclist_item(&list, 1)->mark, PROC_GONE);
    assert_int_equal(proclist_deadline(&list), 14 * S);
    begin();
    take(14 * S);
    assert_int_equal(list.count, 0);
    assert_int_equal(proclist_deadline(&list), 0);
}

static void a_pid_used_again_is_another_process(void **state) {
    (void)state;
    three();
    take(10 * S);
    begin();
    segment(2, 4, -1, 0);
    map(process_at(12, 999, "other"), 2);
    take(11 * S);
    size_t there = 0, gone = 0;
    for (size_t i = 0; i < list.count; i++) {
        there += list.items[i].mark == PROC_THERE && list.items[i].id.start_ticks == 999;
        gone += list.items[i].mark == PROC_GONE && list.items[i].id.pid == 12;
    }
    assert_int_equal(there, 1);
    assert_int_equal(gone, 1);
}

static void segments_unfold_below_their_process(void **state) {
    (void)state;
    three();
    take(10 * S);
    assert_int_equal(proclist_fold(&list, true), 0);
    assert_int_equal(list.line_count, 4);
    assert_null(proclist_holding(&list, 0));
    assert_non_null(proclist_holding(&list, 1));
    proclist_select(&list, 2);
    assert_int_equal(proclist_fold(&list, false), 0); // from a segment: its process folds
    assert_int_equal(list.line_count, 2);
    assert_int_equal(list.selected, 0);
    assert_int_equal(proclist_tree(&list, true), 0);
    assert_int_equal(list.line_count, 5);
    proclist_select(&list, 4); // the segment of 12
    begin();
    three();
    take(11 * S);
    assert_int_equal(list.line_count, 5);
    assert_int_equal(pid_at(list.selected), 12);
    assert_non_null(proclist_holding(&list, list.selected));
    assert_int_equal(proclist_fold(&list, false), 0);
    assert_int_equal(list.line_count, 4); // the others stay open
}

static void words_hide_the_rest(void **state) {
    (void)state;
    struct pick *p = NULL;
    char why[160];
    three();
    take(10 * S);
    assert_int_equal(pick_parse("user:dana bet", &p, why, sizeof why), 0);
    assert_int_equal(proclist_filter(&list, p), 0);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.hidden, 1);
    assert_int_equal(pid_at(0), 12);
    assert_int_equal(proclist_filter(&list, NULL), 0);
    pick_free(p);
    assert_int_equal(list.count, 2);
}

static void search_goes_round(void **state) {
    (void)state;
    size_t at = 0, nth = 0, total = 0;
    three();
    take(10 * S);
    assert_true(proclist_search(&list, "A", 0, 1, &at, &nth, &total)); // alpha, beta
    assert_int_equal(at, 1);
    assert_int_equal(nth, 2);
    assert_int_equal(total, 2);
    assert_true(proclist_search(&list, "12", 1, 1, &at, &nth, &total));
    assert_int_equal(at, 1);
    assert_false(proclist_search(&list, "gamma", 0, 1, &at, &nth, &total));
}

static void what_comes_from_outside_is_escaped(void **state) {
    (void)state;
    char text[64];
    segment(1, 8, -1, 0);
    map(process_at(11, 100, "a\033[2J\n"), 1);
    take(10 * S);
    proc_command(proclist_item(&list, 0)->proc, text, sizeof text);
    assert_string_equal(text, "a\\x1b[2J\\x0a");
}

static void resting_lets_go_of_everything(void **state) {
    (void)state;
    three();
    take(10 * S);
    begin();
    take(11 * S);
    assert_int_equal(list.count, 2); // both gone
    proclist_rest(&list);
    assert_int_equal(list.line_count, 0);
    assert_null(proclist_item(&list, 0));
    assert_int_equal(proclist_deadline(&list), 0);
    begin();
    three();
    take(20 * S);
    assert_int_equal(list.line_count, 2);
}

// --- words

static void words_are_judged(void **state) {
    (void)state;
    static const char *const bad[] = {"user:", "pid:x", "pid:", "name~["};
    struct pick *p = NULL;
    char why[160];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why[0] = '\0';
        assert_int_equal(pick_parse(bad[i], &p, why, sizeof why), -EINVAL);
        assert_true(strstr(why, bad[i]) != NULL);
    }
    const struct pick_line line = {.text = {"postgres: writer", NULL},
                                   .uid = u64v_of(999),
                                   .pid = 41,
                                   .user = strv_missing(WHY_NONE)};
    static const struct {
        const char *words;
        bool matches;
    } cases[] = {{"", true},
                 {"WRITER", true},
                 {"pid:41", true},
                 {"pid:4", false},
                 {"user:999", true},
                 {"user:root", false},
                 {"name~^post.*er$", true},
                 {"name~^er", false},
                 {"post pid:40", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(pick_parse(cases[i].words, &p, why, sizeof why), 0);
        assert_int_equal(pick_matches(p, &line), cases[i].matches);
        pick_free(p);
    }
}

#define FACTS(f) cmocka_unit_test_setup(f, set_up)
#define LIST(f) cmocka_unit_test_setup_teardown(f, list_up, list_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FACTS(what_nobody_else_maps_would_be_left),
        FACTS(private_mappings_and_locks_keep_nothing),
        FACTS(a_descriptor_keeps_it_in_use),
        FACTS(what_has_no_name_is_freed_and_not_left),
        FACTS(nattch_settles_system_v_whoever_can_be_seen),
        FACTS(of_objects_others_may_be_unseen),
        FACTS(an_unknown_size_makes_a_lower_bound),
        LIST(who_holds_nothing_is_not_listed),
        LIST(the_selection_follows_the_process),
        LIST(what_goes_stays_for_three_seconds),
        LIST(a_pid_used_again_is_another_process),
        LIST(segments_unfold_below_their_process),
        LIST(words_hide_the_rest),
        LIST(search_goes_round),
        LIST(what_comes_from_outside_is_escaped),
        LIST(resting_lets_go_of_everything),
        cmocka_unit_test(words_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
