// test_race_remove.c - whatever another process does between the look and the removal, nothing is
// lost but what was looked at: 100,000 removals, at every step of which somebody interferes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/holder.h"
#include "probes/quarantine.h"
#include "probes/sysv_row.h"
#include "tests/support/adversary.h"
#include "tests/support/live.h"
#include "tests/support/ops_try.h"

#define PATH "/dev/shm/raced"
enum { KEY = 0x5201 };

// How many removals in all. What watches every memory access is given less to do.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROUNDS = 10000 };
#else
enum { ROUNDS = 100000 };
#endif

static struct root *root;
static unsigned long removals; // so far

static int open_root(void **state) {
    (void)state;
    return root_open(NULL, &root);
}
static int close_root(void **state) {
    (void)state;
    print_message("%lu removals raced\n", removals);
    root_close(root);
    return 0;
}

// ---- one removal with somebody at one of its steps

struct round {
    struct adversary *a;
    enum op_step step;
    enum adversary_move move;
    bool reached;
    int err;            // errno of the move
    uint64_t looked_at; // inode or shmid that was to go
    enum outcome outcome;
    struct op_result out;
};

static void interfere(void *arg, enum op_step step) {
    struct round *r = arg;
    if (step != r->step || r->reached)
        return;
    r->reached = true;
    r->err = adversary_do(r->a, r->move);
}

static void run(struct round *r, struct op_request *req) {
    req->at_step = interfere;
    req->step_arg = r;
    r->reached = false;
    r->err = 0;
    r->outcome = op_run(root, req, &r->out);
    op_result_done(&r->out);
    removals++;
}

// ---- objects

static uint64_t inode_at(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 ? st.st_ino : 0;
}

struct sought {
    uint64_t ino;
    bool found;
};
static int seek(void *arg, const struct quarantined *it) {
    struct sought *s = arg;
    s->found |= it->item.ino == s->ino && it->note_err == 0 && strcmp(it->note.path, "/raced") == 0;
    return 0;
}
static bool in_quarantine(uint64_t ino) {
    struct sought s = {.ino = ino};
    assert_int_equal(quarantine_list(root, seek, &s), 0);
    return s.found;
}
static int drop(void *arg, const struct quarantined *it) {
    (void)arg;
    return quarantine_free(root, it);
}

static void look(struct op_request *req, uint64_t *ino) {
    struct root_stat st;
    struct seg_id id;
    assert_int_equal(root_stat(root, ROOT_SHM, "raced", &st), 0);
    object_id_from_stat(SEG_POSIX, &st, &id);
    op_request_init(req, OP_REMOVE);
    try_target(req, "/raced", &id);
    req->expected_change = u64v_of(st.change_ns);
    *ino = st.ino;
}

static bool replaces(enum adversary_move m) {
    return m == ADVERSARY_TWIN || m == ADVERSARY_RENAME || m == ADVERSARY_LINK ||
           m == ADVERSARY_FOLDER;
}
static bool holds(enum adversary_move m) {
    return m == ADVERSARY_OPEN || m == ADVERSARY_MAP || m == ADVERSARY_SNEAK;
}

static void say(const struct round *r, bool now, const char *wrong) {
    char line[900];
    fault_format(&r->out.fault, line, sizeof(line));
    fail_msg("%s: step %d, move %d (errno %d), now %d: outcome %d: %s", wrong, (int)r->step,
             (int)r->move, r->err, now, (int)r->outcome, line);
}

// What came of it must be right whatever was done.
static void judge_object(const struct round *r, bool now) {
    const uint64_t there = inode_at(PATH);
    const bool moved_before = r->step >= OP_STEP_MOVED;
    if (!r->reached)
        return; // a removal that ends without such a step
    if (r->err == 0 && replaces(r->move) && there != r->a->state->made && r->move < ADVERSARY_LINK)
        say(r, now, "the replacement is not there any more");
    if (r->err == 0 && replaces(r->move) && there == 0)
        say(r, now, "what was put in its place is not there any more");
    if (r->err == 0 && !moved_before && replaces(r->move) && r->outcome == OUTCOME_DONE)
        say(r, now, "a replaced one was removed");
    if (r->err == 0 && !moved_before && r->move == ADVERSARY_WRITE && r->outcome == OUTCOME_DONE)
        say(r, now, "one that was written was removed");
    // Before the last look at holders whoever comes keeps it in its place.
    if (r->err == 0 && holds(r->move) && r->step <= OP_STEP_MOVED &&
        (r->outcome != OUTCOME_REFUSED || there != r->looked_at))
        say(r, now, "it was taken from somebody who holds it");
    if (r->outcome == OUTCOME_DONE && !now && !in_quarantine(r->looked_at))
        say(r, now, "it is neither in its place nor in quarantine");
    if (r->outcome != OUTCOME_DONE && there != r->looked_at && !replaces(r->move) &&
        r->move != ADVERSARY_UNLINK && !in_quarantine(r->looked_at))
        say(r, now, "a refusal lost it");
}

