// fds.h - the descriptors of one process, for probes that need them out of turn.
#ifndef PROBES_FDS_H
#define PROBES_FDS_H

struct scan;
struct proc;

// Reads the descriptors of a process and adds what they show, unless this scan has read them
// already. 0 or -ENOMEM.
int fds_look(struct scan *scan, struct proc *p);

#endif
