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

// The child runs beside a copy of every lock of the other threads, of which some are held for ever:
// it must not enter a library, and a sanitizer's runtime is one.
#if defined(__clang__)
#define CHILD_ONLY __attribute__((noinline, disable_sanitizer_instrumentation))
#else
#define CHILD_ONLY __attribute__((noinline, no_sanitize_thread, no_sanitize_address))
#endif

struct report {
    enum store_end end;
    uint8_t old[8];
};

bool store_is_one_step(uint64_t offset, size_t len) {
    return (len == 1 || len == 2 || len == 4 || len == 8) && offset % len == 0;
}

// Aligned eight bytes at a time, so that at least each of these arrives whole; volatile, so that no
// compiler makes a call of memcpy(3) of it.
CHILD_ONLY static void copy(volatile uint8_t *to, const volatile uint8_t *from, size_t n) {
    size_t i = 0;
    for (; i < n && ((uintptr_t)(to + i) % sizeof(uint64_t) != 0 || n - i < sizeof(uint64_t)); i++)
        to[i] = from[i];
    for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word = 0;
        for (unsigned b = 0; b < sizeof(word); b++)
            ((volatile uint8_t *)&word)[b] = from[i + b];
        *(volatile uint64_t *)(uintptr_t)(to + i) = word;
    }
    for (; i < n; i++)
        to[i] = from[i];
}

CHILD_ONLY static bool equal(const volatile uint8_t *a, const volatile uint8_t *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

// Exchanges one number; with expect only if it still is that one.
#define EXCHANGE(type)                                                                             \
    do {                                                                                           \
        type *p = (type *)(void *)at, value, found;                                                \
        copy((uint8_t *)&value, s->bytes, sizeof(value));                                          \
        if (compares) {                                                                            \
            copy((uint8_t *)&found, s->expect, sizeof(found));                                     \
            stored = __atomic_compare_exchange_n(p, &found, value, false, __ATOMIC_SEQ_CST,        \
                                                 __ATOMIC_SEQ_CST);                                \
        } else {                                                                                   \
            found = __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                               \
        }                                                                                          \
        copy(r->old, (const uint8_t *)&found, sizeof(found));                                      \
    } while (0)

CHILD_ONLY static bool store_number(const struct store *s, uint8_t *at, struct report *r) {
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
    return stored;
}

CHILD_ONLY static void child(const struct store *s, uint8_t *at, int out, struct report *r) {
    bool stored = true;
    syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0); // no core file of a SIGBUS
    if (store_is_one_step(s->offset, s->len))
        stored = store_number(s, at, r);
    else if (s->expect != NULL && s->expect_len <= s->len)
        stored = equal(at, s->expect, s->expect_len);
    if (stored && !store_is_one_step(s->offset, s->len))
        copy(at, s->bytes, s->len);
    r->end = stored ? STORE_DONE : STORE_DIFFERS;
    syscall(SYS_write, out, r, sizeof(*r));
    syscall(SYS_exit_group, 0);
}

// clone(2) and not fork(3): no handlers of other libraries run, and without an exit signal the
// child's end is news for nobody but the waitpid below. With all signals blocked no handler runs in
// the child either: a fault whose signal is blocked kills.
static int run_child(const struct store *s, uint8_t *at, int out, struct report *r) {
    sigset_t all, before;
    int status;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
    if (pid == 0)
        child(s, at, out, r);
    int err = pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    while (err == 0 && waitpid(pid, &status, __WALL) < 0)
        if (errno != EINTR)
            err = -errno;
    return err;
}

static int store_at(const struct store *s, uint8_t *at, enum store_end *end, uint8_t old[8]) {
    struct report r = {.end = STORE_FAULT};
    int pipe[2];
    if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    int err = run_child(s, at, pipe[1], &r);
    ssize_t n = err == 0 ? read(pipe[0], &r, sizeof(r)) : 0;
    close(pipe[0]);
    close(pipe[1]);
    if (err < 0)
        return err;
    *end = n == (ssize_t)sizeof(r) ? r.end : STORE_FAULT;
    if (*end != STORE_FAULT)
        memcpy(old, r.old, sizeof(r.old));
    return 0;
}

int store_bytes(const struct store *s, enum store_end *end, uint8_t old[8]) {
    if (s->fd < 0)
        return store_at(s, s->at + s->offset, end, old);
    // Mapped here, where an error can be told; touched by the child alone.
    uint64_t skip = s->offset % s->page_size, base = s->offset - skip;
    size_t span = (size_t)((skip + s->len + s->page_size - 1) / s->page_size * s->page_size);
    uint8_t *map = mmap(NULL, span, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, (off_t)base);
    if (map == MAP_FAILED)
        return -errno;
    int err = store_at(s, map + skip, end, old);
    munmap(map, span);
    return err;
}
