// xalloc.h - memory that is there: these abort when there is none, so callers need not ask.
#ifndef APP_XALLOC_H
#define APP_XALLOC_H

#include <stddef.h>

// All results are owned by the caller and freed with free(3).
void *xcalloc(size_t count, size_t size); // zeroed; count or size 0: still a pointer
void *xreallocarray(void *old, size_t count, size_t size);
void *xmemdup(const void *bytes, size_t size);
char *xstrdup(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Aborts on -ENOMEM of a core function; passes every other result on.
int xcheck(int result);

#endif
