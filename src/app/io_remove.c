// io_remove.c - removing segments, bringing them back, and signalling their holders, as the I/O
// thread does it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/io_parts.h"
#include "app/removal_batch.h"
#include "app/userfile.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "core/verdict.h"
#include "probes/probe.h"
#include "probes/quarantine.h"

// ---- removing

// What holds a segment may have come since the picture on the screen, and that one may never have
// looked for descriptors, locks and private mappings: one whole look before anything is removed.
// Counted; NULL when it failed.
const struct snapshot *io_look_closely(const struct io_worker *w, const struct snapshot *seen) {
    static const struct scan_request whole = {.everything = true,
                                              .private_maps = true,
                                              .descriptors = true,
                                              .locks = true,
                                              .all_namespaces = true,
                                              .skip_self = true,
                                              .ask_kernel = true};
    struct prober *prober = NULL;
    const struct snapshot *snap = NULL;
    if (prober_new(w->root, &prober) == 0) {
        if (seen)
            prober_set_rules(prober, seen->origins, seen->age_floor_ns);
        prober_scan(prober, &whole, &snap);
    }
    prober_free(prober);
    return snap;
}

// A folder of shmtop's own that nobody has made yet. What is wrong with it, opening it will tell.
static void make_folder(const char *path) {
    char *copy = xstrdup(path);
    for (char *p = copy + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        (void)mkdir(copy, 0700);
        *p = '/';
    }
    (void)mkdir(copy, 0700);
    free(copy);
}

static bool differs(u64v seen, const struct segment *seg, enum seg_field field) {
    uint64_t before = 0, now = 0;
    return u64v_get(seen, &before) == WHY_KNOWN && seg_get(seg, field, &now) == WHY_KNOWN &&
           before != now;
}

// What is refused before anything is tried; the operation compares it all once more. System V
// counts for itself; of the rest only this look knows who holds it.
static bool is_refused(const struct removal *item, const struct snapshot *now,
                       const struct segment *seg, struct fault *f) {
    char because[EVIDENCE_FACT];
    if (!seg || item->force || !verdict_keeps(seg))
        return false;
    fault_setf(f, OUTCOME_REFUSED, 0, item->seg, "force removes it all the same", "%s: %s",
               verdict_of(seg) == VERDICT_PROTECTED ? "is protected" : "is in use",
               verdict_because(now, seg, because, sizeof because));
    return true;
}

// A removal while it is looked at and carried out.
struct removing {
    const struct io_request *req;
    const struct snapshot *now;
    struct io_reply *reply;
    struct removals all;
    struct fault **faults; // of each: what stands against it, NULL nothing; owned
    size_t *order;         // those to be removed, group by group; owned
    size_t *ends;          // where each group ends in order; owned
    size_t group_count;
};

static const struct segment *seen(const struct removing *r, size_t i) {
    return snapshot_find(r->now, &r->req->removals[i].id);
}

static bool is_nameless(const struct removal *item) {
    return strncmp(item->seg, "obj:", 4) == 0;
}

// What the operation would find out by itself, for a dry run.
static void try_one(const struct removal *item, const struct snapshot *now,
                    const struct segment *seg, struct fault *f) {
    if (!seg)
        fault_set(f, OUTCOME_MISSING, 0, item->seg, "is gone", "");
    else if (differs(item->expected_key, seg, SEG_KEY) ||
             (!item->force && differs(item->expected_last, seg, SEG_LAST_PID)) ||
             (!verdict_is_used(now, seg) && differs(item->expected_change, seg, SEG_CHANGE_TIME)))
        fault_set(f, OUTCOME_REFUSED, 0, item->seg, "has changed since it was looked at",
                  "look at it again");
}

static void look_at_one(struct removing *r, size_t i, const struct segment *seg) {
    const struct removal *item = &r->req->removals[i];
    struct fault f = {.outcome = OUTCOME_DONE};
    if (is_nameless(item))
        fault_set(&f, OUTCOME_REFUSED, 0, item->seg, "has no name to remove",
                  "it ends with its last holder");
    else if (!is_refused(item, r->now, seg, &f) && r->req->plan.dry)
        try_one(item, r->now, seg, &f);
    if (f.outcome == OUTCOME_DONE)
        return;
    r->faults[i] = xcalloc(1, sizeof *r->faults[i]);
    *r->faults[i] = f;
}

// Those of one group that are to be removed stand together, and all stay where one has to; but for
// what has no name, which nobody could remove.
static void order_group(struct removing *r, const size_t *wanted, const uint32_t *members,
                        size_t count) {
    const struct fault *bad = NULL;
    for (size_t k = 0; k < count && !bad; k++) {
        size_t i = wanted[members[k]];
        if (i-- > 0 && r->faults[i] && r->faults[i]->outcome == OUTCOME_REFUSED &&
            !is_nameless(&r->req->removals[i]))
            bad = r->faults[i];
    }
    for (size_t k = 0; k < count; k++) {
        size_t i = wanted[members[k]];
        if (i-- == 0 || r->faults[i])
            continue;
        if (!bad) {
            r->order[r->ends[r->group_count]++] = i;
            continue;
        }
        r->faults[i] = xcalloc(1, sizeof *r->faults[i]);
        fault_setf(r->faults[i], OUTCOME_REFUSED, 0, r->req->removals[i].seg, "",
                   "stays with %.120s", bad->what);
    }
}

