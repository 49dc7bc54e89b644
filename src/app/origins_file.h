// origins_file.h - the rows that a user adds to the catalogue of software that makes segments.
#ifndef APP_ORIGINS_FILE_H
#define APP_ORIGINS_FILE_H

#include "core/fault.h"
#include "core/origin.h"

// Reads $XDG_CONFIG_HOME/shmtop/origins (~/.config/shmtop/origins); without one the built-in rows
// are all there are. *out is counted, one reference for the caller. OUTCOME_DONE, or OUTCOME_USAGE
// with *f filled in: it cannot be read, or line N of it is wrong.
enum outcome origins_file_load(struct origins **out, struct fault *f);

#endif
