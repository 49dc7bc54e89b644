// syncobj.h - semaphores and mutexes in shared memory, as glibc lays them out on x86_64.
#ifndef CORE_SYNCOBJ_H
#define CORE_SYNCOBJ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYNC_SEM_SIZE = 32, SYNC_MUTEX_SIZE = 40 };

struct sync_sem {
    uint32_t value;
    uint32_t waiters; // as counted by glibc: one that was killed stays counted
};
// A sem_t shared between processes. False: the bytes do not fit one in every part.
bool sync_sem(const uint8_t *bytes, size_t len, struct sync_sem *out);

enum sync_mutex_type { SYNC_NORMAL, SYNC_RECURSIVE, SYNC_ERRORCHECK, SYNC_ADAPTIVE };
struct sync_mutex {
    enum sync_mutex_type type;
    bool robust, inherits; // PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_INHERIT
    bool locked;
    uint32_t owner; // thread id, as the owner's pid namespace counts; 0: nobody
    uint32_t depth; // of a recursive one
    bool waiters;   // somebody waits, as far as the lock word knows
    bool owner_died, inconsistent, not_recoverable;
};
// A pthread_mutex_t shared between processes. False: the bytes do not fit one in every part.
bool sync_mutex(const uint8_t *bytes, size_t len, struct sync_mutex *out);

// "value 3, 1 waiting", "locked by thread 4711, waiters, robust" ... or that it is none.
void sync_sem_text(const uint8_t *bytes, size_t len, char *buf, size_t size);
void sync_mutex_text(const uint8_t *bytes, size_t len, char *buf, size_t size);
// The words behind the owner: ", waiters, robust".
void sync_mutex_marks(const struct sync_mutex *m, char *buf, size_t size);

#endif
