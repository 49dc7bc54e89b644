// holder.c - reaching an object through a process that holds it.
#include "probes/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probes/procs.h"
#include "probes/tasks.h"

enum { MAPS_MAX = 64 * 1024 * 1024 };

static uint64_t ns_of(struct statx_timestamp t) {
    return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

int holder_fd_stat(int fd, struct root_stat *out) {
    struct statx sx;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &sx) < 0)
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
    };
    return 0;
}

// The inode behind a System V mapping: its number is the shmid, its size that of the segment
// (rounded up to its page on the internal hugetlbfs).
static bool is_sysv_inode(const struct root *root, const struct seg_id *id,
                          const struct root_stat *st) {
    uint64_t size = id->incarnation[2];
    if (st->ino != id->num)
        return false;
    if (st->dev == root_internal_dev(root) && st->dev != 0)
        return st->size == size;
    return root_is_internal_huge(root, st->dev) && st->size >= size;
}

int holder_verify_fd(const struct root *root, const struct seg_id *id, int fd) {
    struct root_stat st = {0};
    struct seg_id now;
    int err = holder_fd_stat(fd, &st);
    if (err < 0)
        return err;
    if (!S_ISREG(st.mode))
        return -ESTALE;
    if (id->kind == SEG_SYSV)
        return is_sysv_inode(root, id, &st) ? 0 : -ESTALE;
    object_id_from_stat(id->kind, &st, &now);
    return seg_id_same(&now, id) ? 0 : -ESTALE;
}

int holder_start_ticks(const struct root *root, pid_t pid, uint64_t *ticks) {
    struct proc_stat st;
    int err = proc_stat_read(root, pid, &st);
    if (err < 0)
        return err == -ENOENT ? -ESRCH : err == -EINVAL ? -EBADMSG : err;
    if (st.state == 'Z' || st.state == 'X')
        return -ESRCH;
    *ticks = st.start_ticks;
    return 0;
}

// The entry of /proc that shows what a process holds: where its first thread has ended and others
// go on it is that of one of them.
static pid_t entry_of(const struct root *root, pid_t pid) {
    struct proc_stat st;
    if (proc_stat_read(root, pid, &st) < 0 || st.vsize != 0 || st.threads < 2)
        return pid;
    pid_t living = tasks_living(root, pid);
    return living ? living : pid;
}

int holder_alive(const struct root *root, const struct proc_id *id) {
    uint64_t ticks = 0;
    int err = holder_start_ticks(root, id->pid, &ticks);
    if (err < 0)
        return err;
    return id->start_ticks == 0 || ticks == id->start_ticks ? 0 : -ESRCH;
}

int holder_open_quiet(const struct root *root, enum root_tree tree, const char *path, int flags,
                      bool *noatime) {
    int fd = root_openat(root, tree, path, flags | O_NOATIME);
    *noatime = fd >= 0;
    return fd == -EPERM ? root_openat(root, tree, path, flags) : fd;
}

// A shmid means nothing outside its namespace: the holder has to be in it.
static int same_namespace(const struct root *root, const struct seg_id *id, pid_t pid) {
    char path[32];
    struct root_stat st;
    if (id->kind != SEG_SYSV)
        return 0;
    if (pid == getpid()) // what we attach is compared then, wherever it is
        return 0;
    snprintf(path, sizeof(path), "%d/ns/ipc", (int)entry_of(root, pid));
    int err = root_stat_follow(root, ROOT_PROC, path, &st);
    if (err < 0)
        return err;
    return st.ino == id->ns ? 0 : -ESTALE;
}

int holder_open_map(const struct root *root, const struct seg_id *id, const struct via *via,
                    int flags, char *path, size_t path_size) {
    char link[80];
    if (via->start >= via->end)
        return -ENOENT;
    snprintf(link, sizeof(link), "%d/map_files/%" PRIx64 "-%" PRIx64,
             (int)entry_of(root, via->process.pid), via->start, via->end);
    bool quiet;
    int fd = holder_open_quiet(root, ROOT_PROC, link, flags | O_NONBLOCK, &quiet);
    if (fd < 0)
        return fd;
    int err = holder_verify_fd(root, id, fd);
    if (err == 0)
        err = same_namespace(root, id, via->process.pid);
    if (err == 0)
        err = holder_alive(root, &via->process);
    if (err < 0) {
        close(fd);
        return err;
    }
    if (path != NULL)
        snprintf(path, path_size, "%s", link);
    return fd;
}

