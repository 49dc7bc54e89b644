// truth.h - a world of shared memory of which everything is known, to hold pictures against.
//
// Made from a seed: objects of every kind in three IPC and mount namespaces, processes that hold
// them in every way and stay, and others that come and go meanwhile. For private namespaces.
#ifndef TESTS_SUPPORT_TRUTH_H
#define TESTS_SUPPORT_TRUTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/model.h"

#define TRUTH_WORKER "truth-churn" // what workers are called

enum {
    TRUTH_REALMS = 3,
    TRUTH_HOLDERS = 6, // of each realm; the last one leaves its IPC namespace where told to
    TRUTH_OBJECTS = 80,
    TRUTH_HOLDS = 4, // of each object at most
    TRUTH_TIMES = 3, // of each of these at most
    TRUTH_CHURN = 2, // workers of each realm
    TRUTH_PAGE = 4096,
    TRUTH_HUGE = 8, // objects of each realm that lie in huge pages where wanted, which takes
    TRUTH_HUGE_PAGES = TRUTH_REALMS * TRUTH_HUGE * 3,
    TRUTH_CHURN_SIZE = 7 * TRUTH_PAGE - 13, // of all that the workers make
    // What is in flight in each realm, in bytes: a memfd, and a file of its /dev/shm.
    TRUTH_FLIGHT_MEMFD = 5 * TRUTH_PAGE,
    TRUTH_FLIGHT_FILE = 3 * TRUTH_PAGE,
};

// How a process holds an object. Not every way goes with every kind.
enum truth_how {
    HOW_RW,      // mapped
    HOW_RO,      // mapped to read
    HOW_SPLIT,   // mapped, with the middle page only to be read: three mappings
    HOW_NONE,    // mapped PROT_NONE
    HOW_PRIVATE, // mapped MAP_PRIVATE
    HOW_FD_R,    // a descriptor alone
    HOW_FD_W,
    HOW_FD_RW,
    HOW_PATH,   // O_PATH
    HOW_LOCK,   // a descriptor and a lock of flock(2)
    HOW_RECORD, // a descriptor and a lock of a range of bytes
    HOW_OFD,    // the same, but of the open file: it names no process
};

struct truth_hold {
    uint8_t holder; // of the object's realm
    uint8_t how;    // enum truth_how
    uint8_t times;
};

struct truth_object {
    enum seg_kind kind;
    uint8_t realm;
    bool unlinked; // a file without a name left
    bool second;   // a file with a second name, "NAME.2"
    bool busy;     // the workers hold it too, now and then
    bool huge;     // its pages are huge ones
    bool visited;  // somebody came after its holders and went again: System V
    uint32_t key;  // of System V; 0: none
    uint32_t pages, touched;
    char name[96]; // path below /dev/shm or of the file system, or the name of a memfd
    struct truth_hold holds[TRUTH_HOLDS];
    size_t hold_count;
    uint64_t dev, ino; // ino: shmid of System V
};

// Something that a process attaches and detaches for ever. `phase` counts up: even is settled (0
// mod 4 not held, 2 mod 4 held), odd is on the way.
struct truth_toggle {
    pid_t pid;
    uint64_t dev, ino; // a file of the realm's /dev/shm
    uint64_t shmid;    // mapped and attached, in this order
};

struct truth {
    uint32_t seed;
    bool leavers;   // one holder of each realm leaves its IPC namespace
    bool huge;      // some objects lie in huge pages
    bool in_flight; // there are descriptors that no process has; truth_plan says no
    size_t object_count;
    struct truth_object objects[TRUTH_REALMS * TRUTH_OBJECTS];
    pid_t hosts[TRUTH_REALMS];
    pid_t holders[TRUTH_REALMS][TRUTH_HOLDERS];
    struct truth_toggle toggles[TRUTH_REALMS];
    uint64_t ipc_ns[TRUTH_REALMS], mnt_ns[TRUTH_REALMS];
    int to_host[TRUTH_REALMS]; // pipes; closing them ends everything
    struct truth_control *control;
    uint64_t control_ino; // itself anonymous shared memory, mapped by all processes of the world
};

