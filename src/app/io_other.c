// io_other.c - what bytes are compared with: an earlier capture of the segment, or another segment.
#include "app/io_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "core/vec.h"

enum { CHUNK = 1 << 21 };

// Bytes of one state. bytes NULL: they are all zero, or not known.
struct captured {
    uint64_t offset, len;
    uint8_t *bytes; // owned
    enum byte_mark mark;
};

struct io_capture {
    struct seg_id id;
    uint64_t from, to;         // what was looked at
    VEC(struct captured) runs; // ascending, without a gap
};

void io_capture_forget(struct io_worker *w) {
    struct io_capture *c = w->capture;
    if (!c)
        return;
    for (size_t i = 0; i < c->runs.count; i++)
        free(c->runs.items[i].bytes);
    vec_done(&c->runs);
    free(c);
    w->capture = NULL;
}

// Takes in the next run of the segment. 0, -EFBIG (more data than a capture holds) or -errno.
static int capture_run(struct io_capture *c, struct content_reader *r, uint64_t at, uint64_t *held,
                       uint64_t *next) {
    enum content_state state;
    uint64_t run = 0;
    size_t got = 0;
    int err = content_pages(r, at, c->to - at < CHUNK ? c->to - at : CHUNK, &run, &state);
    if (err || run == 0) {
        *next = c->to;
        return err;
    }
    if (run > c->to - at)
        run = c->to - at;
    struct captured part = {.offset = at, .len = run};
    part.mark = state == CONTENT_DATA   ? MARK_DATA
                : state == CONTENT_HOLE ? MARK_HOLE
                                        : MARK_UNKNOWN;
    if (state == CONTENT_DATA) {
        if (*held + run > IO_CAPTURE_MAX)
            return -EFBIG;
        part.bytes = xcalloc(1, (size_t)run);
        err = io_read_all(r, at, part.bytes, (size_t)run, &got);
        if (err || got < run) {
            free(part.bytes);
            *next = c->to;
            return err;
        }
        *held += run;
    }
    xcheck(vec_push(&c->runs, part));
    *next = at + run;
    return 0;
}

struct io_reply *io_do_capture(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct content_reader *r = NULL;
    io_capture_forget(w);
    reply->err = io_open_reader(w, req, &r, &reply->fault);
    if (reply->err)
        return reply;
    struct io_capture *c = w->capture = xcalloc(1, sizeof *c);
    uint64_t size = 0, held = 0;
    reply->err = content_size(r, &size);
    c->id = req->id;
    c->from = req->offset < size ? req->offset : size;
    c->to = req->len < size - c->from ? c->from + req->len : size;
    for (uint64_t at = c->from; !reply->err && at < c->to;)
        reply->err = capture_run(c, r, at, &held, &at);
    reply->offset = c->from;
    reply->end = c->to;
    reply->len = (size_t)held;
    if (reply->err)
        io_capture_forget(w);
    if (reply->err == -EFBIG) {
        fault_set(&reply->fault, OUTCOME_REFUSED, 0, "the capture",
                  "would hold more than 64 MiB of data", "select a range first (v)");
        io_close_reader(w, r);
    } else if (reply->err) {
        io_drop_reader(w, r, req, reply);
    } else {
        io_close_reader(w, r);
    }
    return reply;
}

// The run that holds an offset.
static const struct captured *run_at(const struct io_capture *c, uint64_t offset) {
    size_t low = 0, high = c->runs.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c->runs.items[middle].offset + c->runs.items[middle].len <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    bool there = low < c->runs.count && c->runs.items[low].offset <= offset;
    return there ? &c->runs.items[low] : NULL;
}

int io_other_open(struct io_worker *w, const struct io_request *req, struct io_other *out,
                  struct fault *why) {
    *out = (struct io_other){.capture = NULL};
    if (req->compare.with == COMPARE_CAPTURE) {
        if (!w->capture || !seg_id_same(&w->capture->id, &req->id)) {
            fault_set(why, OUTCOME_MISSING, 0, "the capture", "is gone", "K takes one");
            return -ESTALE;
        }
        out->capture = w->capture;
        out->size = w->capture->to;
        return 0;
    }
    const struct segment *seg = req->snap ? snapshot_find(req->snap, &req->compare.id) : NULL;
    if (!seg) {
        fault_set(why, OUTCOME_MISSING, 0, "the other segment", "is gone", "");
        return -ESTALE;
    }
    int err = content_open(w->root, req->snap, seg, 0, &out->reader, why);
    if (!err)
        err = content_size(out->reader, &out->size);
    return err;
}

void io_other_close(struct io_other *o) {
    content_close(o->reader);
    o->reader = NULL;
}

static void read_captured(const struct io_capture *c, uint64_t offset, uint8_t *buf, uint8_t *marks,
                          size_t want) {
    for (size_t n = 0; n < want;) {
        const struct captured *run = run_at(c, offset + n);
        uint64_t left = run ? run->offset + run->len - (offset + n) : want - n;
        size_t part = left < want - n ? (size_t)left : want - n;
        memset(marks + n, run ? (int)run->mark : MARK_ABSENT, part);
        if (run && run->bytes)
            memcpy(buf + n, run->bytes + (offset + n - run->offset), part);
        else
            memset(buf + n, 0, part);
        n += part;
    }
}

int io_other_read(const struct io_other *o, uint64_t offset, uint8_t *buf, uint8_t *marks,
                  size_t want) {
    size_t len = 0;
    int err = 0;
    if (o->capture)
        read_captured(o->capture, offset, buf, marks, want);
    else
        err = io_read_marked(o->reader, offset, buf, marks, want, false, &len);
    if (!o->capture && len < want) {
        memset(buf + len, 0, want - len);
        memset(marks + len, MARK_ABSENT, want - len);
    }
    return err;
}

uint64_t io_other_hole(const struct io_other *o, uint64_t offset, uint64_t limit) {
    enum content_state state = CONTENT_DATA;
    uint64_t run = 0;
    if (o->capture) {
        const struct captured *at = run_at(o->capture, offset);
        if (!at || at->mark == MARK_DATA)
            return 0;
        run = at->offset + at->len - offset;
    } else if (content_pages(o->reader, offset, limit, &run, &state) != 0 ||
               state == CONTENT_DATA) {
        return 0;
    }
    return run < limit ? run : limit;
}
