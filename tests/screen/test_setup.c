// test_setup.c - the setup screen: values, columns, live preview, and saving only when asked.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_parts.h"
#include "support/drive.h"
#include "support/golden.h"
#include "support/vt.h"

static void golden(const char *name, int rows, int cols, bool utf8) {
    app_resize(&app, rows, cols);
    struct canvas *c = canvas_new(rows, cols, utf8);
    app_draw(&app, c);
    assert_true(golden_canvas(name, c, true));
    canvas_free(c);
    app_resize(&app, 30, 100);
}

static void down_to(const char *label) {
    press_key("Home");
    for (int i = 0; i < 60; i++) {
        char *all = screen();
        const char *at = strstr(all, " >");
        at = at ? at + 2 + strspn(at + 2, " ") : "";
        size_t len = strcspn(at, " \n");
        bool here = len == strlen(label) && strncmp(at, label, len) == 0;
        free(all);
        if (here)
            return;
        press_key("Down");
    }
    fail_msg("no line %s", label);
}

static const char *columns(void) {
    static char text[SETTING_TEXT];
    return setting_text(&app.settings, SETTING_COLUMNS, text);
}

static void it_opens_and_closes_from_everywhere(void **state) {
    (void)state;
    press_key("F2");
    assert_int_equal(app.view, VIEW_SETUP);
    press_key("?");
    assert_shows("Help: setup");
    press_key("Esc");
    assert_int_equal(app.view, VIEW_SETUP);
    press_key("Esc");
    assert_int_equal(app.view, VIEW_SEGMENTS);
    press_key("Enter");
    answer(4096, 0);
    press_key("S");
    press_key("q");
    assert_int_equal(app.view, VIEW_HEX);
    assert_true(app.hex.bytes.open);
    press_key("?");
    press_key("F2"); // from the help over it
    assert_int_equal(app.view, VIEW_SETUP);
    press_key("F2");
    assert_int_equal(app.view, VIEW_HEX);
    press_key("Esc");
    press_key("c");
    assert_int_equal(app.view, VIEW_SETUP);
    assert_int_equal(app.setup.selected, SETTING_COUNT);
}

static void values_change_at_once(void **state) {
    (void)state;
    press_key("F2");
    down_to("theme");
    app_effects(&app);
    press_key("Right");
    assert_string_equal(app.settings.theme, "light");
    assert_true(app_effects(&app) & EFFECT_LOOKS);
    press_key("Left");
    press_key("Left");
    assert_string_equal(app.settings.theme, "mono");
    down_to("mouse");
    press_key("Space");
    assert_false(app.mouse);
    assert_true(app_effects(&app) & EFFECT_MOUSE);
    down_to("delay");
    press_key("Enter");
    assert_non_null(app.prompt.kind);
    press_key("Backspace");
    type("0.25");
    press_key("Enter");
    assert_int_equal(app.settings.delay_ns, 250000000);
    assert_true(app_effects(&app) & EFFECT_DELAY);
    press_key("Right"); // from a value that is none of the offered ones
    assert_int_equal(app.settings.delay_ns, 500000000);
    down_to("sort");
    press_key("Right");
    assert_int_equal(app.table.sort, COL_RESIDENT);
    down_to("ascii");
    press_key("Enter");
    assert_false(app.utf8);
}

static void a_wrong_value_is_said_where_it_is_typed(void **state) {
    (void)state;
    press_key("F2");
    down_to("delay");
    press_key("Enter");
    type("x");
    press_key("Enter");
    assert_shows("is not a number of seconds");
    assert_non_null(app.prompt.kind);
    press_key("Esc");
    assert_int_equal(app.settings.delay_ns, 1000000000);
    assert_int_equal(app.setup.touched, 0);
}

static void columns_are_chosen_ordered_and_sized(void **state) {
    (void)state;
    press_key("c");
    assert_shows("[x]");
    down_to("swapped");
    press_key("Space"); // the screen's own choice without it
    assert_string_equal(columns(), "id size resident att user perm age state trend");
    down_to("state");
    for (int i = 0; i < 6; i++)
        press_key("<");
    assert_string_equal(columns(), "id state size resident att user perm age trend");
    press_key(">");
    assert_string_equal(columns(), "id size state resident att user perm age trend");
    press_key("Right");
    assert_string_equal(columns(), "id size state:10 resident att user perm age trend");
    down_to("trend");
    press_key("Space"); // makes room
    down_to("creator");
    press_key("<");
    assert_shows("Space shows it first");
    press_key("Space");
    assert_string_equal(columns(), "id size state:10 resident att user perm age creator");
    press_key("Esc");
    assert_shows("CREATOR");
    assert_shows("not saved: the changes hold");
}

