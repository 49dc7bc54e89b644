// test_lend.c - names made in a tmpfs of another user namespace, which does not know root.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "probes/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/children.h"
#include "tests/support/live.h"

enum { NOBODY = 65534 };

static int put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? close(fd) : -1;
}

// A user namespace of nobody, in which nobody is root, with a /dev/shm of its own.
static int contain(void *arg, int step) {
    (void)arg;
    (void)step;
    if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
        prctl(PR_SET_DUMPABLE, 1) < 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
        put("/proc/self/uid_map", "0 65534 1") < 0 || put("/proc/self/setgroups", "deny") < 0 ||
        put("/proc/self/gid_map", "0 65534 1") < 0)
        return 1;
    return mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
}

struct there {
    struct child child;
    int dir;
};

static int enter(void **state) {
    static struct there t = {.dir = -1};
    char path[64];
    *state = &t;
    if (!live_private() || !live_can_change_user())
        return 0;
    child_start(&t.child, contain, NULL);
    snprintf(path, sizeof path, "/proc/%d/root/dev/shm", (int)t.child.pid);
    t.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return t.dir < 0;
}

static int leave(void **state) {
    struct there *t = *state;
    if (t->dir >= 0)
        close(t->dir);
    if (t->child.pid > 0)
        child_end(&t->child);
    return 0;
}

static int dir_there(void **state) {
    struct there *t = *state;
    if (t->dir < 0)
        skip();
    return t->dir;
}

static void is_of_nobody(int dir, const char *name, mode_t mode) {
    struct stat st;
    assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_uid, NOBODY);
    assert_int_equal(st.st_gid, NOBODY);
    assert_int_equal(st.st_mode, mode);
}

// Who this thread is for the kernel, as text.
static void who(char *buf, size_t size) {
    static const char *const lines[] = {"\nUid:", "\nGid:", "\nCapPrm:", "\nCapEff:"};
    char text[4096];
    size_t used = (size_t)snprintf(buf, size, "%d", prctl(PR_GET_DUMPABLE));
    FILE *f = fopen("/proc/thread-self/status", "re");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *at = strstr(text, lines[i]);
        assert_non_null(at);
        used += (size_t)snprintf(buf + used, size - used, "%.*s", (int)strcspn(at + 1, "\n") + 1,
                                 at);
    }
}

static void names_are_made_as_the_owner(void **state) {
    const int dir = dir_there(state);
    char before[400], after[400];
    uid_t as = 0;
    who(before, sizeof before);
    assert_int_equal(mkdirat(dir, "d", 0700), -1);
    assert_int_equal(errno, EOVERFLOW); // or all of this is for nothing
    assert_int_equal(lend_mkdirat(dir, "d", 0700, &as), 0);
    assert_int_equal(as, NOBODY);
    is_of_nobody(dir, "d", S_IFDIR | 0700);
    assert_int_equal(lend_symlinkat("somewhere", dir, "l"), 0);
    is_of_nobody(dir, "l", S_IFLNK | 0777);
    int fd = lend_create(dir, "f", 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    is_of_nobody(dir, "f", S_IFREG | 0600);
    int inside = openat(dir, "d", O_RDONLY | O_DIRECTORY);
    assert_true(inside >= 0);
    assert_int_equal(lend_rename(dir, "f", inside, "g"), 0);
    is_of_nobody(inside, "g", S_IFREG | 0600);
    who(after, sizeof after);
    assert_string_equal(before, after);
    // What is there stays.
    assert_int_equal(lend_mkdirat(dir, "d", 0700, &as), -EEXIST);
    assert_int_equal(lend_symlinkat("elsewhere", dir, "l"), -EEXIST);
    assert_int_equal(lend_create(inside, "g", 0600), -EEXIST);
    assert_int_equal(lend_rename(dir, "l", inside, "g"), -EEXIST);
    assert_int_equal(lend_rename(dir, "f", inside, "h"), -ENOENT);
    close(inside);
}

static void where_root_is_known_they_are_roots(void **state) {
    uid_t as = 1;
    (void)state;
    if (!live_private())
        skip();
    int dir = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    assert_int_equal(lend_mkdirat(dir, "made", 0700, &as), 0);
    assert_int_equal(as, geteuid());
    assert_int_equal(lend_mkdirat(dir, "made", 0700, &as), -EEXIST);
    assert_int_equal(unlinkat(dir, "made", AT_REMOVEDIR), 0);
    close(dir);
}

// Who may not become another user stays himself, and makes nothing.
static int try_as_somebody(void *arg) {
    const int *dir = arg;
    char before[400], after[400];
    uid_t as;
    who(before, sizeof before);
    int err = lend_mkdirat(*dir, "n", 0700, &as);
    who(after, sizeof after);
    return err == -EOVERFLOW && strcmp(before, after) == 0 ? 0 : 1;
}

static void nobody_else_makes_any(void **state) {
    int dir = dir_there(state);
    struct stat st;
    assert_int_equal(live_as_user(1, try_as_somebody, &dir), 0);
    assert_int_equal(fstatat(dir, "n", &st, AT_SYMLINK_NOFOLLOW), -1);
    assert_int_equal(errno, ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_made_as_the_owner),
        cmocka_unit_test(where_root_is_known_they_are_roots),
        cmocka_unit_test(nobody_else_makes_any),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
