// spaces.c - the segments of other IPC namespaces and of the /dev/shms of other mount namespaces.
//
// Two probes: "namespaces" looks into those that processes live in or that are bind-mounted, before
// mappings are read; "held namespaces" into those that a descriptor alone keeps alive, after
// descriptors were. Each look enters, opens, goes back, reads and closes: nothing is kept alive.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/vec.h"
#include "probes/devices.h"
#include "probes/elsewhere.h"
#include "probes/holder.h"
#include "probes/namespaces.h"
#include "probes/posix.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/procs.h"
#include "probes/rootless.h"
#include "probes/spaces.h"
#include "probes/sysv.h"
#include "probes/sysv_row.h"
#include "probes/tasks.h"

enum {
    LABEL_MAX = CONTAINER_NAME_MAX,
    COUNT_ONLY_FROM = 4096, // segments of a namespace that is only counted: not read in every tick
    YOUNG_LOOKS = 3,        // a container mounts its /dev/shm after its namespace is made
};

// Whom a namespace is named after: its oldest process.
struct label {
    struct proc_id of;
    enum why why;
    char text[LABEL_MAX];
};

struct ipc_space {
    uint64_t ns;
    struct elsewhere_way way;
    const struct proc *oldest; // in this scan; NULL: nobody lives in it
    pid_t at; // /proc/AT shows it: the oldest, or a thread of it that lives there alone
    struct label label;
    bool done; // looked into in this scan
    // Of what a child of a moment told last, see rootless.h:
    int rootless_err;
    uint32_t rootless_count;
    uint64_t rootless_scan; // 0 never
};

struct mnt_space {
    uint64_t ns, dev; // dev 0: its /dev/shm is none
    const struct proc *oldest;
    pid_t at;     // as in ipc_space
    bool own_ipc; // the oldest lives in our own IPC namespace
    bool denied;
    unsigned looks;
    struct proc_id seen; // the oldest when it was looked at last
    struct label label;
    // Of what was counted last:
    uint32_t files;
    uint64_t count_scan, modify_ns;
};

struct spaces {
    VEC(struct ipc_space) ipc; // foreign ones
    VEC(struct mnt_space) mnt;
};

