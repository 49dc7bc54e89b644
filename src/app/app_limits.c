// app_limits.c - the screen of limits and the account of memory, made anew with each snapshot.
#include "app/app_parts.h"
#include "app/xalloc.h"

struct view_limits limits_view(const struct app *a, const struct view_frame *frame) {
    return (struct view_limits){
        .frame = frame, .ledger = a->ledger.snap ? &a->ledger : NULL, .top = a->limits_top};
}

size_t limits_lines(const struct app *a) {
    struct view_frame frame = {.snap = a->snap};
    struct view_limits v = limits_view(a, &frame);
    return limits_line_count(&v, a->screen_rows, a->screen_cols);
}

void limits_open(struct app *a) {
    a->limits_top = 0;
    app_go(a, VIEW_LIMITS);
    app_do(a, EFFECT_SWEEP); // what is only looked at now and then counts too
}

void limits_refresh(struct app *a) {
    bool overlaid = a->view == VIEW_HELP || a->view == VIEW_MESSAGES;
    bool shown = a->view == VIEW_LIMITS || (overlaid && a->below == VIEW_LIMITS);
    if (a->ledger.snap)
        ledger_done(&a->ledger);
    if (shown && a->snap)
        xcheck(ledger_make(a->snap, &a->ledger));
}
