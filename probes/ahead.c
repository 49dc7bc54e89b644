// ahead.c - reads a file on a thread of its own, where the kernel makes the reader wait.
#include "probes/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct ahead {
    const struct root *root; // borrowed
    ahead_read *read;
    pthread_t thread;
    int err;
    char *text; // owned
    size_t len;
};

static void *run(void *arg) {
    struct ahead *a = arg;
    a->err = a->read(a->root, &a->text, &a->len);
    return NULL;
}

struct ahead *ahead_start(const struct root *root, ahead_read *read) {
    struct ahead *a = calloc(1, sizeof *a);
    if (a) {
        // The reader takes no signal: whoever waits for signals must get them.
        sigset_t all, before;
        *a = (struct ahead){.root = root, .read = read};
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int err = pthread_create(&a->thread, NULL, run, a);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (err == 0)
            return a;
    }
    free(a);
    return NULL;
}

int ahead_take(struct ahead *a, char **text, size_t *len) {
    pthread_join(a->thread, NULL);
    int err = a->err;
    if (err == 0) {
        *text = a->text;
        *len = a->len;
    }
    free(a);
    return err;
}

void ahead_drop(struct ahead *a) {
    char *text = NULL;
    size_t len;
    if (a && ahead_take(a, &text, &len) == 0)
        free(text);
}
