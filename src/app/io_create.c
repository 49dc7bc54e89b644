// io_create.c - making a segment, with content if it is wanted.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/io_parts.h"
#include "app/xalloc.h"
#include "core/segname.h"

enum { CHUNK = 1 << 20 };

// Opens the file whose bytes are wanted; its size is that of the segment unless one was given. A
// descriptor, or -1 with the reason.
static int open_content(const char *path, struct op_request *op, struct fault *why) {
    struct stat st;
    char what[sizeof why->what];
    name_escape(path, strlen(path), false, what, sizeof what);
    // Never waits for the writer of a FIFO.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0) {
        fault_set(why, OUTCOME_FAILED, errno, what, "cannot be opened", "nothing was created");
    } else if (!S_ISREG(st.st_mode)) {
        fault_set(why, OUTCOME_FAILED, 0, what, "is not a regular file", "nothing was created");
    } else {
        if (op->size == 0)
            op->size = (uint64_t)st.st_size;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

// Writes the pattern over and over, so that every page of the new segment is there.
static void fill(const struct root *root, const struct op_request *made, const struct fill *fill,
                 struct op_result *result) {
    struct op_request *op = xcalloc(1, sizeof *op);
    size_t chunk = CHUNK / fill->len * fill->len;
    uint8_t *bytes = xcalloc(1, chunk);
    const char *why = "";
    for (size_t i = 0; i < chunk; i += fill->len)
        memcpy(bytes + i, fill->bytes, fill->len);
    op_request_init(op, OP_WRITE);
    op->id = result->created;
    op->bytes = bytes;
    snprintf(op->seg, sizeof op->seg, "%s", result->seg);
    bool ok = seg_parse(result->seg, &op->where, &why) == 0;
    for (uint64_t at = 0; ok && at < made->size; at += op->bytes_len) {
        struct op_result wrote;
        op->offset = at;
        op->bytes_len = made->size - at < chunk ? (size_t)(made->size - at) : chunk;
        ok = op_run(root, op, &wrote) == OUTCOME_DONE;
        if (!ok)
            snprintf(result->note, sizeof result->note,
                     "it is there, but could be filled only up to 0x%llx: %.150s",
                     (unsigned long long)at, wrote.fault.why);
        op_result_done(&wrote);
    }
    free(bytes);
    free(op);
}

void io_create(const struct io_worker *w, const struct io_request *req, struct io_reply *reply) {
    struct op_request *op = req->create_or_write;
    struct op_result result = {.fault.outcome = OUTCOME_DONE};
    if (req->path) {
        op->from_fd = open_content(req->path, op, &result.fault);
        if (op->from_fd < 0) {
            io_take_result(reply, 0, op->seg, &result);
            return;
        }
    }
    bool done = op_run(w->root, op, &result) == OUTCOME_DONE;
    if (done && req->fill.len)
        fill(w->root, op, &req->fill, &result);
    io_take_result(reply, 0, done && result.seg[0] ? result.seg : op->seg, &result);
    reply->created = result.created;
    op_result_done(&result);
    if (req->path)
        close(op->from_fd);
}
