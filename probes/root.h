// root.h - where everything is read from: the real machine, or a captured directory.
//
// All reads of /proc and /dev/shm go through a root, relative to directory descriptors held by it.
// A captured root (`--root DIR`, tests) is a directory with proc/ and shm/ plus manifest.json, which
// carries what files cannot: device and inode, owners, times, nattch, our uid, the time, and errors
// to be injected by path.
#ifndef PROBES_ROOT_H
#define PROBES_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/model.h"

struct root;

enum root_tree { ROOT_PROC, ROOT_SHM };

// What statx tells of a file, with the manifest's word over the file system's.
struct root_stat {
    uint64_t dev, ino; // dev as in makedev(3)
    uint32_t mode, uid, gid, links;
    uint64_t size, blocks_bytes;
    uint64_t birth_ns, change_ns, modify_ns; // birth_ns 0: not told
};

// dir NULL: the real machine. 0 or -errno. Owned by the caller.
int root_open(const char *dir, struct root **out);
void root_close(struct root *root);
// True for the real machine: only then may shmctl, ioctls on maps and the like be used.
bool root_is_live(const struct root *root);
// Our uid, namespaces, /dev/shm device, page size and host name, captured or real. Borrowed.
const struct vantage *root_vantage(const struct root *root);
// Time now; of a captured root the time of its capture. CLOCK_REALTIME / CLOCK_MONOTONIC ns.
uint64_t root_wall_ns(const struct root *root);
uint64_t root_mono_ns(const struct root *root);
// Devices of the kernel's internal shmem and hugetlbfs mounts (fstat of fresh memfds); 0 unknown.
uint64_t root_internal_dev(const struct root *root);
uint64_t root_internal_huge_dev(const struct root *root);

// Opens path (relative to the tree, "" the tree itself) with O_CLOEXEC added. fd or -errno.
// Never follows a symbolic link in the last component of ROOT_SHM paths and never blocks
// (O_NONBLOCK, O_NOCTTY there).
int root_openat(const struct root *root, enum root_tree tree, const char *path, int flags);
// Reads a whole file of at most size-1 bytes and terminates it. 0 and *len, or -errno
// (-EFBIG when it is longer: the first size-1 bytes are there).
int root_read(const struct root *root, enum root_tree tree, const char *path, char *buf,
              size_t size, size_t *len);
// Reads a whole file of any size up to `limit` into memory owned by the caller.
int root_read_all(const struct root *root, enum root_tree tree, const char *path, size_t limit,
                  char **buf, size_t *len);
// statx without following the last symbolic link and without automount. 0 or -errno.
int root_stat(const struct root *root, enum root_tree tree, const char *path,
              struct root_stat *out);
// The same, following (map_files/..., ns/ipc).
int root_stat_follow(const struct root *root, enum root_tree tree, const char *path,
                     struct root_stat *out);
ssize_t root_readlink(const struct root *root, enum root_tree tree, const char *path, char *buf,
                      size_t size);
// Calls visit for every entry but . and .. until it returns nonzero (returned). d_type as in
// readdir(3). 0, the visitor's value, or -errno.
int root_list(const struct root *root, enum root_tree tree, const char *path,
              int (*visit)(void *arg, const char *name, unsigned char d_type), void *arg);

#endif
