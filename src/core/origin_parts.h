// origin_parts.h - what the files of the origin catalogue share.
#ifndef CORE_ORIGIN_PARTS_H
#define CORE_ORIGIN_PARTS_H

#include "core/origin.h"

// Why a pattern cannot be used (static storage), or NULL.
const char *origin_pattern_fault(const char *pattern);
// Marks every byte that a name matched by the pattern may begin with.
void origin_pattern_first(const char *pattern, bool first[256]);

// Makes a table of rows of a user (taken, with the text they point into) and the built-in ones.
int origins_make(struct origin *rows, size_t count, char *text, struct origins **out);

// True when comm is one of the programs "a|b".
bool origin_is_program(const char *programs, strv comm);

#endif
