// watch_inotify.c - names by inotify: for everybody, but without who did it.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "probes/watch_internal.h"

static const uint32_t wanted = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR |
                               IN_DONT_FOLLOW | IN_EXCL_UNLINK;

// Watches a directory through a descriptor of it, so that no link is followed on the way.
static int add_dir(struct watch *w, const char *below) {
    char path[64];
    if (w->dir_count == WATCH_DIRS)
        return -ENOSPC;
    int fd = root_openat(w->root, ROOT_SHM, below[0] ? below + 1 : "", O_PATH | O_DIRECTORY);
    if (fd < 0)
        return fd;
    snprintf(path, sizeof path, "/proc/self/fd/%d/.", fd);
    int wd = inotify_add_watch(w->fd, path, wanted);
    int err = wd < 0 ? -errno : 0;
    close(fd);
    if (err)
        return err;
    for (size_t i = 0; i < w->dir_count; i++)
        if (w->dirs[i].wd == wd)
            return 0; // watched already
    char *copy = strdup(below);
    if (!copy)
        return -ENOMEM;
    w->dirs[w->dir_count].wd = wd;
    w->dirs[w->dir_count++].below = copy;
    return 0;
}

static int visit(void *arg, const char *name, unsigned char d_type) {
    char below[300];
    if (d_type == 4 /* DT_DIR */ && snprintf(below, sizeof below, "/%s", name) < (int)sizeof below)
        add_dir(arg, below);
    return 0;
}

int watch_inotify_open(struct watch *w) {
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->fd < 0)
        return -errno;
    int err = add_dir(w, "");
    if (err) {
        close(w->fd);
        w->fd = -1;
        return err;
    }
    root_list(w->root, ROOT_SHM, "", visit, w); // what is not seen of it is left to the pictures
    return 0;
}

static size_t dir_of(const struct watch *w, int wd) {
    size_t i = 0;
    while (i < w->dir_count && w->dirs[i].wd != wd)
        i++;
    return i;
}

static int take_one(struct watch *w, const struct inotify_event *e, const char *name,
                    struct name_notes *out) {
    char below[300];
    out->lost |= (e->mask & IN_Q_OVERFLOW) != 0;
    size_t i = dir_of(w, e->wd);
    if (i == w->dir_count)
        return 0;
    if (e->mask & IN_IGNORED) { // the directory is gone
        free(w->dirs[i].below);
        w->dirs[i] = w->dirs[--w->dir_count];
        return 0;
    }
    if (e->len == 0)
        return 0;
    if (e->mask & IN_ISDIR) {
        if (e->mask & (IN_CREATE | IN_MOVED_TO) && w->dirs[i].below[0] == '\0' &&
            snprintf(below, sizeof below, "/%s", name) < (int)sizeof below)
            add_dir(w, below);
        return 0;
    }
    return watch_note(out, w->dirs[i].below, name, e->mask & (IN_CREATE | IN_MOVED_TO),
                      e->mask & (IN_DELETE | IN_MOVED_FROM), 0, "");
}

int watch_inotify_take(struct watch *w, const char *bytes, size_t len, struct name_notes *out) {
    struct inotify_event e;
    int err = 0;
    for (size_t at = 0; err == 0 && at + sizeof e <= len; at += sizeof e + e.len) {
        memcpy(&e, bytes + at, sizeof e);
        if (e.len > len - at - sizeof e)
            break;
        err = take_one(w, &e, bytes + at + sizeof e, out);
    }
    return err;
}