// What the processes share with the test.
struct truth_control {
    atomic_bool paused; // workers and togglers do nothing
    atomic_uint busy;   // how many of them have not noticed yet
    atomic_uint phase[TRUTH_REALMS];
    atomic_uint done; // things the workers have done
    atomic_int group; // process group of all that moves
};

// Fills in what is to be, from the seed alone.
void truth_plan(struct truth *t, uint32_t seed, bool leavers, bool huge);
// Makes it so, with workers if wanted. Asserts. truth_end is due.
void truth_make(struct truth *t, bool churn);
void truth_end(struct truth *t); // ends all processes of the world and removes what is ours
// Lets the workers stop and waits until they hold nothing (false: they do not); lets them go on.
bool truth_pause(struct truth *t);
void truth_resume(struct truth *t);
// Stops all that moves in the middle of whatever it does, and waits until nothing moves (false: it
// does not); lets it go on.
bool truth_freeze(struct truth *t);
void truth_thaw(struct truth *t);

// For the files that make the world: the next number of a sequence; what a worker and a toggler do
// (neither returns).
uint32_t truth_random(uint32_t *state, uint32_t below);
_Noreturn void truth_work(const struct truth *t, unsigned realm, unsigned worker);
_Noreturn void truth_toggle(const struct truth *t, unsigned realm, int shmid);

uint64_t truth_page(const struct truth_object *o); // bytes of one of its pages
uint64_t truth_size(const struct truth_object *o);
uint64_t truth_resident(const struct truth_object *o);
bool truth_is_file(enum seg_kind kind); // it has, or had, a path

// What a holder is to show for an object. False: this process does not hold it.
struct truth_share {
    uint32_t mappings, fds, locks;
    uint8_t access;
    bool is_private;
    uint64_t mapped_bytes;
};
bool truth_share(const struct truth *t, const struct truth_object *o, pid_t pid,
                 struct truth_share *out);
pid_t truth_holder(const struct truth *t, const struct truth_object *o, size_t hold);
// Its SEG as `list` prints it; of what has two names, `second`: that by the other one.
void truth_seg(const struct truth *t, const struct truth_object *o, bool second, char *buf,
               size_t size);

// What is seen of a segment and of its holders, whoever tells it.
struct sight_holder {
    pid_t pid;
    char comm[16];  // cut
    bool is_worker; // or what a worker has become by exec
    struct truth_share share;
};
struct sight {
    char id[512];
    enum seg_kind kind;
    char name[96]; // escaped, cut; empty: none
    u64v size, resident, nattch, hidden, ipc_ns, mnt_ns;
    bool unlinked, left_namespace, huge;
    u64v unseen_lock; // 1: somebody who is not named has locked it; the JSON does not tell
    size_t names;     // 0: it has one or none
    struct sight_holder *holders; // owned
    size_t holder_count;
};
struct sights {
    struct sight *items; // owned
    size_t count, cap;
};
struct snapshot;
void sights_of_snapshot(const struct snapshot *snap, struct sights *out); // asserts
// Of the JSON of `list --all-namespaces`. Asserts.
void sights_of_json(const char *path, struct sights *out);
void sights_done(struct sights *s);

// What a picture is held against.
struct truth_terms {
    const struct sights *before; // what was there before the world was made
    const unsigned *phases;      // of the togglers before the picture was taken; NULL: none run
    bool facts;                  // the user can learn all facts of what is mapped
    // Results: toggles that could be held to one state; segments held by none but who has left
    // their namespace, of which nobody could tell whose they are, and that were rightly left so.
    size_t settled, doubted;
};
// Nothing missed, nothing invented, every fact and every steady holder right. Prints what is wrong
// and returns how much.
size_t truth_check(const struct truth *t, const struct sights *seen, struct truth_terms *terms);

#endif
