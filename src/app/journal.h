// journal.h - the record of what was removed, why, by whom, and how to undo it.
//
// One line of JSON an entry in $XDG_STATE_HOME/shmtop/journal (~/.local/state; for root without a
// home /var/lib). An entry with "result": null is written and on the disk before anything is done,
// so that whatever ends the program is seen in it; a second one tells what came of it.
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

#include "core/qitem.h"
#include "core/snapshot.h"
#include "probes/ops.h"

struct journal;

// Opens it for appending; made with its folder when it is not there. Always gives a journal that
// takes entries; where it cannot be written they go nowhere, and `why` gets one line for the user
// ("" when all is well).
struct journal *journal_open(const struct root *root, const char *command, char *why, size_t size);
void journal_close(struct journal *j); // NULL is legal

// Says what is about to be done to a segment. seg NULL: it is not in sight.
void journal_intend(struct journal *j, const struct op_request *req, const char *id,
                    const struct snapshot *snap, const struct segment *seg, const char *because);
// Says what came of it.
void journal_result(struct journal *j, const struct op_request *req, const char *id,
                    const struct op_result *result);
// Says that an item was brought back ("restore"), freed ("drop") or expired.
void journal_item(struct journal *j, const char *action, const char *item, const char *id,
                  enum outcome outcome);
// Sees to it that all entries are on the disk. 0, or -errno when some may be lost.
int journal_sync(struct journal *j);

// What an older entry tells of an item ("item:..." as qitem_format writes it); NULL: not known.
struct journal_memory {
    char *id; // SEG it had; owned
    char *because;
};
// Looks through the journal for many items at once, in one pass: found[i] belongs to items[i].
// What cannot be read is not known. journal_forget frees what found[] holds.
void journal_recall(const struct root *root, const struct qitem *items, size_t count,
                    struct journal_memory *found);
void journal_forget(struct journal_memory *found, size_t count);

#endif
