// realms.c - which IPC namespace each System V mapping belongs to.
//
// A mapping shows its shmid and nothing else: every IPC namespace counts its own, and a process
// that has left one keeps what it had attached there (ipc_namespaces(7)). The handle generation
// tells inodes with the same number apart; which of them is whose is judged by what the segments
// say.
#include "core/builder_parts.h"

#include <inttypes.h>
#include <stdio.h>

#define NO_NAMESPACE UINT64_MAX
enum { GROUPS_MAX = 128, PLACES_MAX = 64, NOWHERE = -1, SCORE_LATE = 4 };

// A System V mapping: the arrays of the builder stay where they are, these are sorted.
struct member {
    uint64_t shmid, ns, size;
    uint32_t generation, born, process, mapping;
};
typedef VEC(struct member) member_list;

// Mappings of one inode as far as can be told: those of one generation, else each alone.
struct group {
    size_t first, count;
    uint64_t attached;   // shared mappings: each is one attachment
    bool distinct;       // told apart by its generation
    uint64_t size, born; // of the inode; 0 not known
    int place;
};

// A segment with the shmid in question.
struct realm_place {
    uint64_t ns, nattch, creator, last, size, changed;
    uint32_t segment;
    uint64_t taken;  // attachments credited to it
    uint64_t proven; // of those, the ones of the group with a generation
    bool owned;      // there is such a group
};

struct contest {
    struct builder *b;
    const struct member *members; // of one shmid
    struct group groups[GROUPS_MAX];
    size_t group_count;
    struct realm_place places[PLACES_MAX];
    size_t place_count;
};

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
    const struct member *a = left, *b = right;

    if (a->shmid != b->shmid)
        return a->shmid < b->shmid ? -1 : 1;
    if (a->generation != b->generation)
        return a->generation < b->generation ? -1 : 1;
    if (a->ns != b->ns)
        return a->ns < b->ns ? -1 : 1;
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return (a->mapping > b->mapping) - (a->mapping < b->mapping);
}

static bool same_group(const struct member *a, const struct member *b) {
    return a->generation == b->generation && a->generation != 0;
}

// False: too many to be told apart, all stay where their processes are.
static bool make_groups(struct contest *c, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct member *m = &c->members[i];
        if (i == 0 || !same_group(m, &c->members[i - 1])) {
            if (c->group_count == GROUPS_MAX)
                return false;
            c->groups[c->group_count++] = (struct group){.first = i,
                                                         .distinct = m->generation != 0,
                                                         .size = m->size,
                                                         .born = m->born,
                                                         .place = NOWHERE};
        }
        struct group *g = &c->groups[c->group_count - 1];
        g->count++;
        g->attached += !c->b->mappings.items[m->mapping].is_private;
    }
    return true;
}

static bool make_places(struct contest *c, uint64_t shmid) {
    for (size_t i = 0; i < c->b->realms.count; i++) {
        struct realm_place p = {.ns = c->b->realms.items[i]};
        if (!builder_place(c->b, SEG_SYSV, p.ns, 0, shmid, &p.segment))
            continue;
        if (c->place_count == PLACES_MAX)
            return false;
        const struct segment *seg = &c->b->segments.items[p.segment];
        seg_get(seg, SEG_NATTCH, &p.nattch);
        seg_get(seg, SEG_CREATOR_PID, &p.creator);
        seg_get(seg, SEG_LAST_PID, &p.last);
        seg_get(seg, SEG_SIZE, &p.size);
        seg_get(seg, SEG_CHANGE_TIME, &p.changed);
        c->places[c->place_count++] = p;
    }
    return true;
}

// Everybody is where a segment of that shmid is, and nowhere else is one.
static bool is_plain(const struct contest *c, size_t count) {
    if (c->place_count != 1)
        return c->place_count == 0;
    for (size_t i = 0; i < count; i++)
        if (c->members[i].ns != c->places[0].ns)
            return false;
    return c->group_count <= 1 || !c->groups[c->group_count - 1].distinct;
}

// The inode of a segment has its size, and is made when the segment is, which changes later or
// never; the two clocks may be some milliseconds apart.
static bool is_another(const struct group *g, const struct realm_place *p) {
    return (g->size != 0 && g->size != p->size) ||
           (g->born != 0 && p->changed != 0 && p->changed / 1000000000u + 1 < g->born);
}

