// test_locks.c - who has locked a shared object.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
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

static bool someone_waits(void) {
    char text[8192];
    FILE *f = fopen("/proc/locks", "re");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return strstr(text, "->") != NULL;
}

static void who_waits_for_a_lock_does_not_have_it(void **state) {
    struct stat st = make();
    struct child c, waiter;
    child_start(&c, take_flock, NULL);
    child_start(&waiter, wait_for_lock, NULL);
    assert_int_equal(write(waiter.down, "", 1), 1);
    while (!someone_waits()) // the run's time limit is the deadline
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_alone_makes_a_holder),
        cmocka_unit_test(an_unlinked_object_is_found_by_its_lock),
        cmocka_unit_test(who_waits_for_a_lock_does_not_have_it),
        cmocka_unit_test(a_lock_without_a_process_is_noted),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
