// signals.h - the names of signals.
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

// TERM, SIGTERM or 15, whatever its case; RTMIN, RTMIN+3 and RTMAX-1 too. 0: there is no such
// signal.
int parse_signal(const char *text);

#endif
