// truth_check.c - holds what was seen against what is true.
#include "tests/support/truth.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/segname.h"

enum { TOLD_MAX = 40 };

struct check {
    const struct truth *t;
    const struct sights *seen;
    struct truth_terms *terms;
    const struct sight **sorted; // by id
    bool *known;                 // by index in seen
    size_t wrong;
};

static void wrong(struct check *c, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void wrong(struct check *c, const char *id, const char *format, ...) {
    va_list args;
    if (c->wrong++ >= TOLD_MAX)
        return;
    printf("# seed %" PRIu32 ": %s: ", c->t->seed, id);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static int compare_ids(const void *a, const void *b) {
    return strcmp((*(const struct sight *const *)a)->id, (*(const struct sight *const *)b)->id);
}

static const struct sight *find(struct check *c, const char *id) {
    struct sight key;
    const struct sight *at = &key;
    snprintf(key.id, sizeof key.id, "%s", id);
    const struct sight **found = bsearch(&at, c->sorted, c->seen->count,
                                         sizeof(const struct sight *), compare_ids);
    if (found)
        c->known[*found - c->seen->items] = true;
    return found ? *found : NULL;
}

static uint64_t value(u64v v) {
    uint64_t n = UINT64_MAX;
    u64v_get(v, &n);
    return n;
}

static bool is_known(u64v v) {
    uint64_t n;
    return u64v_get(v, &n) == WHY_KNOWN;
}

static void expect(struct check *c, const struct sight *s, const char *what, u64v got,
                   uint64_t want) {
    if (value(got) != want)
        wrong(c, s->id, "%s is %" PRId64 ", not %" PRIu64, what, (int64_t)value(got), want);
}

// ---- holders

static const struct sight_holder *holder_of(const struct sight *s, pid_t pid) {
    for (size_t i = 0; i < s->holder_count; i++)
        if (s->holders[i].pid == pid)
            return &s->holders[i];
    return NULL;
}

static void check_share(struct check *c, const struct sight *s, pid_t pid,
                        const struct truth_share *want) {
    const struct sight_holder *h = holder_of(s, pid);
    if (!h) {
        wrong(c, s->id, "lacks its holder %d (%u mappings, %u descriptors)", (int)pid,
              want->mappings, want->fds);
        return;
    }
    const struct truth_share *got = &h->share;
    if (got->mappings != want->mappings || got->fds != want->fds || got->locks != want->locks ||
        got->access != want->access || got->is_private != want->is_private ||
        got->mapped_bytes != want->mapped_bytes)
        wrong(c, s->id,
              "holder %d: %u mappings %u fds %u locks access %u private %d %" PRIu64
              " bytes, not %u %u %u %u %d %" PRIu64,
              (int)pid, got->mappings, got->fds, got->locks, got->access, got->is_private,
              got->mapped_bytes, want->mappings, want->fds, want->locks, want->access,
              want->is_private, want->mapped_bytes);
}

// ---- who has left the namespace of what he holds

static pid_t leaver(const struct truth *t, const struct truth_object *o) {
    return t->leavers && o->kind == SEG_SYSV ? t->holders[o->realm][TRUTH_HOLDERS - 1] : 0;
}

static bool is_left(const struct truth *t, const struct truth_object *o) {
    struct truth_share share;
    return leaver(t, o) && truth_share(t, o, leaver(t, o), &share);
}

static uint64_t attachments(const struct truth *t, const struct truth_object *o) {
    uint64_t sum = 0;
    for (size_t i = 0; i < TRUTH_HOLDERS; i++) {
        struct truth_share share;
        if (truth_share(t, o, t->holders[o->realm][i], &share))
            sum += share.mappings;
    }
    return sum;
}

// Nobody else who stays in its namespace shows whose it is. (Huge pages do not show that they are
// the same ones.)
static bool is_lone(const struct truth *t, const struct truth_object *o) {
    struct truth_share share;
    return is_left(t, o) && truth_share(t, o, leaver(t, o), &share) &&
           (o->huge || share.mappings == attachments(t, o));
}

// Of two segments with the same number, key and size, made in the same second, attached as often
// and with as much in memory, and of which nobody in their namespace has hold, no kernel tells
// which is which; the more so of those that others attach and detach all the time. Of huge pages it
// is not even told when they were made.
static bool is_doubtful(const struct truth *t, const struct truth_object *o) {
    if (o->huge && o->busy && is_lone(t, o))
        return true;
    // What is toggled is one page without a key.
    for (unsigned realm = 0; realm < TRUTH_REALMS; realm++)
        if (is_lone(t, o) && t->toggles[realm].pid && realm != o->realm && !o->huge &&
            t->toggles[realm].shmid == o->ino && o->pages == 1 && o->key == 0)
            return true;
    for (size_t i = 0; is_lone(t, o) && i < t->object_count; i++) {
        const struct truth_object *r = &t->objects[i];
        if (r->kind != SEG_SYSV || r->realm == o->realm || r->ino != o->ino || r->key != o->key ||
            r->pages != o->pages || r->huge != o->huge || !(r->busy || is_lone(t, r)))
            continue;
        if (r->busy || o->busy ||
            (attachments(t, r) == attachments(t, o) && (r->touched == o->touched || o->huge)))
            return true;
    }
    return false;
}

// It is not said that he holds it, nor that he holds another one: that is an answer.
static bool is_doubted(const struct truth *t, const struct sight *s, const struct truth_object *o) {
    return is_doubtful(t, o) && !holder_of(s, leaver(t, o));
}

static void check_holders(struct check *c, const struct sight *s, const struct truth_object *o) {
    struct truth_share share;
    for (size_t i = 0; i < TRUTH_HOLDERS; i++) {
        pid_t pid = c->t->holders[o->realm][i];
        if (pid == leaver(c->t, o) && is_doubted(c->t, s, o))
            c->terms->doubted++;
        else if (truth_share(c->t, o, pid, &share))
            check_share(c, s, pid, &share);
    }
    for (size_t i = 0; i < s->holder_count; i++) {
        const struct sight_holder *h = &s->holders[i];
        if (!truth_share(c->t, o, h->pid, &share) && !(o->busy && h->is_worker))
            wrong(c, s->id, "has a holder %d, %s, that does not hold it", (int)h->pid, h->comm);
    }
}

// ---- facts

static void check_sysv(struct check *c, const struct sight *s, const struct truth_object *o) {
    uint64_t steady = attachments(c->t, o);
    expect(c, s, "ipc_ns", s->ipc_ns, c->t->ipc_ns[o->realm]);
    bool doubted = is_doubted(c->t, s, o), left = is_left(c->t, o) && !doubted;
    if (s->left_namespace != left)
        wrong(c, s->id, "is%s left by a process in another namespace", left ? "" : " not");
    if (!o->busy) {
        expect(c, s, "nattch", s->nattch, steady);
        expect(c, s, "hidden", s->hidden, doubted ? steady : 0);
    } else if (value(s->nattch) < steady) {
        wrong(c, s->id, "nattch is less than %" PRIu64, steady);
    }
}

static bool has_unseen_lock(const struct truth_object *o) {
    for (size_t i = 0; i < o->hold_count; i++)
        if (o->holds[i].how == HOW_OFD)
            return true;
    return false;
}

static void check_facts(struct check *c, const struct sight *s, const struct truth_object *o) {
    if (s->kind != o->kind)
        wrong(c, s->id, "is a %s, not a %s", seg_kind_name(s->kind), seg_kind_name(o->kind));
    if (o->kind == SEG_SYSV)
        check_sysv(c, s, o);
    // A worker that was born after the processes were listed may have locked it.
    if (is_known(s->unseen_lock) && (!o->busy || has_unseen_lock(o)))
        expect(c, s, "a lock that names nobody", s->unseen_lock, has_unseen_lock(o));
    // What is empty and not mapped shows nothing of its pages.
    bool shows = o->kind != SEG_SYSV || o->touched ||
                 (attachments(c->t, o) && !is_doubted(c->t, s, o));
    if (s->huge != o->huge && (shows || s->huge))
        wrong(c, s->id, "is%s in huge pages", o->huge ? " not" : "");
    if (s->unlinked != o->unlinked)
        wrong(c, s->id, "is%s unlinked", o->unlinked ? "" : " not");
    // Of a file system that is not walked only the name it is mapped by is met.
    if (s->names != (o->second && o->kind == SEG_POSIX ? 2u : 0u))
        wrong(c, s->id, "has %zu names", s->names);
    if (!c->terms->facts && !is_known(s->size) && !is_known(s->resident))
        return; // nobody may ask
    expect(c, s, "size", s->size, truth_size(o));
    expect(c, s, "resident", s->resident, truth_resident(o));
    char name[sizeof s->name];
    name_escape(o->name, strlen(o->name), false, name, sizeof name);
    if (strncmp(s->name, name, strlen(name)) != 0 ||
        (s->name[strlen(name)] != '\0' &&
         !(o->second && strcmp(s->name + strlen(name), ".2") == 0)))
        wrong(c, s->id, "is called %s, not %s", s->name, name);
}

static void check_object(struct check *c, const struct truth_object *o) {
    char id[512], other[512];
    truth_seg(c->t, o, false, id, sizeof id);
    const struct sight *s = find(c, id);
    if (!s && o->second) {
        truth_seg(c->t, o, true, other, sizeof other);
        s = find(c, other);
    }
    if (!s) {
        wrong(c, id, "is missed (%s, realm %u%s)", seg_kind_name(o->kind), o->realm,
              o->unlinked ? ", unlinked" : "");
        return;
    }
    check_facts(c, s, o);
    check_holders(c, s, o);
}

// ---- toggled things

static void check_toggled(struct check *c, const struct sight *s, pid_t pid, unsigned before,
                          unsigned after) {
    const struct sight_holder *h = s ? holder_of(s, pid) : NULL;
    for (size_t i = 0; s && i < s->holder_count; i++)
        if (s->holders[i].pid != pid)
            wrong(c, s->id, "has a holder %d that does not hold it", (int)s->holders[i].pid);
    // In the time of the look it was held and not held: either is right.
    if (!s || before != after || before % 2 != 0)
        return;
    c->terms->settled++;
    if ((h != NULL) != (before % 4 == 2))
        wrong(c, s->id, "is%s held by %d", before % 4 == 2 ? "" : " not", (int)pid);
    if (s->kind == SEG_SYSV)
        expect(c, s, "nattch", s->nattch, before % 4 == 2);
}

static void check_toggles(struct check *c) {
    for (unsigned realm = 0; realm < TRUTH_REALMS; realm++) {
        const struct truth_toggle *g = &c->t->toggles[realm];
        unsigned after = atomic_load(&c->t->control->phase[realm]);
        unsigned before = c->terms->phases ? c->terms->phases[realm] : after;
        struct truth_object file = {.kind = SEG_POSIX, .realm = (uint8_t)realm, .name = "/toggled"};
        struct truth_object sysv = {.kind = SEG_SYSV, .realm = (uint8_t)realm, .ino = g->shmid};
        char id[512];
        if (!g->pid)
            continue;
        truth_seg(c->t, &file, false, id, sizeof id);
        const struct sight *s = find(c, id);
        if (!s)
            wrong(c, id, "is missed");
        check_toggled(c, s, g->pid, before, after);
        truth_seg(c->t, &sysv, false, id, sizeof id);
        s = find(c, id);
        if (!s)
            wrong(c, id, "is missed");
        check_toggled(c, s, g->pid, before, after);
    }
}

// ---- what else is there

// Whatever workers make has one size, and nobody else holds it.
static bool is_of_workers(const struct sight *s) {
    uint64_t size = value(s->size), pages = (TRUTH_CHURN_SIZE + TRUTH_PAGE - 1) / TRUTH_PAGE;
    for (size_t i = 0; i < s->holder_count; i++)
        if (!s->holders[i].is_worker)
            return false;
    if (s->kind == SEG_POSIX && strncmp(s->name, "/churn-", 7) != 0)
        return false;
    // A file is empty before it has its size; what has gone meanwhile tells none.
    return !is_known(s->size) || size == TRUTH_CHURN_SIZE || size == pages * TRUTH_PAGE ||
           (size == 0 && s->kind != SEG_SYSV);
}

static void check_rest(struct check *c) {
    char control[64];
    struct truth_object o = {
        .kind = SEG_ANON, .dev = c->t->objects[3].dev, .ino = c->t->control_ino};
    truth_seg(c->t, &o, false, control, sizeof control);
    const struct sight *s = find(c, control);
    if (!s)
        wrong(c, control, "is missed (the control page)");
    for (size_t i = 0; s && i < TRUTH_REALMS; i++)
        for (size_t k = 0; k < TRUTH_HOLDERS; k++)
            if (!holder_of(s, c->t->holders[i][k]))
                wrong(c, s->id, "lacks its holder %d", (int)c->t->holders[i][k]);
    for (size_t i = 0; c->terms->before && i < c->terms->before->count; i++)
        find(c, c->terms->before->items[i].id);
    for (size_t i = 0; i < c->seen->count; i++) {
        s = &c->seen->items[i];
        if (!c->known[i] && !is_of_workers(s))
            wrong(c, s->id, "is invented (%s %s, %zu holders: %s, %" PRId64 " bytes)",
                  seg_kind_name(s->kind), s->name, s->holder_count,
                  s->holder_count ? s->holders[0].comm : "", (int64_t)value(s->size));
    }
}

size_t truth_check(const struct truth *t, const struct sights *seen, struct truth_terms *terms) {
    struct check c = {.t = t,
                      .seen = seen,
                      .terms = terms,
                      .sorted = calloc(seen->count + 1, sizeof(const struct sight *)),
                      .known = calloc(seen->count + 1, sizeof *c.known)};
    if (!c.sorted || !c.known)
        abort();
    for (size_t i = 0; i < seen->count; i++)
        c.sorted[i] = &seen->items[i];
    if (seen->count > 0)
        qsort(c.sorted, seen->count, sizeof(const struct sight *), compare_ids);
    for (size_t i = 1; i < seen->count; i++)
        if (strcmp(c.sorted[i]->id, c.sorted[i - 1]->id) == 0)
            wrong(&c, c.sorted[i]->id, "comes twice");
    check_toggles(&c);
    for (size_t i = 0; i < t->object_count; i++)
        check_object(&c, &t->objects[i]);
    check_rest(&c);
    free(c.sorted);
    free(c.known);
    return c.wrong;
}
