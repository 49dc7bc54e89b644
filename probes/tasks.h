// tasks.h - threads that are not like their process: a first thread that has ended while others go
// on, threads with descriptors or namespaces of their own.
#ifndef PROBES_TASKS_H
#define PROBES_TASKS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct root;
struct proc;

// A thread that differs from the one its process is looked at by.
struct task {
    pid_t tid;               // /proc/TID shows it as /proc/PID shows the process
    uint64_t ipc_ns, mnt_ns; // 0: as the process
    bool own_files;          // its descriptors are a table of its own
};

// A thread of the process that still has an address space, its first one if that lives; 0: none.
pid_t tasks_living(const struct root *root, pid_t pid);
// Fills p->tasks anew from all threads of p. Whether descriptors are shared only kcmp(2) tells:
// where the kernel lacks it, or the user may not ask, threads count as sharing them. 0 or -ENOMEM.
int tasks_look(const struct root *root, struct proc *p);

#endif
