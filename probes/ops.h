// ops.h - the only ways shmtop changes anything. Each compares identity immediately before acting.
#ifndef PROBES_OPS_H
#define PROBES_OPS_H

#include "core/fault.h"
#include "core/segname.h"
#include "core/snapshot.h"
#include "probes/root.h"

enum op_kind { OP_CREATE_SYSV, OP_CREATE_POSIX, OP_WRITE, OP_REMOVE, OP_SET, OP_SIGNAL };

// A wish, complete in itself: it holds an identity, never a row, a bare id or a bare name.
// Owned by whoever fills it; op_run only reads it.
struct op_request {
    enum op_kind kind;
    struct seg_ref where;  // create: where to; else: the segment's name as seen
    struct seg_id id;      // the identity seen (all but create)
    char seg[4200];        // its SEG, for messages
    u64v expected_change;  // change time seen; when it moved: refused, look again (remove)
    bool force;            // remove what is in use
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
    const uint8_t *expect; // NULL, or bytes_expect_len bytes that must still be there
    size_t expect_len;
    pid_t via_pid; // System V: a holder whose map_files may serve, 0 none
    uint64_t via_start, via_end, via_offset; // the range of that mapping
};

struct op_result {
    struct fault fault;    // outcome DONE: the rest of it is empty
    struct seg_id created; // create
    char seg[4200];        // create: the SEG of the new segment
    uint8_t *old;          // write: the bytes_len bytes that were there; owned by the caller
    char note[300];        // something the user must know though it went well; may be empty
};

// Does it. Returns the outcome, the same as out->fault.outcome. Captured roots are refused.
enum outcome op_run(const struct root *root, const struct op_request *req, struct op_result *out);
void op_result_done(struct op_result *out);

#endif
