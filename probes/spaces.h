// spaces.h - what is remembered of other namespaces from one scan to the next: names, numbers,
// counts, never a descriptor.
#ifndef PROBES_SPACES_H
#define PROBES_SPACES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model.h"

struct scan;
struct spaces;

// Owned by the caller. 0 or -ENOMEM.
int spaces_new(struct spaces **out);
void spaces_free(struct spaces *s); // NULL is legal
// The container that a mount namespace met in this scan belongs to, or NONE.
strv spaces_container(const struct scan *scan, uint64_t mnt_ns);
// True when that namespace has a segment with this shmid now, which may be newer than its listing.
// False also where it cannot be entered.
bool spaces_have_sysv(const struct scan *scan, uint64_t ns, uint64_t shmid);

#endif
