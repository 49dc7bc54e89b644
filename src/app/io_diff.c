// io_diff.c - the next byte that differs from a capture or from another segment.
#include "app/io_parts.h"

#include <stdlib.h>
#include <string.h>

static bool known(uint8_t mark) {
    return mark == MARK_DATA || mark == MARK_HOLE;
}

// Index of the first (last) byte that is known on both sides and differs; -1: none.
static ssize_t difference(const struct io_search *s, const uint8_t *other, const uint8_t *marks,
                          size_t len) {
    if (memcmp(s->chunk, other, len) == 0)
        return -1;
    for (size_t k = 0; k < len; k++) {
        size_t i = s->req->backwards ? len - 1 - k : k;
        if (s->chunk[i] != other[i] && known(s->marks[i]) && known(marks[i]))
            return (ssize_t)i;
    }
    return -1;
}

// How far from `at` on there is nothing to compare on either side.
static uint64_t nothing_here(struct content_reader *r, const struct io_other *o, uint64_t at,
                             uint64_t limit) {
    enum content_state state;
    uint64_t run = 0;
    if (content_pages(r, at, limit, &run, &state) != 0 || state == CONTENT_DATA)
        return 0;
    run = run < limit ? run : limit;
    return io_other_hole(o, at, run);
}

int io_diff_step(struct io_search *s, struct content_reader *r, const struct io_other *o,
                 uint64_t places, uint64_t *at) {
    bool back = s->req->backwards;
    if (s->position >= places)
        s->position = back ? places - 1 : 0;
    uint64_t left = back ? s->position + 1 : places - s->position;
    if (left > places - s->searched)
        left = places - s->searched;
    uint64_t n = left < IO_SEARCH_CHUNK ? left : IO_SEARCH_CHUNK;
    uint64_t from = back ? s->position + 1 - n : s->position;
    uint64_t empty = nothing_here(r, o, from, back ? n : left);
    ssize_t hit = -1;
    if (empty > 0 && (!back || empty == n)) {
        n = empty;
    } else {
        size_t half = s->room / 2, len = 0;
        uint8_t *other = s->chunk + half, *marks = s->marks + half;
        int err = io_read_marked(r, from, s->chunk, s->marks, (size_t)n, s->req->may_load, &len);
        if (!err)
            err = io_other_read(o, from, other, marks, len);
        if (err)
            return err;
        hit = difference(s, other, marks, len);
    }
    s->searched += n;
    s->position = back ? from - 1 : from + n;
    *at = from + (uint64_t)(hit > 0 ? hit : 0);
    return hit >= 0;
}
