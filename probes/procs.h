// procs.h - the table of processes, kept across scans and shared by the probes of holders.
//
// The probe "procs" owns the table and sets scan.procs; maps, fds, locks and facts keep what they
// learnt about a process inside its entry, so that all of it ends with the process.
#ifndef PROBES_PROCS_H
#define PROBES_PROCS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model.h"
#include "probes/kept.h"
#include "probes/quiet.h"

struct scan;
struct root;
struct devices;
struct objects;
struct task;

// Every process is looked at anew at least once in this many scans.
#define PROCS_SWEEP 10u
#define PROC_COMM_MAX 64u

// What /proc/PID/stat tells.
struct proc_stat {
    uint64_t start_ticks;
    uint64_t vsize; // bytes; 0: no address space
    uint32_t threads;
    char state;
    uint8_t comm_len;
    char comm[PROC_COMM_MAX]; // raw bytes, not terminated
};

// One mapping of a shared object.
struct seen_map {
    uint64_t dev, ino, start, end, offset;
    uint32_t name, name_len; // in seen_maps.names; what the maps line calls it
    uint32_t generation;     // of the inode's handle, System V alone; 0 not known
    struct sysv_inode sysv;
    uint8_t kind;   // enum seg_kind
    uint8_t access; // ACCESS_*
    bool is_private, huge;
};

enum { MAPS_UNKNOWN_DEVS = 4 };

// What the last reading of a process's mappings gave.
struct seen_maps {
    int fd;                // its /proc/PID/maps, kept open; -1 none
    uint8_t result;        // enum scan_result
    bool private_too;      // MAP_PRIVATE ones were looked for
    bool has_private;      // and there are some
    bool due;              // to be read in this scan
    int err;               // errno behind SCAN_DENIED and failures
    bool handles;          // generations were asked for
    uint64_t vsize;        // of the process at that time
    uint64_t read_ns;      // monotonic time of it; 0 never
    uint64_t ipc_ns;       // asked when System V is mapped; 0 not known
    struct seen_map *maps; // owned
    uint32_t count, cap;
    char *names; // owned
    uint32_t names_len, names_cap;
    uint64_t unknown[MAPS_UNKNOWN_DEVS]; // devices nobody knew then
    uint8_t unknown_count;
};

// A descriptor of a shared object.
struct seen_fd {
    uint64_t dev, ino;
    pid_t at; // /proc/AT/fd has it: the process, or a thread with descriptors of its own
    int number;
    uint32_t name, name_len; // in seen_fds.names; what its link says
    uint8_t kind;            // enum seg_kind
    uint8_t access;          // ACCESS_* it was opened with
    bool huge;
    bool undecided; // on a device that nobody knew
};
// A descriptor that may be of an IPC namespace.
struct seen_space {
    uint64_t ns;
    pid_t at; // as in seen_fd
    int number;
};
struct seen_fds {
    uint8_t result; // enum scan_result
    bool due;
    int err;
    uint64_t read_scan;  // the scan that read them; 0 never
    uint64_t open_count; // descriptors in all at that time
    struct seen_fd *fds; // owned
    uint32_t count, cap;
    struct seen_space *spaces; // owned
    uint32_t space_count, space_cap;
    char *names; // owned
    uint32_t names_len, names_cap;
};

// What is asked of holders alone.
struct proc_facts {
    bool known;
    uint64_t vsize;   // of the process when they were asked: exec changes it
    uint64_t scan_no; // when that was
    u64v pid_ns;
    enum why cmdline_why, container_why;
    char *cmdline, *container; // owned
    uint32_t cmdline_len, container_len;
};

struct proc {
    pid_t pid;
    pid_t look;      // /proc/LOOK shows what it holds: pid, or a thread when the first has ended
    uint32_t serial; // picks the scan of its sweep
    uint32_t index;  // in the builder of this scan
    uint32_t scans;  // since it was first seen, this one included
    bool newcomer;   // it came between two scans: it may still exec
    bool due;        // stat is to be read in this scan
    bool interest;   // creator, last user or holder of a segment
    bool turn;       // all it holds is to be read in this scan, unless it is still
    bool still;      // it has not run since all it holds was read
    int run_fd;      // its schedstat, kept open; -1 none
    struct run_mark mark, now; // when all it holds was read last, and in this scan
    int err;                   // errno of reading its stat, 0 well
    struct proc_stat stat;
    struct task *tasks; // owned; threads that are not like the process, see probes/tasks.h
    uint32_t task_count;
    u64v uid;
    u64v ipc_ns, mnt_ns; // asked with stat; kernel threads and zombies: as of old, or NONE
    u64v shm_dev;        // asked of programs that keep files, see core/model.h
    struct seen_maps maps;
    struct seen_fds fds;
    struct proc_facts facts;
};

struct proc_table {
    struct proc **procs; // owned, sorted by pid
    size_t count, cap;
    uint64_t scan_no;       // from 1
    uint64_t listed_scan;   // the last one that listed the processes
    struct fork_mark forks; // as of this scan
    uint32_t gone;          // went while this scan looked at them
    uint32_t next_serial;
    pid_t self;       // we
    uint64_t boot_ns; // wall time of tick 0
    uint64_t ticks_per_s;
    struct devices *devices; // owned
    struct objects *objects; // owned
    struct spaces *spaces;   // owned
    uint64_t nsfs_dev;       // device of namespaces; 0 not known
    bool realms;             // some other IPC namespace has segments: shmids may be there twice
    struct kept kept;        // seen_maps.fd and run_fd
};

// The entry of a pid, or NULL. Borrowed until the end of the scan.
struct proc *procs_find(const struct proc_table *table, pid_t pid);
// True when it is this process's turn in the rolling sweep.
bool procs_sweeps(const struct proc_table *table, const struct proc *p);
// True in the first scans of a process that came while we watched: fork is often followed by exec.
bool proc_is_young(const struct proc *p);
// A kernel thread or zombie: nothing can be mapped.
bool proc_has_no_mm(const struct proc *p);
// True when the process is asked about what it holds (scan_request.only_pid).
bool procs_wanted(const struct scan *scan, const struct proc *p);
// "PID/name" relative to /proc, "PID" alone for an empty name.
const char *proc_path(char buf[64], pid_t pid, const char *name);

// Parses the text of /proc/PID/stat. The name may hold anything, ')' and newlines included.
// 0 or -EINVAL.
int proc_stat_parse(const char *text, size_t len, struct proc_stat *out);
// Reads it. 0 or -errno (-ENOENT and -ESRCH: the process is gone).
int proc_stat_read(const struct root *root, pid_t pid, struct proc_stat *out);
// Sets p->look by p->stat, and its vsize: where the first thread has ended and others go on,
// /proc/PID shows no mappings and no descriptors any more; /proc/TID of one of the others does.
void proc_find_look(const struct root *root, struct proc *p);
// Forgets what was learnt of the process's holdings (another one has its pid, or it has exec'd).
void proc_forget(struct proc_table *table, struct proc *p);

#endif
