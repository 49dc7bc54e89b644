// posix_list.h - what a directory of a /dev/shm holds, kept from one look to the next.
#ifndef PROBES_POSIX_LIST_H
#define PROBES_POSIX_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/vec.h"
#include "probes/root.h"

// One entry that may be a file or a directory.
struct listed {
    uint64_t ino;       // as the directory tells it; 0 not told
    uint64_t stat_ns;   // monotonic time at which `st` or `err` was asked; 0 never
    uint32_t name;      // in listing.names, terminated
    int err;            // errno of asking
    unsigned char type; // as in readdir(3)
    bool due;           // to be asked now
    struct root_stat st;
};

struct listing {
    char *path;            // owned; of a kept one: which directory it is
    struct root_stat self; // of the directory when it was listed
    uint64_t listed_ns;    // monotonic time of that; 0 never
    bool settled;          // it had not changed for a while then
    bool met;              // in this scan
    VEC(char) names;
    VEC(struct listed) items;
};

void listing_done(struct listing *l);
// Lists the directory unless it is certain that it has not changed since it was listed; what is
// known of entries that are still the same stays. 0; -ENOMEM; or another -errno in the middle, with
// what came before it.
int listing_read(struct listing *l, const struct root *root, struct root_dir *dir, bool trusting);
// Asks about every entry that is due, with two threads where that pays.
void listing_ask(struct listing *l, const struct root *root, struct root_dir *dir);
static inline const char *listing_name(const struct listing *l, const struct listed *item) {
    return l->names.items + item->name;
}

#endif
