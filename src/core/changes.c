// changes.c - where in a segment bytes changed in the last minute.
#include "core/changes.h"

#include <string.h>

static const uint64_t slot_length_ns = UINT64_C(1000000000) * CHANGES_SECONDS / CHANGES_SLOTS;

void changes_begin(struct changes *c, uint64_t size) {
    if (c->size == size)
        return;
    memset(c, 0, sizeof *c);
    c->size = size;
}

// Empties the slots that have become a minute old.
static void turn(struct changes *c, uint64_t mono_ns) {
    if (c->slot_ns == 0 || mono_ns < c->slot_ns)
        c->slot_ns = mono_ns > 0 ? mono_ns : 1;
    uint64_t passed = (mono_ns - c->slot_ns) / slot_length_ns;
    for (uint64_t i = 0; i < passed && i < CHANGES_SLOTS; i++) {
        c->slot = (c->slot + 1) % CHANGES_SLOTS;
        memset(c->bytes[c->slot], 0, sizeof c->bytes[c->slot]);
    }
    c->slot_ns += passed * slot_length_ns;
}

// The place of an offset, without overflow for any size.
static size_t place_of(const struct changes *c, uint64_t offset) {
    uint64_t part = c->size / CHANGES_PLACES, rest = c->size % CHANGES_PLACES;
    if (part == 0)
        return (size_t)(offset * CHANGES_PLACES / c->size);
    // The first `rest` places are one byte longer.
    uint64_t longer = (part + 1) * rest;
    return (size_t)(offset < longer ? offset / (part + 1) : rest + (offset - longer) / part);
}

static void remember(struct changes *c, uint64_t offset, uint64_t mono_ns) {
    size_t i = 0;
    while (i < CHANGES_RECENT && (c->recent[i].mono_ns == 0 || c->recent[i].offset != offset))
        i++;
    if (i == CHANGES_RECENT) {
        i = c->next;
        c->next = (c->next + 1) % CHANGES_RECENT;
    }
    c->recent[i].offset = offset;
    c->recent[i].mono_ns = mono_ns > 0 ? mono_ns : 1;
}

bool changes_next(const struct changes *c, uint64_t offset, bool back, uint64_t mono_ns,
                  uint64_t *at) {
    bool found = false, beyond = false; // beyond: the best so far lies in the direction asked for
    for (size_t i = 0; i < CHANGES_RECENT; i++) {
        uint64_t when = c->recent[i].mono_ns, place = c->recent[i].offset;
        if (when == 0 || mono_ns - when > CHANGES_SECONDS * UINT64_C(1000000000) || place == offset)
            continue;
        bool ahead = back ? place < offset : place > offset;
        bool nearer = back ? place > *at : place < *at;
        if (!found || (ahead && !beyond) || (ahead == beyond && nearer)) {
            *at = place;
            beyond = ahead;
            found = true;
        }
    }
    return found;
}

void changes_add(struct changes *c, uint64_t offset, uint64_t len, uint64_t mono_ns) {
    turn(c, mono_ns);
    if (offset >= c->size || len == 0)
        return;
    if (len > c->size - offset)
        len = c->size - offset;
    remember(c, offset, mono_ns);
    size_t first = place_of(c, offset), last = place_of(c, offset + len - 1);
    uint64_t each = len / (last - first + 1);
    for (size_t i = first; i <= last; i++) {
        uint64_t sum = c->bytes[c->slot][i] + (each ? each : 1);
        c->bytes[c->slot][i] = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    }
}

uint64_t changes_column(struct changes *c, size_t i, size_t columns, uint64_t mono_ns) {
    uint64_t sum = 0;
    turn(c, mono_ns);
    size_t from = i * CHANGES_PLACES / columns, to = (i + 1) * CHANGES_PLACES / columns;
    for (size_t place = from; place < (to > from ? to : from + 1); place++)
        for (size_t slot = 0; slot < CHANGES_SLOTS; slot++)
            sum += c->bytes[slot][place];
    return sum;
}
