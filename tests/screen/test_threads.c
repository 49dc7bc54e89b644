// test_threads.c - the collector and the I/O thread on real segments, in private namespaces.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/collector.h"
#include "app/io.h"
#include "app/io_work.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "support/live.h"

enum { DEADLINE_MS = 10000 };

static struct root *root;
static struct collector *collector;
static struct io_worker *worker;
static struct io *io;
static const struct snapshot *snap;
static int shmid;

static int setup(void **state) {
    (void)state;
    if (!live_private())
        skip();
    shmid = -1;
    assert_int_equal(root_open(NULL, &root), 0);
    worker = io_worker_new(root);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    io_free(io);
    io_worker_free(worker);
    collector_free(collector);
    snapshot_unref(snap);
    root_close(root);
    io = NULL;
    worker = NULL;
    collector = NULL;
    snap = NULL;
    root = NULL;
    unlink("/dev/shm/t_thing");
    unlink("/dev/shm/t_new");
    if (shmid >= 0)
        shmctl(shmid, IPC_RMID, NULL);
    return 0;
}

static void need_readable(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
}

// The next picture, into snap.
static void next_picture(void) {
    int err = 0;
    uint64_t period = 0;
    snapshot_unref(snap);
    snap = NULL;
    need_readable(collector_fd(collector));
    snap = collector_take(collector, &err, &period);
    assert_int_equal(err, 0);
    assert_non_null(snap);
}

static void look(void) {
    if (!collector)
        assert_int_equal(collector_new(root, NULL, UINT64_C(3600000000000), false, &collector), 0);
    else
        collector_request(collector, true);
    next_picture();
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

static void make_thing(size_t size, const char *bytes, size_t at) {
    int fd = open("/dev/shm/t_thing", O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), (off_t)at), strlen(bytes));
    close(fd);
}

static struct io_request *request(enum io_kind kind, const char *seg) {
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = kind;
    req->serial = 9;
    req->snap = snapshot_ref(snap);
    const struct segment *s = find(seg);
    assert_non_null(s);
    if (s)
        req->id = s->id;
    return req;
}

static struct io_reply *do_read(const char *seg, uint64_t offset, size_t len, bool may_attach) {
    struct io_request *req = request(IO_READ, seg);
    req->offset = offset;
    req->len = len;
    req->may_attach = may_attach;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_non_null(reply);
    return reply;
}

static struct pattern *pattern(const char *text) {
    struct pattern *p = NULL;
    const char *why = "";
    if (pattern_parse(text, false, &p, &why) != 0)
        fail_msg("%s: %s", text, why);
    return p;
}

// Goes on until the search is at its end.
static bool search(const char *needle, uint64_t from, bool backwards, uint64_t *at) {
    struct io_request *req = request(IO_SEARCH, "posix:/t_thing");
    req->pattern = pattern(needle);
    req->offset = from;
    req->backwards = backwards;
    assert_null(io_worker_do(worker, req));
    for (int i = 0; i < 10000; i++) {
        struct io_reply *reply = io_worker_search(worker);
        assert_int_equal(reply->err, 0);
        bool done = reply->done, found = reply->found;
        *at = reply->at;
        io_reply_free(reply);
        if (done) {
            assert_false(io_worker_searching(worker));
            return found;
        }
    }
    fail_msg("the search does not end");
    return false;
}

