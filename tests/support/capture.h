// capture.h - writes what shmtop reads of a live machine into a directory, as a captured root.
#ifndef TESTS_SUPPORT_CAPTURE_H
#define TESTS_SUPPORT_CAPTURE_H

#include <stddef.h>
#include <sys/types.h>

#include "probes/root.h"

struct capture_options {
    const pid_t *pids; // processes to take; count 0: all but ourselves
    size_t pid_count;
    size_t content; // bytes to keep of each object; those of semaphores are always kept
};

// Makes dir (which must not exist) and fills it. 0 or -errno; `error` gets one line.
int capture_root(const struct root *live, const char *dir, const struct capture_options *opt,
                 char *error, size_t size);

#endif
