// memory.c - every tmpfs there is, in our mount namespace and in others, and what is used of it.
#include "core/vec.h"
#include "probes/mountinfo.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/procs.h"
#include "probes/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Other mount namespaces are asked in the sweeps; what they told serves the scans in between.
struct found {
    struct tmpfs fs; // but for `where`
    char *where;     // owned
};
typedef VEC(struct found) found_list;
struct mnt_ns {
    uint64_t ns;
    pid_t pid; // of a process that lives there
};
struct memory {
    found_list own, foreign;
    uint64_t swept_scan; // 0 never
    uint32_t namespaces, denied;
};

static void note(struct scan *scan, const char *object, int err) {
    builder_note(scan->out, probe_memory.name, object, strlen(object), why_from_errno(-err), -err);
}

static void clear(found_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].where);
    list->count = 0;
}

static void set_numbers(struct tmpfs *fs, const struct root_statfs *st) {
    bool sized = st->size != 0, counted = st->inodes != 0;
    u64v none = u64v_missing(WHY_NONE), untold = u64v_missing(WHY_UNSUPPORTED);
    fs->size = sized ? u64v_of(st->size) : none;
    fs->used = sized ? u64v_of(st->used) : untold;
    fs->inodes = counted ? u64v_of(st->inodes) : none;
    fs->inodes_used = counted ? u64v_of(st->inodes_used) : untold;
}

static void set_missing(struct tmpfs *fs, enum why why) {
    fs->size = fs->used = fs->inodes = fs->inodes_used = u64v_missing(why);
}

// Asks the tmpfs at a mount point as the process sees it. -ENOENT: something else is there.
static int measure(const struct scan *scan, const char *whose, const char *where,
                   struct tmpfs *fs) {
    char path[PATH_MAX + 32];
    struct stat st;
    struct root_statfs use;
    snprintf(path, sizeof path, "%s/root%s", whose, where);
    int fd = root_openat(scan->root, ROOT_PROC, path, O_PATH | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    int err = fstat(fd, &st) < 0 ? -errno : st.st_dev == fs->dev ? 0 : -ENOENT;
    if (err == 0)
        err = root_statfs_fd(fd, &use);
    close(fd);
    if (err == 0)
        set_numbers(fs, &use);
    return err;
}

static bool is_known(const struct tmpfs *fs) {
    uint64_t value;
    enum why why = u64v_get(fs->size, &value);
    return why == WHY_KNOWN || why == WHY_NONE;
}

static struct found *find(const found_list *list, uint64_t dev) {
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].fs.dev == dev)
            return &list->items[i];
    return NULL;
}

// A tmpfs may be mounted in many places: the first that leads there counts.
static int meet(struct scan *scan, const char *whose, const char *where, bool hangs,
                struct tmpfs fs, found_list *list) {
    struct found *there = find(list, fs.dev);
    if (there && is_known(&there->fs))
        return 0;
    int err = hangs ? -EIO : measure(scan, whose, where, &fs);
    if (err == -EMEDIUMTYPE)
        return 0; // a devtmpfs without tmpfs
    if (err)
        set_missing(&fs, why_from_errno(-err));
    if (there && err)
        return 0;
    if (!there) {
        if (vec_reserve(list, list->count + 1) < 0)
            return -ENOMEM;
        there = &list->items[list->count++];
        there->where = NULL;
    }
    free(there->where);
    there->fs = fs;
    there->where = strdup(where);
    return there->where ? 0 : -ENOMEM;
}

static bool is_tmpfs(const struct mount_line *m) {
    return mount_is_type(m, "tmpfs") || mount_is_type(m, "devtmpfs") || mount_is_type(m, "rootfs");
}

static int read_mounts(struct scan *scan, const char *whose, uint64_t ns, const found_list *known,
                       found_list *list) {
    const struct vantage *v = root_vantage(scan->root);
    char path[64], where[PATH_MAX], *text;
    size_t len;
    snprintf(path, sizeof path, "%s/mountinfo", whose);
    int err = root_read_all(scan->root, ROOT_PROC, path, MOUNTINFO_LIMIT, &text, &len);
    if (err)
        return err;
    struct mount_line m;
    for (const char *at = text, *end = text + len; err == 0 && mountinfo_next(&at, end, &m);) {
        if (!is_tmpfs(&m) || !mount_point(&m, where, sizeof where))
            continue;
        const struct found *elsewhere = known ? find(known, m.dev) : NULL;
        if (elsewhere && is_known(&elsewhere->fs))
            continue;
        struct tmpfs fs = {.dev = m.dev, .mnt_ns = ns, .own = known == NULL};
        // The posix probe lists all files of /dev/shm, unless that is a part of a larger tmpfs.
        fs.walked = fs.own && m.dev == v->devshm_dev && m.top_len == 1;
        err = meet(scan, whose, where, mount_is_behind(text, end, &m), fs, list);
    }
    free(text);
    return err;
}

