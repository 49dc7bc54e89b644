// lens_lex.c - the words of a lens description.
#include "core/lens_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void step(struct lens_lexer *l) {
    if (*l->at == '\n') {
        l->line++;
        l->column = 1;
    } else if (((unsigned char)*l->at & 0xc0) != 0x80) {
        l->column++;
    }
    l->at++;
}

static bool begins(const struct lens_lexer *l, const char *two) {
    return l->end - l->at >= 2 && l->at[0] == two[0] && l->at[1] == two[1];
}

// Skips blanks and comments. False: a comment has no end; it stands where it began.
static bool skip_blanks(struct lens_lexer *l) {
    while (l->at < l->end) {
        if (isspace((unsigned char)*l->at)) {
            step(l);
        } else if (begins(l, "//")) {
            while (l->at < l->end && *l->at != '\n')
                step(l);
        } else if (begins(l, "/*")) {
            struct lens_lexer start = *l;
            step(l);
            step(l);
            while (l->at < l->end && !begins(l, "*/"))
                step(l);
            if (l->at == l->end) {
                *l = start;
                return false;
            }
            step(l);
            step(l);
        } else {
            break;
        }
    }
    return true;
}

static bool is_name(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

// As in C: 0x, 0 octal, suffixes u and l. False: it is no number, or over 64 bits.
static bool read_number(const char *at, size_t len, uint64_t *out) {
    char word[40], *end = NULL;
    if (len >= sizeof word)
        return false;
    memcpy(word, at, len);
    word[len] = '\0';
    errno = 0;
    *out = strtoull(word, &end, 0);
    if (errno || end == word)
        return false;
    end += strspn(end, "uUlL");
    return *end == '\0';
}

void lens_next_token(struct lens_lexer *l, struct lens_token *t) {
    bool ended = skip_blanks(l);
    *t = (struct lens_token){TOKEN_END, l->at, 0, l->line, l->column, 0};
    if (!ended) {
        t->kind = TOKEN_BAD;
        t->len = 2;
        return;
    }
    if (l->at == l->end)
        return;
    char c = *l->at;
    if (is_name(c)) {
        while (l->at < l->end && is_name(*l->at))
            step(l);
        t->len = (size_t)(l->at - t->at);
        t->kind = TOKEN_NAME;
        if (isdigit((unsigned char)c))
            t->kind = read_number(t->at, t->len, &t->number) ? TOKEN_NUMBER : TOKEN_BAD;
        return;
    }
    do
        step(l);
    while (l->at < l->end && ((unsigned char)*l->at & 0xc0) == 0x80);
    t->len = (size_t)(l->at - t->at);
    t->kind = strchr("{}[]();,:=*@-", c) && c ? TOKEN_SIGN : TOKEN_BAD;
}
