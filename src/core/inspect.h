// inspect.h - the bytes at the cursor as numbers, times and text.
#ifndef CORE_INSPECT_H
#define CORE_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inspect_line {
    const char *label; // "u32"
    char text[48];
    bool valid; // enough bytes, and they make sense as this
};

enum { INSPECT_MAX = 16 };
// Fills up to INSPECT_MAX lines for the bytes at the cursor; returns how many.
size_t inspect_bytes(const uint8_t *bytes, size_t len, bool big_endian,
                     struct inspect_line out[INSPECT_MAX]);

#endif
