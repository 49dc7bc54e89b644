// hexfold.c - rows of a hex view with what repeats left out.
#include "core/hexfold.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 256 };

void hexfold_init(struct hexfold *f, uint64_t offset, unsigned width, size_t room,
                  const uint64_t *keep, size_t keep_count) {
    *f = (struct hexfold){.width = width < WIDTH_MAX ? width : WIDTH_MAX,
                          .room = room,
                          .keep = keep,
                          .keep_count = keep_count,
                          .next = offset};
}

void hexfold_done(struct hexfold *f) {
    free(f->parts);
    free(f->bytes);
    free(f->marks);
    *f = (struct hexfold){0};
}

bool hexfold_full(const struct hexfold *f) {
    return f->failed || f->lines >= f->room;
}

static bool make_room(struct hexfold *f, size_t len) {
    if (f->len_room - f->len < len) {
        size_t room = (f->len_room + len) * 2;
        uint8_t *bytes = realloc(f->bytes, room);
        if (bytes)
            f->bytes = bytes;
        uint8_t *marks = realloc(f->marks, room);
        if (marks)
            f->marks = marks;
        f->failed |= !bytes || !marks;
        f->len_room = f->failed ? f->len_room : room;
    }
    if (f->part_count == f->part_room) {
        size_t room = f->part_room * 2 + 8;
        struct hexpart *parts = realloc(f->parts, room * sizeof *parts);
        if (parts)
            f->parts = parts;
        f->failed |= !parts;
        f->part_room = parts ? room : f->part_room;
    }
    return !f->failed;
}

static void put(struct hexfold *f, uint64_t offset, const uint8_t *bytes, const uint8_t *marks,
                size_t len) {
    uint8_t copy[2][WIDTH_MAX]; // the row may be one of our own, which may move
    struct hexpart *last = f->parts ? &f->parts[f->part_count - 1] : NULL;
    bool joins = last && last->offset + last->len == offset;
    memcpy(copy[0], bytes, len);
    memcpy(copy[1], marks, len);
    if (!make_room(f, len) || f->parts == NULL)
        return;
    if (!joins)
        f->parts[f->part_count++] = (struct hexpart){.offset = offset, .index = f->len};
    last = &f->parts[f->part_count - 1];
    memcpy(f->bytes + f->len, copy[0], len);
    memcpy(f->marks + f->len, copy[1], len);
    last->len += len;
    f->len += len;
    f->lines++;
}

// One hidden row is no gain and is shown; more take one line.
static void decide(struct hexfold *f) {
    if (f->hidden == 1)
        put(f, f->next - f->width, f->bytes + f->len - f->width, f->marks + f->len - f->width,
            f->width);
    else if (f->hidden > 1)
        f->lines++;
    f->hidden = 0;
}

// The next row to keep at or after an offset.
static uint64_t next_kept(const struct hexfold *f, uint64_t offset) {
    for (size_t i = 0; i < f->keep_count; i++)
        if (f->keep[i] >= offset)
            return f->keep[i];
    return UINT64_MAX;
}

static bool repeats(const struct hexfold *f, const uint8_t *bytes, const uint8_t *marks,
                    size_t len) {
    return len == f->width && f->len >= len && next_kept(f, f->next) != f->next &&
           memcmp(f->bytes + f->len - len, bytes, len) == 0 &&
           memcmp(f->marks + f->len - len, marks, len) == 0;
}

void hexfold_row(struct hexfold *f, const uint8_t *bytes, const uint8_t *marks, size_t len) {
    static const uint8_t all_data[WIDTH_MAX];
    if (!marks)
        marks = all_data;
    if (hexfold_full(f) || len > f->width)
        return;
    if (repeats(f, bytes, marks, len)) {
        f->hidden++;
        f->next += len;
        return;
    }
    decide(f);
    if (hexfold_full(f))
        return;
    put(f, f->next, bytes, marks, len);
    f->next += len;
}

void hexfold_blank(struct hexfold *f, uint64_t len, enum byte_mark mark) {
    static const uint8_t zeroes[WIDTH_MAX];
    uint8_t marks[WIDTH_MAX];
    memset(marks, (int)mark, sizeof marks);
    while (len > 0 && !hexfold_full(f)) {
        size_t n = len < f->width ? (size_t)len : f->width;
        uint64_t before = f->next;
        hexfold_row(f, zeroes, marks, n);
        len -= f->next - before;
        if (f->next == before || f->hidden == 0 || len < f->width)
            continue;
        // The rest up to the next row that has to be shown is like this one.
        uint64_t kept = next_kept(f, f->next) - f->next;
        uint64_t rows = (kept < len ? kept : len) / f->width;
        f->hidden += rows;
        f->next += rows * f->width;
        len -= rows * f->width;
    }
}

void hexfold_end(struct hexfold *f) {
    if (!f->failed)
        decide(f);
}
