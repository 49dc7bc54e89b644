// root_quick.c - what is asked of thousands of processes, in as few calls as may be.
#include "probes/root_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int root_read_once(const struct root *root, enum root_tree tree, const char *path, char *buf,
                   size_t size, size_t *len) {
    if (root->fixture != NULL || size == 0)
        return root_read(root, tree, path, buf, size, len);
    int err = root_check(root, tree, path, ROOT_OP_READ);
    int fd = err < 0 ? err : root_openat(root, tree, path, O_RDONLY);
    if (fd < 0)
        return fd;
    ssize_t n;
    do
        n = read(fd, buf, size - 1);
    while (n < 0 && errno == EINTR);
    err = n < 0 ? -errno : 0;
    close(fd);
    if (err < 0)
        return err;
    buf[n] = '\0';
    *len = (size_t)n;
    return (size_t)n == size - 1 ? -EFBIG : 0;
}

int root_stat_place(const struct root *root, enum root_tree tree, const char *path,
                    struct root_stat *out) {
    if (root->fixture != NULL || root_is_hostile(root, tree))
        return root_stat_follow(root, tree, path, out);
    int err = root_check(root, tree, path, ROOT_OP_STAT);
    if (err < 0)
        return err;
    struct stat st;
    if (fstatat(root->dir[tree], path, &st, AT_NO_AUTOMOUNT) < 0)
        return -errno;
    *out = (struct root_stat){.dev = st.st_dev, .ino = st.st_ino, .mode = st.st_mode};
    return 0;
}
