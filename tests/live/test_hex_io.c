// test_hex_io.c - what the I/O thread does for the hex view, on real segments: folded windows,
// searches over holes, captures, files, the page map; what it costs; and segments that come and go.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/io_work.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "probes/probe.h"
#include "tests/support/live.h"

enum { PAGE = 4096 };
static const uint64_t mib = UINT64_C(1) << 20, gib = UINT64_C(1) << 30;

static struct root *root;
static struct prober *prober;
static struct io_worker *worker;
static const struct snapshot *snap;

static int set_up(void **state) {
    (void)state;
    assert_int_equal(root_open(NULL, &root), 0);
    assert_int_equal(prober_new(root, &prober), 0);
    worker = io_worker_new(root);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    io_worker_free(worker);
    prober_free(prober);
    snapshot_unref(snap);
    snap = NULL;
    root_close(root);
    shm_unlink("/t_hex");
    shm_unlink("/t_other");
    return 0;
}

static void look(void) {
    static const struct scan_request whole = {.everything = true};
    snapshot_unref(snap);
    snap = NULL;
    assert_int_equal(prober_scan(prober, &whole, &snap), 0);
}

static const struct segment *find(const char *seg) {
    char name[300];
    for (size_t i = 0; i < snap->segment_count; i++) {
        seg_format(&snap->segments[i], name, sizeof name);
        if (strcmp(name, seg) == 0)
            return &snap->segments[i];
    }
    return NULL;
}

