// hexview.c - bytes to rows of a hex view, with marks for what changed.
#include "core/hexview.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

enum byte_class byte_class(uint8_t byte) {
    if (byte == 0)
        return BYTE_ZERO;
    if (byte >= 0x80)
        return BYTE_HIGH;
    if (byte == ' ' || (byte >= '\t' && byte <= '\r'))
        return BYTE_SPACE;
    return byte < 0x20 || byte == 0x7f ? BYTE_CTRL : BYTE_PRINT;
}

int hexwin_init(struct hexwin *w) {
    *w = (struct hexwin){0};
    return 0;
}

void hexwin_done(struct hexwin *w) {
    if (w == NULL)
        return;
    free(w->parts);
    free(w->bytes);
    free(w->marks);
    free(w->changed_ns);
    *w = (struct hexwin){0};
}

// Carries over when each byte of the part last changed, and marks what differs now.
static void compare_parts(const struct hexwin *old, const struct hexpart *was, struct hexwin *now,
                          const struct hexpart *is) {
    uint64_t start = was->offset > is->offset ? was->offset : is->offset;
    if (start - was->offset >= was->len || start - is->offset >= is->len)
        return;
    uint64_t old_room = was->len - (start - was->offset);
    uint64_t now_room = is->len - (start - is->offset);
    uint64_t count = old_room < now_room ? old_room : now_room;
    size_t from = was->index + (size_t)(start - was->offset);
    size_t to = is->index + (size_t)(start - is->offset);
    for (uint64_t i = 0; i < count; i++, from++, to++) {
        bool known = old->marks[from] < MARK_SWAPPED && now->marks[to] < MARK_SWAPPED;
        if (!known || old->bytes[from] == now->bytes[to]) {
            now->changed_ns[to] = old->changed_ns[from];
        } else {
            now->changed_ns[to] = now->read_ns > 0 ? now->read_ns : 1; // 0 means never
            now->changes++;
        }
    }
}

// Where a part ends, or the end of all numbers.
static uint64_t part_end(const struct hexpart *p) {
    return p->len > UINT64_MAX - p->offset ? UINT64_MAX : p->offset + p->len;
}

static void compare_overlap(const struct hexwin *old, struct hexwin *now) {
    for (size_t i = 0, k = 0; i < old->part_count && k < now->part_count;) {
        compare_parts(old, &old->parts[i], now, &now->parts[k]);
        if (part_end(&old->parts[i]) < part_end(&now->parts[k]))
            i++;
        else
            k++;
    }
}

int hexwin_update_parts(struct hexwin *w, const struct hexpart *parts, size_t part_count,
                        uint64_t end, const uint8_t *bytes, const uint8_t *marks, size_t len,
                        uint64_t mono_ns) {
    struct hexwin now = {.part_count = part_count,
                         .offset = part_count ? parts[0].offset : end,
                         .end = end,
                         .len = len,
                         .read_ns = mono_ns,
                         .changes = w->changes};
    now.parts = calloc(part_count + 1, sizeof *now.parts);
    now.bytes = malloc(len + 1);
    now.marks = calloc(len + 1, 1);
    now.changed_ns = calloc(len + 1, sizeof *now.changed_ns);
    if (now.parts == NULL || now.bytes == NULL || now.marks == NULL || now.changed_ns == NULL) {
        hexwin_done(&now);
        return -ENOMEM;
    }
    if (part_count > 0)
        memcpy(now.parts, parts, part_count * sizeof *parts);
    if (len > 0)
        memcpy(now.bytes, bytes, len);
    if (len > 0 && marks != NULL)
        memcpy(now.marks, marks, len);
    struct hexwin before = *w;
    *w = now;
    compare_overlap(&before, w);
    hexwin_done(&before);
    return 0;
}

int hexwin_update(struct hexwin *w, uint64_t offset, const uint8_t *bytes, const uint8_t *marks,
                  size_t len, uint64_t mono_ns) {
    struct hexpart all = {.offset = offset, .len = len};
    return hexwin_update_parts(w, &all, 1, part_end(&all), bytes, marks, len, mono_ns);
}

bool hexwin_find(const struct hexwin *w, uint64_t offset, size_t *index, size_t *run) {
    *run = 0;
    for (size_t i = 0; i < w->part_count; i++) {
        const struct hexpart *p = &w->parts[i];
        if (offset < p->offset || offset - p->offset >= p->len)
            continue;
        *index = p->index + (size_t)(offset - p->offset);
        *run = p->len - (size_t)(offset - p->offset);
        return true;
    }
    return false;
}

uint64_t hexwin_gap(const struct hexwin *w, uint64_t offset) {
    if (offset < w->offset || offset >= w->end)
        return 0;
    for (size_t i = 0; i < w->part_count; i++) {
        if (w->parts[i].offset > offset)
            return w->parts[i].offset - offset;
        if (offset - w->parts[i].offset < w->parts[i].len)
            return 0;
    }
    return w->end - offset;
}

enum byte_age hexwin_age(const struct hexwin *w, size_t index, uint64_t mono_ns) {
    if (index >= w->len || w->changed_ns[index] == 0)
        return AGE_OLD;
    uint64_t changed = w->changed_ns[index];
    uint64_t age = mono_ns > changed ? mono_ns - changed : 0;
    if (age >= 3 * NS_PER_S)
        return AGE_OLD;
    return age >= 2 * NS_PER_S ? AGE_DIM : age >= NS_PER_S ? AGE_MID : AGE_FRESH;
}

unsigned hex_fit_width(unsigned cols) {
    for (unsigned width = 32; width > 4; width /= 2) {
        unsigned gaps = width / 8 > 1 ? width / 8 - 1 : 0; // one more blank between groups of 8
        if (8 + 2 + width * 3 - 1 + gaps + 2 + width + 2 <= cols)
            return width;
    }
    return 4;
}

size_t hex_dump_line(uint64_t offset, const uint8_t *bytes, size_t len, char buf[96]) {
    static const char digits[] = "0123456789abcdef";
    size_t n = (size_t)snprintf(buf, 96, "%08" PRIx64, offset);
    if (len == 0)
        return n;
    if (len > 16)
        len = 16;
    buf[n++] = ' ';
    for (size_t i = 0; i < 16; i++) {
        if (i % 8 == 0)
            buf[n++] = ' ';
        buf[n++] = i < len ? digits[bytes[i] >> 4] : ' ';
        buf[n++] = i < len ? digits[bytes[i] & 15] : ' ';
        buf[n++] = ' ';
    }
    buf[n++] = ' ';
    buf[n++] = '|';
    for (size_t i = 0; i < len; i++)
        buf[n++] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    buf[n++] = '|';
    buf[n] = '\0';
    return n;
}
