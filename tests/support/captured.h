// captured.h - makes small captured roots for tests, and runs single probes over a root.
#ifndef TESTS_SUPPORT_CAPTURED_H
#define TESTS_SUPPORT_CAPTURED_H

#include <stddef.h>
#include <stdint.h>

#include "core/snapshot.h"
#include "probes/probe.h"
#include "probes/root.h"

// A captured root in a directory of its own under $TMPDIR. Failures to make it abort the test
// program.
struct captured {
    char dir[128];
    struct root *root; // owned, NULL until captured_open
};
void captured_new(struct captured *c); // with empty proc/ and shm/
// Writes a file (path begins with proc/ or shm/), its directories too.
void captured_bytes(struct captured *c, const char *path, const void *bytes, size_t len);
void captured_file(struct captured *c, const char *path, const char *text);
void captured_dir(struct captured *c, const char *path);
void captured_link(struct captured *c, const char *path, const char *to);
void captured_fifo(struct captured *c, const char *path);
void captured_socket(struct captured *c, const char *path);
// Writes the manifest; "manifest": 1 is put in front of the members given. Opens the root; the old
// one is closed first. Aborts when it cannot be opened.
struct root *captured_open(struct captured *c, const char *members);
// Closes the root and removes the directory.
void captured_done(struct captured *c);

// Runs one probe, or several, over a root into a picture (counted, one reference for the caller).
// Aborts when a probe fails.
const struct snapshot *scan_probe(const struct root *root, const struct probe *probe);
const struct snapshot *scan_probes(const struct root *root, const struct probe *const *probes,
                                   const struct scan_request *want);

// The segment whose name is this text (with leading slash), or with this number; NULL: none.
const struct segment *seg_named(const struct snapshot *snap, const char *name);
const struct segment *seg_numbered(const struct snapshot *snap, uint64_t num);
// The note of a probe about an object ("" any), or NULL.
const struct note *note_about(const struct snapshot *snap, const char *probe, const char *object);

#endif
