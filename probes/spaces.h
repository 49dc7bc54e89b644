// spaces.h - what is remembered of other namespaces from one scan to the next: names, numbers,
// counts, never a descriptor.
#ifndef PROBES_SPACES_H
#define PROBES_SPACES_H

struct spaces;

// Owned by the caller. 0 or -ENOMEM.
int spaces_new(struct spaces **out);
void spaces_free(struct spaces *s); // NULL is legal

#endif
