// ops_internal.h - what the operations share.
#ifndef PROBES_OPS_INTERNAL_H
#define PROBES_OPS_INTERNAL_H

#include "probes/holder.h"
#include "probes/ops.h"

struct op {
    const struct root *root;
    const struct op_request *req;
    struct op_result *out;
};

// Fills the fault; `why` is a printf format and comes last. Returns the outcome.
enum outcome op_fail(const struct op *op, enum outcome outcome, int err, const char *todo,
                     const char *why, ...) __attribute__((format(printf, 5, 6)));
void op_note(const struct op *op, const char *note, ...) __attribute__((format(printf, 2, 3)));
// The faults that every operation may meet: gone, replaced, in another namespace, not permitted.
// `verb` completes "the kernel does not let user N ...".
enum outcome op_fail_errno(const struct op *op, int err, const char *verb);
// Path of the request's name below our /dev/shm, borrowed; NULL when it has none there.
const char *op_shm_path(const struct op_request *req);
// Copies the regular file from_fd, up to limit bytes, leaving its holes out: put() gets each piece.
// 0 or -errno; -ESPIPE: it is no regular file, -ENODATA: it became shorter meanwhile.
int op_copy_file(int from_fd, uint64_t limit,
                 int (*put)(void *arg, uint64_t off, const uint8_t *bytes, size_t len), void *arg);

enum outcome op_create_sysv(const struct op *op);
enum outcome op_remove_sysv(const struct op *op);
enum outcome op_set_sysv(const struct op *op);
enum outcome op_create_posix(const struct op *op);
enum outcome op_remove_posix(const struct op *op);
enum outcome op_set_posix(const struct op *op);
enum outcome op_write(const struct op *op);
enum outcome op_signal(const struct op *op);

#endif
