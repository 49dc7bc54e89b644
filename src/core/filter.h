// filter.h - FILTER of the contract: words that must all match.
#ifndef CORE_FILTER_H
#define CORE_FILTER_H

#include "core/snapshot.h"

struct filter;

// Parses words (separated by blanks) that must all match:
//   user:app or user:1001   kind:posix   pid:123 (holds it)   container:TEXT   name~REGEX (POSIX
//   extended, over the escaped name)   size>1M (also < <= >= = and :, of size resident swapped
//   nattch holders att hidden uid gid mode creator last key)   att:0 (no holder at all)
//   plain text: found, whatever its case, in a name, a label, a key or the SEG.
// A value that could not be learned matches nothing. 0 and *out owned by the caller; -EINVAL with
// the reason in why (naming the word, escaped), -ENOMEM. "" gives a filter that matches all.
int filter_parse(const char *text, struct filter **out, char *why, size_t why_size);
// From now on it matches unused segments alone, see verdict_is_unused.
void filter_only_unused(struct filter *f);
void filter_free(struct filter *f);
// f NULL matches all.
bool filter_matches(const struct filter *f, const struct snapshot *snap, const struct segment *seg);

// The n-th word with a sign that goes with it: "size>", "user:", "name~". Returns buf; NULL: there
// is none.
const char *filter_word(size_t n, char buf[32]);

#endif
