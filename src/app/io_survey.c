// io_survey.c - where a segment has pages and where its bytes change, found a bounded step at a
// time.
//
// A store raises no event, so changes are found by reading: resident pages in turn, each compared
// by a hash with what it was a round ago. Each step costs the same whatever the segment's size.
#include "app/io_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "core/bytehash.h"
#include "core/vec.h"

enum {
    PAGE = 4096,
    BLOCK = 64 * PAGE,     // hashed together
    SWEEP_BYTES = 8 << 20, // read in one step
    BLOCKS_MAX = 8192,     // 2 GiB of data are watched; what comes after them is not
    RANGES_MAX = 256,
    EXTENTS_MAX = 2048, // looked at in one step where the kernel cannot count pages
};
// The kernel counts the pages of a large segment one by one: the first map comes soon, and then it
// is made anew a little at each step.
static const uint64_t first_map_ns = 10000000u, map_ns = 500000u;

// What the pages of one block were when it was last read.
struct block {
    uint64_t offset;
    uint64_t hash[BLOCK / PAGE]; // 0: not read
};

struct io_survey {
    struct seg_id id;
    struct page_cell *cells;
    size_t cell_count, next_cell;
    bool mapped;            // each cell was looked at
    uint64_t size, cell_at; // cell_at: within next_cell, where extents have been counted up to
    VEC(struct block) before, now; // ascending; of the last round and of this one
    size_t before_at;
    uint64_t position, swept, round_began, round_ns;
    uint8_t *chunk; // BLOCK bytes
};

void io_survey_forget(struct io_worker *w) {
    struct io_survey *s = w->survey;
    if (!s)
        return;
    free(s->cells);
    vec_done(&s->before);
    vec_done(&s->now);
    free(s->chunk);
    free(s);
    w->survey = NULL;
}

static struct io_survey *survey_of(struct io_worker *w, const struct io_request *req) {
    if (w->survey && (req->anew || !seg_id_same(&w->survey->id, &req->id)))
        io_survey_forget(w);
    if (!w->survey) {
        w->survey = xcalloc(1, sizeof *w->survey);
        w->survey->id = req->id;
        w->survey->chunk = xcalloc(1, BLOCK);
        w->survey->round_began = io_mono_ns();
    }
    return w->survey;
}

// --- the page map

// The borders of cell i, on pages.
static uint64_t border(const struct io_survey *s, size_t i) {
    uint64_t pages = (s->size + PAGE - 1) / PAGE;
    uint64_t at = pages / s->cell_count * i + pages % s->cell_count * i / s->cell_count;
    return at * PAGE < s->size ? at * PAGE : s->size;
}

static void begin_map(struct io_survey *s, uint64_t size, size_t cells) {
    uint64_t pages = (size + PAGE - 1) / PAGE;
    if (cells > pages)
        cells = (size_t)pages;
    if (s->size == size && s->cell_count == cells)
        return;
    free(s->cells);
    s->cells = xcalloc(cells, sizeof *s->cells);
    s->size = size;
    s->cell_count = cells;
    s->next_cell = 0;
    s->mapped = false;
    s->cell_at = 0;
    for (size_t i = 0; i < cells; i++)
        s->cells[i].size = border(s, i + 1) - border(s, i);
}

// Counts the data of a cell by its extents, as many as are left in the budget. True: to its end.
static bool count_extents(struct io_survey *s, struct content_reader *r, struct page_cell *cell,
                          uint64_t from, uint64_t to, size_t *budget) {
    uint64_t at = from + s->cell_at;
    if (s->cell_at == 0)
        *cell = (struct page_cell){.size = to - from};
    for (; at<to && * budget> 0; (*budget)--) {
        uint64_t len = 0;
        bool hole = false;
        if (content_extent(r, at, &len, &hole) != 0) {
            s->cell_at = 0; // nobody can tell
            return true;
        }
        if (len == 0 || len > to - at)
            len = to - at;
        cell->resident += hole ? 0 : len;
        at += len;
    }
    cell->known = at >= to;
    s->cell_at = at >= to ? 0 : at - from;
    return at >= to;
}

static void step_map(struct io_survey *s, struct content_reader *r) {
    uint64_t end = io_mono_ns() + (s->mapped ? map_ns : first_map_ns);
    size_t extents = EXTENTS_MAX;
    for (size_t n = 0; n < s->cell_count && extents > 0 && io_mono_ns() < end; n++) {
        struct page_cell *cell = &s->cells[s->next_cell];
        uint64_t from = border(s, s->next_cell), to = border(s, s->next_cell + 1);
        uint64_t resident = 0, swapped = 0;
        int err = content_residency(r, from, to - from, &resident, &swapped);
        if (!err)
            *cell = (struct page_cell){to - from, resident, swapped, true};
        else if (!count_extents(s, r, cell, from, to, &extents))
            return;
        s->next_cell = (s->next_cell + 1) % s->cell_count;
        s->mapped |= s->next_cell == 0;
    }
}

