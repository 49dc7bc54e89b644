// sysv_watch.c - which System V segments have been attached to or detached from since the last
// scan.
#include "probes/sysv_watch.h"

#include <errno.h>
#include <stdlib.h>

#include "core/hash_index.h"
#include "core/snapshot.h"
#include "core/vec.h"

// The kernel moves one of these with every shmat, shmdt, fork and exit that touches the segment.
struct tuple {
    uint64_t ns, shmid;
    uint64_t nattch, atime, dtime, lpid, creation;
    bool changed;
};

struct sysv_watch {
    VEC(struct tuple) items;
    struct hash_index index;
};

int sysv_watch_new(struct sysv_watch **out) {
    struct sysv_watch *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    *out = w;
    return 0;
}

void sysv_watch_free(struct sysv_watch *w) {
    if (!w)
        return;
    vec_done(&w->items);
    hash_index_done(&w->index);
    free(w);
}

static uint32_t hash_of(uint64_t ns, uint64_t shmid) {
    return (uint32_t)hash_mix(hash_mix(ns) ^ shmid);
}

static const struct tuple *find(const struct sysv_watch *w, uint64_t ns, uint64_t shmid) {
    uint32_t hash = hash_of(ns, shmid), position;
    size_t at = hash;
    while (hash_index_next(&w->index, hash, &at, &position))
        if (w->items.items[position].ns == ns && w->items.items[position].shmid == shmid)
            return &w->items.items[position];
    return NULL;
}

bool sysv_watch_changed(const struct sysv_watch *w, uint64_t ns, uint64_t shmid) {
    const struct tuple *t = find(w, ns, shmid);
    return !t || t->changed;
}

static struct tuple tuple_of(const struct segment *seg) {
    struct tuple t = {.ns = seg->id.ns,
                      .shmid = seg->id.num,
                      .creation = hash_mix(seg->id.incarnation[0]) ^ seg->id.incarnation[2]};
    seg_get(seg, SEG_NATTCH, &t.nattch);
    seg_get(seg, SEG_ATTACH_TIME, &t.atime);
    seg_get(seg, SEG_DETACH_TIME, &t.dtime);
    seg_get(seg, SEG_LAST_PID, &t.lpid);
    return t;
}

static bool same(const struct tuple *a, const struct tuple *b) {
    return a->nattch == b->nattch && a->atime == b->atime && a->dtime == b->dtime &&
           a->lpid == b->lpid && a->creation == b->creation;
}

int sysv_watch_update(struct sysv_watch *w, struct builder *b,
                      void (*touched)(void *arg, pid_t last), void *arg) {
    struct sysv_watch next = {0};
    int err = 0;
    for (size_t i = 0; i < builder_segment_count(b) && !err; i++) {
        const struct segment *seg = builder_segment(b, i);
        if (seg->id.kind != SEG_SYSV)
            continue;
        struct tuple t = tuple_of(seg);
        const struct tuple *before = find(w, t.ns, t.shmid);
        t.changed = !before || !same(before, &t);
        if (t.changed && t.lpid > 0 && t.lpid <= INT32_MAX)
            touched(arg, (pid_t)t.lpid);
        err = vec_push(&next.items, t);
        if (!err)
            err = hash_index_add(&next.index, hash_of(t.ns, t.shmid),
                                 (uint32_t)next.items.count - 1);
    }
    vec_done(&w->items);
    hash_index_done(&w->index);
    *w = next;
    return err;
}
