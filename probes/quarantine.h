// quarantine.h - the directory in a tmpfs where objects are put aside, to be brought back or freed.
//
// It is private to one user and at the top of the very tmpfs that its objects are of, so that an
// object goes there and comes back by rename(2): its bytes, mode, owner and times stay as they are.
// Nobody but that user can open or replace what is in it. src/core/qitem.h tells how items are
// named.
#ifndef PROBES_QUARANTINE_H
#define PROBES_QUARANTINE_H

#include "core/qitem.h"
#include "probes/root.h"

// An open quarantine directory; dir -1: none. To be closed with quarantine_close.
struct quarantine {
    int dir;
    char name[48]; // below the top
};

// Opens the quarantine of the ROOT_SHM of `root`; with `make` it is made when there is none. What
// stands in its place and is not a private directory of our own is left alone, and another name is
// chosen. 0; -ENOENT (none, without make); -ENOSPC, -EDQUOT (no inode is left); or another -errno.
int quarantine_open(const struct root *root, bool make, struct quarantine *out);
void quarantine_close(struct quarantine *q);
// True when the name at the top can be that of a quarantine of our user; for root also of one that
// it made as the owner of a tmpfs that does not know it (lend.h).
bool quarantine_is_own(const struct root *root, const char *name);
// Opens a name at the top (the descriptor `top`) if it is a private directory of that user on the
// same tmpfs. 0; -ENOENT; -EXDEV: something else stands there; or another -errno.
int quarantine_open_named(const struct root *root, int top, const char *name, uint32_t uid,
                          struct quarantine *out);
// Takes the directory away when nothing is left in it; one that is not empty stays.
void quarantine_tidy(const struct root *root, const struct quarantine *q);
// True when the directory was taken away by another shmtop since it was opened.
bool quarantine_is_gone(const struct quarantine *q);
// Keeps other shmtops of our user from acting in it until it is closed. Waits for them when `wait`;
// else -EWOULDBLOCK when one is there. 0 or -errno.
int quarantine_lock(const struct quarantine *q, bool wait);

// Writes the note beside an item that is to come. 0, -EEXIST (there is one), -ENOSPC,
// -ENAMETOOLONG, or another -errno.
int quarantine_note(const struct quarantine *q, const char *name, const struct qnote *note);
void quarantine_drop_note(const struct quarantine *q, const char *name);
// What the note beside an item says. 0; -ENOENT: there is none; -EINVAL: it is damaged; or -errno.
int quarantine_read_note(const struct quarantine *q, const char *name, struct qnote *out);

// One item as it lies there.
struct quarantined {
    struct qitem item; // of what is there
    bool misnamed; // its name tells of another one: it came instead of that, and nobody meant it
    const struct quarantine *where; // of the visit
    const char *name;               // in it; of a stray: at the top of the tmpfs
    bool stray;                     // put aside at the top, for want of an inode
    struct root_stat st;
    int note_err;      // of the note: 0, -ENOENT, -EINVAL
    struct qnote note; // when note_err is 0
};
// Calls visit for every item of our user in this tmpfs until it returns nonzero (returned). A stray
// is only what has the inode that its name tells; what lies in the directory, which is private, is
// an item in any case. 0, the visitor's value, or -errno.
int quarantine_list(const struct root *root,
                    int (*visit)(void *arg, const struct quarantined *item), void *arg);

// Calls visit for the one item. What it returned (0 or below), -ENOENT: there is no such item, or
// another -errno.
int quarantine_find(const struct root *root, const struct qitem *item,
                    int (*visit)(void *arg, const struct quarantined *item), void *arg);

// When an item may be freed, as wall time in ns. Without a note: after QUARANTINE_TIME_NS. A clock
// that was set forward meanwhile frees nothing early; one that was set back frees late. UINT64_MAX:
// never by itself, for what nobody meant to remove.
uint64_t quarantine_until_ns(const struct quarantined *item);
// Seconds since boot, suspended ones too.
uint64_t quarantine_boot_s(void);
// Whether anybody else has an object of a quarantine open or mapped, in any process or namespace.
// `name` is in the directory `dir`; *certain tells whether everybody was seen. 0 or -errno.
int quarantine_ask_held(const struct root *root, int dir, const char *name, bool *held,
                        bool *certain);
// Frees an item: its name goes, and its memory with it. 0, -ESTALE, or another -errno.
int quarantine_free(const struct root *root, const struct quarantined *item);
// Brings an item back to where its note says it was, or to `path` ("/name"; NULL: the note). A
// folder that has gone is made again. 0; -EEXIST: the name is taken; -EINVAL: not known where to;
// or another -errno.
int quarantine_restore(const struct root *root, const struct quarantined *item, const char *path);

// What a round of expiry came to.
struct quarantine_expiry {
    uint32_t freed, held, failed;
    uint64_t bytes; // freed
    // Told of each that was freed, NULL: nobody. point: where its tmpfs is mounted, NULL: /dev/shm.
    void (*on_freed)(void *arg, const struct quarantined *item, const char *point);
    void *arg;
};
// Frees every item whose time is over by wall_ns and that nobody holds: what is held keeps its
// memory either way, so it stays to be brought back. Root frees those of other users too, who may
// never come again. Adds to *out. 0 or -errno (no quarantine: 0).
int quarantine_expire(const struct root *root, uint64_t wall_ns, struct quarantine_expiry *out);
// The same for every tmpfs and hugetlbfs of our mount namespace.
int quarantine_expire_all(const struct root *root, uint64_t wall_ns, struct quarantine_expiry *out);

#endif
