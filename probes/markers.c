// markers.c - what the content of segments says of their owner.
#include "probes/markers.h"

#include <errno.h>
#include <string.h>

#include "probes/content.h"

enum { GREATEST_PID = 4194304 }; // see proc(5) about pid_max

static int read_word(struct content_reader *r, const struct origin_marker *m, uint64_t size,
                     uint16_t at, uint32_t *out) {
    uint64_t off = m->from_end ? size - at : at;
    if ((m->from_end && at > size) || size < sizeof *out || off > size - sizeof *out)
        return -ENODATA;
    ssize_t got = content_read_at(r, off, out, sizeof *out);
    return got < 0 ? (int)got : got == sizeof *out ? 0 : -ENODATA;
}

static int read_marker(struct content_reader *r, const struct origin_marker *m, uint32_t *pid) {
    uint64_t size = 0;
    uint32_t magic = 0, owner = 0;
    // Process memory allocates what it is asked for, swapped pages come in: both are traces.
    if (strcmp(content_side_effects(r), "none") != 0)
        return -EPERM;
    int err = content_size(r, &size);
    if (!err)
        err = read_word(r, m, size, m->magic_at, &magic);
    if (!err && magic != m->magic)
        err = -ENODATA;
    if (!err)
        err = read_word(r, m, size, m->pid_at, &owner);
    if (!err)
        *pid = owner <= GREATEST_PID ? owner : 0;
    return err;
}

int marker_read(const struct root *root, const struct snapshot *snap, const struct segment *seg,
                const struct origin_marker *marker, uint32_t *pid) {
    struct content_reader *r;
    struct fault why;
    int err = content_open(root, snap, seg, 0, &r, &why);
    if (err)
        return err;
    err = read_marker(r, marker, pid);
    content_close(r);
    return err;
}
