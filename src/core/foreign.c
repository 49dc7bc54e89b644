// foreign.c - takes the System V segments of other namespaces out of a picture that only counts
// them.
#include "core/builder_parts.h"

static bool is_left_out(const struct segment *seg) {
    return seg->foreign && seg->id.kind == SEG_SYSV;
}

static bool holds_left_out(const struct builder *b, enum seg_kind kind, uint64_t ns, uint64_t num) {
    uint32_t at;
    return kind == SEG_SYSV && builder_place(b, kind, ns, 0, num, &at) &&
           is_left_out(&b->segments.items[at]);
}

static void drop_holdings(struct builder *b) {
    size_t keep = 0;
    for (size_t i = 0; i < b->mappings.count; i++) {
        const struct mapping *m = &b->mappings.items[i];
        if (!holds_left_out(b, m->kind, m->ns, m->ino))
            b->mappings.items[keep++] = *m;
    }
    b->mappings.count = keep;
}

// What is left out of the picture still counts in the account.
static void count_left_out(struct coverage *c, const struct segment *seg) {
    uint64_t resident = 0;
    c->foreign++;
    if (seg->flags & SEG_FLAG_HUGE)
        return;
    seg_get(seg, SEG_RESIDENT, &resident);
    c->foreign_sysv++;
    c->foreign_sysv_bytes += resident;
}

int builder_drop_foreign(struct builder *b) {
    size_t keep = 0;
    uint32_t *moved = NULL;

    if (!b->leaves_out_foreign)
        return 0;
    drop_holdings(b);
    moved = calloc(b->segments.count + 1, sizeof *moved);
    if (!moved)
        return -ENOMEM;
    for (size_t i = 0; i < b->segments.count; i++) {
        moved[i] = (uint32_t)keep;
        if (is_left_out(&b->segments.items[i]))
            count_left_out(&b->coverage, &b->segments.items[i]);
        else
            b->segments.items[keep++] = b->segments.items[i];
    }
    bool dropped = keep < b->segments.count;
    b->segments.count = keep;
    for (size_t i = 0; i < b->names.count && dropped; i++)
        b->names.items[i].segment = moved[b->names.items[i].segment];
    free(moved);
    return dropped ? builder_index_again(b) : 0;
}
