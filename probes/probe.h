// probe.h - a probe reads one source of facts; the prober runs them all into a snapshot.
#ifndef PROBES_PROBE_H
#define PROBES_PROBE_H

#include "core/snapshot.h"
#include "probes/root.h"

// What a scan should look for.
struct scan_request {
    bool everything;     // no caches, no fast path: one-shot commands, verdicts, removal
    bool private_maps;   // MAP_PRIVATE mappings of shared objects too
    bool descriptors;    // walk /proc/PID/fd
    bool locks;          // read /proc/locks
    bool all_namespaces; // foreign IPC namespaces and /dev/shm mounts
    bool skip_self;      // our own descriptors are for looking: they make us no holder
    bool ask_kernel;  // where processes cannot be read, ask whether anybody has an object open: a
                      // write lease of microseconds, so only for verdicts that a person asked for
    bool quarantined; // what lies in quarantine too, as if it were a segment
    bool force_text;  // never PROCMAP_QUERY (tests hold both answers against each other)
    bool brief;       // without command lines and pid namespaces of holders, and without the mount
                      // namespaces of processes unless all_namespaces
    pid_t only_pid;   // 0, or holders are asked of this process alone (tests)
    // On the screen: asked about in every scan. Borrowed while it runs.
    const struct seg_id *shown;
    size_t shown_count;
};

struct proc_table;
struct ahead;

struct scan {
    const struct root *root;
    const struct scan_request *want;
    struct builder *out;
    struct proc_table *procs; // set by the probe "procs" for those after it (probes/procs.h)
    uint64_t shown_bits[16];  // see probes/shown.h
    struct ahead *locks;      // /proc/locks being read, from when the processes are known; or NULL
};

struct probe {
    const char *name; // the "probe" of notes
    // Makes the state that lives across scans; NULL: the probe has none. 0 or -errno.
    int (*open)(const struct root *root, void **state);
    // Adds rows and notes. Lack of permission is a note or a reason, never an error.
    // 0, or -errno when the scan as a whole cannot go on (-ENOMEM).
    int (*scan)(void *state, struct scan *scan);
    void (*close)(void *state);
};

// The probes in the order they run; ends with NULL. Later ones may use what earlier ones added.
extern const struct probe *const probe_registry[];

// Runs the probes again and again over one root; not for use by two threads at once.
struct prober;
int prober_new(const struct root *root, struct prober **out); // root is borrowed
void prober_free(struct prober *prober);
// The catalogue that origins are found in (counted again; NULL: the built-in one) and the age under
// which what is unused is young. Without this: the built-in one, VERDICT_AGE_FLOOR_NS.
void prober_set_rules(struct prober *prober, const struct origins *origins, uint64_t age_floor_ns);
// One picture, counted, one reference for the caller. 0 or -errno.
int prober_scan(struct prober *prober, const struct scan_request *want,
                const struct snapshot **out);

#endif
