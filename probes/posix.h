// posix.h - listing a /dev/shm, ours or another mount namespace's, into a scan.
#ifndef PROBES_POSIX_H
#define PROBES_POSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model.h"
#include "probes/root.h"

struct scan;

struct posix_place {
    const struct root *root; // whose ROOT_SHM and vantage are meant
    bool foreign;
    strv container;
    bool count_only;        // adds nothing, *files gets how many objects there are
    uint32_t *files;        // with count_only
    const char *below_proc; // for notes: "41/root" of a foreign one; "" our own
};

// Adds every file at any depth. What cannot be read is noted. 0 or -ENOMEM.
int posix_walk(struct scan *scan, const struct posix_place *place);

#endif
