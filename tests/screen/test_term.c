// test_term.c - the terminal layer alone: keys, drawing, colours, and what it leaves behind.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "support/vt.h"

static struct vt *vt;
static char demo[512];

static int find_demo(void **state) {
    const char *build = getenv("BUILD");
    (void)state;
    snprintf(demo, sizeof(demo), "%s/tests/support/tools/term_demo", build ? build : "build");
    return access(demo, X_OK);
}

static int stop(void **state) {
    (void)state;
    vt_free(vt);
    vt = NULL;
    return 0;
}

static void start_with(const char *term, int rows, int cols, const char *option,
                       const char *const *env) {
    const char *argv[] = {demo, option, NULL};
    vt = vt_new(&(struct vt_start){argv, term, rows, cols, env});
    assert_non_null(vt);
}

static void start(const char *term, const char *option) {
    start_with(term, 24, 80, option, NULL);
    if (!vt_wait(vt, "last"))
        fail_msg("TERM=%s: no screen:\n%s", term, vt_screen(vt));
}

static const char *const terms[] = {"xterm-256color", "screen-256color", "tmux-256color", "linux",
                                    "vt100",          "xterm-mono",      "xterm",         "screen"};
enum { TERMS = sizeof(terms) / sizeof(terms[0]) };

static void refuses(const char *term, const char *const *env, const char *word) {
    int status = 0;
    start_with(term, 24, 80, NULL, env);
    assert_true(vt_wait_exit(vt, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_true(vt_shows(vt, word));
    assert_true(vt_shows(vt, "--once"));
    assert_true(vt_bytes(vt) < 120); // one line and no escape sequence
    assert_false(vt_alt_screen(vt));
    stop(NULL);
}

static void a_terminal_without_cursor_is_refused_in_one_line(void **state) {
    (void)state;
    static const char *const empty[] = {"TERM=", NULL};
    refuses("dumb", NULL, "cannot move its cursor");
    refuses("no-such-terminal", NULL, "not known");
    refuses("xterm", empty, "TERM is not set");
}

static void every_terminal_shows_text_and_takes_letters(void **state) {
    (void)state;
    for (size_t i = 0; i < TERMS; i++) {
        start(terms[i], NULL);
        assert_true(vt_shows(vt, "demo 80x24"));
        assert_true(vt_key(vt, "x"));
        if (!vt_shows(vt, "key <char 120>"))
            fail_msg("TERM=%s:\n%s", terms[i], vt_screen(vt));
        int status;
        vt_key(vt, "Q");
        assert_true(vt_wait_exit(vt, &status));
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        assert_false(vt_alt_screen(vt));
        assert_true(vt_cursor_visible(vt));
        stop(NULL);
    }
}

static void keys_arrive_by_name(void **state) {
    (void)state;
    static const char *const same[] = {
        "Up", "Down", "Left", "Right", "PgUp", "PgDn", "Home",  "End",       "F1",     "F4",
        "F5", "F10",  "F12",  "Enter", "Esc",  "Tab",  "S-Tab", "Backspace", "Delete", "Insert"};
    static const char *const chars[][2] = {
        {"^C", "char 3"},  {"^Z", "char 26"},      {"^\\", "char 28"},      {"^L", "char 12"},
        {"^S", "char 19"}, {"\u00e9", "char 233"}, {"\u65e5", "char 26085"}};
    char want[64];
    start("xterm-256color", NULL);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        snprintf(want, sizeof(want), "key <%s>", same[i]);
        assert_true(vt_key(vt, same[i]));
        if (!vt_shows(vt, want))
            fail_msg("%s:\n%s", want, vt_line(vt, 1));
    }
    for (size_t i = 0; i < sizeof(chars) / sizeof(chars[0]); i++) {
        snprintf(want, sizeof(want), "key <%s>", chars[i][1]);
        assert_true(vt_key(vt, chars[i][0]));
        if (!vt_shows(vt, want))
            fail_msg("%s:\n%s", want, vt_line(vt, 1));
    }
}

static void the_mouse_clicks_and_the_switch_turns_it_off(void **state) {
    (void)state;
    start("xterm-256color", NULL);
    assert_true(vt_click(vt, 5, 17));
    assert_true(vt_shows(vt, "mouse 1 at 5 17"));
    vt_send(vt, "\033[<64;3;2M", 10); // wheel up
    assert_true(vt_wait(vt, "mouse 4 at 1 2"));
    vt_send(vt, "\033[<65;3;2M", 10);
    assert_true(vt_wait(vt, "mouse 5 at 1 2"));
}

static void an_equal_canvas_sends_nothing(void **state) {
    (void)state;
    start("xterm-256color", NULL);
    assert_true(vt_key(vt, "x")); // from here on every frame told has been seen
    uint64_t before = vt_bytes(vt), frames = vt_frames(vt);
    for (int i = 0; i < 20; i++)
        assert_true(vt_key(vt, "="));
    assert_int_equal(vt_bytes(vt), before);
    assert_int_equal(vt_frames(vt), frames);
}

static void one_changed_cell_sends_few_bytes(void **state) {
    (void)state;
    start("xterm-256color", NULL);
    assert_true(vt_key(vt, "x"));
    uint64_t before = vt_bytes(vt);
    assert_true(vt_key(vt, "."));
    assert_true(vt_wait(vt, "dots 1"));
    assert_in_range(vt_bytes(vt) - before, 1, 60);
}

static void wide_and_combining_characters_stand_in_their_cells(void **state) {
    (void)state;
    struct vt_cell cell;
    start("xterm-256color", NULL);
    assert_string_equal(vt_line(vt, 2), "warn \u65e5\u672c|\u2581\u2588 e\u0301|");
    vt_cell(vt, 2, 5, &cell);
    assert_int_equal(cell.ch[0], 0x65e5);
    assert_int_equal(cell.width, 2);
    vt_cell(vt, 2, 9, &cell);
    assert_int_equal(cell.ch[0], '|');
    vt_cell(vt, 2, 14, &cell);
    assert_int_equal(cell.ch[0], '|');
    vt_cell(vt, 23, 79, &cell); // the last cell of the screen
    assert_int_equal(cell.ch[0], 't');
}

static void ascii_by_option_or_by_locale(void **state) {
    (void)state;
    static const char *const c_locale[] = {"LC_ALL=C", NULL};
    start("xterm-256color", "ascii");
    assert_true(vt_shows(vt, "utf8=0"));
    assert_string_equal(vt_line(vt, 2), "warn ????|.# e|");
    stop(NULL);
    start_with("xterm-256color", 24, 80, NULL, c_locale);
    assert_true(vt_wait(vt, "utf8=0"));
    assert_true(vt_wait(vt, "last"));
    assert_string_equal(vt_line(vt, 2), "warn ????|.# e|");
}

static void the_linux_console_gets_no_eighth_blocks(void **state) {
    (void)state;
    start("linux", NULL);
    assert_string_equal(vt_line(vt, 2), "warn \u65e5\u672c|.\u2588 e\u0301|");
}

static void colours_follow_the_terminal(void **state) {
    (void)state;
    static const struct {
        const char *term, *option, *shows;
        bool colored;
    } cases[] = {
        {"xterm-256color", NULL, "colors=256", true},
        {"linux", NULL, "colors=8", true},
        {"xterm", NULL, "colors=8", true},
        {"vt100", NULL, "colors=0", false},
        {"xterm-256color", "no-color", "colors=0", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vt_cell cell;
        start(cases[i].term, cases[i].option);
        if (!vt_shows(vt, cases[i].shows))
            fail_msg("TERM=%s:\n%s", cases[i].term, vt_line(vt, 0));
        vt_cell(vt, 2, 0, &cell);
        assert_true(cell.default_fg == !cases[i].colored);
        vt_cell(vt, 3, 0, &cell);
        assert_true(cell.reverse); // the selection needs no colour
        stop(NULL);
    }
}

static void the_screen_follows_its_size(void **state) {
    (void)state;
    static const int sizes[][2] = {{10, 40}, {60, 400}, {6, 30}, {1, 10}, {24, 80}};
    char want[32];
    start("xterm-256color", NULL);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct vt_cell cell;
        vt_resize(vt, sizes[i][0], sizes[i][1]);
        snprintf(want, sizeof(want), "%dx%d", sizes[i][1], sizes[i][0]);
        if (sizes[i][0] > 3 && !vt_wait(vt, want))
            fail_msg("%s:\n%s", want, vt_screen(vt));
        if (sizes[i][0] > 3) {
            assert_true(vt_wait(vt, "last"));
            vt_cell(vt, sizes[i][0] - 1, sizes[i][1] - 1, &cell);
            assert_int_equal(cell.ch[0], 't');
        }
    }
}

static void leaving_shows_the_shell_and_coming_back_redraws(void **state) {
    (void)state;
    start("xterm-256color", NULL);
    assert_true(vt_key(vt, "~"));
    assert_true(vt_alt_screen(vt));
    assert_true(vt_wait(vt, "demo 80x24"));
    assert_true(vt_wait(vt, "key <char 126>"));
    int status;
    vt_key(vt, "Q");
    assert_true(vt_wait_exit(vt, &status));
    assert_true(vt_shows(vt, "outside")); // written on the screen that was there before
}

static void no_core(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none); // inherited by the demo
}

