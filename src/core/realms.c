// realms.c - which IPC namespace each System V mapping belongs to.
//
// A mapping shows its shmid and its key and nothing else: every IPC namespace counts its own, and a
// process that has left one keeps what it had attached there (ipc_namespaces(7)). The handle
// generation tells inodes with the same number apart, and what the inodes and the segments say
// tells which is whose: key, size, second of creation, creator, attachments, memory, and those of
// their holders who live in a namespace, made its segment or attached it last. Where they say the
// same of several, nobody is credited with any: better an attachment that is not shown than one
// that is shown to the wrong segment. So in doubt remain segments that are alike in all of these
// and that nobody maps but who has left; those without generation (huge pages, or not to be asked
// by an ordinary user) also where others attach and detach meanwhile. A last way would be to
// attach, which leaves traces.
#include "core/realms_parts.h"

#include <inttypes.h>
#include <stdio.h>

typedef VEC(struct member) member_list;

int builder_add_realm(struct builder *b, uint64_t ns) {
    return builder_has_realm(b, ns) ? 0 : vec_push(&b->realms, ns);
}

bool builder_has_realm(const struct builder *b, uint64_t ns) {
    for (size_t i = 0; i < b->realms.count; i++)
        if (b->realms.items[i] == ns)
            return true;
    return false;
}

static int compare_members(const void *left, const void *right) {
    const struct member *x = left, *y = right;
    const struct mapping *a = x->m, *b = y->m;

    if (x->shmid != y->shmid)
        return x->shmid < y->shmid ? -1 : 1;
    if (a->generation != b->generation)
        return a->generation < b->generation ? -1 : 1;
    if (a->ns != b->ns)
        return a->ns < b->ns ? -1 : 1;
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return (a > b) - (a < b);
}

// ---- groups and places

// What was asked of some of them holds for all; what they hold in memory only if it stood still.
static void merge_inode(struct group *g, const struct sysv_inode *inode) {
    if (g->inode.size == 0) {
        struct sysv_inode merged = *inode;
        merged.has_key |= g->inode.has_key;
        merged.key = inode->has_key ? inode->key : g->inode.key;
        g->inode = merged;
    } else if (inode->size != 0 && inode->held != g->inode.held) {
        g->inode.held = UINT64_MAX;
    }
}

static int make_groups(struct contest *c, size_t count) {
    c->groups.count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mapping *m = c->members[i].m;
        if (i == 0 || m->generation == 0 || m->generation != c->members[i - 1].m->generation) {
            struct group fresh = {.first = i,
                                  .distinct = m->generation != 0,
                                  .inode = m->sysv,
                                  .claims = NOWHERE,
                                  .home = true,
                                  .place = NOWHERE};
            if (vec_push(&c->groups, fresh))
                return -ENOMEM;
        }
        struct group *g = &c->groups.items[c->groups.count - 1];
        g->count++;
        g->attached += !m->is_private;
        merge_inode(g, &m->sysv);
    }
    return 0;
}

static void fill_place(struct realm_place *p, const struct segment *seg) {
    uint64_t resident, swapped, key, cuid = UINT32_MAX;
    seg_get(seg, SEG_NATTCH, &p->nattch);
    seg_get(seg, SEG_CREATOR_PID, &p->creator);
    seg_get(seg, SEG_LAST_PID, &p->last);
    seg_get(seg, SEG_SIZE, &p->size);
    seg_get(seg, SEG_CHANGE_TIME, &p->changed);
    seg_get(seg, SEG_CREATOR_UID, &cuid);
    p->cuid = (uint32_t)cuid;
    p->huge = seg->flags & SEG_FLAG_HUGE;
    p->held = UINT64_MAX;
    if (seg_get(seg, SEG_RESIDENT, &resident) == WHY_KNOWN &&
        seg_get(seg, SEG_SWAPPED, &swapped) == WHY_KNOWN)
        p->held = resident + swapped;
    p->has_key = !(seg->flags & SEG_FLAG_DEST) && seg_get(seg, SEG_KEY, &key) == WHY_KNOWN;
    p->key = p->has_key ? (uint32_t)key : 0;
}

