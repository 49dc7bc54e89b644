// test_torn.c - a process that hammers on shared memory never sees half of a number being written.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/live.h"
#include "tests/support/ops_try.h"

enum { SIZE = 4096, WRITES = 300, PATIENCE_S = 20 };

// Each aligned to its own size and to no larger one.
static const struct number {
    size_t len;
    uint64_t offset;
} numbers[] = {{2, 6}, {4, 12}, {8, 56}, {1, 3}};
enum { NUMBERS = 4 };

// What the reader counts, in memory that it shares with us.
struct counts {
    _Atomic uint64_t looks, torn[NUMBERS], fives[NUMBERS], tens[NUMBERS];
};

static struct root *root;
static struct op_request req;
static int fd;
static struct counts *counts;
static pid_t reader;

static uint64_t load(const volatile uint8_t *at, size_t len) {
    switch (len) {
    case 1:
        return *at;
    case 2:
        return atomic_load_explicit((const _Atomic uint16_t *)(uintptr_t)at, memory_order_relaxed);
    case 4:
        return atomic_load_explicit((const _Atomic uint32_t *)(uintptr_t)at, memory_order_relaxed);
    default:
        return atomic_load_explicit((const _Atomic uint64_t *)(uintptr_t)at, memory_order_relaxed);
    }
}

static void read_for_ever(const uint8_t *map) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;; atomic_fetch_add(&counts->looks, 1))
        for (size_t i = 0; i < NUMBERS; i++) {
            uint64_t most = UINT64_MAX >> (64 - 8 * numbers[i].len);
            uint64_t v = load(map + numbers[i].offset, numbers[i].len);
            bool five = v == (most & 0x5555555555555555), ten = v == (most & 0xaaaaaaaaaaaaaaaa);
            atomic_fetch_add(five  ? &counts->fives[i]
                             : ten ? &counts->tens[i]
                                   : &counts->torn[i],
                             1);
        }
}

static int start(void **state) {
    (void)state;
    fd = shm_open("/torn", O_CREAT | O_EXCL | O_RDWR, 0600);
    if (fd < 0 || ftruncate(fd, SIZE) < 0)
        return -1;
    uint8_t *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    counts = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || counts == MAP_FAILED)
        return -1;
    memset(map, 0x55, SIZE);
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    op_request_init(&req, OP_WRITE);
    try_target(&req, "/torn", &id);
    reader = fork();
    if (reader == 0)
        read_for_ever(map);
    munmap(map, SIZE);
    return reader < 0 ? -1 : 0;
}

static int end(void **state) {
    (void)state;
    kill(reader, SIGKILL);
    waitpid(reader, NULL, 0);
    munmap(counts, SIZE);
    shm_unlink("/torn");
    close(fd);
    return 0;
}

static uint64_t now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec;
}

// Until the reader has looked on after this moment.
static void let_it_look(void) {
    uint64_t before = atomic_load(&counts->looks), until = now_s() + PATIENCE_S;
    while (atomic_load(&counts->looks) < before + 2 && now_s() < until)
        sched_yield();
    assert_true(atomic_load(&counts->looks) >= before + 2);
}

static void write_all(const char *bytes, const char *expect) {
    for (size_t i = 0; i < NUMBERS; i++) {
        struct op_result out;
        req.offset = numbers[i].offset;
        req.bytes = (const uint8_t *)bytes;
        req.expect = (const uint8_t *)expect;
        req.bytes_len = numbers[i].len;
        req.expect_len = expect ? numbers[i].len : 0;
        try_op(root, &req, OUTCOME_DONE, 0, &out);
        assert_true(out.one_step);
        op_result_done(&out);
    }
}

static void aligned_numbers_arrive_whole(void **state) {
    (void)state;
    static const char *const patterns[] = {"\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa", "UUUUUUUU"};
    let_it_look();
    for (int i = 0; i < WRITES; i++) {
        // Every other one only if the bytes before are still there.
        write_all(patterns[i % 2], i % 4 < 2 ? patterns[1 - i % 2] : NULL);
        if (i % 50 < 2)
            let_it_look();
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        assert_true(atomic_load(&counts->fives[i]) > 0 && atomic_load(&counts->tens[i]) > 0);
        assert_int_equal(atomic_load(&counts->torn[i]), 0);
    }
    print_message("%llu looks\n", (unsigned long long)atomic_load(&counts->looks));
}

// The reader is no fool: it sees a number that is written in two halves.
static void what_is_torn_is_seen(void **state) {
    (void)state;
    volatile uint8_t *map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);
    uint64_t until = now_s() + PATIENCE_S;
    for (uint32_t v = 0xaaaaaaaa; atomic_load(&counts->torn[2]) == 0 && now_s() < until; v = ~v) {
        *(volatile uint32_t *)(uintptr_t)(map + 56) = v;
        sched_yield();
        *(volatile uint32_t *)(uintptr_t)(map + 60) = v;
    }
    munmap((void *)(uintptr_t)map, SIZE);
    assert_true(atomic_load(&counts->torn[2]) > 0);
}

static uint64_t torn_in_all(void) {
    uint64_t n = 0;
    for (size_t i = 0; i < NUMBERS; i++)
        n += atomic_load(&counts->torn[i]);
    return n;
}

// Why a write goes through a mapping: nobody promises that pwrite(2) is not torn, and on many
// processors it is. Where it is not seen in a second there is nothing to show.
static void pwrite_tears_where_it_can_be_shown(void **state) {
    (void)state;
    uint64_t patterns[] = {0x5555555555555555, 0xaaaaaaaaaaaaaaaa}, until = now_s() + 2;
    while (torn_in_all() == 0 && now_s() < until)
        for (size_t i = 0; i < 1000; i++)
            for (size_t k = 0; k < NUMBERS; k++)
                if (pwrite(fd, &patterns[i % 2], numbers[k].len, (off_t)numbers[k].offset) < 0)
                    fail();
    print_message("%llu torn\n", (unsigned long long)torn_in_all());
    if (torn_in_all() == 0)
        skip();
}

static int open_root(void **state) {
    (void)state;
    return root_open(NULL, &root);
}
static int close_root(void **state) {
    (void)state;
    root_close(root);
    return 0;
}

int main(void) {
    if (!live_private())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(aligned_numbers_arrive_whole, start, end),
        cmocka_unit_test_setup_teardown(what_is_torn_is_seen, start, end),
        cmocka_unit_test_setup_teardown(pwrite_tears_where_it_can_be_shown, start, end),
    };
    return cmocka_run_group_tests(tests, open_root, close_root);
}
