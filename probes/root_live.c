// root_live.c - the real machine: where we are, its clocks, its shm calls and its users.
#include "probes/root.h"
#include "probes/root_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

// Inode numbers of the namespaces made at boot (include/linux/proc_ns.h).
#define INIT_PID_NS 0xEFFFFFFCu
#define INIT_USER_NS 0xEFFFFFFDu
#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB (21U << 26)
#define MFD_HUGE_1GB (30U << 26)
#endif
enum { USER_BUF_MAX = 256 * 1024, MOUNTINFO_MAX = 4 * 1024 * 1024 };

// The kernel keeps memfds and anonymous shared memory on mounts nobody can see; a fresh memfd tells
// their device. Of huge page sizes each has one of its own; no huge page need be there for this.
static uint64_t memfd_dev(unsigned flags) {
    struct stat st;
    int fd = memfd_create("shmtop", MFD_CLOEXEC | flags);
    if (fd < 0)
        return 0;
    bool known = fstat(fd, &st) == 0;
    close(fd);
    return known ? st.st_dev : 0;
}

static uint64_t ns_inode(const struct root *root, const char *path) {
    struct root_stat st;
    return root_stat_follow(root, ROOT_PROC, path, &st) == 0 ? st.ino : 0;
}

// True when the last proc mounted at /proc hides processes of others. A mount option reads
// "hidepid=2" or "hidepid=invisible"; "hidepid=0" and "hidepid=off" hide nothing.
static bool has_hidepid(const struct root *root) {
    char *text;
    size_t len;
    if (root_read_all(root, ROOT_PROC, "self/mountinfo", MOUNTINFO_MAX, &text, &len) < 0)
        return true;
    bool hides = false;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strstr(line, " /proc ") == NULL || strstr(line, " - proc ") == NULL)
            continue;
        const char *opt = strstr(line, "hidepid=");
        hides = opt != NULL && strncmp(opt + 8, "0", 1) != 0 && strncmp(opt + 8, "off", 3) != 0;
    }
    free(text);
    return hides;
}

// Whether the option takes others' processes out of the list for us too, is seen at pid 1, which
// always is. One of our own shows nothing of others.
static bool hides_others(const struct root *root) {
    struct root_stat st;
    if (root_stat(root, ROOT_PROC, "1", &st) < 0)
        return true;
    return root->vantage.uid != 0 && st.uid == root->vantage.uid;
}

// Opens /dev/shm if it is what it should be; else notes what is wrong with it.
static void open_devshm(struct root *root) {
    struct statfs fs;
    struct stat st;
    int fd = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        root->shm_err = errno;
        return;
    }
    if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0) {
        root->shm_err = errno;
    } else if (fs.f_type != TMPFS_MAGIC) {
        root->shm_err = EMEDIUMTYPE; // a plain directory: its files are not shared memory
    } else {
        root->dir[ROOT_SHM] = fd;
        root->vantage.devshm_dev = st.st_dev;
        return;
    }
    close(fd);
}

int root_live_init(struct root *root) {
    root->dir[ROOT_PROC] = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root->dir[ROOT_PROC] < 0)
        return -errno;
    open_devshm(root);
    struct vantage *v = &root->vantage;
    v->uid = geteuid();
    v->ipc_ns = ns_inode(root, "self/ns/ipc");
    v->mnt_ns = ns_inode(root, "self/ns/mnt");
    v->pid_ns = ns_inode(root, "self/ns/pid");
    v->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    if (gethostname(v->host, sizeof(v->host) - 1) < 0)
        v->host[0] = '\0';
    v->host[sizeof(v->host) - 1] = '\0';
    bool hidepid = has_hidepid(root);
    root->sees_all = v->uid == 0 && v->pid_ns == INIT_PID_NS &&
                     ns_inode(root, "self/ns/user") == INIT_USER_NS && !hidepid;
    root->hides_pids = hidepid && hides_others(root);
    root->internal_dev = memfd_dev(0);
    root->huge_dev[0] = memfd_dev(MFD_HUGETLB);
    root->huge_dev[1] = memfd_dev(MFD_HUGETLB | MFD_HUGE_2MB);
    root->huge_dev[2] = memfd_dev(MFD_HUGETLB | MFD_HUGE_1GB);
    return 0;
}

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t root_wall_ns(const struct root *root) {
    return root->fixture != NULL ? fixture_wall_ns(root->fixture) : clock_ns(CLOCK_REALTIME);
}

