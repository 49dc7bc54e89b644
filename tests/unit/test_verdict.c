// test_verdict.c - each state of a segment, its borders, and the facts that it is judged by.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/origin.h"
#include "core/verdict.h"

#define S UINT64_C(1000000000)
#define NOON (UINT64_C(1795348800) * S)
#define MINUTE (60 * S)

enum { NOT_THERE = -1 };

// One machine with one segment, or two of a group.
struct scene {
    const char *name;  // NULL: System V
    const char *other; // a second file, held by pid 50 when `other_held`
    bool other_held;
    // of the segment
    int nattch; // System V; NOT_THERE: denied
    uint32_t key, flags;
    int creator, last;   // NOT_THERE: none
    uint64_t age;        // since it was born (objects) or changed (System V)
    uint64_t detach_age; // 0: never
    bool ageless, held, locked_unseen;
    // what is recalled
    uint32_t marker_pid;
    uint64_t held_age; // 0: never seen
    enum sole sole;
    // the machine
    uint32_t pid;       // a process with this pid,
    char state;         // in this state ('S'),
    uint64_t start_age; // started so long ago (a day),
    const char *comm;
    uint32_t inner_pid;       // and this pid in a namespace of its own
    bool kernel_thread;       // it is one
    uint64_t ipc_ns, shm_dev; // where it is (the segment: 1, 26), 0: not known
    bool incomplete, no_descriptors, no_locks, no_private, denied, hidden, inner_unknown;
    uint64_t floor; // the usual one when 0
    bool no_floor;
    uint64_t uptime; // 10 days when 0
    uint64_t clock_step;
};

struct verdict_case {
    const char *what;
    struct scene scene;
    enum verdict_state want;
    const char *because; // part of the strongest fact; NULL: any
};

static int tell(void *arg, struct late *late) {
    const struct scene *sc = arg;
    const struct snapshot *snap = late->snap;
    for (uint32_t i = 0; i < snap->segment_count; i++) {
        struct recalled item = {.segment = i,
                                .marker_pid = sc->marker_pid,
                                .last_held_ns = sc->held_age ? NOON - sc->held_age : 0,
                                .sole = (uint8_t)sc->sole};
        assert_int_equal(late_recall(late, &item), 0);
    }
    for (uint32_t i = 0; i < snap->process_count; i++)
        if (sc->inner_pid && (uint32_t)snap->processes[i].id.pid == sc->pid)
            assert_int_equal(late_inner_pid(late, (struct inner_pid){sc->inner_pid, i}), 0);
    if (!sc->inner_unknown)
        late_inner_pids_known(late);
    return 0;
}

static uint32_t add_process(struct builder *b, pid_t pid, const struct scene *sc) {
    const char *comm = sc && sc->comm ? sc->comm : "worker";
    struct process p = {.id = {pid, 1},
                        .state = sc && sc->state ? sc->state : 'S',
                        .scan = sc && sc->kernel_thread ? SCAN_NO_MM : SCANNED,
                        .ipc_ns = u64v_missing(WHY_DENIED),
                        .shm_dev = u64v_missing(WHY_DENIED),
                        .start_time = NOON - (sc && sc->start_age ? sc->start_age : 86400 * S)};
    uint32_t index;
    if (sc && sc->ipc_ns)
        p.ipc_ns = u64v_of(sc->ipc_ns);
    if (sc && sc->shm_dev)
        p.shm_dev = u64v_of(sc->shm_dev);
    p.comm = builder_str(b, comm, strlen(comm));
    assert_int_equal(builder_add_process(b, &p, &index), 0);
    return index;
}

static void set_pid(struct segment *s, enum seg_field field, int pid) {
    if (pid == NOT_THERE)
        seg_set_missing(s, field, field == SEG_LAST_PID ? WHY_NONE : WHY_DENIED);
    else
        seg_set(s, field, (uint64_t)pid);
}

