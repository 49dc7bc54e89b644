// test_lens.c - record layouts: where each field lies, and what is said of a bad description.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "core/lens.h"

static struct lens *parse(const char *text) {
    struct lens *l = NULL;
    struct lens_error e;
    if (lens_parse(text, strlen(text), &l, &e) != 0) {
        fail_msg("%u:%u: %s in: %s", e.line, e.column, e.text, text);
        abort();
    }
    return l;
}

// The rows as "path type @offset+size", joined by "; ".
static void assert_rows(const char *text, const char *want) {
    struct lens *l = parse(text);
    char got[2000] = "";
    size_t n = 0;
    struct lens_field f;
    for (uint64_t row = 0; lens_field(l, row, &f); row++)
        n += (size_t)snprintf(got + n, sizeof got - n, "%s%s %s @%" PRIu64 "+%" PRIu64,
                              row ? "; " : "", f.path, f.type, f.offset, f.value.size);
    assert_string_equal(got, want);
    lens_free(l);
}

static void assert_error(const char *text, unsigned line, unsigned column, const char *want) {
    struct lens *l = NULL;
    struct lens_error e;
    assert_int_equal(lens_parse(text, strlen(text), &l, &e), -EINVAL);
    if (e.line != line || e.column != column || !strstr(e.text, want))
        fail_msg("%u:%u: %s (of: %s)", e.line, e.column, e.text, text);
}

static void a_record_is_laid_out_field_by_field(void **state) {
    (void)state;
    assert_rows("struct { u32 magic; u16 len; char name[16]; f64 price; } [2]",
                "[0].magic u32 @0+4; [0].len u16 @4+2; [0].name char[16] @6+16; [0].price f64 "
                "@24+8; [1].magic u32 @32+4; [1].len u16 @36+2; [1].name char[16] @38+16; "
                "[1].price f64 @56+8");
    assert_rows("u8 a; packed struct { u8 b; u32 c; } d; u32 e",
                "a u8 @0+1; d.b u8 @1+1; d.c u32 @2+4; e u32 @8+4");
    assert_rows("u8 grid[2][3];", "grid[0][0] u8 @0+1; grid[0][1] u8 @1+1; grid[0][2] u8 @2+1; "
                                  "grid[1][0] u8 @3+1; grid[1][1] u8 @4+1; grid[1][2] u8 @5+1");
    assert_rows("char names[2][4];", "names[0] char[4] @0+4; names[1] char[4] @4+4");
    assert_rows("u32", "u32 u32 @0+4");
    assert_rows("u16[2]", "[0] u16 @0+2; [1] u16 @2+2");
    assert_rows("u8 a, *b, c[1];", "a u8 @0+1; b ptr @8+8; c[0] u8 @16+1");
}

static void order_hiding_and_places(void **state) {
    (void)state;
    assert_rows("u16 a; be u16 b; be; u16 c; le u16 d; struct { u32 e; } f;",
                "a u16 @0+2; b be u16 @2+2; c be u16 @4+2; d u16 @6+2; f.e be u32 @8+4");
    assert_rows("be struct { u16 a; u8 b; } x; u16 y", "x.a be u16 @0+2; x.b u8 @2+1; y u16 @4+2");
    assert_rows("struct { u8 a; u8 _[3]; u8[4]; u16 b; } x;", "x.a u8 @0+1; x.b u16 @8+2");
    assert_rows("@64 u32 tail; u8 next; @0 u32 head;",
                "tail u32 @64+4; next u8 @68+1; head u32 @0+4");
    assert_rows("@3 u32 odd;", "odd u32 @3+4");
    assert_rows("struct { u8 k; union { u32 n; f32 f; }; } x;",
                "x.k u8 @0+1; x.n u32 @4+4; x.f f32 @4+4");
    assert_rows("packed; u8 a; u32 b;", "a u8 @0+1; b u32 @1+4");
    assert_rows("struct p { u8 a; u32 b; } __attribute__((packed)); struct p x[2];",
                "x[0].a u8 @0+1; x[0].b u32 @1+4; x[1].a u8 @5+1; x[1].b u32 @6+4");
}

static void types_as_c_writes_them(void **state) {
    (void)state;
    assert_rows("uint32_t a; unsigned b; unsigned long long int c; long d; short unsigned e; "
                "signed char f; size_t g; double h; float i; bool j; void *k; const char *s;",
                "a u32 @0+4; b u32 @4+4; c u64 @8+8; d i64 @16+8; e u16 @24+2; f i8 @26+1; "
                "g u64 @32+8; h f64 @40+8; i f32 @48+4; j bool @52+1; k ptr @56+8; s ptr @64+8");
    assert_rows("typedef unsigned char byte; typedef struct { byte a, b; } pair; pair p[1];",
                "p[0].a u8 @0+1; p[0].b u8 @1+1");
    assert_rows("/* a\n comment */ struct s { int x; // till the end\n }; struct s a; s b;",
                "a.x i32 @0+4; b.x i32 @4+4");
    assert_rows("enum { N = 3, M }; u8 a[M]; enum color : u8 { RED, GREEN = 0x10, } c;",
                "a[0] u8 @0+1; a[1] u8 @1+1; a[2] u8 @2+1; a[3] u8 @3+1; c color @4+1");
    assert_rows("struct a { u8 x; }; struct b { u16 y; };", "y u16 @0+2"); // the last one defined
}

