// trend.h - how the size of many things went over the last minutes, in little memory.
//
// A table of at most TREND_KEYS things, each with its last TREND_SAMPLES values. What is not
// sampled in a round is forgotten.
#ifndef CORE_TREND_H
#define CORE_TREND_H

#include "core/model.h"

enum { TREND_KEYS = 1024, TREND_SAMPLES = 32 };

struct trends; // about 140 KiB

// Owned by the caller. NULL on lack of memory.
struct trends *trends_new(void);
void trends_free(struct trends *t); // NULL is legal

// What a thing is known by here: a hash over every part of its identity.
uint64_t trend_key_segment(const struct seg_id *id);
uint64_t trend_key_process(const struct proc_id *id);

// One round of samples: begin, any number of adds, end. What finds no room is not followed.
void trends_begin(struct trends *t);
void trends_add(struct trends *t, uint64_t key, uint64_t bytes);
void trends_end(struct trends *t);
// The values, oldest first; returns how many there are, 0 for what is not followed.
size_t trends_get(const struct trends *t, uint64_t key, uint64_t out[TREND_SAMPLES]);

#endif
