// test_ledger.c - the account of memory that hides from df and du: all of it is found.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/ledger.h"
#include "tests/support/account.h"
#include "tests/support/children.h"
#include "tests/support/live.h"

#define KIB 1024
#define MIB (1024 * 1024)

// What is hidden, in bytes: odd numbers of pages, so that none can stand for another.
enum {
    PAGE = 4 * KIB,
    MAPPED = 10 * MIB + 4 * KIB,
    OPENED = 5 * MIB + 8 * KIB,
    IN_MEMFD = 3 * MIB + 16 * KIB,
    IN_ANON = 2 * MIB + 32 * KIB,
    IN_SYSV = 2 * MIB + 64 * KIB,
    ELSEWHERE = 4 * MIB + 128 * KIB, // tmpfs of another mount namespace
    FAR_SYSV = 3 * MIB + 256 * KIB,  // another IPC namespace
    IN_FLIGHT = 5 * MIB + 512 * KIB,
};

// ---- the workload; what children do says with its result how far it came

static int fill(int fd, size_t len) {
    static const char block[PAGE] = {1};
    for (size_t at = 0; at < len; at += PAGE)
        if (pwrite(fd, block, PAGE, (off_t)at) != PAGE)
            return -1;
    return 0;
}

static int unlinked(const char *path, size_t len, bool mapped) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || unlink(path) < 0 || fill(fd, len) < 0)
        return -1;
    if (mapped && mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
        return -1;
    return mapped ? close(fd) : 0;
}

