// event.c - from the difference of two snapshots to events.
#include "core/event.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "core/diff.h"
#include "core/event_parts.h"
#include "core/fmt.h"
#include "core/segname.h"

static const uint64_t second_ns = 1000000000u;
static const uint64_t clock_step_ns = 10000000u; // of the clock of file systems

static const struct {
    const char *word;
    char sign;
} kinds[EVENT_KIND_COUNT] = {
#define X(id, word, sign) [EVENT_##id] = {word, sign},
    EVENT_KIND_LIST(X)
#undef X
};

const char *event_word(enum event_kind kind) {
    return kinds[kind].word;
}

char event_sign(enum event_kind kind) {
    return kinds[kind].sign;
}

void events_done(struct events *e) {
    for (size_t i = 0; i < e->count; i++) {
        free(e->items[i].seg);
        free(e->items[i].label);
    }
    free(e->items);
    *e = (struct events){0};
}

void event_maker_reset(struct event_maker *m) {
    snapshot_unref(m->before);
    m->before = NULL;
    name_notes_done(&m->notes);
}

void event_maker_done(struct event_maker *m) {
    event_maker_reset(m);
    *m = (struct event_maker){0};
}

// ---- one event

static u64v field(const struct segment *seg, enum seg_field f) {
    uint64_t n = 0;
    enum why why = seg_get(seg, f, &n);
    return why == WHY_KNOWN ? u64v_of(n) : u64v_missing(why);
}

static void name_user(const struct snapshot *snap, u64v uid, char *buf, size_t size) {
    const char *name = NULL;
    size_t len = 0;
    uint64_t n = 0;
    if (u64v_get(uid, &n) != WHY_KNOWN)
        return;
    if (strv_get(snapshot_user(snap, (uint32_t)n), &name, &len) == WHY_KNOWN)
        name_escape(name, len, false, buf, size);
    else
        snprintf(buf, size, "%" PRIu64, n);
}

struct event *event_add(struct event_making *m, enum event_kind kind, uint64_t wall_ns,
                        const struct snapshot *snap, const struct segment *seg) {
    char text[4200] = "";
    if (m->out.count == m->capacity) {
        size_t capacity = m->capacity ? 2 * m->capacity : 16;
        struct event *more = reallocarray(m->out.items, capacity, sizeof *more);
        if (!more)
            return NULL;
        m->out.items = more;
        m->capacity = capacity;
    }
    struct event *e = &m->out.items[m->out.count];
    *e = (struct event){.kind = kind, .wall_ns = wall_ns};
    if (seg) {
        e->has_id = true;
        e->id = seg->id;
        e->size = field(seg, SEG_SIZE);
        e->uid = field(seg, SEG_UID);
        name_user(snap, e->uid, e->user, sizeof e->user);
        seg_format(seg, text, sizeof text);
        e->seg = strdup(text);
        column_text(snap, seg, COL_LABEL, NULL, text, sizeof text);
    }
    e->label = strdup(text);
    if (!e->label || (seg && !e->seg)) {
        free(e->label);
        free(e->seg);
        return NULL;
    }
    m->out.count++;
    return e;
}

void event_by(struct event *e, const struct snapshot *snap, pid_t pid) {
    const struct process *p = pid > 0 ? snapshot_process(snap, pid) : NULL;
    const char *comm = NULL;
    size_t len = 0;
    e->pid = pid > 0 ? pid : 0;
    if (p && strv_get(p->comm, &comm, &len) == WHY_KNOWN)
        name_escape(comm, len, false, e->comm, sizeof e->comm);
}

// ---- added and removed

// When it was made, if that lies between the two pictures.
static uint64_t time_of(const struct event_making *m, const struct segment *seg) {
    uint64_t born = 0;
    if (seg_get(seg, SEG_BIRTH_TIME, &born) == WHY_KNOWN && born > m->before->wall_ns &&
        born < m->after->wall_ns)
        return born;
    return m->after->wall_ns;
}

// Made before the last picture, which did not look as deeply or as far.
static bool was_there(const struct event_making *m, const struct segment *seg) {
    uint64_t at = 0;
    if (seg_get(seg, SEG_BIRTH_TIME, &at) == WHY_KNOWN)
        return at + clock_step_ns < m->before->wall_ns;
    // Of System V only the time of the last change is known, in whole seconds.
    return seg->id.kind == SEG_SYSV && seg_get(seg, SEG_CHANGE_TIME, &at) == WHY_KNOWN &&
           at + 2 * second_ns < m->before->wall_ns;
}

