// io_remove.c - removing segments, bringing them back, and signalling their holders, as the I/O
// thread does it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/io_parts.h"
#include "app/removal.h"
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

static struct op_request *wish_of(const struct removal *item, const struct snapshot *now,
                                  const struct segment *seg) {
    const char *why = "";
    struct op_request *op = xcalloc(1, sizeof *op);
    op_request_init(op, OP_REMOVE);
    op->id = item->id;
    op->expected_key = item->expected_key;
    op->expected_change = item->expected_change;
    op->expected_last = item->expected_last;
    op->holders_seen = seg ? seg->holding_count : item->holders_seen;
    op->force = item->force;
    snprintf(op->seg, sizeof op->seg, "%s", item->seg);
    seg_parse(item->seg, &op->where, &why);
    if (seg)
        op_request_via(op, now, seg);
    return op;
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

// Every check that there is, and nothing done.
static void try_one(const struct io_request *req, size_t i, const struct snapshot *now,
                    struct io_reply *reply) {
    const struct removal *item = &req->removals[i];
    const struct segment *seg = snapshot_find(now, &item->id);
    struct op_result result = {0};
    bool held = seg && verdict_is_used(now, seg);
    if (!seg)
        fault_set(&result.fault, OUTCOME_MISSING, 0, item->seg, "is gone", "");
    else if (strncmp(item->seg, "obj:", 4) == 0)
        fault_set(&result.fault, OUTCOME_REFUSED, 0, item->seg, "it ends with its last holder",
                  "has no name to remove");
    else if (is_refused(item, now, seg, &result.fault))
        ;
    else if (differs(item->expected_key, seg, SEG_KEY) ||
             (!item->force && differs(item->expected_last, seg, SEG_LAST_PID)) ||
             (!held && differs(item->expected_change, seg, SEG_CHANGE_TIME)))
        fault_set(&result.fault, OUTCOME_REFUSED, 0, item->seg,
                  "has changed since it was looked at", "look at it again");
    else
        snprintf(result.note, sizeof result.note, "%s%s", req->plan.save ? "copied, then " : "",
                 seg->id.kind != SEG_SYSV && !req->plan.now ? "moved to quarantine" : "removed");
    io_take_result(reply, i, item->seg, &result);
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

static void remove_one(struct removals *all, const struct io_request *req, size_t i,
                       const struct snapshot *now, struct io_reply *reply) {
    const struct removal *item = &req->removals[i];
    const struct segment *seg = snapshot_find(now, &item->id);
    struct op_result *result = xcalloc(1, sizeof *result);
    char because[EVIDENCE_FACT] = "asked for in the monitor";
    if (!is_refused(item, now, seg, &result->fault)) {
        struct op_request *op = wish_of(item, now, seg);
        if (seg && !verdict_keeps(seg))
            verdict_because(now, seg, because, sizeof because);
        removal_intend(all, op, item->seg, now, seg, because);
        removals_sync(all);
        removal_run(all, op, item->seg, result);
        free(op);
    }
    io_take_result(reply, i, item->seg, result);
    tell_removed(reply, i, all, result);
    op_result_done(result);
    free(result);
}

static void fail_all(struct io_reply *reply, const struct io_request *req, const struct fault *f) {
    struct op_result *result = xcalloc(1, sizeof *result);
    for (size_t i = 0; i < req->removal_count; i++) {
        result->fault = *f;
        io_take_result(reply, i, req->removals[i].seg, result);
    }
    free(result);
}

static void remove_all(const struct io_worker *w, const struct io_request *req,
                       const struct snapshot *now, struct io_reply *reply) {
    const struct removal_wish wish = {.command = "monitor",
                                      .save = req->plan.save,
                                      .now = req->plan.now,
                                      .keep_ns = req->plan.keep_ns};
    struct removals all;
    struct fault f;
    char why[400] = "";
    if (req->plan.save && !userfile_is_safe(req->plan.save)) {
        fault_set(&f, OUTCOME_FAILED, ELOOP, "the directory for copies",
                  "a link of somebody else leads to it", "nothing was removed");
        fail_all(reply, req, &f);
        return;
    }
    if (req->plan.save)
        make_folder(req->plan.save);
    if (removals_open(&all, w->root, &wish, why, sizeof why, &f)) {
        fail_all(reply, req, &f);
        return;
    }
    for (size_t i = 0; i < req->removal_count; i++)
        remove_one(&all, req, i, now, reply);
    int err = removals_close(&all);
    struct op_item *last = &reply->items[reply->item_count - 1];
    if (last->outcome == OUTCOME_DONE && (*why || err)) {
        char *text = xasprintf("%s%s%s", last->text, *last->text ? "; not recorded: " : "",
                               *why ? why : strerror(-err));
        free(last->text);
        last->text = text;
    }
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
    } else if (req->plan.dry) {
        for (size_t i = 0; i < req->removal_count; i++)
            try_one(req, i, now, reply);
    } else if (req->removal_count > 0) {
        remove_all(w, req, now, reply);
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
    struct quarantine_expiry expiry = {0};
    if (!root_is_live(w->root))
        return reply;
    if (req->expire)
        quarantine_expire_all(w->root, root_wall_ns(w->root), &expiry);
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