static void enum_names_belong_to_their_field(void **state) {
    (void)state;
    struct lens *l = parse("enum e { A, B = -2, C }; be enum e x;");
    struct lens_field f;
    assert_true(lens_field(l, 0, &f));
    assert_int_equal(f.value.kind, VALUE_ENUM);
    assert_int_equal(f.value.name_count, 3);
    assert_string_equal(f.value.names[2].name, "C");
    assert_int_equal(f.value.names[2].number, -1);
    assert_true(f.value.is_signed && f.value.big_endian);
    lens_free(l);
}

// gcc is asked where it puts the same fields.
struct mixed {
    uint8_t a;
    double b;
    char c[3];
    short d;
    struct {
        uint8_t e;
        long f;
    } g[2];
    sem_t h;
    uint8_t i;
    pthread_mutex_t j;
    bool k;
    time_t l;
    enum { ZERO } m;
    void *n;
    union {
        uint16_t o;
        uint64_t p;
    } q;
    uint8_t r;
};
static void structs_fit_what_the_compiler_makes(void **state) {
    (void)state;
    struct lens *l = parse(
        "struct mixed { uint8_t a; double b; char c[3]; short d; struct { uint8_t e; long f; } "
        "g[2]; sem_t h; uint8_t i; pthread_mutex_t j; bool k; time_t l; enum { ZERO } m; void *n; "
        "union { uint16_t o; uint64_t p; } q; uint8_t r; } x[2];");
    static const size_t offsets[] = {offsetof(struct mixed, a),      offsetof(struct mixed, b),
                                     offsetof(struct mixed, c),      offsetof(struct mixed, d),
                                     offsetof(struct mixed, g[0].e), offsetof(struct mixed, g[0].f),
                                     offsetof(struct mixed, g[1].e), offsetof(struct mixed, g[1].f),
                                     offsetof(struct mixed, h),      offsetof(struct mixed, i),
                                     offsetof(struct mixed, j),      offsetof(struct mixed, k),
                                     offsetof(struct mixed, l),      offsetof(struct mixed, m),
                                     offsetof(struct mixed, n),      offsetof(struct mixed, q.o),
                                     offsetof(struct mixed, q.p),    offsetof(struct mixed, r)};
    size_t n = sizeof offsets / sizeof *offsets;
    struct lens_field f;
    assert_int_equal(lens_rows(l), 2 * n);
    assert_int_equal(lens_size(l), 2 * sizeof(struct mixed));
    for (size_t i = 0; i < 2 * n; i++) {
        assert_true(lens_field(l, i, &f));
        assert_int_equal(f.offset, i / n * sizeof(struct mixed) + offsets[i % n]);
    }
    lens_free(l);
}

static void a_million_records_cost_nothing_until_looked_at(void **state) {
    (void)state;
    struct lens *l = parse("u64 head; struct { u32 id; u32 _; f64 price[2]; } r[1000000][1000];");
    struct lens_field f;
    assert_int_equal(lens_rows(l), 1 + 3000000000u);
    assert_int_equal(lens_size(l), 8 + 24000000000u);
    assert_true(lens_field(l, 3000000000u, &f));
    assert_string_equal(f.path, "r[999999][999].price[1]");
    assert_int_equal(f.offset, 24000000000u);
    assert_false(lens_field(l, 3000000001u, &f));
    lens_free(l);
}

