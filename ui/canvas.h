// canvas.h - a grid of cells that screens draw on; no terminal in sight.
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a cell means; themes turn it into colours and attributes. Colour is never the only carrier.
#define STYLE_LIST(X)                                                                              \
    X(NORMAL)                                                                                      \
    X(DIM)       /* labels, what is missing, rows that are gone */                                 \
    X(STRONG)    /* values that matter */                                                          \
    X(TITLE)     /* title line */                                                                  \
    X(HEAD)      /* column heads */                                                                \
    X(HEAD_SORT) /* the head sorted by */                                                          \
    X(SELECTED)  /* the row under the cursor */                                                    \
    X(TAGGED)                                                                                      \
    X(GOOD)                                                                                        \
    X(WARN) /* yellow and "!" */                                                                   \
    X(BAD)  /* red and a word */                                                                   \
    X(NEW)                                                                                         \
    X(BAR1) /* parts of a meter */                                                                 \
    X(BAR2)                                                                                        \
    X(BAR3)                                                                                        \
    X(KEY)   /* key in the footer */                                                               \
    X(LABEL) /* its label */                                                                       \
    X(BORDER)                                                                                      \
    X(INPUT) /* text fields */                                                                     \
    X(BUTTON)                                                                                      \
    X(BUTTON_ON) /* the focused button */                                                          \
    X(MATCH)     /* found text */                                                                  \
    X(HEX_ZERO)                                                                                    \
    X(HEX_PRINT)                                                                                   \
    X(HEX_SPACE)                                                                                   \
    X(HEX_CTRL)                                                                                    \
    X(HEX_HIGH)                                                                                    \
    X(HEX_HOLE)                                                                                    \
    X(CHANGED1) /* changed just now, then fading */                                                \
    X(CHANGED2)                                                                                    \
    X(CHANGED3)                                                                                    \
    X(PENDING) /* typed and not yet written */                                                     \
    X(CURSOR)  /* byte under the cursor */
enum style {
#define X(id) STYLE_##id,
    STYLE_LIST(X)
#undef X
        STYLE_COUNT
};

struct cell {
    uint32_t ch[3]; // code point and up to two combining ones; ch[0] == 0: right half of a wide one
    uint8_t style;
    uint8_t width; // 1 or 2; 0 for the right half
};

struct canvas {
    int rows, cols;
    bool utf8;              // false: ASCII only; line drawing and blocks become + - | . : #
    int cursor_y, cursor_x; // terminal cursor, -1 none
    struct cell *cells;     // rows * cols
};

struct rect {
    int y, x, rows, cols;
};

// Owned by the caller. NULL on lack of memory.
struct canvas *canvas_new(int rows, int cols, bool utf8);
void canvas_free(struct canvas *c);
void canvas_clear(struct canvas *c); // blanks in STYLE_NORMAL, no cursor

// All drawing clips at the canvas edges; nothing is ever written outside.
// Draws terminated UTF-8 text that shmtop itself made, at most `width` cells; returns cells used.
// Bytes from outside must have gone through name_escape (core/segname.h) first.
int canvas_text(struct canvas *c, int y, int x, int width, enum style style, const char *text);
int canvas_textf(struct canvas *c, int y, int x, int width, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
// canvas_text for text that may be too long: when cut, the last cell shows an ellipsis.
int canvas_fit(struct canvas *c, int y, int x, int width, enum style style, const char *text);
// The same, right-aligned in `width` cells and padded with blanks.
void canvas_text_right(struct canvas *c, int y, int x, int width, enum style style,
                       const char *text);
void canvas_fill(struct canvas *c, struct rect r, enum style style, uint32_t ch);
// Gives existing cells another style.
void canvas_restyle(struct canvas *c, struct rect r, enum style style);
void canvas_box(struct canvas *c, struct rect r, enum style style, const char *title);
void canvas_hline(struct canvas *c, int y, int x, int width, enum style style);
// What an ASCII-only canvas shows in place of a character; '?' for what has no stand-in.
uint32_t canvas_ascii(uint32_t cp);

#endif
