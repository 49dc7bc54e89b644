// rows.c - the row table: selection, screen place, tags and search over the current picture.
#include "core/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/listpos.h"
#include "core/match.h"
#include "core/rows_parts.h"

int rows_init(struct rows *r) {
    struct rows_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return -ENOMEM;
    *r = (struct rows){.sort = COL_SIZE, .follow = true, .state = state};
    return 0;
}

void rows_done(struct rows *r) {
    if (r == NULL || r->state == NULL)
        return;
    picture_done(&r->state->now);
    free(r->items);
    free(r->state);
    *r = (struct rows){0};
}

// Fills in the rows that the screen shows, and clears the ones that it does not show any more.
static void fill(struct rows *r) {
    struct rows_state *s = r->state;
    size_t height = r->height > 0 ? r->height : 1;
    if (s->to > s->from)
        memset(&r->items[s->from], 0, (s->to - s->from) * sizeof *r->items);
    s->from = r->top;
    s->to = r->count - r->top < height ? r->count : r->top + height;
    for (size_t i = s->from; i < s->to; i++)
        r->items[i] = picture_row(&s->now, i, s->mono_ns);
}

// Keeps the selection among the rows and on the screen, and the screen full while there are rows.
static void settle(struct rows *r) {
    listpos_settle(r->count, r->height, &r->selected, &r->top);
    fill(r);
}

static uint64_t size_of(const struct segment *seg) {
    uint64_t size = 0;
    seg_get(seg, SEG_SIZE, &size);
    return size;
}

static void count_tags(struct rows *r) {
    size_t at = 0;
    const struct segment *seg;
    r->tagged = 0;
    r->tagged_bytes = 0;
    while ((seg = rows_next_tagged(r, &at)) != NULL) {
        r->tagged++;
        r->tagged_bytes += size_of(seg);
    }
}

// Index + 1 of the row in the new picture that shows an old item, and shows it alive.
static size_t live_row_of(const struct picture *old, uint32_t item, const struct picture *now) {
    const struct snapshot *snap;
    if (old->snap == now->snap) // a filter may leave none of many: no search for each
        return item < now->snap->segment_count ? now->place[item] : 0;
    const struct segment *seg = picture_segment(old, item, &snap);
    size_t found = picture_row_of(now, &seg->id);
    return found > 0 && now->shown[found - 1] < now->snap->segment_count ? found : 0;
}

// Index + 1 of the row of the nearest neighbour that is left, 0 none. Neighbours are all in the
// order of before, those that a filter hid included: it may show them now.
static size_t neighbour(const struct picture *old, uint32_t item, const struct picture *now) {
    size_t at = 0, found = 0, count = old->item_count;
    while (at + 1 < count && old->order[at] != item)
        at++;
    for (size_t d = 1; found == 0 && now->row_count > 0 && (d <= at || at + d < count); d++) {
        if (at + d < count)
            found = live_row_of(old, old->order[at + d], now);
        if (found == 0 && d <= at)
            found = live_row_of(old, old->order[at - d], now);
    }
    return found;
}

// The row that the selection goes to: its own, else its nearest neighbour. While there is no row at
// all, its identity is remembered.
static size_t successor(struct rows_state *s, size_t selected, const struct picture *now) {
    const struct picture *old = &s->now;
    const struct snapshot *snap;
    size_t found = 0;
    if (selected < old->row_count) {
        s->lost = picture_segment(old, old->shown[selected], &snap)->id;
        found = picture_row_of(now, &s->lost);
        if (found == 0)
            found = neighbour(old, old->shown[selected], now);
    } else {
        found = picture_row_of(now, &s->lost);
    }
    return found > 0 ? found - 1 : selected;
}

// Takes the next picture and gives the one before back. There is room for its rows.
static void show(struct rows *r, struct picture *next, uint64_t mono_ns) {
    struct picture *old = &r->state->now;
    if (r->follow) {
        size_t line = r->selected - r->top;
        r->selected = successor(r->state, r->selected, next);
        r->top = r->selected > line ? r->selected - line : 0;
    }
    picture_done(old);
    *old = *next;
    r->count = old->row_count;
    r->hidden = old->hidden;
    r->state->mono_ns = mono_ns;
    r->state->deadline_ns = picture_deadline(old, mono_ns);
    count_tags(r);
    settle(r);
}

// The rows are zeroed memory, most of which is never touched.
static int make_room(struct rows *r, size_t count) {
    struct rows_state *s = r->state;
    if (count <= s->capacity)
        return 0;
    size_t capacity = count + count / 4 + 64;
    struct row *items = calloc(capacity, sizeof *items);
    if (items == NULL)
        return -ENOMEM;
    if (s->to > s->from)
        memcpy(items + s->from, r->items + s->from, (s->to - s->from) * sizeof *items);
    free(r->items);
    r->items = items;
    s->capacity = capacity;
    return 0;
}

