// root.c - opening, reading, listing and asking about files of /proc and /dev/shm.
#include "probes/root.h"
#include "probes/root_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { OPENAT2_TRIES = 4, READ_CHUNK = 64 * 1024 };

struct root_dir {
    const struct root *root;
    enum root_tree tree;
    char *path; // for the manifest and injected errors
    DIR *stream;
};

int root_open_explained(const char *dir, struct root **out, char *error, size_t size) {
    if (size > 0)
        error[0] = '\0';
    struct root *root = calloc(1, sizeof(*root));
    if (root == NULL)
        return -ENOMEM;
    root->dir[ROOT_PROC] = root->dir[ROOT_SHM] = -1;
    int err = dir == NULL ? root_live_init(root) : root_fixture_init(root, dir, error, size);
    if (err < 0) {
        root_close(root);
        return err;
    }
    *out = root;
    return 0;
}

int root_open(const char *dir, struct root **out) {
    char error[1];
    return root_open_explained(dir, out, error, 0);
}

void root_close(struct root *root) {
    if (root == NULL)
        return;
    for (int i = 0; i < 2; i++)
        if (root->dir[i] >= 0)
            close(root->dir[i]);
    for (size_t i = 0; i < root->fault_count; i++)
        free(root->faults[i].path);
    free(root->faults);
    root_fixture_done(root->fixture);
    free(root);
}

bool root_is_live(const struct root *root) {
    return root->fixture == NULL;
}
const struct vantage *root_vantage(const struct root *root) {
    return &root->vantage;
}
bool root_sees_all(const struct root *root) {
    return root->sees_all;
}
uint64_t root_internal_dev(const struct root *root) {
    return root->internal_dev;
}
uint64_t root_internal_huge_dev(const struct root *root) {
    return root->huge_dev[0];
}
bool root_is_internal_huge(const struct root *root, uint64_t dev) {
    for (int i = 0; i < ROOT_HUGE_DEVS; i++)
        if (root->huge_dev[i] == dev && dev != 0)
            return true;
    return false;
}

int root_inject(struct root *root, enum root_tree tree, const char *path, int err) {
    struct root_fault *grown = realloc(root->faults,
                                       (root->fault_count + 1) * sizeof(*root->faults));
    if (grown == NULL)
        return -ENOMEM;
    root->faults = grown;
    char *copy = strdup(path);
    if (copy == NULL)
        return -ENOMEM;
    root->faults[root->fault_count++] = (struct root_fault){tree, copy, err};
    return 0;
}

void root_forgo_openat2(struct root *root) {
    root->no_openat2 = true;
}

// What stands in the way of an operation before the kernel is asked, as -errno, or 0.
static int check(const struct root *root, enum root_tree tree, const char *path, enum root_op op) {
    for (size_t i = 0; i < root->fault_count; i++) {
        const struct root_fault *f = &root->faults[i];
        size_t len = strlen(f->path);
        if (f->tree == tree && strncmp(path, f->path, len) == 0 &&
            (len == 0 || path[len] == '\0' || path[len] == '/'))
            return -f->err;
    }
    if (root->fixture != NULL) {
        int err = fixture_error(root->fixture, tree, path, op);
        if (err < 0)
            return err;
    }
    if (root->dir[tree] < 0)
        return tree == ROOT_SHM && root->shm_err != 0 ? -root->shm_err : -ENOENT;
    return 0;
}

static bool has_dotdot(const char *path) {
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, "/");
        if (len == 2 && p[0] == '.' && p[1] == '.')
            return true;
        p += len;
        p += strspn(p, "/");
    }
    return false;
}

