// test_snapshot.c - building, joining, freezing and sharing a picture.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/snapshot.h"

enum { OWN_NS = 4026531839u, OTHER_NS = 4026532201u, SHM_DEV = 26 };
static const uint64_t second = 1000000000;

static struct builder *begin(void) {
    struct builder *b = NULL;

    assert_int_equal(builder_new(&b), 0);
    return b;
}

static const struct snapshot *end(struct builder *b) {
    const struct snapshot *snap = NULL;

    assert_int_equal(builder_freeze(b, 3, 4, 5, &snap), 0);
    assert_non_null(snap);
    return snap;
}

static void add_sysv(struct builder *b, uint64_t ns, uint64_t shmid, uint64_t nattch) {
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = ns, .num = shmid}};

    seg_set(&s, SEG_NATTCH, nattch);
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static void add_posix(struct builder *b, uint64_t ino, const char *name) {
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = SHM_DEV, .num = ino}};

    s.name = builder_str(b, name, strlen(name));
    assert_int_equal(builder_add_segment(b, &s), 0);
}

static uint32_t add_process(struct builder *b, pid_t pid) {
    struct process p = {.id = {pid, (uint64_t)pid * 10}, .state = 'S', .scan = SCANNED};
    uint32_t index = UINT32_MAX;

    assert_int_equal(builder_add_process(b, &p, &index), 0);
    return index;
}

static void map_sysv(struct builder *b, uint32_t process, uint64_t ns, uint64_t shmid,
                     uint64_t start) {
    struct mapping m = {.process = process, .kind = SEG_SYSV, .access = ACCESS_R | ACCESS_W};

    m.ns = ns;
    m.dev = 1; // of the kernel's internal mount, in every namespace
    m.ino = shmid;
    m.start = start;
    m.end = start + 4096;
    assert_int_equal(builder_add_mapping(b, &m), 0);
}

static void map_posix(struct builder *b, uint32_t process, uint64_t ino, uint64_t start,
                      uint8_t access, bool is_private) {
    struct mapping m = {.process = process, .kind = SEG_POSIX, .access = access};

    m.dev = SHM_DEV;
    m.ino = ino;
    m.start = start;
    m.end = start + 8192;
    m.offset = start & 0xffff;
    m.is_private = is_private;
    assert_int_equal(builder_add_mapping(b, &m), 0);
}

static const struct segment *find_num(const struct snapshot *snap, uint64_t ns, uint64_t num) {
    size_t i = 0;

    while (i < snap->segment_count &&
           (snap->segments[i].id.num != num || snap->segments[i].id.ns != ns))
        i++;
    assert_true(i < snap->segment_count);
    return &snap->segments[i];
}

static const struct holding *holding_of(const struct snapshot *snap, const struct segment *seg,
                                        pid_t pid) {
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *h = &snap->holdings[seg->first_holding + i];
        assert_int_equal(h->segment, snapshot_index(snap, seg));
        if (snap->processes[h->process].id.pid == pid)
            return h;
    }
    return NULL;
}

// ---- adding

static void the_first_segment_at_a_place_stays(void **state) {
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = OWN_NS, .num = 7}};
    struct builder *b = begin();
    uint64_t uid = 0;

    (void)state;
    seg_set(&s, SEG_UID, 1);
    assert_int_equal(builder_add_segment(b, &s), 0);
    seg_set(&s, SEG_UID, 2);
    assert_int_equal(builder_add_segment(b, &s), -EEXIST);
    s.id.incarnation[0] = 9; // the place is the same
    s.id.dev = 1;            // a System V inode is its shmid on any device
    assert_int_equal(builder_add_segment(b, &s), -EEXIST);
    s.id.ns = OTHER_NS;
    assert_int_equal(builder_add_segment(b, &s), 0);
    s.id.kind = SEG_MEMFD; // the same device and number range as System V
    assert_int_equal(builder_add_segment(b, &s), 0);
    s.id.dev = 2;
    assert_int_equal(builder_add_segment(b, &s), 0);
    s.id.ns = 0;
    assert_int_equal(builder_add_segment(b, &s), -EEXIST);
    assert_int_equal(builder_segment_count(b), 4);
    assert_int_equal(seg_get(builder_segment(b, 0), SEG_UID, &uid), WHY_KNOWN);
    assert_int_equal(uid, 1);
    assert_ptr_equal(builder_find_segment(b, SEG_SYSV, OWN_NS, 77, 7), builder_segment(b, 0));
    assert_ptr_equal(builder_find_segment(b, SEG_MEMFD, 77, 2, 7), builder_segment(b, 3));
    assert_null(builder_find_segment(b, SEG_SYSV, 5, 0, 7));
    assert_null(builder_find_segment(b, SEG_POSIX, 0, 1, 7));
    assert_null(builder_segment(b, 4));
    builder_free(b);
}

