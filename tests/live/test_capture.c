// test_capture.c - a captured machine looks like the live one, to every probe.
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
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/capture.h"
#include "tests/support/captured.h"
#include "tests/support/children.h"

// A child that holds a bit of everything, and the objects it holds.
struct lot {
    struct child child;
    struct captured dir; // only its directory is used
    struct root *live;
    int shmid;
};

static int hold(void *arg, int step) {
    (void)arg;
    if (step != 0)
        return 0;
    // Its creator must be captured too, which the process that captures is not.
    int shmid = shmget(0x5201, 5000, IPC_CREAT | IPC_EXCL | 0600);
    int fd = open("/dev/shm/d/mapped", O_RDWR | O_CLOEXEC);
    int other = open("/dev/shm/open\nonly", O_RDONLY | O_CLOEXEC);
    int mem = memfd_create("buffer", MFD_CLOEXEC);
    if (fd < 0 || other < 0 || mem < 0 || ftruncate(mem, 8192) < 0)
        return 1;
    const void *a = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    const void *m = mmap(NULL, 8192, PROT_READ, MAP_SHARED, mem, 0);
    const void *s = shmat(shmid, NULL, SHM_RDONLY);
    close(fd);
    return a == MAP_FAILED || m == MAP_FAILED || (intptr_t)s == -1;
}

static void file(const char *path, size_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(posix_fallocate(fd, 0, (off_t)size), 0);
    close(fd);
}

static int setup(void **state) {
    *state = NULL;
    if (getenv("SHMTOP_PRIVATE_NS") == NULL)
        return 0;
    struct lot *lot = calloc(1, sizeof(*lot));
    const uint32_t sem[8] = {4, 0, 0x80};
    captured_new(&lot->dir);
    assert_int_equal(mkdir("/dev/shm/d", 0755), 0);
    file("/dev/shm/d/mapped", 4096);
    file("/dev/shm/open\nonly", 100);
    file("/dev/shm/large", 3 << 20);
    assert_int_equal(link("/dev/shm/large", "/dev/shm/d/again"), 0);
    assert_int_equal(mkfifo("/dev/shm/fifo", 0600), 0);
    assert_int_equal(symlink("large", "/dev/shm/link"), 0);
    int fd = open("/dev/shm/sem.s", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, sem, sizeof(sem)), sizeof(sem));
    close(fd);
    child_start(&lot->child, hold, NULL);
    lot->shmid = shmget(0x5201, 0, 0);
    assert_true(lot->shmid >= 0);
    assert_int_equal(root_open(NULL, &lot->live), 0);
    *state = lot;
    return 0;
}

static int teardown(void **state) {
    struct lot *lot = *state;
    if (lot == NULL)
        return 0;
    static const char *const paths[] = {"/d/mapped", "/d/again", "/d",    "/open\nonly",
                                        "/large",    "/fifo",    "/link", "/sem.s"};
    child_end(&lot->child);
    shmctl(lot->shmid, IPC_RMID, NULL);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/dev/shm%s", paths[i]);
        (void)!remove(path);
    }
    root_close(lot->live);
    captured_done(&lot->dir);
    free(lot);
    return 0;
}

static const struct snapshot *look(const struct root *root, const struct lot *lot) {
    struct prober *prober;
    const struct snapshot *snap;
    const struct scan_request want = {.everything = true,
                                      .private_maps = true,
                                      .descriptors = true,
                                      .locks = true,
                                      .force_text = true,
                                      .only_pid = lot->child.pid};
    assert_int_equal(prober_new(root, &prober), 0);
    assert_int_equal(prober_scan(prober, &want, &snap), 0);
    prober_free(prober);
    return snap;
}

static void same_text(strv a, strv b) {
    const char *x = NULL, *y = NULL;
    size_t m = 0, n = 0;
    assert_int_equal(strv_get(a, &x, &m), strv_get(b, &y, &n));
    assert_int_equal(m, n);
    if (m > 0)
        assert_memory_equal(x, y, m);
}

static void same_segments(const struct snapshot *a, const struct snapshot *b) {
    assert_int_equal(a->segment_count, b->segment_count);
    for (size_t i = 0; i < a->segment_count; i++) {
        const struct segment *x = &a->segments[i], *y = &b->segments[i];
        assert_true(seg_id_same(&x->id, &y->id));
        assert_int_equal(x->flags, y->flags);
        assert_int_equal(x->name_count, y->name_count);
        assert_int_equal(x->holding_count, y->holding_count);
        assert_int_equal(x->creator_state, y->creator_state);
        same_text(x->name, y->name);
        for (int f = 0; f < SEG_FIELD_COUNT; f++) {
            uint64_t m = 0, n = 0;
            enum why why_x = seg_get(x, (enum seg_field)f, &m);
            enum why why_y = seg_get(y, (enum seg_field)f, &n);
            if (f == SEG_SEALS)
                continue; // F_GET_SEALS needs the object itself
            if (why_x != why_y || m != n)
                print_error("segment %zu: %s\n", i, seg_field_name((enum seg_field)f));
            assert_int_equal(why_x, why_y);
            assert_int_equal(m, n);
        }
    }
}

static void a_captured_machine_looks_like_the_live_one(void **state) {
    struct lot *lot = *state;
    char dir[200], error[512] = "";
    if (lot == NULL) {
        print_message("skipped: not in namespaces of its own\n");
        skip();
        return;
    }
    const struct snapshot *live = look(lot->live, lot);
    struct capture_options opt = {.pid_count = 0};
    snprintf(dir, sizeof(dir), "%s/captured", lot->dir.dir);
    int err = capture_root(lot->live, dir, &opt, error, sizeof(error));
    if (err != 0)
        print_error("%s\n", error);
    assert_int_equal(err, 0);
    struct root *root = NULL;
    err = root_open_explained(dir, &root, error, sizeof(error));
    if (err != 0)
        print_error("%s\n", error);
    assert_int_equal(err, 0);
    const struct snapshot *then = look(root, lot);
    assert_non_null(seg_named(live, "/d/mapped"));
    assert_non_null(seg_numbered(live, (uint64_t)lot->shmid));
    assert_true(live->holding_count >= 3);
    same_segments(live, then);
    assert_int_equal(live->holding_count, then->holding_count);
    for (size_t i = 0; i < live->holding_count; i++) {
        const struct holding *a = &live->holdings[i], *b = &then->holdings[i];
        assert_int_equal(a->mappings, b->mappings);
        assert_int_equal(a->fds, b->fds);
        assert_int_equal(a->access, b->access);
        assert_int_equal(a->mapped_bytes, b->mapped_bytes);
    }
    assert_int_equal(live->user_count, then->user_count);
    same_text(snapshot_user(live, geteuid()), snapshot_user(then, geteuid()));
    snapshot_unref(live);
    snapshot_unref(then);
    root_close(root);
}

static void a_directory_that_exists_is_not_written_into(void **state) {
    struct lot *lot = *state;
    char error[512] = "";
    if (lot == NULL) {
        print_message("skipped: not in namespaces of its own\n");
        skip();
        return;
    }
    const struct capture_options opt = {0};
    assert_int_equal(capture_root(lot->live, lot->dir.dir, &opt, error, sizeof(error)), -EEXIST);
    assert_non_null(strstr(error, lot->dir.dir));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_captured_machine_looks_like_the_live_one),
        T(a_directory_that_exists_is_not_written_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
