// app_hexmark.c - places in the bytes: the selection, bookmarks, what changed lately.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

bool hex_selection(const struct hex_state *h, uint64_t *offset, uint64_t *len) {
    if (!h->selecting)
        return false;
    *offset = h->anchor < h->cursor ? h->anchor : h->cursor;
    *len = (h->anchor < h->cursor ? h->cursor : h->anchor) - *offset + 1;
    return true;
}

static void toggle_selection(struct app *a) {
    struct hex_state *h = &a->hex;
    h->selecting = !h->selecting;
    h->anchor = h->cursor;
    if (h->selecting)
        app_message(a, ALERT_INFO, "move to extend; y copies, s saves, K captures, Esc ends");
    else
        app_do(a, EFFECT_DRAW);
}

// --- bookmarks

static void toggle_bookmark(struct app *a) {
    struct hex_state *h = &a->hex;
    size_t i = 0;
    while (i < h->bookmark_count && h->bookmarks[i] < h->cursor)
        i++;
    uint64_t *at = h->bookmarks + i;
    size_t after = h->bookmark_count - i;
    if (after > 0 && *at == h->cursor) {
        memmove(at, at + 1, (after - 1) * sizeof *at);
        h->bookmark_count--;
        app_message(a, ALERT_INFO, "bookmark taken away");
    } else if (h->bookmark_count == HEX_BOOKMARKS) {
        app_message(a, ALERT_WARN, "no more than %d bookmarks", HEX_BOOKMARKS);
    } else {
        memmove(at + 1, at, after * sizeof *at);
        *at = h->cursor;
        h->bookmark_count++;
        app_message(a, ALERT_INFO, "bookmark at 0x%" PRIx64 "   ' goes to the next, B lists them",
                    h->cursor);
    }
}

static void next_bookmark(struct app *a) {
    struct hex_state *h = &a->hex;
    if (h->bookmark_count == 0) {
        app_message(a, ALERT_INFO, "no bookmark yet: b sets one");
        return;
    }
    size_t i = 0;
    while (i < h->bookmark_count && h->bookmarks[i] <= h->cursor)
        i++;
    hex_set_cursor(a, h->bookmarks[i < h->bookmark_count ? i : 0]);
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    if (button == 0 && d->focus < a->hex.bookmark_count)
        hex_set_cursor(a, a->hex.bookmarks[d->focus]);
    return true;
}

static void list_bookmarks(struct app *a) {
    static const struct dialog_kind kind = {.name = "bookmarks", .press = press, .menu = true};
    const struct hex_state *h = &a->hex;
    if (h->bookmark_count == 0) {
        app_message(a, ALERT_INFO, "no bookmark yet: b sets one");
        return;
    }
    struct dialog *d = dialog_new(&kind, NULL);
    snprintf(d->title, sizeof d->title, "Bookmarks");
    for (size_t i = 0; i < h->bookmark_count; i++) {
        char text[64];
        struct dialog_input *f = dialog_add_check(d, "", h->bookmarks[i] == h->cursor);
        snprintf(text, sizeof text, "0x%" PRIx64, h->bookmarks[i]);
        textedit_set(&f->edit, text);
    }
    dialog_add_button(d, "Go there", 0);
    dialog_add_button(d, "Cancel", 0);
    app_open_dialog(a, d);
}

// --- what changed

// The next byte on the screen whose change is known, from the cursor on. False: none.
static bool change_on_screen(const struct app *a, bool back, uint64_t *at) {
    const struct hex_state *h = &a->hex;
    const struct hexwin *w = &h->bytes.win;
    bool found = false;
    for (size_t p = 0; p < w->part_count; p++) {
        for (size_t i = 0; i < w->parts[p].len; i++) {
            uint64_t offset = w->parts[p].offset + i;
            uint64_t when = w->changed_ns[w->parts[p].index + i];
            bool fits = back ? offset < h->cursor : offset > h->cursor;
            if (!fits || when == 0 || a->mono_ns - when > CHANGES_SECONDS * UINT64_C(1000000000))
                continue;
            *at = offset;
            found = true;
            if (!back)
                return true;
        }
    }
    return found;
}

static void next_change(struct app *a, bool back) {
    uint64_t at = 0;
    if (change_on_screen(a, back, &at) ||
        changes_next(&a->hex.map.changes, a->hex.cursor, back, a->mono_ns, &at))
        hex_set_cursor(a, at);
    else
        app_message(a, ALERT_INFO, "no change was seen in the last %d s", CHANGES_SECONDS);
}

bool hex_mark_command(struct app *a, enum command cmd) {
    switch (cmd) {
    case CMD_HEX_SELECT:
        toggle_selection(a);
        return true;
    case CMD_HEX_BOOKMARK:
        toggle_bookmark(a);
        return true;
    case CMD_HEX_BOOKMARK_NEXT:
        next_bookmark(a);
        return true;
    case CMD_HEX_BOOKMARKS:
        list_bookmarks(a);
        return true;
    case CMD_HEX_CHANGE_NEXT:
    case CMD_HEX_CHANGE_PREV:
        next_change(a, cmd == CMD_HEX_CHANGE_PREV);
        return true;
    default:
        return false;
    }
}
