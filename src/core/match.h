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

#endif
