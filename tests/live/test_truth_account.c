// test_truth_account.c - the account of a world of which everything is known: nothing is left over.
//
// TRUTH_SEED=n takes another world; SHMTOP_TEST_HUGE=1 lets it raise vm.nr_hugepages for its time.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/ledger.h"
#include "tests/support/account.h"
#include "tests/support/children.h"
#include "tests/support/hugepages.h"
#include "tests/support/live.h"
#include "tests/support/truth.h"

enum {
    SEED = 1,
    PATIENCE_S = 40,
    STILLS = 20,
    DEEDS = 25,
    LOOKS = 60,
    FLIGHT = TRUTH_REALMS * TRUTH_FLIGHT_MEMFD
};

struct world {
    struct truth truth;
    bool facts; // what is mapped and not open may be asked about
    bool in_flight, huge;
    size_t wrong;
};

static uint32_t seed(void) {
    const char *text = getenv("TRUTH_SEED");
    return text ? (uint32_t)strtoul(text, NULL, 10) : SEED;
}

static void needs_movement(void) {
    if (!getenv("VALGRIND"))
        return;
    print_message("# under valgrind all that moves stands still\n");
    skip();
}

static void make(void *arg) {
    struct world *w = arg;
    w->facts = live_can_open_map_files();
    truth_plan(&w->truth, seed(), w->facts, w->huge);
    w->truth.in_flight = w->in_flight;
    truth_make(&w->truth, true);
    assert_true(truth_pause(&w->truth));
}

static void undo(void *arg) {
    struct world *w = arg;
    truth_end(&w->truth);
}

// ---- row by row

// All of a kind; of these with that device or in that namespace, unless 0.
static uint64_t bytes_of(const struct ledger *l, enum ledger_kind kind, uint64_t dev, uint64_t ns) {
    uint64_t sum = 0;
    for (size_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *r = &l->rows[i];
        uint64_t value = 0;
        if (r->kind == kind && (!dev || (u64v_get(r->dev, &value) == WHY_KNOWN && value == dev)) &&
            (!ns || (u64v_get(r->ipc_ns, &value) == WHY_KNOWN && value == ns)))
            sum += r->bytes;
    }
    return sum;
}

// What a tmpfs counts and no file shows; -1: that could not be learned.
static int64_t unseen_of(const struct ledger *l, uint64_t dev) {
    for (size_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *r = &l->rows[i];
        uint64_t value = 0;
        if (r->kind == LEDGER_TMPFS && u64v_get(r->dev, &value) == WHY_KNOWN && value == dev)
            return r->unexplained.why == WHY_KNOWN ? r->unexplained.bytes : -1;
    }
    return -1;
}

// What the objects of a kind in a realm (TRUTH_REALMS: in all) have in memory, huge pages apart.
static uint64_t planned(const struct truth *t, enum seg_kind kind, unsigned realm) {
    uint64_t sum = 0;
    for (size_t i = 0; i < t->object_count; i++)
        if (t->objects[i].kind == kind && !t->objects[i].huge &&
            (realm == TRUTH_REALMS || t->objects[i].realm == realm))
            sum += truth_resident(&t->objects[i]);
    return sum;
}

static uint64_t planned_huge(const struct truth *t) {
    uint64_t sum = 0;
    for (size_t i = 0; i < t->object_count; i++)
        sum += t->objects[i].huge ? truth_resident(&t->objects[i]) : 0;
    return sum;
}

static uint64_t dev_of(const struct truth *t, enum seg_kind kind, unsigned realm) {
    for (size_t i = 0; i < t->object_count; i++)
        if (t->objects[i].kind == kind && t->objects[i].realm == realm)
            return t->objects[i].dev;
    return 0;
}

static size_t differs(const char *what, unsigned realm, uint64_t got, uint64_t want) {
    if (got != want)
        printf("# seed %" PRIu32 ": %s of realm %u: %" PRId64 ", not %" PRId64 "\n", seed(), what,
               realm, (int64_t)got, (int64_t)want);
    return got != want;
}

