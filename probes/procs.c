// procs.c - which processes there are, with the few facts that are asked of all of them.
#include "probes/procs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/origin.h"
#include "probes/ahead.h"
#include "probes/devices.h"
#include "probes/elsewhere.h"
#include "probes/fanout.h"
#include "probes/locks.h"
#include "probes/namespaces.h"
#include "probes/objects.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/spaces.h"
#include "probes/tasks.h"

// A clock set anew moves every start time; smaller differences are noise of reading two clocks.
#define CLOCK_JUMP_NS 500000000u

#define YOUNG_SCANS 3u
// So many of the processes that matter are read in every scan; of more than that each gets its
// turn.
#define INTEREST_BUDGET 200u
// So many of those that have run are read in every scan before their turn.
#define EARLY_BUDGET 64u
// Processes are listed at least once in so many scans, whatever the kernel's counters say.
#define LIST_EVERY 4u
// Mount tables are read once in so many scans.
#define DEVICES_EVERY 5u

struct pid_list {
    pid_t *pids;
    size_t count, cap;
};

const char *proc_path(char buf[64], pid_t pid, const char *name) {
    snprintf(buf, 64, "%d%s%s", (int)pid, *name ? "/" : "", name);
    return buf;
}

static size_t place(const struct proc_table *t, pid_t pid) {
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (t->procs[mid]->pid < pid)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct proc *procs_find(const struct proc_table *t, pid_t pid) {
    size_t i = place(t, pid);
    return i < t->count && t->procs[i]->pid == pid ? t->procs[i] : NULL;
}

bool procs_sweeps(const struct proc_table *t, const struct proc *p) {
    return p->serial % PROCS_SWEEP == t->scan_no % PROCS_SWEEP;
}

bool proc_is_young(const struct proc *p) {
    return p->newcomer && p->scans <= YOUNG_SCANS;
}

bool proc_has_no_mm(const struct proc *p) {
    return p->err == 0 && (p->stat.vsize == 0 || p->stat.state == 'Z' || p->stat.state == 'X');
}

bool procs_wanted(const struct scan *scan, const struct proc *p) {
    return scan->want->only_pid == 0 || scan->want->only_pid == p->pid;
}

void proc_forget(struct proc_table *t, struct proc *p) {
    kept_close(&t->kept, &p->maps.fd);
    kept_close(&t->kept, &p->run_fd);
    p->mark = (struct run_mark){0};
    free(p->maps.maps);
    free(p->maps.names);
    free(p->fds.fds);
    free(p->fds.names);
    free(p->fds.spaces);
    free(p->facts.cmdline);
    free(p->facts.container);
    free(p->tasks);
    p->tasks = NULL;
    p->task_count = 0;
    p->maps = (struct seen_maps){.fd = -1};
    p->fds = (struct seen_fds){0};
    p->facts = (struct proc_facts){0};
}

static void proc_free(struct proc_table *t, struct proc *p) {
    proc_forget(t, p);
    free(p);
}

static bool parse_u64(const char *text, size_t len, uint64_t *out) {
    uint64_t value = 0;
    if (len == 0 || len > 20)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

int proc_stat_parse(const char *text, size_t len, struct proc_stat *out) {
    enum { FIELD_STATE = 3, FIELD_THREADS = 20, FIELD_START = 22, FIELD_VSIZE = 23 };
    uint64_t threads = 0;
    const char *open = memchr(text, '(', len), *close = memrchr(text, ')', len);
    if (!open || !close || close < open)
        return -EINVAL;
    struct proc_stat st = {0};
    size_t comm_len = (size_t)(close - open - 1);
    st.comm_len = (uint8_t)(comm_len < PROC_COMM_MAX ? comm_len : PROC_COMM_MAX);
    memcpy(st.comm, open + 1, st.comm_len);
    const char *at = close + 1, *end = text + len;
    int field = FIELD_STATE;
    for (; field <= FIELD_VSIZE; field++) {
        if (at == end || *at++ != ' ')
            return -EINVAL;
        const char *from = at;
        while (at < end && *at != ' ' && *at != '\n')
            at++;
        size_t n = (size_t)(at - from);
        if (n == 0 || (field == FIELD_STATE && n != 1))
            return -EINVAL;
        if (field == FIELD_STATE)
            st.state = *from;
        else if (field == FIELD_THREADS && !parse_u64(from, n, &threads))
            return -EINVAL;
        else if (field == FIELD_START && !parse_u64(from, n, &st.start_ticks))
            return -EINVAL;
        else if (field == FIELD_VSIZE && !parse_u64(from, n, &st.vsize))
            return -EINVAL;
    }
    // A first thread that has ended is shown as a zombie while others of the process go on.
    if (st.state == 'Z' && threads > 1)
        st.state = 'S';
    st.threads = threads > UINT32_MAX ? UINT32_MAX : (uint32_t)threads;
    *out = st;
    return 0;
}

int proc_stat_read(const struct root *root, pid_t pid, struct proc_stat *out) {
    char path[64], text[1024];
    size_t len = 0;
    int err = root_read_once(root, ROOT_PROC, proc_path(path, pid, "stat"), text, sizeof text,
                             &len);
    // All fields that are asked for come early: a longer line may be cut.
    return err && err != -EFBIG ? err : proc_stat_parse(text, len, out);
}

static int take_pid(void *arg, const char *name, unsigned char type) {
    struct pid_list *list = arg;
    uint64_t pid;
    (void)type;
    if (!parse_u64(name, strlen(name), &pid) || pid == 0 || pid > INT32_MAX)
        return 0;
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 512;
        pid_t *pids = reallocarray(list->pids, cap, sizeof *pids);
        if (!pids)
            return -ENOMEM;
        list->pids = pids;
        list->cap = cap;
    }
    list->pids[list->count++] = (pid_t)pid;
    return 0;
}

static int compare_pids(const void *a, const void *b) {
    pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;
    return (x > y) - (x < y);
}

static struct proc *proc_new(struct proc_table *t, pid_t pid) {
    struct proc *p = calloc(1, sizeof *p);
    if (p) {
        p->pid = p->look = pid;
        p->serial = t->next_serial++;
        p->newcomer = t->scan_no > 1;
        p->maps.fd = p->run_fd = -1;
    }
    return p;
}

// Makes the table hold just these pids, keeping what is known of those that were there.
static int merge(struct proc_table *t, const struct pid_list *list) {
    struct proc **next = calloc(list->count + 1, sizeof(struct proc *));
    if (!next)
        return -ENOMEM;
    size_t old = 0, count = 0;
    int err = 0;
    for (size_t i = 0; i < list->count && !err; i++) {
        while (old < t->count && t->procs[old]->pid < list->pids[i])
            proc_free(t, t->procs[old++]);
        if (old < t->count && t->procs[old]->pid == list->pids[i])
            next[count] = t->procs[old++];
        else
            next[count] = proc_new(t, list->pids[i]);
        err = next[count] ? 0 : -ENOMEM;
        count += !err;
    }
    while (old < t->count)
        proc_free(t, t->procs[old++]);
    free(t->procs);
    t->procs = next;
    t->count = count;
    return err;
}

static int list_pids(struct proc_table *t, const struct root *root) {
    struct pid_list list = {0};
    int err = root_list(root, ROOT_PROC, "", take_pid, &list);
    if (!err) {
        // The kernel lists in order; a directory of files does not.
        bool sorted = true;
        for (size_t i = 1; i < list.count && sorted; i++)
            sorted = list.pids[i - 1] < list.pids[i];
        if (!sorted)
            qsort(list.pids, list.count, sizeof *list.pids, compare_pids);
        err = merge(t, &list);
    }
    free(list.pids);
    return err;
}

// Marks holders, creators and last users, and returns how many there are.
static size_t mark_interest(struct proc_table *t, struct builder *b) {
    struct proc *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct proc *p = t->procs[i];
        p->interest = p->maps.count > 0 || p->fds.count > 0;
        count += p->interest;
    }
    for (size_t i = 0; i < builder_segment_count(b); i++) {
        const struct segment *s = builder_segment(b, i);
        if (s->id.kind != SEG_SYSV) // nobody keeps pids of the others
            continue;
        const enum seg_field fields[] = {SEG_CREATOR_PID, SEG_LAST_PID};
        uint64_t pid = 0;
        for (size_t f = 0; f < 2; f++) {
            if (seg_get(s, fields[f], &pid) != WHY_KNOWN || pid == 0 || pid > INT32_MAX)
                continue;
            if (!last || last->pid != (pid_t)pid)
                last = procs_find(t, (pid_t)pid);
            if (!last || last->interest)
                continue;
            last->interest = true;
            count++;
        }
    }
    return count;
}

