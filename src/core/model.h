// model.h - every plain data type of shmtop's picture of the machine.
//
// Pure data: nothing here makes a system call. Sizes are bytes, times are nanoseconds since the
// epoch (UTC) unless the name says otherwise. A value that could not be learned carries the reason.
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Why a value is missing. Zero is NOT_ASKED, so that zeroed memory claims nothing.
// NONE is knowledge: there is no such value (never attached, no limit, does not apply).
#define WHY_LIST(X)                                                                                \
    X(NOT_ASKED, "not-asked")                                                                      \
    X(KNOWN, "known")                                                                              \
    X(NONE, "none")                                                                                \
    X(DENIED, "denied")                                                                            \
    X(GONE, "gone")                                                                                \
    X(UNSUPPORTED, "unsupported")                                                                  \
    X(MALFORMED, "malformed")                                                                      \
    X(FAILED, "failed")
enum why {
#define X(id, text) WHY_##id,
    WHY_LIST(X)
#undef X
};

// The word of the JSON "why" object for a reason; static storage.
const char *why_name(enum why why);
// The reason that fits an errno (EACCES and EPERM: denied, ENOENT and ESRCH: gone, ...).
enum why why_from_errno(int err);

// A number or the reason it is missing. Read it with u64v_get only.
typedef struct {
    uint64_t value_;
    enum why why_;
} u64v;

static inline u64v u64v_of(uint64_t value) {
    return (u64v){value, WHY_KNOWN};
}
static inline u64v u64v_missing(enum why why) {
    return (u64v){0, why};
}
// Stores the value and returns WHY_KNOWN; else leaves *out alone and returns the reason.
static inline enum why u64v_get(u64v v, uint64_t *out) {
    if (v.why_ == WHY_KNOWN)
        *out = v.value_;
    return v.why_;
}

// Bytes from outside (not terminated by promise, may hold anything) or the reason they are missing.
// Borrowed from whoever made it, mostly a snapshot's arena.
typedef struct {
    const char *bytes_;
    uint32_t len_;
    enum why why_;
} strv;

static inline strv strv_of(const char *bytes, size_t len) {
    return (strv){bytes, (uint32_t)len, WHY_KNOWN};
}
static inline strv strv_missing(enum why why) {
    return (strv){NULL, 0, why};
}
// Stores pointer and length and returns WHY_KNOWN; else leaves both alone and returns the reason.
static inline enum why strv_get(strv v, const char **bytes, size_t *len) {
    if (v.why_ == WHY_KNOWN) {
        *bytes = v.bytes_;
        *len = v.len_;
    }
    return v.why_;
}

// What a segment is; the order is the order of a sort by kind.
#define SEG_KIND_LIST(X)                                                                           \
    X(SYSV, "sysv")                                                                                \
    X(POSIX, "posix")                                                                              \
    X(MEMFD, "memfd")                                                                              \
    X(ANON, "anon")                                                                                \
    X(TMPFS, "tmpfs")                                                                              \
    X(HUGETLB, "hugetlb")
enum seg_kind {
#define X(id, text) SEG_##id,
    SEG_KIND_LIST(X)
#undef X
        SEG_KIND_COUNT
};
const char *seg_kind_name(enum seg_kind kind);

// What a segment is told apart by. Key, name, mode and change time are facts, not identity.
// System V: ns = inode of the IPC namespace, num = shmid, incarnation = cpid, cuid, size.
// Objects: dev + num (inode), incarnation = birth time, handle generation, 0. Unknown parts are 0.
struct seg_id {
    enum seg_kind kind;
    uint64_t ns;
    uint64_t dev;
    uint64_t num;
    uint64_t incarnation[3];
};
// Total order over every part; 0 means the very same incarnation.
int seg_id_compare(const struct seg_id *a, const struct seg_id *b);
static inline bool seg_id_same(const struct seg_id *a, const struct seg_id *b) {
    return seg_id_compare(a, b) == 0;
}

// A process is its pid and the clock tick it started at (field 22 of /proc/PID/stat).
struct proc_id {
    pid_t pid;
    uint64_t start_ticks;
};

