// test_syncobj.c - semaphores and mutexes as the C library really makes them.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/syncobj.h"

static union {
    pthread_mutex_t mutex;
    sem_t sem;
    uint8_t bytes[64];
} * shared;

static int start(void **state) {
    (void)state;
#if !defined(__x86_64__) || !defined(__GLIBC__)
    skip();
#endif
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : 0;
}
static int end(void **state) {
    (void)state;
    return munmap(shared, sizeof *shared);
}

static void make(int type, bool robust, bool inherits, int process_shared) {
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, type);
    pthread_mutexattr_setpshared(&a, process_shared);
    if (robust)
        pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    if (inherits)
        pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    memset(shared, 0, sizeof *shared);
    assert_int_equal(pthread_mutex_init(&shared->mutex, &a), 0);
}

static struct sync_mutex look(void) {
    struct sync_mutex m;
    assert_true(sync_mutex(shared->bytes, SYNC_MUTEX_SIZE, &m));
    return m;
}

static const struct {
    int made;
    enum sync_mutex_type seen;
} types[] = {{PTHREAD_MUTEX_NORMAL, SYNC_NORMAL},
             {PTHREAD_MUTEX_RECURSIVE, SYNC_RECURSIVE},
             {PTHREAD_MUTEX_ERRORCHECK, SYNC_ERRORCHECK},
             {PTHREAD_MUTEX_ADAPTIVE_NP, SYNC_ADAPTIVE}};

static void every_mutex_is_read_locked_and_unlocked(void **state) {
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        bool robust = i & 1, inherits = i & 2;
        make(types[i >> 2].made, robust, inherits, PTHREAD_PROCESS_SHARED);
        struct sync_mutex m = look();
        assert_false(m.locked);
        assert_int_equal(m.type, types[i >> 2].seen);
        assert_true(m.robust == robust && m.inherits == inherits);
        pthread_mutex_lock(&shared->mutex);
        if (m.type == SYNC_RECURSIVE)
            pthread_mutex_lock(&shared->mutex);
        m = look();
        assert_true(m.locked && !m.waiters && !m.owner_died);
        assert_int_equal(m.owner, gettid());
        if (m.type == SYNC_RECURSIVE) {
            assert_int_equal(m.depth, 2);
            pthread_mutex_unlock(&shared->mutex);
        }
        pthread_mutex_unlock(&shared->mutex);
        m = look();
        assert_false(m.locked);
        assert_int_equal(m.owner, 0);
    }
}

static pid_t die_holding(void) {
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(&shared->mutex);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return pid;
}

static void a_dead_owner_is_told(void **state) {
    (void)state;
    char text[160];
    make(PTHREAD_MUTEX_NORMAL, true, false, PTHREAD_PROCESS_SHARED);
    pid_t dead = die_holding();
    struct sync_mutex m = look();
    assert_true(m.owner_died && !m.locked);
    assert_int_equal(m.owner, dead);
    assert_int_equal(pthread_mutex_lock(&shared->mutex), EOWNERDEAD);
    m = look();
    assert_true(m.inconsistent && m.locked);
    assert_int_equal(m.owner, gettid());
    pthread_mutex_unlock(&shared->mutex); // without making it consistent
    m = look();
    assert_true(m.not_recoverable && !m.locked);
    sync_mutex_text(shared->bytes, SYNC_MUTEX_SIZE, text, sizeof text);
    assert_string_equal(text, "unlocked, not recoverable, robust");
    make(PTHREAD_MUTEX_NORMAL, false, false, PTHREAD_PROCESS_SHARED);
    dead = die_holding();
    m = look(); // nobody tells: the lock stands for ever
    assert_true(m.locked && !m.owner_died);
    assert_int_equal(m.owner, dead);
}

static void semaphores_are_read(void **state) {
    (void)state;
    struct sync_sem s;
    char text[80];
    memset(shared, 0, sizeof *shared);
    assert_int_equal(sem_init(&shared->sem, 1, 3), 0);
    assert_true(sync_sem(shared->bytes, SYNC_SEM_SIZE, &s));
    assert_int_equal(s.value, 3);
    assert_int_equal(s.waiters, 0);
    sem_trywait(&shared->sem);
    sync_sem_text(shared->bytes, SYNC_SEM_SIZE, text, sizeof text);
    assert_string_equal(text, "value 2");
    shared->bytes[4] = 1;
    sync_sem_text(shared->bytes, SYNC_SEM_SIZE, text, sizeof text);
    assert_string_equal(text, "value 2, 1 counted as waiting");
    sem_init(&shared->sem, 0, 3); // of one process: no business of others
    assert_false(sync_sem(shared->bytes, SYNC_SEM_SIZE, &s));
}

static void what_does_not_fit_is_none(void **state) {
    (void)state;
    struct sync_mutex m;
    struct sync_sem s;
    make(PTHREAD_MUTEX_NORMAL, false, false, PTHREAD_PROCESS_PRIVATE);
    assert_false(sync_mutex(shared->bytes, SYNC_MUTEX_SIZE, &m));
    make(PTHREAD_MUTEX_NORMAL, false, false, PTHREAD_PROCESS_SHARED);
    assert_false(sync_mutex(shared->bytes, SYNC_MUTEX_SIZE - 1, &m));
    pthread_mutex_lock(&shared->mutex);
    uint8_t good[SYNC_MUTEX_SIZE];
    memcpy(good, shared->bytes, sizeof good);
    static const struct {
        uint8_t at, value;
    } wrong[] = {{0, 3},  {0, 0},     {1, 1},  {4, 1},  {11, 1}, {15, 1},
                 {17, 8}, {16, 0xc0}, {20, 1}, {24, 1}, {39, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t bytes[SYNC_MUTEX_SIZE];
        memcpy(bytes, good, sizeof bytes);
        bytes[wrong[i].at] = wrong[i].value;
        if (sync_mutex(bytes, sizeof bytes, &m))
            fail_msg("byte %u as %#x", wrong[i].at, wrong[i].value);
    }
    uint8_t zeros[64] = {0};
    assert_false(sync_mutex(zeros, sizeof zeros, &m));
    assert_false(sync_sem(zeros, sizeof zeros, &s));
    memset(zeros, 0xff, sizeof zeros);
    assert_false(sync_mutex(zeros, sizeof zeros, &m));
    assert_false(sync_sem(zeros, sizeof zeros, &s));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_mutex_is_read_locked_and_unlocked, start, end),
        cmocka_unit_test_setup_teardown(a_dead_owner_is_told, start, end),
        cmocka_unit_test_setup_teardown(semaphores_are_read, start, end),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_none, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
