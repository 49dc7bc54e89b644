// root_fixture.c - a captured root: DIR/proc, DIR/shm and DIR/manifest.json.
//
// The files of DIR/proc and DIR/shm stand for those of /proc and /dev/shm; only what is there is
// listed. Symbolic links are never followed, so a captured root cannot lead out of itself. The
// manifest is one JSON object; every key but "manifest" may be left out, unknown ones are an error:
//
//   "manifest": 1                       version of this format
//   "host": "db-01", "uid": 0           who looked, and where
//   "time_ns", "mono_ns": 123           clocks at the capture
//   "ipc_ns", "mnt_ns", "pid_ns": 4026531839
//   "page_size": 4096
//   "complete": true                    nothing was hidden from us (root_sees_all)
//   "devshm_dev": "0:26"                device of /dev/shm, as MAJOR:MINOR
//   "internal_dev": "0:1", "huge_devs": ["0:17"]
//   "statfs": {"size" "used" "inodes" "inodes_used"}                 of /dev/shm
//   "shm_info": {"used_ids" "total_pages" "resident_pages" "swapped_pages" "highest_index"}
//   "shm_slots": [{"index" "shmid" "key" "perms" "cpid" "lpid" "uid" "gid" "cuid" "cgid" "size"
//                  "nattch" "atime" "dtime" "ctime"}]                what SHM_STAT_ANY tells
//   "users": {"1001": "app"}            nobody else has a name
//   "files": {"shm/x": FILE, "proc/41/fd/3": FILE}
//
// Paths in "files" are escaped as in SEG (\x0a). FILE is an object with any of
//   "dev": "0:26", "ino" "mode" "uid" "gid" "links" "size" "blocks_bytes" "birth_ns" "change_ns"
//   "modify_ns"                         what stat tells; the rest is that of the file in DIR, but
//                                       for "dev" in shm/, which is "devshm_dev"
//   "link": "/dev/shm/x"                text of a link that is not one in DIR, escaped likewise
//   "target": {stat as above}           what stat tells when the link is followed. Links whose text
//                                       reads like "ipc:[4026531839]" need none.
//   "error": "EACCES"                   every operation on it, and on all below it, fails so
//   "error": {"open" "read" "stat" "readlink" "list": "ESRCH"}       only these, only on itself
#include "probes/root_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fixture_compare_entries(const void *a, const void *b) {
    const struct fixture_entry *x = a, *y = b;
    if (x->tree != y->tree)
        return x->tree < y->tree ? -1 : 1;
    return strcmp(x->path, y->path);
}

static const struct fixture_entry *find_entry(const struct fixture *f, enum root_tree tree,
                                              char *path) {
    struct fixture_entry wanted = {.tree = tree, .path = path};
    if (f->entry_count == 0)
        return NULL;
    return bsearch(&wanted, f->entries, f->entry_count, sizeof(wanted), fixture_compare_entries);
}

// Finds the entry of path, or of its first len bytes.
static const struct fixture_entry *lookup(const struct fixture *f, enum root_tree tree,
                                          const char *path, size_t len) {
    char copy[PATH_MAX];
    if (len >= sizeof(copy))
        return NULL;
    memcpy(copy, path, len);
    copy[len] = '\0';
    return find_entry(f, tree, copy);
}

int fixture_error(const struct fixture *fixture, enum root_tree tree, const char *path,
                  enum root_op op) {
    size_t len = strlen(path);
    for (size_t i = 0; i <= len; i++) {
        if (i != 0 && i != len && path[i] != '/')
            continue;
        const struct fixture_entry *e = lookup(fixture, tree, path, i);
        if (e != NULL && e->error != 0)
            return -e->error;
        if (e != NULL && i == len && e->op_error[op] != 0)
            return -e->op_error[op];
    }
    return 0;
}

static void lay_over(const struct fixture_told *t, struct root_stat *st) {
    uint64_t *const large[STAT_COUNT] = {
        [STAT_DEV] = &st->dev,         [STAT_INO] = &st->ino,
        [STAT_SIZE] = &st->size,       [STAT_BLOCKS] = &st->blocks_bytes,
        [STAT_BIRTH] = &st->birth_ns,  [STAT_CHANGE] = &st->change_ns,
        [STAT_MODIFY] = &st->modify_ns};
    uint32_t *const small[STAT_COUNT] = {[STAT_MODE] = &st->mode,
                                         [STAT_UID] = &st->uid,
                                         [STAT_GID] = &st->gid,
                                         [STAT_LINKS] = &st->links};
    for (unsigned i = 0; i < STAT_COUNT; i++) {
        if ((t->given & 1u << i) == 0)
            continue;
        if (large[i] != NULL)
            *large[i] = t->v[i];
        if (small[i] != NULL)
            *small[i] = (uint32_t)t->v[i];
    }
}