static void processes_are_found_by_pid_and_the_first_of_a_pid_stays(void **state) {
    struct builder *b = begin();
    struct process twin = {.id = {10, 999}};
    uint32_t index = 0;

    (void)state;
    for (pid_t pid = 10; pid < 1010; pid++)
        assert_int_equal(add_process(b, pid), pid - 10);
    assert_int_equal(builder_add_process(b, &twin, &index), 0);
    assert_int_equal(index, 0);
    assert_int_equal(builder_process(b, 0)->id.start_ticks, 100);
    assert_int_equal(builder_process_count(b), 1000);
    assert_true(builder_find_process(b, 1009, &index));
    assert_int_equal(index, 999);
    index = 5;
    assert_false(builder_find_process(b, 1010, &index));
    assert_int_equal(index, 5);
    assert_null(builder_process(b, 1000));
    builder_free(b);
}

static void strings_are_copies_of_any_bytes(void **state) {
    struct builder *b = begin();
    char source[] = "a\0b";
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    strv s = builder_str(b, source, 3);
    source[0] = 'x';
    assert_int_equal(strv_get(s, &bytes, &len), WHY_KNOWN);
    assert_int_equal(len, 3);
    assert_memory_equal(bytes, "a\0b", 3);
    builder_free(b);
}

static void lost_strings_make_freezing_fail(void **state) {
    struct builder *b = begin();
    const struct snapshot *snap = NULL;
    // Larger than any string may be: it is refused before a byte of it is read.
    volatile size_t huge = (size_t)UINT32_MAX + 1;
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    strv s = builder_str(b, "x", huge);
    assert_int_equal(strv_get(s, &bytes, &len), WHY_FAILED);
    assert_int_equal(builder_freeze(b, 1, 1, 1, &snap), -ENOMEM);
    assert_null(snap);
}

static void equal_notes_are_counted_once(void **state) {
    struct builder *b = begin();
    char probe[] = "maps"; // another address, the same word
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    builder_note(b, "maps", "pid 41", 6, WHY_DENIED, EACCES);
    builder_note(b, probe, "pid 42", 6, WHY_DENIED, EACCES);
    builder_note(b, "maps", "pid 43", 6, WHY_DENIED, EPERM);
    builder_note(b, "fds", "pid 43", 6, WHY_DENIED, EPERM);
    builder_note(b, "fds", "pid 43", 6, WHY_GONE, EPERM);
    const struct snapshot *snap = end(b);
    assert_int_equal(snap->note_count, 4);
    assert_int_equal(snap->notes[0].count, 2);
    assert_int_equal(snap->notes[0].err, EACCES);
    assert_int_equal(strv_get(snap->notes[0].object, &bytes, &len), WHY_KNOWN);
    assert_int_equal(len, 6);
    assert_memory_equal(bytes, "pid 41", 6);
    assert_int_equal(snap->notes[1].count, 1);
    snapshot_unref(snap);
}

// ---- freezing

