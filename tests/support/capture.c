// capture.c - writes what shmtop reads of a live machine into a directory, as a captured root.
#include "tests/support/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/fault.h"
#include "core/segname.h"
#include "core/snapshot.h"
#include "probes/locks.h"

enum { FILE_MAX = 64 * 1024 * 1024, SEM_BYTES = 32 };

struct capture {
    const struct root *live;
    const struct capture_options *opt;
    const char *dir;
    char *error;
    size_t error_size;
    json_t *files; // of the manifest
    int failed;    // the first -errno of writing
};

static void fail(struct capture *c, const char *path, int err) {
    if (c->failed != 0)
        return;
    c->failed = err;
    snprintf(c->error, c->error_size, "%s: %s", path, strerror(-err));
}

static const char *const tree_names[] = {[ROOT_PROC] = "proc", [ROOT_SHM] = "shm"};

static void out_path(const struct capture *c, enum root_tree tree, const char *path, char *buf,
                     size_t size) {
    int n = snprintf(buf, size, "%s/%s%s%s", c->dir, tree_names[tree], *path == '\0' ? "" : "/",
                     path);
    if (n < 0 || (size_t)n >= size)
        buf[0] = '\0'; // opening "" fails, which is noted
}

static void make_way(char *path, size_t from) {
    for (char *p = path + from; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        (void)!mkdir(path, 0755);
        *p = '/';
    }
}

// The object of a path in "files"; made when it is not there.
static json_t *entry(struct capture *c, enum root_tree tree, const char *path) {
    char raw[PATH_MAX + 8], key[4 * PATH_MAX + 32];
    int n = snprintf(raw, sizeof(raw), "%s%s%s", tree_names[tree], *path == '\0' ? "" : "/", path);
    name_escape(raw, (size_t)n, false, key, sizeof(key));
    json_t *e = json_object_get(c->files, key);
    if (e == NULL) {
        e = json_object();
        json_object_set_new(c->files, key, e);
    }
    return e;
}

static void set_number(json_t *object, const char *key, uint64_t n) {
    json_object_set_new(object, key, json_integer((json_int_t)n));
}

static void set_dev(json_t *object, const char *key, uint64_t dev) {
    json_object_set_new(object, key, json_sprintf("%u:%u", major(dev), minor(dev)));
}

static void set_stat(json_t *e, const struct root_stat *st) {
    set_dev(e, "dev", st->dev);
    set_number(e, "ino", st->ino);
    set_number(e, "mode", st->mode);
    set_number(e, "uid", st->uid);
    set_number(e, "gid", st->gid);
    set_number(e, "links", st->links);
    set_number(e, "size", st->size);
    set_number(e, "blocks_bytes", st->blocks_bytes);
    set_number(e, "birth_ns", st->birth_ns);
    set_number(e, "change_ns", st->change_ns);
    set_number(e, "modify_ns", st->modify_ns);
}

static void set_error(struct capture *c, enum root_tree tree, const char *path, const char *op,
                      int err) {
    char buf[16];
    if (err == -ENOENT)
        return; // what is not there is not captured
    json_t *e = entry(c, tree, path), *errors = json_object_get(e, "error");
    if (errors == NULL) {
        errors = json_object();
        json_object_set_new(e, "error", errors);
    }
    json_object_set_new(errors, op, json_string(errno_name(-err, buf)));
}

static void write_file(struct capture *c, enum root_tree tree, const char *path, const char *text,
                       size_t len) {
    char full[2 * PATH_MAX];
    out_path(c, tree, path, full, sizeof(full));
    make_way(full, strlen(c->dir) + 1);
    int fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        fail(c, full, -errno);
        return;
    }
    if (write(fd, text, len) != (ssize_t)len)
        fail(c, full, -EIO);
    close(fd);
}

static void make_directory(struct capture *c, enum root_tree tree, const char *path) {
    char full[2 * PATH_MAX];
    out_path(c, tree, path, full, sizeof(full));
    make_way(full, strlen(c->dir) + 1);
    if (mkdir(full, 0755) < 0 && errno != EEXIST)
        fail(c, full, -errno);
}

static void copy_proc(struct capture *c, const char *path) {
    char *text;
    size_t len;
    int err = root_read_all(c->live, ROOT_PROC, path, FILE_MAX, &text, &len);
    if (err < 0) {
        set_error(c, ROOT_PROC, path, "open", err);
        return;
    }
    write_file(c, ROOT_PROC, path, text, len);
    free(text);
}

