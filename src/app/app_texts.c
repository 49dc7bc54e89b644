// app_texts.c - the screens that are text to read: the help and the messages.
#include <stdio.h>

#include "app/app_parts.h"

// --- help

// The view whose keys are told first: of the bytes while they are edited those of editing.
static enum view help_of(const struct app *a) {
    return a->below == VIEW_HEX && a->hex.edit.on ? VIEW_EDIT : a->below;
}

// To the next line that holds what is searched for.
static void help_jump(struct app *a, size_t from, int dir) {
    size_t lines = help_line_count(help_of(a)), page = app_text_page(a), nth = 0, total = 0;
    if (!help_find(help_of(a), a->help_search, from, dir, &a->help_match, &nth, &total)) {
        app_message(a, ALERT_WARN, "\"%s\" is not in the help", a->help_search);
        return;
    }
    if (a->help_match < a->help_top || a->help_match >= a->help_top + page)
        a->help_top = a->help_match > page / 2 ? a->help_match - page / 2 : 0;
    if (a->help_top + page > lines)
        a->help_top = lines > page ? lines - page : 0;
    app_message(a, ALERT_INFO, "\"%s\" %zu of %zu   n next  N previous", a->help_search, nth,
                total);
}

static void help_typed(struct app *a) {
    snprintf(a->help_search, sizeof a->help_search, "%s", a->prompt.edit.text);
}

static bool help_accept(struct app *a) {
    if (a->help_search[0])
        help_jump(a, a->help_top + help_line_count(help_of(a)) - 1, 1);
    return true;
}

static const struct prompt_kind help_search_prompt = {
    .label = "search: ", .changed = help_typed, .accept = help_accept};

static bool help_command(struct app *a, enum command cmd) {
    if (cmd == CMD_HELP) {
        app_go(a, a->below);
        return true;
    }
    if ((cmd == CMD_SEARCH_NEXT || cmd == CMD_SEARCH_PREV) && a->help_search[0]) {
        help_jump(a, a->help_match, cmd == CMD_SEARCH_NEXT ? 1 : -1);
        return true;
    }
    return app_scroll(a, cmd, &a->help_top, help_line_count(help_of(a)), app_text_page(a));
}

static void help_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    struct view_help v = {
        .frame = frame, .of = help_of(a), .top = a->help_top, .search = a->help_search};
    help_draw(c, &v);
}

const struct screen help_screen = {
    .draw = help_show, .command = help_command, .search = &help_search_prompt};

// --- messages

static bool messages_command(struct app *a, enum command cmd) {
    size_t lines = a->snap ? a->snap->note_count : 0;
    return app_scroll(a, cmd, &a->messages_top, lines, app_text_page(a));
}

static void messages_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    struct view_messages v = {.frame = frame, .top = a->messages_top};
    messages_draw(c, &v);
}

const struct screen messages_screen = {.draw = messages_show, .command = messages_command};
