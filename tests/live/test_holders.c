// test_holders.c - many holders, holders that die meanwhile, and holders that may not be looked at.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/children.h"
#include "tests/support/live.h"

enum { PAGE = 4096, MANY = 300, OTHER_USER = 1234 };

static int make_sysv(unsigned mode) {
    int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | (int)mode);
    assert_true(id >= 0);
    return id;
}

static int attach(void *arg, int step) {
    (void)step;
    return shmat(*(int *)arg, NULL, 0) == MAP_FAILED;
}

// One process that attaches and forks until there are `count` of them; ends with its pipe.
struct crowd {
    int shmid, count;
};
static int gather(void *arg, int step) {
    const struct crowd *c = arg;
    (void)step;
    if (shmat(c->shmid, NULL, 0) == MAP_FAILED)
        return 1;
    for (int i = 1; i < c->count; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return 1;
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
    }
    return 0;
}

static void three_hundred_holders_are_all_seen(void **state) {
    struct crowd crowd = {make_sysv(0600), MANY};
    struct child c;
    child_start(&c, gather, &crowd);
    struct scan_request requests[] = {
        {.everything = true, .private_maps = true}, {0}, {0}, {.everything = true}};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        const struct snapshot *snap = eyes_look(*state, requests[i]);
        const struct segment *seg = segment_sysv(snap, crowd.shmid);
        assert_int_equal(seg->holding_count, MANY);
        assert_int_equal(segment_number(seg, SEG_NATTCH), MANY);
        assert_int_equal(segment_number(seg, SEG_HIDDEN), 0);
        assert_int_equal(snap->coverage.processes, snap->process_count);
        assert_int_equal(snap->coverage.scanned, snap->process_count);
        assert_int_equal(snap->coverage.denied, 0);
        snapshot_unref(snap);
    }
    child_end(&c);
    assert_int_equal(shmctl(crowd.shmid, IPC_RMID, NULL), 0);
}

// Starts a process that does nothing but start and kill others that attach.
static pid_t start_churn(int shmid) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        pid_t victim = fork();
        if (victim == 0) {
            shmat(shmid, NULL, 0);
            for (;;)
                pause();
        }
        kill(victim, SIGKILL);
        waitpid(victim, NULL, 0);
    }
}

static void a_picture_is_whole_while_holders_come_and_go(void **state) {
    int shmid = make_sysv(0600);
    struct child steady;
    child_start(&steady, attach, &shmid);
    pid_t churn = start_churn(shmid);
    for (int i = 0; i < 200; i++) {
        struct scan_request want = {
            .everything = i % 2, .private_maps = i % 2, .descriptors = i % 3 == 0, .locks = true};
        const struct snapshot *snap = eyes_look(*state, want);
        const struct coverage *c = &snap->coverage;
        assert_non_null(holding_of(snap, segment_sysv(snap, shmid), steady.pid));
        assert_int_equal(c->processes, c->scanned + c->denied + c->gone);
        assert_int_equal(c->denied, 0);
        snapshot_unref(snap);
    }
    kill(churn, SIGKILL);
    waitpid(churn, NULL, 0);
    child_end(&steady);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

struct stranger {
    int shmid;
    pid_t holder;
};

// Runs as another user: the segment is his to see, its holder is not.
static int look_as_stranger(void *arg) {
    const struct stranger *s = arg;
    struct eyes *e;
    void *state = NULL;
    if (eyes_open(&state))
        return 1;
    e = state;
    struct child own;
    int shmid = s->shmid;
    child_start(&own, attach, &shmid);
    const struct snapshot *snap = eyes_look_at_all(e);
    const struct segment *seg = segment_sysv(snap, s->shmid);
    const struct process *p = snapshot_process(snap, s->holder);
    const struct note *denied = NULL;
    for (size_t i = 0; i < snap->note_count; i++)
        if (strcmp(snap->notes[i].probe, "maps") == 0 && snap->notes[i].why == WHY_DENIED)
            denied = &snap->notes[i];
    int bad = 0;
    bad |= seg == NULL || holding_of(snap, seg, own.pid) == NULL ? 2 : 0;
    bad |= holding_of(snap, seg, s->holder) != NULL ? 4 : 0;
    bad |= segment_number(seg, SEG_NATTCH) != 2 || segment_number(seg, SEG_HIDDEN) != 1 ? 8 : 0;
    bad |= p == NULL || p->scan != SCAN_DENIED || p->fd_scan != SCAN_DENIED ? 16 : 0;
    bad |= denied == NULL || denied->count != snap->coverage.denied || denied->err != EACCES ? 32
                                                                                             : 0;
    snapshot_unref(snap);
    child_end(&own);
    eyes_close(&state);
    return bad;
}

static void hidden_attachments_are_counted_for_an_ordinary_user(void **state) {
    (void)state;
    if (!live_can_change_user()) {
        print_message("# needs to become another user\n");
        skip();
    }
    struct stranger s = {.shmid = make_sysv(0666)};
    struct child c;
    child_start(&c, attach, &s.shmid);
    s.holder = c.pid;
    assert_int_equal(live_as_user(OTHER_USER, look_as_stranger, &s), 0);
    child_end(&c);
    assert_int_equal(shmctl(s.shmid, IPC_RMID, NULL), 0);
}

static void only_one_process_is_asked_when_wanted(void **state) {
    int shmid = make_sysv(0600);
    struct child a, b;
    child_start(&a, attach, &shmid);
    child_start(&b, attach, &shmid);
    struct scan_request want = {.everything = true, .descriptors = true, .only_pid = a.pid};
    struct eyes *e = *state;
    struct prober *fresh;
    const struct snapshot *snap;
    assert_int_equal(prober_new(e->root, &fresh), 0);
    assert_int_equal(prober_scan(fresh, &want, &snap), 0);
    const struct segment *seg = segment_sysv(snap, shmid);
    assert_int_equal(seg->holding_count, 1);
    assert_non_null(holding_of(snap, seg, a.pid));
    assert_int_equal(snapshot_process(snap, b.pid)->scan, SCAN_NOT_ASKED);
    snapshot_unref(snap);
    prober_free(fresh);
    child_end(&a);
    child_end(&b);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_hundred_holders_are_all_seen),
        cmocka_unit_test(a_picture_is_whole_while_holders_come_and_go),
        cmocka_unit_test(hidden_attachments_are_counted_for_an_ordinary_user),
        cmocka_unit_test(only_one_process_is_asked_when_wanted),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
