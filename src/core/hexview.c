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
    free(w->bytes);
    free(w->holes);
    free(w->changed_ns);
    *w = (struct hexwin){0};
}

// Carries over when each byte of the new window last changed, and marks what differs now.
static void compare_overlap(struct hexwin *old, struct hexwin *now) {
    uint64_t start = old->offset > now->offset ? old->offset : now->offset;
    uint64_t old_room = old->offset - start + old->len, now_room = now->offset - start + now->len;
    if (start - old->offset >= old->len || start - now->offset >= now->len)
        return;
    uint64_t count = old_room < now_room ? old_room : now_room;
    for (uint64_t i = 0; i < count; i++) {
        size_t from = (size_t)(start - old->offset + i), to = (size_t)(start - now->offset + i);
        if (old->bytes[from] == now->bytes[to]) {
            now->changed_ns[to] = old->changed_ns[from];
        } else {
            now->changed_ns[to] = now->read_ns > 0 ? now->read_ns : 1; // 0 means never
            now->changes++;
        }
    }
}

int hexwin_update(struct hexwin *w, uint64_t offset, const uint8_t *bytes, const uint8_t *holes,
                  size_t len, uint64_t mono_ns) {
    struct hexwin now = {.offset = offset, .len = len, .read_ns = mono_ns, .changes = w->changes};
    now.bytes = malloc(len + 1);
    now.holes = calloc(len + 1, 1);
    now.changed_ns = calloc(len + 1, sizeof *now.changed_ns);
    if (now.bytes == NULL || now.holes == NULL || now.changed_ns == NULL) {
        hexwin_done(&now);
        return -ENOMEM;
    }
    if (len > 0)
        memcpy(now.bytes, bytes, len);
    if (len > 0 && holes != NULL)
        memcpy(now.holes, holes, len);
    compare_overlap(w, &now);
    hexwin_done(w);
    *w = now;
    return 0;
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
