// restoring.h - what was put aside or saved by a removal: listing it, bringing it back, freeing it.
#ifndef APP_RESTORING_H
#define APP_RESTORING_H

#include "app/journal.h"
#include "core/fault.h"
#include "core/qitem.h"
#include "core/snapshot.h"
#include "probes/quarantine.h"
#include "probes/root.h"

// One item of quarantine.
struct kept_item {
    struct qitem item;
    char text[QITEM_TEXT];       // as restore takes it
    char *seg;                   // SEG it had, owned; NULL: not known
    char *because;               // why it was removed, owned; NULL: not known
    uint64_t size, bytes;        // of the object; what it takes
    uint64_t since_ns, until_ns; // until UINT64_MAX: not freed by itself
};
struct kept_list {
    struct kept_item *items; // owned; oldest first
    size_t count;
    uint64_t bytes; // what they take together
};
// Lists the quarantines of our /dev/shm and of every other tmpfs of our mount namespace, and with
// `snap` those of the /dev/shms of the other mount namespaces in it.
// Notes of the journal complete it. 0 or -errno.
int kept_list_make(const struct root *root, const struct snapshot *snap, struct kept_list *out);
void kept_list_done(struct kept_list *list);

// What came of bringing back or freeing one thing.
struct restored {
    struct fault fault; // outcome DONE: the rest of it is empty
    char seg[4200];     // SEG that it has now, or had; "" not known
    uint64_t size, since_ns;
    char note[400]; // something to know though it went well; may be empty
};
// True when a word is an ITEM; else it is a COPY, the path of a saved one.
bool restoring_is_item(const char *text);
// Brings back an ITEM to where it was, with mode, owner and times; never over what has its name by
// now (4). Entered in the journal (NULL: not).
enum outcome restoring_item(const struct root *root, struct journal *journal, const char *text,
                            struct restored *out);
// Frees an ITEM.
enum outcome restoring_drop(const struct root *root, struct journal *journal, const char *text,
                            struct restored *out);
// Frees what has been in quarantine long enough, here and with `snap` in the other /dev/shms in it.
// Each is entered in the journal; NULL: that of the monitor, which is opened when there is
// something to enter. 0, or -errno when it could not be recorded.
void restoring_expire(const struct root *root, const struct snapshot *snap, struct journal *journal,
                      struct quarantine_expiry *out);
// Makes the segment of a COPY again, with key or name, mode and owner; `ns` as --namespace, 0 not
// told. The copy stays.
enum outcome restoring_copy(const struct root *root, struct journal *journal, const char *path,
                            uint64_t ns, struct restored *out);

#endif
