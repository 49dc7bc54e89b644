// app_dialog_write.c - asking before pending edits are written into live memory.
//
// What stood there when it was typed over is what a write expects. The places are looked at again
// and again while the dialog is open; what moved is shown, and the user decides: to overwrite it
// all the same, or to leave those places out.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "probes/store.h"

enum { PER_LINE = 8, PLACES_SHOWN = 6, MOVED_SHOWN = 3, COMMANDS_SHOWN = 3 };
static const uint64_t look_again_ns = 250000000u;

// A place as it was when the dialog opened, and as it is now.
struct place {
    uint64_t offset;
    size_t len;
    uint8_t *bytes, *expect, *now; // owned; now NULL: not seen yet
    bool moved;
};
struct write_data {
    struct seg_id id;
    struct place *places;
    size_t count, bytes, moved; // moved: places that did
    bool unseen, looked;        // not all are seen; and that is what looking came to
    bool back;                  // the bytes of before the last write
    char label[48];
    uint64_t serial, due_ns; // of the look that is asked for; when the next one is due, 0 none
};

static void free_write(void *data) {
    struct write_data *w = data;
    for (size_t i = 0; i < w->count; i++) {
        free(w->places[i].bytes);
        free(w->places[i].expect);
        free(w->places[i].now);
    }
    free(w->places);
    free(w);
}

// --- lines

static void hex_text(const uint8_t *bytes, size_t len, char buf[PER_LINE * 3 + 4]) {
    size_t n = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < len && i < PER_LINE; i++)
        n += (size_t)snprintf(buf + n, PER_LINE * 3 + 4 - n, "%s%02x", i ? " " : "", bytes[i]);
    if (len > PER_LINE)
        snprintf(buf + n, PER_LINE * 3 + 4 - n, "...");
}

static void moved_lines(struct dialog *d, const struct write_data *w, const struct place *p,
                        size_t *left) {
    for (size_t i = 0; i < p->len && p->now; i++) {
        if (p->now[i] == p->expect[i])
            continue;
        if (*left > 0)
            dialog_line(d, ALERT_BAD,
                        "0x%" PRIx64 " is now %02x, was %02x when you %s: overwrite anyway?",
                        p->offset + i, p->now[i], p->expect[i], w->back ? "wrote" : "typed");
        *left -= *left > 0;
    }
}

static void place_lines(struct dialog *d, const struct write_data *w) {
    char old[PER_LINE * 3 + 4], new[PER_LINE * 3 + 4];
    size_t left = MOVED_SHOWN, shown = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct place *p = &w->places[i];
        // Those that moved have to be seen.
        if (i >= PLACES_SHOWN && !(p->moved && left > 0))
            continue;
        hex_text(p->expect, p->len, old);
        hex_text(p->bytes, p->len, new);
        dialog_line(d, ALERT_NONE, "0x%" PRIx64 "  %s -> %s", p->offset, old, new);
        moved_lines(d, w, p, &left);
        shown++;
    }
    if (shown < w->count)
        dialog_line(d, ALERT_NONE, "... and %zu more places", w->count - shown);
}

static void atomic_line(struct dialog *d, const struct write_data *w) {
    size_t whole = 0;
    for (size_t i = 0; i < w->count; i++)
        whole += store_is_one_step(w->places[i].offset, w->places[i].len);
    if (whole == w->count)
        dialog_line(d, ALERT_NONE, "Written %s; old bytes are kept for undo.",
                    whole == 1 ? "in one step" : "each in one step, one after another");
    else if (whole)
        dialog_line(d, ALERT_NONE,
                    "%zu of %zu places are not written in one step: other programs may see a part. "
                    "Old bytes are kept for undo.",
                    w->count - whole, w->count);
    else
        dialog_line(d, ALERT_NONE,
                    "Other programs see bytes one by one; this is not atomic. Old "
                    "bytes are kept for undo.");
}

