// monitor.h - the monitor on a terminal: what `shmtop` without a command runs.
#ifndef APP_MONITOR_H
#define APP_MONITOR_H

struct config_faults;
struct options;

// Runs until the user leaves; stdin and stdout must be terminals. Returns the exit code: 0, 2 with
// one line on stderr when the terminal or the captured root cannot be used, 128+N when signal N
// (TERM HUP INT QUIT) ended it or, as by SIGHUP, the terminal went away.
// What was wrong with the user's configuration is shown first.
int monitor_run(const struct options *opt, const struct config_faults *faults);

#endif
