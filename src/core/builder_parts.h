// builder_parts.h - the inside of a builder: of builder.c, join.c and snapshot.c alone.
#ifndef CORE_BUILDER_PARTS_H
#define CORE_BUILDER_PARTS_H

#include "core/arena.h"
#include "core/hash_index.h"
#include "core/snapshot.h"
#include "core/vec.h"

// One descriptor of, or one lock on, an object.
struct grip {
    uint32_t process;
    enum seg_kind kind;
    uint64_t ns, dev, num;
    uint8_t access;
    bool is_lock;
};

struct extra_name {
    uint32_t segment;
    strv name;
};

// What lies in the quarantines of one device.
struct aside_of {
    uint64_t dev;
    struct put_aside sum;
};

struct builder {
    struct arena arena;
    bool out_of_memory; // a string was lost
    VEC(struct segment) segments;
    struct hash_index by_place;
    VEC(struct process) processes;
    struct hash_index by_pid;
    VEC(uint8_t) holds; // for each process: something was added that it holds
    VEC(struct mapping) mappings;
    VEC(struct grip) grips;
    VEC(struct extra_name) names;
    VEC(struct user) users; // sorted by uid
    VEC(struct note) notes;
    VEC(struct tmpfs) tmpfs; // sorted by dev
    VEC(uint64_t) walked;    // devices, as told
    VEC(struct aside_of) aside;
    u64v limits[LIMIT_COUNT];
    struct coverage coverage;
    struct vantage vantage;
    VEC(uint64_t) realms; // IPC namespaces whose System V segments are all there
    bool leaves_out_foreign;
    const struct origins *origins; // counted; NULL: the built-in ones
    u64v age_floor_ns;             // not told: the usual one
    int (*tell_late)(void *arg, struct late *late);
    void *late_arg;
};

// What late_recall and late_inner_pid gather.
struct late_facts {
    VEC(struct recalled) recalled;
    VEC(struct inner_pid) inner_pids;
    bool inner_pids_known;
};

// Fills in what is made of the segments of a snapshot that is complete but for it: origins, what is
// recalled, groups, verdicts. The segments are told once more because they are changed. What it
// made stays in the snapshot, also when it fails. 0 or -ENOMEM.
int snapshot_settle(struct snapshot *snap, struct segment *segments, const struct builder *b);

// Position of the segment at a place. System V is told apart by namespace and shmid: its inode is
// its shmid whatever the device. Objects are told apart by device and inode in any namespace.
bool builder_place(const struct builder *b, enum seg_kind kind, uint64_t ns, uint64_t dev,
                   uint64_t num, uint32_t *position);

// Instead of a namespace: the mapping is of no segment that is there, or of one of several.
#define BUILDER_NS_NONE UINT64_MAX
#define BUILDER_NS_DOUBT (UINT64_MAX - 1)
// realms.c: gives every System V mapping the namespace it belongs to. 0 or -ENOMEM.
int builder_settle_realms(struct builder *b);
// foreign.c: takes foreign System V segments out again, with what holds them, if that was asked
// for. 0 or -ENOMEM.
int builder_drop_foreign(struct builder *b);
// Makes the index over places anew, after segments have moved. 0 or -ENOMEM.
int builder_index_again(struct builder *b);

// builder_note, `count` times.
void builder_note_many(struct builder *b, const char *probe, const char *object, size_t object_len,
                       enum why why, int err, uint64_t count);

// What the join makes; the arrays are owned by whoever holds this.
struct joined {
    VEC(struct holding) holdings; // sorted by segment, then process
    VEC(struct map_range) ranges; // grouped by holding, sorted by address
};

// Joins mappings, descriptors and locks to segments. The rank of an item is its place in the sorted
// array to be; the arrays of the builder are still in the order of adding. 0 or -ENOMEM;
// joined_done is due in any case.
int builder_join(struct builder *b, const uint32_t *segment_rank, const uint32_t *process_rank,
                 struct joined *out);
void joined_done(struct joined *j);

#endif
