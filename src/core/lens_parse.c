// lens_parse.c - the fields of a lens description, and the whole of it.
#include "core/lens_parser.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The dimensions behind a name, outermost first.
static int parse_dimensions(struct lens_parser *p, bool top, uint32_t *type) {
    uint64_t counts[LENS_DEPTH_MAX];
    size_t n = 0;
    struct lens_token at = p->token;
    while (lens_take_sign(p, '[')) {
        struct lens_token inside = p->token;
        int64_t count = 0;
        if (n == LENS_DEPTH_MAX)
            return lens_bad(p, &inside, "expected at most %d dimensions", LENS_DEPTH_MAX);
        if (top && n == 0 && lens_is_sign(p, ']')) {
            p->open = at;
        } else {
            int err = lens_take_constant(p, false, &count);
            if (err)
                return err;
            if (count < 1)
                return lens_bad(p, &inside, "expected a number from 1");
        }
        counts[n++] = (uint64_t)count;
        if (!lens_take_sign(p, ']'))
            return lens_expected(p, "']'");
    }
    while (n-- > 0) {
        struct lens_type t;
        if (!lens_array_of(p->lens, *type, counts[n], &t))
            return lens_too_large(p, &at);
        int err = lens_add_type(p, &t, type);
        if (err)
            return err;
    }
    return 0;
}

static int parse_declarator(struct lens_parser *p, const struct lens_scope *s, bool top,
                            uint32_t type, struct lens_member *m) {
    struct lens_type pointer;
    int err = 0;
    *m = (struct lens_member){.name = "", .type = type, .offset = UINT64_MAX};
    if (lens_is_sign(p, '*')) {
        while (lens_take_sign(p, '*') || lens_take_word(p, "const") ||
               lens_take_word(p, "volatile")) {
        }
        lens_basic_type("ptr", &pointer);
        pointer.value.big_endian = s->big_endian;
        err = lens_add_type(p, &pointer, &m->type);
    }
    if (!err && p->token.kind == TOKEN_NAME && lens_is_keyword(p->token.at, p->token.len))
        return lens_expected(p, "a field name");
    if (!err && p->token.kind == TOKEN_NAME)
        err = lens_take_name(p, &m->name);
    if (!err)
        err = parse_dimensions(p, top, &m->type);
    if (!err && lens_is_sign(p, ':'))
        return lens_bad(p, &p->token, "expected ';' or ',': bit fields are not known here");
    if (err)
        return err;
    const struct lens_type *t = &p->lens->types.items[m->type];
    while (t->form == LENS_ARRAY)
        t = &p->lens->types.items[t->of];
    bool hidden = strcmp(m->name, "_") == 0 || (!m->name[0] && !top && t->form == LENS_LEAF);
    m->rows = hidden ? 0 : p->lens->types.items[m->type].rows;
    return 0;
}

// "TYPE a, b[2];" `offset`: of the first one, UINT64_MAX where it falls.
static int parse_declarators(struct lens_parser *p, struct lens_scope *s, bool top, uint32_t type,
                             uint64_t offset) {
    do {
        struct lens_member m;
        if (p->open.kind != TOKEN_END)
            return lens_bad(p, &p->open, "expected a number: [] stands only at the very end");
        int err = parse_declarator(p, s, top, type, &m);
        if (err)
            return err;
        m.offset = offset;
        offset = UINT64_MAX;
        if (s->members.count >= LENS_PARTS_MAX)
            return lens_too_many(p, "fields");
        if (vec_push(&s->members, m) != 0)
            return -ENOMEM;
    } while (lens_take_sign(p, ','));
    if (lens_take_sign(p, ';') || (top && p->token.kind == TOKEN_END))
        return 0;
    return lens_expected(p, "';'");
}

static int parse_typedef(struct lens_parser *p, const struct lens_scope *s) {
    uint32_t type = 0;
    bool defined = false;
    struct lens_member m = {0};
    int err = lens_parse_type(p, s, &type, &defined);
    struct lens_token at = p->token;
    if (!err && lens_is_sign(p, '*'))
        return lens_expected(p, "a name; a pointer is ptr");
    if (!err && at.kind != TOKEN_NAME)
        return lens_expected(p, "a name");
    if (!err)
        err = parse_declarator(p, s, false, type, &m);
    if (!err)
        err = lens_name_type(p, &at, m.name, m.type);
    if (!err && !lens_take_sign(p, ';'))
        return lens_expected(p, "';'");
    return err;
}

