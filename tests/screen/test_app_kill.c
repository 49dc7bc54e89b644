// test_app_kill.c - signalling the holders of a segment or one process: what is asked, what is
// sent.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/signals.h"
#include "app/xalloc.h"
#include "support/drive.h"

// Process 41 holds beta; 42 holds beta too, and gamma alone.
static const struct snapshot *two_holders(bool reused) {
    static const struct {
        const char *name;
        uint64_t ino, links;
    } made[] = {{"/beta", 12, 1}, {"/gamma", 13, 1}, {"/lost", 14, 0}};
    struct builder *b = NULL;
    const struct snapshot *snap = NULL;
    uint32_t first = 0, second = 0;
    assert_int_equal(builder_new(&b), 0);
    *builder_vantage(b) = (struct vantage){.devshm_dev = 26, .page_size = 4096};
    struct process p = {.id = {41, 1000}, .state = 'S', .scan = SCANNED, .fd_scan = SCANNED};
    p.comm = builder_str(b, "worker", 6);
    assert_int_equal(builder_add_process(b, &p, &first), 0);
    p.id = (struct proc_id){42, reused ? 2000 : 1000};
    p.comm = builder_str(b, "\x1b[31mred", 8);
    assert_int_equal(builder_add_process(b, &p, &second), 0);
    for (size_t i = 0; i < 3; i++) {
        struct segment s = {
            .id = {.kind = SEG_POSIX, .dev = 26, .num = made[i].ino, .incarnation = {1, 2, 3}}};
        s.name = builder_str(b, made[i].name, strlen(made[i].name));
        s.flags = made[i].links ? 0 : SEG_FLAG_UNLINKED;
        seg_set(&s, SEG_LINKS, made[i].links);
        seg_set(&s, SEG_SIZE, UINT64_C(4096) << i);
        seg_set(&s, SEG_RESIDENT, UINT64_C(4096) << i);
        seg_set(&s, SEG_SWAPPED, 0);
        seg_set(&s, SEG_MODE, 0600);
        seg_set(&s, SEG_CHANGE_TIME, 100 * S);
        assert_int_equal(builder_add_segment(b, &s), 0);
        builder_add_fd(b, second, SEG_POSIX, 0, 26, made[i].ino, ACCESS_R);
    }
    builder_add_fd(b, first, SEG_POSIX, 0, 26, 12, ACCESS_R | ACCESS_W);
    *builder_coverage(b) = (struct coverage){
        .complete = true, .descriptors = true, .locks = true, .private_maps = true};
    assert_int_equal(builder_freeze(b, 9, drive_now(), 1000 * S, &snap), 0);
    return snap;
}

static void show_two(bool reused) {
    const struct snapshot *snap = two_holders(reused);
    app_snapshot(&app, snap);
    snapshot_unref(snap);
    app_settle(&app);
}

static void one_holder_takes_its_own_key(void **state) {
    (void)state;
    static const char *const harmless[] = {"Enter", "Esc", "K", "s", "k", "y", "Space", "q"};
    show_two(false);
    select_named("posix:/gamma");
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        press_key("K");
        assert_non_null(app.dialog);
        press_key(harmless[i]);
        assert_false(has_job(IO_SIGNAL));
        if (app.dialog)
            press_key("Esc");
    }
    press_key("K");
    assert_shows("Signal this process?");
    assert_shows("shmtop kill posix:/gamma --signal TERM");
    press_key("S");
    struct io_request *req = need_job(IO_SIGNAL);
    assert_int_equal(req->target_count, 1);
    assert_int_equal(req->targets[0].id.pid, 42);
    assert_int_equal(req->targets[0].id.start_ticks, 1000);
    assert_int_equal(req->signal, SIGTERM);
    assert_string_equal(req->targets[0].name, "pid 42 \\x1b[31mred");
    io_request_free(req);
    assert_null(app.dialog);
}

static void several_take_their_number(void **state) {
    (void)state;
    show_two(false);
    select_named("posix:/beta");
    press_key("K");
    assert_shows("Signal 2 processes?");
    type("1");
    press_key("BackTab");
    press_key("Enter");
    assert_false(has_job(IO_SIGNAL));
    assert_shows("type 2");
    press_key("Backspace");
    type("2");
    press_key("BackTab");
    press_key("Enter");
    struct io_request *req = need_job(IO_SIGNAL);
    assert_int_equal(req->target_count, 2);
    io_request_free(req);
}

static void what_would_be_left_is_told(void **state) {
    (void)state;
    show_two(false);
    select_named("posix:/gamma");
    press_key("K");
    assert_shows("holds 3 segments");
    assert_shows("1 segment (8.0K) would be left with nobody (ONLY-ME).");
    assert_shows("1 without a name (16.0K) would be freed.");
    press_key("Esc");
    select_named("posix:/beta"); // both of its holders: beta would be left too
    press_key("K");
    assert_shows("2 segments (12.0K) would be left with nobody (ONLY-ME).");
}

