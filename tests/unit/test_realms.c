// test_realms.c - which IPC namespace each System V mapping belongs to.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/snapshot.h"

enum { OURS = 10, ONE = 11, TWO = 12, SHMID = 0 };

struct world {
    struct builder *b;
    const struct snapshot *snap;
};

static struct world begin(void) {
    struct world w = {0};
    assert_int_equal(builder_new(&w.b), 0);
    builder_vantage(w.b)->ipc_ns = OURS;
    return w;
}

static void segment(struct world *w, uint64_t ns, uint64_t nattch, pid_t creator, pid_t last) {
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = ns, .num = SHMID}, .foreign = ns != OURS};
    seg_set(&s, SEG_NATTCH, nattch);
    seg_set(&s, SEG_CREATOR_PID, (uint64_t)creator);
    seg_set(&s, SEG_LAST_PID, (uint64_t)last);
    assert_int_equal(builder_add_segment(w->b, &s), 0);
    assert_int_equal(builder_add_realm(w->b, ns), 0);
}

// What the kernel says of the inode behind a mapping, beside its generation.
static const struct sysv_inode unknown = {.held = UINT64_MAX};
static struct sysv_inode inode = {.held = UINT64_MAX};

static uint32_t last_process;

// The process of the last `maps` maps one more.
static void map_again(struct world *w, uint64_t ns, uint32_t generation) {
    static uint64_t address;
    address += 0x10000;
    struct mapping m = {.process = last_process,
                        .kind = SEG_SYSV,
                        .access = ACCESS_R,
                        .generation = generation,
                        .sysv = inode,
                        .ns = ns,
                        .dev = 1,
                        .ino = SHMID,
                        .start = address,
                        .end = address + 4096};
    assert_int_equal(builder_add_mapping(w->b, &m), 0);
}

static void maps(struct world *w, pid_t pid, uint64_t ns, uint32_t generation) {
    struct process p = {.id = {pid, 1}, .state = 'S', .scan = SCANNED};
    assert_int_equal(builder_add_process(w->b, &p, &last_process), 0);
    map_again(w, ns, generation);
}

static void size_and_time(struct world *w, uint64_t ns, uint64_t size, uint64_t changed_s) {
    struct segment *s = builder_find_segment(w->b, SEG_SYSV, ns, 0, SHMID);
    seg_set(s, SEG_SIZE, size);
    seg_set(s, SEG_CHANGE_TIME, changed_s * 1000000000u);
}

static void end(struct world *w) {
    assert_int_equal(builder_freeze(w->b, 1, 1, 1, &w->snap), 0);
}

static const struct segment *in(const struct world *w, uint64_t ns) {
    for (size_t i = 0; i < w->snap->segment_count; i++)
        if (w->snap->segments[i].id.ns == ns)
            return &w->snap->segments[i];
    fail_msg("no segment of namespace %d", (int)ns);
    abort();
}

static uint32_t held_by(const struct world *w, uint64_t ns, pid_t pid) {
    const struct segment *s = in(w, ns);
    for (uint32_t i = 0; i < s->holding_count; i++) {
        const struct holding *h = &w->snap->holdings[s->first_holding + i];
        if (w->snap->processes[h->process].id.pid == pid)
            return h->mappings;
    }
    return 0;
}

static bool left(const struct world *w, uint64_t ns) {
    return in(w, ns)->flags & SEG_FLAG_LEFT_NAMESPACE;
}

static uint64_t number_of(const struct world *w, uint64_t ns, enum seg_field field) {
    uint64_t value = 0;
    assert_int_equal(seg_get(in(w, ns), field, &value), WHY_KNOWN);
    return value;
}

static void everybody_at_home_stays_there(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) { // with and without handles
        struct world w = begin();
        segment(&w, OURS, 1, 1, 1);
        segment(&w, ONE, 2, 1, 1);
        maps(&w, 50, OURS, known * 7);
        maps(&w, 51, ONE, known * 8);
        maps(&w, 52, ONE, known * 8);
        end(&w);
        assert_int_equal(held_by(&w, OURS, 50), 1);
        assert_int_equal(held_by(&w, ONE, 51) + held_by(&w, ONE, 52), 2);
        assert_false(left(&w, OURS) || left(&w, ONE));
        assert_int_equal(w.snap->note_count, 0);
        snapshot_unref(w.snap);
    }
}

