// io_search.c - finding a pattern in a segment, a slice of time after another.
//
// Holes are jumped over, what is swapped out or not known to exist is left alone and counted.
#include "app/io_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"

enum { CHUNK = IO_SEARCH_CHUNK, BACK_MAX = 40, ASK = CHUNK };
static const uint64_t slice_ns = 50000000u;

void io_search_stop(struct io_worker *w) {
    if (!w->search)
        return;
    io_request_free(w->search->req);
    free(w->search->chunk);
    free(w->search->marks);
    free(w->search);
    w->search = NULL;
}

void io_search_start(struct io_worker *w, struct io_request *req) {
    io_search_stop(w);
    if (!req->pattern && !req->compare.with) {
        io_request_free(req);
        return;
    }
    struct io_search *s = xcalloc(1, sizeof *s);
    s->req = req;
    s->position = req->offset;
    // A byte before and what a match may reach; or both sides of a comparison.
    s->room = req->pattern ? CHUNK + pattern_reach(req->pattern) + 1 : 2 * CHUNK;
    s->chunk = xcalloc(1, s->room);
    s->marks = xcalloc(1, s->room);
    w->search = s;
}

bool io_worker_searching(const struct io_worker *w) {
    return w->search || w->save;
}

// A stretch of places of one state.
struct stretch {
    uint64_t from, len;
    enum content_state state;
};

// The next places from `at` on, at most `limit`, as far as they have one state; only a hole is told
// beyond ASK.
static int stretch_at(struct content_reader *r, uint64_t at, uint64_t limit, struct stretch *out) {
    out->from = at;
    int err = content_pages(r, at, limit < ASK ? limit : ASK, &out->len, &out->state);
    if (!err && (out->len == 0 || out->len > limit))
        out->len = out->len == 0 && limit > ASK ? ASK : limit;
    return err;
}

// The stretch that ends with the place `at`: of a large hole at once as much as `limit`, else what
// a chunk holds.
static int stretch_before(struct content_reader *r, uint64_t at, uint64_t limit,
                          struct stretch *out) {
    uint64_t back = CHUNK < limit ? CHUNK : limit;
    int err = stretch_at(r, at + 1 - back, back, out);
    for (int i = 0;
         i < BACK_MAX && !err && out->state == CONTENT_HOLE && out->len == back && back < limit;
         i++) {
        struct stretch longer;
        back = back > limit / 2 ? limit : back * 2;
        err = stretch_at(r, at + 1 - back, back, &longer);
        if (err || longer.state != CONTENT_HOLE || longer.len < back)
            return err;
        *out = longer;
    }
    while (!err && out->from + out->len <= at) // the last of several
        err = stretch_at(r, out->from + out->len, at + 1 - (out->from + out->len), out);
    return err;
}

// Looks at the places of a stretch. 1 found (*at, *match), 0 not, or -errno.
static int look_at(struct io_search *s, struct content_reader *r, const struct stretch *t,
                   uint64_t *at, size_t *match) {
    const struct pattern *p = s->req->pattern;
    size_t before = t->from > 0, len = 0, places = t->len < CHUNK ? (size_t)t->len : CHUNK;
    size_t want = before + places + pattern_reach(p);
    // What is beyond the stretch may have to be left alone, and ends what can match.
    int err = io_read_marked(r, t->from - before, s->chunk, s->marks, want, s->req->may_load, &len);
    if (err)
        return err;
    const uint8_t *swapped = memchr(s->marks + before, MARK_SWAPPED,
                                    len > before ? len - before : 0);
    const uint8_t *unknown = memchr(s->marks + before, MARK_UNKNOWN,
                                    len > before ? len - before : 0);
    if (swapped)
        len = (size_t)(swapped - s->marks);
    if (unknown && (size_t)(unknown - s->marks) < len)
        len = (size_t)(unknown - s->marks);
    if (len <= before)
        return 0;
    const uint8_t *hay = s->chunk + before;
    ssize_t hit = s->req->backwards ? pattern_last(p, hay, len - before, places, before, match)
                                    : pattern_first(p, hay, len - before, places, before, match);
    *at = t->from + (uint64_t)(hit > 0 ? hit : 0);
    return hit >= 0;
}

// How many of the places of a hole, counted from its end, could match what follows: the reach of
// the pattern, unless zeroes follow as far as that.
static uint64_t tail(const struct io_search *s, struct content_reader *r, const struct stretch *t) {
    uint64_t reach = pattern_reach(s->req->pattern), run = 0;
    enum content_state state;
    bool zeroes = content_pages(r, t->from + t->len, reach, &run, &state) == 0 &&
                  (run == 0 || (state == CONTENT_HOLE && run >= reach));
    return zeroes ? 0 : reach;
}