static int compare_namespaces(const void *left, const void *right) {
    const struct mnt_ns *a = left, *b = right;
    return a->ns != b->ns ? (a->ns > b->ns) - (a->ns < b->ns)
                          : (a->pid > b->pid) - (a->pid < b->pid);
}

// A process of each mount namespace but ours, by the number of the namespace.
static int sweep(struct memory *m, struct scan *scan) {
    const struct proc_table *t = scan->procs;
    VEC(struct mnt_ns) all = {0};
    int err = 0;
    clear(&m->foreign);
    m->namespaces = m->denied = 0;
    for (size_t i = 0; i < t->count && err == 0; i++) {
        struct mnt_ns item = {.pid = t->procs[i]->look};
        if (t->procs[i]->err || proc_has_no_mm(t->procs[i]))
            continue; // a kernel thread, or dead
        enum why why = u64v_get(t->procs[i]->mnt_ns, &item.ns);
        m->denied += why == WHY_DENIED;
        if (why == WHY_KNOWN && item.ns != root_vantage(scan->root)->mnt_ns)
            err = vec_push(&all, item);
        for (uint32_t k = 0; k < t->procs[i]->task_count && err == 0; k++) {
            const struct task *task = &t->procs[i]->tasks[k];
            item = (struct mnt_ns){task->mnt_ns, task->tid};
            if (task->mnt_ns && task->mnt_ns != root_vantage(scan->root)->mnt_ns)
                err = vec_push(&all, item);
        }
    }
    if (all.count > 1)
        qsort(all.items, all.count, sizeof *all.items, compare_namespaces);
    for (size_t i = 0; i < all.count && err == 0; i++) {
        char whose[16];
        if (i > 0 && all.items[i].ns == all.items[i - 1].ns)
            continue;
        snprintf(whose, sizeof whose, "%d", (int)all.items[i].pid);
        m->namespaces++;
        err = read_mounts(scan, whose, all.items[i].ns, &m->own, &m->foreign);
        if (err && err != -ENOMEM) {
            m->denied += err == -EACCES || err == -EPERM;
            err = 0;
        }
    }
    vec_done(&all);
    m->swept_scan = t->scan_no;
    return err;
}

static int tell(struct scan *scan, const found_list *list) {
    int err = 0;
    for (size_t i = 0; i < list->count && err == 0; i++) {
        const struct found *item = &list->items[i];
        struct tmpfs fs = item->fs;
        fs.where = builder_str(scan->out, item->where, strlen(item->where));
        err = builder_add_tmpfs(scan->out, &fs);
    }
    return err;
}

// Our /dev/shm by the descriptor the root holds, or as it was captured.
static int tell_devshm(struct scan *scan) {
    const struct vantage *v = root_vantage(scan->root);
    struct root_statfs st;
    struct tmpfs fs = {.dev = v->devshm_dev,
                       .mnt_ns = v->mnt_ns,
                       .own = true,
                       .walked = !root_is_live(scan->root)};
    if (v->devshm_dev == 0 || root_statfs(scan->root, ROOT_SHM, &st) < 0)
        return 0;
    set_numbers(&fs, &st);
    fs.where = builder_str(scan->out, "/dev/shm", strlen("/dev/shm"));
    return builder_add_tmpfs(scan->out, &fs);
}

static int memory_scan(void *state, struct scan *scan) {
    struct memory *m = state;
    int err = tell_devshm(scan);
    if (err || !root_is_live(scan->root))
        return err;
    clear(&m->own);
    err = read_mounts(scan, "self", root_vantage(scan->root)->mnt_ns, NULL, &m->own);
    if (err == -ENOMEM)
        return err;
    if (err)
        note(scan, "/proc/self/mountinfo", err);
    err = tell(scan, &m->own);
    if (err || !scan->procs)
        return err;
    // The first picture of the monitor is to be there at once.
    bool due = scan->want->descriptors &&
               (m->swept_scan == 0 || scan->procs->scan_no - m->swept_scan >= PROCS_SWEEP);
    if (!scan->want->brief && (scan->want->everything || due))
        err = sweep(m, scan);
    if (err == 0)
        err = tell(scan, &m->foreign);
    struct coverage *c = builder_coverage(scan->out);
    c->foreign_mounts = m->swept_scan != 0;
    c->mnt_namespaces = m->namespaces;
    c->mnt_denied = m->denied;
    return err;
}

static int memory_open(const struct root *root, void **state) {
    (void)root;
    struct memory *m = calloc(1, sizeof *m);
    if (!m)
        return -ENOMEM;
    *state = m;
    return 0;
}

static void memory_close(void *state) {
    struct memory *m = state;
    clear(&m->own);
    clear(&m->foreign);
    vec_done(&m->own);
    vec_done(&m->foreign);
    free(m);
}

const struct probe probe_memory = {
    .name = "memory", .open = memory_open, .scan = memory_scan, .close = memory_close};
