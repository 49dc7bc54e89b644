// app_prompt.c - the one-line prompts: search, filter, go to an offset, find bytes.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

const char *prompt_label(enum prompt_kind kind) {
    static const char *const labels[] = {[PROMPT_NONE] = "",
                                         [PROMPT_SEARCH] = "search: ",
                                         [PROMPT_FILTER] = "filter: ",
                                         [PROMPT_GOTO] = "go to offset: ",
                                         [PROMPT_FIND] = "find: "};
    return labels[kind];
}

static void remark(struct app *a, enum alert alert, const char *text) {
    snprintf(a->prompt.remark, sizeof a->prompt.remark, "%s", text);
    a->prompt.alert = alert;
}

void prompt_open(struct app *a, enum prompt_kind kind) {
    const char *text = "", *hint = "";
    if (kind == PROMPT_FILTER) {
        text = a->filter_text;
        hint = "user:app kind:posix size>1M att:0 name~re";
    } else if (kind == PROMPT_GOTO) {
        hint = "4096  0x1000  +64  -64  50%";
    } else if (kind == PROMPT_FIND) {
        hint = "text, \\x7f bytes, u32:138184";
    }
    a->prompt.kind = kind;
    a->prompt.from = a->table.selected;
    textedit_set(&a->prompt.edit, text);
    snprintf(a->prompt.before, sizeof a->prompt.before, "%s", text);
    remark(a, ALERT_NONE, hint);
    if (kind == PROMPT_FIND && a->hex.needle_len)
        snprintf(a->prompt.remark, sizeof a->prompt.remark, "Enter alone: \"%.160s\"",
                 a->hex.needle_text);
    app_do(a, EFFECT_DRAW);
}

static void prompt_close(struct app *a) {
    a->prompt.kind = PROMPT_NONE;
    a->filter_stale = a->search_stale = false;
}

static void set_filter(struct app *a, const char *text) {
    struct filter *f = NULL;
    char why[160] = "";
    if (xcheck(filter_parse(text, &f, why, sizeof why)) != 0) {
        remark(a, ALERT_BAD, why);
        return;
    }
    segments_filter(a, f, text);
    char count[80];
    snprintf(count, sizeof count, "%zu shown, %zu hidden", a->table.count, a->table.hidden);
    remark(a, ALERT_NONE, count);
}

static void set_search(struct app *a) {
    size_t index = 0, nth = 0, total = 0;
    char text[80];
    snprintf(a->search_text, sizeof a->search_text, "%s", a->prompt.edit.text);
    if (!a->search_text[0] || a->table.count == 0) {
        remark(a, ALERT_NONE, "");
        return;
    }
    // The row the search began at counts too.
    size_t from = (a->prompt.from + a->table.count - 1) % a->table.count;
    if (!rows_search(&a->table, a->search_text, from, 1, &index, &nth, &total)) {
        remark(a, ALERT_WARN, "in no row");
        return;
    }
    rows_select(&a->table, index);
    snprintf(text, sizeof text, "%zu of %zu", nth, total);
    remark(a, ALERT_NONE, text);
}

void prompt_settle(struct app *a) {
    if (a->filter_stale)
        set_filter(a, a->prompt.edit.text);
    if (a->search_stale)
        set_search(a);
    a->filter_stale = a->search_stale = false;
}

static void accept(struct app *a) {
    const char *why = "";
    uint64_t at = 0;
    uint8_t needle[sizeof a->hex.needle];
    size_t len = 0;
    prompt_settle(a);
    switch (a->prompt.kind) {
    case PROMPT_FILTER:
        if (a->prompt.alert != ALERT_BAD)
            prompt_close(a);
        return;
    case PROMPT_GOTO:
        if (!hex_parse_goto(&a->hex, a->prompt.edit.text, &at, &why)) {
            remark(a, ALERT_BAD, why);
            return;
        }
        hex_set_cursor(a, at);
        break;
    case PROMPT_FIND:
        if (!a->prompt.edit.text[0] && a->hex.needle_len) {
            hex_find(a, 1);
            break;
        }
        if (!hex_parse_needle(&a->hex, a->prompt.edit.text, needle, sizeof needle, &len, &why)) {
            remark(a, ALERT_BAD, why);
            return;
        }
        memcpy(a->hex.needle, needle, len);
        a->hex.needle_len = len;
        snprintf(a->hex.needle_text, sizeof a->hex.needle_text, "%s", a->prompt.edit.text);
        hex_find(a, 1);
        break;
    case PROMPT_SEARCH:
        if (a->view == VIEW_HELP && a->help_search[0])
            help_jump(a, a->help_top + help_line_count(a->below) - 1, 1);
        if (a->view == VIEW_SEGMENTS && a->search_text[0])
            app_message(a, a->prompt.alert == ALERT_WARN ? ALERT_WARN : ALERT_INFO,
                        "\"%s\" %s   n next  N previous", a->search_text, a->prompt.remark);
        break;
    case PROMPT_NONE:
        break;
    }
    prompt_close(a);
}

static void cancel(struct app *a) {
    if (a->prompt.kind == PROMPT_FILTER && strcmp(a->prompt.before, a->filter_text) != 0)
        set_filter(a, a->prompt.before);
    if (a->prompt.kind == PROMPT_SEARCH && a->view == VIEW_SEGMENTS)
        rows_select(&a->table, a->prompt.from);
    prompt_close(a);
}

static void changed(struct app *a) {
    if (a->prompt.kind == PROMPT_FILTER)
        a->filter_stale = true;
    else if (a->prompt.kind == PROMPT_SEARCH && a->view == VIEW_HELP)
        snprintf(a->help_search, sizeof a->help_search, "%s", a->prompt.edit.text);
    else if (a->prompt.kind == PROMPT_SEARCH && a->view == VIEW_SEGMENTS)
        a->search_stale = true;
    else
        remark(a, ALERT_NONE, "");
}

void prompt_key(struct app *a, const struct key *key) {
    app_do(a, EFFECT_DRAW);
    if (key->code == KEY_ESC_)
        cancel(a);
    else if (key->code == KEY_ENTER_)
        accept(a);
    else if (textedit_key(&a->prompt.edit, key))
        changed(a);
}
