// account.h - the account of shared memory held against what the machine says of itself, for tests.
#ifndef TESTS_SUPPORT_ACCOUNT_H
#define TESTS_SUPPORT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ledger.h"
#include "tests/support/children.h"

// The account of everything, with the counters of the processors added up first. Asserts;
// ledger_done is due.
struct ledger account_take(struct eyes *e);
bool account_names_cause(const struct ledger *l, const char *text);
// Shmem of meminfo is exact for those only who may have it added up. Where it is not, this skips
// the test aloud.
void account_needs_exact_shmem(void);
// What is not explained once that has stood still for a while, in bytes.
int64_t account_settled(struct eyes *e);
// Leaves the descriptor in a socket and closes it. The socket, which must stay open, or -1.
int account_put_in_flight(int fd);

// What is not explained more than before while nothing moves here, and by how much others moved it.
struct account_rest {
    int64_t more;
    int64_t noise;
};
// Looks until it is `want`, or for some time: what is off because of us stays off, what is off
// because of others does not.
struct account_rest account_rest(struct eyes *e, int64_t before, int64_t want);

// Something is made, and what is not explained is to grow by so much and no more. Tried until it
// does, or for some time: all of the machine moves the same memory.
struct account_trial {
    void (*make)(void *arg), (*undo)(void *arg);
    // At both accounts while it is there; or NULL.
    void (*look)(void *arg, const struct ledger *before, const struct ledger *after);
    void *arg;
    // What came of it:
    struct account_rest rest;
    bool in_flight; // that was named as a cause
};
void account_try(struct eyes *e, struct account_trial *t, int64_t want);
// Skips aloud where others moved the memory of the machine by as much as it is off. Asserts.
void account_assert_grows_by(struct eyes *e, struct account_trial *t, int64_t want);

// What is off by so much cannot be held against anybody where others move as much: skips aloud.
void account_skip_noise(int64_t off, int64_t noise);

#endif
