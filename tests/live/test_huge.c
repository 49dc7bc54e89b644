// test_huge.c - segments in huge pages: what they are, and what they really have in memory.
//
// Needs free huge pages of 2 MiB. SHMTOP_TEST_HUGE=1 lets it raise vm.nr_hugepages for its time;
// without it the test is skipped where there are none.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ledger.h"
#include "tests/support/children.h"
#include "tests/support/hugepages.h"
#include "tests/support/live.h"

#define GIB ((size_t)1 << 30)
enum { PAGES_NEEDED = 16, KEY_SMALL = 0x5201, KEY_LARGE, KEY_EMPTY };

static const struct scan_request all = {
    .everything = true, .private_maps = true, .descriptors = true, .locks = true};

static int attach(int key, size_t size, int flags, bool touch) {
    int id = shmget(key, size, IPC_CREAT | SHM_HUGETLB | 0600 | flags);
    char *at = shmat(id, NULL, 0);
    if (id < 0 || at == MAP_FAILED)
        return 1;
    if (touch)
        at[0] = 1;
    return 0;
}

static int map(int fd, int flags, bool touch) {
    char *at = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (at == MAP_FAILED)
        return 1;
    if (touch)
        at[0] = 1;
    if (fd >= 0)
        close(fd);
    return 0;
}

static int open_file(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 || ftruncate(fd, 2 * (off_t)HUGE_PAGE) < 0 ? -1 : fd;
}

static int hold(void *arg, int step) {
    (void)arg;
    if (step > 0)
        return 0;
    // The kernel tells 512 times too much: more than the size, or, of a large one, not.
    if (attach(KEY_SMALL, 3 * HUGE_PAGE, 0, true) ||
        attach(KEY_LARGE, 4 * GIB, SHM_NORESERVE, true) || attach(KEY_EMPTY, HUGE_PAGE, 0, false))
        return 1;
    int mem = memfd_create("huge", MFD_HUGETLB | MFD_CLOEXEC);
    if (mem < 0 || ftruncate(mem, 2 * (off_t)HUGE_PAGE) < 0 || map(mem, MAP_SHARED, true))
        return 2;
    if (map(-1, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, true))
        return 3;
    // Private memory is nobody else's.
    if (map(-1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, true))
        return 4;
    if (map(open_file("/mnt/file"), MAP_SHARED, true) ||
        map(open_file("/mnt/gone"), MAP_SHARED, true) || unlink("/mnt/gone") < 0)
        return 5;
    return 0;
}

static const struct segment *by_key(const struct snapshot *snap, unsigned key) {
    int id = shmget((key_t)key, 0, 0);
    assert_true(id >= 0);
    const struct segment *seg = segment_sysv(snap, id);
    assert_non_null(seg);
    return seg;
}

static void holds(const struct segment *seg, uint64_t size, uint64_t resident) {
    assert_true(seg->flags & SEG_FLAG_HUGE);
    assert_int_equal(segment_number(seg, SEG_SIZE), size);
    assert_int_equal(segment_number(seg, SEG_RESIDENT), resident);
}

static void check_objects(const struct snapshot *snap, pid_t pid) {
    size_t kinds[SEG_KIND_COUNT] = {0}, unlinked = 0;
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        if (seg->id.kind == SEG_SYSV || !holding_of(snap, seg, pid))
            continue;
        kinds[seg->id.kind]++;
        unlinked += (seg->flags & SEG_FLAG_UNLINKED) != 0;
        holds(seg, 2 * HUGE_PAGE, HUGE_PAGE);
    }
    assert_int_equal(kinds[SEG_MEMFD], 1);
    assert_int_equal(kinds[SEG_ANON], 1);
    assert_int_equal(kinds[SEG_HUGETLB], 2);
    assert_int_equal(unlinked, 1);
}

static void check_account(const struct snapshot *snap) {
    struct ledger l;
    uint64_t bytes = 0;
    assert_int_equal(ledger_make(snap, &l), 0);
    for (size_t i = 0; i < l.row_count; i++) {
        if (l.rows[i].kind != LEDGER_HUGETLB)
            continue;
        assert_false(l.rows[i].in_shmem);
        bytes += l.rows[i].bytes;
    }
    assert_int_equal(bytes, 6 * HUGE_PAGE); // two of System V, four objects
    ledger_done(&l);
}

static void what_lies_in_huge_pages_is_told_as_it_is(void **state) {
    struct child c;
    if (!live_can_open_map_files() || !huge_pages_ready(PAGES_NEEDED)) {
        puts("# needs free huge pages of 2 MiB, or SHMTOP_TEST_HUGE=1 and root to make some");
        skip();
    }
    assert_int_equal(mount("none", "/mnt", "hugetlbfs", 0, NULL), 0);
    child_start(&c, hold, NULL);
    const struct snapshot *snap = eyes_look(*state, all);
    holds(by_key(snap, KEY_SMALL), 3 * HUGE_PAGE, HUGE_PAGE);
    holds(by_key(snap, KEY_LARGE), 4 * GIB, HUGE_PAGE);
    holds(by_key(snap, KEY_EMPTY), HUGE_PAGE, 0);
    check_objects(snap, c.pid);
    check_account(snap);
    snapshot_unref(snap);
    child_end(&c);
    for (int key = KEY_SMALL; key <= KEY_EMPTY; key++)
        shmctl(shmget(key, 0, 0), IPC_RMID, NULL);
    unlink("/mnt/file");
    umount("/mnt");
}

static int put_back(void **state) {
    huge_pages_put_back();
    return eyes_close(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_in_huge_pages_is_told_as_it_is),
    };
    return cmocka_run_group_tests(tests, eyes_open, put_back);
}
