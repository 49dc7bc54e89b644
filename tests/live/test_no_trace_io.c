// test_no_trace_io.c - viewing, searching, mapping, capturing, saving and every command that looks,
// over a sparse gigabyte of each kind: nothing that anybody could notice changes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/io_work.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "probes/probe.h"
#include "probes/sysv_row.h"
#include "tests/support/live.h"

enum { PAGE = 4096, VIEWS = 300, SURVEYS = 40 };
static const uint64_t gib = UINT64_C(1) << 30;

static struct root *root;
static const struct snapshot *snap;
static struct io_worker *worker;

static int open_root(void **state) {
    (void)state;
    return live_private() ? root_open(NULL, &root) : -1;
}
static int close_root(void **state) {
    (void)state;
    root_close(root);
    return 0;
}

// --- what others could see

struct facts {
    struct root_shm_row row;
    char sysv_line[200]; // of /proc/sysvipc/shm, with resident and swapped bytes
    struct stat st;
    char pss[200]; // Rss, Pss and what is shared of the holder's mapping
};

static void read_line(const char *path, const char *begins, char *out, size_t size) {
    char line[400];
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    out[0] = '\0';
    while (fgets(line, sizeof line, f))
        if (strncmp(line, begins, strlen(begins)) == 0)
            snprintf(out, size, "%.190s", line);
    fclose(f);
}

// The fields of the holder's mapping that change when somebody else maps its pages too.
static void read_pss(const struct live_holder *h, char *out, size_t size) {
    char path[64], start[40], line[400];
    bool inside = false;
    snprintf(path, sizeof path, "/proc/%d/smaps", (int)h->pid);
    snprintf(start, sizeof start, "%08" PRIx64 "-", h->start);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    out[0] = '\0';
    while (fgets(line, sizeof line, f)) {
        if (strchr("0123456789abcdef", line[0]))
            inside = strncmp(line, start, strlen(start)) == 0;
        bool wanted = strncmp(line, "Rss:", 4) == 0 || strncmp(line, "Pss:", 4) == 0 ||
                      strncmp(line, "Shared", 6) == 0 || strncmp(line, "Private", 7) == 0;
        size_t used = strlen(out);
        if (inside && wanted)
            snprintf(out + used, size - used, "%.30s", line);
    }
    fclose(f);
    assert_true(!h->mapped || out[0] != '\0');
}

static void see(struct facts *f, int shmid, int fd, const struct live_holder *h) {
    char begins[40];
    memset(f, 0, sizeof *f);
    if (shmid >= 0) {
        assert_int_equal(sysv_row(root, (uint64_t)shmid, &f->row), 0);
        snprintf(begins, sizeof begins, "%10d %10d ", (int)f->row.key, shmid);
        read_line("/proc/sysvipc/shm", begins, f->sysv_line, sizeof f->sysv_line);
        assert_true(f->sysv_line[0] != '\0');
    }
    if (fd >= 0)
        assert_int_equal(fstat(fd, &f->st), 0);
    read_pss(h, f->pss, sizeof f->pss);
}

static void assert_unseen(const struct facts *a, const struct facts *b) {
    assert_string_equal(a->pss, b->pss);
    assert_string_equal(a->sysv_line, b->sysv_line);
    assert_int_equal(a->row.nattch, b->row.nattch);
    assert_int_equal(a->row.lpid, b->row.lpid);
    assert_int_equal(a->row.atime, b->row.atime);
    assert_int_equal(a->row.dtime, b->row.dtime);
    assert_int_equal(a->row.ctime, b->row.ctime);
    assert_int_equal(a->row.perms, b->row.perms);
    assert_int_equal(a->st.st_blocks, b->st.st_blocks);
    assert_int_equal(a->st.st_size, b->st.st_size);
    assert_memory_equal(&a->st.st_atim, &b->st.st_atim, sizeof a->st.st_atim);
    assert_memory_equal(&a->st.st_mtim, &b->st.st_mtim, sizeof a->st.st_mtim);
    assert_memory_equal(&a->st.st_ctim, &b->st.st_ctim, sizeof a->st.st_ctim);
}

// --- looking

static void take_picture(void) {
    static const struct scan_request whole = {.everything = true,
                                              .private_maps = true,
                                              .descriptors = true,
                                              .locks = true,
                                              .skip_self = true};
    struct prober *prober = NULL;
    assert_int_equal(prober_new(root, &prober), 0);
    assert_int_equal(prober_scan(prober, &whole, &snap), 0);
    prober_free(prober);
}

