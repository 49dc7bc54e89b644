// sole.c - asks the kernel whether anybody at all has a file of /dev/shm open or mapped.
//
// A write lease (fcntl(2), F_SETLEASE) is granted only while no other open file description of the
// file exists; a mapping keeps the description it was made from.
#include "probes/sole.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "probes/holder.h"

enum { LOOK_TRIES = 3, PAUSE_NS = 200000 };

static int ask_once(int fd, bool *held) {
    // The signal that tells of somebody waiting for the lease is by default one that kills;
    // this one is ignored.
    if (fcntl(fd, F_SETSIG, SIGURG) < 0)
        return -errno;
    if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0) {
        fcntl(fd, F_SETLEASE, F_UNLCK);
        *held = false;
        return 0;
    }
    if (errno != EAGAIN)
        return -errno;
    *held = true;
    return 0;
}

int sole_ask_fd(int fd, unsigned tries, bool *held) {
    struct timespec pause = {0, PAUSE_NS};
    int err = ask_once(fd, held);
    for (unsigned i = 1; err == 0 && *held && i < tries; i++) {
        nanosleep(&pause, NULL);
        pause.tv_nsec *= 2;
        err = ask_once(fd, held);
    }
    return err;
}

int sole_ask(const struct root *root, const struct segment *seg, bool *held) {
    char path[PATH_MAX];
    const char *name = NULL;
    size_t len = 0;
    uint64_t links = 0;
    bool quiet;
    seg_get(seg, SEG_LINKS, &links);
    if (!root_is_live(root) || seg->id.kind != SEG_POSIX ||
        seg->id.dev != root_vantage(root)->devshm_dev || links == 0 ||
        strv_get(seg->name, &name, &len) != WHY_KNOWN || len < 2 || len > sizeof path)
        return -ENOTSUP;
    snprintf(path, sizeof path, "%.*s", (int)(len - 1), name + 1);
    int fd = holder_open_quiet(root, ROOT_SHM, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, &quiet);
    if (fd < 0)
        return fd;
    int err = quiet ? holder_verify_fd(root, &seg->id, fd) : -EPERM;
    if (!err)
        err = sole_ask_fd(fd, LOOK_TRIES, held);
    close(fd);
    return err;
}