static void choose(struct proc_table *t, const struct scan *scan) {
    uint32_t turns = (uint32_t)(mark_interest(t, scan->out) / INTEREST_BUDGET) + 1;
    for (size_t i = 0; i < t->count; i++) {
        struct proc *p = t->procs[i];
        p->still = false;
        p->turn = procs_sweeps(t, p);
        bool turn = p->interest && turns < PROCS_SWEEP && p->serial % turns == t->scan_no % turns;
        p->due = scan->want->everything || p->scans == 0 || proc_is_young(p) || turn || p->err ||
                 p->turn;
    }
}

struct reading {
    const struct root *root;
    struct proc_table *table;
    const struct scan_request *want;
    const struct origins *origins; // NULL: nobody is known to keep anything
    bool mnt_too;                  // mount namespaces matter
    atomic_uint early; // processes that were read before their turn, because they have run
};

void proc_find_look(const struct root *root, struct proc *p) {
    struct proc_stat st;
    pid_t look = p->pid;
    if (p->stat.vsize == 0 && p->stat.threads > 1)
        look = tasks_living(root, p->pid);
    if (look != p->pid && look != 0 && proc_stat_read(root, look, &st) == 0)
        p->stat.vsize = st.vsize;
    p->look = look ? look : p->pid;
}

