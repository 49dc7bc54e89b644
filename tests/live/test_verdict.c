// test_verdict.c - what verdicts lean on, on the real kernel: markers, who has an object open, and
// when somebody was last seen to hold it.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/origin.h"
#include "core/verdict.h"
#include "probes/probe.h"
#include "probes/sole.h"
#include "tests/support/captured.h"
#include "tests/support/live.h"

#define OBJECT "/dev/shm/pulse-shm-4711"

static struct root *live_root(void) {
    struct root *root;
    if (!live_private())
        skip();
    assert_int_equal(root_open(NULL, &root), 0);
    return root;
}

static const struct snapshot *look(struct prober *prober) {
    static const struct scan_request want = {
        .everything = true, .private_maps = true, .descriptors = true, .locks = true};
    const struct snapshot *snap;
    assert_int_equal(prober_scan(prober, &want, &snap), 0);
    return snap;
}

static void make_object(void) {
    uint32_t words[1024] = {0};
    words[1024 - 10] = 0xbeefcafe; // 40 bytes before the end
    words[1024 - 9] = 4711;
    int fd = open(OBJECT, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, words, sizeof words), sizeof words);
    close(fd);
}

static int remove_object(void **state) {
    (void)state;
    unlink(OBJECT);
    return 0;
}

static void a_marker_is_read_without_a_trace(void **state) {
    (void)state;
    struct root *root = live_root();
    struct prober *prober;
    struct stat before, after;
    make_object();
    assert_int_equal(stat(OBJECT, &before), 0);
    assert_int_equal(prober_new(root, &prober), 0);
    const struct snapshot *snap = look(prober);
    const struct segment *seg = seg_named(snap, "/pulse-shm-4711");
    uint32_t pids[ORIGIN_PIDS + 1];
    bool from_content[ORIGIN_PIDS + 1];
    assert_non_null(seg);
    assert_int_equal(origin_owners(snap, seg, pids, from_content), 1);
    assert_int_equal(pids[0], 4711);
    assert_true(from_content[0]);
    assert_int_equal(stat(OBJECT, &after), 0);
    assert_memory_equal(&before.st_atim, &after.st_atim, sizeof before.st_atim);
    snapshot_unref(snap);
    prober_free(prober);
    root_close(root);
}

static void a_header_is_read_through_a_holder(void **state) {
    (void)state;
    struct root *root = live_root();
    struct prober *prober;
    struct shmid_ds before, after;
    int id = shmget(0x5201, 4096, IPC_CREAT | IPC_EXCL | 0600);
    assert_true(id >= 0);
    uint32_t *words = shmat(id, NULL, 0);
    assert_ptr_not_equal(words, MAP_FAILED);
    words[0] = 679834894; // as PostgreSQL begins its main segment
    words[1] = 77;
    assert_int_equal(shmctl(id, IPC_STAT, &before), 0);
    assert_int_equal(prober_new(root, &prober), 0);
    const struct snapshot *snap = look(prober);
    const struct segment *seg = seg_numbered(snap, (uint64_t)id);
    assert_non_null(seg);
    // An ordinary user reads it from the memory of its own process: no page is missing there.
    assert_non_null(origin_of(snap, seg));
    assert_string_equal(origin_of(snap, seg)->software, "PostgreSQL");
    assert_int_equal(snapshot_recalled(snap, seg)->marker_pid, 77);
    assert_int_equal(shmctl(id, IPC_STAT, &after), 0);
    assert_memory_equal(&before, &after, sizeof before);
    snapshot_unref(snap);
    // What was read stays known when nobody is left to read through.
    shmdt(words);
    snap = look(prober);
    seg = seg_numbered(snap, (uint64_t)id);
    assert_non_null(origin_of(snap, seg));
    snapshot_unref(snap);
    shmctl(id, IPC_RMID, NULL);
    prober_free(prober);
    root_close(root);
}

static void ask(const struct root *root, const struct segment *seg, bool want) {
    bool held = !want;
    assert_int_equal(sole_ask(root, seg, &held), 0);
    assert_int_equal(held, want);
}

static void the_kernel_tells_who_has_an_object_open(void **state) {
    (void)state;
    struct root *root = live_root();
    struct prober *prober;
    char locks[4096];
    size_t len;
    make_object();
    assert_int_equal(prober_new(root, &prober), 0);
    const struct snapshot *snap = look(prober);
    const struct segment *seg = seg_named(snap, "/pulse-shm-4711");
    ask(root, seg, false);
    static const int modes[] = {O_RDONLY, O_RDWR};
    for (size_t i = 0; i < 2; i++) {
        int fd = open(OBJECT, modes[i]);
        ask(root, seg, true);
        void *at = mmap(NULL, 4096, PROT_READ, i ? MAP_SHARED : MAP_PRIVATE, fd, 0);
        close(fd);
        ask(root, seg, true); // the mapping alone
        munmap(at, 4096);
        ask(root, seg, false);
    }
    assert_int_equal(root_read(root, ROOT_PROC, "locks", locks, sizeof locks, &len), 0);
    assert_null(strstr(locks, "LEASE")); // nothing stays behind
    // Another object under the name is not asked about.
    unlink(OBJECT);
    make_object();
    bool held;
    assert_int_equal(sole_ask(root, seg, &held), -ESTALE);
    snapshot_unref(snap);
    prober_free(prober);
    root_close(root);
}

static void a_holder_seen_in_this_run_makes_young_again(void **state) {
    (void)state;
    struct root *root = live_root();
    struct prober *prober;
    uint64_t latest = 0;
    make_object();
    int fd = open(OBJECT, O_RDONLY);
    assert_int_equal(prober_new(root, &prober), 0);
    const struct snapshot *held = look(prober);
    close(fd);
    const struct snapshot *after = look(prober);
    const struct segment *seg = seg_named(after, "/pulse-shm-4711");
    assert_int_equal(verdict_of(seg_named(held, "/pulse-shm-4711")), VERDICT_IN_USE);
    assert_int_not_equal(verdict_of(seg), VERDICT_IN_USE);
    assert_int_equal(verdict_latest(after, seg, &latest), WHY_KNOWN);
    assert_true(latest == held->wall_ns);
    snapshot_unref(held);
    snapshot_unref(after);
    prober_free(prober);
    root_close(root);
}

static void without_the_whole_machine_in_sight_an_object_is_unknown(void **state) {
    (void)state;
    struct root *root = live_root();
    struct prober *prober;
    make_object();
    assert_int_equal(prober_new(root, &prober), 0);
    prober_set_rules(prober, NULL, 0);
    const struct snapshot *snap = look(prober);
    assert_false(root_sees_all(root)); // a pid namespace of its own
    assert_int_equal(verdict_of(seg_named(snap, "/pulse-shm-4711")), VERDICT_UNKNOWN);
    snapshot_unref(snap);
    prober_free(prober);
    root_close(root);
}

#define T(f) cmocka_unit_test_teardown(f, remove_object)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_marker_is_read_without_a_trace),
        T(a_header_is_read_through_a_holder),
        T(the_kernel_tells_who_has_an_object_open),
        T(a_holder_seen_in_this_run_makes_young_again),
        T(without_the_whole_machine_in_sight_an_object_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
