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
// Sets one style of a theme in words: `style` is its name in small letters with - for _
// ("hex-zero"), `words` are foreground, background and attributes: "203 default bold". A colour is
// default, one of black red green yellow blue magenta cyan white, the same with bright- before it,
// or a number up to 255; attributes are bold dim reverse underline. With 8 colours the nearest one
// is taken; without colours only the attributes are, and where there are none those of the theme
// before. False, with the reason in why: then nothing is changed.
bool theme_set(struct theme *theme, const char *style, const char *words, char *why,
               size_t why_size);
// "hex-zero". Returns buf.
const char *style_name(enum style style, char buf[24]);
// The look for a terminal with this many colours (0: none).
const struct look *theme_look(const struct theme *theme, enum style style, int colors);

#endif
