// realms_judge.c - which of several segments with the same number a System V mapping is of.
#include "core/realms_parts.h"

#include <stdlib.h>

enum { GROUPS_MAX = 128, PLACES_MAX = 64 };

// What speaks for a pair. Who lives there, made it or was the last to attach it speaks louder than
// all that only fits; who lives there is believed even where the numbers were taken too early.
enum { SCORE_MIGHT = 1, SCORE_WEAK = 2, SCORE_LATE = 1024, SCORE_VOTE = 1024, VOTES_MAX = 60 };

// Whoever makes namespaces by the hundred must not keep us busy with what is in them.
static bool afford(struct contest *c, uint64_t steps) {
    bool can = steps <= c->budget;
    c->budget -= can ? steps : 0;
    return can;
}

static bool lives_at(const struct contest *c, const struct group *g, const struct realm_place *p) {
    for (size_t i = g->first; i < g->first + g->count; i++)
        if (c->members[i].m->ns == p->ns)
            return true;
    return false;
}

static bool is_rest(const struct group *g) {
    return !g->distinct && g->place == NOWHERE && !g->doubt;
}

// Mappings of one process that may be of the same segment: where they have no generation each comes
// alone, side by side with the others.
static bool is_company(const struct contest *c, const struct group *g, const struct group *other) {
    return !other->distinct &&
           c->members[other->first].m->process == c->members[g->first].m->process;
}

static struct group *first_of_company(const struct contest *c, const struct group *g) {
    size_t i = (size_t)(g - c->groups.items);
    while (i > 0 && is_company(c, g, &c->groups.items[i - 1]))
        i--;
    return &c->groups.items[i];
}

// The next one of those that are left, from `at` on; NULL: none.
static struct group *next_of_company(const struct contest *c, const struct group *g,
                                     struct group *at) {
    for (; at < c->groups.items + c->groups.count && is_company(c, g, at); at++)
        if (is_rest(at) && at->inode.key == g->inode.key)
            return at;
    return NULL;
}

static uint64_t attached_by_company(const struct contest *c, const struct group *g) {
    uint64_t sum = 0;
    if (g->distinct)
        return g->attached;
    for (struct group *at = first_of_company(c, g); (at = next_of_company(c, g, at)); at++)
        sum += at->attached;
    return sum;
}

// How much speaks for it; 0: it cannot be.
static uint32_t score(const struct contest *c, const struct group *g, const struct realm_place *p) {
    uint32_t votes = 0, fits = 0;

    if ((g->distinct && p->owned) || realms_another(g, p))
        return 0;
    for (size_t i = g->first; i < g->first + g->count && votes < VOTES_MAX; i++) {
        const struct mapping *m = c->members[i].m;
        uint64_t pid = realms_pid(c, m);
        votes += (m->ns == p->ns) + 2u * (pid == p->creator) + 2u * (pid == p->last);
    }
    // What has no generation may be gone by now: it takes nothing from what has one.
    uint64_t taken = g->distinct ? p->proven : p->taken, sum = g->attached + taken;
    // Attached after the segment was read: believed of its own namespace only, and there rather
    // than that somebody left another one who is neither its creator nor the last to attach.
    if (sum > p->nattch)
        return lives_at(c, g, p) ? SCORE_LATE : 0;
    fits += 2u * (taken + attached_by_company(c, g) == p->nattch);
    fits += 2u * (g->inode.born != 0 && p->changed / 1000000000u == g->inode.born);
    fits += g->inode.size != 0 && g->inode.uid == p->cuid;
    fits += g->inode.has_key && p->has_key && p->key != 0; // is_another: it is the same
    return SCORE_MIGHT + fits + (votes > 0 ? SCORE_LATE + SCORE_VOTE * votes : 0);
}

// ---- those with a generation: one inode, one segment

// The pairs that are still to be judged.
struct matrix {
    size_t rows, columns;
    size_t group[GROUPS_MAX], place[PLACES_MAX];
    uint32_t weight[GROUPS_MAX * PLACES_MAX];
    struct assigned got[GROUPS_MAX];
};

static struct group *row_group(struct contest *c, const struct matrix *m, size_t row) {
    return &c->groups.items[m->group[row]];
}

static bool is_wanted(struct contest *c, const struct matrix *m, size_t place) {
    for (size_t r = 0; r < m->rows; r++)
        if (score(c, row_group(c, m, r), &c->places.items[place]) > 0)
            return true;
    return false;
}