int spaces_new(struct spaces **out) {
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void spaces_free(struct spaces *s) {
    if (!s)
        return;
    for (size_t i = 0; i < s->ipc.count; i++)
        elsewhere_way_done(&s->ipc.items[i].way);
    vec_done(&s->ipc);
    vec_done(&s->mnt);
    free(s);
}

// ---- who lives where

static struct ipc_space *ipc_of(struct spaces *s, uint64_t ns) {
    for (size_t i = 0; i < s->ipc.count; i++)
        if (s->ipc.items[i].ns == ns)
            return &s->ipc.items[i];
    struct ipc_space fresh = {.ns = ns};
    return vec_push(&s->ipc, fresh) ? NULL : &s->ipc.items[s->ipc.count - 1];
}

static struct mnt_space *mnt_of(struct spaces *s, uint64_t ns) {
    for (size_t i = 0; i < s->mnt.count; i++)
        if (s->mnt.items[i].ns == ns)
            return &s->mnt.items[i];
    struct mnt_space fresh = {.ns = ns};
    return vec_push(&s->mnt, fresh) ? NULL : &s->mnt.items[s->mnt.count - 1];
}

static const struct proc *older(const struct proc *a, const struct proc *b) {
    if (!a || b->stat.start_ticks < a->stat.start_ticks)
        return b;
    return a;
}

static int meet_at(struct spaces *s, const struct vantage *v, const struct proc *p, pid_t at,
                   uint64_t ipc, uint64_t mnt) {
    if (ipc != v->ipc_ns) {
        struct ipc_space *space = ipc_of(s, ipc);
        if (!space)
            return -ENOMEM;
        if (space->oldest != p && older(space->oldest, p) == p) {
            space->oldest = p;
            space->at = at;
        }
    }
    if (mnt != v->mnt_ns) {
        struct mnt_space *space = mnt_of(s, mnt);
        if (!space)
            return -ENOMEM;
        if (space->oldest != p && older(space->oldest, p) == p) {
            space->oldest = p;
            space->at = at;
            space->own_ipc = ipc == v->ipc_ns;
        }
    }
    return 0;
}

static int meet(struct spaces *s, const struct scan *scan, const struct proc *p) {
    const struct vantage *v = root_vantage(scan->root);
    uint64_t ipc = v->ipc_ns, mnt = v->mnt_ns;
    if (p->err || proc_has_no_mm(p))
        return 0;
    u64v_get(p->ipc_ns, &ipc);
    u64v_get(p->mnt_ns, &mnt);
    int err = meet_at(s, v, p, p->look, ipc, mnt);
    for (uint32_t i = 0; i < p->task_count && !err; i++) {
        const struct task *t = &p->tasks[i];
        err = meet_at(s, v, p, t->tid, t->ipc_ns ? t->ipc_ns : ipc, t->mnt_ns ? t->mnt_ns : mnt);
    }
    return err;
}

// Members of this scan; namespaces without any stay only where a bind mount leads to them.
static int meet_all(struct spaces *s, const struct scan *scan) {
    const struct proc_table *t = scan->procs;
    int err = 0;
    for (size_t i = 0; i < s->ipc.count; i++) {
        s->ipc.items[i].oldest = NULL;
        s->ipc.items[i].done = false;
    }
    for (size_t i = 0; i < s->mnt.count; i++)
        s->mnt.items[i].oldest = NULL;
    for (size_t i = 0; i < t->count && !err; i++)
        err = meet(s, scan, t->procs[i]);
    size_t keep = 0;
    for (size_t i = 0; i < s->ipc.count; i++) {
        struct ipc_space *space = &s->ipc.items[i];
        if (space->oldest) {
            elsewhere_way_done(&space->way);
            space->way = (struct elsewhere_way){.pid = space->at, .fixed = true};
        }
        if (space->oldest || space->way.bind)
            s->ipc.items[keep++] = *space;
        else
            elsewhere_way_done(&space->way);
    }
    s->ipc.count = keep;
    keep = 0;
    for (size_t i = 0; i < s->mnt.count; i++)
        if (s->mnt.items[i].oldest)
            s->mnt.items[keep++] = s->mnt.items[i];
    s->mnt.count = keep;
    return err;
}

// ---- bind mounts

struct bind_walk {
    struct spaces *spaces;
    uint64_t own;
    pid_t pid;
};

static int take_bind(void *arg, uint64_t ns, const char *point) {
    struct bind_walk *w = arg;
    if (ns == w->own)
        return 0;
    struct ipc_space *space = ipc_of(w->spaces, ns);
    if (!space)
        return -ENOMEM;
    if (space->oldest || space->way.bind)
        return 0;
    char *copy = strdup(point);
    if (!copy)
        return -ENOMEM;
    space->way = (struct elsewhere_way){.pid = w->pid, .bind = copy, .fixed = true};
    return 0;
}

static int find_binds(struct spaces *s, const struct scan *scan) {
    struct bind_walk w = {s, root_vantage(scan->root)->ipc_ns, getpid()};
    int err = elsewhere_list_binds(scan->root, "self", take_bind, &w);
    for (size_t i = 0; i < s->mnt.count && err != -ENOMEM; i++) {
        char process[16];
        w.pid = s->mnt.items[i].at;
        snprintf(process, sizeof process, "%d", (int)w.pid);
        err = elsewhere_list_binds(scan->root, process, take_bind, &w);
    }
    return err == -ENOMEM ? err : 0;
}

// ---- names

// The container of its cgroup, else what it is called.
static strv label_of(const struct scan *scan, const struct proc *p, struct label *label) {
    char path[64], text[8192];
    size_t len = 0, found = 0;
    if (!p)
        return strv_missing(WHY_NONE);
    if (label->of.pid != p->pid || label->of.start_ticks != p->stat.start_ticks) {
        *label = (struct label){.of = {p->pid, p->stat.start_ticks}};
        int err = root_read(scan->root, ROOT_PROC, proc_path(path, p->look, "cgroup"), text,
                            sizeof text, &len);
        if (err == 0 || err == -EFBIG)
            found = container_from_cgroup(text, err ? strlen(text) : len, label->text);
        label->why = found ? WHY_KNOWN : WHY_NONE;
    }
    return label->why == WHY_KNOWN ? builder_str(scan->out, label->text, strlen(label->text))
                                   : builder_str(scan->out, p->stat.comm, p->stat.comm_len);
}

static void note(struct scan *scan, const char *kind, uint64_t ns, int err) {
    char what[48];
    int n = snprintf(what, sizeof what, "%s:[%" PRIu64 "]", kind, ns);
    builder_note(scan->out, probe_namespaces.name, what, (size_t)n, why_from_errno(-err), -err);
}

// ---- System V

static int read_rootless(struct scan *scan, struct ipc_space *space, struct sysv_place *place) {
    struct id_map uids, gids;
    char *text = NULL;
    size_t len = 0;
    pid_t pid = space->way.pid;
    int fd = elsewhere_open_ipc(scan->root, space->ns, &space->way);
    int err = fd < 0 ? fd : rootless_read(scan->root, pid, fd, &text, &len);
    if (fd >= 0)
        close(fd);
    if (err)
        return err == -ENOMEM ? err : -EXDEV;
    rootless_map(scan->root, pid, "uid_map", &uids);
    rootless_map(scan->root, pid, "gid_map", &gids);
    place->uids = &uids;
    place->gids = &gids;
    err = builder_add_realm(scan->out, space->ns);
    if (!err)
        err = sysv_read_text(scan, place, text, len);
    place->uids = place->gids = NULL;
    free(text);
    return err;
}

// Enters, asks how many there are, opens their table if there is need, goes back. The descriptor,
// -1 when there is nothing to be read, or -errno below it.
static int open_table(struct scan *scan, struct ipc_space *space, bool *complete) {
    struct elsewhere *e;
    struct root_shm_info info;
    int fd = -1, err = elsewhere_enter(scan->root, ELSEWHERE_IPC, space->ns, &space->way, &e);
    if (err)
        return err;
    const struct root *there = elsewhere_root(e);
    bool counted = root_shm_info(there, &info) == 0;
    *complete = true;
    if (counted && info.used_ids > COUNT_ONLY_FROM && !scan->want->all_namespaces &&
        !scan->want->everything) {
        builder_coverage(scan->out)->foreign += (uint32_t)info.used_ids;
        *complete = false;
    } else if (!counted || info.used_ids > 0) {
        fd = root_openat(there, ROOT_PROC, "sysvipc/shm", O_RDONLY);
        err = fd < 0 ? fd : 0;
    }
    elsewhere_leave(e);
    return err ? err : fd < 0 ? -EAGAIN : fd;
}

// Where its segments are only counted a child is not sent in every tick.
static int look_rootless(struct scan *scan, struct ipc_space *space, struct sysv_place *place) {
    uint64_t now = scan->procs->scan_no;
    bool fresh = space->rootless_scan != 0 && now - space->rootless_scan < PROCS_SWEEP;
    if (fresh && !scan->want->all_namespaces && !scan->want->everything) {
        builder_coverage(scan->out)->foreign += space->rootless_count;
        return space->rootless_err;
    }
    size_t before = builder_segment_count(scan->out);
    int err = read_rootless(scan, space, place);
    space->rootless_err = err;
    space->rootless_count = (uint32_t)(builder_segment_count(scan->out) - before);
    space->rootless_scan = now;
    return err;
}

static int look_into(struct scan *scan, struct ipc_space *space) {
    struct coverage *coverage = builder_coverage(scan->out);
    struct sysv_place place = {.ns = space->ns, .foreign = true};
    bool complete = false;
    size_t before = builder_segment_count(scan->out);
    space->done = true;
    place.container = label_of(scan, space->oldest, &space->label);
    int fd = open_table(scan, space, &complete), err = 0;
    if (fd >= 0) {
        err = builder_add_realm(scan->out, space->ns);
        if (!err)
            err = sysv_read_fd(scan, &place, fd);
        close(fd);
    } else if (fd == -EAGAIN) {
        err = complete ? builder_add_realm(scan->out, space->ns) : 0;
    } else if (fd == -EXDEV && space->oldest) {
        err = look_rootless(scan, space, &place);
    } else {
        err = fd;
    }
    if (err == -ENOMEM)
        return err;
    if (err == -ENOENT || err == -ESRCH) {
        // It went; its number is free for another one, to which another way may lead.
        elsewhere_way_done(&space->way);
        space->done = false;
        return 0;
    }
    coverage->namespaces++;
    scan->procs->realms |= builder_segment_count(scan->out) > before;
    if (err == 0)
        return 0;
    coverage->namespaces_denied++;
    note(scan, "ipc", space->ns, err == -EXDEV ? -EPERM : err);
    return 0;
}

strv spaces_container(const struct scan *scan, uint64_t mnt_ns) {
    struct spaces *s = scan->procs->spaces;
    for (size_t i = 0; i < s->mnt.count; i++)
        if (s->mnt.items[i].ns == mnt_ns)
            return label_of(scan, s->mnt.items[i].oldest, &s->mnt.items[i].label);
    return strv_missing(WHY_NONE);
}

bool spaces_have_sysv(const struct scan *scan, uint64_t ns, uint64_t shmid) {
    const struct spaces *s = scan->procs->spaces;
    struct root_shm_row row;
    struct elsewhere *e;
    if (ns == root_vantage(scan->root)->ipc_ns)
        return sysv_row(scan->root, shmid, &row) == 0;
    for (size_t i = 0; i < s->ipc.count; i++) {
        if (s->ipc.items[i].ns != ns)
            continue;
        if (elsewhere_enter(scan->root, ELSEWHERE_IPC, ns, &s->ipc.items[i].way, &e))
            return false;
        bool has = sysv_row(elsewhere_root(e), shmid, &row) == 0;
        elsewhere_leave(e);
        return has;
    }
    return false;
}

// ---- /dev/shm

static void find_shm(const struct scan *scan, struct mnt_space *space) {
    struct stat st;
    const struct proc *p = space->oldest;
    if (space->seen.pid != p->pid || space->seen.start_ticks != p->stat.start_ticks)
        space->looks = 0; // perhaps another namespace with the same number
    space->seen = (struct proc_id){p->pid, p->stat.start_ticks};
    if (space->looks > YOUNG_LOOKS && !scan->want->everything &&
        !procs_sweeps(scan->procs, space->oldest))
        return;
    space->looks++;
    space->dev = 0;
    int fd = elsewhere_open_shm(scan->root, space->at);
    space->denied = fd == -EACCES || fd == -EPERM;
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_dev != root_vantage(scan->root)->devshm_dev)
        space->dev = st.st_dev;
    close(fd);
}

