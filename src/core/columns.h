// columns.h - the columns of the segment table, for the screen, `list -o`, --sort and filters.
#ifndef CORE_COLUMNS_H
#define CORE_COLUMNS_H

#include "core/snapshot.h"

// X(ID, name of -o, heading)
#define COLUMN_LIST(X)                                                                             \
    X(ID, "id", "ID")                                                                              \
    X(KIND, "kind", "KIND")                                                                        \
    X(KEY, "key", "KEY")                                                                           \
    X(NAME, "name", "NAME")                                                                        \
    X(SIZE, "size", "SIZE")                                                                        \
    X(RESIDENT, "resident", "RSS")                                                                 \
    X(SWAPPED, "swapped", "SWAP")                                                                  \
    X(MODE, "mode", "MODE")                                                                        \
    X(UID, "uid", "UID")                                                                           \
    X(USER, "user", "USER")                                                                        \
    X(GID, "gid", "GID")                                                                           \
    X(CREATOR, "creator", "CREATOR")                                                               \
    X(LAST, "last", "LAST")                                                                        \
    X(NATTCH, "nattch", "NATTCH")                                                                  \
    X(HOLDERS, "holders", "HOLDERS")                                                               \
    X(HIDDEN, "hidden", "HIDDEN")                                                                  \
    X(ATTACH, "attach", "ATTACH")                                                                  \
    X(DETACH, "detach", "DETACH")                                                                  \
    X(CHANGE, "change", "CHANGE")                                                                  \
    X(BIRTH, "birth", "BIRTH")                                                                     \
    X(FLAGS, "flags", "FLAGS")                                                                     \
    X(IPC_NS, "ipc-ns", "IPC-NS")                                                                  \
    X(MNT_NS, "mnt-ns", "MNT-NS")                                                                  \
    X(CONTAINER, "container", "CONTAINER")                                                         \
    X(ORIGIN, "origin", "ORIGIN")                                                                  \
    X(VERDICT, "verdict", "VERDICT")                                                               \
    /* of the screen only: */                                                                      \
    X(LABEL, "label", "NAME / KEY") /* name, else key, else "private" */                           \
    X(ATT, "att", "ATT")            /* nattch, else mappings seen */                               \
    X(PERM, "perm", "PERM")                                                                        \
    X(AGE, "age", "AGE")                                                                           \
    X(STATE, "state", "STATE")
enum column {
#define X(id, name, head) COL_##id,
    COLUMN_LIST(X)
#undef X
    COLUMN_COUNT
};

struct column_info {
    const char *name;
    const char *head;
    bool number;      // right-aligned; sorted largest first
    bool of_list;     // may be named in -o and --sort
    uint8_t min_width; // on the screen
};
const struct column_info *column_info(enum column col);
// The column of -o / --sort with this name; COLUMN_COUNT if there is none.
enum column column_by_name(const char *name);

struct column_style {
    bool raw_bytes;   // sizes as plain numbers (list --bytes)
    uint64_t now_ns;  // for ages
};
// Writes the text of one cell, escaped for display, always terminated. A missing value is "-" when
// there is none and "?" when it could not be learned. Returns the reason.
enum why column_text(const struct snapshot *snap, const struct segment *seg, enum column col,
                     const struct column_style *style, char *buf, size_t size);
// Order of two segments in a column: numbers ascending, text by bytes, missing ones last in either
// direction, ties by seg_format order. `invert` turns the column's natural direction round (natural:
// numbers and times largest first, text ascending).
int column_compare(const struct snapshot *snap, const struct segment *a, const struct segment *b,
                   enum column col, bool invert);

#endif
