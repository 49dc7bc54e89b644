// app_dialog_remove.c - asking before segments are removed.
//
// It holds identities, not rows. One segment: its own key or button; several: their number has to
// be typed. What is in use needs the box ticked; the operation compares everything again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"
#include "core/verdict.h"

enum { LINES_MAX = 10, BUTTON_CANCEL = 0, BUTTON_DRY = 1, BUTTON_REMOVE = 2 };
// Boxes, behind the number where it is asked; System V alone is always freed at once.
enum { FIELD_FORCE, FIELD_SAVE, FIELD_NOW };

struct remove_data {
    struct removal *items; // owned
    size_t count;
    size_t hidden;                      // tagged ones that the filter hides and that are left alone
    size_t kept, used, used_sysv, gone; // kept: not to be removed unless forced
    size_t sysv;
    bool groups;           // some belong together and go all or not at all, which rm would not do
    struct op_item *tried; // owned: what a dry run came to, one for each; NULL none
    int tried_with;        // the boxes it was made with
};

static void forget_try(struct remove_data *r) {
    for (size_t i = 0; r->tried && i < r->count; i++) {
        free(r->tried[i].seg);
        free(r->tried[i].text);
        free(r->tried[i].kept);
    }
    free(r->tried);
    r->tried = NULL;
}

static void free_data(void *data) {
    struct remove_data *r = data;
    forget_try(r);
    removals_free(r->items, r->count);
    free(r);
}

static struct dialog_input *count_field(struct dialog *d) {
    const struct remove_data *r = d->data;
    return r->count > 1 ? &d->field[0] : NULL;
}

static size_t first_box(const struct dialog *d) {
    const struct remove_data *r = d->data;
    return r->count > 1 ? 1 : 0;
}

static bool ticked(const struct dialog *d, int field) {
    size_t at = first_box(d) + (size_t)field;
    return at < d->field_count && d->field[at].choice;
}

static struct dialog_input *force_field(struct dialog *d) {
    return &d->field[first_box(d) + FIELD_FORCE];
}

static int boxes(const struct dialog *d) {
    return ticked(d, FIELD_FORCE) | ticked(d, FIELD_SAVE) << 1 | ticked(d, FIELD_NOW) << 2;
}

static u64v expected(const struct segment *seg, enum seg_field field) {
    uint64_t value = 0;
    enum why why = seg_get(seg, field, &value);
    return why == WHY_KNOWN ? u64v_of(value) : u64v_missing(why);
}

static bool moved(const struct removal *item, const struct segment *seg) {
    uint64_t now = 0, seen = 0;
    return u64v_get(item->expected_change, &seen) == WHY_KNOWN &&
           seg_get(seg, SEG_CHANGE_TIME, &now) == WHY_KNOWN && now != seen;
}

// What will come of one of them, as it looks now.
static void line_of(struct app *a, struct dialog *d, const struct removal *item,
                    const struct segment *seg) {
    char title[4300], use[96];
    bool force = ticked(d, FIELD_FORCE);
    if (!seg) {
        dialog_line(d, ALERT_WARN, "gone    %s: somebody else removed it", item->seg);
        return;
    }
    seg_title(a->snap, seg, title, sizeof title);
    seg_use_text(seg, use, sizeof use);
    if (moved(item, seg) && !(seg_in_use(seg) && force))
        dialog_line(d, ALERT_WARN, "changed %s  since you asked: close this and look again", title);
    else if (verdict_of(seg) == VERDICT_PROTECTED && !seg_in_use(seg))
        dialog_line(d, ALERT_BAD, "KEPT    %s  %s", title, use);
    else if (verdict_keeps(seg))
        dialog_line(d, ALERT_BAD, "IN USE  %s  %s", title, use);
    else if (verdict_of(seg) == VERDICT_UNKNOWN)
        dialog_line(d, ALERT_WARN, "unseen  %s  %s", title, use);
    else
        dialog_line(d, ALERT_NONE, "ok      %s  %s", title, use);
}

