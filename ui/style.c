// style.c - the themes, one const table; mono is the base and colour only an addition.
//
// Body text and background are the terminal's own (-1), so that dark, light and tinted terminals
// all stay readable; no plain blue, no bold black. With 8 colours dim is never mixed with a colour,
// because the Linux console cannot show both (ncv in its terminfo entry).
#include "ui/style.h"

#include <string.h>

#define B ATTR_BOLD
#define D ATTR_DIM
#define R ATTR_REVERSE
#define U ATTR_UNDERLINE

// Reverse, bold and underline are all there is; words and signs carry the rest.
#define MONO                                                                                       \
    {                                                                                              \
        [STYLE_NORMAL] = {-1, -1, 0}, [STYLE_DIM] = {-1, -1, 0}, [STYLE_STRONG] = {-1, -1, B},     \
        [STYLE_TITLE] = {-1, -1, R}, [STYLE_HEAD] = {-1, -1, U},                                   \
        [STYLE_HEAD_SORT] = {-1, -1, B | U}, [STYLE_SELECTED] = {-1, -1, R},                       \
        [STYLE_TAGGED] = {-1, -1, B}, [STYLE_GOOD] = {-1, -1, 0}, [STYLE_WARN] = {-1, -1, B},      \
        [STYLE_BAD] = {-1, -1, B | U}, [STYLE_NEW] = {-1, -1, B}, [STYLE_BAR1] = {-1, -1, B},      \
        [STYLE_BAR2] = {-1, -1, 0}, [STYLE_BAR3] = {-1, -1, 0}, [STYLE_KEY] = {-1, -1, B},         \
        [STYLE_LABEL] = {-1, -1, R}, [STYLE_BORDER] = {-1, -1, 0}, [STYLE_INPUT] = {-1, -1, U},    \
        [STYLE_BUTTON] = {-1, -1, 0}, [STYLE_BUTTON_ON] = {-1, -1, B | R},                         \
        [STYLE_MATCH] = {-1, -1, B | U}, [STYLE_HEX_ZERO] = {-1, -1, 0},                           \
        [STYLE_HEX_PRINT] = {-1, -1, 0}, [STYLE_HEX_SPACE] = {-1, -1, 0},                          \
        [STYLE_HEX_CTRL] = {-1, -1, 0}, [STYLE_HEX_HIGH] = {-1, -1, 0},                            \
        [STYLE_HEX_HOLE] = {-1, -1, 0}, [STYLE_CHANGED1] = {-1, -1, R},                            \
        [STYLE_CHANGED2] = {-1, -1, U}, [STYLE_CHANGED3] = {-1, -1, 0},                            \
        [STYLE_PENDING] = {-1, -1, B | U}, [STYLE_CURSOR] = {-1, -1, B | R},                       \
    }

