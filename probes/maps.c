// maps.c - who maps which shared object.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/devices.h"
#include "probes/fanout.h"
#include "probes/holder.h"
#include "probes/maps_parse.h"
#include "probes/namespaces.h"
#include "probes/objects.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/procs.h"
#include "probes/spaces.h"
#include "probes/sysv.h"
#include "probes/sysv_watch.h"

struct maps_state {
    struct sysv_watch *watch; // owned
    atomic_bool no_query;     // the kernel has no PROCMAP_QUERY
    struct proc **due;        // owned; the processes to be read in this scan
    size_t due_cap, due_count;
    struct maps_scratch scratch[FANOUT_WORKERS];
};

// What the readers of one scan share; they write to their own process alone.
struct reading {
    struct maps_state *state;
    const struct scan *scan;
    struct proc_table *table;
    uint64_t now_ns;
};

// "/SYSV0000abcd (deleted)"
static uint32_t key_of(const char *name) {
    uint32_t key = 0;
    for (const char *at = name + strlen("/SYSV"), *end = at + 8; at < end; at++)
        key = key << 4 | (uint32_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return key;
}

int maps_take(struct seen_maps *out, const struct devices *devices, const struct map_line *line) {
    enum device_class class = devices_class(devices, line->dev);
    enum seg_kind kind;
    bool huge;
    if (class == DEVICE_IGNORED || line->dev == 0)
        return 0;
    if (class == DEVICE_UNKNOWN) {
        for (unsigned i = 0; i < out->unknown_count; i++)
            if (out->unknown[i] == line->dev)
                return 0;
        if (out->unknown_count < MAPS_UNKNOWN_DEVS)
            out->unknown[out->unknown_count++] = line->dev;
        return 0;
    }
    if (!devices_classify(devices, line->dev, line->name, line->name_len, &kind, &huge))
        return 0;
    // Private memory in huge pages is shown like shared one, but nobody can share it.
    if (kind == SEG_ANON && huge && line->is_private)
        return 0;
    if (out->count == out->cap) {
        uint32_t cap = out->cap ? out->cap * 2 : 4;
        struct seen_map *maps = reallocarray(out->maps, cap, sizeof *maps);
        if (!maps)
            return -ENOMEM;
        out->maps = maps;
        out->cap = cap;
    }
    // System V is known by its number and key; its name would only be kept for nothing.
    uint32_t name_len = kind == SEG_SYSV ? 0 : (uint32_t)line->name_len;
    if (name_len > out->names_cap - out->names_len) {
        uint32_t cap = (out->names_len + name_len) * 2;
        char *names = realloc(out->names, cap);
        if (!names)
            return -ENOMEM;
        out->names = names;
        out->names_cap = cap;
    }
    if (name_len > 0)
        memcpy(out->names + out->names_len, line->name, name_len);
    out->maps[out->count++] = (struct seen_map){
        .dev = line->dev,
        .ino = line->ino,
        .start = line->start,
        .end = line->end,
        .offset = line->offset,
        .name = out->names_len,
        .name_len = name_len,
        .kind = (uint8_t)kind,
        .access = line->access,
        .is_private = line->is_private,
        .huge = huge,
        .sysv = {.key = kind == SEG_SYSV ? key_of(line->name) : 0,
                 .has_key = kind == SEG_SYSV,
                 .huge = huge},
    };
    out->names_len += name_len;
    // Programs and libraries on a tmpfs are mapped MAP_PRIVATE by the hundred: see emit_mapping.
    if (line->is_private && kind != SEG_TMPFS && kind != SEG_HUGETLB)
        out->has_private = true;
    return 0;
}

static void clear(struct seen_maps *m) {
    m->count = 0;
    m->names_len = 0;
    m->unknown_count = 0;
    m->has_private = false;
    m->ipc_ns = 0;
}

static bool keep_fd(const struct reading *r, struct seen_maps *m, int fd) {
    if (r->scan->want->everything || !root_is_live(r->scan->root) ||
        !kept_one_more(&r->table->kept))
        return false;
    m->fd = fd;
    return true;
}

static int read_through(const struct reading *r, int fd, bool private_too,
                        struct maps_scratch *scratch, struct seen_maps *m) {
    const struct devices *devices = r->table->devices;
    clear(m);
    if (!r->scan->want->force_text && root_is_live(r->scan->root) &&
        !atomic_load(&r->state->no_query)) {
        int err = maps_read_query(fd, private_too, devices, scratch, m);
        if (err != -ENOTTY)
            return err;
        atomic_store(&r->state->no_query, true);
        clear(m);
    }
    return maps_read_text(fd, private_too, devices, scratch, m);
}

static int read_once(const struct reading *r, struct proc *p, bool private_too,
                     struct maps_scratch *scratch) {
    struct seen_maps *m = &p->maps;
    char path[64];
    if (m->fd >= 0) {
        int err = read_through(r, m->fd, private_too, scratch, m);
        if (err != -ESRCH)
            return err;
        kept_close(&r->table->kept, &m->fd); // after exec or exit the kernel answers ESRCH for good
    }
    int fd = root_openat(r->scan->root, ROOT_PROC, proc_path(path, p->look, "maps"), O_RDONLY);
    if (fd < 0)
        return fd;
    int err = read_through(r, fd, private_too, scratch, m);
    if (err || !keep_fd(r, m, fd))
        close(fd);
    return err;
}

// Nothing to read is a zombie, a kernel thread, a process that has just exec'd, or one that is
// gone.
static enum scan_result judge_nothing(const struct reading *r, struct proc *p, bool *again) {
    struct proc_stat st;
    int err = proc_stat_read(r->scan->root, p->pid, &st);
    *again = false;
    if (err || st.start_ticks != p->stat.start_ticks)
        return SCAN_GONE;
    p->stat.state = st.state;
    p->stat.vsize = st.vsize;
    p->stat.threads = st.threads;
    proc_find_look(r->scan->root, p);
    if (proc_has_no_mm(p))
        return SCAN_NO_MM;
    *again = true;
    return SCAN_GONE;
}

// Inodes of System V with the same number, one in each IPC namespace, are told apart by generation,
// size, birth and maker. An ordinary user may not ask, and hugetlbfs has no handles: all 0.
static void ask_inode(const struct root *root, pid_t pid, struct seen_map *m) {
    char path[96], link[64];
    union {
        struct file_handle head;
        uint8_t room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } handle;
    struct root_stat st;
    int mount_id;
    m->generation = 0;
    m->sysv.size = 0;
    snprintf(link, sizeof link, "map_files/%" PRIx64 "-%" PRIx64, m->start, m->end);
    snprintf(path, sizeof path, "%d/%s", (int)pid, link);
    int fd = root_openat(root, ROOT_PROC, path, O_PATH);
    if (fd < 0)
        return;
    memset(&handle, 0, sizeof handle);
    handle.head.handle_bytes = MAX_HANDLE_SZ;
    // The first word of what shmem gives (mm/shmem.c, shmem_encode_fh).
    if (name_to_handle_at(fd, "", &handle.head, &mount_id, AT_EMPTY_PATH) == 0 &&
        handle.head.handle_bytes >= 3 * sizeof m->generation)
        memcpy(&m->generation, handle.head.f_handle, sizeof m->generation);
    if (holder_fd_stat(fd, &st) == 0 && st.ino == m->ino) {
        m->sysv.size = st.size;
        m->sysv.held = st.blocks_bytes;
        m->sysv.born = (uint32_t)(st.birth_ns / 1000000000u);
        m->sysv.uid = st.uid;
    }
    close(fd);
}

// The size that belongs to what was read: the one asked with the stat may be older, and a change
// and its reverse between the two would never be noticed.
static uint64_t vsize_of(const struct reading *r, const struct proc *p, bool changed) {
    struct proc_stat st;
    if (!r->scan->want->everything && (changed || p->maps.vsize != p->stat.vsize) &&
        proc_stat_read(r->scan->root, p->look, &st) == 0)
        return st.vsize;
    return p->stat.vsize;
}

// In which namespace the shmids of what a process maps are counted, and what tells them apart.
static void settle_sysv(const struct reading *r, struct proc *p) {
    struct seen_maps *m = &p->maps;
    bool sysv = false;
    for (uint32_t k = 0; k < m->count && !sysv; k++)
        sysv = m->maps[k].kind == SEG_SYSV;
    // Asked together with its stat, where that was read in this scan.
    if (sysv && !(p->due && u64v_get(p->ipc_ns, &m->ipc_ns) == WHY_KNOWN)) {
        // It has ended since: what it had cannot be told from what others have with that number.
        if (u64v_get(namespace_of(r->scan->root, p->look, "ipc"), &m->ipc_ns) == WHY_GONE) {
            clear(m);
            m->result = SCAN_GONE;
        }
    }
    m->handles = r->table->realms && root_is_live(r->scan->root);
    for (uint32_t k = 0; k < m->count && m->handles; k++)
        if (m->maps[k].kind == SEG_SYSV)
            ask_inode(r->scan->root, p->look, &m->maps[k]);
}

static void read_process(void *arg, unsigned worker, size_t i) {
    const struct reading *r = arg;
    struct proc *p = r->state->due[i];
    struct seen_maps *m = &p->maps;
    bool second = m->read_ns == r->now_ns; // devices were learnt since
    // Once found, they are not lost in looks that ask for shared ones alone.
    bool private_too = r->scan->want->private_maps || m->has_private || (second && m->private_too);
    bool again = true;
    uint32_t count = m->count;
    m->err = 0;
    m->result = SCAN_NO_MM;
    if (proc_has_no_mm(p)) {
        kept_close(&r->table->kept, &m->fd);
        clear(m);
        again = false;
    }
    for (int tries = 0; again && tries < 3; tries++) {
        again = false;
        int err = read_once(r, p, private_too, &r->state->scratch[worker]);
        m->result = SCANNED;
        if (err)
            clear(m);
        if (err == -ESRCH || err == -ENOENT) {
            m->result = (uint8_t)judge_nothing(r, p, &again);
        } else if (err) {
            m->err = -err;
            m->result = SCAN_DENIED;
        }
    }
    m->private_too = private_too;
    m->vsize = vsize_of(r, p, m->count != count);
    m->read_ns = r->now_ns;
    settle_sysv(r, p);
}

static void mark_due(void *arg, pid_t last) {
    struct proc *p = procs_find(arg, last);
    if (p)
        p->maps.due = true;
}

static bool is_due(const struct maps_state *s, const struct scan *scan, const struct proc *p) {
    const struct seen_maps *m = &p->maps;
    if (!procs_wanted(scan, p))
        return false;
    if (scan->want->everything || m->due || m->read_ns == 0 || proc_is_young(p) ||
        m->vsize != p->stat.vsize || (p->turn && !p->still) ||
        (scan->want->private_maps && !m->private_too))
        return true;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->maps[i].kind == SEG_SYSV && scan->procs->realms && !m->handles)
            return true;
        else if (m->maps[i].kind == SEG_SYSV &&
                 sysv_watch_changed(s->watch, m->ipc_ns, m->maps[i].ino))
            return true;
    return false;
}

