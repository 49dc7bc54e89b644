// test_procs.c - which processes there are, what they are called and what became of them.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/children.h"
#include "tests/support/live.h"

enum { PAGE = 4096 };
static const struct scan_request everything = {.everything = true};
static const struct scan_request tick = {0};

static int take_name(void *arg, int step) {
    (void)step;
    return prctl(PR_SET_NAME, arg);
}

static void assert_text(strv v, const char *text) {
    const char *bytes = NULL;
    size_t len = 0;
    assert_int_equal(strv_get(v, &bytes, &len), WHY_KNOWN);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(bytes, text, len);
}

static void a_name_may_hold_anything(void **state) {
    static char names[][16] = {"a) R 1 (b", "x\ny) Z", "))))", "\xff\xfe", " "};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct child c;
        child_start(&c, take_name, names[i]);
        const struct snapshot *snap = eyes_look(*state, everything);
        const struct process *p = snapshot_process(snap, c.pid);
        assert_non_null(p);
        assert_text(p->comm, names[i]);
        assert_true(p->state == 'S' || p->state == 'R');
        assert_int_equal(p->scan, SCANNED);
        snapshot_unref(snap);
        child_end(&c);
    }
}

static int idle(void *arg, int step) {
    (void)arg;
    (void)step;
    return 0;
}

static void a_process_has_its_start_and_its_user(void **state) {
    struct child c;
    struct timespec now;
    struct eyes *e = *state;
    uint64_t uid = 99;
    child_start(&c, idle, NULL);
    clock_gettime(CLOCK_REALTIME, &now);
    const struct snapshot *snap = eyes_look(e, everything);
    const struct process *p = snapshot_process(snap, c.pid);
    uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    assert_int_equal(p->id.start_ticks, live_proc_id(e->root, c.pid).start_ticks);
    // A tick is 10 ms, and this machine may be busy.
    assert_true(p->start_time < now_ns + 20000000u);
    assert_true(p->start_time > now_ns - 30000000000u);
    assert_int_equal(u64v_get(p->uid, &uid), WHY_KNOWN);
    assert_int_equal(uid, geteuid());
    snapshot_unref(snap);
    child_end(&c);
}

static int attach(void *arg, int step) {
    (void)step;
    return shmat(*(int *)arg, NULL, 0) == MAP_FAILED;
}

static void a_zombie_holds_nothing_and_is_not_denied(void **state) {
    int shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
    struct child c;
    siginfo_t info;
    child_start(&c, attach, &shmid);
    snapshot_unref(eyes_look(*state, tick)); // a maps descriptor is kept from here on
    kill(c.pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT), 0);
    struct scan_request requests[] = {tick, everything};
    for (int i = 0; i < 2; i++) {
        const struct snapshot *snap = eyes_look(*state, requests[i]);
        const struct process *p = snapshot_process(snap, c.pid);
        assert_int_equal(p->state, 'Z');
        assert_int_equal(p->scan, SCAN_NO_MM);
        assert_int_equal(p->held_count, 0);
        assert_int_equal(snap->coverage.denied, 0);
        assert_int_equal(segment_number(segment_sysv(snap, shmid), SEG_NATTCH), 0);
        assert_int_equal(segment_sysv(snap, shmid)->last_state, PID_GONE);
        snapshot_unref(snap);
    }
    child_end(&c);
    const struct snapshot *snap = eyes_look(*state, tick);
    assert_null(snapshot_process(snap, c.pid));
    snapshot_unref(snap);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

// Makes the next process of this pid namespace get this pid. False: that is not allowed here.
static bool wish_for(pid_t pid) {
    char text[16];
    int n = snprintf(text, sizeof text, "%d", (int)pid - 1);
    int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    return done;
}

