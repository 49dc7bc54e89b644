// segname.h - SEG: the text form of a segment's place, and escaping of names from outside.
#ifndef CORE_SEGNAME_H
#define CORE_SEGNAME_H

#include "core/model.h"

enum seg_form { SEG_FORM_SYSV, SEG_FORM_KEY, SEG_FORM_POSIX, SEG_FORM_FILE, SEG_FORM_OBJECT };

// A parsed SEG: a place to look at, not yet an identity.
struct seg_ref {
    enum seg_form form;
    uint64_t ns;  // after '@', 0: own
    uint64_t num; // shmid, key or inode
    uint32_t major, minor;
    size_t name_len; // POSIX and file: raw bytes with leading slash
    char name[4096]; // terminated, holds no other NUL
};

// Parses a SEG. 0, or -EINVAL with a short reason (static) in *why. "@NS" comes out as it went in:
// whether NS is our own is not known here.
int seg_parse(const char *text, struct seg_ref *out, const char **why);
// Writes the SEG that `list` prints for a segment, always terminated. Returns its full length,
// which is at least `size` when it was cut (never inside an escape or a UTF-8 character). An object
// without a name (links 0, or its kind has none) is obj:MAJ:MIN:INO, and so is a foreign one whose
// mount namespace is not known.
size_t seg_format(const struct segment *seg, char *buf, size_t size);
// The same for a parsed reference (for error lines about segments that do not exist).
size_t seg_ref_format(const struct seg_ref *ref, char *buf, size_t size);
// True when the segment is the one that the reference names (ns 0: own namespaces).
// A POSIX or file name matches any of the segment's names, which is why it needs the names: those
// of the whole snapshot (snap->names), NULL when there are none. An obj: matches a linked object
// too.
bool seg_ref_matches(const struct seg_ref *ref, const struct segment *seg, const strv *names);

// Escapes bytes for display: C0, C1, DEL, bidirectional controls and other invisible format
// characters, line separators, invalid UTF-8 and backslash become \xNN byte by byte; with `at`, '@'
// too. Always terminated, cut between characters. Returns the full length.
size_t name_escape(const char *bytes, size_t len, bool at, char *buf, size_t size);
// The reverse; takes hex digits of either case and a decoded NUL as it is. Terminates what it
// wrote. Returns the raw length, or -EINVAL on a bad escape, -ENAMETOOLONG (no room for it and a
// NUL).
ssize_t name_unescape(const char *text, char *buf, size_t size);

#endif
