// lens.h - a record layout laid over the bytes of a segment, described as a C programmer would.
//
//   enum state : u8 { IDLE, BUSY = 2 };
//   struct slot { u64 stamp; enum state state; char name[16]; f64 price; };
//   u32 magic; be u16 version; @64 struct slot slots[1024];
//
// Types: u8..u64 i8..i64 f32 f64 char bool, the names that C has for them (int is 32 bits, long 64,
// pointers 64), time32, time_t, nstime, sem_t, pthread_mutex_t. Laid out as gcc does on x86_64;
// `packed` before or behind a struct takes the padding out. `le`, `be` before a type or, with ';',
// for all that follows in its braces. `@N` before a field places it N bytes into its struct; a name
// `_` hides it. An array of structs at the very end may be [], as many as fit. What is only defined
// and never used is not shown; where nothing is placed, the last struct is.
#ifndef CORE_LENS_H
#define CORE_LENS_H

#include "core/value.h"

struct lens;

// Limits of a description.
enum { LENS_TEXT_MAX = 65536, LENS_PATH = 200, LENS_TYPE = 64 };

struct lens_error {
    unsigned line, column; // from 1; column in characters
    char text[200];        // "expected a type, found '}'"
};

// 0 with *out owned by the caller, -ENOMEM, or -EINVAL with *err.
int lens_parse(const char *text, size_t len, struct lens **out, struct lens_error *err);
void lens_free(struct lens *l); // NULL is legal

// An array [] gets as many items as a segment of this size has room for.
void lens_fit(struct lens *l, uint64_t segment_size);
uint64_t lens_size(const struct lens *l); // bytes from offset 0 to its end
uint64_t lens_rows(const struct lens *l); // fields in all

// One field, computed when it is asked for: a lens over a million records costs nothing else.
struct lens_field {
    char path[LENS_PATH]; // "slots[3].name"
    char type[LENS_TYPE]; // "char[16]", "be u16"
    uint64_t offset;      // in the segment
    struct value_type value;
};
// False: there is no such row.
bool lens_field(const struct lens *l, uint64_t row, struct lens_field *out);
// The row that shows the byte at an offset, or the next one behind it, or the last.
uint64_t lens_row_at(const struct lens *l, uint64_t offset);

#endif
