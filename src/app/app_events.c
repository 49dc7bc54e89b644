// app_events.c - what happened: kept, filtered, folded, saved.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/events_json.h"
#include "app/xalloc.h"

static struct view_events view_of(const struct app *a, const struct view_frame *frame) {
    return (struct view_events){.frame = frame,
                                .log = &a->events.log,
                                .source = a->events.source,
                                .since_ns = a->events.since_ns,
                                .only = a->events.only};
}

void app_events(struct app *a, struct events *events, enum name_source source) {
    if (a->events.since_ns == 0)
        a->events.since_ns = a->wall_ns;
    a->events.source = source;
    if (events->count == 0)
        return;
    xcheck(eventlog_add(&a->events.log, events));
    app_do(a, EFFECT_DRAW);
}

static void events_resize(struct app *a) {
    eventlog_height(&a->events.log, events_rows(a->screen_rows, a->screen_cols));
}

// --- which events

static void set_filter(struct app *a, const char *text) {
    struct pick *pick = NULL;
    struct eventlog *l = &a->events.log;
    if (!prompt_pick(a, text, &pick))
        return;
    xcheck(eventlog_filter(l, text[0] ? pick : NULL));
    pick_free(a->events.filter);
    a->events.filter = pick;
    snprintf(a->events.filter_text, sizeof a->events.filter_text, "%s", text);
    prompt_remark(a, ALERT_NONE, "%zu of %zu shown", l->shown, l->count);
    app_do(a, EFFECT_DRAW);
}

static void filter_open(struct app *a) {
    prompt_filter(a, a->events.filter_text, "user:app pid:123 name~re, or text");
}

static const struct prompt_kind filter_prompt = {
    .label = "filter: ", .open = filter_open, .filter = set_filter};

static void only_this(struct app *a) {
    struct eventlog *l = &a->events.log;
    const struct event *e = eventlog_line(l, l->selected);
    if (!l->only && (!e || !e->has_id)) {
        app_message(a, ALERT_INFO, "select an event of a segment first");
        return;
    }
    l->only = !l->only;
    if (l->only) {
        l->only_id = e->id;
        snprintf(a->events.only, sizeof a->events.only, "%s", e->seg ? e->seg : e->label);
    } else {
        a->events.only[0] = '\0';
    }
    xcheck(eventlog_refresh(l));
    app_do(a, EFFECT_DRAW);
}

static bool kinds_press(struct app *a, struct dialog *d, size_t button) {
    struct eventlog *l = &a->events.log;
    uint32_t kinds = 0;
    if (button == 0)
        return true;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        kinds |= (button == 2 || d->field[i].choice) ? 1u << i : 0;
    l->kinds = kinds;
    xcheck(eventlog_refresh(l));
    return true;
}

static void kinds_open(struct app *a) {
    static const struct dialog_kind kind = {.name = "kinds", .press = kinds_press};
    struct dialog *d = dialog_new(&kind, NULL);
    snprintf(d->title, sizeof d->title, "Which kinds of events to show");
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        textedit_set(&dialog_add_check(d, "", a->events.log.kinds >> i & 1)->edit,
                     event_word((enum event_kind)i));
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Show", 's');
    dialog_add_button(d, "Show all", 'a');
    app_open_dialog(a, d);
}

// --- search

static void find(struct app *a, size_t from, int dir) {
    size_t index = 0, nth = 0, total = 0;
    const char *text = a->events.search_text;
    if (eventlog_search(&a->events.log, text, from, dir, &index, &nth, &total))
        eventlog_select(&a->events.log, index);
    list_say_found(a, text, nth, total, "event");
}

static bool search_accept(struct app *a) {
    const struct eventlog *l = &a->events.log;
    snprintf(a->events.search_text, sizeof a->events.search_text, "%s", a->prompt.edit.text);
    // The line the search began at counts too.
    if (a->events.search_text[0] && l->line_count)
        find(a, (l->selected + l->line_count - 1) % l->line_count, 1);
    return true;
}

static const struct prompt_kind search_prompt = {.label = "search: ", .accept = search_accept};

// --- saving

static void save_open(struct app *a) {
    prompt_remark(a, ALERT_NONE, "all %zu as JSON lines, into a new file", a->events.log.count);
}

static bool save_accept(struct app *a) {
    const char *path = a->prompt.edit.text;
    const char *home = strncmp(path, "~/", 2) == 0 ? getenv("HOME") : NULL;
    size_t len = 0;
    if (!path[0]) {
        prompt_remark(a, ALERT_BAD, "the name of a file that does not exist yet");
        return false;
    }
    struct io_request *req = app_request(a, IO_FILE, NULL);
    req->path = home ? xasprintf("%s%s", home, path + 1) : xstrdup(path);
    req->text = events_json(&a->events.log, &len);
    req->len = len;
    snprintf(a->events.saved, sizeof a->events.saved, "%zu events to %.300s", a->events.log.count,
             path);
    app_job(a, req);
    return true;
}

