// origin.c - recognises the software that a segment comes from.
#include "core/origin_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/segname.h"

enum { WORD = 64, COMM_BYTES = 15 }; // comm is cut to 15 bytes, see proc(5)

struct origins {
    atomic_uint references;
    struct origin *own; // rows of the user, owned
    size_t own_count, count;
    char *text; // owned: what they point into
    size_t words;
    uint64_t *by_first; // for each first byte of a name the rows that may match it
};

static void origins_free(struct origins *o) {
    if (!o)
        return;
    free(o->own);
    free(o->text);
    free(o->by_first);
    free(o);
}

static const struct origin *row_at(const struct origins *o, size_t i) {
    return i < o->own_count ? &o->own[i] : &origin_table[i - o->own_count];
}

const struct origin *origins_row(const struct origins *o, unsigned number) {
    return o && number > 0 && number <= o->count ? row_at(o, number - 1) : NULL;
}

int origins_make(struct origin *rows, size_t count, char *text, struct origins **out) {
    struct origins *o = calloc(1, sizeof *o);
    if (!o) {
        free(rows);
        free(text);
        return -ENOMEM;
    }
    atomic_init(&o->references, 1);
    o->own = rows;
    o->own_count = count;
    o->text = text;
    o->count = count + origin_table_count;
    o->words = (o->count + WORD - 1) / WORD;
    o->by_first = calloc(256 * o->words, sizeof *o->by_first);
    if (!o->by_first) {
        origins_free(o);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < o->count; i++) {
        bool first[256] = {false};
        const struct origin *row = row_at(o, i);
        if (row->pattern)
            origin_pattern_first(row->pattern, first);
        for (unsigned c = 0; c < 256; c++)
            if (first[c])
                o->by_first[c * o->words + i / WORD] |= UINT64_C(1) << i % WORD;
    }
    *out = o;
    return 0;
}

int origins_builtin(struct origins **out) {
    return origins_make(NULL, 0, NULL, out);
}

const struct origins *origins_ref(const struct origins *o) {
    if (o)
        atomic_fetch_add_explicit(&((struct origins *)(uintptr_t)o)->references, 1,
                                  memory_order_relaxed);
    return o;
}

void origins_unref(const struct origins *o) {
    struct origins *own = (struct origins *)(uintptr_t)o;
    if (own && atomic_fetch_sub_explicit(&own->references, 1, memory_order_acq_rel) == 1)
        origins_free(own);
}

// ---- by name

static bool find_by_name(const struct origins *o, const struct segment *seg,
                         struct origin_match *out) {
    const char *name;
    size_t len;
    bool memfd = seg->id.kind == SEG_MEMFD;
    if ((seg->id.kind != SEG_POSIX && !memfd) || strv_get(seg->name, &name, &len) != WHY_KNOWN)
        return false;
    size_t skip = len > 0 && !memfd && name[0] == '/';
    if (len == skip)
        return false;
    const uint64_t *may = &o->by_first[(unsigned char)name[skip] * o->words];
    for (size_t w = 0; w < o->words; w++) {
        for (uint64_t bits = may[w]; bits; bits &= bits - 1) {
            unsigned number = (unsigned)(w * WORD) + (unsigned)__builtin_ctzll(bits) + 1;
            const struct origin *row = row_at(o, number - 1);
            if (row->memfd != memfd ||
                !origin_pattern_matches(row->pattern, name + skip, len - skip, out))
                continue;
            out->number = number;
            out->stem_from += (uint32_t)skip;
            return true;
        }
    }
    return false;
}

// ---- System V

