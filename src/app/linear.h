// linear.h - the monitor without a screen: plain lines and a prompt, for screen readers.
//
// Nothing is drawn and nothing appears by itself: the list is numbered lines, a line typed is a
// command (those of the command line, and list, next, filter, sort, help, quit), an empty line
// looks again and tells what changed. Works on every terminal, TERM=dumb too.
#ifndef APP_LINEAR_H
#define APP_LINEAR_H

struct config_faults;
struct options;

// Runs until `quit` or the end of input. Returns the exit code: 0, or as the commands when the
// machine cannot be looked at.
int linear_run(const struct options *opt, const struct config_faults *faults);

#endif
