// save.c - a copy of a segment in a directory of the user, before the segment is removed.
#include "probes/save.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/copyfacts.h"
#include "core/segname.h"

enum { MODE_BITS = 0777, NAME_PART = 64, CHUNK = 64 * 1024 };

struct saving {
    const struct op *op;
    int copy, facts;
    char name[NAME_PART + 80], facts_name[NAME_PART + 96];
};

// "posix-ring-20261125T150405.123Z": what a file system, a shell and a reader take alike.
static void make_name(struct saving *s, const char *what, uint64_t wall_ns) {
    char safe[NAME_PART], when[40];
    size_t n = 0;
    time_t seconds = (time_t)(wall_ns / 1000000000u);
    struct tm utc;
    for (const char *p = what; *p != '\0' && n + 1 < sizeof(safe); p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '_' || *p == '.' || *p == '-';
        if (plain || (n > 0 && safe[n - 1] != '-'))
            safe[n++] = '-';
        if (plain)
            safe[n - 1] = *p;
    }
    safe[n] = '\0';
    gmtime_r(&seconds, &utc);
    strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &utc);
    snprintf(s->name, sizeof(s->name), "%s-%s.%03uZ", safe, when,
             (unsigned)(wall_ns / 1000000u % 1000u));
    snprintf(s->facts_name, sizeof(s->facts_name), "%s" COPY_FACTS_SUFFIX, s->name);
}

static enum outcome give_up(struct saving *s, int err) {
    const char *path = s->op->req->save_name != NULL ? s->op->req->save_name : "that directory";
    char shown[64];
    int dir = s->op->req->save_dir;
    if (s->copy >= 0) {
        close(s->copy);
        unlinkat(dir, s->name, 0);
    }
    if (s->facts >= 0) {
        close(s->facts);
        unlinkat(dir, s->facts_name, 0);
    }
    name_escape(path, strlen(path), false, shown, sizeof(shown));
    return op_fail(s->op, OUTCOME_FAILED, -err, "give another directory, or leave out --save",
                   "its copy could not be written to %s; nothing was removed", shown);
}

static int begin(struct saving *s, const char *what) {
    int dir = s->op->req->save_dir;
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    make_name(s, what, root_wall_ns(s->op->root));
    s->copy = openat(dir, s->name, flags, 0600);
    s->facts = s->copy < 0 ? -1 : openat(dir, s->facts_name, flags, 0600);
    return s->facts < 0 ? -errno : 0;
}

static int write_facts(const struct saving *s, const struct copy_facts *facts) {
    char *text = malloc(COPY_FACTS_MAX);
    if (text == NULL)
        return -ENOMEM;
    int err = root_write_fd(s->facts, text, copy_facts_format(facts, text), -1);
    free(text);
    return err;
}

// Size, facts, and all of it on the disk, its names too.
static enum outcome finish(struct saving *s, const struct copy_facts *facts, int err) {
    const struct op_request *req = s->op->req;
    if (err == 0 && ftruncate(s->copy, (off_t)facts->size) < 0)
        err = -errno;
    if (err == 0)
        err = write_facts(s, facts);
    if (err == 0 && (fsync(s->copy) < 0 || fsync(s->facts) < 0))
        err = -errno;
    if (err == 0 && fsync(req->save_dir) < 0 && errno != EINVAL) // EINVAL: it does not do that
        err = -errno;
    if (err < 0)
        return give_up(s, err);
    int late = close(s->copy) < 0 || close(s->facts) < 0 ? -errno : 0;
    s->copy = s->facts = -1;
    if (late < 0)
        return give_up(s, late);
    snprintf(s->op->out->copy, sizeof(s->op->out->copy), "%s/%s",
             req->save_name != NULL ? req->save_name : ".", s->name);
    return OUTCOME_DONE;
}

enum outcome save_object(const struct op *op, int fd, const struct root_stat *st) {
    struct saving s = {.op = op, .copy = -1, .facts = -1};
    char what[NAME_PART];
    struct copy_facts *facts = calloc(1, sizeof(*facts));
    if (facts == NULL)
        return op_fail_errno(op, -ENOMEM, "save it");
    snprintf(what, sizeof(what), "posix%.*s", NAME_PART - 8, op->req->where.name);
    memcpy(facts->name, op->req->where.name, op->req->where.name_len);
    facts->ns = op->elsewhere ? op->req->where.ns : 0;
    facts->size = st->size;
    facts->mode = st->mode & MODE_BITS;
    facts->uid = st->uid;
    facts->gid = st->gid;
    facts->time_ns = root_wall_ns(op->root);
    int err = begin(&s, what);
    if (err == 0)
        err = op_copy_file(fd, st->size, op_put_file, &s.copy);
    enum outcome outcome = err < 0 ? give_up(&s, err) : finish(&s, facts, 0);
    free(facts);
    return outcome;
}