static pid_t pid_of(const struct segment *seg, enum seg_field f) {
    uint64_t pid = 0;
    return seg_get(seg, f, &pid) == WHY_KNOWN && pid <= INT32_MAX ? (pid_t)pid : 0;
}

static int added(struct event_making *m, const struct segment *seg) {
    uint64_t born = 0;
    if (was_there(m, seg))
        return 0;
    bool sure = seg->id.kind == SEG_SYSV || seg_get(seg, SEG_BIRTH_TIME, &born) == WHY_KNOWN;
    struct event *e = event_add(m, sure ? EVENT_CREATED : EVENT_SEEN, time_of(m, seg), m->after,
                                seg);
    if (!e)
        return -ENOMEM;
    if (seg->creator_state == PID_RUNNING)
        event_by(e, m->after, pid_of(seg, SEG_CREATOR_PID));
    else
        e->pid = pid_of(seg, SEG_CREATOR_PID);
    return 0;
}

static int removed(struct event_making *m, const struct segment *seg) {
    uint64_t born = 0;
    char age[16];
    struct event *e = event_add(m, EVENT_REMOVED, m->after->wall_ns, m->before, seg);
    if (!e)
        return -ENOMEM;
    if (seg_get(seg, SEG_BIRTH_TIME, &born) == WHY_KNOWN && born < m->after->wall_ns)
        snprintf(e->detail, sizeof e->detail, "lived %s", fmt_age(m->after->wall_ns - born, age));
    pid_t last = pid_of(seg, SEG_LAST_PID);
    if (last > 0) {
        event_by(e, m->after, last);
        e->pid = 0; // the last who attached or detached need not be who removed it
        snprintf(e->detail, sizeof e->detail, "last pid %d%s%s", (int)last, e->comm[0] ? " " : "",
                 e->comm);
        e->comm[0] = '\0';
    }
    return 0;
}

// ---- changed

static const char *size_word(const struct segment *seg, char buf[16]) {
    uint64_t n = 0;
    return seg_get(seg, SEG_SIZE, &n) == WHY_KNOWN ? fmt_size(n, buf) : "?";
}

static int change(struct event_making *m, const struct diff_entry *d, enum event_kind kind) {
    char a[32] = "?", b[32] = "?";
    uint64_t n = 0;
    struct event *e = event_add(m, kind, m->after->wall_ns, m->after, d->after);
    if (!e)
        return -ENOMEM;
    switch (kind) {
    case EVENT_RESIZED:
        snprintf(e->detail, sizeof e->detail, "%s -> %s", size_word(d->before, a),
                 size_word(d->after, b));
        break;
    case EVENT_MODE:
        if (seg_get(d->before, SEG_MODE, &n) == WHY_KNOWN)
            snprintf(a, sizeof a, "%04" PRIo64, n);
        if (seg_get(d->after, SEG_MODE, &n) == WHY_KNOWN)
            snprintf(b, sizeof b, "%04" PRIo64, n);
        snprintf(e->detail, sizeof e->detail, "%s -> %s", a, b);
        break;
    case EVENT_OWNER:
        name_user(m->before, field(d->before, SEG_UID), a, sizeof a);
        name_user(m->after, field(d->after, SEG_UID), b, sizeof b);
        snprintf(e->detail, sizeof e->detail, "%s -> %s", a, strcmp(a, b) ? b : "another group");
        break;
    case EVENT_RENAMED: {
        char was[1100];
        column_text(m->before, d->before, COL_LABEL, NULL, was, sizeof was);
        snprintf(e->detail, sizeof e->detail, "was %.80s", was);
        break;
    }
    default:
        break;
    }
    return 0;
}

static bool both_known(const struct diff_entry *d, enum seg_field f) {
    uint64_t n = 0;
    return seg_get(d->before, f, &n) == WHY_KNOWN && seg_get(d->after, f, &n) == WHY_KNOWN;
}

static bool differs(const struct diff_entry *d, enum seg_field f) {
    return (d->fields & UINT32_C(1) << f) && both_known(d, f);
}