// Where they go, and whether they come back.
static void destiny_lines(const struct app *a, struct dialog *d, const struct remove_data *r) {
    char keep[16];
    bool posix = r->count > r->sysv, used = r->used > r->used_sysv;
    if (posix && ticked(d, FIELD_NOW))
        dialog_line(d, ALERT_WARN, "Freed at once: no undo but a copy.");
    else if (posix)
        dialog_line(d, ALERT_NONE,
                    used ? "Goes to quarantine for %s: until then u brings it back."
                         : "Goes to quarantine: its memory is freed in %s, until then u brings it "
                           "back.",
                    fmt_age(a->settings.quarantine_ns, keep));
    if (ticked(d, FIELD_SAVE))
        dialog_line(d, ALERT_NONE, "Copied into %s; u or restore make it again.", a->copies);
    else if (r->sysv)
        dialog_line(d, ALERT_WARN, "System V has no undo: s saves a copy first.");
}

// Files that belong together with those to go, and would stay. Each group is gone through once.
static void left_line(const struct app *a, struct dialog *d, struct remove_data *r) {
    enum { CHOSEN = 1, COUNTED = 2 };
    char name[4300];
    const struct segment *first = NULL;
    size_t left = 0;
    uint8_t *marks = xcalloc(a->snap->segment_count + 1, 1);
    for (size_t i = 0; i < r->count; i++) {
        const struct segment *seg = snapshot_find(a->snap, &r->items[i].id);
        if (seg)
            marks[snapshot_index(a->snap, seg)] = CHOSEN;
    }
    r->groups = false;
    for (size_t i = 0; i < r->count; i++) {
        const struct segment *seg = snapshot_find(a->snap, &r->items[i].id);
        size_t count = 0, chosen = 0;
        const uint32_t *members = seg ? verdict_group(a->snap, seg, &count) : NULL;
        if (!members || marks[members[0]] & COUNTED)
            continue;
        for (size_t k = 0; k < count; k++) {
            chosen += marks[members[k]] & CHOSEN;
            if (!(marks[members[k]] & CHOSEN) && left++ == 0)
                first = &a->snap->segments[members[k]];
        }
        marks[members[0]] |= COUNTED;
        r->groups |= chosen > 1;
    }
    free(marks);
    if (left == 0)
        return;
    seg_format(first, name, sizeof name);
    if (left > 1)
        dialog_line(d, ALERT_INFO, "%zu more belong with it and stay: %s ...", left, name);
    else
        dialog_line(d, ALERT_INFO, "What belongs with it stays: %s", name);
}

static void effect_lines(const struct app *a, struct dialog *d, struct remove_data *r,
                         size_t more) {
    if (more)
        dialog_line(d, ALERT_NONE, "... and %zu more", more);
    if (r->hidden)
        dialog_line(d, ALERT_INFO, "%zu tagged ones that the filter hides are left alone",
                    r->hidden);
    left_line(a, d, r);
    if (r->used_sysv)
        dialog_line(d, ALERT_BAD, "System V in use: it vanishes when the last process lets go");
    if (r->used > r->used_sysv)
        dialog_line(d, ALERT_BAD,
                    "POSIX in use: the name goes, the memory stays till the last process lets go");
    if (r->kept && !ticked(d, FIELD_FORCE))
        dialog_line(d, ALERT_WARN, "%s",
                    r->count == 1 ? "Without force it will not be removed."
                                  : "Without force those in use or kept are left alone.");
    destiny_lines(a, d, r);
}

// What every check came to, in place of how it looks.
static void try_lines(struct dialog *d, const struct remove_data *r) {
    size_t good = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct op_item *item = &r->tried[i];
        good += item->outcome == OUTCOME_DONE;
        if (i < LINES_MAX && item->outcome == OUTCOME_DONE)
            dialog_line(d, ALERT_NONE, "would be %s: %s", item->text, item->seg);
        else if (i < LINES_MAX)
            dialog_line(d, ALERT_BAD, "would be left alone: %s", item->text);
    }
    if (r->count > LINES_MAX)
        dialog_line(d, ALERT_NONE, "... and %zu more", r->count - LINES_MAX);
    dialog_line(d, ALERT_INFO, "Dry run: %zu would go, %zu not. Nothing was done.", good,
                r->count - good);
}