static const struct prompt_kind save_prompt = {
    .label = "save to: ", .open = save_open, .accept = save_accept};

static void save(struct app *a) {
    if (!app_may_change(a))
        return;
    if (a->events.log.count == 0)
        app_message(a, ALERT_INFO, "there is nothing to save yet");
    else
        prompt_open(a, &save_prompt);
}

void events_save_reply(struct app *a, const struct io_reply *reply) {
    char text[640];
    if (!reply->err) {
        app_message(a, ALERT_INFO, "saved %s", a->events.saved);
        return;
    }
    fault_format(&reply->fault, text, sizeof text);
    app_message(a, reply->fault.outcome == OUTCOME_REFUSED ? ALERT_WARN : ALERT_BAD, "%s", text);
}

// --- the selected line

static void open_line(struct app *a) {
    struct eventlog *l = &a->events.log;
    const struct event *e = eventlog_line(l, l->selected);
    if (!e) {
        app_message(a, ALERT_INFO, "there is no event here");
        return;
    }
    if (l->lines[l->selected].folded) {
        eventlog_toggle(l);
        app_do(a, EFFECT_DRAW);
        return;
    }
    if (!e->has_id || !a->snap || !snapshot_find(a->snap, &e->id)) {
        app_message(a, ALERT_WARN,
                    e->seg || e->label[0] ? "this segment is gone" : "this event is of no segment");
        return;
    }
    struct seg_id id = e->id;
    if (!rows_select_id(&a->table, &id)) { // the filter hides it
        segments_filter(a, NULL, "");
        rows_select_id(&a->table, &id);
    }
    app_go(a, VIEW_SEGMENTS);
    app_message(a, ALERT_INFO, "4 goes back to the events");
}

static void one_level_back(struct app *a) {
    struct eventlog *l = &a->events.log;
    if (l->only) {
        only_this(a);
    } else if (a->events.filter_text[0]) {
        set_filter(a, "");
    } else if (l->kinds != (1u << EVENT_KIND_COUNT) - 1) {
        l->kinds = (1u << EVENT_KIND_COUNT) - 1;
        xcheck(eventlog_refresh(l));
        app_do(a, EFFECT_DRAW);
    } else {
        app_go(a, VIEW_SEGMENTS);
    }
}

static bool events_command(struct app *a, enum command cmd) {
    struct eventlog *l = &a->events.log;
    long delta = 0;
    if (list_moves(cmd, l->height, l->line_count, &delta)) {
        eventlog_move(l, delta);
        app_do(a, EFFECT_DRAW);
        return true;
    }
    switch (cmd) {
    case CMD_FILTER:
        prompt_open(a, &filter_prompt);
        return true;
    case CMD_SEARCH_NEXT:
    case CMD_SEARCH_PREV:
        find(a, l->selected, cmd == CMD_SEARCH_NEXT ? 1 : -1);
        return true;
    case CMD_EVENT_KINDS:
        kinds_open(a);
        return true;
    case CMD_EVENT_ONLY:
        only_this(a);
        return true;
    case CMD_EVENT_SAVE:
        save(a);
        return true;
    case CMD_EVENT_OPEN:
        open_line(a);
        return true;
    case CMD_EVENT_NEWEST:
        eventlog_select(l, 0);
        app_do(a, EFFECT_DRAW);
        return true;
    case CMD_BACK:
        one_level_back(a);
        return true;
    default:
        return false;
    }
}

static bool events_mouse(struct app *a, const struct key *key) {
    struct view_frame frame = app_frame(a);
    struct view_events v = view_of(a, &frame);
    struct hit hit = events_hit(&v, a->screen_rows, a->screen_cols, key->y);
    if (hit.kind == HIT_ROW)
        eventlog_select(&a->events.log, hit.row);
    app_do(a, EFFECT_DRAW);
    return hit.kind == HIT_ROW;
}

static void events_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    struct view_events v = view_of(a, frame);
    events_draw(c, &v);
}

void events_init(struct app *a) {
    xcheck(eventlog_init(&a->events.log));
}

void events_end(struct app *a) {
    eventlog_done(&a->events.log);
    pick_free(a->events.filter);
}

const struct screen events_screen = {.draw = events_show,
                                     .command = events_command,
                                     .mouse = events_mouse,
                                     .tabs_row = list_tabs,
                                     .resize = events_resize,
                                     .search = &search_prompt};
