// segments.c - the main screen: limits, alarm, tabs, the table of segments and its detail.
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/verdict.h"
#include "ui/layout.h"
#include "ui/widgets.h"

// Where the whole why stands, as far as there is room to say so.
static void point_to_leaks(const struct row *row, int cols, char *sentence, size_t size) {
    const char *key = command_info(CMD_SHOW_LEAKS)->keys;
    enum verdict_state verdict = verdict_of(row->seg);
    char more[32];
    if (row->mark == ROW_GONE || (verdict != VERDICT_ORPHAN && verdict != VERDICT_SUSPECT))
        return;
    if (cols < 60) {
        snprintf(sentence, size, "%s: press %.1s", column_state(row->seg), key);
        return;
    }
    int n = snprintf(more, sizeof(more), "  %.1s shows why", key);
    size_t used = strlen(sentence);
    if ((int)text_width(sentence) + n + 4 <= cols && used + (size_t)n < size)
        memcpy(sentence + used, more, (size_t)n + 1);
}

void segments_draw(struct canvas *c, const struct view_segments *v) {
    struct segments_layout l;
    char sentence[512] = "";
    segments_layout(c->rows, c->cols, &l);
    if (l.too_small) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    header_draw(c, &l, v);
    table_draw_head(c, l.head, v);
    table_draw_rows(c, l.table, v);
    if (l.detail.rows)
        detail_draw(c, l.detail, v, l.beside);
    enum alert alert = v->frame->message_alert;
    const struct row *row = rows_selected(v->rows);
    if (!v->frame->message[0] && row) {
        alert = row_sentence(v->frame, row, sentence, sizeof(sentence));
        point_to_leaks(row, c->cols, sentence, sizeof(sentence));
    }
    message_draw(c, l.message, alert, v->frame->message[0] ? v->frame->message : sentence);
    footer_draw(c, l.footer, VIEW_SEGMENTS, v->frame->read_only);
}

size_t segments_table_rows(int rows, int cols) {
    struct segments_layout l;
    segments_layout(rows, cols, &l);
    return l.too_small || l.table.rows < 1 ? 1 : (size_t)l.table.rows;
}

static bool inside(struct rect r, int y, int x) {
    return y >= r.y && y < r.y + r.rows && x >= r.x && x < r.x + r.cols;
}

struct hit segments_hit(const struct view_segments *v, int rows, int cols, int y, int x) {
    struct segments_layout l;
    struct hit hit = {.kind = HIT_NONE};
    segments_layout(rows, cols, &l);
    if (l.too_small)
        return hit;
    if (inside(l.table, y, x)) {
        hit.row = tree_line_at(v, tree_first(v, l.table.rows), y - l.table.y).row;
        hit.kind = hit.row < v->rows->count ? HIT_ROW : HIT_NONE;
    } else if (inside(l.head, y, x)) {
        hit.column = table_column_at(l.head, v, x);
        hit.kind = hit.column < COLUMN_COUNT ? HIT_HEAD : HIT_NONE;
    } else if (inside(l.footer, y, x)) {
        hit.command = footer_hit(l.footer, VIEW_SEGMENTS, x);
        hit.kind = hit.command != CMD_NONE ? HIT_COMMAND : HIT_NONE;
    }
    return hit;
}
