// rootless.c - the System V table of an IPC namespace that belongs to a user namespace of our user.
#include "probes/rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probes/root_internal.h"

// The child runs beside a copy of every lock of the other threads, of which some are held for ever:
// it must not enter a library, and a sanitizer's runtime is one.
#if defined(__clang__)
#define CHILD_ONLY __attribute__((noinline, disable_sanitizer_instrumentation))
#else
#define CHILD_ONLY __attribute__((noinline, no_sanitize_thread, no_sanitize_address))
#endif

enum { TEXT_MAX = 8 << 20, FIRST_ROOM = 16 * 1024, DEADLINE_MS = 2000, STATUS_MAX = 255 };

struct errand {
    int user_fd, ipc_fd, proc_fd, out_fd;
    char *room; // for the child, made before it
};

CHILD_ONLY static void child(const struct errand *e) {
    static const char path[] = "sysvipc/shm";
    long n = syscall(SYS_setns, e->user_fd, CLONE_NEWUSER);
    if (n == 0)
        n = syscall(SYS_setns, e->ipc_fd, CLONE_NEWIPC);
    long fd = n == 0 ? syscall(SYS_openat, e->proc_fd, path, O_RDONLY | O_CLOEXEC, 0) : -1;
    int err = n != 0 || fd < 0 ? errno : 0;
    while (err == 0) {
        n = syscall(SYS_read, fd, e->room, FIRST_ROOM);
        if (n <= 0) {
            err = n < 0 ? errno : 0;
            break;
        }
        for (long done = 0; done < n && err == 0;) {
            long put = syscall(SYS_write, e->out_fd, e->room + done, n - done);
            err = put < 0 ? errno : 0;
            done += put;
        }
    }
    syscall(SYS_exit_group, err > STATUS_MAX ? STATUS_MAX : err);
}

static uint64_t mono_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

// Takes what the child writes until its end. 0 or -errno.
static int drain(int fd, char **text, size_t *len) {
    uint64_t end = mono_ms() + DEADLINE_MS;
    size_t room = FIRST_ROOM, have = 0;
    char *buf = malloc(room);
    int err = buf == NULL ? -ENOMEM : 0;
    while (err == 0) {
        uint64_t now = mono_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = now < end ? poll(&p, 1, (int)(end - now)) : 0;
        if (ready == 0)
            err = -ETIMEDOUT;
        if (ready < 0 && errno != EINTR)
            err = -errno;
        if (ready <= 0)
            continue;
        ssize_t n = read(fd, buf + have, room - have);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            err = -errno;
        have += n > 0 ? (size_t)n : 0;
        if (have < room || err < 0)
            continue;
        char *grown = room < TEXT_MAX ? realloc(buf, room * 2) : NULL;
        err = room >= TEXT_MAX ? -EFBIG : grown == NULL ? -ENOMEM : 0;
        buf = grown != NULL ? grown : buf;
        room *= 2;
    }
    if (err < 0) {
        free(buf);
        return err;
    }
    *text = buf;
    *len = have;
    return 0;
}

// clone(2) and not fork(3), all signals blocked: see store.c.
static int run(struct errand *e, char **text, size_t *len) {
    int pipe[2], status = 0;
    sigset_t all, before;
    if (pipe2(pipe, O_CLOEXEC) < 0)
        return -errno;
    e->out_fd = pipe[1];
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = (pid_t)syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
    if (pid == 0)
        child(e);
    int err = pid < 0 ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pipe[1]);
    if (err == 0)
        err = drain(pipe[0], text, len);
    close(pipe[0]);
    if (pid > 0) {
        if (err < 0)
            kill(pid, SIGKILL); // ours and not waited for yet: no other process can have its pid
        while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {
        }
        if (err == 0 && status != 0) {
            free(*text);
            *text = NULL;
            err = WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
        }
    }
    return err;
}

