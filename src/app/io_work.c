// io_work.c - what the I/O thread does with requests: readers, operations.
#include "app/io_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/xalloc.h"
#include "core/segname.h"
#include "core/verdict.h"
#include "probes/ops.h"
#include "probes/probe.h"

struct io_worker *io_worker_new(const struct root *root) {
    struct io_worker *w = xcalloc(1, sizeof *w);
    w->root = root;
    return w;
}

static void let_go(struct io_worker *w) {
    content_close(w->kept);
    w->kept = NULL;
}

void io_worker_free(struct io_worker *w) {
    if (!w)
        return;
    io_search_stop(w);
    io_save_stop(w, false);
    io_survey_forget(w);
    io_capture_forget(w);
    let_go(w);
    free(w);
}

struct io_reply *io_new_reply(const struct io_request *req) {
    struct io_reply *reply = xcalloc(1, sizeof *reply);
    reply->kind = req->kind;
    reply->serial = req->serial;
    reply->id = req->id;
    return reply;
}

uint64_t io_mono_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// --- readers

int io_open_reader(struct io_worker *w, const struct io_request *req, struct content_reader **out,
                   struct fault *why) {
    if (w->kept && seg_id_same(&w->kept_id, &req->id)) {
        *out = w->kept;
        return 0;
    }
    let_go(w);
    const struct segment *seg = req->snap ? snapshot_find(req->snap, &req->id) : NULL;
    if (!seg) {
        fault_set(why, OUTCOME_MISSING, 0, "it", "is gone", "");
        return -ESTALE;
    }
    int err = content_open(w->root, req->snap, seg, req->may_attach ? CONTENT_MAY_ATTACH : 0, out,
                           why);
    if (err == 0 && content_attached(*out)) {
        w->kept = *out;
        w->kept_id = req->id;
    }
    return err;
}

void io_close_reader(struct io_worker *w, struct content_reader *r) {
    if (r != w->kept)
        content_close(r);
}

static void name_fault(struct io_reply *reply, const struct io_request *req, int err) {
    char what[300] = "it";
    const struct segment *seg = req->snap ? snapshot_find(req->snap, &req->id) : NULL;
    if (seg)
        seg_format(seg, what, sizeof what);
    if (err == -ESTALE)
        fault_set(&reply->fault, OUTCOME_MISSING, 0, what, "is gone", "");
    else
        fault_set(&reply->fault, OUTCOME_FAILED, -err, what, "cannot be read", "");
}

void io_drop_reader(struct io_worker *w, struct content_reader *r, const struct io_request *req,
                    struct io_reply *reply) {
    name_fault(reply, req, reply->err);
    if (r == w->kept)
        w->kept = NULL;
    content_close(r);
}

