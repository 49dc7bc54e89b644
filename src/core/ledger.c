// ledger.c - the account of shared memory: where all of it is, and what nobody explains.
#include "core/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/fmt.h"
#include "core/segname.h"
#include "core/text.h"
#include "core/vec.h"

static const char *const kind_words[] = {
#define X(id, text) text,
    LEDGER_KIND_LIST(X)
#undef X
};

const char *ledger_kind_name(enum ledger_kind kind) {
    return (unsigned)kind < LEDGER_KIND_COUNT ? kind_words[kind] : "?";
}

enum { HIDDEN_NAMED = 3 };

// What the objects of one row sum up to.
struct sums {
    uint64_t resident, swapped, linked, held, promised, unwritten;
};
struct entry {
    enum ledger_kind kind;
    uint64_t ns, dev;
    const struct segment *first;
    const struct tmpfs *fs;
    struct sums sums;
    uint64_t objects, blind, sizeless;
};
struct making {
    const struct snapshot *snap;
    VEC(struct entry) entries;
    size_t last;
    uint64_t blind; // objects of which it is not known how much they hold
};

static uint64_t value_of(const struct segment *seg, enum seg_field field, bool *known) {
    uint64_t value = 0;
    enum why why = seg_get(seg, field, &value);
    *known = why == WHY_KNOWN || why == WHY_NONE;
    return value;
}

static bool is_swapping(const struct snapshot *snap) {
    uint64_t swap = 0;
    return u64v_get(snap->limits[LIMIT_SWAP_USED], &swap) != WHY_KNOWN || swap > 0;
}

static void add(uint64_t *sum, uint64_t n) {
    *sum = n > UINT64_MAX - *sum ? UINT64_MAX : *sum + n;
}

// ---- rows

static int entry_at(struct making *m, enum ledger_kind kind, uint64_t ns, uint64_t dev,
                    struct entry **out) {
    // Segments are sorted, so that it is the last one nearly always.
    for (size_t n = 0; n < m->entries.count; n++) {
        size_t i = (m->last + n) % m->entries.count;
        struct entry *e = &m->entries.items[i];
        if (e->kind == kind && e->ns == ns && e->dev == dev) {
            m->last = i;
            *out = e;
            return 0;
        }
    }
    struct entry fresh = {.kind = kind, .ns = ns, .dev = dev};
    if (vec_push(&m->entries, fresh) < 0)
        return -ENOMEM;
    m->last = m->entries.count - 1;
    *out = &m->entries.items[m->last];
    return 0;
}

static int entry_of(struct making *m, const struct segment *seg, struct entry **out) {
    bool huge = (seg->flags & SEG_FLAG_HUGE) != 0 || seg->id.kind == SEG_HUGETLB;
    if (huge) // each kind of use apart: System V by namespace, the rest by device
        return entry_at(m, LEDGER_HUGETLB, seg->id.kind == SEG_SYSV ? seg->id.ns : 0,
                        seg->id.kind == SEG_SYSV ? 0 : seg->id.dev, out);
    switch (seg->id.kind) {
    case SEG_SYSV:
        return entry_at(m, LEDGER_SYSV, seg->id.ns, 0, out);
    case SEG_MEMFD:
        return entry_at(m, LEDGER_MEMFD, 0, 0, out);
    case SEG_ANON:
        return entry_at(m, LEDGER_ANON, 0, 0, out);
    default:
        return entry_at(m, LEDGER_TMPFS, 0, seg->id.dev, out);
    }
}

static int take_segment(struct making *m, const struct segment *seg) {
    struct entry *e;
    bool resident_known, swapped_known, size_known;
    uint64_t page = m->snap->vantage.page_size ? m->snap->vantage.page_size : 4096;
    uint64_t resident = value_of(seg, SEG_RESIDENT, &resident_known);
    uint64_t swapped = value_of(seg, SEG_SWAPPED, &swapped_known);
    uint64_t size = value_of(seg, SEG_SIZE, &size_known);
    if (entry_of(m, seg, &e) < 0)
        return -ENOMEM;
    if (!e->first)
        e->first = seg;
    e->objects++;
    e->blind += !resident_known || !swapped_known;
    e->sizeless += !size_known;
    add(&e->sums.resident, resident);
    add(&e->sums.swapped, swapped);
    uint64_t holds = resident + swapped;
    add(seg->flags & SEG_FLAG_UNLINKED ? &e->sums.held : &e->sums.linked, holds);
    size = size > UINT64_MAX - page ? UINT64_MAX : (size + page - 1) / page * page;
    add(&e->sums.promised, size);
    add(&e->sums.unwritten, size > holds ? size - holds : 0);
    return 0;
}

