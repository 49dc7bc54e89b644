// test_sysv_kept.c - looks at a crowded table of System V segments, which remember, against looks
// that do not.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "probes/probe.h"

enum { CROWD = 6000, SWEEP = 10 };

struct eyes {
    struct root *root;
    struct prober *prober;
    int ids[CROWD];
    size_t count;
};

static int make(void) {
    return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
}

// Room for so many is a setting of the IPC namespace, which its root may change.
static int set_up(void **state) {
    static struct eyes eyes;
    *state = NULL;
    if (getenv("SHMTOP_PRIVATE_NS") == NULL)
        return 0;
    int fd = open("/proc/sys/kernel/shmmni", O_WRONLY | O_CLOEXEC);
    bool room = fd >= 0 && write(fd, "8192", 4) == 4;
    if (fd >= 0)
        close(fd);
    if (!room)
        return 0;
    for (; eyes.count < CROWD; eyes.count++)
        if ((eyes.ids[eyes.count] = make()) < 0)
            return -1;
    *state = &eyes;
    return 0;
}

static int tear_down(void **state) {
    struct eyes *e = *state;
    for (size_t i = 0; e && i < e->count; i++)
        shmctl(e->ids[i], IPC_RMID, NULL);
    return 0;
}

static struct eyes *fresh(void **state) {
    struct eyes *e = *state;
    if (!e) {
        print_message("skipped: not in an IPC namespace of its own with room for %d\n", CROWD);
        skip();
        abort(); // never
    }
    assert_int_equal(root_open(NULL, &e->root), 0);
    assert_int_equal(prober_new(e->root, &e->prober), 0);
    return e;
}

static void done(struct eyes *e) {
    prober_free(e->prober);
    root_close(e->root);
}

static const struct snapshot *look(const struct eyes *e, const struct scan_request *want) {
    const struct snapshot *snap = NULL;
    assert_int_equal(prober_scan(e->prober, want, &snap), 0);
    return snap;
}

static const struct segment *find(const struct snapshot *snap, int shmid) {
    for (size_t i = 0; i < snap->segment_count; i++)
        if (snap->segments[i].id.kind == SEG_SYSV && snap->segments[i].id.num == (uint64_t)shmid)
            return &snap->segments[i];
    return NULL;
}

static const struct segment *numbered(const struct snapshot *snap, int shmid) {
    const struct segment *seg = find(snap, shmid);
    if (!seg) {
        fail_msg("sysv:%d is not in the picture", shmid);
        return snap->segments; // never
    }
    return seg;
}

static uint64_t number(const struct snapshot *snap, int shmid, enum seg_field field) {
    uint64_t n = 0;
    assert_int_equal(seg_get(numbered(snap, shmid), field, &n), WHY_KNOWN);
    return n;
}

static size_t count(const struct snapshot *snap) {
    size_t n = 0;
    for (size_t i = 0; i < snap->segment_count; i++)
        n += snap->segments[i].id.kind == SEG_SYSV;
    return n;
}

// From here on whoever reads the table gets an error, and a note tells of it.
static void shut_table(const struct eyes *e) {
    assert_int_equal(root_inject(e->root, ROOT_PROC, "sysvipc/shm", EACCES), 0);
}

static bool was_read(const struct snapshot *snap) { // or would have been
    for (size_t i = 0; i < snap->note_count; i++)
        if (strcmp(snap->notes[i].probe, "sysv") == 0)
            return true;
    return false;
}

