// thread.h - threads that help a scan.
#ifndef PROBES_THREAD_H
#define PROBES_THREAD_H

#include <pthread.h>

// Starts a thread that takes none of the signals that others wait for, but those of its own faults:
// a fault whose signal is blocked ends the program at once (sigaction(2)), and nobody would put the
// terminal back. Its handlers have a stack of their own, for when its own has overflowed.
// 0 or an errno, as pthread_create(3); pthread_join is due.
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
