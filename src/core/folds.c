// folds.c - which rows have something standing below them.
#include "core/folds.h"

#include <string.h>

static size_t place_of(const struct folds *f, const struct seg_id *id) {
    size_t i = 0;
    while (i < f->count && !seg_id_same(&f->other[i], id))
        i++;
    return i;
}

bool folds_open(const struct folds *f, const struct seg_id *id) {
    return f->open != (place_of(f, id) < f->count);
}

static void drop(struct folds *f, size_t i) {
    f->count--;
    memmove(&f->other[i], &f->other[i + 1], (f->count - i) * sizeof f->other[0]);
}

void folds_set(struct folds *f, const struct seg_id *id, bool open) {
    size_t i = place_of(f, id);
    if (open == f->open) {
        if (i < f->count)
            drop(f, i);
    } else if (i == f->count) {
        if (f->count == FOLDS_MAX)
            drop(f, 0);
        f->other[f->count++] = *id;
    }
}

void folds_set_all(struct folds *f, bool open) {
    f->open = open;
    f->count = 0;
}