static void add_sysv(struct builder *b, const struct scene *sc) {
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = 1, .num = 3}, .flags = sc->flags};
    s.name = strv_missing(WHY_NONE);
    seg_set(&s, SEG_KEY, sc->key);
    seg_set(&s, SEG_MODE, 0600);
    if (sc->nattch == NOT_THERE)
        seg_set_missing(&s, SEG_NATTCH, WHY_DENIED);
    else
        seg_set(&s, SEG_NATTCH, (uint64_t)sc->nattch);
    set_pid(&s, SEG_CREATOR_PID, sc->creator);
    set_pid(&s, SEG_LAST_PID, sc->last);
    seg_set(&s, SEG_CHANGE_TIME, NOON - sc->age);
    seg_set_missing(&s, SEG_BIRTH_TIME, WHY_UNSUPPORTED);
    seg_set_missing(&s, SEG_ATTACH_TIME, WHY_NONE);
    if (sc->detach_age)
        seg_set(&s, SEG_DETACH_TIME, NOON - sc->detach_age);
    else
        seg_set_missing(&s, SEG_DETACH_TIME, WHY_NONE);
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static void add_object(struct builder *b, const struct scene *sc, const char *name, uint64_t ino,
                       bool held, uint32_t holder) {
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = 26, .num = ino},
                        .locked_unseen = sc->locked_unseen};
    s.name = builder_str(b, name, strlen(name));
    seg_set(&s, SEG_LINKS, 1);
    seg_set_missing(&s, SEG_NATTCH, WHY_NONE);
    seg_set_missing(&s, SEG_ATTACH_TIME, WHY_NONE);
    seg_set_missing(&s, SEG_DETACH_TIME, WHY_NONE);
    if (!sc->ageless) {
        seg_set(&s, SEG_BIRTH_TIME, NOON - sc->age);
        seg_set(&s, SEG_CHANGE_TIME, NOON - 1 * S); // does not count beside a birth
    }
    assert_int_equal(builder_add_segment(b, &s), 0);
    if (held)
        assert_int_equal(builder_add_fd(b, holder, SEG_POSIX, 0, 26, ino, ACCESS_R), 0);
}

static const struct snapshot *make(const struct scene *sc) {
    struct builder *b;
    struct scene arg = *sc;
    const struct snapshot *snap;
    assert_int_equal(builder_new(&b), 0);
    uint32_t holder = add_process(b, 50, NULL);
    if (sc->pid)
        add_process(b, (pid_t)sc->pid, sc);
    if (sc->name)
        add_object(b, sc, sc->name, 7, sc->held, holder);
    else
        add_sysv(b, sc);
    if (sc->other)
        add_object(b, sc, sc->other, 8, sc->other_held, holder);
    if (sc->denied) {
        struct process p = {.id = {99, 1}, .state = 'S', .scan = SCAN_DENIED};
        uint32_t index;
        builder_add_process(b, &p, &index);
    }
    *builder_coverage(b) = (struct coverage){.complete = !sc->incomplete,
                                             .descriptors = !sc->no_descriptors,
                                             .locks = !sc->no_locks,
                                             .private_maps = !sc->no_private,
                                             .pids_hidden = sc->hidden};
    builder_set_limit(b, LIMIT_UPTIME_NS, u64v_of(sc->uptime ? sc->uptime : 864000 * S));
    builder_set_limit(b, LIMIT_CLOCK_STEP_NS, u64v_of(sc->clock_step));
    builder_set_rules(b, NULL, sc->no_floor ? 0 : sc->floor ? sc->floor : VERDICT_AGE_FLOOR_NS);
    builder_set_late(b, tell, &arg);
    assert_int_equal(builder_freeze(b, 1, 0, NOON, &snap), 0);
    return snap;
}

static void check(const struct verdict_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct snapshot *snap = make(&cases[i].scene);
        char because[EVIDENCE_FACT];
        enum verdict_state got = verdict_of(&snap->segments[0]);
        verdict_because(snap, &snap->segments[0], because, sizeof because);
        if (got != cases[i].want)
            fail_msg("%s: %s, not %s (%s)", cases[i].what, verdict_name(got),
                     verdict_name(cases[i].want), because);
        if (!*because || (cases[i].because && !strstr(because, cases[i].because)))
            fail_msg("%s: because %s", cases[i].what, because);
        snapshot_unref(snap);
    }
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))
#define OLD .age = 3600 * S
#define GONE .creator = 40, .last = 41