// The numbers a segment has, kept in 64 bits and in 32. X(ID, name as in the JSON).
#define SEG_WIDE_LIST(X)                                                                           \
    X(SIZE, "size")                                                                                \
    X(RESIDENT, "resident")                                                                        \
    X(SWAPPED, "swapped")                                                                          \
    X(ATTACH_TIME, "attach_time")                                                                  \
    X(DETACH_TIME, "detach_time")                                                                  \
    X(CHANGE_TIME, "change_time")                                                                  \
    X(BIRTH_TIME, "birth_time")                                                                    \
    X(IPC_NS, "ipc_ns")                                                                            \
    X(MNT_NS, "mnt_ns")
#define SEG_NARROW_LIST(X)                                                                         \
    X(KEY, "key")                                                                                  \
    X(MODE, "mode") /* the low 12 bits */                                                          \
    X(UID, "uid")                                                                                  \
    X(GID, "gid")                                                                                  \
    X(CREATOR_UID, "creator_uid")                                                                  \
    X(CREATOR_PID, "creator")                                                                      \
    X(LAST_PID, "last")                                                                            \
    X(NATTCH, "nattch")                                                                            \
    X(HIDDEN, "hidden_mappings") /* nattch - mappings seen; made at freeze */                      \
    X(LINKS, "links")            /* st_nlink of an object */                                       \
    X(SEALS, "seals")            /* F_GET_SEALS bits of a memfd */                                 \
    X(SEM_VALUE, "semaphore")
#define SEG_FIELD_LIST(X) SEG_WIDE_LIST(X) SEG_NARROW_LIST(X)
enum seg_field {
#define X(id, text) SEG_##id,
    SEG_FIELD_LIST(X)
#undef X
        SEG_FIELD_COUNT,
    SEG_FIRST_NARROW = SEG_KEY
};
const char *seg_field_name(enum seg_field field);

// Flags of a segment; X(ID, word in the JSON).
#define SEG_FLAG_LIST(X)                                                                           \
    X(DEST, "dest")                                                                                \
    X(LOCKED, "locked")                                                                            \
    X(UNLINKED, "unlinked")                                                                        \
    X(HUGE, "huge")                                                                                \
    X(SEALED, "sealed")                                                                            \
    X(SEMAPHORE, "semaphore")                                                                      \
    X(LEFT_NAMESPACE, "left-namespace")
enum seg_flag {
#define X(id, text) SEG_FLAG_BIT_##id,
    SEG_FLAG_LIST(X)
#undef X
        SEG_FLAG_COUNT,
#define X(id, text) SEG_FLAG_##id = 1 << SEG_FLAG_BIT_##id,
    SEG_FLAG_LIST(X)
#undef X
};
// The word of flag number `bit` (0 .. SEG_FLAG_COUNT-1).
const char *seg_flag_name(unsigned bit);

// State of the process behind a remembered pid (System V cpid, lpid). A zombie is gone.
#define PID_STATE_LIST(X)                                                                          \
    X(UNKNOWN, "unknown")                                                                          \
    X(RUNNING, "running")                                                                          \
    X(GONE, "gone")                                                                                \
    X(REUSED, "reused")
enum pid_state {
#define X(id, text) PID_##id,
    PID_STATE_LIST(X)
#undef X
};
const char *pid_state_name(enum pid_state state);

// Of these there may be 150,000 in each of two pictures, so every byte counts.
struct segment {
    struct seg_id id;
    uint64_t wide_[SEG_FIRST_NARROW]; // read with seg_get, write with seg_set / seg_set_missing
    uint32_t narrow_[SEG_FIELD_COUNT - SEG_FIRST_NARROW];
    uint8_t why[SEG_FIELD_COUNT];
    bool foreign;          // not of our own IPC namespace or /dev/shm: its SEG carries an @
    uint8_t creator_state; // enum pid_state, made at freeze
    uint8_t last_state;
    bool locked_unseen;  // there is a lock on it that names no process of ours
    uint8_t verdict;     // enum verdict_state, made at freeze: see core/verdict.h
    uint16_t origin;     // row of snapshot.origins, from 1; 0 not recognised: see core/origin.h
    uint32_t flags;      // SEG_FLAG_*
    uint32_t first_name; // further hard-link names, in snapshot.names
    uint32_t name_count;
    uint32_t first_holding; // in snapshot.holdings; made at freeze
    uint32_t holding_count;
    // POSIX: path below its /dev/shm with leading slash; memfd: its name; tmpfs, hugetlb: the path;
    // System V: NONE. For an unlinked object the name it had, as far as known.
    strv name;
    strv container; // container or pod that owns its namespace
};