static void the_row_of_a_byte_is_found(void **state) {
    (void)state;
    struct lens *l = parse("u8 a; @8 struct { u8 b; u32 c; } s[4]; @100 u8 d; @60 u16 e;");
    static const struct {
        uint64_t offset, row;
    } cases[] = {{0, 0},  {1, 1},   {8, 1},   {9, 2},  {12, 2},  {15, 2},  {16, 3},
                 {39, 8}, {40, 10}, {61, 10}, {62, 9}, {100, 9}, {101, 9}, {UINT64_MAX, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (lens_row_at(l, cases[i].offset) != cases[i].row)
            fail_msg("%" PRIu64 ": %" PRIu64, cases[i].offset, lens_row_at(l, cases[i].offset));
    lens_free(l);
}

static void as_many_as_fit(void **state) {
    (void)state;
    struct lens *l = parse("u64 head; struct { u32 a; u8 b; } r[];");
    struct lens_field f;
    lens_fit(l, 8 + 8 * 5 + 7);
    assert_int_equal(lens_rows(l), 1 + 10);
    assert_int_equal(lens_size(l), 48);
    assert_true(lens_field(l, 10, &f));
    assert_string_equal(f.path, "r[4].b");
    assert_int_equal(f.offset, 44);
    lens_fit(l, 3);
    assert_int_equal(lens_rows(l), 1);
    assert_int_equal(lens_row_at(l, 100), 0);
    lens_fit(l, UINT64_MAX);
    assert_true(lens_field(l, lens_rows(l) - 1, &f));
    lens_free(l);
    l = parse("struct { u16 a; } []");
    lens_fit(l, 0);
    assert_int_equal(lens_rows(l), 0);
    assert_false(lens_field(l, 0, &f));
    assert_int_equal(lens_row_at(l, 0), 0);
    lens_free(l);
}

static void what_is_wrong_is_said_with_its_place(void **state) {
    (void)state;
    assert_error("", 1, 1, "expected a type");
    assert_error("struct { u32 magic u16 len; }", 1, 20, "expected ';', found 'u16'");
    assert_error("struct {\n  u32 a;\n  uint33 b;\n}", 3, 3, "expected a type, found 'uint33'");
    assert_error("struct { }", 1, 8, "expected a field in these braces");
    assert_error("struct { u32 a; ", 1, 17, "expected a field or '}', found the end");
    assert_error("struct s { u8 a; }; struct t x;", 1, 28, "defined above, found 't'");
    assert_error("u32 a[0];", 1, 7, "expected a number from 1");
    assert_error("u32 a[-1];", 1, 7, "expected a number, found '-'");
    assert_error("u32 a[99999999999999999999];", 1, 7, "expected a number");
    assert_error("u32 a[2;", 1, 8, "expected ']', found ';'");
    assert_error("u64 a[0x1000000000000000];", 1, 6, "larger than 2^62");
    assert_error("u32 a : 3;", 1, 7, "bit fields");
    assert_error("u32 a[]; u32 b;", 1, 6, "only at the very end");
    assert_error("struct { u32 a[]; } x;", 1, 16, "expected a number, found ']'");
    assert_error("u32 a; }", 1, 8, "expected a type or the end, found '}'");
    assert_error("/* \xc3\xa9 */ ? u8", 1, 9, "expected a type, found '?'");
    assert_error("u8 a; /* no end", 1, 7, "expected */");
    assert_error("#include <x.h>\n", 1, 1, "expected a type, found '#'");
    assert_error("enum { A, };", 1, 1, "expected a type"); // nothing is placed
    assert_error("enum e : f32 { A } x;", 1, 10, "whole number type");
    assert_error("enum e : u8 { A = 256 } x;", 1, 15, "that u8 holds");
    assert_error("enum e { } x;", 1, 10, "expected a name, found '}'");
    assert_error("struct s { u8 a; }; struct s { u8 b; };", 1, 28, "s is defined already");
    assert_error("struct s { u8 a; }; be struct s x;", 1, 21, "has its own order");
    assert_error("packed u32 x;", 1, 8, "struct or union behind 'packed'");
    assert_error("void x;", 1, 6, "expected '*'");
    assert_error("long double x;", 1, 6, "expected a field name, found 'double'");
    assert_error("u32 _;", 1, 1, "not hidden");
    assert_error("struct s { struct s x; };", 1, 19, "defined above");
    assert_error("@x u8 a;", 1, 2, "expected a number, found 'x'");
}

static void depth_and_number_of_parts_have_an_end(void **state) {
    (void)state;
    char deep[4000] = "", *many = malloc(200000);
    struct lens *l = NULL;
    struct lens_error e;
    for (size_t i = 0, len = 0; i < 40; i++)
        len += (size_t)snprintf(deep + len, sizeof deep - len, "struct { ");
    assert_error(deep, 1, 9 * 17 - 1, "at most 16 structs");
    assert_non_null(many);
    size_t n = 0;
    for (int i = 0; i < 9000; i++)
        n += (size_t)sprintf(many + n, "u8 a%d;", i);
    assert_int_equal(lens_parse(many, n, &l, &e), -EINVAL);
    assert_non_null(strstr(e.text, "at most"));
    memset(many, ' ', LENS_TEXT_MAX + 1);
    assert_int_equal(lens_parse(many, LENS_TEXT_MAX + 1, &l, &e), -EINVAL);
    assert_non_null(strstr(e.text, "at most 65536 bytes"));
    free(many);
    assert_error("u8 a[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1];", 1, 54,
                 "at most 16 dimensions");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_laid_out_field_by_field),
        cmocka_unit_test(order_hiding_and_places),
        cmocka_unit_test(types_as_c_writes_them),
        cmocka_unit_test(enum_names_belong_to_their_field),
        cmocka_unit_test(structs_fit_what_the_compiler_makes),
        cmocka_unit_test(a_million_records_cost_nothing_until_looked_at),
        cmocka_unit_test(the_row_of_a_byte_is_found),
        cmocka_unit_test(as_many_as_fit),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(depth_and_number_of_parts_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