static int parse_field(struct lens_parser *p, struct lens_scope *s, bool top) {
    int64_t offset = -1;
    uint32_t type = 0;
    bool defined = false;
    if (lens_take_sign(p, '@')) {
        int err = lens_take_constant(p, false, &offset);
        if (err)
            return err;
    }
    struct lens_token at = p->token;
    int err = lens_parse_type(p, s, &type, &defined);
    if (err)
        return err;
    bool tagged = defined && p->types.count > 0 && p->types.items[p->types.count - 1].type == type;
    bool is_enum = p->lens->types.items[type].form == LENS_LEAF;
    if (defined && offset < 0 && (tagged || is_enum) && lens_take_sign(p, ';'))
        return 0; // defined, and nothing placed
    if (p->lens->types.items[type].size == 0)
        return lens_bad(p, &at, "expected a type that has a size");
    return parse_declarators(p, s, top, type, offset < 0 ? UINT64_MAX : (uint64_t)offset);
}

// "le;" "be;" "packed;" for what follows. False: it is not one, nothing was taken.
static bool take_directive(struct lens_parser *p, struct lens_scope *s) {
    struct lens_lexer before = p->lexer;
    struct lens_token token = p->token;
    bool order = lens_token_is(&token, "le") || lens_token_is(&token, "be");
    if (!order && !lens_token_is(&token, "packed"))
        return false;
    lens_take(p);
    if (lens_take_sign(p, ';')) {
        s->big_endian = order ? *token.at == 'b' : s->big_endian;
        s->packed |= !order;
        return true;
    }
    p->lexer = before;
    p->token = token;
    return false;
}

int lens_parse_fields(struct lens_parser *p, struct lens_scope *s, bool top) {
    int err = 0;
    while (!err && p->token.kind != TOKEN_END && !lens_is_sign(p, '}')) {
        if (lens_take_sign(p, ';') || take_directive(p, s))
            continue;
        err = top && lens_take_word(p, "typedef") ? parse_typedef(p, s) : parse_field(p, s, top);
    }
    return err;
}

static int parse_top(struct lens_parser *p) {
    struct lens_scope s = {0};
    struct lens_type root;
    struct lens_token start;
    lens_take(p);
    start = p->token;
    int err = lens_parse_fields(p, &s, true);
    if (!err && p->token.kind != TOKEN_END)
        err = lens_expected(p, "a type or the end");
    if (!err && s.members.count == 0 && p->last_record != UINT32_MAX) {
        uint64_t rows = p->lens->types.items[p->last_record].rows;
        err = vec_push(&s.members,
                       ((struct lens_member){.name = "", .type = p->last_record, .rows = rows}));
    }
    if (!err)
        err = lens_close_record(p, &s, false, &start, &root);
    if (!err && root.rows == 0 && p->open.kind == TOKEN_END)
        err = lens_bad(p, &start,
                       s.members.count ? "expected a field that is not hidden" : "expected a type");
    if (!err)
        err = lens_add_type(p, &root, &p->lens->root);
    vec_done(&s.members);
    return err;
}

int lens_parse(const char *text, size_t len, struct lens **out, struct lens_error *error) {
    struct lens_parser p = {.lexer = {text, text + len, 1, 1},
                            .error = error,
                            .last_record = UINT32_MAX,
                            .open = {.kind = TOKEN_END}};
    *error = (struct lens_error){.line = 1, .column = 1};
    if (len > LENS_TEXT_MAX) {
        snprintf(error->text, sizeof error->text, "expected at most %d bytes", LENS_TEXT_MAX);
        return -EINVAL;
    }
    p.lens = calloc(1, sizeof *p.lens);
    int err = p.lens ? parse_top(&p) : -ENOMEM;
    vec_done(&p.types);
    vec_done(&p.constants);
    if (err)
        lens_free(p.lens);
    else
        *out = p.lens;
    return err;
}
