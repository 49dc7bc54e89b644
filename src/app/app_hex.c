// app_hex.c - the full-screen view of the bytes: opening, freezing, commands, drawing.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "core/segname.h"
#include "ui/layout.h"
#include "ui/widgets.h"

static const uint64_t rate_period_ns = 1000000000u;

// --- opening, closing, life of the segment

void hex_open(struct app *a, const struct row *row) {
    struct hex_state *h = &a->hex;
    bool same = a->preview.open && seg_id_same(&a->preview.id, &row->id);
    bool may_attach = same && a->preview.may_attach;
    hex_close(a);
    bytes_stop(&a->preview);
    h->from = a->view;
    bytes_start(&h->bytes, &row->id);
    h->bytes.may_attach = may_attach;
    h->snap = snapshot_ref(row->snap);
    h->segment = row->seg;
    seg_format(row->seg, h->seg, sizeof h->seg);
    h->gone = h->frozen = false;
    h->top = h->cursor = 0;
    h->bytes_per_s = 0;
    h->rate_ns = h->rate_changes = 0;
    h->has_above = false;
    h->match_len = 0;
    h->selecting = h->has_capture = false;
    h->bookmark_count = 0;
    hex_compare_stop(a);
    hexmap_start(a);
    app_go(a, VIEW_HEX);
}

void hex_close(struct app *a) {
    struct hex_state *h = &a->hex;
    hex_find_stop(a);
    hexmap_stop(a);
    edit_stop(a);
    lens_forget(a);
    bytes_stop(&h->bytes);
    snapshot_unref(h->snap);
    h->snap = NULL;
    h->segment = NULL;
    h->line_count = 0;
}

static void hex_snapshot(struct app *a) {
    struct hex_state *h = &a->hex;
    if (!h->bytes.open)
        return;
    const struct segment *seg = snapshot_find(a->snap, &h->bytes.id);
    h->gone = !seg;
    if (h->gone)
        hex_find_stop(a);
    if (!seg)
        return;
    snapshot_unref(h->snap);
    h->snap = snapshot_ref(a->snap);
    h->segment = seg;
    seg_format(seg, h->seg, sizeof h->seg);
}

void hex_got_bytes(struct app *a, const struct io_reply *reply) {
    struct hex_state *h = &a->hex;
    if (reply->err == -ESTALE && !h->gone) {
        h->gone = true;
        app_do(a, EFFECT_DRAW);
    }
    if (reply->err)
        return;
    h->has_above = reply->has_above;
    h->above = reply->above;
    h->above_of = reply->offset;
    hexmap_window_changes(a);
    hex_compare_bytes(a, reply);
    if (h->cursor >= h->bytes.size)
        hex_set_cursor(a, h->cursor);
    uint64_t since = a->mono_ns - h->rate_ns;
    if (h->rate_ns && since < rate_period_ns)
        return;
    double before = h->bytes_per_s;
    if (h->rate_ns)
        h->bytes_per_s = (double)(h->bytes.win.changes - h->rate_changes) * 1e9 / (double)since;
    h->rate_ns = a->mono_ns;
    h->rate_changes = h->bytes.win.changes;
    if (before > h->bytes_per_s || before < h->bytes_per_s)
        app_do(a, EFFECT_DRAW);
}

static void hex_settle(struct app *a) {
    struct hex_state *h = &a->hex;
    const struct hexwin *w = &h->bytes.win;
    h->line_count = 0;
    size_t at = 0, run = 0;
    hexmap_settle(a);
    edit_settle(a);
    dialog_write_settle(a);
    if (a->view != VIEW_HEX || !hex_inspects(a) || !hexwin_find(w, h->cursor, &at, &run))
        return;
    run = run < INSPECT_BYTES ? run : INSPECT_BYTES;
    for (size_t i = 0; i < run; i++) // of other bytes no value is known
        if (w->marks[at + i] != MARK_DATA && w->marks[at + i] != MARK_HOLE)
            run = i;
    if (run == 0)
        return;
    h->line_count = inspect_at(h->snap, h->segment, h->cursor, w->bytes + at, run, h->big_endian,
                               h->lines);
}

// --- commands

