// json_holders.h - who holds a segment, as JSON text.
//
// Of most machines this is nearly all of the output: it is written straight away, without a tree of
// values for each of thousands of holders.
#ifndef APP_JSON_HOLDERS_H
#define APP_JSON_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/snapshot.h"

// JSON text that grows. {0} is empty; bytes are owned and freed with free(3).
struct json_buf {
    char *bytes; // not terminated
    size_t len, cap;
};

// Lack of memory ends the program.
void json_buf_add(struct json_buf *buf, const char *text);

// Appends the array of the holders of a segment, each with its ranges when wanted.
void json_buf_holders(struct json_buf *buf, const struct snapshot *snap, const struct segment *seg,
                      bool ranges);

// The word for access bits; NULL: neither read nor written.
const char *json_access(uint8_t access);

#endif
