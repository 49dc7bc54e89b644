// test_locks.c - who has locked a shared object.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/children.h"

static const char path[] = "/dev/shm/locked";

static struct stat make(void) {
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    return st;
}

static int take_flock(void *arg, int step) {
    (void)arg;
    (void)step;
    return flock(open(path, O_RDWR), LOCK_EX | LOCK_NB);
}

static int take_record(void *arg, int step) {
    struct flock lock = {.l_type = F_WRLCK, .l_len = 1};
    (void)step;
    return fcntl(open(path, O_RDWR), *(int *)arg, &lock);
}

static const struct snapshot *look(struct eyes *e, bool descriptors) {
    struct prober *prober;
    const struct snapshot *snap = NULL;
    struct scan_request want = {.everything = true, .descriptors = descriptors, .locks = true};
    assert_int_equal(prober_new(e->root, &prober), 0);
    assert_int_equal(prober_scan(prober, &want, &snap), 0);
    prober_free(prober);
    assert_true(snap->coverage.locks);
    return snap;
}

static void a_lock_alone_makes_a_holder(void **state) {
    struct stat st = make();
    int set = F_SETLK;
    struct {
        child_fn *fn;
        void *arg;
    } cases[] = {{take_flock, NULL}, {take_record, &set}};
    for (size_t i = 0; i < 2; i++) {
        struct child c;
        child_start(&c, cases[i].fn, cases[i].arg);
        const struct snapshot *snap = look(*state, false);
        const struct holding *h = holding_of(snap, segment_inode(snap, st.st_dev, st.st_ino),
                                             c.pid);
        assert_non_null(h);
        assert_int_equal(h->locks, 1);
        assert_int_equal(h->fds, 0);
        assert_int_equal(h->mappings, 0);
        assert_int_equal(h->access, 0);
        snapshot_unref(snap);
        child_end(&c);
    }
    unlink(path);
}

static void an_unlinked_object_is_found_by_its_lock(void **state) {
    struct stat st = make();
    struct child c;
    child_start(&c, take_flock, NULL);
    assert_int_equal(unlink(path), 0);
    for (int descriptors = 0; descriptors < 2; descriptors++) {
        const struct snapshot *snap = look(*state, descriptors);
        const struct segment *seg = segment_inode(snap, st.st_dev, st.st_ino);
        const struct holding *h = holding_of(snap, seg, c.pid);
        assert_non_null(h);
        assert_int_equal(h->locks, 1);
        assert_int_equal(h->fds, 1);
        assert_true(seg->flags & SEG_FLAG_UNLINKED);
        snapshot_unref(snap);
    }
    // In a monitor it stays from tick to tick.
    struct scan_request tick = {.locks = true};
    for (int i = 0; i < 5; i++) {
        const struct snapshot *snap = eyes_look(*state, tick);
        const struct holding *h = holding_of(snap, segment_inode(snap, st.st_dev, st.st_ino),
                                             c.pid);
        assert_non_null(h);
        assert_int_equal(h->locks, 1);
        assert_int_equal(h->fds, 1);
        snapshot_unref(snap);
    }
    child_end(&c);
}

static int wait_for_lock(void *arg, int step) {
    (void)arg;
    if (step == 0)
        return 0;
    return flock(open(path, O_RDWR), LOCK_EX); // for ever
}

static size_t count_waiting(void) {
    char line[256];
    size_t n = 0;
    FILE *f = fopen("/proc/locks", "re");
    while (f && fgets(line, sizeof line, f))
        n += strstr(line, "->") != NULL;
    if (f)
        fclose(f);
    return n;
}

static void who_waits_for_a_lock_does_not_have_it(void **state) {
    struct stat st = make();
    struct child c, waiter;
    child_start(&c, take_flock, NULL);
    child_start(&waiter, wait_for_lock, NULL);
    assert_int_equal(write(waiter.down, "", 1), 1);
    while (count_waiting() == 0) // the run's time limit is the deadline
        sched_yield();
    const struct snapshot *snap = look(*state, false);
    const struct segment *seg = segment_inode(snap, st.st_dev, st.st_ino);
    assert_int_equal(seg->holding_count, 1);
    assert_non_null(holding_of(snap, seg, c.pid));
    snapshot_unref(snap);
    child_end(&waiter);
    child_end(&c);
    unlink(path);
}

