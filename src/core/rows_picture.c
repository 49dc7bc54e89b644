// rows_picture.c - from one picture of the rows and a snapshot to the next picture.
#include "core/rows_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/colkey.h"

enum { NO_ITEM = -1 }; // as uint32_t: more items than there can be

void picture_done(struct picture *p) {
    for (size_t i = 0; i < p->gone_count; i++)
        snapshot_unref(p->gone[i].snap);
    snapshot_unref(p->snap);
    free(p->since_ns);
    free(p->tagged);
    free(p->gone);
    free(p->order);
    free(p->place);
    free(p->shown);
    *p = (struct picture){0};
}

static bool mark_over(uint64_t since_ns, uint64_t mono_ns) {
    return mono_ns > since_ns && mono_ns - since_ns >= ROWS_MARK_NS;
}

// ---- what became of the items of the picture before

struct taking {
    const struct picture *old;
    struct picture *p;
    uint64_t mono_ns;
    uint32_t *became; // of each old item: its number now, or NO_ITEM
    size_t segment;   // how far the merge is, in the new snapshot
    size_t dead;      // and in the gone ones of before
    bool first;
};

static void keep_gone(struct taking *t, const struct gone *g, size_t old_item) {
    struct picture *p = t->p;
    t->became[old_item] = (uint32_t)(p->snap->segment_count + p->gone_count);
    p->gone[p->gone_count] = *g;
    snapshot_ref(g->snap);
    p->gone_count++;
}

// Takes along the gone ones of before up to `id` (NULL: all). True when the last one was `id`: it
// is back, and no longer gone.
static bool pass_gone(struct taking *t, const struct seg_id *id, uint32_t now) {
    size_t segments = t->old->snap != NULL ? t->old->snap->segment_count : 0;
    for (; t->dead < t->old->gone_count; t->dead++) {
        const struct gone *g = &t->old->gone[t->dead];
        int order = id != NULL ? seg_id_compare(&g->seg->id, id) : -1;
        if (order > 0)
            return false;
        if (order == 0) {
            if (now != (uint32_t)NO_ITEM)
                t->became[segments + t->dead] = now;
            t->dead++;
            return !mark_over(g->since_ns, t->mono_ns);
        }
        if (!mark_over(g->since_ns, t->mono_ns))
            keep_gone(t, g, segments + t->dead);
    }
    return false;
}

// Born before the picture that did not have it: that one was not looked at as deeply (descriptors,
// other namespaces). A hundredth of a second covers the clock of file systems.
static bool was_there_already(const struct taking *t, const struct segment *seg) {
    uint64_t born = 0;
    return t->old->snap && seg_get(seg, SEG_BIRTH_TIME, &born) == WHY_KNOWN &&
           born + 10000000u < t->old->snap->wall_ns;
}

static void appeared(struct taking *t) {
    const struct segment *seg = &t->p->snap->segments[t->segment];
    bool back = pass_gone(t, &seg->id, (uint32_t)t->segment);
    if (!t->first && !back && !was_there_already(t, seg))
        t->p->since_ns[t->segment] = t->mono_ns > 0 ? t->mono_ns : 1; // 0 means from the start
    t->segment++;
}

static void vanished(struct taking *t, size_t old_item) {
    const struct picture *old = t->old;
    const struct segment *seg = &old->snap->segments[old_item];
    pass_gone(t, &seg->id, (uint32_t)NO_ITEM);
    if (old->place[old_item] == 0)
        return; // was hidden: nobody saw it, nobody misses it
    keep_gone(t, &(struct gone){seg, old->snap, t->mono_ns}, old_item);
}

static void stayed(struct taking *t, size_t old_item) {
    t->became[old_item] = (uint32_t)t->segment;
    t->p->since_ns[t->segment] = t->old->since_ns[old_item];
    t->p->tagged[t->segment] = t->old->tagged[old_item];
    t->segment++;
}

// Both snapshots are in the order of identities, and so is what was gone: one walk over all.
static void walk(struct taking *t) {
    const struct snapshot *before = t->old->snap, *now = t->p->snap;
    size_t i = 0, old_count = before != NULL ? before->segment_count : 0;
    while (i < old_count || t->segment < now->segment_count) {
        int order = before == now    ? 0
                    : i == old_count ? 1
                    : t->segment == now->segment_count
                        ? -1
                        : seg_id_compare(&before->segments[i].id, &now->segments[t->segment].id);
        if (order == 0)
            stayed(t, i++);
        else if (order < 0)
            vanished(t, i++);
        else
            appeared(t);
    }
    pass_gone(t, NULL, (uint32_t)NO_ITEM);
}

// The order of before, less what went; what came is appended, to be sorted in.
static void take_order(struct taking *t) {
    const struct picture *old = t->old;
    struct picture *p = t->p;
    size_t n = 0;
    p->item_count = p->snap->segment_count + p->gone_count;
    for (size_t i = 0; i < old->item_count; i++) {
        uint32_t item = t->became[old->order[i]];
        if (item != (uint32_t)NO_ITEM) {
            p->order[n++] = item;
            p->place[item] = 1;
        }
    }
    for (size_t item = 0; n < p->item_count; item++)
        if (p->place[item] == 0)
            p->order[n++] = (uint32_t)item;
}

