// locks.h - parsing /proc/locks.
#ifndef PROBES_LOCKS_H
#define PROBES_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct root;

struct lock_line {
    pid_t pid; // 0: the lock names no process (F_OFD_SETLK), or one we cannot see
    uint64_t dev, ino;
    bool waits; // not held: it waits for the lock above
};
// Reads /proc/locks as a whole; the text is the caller's. 0 or -errno.
int locks_read(const struct root *root, char **text, size_t *len);
// Parses a line without its newline. False: not such a line.
bool lock_parse_line(const char *line, size_t len, struct lock_line *out);

#endif
