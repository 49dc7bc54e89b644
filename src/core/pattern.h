// pattern.h - what is looked for in bytes: text, bytes, a typed number or a regular expression.
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    PATTERN_MAX = 256,    // bytes of a pattern that is no regular expression
    PATTERN_REACH = 1024, // the longest match of a regular expression that is found for sure
};

struct pattern;

// Reads "text", "\x7f\x45" (mixed as one likes), "u8:" "u16:" "u32:" "u64:" "i8:" ... "i64:" "f32:"
// "f64:" and a number in the given byte order, or "re:" and an extended regular expression over
// bytes (no back-references; "." is no zero byte). 0 with *out owned by the caller, or -EINVAL with
// the reason in why (static storage).
int pattern_parse(const char *text, bool big_endian, struct pattern **out, const char **why);
void pattern_free(struct pattern *p); // NULL is legal
// Bytes that a match may have beyond its first one.
size_t pattern_reach(const struct pattern *p);
// Bytes that are looked through without a pause at most, so that a slow pattern can be stopped.
size_t pattern_chunk(const struct pattern *p);
// True when a run of zeroes that is long enough matches.
bool pattern_matches_zeroes(const struct pattern *p);
// Index of the first (last) match that begins in [0, places) of hay, or -1; *match is its length.
// A match may go on up to hay[len); `before`: the byte before hay[0] can be read too.
ssize_t pattern_first(const struct pattern *p, const uint8_t *hay, size_t len, size_t places,
                      bool before, size_t *match);
ssize_t pattern_last(const struct pattern *p, const uint8_t *hay, size_t len, size_t places,
                     bool before, size_t *match);

#endif