// Whether there is nothing to be read of a process in this scan: it has not run, or it has, but its
// turn is yet to come. Of one whose turn it is all will be read, so that its mark is that of now.
static bool may_wait(struct reading *r, struct proc *p) {
    const struct scan_request *want = r->want;
    if (want->only_pid || (want->everything && r->table->scan_no == 1))
        return !p->due; // a single look has nothing to compare with
    if (!p->due && (!want->descriptors || p->run_fd < 0))
        return true;
    bool quiet = quiet_look(r->root, r->table, p);
    p->still = quiet && !want->everything && !p->err && !p->maps.err && !p->fds.err &&
               p->maps.private_too >= want->private_maps;
    if (!p->turn && !quiet && p->scans > 0 && !proc_is_young(p) && !p->maps.err && !p->fds.err)
        p->turn = atomic_fetch_add(&r->early, 1) < EARLY_BUDGET;
    p->due |= p->turn;
    if (p->still || !p->due)
        return true;
    if (want->descriptors && (want->everything || p->turn))
        p->mark = p->now;
    return false;
}

// Which /dev/shm a program sees that keeps files it does not hold.
static void ask_shm(const struct reading *r, struct proc *p, bool again) {
    uint64_t dev;
    if (!root_is_live(r->root) ||
        !origins_keep_for(r->origins, strv_of(p->stat.comm, p->stat.comm_len)))
        p->shm_dev = u64v_missing(WHY_NOT_ASKED);
    else if (again || u64v_get(p->shm_dev, &dev) != WHY_KNOWN)
        p->shm_dev = elsewhere_shm_dev(r->root, p->look);
}

static void read_one(void *arg, unsigned worker, size_t i) {
    struct reading *r = arg;
    struct proc *p = r->table->procs[i];
    struct proc_stat st;
    struct root_stat dir;
    char path[64];
    (void)worker;
    if (may_wait(r, p))
        return;
    int err = proc_stat_read(r->root, p->pid, &st);
    if (err) {
        p->err = -err;
        return;
    }
    if (p->scans > 0 && p->stat.start_ticks != st.start_ticks) {
        proc_forget(r->table, p); // its pid has gone to another process
        p->scans = 0;
        p->newcomer = true;
        p->ipc_ns = p->mnt_ns = p->shm_dev = (u64v){0};
    }
    p->err = 0;
    p->stat = st;
    proc_find_look(r->root, p);
    // The owner of the directory is the effective user, whatever prctl(PR_SET_DUMPABLE) says.
    err = root_stat(r->root, ROOT_PROC, proc_path(path, p->pid, ""), &dir);
    p->uid = err ? u64v_missing(why_from_errno(-err)) : u64v_of(dir.uid);
    if (proc_has_no_mm(p))
        return;
    p->ipc_ns = namespace_of(r->root, p->look, "ipc");
    p->mnt_ns = r->mnt_too ? namespace_of(r->root, p->look, "mnt") : u64v_missing(WHY_NOT_ASKED);
    bool again = r->want->everything || p->scans == 0 || p->turn;
    ask_shm(r, p, again);
    if (st.threads < 2)
        p->task_count = 0;
    else if (again && tasks_look(r->root, p))
        p->err = ENOMEM;
}

static uint64_t boot_wall_ns(const struct root *root) {
    if (root_is_live(root)) {
        struct timespec boot;
        clock_gettime(CLOCK_BOOTTIME, &boot);
        return root_wall_ns(root) - ((uint64_t)boot.tv_sec * 1000000000u + (uint64_t)boot.tv_nsec);
    }
    char *text;
    size_t len;
    uint64_t seconds = 0;
    if (root_read_all(root, ROOT_PROC, "stat", 4u << 20, &text, &len))
        return 0;
    const char *line = strstr(text, "\nbtime ");
    if (line)
        parse_u64(line + 7, strspn(line + 7, "0123456789"), &seconds);
    free(text);
    return seconds * 1000000000u;
}

