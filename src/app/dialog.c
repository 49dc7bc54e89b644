// dialog.c - fields, buttons, focus and keys that every dialog has.
#include "app/dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"

struct dialog *dialog_new(const struct dialog_kind *kind, void *data) {
    struct dialog *d = xcalloc(1, sizeof *d);
    d->kind = kind;
    d->data = data;
    return d;
}

void dialog_clear_lines(struct dialog *d) {
    for (size_t i = 0; i < d->line_count; i++)
        free(d->lines[i]);
    d->line_count = 0;
}

void dialog_free(struct dialog *d) {
    if (!d)
        return;
    dialog_clear_lines(d);
    free(d->lines);
    free(d->alerts);
    free(d->same_as);
    if (d->kind->free_data)
        d->kind->free_data(d->data);
    free(d);
}

void dialog_line(struct dialog *d, enum alert alert, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int n = vasprintf(&text, format, args);
    va_end(args);
    d->lines = xreallocarray(d->lines, d->line_count + 1, sizeof *d->lines);
    d->alerts = xreallocarray(d->alerts, d->line_count + 1, sizeof *d->alerts);
    d->lines[d->line_count] = n < 0 ? xstrdup("") : text;
    d->alerts[d->line_count] = alert;
    d->line_count++;
}

static struct dialog_input *add_field(struct dialog *d, enum field_kind kind, const char *label) {
    if (d->field_count == DIALOG_FIELDS)
        abort();
    struct dialog_input *f = &d->field[d->field_count++];
    f->kind = kind;
    f->label = label;
    return f;
}

struct dialog_input *dialog_add_text(struct dialog *d, const char *label, const char *text) {
    struct dialog_input *f = add_field(d, FIELD_TEXT, label);
    textedit_set(&f->edit, text);
    return f;
}

struct dialog_input *dialog_add_choice(struct dialog *d, const char *label, const char *choices,
                                       int choice) {
    struct dialog_input *f = add_field(d, FIELD_CHOICE, label);
    f->choices = choices;
    f->choice = choice;
    f->choice_count = 1;
    for (const char *p = choices; *p; p++)
        f->choice_count += *p == '|';
    return f;
}

struct dialog_input *dialog_add_check(struct dialog *d, const char *label, bool on) {
    struct dialog_input *f = add_field(d, FIELD_CHECK, label);
    f->choice = on;
    f->choice_count = 2;
    return f;
}

void dialog_add_button(struct dialog *d, const char *label, uint32_t key) {
    if (d->button_count == DIALOG_BUTTONS)
        abort();
    d->button[d->button_count++] = (struct dialog_button){label, key};
}

void dialog_remark(struct dialog_input *f, enum alert alert, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(f->remark, sizeof f->remark, format, args);
    va_end(args);
    f->alert = alert;
}

void dialog_focus_button(struct dialog *d, size_t button) {
    d->focus = d->field_count + button;
}

static struct dialog_input *focused_field(struct dialog *d) {
    return d->focus < d->field_count ? &d->field[d->focus] : NULL;
}

static void move_focus(struct dialog *d, bool forward) {
    size_t n = d->field_count + d->button_count;
    if (n > 0)
        d->focus = (d->focus + (forward ? 1 : n - 1)) % n;
}

static enum dialog_result press(struct app *a, struct dialog *d, size_t button) {
    return d->kind->press(a, d, button) ? DIALOG_CLOSES : DIALOG_STAYS;
}

static bool is_char(const struct key *key, uint32_t ch) {
    return key->code == KEY_CHAR && key->ch == ch;
}

// Left, Right and Space on a choice or a box to tick. True: the key was for it.
static bool change_choice(struct dialog_input *f, const struct key *key) {
    int step;
    if (key->code == KEY_RIGHT_ || is_char(key, ' '))
        step = 1;
    else if (key->code == KEY_LEFT_)
        step = f->choice_count - 1;
    else
        return false;
    f->choice = (f->choice + step) % f->choice_count;
    return true;
}

