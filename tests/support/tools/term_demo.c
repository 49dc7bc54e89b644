// term_demo.c - a program that does nothing but use ui/term.h, for tests/screen/test_term.c.
//
// Shows size, colours and the last key. Keys: ! faults, & aborts, % overflows the stack of another
// thread, ^ faults in a thread that the probes start, ` overflows its stack, @ faults under a
// guard, = draws the same canvas again, . changes one cell, ~ leaves for another program and comes
// back, Q ends. Options: ascii, no-color, no-mouse, no-hup, theme=NAME. Frames are told on
// SHMTOP_TEST_FD.
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "probes/fanout.h"
#include "ui/crash.h"
#include "ui/term.h"

struct demo {
    struct term *term;
    char last[64];
    char word[64];
    unsigned dots;
    unsigned long frames, keys;
    int report;
};

static void key_name(const struct key *k, char *buf, size_t size) {
    static const char *const names[] = {
        [KEY_NONE_] = "none",     [KEY_UP_] = "Up",
        [KEY_DOWN_] = "Down",     [KEY_LEFT_] = "Left",
        [KEY_RIGHT_] = "Right",   [KEY_PGUP_] = "PgUp",
        [KEY_PGDN_] = "PgDn",     [KEY_HOME_] = "Home",
        [KEY_END_] = "End",       [KEY_ENTER_] = "Enter",
        [KEY_ESC_] = "Esc",       [KEY_TAB_] = "Tab",
        [KEY_BACKTAB_] = "S-Tab", [KEY_BACKSPACE_] = "Backspace",
        [KEY_DELETE_] = "Delete", [KEY_INSERT_] = "Insert",
    };
    if (k->code == KEY_CHAR)
        snprintf(buf, size, "char %u", k->ch);
    else if (k->code == KEY_FN_)
        snprintf(buf, size, "F%u", k->ch);
    else if (k->code == KEY_MOUSE_)
        snprintf(buf, size, "mouse %d at %d %d", k->button, k->y, k->x);
    else
        snprintf(buf, size, "%s",
                 k->code < sizeof(names) / sizeof(names[0]) && names[k->code] ? names[k->code]
                                                                              : "other");
}

static void draw(struct demo *d, bool whole) {
    int rows, cols;
    term_size(d->term, &rows, &cols);
    struct canvas *c = canvas_new(rows, cols, term_utf8(d->term));
    if (!c)
        return;
    canvas_textf(c, 0, 0, cols, STYLE_TITLE, "demo %dx%d colors=%d utf8=%d", cols, rows,
                 term_colors(d->term), term_utf8(d->term));
    canvas_textf(c, 1, 0, cols, STYLE_NORMAL, "key <%s> %s", d->last, d->word);
    canvas_text(c, 2, 0, cols, STYLE_WARN, "warn \u65e5\u672c|\u2581\u2588 e\u0301|");
    canvas_textf(c, 3, 0, cols, STYLE_SELECTED, "dots %u", d->dots);
    canvas_text(c, rows - 1, cols - 4, 4, STYLE_NORMAL, "last");
    bool sent = term_draw(d->term, c, whole);
    canvas_free(c);
    d->frames += sent;
}

static void report(struct demo *d) {
    char buf[64];
    int n = snprintf(buf, sizeof(buf), "%lu %lu\n", d->frames, d->keys);
    if (d->report >= 0 && write(d->report, buf, (size_t)n) < 0)
        d->report = -1;
}

// Reads behind the end of a file, which raises SIGBUS.
static bool faults_under_guard(void) {
    sigjmp_buf jump;
    struct fault_guard guard = {.jump = &jump};
    FILE *f = tmpfile();
    if (!f)
        return false;
    char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(f), 0);
    bool caught = false;
    if (sigsetjmp(jump, 1) == 0) {
        term_set_fault_guard(&guard);
        (void)*(volatile char *)page;
    } else {
        caught = true;
    }
    term_set_fault_guard(NULL);
    munmap(page, 4096);
    fclose(f);
    return caught;
}

static unsigned overflow(unsigned depth) {
    volatile char room[4096];
    room[depth % sizeof(room)] = (char)depth;
    return depth == UINT_MAX ? 0 : overflow(depth + 1) + (unsigned char)room[depth % sizeof(room)];
}

static void *overflow_thread(void *arg) {
    void *stack = crash_thread_begin();
    *(unsigned *)arg = overflow(0);
    crash_thread_end(stack);
    return NULL;
}

static void overflow_in_thread(void) {
    pthread_t thread;
    unsigned depth = 0;
    if (pthread_create(&thread, NULL, overflow_thread, &depth) == 0)
        pthread_join(thread, NULL);
}

// Both workers come here; the one that is no thread of ours waits for the other.
static void fault_in_helper(void *arg, unsigned worker, size_t i) {
    (void)i;
    if (worker == 0)
        usleep(1000);
    else if (*(bool *)arg)
        overflow(0);
    else
        *(volatile char *)(uintptr_t)(8 + worker) = 1;
}

static bool handle(struct demo *d, const struct key *k) {
    uint32_t ch = k->code == KEY_CHAR ? k->ch : 0;
    d->keys++;
    if (ch == '!')
        raise(SIGSEGV);
    if (ch == '&')
        abort();
    if (ch == '%')
        overflow_in_thread();
    bool deep = ch == '`';
    if (ch == '^' || deep) {
        fanout_run(10000, fault_in_helper, &deep);
        raise(SIGSEGV); // on one processor there is no such thread
    }
    if (ch == 'Q')
        return false;
    if (ch == '@')
        snprintf(d->word, sizeof(d->word), "%s", faults_under_guard() ? "guarded" : "no guard");
    if (ch == '.')
        d->dots++;
    if (ch == '~') {
        term_leave(d->term);
        printf("outside\n");
        fflush(stdout);
        term_enter(d->term);
    }
    if (ch != '=' && ch != '.')
        key_name(k, d->last, sizeof(d->last));
    return true;
}

static int run(struct demo *d, int signals) {
    for (;;) {
        struct pollfd p[2] = {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}};
        struct key key;
        bool eof = false;
        draw(d, false);
        report(d);
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return 1;
        if (p[1].revents & POLLIN) {
            struct signalfd_siginfo info;
            if (read(signals, &info, sizeof(info)) < 0)
                return 1;
            term_resized(d->term);
        }
        while (term_key(d->term, &key, &eof))
            if (!handle(d, &key))
                return 0;
        if (eof)
            return 3;
    }
}

int main(int argc, char **argv) {
    struct term_options opt = {0};
    struct demo d = {.last = "-", .report = -1};
    char why[200];
    sigset_t set;
    setlocale(LC_ALL, "");
    for (int i = 1; i < argc; i++) {
        opt.ascii |= strcmp(argv[i], "ascii") == 0;
        opt.no_color |= strcmp(argv[i], "no-color") == 0;
        opt.no_mouse |= strcmp(argv[i], "no-mouse") == 0;
        if (strcmp(argv[i], "no-hup") == 0) {
            signal(SIGHUP, SIG_IGN);
            alarm(10); // the end of file has to be found by then
        }
        if (strncmp(argv[i], "theme=", 6) == 0)
            opt.theme = theme_by_name(argv[i] + 6);
    }
    const char *fd = getenv("SHMTOP_TEST_FD");
    if (fd)
        d.report = (int)strtol(fd, NULL, 10);
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (term_open(&opt, &d.term, why, sizeof(why)) < 0) {
        fprintf(stderr, "demo: %s\n", why);
        return 2;
    }
    int rc = run(&d, signals);
    term_close(d.term);
    return rc;
}
