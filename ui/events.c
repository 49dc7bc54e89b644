// events.c - what happened to segments: newest first, bursts folded, and how much a minute.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/eventlog.h"
#include "core/fmt.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

enum { WIDE = 76, NOTE_ROWS = 12, MARKS = 2 };

struct layout {
    bool too_small;
    struct rect tabs, what, strip, body, note, message, footer;
};

static void make_layout(int rows, int cols, struct layout *l) {
    *l = (struct layout){.too_small = layout_too_small(rows, cols)};
    int y = 1, end = rows - 2;
    l->message = (struct rect){end, 0, 1, cols};
    l->footer = (struct rect){rows - 1, 0, 1, cols};
    if (rows >= 14)
        l->tabs = (struct rect){y++, 0, 1, cols};
    if (rows >= 9)
        l->what = (struct rect){y++, 0, 1, cols};
    if (rows >= 14)
        l->strip = (struct rect){y++, 0, 1, cols};
    if (end - y >= NOTE_ROWS)
        l->note = (struct rect){--end, 0, 1, cols};
    l->body = (struct rect){y, 0, end - y, cols};
}

// ---- one line

static enum style kind_style(enum event_kind kind) {
    switch (kind) {
    case EVENT_LIMIT:
    case EVENT_LOST:
        return STYLE_WARN;
    case EVENT_CREATED:
    case EVENT_SEEN:
        return STYLE_NEW;
    default:
        return STYLE_NORMAL;
    }
}

// "pid 9120 chrome, lived 1m02s"
static void detail_text(const struct event *e, char *buf, size_t size) {
    size_t n = 0;
    buf[0] = '\0';
    if (e->pid > 0)
        n = (size_t)snprintf(buf, size, "%spid %d%s%s", e->kind == EVENT_REMOVED ? "by " : "",
                             (int)e->pid, e->comm[0] ? " " : "", e->comm);
    if (!e->detail[0] || n >= size)
        return;
    if (e->kind == EVENT_ATTACH || e->kind == EVENT_DETACH)
        snprintf(buf + n, size - n, "%s(%s)", n ? " " : "", e->detail);
    else
        snprintf(buf + n, size - n, "%s%s", n ? ", " : "", e->detail);
    if (e->kind == EVENT_LOST)
        snprintf(buf, size, "the kernel could not keep up: names may be missing here");
}

static void draw_label(struct canvas *c, int y, int x, int width, const struct event *e,
                       const char *text) {
    if (e->has_id)
        canvas_textf(c, y, x, 1, STYLE_DIM, "%c", kind_letter(e->id.kind));
    else if (e->label[0] == '/' && e->kind != EVENT_LIMIT)
        canvas_textf(c, y, x, 1, STYLE_DIM, "P");
    canvas_fit(c, y, x + 2, width - 2, STYLE_NORMAL, text);
}

static void draw_group(struct canvas *c, int y, int x, int end, const struct event *e,
                       const struct event_line *line) {
    char label[1200];
    x += canvas_textf(c, y, x, end - x, STYLE_STRONG, "x %" PRIu32 " similar: ", line->folded);
    x += canvas_textf(c, y, x, end - x, kind_style(e->kind), "%c %s ", event_sign(e->kind),
                      event_word(e->kind));
    size_t stem = event_stem(e->label);
    bool all = e->label[stem] == '\0';
    snprintf(label, sizeof label, "%.*s%s%s%s", (int)stem, e->label, all ? "" : "*",
             e->user[0] ? "  " : "", e->user);
    const char *hint = line->open ? "(Enter folds it)" : "(Enter opens the group)";
    int room = end - x - (int)text_width(label) - 4;
    draw_label(c, y, x, end - x, e, label);
    if (room > (int)text_width(hint))
        canvas_text(c, y, end - (int)text_width(hint), (int)text_width(hint), STYLE_DIM, hint);
}