static void a_table_that_stands_still_is_not_read_again(void **state) {
    struct eyes *e = fresh(state);
    const struct scan_request tick = {0}, whole = {.everything = true};
    const struct snapshot *first = look(e, &tick);
    shut_table(e);
    for (int i = 0; i < 3; i++) {
        const struct snapshot *snap = look(e, &tick);
        assert_false(was_read(snap));
        assert_int_equal(count(snap), CROWD);
        for (size_t k = 0; k < CROWD; k += 97) {
            static const enum seg_field same[] = {SEG_SIZE,        SEG_RESIDENT,    SEG_MODE,
                                                  SEG_CREATOR_PID, SEG_CHANGE_TIME, SEG_NATTCH};
            for (size_t f = 0; f < sizeof same / sizeof *same; f++)
                assert_int_equal(number(snap, e->ids[k], same[f]),
                                 number(first, e->ids[k], same[f]));
        }
        snapshot_unref(snap);
    }
    const struct snapshot *snap = look(e, &whole);
    assert_true(was_read(snap)); // a verdict wants it anew
    snapshot_unref(snap);
    snapshot_unref(first);
    done(e);
}

static void what_is_on_the_screen_is_asked_about_at_once_and_the_rest_in_turn(void **state) {
    struct eyes *e = fresh(state);
    const struct scan_request tick = {0};
    const struct snapshot *snap = look(e, &tick);
    const int shown = e->ids[CROWD - 1], other = e->ids[CROWD - 2];
    const struct scan_request on_screen = {.shown = &numbered(snap, shown)->id, .shown_count = 1};
    shut_table(e);
    void *a = shmat(shown, NULL, 0), *b = shmat(other, NULL, 0); // no page is touched
    assert_true((intptr_t)a != -1 && (intptr_t)b != -1);
    const struct snapshot *next = look(e, &on_screen);
    assert_false(was_read(next));
    assert_int_equal(number(next, shown, SEG_NATTCH), 1);
    assert_int_equal(number(next, shown, SEG_LAST_PID), getpid());
    snapshot_unref(next);
    next = look(e, &tick); // the second half of them
    assert_false(was_read(next));
    assert_int_equal(number(next, other, SEG_NATTCH), 1);
    snapshot_unref(next);
    shmdt(a);
    shmdt(b);
    snapshot_unref(snap);
    done(e);
}

static void whatever_the_kernel_counts_has_it_read(void **state) {
    struct eyes *e = fresh(state);
    const struct scan_request tick = {0};
    snapshot_unref(look(e, &tick));
    int id = make();
    const struct snapshot *snap = look(e, &tick);
    assert_int_equal(count(snap), CROWD + 1);
    snapshot_unref(snap);
    char *at = shmat(id, NULL, 0);
    assert_true((intptr_t)at != -1);
    *(volatile char *)at = 1; // a page
    snap = look(e, &tick);
    assert_int_equal(number(snap, id, SEG_RESIDENT), 4096);
    assert_int_equal(number(snap, id, SEG_NATTCH), 1);
    snapshot_unref(snap);
    assert_int_equal(shmdt(at), 0);
    assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
    snap = look(e, &tick);
    assert_int_equal(count(snap), CROWD);
    assert_null(find(snap, id));
    snapshot_unref(snap);
    done(e);
}

// The counters are the same before and after, but no row is that of the one which has gone.
static void one_in_place_of_another_is_noticed(void **state) {
    struct eyes *e = fresh(state);
    const struct scan_request tick = {0};
    snapshot_unref(look(e, &tick));
    const int gone = e->ids[7];
    assert_int_equal(shmctl(gone, IPC_RMID, NULL), 0);
    e->ids[7] = make();
    assert_true(e->ids[7] >= 0 && e->ids[7] != gone);
    bool noticed = false;
    for (int i = 0; i < SWEEP && !noticed; i++) {
        const struct snapshot *snap = look(e, &tick);
        noticed = !find(snap, gone) && find(snap, e->ids[7]);
        assert_int_equal(count(snap), CROWD);
        snapshot_unref(snap);
    }
    assert_true(noticed);
    done(e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_that_stands_still_is_not_read_again),
        cmocka_unit_test(what_is_on_the_screen_is_asked_about_at_once_and_the_rest_in_turn),
        cmocka_unit_test(whatever_the_kernel_counts_has_it_read),
        cmocka_unit_test(one_in_place_of_another_is_noticed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
