// changes.h - where in a segment bytes changed in the last minute.
#ifndef CORE_CHANGES_H
#define CORE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANGES_PLACES = 512, CHANGES_SLOTS = 12, CHANGES_SECONDS = 60, CHANGES_RECENT = 256 };

// Bytes seen changing by place (equal parts of the segment) and by slot of five seconds.
struct changes {
    uint64_t size;    // of the segment
    uint64_t slot_ns; // when the slot that is being filled began; 0: none yet
    size_t slot;
    uint32_t bytes[CHANGES_SLOTS][CHANGES_PLACES];
    struct {
        uint64_t offset, mono_ns; // mono_ns 0: none
    } recent[CHANGES_RECENT];     // where a change began, the oldest is written over
    size_t next;
};

// Forgets everything when the size is another one.
void changes_begin(struct changes *c, uint64_t size);
// Bytes of [offset, offset+len) changed at mono_ns; what lies beyond the size is ignored.
void changes_add(struct changes *c, uint64_t offset, uint64_t len, uint64_t mono_ns);
// Bytes seen changing in the last minute in column i of `columns`.
uint64_t changes_column(struct changes *c, size_t i, size_t columns, uint64_t mono_ns);
// The nearest place behind (before) an offset, going round, at which a change of the last minute
// began. False: there is none.
bool changes_next(const struct changes *c, uint64_t offset, bool back, uint64_t mono_ns,
                  uint64_t *at);

#endif
