// fds.c - who has a descriptor of which shared object.
#include "probes/fds.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fmt.h"
#include "probes/devices.h"
#include "probes/elsewhere.h"
#include "probes/fanout.h"
#include "probes/objects.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/procs.h"
#include "probes/tasks.h"

enum {
    LINK_ROOM = 4096 + 64,
    DENSE_MOST = 64,     // with more descriptors the directory is listed
    DENSE_GAPS = 1,      // numbers tried beyond those that a process without gaps would have
    COUNT_BUDGET = 200u, // processes whose number of descriptors a tick asks for, beside its sweep
};

struct fds_state {
    bool asked; // descriptors were asked for at least once
};

struct reading {
    const struct scan *scan;
    uint32_t turns; // ticks in which everybody's number of descriptors is asked for once
    bool counts;    // stat of a process's fd directory tells how many it has (Linux 6.2)
};

// What the reading of one process needs.
struct walk {
    const struct reading *reading;
    struct proc *p;
    pid_t at;     // /proc/AT/fd is read
    int err;      // -ENOMEM
    uint64_t met; // descriptors whose file could be asked about
    int below;    // numbers below this were asked for before the directory was listed
};

static int keep_name(struct seen_fds *f, const char *name, uint32_t len) {
    if (len > f->names_cap - f->names_len) {
        uint32_t cap = (f->names_len + len) * 2;
        char *names = realloc(f->names, cap);
        if (!names)
            return -ENOMEM;
        f->names = names;
        f->names_cap = cap;
    }
    memcpy(f->names + f->names_len, name, len);
    f->names_len += len;
    return 0;
}

static int keep_fd(struct seen_fds *f, struct seen_fd fd, const char *name, size_t len) {
    if (f->count == f->cap) {
        uint32_t cap = f->cap ? f->cap * 2 : 4;
        struct seen_fd *fds = reallocarray(f->fds, cap, sizeof *fds);
        if (!fds)
            return -ENOMEM;
        f->fds = fds;
        f->cap = cap;
    }
    fd.name = f->names_len;
    fd.name_len = (uint32_t)len;
    int err = keep_name(f, name, fd.name_len);
    if (!err)
        f->fds[f->count++] = fd;
    return err;
}

// How a descriptor was opened: the link itself is readable and writable just as far; O_PATH gives
// neither. A captured root keeps no such modes and is asked for the flags.
static uint8_t access_of(const struct root *root, pid_t pid, const char *number) {
    char path[64], text[512];
    struct root_stat link;
    size_t len = 0;
    if (root_is_live(root)) {
        snprintf(path, sizeof path, "%d/fd/%s", (int)pid, number);
        if (root_stat(root, ROOT_PROC, path, &link))
            return 0;
        return (uint8_t)((link.mode & S_IRUSR ? ACCESS_R : 0) |
                         (link.mode & S_IWUSR ? ACCESS_W : 0));
    }
    snprintf(path, sizeof path, "%d/fdinfo/%s", (int)pid, number);
    int err = root_read(root, ROOT_PROC, path, text, sizeof text, &len);
    const char *flags = err && err != -EFBIG ? NULL : strstr(text, "flags:");
    if (!flags)
        return 0;
    unsigned long bits = strtoul(flags + 6, NULL, 8);
    if (bits & 010000000) // O_PATH
        return 0;
    static const uint8_t by_mode[] = {ACCESS_R, ACCESS_W, ACCESS_R | ACCESS_W, 0};
    return by_mode[bits & 3];
}

// A descriptor of a namespace keeps it alive, though nobody may live in it.
static int keep_space(struct seen_fds *f, uint64_t ns, pid_t at, int number) {
    if (f->space_count == f->space_cap) {
        uint32_t cap = f->space_cap ? f->space_cap * 2 : 4;
        struct seen_space *spaces = reallocarray(f->spaces, cap, sizeof *spaces);
        if (!spaces)
            return -ENOMEM;
        f->spaces = spaces;
        f->space_cap = cap;
    }
    f->spaces[f->space_count++] = (struct seen_space){ns, at, number};
    return 0;
}

static int visit_namespace(struct walk *w, const char *path, const struct root_stat *st,
                           int number) {
    char link[64];
    ssize_t len = root_readlink(w->reading->scan->root, ROOT_PROC, path, link, sizeof link);
    uint64_t ns;
    // Without a mount of nsfs in sight the link says nothing; who opens it will see.
    bool silent = len == 1 && link[0] == '/';
    if (len <= 0 || (!silent && !elsewhere_parse_link(link, (size_t)len, &ns)))
        return 0;
    return keep_space(&w->p->fds, st->ino, w->at, number);
}

