// lenses.h - the file of lenses that a user keeps: for which segments, and which layout.
//
//   # what psm_* of our workers holds
//   psm_*: struct { u32 magic; u16 len; char name[16]; f64 price; } [128]
//   key:0x5201:
//       u64 head, tail;
//       @64 struct { u64 stamp; char text[56]; } slots[];
//
// A pattern stands at the beginning of a line, ends with a colon and a blank or the end of the
// line, and has * and ? as in a shell. It is held against the name of an object ("/ring" without
// its slash, a path), and against its SEG and key:KEY. What follows, and indented lines, describe
// the layout.
#ifndef CORE_LENSES_H
#define CORE_LENSES_H

#include "core/lens.h"
#include "core/snapshot.h"

struct lenses;

enum { LENSES_TEXT_MAX = 1 << 20, LENSES_MAX = 1024, LENSES_PATTERN_MAX = 200 };

// Those that are wrong are left out: *error is about the first one (line 0: none is), and of the
// whole file. *out is owned by the caller. 0 or -ENOMEM.
int lenses_parse(const char *text, size_t len, struct lenses **out, struct lens_error *error);
void lenses_free(struct lenses *l); // NULL is legal
size_t lenses_count(const struct lenses *l);
// The description of the first lens that fits the segment, and its pattern; borrowed. False: none.
bool lenses_find(const struct lenses *l, const struct segment *seg, const char **pattern,
                 const char **description);
// The pattern that a lens of this segment is saved under, if nobody says otherwise. Returns buf.
const char *lenses_pattern_of(const struct segment *seg, char buf[LENSES_PATTERN_MAX]);
// NULL, or why this is no pattern (static storage).
const char *lenses_pattern_fault(const char *pattern);
// The text with this lens in place of the one with the same pattern, or behind all others; owned
// by the caller. NULL: no memory.
char *lenses_put(const char *text, const char *pattern, const char *description);

#endif