static void check_realm(struct world *w, const struct ledger *l, unsigned realm) {
    const struct truth *t = &w->truth;
    uint64_t shm = dev_of(t, SEG_POSIX, realm), mnt = dev_of(t, SEG_TMPFS, realm);
    uint64_t flight = t->in_flight ? TRUTH_FLIGHT_FILE : 0;
    w->wrong += differs("/dev/shm", realm, bytes_of(l, LEDGER_TMPFS, shm, 0),
                        planned(t, SEG_POSIX, realm) + flight);
    w->wrong += differs("/mnt", realm, bytes_of(l, LEDGER_TMPFS, mnt, 0),
                        planned(t, SEG_TMPFS, realm));
    w->wrong += differs("System V", realm, bytes_of(l, LEDGER_SYSV, 0, t->ipc_ns[realm]),
                        planned(t, SEG_SYSV, realm));
    if (w->facts)
        w->wrong += differs("what no file of /dev/shm shows", realm, (uint64_t)unseen_of(l, shm),
                            flight);
}

static void check_rows(void *arg, const struct ledger *before, const struct ledger *after) {
    struct world *w = arg;
    const struct truth *t = &w->truth;
    w->wrong = 0;
    for (unsigned realm = 0; realm < TRUTH_REALMS; realm++)
        check_realm(w, after, realm);
    if (!w->facts)
        return;
    w->wrong += differs("memfd", TRUTH_REALMS, bytes_of(after, LEDGER_MEMFD, 0, 0),
                        planned(t, SEG_MEMFD, TRUTH_REALMS) + bytes_of(before, LEDGER_MEMFD, 0, 0));
    w->wrong += differs("huge pages", TRUTH_REALMS, bytes_of(after, LEDGER_HUGETLB, 0, 0),
                        planned_huge(t) + bytes_of(before, LEDGER_HUGETLB, 0, 0));
    // The control page is one more.
    w->wrong += differs("anon", TRUTH_REALMS, bytes_of(after, LEDGER_ANON, 0, 0),
                        planned(t, SEG_ANON, TRUTH_REALMS) + bytes_of(before, LEDGER_ANON, 0, 0) +
                            TRUTH_PAGE);
}

static void every_row_of_the_account_is_right(void **state) {
    needs_movement();
    for (int in_flight = 0; in_flight < 2; in_flight++) {
        struct world w = {.in_flight = in_flight};
        struct account_trial t = {.make = make, .undo = undo, .look = check_rows, .arg = &w};
        account_try(*state, &t, in_flight ? FLIGHT : 0);
        assert_int_equal(w.wrong, 0);
        assert_true(t.in_flight || !in_flight);
    }
}

// ---- against meminfo

static void nothing_is_left_over_against_meminfo(void **state) {
    struct world w = {0};
    struct account_trial t = {.make = make, .undo = undo, .arg = &w};
    needs_movement();
    account_assert_grows_by(*state, &t, 0);
}

static void what_is_in_flight_alone_is_left_over(void **state) {
    struct world w = {.in_flight = true};
    struct account_trial t = {.make = make, .undo = undo, .arg = &w};
    needs_movement();
    account_assert_grows_by(*state, &t, FLIGHT);
    assert_true(t.in_flight);
}

// Huge pages are no part of Shmem: neither of what it says nor of what is explained of it.
static void huge_pages_are_in_the_account_and_not_in_shmem(void **state) {
    struct world w = {.huge = true};
    struct account_trial t = {.make = make, .undo = undo, .look = check_rows, .arg = &w};
    needs_movement();
    if (!live_can_open_map_files() || !huge_pages_ready(TRUTH_HUGE_PAGES)) {
        puts("# needs free huge pages of 2 MiB, or SHMTOP_TEST_HUGE=1 and root to make some");
        skip();
    }
    account_assert_grows_by(*state, &t, 0);
    assert_true(planned_huge(&w.truth) > 0);
    assert_int_equal(w.wrong, 0);
}

// ---- while all moves