static const struct theme dark = {
    .name = "dark",
    .look256 =
        {
            [STYLE_NORMAL] = {-1, -1, 0},        [STYLE_DIM] = {245, -1, 0},
            [STYLE_STRONG] = {-1, -1, B},        [STYLE_TITLE] = {255, 24, B},
            [STYLE_HEAD] = {252, 238, 0},        [STYLE_HEAD_SORT] = {231, 23, B},
            [STYLE_SELECTED] = {-1, -1, R},      [STYLE_TAGGED] = {221, -1, B},
            [STYLE_GOOD] = {114, -1, 0},         [STYLE_WARN] = {221, -1, 0},
            [STYLE_BAD] = {203, -1, B},          [STYLE_NEW] = {114, -1, B},
            [STYLE_BAR1] = {73, -1, 0},          [STYLE_BAR2] = {110, -1, 0},
            [STYLE_BAR3] = {179, -1, 0},         [STYLE_KEY] = {-1, -1, B},
            [STYLE_LABEL] = {255, 24, 0},        [STYLE_BORDER] = {67, -1, 0},
            [STYLE_INPUT] = {231, 238, 0},       [STYLE_BUTTON] = {252, 238, 0},
            [STYLE_BUTTON_ON] = {-1, -1, B | R}, [STYLE_MATCH] = {16, 221, 0},
            [STYLE_HEX_ZERO] = {245, -1, 0},     [STYLE_HEX_PRINT] = {152, -1, 0},
            [STYLE_HEX_SPACE] = {108, -1, 0},    [STYLE_HEX_CTRL] = {176, -1, 0},
            [STYLE_HEX_HIGH] = {180, -1, 0},     [STYLE_HEX_HOLE] = {243, -1, 0},
            [STYLE_CHANGED1] = {16, 214, B},     [STYLE_CHANGED2] = {214, -1, B},
            [STYLE_CHANGED3] = {137, -1, 0},     [STYLE_PENDING] = {-1, -1, B | U},
            [STYLE_CURSOR] = {-1, -1, B | R},
        },
    .look8 =
        {
            [STYLE_NORMAL] = {-1, -1, 0},
            [STYLE_DIM] = {-1, -1, D},
            [STYLE_STRONG] = {-1, -1, B},
            [STYLE_TITLE] = {-1, -1, R},
            [STYLE_HEAD] = {0, 6, 0},
            [STYLE_HEAD_SORT] = {0, 3, 0},
            [STYLE_SELECTED] = {-1, -1, R},
            [STYLE_TAGGED] = {3, -1, B},
            [STYLE_GOOD] = {2, -1, 0},
            [STYLE_WARN] = {3, -1, 0},
            [STYLE_BAD] = {1, -1, B},
            [STYLE_NEW] = {2, -1, B},
            [STYLE_BAR1] = {6, -1, 0},
            [STYLE_BAR2] = {2, -1, 0},
            [STYLE_BAR3] = {3, -1, 0},
            [STYLE_KEY] = {-1, -1, B},
            [STYLE_LABEL] = {0, 6, 0},
            [STYLE_BORDER] = {6, -1, 0},
            [STYLE_INPUT] = {0, 7, 0},
            [STYLE_BUTTON] = {-1, -1, 0},
            [STYLE_BUTTON_ON] = {-1, -1, B | R},
            [STYLE_MATCH] = {0, 3, 0},
            [STYLE_HEX_ZERO] = {-1, -1, D},
            [STYLE_HEX_PRINT] = {6, -1, 0},
            [STYLE_HEX_SPACE] = {2, -1, 0},
            [STYLE_HEX_CTRL] = {5, -1, 0},
            [STYLE_HEX_HIGH] = {-1, -1, 0},
            [STYLE_HEX_HOLE] = {-1, -1, D},
            [STYLE_CHANGED1] = {3, -1, B | R},
            [STYLE_CHANGED2] = {3, -1, B},
            [STYLE_CHANGED3] = {3, -1, 0},
            [STYLE_PENDING] = {-1, -1, B | U},
            [STYLE_CURSOR] = {-1, -1, B | R},
        },
    .mono = MONO,
};