static void system_v_is_judged_by_nattch_and_its_pids(void **state) {
    (void)state;
    static const struct verdict_case cases[] = {
        {"attached", {.nattch = 1, GONE, OLD}, VERDICT_IN_USE, "attached 1 time"},
        {"attached, unseen", {.nattch = 2, GONE, OLD, .incomplete = true}, VERDICT_IN_USE, NULL},
        {"nattch denied", {.nattch = NOT_THERE, GONE, OLD}, VERDICT_UNKNOWN, "denied"},
        {"both gone", {GONE, OLD}, VERDICT_ORPHAN, "creator 40 has exited"},
        {"both gone, little in sight",
         {GONE, OLD, .incomplete = true, .denied = true, .no_locks = true},
         VERDICT_ORPHAN,
         "has exited"},
        {"never attached", {.creator = 40, .last = NOT_THERE, OLD}, VERDICT_ORPHAN, NULL},
        {"creator lives", {GONE, OLD, .pid = 40}, VERDICT_IDLE, "creator 40 worker runs"},
        {"last lives", {GONE, OLD, .pid = 41}, VERDICT_IDLE, "last user 41 worker runs"},
        {"creator stopped", {GONE, OLD, .pid = 40, .state = 'T'}, VERDICT_IDLE, NULL},
        {"creator a zombie", {GONE, OLD, .pid = 40, .state = 'Z'}, VERDICT_ORPHAN, NULL},
        {"creator's pid reused",
         {GONE, OLD, .pid = 40, .start_age = 60 * S, .comm = "sh"},
         VERDICT_ORPHAN,
         "creator 40 has exited, sh has that pid now"},
        {"started in the same second", // clocks differ: not proven
         {GONE, OLD, .pid = 40, .start_age = 3599 * S},
         VERDICT_IDLE,
         NULL},
        {"older than the machine: the clock was set",
         {GONE, OLD, .pid = 40, .start_age = 60 * S, .uptime = 600 * S},
         VERDICT_IDLE,
         NULL},
        {"the clock was set forward since",
         {GONE, OLD, .pid = 40, .start_age = 60 * S, .clock_step = 3540 * S},
         VERDICT_IDLE,
         NULL},
        {"the clock was set forward, but not so far",
         {GONE, OLD, .pid = 40, .start_age = 60 * S, .clock_step = 3530 * S},
         VERDICT_ORPHAN,
         NULL},
        {"creator of an outer namespace",
         {.creator = NOT_THERE, .last = 41, OLD},
         VERDICT_SUSPECT,
         NULL},
        {"others hidden", {GONE, OLD, .hidden = true}, VERDICT_SUSPECT, NULL},
        {"young", {GONE, .age = 599 * S}, VERDICT_YOUNG, "unused for 9m"},
        {"just old enough", {GONE, .age = 600 * S}, VERDICT_ORPHAN, NULL},
        {"detached a minute ago", {GONE, OLD, .detach_age = MINUTE}, VERDICT_YOUNG, NULL},
        {"a younger floor",
         {GONE, OLD, .detach_age = MINUTE, .floor = MINUTE},
         VERDICT_ORPHAN,
         NULL},
        {"no floor", {GONE, .age = 0, .no_floor = true}, VERDICT_ORPHAN, NULL},
        {"held a minute ago in this run", {GONE, OLD, .held_age = MINUTE}, VERDICT_YOUNG, NULL},
        {"X server used it last",
         {GONE, OLD, .pid = 41, .comm = "Xorg"},
         VERDICT_ORPHAN,
         "creator 40 has exited"},
        {"X server used it last, client lives",
         {.creator = 50, .last = 41, OLD, .pid = 41, .comm = "Xorg"},
         VERDICT_IDLE,
         "creator 50"},
    };
    CHECK(cases);
}