static int compare_hints(const void *left, const void *right) {
    const struct hint *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static int make_places(struct contest *c, uint64_t shmid) {
    c->places.count = c->hints.count = 0;
    for (size_t i = 0; i < c->b->realms.count; i++) {
        struct realm_place p = {.ns = c->b->realms.items[i], .claimant = NOWHERE};
        if (!builder_place(c->b, SEG_SYSV, p.ns, 0, shmid, &p.segment))
            continue;
        fill_place(&p, &c->b->segments.items[p.segment]);
        struct hint ns = {p.ns, c->places.count}, creator = {p.creator | HINT_PID, ns.place},
                    last = {p.last | HINT_PID, ns.place};
        if (vec_push(&c->places, p) || vec_push(&c->hints, ns) ||
            (p.creator && vec_push(&c->hints, creator)) || (p.last && vec_push(&c->hints, last)))
            return -ENOMEM;
    }
    if (c->hints.count > 1)
        qsort(c->hints.items, c->hints.count, sizeof *c->hints.items, compare_hints);
    return 0;
}

// Everybody is where a segment of that shmid is, and nowhere else is one.
static bool is_plain(const struct contest *c, size_t count) {
    if (c->places.count != 1)
        return c->places.count == 0;
    for (size_t i = 0; i < count; i++)
        if (c->members[i].m->ns != c->places.items[0].ns)
            return false;
    return c->groups.count <= 1 || !c->groups.items[c->groups.count - 1].distinct;
}

// ---- who says what

static void claim(struct contest *c, size_t group, size_t place) {
    struct group *g = &c->groups.items[group];
    struct realm_place *p = &c->places.items[place];
    if (g->claims == (int)place)
        return;
    g->torn |= g->claims != NOWHERE;
    g->claims = (int)place;
    if (!g->distinct) {
        p->crowd += g->attached;
        return;
    }
    p->contested |= p->claimant != NOWHERE;
    p->claimant = (int)group;
}

static void claim_by(struct contest *c, size_t group, uint64_t key) {
    size_t low = 0, high = c->hints.count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c->hints.items[mid].key < key)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < c->hints.count && c->hints.items[low].key == key; low++)
        claim(c, group, c->hints.items[low].place);
}

static void hear_claims(struct contest *c) {
    for (size_t i = 0; i < c->groups.count; i++) {
        struct group *g = &c->groups.items[i];
        for (size_t k = g->first; k < g->first + g->count; k++) {
            const struct mapping *m = c->members[k].m;
            claim_by(c, i, m->ns);
            claim_by(c, i, realms_pid(c, m) | HINT_PID);
            g->home &= g->claims != NOWHERE && c->places.items[g->claims].ns == m->ns;
        }
    }
}

// In huge pages it is rounded up; to which is not told, but where the size is no multiple of 1 GiB
// it is to 2 MiB.
static bool is_other_size(const struct sysv_inode *inode, uint64_t size) {
    uint64_t gib = 1u << 30, page = inode->size % gib == 0 ? gib : 2u << 20;
    if (!inode->huge)
        return inode->size != size;
    return inode->size < size || inode->size - size >= page;
}

// The inode of a segment has its size and key, and is made when the segment is, which changes later
// or never; the two clocks may be some milliseconds apart.
bool realms_another(const struct group *g, const struct realm_place *p) {
    const struct sysv_inode *inode = &g->inode;
    return (inode->size != 0 && is_other_size(inode, p->size)) || (p->huge && !inode->huge) ||
           (inode->has_key && p->has_key && inode->key != p->key) ||
           (inode->born != 0 && p->changed != 0 && p->changed / 1000000000u + 1 < inode->born);
}

void realms_put(struct contest *c, struct group *g, size_t place) {
    struct realm_place *p = &c->places.items[place];
    g->place = (int)place;
    p->taken += g->attached;
    p->proven += g->distinct ? g->attached : 0;
    p->owned |= g->distinct;
}

