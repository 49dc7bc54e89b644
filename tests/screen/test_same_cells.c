// test_same_cells.c - the real program in a terminal draws, cell for cell, what the same keys make
// of the state by itself.
//
// A small machine is captured into a directory; `shmtop --root` over it in a pseudo-terminal is
// held against the canvas of an app that is given the same keys, pictures and bytes in this
// process.
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
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_parts.h"
#include "app/io_work.h"
#include "core/text.h"
#include "probes/probe.h"
#include "support/capture.h"
#include "support/captured.h"
#include "support/live.h"
#include "support/vt.h"
#include "ui/style.h"

// Letters rather than function keys: not every terminal has those.
static const char *const plays[] = {
    "",    "Down Down", "t",           "2",   "2 t Down", "3", "4",       "4 i",
    "5",   "M",         "?",           "2 ?", "Enter",    "<", "/ =ring", "\\ =kind:sysv Enter",
    "l l", "a",         "2 \\ =pid:1", "S",
};
static const struct { int rows, cols; } sizes[] = {{30, 100}, {24, 80}, {10, 40}};
static const struct look_case {
    const char *term;
    const char *ascii; // option, NULL none
    int colors;
} looks[] = {
    {"screen-256color", NULL, 256},
    {"vt100", NULL, 0},
    {"screen-256color", "-U", 256},
};

static struct captured machine;
static char root_dir[160];
static int shmids[2];
static struct live_holder holder;

static void make_posix(const char *path, const char *text, size_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    close(fd);
}

static int set_up(void **state) {
    (void)state;
    char error[256] = "";
    struct root *live = NULL;
    if (!live_private())
        return 0;
    make_posix("/dev/shm/ring", "hello ring", 65536);
    make_posix("/dev/shm/\xe3\x83\x87\xe3\x83\xbc\xe3\x82\xbf", "wide", 4096);
    make_posix("/dev/shm/esc\033[31m", "red", 100);
    shmids[0] = shmget(0x5201, 1 << 20, IPC_CREAT | IPC_EXCL | 0600);
    shmids[1] = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0660);
    assert_true(shmids[0] >= 0 && shmids[1] >= 0);
    live_hold(
        &(struct live_hold){
            .shmid = shmids[0], .fd = -1, .len = 1 << 20, .touch = 4096, .map = true},
        &holder);
    captured_new(&machine);
    snprintf(root_dir, sizeof root_dir, "%s/root", machine.dir);
    assert_int_equal(root_open(NULL, &live), 0);
    struct capture_options opt = {.content = 4096};
    int err = capture_root(live, root_dir, &opt, error, sizeof error);
    root_close(live);
    if (err)
        fail_msg("%s", error);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    if (!root_dir[0])
        return 0;
    live_release(&holder);
    shmctl(shmids[0], IPC_RMID, NULL);
    shmctl(shmids[1], IPC_RMID, NULL);
    unlink("/dev/shm/ring");
    unlink("/dev/shm/\xe3\x83\x87\xe3\x83\xbc\xe3\x82\xbf");
    unlink("/dev/shm/esc\033[31m");
    captured_done(&machine);
    return 0;
}

// --- the state by itself

static struct app app;
static struct root *root;
static struct prober *prober;
static struct io_worker *worker;
static uint64_t mono;

static void look(bool first, bool everything) {
    const struct scan_request want = {.everything = everything,
                                      .private_maps = !first,
                                      .descriptors = !first,
                                      .locks = !first,
                                      .skip_self = true};
    const struct snapshot *snap = NULL;
    assert_int_equal(prober_scan(prober, &want, &snap), 0);
    app_snapshot(&app, snap);
    struct events none = {0};
    app_events(&app, &none, NAMES_SAMPLED);
    snapshot_unref(snap);
}

// What the loop does after a turn, until there is nothing more to do.
static void turn(void) {
    struct io_request *req;
    for (int i = 0; i < 20; i++) {
        app_settle(&app);
        bool idle = true;
        while ((req = app_take_job(&app))) {
            struct io_reply *reply = io_worker_do(worker, req);
            if (reply)
                app_reply(&app, reply);
            idle = false;
        }
        unsigned effects = app_effects(&app);
        if (effects & (EFFECT_RESCAN | EFFECT_SWEEP))
            look(false, (effects & EFFECT_SWEEP) != 0);
        else if (idle)
            return;
    }
}

static void press(const char *name) {
    struct key key;
    assert_true(key_parse(name, strlen(name), &key));
    app_key(&app, &key);
    turn();
}