static size_t open_descriptors(void) {
    size_t n = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

// --- reading

static void reading_gives_the_bytes_and_lets_go(void **state) {
    (void)state;
    make_thing(65536, "hello", 16384);
    look();
    size_t before = open_descriptors();
    struct io_reply *reply = do_read("posix:/t_thing", 16384, 64, false);
    assert_int_equal(reply->err, 0);
    assert_int_equal(reply->len, 64);
    assert_int_equal(reply->size, 65536);
    assert_memory_equal(reply->bytes, "hello", 5);
    assert_false(reply->attached);
    assert_true(reply->route[0] && reply->side_effects[0]);
    io_reply_free(reply);
    assert_int_equal(open_descriptors(), before);
}

static void holes_are_told_from_zeroes(void **state) {
    (void)state;
    make_thing(65536, "x", 0);
    look();
    struct io_reply *reply = do_read("posix:/t_thing", 4000, 200, false);
    assert_int_equal(reply->len, 200);
    assert_non_null(reply->marks);
    assert_int_equal(reply->marks[0], 0);
    assert_int_equal(reply->marks[95], 0);
    assert_int_equal(reply->marks[96], 1); // the page that begins at 4096
    io_reply_free(reply);
}

static void reading_past_the_end_gives_nothing(void **state) {
    (void)state;
    make_thing(100, "x", 0);
    look();
    struct io_reply *reply = do_read("posix:/t_thing", 90, 64, false);
    assert_int_equal(reply->len, 10);
    io_reply_free(reply);
    reply = do_read("posix:/t_thing", 5000, 64, false);
    assert_int_equal(reply->err, 0);
    assert_int_equal(reply->len, 0);
    io_reply_free(reply);
}

static void what_is_gone_is_said(void **state) {
    (void)state;
    make_thing(100, "x", 0);
    look();
    unlink("/dev/shm/t_thing");
    struct io_reply *reply = do_read("posix:/t_thing", 0, 64, false);
    assert_true(reply->err < 0);
    assert_true(reply->fault.why[0] != '\0');
    io_reply_free(reply);
}

static void a_system_v_segment_is_attached_only_when_allowed(void **state) {
    (void)state;
    struct shmid_ds ds;
    shmid = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600);
    assert_true(shmid >= 0);
    look();
    char seg[64];
    snprintf(seg, sizeof seg, "sysv:%d", shmid);
    struct io_reply *reply = do_read(seg, 0, 64, false);
    assert_true(reply->err < 0);
    assert_int_equal(reply->fault.outcome, OUTCOME_REFUSED);
    io_reply_free(reply);
    assert_int_equal(shmctl(shmid, IPC_STAT, &ds), 0);
    assert_int_equal(ds.shm_atime, 0);
    size_t before = open_descriptors();
    reply = do_read(seg, 0, 64, true);
    assert_int_equal(reply->err, 0);
    assert_true(reply->attached);
    assert_int_equal(reply->len, 64);
    io_reply_free(reply);
    // Once attached it stays open for the next read; closing the view lets go of it.
    reply = do_read(seg, 64, 64, true);
    assert_int_equal(reply->err, 0);
    io_reply_free(reply);
    assert_null(io_worker_do(worker, request(IO_CLOSE, seg)));
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(shmctl(shmid, IPC_STAT, &ds), 0);
    assert_int_equal(ds.shm_nattch, 0);
}

// --- searching

static void a_search_finds_across_chunks_and_goes_round(void **state) {
    (void)state;
    uint64_t at = 0;
    const uint64_t mib = 1 << 20;
    make_thing(3 * mib, "needle", mib - 3); // over the border of two chunks
    look();
    assert_true(search("needle", 0, false, &at));
    assert_int_equal(at, mib - 3);
    assert_true(search("needle", mib - 2, false, &at)); // from behind it: round the end
    assert_int_equal(at, mib - 3);
    assert_true(search("needle", 3 * mib - 1, true, &at));
    assert_int_equal(at, mib - 3);
    assert_true(search("needle", mib - 4, true, &at)); // backwards round the start
    assert_int_equal(at, mib - 3);
    assert_true(search("needle", UINT64_MAX, true, &at));
    assert_int_equal(at, mib - 3);
    assert_false(search("noodle", 0, false, &at));
    assert_false(search("noodle", 5, true, &at));
}

static void a_search_at_the_edges(void **state) {
    (void)state;
    uint64_t at = 0;
    make_thing(10, "ab......ab", 0);
    look();
    assert_true(search("ab", 0, false, &at));
    assert_int_equal(at, 0);
    assert_true(search("ab", 1, false, &at));
    assert_int_equal(at, 8);
    assert_true(search("ab", 9, false, &at));
    assert_int_equal(at, 0);
    assert_true(search("ab", 7, true, &at));
    assert_int_equal(at, 0);
    assert_false(search("ab......ab.", 0, false, &at)); // longer than the segment
}

static void a_search_is_stopped(void **state) {
    (void)state;
    make_thing(64 << 20, "x", 0);
    look();
    struct io_request *req = request(IO_SEARCH, "posix:/t_thing");
    req->pattern = pattern("yyy");
    assert_null(io_worker_do(worker, req));
    assert_true(io_worker_searching(worker));
    assert_null(io_worker_do(worker, request(IO_STOP, "posix:/t_thing")));
    assert_false(io_worker_searching(worker));
}

// --- operations

static struct io_request *write_request(const char *seg, size_t spans) {
    const char *why = "";
    struct io_request *req = request(IO_OP, seg);
    struct op_request *op = req->create_or_write = xcalloc(1, sizeof *op);
    req->op = OP_WRITE;
    op_request_init(op, OP_WRITE);
    op->id = req->id;
    assert_int_equal(seg_parse(seg, &op->where, &why), 0);
    req->spans = xcalloc(spans, sizeof *req->spans);
    return req;
}

