// golden.h - texts that tests hold against files in tests/golden; UPDATE_GOLDEN=1 rewrites them.
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <stdbool.h>

#include "ui/canvas.h"
#include "ui/style.h"

// Holds text against tests/golden/NAME. On a difference prints the first lines that differ and both
// texts' line numbers. True when equal or rewritten.
bool golden_text(const char *name, const char *text);
// The same for a canvas: its text plane, and with `attributes` its plane of mono attributes too.
bool golden_canvas(const char *name, const struct canvas *c, bool attributes);
// A letter for each cell that is not plain, and a line for each letter: its foreground and
// background of 256 (- the terminal's own) and its attributes. Owned by the caller.
char *golden_colours(const struct canvas *c, const struct theme *theme);

#endif
