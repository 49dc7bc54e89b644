// test_no_trace.c - looking at a segment changes nothing that anybody could notice.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/content.h"
#include "probes/sysv_row.h"
#include "tests/support/live.h"

enum { SIZE = 1 << 20, READS = 2000, TOUCHED = 5000 };

static struct root *root;

static int open_root(void **state) {
    (void)state;
    return live_private() ? root_open(NULL, &root) : -1;
}
static int close_root(void **state) {
    (void)state;
    root_close(root);
    return 0;
}

// Reads all over the segment, holes and ends included, and asks everything else there is to ask.
static void look_at_everything(struct content_reader *r) {
    static char buf[8192];
    uint64_t size, len, resident, swapped;
    bool hole;
    assert_int_equal(content_size(r, &size), 0);
    assert_int_equal(size, SIZE);
    for (uint64_t i = 0; i < READS; i++) {
        uint64_t off = i * 7919 * 13 % (SIZE + 4096);
        assert_true(content_read_at(r, off, buf, sizeof(buf)) >= 0);
    }
    content_extent(r, 0, &len, &hole);
    content_extent(r, SIZE / 2, &len, &hole);
    content_residency(r, 0, SIZE, &resident, &swapped);
    assert_int_equal(content_read_at(r, 0, buf, 4), 4);
    assert_memory_equal(buf, "hhhh", 4);
}

static void look_by(const struct snapshot *snap, unsigned flags, const char *route) {
    struct content_reader *r;
    struct fault why;
    assert_int_equal(content_open(root, snap, &snap->segments[0], flags, &r, &why), 0);
    assert_non_null(strstr(content_route(r), route));
    assert_string_equal(content_side_effects(r), "none");
    assert_false(content_attached(r));
    look_at_everything(r);
    content_close(r);
}

static void assert_same_row(const struct root_shm_row *a, const struct root_shm_row *b) {
    assert_int_equal(a->nattch, b->nattch);
    assert_int_equal(a->lpid, b->lpid);
    assert_int_equal(a->atime, b->atime);
    assert_int_equal(a->dtime, b->dtime);
    assert_int_equal(a->ctime, b->ctime);
    assert_int_equal(a->perms, b->perms);
}

static uint64_t resident_pages(void) {
    struct root_shm_info info;
    assert_int_equal(root_shm_info(root, &info), 0);
    return info.resident_pages;
}

static void reading_a_held_sysv_segment_leaves_no_trace(void **state) {
    (void)state;
    if (!live_can_open_map_files()) {
        print_message("map_files cannot be opened by an ordinary user\n");
        skip();
    }
    int shmid = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
    assert_true(shmid >= 0);
    struct live_holder h;
    live_hold(
        &(struct live_hold){.shmid = shmid, .fd = -1, .len = SIZE, .touch = TOUCHED, .map = true},
        &h);
    struct seg_id id = live_sysv_id(root, shmid);
    struct root_shm_row before, after;
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &before), 0);
    assert_int_equal(before.lpid, h.pid); // an attach of ours would show here
    uint64_t pages = resident_pages();
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, &h, 1);
    look_by(snap, 0, "map_files");
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_same_row(&before, &after);
    assert_int_equal(resident_pages(), pages);
    snapshot_unref(snap);
    live_release(&h);
    shmctl(shmid, IPC_RMID, NULL);
}

// An object of SIZE bytes with two pages written and an access time that the next careless read
// would move: older than its modification.
static void prepare(int fd, struct stat *before) {
    char text[TOUCHED];
    struct timespec old[2] = {{.tv_sec = 978307200}, {.tv_nsec = UTIME_OMIT}};
    memset(text, 'h', sizeof(text));
    assert_int_equal(ftruncate(fd, SIZE), 0);
    assert_int_equal(pwrite(fd, text, sizeof(text), 0), sizeof(text));
    assert_int_equal(futimens(fd, old), 0);
    assert_int_equal(fstat(fd, before), 0);
}

static void assert_untouched(int fd, const struct stat *before) {
    struct stat after;
    assert_int_equal(fstat(fd, &after), 0);
    assert_int_equal(after.st_blocks, before->st_blocks);
    assert_int_equal(after.st_size, before->st_size);
    assert_memory_equal(&after.st_atim, &before->st_atim, sizeof(after.st_atim));
    assert_memory_equal(&after.st_mtim, &before->st_mtim, sizeof(after.st_mtim));
    assert_memory_equal(&after.st_ctim, &before->st_ctim, sizeof(after.st_ctim));
}