static char *command(struct app *a, const struct place *p) {
    char *hex = xcalloc(2 * p->len + 1, 1), *expect = xcalloc(2 * p->len + 1, 1), seg[4300];
    for (size_t i = 0; i < p->len; i++) {
        sprintf(hex + 2 * i, "%02x", p->bytes[i]);
        sprintf(expect + 2 * i, "%02x", p->expect[i]);
    }
    char *text = xasprintf("shmtop write %s --offset 0x%" PRIx64 " --hex %s%s%s",
                           shell_quote(a->hex.seg, seg, sizeof seg), p->offset, hex,
                           p->moved ? "" : " --expect ", p->moved ? "" : expect);
    free(hex);
    free(expect);
    return text;
}

static void same_as(struct app *a, struct dialog *d, const struct write_data *w) {
    free(d->same_as);
    d->same_as = NULL;
    for (size_t i = 0; i < w->count && i < COMMANDS_SHOWN; i++) {
        char *one = command(a, &w->places[i]), *before = d->same_as;
        d->same_as = before ? xasprintf("%s; %s", before, one) : xstrdup(one);
        free(before);
        free(one);
    }
}

static void judge(struct write_data *w) {
    w->moved = 0;
    w->unseen = false;
    for (size_t i = 0; i < w->count; i++) {
        struct place *p = &w->places[i];
        p->moved = p->now && memcmp(p->now, p->expect, p->len) != 0;
        w->moved += p->moved;
        w->unseen |= !p->now;
    }
}

static void refresh(struct app *a, struct dialog *d) {
    struct write_data *w = d->data;
    char title[4300], use[96];
    size_t focus = d->focus;
    judge(w);
    dialog_clear_lines(d);
    if (a->hex.segment)
        dialog_line(d, ALERT_NONE, "%s  %s",
                    seg_title(a->hex.snap, a->hex.segment, title, sizeof title),
                    seg_use_text(a->hex.segment, use, sizeof use));
    if (a->hex.gone)
        dialog_line(d, ALERT_BAD, "It is gone.");
    place_lines(d, w);
    if (w->unseen && !a->hex.gone)
        dialog_line(d, w->looked ? ALERT_BAD : ALERT_WARN, "%s",
                    w->looked
                        ? "Not all of them can be seen any more: past the end, or swapped out."
                        : "Looking whether they moved...");
    atomic_line(d, w);
    same_as(a, d, w);
    snprintf(w->label, sizeof w->label, "%s %zu: press W", w->moved ? "Overwrite" : "Write",
             w->bytes);
    bool last = d->button_count && focus == d->button_count - 1;
    d->button_count = 0;
    dialog_add_button(d, "Cancel", 0);
    if (w->moved)
        dialog_add_button(d, "Skip changed", 0);
    dialog_add_button(d, w->label, 'W');
    d->focus = last ? d->button_count - 1 : focus < d->button_count ? focus : 0;
}

// --- looking

static bool is_write(const struct dialog *d);

static void look(struct app *a, struct write_data *w) {
    struct io_request *req = app_request(a, IO_LOOK, &w->id);
    req->may_attach = a->hex.bytes.may_attach;
    req->may_load = a->hex.bytes.may_load;
    req->spans = xcalloc(w->count, sizeof *req->spans);
    req->span_count = w->count;
    for (size_t i = 0; i < w->count; i++) {
        req->spans[i].offset = w->places[i].offset;
        req->spans[i].len = w->places[i].len;
    }
    w->serial = req->serial;
    w->due_ns = 0;
    app_job(a, req);
}

void dialog_write_reply(struct app *a, struct io_reply *reply) {
    struct write_data *w = is_write(a->dialog) ? a->dialog->data : NULL;
    if (!w || reply->serial != w->serial)
        return;
    w->due_ns = a->mono_ns + look_again_ns;
    w->looked = true;
    for (size_t i = 0; i < w->count && i < reply->span_count; i++) {
        free(w->places[i].now);
        w->places[i].now = reply->err ? NULL : reply->spans[i].old;
        if (!reply->err)
            reply->spans[i].old = NULL;
    }
    if (reply->err) {
        char text[640];
        fault_format(&reply->fault, text, sizeof text);
        app_message(a, ALERT_BAD, "%s", text);
    }
    refresh(a, a->dialog);
    app_do(a, EFFECT_DRAW);
}