// --- where bytes change

static void add_range(struct io_reply *reply, uint64_t offset, uint64_t len) {
    struct changed_range *last = reply->range_count ? &reply->ranges[reply->range_count - 1] : NULL;
    if (last && last->offset + last->len == offset) {
        last->len += len;
        return;
    }
    if (reply->range_count == RANGES_MAX)
        return;
    if (!reply->ranges)
        reply->ranges = xcalloc(RANGES_MAX, sizeof *reply->ranges);
    reply->ranges[reply->range_count++] = (struct changed_range){offset, len};
}

// The same block a round ago; NULL: it was not read then.
static const struct block *block_before(struct io_survey *s, uint64_t offset) {
    while (s->before_at < s->before.count && s->before.items[s->before_at].offset < offset)
        s->before_at++;
    bool same = s->before_at < s->before.count && s->before.items[s->before_at].offset == offset;
    return same ? &s->before.items[s->before_at] : NULL;
}

// The block at an offset in this round, begun when it is not there yet.
static struct block *block_now(struct io_survey *s, uint64_t offset) {
    if (s->now.count && s->now.items[s->now.count - 1].offset == offset)
        return &s->now.items[s->now.count - 1];
    struct block fresh = {.offset = offset};
    xcheck(vec_push(&s->now, fresh));
    return &s->now.items[s->now.count - 1];
}

// Compares pages just read, which lie in one block, with what they were.
static void compare_pages(struct io_survey *s, uint64_t offset, size_t len,
                          struct io_reply *reply) {
    uint64_t start = offset / BLOCK * BLOCK;
    const struct block *before = block_before(s, start);
    struct block *now = block_now(s, start);
    for (size_t i = 0; i < len; i += PAGE) {
        size_t n = len - i < PAGE ? len - i : PAGE, page = (size_t)((offset - start + i) / PAGE);
        uint64_t hash = bytehash(s->chunk + i, n);
        now->hash[page] = hash ? hash : 1;
        if (before && before->hash[page] && before->hash[page] != now->hash[page])
            add_range(reply, offset + i, n);
    }
}

static void next_round(struct io_survey *s) {
    uint64_t now = io_mono_ns();
    s->round_ns = now - s->round_began;
    s->round_began = now;
    s->position = s->swept = 0;
    vec_done(&s->before);
    s->before = s->now;
    s->before_at = 0;
    s->now.items = NULL;
    s->now.count = s->now.capacity = 0;
}

static int step_sweep(struct io_survey *s, struct content_reader *r, struct io_reply *reply) {
    size_t budget = SWEEP_BYTES, runs = EXTENTS_MAX;
    for (; budget > 0 && runs > 0; runs--) {
        if (s->position >= s->size || s->now.count >= BLOCKS_MAX) {
            next_round(s);
            return 0;
        }
        uint64_t room = BLOCK - s->position % BLOCK, run = 0;
        enum content_state state;
        int err = content_pages(r, s->position, room, &run, &state);
        if (err)
            return err;
        if (run == 0) {
            s->position = s->size;
        } else if (state == CONTENT_DATA) {
            size_t len = 0;
            err = io_read_all(r, s->position, s->chunk, (size_t)(run < room ? run : room), &len);
            if (err)
                return err;
            compare_pages(s, s->position, len, reply);
            s->position = len ? s->position + len : s->size;
            s->swept += len;
            budget -= len < budget ? len : budget;
        } else {
            s->position += run;
        }
    }
    return 0;
}

struct io_reply *io_do_survey(struct io_worker *w, const struct io_request *req) {
    struct io_reply *reply = io_new_reply(req);
    struct content_reader *r = NULL;
    reply->err = io_open_reader(w, req, &r, &reply->fault);
    if (reply->err)
        return reply;
    struct io_survey *s = survey_of(w, req);
    reply->err = content_size(r, &reply->size);
    if (!reply->err) {
        begin_map(s, reply->size, req->cells);
        step_map(s, r);
        reply->sweeping = content_reads_holes(r);
        if (reply->sweeping)
            reply->err = step_sweep(s, r, reply);
    }
    if (reply->err) {
        io_drop_reader(w, r, req, reply);
        return reply;
    }
    io_close_reader(w, r);
    reply->cell_count = s->cell_count;
    reply->cells = s->cell_count ? xmemdup(s->cells, s->cell_count * sizeof *s->cells) : NULL;
    reply->swept = s->swept;
    reply->round_ns = s->round_ns;
    for (size_t i = 0; i < s->cell_count; i++)
        reply->sweep_total += s->cells[i].resident;
    return reply;
}
