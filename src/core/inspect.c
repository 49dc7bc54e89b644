// inspect.c - the bytes at the cursor as numbers, times and text.
#include "core/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/text.h"

#define FIRST_NS (UINT64_C(631152000) * UINT64_C(1000000000)) // 1990
#define LAST_NS (UINT64_C(4102444800) * UINT64_C(1000000000)) // 2100
#define MAX_SECONDS (UINT64_MAX / UINT64_C(1000000000))

// What every line is made from: the bytes, and the first 8 of them as one number of each size.
struct source {
    const uint8_t *bytes;
    size_t len;
    bool big_endian;
};

static uint64_t load(const struct source *s, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        size_t at = s->big_endian ? i : size - 1 - i;
        value = value << 8 | s->bytes[at];
    }
    return value;
}

static bool put(char text[INSPECT_TEXT], bool valid, const char *words) {
    snprintf(text, INSPECT_TEXT, "%s", words);
    return valid;
}

static bool show_unsigned(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    snprintf(text, INSPECT_TEXT, "%" PRIu64, load(s, size));
    return true;
}

static bool show_signed(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    unsigned spare = 64 - 8 * (unsigned)size;
    snprintf(text, INSPECT_TEXT, "%" PRId64, (int64_t)(load(s, size) << spare) >> spare);
    return true;
}

static bool show_float(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    uint64_t bits = load(s, size);
    if (size == 4) {
        uint32_t low = (uint32_t)bits;
        float f;
        memcpy(&f, &low, sizeof f);
        snprintf(text, INSPECT_TEXT, "%.7g", (double)f);
    } else {
        double d;
        memcpy(&d, &bits, sizeof d);
        snprintf(text, INSPECT_TEXT, "%.15g", d);
    }
    return true;
}

static bool show_binary(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    (void)size;
    for (unsigned i = 0; i < 8; i++)
        text[i] = s->bytes[0] & (0x80u >> i) ? '1' : '0';
    text[8] = '\0';
    return true;
}

// Seconds since the epoch; the years before 1970 and after 2554 make no sense as this.
static bool show_time(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    uint64_t seconds = load(s, size);
    char buf[40];
    if (seconds > MAX_SECONDS)
        return put(text, false, "(no time)");
    return put(text, true, fmt_rfc3339(seconds * UINT64_C(1000000000), buf));
}

// Nanoseconds since the epoch, of the years in which somebody may have written them.
static bool show_nanoseconds(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    uint64_t ns = load(s, size);
    char buf[40];
    snprintf(text, INSPECT_TEXT, "%s", fmt_rfc3339(ns, buf));
    return ns >= FIRST_NS && ns < LAST_NS;
}

// The bytes of a UUID stand in the order they are written in, whatever the machine's.
static bool show_uuid(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += (size_t)snprintf(text + n, INSPECT_TEXT - n, "%s%02x",
                              i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", s->bytes[i]);
    unsigned version = s->bytes[6] >> 4, variant = s->bytes[8] >> 6;
    return version >= 1 && version <= 8 && variant == 2;
}

static bool show_utf8(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    (void)size;
    uint32_t cp;
    size_t n = utf8_decode((const char *)s->bytes, s->len, &cp);
    if (n == 0)
        return put(text, false, "(invalid)");
    if (cp_width(cp) > 0)
        snprintf(text, INSPECT_TEXT, "%.*s U+%04" PRIX32, (int)n, (const char *)s->bytes, cp);
    else
        snprintf(text, INSPECT_TEXT, "U+%04" PRIX32, cp);
    return true;
}

// How a character of a string is written: as it is (`here`), escaped, or NULL when no text has it.
static const char *written(uint32_t cp, const char *here) {
    static const char *const escapes[128] = {
        ['\n'] = "\\n", ['\t'] = "\\t", ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
    if (cp < 128 && escapes[cp] != NULL)
        return escapes[cp];
    return cp_width(cp) < 0 ? NULL : here;
}

// A string up to its NUL. Text that is cut by the end of what was read, or by the room for it, ends
// in dots instead of a quote; bytes that no text has make it none.
static bool show_cstr(const struct source *s, size_t size, char text[INSPECT_TEXT]) {
    (void)size;
    size_t at = 0, n = 1;
    text[0] = '"';
    while (at < s->len && s->bytes[at] != 0) {
        const char *here = (const char *)s->bytes + at;
        uint32_t cp = 0;
        size_t step = utf8_decode(here, s->len - at, &cp);
        const char *as = step > 0 ? written(cp, here) : NULL;
        if (as == NULL)
            return put(text, false, "(no text)");
        size_t len = as == here ? step : 2;
        if (n + len > 43)
            break;
        memcpy(text + n, as, len);
        n += len;
        at += step;
    }
    bool ended = at < s->len && s->bytes[at] == 0;
    memcpy(text + n, ended ? "\"" : "...", ended ? 2 : 4);
    return true;
}

static const struct {
    const char *label;
    uint8_t size;
    bool rare; // left out where it does not fit
    bool (*show)(const struct source *s, size_t size, char text[INSPECT_TEXT]);
} kinds[] = {
    {"u8", 1, false, show_unsigned},  {"i8", 1, false, show_signed},
    {"u16", 2, false, show_unsigned}, {"i16", 2, false, show_signed},
    {"u32", 4, false, show_unsigned}, {"i32", 4, false, show_signed},
    {"u64", 8, false, show_unsigned}, {"i64", 8, false, show_signed},
    {"f32", 4, false, show_float},    {"f64", 8, false, show_float},
    {"bin", 1, false, show_binary},   {"time32", 4, false, show_time},
    {"time64", 8, false, show_time},  {"nstime", 8, true, show_nanoseconds},
    {"uuid", 16, true, show_uuid},    {"utf8", 1, false, show_utf8},
    {"cstr", 1, false, show_cstr},
};
_Static_assert(sizeof kinds / sizeof *kinds + 3 <= INSPECT_MAX, "one line for each kind");

size_t inspect_bytes(const uint8_t *bytes, size_t len, bool big_endian,
                     struct inspect_line out[INSPECT_MAX]) {
    struct source s = {bytes, len, big_endian};
    size_t n = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        out[n].label = kinds[i].label;
        if (len < kinds[i].size)
            out[n].valid = put(out[n].text, false, "(too short)");
        else
            out[n].valid = kinds[i].show(&s, kinds[i].size, out[n].text);
        n += out[n].valid || !kinds[i].rare;
    }
    return n;
}
