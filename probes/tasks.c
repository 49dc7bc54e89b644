// tasks.c - threads that are not like their process.
#include "probes/tasks.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes/namespaces.h"
#include "probes/procs.h"
#include "probes/root.h"

static pid_t number_of(const char *name) {
    char *end;
    long n = strtol(name, &end, 10);
    return *end == '\0' && n > 0 && n <= INT32_MAX ? (pid_t)n : 0;
}

struct living {
    const struct root *root;
    pid_t found;
};

static int take_living(void *arg, const char *name, unsigned char type) {
    struct living *l = arg;
    struct proc_stat st;
    pid_t tid = number_of(name);
    (void)type;
    if (tid == 0 || proc_stat_read(l->root, tid, &st) || st.vsize == 0)
        return 0;
    l->found = tid;
    return 1;
}

pid_t tasks_living(const struct root *root, pid_t pid) {
    struct living l = {.root = root};
    char path[64];
    if (root_is_live(root))
        root_list(root, ROOT_PROC, proc_path(path, pid, "task"), take_living, &l);
    return l.found;
}

struct looking {
    const struct root *root;
    struct proc *p;
    int err;
};

static bool shares_files(pid_t a, pid_t b) {
    return syscall(SYS_kcmp, a, b, KCMP_FILES, 0UL, 0UL) <= 0;
}

static int keep(struct proc *p, const struct task *task) {
    struct task *tasks = reallocarray(p->tasks, p->task_count + 1, sizeof *tasks);
    if (!tasks)
        return -ENOMEM;
    p->tasks = tasks;
    p->tasks[p->task_count++] = *task;
    return 0;
}

// Several threads may share what is not their process's: one of them stands for all.
static bool is_known(const struct proc *p, const struct task *task) {
    for (uint32_t i = 0; i < p->task_count; i++) {
        const struct task *t = &p->tasks[i];
        if (t->ipc_ns == task->ipc_ns && t->mnt_ns == task->mnt_ns &&
            t->own_files == task->own_files &&
            (!task->own_files || shares_files(t->tid, task->tid)))
            return true;
    }
    return false;
}

static int take_task(void *arg, const char *name, unsigned char type) {
    struct looking *l = arg;
    struct proc *p = l->p;
    struct task task = {.tid = number_of(name)};
    uint64_t own = 0, its = 0;
    (void)type;
    if (task.tid == 0 || task.tid == p->look)
        return 0;
    if (u64v_get(p->ipc_ns, &own) == WHY_KNOWN &&
        u64v_get(namespace_of(l->root, task.tid, "ipc"), &its) == WHY_KNOWN && its != own)
        task.ipc_ns = its;
    if (u64v_get(p->mnt_ns, &own) == WHY_KNOWN &&
        u64v_get(namespace_of(l->root, task.tid, "mnt"), &its) == WHY_KNOWN && its != own)
        task.mnt_ns = its;
    task.own_files = !shares_files(p->look, task.tid);
    if ((task.ipc_ns || task.mnt_ns || task.own_files) && !is_known(p, &task))
        l->err = keep(p, &task);
    return l->err;
}

int tasks_look(const struct root *root, struct proc *p) {
    struct looking l = {.root = root, .p = p};
    char path[64];
    p->task_count = 0;
    if (root_is_live(root))
        root_list(root, ROOT_PROC, proc_path(path, p->pid, "task"), take_task, &l);
    return l.err;
}
