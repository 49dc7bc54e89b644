// setup.c - the screen where settings are chosen, with the table they make below.
#include <stdio.h>
#include <string.h>

#include "ui/layout.h"
#include "ui/widgets.h"

enum { LABEL = 16, VALUE_MIN = 12 };

// Lines of the preview, its head included; a low screen has none.
static int preview_rows(int rows) {
    return rows >= 20 ? 6 : rows >= 14 ? 3 : 0;
}

static void draw_value(struct canvas *c, int y, int x, int width, const struct setup_line *line) {
    if (line->column)
        canvas_textf(c, y, x, width, line->shown ? STYLE_STRONG : STYLE_DIM, "[%c] %s",
                     line->shown ? 'x' : ' ', line->value);
    else
        canvas_fit(c, y, x, width, STYLE_STRONG, line->value[0] ? line->value : "(none)");
}

static void draw_line(struct canvas *c, int y, const struct setup_line *line, bool selected) {
    int value = c->cols - 4 - LABEL, help = 0;
    if (c->cols >= 70) {
        value = c->cols / 4 > VALUE_MIN ? c->cols / 4 : VALUE_MIN;
        help = c->cols - 5 - LABEL - value;
    }
    canvas_text(c, y, 0, 1, STYLE_TAGGED, line->touched ? "*" : " ");
    canvas_text(c, y, 1, 1, STYLE_NORMAL, selected ? ">" : " ");
    canvas_fit(c, y, 2 + (line->column ? 2 : 0), LABEL - (line->column ? 2 : 0), STYLE_NORMAL,
               line->label);
    draw_value(c, y, 3 + LABEL, value, line);
    canvas_fit(c, y, 4 + LABEL + value, help, STYLE_DIM, line->help);
    if (selected)
        canvas_restyle(c, (struct rect){y, 0, 1, c->cols}, STYLE_SELECTED);
}

static void draw_lines(struct canvas *c, struct rect r, const struct view_setup *v) {
    int top = (int)v->selected - r.rows / 2, most = (int)v->count - r.rows;
    top = top > most ? most : top;
    top = top < 0 ? 0 : top;
    for (int i = 0; i < r.rows && top + i < (int)v->count; i++)
        draw_line(c, r.y + i, &v->lines[top + i], top + i == (int)v->selected);
    if (top + r.rows < (int)v->count && c->cols >= 40) {
        char more[40];
        snprintf(more, sizeof(more), " %d more ", (int)v->count - top - r.rows);
        canvas_text_right(c, r.y + r.rows - 1, c->cols - (int)strlen(more), (int)strlen(more),
                          STYLE_LABEL, more);
    }
}

static void draw_message(struct canvas *c, const struct view_setup *v) {
    struct rect r = {c->rows - 2, 0, 1, c->cols};
    const struct setup_line *line = &v->lines[v->selected];
    char text[320];
    if (v->frame->message[0]) {
        message_draw(c, r, v->frame->message_alert, v->frame->message);
        return;
    }
    if (v->unsaved[0])
        snprintf(text, sizeof(text), "changed: %s.  s saves, r takes back, Esc keeps until the end",
                 v->unsaved);
    else
        snprintf(text, sizeof(text), "%s.  %s", line->help,
                 line->column ? "Space: shown or not, < > move it, Left Right its width"
                              : "Left Right: other values, Enter types one");
    canvas_fit(c, r.y, 1, c->cols - 2, v->unsaved[0] ? STYLE_WARN : STYLE_DIM, text);
}

void setup_draw(struct canvas *c, const struct view_setup *v) {
    if (layout_too_small(c->rows, c->cols)) {
        too_small_draw(c);
        return;
    }
    int preview = preview_rows(c->rows), below = 2 + preview;
    title_draw(c, v->frame, "Setup");
    draw_lines(c, (struct rect){1, 0, c->rows - 1 - below, c->cols}, v);
    if (preview > 0) {
        struct rect r = {c->rows - below, 0, 1, c->cols};
        table_draw_head(c, r, v->preview);
        r.y++;
        r.rows = preview - 1;
        table_draw_rows(c, r, v->preview);
    }
    draw_message(c, v);
    footer_draw(c, (struct rect){c->rows - 1, 0, 1, c->cols}, VIEW_SETUP, v->frame->read_only);
}
