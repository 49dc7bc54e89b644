// namespaces.h - which namespaces and which container a process lives in.
#ifndef PROBES_NAMESPACES_H
#define PROBES_NAMESPACES_H

#include <stddef.h>
#include <sys/types.h>

#include "core/model.h"

struct root;

// Inode number of /proc/PID/ns/NAME ("ipc", "mnt", "pid"), or why it is not known.
u64v namespace_of(const struct root *root, pid_t pid, const char *name);

enum { CONTAINER_NAME_MAX = 80 };
// The container in the text of /proc/PID/cgroup: the name where the path has one (LXC, nspawn),
// else the first 12 digits of the id (docker, podman, containerd, CRI-O, Kubernetes), else the
// Kubernetes pod ("podUID"). The length
// written to buf, terminated; 0: none.
size_t container_from_cgroup(const char *text, size_t len, char buf[CONTAINER_NAME_MAX]);

#endif
