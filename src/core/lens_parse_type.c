// lens_parse_type.c - the types of a lens description.
#include "core/lens_parser.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int lens_add_type(struct lens_parser *p, const struct lens_type *t, uint32_t *index) {
    if (p->lens->types.count >= LENS_PARTS_MAX)
        return lens_too_many(p, "types");
    *index = (uint32_t)p->lens->types.count;
    return vec_push(&p->lens->types, *t);
}

static bool find_type(const struct lens_parser *p, const struct lens_token *name, uint32_t *type) {
    for (size_t i = p->types.count; i-- > 0;)
        if (lens_token_is(name, p->types.items[i].name)) {
            *type = p->types.items[i].type;
            return true;
        }
    return false;
}

int lens_name_type(struct lens_parser *p, const struct lens_token *at, const char *name,
                   uint32_t type) {
    uint32_t other = 0;
    if (find_type(p, at, &other))
        return lens_bad(p, at, "expected a new name: %s is defined already", name);
    if (p->types.count >= LENS_PARTS_MAX)
        return lens_too_many(p, "names of types");
    return vec_push(&p->types, ((struct lens_named){name, type}));
}

// __attribute__((packed)) or the word alone. 0 or -EINVAL.
static int take_packed(struct lens_parser *p, bool *packed) {
    while (lens_token_is(&p->token, "packed") || lens_token_is(&p->token, "__attribute__")) {
        if (lens_take_word(p, "packed")) {
            *packed = true;
            continue;
        }
        lens_take(p);
        bool ok = lens_take_sign(p, '(');
        ok = ok && lens_take_sign(p, '(');
        ok = ok && (lens_take_word(p, "packed") || lens_take_word(p, "__packed__"));
        ok = ok && lens_take_sign(p, ')');
        if (!ok || !lens_take_sign(p, ')'))
            return lens_expected(p, "__attribute__((packed))");
        *packed = true;
    }
    return 0;
}

// Takes over what was gathered between braces. `s` is emptied.
int lens_close_record(struct lens_parser *p, struct lens_scope *s, bool is_union,
                      const struct lens_token *at, struct lens_type *t) {
    *t = (struct lens_type){.first = (uint32_t)p->lens->members.count,
                            .members = (uint32_t)s->members.count};
    if (p->lens->members.count + s->members.count > LENS_PARTS_MAX)
        return lens_too_many(p, "fields");
    for (size_t i = 0; i < s->members.count; i++)
        if (vec_push(&p->lens->members, s->members.items[i]) != 0)
            return -ENOMEM;
    return lens_lay_out(p->lens, t, is_union, s->packed) ? 0 : lens_too_large(p, at);
}

static int parse_body(struct lens_parser *p, const struct lens_scope *outer, bool is_union,
                      bool packed, struct lens_type *t) {
    struct lens_scope s = {.big_endian = outer->big_endian, .packed = packed || outer->packed};
    struct lens_token at = p->token;
    if (++p->depth > LENS_DEPTH_MAX)
        return lens_bad(p, &p->token, "expected at most %d structs in one another", LENS_DEPTH_MAX);
    lens_take(p);
    int err = lens_parse_fields(p, &s, false);
    if (!err && !lens_take_sign(p, '}'))
        err = lens_expected(p, "a field or '}'");
    if (!err && s.members.count == 0)
        err = lens_bad(p, &at, "expected a field in these braces");
    if (!err)
        err = take_packed(p, &s.packed);
    if (!err)
        err = lens_close_record(p, &s, is_union, &at, t);
    vec_done(&s.members);
    p->depth--;
    return err;
}

// Behind "struct" or "union".
static int parse_record(struct lens_parser *p, const struct lens_scope *outer, bool is_union,
                        bool packed, uint32_t *type, bool *defined) {
    const char *name = "";
    struct lens_type t;
    int err = take_packed(p, &packed);
    struct lens_token at = p->token;
    if (!err && p->token.kind == TOKEN_NAME)
        err = lens_take_name(p, &name);
    if (!err)
        err = take_packed(p, &packed);
    if (err)
        return err;
    *defined = lens_is_sign(p, '{');
    if (!*defined && !name[0])
        return lens_expected(p, "a name or '{'");
    if (!*defined)
        return find_type(p, &at, type)
                   ? 0
                   : lens_bad(p, &at, "expected a struct that is defined above, found '%s'", name);
    err = parse_body(p, outer, is_union, packed, &t);
    if (!err)
        err = lens_add_type(p, &t, type);
    p->last_record = *type;
    return err || !name[0] ? err : lens_name_type(p, &at, name, *type);
}

static bool fits(const struct lens_type *t, int64_t number) {
    unsigned bits = 8 * (unsigned)t->size;
    if (bits == 64)
        return t->value.is_signed || number >= 0;
    int64_t most = (INT64_C(1) << (bits - t->value.is_signed)) - 1;
    return number <= most && number >= (t->value.is_signed ? -most - 1 : 0);
}

