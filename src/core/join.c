// join.c - from single mappings, descriptors and locks to one holding a segment and process.
#include "core/builder_parts.h"

#include <inttypes.h>
#include <stdio.h>

enum tie_kind { TIE_MAPPING, TIE_FD, TIE_LOCK };

// One thing by which a process holds a segment; sorting these groups them into holdings.
struct tie {
    uint64_t pair; // segment << 32 | process, both as ranks
    uint64_t start;
    uint32_t source; // in mappings or grips
    enum tie_kind kind;
};

struct place {
    enum seg_kind kind;
    uint64_t ns, dev, num;
    uint32_t generation;
};

// Ties that lead to no segment, counted; told by the first of them.
struct loose {
    uint64_t count;
    uint32_t process;
    struct place at;
};
static const char *const loose_probes[] = {"maps", "fds", "locks"}; // by enum tie_kind
enum { LOOSE_COUNT = 2 * (TIE_LOCK + 1) };                          // twice: no place, several

struct join {
    struct builder *b;
    const uint32_t *segment_rank, *process_rank;
    VEC(struct tie) ties;
    VEC(uint64_t) namespaces; // of the System V segments, each once
    struct loose loose[LOOSE_COUNT];
};

static int compare_ties(const void *left, const void *right) {
    const struct tie *a = left, *b = right;

    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->source > b->source) - (a->source < b->source);
}

static int list_namespaces(struct join *j) {
    const struct builder *b = j->b;
    uint64_t last = 0;

    for (size_t i = 0; i < b->segments.count; i++) {
        const struct seg_id *id = &b->segments.items[i].id;
        size_t k = 0;
        // Segments of a namespace come in a row: the common case costs one comparison.
        if (id->kind != SEG_SYSV || (j->namespaces.count && id->ns == last))
            continue;
        last = id->ns;
        while (k < j->namespaces.count && j->namespaces.items[k] != id->ns)
            k++;
        if (k == j->namespaces.count && vec_push(&j->namespaces, id->ns) < 0)
            return -ENOMEM;
    }
    return 0;
}

// How many namespaces hold that shmid (2 stands for more); *position is that of the first.
static int namespaces_with(const struct join *j, uint64_t shmid, uint32_t *position) {
    int found = 0;
    uint32_t at;

    for (size_t i = 0; i < j->namespaces.count && found < 2; i++)
        if (builder_place(j->b, SEG_SYSV, j->namespaces.items[i], 0, shmid, &at))
            if (++found == 1)
                *position = at;
    return found;
}

static void note_loose(struct join *j) {
    char text[120];

    for (size_t i = 0; i < LOOSE_COUNT; i++) {
        const struct loose *l = &j->loose[i];
        const char *probe = loose_probes[i / 2];
        bool ambiguous = i % 2 != 0;
        int n;
        if (l->count == 0)
            continue;
        int pid = (int)j->b->processes.items[l->process].id.pid;
        if (l->at.kind == SEG_SYSV)
            n = snprintf(text, sizeof text, "pid %d, shmid %" PRIu64 "%s", pid, l->at.num,
                         ambiguous ? " of an unknown namespace" : "");
        else
            n = snprintf(text, sizeof text, "pid %d, %s device %#" PRIx64 " inode %" PRIu64, pid,
                         seg_kind_name(l->at.kind), l->at.dev, l->at.num);
        // Several namespaces have that shmid: which one is meant could not be learned. No segment
        // at all: it went, or came, while the others were being looked at.
        builder_note_many(j->b, probe, text, n < 0 ? 0 : (size_t)n,
                          ambiguous ? WHY_FAILED : WHY_GONE, 0, l->count);
    }
}

static bool resolve(struct join *j, enum tie_kind kind, uint32_t process, const struct place *at,
                    uint32_t *segment) {
    bool found, ambiguous = false;

    if (at->kind == SEG_SYSV && at->ns == BUILDER_NS_DOUBT)
        return false; // who found that out has noted it
    if (at->kind == SEG_SYSV && at->ns == 0) {
        int namespaces = namespaces_with(j, at->num, segment);
        found = namespaces == 1;
        ambiguous = namespaces > 1;
    } else {
        found = builder_place(j->b, at->kind, at->ns, at->dev, at->num, segment);
    }
    if (found && at->kind != SEG_SYSV && at->generation) {
        // Objects keep the handle generation in the second part of the incarnation: an inode
        // number used again meanwhile is another object.
        uint64_t generation = j->b->segments.items[*segment].id.incarnation[1];
        found = generation == 0 || generation == at->generation;
    }
    struct loose *l = &j->loose[2 * kind + (ambiguous ? 1 : 0)];
    if (!found && l->count++ == 0) {
        l->process = process;
        l->at = *at;
    }
    return found;
}

