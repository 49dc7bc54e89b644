// app_dialog_attach.c - asking before a segment is attached only to read it.
#include <stdio.h>
#include <stdlib.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

enum { BUTTON_CANCEL, BUTTON_ATTACH };

static struct bytes_view *shown(struct app *a) {
    return a->view == VIEW_HEX ? &a->hex.bytes : &a->preview;
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct bytes_view *v = shown(a);
    const struct seg_id *asked = d->data;
    if (button != BUTTON_ATTACH)
        return true;
    if (!v->open || !seg_id_same(&v->id, asked)) {
        app_message(a, ALERT_WARN, "another segment is selected now: nothing was attached");
        return true;
    }
    if (v->refused) {
        v->may_attach = true;
        v->refused = false;
        snprintf(v->problem, sizeof v->problem, "attaching...");
    }
    return true;
}

void dialog_attach_open(struct app *a) {
    static const struct dialog_kind kind = {.name = "attach", .press = press, .free_data = free};
    const struct bytes_view *v = shown(a);
    char title[4300], use[96];
    if (!v->open || !v->refused) {
        app_message(a, ALERT_INFO,
                    v->open && v->attached ? "it is read by attaching already"
                                           : "it is read without attaching");
        return;
    }
    if (!app_may_change(a))
        return;
    const struct segment *seg = a->snap ? snapshot_find(a->snap, &v->id) : NULL;
    if (!seg) {
        app_message(a, ALERT_WARN, "this segment is gone");
        return;
    }
    struct dialog *d = dialog_new(&kind, xmemdup(&seg->id, sizeof seg->id));
    snprintf(d->title, sizeof d->title, "Read it by attaching?");
    dialog_line(d, ALERT_NONE, "%s  %s", seg_title(a->snap, seg, title, sizeof title),
                seg_use_text(seg, use, sizeof use));
    dialog_line(d, ALERT_NONE, "No quieter way leads to its bytes. Attaching once, only to read:");
    dialog_line(d, ALERT_WARN, "- moves its attach time, detach time and last pid");
    dialog_line(d, ALERT_WARN, "- an ordinary user stays attached until the view is left, and");
    dialog_line(d, ALERT_WARN, "  every page looked at that was never written is given memory");
    dialog_line(d, ALERT_NONE, "Its bytes do not change. While the view is open it may live on");
    dialog_line(d, ALERT_NONE, "though somebody removes it.");
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Attach: press A", 'A');
    dialog_focus_button(d, BUTTON_CANCEL);
    app_open_dialog(a, d);
}
