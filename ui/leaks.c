// leaks.c - the screen of unused segments: what could be won back, and why that is believed.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/fmt.h"
#include "core/segname.h"
#include "core/text.h"
#include "core/verdict.h"
#include "ui/layout.h"
#include "ui/widgets.h"

enum { MARKS = 2, VERDICT_W = 9, SIZE_W = 6, UNUSED_W = 6, OWNER_W = 8, HOLDS_COLS = 110 };

// Where the cells of a row are.
struct places {
    int segment, segment_w, size, holds, unused, owner, why, why_w; // 0: not shown
};

static struct places place(const struct leaks_layout *l) {
    struct places p = {.segment = MARKS + VERDICT_W + 1};
    int cols = l->table.cols, rest = cols - p.segment - SIZE_W - 1;
    if (l->compact) {
        p.segment = MARKS + VERDICT_W; // ten cells are taken from no more than forty
        p.segment_w = cols - p.segment - SIZE_W - 1;
        p.size = cols - SIZE_W;
        return p;
    }
    rest -= UNUSED_W + 1 + OWNER_W + 1;
    bool holds = l->row_lines == 2 || cols >= HOLDS_COLS;
    rest -= holds ? SIZE_W + 1 : 0;
    p.segment_w = l->row_lines == 2 ? rest : 22 + (rest - 42) / 3;
    p.segment_w = p.segment_w > 48 ? 48 : p.segment_w;
    p.size = p.segment + p.segment_w + 1;
    p.holds = holds ? p.size + SIZE_W + 1 : 0;
    p.unused = (holds ? p.holds : p.size) + SIZE_W + 1;
    p.owner = p.unused + UNUSED_W + 1;
    p.why = l->row_lines == 2 ? p.segment : p.owner + OWNER_W + 1;
    p.why_w = cols - p.why;
    return p;
}

// ---- sums

struct sums {
    struct leak_sum orphans, suspects, others;
};

static struct sums sums_of(const struct view_leaks *v) {
    struct sums s = {0};
    for (size_t i = 0; i < v->total_count; i++) {
        const struct leak_total *t = &v->totals[i];
        struct leak_sum *to = t->state == VERDICT_ORPHAN    ? &s.orphans
                              : t->state == VERDICT_SUSPECT ? &s.suspects
                                                            : &s.others;
        to->count += t->count;
        to->bytes += t->bytes;
    }
    return s;
}

static void sum_part(struct line_part *part, const struct leak_sum *sum, const char *noun,
                     enum style style, int drop) {
    char size[16];
    part->style = sum->count ? style : STYLE_DIM;
    part->drop = drop;
    if (sum->count)
        snprintf(part->text, sizeof part->text, "%" PRIu64 " %s%s %s", sum->count, noun,
                 sum->count == 1 ? "" : "s", fmt_size(sum->bytes, size));
    else
        snprintf(part->text, sizeof part->text, "no %s", noun);
}

static void draw_sums(struct canvas *c, struct rect r, const struct view_leaks *v) {
    struct sums s = sums_of(v);
    struct line_part parts[7] = {0};
    char age[16], size[16];
    if (!v->frame->snap)
        return;
    sum_part(&parts[0], &s.orphans, "orphan", STYLE_BAD, 0);
    sum_part(&parts[1], &s.suspects, "suspect", STYLE_WARN, 0);
    parts[2] = (struct line_part){.style = STYLE_DIM, .drop = 5};
    if (s.others.count)
        snprintf(parts[2].text, sizeof parts[2].text, "%" PRIu64 " other%s unused %s",
                 s.others.count, s.others.count == 1 ? "" : "s", fmt_size(s.others.bytes, size));
    parts[3] = (struct line_part){.style = STYLE_NORMAL, .drop = 4};
    snprintf(parts[3].text, sizeof parts[3].text, "age floor %s (T)",
             fmt_age(v->age_floor_ns, age));
    parts[4] = (struct line_part){.style = STYLE_TAGGED, .drop = 2};
    if (v->rows->tagged)
        snprintf(parts[4].text, sizeof parts[4].text, "%zu tagged = %s", v->rows->tagged,
                 fmt_size(v->rows->tagged_bytes, size));
    parts[5] = (struct line_part){.style = STYLE_WARN, .drop = 3};
    if (v->frame->filter[0])
        snprintf(parts[5].text, sizeof parts[5].text, "filter: %.48s (%zu hidden)",
                 v->frame->filter, v->filtered);
    parts[6] = (struct line_part){.style = STYLE_NORMAL, .drop = 1};
    if (v->kept)
        snprintf(parts[6].text, sizeof parts[6].text, "quarantine %zu %s (r)", v->kept,
                 fmt_size(v->kept_bytes, size));
    parts_draw(c, r.y, r.x + 1, r.cols - 1, 3, parts, 7);
}

