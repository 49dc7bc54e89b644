// text.h - width, clipping and decoding of UTF-8 text in terminal cells.
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Decodes one code point of s (len > 0). Returns the bytes used (1..4), or 0 when s does not start
// with valid UTF-8 (overlong forms and surrogates are invalid).
size_t utf8_decode(const char *s, size_t len, uint32_t *cp);
// Encodes cp (valid) and returns the length (1..4). No terminator is added.
size_t utf8_encode(uint32_t cp, char out[4]);
// Cells a code point takes: 0 combining, 1, 2 wide; -1 not printable (controls, bidirectional
// controls, surrogates, noncharacters, line separators). By its own table, so that the answer
// depends on no locale.
int cp_width(uint32_t cp);
// A bidirectional control, which can make text lie about its order.
bool cp_is_bidi_control(uint32_t cp);
// Cells that terminated, escaped text takes. A byte or character that cannot be printed counts one,
// for the stand-in drawn for it.
size_t text_width(const char *s);
// The longest start of s that fits `cells`: its length in bytes; *used gets its cells.
size_t text_clip(const char *s, size_t cells, size_t *used);
// The bytes of s for one line of `cells`: all, up to a blank, or what fits where no blank is near.
size_t text_wrap(const char *s, size_t cells);
// Copies s into buf clipped to `cells`; when cut, the last cell shows `mark` (one cell, e.g. "…" or
// "~"). Always terminated; a buffer too small cuts at a whole character. Returns the cells used.
size_t text_fit(const char *s, size_t cells, const char *mark, char *buf, size_t size);

#endif
