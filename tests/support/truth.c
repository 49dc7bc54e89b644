// truth.c - what the world of truth.h is to hold, and what its holders are to show.
#include "tests/support/truth.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/segname.h"
#include "tests/support/hugepages.h"

uint32_t truth_random(uint32_t *state, uint32_t below) {
    uint32_t x = *state ? *state : 1;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *state = x;
    return below ? x % below : 0;
}

// ---- the plan

// Names that mislead whoever trusts them.
static const char *const nasty[] = {
    " (deleted)",  "SYSV00000000",     "SYSV0000abcd (deleted)", "new\nline",
    "back\\slash", "at@4026531839",    "memfd:x (deleted)",      "sem.fake",
    "\xff\xfe",    "\342\200\256bidi",
};

bool truth_is_file(enum seg_kind kind) {
    return kind == SEG_POSIX || kind == SEG_TMPFS || kind == SEG_HUGETLB;
}

static void plan_name(struct truth_object *o, unsigned n, uint32_t *rng) {
    const char *base = o->kind == SEG_HUGETLB ? "/mnt/huge" : o->kind == SEG_TMPFS ? "/mnt" : "";
    const char *odd = truth_random(rng, 3) == 0
                          ? nasty[truth_random(rng, sizeof nasty / sizeof *nasty)]
                          : "";
    if (truth_is_file(o->kind) && truth_random(rng, 6) == 0)
        snprintf(o->name, sizeof o->name, "%s/sub/o%u%s", base, n, odd);
    else if (truth_is_file(o->kind))
        snprintf(o->name, sizeof o->name, "%s/o%u%s", base, n, odd);
    else if (o->kind == SEG_MEMFD)
        snprintf(o->name, sizeof o->name, "o%u%s", n, odd);
}

static uint8_t choose_how(enum seg_kind kind, uint32_t pages, uint32_t *rng) {
    static const uint8_t sysv[] = {HOW_RW, HOW_RO, HOW_SPLIT, HOW_NONE};
    static const uint8_t rest[] = {HOW_RW,   HOW_RO,    HOW_SPLIT, HOW_NONE, HOW_PRIVATE, HOW_FD_R,
                                   HOW_FD_W, HOW_FD_RW, HOW_PATH,  HOW_LOCK, HOW_RECORD,  HOW_OFD};
    uint8_t how = kind == SEG_SYSV || kind == SEG_ANON ? sysv[truth_random(rng, sizeof sysv)]
                                                       : rest[truth_random(rng, sizeof rest)];
    return how == HOW_SPLIT && pages < 3 ? HOW_RW : how;
}

static void plan_holds(struct truth_object *o, uint32_t *rng) {
    // What has no name is there only while it is held; a linked file of /mnt only when mapped.
    bool needs_one = o->kind != SEG_SYSV && (o->kind != SEG_POSIX || o->unlinked);
    size_t count = truth_random(rng, TRUTH_HOLDS + 1);
    if (needs_one && count == 0)
        count = 1;
    for (size_t i = 0; i < count; i++) {
        struct truth_hold *h = &o->holds[i];
        h->holder = (uint8_t)truth_random(rng, TRUTH_HOLDERS);
        h->how = choose_how(o->kind, o->pages, rng);
        // What is inherited is there once.
        h->times = (uint8_t)(o->kind == SEG_ANON ? 1 : 1 + truth_random(rng, TRUTH_TIMES));
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= o->holds[k].holder == h->holder;
        if (o->kind == SEG_ANON && again)
            continue; // it has one mapping of it already
        o->holds[o->hold_count++] = *h;
    }
    if ((o->kind == SEG_TMPFS || o->kind == SEG_HUGETLB) && !o->unlinked)
        o->holds[0].how = HOW_RW;
}

// Some keys are the same in every realm, as those of containers of one image.
static void plan_key(struct truth_object *o, unsigned n, uint32_t *rng) {
    static const uint32_t keys[] = {0, 0x54520000, 0x54530000};
    o->key = keys[truth_random(rng, sizeof keys / sizeof *keys)];
    if (o->key)
        o->key += n;
    if (o->key >= keys[2])
        o->key += (o->realm + 1u) << 8;
    o->visited = truth_random(rng, 2);
}

// Nobody has it but who leaves its namespace, and much of it is like its namesakes in others.
static void plan_leaving(struct truth_object *o, uint32_t *rng) {
    o->pages = 1 + truth_random(rng, 2);
    o->touched = truth_random(rng, o->pages + 1);
    o->key = truth_random(rng, 2) ? 0 : o->key;
    o->visited = true;
    o->hold_count = 1;
    o->holds[0] = (struct truth_hold){TRUTH_HOLDERS - 1, HOW_RW,
                                      (uint8_t)(1 + truth_random(rng, 2))};
}

