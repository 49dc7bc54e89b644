// lens_words.c - taking the words of a lens description, and what is said when one is wrong.
#include "core/lens_parser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/segname.h"

void lens_take(struct lens_parser *p) {
    lens_next_token(&p->lexer, &p->token);
}

int lens_bad(struct lens_parser *p, const struct lens_token *at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    p->error->line = at->line;
    p->error->column = at->column;
    vsnprintf(p->error->text, sizeof p->error->text, format, args);
    va_end(args);
    return -EINVAL;
}

// "expected WHAT, found 'x'"
int lens_expected(struct lens_parser *p, const char *what) {
    char shown[4 * 24 + 1];
    size_t len = p->token.len < 24 ? p->token.len : 24;
    if (p->token.kind == TOKEN_END)
        return lens_bad(p, &p->token, "expected %s, found the end", what);
    if (p->token.kind == TOKEN_BAD && p->token.len == 2 && memcmp(p->token.at, "/*", 2) == 0)
        return lens_bad(p, &p->token, "expected */ for this comment, found the end");
    name_escape(p->token.at, len, false, shown, sizeof shown);
    return lens_bad(p, &p->token, "expected %s, found '%s%s'", what, shown,
                    p->token.len > len ? "..." : "");
}

int lens_too_large(struct lens_parser *p, const struct lens_token *at) {
    return lens_bad(p, at, "expected something smaller: this is larger than 2^62 bytes");
}

int lens_too_many(struct lens_parser *p, const char *what) {
    return lens_bad(p, &p->token, "expected at most %d %s", LENS_PARTS_MAX, what);
}

bool lens_is_sign(const struct lens_parser *p, char sign) {
    return p->token.kind == TOKEN_SIGN && *p->token.at == sign;
}

bool lens_take_sign(struct lens_parser *p, char sign) {
    bool is = lens_is_sign(p, sign);
    if (is)
        lens_take(p);
    return is;
}

bool lens_token_is(const struct lens_token *t, const char *word) {
    return t->kind == TOKEN_NAME && strlen(word) == t->len && memcmp(word, t->at, t->len) == 0;
}

bool lens_take_word(struct lens_parser *p, const char *word) {
    bool is = lens_token_is(&p->token, word);
    if (is)
        lens_take(p);
    return is;
}

int lens_take_name(struct lens_parser *p, const char **name) {
    if (p->token.len > LENS_NAME_MAX)
        return lens_bad(p, &p->token, "expected a name of at most %d characters", LENS_NAME_MAX);
    *name = arena_dup(&p->lens->arena, p->token.at, p->token.len);
    lens_take(p);
    return *name ? 0 : -ENOMEM;
}

// A number, with a sign if it may have one, or a name of an enum.
int lens_take_constant(struct lens_parser *p, bool may_be_negative, int64_t *out) {
    bool negative = may_be_negative && lens_take_sign(p, '-');
    if (p->token.kind == TOKEN_NUMBER && p->token.number <= INT64_MAX) {
        *out = negative ? -(int64_t)p->token.number : (int64_t)p->token.number;
        lens_take(p);
        return 0;
    }
    for (size_t i = 0; p->token.kind == TOKEN_NAME && i < p->constants.count; i++)
        if (lens_token_is(&p->token, p->constants.items[i].name)) {
            *out = negative ? -p->constants.items[i].number : p->constants.items[i].number;
            lens_take(p);
            return 0;
        }
    return lens_expected(p, "a number");
}
