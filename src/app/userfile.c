// userfile.c - reading and replacing the files that a user keeps for shmtop.
#include "app/userfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/xalloc.h"
#include "probes/root.h"

bool userfile_path(enum user_dir dir, const char *name, char path[PATH_MAX]) {
    static const struct {
        const char *variable, *below_home;
    } places[] = {
        [USER_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
        [USER_STATE] = {"XDG_STATE_HOME", ".local/state"},
    };
    const char *base = getenv(places[dir].variable), *home = getenv("HOME");
    int n = -1;
    if (base && base[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/shmtop/%s", base, name);
    else if (home && home[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/%s/shmtop/%s", home, places[dir].below_home, name);
    return n > 0 && n < PATH_MAX;
}

int userfile_read(const char *path, char **text, size_t *len) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int err = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    char *buf = err ? NULL : xcalloc(USERFILE_LONGEST + 2, 1);
    if (!err)
        err = root_read_fd(fd, buf, USERFILE_LONGEST + 1, len);
    if (!err && *len > USERFILE_LONGEST)
        err = -EFBIG;
    close(fd);
    if (err) {
        free(buf);
        return err;
    }
    *text = xreallocarray(buf, *len + 1, 1);
    (*text)[*len] = '\0';
    return 0;
}

int userfile_for_edit(const char *path, char **text) {
    size_t len = 0;
    int err = userfile_read(path, text, &len);
    if (err == -ENOENT || err == -ENOTDIR) {
        *text = xstrdup("");
        return 0;
    }
    return err == 0 && strlen(*text) != len ? -EINVAL : err;
}

bool userfile_is_none(int err) {
    return err == -ENOENT || err == -ENOTDIR || err == -EACCES;
}

static bool is_foreign_link(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid != 0 && st.st_uid != geteuid();
}

bool userfile_is_safe(const char *path) {
    char way[PATH_MAX];
    snprintf(way, sizeof way, "%s", path);
    bool safe = !is_foreign_link(way);
    for (char *slash = strchr(way + 1, '/'); safe && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        safe = !is_foreign_link(way);
        *slash = '/';
    }
    return safe;
}

// Makes every directory on the way to the file.
static int make_way(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int rc = mkdir(path, 0700);
        int err = errno;
        *slash = '/';
        if (rc < 0 && err != EEXIST && err != EISDIR && err != EROFS)
            return -err;
    }
    return 0;
}

static int fill(int fd, const char *text, size_t len, const struct stat *before) {
    int err = root_write_fd(fd, text, len, -1);
    if (err)
        return err;
    if (before) {
        (void)!fchown(fd, before->st_uid, before->st_gid); // root in the home of somebody else
        if (fchmod(fd, before->st_mode & 0777) < 0)
            return -errno;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

int userfile_write(const char *path, const char *text, size_t len) {
    char target[PATH_MAX], temp[PATH_MAX + 8];
    struct stat st;
    snprintf(target, sizeof target, "%s", path);
    int err = userfile_is_safe(path) ? make_way(target) : -ELOOP;
    if (err)
        return err;
    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode))
        return -EINVAL;
    if (!realpath(path, target))
        snprintf(target, sizeof target, "%s", path);
    snprintf(temp, sizeof temp, "%s.XXXXXX", target);
    int fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    err = fill(fd, text, len, there ? &st : NULL);
    close(fd);
    if (!err && rename(temp, target) < 0)
        err = -errno;
    if (err)
        unlink(temp);
    return err;
}
