// verdict_explain.c - the facts for and against a verdict, in words.
#include "core/verdict_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/segname.h"

struct list {
    const struct snapshot *snap;
    const struct segment *seg;
    struct evidence *out;
    size_t count;
};

__attribute__((format(printf, 4, 5))) static void add(struct list *l, enum verdict_state state,
                                                      enum evidence_source source,
                                                      const char *format, ...) {
    va_list args;
    if (l->count == EVIDENCE_MAX)
        return;
    struct evidence *e = &l->out[l->count++];
    e->speaks_for = state;
    e->source = source;
    va_start(args, format);
    vsnprintf(e->fact, sizeof e->fact, format, args);
    va_end(args);
}

static const char *comm_of(const struct process *p, char buf[80]) {
    const char *bytes;
    size_t len;
    buf[0] = '\0';
    if (p && strv_get(p->comm, &bytes, &len) == WHY_KNOWN && len > 0) {
        buf[0] = ' ';
        name_escape(bytes, len, false, buf + 1, 79);
    }
    return buf;
}

// ---- use

static void explain_holders(struct list *l) {
    enum { SHOWN = 3 };
    char comm[80];
    for (uint32_t i = 0; i < l->seg->holding_count && i < SHOWN; i++) {
        const struct holding *h = &l->snap->holdings[l->seg->first_holding + i];
        const struct process *p = &l->snap->processes[h->process];
        bool looks_on = l->seg->id.kind == SEG_SYSV && h->mappings == 0;
        if (looks_on) // no attachment
            continue;
        const char *how = h->mappings ? "maps it" : h->fds ? "has it open" : "has a lock on it";
        add(l, VERDICT_IN_USE, h->mappings || h->fds ? EVIDENCE_HOLDERS : EVIDENCE_LOCK,
            "pid %d%s %s", p->id.pid, comm_of(p, comm), how);
        if (h->locks && (h->mappings || h->fds))
            add(l, VERDICT_IN_USE, EVIDENCE_LOCK, "pid %d%s has a lock on it", p->id.pid, comm);
    }
    if (l->seg->holding_count > SHOWN && l->seg->id.kind != SEG_SYSV)
        add(l, VERDICT_IN_USE, EVIDENCE_HOLDERS, "%" PRIu32 " more processes hold it",
            l->seg->holding_count - SHOWN);
    if (l->seg->locked_unseen)
        add(l, VERDICT_IN_USE, EVIDENCE_LOCK, "a lock on it names nobody who can be seen");
    const struct recalled *recalled = snapshot_recalled(l->snap, l->seg);
    if (l->seg->holding_count == 0 && recalled && recalled->sole == SOLE_SOMEBODY)
        add(l, VERDICT_IN_USE, EVIDENCE_KERNEL, "somebody who cannot be seen has it open");
}

// Says what is known of holders. True when the segment itself is used.
static bool explain_use(struct list *l) {
    uint64_t nattch = 0;
    bool sysv = l->seg->id.kind == SEG_SYSV;
    enum why why = seg_get(l->seg, SEG_NATTCH, &nattch);
    explain_holders(l);
    if (sysv && why == WHY_KNOWN && nattch > 0)
        add(l, VERDICT_IN_USE, EVIDENCE_NATTCH, "it is attached %" PRIu64 " time%s", nattch,
            nattch == 1 ? "" : "s");
    else if (sysv && why != WHY_KNOWN)
        add(l, VERDICT_UNKNOWN, EVIDENCE_NATTCH, "its attachments are not known (%s)",
            why_name(why));
    return verdict_is_used(l->snap, l->seg);
}

static void explain_group(struct list *l, const struct shared_facts *shared) {
    char name[120];
    const char *bytes = "";
    size_t len = 0;
    if (shared->user == UINT32_MAX)
        return;
    strv_get(l->snap->segments[shared->user].name, &bytes, &len);
    name_escape(bytes, len, false, name, sizeof name);
    add(l, VERDICT_IN_USE, EVIDENCE_GROUP, "%s, which belongs to it, is in use", name);
}