static void plan_object(struct truth *t, unsigned realm, unsigned n, uint32_t *rng) {
    static const enum seg_kind kinds[] = {SEG_SYSV,  SEG_POSIX, SEG_MEMFD, SEG_ANON,
                                          SEG_TMPFS, SEG_SYSV,  SEG_POSIX, SEG_POSIX};
    static const enum seg_kind huge_kinds[] = {SEG_SYSV, SEG_MEMFD, SEG_ANON, SEG_HUGETLB};
    struct truth_object *o = &t->objects[t->object_count++];
    o->huge = t->huge && n >= TRUTH_OBJECTS - TRUTH_HUGE;
    o->kind = o->huge ? huge_kinds[n % (sizeof huge_kinds / sizeof *huge_kinds)]
                      : kinds[n % (sizeof kinds / sizeof *kinds)];
    o->realm = (uint8_t)realm;
    o->unlinked = truth_is_file(o->kind) && truth_random(rng, 3) == 0;
    o->second = truth_is_file(o->kind) && !o->unlinked && truth_random(rng, 6) == 0;
    o->busy = !o->second && (o->kind == SEG_SYSV || (o->kind == SEG_POSIX && !o->unlinked)) &&
              truth_random(rng, 4) == 0;
    o->pages = 1 + truth_random(rng, o->huge ? 3 : 9);
    o->touched = truth_random(rng, o->pages + 1);
    plan_name(o, n, rng);
    plan_holds(o, rng);
    if (o->kind == SEG_SYSV)
        plan_key(o, n, rng);
    if (o->kind == SEG_SYSV && t->leavers && truth_random(rng, 3) == 0)
        plan_leaving(o, rng);
}

void truth_plan(struct truth *t, uint32_t seed, bool leavers, bool huge) {
    uint32_t rng = seed * 2654435761u + 12345;
    memset(t, 0, sizeof *t);
    t->seed = seed;
    t->leavers = leavers;
    t->huge = huge;
    for (unsigned realm = 0; realm < TRUTH_REALMS; realm++)
        for (unsigned n = 0; n < TRUTH_OBJECTS; n++)
            plan_object(t, realm, n, &rng);
}

// ---- what is to be seen

uint64_t truth_page(const struct truth_object *o) {
    return o->huge ? HUGE_PAGE : TRUTH_PAGE;
}

uint64_t truth_size(const struct truth_object *o) {
    return o->pages * truth_page(o);
}

uint64_t truth_resident(const struct truth_object *o) {
    return o->touched * truth_page(o);
}

pid_t truth_holder(const struct truth *t, const struct truth_object *o, size_t hold) {
    return t->holders[o->realm][o->holds[hold].holder];
}

static void add_hold(const struct truth_object *o, const struct truth_hold *h,
                     struct truth_share *s, uint32_t *shared) {
    static const uint8_t access[] = {
        [HOW_RW] = ACCESS_R | ACCESS_W,
        [HOW_RO] = ACCESS_R,
        [HOW_SPLIT] = ACCESS_R | ACCESS_W,
        [HOW_NONE] = 0,
        [HOW_PRIVATE] = ACCESS_R,
        [HOW_FD_R] = ACCESS_R,
        [HOW_FD_W] = ACCESS_W,
        [HOW_FD_RW] = ACCESS_R | ACCESS_W,
        [HOW_PATH] = 0,
        [HOW_LOCK] = ACCESS_R | ACCESS_W,
        [HOW_RECORD] = ACCESS_R | ACCESS_W,
        [HOW_OFD] = ACCESS_R | ACCESS_W,
    };
    bool maps = h->how <= HOW_PRIVATE;
    s->access |= access[h->how];
    if (!maps) {
        s->fds += h->times;
        s->locks += h->how == HOW_LOCK || h->how == HOW_RECORD ? h->times : 0;
        return;
    }
    s->mappings += h->times * (h->how == HOW_SPLIT ? 3u : 1u);
    *shared += h->how != HOW_PRIVATE;
    s->mapped_bytes += h->times * truth_size(o);
}

bool truth_share(const struct truth *t, const struct truth_object *o, pid_t pid,
                 struct truth_share *out) {
    struct truth_share s = {0};
    uint32_t shared = 0;
    for (size_t i = 0; i < o->hold_count; i++)
        if (truth_holder(t, o, i) == pid)
            add_hold(o, &o->holds[i], &s, &shared);
    s.is_private = s.mappings > 0 && shared == 0;
    *out = s;
    return s.mappings + s.fds > 0;
}

void truth_seg(const struct truth *t, const struct truth_object *o, bool second, char *buf,
               size_t size) {
    char name[sizeof o->name * 4 + 1], at[32] = "";
    const char *more = second ? ".2" : "";
    bool sysv = o->kind == SEG_SYSV;
    if (o->realm != 0)
        snprintf(at, sizeof at, "@%llu",
                 (unsigned long long)(sysv ? t->ipc_ns[o->realm] : t->mnt_ns[o->realm]));
    name_escape(o->name, strlen(o->name), true, name, sizeof name);
    if (sysv)
        snprintf(buf, size, "sysv:%llu%s", (unsigned long long)o->ino, at);
    else if (truth_is_file(o->kind) && !o->unlinked)
        snprintf(buf, size, "%s:%s%s%s", o->kind == SEG_POSIX ? "posix" : "file", name, more, at);
    else
        snprintf(buf, size, "obj:%u:%u:%llu", major(o->dev), minor(o->dev),
                 (unsigned long long)o->ino);
}
