// app_hexmap.c - where the segment of the hex view has pages, and where its bytes change.
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

static const uint64_t step_ns = 250000000u;   // four steps a second
static const uint64_t retry_ns = 1000000000u; // after one that failed

void hexmap_start(struct app *a) {
    struct hex_map *m = &a->hex.map;
    hexmap_stop(a);
    m->due_ns = a->mono_ns;
}

void hexmap_stop(struct app *a) {
    struct hex_map *m = &a->hex.map;
    free(m->cells);
    *m = (struct hex_map){.cells = NULL};
}

static bool wanted(const struct app *a) {
    const struct hex_state *h = &a->hex;
    return h->bytes.open && a->view == VIEW_HEX && !h->gone && !h->frozen && !a->paused &&
           a->snap && h->bytes.size > 0 && h->bytes.err == 0;
}

void hexmap_settle(struct app *a) {
    struct hex_map *m = &a->hex.map;
    size_t columns = hex_strip_columns(a->screen_rows, a->screen_cols);
    if (!wanted(a))
        m->seen = false;
    if (!wanted(a) || m->outstanding || a->mono_ns < m->due_ns || columns == 0)
        return;
    struct io_request *req = app_request(a, IO_SURVEY, &a->hex.bytes.id);
    req->cells = columns;
    req->anew = !m->seen;
    m->seen = true;
    req->may_attach = a->hex.bytes.may_attach;
    m->outstanding = true;
    m->serial = req->serial;
    app_job(a, req);
}

uint64_t hexmap_deadline(const struct app *a) {
    const struct hex_map *m = &a->hex.map;
    bool strips = hex_strip_columns(a->screen_rows, a->screen_cols) > 0;
    return wanted(a) && !m->outstanding && strips ? m->due_ns : 0;
}

static bool same_cells(const struct hex_map *m, const struct io_reply *reply) {
    return m->cell_count == reply->cell_count &&
           (m->cell_count == 0 ||
            memcmp(m->cells, reply->cells, m->cell_count * sizeof *m->cells) == 0);
}

void hexmap_reply(struct app *a, const struct io_reply *reply) {
    struct hex_map *m = &a->hex.map;
    if (!m->outstanding || reply->serial != m->serial)
        return;
    m->outstanding = false;
    m->due_ns = a->mono_ns + (reply->err ? retry_ns : step_ns);
    if (reply->err)
        return; // the read of the bytes says why
    if (!same_cells(m, reply) || reply->range_count > 0 || m->round_ns != reply->round_ns)
        app_do(a, EFFECT_DRAW);
    free(m->cells);
    m->cells = reply->cell_count ? xmemdup(reply->cells, reply->cell_count * sizeof *m->cells)
                                 : NULL;
    m->cell_count = reply->cell_count;
    m->sweeping = reply->sweeping;
    m->swept = reply->swept;
    m->sweep_total = reply->sweep_total;
    m->round_ns = reply->round_ns;
    changes_begin(&m->changes, reply->size);
    for (size_t i = 0; i < reply->range_count; i++)
        changes_add(&m->changes, reply->ranges[i].offset, reply->ranges[i].len, a->mono_ns);
}

void hexmap_window_changes(struct app *a) {
    const struct hexwin *w = &a->hex.bytes.win;
    changes_begin(&a->hex.map.changes, a->hex.bytes.size);
    for (size_t p = 0; p < w->part_count; p++) {
        const struct hexpart *part = &w->parts[p];
        for (size_t i = 0, run = 0; i < part->len; i += run + 1) {
            for (run = 0; i + run < part->len; run++)
                if (w->changed_ns[part->index + i + run] != w->read_ns)
                    break;
            changes_add(&a->hex.map.changes, part->offset + i, run, a->mono_ns);
        }
    }
}

const struct view_strips *hexmap_show(struct app *a, struct view_strips *out) {
    struct hex_map *m = &a->hex.map;
    *out = (struct view_strips){.count = m->cell_count < STRIP_MAX ? m->cell_count : STRIP_MAX,
                                .sweeping = m->sweeping,
                                .swept = m->swept,
                                .sweep_total = m->sweep_total,
                                .round_ns = m->round_ns};
    for (size_t i = 0; i < out->count; i++) {
        out->column[i].size = m->cells[i].size;
        out->column[i].resident = m->cells[i].resident;
        out->column[i].swapped = m->cells[i].swapped;
        out->column[i].known = m->cells[i].known;
        out->column[i].changed = changes_column(&m->changes, i, out->count, a->mono_ns);
    }
    return out->count ? out : NULL;
}