static int visit(void *arg, const char *number, unsigned char type) {
    struct walk *w = arg;
    const struct scan *scan = w->reading->scan;
    char path[64], name[LINK_ROOM];
    struct root_stat st;
    (void)type;
    uint64_t n;
    if (parse_u64(number, &n) != 0 || n > INT_MAX || (int)n < w->below)
        return 0;
    snprintf(path, sizeof path, "%d/fd/%s", (int)w->at, number);
    if (root_stat_place(scan->root, ROOT_PROC, path, &st))
        return 0;
    w->met++;
    if (!S_ISREG(st.mode))
        return 0;
    if (st.dev == scan->procs->nsfs_dev && st.dev != 0) {
        w->err = visit_namespace(w, path, &st, (int)n);
        return w->err;
    }
    enum device_class class = devices_class(scan->procs->devices, st.dev);
    if (class == DEVICE_IGNORED)
        return 0;
    ssize_t len = root_readlink(scan->root, ROOT_PROC, path, name, sizeof name);
    struct root_stat now;
    if (len < 0 || root_stat_follow(scan->root, ROOT_PROC, path, &now) || now.dev != st.dev ||
        now.ino != st.ino)
        return 0; // closed meanwhile, or opened anew: the name may be that of something else
    struct seen_fd fd = {.dev = st.dev,
                         .ino = st.ino,
                         .at = w->at,
                         .number = (int)n,
                         .undecided = class == DEVICE_UNKNOWN};
    enum seg_kind kind = SEG_TMPFS;
    if (!fd.undecided &&
        !devices_classify(scan->procs->devices, st.dev, name, (size_t)len, &kind, &fd.huge))
        return 0;
    fd.kind = (uint8_t)kind;
    fd.access = access_of(scan->root, w->at, number);
    w->err = keep_fd(&w->p->fds, fd, name, (size_t)len);
    return w->err;
}

// Our own descriptors are for looking: there may be thousands.
static bool is_left_out(const struct scan *scan, const struct proc *p) {
    return scan->want->skip_self && root_is_live(scan->root) && p->pid == scan->procs->self;
}

static enum scan_result result_of(int err) {
    if (err == 0)
        return SCANNED;
    return err == -ENOENT || err == -ESRCH ? SCAN_GONE : SCAN_DENIED;
}

static void forget(struct seen_fds *f) {
    f->count = 0;
    f->space_count = 0;
    f->names_len = 0;
}

// Descriptors are numbered from 0 on, mostly without gaps: where their count is known it is cheaper
// to ask about each number than to list the directory first. True: all were met.
static bool ask_by_number(struct walk *w, uint64_t count) {
    char number[16];
    int tried = 0;
    if (count > DENSE_MOST)
        return false;
    for (; (uint64_t)tried < count + DENSE_GAPS && w->met < count && !w->err; tried++) {
        snprintf(number, sizeof number, "%d", tried);
        visit(w, number, 0);
    }
    w->below = w->met > 0 ? tried : 0;
    return w->met == count || w->err;
}

static int read_all(const struct reading *r, struct proc *p, const char *path, uint64_t count) {
    struct walk w = {.reading = r, .p = p, .at = p->look};
    if (r->counts && (count == 0 || ask_by_number(&w, count)))
        return w.err;
    return root_list(r->scan->root, ROOT_PROC, path, visit, &w);
}

// Threads with descriptors of their own; one that has ended meanwhile has none.
static int read_tasks(const struct reading *r, struct proc *p) {
    int err = 0;
    for (uint32_t i = 0; i < p->task_count && err != -ENOMEM; i++) {
        struct walk w = {.reading = r, .p = p, .at = p->tasks[i].tid};
        char path[64];
        if (p->tasks[i].own_files)
            err = root_list(r->scan->root, ROOT_PROC, proc_path(path, w.at, "fd"), visit, &w);
    }
    return err == -ENOMEM ? err : 0;
}

// Reads the descriptors of one process; unless it is due only if their number has changed.
static void read_process(const struct reading *r, struct proc *p) {
    struct seen_fds *f = &p->fds;
    struct root_stat dir;
    char path[64];
    int err = root_stat(r->scan->root, ROOT_PROC, proc_path(path, p->look, "fd"), &dir);
    if (!err && !f->due && r->counts && p->task_count == 0 && dir.size == f->open_count)
        return;
    forget(f);
    f->open_count = err ? 0 : dir.size;
    if (!err)
        err = read_all(r, p, path, dir.size);
    if (!err)
        err = read_tasks(r, p);
    f->result = (uint8_t)result_of(err);
    f->err = f->result == SCAN_DENIED ? -err : 0;
    f->read_scan = r->scan->procs->scan_no;
}

static void read_item(void *arg, unsigned worker, size_t i) {
    const struct reading *r = arg;
    struct proc *p = r->scan->procs->procs[i];
    (void)worker;
    if (!procs_wanted(r->scan, p))
        return;
    if (proc_has_no_mm(p) || is_left_out(r->scan, p)) {
        p->fds.count = p->fds.space_count = 0;
        p->fds.result = proc_has_no_mm(p) ? SCAN_NO_MM : SCANNED;
        p->fds.read_scan = r->scan->procs->scan_no;
    } else if (p->fds.due || (r->scan->want->descriptors && !p->still &&
                              p->serial % r->turns == r->scan->procs->scan_no % r->turns)) {
        read_process(r, p);
    }
}