static int make(const char *name, uint64_t size) {
    int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

static void put(int fd, uint64_t at, const char *text) {
    assert_int_equal(pwrite(fd, text, strlen(text), (off_t)at), strlen(text));
}

// Written, not only given room: that would be a hole still.
static void fill(int fd, uint64_t len, int byte) {
    uint8_t *chunk = xcalloc(1, (size_t)mib);
    memset(chunk, byte, (size_t)mib);
    for (uint64_t at = 0; at < len; at += mib)
        assert_int_equal(pwrite(fd, chunk, (size_t)mib, (off_t)at), mib);
    free(chunk);
}

static struct io_request *request(enum io_kind kind, const char *seg) {
    struct io_request *req = xcalloc(1, sizeof *req);
    const struct segment *s = find(seg);
    assert_non_null(s);
    req->kind = kind;
    req->snap = snapshot_ref(snap);
    if (s)
        req->id = s->id;
    return req;
}

static struct io_reply *folded(const char *seg, uint64_t offset, size_t lines) {
    struct io_request *req = request(IO_READ, seg);
    req->offset = offset;
    req->fold.width = 16;
    req->fold.lines = lines;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_non_null(reply);
    assert_int_equal(reply->err, 0);
    return reply;
}

// Goes on with a search or a save until it is at its end.
static struct io_reply *run_on(struct io_request *req) {
    struct io_reply *reply = io_worker_do(worker, req);
    while (!reply || !reply->done) {
        io_reply_free(reply);
        reply = io_worker_search(worker);
    }
    assert_false(io_worker_searching(worker));
    return reply;
}

// Where text is, UINT64_MAX: nowhere.
static uint64_t search(const char *seg, const char *text, uint64_t from, bool back) {
    const char *why = "";
    struct io_request *req = request(IO_SEARCH, seg);
    assert_int_equal(pattern_parse(text, false, &req->pattern, &why), 0);
    req->offset = from;
    req->backwards = back;
    struct io_reply *reply = run_on(req);
    assert_int_equal(reply->err, 0);
    uint64_t at = reply->found ? reply->at : UINT64_MAX;
    io_reply_free(reply);
    return at;
}

// --- windows

static void a_sparse_gigabyte_folds_onto_one_screen(void **state) {
    (void)state;
    int fd = make("/t_hex", gib);
    put(fd, 0, "head");
    put(fd, 300 * mib, "island");
    put(fd, gib - 4, "tail");
    look();
    struct io_reply *r = folded("posix:/t_hex", 0, 40);
    assert_int_equal(r->end, gib);
    assert_int_equal(r->bytes[0], 'h');
    bool island = false, tail = false;
    for (size_t p = 0; p < r->part_count; p++) {
        const uint8_t *bytes = r->bytes + r->parts[p].index;
        island |= r->parts[p].offset == 300 * mib && memcmp(bytes, "island", 6) == 0;
        tail |= r->parts[p].offset + r->parts[p].len == gib &&
                memcmp(bytes + r->parts[p].len - 4, "tail", 4) == 0;
    }
    assert_true(island && tail);
    io_reply_free(r);
    // From the island the row above is the first of the hole before it.
    r = folded("posix:/t_hex", 300 * mib, 10);
    assert_true(r->has_above);
    assert_int_equal(r->above, PAGE);
    io_reply_free(r);
    // Within the zeroes of a page: their first row.
    r = folded("posix:/t_hex", 2048, 10);
    assert_int_equal(r->above, 16);
    io_reply_free(r);
    r = folded("posix:/t_hex", 16, 10);
    assert_int_equal(r->above, 0);
    io_reply_free(r);
    close(fd);
}

static void the_end_that_is_no_whole_row_is_shown(void **state) {
    (void)state;
    int fd = make("/t_hex", PAGE + 5);
    put(fd, PAGE, "12345");
    look();
    struct io_reply *r = folded("posix:/t_hex", 0, 40);
    assert_int_equal(r->end, PAGE + 5);
    assert_memory_equal(r->bytes + r->len - 5, "12345", 5);
    io_reply_free(r);
    close(fd);
}

// --- searching

static void holes_are_jumped_over_and_nothing_is_missed(void **state) {
    (void)state;
    uint64_t size = UINT64_C(1) << 40; // nobody reads a terabyte
    int fd = make("/t_hex", size);
    put(fd, 5 * PAGE - 3, "straddles a hole's edge");
    put(fd, size / 2 - 4, "half");
    put(fd, size - 6, "at end");
    look();
    const char *seg = "posix:/t_hex";
    assert_int_equal(search(seg, "at end", 0, false), size - 6);
    assert_int_equal(search(seg, "at end", UINT64_MAX, true), size - 6);
    assert_int_equal(search(seg, "half", 0, false), size / 2 - 4);
    assert_int_equal(search(seg, "half", UINT64_MAX, true), size / 2 - 4);
    assert_int_equal(search(seg, "half", 3, true), size / 2 - 4); // round the beginning
    assert_int_equal(search(seg, "half", size - 3, false), size / 2 - 4);
    assert_int_equal(search(seg, "straddles", 0, false), 5 * PAGE - 3);
    assert_int_equal(search(seg, "straddles", size - 1, true), 5 * PAGE - 3);
    assert_int_equal(search(seg, "nowhere", 0, false), UINT64_MAX);
    assert_int_equal(search(seg, "nowhere", UINT64_MAX, true), UINT64_MAX);
    assert_int_equal(search(seg, "re:h[a-z]+f", 0, false), size / 2 - 4);
    // What a hole reads as belongs to a match that begins or ends in data.
    assert_int_equal(search(seg, "half\\x00\\x00\\x00", 0, false), size / 2 - 4);
    assert_int_equal(search(seg, "\\x00\\x00at e", 0, false), size - 8);
    assert_int_equal(search(seg, "\\x00\\x00at e", UINT64_MAX, true), size - 8);
    assert_int_equal(search(seg, "\\x00\\x00", 0, false), 0);
    put(fd, size / 4, "first of its page"); // what stands before it is a hole
    assert_int_equal(search(seg, "\\x00\\x00first", 0, false), size / 4 - 2);
    assert_int_equal(search(seg, "\\x00\\x00first", UINT64_MAX, true), size / 4 - 2);
    assert_int_equal(search(seg, "\\x00\\x00first", size / 4 - 1, true), size / 4 - 2);
    assert_int_equal(search(seg, "\\x00\\x00first", size / 4 - 3, true), size / 4 - 2);
    close(fd);
}

// Matches at random places, some over the borders of pages, against a plain search of all bytes.
static void every_match_is_found_in_both_directions(void **state) {
    (void)state;
    enum { SIZE = 3 << 20, MATCHES = 40 };
    int fd = make("/t_hex", SIZE);
    uint64_t at[MATCHES], n = 0;
    srand(5);
    for (int i = 0; i < MATCHES; i++) {
        uint64_t place = (uint64_t)rand() % (SIZE - 8);
        if (i % 4 == 0)
            place = place / PAGE * PAGE + PAGE - 3 < SIZE - 8 ? place / PAGE * PAGE + PAGE - 3
                                                              : place;
        put(fd, place, "mAtCh");
    }
    uint8_t *all = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(all != MAP_FAILED);
    for (uint64_t i = 0; i + 5 <= SIZE; i++)
        if (memcmp(all + i, "mAtCh", 5) == 0)
            at[n++] = i;
    assert_true(n > MATCHES / 2);
    munmap(all, SIZE);
    look();
    for (uint64_t i = 0; i < n; i++) {
        uint64_t next = at[(i + 1) % n], previous = at[(i + n - 1) % n];
        assert_int_equal(search("posix:/t_hex", "mAtCh", at[i] + 1, false), next);
        assert_int_equal(search("posix:/t_hex", "mAtCh", at[i] ? at[i] - 1 : UINT64_MAX, true),
                         previous);
        assert_int_equal(search("posix:/t_hex", "re:mAt.h", at[i] + 1, false), next);
    }
    close(fd);
}

// --- comparing

static uint64_t difference(const struct compare_with *with, uint64_t from, bool back) {
    struct io_request *req = request(IO_SEARCH, "posix:/t_hex");
    req->compare = *with;
    req->offset = from;
    req->backwards = back;
    struct io_reply *reply = run_on(req);
    assert_int_equal(reply->err, 0);
    uint64_t at = reply->found ? reply->at : UINT64_MAX;
    io_reply_free(reply);
    return at;
}

static void what_differs_from_a_capture_is_found(void **state) {
    (void)state;
    const struct compare_with with = {.with = COMPARE_CAPTURE};
    int fd = make("/t_hex", gib);
    put(fd, 0, "head");
    put(fd, 300 * mib, "island");
    look();
    struct io_request *req = request(IO_CAPTURE, "posix:/t_hex");
    req->len = SIZE_MAX;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_int_equal(reply->err, 0);
    assert_int_equal(reply->end, gib);
    assert_int_equal(reply->len, 2 * PAGE);
    io_reply_free(reply);
    assert_int_equal(difference(&with, 0, false), UINT64_MAX);
    put(fd, 300 * mib + 2, "I");
    put(fd, 700 * mib + 9, "new");
    assert_int_equal(difference(&with, 0, false), 300 * mib + 2);
    assert_int_equal(difference(&with, 300 * mib + 3, false), 700 * mib + 9);
    assert_int_equal(difference(&with, 700 * mib + 12, false), 300 * mib + 2); // round the end
    assert_int_equal(difference(&with, 700 * mib + 8, true), 300 * mib + 2);
    assert_int_equal(difference(&with, 300 * mib, true), 700 * mib + 11);
    // The window shows both sides.
    req = request(IO_READ, "posix:/t_hex");
    req->offset = 300 * mib;
    req->len = 64;
    req->compare = with;
    reply = io_worker_do(worker, req);
    assert_int_equal(reply->err, 0);
    assert_memory_equal(reply->bytes, "isIand", 6);
    assert_memory_equal(reply->other, "island", 6);
    io_reply_free(reply);
    close(fd);
}

static void two_segments_are_compared(void **state) {
    (void)state;
    int fd = make("/t_hex", 64 * PAGE), other = make("/t_other", 32 * PAGE);
    put(fd, 100, "same");
    put(other, 100, "same");
    put(other, 5 * PAGE + 7, "x");
    look();
    struct compare_with with = {.with = COMPARE_SEGMENT, .id = find("posix:/t_other")->id};
    assert_int_equal(difference(&with, 0, false), 5 * PAGE + 7);
    assert_int_equal(difference(&with, 0, true), 5 * PAGE + 7);
    struct io_request *req = request(IO_READ, "posix:/t_hex");
    req->offset = 32 * PAGE - 8;
    req->len = 16;
    req->compare = with;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_int_equal(reply->err, 0);
    assert_int_equal(reply->other_marks[7], MARK_HOLE);
    assert_int_equal(reply->other_marks[8], MARK_ABSENT);
    io_reply_free(reply);
    // The other one goes: that is said, and the bytes are shown all the same.
    assert_int_equal(shm_unlink("/t_other"), 0);
    req = request(IO_READ, "posix:/t_hex");
    req->len = 16;
    req->compare = with;
    reply = io_worker_do(worker, req);
    assert_int_equal(reply->err, 0);
    assert_int_equal(reply->len, 16);
    assert_true(reply->other_problem[0] != '\0');
    io_reply_free(reply);
    close(fd);
    close(other);
}

static void a_capture_has_a_limit(void **state) {
    (void)state;
    int fd = make("/t_hex", 80 * mib);
    fill(fd, 70 * mib, 7);
    look();
    struct io_request *req = request(IO_CAPTURE, "posix:/t_hex");
    req->len = SIZE_MAX;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_int_equal(reply->fault.outcome, OUTCOME_REFUSED);
    io_reply_free(reply);
    req = request(IO_CAPTURE, "posix:/t_hex");
    req->offset = mib;
    req->len = PAGE;
    reply = io_worker_do(worker, req);
    assert_int_equal(reply->err, 0);
    assert_int_equal(reply->len, PAGE);
    io_reply_free(reply);
    close(fd);
}

// --- files

static struct io_reply *save(uint64_t offset, uint64_t len, const char *path) {
    struct io_request *req = request(IO_SAVE, "posix:/t_hex");
    req->offset = offset;
    req->len = (size_t)len;
    req->path = xstrdup(path);
    return run_on(req);
}

static void a_range_is_saved_and_no_file_is_overwritten(void **state) {
    (void)state;
    char dir[] = "/tmp/hex_io_XXXXXX", path[64], link[64], text[8] = "";
    struct stat st;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/out", dir);
    snprintf(link, sizeof link, "%s/link", dir);
    int fd = make("/t_hex", 200 * mib);
    put(fd, mib, "begin");
    put(fd, 100 * mib, "middle");
    look();
    struct io_reply *reply = save(mib, 150 * mib, path);
    assert_int_equal(reply->err, 0);
    assert_int_equal(reply->searched, 150 * mib);
    io_reply_free(reply);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 150 * mib);
    assert_true(st.st_blocks * 512 < (blkcnt_t)mib); // holes stay holes
    int out = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(out, text, 6, (off_t)(99 * mib)), 6);
    assert_memory_equal(text, "middle", 6);
    close(out);
    reply = save(0, 10, path);
    assert_int_equal(reply->fault.outcome, OUTCOME_REFUSED);
    io_reply_free(reply);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 150 * mib);
    assert_int_equal(symlink("/dev/null", link), 0);
    reply = save(0, 10, link);
    assert_true(reply->err < 0);
    io_reply_free(reply);
    snprintf(text, sizeof text, "x");
    reply = save(0, 10, "/nowhere/at/all");
    assert_int_equal(reply->err, -ENOENT);
    io_reply_free(reply);
    // Stopped: nothing is left behind.
    unlink(path);
    struct io_request *req = request(IO_SAVE, "posix:/t_hex");
    req->len = PAGE;
    req->path = xstrdup(path);
    assert_null(io_worker_do(worker, req));
    assert_int_equal(access(path, F_OK), 0);
    assert_null(io_worker_do(worker, request(IO_STOP, "posix:/t_hex")));
    assert_int_not_equal(access(path, F_OK), 0);
    unlink(link);
    rmdir(dir);
    close(fd);
}

