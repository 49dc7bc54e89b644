// value.c - values of known types as text.
#include "core/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fmt.h"
#include "core/segname.h"
#include "core/syncobj.h"

#define NS_PER_S UINT64_C(1000000000)

bool value_type_named(const char *name, size_t len, bool big_endian, struct value_type *out) {
    static const struct {
        const char *name;
        enum value_kind kind;
        uint8_t size;
    } types[] = {
        {"u8", VALUE_UINT, 1},   {"u16", VALUE_UINT, 2}, {"u32", VALUE_UINT, 4},
        {"u64", VALUE_UINT, 8},  {"i8", VALUE_INT, 1},   {"i16", VALUE_INT, 2},
        {"i32", VALUE_INT, 4},   {"i64", VALUE_INT, 8},  {"f32", VALUE_FLOAT, 4},
        {"f64", VALUE_FLOAT, 8},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == len && memcmp(types[i].name, name, len) == 0) {
            *out = (struct value_type){.kind = types[i].kind,
                                       .size = types[i].size,
                                       .is_signed = types[i].kind == VALUE_INT,
                                       .big_endian = big_endian};
            return true;
        }
    return false;
}

size_t value_needs(const struct value_type *t) {
    return t->size < VALUE_BYTES_MAX ? (size_t)t->size : VALUE_BYTES_MAX;
}

static uint64_t load(const struct value_type *t, const uint8_t *bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < t->size && i < 8; i++)
        value = value << 8 | bytes[t->big_endian ? i : (size_t)t->size - 1 - i];
    return value;
}

static int64_t load_signed(const struct value_type *t, const uint8_t *bytes) {
    unsigned spare = t->size > 0 && t->size < 8 ? 64 - 8 * (unsigned)t->size : 0;
    return (int64_t)(load(t, bytes) << spare) >> spare;
}

static double load_float(const struct value_type *t, const uint8_t *bytes) {
    uint64_t bits = load(t, bytes);
    if (t->size == 4) {
        uint32_t low = (uint32_t)bits;
        float f;
        memcpy(&f, &low, sizeof f);
        return (double)f;
    }
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static bool same(double a, double b) {
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}

// The shortest text that reads back as the same number.
static void float_text(const struct value_type *t, double d, char *buf, size_t size) {
    int most = t->size == 4 ? 9 : 17;
    for (int digits = t->size == 4 ? 6 : 15; digits <= most; digits++) {
        snprintf(buf, size, "%.*g", digits, d);
        double back = t->size == 4 ? (double)strtof(buf, NULL) : strtod(buf, NULL);
        if (same(back, d))
            return;
    }
}

static const char *name_of(const struct value_type *t, int64_t number) {
    for (size_t i = 0; i < t->name_count; i++)
        if (t->names[i].number == number)
            return t->names[i].name;
    return NULL;
}

static int64_t enum_number(const struct value_type *t, const uint8_t *bytes) {
    return t->is_signed ? load_signed(t, bytes) : (int64_t)load(t, bytes);
}

// Characters up to a NUL, escaped; quotes and dots around them as fits.
static void text_format(const struct value_type *t, const uint8_t *bytes, char *buf, size_t size) {
    size_t room = value_needs(t), len = strnlen((const char *)bytes, room);
    char shown[4 * VALUE_BYTES_MAX + 1];
    name_escape((const char *)bytes, len, false, shown, sizeof shown);
    snprintf(buf, size, "\"%s%s", shown, len == room && t->size > room ? "..." : "\"");
}

static void bytes_format(const struct value_type *t, const uint8_t *bytes, char *buf, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < t->size && i < 16 && n + 3 < size; i++)
        n += (size_t)snprintf(buf + n, size - n, "%s%02x", i ? " " : "", bytes[i]);
    if (t->size > 16 && n < size)
        snprintf(buf + n, size - n, " ...");
}

static void char_format(uint8_t byte, char *buf, size_t size) {
    if (byte >= 0x20 && byte < 0x7f)
        snprintf(buf, size, "'%c' %u", byte, byte);
    else
        snprintf(buf, size, "%u 0x%02x", byte, byte);
}

