// io_msg.h - the messages between the loop and the I/O thread: plain data, owned by who holds it.
#ifndef APP_IO_MSG_H
#define APP_IO_MSG_H

#include "core/fault.h"
#include "core/snapshot.h"
#include "probes/ops.h"

enum io_kind {
    IO_READ,   // bytes for the screen; a newer one takes the place of one that still waits
    IO_SEARCH, // find bytes; a newer one or IO_STOP ends it
    IO_STOP,   // no search any more
    IO_CLOSE,  // nothing is looked at any more: lets go of an attached reader
    IO_OP      // change something
};

// One segment of a removal: what it was when the user saw it. Strings are owned.
struct removal {
    struct seg_id id;
    char *seg;
    u64v expected_key, expected_change;
    uint32_t holders_seen;
    bool force;
};

struct io_request {
    enum io_kind kind;
    uint64_t serial;             // comes back in the reply
    const struct snapshot *snap; // counted; tells the holders of the segment
    struct seg_id id;
    bool may_attach; // the user said that attaching is all right
    uint64_t offset; // READ: first byte; SEARCH: where to begin
    size_t len;      // READ: bytes wanted
    uint8_t *needle; // SEARCH, owned
    size_t needle_len;
    bool backwards;
    enum op_kind op;
    struct op_request *create_or_write; // owned
    uint8_t *bytes, *expect;            // owned; create_or_write borrows them
    struct removal *removals;           // owned
    size_t removal_count;
};

struct op_item {
    enum outcome outcome;
    char *seg;  // what it was done to
    char *text; // why not, or what to know; "" nothing
};

struct io_reply {
    enum io_kind kind;
    uint64_t serial;
    struct seg_id id;
    int err; // READ, SEARCH: 0, or -errno with fault filled in
    struct fault fault;
    // READ
    uint64_t offset, size;  // size of the segment now
    uint8_t *bytes, *holes; // owned; holes NULL: the route cannot tell
    size_t len;
    bool attached;
    char route[160], side_effects[160];
    // SEARCH: at every slice of work; the last has done set
    bool done, found;
    uint64_t at, searched;
    // OP
    enum op_kind op;
    struct op_item *items;
    size_t item_count;
    struct seg_id created;
    uint8_t *old; // write: the bytes that were there
    size_t old_len;
    uint64_t old_offset;
};

// NULL is legal.
void io_request_free(struct io_request *req);
void io_reply_free(struct io_reply *reply);
void removals_free(struct removal *items, size_t count);

#endif