static enum dialog_result field_key(struct app *a, struct dialog *d, struct dialog_input *f,
                                    const struct key *key) {
    if (d->kind->menu && (key->code == KEY_ENTER_ || is_char(key, ' ')))
        return press(a, d, 0);
    bool last = d->kind->enter_ends && d->focus + 1 == d->field_count;
    if (key->code == KEY_ENTER_ && (last || (d->ready && f->kind == FIELD_TEXT)))
        d->focus = d->field_count + d->button_count - 1;
    else if (key->code == KEY_ENTER_)
        move_focus(d, true);
    else if (f->kind == FIELD_TEXT)
        textedit_key(&f->edit, key);
    else
        change_choice(f, key);
    return DIALOG_STAYS;
}

static enum dialog_result button_key(struct app *a, struct dialog *d, const struct key *key) {
    size_t button = d->focus - d->field_count;
    if (key->code == KEY_ENTER_)
        return press(a, d, button);
    if (key->code == KEY_LEFT_ && button > 0)
        d->focus--;
    else if (key->code == KEY_RIGHT_ && button + 1 < d->button_count)
        d->focus++;
    return DIALOG_STAYS;
}

// The key of a button, where no text is typed. True: *button is the one.
static bool button_of_key(const struct dialog *d, const struct key *key, size_t *button) {
    for (size_t i = 0; i < d->button_count; i++)
        if (d->button[i].key && is_char(key, d->button[i].key)) {
            *button = i;
            return true;
        }
    return false;
}

static bool tick_by_key(struct dialog *d, const struct key *key) {
    for (size_t i = 0; i < d->field_count; i++) {
        struct dialog_input *f = &d->field[i];
        if (f->kind != FIELD_CHECK || !f->key || !is_char(key, f->key))
            continue;
        f->choice = !f->choice;
        return true;
    }
    return false;
}

enum dialog_result dialog_key(struct app *a, struct dialog *d, const struct key *key) {
    struct dialog_input *f = focused_field(d);
    size_t button = 0;
    if (key->code == KEY_ESC_)
        return DIALOG_CLOSES;
    if (key->code == KEY_TAB_ || key->code == KEY_DOWN_ || (d->kind->menu && is_char(key, 'j')))
        move_focus(d, true);
    else if (key->code == KEY_BACKTAB_ || key->code == KEY_UP_ ||
             (d->kind->menu && is_char(key, 'k')))
        move_focus(d, false);
    else if (!(f && f->kind == FIELD_TEXT) && button_of_key(d, key, &button))
        return press(a, d, button);
    else if (!(f && f->kind == FIELD_TEXT) && tick_by_key(d, key))
        return DIALOG_STAYS;
    else
        return f ? field_key(a, d, f, key) : button_key(a, d, key);
    return DIALOG_STAYS;
}

// A screen may have fewer lines than a menu has fields: shows those around the focus.
static size_t first_field(const struct dialog *d, size_t room) {
    if (d->field_count <= room || d->focus < room / 2)
        return 0;
    size_t first = d->focus - room / 2;
    return first + room > d->field_count ? d->field_count - room : first;
}

void dialog_show(const struct dialog *d, struct canvas *c) {
    struct dialog_field fields[DIALOG_FIELDS];
    const char *buttons[DIALOG_BUTTONS];
    size_t taken = d->line_count + 6;
    size_t room = c->rows > 0 && (size_t)c->rows > taken + 4 ? (size_t)c->rows - taken : 4;
    size_t first = first_field(d, room);
    size_t n = d->field_count - first < room ? d->field_count - first : room;
    for (size_t i = 0; i < n; i++) {
        const struct dialog_input *f = &d->field[first + i];
        fields[i] = (struct dialog_field){.kind = f->kind,
                                          .label = f->label,
                                          .text = f->kind == FIELD_CHOICE ? f->choices
                                                                          : f->edit.text,
                                          .cursor = f->edit.cursor,
                                          .choice = f->choice,
                                          .remark = f->remark,
                                          .alert = f->alert};
    }
    for (size_t i = 0; i < d->button_count; i++)
        buttons[i] = d->button[i].label;
    size_t focus = d->focus < d->field_count ? d->focus - first : d->focus - d->field_count + n;
    struct view_dialog v = {.title = d->title,
                            .lines = (const char *const *)d->lines,
                            .line_alerts = d->alerts,
                            .line_count = d->line_count,
                            .fields = fields,
                            .field_count = n,
                            .same_as = d->same_as ? d->same_as : "",
                            .buttons = buttons,
                            .button_count = d->button_count,
                            .focus = focus};
    dialog_draw(c, &v);
}
