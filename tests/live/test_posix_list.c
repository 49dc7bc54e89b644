// test_posix_list.c - looks at a crowded /dev/shm, which remember, against looks that do not.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/probe.h"

#define SHM "/dev/shm"
enum { CROWD = 20000, SWEEP = 10 };

struct eyes {
    struct root *root;
    struct prober *prober;
};

static void path_of(char path[64], int i) {
    snprintf(path, 64, SHM "/crowd%d", i);
}

static void file(const char *path, size_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static int set_up(void **state) {
    static struct eyes eyes;
    char path[64];
    *state = NULL;
    if (getenv("SHMTOP_PRIVATE_NS") == NULL)
        return 0;
    for (int i = 0; i < CROWD; i++) {
        path_of(path, i);
        file(path, 1);
    }
    if (root_open(NULL, &eyes.root) != 0 || prober_new(eyes.root, &eyes.prober) != 0)
        return -1;
    *state = &eyes;
    return 0;
}

static int tear_down(void **state) {
    struct eyes *e = *state;
    char path[64];
    if (!e)
        return 0;
    prober_free(e->prober);
    root_close(e->root);
    for (int i = 0; i < CROWD; i++) {
        path_of(path, i);
        unlink(path);
    }
    unlink(SHM "/new");
    return 0;
}

static struct eyes *eyes_of(void **state) {
    if (*state == NULL) {
        print_message("skipped: not on a /dev/shm of its own\n");
        skip();
    }
    return *state;
}

static const struct snapshot *look(const struct eyes *e) {
    const struct scan_request want = {0};
    const struct snapshot *snap = NULL;
    assert_int_equal(prober_scan(e->prober, &want, &snap), 0);
    return snap;
}

static void look_times(const struct eyes *e, int times) {
    for (int i = 0; i < times; i++)
        snapshot_unref(look(e));
}

static const struct snapshot *look_afresh(const struct eyes *e) {
    const struct scan_request want = {.everything = true};
    const struct snapshot *snap = NULL;
    struct prober *prober = NULL;
    assert_int_equal(prober_new(e->root, &prober), 0);
    assert_int_equal(prober_scan(prober, &want, &snap), 0);
    prober_free(prober);
    return snap;
}

static bool same_objects(const struct snapshot *a, const struct snapshot *b) {
    bool same = a->segment_count == b->segment_count;
    for (size_t i = 0; same && i < a->segment_count; i++)
        same = seg_id_same(&a->segments[i].id, &b->segments[i].id);
    return same;
}

static void assert_as_afresh(const struct eyes *e) {
    const struct snapshot *kept = look(e), *fresh = look_afresh(e);
    assert_true(same_objects(kept, fresh));
    snapshot_unref(kept);
    snapshot_unref(fresh);
}

static void what_comes_goes_and_is_replaced_shows_at_once(void **state) {
    const struct eyes *e = eyes_of(state);
    char path[64], other[64];
    look_times(e, 3);
    assert_as_afresh(e);
    file(SHM "/new", 1);
    assert_as_afresh(e);
    path_of(path, 7000);
    assert_int_equal(unlink(path), 0);
    assert_as_afresh(e);
    file(path, 1); // the same name, another object
    assert_as_afresh(e);
    path_of(other, CROWD - 1);
    for (int i = 0; i < 3; i++) { // nearly where it was listed before
        assert_int_equal(unlink(other), 0);
        file(other, 1);
        assert_as_afresh(e);
    }
    path_of(other, 11000);
    assert_int_equal(rename(path, other), 0); // over one that was there
    assert_as_afresh(e);
    for (int i = 0; i < 300; i++) { // more in a row than are searched
        path_of(path, 500 + i);
        assert_int_equal(unlink(path), 0);
    }
    assert_as_afresh(e);
}

static uint64_t size_of(const struct snapshot *snap, const char *path) {
    uint64_t size = 0;
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    for (size_t i = 0; i < snap->segment_count; i++)
        if (snap->segments[i].id.num == st.st_ino && snap->segments[i].id.dev == st.st_dev)
            assert_int_equal(seg_get(&snap->segments[i], SEG_SIZE, &size), WHY_KNOWN);
    return size;
}

static void any_file_that_grows_shows_within_a_sweep(void **state) {
    const struct eyes *e = eyes_of(state);
    static const int grown[] = {0, 1, CROWD / 2, CROWD - 1};
    char path[64];
    look_times(e, 3);
    for (size_t i = 0; i < sizeof grown / sizeof grown[0]; i++) {
        path_of(path, grown[i]);
        assert_int_equal(truncate(path, 4242), 0);
        int looks = 0;
        for (uint64_t size = 0; size != 4242; looks++) {
            assert_true(looks < SWEEP);
            const struct snapshot *snap = look(e);
            size = size_of(snap, path);
            snapshot_unref(snap);
        }
    }
}

static void grow_all(off_t size) {
    char path[64];
    for (int i = 0; i < CROWD; i++) {
        path_of(path, i);
        assert_int_equal(truncate(path, size), 0);
    }
}

// The objects whose size is not this one, into ids. Returns how many there are.
static size_t behind(const struct snapshot *snap, uint64_t size, struct seg_id *ids) {
    size_t count = 0;
    for (size_t i = 0; i < snap->segment_count; i++) {
        uint64_t told = 0;
        if (snap->segments[i].id.kind == SEG_POSIX &&
            seg_get(&snap->segments[i], SEG_SIZE, &told) == WHY_KNOWN && told != size)
            ids[count++] = snap->segments[i].id;
    }
    return count;
}

// A look asks about a part of the crowd, in turn, and about what is on the screen.
static void what_is_on_the_screen_is_never_behind(void **state) {
    enum { SHOWN = 100 };
    const struct eyes *e = eyes_of(state);
    struct seg_id *ids = calloc(2 * CROWD, sizeof *ids);
    struct scan_request want = {.shown = ids, .shown_count = SHOWN};
    assert_non_null(ids);
    snapshot_unref(look(e));
    // Two looks are one round: the third leaves out what the first has left out.
    size_t left = 0;
    for (off_t size = 2; size < 4; size++) {
        grow_all(size);
        const struct snapshot *snap = look(e);
        size_t count = behind(snap, (uint64_t)size, size == 2 ? ids : ids + CROWD);
        left = size == 2 ? count : left;
        snapshot_unref(snap);
    }
    assert_true(left > 2 * SHOWN);
    grow_all(4);
    const struct snapshot *snap = NULL;
    assert_int_equal(prober_scan(e->prober, &want, &snap), 0);
    for (size_t i = 0; i < left; i++) {
        const struct segment *seg = snapshot_find(snap, &ids[i]);
        uint64_t size = 0;
        assert_non_null(seg);
        assert_int_equal(seg_get(seg, SEG_SIZE, &size), WHY_KNOWN);
        assert_int_equal(size == 4, i < SHOWN);
    }
    snapshot_unref(snap);
    free(ids);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_comes_goes_and_is_replaced_shows_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_the_screen_is_never_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_file_that_grows_shows_within_a_sweep, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
