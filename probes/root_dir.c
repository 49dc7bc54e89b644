// root_dir.c - reading directories of a root, and what is asked of their entries.
#include "probes/root_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct root_dir {
    const struct root *root;
    enum root_tree tree;
    char *path; // for the manifest and injected errors
    DIR *stream;
    uint64_t ino; // of the last entry
};

int root_dir_open(const struct root *root, enum root_tree tree, const char *path,
                  struct root_dir **out) {
    int err = root_check(root, tree, path, ROOT_OP_LIST);
    if (err < 0)
        return err;
    // Reading a directory moves its atime, which only its owner can forgo.
    int fd = -EPERM;
    if (tree == ROOT_SHM)
        fd = root_open_unchecked(root, tree, path, O_RDONLY | O_DIRECTORY | O_NOATIME);
    if (fd == -EPERM)
        fd = root_open_unchecked(root, tree, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    struct root_dir *dir = calloc(1, sizeof(*dir));
    char *copy = strdup(path);
    DIR *stream = dir == NULL || copy == NULL ? NULL : fdopendir(fd);
    if (stream == NULL) {
        close(fd);
        free(copy);
        free(dir);
        return -ENOMEM;
    }
    dir->root = root;
    dir->tree = tree;
    dir->path = copy;
    dir->stream = stream;
    *out = dir;
    return 0;
}

void root_dir_close(struct root_dir *dir) {
    if (dir == NULL)
        return;
    closedir(dir->stream);
    free(dir->path);
    free(dir);
}

int root_dir_next(struct root_dir *dir, const char **name, unsigned char *d_type) {
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir->stream);
        if (e == NULL)
            return errno == 0 ? 0 : -errno;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        *name = e->d_name;
        *d_type = e->d_type;
        dir->ino = e->d_ino;
        return 1;
    }
}

uint64_t root_dir_ino(const struct root_dir *dir) {
    return dir->root->fixture == NULL ? dir->ino : 0;
}

// Path of an entry, for the manifest and injected errors. 0 or -ENAMETOOLONG.
static int entry_path(const struct root_dir *dir, const char *name, char buf[PATH_MAX]) {
    const char *glue = dir->path[0] == '\0' ? "" : "/";
    int n = snprintf(buf, PATH_MAX, "%s%s%s", dir->path, glue, name);
    return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

// The same as root_check() for an entry; on the real machine without faults it costs nothing.
static int check_entry(const struct root_dir *dir, const char *name, enum root_op op,
                       char path[PATH_MAX]) {
    path[0] = '\0';
    if (dir->root->fixture == NULL && dir->root->fault_count == 0)
        return 0;
    int err = entry_path(dir, name, path);
    return err < 0 ? err : root_check(dir->root, dir->tree, path, op);
}

int root_dir_stat(struct root_dir *dir, const char *name, struct root_stat *out) {
    char path[PATH_MAX];
    int err = check_entry(dir, name, ROOT_OP_STAT, path);
    if (err < 0)
        return err;
    struct root_stat st = {0};
    err = root_statx(dirfd(dir->stream), name, AT_SYMLINK_NOFOLLOW, &st);
    if (dir->root->fixture != NULL) {
        int known = fixture_stat(dir->root->fixture, dir->tree, path, false, err == 0, &st);
        if (known == 0 || err == 0)
            err = known;
    }
    if (err == 0)
        *out = st;
    return err;
}

int root_dir_openat(struct root_dir *dir, const char *name, int flags) {
    char path[PATH_MAX];
    int err = check_entry(dir, name, ROOT_OP_OPEN, path);
    if (err < 0)
        return err;
    if (root_is_hostile(dir->root, dir->tree))
        return root_open_beneath(dir->root, dirfd(dir->stream), name, flags);
    int fd = openat(dirfd(dir->stream), name, flags | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int root_list(const struct root *root, enum root_tree tree, const char *path,
              int (*visit)(void *arg, const char *name, unsigned char d_type), void *arg) {
    struct root_dir *dir;
    int err = root_dir_open(root, tree, path, &dir);
    if (err < 0)
        return err;
    const char *name = NULL;
    unsigned char type = DT_UNKNOWN;
    while ((err = root_dir_next(dir, &name, &type)) == 1) {
        err = visit(arg, name, type);
        if (err != 0)
            break;
    }
    root_dir_close(dir);
    return err;
}
