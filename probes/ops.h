// ops.h - the only ways shmtop changes anything. Each compares identity immediately before acting.
#ifndef PROBES_OPS_H
#define PROBES_OPS_H

#include "core/fault.h"
#include "core/qitem.h"
#include "core/segname.h"
#include "core/snapshot.h"
#include "probes/root.h"

enum op_kind { OP_CREATE_SYSV, OP_CREATE_POSIX, OP_WRITE, OP_REMOVE, OP_SET, OP_SIGNAL };
// The places where an operation can be watched from outside: between two of them it makes one
// change, or none. X(ID)
#define OP_STEP_LIST(X)                                                                            \
    X(LOOKED)   /* what is to be removed was found, and may be */                                  \
    X(PINNED)   /* System V: attached; objects: the quarantine is open */                          \
    X(NOTED)    /* objects: the note beside the coming item is written */                          \
    X(MOVED)    /* objects: it lies in quarantine */                                               \
    X(COMPARED) /* it is the one that was looked at, and nobody holds it */                        \
    X(SAVED)    /* the copy is complete */                                                         \
    X(FREED)    /* it is removed for good */                                                       \
    X(PUT_BACK) /* objects: on doubt it stands in its old place again */
enum op_step {
#define X(id) OP_STEP_##id,
    OP_STEP_LIST(X)
#undef X
        OP_STEP_COUNT
};

enum op_lock { OP_LOCK_KEEP, OP_LOCK, OP_UNLOCK };

// A wish, complete in itself: it holds an identity, never a row, a bare id or a bare name.
// Owned by whoever fills it; op_run only reads it. Start from op_request_init.
struct op_request {
    enum op_kind kind;
    struct seg_ref where;  // create: where to; else: the segment's name as seen
    struct seg_id id;      // the identity seen (all but create and signal)
    char seg[4200];        // its SEG, for messages
    u64v expected_key;     // System V key seen; when it changed: refused, look again (remove, set)
    u64v expected_change;  // change time seen; when it moved: refused, look again (remove, set;
                           // of an object in use it moves with every write: not compared)
    u64v expected_last;    // System V last pid seen; when it moved: refused, look again (remove)
    uint32_t holders_seen; // processes seen holding it: remove and shrink ask for force then
    bool force;            // remove or shrink what is in use
    // remove
    bool now;              // free it at once; else objects are put into quarantine
    uint64_t wall_ns;      // when this is done, for the name of the item; 0: the time it is done
    uint64_t keep_ns;      // how long it is kept there (QUARANTINE_TIME_NS)
    bool drop_folder;      // takes the folder it was in away, if that is empty then and at the top
    int save_dir;          // -1, or an open directory that gets a copy first, borrowed
    const char *save_name; // path of that directory, for messages; borrowed
    void (*at_step)(void *arg, enum op_step step); // NULL: nobody watches
    void *step_arg;
    // create
    uint64_t size;
    uint32_t mode;
    bool has_key;
    uint32_t key;
    uint64_t huge_page; // 0, 2 MiB or 1 GiB
    int from_fd;        // -1, or content copied in after creation (regular file), borrowed
    // write
    uint64_t offset;
    const uint8_t *bytes; // borrowed for the call
    size_t bytes_len;
    const uint8_t *expect; // NULL, or expect_len bytes that must still be there
    size_t expect_len;
    pid_t via_pid;                           // a holder through which it may be reached, 0 none
    uint64_t via_ticks;                      // its start time, 0 not compared
    uint64_t via_start, via_end, via_offset; // the range of its mapping; 0,0: descriptor only
    // set (of these create takes the owner); System V knows no new size
    bool has_mode, has_uid, has_gid, has_size; // mode above, size above
    uint32_t uid, gid;
    enum op_lock lock;
    // signal
    struct proc_id process;
    int signal;
};

struct op_result {
    struct fault fault;    // outcome DONE: the rest of it is empty
    struct seg_id created; // create
    char seg[4200];        // create: the SEG of the new segment
    uint8_t *old;          // write: the bytes_len bytes that were there; owned by the caller
    char item[80];         // remove: what restore takes; "" nothing is kept
    char copy[4200];       // remove: path of the copy saved; "" none
    uint64_t held_bytes;   // remove: what the item still takes
    uint64_t until_ns;     // remove: until when it is kept, wall time
    bool one_step;         // write: nobody can have seen a part of it
    char note[300];        // something the user must know though it went well; may be empty
};

// Zeroes it, with no from_fd and no save_dir, and the usual time in quarantine.
void op_request_init(struct op_request *req, enum op_kind kind);
// Names the mapping or descriptor of a holder through which `seg` may be reached, if any is seen.
void op_request_via(struct op_request *req, const struct snapshot *snap, const struct segment *seg);
// Does it. Returns the outcome, the same as out->fault.outcome. Captured roots are refused.
// *out need not be initialised; op_result_done is due in every case.
enum outcome op_run(const struct root *root, const struct op_request *req, struct op_result *out);
void op_result_done(struct op_result *out);

#endif
