// io.h - the thread that reads content, searches and carries out operations, one after another.
#ifndef APP_IO_H
#define APP_IO_H

#include "app/io_msg.h"
#include "probes/root.h"

struct io;

// Starts the thread. The root is borrowed until io_free. 0 or -errno.
int io_new(const struct root *root, struct io **out);
// Ends it after the operation that may be running; what still waits is dropped, a search stops.
void io_free(struct io *io); // NULL is legal
// Takes the request. A read takes the place of one that still waits.
void io_send(struct io *io, struct io_request *req);
// Readable (poll) when there is a reply.
int io_fd(const struct io *io);
// The oldest reply, owned by the caller; NULL: none.
struct io_reply *io_take(struct io *io);

#endif
