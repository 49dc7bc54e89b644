// colkey.c - sort keys of segments, and a merge sort that profits from the order of the last time.
#include "core/colkey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/leaks.h"
#include "core/origin.h"

enum { TEXT_MAX = (1 << 28) - 1, SHORT_RUN = 12 };

static struct colkey number(enum why why, uint64_t value) {
    return (struct colkey){.num = value, .group = why == WHY_KNOWN ? 0 : COLKEY_MISSING};
}

static struct colkey field(const struct segment *seg, enum seg_field f) {
    uint64_t value = 0;
    enum why why = seg_get(seg, f, &value);
    return number(why, value);
}

static struct colkey text(strv v) {
    const char *bytes = NULL;
    size_t len = 0;
    if (strv_get(v, &bytes, &len) != WHY_KNOWN)
        return number(WHY_NONE, 0);
    struct colkey key = {.text = bytes,
                         .len = (uint32_t)(len < TEXT_MAX ? len : TEXT_MAX) & TEXT_MAX};
    for (size_t i = 0; i < 8; i++)
        key.num = key.num << 8 | (i < len ? (unsigned char)bytes[i] : 0);
    return key;
}

// The kind first, then the name where the SEG shows one, else the number that it shows.
static struct colkey seg_key(const struct segment *seg) {
    uint64_t links = 0;
    struct colkey key = {.num = seg->id.num};
    seg_get(seg, SEG_LINKS, &links);
    bool named = (seg->id.kind == SEG_POSIX || seg->id.kind == SEG_TMPFS ||
                  seg->id.kind == SEG_HUGETLB) &&
                 links > 0 && seg->name.why_ == WHY_KNOWN;
    if (named)
        key = text(seg->name);
    key.group = (((unsigned)seg->id.kind & 7u) * 2 + (named ? 0 : 1)) & 15u;
    return key;
}
_Static_assert((SEG_KIND_COUNT - 1) * 2 + 1 < COLKEY_MISSING, "a group for every kind");

static struct colkey label_key(const struct segment *seg) {
    if (seg->id.kind != SEG_SYSV) {
        struct colkey key = text(seg->name);
        if (seg->id.kind == SEG_ANON && seg->name.why_ == WHY_NONE)
            key.group = 3;
        return key;
    }
    struct colkey key = field(seg, SEG_KEY);
    if (key.group == 0)
        key.group = key.num == 0 ? 2 : 1;
    return key;
}

static struct colkey user_key(const struct snapshot *snap, const struct segment *seg) {
    struct colkey uid = field(seg, SEG_UID);
    if (uid.group == COLKEY_MISSING)
        return uid;
    struct colkey name = text(snapshot_user(snap, (uint32_t)uid.num));
    if (name.group != COLKEY_MISSING)
        return name;
    uid.group = 1;
    return uid;
}

static struct colkey place_key(const struct segment *seg) {
    if (!seg->foreign)
        return number(WHY_NONE, 0);
    struct colkey key = text(seg->container);
    if (key.group != COLKEY_MISSING)
        return key;
    bool sysv = seg->id.kind == SEG_SYSV;
    key = field(seg, sysv ? SEG_IPC_NS : SEG_MNT_NS);
    if (key.group == 0)
        key.group = sysv ? 1 : 2;
    return key;
}

static struct colkey state_key(const struct segment *seg) {
    const char *word = column_state(seg);
    return text(strv_of(word, strlen(word)));
}

// What can be had back first, and of that the largest.
static struct colkey verdict_key(const struct segment *seg) {
    return (struct colkey){.group = leaks_rank(verdict_of(seg)) & 15u,
                           .num = UINT64_MAX - leaks_bytes(seg)};
}
_Static_assert((int)VERDICT_COUNT < (int)COLKEY_MISSING, "a group for every verdict");

static struct colkey origin_key(const struct snapshot *snap, const struct segment *seg) {
    const struct origin *row = origin_of(snap, seg);
    return text(row ? strv_of(row->software, strlen(row->software)) : strv_missing(WHY_NONE));
}

static struct colkey counted(const struct snapshot *snap, const struct segment *seg,
                             enum why (*count)(const struct snapshot *, const struct segment *,
                                               uint64_t *)) {
    uint64_t value = 0;
    enum why why = count(snap, seg, &value);
    return number(why, value);
}

static struct colkey age_key(const struct segment *seg) {
    uint64_t latest = 0;
    enum why why = column_latest(seg, &latest);
    return number(why, UINT64_MAX - latest); // the earlier, the older
}

