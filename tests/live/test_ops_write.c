// test_ops_write.c - writing bytes: all of them where they were meant to go, or none.
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
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/store.h"
#include "probes/sysv_row.h"
#include "tests/support/live.h"
#include "tests/support/ops_try.h"

enum { SIZE = 3 * 4096 + 100, PAGE = 4096 };

static struct root *root;
static struct op_request req; // rebuilt by each test
static int fd;                // the object of a test

static int open_root(void **state) {
    (void)state;
    return root_open(NULL, &root);
}
static int close_root(void **state) {
    (void)state;
    root_close(root);
    return 0;
}
static int make_object(void **state) {
    (void)state;
    fd = shm_open("/w", O_CREAT | O_EXCL | O_RDWR, 0600);
    if (fd < 0 || ftruncate(fd, SIZE) < 0 || pwrite(fd, "0123456789abcdef", 16, 0) != 16)
        return -1;
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    op_request_init(&req, OP_WRITE);
    try_target(&req, "/w", &id);
    return 0;
}
static int drop_object(void **state) {
    (void)state;
    shm_unlink("/w");
    close(fd);
    return 0;
}

static void want(uint64_t off, const char *bytes, size_t len, const char *expect,
                 size_t expect_len) {
    req.offset = off;
    req.bytes = (const uint8_t *)bytes;
    req.bytes_len = len;
    req.expect = (const uint8_t *)expect;
    req.expect_len = expect_len;
}

static void assert_object(uint64_t off, const char *bytes, size_t len) {
    char buf[64];
    assert_int_equal(pread(fd, buf, len, (off_t)off), len);
    assert_memory_equal(buf, bytes, len);
}

static void bytes_go_where_they_belong_and_the_old_ones_come_back(void **state) {
    (void)state;
    static const struct {
        uint64_t off;
        const char *bytes;
        size_t len;
        const char *old;
        bool one_step;
    } cases[] = {
        {0, "A", 1, "0", true},        {2, "BC", 2, "23", true},
        {4, "DEFG", 4, "4567", true},  {8, "HIJKLMNO", 8, "89abcdef", true},
        {1, "xy", 2, "1B", false},     {3, "pqr", 3, "CDE", false},
        {9, "4byt", 4, "IJKL", false}, {PAGE - 4, "straddle", 8, "\0\0\0\0\0\0\0", false},
        {SIZE - 1, "Z", 1, "", true},  {SIZE - 12, "12345678", 8, "\0\0\0\0\0\0\0", true},
        {2 * PAGE, "", 0, "", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct op_result out;
        want(cases[i].off, cases[i].bytes, cases[i].len, NULL, 0);
        try_op(root, &req, OUTCOME_DONE, 0, &out);
        assert_memory_equal(out.old, cases[i].old, cases[i].len);
        assert_int_equal(out.one_step, cases[i].one_step);
        assert_object(cases[i].off, cases[i].bytes, cases[i].len);
        op_result_done(&out);
    }
    assert_object(0, "AxypqrFGH4bytMNO", 16);
}

static void long_writes_go_in_whole(void **state) {
    (void)state;
    enum { BIG = 17 * 1024 * 1024 + 77 };
    char *bytes = malloc(BIG), *back = malloc(BIG);
    assert_true(bytes != NULL && back != NULL);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (char)(i * 31 >> 3);
    assert_int_equal(ftruncate(fd, BIG + 5), 0);
    struct op_result out;
    want(5, bytes, BIG, NULL, 0);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_memory_equal(out.old, "56789abcdef", 11);
    op_result_done(&out);
    assert_int_equal(pread(fd, back, BIG, 5), BIG);
    assert_memory_equal(bytes, back, BIG);
    assert_object(0, "01234", 5);
    free(bytes);
    free(back);
}

static void expected_bytes_are_compared_first(void **state) {
    (void)state;
    struct op_result out;
    want(0, "NEW!", 4, "0123", 4);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    op_result_done(&out);
    want(0, "MORE", 4, "0123", 4); // not there any more
    try_fails(root, &req, OUTCOME_REFUSED, 0, "other bytes than expected");
    want(1, "unaligned", 9, "EW!45678_", 9);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "other bytes than expected");
    want(0, "X", 1, "NEW!456789", 10); // more is expected than written
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_memory_equal(out.old, "N", 1);
    op_result_done(&out);
    want(SIZE - 2, "X", 1, "\0\0\0", 3); // cannot stand there
    try_fails(root, &req, OUTCOME_REFUSED, 0, "other bytes than expected");
    assert_object(0, "XEW!456789abcdef", 16);
}