static int take_in(const struct picture *old, uint64_t mono_ns, struct picture *p) {
    size_t segments = p->snap->segment_count, most = segments + old->item_count;
    struct taking t = {.old = old, .p = p, .mono_ns = mono_ns, .first = old->snap == NULL};
    t.became = malloc((old->item_count + 1) * sizeof *t.became);
    p->since_ns = calloc(segments + 1, sizeof *p->since_ns);
    p->tagged = calloc(segments + 1, sizeof *p->tagged);
    p->gone = malloc((old->item_count + 1) * sizeof *p->gone);
    p->order = malloc((most + 1) * sizeof *p->order);
    p->place = calloc(most + 1, sizeof *p->place);
    if (t.became == NULL || p->since_ns == NULL || p->tagged == NULL || p->gone == NULL ||
        p->order == NULL || p->place == NULL) {
        free(t.became);
        return -ENOMEM;
    }
    memset(t.became, 0xff, old->item_count * sizeof *t.became);
    walk(&t);
    take_order(&t);
    free(t.became);
    return 0;
}

// ---- order and rows

const struct segment *picture_segment(const struct picture *p, uint32_t item,
                                      const struct snapshot **snap) {
    size_t segments = p->snap->segment_count;
    *snap = item < segments ? p->snap : p->gone[item - segments].snap;
    return item < segments ? &p->snap->segments[item] : p->gone[item - segments].seg;
}

// The keys are made in the order of memory and put where the order of before has them: that way the
// segments, which are many and large, are read one after the other.
static int sort_items(struct picture *p, enum column col, bool invert) {
    struct colkey *keys = malloc((p->item_count + 1) * sizeof *keys);
    uint32_t *position = p->place; // not needed for the places yet
    if (keys == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < p->item_count; i++)
        position[p->order[i]] = (uint32_t)i;
    for (size_t item = 0; item < p->item_count; item++) {
        const struct snapshot *snap;
        const struct segment *seg = picture_segment(p, (uint32_t)item, &snap);
        struct colkey *key = &keys[position[item]];
        *key = colkey_make(snap, seg, col);
        key->item = (uint32_t)item;
    }
    int r = colkey_sort(keys, p->item_count, col, invert);
    for (size_t i = 0; r == 0 && i < p->item_count; i++)
        p->order[i] = keys[i].item;
    free(keys);
    return r;
}

static int choose_rows(struct picture *p, const struct filter *filter) {
    p->shown = malloc((p->item_count + 1) * sizeof *p->shown);
    if (p->shown == NULL)
        return -ENOMEM;
    for (size_t item = 0; item < p->item_count; item++) {
        const struct snapshot *snap;
        const struct segment *seg = picture_segment(p, (uint32_t)item, &snap);
        p->place[item] = filter_matches(filter, snap, seg);
        p->hidden += item < p->snap->segment_count && p->place[item] == 0;
    }
    for (size_t i = 0; i < p->item_count; i++) {
        uint32_t item = p->order[i];
        if (p->place[item] == 0)
            continue;
        p->shown[p->row_count++] = item;
        p->place[item] = (uint32_t)p->row_count;
    }
    return 0;
}

int picture_make(const struct picture *old, const struct wanted *wanted, struct picture *out) {
    struct picture p = {.snap = snapshot_ref(wanted->snap)};
    int r = take_in(old, wanted->mono_ns, &p);
    bool same_items = p.snap == old->snap && p.item_count == old->item_count;
    if (r == 0 && !(same_items && wanted->sorted))
        r = sort_items(&p, wanted->sort, wanted->invert);
    if (r == 0)
        r = choose_rows(&p, wanted->filter);
    if (r != 0) {
        picture_done(&p);
        return r;
    }
    *out = p;
    return 0;
}

struct row picture_row(const struct picture *p, size_t index, uint64_t mono_ns) {
    uint32_t item = p->shown[index];
    size_t segments = p->snap->segment_count;
    struct row row = {0};
    row.seg = picture_segment(p, item, &row.snap);
    row.id = row.seg->id;
    if (item >= segments) {
        row.mark = ROW_GONE;
        row.since_ns = p->gone[item - segments].since_ns;
        return row;
    }
    row.tagged = p->tagged[item];
    row.since_ns = p->since_ns[item];
    if (row.since_ns > 0 && !mark_over(row.since_ns, mono_ns))
        row.mark = ROW_NEW;
    return row;
}

uint64_t picture_deadline(const struct picture *p, uint64_t mono_ns) {
    uint64_t soonest = 0;
    for (size_t item = 0; item < p->item_count; item++) {
        size_t segments = p->snap->segment_count;
        uint64_t since = item < segments ? p->since_ns[item] : p->gone[item - segments].since_ns;
        bool marked = item >= segments || (since > 0 && !mark_over(since, mono_ns));
        if (marked && p->place[item] != 0 && (soonest == 0 || since + ROWS_MARK_NS < soonest))
            soonest = since + ROWS_MARK_NS;
    }
    return soonest;
}

size_t picture_row_of(const struct picture *p, const struct seg_id *id) {
    if (p->snap == NULL)
        return 0;
    const struct segment *seg = snapshot_find(p->snap, id);
    if (seg != NULL)
        return p->place[snapshot_index(p->snap, seg)];
    size_t low = 0, high = p->gone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = seg_id_compare(&p->gone[middle].seg->id, id);
        if (order == 0)
            return p->place[p->snap->segment_count + middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}
