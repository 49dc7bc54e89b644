// store.c - stores into shared memory that may be taken away while we do.
#include "probes/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW = 16 * 1024 * 1024 };

struct report {
    int err;
    enum store_end end;
    uint8_t old[8];
};

bool store_is_one_step(uint64_t offset, size_t len) {
    return (len == 1 || len == 2 || len == 4 || len == 8) && offset % len == 0;
}

// Exchanges one number; with expect only if it still is that one. True when it was stored.
#define EXCHANGE(type)                                                                             \
    do {                                                                                           \
        type *p = (type *)(void *)at, value, found;                                                \
        memcpy(&value, s->bytes, sizeof(value));                                                   \
        if (compares) {                                                                            \
            memcpy(&found, s->expect, sizeof(found));                                              \
            stored = __atomic_compare_exchange_n(p, &found, value, false, __ATOMIC_SEQ_CST,        \
                                                 __ATOMIC_SEQ_CST);                                \
        } else {                                                                                   \
            found = __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                               \
        }                                                                                          \
        memcpy(r->old, &found, sizeof(found));                                                     \
    } while (0)

static void store_number(const struct store *s, uint8_t *at, struct report *r) {
    bool compares = s->expect != NULL && s->expect_len == s->len, stored = true;
    switch (s->len) {
    case 1:
        EXCHANGE(uint8_t);
        break;
    case 2:
        EXCHANGE(uint16_t);
        break;
    case 4:
        EXCHANGE(uint32_t);
        break;
    default:
        EXCHANGE(uint64_t);
        break;
    }
    r->end = stored ? STORE_DONE : STORE_DIFFERS;
}

// One stretch, of which byte 0 is byte `done` of what is to be stored.
static void store_stretch(const struct store *s, uint8_t *at, size_t done, size_t n,
                          struct report *r) {
    if (store_is_one_step(s->offset, s->len)) {
        store_number(s, at, r);
        return;
    }
    if (done == 0 && s->expect != NULL && s->expect_len <= n &&
        memcmp(at, s->expect, s->expect_len) != 0) {
        r->end = STORE_DIFFERS;
        return;
    }
    memcpy(at, s->bytes + done, n);
    r->end = STORE_DONE;
}

static void store_mapped(const struct store *s, struct report *r) {
    for (size_t done = 0; done < s->len && r->err == 0 && r->end == STORE_DONE;) {
        uint64_t from = s->offset + done, base = from - from % s->page_size;
        size_t skip = (size_t)(from - base);
        uint64_t room = (WINDOW + s->page_size - 1) / s->page_size * s->page_size;
        size_t n = s->len - done < room - skip ? s->len - done : (size_t)(room - skip);
        size_t span = (size_t)((skip + n + s->page_size - 1) / s->page_size * s->page_size);
        uint8_t *map = mmap(NULL, span, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, (off_t)base);
        if (map == MAP_FAILED) {
            r->err = errno;
            return;
        }
        store_stretch(s, map + skip, done, n, r);
        munmap(map, span);
        done += n;
    }
}

// The child: copied memory of its own, all signals blocked (a blocked SIGBUS kills), no core file.
static void child(const struct store *s, int out) {
    struct report r = {.end = STORE_DONE};
    signal(SIGBUS, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    prctl(PR_SET_DUMPABLE, 0);
    if (s->fd >= 0)
        store_mapped(s, &r);
    else
        store_stretch(s, s->at + s->offset, 0, s->len, &r);
    ssize_t n = write(out, &r, sizeof(r));
    _exit(n == (ssize_t)sizeof(r) ? 0 : 1);
}

// clone(2) and not fork(3): no handlers of other libraries run, and without an exit signal the
// child's end is news for nobody but the waitpid below.
static int run_child(const struct store *s, int out, int *status) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
    if (pid == 0)
        child(s, out);
    int err = pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (err == 0 && waitpid(pid, status, __WALL) < 0)
        if (errno != EINTR)
            err = -errno;
    return err;
}

int store_bytes(const struct store *s, enum store_end *end, uint8_t old[8]) {
    int pipe[2], status = 0;
    struct report r = {0};
    if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    int err = run_child(s, pipe[1], &status);
    ssize_t n = err == 0 ? read(pipe[0], &r, sizeof(r)) : 0;
    close(pipe[0]);
    close(pipe[1]);
    if (err < 0)
        return err;
    if (n != (ssize_t)sizeof(r)) {
        *end = STORE_FAULT;
        return 0;
    }
    if (r.err != 0)
        return -r.err;
    *end = r.end;
    memcpy(old, r.old, sizeof(r.old));
    return 0;
}
