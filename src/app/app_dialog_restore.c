// app_dialog_restore.c - what lies in quarantine: bringing it back, or freeing it for good.
//
// It holds items by their names, which no other object ever gets. Freeing asks once more.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"

enum { SHOWN = 12, BUTTON_BACK = 0, BUTTON_FREE = 1 };

struct restore_data {
    char **words; // owned: the items of the fields, oldest first
    size_t count;
};

static void free_data(void *data) {
    struct restore_data *r = data;
    words_free(r->words, r->count);
    free(r);
}

static const struct kept_item *find(const struct app *a, const char *word) {
    for (size_t i = 0; i < a->kept.list.count; i++)
        if (strcmp(a->kept.list.items[i].text, word) == 0)
            return &a->kept.list.items[i];
    return NULL;
}

static void refresh(struct app *a, struct dialog *d) {
    const struct restore_data *r = d->data;
    size_t hidden = 0;
    char size[16], left[16];
    dialog_clear_lines(d);
    for (size_t i = 0; i < r->count; i++) {
        const struct kept_item *item = find(a, r->words[i]);
        if (!item)
            dialog_remark(&d->field[i], ALERT_WARN, "is not there any more");
        else if (item->until_ns == UINT64_MAX)
            dialog_remark(&d->field[i], ALERT_WARN, "%s, taken by mistake: stays until dropped",
                          fmt_size(item->bytes, size));
        else if (item->until_ns > a->wall_ns)
            dialog_remark(&d->field[i], ALERT_NONE, "%s, %s left", fmt_size(item->bytes, size),
                          fmt_age(item->until_ns - a->wall_ns, left));
        else
            dialog_remark(&d->field[i], ALERT_WARN, "%s, its time is over",
                          fmt_size(item->bytes, size));
    }
    hidden = a->kept.list.count > r->count ? a->kept.list.count - r->count : 0;
    dialog_line(d, ALERT_NONE, "%zu item%s hold %s.  Space chooses; the name must be free again.",
                a->kept.list.count, a->kept.list.count == 1 ? "" : "s",
                fmt_size(a->kept.list.bytes, size));
    if (hidden)
        dialog_line(d, ALERT_INFO, "%zu more: shmtop restore lists them all", hidden);
}

// The ticked items, or all when none is; owned by the caller.
static char **chosen(const struct dialog *d, size_t *count) {
    const struct restore_data *r = d->data;
    char **words = xcalloc(r->count + 1, sizeof(char *));
    *count = 0;
    for (size_t i = 0; i < r->count; i++)
        if (d->field[i].choice)
            words[(*count)++] = xstrdup(r->words[i]);
    if (*count == 0 && r->count == 1)
        words[(*count)++] = xstrdup(r->words[0]);
    return words;
}

static void send(struct app *a, char **words, size_t count, bool drop) {
    struct io_request *req = app_request(a, IO_RESTORE, NULL);
    req->words = words;
    req->word_count = count;
    req->drop = drop;
    app_job(a, req);
    app_message(a, ALERT_INFO, drop ? "freeing..." : "bringing back...");
}

// ---- freeing asks once more

static bool press_free(struct app *a, struct dialog *d, size_t button) {
    struct restore_data *r = d->data;
    if (button == 0)
        return true;
    if (!app_may_change(a))
        return false;
    send(a, r->words, r->count, true);
    r->words = NULL;
    r->count = 0;
    return true;
}

static void ask_to_free(struct app *a, char **words, size_t count) {
    static const struct dialog_kind kind = {
        .name = "free", .press = press_free, .free_data = free_data};
    struct restore_data *r = xcalloc(1, sizeof *r);
    *r = (struct restore_data){words, count};
    struct dialog *d = dialog_new(&kind, r);
    snprintf(d->title, sizeof d->title, "Free %zu item%s for good?", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) {
        const struct kept_item *item = find(a, words[i]);
        char size[16];
        if (item)
            dialog_line(d, ALERT_NONE, "%s  %s", item->seg ? item->seg : item->text,
                        fmt_size(item->bytes, size));
    }
    dialog_line(d, ALERT_WARN, "There is no undo of this.");
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Free: press D", 'D');
    app_open_dialog(a, d);
}

// ---- the list

static bool press(struct app *a, struct dialog *d, size_t button) {
    size_t count;
    if (button != BUTTON_BACK && button != BUTTON_FREE)
        return true;
    if (!app_may_change(a))
        return false;
    char **words = chosen(d, &count);
    if (count == 0) {
        app_message(a, ALERT_INFO, "choose with Space first");
        words_free(words, count);
        return false;
    }
    if (button == BUTTON_FREE)
        ask_to_free(a, words, count);
    else
        send(a, words, count, false);
    return true;
}

void dialog_restore_open(struct app *a) {
    static const struct dialog_kind kind = {
        .name = "restore", .refresh = refresh, .press = press, .free_data = free_data};
    const struct kept_list *list = &a->kept.list;
    kept_ask(a);
    if (list->count == 0) {
        app_message(a, ALERT_INFO, "nothing is in quarantine");
        return;
    }
    struct restore_data *r = xcalloc(1, sizeof *r);
    // What was removed last is what is most often wanted back.
    size_t first = list->count > SHOWN ? list->count - SHOWN : 0;
    r->words = xcalloc(SHOWN, sizeof(char *));
    struct dialog *d = dialog_new(&kind, r);
    snprintf(d->title, sizeof d->title, "Quarantine");
    for (size_t i = list->count; i-- > first;) {
        const struct kept_item *item = &list->items[i];
        struct dialog_input *f = dialog_add_check(d, "", false);
        textedit_set(&f->edit, item->seg ? item->seg : item->text);
        r->words[r->count++] = xstrdup(item->text);
    }
    dialog_add_button(d, "Bring back", 0);
    dialog_add_button(d, "Free...", 0);
    dialog_add_button(d, "Close", 0);
    app_open_dialog(a, d);
}