static const struct theme light = {
    .name = "light",
    .look256 =
        {
            [STYLE_NORMAL] = {-1, -1, 0},        [STYLE_DIM] = {242, -1, 0},
            [STYLE_STRONG] = {-1, -1, B},        [STYLE_TITLE] = {231, 24, B},
            [STYLE_HEAD] = {235, 252, 0},        [STYLE_HEAD_SORT] = {231, 23, B},
            [STYLE_SELECTED] = {-1, -1, R},      [STYLE_TAGGED] = {94, -1, B},
            [STYLE_GOOD] = {22, -1, 0},          [STYLE_WARN] = {94, -1, 0},
            [STYLE_BAD] = {124, -1, B},          [STYLE_NEW] = {22, -1, B},
            [STYLE_BAR1] = {30, -1, 0},          [STYLE_BAR2] = {25, -1, 0},
            [STYLE_BAR3] = {130, -1, 0},         [STYLE_KEY] = {-1, -1, B},
            [STYLE_LABEL] = {231, 24, 0},        [STYLE_BORDER] = {24, -1, 0},
            [STYLE_INPUT] = {235, 254, 0},       [STYLE_BUTTON] = {235, 252, 0},
            [STYLE_BUTTON_ON] = {-1, -1, B | R}, [STYLE_MATCH] = {16, 221, 0},
            [STYLE_HEX_ZERO] = {243, -1, 0},     [STYLE_HEX_PRINT] = {24, -1, 0},
            [STYLE_HEX_SPACE] = {22, -1, 0},     [STYLE_HEX_CTRL] = {90, -1, 0},
            [STYLE_HEX_HIGH] = {94, -1, 0},      [STYLE_HEX_HOLE] = {245, -1, 0},
            [STYLE_CHANGED1] = {231, 130, B},    [STYLE_CHANGED2] = {94, -1, B},
            [STYLE_CHANGED3] = {137, -1, 0},     [STYLE_PENDING] = {-1, -1, B | U},
            [STYLE_CURSOR] = {-1, -1, B | R},
        },
    .look8 =
        {
            [STYLE_NORMAL] = {-1, -1, 0},
            [STYLE_DIM] = {-1, -1, 0},
            [STYLE_STRONG] = {-1, -1, B},
            [STYLE_TITLE] = {-1, -1, R},
            [STYLE_HEAD] = {-1, -1, U},
            [STYLE_HEAD_SORT] = {-1, -1, B | R},
            [STYLE_SELECTED] = {-1, -1, R},
            [STYLE_TAGGED] = {5, -1, B},
            [STYLE_GOOD] = {2, -1, 0},
            [STYLE_WARN] = {5, -1, 0},
            [STYLE_BAD] = {1, -1, B},
            [STYLE_NEW] = {2, -1, B},
            [STYLE_BAR1] = {6, -1, 0},
            [STYLE_BAR2] = {2, -1, 0},
            [STYLE_BAR3] = {5, -1, 0},
            [STYLE_KEY] = {-1, -1, B},
            [STYLE_LABEL] = {-1, -1, R},
            [STYLE_BORDER] = {-1, -1, 0},
            [STYLE_INPUT] = {-1, -1, U},
            [STYLE_BUTTON] = {-1, -1, 0},
            [STYLE_BUTTON_ON] = {-1, -1, B | R},
            [STYLE_MATCH] = {5, -1, B | R},
            [STYLE_HEX_ZERO] = {-1, -1, 0},
            [STYLE_HEX_PRINT] = {-1, -1, 0},
            [STYLE_HEX_SPACE] = {2, -1, 0},
            [STYLE_HEX_CTRL] = {5, -1, 0},
            [STYLE_HEX_HIGH] = {1, -1, 0},
            [STYLE_HEX_HOLE] = {-1, -1, 0},
            [STYLE_CHANGED1] = {1, -1, B | R},
            [STYLE_CHANGED2] = {1, -1, B},
            [STYLE_CHANGED3] = {1, -1, 0},
            [STYLE_PENDING] = {-1, -1, B | U},
            [STYLE_CURSOR] = {-1, -1, B | R},
        },
    .mono = MONO,
};