// One step of the walk below: a directory that is no link. ENOTDIR of a link becomes ELOOP, which
// is what openat2 says.
static int open_step(int at, const char *name) {
    int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    int err = errno;
    struct stat st;
    if (err == ENOTDIR && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
        err = ELOOP;
    return -err;
}

// What openat2 does, component by component.
static int open_walking(int dir, const char *path, int flags) {
    int at = dir, fd;
    for (;;) {
        size_t len = strcspn(path, "/");
        const char *rest = path + len + strspn(path + len, "/");
        char name[NAME_MAX + 1];
        if (len > NAME_MAX) {
            fd = -ENAMETOOLONG;
            break;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        if (*rest == '\0' && path[len] == '\0') {
            fd = openat(at, name, flags);
            if (fd < 0)
                fd = -errno;
            struct stat st;
            if (fd == -ENOTDIR && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISLNK(st.st_mode))
                fd = -ELOOP;
            break;
        }
        fd = open_step(at, name);
        if (at != dir)
            close(at);
        at = fd;
        if (fd < 0)
            return fd;
        path = *rest == '\0' ? "." : rest;
    }
    if (at != dir)
        close(at);
    return fd;
}

// Opens below dir without following any link. fd or -errno.
static int open_beneath(const struct root *root, int dir, const char *path, int flags) {
    flags |= O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
    if ((flags & O_PATH) == 0)
        flags |= O_NONBLOCK; // a FIFO without a peer must not hold us
    else
        flags &= O_PATH | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY; // openat2 rejects the others
    if (has_dotdot(path))
        return -EXDEV;
    if (*path == '/')
        return -EXDEV;
    if (*path == '\0')
        path = ".";
    struct open_how how = {.flags = (uint64_t)(unsigned)flags,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    for (int i = 0; i < OPENAT2_TRIES && !root->no_openat2; i++) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
        if (fd >= 0)
            return (int)fd;
        if (errno == ENOSYS || errno == EPERM) // EPERM: a sandbox that does not know it
            break;
        if (errno != EAGAIN && errno != EINTR) // EAGAIN: a rename on the way
            return -errno;
    }
    return open_walking(dir, path, flags);
}

// True where links must not be followed on the way: paths there are made by anyone.
static bool is_hostile(const struct root *root, enum root_tree tree) {
    return tree == ROOT_SHM || root->fixture != NULL;
}

static int open_unchecked(const struct root *root, enum root_tree tree, const char *path,
                          int flags) {
    if (is_hostile(root, tree))
        return open_beneath(root, root->dir[tree], path, flags);
    int fd = openat(root->dir[tree], *path == '\0' ? "." : path, flags | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int root_openat(const struct root *root, enum root_tree tree, const char *path, int flags) {
    int err = check(root, tree, path, ROOT_OP_OPEN);
    return err < 0 ? err : open_unchecked(root, tree, path, flags);
}

// Descriptor of the directory that path's last component is looked up in; *base is that component.
// *opened tells whether the caller must close it. fd or -errno.
static int parent_of(const struct root *root, enum root_tree tree, const char *path,
                     const char **base, bool *opened) {
    const char *slash = strrchr(path, '/');
    *opened = false;
    if (slash == NULL || !is_hostile(root, tree)) {
        *base = *path == '\0' ? "." : path;
        if (is_hostile(root, tree) && has_dotdot(path))
            return -EXDEV;
        return root->dir[tree];
    }
    char dir[PATH_MAX];
    size_t len = (size_t)(slash - path);
    if (len >= sizeof(dir))
        return -ENAMETOOLONG;
    memcpy(dir, path, len);
    dir[len] = '\0';
    if (slash[1] == '\0' || has_dotdot(slash + 1))
        return -EXDEV;
    int fd = open_beneath(root, root->dir[tree], len == 0 ? "/" : dir, O_PATH | O_DIRECTORY);
    if (fd >= 0) {
        *opened = true;
        *base = slash + 1;
    }
    return fd;
}

int root_open_parent(const struct root *root, enum root_tree tree, const char *path,
                     const char **base) {
    int err = check(root, tree, path, ROOT_OP_OPEN);
    if (err < 0)
        return err;
    const char *name = NULL;
    bool opened;
    int fd = parent_of(root, tree, path, &name, &opened);
    if (fd >= 0 && !opened)
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (fd == -1)
        return -errno;
    if (fd >= 0)
        *base = name;
    return fd;
}

int root_read_fd(int fd, void *buf, size_t size, size_t *len) {
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, (char *)buf + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *len = got;
    return 0;
}

static int open_for_reading(const struct root *root, enum root_tree tree, const char *path) {
    int err = check(root, tree, path, ROOT_OP_READ);
    return err < 0 ? err : root_openat(root, tree, path, O_RDONLY);
}

int root_read(const struct root *root, enum root_tree tree, const char *path, char *buf,
              size_t size, size_t *len) {
    if (size == 0)
        return -EINVAL;
    int fd = open_for_reading(root, tree, path);
    if (fd < 0)
        return fd;
    size_t got = 0, more = 0;
    int err = root_read_fd(fd, buf, size - 1, &got);
    char beyond;
    if (err == 0 && got == size - 1)
        err = root_read_fd(fd, &beyond, 1, &more);
    close(fd);
    if (err < 0)
        return err;
    buf[got] = '\0';
    *len = got;
    return more > 0 ? -EFBIG : 0;
}

int root_read_growing(int fd, size_t limit, char **buf, size_t *len) {
    size_t room = READ_CHUNK, got = 0;
    char *text = malloc(room + 1);
    int err = text == NULL ? -ENOMEM : 0;
    while (err == 0) {
        size_t n = 0;
        err = root_read_fd(fd, text + got, room - got, &n);
        if (err < 0)
            break;
        got += n;
        if (got < room)
            break;
        if (got > limit) {
            err = -EFBIG;
            break;
        }
        room *= 2;
        char *grown = realloc(text, room + 1);
        if (grown == NULL)
            err = -ENOMEM;
        else
            text = grown;
    }
    if (err == 0 && got > limit)
        err = -EFBIG;
    if (err < 0) {
        free(text);
        return err;
    }
    text[got] = '\0';
    *buf = text;
    *len = got;
    return 0;
}

int root_read_all(const struct root *root, enum root_tree tree, const char *path, size_t limit,
                  char **buf, size_t *len) {
    int fd = open_for_reading(root, tree, path);
    if (fd < 0)
        return fd;
    int err = root_read_growing(fd, limit, buf, len);
    close(fd);
    return err;
}

static uint64_t ns_of(struct statx_timestamp t) {
    return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static int statx_at(int fd, const char *name, int flags, struct root_stat *out) {
    struct statx sx;
    if (statx(fd, name, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &sx) < 0)
        return -errno;
    *out = (struct root_stat){
        .dev = makedev(sx.stx_dev_major, sx.stx_dev_minor),
        .ino = sx.stx_ino,
        .mode = sx.stx_mode,
        .uid = sx.stx_uid,
        .gid = sx.stx_gid,
        .links = sx.stx_nlink,
        .size = sx.stx_size,
        .blocks_bytes = sx.stx_blocks * 512,
        .birth_ns = (sx.stx_mask & STATX_BTIME) != 0 ? ns_of(sx.stx_btime) : 0,
        .change_ns = ns_of(sx.stx_ctime),
        .modify_ns = ns_of(sx.stx_mtime),
        .is_mount_root = (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0,
    };
    return 0;
}

// Of a link to a namespace, "ipc:[4026531839]", the text tells the inode; of others only the
// manifest can tell where they lead.
static int follow_captured(const struct root *root, enum root_tree tree, const char *path,
                           struct root_stat *st) {
    char text[64];
    unsigned long long ino = 0;
    int end = 0;
    ssize_t n = root_readlink(root, tree, path, text, sizeof(text) - 1);
    if (n <= 0 || n >= (ssize_t)sizeof(text) - 1)
        return n < 0 ? (int)n : -ENOENT;
    text[n] = '\0';
    if (sscanf(text, "%*20[a-z_]:[%19llu]%n", &ino, &end) != 1 || end != n)
        return -ENOENT;
    *st = (struct root_stat){.ino = ino, .mode = S_IFREG | 0444, .links = 1};
    return 0;
}

static int stat_path(const struct root *root, enum root_tree tree, const char *path, bool follow,
                     struct root_stat *out) {
    int err = check(root, tree, path, ROOT_OP_STAT);
    if (err < 0)
        return err;
    const char *base = NULL;
    bool opened;
    struct root_stat st = {0};
    int fd = parent_of(root, tree, path, &base, &opened);
    bool may_follow = follow && !is_hostile(root, tree);
    err = fd < 0 ? fd : statx_at(fd, base, may_follow ? 0 : AT_SYMLINK_NOFOLLOW, &st);
    if (opened)
        close(fd);
    if (root->fixture != NULL) {
        int known = fixture_stat(root->fixture, tree, path, follow, err == 0, &st);
        if (known == 0 || err == 0)
            err = known;
        if (err == 0 && follow && S_ISLNK(st.mode))
            err = follow_captured(root, tree, path, &st);
    }
    if (err == 0)
        *out = st;
    return err;
}

int root_stat(const struct root *root, enum root_tree tree, const char *path,
              struct root_stat *out) {
    return stat_path(root, tree, path, false, out);
}

int root_stat_follow(const struct root *root, enum root_tree tree, const char *path,
                     struct root_stat *out) {
    return stat_path(root, tree, path, true, out);
}

ssize_t root_readlink(const struct root *root, enum root_tree tree, const char *path, char *buf,
                      size_t size) {
    int err = check(root, tree, path, ROOT_OP_READLINK);
    if (err < 0)
        return err;
    if (root->fixture != NULL) {
        ssize_t told = fixture_readlink(root->fixture, tree, path, buf, size);
        if (told >= 0)
            return told;
    }
    const char *base = NULL;
    bool opened;
    int fd = parent_of(root, tree, path, &base, &opened);
    if (fd < 0)
        return fd;
    ssize_t n = readlinkat(fd, base, buf, size);
    if (n < 0)
        n = -errno;
    if (opened)
        close(fd);
    return n;
}

int root_dir_open(const struct root *root, enum root_tree tree, const char *path,
                  struct root_dir **out) {
    int err = check(root, tree, path, ROOT_OP_LIST);
    if (err < 0)
        return err;
    // Reading a directory moves its atime, which only its owner can forgo.
    int fd = -EPERM;
    if (tree == ROOT_SHM)
        fd = open_unchecked(root, tree, path, O_RDONLY | O_DIRECTORY | O_NOATIME);
    if (fd == -EPERM)
        fd = open_unchecked(root, tree, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fd;
    struct root_dir *dir = calloc(1, sizeof(*dir));
    char *copy = strdup(path);
    DIR *stream = dir == NULL || copy == NULL ? NULL : fdopendir(fd);
    if (stream == NULL) {
        close(fd);
        free(copy);
        free(dir);
        return -ENOMEM;
    }
    *dir = (struct root_dir){root, tree, copy, stream};
    *out = dir;
    return 0;
}

void root_dir_close(struct root_dir *dir) {
    if (dir == NULL)
        return;
    closedir(dir->stream);
    free(dir->path);
    free(dir);
}

int root_dir_next(struct root_dir *dir, const char **name, unsigned char *d_type) {
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir->stream);
        if (e == NULL)
            return errno == 0 ? 0 : -errno;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        *name = e->d_name;
        *d_type = e->d_type;
        return 1;
    }
}

// Path of an entry, for the manifest and injected errors. 0 or -ENAMETOOLONG.
static int entry_path(const struct root_dir *dir, const char *name, char buf[PATH_MAX]) {
    const char *glue = dir->path[0] == '\0' ? "" : "/";
    int n = snprintf(buf, PATH_MAX, "%s%s%s", dir->path, glue, name);
    return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

// The same as check() for an entry; on the real machine without faults it costs nothing.
static int check_entry(const struct root_dir *dir, const char *name, enum root_op op,
                       char path[PATH_MAX]) {
    path[0] = '\0';
    if (dir->root->fixture == NULL && dir->root->fault_count == 0)
        return 0;
    int err = entry_path(dir, name, path);
    return err < 0 ? err : check(dir->root, dir->tree, path, op);
}

int root_dir_stat(struct root_dir *dir, const char *name, struct root_stat *out) {
    char path[PATH_MAX];
    int err = check_entry(dir, name, ROOT_OP_STAT, path);
    if (err < 0)
        return err;
    struct root_stat st = {0};
    err = statx_at(dirfd(dir->stream), name, AT_SYMLINK_NOFOLLOW, &st);
    if (dir->root->fixture != NULL) {
        int known = fixture_stat(dir->root->fixture, dir->tree, path, false, err == 0, &st);
        if (known == 0 || err == 0)
            err = known;
    }
    if (err == 0)
        *out = st;
    return err;
}

int root_dir_openat(struct root_dir *dir, const char *name, int flags) {
    char path[PATH_MAX];
    int err = check_entry(dir, name, ROOT_OP_OPEN, path);
    if (err < 0)
        return err;
    if (is_hostile(dir->root, dir->tree))
        return open_beneath(dir->root, dirfd(dir->stream), name, flags);
    int fd = openat(dirfd(dir->stream), name, flags | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int root_list(const struct root *root, enum root_tree tree, const char *path,
              int (*visit)(void *arg, const char *name, unsigned char d_type), void *arg) {
    struct root_dir *dir;
    int err = root_dir_open(root, tree, path, &dir);
    if (err < 0)
        return err;
    const char *name = NULL;
    unsigned char type = DT_UNKNOWN;
    while ((err = root_dir_next(dir, &name, &type)) == 1) {
        err = visit(arg, name, type);
        if (err != 0)
            break;
    }
    root_dir_close(dir);
    return err;
}
