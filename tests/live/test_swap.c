// test_swap.c - swapped pages are told, shown as such, and stay where they are. Swap is of the
// whole machine: it runs only as root and when asked for by name (SHMTOP_TEST_SWAP=1), and puts it
// back.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/io_work.h"
#include "app/xalloc.h"
#include "probes/probe.h"
#include "tests/support/live.h"

enum { PAGE = 4096, SWAP = 64 << 20, SIZE = 8 << 20, KEPT = 1 << 20 };

static struct root *root;
static struct io_worker *worker;
static const struct snapshot *snap;
static char swap_path[] = "/var/tmp/shmtop_swap_XXXXXX";

static int swap_on(void **state) {
    char command[96];
    uint8_t *chunk = xcalloc(1, 1 << 20);
    (void)state;
    int fd = mkstemp(swap_path);
    assert_true(fd >= 0);
    for (int i = 0; i < SWAP >> 20; i++)
        assert_int_equal(write(fd, chunk, 1 << 20), 1 << 20);
    close(fd);
    free(chunk);
    snprintf(command, sizeof command, "mkswap %s >/dev/null 2>&1", swap_path);
    return system(command) == 0 && swapon(swap_path, 0) == 0 ? root_open(NULL, &root) : -1;
}

static int swap_off(void **state) {
    (void)state;
    int err = swapoff(swap_path);
    unlink(swap_path);
    root_close(root);
    return err;
}

static uint64_t swapped_now(int shmid) {
    char line[400];
    uint64_t swapped = UINT64_MAX;
    FILE *f = fopen("/proc/sysvipc/shm", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        unsigned long long field[16] = {0};
        char *p = line;
        for (int i = 0; i < 16; i++)
            field[i] = strtoull(p, &p, 10);
        if (field[1] == (unsigned long long)shmid)
            swapped = field[15];
    }
    fclose(f);
    return swapped;
}

static struct io_request *request(enum io_kind kind) {
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = kind;
    req->snap = snapshot_ref(snap);
    req->id = snap->segments[0].id;
    req->cells = 8;
    req->len = 64;
    return req;
}

static struct io_reply *ask(struct io_request *req) {
    struct io_reply *reply = io_worker_do(worker, req);
    while (!reply || (reply->kind == IO_SEARCH && !reply->done)) {
        io_reply_free(reply);
        reply = io_worker_search(worker);
    }
    assert_int_equal(reply->err, 0);
    return reply;
}

// Attaches, writes everything and asks for all but the beginning to be swapped out; stays.
static void hold(int shmid, int ready) {
    uint8_t *at = shmat(shmid, NULL, 0);
    if (at == (uint8_t *)-1)
        _exit(1);
    memset(at, 'h', SIZE);
    madvise(at + KEPT, SIZE - KEPT, MADV_PAGEOUT);
    (void)!write(ready, "r", 1);
    pause();
    _exit(0);
}

static void look_on(int shmid, uint64_t before) {
    const char *why = "";
    struct io_reply *r = ask(request(IO_READ));
    assert_memory_equal(r->bytes, "hhhh", 4);
    assert_int_equal(r->marks[0], MARK_DATA);
    io_reply_free(r);
    struct io_request *req = request(IO_READ);
    req->offset = SIZE - 64;
    r = ask(req);
    assert_int_equal(r->marks[0], MARK_SWAPPED);
    assert_int_equal(r->bytes[0], 0);
    io_reply_free(r);
    req = request(IO_READ);
    req->fold.width = 16;
    req->fold.lines = 30;
    r = ask(req);
    assert_int_equal(r->end, SIZE); // two folds: what is here, and what is swapped out
    io_reply_free(r);
    for (int i = 0; i < 5; i++) {
        r = ask(request(IO_SURVEY));
        assert_int_equal(r->cell_count, 8);
        assert_int_equal(r->cells[0].resident, SIZE / 8);
        assert_true(r->cells[7].swapped > 0);
        io_reply_free(r);
    }
    req = request(IO_SEARCH);
    assert_int_equal(pattern_parse("nothing", false, &req->pattern, &why), 0);
    r = ask(req);
    assert_false(r->found);
    assert_true(r->skipped > 0);
    io_reply_free(r);
    assert_int_equal(swapped_now(shmid), before);
}

static void looking_swaps_nothing_in_until_asked(void **state) {
    (void)state;
    static const struct scan_request whole = {.everything = true, .private_maps = true};
    struct prober *prober = NULL;
    int ready[2];
    char byte;
    int shmid = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
    assert_true(shmid >= 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        hold(shmid, ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    uint64_t swapped = swapped_now(shmid);
    assert_true(swapped > SIZE / 2 && swapped < UINT64_MAX);
    assert_int_equal(prober_new(root, &prober), 0);
    assert_int_equal(prober_scan(prober, &whole, &snap), 0);
    prober_free(prober);
    worker = io_worker_new(root);
    look_on(shmid, swapped);
    // Asked for: exactly what is read comes in.
    struct io_request *req = request(IO_READ);
    req->offset = SIZE - 64;
    req->may_load = true;
    struct io_reply *r = ask(req);
    assert_memory_equal(r->bytes, "hhhh", 4);
    io_reply_free(r);
    assert_true(swapped_now(shmid) < swapped);
    io_worker_free(worker);
    snapshot_unref(snap);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    shmctl(shmid, IPC_RMID, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looking_swaps_nothing_in_until_asked),
    };
    if (!live_private() || geteuid() != 0 || !getenv("SHMTOP_TEST_SWAP")) {
        puts("swap is of the whole machine: SHMTOP_TEST_SWAP=1 as root asks for it");
        return 77;
    }
    return cmocka_run_group_tests(tests, swap_on, swap_off);
}
