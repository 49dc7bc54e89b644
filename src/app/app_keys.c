// app_keys.c - the commands that every view has, and which key or click runs which command.
#include "app/app_parts.h"
#include "ui/widgets.h"

// --- commands of every view

// Asks when edits are pending; asked twice, it goes.
static void quit(struct app *a) {
    if (edit_pending(a) && !edit_question_asked(a)) {
        dialog_free(a->dialog);
        edit_question_open(a, EDIT_LEAVES_PROGRAM, VIEW_SEGMENTS);
        return;
    }
    app_do(a, EFFECT_QUIT);
}

static void close_view(struct app *a) {
    if (app_is_overlay(a->view))
        app_go(a, a->below);
    else if (a->view == VIEW_HEX)
        app_go(a, a->hex.from);
    else if (a->view != VIEW_SEGMENTS)
        app_go(a, VIEW_SEGMENTS);
    else
        quit(a);
}

static void toggle_mouse(struct app *a) {
    a->mouse = !a->mouse;
    app_message(a, ALERT_INFO,
                a->mouse ? "mouse on; Shift+drag selects text" : "mouse off; the terminal selects");
    app_do(a, EFFECT_MOUSE);
}

static void toggle_pause(struct app *a) {
    a->paused = !a->paused;
    app_do(a, EFFECT_PAUSE | EFFECT_DRAW);
}

size_t app_text_page(const struct app *a) {
    return a->screen_rows > 4 ? (size_t)a->screen_rows - 3 : 1;
}

static void toggle_namespaces(struct app *a) {
    a->all_namespaces = !a->all_namespaces;
    app_message(a, ALERT_INFO,
                a->all_namespaces ? "segments of all namespaces"
                                  : "segments of our own namespaces");
    app_do(a, EFFECT_NAMESPACES);
}

static bool common_command(struct app *a, enum command cmd) {
    switch (cmd) {
    case CMD_QUIT:
        quit(a);
        return true;
    case CMD_CLOSE:
        close_view(a);
        return true;
    case CMD_BACK:
        if (a->view != VIEW_SEGMENTS)
            close_view(a);
        return true;
    case CMD_HELP:
    case CMD_SHOW_MESSAGES:
        app_go(a, cmd == CMD_HELP ? VIEW_HELP : VIEW_MESSAGES);
        return true;
    case CMD_SHOW_LIMITS:
        limits_open(a);
        return true;
    case CMD_UNDO:
        kept_undo(a);
        return true;
    case CMD_RESTORE:
        dialog_restore_open(a);
        return true;
    case CMD_SHOW_LEAKS:
        leaks_open(a);
        return true;
    case CMD_SHOW_SEGMENTS:
        app_go(a, VIEW_SEGMENTS);
        return true;
    case CMD_SHOW_EVENTS:
        app_go(a, VIEW_EVENTS);
        return true;
    case CMD_SHOW_PROCESSES:
        app_go(a, VIEW_PROCESSES);
        return true;
    case CMD_CREATE:
        dialog_create_open(a);
        return true;
    case CMD_SEARCH:
        if (screen_of(a->view)->search)
            prompt_open(a, screen_of(a->view)->search);
        else
            app_message(a, ALERT_INFO, "nothing to search in here");
        return true;
    case CMD_PAUSE:
        toggle_pause(a);
        return true;
    case CMD_RESCAN:
        app_do(a, EFFECT_SWEEP | EFFECT_DRAW);
        return true;
    case CMD_REDRAW:
        app_do(a, EFFECT_DRAW | EFFECT_REPAINT);
        return true;
    case CMD_SUSPEND:
        app_do(a, EFFECT_SUSPEND);
        return true;
    case CMD_MOUSE:
        toggle_mouse(a);
        return true;
    case CMD_NAMESPACES:
        toggle_namespaces(a);
        return true;
    case CMD_SETUP:
    case CMD_SETUP_COLUMNS:
        setup_open(a, cmd == CMD_SETUP_COLUMNS);
        return true;
    case CMD_PALETTE:
        prompt_open(a, &palette_prompt);
        return true;
    case CMD_COPY:
        if (a->view == VIEW_HEX)
            hex_copy(a);
        else
            copy_segment(a);
        return true;
    default:
        return false;
    }
}