void dialog_write_settle(struct app *a) {
    struct write_data *w = is_write(a->dialog) ? a->dialog->data : NULL;
    if (w && w->due_ns && a->mono_ns >= w->due_ns && !a->paused && !a->hex.gone)
        look(a, w);
}

uint64_t dialog_write_deadline(const struct app *a) {
    const struct write_data *w = is_write(a->dialog) ? a->dialog->data : NULL;
    return w ? w->due_ns : 0;
}

// --- writing

static bool refused(struct app *a, const struct write_data *w) {
    if (!edit_may(a))
        return true;
    if (w->unseen)
        app_message(a, ALERT_WARN, "%s",
                    w->looked ? "not all of these bytes can be seen: nothing is written"
                              : "not all of these bytes could be looked at yet");
    return w->unseen;
}

static void write_places(struct app *a, const struct write_data *w, bool skip_moved) {
    const char *why = "";
    struct io_request *req = app_request(a, IO_OP, &w->id);
    struct op_request *op = xcalloc(1, sizeof *op);
    op_request_init(op, OP_WRITE);
    op->id = w->id;
    snprintf(op->seg, sizeof op->seg, "%s", a->hex.seg);
    seg_parse(op->seg, &op->where, &why);
    req->op = OP_WRITE;
    req->create_or_write = op;
    req->spans = xcalloc(w->count, sizeof *req->spans);
    for (size_t i = 0; i < w->count; i++) {
        const struct place *p = &w->places[i];
        if (p->moved && skip_moved)
            continue;
        // What moved before the user's eyes and shall go all the same may go on moving.
        req->spans[req->span_count++] = (struct edit_span){
            .offset = p->offset,
            .len = p->len,
            .bytes = xmemdup(p->bytes, p->len),
            .expect = p->moved ? NULL : xmemdup(p->expect, p->len)};
    }
    if (req->span_count == 0) {
        io_request_free(req);
        app_message(a, ALERT_INFO, "every place has changed: nothing was written");
        return;
    }
    a->hex.edit.writing = req->serial;
    app_job(a, req);
    app_message(a, ALERT_INFO, "writing...");
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    const struct write_data *w = d->data;
    bool skip = d->button_count == 3 && button == 1;
    if (button == 0)
        return true;
    if (refused(a, w))
        return false;
    write_places(a, w, skip);
    return true;
}

static const struct dialog_kind kind = {
    .name = "write", .refresh = refresh, .press = press, .free_data = free_write};

static bool is_write(const struct dialog *d) {
    return d && d->kind == &kind;
}

static void add_place(struct write_data *w, const struct edit_range *r) {
    struct place *p = &w->places[w->count++];
    *p = (struct place){r->offset, r->len, xcalloc(1, r->len), xcalloc(1, r->len), NULL, false};
    for (size_t i = 0; i < r->len; i++) {
        p->bytes[i] = r->bytes[i].now;
        p->expect[i] = r->bytes[i].old;
    }
    w->bytes += r->len;
}

void dialog_write_open(struct app *a) {
    const struct editbuf *e = &a->hex.edit.buf;
    struct edit_range r;
    struct write_data *w = xcalloc(1, sizeof *w);
    w->id = a->hex.bytes.id;
    w->back = a->hex.edit.putting_back;
    w->places = xcalloc(editbuf_range_count(e), sizeof *w->places);
    for (size_t next = 0; editbuf_range(e, &next, &r);)
        add_place(w, &r);
    struct dialog *d = dialog_new(&kind, w);
    snprintf(d->title, sizeof d->title,
             a->hex.edit.putting_back ? "Put the old %zu byte%s back?"
                                      : "Write %zu byte%s into live memory?",
             w->bytes, w->bytes == 1 ? "" : "s");
    look(a, w);
    app_open_dialog(a, d);
}
