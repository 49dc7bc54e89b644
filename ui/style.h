// style.h - themes: what each style looks like with 256, 8 and no colours.
#ifndef UI_STYLE_H
#define UI_STYLE_H

#include "ui/canvas.h"

enum style_attr { ATTR_BOLD = 1, ATTR_DIM = 2, ATTR_REVERSE = 4, ATTR_UNDERLINE = 8 };

// fg and bg are indexes of the 256-colour palette, -1 the terminal's own.
struct look {
    short fg, bg;
    unsigned attr; // enum style_attr
};
struct theme {
    const char *name;
    struct look look256[STYLE_COUNT], look8[STYLE_COUNT], mono[STYLE_COUNT];
};
extern const struct theme *const themes[];           // ends with NULL; the first is the default
const struct theme *theme_by_name(const char *name); // NULL: no such theme
// The look for a terminal with this many colours (0: none).
const struct look *theme_look(const struct theme *theme, enum style style, int colors);

#endif
