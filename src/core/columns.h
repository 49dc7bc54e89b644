// columns.h - the columns of the segment table, for the screen, `list -o`, --sort and filters.
#ifndef CORE_COLUMNS_H
#define CORE_COLUMNS_H

#include "core/snapshot.h"

// X(ID, name of -o, heading, number, least width on the screen). From LABEL on: of the screen only.
#define COLUMN_LIST(X)                                                                             \
    X(ID, "id", "ID", false, 7)                                                                    \
    X(KIND, "kind", "KIND", false, 5)                                                              \
    X(KEY, "key", "KEY", false, 10)                                                                \
    X(NAME, "name", "NAME", false, 10)                                                             \
    X(SIZE, "size", "SIZE", true, 6)                                                               \
    X(RESIDENT, "resident", "RSS", true, 6)                                                        \
    X(SWAPPED, "swapped", "SWAP", true, 6)                                                         \
    X(MODE, "mode", "MODE", false, 4)                                                              \
    X(UID, "uid", "UID", true, 5)                                                                  \
    X(USER, "user", "USER", false, 8)                                                              \
    X(GID, "gid", "GID", true, 5)                                                                  \
    X(CREATOR, "creator", "CREATOR", false, 12)                                                    \
    X(LAST, "last", "LAST", false, 12)                                                             \
    X(NATTCH, "nattch", "NATTCH", true, 6)                                                         \
    X(HOLDERS, "holders", "HOLDERS", true, 7)                                                      \
    X(HIDDEN, "hidden", "HIDDEN", true, 6)                                                         \
    X(ATTACH, "attach", "ATTACH", true, 20)                                                        \
    X(DETACH, "detach", "DETACH", true, 20)                                                        \
    X(CHANGE, "change", "CHANGE", true, 20)                                                        \
    X(BIRTH, "birth", "BIRTH", true, 20)                                                           \
    X(FLAGS, "flags", "FLAGS", false, 8)                                                           \
    X(IPC_NS, "ipc-ns", "IPC-NS", true, 10)                                                        \
    X(MNT_NS, "mnt-ns", "MNT-NS", true, 10)                                                        \
    X(CONTAINER, "container", "CONTAINER", false, 12)                                              \
    X(ORIGIN, "origin", "ORIGIN", false, 8)                                                        \
    X(VERDICT, "verdict", "VERDICT", false, 9)                                                     \
    X(LABEL, "label", "NAME / KEY", false, 10) /* name, else key, else "private" */                \
    X(ATT, "att", "ATT", true, 3)              /* nattch, else mappings seen */                    \
    X(PERM, "perm", "PERM", false, 9)                                                              \
    X(AGE, "age", "AGE", true, 6)                                                                  \
    X(STATE, "state", "STATE", false, 8)                                                           \
    X(TREND, "trend", "TREND", true, 6)          /* what it had in memory; sorts by what it has */ \
    X(PLACE, "place", "NS/CONTAINER", false, 12) /* of foreign ones: container, else namespace */
enum column {
#define X(id, name, head, number, width) COL_##id,
    COLUMN_LIST(X)
#undef X
        COLUMN_COUNT
};

struct column_info {
    const char *name;
    const char *head;
    bool number;       // numbers and times: right-aligned; sorted largest first
    bool of_list;      // may be named in -o and --sort
    uint8_t min_width; // on the screen
};
const struct column_info *column_info(enum column col);
// What it shows, in a few words.
const char *column_help(enum column col);
// The column of -o / --sort with this name; COLUMN_COUNT if there is none.
enum column column_by_name(const char *name);

struct column_style {
    bool raw_bytes;  // sizes as plain numbers (list --bytes)
    uint64_t now_ns; // wall clock, for ages
};
// Writes the text of one cell, escaped for display, always terminated. A missing value is "-" when
// there is none and "?" when it could not be learned. Returns the reason. style NULL: no clock.
enum why column_text(const struct snapshot *snap, const struct segment *seg, enum column col,
                     const struct column_style *style, char *buf, size_t size);
// Order of two segments of one snapshot in a column. Natural is: numbers and times largest first,
// text ascending by bytes; `invert` turns that round. Missing ones come last in either direction,
// ties are decided by seg_id_compare. What is shown as several kinds of value sorts in groups:
// labels are names, then keys, then private and anonymous ones; users are names, then bare numbers.
int column_compare(const struct snapshot *snap, const struct segment *a, const struct segment *b,
                   enum column col, bool invert);

// What is counted rather than stored. Stores the number and returns WHY_KNOWN, or the reason.
// Processes seen holding the segment; a 0 is told only when somebody was looked at, or when nattch
// is 0.
enum why column_holders(const struct snapshot *snap, const struct segment *seg, uint64_t *out);
// nattch for System V, for the rest the mappings seen.
enum why column_attached(const struct snapshot *snap, const struct segment *seg, uint64_t *out);
// The same, but that nobody is seen is not known where not everybody could be seen.
enum why column_att(const struct snapshot *snap, const struct segment *seg, uint64_t *out);
// The latest of creation, change, attach and detach, from which the age counts.
enum why column_latest(const struct segment *seg, uint64_t *out);
// The word of COL_STATE (static storage): what the kernel says of it, else its verdict.
const char *column_state(const struct segment *seg);

#endif
