// recall.c - what a prober remembers of segments and processes from one scan to the next.
#include "probes/recall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/origin.h"
#include "core/vec.h"
#include "core/verdict.h"
#include "probes/elsewhere.h"
#include "probes/markers.h"
#include "probes/sole.h"

enum {
    MARKERS_A_TICK = 64, // contents opened in one look of the monitor
    MARKERS_A_SWEEP = 4096,
    SOLES_A_SCAN = 1 << 17, // some microseconds each
    INNER_MAX = 4,          // pid namespaces inside of ours that a process is seen in
};

static const uint64_t sole_serves_ns = 300000000000; // how long an answer of the kernel is good

struct remembered {
    struct seg_id id;
    uint64_t last_held_ns;
    uint32_t marker_pid;
    uint16_t marker_origin;
    uint8_t sole;     // enum sole, as it was answered
    uint64_t sole_ns; // monotonic time of that; 0: not asked
    bool marker_asked;
};

struct inner {
    struct proc_id id;
    uint32_t pids[INNER_MAX];
    uint8_t count;
    bool known;
};

struct recall {
    VEC(struct remembered) segments; // in the order of the snapshot
    VEC(struct inner) processes;     // sorted by pid
};

int recall_new(struct recall **out) {
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

void recall_free(struct recall *r) {
    if (!r)
        return;
    vec_done(&r->segments);
    vec_done(&r->processes);
    free(r);
}

// ---- segments

static void ask_marker(const struct root *root, const struct snapshot *snap,
                       const struct segment *seg, unsigned row, struct remembered *m) {
    uint32_t pid = 0;
    m->marker_asked = true;
    if (marker_read(root, snap, seg, &origins_row(snap->origins, row)->marker, &pid) == 0) {
        m->marker_origin = (uint16_t)row;
        m->marker_pid = pid;
    }
}

// Processes that let nobody in may hold an object, and so may the kernel itself (a loop device) and
// a message on its way through a socket. When all else is in sight the kernel is asked.
static bool asks_kernel(const struct coverage *c, const struct segment *seg) {
    return seg->id.kind == SEG_POSIX && c->complete && c->private_maps && c->descriptors &&
           c->locks;
}

// The /dev/shm of another mount namespace while its objects are asked about, one after the other.
struct visit {
    struct elsewhere *there; // NULL: nowhere, or it could not be entered
    uint64_t dev;            // of the one that is or was to be entered, 0: none
};

static void visit_end(struct visit *v) {
    elsewhere_leave(v->there);
    *v = (struct visit){0};
}

// The root under which an object of that /dev/shm is found; NULL: it cannot be reached.
static const struct root *visit_root(struct visit *v, const struct root *root,
                                     const struct snapshot *snap, const struct segment *seg) {
    uint64_t ns = 0, of = 0;
    if (!seg->foreign)
        return root;
    if (v->dev != seg->id.dev) {
        struct elsewhere_way way = {.device = seg->id.dev};
        visit_end(v);
        v->dev = seg->id.dev;
        seg_get(seg, SEG_MNT_NS, &ns);
        for (size_t i = 0; i < snap->process_count && way.pid == 0; i++)
            if (u64v_get(snap->processes[i].mnt_ns, &of) == WHY_KNOWN && of == ns)
                way.pid = snap->processes[i].id.pid;
        if (ns == 0 || elsewhere_enter(root, ELSEWHERE_SHM, ns, &way, &v->there) < 0)
            v->there = NULL;
        elsewhere_way_done(&way);
    }
    return v->there ? elsewhere_root(v->there) : NULL;
}

static void ask_sole(const struct root *root, const struct segment *seg, uint64_t mono_ns,
                     struct remembered *m) {
    bool held;
    m->sole = SOLE_NOT_ASKED;
    m->sole_ns = mono_ns;
    if (root && sole_ask(root, seg, &held) == 0)
        m->sole = held ? SOLE_SOMEBODY : SOLE_NOBODY;
}

static int tell_segment(struct late *late, uint32_t i, const struct remembered *m) {
    const struct recalled item = {.segment = i,
                                  .marker_pid = m->marker_pid,
                                  .marker_origin = m->marker_origin,
                                  .last_held_ns = m->last_held_ns,
                                  .sole = m->sole};
    if (!item.marker_origin && !item.last_held_ns && !item.sole)
        return 0;
    return late_recall(late, &item);
}

static int tell_segments(struct recall *r, const struct root *root, const struct scan_request *want,
                         struct late *late) {
    bool everything = want->everything;
    const struct snapshot *snap = late->snap;
    VEC(struct remembered) now = {0};
    struct visit visit = {0};
    size_t old = 0, budget = everything ? MARKERS_A_SWEEP : MARKERS_A_TICK;
    size_t soles = want->ask_kernel ? SOLES_A_SCAN : 0;
    int err = 0;
    for (uint32_t i = 0; i < snap->segment_count && !err; i++) {
        const struct segment *seg = &snap->segments[i];
        struct remembered m = {.id = seg->id};
        while (old < r->segments.count && seg_id_compare(&r->segments.items[old].id, &seg->id) < 0)
            old++;
        if (old < r->segments.count && seg_id_same(&r->segments.items[old].id, &seg->id))
            m = r->segments.items[old];
        if (verdict_is_used(snap, seg))
            m.last_held_ns = snap->wall_ns;
        if (budget > 0 && !m.marker_origin && (everything || !m.marker_asked)) {
            unsigned row = origins_marker_row(snap->origins, snap, seg);
            if (row) {
                budget--;
                ask_marker(root, snap, seg, row, &m);
            }
        }
        if (verdict_is_used(snap, seg) || !asks_kernel(&snap->coverage, seg))
            m.sole = SOLE_NOT_ASKED;
        else if (soles > 0) {
            soles--;
            ask_sole(visit_root(&visit, root, snap, seg), seg, snap->mono_ns, &m);
            if (m.sole == SOLE_SOMEBODY)
                m.last_held_ns = snap->wall_ns;
        } else if (m.sole && snap->mono_ns - m.sole_ns > sole_serves_ns) {
            m.sole = SOLE_NOT_ASKED;
        }
        if (m.last_held_ns || m.marker_asked || m.sole_ns)
            err = vec_push(&now, m);
        if (!err)
            err = tell_segment(late, i, &m);
    }
    visit_end(&visit);
    if (err) {
        vec_done(&now);
        return err;
    }
    vec_done(&r->segments);
    r->segments.items = now.items;
    r->segments.count = now.count;
    r->segments.capacity = now.capacity;
    return 0;
}

// ---- pids of inner namespaces

// Whether some segment that nobody holds tells the pid of its owner.
static bool pids_matter(const struct recall *r, const struct snapshot *snap) {
    uint32_t pids[ORIGIN_PIDS + 1];
    bool from_content[ORIGIN_PIDS + 1];
    for (size_t i = 0; i < r->segments.count; i++)
        if (r->segments.items[i].marker_pid)
            return true;
    for (size_t i = 0; i < snap->segment_count; i++)
        if (snap->segments[i].origin && !verdict_is_used(snap, &snap->segments[i]) &&
            origin_owners(snap, &snap->segments[i], pids, from_content) > 0)
            return true;
    return false;
}

// Reads "NSpid:\t41\t7\n" of /proc/PID/status: our own pid first, then those further in.
static void parse_nspid(const char *text, struct inner *in) {
    const char *line = strstr(text, "\nNSpid:");
    in->count = 0;
    in->known = true;
    if (!line) // a kernel without pid namespaces
        return;
    char *end;
    const char *at = line + strlen("\nNSpid:");
    for (unsigned level = 0;; level++, at = end) {
        unsigned long pid = strtoul(at, &end, 10);
        if (end == at || *at == '\n')
            return;
        if (level == 0)
            continue;
        if (in->count == INNER_MAX) {
            in->known = false;
            return;
        }
        in->pids[in->count++] = (uint32_t)pid;
        if (*end == '\n')
            return;
    }
}

static void ask_process(const struct root *root, struct inner *in) {
    char path[64], text[8192];
    size_t len = 0;
    snprintf(path, sizeof path, "%d/status", in->id.pid);
    int err = root_read(root, ROOT_PROC, path, text, sizeof text, &len);
    if (err == 0 || err == -EFBIG)
        parse_nspid(text, in);
    else // who is gone has no pid any more; a captured machine may have left the file out
        in->known = err == -ENOENT || err == -ESRCH;
}

static int tell_inner_pids(struct recall *r, const struct root *root, struct late *late) {
    const struct snapshot *snap = late->snap;
    VEC(struct inner) now = {0};
    size_t old = 0;
    bool known = true;
    int err = 0;
    for (uint32_t i = 0; i < snap->process_count && !err; i++) {
        const struct process *p = &snap->processes[i];
        struct inner in = {.id = p->id};
        if (p->scan == SCAN_NO_MM) // kernel threads and zombies own nothing
            continue;
        while (old < r->processes.count && r->processes.items[old].id.pid < p->id.pid)
            old++;
        const struct inner *before = old < r->processes.count ? &r->processes.items[old] : NULL;
        if (before && before->known && before->id.pid == p->id.pid &&
            before->id.start_ticks == p->id.start_ticks)
            in = *before;
        else
            ask_process(root, &in);
        known &= in.known;
        err = vec_push(&now, in);
        for (unsigned k = 0; k < in.count && !err; k++)
            err = late_inner_pid(late, (struct inner_pid){in.pids[k], i});
    }
    if (err) {
        vec_done(&now);
        return err;
    }
    vec_done(&r->processes);
    r->processes.items = now.items;
    r->processes.count = now.count;
    r->processes.capacity = now.capacity;
    if (known)
        late_inner_pids_known(late);
    return 0;
}

int recall_tell(struct recall *r, const struct root *root, const struct scan_request *want,
                struct late *late) {
    int err = tell_segments(r, root, want, late);
    if (!err && pids_matter(r, late->snap))
        err = tell_inner_pids(r, root, late);
    return err;
}
