// root.h - where everything is read from: the real machine, or a captured directory.
//
// All reads of /proc and /dev/shm go through a root, relative to directory descriptors held by it.
// A captured root (`--root DIR`, tests) is a directory with proc/ and shm/ plus manifest.json,
// which carries what files cannot: device and inode, owners, times, nattch, our uid, the time, and
// errors to be injected by path (the format is described in root_fixture.c).
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
    bool is_mount_root;                      // something is mounted here (Linux 5.8 and later tell)
};

// dir NULL: the real machine. 0 or -errno. Owned by the caller. On the real machine a /dev/shm that
// is missing or no tmpfs is no error: operations on ROOT_SHM then fail with what is wrong with it.
int root_open(const char *dir, struct root **out);
// The same; when a captured root cannot be used `error` gets one line that says why.
int root_open_explained(const char *dir, struct root **out, char *error, size_t size);
void root_close(struct root *root);
// True for the real machine: only then may shmctl, ioctls on maps and the like be used.
bool root_is_live(const struct root *root);
// Our uid, namespaces, /dev/shm device, page size and host name, captured or real. Borrowed.
const struct vantage *root_vantage(const struct root *root);
// Root of the initial user and pid namespaces, without hidepid: nothing is kept from us.
bool root_sees_all(const struct root *root);
// True when others' processes are not even listed to us (hidepid=invisible).
bool root_hides_pids(const struct root *root);
// Time now; of a captured root the time of its capture. CLOCK_REALTIME / CLOCK_MONOTONIC ns.
uint64_t root_wall_ns(const struct root *root);
uint64_t root_mono_ns(const struct root *root);
// Devices of the kernel's internal shmem and hugetlbfs mounts (fstat of fresh memfds); 0 unknown.
uint64_t root_internal_dev(const struct root *root);
uint64_t root_internal_huge_dev(const struct root *root);
// True for the internal hugetlbfs mount of any huge page size (each size has its own device).
bool root_is_internal_huge(const struct root *root, uint64_t dev);

// Opens path (relative to the tree, "" the tree itself) with O_CLOEXEC added. fd or -errno.
// In ROOT_SHM no component may be a symbolic link (-ELOOP) or ".." (-EXDEV), and it never blocks
// (O_NONBLOCK, O_NOCTTY): the caller looks with fstat at what was opened before trusting it.
int root_openat(const struct root *root, enum root_tree tree, const char *path, int flags);
// Opens the directory that holds path's last component as O_PATH, resolved as root_openat does, and
// points *base at that component inside path. For creating, unlinking, renaming. fd or -errno.
int root_open_parent(const struct root *root, enum root_tree tree, const char *path,
                     const char **base);
// read(2) until size bytes or the end, however often it is interrupted. 0 and *len, or -errno.
int root_read_fd(int fd, void *buf, size_t size, size_t *len);
// write(2) until all of it is there, from offset `at` on, -1: where the file stands. 0 or -errno.
int root_write_fd(int fd, const void *bytes, size_t len, int64_t at);
// Reads a whole file of at most size-1 bytes and terminates it. 0 and *len, or -errno
// (-EFBIG when it is longer: the first size-1 bytes are there).
int root_read(const struct root *root, enum root_tree tree, const char *path, char *buf,
              size_t size, size_t *len);
// The same with one read(2): only for files that the kernel makes in one piece (stat, cgroup).
int root_read_once(const struct root *root, enum root_tree tree, const char *path, char *buf,
                   size_t size, size_t *len);
// Reads a whole file of any size up to `limit` into memory owned by the caller (terminated beyond
// *len). 0, -EFBIG, -ENOMEM or another -errno.
int root_read_all(const struct root *root, enum root_tree tree, const char *path, size_t limit,
                  char **buf, size_t *len);
// statx without following the last symbolic link and without automount. 0 or -errno.
int root_stat(const struct root *root, enum root_tree tree, const char *path,
              struct root_stat *out);
// The same, following (map_files/..., ns/ipc). In ROOT_SHM links are not followed here either.
int root_stat_follow(const struct root *root, enum root_tree tree, const char *path,
                     struct root_stat *out);
// The same, but telling dev, ino and mode alone: for what is asked of every descriptor there is.
int root_stat_place(const struct root *root, enum root_tree tree, const char *path,
                    struct root_stat *out);
ssize_t root_readlink(const struct root *root, enum root_tree tree, const char *path, char *buf,
                      size_t size);
// Calls visit for every entry but . and .. until it returns nonzero (returned). d_type as in
// readdir(3). 0, the visitor's value, or -errno.
int root_list(const struct root *root, enum root_tree tree, const char *path,
              int (*visit)(void *arg, const char *name, unsigned char d_type), void *arg);

// An open directory, read entry by entry. What is asked of an entry is asked of this directory,
// also when its path has come to lead elsewhere meanwhile.
struct root_dir;
int root_dir_open(const struct root *root, enum root_tree tree, const char *path,
                  struct root_dir **out);
void root_dir_close(struct root_dir *dir);
// 1 and an entry (name borrowed until the next call), 0 at the end, or -errno.
int root_dir_next(struct root_dir *dir, const char **name, unsigned char *d_type);
// Inode number of the last entry, as the directory tells it; 0: not told.
uint64_t root_dir_ino(const struct root_dir *dir);
// statx of an entry ("." the directory itself), links not followed. 0 or -errno. Safe from several
// threads.
int root_dir_stat(struct root_dir *dir, const char *name, struct root_stat *out);
// Opens an entry as root_openat would. fd or -errno.
int root_dir_openat(struct root_dir *dir, const char *name, int flags);

// Size and use of the file system that holds a tree; inodes are counts.
struct root_statfs {
    uint64_t size, used; // bytes; size 0: no limit, then `used` is not told either
    uint64_t inodes, inodes_used;
};
int root_statfs(const struct root *root, enum root_tree tree, struct root_statfs *out);
// The same of the tmpfs that an open file (O_PATH will do) is on. 0, -EMEDIUMTYPE (it is on
// something else), or another -errno.
int root_statfs_fd(int fd, struct root_statfs *out);

// SHM_INFO of shmctl(2), in pages where it counts memory.
struct root_shm_info {
    uint64_t used_ids, total_pages, resident_pages, swapped_pages;
    uint32_t highest_index;
};
int root_shm_info(const struct root *root, struct root_shm_info *out);
// SHM_STAT_ANY of shmctl(2): one slot of the kernel's table, whoever owns it. Times in seconds.
struct root_shm_row {
    uint32_t shmid, key, perms, cpid, lpid, uid, gid, cuid, cgid;
    uint64_t size, nattch, atime, dtime, ctime;
};
// 0, -EINVAL for a slot that is not in use, or another -errno.
int root_shm_stat(const struct root *root, uint32_t index, struct root_shm_row *out);

// Name of a user, terminated. 0, -ENOENT (there is none), -ERANGE, or another -errno.
int root_user_name(const struct root *root, uint32_t uid, char *buf, size_t size);

// For tests. Makes every operation on a path (and on what is below it) fail with err.
int root_inject(struct root *root, enum root_tree tree, const char *path, int err);
// For tests. Goes on as if the kernel had no openat2(2).
void root_forgo_openat2(struct root *root);

#endif
