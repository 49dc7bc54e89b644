// posix_aside.h - how much lies in the quarantines of a /dev/shm, kept from one look to the next.
#ifndef PROBES_POSIX_ASIDE_H
#define PROBES_POSIX_ASIDE_H

#include "core/model.h"
#include "core/vec.h"
#include "probes/root.h"

// What a quarantine directory held when it was last read.
struct aside_seen {
    uint64_t dev, ino, modify_ns, change_ns; // of the directory
    struct put_aside sum;                    // without its `where`
};
typedef VEC(struct aside_seen) aside_list;

// True for what users put aside, which is no segment: a private directory at the top whose owner is
// the one that its name tells.
bool posix_is_aside(const char *name, const struct root_stat *st);
// Sums up what lies in the directory `name` at the top. With `seen` (NULL: nothing is kept) it is
// read only when it has changed. 0, -ENOMEM, or -errno when it may not be read.
int posix_sum_aside(const struct root *root, const char *name, const struct root_stat *st,
                    aside_list *seen, struct put_aside *out);

#endif
