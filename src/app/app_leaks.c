// app_leaks.c - the unused segments: what could be won back, by verdict, by origin, by owner.
//
// The rows and sums are made while the screen shows, and let go when it is left; what was tagged
// and selected is kept.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "ui/layout.h"

bool app_asks_kernel(const struct app *a) {
    return a->leaks.open;
}

// ---- sums

static void make_groups(struct leaks_state *l) {
    free(l->groups);
    l->groups = NULL;
    xcheck(leaks_group(l->totals, l->total_count, l->by, &l->groups, &l->group_count));
}

static void make_sums(struct app *a) {
    struct leaks_state *l = &a->leaks;
    free(l->totals);
    l->totals = NULL;
    l->total_count = l->filtered = 0;
    if (a->snap)
        xcheck(leaks_add_up(a->snap, a->filter, &l->totals, &l->total_count, &l->filtered));
    if (l->groups)
        make_groups(l);
}

// ---- opening and letting go

void leaks_filter(struct app *a) {
    struct leaks_state *l = &a->leaks;
    struct filter *f = NULL;
    char why[160];
    if (!l->open)
        return;
    // The words are good: they are in force.
    if (xcheck(filter_parse(a->filter_text, &f, why, sizeof why)) == 0)
        filter_only_unused(f);
    xcheck(rows_filter(&l->rows, f));
    filter_free(l->filter);
    l->filter = f;
    make_sums(a);
}

static void show_rows(struct app *a) {
    struct leaks_state *l = &a->leaks;
    l->open = true;
    xcheck(rows_init(&l->rows));
    xcheck(rows_sort(&l->rows, COL_VERDICT, false));
    rows_height(&l->rows, leaks_table_rows(a->screen_rows, a->screen_cols));
    leaks_filter(a);
    if (!a->snap)
        return;
    xcheck(rows_update(&l->rows, a->snap, a->mono_ns));
    for (size_t i = 0; i < l->tag_count; i++)
        if (rows_select_id(&l->rows, &l->tags[i]))
            xcheck(rows_tag(&l->rows, l->rows.selected, true));
    rows_select(&l->rows, 0);
    rows_select_id(&l->rows, &l->selected);
}

static void keep_tags(struct leaks_state *l) {
    const struct row *row = rows_selected(&l->rows);
    const struct segment *seg;
    size_t at = 0;
    free(l->tags);
    l->tags = xcalloc(l->rows.tagged + 1, sizeof *l->tags);
    l->tag_count = 0;
    while ((seg = rows_next_tagged(&l->rows, &at)))
        l->tags[l->tag_count++] = seg->id;
    l->selected = row ? row->id : (struct seg_id){0};
}

static void let_go(struct leaks_state *l) {
    rows_done(&l->rows);
    filter_free(l->filter);
    free(l->totals);
    free(l->groups);
    l->filter = NULL;
    l->totals = NULL;
    l->groups = NULL;
    l->total_count = l->group_count = 0;
    l->open = false;
}

void leaks_settle_view(struct app *a) {
    bool shows = app_shows(a, VIEW_LEAKS);
    if (shows == a->leaks.open)
        return;
    if (shows) {
        show_rows(a);
    } else {
        keep_tags(&a->leaks);
        let_go(&a->leaks);
    }
    app_do(a, EFFECT_VERDICTS);
}

void leaks_open(struct app *a) {
    app_go(a, VIEW_LEAKS);
    app_do(a, EFFECT_SWEEP); // a verdict needs the whole picture
    kept_ask(a);
}

void leaks_done(struct app *a) {
    if (a->leaks.open)
        let_go(&a->leaks);
    free(a->leaks.tags);
}

// ---- the age floor

static void floor_open(struct app *a) {
    char age[16];
    prompt_remark(a, ALERT_NONE, "now %s; an age like 0s, 30m, 12h, 2d",
                  fmt_age(a->settings.older_than_ns, age));
}

static bool floor_accept(struct app *a) {
    uint64_t ns = 0;
    char age[16];
    if (parse_age(a->prompt.edit.text, &ns) != 0) {
        prompt_remark(a, ALERT_BAD, "write an age like 0s, 30m, 12h, 2d");
        return false;
    }
    a->settings.older_than_ns = ns;
    app_message(a, ALERT_INFO, "what is unused for less than %s is young", fmt_age(ns, age));
    app_do(a, EFFECT_AGE_FLOOR | EFFECT_SWEEP);
    return true;
}

