// root.c - opening, reading, listing and asking about files of /proc and /dev/shm.
#include "probes/root.h"
#include "probes/root_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { READ_CHUNK = 64 * 1024 };

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
    root->no_openat2 = !root_has_openat2(root->dir[ROOT_PROC]);
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

bool root_hides_pids(const struct root *root) {
    return root->hides_pids;
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
    struct root_fault *f = &root->faults[root->fault_count++];
    f->tree = tree;
    f->path = copy;
    f->err = err;
    return 0;
}

void root_forgo_openat2(struct root *root) {
    root->no_openat2 = true;
}

// What stands in the way of an operation before the kernel is asked, as -errno, or 0.
int root_check(const struct root *root, enum root_tree tree, const char *path, enum root_op op) {
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

// True where links must not be followed on the way: paths there are made by anyone.
bool root_is_hostile(const struct root *root, enum root_tree tree) {
    return tree == ROOT_SHM || root->fixture != NULL;
}

int root_open_unchecked(const struct root *root, enum root_tree tree, const char *path, int flags) {
    if (root_is_hostile(root, tree))
        return root_open_beneath(root, root->dir[tree], path, flags);
    int fd = openat(root->dir[tree], *path == '\0' ? "." : path, flags | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

int root_openat(const struct root *root, enum root_tree tree, const char *path, int flags) {
    int err = root_check(root, tree, path, ROOT_OP_OPEN);
    return err < 0 ? err : root_open_unchecked(root, tree, path, flags);
}

// Descriptor of the directory that path's last component is looked up in; *base is that component.
// *opened tells whether the caller must close it. fd or -errno.
static int parent_of(const struct root *root, enum root_tree tree, const char *path,
                     const char **base, bool *opened) {
    const char *slash = strrchr(path, '/');
    *opened = false;
    if (slash == NULL || !root_is_hostile(root, tree)) {
        *base = *path == '\0' ? "." : path;
        if (root_is_hostile(root, tree) && root_has_dotdot(path))
            return -EXDEV;
        return root->dir[tree];
    }
    char dir[PATH_MAX];
    size_t len = (size_t)(slash - path);
    if (len >= sizeof(dir))
        return -ENAMETOOLONG;
    memcpy(dir, path, len);
    dir[len] = '\0';
    if (slash[1] == '\0' || root_has_dotdot(slash + 1))
        return -EXDEV;
    int fd = root_open_beneath(root, root->dir[tree], len == 0 ? "/" : dir, O_PATH | O_DIRECTORY);
    if (fd >= 0) {
        *opened = true;
        *base = slash + 1;
    }
    return fd;
}

int root_open_parent(const struct root *root, enum root_tree tree, const char *path,
                     const char **base) {
    int err = root_check(root, tree, path, ROOT_OP_OPEN);
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

int root_write_fd(int fd, const void *bytes, size_t len, int64_t at) {
    for (size_t done = 0; done < len;) {
        const char *rest = (const char *)bytes + done;
        ssize_t n = at < 0 ? write(fd, rest, len - done)
                           : pwrite(fd, rest, len - done, (off_t)(at + (int64_t)done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

static int open_for_reading(const struct root *root, enum root_tree tree, const char *path) {
    int err = root_check(root, tree, path, ROOT_OP_READ);
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

int root_statx(int fd, const char *name, int flags, struct root_stat *out) {
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
    ssize_t n = root_readlink(root, tree, path, text, sizeof(text) - 1);
    if (n < 0)
        return (int)n;
    text[n] = '\0';
    const char *number = strstr(text, ":[");
    if (number == NULL || number[2] < '0' || number[2] > '9')
        return -ENOENT;
    char *end;
    errno = 0;
    uint64_t ino = strtoull(number + 2, &end, 10);
    if (errno != 0 || strcmp(end, "]") != 0)
        return -ENOENT;
    *st = (struct root_stat){.ino = ino, .mode = S_IFREG | 0444, .links = 1};
    return 0;
}

static int stat_path(const struct root *root, enum root_tree tree, const char *path, bool follow,
                     struct root_stat *out) {
    int err = root_check(root, tree, path, ROOT_OP_STAT);
    if (err < 0)
        return err;
    const char *base = NULL;
    bool opened;
    struct root_stat st = {0};
    int fd = parent_of(root, tree, path, &base, &opened);
    bool may_follow = follow && !root_is_hostile(root, tree);
    err = fd < 0 ? fd : root_statx(fd, base, may_follow ? 0 : AT_SYMLINK_NOFOLLOW, &st);
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
    int err = root_check(root, tree, path, ROOT_OP_READLINK);
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
