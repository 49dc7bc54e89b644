// test_tasks.c - what only some threads of a process have, and processes whose first thread ended.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/holder.h"
#include "tests/support/children.h"
#include "tests/support/live.h"

enum { PAGE = 4096 };
static const struct scan_request all = {.everything = true,
                                        .private_maps = true,
                                        .descriptors = true,
                                        .locks = true,
                                        .all_namespaces = true};
static const struct scan_request tick = {.descriptors = true, .all_namespaces = true};

static int make(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 || ftruncate(fd, PAGE) < 0 ? -1 : fd;
}

static uint64_t inode(const char *path) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

// What a thread does and whom it tells when it is done.
struct errand {
    int (*fn)(void);
    int pipe;
};

static void *thread(void *arg) {
    struct errand *e = arg;
    char byte = (char)e->fn();
    if (write(e->pipe, &byte, 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

// Starts a process that has fn done in a second thread; its first thread ends or waits.
static pid_t start(int (*fn)(void), bool first_ends) {
    int up[2];
    char result = 1;
    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        static struct errand e;
        pthread_t id;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        e = (struct errand){.fn = fn, .pipe = up[1]};
        if (pthread_create(&id, NULL, thread, &e))
            _exit(1);
        if (first_ends)
            syscall(SYS_exit, 0); // of this thread alone
        for (;;)
            pause();
    }
    close(up[1]);
    assert_int_equal(read(up[0], &result, 1), 1);
    assert_int_equal(result, 0);
    close(up[0]);
    return pid;
}

static void stop(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void wait_for_zombie(pid_t pid) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    for (int i = 0; i < 5000 && !strstr(text, ") Z "); i++) {
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        assert_non_null(fgets(text, sizeof text, f));
        fclose(f);
        usleep(1000);
    }
    assert_non_null(strstr(text, ") Z "));
}

static int map_and_open(void) {
    int mapped = make("/dev/shm/mapped"), opened = make("/dev/shm/opened");
    int gone = make("/dev/shm/gone");
    void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mapped, 0);
    int shmid = shmget(0x5201, PAGE, IPC_CREAT | 0600);
    close(mapped);
    return at == MAP_FAILED || opened < 0 || gone < 0 || unlink("/dev/shm/gone") != 0 ||
           shmat(shmid, NULL, 0) == MAP_FAILED;
}

static bool can_be_opened(struct eyes *e, const struct snapshot *snap, const struct holding *h,
                          const struct seg_id *id) {
    const struct map_range *r = &snap->ranges[h->first_range];
    struct via via = {.process = snap->processes[h->process].id, .start = r->start, .end = r->end};
    int fd = holder_open_map(e->root, id, &via, O_RDONLY, NULL, 0);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

// Whatever /proc says of the first thread, the memory is held.
static void a_process_whose_first_thread_has_ended_holds_what_it_held(void **state) {
    pid_t pid = start(map_and_open, true);
    wait_for_zombie(pid);
    int shmid = shmget(0x5201, 0, 0);
    for (int round = 0; round < 12; round++) {
        const struct snapshot *snap = eyes_look(*state, round == 0 ? all : tick);
        const struct holding *h = holding_of(snap, segment_inode(snap, 0, inode("/dev/shm/mapped")),
                                             pid);
        assert_non_null(h);
        assert_int_equal(h->mappings, 1);
        h = holding_of(snap, segment_inode(snap, 0, inode("/dev/shm/opened")), pid);
        assert_non_null(h);
        assert_int_equal(h->fds, 1);
        const struct segment *seg = segment_sysv(snap, shmid);
        h = holding_of(snap, seg, pid);
        assert_non_null(h);
        assert_int_equal(segment_number(seg, SEG_HIDDEN), 0);
        assert_int_equal(seg->creator_state, PID_RUNNING);
        assert_int_equal(snapshot_process(snap, pid)->scan, SCANNED);
        assert_int_equal(snapshot_process(snap, pid)->held_count, 4);
        const struct process *p = snapshot_process(snap, pid);
        uint64_t ticks = 0;
        assert_int_equal(holder_start_ticks(((struct eyes *)*state)->root, pid, &ticks), 0);
        assert_int_equal(ticks, p->id.start_ticks);
        if (live_can_open_map_files())
            assert_true(can_be_opened(*state, snap, h, &seg->id));
        snapshot_unref(snap);
    }
    stop(pid);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
    unlink("/dev/shm/mapped");
    unlink("/dev/shm/opened");
}

static int open_apart(void) {
    return unshare(CLONE_FILES) != 0 || map_and_open();
}

static void descriptors_that_one_thread_alone_has_are_seen(void **state) {
    pid_t pid = start(open_apart, false);
    int shmid = shmget(0x5201, 0, 0);
    const struct snapshot *snap = eyes_look(*state, all);
    const struct holding *h = holding_of(snap, segment_inode(snap, 0, inode("/dev/shm/opened")),
                                         pid);
    if (syscall(SYS_kcmp, getpid(), getpid(), 2, 0, 0) < 0) {
        snapshot_unref(snap);
        stop(pid);
        print_message("# this kernel has no kcmp\n");
        skip();
    }
    assert_non_null(h);
    assert_int_equal(h->fds, 1);
    assert_int_equal(snapshot_process(snap, pid)->held_count, 4);
    snapshot_unref(snap);
    // The monitor meets it in its sweep.
    struct eyes fresh = {.root = ((struct eyes *)*state)->root};
    assert_int_equal(prober_new(fresh.root, &fresh.prober), 0);
    for (unsigned i = 0; i < 12; i++) {
        snap = eyes_look(&fresh, tick);
        if (i == 11)
            assert_int_equal(snapshot_process(snap, pid)->held_count, 4);
        snapshot_unref(snap);
    }
    prober_free(fresh.prober);
    stop(pid);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
    unlink("/dev/shm/mapped");
    unlink("/dev/shm/opened");
}

static int go_elsewhere(void) {
    return unshare(CLONE_NEWIPC) != 0 || shmget(0x5202, 3 * PAGE, IPC_CREAT | 0600) < 0;
}

static void the_namespace_of_one_thread_is_looked_into(void **state) {
    pid_t pid = start(go_elsewhere, false);
    const struct snapshot *snap = eyes_look(*state, all);
    size_t found = 0;
    uint64_t key = 0;
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *s = &snap->segments[i];
        if (!s->foreign || s->id.kind != SEG_SYSV || seg_get(s, SEG_KEY, &key) != WHY_KNOWN ||
            key != 0x5202)
            continue;
        found++;
        assert_int_equal(segment_number(s, SEG_SIZE), 3 * PAGE);
    }
    assert_int_equal(found, 1);
    assert_int_equal(snap->coverage.namespaces, 2);
    snapshot_unref(snap);
    stop(pid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_whose_first_thread_has_ended_holds_what_it_held),
        cmocka_unit_test(descriptors_that_one_thread_alone_has_are_seen),
        cmocka_unit_test(the_namespace_of_one_thread_is_looked_into),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
