// test_editing.c - the real monitor writes into real segments: what is typed, and nothing else.
//
// Runs in private namespaces with an empty /dev/shm (tests/run.sh), so every segment is our own.
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
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/vt.h"

static struct vt *vt;
static int fd = -1;

static int teardown(void **state) {
    (void)state;
    vt_free(vt);
    vt = NULL;
    close(fd);
    fd = -1;
    unlink("/dev/shm/edited");
    if (unlink("/dev/shm/filler") == 0)
        mount("none", "/dev/shm", NULL, MS_REMOUNT, "size=50%");
    return 0;
}

static void assert_shows(const char *text) {
    if (!vt_wait(vt, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, vt_screen(vt));
}
static void key(const char *name) {
    if (!vt_key(vt, name))
        fail_msg("key %s not answered:\n%s", name, vt_screen(vt));
}
static void type(const char *text) {
    assert_true(vt_type(vt, text));
}

// Presses W in the dialog once it has looked at the bytes.
static void write_it(void) {
    if (!vt_wait_gone(vt, "Looking whether they moved"))
        fail_msg("it never looked:\n%s", vt_screen(vt));
    key("W");
}

static void make(const char *bytes, size_t size) {
    if (!getenv("SHMTOP_PRIVATE_NS")) {
        print_message("# skip: only in private namespaces\n");
        skip();
    }
    fd = open("/dev/shm/edited", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    if (bytes[0])
        assert_int_equal(pwrite(fd, bytes, strlen(bytes), 0), strlen(bytes));
}

static void open_hex(void) {
    const char *argv[] = {getenv("SHMTOP"), "-d", "0.1", NULL};
    vt = vt_new(&(struct vt_start){argv, NULL, 30, 100, NULL});
    assert_non_null(vt);
    assert_shows("/edited");
    key("Enter");
    assert_shows("read by pread");
}

static void assert_bytes(const char *want, size_t len) {
    char got[64];
    assert_int_equal(pread(fd, got, len, 0), len);
    assert_memory_equal(got, want, len);
}

static void typed_bytes_are_written_and_put_back(void **state) {
    (void)state;
    make("0123456789abcdef", 4096);
    open_hex();
    key("e");
    type("ff");
    key("Tab");
    type("XY");
    assert_shows("3 bytes pending in 1 place");
    assert_bytes("0123456789abcdef", 16); // not yet
    key("Enter");
    assert_shows("Write 3: press W");
    write_it();
    assert_shows("wrote 3 bytes in 1 place");
    assert_bytes("\xffXY3456789abcdef", 16);
    key("Esc");
    key("u");
    assert_shows("Put the old 3 bytes back?");
    write_it();
    assert_shows("wrote 3 bytes");
    assert_bytes("0123456789abcdef", 16);
}

static void what_moved_meanwhile_is_shown_and_kept(void **state) {
    (void)state;
    make("0123456789abcdef", 4096);
    open_hex();
    key("e");
    type("ffff");
    assert_int_equal(pwrite(fd, "Z", 1, 1), 1);
    key("W");
    assert_shows("0x1 is now 5a, was 31 when you typed: overwrite anyway?");
    key("Right"); // Skip changed
    key("Enter");
    assert_shows("every place has changed: nothing was written");
    assert_bytes("0Z23456789abcdef", 16);
    key("W");
    assert_shows("Overwrite 2: press W");
    key("W");
    assert_shows("wrote 2 bytes");
    assert_bytes("\xff\xff"
                 "23456789abcdef",
                 16);
}

static void cut_short_while_typing_nothing_is_written_and_nothing_grows(void **state) {
    (void)state;
    struct stat st;
    make("0123456789abcdef", 8192);
    open_hex();
    key("End");
    assert_shows("@0x1fff");
    assert_shows("00001ff0");
    key("e");
    type("ff");
    assert_int_equal(ftruncate(fd, 4096), 0);
    key("W");
    assert_shows("Not all of them can be seen any more");
    key("W");
    assert_shows("nothing is written");
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 4096);
    key("Esc");
    key("Esc");
    assert_shows("typed and not written");
    key("D");
    assert_shows("LIVE"); // alive and well
}

static void a_full_file_system_is_said(void **state) {
    (void)state;
    make("", 65536);
    if (mount("none", "/dev/shm", NULL, MS_REMOUNT, "size=64k") != 0) {
        print_message("# skip: /dev/shm cannot be made small\n");
        skip();
    }
    int filler = open("/dev/shm/filler", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    static char page[4096];
    memset(page, 1, sizeof page);
    while (write(filler, page, sizeof page) > 0) {
    }
    open_hex();
    key("e");
    type("ff");
    key("W");
    assert_shows("Write 1: press W");
    write_it();
    assert_shows("nothing was written");
    assert_shows("there is no room for the pages");
    assert_shows("1 byte pending in 1 place");
    close(filler);
}

static void a_field_of_a_lens_is_written_in_one_step(void **state) {
    (void)state;
    make("0123456789abcdef", 4096);
    open_hex();
    key("L");
    type("u64 a; be u32 b; char c[4];");
    key("Enter");
    assert_shows("3978425819141910832");
    key("Down");
    key("Enter");
    key("^U");
    type("0x41424344");
    key("Enter");
    assert_shows("4 bytes pending in 1 place");
    key("W");
    assert_shows("Written in one step");
    write_it();
    assert_shows("wrote 4 bytes in 1 place");
    assert_bytes("01234567ABCDcdef", 16);
    assert_shows("1094861636 0x41424344");
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(typed_bytes_are_written_and_put_back),
        T(what_moved_meanwhile_is_shown_and_kept),
        T(cut_short_while_typing_nothing_is_written_and_nothing_grows),
        T(a_full_file_system_is_said),
        T(a_field_of_a_lens_is_written_in_one_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
