// hash_index.h - from a hash to the positions of array items that may have it.
//
// The caller keeps the items and compares them; the index only narrows the search:
//     size_t at = hash;
//     while (hash_index_next(&idx, hash, &at, &position)) if (matches(position)) ...
#ifndef CORE_HASH_INDEX_H
#define CORE_HASH_INDEX_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct hash_slot {
    uint32_t hash;
    uint32_t position; // of the item, plus 1; 0: the slot is free
};

// Zeroed is empty.
struct hash_index {
    struct hash_slot *slots;
    size_t size; // a power of two, or 0
    size_t used;
};

// Spreads a number over 64 bits (the finaliser of splitmix64).
static inline uint64_t hash_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

// Gives the next candidate; *at starts as the hash. False: no more.
static inline bool hash_index_next(const struct hash_index *idx, uint32_t hash, size_t *at,
                                   uint32_t *position) {
    if (idx->size == 0)
        return false;
    for (;;) {
        const struct hash_slot *slot = &idx->slots[*at & (idx->size - 1)];
        if (slot->position == 0)
            return false;
        (*at)++;
        if (slot->hash == hash) {
            *position = slot->position - 1;
            return true;
        }
    }
}

static inline void hash_index_put_(struct hash_slot *slots, size_t size, struct hash_slot slot) {
    size_t at = slot.hash & (size - 1);

    while (slots[at].position)
        at = (at + 1) & (size - 1);
    slots[at] = slot;
}

// Makes room for `count` items in all. 0 or -ENOMEM.
static inline int hash_index_expect(struct hash_index *idx, size_t count) {
    size_t size = idx->size ? idx->size : 64;

    while (size / 2 < count)
        size *= 2;
    if (size == idx->size)
        return 0;
    struct hash_slot *slots = calloc(size, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < idx->size; i++)
        if (idx->slots[i].position)
            hash_index_put_(slots, size, idx->slots[i]);
    free(idx->slots);
    idx->slots = slots;
    idx->size = size;
    return 0;
}

// Adds an item; doubles are the caller's affair. 0 or -ENOMEM.
static inline int hash_index_add(struct hash_index *idx, uint32_t hash, uint32_t position) {
    if (hash_index_expect(idx, idx->used + 1) < 0)
        return -ENOMEM;
    hash_index_put_(idx->slots, idx->size, (struct hash_slot){hash, position + 1});
    idx->used++;
    return 0;
}

static inline void hash_index_done(struct hash_index *idx) {
    free(idx->slots);
    *idx = (struct hash_index){0};
}

#endif