static void crashes_restore_the_screen_and_keep_their_signal(void **state) {
    (void)state;
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static const char *const some[] = {"xterm-256color", "screen-256color", "tmux-256color"};
    no_core();
    for (size_t t = 0; t < sizeof(some) / sizeof(some[0]); t++) {
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
            int status = 0;
            start(some[t], NULL);
            assert_true(vt_alt_screen(vt));
            kill(vt_pid(vt), signals[i]);
            assert_true(vt_wait_exit(vt, &status));
            assert_true(WIFSIGNALED(status));
            assert_int_equal(WTERMSIG(status), signals[i]);
            assert_false(vt_alt_screen(vt));
            assert_true(vt_cursor_visible(vt));
            stop(NULL);
        }
    }
    static const struct {
        const char *key;
        int signal;
    } own[] = {{"!", SIGSEGV}, {"&", SIGABRT}, {"%", SIGSEGV}, {"^", SIGSEGV}, {"`", SIGSEGV}};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        int status = 0;
        start("xterm-256color", NULL);
        vt_send(vt, own[i].key, 1);
        assert_true(vt_wait_exit(vt, &status));
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), own[i].signal);
        assert_false(vt_alt_screen(vt));
        stop(NULL);
    }
}

static void a_guarded_fault_is_survived(void **state) {
    (void)state;
    start("xterm-256color", NULL);
    assert_true(vt_key(vt, "@"));
    assert_true(vt_shows(vt, "guarded"));
    assert_true(vt_key(vt, "@")); // the handler is still in place
    assert_true(vt_alt_screen(vt));
    assert_true(vt_key(vt, "x"));
}

