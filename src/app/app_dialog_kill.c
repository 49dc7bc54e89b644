// app_dialog_kill.c - asking before the holders of a segment, or one process, are signalled.
//
// It holds processes by pid and start time; the operation compares both through a pidfd once more.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/signals.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/leaks.h"
#include "core/procfacts.h"
#include "core/segname.h"

enum { LINES_MAX = 8, BUTTON_CANCEL = 0, BUTTON_SEND = 1 };
#define SIGNALS "TERM|INT|HUP|QUIT|KILL|STOP|CONT|USR1|USR2"

struct kill_data {
    struct signal_target *targets; // owned
    size_t count, gone;
    char *seg;       // owned: SEG whose holders they are; NULL: one process
    uint64_t hidden; // attachments of processes that cannot be seen
};

static void free_data(void *data) {
    struct kill_data *k = data;
    targets_free(k->targets, k->count);
    free(k->seg);
    free(k);
}

static const struct process *process_of(const struct app *a, const struct proc_id *id) {
    const struct process *p = a->snap ? snapshot_process(a->snap, id->pid) : NULL;
    return p && p->id.start_ticks == id->start_ticks ? p : NULL;
}

static bool is_target(const struct kill_data *k, const struct process *p) {
    for (size_t i = 0; i < k->count; i++)
        if (k->targets[i].id.pid == p->id.pid && k->targets[i].id.start_ticks == p->id.start_ticks)
            return true;
    return false;
}

// ---- what would become of their memory

struct outcome_sums {
    struct leak_sum left, freed;
    bool maybe; // others who cannot be seen may hold some of it too
};

// Whether none but the targets keeps a segment in use.
static bool only_theirs(const struct app *a, const struct kill_data *k, const struct segment *seg) {
    uint64_t hidden = 0;
    seg_get(seg, SEG_HIDDEN, &hidden);
    if (hidden > 0)
        return false;
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *h = &a->snap->holdings[seg->first_holding + i];
        if ((h->fds > 0 || (h->mappings > 0 && !h->is_private)) &&
            !is_target(k, &a->snap->processes[h->process]))
            return false;
    }
    return true;
}

// Each segment is counted with the first of its targets.
static bool first_of(const struct app *a, const struct kill_data *k, const struct holding *h) {
    const struct segment *seg = &a->snap->segments[h->segment];
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *other = &a->snap->holdings[seg->first_holding + i];
        if (is_target(k, &a->snap->processes[other->process]))
            return other == h;
    }
    return false;
}

static void add_process(const struct app *a, const struct kill_data *k, const struct process *p,
                        struct outcome_sums *sums) {
    for (uint32_t i = 0; i < p->held_count; i++) {
        const struct holding *h = &a->snap->holdings[a->snap->held[p->first_held + i]];
        const struct segment *seg = &a->snap->segments[h->segment];
        bool maybe = false;
        if (!first_of(a, k, h) || !only_theirs(a, k, seg))
            continue;
        uint64_t links = 1;
        seg_get(seg, SEG_LINKS, &links);
        bool nameless = links == 0 || seg->id.kind == SEG_MEMFD || seg->id.kind == SEG_ANON ||
                        (seg->flags & SEG_FLAG_DEST);
        struct leak_sum *to = nameless ? &sums->freed : &sums->left;
        to->count++;
        to->bytes += leaks_bytes(seg);
        proc_end_of(a->snap, h, &maybe);
        sums->maybe |= maybe;
    }
}

static void sums_line(struct dialog *d, const struct outcome_sums *s) {
    char left[16], freed[16];
    const char *doubt = s->maybe ? " at most" : "";
    if (s->left.count)
        dialog_line(
            d, ALERT_WARN, "%" PRIu64 " segment%s (%s)%s would be left with nobody (ONLY-ME).",
            s->left.count, s->left.count == 1 ? "" : "s", fmt_size(s->left.bytes, left), doubt);
    if (s->freed.count)
        dialog_line(d, ALERT_NONE, "%" PRIu64 " without a name (%s)%s would be freed.",
                    s->freed.count, fmt_size(s->freed.bytes, freed), doubt);
    if (s->left.count + s->freed.count == 0)
        dialog_line(d, ALERT_NONE, "Nothing would be left behind or freed.");
}

// ---- the question

static void target_line(struct app *a, struct dialog *d, const struct signal_target *t) {
    const struct process *p = process_of(a, &t->id);
    struct proc_facts facts;
    char size[16], only[16];
    if (!p) {
        dialog_line(d, ALERT_WARN, "gone    %s", t->name);
        return;
    }
    proc_facts_make(a->snap, p, &facts);
    dialog_line(d, ALERT_NONE, "%s  holds %" PRIu32 " segment%s (%s%s), %s of it alone", t->name,
                facts.segments, facts.segments == 1 ? "" : "s", facts.shared_least ? "\u2265" : "",
                fmt_size(facts.shared, size), fmt_size(facts.left + facts.freed, only));
}

static struct dialog_input *signal_field(struct dialog *d) {
    return &d->field[d->field_count - 1];
}

// The chosen word of SIGNALS.
static const char *signal_word(struct dialog *d, char buf[16]) {
    const char *p = SIGNALS;
    for (int i = 0; i < signal_field(d)->choice; i++)
        p += strcspn(p, "|") + 1;
    snprintf(buf, 16, "%.*s", (int)strcspn(p, "|"), p);
    return buf;
}

