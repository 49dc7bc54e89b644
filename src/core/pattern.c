// pattern.c - looking for bytes in bytes.
#include "core/pattern.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "core/fmt.h"
#include "core/segname.h"
#include "core/regexsize.h"

struct pattern {
    bool zeroes;
    uint8_t bytes[PATTERN_MAX];
    size_t len, rare; // rare: index of the byte that is least common in memory
    regex_t *regex;   // owned; NULL: bytes
};

// A window for the regular expression matcher: short, because in the worst case its time grows with
// the square of what it is given.
enum { REGEX_WINDOW = 4096 };

void pattern_free(struct pattern *p) {
    if (p && p->regex) {
        regfree(p->regex);
        free(p->regex);
    }
    free(p);
}

// --- parsing

// How common a byte is in memory, roughly: zeroes, then small numbers, text, the rest.
static unsigned commonness(uint8_t byte) {
    if (byte == 0)
        return 5;
    if (byte == 0xff || byte == ' ' || byte == 1)
        return 4;
    if (byte >= 'a' && byte <= 'z')
        return strchr("aeinorst", byte) ? 3 : 2;
    return byte < 0x10 ? 3 : byte < 0x80 ? 2 : 1;
}

static void choose_rare(struct pattern *p) {
    p->zeroes = true;
    for (size_t i = 0; i < p->len; i++) {
        if (commonness(p->bytes[i]) < commonness(p->bytes[p->rare]))
            p->rare = i;
        p->zeroes &= p->bytes[i] == 0;
    }
}

static void put_number(struct pattern *p, uint64_t value, size_t width, bool big_endian) {
    for (size_t b = 0; b < width; b++)
        p->bytes[big_endian ? width - 1 - b : b] = (uint8_t)(value >> (8 * b));
    p->len = width;
}

static bool parse_unsigned(const char *text, size_t width, uint64_t *value) {
    return parse_u64(text, value) == 0 && (width == 8 || *value >> (8 * width) == 0);
}

static bool parse_signed(const char *text, size_t width, uint64_t *value) {
    bool negative = *text == '-';
    uint64_t greatest = (UINT64_C(1) << (8 * width - 1)) - !negative;
    if (parse_u64(text + (negative || *text == '+'), value) != 0 || *value > greatest)
        return false;
    if (negative)
        *value = 0 - *value;
    return true;
}

// The C locale for this thread: bytes are characters, "." is the decimal point. `before` goes to
// locale_back. False: out of memory.
static bool locale_plain(locale_t *plain, locale_t *before) {
    *plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (*plain != (locale_t)0)
        *before = uselocale(*plain);
    return *plain != (locale_t)0;
}

static void locale_back(locale_t plain, locale_t before) {
    uselocale(before);
    freelocale(plain);
}

static bool parse_real(const char *text, size_t width, uint64_t *value) {
    char *end = NULL;
    locale_t plain, before;
    if (!locale_plain(&plain, &before))
        return false;
    double real = strtod(text, &end);
    locale_back(plain, before);
    float single = (float)real;
    uint32_t bits = 0;
    if (end == text || *end || *text == ' ' || (width == 4 && isinf(single) && !isinf(real)))
        return false;
    if (width == 4) {
        memcpy(&bits, &single, sizeof bits);
        *value = bits;
    } else {
        memcpy(value, &real, sizeof *value);
    }
    return true;
}