static void everything_is_sorted_and_found_again(void **state) {
    struct builder *b = begin();

    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        add_posix(b, (i * 37) % 500 + 1, "/x");
        add_sysv(b, i % 2 ? OWN_NS : OTHER_NS, (i * 91) % 500, 0);
        add_process(b, (pid_t)((i * 13) % 500) + 1);
    }
    assert_int_equal(builder_add_user(b, 30, strv_of("c", 1)), 0);
    assert_int_equal(builder_add_user(b, 10, strv_of("a", 1)), 0);
    assert_int_equal(builder_add_user(b, 20, strv_missing(WHY_NONE)), 0);
    assert_int_equal(builder_add_user(b, 10, strv_of("z", 1)), 0);
    const struct snapshot *snap = end(b);
    assert_int_equal(snap->segment_count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        const struct segment *seg = &snap->segments[i];
        if (i > 0)
            assert_true(seg_id_compare(&seg[-1].id, &seg->id) < 0);
        assert_ptr_equal(snapshot_find(snap, &seg->id), seg);
        assert_int_equal(snapshot_index(snap, seg), i);
    }
    assert_null(snapshot_find(snap, &(struct seg_id){.kind = SEG_POSIX, .dev = SHM_DEV}));
    assert_int_equal(snap->process_count, 500);
    for (pid_t pid = 1; pid <= 500; pid++)
        assert_int_equal(snapshot_process(snap, pid)->id.start_ticks, pid * 10);
    assert_null(snapshot_process(snap, 501));
    assert_int_equal(snap->user_count, 3);
    const char *bytes = "";
    size_t len = 0;
    assert_int_equal(strv_get(snapshot_user(snap, 10), &bytes, &len), WHY_KNOWN);
    assert_int_equal(bytes[0], 'a');
    assert_int_equal(strv_get(snapshot_user(snap, 20), &bytes, &len), WHY_NONE);
    assert_int_equal(strv_get(snapshot_user(snap, 25), &bytes, &len), WHY_NOT_ASKED);
    assert_int_equal(snap->generation, 3);
    assert_int_equal(snap->mono_ns, 4);
    assert_int_equal(snap->wall_ns, 5);
    snapshot_unref(snap);
}

static void another_incarnation_is_not_found(void **state) {
    struct builder *b = begin();
    struct segment s = {.id = {SEG_SYSV, OWN_NS, 0, 7, {100, 0, 4096}}};
    struct seg_id id = s.id;

    (void)state;
    assert_int_equal(builder_add_segment(b, &s), 0);
    const struct snapshot *snap = end(b);
    assert_non_null(snapshot_find(snap, &id));
    id.incarnation[0] = 101;
    assert_null(snapshot_find(snap, &id));
    snapshot_unref(snap);
}

static void an_empty_builder_freezes_to_an_empty_picture(void **state) {
    const struct snapshot *snap = end(begin());
    uint64_t v = 0;

    (void)state;
    assert_int_equal(snap->segment_count, 0);
    assert_int_equal(snap->process_count, 0);
    assert_int_equal(snap->holding_count, 0);
    assert_int_equal(snap->coverage.processes, 0);
    assert_int_equal(u64v_get(snap->limits[LIMIT_SHMMNI], &v), WHY_NOT_ASKED);
    assert_null(snapshot_find(snap, &(struct seg_id){0}));
    assert_null(snapshot_process(snap, 1));
    snapshot_unref(snap);
    snapshot_unref(NULL);
    assert_null(snapshot_ref(NULL));
    builder_free(NULL);
}

static void limits_vantage_and_coverage_are_carried_over(void **state) {
    struct builder *b = begin();
    uint64_t v = 0;

    (void)state;
    builder_set_limit(b, LIMIT_SHMMNI, u64v_of(4096));
    builder_set_limit(b, LIMIT_SHMMAX, u64v_missing(WHY_NONE));
    assert_int_equal(u64v_get(builder_limit(b, LIMIT_SHMMNI), &v), WHY_KNOWN);
    builder_vantage(b)->uid = 1000;
    builder_coverage(b)->namespaces = 3;
    builder_coverage(b)->locks = true;
    const struct snapshot *snap = end(b);
    assert_int_equal(u64v_get(snap->limits[LIMIT_SHMMNI], &v), WHY_KNOWN);
    assert_int_equal(v, 4096);
    assert_int_equal(u64v_get(snap->limits[LIMIT_SHMMAX], &v), WHY_NONE);
    assert_int_equal(snap->vantage.uid, 1000);
    assert_int_equal(snap->coverage.namespaces, 3);
    assert_true(snap->coverage.locks);
    snapshot_unref(snap);
}