// Makes the list of processes to be read.
static int choose(struct maps_state *s, const struct scan *scan, uint64_t now_ns) {
    struct proc_table *t = scan->procs;
    if (s->due_cap < t->count) {
        struct proc **due = reallocarray(s->due, t->count, sizeof(struct proc *));
        if (!due)
            return -ENOMEM;
        s->due = due;
        s->due_cap = t->count;
    }
    for (size_t i = 0; i < t->count; i++)
        t->procs[i]->maps.due = false;
    int err = sysv_watch_update(s->watch, scan->out, mark_due, t);
    s->due_count = 0;
    for (size_t i = 0; i < t->count && !err; i++) {
        t->procs[i]->maps.due = is_due(s, scan, t->procs[i]);
        if (t->procs[i]->maps.due)
            s->due[s->due_count++] = t->procs[i];
        else if (t->procs[i]->still)
            t->procs[i]->maps.read_ns = now_ns; // it would tell the same
    }
    return err;
}

// Learns the devices that readers did not know, from the mount tables of those who map them, and
// leaves the processes to be read again in s->due. 0 or -ENOMEM.
static int learn_devices(struct maps_state *s, const struct scan *scan) {
    struct devices *devices = scan->procs->devices;
    size_t keep = 0;
    for (size_t i = 0; i < s->due_count; i++) {
        const struct seen_maps *m = &s->due[i]->maps;
        bool again = false;
        for (unsigned k = 0; k < m->unknown_count; k++) {
            uint64_t dev = m->unknown[k];
            if (devices_class(devices, dev) == DEVICE_UNKNOWN &&
                devices_learn(devices, s->due[i]->pid) == -ENOMEM)
                return -ENOMEM;
            if (devices_class(devices, dev) == DEVICE_UNKNOWN && devices_ignore(devices, dev))
                return -ENOMEM;
            again |= devices_class(devices, dev) != DEVICE_IGNORED;
        }
        if (again || m->unknown_count == MAPS_UNKNOWN_DEVS)
            s->due[keep++] = s->due[i];
    }
    s->due_count = keep;
    return 0;
}

