// quiet.c - who has not run since we looked at him has changed nothing.
#include "probes/quiet.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/procs.h"
#include "probes/root.h"

// "RAN-NS WAITED-NS TIMES", see the kernel's sched-stats; zeroes where it does not count.
static struct run_mark parse(const char *text) {
    char *end;
    struct run_mark none = {0}, mark = {.ran_ns = strtoull(text, &end, 10)};
    if (end == text || *end != ' ')
        return none;
    strtoull(end, &end, 10);
    mark.times = strtoull(end, NULL, 10);
    return mark.ran_ns ? mark : none;
}

static struct run_mark read_mark(int fd) {
    char text[80];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0) // it is gone
        return (struct run_mark){0};
    text[n] = '\0';
    return parse(text);
}

// "0.00 0.01 0.05 1/234 5678": the last of these numbers, and the one behind the slash. A file that
// something else has put over that of proc (lxcfs does) is not as exact.
static struct fork_mark parse_load(const char *text) {
    struct fork_mark none = {0}, mark = none;
    const char *slash = strchr(text, '/');
    char *end;
    if (!slash)
        return none;
    mark.threads = strtoull(slash + 1, &end, 10);
    if (*end != ' ')
        return none;
    mark.last_pid = strtoull(end, NULL, 10);
    return mark;
}

bool quiet_forks(const struct root *root, struct fork_mark *mark) {
    struct fork_mark before = *mark;
    struct stat own;
    struct root_stat proc;
    char text[128];
    *mark = (struct fork_mark){0};
    if (!root_is_live(root))
        return false;
    int fd = root_openat(root, ROOT_PROC, "loadavg", O_RDONLY);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    if (n > 0 && fstat(fd, &own) == 0 && root_stat(root, ROOT_PROC, "", &proc) == 0 &&
        own.st_dev == proc.dev) {
        text[n] = '\0';
        *mark = parse_load(text);
    }
    close(fd);
    return mark->last_pid != 0 && mark->last_pid == before.last_pid &&
           mark->threads == before.threads;
}

bool quiet_look(const struct root *root, struct proc_table *table, struct proc *p) {
    char path[64];
    p->now = (struct run_mark){0};
    if (p->stat.threads > 1 || !root_is_live(root)) {
        kept_close(&table->kept, &p->run_fd);
        return false;
    }
    int fd = p->run_fd;
    if (fd < 0)
        fd = root_openat(root, ROOT_PROC, proc_path(path, p->pid, "schedstat"), O_RDONLY);
    if (fd < 0)
        return false;
    p->now = read_mark(fd);
    if (p->run_fd < 0 && p->now.times && kept_one_more(&table->kept))
        p->run_fd = fd;
    if (p->run_fd < 0)
        close(fd);
    else if (p->now.times == 0)
        kept_close(&table->kept, &p->run_fd);
    return p->now.times != 0 && p->now.ran_ns == p->mark.ran_ns && p->now.times == p->mark.times;
}