static void seconds_format(int64_t s, char *buf, size_t size) {
    char time[40];
    if (s < 0 || (uint64_t)s > UINT64_MAX / NS_PER_S)
        snprintf(buf, size, "%" PRId64 " s", s);
    else
        snprintf(buf, size, "%s", fmt_rfc3339((uint64_t)s * NS_PER_S, time));
}

static void number_format(const struct value_type *t, const uint8_t *bytes, char *buf,
                          size_t size) {
    uint64_t n = load(t, bytes);
    if (t->kind == VALUE_INT)
        snprintf(buf, size, "%" PRId64, load_signed(t, bytes));
    else if (n > UINT16_MAX)
        snprintf(buf, size, "%" PRIu64 " 0x%" PRIx64, n, n);
    else
        snprintf(buf, size, "%" PRIu64, n);
}

static void enum_format(const struct value_type *t, const uint8_t *bytes, char *buf, size_t size) {
    int64_t number = enum_number(t, bytes);
    const char *name = name_of(t, number);
    snprintf(buf, size, "%s%s%" PRId64 "%s", name ? name : "", name ? " (" : "", number,
             name ? ")" : " (no name)");
}

void value_format(const struct value_type *t, const uint8_t *bytes, size_t len, char *buf,
                  size_t size) {
    char time[40];
    buf[0] = '\0';
    if (len < value_needs(t)) {
        snprintf(buf, size, "?");
        return;
    }
    switch (t->kind) {
    case VALUE_UINT:
    case VALUE_INT:
        number_format(t, bytes, buf, size);
        break;
    case VALUE_FLOAT:
        float_text(t, load_float(t, bytes), buf, size);
        break;
    case VALUE_BOOL:
        snprintf(buf, size, bytes[0] > 1 ? "true (%u)" : bytes[0] ? "true" : "false", bytes[0]);
        break;
    case VALUE_POINTER:
        snprintf(buf, size, "0x%" PRIx64, load(t, bytes));
        break;
    case VALUE_SECONDS:
        seconds_format(load_signed(t, bytes), buf, size);
        break;
    case VALUE_NANOSECONDS:
        snprintf(buf, size, "%s", fmt_rfc3339(load(t, bytes), time));
        break;
    case VALUE_ENUM:
        enum_format(t, bytes, buf, size);
        break;
    case VALUE_CHAR:
        char_format(bytes[0], buf, size);
        break;
    case VALUE_TEXT:
        text_format(t, bytes, buf, size);
        break;
    case VALUE_SEM:
        sync_sem_text(bytes, len, buf, size);
        break;
    case VALUE_MUTEX:
        sync_mutex_text(bytes, len, buf, size);
        break;
    case VALUE_BYTES:
        bytes_format(t, bytes, buf, size);
        break;
    }
}

void value_edit_text(const struct value_type *t, const uint8_t *bytes, size_t len, char *buf,
                     size_t size) {
    buf[0] = '\0';
    if (len < value_needs(t))
        return;
    const char *name = NULL;
    switch (t->kind) {
    case VALUE_UINT:
    case VALUE_NANOSECONDS:
        snprintf(buf, size, "%" PRIu64, load(t, bytes));
        break;
    case VALUE_INT:
    case VALUE_SECONDS:
        snprintf(buf, size, "%" PRId64, load_signed(t, bytes));
        break;
    case VALUE_BOOL:
        snprintf(buf, size, "%s", bytes[0] ? "true" : "false");
        break;
    case VALUE_ENUM:
        name = name_of(t, enum_number(t, bytes));
        snprintf(buf, size, "%" PRId64, enum_number(t, bytes));
        if (name)
            snprintf(buf, size, "%s", name);
        break;
    case VALUE_CHAR:
        snprintf(buf, size, bytes[0] >= 0x20 && bytes[0] < 0x7f ? "'%c'" : "%u", bytes[0]);
        break;
    case VALUE_TEXT:
        name_escape((const char *)bytes, strnlen((const char *)bytes, value_needs(t)), false, buf,
                    size);
        break;
    case VALUE_FLOAT:
    case VALUE_POINTER:
        value_format(t, bytes, len, buf, size);
        break;
    case VALUE_SEM:
    case VALUE_MUTEX:
    case VALUE_BYTES:
        break;
    }
}
