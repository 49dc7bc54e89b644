// regexsize.h - how large an extended regular expression becomes when it is compiled.
#ifndef CORE_REGEXSIZE_H
#define CORE_REGEXSIZE_H

#include <stdbool.h>

// regcomp(3) of glibc copies what is repeated, so that repetitions of repetitions ("a++++++",
// "((a{99}){99}){99}") take all memory there is. True: an expression that grows so much that it
// must not be compiled.
bool regex_too_large(const char *text);

#endif
