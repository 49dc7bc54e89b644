// fmt.c - sizes, ages, times and modes as text, and back.
#include "core/fmt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

static const char unit_letters[] = "KMGTPE";

const char *fmt_size(uint64_t bytes, char buf[16]) {
    if (bytes < 1024) {
        snprintf(buf, 16, "%" PRIu64, bytes);
        return buf;
    }
    for (unsigned unit = 1;; unit++) {
        unsigned shift = unit * 10;
        uint64_t whole = bytes >> shift, rest = bytes & ((UINT64_C(1) << shift) - 1);
        uint64_t half = UINT64_C(1) << (shift - 1);
        uint64_t tenths = whole * 10 + ((rest * 10 + half) >> shift);
        uint64_t rounded = whole + (rest >= half);
        if (rounded >= 1024 && unit < sizeof unit_letters - 1)
            continue;
        if (tenths < 10000)
            snprintf(buf, 16, "%u.%u%c", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
                     unit_letters[unit - 1]);
        else
            snprintf(buf, 16, "%u%c", (unsigned)rounded, unit_letters[unit - 1]);
        return buf;
    }
}

const char *fmt_age(uint64_t age_ns, char buf[16]) {
    uint64_t s = age_ns / NS_PER_S, m = s / 60, h = m / 60, d = h / 24, y = d / 365;
    if (s < 60)
        snprintf(buf, 16, "%us", (unsigned)s);
    else if (m < 60)
        snprintf(buf, 16, "%um", (unsigned)m);
    else if (h < 24)
        snprintf(buf, 16, "%uh%02um", (unsigned)h, (unsigned)(m % 60));
    else if (d < 100)
        snprintf(buf, 16, "%ud%02uh", (unsigned)d, (unsigned)(h % 24));
    else if (d < 365)
        snprintf(buf, 16, "%ud", (unsigned)d);
    else if (y < 10)
        snprintf(buf, 16, "%uy%ud", (unsigned)y, (unsigned)(d % 365));
    else
        snprintf(buf, 16, "%uy", (unsigned)y);
    return buf;
}

// Days since 1970-01-01 as year, month, day of the Gregorian calendar.
static void civil_from_days(uint64_t days, unsigned *year, unsigned *month, unsigned *day) {
    days += 719468; // from 0000-03-01, so that the leap day is the last of a year
    unsigned era = (unsigned)(days / 146097), doe = (unsigned)(days % 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = era * 400 + yoe + (*month <= 2);
}

const char *fmt_rfc3339(uint64_t ns, char buf[40]) {
    uint64_t seconds = ns / NS_PER_S;
    unsigned year, month, day, in_day = (unsigned)(seconds % 86400);
    unsigned ms = (unsigned)(ns % NS_PER_S / 1000000);
    char fraction[8] = "";
    civil_from_days(seconds / 86400, &year, &month, &day);
    if (ms > 0)
        snprintf(fraction, sizeof fraction, ".%03u", ms);
    snprintf(buf, 40, "%04u-%02u-%02uT%02u:%02u:%02u%sZ", year, month, day, in_day / 3600,
             in_day / 60 % 60, in_day % 60, fraction);
    return buf;
}

const char *fmt_clock(uint64_t ns, long utc_offset, char buf[16]) {
    long in_day = ((long)(ns / NS_PER_S % 86400) + utc_offset % 86400 + 86400) % 86400;
    snprintf(buf, 16, "%02ld:%02ld:%02ld", in_day / 3600, in_day / 60 % 60, in_day % 60);
    return buf;
}

const char *fmt_mode(uint32_t mode, char buf[16]) {
    for (unsigned i = 0; i < 9; i++)
        buf[i] = (char)(mode & (0400u >> i) ? "rwx"[i % 3] : '-');
    buf[9] = '\0';
    return buf;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

// Reads digits of a base from *text on and moves it behind them. 0, -EINVAL (no digit), -ERANGE.
static int read_digits(const char **text, unsigned base, uint64_t *out) {
    const char *p = *text;
    uint64_t value = 0;
    bool overflow = false;
    for (; digit_of(*p) < (int)base; p++) {
        overflow |= __builtin_mul_overflow(value, base, &value);
        overflow |= __builtin_add_overflow(value, (uint64_t)digit_of(*p), &value);
    }
    if (p == *text)
        return -EINVAL;
    *text = p;
    *out = value;
    return overflow ? -ERANGE : 0;
}

static bool is_hex(const char *text) {
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

int parse_u64(const char *text, uint64_t *out) {
    uint64_t value = 0;
    bool hex = is_hex(text);
    const char *p = text + (hex ? 2 : 0);
    int r = read_digits(&p, hex ? 16 : 10, &value);
    if (r == -EINVAL || *p != '\0')
        return -EINVAL;
    if (r == 0)
        *out = value;
    return r;
}

// "K", "k", "KiB", "kib" ... to 10, 20, ...; "" to 0.
static bool unit_shift(const char *text, unsigned *shift) {
    if (*text == '\0') {
        *shift = 0;
        return true;
    }
    char letter = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
    const char *at = strchr(unit_letters, letter);
    if (at == NULL)
        return false;
    if (text[1] != '\0' && !((text[1] | 0x20) == 'i' && (text[2] | 0x20) == 'b' && text[3] == '\0'))
        return false;
    *shift = (unsigned)(at - unit_letters + 1) * 10;
    return true;
}

int parse_size(const char *text, uint64_t *out) {
    uint64_t value = 0;
    unsigned shift = 0;
    int r;
    if (is_hex(text)) {
        r = parse_u64(text, &value);
        if (r == -EINVAL)
            return r;
    } else {
        const char *p = text;
        r = read_digits(&p, 10, &value);
        if (r == -EINVAL || !unit_shift(p, &shift))
            return -EINVAL;
    }
    if (r == -ERANGE || value > (uint64_t)INT64_MAX >> shift)
        return -ERANGE;
    *out = value << shift;
    return 0;
}

int parse_age(const char *text, uint64_t *ns) {
    static const struct {
        char letter;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    uint64_t value = 0, factor = 1;
    const char *p = text;
    int r = read_digits(&p, 10, &value);
    if (r == -EINVAL)
        return r;
    if (*p != '\0') {
        factor = 0;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (p[0] == units[i].letter && p[1] == '\0')
                factor = units[i].seconds;
        if (factor == 0)
            return -EINVAL;
    }
    if (r == -ERANGE || __builtin_mul_overflow(value, factor * NS_PER_S, &value))
        return -ERANGE;
    *ns = value;
    return 0;
}

int parse_mode(const char *text, uint32_t *out) {
    uint64_t value = 0;
    const char *p = text;
    if (read_digits(&p, 8, &value) != 0 || *p != '\0' || value > 0777)
        return -EINVAL;
    *out = (uint32_t)value;
    return 0;
}
