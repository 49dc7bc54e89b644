// proclist.h - the lines of the process list: who holds shared memory, and below each its segments.
//
// Everything is bound to proc_id. A process that vanishes, or lets go of its last segment, stays
// for 3 s as it was last seen. Made anew with each snapshot, not with each frame.
#ifndef CORE_PROCLIST_H
#define CORE_PROCLIST_H

#include "core/pick.h"
#include "core/procfacts.h"

// X(ID, heading, number). Numbers sort largest first, text ascending.
#define PROC_COLUMN_LIST(X)                                                                        \
    X(PID, "PID", false)                                                                           \
    X(USER, "USER", false)                                                                         \
    X(SEGS, "SEGS", true)                                                                          \
    X(SHARED, "SHARED", true)                                                                      \
    X(RSS, "RSS", true)                                                                            \
    X(ONLY_ME, "ONLY-ME", true)                                                                    \
    X(WRITE, "WRITE", false)                                                                       \
    X(TREND, "TREND", false)                                                                       \
    X(CONTAINER, "CONTAINER", false)                                                               \
    X(COMMAND, "COMMAND", false)
enum proc_column {
#define X(id, head, number) PCOL_##id,
    PROC_COLUMN_LIST(X)
#undef X
        PCOL_COUNT
};
const char *proc_column_head(enum proc_column col); // static storage
bool proc_column_number(enum proc_column col);

enum proc_mark { PROC_THERE, PROC_GONE, PROC_LEFT }; // LEFT: it lives and holds nothing any more

struct proc_item {
    struct proc_id id;
    const struct process *proc;  // in snap
    const struct snapshot *snap; // counted for what is not there any more, else borrowed
    struct proc_facts facts;
    enum proc_mark mark;
    uint64_t since_ns; // monotonic time of vanishing
    bool open;         // its segments stand below it
};

// A line: a process, or (`held` not PROC_LINE_SELF) one of its segments.
enum { PROC_LINE_SELF = -1 };
struct proc_line {
    uint32_t item;
    int32_t held; // index below proc->held_count
};

struct proclist {
    struct proc_item *items; // in the order of the list, those the filter hides left out
    size_t count;
    struct proc_line *lines;
    size_t line_count;
    size_t selected, top, height; // lines
    size_t hidden;                // processes the filter hides
    bool containers;              // there are several, or one beside the host
    enum proc_column sort;
    bool invert, follow;
    bool tree; // segments stand below every process that was not folded
    struct proclist_state *state;
};

// Owned by the caller. Sorted by what is shared, follow on. 0 or -ENOMEM.
int proclist_init(struct proclist *l);
void proclist_done(struct proclist *l); // a zeroed one is legal
// Takes in a new snapshot (counted until the next), or the same one again to let marks end. 0 or
// -ENOMEM, as all that returns int here.
int proclist_update(struct proclist *l, const struct snapshot *snap, uint64_t mono_ns);
// Lets go of the snapshot and of all lines until the next update; what is selected is forgotten.
void proclist_rest(struct proclist *l);
int proclist_sort(struct proclist *l, enum proc_column col, bool invert);
int proclist_filter(struct proclist *l, const struct pick *filter); // borrowed until replaced
void proclist_height(struct proclist *l, size_t height);
void proclist_move(struct proclist *l, long delta);
void proclist_select(struct proclist *l, size_t line);
// Opens or folds every process, forgetting what single ones were.
int proclist_tree(struct proclist *l, bool open);
// Opens or folds the process of the selected line. Folded, the process itself is selected.
int proclist_fold(struct proclist *l, bool open);
// The process of a line, NULL when there is none; its segment, NULL for the process itself.
const struct proc_item *proclist_item(const struct proclist *l, size_t line);
const struct holding *proclist_holding(const struct proclist *l, size_t line);
// The next line of a process (from `from`, excluded, in direction dir, wrapping) with text in its
// command, user or pid. False: none. *nth and *total give "1 of 3".
bool proclist_search(const struct proclist *l, const char *text, size_t from, int dir,
                     size_t *index, size_t *nth, size_t *total);
// Time (monotonic ns) at which a mark ends, 0: none pending.
uint64_t proclist_deadline(const struct proclist *l);

// Command line, or the name where there is none, escaped. "?" when neither is known.
void proc_command(const struct process *proc, char *buf, size_t size);

#endif