static void coverage_counts_what_came_of_each_process(void **state) {
    static const enum scan_result results[] = {SCANNED,   SCANNED,     SCAN_NO_MM,    SCAN_DENIED,
                                               SCAN_GONE, SCAN_DENIED, SCAN_NOT_ASKED};
    struct builder *b = begin();

    (void)state;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        builder_process(b, add_process(b, (pid_t)i + 1))->scan = (uint8_t)results[i];
    builder_coverage(b)->scanned = 99; // made at freeze, not by probes
    const struct snapshot *snap = end(b);
    assert_int_equal(snap->coverage.processes, 7);
    assert_int_equal(snap->coverage.scanned, 3);
    assert_int_equal(snap->coverage.denied, 2);
    assert_int_equal(snap->coverage.gone, 1);
    snapshot_unref(snap);
}

static void further_names_go_with_their_segment(void **state) {
    struct builder *b = begin();
    struct segment stranger = {.id = {.kind = SEG_POSIX, .dev = SHM_DEV, .num = 99}};
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    add_posix(b, 3, "/c");
    add_posix(b, 2, "/b");
    add_posix(b, 1, "/a");
    const struct segment *three = builder_segment(b, 0), *one = builder_segment(b, 2);
    assert_int_equal(builder_add_name(b, three, builder_str(b, "/c2", 3)), 0);
    assert_int_equal(builder_add_name(b, one, builder_str(b, "/a2", 3)), 0);
    assert_int_equal(builder_add_name(b, three, builder_str(b, "/c3", 3)), 0);
    assert_int_equal(builder_add_name(b, &stranger, builder_str(b, "/no", 3)), -ENOENT);
    const struct snapshot *snap = end(b);
    assert_int_equal(snap->name_count, 3);
    assert_int_equal(snap->segments[0].name_count, 1);
    assert_int_equal(snap->segments[1].name_count, 0);
    assert_int_equal(snap->segments[2].name_count, 2);
    assert_int_equal(strv_get(snap->names[snap->segments[0].first_name], &bytes, &len), WHY_KNOWN);
    assert_memory_equal(bytes, "/a2", 3);
    assert_int_equal(strv_get(snap->names[snap->segments[2].first_name + 1], &bytes, &len),
                     WHY_KNOWN);
    assert_memory_equal(bytes, "/c3", 3);
    snapshot_unref(snap);
}

// ---- joining

static void mappings_become_one_holding_a_process(void **state) {
    struct builder *b = begin();

    (void)state;
    add_posix(b, 20, "/b");
    add_posix(b, 10, "/a");
    uint32_t late = add_process(b, 200), early = add_process(b, 100);
    map_posix(b, late, 20, 0x30000, ACCESS_R, false);
    map_posix(b, late, 20, 0x10000, ACCESS_R | ACCESS_W, false);
    map_posix(b, late, 10, 0x50000, ACCESS_R, false);
    map_posix(b, early, 20, 0x70000, 0, false);
    map_posix(b, late, 20, 0x20000, ACCESS_R, false);
    const struct snapshot *snap = end(b);
    const struct segment *a = find_num(snap, 0, 10), *c = find_num(snap, 0, 20);
    assert_int_equal(snap->holding_count, 3);
    assert_int_equal(snap->range_count, 5);
    assert_int_equal(a->holding_count, 1);
    assert_int_equal(c->holding_count, 2);
    const struct holding *h = holding_of(snap, c, 200);
    assert_int_equal(h->mappings, 3);
    assert_int_equal(h->range_count, 3);
    assert_int_equal(h->mapped_bytes, 3 * 8192);
    assert_int_equal(h->access, ACCESS_R | ACCESS_W);
    assert_false(h->is_private);
    for (uint64_t i = 0; i < 3; i++) // by address, each with its own facts
        assert_int_equal(snap->ranges[h->first_range + i].start, 0x10000 * (i + 1));
    assert_int_equal(snap->ranges[h->first_range].access, ACCESS_R | ACCESS_W);
    assert_int_equal(snap->ranges[h->first_range + 1].access, ACCESS_R);
    assert_int_equal(snap->ranges[h->first_range].end, 0x12000);
    assert_int_equal(holding_of(snap, c, 100)->access, 0); // PROT_NONE
    // By segment, then by process; and from the side of the process.
    assert_ptr_equal(&snap->holdings[c->first_holding], holding_of(snap, c, 100));
    const struct process *p = snapshot_process(snap, 200);
    assert_int_equal(p->held_count, 2);
    assert_ptr_equal(&snap->holdings[snap->held[p->first_held]], holding_of(snap, a, 200));
    assert_ptr_equal(&snap->holdings[snap->held[p->first_held + 1]], h);
    assert_int_equal(snapshot_process(snap, 100)->held_count, 1);
    assert_int_equal(snap->note_count, 0);
    snapshot_unref(snap);
}

