// removal_batch.c - removing many segments: written down first, and groups of files whole.
#include "app/removal_batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/restoring.h"
#include "app/xalloc.h"
#include "core/origin.h"

enum { BATCH = 256 };  // so many intentions are written down at once
enum { ASIDE_S = 60 }; // of a group none may be freed before all of it is put aside

// What came of one of a group, without the room that a result takes.
struct member {
    char *name;           // its SEG; owned
    char *item, *copy;    // what restore takes; "" nothing; owned
    char *note;           // owned
    struct fault *fault;  // NULL: done; owned
    uint64_t held, until; // of the item
    bool moved;           // it was there and is in quarantine, or removed
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

// ---- a group

static void keep_fault(struct member *m, const struct fault *f) {
    if (!m->fault)
        m->fault = xcalloc(1, sizeof *m->fault);
    *m->fault = *f;
}

static void keep_result(struct member *m, const struct op_request *req,
                        const struct op_result *result) {
    m->moved = result->fault.outcome == OUTCOME_DONE;
    m->name = xstrdup(req->seg);
    m->item = xstrdup(result->item);
    m->copy = xstrdup(result->copy);
    m->note = xstrdup(result->note);
    m->held = result->held_bytes;
    m->until = result->until_ns;
    if (!m->moved)
        keep_fault(m, &result->fault);
}

static void result_of(const struct member *m, struct op_result *out) {
    memset(out, 0, sizeof *out);
    if (m->fault)
        out->fault = *m->fault;
    snprintf(out->item, sizeof out->item, "%s", m->item);
    snprintf(out->copy, sizeof out->copy, "%s", m->copy);
    snprintf(out->note, sizeof out->note, "%s", m->note);
    out->held_bytes = m->held;
    out->until_ns = m->until;
}

static void forget(struct member *m) {
    free(m->name);
    free(m->item);
    free(m->copy);
    free(m->note);
    free(m->fault);
}

// There is no place to put it aside, but it can be freed.
static bool wants_now(const struct fault *f) {
    static const int errors[] = {ENOSPC, EDQUOT, EXDEV, EACCES, EPERM, EROFS};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (f->outcome == OUTCOME_FAILED && f->err == errors[i])
            return true;
    return false;
}

// Puts them aside one after the other. Returns how many were tried, of which the last one failed;
// 0: none did.
static size_t take(const struct removal_batch *b, size_t first, struct member *members,
                   size_t count, struct op_request *req, struct op_result *result) {
    const bool now = b->all->now;
    const uint64_t keep_ns = b->all->keep_ns, least = ASIDE_S * UINT64_C(1000000000);
    size_t tried = 0;
    bool whole = true;
    b->all->now = false;
    b->all->keep_ns = keep_ns < least ? least : keep_ns;
    for (; tried < count && whole; tried++) {
        b->ask(b->arg, first + tried, req, NULL);
        removal_run(b->all, req, req->seg, result);
        if (now && !b->all->now && wants_now(&result->fault)) {
            op_result_done(result);
            b->all->now = true;
            removal_run(b->all, req, req->seg, result);
        }
        keep_result(&members[tried], req, result);
        op_result_done(result);
        whole = members[tried].moved || members[tried].fault->outcome == OUTCOME_MISSING;
    }
    b->all->now = now;
    b->all->keep_ns = keep_ns;
    return whole ? 0 : tried;
}

// What was put aside goes back, because one of the group stays. What is freed or gone cannot.
static void put_back(const struct removal_batch *b, struct member *m, const char *bad,
                     struct op_result *result) {
    struct fault why;
    if (m->fault || !*m->item)
        return;
    result_of(m, result);
    if (!removal_undo(b->all, m->name, result, &why)) {
        char reason[sizeof why.why];
        memcpy(reason, why.why, sizeof reason);
        fault_setf(&why, OUTCOME_FAILED, why.err, m->name, "see shmtop restore",
                   "is in quarantine and could not go back: %.80s", reason);
        keep_fault(m, &why);
        return;
    }
    fault_setf(&why, OUTCOME_REFUSED, 0, m->name, "", "stays with %.120s", bad);
    keep_fault(m, &why);
    m->moved = false;
    m->item[0] = m->copy[0] = '\0';
}

// Those behind the one that failed were not touched, but the journal has their intention.
static void leave(const struct removal_batch *b, size_t i, struct member *m, const char *bad,
                  struct op_request *req, struct op_result *result) {
    b->ask(b->arg, i, req, NULL);
    memset(result, 0, sizeof *result);
    fault_setf(&result->fault, OUTCOME_REFUSED, 0, req->seg, "", "stays with %.120s", bad);
    removal_tell(b->all, req, req->seg, result);
    keep_result(m, req, result);
}

// What was put aside for the sake of the group is freed, when that is wanted, once all of it is.
static void free_aside(const struct removal_batch *b, struct member *members, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct member *m = &members[i];
        struct restored *freed = xcalloc(1, sizeof *freed);
        // What stayed in quarantine because it could not go back is not to be freed.
        if (m->moved && *m->item && !m->fault) {
            if (restoring_drop(b->all->root, b->all->journal, m->item, freed))
                keep_fault(m, &freed->fault);
            else
                m->item[0] = '\0';
        }
        free(freed);
    }
}

static void remove_group(const struct removal_batch *b, size_t first, size_t count,
                         struct op_request *req, struct op_result *result) {
    struct member *members = xcalloc(count, sizeof *members);
    size_t tried = take(b, first, members, count, req, result);
    const char *bad = tried ? members[tried - 1].name : NULL;
    for (size_t i = 0; bad && i < count; i++) {
        if (i < tried - 1)
            put_back(b, &members[i], bad, result);
        else if (i >= tried)
            leave(b, first + i, &members[i], bad, req, result);
    }
    if (b->all->now)
        free_aside(b, members, count);
    for (size_t i = 0; i < count; i++) {
        result_of(&members[i], result);
        b->tell(b->arg, first + i, result);
        forget(&members[i]);
    }
    free(members);
}

static void remove_alone(const struct removal_batch *b, size_t i, struct op_request *req,
                         struct op_result *result) {
    b->ask(b->arg, i, req, NULL);
    removal_run(b->all, req, req->seg, result);
    b->tell(b->arg, i, result);
    op_result_done(result);
}

// ---- all of them

void removal_batch_run(const struct removal_batch *b) {
    struct op_request *req = xcalloc(1, sizeof *req);
    struct op_result *result = xcalloc(1, sizeof *result);
    size_t written = 0;
    for (size_t g = 0; g < b->group_count; g++) {
        size_t ahead = g;
        if (b->ends[g] > written) {
            while (ahead + 1 < b->group_count && b->ends[ahead + 1] - written < BATCH)
                ahead++;
            intend(b, written, b->ends[ahead], req);
            written = b->ends[ahead];
        }
        size_t first = first_of(b, g), count = b->ends[g] - first;
        if (count > 1)
            remove_group(b, first, count, req, result);
        else
            remove_alone(b, first, req, result);
    }
    free(result);
    free(req);
}
