// kept.h - descriptors of files of /proc that stay open from one scan to the next.
//
// Such a file, once open, costs little to ask again. Which ones stay is settled by who came first:
// a cache that ousts the longest unused would oust all of them in every round of the sweep.
#ifndef PROBES_KEPT_H
#define PROBES_KEPT_H

#include <stdatomic.h>
#include <stdbool.h>

struct kept {
    atomic_uint count; // open now
    unsigned limit;
};

// Raises the limit of open files of this process as far as it may, and takes half of it.
void kept_open(struct kept *kept);
// True when one more may stay open; it is counted then. Safe from several threads.
bool kept_one_more(struct kept *kept);
// Closes what was kept and sets *fd to -1; -1 is legal. Safe from several threads.
void kept_close(struct kept *kept, int *fd);

#endif
