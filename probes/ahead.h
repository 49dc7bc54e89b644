// ahead.h - reads a file on a thread of its own, where the kernel makes the reader wait.
//
// Closing /proc/locks waits for all processors to notice (an RCU grace period, about 10 ms), which
// costs nobody anything but the one who waits.
#ifndef PROBES_AHEAD_H
#define PROBES_AHEAD_H

#include <stddef.h>

struct ahead;
struct root;

// Reads something as a whole; the text is the caller's. 0 or -errno.
typedef int ahead_read(const struct root *root, char **text, size_t *len);
// Begins to read. NULL: there is no memory or no thread, and it is best read in the usual way.
struct ahead *ahead_start(const struct root *root, ahead_read *read);
// Waits for the end, frees it, and gives what `read` gave: the text is the caller's.
int ahead_take(struct ahead *ahead, char **text, size_t *len);
// The same for who no longer wants it; NULL is legal.
void ahead_drop(struct ahead *ahead);

#endif