// A shmid that the process's namespace was not listed with: made since, and then others' segments
// with that number are not meant; or attached before the process came there, and then it still is.
static bool is_newborn(const struct scan *scan, const struct proc *p, const struct seen_map *m,
                       uint64_t ns) {
    char path[96];
    struct root_stat st;
    if (spaces_have_sysv(scan, ns, m->ino))
        return true;
    if (m->generation) {
        struct seen_map now = *m;
        ask_inode(scan->root, p->look, &now);
        return now.generation != m->generation;
    }
    snprintf(path, sizeof path, "%d/map_files/%" PRIx64 "-%" PRIx64, (int)p->look, m->start,
             m->end);
    return root_stat(scan->root, ROOT_PROC, path, &st) == -ENOENT;
}

static int emit_mapping(struct scan *scan, struct proc *p, const struct seen_map *m) {
    uint64_t ns = 0, own = root_vantage(scan->root)->ipc_ns;
    if (m->kind == SEG_SYSV) {
        ns = p->maps.ipc_ns;
        // Of a namespace that could not be looked into nothing can be told apart.
        if (ns && ns != own && !builder_has_realm(scan->out, ns))
            return 0;
        if (ns && scan->procs->realms &&
            !builder_find_segment(scan->out, SEG_SYSV, ns, 0, m->ino) && is_newborn(scan, p, m, ns))
            return 0;
    } else {
        bool listed = false;
        struct object_seen seen = {
            .kind = m->kind,
            .huge = m->huge,
            .aside = m->is_private,
            .dev = m->dev,
            .ino = m->ino,
            .name = p->maps.names + m->name,
            .name_len = m->name_len,
            .pid = p->look,
            .start = m->start,
            .end = m->end,
            .fd = -1,
        };
        int err = objects_ensure(scan, &seen, &listed);
        if (err || !listed)
            return err;
        p->maps.has_private |= m->is_private;
    }
    struct mapping out = {
        .process = p->index,
        .kind = m->kind,
        .is_private = m->is_private,
        .access = m->access,
        .generation = m->generation,
        .sysv = m->sysv,
        .ns = ns,
        .dev = m->dev,
        .ino = m->ino,
        .start = m->start,
        .end = m->end,
        .offset = m->offset,
    };
    return builder_add_mapping(scan->out, &out);
}

