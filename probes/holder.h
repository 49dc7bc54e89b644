// holder.h - reaching an object through a process that holds it.
#ifndef PROBES_HOLDER_H
#define PROBES_HOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "probes/identity.h"
#include "probes/root.h"

// One mapping of a holder; start == end: the holder has descriptors only.
struct via {
    struct proc_id process; // start_ticks 0: not known, not compared
    uint64_t start, end, offset;
    bool usable; // MAP_SHARED and readable: what is read through it are the object's bytes
};

// What statx tells of an open descriptor. 0 or -errno.
int holder_fd_stat(int fd, struct root_stat *out);
// 0 when that descriptor is the object; -ESTALE when it is another one.
int holder_verify_fd(const struct root *root, const struct seg_id *id, int fd);
// Field 22 of /proc/PID/stat. 0, -ESRCH (a zombie holds nothing and counts as gone) or -errno.
int holder_start_ticks(const struct root *root, pid_t pid, uint64_t *ticks);
// 0 while the process is still the one that was seen, -ESRCH, or another -errno.
int holder_alive(const struct root *root, const struct proc_id *id);

// Opens /proc/PID/map_files/START-END (flags as in open(2)) and proves that it is the object and
// the process still the same. System V: inode = shmid on an internal mount, the segment's size, a
// process in the segment's own namespace. fd or -errno (-ESTALE: it shows something else).
// *path gets the path below /proc when it is not NULL.
int holder_open_map(const struct root *root, const struct seg_id *id, const struct via *via,
                    int flags, char *path, size_t path_size);
// The same by the first of the process's descriptors that leads to the object.
int holder_open_descriptor(const struct root *root, const struct seg_id *id,
                           const struct proc_id *process, int flags, char *path, size_t path_size);
// 0 when the process still maps the object exactly at via's range, by the text of its maps.
int holder_maps_still(const struct root *root, const struct seg_id *id, const struct via *via);
// open(2) flags with O_NOATIME, which only the owner may give; *noatime tells whether it went.
int holder_open_quiet(const struct root *root, enum root_tree tree, const char *path, int flags,
                      bool *noatime);

#endif
