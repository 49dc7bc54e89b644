// lens_parser.h - what the files that read a lens description share: lens_words.c, lens_parse.c,
// lens_parse_type.c.
#ifndef CORE_LENS_PARSER_H
#define CORE_LENS_PARSER_H

#include "core/lens_parts.h"

struct lens_named {
    const char *name;
    uint32_t type;
};

struct lens_scope { // what holds for the types that follow in one pair of braces
    bool big_endian, packed;
    VEC(struct lens_member) members;
};

struct lens_parser {
    struct lens_lexer lexer;
    struct lens_token token;
    struct lens *lens;
    struct lens_error *error;
    VEC(struct lens_named) types;
    VEC(struct value_name) constants;
    unsigned depth;
    uint32_t last_record;   // defined last, UINT32_MAX none
    struct lens_token open; // where an array [] was placed
};

// lens_words.c: words and complaints. All int results are 0, -EINVAL with the error, or -ENOMEM.
void lens_take(struct lens_parser *p); // goes on to the next token
int lens_bad(struct lens_parser *p, const struct lens_token *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// "expected WHAT, found 'x'"
int lens_expected(struct lens_parser *p, const char *what);
int lens_too_large(struct lens_parser *p, const struct lens_token *at);
int lens_too_many(struct lens_parser *p, const char *what);
bool lens_is_sign(const struct lens_parser *p, char sign);
bool lens_take_sign(struct lens_parser *p, char sign);
bool lens_token_is(const struct lens_token *t, const char *word);
bool lens_take_word(struct lens_parser *p, const char *word);
int lens_take_name(struct lens_parser *p, const char **name);
// A number, with a sign if it may have one, or a name of an enum.
int lens_take_constant(struct lens_parser *p, bool may_be_negative, int64_t *out);

// lens_parse_type.c
int lens_add_type(struct lens_parser *p, const struct lens_type *t, uint32_t *index);
int lens_name_type(struct lens_parser *p, const struct lens_token *at, const char *name,
                   uint32_t type);
// Makes a record of what was gathered between braces.
int lens_close_record(struct lens_parser *p, struct lens_scope *s, bool is_union,
                      const struct lens_token *at, struct lens_type *t);
// *defined: it was described here, not only named.
int lens_parse_type(struct lens_parser *p, const struct lens_scope *outer, uint32_t *type,
                    bool *defined);

// lens_parse.c: fields up to a '}' or the end. `top`: outside of all braces.
int lens_parse_fields(struct lens_parser *p, struct lens_scope *s, bool top);

#endif
