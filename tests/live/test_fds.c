// test_fds.c - holders that have nothing but a descriptor.
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
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/children.h"

enum { PAGE = 4096 };
static const struct scan_request all = {
    .everything = true, .private_maps = true, .descriptors = true};

static int make(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, PAGE), 0);
    return fd;
}

static struct stat take_stat(int fd) {
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st;
}

struct opening {
    const char *path;
    int flags, times, at_step;
};

static int do_open(void *arg, int step) {
    const struct opening *o = arg;
    if (step == o->at_step)
        for (int i = 0; i < o->times; i++)
            if (open(o->path, o->flags) < 0)
                return 1;
    return 0;
}

static void a_descriptor_makes_a_holder_with_its_access(void **state) {
    static const struct {
        int flags;
        uint8_t access;
    } cases[] = {
        {O_RDONLY, ACCESS_R},
        {O_WRONLY, ACCESS_W},
        {O_RDWR, ACCESS_R | ACCESS_W},
        {O_PATH, 0},
    };
    struct stat st;
    int fd = make("/dev/shm/access");
    st = take_stat(fd);
    close(fd);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct opening o = {"/dev/shm/access", cases[i].flags, (int)i + 1, 0};
        struct child c;
        child_start(&c, do_open, &o);
        const struct snapshot *snap = eyes_look(*state, all);
        const struct holding *h = holding_of(snap, segment_inode(snap, st.st_dev, st.st_ino),
                                             c.pid);
        assert_non_null(h);
        assert_int_equal(h->fds, i + 1);
        assert_int_equal(h->mappings, 0);
        assert_int_equal(h->access, cases[i].access);
        assert_false(h->is_private);
        assert_true(snap->coverage.descriptors);
        assert_int_equal(snapshot_process(snap, c.pid)->fd_scan, SCANNED);
        snapshot_unref(snap);
        child_end(&c);
    }
    unlink("/dev/shm/access");
}

// An ordinary user, too, can learn of an object of which one of his processes has a descriptor.
static void an_unlinked_object_that_is_only_open_is_a_segment(void **state) {
    int fd = make("/dev/shm/only-open");
    struct stat st = take_stat(fd);
    struct opening o = {"/dev/shm/only-open", O_RDONLY, 1, 0};
    struct child c;
    child_start(&c, do_open, &o);
    close(fd);
    assert_int_equal(unlink("/dev/shm/only-open"), 0);
    const struct snapshot *snap = eyes_look(*state, all);
    const struct segment *seg = segment_inode(snap, st.st_dev, st.st_ino);
    const char *name = NULL;
    size_t len = 0;
    assert_non_null(seg);
    assert_true(seg->flags & SEG_FLAG_UNLINKED);
    assert_int_equal(segment_number(seg, SEG_SIZE), PAGE);
    assert_int_equal(segment_number(seg, SEG_LINKS), 0);
    assert_int_equal(strv_get(seg->name, &name, &len), WHY_KNOWN);
    assert_int_equal(len, strlen("/only-open"));
    assert_memory_equal(name, "/only-open", len);
    assert_non_null(holding_of(snap, seg, c.pid));
    snapshot_unref(snap);
    child_end(&c);
}

static int keep_memfd(void *arg, int step) {
    (void)step;
    int fd = memfd_create("kept", MFD_CLOEXEC | MFD_ALLOW_SEALING), *size = arg;
    return fd < 0 || ftruncate(fd, *size) != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) != 0;
}

static void a_memfd_that_nobody_maps_is_a_segment(void **state) {
    int size = 7 * PAGE;
    size_t found = 0;
    struct child c;
    child_start(&c, keep_memfd, &size);
    const struct snapshot *snap = eyes_look(*state, all);
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        if (seg->id.kind != SEG_MEMFD || !holding_of(snap, seg, c.pid))
            continue;
        found++;
        assert_int_equal(segment_number(seg, SEG_SIZE), size);
        assert_int_equal(segment_number(seg, SEG_SEALS), F_SEAL_GROW);
        assert_int_equal(segment_number(seg, SEG_RESIDENT), 0);
        assert_true(seg->flags & SEG_FLAG_SEALED);
    }
    assert_int_equal(found, 1);
    snapshot_unref(snap);
    child_end(&c);
}

