// bench_refresh.c - the monitor's full refresh of shared mappings against reading every maps text.
// usage: bench_refresh [ROUNDS]
// Both go over the same processes with the readers and the threads that shmtop uses. The refresh
// has the descriptors of /proc/PID/maps open already, as the monitor has after its first look; the
// text is opened, read in full and closed each time. Prints medians as name=value lines.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/vec.h"
#include "probes/devices.h"
#include "probes/fanout.h"
#include "probes/maps_parse.h"
#include "probes/procs.h"
#include "probes/root.h"

enum { ROUNDS_MAX = 101 };

struct target {
    pid_t pid;
    int fd; // its maps; -1: not to be had
};

struct bench {
    struct root *root;
    struct devices *devices;
    VEC(struct target) targets;
    struct maps_scratch scratch[FANOUT_WORKERS];
    struct seen_maps seen[FANOUT_WORKERS];
    bool text;
    atomic_bool no_query;
    atomic_ulong found;
};

static int take_pid(void *arg, const char *name, unsigned char type) {
    struct bench *b = arg;
    char path[64];
    char *end;
    long pid = strtol(name, &end, 10);
    (void)type;
    if (*end || pid <= 0)
        return 0;
    struct target t = {(pid_t)pid, -1};
    t.fd = root_openat(b->root, ROOT_PROC, proc_path(path, t.pid, "maps"), O_RDONLY);
    return vec_push(&b->targets, t);
}

static void read_one(void *arg, unsigned worker, size_t i) {
    struct bench *b = arg;
    const struct target *t = &b->targets.items[i];
    struct seen_maps *seen = &b->seen[worker];
    char path[64];
    seen->count = 0;
    seen->names_len = 0;
    if (b->text) {
        int fd = root_openat(b->root, ROOT_PROC, proc_path(path, t->pid, "maps"), O_RDONLY);
        if (fd < 0)
            return;
        maps_read_text(fd, true, b->devices, &b->scratch[worker], seen);
        close(fd);
    } else if (t->fd >= 0 &&
               maps_read_query(t->fd, false, b->devices, &b->scratch[worker], seen) == -ENOTTY) {
        atomic_store(&b->no_query, true);
    }
    atomic_fetch_add(&b->found, seen->count);
}

static double clock_ms(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static unsigned long round_of(struct bench *b, bool text, double *wall, double *cpu) {
    b->text = text;
    atomic_store(&b->found, 0);
    double begin = clock_ms(CLOCK_MONOTONIC), spent = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    fanout_run(b->targets.count, read_one, b);
    *wall = clock_ms(CLOCK_MONOTONIC) - begin;
    *cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - spent;
    return atomic_load(&b->found);
}

static int prepare(struct bench *b) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    int err = root_open(NULL, &b->root);
    if (!err)
        err = devices_new(b->root, &b->devices);
    if (!err)
        err = devices_refresh(b->devices, true);
    return err ? err : root_list(b->root, ROOT_PROC, "", take_pid, b);
}

static void done(struct bench *b) {
    for (size_t i = 0; i < b->targets.count; i++)
        if (b->targets.items[i].fd >= 0)
            close(b->targets.items[i].fd);
    vec_done(&b->targets);
    for (unsigned i = 0; i < FANOUT_WORKERS; i++) {
        free(b->seen[i].maps);
        free(b->seen[i].names);
    }
    devices_free(b->devices);
    root_close(b->root);
    free(b);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 7;
    static double fast[ROUNDS_MAX], fast_cpu[ROUNDS_MAX], text[ROUNDS_MAX], text_cpu[ROUNDS_MAX];
    unsigned long shared = 0, all = 0;
    struct bench *b = calloc(1, sizeof *b);
    if (!b || rounds < 1 || rounds > ROUNDS_MAX) {
        fputs("usage: bench_refresh [ROUNDS]\n", stderr);
        free(b);
        return 2;
    }
    int err = prepare(b);
    if (err) {
        fprintf(stderr, "bench_refresh: %s\n", strerror(-err));
        done(b);
        return 1;
    }
    for (int i = -1; i < rounds; i++) { // the first round warms up
        int at = i < 0 ? 0 : i;
        shared = round_of(b, false, &fast[at], &fast_cpu[at]);
        all = round_of(b, true, &text[at], &text_cpu[at]);
    }
    bool no_query = atomic_load(&b->no_query);
    size_t n = (size_t)rounds;
    qsort(fast, n, sizeof *fast, by_size);
    qsort(fast_cpu, n, sizeof *fast, by_size);
    qsort(text, n, sizeof *text, by_size);
    qsort(text_cpu, n, sizeof *text, by_size);
    if (!no_query)
        printf("fast_ms=%.3f\nfast_cpu_ms=%.3f\n", fast[n / 2], fast_cpu[n / 2]);
    printf("text_ms=%.3f\ntext_cpu_ms=%.3f\nprocesses=%zu\nshared=%lu\nall=%lu\n", text[n / 2],
           text_cpu[n / 2], b->targets.count, shared, all);
    done(b);
    return 0;
}
