// app_dialog_edit.c - what becomes of pending edits when they are left behind.
#include <stdio.h>
#include <stdlib.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

enum { BUTTON_STAY, BUTTON_WRITE, BUTTON_DROP };

struct leaving {
    enum edit_leaves what;
    enum view to;
};

static void go(struct app *a, const struct leaving *l) {
    editbuf_clear(&a->hex.edit.buf);
    if (l->what == EDIT_LEAVES_MODE)
        edit_command(a, CMD_BACK);
    else if (l->what == EDIT_LEAVES_VIEW)
        app_go(a, l->to);
    else
        app_do(a, EFFECT_QUIT);
}

static void refresh(struct app *a, struct dialog *d) {
    size_t n = a->hex.edit.buf.count, places = editbuf_range_count(&a->hex.edit.buf);
    dialog_clear_lines(d);
    dialog_line(d, ALERT_WARN, "%zu byte%s in %zu place%s %s typed and not written.", n,
                n == 1 ? "" : "s", places, places == 1 ? "" : "s", n == 1 ? "is" : "are");
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct leaving l = *(const struct leaving *)d->data;
    if (button == BUTTON_WRITE && edit_may(a))
        dialog_write_open(a); // takes the place of this one
    if (button == BUTTON_DROP)
        go(a, &l);
    return true;
}

static const struct dialog_kind kind = {
    .name = "leave edits", .refresh = refresh, .press = press, .free_data = free};

bool edit_question_asked(const struct app *a) {
    return a->dialog && a->dialog->kind == &kind;
}

void edit_question_open(struct app *a, enum edit_leaves what, enum view to) {
    struct leaving *l = xcalloc(1, sizeof *l);
    l->what = what;
    l->to = to;
    struct dialog *d = dialog_new(&kind, l);
    snprintf(d->title, sizeof d->title, "%s",
             what == EDIT_LEAVES_PROGRAM ? "Quit and drop what is pending?"
                                         : "Drop what is pending?");
    dialog_add_button(d, "Keep editing", 0);
    dialog_add_button(d, "Write: press W", 'W');
    dialog_add_button(d, "Drop: press D", 'D');
    app_open_dialog(a, d);
}
