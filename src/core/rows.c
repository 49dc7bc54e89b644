// rows.c - the row table: selection, screen place, tags and search over the current picture.
#include "core/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    free(r->state);
    *r = (struct rows){0};
}

// Keeps the selection among the rows and on the screen, and the screen full while there are rows.
static void clamp(struct rows *r) {
    size_t height = r->height > 0 ? r->height : 1;
    if (r->selected >= r->count)
        r->selected = r->count > 0 ? r->count - 1 : 0;
    if (r->top > r->selected)
        r->top = r->selected;
    if (r->selected - r->top >= height)
        r->top = r->selected - height + 1;
    if (r->top > 0 && r->count - r->top < height)
        r->top = r->count > height ? r->count - height : 0;
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

// The row that the selection goes to: its own, else that of the nearest one that is left.
static size_t successor(const struct picture *old, size_t selected, const struct picture *now) {
    size_t found = picture_row_of(now, &old->rows[selected].id);
    for (size_t d = 1; found == 0 && (d <= selected || selected + d < old->row_count); d++) {
        if (selected + d < old->row_count)
            found = picture_row_of(now, &old->rows[selected + d].id);
        if (found != 0 && now->rows[found - 1].mark == ROW_GONE)
            found = 0;
        if (found == 0 && d <= selected)
            found = picture_row_of(now, &old->rows[selected - d].id);
        if (found != 0 && now->rows[found - 1].mark == ROW_GONE)
            found = 0;
    }
    return found != 0 ? found - 1 : selected;
}

// Takes the next picture and gives the one before back.
static void show(struct rows *r, struct picture *next) {
    struct picture *old = &r->state->now;
    if (r->follow && r->selected < old->row_count) {
        size_t line = r->selected - r->top;
        r->selected = successor(old, r->selected, next);
        r->top = r->selected > line ? r->selected - line : 0;
    }
    picture_done(old);
    *old = *next;
    r->items = old->rows;
    r->count = old->row_count;
    r->hidden = old->hidden;
    count_tags(r);
    clamp(r);
}

static int rebuild(struct rows *r, const struct snapshot *snap, uint64_t mono_ns,
                   const struct filter *filter, enum column sort, bool invert) {
    struct picture next;
    if (snap != NULL) {
        int err = picture_make(&r->state->now, snap, mono_ns, filter, sort, invert, &next);
        if (err != 0)
            return err;
        show(r, &next);
    }
    r->state->mono_ns = mono_ns;
    r->state->filter = filter;
    r->sort = sort;
    r->invert = invert;
    return 0;
}

int rows_update(struct rows *r, const struct snapshot *snap, uint64_t mono_ns) {
    return rebuild(r, snap, mono_ns, r->state->filter, r->sort, r->invert);
}

int rows_sort(struct rows *r, enum column col, bool invert) {
    return rebuild(r, r->state->now.snap, r->state->mono_ns, r->state->filter, col, invert);
}

int rows_filter(struct rows *r, const struct filter *f) {
    return rebuild(r, r->state->now.snap, r->state->mono_ns, f, r->sort, r->invert);
}

void rows_height(struct rows *r, size_t height) {
    r->height = height;
    clamp(r);
}

void rows_move(struct rows *r, long delta) {
    size_t step = delta < 0 ? 0 - (size_t)delta : (size_t)delta;
    if (delta < 0)
        r->selected -= step < r->selected ? step : r->selected;
    else if (step < r->count - r->selected)
        r->selected += step;
    else if (r->count > 0)
        r->selected = r->count - 1;
    clamp(r);
}

void rows_select(struct rows *r, size_t index) {
    r->selected = index;
    clamp(r);
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

int rows_tag(struct rows *r, size_t index, bool tagged) {
    if (index >= r->count)
        return -EINVAL;
    struct row *row = &r->items[index];
    if (row->mark == ROW_GONE)
        return -ENOENT;
    if (row->tagged != tagged) {
        row->tagged = tagged;
        r->state->now.tagged[snapshot_index(row->snap, row->seg)] = tagged;
        r->tagged += tagged ? 1 : (size_t)-1;
        r->tagged_bytes += tagged ? size_of(row->seg) : 0 - size_of(row->seg);
    }
    return 0;
}

void rows_untag_all(struct rows *r) {
    struct picture *p = &r->state->now;
    if (p->snap != NULL)
        memset(p->tagged, 0, p->snap->segment_count);
    for (size_t i = 0; i < r->count; i++)
        r->items[i].tagged = false;
    r->tagged = 0;
    r->tagged_bytes = 0;
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

bool rows_search(const struct rows *r, const char *text, size_t from, int dir, size_t *index,
                 size_t *nth, size_t *total) {
    size_t len = strlen(text), count = 0;
    size_t first = 0, last = 0;        // of all
    size_t before = 0, before_nth = 0; // the nearest one before `from`, nth 0: none
    size_t after = 0, after_nth = 0;   // and after it
    for (size_t i = 0; len > 0 && i < r->count; i++) {
        if (!match_label(r->items[i].snap, r->items[i].seg, text, len))
            continue;
        if (count++ == 0)
            first = i;
        last = i;
        if (i < from) {
            before = i;
            before_nth = count;
        } else if (i > from && after_nth == 0) {
            after = i;
            after_nth = count;
        }
    }
    if (count == 0)
        return false;
    *total = count;
    if (dir >= 0) {
        *index = after_nth > 0 ? after : first;
        *nth = after_nth > 0 ? after_nth : 1;
    } else {
        *index = before_nth > 0 ? before : last;
        *nth = before_nth > 0 ? before_nth : count;
    }
    return true;
}

uint64_t rows_deadline(const struct rows *r) {
    uint64_t soonest = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].mark == ROW_PLAIN)
            continue;
        uint64_t end = r->items[i].since_ns + ROWS_MARK_NS;
        soonest = soonest == 0 || end < soonest ? end : soonest;
    }
    return soonest;
}
