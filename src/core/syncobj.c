// syncobj.c - semaphores and mutexes in shared memory, as glibc lays them out on x86_64.
//
// sem_t: u32 value, u32 waiters, u32 0x80 when shared, the rest 0.
// pthread_mutex_t: u32 lock, u32 count, u32 owner, u32 users, u32 kind, u32 spins, then the links
// of the owner's list of robust mutexes.
#include "core/syncobj.h"

#include <stdio.h>
#include <string.h>

#ifdef __x86_64__
enum { LAYOUT_KNOWN = 1 };
#else
enum { LAYOUT_KNOWN = 0 }; // of other machines it was never looked at
#endif
enum {
    SHARED = 0x80,
    SEM_MOST_WAITERS = 1 << 22,
    PID_MOST = 1 << 22,
    KIND_TYPE = 0x3,
    KIND_ROBUST = 0x10,
    KIND_INHERIT = 0x20,
    KIND_NO_ELISION = 0x200,
    OWNER_INCONSISTENT = 0x7fffffff,
    OWNER_NOT_RECOVERABLE = 0x7ffffffe,
    DEPTH_MOST = 1 << 20,
};
#define LOCK_WAITERS UINT32_C(0x80000000)
#define LOCK_DIED UINT32_C(0x40000000)
#define LOCK_TID UINT32_C(0x3fffffff)

static uint32_t word(const uint8_t *bytes, size_t index) {
    const uint8_t *b = bytes + 4 * index;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool all_zero(const uint8_t *bytes, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (bytes[i])
            return false;
    return true;
}

bool sync_sem(const uint8_t *bytes, size_t len, struct sync_sem *out) {
    if (len < SYNC_SEM_SIZE || !LAYOUT_KNOWN)
        return false;
    *out = (struct sync_sem){word(bytes, 0), word(bytes, 1)};
    return word(bytes, 2) == SHARED && out->value <= INT32_MAX &&
           out->waiters <= SEM_MOST_WAITERS && all_zero(bytes, 12, SYNC_SEM_SIZE);
}

// Lock words of plain mutexes are 0, 1, or 2 when somebody waits.
static bool plain_fits(uint32_t lock, uint32_t owner, struct sync_mutex *m) {
    m->locked = lock != 0;
    m->waiters = lock == 2;
    m->owner = owner;
    return lock <= 2 && owner <= PID_MOST && (owner != 0) == m->locked;
}

// Those of robust and priority-inheriting ones hold the owner's thread id.
static bool owned_fits(uint32_t lock, uint32_t owner, struct sync_mutex *m) {
    uint32_t tid = lock & LOCK_TID;
    m->waiters = (lock & LOCK_WAITERS) != 0;
    m->owner_died = (lock & LOCK_DIED) != 0;
    m->inconsistent = owner == OWNER_INCONSISTENT;
    m->not_recoverable = owner == OWNER_NOT_RECOVERABLE;
    m->locked = tid != 0;
    m->owner = tid;
    if (tid > PID_MOST || (m->owner_died && !m->robust))
        return false;
    if (m->inconsistent || m->not_recoverable)
        return m->robust;
    if (m->owner_died && tid == 0) { // what the dead owner left; its id still stands beside
        m->owner = owner;
        return owner <= PID_MOST;
    }
    return owner == tid;
}

bool sync_mutex(const uint8_t *bytes, size_t len, struct sync_mutex *out) {
    if (len < SYNC_MUTEX_SIZE || !LAYOUT_KNOWN)
        return false;
    uint32_t lock = word(bytes, 0), count = word(bytes, 1), owner = word(bytes, 2);
    uint32_t users = word(bytes, 3), kind = word(bytes, 4);
    *out = (struct sync_mutex){.type = (enum sync_mutex_type)(kind & KIND_TYPE),
                               .robust = kind & KIND_ROBUST,
                               .inherits = kind & KIND_INHERIT,
                               .depth = count};
    bool by_tid = out->robust || out->inherits;
    if ((kind & ~(uint32_t)(SHARED | KIND_TYPE | KIND_ROBUST | KIND_INHERIT | KIND_NO_ELISION)) ||
        !(kind & SHARED))
        return false;
    if (!(by_tid ? owned_fits(lock, owner, out) : plain_fits(lock, owner, out)))
        return false;
    bool links = !all_zero(bytes, 24, SYNC_MUTEX_SIZE);
    uint32_t most = out->type == SYNC_RECURSIVE && out->locked ? DEPTH_MOST : by_tid;
    return users <= PID_MOST && count <= most && (!links || out->robust) &&
           (out->type == SYNC_ADAPTIVE || all_zero(bytes, 20, 24));
}

void sync_sem_text(const uint8_t *bytes, size_t len, char *buf, size_t size) {
    struct sync_sem s;
    if (!sync_sem(bytes, len, &s))
        snprintf(buf, size, "(no semaphore shared between processes)");
    else if (s.waiters)
        snprintf(buf, size, "value %u, %u counted as waiting", s.value, s.waiters);
    else
        snprintf(buf, size, "value %u", s.value);
}

void sync_mutex_marks(const struct sync_mutex *m, char *buf, size_t size) {
    static const char *const types[] = {"", ", recursive", ", error-checking", ", adaptive"};
    char depth[24] = "";
    if (m->type == SYNC_RECURSIVE && m->locked)
        snprintf(depth, sizeof depth, " %u deep", m->depth);
    snprintf(buf, size, "%s%s%s%s%s%s%s%s", m->waiters ? ", waiters" : "",
             m->owner_died ? ", its owner died" : "", m->inconsistent ? ", inconsistent" : "",
             m->not_recoverable ? ", not recoverable" : "", m->robust ? ", robust" : "",
             m->inherits ? ", inherits priority" : "", types[m->type], depth);
}

void sync_mutex_text(const uint8_t *bytes, size_t len, char *buf, size_t size) {
    struct sync_mutex m;
    char marks[120];
    if (!sync_mutex(bytes, len, &m)) {
        snprintf(buf, size, "(no mutex shared between processes)");
        return;
    }
    sync_mutex_marks(&m, marks, sizeof marks);
    if (m.locked)
        snprintf(buf, size, "locked by thread %u%s", m.owner, marks);
    else
        snprintf(buf, size, "unlocked%s", marks);
}