// Looks at each, and orders those that may go.
static void look_at_all(struct removing *r) {
    const struct io_request *req = r->req;
    size_t *wanted = xcalloc(r->now->segment_count + 1,
                             sizeof *wanted); // of each segment: 1 + item
    bool *placed = xcalloc(r->now->segment_count + 1, sizeof *placed);
    r->faults = xcalloc(req->removal_count + 1, sizeof(struct fault *));
    r->order = xcalloc(req->removal_count + 1, sizeof *r->order);
    r->ends = xcalloc(req->removal_count + 1, sizeof *r->ends);
    for (size_t i = 0; i < req->removal_count; i++) {
        const struct segment *seg = seen(r, i);
        look_at_one(r, i, seg);
        if (seg)
            wanted[snapshot_index(r->now, seg)] = i + 1;
    }
    for (size_t i = 0; i < req->removal_count; i++) {
        const struct segment *seg = seen(r, i);
        size_t count = 0, from = r->group_count > 0 ? r->ends[r->group_count - 1] : 0;
        const uint32_t *members = seg ? verdict_group(r->now, seg, &count) : NULL;
        if (seg && placed[snapshot_index(r->now, seg)])
            continue;
        r->ends[r->group_count] = from;
        for (size_t k = 0; k < count; k++)
            placed[members[k]] = true;
        if (count > 0)
            order_group(r, wanted, members, count);
        else if (!r->faults[i])
            r->order[r->ends[r->group_count]++] = i;
        r->group_count += r->ends[r->group_count] > from;
    }
    free(placed);
    free(wanted);
}

static void tell_removed(struct io_reply *reply, size_t i, const struct removals *all,
                         const struct op_result *result) {
    char line[2200];
    struct op_item *item = &reply->items[i];
    if (item->outcome != OUTCOME_DONE)
        return;
    removal_text(result, all->wall_ns, line, sizeof line);
    char *command = strstr(line, " (restore ");
    if (command) // a key does it here
        *command = '\0';
    free(item->text);
    item->text = xasprintf("%s%s%s", line, *result->note ? "; " : "", result->note);
    if (*result->item || *result->copy)
        item->kept = xstrdup(*result->item ? result->item : result->copy);
}

static const struct segment *ask(void *arg, size_t k, struct op_request *op, char *because) {
    const struct removing *r = arg;
    const struct removal *item = &r->req->removals[r->order[k]];
    const struct segment *seg = seen(r, r->order[k]);
    const char *why = "";
    op_request_init(op, OP_REMOVE);
    op->id = item->id;
    op->expected_key = item->expected_key;
    op->expected_change = item->expected_change;
    op->expected_last = item->expected_last;
    op->holders_seen = seg ? seg->holding_count : item->holders_seen;
    op->force = item->force;
    op->drop_folder = seg && removal_has_own_folder(r->now, seg);
    snprintf(op->seg, sizeof op->seg, "%s", item->seg);
    seg_parse(item->seg, &op->where, &why);
    if (seg)
        op_request_via(op, r->now, seg);
    if (because && seg && !verdict_keeps(seg))
        verdict_because(r->now, seg, because, EVIDENCE_FACT);
    else if (because)
        snprintf(because, EVIDENCE_FACT, "asked for in the monitor");
    return seg;
}

static void tell(void *arg, size_t k, struct op_result *result) {
    struct removing *r = arg;
    size_t i = r->order[k];
    io_take_result(r->reply, i, r->req->removals[i].seg, result);
    tell_removed(r->reply, i, &r->all, result);
}

static void fail_all(struct io_reply *reply, const struct io_request *req, const struct fault *f) {
    struct op_result *result = xcalloc(1, sizeof *result);
    for (size_t i = 0; i < req->removal_count; i++) {
        result->fault = *f;
        io_take_result(reply, i, req->removals[i].seg, result);
    }
    free(result);
}

// Said of the last that was removed.
static void tell_unrecorded(struct removing *r, const char *why) {
    for (size_t i = r->reply->item_count; i-- > 0;) {
        struct op_item *item = &r->reply->items[i];
        if (!item->text || item->outcome != OUTCOME_DONE)
            continue;
        char *text = xasprintf("%s%s%s", item->text, *item->text ? "; not recorded: " : "", why);
        free(item->text);
        item->text = text;
        return;
    }
}

