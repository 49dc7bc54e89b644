// test_commands.c - every command of the table, in every view it belongs to, by key and by name.
//
// A command has to do something that can be seen: another screen, an effect for the loop, or a job
// for the I/O thread. The same has to come of each of its keys and of its name in the palette. What
// a command needs to find before it can do anything stands in `needs`; one that is new and does
// nothing here without it fails until it has its line.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "support/drive.h"
#include "support/scene.h"

// How a view is reached from the segments, as keys; "" is the segments themselves.
static const struct way {
    enum view view;
    const char *keys;
} ways[] = {
    {VIEW_SEGMENTS, ""},
    {VIEW_PROCESSES, "2"},
    {VIEW_LEAKS, "3"},
    {VIEW_LIMITS, "5"},
    {VIEW_HEX, "Enter"},
    {VIEW_HELP, "?"},
    {VIEW_MESSAGES, "M"},
    {VIEW_SETUP, "F2"},
    {VIEW_EVENTS, "4 End Enter Home"},
    {VIEW_LENS, "Enter L s t r u c t Space { u 3 2 Space a ; } [ 1 2 8 ] Enter"},
    {VIEW_EDIT, "Enter e"},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static bool is_there(enum view view) {
    return screen_of(view) || view == VIEW_EDIT;
}

// Keys pressed in the view before the command is tried; view VIEW_COUNT: in any of them.
static const struct need {
    const char *command;
    enum view view;
    const char *keys;
} needs[] = {
    {"fold-row", VIEW_COUNT, "+"},
    {"newest", VIEW_EVENTS, "Down Down"},
    {"up", VIEW_COUNT, "End"},
    {"page-up", VIEW_COUNT, "End"},
    {"top", VIEW_COUNT, "End"},
    {"left", VIEW_COUNT, "Right"},
    {"sort-invert", VIEW_LEAKS, "F6 Down Down Enter"},
    {"search-next", VIEW_SEGMENTS, "/ a l p h a Enter Home"},
    {"search-previous", VIEW_SEGMENTS, "/ a l p h a Enter Home"},
    {"search-next", VIEW_HELP, "/ s e g Enter Home"},
    {"search-previous", VIEW_HELP, "/ s e g Enter Home"},
    {"untag-all", VIEW_COUNT, "Space"},
    {"back", VIEW_SEGMENTS, "F4 a l p h a Enter"},
};

// What does nothing where it stands, and why that is right.
static const struct {
    const char *command;
    enum view view;
    const char *because;
} silent[] = {
    {"segments", VIEW_SEGMENTS, "it shows already"},
    {"processes", VIEW_PROCESSES, "likewise"},
    {"leaks", VIEW_LEAKS, "likewise"},
    {"limits", VIEW_LIMITS, "likewise"},
    {"messages", VIEW_MESSAGES, "likewise"},
    {"events", VIEW_EVENTS, "likewise"},
};

static void press_all(const char *keys) {
    while (*keys) {
        char name[16];
        size_t len = strcspn(keys, " ");
        snprintf(name, sizeof name, "%.*s", (int)len, keys);
        press_key(name);
        if (app.reading.outstanding)
            answer(65536, 0x41);
        keys += len;
        keys += strspn(keys, " ");
    }
}

static const char *keys_for(const char *command, enum view view) {
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (strcmp(needs[i].command, command) == 0 &&
            (needs[i].view == view || needs[i].view == VIEW_COUNT))
            return needs[i].keys;
    return "";
}

static bool may_be_silent(const char *command, enum view view) {
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (strcmp(silent[i].command, command) == 0 && silent[i].view == view)
            return true;
    return false;
}

// More segments than a screen holds, so that every movement moves.
static void show_many(void) {
    static struct made many[60];
    static char names[60][16];
    for (size_t i = 0; i < 60; i++) {
        snprintf(names[i], sizeof names[i], i ? "/many%02zu" : "/alpha", i);
        many[i] = (struct made){.kind = i % 5 == 4 ? SEG_SYSV : SEG_POSIX,
                                .num = 100 + i,
                                .name = names[i],
                                .size = 4096 * (60 - i),
                                .change_s = 100,
                                .held = i % 3 == 0};
    }
    show(many, 60);
}

static struct scene scene; // for its events

// Brings the view up anew, with what the command needs.
static void begin(const struct way *way, const char *command) {
    drive_crowded = true;
    drive_begin(false, "");
    app_resize(&app, 20, 80);
    show_many();
    struct events events = scene_events(&scene);
    app_events(&app, &events, NAMES_WITH_PID);
    press_key("Home");
    press_all(way->keys);
    press_all(keys_for(command, way->view));
    drop_jobs();
    app_effects(&app);
}

static int make_scene(void **state) {
    (void)state;
    scene_make(&scene);
    return 0;
}

static int free_scene(void **state) {
    (void)state;
    scene_free(&scene);
    return 0;
}

// What can be seen of the program after a command: screen, effects, jobs.
struct trace {
    char *screen;
    unsigned effects;
    char jobs[64];
};

static void trace(struct trace *t) {
    struct io_request *req;
    size_t n = 0;
    memset(t, 0, sizeof *t);
    app_settle(&app);
    t->screen = screen();
    t->effects = app_effects(&app) & ~(unsigned)EFFECT_DRAW;
    while ((req = app_take_job(&app))) {
        if (n + 1 < sizeof t->jobs)
            t->jobs[n++] = (char)('a' + (int)req->kind);
        io_request_free(req);
    }
}

static bool same(const struct trace *a, const struct trace *b) {
    return a->effects == b->effects && strcmp(a->screen, b->screen) == 0 &&
           strcmp(a->jobs, b->jobs) == 0;
}

static void run_named(const char *name) {
    press_key(":");
    type(name);
    press_key("Enter");
}

// The whole of one command in one view. Reports and returns false on the first that is wrong.
static bool try_command(const struct way *way, const struct command_info *info) {
    struct trace before, by_key, by_name;
    bool good = true, by_palette = way->view != VIEW_EDIT && strcmp(info->name, "command") != 0;
    begin(way, info->name);
    trace(&before);
    drive_teardown(NULL);
    if (by_palette) {
        begin(way, info->name);
        run_named(info->name);
        trace(&by_name);
        drive_teardown(NULL);
    }
    for (const char *keys = info->keys; *keys && good;) {
        char name[16];
        size_t len = strcspn(keys, " ");
        snprintf(name, sizeof name, "%.*s", (int)len, keys);
        keys += len;
        keys += strspn(keys, " ");
        begin(way, info->name);
        press_key(name);
        trace(&by_key);
        drive_teardown(NULL);
        if (same(&by_key, &before) && !may_be_silent(info->name, way->view)) {
            print_error("%s (%s) does nothing in view %d:\n%s", info->name, name, (int)way->view,
                        by_key.screen);
            good = false;
        } else if (strstr(by_key.screen, "does nothing here")) {
            print_error("%s (%s) is unknown in view %d\n", info->name, name, (int)way->view);
            good = false;
        } else if (by_palette && !same(&by_key, &by_name)) {
            print_error("%s: by key %s (effects %x, jobs %s):\n%s\nby name (effects %x, jobs "
                        "%s):\n%s\n",
                        info->name, name, by_key.effects, by_key.jobs, by_key.screen,
                        by_name.effects, by_name.jobs, by_name.screen);
            good = false;
        }
        free(by_key.screen);
    }
    free(before.screen);
    if (by_palette)
        free(by_name.screen);
    return good;
}

static void every_view_can_be_reached(void **state) {
    (void)state;
    for (int view = 0; view < VIEW_COUNT; view++) {
        bool found = false;
        for (size_t i = 0; i < WAYS; i++)
            found = found || ways[i].view == (enum view)view;
        if (!found && screen_of((enum view)view))
            fail_msg("no way to view %d: give it its line in `ways`", view);
    }
    for (size_t i = 0; i < WAYS; i++) {
        if (!is_there(ways[i].view))
            continue;
        begin(&ways[i], "");
        assert_int_equal(app_key_view(&app), ways[i].view);
        drive_teardown(NULL);
    }
}

static void every_command_does_what_it_says_by_key_and_by_name(void **state) {
    (void)state;
    size_t tried = 0, wrong = 0;
    for (unsigned cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
        const struct command_info *info = command_info((enum command)cmd);
        size_t views = 0;
        assert_true(info->help[0] && info->name[0] && info->keys[0]);
        for (size_t i = 0; i < WAYS; i++) {
            if (!(info->views & IN(ways[i].view)) || !is_there(ways[i].view))
                continue;
            views++;
            tried++;
            wrong += !try_command(&ways[i], info);
        }
        if (views == 0)
            print_message("# %s: only in a view that is not there yet\n", info->name);
    }
    print_message("# %zu commands and views\n", tried);
    assert_true(tried > 100);
    assert_int_equal(wrong, 0);
}

static void what_changes_something_is_refused_in_read_only_mode(void **state) {
    (void)state;
    for (unsigned cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
        const struct command_info *info = command_info((enum command)cmd);
        for (size_t i = 0; i < WAYS && info->flags & CMD_CHANGES; i++) {
            if (!(info->views & IN(ways[i].view)) || !screen_of(ways[i].view))
                continue;
            begin(&ways[i], info->name);
            app.read_only = true;
            app_command(&app, (enum command)cmd);
            app_settle(&app);
            if (app.dialog || app.prompt.kind)
                fail_msg("%s in view %d:\n%s", info->name, (int)ways[i].view, screen());
            assert_false(has_job(IO_OP));
            drive_teardown(NULL);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_view_can_be_reached),
        cmocka_unit_test(every_command_does_what_it_says_by_key_and_by_name),
        cmocka_unit_test(what_changes_something_is_refused_in_read_only_mode),
    };
    return cmocka_run_group_tests(tests, make_scene, free_scene);
}