// How much speaks for it; 0: it cannot be.
static uint64_t score(const struct contest *c, const struct group *g, const struct realm_place *p) {
    uint64_t votes = 0;
    bool lives_there = false;

    if ((g->distinct && p->owned) || is_another(g, p))
        return 0;
    for (size_t i = g->first; i < g->first + g->count; i++) {
        uint64_t pid = (uint64_t)c->b->processes.items[c->members[i].process].id.pid;
        bool there = c->members[i].ns == p->ns;
        votes += there + 2u * (pid == p->creator) + 2u * (pid == p->last);
        lives_there |= there;
    }
    // What has no generation may be gone by now: it takes nothing from what has one.
    uint64_t sum = g->attached + (g->distinct ? p->proven : p->taken), fits = sum == p->nattch;
    // Attached after the segment was read: believed of its own namespace only, and there rather
    // than that somebody left another one who is neither its creator nor the last to attach.
    if (sum > p->nattch)
        return lives_there ? SCORE_LATE : 0;
    fits += g->born != 0 && p->changed / 1000000000u == g->born;
    return votes > 0 ? SCORE_LATE + 3 * votes + fits : 1 + fits;
}

static void note_uncertain(const struct contest *c, const struct group *g) {
    const struct member *m = &c->members[g->first];
    char text[120];
    int n = snprintf(text, sizeof text, "pid %d, shmid %" PRIu64 ": uncertain in which namespace",
                     (int)c->b->processes.items[m->process].id.pid, m->shmid);

    builder_note_many(c->b, "maps", text, n < 0 ? 0 : (size_t)n, WHY_FAILED, 0, g->count);
}

// Gives the likeliest pair of those left its place. False: there is none.
static bool settle_one(struct contest *c) {
    struct group *best_group = NULL;
    struct realm_place *best_place = NULL;
    uint64_t best = 0;
    bool tie = false;

    for (size_t i = 0; i < c->group_count; i++) {
        for (size_t k = 0; c->groups[i].place == NOWHERE && k < c->place_count; k++) {
            uint64_t s = score(c, &c->groups[i], &c->places[k]);
            // Only pairs that get into each other's way leave a doubt.
            if (s == best && s > 0)
                tie |= best_place == &c->places[k] || best_group == &c->groups[i];
            if (s <= best)
                continue;
            best = s;
            best_group = &c->groups[i];
            best_place = &c->places[k];
            tie = false;
        }
    }
    if (!best_group)
        return false;
    if ((tie && best_group->distinct) || best == SCORE_LATE || best == 1)
        note_uncertain(c, best_group);
    best_group->place = (int)(best_place - c->places);
    best_place->taken += best_group->attached;
    best_place->proven += best_group->distinct ? best_group->attached : 0;
    best_place->owned |= best_group->distinct;
    return true;
}

static void apply(const struct contest *c) {
    for (size_t i = 0; i < c->group_count; i++) {
        const struct group *g = &c->groups[i];
        // An inode of its own that is no segment's: not that of its process's namespace either.
        for (size_t k = g->first; g->place == NOWHERE && g->distinct && k < g->first + g->count;
             k++)
            c->b->mappings.items[c->members[k].mapping].ns = NO_NAMESPACE;
        if (g->place == NOWHERE)
            continue;
        const struct realm_place *p = &c->places[g->place];
        for (size_t k = g->first; k < g->first + g->count; k++) {
            const struct member *m = &c->members[k];
            if (m->ns != 0 && m->ns != p->ns)
                c->b->segments.items[p->segment].flags |= SEG_FLAG_LEFT_NAMESPACE;
            c->b->mappings.items[m->mapping].ns = p->ns;
        }
    }
}

static void settle(struct builder *b, const struct member *members, size_t count) {
    struct contest c;

    c.b = b;
    c.members = members;
    c.group_count = c.place_count = 0;
    if (!make_groups(&c, count) || !make_places(&c, members[0].shmid) || is_plain(&c, count))
        return;
    while (settle_one(&c)) {
    }
    apply(&c);
}

static int collect(const struct builder *b, member_list *out) {
    for (size_t i = 0; i < b->mappings.count; i++) {
        const struct mapping *m = &b->mappings.items[i];
        struct member member = {.shmid = m->ino,
                                .ns = m->ns,
                                .generation = m->generation,
                                .size = m->size,
                                .born = m->born,
                                .process = m->process,
                                .mapping = (uint32_t)i};
        if (m->kind == SEG_SYSV && vec_push(out, member) < 0)
            return -ENOMEM;
    }
    return 0;
}

int builder_settle_realms(struct builder *b) {
    member_list members = {0};

    if (b->realms.count < 2)
        return 0;
    int err = collect(b, &members);
    if (err == 0 && members.count > 1)
        qsort(members.items, members.count, sizeof *members.items, compare_members);
    for (size_t from = 0, to = 0; err == 0 && from < members.count; from = to) {
        while (to < members.count && members.items[to].shmid == members.items[from].shmid)
            to++;
        settle(b, members.items + from, to - from);
    }
    vec_done(&members);
    return err;
}

// ---- leaving out

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
