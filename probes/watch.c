// watch.c - what the kernel tells of names in our /dev/shm, by whichever way there is.
#include "probes/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/watch_internal.h"

int watch_open(const struct root *root, struct watch **out) {
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->root = root;
    w->fd = -1;
    *out = w;
    if (!root_is_live(root) || root_vantage(root)->devshm_dev == 0)
        return 0;
    if (watch_fanotify_open(w) == 0)
        w->source = NAMES_WITH_PID;
    else if (watch_inotify_open(w) == 0)
        w->source = NAMES_TOLD;
    return 0;
}

void watch_close(struct watch *w) {
    if (!w)
        return;
    if (w->fd >= 0)
        close(w->fd);
    for (size_t i = 0; i < w->dir_count; i++)
        free(w->dirs[i].below);
    free(w);
}

enum name_source watch_source(const struct watch *w) {
    return w->source;
}

int watch_note(struct name_notes *out, const char *below, const char *name, bool created,
               bool deleted, pid_t pid, const char *comm) {
    struct name_note n = {.created = created, .deleted = deleted, .pid = pid > 0 ? pid : 0};
    int len = asprintf(&n.name, "%s/%s", below, name);
    if (len < 0)
        return -ENOMEM;
    n.len = (size_t)len;
    snprintf(n.comm, sizeof n.comm, "%s", comm);
    int err = name_notes_add(out, &n);
    if (err)
        free(n.name);
    return err;
}

int watch_drain(struct watch *w, struct name_notes *out) {
    // The queue of the kernel is bounded, and so is a reader that something keeps feeding.
    enum { READS = 4096 };
    char *buf = w->fd >= 0 ? malloc(WATCH_BUFFER) : NULL;
    int err = w->fd >= 0 && !buf ? -ENOMEM : 0;
    for (int i = 0; w->fd >= 0 && err == 0 && i < READS; i++) {
        ssize_t n = read(w->fd, buf, WATCH_BUFFER);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        err = w->source == NAMES_WITH_PID ? watch_fanotify_take(w, buf, (size_t)n, out)
                                          : watch_inotify_take(w, buf, (size_t)n, out);
    }
    free(buf);
    return err;
}
