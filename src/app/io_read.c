// io_read.c - the bytes for the screen, with what must not be read left alone.
#include "app/io_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "core/hexfold.h"

enum {
    READ_MAX = 1 << 17,    // bytes of a window
    FOLD_CHUNK = 1 << 16,  // read in one go
    FOLD_BUDGET = 4 << 20, // data looked at for one window, whatever the segment's size
    FOLD_RUNS = 256,       // and runs of different state
    FOLD_ASK = 1 << 21,    // of how much the state is asked at a time
    ABOVE_BUDGET = 1 << 18,
    ROW_MAX = 256
};

static enum byte_mark mark_of(enum content_state state, bool may_load) {
    switch (state) {
    case CONTENT_HOLE:
        return MARK_HOLE;
    case CONTENT_SWAPPED:
        return may_load ? MARK_DATA : MARK_SWAPPED;
    case CONTENT_UNKNOWN:
        return MARK_UNKNOWN;
    case CONTENT_DATA:
        break;
    }
    return MARK_DATA;
}

// State of the bytes at `at` and how many of the next `limit` have it. 0 or -errno.
static int next_run(struct content_reader *r, uint64_t at, uint64_t limit, bool may_load,
                    uint64_t *run, enum byte_mark *mark) {
    enum content_state state;
    int err = content_pages(r, at, limit, run, &state);
    *mark = mark_of(state, may_load);
    return err;
}

int io_read_marked(struct content_reader *r, uint64_t offset, uint8_t *buf, uint8_t *marks,
                   size_t want, bool may_load, size_t *len) {
    size_t n = 0;
    for (int err = 0; n < want;) {
        uint64_t run = 0;
        size_t got = 0;
        enum byte_mark mark;
        err = next_run(r, offset + n, want - n, may_load, &run, &mark);
        if (err)
            return err;
        if (run == 0)
            break;
        size_t part = run < want - n ? (size_t)run : want - n;
        if (mark == MARK_DATA)
            err = io_read_all(r, offset + n, buf + n, part, &got);
        if (err == -ENODATA) // the holder does not map this
            mark = MARK_UNKNOWN;
        else if (err)
            return err;
        if (mark != MARK_DATA)
            memset(buf + n, 0, part);
        memset(marks + n, (int)mark, part);
        n += mark == MARK_DATA ? got : part;
        if (mark == MARK_DATA && got < part)
            break;
    }
    *len = n;
    return 0;
}

// --- windows

static int read_plain(struct io_reply *reply, struct content_reader *r,
                      const struct io_request *req) {
    size_t want = req->len < READ_MAX ? req->len : READ_MAX;
    if (reply->offset >= reply->size)
        want = 0;
    else if (want > reply->size - reply->offset)
        want = (size_t)(reply->size - reply->offset);
    reply->bytes = xcalloc(1, want);
    reply->marks = xcalloc(1, want);
    int err = io_read_marked(r, reply->offset, reply->bytes, reply->marks, want, req->may_load,
                             &reply->len);
    reply->end = reply->offset + reply->len;
    if (reply->len) {
        reply->parts = xcalloc(1, sizeof *reply->parts);
        reply->parts[reply->part_count++] = (struct hexpart){.offset = reply->offset,
                                                             .len = reply->len};
    }
    return err;
}

// One row whose bytes do not all have the same state, or the last one of the segment.
static int fold_mixed_row(struct hexfold *f, struct content_reader *r, uint64_t left,
                          bool may_load) {
    uint8_t bytes[ROW_MAX], marks[ROW_MAX];
    size_t want = left < f->width ? (size_t)left : f->width, len = 0;
    int err = io_read_marked(r, f->next, bytes, marks, want, may_load, &len);
    if (err || len < want)
        return err ? err : -EAGAIN; // became shorter
    hexfold_row(f, bytes, marks, len);
    return 0;
}

static int fold_data(struct hexfold *f, struct content_reader *r, uint8_t *chunk, size_t want,
                     size_t *budget) {
    size_t len = 0;
    int err = io_read_all(r, f->next, chunk, want, &len);
    if (err || len < f->width)
        return err ? err : -EAGAIN;
    for (size_t i = 0; i + f->width <= len && !hexfold_full(f); i += f->width)
        hexfold_row(f, chunk + i, NULL, f->width);
    *budget -= len < *budget ? len : *budget;
    return 0;
}

// Fills the lines of the screen. -EAGAIN: the segment became shorter, what there is stands.
static int fold_rows(struct hexfold *f, struct content_reader *r, uint64_t size, bool may_load) {
    uint8_t *chunk = xcalloc(1, FOLD_CHUNK);
    size_t budget = FOLD_BUDGET;
    int err = 0;
    for (int runs = 0; runs < FOLD_RUNS && !hexfold_full(f) && f->next < size && budget > 0;
         runs++) {
        uint64_t run = 0, left = size - f->next;
        enum byte_mark mark;
        err = next_run(r, f->next, FOLD_ASK, may_load, &run, &mark);
        run = run < left ? run : left;
        uint64_t whole = run / f->width * f->width;
        if (err)
            break;
        if (whole == 0) {
            err = fold_mixed_row(f, r, left, may_load);
            budget -= f->width < budget ? f->width : budget;
        } else if (mark == MARK_DATA) {
            err = fold_data(f, r, chunk, whole < FOLD_CHUNK ? (size_t)whole : FOLD_CHUNK, &budget);
        } else {
            hexfold_blank(f, whole, mark);
        }
        if (err)
            break;
    }
    free(chunk);
    hexfold_end(f);
    return err == -EAGAIN || err == -ENODATA ? 0 : err;
}

