// ops_internal.h - what the operations share.
#ifndef PROBES_OPS_INTERNAL_H
#define PROBES_OPS_INTERNAL_H

#include "probes/elsewhere.h"
#include "probes/holder.h"
#include "probes/ops.h"

struct op {
    const struct root *root;
    const struct op_request *req;
    struct op_result *out;
    bool elsewhere; // root is that of another namespace, which the request names
};

// Fills the fault; `why` is a printf format and comes last. Returns the outcome.
enum outcome op_fail(const struct op *op, enum outcome outcome, int err, const char *todo,
                     const char *why, ...) __attribute__((format(printf, 5, 6)));
void op_note(const struct op *op, const char *note, ...) __attribute__((format(printf, 2, 3)));
// The faults that every operation may meet: gone, replaced, in another namespace, not permitted.
// `verb` completes "the kernel does not let user N ...".
enum outcome op_fail_errno(const struct op *op, int err, const char *verb);
// Tells who watches that the operation has come so far.
void op_at(const struct op *op, enum op_step step);
// Path of the request's name below our /dev/shm, borrowed; NULL when it has none there.
const char *op_shm_path(const struct op_request *req);
// Copies the regular file from_fd, up to limit bytes, leaving its holes out: put() gets each piece.
// 0 or -errno; -ESPIPE: it is no regular file, -ENODATA: it became shorter meanwhile.
int op_copy_file(int from_fd, uint64_t limit,
                 int (*put)(void *arg, uint64_t off, const uint8_t *bytes, size_t len), void *arg);
// Such a put() into a file; arg is its descriptor, an int.
int op_put_file(void *arg, uint64_t off, const uint8_t *bytes, size_t len);

// What a name leads to now, held by an O_PATH descriptor: that touches nothing, needs no permission
// on the object, and keeps its inode number from being given to another one.
struct op_named {
    int dir, fd; // the folder, and the object in it
    const char *base;
    struct root_stat st;
};
// Opens what the path below /dev/shm leads to and proves that it is the one that is meant. 0 or
// -errno; op_named_done is due in every case.
int op_named_open(const struct op *op, const char *path, struct op_named *n);
void op_named_done(struct op_named *n);
// The change time must be the one that was seen, but of what is in use it moves with every write.
enum outcome op_check_change(const struct op *op, const struct op_named *n, bool busy);

// Does what is asked where we are. Returns the outcome.
enum outcome op_dispatch(const struct op *op);
// The same on System V of a namespace that only its own user namespace leads to; `way` has a member
// of it.
enum outcome op_rootless(const struct op *op, uint64_t ns, struct elsewhere_way *way);
// Adds "@NS" to a SEG.
void op_add_namespace(char *name, size_t size, uint64_t ns);

enum outcome op_create_sysv(const struct op *op);
enum outcome op_remove_sysv(const struct op *op);
enum outcome op_set_sysv(const struct op *op);
enum outcome op_create_posix(const struct op *op);
enum outcome op_remove_posix(const struct op *op);
enum outcome op_remove_file(const struct op *op); // on another tmpfs, or on hugetlbfs
enum outcome op_set_posix(const struct op *op);
enum outcome op_write(const struct op *op);
enum outcome op_signal(const struct op *op);

#endif
