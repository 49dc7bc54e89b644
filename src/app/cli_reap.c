// cli_reap.c - `reap`: plans what is left behind and could go, and with --apply removes it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/removal_batch.h"
#include "app/xalloc.h"
#include "core/filter.h"
#include "core/fmt.h"
#include "core/origin.h"
#include "core/verdict.h"
#include "probes/quarantine.h"

enum { LOCK_TRIES = 16, FACTS = 6 };

struct reaping {
    const struct options *opt;
    struct cli_look look;
    struct removals all;
    struct cli_items items;
    uint32_t *units; // chosen segments, group by group; owned
    size_t *ends;    // where each group ends in units; owned
    size_t unit_count, group_count;
};

enum outcome cli_reap_check(const struct options *opt, struct fault *f) {
    return cli_list_check(opt, f);
}

bool cli_reap_acts(const struct options *opt) {
    return opt->apply;
}

void cli_reap_refuse(const struct options *opt, const struct fault *f) {
    struct options nothing = *opt;
    nothing.operand_count = 0; // the words are a filter: no item is named
    cli_items_refuse(&nothing, "quarantine", f);
}

// ---- choosing

// What nobody but its owner and root may remove is no part of an ordinary user's plan.
static bool is_ours(const struct snapshot *snap, const struct segment *seg) {
    uint64_t uid = 0;
    enum why why = seg_get(seg, SEG_UID, &uid);
    return snap->vantage.uid == 0 || (why == WHY_KNOWN && uid == snap->vantage.uid);
}

static bool has_name(const struct segment *seg) {
    uint64_t links = 0;
    return seg->id.kind == SEG_SYSV ||
           (seg->id.kind == SEG_POSIX && seg_get(seg, SEG_LINKS, &links) == WHY_KNOWN && links > 0);
}

static bool may_go(const struct reaping *r, const struct segment *seg) {
    enum verdict_state state = verdict_of(seg);
    return (state == VERDICT_ORPHAN || (state == VERDICT_SUSPECT && r->opt->suspects)) &&
           has_name(seg) && is_ours(r->look.snap, seg) && (seg->flags & SEG_FLAG_DEST) == 0;
}

// A group goes when one of it is meant and all of it may go. taken[] marks what is chosen already.
static void choose_one(struct reaping *r, const struct filter *filter, size_t i, bool *taken) {
    const struct snapshot *snap = r->look.snap;
    const struct segment *seg = &snap->segments[i];
    size_t count;
    if (taken[i] || !may_go(r, seg) || !filter_matches(filter, snap, seg))
        return;
    const uint32_t *members = verdict_group(snap, seg, &count);
    for (size_t k = 0; k < count; k++)
        if (!may_go(r, &snap->segments[members[k]]))
            return;
    if (count == 0)
        r->units[r->unit_count++] = (uint32_t)i;
    for (size_t k = 0; k < count; k++) {
        r->units[r->unit_count++] = members[k];
        taken[members[k]] = true;
    }
    r->ends[r->group_count++] = r->unit_count;
}

static void choose(struct reaping *r, const struct filter *filter) {
    const struct snapshot *snap = r->look.snap;
    bool *taken = xcalloc(snap->segment_count + 1, sizeof *taken);
    r->units = xcalloc(snap->segment_count + 1, sizeof *r->units);
    r->ends = xcalloc(snap->segment_count + 1, sizeof *r->ends);
    for (size_t i = 0; i < snap->segment_count; i++)
        choose_one(r, filter, i, taken);
    free(taken);
}

// ---- one segment

// The facts that speak for its verdict, a line each.
static void because_of(const struct snapshot *snap, const struct segment *seg, char *buf,
                       size_t size) {
    struct evidence evidence[EVIDENCE_MAX];
    size_t count = verdict_explain(snap, seg, evidence), used = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < count && i < FACTS && used + EVIDENCE_FACT + 2 < size; i++)
        if (evidence[i].speaks_for == verdict_of(seg))
            used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "\n" : "",
                                     evidence[i].fact);
}

static const char *action_of(const struct reaping *r, const struct segment *seg) {
    return r->opt->now || seg->id.kind == SEG_SYSV ? "remove" : "quarantine";
}

static void make_request(const struct reaping *r, const struct segment *seg, struct op_request *req,
                         char *name) {
    const struct snapshot *snap = r->look.snap;
    uint64_t last = 0;
    seg_format(seg, name, CLI_SEG_MAX);
    op_request_init(req, OP_REMOVE);
    char *text = xstrdup(name);
    cli_request_segment(req, snap, seg, text, name);
    free(text);
    if (seg_get(seg, SEG_LAST_PID, &last) == WHY_KNOWN)
        req->expected_last = u64v_of(last);
    req->drop_folder = removal_has_own_folder(snap, seg);
}

