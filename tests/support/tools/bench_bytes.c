// bench_bytes.c - how fast the bytes of a segment are searched, beside memmem over the same bytes.
//
// bench_bytes MIB: prints JSON with GiB/s of both, for text forwards and backwards, over an object
// of that many resident mebibytes that looks like memory in use, in a /dev/shm of our own. CPU
// time.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "app/io_work.h"
#include "app/xalloc.h"
#include "probes/probe.h"

static const char needle[] = "needle in a haystack";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); // others use the machine too
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Text, numbers, zeroes and noise, a page of each in turn.
static uint8_t *make(size_t size) {
    int fd = open("/dev/shm/bench_bytes", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        return NULL;
    uint8_t *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at == MAP_FAILED)
        return NULL;
    uint64_t noise = 88172645463325252u;
    for (size_t i = 0; i < size; i += 8) {
        static const char text[] = "the needs of a hay stack are ";
        noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
        uint64_t number = i / 64 % 1000, word = noise;
        size_t kind = i / 4096 % 4;
        if (kind == 0)
            memcpy(&word, text + i / 8 % 21, 8);
        else if (kind == 1)
            word = number;
        else if (kind == 2)
            word = 0;
        memcpy(at + i, &word, 8);
    }
    return at;
}

static double search(struct io_worker *w, const struct snapshot *snap, bool back) {
    const char *why = "";
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = IO_SEARCH;
    req->snap = snapshot_ref(snap);
    for (size_t i = 0; i < snap->segment_count; i++)
        if (snap->segments[i].id.kind == SEG_POSIX)
            req->id = snap->segments[i].id;
    req->backwards = back;
    if (pattern_parse(needle, false, &req->pattern, &why) != 0)
        exit(1);
    double begin = now();
    io_reply_free(io_worker_do(w, req));
    for (bool done = false; !done;) {
        struct io_reply *reply = io_worker_search(w);
        done = reply->done;
        if (reply->err || reply->found)
            exit(1);
        io_reply_free(reply);
    }
    return now() - begin;
}

int main(int argc, char **argv) {
    struct scan_request whole = {.everything = true, .descriptors = true};
    struct root *root = NULL;
    struct prober *prober = NULL;
    const struct snapshot *snap = NULL;
    size_t size = (argc > 1 ? strtoul(argv[1], NULL, 10) : 256) << 20;
    uint8_t *at = make(size);
    double best[3] = {1e9, 1e9, 1e9}, gib = (double)size / (double)(1u << 30);
    if (!at || root_open(NULL, &root) || prober_new(root, &prober) ||
        prober_scan(prober, &whole, &snap))
        return 1;
    struct io_worker *w = io_worker_new(root);
    for (int round = 0; round < 5; round++) {
        double begin = now();
        if (memmem(at, size, needle, sizeof needle - 1))
            return 1;
        double t[3] = {now() - begin, search(w, snap, false), search(w, snap, true)};
        for (int i = 0; i < 3; i++)
            best[i] = t[i] < best[i] ? t[i] : best[i];
    }
    printf("{\"memmem\": %.2f, \"forwards\": %.2f, \"backwards\": %.2f}\n", gib / best[0],
           gib / best[1], gib / best[2]);
    io_worker_free(w);
    snapshot_unref(snap);
    prober_free(prober);
    root_close(root);
    unlink("/dev/shm/bench_bytes");
    return 0;
}
