// snapshot.h - a frozen picture of the machine, and the builder that makes one.
//
// Probes add facts to a builder; builder_freeze joins mappings, descriptors and locks to segments,
// sorts, and gives a snapshot that never changes again and is shared by reference count.
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include "core/model.h"

struct origins;

// What counts for a group of files, or for a segment that stands alone.
struct shared_facts {
    bool used;     // some member is
    bool has_lock; // some member is a file whose lock proves life
    enum why why;  // of the latest time
    uint32_t user; // index of a member with a name that is used; UINT32_MAX: none
    uint64_t latest;
};

// Files that belong together: snapshot.members[first .. first+count-1].
struct seg_group {
    uint32_t first, count;
    struct shared_facts shared;
};

// What the kernel answered when it was asked whether anybody has an object open or mapped.
enum sole { SOLE_NOT_ASKED, SOLE_NOBODY, SOLE_SOMEBODY };

// What a prober remembers or has read of a segment, beyond one look at its facts.
struct recalled {
    uint32_t segment;       // index into the snapshot
    uint32_t marker_pid;    // the owner that its content tells; 0: none
    uint16_t marker_origin; // row whose marker stands in its content; 0: none
    uint64_t last_held_ns;  // wall time at which this run last saw a holder; 0: never
    uint8_t sole;           // enum sole
};

// A process as the pid namespaces inside of ours count it.
struct inner_pid {
    uint32_t pid;
    uint32_t process; // index into the snapshot
};

struct snapshot {
    uint64_t generation; // counts up from 1 with every scan of one prober
    uint64_t mono_ns;    // CLOCK_MONOTONIC when the scan began
    uint64_t wall_ns;    // CLOCK_REALTIME then
    struct vantage vantage;
    const struct segment *segments; // sorted by seg_id_compare
    size_t segment_count;
    const struct process *processes; // sorted by pid
    size_t process_count;
    const struct holding *holdings; // sorted by segment, then process
    size_t holding_count;
    const uint32_t *held; // indexes into holdings, grouped by process
    const struct map_range *ranges;
    size_t range_count;
    const strv *names; // further names of segments with several links
    size_t name_count;
    const struct user *users; // sorted by uid
    size_t user_count;
    const struct note *notes;
    size_t note_count;
    const struct tmpfs *tmpfs; // sorted by dev
    size_t tmpfs_count;
    u64v limits[LIMIT_COUNT];
    struct coverage coverage;
    const struct origins *origins; // counted by the snapshot
    uint64_t age_floor_ns;         // under which what is unused is young
    const uint32_t *group_of;      // group of each segment, from 1, 0 none; NULL: there are none
    const struct seg_group *groups;
    size_t group_count;
    const uint32_t *members;         // indexes of segments, by group
    const struct recalled *recalled; // sorted by segment
    size_t recalled_count;
    const struct inner_pid *inner_pids; // sorted by pid
    size_t inner_pid_count;
    bool inner_pids_known; // of every process that could be read
};

// Counted. Both are safe from any thread; NULL is legal. The last unref frees all memory.
const struct snapshot *snapshot_ref(const struct snapshot *snap);
void snapshot_unref(const struct snapshot *snap);

// By how much a process must have started later than a time on a segment to be no part of its past:
// the resolution of both, and what the clock was set forward since, which moves start times alone.
uint64_t snapshot_start_tolerance(const struct snapshot *snap);

// All lookups borrow from the snapshot and return NULL when there is no such thing.
const struct segment *snapshot_find(const struct snapshot *snap, const struct seg_id *id);
const struct process *snapshot_process(const struct snapshot *snap, pid_t pid);
const struct tmpfs *snapshot_tmpfs(const struct snapshot *snap, uint64_t dev);
// Name of a user, or the reason it has none.
strv snapshot_user(const struct snapshot *snap, uint32_t uid);
static inline size_t snapshot_index(const struct snapshot *snap, const struct segment *seg) {
    return (size_t)(seg - snap->segments);
}

// What is recalled of a segment, or NULL.
const struct recalled *snapshot_recalled(const struct snapshot *snap, const struct segment *seg);

struct builder;

// Owned by the caller until builder_freeze or builder_free. 0 or -ENOMEM.
int builder_new(struct builder **out);
// Makes room for so many segments at once, which costs less than growing. 0 or -ENOMEM.
int builder_expect(struct builder *b, size_t segments);
void builder_free(struct builder *b);

// Copies bytes into memory that lives as long as the coming snapshot. On lack of memory the
// result is missing with WHY_FAILED and builder_freeze will return -ENOMEM.
strv builder_str(struct builder *b, const char *bytes, size_t len);

// Copies *seg; its strings must come from builder_str. Returns 0, -ENOMEM, or -EEXIST when a
// segment with the same kind and ns and num (System V) or dev and num (objects) is there already
// (the first one stays).
int builder_add_segment(struct builder *b, const struct segment *seg);
// The segment added under this place (dev is ignored for System V, ns for objects), to complete its
// facts, or NULL; kind, ns, dev and num must stay. Borrowed until the next add.
struct segment *builder_find_segment(struct builder *b, enum seg_kind kind, uint64_t ns,
                                     uint64_t dev, uint64_t num);