static void same_as(const struct app *a, struct dialog *d) {
    const struct remove_data *r = d->data;
    char text[4096] = "shmtop rm", word[4300];
    size_t n = strlen(text);
    free(d->same_as);
    d->same_as = NULL;
    if (r->groups)
        return;
    for (size_t i = 0; i < r->count && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %s",
                              shell_quote(r->items[i].seg, word, sizeof word));
    if (n < sizeof text && ticked(d, FIELD_FORCE))
        n += (size_t)snprintf(text + n, sizeof text - n, " --force");
    if (n < sizeof text && ticked(d, FIELD_NOW))
        n += (size_t)snprintf(text + n, sizeof text - n, " --now");
    if (n < sizeof text && ticked(d, FIELD_SAVE))
        snprintf(text + n, sizeof text - n, " --save %s",
                 shell_quote(a->copies, word, sizeof word));
    d->same_as = xstrdup(text);
}

static void refresh(struct app *a, struct dialog *d) {
    struct remove_data *r = d->data;
    dialog_clear_lines(d);
    if (r->tried_with != boxes(d))
        forget_try(r);
    r->kept = r->used = r->used_sysv = r->gone = 0;
    for (size_t i = 0; i < r->count; i++) {
        struct removal *item = &r->items[i];
        const struct segment *seg = snapshot_find(a->snap, &item->id);
        item->holders_seen = seg ? seg->holding_count : item->holders_seen;
        r->kept += seg && verdict_keeps(seg);
        r->used += seg && seg_in_use(seg);
        r->gone += !seg;
        r->used_sysv += seg && seg_in_use(seg) && item->id.kind == SEG_SYSV;
        if (i < LINES_MAX && !r->tried)
            line_of(a, d, item, seg);
    }
    if (r->tried)
        try_lines(d, r);
    else
        effect_lines(a, d, r, r->count > LINES_MAX ? r->count - LINES_MAX : 0);
    same_as(a, d);
}

// True when what was asked for to go on is there; else says what is missing.
static bool confirmed(struct app *a, struct dialog *d) {
    const struct remove_data *r = d->data;
    struct dialog_input *count = count_field(d);
    char want[24];
    snprintf(want, sizeof want, "%zu", r->count);
    if (r->gone == r->count) {
        app_message(a, ALERT_WARN, "gone already: nothing was removed");
        return false;
    }
    if (count && strcmp(count->edit.text, want) != 0) {
        dialog_remark(count, ALERT_BAD, "type %s", want);
        d->focus = 0;
        return false;
    }
    if (ticked(d, FIELD_SAVE) && !a->copies[0]) {
        dialog_remark(&d->field[first_box(d) + FIELD_SAVE], ALERT_BAD, "HOME is not set");
        return false;
    }
    if (r->kept == r->count && !ticked(d, FIELD_FORCE)) {
        dialog_remark(force_field(d), ALERT_BAD, r->used ? "needed: in use" : "needed: kept");
        d->focus = first_box(d);
        return false;
    }
    return true;
}

// The dry run keeps what it needs; the removal takes it.
static void send(struct app *a, struct dialog *d, bool dry) {
    struct remove_data *r = d->data;
    struct io_request *req = app_request(a, IO_OP, NULL);
    req->op = OP_REMOVE;
    req->removals = xcalloc(r->count, sizeof *req->removals);
    req->removal_count = r->count;
    req->plan = (struct removal_plan){.dry = dry,
                                      .now = ticked(d, FIELD_NOW),
                                      .keep_ns = a->settings.quarantine_ns,
                                      .save = ticked(d, FIELD_SAVE) ? xstrdup(a->copies) : NULL};
    for (size_t i = 0; i < r->count; i++) {
        req->removals[i] = r->items[i];
        req->removals[i].seg = xstrdup(r->items[i].seg);
        req->removals[i].force = ticked(d, FIELD_FORCE);
    }
    app_job(a, req);
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct remove_data *r = d->data;
    if (button == BUTTON_CANCEL)
        return true;
    if (!app_may_change(a))
        return false;
    if (button == BUTTON_DRY) {
        r->tried_with = boxes(d);
        send(a, d, true);
        return false;
    }
    if (!confirmed(a, d))
        return r->gone == r->count;
    send(a, d, false);
    app_message(a, ALERT_INFO, r->count == 1 ? "removing..." : "removing %zu...", r->count);
    return true;
}

