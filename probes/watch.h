// watch.h - what the kernel tells of names in our /dev/shm between two looks.
//
// Nothing is woken by it: the kernel keeps the news in a queue of its own until it is asked. As
// root (CAP_SYS_ADMIN) by fanotify, which tells who did it; else by inotify, which does not.
#ifndef PROBES_WATCH_H
#define PROBES_WATCH_H

#include "core/event.h"
#include "probes/root.h"

struct watch;

// Owned by the caller; watching begins now. Where nothing can be watched that is no error: the
// source tells. 0 or -ENOMEM.
int watch_open(const struct root *root, struct watch **out);
void watch_close(struct watch *w); // NULL is legal
enum name_source watch_source(const struct watch *w);
// Adds all that was told since the last call; never waits. 0 or -ENOMEM.
int watch_drain(struct watch *w, struct name_notes *out);

#endif
