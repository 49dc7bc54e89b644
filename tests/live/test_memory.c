// test_memory.c - every tmpfs is found and measured, wherever it is mounted and whatever its name.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/children.h"

static const struct scan_request all = {.everything = true, .descriptors = true};

// Mounts a tmpfs with one page in it; returns its device.
static uint64_t mount_tmpfs(const char *where, const char *options) {
    struct stat st;
    char file[200];
    assert_true(mkdir(where, 0700) == 0 || errno == EEXIST);
    assert_int_equal(mount("tmpfs", where, "tmpfs", 0, options), 0);
    assert_int_equal(stat(where, &st), 0);
    snprintf(file, sizeof file, "%s/page", where);
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    return st.st_dev;
}

static struct tmpfs look_for(struct eyes *e, uint64_t dev, char *where, size_t size) {
    const struct snapshot *snap = eyes_look(e, all);
    const struct tmpfs *fs = snapshot_tmpfs(snap, dev);
    struct tmpfs copy = {0};
    const char *bytes = "";
    size_t len = 0;
    assert_non_null(fs);
    if (fs)
        copy = *fs;
    strv_get(copy.where, &bytes, &len);
    snprintf(where, size, "%.*s", (int)len, bytes);
    snapshot_unref(snap);
    return copy;
}

static void assert_number(u64v v, uint64_t want) {
    uint64_t got = 0;
    assert_int_equal(u64v_get(v, &got), WHY_KNOWN);
    assert_int_equal(got, want);
}

static enum why reason(u64v v) {
    uint64_t n;
    return u64v_get(v, &n);
}

static void size_use_and_inodes_are_those_of_the_superblock(void **state) {
    char where[200];
    uint64_t dev = mount_tmpfs("/dev/shm/plain", "size=1m,nr_inodes=100");
    struct tmpfs fs = look_for(*state, dev, where, sizeof where);
    assert_string_equal(where, "/dev/shm/plain");
    assert_number(fs.size, 1 << 20);
    assert_number(fs.used, 4096);
    assert_number(fs.inodes, 100);
    assert_number(fs.inodes_used, 2);
    assert_true(fs.own);
    assert_false(fs.walked);
    umount("/dev/shm/plain");
}

static void our_own_shm_is_walked(void **state) {
    struct stat st;
    char where[200];
    assert_int_equal(stat("/dev/shm", &st), 0);
    struct tmpfs fs = look_for(*state, st.st_dev, where, sizeof where);
    assert_string_equal(where, "/dev/shm");
    assert_true(fs.own && fs.walked);
}

static void a_name_may_hold_anything(void **state) {
    static const char *const names[] = {"/dev/shm/a b", "/dev/shm/tab\tnew\nline", "/dev/shm/\\040",
                                        "/dev/shm/ - tmpfs"};
    char where[200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t dev = mount_tmpfs(names[i], "size=1m");
        struct tmpfs fs = look_for(*state, dev, where, sizeof where);
        assert_string_equal(where, names[i]);
        assert_number(fs.used, 4096);
        umount(names[i]);
        rmdir(names[i]);
    }
}

static void without_a_limit_there_is_no_size_and_no_use(void **state) {
    char where[200];
    uint64_t dev = mount_tmpfs("/dev/shm/endless", "size=0,nr_inodes=0");
    struct tmpfs fs = look_for(*state, dev, where, sizeof where);
    assert_int_equal(reason(fs.size), WHY_NONE);
    assert_int_equal(reason(fs.used), WHY_UNSUPPORTED);
    assert_int_equal(reason(fs.inodes), WHY_NONE);
    umount("/dev/shm/endless");
}

static void what_is_mounted_over_is_known_but_not_measured(void **state) {
    char where[200];
    uint64_t under = mount_tmpfs("/dev/shm/twice", "size=1m");
    uint64_t over = mount_tmpfs("/dev/shm/twice", "size=2m");
    struct tmpfs fs = look_for(*state, under, where, sizeof where);
    assert_string_equal(where, "/dev/shm/twice");
    assert_int_equal(reason(fs.used), WHY_GONE);
    fs = look_for(*state, over, where, sizeof where);
    assert_number(fs.size, 2 << 20); // not that of the one below
    umount("/dev/shm/twice");
    umount("/dev/shm/twice");
}

static void another_way_to_it_is_taken(void **state) {
    char where[200];
    uint64_t dev = mount_tmpfs("/dev/shm/first", "size=1m");
    assert_true(mkdir("/dev/shm/second", 0700) == 0);
    assert_int_equal(mount("/dev/shm/first", "/dev/shm/second", NULL, MS_BIND, NULL), 0);
    mount_tmpfs("/dev/shm/first", "size=2m");
    struct tmpfs fs = look_for(*state, dev, where, sizeof where);
    assert_string_equal(where, "/dev/shm/second");
    assert_number(fs.used, 4096);
    umount("/dev/shm/second");
    umount("/dev/shm/first");
    umount("/dev/shm/first");
}

static int mount_elsewhere(void *arg, int step) {
    uint64_t *dev = arg; // shared with the test
    if (step != 0)
        return 0;
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return 1;
    *dev = mount_tmpfs("/dev/shm/far", "size=3m");
    return 0;
}

static void those_of_other_mount_namespaces_are_found_until_they_end(void **state) {
    char where[200];
    struct child c;
    uint64_t *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    child_start(&c, mount_elsewhere, shared);
    uint64_t dev = *shared;
    struct tmpfs fs = look_for(*state, dev, where, sizeof where);
    assert_string_equal(where, "/dev/shm/far");
    assert_false(fs.own);
    assert_number(fs.size, 3 << 20);
    child_end(&c);
    const struct snapshot *snap = eyes_look(*state, all);
    assert_null(snapshot_tmpfs(snap, dev));
    snapshot_unref(snap);
    munmap(shared, sizeof *shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_use_and_inodes_are_those_of_the_superblock),
        cmocka_unit_test(our_own_shm_is_walked),
        cmocka_unit_test(a_name_may_hold_anything),
        cmocka_unit_test(without_a_limit_there_is_no_size_and_no_use),
        cmocka_unit_test(what_is_mounted_over_is_known_but_not_measured),
        cmocka_unit_test(another_way_to_it_is_taken),
        cmocka_unit_test(those_of_other_mount_namespaces_are_found_until_they_end),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
