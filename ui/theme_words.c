// theme_words.c - the looks of a theme in words, as people write them into a file.
#include <stdio.h>
#include <string.h>

#include "ui/style.h"

const char *style_name(enum style style, char buf[24]) {
    static const char *const names[STYLE_COUNT] = {
#define X(id) [STYLE_##id] = #id,
        STYLE_LIST(X)
#undef X
    };
    const char *name = (unsigned)style < STYLE_COUNT ? names[style] : "";
    size_t len = strnlen(name, 23);
    for (size_t i = 0; i < len; i++)
        buf[i] = name[i] == '_' ? '-'
                                : (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    buf[len] = '\0';
    return buf;
}

static bool is_word(const char *word, size_t len, const char *what) {
    return strlen(what) == len && memcmp(word, what, len) == 0;
}

static bool parse_color(const char *word, size_t len, short *out) {
    static const char *const names[] = {"black", "red",     "green", "yellow",
                                        "blue",  "magenta", "cyan",  "white"};
    short number = 0, bright = 0;
    if (is_word(word, len, "default")) {
        *out = -1;
        return true;
    }
    if (len > 7 && memcmp(word, "bright-", 7) == 0) {
        bright = 8;
        word += 7;
        len -= 7;
    }
    for (short i = 0; i < 8; i++)
        if (is_word(word, len, names[i])) {
            *out = (short)(i + bright);
            return true;
        }
    if (bright || len == 0 || len > 3)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (word[i] < '0' || word[i] > '9')
            return false;
        number = (short)(number * 10 + (word[i] - '0'));
    }
    *out = number;
    return number <= 255;
}

static bool parse_attr(const char *word, size_t len, unsigned *attr) {
    static const struct {
        const char *word;
        unsigned attr;
    } attrs[] = {{"bold", ATTR_BOLD},
                 {"dim", ATTR_DIM},
                 {"reverse", ATTR_REVERSE},
                 {"underline", ATTR_UNDERLINE}};
    for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
        if (is_word(word, len, attrs[i].word)) {
            *attr |= attrs[i].attr;
            return true;
        }
    }
    return false;
}

// Red, green and blue of a colour of the 256-colour palette.
static void rgb_of(short color, int rgb[3]) {
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    if (color < 16) { // as terminals have it by default, more or less
        for (int i = 0; i < 3; i++)
            rgb[i] = color >> i & 1 ? (color >= 8 ? 255 : 205) : color >= 8 ? 80 : 0;
    } else if (color < 232) {
        rgb[0] = steps[(color - 16) / 36];
        rgb[1] = steps[(color - 16) / 6 % 6];
        rgb[2] = steps[(color - 16) % 6];
    } else {
        rgb[0] = rgb[1] = rgb[2] = 8 + (color - 232) * 10;
    }
}

static short nearest_of_8(short color) {
    int want[3], have[3];
    short best = 0;
    long least = -1;
    if (color < 0)
        return color;
    if (color < 16)
        return (short)(color % 8);
    rgb_of(color, want);
    for (short i = 0; i < 8; i++) {
        long far = 0;
        rgb_of(i, have);
        for (int k = 0; k < 3; k++)
            far += (long)(want[k] - have[k]) * (want[k] - have[k]);
        if (least < 0 || far < least) {
            least = far;
            best = i;
        }
    }
    return best;
}

static struct look with_8_colors(const struct look *look) {
    struct look made = {nearest_of_8(look->fg), nearest_of_8(look->bg), look->attr};
    if (made.fg == made.bg && made.fg >= 0) // two shades of one colour: better the plain way round
        made = (struct look){-1, -1, look->attr | ATTR_REVERSE};
    if (made.fg >= 0 || made.bg >= 0) // the Linux console cannot show both
        made.attr &= ~(unsigned)(ATTR_DIM | ATTR_UNDERLINE);
    return made;
}

static bool refuse(const char *word, size_t len, const char *wrong, char *why, size_t size) {
    char shown[24] = "";
    for (size_t i = 0; i < len && i < sizeof(shown) - 1; i++)
        shown[i] = word[i] > ' ' && word[i] < 0x7f ? word[i] : '?';
    snprintf(why, size, "%s%s%s", shown, len ? " " : "", wrong);
    return false;
}

static enum style style_by_name(const char *name) {
    char buf[24];
    for (int i = 0; i < STYLE_COUNT; i++) {
        if (strcmp(style_name((enum style)i, buf), name) == 0)
            return (enum style)i;
    }
    return STYLE_COUNT;
}

bool theme_set(struct theme *theme, const char *name, const char *words, char *why, size_t size) {
    struct look look = {-1, -1, 0};
    enum style style = style_by_name(name);
    int n = 0;
    if (style == STYLE_COUNT)
        return refuse(name, strlen(name), "is no style", why, size);
    for (const char *p = words + strspn(words, " \t"); *p; p += strspn(p, " \t"), n++) {
        size_t len = strcspn(p, " \t");
        if (n < 2 && !parse_color(p, len, n == 0 ? &look.fg : &look.bg))
            return refuse(p, len, "is no colour", why, size);
        if (n >= 2 && !parse_attr(p, len, &look.attr))
            return refuse(p, len, "is no attribute", why, size);
        p += len;
    }
    if (n < 2)
        return refuse("", 0, "wants a foreground and a background: 203 default bold", why, size);
    if (look.fg == look.bg && look.fg >= 0)
        return refuse("", 0, "would be invisible: both colours are the same", why, size);
    theme->look256[style] = look;
    theme->look8[style] = with_8_colors(&look);
    if (look.attr & ~(unsigned)ATTR_DIM)
        theme->mono[style] = (struct look){-1, -1, look.attr & ~(unsigned)ATTR_DIM};
    return true;
}
