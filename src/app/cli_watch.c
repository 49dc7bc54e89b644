// cli_watch.c - `watch`: prints each range of bytes as it changes.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/cli.h"
#include "app/json.h"
#include "app/xalloc.h"
#include "core/fmt.h"

enum { CHUNK = 256 * 1024, SHOWN = 32 };

// The bytes as last seen. A chunk that was never anything but zeroes takes no memory, so that a
// huge hole costs nothing.
struct watch {
    const struct options *opt;
    const struct root *root;
    struct content_reader *reader;
    uint64_t start, end; // the window, up to what the segment has now
    uint8_t **chunks;    // from `start` on
    size_t count;
    uint8_t *now;     // CHUNK bytes just read
    uint64_t seen;    // changes printed
    uint64_t run_end; // the run of data or hole goes up to here
    bool run_hole;
    bool first; // nothing to compare with yet
};

static const uint8_t zeroes[CHUNK];

static json_t *change_value(const char *when, uint64_t offset, const uint8_t *before,
                            const uint8_t *after, size_t len) {
    json_t *o = json_object();
    json_object_set_new(o, "time", json_string(when));
    json_object_set_new(o, "offset", json_integer((json_int_t)offset));
    json_object_set_new(o, "old", json_hex(before, len));
    json_object_set_new(o, "new", json_hex(after, len));
    return o;
}

static void print_bytes(const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len && i < SHOWN; i++)
        printf(" %02x", bytes[i]);
    if (len > SHOWN)
        printf(" ... (%zu bytes)", len);
}

static void print_change(struct watch *w, uint64_t offset, const uint8_t *before,
                         const uint8_t *after, size_t len) {
    char when[40];
    fmt_rfc3339(root_wall_ns(w->root), when);
    if (w->opt->json) {
        json_t *change = change_value(when, offset, before, after, len);
        json_dumpf(change, stdout, 0);
        json_decref(change);
    } else {
        printf("%s 0x%08" PRIx64, when, offset);
        print_bytes(before, len);
        fputs(" ->", stdout);
        print_bytes(after, len);
    }
    putchar('\n');
    w->seen++;
}

static bool enough(const struct watch *w) {
    return w->opt->count > 0 && w->seen >= w->opt->count;
}

static void compare(struct watch *w, uint64_t offset, const uint8_t *before, const uint8_t *after,
                    size_t len) {
    for (size_t i = 0; i < len && !enough(w);) {
        size_t n = 0;
        while (i + n < len && before[i + n] != after[i + n])
            n++;
        if (n > 0)
            print_change(w, offset + i, before + i, after + i, n);
        i += n + 1;
    }
}

// Takes in the bytes of one chunk. `bytes` may be `zeroes`.
static void take(struct watch *w, size_t index, const uint8_t *bytes, size_t len) {
    uint8_t **chunk = &w->chunks[index];
    const uint8_t *before = *chunk ? *chunk : zeroes;
    if (before == bytes || memcmp(before, bytes, len) == 0)
        return;
    if (!w->first)
        compare(w, w->start + (uint64_t)index * CHUNK, before, bytes, len);
    if (!*chunk)
        *chunk = xcalloc(1, CHUNK);
    memcpy(*chunk, bytes, len);
}

// Fills `now` with a chunk, without reading what is a hole; *bytes is where they are. 0 or -errno.
static int fetch(struct watch *w, uint64_t at, size_t len, const uint8_t **bytes) {
    if (at >= w->run_end) {
        uint64_t run = 0;
        enum content_state state;
        int err = content_pages(w->reader, at, CHUNK, &run, &state);
        if (err == -ESTALE)
            return err;
        w->run_hole = !err && run > 0 && state == CONTENT_HOLE;
        w->run_end = err || run == 0 ? w->end : at + run;
    }
    *bytes = zeroes;
    if (w->run_hole && w->run_end - at >= len)
        return 0;
    size_t have = 0;
    while (have < len) {
        ssize_t n = content_read_at(w->reader, at + have, w->now + have, len - have);
        if (n < 0)
            return (int)n;
        if (n == 0)
            memset(w->now + have, 0, len - have);
        have = n ? have + (size_t)n : len;
    }
    *bytes = w->now;
    return 0;
}

// The window follows a segment that grows, as far as was asked for. 0 or -errno.
static int measure(struct watch *w) {
    uint64_t size = 0;
    uint8_t byte;
    int err = content_size(w->reader, &size);
    if (err)
        return err;
    // Only a read tells that it is still there; of a hole nothing else is read.
    ssize_t n = content_read_at(w->reader, w->start, &byte, 1);
    if (n < 0)
        return (int)n;
    uint64_t left = size > w->start ? size - w->start : 0;
    w->end = w->start + (left < w->opt->length ? left : w->opt->length);
    size_t count = (size_t)((w->end - w->start + CHUNK - 1) / CHUNK);
    if (count > w->count) {
        w->chunks = xreallocarray(w->chunks, count, sizeof(uint8_t *));
        memset(w->chunks + w->count, 0, (count - w->count) * sizeof(uint8_t *));
        w->count = count;
    }
    return 0;
}

// Looks at the whole window once. 0 or -errno.
static int look(struct watch *w) {
    int err = measure(w);
    w->run_end = 0;
    for (uint64_t at = w->start; !err && at < w->end && !enough(w);) {
        size_t len = w->end - at < CHUNK ? (size_t)(w->end - at) : CHUNK;
        const uint8_t *bytes;
        err = fetch(w, at, len, &bytes);
        if (!err)
            take(w, (size_t)((at - w->start) / CHUNK), bytes, len);
        at += len;
    }
    w->first = false;
    return err;
}

static void wait_until(struct timespec *when, uint64_t interval_ns) {
    const uint64_t second = UINT64_C(1000000000);
    uint64_t ns = (uint64_t)when->tv_nsec + interval_ns;
    when->tv_sec += (time_t)(ns / second);
    when->tv_nsec = (long)(ns % second);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, when, NULL) == EINTR)
        continue;
}

static int watch(struct watch *w, const char *name) {
    struct timespec when;
    struct fault f;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &when);
        int err = look(w);
        if (fflush(stdout) || ferror(stdout))
            return OUTCOME_FAILED; // told at the end
        if (enough(w))
            return OUTCOME_DONE;
        if (err) {
            bool gone = err == -ESTALE || err == -ENOENT || err == -ESRCH;
            fault_set(&f, gone ? OUTCOME_MISSING : OUTCOME_FAILED, gone ? 0 : -err, name,
                      gone ? "is gone" : "cannot be read any more", "");
            return cli_error(&f);
        }
        wait_until(&when, w->opt->interval_ns);
    }
}

int cli_watch(const struct options *opt) {
    struct cli_look look_once;
    struct watch w = {.opt = opt, .start = opt->offset, .first = true};
    struct fault f;
    char name[CLI_SEG_MAX];
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look_once);
    if (status)
        return status;
    if (cli_open_content(opt, &look_once, CONTENT_LASTS, &w.reader, name, &f)) {
        status = cli_error(&f);
    } else {
        // Nothing of the scan is needed while watching, which may take days.
        snapshot_unref(look_once.snap);
        look_once.snap = NULL;
        w.root = look_once.root;
        w.now = xcalloc(1, CHUNK);
        status = watch(&w, name);
        content_close(w.reader);
    }
    for (size_t i = 0; i < w.count; i++)
        free(w.chunks[i]);
    free(w.chunks);
    free(w.now);
    cli_look_done(&look_once);
    return status;
}
