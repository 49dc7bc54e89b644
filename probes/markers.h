// markers.h - what the content of segments says of their owner.
#ifndef PROBES_MARKERS_H
#define PROBES_MARKERS_H

#include <stdint.h>

#include "core/origin.h"
#include "probes/root.h"

// Looks for the marker of an origin in the content of a segment, by routes that leave no trace
// only. 0 and the owner's pid (0: it tells none), -ENODATA (the marker is not there), or another
// -errno when the content cannot be read so.
int marker_read(const struct root *root, const struct snapshot *snap, const struct segment *seg,
                const struct origin_marker *marker, uint32_t *pid);

#endif