// True when another namespace with a smaller number sees the same one.
static bool is_named_by_another(const struct spaces *s, const struct mnt_space *space) {
    for (size_t i = 0; i < s->mnt.count; i++)
        if (s->mnt.items[i].dev == space->dev && s->mnt.items[i].ns < space->ns)
            return true;
    return false;
}

static int count_files(struct scan *scan, struct mnt_space *space, struct posix_place *place) {
    struct root_stat st;
    bool told = root_stat(place->root, ROOT_SHM, "", &st) == 0;
    bool again = scan->want->everything || space->count_scan == 0 || !told ||
                 st.modify_ns != space->modify_ns ||
                 scan->procs->scan_no - space->count_scan >= PROCS_SWEEP;
    int err = 0;
    if (again) {
        space->files = 0;
        space->count_scan = scan->procs->scan_no;
        space->modify_ns = told ? st.modify_ns : 0;
        place->count_only = true;
        place->files = &space->files;
        err = posix_walk(scan, place);
    }
    builder_coverage(scan->out)->foreign += space->files;
    return err;
}

static int look_at_shm(struct scan *scan, struct mnt_space *space) {
    struct elsewhere_way way = {.pid = space->at, .fixed = true, .device = space->dev};
    struct elsewhere *e;
    char below[24];
    int err = elsewhere_enter(scan->root, ELSEWHERE_SHM, space->ns, &way, &e);
    if (err == -ENOENT || err == -ENOMEM)
        return err == -ENOMEM ? err : 0;
    struct coverage *coverage = builder_coverage(scan->out);
    coverage->namespaces += space->own_ipc;
    if (err) {
        coverage->namespaces_denied += space->own_ipc;
        note(scan, "mnt", space->ns, err == -EXDEV ? -EPERM : err);
        return 0;
    }
    snprintf(below, sizeof below, "%d/root", (int)space->at);
    struct posix_place place = {.root = elsewhere_root(e),
                                .foreign = true,
                                .container = label_of(scan, space->oldest, &space->label),
                                .below_proc = below};
    err = devices_put_shm(scan->procs->devices, space->dev, space->ns);
    if (!err)
        err = scan->want->all_namespaces ? posix_walk(scan, &place)
                                         : count_files(scan, space, &place);
    if (!err && scan->want->all_namespaces)
        err = builder_tmpfs_walked(scan->out, space->dev);
    elsewhere_leave(e);
    return err;
}

