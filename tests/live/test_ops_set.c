// test_ops_set.c - changing mode, owner, size and lock of a segment, and signalling its holders.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/sysv_row.h"
#include "tests/support/live.h"
#include "tests/support/ops_try.h"

enum { SIZE = 8192 };

static struct root *root;
static struct op_request req; // rebuilt by each test

static int open_root(void **state) {
    (void)state;
    return root_open(NULL, &root);
}
static int close_root(void **state) {
    (void)state;
    root_close(root);
    return 0;
}

static void done(void) {
    struct op_result out;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_string_equal(out.note, "");
    op_result_done(&out);
}

static int look_sysv(void) {
    int shmid = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
    char seg[32];
    assert_true(shmid >= 0);
    struct seg_id id = live_sysv_id(root, shmid);
    op_request_init(&req, OP_SET);
    snprintf(seg, sizeof(seg), "sysv:%d", shmid);
    try_target(&req, seg, &id);
    return shmid;
}

// What was changed meanwhile is not what the person saw when he chose the change.
static void what_changed_since_it_was_looked_at_is_left_alone(void **state) {
    (void)state;
    int shmid = look_sysv();
    struct root_shm_row before, after;
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &before), 0);
    req.has_mode = true;
    req.mode = 0644;
    req.expected_change = u64v_of((before.ctime + 1) * 1000000000u);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "changed since it was looked at");
    req.expected_change = u64v_of(before.ctime * 1000000000u);
    req.expected_key = u64v_of(before.key + 1);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "another one stands in its place");
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_int_equal(after.perms, before.perms);
    req.expected_key = u64v_of(before.key);
    done();
    shmctl(shmid, IPC_RMID, NULL);
}

static void sysv_mode_and_owner_are_set_and_the_rest_is_kept(void **state) {
    (void)state;
    int shmid = look_sysv();
    struct root_shm_row before, after;
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &before), 0);
    req.has_mode = true;
    req.mode = 0644;
    done();
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_int_equal(after.perms, 0644);
    assert_int_equal(after.uid, before.uid);
    assert_int_equal(after.lpid, before.lpid);
    if (live_can_change_user()) {
        req.has_mode = false;
        req.has_uid = true;
        req.uid = 65534;
        done();
        assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
        assert_int_equal(after.uid, 65534);
        assert_int_equal(after.gid, before.gid);
        assert_int_equal(after.perms, 0644);
    }
    shmctl(shmid, IPC_RMID, NULL);
    try_fails(root, &req, OUTCOME_MISSING, 0, "is gone");
}

static void a_sysv_segment_is_locked_and_unlocked(void **state) {
    (void)state;
    int shmid = look_sysv();
    struct root_shm_row row;
    req.lock = OP_LOCK;
    done();
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    assert_true((row.perms & SYSV_LOCKED) != 0);
    req.lock = OP_UNLOCK;
    done();
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    assert_false((row.perms & SYSV_LOCKED) != 0);
    req.lock = OP_LOCK_KEEP;
    req.has_size = true;
    req.size = 1;
    try_fails(root, &req, OUTCOME_USAGE, 0, "keep their size");
    shmctl(shmid, IPC_RMID, NULL);
}