static void who_left_is_found_by_what_is_attached(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = begin();
        segment(&w, OURS, 1, 1, 50); // 50 attached here and went to ONE
        segment(&w, ONE, 0, 1, 1);   // where nobody attached anything
        maps(&w, 50, ONE, known * 7);
        end(&w);
        assert_int_equal(held_by(&w, OURS, 50), 1);
        assert_int_equal(in(&w, ONE)->holding_count, 0);
        assert_true(left(&w, OURS));
        assert_false(left(&w, ONE));
        snapshot_unref(w.snap);
    }
}

static void two_inodes_of_one_namespace_are_parted(void **state) {
    (void)state;
    struct world w = begin();
    segment(&w, OURS, 1, 1, 50);
    segment(&w, ONE, 1, 60, 60);
    maps(&w, 50, ONE, 7);
    maps(&w, 60, ONE, 8);
    end(&w);
    assert_int_equal(held_by(&w, OURS, 50), 1);
    assert_int_equal(held_by(&w, ONE, 60), 1);
    assert_int_equal(held_by(&w, ONE, 50), 0);
    assert_true(left(&w, OURS));
    snapshot_unref(w.snap);
}

static void what_fits_nowhere_is_credited_to_nobody(void **state) {
    (void)state;
    struct world w = begin();
    segment(&w, OURS, 1, 1, 50);
    segment(&w, TWO, 0, 1, 1);
    assert_int_equal(builder_add_realm(w.b, ONE), 0); // its segment has gone meanwhile
    maps(&w, 50, OURS, 7);
    maps(&w, 60, ONE, 8);
    end(&w);
    assert_int_equal(held_by(&w, OURS, 50), 1);
    assert_int_equal(held_by(&w, OURS, 60) + held_by(&w, TWO, 60), 0);
    assert_int_equal(w.snap->note_count, 1);
    assert_int_equal(w.snap->notes[0].why, WHY_GONE);
    snapshot_unref(w.snap);
}

static void an_attach_after_the_table_was_read_counts_at_home(void **state) {
    (void)state;
    struct world w = begin();
    segment(&w, OURS, 0, 1, 1);
    segment(&w, ONE, 0, 1, 1);
    maps(&w, 50, ONE, 7);
    end(&w);
    assert_int_equal(held_by(&w, ONE, 50), 1);
    assert_false(left(&w, ONE));
    assert_int_equal(w.snap->note_count, 1); // uncertain
    snapshot_unref(w.snap);
}

// Another segment that was attached once when its table was read is no reason to send him there.
static void who_is_late_at_home_is_not_sent_where_the_number_fits(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = begin();
        segment(&w, OURS, 1, 1, 1);
        segment(&w, ONE, 0, 1, 1);
        maps(&w, 50, ONE, known * 7);
        end(&w);
        assert_int_equal(held_by(&w, ONE, 50), 1);
        assert_int_equal(in(&w, OURS)->holding_count, 0);
        assert_false(left(&w, OURS));
        snapshot_unref(w.snap);
    }
}

static void an_inode_of_another_size_or_time_is_another_segment(void **state) {
    (void)state;
    for (int by_time = 0; by_time < 2; by_time++) {
        struct world w = begin();
        segment(&w, OURS, 2, 1, 1); // somebody else was the last
        segment(&w, ONE, 1, 1, 1);  // fits better, but for what it is
        segment(&w, TWO, 1, 1, 1);
        size_and_time(&w, OURS, 4096, 1000);
        size_and_time(&w, ONE, by_time ? 4096 : 8192, by_time ? 990 : 1000);
        size_and_time(&w, TWO, by_time ? 4096 : 8192, by_time ? 990 : 1000);
        inode.size = 4096;
        inode.born = 1000;
        maps(&w, 50, ONE, 7);
        inode = unknown;
        end(&w);
        assert_int_equal(held_by(&w, OURS, 50), 1);
        assert_int_equal(in(&w, ONE)->holding_count + in(&w, TWO)->holding_count, 0);
        assert_true(left(&w, OURS));
        snapshot_unref(w.snap);
    }
}

static void an_inode_that_is_no_segment_is_held_by_nobody(void **state) {
    (void)state;
    struct world w = begin();
    segment(&w, OURS, 1, 1, 1);
    segment(&w, ONE, 1, 1, 1);
    size_and_time(&w, OURS, 4096, 1000);
    size_and_time(&w, ONE, 4096, 1000);
    inode.size = 12288;
    maps(&w, 50, ONE, 7);
    inode = unknown;
    end(&w);
    assert_int_equal(in(&w, OURS)->holding_count + in(&w, ONE)->holding_count, 0);
    snapshot_unref(w.snap);
}

