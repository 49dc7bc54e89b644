// facts.c - what is asked only of processes that hold something: command line, namespaces,
// container.
#include "probes/facts.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "probes/fanout.h"
#include "probes/namespaces.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/procs.h"

// A process may change its title or its namespaces at any time, but hardly ever does: looked at
// anew in one sweep of so many.
enum { SWEEPS = 6 };

struct facts_state {
    struct command_lines *lines; // owned; NULL: not usable, files are read
    struct proc **due;           // owned
    size_t due_cap;
};

static bool is_due(const struct scan *scan, const struct proc *p) {
    return scan->want->everything || !p->facts.known || p->facts.vsize != p->stat.vsize ||
           (procs_sweeps(scan->procs, p) &&
            scan->procs->scan_no - p->facts.scan_no >= SWEEPS * PROCS_SWEEP);
}

static int ask_container(const struct root *root, struct proc *p) {
    char path[64], text[8192], name[CONTAINER_NAME_MAX];
    size_t len = 0;
    free(p->facts.container);
    p->facts.container = NULL;
    int err = root_read_once(root, ROOT_PROC, proc_path(path, p->look, "cgroup"), text, sizeof text,
                             &len);
    if (err && err != -EFBIG) {
        p->facts.container_why = why_from_errno(-err);
        return 0;
    }
    size_t found = container_from_cgroup(text, err ? strlen(text) : len, name);
    p->facts.container_why = WHY_NONE;
    if (found == 0)
        return 0;
    p->facts.container = strdup(name);
    if (!p->facts.container)
        return -ENOMEM;
    p->facts.container_len = (uint32_t)found;
    p->facts.container_why = WHY_KNOWN;
    return 0;
}

struct asking {
    const struct scan *scan;
    const struct facts_state *state;
    atomic_bool out_of_memory;
};

static void ask(void *arg, unsigned worker, size_t i) {
    struct asking *a = arg;
    struct proc *p = a->state->due[i];
    (void)worker;
    p->facts.known = true;
    p->facts.vsize = p->stat.vsize;
    p->facts.scan_no = a->scan->procs->scan_no;
    p->facts.pid_ns = a->scan->want->brief ? u64v_missing(WHY_NOT_ASKED)
                                           : namespace_of(a->scan->root, p->look, "pid");
    if (ask_container(a->scan->root, p))
        atomic_store(&a->out_of_memory, true);
}

static void tell(struct builder *b, const struct proc *p) {
    struct process *row = builder_process(b, p->index);
    const struct proc_facts *f = &p->facts;
    strv cmdline = strv_missing(f->cmdline_why), container = strv_missing(f->container_why);
    if (f->cmdline_why == WHY_KNOWN)
        cmdline = builder_str(b, f->cmdline, f->cmdline_len);
    if (f->container_why == WHY_KNOWN)
        container = builder_str(b, f->container, f->container_len);
    row->pid_ns = f->pid_ns;
    row->cmdline = cmdline;
    row->container = container;
}

static int ask_command_lines(struct facts_state *s, const struct scan *scan, size_t count) {
    if (s->lines && command_lines_read(s->lines, s->due, count) == 0)
        return 0;
    int err = 0;
    for (size_t i = 0; i < count && !err; i++)
        err = command_line_from_file(scan->root, s->due[i]);
    return err;
}

static int facts_scan(void *state, struct scan *scan) {
    struct facts_state *s = state;
    struct proc_table *t = scan->procs;
    size_t count = 0;
    int err = 0;
    if (!t)
        return 0;
    if (s->due_cap < t->count) {
        struct proc **due = reallocarray(s->due, t->count, sizeof(struct proc *));
        if (!due)
            return -ENOMEM;
        s->due = due;
        s->due_cap = t->count;
    }
    for (size_t i = 0; i < t->count; i++)
        if (builder_is_holder(scan->out, t->procs[i]->index) && is_due(scan, t->procs[i]))
            s->due[count++] = t->procs[i];
    struct asking asking = {.scan = scan, .state = s};
    fanout_run(count, ask, &asking);
    if (atomic_load(&asking.out_of_memory))
        return -ENOMEM;
    if (count > 0 && !scan->want->brief)
        err = ask_command_lines(s, scan, count);
    for (size_t i = 0; i < t->count && !err; i++)
        if (builder_is_holder(scan->out, t->procs[i]->index))
            tell(scan->out, t->procs[i]);
    return err;
}

static void facts_close(void *state) {
    struct facts_state *s = state;
    if (!s)
        return;
    command_lines_free(s->lines);
    free(s->due);
    free(s);
}

static int facts_open(const struct root *root, void **state) {
    struct facts_state *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    // The library knows no other /proc than the machine's.
    if (root_is_live(root) && command_lines_new(&s->lines) == -ENOMEM) {
        free(s);
        return -ENOMEM;
    }
    *state = s;
    return 0;
}

const struct probe probe_facts = {
    .name = "facts", .open = facts_open, .scan = facts_scan, .close = facts_close};