// ---- the probes

static int namespaces_scan(void *state, struct scan *scan) {
    (void)state;
    builder_coverage(scan->out)->namespaces = 1;
    if (!scan->want->all_namespaces)
        builder_leave_out_foreign(scan->out);
    if (!scan->procs || !root_is_live(scan->root))
        return 0;
    struct spaces *s = scan->procs->spaces;
    int err = meet_all(s, scan);
    if (!err && (scan->want->everything || scan->procs->scan_no % PROCS_SWEEP == 1))
        err = find_binds(s, scan);
    scan->procs->realms = false;
    for (size_t i = 0; i < s->ipc.count && !err; i++)
        err = look_into(scan, &s->ipc.items[i]);
    for (size_t i = 0; i < s->mnt.count && !err; i++)
        find_shm(scan, &s->mnt.items[i]);
    for (size_t i = 0; i < s->mnt.count && !err; i++) {
        struct mnt_space *space = &s->mnt.items[i];
        if (space->denied && space->own_ipc) {
            builder_coverage(scan->out)->namespaces++;
            builder_coverage(scan->out)->namespaces_denied++;
        }
        if (space->denied)
            note(scan, "mnt", space->ns, -EACCES);
        if (space->dev && !is_named_by_another(s, space))
            err = look_at_shm(scan, space);
    }
    return err;
}

// Descriptors are a process's own: who is looked into by one is named after who has it.
static int look_by_descriptor(struct scan *scan, const struct seen_space *seen) {
    struct spaces *s = scan->procs->spaces;
    if (seen->ns == root_vantage(scan->root)->ipc_ns)
        return 0;
    struct ipc_space *space = ipc_of(s, seen->ns);
    if (!space)
        return -ENOMEM;
    if (space->done)
        return 0;
    elsewhere_way_done(&space->way);
    space->way = (struct elsewhere_way){.pid = seen->at, .fd = seen->number, .fixed = true};
    return look_into(scan, space);
}

static int held_scan(void *state, struct scan *scan) {
    int err = 0;
    (void)state;
    if (!scan->procs || !root_is_live(scan->root))
        return 0;
    for (size_t i = 0; i < scan->procs->count && !err; i++) {
        const struct seen_fds *f = &scan->procs->procs[i]->fds;
        for (uint32_t k = 0; k < f->space_count && !err; k++)
            err = look_by_descriptor(scan, &f->spaces[k]);
    }
    return err;
}

const struct probe probe_namespaces = {.name = "namespaces", .scan = namespaces_scan};
const struct probe probe_held = {.name = "held namespaces", .scan = held_scan};