// It was gone when its handle was asked for: it may not take the place of what was proven.
static void what_has_no_generation_takes_nothing_from_what_has(void **state) {
    (void)state;
    struct world w = begin();
    segment(&w, OURS, 1, 1, 1);
    segment(&w, ONE, 0, 1, 1);
    maps(&w, 50, TWO, 7);  // left us
    maps(&w, 60, OURS, 0); // came and went while we looked
    assert_int_equal(builder_add_realm(w.b, TWO), 0);
    end(&w);
    assert_int_equal(held_by(&w, OURS, 50), 1);
    assert_int_equal(held_by(&w, OURS, 60), 1);
    assert_true(left(&w, OURS));
    snapshot_unref(w.snap);
}

static void foreign_ones_are_left_out_with_their_holders(void **state) {
    (void)state;
    struct world w = begin();
    segment(&w, ONE, 1, 1, 1);
    segment(&w, OURS, 2, 1, 50);
    segment(&w, TWO, 0, 1, 1);
    maps(&w, 50, OURS, 7);
    maps(&w, 51, ONE, 8);
    maps(&w, 52, TWO, 7); // came from us
    builder_leave_out_foreign(w.b);
    end(&w);
    assert_int_equal(w.snap->segment_count, 1);
    assert_int_equal(w.snap->coverage.foreign, 2);
    assert_int_equal(in(&w, OURS)->holding_count, 2);
    assert_int_equal(held_by(&w, OURS, 52), 1);
    assert_true(left(&w, OURS));
    assert_int_equal(w.snap->note_count, 0);
    assert_ptr_equal(snapshot_find(w.snap, &in(&w, OURS)->id), in(&w, OURS));
    snapshot_unref(w.snap);
}

static void a_crowd_is_taken_as_it_comes(void **state) {
    enum { CROWD = 500 };
    (void)state;
    struct world w = begin();
    segment(&w, OURS, CROWD, 1, 1);
    segment(&w, ONE, 0, 1, 1);
    for (pid_t pid = 100; pid < 100 + CROWD; pid++)
        maps(&w, pid, OURS, 0);
    end(&w);
    assert_int_equal(in(&w, OURS)->holding_count, CROWD);
    assert_false(left(&w, OURS));
    snapshot_unref(w.snap);
}

// ---- segments that are like each other, held by those alone who have left

static void key(struct world *w, uint64_t ns, uint32_t value, bool destroyed) {
    struct segment *s = builder_find_segment(w->b, SEG_SYSV, ns, 0, SHMID);
    seg_set(s, SEG_KEY, destroyed ? 0 : value);
    s->flags |= destroyed ? SEG_FLAG_DEST : 0;
}

static void held(struct world *w, uint64_t ns, uint64_t bytes) {
    struct segment *s = builder_find_segment(w->b, SEG_SYSV, ns, 0, SHMID);
    seg_set(s, SEG_RESIDENT, bytes);
    seg_set(s, SEG_SWAPPED, 0);
}

static size_t count_held(const struct world *w) {
    size_t n = 0;
    for (size_t i = 0; i < w->snap->segment_count; i++)
        n += w->snap->segments[i].holding_count;
    return n;
}

// 50 and 60 live in a namespace of their own, where nothing is.
static struct world alike(uint64_t nattch) {
    struct world w = begin();
    segment(&w, OURS, nattch, 1, 1);
    segment(&w, ONE, nattch, 1, 1);
    size_and_time(&w, OURS, 4096, 1000);
    size_and_time(&w, ONE, 4096, 1000);
    assert_int_equal(builder_add_realm(w.b, TWO), 0);
    inode = (struct sysv_inode){.size = 4096, .born = 1000, .held = UINT64_MAX};
    return w;
}

static void end_alike(struct world *w) {
    inode = unknown;
    end(w);
}

static void assert_nobody_is_credited(const struct world *w) {
    assert_int_equal(count_held(w), 0);
    assert_false(left(w, OURS) || left(w, ONE));
    assert_int_equal(w->snap->note_count, 1); // uncertain, and nothing about what is gone
    assert_int_equal(w->snap->notes[0].why, WHY_FAILED);
    assert_int_equal(number_of(w, OURS, SEG_HIDDEN), number_of(w, OURS, SEG_NATTCH));
}

