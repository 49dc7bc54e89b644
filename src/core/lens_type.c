// lens_type.c - the types a lens knows by itself, and how large what is made of them is.
#include "core/lens_parts.h"

#include <string.h>

#define LARGEST (UINT64_C(1) << 62)

// Sizes of gcc on x86_64 Linux.
static const struct {
    const char *words, *name; // as written; as shown (NULL: the same)
    enum value_kind kind;
    uint8_t size;
    bool is_signed;
} basic[] = {
    {"u8", NULL, VALUE_UINT, 1, false},
    {"u16", NULL, VALUE_UINT, 2, false},
    {"u32", NULL, VALUE_UINT, 4, false},
    {"u64", NULL, VALUE_UINT, 8, false},
    {"i8", NULL, VALUE_INT, 1, true},
    {"i16", NULL, VALUE_INT, 2, true},
    {"i32", NULL, VALUE_INT, 4, true},
    {"i64", NULL, VALUE_INT, 8, true},
    {"f32", NULL, VALUE_FLOAT, 4, true},
    {"f64", NULL, VALUE_FLOAT, 8, true},
    {"uint8_t", "u8", VALUE_UINT, 1, false},
    {"uint16_t", "u16", VALUE_UINT, 2, false},
    {"uint32_t", "u32", VALUE_UINT, 4, false},
    {"uint64_t", "u64", VALUE_UINT, 8, false},
    {"int8_t", "i8", VALUE_INT, 1, true},
    {"int16_t", "i16", VALUE_INT, 2, true},
    {"int32_t", "i32", VALUE_INT, 4, true},
    {"int64_t", "i64", VALUE_INT, 8, true},
    {"__u8", "u8", VALUE_UINT, 1, false},
    {"__u16", "u16", VALUE_UINT, 2, false},
    {"__u32", "u32", VALUE_UINT, 4, false},
    {"__u64", "u64", VALUE_UINT, 8, false},
    {"__s8", "i8", VALUE_INT, 1, true},
    {"__s16", "i16", VALUE_INT, 2, true},
    {"__s32", "i32", VALUE_INT, 4, true},
    {"__s64", "i64", VALUE_INT, 8, true},
    {"s8", "i8", VALUE_INT, 1, true},
    {"s16", "i16", VALUE_INT, 2, true},
    {"s32", "i32", VALUE_INT, 4, true},
    {"s64", "i64", VALUE_INT, 8, true},
    {"size_t", "u64", VALUE_UINT, 8, false},
    {"ssize_t", "i64", VALUE_INT, 8, true},
    {"off_t", "i64", VALUE_INT, 8, true},
    {"pid_t", "i32", VALUE_INT, 4, true},
    {"uid_t", "u32", VALUE_UINT, 4, false},
    {"gid_t", "u32", VALUE_UINT, 4, false},
    {"key_t", "i32", VALUE_INT, 4, true},
    {"mode_t", "u32", VALUE_UINT, 4, false},
    {"wchar_t", "i32", VALUE_INT, 4, true},
    {"atomic_bool", "bool", VALUE_BOOL, 1, false},
    {"atomic_int", "i32", VALUE_INT, 4, true},
    {"atomic_uint", "u32", VALUE_UINT, 4, false},
    {"atomic_long", "i64", VALUE_INT, 8, true},
    {"atomic_ulong", "u64", VALUE_UINT, 8, false},
    {"float", "f32", VALUE_FLOAT, 4, true},
    {"double", "f64", VALUE_FLOAT, 8, true},
    {"char", NULL, VALUE_CHAR, 1, true},
    {"bool", NULL, VALUE_BOOL, 1, false},
    {"_Bool", "bool", VALUE_BOOL, 1, false},
    {"uintptr_t", "ptr", VALUE_POINTER, 8, false},
    {"intptr_t", "ptr", VALUE_POINTER, 8, false},
    {"ptr", NULL, VALUE_POINTER, 8, false},
    {"time_t", NULL, VALUE_SECONDS, 8, true},
    {"time64", NULL, VALUE_SECONDS, 8, true},
    {"time32", NULL, VALUE_SECONDS, 4, true},
    {"nstime", NULL, VALUE_NANOSECONDS, 8, false},
    {"sem_t", NULL, VALUE_SEM, 32, false},
    {"pthread_mutex_t", "mutex", VALUE_MUTEX, 40, false},
    {"pthread_cond_t", "cond", VALUE_BYTES, 48, false},
    {"pthread_rwlock_t", "rwlock", VALUE_BYTES, 56, false},
    {"pthread_barrier_t", "barrier", VALUE_BYTES, 32, false},
};

