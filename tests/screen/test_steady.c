// test_steady.c - paused, no thread of the program wakes up, whatever screen it shows; and what
// happens while it runs comes to the screens of processes and events.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/live.h"
#include "support/vt.h"

static struct vt *vt;
static struct live_holder holder;

static int tear_down(void **state) {
    (void)state;
    vt_free(vt);
    vt = NULL;
    if (holder.pid > 0)
        live_release(&holder);
    holder.pid = 0;
    unlink("/dev/shm/steady");
    unlink("/dev/shm/other");
    return 0;
}

static void start(const char *arg) {
    const char *argv[] = {getenv("SHMTOP"), "-d", "0.2", arg, NULL};
    if (!live_private())
        skip();
    vt = vt_new(&(struct vt_start){argv, NULL, 30, 100, NULL});
    assert_non_null(vt);
    if (!vt_wait(vt, "LIVE"))
        fail_msg("no screen:\n%s", vt_screen(vt));
}

static void key(const char *name) {
    if (!vt_key(vt, name))
        fail_msg("key %s is not answered:\n%s", name, vt_screen(vt));
}

static void assert_shows(const char *text) {
    if (!vt_wait(vt, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, vt_screen(vt));
}

static int make(const char *path, size_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

// How often the threads of the program have given the processor back by themselves: each wait is
// one.
static unsigned long waits(void) {
    static const char name[] = "voluntary_ctxt_switches:";
    char dir[64], path[400], line[200];
    unsigned long sum = 0;
    size_t threads = 0;
    snprintf(dir, sizeof dir, "/proc/%d/task", (int)vt_pid(vt));
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s/status", dir, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
        while (f && fgets(line, sizeof line, f))
            if (strncmp(line, name, sizeof name - 1) == 0) {
                sum += strtoul(line + sizeof name - 1, NULL, 10);
                threads++;
            }
        if (f)
            fclose(f);
    }
    closedir(d);
    assert_true(threads >= 3); // keys, collector, bytes
    return sum;
}

// What was on its way may still arrive; then nothing does for more than four times as long as
// between two looks. What wakes up with each look never gets there.
static bool falls_silent(void) {
    for (int i = 0; i < 20; i++) {
        unsigned long before = waits();
        uint64_t bytes = vt_bytes(vt);
        vt_idle(vt, 900);
        if (waits() == before && vt_bytes(vt) == bytes)
            return true;
    }
    return false;
}

static void paused_nothing_wakes_up(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("skipped: ThreadSanitizer has a thread of its own that wakes up\n");
    skip();
#endif
    static const char *const screens[] = {"1", "2", "3", "4", "5", "M", "?", "Enter"};
    int fd = live_private() ? make("/dev/shm/steady", 65536) : -1;
    start(NULL);
    close(fd);
    assert_shows("/steady");
    for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
        key("1");
        key(screens[i]);
        key("Z");
        if (!falls_silent())
            fail_msg("screen %s does not fall silent", screens[i]);
        key("Z");
        if (strcmp(screens[i], "?") == 0 || strcmp(screens[i], "Enter") == 0)
            key("q");
    }
}

// Not paused the same count moves, or the test above could not fail.
static void running_it_does_wake_up(void **state) {
    (void)state;
    start(NULL);
    unsigned long before = waits();
    for (int i = 0; i < 20 && waits() == before; i++) // a busy machine may make it wait
        vt_idle(vt, 900);
    assert_true(waits() > before);
}

static void holders_come_and_go_on_the_screen_of_processes(void **state) {
    (void)state;
    int fd = live_private() ? make("/dev/shm/steady", 65536) : -1;
    char pid[16];
    start(NULL);
    key("2");
    assert_shows("No process in sight holds shared memory");
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = 65536, .touch = 8192, .map = true},
              &holder);
    close(fd);
    snprintf(pid, sizeof pid, "%d", (int)holder.pid);
    assert_shows(pid);
    assert_shows("8.0K"); // what only it keeps, as far as can be seen
    key("F5");
    assert_shows("/steady");
    live_release(&holder);
    assert_shows("(gone)");
    assert_true(vt_wait_gone(vt, "(gone)")); // three seconds later
}

static void what_happens_is_told(void **state) {
    (void)state;
    int fd = live_private() ? make("/dev/shm/steady", 65536) : -1;
    start(NULL);
    assert_shows("/steady");
    key("4");
    assert_int_equal(ftruncate(fd, 131072), 0);
    assert_shows("64.0K -> 128.0K");
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = 65536, .map = true}, &holder);
    assert_shows("> attach");
    close(make("/dev/shm/other", 1));
    assert_int_equal(unlink("/dev/shm/other"), 0); // between two looks, or not
    assert_shows("- removed    P /other");
    assert_shows("+ created    P /other");
    assert_int_equal(unlink("/dev/shm/steady"), 0);
    assert_shows("- unlinked");
    live_release(&holder);
    close(fd);
    assert_shows("- removed    P /steady");
}

static void the_tree_option_starts_with_the_processes(void **state) {
    (void)state;
    start("-t");
    assert_shows("Processes");
    assert_shows("tree");
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(paused_nothing_wakes_up),
        TEST(running_it_does_wake_up),
        TEST(holders_come_and_go_on_the_screen_of_processes),
        TEST(what_happens_is_told),
        TEST(the_tree_option_starts_with_the_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