static void race_object(struct adversary *a, struct op_request *req, enum op_step step,
                        enum adversary_move move, bool now) {
    struct round r = {.a = a, .step = step, .move = move};
    assert_int_equal(adversary_do(a, ADVERSARY_MAKE), 0);
    look(req, &r.looked_at);
    req->now = now;
    run(&r, req);
    judge_object(&r, now);
    const bool mapped = (move == ADVERSARY_MAP || move == ADVERSARY_SNEAK) && r.reached &&
                        r.err == 0;
    adversary_do(a, ADVERSARY_LET_GO);
    if (mapped && a->state->written != ADVERSARY_SIZE)
        say(&r, now, "a mapping lost its bytes");
    assert_int_equal(quarantine_list(root, drop, NULL), 0);
}

static void objects_raced_at_every_step(void **state) {
    (void)state;
    static const enum op_step steps[] = {OP_STEP_LOOKED, OP_STEP_PINNED,   OP_STEP_NOTED,
                                         OP_STEP_MOVED,  OP_STEP_COMPARED, OP_STEP_FREED};
    static const enum adversary_move moves[] = {
        ADVERSARY_TWIN, ADVERSARY_RENAME, ADVERSARY_LINK,  ADVERSARY_FOLDER, ADVERSARY_UNLINK,
        ADVERSARY_OPEN, ADVERSARY_MAP,    ADVERSARY_SNEAK, ADVERSARY_WRITE};
    enum { STEPS = sizeof(steps) / sizeof(*steps), MOVES = sizeof(moves) / sizeof(*moves) };
    struct op_request *req = calloc(1, sizeof(*req));
    struct adversary a;
    adversary_start(&a, PATH, 0);
    for (unsigned i = 0; i < ROUNDS * 3 / 4; i++)
        race_object(&a, req, steps[i % STEPS], moves[i / STEPS % MOVES],
                    i / STEPS / MOVES % 2 == 0);
    adversary_end(&a);
    free(req);
    assert_int_equal(inode_at(PATH), 0);
}

// ---- System V

static void look_sysv(struct op_request *req, int shmid) {
    struct root_shm_row row;
    char seg[32];
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    struct seg_id id = sysv_row_id(root, &row);
    snprintf(seg, sizeof(seg), "sysv:%d", shmid);
    op_request_init(req, OP_REMOVE);
    try_target(req, seg, &id);
    req->expected_key = u64v_of(row.key);
    req->expected_change = u64v_of(row.ctime * 1000000000u);
    req->expected_last = u64v_of(row.lpid);
}

// Made by this process, so that a twin has another creator; given to the other one.
static int make_first(struct adversary *a) {
    int shmid = shmget(KEY, ADVERSARY_SIZE, IPC_CREAT | IPC_EXCL | 0600);
    assert_true(shmid >= 0);
    a->state->shmid = shmid;
    return shmid;
}

static void judge_segment(const struct round *r, int shmid) {
    struct root_shm_row row = {0};
    const bool there = sysv_row(root, (uint64_t)r->a->state->shmid, &row) == 0;
    const bool is_twin = r->move == ADVERSARY_TWIN_ID && r->err == 0;
    if (!r->reached)
        return;
    if (is_twin && (!there || (row.perms & SYSV_DEST) != 0))
        say(r, true, "the replacement is not there any more");
    if (is_twin && r->step == OP_STEP_LOOKED && r->a->state->shmid != shmid)
        say(r, true, "the twin did not get the id");
    if (is_twin && r->step < OP_STEP_COMPARED && r->outcome == OUTCOME_DONE)
        say(r, true, "a replaced one was removed");
    // Who let go again before we attached has left no trace but times, of which ours are the last.
    const bool touched = r->move == ADVERSARY_TOUCH && r->step == OP_STEP_PINNED;
    if (r->err == 0 && (r->move == ADVERSARY_ATTACH || touched) && r->step < OP_STEP_COMPARED &&
        (r->outcome != OUTCOME_REFUSED || row.key != KEY))
        say(r, true, "it was taken from somebody who holds it");
    if (r->err == 0 && r->move == ADVERSARY_ATTACH && (!there || row.nattch != 1))
        say(r, true, "an attachment was lost");
}

static void race_segment(struct adversary *a, struct op_request *req, enum op_step step,
                         enum adversary_move move) {
    struct round r = {.a = a, .step = step, .move = move};
    int shmid = make_first(a);
    look_sysv(req, shmid);
    run(&r, req);
    judge_segment(&r, shmid);
    const bool attached = move == ADVERSARY_ATTACH && r.reached && r.err == 0;
    adversary_do(a, ADVERSARY_LET_GO);
    if (attached && a->state->written != ADVERSARY_SIZE)
        say(&r, true, "an attachment lost its bytes");
    shmctl(shmid, IPC_RMID, NULL);
}