void save_undo(const struct op *op) {
    char *name = strrchr(op->out->copy, '/'), facts[sizeof(((struct saving *)0)->facts_name)];
    if (name == NULL)
        return;
    snprintf(facts, sizeof(facts), "%s" COPY_FACTS_SUFFIX, name + 1);
    unlinkat(op->req->save_dir, name + 1, 0);
    unlinkat(op->req->save_dir, facts, 0);
    op->out->copy[0] = '\0';
}

// ---- System V

static bool is_zero(const uint8_t *bytes, size_t len) {
    return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

// Through the attachment itself, page-wise; copied by the kernel, so that a page that cannot be had
// is an error and no SIGBUS. Pages of zeros become holes.
static int copy_attached(struct saving *s, const uint8_t *at, uint64_t size) {
    uint8_t *buf = malloc(CHUNK);
    const size_t page = root_vantage(s->op->root)->page_size;
    int err = buf == NULL ? -ENOMEM : 0;
    for (uint64_t off = 0; err == 0 && off < size;) {
        size_t want = size - off < CHUNK ? (size_t)(size - off) : CHUNK;
        struct iovec local = {buf, want}, remote = {.iov_len = want};
        const uint8_t *from = at + off;
        memcpy(&remote.iov_base, &from, sizeof(from));
        ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
        if (n <= 0)
            err = n < 0 ? -errno : -EIO;
        for (size_t i = 0; err == 0 && i < (size_t)n; i += page) {
            size_t len = (size_t)n - i < page ? (size_t)n - i : page;
            if (!is_zero(buf + i, len))
                err = root_write_fd(s->copy, buf + i, len, (int64_t)(off + i));
        }
        off += err == 0 ? (uint64_t)n : 0;
    }
    free(buf);
    return err;
}

// Root can read the segment as a file, by its holes, which takes no page for what was never
// written. fd or -errno.
static int open_attached(const struct op *op, const void *at, uint64_t size) {
    const uint64_t page = root_vantage(op->root)->page_size, start = (uint64_t)(uintptr_t)at;
    const struct via via = {.process = {.pid = getpid()},
                            .start = start,
                            .end = start + (size + page - 1) / page * page};
    return holder_open_map(op->root, &op->req->id, &via, O_RDONLY, NULL, 0);
}

static void fill_facts(const struct op *op, const struct root_shm_row *row,
                       struct copy_facts *facts) {
    facts->sysv = true;
    facts->shmid = row->shmid;
    facts->key = row->key;
    facts->ns = op->elsewhere ? op->req->id.ns : 0;
    facts->size = row->size;
    facts->mode = row->perms & MODE_BITS;
    facts->uid = row->uid;
    facts->gid = row->gid;
    facts->cpid = row->cpid;
    facts->lpid = row->lpid;
    facts->time_ns = root_wall_ns(op->root);
}

enum outcome save_sysv(const struct op *op, const struct root_shm_row *row, const void *at) {
    struct saving s = {.op = op, .copy = -1, .facts = -1};
    char what[NAME_PART];
    struct copy_facts *facts = calloc(1, sizeof(*facts));
    if (facts == NULL)
        return op_fail_errno(op, -ENOMEM, "save it");
    fill_facts(op, row, facts);
    snprintf(what, sizeof(what), "sysv-%" PRIu32, row->shmid);
    int err = begin(&s, what);
    int fd = err == 0 ? open_attached(op, at, row->size) : -1;
    struct stat st;
    facts->huge = fd >= 0 && fstat(fd, &st) == 0 && root_is_internal_huge(op->root, st.st_dev);
    if (err == 0)
        err = fd >= 0 ? op_copy_file(fd, row->size, op_put_file, &s.copy)
                      : copy_attached(&s, at, row->size);
    if (fd >= 0)
        close(fd);
    enum outcome outcome = err < 0 ? give_up(&s, err) : finish(&s, facts, 0);
    free(facts);
    return outcome;
}