// Shared mappings first: a linked file on a tmpfs is a segment only if somebody maps it shared.
static int emit_mappings(struct scan *scan, bool private_ones) {
    int err = 0;
    for (size_t i = 0; i < scan->procs->count && !err; i++) {
        struct proc *p = scan->procs->procs[i];
        if (!procs_wanted(scan, p))
            continue;
        for (uint32_t k = 0; k < p->maps.count && !err; k++)
            if (p->maps.maps[k].is_private == private_ones)
                err = emit_mapping(scan, p, &p->maps.maps[k]);
    }
    return err;
}

static void note_process(struct scan *scan, const struct proc *p) {
    char what[32];
    int n = snprintf(what, sizeof what, "pid %d", (int)p->pid);
    builder_note(scan->out, probe_maps.name, what, (size_t)n, why_from_errno(p->maps.err),
                 p->maps.err);
}

static void emit_coverage(struct scan *scan, uint64_t now_ns) {
    struct coverage *c = builder_coverage(scan->out);
    uint32_t by_result[SCAN_NO_MM + 1] = {0};
    for (size_t i = 0; i < scan->procs->count; i++) {
        const struct proc *p = scan->procs->procs[i];
        if (!procs_wanted(scan, p))
            continue;
        struct process *row = builder_process(scan->out, p->index);
        row->scan = p->maps.result;
        row->state = p->stat.state ? p->stat.state : row->state;
        by_result[p->maps.result]++;
        if (p->maps.result == SCAN_DENIED)
            note_process(scan, p);
        if (now_ns - p->maps.read_ns > c->holder_age_ns)
            c->holder_age_ns = now_ns - p->maps.read_ns;
    }
    c->processes = (uint32_t)scan->procs->count + scan->procs->gone;
    c->scanned = by_result[SCANNED] + by_result[SCAN_NO_MM];
    c->denied = by_result[SCAN_DENIED];
    c->gone = by_result[SCAN_GONE] + scan->procs->gone;
    c->private_maps = scan->want->private_maps;
}

static int maps_scan(void *state, struct scan *scan) {
    struct maps_state *s = state;
    struct reading r = {s, scan, scan->procs, root_mono_ns(scan->root)};
    if (!scan->procs)
        return 0; // no list of processes: its probe has said why
    int err = choose(s, scan, r.now_ns);
    if (err)
        return err;
    fanout_run(s->due_count, read_process, &r);
    err = learn_devices(s, scan);
    if (err)
        return err;
    fanout_run(s->due_count, read_process, &r);
    err = emit_mappings(scan, false);
    if (!err)
        err = emit_mappings(scan, true);
    if (!err)
        emit_coverage(scan, r.now_ns);
    return err;
}

static void maps_close(void *state) {
    struct maps_state *s = state;
    if (!s)
        return;
    sysv_watch_free(s->watch);
    free(s->due);
    free(s);
}

static int maps_open(const struct root *root, void **state) {
    (void)root;
    struct maps_state *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    int err = sysv_watch_new(&s->watch);
    if (err) {
        maps_close(s);
        return err;
    }
    *state = s;
    return 0;
}

const struct probe probe_maps = {
    .name = "maps", .open = maps_open, .scan = maps_scan, .close = maps_close};