// Takes from a stretch the part at which nothing can match, or can be looked at. False: all of it
// has to be searched.
static bool jump_over(const struct io_search *s, struct content_reader *r, struct stretch *t) {
    bool back = s->req->backwards;
    if (t->state == CONTENT_DATA || (t->state == CONTENT_SWAPPED && s->req->may_load))
        return false;
    if (t->state != CONTENT_HOLE)
        return true;
    if (pattern_matches_zeroes(s->req->pattern))
        return false;
    uint64_t last = tail(s, r, t);
    if (last == 0)
        return true;
    if (back || t->len <= last) { // the tail itself
        uint64_t n = t->len < last ? t->len : last;
        t->from += t->len - n;
        t->len = n;
        return false;
    }
    t->len -= last;
    return true;
}

// Looks at the next places, forwards or backwards. `places`: in how many a match could begin.
// 1 found (*at, *match), 0 not, or -errno.
static int search_step(struct io_search *s, struct content_reader *r, uint64_t places, uint64_t *at,
                       size_t *match) {
    bool back = s->req->backwards;
    size_t chunk = pattern_chunk(s->req->pattern) < CHUNK ? pattern_chunk(s->req->pattern) : CHUNK;
    if (s->position >= places)
        s->position = back ? places - 1 : 0;
    uint64_t left = back ? s->position + 1 : places - s->position;
    if (left > places - s->searched)
        left = places - s->searched;
    struct stretch t;
    int found = 0;
    int err = back ? stretch_before(r, s->position, left, &t)
                   : stretch_at(r, s->position, left, &t);
    if (err)
        return err;
    if (jump_over(s, r, &t)) {
        s->skipped += t.state != CONTENT_HOLE ? t.len : 0;
    } else {
        if (t.len > chunk) {
            t.from += back ? t.len - chunk : 0;
            t.len = chunk;
        }
        found = look_at(s, r, &t, at, match);
    }
    s->searched += t.len;
    // Below 0 or past the last place it goes on at the other end.
    s->position = back ? t.from - 1 : t.from + t.len;
    return found;
}

// In how many places a match could begin.
static int count_places(const struct io_search *s, struct content_reader *r,
                        const struct io_other *other, uint64_t *places) {
    uint64_t size = 0;
    int err = content_size(r, &size);
    if (!s->req->pattern) {
        *places = size < other->size ? size : other->size;
        return err;
    }
    // The least a match needs; of a regular expression nobody knows: one byte.
    size_t reach = pattern_reach(s->req->pattern), least = reach < PATTERN_MAX ? reach + 1 : 1;
    *places = size >= least ? size - least + 1 : 0;
    return err;
}

static int search_slice(struct io_search *s, struct content_reader *r, struct io_reply *reply,
                        const struct io_other *other) {
    uint64_t places = 0, end = io_mono_ns() + slice_ns;
    int err = count_places(s, r, other, &places);
    if (err)
        return err;
    do {
        reply->done = s->searched >= places;
        if (reply->done)
            err = 0;
        else if (s->req->pattern)
            err = search_step(s, r, places, &reply->at, &reply->match);
        else
            err = io_diff_step(s, r, other, places, &reply->at);
        reply->found = err == 1;
        reply->done |= err != 0;
    } while (!reply->done && io_mono_ns() < end);
    reply->searched = s->searched;
    reply->skipped = s->skipped;
    return err < 0 ? err : 0;
}

static void search_on(struct io_worker *w, struct content_reader *r, struct io_reply *reply) {
    const struct io_request *req = w->search->req;
    struct io_other other = {.capture = NULL};
    if (req->compare.with)
        reply->err = io_other_open(w, req, &other, &reply->fault);
    if (reply->err) { // the fault tells of the other one
        io_close_reader(w, r);
    } else if ((reply->err = search_slice(w->search, r, reply, &other)) != 0) {
        io_drop_reader(w, r, req, reply);
    } else {
        io_close_reader(w, r);
    }
    io_other_close(&other);
}

struct io_reply *io_worker_search(struct io_worker *w) {
    if (!w->search)
        return io_save_slice(w);
    const struct io_request *req = w->search->req;
    struct io_reply *reply = io_new_reply(req);
    struct content_reader *r = NULL;
    reply->err = io_open_reader(w, req, &r, &reply->fault);
    if (reply->err == 0)
        search_on(w, r, reply);
    reply->done |= reply->err != 0;
    if (reply->done)
        io_search_stop(w);
    return reply;
}
