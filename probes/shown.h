// shown.h - what is on the screen is asked about first.
#ifndef PROBES_SHOWN_H
#define PROBES_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model.h"

struct scan;

// Makes ready to answer for scan->want->shown.
void shown_prepare(struct scan *scan);
// True when the object is one of those on the screen.
bool shown_has(const struct scan *scan, enum seg_kind kind, uint64_t dev, uint64_t num);

#endif