uint64_t root_mono_ns(const struct root *root) {
    return root->fixture != NULL ? fixture_mono_ns(root->fixture) : clock_ns(CLOCK_MONOTONIC);
}

int root_statfs_fd(int fd, struct root_statfs *out) {
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0)
        return -errno;
    if (fs.f_type != TMPFS_MAGIC)
        return -EMEDIUMTYPE;
    uint64_t block = (uint64_t)fs.f_bsize;
    *out = (struct root_statfs){
        .size = fs.f_blocks * block,
        .used = (fs.f_blocks - fs.f_bfree) * block,
        .inodes = fs.f_files,
        .inodes_used = fs.f_files - fs.f_ffree,
    };
    return 0;
}

int root_live_statfs(const struct root *root, enum root_tree tree, struct root_statfs *out) {
    if (root->dir[tree] < 0)
        return tree == ROOT_SHM && root->shm_err != 0 ? -root->shm_err : -ENOENT;
    return root_statfs_fd(root->dir[tree], out);
}

int root_live_shm_info(struct root_shm_info *out) {
    struct shm_info info = {0}; // valgrind does not know that the kernel fills it
    struct shmid_ds *arg = (struct shmid_ds *)(void *)&info;
    int highest = shmctl(0, SHM_INFO, arg);
    if (highest < 0)
        return -errno;
    *out = (struct root_shm_info){
        .used_ids = (uint64_t)info.used_ids,
        .total_pages = info.shm_tot,
        .resident_pages = info.shm_rss,
        .swapped_pages = info.shm_swp,
        .highest_index = (uint32_t)highest,
    };
    return 0;
}

int root_live_shm_stat(uint32_t index, struct root_shm_row *out) {
    struct shmid_ds ds = {0}; // as above
    int shmid = shmctl((int)index, SHM_STAT_ANY, &ds);
    if (shmid < 0)
        return -errno;
    *out = (struct root_shm_row){
        .shmid = (uint32_t)shmid,
        .key = (uint32_t)ds.shm_perm.__key,
        .perms = ds.shm_perm.mode,
        .cpid = (uint32_t)ds.shm_cpid,
        .lpid = (uint32_t)ds.shm_lpid,
        .uid = ds.shm_perm.uid,
        .gid = ds.shm_perm.gid,
        .cuid = ds.shm_perm.cuid,
        .cgid = ds.shm_perm.cgid,
        .size = ds.shm_segsz,
        .nattch = ds.shm_nattch,
        .atime = ds.shm_atime < 0 ? 0 : (uint64_t)ds.shm_atime,
        .dtime = ds.shm_dtime < 0 ? 0 : (uint64_t)ds.shm_dtime,
        .ctime = ds.shm_ctime < 0 ? 0 : (uint64_t)ds.shm_ctime,
    };
    return 0;
}

int root_live_user_name(uint32_t uid, char *buf, size_t size) {
    struct passwd pw, *found = NULL;
    int err = ERANGE;
    char *text = NULL;
    for (size_t room = 4096; err == ERANGE && room <= USER_BUF_MAX; room *= 4) {
        char *grown = realloc(text, room);
        if (grown == NULL) {
            err = ENOMEM;
            break;
        }
        text = grown;
        err = getpwuid_r(uid, &pw, text, room, &found);
    }
    if ((err == 0 && found == NULL) || err == ESRCH) // getpwuid_r(3): several ways to say "none"
        err = ENOENT;
    if (err == 0 && strlen(pw.pw_name) >= size)
        err = ERANGE;
    if (err == 0)
        memcpy(buf, pw.pw_name, strlen(pw.pw_name) + 1);
    free(text);
    return -err;
}

int root_statfs(const struct root *root, enum root_tree tree, struct root_statfs *out) {
    return root->fixture != NULL ? fixture_statfs(root->fixture, tree, out)
                                 : root_live_statfs(root, tree, out);
}

int root_shm_info(const struct root *root, struct root_shm_info *out) {
    return root->fixture != NULL ? fixture_shm_info(root->fixture, out) : root_live_shm_info(out);
}

int root_shm_stat(const struct root *root, uint32_t index, struct root_shm_row *out) {
    return root->fixture != NULL ? fixture_shm_stat(root->fixture, index, out)
                                 : root_live_shm_stat(index, out);
}

int root_user_name(const struct root *root, uint32_t uid, char *buf, size_t size) {
    return root->fixture != NULL ? fixture_user_name(root->fixture, uid, buf, size)
                                 : root_live_user_name(uid, buf, size);
}