static void the_signal_is_chosen(void **state) {
    (void)state;
    show_two(false);
    select_named("posix:/gamma");
    press_key("K");
    press_key("Up");
    for (int i = 0; i < 4; i++)
        press_key("Right");
    assert_shows("KILL leaves them no time to clean up.");
    assert_shows("--signal KILL");
    press_key("Right");
    assert_shows("until CONT is sent");
    assert_false(shows("would be left"));
    press_key("S");
    struct io_request *req = need_job(IO_SIGNAL);
    assert_int_equal(req->signal, SIGSTOP);
    io_request_free(req);
}

static void another_process_with_its_pid_is_left_alone(void **state) {
    (void)state;
    show_two(false);
    select_named("posix:/gamma");
    press_key("K");
    show_two(true); // 42 is somebody else by now
    assert_shows("gone    pid 42");
    press_key("S");
    assert_false(has_job(IO_SIGNAL));
    assert_null(app.dialog);
    assert_shows("gone already");
}

static void a_process_is_signalled_from_its_list(void **state) {
    (void)state;
    show_two(false);
    press_key("2");
    press_key("Home");
    press_key("K");
    assert_shows("if it is still the same");
    press_key("S");
    struct io_request *req = need_job(IO_SIGNAL);
    assert_int_equal(req->target_count, 1);
    io_request_free(req);
}

static void nobody_and_read_only_ask_nothing(void **state) {
    (void)state;
    select_named("posix:/alpha");
    press_key("K");
    assert_null(app.dialog);
    assert_shows("nobody is seen to hold it");
    drive_teardown(NULL);
    drive_begin(true, "");
    drop_jobs();
    select_named("posix:/beta");
    press_key("K");
    assert_null(app.dialog);
    assert_shows("read-only");
}

static void what_came_of_it_is_told(void **state) {
    (void)state;
    struct io_reply *r = new_reply(IO_SIGNAL, 1, 1);
    r->signal = SIGKILL;
    r->items[0] = (struct op_item){OUTCOME_DONE, xstrdup("pid 42 red"), xstrdup(""), NULL};
    app_reply(&app, r);
    assert_shows("sent KILL to pid 42 red");
    r = new_reply(IO_SIGNAL, 1, 2);
    r->signal = SIGTERM;
    r->op = OP_SIGNAL;
    r->items[0] = (struct op_item){OUTCOME_DONE, xstrdup("pid 41 worker"), xstrdup(""), NULL};
    r->items[1] = (struct op_item){OUTCOME_FAILED, xstrdup("pid 1 init"),
                                   xstrdup("pid 1: not permitted (EPERM)"), NULL};
    app_reply(&app, r);
    assert_shows("1 signalled, 1 not");
    assert_shows("failed: pid 1: not permitted (EPERM)");
    assert_true(app_effects(&app) & EFFECT_RESCAN);
}

static void signals_are_read_by_name_and_number(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int want; // 0: there is no such signal
    } cases[] = {
        {"TERM", SIGTERM}, {"SIGTERM", SIGTERM},
        {"term", SIGTERM}, {"sigKill", SIGKILL},
        {"15", SIGTERM},   {"1", SIGHUP},
        {"0", 0},          {"-9", 0},
        {"65", 0},         {"TERMX", 0},
        {"SIG", 0},        {"", 0},
        {"SIGSIGTERM", 0}, {"9x", 0},
        {"RTMIN+", 0},     {"RTMIN-1", 0},
        {"RTMAX+1", 0},    {"RTMIN+99", 0},
        {"RTMAX-99", 0},   {"RTMIN+-1", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (parse_signal(cases[i].text) != cases[i].want)
            fail_msg("%s: %d", cases[i].text, parse_signal(cases[i].text));
    assert_int_equal(parse_signal("RTMIN"), SIGRTMIN);
    assert_int_equal(parse_signal("SIGRTMIN+3"), SIGRTMIN + 3);
    assert_int_equal(parse_signal("RTMAX"), SIGRTMAX);
    assert_int_equal(parse_signal("rtmax-1"), SIGRTMAX - 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_read_by_name_and_number),
        T(one_holder_takes_its_own_key),
        T(several_take_their_number),
        T(what_would_be_left_is_told),
        T(the_signal_is_chosen),
        T(another_process_with_its_pid_is_left_alone),
        T(a_process_is_signalled_from_its_list),
        T(nobody_and_read_only_ask_nothing),
        T(what_came_of_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
