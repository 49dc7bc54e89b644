// trend.c - a hash table of short rings of samples.
#include "core/trend.h"

#include <stdlib.h>
#include <string.h>

enum { UNIT = 4096, SLOTS = 2 * TREND_KEYS };

struct entry {
    uint64_t key;
    uint32_t round; // of the last sample, 0: the slot is free
    uint8_t first, count;
    uint32_t pages[TREND_SAMPLES];
};

struct trends {
    uint32_t round;
    size_t used;
    uint16_t slots[SLOTS]; // index into entries + 1, 0 free
    struct entry entries[TREND_KEYS];
};

struct trends *trends_new(void) {
    return calloc(1, sizeof(struct trends));
}

void trends_free(struct trends *t) {
    free(t);
}

static uint64_t mix(uint64_t hash, uint64_t part) {
    hash = (hash ^ part) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

uint64_t trend_key_segment(const struct seg_id *id) {
    uint64_t hash = mix(1, id->kind);
    hash = mix(mix(mix(hash, id->ns), id->dev), id->num);
    for (size_t i = 0; i < 3; i++)
        hash = mix(hash, id->incarnation[i]);
    return hash;
}

uint64_t trend_key_process(const struct proc_id *id) {
    return mix(mix(2, (uint64_t)id->pid), id->start_ticks);
}

// The slot of a key, or the free one where it would go.
static size_t slot_of(const struct trends *t, uint64_t key) {
    size_t i = (size_t)(key % SLOTS);
    while (t->slots[i] && t->entries[t->slots[i] - 1].key != key)
        i = (i + 1) % SLOTS;
    return i;
}

void trends_begin(struct trends *t) {
    t->round++;
}

void trends_add(struct trends *t, uint64_t key, uint64_t bytes) {
    size_t slot = slot_of(t, key);
    if (!t->slots[slot]) {
        if (t->used == TREND_KEYS)
            return;
        t->entries[t->used] = (struct entry){.key = key};
        t->slots[slot] = (uint16_t)++t->used;
    }
    struct entry *e = &t->entries[t->slots[slot] - 1];
    uint64_t pages = bytes / UNIT + (bytes % UNIT != 0);
    if (e->round == t->round)
        return; // twice in one round
    e->round = t->round;
    if (e->count == TREND_SAMPLES)
        e->first = (uint8_t)((e->first + 1) % TREND_SAMPLES);
    else
        e->count++;
    e->pages[(e->first + e->count - 1) % TREND_SAMPLES] = pages > UINT32_MAX ? UINT32_MAX
                                                                             : (uint32_t)pages;
}

void trends_end(struct trends *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->used; i++)
        if (t->entries[i].round == t->round) {
            if (n != i)
                t->entries[n] = t->entries[i];
            n++;
        }
    if (n == t->used)
        return;
    t->used = n;
    memset(t->slots, 0, sizeof t->slots);
    for (size_t i = 0; i < n; i++)
        t->slots[slot_of(t, t->entries[i].key)] = (uint16_t)(i + 1);
}

size_t trends_get(const struct trends *t, uint64_t key, uint64_t out[TREND_SAMPLES]) {
    size_t slot = slot_of(t, key);
    if (!t->slots[slot])
        return 0;
    const struct entry *e = &t->entries[t->slots[slot] - 1];
    for (size_t i = 0; i < e->count; i++)
        out[i] = (uint64_t)e->pages[(e->first + i) % TREND_SAMPLES] * UNIT;
    return e->count;
}
