// removal_batch.c - removing many segments: written down first, and groups of files whole.
#include "app/removal_batch.h"

#include <stdlib.h>
#include <string.h>

#include "app/restoring.h"
#include "app/xalloc.h"
#include "core/origin.h"

enum { BATCH = 256 }; // so many intentions are written down at once

struct member {
    char *name; // its SEG; owned
    struct op_result *result;
    bool moved; // it was there and is in quarantine, or removed
};

bool removal_has_own_folder(const struct snapshot *snap, const struct segment *seg) {
    const struct origin *row = origin_of(snap, seg);
    return seg->id.kind == SEG_POSIX && row && row->pattern && strchr(row->pattern, '/');
}

static size_t first_of(const struct removal_batch *b, size_t group) {
    return group > 0 ? b->ends[group - 1] : 0;
}

static void intend(const struct removal_batch *b, size_t from, size_t to, struct op_request *req) {
    char because[EVIDENCE_FACT];
    for (size_t i = from; i < to; i++) {
        const struct segment *seg = b->ask(b->arg, i, req, because);
        removal_intend(b->all, req, req->seg, b->snap, seg, because);
    }
    removals_sync(b->all);
}

// What was put aside goes back, because one of the group stays.
static void put_back(const struct removal_batch *b, struct member *m, const char *bad) {
    struct op_result *result = m->result;
    struct fault why;
    if (m->moved && !removal_undo(b->all, result, &why)) {
        fault_setf(&result->fault, OUTCOME_FAILED, why.err, m->name, "see shmtop restore",
                   "is in quarantine and could not go back: %.80s", why.why);
        return;
    }
    m->moved = false;
    result->item[0] = result->copy[0] = '\0';
    fault_setf(&result->fault, OUTCOME_REFUSED, 0, m->name, "", "stays with %.120s", bad);
}

static void take(const struct removal_batch *b, size_t first, struct member *members, size_t count,
                 struct op_request *req) {
    char because[EVIDENCE_FACT];
    const bool now = b->all->now;
    size_t done = 0;
    bool whole = true;
    if (count > 1) // first all are put aside, so that all can come back
        b->all->now = false;
    for (; done < count && whole; done++) {
        struct member *m = &members[done];
        b->ask(b->arg, first + done, req, because);
        enum outcome outcome = removal_run(b->all, req, m->name, m->result);
        m->moved = outcome == OUTCOME_DONE;
        whole = m->moved || outcome == OUTCOME_MISSING;
    }
    b->all->now = now;
    for (size_t i = 0; !whole && i < count; i++)
        if (i != done - 1)
            put_back(b, &members[i], members[done - 1].name);
}

// What was put aside for the sake of the group is freed, when that is wanted, once all of it is.
static void free_aside(const struct removal_batch *b, struct member *members, size_t count) {
    for (size_t i = 0; b->all->now && count > 1 && i < count; i++) {
        struct member *m = &members[i];
        struct restored *freed = xcalloc(1, sizeof *freed);
        // What stayed in quarantine because it could not go back is not to be freed.
        if (m->moved && *m->result->item && m->result->fault.outcome == OUTCOME_DONE) {
            if (restoring_drop(b->all->root, b->all->journal, m->result->item, freed))
                m->result->fault = freed->fault;
            m->result->item[0] = '\0';
        }
        free(freed);
    }
}

static void remove_group(const struct removal_batch *b, size_t first, size_t count,
                         struct op_request *req) {
    char because[EVIDENCE_FACT];
    struct member *members = xcalloc(count, sizeof *members);
    for (size_t i = 0; i < count; i++) {
        b->ask(b->arg, first + i, req, because);
        members[i].name = xstrdup(req->seg);
        members[i].result = xcalloc(1, sizeof *members[i].result);
    }
    take(b, first, members, count, req);
    free_aside(b, members, count);
    for (size_t i = 0; i < count; i++) {
        b->tell(b->arg, first + i, members[i].result);
        op_result_done(members[i].result);
        free(members[i].result);
        free(members[i].name);
    }
    free(members);
}

void removal_batch_run(const struct removal_batch *b) {
    struct op_request *req = xcalloc(1, sizeof *req);
    size_t written = 0;
    for (size_t g = 0; g < b->group_count; g++) {
        size_t ahead = g;
        if (b->ends[g] > written) {
            while (ahead + 1 < b->group_count && b->ends[ahead + 1] - written < BATCH)
                ahead++;
            intend(b, written, b->ends[ahead], req);
            written = b->ends[ahead];
        }
        remove_group(b, first_of(b, g), b->ends[g] - first_of(b, g), req);
    }
    free(req);
}