static void draw_line(struct canvas *c, struct rect r, const struct view_events *v, size_t at) {
    const struct event_line *line = &v->log->lines[at];
    const struct event *e = eventlog_line(v->log, at);
    char clock[16], detail[200], size[16];
    uint64_t bytes = 0;
    int x = r.x + MARKS + (line->member ? 2 : 0), end = r.x + r.cols - 1;
    x += canvas_text(c, r.y, x, 8, STYLE_DIM, fmt_clock(e->wall_ns, v->frame->utc_offset, clock)) +
         1;
    if (line->folded) {
        draw_group(c, r.y, x, end, e, line);
        return;
    }
    canvas_textf(c, r.y, x, 1, kind_style(e->kind), "%c", event_sign(e->kind));
    x += 2;
    if (r.cols >= 56) {
        canvas_text(c, r.y, x, 10, kind_style(e->kind), event_word(e->kind));
        x += 11;
    }
    if (r.cols < WIDE) {
        draw_label(c, r.y, x, end - x, e, e->label);
        return;
    }
    int label = r.cols < 90 ? 22 : 26 + (r.cols > 110 ? (r.cols - 110) / 2 : 0);
    label -= line->member ? 2 : 0;
    draw_label(c, r.y, x, label, e, e->label);
    x += label + 1;
    if (u64v_get(e->size, &bytes) == WHY_KNOWN)
        canvas_text_right(c, r.y, x, 7, STYLE_STRONG, fmt_size(bytes, size));
    x += 8;
    canvas_fit(c, r.y, x, 8, STYLE_NORMAL, e->user);
    x += 9;
    detail_text(e, detail, sizeof detail);
    canvas_fit(c, r.y, x, end - x, STYLE_NORMAL, detail);
}

// ---- what is shown of what there is

static void draw_what(struct canvas *c, struct rect r, const struct view_events *v) {
    const struct eventlog *l = v->log;
    unsigned kinds = (unsigned)__builtin_popcount(l->kinds);
    char text[320];
    const char *following = eventlog_following(l) ? "FOLLOWING" : "F follows";
    int width = (int)text_width(following), end = r.cols - 1 - width - 2;
    snprintf(text, sizeof text, "kinds: %s", kinds == EVENT_KIND_COUNT ? "all (i)" : "");
    if (kinds < EVENT_KIND_COUNT)
        snprintf(text, sizeof text, "kinds: %u of %d (i)", kinds, (int)EVENT_KIND_COUNT);
    int x = 1 +
            canvas_text(c, r.y, 1, end - 1, kinds < EVENT_KIND_COUNT ? STYLE_WARN : STYLE_DIM,
                        text) +
            3;
    if (x < end) {
        snprintf(text, sizeof text, "for: %.200s (x)", l->only ? v->only : "all segments");
        x += canvas_fit(c, r.y, x, end - x, l->only ? STYLE_WARN : STYLE_DIM, text) + 3;
    }
    if (x < end && v->frame->filter[0]) {
        snprintf(text, sizeof text, "filter: %.100s", v->frame->filter);
        canvas_fit(c, r.y, x, end - x, STYLE_WARN, text);
    }
    canvas_text(c, r.y, r.cols - 1 - width, width, eventlog_following(l) ? STYLE_STRONG : STYLE_DIM,
                following);
}

static void draw_strip(struct canvas *c, struct rect r, const struct view_events *v) {
    uint64_t minutes[EVENTLOG_MINUTES], peak = 0, peak_ns = 0;
    char text[64], clock[16];
    int width = r.cols - 12 - 28;
    if (width < 10)
        return;
    size_t n = eventlog_minutes(v->log, v->frame->now_ns, (size_t)width, minutes, &peak, &peak_ns);
    canvas_text(c, r.y, 1, 10, STYLE_DIM, "per minute");
    sparkline_draw(c, r.y, 12, (int)n, STYLE_BAR2, minutes, n);
    if (peak == 0)
        return;
    fmt_clock(peak_ns, v->frame->utc_offset, clock);
    clock[5] = '\0';
    snprintf(text, sizeof text, "peak %" PRIu64 "/min at %s", peak, clock);
    canvas_fit(c, r.y, 12 + (int)n + 2, r.cols - 12 - (int)n - 3, STYLE_NORMAL, text);
}

