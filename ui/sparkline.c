// sparkline.c - a row of numbers as a row of blocks.
#include "ui/widgets.h"

void sparkline_draw(struct canvas *c, int y, int x, int width, enum style style,
                    const uint64_t *values, size_t count) {
    if (width <= 0 || count == 0)
        return;
    size_t first = count > (size_t)width ? count - (size_t)width : 0;
    uint64_t lo = values[first], hi = values[first];
    for (size_t i = first; i < count; i++) {
        lo = values[i] < lo ? values[i] : lo;
        hi = values[i] > hi ? values[i] : hi;
    }
    // Noise below a sixteenth of the value is no mountain.
    uint64_t span = hi - lo, least = hi / 16 + 1;
    span = span > least ? span : least;
    int at = x + width - (int)(count - first);
    for (size_t i = first; i < count; i++) {
        uint32_t step = (uint32_t)((double)(values[i] - lo) / (double)span * 7.0 + 0.5);
        canvas_fill(c, (struct rect){y, at++, 1, 1}, style, 0x2581 + (step > 7 ? 7 : step));
    }
}