static void segments_raced_at_every_step(void **state) {
    (void)state;
    static const enum op_step steps[] = {OP_STEP_LOOKED, OP_STEP_PINNED, OP_STEP_COMPARED,
                                         OP_STEP_FREED};
    static const enum adversary_move moves[] = {ADVERSARY_TWIN_ID, ADVERSARY_ATTACH,
                                                ADVERSARY_TOUCH, ADVERSARY_REMOVE_ID};
    struct adversary a;
    if (!adversary_can_choose_ids()) {
        print_message("shm_next_id cannot be written here\n");
        skip();
    }
    struct op_request *req = calloc(1, sizeof(*req));
    adversary_start(&a, PATH, KEY);
    for (unsigned i = 0; i < ROUNDS / 4; i++)
        race_segment(&a, req, steps[i % 4], moves[i / 4 % 4]);
    adversary_end(&a);
    free(req);
}

// ---- both at once, nobody waiting for anybody

enum { CHURN_ROUNDS = ROUNDS / 10, LOST_MAX = 1 << 20 };

struct churn {
    bool stop;
    size_t lost_count;
    uint64_t lost[LOST_MAX]; // objects that lost their name without the other process doing it
};

// Makes, replaces and unlinks as fast as it can, and notes what somebody else has taken away.
static int churn(struct churn *c) {
    struct stat st;
    char link[40];
    for (unsigned i = 0; !__atomic_load_n(&c->stop, __ATOMIC_RELAXED); i++) {
        const char *name = i % 3 == 0 ? PATH ".new" : PATH;
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno == EEXIST) { // put back by the other process
            unlink(name);
            continue;
        }
        if (fd < 0 || ftruncate(fd, ADVERSARY_SIZE) < 0 || fstat(fd, &st) < 0)
            return 1;
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        int kept = open(link, O_PATH | O_CLOEXEC); // no holder
        if (i % 7 != 0)
            close(fd); // else it is held while it is looked at and moved
        if (i % 3 == 0 && rename(name, PATH) < 0)
            return 2;
        if (i % 2 == 0)
            sched_yield();
        if (kept < 0 || fstat(kept, &st) < 0)
            return 3;
        if (st.st_nlink == 0 && c->lost_count < LOST_MAX)
            c->lost[c->lost_count++] = st.st_ino;
        close(kept);
        if (i % 7 == 0)
            close(fd);
        if (i % 3 == 1)
            unlink(PATH);
    }
    unlink(PATH);
    return 0;
}

static bool was_removed(const uint64_t *removed, size_t count, uint64_t ino) {
    for (size_t i = 0; i < count; i++)
        if (removed[i] == ino)
            return true;
    return false;
}

// Removes what it finds there, and tells which objects it has removed.
static size_t remove_meanwhile(uint64_t *removed) {
    struct op_request *req = calloc(1, sizeof(*req));
    size_t count = 0;
    unsigned tries = 0;
    for (unsigned i = 0; i < CHURN_ROUNDS && tries < 100 * CHURN_ROUNDS; tries++) {
        struct root_stat st;
        struct op_result out;
        struct seg_id id;
        if (root_stat(root, ROOT_SHM, "raced", &st) < 0 || !S_ISREG(st.mode)) {
            sched_yield();
            continue;
        }
        object_id_from_stat(SEG_POSIX, &st, &id);
        op_request_init(req, OP_REMOVE);
        try_target(req, "/raced", &id);
        req->now = true;
        if (op_run(root, req, &out) == OUTCOME_DONE)
            removed[count++] = st.ino;
        op_result_done(&out);
        removals++;
        i++;
    }
    free(req);
    return count;
}

static void objects_raced_without_a_pause(void **state) {
    (void)state;
    int status = 0;
    uint64_t *removed = calloc(CHURN_ROUNDS, sizeof(*removed));
    struct churn *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                           0);
    assert_true(removed != NULL && c != MAP_FAILED);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(churn(c));
    size_t count = remove_meanwhile(removed);
    __atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    for (size_t i = 0; i < c->lost_count; i++)
        if (!was_removed(removed, count, c->lost[i]))
            fail_msg("an object that nobody looked at was lost");
    print_message("%zu of %u removed, %zu of them seen to go\n", count, (unsigned)CHURN_ROUNDS,
                  c->lost_count);
    assert_int_equal(quarantine_list(root, drop, NULL), 0);
    munmap(c, sizeof(*c));
    free(removed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_raced_at_every_step),
        cmocka_unit_test(segments_raced_at_every_step),
        cmocka_unit_test(objects_raced_without_a_pause),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