int io_read_all(struct content_reader *r, uint64_t offset, uint8_t *buf, size_t want, size_t *len) {
    size_t n = 0;
    while (n < want) {
        ssize_t got = content_read_at(r, offset + n, buf + n, want - n);
        if (got == -EINTR)
            continue;
        if (got < 0)
            return (int)got;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *len = n;
    return 0;
}

// --- operations

static void take_result(struct io_reply *reply, size_t i, const char *seg,
                        const struct op_result *result) {
    char text[1024];
    struct op_item *item = &reply->items[i];
    item->outcome = result->fault.outcome;
    item->seg = xstrdup(seg);
    if (item->outcome == OUTCOME_DONE)
        item->text = xstrdup(result->note);
    else
        item->text = fault_format(&result->fault, text, sizeof text) ? xstrdup(text) : xstrdup("");
}

// What holds a segment may have come since the picture on the screen, and that one may never have
// looked for descriptors, locks and private mappings: one whole look before anything is removed.
// Counted; NULL when it failed.
static const struct snapshot *look_closely(const struct io_worker *w, const struct snapshot *seen) {
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

static void remove_one(struct io_worker *w, const struct io_request *req, size_t i,
                       const struct snapshot *now, struct io_reply *reply, struct op_request *op) {
    const struct removal *item = &req->removals[i];
    const struct segment *seg = snapshot_find(now, &item->id);
    struct op_result result;
    const char *why = "";
    op_request_init(op, OP_REMOVE);
    op->id = item->id;
    op->expected_key = item->expected_key;
    op->expected_change = item->expected_change;
    op->holders_seen = seg ? seg->holding_count : item->holders_seen;
    op->force = item->force;
    snprintf(op->seg, sizeof op->seg, "%s", item->seg);
    seg_parse(item->seg, &op->where, &why);
    if (seg)
        op_request_via(op, now, seg);
    // System V counts for itself: the operation looks at nattch. Of the rest only this look knows.
    if (seg && !item->force && verdict_keeps(seg)) {
        char because[EVIDENCE_FACT];
        result = (struct op_result){0};
        fault_setf(&result.fault, OUTCOME_REFUSED, 0, item->seg, "force removes it all the same",
                   "%s: %s", verdict_of(seg) == VERDICT_PROTECTED ? "is protected" : "is in use",
                   verdict_because(now, seg, because, sizeof because));
    } else {
        op_run(w->root, op, &result);
    }
    take_result(reply, i, item->seg, &result);
    op_result_done(&result);
}

static void create_or_write(struct io_worker *w, const struct io_request *req,
                            struct io_reply *reply) {
    struct op_request *op = req->create_or_write;
    struct op_result result;
    const struct segment *seg = req->snap ? snapshot_find(req->snap, &op->id) : NULL;
    if (op->kind == OP_WRITE && seg)
        op_request_via(op, req->snap, seg);
    bool done = op_run(w->root, op, &result) == OUTCOME_DONE;
    take_result(reply, 0, done && result.seg[0] ? result.seg : op->seg, &result);
    if (done && op->kind == OP_WRITE && result.old) {
        reply->old = xmemdup(result.old, op->bytes_len);
        reply->old_len = op->bytes_len;
        reply->old_offset = op->offset;
    }
    reply->created = result.created;
    op_result_done(&result);
}

static struct io_reply *do_op(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    reply->op = req->op;
    reply->item_count = req->op == OP_REMOVE ? req->removal_count : 1;
    reply->items = xcalloc(reply->item_count, sizeof *reply->items);
    if (req->op != OP_REMOVE) {
        create_or_write(w, req, reply);
        return reply;
    }
    // Our own attachment must not count as a holder, nor keep alive what the user wants gone.
    for (size_t i = 0; i < req->removal_count; i++)
        if (w->kept && seg_id_same(&w->kept_id, &req->removals[i].id))
            let_go(w);
    const struct snapshot *now = look_closely(w, req->snap);
    struct op_request *op = xcalloc(1, sizeof *op);
    for (size_t i = 0; i < req->removal_count; i++) {
        if (!now) {
            struct op_result result = {0};
            fault_set(&result.fault, OUTCOME_FAILED, 0, req->removals[i].seg,
                      "could not look for who holds it", "nothing was removed");
            take_result(reply, i, req->removals[i].seg, &result);
            continue;
        }
        remove_one(w, req, i, now, reply, op);
    }
    snapshot_unref(now);
    free(op);
    return reply;
}

struct io_reply *io_worker_do(struct io_worker *w, struct io_request *req) {
    struct io_reply *reply = NULL;
    switch (req->kind) {
    case IO_READ:
        reply = io_do_read(w, req);
        break;
    case IO_SEARCH:
        io_search_start(w, req);
        return NULL;
    case IO_FETCH:
        reply = io_do_fetch(w, req);
        break;
    case IO_CAPTURE:
        reply = io_do_capture(w, req);
        break;
    case IO_SAVE:
        return io_save_start(w, req);
    case IO_STOP:
        io_search_stop(w);
        io_save_stop(w, false);
        break;
    case IO_SURVEY:
        reply = io_do_survey(w, req);
        break;
    case IO_CLOSE:
        io_search_stop(w);
        io_save_stop(w, false);
        io_survey_forget(w);
        io_capture_forget(w);
        let_go(w);
        break;
    case IO_OP:
        reply = do_op(w, req);
        break;
    }
    io_request_free(req);
    return reply;
}