// Those who are at home, whom nobody else's word is against, and whose number is right.
static void settle_homes(struct contest *c) {
    for (size_t i = 0; i < c->groups.count; i++) {
        struct group *g = &c->groups.items[i];
        if (g->claims == NOWHERE || g->torn || !g->home)
            continue;
        struct realm_place *p = &c->places.items[g->claims];
        bool fits = g->distinct ? !p->contested && g->attached == p->nattch
                                : p->crowd + (p->claimant == NOWHERE
                                                  ? 0
                                                  : c->groups.items[p->claimant].attached) <=
                                      p->nattch;
        if (fits && !realms_another(g, p))
            realms_put(c, g, (size_t)g->claims);
    }
}

// ---- what came of it

static void note_uncertain(const struct contest *c, const struct group *g) {
    const struct mapping *m = c->members[g->first].m;
    char text[120];
    int n = snprintf(text, sizeof text, "pid %d, shmid %" PRIu64 ": uncertain in which namespace",
                     (int)realms_pid(c, m), m->ino);

    builder_note_many(c->b, "maps", text, n < 0 ? 0 : (size_t)n, WHY_FAILED, 0, g->count);
}

static void apply(const struct contest *c) {
    for (size_t i = 0; i < c->groups.count; i++) {
        const struct group *g = &c->groups.items[i];
        if (g->uncertain || g->doubt)
            note_uncertain(c, g);
        for (size_t k = g->first; k < g->first + g->count; k++) {
            struct mapping *m = c->members[k].m;
            // An inode of its own that is no segment's: not that of its process's namespace either.
            if (g->doubt)
                m->ns = BUILDER_NS_DOUBT;
            else if (g->place == NOWHERE && g->distinct)
                m->ns = BUILDER_NS_NONE;
            if (g->place == NOWHERE)
                continue;
            const struct realm_place *p = &c->places.items[g->place];
            if (m->ns != 0 && m->ns != p->ns)
                c->b->segments.items[p->segment].flags |= SEG_FLAG_LEFT_NAMESPACE;
            m->ns = p->ns;
        }
    }
}

static int settle(struct contest *c, const struct member *members, size_t count) {
    c->members = members;
    int err = make_groups(c, count);
    if (!err)
        err = make_places(c, members[0].shmid);
    if (err || is_plain(c, count))
        return err;
    hear_claims(c);
    settle_homes(c);
    err = realms_judge(c);
    if (!err)
        apply(c);
    return err;
}

static int collect(struct builder *b, member_list *out) {
    for (size_t i = 0; i < b->mappings.count; i++) {
        struct mapping *m = &b->mappings.items[i];
        struct member member = {m->ino, m};
        if (m->kind == SEG_SYSV && vec_push(out, member) < 0)
            return -ENOMEM;
    }
    return 0;
}

// Of a segment itself it is not told that it lies in huge pages.
static void mark_huge(struct builder *b) {
    for (size_t i = 0; i < b->mappings.count; i++) {
        const struct mapping *m = &b->mappings.items[i];
        uint32_t at;
        if (m->kind == SEG_SYSV && m->sysv.huge &&
            builder_place(b, SEG_SYSV, m->ns, 0, m->ino, &at))
            seg_mark_huge(&b->segments.items[at]);
    }
}

static int settle_all(struct builder *b) {
    struct contest c = {.b = b, .budget = REALMS_BUDGET};
    member_list members = {0};
    int err = collect(b, &members);
    if (err == 0 && members.count > 1)
        qsort(members.items, members.count, sizeof *members.items, compare_members);
    for (size_t from = 0, to = 0; err == 0 && from < members.count; from = to) {
        while (to < members.count && members.items[to].shmid == members.items[from].shmid)
            to++;
        err = settle(&c, members.items + from, to - from);
    }
    vec_done(&members);
    vec_done(&c.groups);
    vec_done(&c.places);
    vec_done(&c.hints);
    return err;
}

int builder_settle_realms(struct builder *b) {
    int err = b->realms.count > 1 ? settle_all(b) : 0;
    mark_huge(b);
    return err;
}