// "u32:138184" and the like. 1: it is one, 0: not of that form, -EINVAL: a bad number.
static int parse_typed(struct pattern *p, const char *text, bool big_endian) {
    static const struct {
        const char *prefix;
        size_t width;
    } types[] = {{"u8:", 1},  {"u16:", 2}, {"u32:", 4}, {"u64:", 8}, {"i8:", 1},
                 {"i16:", 2}, {"i32:", 4}, {"i64:", 8}, {"f32:", 4}, {"f64:", 8}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t n = strlen(types[i].prefix), width = types[i].width;
        uint64_t value = 0;
        if (strncmp(text, types[i].prefix, n) != 0)
            continue;
        bool good = *text == 'u'   ? parse_unsigned(text + n, width, &value)
                    : *text == 'i' ? parse_signed(text + n, width, &value)
                                   : parse_real(text + n, width, &value);
        put_number(p, value, width, big_endian);
        return good ? 1 : -EINVAL;
    }
    return 0;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Writes \xNN as that byte, with a backslash where it would mean something. False, with *why: it
// holds a zero byte, a back-reference, or is too long.
static bool plain_regex(const char *text, char *out, size_t size, const char **why) {
    size_t n = 0;
    while (*text) {
        if (n + 3 > size) {
            *why = "too long";
            return false;
        }
        if (text[0] != '\\') {
            out[n++] = *text++;
            continue;
        }
        int high = text[1] == 'x' ? hex_digit(text[2]) : -1;
        int low = high < 0 ? -1 : hex_digit(text[3]);
        if (low >= 0) {
            char byte = (char)(high << 4 | low);
            if (byte == 0) {
                *why = "a regular expression cannot name the zero byte";
                return false;
            }
            if (strchr(".[]()*+?{}|^$\\", byte))
                out[n++] = '\\';
            out[n++] = byte;
            text += 4;
            continue;
        }
        if (text[1] >= '1' && text[1] <= '9') {
            *why = "back-references are not known here";
            return false;
        }
        out[n++] = *text++;
        if (*text)
            out[n++] = *text++;
    }
    out[n] = '\0';
    return true;
}

static int parse_regex(struct pattern *p, const char *text, const char **why) {
    char plain[1024];
    if (!*text || !plain_regex(text, plain, sizeof plain, why))
        return -EINVAL;
    *why = "it repeats repetitions too often";
    if (regex_too_large(plain))
        return -EINVAL;
    *why = "not a regular expression";
    // Bytes, not characters of whatever encoding the user has.
    locale_t c, before;
    regex_t *regex = calloc(1, sizeof *regex);
    if (!regex || !locale_plain(&c, &before)) {
        free(regex);
        return -EINVAL;
    }
    int err = regcomp(regex, plain, REG_EXTENDED | REG_NEWLINE);
    locale_back(c, before);
    if (err) {
        free(regex);
        return -EINVAL;
    }
    p->regex = regex;
    regex->regs_allocated = REGS_FIXED;
    regex->not_bol = regex->not_eol = 1;
    if (re_search(regex, "", 0, 0, 0, NULL) == 0) {
        *why = "it matches nothing at all, everywhere";
        return -EINVAL;
    }
    return 0;
}

static int parse_bytes(struct pattern *p, const char *text, const char **why) {
    char raw[4 * PATTERN_MAX];
    ssize_t n = strlen(text) < sizeof raw ? name_unescape(text, raw, sizeof raw) : PATTERN_MAX + 1;
    if (n < 0)
        *why = "a backslash begins \\xNN, two hex digits";
    if (n > PATTERN_MAX)
        *why = "too long";
    if (n <= 0 || n > PATTERN_MAX)
        return -EINVAL;
    memcpy(p->bytes, raw, (size_t)n);
    p->len = (size_t)n;
    return 0;
}

int pattern_parse(const char *text, bool big_endian, struct pattern **out, const char **why) {
    struct pattern *p = calloc(1, sizeof *p);
    *why = "out of memory";
    if (!p)
        return -EINVAL;
    *why = "nothing to find";
    int err = strncmp(text, "re:", 3) == 0 ? parse_regex(p, text + 3, why)
                                           : parse_typed(p, text, big_endian);
    if (err == -EINVAL && !p->regex && p->len > 0)
        *why = "not a number of that type";
    if (err == 0 && !p->regex)
        err = parse_bytes(p, text, why);
    if (err < 0) {
        pattern_free(p);
        return -EINVAL;
    }
    choose_rare(p);
    *out = p;
    return 0;
}

// --- matching

size_t pattern_reach(const struct pattern *p) {
    return p->regex ? PATTERN_REACH - 1 : p->len - 1;
}

size_t pattern_chunk(const struct pattern *p) {
    return p->regex ? 4 * (size_t)REGEX_WINDOW : SIZE_MAX;
}

bool pattern_matches_zeroes(const struct pattern *p) {
    return !p->regex && p->zeroes;
}

// By the rarest byte, which the C library looks for as fast as memory is; where that one turns out
// to be common, by all of them for a while.
static ssize_t bytes_first(const struct pattern *p, const uint8_t *hay, size_t len, size_t places) {
    enum { TRIES = 16, STRETCH = 8192 };
    size_t at = 0, wrong = 0, began = 0;
    if (len < p->len)
        return -1;
    places = places < len - p->len + 1 ? places : len - p->len + 1;
    while (at < places) {
        if (wrong > TRIES + (at - began) / 64) {
            size_t n = places - at < STRETCH ? places - at : STRETCH;
            const uint8_t *hit = memmem(hay + at, n + p->len - 1, p->bytes, p->len);
            if (hit)
                return hit - hay;
            began = at += n;
            wrong = 0;
            continue;
        }
        const uint8_t *hit = memchr(hay + at + p->rare, p->bytes[p->rare], places - at);
        if (!hit)
            return -1;
        at = (size_t)(hit - hay) - p->rare;
        if (memcmp(hay + at, p->bytes, p->len) == 0)
            return (ssize_t)at;
        at++;
        wrong++;
    }
    return -1;
}

static ssize_t bytes_last(const struct pattern *p, const uint8_t *hay, size_t len, size_t places) {
    if (len < p->len)
        return -1;
    places = places < len - p->len + 1 ? places : len - p->len + 1;
    while (places > 0) {
        const uint8_t *hit = memrchr(hay + p->rare, p->bytes[p->rare], places);
        if (!hit)
            return -1;
        size_t at = (size_t)(hit - hay) - p->rare;
        if (memcmp(hay + at, p->bytes, p->len) == 0)
            return (ssize_t)at;
        places = at;
    }
    return -1;
}

// The first match that begins in [from, to); the matcher sees PATTERN_REACH bytes more.
static ssize_t regex_window(const struct pattern *p, const uint8_t *hay, size_t len, size_t from,
                            size_t to, bool before, size_t *match) {
    // What stands before says whether a line begins here.
    size_t context = from > 0 || before;
    size_t end = len - to < PATTERN_REACH ? len : to + PATTERN_REACH;
    const char *base = (const char *)hay + from - context;
    regoff_t length = (regoff_t)(end - from + context), start = (regoff_t)context;
    regoff_t first = -1, after = -1;
    struct re_registers found = {.num_regs = 1, .start = &first, .end = &after};
    p->regex->not_bol = context == 0;
    regoff_t at = re_search(p->regex, base, length, start, (regoff_t)(to - from) - 1, &found);
    if (at < 0 || after == at)
        return -1;
    *match = (size_t)(after - at);
    return (ssize_t)(from + (size_t)at - context);
}

static ssize_t regex_first(const struct pattern *p, const uint8_t *hay, size_t len, size_t from,
                           size_t places, bool before, size_t *match) {
    places = places < len ? places : len;
    while (from < places) {
        size_t to = places - from < REGEX_WINDOW ? places : from + REGEX_WINDOW;
        ssize_t at = regex_window(p, hay, len, from, to, before, match);
        if (at >= 0)
            return at;
        from = to;
    }
    return -1;
}

ssize_t pattern_first(const struct pattern *p, const uint8_t *hay, size_t len, size_t places,
                      bool before, size_t *match) {
    if (p->regex)
        return regex_first(p, hay, len, 0, places, before, match);
    *match = p->len;
    return bytes_first(p, hay, len, places);
}

ssize_t pattern_last(const struct pattern *p, const uint8_t *hay, size_t len, size_t places,
                     bool before, size_t *match) {
    if (!p->regex) {
        *match = p->len;
        return bytes_last(p, hay, len, places);
    }
    ssize_t last = -1;
    size_t found = 0;
    for (ssize_t at = 0; at >= 0; at = at < 0 ? at : at + 1) {
        at = regex_first(p, hay, len, (size_t)at, places, before, &found);
        if (at < 0)
            break;
        last = at;
        *match = found;
    }
    return last;
}
