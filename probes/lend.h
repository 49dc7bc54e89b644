// lend.h - making names in a tmpfs that does not know our user.
//
// A tmpfs that was mounted inside of a user namespace takes no new name from a user whom that
// namespace does not map, be it root of the machine (EOVERFLOW; removing works). There root makes
// them as the owner of the directory, and keeps its capabilities. Everywhere else these are the
// plain system calls. Each returns what the call does or -errno.
#ifndef PROBES_LEND_H
#define PROBES_LEND_H

#include <sys/types.h>

// *as: the user it was made as.
int lend_mkdirat(int dir, const char *name, mode_t mode, uid_t *as);
int lend_symlinkat(const char *text, int dir, const char *name);
// Moves, and never replaces what is there.
int lend_rename(int from, const char *name, int to, const char *new_name);
// Makes a file that is not there yet and opens it to be read and written.
int lend_create(int dir, const char *name, mode_t mode);

#endif
