// root_internal.h - what the parts of a root share: root.c, root_live.c, root_fixture.c.
#ifndef PROBES_ROOT_INTERNAL_H
#define PROBES_ROOT_INTERNAL_H

#include "probes/root.h"

enum root_op { ROOT_OP_OPEN, ROOT_OP_READ, ROOT_OP_STAT, ROOT_OP_READLINK, ROOT_OP_LIST };
enum { ROOT_OP_COUNT = ROOT_OP_LIST + 1, ROOT_HUGE_DEVS = 4 };

struct fixture;

struct root_fault {
    enum root_tree tree;
    char *path; // owned
    int err;
};

struct root {
    int dir[2];  // by enum root_tree; O_PATH descriptors
    int shm_err; // the reason dir[ROOT_SHM] is -1, as an errno
    bool no_openat2;
    bool sees_all;
    bool hides_pids; // others' processes are not even listed
    bool may_lend;   // the /dev/shm is one of another user namespace, see lend.h
    struct vantage vantage;
    uint64_t internal_dev;
    uint64_t huge_dev[ROOT_HUGE_DEVS]; // the first is that of the default size
    struct root_fault *faults;
    size_t fault_count;
    struct fixture *fixture; // owned; NULL: the real machine
};

// root_path.c: opens path below dir without following any link (-ELOOP), without "..", "/" in front
// (-EXDEV) and without blocking. fd or -errno.
int root_open_beneath(const struct root *root, int dir, const char *path, int flags);
// True when the kernel has openat2 (Linux 5.6) and no sandbox keeps us from it.
bool root_has_openat2(int dir);
bool root_has_dotdot(const char *path);

// root.c: what stands in the way of an operation before the kernel is asked, as -errno, or 0.
int root_check(const struct root *root, enum root_tree tree, const char *path, enum root_op op);
// True where links must not be followed on the way: names there are given by anyone.
bool root_is_hostile(const struct root *root, enum root_tree tree);
// root_openat without root_check.
int root_open_unchecked(const struct root *root, enum root_tree tree, const char *path, int flags);
// statx; flags as there. 0 or -errno.
int root_statx(int fd, const char *name, int flags, struct root_stat *out);
// root.c: reads a descriptor to its end, as root_read_all does.
int root_read_growing(int fd, size_t limit, char **buf, size_t *len);

// root_live.c: opens the trees of the real machine and learns where we are.
int root_live_init(struct root *root);
int root_live_statfs(const struct root *root, enum root_tree tree, struct root_statfs *out);
int root_live_shm_info(struct root_shm_info *out);
int root_live_shm_stat(uint32_t index, struct root_shm_row *out);
int root_live_user_name(uint32_t uid, char *buf, size_t size);

// root_fixture.c: opens DIR/proc and DIR/shm and reads DIR/manifest.json.
int root_fixture_init(struct root *root, const char *dir, char *error, size_t size);
void root_fixture_done(struct fixture *fixture); // NULL is legal
// The error to be injected into an operation on a path, as -errno, or 0.
int fixture_error(const struct fixture *fixture, enum root_tree tree, const char *path,
                  enum root_op op);
// Lays the manifest's word over *st. `found` tells whether the file system gave *st at all.
// 0, or -ENOENT when neither knows the path.
int fixture_stat(const struct fixture *fixture, enum root_tree tree, const char *path, bool follow,
                 bool found, struct root_stat *st);
// Text of a link given by the manifest: its length (cut at size), or -ENOENT.
ssize_t fixture_readlink(const struct fixture *fixture, enum root_tree tree, const char *path,
                         char *buf, size_t size);
uint64_t fixture_wall_ns(const struct fixture *fixture);
uint64_t fixture_mono_ns(const struct fixture *fixture);
int fixture_statfs(const struct fixture *fixture, enum root_tree tree, struct root_statfs *out);
int fixture_shm_info(const struct fixture *fixture, struct root_shm_info *out);
int fixture_shm_stat(const struct fixture *fixture, uint32_t index, struct root_shm_row *out);
int fixture_user_name(const struct fixture *fixture, uint32_t uid, char *buf, size_t size);

#endif
