// lens.c - the fields of a parsed lens, each found when it is asked for.
#include "core/lens.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lens_parts.h"

void lens_free(struct lens *l) {
    if (!l)
        return;
    arena_done(&l->arena);
    vec_done(&l->types);
    vec_done(&l->members);
    free(l);
}

static const struct lens_type *root_of(const struct lens *l) {
    return &l->types.items[l->root];
}

uint64_t lens_size(const struct lens *l) {
    return root_of(l)->size;
}

uint64_t lens_rows(const struct lens *l) {
    return root_of(l)->rows;
}

void lens_fit(struct lens *l, uint64_t segment_size) {
    struct lens_type *root = &l->types.items[l->root];
    if (!root->open)
        return;
    struct lens_member *m = &l->members.items[root->first + root->members - 1];
    struct lens_type *t = &l->types.items[m->type];
    const struct lens_type *item = &l->types.items[t->of];
    t->count = segment_size > m->offset ? (segment_size - m->offset) / item->size : 0;
    t->size = t->count * item->size;
    t->rows = m->rows = t->count * item->rows;
    root->rows = m->first_row + m->rows;
    root->size = m->offset + t->size;
}

// Appends to a path; what does not fit is left out.
__attribute__((format(printf, 2, 3))) static void append(char path[LENS_PATH], const char *format,
                                                         ...) {
    size_t n = strlen(path);
    va_list args;
    va_start(args, format);
    vsnprintf(path + n, LENS_PATH - n, format, args);
    va_end(args);
}

static void type_text(const struct lens_type *t, char *buf, size_t size) {
    const char *order = t->value.big_endian && t->value.size > 1 ? "be " : "";
    if (t->value.kind == VALUE_TEXT)
        snprintf(buf, size, "char[%" PRIu64 "]", t->value.size);
    else
        snprintf(buf, size, "%s%s", order, t->name);
}

// The member that shows a row of the record.
static const struct lens_member *member_of_row(const struct lens *l, const struct lens_type *t,
                                               uint64_t row) {
    for (uint32_t i = 0; i < t->members; i++) {
        const struct lens_member *m = &l->members.items[t->first + i];
        if (row >= m->first_row && row - m->first_row < m->rows)
            return m;
    }
    return NULL;
}

bool lens_field(const struct lens *l, uint64_t row, struct lens_field *out) {
    const struct lens_type *t = root_of(l);
    if (row >= t->rows)
        return false;
    out->path[0] = '\0';
    out->offset = 0;
    while (t->form != LENS_LEAF) {
        if (t->form == LENS_ARRAY) {
            const struct lens_type *item = &l->types.items[t->of];
            append(out->path, "[%" PRIu64 "]", row / item->rows);
            out->offset += row / item->rows * item->size;
            row %= item->rows;
            t = item;
            continue;
        }
        const struct lens_member *m = member_of_row(l, t, row);
        if (!m)
            return false;
        if (m->name[0])
            append(out->path, "%s%s", out->path[0] ? "." : "", m->name);
        out->offset += m->offset;
        row -= m->first_row;
        t = &l->types.items[m->type];
    }
    out->value = t->value;
    type_text(t, out->type, sizeof out->type);
    if (!out->path[0])
        snprintf(out->path, sizeof out->path, "%s", out->type);
    return true;
}

// The shown member that holds the byte, or the nearest one behind it, or the last one.
static const struct lens_member *member_at(const struct lens *l, const struct lens_type *t,
                                           uint64_t offset) {
    const struct lens_member *behind = NULL, *last = NULL;
    for (uint32_t i = 0; i < t->members; i++) {
        const struct lens_member *m = &l->members.items[t->first + i];
        if (m->rows == 0)
            continue;
        if (offset >= m->offset && offset - m->offset < l->types.items[m->type].size)
            return m;
        if (m->offset > offset && (!behind || m->offset < behind->offset))
            behind = m;
        if (!last || m->offset >= last->offset)
            last = m;
    }
    return behind ? behind : last;
}

uint64_t lens_row_at(const struct lens *l, uint64_t offset) {
    const struct lens_type *t = root_of(l);
    uint64_t row = 0;
    while (t->form != LENS_LEAF && t->rows > 0) {
        if (t->form == LENS_ARRAY) {
            const struct lens_type *item = &l->types.items[t->of];
            uint64_t index = offset / item->size;
            index = index < t->count ? index : t->count - 1;
            row += index * item->rows;
            offset -= index * item->size;
            t = item;
            continue;
        }
        const struct lens_member *m = member_at(l, t, offset);
        if (!m)
            break;
        row += m->first_row;
        offset = offset > m->offset ? offset - m->offset : 0;
        t = &l->types.items[m->type];
    }
    return row;
}
