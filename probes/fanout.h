// fanout.h - runs one function over many items with a second thread where that pays.
#ifndef PROBES_FANOUT_H
#define PROBES_FANOUT_H

#include <stddef.h>

#define FANOUT_WORKERS 2u

// Calls fn(arg, worker, i) once for every i below count, in no order, and returns when all are
// done. worker is below FANOUT_WORKERS and belongs to one thread: scratch memory may be kept by it.
// Small counts, machines with one processor and a failing pthread_create run in the caller alone.
void fanout_run(size_t count, void (*fn)(void *arg, unsigned worker, size_t i), void *arg);

#endif