// A refused write into a hole must not allocate it either.
static void a_refused_write_touches_nothing(void **state) {
    (void)state;
    struct stat before, after;
    assert_int_equal(fstat(fd, &before), 0);
    want(2 * PAGE, "x", 1, "y", 1);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "other bytes than expected");
    assert_int_equal(fstat(fd, &after), 0);
    assert_int_equal(after.st_blocks, before.st_blocks);
    assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof(before.st_mtim));
}

static void past_the_end_nothing_is_written_and_nothing_grows(void **state) {
    (void)state;
    static const struct {
        uint64_t off;
        size_t len;
    } cases[] = {{SIZE, 1},     {SIZE - 1, 2},       {SIZE + 1, 0},  {1ull << 40, 4},
                 {0, SIZE + 1}, {UINT64_MAX - 3, 8}, {UINT64_MAX, 1}};
    static const char bytes[SIZE + 1];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stat st;
        want(cases[i].off, bytes, cases[i].len, NULL, 0);
        try_fails(root, &req, OUTCOME_REFUSED, 0, "past its end");
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_size, SIZE);
        assert_object(0, "0123456789abcdef", 16);
    }
}

// The object is cut between our look at its size and the store.
static void a_store_into_what_was_cut_is_survived_and_grows_nothing(void **state) {
    (void)state;
    static const size_t lens[] = {1, 8, 100};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        static const uint8_t bytes[100] = "cut";
        struct store s = {
            .fd = fd, .page_size = PAGE, .offset = 2 * PAGE, .bytes = bytes, .len = lens[i]};
        uint8_t old[8];
        enum store_end end = STORE_DONE;
        struct stat st;
        assert_int_equal(ftruncate(fd, PAGE), 0);
        assert_int_equal(store_bytes(&s, &end, old), 0);
        assert_int_equal(end, STORE_FAULT);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_size, PAGE);
    }
    assert_object(0, "0123456789abcdef", 16);
}

static void on_sigbus(int sig) {
    (void)sig;
    _exit(99);
}