void app_command(struct app *a, enum command cmd) {
    const struct screen *screen = screen_of(a->view);
    if (!screen->command || !screen->command(a, cmd))
        common_command(a, cmd);
}

// --- keys

static void key_in_dialog(struct app *a, const struct key *key) {
    struct dialog *d = a->dialog;
    app_do(a, EFFECT_DRAW);
    if (dialog_key(a, d, key) == DIALOG_CLOSES) {
        // What the button did may have opened the next dialog.
        if (a->dialog == d)
            a->dialog = NULL;
        dialog_free(d);
    } else if (d->kind->refresh) {
        d->kind->refresh(a, d);
    }
}

static bool quits_anywhere(const struct key *key) {
    return (key->code == KEY_CHAR && key->ch == 0x03) || (key->code == KEY_FN_ && key->ch == 10);
}

// Control keys that work while a dialog or a prompt has the keys.
static bool works_anywhere(enum command cmd) {
    return cmd == CMD_REDRAW || cmd == CMD_SUSPEND;
}

enum { DOUBLE_CLICK_MS = 400 };

// The second click on the same place within a moment does what Enter does.
static bool is_double(struct app *a, const struct key *key) {
    uint64_t since = a->mono_ns - a->click.mono_ns;
    bool twice = a->click.mono_ns && since < DOUBLE_CLICK_MS * UINT64_C(1000000) &&
                 a->click.y == key->y && a->click.view == a->view;
    a->click.mono_ns = twice ? 0 : a->mono_ns;
    a->click.y = key->y;
    a->click.view = a->view;
    return twice;
}

static void click(struct app *a, const struct key *key) {
    static const struct key enter = {.code = KEY_ENTER_};
    struct rect line = {key->y, 0, 1, a->screen_cols};
    struct view_frame frame = app_frame(a);
    const struct screen *screen = screen_of(a->view);
    enum command cmd = CMD_NONE;
    bool twice = is_double(a, key);
    if (key->y == a->screen_rows - 1)
        cmd = footer_hit(line, app_key_view(a), key->x);
    else if (screen->tabs_row && screen->tabs_row(a) == key->y)
        cmd = tabs_hit(line, &frame, key->x);
    if (cmd == CMD_NONE && screen->mouse && screen->mouse(a, key) && twice)
        cmd = keymap_lookup(a->view, &enter);
    if (cmd != CMD_NONE)
        app_command(a, cmd);
}

static void mouse(struct app *a, const struct key *key) {
    if (a->dialog || a->prompt.kind)
        return;
    if (key->button == 4 || key->button == 5)
        for (int i = 0; i < 3; i++)
            app_command(a, key->button == 4 ? CMD_UP : CMD_DOWN);
    else if (key->button == 1)
        click(a, key);
}

void app_key(struct app *a, const struct key *key) {
    if (key->code == KEY_NONE_ || key->code == KEY_RESIZE_)
        return;
    app_clear_message(a);
    enum command cmd = keymap_lookup(app_key_view(a), key);
    if (quits_anywhere(key))
        quit(a);
    else if (key->code == KEY_MOUSE_)
        mouse(a, key);
    else if (key->code == KEY_CHAR && key->ch < 0x20 && works_anywhere(cmd))
        app_command(a, cmd);
    else if (a->dialog)
        key_in_dialog(a, key);
    else if (a->prompt.kind)
        prompt_key(a, key);
    else if (edit_key(a, key))
        app_do(a, EFFECT_DRAW);
    else if (cmd != CMD_NONE)
        app_command(a, cmd);
    else
        app_message(a, ALERT_INFO, "this key does nothing here: ? shows the keys");
}