// Stopped in the middle of whatever they do, with files half made, segments to be destroyed and
// children about to exec, all of it adds up. By how much it does not.
static struct account_rest look_at_stills(struct eyes *e, struct world *w, int64_t before) {
    struct account_rest worst = {0, 0};
    for (int i = 0; i < STILLS && worst.more == 0; i++) {
        unsigned done = atomic_load(&w->truth.control->done);
        while (atomic_load(&w->truth.control->done) - done < DEEDS)
            usleep(1000); // the run's time limit is the deadline
        assert_true(truth_freeze(&w->truth));
        worst = account_rest(e, before, 0);
        if (worst.more)
            printf("# seed %" PRIu32 ", still %d: %" PRId64 " bytes are left over\n", seed(), i,
                   worst.more);
        truth_thaw(&w->truth);
    }
    return worst;
}

// At most so much of what a worker has may be missed or met twice in one look: what it makes has at
// most a page beside, and can be met as a file, in a table and in a process.
static const int64_t on_the_way = (int64_t)TRUTH_REALMS * TRUTH_CHURN * 3 *
                                  (TRUTH_CHURN_SIZE + TRUTH_PAGE);

// Shmem and its parts are read one after another: a look is off by what comes and goes in between,
// to either side, and by no more. (More often it is too little that is explained: what lives for a
// shorter time than a look takes is counted in Shmem, and gone when it is asked about.)
static size_t look_at_movement(struct eyes *e, int64_t before) {
    size_t exact = 0, over = 0, under = 0;
    int64_t sum = 0, least = 0, most = 0;
    for (int i = 0; i < LOOKS || ((!exact || !over || !under) && i < 10 * LOOKS); i++) {
        struct ledger l = account_take(e);
        int64_t more = l.unexplained.bytes - before;
        ledger_done(&l);
        exact += more == 0;
        over += more > 0;
        under += more < 0;
        sum += more;
        least = more < least ? more : least;
        most = more > most ? more : most;
    }
    printf("# seed %" PRIu32 ": %zu looks exact, %zu over, %zu under: %" PRId64 " to %" PRId64
           ", on average %" PRId64 " KiB\n",
           seed(), exact, over, under, least / 1024, most / 1024,
           sum / 1024 / (int64_t)(exact + over + under));
    return (size_t)!exact + !over + !under + (most > on_the_way) + (least < -on_the_way);
}

static time_t seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

// One world: by how much it is off, and by how much others moved memory meanwhile.
static struct account_rest try_movement(struct eyes *e) {
    struct world w = {0};
    int64_t before = account_settled(e);
    make(&w);
    truth_resume(&w.truth);
    struct account_rest rest = look_at_stills(e, &w, before);
    // A single look is off by whatever others move: by no number that could be held against it.
    if (rest.more == 0 && look_at_movement(e, before) > 0)
        rest.more = 1;
    undo(&w);
    if (rest.more != 0)
        rest.noise += llabs(account_settled(e) - before);
    return rest;
}

static void nothing_is_left_over_while_all_moves(void **state) {
    time_t end = seconds() + PATIENCE_S;
    struct account_rest rest;
    int convicted = 0; // worlds off by more than others moved
    needs_movement();
    account_needs_exact_shmem();
    do {
        rest = try_movement(*state);
        convicted += llabs(rest.more) > rest.noise;
    } while (rest.more != 0 && convicted < 3 && seconds() < end);
    if (rest.more == 0)
        return;
    if (convicted < 3)
        account_skip_noise(rest.more, llabs(rest.more));
    assert_int_equal(rest.more, 0);
}

static int put_back(void **state) {
    huge_pages_put_back();
    return eyes_close(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_account_is_right),
        cmocka_unit_test(nothing_is_left_over_against_meminfo),
        cmocka_unit_test(what_is_in_flight_alone_is_left_over),
        cmocka_unit_test(huge_pages_are_in_the_account_and_not_in_shmem),
        cmocka_unit_test(nothing_is_left_over_while_all_moves),
    };
    return cmocka_run_group_tests(tests, eyes_open, put_back);
}
