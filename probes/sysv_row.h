// sysv_row.h - the row of one shmid, asked without leaving a trace.
#ifndef PROBES_SYSV_ROW_H
#define PROBES_SYSV_ROW_H

#include "probes/elsewhere.h"
#include "probes/identity.h"
#include "probes/root.h"

// Bits of root_shm_row.perms beside the mode (include/linux/shm.h; glibc has them too).
#define SYSV_DEST 01000u
#define SYSV_LOCKED 02000u

// In our own IPC namespace: 0, -ENOENT when no segment has this id, or another -errno.
int sysv_row(const struct root *root, uint64_t shmid, struct root_shm_row *out);
// The identity that a row stands for, in our own namespace.
struct seg_id sysv_row_id(const struct root *root, const struct root_shm_row *row);
// 0 and the row when that very segment still lives; -ENOENT gone, -ESTALE another one has its id,
// -EXDEV of a namespace that the user may not enter, or another -errno. For a segment of another
// namespace this thread goes there and comes back.
int sysv_same(const struct root *root, const struct seg_id *id, struct root_shm_row *out);
// The same by a way that may be known already and is kept for the next time.
int sysv_same_by(const struct root *root, const struct seg_id *id, struct elsewhere_way *way,
                 struct root_shm_row *out);

#endif