static void plan_one(struct reaping *r, const struct segment *seg) {
    char name[CLI_SEG_MAX], because[FACTS * (EVIDENCE_FACT + 2)], size[16];
    uint64_t bytes = 0;
    because_of(r->look.snap, seg, because, sizeof because);
    seg_format(seg, name, sizeof name);
    cli_items_put(&r->items,
                  &(struct cli_item){.id = name, .action = action_of(r, seg), .because = because});
    seg_get(seg, SEG_RESIDENT, &bytes);
    because[strcspn(because, "\n")] = '\0';
    if (!r->opt->json)
        printf("%s: would %s: %s: %s, %s\n", name,
               strcmp(action_of(r, seg), "remove") == 0 ? "remove" : "move to quarantine",
               fmt_size(bytes, size), verdict_name(verdict_of(seg)), because);
}

// ---- carrying it out

static const struct segment *ask(void *arg, size_t i, struct op_request *req, char *because) {
    const struct reaping *r = arg;
    char name[CLI_SEG_MAX];
    const struct segment *seg = &r->look.snap->segments[r->units[i]];
    make_request(r, seg, req, name);
    if (because)
        verdict_because(r->look.snap, seg, because, EVIDENCE_FACT);
    return seg;
}

static void tell(void *arg, size_t i, struct op_result *result) {
    struct reaping *r = arg;
    const struct segment *seg = &r->look.snap->segments[r->units[i]];
    char name[CLI_SEG_MAX], because[FACTS * (EVIDENCE_FACT + 2)], line[2200];
    // Somebody else was quicker: what was wanted has come true without us.
    bool gone = result->fault.outcome == OUTCOME_MISSING;
    seg_format(seg, name, sizeof name);
    because_of(r->look.snap, seg, because, sizeof because);
    if (gone)
        result->fault = (struct fault){.outcome = OUTCOME_DONE};
    bool done = result->fault.outcome == OUTCOME_DONE;
    if (*result->note && !gone)
        cli_note("%s: %s", name, result->note);
    cli_items_put(&r->items, &(struct cli_item){.id = name,
                                                .action = action_of(r, seg),
                                                .because = because,
                                                .item = *result->item ? result->item : result->copy,
                                                .fault = &result->fault});
    if (done && !r->opt->json)
        printf("%s: %s\n", name,
               gone ? "gone already" : removal_text(result, r->all.wall_ns, line, sizeof line));
}

static void apply(struct reaping *r) {
    removal_batch_run(&(struct removal_batch){.all = &r->all,
                                              .snap = r->look.snap,
                                              .ends = r->ends,
                                              .group_count = r->group_count,
                                              .ask = ask,
                                              .tell = tell,
                                              .arg = r});
}

static void plan(struct reaping *r) {
    for (size_t i = 0; i < r->unit_count; i++)
        plan_one(r, &r->look.snap->segments[r->units[i]]);
}

// Waits for another reaper of the same user. Without a quarantine to lock there is none to wait
// for.
static void lock(const struct options *opt, struct quarantine *q) {
    struct cli_look look;
    q->dir = -1;
    if (cli_look_root(opt, &look))
        return;
    for (int i = 0; i < LOCK_TRIES && quarantine_open(look.root, true, q) == 0; i++) {
        int err = quarantine_lock(q, false);
        if (err == -EWOULDBLOCK) {
            cli_note("another shmtop reaps just now; waiting for it");
            err = quarantine_lock(q, true);
        }
        if (err == 0 && !quarantine_is_gone(q))
            break;
        quarantine_close(q);
    }
    cli_look_done(&look);
}

// The quarantine goes when nothing came to lie in it.
static void unlock(const struct reaping *r, struct quarantine *q) {
    if (q->dir >= 0)
        quarantine_tidy(r->look.root, q);
    quarantine_close(q);
}

static int reap(struct reaping *r) {
    struct fault f;
    struct filter *filter;
    if (cli_make_filter(r->opt, &filter, &f))
        return cli_error(&f);
    if (r->opt->apply && removals_begin(&r->all, r->look.root, r->opt, &f)) {
        filter_free(filter);
        return cli_error(&f);
    }
    cli_items_begin(&r->items, "quarantine", &r->look.snap->vantage, r->look.snap->wall_ns);
    cli_note_unseen(r->look.snap);
    choose(r, filter);
    if (r->opt->apply) {
        apply(r);
        removals_expire(&r->all, r->opt->all_namespaces ? r->look.snap : NULL);
        removals_end(&r->all);
    } else {
        plan(r);
    }
    free(r->units);
    free(r->ends);
    filter_free(filter);
    return cli_items_end(&r->items);
}

int cli_reap(const struct options *opt) {
    struct reaping r = {.opt = opt, .items = {.json = opt->json}};
    struct quarantine q = {.dir = -1};
    // The look comes after the lock: what another one has removed is not even seen.
    if (opt->apply && !opt->root)
        lock(opt, &q);
    int status = cli_look_all(opt, opt->all_namespaces, &r.look);
    if (status == 0) {
        status = reap(&r);
        unlock(&r, &q);
        cli_look_done(&r.look);
    }
    quarantine_close(&q);
    return status;
}
