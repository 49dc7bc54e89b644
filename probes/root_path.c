// root_path.c - finding the way below a directory where anyone may have laid links.
#include "probes/root_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { OPENAT2_TRIES = 4 };

bool root_has_dotdot(const char *path) {
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, "/");
        if (len == 2 && p[0] == '.' && p[1] == '.')
            return true;
        p += len;
        p += strspn(p, "/");
    }
    return false;
}

// One step of the walk below: a directory that is no link. ENOTDIR of a link becomes ELOOP, which
// is what openat2 says.
static int open_step(int at, const char *name) {
    int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    int err = errno;
    struct stat st;
    if (err == ENOTDIR && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        err = ELOOP;
    return -err;
}

// What openat2 does, component by component.
static int open_walking(int dir, const char *path, int flags) {
    int at = dir, fd;
    for (;;) {
        size_t len = strcspn(path, "/");
        const char *rest = path + len + strspn(path + len, "/");
        char name[NAME_MAX + 1];
        if (len > NAME_MAX) {
            fd = -ENAMETOOLONG;
            break;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        if (*rest == '\0' && path[len] == '\0') {
            fd = openat(at, name, flags);
            if (fd < 0)
                fd = -errno;
            struct stat st;
            if (fd == -ENOTDIR && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISLNK(st.st_mode))
                fd = -ELOOP;
            break;
        }
        fd = open_step(at, name);
        if (at != dir)
            close(at);
        at = fd;
        if (fd < 0)
            return fd;
        path = *rest == '\0' ? "." : rest;
    }
    if (at != dir)
        close(at);
    return fd;
}

bool root_has_openat2(int dir) {
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    long fd = syscall(SYS_openat2, dir, ".", &how, sizeof(how));
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

// Opens below dir without following any link. fd or -errno.
int root_open_beneath(const struct root *root, int dir, const char *path, int flags) {
    flags |= O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
    if ((flags & O_PATH) == 0)
        flags |= O_NONBLOCK; // a FIFO without a peer must not hold us
    else
        flags &= O_PATH | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY; // openat2 rejects the others
    if (root_has_dotdot(path))
        return -EXDEV;
    if (*path == '/')
        return -EXDEV;
    if (*path == '\0')
        path = ".";
    // With O_NOFOLLOW a link in place of a directory would be ENOTDIR; without, it is ELOOP.
    int strict = (flags & O_DIRECTORY) != 0 ? flags & ~O_NOFOLLOW : flags;
    struct open_how how = {.flags = (uint64_t)(unsigned)strict,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    for (int i = 0; i < OPENAT2_TRIES && !root->no_openat2; i++) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
        if (fd >= 0)
            return (int)fd;
        if (errno != EAGAIN && errno != EINTR) // EAGAIN: a rename on the way
            return -errno;
    }
    return open_walking(dir, path, flags);
}