static void descriptors_and_locks_hold_too(void **state) {
    struct builder *b = begin();

    (void)state;
    add_posix(b, 10, "/a");
    uint32_t opener = add_process(b, 1), locker = add_process(b, 2), none = add_process(b, 3);
    assert_false(builder_is_holder(b, opener));
    assert_int_equal(builder_add_fd(b, opener, SEG_POSIX, 0, SHM_DEV, 10, 0), 0);
    assert_int_equal(builder_add_fd(b, opener, SEG_POSIX, 0, SHM_DEV, 10, ACCESS_W), 0);
    assert_int_equal(builder_add_lock(b, locker, SEG_POSIX, SHM_DEV, 10), 0);
    assert_true(builder_is_holder(b, opener));
    assert_true(builder_is_holder(b, locker));
    assert_false(builder_is_holder(b, none));
    assert_false(builder_is_holder(b, 77));
    assert_int_equal(builder_add_lock(b, 77, SEG_POSIX, SHM_DEV, 10), -EINVAL);
    assert_int_equal(builder_add_mapping(b, &(struct mapping){.process = 77}), -EINVAL);
    const struct snapshot *snap = end(b);
    const struct holding *h = holding_of(snap, &snap->segments[0], 1);
    assert_int_equal(h->fds, 2);
    assert_int_equal(h->mappings, 0);
    assert_int_equal(h->access, ACCESS_W);
    assert_false(h->is_private);
    h = holding_of(snap, &snap->segments[0], 2);
    assert_int_equal(h->locks, 1);
    assert_int_equal(h->access, 0);
    assert_null(holding_of(snap, &snap->segments[0], 3));
    snapshot_unref(snap);
}

static void writes_through_private_mappings_do_not_count(void **state) {
    struct builder *b = begin();
    const uint8_t rw = ACCESS_R | ACCESS_W;

    (void)state;
    add_posix(b, 10, "/a");
    uint32_t all = add_process(b, 1), mixed = add_process(b, 2), opened = add_process(b, 3);
    map_posix(b, add_process(b, 4), 10, 0x10000, ACCESS_W, true); // what can be written can be read
    map_posix(b, all, 10, 0x10000, rw, true);
    map_posix(b, all, 10, 0x20000, ACCESS_W, true);
    map_posix(b, mixed, 10, 0x10000, rw, true);
    map_posix(b, mixed, 10, 0x20000, rw, false);
    map_posix(b, mixed, 10, 0x30000, rw, true);
    map_posix(b, opened, 10, 0x10000, ACCESS_R, true);
    assert_int_equal(builder_add_fd(b, opened, SEG_POSIX, 0, SHM_DEV, 10, rw), 0);
    const struct snapshot *snap = end(b);
    const struct holding *h = holding_of(snap, &snap->segments[0], 1);
    assert_true(h->is_private);
    assert_int_equal(h->access, ACCESS_R);
    assert_int_equal(snap->ranges[h->first_range].access, rw); // as the process has it
    assert_true(snap->ranges[h->first_range].is_private);
    h = holding_of(snap, &snap->segments[0], 2);
    assert_false(h->is_private);
    assert_int_equal(h->access, rw);
    assert_int_equal(holding_of(snap, &snap->segments[0], 4)->access, ACCESS_R);
    h = holding_of(snap, &snap->segments[0], 3);
    assert_true(h->is_private);
    assert_int_equal(h->access, rw); // the descriptor writes
    snapshot_unref(snap);
}

static void shmids_are_joined_in_their_namespace(void **state) {
    struct builder *b = begin();

    (void)state;
    add_sysv(b, OWN_NS, 0, 1); // shmid 0 is ordinary
    add_sysv(b, OTHER_NS, 0, 1);
    add_sysv(b, OTHER_NS, 5, 1);
    uint32_t p = add_process(b, 1), q = add_process(b, 2);
    map_sysv(b, p, OWN_NS, 0, 0x1000);
    map_sysv(b, q, OTHER_NS, 0, 0x1000);
    map_sysv(b, q, OWN_NS, 5, 0x5000); // is not there
    const struct snapshot *snap = end(b);
    assert_int_equal(snap->holding_count, 2);
    assert_non_null(holding_of(snap, find_num(snap, OWN_NS, 0), 1));
    assert_null(holding_of(snap, find_num(snap, OWN_NS, 0), 2));
    assert_non_null(holding_of(snap, find_num(snap, OTHER_NS, 0), 2));
    assert_int_equal(snap->note_count, 1);
    assert_int_equal(snap->notes[0].why, WHY_GONE);
    snapshot_unref(snap);
}

