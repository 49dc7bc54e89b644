// mountinfo.h - the lines of /proc/PID/mountinfo.
#ifndef PROBES_MOUNTINFO_H
#define PROBES_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model.h"

// The table of a machine full of containers has some thousand lines of some hundred bytes.
#define MOUNTINFO_LIMIT (16u << 20)

struct mount_line {
    uint64_t dev;
    const char *top, *point, *type;      // not terminated; paths as they stand there, with "\040"
    size_t top_len, point_len, type_len; // top: the directory of the file system that is shown
};

// Takes the next line that is one from *at, which moves on. False at the end. What the line points
// to is borrowed from the text.
bool mountinfo_next(const char **at, const char *end, struct mount_line *out);
bool mount_is_type(const struct mount_line *m, const char *type);
// The mount point with "\040" and the like turned back into bytes, terminated. False when it does
// not fit.
bool mount_point(const struct mount_line *m, char *buf, size_t size);
// True when the mount point lies below another one that may hang, other than the root itself: a
// path there may have to wait for a server. `text` is the whole table.
bool mount_is_behind(const char *text, const char *end, const struct mount_line *m);

#endif
