// folds.h - which rows have something standing below them: none or all, but for some.
#ifndef CORE_FOLDS_H
#define CORE_FOLDS_H

#include "core/model.h"

enum { FOLDS_MAX = 256 };

// Zeroed: all are folded.
struct folds {
    bool open;                      // what all are
    struct seg_id other[FOLDS_MAX]; // turned the other way by hand; the oldest falls out
    size_t count;
};

bool folds_open(const struct folds *f, const struct seg_id *id);
void folds_set(struct folds *f, const struct seg_id *id, bool open);
void folds_set_all(struct folds *f, bool open); // forgets the exceptions

#endif
