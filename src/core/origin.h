// origin.h - which software a segment comes from, and where that software says who owns it.
//
// A table of rows, those of the user before the built-in ones. A row recognises a segment by its
// name, or (System V) by its facts, and tells where the pid of the owner stands, whether a lock
// proves life, whether it is kept on purpose, and which files belong together.
//
// Patterns match a whole name below /dev/shm, without the leading slash:
//     {pid}    a process id: decimal, no leading zero; up to three in a name
//     {hexpid} the same in lower-case hex digits
//     {uid}    a user id         {n}  a decimal number
//     {hex}    hex digits        {hex:8}  exactly eight
//     {rand:6} six of A-Z a-z 0-9 _       {any}  one or more bytes other than '/'
//     *        any bytes other than '/', or none      **  any bytes at all
//     (a|b|)   one of these texts
//     [...]    the stem: files in one directory whose stems are equal form a group
//     \        takes the meaning from the byte that follows
#ifndef CORE_ORIGIN_H
#define CORE_ORIGIN_H

#include "core/snapshot.h"

enum origin_keep {
    ORIGIN_FREE,       // may go when nobody uses it
    ORIGIN_KEEP,       // always kept on purpose
    ORIGIN_KEEP_WHILE, // kept while one of the programs `programs` runs
};
// What a lock says: whoever holds one on the object, or on a file of its group, lives.
enum origin_lock { ORIGIN_LOCK_NONE, ORIGIN_LOCK_SELF, ORIGIN_LOCK_GROUP };

// Where content tells the owner's pid: 32 bits each, in the byte order of this machine.
struct origin_marker {
    uint32_t magic; // 0: content tells nothing
    bool from_end;  // offsets count back from the end of the object
    uint16_t magic_at, pid_at;
};

// Facts that recognise a System V segment; what is 0 or NULL is not asked.
struct origin_sysv {
    bool asked;
    bool private_key, public_key; // key 0, key other than 0
    uint32_t mode;                // these permissions, or 0
    uint32_t least_size;
    const char *user;     // name of its owner
    const char *creator;  // programs, one of which made it and still runs: "a|b"
    const char *last;     // the same for its last user
    bool needs_marker;    // only with the magic of the marker in its content
    bool last_is_a_guest; // the last user borrows it: its life proves nothing
};

struct origin {
    const char *software;
    const char *pattern; // NULL: not by name
    bool memfd;          // the pattern is that of a memfd's name
    enum origin_keep keep;
    enum origin_lock lock;
    const char *programs; // "a|b": comm of the programs of ORIGIN_KEEP_WHILE
    struct origin_marker marker;
    struct origin_sysv sysv;
};

extern const struct origin origin_table[]; // the built-in rows
extern const size_t origin_table_count;

// Rows of a user and the built-in ones. Counted, never changed once made.
struct origins;
// Reads rows of a user, one a line: "PATTERN SOFTWARE [; keep] [; while PROGRAM[|PROGRAM...]]
// [; lock]", '#' begins a comment. 0, -ENOMEM, or -EINVAL with "line 3: ..." (escaped) in why.
int origins_parse(const char *text, size_t len, struct origins **out, char *why, size_t why_size);
// The built-in rows alone. 0 or -ENOMEM.
int origins_builtin(struct origins **out);
const struct origins *origins_ref(const struct origins *o);
void origins_unref(const struct origins *o); // NULL is legal
// Row `number`, which counts from 1; 0 gives NULL.
const struct origin *origins_row(const struct origins *o, unsigned number);
// True when some row is kept while a program with this comm runs.
bool origins_keep_for(const struct origins *o, strv comm);

enum { ORIGIN_PIDS = 3 };
// What a name gave.
struct origin_match {
    unsigned number; // of the row, 0: not recognised
    uint32_t pids[ORIGIN_PIDS];
    unsigned pid_count;
    uint32_t stem_from, stem_len; // in the name as in segment.name; len 0: no group
};
// Recognises a segment of a snapshot that is being frozen (its users and processes are asked), or
// of any other.
void origins_find(const struct origins *o, const struct snapshot *snap, const struct segment *seg,
                  struct origin_match *out);
// The row whose marker is to be looked for in the content; 0: none.
unsigned origins_marker_row(const struct origins *o, const struct snapshot *snap,
                            const struct segment *seg);

// The row of a segment, NULL: not recognised; judged at freeze.
const struct origin *origin_of(const struct snapshot *snap, const struct segment *seg);
// What it was recognised by, in one clause: "its name is psm_ and 8 hex digits". Returns buf.
const char *origin_because(const struct snapshot *snap, const struct segment *seg, char *buf,
                           size_t size);
// Pids of the owners that name and content tell; at most ORIGIN_PIDS + 1. Returns how many.
size_t origin_owners(const struct snapshot *snap, const struct segment *seg,
                     uint32_t pids[ORIGIN_PIDS + 1], bool from_content[ORIGIN_PIDS + 1]);

// True when one pattern matches a whole name.
bool origin_pattern_matches(const char *pattern, const char *name, size_t len,
                            struct origin_match *out);

#endif
