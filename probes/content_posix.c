// content_posix.c - reading an object by its name, through a descriptor of our own.
#include "probes/content_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// Where the name is looked up: our /dev/shm, our own root directory, or that of a process which
// lives in the mount namespace of the segment.
static int locate(const struct snapshot *snap, const struct segment *seg, enum root_tree *tree,
                  char *path, size_t size) {
    const char *name = NULL;
    size_t len = 0;
    uint64_t mnt = 0, theirs = 0;
    int n = -1;
    if (strv_get(seg->name, &name, &len) != WHY_KNOWN || len < 2)
        return -ENOENT;
    *tree = seg->id.kind == SEG_POSIX ? ROOT_SHM : ROOT_PROC;
    if (*tree == ROOT_SHM) {
        n = snprintf(path, size, "%.*s", (int)(len - 1), name + 1);
    } else if (!seg->foreign) {
        n = snprintf(path, size, "self/root%.*s", (int)len, name);
    } else if (seg_get(seg, SEG_MNT_NS, &mnt) == WHY_KNOWN) {
        for (size_t i = 0; i < snap->process_count && n < 0; i++)
            if (u64v_get(snap->processes[i].mnt_ns, &theirs) == WHY_KNOWN && theirs == mnt)
                n = snprintf(path, size, "%d/root%.*s", (int)snap->processes[i].id.pid, (int)len,
                             name);
    }
    if (n < 0)
        return -EXDEV;
    return (size_t)n < size ? 0 : -ENAMETOOLONG;
}

static int is_same(const struct seg_id *id, const struct root_stat *st) {
    struct seg_id now;
    if (!S_ISREG(st->mode))
        return -ESTALE;
    object_id_from_stat(id->kind, st, &now);
    return seg_id_same(&now, id) ? 0 : -ESTALE;
}

// The root in whose trees the name is looked up; *there is due to elsewhere_leave.
static int enter(struct content_reader *r, struct elsewhere **there, const struct root **root) {
    *there = NULL;
    *root = r->root;
    if (r->shm_ns == 0)
        return 0;
    r->way.device = r->id.dev;
    int err = elsewhere_enter(r->root, ELSEWHERE_SHM, r->shm_ns, &r->way, there);
    if (err == 0)
        *root = elsewhere_root(*there);
    return err;
}

int content_stat_name(struct content_reader *r, struct root_stat *st) {
    struct elsewhere *there;
    const struct root *root;
    int err = enter(r, &there, &root);
    if (err == 0)
        err = root_stat(root, r->tree, r->path, st);
    elsewhere_leave(there);
    return err;
}

static int open_name(const struct content_reader *r, const struct root *root, enum root_tree tree,
                     const char *path, bool *quiet) {
    struct root_stat st;
    int err = root_stat(root, tree, path, &st); // a device must not even be opened
    if (err == 0)
        err = is_same(&r->id, &st);
    if (err < 0)
        return err;
    int fd = holder_open_quiet(root, tree, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, quiet);
    if (fd < 0)
        return fd;
    // In a captured root only the manifest knows the inode, by path.
    err = root_is_live(root) ? holder_verify_fd(root, &r->id, fd) : 0;
    if (err == 0)
        return fd;
    close(fd);
    return err;
}

int content_by_name(struct content_reader *r, const struct snapshot *snap,
                    const struct segment *seg) {
    char path[PATH_MAX];
    enum root_tree tree;
    struct elsewhere *there;
    const struct root *root;
    bool quiet = false;
    int err = locate(snap, seg, &tree, path, sizeof(path));
    if (err == 0 && seg->foreign && tree == ROOT_SHM &&
        seg_get(seg, SEG_MNT_NS, &r->shm_ns) != WHY_KNOWN)
        err = -EXDEV;
    if (err < 0)
        return err;
    err = enter(r, &there, &root);
    int fd = err == 0 ? open_name(r, root, tree, path, &quiet) : err;
    elsewhere_leave(there);
    if (fd < 0)
        return fd;
    err = content_use_fd(r, fd, quiet, CHECK_NAME, tree, path);
    if (err < 0)
        return err;
    snprintf(r->route, sizeof(r->route), "pread of its own file");
    content_tell_effects(r, quiet ? "" : "may move the access time");
    return 0;
}
