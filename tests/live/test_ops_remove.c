// test_ops_remove.c - removing: the very segment that was looked at, or none.
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
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/holder.h"
#include "probes/quarantine.h"
#include "probes/sysv_row.h"
#include "tests/support/live.h"
#include "tests/support/ops_try.h"

enum { SIZE = 4096 };

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

static int make_sysv(int key) {
    int shmid = shmget(key, SIZE, IPC_CREAT | IPC_EXCL | 0600);
    assert_true(shmid >= 0);
    return shmid;
}

// A wish to remove what stands under shmid now, with all facts that were seen.
static struct root_shm_row look_sysv(int shmid) {
    struct root_shm_row row;
    char seg[32];
    op_request_init(&req, OP_REMOVE);
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    struct seg_id id = sysv_row_id(root, &row);
    snprintf(seg, sizeof(seg), "sysv:%d", shmid);
    try_target(&req, seg, &id);
    req.expected_key = u64v_of(row.key);
    req.expected_change = u64v_of(row.ctime * 1000000000u);
    return row;
}

static bool lives(int shmid) {
    struct root_shm_row row;
    return sysv_row(root, (uint64_t)shmid, &row) == 0;
}

static void an_unused_sysv_segment_goes(void **state) {
    (void)state;
    int shmid = make_sysv(0x5201), other = make_sysv(0x5202);
    struct op_result out;
    look_sysv(shmid);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_string_equal(out.note, "");
    op_result_done(&out);
    assert_false(lives(shmid));
    assert_true(lives(other));
    try_fails(root, &req, OUTCOME_MISSING, 0, "is gone");
    shmctl(other, IPC_RMID, NULL);
}

static void a_sysv_segment_in_use_stays_and_nothing_moves(void **state) {
    (void)state;
    int shmid = make_sysv(IPC_PRIVATE);
    struct live_holder h;
    struct root_shm_row after;
    struct op_result out;
    live_hold(&(struct live_hold){.shmid = shmid, .fd = -1, .len = SIZE, .map = true}, &h);
    struct root_shm_row before = look_sysv(shmid);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "in use: attached 1 time;");
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_int_equal(after.lpid, before.lpid);
    assert_int_equal(after.perms, before.perms);
    req.force = true;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_non_null(strstr(out.note, "last 1 attachment ends"));
    op_result_done(&out);
    assert_true(lives(shmid)); // until the holder lets go
    try_fails(root, &req, OUTCOME_REFUSED, 0, "removed already");
    live_release(&h);
    assert_false(lives(shmid));
}

// Each changes something between looking and acting.
static void change_key(int shmid, int *now) {
    shmctl(shmid, IPC_RMID, NULL);
    *now = make_sysv(0x7777);
}
static void change_mode(int shmid, int *now) {
    req.expected_change = u64v_of(1); // as if it had been looked at before a change
    *now = shmid;
}
static bool recycle(int shmid, int key, size_t size, int *now) {
    char text[16];
    int fd = open("/proc/sys/kernel/shm_next_id", O_WRONLY | O_CLOEXEC);
    int n = snprintf(text, sizeof(text), "%d", shmid);
    bool can = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    if (can)
        *now = shmget(key, size, IPC_CREAT | 0600);
    return can;
}

static void a_sysv_segment_that_changed_stays(void **state) {
    (void)state;
    int shmid = make_sysv(0x5201), now = -1;
    look_sysv(shmid);
    change_mode(shmid, &now);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "changed since it was looked at");
    assert_true(lives(shmid));
    look_sysv(shmid);
    change_key(shmid, &now);
    try_fails(root, &req, OUTCOME_MISSING, 0, "is gone");
    assert_true(lives(now));
    shmctl(now, IPC_RMID, NULL);
}

