// elsewhere.h - the machine as it looks from another namespace, for as long as one look takes.
//
// Nothing stays: the calling thread is back in its own namespace and every descriptor is closed
// after elsewhere_leave, so that a namespace is never kept alive past a tick or an operation.
#ifndef PROBES_ELSEWHERE_H
#define PROBES_ELSEWHERE_H

#include <sys/types.h>

#include "probes/root.h"

enum elsewhere_kind {
    ELSEWHERE_IPC, // shm calls and sysvipc/shm of this thread are those of an IPC namespace
    ELSEWHERE_SHM  // ROOT_SHM is the /dev/shm of a mount namespace; the thread stays where it is
};

// A way that leads to a namespace. Zeroed: none is known, and one is searched for.
struct elsewhere_way {
    pid_t pid;  // a member; or whose root or descriptors lead there
    int fd;     // pid's descriptor of the namespace, from 1; 0: not by one (IPC)
    char *bind; // path below pid's root where it is bind-mounted, NULL: not by one (IPC); owned
    bool fixed; // when it leads there no more, nothing else is searched for
    uint64_t device; // the /dev/shm must have this device, 0: any tmpfs (SHM)
};
void elsewhere_way_done(struct elsewhere_way *way);

struct elsewhere;

// Goes there. The namespace with that inode number is reached by `way` (NULL: a search through all
// processes, their mount tables and descriptors); a way that was searched for is left in *way. Live
// roots only. 0; -ENOENT: there is no such namespace or it has no /dev/shm of its own; -EXDEV: the
// user may not enter it; or another -errno.
int elsewhere_enter(const struct root *root, enum elsewhere_kind kind, uint64_t ns,
                    struct elsewhere_way *way, struct elsewhere **out);
// Goes to where this one is the /dev/shm. -ENOENT: it is ours, or nobody's; else as
// elsewhere_enter.
int elsewhere_enter_tmpfs(const struct root *root, const struct tmpfs *fs, struct elsewhere **out);
// The root as seen from there, with its vantage; good until elsewhere_leave.
const struct root *elsewhere_root(const struct elsewhere *e);
// Goes back; NULL is legal. A thread that cannot go back would take another namespace for its own:
// that ends the program (the kernel lacks the memory for a few pointers then).
void elsewhere_leave(struct elsewhere *e);

// Opens the namespace itself (O_RDONLY, of nsfs). fd or -errno.
int elsewhere_open_ipc(const struct root *root, uint64_t ns, struct elsewhere_way *way);
// Opens the /dev/shm of a process as O_PATH, following links as the process would. fd, -EMEDIUMTYPE
// when it is no tmpfs, or another -errno.
int elsewhere_open_shm(const struct root *root, pid_t pid);
// The device of that, or the reason it is not known. Live roots only.
u64v elsewhere_shm_dev(const struct root *root, pid_t pid);

// "ROOT" of a nsfs line of mountinfo or the link of a descriptor: "ipc:[4026532201]". True when it
// is an IPC namespace.
bool elsewhere_parse_link(const char *text, size_t len, uint64_t *ns);
// Calls visit for every bind mount of an IPC namespace in a process's mount table, with the mount
// point unescaped, until it returns nonzero. 0, the visitor's value, or -errno.
int elsewhere_list_binds(const struct root *root, const char *process,
                         int (*visit)(void *arg, uint64_t ns, const char *point), void *arg);

#endif
