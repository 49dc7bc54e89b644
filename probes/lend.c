// lend.c - making names in a tmpfs that does not know our user.
#include "probes/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// One of the calls, to be made a second time as somebody else.
struct call {
    int (*make)(const struct call *c);
    int dir; // where the new name comes to stand
    const char *name, *text;
    int from;
    mode_t mode;
};

struct caps {
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static bool is_user(uid_t uid) {
    return (uid_t)setfsuid((uid_t)-1) == uid;
}

// All of it is of this thread alone. The kernel takes capabilities away with the user of files;
// they are taken up again, for what is moved may be of a third user.
static int make_as_owner(const struct call *c, uid_t *as) {
    struct stat owner;
    struct caps caps = {.head = {.version = _LINUX_CAPABILITY_VERSION_3}};
    if (fstat(c->dir, &owner) < 0 || syscall(SYS_capget, &caps.head, caps.data) < 0)
        return -errno;
    const int dumpable = prctl(PR_GET_DUMPABLE); // this too changes with the user
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    *as = owner.st_uid;
    setfsgid(owner.st_gid);
    setfsuid(owner.st_uid);
    int err = is_user(owner.st_uid) && syscall(SYS_capset, &caps.head, caps.data) == 0 ? c->make(c)
                                                                                       : -EOVERFLOW;
    setfsuid(uid);
    setfsgid(gid);
    syscall(SYS_capset, &caps.head, caps.data);
    prctl(PR_SET_DUMPABLE, dumpable);
    return err;
}

static int make_as(const struct call *c, uid_t *as) {
    int err = c->make(c);
    *as = geteuid();
    return err == -EOVERFLOW ? make_as_owner(c, as) : err;
}

static int make(const struct call *c) {
    uid_t as;
    return make_as(c, &as);
}

static int make_dir(const struct call *c) {
    return mkdirat(c->dir, c->name, c->mode) < 0 ? -errno : 0;
}

static int make_link(const struct call *c) {
    return symlinkat(c->text, c->dir, c->name) < 0 ? -errno : 0;
}

static int make_move(const struct call *c) {
    return renameat2(c->from, c->text, c->dir, c->name, RENAME_NOREPLACE) < 0 ? -errno : 0;
}

static int make_file(const struct call *c) {
    int fd = openat(c->dir, c->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, c->mode);
    return fd < 0 ? -errno : fd;
}

int lend_mkdirat(int dir, const char *name, mode_t mode, uid_t *as) {
    return make_as(&(struct call){.make = make_dir, .dir = dir, .name = name, .mode = mode}, as);
}

int lend_symlinkat(const char *text, int dir, const char *name) {
    return make(&(struct call){.make = make_link, .dir = dir, .name = name, .text = text});
}

int lend_rename(int from, const char *name, int to, const char *new_name) {
    return make(
        &(struct call){.make = make_move, .dir = to, .name = new_name, .text = name, .from = from});
}

int lend_create(int dir, const char *name, mode_t mode) {
    return make(&(struct call){.make = make_file, .dir = dir, .name = name, .mode = mode});
}
