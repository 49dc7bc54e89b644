// removal.h - removing one segment as every command does it: with copy, journal, and words for it.
#ifndef APP_REMOVAL_H
#define APP_REMOVAL_H

#include "app/journal.h"
#include "core/fault.h"
#include "core/snapshot.h"
#include "probes/ops.h"

struct options;

// What all removals of one run share.
struct removals {
    const struct root *root;
    struct journal *journal; // owned
    int save_dir;            // -1, or owned
    char *save_name;         // its path, owned
    bool now;
    uint64_t keep_ns; // time in quarantine
    uint64_t wall_ns; // of the run
};

// What somebody who removes wants of all of them.
struct removal_wish {
    const char *command; // for the journal
    const char *save;    // directory for copies, NULL none
    bool now;
    uint64_t keep_ns;
};
// Opens the journal and the directory for copies. `why` gets one line when nothing can be recorded,
// else "". OUTCOME_DONE, else *f is filled and nothing is open.
enum outcome removals_open(struct removals *all, const struct root *root,
                           const struct removal_wish *wish, char *why, size_t size,
                           struct fault *f);
// 0, or -errno when some entries of the journal may be lost.
int removals_close(struct removals *all);
// The same for a command: what it wishes is in its options, what is wrong is noted on stderr.
enum outcome removals_begin(struct removals *all, const struct root *root,
                            const struct options *opt, struct fault *f);
void removals_end(struct removals *all);
// Frees what has been in quarantine long enough, here and in the other /dev/shms of `snap` (NULL:
// only here); what came of it is noted on stderr.
void removals_expire(const struct removals *all, const struct snapshot *snap);

// Fills in what all share into the request of one segment, and enters in the journal what is to be
// done; id is its SEG in full, seg may be NULL. removals_sync is due before removal_run.
void removal_intend(const struct removals *all, struct op_request *req, const char *id,
                    const struct snapshot *snap, const struct segment *seg, const char *because);
void removals_sync(const struct removals *all);
// Does it and enters in the journal what came of it. As op_run.
enum outcome removal_run(const struct removals *all, struct op_request *req, const char *id,
                         struct op_result *out);
// Brings back what a removal put into quarantine, or takes its copy away: for one of a group whose
// others could not be removed. False, with *f filled: it stays in quarantine. id is its SEG.
bool removal_undo(const struct removals *all, const char *id, const struct op_result *result,
                  struct fault *f);
// Enters in the journal what came of one that was not even tried.
void removal_tell(const struct removals *all, const struct op_request *req, const char *id,
                  const struct op_result *result);
// "moved to quarantine: holds 64.0M until 15:04:05 (restore item:...)", "removed", "removed; saved
// as DIR/NAME (restore DIR/NAME)". Returns buf.
const char *removal_text(const struct op_result *result, uint64_t wall_ns, char *buf, size_t size);

#endif
