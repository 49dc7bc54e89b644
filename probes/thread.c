// thread.c - threads that help a scan.
#include "probes/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { HANDLER_STACK = 64 * 1024 };

struct start {
    void *(*run)(void *arg);
    void *arg;
    char room[HANDLER_STACK];
};

static void *begin(void *arg) {
    struct start *start = arg;
    const stack_t own = {.ss_sp = start->room, .ss_size = sizeof start->room};
    stack_t before;
    int err = sigaltstack(&own, &before);
    void *result = start->run(start->arg);
    if (err == 0)
        sigaltstack(&before, NULL);
    free(start);
    return result;
}

int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t mask, before;
    struct start *start = malloc(sizeof *start);
    if (!start)
        return ENOMEM;
    start->run = run;
    start->arg = arg;
    sigfillset(&mask);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&mask, faults[i]);
    pthread_sigmask(SIG_SETMASK, &mask, &before);
    int err = pthread_create(thread, NULL, begin, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err)
        free(start);
    return err;
}
