// app_bytes.c - the bytes on the screen: what to read, when, and what came back.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "ui/layout.h"

enum { PREVIEW_ROW = 16, PREVIEW_ROWS = 32 };
static const uint64_t refresh_ns = 250000000u; // four times a second
static const uint64_t retry_ns = 1000000000u;  // what could not be read is tried less often

void bytes_start(struct bytes_view *v, const struct seg_id *id) {
    bytes_stop(v);
    v->open = true;
    v->id = *id;
}

void bytes_stop(struct bytes_view *v) {
    if (!v->open)
        return;
    hexwin_done(&v->win);
    *v = (struct bytes_view){.open = false};
    xcheck(hexwin_init(&v->win));
}

static struct bytes_view *subject(struct app *a) {
    if (a->hex.bytes.open)
        return a->hex.gone ? NULL : &a->hex.bytes;
    return a->preview.open ? &a->preview : NULL;
}

// As many as the detail pane has room for; a small screen has none.
static size_t preview_bytes(const struct app *a) {
    struct segments_layout l;
    segments_layout(a->screen_rows, a->screen_cols, &l);
    int rows = l.too_small ? 0 : l.detail.rows;
    return PREVIEW_ROW * (size_t)(rows < PREVIEW_ROWS ? rows : PREVIEW_ROWS);
}

// Frozen bytes stay as they were read; only what is scrolled to is read, once.
static bool stands_still(const struct app *a, uint64_t offset, size_t len) {
    const struct reading *r = &a->reading;
    return a->hex.frozen && a->hex.bytes.size && seg_id_same(&r->id, &a->hex.bytes.id) &&
           r->offset == offset && r->len == len;
}

// The view whose bytes the screen shows now, and which bytes those are.
static struct bytes_view *wanted(struct app *a, uint64_t *offset, size_t *len) {
    struct bytes_view *v = subject(a);
    if (!v || !a->snap)
        return NULL;
    if (v == &a->hex.bytes) {
        bool shows = a->view == VIEW_HEX || a->view == VIEW_LENS;
        if (!shows)
            return NULL;
        if (a->view == VIEW_LENS)
            lens_window(a, offset, len);
        else
            hex_window(a, offset, len);
        return stands_still(a, *offset, *len) ? NULL : v;
    }
    if (a->view != VIEW_SEGMENTS)
        return NULL;
    *offset = 0;
    *len = preview_bytes(a);
    return *len ? v : NULL;
}

static bool same_compare(const struct compare_with *a, const struct compare_with *b) {
    return a->with == b->with && seg_id_same(&a->id, &b->id);
}

static bool is_new(const struct app *a, const struct reading *r, const struct bytes_view *v,
                   uint64_t offset, size_t len, unsigned width) {
    bool other = v == &a->hex.bytes && !same_compare(&r->compare, &a->hex.compare);
    return other || !r->active || !seg_id_same(&r->id, &v->id) || r->offset != offset ||
           r->len != len || r->width != width || r->may_attach != v->may_attach ||
           r->may_load != v->may_load;
}

static void ask(struct app *a, const struct bytes_view *v, uint64_t offset, size_t len,
                unsigned width) {
    struct io_request *req = app_request(a, IO_READ, &v->id);
    req->offset = offset;
    req->len = len;
    req->may_attach = v->may_attach;
    req->may_load = v->may_load;
    if (v == &a->hex.bytes)
        req->compare = a->hex.compare;
    if (width) {
        req->fold.width = width;
        req->fold.lines = len / width;
        req->fold.keep = hex_kept_rows(a, &req->fold.keep_count);
    }
    struct reading *r = &a->reading;
    r->active = r->outstanding = true;
    r->serial = req->serial;
    r->id = v->id;
    r->offset = offset;
    r->len = len;
    r->width = width;
    r->compare = req->compare;
    r->cursor = a->hex.cursor;
    r->may_attach = v->may_attach;
    r->may_load = v->may_load;
    r->due_ns = 0;
    r->has_subject = true;
    r->subject = v->id;
    app_job(a, req);
}