static void next_width(struct app *a) {
    unsigned before = a->hex.width;
    a->hex.width = 0;
    unsigned fit = hex_bytes_per_row(a), width = before ? before * 2 : 4;
    a->hex.width = width <= fit ? width : 0;
    hex_set_cursor(a, a->hex.cursor);
    if (a->hex.width)
        app_message(a, ALERT_INFO, "%u bytes a row", a->hex.width);
    else
        app_message(a, ALERT_INFO, "as many bytes a row as fit: %u", fit);
}

static void toggle(struct app *a, bool *flag, const char *on, const char *off) {
    *flag = !*flag;
    app_message(a, ALERT_INFO, "%s", *flag ? on : off);
}

static bool toggle_command(struct app *a, enum command cmd) {
    struct hex_state *h = &a->hex;
    switch (cmd) {
    case CMD_HEX_FREEZE:
        toggle(a, &h->frozen, "frozen: only what is scrolled to is read, once", "live again");
        return true;
    case CMD_HEX_FOLD:
        toggle(a, &h->fold, "equal rows are folded", "every row is shown");
        return true;
    case CMD_HEX_INSPECT:
        h->inspect = !h->inspect;
        hex_set_cursor(a, h->cursor);
        return true;
    case CMD_HEX_ENDIAN:
        toggle(a, &h->big_endian, "big endian", "little endian");
        return true;
    case CMD_HEX_WIDTH:
        next_width(a);
        return true;
    default:
        return false;
    }
}

static bool hex_command(struct app *a, enum command cmd) {
    if (hex_move_command(a, cmd) || toggle_command(a, cmd) || edit_command(a, cmd) ||
        hex_mark_command(a, cmd) || hex_compare_command(a, cmd))
        return true;
    switch (cmd) {
    case CMD_GOTO:
        prompt_open(a, &hex_goto_prompt);
        return true;
    case CMD_SEARCH_NEXT:
    case CMD_SEARCH_PREV:
        if (a->hex.needle[0])
            hex_find(a, cmd == CMD_SEARCH_NEXT ? 1 : -1);
        else
            prompt_open(a, &hex_find_prompt);
        return true;
    case CMD_HEX_SAVE:
        if (app_may_change(a))
            prompt_open(a, &hex_save_prompt);
        return true;
    case CMD_SET:
        dialog_set_open(a);
        return true;
    case CMD_LENS:
        lens_open(a);
        return true;
    case CMD_HEX_ATTACH:
        dialog_attach_open(a);
        return true;
    case CMD_BACK:
        if (!a->hex.searching && !a->hex.selecting)
            return false;
        if (a->hex.searching)
            app_message(a, ALERT_INFO, "stopped");
        else
            a->hex.selecting = false;
        hex_find_stop(a);
        app_do(a, EFFECT_DRAW);
        return true;
    default:
        return false;
    }
}

static void hex_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    const struct hex_state *h = &a->hex;
    struct view_strips strips;
    struct view_hex v = {.frame = frame,
                         .seg = h->seg,
                         .segment = h->segment,
                         .gone = h->gone,
                         .frozen = h->frozen,
                         .big_endian = h->big_endian,
                         .inspect = hex_inspects(a),
                         .fold = h->fold,
                         .win = &h->bytes.win,
                         .match_at = h->match_at,
                         .match_len = h->match_len,
                         .bookmarks = h->bookmarks,
                         .bookmark_count = h->bookmark_count,
                         .other = hex_compares(a) ? &h->other : NULL,
                         .other_name = h->compare_name,
                         .other_problem = h->other_problem,
                         .edits = &h->edit.buf,
                         .editing = h->edit.on,
                         .text_side = h->edit.text_side,
                         .half = h->edit.half && h->edit.half_at == h->cursor,
                         .strips = hexmap_show(a, &strips),
                         .size = hex_size(h),
                         .top = h->top,
                         .cursor = h->cursor,
                         .width = hex_bytes_per_row(a),
                         .bytes_per_s = h->bytes_per_s,
                         .route = h->bytes.route,
                         .side_effects = h->bytes.side_effects,
                         .problem = h->bytes.problem,
                         .lines = h->lines,
                         .line_count = h->line_count};
    hex_selection(h, &v.selected_at, &v.selected_len);
    hex_draw(c, &v);
}

const struct screen hex_screen = {.draw = hex_show,
                                  .command = hex_command,
                                  .snapshot = hex_snapshot,
                                  .settle = hex_settle,
                                  .search = &hex_find_prompt};
