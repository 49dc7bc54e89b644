// value_parse.c - what a person types as a value, to its bytes.
#include "core/value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/segname.h"

#define NS_PER_S INT64_C(1000000000)

struct typed {
    const struct value_type *type;
    const char *text; // without blanks around it
    size_t len;
    uint8_t *out;
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int bad(const struct typed *v, const char *format,
                                                     ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(v->why, v->why_size, format, args);
    va_end(args);
    return -EINVAL;
}

static void store(const struct typed *v, uint64_t number) {
    for (size_t i = 0; i < v->type->size; i++, number >>= 8)
        v->out[v->type->big_endian ? (size_t)v->type->size - 1 - i : i] = (uint8_t)number;
}

// A whole number with its sign apart; 0x and 0 as in C. False: it is none, or over 64 bits.
static bool read_number(const char *text, bool *negative, uint64_t *number) {
    char *end = NULL;
    *negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return errno == 0 && *end == '\0';
}

static uint64_t most_of(const struct value_type *t, bool is_signed) {
    unsigned bits = 8 * (unsigned)t->size - is_signed;
    return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static int put_number(const struct typed *v, bool is_signed, bool negative, uint64_t number) {
    uint64_t most = most_of(v->type, is_signed);
    if (negative && number && !is_signed)
        return bad(v, "0 to %" PRIu64, most);
    if (number > (negative ? most + 1 : most)) {
        if (is_signed)
            return bad(v, "-%" PRIu64 " to %" PRIu64, most + 1, most);
        return bad(v, "0 to %" PRIu64, most);
    }
    store(v, negative ? 0 - number : number);
    return 0;
}

static int put_integer(const struct typed *v, bool is_signed) {
    bool negative = false;
    uint64_t number = 0;
    if (!read_number(v->text, &negative, &number))
        return bad(v, "a whole number of %u bits, like %s or 0x2a", 8 * (unsigned)v->type->size,
                   is_signed ? "-42" : "42");
    return put_number(v, is_signed, negative, number);
}

static int put_float(const struct typed *v) {
    char *end = NULL;
    double d = strtod(v->text, &end);
    if (end == v->text || *end != '\0')
        return bad(v, "a number like 1.5, -2e9, inf or nan");
    bool finite = strpbrk(v->text, "iInN") == NULL; // of the text: not inf, not nan
    if (v->type->size == 4) {
        float f = (float)d;
        uint32_t bits;
        if (finite && isinf(f))
            return bad(v, "too large for 32 bits");
        memcpy(&bits, &f, sizeof bits);
        store(v, bits);
        return 0;
    }
    uint64_t bits;
    if (finite && isinf(d))
        return bad(v, "too large for 64 bits");
    memcpy(&bits, &d, sizeof bits);
    store(v, bits);
    return 0;
}

static int put_bool(const struct typed *v) {
    bool yes = strcmp(v->text, "true") == 0 || strcmp(v->text, "1") == 0;
    if (!yes && strcmp(v->text, "false") != 0 && strcmp(v->text, "0") != 0)
        return bad(v, "true or false");
    store(v, yes);
    return 0;
}

static int put_enum(const struct typed *v) {
    const struct value_type *t = v->type;
    bool negative = false;
    uint64_t number = 0;
    for (size_t i = 0; i < t->name_count; i++)
        if (strcmp(t->names[i].name, v->text) == 0) {
            store(v, (uint64_t)t->names[i].number);
            return 0;
        }
    if (!read_number(v->text, &negative, &number))
        return bad(v, "%s%s%s%s or a number", t->name_count ? t->names[0].name : "a name",
                   t->name_count > 1 ? ", " : "", t->name_count > 1 ? t->names[1].name : "",
                   t->name_count > 2 ? " ..." : "");
    return put_number(v, t->is_signed, negative, number);
}

// 'a', a, or a number.
static int put_char(const struct typed *v) {
    bool negative = false, quoted = v->len == 3 && v->text[0] == '\'' && v->text[2] == '\'';
    uint64_t number = 0;
    if (quoted || (v->len == 1 && !isdigit((unsigned char)v->text[0]))) {
        store(v, (unsigned char)v->text[quoted]);
        return 0;
    }
    if (!read_number(v->text, &negative, &number))
        return bad(v, "a character like 'a', or a number");
    return put_number(v, negative, negative, number);
}

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

// "2026-11-22", "2026-11-22T21:04:17Z": seconds since the epoch.
static bool read_time(const char *text, int64_t *seconds) {
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned y, m, d, h = 0, min = 0, s = 0;
    int at = 0, more = 0;
    // NOLINTNEXTLINE(cert-err34-c): at most four digits each
    if (sscanf(text, "%4u-%2u-%2u%n", &y, &m, &d, &at) != 3)
        return false;
    // NOLINTNEXTLINE(cert-err34-c)
    if (text[at] && sscanf(text + at, "T%2u:%2u:%2u%n", &h, &min, &s, &more) != 3)
        return false;
    const char *rest = text + at + more;
    bool ended = *rest == '\0' || strcmp(rest, "Z") == 0;
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    if (!ended || m < 1 || m > 12 || d < 1 || d > days[m - 1] || (m == 2 && d == 29 && !leap) ||
        h > 23 || min > 59 || s > 59)
        return false;
    *seconds = days_from_civil(y, m, d) * 86400 + h * 3600 + min * 60 + s;
    return true;
}

static int put_time(const struct typed *v) {
    bool negative = false, nano = v->type->kind == VALUE_NANOSECONDS;
    uint64_t number = 0;
    int64_t s = 0;
    if (read_number(v->text, &negative, &number))
        return put_number(v, !nano, negative, number);
    if (!read_time(v->text, &s))
        return bad(v, "a time like 2026-11-22T21:04:17Z, or a number of %s",
                   nano ? "nanoseconds" : "seconds");
    if (nano && (s < 0 || s > INT64_MAX / NS_PER_S))
        return bad(v, "a time from 1970 to 2262");
    s = nano ? s * NS_PER_S : s;
    return put_number(v, !nano, s < 0, s < 0 ? 0 - (uint64_t)s : (uint64_t)s);
}

// Ended by a NUL where there is room for one; what stands behind it is left alone.
static int put_text(const struct typed *v, const char *text, size_t *len) {
    char raw[VALUE_BYTES_MAX + 1];
    size_t room = v->type->size < VALUE_BYTES_MAX ? (size_t)v->type->size : VALUE_BYTES_MAX;
    ssize_t n = name_unescape(text, raw, sizeof raw);
    if (n == -EINVAL)
        return bad(v, "a backslash begins \\xNN, two hex digits");
    if (n < 0 || (size_t)n > room)
        return bad(v, "at most %zu bytes", room);
    memcpy(v->out, raw, (size_t)n);
    *len = (size_t)n;
    if (*len < room)
        v->out[(*len)++] = 0;
    return 0;
}

int value_parse(const struct value_type *t, const char *text, uint8_t out[VALUE_BYTES_MAX],
                size_t *len, char *why, size_t why_size) {
    char word[96];
    struct typed v = {t, word, 0, out, why, why_size};
    why[0] = '\0';
    *len = (size_t)t->size;
    if (t->kind == VALUE_TEXT)
        return put_text(&v, text, len);
    text += strspn(text, " ");
    v.len = strlen(text);
    while (v.len > 0 && text[v.len - 1] == ' ')
        v.len--;
    if (v.len >= sizeof word)
        return bad(&v, "that is too long");
    memcpy(word, text, v.len);
    word[v.len] = '\0';
    switch (t->kind) {
    case VALUE_UINT:
    case VALUE_POINTER:
        return put_integer(&v, false);
    case VALUE_INT:
        return put_integer(&v, true);
    case VALUE_FLOAT:
        return put_float(&v);
    case VALUE_BOOL:
        return put_bool(&v);
    case VALUE_SECONDS:
    case VALUE_NANOSECONDS:
        return put_time(&v);
    case VALUE_ENUM:
        return put_enum(&v);
    case VALUE_CHAR:
        return put_char(&v);
    case VALUE_TEXT:
    case VALUE_SEM:
    case VALUE_MUTEX:
    case VALUE_BYTES:
        break;
    }
    return bad(&v, "this is no value that can be typed: edit its bytes");
}
