// live.c - makes holders and pictures of segments for tests on the real kernel.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/live.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/holder.h"
#include "probes/sysv_row.h"

bool live_private(void) {
    const char *mark = getenv("SHMTOP_PRIVATE_NS");
    if (mark != NULL && *mark != '\0')
        return true;
    printf("# needs private namespaces: tests/support/in_ns.sh\n");
    return false;
}

bool live_can_open_map_files(void) {
    char path[96];
    void *at = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(at != MAP_FAILED);
    uintptr_t a = (uintptr_t)at;
    snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)a,
             (unsigned long)a + 4096);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    munmap(at, 4096);
    return fd >= 0;
}

bool live_can_change_user(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(setresuid(65534, 65534, 65534) == 0 ? 0 : 1);
    int status = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status == 0;
}

static void hold(const struct live_hold *what, int from_parent, int to_parent) {
    uint64_t range[2] = {0, 0};
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (what->map) {
        int prot = what->read_only ? PROT_READ : PROT_READ | PROT_WRITE;
        char *at = what->shmid >= 0 ? shmat(what->shmid, NULL, what->read_only ? SHM_RDONLY : 0)
                                    : mmap(NULL, what->len, prot, MAP_SHARED, what->fd, 0);
        if (at == MAP_FAILED)
            _exit(2);
        memset(at, 'h', what->touch);
        range[0] = (uintptr_t)at;
        range[1] = range[0] + (what->len + 4095) / 4096 * 4096;
    }
    if (what->fd >= 0 && !what->keep_fd)
        close(what->fd);
    if (write(to_parent, range, sizeof(range)) != sizeof(range))
        _exit(3);
    while (read(from_parent, &byte, 1) > 0) {
    }
    _exit(0);
}

void live_hold(const struct live_hold *what, struct live_holder *out) {
    int down[2], up[2];
    uint64_t range[2];
    assert_int_equal(pipe2(down, O_CLOEXEC), 0);
    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(down[1]);
        close(up[0]);
        hold(what, down[0], up[1]);
    }
    close(down[0]);
    close(up[1]);
    assert_int_equal(read(up[0], range, sizeof(range)), sizeof(range));
    close(up[0]);
    *out = (struct live_holder){.pid = pid,
                                .to_child = down[1],
                                .start = range[0],
                                .end = range[1],
                                .mapped = what->map,
                                .access = what->read_only ? ACCESS_R : ACCESS_R | ACCESS_W};
}

void live_release(struct live_holder *h) {
    if (h->pid <= 0)
        return;
    close(h->to_child);
    waitpid(h->pid, NULL, 0);
    h->pid = 0;
}

struct seg_id live_sysv_id(const struct root *root, int shmid) {
    struct root_shm_row row;
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &row), 0);
    return sysv_row_id(root, &row);
}

struct seg_id live_fd_id(enum seg_kind kind, int fd) {
    struct root_stat st;
    struct seg_id id;
    assert_int_equal(holder_fd_stat(fd, &st), 0);
    object_id_from_stat(kind, &st, &id);
    return id;
}

struct proc_id live_proc_id(const struct root *root, pid_t pid) {
    struct proc_id id = {.pid = pid};
    assert_int_equal(holder_start_ticks(root, pid, &id.start_ticks), 0);
    return id;
}

static void add_holder(struct builder *b, const struct root *root, const struct seg_id *id,
                       const struct live_holder *h) {
    struct process p = {.id = live_proc_id(root, h->pid), .state = 'S'};
    uint32_t index;
    assert_int_equal(builder_add_process(b, &p, &index), 0);
    if (!h->mapped) {
        assert_int_equal(builder_add_fd(b, index, id->kind, id->ns, id->dev, id->num, h->access),
                         0);
        return;
    }
    struct mapping m = {.process = index,
                        .kind = id->kind,
                        .access = h->access,
                        .ns = id->ns,
                        .dev = id->dev,
                        .ino = id->num,
                        .start = h->start,
                        .end = h->end};
    assert_int_equal(builder_add_mapping(b, &m), 0);
}

const struct snapshot *live_picture(const struct root *root, const struct seg_id *id,
                                    const char *name, uint64_t size,
                                    const struct live_holder *holders, size_t count) {
    struct builder *b;
    const struct snapshot *snap = NULL;
    struct segment seg = {.id = *id, .name = strv_missing(WHY_NONE)};
    assert_int_equal(builder_new(&b), 0);
    if (name != NULL)
        seg.name = builder_str(b, name, strlen(name));
    else
        seg.flags = SEG_FLAG_UNLINKED;
    seg_set(&seg, SEG_SIZE, size);
    seg_set(&seg, SEG_LINKS, name != NULL);
    assert_int_equal(builder_add_segment(b, &seg), 0);
    for (size_t i = 0; i < count; i++)
        add_holder(b, root, id, &holders[i]);
    assert_int_equal(builder_freeze(b, 1, 1, 1, &snap), 0);
    assert_int_equal(snap->segment_count, 1);
    assert_int_equal(snap->segments[0].holding_count, count);
    return snap;
}

int live_as_user(unsigned uid, int (*fn)(void *arg), void *arg) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
            _exit(100);
        prctl(PR_SET_DUMPABLE, 1); // else its own /proc/self belongs to root
        _exit(fn(arg));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 100);
    return WEXITSTATUS(status);
}
