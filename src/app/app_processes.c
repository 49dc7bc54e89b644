// app_processes.c - the processes that hold shared memory: moving, folding, sorting, filtering.
#include <errno.h>
#include <stdio.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

// With more holdings than this the list is made only while it is looked at.
enum { HOLDINGS_IN_PASSING = 20000 };

static struct view_processes view_of(const struct app *a, const struct view_frame *frame) {
    return (struct view_processes){.frame = frame,
                                   .list = &a->procs.list,
                                   .trends = a->procs.trends,
                                   .scroll_x = a->procs.scroll_x};
}

// --- what comes in

static void sample(struct app *a) {
    const struct proclist *l = &a->procs.list;
    trends_begin(a->procs.trends);
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].mark == PROC_THERE)
            trends_add(a->procs.trends, trend_key_process(&l->items[i].id),
                       l->items[i].facts.resident);
    trends_end(a->procs.trends);
}

static void processes_snapshot(struct app *a) {
    bool in_passing = a->snap->holding_count <= HOLDINGS_IN_PASSING;
    if (!in_passing && !app_shows(a, VIEW_PROCESSES)) {
        proclist_rest(&a->procs.list);
        return;
    }
    bool next = a->procs.generation != a->snap->generation;
    xcheck(proclist_update(&a->procs.list, a->snap, a->mono_ns));
    a->procs.generation = a->snap->generation;
    if (next)
        sample(a);
}

static void processes_time(struct app *a) {
    uint64_t due = proclist_deadline(&a->procs.list);
    if (due && a->mono_ns >= due && a->snap) {
        xcheck(proclist_update(&a->procs.list, a->snap, a->mono_ns));
        app_do(a, EFFECT_DRAW);
    }
}

static uint64_t processes_deadline(const struct app *a) {
    return proclist_deadline(&a->procs.list);
}

static void processes_resize(struct app *a) {
    proclist_height(&a->procs.list, processes_rows(a->screen_rows, a->screen_cols));
}

// --- filter and search

static void set_filter(struct app *a, const char *text) {
    struct pick *pick = NULL;
    struct proclist *l = &a->procs.list;
    if (!prompt_pick(a, text, &pick))
        return;
    xcheck(proclist_filter(l, text[0] ? pick : NULL));
    pick_free(a->procs.filter);
    a->procs.filter = pick;
    snprintf(a->procs.filter_text, sizeof a->procs.filter_text, "%s", text);
    prompt_remark(a, ALERT_NONE, "%zu shown, %zu hidden", l->count, l->hidden);
    app_do(a, EFFECT_DRAW);
}

static void filter_open(struct app *a) {
    prompt_filter(a, a->procs.filter_text, "user:app pid:123 name~re, or text");
}

static const struct prompt_kind filter_prompt = {
    .label = "filter: ", .open = filter_open, .filter = set_filter};

static void find(struct app *a, size_t from, int dir) {
    size_t index = 0, nth = 0, total = 0;
    const char *text = a->procs.search_text;
    if (proclist_search(&a->procs.list, text, from, dir, &index, &nth, &total))
        proclist_select(&a->procs.list, index);
    list_say_found(a, text, nth, total, "process");
}

static bool search_accept(struct app *a) {
    struct proclist *l = &a->procs.list;
    snprintf(a->procs.search_text, sizeof a->procs.search_text, "%s", a->prompt.edit.text);
    // The line the search began at counts too.
    if (a->procs.search_text[0] && l->line_count)
        find(a, (l->selected + l->line_count - 1) % l->line_count, 1);
    return true;
}

static const struct prompt_kind search_prompt = {.label = "search: ", .accept = search_accept};

// --- sorting

static void sort_by(struct app *a, enum proc_column column) {
    struct proclist *l = &a->procs.list;
    bool again = l->sort == column;
    xcheck(proclist_sort(l, column, again && !l->invert));
    app_do(a, EFFECT_DRAW);
}

static void sort_refresh(struct app *a, struct dialog *d) {
    const struct proclist *l = &a->procs.list;
    for (size_t i = 0; i < d->field_count; i++) {
        bool now = l->sort == (enum proc_column)i;
        d->field[i].choice = now;
        dialog_remark(&d->field[i], ALERT_NONE, "%s",
                      !now        ? ""
                      : l->invert ? "turned round"
                                  : "now");
    }
}

static bool sort_press(struct app *a, struct dialog *d, size_t button) {
    if (button == 0 && d->focus < PCOL_COUNT)
        sort_by(a, (enum proc_column)d->focus);
    return true;
}

static void sort_open(struct app *a) {
    static const struct dialog_kind kind = {
        .name = "sort", .refresh = sort_refresh, .press = sort_press, .menu = true};
    struct dialog *d = dialog_new(&kind, NULL);
    snprintf(d->title, sizeof d->title, "Sort by (Enter chooses; again turns it round)");
    for (int i = 0; i < PCOL_COUNT; i++)
        textedit_set(&dialog_add_check(d, "", false)->edit, proc_column_head((enum proc_column)i));
    d->focus = (size_t)a->procs.list.sort;
    dialog_add_button(d, "Sort", 0);
    dialog_add_button(d, "Cancel", 0);
    app_open_dialog(a, d);
}

// --- acting on the selected line

