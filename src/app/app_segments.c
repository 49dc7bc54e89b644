// app_segments.c - the segment table: moving, tagging, sorting, the mouse.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "ui/layout.h"

struct rows *app_rows(struct app *a) {
    return a->leaks.open ? &a->leaks.rows : &a->table;
}

size_t app_shown(const struct app *a, struct seg_id *ids, size_t max) {
    const struct rows *r = a->leaks.open ? &a->leaks.rows : &a->table;
    size_t count = 0;
    for (size_t i = r->top; i < r->count && i < r->top + r->height && count < max; i++)
        ids[count++] = r->items[i].id;
    return count;
}

static bool move_command(struct app *a, enum command cmd) {
    struct rows *rows = app_rows(a);
    long delta = 0;
    if (!list_moves(cmd, rows->height, rows->count, &delta))
        return false;
    rows_move(rows, delta);
    app_do(a, EFFECT_DRAW);
    return true;
}

static void one_level_back(struct app *a) {
    if (a->all_holders)
        a->all_holders = false;
    else if (a->filter_text[0])
        segments_filter(a, NULL, "");
    app_do(a, EFFECT_DRAW);
}

// --- tags, sort, follow

static void tag_and_move(struct app *a) {
    struct rows *rows = app_rows(a);
    if (rows->count == 0)
        return;
    size_t i = rows->selected;
    if (rows->items[i].mark == ROW_GONE) {
        app_message(a, ALERT_WARN, "this segment is gone");
        return;
    }
    xcheck(rows_tag(rows, i, !rows->items[i].tagged));
    rows_move(rows, 1);
    app_do(a, EFFECT_DRAW);
}

static void untag(struct app *a) {
    struct rows *rows = app_rows(a);
    size_t n = rows->tagged;
    rows_untag_all(rows);
    app_message(a, ALERT_INFO, n ? "%zu untagged" : "nothing is tagged", n);
}

static void sort_by(struct app *a, enum column column) {
    struct rows *rows = app_rows(a);
    bool again = rows->sort == column;
    xcheck(rows_sort(rows, column, again && !rows->invert));
    app_do(a, EFFECT_DRAW);
}

static void toggle_follow(struct app *a) {
    struct rows *rows = app_rows(a);
    rows->follow = !rows->follow;
    app_message(a, ALERT_INFO,
                rows->follow ? "follow on: the selection stays with its segment"
                             : "follow off: the selection stays on its line");
}

// --- acting on the selected row

static void open_hex(struct app *a) {
    const struct row *row = rows_selected(app_rows(a));
    if (!row)
        app_message(a, ALERT_INFO, "there is no segment here");
    else if (row->mark == ROW_GONE)
        app_message(a, ALERT_WARN, "this segment is gone");
    else
        hex_open(a, row);
}

bool rows_command(struct app *a, enum command cmd) {
    if (move_command(a, cmd))
        return true;
    switch (cmd) {
    case CMD_FILTER:
        prompt_open(a, &segments_filter_prompt);
        return true;
    case CMD_SEARCH_NEXT:
    case CMD_SEARCH_PREV:
        segments_find(a, app_rows(a)->selected, cmd == CMD_SEARCH_NEXT ? 1 : -1);
        return true;
    case CMD_TAG:
        tag_and_move(a);
        return true;
    case CMD_UNTAG:
        untag(a);
        return true;
    case CMD_SORT:
        dialog_sort_open(a);
        return true;
    case CMD_SORT_INVERT:
        sort_by(a, app_rows(a)->sort);
        return true;
    case CMD_FOLLOW:
        toggle_follow(a);
        return true;
    case CMD_HEX:
        open_hex(a);
        return true;
    case CMD_REMOVE:
        dialog_remove_open(a);
        return true;
    case CMD_KILL:
        dialog_kill_segment(a, rows_selected(app_rows(a)));
        return true;
    default:
        return false;
    }
}

static bool fold_command(struct app *a, enum command cmd) {
    const struct row *row = rows_selected(&a->table);
    switch (cmd) {
    case CMD_TREE:
        folds_set_all(&a->folds, !a->folds.open);
        break;
    case CMD_UNFOLD_ALL:
        folds_set_all(&a->folds, true);
        break;
    case CMD_UNFOLD:
    case CMD_FOLD:
        if (row)
            folds_set(&a->folds, &row->id, cmd == CMD_UNFOLD);
        if (row && row->seg->holding_count == 0 && cmd == CMD_UNFOLD)
            app_message(a, ALERT_INFO, "no process in sight holds it");
        break;
    default:
        return false;
    }
    app_do(a, EFFECT_DRAW);
    return true;
}