static int add_tie(struct join *j, uint32_t segment, uint32_t process, struct tie tie) {
    tie.pair = (uint64_t)j->segment_rank[segment] << 32 | j->process_rank[process];
    return vec_push(&j->ties, tie);
}

static int collect_ties(struct join *j) {
    const struct builder *b = j->b;
    uint32_t segment;

    if (vec_reserve(&j->ties, b->mappings.count + b->grips.count) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < b->mappings.count; i++) {
        const struct mapping *m = &b->mappings.items[i];
        struct place at = {m->kind, m->ns, m->dev, m->ino, m->generation};
        struct tie tie = {.start = m->start, .source = (uint32_t)i, .kind = TIE_MAPPING};
        if (resolve(j, TIE_MAPPING, m->process, &at, &segment) &&
            add_tie(j, segment, m->process, tie) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < b->grips.count; i++) {
        const struct grip *g = &b->grips.items[i];
        struct place at = {g->kind, g->ns, g->dev, g->num, 0};
        struct tie tie = {.source = (uint32_t)i, .kind = g->is_lock ? TIE_LOCK : TIE_FD};
        if (resolve(j, tie.kind, g->process, &at, &segment) &&
            add_tie(j, segment, g->process, tie) < 0)
            return -ENOMEM;
    }
    return 0;
}

// Writes through a private mapping do not reach the object, but what can be written can be read.
static uint8_t reaching(uint8_t access, bool is_private) {
    if (!is_private)
        return access;
    return (uint8_t)((access & (ACCESS_R | ACCESS_X)) | (access & ACCESS_W ? ACCESS_R : 0));
}

static int add_mapping(const struct mapping *m, struct holding *h, struct joined *out) {
    struct map_range range = {m->start, m->end, m->offset, m->access, m->is_private};
    uint64_t bytes = m->end > m->start ? m->end - m->start : 0;

    if (vec_push(&out->ranges, range) < 0)
        return -ENOMEM;
    h->is_private = m->is_private && (h->mappings == 0 || h->is_private);
    h->mappings++;
    h->range_count++;
    h->mapped_bytes = bytes > UINT64_MAX - h->mapped_bytes ? UINT64_MAX : h->mapped_bytes + bytes;
    h->access |= reaching(m->access, m->is_private);
    return 0;
}

static int make_holdings(struct join *j, struct joined *out) {
    const struct builder *b = j->b;
    uint64_t pair = 0;

    for (size_t i = 0; i < j->ties.count; i++) {
        const struct tie *tie = &j->ties.items[i];
        if (i == 0 || tie->pair != pair) {
            struct holding fresh = {.segment = (uint32_t)(tie->pair >> 32),
                                    .process = (uint32_t)tie->pair,
                                    .first_range = (uint32_t)out->ranges.count};
            if (vec_push(&out->holdings, fresh) < 0)
                return -ENOMEM;
            pair = tie->pair;
        }
        struct holding *h = &out->holdings.items[out->holdings.count - 1];
        if (tie->kind == TIE_MAPPING) {
            if (add_mapping(&b->mappings.items[tie->source], h, out) < 0)
                return -ENOMEM;
        } else if (tie->kind == TIE_FD) {
            h->fds++;
            h->access |= b->grips.items[tie->source].access;
        } else {
            h->locks++;
        }
    }
    return 0;
}

int builder_join(struct builder *b, const uint32_t *segment_rank, const uint32_t *process_rank,
                 struct joined *out) {
    struct join j = {.b = b, .segment_rank = segment_rank, .process_rank = process_rank};
    int rc = list_namespaces(&j);

    if (rc == 0)
        rc = collect_ties(&j);
    if (rc == 0) {
        if (j.ties.count > 1)
            qsort(j.ties.items, j.ties.count, sizeof *j.ties.items, compare_ties);
        rc = make_holdings(&j, out);
    }
    note_loose(&j);
    vec_done(&j.ties);
    vec_done(&j.namespaces);
    return rc;
}

void joined_done(struct joined *j) {
    vec_done(&j->holdings);
    vec_done(&j->ranges);
}
