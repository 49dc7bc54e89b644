// account.c - the account of shared memory held against what the machine says of itself.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/account.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, STILL_MS = 300, SETTLE_MS = 3000 };

static const char stat_refresh[] = "/proc/sys/vm/stat_refresh";

struct ledger account_take(struct eyes *e) {
    const struct scan_request all = {.everything = true,
                                     .private_maps = true,
                                     .descriptors = true,
                                     .locks = true,
                                     .all_namespaces = true};
    struct ledger l;
    // Counters of each processor are added up only now and then; this has it done now.
    int fd = open(stat_refresh, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        char byte;
        (void)!read(fd, &byte, 1);
        close(fd);
    }
    const struct snapshot *snap = eyes_look(e, all);
    assert_int_equal(ledger_make(snap, &l), 0);
    snapshot_unref(snap);
    return l;
}

bool account_names_cause(const struct ledger *l, const char *text) {
    for (size_t i = 0; i < l->cause_count; i++)
        if (strstr(l->causes[i], text))
            return true;
    return false;
}

void account_needs_exact_shmem(void) {
    if (access(stat_refresh, R_OK) == 0)
        return;
    puts("# Shmem of meminfo is exact for those only who may have it added up");
    skip();
}

int account_put_in_flight(int fd) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 1;
    struct iovec data = {&byte, 1};
    struct msghdr m = {.msg_iov = &data,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    bool sent = sendmsg(ends[0], &m, 0) == 1;
    close(ends[0]);
    return sent && close(fd) == 0 ? ends[1] : -1;
}

static uint64_t mono_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

// The kernel frees the segments of an IPC namespace some time after its last process has gone: what
// is not explained is looked at until it has stood still for a while.
int64_t account_settled(struct eyes *e) {
    uint64_t begin = mono_ms(), still = begin;
    int64_t last = INT64_MIN;
    while (mono_ms() - still < STILL_MS && mono_ms() - begin < SETTLE_MS) {
        struct ledger l = account_take(e);
        if (l.unexplained.bytes != last)
            still = mono_ms();
        last = l.unexplained.bytes;
        ledger_done(&l);
    }
    return last;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

struct account_rest account_rest(struct eyes *e, int64_t before, int64_t want) {
    uint64_t end = mono_ms() + SETTLE_MS;
    struct account_rest rest = {INT64_MAX, 0};
    int64_t least = INT64_MAX, most = INT64_MIN;
    do {
        struct ledger l = account_take(e);
        int64_t more = l.unexplained.bytes - before;
        ledger_done(&l);
        least = more < least ? more : least;
        most = larger(more, most);
        if (rest.more == INT64_MAX || llabs(more - want) < llabs(rest.more - want))
            rest.more = more;
    } while (rest.more != want && mono_ms() < end);
    rest.noise = most - least;
    return rest;
}

void account_try(struct eyes *e, struct account_trial *t, int64_t want) {
    int64_t settled = account_settled(e);
    struct ledger before = account_take(e);
    t->make(t->arg);
    struct ledger after = account_take(e);
    t->in_flight = account_names_cause(&after, "in flight");
    if (t->look)
        t->look(t->arg, &before, &after);
    struct account_rest rest = account_rest(e, before.unexplained.bytes, want);
    t->undo(t->arg);
    t->rest.more = rest.more;
    if (rest.more != want)
        rest.noise += llabs(account_settled(e) - settled);
    t->rest.noise = larger(t->rest.noise, rest.noise);
    ledger_done(&before);
    ledger_done(&after);
}

void account_skip_noise(int64_t off, int64_t noise) {
    if (off == 0 || llabs(off) > noise)
        return;
    printf("# others move the memory of the machine: off by %" PRId64 " bytes\n", off);
    skip();
}

void account_assert_grows_by(struct eyes *e, struct account_trial *t, int64_t want) {
    uint64_t end = mono_ms() + PATIENCE_MS;
    account_needs_exact_shmem();
    do {
        account_try(e, t, want);
    } while (t->rest.more != want && mono_ms() < end);
    account_skip_noise(t->rest.more - want, t->rest.noise);
    assert_int_equal(t->rest.more, want);
}
