// inspect.h - the bytes at the cursor as numbers, times and text.
#ifndef CORE_INSPECT_H
#define CORE_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/snapshot.h"

enum { INSPECT_MAX = 24, INSPECT_TEXT = 170, INSPECT_BYTES = 64 }; // bytes that are looked at

struct inspect_line {
    const char *label; // "u32"
    char text[INSPECT_TEXT];
    bool valid; // enough bytes, and they make sense as this
};

// Fills up to INSPECT_MAX lines for the bytes at the cursor; returns how many.
// Numbers, times and text in either byte order. A time in nanoseconds and a UUID are only there
// where the bytes look like one.
size_t inspect_bytes(const uint8_t *bytes, size_t len, bool big_endian,
                     struct inspect_line out[INSPECT_MAX]);

// The same, led by what only the picture of the machine can tell: a semaphore or a mutex with the
// process that owns it, and a pointer into the mapping that a holder has of this very segment.
// `offset`: of bytes[0] in the segment. snap and seg may be NULL.
size_t inspect_at(const struct snapshot *snap, const struct segment *seg, uint64_t offset,
                  const uint8_t *bytes, size_t len, bool big_endian,
                  struct inspect_line out[INSPECT_MAX]);

// Where in the segment an address lies that a holder would use. False: in no holder's mapping.
bool inspect_address(const struct snapshot *snap, const struct segment *seg, uint64_t address,
                     uint64_t *offset, const struct process **holder);
// "locked, waiters; by 4711 worker" of a mutex. False: the bytes are none.
bool inspect_mutex(const struct snapshot *snap, const struct segment *seg, const uint8_t *bytes,
                   size_t len, char text[INSPECT_TEXT]);
// "4711 worker", "4711 (1 in its container) worker", or why nobody can be named.
void inspect_thread(const struct snapshot *snap, const struct segment *seg, uint32_t tid, char *buf,
                    size_t size);

#endif