// A link of /proc, and what it leads to where that may be shared memory.
static void copy_link(struct capture *c, const char *path, bool always, bool *kept) {
    char text[PATH_MAX], full[2 * PATH_MAX];
    struct root_stat st;
    ssize_t n = root_readlink(c->live, ROOT_PROC, path, text, sizeof(text) - 1);
    int err = root_stat_follow(c->live, ROOT_PROC, path, &st);
    // Shared memory lives on file systems without a block device.
    bool shared = err == 0 && S_ISREG(st.mode) && major(st.dev) == 0;
    *kept = shared || always || err == -EACCES || err == -EPERM;
    if (!*kept)
        return;
    if (n <= 0) {
        set_error(c, ROOT_PROC, path, "readlink", (int)n);
        write_file(c, ROOT_PROC, path, "", 0);
    } else {
        text[n] = '\0';
        out_path(c, ROOT_PROC, path, full, sizeof(full));
        make_way(full, strlen(c->dir) + 1);
        if (symlink(text, full) < 0)
            fail(c, full, -errno);
    }
    if (err < 0) {
        set_error(c, ROOT_PROC, path, "stat", err);
    } else if (shared) {
        json_t *target = json_object();
        set_stat(target, &st);
        json_object_set_new(entry(c, ROOT_PROC, path), "target", target);
    }
}

// PID/fd or PID/map_files.
static void copy_links(struct capture *c, pid_t pid, const char *name) {
    char dir_path[64], path[PATH_MAX];
    struct root_dir *dir;
    snprintf(dir_path, sizeof(dir_path), "%d/%s", (int)pid, name);
    int err = root_dir_open(c->live, ROOT_PROC, dir_path, &dir);
    if (err < 0) {
        set_error(c, ROOT_PROC, dir_path, "list", err);
        return;
    }
    make_directory(c, ROOT_PROC, dir_path);
    const char *link;
    unsigned char type;
    while ((err = root_dir_next(dir, &link, &type)) == 1) {
        bool is_fd = strcmp(name, "fd") == 0, kept;
        snprintf(path, sizeof(path), "%s/%s", dir_path, link);
        copy_link(c, path, is_fd, &kept);
        if (!is_fd || !kept)
            continue;
        snprintf(path, sizeof(path), "%d/fdinfo/%s", (int)pid, link);
        copy_proc(c, path);
    }
    if (err < 0)
        set_error(c, ROOT_PROC, dir_path, "list", err);
    root_dir_close(dir);
    // The size of PID/fd is the number of open descriptors (Linux 6.2 and later).
    struct root_stat st;
    if (root_stat(c->live, ROOT_PROC, dir_path, &st) == 0)
        set_number(entry(c, ROOT_PROC, dir_path), "size", st.size);
}

static void copy_process(struct capture *c, pid_t pid) {
    static const char *const texts[] = {"stat",    "status", "statm",     "comm",
                                        "cmdline", "cgroup", "mountinfo", "maps"};
    static const char *const spaces[] = {"ipc", "mnt", "pid", "user"};
    char path[64];
    struct root_stat st;
    snprintf(path, sizeof(path), "%d", (int)pid);
    if (root_stat(c->live, ROOT_PROC, path, &st) < 0)
        return; // gone
    make_directory(c, ROOT_PROC, path);
    set_number(entry(c, ROOT_PROC, path), "uid", st.uid);
    set_number(entry(c, ROOT_PROC, path), "gid", st.gid);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        snprintf(path, sizeof(path), "%d/%s", (int)pid, texts[i]);
        copy_proc(c, path);
    }
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        bool kept;
        snprintf(path, sizeof(path), "%d/ns/%s", (int)pid, spaces[i]);
        copy_link(c, path, true, &kept);
    }
    copy_links(c, pid, "fd");
    copy_links(c, pid, "map_files");
}

static int visit_pid(void *arg, const char *name, unsigned char type) {
    struct capture *c = arg;
    char *end;
    long pid = strtol(name, &end, 10);
    (void)type;
    if (*end == '\0' && pid > 0 && pid != getpid())
        copy_process(c, (pid_t)pid);
    return 0;
}