// --- mode, owner, size

static enum outcome set(const char *owner, uint64_t size, bool force) {
    struct io_request *req = request(IO_OP, "posix:/t_hex");
    struct op_request *op = xcalloc(1, sizeof *op);
    const char *why = "";
    req->op = OP_SET;
    req->owner = owner ? xstrdup(owner) : NULL;
    req->create_or_write = op;
    op_request_init(op, OP_SET);
    op->id = req->id;
    snprintf(op->seg, sizeof op->seg, "posix:/t_hex");
    assert_int_equal(seg_parse(op->seg, &op->where, &why), 0);
    op->has_mode = true;
    op->mode = 0640;
    op->has_size = size > 0;
    op->size = size;
    op->force = force;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_non_null(reply);
    assert_int_equal(reply->item_count, 1);
    enum outcome outcome = reply->items[0].outcome;
    assert_true(outcome == OUTCOME_DONE || reply->items[0].text[0]);
    io_reply_free(reply);
    look();
    return outcome;
}

static void properties_are_set_or_refused_whole(void **state) {
    (void)state;
    struct stat st;
    char owner[40];
    int fd = make("/t_hex", 8 * PAGE);
    struct live_holder h;
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = PAGE, .map = true}, &h);
    look();
    assert_int_equal(set("no-such-user-here", 0, false), OUTCOME_REFUSED);
    assert_int_equal(set(NULL, PAGE, false), OUTCOME_REFUSED); // in use
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 8 * PAGE);
    snprintf(owner, sizeof owner, "%u:%u", (unsigned)geteuid(), (unsigned)getegid());
    assert_int_equal(set(owner, 9 * PAGE, false), OUTCOME_DONE); // longer is no danger
    assert_int_equal(set(NULL, PAGE, true), OUTCOME_DONE);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_size, PAGE);
    live_release(&h);
    close(fd);
}

