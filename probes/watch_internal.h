// watch_internal.h - what the two ways of watching names share.
#ifndef PROBES_WATCH_INTERNAL_H
#define PROBES_WATCH_INTERNAL_H

#include "probes/watch.h"

enum { WATCH_DIRS = 64, WATCH_BUFFER = 1 << 16, WATCH_NAME = 4096 };

struct watch {
    const struct root *root;
    enum name_source source;
    int fd; // -1 none
    bool has_pidfd;
    // inotify: the directories watched, by watch descriptor
    struct {
        int wd;
        char *below; // "" /dev/shm itself, "/dir" below it; owned
    } dirs[WATCH_DIRS];
    size_t dir_count;
};

// Each starts to watch. 0, or -errno: it cannot be done this way.
int watch_fanotify_open(struct watch *w);
int watch_inotify_open(struct watch *w);
// Each takes the bytes of one read(2). 0 or -ENOMEM.
int watch_fanotify_take(struct watch *w, const char *bytes, size_t len, struct name_notes *out);
int watch_inotify_take(struct watch *w, const char *bytes, size_t len, struct name_notes *out);
// Adds a note about `name` in the directory `below` ("" or "/dir"). 0 or -ENOMEM.
int watch_note(struct name_notes *out, const char *below, const char *name, bool created,
               bool deleted, pid_t pid, const char *comm);

#endif
