// app_results.c - what came of creating, writing and removing, told to the user.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"

enum { LINES_MAX = 14 };
static const uint64_t select_ns = 5000000000u; // how long to wait for a new segment to show

static const char *verb(const struct io_reply *reply) {
    if (reply->kind == IO_RESTORE)
        return reply->drop ? "freed" : "brought back";
    switch (reply->op) {
    case OP_CREATE_SYSV:
    case OP_CREATE_POSIX:
        return "created";
    case OP_WRITE:
        return "written";
    case OP_REMOVE:
        return "removed";
    case OP_SET:
        return "set";
    case OP_SIGNAL:
        return "signalled";
    }
    return "done";
}

static void show_one(struct app *a, const struct io_reply *reply, const struct op_item *item) {
    if (item->outcome != OUTCOME_DONE)
        app_message(a, item->outcome == OUTCOME_FAILED ? ALERT_BAD : ALERT_WARN, "%s", item->text);
    else if (reply->kind == IO_SIGNAL)
        app_message(a, ALERT_INFO, "sent %s to %s", sigabbrev_np(reply->signal), item->seg);
    else if (reply->kind == IO_OP && reply->op == OP_REMOVE)
        app_message(a, ALERT_INFO, "%s%s: %s", item->kept ? "u brings back " : "", item->seg,
                    item->text);
    else
        app_message(a, ALERT_INFO, "%s %s%s%s", verb(reply), item->seg, item->text[0] ? ": " : "",
                    item->text);
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    (void)a;
    (void)d;
    (void)button;
    return true;
}

static bool kept_any(const struct io_reply *reply) {
    for (size_t i = 0; i < reply->item_count; i++)
        if (reply->items[i].kept)
            return true;
    return false;
}

static void show_list(struct app *a, const struct io_reply *reply, size_t done) {
    static const struct dialog_kind kind = {.name = "results", .press = press};
    struct dialog *d = dialog_new(&kind, NULL);
    size_t shown = 0, bad = reply->item_count - done;
    snprintf(d->title, sizeof d->title, "%zu %s, %zu not", done, verb(reply), bad);
    for (size_t i = 0; i < reply->item_count && shown < LINES_MAX; i++) {
        const struct op_item *item = &reply->items[i];
        if (item->outcome == OUTCOME_DONE)
            continue;
        dialog_line(d, item->outcome == OUTCOME_FAILED ? ALERT_BAD : ALERT_WARN, "%s: %s",
                    item->outcome == OUTCOME_FAILED ? "failed" : "left alone", item->text);
        shown++;
    }
    if (bad > shown)
        dialog_line(d, ALERT_NONE, "... and %zu more", bad - shown);
    for (size_t i = 0; i < reply->item_count && shown < LINES_MAX; i++, shown++)
        if (reply->items[i].outcome == OUTCOME_DONE)
            dialog_line(d, ALERT_NONE, "%s: %s", verb(reply), reply->items[i].seg);
    if (kept_any(reply))
        dialog_line(d, ALERT_INFO, "u brings back what can be.");
    dialog_add_button(d, "Close", 0);
    app_open_dialog(a, d);
}

void results_show(struct app *a, const struct io_reply *reply) {
    size_t done = 0;
    for (size_t i = 0; i < reply->item_count; i++)
        done += reply->items[i].outcome == OUTCOME_DONE;
    bool all = done == reply->item_count;
    if (all && reply->kind == IO_OP &&
        (reply->op == OP_CREATE_SYSV || reply->op == OP_CREATE_POSIX)) {
        a->select_next = reply->created;
        a->select_until = a->mono_ns + select_ns;
    }
    if (reply->item_count == 1)
        show_one(a, reply, &reply->items[0]);
    else if (all || a->dialog)
        app_message(a, all ? ALERT_INFO : ALERT_WARN, "%zu of %zu %s%s", done, reply->item_count,
                    verb(reply), kept_any(reply) ? "; u brings back what can be" : "");
    else
        show_list(a, reply, done);
}
