// sole.h - asks the kernel whether anybody at all has a file of /dev/shm open or mapped.
#ifndef PROBES_SOLE_H
#define PROBES_SOLE_H

#include "core/snapshot.h"
#include "probes/root.h"

// Whether somebody other than us has the object open, in any process or namespace, seen or not;
// mappings count, O_PATH descriptors do not. It is opened and leased for some microseconds, which
// only its owner and root may; whoever opens it just then waits so long. 0 and *held, or -errno
// (-ESTALE: another object has the name by now, -EINVAL: no leases here).
int sole_ask(const struct root *root, const struct segment *seg, bool *held);
// The same for an open file (O_RDONLY) that is nobody else's business any more. Somebody who only
// looks, another shmtop for one, has it open for some microseconds, or longer where processors are
// scarce: `tries` times it is asked, with pauses of 0.2 ms that double. 0 or -errno.
int sole_ask_fd(int fd, unsigned tries, bool *held);

#endif
