// theme_file.h - themes by name: the built-in ones, and those that a user wrote into a file.
//
// A file is $XDG_CONFIG_HOME/shmtop/themes/NAME: a line "base = dark" for what it does not name,
// and a line "STYLE = FOREGROUND BACKGROUND ATTRIBUTES" for each style (ui/style.h, theme_set).
#ifndef APP_THEME_FILE_H
#define APP_THEME_FILE_H

#include "core/fault.h"
#include "ui/style.h"

enum { THEME_NAME_MAX = 60 };

// A theme as the program uses it. When its file is wrong in places the rest of it counts.
struct theme_choice {
    char name[THEME_NAME_MAX + 4];
    struct theme theme;
};

// True when there is a built-in theme or a file of this name. Names of
// files are letters, digits and . _ - with no dot in front.
bool theme_known(const char *name);
// Fills *out with the theme of this name; without one, with the default theme. OUTCOME_DONE, or
// OUTCOME_USAGE with *f filled ("FILE:LINE: why" of the first line that is wrong).
enum outcome theme_load(const char *name, struct theme_choice *out, struct fault *f);
// The n-th name that can be chosen: the built-in ones, then those of files in the order of their
// names, at most 32. False: there is none.
bool theme_name(size_t n, char *buf, size_t size);

#endif
