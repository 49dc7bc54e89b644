// processes.c - who holds shared memory, what each alone keeps in use, and below it its segments.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/columns.h"
#include "core/fmt.h"
#include "core/proclist.h"
#include "core/segname.h"
#include "core/text.h"
#include "core/trend.h"
#include "ui/layout.h"
#include "ui/widgets.h"

// `drop`: which go first when there is little room (highest first, 0 never); `room`: cells the
// command must have left before the column is shown.
static const struct spec {
    enum proc_column col;
    uint8_t width, drop, room;
    bool right;
} specs[] = {
    {PCOL_PID, 7, 0, 0, true},          {PCOL_USER, 9, 2, 12, false},
    {PCOL_SEGS, 4, 3, 12, true},        {PCOL_SHARED, 8, 0, 0, true},
    {PCOL_RSS, 8, 4, 14, true},         {PCOL_ONLY_ME, 8, 0, 0, true},
    {PCOL_WRITE, 6, 5, 16, false},      {PCOL_TREND, 8, 7, 24, false},
    {PCOL_CONTAINER, 14, 6, 16, false},
};
enum { SPECS = sizeof specs / sizeof specs[0], MARKS = 2, LEGEND_ROWS = 16, WIDE = 90 };

struct column_place {
    const struct spec *spec; // NULL: the command
    int x, width;
};
struct places {
    struct column_place items[SPECS + 1];
    size_t count;
};

struct layout {
    bool too_small;
    struct rect tabs, head, body, legend, message, footer;
};

static void make_layout(int rows, int cols, struct layout *l) {
    *l = (struct layout){.too_small = layout_too_small(rows, cols)};
    int y = 1;
    if (rows >= 14)
        l->tabs = (struct rect){y++, 0, 1, cols};
    l->head = (struct rect){y++, 0, 1, cols};
    l->footer = (struct rect){rows - 1, 0, 1, cols};
    l->message = (struct rect){rows - 2, 0, 1, cols};
    int end = rows - 2;
    if (end - y >= LEGEND_ROWS)
        l->legend = (struct rect){--end, 0, 1, cols};
    l->body = (struct rect){y, 0, end - y, cols};
}

static void choose(int cols, bool shown[SPECS]) {
    for (;;) {
        int command = cols - MARKS;
        size_t least = SPECS;
        for (size_t i = 0; i < SPECS; i++) {
            if (!shown[i])
                continue;
            command -= specs[i].width + 1;
            if (specs[i].drop && (least == SPECS || specs[i].drop > specs[least].drop))
                least = i;
        }
        if (least == SPECS || command >= specs[least].room)
            return;
        shown[least] = false;
    }
}

static void place(int cols, const struct view_processes *v, struct places *out) {
    bool shown[SPECS];
    for (size_t i = 0; i < SPECS; i++)
        shown[i] = (specs[i].col != PCOL_CONTAINER || v->list->containers) &&
                   (i == 0 || (int)i > v->scroll_x);
    choose(cols, shown);
    int x = MARKS;
    out->count = 0;
    for (size_t i = 0; i < SPECS; i++) {
        if (!shown[i])
            continue;
        out->items[out->count++] = (struct column_place){&specs[i], x, specs[i].width};
        x += specs[i].width + 1;
    }
    out->items[out->count++] = (struct column_place){NULL, x, cols - x};
}

static enum proc_column column_of(const struct column_place *p) {
    return p->spec ? p->spec->col : PCOL_COMMAND;
}

static const char *sort_glyph(const struct proclist *l) {
    return proc_column_number(l->sort) != l->invert ? "\u25bc" : "\u25b2"; // largest first
}

static void draw_head(struct canvas *c, struct rect r, const struct view_processes *v) {
    struct places places;
    place(r.cols, v, &places);
    canvas_fill(c, r, STYLE_HEAD, ' ');
    for (size_t i = 0; i < places.count; i++) {
        const struct column_place *p = &places.items[i];
        bool sorted = column_of(p) == v->list->sort;
        char head[32];
        snprintf(head, sizeof head, "%s%s", proc_column_head(column_of(p)),
                 sorted ? sort_glyph(v->list) : "");
        enum style style = sorted ? STYLE_HEAD_SORT : STYLE_HEAD;
        if (p->spec && p->spec->right)
            canvas_text_right(c, r.y, p->x, p->width, style, head);
        else
            canvas_text(c, r.y, p->x, p->width, style, head);
    }
}

// ---- one process

