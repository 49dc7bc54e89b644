// value.h - a value of a known type: from bytes to text, and from what a person types to bytes.
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
    VALUE_UINT,  // size 1, 2, 4, 8, as all up to VALUE_ENUM
    VALUE_INT,   //
    VALUE_FLOAT, // 4 or 8
    VALUE_BOOL,
    VALUE_POINTER,
    VALUE_SECONDS,     // since the epoch, signed
    VALUE_NANOSECONDS, // since the epoch
    VALUE_ENUM,        // a number with names
    VALUE_CHAR,        // size 1
    VALUE_TEXT,        // characters up to a NUL or the end
    VALUE_SEM,         // sem_t
    VALUE_MUTEX,       // pthread_mutex_t
    VALUE_BYTES        // shown as they are, never edited as a value
};

// One name of a number.
struct value_name {
    const char *name;
    int64_t number;
};

struct value_type {
    enum value_kind kind;
    uint64_t size; // bytes
    bool is_signed, big_endian;
    const struct value_name *names; // VALUE_ENUM
    size_t name_count;
};

// What value_format looks at and value_parse makes, at most.
enum { VALUE_BYTES_MAX = 256 };

// "u32", "i8", "f64" ... of the inspector and of prompts. False: no such type.
bool value_type_named(const char *name, size_t len, bool big_endian, struct value_type *out);
// How many bytes value_format needs to see.
size_t value_needs(const struct value_type *t);
// The value as text, escaped for display. `len`: bytes there are; fewer than value_needs: "?".
void value_format(const struct value_type *t, const uint8_t *bytes, size_t len, char *buf,
                  size_t size);
// The same as a person would type it; "" where it cannot be edited or seen.
void value_edit_text(const struct value_type *t, const uint8_t *bytes, size_t len, char *buf,
                     size_t size);
// The bytes of what was typed: numbers in decimal, 0x, 0 octal; names of an enum; true, false;
// times as 2026-11-22T21:04:17Z or a number; text with \xNN, ended by a NUL where there is room.
// 0 with out[0 .. *len-1], or -EINVAL with the reason.
int value_parse(const struct value_type *t, const char *text, uint8_t out[VALUE_BYTES_MAX],
                size_t *len, char *why, size_t why_size);

#endif
