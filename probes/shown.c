// shown.c - what is on the screen is asked about first.
#include "probes/shown.h"

#include "probes/probe.h"

enum { BITS = sizeof((struct scan *)0)->shown_bits * 8 };

void shown_prepare(struct scan *scan) {
    for (size_t i = 0; i < scan->want->shown_count; i++) {
        uint64_t bit = scan->want->shown[i].num % BITS;
        scan->shown_bits[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

bool shown_has(const struct scan *scan, enum seg_kind kind, uint64_t dev, uint64_t num) {
    uint64_t bit = num % BITS;
    if (!(scan->shown_bits[bit / 64] >> bit % 64 & 1)) // nearly all of a hundred thousand
        return false;
    for (size_t i = 0; i < scan->want->shown_count; i++) {
        const struct seg_id *id = &scan->want->shown[i];
        if (id->num == num && id->dev == dev && id->kind == kind)
            return true;
    }
    return false;
}
