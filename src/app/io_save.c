// io_save.c - a range of a segment into a new file, a slice of time after another.
#include "app/io_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/xalloc.h"
#include "core/segname.h"

enum { CHUNK = 1 << 18 };
static const uint64_t slice_ns = 50000000u;

struct io_save {
    struct io_request *req; // owned
    int fd;
    uint64_t at, end;
    uint8_t *chunk;
};

void io_save_stop(struct io_worker *w, bool finished) {
    struct io_save *s = w->save;
    if (!s)
        return;
    close(s->fd);
    if (!finished)
        unlink(s->req->path); // made by us, and by us alone
    io_request_free(s->req);
    free(s->chunk);
    free(s);
    w->save = NULL;
}

struct io_reply *io_save_start(struct io_worker *w, struct io_request *req) {
    char what[sizeof((struct fault *)0)->what];
    io_save_stop(w, false);
    int fd = open(req->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        struct io_reply *reply = io_new_reply(req);
        reply->err = -errno;
        reply->done = true;
        name_escape(req->path, strlen(req->path), false, what, sizeof what);
        fault_set(&reply->fault, reply->err == -EEXIST ? OUTCOME_REFUSED : OUTCOME_FAILED,
                  reply->err == -EEXIST ? 0 : -reply->err, what,
                  reply->err == -EEXIST ? "exists already" : "cannot be made",
                  reply->err == -EEXIST ? "choose another name" : "");
        io_request_free(req);
        return reply;
    }
    struct io_save *s = w->save = xcalloc(1, sizeof *s);
    s->req = req;
    s->fd = fd;
    s->at = req->offset;
    s->end = req->offset + req->len;
    s->chunk = xcalloc(1, CHUNK);
    return NULL;
}

// The next run into the file; holes stay holes. 0 or -errno; -EBUSY: reading it would leave a
// trace.
static int save_run(struct io_save *s, struct content_reader *r, bool *file_failed) {
    enum content_state state;
    uint64_t run = 0, left = s->end - s->at;
    size_t got = 0;
    int err = content_pages(r, s->at, left < CHUNK ? left : CHUNK, &run, &state);
    if (err)
        return err;
    run = run < left ? run : left;
    if (run == 0) { // it became shorter
        s->end = s->at;
        return 0;
    }
    if (state == CONTENT_UNKNOWN || (state == CONTENT_SWAPPED && !s->req->may_load))
        return -EBUSY;
    if (state != CONTENT_HOLE) {
        run = run < CHUNK ? run : CHUNK;
        err = io_read_all(r, s->at, s->chunk, (size_t)run, &got);
        if (!err) {
            err = root_write_fd(s->fd, s->chunk, got, (int64_t)(s->at - s->req->offset));
            *file_failed = err != 0;
        }
        if (got < run)
            s->end = s->at + got;
    }
    s->at += state == CONTENT_HOLE ? run : got;
    return err;
}

static void explain(struct io_reply *reply, const char *path, bool file_failed) {
    char what[sizeof reply->fault.what];
    name_escape(path, strlen(path), false, what, sizeof what);
    if (file_failed)
        fault_set(&reply->fault, OUTCOME_FAILED, -reply->err, what, "cannot be written", "");
    else
        fault_set(&reply->fault, OUTCOME_REFUSED, 0, what,
                  "not saved: a part is swapped out or out of sight", "A in the hex view reads it");
}

struct io_reply *io_save_slice(struct io_worker *w) {
    struct io_save *s = w->save;
    struct io_reply *reply = io_new_reply(s->req);
    struct content_reader *r = NULL;
    bool file_failed = false;
    uint64_t until = io_mono_ns() + slice_ns;
    reply->err = io_open_reader(w, s->req, &r, &reply->fault);
    if (!reply->err) {
        while (!reply->err && s->at < s->end && io_mono_ns() < until)
            reply->err = save_run(s, r, &file_failed);
        if (!reply->err && s->at >= s->end &&
            ftruncate(s->fd, (off_t)(s->end - s->req->offset)) < 0) {
            reply->err = -errno; // a hole at the end
            file_failed = true;
        }
        if (file_failed || reply->err == -EBUSY) {
            explain(reply, s->req->path, file_failed);
            io_close_reader(w, r);
        } else if (reply->err) {
            io_drop_reader(w, r, s->req, reply);
        } else {
            io_close_reader(w, r);
        }
    }
    reply->searched = s->at - s->req->offset;
    reply->done = reply->err || s->at >= s->end;
    if (reply->done)
        io_save_stop(w, !reply->err);
    return reply;
}
