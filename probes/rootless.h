// rootless.h - the System V table of an IPC namespace that belongs to a user namespace of our user.
#ifndef PROBES_ROOTLESS_H
#define PROBES_ROOTLESS_H

#include <sys/types.h>

#include "probes/root.h"
#include "probes/sysv.h"

// Reads sysvipc/shm of the IPC namespace (open as ipc_fd) that process `pid` lives in. Entering it
// means to enter its user namespace first, which a process with several threads cannot and which
// cannot be undone: a child of a moment does it. The text is owned by the caller. 0, -ETIMEDOUT,
// -EFBIG or what the kernel said as -errno.
int rootless_read(const struct root *root, pid_t pid, int ipc_fd, char **text, size_t *len);
// The ids of that process's user namespace as we know them; an empty map when it cannot be read.
void rootless_map(const struct root *root, pid_t pid, const char *name, struct id_map *out);

#endif