static void a_lock_without_a_process_is_noted(void **state) {
    struct stat st = make();
    int set = F_OFD_SETLK;
    bool noted = false;
    struct child c;
    child_start(&c, take_record, &set);
    const struct snapshot *snap = look(*state, false);
    assert_int_equal(segment_inode(snap, st.st_dev, st.st_ino)->holding_count, 0);
    for (size_t i = 0; i < snap->note_count; i++)
        noted |= strcmp(snap->notes[i].probe, "locks") == 0;
    assert_true(noted);
    snapshot_unref(snap);
    child_end(&c);
    unlink(path);
}

enum { FILES = 60, EACH = 3, LOOKS = 60, WAITERS = 24, CROWDS = 8 };

static int take_many(void *arg, int step) {
    char name[64];
    (void)arg;
    for (int i = 0; i < FILES * EACH && step == 0; i++) {
        snprintf(name, sizeof name, "%s-%d", path, i / EACH);
        if (flock(open(name, O_RDWR | O_CREAT, 0600), LOCK_SH) < 0)
            return 1;
    }
    return 0;
}

// Record locks: they go with those of flock on the same file.
static int lock_exclusively(const char *name, int command) {
    struct flock lock = {.l_type = F_WRLCK, .l_len = 1};
    return fcntl(open(name, O_RDWR), command, &lock);
}

static int take_exclusively(void *arg, int step) {
    (void)step;
    return lock_exclusively(arg, F_SETLK);
}

static int wait_exclusively(void *arg, int step) {
    return step == 0 ? 0 : lock_exclusively(arg, F_SETLKW); // for ever
}

static int flap(void *arg, int step) {
    (void)arg;
    if (step == 0)
        return 0;
    for (int fd = open(path, O_RDWR);;) {
        flock(fd, LOCK_SH);
        sched_yield();
        flock(fd, LOCK_UN);
        sched_yield();
    }
}

static size_t count_wrong(const struct snapshot *snap, pid_t pid) {
    size_t seen = 0, wrong = 0;
    for (size_t i = 0; i < snap->holding_count; i++) {
        const struct holding *h = &snap->holdings[i];
        if (snap->processes[h->process].id.pid != pid || h->locks == 0)
            continue;
        seen++;
        wrong += h->locks != EACH;
    }
    return wrong + (size_t)labs((long)seen - FILES);
}

static void remove_many(void) {
    char name[64];
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%s-%d", path, i);
        unlink(name);
    }
    unlink(path);
}

// A lock and all who wait for it are told in one piece, for which the piece before is cut short.
static void a_crowd_that_waits_hides_no_other_locks(void **state) {
    static struct child crowd[CROWDS][WAITERS + 1];
    struct child before, after;
    make();
    child_start(&before, take_many, NULL);
    for (int i = 0; i < CROWDS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s-%d", path, i);
        child_start(&crowd[i][WAITERS], take_exclusively, name);
        for (int k = 0; k < WAITERS; k++) {
            child_start(&crowd[i][k], wait_exclusively, name);
            assert_int_equal(write(crowd[i][k].down, "", 1), 1);
        }
    }
    while (count_waiting() < CROWDS * WAITERS)
        sched_yield();
    child_start(&after, take_many, NULL);
    const struct snapshot *snap = look(*state, false);
    assert_int_equal(count_wrong(snap, before.pid), 0);
    assert_int_equal(count_wrong(snap, after.pid), 0);
    snapshot_unref(snap);
    for (int i = 0; i < CROWDS; i++)
        for (int k = 0; k <= WAITERS; k++)
            child_end(&crowd[i][k]);
    child_end(&before);
    child_end(&after);
    remove_many();
}

// The kernel tells its locks piece by piece, and where others come and go in between it tells some
// of them twice or not at all.
static void locks_that_come_and_go_do_not_spoil_the_others(void **state) {
    struct child c, flapping[2];
    size_t wrong = 0;
    make();
    child_start(&c, take_many, NULL);
    for (int i = 0; i < 2; i++) {
        child_start(&flapping[i], flap, NULL);
        assert_int_equal(write(flapping[i].down, "", 1), 1);
    }
    for (int i = 0; i < LOOKS; i++) {
        const struct snapshot *snap = look(*state, false);
        wrong += count_wrong(snap, c.pid);
        snapshot_unref(snap);
    }
    for (int i = 0; i < 2; i++)
        child_end(&flapping[i]);
    child_end(&c);
    remove_many();
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_alone_makes_a_holder),
        cmocka_unit_test(an_unlinked_object_is_found_by_its_lock),
        cmocka_unit_test(who_waits_for_a_lock_does_not_have_it),
        cmocka_unit_test(a_lock_without_a_process_is_noted),
        cmocka_unit_test(a_crowd_that_waits_hides_no_other_locks),
        cmocka_unit_test(locks_that_come_and_go_do_not_spoil_the_others),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