// "64.0M", "≥64.0M" where there is more, "≤64.0M" where it may be less, "~" where both.
static void bytes_text(uint64_t n, bool least, bool most, char buf[32]) {
    char size[16];
    if (n == 0 && least)
        snprintf(buf, 32, "?");
    else
        snprintf(buf, 32, "%s%s",
                 n == 0 || least == most ? (n && least ? "~" : "")
                 : least                 ? "\u2265"
                                         : "\u2264",
                 fmt_size(n, size));
}

static void cell_text(const struct proc_item *item, enum proc_column col, char *buf, size_t size) {
    const struct proc_facts *f = &item->facts;
    char bytes[32] = "";
    const char *name = NULL;
    size_t len = 0;
    switch (col) {
    case PCOL_PID:
        snprintf(buf, size, "%d", (int)item->id.pid);
        return;
    case PCOL_USER:
        user_text(item->snap, item->proc->uid, buf, size);
        return;
    case PCOL_SEGS:
        snprintf(buf, size, "%" PRIu32, f->segments);
        return;
    case PCOL_SHARED:
        bytes_text(f->shared, f->shared_least, false, bytes);
        break;
    case PCOL_RSS:
        bytes_text(f->resident, f->resident_least, false, bytes);
        break;
    case PCOL_ONLY_ME:
        bytes_text(f->left, f->only_least, f->only_most, bytes);
        break;
    case PCOL_WRITE:
        snprintf(buf, size, "%s", access_word(f->access));
        return;
    case PCOL_CONTAINER:
        if (strv_get(item->proc->container, &name, &len) == WHY_KNOWN)
            name_escape(name, len, false, buf, size);
        else
            snprintf(buf, size, "-");
        return;
    case PCOL_TREND:
    case PCOL_COMMAND:
    case PCOL_COUNT:
        break;
    }
    snprintf(buf, size, "%s", bytes);
}

static void draw_process(struct canvas *c, struct rect r, const struct places *places,
                         const struct proc_item *item, const struct view_processes *v) {
    bool here = item->mark == PROC_THERE;
    uint64_t samples[TREND_SAMPLES];
    char text[1100];
    for (size_t i = 0; i < places->count; i++) {
        const struct column_place *p = &places->items[i];
        enum proc_column col = column_of(p);
        enum style style = here ? STYLE_NORMAL : STYLE_DIM;
        if (col == PCOL_COMMAND) {
            int n = canvas_text(c, r.y, p->x, p->width, STYLE_DIM,
                                here                      ? ""
                                : item->mark == PROC_GONE ? "(gone) "
                                                          : "(holds none) ");
            proc_command(item->proc, text, sizeof text);
            canvas_fit(c, r.y, p->x + n, p->width - n, style, text);
            continue;
        }
        if (col == PCOL_TREND) {
            size_t n = v->trends && here
                           ? trends_get(v->trends, trend_key_process(&item->id), samples)
                           : 0;
            sparkline_draw(c, r.y, p->x, p->width, STYLE_BAR2, samples, n);
            continue;
        }
        cell_text(item, col, text, sizeof text);
        if (here && col == PCOL_SHARED)
            style = STYLE_STRONG;
        if (here && col == PCOL_ONLY_ME && item->facts.left > 0)
            style = STYLE_WARN;
        if (strcmp(text, "0") == 0 || strcmp(text, "?") == 0 || strcmp(text, "-") == 0)
            style = STYLE_DIM;
        if (p->spec->right)
            canvas_text_right(c, r.y, p->x, p->width, style, text);
        else
            canvas_fit(c, r.y, p->x, p->width, style, text);
    }
}

// ---- one of its segments

static void size_text(const struct segment *seg, enum seg_field field, char buf[32]) {
    uint64_t n = 0;
    char tmp[16];
    enum why why = seg_get(seg, field, &n);
    snprintf(buf, 32, "%s", why == WHY_KNOWN ? fmt_size(n, tmp) : why == WHY_NONE ? "-" : "?");
}

static void how_text(const struct snapshot *snap, const struct holding *h, char buf[64]) {
    const struct map_range *first = h->range_count ? &snap->ranges[h->first_range] : NULL;
    if (h->mappings > 1 && first)
        snprintf(buf, 64, "%" PRIx64 " and %" PRIu32 " more", first->start, h->mappings - 1);
    else if (first)
        snprintf(buf, 64, "%" PRIx64 "-%" PRIx64, first->start, first->end);
    else if (h->fds)
        snprintf(buf, 64, "open, not mapped");
    else
        snprintf(buf, 64, h->locks ? "locked, not mapped" : "mapped");
}