static int changed(struct event_making *m, const struct diff_entry *d) {
    uint32_t gained = d->after->flags & ~d->before->flags;
    int err = 0;
    if (gained & SEG_FLAG_UNLINKED)
        err = change(m, d, EVENT_UNLINKED);
    if (err == 0 && gained & SEG_FLAG_DEST)
        err = change(m, d, EVENT_MARKED);
    if (err == 0 && differs(d, SEG_SIZE))
        err = change(m, d, EVENT_RESIZED);
    if (err == 0 && differs(d, SEG_MODE))
        err = change(m, d, EVENT_MODE);
    if (err == 0 && (differs(d, SEG_UID) || differs(d, SEG_GID)))
        err = change(m, d, EVENT_OWNER);
    if (err == 0 && d->fields & DIFF_NAME && !(gained & SEG_FLAG_UNLINKED))
        err = change(m, d, EVENT_RENAMED);
    return err;
}

// ---- attached and detached

static const struct holding *holding_of(const struct snapshot *snap, const struct segment *seg,
                                        const struct proc_id *proc) {
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *h = &snap->holdings[seg->first_holding + i];
        const struct proc_id *id = &snap->processes[h->process].id;
        if (id->pid == proc->pid && id->start_ticks == proc->start_ticks)
            return h;
    }
    return NULL;
}

static uint64_t attached(const struct snapshot *snap, const struct segment *seg) {
    uint64_t n = 0;
    return column_attached(snap, seg, &n) == WHY_KNOWN ? n : 0;
}

// The process was looked at in this picture, or was not there yet: what it holds is news.
static bool was_read(const struct snapshot *snap, const struct proc_id *id) {
    const struct process *p = snapshot_process(snap, id->pid);
    return !p || p->id.start_ticks != id->start_ticks || p->scan == SCANNED;
}

static int attach_event(struct event_making *m, const struct segment *seg, enum event_kind kind,
                        pid_t pid) {
    struct event *e = event_add(m, kind, m->after->wall_ns, m->after, seg);
    if (!e)
        return -ENOMEM;
    event_by(e, m->after, pid);
    if (pid > 0 && !e->comm[0]) // ended meanwhile
        event_by(e, m->before, pid);
    snprintf(e->detail, sizeof e->detail, "now %" PRIu64, attached(m->after, seg));
    return 0;
}

static int held(struct event_making *m, const struct diff_entry *d) {
    bool came = d->kind == DIFF_HELD;
    const struct holding *h = came ? holding_of(m->after, d->after, &d->process)
                                   : holding_of(m->before, d->before, &d->process);
    if (!h || h->mappings == 0 || h->is_private || (came && !was_read(m->before, &d->process)))
        return 0;
    return attach_event(m, d->after, came ? EVENT_ATTACH : EVENT_DETACH, d->process.pid);
}

// System V counts its attachments: one that no process seen explains is told without a pid.
static int counted(struct event_making *m, const struct diff_entry *d, bool explained) {
    uint64_t x = 0, y = 0;
    if (explained || d->after->id.kind != SEG_SYSV || !differs(d, SEG_NATTCH))
        return 0;
    seg_get(d->before, SEG_NATTCH, &x);
    seg_get(d->after, SEG_NATTCH, &y);
    return attach_event(m, d->after, y > x ? EVENT_ATTACH : EVENT_DETACH, 0);
}

// ---- limits

static const struct watched {
    enum limit used, total;
    const char *what;
} watched[4] = {
    {LIMIT_SHMMNI_USED, LIMIT_SHMMNI, "System V ids"},
    {LIMIT_SHMALL_PAGES_USED, LIMIT_SHMALL_PAGES, "System V pages"},
    {LIMIT_DEVSHM_USED, LIMIT_DEVSHM_SIZE, "/dev/shm"},
    {LIMIT_DEVSHM_INODES_USED, LIMIT_DEVSHM_INODES, "inodes of /dev/shm"},
};
static const uint8_t percent_lines[] = {0, 10, 25, 50, 75, 90, 95, 100};
enum { LINES = sizeof percent_lines };

static int cross(struct event_making *m, size_t i, unsigned percent, uint8_t line) {
    uint8_t *was = &m->maker->line[i];
    char label[64];
    // Only when it is well below: a value that trembles at a line is one event.
    if (line < *was && percent + 1 >= percent_lines[*was])
        return 0;
    if (line != *was && m->maker->lines_known) {
        struct event *e = event_add(m, EVENT_LIMIT, m->after->wall_ns, m->after, NULL);
        if (!e)
            return -ENOMEM;
        snprintf(label, sizeof label, "%s", watched[i].what);
        free(e->label);
        e->label = strdup(label);
        if (!e->label) {
            m->out.count--;
            return -ENOMEM;
        }
        snprintf(e->detail, sizeof e->detail, "%u%% used, %s the %u%% line", percent,
                 line > *was ? "crossed" : "fell below",
                 (unsigned)percent_lines[line > *was ? line : *was]);
    }
    *was = line;
    return 0;
}

