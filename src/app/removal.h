// removal.h - removing one segment as every command does it: with copy, journal, and words for it.
#ifndef APP_REMOVAL_H
#define APP_REMOVAL_H

#include "app/journal.h"
#include "core/fault.h"
#include "core/snapshot.h"
#include "probes/ops.h"

// What all removals of one run share.
struct removals {
    const struct root *root;
    struct journal *journal; // owned
    int save_dir;            // -1, or owned
    char *save_name;         // its path, owned
    bool now;
    uint64_t keep_ns;
};

// Opens the journal (what is wrong with it is noted on stderr) and the directory of --save (NULL:
// none). OUTCOME_DONE, else *f is filled and nothing is open.
enum outcome removals_begin(struct removals *all, const struct root *root, const char *command,
                            const char *save, bool now, struct fault *f);
void removals_end(struct removals *all);
// Frees what has been in quarantine long enough, here and in the other /dev/shms of `snap` (NULL:
// only here); what came of it is noted on stderr.
void removals_expire(const struct removals *all, const struct snapshot *snap);

// Does it, with entries in the journal before and after. `req` is that of the segment, filled in
// but for what all share; id is its SEG in full. seg may be NULL. Otherwise as op_run.
enum outcome removal_run(const struct removals *all, struct op_request *req, const char *id,
                         const struct snapshot *snap, const struct segment *seg,
                         const char *because, struct op_result *out);
// "moved to quarantine: holds 64.0M until 15:04:05 (restore item:...)", "removed", "removed; saved
// as DIR/NAME (restore DIR/NAME)". Returns buf.
const char *removal_text(const struct op_result *result, uint64_t wall_ns, char *buf, size_t size);

#endif