// --- the page map

static struct io_reply *survey(size_t cells) {
    struct io_request *req = request(IO_SURVEY, "posix:/t_hex");
    req->cells = cells;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_non_null(reply);
    assert_int_equal(reply->err, 0);
    return reply;
}

static void the_map_shows_where_pages_are(void **state) {
    (void)state;
    int fd = make("/t_hex", gib);
    for (uint64_t i = 0; i < 256; i += 2)
        put(fd, 512 * mib + i * PAGE, "tooth");
    put(fd, gib - 1, "z");
    look();
    struct io_reply *r = survey(64);
    assert_int_equal(r->cell_count, 64);
    uint64_t all = 0;
    for (size_t i = 0; i < 64; i++) {
        uint64_t want = i == 32 ? 128 * PAGE : i == 63 ? PAGE : 0;
        assert_true(r->cells[i].known);
        assert_int_equal(r->cells[i].resident, want);
        assert_int_equal(r->cells[i].swapped, 0);
        all += r->cells[i].size;
    }
    assert_int_equal(all, gib);
    io_reply_free(r);
    assert_int_equal(ftruncate(fd, 3 * PAGE), 0);
    r = survey(64);
    assert_int_equal(r->cell_count, 3); // no more cells than pages
    io_reply_free(r);
    assert_int_equal(ftruncate(fd, 0), 0);
    r = survey(64);
    assert_int_equal(r->cell_count, 0);
    io_reply_free(r);
    close(fd);
}

