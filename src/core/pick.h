// pick.h - words that choose lines of a list: of processes, of events.
#ifndef CORE_PICK_H
#define CORE_PICK_H

#include "core/model.h"

struct pick;

// A line as the words see it. Bytes come as they are from outside.
struct pick_line {
    const char *text[2]; // escaped; what plain text and name~ are looked for in; NULL: none
    u64v uid;
    strv user; // its name
    pid_t pid; // 0 none
};

// Parses words, separated by blanks, that must all match: user:NAME or user:UID, pid:N, name~REGEX
// (POSIX extended), or plain text found whatever its case. 0 and *out owned by the caller; -EINVAL
// with the reason in why (naming the word, escaped), -ENOMEM. "" matches all.
int pick_parse(const char *text, struct pick **out, char *why, size_t why_size);
void pick_free(struct pick *p); // NULL is legal
// p NULL matches all.
bool pick_matches(const struct pick *p, const struct pick_line *line);

#endif