static struct io_request *request(enum io_kind kind, const struct segment *seg) {
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = kind;
    req->snap = snapshot_ref(snap);
    req->id = seg->id;
    return req;
}

static void finish(struct io_reply *reply) {
    char text[900] = "";
    assert_non_null(reply);
    fault_format(&reply->fault, text, sizeof text);
    if (reply->err)
        fail_msg("%s", text);
    assert_false(reply->attached);
    io_reply_free(reply);
}

// Goes on with a search or a save until it is at its end.
static void run_on(struct io_request *req) {
    struct io_reply *reply = io_worker_do(worker, req);
    while (!reply || !reply->done) {
        io_reply_free(reply);
        reply = io_worker_search(worker);
    }
    finish(reply);
}

static void view(const struct segment *seg, uint64_t size) {
    for (uint64_t i = 0; i < VIEWS; i++) {
        struct io_request *req = request(IO_READ, seg);
        req->offset = i * 7919 * PAGE * 13 % size / 16 * 16;
        req->len = 4096;
        if (i % 2) {
            req->fold.width = 16;
            req->fold.lines = 24;
        }
        finish(io_worker_do(worker, req));
    }
    for (int i = 0; i < SURVEYS; i++) {
        struct io_request *req = request(IO_SURVEY, seg);
        req->cells = 60;
        finish(io_worker_do(worker, req));
    }
}

static void search(const struct segment *seg) {
    static const char *const texts[] = {"hhhhx", "\\x00\\x00\\x01", "u64:1234567", "re:h+[0-9]{2}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (int back = 0; back < 2; back++) {
            const char *why = "";
            struct io_request *req = request(IO_SEARCH, seg);
            assert_int_equal(pattern_parse(texts[i], false, &req->pattern, &why), 0);
            req->backwards = back != 0;
            run_on(req);
        }
    }
}

static void keep(const struct segment *seg, uint64_t size) {
    char path[] = "/tmp/no_trace_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    finish(io_worker_do(worker, request(IO_CAPTURE, seg)));
    struct io_request *req = request(IO_CAPTURE, seg);
    req->len = (size_t)size;
    finish(io_worker_do(worker, req));
    req = request(IO_SEARCH, seg); // for a difference
    req->compare.with = COMPARE_CAPTURE;
    run_on(req);
    req = request(IO_FETCH, seg);
    req->len = 65536;
    finish(io_worker_do(worker, req));
    req = request(IO_SAVE, seg);
    req->len = (size_t)size;
    req->path = xstrdup(path);
    struct io_reply *reply = io_worker_do(worker, req);
    while (!reply || !reply->done) {
        io_reply_free(reply);
        reply = io_worker_search(worker);
    }
    // Where only the memory of a holder can be read, what no holder touched is not saved.
    assert_true(reply->err == 0 || reply->fault.outcome == OUTCOME_REFUSED);
    io_reply_free(reply);
    unlink(path);
}

static void run(const char *const *argv, bool may_fail) {
    posix_spawn_file_actions_t quiet;
    pid_t pid = 0;
    int status = 0;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    int err = posix_spawn(&pid, argv[0], &quiet, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&quiet);
    assert_int_equal(err, 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (!may_fail)
        assert_int_equal(WEXITSTATUS(status), 0);
}

// Every command that only looks, as a person would type it.
static void command_line(const struct segment *seg) {
    const char *program = getenv("SHMTOP");
    char name[300];
    if (!program) {
        print_message("SHMTOP does not name the program\n");
        return;
    }
    seg_format(seg, name, sizeof name);
    const char *const list[] = {program, "list", "--json", NULL};
    const char *const leaks[] = {program, "leaks", NULL};
    const char *const ledger[] = {program, "ledger", NULL};
    const char *const reap[] = {program, "reap", NULL};
    const char *const show[] = {program, "show", name, "--json", NULL};
    // Refused with 4 where it could not be done without a trace.
    const char *const dump[] = {program, "dump", name, "--no-attach", NULL};
    const char *const raw[] = {program,    "dump", name,          "--raw",
                               "--length", "64M",  "--no-attach", NULL};
    run(list, false);
    run(show, false);
    run(leaks, false);
    run(ledger, false);
    run(reap, false);
    run(dump, true);
    run(raw, true);
}

static void look_all_over(uint64_t size, int shmid, int fd, const struct live_holder *h) {
    struct facts before, after;
    struct timespec second = {.tv_sec = 1, .tv_nsec = 100000000};
    const struct segment *seg = NULL;
    see(&before, shmid, fd, h);
    if (shmid >= 0)
        nanosleep(&second, NULL); // the times of System V are whole seconds
    take_picture();
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct seg_id *id = &snap->segments[i].id; // its size may not be known to this user
        if (shmid >= 0 ? id->kind == SEG_SYSV && id->num == (uint64_t)shmid
            : fd >= 0  ? id->kind != SEG_SYSV && id->num == before.st.st_ino
                       : id->kind == SEG_ANON)
            seg = &snap->segments[i];
    }
    assert_non_null(seg);
    if (!seg)
        return;
    worker = io_worker_new(root);
    view(seg, size);
    search(seg);
    keep(seg, size);
    io_worker_free(worker);
    command_line(seg);
    see(&after, shmid, fd, h);
    assert_unseen(&before, &after);
    snapshot_unref(snap);
    snap = NULL;
}

