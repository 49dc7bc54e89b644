// ledger.h - the account of shared memory: where all of it is, and what nobody explains.
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include "core/snapshot.h"

// The order is that of the rows. X(ID, word in the JSON).
#define LEDGER_KIND_LIST(X)                                                                        \
    X(TMPFS, "tmpfs")                                                                              \
    X(SYSV, "sysv")                                                                                \
    X(MEMFD, "memfd")                                                                              \
    X(ANON, "anon")                                                                                \
    X(HUGETLB, "hugetlb")
enum ledger_kind {
#define X(id, text) LEDGER_##id,
    LEDGER_KIND_LIST(X)
#undef X
        LEDGER_KIND_COUNT
};
const char *ledger_kind_name(enum ledger_kind kind);

// A remainder: below 0 where the memory changed while it was read.
struct gap {
    int64_t bytes;
    enum why why; // bytes count when WHY_KNOWN
};

// One tmpfs superblock, the System V of one IPC namespace, all memfds, all anonymous shared memory,
// or the huge pages of one of these. All in bytes. A value that does not apply is WHY_NONE.
struct ledger_row {
    enum ledger_kind kind;
    bool in_shmem;  // counted in Shmem of meminfo, and so in `explained`
    bool foreign;   // of another namespace than ours
    bool of_files;  // huge pages of files of a hugetlbfs
    bool aside;     // what removals have put into quarantine in a tmpfs
    uint64_t bytes; // in memory now, swapped pages not counted
    strv where;     // mount point of a tmpfs; borrowed from the snapshot
    u64v dev, ipc_ns, mnt_ns;
    u64v swapped; // of the objects seen
    u64v size;    // of the tmpfs; NONE: no limit
    u64v free;    // size less what is used
    // Of the objects of a tmpfs that are seen; for a tmpfs whose files are not all listed the first
    // and the last are not known.
    u64v linked, unlinked_held;
    u64v promised;  // the sizes of all objects, in whole pages
    u64v unwritten; // what may still be written into them
    struct gap unexplained;
    uint64_t objects; // seen
    uint64_t blind;   // objects of which it is not known what they hold
};

enum { LEDGER_CAUSES_MAX = 16, LEDGER_CAUSE_SIZE = 160 };

struct ledger {
    const struct snapshot *snap; // counted
    struct ledger_row *rows;     // owned; sorted by kind, our own first, then by size
    size_t row_count;
    u64v shmem;                                        // of meminfo
    uint64_t explained;                                // the sum of all rows that are in_shmem
    struct gap unexplained;                            // shmem less explained
    char causes[LEDGER_CAUSES_MAX][LEDGER_CAUSE_SIZE]; // what could be where nothing was seen
    size_t cause_count;
};

// Makes the account of a snapshot. 0 or -ENOMEM; *out is to be given to ledger_done if it is 0.
int ledger_make(const struct snapshot *snap, struct ledger *out);
void ledger_done(struct ledger *l); // zeroed is legal

// The row that cannot hold all that is promised in it; NULL: none. Where several cannot it is the
// one that lacks most.
const struct ledger_row *ledger_overcommitted(const struct ledger *l);

enum { LEDGER_WHERE_SIZE = 1024 };
// Where a row's memory is, in words: "/dev/shm", "/dev/shm@4026532199", "IPC namespace 4026532201,
// web-1". Escaped.
void ledger_where(const struct ledger_row *row, char *buf, size_t size);
// What is wrong with a row that ledger_overcommitted gave. Who writes there dies of SIGBUS.
void ledger_warning(const struct ledger_row *row, char *buf, size_t size);

#endif