static int take_tmpfs(struct making *m, const struct tmpfs *fs) {
    struct entry *e;
    if (entry_at(m, LEDGER_TMPFS, 0, fs->dev, &e) < 0)
        return -ENOMEM;
    e->fs = fs;
    return 0;
}

static struct gap gap_of(uint64_t whole, uint64_t part) {
    uint64_t most = INT64_MAX, d = whole > part ? whole - part : part - whole;
    int64_t bytes = (int64_t)(d < most ? d : most);
    return (struct gap){whole > part ? bytes : -bytes, WHY_KNOWN};
}

// A tmpfs counts by what its superblock says is used, which is right even where no file is seen.
static void fill_tmpfs(const struct entry *e, bool swapping, struct ledger_row *row) {
    const struct tmpfs *fs = e->fs;
    u64v unasked = u64v_missing(WHY_NOT_ASKED);
    uint64_t used = 0, size = 0, aside = fs ? fs->aside.bytes : 0; // has a row of its own
    bool complete = fs && fs->walked && e->blind == 0;
    row->dev = u64v_of(e->dev);
    row->size = row->free = fs ? fs->size : unasked;
    row->where = fs ? fs->where : strv_missing(WHY_NOT_ASKED);
    row->mnt_ns = fs && fs->mnt_ns ? u64v_of(fs->mnt_ns) : u64v_missing(WHY_FAILED);
    row->foreign = fs ? !fs->own : e->first->foreign;
    row->unlinked_held = u64v_of(e->sums.held);
    row->linked = complete ? u64v_of(e->sums.linked) : unasked;
    if (!fs || !fs->walked || e->sizeless)
        row->promised = row->unwritten = unasked;
    enum why why = fs ? u64v_get(fs->used, &used) : WHY_NOT_ASKED;
    row->unexplained.why = complete ? why : WHY_NOT_ASKED;
    if (why != WHY_KNOWN)
        return; // what is seen of it is all there is to count: bytes stay
    uint64_t others = e->sums.swapped + aside;
    row->bytes = used > others ? used - others : 0;
    if (complete)
        row->unexplained = gap_of(used, e->sums.linked + e->sums.held + aside);
    else if (swapping)
        row->swapped = unasked; // not all of its files are seen
    if (u64v_get(fs->size, &size) == WHY_KNOWN)
        row->free = size > used ? u64v_of(size - used) : u64v_of(0);
}

static void fill_row(const struct making *m, const struct entry *e, struct ledger_row *row) {
    u64v none = u64v_missing(WHY_NONE);
    *row = (struct ledger_row){.kind = e->kind,
                               .in_shmem = e->kind != LEDGER_HUGETLB,
                               .bytes = e->sums.resident,
                               .where = strv_missing(WHY_NONE),
                               .dev = none,
                               .ipc_ns = none,
                               .mnt_ns = none,
                               .swapped = u64v_of(e->sums.swapped),
                               .size = none,
                               .free = none,
                               .linked = none,
                               .unlinked_held = none,
                               .promised = u64v_of(e->sums.promised),
                               .unwritten = u64v_of(e->sums.unwritten),
                               .unexplained = {0, WHY_NONE},
                               .objects = e->objects,
                               .blind = e->blind};
    if (e->kind == LEDGER_TMPFS) {
        fill_tmpfs(e, is_swapping(m->snap), row);
        return;
    }
    if (e->sizeless)
        row->promised = row->unwritten = u64v_missing(WHY_NOT_ASKED);
    if (e->ns) {
        row->ipc_ns = u64v_of(e->ns);
        row->foreign = e->ns != m->snap->vantage.ipc_ns;
        row->where = e->first->container;
    }
    if (e->dev)
        row->dev = u64v_of(e->dev);
    row->of_files = e->kind == LEDGER_HUGETLB && e->first->id.kind == SEG_HUGETLB;
}

static int compare_rows(const void *left, const void *right) {
    const struct ledger_row *a = left, *b = right;
    uint64_t x = 0, y = 0;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->foreign != b->foreign)
        return a->foreign ? 1 : -1;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    u64v_get(a->kind == LEDGER_SYSV ? a->ipc_ns : a->dev, &x);
    u64v_get(b->kind == LEDGER_SYSV ? b->ipc_ns : b->dev, &y);
    return (x > y) - (x < y);
}