static void who_cannot_be_told_apart_is_credited_nowhere(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = alike(1);
        maps(&w, 50, TWO, known * 7);
        maps(&w, 60, TWO, known * 8);
        end_alike(&w);
        assert_nobody_is_credited(&w);
        assert_int_equal(w.snap->notes[0].count, 2);
        snapshot_unref(w.snap);
    }
}

static void one_of_two_is_credited_nowhere(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = alike(1);
        maps(&w, 50, TWO, known * 7);
        end_alike(&w);
        assert_nobody_is_credited(&w);
        snapshot_unref(w.snap);
    }
}

static void one_who_might_as_well_be_another_is_credited_nowhere(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = alike(1);
        key(&w, OURS, 0x52, false);
        key(&w, ONE, 0x53, false);
        inode.has_key = true;
        inode.key = 0x52;
        maps(&w, 50, TWO, known * 7);
        maps(&w, 60, TWO, known * 8);
        end_alike(&w);
        assert_nobody_is_credited(&w);
        snapshot_unref(w.snap);
    }
}

// Who else is attached is not seen, and it was changed since it was made: nothing speaks for it.
static void who_has_left_is_not_credited_with_whatever_is_there(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = alike(5);
        size_and_time(&w, OURS, 4096, 2000);
        size_and_time(&w, ONE, 8192, 2000);
        maps(&w, 50, TWO, known * 7);
        end_alike(&w);
        assert_nobody_is_credited(&w);
        snapshot_unref(w.snap);
    }
}

static void who_is_at_home_leaves_the_other_one_to_the_other(void **state) {
    (void)state;
    struct world w = alike(1);
    maps(&w, 50, TWO, 7);
    maps(&w, 60, ONE, 8);
    end_alike(&w);
    assert_int_equal(held_by(&w, OURS, 50), 1);
    assert_int_equal(held_by(&w, ONE, 60), 1);
    assert_true(left(&w, OURS));
    assert_int_equal(w.snap->note_count, 0);
    snapshot_unref(w.snap);
}

static void the_key_it_was_made_with_tells_it(void **state) {
    (void)state;
    for (int destroyed = 0; destroyed < 2; destroyed++) {
        for (uint32_t known = 0; known < 2; known++) {
            struct world w = alike(1);
            key(&w, OURS, 0x52, false);
            key(&w, ONE, 0x53, destroyed); // which its key does not survive
            inode.has_key = true;
            inode.key = 0x52;
            maps(&w, 50, TWO, known * 7);
            inode.key = 0x53;
            maps(&w, 60, TWO, known * 8);
            end_alike(&w);
            assert_int_equal(held_by(&w, OURS, 50), 1);
            assert_int_equal(held_by(&w, ONE, 60), 1);
            assert_true(left(&w, OURS) && left(&w, ONE));
            snapshot_unref(w.snap);
        }
    }
}

// Even at home: the segment of that number there is another.
static void the_key_tells_that_it_is_none_at_home(void **state) {
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = alike(1);
        key(&w, OURS, 0x52, false);
        key(&w, ONE, 0x53, false);
        inode.has_key = true;
        inode.key = 0x52;
        maps(&w, 50, ONE, known * 7);
        end_alike(&w);
        assert_int_equal(held_by(&w, OURS, 50), 1);
        assert_int_equal(in(&w, ONE)->holding_count, 0);
        snapshot_unref(w.snap);
    }
}

static void who_made_it_tells_it(void **state) {
    (void)state;
    struct world w = alike(1);
    seg_set(builder_find_segment(w.b, SEG_SYSV, OURS, 0, SHMID), SEG_CREATOR_UID, 1000);
    seg_set(builder_find_segment(w.b, SEG_SYSV, ONE, 0, SHMID), SEG_CREATOR_UID, 1001);
    inode.uid = 1001;
    maps(&w, 50, TWO, 7);
    inode.uid = 1000;
    maps(&w, 60, TWO, 8);
    end_alike(&w);
    assert_int_equal(held_by(&w, ONE, 50), 1);
    assert_int_equal(held_by(&w, OURS, 60), 1);
    snapshot_unref(w.snap);
}

static void maps_with(struct world *w, pid_t pid, uint32_t generation, uint64_t bytes) {
    inode.held = bytes;
    maps(w, pid, TWO, generation);
}