// --- the kinds

static void a_system_v_segment(void **state) {
    (void)state;
    struct live_holder h;
    uint64_t size = gib + PAGE;
    int shmid = shmget(0x5201, size, IPC_CREAT | IPC_EXCL | 0600);
    assert_true(shmid >= 0);
    live_hold(
        &(struct live_hold){.shmid = shmid, .fd = -1, .len = size, .touch = 9000, .map = true}, &h);
    look_all_over(size, shmid, -1, &h);
    live_release(&h);
    shmctl(shmid, IPC_RMID, NULL);
}

// An object with data at both ends and in the middle, and an access time that the next careless
// read would move.
static void fill(int fd, uint64_t size) {
    struct timespec old[2] = {{.tv_sec = 978307200}, {.tv_nsec = UTIME_OMIT}};
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, "head", 4, 0), 4);
    assert_int_equal(pwrite(fd, "middle", 6, 300 << 20), 6);
    assert_int_equal(pwrite(fd, "tail", 4, (off_t)size - 4), 4);
    assert_int_equal(futimens(fd, old), 0);
}

static void an_object(int fd, uint64_t size, bool map) {
    struct live_holder h;
    fill(fd, size);
    live_hold(&(struct live_hold){.shmid = -1,
                                  .fd = fd,
                                  .len = (size_t)size,
                                  .touch = map ? 9000 : 0,
                                  .map = map,
                                  .keep_fd = !map},
              &h);
    look_all_over(size, -1, fd, &h);
    live_release(&h);
    close(fd);
}

static void an_object_of_dev_shm(void **state) {
    (void)state;
    int fd = shm_open("/t_trace", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    an_object(fd, gib + 2 * PAGE, true);
    shm_unlink("/t_trace");
}

static void an_unlinked_object(void **state) {
    (void)state;
    int fd = shm_open("/t_trace", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(shm_unlink("/t_trace"), 0);
    an_object(fd, gib + 3 * PAGE, true);
}

static void a_memfd_that_is_mapped(void **state) {
    (void)state;
    an_object(memfd_create("trace", MFD_CLOEXEC), gib + 4 * PAGE, true);
}

static void a_memfd_that_is_only_open(void **state) {
    (void)state;
    an_object(memfd_create("trace", MFD_CLOEXEC), gib + 5 * PAGE, false);
}

static void anonymous_shared_memory(void **state) {
    (void)state;
    // A mapping of /dev/zero is the same thing as MAP_ANONYMOUS.
    struct live_holder h;
    uint64_t size = gib + 6 * PAGE;
    int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = size, .touch = 9000, .map = true},
              &h);
    close(fd);
    fd = -1;
    if (live_can_open_map_files()) { // O_PATH: only to ask for its facts
        char path[96];
        snprintf(path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, (int)h.pid, h.start,
                 h.end);
        fd = open(path, O_PATH | O_CLOEXEC);
        assert_true(fd >= 0);
    }
    look_all_over(size, -1, fd, &h);
    if (fd >= 0)
        close(fd);
    live_release(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_system_v_segment),        cmocka_unit_test(an_object_of_dev_shm),
        cmocka_unit_test(an_unlinked_object),        cmocka_unit_test(a_memfd_that_is_mapped),
        cmocka_unit_test(a_memfd_that_is_only_open), cmocka_unit_test(anonymous_shared_memory),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