static void set_boot_time(struct proc_table *t, const struct root *root) {
    uint64_t now = boot_wall_ns(root);
    uint64_t apart = now > t->boot_ns ? now - t->boot_ns : t->boot_ns - now;
    if (apart > CLOCK_JUMP_NS)
        t->boot_ns = now;
}

static int add_process(struct proc_table *t, struct builder *b, struct proc *p) {
    uint64_t ticks = p->stat.start_ticks, hz = t->ticks_per_s;
    struct process row = {.id = {p->pid, ticks},
                          .state = p->stat.state,
                          .uid = p->uid,
                          .ipc_ns = p->ipc_ns,
                          .mnt_ns = p->mnt_ns,
                          .shm_dev = p->shm_dev};
    if (p->err) {
        char what[32];
        int n = snprintf(what, sizeof what, "pid %d", (int)p->pid);
        enum why why = p->err == EINVAL ? WHY_MALFORMED : why_from_errno(p->err);
        builder_note(b, probe_procs.name, what, (size_t)n, why, p->err == EINVAL ? 0 : p->err);
        row.comm = strv_missing(why);
        row.state = p->stat.state ? p->stat.state : '?';
    } else {
        row.comm = builder_str(b, p->stat.comm, p->stat.comm_len);
        row.start_time = t->boot_ns + ticks / hz * 1000000000u + ticks % hz * 1000000000u / hz;
    }
    p->scans += p->scans < UINT32_MAX;
    return builder_add_process(b, &row, &p->index);
}

// Those that went between being listed and being read.
static void drop_gone(struct proc_table *t) {
    size_t keep = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct proc *p = t->procs[i];
        if (p->err == ENOENT || p->err == ESRCH) {
            t->gone++;
            proc_free(t, p);
        } else {
            t->procs[keep++] = p;
        }
    }
    t->count = keep;
}

static int procs_scan(void *state, struct scan *scan) {
    struct proc_table *t = state;
    t->scan_no++;
    t->gone = 0;
    // Taken before they are listed: who comes meanwhile is met in the next scan.
    bool quiet = quiet_forks(scan->root, &t->forks) && !scan->want->everything;
    int err = 0;
    if (!quiet || t->scan_no - t->listed_scan >= LIST_EVERY) {
        t->listed_scan = t->scan_no;
        err = list_pids(t, scan->root);
    }
    if (err == -ENOMEM)
        return err;
    if (err) {
        builder_note(scan->out, probe_procs.name, "/proc", 5, why_from_errno(-err), -err);
        return 0;
    }
    if (scan->want->everything || t->scan_no % DEVICES_EVERY == 1) {
        err = devices_refresh(t->devices,
                              scan->want->everything || t->scan_no % (DEVICES_EVERY * 12) == 1);
        if (err)
            return err;
    }
    // What a lock says of a process is understood only with those that were there before.
    if (scan->want->everything && scan->want->locks)
        scan->locks = ahead_start(scan->root, locks_read);
    set_boot_time(t, scan->root);
    choose(t, scan);
    struct reading reading = {.root = scan->root,
                              .table = t,
                              .want = scan->want,
                              .origins = builder_origins(scan->out),
                              .mnt_too = !scan->want->brief || scan->want->all_namespaces};
    fanout_run(t->count, read_one, &reading);
    scan->procs = t;
    drop_gone(t);
    for (size_t i = 0; i < t->count && !err; i++)
        err = add_process(t, scan->out, t->procs[i]);
    return err;
}

static void procs_close(void *state) {
    struct proc_table *t = state;
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        proc_free(t, t->procs[i]);
    free(t->procs);
    objects_free(t->objects);
    spaces_free(t->spaces);
    devices_free(t->devices);
    free(t);
}

static int procs_open(const struct root *root, void **state) {
    struct proc_table *t = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    kept_open(&t->kept);
    t->self = getpid();
    long hz = sysconf(_SC_CLK_TCK);
    t->ticks_per_s = hz > 0 ? (uint64_t)hz : 100;
    struct root_stat own;
    if (root_stat_follow(root, ROOT_PROC, "self/ns/ipc", &own) == 0)
        t->nsfs_dev = own.dev;
    int err = devices_new(root, &t->devices);
    if (!err)
        err = objects_new(&t->objects);
    if (!err)
        err = spaces_new(&t->spaces);
    if (err) {
        procs_close(t);
        return err;
    }
    *state = t;
    return 0;
}

const struct probe probe_procs = {
    .name = "procs", .open = procs_open, .scan = procs_scan, .close = procs_close};