static int parse_enumerators(struct lens_parser *p, struct lens_type *t) {
    int64_t number = 0;
    size_t first = p->constants.count;
    do {
        struct lens_token at = p->token;
        const char *name = "";
        if (lens_is_sign(p, '}') && p->constants.count > first)
            break;
        if (p->token.kind != TOKEN_NAME)
            return lens_expected(p, "a name");
        int err = lens_take_name(p, &name);
        if (!err && lens_take_sign(p, '='))
            err = lens_take_constant(p, true, &number);
        if (err)
            return err;
        if (!fits(t, number))
            return lens_bad(p, &at, "expected a number that %s holds", t->name);
        if (p->constants.count >= LENS_PARTS_MAX)
            return lens_too_many(p, "names of numbers");
        if (vec_push(&p->constants, ((struct value_name){name, number})) != 0)
            return -ENOMEM;
        number = number < INT64_MAX ? number + 1 : 0;
    } while (lens_take_sign(p, ','));
    if (!lens_take_sign(p, '}'))
        return lens_expected(p, "',' or '}'");
    size_t n = p->constants.count - first, bytes = n * sizeof(struct value_name);
    struct value_name *names = arena_alloc(&p->lens->arena, bytes, _Alignof(struct value_name));
    if (!names)
        return -ENOMEM;
    memcpy(names, p->constants.items + first, bytes);
    t->value.names = names;
    t->value.name_count = n;
    return 0;
}

// Behind "enum".
static int parse_enum(struct lens_parser *p, const struct lens_scope *s, uint32_t *type,
                      bool *defined) {
    const char *name = "";
    struct lens_type t;
    struct lens_token at = p->token;
    lens_basic_type("int", &t);
    int err = p->token.kind == TOKEN_NAME ? lens_take_name(p, &name) : 0;
    if (err)
        return err;
    *defined = lens_is_sign(p, '{') || lens_is_sign(p, ':');
    if (!*defined && name[0] && find_type(p, &at, type))
        return 0;
    if (lens_take_sign(p, ':')) {
        bool ignored = false;
        struct lens_token under = p->token;
        err = lens_parse_type(p, s, type, &ignored);
        if (err)
            return err;
        t = p->lens->types.items[*type];
        if (t.form != LENS_LEAF || (t.value.kind != VALUE_UINT && t.value.kind != VALUE_INT))
            return lens_bad(p, &under, "expected a whole number type, like u8");
    }
    if (!lens_take_sign(p, '{'))
        return lens_expected(p, name[0] ? "'{'" : "a name or '{'");
    t.value.kind = VALUE_ENUM;
    t.value.big_endian = s->big_endian;
    err = parse_enumerators(p, &t);
    t.name = name[0] ? name : "enum";
    if (!err)
        err = lens_add_type(p, &t, type);
    return err || !name[0] ? err : lens_name_type(p, &at, name, *type);
}

// Words of C that belong together, like "unsigned long int", or one name.
static int parse_named_type(struct lens_parser *p, const struct lens_scope *s, uint32_t *type) {
    char words[LENS_NAME_MAX + 1] = "";
    struct lens_type t, longer;
    struct lens_token at = p->token;
    if (p->token.kind != TOKEN_NAME)
        return lens_expected(p, "a type");
    if (p->token.len > LENS_NAME_MAX)
        return lens_bad(p, &p->token, "expected a name of at most %d characters", LENS_NAME_MAX);
    memcpy(words, p->token.at, p->token.len);
    bool basic = lens_basic_type(words, &t), is_void = strcmp(words, "void") == 0;
    if (!basic && !is_void && !find_type(p, &at, type))
        return lens_expected(p, "a type");
    lens_take(p);
    if (!basic && !is_void)
        return 0;
    for (size_t n = strlen(words); basic && p->token.kind == TOKEN_NAME;) {
        int more = snprintf(words + n, sizeof words - n, " %.*s", (int)p->token.len, p->token.at);
        if ((size_t)more >= sizeof words - n || !lens_basic_type(words, &longer))
            break;
        n += (size_t)more;
        t = longer;
        lens_take(p);
    }
    if (is_void && !lens_is_sign(p, '*'))
        return lens_expected(p, "'*'");
    if (is_void)
        lens_basic_type("ptr", &t);
    t.value.big_endian = s->big_endian && t.size > 1 && t.size <= 8;
    return lens_add_type(p, &t, type);
}

int lens_parse_type(struct lens_parser *p, const struct lens_scope *outer, uint32_t *type,
                    bool *defined) {
    struct lens_scope s = {.big_endian = outer->big_endian, .packed = outer->packed};
    struct lens_token order = {.kind = TOKEN_END};
    bool packed = false;
    int err = 0;
    for (;;) {
        struct lens_token at = p->token;
        if (lens_take_word(p, "le") || lens_take_word(p, "be")) {
            s.big_endian = *at.at == 'b';
            order = at;
        } else if (lens_token_is(&p->token, "packed")) {
            err = take_packed(p, &packed);
        } else if (!lens_take_word(p, "const") && !lens_take_word(p, "volatile") &&
                   !lens_take_word(p, "_Atomic")) {
            break;
        }
    }
    *defined = false;
    if (err)
        return err;
    struct lens_token at = p->token;
    bool is_union = lens_token_is(&at, "union");
    if (packed && !is_union && !lens_token_is(&at, "struct"))
        return lens_expected(p, "struct or union behind 'packed'");
    if (lens_take_word(p, "struct") || lens_take_word(p, "union"))
        err = parse_record(p, &s, is_union, packed, type, defined);
    else if (lens_take_word(p, "enum"))
        err = parse_enum(p, &s, type, defined);
    else
        err = parse_named_type(p, &s, type);
    while (!err && (lens_take_word(p, "const") || lens_take_word(p, "volatile"))) {
    }
    if (err || order.kind == TOKEN_END || *defined)
        return err;
    struct lens_type t = p->lens->types.items[*type];
    if (t.form != LENS_LEAF)
        return lens_bad(p, &order,
                        "expected a number type behind '%.2s': a struct has its own order",
                        order.at);
    t.value.big_endian = s.big_endian && t.size > 1 && t.size <= 8;
    return lens_add_type(p, &t, type);
}