static void draw_segment(struct canvas *c, struct rect r, const struct proc_item *item,
                         const struct holding *h, bool last) {
    const struct segment *seg = &item->snap->segments[h->segment];
    char label[1100], size[32], resident[48], how[64];
    bool maybe = false;
    column_text(item->snap, seg, COL_LABEL, NULL, label, sizeof label);
    size_text(seg, SEG_SIZE, size);
    how_text(item->snap, h, how);
    int tail = r.cols >= WIDE ? 58 : r.cols >= 60 ? 26 : 8;
    int x = r.x + MARKS + 1;
    x += canvas_text(c, r.y, x, 3, STYLE_BORDER, last ? "\u2514\u2500 " : "\u251c\u2500 ");
    x += canvas_textf(c, r.y, x, 2, STYLE_DIM, "%c ", kind_letter(seg->id.kind));
    int end = r.x + r.cols - tail - 1;
    canvas_fit(c, r.y, x, end - x, STYLE_NORMAL, label);
    canvas_text_right(c, r.y, end + 1, 7, STYLE_STRONG, size);
    if (r.cols < 60)
        return;
    x = end + 10;
    canvas_text(c, r.y, x, 4, STYLE_NORMAL,
                h->is_private ? "priv" : access_word(holding_access(h)));
    x += 5;
    if (r.cols >= WIDE) {
        canvas_fit(c, r.y, x, 25, STYLE_DIM, how);
        x += 26;
    }
    if (proc_end_of(item->snap, h, &maybe) != PROC_END_NOTHING) {
        canvas_text(c, r.y, x, r.cols - x, STYLE_WARN, maybe ? "only it?" : "only it");
        return;
    }
    size_text(seg, SEG_RESIDENT, size);
    snprintf(resident, sizeof resident, "%s %s", size, r.cols >= WIDE ? "resident" : "in RAM");
    canvas_text(c, r.y, x, r.x + r.cols - x, STYLE_DIM, resident);
}

// ---- what the selected line means

static void process_sentence(const struct proc_item *item, char *buf, size_t size) {
    const struct proc_facts *f = &item->facts;
    char left[32], freed[32];
    bytes_text(f->left, f->only_least, f->only_most, left);
    bytes_text(f->freed, f->only_least, f->only_most, freed);
    if (item->mark == PROC_GONE)
        snprintf(buf, size, "gone: this process does not exist any more");
    else if (item->mark == PROC_LEFT)
        snprintf(buf, size, "it lives, and holds no shared memory any more");
    else if (f->left == 0 && f->freed == 0 && !f->only_least)
        snprintf(buf, size, "if it ended, nothing would be left unattached: others hold all of it");
    else if (f->freed == 0)
        snprintf(buf, size, "if it ended, %s would be left with nobody attached", left);
    else
        snprintf(buf, size, "if it ended, %s would be left with nobody attached, %s would be freed",
                 left, freed);
}

static void segment_sentence(const struct proc_item *item, const struct holding *h, char *buf,
                             size_t size) {
    const struct segment *seg = &item->snap->segments[h->segment];
    bool maybe = false;
    enum proc_end end = proc_end_of(item->snap, h, &maybe);
    const char *seen = maybe ? ", as far as can be seen" : "";
    if (end == PROC_END_LEFT)
        snprintf(buf, size, "only this process keeps it in use%s: it would be left behind", seen);
    else if (end == PROC_END_FREED)
        snprintf(buf, size, "only this process has it%s: it would be freed", seen);
    else
        snprintf(buf, size, "held by %" PRIu32 " process%s in sight", seg->holding_count,
                 seg->holding_count == 1 ? "" : "es");
}

// ---- the screen

