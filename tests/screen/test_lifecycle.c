// test_lifecycle.c - the terminal is left as it was found, whatever ends shmtop.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/vt.h"

static struct vt *vt;

static int stop(void **state) {
    (void)state;
    vt_free(vt);
    vt = NULL;
    return 0;
}

static void start_env(const char *term, int rows, int cols, const char *const *env) {
    const char *argv[] = {getenv("SHMTOP"), NULL};
    assert_non_null(argv[0]);
    vt = vt_new(&(struct vt_start){argv, term, rows, cols, env});
    assert_non_null(vt);
    if (!vt_wait(vt, "Quit") && !vt_shows(vt, "q"))
        fail_msg("no first screen:\n%s", vt_screen(vt));
}

static void start(const char *term, int rows, int cols) {
    start_env(term, rows, cols, NULL);
}

static void assert_restored(void) {
    assert_false(vt_alt_screen(vt));
    assert_true(vt_cursor_visible(vt));
}

static void quits(const char *key) {
    start(NULL, 30, 100);
    assert_true(vt_alt_screen(vt));
    assert_false(vt_cursor_visible(vt));
    int status;
    vt_key(vt, key);
    assert_true(vt_wait_exit(vt, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_restored();
    stop(NULL);
}

static void quit_keys_end_with_0_and_restore(void **state) {
    (void)state;
    quits("q");
    quits("Q");
    quits("F10");
    quits("^C");
}

static void escape_never_quits(void **state) {
    (void)state;
    start(NULL, 30, 100);
    for (int i = 0; i < 5; i++)
        assert_true(vt_key(vt, "Esc"));
    assert_true(vt_alt_screen(vt));
    assert_true(vt_shows(vt, "Quit"));
}

static void signals_restore_and_exit_128_plus_n(void **state) {
    (void)state;
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        start(NULL, 30, 100);
        int status;
        kill(vt_pid(vt), signals[i]);
        assert_true(vt_wait_exit(vt, &status));
        int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        assert_int_equal(code, 128 + signals[i]);
        assert_restored();
        stop(NULL);
    }
}

// Asks for whole screens, which nobody reads, until the program waits for its terminal; 20 s at
// most.
static void fill_the_terminal(pid_t pid) {
    char path[64], line[128] = "";
    snprintf(path, sizeof path, "/proc/%d/syscall", pid);
    for (int i = 0; i < 2000; i++) {
        vt_send(vt, "\014", 1);
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        if (!fgets(line, sizeof line, f))
            line[0] = '\0';
        fclose(f);
        if (strncmp(line, "1 0x1 ", 6) == 0) // write(2) to descriptor 1
            return;
        poll(NULL, 0, 10);
    }
    fail_msg("it never waited for its terminal: %s", line);
}

static void a_terminal_that_stops_reading_does_not_stop_signals(void **state) {
    (void)state;
    static const int signals[] = {SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        start(NULL, 60, 200);
        pid_t pid = vt_pid(vt);
        fill_the_terminal(pid);
        kill(pid, signals[i]);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid); // a hang is ended by tests/run.sh
        vt_forget(vt);
        vt = NULL;
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 128 + signals[i]);
    }
}

static void crashes_restore_and_report_the_signal(void **state) {
    (void)state;
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    print_message("# skip: sanitizers take these signals for themselves\n");
    skip();
#endif
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        start("screen-256color", 30, 100);
        int status;
        kill(vt_pid(vt), signals[i]);
        assert_true(vt_wait_exit(vt, &status));
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
        assert_restored();
        stop(NULL);
    }
}

static void suspend_leaves_the_screen_and_comes_back(void **state) {
    (void)state;
    char shmtop[512];
    snprintf(shmtop, sizeof shmtop, "SHMTOP=%s", getenv("SHMTOP"));
    const char *argv[] = {
        "bash", "-c",
        "set -m; \"$SHMTOP\"; echo STOPPED; read x; fg >/dev/null; echo ENDED $?; "
        "read x",
        NULL};
    const char *env[] = {shmtop, NULL};
    vt = vt_new(&(struct vt_start){argv, NULL, 30, 100, env});
    assert_non_null(vt);
    assert_true(vt_wait(vt, "Quit"));
    vt_send(vt, "\032", 1);
    assert_true(vt_wait(vt, "STOPPED"));
    assert_restored();
    vt_resize(vt, 24, 80);
    vt_send(vt, "\r", 1);
    assert_true(vt_wait(vt, "Quit"));
    assert_true(vt_alt_screen(vt));
    vt_send(vt, "q", 1);
    assert_true(vt_wait(vt, "ENDED 0"));
    assert_restored();
}

static void survives_every_size_and_back(void **state) {
    (void)state;
    static const int sizes[][2] = {{60, 400}, {10, 40},  {6, 30},  {5, 20},  {1, 1},
                                   {2, 5},    {200, 30}, {24, 80}, {6, 400}, {30, 100}};
    start(NULL, 30, 100);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        vt_resize(vt, sizes[i][0], sizes[i][1]);
        assert_true(vt_wait_frame(vt));
        assert_true(vt_key(vt, "Down"));
    }
    assert_true(vt_wait(vt, "Quit"));
    assert_true(vt_shows(vt, "shmtop"));
}

