// app_kept.c - what removals have put aside: how much it is, when it is freed, and undoing the
// last.
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

static const uint64_t minute_ns = 60000000000u;

void kept_done(struct app *a) {
    kept_list_done(&a->kept.list);
    words_free(a->kept.undo, a->kept.undo_count);
}

void kept_ask(struct app *a) {
    if (a->kept.asked)
        return;
    struct io_request *req = app_request(a, IO_KEPT, NULL);
    req->expire = !a->read_only;
    a->kept.asked = a->kept.began = true;
    app_job(a, req);
}

// Again when the time of the first one is over; what is held then stays for longer.
static uint64_t next_time(const struct app *a) {
    uint64_t soonest = 0;
    for (size_t i = 0; i < a->kept.list.count; i++) {
        uint64_t until = a->kept.list.items[i].until_ns;
        if (until != UINT64_MAX) // else it is not freed by itself
            soonest = soonest == 0 || until < soonest ? until : soonest;
    }
    if (soonest == 0)
        return 0;
    uint64_t wait = soonest > a->wall_ns ? soonest - a->wall_ns : 0;
    return a->mono_ns + (wait < minute_ns ? minute_ns : wait);
}

void kept_reply(struct app *a, struct io_reply *reply) {
    a->kept.asked = false;
    kept_list_done(&a->kept.list);
    a->kept.list = reply->kept;
    reply->kept = (struct kept_list){0};
    a->kept.due_ns = next_time(a);
    if (a->dialog && a->dialog->kind->refresh)
        a->dialog->kind->refresh(a, a->dialog);
    app_do(a, EFFECT_DRAW);
}

// The first time with the first picture.
void kept_settle(struct app *a) {
    bool due = a->kept.due_ns ? a->mono_ns >= a->kept.due_ns : !a->kept.began;
    if (!a->snap || a->paused || !due)
        return;
    a->kept.due_ns = 0;
    kept_ask(a);
}

uint64_t kept_deadline(const struct app *a) {
    return a->kept.due_ns;
}

void kept_removed(struct app *a, const struct io_reply *reply) {
    size_t count = 0;
    for (size_t i = 0; i < reply->item_count; i++)
        count += reply->items[i].kept != NULL;
    kept_ask(a);
    if (count == 0)
        return;
    words_free(a->kept.undo, a->kept.undo_count);
    a->kept.undo = xcalloc(count, sizeof(char *));
    a->kept.undo_count = 0;
    for (size_t i = 0; i < reply->item_count; i++)
        if (reply->items[i].kept)
            a->kept.undo[a->kept.undo_count++] = xstrdup(reply->items[i].kept);
}

void kept_undo(struct app *a) {
    if (!app_may_change(a))
        return;
    if (a->kept.undo_count == 0) {
        app_message(a, ALERT_INFO, "nothing was removed here that could be brought back");
        return;
    }
    struct io_request *req = app_request(a, IO_RESTORE, NULL);
    req->words = a->kept.undo;
    req->word_count = a->kept.undo_count;
    a->kept.undo = NULL;
    a->kept.undo_count = 0;
    app_job(a, req);
    app_message(a, ALERT_INFO, "bringing back what was removed last...");
}