static void a_shmid_of_an_unknown_namespace_is_joined_only_when_it_is_certain(void **state) {
    struct builder *b = begin();

    (void)state;
    add_sysv(b, OWN_NS, 1, 1);
    add_sysv(b, OTHER_NS, 1, 1);
    add_sysv(b, OTHER_NS, 2, 1);
    uint32_t p = add_process(b, 1);
    map_sysv(b, p, 0, 1, 0x1000); // two namespaces have it
    map_sysv(b, p, 0, 2, 0x2000); // one has
    map_sysv(b, p, 0, 3, 0x3000); // none has
    map_sysv(b, p, 0, 4, 0x4000);
    const struct snapshot *snap = end(b);
    assert_int_equal(snap->holding_count, 1);
    assert_non_null(holding_of(snap, find_num(snap, OTHER_NS, 2), 1));
    assert_int_equal(snap->note_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct note *n = &snap->notes[i];
        assert_string_equal(n->probe, "maps");
        assert_true(n->why == WHY_FAILED ? n->count == 1 : n->why == WHY_GONE && n->count == 2);
    }
    snapshot_unref(snap);
}

static void what_holds_no_segment_is_dropped_and_noted(void **state) {
    struct builder *b = begin();
    const char *bytes = NULL;
    size_t len = 0;

    (void)state;
    add_posix(b, 10, "/a");
    builder_note(b, "fds", "pid 40", 6, WHY_GONE, 0);
    uint32_t p = add_process(b, 41);
    for (uint64_t i = 0; i < 50; i++)
        map_posix(b, p, 11 + i, 0x1000, ACCESS_R, false);
    assert_int_equal(builder_add_fd(b, p, SEG_MEMFD, 0, SHM_DEV, 10, 0), 0);
    assert_int_equal(builder_add_fd(b, p, SEG_MEMFD, 0, SHM_DEV, 10, 0), 0);
    assert_int_equal(builder_add_lock(b, p, SEG_POSIX, SHM_DEV + 1, 10), 0);
    const struct snapshot *snap = end(b);
    assert_int_equal(snap->holding_count, 0);
    assert_int_equal(snap->segments[0].holding_count, 0);
    assert_int_equal(snap->note_count, 3);
    assert_string_equal(snap->notes[0].probe, "fds");
    assert_int_equal(snap->notes[0].count, 3); // with the one that was there
    assert_string_equal(snap->notes[1].probe, "maps");
    assert_int_equal(snap->notes[1].count, 50);
    assert_int_equal(strv_get(snap->notes[1].object, &bytes, &len), WHY_KNOWN);
    assert_string_equal(bytes, "pid 41, posix device 0x1a inode 11");
    assert_string_equal(snap->notes[2].probe, "locks");
    snapshot_unref(snap);
}

static void an_inode_number_used_again_is_another_object(void **state) {
    static const struct {
        uint64_t segment;
        uint32_t mapping;
        bool joined;
    } cases[] = {{7, 7, true}, {7, 8, false}, {0, 8, true}, {7, 0, true}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct builder *b = begin();
        struct segment s = {.id = {.kind = SEG_ANON, .dev = 1, .num = 5}};
        s.id.incarnation[1] = cases[i].segment;
        assert_int_equal(builder_add_segment(b, &s), 0);
        struct mapping m = {.process = add_process(b, 1), .kind = SEG_ANON, .dev = 1, .ino = 5};
        m.generation = cases[i].mapping;
        assert_int_equal(builder_add_mapping(b, &m), 0);
        const struct snapshot *snap = end(b);
        assert_int_equal(snap->holding_count, cases[i].joined);
        snapshot_unref(snap);
    }
}

