// colset.h - the columns of the segment table on the screen, as a person chose them.
#ifndef CORE_COLSET_H
#define CORE_COLSET_H

#include "core/columns.h"

enum { COLSET_WIDTH_MIN = 3, COLSET_WIDTH_MAX = 80 };

// What follows the name, which always comes first.
struct colset {
    struct {
        enum column col;
        uint8_t width; // cells; 0: as wide as the column is by itself
    } item[COLUMN_COUNT];
    size_t count;       // 0: nothing was chosen, the screen shows its own choice
    uint8_t name_width; // the name gets no more cells than this; 0: what is left
};

// The columns that can be chosen: all but the name in its two forms.
bool colset_offers(enum column col);
// Reads names separated by commas or blanks, each with :WIDTH where that is wanted ("size,
// mode:4"); "name:20" bounds the name. "" chooses nothing. 0 and *out filled, or -EINVAL with the
// reason in why (the word escaped) and *out untouched.
int colset_parse(const char *text, struct colset *out, char *why, size_t why_size);
// The same text back. Returns its length; what does not fit is cut after a whole word.
size_t colset_format(const struct colset *set, char *buf, size_t size);
bool colset_same(const struct colset *a, const struct colset *b);

#endif
