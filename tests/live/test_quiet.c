// Processes that have not run are not read again, and nothing is missed by that.
#include "probes/quiet.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "probes/probe.h"
#include "probes/procs.h"
#include "tests/support/children.h"
#include "tests/support/live.h"

enum { PAGE = 4096 };
// What the monitor asks for in its ticks.
static const struct scan_request tick = {.private_maps = true, .descriptors = true};

static int make(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, PAGE), 0);
    return fd;
}

static int do_nothing(void *arg, int step) {
    (void)arg;
    (void)step;
    return 0;
}

static void *sleeper(void *arg) {
    pause();
    return arg;
}

static int start_thread(void *arg, int step) {
    pthread_t thread;
    (void)arg;
    return step == 0 ? pthread_create(&thread, NULL, sleeper, NULL) : 0;
}

// After its last step the child still has to go to sleep.
static bool falls_quiet(const struct root *root, struct proc_table *table, struct proc *p) {
    for (int i = 0; i < 500; i++) {
        if (quiet_look(root, table, p))
            return true;
        p->mark = p->now;
        usleep(2000);
    }
    return false;
}

static void who_runs_is_told_from_who_does_not(void **state) {
    struct eyes *e = *state;
    struct child c;
    struct proc_table table = {0};
    kept_open(&table.kept);
    child_start(&c, do_nothing, NULL);
    struct proc p = {.pid = c.pid, .look = c.pid, .stat.threads = 1, .run_fd = -1};
    assert_false(quiet_look(e->root, &table, &p)); // there was nothing to compare with
    if (p.now.times == 0) {
        print_message("# skip: this kernel does not count how often a task runs\n");
        child_end(&c);
        kept_close(&table.kept, &p.run_fd);
        skip();
    }
    assert_true(falls_quiet(e->root, &table, &p));
    assert_true(quiet_look(e->root, &table, &p));
    child_step(&c);
    assert_false(quiet_look(e->root, &table, &p));
    assert_true(falls_quiet(e->root, &table, &p));
    child_end(&c);
    assert_false(quiet_look(e->root, &table, &p));
    kept_close(&table.kept, &p.run_fd);
    assert_int_equal(atomic_load(&table.kept.count), 0);
}

static void of_several_threads_it_is_not_told(void **state) {
    struct eyes *e = *state;
    struct child c;
    struct proc_table table = {0};
    kept_open(&table.kept);
    child_start(&c, start_thread, NULL);
    struct proc p = {.pid = c.pid, .look = c.pid, .run_fd = -1};
    assert_int_equal(proc_stat_read(e->root, c.pid, &p.stat), 0);
    assert_true(p.stat.threads >= 2); // a sanitizer may have one of its own
    for (int i = 0; i < 3; i++) {
        assert_false(quiet_look(e->root, &table, &p));
        assert_int_equal(p.now.times, 0);
    }
    child_end(&c);
    assert_int_equal(p.run_fd, -1);
}

static int map_private_then_open(void *arg, int step) {
    int *fd = arg;
    static void *at;
    if (step == 0) {
        at = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return close(*fd) != 0 || at == MAP_FAILED;
    }
    int again = open("/dev/shm/quiet", O_RDONLY);
    if (again < 0)
        return 1;
    if (step == 2)
        return 0;
    return mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, again, 0) != at || close(again) != 0;
}

static bool kernel_counts(void) {
    char text[80] = "0";
    FILE *f = fopen("/proc/self/schedstat", "re");
    if (f && !fgets(text, sizeof text, f))
        text[0] = '0';
    if (f)
        fclose(f);
    return text[0] != '0';
}

// Looks until the child holds so much: twice where the kernel tells who has run, else for one round
// of the sweep. Asserts.
static void wait_for(struct eyes *e, const struct stat *st, pid_t pid, uint32_t mappings,
                     uint32_t fds) {
    bool seen = false;
    unsigned patience = kernel_counts() ? 2 : PROCS_SWEEP;
#ifdef __SANITIZE_THREAD__ // gives every child a second thread, and those are met by the sweep
    patience = PROCS_SWEEP;
#endif
    for (unsigned i = 0; i < patience && !seen; i++) {
        const struct snapshot *snap = eyes_look(e, tick);
        const struct segment *seg = segment_inode(snap, st->st_dev, st->st_ino);
        const struct holding *h = holding_of(snap, seg, pid);
        seen = h && h->mappings == mappings && h->fds == fds;
        assert_true(snap->coverage.private_maps);
        assert_true(snap->coverage.descriptors);
        snapshot_unref(snap);
    }
    assert_true(seen);
}