struct descriptor_search {
    const struct root *root;
    const struct seg_id *id;
    const char *dir;
    char found[64];
};

static int look_at_descriptor(void *arg, const char *name, unsigned char d_type) {
    struct descriptor_search *s = arg;
    struct root_stat st;
    struct seg_id now;
    char path[64];
    (void)d_type;
    int n = snprintf(path, sizeof(path), "%s/%s", s->dir, name);
    if (n < 0 || (size_t)n >= sizeof(path) || root_stat_follow(s->root, ROOT_PROC, path, &st) < 0 ||
        !S_ISREG(st.mode))
        return 0;
    object_id_from_stat(s->id->kind, &st, &now);
    if (!seg_id_same(&now, s->id))
        return 0;
    memcpy(s->found, path, sizeof(path));
    return 1;
}

int holder_open_descriptor(const struct root *root, const struct seg_id *id,
                           const struct proc_id *process, int flags, char *path, size_t path_size) {
    char dir[32];
    snprintf(dir, sizeof(dir), "%d/fd", (int)entry_of(root, process->pid));
    struct descriptor_search s = {.root = root, .id = id, .dir = dir};
    int err = root_list(root, ROOT_PROC, dir, look_at_descriptor, &s);
    if (err <= 0)
        return err < 0 ? err : -ENOENT;
    bool quiet;
    int fd = holder_open_quiet(root, ROOT_PROC, s.found, flags | O_NONBLOCK, &quiet);
    if (fd < 0)
        return fd;
    err = holder_verify_fd(root, id, fd);
    if (err < 0) {
        close(fd);
        return err;
    }
    if (path != NULL)
        snprintf(path, path_size, "%s", s.found);
    return fd;
}

// One line of maps: "START-END PERM OFFSET MAJ:MIN INODE NAME", numbers in hex but the inode.
static bool line_shows(const char *line, const struct seg_id *id, const struct root *root,
                       const struct via *via) {
    char *p;
    uint64_t start = strtoull(line, &p, 16);
    if (start != via->start || *p != '-' || strtoull(p + 1, &p, 16) != via->end || *p != ' ' ||
        strlen(p) < 6 || p[5] != ' ')
        return false;
    if (strtoull(p + 6, &p, 16) != via->offset || *p != ' ')
        return false;
    unsigned long maj = strtoul(p + 1, &p, 16);
    if (*p != ':')
        return false;
    unsigned long min = strtoul(p + 1, &p, 16);
    uint64_t dev = makedev((unsigned)maj, (unsigned)min);
    if (*p != ' ' || strtoull(p + 1, &p, 10) != id->num)
        return false;
    if (id->kind != SEG_SYSV)
        return dev == id->dev;
    p += strspn(p, " ");
    return strncmp(p, "/SYSV", 5) == 0 &&
           (dev == root_internal_dev(root) || root_is_internal_huge(root, dev));
}

int holder_maps_still(const struct root *root, const struct seg_id *id, const struct via *via) {
    char path[32], *text, *save = NULL;
    size_t len;
    snprintf(path, sizeof(path), "%d/maps", (int)entry_of(root, via->process.pid));
    int err = root_read_all(root, ROOT_PROC, path, MAPS_MAX, &text, &len);
    if (err < 0)
        return err == -ENOENT ? -ESRCH : err;
    err = -ESTALE;
    for (char *line = strtok_r(text, "\n", &save); line != NULL && err != 0;
         line = strtok_r(NULL, "\n", &save))
        if (line_shows(line, id, root, via))
            err = 0;
    free(text);
    if (err == 0)
        err = same_namespace(root, id, via->process.pid);
    return err < 0 ? err : holder_alive(root, &via->process);
}
