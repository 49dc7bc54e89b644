// loop.c - the one place that waits: keys, time, signals and the other threads.
#include "app/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "app/xalloc.h"
#include "core/fmt.h"

enum { KEYS_A_TURN = 4096 }; // so that an endless flood of input still gets its frames
static const uint64_t second_ns = 1000000000u;
static const uint64_t patience_ns = 30000000u; // for the first picture, before the first frame

struct loop {
    struct loop_parts p;
    int timer, signals, test_fd;
    struct canvas *canvas;
    unsigned long frames, keys, told_keys;
    bool had_picture, repaint, resumed;
    int exit_code; // -1: goes on
};

enum { POLL_TTY, POLL_TIMER, POLL_SIGNALS, POLL_COLLECTOR, POLL_IO, POLL_COUNT };

uint64_t loop_mono_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

static void loop_signals(sigset_t *set) {
    static const int taken[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        sigaddset(set, taken[i]);
}

int loop_block_signals(void) {
    sigset_t set;
    loop_signals(&set);
    return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void take_size(struct loop *l) {
    int rows = 0, cols = 0;
    term_resized(l->p.term);
    term_size(l->p.term, &rows, &cols);
    app_resize(l->p.app, rows, cols);
}

static void come_back(struct loop *l) {
    term_enter(l->p.term);
    term_mouse(l->p.term, l->p.app->mouse);
    take_size(l);
    l->repaint = true;
    if (!l->p.app->paused)
        collector_request(l->p.collector, false);
}

// Stops the whole foreground group, as the terminal driver would by itself were it not in raw mode.
// In a group that no shell looks after the kernel discards the signal and all goes on.
static void suspend(struct loop *l) {
    struct sigaction stop = {.sa_handler = SIG_DFL}, before;
    sigset_t set;
    term_leave(l->p.term);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigaction(SIGTSTP, &stop, &before);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill(0, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGTSTP, &before, NULL);
    l->resumed = true;
    come_back(l);
}

static void take_signals(struct loop *l) {
    struct signalfd_siginfo info;
    bool resumed = l->resumed;
    l->resumed = false;
    while (read(l->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        switch ((int)info.ssi_signo) {
        case SIGWINCH:
            take_size(l);
            break;
        case SIGTSTP:
            suspend(l);
            resumed = true;
            break;
        case SIGCONT: // stopped from outside: the shell has had the terminal
            if (!resumed) {
                term_leave(l->p.term);
                come_back(l);
            }
            break;
        default:
            l->exit_code = 128 + (int)info.ssi_signo;
            term_end_if_stuck(l->exit_code);
        }
    }
}

static void take_keys(struct loop *l) {
    struct key key;
    bool eof = false;
    for (int i = 0; i < KEYS_A_TURN && term_key(l->p.term, &key, &eof); i++) {
        l->keys += key.code != KEY_RESIZE_;
        app_key(l->p.app, &key);
        if (l->p.app->effects & (EFFECT_QUIT | EFFECT_SUSPEND))
            break; // what was typed after Ctrl-Z is for the shell
    }
    if (eof)
        l->exit_code = 128 + SIGHUP;
}

static void take_picture(struct loop *l) {
    int err = 0;
    uint64_t period_ns = 0;
    const struct snapshot *snap = collector_take(l->p.collector, &err, &period_ns);
    if (snap) {
        l->p.app->interval_s = (double)period_ns / 1e9;
        time_t now = (time_t)(snap->wall_ns / second_ns);
        struct tm local;
        if (localtime_r(&now, &local))
            l->p.app->utc_offset = local.tm_gmtoff;
        app_snapshot(l->p.app, snap);
        enum name_source source;
        struct events events = collector_events(l->p.collector, &source);
        app_events(l->p.app, &events, source);
        snapshot_unref(snap);
        l->had_picture = true;
    } else if (err) {
        app_message(l->p.app, ALERT_BAD, "looking failed: %s", strerror(-err));
    }
}

static void take_replies(struct loop *l) {
    struct io_reply *reply;
    while ((reply = io_take(l->p.io)))
        app_reply(l->p.app, reply);
}

static void save_settings(struct loop *l) {
    char path[400] = "", problem[640] = "";
    struct settings s;
    struct fault f;
    settings_now(l->p.app, &s);
    if (config_save(&s, l->p.app->setup.touched, path, sizeof path, &f) != OUTCOME_DONE)
        fault_format(&f, problem, sizeof problem);
    app_saved(l->p.app, path, problem);
}

static void change_looks(struct loop *l) {
    const struct settings *s = &l->p.app->settings;
    char line[640];
    struct fault f;
    if (theme_load(s->theme, l->p.theme, &f) != OUTCOME_DONE) {
        fault_format(&f, line, sizeof line);
        app_message(l->p.app, ALERT_BAD, "%s", line);
    }
    term_looks(l->p.term, &l->p.theme->theme, !s->color);
}

// What was set anew.
static void carry_out_settings(struct loop *l, unsigned effects) {
    const struct app *a = l->p.app;
    if (effects & EFFECT_MOUSE)
        term_mouse(l->p.term, a->mouse);
    if (effects & EFFECT_LOOKS)
        change_looks(l);
    if (effects & EFFECT_SAVE)
        save_settings(l);
    if (effects & EFFECT_DELAY)
        collector_interval(l->p.collector, a->settings.delay_ns);
    if (effects & EFFECT_AGE_FLOOR)
        collector_age_floor(l->p.collector, a->settings.older_than_ns);
    if (effects & EFFECT_NAMESPACES)
        collector_namespaces(l->p.collector, a->all_namespaces);
}

static void carry_out(struct loop *l, unsigned effects) {
    struct io_request *req;
    while ((req = app_take_job(l->p.app)))
        io_send(l->p.io, req);
    if (effects & EFFECT_QUIT && l->exit_code < 0)
        l->exit_code = 0;
    carry_out_settings(l, effects);
    if (effects & EFFECT_COPY) {
        struct app *a = l->p.app;
        app_copied(a, term_copy(l->p.term, a->clipboard, a->clipboard_len));
    }
    if (effects & EFFECT_PAUSE)
        collector_pause(l->p.collector, l->p.app->paused);
    if (effects & EFFECT_VERDICTS)
        collector_ask_kernel(l->p.collector, app_asks_kernel(l->p.app));
    if (effects & (EFFECT_RESCAN | EFFECT_SWEEP))
        collector_request(l->p.collector, effects & EFFECT_SWEEP);
    l->repaint |= (effects & EFFECT_REPAINT) != 0;
    if (effects & EFFECT_SUSPEND && l->exit_code < 0)
        suspend(l);
}

static void tell_test(struct loop *l, bool drawn) {
    char line[64];
    if (l->test_fd < 0 || (!drawn && l->keys == l->told_keys))
        return;
    l->told_keys = l->keys;
    int n = snprintf(line, sizeof line, "%lu %lu\n", l->frames, l->keys);
    (void)!write(l->test_fd, line, (size_t)n);
}

static void draw(struct loop *l, bool changed) {
    struct app *a = l->p.app;
    bool drawn = false;
    if (changed || l->repaint) {
        if (!l->canvas || l->canvas->rows != a->screen_rows || l->canvas->cols != a->screen_cols ||
            l->canvas->utf8 != a->utf8) {
            canvas_free(l->canvas);
            l->canvas = canvas_new(a->screen_rows, a->screen_cols, a->utf8);
            if (!l->canvas)
                xcheck(-ENOMEM);
        }
        app_draw(a, l->canvas);
        drawn = term_draw(l->p.term, l->canvas, l->repaint);
        l->repaint = false;
        l->frames += drawn;
    }
    tell_test(l, drawn);
}

static void arm(struct loop *l, uint64_t due_ns) {
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(due_ns / second_ns),
                                           .tv_nsec = (long)(due_ns % second_ns)}};
    timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &when, NULL); // 0 disarms
}