static void objects_need_everybody_in_sight(void **state) {
    (void)state;
    static const struct verdict_case cases[] = {
        {"held", {.name = "/x", .held = true, OLD}, VERDICT_IN_USE, "pid 50 worker has it open"},
        {"held, unseen others",
         {.name = "/x", .held = true, OLD, .incomplete = true},
         VERDICT_IN_USE,
         NULL},
        {"locked by nobody in sight",
         {.name = "/x", .locked_unseen = true, OLD},
         VERDICT_IN_USE,
         "lock"},
        {"unheld", {.name = "/x", OLD}, VERDICT_SUSPECT, "nothing tells whose it was"},
        {"not everybody in sight",
         {.name = "/torch_40_1", OLD, .incomplete = true},
         VERDICT_UNKNOWN,
         "only root"},
        {"descriptors not asked",
         {.name = "/torch_40_1", OLD, .no_descriptors = true},
         VERDICT_UNKNOWN,
         "descriptors were not"},
        {"locks not asked",
         {.name = "/torch_40_1", OLD, .no_locks = true},
         VERDICT_UNKNOWN,
         "locks were not"},
        {"private maps not asked",
         {.name = "/torch_40_1", OLD, .no_private = true},
         VERDICT_UNKNOWN,
         "private mappings were not"},
        {"somebody denied",
         {.name = "/torch_40_1", OLD, .denied = true},
         VERDICT_UNKNOWN,
         "1 of 2 processes"},
        {"somebody denied, the kernel knows of nobody",
         {.name = "/torch_40_1", OLD, .denied = true, .sole = SOLE_NOBODY},
         VERDICT_ORPHAN,
         NULL},
        {"the kernel knows of somebody",
         {.name = "/torch_40_1", OLD, .denied = true, .sole = SOLE_SOMEBODY},
         VERDICT_IN_USE,
         "cannot be seen"},
        {"the kernel's word does not stand for a whole namespace",
         {.name = "/torch_40_1", OLD, .incomplete = true, .sole = SOLE_NOBODY},
         VERDICT_UNKNOWN,
         NULL},
        {"kept, but unknown comes first",
         {.name = "/lttng-ust-wait-11", OLD, .incomplete = true},
         VERDICT_UNKNOWN,
         NULL},
    };
    CHECK(cases);
}

