// lens_file.h - reading and keeping lenses: the user's file of them, and single ones in files.
#ifndef APP_LENS_FILE_H
#define APP_LENS_FILE_H

#include "core/fault.h"
#include "core/lenses.h"

// Reads $XDG_CONFIG_HOME/shmtop/lenses (~/.config/shmtop/lenses). *out is the caller's; without a
// file there are none in it. OUTCOME_DONE, or OUTCOME_USAGE with *f filled in about the first line
// that is wrong, or why it cannot be read: then the others are in *out all the same.
enum outcome lens_file_load(struct lenses **out, struct fault *f);
// Keeps a lens under a pattern. OUTCOME_DONE with the path, escaped, or the fault.
enum outcome lens_file_save(const char *pattern, const char *description, char *path,
                            size_t path_size, struct fault *f);
// The whole of a file with a description; ~/ is the home. NULL, with the reason; owned.
char *lens_file_text(const char *path, char *why, size_t why_size);

#endif
