// assign.h - who belongs where, when each belongs to one place and each place is one's.
#ifndef CORE_ASSIGN_H
#define CORE_ASSIGN_H

#include <stddef.h>
#include <stdint.h>

enum { ASSIGN_NOWHERE = -1, ASSIGN_WEIGHT_MAX = 1 << 16 };

// How far it is settled where one belongs.
enum assign_doubt {
    ASSIGN_SURE,  // in every best way it is there
    ASSIGN_SWAPS, // with some others it may stand in each other's places, but in no other ones
    ASSIGN_OPEN   // it may belong to a place that is left over, or nowhere
};

struct assigned {
    int place; // a column, or ASSIGN_NOWHERE
    enum assign_doubt doubt;
    size_t swaps; // the same number for those that swap with each other
};

// Of the ways to give rows to columns, one of those in which the weights sum up to most. weights[r
// * columns + c] says how much speaks for r being at c, up to ASSIGN_WEIGHT_MAX; 0: it cannot be.
// Takes time with the cube of rows + columns. 0 or -ENOMEM.
int assign_best(size_t rows, size_t columns, const uint32_t *weights, struct assigned *out);

#endif