static void add(struct remove_data *r, const struct row *row) {
    char seg[4200];
    seg_format(row->seg, seg, sizeof seg);
    r->sysv += row->id.kind == SEG_SYSV;
    r->items = xreallocarray(r->items, r->count + 1, sizeof *r->items);
    r->items[r->count++] = (struct removal){.id = row->id,
                                            .seg = xstrdup(seg),
                                            .expected_key = expected(row->seg, SEG_KEY),
                                            .expected_change = expected(row->seg, SEG_CHANGE_TIME),
                                            .expected_last = expected(row->seg, SEG_LAST_PID),
                                            .holders_seen = row->seg->holding_count};
}

// The tagged rows in sight of the filter, else the selected one. NULL, with a message: none.
static struct remove_data *gather(struct app *a) {
    struct remove_data *r = xcalloc(1, sizeof *r);
    const struct rows *rows = app_rows(a);
    const struct row *row = rows_selected(rows);
    for (size_t i = 0; rows->tagged && i < rows->count; i++) {
        struct row tagged = rows_at(rows, i); // most are not on the screen
        if (tagged.tagged && tagged.mark != ROW_GONE)
            add(r, &tagged);
    }
    if (rows->tagged > r->count)
        r->hidden = rows->tagged - r->count;
    if (rows->tagged == 0 && row && row->mark != ROW_GONE)
        add(r, row);
    if (r->count > 0)
        return r;
    if (rows->tagged)
        app_message(a, ALERT_WARN, "the tagged segments are hidden by the filter or gone");
    else
        app_message(a, ALERT_WARN, row ? "this segment is gone" : "there is no segment to remove");
    free_data(r);
    return NULL;
}

static const struct dialog_kind remove_kind = {
    .name = "remove", .refresh = refresh, .press = press, .free_data = free_data};

static void add_boxes(const struct app *a, struct dialog *d) {
    const struct remove_data *r = d->data;
    struct dialog_input *force = dialog_add_check(d, "", false);
    textedit_set(&force->edit, "force: also what is in use");
    struct dialog_input *save = dialog_add_check(d, "", false);
    textedit_set(&save->edit, a->copies[0] ? "save a copy first (s)" : "no place for a copy");
    save->key = 's';
    if (r->sysv == r->count)
        return;
    struct dialog_input *now = dialog_add_check(d, "", false);
    textedit_set(&now->edit, "free at once, past quarantine");
}

void dialog_remove_open(struct app *a) {
    if (!app_may_change(a) || !a->snap)
        return;
    struct remove_data *r = gather(a);
    if (!r)
        return;
    struct dialog *d = dialog_new(&remove_kind, r);
    if (r->count == 1) {
        snprintf(d->title, sizeof d->title, "Remove this segment?");
    } else {
        snprintf(d->title, sizeof d->title, "Remove %zu segments?", r->count);
        dialog_add_text(d, "Number", "");
        dialog_remark(&d->field[0], ALERT_NONE, "type how many to go on: %zu", r->count);
    }
    add_boxes(a, d);
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Dry run", 0);
    dialog_add_button(d, r->count == 1 ? "Remove: press R" : "Remove", r->count == 1 ? 'R' : 0);
    if (r->count == 1)
        dialog_focus_button(d, BUTTON_CANCEL);
    app_open_dialog(a, d);
}

void dialog_remove_tried(struct app *a, struct io_reply *reply) {
    struct dialog *d = a->dialog;
    struct remove_data *r = d && d->kind == &remove_kind ? d->data : NULL;
    if (!r || reply->item_count != r->count || reply->item_count == 0 ||
        strcmp(reply->items[0].seg, r->items[0].seg) != 0)
        return; // the question was answered meanwhile
    forget_try(r);
    r->tried = reply->items;
    reply->items = NULL;
    reply->item_count = 0;
    refresh(a, d);
    app_do(a, EFFECT_DRAW);
}
