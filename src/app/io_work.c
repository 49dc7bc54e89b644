// io_work.c - reading, searching and operations, as the I/O thread does them.
#include "app/io_work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/xalloc.h"
#include "core/segname.h"
#include "core/verdict.h"
#include "probes/content.h"
#include "probes/ops.h"
#include "probes/probe.h"

enum { CHUNK = 1 << 20, READ_MAX = 1 << 17 };
static const uint64_t slice_ns = 50000000u;

struct io_worker {
    const struct root *root;
    struct content_reader *kept; // attached; of kept_id
    struct seg_id kept_id;
    struct io_request *search; // owned; NULL: none
    uint64_t position;         // where a match may begin next
    uint64_t searched;         // places looked at
    uint8_t *chunk;            // CHUNK bytes, while searching
};

struct io_worker *io_worker_new(const struct root *root) {
    struct io_worker *w = xcalloc(1, sizeof *w);
    w->root = root;
    return w;
}

static void stop_search(struct io_worker *w) {
    io_request_free(w->search);
    w->search = NULL;
    free(w->chunk);
    w->chunk = NULL;
}

static void let_go(struct io_worker *w) {
    content_close(w->kept);
    w->kept = NULL;
}

void io_worker_free(struct io_worker *w) {
    if (!w)
        return;
    stop_search(w);
    let_go(w);
    free(w);
}

static struct io_reply *new_reply(const struct io_request *req) {
    struct io_reply *reply = xcalloc(1, sizeof *reply);
    reply->kind = req->kind;
    reply->serial = req->serial;
    reply->id = req->id;
    return reply;
}

// --- readers

