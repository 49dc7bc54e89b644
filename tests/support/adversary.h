// adversary.h - another process that replaces or attaches a segment in the moment it is told to.
#ifndef TESTS_SUPPORT_ADVERSARY_H
#define TESTS_SUPPORT_ADVERSARY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { ADVERSARY_SIZE = 4096 };

enum adversary_move {
    ADVERSARY_MAKE,      // makes the first object or segment, and holds nothing
    ADVERSARY_UNLINK,    // takes its name away
    ADVERSARY_TWIN,      // unlinks, and makes another of the same name
    ADVERSARY_RENAME,    // renames another one over it
    ADVERSARY_LINK,      // unlinks, and makes a symbolic link
    ADVERSARY_FOLDER,    // unlinks, and makes a directory
    ADVERSARY_OPEN,      // opens it by name and keeps it open
    ADVERSARY_MAP,       // maps it by name
    ADVERSARY_SNEAK,     // maps it by a descriptor taken before, whatever its name is
    ADVERSARY_WRITE,     // writes into it and lets it go
    ADVERSARY_REMOVE_ID, // System V: IPC_RMID
    ADVERSARY_TWIN_ID,   // System V: removes it, makes another with the same shmid and key
    ADVERSARY_ATTACH,    // System V: attaches it
    ADVERSARY_TOUCH,     // System V: attaches it and lets it go
    ADVERSARY_LET_GO     // of all that is held, and of what it made
};

// Shared with it. What it made and holds; 0 or -1: nothing.
struct adversary {
    pid_t pid;
    int down, up;
    struct adversary_state {
        char path[64];    // of the object
        int key, shmid;   // of the segment; shmid -1: none
        uint64_t made;    // inode of what it made last, or shmid
        uint64_t holds;   // inode of what it holds open or mapped, or shmid + 1
        uint64_t written; // bytes read back from what it holds at the last ADVERSARY_LET_GO: all
                          // its mark, else 0
        int err;          // errno of the last move, 0 it went well
    } * state;
};

// Starts it; it ends with the test program. Asserts.
void adversary_start(struct adversary *a, const char *path, int key);
// Has it make a move and waits for the end of it. The errno, 0 when it went well.
int adversary_do(struct adversary *a, enum adversary_move move);
void adversary_end(struct adversary *a);
// False when shm_next_id cannot be written here, so that no twin of a shmid can be made.
bool adversary_can_choose_ids(void);

#endif
