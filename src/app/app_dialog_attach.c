// app_dialog_attach.c - asking before bytes are read in a way that leaves a trace.
//
// Attaching, bringing swapped pages back into memory, reading pages that might be allocated by it:
// what is needed for the bytes on the screen is asked for, nothing else.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

enum { BUTTON_CANCEL, BUTTON_READ };

struct asked {
    struct seg_id id;
    bool attach, load, allocate;
};

static struct bytes_view *shown(struct app *a) {
    return a->view == VIEW_HEX ? &a->hex.bytes : &a->preview;
}

static bool has_mark(const struct bytes_view *v, enum byte_mark mark) {
    return v->win.len > 0 && memchr(v->win.marks, (int)mark, v->win.len) != NULL;
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct bytes_view *v = shown(a);
    const struct asked *asked = d->data;
    if (button != BUTTON_READ)
        return true;
    if (!v->open || !seg_id_same(&v->id, &asked->id)) {
        app_message(a, ALERT_WARN, "another segment is selected now: nothing was read");
        return true;
    }
    v->may_load |= asked->load;
    v->may_attach |= asked->attach || asked->allocate;
    if (v->refused) {
        v->refused = false;
        snprintf(v->problem, sizeof v->problem, "attaching...");
    }
    return true;
}

static void attach_lines(struct dialog *d) {
    dialog_line(d, ALERT_NONE, "No quieter way leads to its bytes. Attaching once, only to read:");
    dialog_line(d, ALERT_WARN, "- moves its attach time, detach time and last pid");
    dialog_line(d, ALERT_WARN, "- an ordinary user stays attached until the view is left, and");
    dialog_line(d, ALERT_WARN, "  every page looked at that was never written is given memory");
    dialog_line(d, ALERT_NONE, "Its bytes do not change. While the view is open it may live on");
    dialog_line(d, ALERT_NONE, "though somebody removes it.");
}

static void quiet_lines(struct dialog *d, const struct asked *asked) {
    if (asked->load) {
        dialog_line(d, ALERT_NONE, "Some of the pages on the screen (~) are swapped out.");
        dialog_line(d, ALERT_WARN,
                    "- reading brings them back into memory, and those looked at later");
    }
    if (asked->allocate) {
        dialog_line(d, ALERT_NONE,
                    "Some of the pages on the screen (?) were touched by no process");
        dialog_line(d, ALERT_NONE, "that can be looked into.");
        dialog_line(d, ALERT_WARN, "- reading gives memory to those that were never written");
    }
    dialog_line(d, ALERT_NONE, "Its bytes do not change.");
}

void dialog_attach_open(struct app *a) {
    static const struct dialog_kind kind = {.name = "attach", .press = press, .free_data = free};
    const struct bytes_view *v = shown(a);
    char title[4300], use[96];
    struct asked asked = {.id = v->id, .attach = v->open && v->refused};
    asked.load = v->open && has_mark(v, MARK_SWAPPED);
    asked.allocate = v->open && has_mark(v, MARK_UNKNOWN);
    if (!asked.attach && !asked.load && !asked.allocate) {
        app_message(a, ALERT_INFO,
                    v->open && v->attached ? "it is read by attaching already"
                                           : "all of it is read without leaving a trace");
        return;
    }
    if (!app_may_change(a))
        return;
    const struct segment *seg = a->snap ? snapshot_find(a->snap, &v->id) : NULL;
    if (!seg) {
        app_message(a, ALERT_WARN, "this segment is gone");
        return;
    }
    struct dialog *d = dialog_new(&kind, xmemdup(&asked, sizeof asked));
    snprintf(d->title, sizeof d->title,
             asked.attach ? "Read it by attaching?" : "Read what was left alone?");
    dialog_line(d, ALERT_NONE, "%s  %s", seg_title(a->snap, seg, title, sizeof title),
                seg_use_text(seg, use, sizeof use));
    if (asked.attach)
        attach_lines(d);
    else
        quiet_lines(d, &asked);
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, asked.attach ? "Attach: press A" : "Read: press A", 'A');
    dialog_focus_button(d, BUTTON_CANCEL);
    app_open_dialog(a, d);
}
