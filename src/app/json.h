// json.h - the JSON of every command: one envelope, written piece by piece.
//
// Members are written as they come, so that a list of any length takes the memory of one segment.
#ifndef APP_JSON_H
#define APP_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/fault.h"
#include "core/snapshot.h"
#include "probes/root.h"

struct json_out {
    FILE *file;
    bool more; // something stands before the next element
};

// Begins the envelope: schema, version, host, time, uid.
void json_begin(struct json_out *out, FILE *file, const struct vantage *vantage, uint64_t wall_ns);
// The value is taken (freed).
void json_member(struct json_out *out, const char *name, json_t *value);
void json_list_begin(struct json_out *out, const char *name);
void json_element(struct json_out *out, json_t *value);
// A segment with all its holders, as a member, or with name NULL as an element of a list.
void json_segment(struct json_out *out, const char *name, const struct snapshot *snap,
                  const struct segment *seg, bool ranges);
void json_list_end(struct json_out *out);
void json_end(struct json_out *out);

// New values, owned by the caller, never NULL (lack of memory ends the program).
// All of a segment but its holders, and without the reasons of what is missing.
json_t *json_facts(const struct snapshot *snap, const struct segment *seg);
json_t *json_limits(const struct snapshot *snap);
json_t *json_coverage(const struct snapshot *snap);
json_t *json_note(const struct note *note);
// Text from outside, escaped as in a SEG.
json_t *json_text(const char *bytes, size_t len);
json_t *json_hex(const uint8_t *bytes, size_t len);
// Puts a member, or null and, in `reasons`, why it could not be learned.
void json_put_number(json_t *object, json_t *reasons, const char *name, u64v number);
void json_put_text(json_t *object, json_t *reasons, const char *name, strv text);
// An element of "items"; because and error may be NULL.
json_t *json_item(const char *id, const char *action, const char *because, const char *result,
                  const char *error);
// The word of "result" for an outcome.
const char *json_result(enum outcome outcome);

// Makes lack of memory end the program. Call once, first.
void json_setup(void);

#endif