static void a_sysv_segment_that_took_the_id_stays(void **state) {
    (void)state;
    static const struct {
        int key;
        size_t size;
        const char *why;
    } cases[] = {
        {0x5201, 2 * SIZE, "another one"}, // other size: another identity
        {0x5299, SIZE, "another one"},     // the same but for its key
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int shmid = make_sysv(0x5201), now = -1;
        look_sysv(shmid);
        req.force = true; // force is for what is in use, never for what is something else
        assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
        if (!recycle(shmid, cases[i].key, cases[i].size, &now)) {
            print_message("shm_next_id cannot be written here\n");
            skip();
        }
        assert_int_equal(now, shmid);
        try_fails(root, &req, OUTCOME_REFUSED, 0, cases[i].why);
        assert_true(lives(now));
        shmctl(now, IPC_RMID, NULL);
    }
}

static int remove_in_child(void *arg) {
    struct root *mine;
    struct op_result out;
    const int *want = arg;
    if (root_open(NULL, &mine) < 0)
        return 90;
    enum outcome outcome = op_run(mine, &req, &out);
    root_close(mine);
    if (*want == 0)
        return outcome == OUTCOME_DONE && strstr(out.note, "for a moment") != NULL ? 0 : 1;
    return outcome == OUTCOME_FAILED && out.fault.err == *want ? 0 : 1;
}

static int make_unreadable(void *arg) {
    int *shmid = arg;
    *shmid = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0000);
    return *shmid >= 0 ? 0 : 1;
}

static void who_may_not_remove_is_told_so(void **state) {
    (void)state;
    if (!live_can_change_user()) {
        print_message("only root can become another user\n");
        skip();
    }
    int eperm = EPERM, nothing = 0;
    int shmid = make_sysv(IPC_PRIVATE);
    look_sysv(shmid);
    assert_int_equal(live_as_user(65534, remove_in_child, &eperm), 0);
    assert_true(lives(shmid));
    shmctl(shmid, IPC_RMID, NULL);
    // Its owner may remove what not even he can attach; then a small window remains, and is told.
    int *mine = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_int_equal(live_as_user(65534, make_unreadable, mine), 0);
    look_sysv(*mine);
    assert_int_equal(live_as_user(65534, remove_in_child, &nothing), 0);
    assert_false(lives(*mine));
    munmap(mine, SIZE);
}

