// canvas_dump.h - a canvas as plain text, as a plane of attributes, and as a picture.
#ifndef UI_CANVAS_DUMP_H
#define UI_CANVAS_DUMP_H

#include "ui/canvas.h"
#include "ui/style.h"

// All give terminated text owned by the caller, NULL on lack of memory.

// The characters, one line a row, right blanks cut.
char *canvas_dump_text(const struct canvas *c);
// One letter a cell for how it looks on a terminal with this many colours: blank plain, b bold,
// d dim, r reverse, u underline, + more than one of them. Right blanks cut.
char *canvas_dump_attributes(const struct canvas *c, const struct theme *theme, int colors);
// SVG with 256 colours, on a terminal that is light or dark by itself. Boxes and blocks are drawn
// as shapes, so that they join whatever the font.
char *canvas_dump_svg(const struct canvas *c, const struct theme *theme, bool light);

#endif
