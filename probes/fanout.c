// fanout.c - runs one function over many items with a second thread where that pays.
#include "probes/fanout.h"

#include <stdbool.h>
#include <stdatomic.h>
#include <unistd.h>

#include "probes/thread.h"

// Starting a thread costs about as much as reading this many processes saves.
#define WORTH_A_THREAD 200u
#define CHUNK 16u

struct job {
    atomic_size_t next;
    size_t count;
    void (*fn)(void *arg, unsigned worker, size_t i);
    void *arg;
};

static void work(struct job *job, unsigned worker) {
    for (;;) {
        size_t from = atomic_fetch_add_explicit(&job->next, CHUNK, memory_order_relaxed);
        if (from >= job->count)
            return;
        size_t to = job->count - from < CHUNK ? job->count : from + CHUNK;
        for (size_t i = from; i < to; i++)
            job->fn(job->arg, worker, i);
    }
}

static void *helper(void *arg) {
    work(arg, 1);
    return NULL;
}

void fanout_run(size_t count, void (*fn)(void *arg, unsigned worker, size_t i), void *arg) {
    struct job job = {.count = count, .fn = fn, .arg = arg};
    pthread_t thread;
    bool helped = false;
    if (count > WORTH_A_THREAD && sysconf(_SC_NPROCESSORS_ONLN) > 1)
        helped = thread_start(&thread, helper, &job) == 0;
    work(&job, 0);
    if (helped)
        pthread_join(thread, NULL);
}
