// elsewhere.c - the machine as it looks from another namespace, for as long as one look takes.
#include "probes/elsewhere.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/fmt.h"
#include "probes/mountinfo.h"
#include "probes/root_internal.h"

enum { BACK_TRIES = 1000 };

struct elsewhere {
    struct root root; // a copy of the real one, with what differs there
    int own;          // ELSEWHERE_IPC: the namespace to go back to
    int shm;          // ELSEWHERE_SHM: its directory
};

void elsewhere_way_done(struct elsewhere_way *way) {
    free(way->bind);
    *way = (struct elsewhere_way){0};
}

bool elsewhere_parse_link(const char *text, size_t len, uint64_t *ns) {
    uint64_t n = 0;
    if (len < 7 || memcmp(text, "ipc:[", 5) != 0 || text[len - 1] != ']' || len > 5 + 20)
        return false;
    for (size_t i = 5; i + 1 < len; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(n, 10u, &n) ||
            __builtin_add_overflow(n, (uint64_t)(text[i] - '0'), &n))
            return false;
    }
    *ns = n;
    return n != 0;
}

// ---- ways to an IPC namespace

// 0 when the descriptor is that IPC namespace; the number alone could be another kind's.
static int verify_ipc(int fd, uint64_t ns) {
    struct stat st;
    struct statfs fs;
    if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
        return -errno;
    if (fs.f_type != NSFS_MAGIC || st.st_ino != ns)
        return -ENOENT;
    return ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWIPC ? 0 : -ENOENT;
}

// Opens a path as a process would that has this directory as its root. fd or -errno.
static int open_in_root(const struct root *root, int dir, const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    if (!root->no_openat2) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
        return fd < 0 ? -errno : (int)fd;
    }
    return root_open_beneath(root, dir, path + strspn(path, "/"), flags);
}

static int open_root_of(const struct root *root, pid_t pid) {
    char path[32];
    snprintf(path, sizeof(path), "%d/root", (int)pid);
    return root_openat(root, ROOT_PROC, path, O_PATH | O_DIRECTORY);
}

static int open_bind(const struct root *root, pid_t pid, const char *bind) {
    int dir = open_root_of(root, pid);
    if (dir < 0)
        return dir;
    // O_PATH first: what lies there may be anything, and a FIFO must not hold us.
    int place = open_in_root(root, dir, bind, O_PATH | O_NOFOLLOW);
    close(dir);
    if (place < 0)
        return place;
    struct statfs fs;
    char self[32];
    int fd = -ENOENT;
    snprintf(self, sizeof(self), "self/fd/%d", place);
    if (fstatfs(place, &fs) == 0 && fs.f_type == NSFS_MAGIC)
        fd = root_openat(root, ROOT_PROC, self, O_RDONLY);
    close(place);
    return fd;
}