static void reading_a_posix_object_leaves_no_trace(void **state) {
    (void)state;
    struct stat before;
    int fd = shm_open("/trace", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    prepare(fd, &before);
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    const struct snapshot *snap = live_picture(root, &id, "/trace", SIZE, NULL, 0);
    look_by(snap, 0, "own file");
    assert_untouched(fd, &before);
    snapshot_unref(snap);
    shm_unlink("/trace");
    close(fd);
}

static void reading_nameless(enum seg_kind kind, int fd, bool map) {
    struct stat before;
    struct live_holder h;
    prepare(fd, &before);
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = SIZE, .map = map, .keep_fd = true},
              &h);
    assert_int_equal(fstat(fd, &before), 0); // mmap alone moves the access time
    struct seg_id id = live_fd_id(kind, fd);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, &h, 1);
    look_by(snap, 0, map && live_can_open_map_files() ? "map_files" : "/fd");
    assert_untouched(fd, &before);
    snapshot_unref(snap);
    live_release(&h);
    close(fd);
}

static void reading_a_memfd_leaves_no_trace(void **state) {
    (void)state;
    reading_nameless(SEG_MEMFD, memfd_create("trace", MFD_CLOEXEC), true);
    reading_nameless(SEG_MEMFD, memfd_create("trace", MFD_CLOEXEC), false);
}

static void reading_an_unlinked_object_leaves_no_trace(void **state) {
    (void)state;
    int fd = shm_open("/gone", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(shm_unlink("/gone"), 0);
    reading_nameless(SEG_POSIX, fd, true);
}

static int make_unheld(void) {
    int shmid = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
    assert_true(shmid >= 0);
    struct live_holder h;
    live_hold(
        &(struct live_hold){.shmid = shmid, .fd = -1, .len = SIZE, .touch = TOUCHED, .map = true},
        &h);
    live_release(&h);
    return shmid;
}

static void attaching_once_moves_only_times_and_last_pid(void **state) {
    (void)state;
    if (!live_can_open_map_files()) {
        print_message("map_files cannot be opened by an ordinary user\n");
        skip();
    }
    int shmid = make_unheld();
    struct seg_id id = live_sysv_id(root, shmid);
    struct root_shm_row before, after;
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &before), 0);
    uint64_t pages = resident_pages();
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, NULL, 0);
    struct content_reader *r;
    struct fault why;
    assert_int_equal(content_open(root, snap, &snap->segments[0], CONTENT_MAY_ATTACH, &r, &why), 0);
    assert_true(content_attached(r));
    assert_string_equal(content_side_effects(r),
                        "attached once: moved attach and detach time and last pid");
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_int_equal(after.nattch, 0); // let go before the first read
    look_at_everything(r);
    content_close(r);
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_int_equal(after.lpid, getpid());
    after.lpid = before.lpid;
    after.atime = before.atime;
    after.dtime = before.dtime;
    assert_same_row(&before, &after);
    assert_int_equal(resident_pages(), pages);
    snapshot_unref(snap);
    shmctl(shmid, IPC_RMID, NULL);
}

// Without map_files the segment stays attached and its holes are filled: it says so.
static void attaching_as_an_ordinary_user_says_what_it_costs(void **state) {
    (void)state;
    int shmid = make_unheld();
    struct seg_id id = live_sysv_id(root, shmid);
    struct root_shm_row row;
    struct content_reader *r;
    struct fault why;
    char path[32];
    snprintf(path, sizeof(path), "%d/map_files", (int)getpid());
    struct root *plain;
    assert_int_equal(root_open(NULL, &plain), 0);
    assert_int_equal(root_inject(plain, ROOT_PROC, path, EPERM), 0);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, NULL, 0);
    assert_int_equal(content_open(plain, snap, &snap->segments[0], CONTENT_MAY_ATTACH, &r, &why),
                     0);
    assert_true(content_attached(r));
    assert_string_equal(content_side_effects(r),
                        "moves nattch, attach and detach time and last pid, "
                        "allocates pages never written");
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    assert_int_equal(row.nattch, 1);
    look_at_everything(r);
    content_close(r);
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    assert_int_equal(row.nattch, 0);
    snapshot_unref(snap);
    root_close(plain);
    shmctl(shmid, IPC_RMID, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_a_held_sysv_segment_leaves_no_trace),
        cmocka_unit_test(reading_a_posix_object_leaves_no_trace),
        cmocka_unit_test(reading_a_memfd_leaves_no_trace),
        cmocka_unit_test(reading_an_unlinked_object_leaves_no_trace),
        cmocka_unit_test(attaching_once_moves_only_times_and_last_pid),
        cmocka_unit_test(attaching_as_an_ordinary_user_says_what_it_costs),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