bool origin_is_program(const char *programs, strv comm) {
    const char *bytes;
    size_t len;
    if (strv_get(comm, &bytes, &len) != WHY_KNOWN)
        return false;
    for (const char *p = programs; p && *p;) {
        size_t n = strcspn(p, "|"), shown = n < COMM_BYTES ? n : COMM_BYTES;
        if (shown == len && memcmp(p, bytes, len) == 0)
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

bool origins_keep_for(const struct origins *o, strv comm) {
    for (size_t i = 0; o && i < o->count; i++)
        if (row_at(o, i)->keep == ORIGIN_KEEP_WHILE &&
            origin_is_program(row_at(o, i)->programs, comm))
            return true;
    return false;
}

// The process that a segment remembers, while it is the same and lives.
static bool lives_as(const struct snapshot *snap, const struct segment *seg, enum seg_field field,
                     uint8_t state, const char *programs) {
    uint64_t pid;
    if (state != PID_RUNNING || seg_get(seg, field, &pid) != WHY_KNOWN || pid > INT32_MAX)
        return false;
    const struct process *p = snapshot_process(snap, (pid_t)pid);
    return p && origin_is_program(programs, p->comm);
}

static bool sysv_facts_fit(const struct origin_sysv *want, const struct snapshot *snap,
                           const struct segment *seg) {
    uint64_t key, mode = 0, size = 0, uid = 0;
    const char *user;
    size_t len;
    if (seg_get(seg, SEG_KEY, &key) != WHY_KNOWN || (want->private_key && key != 0) ||
        (want->public_key && key == 0))
        return false;
    if (want->mode && (seg_get(seg, SEG_MODE, &mode) != WHY_KNOWN || (mode & 0777) != want->mode))
        return false;
    if (want->least_size && (seg_get(seg, SEG_SIZE, &size) != WHY_KNOWN || size < want->least_size))
        return false;
    if (want->user && (seg_get(seg, SEG_UID, &uid) != WHY_KNOWN ||
                       strv_get(snapshot_user(snap, (uint32_t)uid), &user, &len) != WHY_KNOWN ||
                       len != strlen(want->user) || memcmp(user, want->user, len) != 0))
        return false;
    return (!want->creator ||
            lives_as(snap, seg, SEG_CREATOR_PID, seg->creator_state, want->creator)) &&
           (!want->last || lives_as(snap, seg, SEG_LAST_PID, seg->last_state, want->last));
}

static unsigned find_sysv(const struct origins *o, const struct snapshot *snap,
                          const struct segment *seg, bool by_marker) {
    for (unsigned number = 1; number <= o->count; number++) {
        const struct origin_sysv *want = &row_at(o, number - 1)->sysv;
        if (want->asked && want->needs_marker == by_marker && sysv_facts_fit(want, snap, seg))
            return number;
    }
    return 0;
}

void origins_find(const struct origins *o, const struct snapshot *snap, const struct segment *seg,
                  struct origin_match *out) {
    *out = (struct origin_match){0};
    if (seg->id.kind == SEG_SYSV) {
        const struct recalled *recalled = snapshot_recalled(snap, seg);
        out->number = recalled && recalled->marker_origin ? recalled->marker_origin
                                                          : find_sysv(o, snap, seg, false);
    } else if (!find_by_name(o, seg, out)) {
        *out = (struct origin_match){0};
    }
}

unsigned origins_marker_row(const struct origins *o, const struct snapshot *snap,
                            const struct segment *seg) {
    struct origin_match m = {0};
    if (seg->id.kind == SEG_SYSV)
        return find_sysv(o, snap, seg, true);
    return find_by_name(o, seg, &m) && row_at(o, m.number - 1)->marker.magic ? m.number : 0;
}

// ---- what was judged

const struct origin *origin_of(const struct snapshot *snap, const struct segment *seg) {
    return origins_row(snap->origins, seg->origin);
}

size_t origin_owners(const struct snapshot *snap, const struct segment *seg,
                     uint32_t pids[ORIGIN_PIDS + 1], bool from_content[ORIGIN_PIDS + 1]) {
    struct origin_match m = {0};
    const struct origin *row = origin_of(snap, seg);
    const struct recalled *recalled = snapshot_recalled(snap, seg);
    const char *name;
    size_t len, count = 0;
    if (row && row->pattern && strv_get(seg->name, &name, &len) == WHY_KNOWN) {
        size_t skip = len > 0 && !row->memfd && name[0] == '/';
        origin_pattern_matches(row->pattern, name + skip, len - skip, &m);
    }
    for (; count < m.pid_count; count++) {
        pids[count] = m.pids[count];
        from_content[count] = false;
    }
    if (recalled && recalled->marker_pid) {
        pids[count] = recalled->marker_pid;
        from_content[count++] = true;
    }
    return count;
}

const char *origin_because(const struct snapshot *snap, const struct segment *seg, char *buf,
                           size_t size) {
    const struct origin *row = origin_of(snap, seg);
    const struct recalled *recalled = snapshot_recalled(snap, seg);
    uint64_t pid = 0;
    if (!row)
        snprintf(buf, size, "nothing is known of such a segment");
    else if (row->pattern)
        snprintf(buf, size, "its name is like %s", row->pattern);
    else if (recalled && recalled->marker_origin)
        snprintf(buf, size, "its content begins as that of %s", row->software);
    else if (row->sysv.creator && seg_get(seg, SEG_CREATOR_PID, &pid) == WHY_KNOWN)
        snprintf(buf, size, "%s made it, pid %" PRIu64, row->sysv.creator, pid);
    else if (row->sysv.last && seg_get(seg, SEG_LAST_PID, &pid) == WHY_KNOWN)
        snprintf(buf, size, "it is private and an X server, pid %" PRIu64 ", used it last", pid);
    else if (row->sysv.user)
        snprintf(buf, size, "it is large, has a key and belongs to user %s", row->sysv.user);
    else
        snprintf(buf, size, "of its key, mode and size");
    return buf;
}
