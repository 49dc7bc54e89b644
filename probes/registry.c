// registry.c - the probes in the order they run.
#include "probes/probe.h"
#include "probes/probes_list.h"

#include <stddef.h>

// limits first: sizes of objects depend on whether swap is in use. users last: it names everyone
// that the others have met.
const struct probe *const probe_registry[] = {
    &probe_limits, &probe_sysv,  &probe_posix, &probe_procs, &probe_namespaces,
    &probe_maps,   &probe_fds,   &probe_held,  &probe_locks, &probe_facts,
    &probe_memory, &probe_users, NULL,
};