// Stores the number and returns WHY_KNOWN; else leaves *out alone and returns the reason.
static inline enum why seg_get(const struct segment *s, enum seg_field f, uint64_t *out) {
    enum why why = (enum why)s->why[f];
    if (why == WHY_KNOWN)
        *out = f < SEG_FIRST_NARROW ? s->wide_[f] : s->narrow_[f - SEG_FIRST_NARROW];
    return why;
}
static inline void seg_set_missing(struct segment *s, enum seg_field f, enum why why) {
    if (f < SEG_FIRST_NARROW)
        s->wide_[f] = 0;
    else
        s->narrow_[f - SEG_FIRST_NARROW] = 0;
    s->why[f] = (uint8_t)why;
}
// A number above 2^32-1 in a field of 32 bits, which no kernel gives, is malformed.
static inline void seg_set(struct segment *s, enum seg_field f, uint64_t value) {
    if (f < SEG_FIRST_NARROW)
        s->wide_[f] = value;
    else if (value <= UINT32_MAX)
        s->narrow_[f - SEG_FIRST_NARROW] = (uint32_t)value;
    else {
        seg_set_missing(s, f, WHY_MALFORMED);
        return;
    }
    s->why[f] = WHY_KNOWN;
}

// Somebody maps this System V segment in huge pages. The kernel multiplies what it has in memory by
// the base pages of a huge one twice, which shows by itself only where that is more than its size.
enum { SEG_HUGE_FACTOR = 512 };
void seg_mark_huge(struct segment *s);

// What came of looking for the mappings of a process.
enum scan_result {
    SCAN_NOT_ASKED,
    SCANNED,
    SCAN_DENIED,
    SCAN_GONE,
    SCAN_NO_MM // zombie or kernel thread: nothing can be mapped
};

struct process {
    struct proc_id id;
    char state;          // as in /proc/PID/stat; 'Z' and 'X' are dead
    uint8_t scan;        // enum scan_result for its mappings
    uint8_t fd_scan;     // the same for its descriptors
    uint64_t start_time; // ns since the epoch, from start_ticks
    u64v uid;
    u64v ipc_ns, mnt_ns, pid_ns; // inode numbers; asked only of processes that matter
    u64v shm_dev;                // device of its /dev/shm; asked only of programs that keep files
    strv comm;
    strv cmdline;        // arguments joined by spaces; asked only of holders
    strv container;      // from its cgroup; asked only of holders
    uint32_t first_held; // in snapshot.held; made at freeze
    uint32_t held_count;
};

enum access_bits { ACCESS_R = 1, ACCESS_W = 2, ACCESS_X = 4 };

// What the kernel tells of the inode behind a System V mapping, which is told apart by it from
// others with the same number.
struct sysv_inode {
    uint64_t size;      // 0: nothing but the key is known
    uint64_t held;      // bytes in memory and in swap; UINT64_MAX: not known, or they moved
    uint32_t born, uid; // the second it was made in (0 not known), and who made it
    uint32_t key;       // when it was made
    bool has_key, huge; // huge: in huge pages, which its size is rounded up to
};

// One mapping of a shared object, as a probe saw it.
struct mapping {
    uint32_t process; // index given by builder_add_process
    enum seg_kind kind;
    bool is_private;     // MAP_PRIVATE: its writes do not reach the object
    uint8_t access;      // ACCESS_*
    uint32_t generation; // handle generation of the inode, 0 unknown
    struct sysv_inode sysv;
    uint64_t ns; // System V: IPC namespace its shmid is counted in (0: not known)
    uint64_t dev, ino;
    uint64_t start, end, offset; // addresses and file offset in bytes
};

// A piece of a holder's address space that shows a segment.
struct map_range {
    uint64_t start, end, offset;
    uint8_t access;
    bool is_private;
};

// One process that holds one segment, by mapping, descriptor or lock.
struct holding {
    uint32_t segment, process; // indexes into the snapshot
    uint32_t mappings, fds, locks;
    uint8_t access; // widest ACCESS_* of mappings and descriptors; 0: lock alone, O_PATH, PROT_NONE
    bool is_private; // has mappings and all are MAP_PRIVATE
    uint64_t mapped_bytes;
    uint32_t first_range; // in snapshot.ranges, range_count == mappings
    uint32_t range_count;
};