int rootless_read(const struct root *root, pid_t pid, int ipc_fd, char **text, size_t *len) {
    char path[32];
    snprintf(path, sizeof(path), "%d/ns/user", (int)pid);
    struct errand e = {.ipc_fd = ipc_fd, .proc_fd = root->dir[ROOT_PROC]};
    e.user_fd = root_openat(root, ROOT_PROC, path, O_RDONLY);
    if (e.user_fd < 0)
        return e.user_fd;
    e.room = malloc(FIRST_ROOM);
    int err = e.room == NULL ? -ENOMEM : run(&e, text, len);
    free(e.room);
    close(e.user_fd);
    return err;
}

uint32_t rootless_outside(const struct id_map *map, uint32_t id) {
    const uint32_t overflow = 65534;
    for (size_t i = 0; i < map->count; i++) {
        const struct id_range *range = &map->ranges[i];
        if (id >= range->inside && id - range->inside < range->count)
            return range->outside + (id - range->inside);
    }
    return overflow;
}

bool rootless_inside(const struct id_map *map, uint32_t id, uint32_t *out) {
    for (size_t i = 0; i < map->count; i++) {
        const struct id_range *range = &map->ranges[i];
        if (id >= range->outside && id - range->outside < range->count) {
            *out = range->inside + (id - range->outside);
            return true;
        }
    }
    return false;
}

// fork(3) and not clone(2): what is run may use memory and text of the C library, which makes both
// fit for use in the child. Signals stay blocked there, so that no handler of ours runs in it.
static pid_t start_child(int user_fd, int ipc_fd, void (*run_it)(void *arg, int up, int down),
                         void *arg, int up, int down) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        int err = setns(user_fd, CLONE_NEWUSER) < 0 || setns(ipc_fd, CLONE_NEWIPC) < 0 ? errno : 0;
        // Entering has made its memory nobody's to look at; whoever started it may.
        prctl(PR_SET_DUMPABLE, 1);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (err == 0)
            run_it(arg, up, down);
        _exit(err > STATUS_MAX ? STATUS_MAX : err);
    }
    int err = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = err;
    return pid;
}

int rootless_start(const struct root *root, pid_t member, int ipc_fd,
                   void (*run_it)(void *arg, int up, int down), void *arg,
                   struct rootless_child *out) {
    char path[32];
    int up[2] = {-1, -1}, down[2] = {-1, -1}, err = 0;
    snprintf(path, sizeof(path), "%d/ns/user", (int)member);
    int user_fd = root_openat(root, ROOT_PROC, path, O_RDONLY);
    if (user_fd < 0)
        return user_fd;
    if (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0)
        err = -errno;
    pid_t pid = err == 0 ? start_child(user_fd, ipc_fd, run_it, arg, up[1], down[0]) : -1;
    if (err == 0 && pid < 0)
        err = -errno;
    close(user_fd);
    if (up[1] >= 0)
        close(up[1]);
    if (down[0] >= 0)
        close(down[0]);
    *out = (struct rootless_child){pid, up[0], down[1]};
    if (err < 0) {
        out->pid = 0;
        rootless_end(out);
    }
    return err;
}

int rootless_end(struct rootless_child *c) {
    int status = 0;
    if (c->to_child >= 0)
        close(c->to_child);
    if (c->from_child >= 0)
        close(c->from_child);
    while (c->pid > 0 && waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
    }
    *c = (struct rootless_child){0, -1, -1};
    return status == 0 ? 0 : WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

void rootless_map(const struct root *root, pid_t pid, const char *name, struct id_map *out) {
    char path[48], text[4096];
    size_t len = 0;
    out->count = 0;
    snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
    if (root_read(root, ROOT_PROC, path, text, sizeof(text), &len) < 0)
        return;
    const size_t most = sizeof(out->ranges) / sizeof(out->ranges[0]);
    for (char *at = text, *end; out->count < most; at = end) {
        unsigned long long inside = strtoull(at, &end, 10), outside, count;
        if (end == at)
            return;
        outside = strtoull(end, &end, 10);
        count = strtoull(end, &end, 10);
        if (inside > UINT32_MAX || outside > UINT32_MAX || count > UINT32_MAX)
            return;
        out->ranges[out->count++] = (struct id_range){(uint32_t)inside, (uint32_t)outside,
                                                      (uint32_t)count};
    }
}
