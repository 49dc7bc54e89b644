// ops.c - runs one operation: what all of them have in common.
#include "probes/ops.h"
#include "probes/elsewhere.h"
#include "probes/ops_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_CHUNK = 256 * 1024 };

void op_request_init(struct op_request *req, enum op_kind kind) {
    memset(req, 0, sizeof(*req));
    req->kind = kind;
    req->from_fd = -1;
    req->save_dir = -1;
    req->keep_ns = QUARANTINE_TIME_NS;
}

void op_request_via(struct op_request *req, const struct snapshot *snap,
                    const struct segment *seg) {
    const struct holding *best = NULL;
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *h = &snap->holdings[seg->first_holding + i];
        if (best == NULL || (best->range_count == 0 && h->range_count > 0))
            best = h;
    }
    if (best == NULL || (best->range_count == 0 && best->fds == 0))
        return;
    const struct process *p = &snap->processes[best->process];
    req->via_pid = p->id.pid;
    req->via_ticks = p->id.start_ticks;
    if (best->range_count > 0) {
        const struct map_range *range = &snap->ranges[best->first_range];
        req->via_start = range->start;
        req->via_end = range->end;
        req->via_offset = range->offset;
    }
}

// The SEG of the request, as far as it fits into a message.
static void name_it(const struct op_request *req, char *buf, size_t size) {
    if (req->kind == OP_SIGNAL)
        snprintf(buf, size, "pid %d", (int)req->process.pid);
    else if (req->seg[0] != '\0')
        snprintf(buf, size, "%.*s", (int)size - 1, req->seg);
    else if (req->kind == OP_CREATE_SYSV && req->has_key)
        snprintf(buf, size, "key:0x%x", req->key);
    else if (req->kind == OP_CREATE_SYSV)
        snprintf(buf, size, "new System V segment");
    else
        seg_ref_format(&req->where, buf, size);
}

enum outcome op_fail(const struct op *op, enum outcome outcome, int err, const char *todo,
                     const char *why, ...) {
    char what[sizeof(op->out->fault.what)], text[sizeof(op->out->fault.why)];
    va_list args;
    name_it(op->req, what, sizeof(what));
    va_start(args, why);
    vsnprintf(text, sizeof(text), why, args);
    va_end(args);
    return fault_set(&op->out->fault, outcome, err, what, text, todo);
}

void op_note(const struct op *op, const char *note, ...) {
    va_list args;
    size_t len = strlen(op->out->note), room = sizeof(op->out->note) - len;
    if (len > 0 && room > 2) {
        memcpy(op->out->note + len, "; ", 3);
        len += 2;
        room -= 2;
    }
    va_start(args, note);
    vsnprintf(op->out->note + len, room, note, args);
    va_end(args);
}

enum outcome op_fail_errno(const struct op *op, int err, const char *verb) {
    unsigned uid = root_vantage(op->root)->uid;
    switch (-err) {
    case ENOENT:
    case ESRCH:
    case EIDRM:
        return op_fail(op, OUTCOME_MISSING, 0, "look at the list again", "is gone");
    case ESTALE:
        return op_fail(op, OUTCOME_REFUSED, 0, "look at the list again",
                       "is not what was looked at any more: another one stands in its place");
    case EXDEV:
        return op_fail(op, OUTCOME_REFUSED, 0, "run shmtop inside that namespace",
                       "is not in this namespace");
    case ELOOP:
        return op_fail(op, OUTCOME_REFUSED, ELOOP, "name the real place",
                       "a symbolic link stands on its path, and none is followed there");
    case EACCES:
    case EPERM:
        return op_fail(op, OUTCOME_FAILED, -err, "run shmtop as its owner or as root",
                       "the kernel does not let user %u %s", uid, verb);
    case EMEDIUMTYPE:
        return op_fail(op, OUTCOME_FAILED, 0, "mount a tmpfs there", "/dev/shm is no tmpfs");
    default:
        return op_fail(op, OUTCOME_FAILED, -err, "", "the kernel did not %s: %s", verb,
                       strerror(-err));
    }
}

void op_at(const struct op *op, enum op_step step) {
    if (op->req->at_step != NULL)
        op->req->at_step(op->req->step_arg, step);
}

