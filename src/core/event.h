// event.h - what happened to segments between two pictures, and what was seen in between.
//
// Events come from the difference of two snapshots, completed by what the kernel told of names in
// /dev/shm meanwhile: who made or removed one, and objects that lived between two looks.
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/snapshot.h"

// X(ID, word, sign)
#define EVENT_KIND_LIST(X)                                                                         \
    X(CREATED, "created", '+')                                                                     \
    X(SEEN, "first seen", '+') /* how old it is could not be learned */                            \
    X(REMOVED, "removed", '-')                                                                     \
    X(UNLINKED, "unlinked", '-') /* the name went, the memory is still held */                     \
    X(MARKED, "marked", '-')     /* System V: vanishes at the last detach */                       \
    X(ATTACH, "attach", '>')                                                                       \
    X(DETACH, "detach", '<')                                                                       \
    X(RESIZED, "resized", '~')                                                                     \
    X(RENAMED, "renamed", '~')                                                                     \
    X(MODE, "mode", '~')                                                                           \
    X(OWNER, "owner", '~')                                                                         \
    X(LIMIT, "limit", '!')                                                                         \
    X(LOST, "lost", '!') /* the kernel could not keep up telling names */
enum event_kind {
#define X(id, word, sign) EVENT_##id,
    EVENT_KIND_LIST(X)
#undef X
        EVENT_KIND_COUNT
};
// Bytes of a label that stay the same in names made by counting or at random.
size_t event_stem(const char *label);
const char *event_word(enum event_kind kind); // static storage
char event_sign(enum event_kind kind);

// Plain data that lives on its own; strings are escaped.
struct event {
    uint64_t serial; // set by the log, counts up from 1
    enum event_kind kind;
    uint64_t wall_ns;
    bool has_id; // id is known: of an object that lived between two looks it is not
    struct seg_id id;
    char *seg;         // SEG, owned; NULL: of no segment
    char *label;       // name or key as the table shows it, owned; never NULL
    u64v size;         // bytes
    u64v uid;          // of its owner
    char user[32];     // his name, "" unknown
    pid_t pid;         // who did it, 0 not known
    char comm[32];     // name of that process, "" not known
    char detail[96];   // "384.0M -> 512.0M", "lived 1m02s"; "" nothing to add
    uint64_t fold_key; // alike for events that may be folded into one line
};

struct events {
    struct event *items; // owned
    size_t count;
};
void events_done(struct events *e);

// A name in our /dev/shm as the kernel told of it, in the order it happened.
struct name_note {
    bool created, deleted; // both: one after the other, told as one
    char *name;            // below /dev/shm with its slash, raw bytes, owned
    size_t len;
    pid_t pid;     // 0 not told
    char comm[16]; // of that process, looked up while it lived; "" not known
    bool carried;  // already stood over from the look before
};
struct name_notes {
    struct name_note *items; // owned
    size_t count, capacity;
    bool lost; // the kernel dropped some
};
// Takes the strings along. 0 or -ENOMEM.
int name_notes_add(struct name_notes *n, const struct name_note *note);
void name_notes_done(struct name_notes *n);

// How names in /dev/shm come to be known between two looks.
enum name_source {
    NAMES_SAMPLED,  // not at all: a captured root, or the kernel has no way
    NAMES_TOLD,     // the kernel tells names of /dev/shm and of the directories directly in it
    NAMES_WITH_PID, // all names, and who did it
};

// What is remembered from one look to the next; zeroed is the start.
struct event_maker {
    const struct snapshot *before; // counted
    struct name_notes notes;       // that told of nothing yet
    uint8_t line[4];               // of each watched limit, the highest line it is over
    bool lines_known;
};
void event_maker_done(struct event_maker *m);
// Begins anew: what the next picture holds is no event (another set of namespaces is looked at).
void event_maker_reset(struct event_maker *m);
// The events that led to this picture, in the order of time; the notes are taken and emptied. 0 or
// -ENOMEM: then nothing is told of this picture. *out is owned by the caller on success.
int events_make(struct event_maker *m, const struct snapshot *after, struct name_notes *notes,
                struct events *out);

#endif