static void a_hang_up_is_the_end_even_without_its_signal(void **state) {
    (void)state;
    start("xterm-256color", "no-hup");
    pid_t pid = vt_pid(vt);
    vt_hang_up(vt);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    vt_forget(vt);
    vt = NULL;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3); // the demo's word for "the terminal is gone"
}

// Reads from fd until it holds text or nothing comes for three seconds.
static bool read_until(int fd, char *buf, size_t size, const char *text) {
    size_t n = strlen(buf);
    while (!strstr(buf, text) && n < size - 1) {
        struct pollfd p = {fd, POLLIN, 0};
        if (poll(&p, 1, 3000) <= 0)
            return false;
        ssize_t got = read(fd, buf + n, size - 1 - n);
        if (got <= 0)
            return false;
        for (ssize_t i = 0; i < got; i++) // strstr stops at a NUL, which vt100 pads with
            buf[n + (size_t)i] = buf[n + (size_t)i] ? buf[n + (size_t)i] : ' ';
        n += (size_t)got;
        buf[n] = '\0';
    }
    return strstr(buf, text) != NULL;
}

static void modes_after(int signal, const char *term) {
    int master, slave;
    struct winsize ws = {24, 80, 0, 0};
    struct termios before, after;
    char out[65536] = "";
    assert_int_equal(openpty(&master, &slave, NULL, NULL, &ws), 0);
    assert_int_equal(tcgetattr(slave, &before), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        dup2(slave, 0);
        dup2(slave, 1);
        dup2(slave, 2);
        close(master);
        setenv("TERM", term, 1);
        unsetenv("SHMTOP_TEST_FD");
        execl(demo, demo, (char *)NULL);
        _exit(127);
    }
    bool shown = read_until(master, out, sizeof(out), "dots 0");
    assert_int_equal(tcgetattr(slave, &after), 0);
    bool raw = !(after.c_lflag & (ICANON | ECHO | ISIG));
    out[0] = '\0';
    if (signal)
        kill(pid, signal);
    else
        assert_int_equal(write(master, "Q", 1), 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(tcgetattr(slave, &after), 0);
    close(slave); // now the end of the output is an end
    read_until(master, out, sizeof(out), "\033[?1049l");
    close(master);
    assert_true(shown);
    assert_true(raw);
    assert_int_equal(after.c_lflag, before.c_lflag);
    assert_int_equal(after.c_iflag, before.c_iflag);
    assert_int_equal(after.c_oflag, before.c_oflag);
    assert_null(strstr(out, "$<")); // padding is no output
    if (strncmp(term, "xterm", 5) == 0) {
        assert_non_null(strstr(out, "\033[?1049l"));
        assert_non_null(strstr(out, "1000"));
    }
}

static void terminal_modes_are_put_back(void **state) {
    (void)state;
    no_core();
    modes_after(0, "xterm-256color");
    modes_after(SIGSEGV, "xterm-256color");
    modes_after(SIGABRT, "vt100");
    modes_after(SIGBUS, "linux");
}

#define VT_TEST(f) cmocka_unit_test_teardown(f, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        VT_TEST(a_terminal_without_cursor_is_refused_in_one_line),
        VT_TEST(every_terminal_shows_text_and_takes_letters),
        VT_TEST(keys_arrive_by_name),
        VT_TEST(the_mouse_clicks_and_the_switch_turns_it_off),
        VT_TEST(an_equal_canvas_sends_nothing),
        VT_TEST(one_changed_cell_sends_few_bytes),
        VT_TEST(wide_and_combining_characters_stand_in_their_cells),
        VT_TEST(ascii_by_option_or_by_locale),
        VT_TEST(the_linux_console_gets_no_eighth_blocks),
        VT_TEST(colours_follow_the_terminal),
        VT_TEST(the_screen_follows_its_size),
        VT_TEST(leaving_shows_the_shell_and_coming_back_redraws),
        VT_TEST(crashes_restore_the_screen_and_keep_their_signal),
        VT_TEST(a_guarded_fault_is_survived),
        VT_TEST(a_hang_up_is_the_end_even_without_its_signal),
        cmocka_unit_test(terminal_modes_are_put_back),
    };
    return cmocka_run_group_tests(tests, find_demo, NULL);
}
