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

// Ids inside and outside of it; what the map does not have is nobody's (user_namespaces(7)).
uint32_t rootless_outside(const struct id_map *map, uint32_t id);
// The same in the other direction. False: the map has no such id.
bool rootless_inside(const struct id_map *map, uint32_t id, uint32_t *out);

// A child process that lives in a user namespace and an IPC namespace that belongs to it.
struct rootless_child {
    pid_t pid;
    int from_child; // what it writes to its pipe
    int to_child;   // closing it asks it to end
};
// Starts one that enters the namespaces of process `member` and calls run(arg, to parent, from
// parent) there. 0 or -errno of what could
// not be done here; that the child could not enter it tells by ending with an errno as its status.
int rootless_start(const struct root *root, pid_t member, int ipc_fd,
                   void (*run)(void *arg, int up, int down), void *arg, struct rootless_child *out);
// Lets it end and waits for it. 0, or -errno that it ended with.
int rootless_end(struct rootless_child *c);

#endif
