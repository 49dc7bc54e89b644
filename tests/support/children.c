// children.c - child processes that do one thing at a time, for tests of probes on the real kernel.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/children.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/live.h"

static void run(child_fn *fn, void *arg, int down, int up) {
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int step = 0;; step++) {
        byte = (char)fn(arg, step);
        if (write(up, &byte, 1) != 1 || read(down, &byte, 1) != 1)
            _exit(0);
    }
}

static void wait_done(struct child *c) {
    char result = 1;
    assert_int_equal(read(c->up, &result, 1), 1);
    assert_int_equal(result, 0);
}

void child_start(struct child *c, child_fn *fn, void *arg) {
    int down[2], up[2];
    assert_int_equal(pipe2(down, O_CLOEXEC), 0);
    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(down[1]);
        close(up[0]);
        run(fn, arg, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    *c = (struct child){pid, down[1], up[0]};
    wait_done(c);
}

void child_step(struct child *c) {
    assert_int_equal(write(c->down, "", 1), 1);
    wait_done(c);
}

void child_end(struct child *c) {
    if (c->pid <= 0)
        return;
    close(c->down);
    close(c->up);
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    c->pid = 0;
}

int eyes_open(void **state) {
    struct eyes *e = calloc(1, sizeof *e);
    if (!live_private() || !e || root_open(NULL, &e->root) || prober_new(e->root, &e->prober)) {
        if (e)
            root_close(e->root);
        free(e);
        return -1;
    }
    *state = e;
    return 0;
}

int eyes_close(void **state) {
    struct eyes *e = *state;
    prober_free(e->prober);
    root_close(e->root);
    free(e);
    return 0;
}

const struct snapshot *eyes_look(struct eyes *e, struct scan_request want) {
    const struct snapshot *snap = NULL;
    assert_int_equal(prober_scan(e->prober, &want, &snap), 0);
    return snap;
}

const struct snapshot *eyes_look_at_all(struct eyes *e) {
    const struct snapshot *snap = NULL;
    struct prober *prober;
    struct scan_request want = {
        .everything = true, .private_maps = true, .descriptors = true, .locks = true};
    assert_int_equal(prober_new(e->root, &prober), 0);
    assert_int_equal(prober_scan(prober, &want, &snap), 0);
    prober_free(prober);
    return snap;
}

const struct holding *holding_of(const struct snapshot *snap, const struct segment *seg,
                                 pid_t pid) {
    for (uint32_t i = 0; seg && i < seg->holding_count; i++) {
        const struct holding *h = &snap->holdings[seg->first_holding + i];
        if (snap->processes[h->process].id.pid == pid)
            return h;
    }
    return NULL;
}

const struct segment *segment_sysv(const struct snapshot *snap, int shmid) {
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *s = &snap->segments[i];
        if (s->id.kind == SEG_SYSV && s->id.num == (uint64_t)shmid && !s->foreign)
            return s;
    }
    return NULL;
}

const struct segment *segment_inode(const struct snapshot *snap, uint64_t dev, uint64_t ino) {
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *s = &snap->segments[i];
        if (s->id.kind != SEG_SYSV && s->id.num == ino && (dev == 0 || s->id.dev == dev))
            return s;
    }
    return NULL;
}

uint64_t segment_number(const struct segment *seg, enum seg_field field) {
    uint64_t value = 0;
    assert_int_equal(seg_get(seg, field, &value), WHY_KNOWN);
    return value;
}
