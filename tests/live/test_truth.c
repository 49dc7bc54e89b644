// test_truth.c - pictures of a world of which everything is known, while processes come and go.
//
// TRUTH_SEED=n takes another world; SHMTOP_TEST_HUGE=1 lets it raise vm.nr_hugepages for its time.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/capture.h"
#include "tests/support/children.h"
#include "tests/support/hugepages.h"
#include "tests/support/live.h"
#include "tests/support/truth.h"

enum { LOOKS = 25, TICKS = 60, RUNS = 10, SEED = 1 };

static const struct scan_request all = {.everything = true,
                                        .private_maps = true,
                                        .descriptors = true,
                                        .locks = true,
                                        .all_namespaces = true};
static const struct scan_request tick = {
    .descriptors = true, .locks = true, .all_namespaces = true};

struct world {
    struct eyes *eyes;
    struct truth truth;
    struct sights before;
    struct truth_terms terms;
    unsigned phases[TRUTH_REALMS];
    size_t wrong;
};

static uint32_t seed(void) {
    const char *text = getenv("TRUTH_SEED");
    return text ? (uint32_t)strtoul(text, NULL, 10) : SEED;
}

enum { MOVES = 1, LEAVERS = 2, IN_HUGE_PAGES = 4 };

static struct world *build(void **state, int what) {
    bool churn = what & MOVES;
    if (churn && getenv("VALGRIND")) {
        print_message("# under valgrind all that moves stands still\n");
        skip();
    }
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->eyes = *state;
    struct scan_request want = all;
    const struct snapshot *snap = eyes_look(w->eyes, want);
    sights_of_snapshot(snap, &w->before);
    snapshot_unref(snap);
    // Who has left a namespace can be told apart from others by those alone who may ask for
    // handles.
    w->terms = (struct truth_terms){.before = &w->before,
                                    .facts = live_can_open_map_files(),
                                    .phases = churn ? w->phases : NULL};
    truth_plan(&w->truth, seed(), (what & LEAVERS) && w->terms.facts, what & IN_HUGE_PAGES);
    assert_true(w->truth.object_count >= 200);
    truth_make(&w->truth, churn);
    return w;
}

static void assert_right(struct world *w) {
    size_t wrong = w->wrong;
    truth_end(&w->truth);
    sights_done(&w->before);
    free(w);
    assert_int_equal(wrong, 0);
}

static void note_phases(struct world *w) {
    for (unsigned i = 0; i < TRUTH_REALMS; i++)
        w->phases[i] = atomic_load(&w->truth.control->phase[i]);
}

// Takes the picture and adds up what is wrong in it.
static void hold_against(struct world *w, const struct snapshot *snap) {
    struct sights seen;
    sights_of_snapshot(snap, &seen);
    const struct coverage *c = &snap->coverage;
    w->wrong += truth_check(&w->truth, &seen, &w->terms);
    w->wrong += c->processes != c->scanned + c->denied + c->gone || c->denied != 0 ||
                c->namespaces_denied != 0;
    sights_done(&seen);
    snapshot_unref(snap);
}

// So many looks, and on a slow machine as many more as a toggle takes to hold still for one.
static bool goes_on(const struct world *w, int i, int looks) {
    return i < looks || (w->terms.settled == 0 && i < 20 * looks);
}

// ---- nothing moves

static void a_world_at_rest_is_seen_as_it_is(void **state) {
    struct world *w = build(state, LEAVERS);
    hold_against(w, eyes_look(w->eyes, all));
    assert_right(w);
}

// ---- while all moves

static void look_singly(struct world *w, int looks) {
    for (int i = 0; goes_on(w, i, looks); i++) {
        struct prober *fresh;
        const struct snapshot *snap;
        assert_int_equal(prober_new(w->eyes->root, &fresh), 0);
        note_phases(w);
        struct scan_request want = all;
        want.force_text = i % 2; // what PROCMAP_QUERY tells, the text of maps tells too
        assert_int_equal(prober_scan(fresh, &want, &snap), 0);
        prober_free(fresh);
        hold_against(w, snap);
    }
    printf("# %zu toggles held to one state, %u deeds, %zu segments in doubt\n", w->terms.settled,
           atomic_load(&w->truth.control->done), w->terms.doubted);
    w->wrong += w->terms.settled == 0 || atomic_load(&w->truth.control->done) == 0;
}

static void single_looks_are_right_while_all_moves(void **state) {
    struct world *w = build(state, MOVES | LEAVERS);
    look_singly(w, LOOKS);
    assert_right(w);
}

// The monitor keeps what it saw and asks again only where there is a reason to.
static void tick_on(struct world *w, int ticks) {
    w->terms.settled = 0;
    for (int i = 0; goes_on(w, i, ticks); i++) {
        note_phases(w);
        struct scan_request want = i == 0 ? all : tick;
        want.force_text = i % 4 == 1;
        hold_against(w, eyes_look(w->eyes, want));
    }
    printf("# %zu toggles held to one state\n", w->terms.settled);
    w->wrong += w->terms.settled == 0;
}

static void ticks_are_right_while_all_moves(void **state) {
    struct world *w = build(state, MOVES | LEAVERS);
    tick_on(w, TICKS);
    assert_right(w);
}

