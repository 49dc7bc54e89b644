// assign.c - who belongs where, when each belongs to one place and each place is one's.
//
// Each row gets a column of its own for being nowhere, and each column a row for being nobody's, so
// that all are given away and the Hungarian method applies. Where it ends, the pairs that could be
// part of a best way are those without slack, and a row can be elsewhere in a best way just if it
// lies on a circle of such pairs.
#include "core/assign.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

enum { IMPOSSIBLE = 1 << 24 }; // as a cost

struct work {
    size_t rows, columns, n;
    const uint32_t *weights;
    int *u, *v;     // potentials of rows and columns, from 1
    size_t *owner;  // row of each column, from 1; 0 none
    size_t *column; // of each row, from 1
    size_t *way;
    int *slack;
    bool *used, *reach; // reach: n rows of n
};

static int cost(const struct work *w, size_t row, size_t column) {
    if (row > w->rows || column > w->columns)
        return 0;
    uint32_t weight = w->weights[(row - 1) * w->columns + column - 1];
    return weight ? -(int)weight : IMPOSSIBLE;
}

// One step of the method: gives a row a column, along the cheapest chain of changes.
static void give(struct work *w, size_t row) {
    size_t at = 0;
    w->owner[0] = row;
    for (size_t c = 0; c <= w->n; c++) {
        w->slack[c] = INT_MAX;
        w->used[c] = false;
    }
    do {
        size_t next = 0, r = w->owner[at];
        int least = INT_MAX;
        w->used[at] = true;
        for (size_t c = 1; c <= w->n; c++) {
            if (w->used[c])
                continue;
            int reduced = cost(w, r, c) - w->u[r] - w->v[c];
            if (reduced < w->slack[c]) {
                w->slack[c] = reduced;
                w->way[c] = at;
            }
            if (w->slack[c] < least) {
                least = w->slack[c];
                next = c;
            }
        }
        for (size_t c = 0; c <= w->n; c++) {
            if (w->used[c]) {
                w->u[w->owner[c]] += least;
                w->v[c] -= least;
            } else if (c > 0) {
                w->slack[c] -= least;
            }
        }
        at = next;
    } while (w->owner[at] != 0);
    for (; at != 0; at = w->way[at])
        w->owner[at] = w->owner[w->way[at]];
}

// ---- doubt

// Marks the rows whose columns a row could take, and those whose columns they could, and so on.
static void mark_reach(const struct work *w, size_t from, size_t *stack) {
    bool *reach = w->reach + from * (w->n + 1);
    size_t top = 0;
    stack[top++] = from;
    while (top > 0) {
        size_t r = stack[--top];
        for (size_t c = 1; c <= w->n; c++) {
            size_t other = w->owner[c];
            if (other != r && !reach[other] && cost(w, r, c) - w->u[r] - w->v[c] == 0) {
                reach[other] = true;
                stack[top++] = other;
            }
        }
    }
}

static bool reaches(const struct work *w, size_t from, size_t to) {
    return w->reach[from * (w->n + 1) + to];
}

static bool swap(const struct work *w, size_t a, size_t b) {
    return reaches(w, a, b) && reaches(w, b, a);
}

static bool is_somewhere(const struct work *w, size_t row) {
    return row <= w->rows && w->column[row] <= w->columns;
}

static void judge(const struct work *w, size_t row, struct assigned *out) {
    bool moves = false, open = false;
    *out = (struct assigned){.place = ASSIGN_NOWHERE, .swaps = row};
    if (is_somewhere(w, row))
        out->place = (int)w->column[row] - 1;
    // One that is nowhere may be nowhere in another column, which is the same.
    for (size_t c = 1; c <= (out->place < 0 ? w->columns : w->n); c++)
        moves |= w->owner[c] != row && cost(w, row, c) - w->u[row] - w->v[c] == 0 &&
                 reaches(w, w->owner[c], row);
    if (!moves)
        return;
    for (size_t other = 1; other <= w->n; other++) {
        if (other == row || !swap(w, row, other))
            continue;
        open |= !is_somewhere(w, other);
        if (other < out->swaps)
            out->swaps = other;
    }
    out->doubt = open || out->place < 0 ? ASSIGN_OPEN : ASSIGN_SWAPS;
}

int assign_best(size_t rows, size_t columns, const uint32_t *weights, struct assigned *out) {
    size_t n = rows + columns, room = n + 1;
    struct work w = {.rows = rows,
                     .columns = columns,
                     .n = n,
                     .weights = weights,
                     .u = calloc(room, sizeof(int)),
                     .v = calloc(room, sizeof(int)),
                     .owner = calloc(room, sizeof(size_t)),
                     .column = calloc(room, sizeof(size_t)),
                     .way = calloc(room, sizeof(size_t)),
                     .slack = calloc(room, sizeof(int)),
                     .used = calloc(room, sizeof(bool)),
                     .reach = calloc(room * room, sizeof(bool))};
    bool good = w.u && w.v && w.owner && w.column && w.way && w.slack && w.used && w.reach;
    if (good) {
        for (size_t r = 1; r <= n; r++)
            give(&w, r);
        for (size_t c = 1; c <= n; c++)
            w.column[w.owner[c]] = c;
        for (size_t r = 1; r <= n; r++)
            mark_reach(&w, r, w.way);
        for (size_t r = 1; r <= rows; r++)
            judge(&w, r, &out[r - 1]);
    }
    free(w.u);
    free(w.v);
    free(w.owner);
    free(w.column);
    free(w.way);
    free(w.slack);
    free(w.used);
    free(w.reach);
    return good ? 0 : -ENOMEM;
}