// A descriptor that keeps the object apart from others and counts for no holder.
static int make_posix(const char *name) {
    char path[64];
    int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    close(fd);
    snprintf(path, sizeof(path), "/dev/shm%s", name);
    fd = open(path, O_PATH | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void look_posix(const char *name, int fd) {
    struct root_stat st;
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    op_request_init(&req, OP_REMOVE);
    try_target(&req, name, &id);
    assert_int_equal(holder_fd_stat(fd, &st), 0);
    req.expected_change = u64v_of(st.change_ns);
}

static unsigned links(int fd) {
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return (unsigned)st.st_nlink;
}

static void a_posix_object_loses_its_name(void **state) {
    (void)state;
    struct op_result out;
    int fd = make_posix("/r"), other = make_posix("/r2");
    look_posix("/r", fd);
    req.now = true;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_string_equal(out.note, "");
    assert_string_equal(out.item, "");
    op_result_done(&out);
    assert_int_equal(links(fd), 0);
    assert_int_equal(links(other), 1);
    try_fails(root, &req, OUTCOME_MISSING, 0, "is gone");
    close(fd);
    shm_unlink("/r2");
    close(other);
}

static void a_posix_object_seen_in_use_needs_force(void **state) {
    (void)state;
    struct op_result out;
    int fd = make_posix("/r"), holder = shm_open("/r", O_RDWR, 0);
    look_posix("/r", fd);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "somebody has it open"); // whom nobody saw
    assert_int_equal(links(fd), 1);
    look_posix("/r", fd);
    req.holders_seen = 2;
    try_fails(root, &req, OUTCOME_REFUSED, 0, "in use by 2 processes");
    assert_int_equal(links(fd), 1);
    assert_int_equal(pwrite(holder, "w", 1, 0), 1); // who holds it writes: no obstacle to force
    req.force = true;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_non_null(strstr(out.note, "until 2 processes let go"));
    op_result_done(&out);
    close(holder);
    close(fd);
}

static void replace_by_twin(void) {
    close(make_posix("/r"));
}
static void replace_by_link(void) {
    assert_int_equal(symlink("/dev/shm/kept", "/dev/shm/r"), 0);
}
static void replace_by_fifo(void) {
    assert_int_equal(mkfifo("/dev/shm/r", 0600), 0);
}
static void replace_by_folder(void) {
    assert_int_equal(mkdir("/dev/shm/r", 0700), 0);
}

// Made anew a moment after it was looked at, in every shape: always refused, always still there.
static void a_posix_object_that_was_replaced_stays(void **state) {
    (void)state;
    static void (*const replace[])(void) = {replace_by_twin, replace_by_link, replace_by_fifo,
                                            replace_by_folder};
    for (size_t i = 0; i < 2 * sizeof(replace) / sizeof(replace[0]); i++) {
        int fd = make_posix("/r");
        struct stat st;
        look_posix("/r", fd);
        req.force = i % 2 == 1;
        assert_int_equal(shm_unlink("/r"), 0);
        if (i % 4 < 2)
            close(fd); // even its inode number may come again
        replace[i / 2]();
        try_fails(root, &req, OUTCOME_REFUSED, 0, "another one stands in its place");
        assert_int_equal(lstat("/dev/shm/r", &st), 0);
        assert_true(unlink("/dev/shm/r") == 0 || rmdir("/dev/shm/r") == 0);
        if (i % 4 >= 2)
            close(fd);
    }
}

static void a_posix_object_written_since_needs_another_look(void **state) {
    (void)state;
    int fd = make_posix("/r");
    look_posix("/r", fd);
    req.expected_change = u64v_of(1);
    try_fails(root, &req, OUTCOME_REFUSED, 0, "changed since it was looked at");
    assert_int_equal(links(fd), 1);
    shm_unlink("/r");
    close(fd);
}

static void one_of_several_names_goes_and_the_others_are_told(void **state) {
    (void)state;
    struct op_result out;
    int fd = make_posix("/r");
    assert_int_equal(link("/dev/shm/r", "/dev/shm/r2"), 0);
    look_posix("/r", fd);
    req.now = true;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_non_null(strstr(out.note, "1 other name of it remains"));
    op_result_done(&out);
    assert_int_equal(links(fd), 1);
    shm_unlink("/r2");
    close(fd);
}

// Takes the place of "/r" between looking and moving, and makes a third one before it can come
// back.
static void replace_twice(void *arg, enum op_step step) {
    int *twin = arg;
    if (step == OP_STEP_LOOKED) {
        assert_int_equal(shm_unlink("/r"), 0);
        *twin = make_posix("/r");
    } else if (step == OP_STEP_MOVED) {
        close(make_posix("/r"));
    }
}

static int note_item(void *arg, const struct quarantined *item) {
    *(uint64_t *)arg = quarantine_until_ns(item);
    return 0;
}

static int bring_back(void *arg, const struct quarantined *item) {
    (void)arg;
    return quarantine_restore(root, item, NULL);
}

// What was taken by mistake, and whose name is taken by now, is never freed by itself and comes
// back as what it is.
static void one_taken_by_mistake_can_be_brought_back(void **state) {
    (void)state;
    struct op_result out;
    struct qitem item;
    struct quarantine_expiry expiry = {0};
    uint64_t until = 0, ns = 0;
    int twin = -1, fd = make_posix("/r");
    look_posix("/r", fd);
    req.at_step = replace_twice;
    req.step_arg = &twin;
    req.keep_ns = 0;
    try_op(root, &req, OUTCOME_FAILED, EEXIST, &out);
    assert_true(qitem_parse(out.item, &item, &ns));
    op_result_done(&out);
    assert_int_equal(quarantine_expire(root, UINT64_MAX / 2, &expiry), 0);
    assert_int_equal(links(twin), 1);
    assert_int_equal(quarantine_find(root, &item, note_item, &until), 0);
    assert_true(until == UINT64_MAX);
    assert_int_equal(shm_unlink("/r"), 0);
    assert_int_equal(quarantine_find(root, &item, bring_back, NULL), 0);
    struct stat back, was;
    assert_int_equal(stat("/dev/shm/r", &back), 0);
    assert_int_equal(fstat(twin, &was), 0);
    assert_int_equal(back.st_ino, was.st_ino);
    assert_int_equal(quarantine_find(root, &item, note_item, &until), -ENOENT);
    shm_unlink("/r");
    close(twin);
    close(fd);
}

static int forget_boot(void *arg, const struct quarantined *item) {
    struct qnote note = item->note;
    note.boot_s = 0;
    quarantine_drop_note(item->where, item->name);
    *(bool *)arg = quarantine_note(item->where, item->name, &note) == 0;
    return 0;
}

// An item dated two hours ago that was put aside just now: what a clock set forward leaves.
static void a_clock_set_forward_frees_nothing_early(void **state) {
    (void)state;
    struct op_result out;
    struct qitem item;
    struct quarantine_expiry expiry = {0};
    uint64_t until = 0, ns = 0, now = root_wall_ns(root), hour = UINT64_C(3600000000000);
    bool done = false;
    int fd = make_posix("/r");
    look_posix("/r", fd);
    close(fd);
    req.keep_ns = hour;
    req.wall_ns = now - 2 * hour;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_true(qitem_parse(out.item, &item, &ns));
    op_result_done(&out);
    assert_int_equal(quarantine_find(root, &item, note_item, &until), 0);
    assert_true(until > now + hour / 2 && until <= root_wall_ns(root) + hour);
    assert_int_equal(quarantine_expire(root, now, &expiry), 0);
    assert_int_equal(expiry.freed, 0);
    // A note that does not tell has the clock alone.
    assert_int_equal(quarantine_find(root, &item, forget_boot, &done), 0);
    assert_true(done);
    assert_int_equal(quarantine_expire(root, now, &expiry), 0);
    assert_int_equal(expiry.freed, 1);
    assert_int_equal(quarantine_find(root, &item, note_item, &until), -ENOENT);
}

// A lease keeps others from opening it at once: the answer is known then, and cheap.
static void one_with_a_lease_is_held(void **state) {
    (void)state;
    bool held = false, certain = false;
    int fd = shm_open("/leased", O_RDWR | O_CREAT, 0600);
    assert_int_equal(fcntl(fd, F_SETSIG, SIGURG), 0); // ignored
    assert_int_equal(fcntl(fd, F_SETLEASE, F_WRLCK), 0);
    int dir = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(quarantine_ask_held(root, dir, "leased", &held, &certain), 0);
    assert_true(held && certain);
    close(dir);
    close(fd);
    shm_unlink("/leased");
}

static void links_on_the_way_are_not_followed(void **state) {
    (void)state;
    assert_int_equal(mkdir("/dev/shm/real", 0700), 0);
    int fd = open("/dev/shm/real/r", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(symlink("real", "/dev/shm/folder"), 0);
    look_posix("/folder/r", fd);
    try_fails(root, &req, OUTCOME_REFUSED, ELOOP, "symbolic link");
    assert_int_equal(links(fd), 1);
    unlink("/dev/shm/folder");
    unlink("/dev/shm/real/r");
    rmdir("/dev/shm/real");
    close(fd);
}

static void a_sticky_folder_is_explained(void **state) {
    (void)state;
    if (!live_can_change_user()) {
        print_message("only root can become another user\n");
        skip();
    }
    int eperm = EPERM, fd = make_posix("/r");
    look_posix("/r", fd);
    assert_int_equal(live_as_user(65534, remove_in_child, &eperm), 0);
    assert_int_equal(links(fd), 1);
    shm_unlink("/r");
    close(fd);
}

// As its owner, who may not even open it: the kernel cannot be asked for holders then.
static int remove_what_cannot_be_opened(void *arg) {
    struct root *mine;
    struct op_result out;
    int fd = make_posix("/closed"), result = 0;
    struct live_holder h;
    (void)arg;
    if (root_open(NULL, &mine) < 0)
        return 90;
    int held = shm_open("/closed", O_RDWR, 0);
    live_hold(&(struct live_hold){.shmid = -1, .fd = held, .len = SIZE, .map = true}, &h);
    close(held);
    assert_int_equal(chmod("/dev/shm/closed", 0), 0);
    look_posix("/closed", fd);
    if (op_run(mine, &req, &out) != OUTCOME_REFUSED || strstr(out.fault.why, "in use") == NULL)
        result = 1;
    if (links(fd) != 1 || access("/dev/shm/closed", F_OK) != 0)
        result = 2;
    live_release(&h);
    look_posix("/closed", fd);
    if (result == 0 && op_run(mine, &req, &out) != OUTCOME_DONE)
        result = 3;
    root_close(mine);
    close(fd);
    return result;
}

static void who_holds_what_cannot_be_opened_is_looked_for(void **state) {
    (void)state;
    if (!live_can_change_user()) {
        print_message("only root can become another user\n");
        skip();
    }
    assert_int_equal(live_as_user(65534, remove_what_cannot_be_opened, NULL), 0);
}

static void what_has_no_name_here_is_refused(void **state) {
    (void)state;
    int fd = memfd_create("r", MFD_CLOEXEC);
    struct seg_id id = live_fd_id(SEG_MEMFD, fd);
    op_request_init(&req, OP_REMOVE);
    try_target(&req, "obj:0:1:77", &id);
    req.force = true;
    try_fails(root, &req, OUTCOME_REFUSED, 0, "has no name");
    close(fd);
    int shmid = make_sysv(IPC_PRIVATE);
    look_sysv(shmid);
    req.id.ns = 1;
    try_fails(root, &req, OUTCOME_MISSING, 0, "no namespace");
    shmctl(shmid, IPC_RMID, NULL);
    fd = make_posix("/r");
    look_posix("/r", fd);
    req.id.dev++;
    try_fails(root, &req, OUTCOME_REFUSED, 0, "not in this namespace");
    shm_unlink("/r");
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unused_sysv_segment_goes),
        cmocka_unit_test(a_sysv_segment_in_use_stays_and_nothing_moves),
        cmocka_unit_test(a_sysv_segment_that_changed_stays),
        cmocka_unit_test(a_sysv_segment_that_took_the_id_stays),
        cmocka_unit_test(who_may_not_remove_is_told_so),
        cmocka_unit_test(a_posix_object_loses_its_name),
        cmocka_unit_test(a_posix_object_seen_in_use_needs_force),
        cmocka_unit_test(a_posix_object_that_was_replaced_stays),
        cmocka_unit_test(a_posix_object_written_since_needs_another_look),
        cmocka_unit_test(one_of_several_names_goes_and_the_others_are_told),
        cmocka_unit_test(one_taken_by_mistake_can_be_brought_back),
        cmocka_unit_test(a_clock_set_forward_frees_nothing_early),
        cmocka_unit_test(one_with_a_lease_is_held),
        cmocka_unit_test(links_on_the_way_are_not_followed),
        cmocka_unit_test(a_sticky_folder_is_explained),
        cmocka_unit_test(who_holds_what_cannot_be_opened_is_looked_for),
        cmocka_unit_test(what_has_no_name_here_is_refused),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
