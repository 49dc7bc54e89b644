// io_work.h - what the I/O thread does with a request; no thread in sight.
#ifndef APP_IO_WORK_H
#define APP_IO_WORK_H

#include "app/io_msg.h"
#include "probes/root.h"

struct io_worker;

// The root is borrowed until io_worker_free.
struct io_worker *io_worker_new(const struct root *root);
void io_worker_free(struct io_worker *w);
// Takes the request. The reply is the caller's; NULL: there is none (yet).
struct io_reply *io_worker_do(struct io_worker *w, struct io_request *req);
// True while a search or a save is not at its end: io_worker_search goes on with it.
bool io_worker_searching(const struct io_worker *w);
// Goes on for a twentieth of a second; the reply tells how far it came.
struct io_reply *io_worker_search(struct io_worker *w);

#endif