static bool segments_command(struct app *a, enum command cmd) {
    if (fold_command(a, cmd))
        return true;
    switch (cmd) {
    case CMD_LEFT:
    case CMD_RIGHT:
        if (cmd == CMD_RIGHT)
            a->scroll_x += a->scroll_x < COLUMN_COUNT;
        else
            a->scroll_x -= a->scroll_x > 0;
        app_do(a, EFFECT_DRAW);
        return true;
    case CMD_BACK:
        one_level_back(a);
        return true;
    case CMD_HOLDERS:
        a->all_holders = !a->all_holders;
        app_do(a, EFFECT_DRAW);
        return true;
    case CMD_SET:
        dialog_set_open(a);
        return true;
    case CMD_HEX_ATTACH:
        dialog_attach_open(a);
        return true;
    default:
        return rows_command(a, cmd);
    }
}

// What each has in memory goes into the column TREND: of many segments those around the screen.
static void segments_snapshot(struct app *a) {
    uint64_t bytes = 0;
    if (a->sampled == a->snap->generation)
        return;
    a->sampled = a->snap->generation;
    trends_begin(a->trends);
    if (a->snap->segment_count <= TREND_KEYS) {
        for (size_t i = 0; i < a->snap->segment_count; i++) {
            const struct segment *seg = &a->snap->segments[i];
            if (seg_get(seg, SEG_RESIDENT, &bytes) == WHY_KNOWN)
                trends_add(a->trends, trend_key_segment(&seg->id), bytes);
        }
    } else {
        size_t first = a->table.top > a->table.height ? a->table.top - a->table.height : 0;
        size_t end = a->table.top + 2 * a->table.height;
        for (size_t i = first; i < end && i < a->table.count; i++) {
            struct row row = rows_at(&a->table, i);
            if (row.mark != ROW_GONE && seg_get(row.seg, SEG_RESIDENT, &bytes) == WHY_KNOWN)
                trends_add(a->trends, trend_key_segment(&row.id), bytes);
        }
    }
    trends_end(a->trends);
}

static bool segments_mouse(struct app *a, const struct key *key) {
    struct view_frame frame = {
        .snap = a->snap, .view = a->view, .all_namespaces = a->all_namespaces};
    struct view_segments v = {.frame = &frame,
                              .rows = &a->table,
                              .all_holders = a->all_holders,
                              .trends = a->trends,
                              .folds = &a->folds,
                              .scroll_x = a->scroll_x,
                              .columns = &a->settings.columns};
    struct hit hit = segments_hit(&v, a->screen_rows, a->screen_cols, key->y, key->x);
    if (hit.kind == HIT_ROW)
        rows_select(&a->table, hit.row);
    else if (hit.kind == HIT_HEAD)
        sort_by(a, hit.column);
    app_do(a, EFFECT_DRAW);
    return hit.kind == HIT_ROW;
}

static int segments_tabs(const struct app *a) {
    struct segments_layout l;
    segments_layout(a->screen_rows, a->screen_cols, &l);
    return l.tabs.rows ? l.tabs.y : -1;
}

// The preview shows the selected segment, whichever that is by now.
static void segments_settle(struct app *a) {
    if (a->view != VIEW_SEGMENTS)
        return;
    const struct row *row = rows_selected(&a->table);
    if (!row || row->mark == ROW_GONE)
        bytes_stop(&a->preview);
    else if (!a->preview.open || !seg_id_same(&a->preview.id, &row->id))
        bytes_start(&a->preview, &row->id);
}

// Of an object the kernel keeps no creator; where shmtop saw it being made, it knows.
static void creator_text(const struct app *a, char *buf, size_t size) {
    const struct row *row = rows_selected(&a->table);
    const struct event *e = row && row->id.kind != SEG_SYSV
                                ? eventlog_creation(&a->events.log, &row->id)
                                : NULL;
    buf[0] = '\0';
    if (e && e->pid > 0)
        snprintf(buf, size, "%d %s", (int)e->pid, e->comm);
}

static void segments_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    const struct bytes_view *p = &a->preview;
    char creator[64];
    creator_text(a, creator, sizeof creator);
    struct view_segments v = {.frame = frame,
                              .rows = &a->table,
                              .preview = {.win = p->open && p->win.len ? &p->win : NULL,
                                          .route = p->route,
                                          .problem = p->problem},
                              .all_holders = a->all_holders,
                              .trends = a->trends,
                              .creator = creator,
                              .folds = &a->folds,
                              .scroll_x = a->scroll_x,
                              .columns = &a->settings.columns};
    segments_draw(c, &v);
}

const struct screen segments_screen = {.draw = segments_show,
                                       .command = segments_command,
                                       .mouse = segments_mouse,
                                       .tabs_row = segments_tabs,
                                       .snapshot = segments_snapshot,
                                       .settle = segments_settle,
                                       .search = &segments_search_prompt};