static void what_it_has_in_memory_tells_it_where_all_of_it_fits(void **state) {
    static const struct {
        uint64_t of_50, of_60, in_ours, in_one;
        bool told;
    } cases[] = {
        {0, 4096, 0, 4096, true},
        {4096, 0, 0, 4096, true},
        {0, 0, 0, 4096, false},          // it moved
        {4096, 8192, 0, 4096, false},    // all of it did
        {0, 0, 0, 0, false},             // both alike
        {0, UINT64_MAX, 0, 4096, false}, // not known
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w = alike(1);
        held(&w, OURS, cases[i].in_ours);
        held(&w, ONE, cases[i].in_one);
        maps_with(&w, 50, 7, cases[i].of_50);
        maps_with(&w, 60, 8, cases[i].of_60);
        end_alike(&w);
        if (cases[i].told) {
            bool ours = cases[i].of_50 == cases[i].in_ours;
            assert_int_equal(held_by(&w, OURS, ours ? 50 : 60), 1);
            assert_int_equal(held_by(&w, ONE, ours ? 60 : 50), 1);
            assert_int_equal(w.snap->note_count, 0);
        } else {
            assert_nobody_is_credited(&w);
        }
        snapshot_unref(w.snap);
    }
    // One that is not seen might be either.
    struct world w = alike(1);
    held(&w, OURS, 0);
    held(&w, ONE, 4096);
    maps_with(&w, 50, 7, 0);
    end_alike(&w);
    assert_nobody_is_credited(&w);
    snapshot_unref(w.snap);
}

static void two_of_one_process_are_both_its_own(void **state) {
    (void)state;
    struct world w = alike(1);
    maps(&w, 50, TWO, 7);
    map_again(&w, TWO, 8);
    end_alike(&w);
    assert_int_equal(held_by(&w, OURS, 50), 1);
    assert_int_equal(held_by(&w, ONE, 50), 1);
    assert_int_equal(w.snap->note_count, 1); // at which address is uncertain
    snapshot_unref(w.snap);
}

// Without generation it is not told that several mappings are of one inode.
static void how_often_it_is_attached_tells_it(void **state) {
    (void)state;
    struct world w = begin();
    segment(&w, OURS, 1, 1, 1);
    segment(&w, ONE, 2, 1, 1);
    assert_int_equal(builder_add_realm(w.b, TWO), 0);
    maps(&w, 60, TWO, 0);
    map_again(&w, TWO, 0);
    maps(&w, 50, TWO, 0);
    end(&w);
    assert_int_equal(held_by(&w, OURS, 50), 1);
    assert_int_equal(held_by(&w, ONE, 60), 2);
    snapshot_unref(w.snap);
}

static void companies_as_large_are_credited_nowhere(void **state) {
    (void)state;
    struct world w = alike(2);
    size_and_time(&w, ONE, 8192, 1000);
    maps(&w, 50, TWO, 0);
    map_again(&w, TWO, 0);
    maps(&w, 60, TWO, 0);
    map_again(&w, TWO, 0);
    end_alike(&w);
    assert_nobody_is_credited(&w);
    snapshot_unref(w.snap);
}

static void a_part_of_what_somebody_brought_is_not_credited(void **state) {
    (void)state;
    struct world w = alike(3);
    size_and_time(&w, ONE, 8192, 1000);
    maps(&w, 70, OURS, 0); // since the segments were read
    maps(&w, 50, TWO, 0);
    map_again(&w, TWO, 0);
    map_again(&w, TWO, 0);
    end_alike(&w);
    assert_int_equal(held_by(&w, OURS, 70), 1);
    assert_int_equal(held_by(&w, OURS, 50), 0);
    assert_false(left(&w, OURS));
    snapshot_unref(w.snap);
}

static void the_size_in_huge_pages_is_rounded_up(void **state) {
    const uint64_t mib = 1 << 20, gib = 1 << 30;
    const struct {
        uint64_t inode, ours, one;
    } cases[] = {{4 * mib, 3 * mib, 5 * mib},
                 {4 * mib, 2 * mib + 1, 2 * mib},
                 {2 * gib, gib + 1, gib},
                 {4 * mib, 4 * mib, 1},
                 {4 * mib, 4 * mib, gib}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w = alike(1);
        size_and_time(&w, OURS, cases[i].ours, 1000);
        size_and_time(&w, ONE, cases[i].one, 1000);
        held(&w, OURS, 512 * mib);
        inode.size = cases[i].inode;
        inode.huge = true;
        maps(&w, 50, TWO, 0);
        end_alike(&w);
        assert_int_equal(held_by(&w, OURS, 50), 1);
        assert_true(in(&w, OURS)->flags & SEG_FLAG_HUGE);
        assert_false(in(&w, ONE)->flags & SEG_FLAG_HUGE);
        assert_int_equal(number_of(&w, OURS, SEG_RESIDENT), mib);
        snapshot_unref(w.snap);
    }
}