// The crash handler of the monitor must not run for it, in the child or here.
static void a_handler_of_faults_does_not_hear_of_it(void **state) {
    (void)state;
    struct sigaction ours = {.sa_handler = on_sigbus}, before;
    struct store s = {.fd = fd, .page_size = PAGE, .bytes = (const uint8_t *)"x", .len = 1};
    uint8_t old[8];
    enum store_end end = STORE_DONE;
    assert_int_equal(sigaction(SIGBUS, &ours, &before), 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    int err = store_bytes(&s, &end, old);
    struct sigaction after;
    assert_int_equal(sigaction(SIGBUS, &before, &after), 0);
    assert_int_equal(err, 0);
    assert_int_equal(end, STORE_FAULT);
    assert_ptr_equal(after.sa_handler, on_sigbus);
}

// Compared and stored in one step: whoever comes between wins.
static void a_store_compares_in_the_same_step(void **state) {
    (void)state;
    static const uint8_t bytes[] = "NEWBYTES", expect[] = "01234567", wrong[] = "0123456x";
    struct store s = {
        .fd = fd, .page_size = PAGE, .bytes = bytes, .len = 8, .expect = wrong, .expect_len = 8};
    uint8_t old[8];
    enum store_end end;
    assert_int_equal(store_bytes(&s, &end, old), 0);
    assert_int_equal(end, STORE_DIFFERS);
    assert_memory_equal(old, "01234567", 8);
    assert_object(0, "01234567", 8);
    s.expect = expect;
    assert_int_equal(store_bytes(&s, &end, old), 0);
    assert_int_equal(end, STORE_DONE);
    assert_object(0, "NEWBYTES", 8);
}

static void a_full_file_system_is_said_before_a_byte_is_written(void **state) {
    (void)state;
    if (mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=64k,mode=1777") < 0) {
        print_message("a small tmpfs cannot be mounted here\n");
        skip();
    }
    struct root *small;
    int full = shm_open("/full", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(full >= 0);
    assert_int_equal(ftruncate(full, 1 << 20), 0);
    assert_int_equal(fallocate(full, 0, 0, 64 * 1024), 0);
    struct seg_id id = live_fd_id(SEG_POSIX, full);
    struct stat before, after;
    assert_int_equal(fstat(full, &before), 0);
    assert_int_equal(root_open(NULL, &small), 0);
    try_target(&req, "/full", &id);
    static const size_t lens[] = {1, 8, 3 * PAGE};
    static const char bytes[3 * PAGE];
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        want(512 * 1024, bytes, lens[i], NULL, 0);
        try_fails(small, &req, OUTCOME_FAILED, ENOSPC, "no room");
    }
    struct op_result out;
    want(8, bytes, 8, NULL, 0); // a page that exists has room
    try_op(small, &req, OUTCOME_DONE, 0, &out);
    op_result_done(&out);
    assert_int_equal(fstat(full, &after), 0);
    assert_int_equal(after.st_blocks, before.st_blocks);
    root_close(small);
    close(full);
    assert_int_equal(umount("/dev/shm"), 0);
}

static void another_object_under_the_name_is_never_written(void **state) {
    (void)state;
    struct stat st;
    char buf[8];
    want(0, "WRONG!!!", 8, NULL, 0);
    shm_unlink("/w");
    try_fails(root, &req, OUTCOME_MISSING, 0, "is gone");
    int other = shm_open("/w", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_int_equal(write(other, "innocent", 8), 8);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "another one stands in its place");
    shm_unlink("/w");
    int elsewhere = shm_open("/elsewhere", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_int_equal(ftruncate(elsewhere, SIZE), 0);
    assert_int_equal(symlink("/dev/shm/elsewhere", "/dev/shm/w"), 0);
    try_fails(root, &req, OUTCOME_REFUSED, 0, NULL);
    assert_int_equal(fstat(elsewhere, &st), 0);
    assert_int_equal(st.st_blocks, 0);
    unlink("/dev/shm/w");
    assert_int_equal(mkfifo("/dev/shm/w", 0600), 0);
    try_fails(root, &req, OUTCOME_REFUSED, 0, NULL); // and does not block
    unlink("/dev/shm/w");
    assert_int_equal(pread(other, buf, 8, 0), 8);
    assert_memory_equal(buf, "innocent", 8);
    shm_unlink("/elsewhere");
    close(elsewhere);
    close(other);
    assert_object(0, "01234567", 8);
}

static int write_in_child(void *arg) {
    struct root *mine;
    struct op_result out;
    (void)arg;
    if (root_open(NULL, &mine) < 0)
        return 90;
    enum outcome outcome = op_run(mine, &req, &out);
    root_close(mine);
    return outcome == OUTCOME_FAILED && out.fault.err == EACCES ? 0 : 1;
}

static void who_may_only_read_cannot_write(void **state) {
    (void)state;
    if (!live_can_change_user()) {
        print_message("only root can become another user\n");
        skip();
    }
    assert_int_equal(fchmod(fd, 0644), 0);
    want(0, "X", 1, NULL, 0);
    assert_int_equal(live_as_user(65534, write_in_child, NULL), 0);
    assert_object(0, "01234567", 8);
}

static void sealed_memfds_are_refused_and_open_ones_written(void **state) {
    (void)state;
    int memfd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct live_holder h;
    struct op_result out;
    char buf[8];
    assert_int_equal(ftruncate(memfd, SIZE), 0);
    assert_int_equal(pwrite(memfd, "01234567", 8, 0), 8);
    live_hold(&(struct live_hold){.shmid = -1, .fd = memfd, .len = SIZE, .keep_fd = true}, &h);
    struct seg_id id = live_fd_id(SEG_MEMFD, memfd);
    char seg[64];
    snprintf(seg, sizeof(seg), "obj:0:1:%llu", (unsigned long long)id.num);
    try_target(&req, seg, &id);
    want(0, "NEW!", 4, NULL, 0);
    try_fails(root, &req, OUTCOME_FAILED, 0, "no holder of it could be seen");
    req.via_pid = h.pid;
    req.via_ticks = live_proc_id(root, h.pid).start_ticks;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_memory_equal(out.old, "0123", 4);
    op_result_done(&out);
    assert_int_equal(fcntl(memfd, F_ADD_SEALS, F_SEAL_WRITE), 0);
    want(4, "more", 4, NULL, 0);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "sealed");
    assert_int_equal(pread(memfd, buf, 8, 0), 8);
    assert_memory_equal(buf, "NEW!4567", 8);
    live_release(&h);
    close(memfd);
}

static int make_sysv(struct live_holder *h) {
    int shmid = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
    assert_true(shmid >= 0);
    live_hold(&(struct live_hold){.shmid = shmid, .fd = -1, .len = SIZE, .touch = 16, .map = true},
              h);
    struct seg_id id = live_sysv_id(root, shmid);
    char seg[32];
    snprintf(seg, sizeof(seg), "sysv:%d", shmid);
    try_target(&req, seg, &id);
    return shmid;
}

static void assert_sysv(int shmid, uint64_t off, const char *bytes, size_t len) {
    char *at = shmat(shmid, NULL, SHM_RDONLY);
    assert_ptr_not_equal(at, (char *)-1);
    assert_memory_equal(at + off, bytes, len);
    shmdt(at);
}

static void a_held_sysv_segment_is_written_without_attaching(void **state) {
    (void)state;
    if (!live_can_open_map_files()) {
        print_message("map_files cannot be opened by an ordinary user\n");
        skip();
    }
    struct live_holder h;
    int shmid = make_sysv(&h);
    const struct snapshot *snap = live_picture(root, &req.id, NULL, SIZE, &h, 1);
    op_request_via(&req, snap, &snap->segments[0]);
    assert_int_equal(req.via_pid, h.pid);
    struct root_shm_row before, after;
    struct op_result out;
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &before), 0);
    want(8, "8 bytes!", 8, "hhhhhhhh", 8);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_string_equal(out.note, "");
    op_result_done(&out);
    want(SIZE - 3, "end", 3, NULL, 0);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    op_result_done(&out);
    want(SIZE - 3, "over", 4, NULL, 0); // inside its last page, beyond its size
    try_fails(root, &req, OUTCOME_REFUSED, 0, "past its end");
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_int_equal(after.lpid, before.lpid);
    assert_int_equal(after.nattch, before.nattch);
    assert_sysv(shmid, 0, "hhhhhhhh8 bytes!", 16);
    assert_sysv(shmid, SIZE - 3, "end", 3);
    snapshot_unref(snap);
    live_release(&h);
    shmctl(shmid, IPC_RMID, NULL);
}

