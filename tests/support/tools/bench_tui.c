// bench_tui.c - measures a terminal program from outside: first frame, keys, CPU, bytes, memory.
// usage: bench_tui SECONDS KEYS [KEY | ?TEXT | +SECONDS]... -- COMMAND...
// Plays the named keys, waits for ?TEXT on the screen or for +SECONDS, then plays KEYS times Down
// and Up, then leaves it alone for SECONDS.
// Prints name=value lines. Programs that do not report frames get no key times.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/vt.h"

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// User and system time of a process with all its threads, in nanoseconds.
static uint64_t cpu_ns(pid_t pid) {
    char path[64], buf[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    size_t n = fread(buf, 1, sizeof buf - 1, f);
    fclose(f);
    buf[n] = 0;
    char *p = strrchr(buf, ')');
    unsigned long user = 0, sys = 0;
    if (!p ||
        sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
        return 0;
    return (user + sys) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t proc_number(pid_t pid, const char *file, const char *label) {
    char path[64], line[256];
    unsigned long value = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, label, strlen(label)) == 0)
            value = strtoul(line + strlen(label), NULL, 10);
    if (f)
        fclose(f);
    return value;
}

// How long the first thread of a process has waited for a processor, in nanoseconds; 0: not told.
static uint64_t waited_ns(const char *process) {
    char path[64];
    unsigned long long ran, waited = 0;
    snprintf(path, sizeof path, "/proc/%s/schedstat", process);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%llu %llu", &ran, &waited) != 2)
        waited = 0;
    if (f)
        fclose(f);
    return waited;
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(uint64_t *ns, int n, int percent) {
    qsort(ns, (size_t)n, sizeof *ns, by_size);
    return (double)ns[percent == 100 ? n - 1 : n * percent / 100] / 1e6;
}

// Of each key the time to its frame, and that without what both programs waited for a processor,
// which on a busy machine says more of the others than of them.
static void play_keys(struct vt *vt, int keys) {
    uint64_t *ns = calloc((size_t)keys + 1, sizeof *ns);
    uint64_t *work = calloc((size_t)keys + 1, sizeof *work);
    char pid[16];
    int n = 0;
    snprintf(pid, sizeof pid, "%d", (int)vt_pid(vt));
    for (; ns && work && n < keys; n++) {
        uint64_t waited = waited_ns(pid) + waited_ns("self");
        if (!vt_key(vt, n % 10 < 7 ? "Down" : "Up"))
            break;
        ns[n] = vt_key_ns(vt);
        waited = waited_ns(pid) + waited_ns("self") - waited;
        work[n] = ns[n] > waited ? ns[n] - waited : 0;
    }
    if (n > 0)
        printf("key_p50_ms=%.3f\nkey_p99_ms=%.3f\nkey_max_ms=%.3f\nkey_work_p99_ms=%.3f\n",
               percentile(ns, n, 50), percentile(ns, n, 99), percentile(ns, n, 100),
               percentile(work, n, 99));
    free(ns);
    free(work);
}

static void leave_alone(struct vt *vt, const char *seconds) {
    uint64_t end = now_ns() + strtoull(seconds, NULL, 10) * 1000000000u;
    while (now_ns() < end)
        vt_idle(vt, 100);
}

// One step of preparation: a key, a text to wait for, or a time.
static bool prepare(struct vt *vt, const char *step) {
    if (step[0] == '?' && step[1])
        return vt_wait(vt, step + 1);
    if (step[0] != '+' || !step[1])
        return vt_key(vt, step);
    leave_alone(vt, step + 1);
    return true;
}

int main(int argc, char **argv) {
    int cmd = 3;
    while (cmd < argc && strcmp(argv[cmd], "--") != 0)
        cmd++;
    if (cmd + 1 >= argc) {
        fputs("usage: bench_tui SECONDS KEYS [KEY | ?TEXT | +SECONDS]... -- COMMAND...\n", stderr);
        return 2;
    }
    uint64_t begin = now_ns();
    struct vt *vt = vt_new(
        &(struct vt_start){(const char *const *)(uintptr_t)(argv + cmd + 1), NULL, 30, 100, NULL});
    if (!vt)
        return 1;
    if (strcmp(argv[2], "0") != 0 || (cmd > 3 && argv[3][0] != '+')) {
        if (!vt_wait_frame(vt))
            return 1;
        printf("first_frame_ms=%.3f\n", (double)(now_ns() - begin) / 1e6);
    }
    for (int i = 3; i < cmd; i++)
        if (!prepare(vt, argv[i])) {
            fprintf(stderr, "bench_tui: %s\n%s", argv[i], vt_screen(vt));
            vt_free(vt);
            return 1;
        }
    printf("ready_ms=%.3f\n", (double)(now_ns() - begin) / 1e6);
    play_keys(vt, atoi(argv[2]));
    uint64_t cpu = cpu_ns(vt_pid(vt)), bytes = vt_bytes(vt), start = now_ns();
    uint64_t rchar = proc_number(vt_pid(vt), "io", "rchar:");
    leave_alone(vt, argv[1]);
    double seconds = (double)(now_ns() - start) / 1e9;
    printf("cpu_percent=%.3f\nbytes_per_s=%.1f\nread_per_s=%.0f\nrss_kib=%lu\n",
           (double)(cpu_ns(vt_pid(vt)) - cpu) / 1e7 / seconds,
           (double)(vt_bytes(vt) - bytes) / seconds,
           (double)(proc_number(vt_pid(vt), "io", "rchar:") - rchar) / seconds,
           (unsigned long)proc_number(vt_pid(vt), "status", "VmRSS:"));
    vt_free(vt);
    return 0;
}
