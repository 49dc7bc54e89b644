// recall.h - what a prober remembers of segments and processes from one scan to the next.
#ifndef PROBES_RECALL_H
#define PROBES_RECALL_H

#include "core/snapshot.h"
#include "probes/probe.h"
#include "probes/root.h"

struct recall;

// Owned by the caller. 0 or -ENOMEM.
int recall_new(struct recall **out);
void recall_free(struct recall *r); // NULL is legal
// Tells a picture that is being made what is known of its segments beyond it: when they were last
// held, whom their content names as owner, and the pids by which inner pid namespaces know
// processes. want->everything: what was looked for in vain is looked for again. 0 or -ENOMEM.
int recall_tell(struct recall *r, const struct root *root, const struct scan_request *want,
                struct late *late);

#endif
