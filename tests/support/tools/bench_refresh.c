// bench_refresh.c - the monitor's full refresh of shared mappings against reading every maps text.
// usage: bench_refresh [ROUNDS]
// All ways go over the same processes with the readers and the threads that shmtop uses. The
// refresh has the descriptors of /proc/PID/maps open already, as the monitor has after its first
// look, and so has the walk over all file mappings, MAP_PRIVATE ones too, which every command
// makes; the text is opened, read in full and closed each time. Prints medians as name=value lines.
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
enum way { WAY_FAST, WAY_WALK, WAY_TEXT, WAYS };
static const char *const way_names[WAYS] = {"fast", "walk", "text"};

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
    enum way way;
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
    if (b->way == WAY_TEXT) {
        int fd = root_openat(b->root, ROOT_PROC, proc_path(path, t->pid, "maps"), O_RDONLY);
        if (fd < 0)
            return;
        maps_read_text(fd, true, b->devices, &b->scratch[worker], seen);
        close(fd);
    } else if (t->fd >= 0 && maps_read_query(t->fd, b->way == WAY_WALK, b->devices,
                                             &b->scratch[worker], seen) == -ENOTTY) {
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

static unsigned long round_of(struct bench *b, enum way way, double *wall, double *cpu) {
    b->way = way;
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

static double median(double *values, size_t n) {
    qsort(values, n, sizeof *values, by_size);
    return values[n / 2];
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 7;
    static double wall[WAYS][ROUNDS_MAX], cpu[WAYS][ROUNDS_MAX];
    unsigned long found[WAYS] = {0};
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
        for (enum way w = 0; w < WAYS; w++)
            found[w] = round_of(b, w, &wall[w][at], &cpu[w][at]);
    }
    for (enum way w = atomic_load(&b->no_query) ? WAY_TEXT : 0; w < WAYS; w++)
        printf("%s_ms=%.3f\n%s_cpu_ms=%.3f\n%s_found=%lu\n", way_names[w],
               median(wall[w], (size_t)rounds), way_names[w], median(cpu[w], (size_t)rounds),
               way_names[w], found[w]);
    printf("processes=%zu\n", b->targets.count);
    done(b);
    return 0;
}