// One of the words of C that make a number type together: which, and 0 for none.
enum c_word { C_SIGNED = 1, C_UNSIGNED = 2, C_SHORT = 4, C_LONG = 8, C_INT = 16, C_CHAR = 32 };
static unsigned c_word(const char *word, size_t len) {
    static const struct {
        const char *word;
        enum c_word is;
    } words[] = {{"signed", C_SIGNED}, {"unsigned", C_UNSIGNED}, {"short", C_SHORT},
                 {"long", C_LONG},     {"int", C_INT},           {"char", C_CHAR}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0)
            return words[i].is;
    return 0;
}

bool lens_is_keyword(const char *name, size_t len) {
    return c_word(name, len) != 0 || (len == 5 && memcmp(name, "float", 5) == 0) ||
           (len == 6 && memcmp(name, "double", 6) == 0) ||
           (len == 6 && memcmp(name, "struct", 6) == 0);
}

static void leaf(struct lens_type *out, const char *name, enum value_kind kind, unsigned size,
                 bool is_signed) {
    *out = (struct lens_type){.form = LENS_LEAF,
                              .size = size,
                              .rows = 1,
                              .align = size < 8 ? size : 8,
                              .name = name,
                              .value = {.kind = kind, .size = size, .is_signed = is_signed}};
}

// "unsigned", "long long int", "signed char" in any order. False: not such words.
static bool c_number(const char *words, struct lens_type *out) {
    unsigned seen = 0, longs = 0;
    for (const char *at = words; *at; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        unsigned is = c_word(at, len);
        if (is == 0 || (is != C_LONG && (seen & is)) || (is == C_LONG && ++longs > 2))
            return false;
        seen |= is;
        at += len;
    }
    bool is_unsigned = seen & C_UNSIGNED;
    const unsigned both = C_SIGNED | C_UNSIGNED;
    unsigned sign = seen & both, rest = seen & ~sign;
    static const char *const names[2][4] = {{"i8", "i16", "i32", "i64"},
                                            {"u8", "u16", "u32", "u64"}};
    unsigned power = rest == C_CHAR ? 0 : rest & C_SHORT ? 1 : rest & C_LONG ? 3 : 2;
    if (sign == both || ((rest & C_CHAR) && rest != C_CHAR) ||
        ((rest & C_SHORT) && (rest & C_LONG)))
        return false;
    leaf(out, names[is_unsigned][power], is_unsigned ? VALUE_UINT : VALUE_INT, 1u << power,
         !is_unsigned);
    return seen != 0;
}

bool lens_basic_type(const char *words, struct lens_type *out) {
    for (size_t i = 0; i < sizeof basic / sizeof *basic; i++)
        if (strcmp(basic[i].words, words) == 0) {
            leaf(out, basic[i].name ? basic[i].name : basic[i].words, basic[i].kind, basic[i].size,
                 basic[i].is_signed);
            return true;
        }
    return c_number(words, out);
}

static uint64_t round_up(uint64_t n, uint64_t align) {
    return (n + align - 1) / align * align;
}

bool lens_lay_out(struct lens *l, struct lens_type *record, bool is_union, bool packed) {
    uint64_t end = 0;
    record->form = LENS_RECORD;
    record->size = record->rows = 0;
    record->align = 1;
    for (uint32_t i = 0; i < record->members; i++) {
        struct lens_member *m = &l->members.items[record->first + i];
        const struct lens_type *t = &l->types.items[m->type];
        if (m->offset == UINT64_MAX)
            m->offset = is_union ? 0 : packed ? end : round_up(end, t->align);
        if (m->offset > LARGEST || t->size > LARGEST - m->offset)
            return false;
        end = m->offset + t->size;
        record->size = end > record->size ? end : record->size;
        record->align = !packed && t->align > record->align ? t->align : record->align;
        record->open |= t->open;
        m->first_row = record->rows;
        record->rows += m->rows;
        if (record->rows > LARGEST)
            return false;
    }
    record->size = round_up(record->size, record->align);
    return true;
}

bool lens_array_of(const struct lens *l, uint32_t item, uint64_t count, struct lens_type *out) {
    const struct lens_type *of = &l->types.items[item];
    *out = (struct lens_type){
        .form = LENS_ARRAY, .align = of->align, .of = item, .count = count, .open = count == 0};
    if (of->form == LENS_LEAF && of->value.kind == VALUE_CHAR && count > 0) {
        *out = *of;
        out->value.kind = VALUE_TEXT;
        out->value.size = out->size = count;
        return count <= LARGEST;
    }
    return !__builtin_mul_overflow(of->size, count, &out->size) &&
           !__builtin_mul_overflow(of->rows, count, &out->rows) && out->size <= LARGEST &&
           out->rows <= LARGEST;
}