static void hidden_is_what_nattch_counts_and_nobody_showed(void **state) {
    struct builder *b = begin();
    struct mapping copy = {.kind = SEG_SYSV, .is_private = true, .ns = OWN_NS, .ino = 3};
    uint64_t v = 77;

    (void)state;
    add_sysv(b, OWN_NS, 1, 5);
    add_sysv(b, OWN_NS, 2, 1);
    add_sysv(b, OWN_NS, 3, 2);
    add_sysv(b, OWN_NS, 4, 0);
    seg_set_missing(builder_segment(b, 3), SEG_NATTCH, WHY_DENIED);
    add_posix(b, 10, "/a");
    copy.process = add_process(b, 1);
    map_sysv(b, copy.process, OWN_NS, 1, 0x1000);
    map_sysv(b, copy.process, OWN_NS, 1, 0x2000);
    map_sysv(b, add_process(b, 2), OWN_NS, 1, 0x1000);
    map_sysv(b, copy.process, OWN_NS, 2, 0x3000);
    map_sysv(b, copy.process, OWN_NS, 2, 0x4000); // made since nattch was read
    assert_int_equal(builder_add_mapping(b, &copy), 0);
    const struct snapshot *snap = end(b);
    assert_int_equal(seg_get(find_num(snap, OWN_NS, 1), SEG_HIDDEN, &v), WHY_KNOWN);
    assert_int_equal(v, 2);
    assert_int_equal(seg_get(find_num(snap, OWN_NS, 2), SEG_HIDDEN, &v), WHY_KNOWN);
    assert_int_equal(v, 0);
    // A private mapping came through map_files and is in no nattch.
    assert_int_equal(seg_get(find_num(snap, OWN_NS, 3), SEG_HIDDEN, &v), WHY_KNOWN);
    assert_int_equal(v, 2);
    assert_int_equal(seg_get(find_num(snap, OWN_NS, 4), SEG_HIDDEN, &v), WHY_DENIED);
    assert_int_equal(seg_get(find_num(snap, 0, 10), SEG_HIDDEN, &v), WHY_NONE);
    snapshot_unref(snap);
}

// ---- remembered pids

struct pid_case {
    const char *what;
    uint64_t pid; // 0: the value 0; UINT64_MAX: missing
    char process_state;
    uint8_t scan;
    uint64_t start_s; // of pid 100, with tenths: 1005 is 100.5 s
    uint64_t attach, detach, change;
    enum pid_state expected;
};