static int open_others(void *arg, int step) {
    int pipes[2];
    (void)arg;
    (void)step;
    // None of these may make a holder, nor block who looks at it.
    return pipe(pipes) != 0 || open("/dev/shm/fifo", O_RDWR) < 0 ||
           open("/dev/shm/dir", O_RDONLY | O_DIRECTORY) < 0 || open("/dev/shm", O_RDONLY) < 0 ||
           open("/proc/self/status", O_RDONLY) < 0 || open("/bin/sh", O_RDONLY) < 0;
}

static void other_descriptors_are_none_of_ours(void **state) {
    struct child c;
    assert_int_equal(mkfifo("/dev/shm/fifo", 0600), 0);
    assert_int_equal(mkdir("/dev/shm/dir", 0700), 0);
    child_start(&c, open_others, NULL);
    const struct snapshot *snap = eyes_look(*state, all);
    assert_int_equal(snapshot_process(snap, c.pid)->held_count, 0);
    assert_int_equal(snap->segment_count, 0);
    snapshot_unref(snap);
    child_end(&c);
    unlink("/dev/shm/fifo");
    rmdir("/dev/shm/dir");
}

// Asked for once, what is known of descriptors stays in the pictures between.
static void descriptors_stay_in_the_ticks_that_do_not_ask(void **state) {
    int fd = make("/dev/shm/stays");
    struct stat st = take_stat(fd);
    struct opening now = {"/dev/shm/stays", O_RDONLY, 1, 0};
    struct opening later = {"/dev/shm/stays", O_RDONLY, 1, 1};
    struct scan_request tick = {0}, ask = {.descriptors = true};
    struct child a, b, newcomer;
    struct eyes fresh = {.root = ((struct eyes *)*state)->root};
    assert_int_equal(prober_new(fresh.root, &fresh.prober), 0);
    close(fd);
    child_start(&a, do_open, &now);
    child_start(&b, do_open, &later);
    const struct snapshot *snap = eyes_look(&fresh, tick);
    assert_false(snap->coverage.descriptors);
    assert_int_equal(snap->holding_count, 0);
    snapshot_unref(snap);
    snapshot_unref(eyes_look(&fresh, ask));
    for (int i = 0; i < 4; i++) {
        snap = eyes_look(&fresh, tick);
        assert_true(snap->coverage.descriptors);
        assert_non_null(holding_of(snap, segment_inode(snap, st.st_dev, st.st_ino), a.pid));
        snapshot_unref(snap);
    }
    child_step(&b); // one descriptor more: it is looked at when asked again
    child_start(&newcomer, do_open, &now);
    snap = eyes_look(&fresh, ask);
    const struct segment *seg = segment_inode(snap, st.st_dev, st.st_ino);
    assert_non_null(holding_of(snap, seg, b.pid));
    assert_non_null(holding_of(snap, seg, newcomer.pid));
    snapshot_unref(snap);
    child_end(&a);
    snap = eyes_look(&fresh, tick);
    assert_int_equal(segment_inode(snap, st.st_dev, st.st_ino)->holding_count, 2);
    snapshot_unref(snap);
    child_end(&b);
    child_end(&newcomer);
    prober_free(fresh.prober);
    unlink("/dev/shm/stays");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_makes_a_holder_with_its_access),
        cmocka_unit_test(an_unlinked_object_that_is_only_open_is_a_segment),
        cmocka_unit_test(a_memfd_that_nobody_maps_is_a_segment),
        cmocka_unit_test(other_descriptors_are_none_of_ours),
        cmocka_unit_test(descriptors_stay_in_the_ticks_that_do_not_ask),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