// Read in one go it would be torn where others lock meanwhile.
static void copy_locks(struct capture *c) {
    char *text;
    size_t len;
    int err = locks_read(c->live, &text, &len);
    if (err < 0) {
        set_error(c, ROOT_PROC, "locks", "open", err);
        return;
    }
    write_file(c, ROOT_PROC, "locks", text, len);
    free(text);
}

static void copy_machine(struct capture *c) {
    static const char *const texts[] = {"sysvipc/shm",
                                        "sys/kernel/shmmni",
                                        "sys/kernel/shmmax",
                                        "sys/kernel/shmall",
                                        "meminfo",
                                        "uptime",
                                        "stat",
                                        "self/mountinfo"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        copy_proc(c, texts[i]);
    copy_locks(c);
    for (size_t i = 0; i < c->opt->pid_count; i++)
        copy_process(c, c->opt->pids[i]);
    if (c->opt->pid_count == 0)
        root_list(c->live, ROOT_PROC, "", visit_pid, c);
}

static void copy_object(struct capture *c, struct root_dir *dir, const char *name, const char *path,
                        const struct root_stat *st) {
    size_t want = st->size < c->opt->content ? (size_t)st->size : c->opt->content, len = 0;
    if (st->size == SEM_BYTES && strncmp(path, "sem.", 4) == 0)
        want = SEM_BYTES;
    char *bytes = calloc(1, want + 1);
    int fd = want == 0 || bytes == NULL ? -1 : root_dir_openat(dir, name, O_RDONLY | O_NOATIME);
    if (want != 0 && fd < 0)
        set_error(c, ROOT_SHM, path, "open", fd);
    if (fd >= 0 && root_read_fd(fd, bytes, want, &len) < 0)
        len = 0;
    if (fd >= 0)
        close(fd);
    write_file(c, ROOT_SHM, path, bytes, len);
    free(bytes);
}

// Directories below /dev/shm are few and shallow where captures are made: recursion will do here.
static void copy_shm(struct capture *c, const char *path) {
    struct root_dir *dir;
    int err = root_dir_open(c->live, ROOT_SHM, path, &dir);
    if (err < 0) {
        set_error(c, ROOT_SHM, path, "list", err);
        return;
    }
    const char *name;
    unsigned char type;
    char below[PATH_MAX], full[2 * PATH_MAX], text[PATH_MAX];
    while (root_dir_next(dir, &name, &type) == 1) {
        struct root_stat st;
        int n = snprintf(below, sizeof(below), "%s%s%s", path, *path == '\0' ? "" : "/", name);
        if (n < 0 || (size_t)n >= sizeof(below) || root_dir_stat(dir, name, &st) < 0)
            continue;
        set_stat(entry(c, ROOT_SHM, below), &st);
        out_path(c, ROOT_SHM, below, full, sizeof(full));
        if (S_ISDIR(st.mode)) {
            make_directory(c, ROOT_SHM, below);
            copy_shm(c, below);
        } else if (S_ISREG(st.mode)) {
            copy_object(c, dir, name, below, &st);
        } else if (S_ISFIFO(st.mode) && mkfifo(full, 0644) < 0) {
            fail(c, full, -errno);
        } else if (S_ISLNK(st.mode)) {
            ssize_t len = root_readlink(c->live, ROOT_SHM, below, text, sizeof(text) - 1);
            text[len > 0 ? len : 0] = '\0';
            if (len > 0 && symlink(text, full) < 0)
                fail(c, full, -errno);
        }
    }
    root_dir_close(dir);
}

static json_t *shm_slots(const struct root *live, const struct root_shm_info *info) {
    json_t *slots = json_array();
    for (uint32_t i = 0; i <= info->highest_index; i++) {
        struct root_shm_row r;
        if (root_shm_stat(live, i, &r) < 0)
            continue;
        const struct {
            const char *key;
            uint64_t n;
        } v[] = {{"index", i},       {"shmid", r.shmid}, {"key", r.key},    {"perms", r.perms},
                 {"cpid", r.cpid},   {"lpid", r.lpid},   {"uid", r.uid},    {"gid", r.gid},
                 {"cuid", r.cuid},   {"cgid", r.cgid},   {"size", r.size},  {"nattch", r.nattch},
                 {"atime", r.atime}, {"dtime", r.dtime}, {"ctime", r.ctime}};
        json_t *slot = json_object();
        for (size_t k = 0; k < sizeof(v) / sizeof(v[0]); k++)
            set_number(slot, v[k].key, v[k].n);
        json_array_append_new(slots, slot);
    }
    return slots;
}

static void add_machine(const struct capture *c, json_t *top) {
    const struct vantage *v = root_vantage(c->live);
    json_t *huge = json_array();
    json_object_set_new(top, "host", json_string(v->host));
    set_number(top, "uid", v->uid);
    set_number(top, "page_size", v->page_size);
    set_number(top, "ipc_ns", v->ipc_ns);
    set_number(top, "mnt_ns", v->mnt_ns);
    set_number(top, "pid_ns", v->pid_ns);
    set_number(top, "time_ns", root_wall_ns(c->live));
    set_number(top, "mono_ns", root_mono_ns(c->live));
    json_object_set_new(top, "complete", json_boolean(root_sees_all(c->live)));
    set_dev(top, "devshm_dev", v->devshm_dev);
    set_dev(top, "internal_dev", root_internal_dev(c->live));
    if (root_internal_huge_dev(c->live) != 0)
        json_array_append_new(huge, json_sprintf("%u:%u", major(root_internal_huge_dev(c->live)),
                                                 minor(root_internal_huge_dev(c->live))));
    json_object_set_new(top, "huge_devs", huge);
}

static void add_totals(const struct capture *c, json_t *top) {
    struct root_statfs fs;
    struct root_shm_info info;
    if (root_statfs(c->live, ROOT_SHM, &fs) == 0) {
        json_t *o = json_object();
        set_number(o, "size", fs.size);
        set_number(o, "used", fs.used);
        set_number(o, "inodes", fs.inodes);
        set_number(o, "inodes_used", fs.inodes_used);
        json_object_set_new(top, "statfs", o);
    }
    if (root_shm_info(c->live, &info) == 0) {
        json_t *o = json_object();
        set_number(o, "used_ids", info.used_ids);
        set_number(o, "total_pages", info.total_pages);
        set_number(o, "resident_pages", info.resident_pages);
        set_number(o, "swapped_pages", info.swapped_pages);
        set_number(o, "highest_index", info.highest_index);
        json_object_set_new(top, "shm_info", o);
        json_object_set_new(top, "shm_slots", shm_slots(c->live, &info));
    }
}

static void add_user(const struct capture *c, json_t *users, uint64_t uid) {
    char key[32], name[256];
    snprintf(key, sizeof(key), "%llu", (unsigned long long)uid);
    if (json_object_get(users, key) == NULL &&
        root_user_name(c->live, (uint32_t)uid, name, sizeof(name)) == 0)
        json_object_set_new(users, key, json_string(name));
}

// Everyone named in what was captured.
static json_t *users_met(const struct capture *c, const json_t *slots) {
    json_t *users = json_object(), *v;
    const char *key;
    size_t i;
    add_user(c, users, root_vantage(c->live)->uid);
    json_object_foreach(c->files, key, v) {
        const json_t *uid = json_object_get(v, "uid");
        if (uid != NULL)
            add_user(c, users, (uint64_t)json_integer_value(uid));
    }
    json_array_foreach(slots, i, v) {
        add_user(c, users, (uint64_t)json_integer_value(json_object_get(v, "uid")));
        add_user(c, users, (uint64_t)json_integer_value(json_object_get(v, "cuid")));
    }
    return users;
}

int capture_root(const struct root *live, const char *dir, const struct capture_options *opt,
                 char *error, size_t size) {
    struct capture c = {.live = live, .opt = opt, .dir = dir, .error = error, .error_size = size};
    char path[PATH_MAX];
    if (mkdir(dir, 0755) < 0) {
        fail(&c, dir, -errno);
        return c.failed;
    }
    json_t *top = json_object();
    c.files = json_object();
    json_object_set_new(top, "manifest", json_integer(1));
    add_machine(&c, top);
    add_totals(&c, top);
    make_directory(&c, ROOT_PROC, "");
    copy_machine(&c);
    if (root_vantage(live)->devshm_dev != 0) {
        make_directory(&c, ROOT_SHM, "");
        copy_shm(&c, "");
    }
    json_object_set_new(top, "users", users_met(&c, json_object_get(top, "shm_slots")));
    json_object_set_new(top, "files", c.files);
    snprintf(path, sizeof(path), "%s/manifest.json", dir);
    if (json_dump_file(top, path, JSON_INDENT(1) | JSON_SORT_KEYS) != 0)
        fail(&c, path, -EIO);
    json_decref(top);
    return c.failed;
}