static void draw_compact(struct canvas *c, struct rect r, const struct view_leaks *v) {
    struct sums s = sums_of(v);
    struct line_part parts[4] = {{"Leaks", STYLE_TITLE, 0}};
    canvas_fill(c, r, STYLE_TITLE, ' ');
    if (!v->frame->snap)
        snprintf(parts[1].text, sizeof parts[1].text, "looking\u2026");
    else
        sum_part(&parts[1], &s.orphans, "orphan", STYLE_TITLE, 0);
    if (v->frame->snap)
        sum_part(&parts[2], &s.suspects, "suspect", STYLE_TITLE, 2);
    if (v->frame->filter[0])
        snprintf(parts[3].text, sizeof parts[3].text, "filter hides %zu", v->filtered);
    else if (v->frame->paused)
        snprintf(parts[3].text, sizeof parts[3].text, "PAUSED");
    for (int i = 1; i < 4; i++)
        parts[i].style = STYLE_TITLE;
    parts[3].drop = 1;
    parts_draw(c, r.y, r.x, r.cols, 2, parts, 4);
}

// ---- rows

static void draw_head(struct canvas *c, const struct leaks_layout *l, const struct view_leaks *v) {
    struct places p = place(l);
    int y = l->head.y;
    enum column sort = v->rows->sort;
    canvas_fill(c, l->head, STYLE_HEAD, ' ');
    canvas_text(c, y, MARKS, VERDICT_W, sort == COL_VERDICT ? STYLE_HEAD_SORT : STYLE_HEAD,
                "VERDICT");
    canvas_text(c, y, p.segment, p.segment_w, sort == COL_LABEL ? STYLE_HEAD_SORT : STYLE_HEAD,
                "SEGMENT");
    canvas_text_right(c, y, p.size, SIZE_W, sort == COL_SIZE ? STYLE_HEAD_SORT : STYLE_HEAD,
                      "SIZE");
    if (p.holds)
        canvas_text_right(c, y, p.holds, SIZE_W, STYLE_HEAD, "HOLDS");
    if (!p.unused)
        return;
    canvas_text_right(c, y, p.unused, UNUSED_W, STYLE_HEAD, "UNUSED");
    canvas_text(c, y, p.owner, OWNER_W, sort == COL_USER ? STYLE_HEAD_SORT : STYLE_HEAD, "OWNER");
    if (l->row_lines == 1)
        canvas_text(c, y, p.why, p.why_w, STYLE_HEAD, "WHY (strongest first)");
}

static enum style verdict_style(enum verdict_state state) {
    return state == VERDICT_ORPHAN    ? STYLE_BAD
           : state == VERDICT_SUSPECT ? STYLE_WARN
           : state == VERDICT_UNKNOWN ? STYLE_DIM
                                      : STYLE_NORMAL;
}

// The kind, the name, and of System V the number that tells private segments apart.
static void segment_text(const struct row *row, char *buf, size_t size) {
    struct column_style how = {.raw_bytes = false};
    char label[1100] = "";
    column_text(row->snap, row->seg, COL_LABEL, &how, label, sizeof label);
    if (row->id.kind == SEG_SYSV)
        snprintf(buf, size, "S %s %" PRIu64, label, row->id.num);
    else
        snprintf(buf, size, "%c %s", kind_letter(row->id.kind), label);
}