static void what_a_quiet_process_does_later_is_seen(void **state) {
    struct child c;
    struct eyes fresh = {.root = ((struct eyes *)*state)->root};
    struct scan_request sweep = tick;
    sweep.everything = true;
    int fd = make("/dev/shm/quiet");
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(prober_new(fresh.root, &fresh.prober), 0);
    child_start(&c, map_private_then_open, &fd);
    close(fd);
    snapshot_unref(eyes_look(&fresh, (struct scan_request){0}));
    snapshot_unref(eyes_look(&fresh, sweep));
    for (unsigned i = 0; i < PROCS_SWEEP; i++)
        snapshot_unref(eyes_look(&fresh, tick));
    child_step(&c);
    wait_for(&fresh, &st, c.pid, 1, 0);
    child_step(&c);
    wait_for(&fresh, &st, c.pid, 1, 1);
    // And it stays while nobody reads it again.
    for (unsigned i = 0; i < 2 * PROCS_SWEEP; i++)
        wait_for(&fresh, &st, c.pid, 1, 1);
    child_end(&c);
    const struct snapshot *snap = eyes_look(&fresh, tick);
    assert_int_equal(segment_inode(snap, st.st_dev, st.st_ino)->holding_count, 0);
    snapshot_unref(snap);
    prober_free(fresh.prober);
    unlink("/dev/shm/quiet");
}

enum { CROWD = 24, ROUNDS = 12, OBJECTS = 4, HELD = 6 };

// A child that maps, unmaps, opens and closes by chance.
struct fickle {
    unsigned seed;
    struct {
        void *at;
        int fd;
    } held[HELD];
};

static int change_something(void *arg, int step) {
    struct fickle *f = arg;
    static const int flags[] = {MAP_SHARED, MAP_PRIVATE};
    char path[64];
    if (step == 0)
        return 0;
    unsigned i = (unsigned)rand_r(&f->seed) % HELD;
    if (f->held[i].at) {
        int bad = munmap(f->held[i].at, PAGE) | (f->held[i].fd >= 0 ? close(f->held[i].fd) : 0);
        f->held[i].at = NULL;
        return bad;
    }
    snprintf(path, sizeof path, "/dev/shm/fickle%d", rand_r(&f->seed) % OBJECTS);
    f->held[i].fd = open(path, O_RDWR);
    f->held[i].at = mmap(NULL, PAGE, PROT_READ, flags[rand_r(&f->seed) % 2], f->held[i].fd, 0);
    if (rand_r(&f->seed) % 2) {
        close(f->held[i].fd);
        f->held[i].fd = -1;
    }
    return f->held[i].at == MAP_FAILED;
}

static void assert_same(const struct snapshot *a, const struct snapshot *b) {
    assert_int_equal(a->holding_count, b->holding_count);
    for (size_t i = 0; i < a->holding_count; i++) {
        const struct holding *h = &a->holdings[i];
        const struct segment *seg = snapshot_find(b, &a->segments[h->segment].id);
        const struct holding *g = holding_of(b, seg, a->processes[h->process].id.pid);
        assert_non_null(g);
        assert_int_equal(h->mappings, g->mappings);
        assert_int_equal(h->fds, g->fds);
        assert_int_equal(h->access, g->access);
        assert_int_equal(h->is_private, g->is_private);
    }
}

// Whatever was spared, what the ticks have gathered is what a look at everything finds.
static void after_a_sweep_the_ticks_know_all(void **state) {
    static struct fickle fickle[CROWD];
    struct child children[CROWD];
    struct eyes *e = *state, ticking = {.root = e->root};
    struct scan_request all = tick;
    unsigned seed = 7;
    char path[64];
    all.everything = true;
    for (int i = 0; i < OBJECTS; i++) {
        snprintf(path, sizeof path, "/dev/shm/fickle%d", i);
        close(make(path));
    }
    assert_int_equal(prober_new(e->root, &ticking.prober), 0);
    for (unsigned i = 0; i < CROWD; i++) {
        fickle[i].seed = i;
        child_start(&children[i], change_something, &fickle[i]);
    }
    snapshot_unref(eyes_look(&ticking, all));
    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < CROWD; i++) {
            for (int times = rand_r(&seed) % 3; times > 0; times--)
                child_step(&children[i]);
            if (i % 8 == 0) // some while a look is near, most between two
                snapshot_unref(eyes_look(&ticking, tick));
        }
        const struct snapshot *last = NULL;
        for (unsigned i = 0; i < PROCS_SWEEP; i++) {
            snapshot_unref(last);
            last = eyes_look(&ticking, tick);
        }
        const struct snapshot *truth = eyes_look_at_all(e);
        assert_same(truth, last);
        assert_true(round < 2 || truth->holding_count > CROWD / 2);
        snapshot_unref(truth);
        snapshot_unref(last);
    }
    for (unsigned i = 0; i < CROWD; i++)
        child_end(&children[i]);
    prober_free(ticking.prober);
    for (int i = 0; i < OBJECTS; i++) {
        snprintf(path, sizeof path, "/dev/shm/fickle%d", i);
        unlink(path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_runs_is_told_from_who_does_not),
        cmocka_unit_test(of_several_threads_it_is_not_told),
        cmocka_unit_test(what_a_quiet_process_does_later_is_seen),
        cmocka_unit_test(after_a_sweep_the_ticks_know_all),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
