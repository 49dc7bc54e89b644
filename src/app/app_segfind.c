// app_segfind.c - filtering and searching the tables of segments.
#include <stdio.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

void segments_filter(struct app *a, struct filter *f, const char *text) {
    xcheck(rows_filter(&a->table, text[0] ? f : NULL));
    filter_free(a->filter);
    a->filter = f;
    snprintf(a->filter_text, sizeof a->filter_text, "%s", text);
    leaks_filter(a);
    app_do(a, EFFECT_DRAW);
}

void segments_find(struct app *a, size_t from, int dir) {
    size_t index = 0, nth = 0, total = 0;
    if (rows_search(app_rows(a), a->search_text, from, dir, &index, &nth, &total))
        rows_select(app_rows(a), index);
    list_say_found(a, a->search_text, nth, total, "row");
}

static void filter_open(struct app *a) {
    prompt_filter(a, a->filter_text, "user:app kind:posix size>1M att:0 name~re");
}

static void set_filter(struct app *a, const char *text) {
    struct filter *f = NULL;
    char why[160] = "";
    if (xcheck(filter_parse(text, &f, why, sizeof why)) != 0) {
        prompt_remark(a, ALERT_BAD, "%s", why);
        return;
    }
    segments_filter(a, f, text);
    prompt_remark(a, ALERT_NONE, "%zu shown, %zu hidden", app_rows(a)->count,
                  a->leaks.open ? a->leaks.filtered : a->table.hidden);
}

const struct prompt_kind segments_filter_prompt = {
    .label = "filter: ", .open = filter_open, .filter = set_filter};

static void search_open(struct app *a) {
    a->prompt.from = app_rows(a)->selected;
}

static void search_settle(struct app *a) {
    size_t index = 0, nth = 0, total = 0;
    snprintf(a->search_text, sizeof a->search_text, "%s", a->prompt.edit.text);
    const struct rows *rows = app_rows(a);
    if (!a->search_text[0] || rows->count == 0) {
        prompt_remark(a, ALERT_NONE, "%s", "");
        return;
    }
    // The row the search began at counts too.
    size_t from = (a->prompt.from + rows->count - 1) % rows->count;
    if (!rows_search(app_rows(a), a->search_text, from, 1, &index, &nth, &total)) {
        prompt_remark(a, ALERT_WARN, "in no row");
        return;
    }
    rows_select(app_rows(a), index);
    prompt_remark(a, ALERT_NONE, "%zu of %zu", nth, total);
}

static bool search_accept(struct app *a) {
    if (a->search_text[0])
        app_message(a, a->prompt.alert == ALERT_WARN ? ALERT_WARN : ALERT_INFO,
                    "\"%s\" %s   n next  N previous", a->search_text, a->prompt.remark);
    return true;
}

static void search_cancel(struct app *a) {
    rows_select(app_rows(a), a->prompt.from);
}

const struct prompt_kind segments_search_prompt = {.label = "search: ",
                                                   .open = search_open,
                                                   .settle = search_settle,
                                                   .accept = search_accept,
                                                   .cancel = search_cancel};
