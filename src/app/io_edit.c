// io_edit.c - looking at the places that were edited, and writing them.
#include "app/io_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"

static struct io_reply *reply_with_spans(struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    reply->spans = req->spans;
    reply->span_count = req->span_count;
    req->spans = NULL;
    req->span_count = 0;
    return reply;
}

// --- looking

static int look_at(struct content_reader *r, struct edit_span *s, bool may_load) {
    uint8_t *bytes = xcalloc(1, s->len), *marks = xcalloc(1, s->len);
    size_t len = 0;
    int err = io_read_marked(r, s->offset, bytes, marks, s->len, may_load, &len);
    bool seen = !err && len == s->len;
    for (size_t i = 0; seen && i < len; i++)
        seen = marks[i] == MARK_DATA || marks[i] == MARK_HOLE;
    free(marks);
    free(s->old);
    s->old = seen ? bytes : NULL;
    if (!seen)
        free(bytes);
    return err;
}

struct io_reply *io_do_look(struct io_worker *w, struct io_request *req) {
    struct io_reply *reply = reply_with_spans(req);
    struct content_reader *r = NULL;
    reply->err = io_open_reader(w, req, &r, &reply->fault);
    if (reply->err)
        return reply;
    for (size_t i = 0; i < reply->span_count && !reply->err; i++)
        reply->err = look_at(r, &reply->spans[i], req->may_load);
    if (reply->err)
        io_drop_reader(w, r, req, reply);
    else
        io_close_reader(w, r);
    return reply;
}

// --- writing

// Runs the operation over one span; with `only_look` it compares and writes nothing.
static bool run_span(struct io_worker *w, struct op_request *op, struct io_reply *reply, size_t i,
                     bool only_look) {
    struct edit_span *s = &reply->spans[i];
    struct op_result result;
    op->offset = s->offset;
    op->bytes = s->bytes;
    op->bytes_len = only_look ? 0 : s->len;
    op->expect = s->expect;
    op->expect_len = s->expect ? s->len : 0;
    bool done = op_run(w->root, op, &result) == OUTCOME_DONE;
    if (done && only_look) {
        op_result_done(&result);
        return true;
    }
    io_take_result(reply, i, op->seg, &result);
    if (done) {
        free(s->old);
        s->old = xmemdup(result.old, s->len);
        s->one_step = result.one_step;
    }
    op_result_done(&result);
    return done;
}

static void leave_out(struct io_reply *reply, size_t i, const char *seg) {
    struct op_item *item = &reply->items[i];
    if (item->seg)
        return;
    item->outcome = OUTCOME_REFUSED;
    item->seg = xstrdup(seg);
    item->text = xstrdup("");
}

struct io_reply *io_do_write(struct io_worker *w, struct io_request *req) {
    struct io_reply *reply = reply_with_spans(req);
    struct op_request *op = req->create_or_write;
    const struct segment *seg = req->snap ? snapshot_find(req->snap, &op->id) : NULL;
    bool good = true;
    reply->op = OP_WRITE;
    reply->item_count = reply->span_count;
    reply->items = xcalloc(reply->item_count, sizeof *reply->items);
    if (seg)
        op_request_via(op, req->snap, seg);
    // All are held against what they should be before the first is touched.
    for (size_t i = 0; reply->span_count > 1 && good && i < reply->span_count; i++)
        good = run_span(w, op, reply, i, true);
    for (size_t i = 0; good && i < reply->span_count; i++)
        good = run_span(w, op, reply, i, false);
    for (size_t i = 0; i < reply->span_count; i++)
        leave_out(reply, i, op->seg);
    return reply;
}