static int rebuild(struct rows *r, const struct wanted *wanted) {
    struct picture next;
    if (wanted->snap != NULL) {
        int err = picture_make(&r->state->now, wanted, &next);
        if (err != 0)
            return err;
        err = make_room(r, next.row_count);
        if (err != 0) {
            picture_done(&next);
            return err;
        }
        show(r, &next, wanted->mono_ns);
    }
    r->state->filter = wanted->filter;
    r->sort = wanted->sort;
    r->invert = wanted->invert;
    return 0;
}

static struct wanted as_it_is(const struct rows *r) {
    return (struct wanted){.snap = r->state->now.snap,
                           .mono_ns = r->state->mono_ns,
                           .filter = r->state->filter,
                           .sort = r->sort,
                           .invert = r->invert,
                           .sorted = true};
}

int rows_update(struct rows *r, const struct snapshot *snap, uint64_t mono_ns) {
    struct wanted wanted = as_it_is(r);
    wanted.snap = snap;
    wanted.mono_ns = mono_ns;
    return rebuild(r, &wanted);
}

int rows_sort(struct rows *r, enum column col, bool invert) {
    struct wanted wanted = as_it_is(r);
    wanted.sorted = col == r->sort && invert == r->invert;
    wanted.sort = col;
    wanted.invert = invert;
    return rebuild(r, &wanted);
}

int rows_filter(struct rows *r, const struct filter *f) {
    struct wanted wanted = as_it_is(r);
    wanted.filter = f;
    return rebuild(r, &wanted);
}

void rows_height(struct rows *r, size_t height) {
    r->height = height;
    settle(r);
}

void rows_move(struct rows *r, long delta) {
    rows_select(r, listpos_move(r->count, r->selected, delta));
}

void rows_select(struct rows *r, size_t index) {
    r->selected = index;
    settle(r);
}

bool rows_select_id(struct rows *r, const struct seg_id *id) {
    size_t row = picture_row_of(&r->state->now, id);
    if (row > 0)
        rows_select(r, row - 1);
    return row > 0;
}

const struct row *rows_selected(const struct rows *r) {
    return r->selected < r->count ? &r->items[r->selected] : NULL;
}

struct row rows_at(const struct rows *r, size_t index) {
    return index < r->count ? picture_row(&r->state->now, index, r->state->mono_ns)
                            : (struct row){0};
}

int rows_tag(struct rows *r, size_t index, bool tagged) {
    if (index >= r->count)
        return -EINVAL;
    struct picture *p = &r->state->now;
    uint32_t item = p->shown[index];
    if (item >= p->snap->segment_count)
        return -ENOENT;
    if (p->tagged[item] != tagged) {
        p->tagged[item] = tagged;
        count_tags(r);
        fill(r);
    }
    return 0;
}

void rows_untag_all(struct rows *r) {
    struct picture *p = &r->state->now;
    if (p->snap != NULL)
        memset(p->tagged, 0, p->snap->segment_count);
    count_tags(r);
    fill(r);
}

const struct segment *rows_next_tagged(const struct rows *r, size_t *at) {
    const struct picture *p = &r->state->now;
    if (p->snap == NULL || *at >= p->snap->segment_count)
        return NULL;
    const uint8_t *next = memchr(p->tagged + *at, 1, p->snap->segment_count - *at);
    if (next == NULL)
        return NULL;
    *at = (size_t)(next - p->tagged) + 1;
    return &p->snap->segments[*at - 1];
}

// A byte for every row: does its label contain the text? NULL: no memory. Segments are read in the
// order of memory, as in every pass over all of them.
static uint8_t *find_all(const struct picture *p, const char *text) {
    size_t len = strlen(text);
    uint8_t *found = calloc(p->row_count + 1, 1);
    for (size_t item = 0; found != NULL && item < p->item_count; item++) {
        const struct snapshot *snap;
        const struct segment *seg = picture_segment(p, (uint32_t)item, &snap);
        if (p->place[item] > 0)
            found[p->place[item] - 1] = match_label(snap, seg, text, len);
    }
    return found;
}

bool rows_search(const struct rows *r, const char *text, size_t from, int dir, size_t *index,
                 size_t *nth, size_t *total) {
    struct listpos_search search = {.from = from, .dir = dir};
    uint8_t *found = text[0] != '\0' ? find_all(&r->state->now, text) : NULL;
    for (size_t i = 0; found != NULL && i < r->count; i++) {
        if (found[i])
            listpos_match(&search, i);
    }
    free(found);
    return listpos_found(&search, index, nth, total);
}

uint64_t rows_deadline(const struct rows *r) {
    return r->state->deadline_ns;
}