static void explain_coverage(struct list *l) {
    const struct coverage *c = &l->snap->coverage;
    static const char text[] = "holders may be missing: ";
    if (c->denied > 0)
        add(l, VERDICT_UNKNOWN, EVIDENCE_COVERAGE,
            "%s%" PRIu32 " of %" PRIu32 " processes could not be looked into", text, c->denied,
            c->processes);
    else if (!c->complete)
        add(l, VERDICT_UNKNOWN, EVIDENCE_COVERAGE,
            "%sonly root of the initial user and pid namespaces sees every process", text);
    else
        add(l, VERDICT_UNKNOWN, EVIDENCE_COVERAGE, "%s%s were not looked for", text,
            !c->descriptors ? "descriptors"
            : !c->locks     ? "locks"
                            : "private mappings");
}

// ---- owners

static const char *owner_label(enum evidence_source source) {
    switch (source) {
    case EVIDENCE_CREATOR:
        return "creator";
    case EVIDENCE_LAST:
        return "last user";
    case EVIDENCE_NAME:
        return "pid in its name";
    default:
        return "pid in its content";
    }
}

static void explain_owner(struct list *l, const struct owner *o) {
    char comm[80];
    const char *label = owner_label(o->source);
    comm_of(o->process, comm);
    if (o->guest)
        add(l, VERDICT_SUSPECT, o->source, "%s %" PRIu32 "%s only borrows it", label, o->pid, comm);
    else if (o->state == PID_RUNNING)
        add(l, VERDICT_IDLE, o->source, "%s %" PRIu32 "%s runs", label, o->pid, comm);
    else if (o->state == PID_GONE)
        add(l, VERDICT_ORPHAN, o->source, "%s %" PRIu32 " has exited", label, o->pid);
    else if (o->state == PID_REUSED)
        add(l, VERDICT_ORPHAN, o->source, "%s %" PRIu32 " has exited, %s%s has that pid now", label,
            o->pid, *comm ? "" : "another process", *comm ? comm + 1 : "");
    else
        add(l, VERDICT_SUSPECT, o->source, "%s %s, so whether it lives is not known", label,
            o->pid ? "may be of a namespace out of sight" : "is not of this pid namespace");
}

static void explain_keeping(struct list *l, const struct origin *row) {
    char comm[80];
    if (!row || row->keep == ORIGIN_FREE)
        return;
    bool conditional = row->keep == ORIGIN_KEEP_WHILE;
    const struct process *p = conditional ? verdict_keeper(l->snap, row, l->seg) : NULL;
    if (row->keep == ORIGIN_KEEP)
        add(l, VERDICT_PROTECTED, EVIDENCE_ORIGIN, "%s keeps such segments on purpose",
            row->software);
    else if (p)
        add(l, VERDICT_PROTECTED, EVIDENCE_ORIGIN, "%s keeps such segments, and pid %d%s runs",
            row->software, p->id.pid, comm_of(p, comm));
    else
        add(l, VERDICT_SUSPECT, EVIDENCE_ORIGIN, "%s keeps such segments, but %s", row->software,
            verdict_keeper(l->snap, row, NULL) ? "runs in other namespaces only"
                                               : "none of it runs");
}

static void explain_lock(struct list *l, const struct origin *row,
                         const struct shared_facts *shared) {
    if (!row || row->lock == ORIGIN_LOCK_NONE)
        return;
    if (row->lock == ORIGIN_LOCK_SELF || shared->has_lock)
        add(l, VERDICT_ORPHAN, EVIDENCE_LOCK, "nobody holds the lock that %s keeps while it runs",
            row->software);
    else
        add(l, VERDICT_SUSPECT, EVIDENCE_LOCK, "the file that %s locks is not there",
            row->software);
}

static void explain_age(struct list *l, const struct shared_facts *shared) {
    char age[16], floor[16];
    uint64_t now = l->snap->wall_ns;
    fmt_age(l->snap->age_floor_ns, floor);
    if (shared->why != WHY_KNOWN) {
        add(l, VERDICT_YOUNG, EVIDENCE_AGE, "its age is not known");
        return;
    }
    uint64_t ns = now > shared->latest ? now - shared->latest : 0;
    bool young = ns < l->snap->age_floor_ns;
    fmt_age(ns, age);
    add(l, young ? VERDICT_YOUNG : VERDICT_SUSPECT, EVIDENCE_AGE,
        young ? "unused for %s, less than %s" : "unused for %s, at least %s", age, floor);
}

