// ahead.c - reads a file on a thread of its own, where the kernel makes the reader wait.
#include "probes/ahead.h"

#include <stdlib.h>

#include "probes/thread.h"

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
        *a = (struct ahead){.root = root, .read = read};
        if (thread_start(&a->thread, run, a) == 0)
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