static void draw_body(struct canvas *c, struct rect r, const struct view_processes *v) {
    const struct proclist *l = v->list;
    struct places places;
    place(r.cols, v, &places);
    if (l->line_count == 0) {
        canvas_textf(c, r.y + (r.rows > 3 ? 1 : 0), 4, r.cols - 5, STYLE_DIM,
                     !v->frame->snap ? "Looking\u2026"
                     : l->hidden     ? "The filter hides all %zu processes.  Esc clears it."
                                     : "No process in sight holds shared memory.",
                     l->hidden);
        return;
    }
    for (int i = 0; i < r.rows && l->top + (size_t)i < l->line_count; i++) {
        size_t line = l->top + (size_t)i;
        struct rect row = {r.y + i, r.x, 1, r.cols};
        const struct proc_item *item = proclist_item(l, line);
        const struct holding *h = proclist_holding(l, line);
        bool last = line + 1 == l->line_count || l->lines[line + 1].held == PROC_LINE_SELF;
        if (h)
            draw_segment(c, row, item, h, last);
        else
            draw_process(c, row, &places, item, v);
        if (line == l->selected) {
            canvas_text(c, row.y, row.x + 1, 1, STYLE_NORMAL, ">");
            canvas_restyle(c, row, STYLE_SELECTED);
        }
    }
}

static void draw_tabs(struct canvas *c, struct rect r, const struct view_processes *v) {
    const struct view_frame *f = v->frame;
    int x = tabs_draw(c, r, f), end = r.cols - 1;
    char right[200] = "";
    uint32_t denied = f->snap ? f->snap->coverage.denied : 0;
    if (f->filter[0])
        snprintf(right, sizeof right, "filter: %.100s (%zu hidden)", f->filter, v->list->hidden);
    else if (denied)
        snprintf(right, sizeof right, "%" PRIu32 " unreadable%s", denied,
                 f->snap->vantage.uid ? " (not root)" : "");
    else
        snprintf(right, sizeof right, "filter: none");
    int width = (int)text_width(right), room = end - x;
    if (room > 0)
        canvas_fit(c, r.y, width < room ? end - width : x, room,
                   f->filter[0] || denied ? STYLE_WARN : STYLE_DIM, right);
}

static void draw_message(struct canvas *c, struct rect r, const struct view_processes *v) {
    const struct proc_item *item = proclist_item(v->list, v->list->selected);
    const struct holding *h = proclist_holding(v->list, v->list->selected);
    char text[320] = "";
    enum alert alert = v->frame->message_alert;
    if (!v->frame->message[0]) {
        alert = ALERT_NONE;
        if (h)
            segment_sentence(item, h, text, sizeof text);
        else if (item)
            process_sentence(item, text, sizeof text);
        if (item && item->mark == PROC_THERE && item->facts.left > 0)
            alert = ALERT_WARN;
    }
    message_draw(c, r, alert, v->frame->message[0] ? v->frame->message : text);
}

void processes_draw(struct canvas *c, const struct view_processes *v) {
    struct layout l;
    char facts[96];
    make_layout(c->rows, c->cols, &l);
    if (l.too_small) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    snprintf(facts, sizeof facts, "sort %s%s%s%s", proc_column_head(v->list->sort),
             sort_glyph(v->list), v->list->tree ? "   tree" : "",
             v->list->follow ? "" : "   follow off");
    title_facts_draw(c, v->frame, "Processes", facts);
    if (l.tabs.rows)
        draw_tabs(c, l.tabs, v);
    draw_head(c, l.head, v);
    draw_body(c, l.body, v);
    if (l.legend.rows)
        canvas_fit(c, l.legend.y, 1, c->cols - 2, STYLE_DIM,
                   l.legend.cols < WIDE
                       ? "ONLY-ME: memory nobody would be attached to if the process ended."
                       : "ONLY-ME: memory nobody would be attached to if the process ended.   "
                         "Enter: its segments");
    draw_message(c, l.message, v);
    footer_draw(c, l.footer, VIEW_PROCESSES, v->frame->read_only);
}

size_t processes_rows(int rows, int cols) {
    struct layout l;
    make_layout(rows, cols, &l);
    return l.too_small || l.body.rows < 1 ? 1 : (size_t)l.body.rows;
}

struct hit processes_hit(const struct view_processes *v, int rows, int cols, int y, int x) {
    struct layout l;
    struct places places;
    struct hit hit = {.kind = HIT_NONE};
    make_layout(rows, cols, &l);
    if (l.too_small)
        return hit;
    if (y >= l.body.y && y < l.body.y + l.body.rows) {
        hit.row = v->list->top + (size_t)(y - l.body.y);
        hit.kind = hit.row < v->list->line_count ? HIT_ROW : HIT_NONE;
    } else if (y == l.head.y) {
        place(cols, v, &places);
        for (size_t i = 0; i < places.count; i++)
            if (x >= places.items[i].x - 1 && x < places.items[i].x + places.items[i].width) {
                hit.kind = HIT_HEAD;
                hit.head = (int)column_of(&places.items[i]);
            }
    }
    return hit;
}