static void put_span(struct io_request *req, uint64_t offset, const char *bytes, size_t len,
                     const char *expect) {
    req->spans[req->span_count++] = (struct edit_span){.offset = offset,
                                                       .len = len,
                                                       .bytes = xmemdup(bytes, len),
                                                       .expect = expect ? xmemdup(expect, len)
                                                                        : NULL};
}

static void an_operation_creates_writes_and_removes(void **state) {
    (void)state;
    const char *why = "";
    struct stat st;
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = IO_OP;
    req->op = OP_CREATE_POSIX;
    req->create_or_write = xcalloc(1, sizeof *req->create_or_write);
    op_request_init(req->create_or_write, OP_CREATE_POSIX);
    assert_int_equal(seg_parse("posix:/t_new", &req->create_or_write->where, &why), 0);
    req->create_or_write->size = 4096;
    req->create_or_write->mode = 0640;
    struct io_reply *reply = io_worker_do(worker, req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    io_reply_free(reply);
    assert_int_equal(stat("/dev/shm/t_new", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);

    look();
    req = write_request("posix:/t_new", 1);
    put_span(req, 0, "hey", 3, "\0\0\0");
    reply = io_worker_do(worker, req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    assert_memory_equal(reply->spans[0].old, "\0\0\0", 3);
    assert_false(reply->spans[0].one_step);
    io_reply_free(reply);

    req = request(IO_OP, "posix:/t_new");
    req->op = OP_REMOVE;
    req->removal_count = 1;
    req->removals = xcalloc(1, sizeof *req->removals);
    req->removals[0] = (struct removal){.id = req->id, .seg = xstrdup("posix:/t_new")};
    reply = io_worker_do(worker, req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    io_reply_free(reply);
    assert_int_equal(stat("/dev/shm/t_new", &st), -1);
}

// --- edits

static void assert_thing(const char *want, size_t len) {
    char got[64];
    int fd = open("/dev/shm/t_thing", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, got, len, 0), len);
    close(fd);
    assert_memory_equal(got, want, len);
}

static void several_places_are_written_or_none(void **state) {
    (void)state;
    make_thing(4096, "0123456789abcdef", 0);
    look();
    struct io_request *req = write_request("posix:/t_thing", 3);
    put_span(req, 0, "AB", 2, "01");
    put_span(req, 4, "CDEF", 4, "4567");
    put_span(req, 9, "xy", 2, NULL);
    struct io_reply *reply = io_worker_do(worker, req);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(reply->items[i].outcome, OUTCOME_DONE);
    assert_true(reply->spans[1].one_step);
    assert_false(reply->spans[2].one_step);
    assert_memory_equal(reply->spans[2].old, "9a", 2);
    io_reply_free(reply);
    assert_thing("AB23CDEF8xybcdef", 16);
    req = write_request("posix:/t_thing", 2);
    put_span(req, 0, "no", 2, "AB");
    put_span(req, 4, "no", 2, "45"); // not what stands there
    reply = io_worker_do(worker, req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_REFUSED);
    assert_string_equal(reply->items[0].text, "");
    assert_int_equal(reply->items[1].outcome, OUTCOME_REFUSED);
    assert_non_null(strstr(reply->items[1].text, "other bytes than expected"));
    io_reply_free(reply);
    assert_thing("AB23CDEF8xybcdef", 16);
}

static void what_shrank_after_typing_neither_kills_nor_grows(void **state) {
    (void)state;
    struct stat st;
    make_thing(8192, "0123456789abcdef", 0);
    look();
    assert_int_equal(truncate("/dev/shm/t_thing", 8), 0);
    for (int with_expect = 0; with_expect < 2; with_expect++) {
        struct io_request *req = write_request("posix:/t_thing", 2);
        put_span(req, 4, "zzzz", 4, with_expect ? "4567" : NULL);
        put_span(req, 4096, "zzzz", 4, with_expect ? "\0\0\0\0" : NULL);
        struct io_reply *reply = io_worker_do(worker, req);
        assert_int_equal(reply->items[1].outcome, OUTCOME_REFUSED);
        assert_non_null(strstr(reply->items[1].text, "past its end"));
        io_reply_free(reply);
        assert_int_equal(stat("/dev/shm/t_thing", &st), 0);
        assert_int_equal(st.st_size, 8);
        assert_thing("01234567", 8);
    }
}

static void places_are_looked_at_without_a_trace(void **state) {
    (void)state;
    struct stat before, after;
    make_thing(1 << 20, "0123456789abcdef", 0);
    look();
    assert_int_equal(stat("/dev/shm/t_thing", &before), 0);
    struct io_request *req = request(IO_LOOK, "posix:/t_thing");
    req->spans = xcalloc(3, sizeof *req->spans);
    req->span_count = 3;
    req->spans[0] = (struct edit_span){.offset = 2, .len = 3};
    req->spans[1] = (struct edit_span){.offset = 500000, .len = 2}; // never written
    req->spans[2] = (struct edit_span){.offset = (1 << 20) - 1, .len = 2};
    struct io_reply *reply = io_worker_do(worker, req);
    assert_int_equal(reply->err, 0);
    assert_memory_equal(reply->spans[0].old, "234", 3);
    assert_memory_equal(reply->spans[1].old, "\0\0", 2);
    assert_null(reply->spans[2].old); // a part of it is past the end
    io_reply_free(reply);
    assert_int_equal(stat("/dev/shm/t_thing", &after), 0);
    assert_int_equal(before.st_blocks, after.st_blocks);
    assert_int_equal(before.st_atim.tv_nsec, after.st_atim.tv_nsec);
}

// --- threads

static void the_thread_answers_and_a_newer_read_takes_the_place_of_one_that_waits(void **state) {
    (void)state;
    make_thing(65536, "hello", 0);
    look();
    assert_int_equal(io_new(root, &io), 0);
    for (uint64_t i = 1; i <= 1000; i++) {
        struct io_request *req = request(IO_READ, "posix:/t_thing");
        req->serial = i;
        req->len = 64;
        io_send(io, req);
    }
    uint64_t last = 0, replies = 0;
    while (last != 1000) {
        need_readable(io_fd(io));
        struct io_reply *reply;
        while ((reply = io_take(io))) {
            assert_true(reply->serial > last);
            last = reply->serial;
            replies++;
            io_reply_free(reply);
        }
    }
    assert_true(replies >= 1 && replies <= 1000);
}

static void a_search_does_not_hold_up_reads_nor_the_end(void **state) {
    (void)state;
    make_thing(128 << 20, "x", 0);
    look();
    assert_int_equal(io_new(root, &io), 0);
    struct io_request *req = request(IO_SEARCH, "posix:/t_thing");
    req->pattern = pattern("yyy");
    io_send(io, req);
    req = request(IO_READ, "posix:/t_thing");
    req->len = 64;
    io_send(io, req);
    bool read = false;
    while (!read) {
        need_readable(io_fd(io));
        struct io_reply *reply;
        while ((reply = io_take(io))) {
            read |= reply->kind == IO_READ;
            io_reply_free(reply);
        }
    }
    io_free(io); // with the search still going on, or not: it ends
    io = NULL;
}

static void paused_it_looks_only_when_asked(void **state) {
    (void)state;
    assert_int_equal(collector_new(root, NULL, 1000000, false, &collector), 0);
    next_picture();
    collector_pause(collector, true);
    // One that was being made when the pause came may still arrive; after it none.
    collector_request(collector, false);
    next_picture();
    uint64_t generation = snap->generation;
    collector_request(collector, true);
    next_picture();
    assert_true(snap->generation > generation && snap->generation <= generation + 2);
    collector_pause(collector, false);
    next_picture();
}

static void a_new_segment_is_in_the_next_picture(void **state) {
    (void)state;
    look();
    assert_null(find("posix:/t_thing"));
    make_thing(100, "x", 0);
    look();
    assert_non_null(find("posix:/t_thing"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(reading_gives_the_bytes_and_lets_go),
        T(holes_are_told_from_zeroes),
        T(reading_past_the_end_gives_nothing),
        T(what_is_gone_is_said),
        T(a_system_v_segment_is_attached_only_when_allowed),
        T(a_search_finds_across_chunks_and_goes_round),
        T(a_search_at_the_edges),
        T(a_search_is_stopped),
        T(an_operation_creates_writes_and_removes),
        T(several_places_are_written_or_none),
        T(what_shrank_after_typing_neither_kills_nor_grows),
        T(places_are_looked_at_without_a_trace),
        T(the_thread_answers_and_a_newer_read_takes_the_place_of_one_that_waits),
        T(a_search_does_not_hold_up_reads_nor_the_end),
        T(paused_it_looks_only_when_asked),
        T(a_new_segment_is_in_the_next_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
