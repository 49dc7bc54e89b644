// removal.c - removing one segment as every command does it: with copy, journal, and words for it.
#include "app/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/config.h"
#include "app/restoring.h"
#include "app/xalloc.h"
#include "core/copyfacts.h"
#include "core/fmt.h"
#include "core/segname.h"

static const uint64_t day_ns = UINT64_C(86400000000000);

enum outcome removals_open(struct removals *all, const struct root *root,
                           const struct removal_wish *wish, char *why, size_t size,
                           struct fault *f) {
    char what[sizeof f->what];
    *all = (struct removals){.root = root,
                             .save_dir = -1,
                             .now = wish->now,
                             .keep_ns = wish->keep_ns,
                             .wall_ns = root_wall_ns(root)};
    if (wish->save) {
        all->save_dir = open(wish->save, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (all->save_dir < 0)
            return fault_set(f, OUTCOME_FAILED, errno, cli_quote(wish->save, what, sizeof what),
                             "the directory for copies cannot be opened", "nothing was removed");
        all->save_name = realpath(wish->save, NULL);
    }
    all->journal = journal_open(root, wish->command, why, size);
    return OUTCOME_DONE;
}

enum outcome removals_begin(struct removals *all, const struct root *root,
                            const struct options *opt, struct fault *f) {
    char why[400] = "";
    const struct removal_wish wish = {.command = opt->command->name,
                                      .save = opt->save,
                                      .now = opt->now,
                                      .keep_ns = opt->settings->quarantine_ns};
    enum outcome outcome = removals_open(all, root, &wish, why, sizeof why, f);
    if (*why)
        cli_note("%s; what is done is not recorded", why);
    return outcome;
}

int removals_close(struct removals *all) {
    int err = all->journal ? journal_sync(all->journal) : 0;
    journal_close(all->journal);
    if (all->save_dir >= 0)
        close(all->save_dir);
    free(all->save_name);
    *all = (struct removals){.save_dir = -1};
    return err;
}

void removals_end(struct removals *all) {
    int err = removals_close(all);
    if (err)
        cli_note("the journal could not be written: %s", strerror(-err));
}

static void say_expired(const struct quarantine_expiry *e) {
    char size[16];
    if (e->freed)
        cli_note("freed %" PRIu32 " item%s of quarantine whose time was over (%s)", e->freed,
                 e->freed == 1 ? "" : "s", fmt_size(e->bytes, size));
    if (e->held)
        cli_note("%" PRIu32 " item%s of quarantine %s in use, and stay%s until let go", e->held,
                 e->held == 1 ? "" : "s", e->held == 1 ? "is" : "are", e->held == 1 ? "s" : "");
    if (e->failed)
        cli_note("%" PRIu32 " item%s of quarantine whose time is over could not be freed",
                 e->failed, e->failed == 1 ? "" : "s");
}

void removals_expire(const struct removals *all, const struct snapshot *snap) {
    struct quarantine_expiry e;
    restoring_expire(all->root, snap, all->journal, &e); // what fails is told at the end
    say_expired(&e);
}

static void share(const struct removals *all, struct op_request *req) {
    req->now = all->now;
    req->keep_ns = all->keep_ns;
    req->save_dir = all->save_dir;
    req->save_name = all->save_name;
    req->wall_ns = all->wall_ns;
}

void removal_intend(const struct removals *all, struct op_request *req, const char *id,
                    const struct snapshot *snap, const struct segment *seg, const char *because) {
    share(all, req);
    journal_intend(all->journal, req, id, snap, seg, because);
}

void removals_sync(const struct removals *all) {
    journal_sync(all->journal); // what fails is told at the end
}

enum outcome removal_run(const struct removals *all, struct op_request *req, const char *id,
                         struct op_result *out) {
    share(all, req);
    enum outcome outcome = op_run(all->root, req, out);
    journal_result(all->journal, req, id, out);
    return outcome;
}

void removal_tell(const struct removals *all, const struct op_request *req, const char *id,
                  const struct op_result *result) {
    journal_result(all->journal, req, id, result);
}

bool removal_undo(const struct removals *all, const char *id, const struct op_result *result,
                  struct fault *f) {
    const char *copy = strrchr(result->copy, '/');
    struct restored *back = xcalloc(1, sizeof *back);
    bool undone = !*result->item ||
                  restoring_item(all->root, all->journal, result->item, back) == OUTCOME_DONE;
    if (!undone)
        *f = back->fault;
    else if (copy && all->save_dir >= 0) {
        char *facts = xasprintf("%s" COPY_FACTS_SUFFIX, copy + 1);
        unlinkat(all->save_dir, copy + 1, 0);
        unlinkat(all->save_dir, facts, 0);
        journal_item(all->journal, "drop", result->copy, id, OUTCOME_DONE);
        free(facts);
    }
    free(back);
    return undone;
}

static const char *clock_text(uint64_t ns, uint64_t wall_ns, char buf[40]) {
    const time_t seconds = (time_t)(ns / 1000000000u);
    struct tm local;
    if (ns > wall_ns && ns - wall_ns >= day_ns)
        return fmt_rfc3339(ns / 1000000000u * 1000000000u, buf);
    localtime_r(&seconds, &local);
    return fmt_clock(ns, local.tm_gmtoff, buf);
}

const char *removal_text(const struct op_result *result, uint64_t wall_ns, char *buf, size_t size) {
    char bytes[16], until[40], path[840] = "", copy[900] = "";
    name_escape(result->copy, strlen(result->copy), false, path, sizeof path);
    if (*path)
        snprintf(copy, sizeof copy, "; saved as %s", path);
    if (*result->item)
        snprintf(buf, size, "moved to quarantine: holds %s until %s (restore %s)%s",
                 fmt_size(result->held_bytes, bytes), clock_text(result->until_ns, wall_ns, until),
                 result->item, copy);
    else if (*result->copy)
        snprintf(buf, size, "removed%s (restore %s)", copy, path);
    else
        snprintf(buf, size, "removed");
    return buf;
}