// Unknown where somebody unseen may use it all the time.
static void unused_text(const struct view_frame *f, const struct row *row, char buf[16]) {
    uint64_t latest = 0;
    if (verdict_of(row->seg) != VERDICT_UNKNOWN &&
        verdict_latest(row->snap, row->seg, &latest) == WHY_KNOWN)
        fmt_age(f->now_ns > latest ? f->now_ns - latest : 0, buf);
    else
        snprintf(buf, 16, "?");
}

static void draw_row(struct canvas *c, struct rect r, const struct places *p,
                     const struct view_leaks *v, const struct row *row) {
    char text[1200], verdict[16];
    struct column_style how = {.now_ns = v->frame->now_ns};
    enum verdict_state state = verdict_of(row->seg);
    bool gone = row->mark == ROW_GONE;
    enum style plain = gone ? STYLE_DIM : row->tagged ? STYLE_TAGGED : STYLE_NORMAL;
    snprintf(verdict, sizeof verdict, "%s",
             gone                      ? "(gone)"
             : state == VERDICT_ORPHAN ? "ORPHAN"
                                       : verdict_name(state));
    canvas_text(c, r.y, 0, 1, STYLE_TAGGED, row->tagged ? "*" : " ");
    canvas_text(c, r.y, MARKS, VERDICT_W, gone ? STYLE_DIM : verdict_style(state), verdict);
    segment_text(row, text, sizeof text);
    canvas_fit(c, r.y, p->segment, p->segment_w, plain, text);
    column_text(row->snap, row->seg, COL_SIZE, &how, text, sizeof text);
    canvas_text_right(c, r.y, p->size, SIZE_W, gone ? STYLE_DIM : STYLE_STRONG, text);
    if (p->holds)
        canvas_text_right(c, r.y, p->holds, SIZE_W, plain, fmt_size(leaks_bytes(row->seg), text));
    if (!p->unused)
        return;
    unused_text(v->frame, row, text);
    canvas_text_right(c, r.y, p->unused, UNUSED_W, plain, text);
    column_text(row->snap, row->seg, COL_USER, &how, text, sizeof text);
    canvas_fit(c, r.y, p->owner, OWNER_W, plain, text);
    verdict_why(row->snap, row->seg, text, sizeof text);
    canvas_fit(c, r.y + r.rows - 1, p->why, p->why_w, r.rows == 2 ? STYLE_DIM : plain, text);
}

// ---- nothing there

static int say(struct canvas *c, struct rect r, int line, enum style style, const char *text) {
    if (line < r.rows)
        canvas_fit(c, r.y + line, r.x + 3, r.cols - 4, style, text);
    return line + 1;
}

// An empty list says what was looked at, and what not.
static void draw_nothing(struct canvas *c, struct rect r, const struct view_leaks *v) {
    const struct snapshot *snap = v->frame->snap;
    char text[320];
    int line = r.rows > 5;
    if (!snap) {
        say(c, r, line, STYLE_DIM, "Looking\u2026");
        return;
    }
    if (v->filtered > 0) {
        snprintf(text, sizeof text, "The filter hides all %zu unused segments.  Esc clears it.",
                 v->filtered);
        say(c, r, line, STYLE_DIM, text);
        return;
    }
    const struct coverage *cov = &snap->coverage;
    line = say(c, r, line, STYLE_GOOD, "Nothing lies here unused.");
    snprintf(text, sizeof text, "Looked at %zu segment%s, all of them in use.", snap->segment_count,
             snap->segment_count == 1 ? "" : "s");
    line = say(c, r, line, STYLE_NORMAL,
               snap->segment_count ? text : "There is no shared memory segment at all.");
    snprintf(text, sizeof text,
             "Looked into %" PRIu32 " of %" PRIu32 " processes: mappings%s%s%s%s.", cov->scanned,
             cov->processes, cov->private_maps ? " (private too)" : "",
             cov->descriptors ? ", descriptors" : "", cov->locks ? ", locks" : "",
             cov->complete ? "" : "; others are out of sight");
    line = say(c, r, line, STYLE_DIM, text);
    if (v->frame->all_namespaces)
        return;
    snprintf(text, sizeof text, "Own namespaces only: %.1s shows the others%s.",
             command_info(CMD_NAMESPACES)->keys, cov->foreign ? ", where there is more" : "");
    say(c, r, line, STYLE_DIM, text);
}