// The cursor has gone to where rows are folded away: its own row has to be seen.
static bool cursor_is_lost(const struct app *a, unsigned width) {
    size_t index = 0, run = 0;
    return width > 0 && a->reading.cursor != a->hex.cursor &&
           !hexwin_find(&a->hex.bytes.win, a->hex.cursor, &index, &run);
}

void bytes_settle(struct app *a) {
    struct reading *r = &a->reading;
    const struct bytes_view *of = subject(a);
    if (r->has_subject && (!of || !seg_id_same(&of->id, &r->subject))) {
        r->has_subject = r->active = false;
        app_job(a, app_request(a, IO_CLOSE, &r->subject));
    }
    uint64_t offset = 0;
    size_t len = 0;
    const struct bytes_view *v = wanted(a, &offset, &len);
    if (!v) {
        r->active = false;
        return;
    }
    bool due = !r->outstanding && r->due_ns && a->mono_ns >= r->due_ns && !a->paused;
    unsigned width = a->view == VIEW_HEX && hex_folds(a) ? hex_bytes_per_row(a) : 0;
    if (is_new(a, r, v, offset, len, width) || due || cursor_is_lost(a, width))
        ask(a, v, offset, len, width);
}

bool bytes_fading(const struct bytes_view *v, uint64_t mono_ns) {
    for (size_t i = 0; i < v->win.len; i++)
        if (hexwin_age(&v->win, i, mono_ns) != AGE_OLD)
            return true;
    return false;
}

uint64_t bytes_deadline(const struct app *a) {
    const struct reading *r = &a->reading;
    if (r->active && !r->outstanding)
        return r->due_ns;
    const struct hex_state *h = &a->hex;
    if (!r->active && a->view == VIEW_HEX && h->bytes.fading)
        return a->mono_ns + refresh_ns;
    return 0;
}

static void explain(const struct app *a, struct bytes_view *v, const struct io_reply *reply) {
    const struct segment *seg = snapshot_find(a->snap, &v->id);
    v->refused = reply->fault.outcome == OUTCOME_REFUSED && !v->may_attach &&
                 v->id.kind == SEG_SYSV;
    if (v->refused && seg && !seg_in_use(seg))
        snprintf(v->problem, sizeof v->problem, "nobody holds it: A reads it by attaching once");
    else if (v->refused)
        snprintf(v->problem, sizeof v->problem,
                 "only attaching can read it from here: A attaches once");
    else if (reply->fault.why[0])
        fault_format(&reply->fault, v->problem, sizeof v->problem);
    else
        snprintf(v->problem, sizeof v->problem, "%s", strerrorname_np(-reply->err));
}

static bool same_bytes(const struct hexwin *w, const struct io_reply *reply) {
    return w->offset == reply->offset && w->end == reply->end && w->len == reply->len &&
           (w->len == 0 || memcmp(w->bytes, reply->bytes, w->len) == 0);
}

void bytes_reply(struct app *a, const struct io_reply *reply) {
    struct reading *r = &a->reading;
    if (reply->serial != r->serial)
        return;
    r->outstanding = false;
    struct bytes_view *v = subject(a);
    if (!v || !seg_id_same(&v->id, &reply->id))
        return;
    r->due_ns = a->mono_ns + (reply->err ? retry_ns : refresh_ns);
    bool first = v->size == 0 || v->err != reply->err || v->attached != reply->attached;
    v->err = reply->err;
    if (reply->err == 0) {
        if (v->fading || first || v->size != reply->size || !same_bytes(&v->win, reply))
            app_do(a, EFFECT_DRAW);
        v->problem[0] = '\0';
        v->refused = false;
        v->size = reply->size;
        v->attached = reply->attached;
        snprintf(v->route, sizeof v->route, "%s", reply->route);
        snprintf(v->side_effects, sizeof v->side_effects, "%s", reply->side_effects);
        xcheck(hexwin_update_parts(&v->win, reply->parts, reply->part_count, reply->end,
                                   reply->bytes, reply->marks, reply->len, a->mono_ns));
        v->fading = bytes_fading(v, a->mono_ns);
    } else {
        explain(a, v, reply);
        app_do(a, first ? EFFECT_DRAW : 0);
    }
    if (v == &a->hex.bytes)
        hex_got_bytes(a, reply);
}