static void remembered_pids_are_told_apart(void **state) {
    static const struct pid_case cases[] = {
        {"alive before the segment", 100, 'S', SCANNED, 900, 0, 0, 100, PID_RUNNING},
        {"not there", 101, 'S', SCANNED, 900, 0, 0, 100, PID_GONE},
        {"a zombie", 100, 'Z', SCAN_NO_MM, 900, 0, 0, 100, PID_GONE},
        {"dead", 100, 'X', SCANNED, 900, 0, 0, 100, PID_GONE},
        {"vanished while it was looked at", 100, 'S', SCAN_GONE, 900, 0, 0, 100, PID_GONE},
        {"denied is there", 100, 'S', SCAN_DENIED, 900, 0, 0, 100, PID_RUNNING},
        {"within the resolution", 100, 'S', SCANNED, 1010, 0, 0, 100, PID_RUNNING},
        {"started later", 100, 'S', SCANNED, 1011, 0, 0, 100, PID_REUSED},
        {"a zombie that started later", 100, 'Z', SCANNED, 1011, 0, 0, 100, PID_REUSED},
        {"attached since", 100, 'S', SCANNED, 1011, 200, 0, 100, PID_RUNNING},
        {"detached since", 100, 'S', SCANNED, 1011, 90, 200, 100, PID_RUNNING},
        {"later than all", 100, 'S', SCANNED, 2011, 90, 200, 100, PID_REUSED},
        {"no time known", 100, 'S', SCANNED, 9999, 0, 0, 0, PID_RUNNING},
        {"no start known", 100, 'S', SCANNED, 0, 0, 0, 100, PID_RUNNING},
        {"outside of our pid namespace", 0, 'S', SCANNED, 900, 0, 0, 100, PID_UNKNOWN},
        {"not told", UINT64_MAX, 'S', SCANNED, 900, 0, 0, 100, PID_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pid_case *c = &cases[i];
        struct builder *b = begin();
        add_sysv(b, OWN_NS, 1, 0);
        struct segment *s = builder_segment(b, 0);
        if (c->pid != UINT64_MAX) {
            seg_set(s, SEG_CREATOR_PID, c->pid);
            seg_set(s, SEG_LAST_PID, c->pid);
        }
        if (c->attach)
            seg_set(s, SEG_ATTACH_TIME, c->attach * second);
        if (c->detach)
            seg_set(s, SEG_DETACH_TIME, c->detach * second);
        if (c->change)
            seg_set(s, SEG_CHANGE_TIME, c->change * second);
        struct process *p = builder_process(b, add_process(b, 100));
        p->state = c->process_state;
        p->scan = c->scan;
        p->start_time = c->start_s * second / 10;
        const struct snapshot *snap = end(b);
        if (snap->segments[0].creator_state != c->expected)
            fail_msg("%s: creator is %s", c->what,
                     pid_state_name((enum pid_state)snap->segments[0].creator_state));
        assert_int_equal(snap->segments[0].last_state, c->expected);
        snapshot_unref(snap);
    }
}

static void without_a_table_of_all_processes_nobody_is_gone(void **state) {
    (void)state;
    for (int hidden = 0; hidden < 2; hidden++) {
        struct builder *b = begin();
        add_sysv(b, OWN_NS, 1, 0);
        seg_set(builder_segment(b, 0), SEG_CREATOR_PID, 100);
        if (hidden) {
            add_process(b, 5);
            builder_coverage(b)->pids_hidden = true;
        }
        const struct snapshot *snap = end(b);
        assert_int_equal(snap->segments[0].creator_state, PID_UNKNOWN);
        snapshot_unref(snap);
    }
}

// ---- sharing

static void *use_and_drop(void *arg) {
    const struct snapshot *snap = arg;
    uintptr_t bad = 0;

    for (int i = 0; i < 20000; i++) {
        const struct snapshot *mine = snapshot_ref(snap);
        bad += mine->segment_count != 1;
        snapshot_unref(mine);
    }
    snapshot_unref(snap);
    return (void *)bad;
}

static void references_are_counted_from_any_thread(void **state) {
    struct builder *b = begin();
    pthread_t threads[4];

    (void)state;
    add_posix(b, 1, "/a");
    const struct snapshot *snap = end(b);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, use_and_drop, (void *)(uintptr_t)snapshot_ref(snap)),
            0);
    snapshot_unref(snap); // the threads keep it: the sanitizers would see it freed too soon
    for (size_t i = 0; i < 4; i++) {
        void *bad = NULL;
        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_null(bad);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_segment_at_a_place_stays),
        cmocka_unit_test(processes_are_found_by_pid_and_the_first_of_a_pid_stays),
        cmocka_unit_test(strings_are_copies_of_any_bytes),
        cmocka_unit_test(lost_strings_make_freezing_fail),
        cmocka_unit_test(equal_notes_are_counted_once),
        cmocka_unit_test(everything_is_sorted_and_found_again),
        cmocka_unit_test(another_incarnation_is_not_found),
        cmocka_unit_test(an_empty_builder_freezes_to_an_empty_picture),
        cmocka_unit_test(limits_vantage_and_coverage_are_carried_over),
        cmocka_unit_test(coverage_counts_what_came_of_each_process),
        cmocka_unit_test(further_names_go_with_their_segment),
        cmocka_unit_test(mappings_become_one_holding_a_process),
        cmocka_unit_test(descriptors_and_locks_hold_too),
        cmocka_unit_test(writes_through_private_mappings_do_not_count),
        cmocka_unit_test(shmids_are_joined_in_their_namespace),
        cmocka_unit_test(a_shmid_of_an_unknown_namespace_is_joined_only_when_it_is_certain),
        cmocka_unit_test(what_holds_no_segment_is_dropped_and_noted),
        cmocka_unit_test(an_inode_number_used_again_is_another_object),
        cmocka_unit_test(hidden_is_what_nattch_counts_and_nobody_showed),
        cmocka_unit_test(remembered_pids_are_told_apart),
        cmocka_unit_test(without_a_table_of_all_processes_nobody_is_gone),
        cmocka_unit_test(references_are_counted_from_any_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