// ---- the screen

static void draw_table(struct canvas *c, const struct leaks_layout *l, const struct view_leaks *v) {
    struct places p = place(l);
    draw_head(c, l, v);
    if (v->rows->count == 0) {
        draw_nothing(c, l->table, v);
        return;
    }
    size_t shown = (size_t)(l->table.rows / l->row_lines);
    for (size_t i = 0; i < shown && v->rows->top + i < v->rows->count; i++) {
        size_t index = v->rows->top + i;
        struct rect r = {l->table.y + (int)i * l->row_lines, 0, l->row_lines, l->table.cols};
        draw_row(c, r, &p, v, &v->rows->items[index]);
        if (index != v->rows->selected)
            continue;
        canvas_text(c, r.y, 1, 1, STYLE_NORMAL, ">");
        canvas_restyle(c, (struct rect){r.y, 0, 1, r.cols}, STYLE_SELECTED);
    }
}

static void draw_message(struct canvas *c, const struct leaks_layout *l,
                         const struct view_leaks *v) {
    char text[1200];
    const struct view_frame *f = v->frame;
    const struct row *row = v->groups ? NULL : rows_selected(v->rows);
    if (f->message[0]) {
        message_draw(c, l->message, f->message_alert, f->message);
    } else if (row && row->mark == ROW_GONE) {
        message_draw(c, l->message, ALERT_INFO, "gone: these are its last facts");
    } else if (row && l->why.rows == 0) {
        verdict_why(row->snap, row->seg, text, sizeof text);
        message_draw(c, l->message, ALERT_NONE, text);
    } else if (row) {
        snprintf(text, sizeof text, "Cannot know: %s", verdict_cannot_know(row->seg));
        canvas_fit(c, l->message.y, 1, l->message.cols - 1, STYLE_DIM, text);
    }
}

void leaks_draw(struct canvas *c, const struct view_leaks *v) {
    struct leaks_layout l;
    leaks_layout(c->rows, c->cols, &l);
    if (l.too_small) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    if (l.compact)
        draw_compact(c, l.title, v);
    else
        title_draw(c, v->frame, "Leaks");
    if (l.tabs.rows)
        tabs_draw(c, l.tabs, v->frame);
    if (l.sums.rows)
        draw_sums(c, l.sums, v);
    if (v->groups) {
        leaks_groups_draw(c, l.head,
                          (struct rect){l.table.y, 0, l.table.rows + l.why.rows, l.table.cols}, v);
    } else {
        draw_table(c, &l, v);
        if (l.why.rows)
            leaks_why_draw(c, l.why, rows_selected(v->rows));
    }
    draw_message(c, &l, v);
    footer_draw(c, l.footer, VIEW_LEAKS, v->frame->read_only);
}

size_t leaks_table_rows(int rows, int cols) {
    struct leaks_layout l;
    leaks_layout(rows, cols, &l);
    return l.too_small || l.table.rows < l.row_lines ? 1 : (size_t)(l.table.rows / l.row_lines);
}

size_t leaks_group_rows(int rows, int cols) {
    struct leaks_layout l;
    leaks_layout(rows, cols, &l);
    return l.too_small || l.table.rows < 1 ? 1 : (size_t)(l.table.rows + l.why.rows);
}

struct hit leaks_hit(const struct view_leaks *v, int rows, int cols, int y, int x) {
    struct leaks_layout l;
    struct hit hit = {.kind = HIT_NONE};
    leaks_layout(rows, cols, &l);
    if (l.too_small)
        return hit;
    if (y == l.footer.y) {
        hit.command = footer_hit(l.footer, VIEW_LEAKS, x);
        hit.kind = hit.command != CMD_NONE ? HIT_COMMAND : HIT_NONE;
    } else if (!v->groups && y >= l.table.y &&
               y < l.table.y + l.table.rows / l.row_lines * l.row_lines) {
        hit.row = v->rows->top + (size_t)((y - l.table.y) / l.row_lines);
        hit.kind = hit.row < v->rows->count ? HIT_ROW : HIT_NONE;
    }
    return hit;
}