// A tmpfs that no path leads to, and of which no file is seen, is no row but a cause.
static bool is_out_of_reach(const struct entry *e) {
    uint64_t used;
    enum why why;
    if (e->kind != LEDGER_TMPFS || !e->fs || e->objects > 0)
        return false;
    why = u64v_get(e->fs->used, &used);
    return why != WHY_KNOWN && why != WHY_UNSUPPORTED;
}

// System V of other namespaces that the picture only counts: one row for all of them.
static void add_left_out(struct ledger *l) {
    const struct coverage *c = &l->snap->coverage;
    u64v none = u64v_missing(WHY_NONE), unasked = u64v_missing(WHY_NOT_ASKED);
    if (c->foreign_sysv == 0)
        return;
    l->rows[l->row_count++] = (struct ledger_row){.kind = LEDGER_SYSV,
                                                  .in_shmem = true,
                                                  .foreign = true,
                                                  .bytes = c->foreign_sysv_bytes,
                                                  .where = strv_missing(WHY_NONE),
                                                  .dev = none,
                                                  .ipc_ns = unasked,
                                                  .mnt_ns = none,
                                                  .swapped = unasked,
                                                  .size = none,
                                                  .free = none,
                                                  .linked = none,
                                                  .unlinked_held = none,
                                                  .promised = unasked,
                                                  .unwritten = unasked,
                                                  .unexplained = {0, WHY_NONE},
                                                  .objects = c->foreign_sysv};
    add(&l->explained, c->foreign_sysv_bytes);
}

// What removals have put aside in a tmpfs is neither free nor any segment's.
static void add_aside(struct ledger *l, const struct tmpfs *fs) {
    const struct put_aside *aside = &fs->aside;
    u64v none = u64v_missing(WHY_NONE);
    if (aside->items == 0)
        return;
    l->rows[l->row_count++] = (struct ledger_row){
        .kind = LEDGER_TMPFS,
        .in_shmem = true,
        .aside = true,
        .foreign = !fs->own,
        .bytes = aside->bytes,
        .where = aside->where,
        .dev = u64v_of(fs->dev),
        .ipc_ns = none,
        .mnt_ns = fs->mnt_ns ? u64v_of(fs->mnt_ns) : u64v_missing(WHY_FAILED),
        .swapped = is_swapping(l->snap) ? u64v_missing(WHY_NOT_ASKED) : u64v_of(0),
        .size = none,
        .free = none,
        .linked = u64v_of(aside->bytes),
        .unlinked_held = u64v_of(0),
        .promised = u64v_of(aside->promised),
        .unwritten = none,
        .unexplained = {0, WHY_NONE},
        .objects = aside->items};
    add(&l->explained, aside->bytes);
}

static int make_rows(const struct making *m, struct ledger *l) {
    l->rows = calloc(m->entries.count + m->snap->tmpfs_count + 2, sizeof *l->rows);
    if (!l->rows)
        return -ENOMEM;
    add_left_out(l);
    for (size_t i = 0; i < m->snap->tmpfs_count; i++)
        add_aside(l, &m->snap->tmpfs[i]);
    for (size_t i = 0; i < m->entries.count; i++) {
        const struct entry *e = &m->entries.items[i];
        if (is_out_of_reach(e))
            continue;
        struct ledger_row *row = &l->rows[l->row_count++];
        fill_row(m, e, row);
        if (row->in_shmem)
            add(&l->explained, row->bytes);
    }
    if (l->row_count > 1)
        qsort(l->rows, l->row_count, sizeof *l->rows, compare_rows);
    return 0;
}

// ---- causes