static int look_posix(void) {
    int fd = shm_open("/s", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    op_request_init(&req, OP_SET);
    try_target(&req, "/s", &id);
    return fd;
}

static struct stat now(int fd) {
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st;
}

static void posix_mode_owner_and_size_are_set(void **state) {
    (void)state;
    int fd = look_posix();
    mode_t before = umask(077);
    req.has_mode = true;
    req.mode = 0666;
    req.has_size = true;
    req.size = 3 * SIZE;
    done();
    umask(before);
    assert_int_equal(now(fd).st_mode & 07777, 0666);
    assert_int_equal(now(fd).st_size, 3 * SIZE);
    req.has_size = false;
    req.mode = 0000; // and back again, although it cannot be opened by its owner then
    done();
    req.mode = 0640;
    done();
    assert_int_equal(now(fd).st_mode & 07777, 0640);
    if (live_can_change_user()) {
        req.has_mode = false;
        req.has_uid = req.has_gid = true;
        req.uid = req.gid = 65534;
        done();
        assert_int_equal(now(fd).st_uid, 65534);
        assert_int_equal(now(fd).st_gid, 65534);
    }
    shm_unlink("/s");
    close(fd);
}

static void shrinking_what_is_in_use_needs_force(void **state) {
    (void)state;
    int fd = look_posix();
    req.has_size = true;
    req.size = 100;
    req.holders_seen = 1;
    try_fails(root, &req, OUTCOME_REFUSED, 0, "in use by 1 process,");
    assert_int_equal(now(fd).st_size, SIZE);
    req.size = 2 * SIZE; // growing hurts nobody
    done();
    req.size = 100;
    req.force = true;
    done();
    assert_int_equal(now(fd).st_size, 100);
    req.size = UINT64_MAX;
    try_fails(root, &req, OUTCOME_FAILED, EFBIG, "more than a file can have");
    shm_unlink("/s");
    close(fd);
}

static void another_object_under_the_name_is_not_changed(void **state) {
    (void)state;
    int fd = look_posix();
    req.has_mode = true;
    req.mode = 0777;
    req.has_size = true;
    req.size = 1;
    shm_unlink("/s");
    int other = shm_open("/s", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_int_equal(ftruncate(other, SIZE), 0);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "another one stands in its place");
    assert_int_equal(now(other).st_size, SIZE);
    assert_int_equal(now(other).st_mode & 0777, 0600);
    shm_unlink("/s");
    assert_int_equal(symlink("/dev/shm/t", "/dev/shm/s"), 0);
    int target = shm_open("/t", O_CREAT | O_EXCL | O_RDWR, 0600);
    try_fails(root, &req, OUTCOME_REFUSED, 0, NULL);
    assert_int_equal(now(target).st_mode & 0777, 0600);
    unlink("/dev/shm/s");
    shm_unlink("/t");
    close(target);
    close(other);
    close(fd);
}

static void a_holder_is_signalled_only_while_it_is_the_same(void **state) {
    (void)state;
    struct live_holder h;
    int status = 0;
    live_hold(&(struct live_hold){.shmid = -1, .fd = -1}, &h);
    op_request_init(&req, OP_SIGNAL);
    req.process = live_proc_id(root, h.pid);
    req.signal = SIGTERM;
    req.process.start_ticks--; // the pid as another process had it
    try_fails(root, &req, OUTCOME_MISSING, 0, "has ended");
    req.process.start_ticks = 0;
    try_fails(root, &req, OUTCOME_REFUSED, 0, "start time is not known");
    assert_int_equal(waitpid(h.pid, &status, WNOHANG), 0);
    req.process = live_proc_id(root, h.pid);
    struct op_result out;
    enum outcome got = op_run(root, &req, &out);
    if (got == OUTCOME_FAILED && out.fault.err == ENOSYS) {
        live_release(&h);
        print_message("pidfd_open(2) is not known here\n");
        skip();
    }
    assert_int_equal(got, OUTCOME_DONE);
    assert_int_equal(waitpid(h.pid, &status, 0), h.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    try_fails(root, &req, OUTCOME_MISSING, 0, "has ended");
    close(h.to_child);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_since_it_was_looked_at_is_left_alone),
        cmocka_unit_test(sysv_mode_and_owner_are_set_and_the_rest_is_kept),
        cmocka_unit_test(a_sysv_segment_is_locked_and_unlocked),
        cmocka_unit_test(posix_mode_owner_and_size_are_set),
        cmocka_unit_test(shrinking_what_is_in_use_needs_force),
        cmocka_unit_test(another_object_under_the_name_is_not_changed),
        cmocka_unit_test(a_holder_is_signalled_only_while_it_is_the_same),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
