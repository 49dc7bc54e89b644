// diff.c - what changed between two snapshots: a merge of two sorted arrays.
#include "core/diff.h"

#include <string.h>

#include "core/vec.h"

_Static_assert(SEG_FIELD_COUNT <= 29, "the bits above the fields are taken by enum diff_more");

struct making {
    const struct snapshot *before, *after;
    VEC(struct diff_entry) entries;
};

static bool same_bytes(strv a, strv b) {
    const char *x = NULL, *y = NULL;
    size_t x_len = 0, y_len = 0;
    enum why why = strv_get(a, &x, &x_len);

    if (why != strv_get(b, &y, &y_len))
        return false;
    return why != WHY_KNOWN || (x_len == y_len && (x_len == 0 || memcmp(x, y, x_len) == 0));
}

static uint32_t changed_fields(const struct segment *a, const struct segment *b) {
    uint32_t fields = 0;

    // Most are the same in all of them, which is quicker to see at once.
    bool same = memcmp(a->wide_, b->wide_, sizeof a->wide_) == 0 &&
                memcmp(a->narrow_, b->narrow_, sizeof a->narrow_) == 0 &&
                memcmp(a->why, b->why, sizeof a->why) == 0;
    for (unsigned f = 0; !same && f < SEG_FIELD_COUNT; f++) {
        uint64_t x = 0, y = 0;
        if (seg_get(a, (enum seg_field)f, &x) != seg_get(b, (enum seg_field)f, &y) || x != y)
            fields |= UINT32_C(1) << f;
    }
    if (a->flags != b->flags)
        fields |= DIFF_FLAGS;
    if (!same_bytes(a->name, b->name))
        fields |= DIFF_NAME;
    return fields;
}

static int add_segment(struct making *m, enum diff_kind kind, const struct segment *before,
                       const struct segment *after, uint32_t fields) {
    struct diff_entry e = {.kind = kind, .before = before, .after = after, .fields = fields};

    return vec_push(&m->entries, e);
}

static int compare_holders(const struct proc_id *a, const struct proc_id *b) {
    if (a->pid != b->pid)
        return a->pid < b->pid ? -1 : 1;
    return (a->start_ticks > b->start_ticks) - (a->start_ticks < b->start_ticks);
}

static const struct proc_id *holder(const struct snapshot *snap, uint32_t holding) {
    return &snap->processes[snap->holdings[holding].process].id;
}

// Holdings of a segment are sorted by process, and processes by pid: another merge.
static int compare_holdings(struct making *m, const struct segment *before,
                            const struct segment *after) {
    uint32_t i = before->first_holding, i_end = i + before->holding_count;
    uint32_t k = after->first_holding, k_end = k + after->holding_count;

    while (i < i_end || k < k_end) {
        struct diff_entry e = {.before = before, .after = after};
        int c = i == i_end   ? 1
                : k == k_end ? -1
                             : compare_holders(holder(m->before, i), holder(m->after, k));
        if (c == 0) {
            i++;
            k++;
            continue;
        }
        e.kind = c < 0 ? DIFF_RELEASED : DIFF_HELD;
        e.process = c < 0 ? *holder(m->before, i++) : *holder(m->after, k++);
        if (vec_push(&m->entries, e) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int compare_segments(struct making *m) {
    const struct segment *a = m->before ? m->before->segments : NULL;
    const struct segment *a_end = m->before ? a + m->before->segment_count : NULL;
    const struct segment *b = m->after->segments, *b_end = b + m->after->segment_count;
    int rc = 0;

    while (rc == 0 && (a != a_end || b != b_end)) {
        int c = a == a_end ? 1 : b == b_end ? -1 : seg_id_compare(&a->id, &b->id);
        if (c < 0) {
            rc = add_segment(m, DIFF_REMOVED, a++, NULL, 0);
        } else if (c > 0) {
            rc = add_segment(m, DIFF_ADDED, NULL, b++, 0);
        } else {
            uint32_t fields = changed_fields(a, b);
            if (fields)
                rc = add_segment(m, DIFF_CHANGED, a, b, fields);
            if (rc == 0)
                rc = compare_holdings(m, a, b);
            a++;
            b++;
        }
    }
    return rc;
}

int diff_make(const struct snapshot *before, const struct snapshot *after, struct diff *out) {
    struct making m = {.before = before, .after = after};
    int rc = compare_segments(&m);

    if (rc < 0) {
        vec_done(&m.entries);
        return rc;
    }
    *out = (struct diff){before, after, m.entries.items, m.entries.count};
    return 0;
}

void diff_done(struct diff *d) {
    free(d->entries);
    *d = (struct diff){0};
}