static struct colkey key_of(const struct snapshot *snap, const struct segment *seg,
                            enum column col) {
    static const struct {
        bool is_field;
        uint8_t field;
    } fields[COLUMN_COUNT] = {
        [COL_KEY] = {true, SEG_KEY},
        [COL_SIZE] = {true, SEG_SIZE},
        [COL_RESIDENT] = {true, SEG_RESIDENT},
        [COL_TREND] = {true, SEG_RESIDENT},
        [COL_SWAPPED] = {true, SEG_SWAPPED},
        [COL_MODE] = {true, SEG_MODE},
        [COL_PERM] = {true, SEG_MODE},
        [COL_UID] = {true, SEG_UID},
        [COL_GID] = {true, SEG_GID},
        [COL_CREATOR] = {true, SEG_CREATOR_PID},
        [COL_LAST] = {true, SEG_LAST_PID},
        [COL_NATTCH] = {true, SEG_NATTCH},
        [COL_HIDDEN] = {true, SEG_HIDDEN},
        [COL_ATTACH] = {true, SEG_ATTACH_TIME},
        [COL_DETACH] = {true, SEG_DETACH_TIME},
        [COL_CHANGE] = {true, SEG_CHANGE_TIME},
        [COL_BIRTH] = {true, SEG_BIRTH_TIME},
        [COL_IPC_NS] = {true, SEG_IPC_NS},
        [COL_MNT_NS] = {true, SEG_MNT_NS},
    };
    if (fields[col].is_field)
        return field(seg, (enum seg_field)fields[col].field);
    switch (col) {
    case COL_ID:
        return seg_key(seg);
    case COL_KIND:
        return number(WHY_KNOWN, seg->id.kind);
    case COL_NAME:
        return text(seg->name);
    case COL_LABEL:
        return label_key(seg);
    case COL_USER:
        return user_key(snap, seg);
    case COL_PLACE:
        return place_key(seg);
    case COL_CONTAINER:
        return text(seg->container);
    case COL_HOLDERS:
        return counted(snap, seg, column_holders);
    case COL_ATT:
        return counted(snap, seg, column_att);
    case COL_AGE:
        return age_key(seg);
    case COL_FLAGS:
        return number(seg->flags ? WHY_KNOWN : WHY_NONE, seg->flags);
    case COL_STATE:
        return state_key(seg);
    case COL_VERDICT:
        return verdict_key(seg);
    case COL_ORIGIN:
        return origin_key(snap, seg);
    default:
        return number(WHY_NOT_ASKED, 0);
    }
}

struct colkey colkey_make(const struct snapshot *snap, const struct segment *seg, enum column col) {
    struct colkey key = key_of(snap, seg, (unsigned)col < COLUMN_COUNT ? col : COL_ID);
    key.seg = seg;
    return key;
}

static int by_value(const struct colkey *a, const struct colkey *b) {
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->num != b->num)
        return a->num < b->num ? -1 : 1;
    if (a->text == NULL || b->text == NULL)
        return 0;
    uint32_t shorter = a->len < b->len ? a->len : b->len;
    int order = shorter > 0 ? memcmp(a->text, b->text, shorter) : 0;
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

// `down`: largest first.
static int compare(const struct colkey *a, const struct colkey *b, bool down) {
    int order = by_value(a, b);
    if (order == 0)
        return seg_id_compare(&a->seg->id, &b->seg->id);
    return down && a->group != COLKEY_MISSING && b->group != COLKEY_MISSING ? -order : order;
}

int colkey_compare(const struct colkey *a, const struct colkey *b, enum column col, bool invert) {
    return compare(a, b, column_info(col)->number != invert);
}

int column_compare(const struct snapshot *snap, const struct segment *a, const struct segment *b,
                   enum column col, bool invert) {
    struct colkey x = colkey_make(snap, a, col), y = colkey_make(snap, b, col);
    return colkey_compare(&x, &y, col, invert);
}

// Where the ordered run that begins at `from` ends. A falling run is turned round, a short one is
// made longer by insertion.
static size_t take_run(struct colkey *keys, size_t from, size_t count, bool down) {
    size_t end = from + 1;
    if (end < count && compare(&keys[from], &keys[end], down) > 0) {
        while (end < count && compare(&keys[end - 1], &keys[end], down) > 0)
            end++;
        for (size_t i = from, j = end - 1; i < j; i++, j--) {
            struct colkey swap = keys[i];
            keys[i] = keys[j];
            keys[j] = swap;
        }
    } else {
        while (end < count && compare(&keys[end - 1], &keys[end], down) <= 0)
            end++;
    }
    for (; end < count && end - from < SHORT_RUN; end++) {
        struct colkey key = keys[end];
        size_t at = end;
        for (; at > from && compare(&keys[at - 1], &key, down) > 0; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
    return end;
}

static void merge(const struct colkey *from, size_t a, size_t middle, size_t end, struct colkey *to,
                  bool down) {
    size_t b = middle, n = a;
    while (a < middle && b < end)
        to[n++] = compare(&from[a], &from[b], down) <= 0 ? from[a++] : from[b++];
    memcpy(to + n, from + a, (middle - a) * sizeof *to);
    memcpy(to + n + (middle - a), from + b, (end - b) * sizeof *to);
}

// Merges neighbouring runs of `from` into `to`; ends[] gets the ends of what results.
static size_t merge_runs(const struct colkey *from, struct colkey *to, size_t *ends, size_t runs,
                         bool down) {
    size_t start = 0, made = 0;
    for (size_t i = 0; i < runs; i += 2) {
        size_t middle = ends[i], end = i + 1 < runs ? ends[i + 1] : middle;
        merge(from, start, middle, end, to, down);
        ends[made++] = end;
        start = end;
    }
    return made;
}

int colkey_sort(struct colkey *keys, size_t count, enum column col, bool invert) {
    bool down = column_info(col)->number != invert;
    size_t sorted = 1, runs = 0;
    while (sorted < count && compare(&keys[sorted - 1], &keys[sorted], down) <= 0)
        sorted++;
    if (sorted >= count)
        return 0;
    struct colkey *other = malloc(count * sizeof *other);
    size_t *ends = malloc((count / SHORT_RUN + 2) * sizeof *ends);
    if (other == NULL || ends == NULL) {
        free(other);
        free(ends);
        return -ENOMEM;
    }
    for (size_t at = 0; at < count; at = ends[runs - 1]) {
        size_t end = take_run(keys, at, count, down);
        ends[runs++] = end;
    }
    struct colkey *from = keys, *to = other;
    while (runs > 1) {
        runs = merge_runs(from, to, ends, runs, down);
        struct colkey *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, count * sizeof *keys);
    free(other);
    free(ends);
    return 0;
}
