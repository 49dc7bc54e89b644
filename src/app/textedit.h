// textedit.h - one line of text that a person types: UTF-8, a cursor, the usual keys.
#ifndef APP_TEXTEDIT_H
#define APP_TEXTEDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/keymap.h"

enum { TEXTEDIT_SIZE = 512 };

struct textedit {
    char text[TEXTEDIT_SIZE]; // terminated, valid UTF-8 without control characters
    size_t len;
    size_t cursor; // byte offset, always between characters
};

// Takes a copy of text, cut where it does not fit; the cursor goes to the end.
void textedit_set(struct textedit *e, const char *text);
// True when the key was an editing key (whether or not the text changed).
bool textedit_key(struct textedit *e, const struct key *key);

#endif
