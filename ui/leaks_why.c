// leaks_why.c - below the leaks: what speaks for and against the verdict; or the sums by group.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/origin.h"
#include "core/segname.h"
#include "core/text.h"
#include "core/verdict.h"
#include "ui/widgets.h"

enum { LABEL_W = 9, SOURCE_W = 10, LINES_MAX = EVIDENCE_MAX + 3 };

struct why_line {
    const char *label, *source;
    char text[640];
    enum style style;
    bool may_go; // when there is no room
};

static void add(struct why_line *lines, size_t *n, const char *label, enum style style,
                const char *text) {
    struct why_line *line = &lines[(*n)++];
    *line = (struct why_line){.label = label, .source = "", .style = style};
    snprintf(line->text, sizeof line->text, "%s", text);
}

static size_t add_evidence(struct why_line *lines, size_t *n, const struct row *row, bool agrees) {
    struct evidence evidence[EVIDENCE_MAX];
    size_t count = verdict_explain(row->snap, row->seg, evidence), added = 0;
    for (size_t i = 0; i < count; i++) {
        if (evidence_agrees(&evidence[i], verdict_of(row->seg)) != agrees)
            continue;
        add(lines, n, agrees ? "for" : "against", agrees ? STYLE_NORMAL : STYLE_WARN,
            evidence[i].fact);
        lines[*n - 1].source = evidence_source_name(evidence[i].source);
        lines[*n - 1].may_go = added++ > 0;
    }
    return added;
}

static void add_origin(struct why_line *lines, size_t *n, const struct row *row) {
    char because[320], text[640];
    const struct origin *origin = origin_of(row->snap, row->seg);
    origin_because(row->snap, row->seg, because, sizeof because);
    if (origin) {
        char software[160];
        name_escape(origin->software, strlen(origin->software), false, software, sizeof software);
        snprintf(text, sizeof text, "%s: %s", software, because);
    } else {
        snprintf(text, sizeof text, "not recognised, so no rule protects or condemns it");
    }
    add(lines, n, "origin", STYLE_DIM, text);
}

// What is weakest goes first when there is no room for all.
static size_t make_room(struct why_line *lines, size_t n, size_t room) {
    while (n > room) {
        size_t last = n;
        for (size_t i = 0; i < n; i++)
            last = lines[i].may_go ? i : last;
        if (last == n)
            return room;
        memmove(&lines[last], &lines[last + 1], (n - last - 1) * sizeof *lines);
        n--;
    }
    return n;
}

void leaks_why_draw(struct canvas *c, struct rect r, const struct row *row) {
    struct why_line lines[LINES_MAX];
    char seg[512], title[600];
    size_t n = 0;
    canvas_hline(c, r.y, r.x, r.cols, STYLE_BORDER);
    if (!row || r.rows < 2)
        return;
    seg_format(row->seg, seg, sizeof seg);
    snprintf(title, sizeof title, " why %s  %s ", seg, verdict_name(verdict_of(row->seg)));
    canvas_fit(c, r.y, r.x + 2, r.cols - 4, STYLE_STRONG, title);
    add_evidence(lines, &n, row, true);
    if (add_evidence(lines, &n, row, false) == 0)
        add(lines, &n, "against", STYLE_DIM, "nothing found");
    add_origin(lines, &n, row);
    n = make_room(lines, n, (size_t)r.rows - 1);
    size_t spare = (size_t)r.rows - 1 - n; // lines that what is long may run over
    int y = r.y + 1;
    for (size_t i = 0; i < n; i++, y++) {
        int x = r.x + 2 + LABEL_W;
        int width = r.cols - x - 1 - (r.cols >= 60 ? SOURCE_W + 1 : 0);
        canvas_text(c, y, r.x + 2, LABEL_W - 1, STYLE_DIM, lines[i].label);
        if (!lines[i].source[0])
            width = r.cols - x - 1;
        else if (r.cols >= 60)
            canvas_text_right(c, y, r.cols - SOURCE_W - 1, SOURCE_W, STYLE_DIM, lines[i].source);
        const char *text = lines[i].text;
        for (; spare > 0 && width > 0 && text_width(text) > (size_t)width; spare--, y++) {
            size_t len = text_wrap(text, (size_t)width);
            canvas_textf(c, y, x, width, lines[i].style, "%.*s", (int)len, text);
            text += len + strspn(text + len, " ");
        }
        canvas_fit(c, y, x, width, lines[i].style, text);
    }
}

// ---- sums by origin or owner

static void sum_cell(struct canvas *c, int y, int x, int width, enum style style,
                     const struct leak_sum *sum) {
    char text[48], size[16];
    if (sum->count == 0) {
        canvas_text_right(c, y, x, width, STYLE_DIM, "-");
        return;
    }
    snprintf(text, sizeof text, "%" PRIu64 " %6s", sum->count, fmt_size(sum->bytes, size));
    canvas_text_right(c, y, x, width, style, text);
}

static void group_name(const struct snapshot *snap, const struct leak_group *g,
                       enum leak_grouping by, char *buf, size_t size) {
    if (by == LEAKS_BY_OWNER)
        user_text(snap, g->uid, buf, size);
    else if (g->origin)
        name_escape(g->origin, strlen(g->origin), false, buf, size);
    else
        snprintf(buf, size, "not recognised");
}

void leaks_groups_draw(struct canvas *c, struct rect head, struct rect table,
                       const struct view_leaks *v) {
    bool narrow = table.cols < 60;
    int width = narrow ? 10 : 14, columns = narrow ? 2 : 3;
    int x = table.cols - columns * (width + 1), name = x - 3;
    static const char *const heads[] = {"ORPHANS", "SUSPECTS", "OTHERS"};
    char text[400];
    canvas_fill(c, head, STYLE_HEAD, ' ');
    canvas_text(c, head.y, 2, name, STYLE_HEAD_SORT, v->by == LEAKS_BY_OWNER ? "OWNER" : "ORIGIN");
    for (int i = 0; i < columns; i++)
        canvas_text_right(c, head.y, x + i * (width + 1), width, STYLE_HEAD, heads[i]);
    if (v->group_count == 0)
        canvas_fit(c, table.y, 3, table.cols - 4, STYLE_DIM,
                   v->filtered ? "The filter hides all unused segments.  Esc clears it."
                               : "Nothing lies here unused.");
    for (int i = 0; i < table.rows && v->group_top + (size_t)i < v->group_count; i++) {
        const struct leak_group *g = &v->groups[v->group_top + (size_t)i];
        int y = table.y + i;
        group_name(v->frame->snap, g, v->by, text, sizeof text);
        canvas_fit(c, y, 2, name, g->origin || v->by == LEAKS_BY_OWNER ? STYLE_NORMAL : STYLE_DIM,
                   text);
        sum_cell(c, y, x, width, STYLE_BAD, &g->orphans);
        sum_cell(c, y, x + width + 1, width, STYLE_WARN, &g->suspects);
        if (!narrow)
            sum_cell(c, y, x + 2 * (width + 1), width, STYLE_NORMAL, &g->others);
    }
}