static int open_way(const struct root *root, uint64_t ns, const struct elsewhere_way *way) {
    char path[64];
    int fd;
    if (way->bind != NULL) {
        fd = open_bind(root, way->pid, way->bind);
    } else {
        if (way->fd > 0)
            snprintf(path, sizeof(path), "%d/fd/%d", (int)way->pid, way->fd);
        else
            snprintf(path, sizeof(path), "%d/ns/ipc", (int)way->pid);
        struct root_stat st;
        int err = root_stat_follow(root, ROOT_PROC, path, &st);
        if (err < 0 || st.ino != ns)
            return err < 0 ? err : -ENOENT;
        fd = root_openat(root, ROOT_PROC, path, O_RDONLY | O_NONBLOCK);
    }
    int err = fd < 0 ? fd : verify_ipc(fd, ns);
    if (err == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return err;
}

// ---- searching for one

struct search {
    const struct root *root;
    uint64_t ns;
    struct elsewhere_way *way;
    enum { BY_MEMBER, BY_BIND, BY_DESCRIPTOR } by;
    uint64_t mounts_seen[64]; // mount namespaces whose tables were read
    size_t mounts_count;
    bool denied;
};

int elsewhere_list_binds(const struct root *root, const char *process,
                         int (*visit)(void *arg, uint64_t ns, const char *point), void *arg) {
    char path[48], point[PATH_MAX], *text;
    size_t len;
    uint64_t ns;
    struct mount_line m;
    snprintf(path, sizeof(path), "%s/mountinfo", process);
    int err = root_read_all(root, ROOT_PROC, path, MOUNTINFO_LIMIT, &text, &len);
    if (err < 0)
        return err;
    // "36 35 0:4 ipc:[4026532201] /run/ipc rw - nsfs nsfs rw"
    for (const char *at = text; err == 0 && mountinfo_next(&at, text + len, &m);)
        if (mount_is_type(&m, "nsfs") && elsewhere_parse_link(m.top, m.top_len, &ns) &&
            mount_point(&m, point, sizeof(point)))
            err = visit(arg, ns, point);
    free(text);
    return err;
}

static int take_bind(void *arg, uint64_t ns, const char *point) {
    struct search *s = arg;
    if (ns != s->ns)
        return 0;
    s->way->bind = strdup(point);
    return s->way->bind != NULL ? 1 : -ENOMEM;
}

static int look_at_binds(struct search *s, pid_t pid) {
    char path[32], process[16];
    struct root_stat st;
    snprintf(path, sizeof(path), "%d/ns/mnt", (int)pid);
    if (root_stat_follow(s->root, ROOT_PROC, path, &st) < 0)
        return 0;
    for (size_t i = 0; i < s->mounts_count; i++)
        if (s->mounts_seen[i] == st.ino)
            return 0;
    if (s->mounts_count < sizeof(s->mounts_seen) / sizeof(s->mounts_seen[0]))
        s->mounts_seen[s->mounts_count++] = st.ino;
    snprintf(process, sizeof(process), "%d", (int)pid);
    int found = elsewhere_list_binds(s->root, process, take_bind, s);
    return found == 1 || found == -ENOMEM ? found : 0;
}

// The number that names a process or a descriptor in /proc; 0 when the name is no such number.
static int number_of(const char *name) {
    uint64_t n;
    return parse_u64(name, &n) == 0 && n <= INT_MAX ? (int)n : 0;
}

static int look_at_descriptor(void *arg, const char *name, unsigned char type) {
    struct search *s = arg;
    char path[64];
    struct root_stat st;
    int n = number_of(name);
    (void)type;
    snprintf(path, sizeof(path), "%d/fd/%d", (int)s->way->pid, n);
    if (n <= 0 || root_stat_follow(s->root, ROOT_PROC, path, &st) < 0 || st.ino != s->ns)
        return 0;
    s->way->fd = n;
    int fd = open_way(s->root, s->ns, s->way);
    if (fd < 0) {
        s->way->fd = 0;
        return 0;
    }
    close(fd);
    return 1;
}

static int look_at_process(void *arg, const char *name, unsigned char type) {
    struct search *s = arg;
    char path[48];
    struct root_stat st;
    pid_t pid = number_of(name);
    (void)type;
    if (pid <= 0)
        return 0;
    s->way->pid = pid;
    snprintf(path, sizeof(path), "%d/ns/ipc", (int)pid);
    int err = s->by == BY_MEMBER ? root_stat_follow(s->root, ROOT_PROC, path, &st) : -ENOENT;
    if (err == 0)
        return st.ino == s->ns;
    s->denied |= err == -EACCES || err == -EPERM;
    if (s->by == BY_BIND)
        return look_at_binds(s, pid);
    snprintf(path, sizeof(path), "%d/fd", (int)pid);
    int found = s->by == BY_DESCRIPTOR ? root_list(s->root, ROOT_PROC, path, look_at_descriptor, s)
                                       : 0;
    return found > 0;
}

// Members are the rule, bind mounts are cheaper to ask for than descriptors.
static int search(const struct root *root, uint64_t ns, struct elsewhere_way *way) {
    struct search s = {.root = root, .ns = ns, .way = way};
    int found = 0;
    for (s.by = BY_MEMBER; s.by <= BY_DESCRIPTOR && found == 0; s.by++)
        found = root_list(root, ROOT_PROC, "", look_at_process, &s);
    return found == 1 ? 0 : found < 0 ? found : -ENOENT;
}

int elsewhere_open_ipc(const struct root *root, uint64_t ns, struct elsewhere_way *way) {
    int fd = way->pid > 0 ? open_way(root, ns, way) : -ENOENT;
    if (fd >= 0 || fd == -EACCES || fd == -EPERM || way->fixed)
        return fd;
    elsewhere_way_done(way);
    int err = search(root, ns, way);
    if (err < 0) {
        elsewhere_way_done(way);
        return err;
    }
    return open_way(root, ns, way);
}

static int own_ipc(const struct root *root) {
    int fd = root_openat(root, ROOT_PROC, "thread-self/ns/ipc", O_RDONLY);
    return fd == -ENOENT ? root_openat(root, ROOT_PROC, "self/ns/ipc", O_RDONLY) : fd;
}

static int enter_ipc(struct elsewhere *e, const struct root *root, uint64_t ns,
                     struct elsewhere_way *way) {
    int there = elsewhere_open_ipc(root, ns, way);
    if (there < 0)
        return there == -EACCES || there == -EPERM ? -EXDEV : there;
    e->own = own_ipc(root);
    int err = e->own < 0 ? e->own : 0;
    if (err == 0 && setns(there, CLONE_NEWIPC) < 0)
        err = errno == EPERM ? -EXDEV : -errno;
    close(there);
    if (err < 0 && e->own >= 0)
        close(e->own);
    e->root.vantage.ipc_ns = ns;
    return err;
}

// ---- the /dev/shm of a mount namespace

int elsewhere_open_shm(const struct root *root, pid_t pid) {
    struct statfs fs;
    int dir = open_root_of(root, pid);
    if (dir < 0)
        return dir;
    int fd = open_in_root(root, dir, "/dev/shm", O_PATH | O_DIRECTORY);
    close(dir);
    if (fd < 0)
        return fd;
    if (fstatfs(fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
        return fd;
    close(fd);
    return -EMEDIUMTYPE;
}

u64v elsewhere_shm_dev(const struct root *root, pid_t pid) {
    struct stat st;
    int fd = elsewhere_open_shm(root, pid);
    int err = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    return err ? u64v_missing(why_from_errno(-err)) : u64v_of(st.st_dev);
}

struct shm_search {
    const struct root *root;
    uint64_t ns;
    struct elsewhere_way *way;
    int fd;
    bool denied;
};

// A member may have changed its root: only one that sees the right /dev/shm will do.
static int try_member(void *arg, const char *name, unsigned char type) {
    struct shm_search *s = arg;
    char path[32];
    struct root_stat member;
    struct stat st;
    pid_t pid = number_of(name);
    (void)type;
    if (pid <= 0)
        return 0;
    snprintf(path, sizeof(path), "%d/ns/mnt", (int)pid);
    if (root_stat_follow(s->root, ROOT_PROC, path, &member) < 0 || member.ino != s->ns)
        return 0;
    int fd = elsewhere_open_shm(s->root, pid);
    s->denied |= fd == -EACCES || fd == -EPERM;
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) < 0 || (s->way->device != 0 && st.st_dev != s->way->device)) {
        close(fd);
        return 0;
    }
    s->way->pid = pid;
    s->fd = fd;
    return 1;
}

// A tmpfs of another user namespace may not know root.
static bool is_of_other_users(const struct root *root, pid_t pid) {
    struct root_stat own, there;
    char path[32];
    snprintf(path, sizeof(path), "%d/ns/user", (int)pid);
    return root_vantage(root)->uid == 0 &&
           root_stat_follow(root, ROOT_PROC, "self/ns/user", &own) == 0 &&
           root_stat_follow(root, ROOT_PROC, path, &there) == 0 && own.ino != there.ino;
}

static int enter_shm(struct elsewhere *e, const struct root *root, uint64_t ns,
                     struct elsewhere_way *way) {
    struct shm_search s = {.root = root, .ns = ns, .way = way, .fd = -1};
    char name[16];
    struct stat st;
    snprintf(name, sizeof(name), "%d", (int)way->pid);
    int err = way->pid > 0 ? try_member(&s, name, 0) : 0;
    if (err == 0 && !way->fixed)
        err = root_list(root, ROOT_PROC, "", try_member, &s);
    if (err < 0)
        return err;
    if (s.fd < 0)
        return s.denied ? -EXDEV : -ENOENT;
    if (fstat(s.fd, &st) < 0) {
        close(s.fd);
        return -errno;
    }
    e->shm = s.fd;
    e->root.dir[ROOT_SHM] = s.fd;
    e->root.shm_err = 0;
    e->root.may_lend = is_of_other_users(root, way->pid);
    e->root.vantage.mnt_ns = ns;
    e->root.vantage.devshm_dev = st.st_dev;
    return 0;
}

int elsewhere_enter(const struct root *root, enum elsewhere_kind kind, uint64_t ns,
                    struct elsewhere_way *way, struct elsewhere **out) {
    struct elsewhere_way found = {0};
    if (!root_is_live(root))
        return -EXDEV;
    struct elsewhere *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return -ENOMEM;
    e->root = *root;
    e->own = e->shm = -1;
    if (way == NULL)
        way = &found;
    int err = kind == ELSEWHERE_IPC ? enter_ipc(e, root, ns, way) : enter_shm(e, root, ns, way);
    elsewhere_way_done(&found);
    if (err < 0) {
        free(e);
        return err;
    }
    *out = e;
    return 0;
}

int elsewhere_enter_tmpfs(const struct root *root, const struct tmpfs *fs, struct elsewhere **out) {
    const char *where = "";
    size_t len = 0;
    if (fs->own || fs->mnt_ns == 0 || strv_get(fs->where, &where, &len) != WHY_KNOWN || len != 8 ||
        memcmp(where, "/dev/shm", 8) != 0)
        return -ENOENT;
    return elsewhere_enter(root, ELSEWHERE_SHM, fs->mnt_ns, NULL, out);
}

const struct root *elsewhere_root(const struct elsewhere *e) {
    return &e->root;
}

void elsewhere_leave(struct elsewhere *e) {
    if (e == NULL)
        return;
    if (e->own >= 0) {
        int tries = 0;
        while (setns(e->own, CLONE_NEWIPC) < 0)
            if (++tries == BACK_TRIES)
                abort();
        close(e->own);
    }
    if (e->shm >= 0)
        close(e->shm);
    free(e);
}
