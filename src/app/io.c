// io.c - the thread that reads content, searches and carries out operations.
//
// A reader is opened for each read and closed again, because its descriptor pins the memory of the
// object. Only one that had to attach is kept, until the user looks elsewhere.
#include "app/io.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "app/io_work.h"
#include "app/xalloc.h"
#include "ui/crash.h"

struct node {
    struct node *next;
    struct io_request *req;
    struct io_reply *reply;
};
struct queue {
    struct node *first, **last;
};

struct io {
    int event;
    pthread_t thread;
    struct io_worker *worker; // of the thread alone
    pthread_mutex_t mutex;    // guards what follows
    pthread_cond_t cond;
    bool quit;
    struct queue requests, replies;
};

static void queue_init(struct queue *q) {
    q->first = NULL;
    q->last = &q->first;
}

static void queue_put(struct queue *q, struct io_request *req, struct io_reply *reply) {
    struct node *n = xcalloc(1, sizeof *n);
    n->req = req;
    n->reply = reply;
    *q->last = n;
    q->last = &n->next;
}

// The oldest; false: empty.
static bool queue_get(struct queue *q, struct node *out) {
    struct node *n = q->first;
    if (!n)
        return false;
    q->first = n->next;
    if (!q->first)
        q->last = &q->first;
    *out = *n;
    free(n);
    return true;
}

static void reply(struct io *io, struct io_reply *r) {
    uint64_t one = 1;
    pthread_mutex_lock(&io->mutex);
    queue_put(&io->replies, NULL, r);
    pthread_mutex_unlock(&io->mutex);
    (void)!write(io->event, &one, sizeof one);
}

// The next request, after waiting for it unless a search goes on. NULL: none, or time to end.
static struct io_request *next_request(struct io *io, bool *quit) {
    struct node n = {NULL, NULL, NULL};
    pthread_mutex_lock(&io->mutex);
    while (!io->quit && !io->requests.first && !io_worker_searching(io->worker))
        pthread_cond_wait(&io->cond, &io->mutex);
    *quit = io->quit;
    if (!io->quit)
        queue_get(&io->requests, &n);
    pthread_mutex_unlock(&io->mutex);
    return n.req;
}

static void *run(void *arg) {
    struct io *io = arg;
    bool quit = false;
    void *stack = crash_thread_begin();
    while (!quit) {
        struct io_request *req = next_request(io, &quit);
        struct io_reply *r = NULL;
        if (req)
            r = io_worker_do(io->worker, req);
        else if (!quit)
            r = io_worker_search(io->worker);
        if (r)
            reply(io, r);
    }
    crash_thread_end(stack);
    return NULL;
}

int io_new(const struct root *root, struct io **out) {
    struct io *io = xcalloc(1, sizeof *io);
    queue_init(&io->requests);
    queue_init(&io->replies);
    pthread_mutex_init(&io->mutex, NULL);
    pthread_cond_init(&io->cond, NULL);
    io->worker = io_worker_new(root);
    io->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int err = io->event < 0 ? errno : pthread_create(&io->thread, NULL, run, io);
    if (err) {
        if (io->event >= 0)
            close(io->event);
        io_worker_free(io->worker);
        free(io);
        return -err;
    }
    *out = io;
    return 0;
}

void io_free(struct io *io) {
    struct node n;
    if (!io)
        return;
    pthread_mutex_lock(&io->mutex);
    io->quit = true;
    pthread_cond_signal(&io->cond);
    pthread_mutex_unlock(&io->mutex);
    pthread_join(io->thread, NULL);
    while (queue_get(&io->requests, &n))
        io_request_free(n.req);
    while (queue_get(&io->replies, &n))
        io_reply_free(n.reply);
    io_worker_free(io->worker);
    pthread_cond_destroy(&io->cond);
    pthread_mutex_destroy(&io->mutex);
    close(io->event);
    free(io);
}

void io_send(struct io *io, struct io_request *req) {
    struct io_request *old = NULL;
    struct node *n;
    pthread_mutex_lock(&io->mutex);
    for (n = io->requests.first; n && req->kind == IO_READ; n = n->next)
        if (n->req->kind == IO_READ) {
            old = n->req;
            n->req = req;
            break;
        }
    if (!old)
        queue_put(&io->requests, req, NULL);
    pthread_cond_signal(&io->cond);
    pthread_mutex_unlock(&io->mutex);
    io_request_free(old);
}

int io_fd(const struct io *io) {
    return io->event;
}

struct io_reply *io_take(struct io *io) {
    uint64_t count;
    struct node n = {NULL, NULL, NULL};
    pthread_mutex_lock(&io->mutex);
    bool found = queue_get(&io->replies, &n);
    if (!found)
        (void)!read(io->event, &count, sizeof count);
    pthread_mutex_unlock(&io->mutex);
    return n.reply;
}
