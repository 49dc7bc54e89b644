// editbuf.h - edits of bytes that are typed and not yet written, with undo.
//
// Pure: it knows no memory. Whoever types tells what stands at an offset; that stays beside what
// was typed over it, so that a later write can tell whether the byte moved meanwhile.
#ifndef CORE_EDITBUF_H
#define CORE_EDITBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EDIT_MAX = 65536 }; // bytes pending at once

struct edit_byte {
    uint64_t offset;
    uint32_t value;   // bytes of one value share a number; 0: typed one by one
    uint8_t old, now; // what stood there when it was typed over, and what was typed
};

// A run of pending bytes that is written as one: neighbours typed one by one, or one value.
struct edit_range {
    uint64_t offset;
    size_t len;
    const struct edit_byte *bytes; // borrowed until the next change
};

struct edit_step; // of the journal

// Zeroed is empty.
struct editbuf {
    struct edit_byte *bytes; // by offset
    size_t count, capacity;
    struct edit_step *steps;
    size_t step_count, step_capacity;
    size_t done;     // steps that are in force; behind them stands what was undone
    uint32_t group;  // of the keystrokes that go on
    uint32_t values; // given so far
};

void editbuf_done(struct editbuf *e);
// Forgets every edit and every step.
void editbuf_clear(struct editbuf *e);

// What comes next is undone by itself, not with what came before.
void editbuf_new_group(struct editbuf *e);
// Makes the byte pending. `old`: what stands there, kept unless it is pending already. What was
// undone cannot be redone then. 0, -ENOMEM, or -ENOSPC (too many are pending; nothing changed).
int editbuf_type(struct editbuf *e, uint64_t offset, uint8_t old, uint8_t now);
// The same for a value, a group of its own, written as one. len > 0.
int editbuf_value(struct editbuf *e, uint64_t offset, const uint8_t *old, const uint8_t *now,
                  size_t len);
// The pending byte at an offset. False: there is none.
bool editbuf_get(const struct editbuf *e, uint64_t offset, struct edit_byte *out);

// Takes back, or does again, one group; *at: where it began. False: there is nothing to.
bool editbuf_undo(struct editbuf *e, uint64_t *at);
bool editbuf_redo(struct editbuf *e, uint64_t *at);

// The range that begins with bytes[*next]; moves *next on. False: no more. Start with 0.
bool editbuf_range(const struct editbuf *e, size_t *next, struct edit_range *out);
size_t editbuf_range_count(const struct editbuf *e);
// Drops the pending bytes of [offset, offset+len), for they were written. Forgets every step.
void editbuf_written(struct editbuf *e, uint64_t offset, size_t len);

#endif
