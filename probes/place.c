// place.c - a tmpfs or hugetlbfs of our mount namespace, seen as if it were /dev/shm.
#include "probes/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/vec.h"
#include "probes/mountinfo.h"
#include "probes/root_internal.h"

struct place {
    struct root root; // a copy of the real one, with another ROOT_SHM
    char point[PATH_MAX];
};

// Opens the mount point, if it is that mount that one meets there. 0 or -errno.
static int open_point(const struct root *root, const char *point, uint64_t dev,
                      struct place **out) {
    char path[PATH_MAX + 16];
    struct stat st;
    snprintf(path, sizeof(path), "self/root%s", point);
    int fd = root_openat(root, ROOT_PROC, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    int err = fstat(fd, &st) < 0 ? -errno : st.st_dev == dev ? 0 : -ENOENT;
    struct place *p = err == 0 ? calloc(1, sizeof(*p)) : NULL;
    if (p == NULL) {
        close(fd);
        return err < 0 ? err : -ENOMEM;
    }
    p->root = *root;
    p->root.dir[ROOT_SHM] = fd;
    p->root.shm_err = 0;
    p->root.vantage.devshm_dev = dev;
    snprintf(p->point, sizeof(p->point), "%s", point);
    *out = p;
    return 0;
}

void place_close(struct place *place) {
    if (place == NULL)
        return;
    close(place->root.dir[ROOT_SHM]);
    free(place);
}

const struct root *place_root(const struct place *place) {
    return &place->root;
}

const char *place_point(const struct place *place) {
    return place->point;
}

static bool is_kept_in_memory(const struct mount_line *m) {
    return mount_is_type(m, "tmpfs") || mount_is_type(m, "hugetlbfs");
}

// Length of a mount point that the path leads through, 0: not this one.
static size_t leads_through(const char *path, const char *point) {
    size_t len = strlen(point);
    if (len == 1) // the root directory
        return path[0] == '/' ? 1 : 0;
    return strncmp(path, point, len) == 0 && path[len] == '/' ? len : 0;
}

// path NULL: any mount of the device.
static int open_best(const struct root *root, const char *path, uint64_t dev, struct place **out) {
    char point[PATH_MAX], *text;
    size_t len, best = 0;
    struct mount_line m;
    int err = root_is_live(root)
                  ? root_read_all(root, ROOT_PROC, "self/mountinfo", MOUNTINFO_LIMIT, &text, &len)
                  : -EROFS;
    if (err < 0)
        return err;
    *out = NULL;
    err = -ENOENT;
    for (const char *at = text; mountinfo_next(&at, text + len, &m);) {
        if (m.dev != dev || !is_kept_in_memory(&m) || !mount_point(&m, point, sizeof(point)) ||
            (path == NULL && mount_is_behind(text, text + len, &m)))
            continue;
        size_t through = path == NULL ? 1 : leads_through(path, point);
        struct place *found = NULL;
        if (through <= best || open_point(root, point, dev, &found) < 0)
            continue;
        place_close(*out);
        *out = found;
        best = through;
        err = 0;
    }
    free(text);
    return err;
}

int place_open_path(const struct root *root, const char *path, uint64_t dev, struct place **out,
                    const char **below) {
    int err = open_best(root, path, dev, out);
    if (err < 0)
        return err;
    *below = path + leads_through(path, (*out)->point);
    *below += strspn(*below, "/");
    return 0;
}

int place_open_dev(const struct root *root, uint64_t dev, struct place **out) {
    return open_best(root, NULL, dev, out);
}

int place_list(const struct root *root, int (*visit)(void *arg, const struct place *place),
               void *arg) {
    char point[PATH_MAX], *text;
    size_t len;
    struct mount_line m;
    VEC(uint64_t) seen = {0};
    int err = root_is_live(root)
                  ? root_read_all(root, ROOT_PROC, "self/mountinfo", MOUNTINFO_LIMIT, &text, &len)
                  : -EROFS;
    if (err < 0)
        return err;
    for (const char *at = text; err == 0 && mountinfo_next(&at, text + len, &m);) {
        struct place *place = NULL;
        bool known = m.dev == root_vantage(root)->devshm_dev || !is_kept_in_memory(&m) ||
                     mount_is_behind(text, text + len, &m);
        for (size_t i = 0; i < seen.count && !known; i++)
            known = seen.items[i] == m.dev;
        if (known || !mount_point(&m, point, sizeof(point)) ||
            open_point(root, point, m.dev, &place) < 0)
            continue;
        err = vec_push(&seen, m.dev);
        if (err == 0)
            err = visit(arg, place);
        place_close(place);
    }
    vec_done(&seen);
    free(text);
    return err;
}