static void same_as(struct dialog *d) {
    const struct kill_data *k = d->data;
    char word[16], quoted[4300];
    free(d->same_as);
    if (k->seg)
        d->same_as = xasprintf("shmtop kill %s --signal %s",
                               shell_quote(k->seg, quoted, sizeof quoted), signal_word(d, word));
    else
        d->same_as = xasprintf("kill -%s %d, if it is still the same", signal_word(d, word),
                               (int)k->targets[0].id.pid);
}

static void refresh(struct app *a, struct dialog *d) {
    struct kill_data *k = d->data;
    struct outcome_sums sums = {0};
    char word[16];
    dialog_clear_lines(d);
    k->gone = 0;
    for (size_t i = 0; i < k->count; i++) {
        const struct process *p = process_of(a, &k->targets[i].id);
        k->gone += !p;
        if (p)
            add_process(a, k, p, &sums);
        if (i < LINES_MAX)
            target_line(a, d, &k->targets[i]);
    }
    if (k->count > LINES_MAX)
        dialog_line(d, ALERT_NONE, "... and %zu more", k->count - LINES_MAX);
    if (k->hidden)
        dialog_line(d, ALERT_WARN,
                    "%" PRIu64 " attachments are of processes that cannot be seen: "
                    "they get no signal.",
                    k->hidden);
    signal_word(d, word);
    if (strcmp(word, "STOP") == 0)
        dialog_line(d, ALERT_NONE, "They stop until CONT is sent.");
    else if (strcmp(word, "CONT") != 0)
        sums_line(d, &sums);
    if (strcmp(word, "KILL") == 0)
        dialog_line(d, ALERT_BAD, "KILL leaves them no time to clean up.");
    same_as(d);
}

static bool confirmed(struct app *a, struct dialog *d) {
    const struct kill_data *k = d->data;
    char want[24];
    snprintf(want, sizeof want, "%zu", k->count);
    if (k->gone == k->count) {
        app_message(a, ALERT_WARN, "gone already: nobody was signalled");
        return false;
    }
    if (k->count > 1 && strcmp(d->field[0].edit.text, want) != 0) {
        dialog_remark(&d->field[0], ALERT_BAD, "type %s", want);
        d->focus = 0;
        return false;
    }
    return true;
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct kill_data *k = d->data;
    char word[16];
    if (button == BUTTON_CANCEL)
        return true;
    if (!app_may_change(a))
        return false;
    if (!confirmed(a, d))
        return k->gone == k->count;
    struct io_request *req = app_request(a, IO_SIGNAL, NULL);
    req->targets = k->targets;
    req->target_count = k->count;
    req->signal = parse_signal(signal_word(d, word));
    k->targets = NULL;
    k->count = 0;
    app_job(a, req);
    app_message(a, ALERT_INFO, "sending %s...", word);
    return true;
}

// ---- opening

static void add_target(struct kill_data *k, const struct process *p) {
    const char *bytes = "";
    size_t len = 0;
    char comm[80] = "";
    if (strv_get(p->comm, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, comm, sizeof comm);
    k->targets = xreallocarray(k->targets, k->count + 1, sizeof *k->targets);
    k->targets[k->count++] = (struct signal_target){p->id,
                                                    xasprintf("pid %d %s", (int)p->id.pid, comm)};
}

static void ask(struct app *a, struct kill_data *k) {
    static const struct dialog_kind kind = {
        .name = "kill", .refresh = refresh, .press = press, .free_data = free_data};
    struct dialog *d = dialog_new(&kind, k);
    if (k->count == 1) {
        snprintf(d->title, sizeof d->title, "Signal this process?");
    } else {
        snprintf(d->title, sizeof d->title, "Signal %zu processes?", k->count);
        dialog_add_text(d, "Number", "");
        dialog_remark(&d->field[0], ALERT_NONE, "type how many to go on: %zu", k->count);
    }
    dialog_add_choice(d, "Signal", SIGNALS, 0);
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, k->count == 1 ? "Send: press S" : "Send", k->count == 1 ? 'S' : 0);
    if (k->count == 1)
        dialog_focus_button(d, BUTTON_CANCEL);
    app_open_dialog(a, d);
}

void dialog_kill_segment(struct app *a, const struct row *row) {
    if (!app_may_change(a))
        return;
    if (!row || row->mark == ROW_GONE) {
        app_message(a, ALERT_WARN, row ? "this segment is gone" : "there is no segment here");
        return;
    }
    char seg[4200];
    struct kill_data *k = xcalloc(1, sizeof *k);
    for (uint32_t i = 0; i < row->seg->holding_count; i++)
        add_target(k,
                   &row->snap->processes[row->snap->holdings[row->seg->first_holding + i].process]);
    seg_get(row->seg, SEG_HIDDEN, &k->hidden);
    seg_format(row->seg, seg, sizeof seg);
    k->seg = xstrdup(seg);
    if (k->count > 0) {
        ask(a, k);
        return;
    }
    app_message(a, ALERT_INFO,
                k->hidden ? "those who hold it cannot be seen" : "nobody is seen to hold it");
    free_data(k);
}

void dialog_kill_process(struct app *a, const struct process *p) {
    if (!app_may_change(a))
        return;
    struct kill_data *k = xcalloc(1, sizeof *k);
    add_target(k, p);
    ask(a, k);
}
