// place.h - a tmpfs or hugetlbfs of our mount namespace, seen as if it were /dev/shm.
#ifndef PROBES_PLACE_H
#define PROBES_PLACE_H

#include "probes/root.h"

struct place;

// Opens the mount that an absolute path leads into, which must be of this device; *below is left at
// the rest of the path, without a leading slash. 0, -ENOENT: there is none, or another -errno.
int place_open_path(const struct root *root, const char *path, uint64_t dev, struct place **out,
                    const char **below);
// Opens a mount of this device. As above.
int place_open_dev(const struct root *root, uint64_t dev, struct place **out);
void place_close(struct place *place); // NULL is legal
// The root whose ROOT_SHM it is, and its mount point; both good until place_close.
const struct root *place_root(const struct place *place);
const char *place_point(const struct place *place);
// Calls visit for each device but that of /dev/shm, at one of its mounts that may be opened, until
// it returns nonzero. 0, the visitor's value, or -errno.
int place_list(const struct root *root, int (*visit)(void *arg, const struct place *place),
               void *arg);

#endif