static void resizes_under_an_open_dialog(void **state) {
    (void)state;
    start(NULL, 30, 100);
    assert_true(vt_key(vt, "F7"));
    assert_true(vt_wait(vt, "Create a"));
    static const int sizes[][2] = {{24, 80}, {10, 40}, {6, 30}, {60, 200}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        vt_resize(vt, sizes[i][0], sizes[i][1]);
        assert_true(vt_wait_frame(vt));
    }
    assert_true(vt_wait(vt, "Create a"));
    assert_true(vt_key(vt, "Esc"));
    assert_true(vt_wait_gone(vt, "Create a"));
}

static void works_on_every_terminal(void **state) {
    (void)state;
    static const char *const terms[] = {"xterm-256color", "screen-256color", "tmux-256color",
                                        "linux",          "vt100",           "xterm-mono",
                                        "xterm"};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        start(terms[i], 24, 80);
        assert_true(vt_shows(vt, "NAME"));
        int status;
        vt_send(vt, "q", 1);
        assert_true(vt_wait_exit(vt, &status));
        assert_int_equal(status, 0);
        stop(NULL);
    }
}

static bool any_color(void) {
    struct vt_cell cell;
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 100; x++) {
            vt_cell(vt, y, x, &cell);
            if (!cell.default_fg || !cell.default_bg)
                return true;
        }
    return false;
}

static void no_color_is_honoured(void **state) {
    (void)state;
    static const char *const on[] = {"NO_COLOR=1", NULL}, *const empty[] = {"NO_COLOR=", NULL};
    start_env(NULL, 30, 100, on);
    assert_false(any_color());
    stop(NULL);
    start_env(NULL, 30, 100, empty);
    assert_true(any_color());
}

static void the_c_locale_draws_ascii_only(void **state) {
    (void)state;
    static const char *const env[] = {"LC_ALL=C", NULL};
    start_env(NULL, 30, 100, env);
    for (const char *s = vt_screen(vt); *s; s++)
        assert_true((unsigned char)*s < 0x80);
    assert_true(vt_shows(vt, "NAME"));
}

// Runs shmtop through a shell command; returns its exit code, output in out.
static int run(const char *command, char *out, size_t size) {
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(out, 1, size - 1, f);
    out[n] = 0;
    return WEXITSTATUS(pclose(f));
}

static void without_a_terminal_it_prints_the_table(void **state) {
    (void)state;
    char out[65536];
    assert_int_equal(run("TERM=xterm \"$SHMTOP\" </dev/null 2>&1", out, sizeof out), 0);
    assert_non_null(strstr(out, "KIND"));
    assert_null(strchr(out, '\033'));
}

static void a_dumb_terminal_is_refused_in_one_line(void **state) {
    (void)state;
    static const char *const terms[] = {"dumb", "no-such-terminal", ""};
    for (size_t i = 0; i < 3; i++) {
        const char *argv[] = {getenv("SHMTOP"), NULL};
        vt = vt_new(&(struct vt_start){argv, terms[i], 24, 80, NULL});
        int status;
        assert_true(vt_wait_exit(vt, &status));
        assert_int_equal(WEXITSTATUS(status), 2);
        assert_true(vt_find(vt, "--once") >= 0);
        assert_true(vt_find(vt, "shmtop: ") == 0);
        stop(NULL);
    }
}

static void ends_when_the_terminal_goes_away(void **state) {
    (void)state;
    // A child of ours opens a pty, starts shmtop in it and closes it: shmtop must end by itself.
    start(NULL, 24, 80);
    pid_t pid = vt_pid(vt);
    vt_hang_up(vt);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    vt_forget(vt);
    vt = NULL;
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGHUP : WEXITSTATUS(status) == 129);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(quit_keys_end_with_0_and_restore, stop),
        cmocka_unit_test_teardown(escape_never_quits, stop),
        cmocka_unit_test_teardown(signals_restore_and_exit_128_plus_n, stop),
        cmocka_unit_test_teardown(a_terminal_that_stops_reading_does_not_stop_signals, stop),
        cmocka_unit_test_teardown(crashes_restore_and_report_the_signal, stop),
        cmocka_unit_test_teardown(suspend_leaves_the_screen_and_comes_back, stop),
        cmocka_unit_test_teardown(survives_every_size_and_back, stop),
        cmocka_unit_test_teardown(resizes_under_an_open_dialog, stop),
        cmocka_unit_test_teardown(works_on_every_terminal, stop),
        cmocka_unit_test_teardown(no_color_is_honoured, stop),
        cmocka_unit_test_teardown(the_c_locale_draws_ascii_only, stop),
        cmocka_unit_test(without_a_terminal_it_prints_the_table),
        cmocka_unit_test_teardown(a_dumb_terminal_is_refused_in_one_line, stop),
        cmocka_unit_test_teardown(ends_when_the_terminal_goes_away, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
