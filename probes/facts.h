// facts.h - two ways to the command line of a process: libproc2, and the file itself.
#ifndef PROBES_FACTS_H
#define PROBES_FACTS_H

#include <stddef.h>

struct proc;
struct root;
struct command_lines;

enum { CMDLINE_MAX = 4096 }; // bytes kept of a command line

// libproc2 reads /proc of the machine it runs on and nothing else. Owned by the caller. 0 or
// -errno when the library cannot be used.
int command_lines_new(struct command_lines **out);
void command_lines_free(struct command_lines *c); // NULL is legal
// Fills facts.cmdline of these processes; one that has none, or is gone, keeps facts.cmdline_why
// saying so. 0 or -errno.
int command_lines_read(struct command_lines *c, struct proc *const *procs, size_t count);

// The same for one process from /proc/PID/cmdline of any root. 0 or -ENOMEM.
int command_line_from_file(const struct root *root, struct proc *p);
// Takes arguments that end in zero bytes as the command line, joined by spaces. 0 or -ENOMEM.
int command_line_set(struct proc *p, const char *args, size_t len);

#endif