// False: there are too many.
static bool fill_matrix(struct contest *c, struct matrix *m) {
    for (size_t i = 0; i < c->groups.count; i++) {
        const struct group *g = &c->groups.items[i];
        if (!g->distinct || g->place != NOWHERE)
            continue;
        if (m->rows == GROUPS_MAX)
            return false;
        m->group[m->rows++] = i;
    }
    for (size_t i = 0; i < c->places.count; i++) {
        if (c->places.items[i].owned || !is_wanted(c, m, i))
            continue;
        if (m->columns == PLACES_MAX)
            return false;
        m->place[m->columns++] = i;
    }
    for (size_t r = 0; r < m->rows; r++)
        for (size_t k = 0; k < m->columns; k++)
            m->weight[r * m->columns + k] = score(c, row_group(c, m, r),
                                                  &c->places.items[m->place[k]]);
    return true;
}

// The same processes map both alike: whichever is which, who holds what is the same.
static bool is_alike(const struct contest *c, const struct group *a, const struct group *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct mapping *x = c->members[a->first + i].m, *y = c->members[b->first + i].m;
        if (x->process != y->process || x->access != y->access || x->is_private != y->is_private)
            return false;
    }
    return true;
}

static bool swaps_with_its_like(struct contest *c, const struct matrix *m, size_t row) {
    for (size_t r = 0; r < m->rows; r++)
        if (m->got[r].swaps == m->got[row].swaps &&
            !is_alike(c, row_group(c, m, r), row_group(c, m, row)))
            return false;
    return true;
}

static void settle_row(struct contest *c, const struct matrix *m, size_t row) {
    struct group *g = row_group(c, m, row);
    const struct assigned *got = &m->got[row];
    uint32_t weight = got->place == NOWHERE ? 0 : m->weight[row * m->columns + (size_t)got->place];
    bool sure = got->doubt == ASSIGN_SURE;
    if (sure && got->place == NOWHERE)
        return;
    g->doubt = weight <= SCORE_WEAK ||
               !(sure || (got->doubt == ASSIGN_SWAPS && swaps_with_its_like(c, m, row)));
    g->uncertain = !sure || weight == SCORE_LATE;
    if (!g->doubt)
        realms_put(c, g, m->place[got->place]);
}

// What it has in memory, when both were looked at.
static bool fits_in_memory(const struct group *g, const struct realm_place *p) {
    return g->inode.size != 0 && g->inode.held != UINT64_MAX && g->inode.held == p->held;
}

// The memory of a segment moves between two looks, so it proves something only where it fits for
// all that are in doubt and all that these might be.
static int settle_by_memory(struct contest *c, const struct matrix *all) {
    struct matrix *m = calloc(1, sizeof *m);
    if (!m)
        return -ENOMEM;
    for (size_t r = 0; r < all->rows; r++)
        if (row_group(c, all, r)->doubt)
            m->group[m->rows++] = all->group[r];
    for (size_t k = 0; k < all->columns; k++)
        if (!c->places.items[all->place[k]].owned && is_wanted(c, m, all->place[k]))
            m->place[m->columns++] = all->place[k];
    for (size_t r = 0; r < m->rows; r++)
        for (size_t k = 0; k < m->columns; k++) {
            const struct realm_place *p = &c->places.items[m->place[k]];
            const struct group *g = row_group(c, m, r);
            m->weight[r * m->columns + k] = fits_in_memory(g, p) && score(c, g, p) > SCORE_WEAK;
        }
    bool good = m->rows > 0 && m->rows == m->columns;
    int err = good ? assign_best(m->rows, m->columns, m->weight, m->got) : 0;
    for (size_t r = 0; r < m->rows && !err; r++)
        good &= m->got[r].place != NOWHERE;
    for (size_t r = 0; r < m->rows && !err && good; r++) {
        if (m->got[r].doubt != ASSIGN_SURE)
            continue;
        row_group(c, m, r)->doubt = row_group(c, m, r)->uncertain = false;
        realms_put(c, row_group(c, m, r), m->place[m->got[r].place]);
    }
    free(m);
    return err;
}

// What takes too long to be told apart is believed at home, and nowhere else.
static void settle_crowd(struct contest *c, bool distinct) {
    for (size_t i = 0; i < c->groups.count; i++) {
        struct group *g = &c->groups.items[i];
        if (g->place != NOWHERE || g->distinct != distinct)
            continue;
        if (g->home && !realms_another(g, &c->places.items[g->claims]))
            realms_put(c, g, (size_t)g->claims);
        else
            g->doubt = true;
    }
}

