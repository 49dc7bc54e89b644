// bytehash.h - a fast hash of bytes, to see whether they changed.
#ifndef CORE_BYTEHASH_H
#define CORE_BYTEHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Any single changed word changes the hash. Not for keys that somebody else may choose.
static inline uint64_t bytehash(const uint8_t *bytes, size_t len) {
    const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t lane[4] = {len, prime, ~prime, prime << 7}, word;
    size_t i = 0;
    for (; i + 4 * sizeof word <= len; i += 4 * sizeof word) {
        for (size_t k = 0; k < 4; k++) { // four at once: the multiplications overlap
            memcpy(&word, bytes + i + k * sizeof word, sizeof word);
            lane[k] = (lane[k] ^ word) * prime;
            lane[k] ^= lane[k] >> 29;
        }
    }
    for (; i < len; i++)
        lane[0] = (lane[0] ^ bytes[i]) * prime;
    for (size_t k = 1; k < 4; k++)
        lane[0] = (lane[0] ^ lane[k] ^ lane[k] >> 32) * prime;
    return lane[0] ^ lane[0] >> 32;
}

#endif
