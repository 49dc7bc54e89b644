// event_names.c - what the kernel told of names between two pictures, joined to the events.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event_parts.h"
#include "core/segname.h"

int name_notes_add(struct name_notes *n, const struct name_note *note) {
    if (n->count == n->capacity) {
        size_t capacity = n->capacity ? 2 * n->capacity : 16;
        struct name_note *more = reallocarray(n->items, capacity, sizeof *more);
        if (!more)
            return -ENOMEM;
        n->items = more;
        n->capacity = capacity;
    }
    n->items[n->count++] = *note;
    return 0;
}

void name_notes_done(struct name_notes *n) {
    for (size_t i = 0; i < n->count; i++)
        free(n->items[i].name);
    free(n->items);
    *n = (struct name_notes){0};
}

// ---- the notes by name

enum presence { IN_BEFORE = 1, IN_AFTER = 2 };

// All notes of one name.
struct named {
    const char *name;
    size_t len;
    uint8_t present; // enum presence
    struct name_note *created, *deleted;
    bool told; // an event has taken what it says
};

struct names {
    struct named *items; // by hash, empty slots have no name
    size_t size;         // a power of two
};

static uint64_t hash_of(const char *bytes, size_t len) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

// The slot of a name, or the empty one where it would go.
static struct named *slot_of(const struct names *t, const char *bytes, size_t len) {
    size_t i = (size_t)hash_of(bytes, len) & (t->size - 1);
    while (t->items[i].name &&
           (t->items[i].len != len || memcmp(t->items[i].name, bytes, len) != 0))
        i = (i + 1) & (t->size - 1);
    return &t->items[i];
}

static int index_notes(struct name_notes *notes, struct names *out) {
    size_t size = 16;
    while (size < 2 * notes->count)
        size *= 2;
    *out = (struct names){calloc(size, sizeof(struct named)), size};
    if (!out->items)
        return -ENOMEM;
    for (size_t i = 0; i < notes->count; i++) {
        struct name_note *n = &notes->items[i];
        struct named *s = slot_of(out, n->name, n->len);
        s->name = n->name;
        s->len = n->len;
        if (n->created)
            s->created = n;
        if (n->deleted)
            s->deleted = n;
    }
    return 0;
}

static void mark_name(const struct names *t, strv name, uint8_t bit) {
    const char *bytes = NULL;
    size_t len = 0;
    if (strv_get(name, &bytes, &len) != WHY_KNOWN)
        return;
    struct named *s = slot_of(t, bytes, len);
    if (s->name)
        s->present |= bit;
}

static bool is_ours(const struct segment *seg) {
    return seg->id.kind == SEG_POSIX && !seg->foreign && !(seg->flags & SEG_FLAG_UNLINKED);
}

static void mark_present(const struct names *t, const struct snapshot *snap, uint8_t bit) {
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        if (!is_ours(seg))
            continue;
        mark_name(t, seg->name, bit);
        for (uint32_t k = 0; k < seg->name_count; k++)
            mark_name(t, snap->names[seg->first_name + k], bit);
    }
}

// ---- events they complete

static void by_note(struct event *e, const struct snapshot *snap, const struct name_note *n) {
    if (n->comm[0]) {
        e->pid = n->pid;
        name_escape(n->comm, strnlen(n->comm, sizeof n->comm), false, e->comm, sizeof e->comm);
    } else {
        event_by(e, snap, n->pid);
        e->comm[0] = '\0'; // it may be another one by now
    }
}

static struct named *named_of(const struct names *t, const struct snapshot *snap,
                              const struct event *e) {
    const struct segment *seg = snapshot_find(snap, &e->id);
    const char *bytes = "";
    size_t len = 0;
    if (!seg || seg->id.kind != SEG_POSIX || seg->foreign ||
        strv_get(seg->name, &bytes, &len) != WHY_KNOWN)
        return NULL;
    struct named *s = slot_of(t, bytes, len);
    return s->name ? s : NULL;
}

static void complete(struct event_making *m, const struct names *t) {
    for (size_t i = 0; i < m->out.count; i++) {
        struct event *e = &m->out.items[i];
        bool came = e->kind == EVENT_CREATED;
        if (!came && e->kind != EVENT_REMOVED && e->kind != EVENT_UNLINKED)
            continue;
        // An unlinked object keeps the name it had in the picture before.
        struct named *s = named_of(t, came ? m->after : m->before, e);
        struct name_note *n = !s ? NULL : came ? s->created : s->deleted;
        if (!n)
            continue;
        by_note(e, m->after, n);
        s->told = true;
    }
}

// ---- objects that no picture has

// What sem_open(3) makes on its way, to be linked under its real name at once.
static bool is_passing(const struct named *s) {
    return s->len == strlen("/sem.XXXXXX") && memcmp(s->name, "/sem.", 5) == 0 && s->created &&
           s->deleted && s->created->pid == s->deleted->pid;
}

static int add_passed(struct event_making *m, const struct named *s, enum event_kind kind,
                      const struct name_note *n) {
    char label[1100];
    struct event *e = event_add(m, kind, m->after->wall_ns, m->after, NULL);
    if (!e)
        return -ENOMEM;
    name_escape(s->name, s->len, false, label, sizeof label);
    free(e->label);
    e->label = strdup(label);
    if (!e->label) {
        m->out.count--;
        return -ENOMEM;
    }
    by_note(e, m->after, n);
    if (kind == EVENT_REMOVED)
        snprintf(e->detail, sizeof e->detail, "lived between two looks");
    return 0;
}

static int tell_passed(struct event_making *m, struct names *t) {
    for (size_t i = 0; i < t->size; i++) {
        struct named *s = &t->items[i];
        if (!s->name || s->told || s->present || !s->created || !s->deleted)
            continue;
        s->told = true;
        if (is_passing(s))
            continue;
        if (add_passed(m, s, EVENT_CREATED, s->created) < 0 ||
            add_passed(m, s, EVENT_REMOVED, s->deleted) < 0)
            return -ENOMEM;
    }
    return 0;
}

// A note may be ahead of the pictures: what told of nothing stands over once.
static void stand_over(struct name_notes *notes, const struct names *t) {
    size_t n = 0;
    for (size_t i = 0; i < notes->count; i++) {
        struct name_note note = notes->items[i];
        if (note.carried || slot_of(t, note.name, note.len)->told) {
            free(note.name);
        } else {
            note.carried = true;
            notes->items[n++] = note;
        }
    }
    notes->count = n;
}

int event_names(struct event_making *m) {
    struct name_notes *notes = &m->maker->notes;
    struct names t;
    if (notes->count == 0)
        return 0;
    int err = index_notes(notes, &t);
    if (err)
        return err;
    mark_present(&t, m->before, IN_BEFORE);
    mark_present(&t, m->after, IN_AFTER);
    complete(m, &t);
    err = tell_passed(m, &t);
    stand_over(notes, &t);
    free(t.items);
    return err;
}
