// qitem.h - what lies in quarantine: how it is named, and the text that tells where it belongs.
//
// Pure text. An object of a tmpfs is put aside into the directory .shmtop-UID (or .shmtop-UID.HEX)
// at the top of the same tmpfs, under the name DEV-INODE-MILLISECONDS in hex; beside it a symbolic
// link NAME.from says where it came from, which is written as a whole or not at all.
#ifndef CORE_QITEM_H
#define CORE_QITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUARANTINE_PREFIX ".shmtop-"
// Behind the user: root made it as that user, in a tmpfs that does not know root. Other numbers
// there are never 0.
#define QUARANTINE_LENT ".0"
#define QUARANTINE_NOTE ".from"
// How long an item is kept unless told otherwise: one hour.
#define QUARANTINE_TIME_NS UINT64_C(3600000000000)

// 8 + 16 + 16 hex digits, their dashes and an end; with "item:" before and "@NS" behind.
enum { QITEM_NAME = 48, QITEM_TEXT = QITEM_NAME + 32, QITEM_NOTE_MAX = 4096 };

struct qitem {
    uint64_t dev, ino; // of the object itself
    uint64_t since_ms; // when it was put aside, ms since the epoch
};
// "1a-3f-19a3b2c4d5e". Returns buf.
const char *qitem_name(const struct qitem *item, char buf[QITEM_NAME]);
// The reverse of a whole name in its only form. True if it is one.
bool qitem_parse_name(const char *name, struct qitem *out);
// An ITEM as `restore` takes it: "item:1a-3f-19a3b2c4d5e", with "@NS" of another mount namespace
// (*ns 0: our own). True if it is one.
bool qitem_parse(const char *text, struct qitem *out, uint64_t *ns);
// Writes one. Returns buf.
const char *qitem_format(const struct qitem *item, uint64_t ns, char buf[QITEM_TEXT]);

// What the note beside an item tells.
struct qnote {
    uint64_t keep_s;         // how long it is to be kept
    uint64_t boot_s;         // when it was put aside, as time since boot; 0: not known
    bool has_folder;         // it was not at the top: what the folder it was in looked like
    uint32_t mode, uid, gid; // of that folder
    char path[4096]; // below the top of its tmpfs, with leading slash; raw bytes, terminated
};
// 0, or -ENAMETOOLONG: no link can be so long.
int qnote_format(const struct qnote *note, char buf[QITEM_NOTE_MAX]);
// The text need not be terminated. 0, or -EINVAL: it is not of this form, or leads outside.
int qnote_parse(const char *text, size_t len, struct qnote *out);

// True when the name can be that of a quarantine directory, and whose.
bool quarantine_parse_dir(const char *name, uint32_t *uid);
// True when a path (of a mapping or descriptor) leads to an item:
// ".../.shmtop-0/1a-3f-19a3b2c4d5e".
bool quarantine_has_path(const char *path, size_t len);

#endif
