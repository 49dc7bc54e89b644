// io_msg.h - the messages between the loop and the I/O thread: plain data, owned by who holds it.
#ifndef APP_IO_MSG_H
#define APP_IO_MSG_H

#include "app/restoring.h"
#include "core/fault.h"
#include "core/hexview.h"
#include "core/pattern.h"
#include "core/snapshot.h"
#include "probes/ops.h"

enum io_kind {
    IO_READ,    // bytes for the screen; a newer one takes the place of one that still waits
    IO_SEARCH,  // find bytes; a newer one or IO_STOP ends it
    IO_STOP,    // no search and no save any more
    IO_FETCH,   // a range whole
    IO_SAVE,    // a range into a new file; IO_STOP ends it and the file goes
    IO_CAPTURE, // keep a range as it is now, to compare with; one at a time
    IO_LOOK,    // the bytes of several places as they are now, to hold edits against
    IO_SURVEY,  // one step of finding where there is something and where bytes change
    IO_CLOSE,   // nothing is looked at any more: lets go of an attached reader
    IO_FILE,    // bytes into a new file
    IO_OP,      // change something
    IO_RESTORE, // bring back or free what was removed
    IO_KEPT,    // free what has been in quarantine long enough, and list the rest
    IO_SIGNAL   // signal processes
};

// What is wanted of all segments of a removal. Strings are owned.
struct removal_plan {
    bool dry; // only tell what would come of it
    bool now; // free objects at once
    uint64_t keep_ns;
    char *save; // directory for copies, made when it is not there; NULL none
};

// What a new segment is filled with: these bytes over and over. len 0: nothing, it stays sparse.
struct fill {
    uint8_t bytes[64];
    size_t len;
};

// A process to be signalled.
struct signal_target {
    struct proc_id id;
    char *name; // for messages, owned
};

// One segment of a removal: what it was when the user saw it. Strings are owned.
struct removal {
    struct seg_id id;
    char *seg;
    u64v expected_key, expected_change, expected_last;
    uint32_t holders_seen;
    bool force;
};

// A read whose equal rows are folded away: how many lines there are to fill. width 0: not folded.
struct fold_wish {
    unsigned width;
    size_t lines;
    uint64_t *keep; // rows never folded away, ascending; owned
    size_t keep_count;
};

// What bytes are compared with.
struct compare_with {
    enum { COMPARE_NONE, COMPARE_CAPTURE, COMPARE_SEGMENT } with;
    struct seg_id id; // of the other segment
};

// What one cell of the page map stands for, in bytes; the rest was never written.
struct page_cell {
    uint64_t size, resident, swapped;
    bool known;
};

struct changed_range {
    uint64_t offset, len;
};

// A place whose bytes are looked at or written, and what came of it. Arrays are owned, of len
// bytes.
struct edit_span {
    uint64_t offset;
    size_t len;
    uint8_t *bytes;  // WRITE: to be written
    uint8_t *expect; // WRITE: what must stand there; NULL: whatever does
    uint8_t *old;    // reply: what stands there (LOOK) or stood (WRITE); NULL: it could not be seen
    bool one_step;   // reply, WRITE: nobody can have seen a part of it
};

struct io_request {
    enum io_kind kind;
    uint64_t serial;             // comes back in the reply
    const struct snapshot *snap; // counted; tells the holders of the segment
    struct seg_id id;
    bool may_attach;             // the user said that attaching is all right
    bool may_load;               // and that swapped pages may come back into memory
    uint64_t offset;             // READ: first byte; SEARCH: where to begin
    size_t len;                  // READ: bytes wanted, when not folded
    struct fold_wish fold;       // READ
    struct compare_with compare; // READ; SEARCH without a pattern: find what differs
    char *path;                  // SAVE, FILE, owned; create: the file with its content, NULL none
    char *text;                  // FILE, owned: what to write, len bytes
    char *owner;                 // OP_SET: USER or USER:GROUP, owned; NULL: as it is
    struct pattern *pattern;     // SEARCH, owned
    bool backwards;
    size_t cells; // SURVEY: of the page map
    bool anew;    // SURVEY: what was seen before is too old to compare with
    enum op_kind op;
    struct op_request *create_or_write; // owned; WRITE: what it says of the segment
    struct fill fill;                   // create
    struct edit_span *spans;            // LOOK, WRITE: owned
    size_t span_count;
    struct removal *removals; // owned
    size_t removal_count;
    struct removal_plan plan;
    char **words; // RESTORE: items and copies, owned
    size_t word_count;
    bool drop;                     // RESTORE: free them
    bool expire;                   // KEPT: free what is over; else only list
    struct signal_target *targets; // SIGNAL, owned
    size_t target_count;
    int signal;
};

struct op_item {
    enum outcome outcome;
    char *seg;  // what it was done to
    char *text; // why not, or what to know; "" nothing
    char *kept; // removed: the item or copy that restore takes; NULL nothing is kept
};

struct io_reply {
    enum io_kind kind;
    uint64_t serial;
    struct seg_id id;
    int err; // READ, SEARCH: 0, or -errno with fault filled in
    struct fault fault;
    // READ
    uint64_t offset, size;  // size of the segment now
    uint64_t end;           // where looking ended: what is folded away stands before it
    uint8_t *bytes, *marks; // owned; marks NULL: all of it was read (enum byte_mark)
    size_t len;
    struct hexpart *parts; // owned
    size_t part_count;
    uint8_t *other, *other_marks; // owned; the same places of what is compared, NULL: nothing
    char other_problem[200];      // why not
    bool attached;
    bool has_above; // READ folded: the row that stands above the first
    uint64_t above;
    char route[160], side_effects[160];
    // SEARCH: at every slice of work; the last has done set
    bool done, found;
    uint64_t at, searched;
    size_t match;     // length of what was found
    uint64_t skipped; // not looked at, because that would have left a trace
    // SURVEY
    struct page_cell *cells; // owned, the map as far as it is known
    size_t cell_count;
    struct changed_range *ranges; // owned; where bytes changed since the step before
    size_t range_count;
    bool sweeping;               // the whole segment is looked at for changes, not the screen alone
    uint64_t swept, sweep_total; // of this round, in bytes
    uint64_t round_ns;           // how long the last whole round took; 0: none yet
    // OP
    enum op_kind op;
    struct op_item *items;
    size_t item_count;
    struct seg_id created;
    struct edit_span *spans; // LOOK; WRITE: items[i] tells what came of spans[i]; owned
    size_t span_count;
    bool dry;              // REMOVE: nothing was done
    bool drop;             // RESTORE
    int signal;            // SIGNAL
    struct kept_list kept; // KEPT; owned
};

// NULL is legal.
void io_request_free(struct io_request *req);
void io_reply_free(struct io_reply *reply);
void removals_free(struct removal *items, size_t count);
void words_free(char **words, size_t count);
void targets_free(struct signal_target *targets, size_t count);
void edit_spans_free(struct edit_span *spans, size_t count);

#endif