static int open_reader(struct io_worker *w, const struct io_request *req,
                       struct content_reader **out, struct fault *why) {
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

static void close_reader(struct io_worker *w, struct content_reader *r) {
    if (r != w->kept)
        content_close(r);
}

// What cannot be read any more is not kept either.
static void drop_reader(struct io_worker *w, struct content_reader *r) {
    if (r == w->kept)
        w->kept = NULL;
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

static int read_all(struct content_reader *r, uint64_t offset, uint8_t *buf, size_t want,
                    size_t *len) {
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

// Marks what was never written. NULL: the route cannot tell.
static uint8_t *find_holes(struct content_reader *r, uint64_t offset, size_t len) {
    uint8_t *holes = xcalloc(1, len);
    for (size_t at = 0; at < len;) {
        uint64_t run = 0;
        bool hole = false;
        if (content_extent(r, offset + at, &run, &hole) != 0) {
            free(holes);
            return NULL;
        }
        size_t n = run == 0 || run > len - at ? len - at : (size_t)run;
        memset(holes + at, hole && run, n);
        at += n;
    }
    return holes;
}

static int read_into(struct io_reply *reply, struct content_reader *r, size_t want) {
    int err = content_size(r, &reply->size);
    if (err)
        return err;
    if (reply->offset < reply->size && want > reply->size - reply->offset)
        want = (size_t)(reply->size - reply->offset);
    if (reply->offset >= reply->size)
        want = 0;
    want = want < READ_MAX ? want : READ_MAX;
    reply->bytes = xcalloc(1, want);
    err = read_all(r, reply->offset, reply->bytes, want, &reply->len);
    if (err == 0 && reply->len > 0)
        reply->holes = find_holes(r, reply->offset, reply->len);
    return err;
}

static struct io_reply *do_read(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = new_reply(req);
    struct content_reader *r = NULL;
    reply->offset = req->offset;
    reply->err = open_reader(w, req, &r, &reply->fault);
    if (reply->err)
        return reply;
    reply->err = read_into(reply, r, req->len);
    if (reply->err) {
        name_fault(reply, req, reply->err);
        drop_reader(w, r);
        return reply;
    }
    reply->attached = content_attached(r);
    snprintf(reply->route, sizeof reply->route, "%s", content_route(r));
    snprintf(reply->side_effects, sizeof reply->side_effects, "%s", content_side_effects(r));
    close_reader(w, r);
    return reply;
}

// --- search

bool io_worker_searching(const struct io_worker *w) {
    return w->search != NULL;
}

static uint64_t mono_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const uint8_t *last_match(const uint8_t *hay, size_t len, const uint8_t *needle, size_t n) {
    for (size_t i = len >= n ? len - n + 1 : 0; i-- > 0;)
        if (hay[i] == needle[0] && memcmp(hay + i, needle, n) == 0)
            return hay + i;
    return NULL;
}

// Looks at the next places, forwards or backwards, as many as a chunk holds. `places`: in how many
// a match could begin. 1 found (*at), 0 not, or -errno.
static int search_chunk(struct io_worker *w, struct content_reader *r, uint64_t places,
                        uint64_t *at) {
    const struct io_request *s = w->search;
    uint64_t room = CHUNK - (s->needle_len - 1), n, from;
    if (w->position >= places)
        w->position = s->backwards ? places - 1 : 0;
    n = s->backwards ? w->position + 1 : places - w->position;
    n = n < room ? n : room;
    if (n > places - w->searched)
        n = places - w->searched;
    from = s->backwards ? w->position + 1 - n : w->position;
    size_t len = 0;
    int err = read_all(r, from, w->chunk, (size_t)n + s->needle_len - 1, &len);
    if (err)
        return err;
    const uint8_t *hit = s->backwards ? last_match(w->chunk, len, s->needle, s->needle_len)
                                      : memmem(w->chunk, len, s->needle, s->needle_len);
    w->searched += n;
    // Below 0 or past the last place it goes on at the other end.
    w->position = s->backwards ? from - 1 : from + n;
    if (!hit)
        return 0;
    *at = from + (uint64_t)(hit - w->chunk);
    return 1;
}

static int search_slice(struct io_worker *w, struct content_reader *r, struct io_reply *reply) {
    uint64_t size = 0, end = mono_now() + slice_ns;
    int err = content_size(r, &size);
    if (err)
        return err;
    size_t n = w->search->needle_len;
    uint64_t places = size >= n ? size - n + 1 : 0;
    do {
        reply->done = w->searched >= places;
        err = reply->done ? 0 : search_chunk(w, r, places, &reply->at);
        reply->found = err == 1;
        reply->done |= err != 0;
    } while (!reply->done && mono_now() < end);
    reply->searched = w->searched;
    return err < 0 ? err : 0;
}

struct io_reply *io_worker_search(struct io_worker *w) {
    struct io_reply *reply = new_reply(w->search);
    struct content_reader *r = NULL;
    reply->err = open_reader(w, w->search, &r, &reply->fault);
    if (reply->err == 0) {
        reply->err = search_slice(w, r, reply);
        if (reply->err) {
            name_fault(reply, w->search, reply->err);
            drop_reader(w, r);
        } else {
            close_reader(w, r);
        }
    }
    reply->done |= reply->err != 0;
    if (reply->done)
        stop_search(w);
    return reply;
}

static void start_search(struct io_worker *w, struct io_request *req) {
    stop_search(w);
    if (req->needle_len == 0 || req->needle_len > CHUNK / 2) {
        io_request_free(req);
        return;
    }
    w->search = req;
    w->position = req->offset;
    w->searched = 0;
    w->chunk = xcalloc(1, CHUNK);
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
    struct io_reply *reply = new_reply(req);
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
        reply = do_read(w, req);
        break;
    case IO_SEARCH:
        start_search(w, req);
        return NULL;
    case IO_STOP:
        stop_search(w);
        break;
    case IO_CLOSE:
        stop_search(w);
        let_go(w);
        break;
    case IO_OP:
        reply = do_op(w, req);
        break;
    }
    io_request_free(req);
    return reply;
}
