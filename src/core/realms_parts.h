// realms_parts.h - the inside of realms.c and realms_judge.c alone.
#ifndef CORE_REALMS_PARTS_H
#define CORE_REALMS_PARTS_H

#include "core/assign.h"
#include "core/builder_parts.h"

enum { NOWHERE = ASSIGN_NOWHERE };

// A System V mapping, sorted so that those of one inode come together.
struct member {
    uint64_t shmid;
    struct mapping *m;
};

// Mappings of one inode as far as can be told: those of one generation, else each alone.
struct group {
    size_t first, count;
    uint64_t attached; // shared mappings: each is one attachment
    bool distinct;     // told apart by its generation
    struct sysv_inode inode;
    int claims; // a place of which a member says that it is there; NOWHERE: none says so
    bool torn;  // they say so of several
    bool home;  // all of them live there
    int place;
    bool uncertain; // it might be another place
    bool doubt;     // it is as likely another place: it is given none
};

// A segment with the shmid in question.
struct realm_place {
    uint64_t ns, nattch, creator, last, size, changed;
    uint64_t held; // in memory and in swap; UINT64_MAX: not known
    uint32_t segment, key, cuid;
    bool huge;       // known to be in huge pages
    bool has_key;    // of one that is to be destroyed it is not told
    int claimant;    // a group with a generation that says it is there; NOWHERE: none
    bool contested;  // several say so
    uint64_t crowd;  // attachments of those without generation that say so
    uint64_t taken;  // attachments credited to it
    uint64_t proven; // of those, the ones of the group with a generation
    bool owned;      // there is such a group
};

// What leads from a namespace, or from a pid with HINT_PID, to a place.
struct hint {
    uint64_t key;
    size_t place;
};
#define HINT_PID (UINT64_C(1) << 63)

struct contest {
    struct builder *b;
    const struct member *members; // of one shmid
    VEC(struct group) groups;
    VEC(struct realm_place) places;
    VEC(struct hint) hints;
    uint64_t budget; // steps that judging may still take, of all shmids together
};
enum { REALMS_BUDGET = 1 << 26 };

static inline uint64_t realms_pid(const struct contest *c, const struct mapping *m) {
    return (uint64_t)c->b->processes.items[m->process].id.pid;
}

// It cannot be the inode of that segment.
bool realms_another(const struct group *g, const struct realm_place *p);
void realms_put(struct contest *c, struct group *g, size_t place);
// Gives places to all groups that have none yet and that can be told apart. 0 or -ENOMEM.
int realms_judge(struct contest *c);

#endif
