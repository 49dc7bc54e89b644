// match.h - finding text in names, whatever its case.
#ifndef CORE_MATCH_H
#define CORE_MATCH_H

#include "core/snapshot.h"

// True when text is in hay; ASCII letters match in either case.
bool match_bytes(const char *hay, size_t len, const char *text, size_t text_len);
// The same in the escaped form of a name; false for a missing one.
bool match_name(strv name, const char *text, size_t text_len);
// The same in what the table shows as the segment's label.
bool match_label(const struct snapshot *snap, const struct segment *seg, const char *text,
                 size_t text_len);

// How many letters have to be put in, left out or changed to make one word of the other; words of
// more than 31 bytes are no match for anything (SIZE_MAX).
size_t match_distance(const char *a, const char *b);

#endif