static void what_was_seen_long_ago_is_not_compared_with(void **state) {
    (void)state;
    int fd = make("/t_hex", 4 * mib);
    fill(fd, 4 * mib, 7);
    look();
    for (int i = 0; i < 4; i++)
        io_reply_free(survey(64));
    put(fd, mib, "changed");
    struct io_request *req = request(IO_SURVEY, "posix:/t_hex");
    req->cells = 64;
    req->anew = true;
    struct io_reply *r = io_worker_do(worker, req);
    assert_non_null(r);
    assert_int_equal(r->err, 0);
    assert_int_equal(r->range_count, 0);
    io_reply_free(r);
    for (int i = 0; i < 4; i++) {
        r = survey(64);
        assert_int_equal(r->range_count, 0);
        io_reply_free(r);
    }
    close(fd);
}

static void a_change_anywhere_is_seen_within_a_round(void **state) {
    (void)state;
    int fd = make("/t_hex", 40 * mib);
    fill(fd, 30 * mib, 7);
    look();
    bool seen = false;
    for (int i = 0; i < 8; i++) // more than one round
        io_reply_free(survey(64));
    put(fd, 20 * mib + 5, "changed");
    for (int i = 0; i < 8; i++) {
        struct io_reply *r = survey(64);
        for (size_t k = 0; k < r->range_count; k++) {
            assert_int_equal(r->ranges[k].offset, 20 * mib);
            seen = true;
        }
        assert_true(r->round_ns > 0 || i < 4);
        io_reply_free(r);
    }
    assert_true(seen);
    close(fd);
}

// --- cost

static uint64_t bytes_read_by_us(void) {
    char line[200];
    unsigned long long n = 0;
    FILE *f = fopen("/proc/self/io", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "rchar: ", 7) == 0)
            n = strtoull(line + 7, NULL, 10);
    fclose(f);
    return n;
}

// One frame of the view: the window and a step of the survey. Bytes read for it.
static uint64_t frame(uint64_t offset) {
    uint64_t before = bytes_read_by_us();
    io_reply_free(folded("posix:/t_hex", offset, 40));
    io_reply_free(survey(60));
    return bytes_read_by_us() - before;
}

static void a_frame_costs_the_same_whatever_the_size(void **state) {
    (void)state;
    static const struct {
        uint64_t size, resident;
    } cases[] = {{1, 1}, {16, 0}, {1024, 0}, {1024, 100}, {UINT64_C(1) << 20, 0}, {1 << 20, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = make("/t_hex", cases[i].size * mib);
        if (cases[i].resident) // zeroes: the worst for folding
            fill(fd, cases[i].resident * mib, 0);
        look();
        for (int k = 0; k < 5; k++)
            assert_true(frame(cases[i].size * mib / 7 * (uint64_t)k / 16 * 16) < 14 * mib);
        assert_null(io_worker_do(worker, request(IO_CLOSE, "posix:/t_hex")));
        close(fd);
        assert_int_equal(shm_unlink("/t_hex"), 0);
    }
}

// --- segments that come and go

struct storm {
    uint64_t done; // operations
    int stop;
};

static void truncate_at_random(int fd, unsigned n) {
    static const off_t sizes[] = {0, 1, 4095, 4096, 70000, 1 << 20, 5 << 20};
    (void)!ftruncate(fd, sizes[(unsigned)rand() % 7]);
    if (n % 3 == 0)
        (void)!pwrite(fd, "storm", 5, rand() % 65536);
    if (n % 5 == 0)
        fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 16);
}

