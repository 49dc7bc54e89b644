// fault.h - one user-facing failure: what, why, and what to do about it.
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include <stddef.h>

// How something ended; the numbers are the exit codes.
enum outcome {
    OUTCOME_DONE = 0,
    OUTCOME_FAILED = 1,  // the kernel refused, or I/O
    OUTCOME_USAGE = 2,   // bad words or environment
    OUTCOME_MISSING = 3, // no such segment
    OUTCOME_REFUSED = 4  // refused by shmtop, nothing changed
};

struct fault {
    enum outcome outcome;
    int err;        // errno, 0 when the kernel gave none
    char what[320]; // the thing: a SEG, an option, a path; already escaped for display
    char why[200];
    char todo[200]; // may be empty
};

// Fills *f with the texts as they are (NULL is ""); what is too long is cut and ends in "...",
// control bytes become '?'. Returns outcome.
// fault_set(f, OUTCOME_REFUSED, 0, "posix:/x", "is in use by 2 processes", "use --force to ...").
enum outcome fault_set(struct fault *f, enum outcome outcome, int err, const char *what,
                       const char *why, const char *todo);
// The same; `why` is a printf format and comes last.
enum outcome fault_setf(struct fault *f, enum outcome outcome, int err, const char *what,
                        const char *todo, const char *why, ...)
    __attribute__((format(printf, 6, 7)));
// "WHAT: WHY (EACCES); WHAT TO DO" without "shmtop: " and newline; parts that are empty, and their
// punctuation, are left out. Always one line, terminated, cut to size. Returns its length in buf.
size_t fault_format(const struct fault *f, char *buf, size_t size);
// "EACCES" for a known errno, else "E<number>"; static storage for known ones, else buf.
const char *errno_name(int err, char buf[16]);

#endif
