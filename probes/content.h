// content.h - reading the bytes of a segment without disturbing it.
//
// Routes, cheapest and quietest first: own descriptor (a name, O_NOATIME), map_files or a
// descriptor of a holder, process_vm_readv of a holder (own processes of an ordinary user), attach
// (System V that nobody holds, or an ordinary user). Foreign memory is never mapped for looking.
#ifndef PROBES_CONTENT_H
#define PROBES_CONTENT_H

#include "core/fault.h"
#include "core/snapshot.h"
#include "probes/root.h"

struct content_reader;

enum content_flags {
    CONTENT_MAY_ATTACH = 1, // what leaves a trace is allowed: attaching, and reading pages through
                            // the memory of a holder that are not known to exist
    CONTENT_LASTS = 2       // the reader is used long after the snapshot
};

// Opens the segment, whose identity is checked again. The snapshot tells its holders and is only
// borrowed for the call; the root is borrowed until content_close. 0, or -errno with *why filled
// (OUTCOME_REFUSED when only attaching could read and that was not allowed).
int content_open(const struct root *root, const struct snapshot *snap, const struct segment *seg,
                 unsigned flags, struct content_reader **out, struct fault *why);
void content_close(struct content_reader *r);
// In words: "pread /proc/41/map_files", and what looking costs: "none", "moves nattch, ...".
// Borrowed until content_close; may change after a read, when a holder left and another serves.
const char *content_route(const struct content_reader *r);
const char *content_side_effects(const struct content_reader *r);
bool content_attached(const struct content_reader *r); // the attach route was taken
// True when all that exists can be read, but what was never written cannot be told from what only
// others have touched: with CONTENT_MAY_ATTACH all of it is read, which may allocate.
bool content_partial(const struct content_reader *r);
// True when a page never written can be read without giving it memory.
bool content_reads_holes(const struct content_reader *r);
// Size now, in bytes (System V: its segment size, whatever the inode says).
int content_size(struct content_reader *r, uint64_t *size);
// Reads up to n bytes at off. The count (0: at or past the end), or -errno; -ESTALE when the
// object is gone or another one now stands in its place (its descriptor is closed at once: only
// content_close is left to do), -ENODATA when the holder that serves does not map this part, or
// reading it might allocate it and that was not allowed.
ssize_t content_read_at(struct content_reader *r, uint64_t off, void *buf, size_t n);
// Length of the run at off that is a hole (never written) or data; *hole tells which. At or past
// the end *len is 0. 0 or -errno (-ENOTSUP: the route cannot tell, treat as data).
int content_extent(struct content_reader *r, uint64_t off, uint64_t *len, bool *hole);
// What is known of pages before they are read.
enum content_state {
    CONTENT_DATA,
    CONTENT_HOLE,    // never written
    CONTENT_SWAPPED, // reading brings it back into memory
    CONTENT_UNKNOWN  // the memory of a holder shows it, but reading might allocate it
};
// State of the bytes at off and for how many bytes it holds; looks at `limit` bytes at most (a hole
// is told in its whole length). At or past the end *len is 0. 0 or -errno.
int content_pages(struct content_reader *r, uint64_t off, uint64_t limit, uint64_t *len,
                  enum content_state *state);
// Pages that [off, off+len) touches: resident and swapped out, in bytes. 0 or -errno (-ENOTSUP:
// the kernel or the route cannot tell; -EPERM: neither owner nor writer).
int content_residency(struct content_reader *r, uint64_t off, uint64_t len, uint64_t *resident,
                      uint64_t *swapped);

#endif
