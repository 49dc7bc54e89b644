// test_watch.c - the real kernel tells of names in /dev/shm, as root with who did it.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/watch_internal.h"
#include "support/live.h"

#define SHM "/dev/shm"

static struct root *root;
static struct watch *watch;
static struct name_notes notes;

static int set_up(void **state) {
    (void)state;
    if (!live_private())
        return 0;
    assert_int_equal(root_open(NULL, &root), 0);
    assert_int_equal(watch_open(root, &watch), 0);
    return 0;
}

// By inotify, also where there is something better.
static int set_up_inotify(void **state) {
    set_up(state);
    if (!watch)
        return 0;
    if (watch->fd >= 0)
        close(watch->fd);
    watch->source = watch_inotify_open(watch) == 0 ? NAMES_TOLD : NAMES_SAMPLED;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    name_notes_done(&notes);
    watch_close(watch);
    root_close(root);
    watch = NULL;
    root = NULL;
    return 0;
}

static void make(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void drain(void) {
    name_notes_done(&notes);
    assert_int_equal(watch_drain(watch, &notes), 0);
}

static const struct name_note *note_of(const char *name, bool created) {
    for (size_t i = 0; i < notes.count; i++) {
        const struct name_note *n = &notes.items[i];
        if (n->len == strlen(name) && memcmp(n->name, name, n->len) == 0 &&
            (created ? n->created : n->deleted))
            return n;
    }
    return NULL;
}

static void names_that_come_and_go_are_told(void **state) {
    (void)state;
    if (!watch)
        skip();
    assert_int_not_equal(watch_source(watch), NAMES_SAMPLED);
    make(SHM "/w-stays");
    make(SHM "/w-quick");
    assert_int_equal(unlink(SHM "/w-quick"), 0);
    assert_int_equal(rename(SHM "/w-stays", SHM "/w-moved"), 0);
    drain();
    assert_non_null(note_of("/w-stays", true));
    assert_non_null(note_of("/w-stays", false));
    assert_non_null(note_of("/w-moved", true));
    assert_non_null(note_of("/w-quick", true));
    assert_non_null(note_of("/w-quick", false));
    assert_false(notes.lost);
    drain();
    assert_int_equal(notes.count, 0); // all is told once
    assert_int_equal(unlink(SHM "/w-moved"), 0);
}

static void reading_and_writing_tell_nothing(void **state) {
    (void)state;
    if (!watch)
        skip();
    make(SHM "/w-file");
    drain();
    int fd = open(SHM "/w-file", O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    drain();
    assert_int_equal(notes.count, 0);
    assert_int_equal(unlink(SHM "/w-file"), 0);
}

static void names_in_directories_are_told_with_their_path(void **state) {
    (void)state;
    if (!watch)
        skip();
    assert_int_equal(mkdir(SHM "/w-dir", 0700), 0);
    drain();
    make(SHM "/w-dir/inner");
    assert_int_equal(unlink(SHM "/w-dir/inner"), 0);
    drain();
    assert_non_null(note_of("/w-dir/inner", true));
    assert_non_null(note_of("/w-dir/inner", false));
    assert_int_equal(rmdir(SHM "/w-dir"), 0);
    drain();
    assert_int_equal(mkdir(SHM "/w-dir", 0700), 0); // watched again under the same name
    drain();
    make(SHM "/w-dir/inner");
    drain();
    assert_non_null(note_of("/w-dir/inner", true));
    assert_int_equal(unlink(SHM "/w-dir/inner"), 0);
    assert_int_equal(rmdir(SHM "/w-dir"), 0);
}

static void root_is_told_who_did_it(void **state) {
    (void)state;
    if (!watch || watch_source(watch) != NAMES_WITH_PID)
        skip();
    make(SHM "/w-mine");
    pid_t child = fork();
    if (child == 0)
        _exit(unlink(SHM "/w-mine") == 0 ? 0 : 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    drain();
    const struct name_note *n = note_of("/w-mine", true);
    assert_non_null(n);
    assert_int_equal(n->pid, getpid());
    if (watch->has_pidfd)
        assert_string_equal(n->comm, "test_watch");
    n = note_of("/w-mine", false);
    assert_non_null(n);
    assert_int_equal(n->pid, child);
    assert_string_equal(n->comm, ""); // it has ended: nobody can know its name
}

static void too_many_news_are_told_as_lost(void **state) {
    (void)state;
    char path[64];
    enum { MANY = 20000 }; // the kernel keeps 16384
    if (!watch)
        skip();
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, SHM "/w-%d", i);
        make(path);
    }
    drain();
    assert_true(notes.lost);
    assert_true(notes.count > 1000 && notes.count < MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, SHM "/w-%d", i);
        assert_int_equal(unlink(path), 0);
    }
    drain();
    make(SHM "/w-after"); // it goes on
    drain();
    assert_non_null(note_of("/w-after", true));
    assert_false(notes.lost);
    assert_int_equal(unlink(SHM "/w-after"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define INOTIFY_TEST(f)                                                                            \
    { "inotify: " #f, f, set_up_inotify, tear_down, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_that_come_and_go_are_told),
        TEST(reading_and_writing_tell_nothing),
        TEST(names_in_directories_are_told_with_their_path),
        TEST(root_is_told_who_did_it),
        TEST(too_many_news_are_told_as_lost),
        INOTIFY_TEST(names_that_come_and_go_are_told),
        INOTIFY_TEST(reading_and_writing_tell_nothing),
        INOTIFY_TEST(names_in_directories_are_told_with_their_path),
        INOTIFY_TEST(too_many_news_are_told_as_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