static void a_pid_that_comes_back_is_another_process(void **state) {
    struct eyes *e = *state;
    int shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
    struct child c;
    child_start(&c, attach, &shmid);
    for (int i = 0; i < 5; i++)
        snapshot_unref(eyes_look(e, tick));
    pid_t pid = c.pid;
    uint64_t before = live_proc_id(e->root, pid).start_ticks, after = before;
    do { // until it starts in another tick of the clock
        child_end(&c);
        if (!wish_for(pid)) {
            assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
            print_message("# pids cannot be chosen here\n");
            skip();
        }
        child_start(&c, idle, NULL);
        if (c.pid == pid)
            after = live_proc_id(e->root, pid).start_ticks;
    } while (after == before);
    const struct snapshot *snap = eyes_look(e, tick);
    const struct process *p = snapshot_process(snap, pid);
    assert_int_equal(p->id.start_ticks, after);
    assert_int_equal(p->held_count, 0);
    assert_int_equal(segment_sysv(snap, shmid)->holding_count, 0);
    assert_int_equal(segment_sysv(snap, shmid)->creator_state, PID_RUNNING);
    snapshot_unref(snap);
    child_end(&c);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

static void only_holders_are_asked_for_more(void **state) {
    int shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
    struct child holder, other;
    child_start(&holder, attach, &shmid);
    child_start(&other, idle, NULL);
    const struct snapshot *snap = eyes_look(*state, everything);
    const struct process *p = snapshot_process(snap, holder.pid);
    const struct process *q = snapshot_process(snap, other.pid);
    const char *line = "";
    size_t len = 0;
    uint64_t ns = 0;
    assert_int_equal(strv_get(p->cmdline, &line, &len), WHY_KNOWN);
    assert_non_null(memmem(line, len, "test_procs", 10));
    assert_int_not_equal(line[len - 1], ' ');
    assert_int_equal(u64v_get(p->ipc_ns, &ns), WHY_KNOWN);
    assert_int_equal(ns, snap->vantage.ipc_ns);
    assert_int_equal(u64v_get(p->pid_ns, &ns), WHY_KNOWN);
    assert_int_equal(ns, snap->vantage.pid_ns);
    assert_int_equal(u64v_get(p->mnt_ns, &ns), WHY_KNOWN);
    assert_int_equal(strv_get(q->cmdline, &line, &len), WHY_NOT_ASKED);
    assert_int_equal(u64v_get(q->pid_ns, &ns), WHY_NOT_ASKED);
    snapshot_unref(snap);
    child_end(&holder);
    child_end(&other);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

static int change_line(void *arg, int step) {
    if (step == 0)
        return attach(arg, step);
    execl("/bin/sleep", "sleep", "1000", (char *)NULL);
    return 1;
}

static void facts_of_a_process_follow_its_exec(void **state) {
    int shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
    int fd = open("/dev/shm/exec", O_RDWR | O_CREAT | O_EXCL, 0600); // survives exec
    struct scan_request want = {.descriptors = true};
    struct stat st;
    struct child c;
    char byte;
    assert_int_equal(fstat(fd, &st), 0);
    child_start(&c, change_line, &shmid);
    snapshot_unref(eyes_look(*state, want));
    assert_int_equal(write(c.down, "", 1), 1);
    assert_int_equal(read(c.up, &byte, 1), 0);
    const struct snapshot *snap = eyes_look(*state, want);
    const struct process *p = snapshot_process(snap, c.pid);
    assert_text(p->comm, "sleep");
    assert_text(p->cmdline, "sleep 1000");
    assert_int_equal(segment_sysv(snap, shmid)->holding_count, 0);
    assert_non_null(holding_of(snap, segment_inode(snap, st.st_dev, st.st_ino), c.pid));
    snapshot_unref(snap);
    child_end(&c);
    close(fd);
    unlink("/dev/shm/exec");
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_may_hold_anything),
        cmocka_unit_test(a_process_has_its_start_and_its_user),
        cmocka_unit_test(a_zombie_holds_nothing_and_is_not_denied),
        cmocka_unit_test(a_pid_that_comes_back_is_another_process),
        cmocka_unit_test(only_holders_are_asked_for_more),
        cmocka_unit_test(facts_of_a_process_follow_its_exec),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