// One more name of a segment added already (hard links). 0, -ENOENT, -ENOMEM.
int builder_add_name(struct builder *b, const struct segment *seg, strv name);

// Copies *proc, gives the index that mappings refer to. A pid that is there already gives its index
// and the first one stays. 0 or -ENOMEM.
int builder_add_process(struct builder *b, const struct process *proc, uint32_t *index);
// The process at an index, to complete its facts, or NULL. Borrowed until the next add.
struct process *builder_process(struct builder *b, uint32_t index);
// Index of the process with this pid. True if found.
bool builder_find_process(struct builder *b, pid_t pid, uint32_t *index);
size_t builder_process_count(const struct builder *b);

// A mapping is joined at freeze to the segment with its kind and its ns and shmid (System V) or dev
// and ino (objects). System V with ns 0 is joined only when a single namespace has that shmid. An
// object's generation, where both know one, must be incarnation[1]. What finds no segment is
// dropped and noted, merged: gone, or failed when several namespaces have the shmid. 0, -ENOMEM,
// -EINVAL (no such process).
int builder_add_mapping(struct builder *b, const struct mapping *m);
// A descriptor (access: ACCESS_* it was opened with, 0 for O_PATH) or lock on an object.
int builder_add_fd(struct builder *b, uint32_t process, enum seg_kind kind, uint64_t ns,
                   uint64_t dev, uint64_t num, uint8_t access);
int builder_add_lock(struct builder *b, uint32_t process, enum seg_kind kind, uint64_t dev,
                     uint64_t num);
// True when some mapping, descriptor or lock was added for this process.
bool builder_is_holder(const struct builder *b, uint32_t process);

int builder_add_user(struct builder *b, uint32_t uid, strv name);
// Copies *fs; `where` must come from builder_str. A device that is there already stays as it was,
// but for `walked`, which is true once it was true. 0 or -ENOMEM.
int builder_add_tmpfs(struct builder *b, const struct tmpfs *fs);
// Says that every file of this tmpfs was looked at, before or after it is added. 0 or -ENOMEM.
int builder_tmpfs_walked(struct builder *b, uint64_t dev);
// Tells what lies in one more quarantine of this tmpfs, before or after it is added; `where` must
// come from builder_str. 0 or -ENOMEM.
int builder_put_aside(struct builder *b, uint64_t dev, const struct put_aside *aside);
// Counts a note; equal probe + why + err are merged, the first object stays. Never fails.
void builder_note(struct builder *b, const char *probe, const char *object, size_t object_len,
                  enum why why, int err);
void builder_set_limit(struct builder *b, enum limit limit, u64v value);
u64v builder_limit(const struct builder *b, enum limit limit);
struct coverage *builder_coverage(struct builder *b); // borrowed, to be filled in
struct vantage *builder_vantage(struct builder *b);   // borrowed, to be filled in
// Walks the segments added so far: index 0 .. builder_segment_count-1.
size_t builder_segment_count(const struct builder *b);
struct segment *builder_segment(struct builder *b, size_t index);

// The table that origins are found in (counted again) and the age floor of the verdicts; without
// this the built-in table and 10 minutes.
void builder_set_rules(struct builder *b, const struct origins *origins, uint64_t age_floor_ns);
// The table that was set, or NULL. Borrowed.
const struct origins *builder_origins(const struct builder *b);

// Every System V segment of this IPC namespace is in the builder, so that mappings of a shmid that
// several namespaces have can be told apart at freeze: by handle generation, by the namespace of
// the process, by nattch. A process that holds a segment of a namespace it has left gives the
// segment SEG_FLAG_LEFT_NAMESPACE. 0 or -ENOMEM.
int builder_add_realm(struct builder *b, uint64_t ns);
bool builder_has_realm(const struct builder *b, uint64_t ns);
// Foreign System V segments serve the join alone; the picture only counts them (coverage.foreign).
void builder_leave_out_foreign(struct builder *b);

// What can be told only when everything is joined and sorted, and must be before the verdicts.
// `snap` is as it will be but for the verdicts, the groups and what is told here.
struct late {
    const struct snapshot *snap;
    struct late_facts *facts; // of late_recall and late_inner_pid
};
// Items may come in any order, one for each segment. 0 or -ENOMEM.
int late_recall(struct late *late, const struct recalled *item);
int late_inner_pid(struct late *late, struct inner_pid item);
// Every process that could be read was asked for its inner pids.
void late_inner_pids_known(struct late *late);
// `tell` is called once by builder_freeze. It returns 0, or -ENOMEM, which freezing then returns.
void builder_set_late(struct builder *b, int (*tell)(void *arg, struct late *late), void *arg);

// Takes the builder (freed in every case). Makes hidden counts, creator and last pid states
// (running, gone, reused: the process started after the segment's latest time), indexes, and the
// counts of processes in the coverage.
// *out is counted, one reference for the caller. 0 or -ENOMEM.
int builder_freeze(struct builder *b, uint64_t generation, uint64_t mono_ns, uint64_t wall_ns,
                   const struct snapshot **out);

#endif
