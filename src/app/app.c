// app.c - the state of the monitor, and what each event does to it.
#include "app/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

enum { MESSAGE_S = 8 };
static const uint64_t second_ns = 1000000000u;

void app_do(struct app *a, unsigned effects) {
    a->effects |= effects;
}

unsigned app_effects(struct app *a) {
    unsigned effects = a->effects;
    a->effects = 0;
    return effects;
}

void app_message(struct app *a, enum alert alert, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(a->message, sizeof a->message, format, args);
    va_end(args);
    a->message_alert = alert;
    a->message_end = a->mono_ns + MESSAGE_S * second_ns;
    app_do(a, EFFECT_DRAW);
}

void app_clear_message(struct app *a) {
    if (a->message[0])
        app_do(a, EFFECT_DRAW);
    a->message[0] = '\0';
    a->message_end = 0;
}

void app_init(struct app *a, const struct app_config *config) {
    *a = (struct app){.interval_s = (double)config->settings->delay_ns / 1e9,
                      .can_utf8 = config->utf8,
                      .utc_offset = config->utc_offset,
                      .copies = config->copies ? config->copies : "",
                      .screen_rows = 24,
                      .screen_cols = 80,
                      .hex.inspect = true,
                      .hex.fold = true};
    xcheck(rows_init(&a->table));
    a->trends = trends_new();
    xcheck(a->trends ? 0 : -ENOMEM);
    processes_init(a);
    events_init(a);
    xcheck(hexwin_init(&a->preview.win));
    xcheck(hexwin_init(&a->hex.bytes.win));
    settings_start(a, config->settings);
    a->read_only = a->read_only || config->fixed;
    app_resize(a, a->screen_rows, a->screen_cols);
}

void app_done(struct app *a) {
    struct io_request *req;
    while ((req = app_take_job(a)))
        io_request_free(req);
    free(a->jobs);
    free(a->clipboard);
    dialog_free(a->dialog);
    hexwin_done(&a->preview.win);
    edit_stop(a);
    lens_forget(a);
    hexwin_done(&a->hex.bytes.win);
    free(a->hex.map.cells);
    hexwin_done(&a->hex.other);
    snapshot_unref(a->hex.snap);
    leaks_done(a);
    trends_free(a->trends);
    processes_done(a);
    kept_done(a);
    events_end(a);
    rows_done(&a->table);
    filter_free(a->filter);
    ledger_done(&a->ledger);
    snapshot_unref(a->snap);
}

// --- jobs

struct io_request *app_request(struct app *a, enum io_kind kind, const struct seg_id *id) {
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = kind;
    req->serial = ++a->serial;
    req->snap = snapshot_ref(a->snap);
    if (id)
        req->id = *id;
    return req;
}

void app_job(struct app *a, struct io_request *req) {
    a->jobs = xreallocarray(a->jobs, a->job_count + 1, sizeof(struct io_request *));
    a->jobs[a->job_count++] = req;
}

struct io_request *app_take_job(struct app *a) {
    if (a->job_count == 0)
        return NULL;
    struct io_request *req = a->jobs[0];
    a->job_count--;
    memmove(a->jobs, a->jobs + 1, a->job_count * sizeof(struct io_request *));
    return req;
}

// --- time and size

bool app_is_overlay(enum view view) {
    return view == VIEW_HELP || view == VIEW_MESSAGES;
}

// The view that is on the screen, or right below the help or the messages.
static enum view shown(const struct app *a) {
    return app_is_overlay(a->view) ? a->below : a->view;
}