static void without_a_column_shmtop_chooses_again(void **state) {
    (void)state;
    press_key(":");
    type("columns size");
    press_key("Enter");
    press_key("c");
    down_to("size");
    press_key("Space");
    assert_string_equal(columns(), "");
    assert_shows("shmtop chooses by itself");
    press_key("Esc");
    assert_shows("OWNER");
}

static void what_was_changed_can_be_taken_back(void **state) {
    (void)state;
    press_key("F2");
    press_key("r");
    assert_shows("nothing was changed");
    down_to("theme");
    press_key("Right");
    down_to("follow");
    press_key("Space");
    down_to("size");
    press_key("Space");
    assert_shows("changed: columns, theme, follow");
    press_key("r");
    assert_string_equal(app.settings.theme, "dark");
    assert_true(app.table.follow);
    assert_string_equal(columns(), "");
    assert_int_equal(app.setup.touched, 0);
}

static void nothing_is_saved_but_by_its_key(void **state) {
    (void)state;
    press_key("F2");
    press_key("s");
    assert_shows("nothing was changed");
    assert_false(app_effects(&app) & EFFECT_SAVE);
    down_to("theme");
    press_key("Right");
    press_key("Esc");
    assert_false(app_effects(&app) & EFFECT_SAVE);
    press_key("F2");
    down_to("theme");
    press_key("Right");
    press_key("s");
    assert_true(app_effects(&app) & EFFECT_SAVE);
    assert_int_equal(app.setup.touched, SETTING_BIT(THEME)); // and the mouse is no part of it
    app_saved(&app, "/x/config", "/x/config: is not saved (EROFS)");
    assert_shows("EROFS");
    assert_int_equal(app.setup.touched, SETTING_BIT(THEME));
    app_saved(&app, "/x/config", "");
    assert_shows("saved to /x/config");
    assert_int_equal(app.setup.touched, 0);
}

static void the_screen_at_its_sizes(void **state) {
    (void)state;
    press_key("F2");
    golden("setup-100x30.txt", 30, 100, true);
    down_to("theme");
    press_key("Right");
    golden("setup-80x24.txt", 24, 80, true);
    golden("setup-80x24-ascii.txt", 24, 80, false);
    press_key("c");
    golden("setup-columns-100x30.txt", 30, 100, true);
    golden("setup-columns-40x10.txt", 10, 40, true);
    golden("setup-20x5.txt", 5, 20, true);
    press_key("End");
    for (int rows = 1; rows < 40; rows += 3)
        for (int cols = 1; cols < 200; cols += 7) {
            app_resize(&app, rows, cols);
            struct canvas *c = canvas_new(rows, cols, true);
            app_draw(&app, c);
            canvas_free(c);
        }
}

// --- the real program and its file

static struct vt *vt;
static char dir[64], path[128], env[96];

static int begin(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/test_setup.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/shmtop", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/shmtop/config", dir);
    snprintf(env, sizeof env, "XDG_CONFIG_HOME=%s", dir);
    return 0;
}

static int end(void **state) {
    char command[128];
    (void)state;
    vt_free(vt);
    vt = NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command); // NOLINT: our own directory
}