// The segments of the process, with the one of the line selected.
static void show_segments(struct app *a) {
    const struct proc_item *item = proclist_item(&a->procs.list, a->procs.list.selected);
    const struct holding *h = proclist_holding(&a->procs.list, a->procs.list.selected);
    if (!item || item->mark != PROC_THERE) {
        app_message(a, ALERT_WARN,
                    !item                     ? "there is no process here"
                    : item->mark == PROC_GONE ? "this process is gone"
                                              : "it holds nothing any more");
        return;
    }
    struct filter *f = NULL;
    char text[32], why[160];
    pid_t pid = item->id.pid;
    struct seg_id id = {.kind = SEG_SYSV};
    if (h)
        id = item->snap->segments[h->segment].id;
    snprintf(text, sizeof text, "pid:%d", (int)pid);
    if (xcheck(filter_parse(text, &f, why, sizeof why)) != 0)
        return;
    segments_filter(a, f, text);
    app_go(a, VIEW_SEGMENTS);
    if (h)
        rows_select_id(&a->table, &id);
    app_message(a, ALERT_INFO, "what process %d holds; Esc shows all, 2 goes back", (int)pid);
}

static void one_level_back(struct app *a) {
    if (a->procs.filter_text[0])
        set_filter(a, "");
    else
        app_go(a, VIEW_SEGMENTS);
}

static void toggle_follow(struct app *a) {
    struct proclist *l = &a->procs.list;
    l->follow = !l->follow;
    app_message(a, ALERT_INFO,
                l->follow ? "follow on: the selection stays with its process"
                          : "follow off: the selection stays on its line");
}

static bool move_command(struct app *a, enum command cmd) {
    struct proclist *l = &a->procs.list;
    int *x = &a->procs.scroll_x;
    long delta = 0;
    if (cmd == CMD_LEFT)
        *x -= *x > 0;
    else if (cmd == CMD_RIGHT)
        *x += *x < PCOL_COUNT;
    else if (!list_moves(cmd, l->height, l->line_count, &delta))
        return false;
    proclist_move(l, delta);
    app_do(a, EFFECT_DRAW);
    return true;
}

static bool fold_command(struct app *a, enum command cmd) {
    struct proclist *l = &a->procs.list;
    switch (cmd) {
    case CMD_TREE:
        xcheck(proclist_tree(l, !l->tree));
        break;
    case CMD_UNFOLD:
    case CMD_FOLD:
        xcheck(proclist_fold(l, cmd == CMD_UNFOLD));
        break;
    case CMD_UNFOLD_ALL:
        xcheck(proclist_tree(l, true));
        break;
    default:
        return false;
    }
    app_do(a, EFFECT_DRAW);
    return true;
}

static void ask_to_signal(struct app *a) {
    const struct proc_item *item = proclist_item(&a->procs.list, a->procs.list.selected);
    if (!item)
        app_message(a, ALERT_INFO, "there is no process here");
    else if (item->mark == PROC_GONE)
        app_message(a, ALERT_WARN, "this process has ended");
    else
        dialog_kill_process(a, item->proc);
}

static bool processes_command(struct app *a, enum command cmd) {
    if (move_command(a, cmd) || fold_command(a, cmd))
        return true;
    switch (cmd) {
    case CMD_FILTER:
        prompt_open(a, &filter_prompt);
        return true;
    case CMD_SEARCH_NEXT:
    case CMD_SEARCH_PREV:
        find(a, a->procs.list.selected, cmd == CMD_SEARCH_NEXT ? 1 : -1);
        return true;
    case CMD_SORT:
        sort_open(a);
        return true;
    case CMD_SORT_INVERT:
        sort_by(a, a->procs.list.sort);
        return true;
    case CMD_FOLLOW:
        toggle_follow(a);
        return true;
    case CMD_OPEN:
        show_segments(a);
        return true;
    case CMD_KILL:
        ask_to_signal(a);
        return true;
    case CMD_BACK:
        one_level_back(a);
        return true;
    default:
        return false;
    }
}

static bool processes_mouse(struct app *a, const struct key *key) {
    struct view_frame frame = app_frame(a);
    struct view_processes v = view_of(a, &frame);
    struct hit hit = processes_hit(&v, a->screen_rows, a->screen_cols, key->y, key->x);
    if (hit.kind == HIT_ROW)
        proclist_select(&a->procs.list, hit.row);
    else if (hit.kind == HIT_HEAD)
        sort_by(a, (enum proc_column)hit.head);
    app_do(a, EFFECT_DRAW);
    return hit.kind == HIT_ROW;
}

static void processes_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    struct view_processes v = view_of(a, frame);
    processes_draw(c, &v);
}

void processes_init(struct app *a) {
    xcheck(proclist_init(&a->procs.list));
    a->procs.trends = trends_new();
    xcheck(a->procs.trends ? 0 : -ENOMEM);
}

void processes_done(struct app *a) {
    proclist_done(&a->procs.list);
    trends_free(a->procs.trends);
    pick_free(a->procs.filter);
}

const struct screen processes_screen = {.draw = processes_show,
                                        .command = processes_command,
                                        .mouse = processes_mouse,
                                        .tabs_row = list_tabs,
                                        .snapshot = processes_snapshot,
                                        .time = processes_time,
                                        .deadline = processes_deadline,
                                        .resize = processes_resize,
                                        .search = &search_prompt};
