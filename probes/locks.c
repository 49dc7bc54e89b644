// locks.c - who has locked which shared object, from /proc/locks.
#include "probes/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probes/ahead.h"
#include "probes/devices.h"
#include "probes/fds.h"
#include "probes/probe.h"
#include "probes/probes_list.h"
#include "probes/procs.h"

static bool take_number(const char **at, const char *end, unsigned base, uint64_t *out) {
    uint64_t value = 0;
    const char *p = *at;
    for (; p < end; p++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (base == 16 && *p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else
            break;
        if (value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    if (p == *at)
        return false;
    *at = p;
    *out = value;
    return true;
}

static bool next_word(const char **at, const char *end, const char **word, size_t *len) {
    while (*at < end && **at == ' ')
        (*at)++;
    *word = *at;
    while (*at < end && **at != ' ')
        (*at)++;
    *len = (size_t)(*at - *word);
    return *len > 0;
}

// "MAJ:MIN:INO", the device in hex and the inode in decimal.
static bool parse_place(const char *word, size_t len, struct lock_line *out) {
    const char *at = word, *end = word + len;
    uint64_t dev_major, dev_minor;
    if (!take_number(&at, end, 16, &dev_major) || at == end || *at++ != ':' ||
        !take_number(&at, end, 16, &dev_minor) || at == end || *at++ != ':' ||
        !take_number(&at, end, 10, &out->ino) || at != end || dev_major > UINT32_MAX ||
        dev_minor > UINT32_MAX)
        return false;
    out->dev = makedev((unsigned)dev_major, (unsigned)dev_minor);
    return true;
}

// "1: POSIX  ADVISORY  WRITE 1234 00:1a:131 0 EOF"; with "->" as second word it waits for line 1.
bool lock_parse_line(const char *line, size_t len, struct lock_line *out) {
    enum { WORD_NUMBER, WORD_TYPE, WORD_MODE, WORD_ACCESS, WORD_PID, WORD_PLACE, WORDS };
    const char *at = line, *end = line + len, *word;
    struct lock_line lock = {0};
    size_t n;
    for (int i = 0; i < WORDS; i++) {
        if (!next_word(&at, end, &word, &n))
            return false;
        const char *p = word, *word_end = word + n;
        uint64_t number;
        if (i == WORD_NUMBER &&
            (!take_number(&p, word_end, 10, &number) || word_end - p != 1 || *p != ':'))
            return false;
        if (i == WORD_TYPE && n == 2 && memcmp(word, "->", 2) == 0) {
            lock.waits = true;
            i--; // the type follows
            continue;
        }
        if (i == WORD_PID && !(n == 2 && memcmp(word, "-1", 2) == 0)) {
            if (!take_number(&p, word_end, 10, &number) || p != word_end || number > INT32_MAX)
                return false;
            lock.pid = (pid_t)number;
        }
        if (i == WORD_PLACE && !parse_place(word, n, &lock))
            return false;
    }
    *out = lock;
    return true;
}

static bool find_kind(struct builder *b, const struct lock_line *lock, enum seg_kind *kind) {
    static const enum seg_kind kinds[] = {SEG_POSIX, SEG_TMPFS, SEG_HUGETLB, SEG_MEMFD, SEG_ANON};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (builder_find_segment(b, kinds[i], 0, lock->dev, lock->ino)) {
            *kind = kinds[i];
            return true;
        }
    }
    return false;
}

static void tell_nobody(struct scan *scan, const struct lock_line *lock, enum seg_kind kind) {
    char what[120];
    struct segment *seg = builder_find_segment(scan->out, kind, 0, lock->dev, lock->ino);
    if (seg)
        seg->locked_unseen = true;
    int n = snprintf(what, sizeof what, "a lock %s on device %u:%u inode %" PRIu64,
                     lock->pid > 0 ? "of a process that came or went meanwhile"
                                   : "without a process",
                     major(lock->dev), minor(lock->dev), lock->ino);
    builder_note(scan->out, probe_locks.name, what, (size_t)n,
                 lock->pid > 0 ? WHY_GONE : WHY_UNSUPPORTED, 0);
}

static int take_lock(struct scan *scan, const struct lock_line *lock) {
    enum device_class class = devices_class(scan->procs->devices, lock->dev);
    enum seg_kind kind;
    if (lock->waits || class == DEVICE_IGNORED || class == DEVICE_UNKNOWN)
        return 0;
    struct proc *p = lock->pid > 0 ? procs_find(scan->procs, lock->pid) : NULL;
    if (p && !procs_wanted(scan, p))
        return 0;
    bool found = find_kind(scan->out, lock, &kind);
    if (!found && p && class != DEVICE_TMPFS && class != DEVICE_HUGETLBFS) {
        // Whoever locks an object that no listing has holds it by a descriptor.
        int err = fds_look(scan, p);
        if (err)
            return err;
        found = find_kind(scan->out, lock, &kind);
    }
    if (!found)
        return 0;
    if (p)
        return builder_add_lock(scan->out, p->index, kind, lock->dev, lock->ino);
    // A lock of an open file description (F_OFD_SETLK) names no process; one of a process outside
    // our pid namespace shows as 0; one that is not in the list was born or has died since.
    tell_nobody(scan, lock, kind);
    return 0;
}

static int locks_scan(void *state, struct scan *scan) {
    char *text;
    size_t len;
    (void)state;
    if (!scan->want->locks || !scan->procs)
        return 0;
    int err = scan->locks ? ahead_take(scan->locks, &text, &len)
                          : locks_read(scan->root, &text, &len);
    scan->locks = NULL;
    if (err == -ENOMEM)
        return err;
    if (err) {
        builder_note(scan->out, probe_locks.name, "/proc/locks", 11, why_from_errno(-err), -err);
        return 0;
    }
    builder_coverage(scan->out)->locks = true;
    for (const char *at = text, *end = text + len; at < end && !err;) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        size_t n = nl ? (size_t)(nl - at) : (size_t)(end - at);
        struct lock_line lock;
        if (lock_parse_line(at, n, &lock))
            err = take_lock(scan, &lock);
        else
            builder_note(scan->out, probe_locks.name, at, n < 80 ? n : 80, WHY_MALFORMED, 0);
        at += n + 1;
    }
    free(text);
    return err;
}

const struct probe probe_locks = {.name = "locks", .scan = locks_scan};
