// cli_dump.c - `dump`: the bytes of a segment in the layout of hexdump -C, or raw.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/xalloc.h"
#include "core/hexview.h"

enum {
    ROW = 16,
    CHUNK = 256 * 1024 // stays in the cache between reading and writing; a multiple of ROW
};

struct dump {
    struct content_reader *reader;
    uint64_t at, end; // what is still to be printed
    uint64_t run_end; // the run of data or hole that `at` is in goes up to here
    bool run_hole;
    uint8_t *buf; // CHUNK bytes
    uint8_t before[ROW];
    bool has_before, folded;
};

// One whole or closing part of a row; equal whole rows fold into one "*".
static void print_row(struct dump *d, const uint8_t *bytes, size_t len) {
    char line[96];
    if (len == ROW && d->has_before && memcmp(d->before, bytes, ROW) == 0) {
        if (!d->folded)
            fputs("*\n", stdout);
        d->folded = true;
    } else {
        hex_dump_line(d->at, bytes, len, line);
        fputs(line, stdout);
        putchar('\n');
        d->folded = false;
        d->has_before = len == ROW;
        if (len == ROW)
            memcpy(d->before, bytes, ROW);
    }
    d->at += len;
}

// Rows of a hole need no reading: after two of them the rest is folded away.
static void print_hole(struct dump *d, uint64_t len) {
    static const uint8_t zeroes[ROW];
    for (uint64_t rows = len / ROW; rows > 0; rows--) {
        if (d->folded && memcmp(d->before, zeroes, ROW) == 0) {
            d->at += rows * ROW;
            return;
        }
        print_row(d, zeroes, ROW);
    }
}

static void print_rows(struct dump *d, size_t len) {
    for (size_t i = 0; i < len && !ferror(stdout);) {
        size_t n = len - i < ROW ? len - i : ROW;
        print_row(d, d->buf + i, n);
        i += n;
    }
}

// Past stdio, so that a pipe runs at the speed of memory. 0 or -errno.
static int write_raw(const uint8_t *bytes, size_t len) {
    return root_write_fd(STDOUT_FILENO, bytes, len, -1);
}

static int write_hole(struct dump *d, uint64_t len) {
    memset(d->buf, 0, CHUNK);
    while (len > 0) {
        size_t n = len < CHUNK ? (size_t)len : CHUNK;
        int err = write_raw(d->buf, n);
        if (err)
            return err;
        d->at += n;
        len -= n;
    }
    return 0;
}

// Fills the buffer with up to `want` bytes at d->at; short only at the end. Count or -errno.
static ssize_t fill(struct dump *d, size_t want) {
    size_t have = 0;
    while (have < want) {
        ssize_t n = content_read_at(d->reader, d->at + have, d->buf + have, want - have);
        if (n < 0)
            return n;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

// Length of the run that d->at is in, as far as a chunk; a hole is told in its whole length.
static uint64_t run_left(struct dump *d) {
    enum content_state state;
    uint64_t len = 0;
    if (d->at >= d->run_end) {
        int err = content_pages(d->reader, d->at, CHUNK, &len, &state);
        d->run_hole = !err && len > 0 && state == CONTENT_HOLE;
        d->run_end = err || len == 0 || len > d->end - d->at ? d->end : d->at + len;
    }
    return d->run_end - d->at;
}

enum dumped { DUMPED, UNREADABLE, UNWRITABLE };

// Prints everything from d->at to d->end; *err is the errno of what failed.
static enum dumped dump_all(struct dump *d, bool raw, int *err) {
    while (d->at < d->end && !ferror(stdout)) {
        uint64_t left = d->end - d->at, run = run_left(d);
        if (d->run_hole && run >= ROW) {
            *err = 0;
            if (!raw)
                print_hole(d, run);
            else
                *err = -write_hole(d, run);
            if (*err)
                return UNWRITABLE;
            continue;
        }
        // Rows must not be torn where data ends: take whole ones.
        uint64_t want = run >= CHUNK ? CHUNK : (run + ROW - 1) / ROW * ROW;
        ssize_t n = fill(d, (size_t)(want < left ? want : left));
        if (n <= 0) { // 0: it has become shorter meanwhile
            *err = (int)-n;
            return n ? UNREADABLE : DUMPED;
        }
        if (!raw)
            print_rows(d, (size_t)n);
        else if ((*err = -write_raw(d->buf, (size_t)n)) != 0)
            return UNWRITABLE;
        else
            d->at += (uint64_t)n;
    }
    return DUMPED;
}

static int dump(const struct options *opt, const char *seg, struct content_reader *reader) {
    struct dump d = {.reader = reader, .at = opt->offset};
    struct fault f;
    uint64_t size = 0;
    int err = content_size(reader, &size), status = OUTCOME_DONE;
    if (err) {
        fault_set(&f, OUTCOME_FAILED, -err, seg, "its size cannot be read", "");
        return cli_error(&f);
    }
    if (opt->offset >= size || opt->length == 0)
        return OUTCOME_DONE;
    d.end = size - opt->offset < opt->length ? size : opt->offset + opt->length;
    d.buf = xcalloc(1, CHUNK);
    switch (dump_all(&d, opt->raw, &err)) {
    case DUMPED:
        if (!opt->raw && d.at > opt->offset) {
            char line[96];
            hex_dump_line(d.at, NULL, 0, line);
            puts(line);
        }
        break;
    case UNREADABLE:
        fault_setf(&f, OUTCOME_FAILED, err, seg, "",
                   err == ESTALE ? "it went away while it was read, at 0x%" PRIx64
                                 : "cannot be read at 0x%" PRIx64,
                   d.at);
        status = cli_error(&f);
        break;
    case UNWRITABLE:
        fault_set(&f, OUTCOME_FAILED, err, "standard output", "could not be written", "");
        status = err == EPIPE ? OUTCOME_FAILED : cli_error(&f);
        break;
    }
    free(d.buf);
    return status;
}

int cli_dump(const struct options *opt) {
    struct cli_look look;
    struct content_reader *reader;
    struct fault f;
    char name[CLI_SEG_MAX];
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    // System V: its size is known, so that nothing is attached only to find nothing.
    uint64_t size = 0;
    const struct segment *seg = cli_find(&look, opt->operands[0], &f);
    if (seg && seg->id.kind == SEG_SYSV && seg_get(seg, SEG_SIZE, &size) == WHY_KNOWN &&
        opt->offset >= size) {
        status = 0;
    } else if (cli_open_content(opt, &look, 0, &reader, name, &f)) {
        status = cli_error(&f);
    } else {
        status = dump(opt, name, reader);
        content_close(reader);
    }
    cli_look_done(&look);
    return status;
}