// Cuts, unlinks, makes and removes without a pause; only `held` keeps it from going for good.
static void rage(struct storm *s, unsigned seed) {
    srand(seed);
    int fd = -1;
    int shmid = -1;
    for (unsigned n = 0; !__atomic_load_n(&s->stop, __ATOMIC_RELAXED); n++) {
        if (n % 7 == 0) {
            if (fd >= 0)
                close(fd);
            shm_unlink("/t_hex");
            fd = shm_open("/t_hex", O_CREAT | O_RDWR, 0600);
        }
        truncate_at_random(fd, n);
        if (n % 11 == 0) {
            if (shmid >= 0)
                shmctl(shmid, IPC_RMID, NULL);
            shmid = shmget(IPC_PRIVATE, 3 * PAGE, IPC_CREAT | 0600);
        }
        __atomic_add_fetch(&s->done, 1, __ATOMIC_RELAXED);
        if (n % 64 == 0)
            usleep(200);
    }
    _exit(0);
}

// Whatever one of the requests of an open view answers, it is bytes, or that they are gone.
static bool view_once(const struct seg_id *id, unsigned n) {
    static const enum io_kind kinds[] = {IO_READ, IO_READ, IO_SURVEY, IO_FETCH, IO_CAPTURE};
    const char *why = "";
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = n % 17 == 0 ? IO_SEARCH : kinds[n % 5];
    req->snap = snapshot_ref(snap);
    req->id = *id;
    req->offset = n % 3 ? 0 : 65536;
    req->len = 4096;
    req->cells = 60;
    req->may_attach = true;
    if (n % 2) {
        req->fold.width = 16;
        req->fold.lines = 30;
    }
    if (req->kind == IO_SEARCH)
        assert_int_equal(pattern_parse("nothing like it", false, &req->pattern, &why), 0);
    struct io_reply *reply = req->kind == IO_SEARCH ? run_on(req) : io_worker_do(worker, req);
    assert_non_null(reply);
    bool gone = reply->err != 0;
    assert_true(!gone || reply->fault.why[0] != '\0');
    io_reply_free(reply);
    return gone;
}

static void ten_thousand_ends_under_an_open_view(void **state) {
    (void)state;
    enum { ENDS = 10000 };
    struct storm *s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s != MAP_FAILED);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        rage(s, 3);
    }
    unsigned views = 0, gone = 0, looks = 0;
    while (__atomic_load_n(&s->done, __ATOMIC_RELAXED) < ENDS || gone < 20) {
        look();
        looks++;
        for (size_t i = 0; i < snap->segment_count; i++) {
            struct seg_id id = snap->segments[i].id;
            if (id.kind != SEG_POSIX && id.kind != SEG_SYSV)
                continue;
            bool over = false;
            for (int k = 0; k < 20 && !over; k++)
                over = view_once(&id, views++);
            gone += over;
        }
        assert_true(looks < 100000);
    }
    __atomic_store_n(&s->stop, 1, __ATOMIC_RELAXED);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(views > 0);
    munmap(s, PAGE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_sparse_gigabyte_folds_onto_one_screen),
        T(the_end_that_is_no_whole_row_is_shown),
        T(holes_are_jumped_over_and_nothing_is_missed),
        T(every_match_is_found_in_both_directions),
        T(what_differs_from_a_capture_is_found),
        T(two_segments_are_compared),
        T(a_capture_has_a_limit),
        T(a_range_is_saved_and_no_file_is_overwritten),
        T(properties_are_set_or_refused_whole),
        T(the_map_shows_where_pages_are),
        T(what_was_seen_long_ago_is_not_compared_with),
        T(a_change_anywhere_is_seen_within_a_round),
        T(a_frame_costs_the_same_whatever_the_size),
        T(ten_thousand_ends_under_an_open_view),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