static void write_file(const char *file, const char *text) {
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static const char *file_text(void) {
    static char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void start(const char *arg, const char *more_env) {
    const char *argv[] = {getenv("SHMTOP"), "-d", "0.5", arg, NULL};
    const char *envs[] = {env, more_env, NULL};
    vt = vt_new(&(struct vt_start){argv, NULL, 30, 100, envs});
    assert_non_null(vt);
    if (!vt_wait(vt, "NAME"))
        fail_msg("no table:\n%s", vt_screen(vt));
}

static void shows_in_program(const char *text) {
    if (!vt_wait(vt, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, vt_screen(vt));
}

static void key(const char *name) {
    if (!vt_key(vt, name))
        fail_msg("key %s not answered:\n%s", name, vt_screen(vt));
}

static void a_save_writes_what_was_changed_and_nothing_else(void **state) {
    (void)state;
    struct stat st;
    write_file(path, "# my file\nascii = no ; for now\nunknown = 1\n");
    start(NULL, NULL);
    shows_in_program("config:3: unknown: there is no such setting");
    key("F2");
    shows_in_program("Setup");
    for (int i = 0; i < SETTING_ASCII; i++)
        key("Down");
    key("Space");
    shows_in_program("changed: ascii");
    assert_string_equal(file_text(), "# my file\nascii = no ; for now\nunknown = 1\n");
    key("s");
    shows_in_program("saved to ");
    assert_string_equal(file_text(), "# my file\nascii = yes ; for now\nunknown = 1\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    vt_send(vt, "Q", 1);
    int status = 0;
    assert_true(vt_wait_exit(vt, &status));
    assert_string_equal(file_text(), "# my file\nascii = yes ; for now\nunknown = 1\n");
}

static void without_a_directory_a_save_makes_it(void **state) {
    (void)state;
    char inner[96];
    snprintf(inner, sizeof inner, "XDG_CONFIG_HOME=%s/a/b", dir);
    snprintf(path, sizeof path, "%s/a/b/shmtop/config", dir);
    start(NULL, inner);
    key(":");
    vt_type(vt, "theme light");
    key("Enter");
    assert_int_equal(access(path, F_OK), -1);
    key("F2");
    key("Down");
    key("Right");
    key("s");
    shows_in_program("saved to ");
    assert_string_equal(file_text(), "sort = resident\n"); // the theme was set elsewhere
}

static void a_link_stays_a_link(void **state) {
    (void)state;
    char real[96];
    struct stat st;
    snprintf(real, sizeof real, "%s/dotfile", dir);
    write_file(real, "mouse = yes\n");
    assert_int_equal(symlink(real, path), 0);
    start(NULL, NULL);
    key("F2");
    for (int i = 0; i < SETTING_MOUSE; i++)
        key("Down");
    key("Space");
    key("s");
    shows_in_program("saved to ");
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_string_equal(file_text(), "mouse = no\n");
}

static void a_link_of_somebody_else_is_not_followed(void **state) {
    (void)state;
    char real[96];
    snprintf(real, sizeof real, "%s/victim", dir);
    write_file(real, "mouse = yes\n");
    assert_int_equal(symlink(real, path), 0);
    if (lchown(path, 65534, 65534) != 0)
        skip();
    start(NULL, NULL);
    key("F2");
    for (int i = 0; i < SETTING_MOUSE; i++)
        key("Down");
    key("Space");
    key("s");
    shows_in_program("is not saved (ELOOP)");
    assert_string_equal(file_text(), "mouse = yes\n");
}

static void what_cannot_be_saved_is_said(void **state) {
    (void)state;
    char at[96];
    assert_int_equal(mkdir(path, 0700), 0);
    start(NULL, NULL);
    shows_in_program("cannot be read");
    key("F2");
    key("Down");
    key("Right");
    key("s");
    shows_in_program("is not saved");
    assert_int_equal(rmdir(path), 0);
    snprintf(at, sizeof at, "%s/shmtop", dir);
    assert_int_equal(rmdir(at), 0);
    write_file(at, "a file where the directory should be\n");
    key("s");
    shows_in_program("ENOTDIR");
}

static struct vt_cell title_cell(void) {
    struct vt_cell cell;
    vt_cell(vt, 0, 1, &cell);
    return cell;
}

static void themes_change_at_once_and_come_from_files(void **state) {
    (void)state;
    char file[128];
    snprintf(file, sizeof file, "%s/shmtop/themes", dir);
    assert_int_equal(mkdir(file, 0700), 0);
    snprintf(file, sizeof file, "%s/shmtop/themes/mine", dir);
    write_file(file, "base = light\ntitle = 0 226 bold\n");
    write_file(path, "theme = mine\n");
    start(NULL, NULL);
    struct vt_cell cell = title_cell();
    assert_false(cell.default_bg);
    assert_int_equal(cell.bg[0], 255); // 226 is yellow
    assert_int_equal(cell.bg[1], 255);
    assert_int_equal(cell.bg[2], 0);
    key(":");
    vt_type(vt, "theme mono");
    key("Enter");
    shows_in_program("theme = mono");
    cell = title_cell();
    assert_true(cell.default_bg && cell.default_fg && cell.reverse);
    key(":");
    vt_type(vt, "theme m");
    key("Tab");
    key("Tab");
    key("Enter");
    shows_in_program("theme = mine");
    assert_false(title_cell().default_bg);
    key(":");
    vt_type(vt, "color no");
    key("Enter");
    shows_in_program("color = no");
    assert_true(title_cell().default_bg);
}

static void a_broken_theme_is_said_by_its_line(void **state) {
    (void)state;
    static const char *const broken[][2] = {
        {"title = 300 1\n", "themes/bad:1: 300 is no colour"},
        {"\ntitle = 1\n", "themes/bad:2: wants a foreground and a background"},
        {"title = red red\n", "themes/bad:1: would be invisible"},
        {"pink = red blue\n", "themes/bad:1: pink is no style"},
        {"title = red blue loud\n", "themes/bad:1: loud is no attribute"},
        {"base = pink\n", "themes/bad:1: base is none of"},
        {"nonsense\n", "themes/bad:1: is not STYLE"},
    };
    char file[128];
    snprintf(file, sizeof file, "%s/shmtop/themes", dir);
    assert_int_equal(mkdir(file, 0700), 0);
    snprintf(file, sizeof file, "%s/shmtop/themes/bad", dir);
    write_file(path, "theme = bad\n");
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        write_file(file, broken[i][0]);
        start(NULL, NULL);
        shows_in_program(broken[i][1]);
        vt_free(vt);
        vt = NULL;
    }
}

static void no_color_holds_unless_a_theme_is_asked_for(void **state) {
    (void)state;
    start(NULL, "NO_COLOR=1");
    assert_true(title_cell().default_bg);
    vt_free(vt);
    write_file(path, "theme = dark\n");
    start(NULL, "NO_COLOR=1");
    assert_false(title_cell().default_bg);
    vt_free(vt);
    write_file(path, "color = no\n");
    start(NULL, NULL);
    assert_true(title_cell().default_bg);
}

static void the_command_line_beats_the_file(void **state) {
    (void)state;
    write_file(path, "delay = 9\nsort = name\ntheme = dark\nfilter = nothing-like-it\n");
    start("-C", NULL);
    assert_true(title_cell().default_bg);
    shows_in_program("NAME / KEY\u25b2");
    shows_in_program("filter: nothing-like-it");
    shows_in_program("0.5s");
}

// --- what is remembered

static const char *state_text(void) {
    char keep[128];
    snprintf(keep, sizeof keep, "%s", path);
    snprintf(path, sizeof path, "%s/state/shmtop/state", dir);
    const char *text = file_text();
    snprintf(path, sizeof path, "%s", keep);
    return text;
}

static void run_and_quit(const char *arg, const char *state_env, const char *keys) {
    int status = 0;
    start(arg, state_env);
    for (; *keys; keys++)
        key((char[]){*keys, '\0'});
    vt_send(vt, "Q", 1);
    assert_true(vt_wait_exit(vt, &status));
    assert_int_equal(status, 0);
    vt_free(vt);
    vt = NULL;
}

static void the_sort_order_is_remembered_unless_it_was_told(void **state) {
    (void)state;
    char state_env[128];
    snprintf(state_env, sizeof state_env, "XDG_STATE_HOME=%s/state", dir);
    run_and_quit(NULL, state_env, "");
    assert_string_equal(state_text(), ""); // nothing was changed, nothing is written
    run_and_quit("-R", state_env, "I");
    assert_string_equal(state_text(), ""); // read-only changes nothing at all
    run_and_quit(NULL, state_env, "I");
    assert_string_equal(state_text(), "sort = size inverted\ninspector = yes\n");
    start(NULL, state_env);
    shows_in_program("SIZE\u25b2");
    vt_free(vt);
    vt = NULL;
    run_and_quit("-sname", state_env, "I"); // for this time alone
    assert_string_equal(state_text(), "sort = size inverted\ninspector = yes\n");
    write_file(path, "sort = name\n");
    start(NULL, state_env);
    shows_in_program("NAME / KEY\u25b2"); // the configuration says it
}

static void what_is_remembered_wrongly_does_no_harm(void **state) {
    (void)state;
    static const char *const broken[] = {"sort = pink\n", "\n\n=\n", "inspector = maybe\nsort\n"};
    char state_env[128], file[128];
    snprintf(state_env, sizeof state_env, "XDG_STATE_HOME=%s/state", dir);
    snprintf(file, sizeof file, "%s/state", dir);
    assert_int_equal(mkdir(file, 0700), 0);
    snprintf(file, sizeof file, "%s/state/shmtop", dir);
    assert_int_equal(mkdir(file, 0700), 0);
    snprintf(file, sizeof file, "%s/state/shmtop/state", dir);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        write_file(file, broken[i]);
        run_and_quit(NULL, state_env, "");
        assert_string_equal(state_text(), broken[i]);
    }
    run_and_quit(NULL, "XDG_STATE_HOME=/proc/self", "I"); // no place to write to
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, drive_setup, drive_teardown)
#define V(name) cmocka_unit_test_setup_teardown(name, begin, end)
        T(it_opens_and_closes_from_everywhere),
        T(values_change_at_once),
        T(a_wrong_value_is_said_where_it_is_typed),
        T(columns_are_chosen_ordered_and_sized),
        T(without_a_column_shmtop_chooses_again),
        T(what_was_changed_can_be_taken_back),
        T(nothing_is_saved_but_by_its_key),
        T(the_screen_at_its_sizes),
        V(a_save_writes_what_was_changed_and_nothing_else),
        V(without_a_directory_a_save_makes_it),
        V(a_link_stays_a_link),
        V(a_link_of_somebody_else_is_not_followed),
        V(what_cannot_be_saved_is_said),
        V(themes_change_at_once_and_come_from_files),
        V(a_broken_theme_is_said_by_its_line),
        V(no_color_holds_unless_a_theme_is_asked_for),
        V(the_command_line_beats_the_file),
        V(the_sort_order_is_remembered_unless_it_was_told),
        V(what_is_remembered_wrongly_does_no_harm),
#undef T
#undef V
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
