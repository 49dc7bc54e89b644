// test_app_lens.c - the bytes as fields: typed in, read from a file, kept, edited as values.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/xalloc.h"
#include "support/drive.h"
#include "support/golden.h"

static char home[] = "/tmp/test_app_lens.XXXXXX";

static int setup(void **state) {
    char path[64];
    snprintf(path, sizeof path, "%s/shmtop/lenses", home);
    unlink(path);
    return drive_setup(state);
}

static int make_home(void **state) {
    (void)state;
    return !mkdtemp(home) || setenv("XDG_CONFIG_HOME", home, 1) != 0 ||
           setenv("HOME", home, 1) != 0;
}

static int drop_home(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command); // NOLINT(cert-env33-c): a path of our own
}

static void write_file(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/shmtop", home);
    snprintf(path, sizeof path, "mkdir -p %s/shmtop", home);
    assert_int_equal(system(path), 0); // NOLINT(cert-env33-c)
    snprintf(path, sizeof path, "%s/%s", home, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

// The bytes of posix:/alpha: each is its offset, the first one 0.
static void open_bytes(void) {
    select_named("posix:/alpha");
    press_key("Enter");
    answer(4096, 0);
    drop_jobs();
}

static void open_lens(const char *description) {
    open_bytes();
    press_key("L");
    type(description);
    press_key("Enter");
    answer(4096, 0);
}

#define RECORD "struct { u32 magic; u16 len; char name[10]; be u64 id; } r[4]; @0x100 u8 tail[900];"

static void fields_are_shown_live(void **state) {
    (void)state;
    open_lens(RECORD);
    assert_int_equal(app.view, VIEW_LENS);
    assert_shows("r[0].magic");
    assert_shows("50462976 0x3020100");
    assert_shows("char[10]");
    assert_shows("\"\\x06\\x07");
    assert_shows("be u64");
    assert_shows("1157726452361532951 0x1011121314151617");
    assert_shows("field 1 of 916");
    pass(S);
    answer(4096, 7); // the first byte moves
    assert_shows("50462983 0x3020107");
}

static void only_what_is_on_the_screen_is_read(void **state) {
    (void)state;
    open_lens("struct { u64 a; f64 b; } x[16000000]");
    assert_shows("past the end of the segment");
    drop_jobs();
    press_key("G");
    struct io_request *req = need_job(IO_READ);
    assert_int_equal(req->offset, 16 * UINT64_C(16000000) - 26 * 8);
    assert_int_equal(req->len, 26 * 8);
    io_request_free(req);
    assert_shows("(past the end)");
    assert_shows("x[15999999].b");
}

static void a_bad_description_says_where(void **state) {
    (void)state;
    open_bytes();
    press_key("L");
    type("struct { u32 a; u33 b; }");
    press_key("Enter");
    assert_shows("17: expected a type, found 'u33'");
    assert_int_equal(app.prompt.edit.cursor, 16);
    assert_int_equal(app.view, VIEW_HEX);
    press_key("Esc");
    assert_null(app.hex.lens.lens);
}

static void a_file_is_read(void **state) {
    (void)state;
    write_file("record.h",
               "// as in the program\nstruct r {\n  u32 a; /* first */\n  u16 b;\n};\n");
    open_lens("@~/record.h");
    assert_int_equal(app.view, VIEW_LENS);
    assert_shows("field 1 of 2");
    press_key("q");
    assert_int_equal(app.view, VIEW_HEX);
    press_key("L"); // it is still the lens of this segment
    assert_int_equal(app.view, VIEW_LENS);
    press_key("L");
    press_key("^U");
    type("/nowhere/at/all");
    press_key("Enter");
    assert_shows("cannot be read (ENOENT)");
    press_key("^U");
    write_file("bad.h", "u8 a;\nu8 b\nu8 c;\n");
    type("~/bad.h");
    press_key("Enter");
    assert_shows("3:1: expected ';', found 'u8'");
    press_key("Esc");
    assert_shows("field 1 of 2"); // the lens from before
}

static void a_lens_is_kept_and_found_again(void **state) {
    (void)state;
    open_lens("u32 kept_one; u32 kept_two;");
    press_key("s");
    assert_shows("keep this lens for:  alpha");
    press_key("Backspace");
    type("*");
    press_key("Enter");
    assert_shows("kept in");
    drive_teardown(NULL);
    drive_setup(NULL);
    open_bytes();
    press_key("L");
    answer(4096, 0);
    assert_shows("kept as alph*");
    assert_shows("kept_two");
    press_key("q");
    press_key("q");
    select_named("posix:/beta");
    press_key("Enter");
    answer(8192, 0);
    press_key("L");
    assert_shows("lens:  "); // it has none: asks
}

static void a_bad_line_in_the_file_does_no_harm(void **state) {
    (void)state;
    write_file("shmtop/lenses", "beta: u33 x\nalpha: u32 good\n");
    open_bytes();
    press_key("L");
    answer(4096, 0);
    assert_shows("lenses:1:7: expected a type, found 'u33'");
    assert_shows("good");
}

static void values_are_typed_and_stay_pending(void **state) {
    (void)state;
    open_lens(RECORD);
    press_key("Down");
    press_key("Enter");
    assert_shows("value:  1284");
    press_key("^U");
    type("70000");
    press_key("Enter");
    assert_shows("0 to 65535");
    press_key("^U");
    type("513");
    press_key("Enter");
    assert_shows("2 bytes pending in 1 place");
    assert_false(has_job(IO_OP));
    press_key("Down");
    press_key("e");
    press_key("^U");
    type("hello");
    press_key("Enter");
    assert_shows("8 bytes pending in 2 places");
    assert_shows("\"hello\"");
    press_key("u");
    assert_shows("2 bytes pending in 1 place");
    press_key("^R");
    assert_shows("8 bytes pending in 2 places");
    press_key("W");
    assert_shows("Write 8 bytes into live memory?");
    assert_shows("0x4  04 05 -> 01 02");
    press_key("Esc");
    press_key("q"); // what is pending stays in sight
    assert_shows("EDIT   8 bytes pending in 2 places");
    press_key("L");
    press_key("Q");
    assert_shows("are typed and not written");
    press_key("D");
    assert_true(app_effects(&app) & EFFECT_QUIT);
}

static void a_typed_number_is_written_in_one_piece(void **state) {
    (void)state;
    open_lens("u32 a, b;");
    for (int i = 0; i < 2; i++) {
        press_key("Enter");
        press_key("^U");
        type("-0");
        press_key("Enter");
        press_key("Down");
    }
    assert_shows("8 bytes pending in 2 places"); // neighbours, and each a number of its own
}

static void what_is_no_value_is_not_edited(void **state) {
    (void)state;
    open_lens("pthread_mutex_t m;");
    assert_shows("(no mutex shared between processes)");
    press_key("Enter");
    assert_shows("edit its bytes");
    assert_null(app.prompt.kind);
    drive_teardown(NULL);
    drive_begin(true, "");
    open_lens("u32 a;");
    press_key("Enter");
    assert_shows("read-only mode");
    assert_null(app.prompt.kind);
}

static void the_cursor_goes_with_it(void **state) {
    (void)state;
    open_bytes();
    press_key("g");
    type("0x19");
    press_key("Enter");
    answer(4096, 0);
    press_key("L");
    type(RECORD);
    press_key("Enter");
    answer(4096, 0);
    assert_shows("> 00000018  r[1].magic");
    press_key("g");
    type("0x31");
    press_key("Enter");
    answer(4096, 0);
    press_key("q");
    assert_int_equal(app.hex.cursor, 0x30);
}

static void as_many_records_as_the_segment_has_room_for(void **state) {
    (void)state;
    open_lens("u64 head; struct { u64 a; u64 b; } r[];");
    assert_shows("field 1 of 511");
    press_key("End");
    answer(4096, 0);
    assert_shows("r[254].b");
}

static void looks_as_agreed_at_every_size(void **state) {
    (void)state;
    static const struct {
        int rows, cols;
        const char *golden;
    } sizes[] = {
        {30, 100, "lens-100x30.txt"}, {24, 80, "lens-80x24.txt"}, {10, 40, "lens-40x10.txt"}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        app_resize(&app, sizes[i].rows, sizes[i].cols);
        open_lens(
            "enum state : u8 { IDLE, BUSY = 3 }; struct { u32 magic; be u16 len; char name[9]; "
            "enum state state; void *next; f64 price; bool on; } slot[4];");
        press_key("Down");
        press_key("Enter");
        press_key("^U");
        type("513");
        press_key("Enter");
        pass(10 * S);
        answer(4096, 0x42);
        press_key("Down");
        struct canvas *c = canvas_new(sizes[i].rows, sizes[i].cols, true);
        app_draw(&app, c);
        bool same = golden_canvas(sizes[i].golden, c, true);
        canvas_free(c);
        assert_true(same);
        drive_teardown(NULL);
        drive_setup(NULL);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, drive_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(fields_are_shown_live),
        T(only_what_is_on_the_screen_is_read),
        T(a_bad_description_says_where),
        T(a_file_is_read),
        T(a_lens_is_kept_and_found_again),
        T(a_bad_line_in_the_file_does_no_harm),
        T(values_are_typed_and_stay_pending),
        T(a_typed_number_is_written_in_one_piece),
        T(what_is_no_value_is_not_edited),
        T(the_cursor_goes_with_it),
        T(as_many_records_as_the_segment_has_room_for),
        T(looks_as_agreed_at_every_size),
    };
    return cmocka_run_group_tests(tests, make_home, drop_home);
}
