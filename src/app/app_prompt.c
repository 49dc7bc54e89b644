// app_prompt.c - the one-line prompts: what all kinds of them do alike.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

void prompt_remark(struct app *a, enum alert alert, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(a->prompt.remark, sizeof a->prompt.remark, format, args);
    va_end(args);
    a->prompt.alert = alert;
}

void prompt_text(struct app *a, const char *text) {
    textedit_set(&a->prompt.edit, text);
    snprintf(a->prompt.before, sizeof a->prompt.before, "%s", text);
}

void prompt_filter(struct app *a, const char *in_force, const char *hint) {
    prompt_text(a, in_force);
    prompt_remark(a, ALERT_NONE, "%s", hint);
    a->prompt.in_force = in_force;
}

bool prompt_pick(struct app *a, const char *text, struct pick **out) {
    char why[160] = "";
    if (xcheck(pick_parse(text, out, why, sizeof why)) == 0)
        return true;
    prompt_remark(a, ALERT_BAD, "%s", why);
    return false;
}

void prompt_open(struct app *a, const struct prompt_kind *kind) {
    a->prompt.kind = kind;
    a->prompt.stale = false;
    prompt_text(a, "");
    prompt_remark(a, ALERT_NONE, "%s", "");
    if (kind->open)
        kind->open(a);
    app_do(a, EFFECT_DRAW);
}

static void prompt_close(struct app *a) {
    a->prompt.kind = NULL;
    a->prompt.stale = false;
}

void prompt_settle(struct app *a) {
    const struct prompt_kind *kind = a->prompt.stale ? a->prompt.kind : NULL;
    if (kind && kind->filter)
        kind->filter(a, a->prompt.edit.text);
    else if (kind && kind->settle)
        kind->settle(a);
    a->prompt.stale = false;
}

static void changed(struct app *a) {
    a->prompt.stale = true;
    if (a->prompt.kind->changed)
        a->prompt.kind->changed(a);
    else if (!a->prompt.kind->settle && !a->prompt.kind->filter)
        prompt_remark(a, ALERT_NONE, "%s", "");
}

static void accept(struct app *a, const struct prompt_kind *kind) {
    prompt_settle(a);
    bool good = kind->filter ? a->prompt.alert != ALERT_BAD : kind->accept(a);
    // What was accepted may have opened the next prompt.
    if (good && a->prompt.kind == kind)
        prompt_close(a);
}

void prompt_run(struct app *a, const struct prompt_kind *kind, const char *text) {
    prompt_open(a, kind);
    textedit_set(&a->prompt.edit, text);
    changed(a);
    accept(a, kind);
}

void prompt_key(struct app *a, const struct key *key) {
    const struct prompt_kind *kind = a->prompt.kind;
    app_do(a, EFFECT_DRAW);
    if (kind->key && kind->key(a, key))
        return;
    if (key->code == KEY_ESC_) {
        if (kind->filter && strcmp(a->prompt.before, a->prompt.in_force) != 0)
            kind->filter(a, a->prompt.before);
        else if (kind->cancel)
            kind->cancel(a);
        prompt_close(a);
    } else if (key->code == KEY_ENTER_) {
        accept(a, kind);
    } else if (textedit_key(&a->prompt.edit, key)) {
        changed(a);
    }
}
