// xalloc.c - memory that is there, or the program ends.
#include "app/xalloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *p) {
    if (!p) {
        fputs("shmtop: memory: there is none left\n", stderr);
        abort();
    }
    return p;
}

void *xcalloc(size_t count, size_t size) {
    return need(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size) {
    return need(reallocarray(old, count ? count : 1, size ? size : 1));
}

void *xmemdup(const void *bytes, size_t size) {
    void *copy = xcalloc(1, size);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

char *xstrdup(const char *text) {
    return need(strdup(text));
}

char *xasprintf(const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int n = vasprintf(&text, format, args);
    va_end(args);
    return need(n < 0 ? NULL : text);
}

int xcheck(int result) {
    if (result == -ENOMEM)
        need(NULL);
    return result;
}