static int limits(struct event_making *m) {
    int err = 0;
    for (size_t i = 0; i < sizeof watched / sizeof watched[0] && err == 0; i++) {
        uint64_t used = 0, total = 0;
        if (u64v_get(m->after->limits[watched[i].used], &used) != WHY_KNOWN ||
            u64v_get(m->after->limits[watched[i].total], &total) != WHY_KNOWN || total == 0)
            continue;
        double share = 100.0 * (double)used / (double)total;
        unsigned percent = share >= 100.0 ? 100 : (unsigned)share;
        uint8_t line = 0;
        while (line + 1 < LINES && percent >= percent_lines[line + 1])
            line++;
        err = cross(m, i, percent, line);
    }
    m->maker->lines_known = true;
    return err;
}

// ---- all of it

static int from_diff(struct event_making *m) {
    struct diff d;
    int err = diff_make(m->before, m->after, &d);
    if (err)
        return err;
    for (size_t i = 0; i < d.count && err == 0; i++) {
        const struct diff_entry *e = &d.entries[i];
        bool explained = i + 1 < d.count && d.entries[i + 1].after == e->after &&
                         (d.entries[i + 1].kind == DIFF_HELD ||
                          d.entries[i + 1].kind == DIFF_RELEASED);
        switch (e->kind) {
        case DIFF_ADDED:
            err = added(m, e->after);
            break;
        case DIFF_REMOVED:
            err = removed(m, e->before);
            break;
        case DIFF_CHANGED:
            err = changed(m, e);
            if (err == 0)
                err = counted(m, e, explained);
            break;
        case DIFF_HELD:
        case DIFF_RELEASED:
            err = held(m, e);
            break;
        }
    }
    diff_done(&d);
    return err;
}

static int by_time(const void *a, const void *b) {
    const struct event *x = a, *y = b;
    if (x->wall_ns != y->wall_ns)
        return x->wall_ns < y->wall_ns ? -1 : 1;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

size_t event_stem(const char *label) {
    size_t len = strlen(label), cut = len;
    for (size_t i = 1; i < len; i++)
        if (strchr("._-/", label[i]))
            cut = i + 1;
    size_t digit = strcspn(label, "0123456789");
    return digit < cut ? digit : cut;
}

// What is alike but for the digits and the last word of its name folds into one line.
static uint64_t fold_key(const struct event *e) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)e->kind;
    for (size_t i = 0, stem = event_stem(e->label); i < stem; i++)
        hash = (hash ^ (unsigned char)e->label[i]) * UINT64_C(0x100000001b3);
    for (const char *s = e->user; *s; s++)
        hash = (hash ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    return hash;
}

int events_make(struct event_maker *maker, const struct snapshot *after, struct name_notes *notes,
                struct events *out) {
    struct event_making m = {.maker = maker, .before = maker->before, .after = after};
    int err = 0;
    for (size_t i = 0; i < notes->count && err == 0; i++) {
        err = name_notes_add(&maker->notes, &notes->items[i]);
        if (err == 0)
            notes->items[i].name = NULL; // taken
    }
    bool lost = notes->lost;
    name_notes_done(notes);
    if (err == 0 && m.before)
        err = from_diff(&m);
    if (err == 0)
        err = m.before ? event_names(&m) : 0;
    if (err == 0)
        err = limits(&m);
    if (err == 0 && lost && m.before && !event_add(&m, EVENT_LOST, after->wall_ns, after, NULL))
        err = -ENOMEM;
    snapshot_ref(after);
    snapshot_unref(maker->before);
    maker->before = after;
    if (err) {
        events_done(&m.out);
        return err;
    }
    for (size_t i = 0; i < m.out.count; i++) {
        m.out.items[i].serial = i;
        m.out.items[i].fold_key = fold_key(&m.out.items[i]);
    }
    if (m.out.count)
        qsort(m.out.items, m.out.count, sizeof *m.out.items, by_time);
    *out = m.out;
    return 0;
}
