// watch_fanotify.c - names by fanotify: with the pid of who did it, for root alone.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "probes/watch_internal.h"

#ifndef FAN_REPORT_PIDFD // Linux 5.15
#define FAN_REPORT_PIDFD 0x00000080
#endif
enum { INFO_PIDFD = 4 }; // FAN_EVENT_INFO_TYPE_PIDFD

// Who did the events of one read(2), the last one met.
struct doer {
    pid_t pid;
    char comm[16];
};

struct pidfd_info {
    struct fanotify_event_info_header hdr;
    int32_t pidfd;
};

// Only what makes, removes or moves names: reading and writing raise nothing. Marks the whole file
// system, which must be a tmpfs: what lies outside of /dev/shm on it is left out when it is told.
int watch_fanotify_open(struct watch *w) {
    static const unsigned flags = FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_NONBLOCK |
                                  FAN_CLOEXEC;
    static const uint64_t mask = FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO;
    struct statfs fs;
    int dir = root_openat(w->root, ROOT_SHM, "", O_RDONLY | O_DIRECTORY);
    if (dir < 0)
        return dir;
    int err = fstatfs(dir, &fs) < 0 ? -errno : fs.f_type != TMPFS_MAGIC ? -EMEDIUMTYPE : 0;
    if (err == 0) {
        w->has_pidfd = true;
        w->fd = fanotify_init(flags | FAN_REPORT_PIDFD, O_RDONLY | O_CLOEXEC);
        if (w->fd < 0 && errno == EINVAL) {
            w->has_pidfd = false;
            w->fd = fanotify_init(flags, O_RDONLY | O_CLOEXEC);
        }
        err = w->fd < 0 ? -errno : 0;
    }
    if (err == 0 && fanotify_mark(w->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, dir, NULL) < 0) {
        err = -errno;
        close(w->fd);
        w->fd = -1;
    }
    close(dir);
    return err;
}

// The directory of a handle, below /dev/shm: "" itself, "/dir". False: it is not there, or gone.
static bool dir_of_handle(const struct watch *w, int mount, struct file_handle *handle, char *below,
                          size_t size) {
    char link[64], path[WATCH_NAME], top[WATCH_NAME];
    int fd = open_by_handle_at(mount, handle, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return false;
    snprintf(link, sizeof link, "self/fd/%d", fd);
    ssize_t n = root_readlink(w->root, ROOT_PROC, link, path, sizeof path - 1);
    snprintf(link, sizeof link, "self/fd/%d", mount);
    ssize_t k = root_readlink(w->root, ROOT_PROC, link, top, sizeof top - 1);
    close(fd);
    if (n <= 0 || k <= 0 || n < k || memcmp(path, top, (size_t)k) != 0 || (n > k && path[k] != '/'))
        return false;
    path[n] = '\0';
    if (n > 10 && strcmp(path + n - 10, " (deleted)") == 0)
        return false;
    return snprintf(below, size, "%s", path + k) < (int)size;
}

// Handles of one burst are mostly of one directory.
struct dirs_seen {
    int mount; // -1: not opened yet
    unsigned char handle[128];
    size_t len;
    bool known;
    char below[WATCH_NAME];
};

static bool resolve(const struct watch *w, struct dirs_seen *seen, const unsigned char *handle,
                    size_t len) {
    union {
        struct file_handle handle;
        char room[sizeof(struct file_handle) + 128];
    } aligned;
    if (len > sizeof seen->handle || len < sizeof(struct file_handle))
        return false;
    if (seen->len == len && memcmp(seen->handle, handle, len) == 0)
        return seen->known;
    if (seen->mount < 0)
        seen->mount = root_openat(w->root, ROOT_SHM, "", O_RDONLY | O_DIRECTORY);
    memcpy(seen->handle, handle, len);
    seen->len = len;
    memcpy(&aligned, handle, len);
    seen->known = seen->mount >= 0 &&
                  dir_of_handle(w, seen->mount, &aligned.handle, seen->below, sizeof seen->below);
    return seen->known;
}

// The name of the process that did it. A pid is its own as long as it can be signalled through the
// pidfd that came with the event: that is asked after the name was read.
static void comm_of(const struct watch *w, pid_t pid, int pidfd, struct doer *doer) {
    char path[64], buf[64];
    size_t len = 0;
    if (doer->pid == pid && doer->comm[0])
        return; // both live now, so they are the same
    *doer = (struct doer){.pid = pid};
    snprintf(path, sizeof path, "%d/comm", (int)pid);
    if (root_read_once(w->root, ROOT_PROC, path, buf, sizeof buf, &len) != 0)
        return;
    if (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0 && errno != EPERM)
        return;
    buf[strcspn(buf, "\n")] = '\0';
    snprintf(doer->comm, sizeof doer->comm, "%.15s", buf);
}

static int take_one(const struct watch *w, struct dirs_seen *seen, struct doer *doer,
                    const struct fanotify_event_metadata *e, const char *info, size_t len,
                    struct name_notes *out) {
    const char *name = NULL;
    bool known = false;
    const char *comm = "";
    char last[NAME_MAX + 1];
    struct fanotify_event_info_header hdr;
    for (size_t at = 0; at + sizeof hdr <= len; at += hdr.len) {
        memcpy(&hdr, info + at, sizeof hdr);
        if (hdr.len < sizeof hdr || hdr.len > len - at)
            break;
        size_t fid = sizeof hdr + sizeof(__kernel_fsid_t);
        if (hdr.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME && hdr.len > fid + 8) {
            unsigned bytes;
            memcpy(&bytes, info + at + fid, sizeof bytes); // handle_bytes
            size_t handle = sizeof(struct file_handle) + bytes;
            if (bytes > 128 || fid + handle >= hdr.len)
                break;
            snprintf(last, sizeof last, "%.*s", (int)(hdr.len - fid - handle),
                     info + at + fid + handle);
            name = last;
            known = resolve(w, seen, (const unsigned char *)info + at + fid, handle);
        } else if (hdr.info_type == INFO_PIDFD && hdr.len >= sizeof(struct pidfd_info)) {
            struct pidfd_info p;
            memcpy(&p, info + at, sizeof p);
            if (p.pidfd >= 0) {
                comm_of(w, e->pid, p.pidfd, doer);
                comm = doer->comm;
                close(p.pidfd);
            }
        }
    }
    if (!name || !known || strcmp(name, ".") == 0)
        return 0;
    return watch_note(out, seen->below, name, e->mask & (FAN_CREATE | FAN_MOVED_TO),
                      e->mask & (FAN_DELETE | FAN_MOVED_FROM), e->pid, comm);
}

int watch_fanotify_take(struct watch *w, const char *bytes, size_t len, struct name_notes *out) {
    struct dirs_seen seen = {.mount = -1};
    struct doer doer = {0};
    struct fanotify_event_metadata e;
    int err = 0;
    for (size_t at = 0; at + sizeof e <= len; at += e.event_len) {
        memcpy(&e, bytes + at, sizeof e);
        if (e.event_len < sizeof e || e.event_len > len - at || e.vers != FANOTIFY_METADATA_VERSION)
            break;
        out->lost |= (e.mask & FAN_Q_OVERFLOW) != 0;
        if (e.fd >= 0)
            close(e.fd);
        // Every event is walked, also after a failure: it may carry a descriptor.
        int one = take_one(w, &seen, &doer, &e, bytes + at + e.metadata_len,
                           e.event_len - e.metadata_len, out);
        err = err ? err : one;
    }
    if (seen.mount >= 0)
        close(seen.mount);
    return err;
}