const char *op_shm_path(const struct op_request *req) {
    if (req->where.form != SEG_FORM_POSIX || req->where.name_len < 2 || req->where.name[0] != '/' ||
        req->where.name_len >= sizeof(req->where.name) ||
        strlen(req->where.name) != req->where.name_len)
        return NULL;
    return req->where.name + 1;
}

// The next stretch of data at or after off: 1, 0 when there is none, or -errno.
static int next_data(int fd, uint64_t off, uint64_t end, uint64_t *from, uint64_t *to) {
    off_t data = lseek(fd, (off_t)off, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        return 0;
    if (data < 0 && errno != EINVAL)
        return -errno;
    *from = data < 0 ? off : (uint64_t)data; // EINVAL: the file system tells no holes
    off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
    *to = hole < 0 || (uint64_t)hole > end ? end : (uint64_t)hole;
    return *from < end;
}

static int copy_stretch(int fd, uint64_t from, uint64_t to, uint8_t *buf,
                        int (*put)(void *arg, uint64_t off, const uint8_t *bytes, size_t len),
                        void *arg) {
    while (from < to) {
        size_t want = to - from < COPY_CHUNK ? (size_t)(to - from) : COPY_CHUNK;
        ssize_t n = pread(fd, buf, want, (off_t)from);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENODATA;
        int err = put(arg, from, buf, (size_t)n);
        if (err < 0)
            return err;
        from += (uint64_t)n;
    }
    return 0;
}

int op_copy_file(int from_fd, uint64_t limit,
                 int (*put)(void *arg, uint64_t off, const uint8_t *bytes, size_t len), void *arg) {
    struct stat st;
    if (fstat(from_fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -ESPIPE;
    uint64_t end = (uint64_t)st.st_size < limit ? (uint64_t)st.st_size : limit, off = 0;
    uint64_t from = 0, to = 0;
    uint8_t *buf = malloc(COPY_CHUNK);
    int err = buf == NULL ? -ENOMEM : 0;
    while (err == 0 && off < end) {
        err = next_data(from_fd, off, end, &from, &to);
        if (err <= 0)
            break;
        err = copy_stretch(from_fd, from, to, buf, put, arg);
        off = to;
    }
    free(buf);
    return err;
}

int op_put_file(void *arg, uint64_t off, const uint8_t *bytes, size_t len) {
    const int *fd = arg;
    return root_write_fd(*fd, bytes, len, (int64_t)off);
}

static bool makes_new(enum op_kind kind) {
    return kind == OP_CREATE_SYSV || kind == OP_CREATE_POSIX;
}

// The other namespace that it lives in or is to be made in; 0: it is one of ours, or in none.
static uint64_t other_namespace(const struct op *op, enum elsewhere_kind *kind) {
    const struct op_request *req = op->req;
    const struct vantage *v = root_vantage(op->root);
    bool sysv = req->kind == OP_CREATE_SYSV || (!makes_new(req->kind) && req->id.kind == SEG_SYSV);
    uint64_t ns = sysv && !makes_new(req->kind) ? req->id.ns : req->where.ns;
    *kind = sysv ? ELSEWHERE_IPC : ELSEWHERE_SHM;
    // A file of another mount namespace is written through a process that holds it.
    bool through_holder = req->kind == OP_WRITE && req->where.form == SEG_FORM_FILE;
    if (req->kind == OP_SIGNAL || through_holder || ns == (sysv ? v->ipc_ns : v->mnt_ns))
        return 0;
    return ns;
}

// 0, or -EXDEV when what is acted upon is not in the namespace we are in now.
static int check_namespace(const struct op *op) {
    const struct op_request *req = op->req;
    const struct vantage *v = root_vantage(op->root);
    enum elsewhere_kind kind;
    if (other_namespace(op, &kind) != 0)
        return -EXDEV;
    if (makes_new(req->kind) || req->kind == OP_SIGNAL)
        return 0;
    if (req->id.kind == SEG_SYSV)
        return req->id.ns == v->ipc_ns ? 0 : -EXDEV;
    if (req->id.kind == SEG_POSIX && req->where.form == SEG_FORM_POSIX)
        return req->id.dev == v->devshm_dev ? 0 : -EXDEV;
    return 0;
}

enum outcome op_dispatch(const struct op *op) {
    enum seg_kind kind = op->req->id.kind;
    bool named = op->req->where.form == SEG_FORM_POSIX && kind == SEG_POSIX;
    switch (op->req->kind) {
    case OP_CREATE_SYSV:
        return op_create_sysv(op);
    case OP_CREATE_POSIX:
        return op_create_posix(op);
    case OP_WRITE:
        return op_write(op);
    case OP_SIGNAL:
        return op_signal(op);
    case OP_REMOVE:
    case OP_SET:
        break;
    }
    bool removes = op->req->kind == OP_REMOVE;
    if (removes && op->req->where.form == SEG_FORM_FILE &&
        (kind == SEG_TMPFS || kind == SEG_HUGETLB))
        return op_remove_file(op);
    if (kind == SEG_SYSV)
        return removes ? op_remove_sysv(op) : op_set_sysv(op);
    if (named)
        return removes ? op_remove_posix(op) : op_set_posix(op);
    return removes ? op_fail(op, OUTCOME_REFUSED, 0,
                             "end the processes that hold it: it goes with the last of them",
                             "has no name in /dev/shm to remove")
                   : op_fail(op, OUTCOME_REFUSED, 0, "", "has no name in /dev/shm to change it by");
}

void op_add_namespace(char *name, size_t size, uint64_t ns) {
    size_t len = strlen(name);
    snprintf(name + len, size - len, "@%" PRIu64, ns);
}

// Goes to the namespace, acts as if it were ours, and comes back.
static enum outcome dispatch_there(const struct op *op, enum elsewhere_kind kind, uint64_t ns) {
    struct elsewhere_way way = {.device = makes_new(op->req->kind) ? 0 : op->req->id.dev};
    struct elsewhere *there;
    int err = elsewhere_enter(op->root, kind, ns, &way, &there);
    if (err == -EXDEV && kind == ELSEWHERE_IPC && way.pid > 0) {
        enum outcome outcome = op_rootless(op, ns, &way);
        elsewhere_way_done(&way);
        return outcome;
    }
    if (err < 0) {
        elsewhere_way_done(&way);
        return err == -ENOENT ? op_fail(op, OUTCOME_MISSING, 0, "look at the list again",
                                        "there is no namespace with the number %" PRIu64, ns)
                              : op_fail_errno(op, err, "enter its namespace");
    }
    struct op inside = {elsewhere_root(there), op->req, op->out, true};
    enum outcome outcome = check_namespace(&inside) < 0 ? op_fail_errno(op, -EXDEV, "")
                                                        : op_dispatch(&inside);
    elsewhere_leave(there);
    elsewhere_way_done(&way);
    if (outcome == OUTCOME_DONE && makes_new(op->req->kind))
        op_add_namespace(op->out->seg, sizeof(op->out->seg), ns);
    if (op->out->item[0] != '\0')
        op_add_namespace(op->out->item, sizeof(op->out->item), ns);
    return outcome;
}

enum outcome op_run(const struct root *root, const struct op_request *req, struct op_result *out) {
    memset(out, 0, sizeof(*out));
    struct op op = {root, req, out, false};
    enum elsewhere_kind kind;
    if (!root_is_live(root))
        return op_fail(&op, OUTCOME_REFUSED, 0, "leave out --root",
                       "a captured root cannot be changed");
    uint64_t ns = other_namespace(&op, &kind);
    enum outcome outcome;
    if (ns != 0 && (kind == ELSEWHERE_IPC || req->where.form == SEG_FORM_POSIX))
        outcome = dispatch_there(&op, kind, ns);
    else if (check_namespace(&op) < 0)
        return op_fail_errno(&op, -EXDEV, "");
    else
        outcome = op_dispatch(&op);
    if (outcome == OUTCOME_DONE) {
        memset(&out->fault, 0, sizeof(out->fault));
    } else {
        free(out->old);
        out->old = NULL;
    }
    return outcome;
}

void op_result_done(struct op_result *out) {
    free(out->old);
    out->old = NULL;
}
