// kept.c - descriptors of files of /proc that stay open from one scan to the next.
#include "probes/kept.h"

#include <sys/resource.h>
#include <unistd.h>

enum { NOFILE_WANTED = 65536 }; // descriptors, if the hard limit lets us

void kept_open(struct kept *kept) {
    struct rlimit limit;
    atomic_init(&kept->count, 0);
    kept->limit = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    rlim_t wanted = limit.rlim_max < NOFILE_WANTED ? limit.rlim_max : NOFILE_WANTED;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {wanted, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    kept->limit = limit.rlim_cur > NOFILE_WANTED ? NOFILE_WANTED / 2 : (unsigned)limit.rlim_cur / 2;
}

bool kept_one_more(struct kept *kept) {
    if (atomic_fetch_add(&kept->count, 1) < kept->limit)
        return true;
    atomic_fetch_sub(&kept->count, 1);
    return false;
}

void kept_close(struct kept *kept, int *fd) {
    if (*fd < 0)
        return;
    close(*fd);
    *fd = -1;
    atomic_fetch_sub(&kept->count, 1);
}
