// sysv.h - reading the table of System V segments of any IPC namespace into a scan.
#ifndef PROBES_SYSV_H
#define PROBES_SYSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model.h"

struct scan;

// What /proc/PID/uid_map tells: `count` ids from `inside` on are those from `outside` on here.
struct id_range {
    uint32_t inside, outside, count;
};
struct id_map {
    struct id_range ranges[16];
    size_t count;
};

// Whose table it is.
struct sysv_place {
    uint64_t ns; // 0: our own, whose number is not known
    bool foreign;
    strv container;
    const struct id_map *uids, *gids; // NULL: the ids are told as we know them
};

// Reads an open sysvipc/shm. What cannot be read or makes no sense is noted. 0 or -ENOMEM.
int sysv_read_fd(struct scan *scan, const struct sysv_place *place, int fd);
// The same of text that was read already.
int sysv_read_text(struct scan *scan, const struct sysv_place *place, const char *text, size_t len);

#endif
