// devices.c - which devices hold shared memory: told apart before any name is looked at.
#include "probes/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "probes/mountinfo.h"
#include "probes/root.h"

struct devices {
    struct device *items; // sorted by dev
    size_t count, cap;
    const struct root *root; // borrowed
    uint64_t shm;
    bool shm_by_name; // our /dev/shm is a directory of a larger tmpfs
};

int devices_new(const struct root *root, struct devices **out) {
    struct devices *d = calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    d->root = root;
    *out = d;
    return 0;
}

void devices_free(struct devices *d) {
    if (!d)
        return;
    free(d->items);
    free(d);
}

static size_t place(const struct devices *d, uint64_t dev) {
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (d->items[mid].dev < dev)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct device *devices_find(const struct devices *d, uint64_t dev) {
    size_t i = place(d, dev);
    return i < d->count && d->items[i].dev == dev ? &d->items[i] : NULL;
}

enum device_class devices_class(const struct devices *d, uint64_t dev) {
    // Everything that holds shared memory has a device number without a driver: major 0.
    if (major(dev) != 0)
        return DEVICE_IGNORED;
    const struct device *known = devices_find(d, dev);
    if (known)
        return known->class;
    return root_is_internal_huge(d->root, dev) ? DEVICE_HUGE : DEVICE_UNKNOWN;
}

static int put(struct devices *d, struct device item) {
    size_t i = place(d, item.dev);
    if (i < d->count && d->items[i].dev == item.dev) {
        d->items[i] = item;
        return 0;
    }
    if (d->count == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 32;
        struct device *items = reallocarray(d->items, cap, sizeof *items);
        if (!items)
            return -ENOMEM;
        d->items = items;
        d->cap = cap;
    }
    memmove(d->items + i + 1, d->items + i, (d->count - i) * sizeof *d->items);
    d->items[i] = item;
    d->count++;
    return 0;
}

int devices_ignore(struct devices *d, uint64_t dev) {
    return put(d, (struct device){.dev = dev, .class = DEVICE_IGNORED});
}

static bool is(const char *text, size_t len, const char *word) {
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

static enum device_class class_of(const struct mount_line *m) {
    if (mount_is_type(m, "tmpfs"))
        return is(m->point, m->point_len, "/dev/shm") ? DEVICE_SHM : DEVICE_TMPFS;
    return mount_is_type(m, "hugetlbfs") ? DEVICE_HUGETLBFS : DEVICE_IGNORED;
}

static int take_line(struct devices *d, const struct mount_line *m, bool own, uint64_t mnt_ns) {
    const struct device *known = devices_find(d, m->dev);
    enum device_class class = class_of(m);
    // What is ours stays ours; one tmpfs may be mounted in several places, of which /dev/shm
    // counts.
    if (known && known->own && (!own || class != DEVICE_SHM))
        return 0;
    if (known && !own && class != DEVICE_SHM && known->class != DEVICE_IGNORED)
        return 0;
    return put(d, (struct device){.dev = m->dev, .class = class, .own = own, .mnt_ns = mnt_ns});
}

static int read_table(struct devices *d, const char *path, bool own, uint64_t mnt_ns) {
    char *text;
    size_t len;
    int err = root_read_all(d->root, ROOT_PROC, path, MOUNTINFO_LIMIT, &text, &len);
    if (err)
        return err;
    struct mount_line m;
    for (const char *at = text, *end = text + len; !err && mountinfo_next(&at, end, &m);)
        err = take_line(d, &m, own, mnt_ns);
    free(text);
    return err;
}

int devices_refresh(struct devices *d, bool all) {
    const struct root *root = d->root;
    size_t keep = 0;
    for (size_t i = 0; i < d->count; i++)
        if (!d->items[i].own && !all)
            d->items[keep++] = d->items[i];
    d->count = keep;
    d->shm = root_vantage(root)->devshm_dev;
    d->shm_by_name = false;
    int err = read_table(d, "self/mountinfo", true, 0);
    if (err && err != -ENOMEM && !root_is_live(d->root))
        err = read_table(d, "1/mountinfo", true, 0); // who captured the root is not in it
    if (err == -ENOMEM)
        return err;
    err = 0;
    if (d->shm) {
        const struct device *known = devices_find(d, d->shm);
        d->shm_by_name = known && known->own && known->class == DEVICE_TMPFS;
        err = put(d, (struct device){.dev = d->shm, .class = DEVICE_SHM, .own = true});
    }
    uint64_t internal = root_internal_dev(root);
    if (!err && internal)
        err = put(d, (struct device){.dev = internal, .class = DEVICE_INTERNAL, .own = true});
    return err;
}

int devices_put_shm(struct devices *d, uint64_t dev, uint64_t mnt_ns) {
    return put(d, (struct device){.dev = dev, .class = DEVICE_SHM, .mnt_ns = mnt_ns});
}

int devices_learn(struct devices *d, pid_t pid) {
    char path[64];
    struct root_stat st;
    uint64_t ns = 0;
    snprintf(path, sizeof path, "%d/ns/mnt", (int)pid);
    if (root_stat_follow(d->root, ROOT_PROC, path, &st) == 0)
        ns = st.ino;
    snprintf(path, sizeof path, "%d/mountinfo", (int)pid);
    return read_table(d, path, false, ns);
}

static bool starts(const char *name, size_t len, const char *with) {
    size_t n = strlen(with);
    return len >= n && memcmp(name, with, n) == 0;
}

// ^/SYSV[0-9a-f]{8} \(deleted\)$
static bool is_sysv_name(const char *name, size_t len) {
    if (len != 23 || !starts(name, len, "/SYSV") || memcmp(name + 13, " (deleted)", 10) != 0)
        return false;
    for (size_t i = 5; i < 13; i++)
        if (!((name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'f')))
            return false;
    return true;
}

bool devices_classify(const struct devices *d, uint64_t dev, const char *name, size_t len,
                      enum seg_kind *kind, bool *huge) {
    enum device_class class = devices_class(d, dev);
    *huge = class == DEVICE_HUGE;
    switch (class) {
    case DEVICE_INTERNAL:
    case DEVICE_HUGE:
        if (is_sysv_name(name, len))
            *kind = SEG_SYSV;
        else if (starts(name, len, "/memfd:"))
            *kind = SEG_MEMFD;
        else if (is(name, len, *huge ? "/anon_hugepage (deleted)" : "/dev/zero (deleted)"))
            *kind = SEG_ANON;
        else
            return false; // driver buffers live on the same device
        return true;
    case DEVICE_SHM:
        *kind = SEG_POSIX;
        if (dev == d->shm && d->shm_by_name && !starts(name, len, "/dev/shm/"))
            *kind = SEG_TMPFS;
        return true;
    case DEVICE_TMPFS:
        *kind = SEG_TMPFS;
        return true;
    case DEVICE_HUGETLBFS:
        *kind = SEG_HUGETLB;
        return true;
    case DEVICE_UNKNOWN:
    case DEVICE_IGNORED:
        break;
    }
    return false;
}
