// io_file.c - bytes that the monitor has made into a new file; never over one that exists.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/io_parts.h"
#include "core/segname.h"

struct io_reply *io_do_file(const struct io_request *req) {
    char what[sizeof((struct fault *)0)->what];
    struct io_reply *reply = io_new_reply(req);
    int fd = open(req->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool made = fd >= 0;
    int err = made ? root_write_fd(fd, req->text, req->len, -1) : -errno;
    if (made && close(fd) < 0 && err == 0)
        err = -errno;
    if (made && err)
        unlink(req->path); // half a file is worse than none
    reply->err = err;
    reply->done = true;
    if (err) {
        name_escape(req->path, strlen(req->path), false, what, sizeof what);
        bool exists = err == -EEXIST;
        fault_set(&reply->fault, exists ? OUTCOME_REFUSED : OUTCOME_FAILED, exists ? 0 : -err, what,
                  exists ? "exists already"
                  : made ? "cannot be written"
                         : "cannot be made",
                  exists ? "choose another name" : "");
    }
    return reply;
}