// Settles what lies on devices that the readers did not know. 0 or -ENOMEM.
static int decide(const struct scan *scan, struct proc *p) {
    struct devices *devices = scan->procs->devices;
    struct seen_fds *f = &p->fds;
    uint32_t keep = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        struct seen_fd *fd = &f->fds[i];
        enum seg_kind kind = SEG_TMPFS;
        if (fd->undecided) {
            if (devices_class(devices, fd->dev) == DEVICE_UNKNOWN &&
                devices_learn(devices, p->pid) == -ENOMEM)
                return -ENOMEM;
            if (devices_class(devices, fd->dev) == DEVICE_UNKNOWN &&
                devices_ignore(devices, fd->dev))
                return -ENOMEM;
            if (!devices_classify(devices, fd->dev, f->names + fd->name, fd->name_len, &kind,
                                  &fd->huge))
                continue;
            fd->kind = (uint8_t)kind;
            fd->undecided = false;
        }
        f->fds[keep++] = *fd;
    }
    f->count = keep;
    return 0;
}

static int emit(struct scan *scan, const struct proc *p) {
    const struct seen_fds *f = &p->fds;
    for (uint32_t i = 0; i < f->count; i++) {
        const struct seen_fd *fd = &f->fds[i];
        struct object_seen seen = {
            .kind = fd->kind,
            .huge = fd->huge,
            .aside = true,
            .dev = fd->dev,
            .ino = fd->ino,
            .name = f->names + fd->name,
            .name_len = fd->name_len,
            .pid = fd->at,
            .fd = fd->number,
        };
        bool listed = fd->kind == SEG_SYSV;
        int err = listed ? 0 : objects_ensure(scan, &seen, &listed);
        // The inode of a System V segment, opened through map_files: its namespace is not told.
        if (!err && listed)
            err = builder_add_fd(scan->out, p->index, fd->kind, 0, fd->dev, fd->ino, fd->access);
        if (err)
            return err;
    }
    return 0;
}

int fds_look(struct scan *scan, struct proc *p) {
    if (p->fds.read_scan == scan->procs->scan_no || proc_has_no_mm(p) || !procs_wanted(scan, p) ||
        is_left_out(scan, p))
        return 0;
    struct reading r = {scan, 1, false};
    p->fds.due = true;
    read_process(&r, p);
    int err = decide(scan, p);
    return err ? err : emit(scan, p);
}

// Marks who is read whatever the number of his descriptors. Once they were asked for, newcomers are
// looked at in every scan, so that what is known of the others stays a whole picture.
static void choose(const struct scan *scan, bool asked) {
    for (size_t i = 0; i < scan->procs->count; i++) {
        struct proc *p = scan->procs->procs[i];
        p->fds.due = (p->fds.count > 0 || p->fds.space_count > 0) && !p->still;
        if (asked)
            p->fds.due |= scan->want->everything || p->fds.read_scan == 0 || proc_is_young(p) ||
                          (scan->want->descriptors && p->turn && !p->still);
    }
}

static int emit_process(struct scan *scan, struct proc *p, bool *unread) {
    struct process *row = builder_process(scan->out, p->index);
    row->fd_scan = p->fds.result;
    *unread |= p->fds.read_scan == 0;
    if (p->fds.result == SCAN_DENIED) {
        char what[32];
        int n = snprintf(what, sizeof what, "pid %d", (int)p->pid);
        builder_note(scan->out, probe_fds.name, what, (size_t)n, why_from_errno(p->fds.err),
                     p->fds.err);
    }
    int err = decide(scan, p);
    return err ? err : emit(scan, p);
}

static int fds_scan(void *state, struct scan *scan) {
    struct fds_state *s = state;
    if (!scan->procs)
        return 0;
    s->asked |= scan->want->descriptors;
    struct root_stat own;
    uint32_t turns = (uint32_t)(scan->procs->count / COUNT_BUDGET) + 1;
    struct reading r = {.scan = scan,
                        .turns = turns < PROCS_SWEEP ? turns : PROCS_SWEEP,
                        .counts = root_is_live(scan->root) &&
                                  root_stat(scan->root, ROOT_PROC, "self/fd", &own) == 0 &&
                                  own.size > 0};
    choose(scan, s->asked);
    fanout_run(scan->procs->count, read_item, &r);
    bool unread = false;
    int err = 0;
    for (size_t i = 0; i < scan->procs->count && !err; i++)
        if (procs_wanted(scan, scan->procs->procs[i]))
            err = emit_process(scan, scan->procs->procs[i], &unread);
    builder_coverage(scan->out)->descriptors = !unread;
    return err;
}

static int fds_open(const struct root *root, void **state) {
    (void)root;
    *state = calloc(1, sizeof(struct fds_state));
    return *state ? 0 : -ENOMEM;
}

static void fds_close(void *state) {
    free(state);
}

const struct probe probe_fds = {
    .name = "fds", .open = fds_open, .scan = fds_scan, .close = fds_close};