static void a_sysv_segment_that_nobody_holds_is_attached_and_it_says_so(void **state) {
    (void)state;
    struct live_holder h;
    struct op_result out;
    struct root_shm_row row;
    int shmid = make_sysv(&h);
    live_release(&h);
    want(SIZE, "x", 1, NULL, 0);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "past its end");
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    assert_int_not_equal(row.lpid, getpid()); // a refusal attaches nothing
    want(3, "bytes", 5, "hhhhh", 5);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_non_null(strstr(out.note, "attached"));
    assert_memory_equal(out.old, "hhhhh", 5);
    op_result_done(&out);
    want(16, "8 bytes!", 8, NULL, 0);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    op_result_done(&out);
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    assert_int_equal(row.nattch, 0);
    assert_sysv(shmid, 0, "hhhbyteshhhhhhhh8 bytes!", 24);
    shmctl(shmid, IPC_RMID, NULL);
    try_fails(root, &req, OUTCOME_MISSING, 0, "is gone");
}

int main(void) {
#define WITH_OBJECT(test) cmocka_unit_test_setup_teardown(test, make_object, drop_object)
    const struct CMUnitTest tests[] = {
        WITH_OBJECT(bytes_go_where_they_belong_and_the_old_ones_come_back),
        WITH_OBJECT(long_writes_go_in_whole),
        WITH_OBJECT(expected_bytes_are_compared_first),
        WITH_OBJECT(a_refused_write_touches_nothing),
        WITH_OBJECT(past_the_end_nothing_is_written_and_nothing_grows),
        WITH_OBJECT(a_store_into_what_was_cut_is_survived_and_grows_nothing),
        WITH_OBJECT(a_handler_of_faults_does_not_hear_of_it),
        WITH_OBJECT(a_store_compares_in_the_same_step),
        WITH_OBJECT(a_full_file_system_is_said_before_a_byte_is_written),
        WITH_OBJECT(another_object_under_the_name_is_never_written),
        WITH_OBJECT(who_may_only_read_cannot_write),
        WITH_OBJECT(sealed_memfds_are_refused_and_open_ones_written),
        WITH_OBJECT(a_held_sysv_segment_is_written_without_attaching),
        WITH_OBJECT(a_sysv_segment_that_nobody_holds_is_attached_and_it_says_so),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
