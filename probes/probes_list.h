// probes_list.h - every probe there is; registry.c puts them in order.
#ifndef PROBES_PROBES_LIST_H
#define PROBES_PROBES_LIST_H

#include "probes/probe.h"

extern const struct probe probe_limits;     // SHMMNI and the like, /dev/shm use, meminfo, uptime
extern const struct probe probe_sysv;       // System V segments
extern const struct probe probe_posix;      // files of /dev/shm
extern const struct probe probe_procs;      // which processes there are
extern const struct probe probe_namespaces; // segments of other namespaces
extern const struct probe probe_held;       // of those that a descriptor alone keeps alive
extern const struct probe probe_maps;       // who maps what
extern const struct probe probe_fds;        // who has a descriptor of what
extern const struct probe probe_locks;      // who has locked what
extern const struct probe probe_facts;      // user, command line, ... of those who hold something
extern const struct probe probe_memory;     // every tmpfs and what is used of it
extern const struct probe probe_users;      // names of the users met by the others

#endif
