// save.h - a copy of a segment in a directory of the user, before the segment is removed.
#ifndef PROBES_SAVE_H
#define PROBES_SAVE_H

#include "probes/ops_internal.h"
#include "probes/sysv_row.h"

// Both write the bytes, holes left out, and COPY.facts beside them (src/core/copyfacts.h) into the
// request's save_dir, for the user alone (0600), never over a file that is there, and are done when
// both are on the disk. out->copy gets the path. On failure nothing is left of them and the fault
// is filled.
enum outcome save_object(const struct op *op, int fd, const struct root_stat *st);
// Of the segment that the request names, attached at `at` for reading.
enum outcome save_sysv(const struct op *op, const struct root_shm_row *row, const void *at);

// Takes the copy away again, when what was saved is not removed after all. Nothing saved: nothing.
void save_undo(const struct op *op);

#endif