static const struct theme high_contrast = {
    .name = "high-contrast",
    .look256 =
        {
            [STYLE_NORMAL] = {-1, -1, 0},       [STYLE_DIM] = {-1, -1, 0},
            [STYLE_STRONG] = {-1, -1, B},       [STYLE_TITLE] = {-1, -1, B | R},
            [STYLE_HEAD] = {-1, -1, B | U},     [STYLE_HEAD_SORT] = {16, 226, B},
            [STYLE_SELECTED] = {-1, -1, B | R}, [STYLE_TAGGED] = {16, 226, B},
            [STYLE_GOOD] = {-1, -1, 0},         [STYLE_WARN] = {16, 226, B},
            [STYLE_BAD] = {231, 160, B},        [STYLE_NEW] = {16, 46, B},
            [STYLE_BAR1] = {-1, -1, B},         [STYLE_BAR2] = {-1, -1, 0},
            [STYLE_BAR3] = {-1, -1, 0},         [STYLE_KEY] = {-1, -1, B},
            [STYLE_LABEL] = {-1, -1, R},        [STYLE_BORDER] = {-1, -1, 0},
            [STYLE_INPUT] = {-1, -1, U},        [STYLE_BUTTON] = {-1, -1, 0},
            [STYLE_BUTTON_ON] = {16, 226, B},   [STYLE_MATCH] = {16, 226, B},
            [STYLE_HEX_ZERO] = {-1, -1, 0},     [STYLE_HEX_PRINT] = {-1, -1, B},
            [STYLE_HEX_SPACE] = {-1, -1, 0},    [STYLE_HEX_CTRL] = {-1, -1, 0},
            [STYLE_HEX_HIGH] = {-1, -1, 0},     [STYLE_HEX_HOLE] = {-1, -1, 0},
            [STYLE_CHANGED1] = {16, 226, B},    [STYLE_CHANGED2] = {-1, -1, B | U},
            [STYLE_CHANGED3] = {-1, -1, U},     [STYLE_PENDING] = {-1, -1, B | U},
            [STYLE_CURSOR] = {-1, -1, B | R},
        },
    .look8 =
        {
            [STYLE_NORMAL] = {-1, -1, 0},
            [STYLE_DIM] = {-1, -1, 0},
            [STYLE_STRONG] = {-1, -1, B},
            [STYLE_TITLE] = {-1, -1, B | R},
            [STYLE_HEAD] = {-1, -1, B},
            [STYLE_HEAD_SORT] = {0, 3, 0},
            [STYLE_SELECTED] = {-1, -1, B | R},
            [STYLE_TAGGED] = {0, 3, 0},
            [STYLE_GOOD] = {-1, -1, 0},
            [STYLE_WARN] = {0, 3, 0},
            [STYLE_BAD] = {7, 1, B},
            [STYLE_NEW] = {0, 2, 0},
            [STYLE_BAR1] = {-1, -1, B},
            [STYLE_BAR2] = {-1, -1, 0},
            [STYLE_BAR3] = {-1, -1, 0},
            [STYLE_KEY] = {-1, -1, B},
            [STYLE_LABEL] = {-1, -1, R},
            [STYLE_BORDER] = {-1, -1, 0},
            [STYLE_INPUT] = {-1, -1, U},
            [STYLE_BUTTON] = {-1, -1, 0},
            [STYLE_BUTTON_ON] = {0, 3, 0},
            [STYLE_MATCH] = {0, 3, 0},
            [STYLE_HEX_ZERO] = {-1, -1, 0},
            [STYLE_HEX_PRINT] = {-1, -1, B},
            [STYLE_HEX_SPACE] = {-1, -1, 0},
            [STYLE_HEX_CTRL] = {-1, -1, 0},
            [STYLE_HEX_HIGH] = {-1, -1, 0},
            [STYLE_HEX_HOLE] = {-1, -1, 0},
            [STYLE_CHANGED1] = {0, 3, 0},
            [STYLE_CHANGED2] = {3, -1, B},
            [STYLE_CHANGED3] = {3, -1, 0},
            [STYLE_PENDING] = {-1, -1, B | U},
            [STYLE_CURSOR] = {-1, -1, B | R},
        },
    .mono = MONO,
};

static const struct theme mono = {
    .name = "mono",
    .look256 = MONO,
    .look8 = MONO,
    .mono = MONO,
};

const struct theme *const themes[] = {&dark, &light, &high_contrast, &mono, NULL};

const struct theme *theme_by_name(const char *name) {
    for (size_t i = 0; themes[i]; i++) {
        if (strcmp(themes[i]->name, name) == 0)
            return themes[i];
    }
    return NULL;
}

const struct look *theme_look(const struct theme *theme, enum style style, int colors) {
    if (colors >= 256)
        return &theme->look256[style];
    return colors >= 8 ? &theme->look8[style] : &theme->mono[style];
}
