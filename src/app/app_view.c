// app_view.c - fills the view models from the state and has the screens drawn.
#include "app/app_parts.h"

static struct view_frame frame_of(const struct app *a) {
    return (struct view_frame){.snap = a->snap,
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
                               .filter = a->filter_text,
                               .message = a->message,
                               .message_alert = a->message_alert,
                               .shmem_history = a->shmem_history,
                               .devshm_history = a->devshm_history,
                               .history_count = a->history_count};
}

static void draw_segments(const struct app *a, struct canvas *c, const struct view_frame *frame) {
    const struct bytes_view *p = &a->preview;
    struct view_segments v = {.frame = frame,
                              .rows = &a->table,
                              .preview = {.win = p->open && p->win.len ? &p->win : NULL,
                                          .route = p->route,
                                          .problem = p->problem},
                              .all_holders = a->all_holders,
                              .scroll_x = a->scroll_x};
    segments_draw(c, &v);
}

static void draw_hex(const struct app *a, struct canvas *c, const struct view_frame *frame) {
    const struct hex_state *h = &a->hex;
    uint64_t size = h->bytes.size;
    if (size == 0 && h->segment)
        seg_get(h->segment, SEG_SIZE, &size);
    struct view_hex v = {.frame = frame,
                         .seg = h->seg,
                         .segment = h->segment,
                         .gone = h->gone,
                         .frozen = h->frozen,
                         .big_endian = h->big_endian,
                         .inspect = h->inspect,
                         .fold = h->fold,
                         .win = &h->bytes.win,
                         .size = size,
                         .top = h->top,
                         .cursor = h->cursor,
                         .width = hex_bytes_per_row(a),
                         .bytes_per_s = h->bytes_per_s,
                         .route = h->bytes.route,
                         .side_effects = h->bytes.side_effects,
                         .problem = h->bytes.problem,
                         .lines = h->lines,
                         .line_count = h->line_count};
    hex_draw(c, &v);
}

static void draw_prompt(const struct app *a, struct canvas *c) {
    const struct prompt *p = &a->prompt;
    struct view_prompt v = {.label = prompt_label(p->kind),
                            .text = p->edit.text,
                            .cursor = p->edit.cursor,
                            .remark = p->remark,
                            .alert = p->alert};
    prompt_draw(c, &v);
}

void app_draw(struct app *a, struct canvas *c) {
    struct view_frame frame = frame_of(a);
    canvas_clear(c);
    if (a->view == VIEW_HEX) {
        draw_hex(a, c, &frame);
    } else if (a->view == VIEW_HELP) {
        struct view_help v = {
            .frame = &frame, .of = a->below, .top = a->help_top, .search = a->help_search};
        help_draw(c, &v);
    } else if (a->view == VIEW_LIMITS) {
        struct view_limits v = limits_view(a, &frame);
        limits_draw(c, &v);
    } else if (a->view == VIEW_MESSAGES) {
        struct view_messages v = {.frame = &frame, .top = a->messages_top};
        messages_draw(c, &v);
    } else {
        draw_segments(a, c, &frame);
    }
    if (a->prompt.kind != PROMPT_NONE)
        draw_prompt(a, c);
    if (a->dialog)
        dialog_show(a->dialog, c);
}