static void of_too_many_who_left_none_is_credited(void **state) {
    enum { CROWD = 200 };
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = alike(CROWD);
        for (uint32_t i = 0; i < CROWD; i++)
            maps(&w, (pid_t)(100 + i), TWO, known * (1 + i));
        maps(&w, 50, ONE, known * 1000);
        end_alike(&w);
        assert_int_equal(count_held(&w), 1);
        assert_int_equal(held_by(&w, ONE, 50), 1);
        assert_false(left(&w, OURS) || left(&w, ONE));
        assert_int_equal(w.snap->note_count, 1);
        assert_int_equal(w.snap->notes[0].count, CROWD);
        snapshot_unref(w.snap);
    }
}

// A thousand containers of one image, from one of which somebody left.
static void a_crowd_of_namespaces_hides_nobody(void **state) {
    enum { CROWD = 1000, FIRST = 100 };
    (void)state;
    for (uint32_t known = 0; known < 2; known++) {
        struct world w = begin();
        for (uint32_t i = 0; i < CROWD; i++) {
            segment(&w, FIRST + i, 1 + (i == 7), (pid_t)(4000 + i), (pid_t)(4000 + i));
            maps(&w, (pid_t)(2000 + i), FIRST + i, known * (1 + i));
        }
        assert_int_equal(builder_add_realm(w.b, TWO), 0);
        maps(&w, 50, TWO, known * 8); // the generation of the eighth
        end(&w);
        for (uint32_t i = 0; i < CROWD; i++) {
            assert_int_equal(held_by(&w, FIRST + i, (pid_t)(2000 + i)), 1);
            assert_int_equal(held_by(&w, FIRST + i, 50), i == 7);
        }
        assert_true(left(&w, FIRST + 7));
        snapshot_unref(w.snap);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_at_home_stays_there),
        cmocka_unit_test(who_left_is_found_by_what_is_attached),
        cmocka_unit_test(two_inodes_of_one_namespace_are_parted),
        cmocka_unit_test(what_fits_nowhere_is_credited_to_nobody),
        cmocka_unit_test(an_attach_after_the_table_was_read_counts_at_home),
        cmocka_unit_test(who_is_late_at_home_is_not_sent_where_the_number_fits),
        cmocka_unit_test(an_inode_of_another_size_or_time_is_another_segment),
        cmocka_unit_test(an_inode_that_is_no_segment_is_held_by_nobody),
        cmocka_unit_test(what_has_no_generation_takes_nothing_from_what_has),
        cmocka_unit_test(foreign_ones_are_left_out_with_their_holders),
        cmocka_unit_test(a_crowd_is_taken_as_it_comes),
        cmocka_unit_test(who_cannot_be_told_apart_is_credited_nowhere),
        cmocka_unit_test(one_of_two_is_credited_nowhere),
        cmocka_unit_test(one_who_might_as_well_be_another_is_credited_nowhere),
        cmocka_unit_test(who_has_left_is_not_credited_with_whatever_is_there),
        cmocka_unit_test(who_is_at_home_leaves_the_other_one_to_the_other),
        cmocka_unit_test(the_key_it_was_made_with_tells_it),
        cmocka_unit_test(the_key_tells_that_it_is_none_at_home),
        cmocka_unit_test(who_made_it_tells_it),
        cmocka_unit_test(what_it_has_in_memory_tells_it_where_all_of_it_fits),
        cmocka_unit_test(two_of_one_process_are_both_its_own),
        cmocka_unit_test(how_often_it_is_attached_tells_it),
        cmocka_unit_test(companies_as_large_are_credited_nowhere),
        cmocka_unit_test(a_part_of_what_somebody_brought_is_not_credited),
        cmocka_unit_test(the_size_in_huge_pages_is_rounded_up),
        cmocka_unit_test(of_too_many_who_left_none_is_credited),
        cmocka_unit_test(a_crowd_of_namespaces_hides_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