static void begin(int rows, int cols, bool utf8) {
    struct settings settings;
    config_defaults(&settings);
    settings.delay_ns = UINT64_C(3600000000000);
    settings.ascii = !utf8;
    struct app_config config = {.settings = &settings, .utf8 = utf8, .fixed = true};
    assert_int_equal(root_open(root_dir, &root), 0);
    assert_int_equal(prober_new(root, &prober), 0);
    worker = io_worker_new(root);
    mono = UINT64_C(1000000000);
    app_init(&app, &config);
    app_time(&app, mono, root_wall_ns(root));
    app_resize(&app, rows, cols);
    look(true, false);
    turn();
}

static void end(void) {
    app_done(&app);
    io_worker_free(worker);
    prober_free(prober);
    root_close(root);
}

// Gives each key of a play to what takes it; "=word" is typed.
static void play(const char *keys, void (*key)(const char *name)) {
    while (*keys) {
        char name[32], one[2] = "";
        size_t n = strcspn(keys, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, keys);
        if (name[0] == '=' && name[1])
            for (const char *c = name + 1; *c; c++) {
                one[0] = *c;
                key(one);
            }
        else
            key(name);
        keys += n + strspn(keys + n, " ");
    }
}

// --- the program in its terminal

static struct vt *vt;

static void type_key(const char *name) {
    if (!vt_key(vt, name))
        fail_msg("key %s is not answered:\n%s", name, vt_screen(vt));
}

static void start_program(int rows, int cols, const struct look_case *l) {
    const char *argv[] = {getenv("SHMTOP"), "--root", root_dir, "-d", "3600", l->ascii, NULL};
    vt = vt_new(&(struct vt_start){argv, l->term, rows, cols, NULL});
    assert_non_null(vt);
    if (!vt_wait(vt, "in-use"))
        fail_msg("no table:\n%s", vt_screen(vt));
}

// The cell of the terminal as the canvas would have it. The marks are compared, and that a colour
// stands where the theme wants one; which one is the terminal's palette.
static bool cell_same(const struct cell *want, const struct vt_cell *got, int colors, char *why,
                      size_t size) {
    const struct look *look = theme_look(themes[0], (enum style)want->style, colors);
    uint32_t ch = got->ch[0] ? got->ch[0] : ' ';
    bool reverse = look->attr & ATTR_REVERSE, bold = look->attr & ATTR_BOLD;
    bool underline = look->attr & ATTR_UNDERLINE;
    if (want->width && ch != want->ch[0])
        snprintf(why, size, "U+%04X, not U+%04X", (unsigned)ch, (unsigned)want->ch[0]);
    else if (got->reverse != reverse || got->bold != bold || got->underline != underline)
        snprintf(why, size, "attributes of style %d", want->style);
    else if (colors && (got->default_fg != (look->fg < 0) || got->default_bg != (look->bg < 0)))
        snprintf(why, size, "colours of style %d", want->style);
    else
        return true;
    return false;
}

static bool all_same(const struct canvas *c, int colors, char *why, size_t size) {
    for (int y = 0; y < c->rows; y++)
        for (int x = 0; x < c->cols; x++) {
            const struct cell *want = &c->cells[y * c->cols + x];
            struct vt_cell got;
            char what[80];
            vt_cell(vt, y, x, &got);
            if (!want->width) // right half of a wide one
                continue;
            if (!cell_same(want, &got, colors, what, sizeof what)) {
                snprintf(why, size, "row %d, column %d: %s", y, x, what);
                return false;
            }
        }
    return true;
}

// The colours the terminal is given: what the program found there decides, not we.
static void hold_against(const char *keys, int rows, int cols, const struct look_case *l) {
    char why[160] = "";
    bool same = false;
    begin(rows, cols, !l->ascii);
    play(keys, press);
    struct canvas *c = canvas_new(rows, cols, !l->ascii);
    assert_non_null(c);
    app_draw(&app, c);
    end();
    start_program(rows, cols, l);
    play(keys, type_key);
    // What another thread answers comes with a frame of its own.
    for (int frame = 0; frame < 12 && !same; frame++) {
        same = all_same(c, l->colors, why, sizeof why);
        if (!same && !vt_wait_frame(vt))
            break;
    }
    if (!same)
        fail_msg("keys \"%s\" at %dx%d on %s%s: %s\n%s", keys, cols, rows, l->term,
                 l->ascii ? " in ASCII" : "", why, vt_screen(vt));
    canvas_free(c);
    vt_free(vt);
    vt = NULL;
}

static int stop(void **state) {
    (void)state;
    vt_free(vt);
    vt = NULL;
    return 0;
}

static void the_program_draws_what_the_state_says(void **state) {
    (void)state;
    if (!root_dir[0])
        skip();
    for (size_t l = 0; l < sizeof looks / sizeof looks[0]; l++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (size_t i = 0; i < sizeof plays / sizeof plays[0]; i++)
                hold_against(plays[i], sizes[s].rows, sizes[s].cols, &looks[l]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_program_draws_what_the_state_says, stop),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
