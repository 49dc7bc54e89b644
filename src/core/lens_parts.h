// lens_parts.h - what the files of the lens share: lens_lex.c, lens_parse.c, lens_type.c, lens.c.
#ifndef CORE_LENS_PARTS_H
#define CORE_LENS_PARTS_H

#include "core/arena.h"
#include "core/lens.h"
#include "core/vec.h"

enum {
    LENS_DEPTH_MAX = 16,   // structs in structs, dimensions of an array
    LENS_PARTS_MAX = 8192, // types, members, names: of each
    LENS_NAME_MAX = 63,
};

enum lens_form { LENS_LEAF, LENS_RECORD, LENS_ARRAY };

struct lens_type {
    enum lens_form form;
    uint64_t size, rows; // rows: fields it shows
    uint32_t align;
    bool open;               // an array [] or, at its end, has one
    const char *name;        // of a leaf: "u32"
    struct value_type value; // of a leaf
    uint32_t of;             // array: type of an item
    uint64_t count;
    uint32_t first, members; // record: in lens.members
};

struct lens_member {
    const char *name; // "" none
    uint32_t type;
    uint64_t offset, first_row, rows; // rows 0: not shown
};

struct lens {
    struct arena arena; // names
    VEC(struct lens_type) types;
    VEC(struct lens_member) members;
    uint32_t root; // a record
};

enum lens_token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_SIGN, TOKEN_BAD };
struct lens_token {
    enum lens_token_kind kind;
    const char *at;
    size_t len;
    unsigned line, column;
    uint64_t number;
};

// Where reading has come to.
struct lens_lexer {
    const char *at, *end;
    unsigned line, column;
};
void lens_next_token(struct lens_lexer *lexer, struct lens_token *token);

// lens_type.c: the types that a description can name without defining them.
// Takes one to four words like "unsigned long int". False: no such type.
bool lens_basic_type(const char *words, struct lens_type *out);
// A word of C that no field is called by.
bool lens_is_keyword(const char *name, size_t len);

// Lengths and rows of a record from its members; false: larger than 2^62 bytes or rows.
bool lens_lay_out(struct lens *l, struct lens_type *record, bool is_union, bool packed);
bool lens_array_of(const struct lens *l, uint32_t item, uint64_t count, struct lens_type *out);

#endif