// How complete the list is.
static void draw_note(struct canvas *c, struct rect r, const struct view_events *v) {
    char text[200];
    double every = v->frame->interval_s;
    switch (v->source) {
    case NAMES_SAMPLED:
        snprintf(text, sizeof text,
                 "Sampled every %.1f s: what lived shorter than that is not listed.", every);
        break;
    case NAMES_TOLD:
        snprintf(text, sizeof text,
                 "Names of /dev/shm as they come and go (as root with who did it); "
                 "the rest every %.1f s.",
                 every);
        break;
    case NAMES_WITH_PID:
        snprintf(text, sizeof text,
                 "Names of /dev/shm as they come and go; the rest is sampled every %.1f s.", every);
        break;
    }
    canvas_fit(c, r.y, 1, r.cols - 2, STYLE_DIM, text);
}

static void draw_body(struct canvas *c, struct rect r, const struct view_events *v) {
    const struct eventlog *l = v->log;
    if (l->line_count == 0) {
        canvas_text(c, r.y + (r.rows > 3 ? 1 : 0), 4, r.cols - 5, STYLE_DIM,
                    l->count ? "No event of this choice.  Esc shows all."
                             : "Nothing has happened since shmtop looks.");
        return;
    }
    for (int i = 0; i < r.rows && l->top + (size_t)i < l->line_count; i++) {
        struct rect row = {r.y + i, r.x, 1, r.cols};
        draw_line(c, row, v, l->top + (size_t)i);
        if (l->top + (size_t)i == l->selected) {
            canvas_text(c, row.y, row.x + 1, 1, STYLE_NORMAL, ">");
            canvas_restyle(c, row, STYLE_SELECTED);
        }
    }
}

// What the selected line says, whole: the list may have cut it.
static void draw_message(struct canvas *c, struct rect r, const struct view_events *v) {
    const struct event *e = eventlog_line(v->log, v->log->selected);
    char text[1600] = "", detail[200];
    if (v->frame->message[0]) {
        message_draw(c, r, v->frame->message_alert, v->frame->message);
        return;
    }
    if (e && !v->log->lines[v->log->selected].folded) {
        detail_text(e, detail, sizeof detail);
        snprintf(text, sizeof text, "%s %s%s%s", event_word(e->kind), e->seg ? e->seg : e->label,
                 detail[0] ? ": " : "", detail);
    }
    message_draw(c, r, ALERT_NONE, text);
}

void events_draw(struct canvas *c, const struct view_events *v) {
    const struct eventlog *l = v->log;
    struct layout at;
    char facts[120], clock[16];
    make_layout(c->rows, c->cols, &at);
    if (at.too_small) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    snprintf(facts, sizeof facts, "%zu kept of %" PRIu64 " since %s", l->count, l->total,
             v->since_ns ? fmt_clock(v->since_ns, v->frame->utc_offset, clock) : "now");
    title_facts_draw(c, v->frame, "Events", facts);
    if (at.tabs.rows)
        tabs_draw(c, at.tabs, v->frame);
    if (at.what.rows)
        draw_what(c, at.what, v);
    if (at.strip.rows)
        draw_strip(c, at.strip, v);
    draw_body(c, at.body, v);
    if (at.note.rows)
        draw_note(c, at.note, v);
    draw_message(c, at.message, v);
    footer_draw(c, at.footer, VIEW_EVENTS, v->frame->read_only);
}

size_t events_rows(int rows, int cols) {
    struct layout l;
    make_layout(rows, cols, &l);
    return l.too_small || l.body.rows < 1 ? 1 : (size_t)l.body.rows;
}

struct hit events_hit(const struct view_events *v, int rows, int cols, int y) {
    struct layout l;
    struct hit hit = {.kind = HIT_NONE};
    make_layout(rows, cols, &l);
    if (!l.too_small && y >= l.body.y && y < l.body.y + l.body.rows) {
        hit.row = v->log->top + (size_t)(y - l.body.y);
        hit.kind = hit.row < v->log->line_count ? HIT_ROW : HIT_NONE;
    }
    return hit;
}
