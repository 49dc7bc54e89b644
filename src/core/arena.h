// arena.h - memory that is given out piece by piece and freed all at once.
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct arena_chunk;

// Zeroed is empty.
struct arena {
    struct arena_chunk *chunks; // the one in use first
    size_t next_size;           // of the chunk to come
    size_t total;               // bytes taken from malloc(3)
};

// `size` bytes, aligned to `align` (a power of two, at most that of max_align_t), not cleared.
// They live until arena_done. NULL: no memory.
void *arena_alloc(struct arena *a, size_t size, size_t align);
// A copy of len bytes with a NUL after them, or NULL.
char *arena_dup(struct arena *a, const char *bytes, size_t len);
// Frees everything; the arena is empty and usable again.
void arena_done(struct arena *a);

#endif