void app_time(struct app *a, uint64_t mono_ns, uint64_t wall_ns) {
    a->mono_ns = mono_ns;
    a->wall_ns = wall_ns;
    if (a->paused)
        return;
    if (a->message_end && mono_ns >= a->message_end)
        app_clear_message(a);
    if (a->hex.bytes.fading && a->hex.frozen) {
        a->hex.bytes.fading = bytes_fading(&a->hex.bytes, mono_ns);
        app_do(a, EFFECT_DRAW);
    }
    const struct screen *screen = screen_of(shown(a));
    if (screen->time)
        screen->time(a);
    uint64_t rows_due = rows_deadline(&a->table);
    if (rows_due && mono_ns >= rows_due && a->snap) {
        xcheck(rows_update(&a->table, a->snap, mono_ns));
        app_do(a, EFFECT_DRAW);
    }
    rows_due = a->leaks.open ? rows_deadline(&a->leaks.rows) : 0;
    if (rows_due && mono_ns >= rows_due && a->snap) {
        xcheck(rows_update(&a->leaks.rows, a->snap, mono_ns));
        app_do(a, EFFECT_DRAW);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    if (a == 0 || b == 0)
        return a ? a : b;
    return a < b ? a : b;
}

uint64_t app_deadline(const struct app *a) {
    if (a->paused)
        return 0;
    const struct screen *screen = screen_of(shown(a));
    uint64_t due = screen->deadline ? screen->deadline(a) : 0;
    due = earlier(due, earlier(a->message_end, rows_deadline(&a->table)));
    due = earlier(due, a->leaks.open ? rows_deadline(&a->leaks.rows) : 0);
    due = earlier(due, kept_deadline(a));
    due = earlier(due, dialog_write_deadline(a));
    return earlier(due, earlier(bytes_deadline(a), hexmap_deadline(a)));
}

void app_resize(struct app *a, int rows, int cols) {
    a->screen_rows = rows;
    a->screen_cols = cols;
    rows_height(&a->table, segments_table_rows(rows, cols));
    if (a->leaks.open)
        rows_height(&a->leaks.rows, leaks_table_rows(rows, cols));
    for (int view = 0; view < VIEW_COUNT; view++) {
        const struct screen *screen = screen_of((enum view)view);
        if (screen && screen->resize)
            screen->resize(a);
    }
    hex_set_cursor(a, a->hex.cursor);
    app_do(a, EFFECT_DRAW | EFFECT_REPAINT);
}

// --- what comes from the other threads

static void remember(struct app *a, const struct snapshot *snap) {
    uint64_t shmem = 0, devshm = 0;
    u64v_get(snap->limits[LIMIT_MEMINFO_SHMEM], &shmem);
    u64v_get(snap->limits[LIMIT_DEVSHM_USED], &devshm);
    if (a->history_count == APP_HISTORY) {
        size_t keep = (APP_HISTORY - 1) * sizeof a->shmem_history[0];
        memmove(a->shmem_history, a->shmem_history + 1, keep);
        memmove(a->devshm_history, a->devshm_history + 1, keep);
        a->history_count--;
    }
    a->shmem_history[a->history_count] = shmem;
    a->devshm_history[a->history_count] = devshm;
    a->history_count++;
}

void app_snapshot(struct app *a, const struct snapshot *snap) {
    const struct snapshot *before = a->snap;
    a->snap = snapshot_ref(snap);
    xcheck(rows_update(&a->table, snap, a->mono_ns));
    if (a->select_until) {
        bool shows = rows_select_id(&a->table, &a->select_next);
        if (shows && a->select_open && a->view == VIEW_SEGMENTS && !a->dialog)
            hex_open(a, rows_selected(&a->table));
        if (shows || a->mono_ns > a->select_until) {
            a->select_until = 0;
            a->select_open = false;
        }
    }
    view_summary_make(snap, &a->summary);
    remember(a, snap);
    for (int view = 0; view < VIEW_COUNT; view++) {
        const struct screen *screen = screen_of((enum view)view);
        if (screen && screen->snapshot)
            screen->snapshot(a);
    }
    snapshot_unref(before);
    if (a->dialog && a->dialog->kind->refresh)
        a->dialog->kind->refresh(a, a->dialog);
    app_do(a, EFFECT_DRAW);
}

void app_reply(struct app *a, struct io_reply *reply) {
    switch (reply->kind) {
    case IO_READ:
        bytes_reply(a, reply);
        break;
    case IO_SEARCH:
        hex_find_reply(a, reply);
        break;
    case IO_OP:
        if (reply->dry) {
            dialog_remove_tried(a, reply);
            break;
        }
        if (reply->op == OP_REMOVE)
            kept_removed(a, reply);
        if (reply->op == OP_WRITE)
            edit_written(a, reply);
        else
            results_show(a, reply);
        app_do(a, EFFECT_RESCAN);
        break;
    case IO_FETCH:
        hex_fetch_reply(a, reply);
        break;
    case IO_SAVE:
        hex_save_reply(a, reply);
        break;
    case IO_CAPTURE:
        hex_capture_reply(a, reply);
        break;
    case IO_SURVEY:
        hexmap_reply(a, reply);
        break;
    case IO_RESTORE:
        results_show(a, reply);
        kept_ask(a);
        app_do(a, EFFECT_RESCAN);
        break;
    case IO_KEPT:
        kept_reply(a, reply);
        break;
    case IO_SIGNAL:
        results_show(a, reply);
        app_do(a, EFFECT_RESCAN);
        break;
    case IO_LOOK:
        dialog_write_reply(a, reply);
        break;
    case IO_FILE:
        events_save_reply(a, reply);
        break;
    case IO_STOP:
    case IO_CLOSE:
        break;
    }
    io_reply_free(reply);
}

void app_settle(struct app *a) {
    prompt_settle(a);
    for (int view = 0; view < VIEW_COUNT; view++) {
        const struct screen *screen = screen_of((enum view)view);
        if (screen && screen->settle)
            screen->settle(a);
    }
    bytes_settle(a);
    kept_settle(a);
}

// --- views and dialogs

void app_open_dialog(struct app *a, struct dialog *d) {
    a->dialog = d;
    if (d->kind->refresh)
        d->kind->refresh(a, d);
    app_do(a, EFFECT_DRAW);
}

bool app_may_change(struct app *a) {
    if (a->read_only)
        app_message(a, ALERT_WARN, "read-only mode: nothing may be changed");
    return !a->read_only;
}

bool app_shows(const struct app *a, enum view view) {
    return a->view == view || shown(a) == view;
}

void app_go(struct app *a, enum view view) {
    bool keeps_hex = app_is_overlay(view) || view == VIEW_HEX || view == VIEW_LENS ||
                     view == VIEW_SETUP;
    if (!keeps_hex && edit_pending(a)) {
        edit_question_open(a, EDIT_LEAVES_VIEW, view);
        return;
    }
    if (app_is_overlay(view) && !app_is_overlay(a->view))
        a->below = a->view;
    if (view == VIEW_HELP) {
        a->help_top = a->help_match = 0;
        a->help_search[0] = '\0';
    }
    if (view == VIEW_MESSAGES)
        a->messages_top = 0;
    if (!keeps_hex)
        hex_close(a);
    a->view = view;
    limits_refresh(a);
    leaks_settle_view(a);
    const struct screen *screen = screen_of(shown(a));
    if (a->snap && screen->snapshot)
        screen->snapshot(a);
    app_do(a, EFFECT_DRAW);
}
