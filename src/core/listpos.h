// listpos.h - where a list stands: what of it is selected, what is on the screen, what a search
// finds.
#ifndef CORE_LISTPOS_H
#define CORE_LISTPOS_H

#include <stdbool.h>
#include <stddef.h>

// Keeps the selection among `count` lines and on a screen of `height` of them (0 counts as 1), and
// the screen full while there are lines. *top is the first line on the screen.
void listpos_settle(size_t count, size_t height, size_t *selected, size_t *top);
// The selection moved by `delta` lines, clamped. Still to be settled.
size_t listpos_move(size_t count, size_t selected, long delta);

// A search from a line, which is the last to count, in direction dir, wrapping. All lines are gone
// through from the first on; those that match are told.
struct listpos_search {
    size_t from;
    int dir;
    size_t index, nth, total; // found: the line, and "1 of 3"; total 0: nothing
    bool beyond;              // it lies on the asked side of `from`
};
void listpos_match(struct listpos_search *s, size_t line);
// True when something matched: *index, *nth and *total are given, else left alone.
bool listpos_found(const struct listpos_search *s, size_t *index, size_t *nth, size_t *total);

#endif