static void remove_all(const struct io_worker *w, struct removing *r) {
    const struct io_request *req = r->req;
    const struct removal_wish wish = {.command = "monitor",
                                      .save = req->plan.save,
                                      .now = req->plan.now,
                                      .keep_ns = req->plan.keep_ns};
    struct fault f;
    char why[400] = "";
    if (req->plan.save && !userfile_is_safe(req->plan.save)) {
        fault_set(&f, OUTCOME_FAILED, ELOOP, "the directory for copies",
                  "a link of somebody else leads to it", "nothing was removed");
        fail_all(r->reply, req, &f);
        return;
    }
    if (req->plan.save)
        make_folder(req->plan.save);
    if (removals_open(&r->all, w->root, &wish, why, sizeof why, &f)) {
        fail_all(r->reply, req, &f);
        return;
    }
    removal_batch_run(&(struct removal_batch){.all = &r->all,
                                              .snap = r->now,
                                              .ends = r->ends,
                                              .group_count = r->group_count,
                                              .ask = ask,
                                              .tell = tell,
                                              .arg = r});
    int err = removals_close(&r->all);
    if (*why || err)
        tell_unrecorded(r, *why ? why : strerror(-err));
}

// What stands against it, or would come of it, of all that nothing was done to.
static void tell_rest(struct removing *r) {
    struct op_result *result = xcalloc(1, sizeof *result);
    for (size_t i = 0; i < r->req->removal_count; i++) {
        const struct removal *item = &r->req->removals[i];
        if (r->reply->items[i].seg)
            continue;
        result->fault = r->faults[i] ? *r->faults[i] : (struct fault){.outcome = OUTCOME_DONE};
        snprintf(
            result->note, sizeof result->note, "%s%s", r->req->plan.save ? "copied, then " : "",
            item->id.kind != SEG_SYSV && !r->req->plan.now ? "moved to quarantine" : "removed");
        io_take_result(r->reply, i, item->seg, result);
    }
    free(result);
}

struct io_reply *io_do_remove(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct fault f;
    reply->op = OP_REMOVE;
    reply->dry = req->plan.dry;
    reply->item_count = req->removal_count;
    reply->items = xcalloc(reply->item_count, sizeof *reply->items);
    // Our own attachment must not count as a holder, nor keep alive what the user wants gone.
    for (size_t i = 0; i < req->removal_count; i++)
        if (w->kept && seg_id_same(&w->kept_id, &req->removals[i].id))
            io_let_go(w);
    const struct snapshot *now = io_look_closely(w, req->snap);
    if (!now) {
        fault_set(&f, OUTCOME_FAILED, 0, "/proc", "could not look for who holds it",
                  "nothing was removed");
        fail_all(reply, req, &f);
    } else if (req->removal_count > 0) {
        struct removing r = {.req = req, .now = now, .reply = reply};
        look_at_all(&r);
        if (!req->plan.dry)
            remove_all(w, &r);
        tell_rest(&r);
        for (size_t i = 0; i < req->removal_count; i++)
            free(r.faults[i]);
        free(r.faults);
        free(r.order);
        free(r.ends);
    }
    snapshot_unref(now);
    return reply;
}

// ---- bringing back

static void restore_one(const struct io_worker *w, struct journal *journal,
                        const struct io_request *req, size_t i, struct io_reply *reply) {
    struct restored *result = xcalloc(1, sizeof *result);
    struct op_item *item = &reply->items[i];
    const char *word = req->words[i];
    char text[1024];
    if (req->drop)
        restoring_drop(w->root, journal, word, result);
    else if (restoring_is_item(word))
        restoring_item(w->root, journal, word, result);
    else
        restoring_copy(w->root, journal, word, 0, result);
    item->outcome = result->fault.outcome;
    item->seg = xstrdup(*result->seg ? result->seg : word);
    if (item->outcome != OUTCOME_DONE)
        fault_format(&result->fault, text, sizeof text);
    item->text = xstrdup(item->outcome == OUTCOME_DONE ? result->note : text);
    free(result);
}

struct io_reply *io_do_restore(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    char why[400] = "";
    reply->drop = req->drop;
    reply->item_count = req->word_count;
    reply->items = xcalloc(reply->item_count + 1, sizeof *reply->items);
    struct journal *journal = journal_open(w->root, "monitor", why, sizeof why);
    for (size_t i = 0; i < req->word_count; i++)
        restore_one(w, journal, req, i, reply);
    journal_sync(journal);
    journal_close(journal);
    return reply;
}

struct io_reply *io_do_kept(const struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct quarantine_expiry expiry;
    if (!root_is_live(w->root))
        return reply;
    if (req->expire)
        restoring_expire(w->root, NULL, NULL, &expiry);
    reply->err = kept_list_make(w->root, NULL, &reply->kept);
    return reply;
}

// ---- signals

struct io_reply *io_do_signal(const struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct op_request *op = xcalloc(1, sizeof *op);
    struct op_result *result = xcalloc(1, sizeof *result);
    reply->op = OP_SIGNAL;
    reply->signal = req->signal;
    reply->item_count = req->target_count;
    reply->items = xcalloc(reply->item_count + 1, sizeof *reply->items);
    for (size_t i = 0; i < req->target_count; i++) {
        const struct signal_target *target = &req->targets[i];
        op_request_init(op, OP_SIGNAL);
        op->process = target->id;
        op->signal = req->signal;
        snprintf(op->seg, sizeof op->seg, "%s", target->name);
        op_run(w->root, op, result);
        io_take_result(reply, i, target->name, result);
        op_result_done(result);
    }
    free(op);
    free(result);
    return reply;
}