// The program itself, as scripts use it.
static void run_program(struct world *w, int runs) {
    const char *program = getenv("SHMTOP");
    char command[512], json[] = "/tmp/shmtop-truth-XXXXXX";
    int fd = mkstemp(json);
    assert_true(fd >= 0);
    snprintf(command, sizeof command, "'%s' list --json --all-namespaces > %s",
             program ? program : "build/shmtop", json);
    for (int i = 0; i < runs; i++) {
        struct sights seen;
        note_phases(w);
        w->wrong += system(command) != 0;
        sights_of_json(json, &seen);
        w->wrong += truth_check(&w->truth, &seen, &w->terms);
        sights_done(&seen);
    }
    close(fd);
    unlink(json);
}

static void the_program_tells_the_same(void **state) {
    struct world *w = build(state, MOVES | LEAVERS);
    run_program(w, RUNS);
    assert_right(w);
}

static void what_lies_in_huge_pages_is_seen_as_it_is(void **state) {
    if (!live_can_open_map_files() || !huge_pages_ready(TRUTH_HUGE_PAGES)) {
        puts("# needs free huge pages of 2 MiB, or SHMTOP_TEST_HUGE=1 and root to make some");
        skip();
    }
    struct world *w = build(state, MOVES | LEAVERS | IN_HUGE_PAGES);
    look_singly(w, RUNS);
    tick_on(w, RUNS);
    run_program(w, 2);
    assert_right(w);
}

// ---- a captured machine

static const struct sight *sight_of(const struct sights *s, const char *id) {
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->items[i].id, id) == 0)
            return &s->items[i];
    return NULL;
}

static bool same_number(u64v a, u64v b) {
    uint64_t x = 0, y = 0;
    return u64v_get(a, &x) == u64v_get(b, &y) && x == y;
}

static bool same_share(const struct truth_share *a, const struct truth_share *b) {
    return a->mappings == b->mappings && a->fds == b->fds && a->locks == b->locks &&
           a->access == b->access && a->is_private == b->is_private &&
           a->mapped_bytes == b->mapped_bytes;
}

static bool same_sight(const struct sight *a, const struct sight *b) {
    bool same = a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
                same_number(a->size, b->size) && same_number(a->resident, b->resident) &&
                same_number(a->nattch, b->nattch) && same_number(a->hidden, b->hidden) &&
                same_number(a->unseen_lock, b->unseen_lock) && a->unlinked == b->unlinked &&
                a->names == b->names && a->holder_count == b->holder_count;
    for (size_t i = 0; same && i < a->holder_count; i++)
        same = a->holders[i].pid == b->holders[i].pid &&
               same_share(&a->holders[i].share, &b->holders[i].share);
    return same;
}

static void take_captured(const struct world *w, struct sights *out) {
    char dir[] = "/tmp/shmtop-truth-XXXXXX", path[64], command[128], error[256] = "";
    const struct capture_options opt = {0};
    struct root *root = NULL;
    struct prober *prober;
    const struct snapshot *snap;
    const struct scan_request want = {
        .everything = true, .private_maps = true, .descriptors = true, .locks = true};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/captured", dir);
    if (capture_root(w->eyes->root, path, &opt, error, sizeof error) ||
        root_open_explained(path, &root, error, sizeof error))
        fail_msg("%s", error);
    assert_int_equal(prober_new(root, &prober), 0);
    assert_int_equal(prober_scan(prober, &want, &snap), 0);
    sights_of_snapshot(snap, out);
    snapshot_unref(snap);
    prober_free(prober);
    root_close(root);
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    assert_int_equal(system(command), 0);
}

// The capture leaves out who captures, which is this process.
static void drop_own(struct sights *s) {
    for (size_t i = 0; i < s->count; i++) {
        struct sight *it = &s->items[i];
        size_t keep = 0;
        for (size_t k = 0; k < it->holder_count; k++)
            if (it->holders[k].pid != getpid())
                it->holders[keep++] = it->holders[k];
        it->holder_count = keep;
    }
}

// A captured root holds one IPC namespace: who has left it is not known there.
static void a_captured_world_is_the_same(void **state) {
    if (!live_can_open_map_files()) {
        print_message("# what only names tell an ordinary user is not captured\n");
        skip();
    }
    struct world *w = build(state, 0);
    struct scan_request want = all;
    struct sights live, then;
    want.all_namespaces = false;
    const struct snapshot *snap = eyes_look(w->eyes, want);
    sights_of_snapshot(snap, &live);
    snapshot_unref(snap);
    drop_own(&live);
    take_captured(w, &then);
    w->wrong += live.count != then.count;
    for (size_t i = 0; i < live.count; i++) {
        const struct sight *other = sight_of(&then, live.items[i].id);
        if (other && same_sight(&live.items[i], other))
            continue;
        printf("# seed %" PRIu32 ": %s is %s\n", w->truth.seed, live.items[i].id,
               other ? "another in the capture" : "not in the capture");
        w->wrong++;
    }
    printf("# %zu and %zu segments\n", live.count, then.count);
    sights_done(&live);
    sights_done(&then);
    assert_right(w);
}

static int put_back(void **state) {
    huge_pages_put_back();
    return eyes_close(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_world_at_rest_is_seen_as_it_is),
        cmocka_unit_test(single_looks_are_right_while_all_moves),
        cmocka_unit_test(ticks_are_right_while_all_moves),
        cmocka_unit_test(the_program_tells_the_same),
        cmocka_unit_test(what_lies_in_huge_pages_is_seen_as_it_is),
        cmocka_unit_test(a_captured_world_is_the_same),
    };
    return cmocka_run_group_tests(tests, eyes_open, put_back);
}
