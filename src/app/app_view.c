// app_view.c - draws the screen of the view, and over it the prompt and the dialog.
#include "app/app_parts.h"

static const uint64_t minute_ns = 60000000000u;

// What is said of the filter of the view.
static const char *filter_of(const struct app *a) {
    return a->view == VIEW_SEGMENTS || a->view == VIEW_LEAKS ? a->filter_text
           : a->view == VIEW_PROCESSES                       ? a->procs.filter_text
           : a->view == VIEW_EVENTS                          ? a->events.filter_text
                                                             : "";
}

struct view_frame app_frame(const struct app *a) {
    return (struct view_frame){
        .snap = a->snap,
        .summary = a->snap ? &a->summary : NULL,
        .now_ns = a->wall_ns,
        .mono_ns = a->mono_ns,
        .utc_offset = a->utc_offset,
        .interval_s = a->interval_s,
        .paused = a->paused,
        .read_only = a->read_only,
        .all_namespaces = a->all_namespaces,
        .follow = a->table.follow,
        .view = a->view,
        .filter = filter_of(a),
        .events_per_min = eventlog_since(&a->events.log,
                                         a->wall_ns > minute_ns ? a->wall_ns - minute_ns : 0),
        .message = a->message,
        .message_alert = a->message_alert,
        .shmem_history = a->shmem_history,
        .devshm_history = a->devshm_history,
        .history_count = a->history_count};
}

static void draw_prompt(const struct app *a, struct canvas *c) {
    const struct prompt *p = &a->prompt;
    struct view_prompt v = {.label = p->kind->label,
                            .text = p->edit.text,
                            .cursor = p->edit.cursor,
                            .remark = p->remark,
                            .alert = p->alert};
    if (p->kind->choices)
        p->kind->choices(a, &v);
    prompt_draw(c, &v);
}

void app_draw(struct app *a, struct canvas *c) {
    struct view_frame frame = app_frame(a);
    canvas_clear(c);
    screen_of(a->view)->draw(a, c, &frame);
    if (a->prompt.kind)
        draw_prompt(a, c);
    if (a->dialog)
        dialog_show(a->dialog, c);
}