// The beginning of the last run between two offsets, `to` when that run is data or there are too
// many of them.
static uint64_t last_run_start(struct content_reader *r, uint64_t from, uint64_t to,
                               bool may_load) {
    for (int i = 0; i < FOLD_RUNS; i++) {
        uint64_t run = 0;
        enum byte_mark mark;
        if (next_run(r, from, to - from, may_load, &run, &mark) != 0 || run == 0)
            break;
        if (run >= to - from)
            return mark == MARK_DATA ? to : from;
        from += run;
    }
    return to;
}

// Where the hole (or other run that is not read) before `offset` begins, looking back further and
// further; `offset` itself when what stands before it is data.
static uint64_t run_start(struct content_reader *r, uint64_t offset, bool may_load) {
    uint64_t start = offset;
    for (uint64_t back = FOLD_CHUNK; start > 0; back *= 2) {
        uint64_t from = offset > back ? offset - back : 0, run = 0;
        enum byte_mark mark;
        if (next_run(r, from, offset - from, may_load, &run, &mark) != 0)
            break;
        if (mark == MARK_DATA || run < offset - from) {
            uint64_t last = last_run_start(r, from, offset, may_load);
            return last < start ? last : start;
        }
        start = from;
    }
    return start;
}

// The row that stands above the first one when the rows before are folded too.
static uint64_t row_above(struct content_reader *r, uint64_t top, unsigned width, bool may_load) {
    uint8_t *bytes = xcalloc(1, 2 * ABOVE_BUDGET), *marks = bytes + ABOVE_BUDGET;
    uint64_t above = run_start(r, top, may_load);
    above = (above + width - 1) / width * width;
    if (top - above >= 3 * (uint64_t)width || above == 0) {
        free(bytes);
        return top - above >= 3 * (uint64_t)width ? above : top - width;
    }
    uint64_t from = top > ABOVE_BUDGET ? top - ABOVE_BUDGET / width * width : 0;
    size_t want = (size_t)(top - from), len = 0;
    above = top - width;
    if (io_read_marked(r, from, bytes, marks, want, may_load, &len) == 0 && len == want) {
        size_t i = want - width; // of the row above
        while (i >= width && memcmp(bytes + i, bytes + i - width, width) == 0 &&
               memcmp(marks + i, marks + i - width, width) == 0)
            i -= width;
        if (want - width - i >= 2 * (size_t)width)
            above = from + i;
    }
    free(bytes);
    return above;
}

static int read_folded(struct io_reply *reply, struct content_reader *r,
                       const struct io_request *req) {
    struct hexfold f;
    const struct fold_wish *wish = &req->fold;
    hexfold_init(&f, reply->offset, wish->width, wish->lines, wish->keep, wish->keep_count);
    int err = fold_rows(&f, r, reply->size, req->may_load);
    reply->bytes = f.bytes;
    reply->marks = f.marks;
    reply->len = f.len;
    reply->parts = f.parts;
    reply->part_count = f.part_count;
    reply->end = f.next;
    xcheck(f.failed ? -ENOMEM : 0);
    reply->has_above = reply->offset >= wish->width && reply->offset <= reply->size;
    if (!err && reply->has_above)
        reply->above = row_above(r, reply->offset, wish->width, req->may_load);
    return err;
}

// The same places of what is compared.
static void read_other(struct io_worker *w, const struct io_request *req, struct io_reply *reply) {
    struct io_other other;
    struct fault why;
    int err = io_other_open(w, req, &other, &why);
    reply->other = xcalloc(1, reply->len);
    reply->other_marks = xcalloc(1, reply->len);
    for (size_t i = 0; i < reply->part_count && !err; i++) {
        const struct hexpart *p = &reply->parts[i];
        err = io_other_read(&other, p->offset, reply->other + p->index,
                            reply->other_marks + p->index, p->len);
        if (err)
            fault_set(&why, OUTCOME_FAILED, -err, "the other one", "cannot be read", "");
    }
    io_other_close(&other);
    if (!err)
        return;
    fault_format(&why, reply->other_problem, sizeof reply->other_problem);
    memset(reply->other_marks, MARK_UNKNOWN, reply->len);
}

struct io_reply *io_do_fetch(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct content_reader *r = NULL;
    reply->offset = req->offset;
    reply->err = io_open_reader(w, req, &r, &reply->fault);
    if (reply->err)
        return reply;
    reply->err = content_size(r, &reply->size);
    if (!reply->err)
        reply->err = read_plain(reply, r, req);
    if (reply->err)
        io_drop_reader(w, r, req, reply);
    else
        io_close_reader(w, r);
    return reply;
}

struct io_reply *io_do_read(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct content_reader *r = NULL;
    reply->offset = req->offset;
    reply->err = io_open_reader(w, req, &r, &reply->fault);
    if (reply->err)
        return reply;
    reply->err = content_size(r, &reply->size);
    if (!reply->err)
        reply->err = req->fold.width ? read_folded(reply, r, req) : read_plain(reply, r, req);
    // Of a hole nothing is read, but only a read tells that the segment is still there.
    uint8_t byte;
    ssize_t still = reply->err ? 0 : content_read_at(r, reply->size, &byte, 1);
    if (still < 0)
        reply->err = (int)still;
    if (reply->err) {
        io_drop_reader(w, r, req, reply);
        return reply;
    }
    if (req->compare.with && reply->len)
        read_other(w, req, reply);
    reply->attached = content_attached(r);
    snprintf(reply->route, sizeof reply->route, "%s", content_route(r));
    snprintf(reply->side_effects, sizeof reply->side_effects, "%s", content_side_effects(r));
    io_close_reader(w, r);
    return reply;
}
