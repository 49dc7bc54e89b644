// store.h - stores into shared memory that may be taken away while we do.
//
// pwrite(2) tears a number in two and makes an object longer that was cut short a moment before; a
// store through a mapping does neither, but a page that cannot be had is a SIGBUS. So a child of a
// moment stores: at worst it dies alone. No signal handler, and nothing of other threads is
// touched.
#ifndef PROBES_STORE_H
#define PROBES_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store {
    int fd;             // of the object, opened O_RDWR; -1: it is attached already at `at`
    uint8_t *at;        // where byte 0 of an attached object lies
    uint64_t page_size; // of the object: mappings begin at multiples of it
    uint64_t offset;
    const uint8_t *bytes;
    size_t len;
    const uint8_t *expect; // NULL, or bytes that must be there at the moment of storing
    size_t expect_len;     // 1, 2, 4, 8 aligned and equal to len: compared and stored in one step
};

enum store_end {
    STORE_DONE,
    STORE_DIFFERS, // not what was expected: nothing was stored
    STORE_FAULT    // SIGBUS: the object became shorter, or a page could not be had
};

// Aligned 1, 2, 4 and 8 bytes go in as one store that nobody can see half done.
bool store_is_one_step(uint64_t offset, size_t len);
// 0 and *end, or -errno (nothing was stored). After a single step old[0..len) holds what it
// replaced or found.
int store_bytes(const struct store *s, enum store_end *end, uint8_t old[8]);

#endif
