// sysv_watch.h - which System V segments have been attached to or detached from since the last
// scan.
#ifndef PROBES_SYSV_WATCH_H
#define PROBES_SYSV_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct builder;
struct sysv_watch;

// Owned by the caller. 0 or -ENOMEM.
int sysv_watch_new(struct sysv_watch **out);
void sysv_watch_free(struct sysv_watch *w); // NULL is legal
// Compares the builder's segments with those of the call before and calls `touched` with the last
// user of every changed one. 0 or -ENOMEM.
int sysv_watch_update(struct sysv_watch *w, struct builder *b,
                      void (*touched)(void *arg, pid_t last), void *arg);
// True when the segment changed with the last update, is new or is gone.
bool sysv_watch_changed(const struct sysv_watch *w, uint64_t ns, uint64_t shmid);

#endif