static uint64_t cube(uint64_t n) {
    return n * n * n;
}

static size_t count_left(const struct contest *c, bool distinct) {
    size_t n = 0;
    for (size_t i = 0; i < c->groups.count; i++)
        n += c->groups.items[i].distinct == distinct && c->groups.items[i].place == NOWHERE;
    return n;
}

static int settle_distinct(struct contest *c) {
    size_t left = count_left(c, true);
    int err = 0;
    struct matrix *m = left > 0 ? calloc(1, sizeof *m) : NULL;
    if (!m)
        return left > 0 ? -ENOMEM : 0;
    if (!afford(c, left * c->places.count) || !fill_matrix(c, m) ||
        !afford(c, cube(m->rows + m->columns))) {
        settle_crowd(c, true);
    } else if (m->rows > 0 && m->columns > 0) {
        err = assign_best(m->rows, m->columns, m->weight, m->got);
        for (size_t r = 0; r < m->rows && !err; r++)
            settle_row(c, m, r);
        if (!err)
            err = settle_by_memory(c, m);
    }
    free(m);
    return err;
}

// ---- those without: each alone

// Others with as good a claim for whom there would be no room then. These are in doubt as well.
static bool crowds_out(struct contest *c, const struct group *g, uint64_t attached,
                       const struct realm_place *p, uint32_t its_score) {
    bool some = false;
    for (size_t i = 0; i < c->groups.count; i++) {
        struct group *other = &c->groups.items[i];
        if (other != g && is_rest(other) && !is_company(c, g, other) && !lives_at(c, other, p) &&
            p->taken + attached + other->attached > p->nattch && score(c, other, p) == its_score)
            some = other->doubt = true;
    }
    return some;
}

// With a company whose number is right all of it is settled.
static void settle_pair(struct contest *c, struct group *g, size_t place, uint32_t its_score,
                        bool tie) {
    const struct realm_place *p = &c->places.items[place];
    uint64_t attached = attached_by_company(c, g);
    bool all = p->taken + attached == p->nattch;
    bool in_doubt = tie || its_score <= SCORE_WEAK ||
                    (!lives_at(c, g, p) &&
                     crowds_out(c, g, all ? attached : g->attached, p, its_score));
    for (struct group *at = all ? first_of_company(c, g) : g; (at = next_of_company(c, g, at));
         at++) {
        at->uncertain = its_score == SCORE_LATE;
        at->doubt = in_doubt;
        if (!in_doubt)
            realms_put(c, at, place);
        if (!all)
            break;
    }
}

// Settles the likeliest pair of those left. False: there is none.
static bool settle_one(struct contest *c) {
    struct group *best_group = NULL;
    size_t best_place = 0;
    uint32_t best = 0;
    bool tie = false;

    for (size_t i = 0; i < c->groups.count; i++) {
        for (size_t k = 0; is_rest(&c->groups.items[i]) && k < c->places.count; k++) {
            uint32_t s = score(c, &c->groups.items[i], &c->places.items[k]);
            tie |= s == best && s > 0 && best_group == &c->groups.items[i];
            if (s <= best)
                continue;
            best = s;
            best_group = &c->groups.items[i];
            best_place = k;
            tie = false;
        }
    }
    if (!best_group)
        return false;
    settle_pair(c, best_group, best_place, best, tie);
    return true;
}

// Of what a process has brought from elsewhere either all was told apart or nothing was: a part of
// it would be a wrong number.
static void settle_halves(struct contest *c) {
    struct group *end = c->groups.items + c->groups.count;
    for (struct group *left = c->groups.items; left < end; left++) {
        if (left->distinct || left->place != NOWHERE)
            continue;
        for (struct group *at = first_of_company(c, left); at < end && is_company(c, left, at);
             at++) {
            if (at->inode.key != left->inode.key || at->place == NOWHERE || at->home)
                continue;
            at->place = NOWHERE;
            at->doubt = true;
        }
    }
}

int realms_judge(struct contest *c) {
    int err = settle_distinct(c);
    size_t rest = count_left(c, false);
    if (rest > GROUPS_MAX || !afford(c, rest * rest * c->places.count))
        settle_crowd(c, false);
    while (!err && settle_one(c)) {
    }
    settle_halves(c);
    return err;
}
