// app_limits.c - the screen of limits and the account of memory, made anew with each snapshot.
#include "app/app_parts.h"
#include "app/xalloc.h"

static struct view_limits view_of(const struct app *a, const struct view_frame *frame) {
    return (struct view_limits){
        .frame = frame, .ledger = a->ledger.snap ? &a->ledger : NULL, .top = a->limits_top};
}

size_t limits_lines(const struct app *a) {
    struct view_frame frame = {.snap = a->snap};
    struct view_limits v = view_of(a, &frame);
    return limits_line_count(&v, a->screen_rows, a->screen_cols);
}

void limits_open(struct app *a) {
    a->limits_top = 0;
    app_go(a, VIEW_LIMITS);
    app_do(a, EFFECT_SWEEP); // what is only looked at now and then counts too
}

void limits_refresh(struct app *a) {
    if (a->ledger.snap)
        ledger_done(&a->ledger);
    if (app_shows(a, VIEW_LIMITS) && a->snap)
        xcheck(ledger_make(a->snap, &a->ledger));
}

static void limits_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    struct view_limits v = view_of(a, frame);
    limits_draw(c, &v);
}

static bool limits_command(struct app *a, enum command cmd) {
    return app_scroll(a, cmd, &a->limits_top, limits_lines(a), limits_rows(a->screen_rows));
}

const struct screen limits_screen = {.draw = limits_show,
                                     .command = limits_command,
                                     .tabs_row = list_tabs,
                                     .snapshot = limits_refresh};