static void cause(struct ledger *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void cause(struct ledger *l, const char *format, ...) {
    va_list args;
    if (l->cause_count == LEDGER_CAUSES_MAX)
        return;
    va_start(args, format);
    vsnprintf(l->causes[l->cause_count++], LEDGER_CAUSE_SIZE, format, args);
    va_end(args);
}

static const char *s(uint64_t n) {
    return n == 1 ? "" : "s";
}

static uint64_t denied_notes(const struct snapshot *snap, const char *probe) {
    uint64_t n = 0;
    for (size_t i = 0; i < snap->note_count; i++)
        if (snap->notes[i].why == WHY_DENIED && strcmp(snap->notes[i].probe, probe) == 0)
            n += snap->notes[i].count;
    return n;
}

static void causes_of_permission(struct ledger *l) {
    const struct coverage *c = &l->snap->coverage;
    uint64_t directories = denied_notes(l->snap, "posix");
    if (c->denied)
        cause(l, "%" PRIu32 " process%s that may not be looked into", c->denied,
              c->denied == 1 ? "" : "es");
    if (c->namespaces_denied)
        cause(l, "%" PRIu32 " namespace%s that may not be entered", c->namespaces_denied,
              s(c->namespaces_denied));
    if (c->mnt_denied)
        cause(l, "tmpfs of mount namespaces that may not be looked into (%" PRIu32 " process%s)",
              c->mnt_denied, c->mnt_denied == 1 ? "" : "es");
    if (directories)
        cause(l, "%" PRIu64 " file%s or directories of /dev/shm that may not be read", directories,
              s(directories));
    if (c->pids_hidden)
        cause(l, "processes of others, which are hidden from us (hidepid)");
    if (!c->complete)
        cause(l, "whatever is held outside of our pid namespace or kept from an ordinary user");
}

static void causes_of_request(struct ledger *l) {
    const struct coverage *c = &l->snap->coverage;
    if (!c->descriptors)
        cause(l, "objects that are open and not mapped: descriptors were not walked");
    if (!c->foreign_mounts)
        cause(l, "tmpfs of other mount namespaces: not looked for");
}

static void cause_hidden(struct ledger *l, const struct tmpfs *fs) {
    const char *bytes = NULL;
    size_t len = 0;
    char where[80] = "an unknown place";
    if (strv_get(fs->where, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, where, sizeof where);
    cause(l, "tmpfs %u:%u at %s, where no path leads to (mounted over, or out of reach)",
          major(fs->dev), minor(fs->dev), where);
}

static void causes_of_rows(struct ledger *l, const struct making *m) {
    uint64_t hidden = 0, untold = 0, blind = 0, unread = 0, used;
    for (size_t i = 0; i < m->entries.count; i++) {
        const struct entry *e = &m->entries.items[i];
        if (is_out_of_reach(e) && hidden++ < HIDDEN_NAMED)
            cause_hidden(l, e->fs);
        blind += e->blind;
        if (e->kind != LEDGER_TMPFS)
            continue;
        enum why why = e->fs ? u64v_get(e->fs->used, &used) : WHY_NOT_ASKED;
        untold += why != WHY_KNOWN && !is_out_of_reach(e) && !(e->fs && e->fs->walked);
        unread += why == WHY_KNOWN && !e->fs->walked;
    }
    if (hidden > HIDDEN_NAMED)
        cause(l, "%" PRIu64 " more tmpfs that no path leads to", hidden - HIDDEN_NAMED);
    if (untold)
        cause(l, "%" PRIu64 " tmpfs without a limit, which do not tell what is used of them",
              untold);
    if (blind)
        cause(l, "%" PRIu64 " object%s that do%s not tell what they hold", blind, s(blind),
              blind == 1 ? "es" : "");
    if (unread && is_swapping(l->snap))
        cause(l, "pages of tmpfs files in swap, which count as used and are not in Shmem");
}

// What a superblock counts and no file shows is explained as a sum, and hidden all the same.
static void causes_of_unseen(struct ledger *l) {
    char where[LEDGER_WHERE_SIZE], cut[80], bytes[16];
    for (size_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (row->unexplained.why != WHY_KNOWN || row->unexplained.bytes <= 0)
            continue;
        ledger_where(row, where, sizeof where);
        text_fit(where, sizeof cut / 2, "~", cut, sizeof cut);
        cause(l, "%s of %s in no file that is seen: in flight in unix sockets or io_uring",
              fmt_size((uint64_t)row->unexplained.bytes, bytes), cut);
    }
}

static void make_causes(struct ledger *l, const struct making *m) {
    if (l->unexplained.why == WHY_KNOWN && l->unexplained.bytes <= 0) {
        causes_of_unseen(l);
        if (l->unexplained.bytes < 0)
            cause(l, "memory that was freed while the account was made");
        return;
    }
    causes_of_request(l);
    causes_of_permission(l);
    causes_of_rows(l, m);
    cause(l, "descriptors in flight in unix sockets or io_uring, which no process has");
    cause(l, "mount and IPC namespaces without processes");
    cause(l, "buffers of drivers and other users inside the kernel");
}

// ---- the whole

int ledger_make(const struct snapshot *snap, struct ledger *out) {
    struct making m = {.snap = snap};
    struct ledger l = {.snap = snap, .shmem = snap->limits[LIMIT_MEMINFO_SHMEM]};
    uint64_t shmem = 0;
    int err = 0;
    for (size_t i = 0; i < snap->segment_count && err == 0; i++)
        err = take_segment(&m, &snap->segments[i]);
    for (size_t i = 0; i < snap->tmpfs_count && err == 0; i++)
        err = take_tmpfs(&m, &snap->tmpfs[i]);
    if (err == 0)
        err = make_rows(&m, &l);
    if (err == 0) {
        l.unexplained.why = u64v_get(l.shmem, &shmem);
        if (l.unexplained.why == WHY_KNOWN)
            l.unexplained = gap_of(shmem, l.explained);
        make_causes(&l, &m);
        snapshot_ref(snap);
        *out = l;
    } else {
        free(l.rows);
    }
    vec_done(&m.entries);
    return err;
}

void ledger_done(struct ledger *l) {
    free(l->rows);
    snapshot_unref(l->snap);
    *l = (struct ledger){0};
}

const struct ledger_row *ledger_overcommitted(const struct ledger *l) {
    const struct ledger_row *worst = NULL;
    uint64_t most = 0;
    for (size_t i = 0; i < l->row_count; i++) {
        uint64_t unwritten = 0, left = 0;
        const struct ledger_row *row = &l->rows[i];
        if (u64v_get(row->unwritten, &unwritten) != WHY_KNOWN ||
            u64v_get(row->free, &left) != WHY_KNOWN || unwritten <= left)
            continue;
        if (unwritten - left > most) {
            most = unwritten - left;
            worst = row;
        }
    }
    return worst;
}

// ---- words

void ledger_where(const struct ledger_row *row, char *buf, size_t size) {
    const char *bytes = NULL;
    size_t len = 0;
    uint64_t ns = 0;
    char name[LEDGER_WHERE_SIZE] = "";
    bool named = strv_get(row->where, &bytes, &len) == WHY_KNOWN;
    if (named)
        name_escape(bytes, len, row->foreign, name, sizeof name);
    if (row->kind == LEDGER_TMPFS && !named)
        snprintf(buf, size, "a tmpfs that no mount table names");
    else if (row->kind == LEDGER_TMPFS && row->foreign && u64v_get(row->mnt_ns, &ns) == WHY_KNOWN)
        snprintf(buf, size, "%s@%" PRIu64, name, ns); // as in a SEG
    else if (row->kind == LEDGER_TMPFS)
        snprintf(buf, size, "%s%s", name, row->foreign ? " of another mount namespace" : "");
    else if (u64v_get(row->ipc_ns, &ns) == WHY_KNOWN && row->foreign)
        snprintf(buf, size, "IPC namespace %" PRIu64 "%s%s", ns, named ? ", " : "", name);
    else if (u64v_get(row->ipc_ns, &ns) == WHY_KNOWN)
        snprintf(buf, size, "our IPC namespace");
    else if (row->kind == LEDGER_SYSV)
        snprintf(buf, size, "other IPC namespaces");
    else if (row->kind != LEDGER_HUGETLB)
        snprintf(buf, size, "held by processes");
    else if (row->of_files && u64v_get(row->dev, &ns) == WHY_KNOWN)
        snprintf(buf, size, "files of hugetlbfs %u:%u", major(ns), minor(ns));
    else
        snprintf(buf, size, "memfd and anonymous, held by processes");
}

void ledger_warning(const struct ledger_row *row, char *buf, size_t size) {
    uint64_t promised = 0, unwritten = 0, left = 0;
    char where[LEDGER_WHERE_SIZE], p[16], a[16], f[16];
    ledger_where(row, where, sizeof where);
    u64v_get(row->promised, &promised);
    u64v_get(row->unwritten, &unwritten);
    u64v_get(row->free, &left);
    uint64_t allocated = promised > unwritten ? promised - unwritten : 0;
    snprintf(buf, size,
             "%s: promised %s, allocated %s, free %s: writing all that is promised would fail",
             where, fmt_size(promised, p), fmt_size(allocated, a), fmt_size(left, f));
}