static const struct prompt_kind age_floor_prompt = {
    .label = "age floor: ", .open = floor_open, .accept = floor_accept};

// ---- commands

// The segments, sums by origin, sums by owner, and from the start.
static void next_grouping(struct app *a) {
    struct leaks_state *l = &a->leaks;
    l->group_top = 0;
    if (!l->groups || l->by == LEAKS_BY_ORIGIN) {
        l->by = l->groups ? LEAKS_BY_OWNER : LEAKS_BY_ORIGIN;
        make_groups(l);
        app_message(a, ALERT_INFO,
                    l->by == LEAKS_BY_OWNER ? "by owner; t shows the segments again"
                                            : "by origin; t goes on to owners");
    } else {
        free(l->groups);
        l->groups = NULL;
    }
    app_do(a, EFFECT_DRAW);
}

static void one_level_back(struct app *a) {
    struct leaks_state *l = &a->leaks;
    if (l->groups) {
        free(l->groups);
        l->groups = NULL;
    } else if (a->filter_text[0]) {
        segments_filter(a, NULL, "");
    } else {
        app_go(a, VIEW_SEGMENTS);
    }
    app_do(a, EFFECT_DRAW);
}

// Sums have no row to act on.
static bool needs_row(enum command cmd) {
    return cmd == CMD_TAG || cmd == CMD_COPY || cmd == CMD_KILL || cmd == CMD_HEX ||
           cmd == CMD_REMOVE || cmd == CMD_SORT || cmd == CMD_SORT_INVERT ||
           cmd == CMD_SEARCH_NEXT || cmd == CMD_SEARCH_PREV;
}

static bool leaks_command(struct app *a, enum command cmd) {
    struct leaks_state *l = &a->leaks;
    switch (cmd) {
    case CMD_GROUP:
        next_grouping(a);
        return true;
    case CMD_AGE_FLOOR:
        prompt_open(a, &age_floor_prompt);
        return true;
    case CMD_BACK:
        one_level_back(a);
        return true;
    default:
        break;
    }
    if (!l->groups)
        return rows_command(a, cmd);
    if (app_scroll(a, cmd, &l->group_top, l->group_count,
                   leaks_group_rows(a->screen_rows, a->screen_cols)))
        return true;
    if (!needs_row(cmd))
        return rows_command(a, cmd);
    app_message(a, ALERT_INFO, "these are sums: t shows the segments again");
    return true;
}

// ---- screen

static struct view_leaks view_of(const struct app *a, const struct view_frame *frame) {
    const struct leaks_state *l = &a->leaks;
    return (struct view_leaks){.frame = frame,
                               .rows = &l->rows,
                               .totals = l->totals,
                               .total_count = l->total_count,
                               .filtered = l->filtered,
                               .groups = l->groups,
                               .group_count = l->group_count,
                               .group_top = l->group_top,
                               .by = l->by,
                               .age_floor_ns = a->settings.older_than_ns,
                               .kept = a->kept.list.count,
                               .kept_bytes = a->kept.list.bytes};
}

static bool leaks_mouse(struct app *a, const struct key *key) {
    struct view_frame frame = app_frame(a);
    struct view_leaks v = view_of(a, &frame);
    struct hit hit = leaks_hit(&v, a->screen_rows, a->screen_cols, key->y, key->x);
    if (hit.kind == HIT_ROW)
        rows_select(&a->leaks.rows, hit.row);
    app_do(a, EFFECT_DRAW);
    return hit.kind == HIT_ROW;
}

static int leaks_tabs(const struct app *a) {
    struct leaks_layout l;
    leaks_layout(a->screen_rows, a->screen_cols, &l);
    return l.tabs.rows ? l.tabs.y : -1;
}

static void leaks_snapshot(struct app *a) {
    if (!a->leaks.open)
        return;
    xcheck(rows_update(&a->leaks.rows, a->snap, a->mono_ns));
    make_sums(a);
}

static void leaks_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    struct view_leaks v = view_of(a, frame);
    leaks_draw(c, &v);
}

const struct screen leaks_screen = {.draw = leaks_show,
                                    .command = leaks_command,
                                    .mouse = leaks_mouse,
                                    .tabs_row = leaks_tabs,
                                    .snapshot = leaks_snapshot,
                                    .search = &segments_search_prompt};
