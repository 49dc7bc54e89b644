// listpos.c - where a list stands: selection, screen and search, whatever its lines are.
#include "core/listpos.h"

void listpos_settle(size_t count, size_t height, size_t *selected, size_t *top) {
    height = height > 0 ? height : 1;
    if (*selected >= count)
        *selected = count > 0 ? count - 1 : 0;
    if (*top > *selected)
        *top = *selected;
    if (*selected - *top >= height)
        *top = *selected - height + 1;
    if (*top > 0 && count - *top < height)
        *top = count > height ? count - height : 0;
}

size_t listpos_move(size_t count, size_t selected, long delta) {
    size_t step = delta < 0 ? 0 - (size_t)delta : (size_t)delta;
    if (delta < 0)
        return selected - (step < selected ? step : selected);
    if (step < count - selected)
        return selected + step;
    return count > 0 ? count - 1 : selected;
}

void listpos_match(struct listpos_search *s, size_t line) {
    bool side = s->dir >= 0 ? line > s->from : line < s->from;
    s->total++;
    // Forward the first one of its side counts, backward the last one.
    if (s->total == 1 || (side && !s->beyond) || (s->dir < 0 && side == s->beyond)) {
        s->index = line;
        s->nth = s->total;
        s->beyond = side;
    }
}

bool listpos_found(const struct listpos_search *s, size_t *index, size_t *nth, size_t *total) {
    if (s->total == 0)
        return false;
    *index = s->index;
    *nth = s->nth;
    *total = s->total;
    return true;
}
