// io_work.c - what the I/O thread does with requests: readers, operations.
#include "app/io_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/xalloc.h"
#include "core/segname.h"
#include "probes/ops.h"

struct io_worker *io_worker_new(const struct root *root) {
    struct io_worker *w = xcalloc(1, sizeof *w);
    w->root = root;
    return w;
}

void io_let_go(struct io_worker *w) {
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
    io_let_go(w);
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
    io_let_go(w);
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

void io_take_result(struct io_reply *reply, size_t i, const char *seg,
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

static struct io_reply *do_op(struct io_worker *w, struct io_request *req) {
    if (req->op == OP_WRITE)
        return io_do_write(w, req);
    if (req->op == OP_SET)
        return io_do_set(w, req);
    struct io_reply *reply = io_new_reply(req);
    reply->op = req->op;
    reply->item_count = 1;
    reply->items = xcalloc(1, sizeof *reply->items);
    io_create(w, req, reply);
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
    case IO_LOOK:
        reply = io_do_look(w, req);
        break;
    case IO_SURVEY:
        reply = io_do_survey(w, req);
        break;
    case IO_CLOSE:
        io_search_stop(w);
        io_save_stop(w, false);
        io_survey_forget(w);
        io_capture_forget(w);
        io_let_go(w);
        break;
    case IO_FILE:
        reply = io_do_file(req);
        break;
    case IO_OP:
        reply = req->op == OP_REMOVE ? io_do_remove(w, req) : do_op(w, req);
        break;
    case IO_RESTORE:
        reply = io_do_restore(w, req);
        break;
    case IO_KEPT:
        reply = io_do_kept(w, req);
        break;
    case IO_SIGNAL:
        reply = io_do_signal(w, req);
        break;
    }
    io_request_free(req);
    return reply;
}