static int hide_here(void *arg, int step) {
    (void)arg;
    if (step != 0)
        return 0;
    if (unlinked("/dev/shm/mapped", MAPPED, true) || unlinked("/dev/shm/opened", OPENED, false))
        return 1;
    int memfd = memfd_create("hidden", MFD_CLOEXEC);
    if (memfd < 0 || fill(memfd, IN_MEMFD))
        return 2;
    char *anon = mmap(NULL, IN_ANON, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (anon == MAP_FAILED)
        return 3;
    memset(anon, 1, IN_ANON);
    return 0;
}

static int make_sysv(size_t len) {
    int id = shmget(IPC_PRIVATE, len, IPC_CREAT | 0600);
    char *at = id < 0 ? NULL : shmat(id, NULL, 0);
    if (id < 0 || (intptr_t)at == -1)
        return -1;
    memset(at, 1, len);
    return shmdt(at) < 0 ? -1 : id;
}

static int hide_in_mount_namespace(void *arg, int step) {
    (void)arg;
    if (step != 0)
        return 0;
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=32m") < 0)
        return 4;
    int fd = open("/dev/shm/elsewhere", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 || fill(fd, ELSEWHERE) || close(fd) ? 5 : 0;
}

static int hide_in_ipc_namespace(void *arg, int step) {
    (void)arg;
    if (step != 0)
        return 0;
    return unshare(CLONE_NEWIPC) < 0 || make_sysv(FAR_SYSV) < 0 ? 6 : 0;
}

static int hide_in_flight(void *arg, int step) {
    (void)arg;
    if (step != 0)
        return 0;
    int fd = memfd_create("flight", MFD_CLOEXEC);
    return fd < 0 || fill(fd, IN_FLIGHT) || account_put_in_flight(fd) < 0 ? 7 : 0;
}

struct hidden {
    struct child here, mounts, ipc;
    int shmid;
};

static void hide(struct hidden *h) {
    *h = (struct hidden){.shmid = -1};
    child_start(&h->here, hide_here, NULL);
    child_start(&h->mounts, hide_in_mount_namespace, NULL);
    child_start(&h->ipc, hide_in_ipc_namespace, NULL);
    h->shmid = make_sysv(IN_SYSV);
    assert_true(h->shmid >= 0);
}

static void reveal(struct hidden *h) {
    child_end(&h->here);
    child_end(&h->mounts);
    child_end(&h->ipc);
    if (h->shmid >= 0)
        shmctl(h->shmid, IPC_RMID, NULL);
    h->shmid = -1;
}

// ---- accounts

static uint64_t number(u64v v) {
    uint64_t n = 0;
    assert_int_equal(u64v_get(v, &n), WHY_KNOWN);
    return n;
}

// The row with exactly so many bytes. Asserts.
static struct ledger_row row_of(const struct ledger *l, enum ledger_kind kind, bool foreign,
                                uint64_t bytes) {
    for (size_t i = 0; i < l->row_count; i++)
        if (l->rows[i].kind == kind && l->rows[i].foreign == foreign && l->rows[i].bytes == bytes)
            return l->rows[i];
    fail_msg("no row of %s has %" PRIu64 " bytes", ledger_kind_name(kind), bytes);
    return (struct ledger_row){0};
}

// An ordinary user may not ask about what is mapped and not open.
static uint64_t expected(void) {
    uint64_t seen = (uint64_t)MAPPED + OPENED + IN_MEMFD + IN_SYSV + ELSEWHERE + FAR_SYSV;
    return live_can_open_map_files() ? seen + IN_ANON : seen;
}

static time_t seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

enum { PATIENCE_S = 20, STEPS = 10 };

// The tmpfs of the machine that are mounted here too, and all of Shmem, belong to others as well:
// what was there before is taken again until nothing else has moved.
static void everything_hidden_is_found_to_the_page(void **state) {
    time_t end = seconds() + PATIENCE_S;
    uint64_t found = 0;
    do {
        struct hidden h;
        struct ledger before = account_take(*state);
        hide(&h);
        struct ledger after = account_take(*state);
        found = after.explained - before.explained;
        reveal(&h);
        ledger_done(&before);
        ledger_done(&after);
    } while (found != expected() && seconds() < end);
    assert_int_equal(found, expected());
}

static void each_kind_has_its_row(void **state) {
    struct hidden h;
    uint64_t held = 0;
    hide(&h);
    struct ledger l = account_take(*state);
    struct ledger_row far = row_of(&l, LEDGER_TMPFS, true, ELSEWHERE);
    assert_int_equal(number(far.linked), ELSEWHERE);
    assert_int_equal(far.unexplained.bytes, 0);
    assert_true(number(far.mnt_ns) != l.snap->vantage.mnt_ns);
    row_of(&l, LEDGER_SYSV, true, FAR_SYSV);
    row_of(&l, LEDGER_SYSV, false, IN_SYSV);
    row_of(&l, LEDGER_MEMFD, false, IN_MEMFD);
    // The superblock tells what its files may not.
    struct ledger_row shm = row_of(&l, LEDGER_TMPFS, false, MAPPED + OPENED);
    if (live_can_open_map_files()) {
        assert_int_equal(number(shm.dev), l.snap->vantage.devshm_dev);
        assert_int_equal(number(shm.unlinked_held), MAPPED + OPENED);
        assert_int_equal(number(shm.linked), 0);
        assert_int_equal(shm.unexplained.bytes, 0);
        row_of(&l, LEDGER_ANON, false, IN_ANON);
    } else {
        assert_true(u64v_get(shm.linked, &held) != WHY_KNOWN);
        assert_true(account_names_cause(&l, "not tell what they hold"));
    }
    reveal(&h);
    ledger_done(&l);
}

static void make_hidden(void *arg) {
    hide(arg);
}
static void undo_hidden(void *arg) {
    reveal(arg);
}
static void make_flight(void *arg) {
    child_start(arg, hide_in_flight, NULL);
}
static void undo_flight(void *arg) {
    child_end(arg);
}

static void nothing_of_it_is_left_over_against_meminfo(void **state) {
    struct hidden h;
    struct account_trial t = {.make = make_hidden, .undo = undo_hidden, .arg = &h};
    account_assert_grows_by(*state, &t, live_can_open_map_files() ? 0 : IN_ANON);
}

static void what_is_in_flight_stays_unexplained_and_is_named(void **state) {
    struct child c;
    struct account_trial t = {.make = make_flight, .undo = undo_flight, .arg = &c};
    account_try(*state, &t, IN_FLIGHT);
    assert_true(t.in_flight);
    account_assert_grows_by(*state, &t, IN_FLIGHT);
}

// The quick looks of the monitor come to the same account.
static void the_monitor_explains_as_much_without_the_segments_of_others(void **state) {
    const struct scan_request tick = {.descriptors = true};
    struct hidden h;
    time_t end = seconds() + PATIENCE_S;
    uint64_t one_shot = 0, quick = 1;
    hide(&h);
    do {
        struct ledger l = account_take(*state), q;
        const struct snapshot *snap = NULL;
        for (int i = 0; i < STEPS; i++) { // a whole sweep
            snapshot_unref(snap);
            snap = eyes_look(*state, tick);
        }
        assert_int_equal(ledger_make(snap, &q), 0);
        for (size_t i = 0; i < snap->segment_count; i++)
            assert_false(snap->segments[i].foreign && snap->segments[i].id.kind == SEG_SYSV);
        one_shot = l.explained;
        quick = q.explained;
        snapshot_unref(snap);
        ledger_done(&l);
        ledger_done(&q);
    } while (quick != one_shot && seconds() < end);
    reveal(&h);
    assert_int_equal(quick, one_shot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_hidden_is_found_to_the_page),
        cmocka_unit_test(each_kind_has_its_row),
        cmocka_unit_test(nothing_of_it_is_left_over_against_meminfo),
        cmocka_unit_test(what_is_in_flight_stays_unexplained_and_is_named),
        cmocka_unit_test(the_monitor_explains_as_much_without_the_segments_of_others),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
