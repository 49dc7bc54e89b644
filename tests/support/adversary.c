// adversary.c - another process that replaces or attaches a segment in the moment it is told to.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/adversary.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MARK = 0xa5 };

// What only the other process has.
struct own {
    struct adversary_state *s;
    int by_path; // O_PATH: no holder, and a way to it when its name is gone; -1
    int fd;      // kept open; -1
    void *map;   // of an object or a segment; NULL
    bool attached;
};

static int make_file(struct own *o, const char *path) {
    struct stat st = {0};
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int err = ftruncate(fd, ADVERSARY_SIZE) < 0 || fstat(fd, &st) < 0 ? errno : 0;
    o->s->made = st.st_ino;
    close(fd);
    return err;
}

static int map_fd(struct own *o, int fd) {
    struct stat st;
    if (fd < 0)
        return errno;
    if (fstat(fd, &st) < 0 || o->map != NULL)
        return EBUSY;
    o->map = mmap(NULL, ADVERSARY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (o->map == MAP_FAILED) {
        o->map = NULL;
        return errno;
    }
    memset(o->map, MARK, ADVERSARY_SIZE);
    o->s->holds = st.st_ino;
    close(fd);
    return 0;
}

static int sneak(struct own *o) {
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", o->by_path);
    return map_fd(o, open(link, O_RDWR | O_CLOEXEC));
}

static int write_it(struct own *o) {
    int fd = open(o->s->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int err = pwrite(fd, "w", 1, 0) == 1 ? 0 : errno;
    close(fd);
    return err;
}

static int replace(struct own *o, enum adversary_move move) {
    char other[80];
    snprintf(other, sizeof(other), "%s.new", o->s->path);
    if (move == ADVERSARY_RENAME) {
        int err = make_file(o, other);
        return err != 0 ? err : rename(other, o->s->path) < 0 ? errno : 0;
    }
    unlink(o->s->path); // it may have lost its name already
    if (move == ADVERSARY_TWIN)
        return make_file(o, o->s->path);
    return (move == ADVERSARY_LINK ? symlink("/dev/shm/other", o->s->path)
                                   : mkdir(o->s->path, 0700)) < 0
               ? errno
               : 0;
}

static bool choose_id(int shmid) {
    char text[16];
    int fd = open("/proc/sys/kernel/shm_next_id", O_WRONLY | O_CLOEXEC);
    int n = snprintf(text, sizeof(text), "%d", shmid);
    bool chosen = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    return chosen;
}

static int make_segment(struct own *o) {
    int id = shmget(o->s->key, ADVERSARY_SIZE, IPC_CREAT | IPC_EXCL | 0600);
    if (id < 0)
        return errno;
    o->s->shmid = id;
    o->s->made = (uint64_t)id;
    return 0;
}

static int twin_segment(struct own *o) {
    shmctl(o->s->shmid, IPC_RMID, NULL);
    if (!choose_id(o->s->shmid))
        return EPERM;
    return make_segment(o);
}

static int attach(struct own *o) {
    void *at = shmat(o->s->shmid, NULL, 0);
    if (at == (void *)-1)
        return errno;
    memset(at, MARK, ADVERSARY_SIZE);
    o->map = at;
    o->attached = true;
    o->s->holds = (uint64_t)o->s->shmid + 1;
    return 0;
}

static int touch(struct own *o) {
    void *at = shmat(o->s->shmid, NULL, 0);
    if (at == (void *)-1)
        return errno;
    return shmdt(at) < 0 ? errno : 0;
}

static bool is_whole(const struct own *o) {
    const unsigned char *at = o->map;
    for (int i = 0; at != NULL && i < ADVERSARY_SIZE; i++)
        if (at[i] != MARK)
            return false;
    return at != NULL;
}

static int let_go(struct own *o) {
    o->s->written = is_whole(o) ? ADVERSARY_SIZE : 0;
    if (o->attached)
        shmdt(o->map);
    else if (o->map != NULL)
        munmap(o->map, ADVERSARY_SIZE);
    if (o->fd >= 0)
        close(o->fd);
    if (o->by_path >= 0)
        close(o->by_path);
    *o = (struct own){.s = o->s, .by_path = -1, .fd = -1};
    o->s->holds = 0;
    if (unlink(o->s->path) < 0 && errno == EISDIR)
        rmdir(o->s->path);
    if (o->s->shmid >= 0)
        shmctl(o->s->shmid, IPC_RMID, NULL);
    o->s->shmid = -1;
    return 0;
}

static int move(struct own *o, enum adversary_move m) {
    int err;
    struct stat st;
    switch (m) {
    case ADVERSARY_MAKE:
        if (o->s->key != 0)
            return make_segment(o);
        err = make_file(o, o->s->path);
        o->by_path = open(o->s->path, O_PATH | O_CLOEXEC);
        return err;
    case ADVERSARY_UNLINK:
        return unlink(o->s->path) < 0 ? errno : 0;
    case ADVERSARY_OPEN:
        o->fd = open(o->s->path, O_RDONLY | O_CLOEXEC);
        if (o->fd >= 0 && fstat(o->fd, &st) == 0)
            o->s->holds = st.st_ino;
        return o->fd < 0 ? errno : 0;
    case ADVERSARY_MAP:
        return map_fd(o, open(o->s->path, O_RDWR | O_CLOEXEC));
    case ADVERSARY_SNEAK:
        return sneak(o);
    case ADVERSARY_WRITE:
        return write_it(o);
    case ADVERSARY_REMOVE_ID:
        return shmctl(o->s->shmid, IPC_RMID, NULL) < 0 ? errno : 0;
    case ADVERSARY_TWIN_ID:
        return twin_segment(o);
    case ADVERSARY_ATTACH:
        return attach(o);
    case ADVERSARY_TOUCH:
        return touch(o);
    case ADVERSARY_LET_GO:
        return let_go(o);
    default:
        return replace(o, m);
    }
}

static void serve(struct adversary_state *s, int down, int up) {
    struct own o = {.s = s, .by_path = -1, .fd = -1};
    unsigned char m;
    while (read(down, &m, 1) == 1) {
        s->err = move(&o, (enum adversary_move)m);
        if (write(up, &m, 1) != 1)
            break;
    }
    let_go(&o);
    _exit(0);
}

void adversary_start(struct adversary *a, const char *path, int key) {
    int down[2], up[2];
    assert_int_equal(pipe2(down, O_CLOEXEC), 0);
    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    a->state = mmap(NULL, sizeof(*a->state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                    0);
    assert_true(a->state != MAP_FAILED);
    snprintf(a->state->path, sizeof(a->state->path), "%s", path);
    a->state->key = key;
    a->state->shmid = -1;
    pid_t parent = getpid();
    a->pid = fork();
    assert_true(a->pid >= 0);
    if (a->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(down[1]);
        close(up[0]);
        if (getppid() == parent)
            serve(a->state, down[0], up[1]);
        _exit(1);
    }
    close(down[0]);
    close(up[1]);
    a->down = down[1];
    a->up = up[0];
}

int adversary_do(struct adversary *a, enum adversary_move m) {
    unsigned char byte = (unsigned char)m;
    assert_int_equal(write(a->down, &byte, 1), 1);
    assert_int_equal(read(a->up, &byte, 1), 1);
    return a->state->err;
}

void adversary_end(struct adversary *a) {
    close(a->down);
    close(a->up);
    assert_int_equal(waitpid(a->pid, NULL, 0), a->pid);
    munmap(a->state, sizeof(*a->state));
}

bool adversary_can_choose_ids(void) {
    int fd = open("/proc/sys/kernel/shm_next_id", O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}
