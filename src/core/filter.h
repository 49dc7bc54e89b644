// filter.h - FILTER of the contract: words that must all match.
#ifndef CORE_FILTER_H
#define CORE_FILTER_H

#include "core/snapshot.h"

struct filter;

// Parses words (separated by blanks): user:app kind:posix size>1M att:0 verdict:orphan
// origin:python pid:123 name~REGEX, or plain text found in the name. 0 and *out owned by the
// caller; -EINVAL with the reason in why (naming the word), -ENOMEM. "" gives a filter that
// matches all.
int filter_parse(const char *text, struct filter **out, char *why, size_t why_size);
void filter_free(struct filter *f);
bool filter_matches(const struct filter *f, const struct snapshot *snap,
                    const struct segment *seg);

#endif
