// editbuf.c - edits of bytes that are typed and not yet written, with undo.
#include "core/editbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/vec.h"

enum { STEPS_MAX = 16 * EDIT_MAX };

// One byte before and after. `was`, `is`: whether it was pending.
struct edit_step {
    uint32_t group;
    bool was;
    struct edit_byte before, after;
};

void editbuf_clear(struct editbuf *e) {
    e->count = e->step_count = e->done = 0;
}

void editbuf_done(struct editbuf *e) {
    free(e->bytes);
    free(e->steps);
    *e = (struct editbuf){0};
}

void editbuf_new_group(struct editbuf *e) {
    e->group++;
}

// Index of the first pending byte at or behind the offset.
static size_t place(const struct editbuf *e, uint64_t offset) {
    size_t low = 0, high = e->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (e->bytes[mid].offset < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool editbuf_get(const struct editbuf *e, uint64_t offset, struct edit_byte *out) {
    size_t i = place(e, offset);
    if (i == e->count || e->bytes[i].offset != offset)
        return false;
    *out = e->bytes[i];
    return true;
}

// There is room (see reserve).
static void put(struct editbuf *e, const struct edit_byte *b) {
    size_t i = place(e, b->offset);
    if (i == e->count || e->bytes[i].offset != b->offset) {
        memmove(e->bytes + i + 1, e->bytes + i, (e->count - i) * sizeof *e->bytes);
        e->count++;
    }
    e->bytes[i] = *b;
}

static void drop(struct editbuf *e, uint64_t offset) {
    size_t i = place(e, offset);
    if (i == e->count || e->bytes[i].offset != offset)
        return;
    e->count--;
    memmove(e->bytes + i, e->bytes + i + 1, (e->count - i) * sizeof *e->bytes);
}

// Room for n more bytes and steps. 0, -ENOMEM, -ENOSPC.
static int reserve(struct editbuf *e, size_t n) {
    if (n > EDIT_MAX || e->count > EDIT_MAX - n || e->done > STEPS_MAX - n)
        return -ENOSPC;
    if (e->count + n > e->capacity) {
        struct edit_byte *more = vec_grown_(e->bytes, &e->capacity, e->count + n, sizeof *more);
        if (!more)
            return -ENOMEM;
        e->bytes = more;
    }
    if (e->done + n > e->step_capacity) {
        struct edit_step *more = vec_grown_(e->steps, &e->step_capacity, e->done + n, sizeof *more);
        if (!more)
            return -ENOMEM;
        e->steps = more;
    }
    return 0;
}

static void change(struct editbuf *e, const struct edit_byte *now) {
    struct edit_step step = {.group = e->group, .after = *now};
    step.was = editbuf_get(e, now->offset, &step.before);
    if (step.was)
        step.after.old = step.before.old;
    e->steps[e->done++] = step;
    e->step_count = e->done; // what was undone is gone
    put(e, &step.after);
}

int editbuf_type(struct editbuf *e, uint64_t offset, uint8_t old, uint8_t now) {
    struct edit_byte b = {.offset = offset};
    int err = reserve(e, 1);
    if (err)
        return err;
    editbuf_get(e, offset, &b); // what is typed into a value stays a part of it
    change(e, &(struct edit_byte){offset, b.value, old, now});
    return 0;
}

int editbuf_value(struct editbuf *e, uint64_t offset, const uint8_t *old, const uint8_t *now,
                  size_t len) {
    int err = len > 0 && len - 1 <= UINT64_MAX - offset ? reserve(e, len) : -EINVAL;
    if (err)
        return err;
    uint32_t value = ++e->values;
    editbuf_new_group(e);
    for (size_t i = 0; i < len; i++)
        change(e, &(struct edit_byte){offset + i, value, old[i], now[i]});
    editbuf_new_group(e);
    return 0;
}

bool editbuf_undo(struct editbuf *e, uint64_t *at) {
    if (e->done == 0)
        return false;
    uint32_t group = e->steps[e->done - 1].group;
    while (e->done > 0 && e->steps[e->done - 1].group == group) {
        const struct edit_step *s = &e->steps[--e->done];
        *at = s->after.offset;
        if (s->was)
            put(e, &s->before);
        else
            drop(e, s->after.offset);
    }
    e->group++;
    return true;
}

bool editbuf_redo(struct editbuf *e, uint64_t *at) {
    if (e->done == e->step_count)
        return false;
    uint32_t group = e->steps[e->done].group;
    *at = e->steps[e->done].after.offset;
    for (; e->done < e->step_count && e->steps[e->done].group == group; e->done++)
        put(e, &e->steps[e->done].after); // they were in here before: there is room
    e->group++;
    return true;
}

bool editbuf_range(const struct editbuf *e, size_t *next, struct edit_range *out) {
    size_t i = *next;
    if (i >= e->count)
        return false;
    *out = (struct edit_range){e->bytes[i].offset, 1, &e->bytes[i]};
    for (i++; i < e->count; i++, out->len++)
        if (e->bytes[i].offset != e->bytes[i - 1].offset + 1 ||
            e->bytes[i].value != e->bytes[i - 1].value)
            break;
    *next = i;
    return true;
}

size_t editbuf_range_count(const struct editbuf *e) {
    struct edit_range r;
    size_t n = 0, next = 0;
    while (editbuf_range(e, &next, &r))
        n++;
    return n;
}

void editbuf_written(struct editbuf *e, uint64_t offset, size_t len) {
    size_t from = place(e, offset), to = from;
    while (to < e->count && e->bytes[to].offset - offset < len)
        to++;
    if (to > from)
        memmove(e->bytes + from, e->bytes + to, (e->count - to) * sizeof *e->bytes);
    e->count -= to - from;
    e->step_count = e->done = 0;
}