int fixture_stat(const struct fixture *fixture, enum root_tree tree, const char *path, bool follow,
                 bool found, struct root_stat *st) {
    const struct fixture_entry *e = lookup(fixture, tree, path, strlen(path));
    if (follow && e != NULL && e->has_target) {
        *st = (struct root_stat){.mode = S_IFREG | 0600, .links = 1};
        lay_over(&e->target, st);
        return 0;
    }
    if (!found && (e == NULL || (e->self.given == 0 && e->link == NULL)))
        return -ENOENT;
    if (tree == ROOT_SHM) {
        st->dev = fixture->devshm_dev;
        st->is_mount_root = false;
    }
    if (e != NULL && e->link != NULL)
        st->mode = S_IFLNK | 0777;
    if (e != NULL)
        lay_over(&e->self, st);
    return 0;
}

ssize_t fixture_readlink(const struct fixture *fixture, enum root_tree tree, const char *path,
                         char *buf, size_t size) {
    const struct fixture_entry *e = lookup(fixture, tree, path, strlen(path));
    if (e == NULL || e->link == NULL)
        return -ENOENT;
    size_t len = strlen(e->link);
    if (len > size)
        len = size;
    memcpy(buf, e->link, len);
    return (ssize_t)len;
}

uint64_t fixture_wall_ns(const struct fixture *fixture) {
    return fixture->wall_ns;
}
uint64_t fixture_mono_ns(const struct fixture *fixture) {
    return fixture->mono_ns;
}

int fixture_statfs(const struct fixture *fixture, enum root_tree tree, struct root_statfs *out) {
    if (tree != ROOT_SHM || !fixture->has_statfs)
        return -ENOTSUP;
    *out = fixture->statfs;
    return 0;
}

int fixture_shm_info(const struct fixture *fixture, struct root_shm_info *out) {
    if (!fixture->has_shm_info)
        return -ENOTSUP;
    *out = fixture->shm_info;
    return 0;
}

int fixture_shm_stat(const struct fixture *fixture, uint32_t index, struct root_shm_row *out) {
    for (size_t i = 0; i < fixture->slot_count; i++) {
        if (fixture->slots[i].index == index) {
            *out = fixture->slots[i].row;
            return 0;
        }
    }
    return -EINVAL;
}

int fixture_user_name(const struct fixture *fixture, uint32_t uid, char *buf, size_t size) {
    for (size_t i = 0; i < fixture->user_count; i++) {
        if (fixture->users[i].uid != uid)
            continue;
        size_t len = strlen(fixture->users[i].name);
        if (len >= size)
            return -ERANGE;
        memcpy(buf, fixture->users[i].name, len + 1);
        return 0;
    }
    return -ENOENT;
}

int root_fixture_init(struct root *root, const char *dir, char *error, size_t size) {
    enum { MANIFEST_MAX = 256 * 1024 * 1024 };
    int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) {
        int err = errno;
        snprintf(error, size, "%s is not a directory that can be opened", dir);
        return -err;
    }
    root->fixture = calloc(1, sizeof(*root->fixture));
    root->dir[ROOT_PROC] = openat(at, "proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    root->dir[ROOT_SHM] = openat(at, "shm", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    root->shm_err = root->dir[ROOT_SHM] < 0 ? errno : 0;
    int fd = openat(at, "manifest.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int err = fd < 0 ? -errno : 0;
    char *text = NULL;
    size_t len = 0;
    close(at);
    if (root->fixture == NULL)
        err = -ENOMEM;
    else if (root->dir[ROOT_PROC] < 0)
        err = -ENOENT;
    if (err == -ENOENT)
        snprintf(error, size, "%s is no captured root: it needs proc/ and manifest.json", dir);
    if (err == 0)
        err = root_read_growing(fd, MANIFEST_MAX, &text, &len);
    if (err == 0)
        err = fixture_load(root, root->fixture, text, len, error, size);
    if (err < 0 && size > 0 && error[0] == '\0')
        snprintf(error, size, "%s/manifest.json: %s", dir, strerror(-err));
    free(text);
    if (fd >= 0)
        close(fd);
    return err;
}

void root_fixture_done(struct fixture *fixture) {
    if (fixture == NULL)
        return;
    for (size_t i = 0; i < fixture->entry_count; i++) {
        free(fixture->entries[i].path);
        free(fixture->entries[i].link);
    }
    for (size_t i = 0; i < fixture->user_count; i++)
        free(fixture->users[i].name);
    free(fixture->entries);
    free(fixture->slots);
    free(fixture->users);
    free(fixture);
}