static void pids_in_names_are_asked_of_every_namespace(void **state) {
    (void)state;
    static const struct verdict_case cases[] = {
        {"gone", {.name = "/torch_40_1", OLD}, VERDICT_ORPHAN, "pid in its name 40 has exited"},
        {"lives", {.name = "/torch_40_1", OLD, .pid = 40}, VERDICT_IDLE, "40 worker runs"},
        {"stopped", {.name = "/torch_40_1", OLD, .pid = 40, .state = 'T'}, VERDICT_IDLE, NULL},
        {"zombie", {.name = "/torch_40_1", OLD, .pid = 40, .state = 'Z'}, VERDICT_ORPHAN, NULL},
        {"reused",
         {.name = "/torch_40_1", OLD, .pid = 40, .start_age = 60 * S},
         VERDICT_ORPHAN,
         "worker has that pid now"},
        {"reused, but when it was born is not known",
         {.name = "/torch_40_1", .ageless = true, .no_floor = true, .pid = 40, .start_age = S},
         VERDICT_IDLE,
         NULL},
        {"reused, but the clock was set",
         {.name = "/torch_40_1", OLD, .pid = 40, .start_age = 60 * S, .uptime = 600 * S},
         VERDICT_IDLE,
         NULL},
        {"reused, but the clock was set forward since",
         {.name = "/torch_40_1", OLD, .pid = 40, .start_age = 60 * S, .clock_step = 3540 * S},
         VERDICT_IDLE,
         NULL},
        {"reused, and the clock was not set forward so far",
         {.name = "/torch_40_1", OLD, .pid = 40, .start_age = 60 * S, .clock_step = 3530 * S},
         VERDICT_ORPHAN,
         "has that pid now"},
        {"lives in a container",
         {.name = "/torch_7_1", OLD, .pid = 40, .inner_pid = 7},
         VERDICT_IDLE,
         "7 worker runs"},
        {"reused in a container",
         {.name = "/torch_7_1", OLD, .pid = 40, .inner_pid = 7, .start_age = 60 * S},
         VERDICT_ORPHAN,
         NULL},
        {"a zombie in a container",
         {.name = "/torch_7_1", OLD, .pid = 40, .inner_pid = 7, .state = 'Z'},
         VERDICT_ORPHAN,
         NULL},
        {"a kernel thread has that number",
         {.name = "/torch_40_1", OLD, .pid = 40, .kernel_thread = true},
         VERDICT_ORPHAN,
         "has exited"},
        {"containers not asked",
         {.name = "/torch_7_1", OLD, .inner_unknown = true},
         VERDICT_SUSPECT,
         "out of sight"},
        {"one of two lives",
         {.name = "/qb-40-41-12-AbCd12/ring", OLD, .pid = 41},
         VERDICT_IDLE,
         "41"},
        {"both gone", {.name = "/qb-40-41-12-AbCd12/ring", OLD}, VERDICT_ORPHAN, NULL},
        {"pid in its content lives",
         {.name = "/pulse-shm-12", OLD, .marker_pid = 40, .pid = 40},
         VERDICT_IDLE,
         "pid in its content 40"},
        {"pid in its content gone",
         {.name = "/pulse-shm-12", OLD, .marker_pid = 40},
         VERDICT_ORPHAN,
         "pid in its content 40 has exited"},
        {"young", {.name = "/torch_40_1", .age = MINUTE}, VERDICT_YOUNG, NULL},
        {"an unknown age is not old",
         {.name = "/torch_40_1", .ageless = true},
         VERDICT_YOUNG,
         "age is not known"},
        {"held a minute ago in this run",
         {.name = "/torch_40_1", OLD, .held_age = MINUTE},
         VERDICT_YOUNG,
         NULL},
        {"an idle one is idle even when young",
         {.name = "/torch_40_1", .age = S, .pid = 40},
         VERDICT_IDLE,
         NULL},
    };
    CHECK(cases);
}

static void what_software_keeps_is_protected(void **state) {
    (void)state;
    static const struct verdict_case cases[] = {
        {"always", {.name = "/lttng-ust-wait-11", OLD}, VERDICT_PROTECTED, "LTTng keeps"},
        {"always, also when young",
         {.name = "/lttng-ust-wait-11", .age = S},
         VERDICT_PROTECTED,
         NULL},
        {"always, but held",
         {.name = "/lttng-ust-wait-11", OLD, .held = true},
         VERDICT_IN_USE,
         NULL},
        {"while it runs",
         {.name = "/PostgreSQL.77", OLD, .pid = 40, .comm = "postgres"},
         VERDICT_PROTECTED,
         "pid 40 postgres runs"},
        {"while it is stopped",
         {.name = "/PostgreSQL.77", OLD, .pid = 40, .comm = "postgres", .state = 'T'},
         VERDICT_PROTECTED,
         NULL},
        {"a dead one keeps nothing",
         {.name = "/PostgreSQL.77", OLD, .pid = 40, .comm = "postgres", .state = 'Z'},
         VERDICT_SUSPECT,
         "none of it runs"},
        {"something else runs", {.name = "/PostgreSQL.77", OLD, .pid = 40}, VERDICT_SUSPECT, NULL},
        {"it runs where the same /dev/shm is",
         {.name = "/PostgreSQL.77", OLD, .pid = 40, .comm = "postgres", .ipc_ns = 2, .shm_dev = 26},
         VERDICT_PROTECTED,
         NULL},
        {"it runs where another /dev/shm is",
         {.name = "/PostgreSQL.77", OLD, .pid = 40, .comm = "postgres", .ipc_ns = 1, .shm_dev = 27},
         VERDICT_SUSPECT,
         "runs in other namespaces only"},
        {"always, whoever runs where",
         {.name = "/jack-shm-registry", OLD, .pid = 40, .comm = "jackd", .shm_dev = 27},
         VERDICT_PROTECTED,
         NULL},
        {"System V of the same namespace",
         {GONE, OLD, .key = 5, .pid = 40, .comm = "postgres", .ipc_ns = 1, .shm_dev = 27},
         VERDICT_PROTECTED,
         NULL},
        {"System V of another namespace than that of who runs",
         {GONE, OLD, .key = 5, .pid = 40, .comm = "postgres", .ipc_ns = 2, .shm_dev = 26},
         VERDICT_IDLE,
         NULL},
    };
    CHECK(cases);
}