// Tells the collector which rows are on the screen.
static void tell_shown(struct loop *l) {
    struct seg_id ids[COLLECTOR_SHOWN];
    size_t count = app_shown(l->p.app, ids, COLLECTOR_SHOWN);
    collector_shown(l->p.collector, ids, count);
}

// Everything that has arrived, then a frame. False: it has to wait for the first picture.
static void turn(struct loop *l, bool *pending) {
    uint64_t now = loop_mono_ns();
    app_time(l->p.app, now, root_wall_ns(l->p.root));
    take_signals(l);
    take_keys(l);
    take_picture(l);
    take_replies(l);
    app_settle(l->p.app);
    unsigned effects = app_effects(l->p.app);
    carry_out(l, effects);
    effects |= app_effects(l->p.app); // of a suspend or a copy
    bool early = !l->had_picture && l->keys == 0 && now < l->p.start_ns + patience_ns;
    *pending |= (effects & EFFECT_DRAW) != 0;
    if (l->exit_code >= 0)
        return;
    if (early) {
        arm(l, l->p.start_ns + patience_ns);
        return;
    }
    draw(l, *pending);
    if (*pending)
        tell_shown(l);
    *pending = false;
    arm(l, app_deadline(l->p.app));
}

static void wait_for_events(struct loop *l) {
    struct pollfd fds[POLL_COUNT] = {
        [POLL_TTY] = {.fd = STDIN_FILENO, .events = POLLIN},
        [POLL_TIMER] = {.fd = l->timer, .events = POLLIN},
        [POLL_SIGNALS] = {.fd = l->signals, .events = POLLIN},
        [POLL_COLLECTOR] = {.fd = collector_fd(l->p.collector), .events = POLLIN},
        [POLL_IO] = {.fd = io_fd(l->p.io), .events = POLLIN},
    };
    uint64_t count;
    if (poll(fds, POLL_COUNT, -1) < 0 && errno != EINTR)
        l->exit_code = 1;
    if (fds[POLL_TIMER].revents)
        (void)!read(l->timer, &count, sizeof count);
    if (fds[POLL_TTY].revents & (POLLHUP | POLLERR | POLLNVAL))
        l->exit_code = 128 + SIGHUP;
}

static int test_descriptor(void) {
    const char *text = getenv("SHMTOP_TEST_FD");
    uint64_t fd = 0;
    if (!text || parse_u64(text, &fd) != 0 || fd > INT32_MAX)
        return -1;
    int flags = fcntl((int)fd, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY ? (int)fd : -1;
}

int loop_run(const struct loop_parts *parts) {
    struct loop l = {.p = *parts, .test_fd = test_descriptor(), .exit_code = -1, .repaint = true};
    sigset_t set;
    bool pending = true;
    loop_signals(&set);
    l.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    l.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (l.signals < 0 || l.timer < 0)
        l.exit_code = 1;
    int rows = 0, cols = 0;
    term_size(parts->term, &rows, &cols);
    app_resize(parts->app, rows, cols);
    while (l.exit_code < 0) {
        turn(&l, &pending);
        if (l.exit_code < 0)
            wait_for_events(&l);
    }
    canvas_free(l.canvas);
    close(l.signals);
    close(l.timer);
    return l.exit_code;
}
