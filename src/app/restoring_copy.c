// restoring_copy.c - making a segment again from a saved copy of it.
#include "app/restoring.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/xalloc.h"
#include "core/copyfacts.h"
#include "core/segname.h"
#include "probes/ops.h"

// Opens a regular file without waiting for anything. fd or -errno (-EINVAL: it is none).
static int open_file(const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int err = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    if (err == 0)
        return fd;
    close(fd);
    return err;
}

static int read_facts(const char *path, struct copy_facts *facts) {
    char *beside = xasprintf("%s" COPY_FACTS_SUFFIX, path);
    char *text = xcalloc(COPY_FACTS_MAX + 1, 1);
    size_t len = 0;
    int fd = open_file(beside);
    int err = fd < 0 ? fd : root_read_fd(fd, text, COPY_FACTS_MAX + 1, &len);
    if (fd >= 0)
        close(fd);
    if (err == 0)
        err = len > COPY_FACTS_MAX ? -EINVAL : copy_facts_parse(text, len, facts);
    free(text);
    free(beside);
    return err;
}

static void fill_request(struct op_request *req, const struct copy_facts *facts, int fd,
                         uint64_t ns) {
    op_request_init(req, facts->sysv ? OP_CREATE_SYSV : OP_CREATE_POSIX);
    req->size = facts->size;
    req->mode = facts->mode;
    req->has_key = facts->sysv && facts->key != 0;
    req->key = facts->key;
    req->from_fd = fd;
    req->has_uid = req->has_gid = true;
    req->uid = facts->uid;
    req->gid = facts->gid;
    req->where.ns = ns;
    if (!facts->sysv) {
        req->where.form = SEG_FORM_POSIX;
        req->where.name_len = strlen(facts->name);
        memcpy(req->where.name, facts->name, req->where.name_len + 1);
        seg_ref_format(&req->where, req->seg, sizeof req->seg);
    }
}

// It belongs where it was: a namespace has to be named when that is not ours.
static enum outcome check_place(const struct root *root, const struct copy_facts *facts,
                                const char *what, uint64_t ns, struct fault *f) {
    const struct vantage *v = root_vantage(root);
    if (ns != 0 || facts->ns == 0 || facts->ns == (facts->sysv ? v->ipc_ns : v->mnt_ns))
        return OUTCOME_DONE;
    return fault_setf(f, OUTCOME_REFUSED, 0, what, "say with --namespace where it is to be",
                      "was in namespace %" PRIu64 ", which is not this one (%" PRIu64 ")",
                      facts->ns, facts->sysv ? v->ipc_ns : v->mnt_ns);
}

static enum outcome create(const struct root *root, struct journal *journal, const char *path,
                           struct op_request *req, const struct copy_facts *facts,
                           struct restored *out) {
    struct op_result result;
    enum outcome outcome = op_run(root, req, &result);
    out->fault = result.fault;
    snprintf(out->seg, sizeof out->seg, "%s", outcome == OUTCOME_DONE ? result.seg : req->seg);
    snprintf(out->note, sizeof out->note, "%s%s%s", result.note,
             *result.note && facts->huge ? "; " : "",
             facts->huge ? "it had huge pages and has ordinary ones now" : "");
    op_result_done(&result);
    if (journal)
        journal_item(journal, "restore", path, out->seg, outcome);
    return outcome;
}

enum outcome restoring_copy(const struct root *root, struct journal *journal, const char *path,
                            uint64_t ns, struct restored *out) {
    struct copy_facts *facts = xcalloc(1, sizeof *facts);
    struct op_request *req = xcalloc(1, sizeof *req);
    char what[sizeof out->fault.what];
    *out = (struct restored){0};
    name_escape(path, strlen(path), false, what, sizeof what);
    int fd = open_file(path), err = fd < 0 ? fd : read_facts(path, facts);
    enum outcome outcome;
    if (fd == -ENOENT || fd == -ENOTDIR) {
        outcome = fault_set(&out->fault, OUTCOME_MISSING, 0, what, "there is no such item or copy",
                            "shmtop restore lists the items; a copy is told by its path");
    } else if (fd < 0) {
        outcome = fault_set(&out->fault, OUTCOME_FAILED, -fd, what, "the copy cannot be read", "");
    } else if (err) {
        outcome = fault_set(&out->fault, OUTCOME_FAILED, err == -EINVAL ? 0 : -err, what,
                            "what it is a copy of cannot be told from the .facts file beside it",
                            "shmtop create --from takes the bytes alone");
    } else if (check_place(root, facts, what, ns, &out->fault) != OUTCOME_DONE) {
        outcome = OUTCOME_REFUSED;
    } else {
        fill_request(req, facts, fd, ns);
        out->size = facts->size;
        out->since_ns = facts->time_ns;
        outcome = create(root, journal, path, req, facts, out);
    }
    if (fd >= 0)
        close(fd);
    free(facts);
    free(req);
    return outcome;
}
