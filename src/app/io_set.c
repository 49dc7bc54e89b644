// io_set.c - mode, owner, size and lock of a segment, as the I/O thread sets them.
#include "app/io_parts.h"

#include "app/owner.h"
#include "app/xalloc.h"

// True when a new size would cut something off.
static bool cuts(const struct op_request *op, const struct segment *seg) {
    uint64_t size = 0;
    return op->has_size && seg_get(seg, SEG_SIZE, &size) == WHY_KNOWN && op->size < size;
}

static void run(const struct io_worker *w, const struct io_request *req, const struct segment *seg,
                struct op_result *result) {
    struct op_request *op = req->create_or_write;
    if (req->owner && !owner_parse(req->owner, op))
        fault_set(&result->fault, OUTCOME_REFUSED, 0, req->owner,
                  "names no user or group that is known", "");
    else if (op->has_size && !seg)
        fault_set(&result->fault, OUTCOME_FAILED, 0, op->seg, "could not be looked at",
                  "nothing was changed");
    else
        op_run(w->root, op, result);
}

struct io_reply *io_do_set(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct op_request *op = req->create_or_write;
    struct op_result result = {0};
    const struct segment *seg = req->snap ? snapshot_find(req->snap, &op->id) : NULL;
    const struct snapshot *now = NULL;
    reply->op = req->op;
    reply->item_count = 1;
    reply->items = xcalloc(1, sizeof *reply->items);
    // What is cut may be in use by somebody the screen never looked for: a whole look comes before.
    if (seg && cuts(op, seg)) {
        now = io_look_closely(w, req->snap);
        seg = now ? snapshot_find(now, &op->id) : NULL;
    }
    if (seg) {
        op->holders_seen = seg->holding_count;
        op_request_via(op, now ? now : req->snap, seg);
    }
    run(w, req, seg, &result);
    io_take_result(reply, 0, op->seg, &result);
    op_result_done(&result);
    snapshot_unref(now);
    return reply;
}