// Two in one place and two in another, in the order of a snapshot: each is judged by its own place.
static void a_keeper_keeps_what_it_can_reach(void **state) {
    static const uint64_t devs[] = {26, 26, 27, 28, 28};
    struct builder *b;
    const struct snapshot *snap;
    struct scene postgres = {.comm = "postgres", .shm_dev = 28};
    (void)state;
    assert_int_equal(builder_new(&b), 0);
    add_process(b, 40, &postgres);
    postgres.shm_dev = 26;
    add_process(b, 41, &postgres);
    for (uint64_t i = 0; i < 5; i++) {
        struct segment s = {.id = {.kind = SEG_POSIX, .dev = devs[i], .num = 70 + i}};
        s.name = builder_str(b, "/PostgreSQL.77", 14);
        seg_set(&s, SEG_LINKS, 1);
        seg_set(&s, SEG_BIRTH_TIME, NOON - 86400 * S);
        assert_int_equal(builder_add_segment(b, &s), 0);
    }
    struct coverage *c = builder_coverage(b);
    c->complete = c->descriptors = c->locks = c->private_maps = true;
    builder_set_rules(b, NULL, VERDICT_AGE_FLOOR_NS);
    assert_int_equal(builder_freeze(b, 1, 0, NOON, &snap), 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(verdict_of(&snap->segments[i]),
                         devs[i] == 27 ? VERDICT_SUSPECT : VERDICT_PROTECTED);
    snapshot_unref(snap);
}

static void programs_that_keep_files_are_known(void **state) {
    struct origins *o;
    char why[80];
    static const char text[] = "pool-{n} Pool; while poold";
    (void)state;
    assert_int_equal(origins_parse(text, sizeof text - 1, &o, why, sizeof why), 0);
    assert_true(origins_keep_for(o, strv_of("poold", 5)));
    assert_true(origins_keep_for(o, strv_of("postmaster", 10)));
    assert_false(origins_keep_for(o, strv_of("post", 4)));
    assert_false(origins_keep_for(o, strv_missing(WHY_DENIED)));
    assert_false(origins_keep_for(NULL, strv_of("postgres", 8)));
    origins_unref(o);
}

static void groups_live_and_die_together(void **state) {
    (void)state;
#define SEGMENT "/fastdds_0123456789abcdef"
    static const struct verdict_case cases[] = {
        {"the lock file is held",
         {.name = SEGMENT, .other = SEGMENT "_el", .other_held = true, OLD},
         VERDICT_IN_USE,
         SEGMENT "_el, which belongs to it, is in use"},
        {"known use goes before what is unknown",
         {.name = SEGMENT, .other = SEGMENT "_el", .other_held = true, OLD, .incomplete = true},
         VERDICT_IN_USE,
         NULL},
        {"nobody holds either",
         {.name = SEGMENT, .other = SEGMENT "_el", OLD},
         VERDICT_ORPHAN,
         "nobody holds the lock"},
        {"without the lock file",
         {.name = SEGMENT, OLD},
         VERDICT_SUSPECT,
         "the file that Fast DDS locks is not there"},
        {"the lock file alone", {.name = SEGMENT "_sl", OLD}, VERDICT_ORPHAN, NULL},
        {"a semaphore through its port",
         {.name = "/sem.fastrtps_port7_mutex",
          .other = "/fastrtps_port7_el",
          .other_held = true,
          OLD},
         VERDICT_IN_USE,
         NULL},
        {"another port",
         {.name = "/sem.fastrtps_port7_mutex",
          .other = "/fastrtps_port77_el",
          .other_held = true,
          OLD},
         VERDICT_SUSPECT,
         NULL},
        {"files of one directory",
         {.name = "/qb-40-41-12-AbCd12/a",
          .other = "/qb-40-41-12-AbCd12/b",
          .other_held = true,
          OLD},
         VERDICT_IN_USE,
         NULL},
        {"zenoh's own lock", {.name = "/12.zenoh", OLD}, VERDICT_ORPHAN, "Zenoh"},
    };
    CHECK(cases);
}

static void members_of_a_group_are_told(void **state) {
    (void)state;
    const struct scene sc = {.name = SEGMENT, .other = SEGMENT "_el", OLD};
    const struct scene alone = {.name = "/x", OLD};
    const struct snapshot *snap = make(&sc);
    size_t count = 0;
    const uint32_t *members = verdict_group(snap, &snap->segments[1], &count);
    assert_int_equal(count, 2);
    assert_int_equal(members[0], 0);
    assert_int_equal(members[1], 1);
    snapshot_unref(snap);
    snap = make(&alone);
    assert_null(verdict_group(snap, &snap->segments[0], &count));
    assert_int_equal(count, 0);
    snapshot_unref(snap);
}

static bool says(const struct evidence *all, size_t count, enum verdict_state state,
                 enum evidence_source source) {
    for (size_t i = 0; i < count; i++)
        if (all[i].speaks_for == state && all[i].source == source)
            return true;
    return false;
}

static void facts_against_are_told_too(void **state) {
    (void)state;
    struct evidence all[EVIDENCE_MAX];
    const struct scene young = {GONE, .age = MINUTE};
    const struct snapshot *snap = make(&young);
    size_t count = verdict_explain(snap, snap->segments, all);
    assert_int_equal(all[0].speaks_for, VERDICT_YOUNG);
    assert_true(says(all, count, VERDICT_YOUNG, EVIDENCE_AGE));
    assert_true(says(all, count, VERDICT_ORPHAN, EVIDENCE_CREATOR));
    assert_true(says(all, count, VERDICT_ORPHAN, EVIDENCE_LAST));
    snapshot_unref(snap);
    const struct scene used = {.nattch = 1, GONE, OLD};
    snap = make(&used);
    count = verdict_explain(snap, snap->segments, all);
    assert_true(says(all, count, VERDICT_IN_USE, EVIDENCE_NATTCH));
    assert_true(says(all, count, VERDICT_ORPHAN, EVIDENCE_CREATOR));
    assert_false(says(all, count, VERDICT_SUSPECT, EVIDENCE_AGE));
    snapshot_unref(snap);
}

static void words_are_found_again(void **state) {
    (void)state;
    for (int i = 0; i < VERDICT_COUNT; i++)
        assert_int_equal(verdict_by_name(verdict_name((enum verdict_state)i)), i);
    assert_int_equal(verdict_by_name("orphans"), VERDICT_COUNT);
    assert_int_equal(verdict_by_name(""), VERDICT_COUNT);
    assert_string_equal(verdict_name((enum verdict_state)0), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_v_is_judged_by_nattch_and_its_pids),
        cmocka_unit_test(objects_need_everybody_in_sight),
        cmocka_unit_test(pids_in_names_are_asked_of_every_namespace),
        cmocka_unit_test(what_software_keeps_is_protected),
        cmocka_unit_test(a_keeper_keeps_what_it_can_reach),
        cmocka_unit_test(programs_that_keep_files_are_known),
        cmocka_unit_test(groups_live_and_die_together),
        cmocka_unit_test(members_of_a_group_are_told),
        cmocka_unit_test(facts_against_are_told_too),
        cmocka_unit_test(words_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
