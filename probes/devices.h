// devices.h - which devices hold shared memory: told apart before any name is looked at.
#ifndef PROBES_DEVICES_H
#define PROBES_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/model.h"

struct root;

enum device_class {
    DEVICE_UNKNOWN,   // a device without a driver that no mount table read so far names
    DEVICE_IGNORED,   // an ordinary file system, anonymous inodes, drivers
    DEVICE_INTERNAL,  // the kernel's own shmem mount: System V, memfd, anonymous shared
    DEVICE_HUGE,      // the kernel's own hugetlbfs mounts: the same with huge pages
    DEVICE_SHM,       // a /dev/shm, ours or another mount namespace's
    DEVICE_TMPFS,     // any other tmpfs
    DEVICE_HUGETLBFS, // a mounted hugetlbfs
};

struct device {
    uint64_t dev;
    enum device_class class;
    bool own;        // mounted in our own mount namespace
    uint64_t mnt_ns; // of a foreign one: a namespace that mounts it (0: not known)
};

struct devices;

// Owned by the caller. 0 or -ENOMEM.
int devices_new(const struct root *root, struct devices **out); // root is borrowed
void devices_free(struct devices *d);
// Reads our own mount table again; with `all` what was learnt of foreign ones is forgotten, as
// device numbers come back after an unmount. 0 or -ENOMEM; an unreadable table leaves the internal
// devices and /dev/shm.
int devices_refresh(struct devices *d, bool all);
// Reads the mount table of a process to learn foreign devices. 0 or -errno.
int devices_learn(struct devices *d, pid_t pid);
// Tells that this device is the /dev/shm of another mount namespace, wherever else it is mounted.
int devices_put_shm(struct devices *d, uint64_t dev, uint64_t mnt_ns);
// Remembers that nothing is known to mount this device, so that it is not asked about each scan.
int devices_ignore(struct devices *d, uint64_t dev);
// Borrowed until the next call that changes the table. NULL: unknown.
const struct device *devices_find(const struct devices *d, uint64_t dev);
// Safe from several threads while nothing changes the table.
enum device_class devices_class(const struct devices *d, uint64_t dev);

// What an object is, by its device and its name in a maps line or a descriptor's link, which may
// end in " (deleted)". False: nothing of ours. *huge: on the internal hugetlbfs.
bool devices_classify(const struct devices *d, uint64_t dev, const char *name, size_t len,
                      enum seg_kind *kind, bool *huge);

#endif