// Limits and totals of the machine, each known or with its reason. Bytes unless named otherwise.
#define LIMIT_LIST(X)                                                                              \
    X(SHMMNI, "shmmni")                                                                            \
    X(SHMMNI_USED, "shmmni_used")                                                                  \
    X(SHMMAX, "shmmax")                                                                            \
    X(SHMALL_PAGES, "shmall_pages")                                                                \
    X(SHMALL_PAGES_USED, "shmall_pages_used")                                                      \
    X(DEVSHM_SIZE, "devshm_size")                                                                  \
    X(DEVSHM_USED, "devshm_used")                                                                  \
    X(DEVSHM_INODES, "devshm_inodes")                                                              \
    X(DEVSHM_INODES_USED, "devshm_inodes_used")                                                    \
    X(MEMINFO_SHMEM, "meminfo_shmem")                                                              \
    X(MEMINFO_TOTAL, "meminfo_total")                                                              \
    X(SWAP_USED, "swap_used")                                                                      \
    X(UPTIME_NS, "uptime_ns")                                                                      \
    X(CLOCK_STEP_NS, "clock_step_ns") /* at least so far was the clock set forward meanwhile */
enum limit {
#define X(id, text) LIMIT_##id,
    LIMIT_LIST(X)
#undef X
        LIMIT_COUNT
};
const char *limit_name(enum limit limit);

// Something that went wrong while looking; equal ones are merged and counted.
struct note {
    const char *probe; // static storage
    strv object;       // what it was about ("pid 41", "/dev/shm/x"), raw bytes
    enum why why;
    int err;        // errno, 0 if none
    uint64_t count; // how often; object is that of the first
};

// What lies in the quarantines of one tmpfs: objects that users have put aside, which are no
// segments (core/qitem.h).
struct put_aside {
    strv where; // the directory; where there are several, all of them as a pattern
    uint64_t items, bytes, promised; // bytes: in memory or swap; promised: their sizes, in pages
};

// One tmpfs superblock, however often it is mounted.
struct tmpfs {
    uint64_t dev;
    uint64_t mnt_ns; // the mount namespace it was met in; 0 unknown
    bool own;        // mounted in our own mount namespace
    bool walked;     // every file of it is a segment of the picture, but for what notes tell
    strv where;      // its mount point in that namespace
    // Bytes and counts. A tmpfs mounted without a limit has no size (NONE) and does not tell what
    // is used of it (UNSUPPORTED); GONE: no path leads there, something is mounted over it.
    u64v size, used, inodes, inodes_used;
    struct put_aside aside; // as far as it could be read
};

// What was and was not seen.
struct coverage {
    uint32_t processes, scanned, denied, gone; // mappings; zombies and kernel threads are scanned
    // IPC namespaces, our own too, and /dev/shms of other mount namespaces whose processes share
    // our IPC namespace; of those, the ones that could not be looked into.
    uint32_t namespaces, namespaces_denied;
    uint32_t foreign;            // segments of other namespaces that are counted here and left out
    bool private_maps;           // MAP_PRIVATE mappings were looked for
    bool descriptors;            // descriptors of every readable process were looked for
    bool locks;                  // /proc/locks was read
    bool complete;               // root in the initial pid namespace without hidepid
    bool pids_hidden;            // others' processes are not even listed (hidepid): a pid that is
                                 // not in the table may live
    uint32_t foreign_sysv;       // of those, the System V ones without huge pages
    uint64_t foreign_sysv_bytes; // and what they have in memory
    bool foreign_mounts;         // tmpfs of other mount namespaces were looked for
    uint32_t mnt_namespaces;     // other mount namespaces that were met
    uint32_t mnt_denied;         // processes whose mount namespace is kept from us
    uint64_t holder_age_ns;      // age of the oldest holder scan in this picture
    uint64_t object_age_ns;      // age of the oldest facts of a segment in it, holders aside
    uint64_t scan_ns;            // what making this picture took
};

struct user {
    uint32_t uid;
    strv name; // NONE: the user database has no such user
};

// Who and where we are; copied into every snapshot.
struct vantage {
    uint32_t uid;
    uint64_t ipc_ns, mnt_ns, pid_ns; // our own; 0 unknown
    uint64_t devshm_dev;             // device of our /dev/shm, 0 none
    uint32_t page_size;
    char host[65];
};

#endif
