// arena.c - a bump allocator over chunks that grow.
#include "core/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

// Where the next piece would begin in a chunk.
static size_t aligned(const struct arena_chunk *c, size_t align) {
    return (c->used + align - 1) & ~(align - 1);
}

static struct arena_chunk *chunk_add(struct arena *a, size_t size) {
    if (a->next_size == 0)
        a->next_size = FIRST_CHUNK;
    size_t room = size > a->next_size ? size : a->next_size;
    if (room > SIZE_MAX - sizeof(struct arena_chunk))
        return NULL;
    struct arena_chunk *c = malloc(sizeof *c + room);
    if (!c)
        return NULL;
    c->used = 0;
    c->size = room;
    a->total += sizeof *c + room;
    if (size > a->next_size && a->chunks) {
        // A piece too large for a chunk gets its own, behind the one still being filled.
        c->next = a->chunks->next;
        a->chunks->next = c;
    } else {
        c->next = a->chunks;
        a->chunks = c;
        if (a->next_size < LARGEST_CHUNK)
            a->next_size *= 2;
    }
    return c;
}

void *arena_alloc(struct arena *a, size_t size, size_t align) {
    struct arena_chunk *c = a->chunks;

    if (!c || aligned(c, align) > c->size || c->size - aligned(c, align) < size) {
        c = chunk_add(a, size);
        if (!c)
            return NULL;
    }
    size_t at = aligned(c, align);
    c->used = at + size;
    return c->bytes + at;
}

char *arena_dup(struct arena *a, const char *bytes, size_t len) {
    if (len == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(a, len + 1, 1);
    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

void arena_done(struct arena *a) {
    struct arena_chunk *next;

    for (struct arena_chunk *c = a->chunks; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){0};
}