static void explain_nobody(struct list *l) {
    const struct coverage *c = &l->snap->coverage;
    const struct recalled *recalled = snapshot_recalled(l->snap, l->seg);
    if (recalled && recalled->sole == SOLE_NOBODY)
        add(l, VERDICT_SUSPECT, EVIDENCE_KERNEL, "the kernel says that nobody has it open");
    if (l->seg->id.kind == SEG_SYSV)
        add(l, VERDICT_SUSPECT, EVIDENCE_NATTCH, "nothing is attached");
    else
        add(l, VERDICT_SUSPECT, EVIDENCE_HOLDERS,
            "none of %" PRIu32 " processes maps, opens or locks it", c->processes);
}

// ---- all of it

// The facts that speak for the verdict first, else in the order of trust.
static void put_strongest_first(struct evidence *out, size_t count, enum verdict_state state) {
    size_t place = 0;
    for (size_t i = 0; i < count; i++) {
        if (out[i].speaks_for != state)
            continue;
        struct evidence e = out[i];
        memmove(&out[place + 1], &out[place], (i - place) * sizeof *out);
        out[place++] = e;
    }
}

size_t verdict_explain(const struct snapshot *snap, const struct segment *seg,
                       struct evidence out[EVIDENCE_MAX]) {
    struct list l = {snap, seg, out, 0};
    struct owner owners[OWNERS_MAX];
    struct shared_facts shared;
    const struct origin *row = origin_of(snap, seg);
    enum verdict_state state = verdict_of(seg);

    verdict_shared(snap, seg, &shared);
    if (!explain_use(&l))
        explain_group(&l, &shared);
    if (state == VERDICT_UNKNOWN && seg->id.kind != SEG_SYSV)
        explain_coverage(&l);
    explain_keeping(&l, row);
    if (!shared.used && state != VERDICT_UNKNOWN)
        explain_lock(&l, row, &shared);
    size_t count = verdict_owners(snap, seg, owners);
    for (size_t i = 0; i < count; i++)
        explain_owner(&l, &owners[i]);
    if (!shared.used && state != VERDICT_UNKNOWN) {
        if (state == VERDICT_SUSPECT && count == 0 && (!row || row->lock == ORIGIN_LOCK_NONE))
            add(&l, VERDICT_SUSPECT, row ? EVIDENCE_ORIGIN : EVIDENCE_NAME,
                "nothing tells whose it was");
        explain_age(&l, &shared);
        explain_nobody(&l);
    }
    put_strongest_first(out, l.count, state);
    return l.count;
}

const char *verdict_because(const struct snapshot *snap, const struct segment *seg, char *buf,
                            size_t size) {
    struct evidence evidence[EVIDENCE_MAX];
    size_t count = verdict_explain(snap, seg, evidence);
    snprintf(buf, size, "%s", count > 0 ? evidence[0].fact : "");
    return buf;
}

static bool is_left_behind(enum verdict_state state) {
    return state == VERDICT_ORPHAN || state == VERDICT_SUSPECT;
}

bool evidence_agrees(const struct evidence *e, enum verdict_state verdict) {
    return e->speaks_for == verdict || is_left_behind(e->speaks_for) == is_left_behind(verdict);
}

const char *verdict_why(const struct snapshot *snap, const struct segment *seg, char *buf,
                        size_t size) {
    struct evidence evidence[EVIDENCE_MAX];
    size_t count = verdict_explain(snap, seg, evidence), n = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < count && n < size; i++)
        if (evidence_agrees(&evidence[i], verdict_of(seg)))
            n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? "; " : "", evidence[i].fact);
    return buf;
}

const char *verdict_cannot_know(const struct segment *seg) {
    uint64_t key = 0, links = 0;
    seg_get(seg, SEG_KEY, &key);
    seg_get(seg, SEG_LINKS, &links);
    if (seg->id.kind == SEG_SYSV)
        return key ? "a program may plan to come back and attach by its key"
                   : "a program may plan to come back and attach by its id";
    return links ? "a program may plan to come back and open it by its name"
                 : "a descriptor may be on its way through a socket";
}
