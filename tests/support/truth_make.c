// truth_make.c - the processes that make and hold the objects of truth.h.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/truth.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/account.h"
#include "tests/support/hugepages.h"

enum { HUGE_PATIENCE_MS = 10000 };

// An object in the host of its realm, while it is being made.
struct made {
    int fd;   // -1: none
    char *at; // anonymous memory, NULL: none
};

// What a host tells the test, through a pipe.
struct told {
    uint64_t dev[TRUTH_OBJECTS], ino[TRUTH_OBJECTS];
    pid_t holders[TRUTH_HOLDERS], toggler;
    uint64_t toggle_dev, toggle_ino, toggle_shmid, ipc_ns, mnt_ns;
};

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            printf("# truth: line %d: %s: %s\n", __LINE__, #what, strerror(errno));                \
            fflush(stdout);                                                                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static size_t bytes_of(const struct truth_object *o) {
    return (size_t)truth_size(o);
}

// Private mappings of huge pages are promised their own ones unless told otherwise.
static char *map_fd(const struct truth_object *o, int fd, int flags) {
    flags |= o->huge ? MAP_NORESERVE : 0;
    char *at = mmap(NULL, bytes_of(o), PROT_READ | PROT_WRITE, flags, fd, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

// One byte of each page is enough to have it.
static void touch(const struct truth_object *o, char *at) {
    for (uint32_t i = 0; i < o->touched; i++)
        at[i * truth_page(o)] = 1;
}

// ---- the host: makes the objects

static uint64_t inode_at(const char *at) {
    char line[512];
    unsigned long from, ino = 0, off;
    unsigned maj, min;
    FILE *f = fopen("/proc/self/maps", "re");
    CHECK(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%lx-%*x %*s %lx %x:%x %lu", &from, &off, &maj, &min, &ino) == 5 &&
            from == (uintptr_t)at)
            break;
    fclose(f);
    return ino;
}

static void make_sysv(struct truth_object *o) {
    int id = shmget((key_t)o->key, bytes_of(o),
                    IPC_CREAT | IPC_EXCL | 0600 | (o->huge ? SHM_HUGETLB : 0));
    CHECK(id >= 0);
    char *at = shmat(id, NULL, 0);
    CHECK(at != MAP_FAILED);
    touch(o, at);
    CHECK(shmdt(at) == 0);
    o->ino = (uint64_t)id;
}

static void make_anon(struct truth_object *o, struct made *m) {
    m->at = map_fd(o, -1, MAP_SHARED | MAP_ANONYMOUS | (o->huge ? MAP_HUGETLB : 0));
    touch(o, m->at);
    o->ino = inode_at(m->at);
    CHECK(o->ino != 0);
}

static int filled(int fd, size_t len) {
    static const char page[TRUTH_PAGE] = {1};
    CHECK(fd >= 0);
    for (size_t at = 0; at < len; at += sizeof page)
        CHECK(pwrite(fd, page, sizeof page, (off_t)at) == TRUTH_PAGE);
    return fd;
}

static void make_file(struct truth_object *o, struct made *m) {
    char path[128], second[136];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", o->kind == SEG_POSIX ? "/dev/shm" : "", o->name);
    snprintf(second, sizeof second, "%s.2", path);
    m->fd = o->kind == SEG_MEMFD ? memfd_create(o->name, MFD_CLOEXEC | (o->huge ? MFD_HUGETLB : 0))
                                 : open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    CHECK(m->fd >= 0);
    CHECK(ftruncate(m->fd, (off_t)bytes_of(o)) == 0);
    if (o->huge) {
        char *at = map_fd(o, m->fd, MAP_SHARED); // it cannot be written to
        touch(o, at);
        munmap(at, bytes_of(o));
    } else {
        filled(m->fd, (size_t)truth_resident(o));
    }
    CHECK(!o->second || link(path, second) == 0);
    CHECK(!o->unlinked || unlink(path) == 0);
    CHECK(fstat(m->fd, &st) == 0);
    o->dev = st.st_dev;
    o->ino = st.st_ino;
}

static void make_objects(struct truth *t, unsigned realm, struct made *made,
                         const uint64_t anon_dev[2]) {
    for (size_t i = 0; i < TRUTH_OBJECTS; i++) {
        struct truth_object *o = &t->objects[realm * TRUTH_OBJECTS + i];
        made[i] = (struct made){.fd = -1};
        if (o->kind == SEG_SYSV)
            make_sysv(o);
        else if (o->kind == SEG_ANON)
            make_anon(o, &made[i]);
        else
            make_file(o, &made[i]);
        if (o->kind == SEG_ANON)
            o->dev = anon_dev[o->huge];
    }
}

// Leaves no trace of who attached last.
static void visit(const struct truth *t, unsigned realm) {
    for (size_t i = 0; i < TRUTH_OBJECTS; i++) {
        const struct truth_object *o = &t->objects[realm * TRUTH_OBJECTS + i];
        if (!o->visited)
            continue;
        void *at = shmat((int)o->ino, NULL, SHM_RDONLY);
        CHECK(at != MAP_FAILED && shmdt(at) == 0);
    }
}

static void let_go(struct truth *t, unsigned realm, struct made *made) {
    for (size_t i = 0; i < TRUTH_OBJECTS; i++) {
        if (made[i].fd >= 0)
            close(made[i].fd);
        if (made[i].at)
            munmap(made[i].at, bytes_of(&t->objects[realm * TRUTH_OBJECTS + i]));
    }
}

// ---- a holder

static void set_protection(char *at, const struct truth_object *o, enum truth_how how) {
    if (how == HOW_RO)
        CHECK(mprotect(at, bytes_of(o), PROT_READ) == 0);
    if (how == HOW_NONE)
        CHECK(mprotect(at, bytes_of(o), PROT_NONE) == 0);
    if (how == HOW_SPLIT)
        CHECK(mprotect(at + truth_page(o), truth_page(o), PROT_READ) == 0);
}

static int open_again(int fd, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int again = open(path, flags | O_CLOEXEC);
    CHECK(again >= 0);
    return again;
}

// Closing any descriptor of a file ends the process's locks of its ranges: they are taken last.
// Each range stands alone, else the kernel would make one lock of several.
static struct later { int fd, command; } later[TRUTH_OBJECTS * TRUTH_HOLDS * TRUTH_TIMES];
static size_t later_count;

static void lock_later(int fd, enum truth_how how) {
    CHECK(later_count < sizeof later / sizeof *later);
    later[later_count++] = (struct later){fd, how == HOW_OFD ? F_OFD_SETLK : F_SETLK};
}

static void lock_now(void) {
    for (size_t i = 0; i < later_count; i++) {
        struct flock lock = {.l_type = F_RDLCK, .l_start = 2 * (off_t)i, .l_len = 1};
        CHECK(fcntl(later[i].fd, later[i].command, &lock) == 0);
    }
}

static void hold_file(const struct truth_object *o, const struct made *m, enum truth_how how) {
    static const int flags[] = {
        [HOW_FD_R] = O_RDONLY, [HOW_FD_W] = O_WRONLY, [HOW_FD_RW] = O_RDWR, [HOW_PATH] = O_PATH,
        [HOW_LOCK] = O_RDWR,   [HOW_RECORD] = O_RDWR, [HOW_OFD] = O_RDWR};
    if (how >= HOW_FD_R) {
        int fd = open_again(m->fd, flags[how]);
        CHECK(how != HOW_LOCK || flock(fd, LOCK_SH) == 0);
        if (how == HOW_RECORD || how == HOW_OFD)
            lock_later(fd, how);
        return;
    }
    int fd = open_again(m->fd, O_RDWR);
    char *at = map_fd(o, fd, how == HOW_PRIVATE ? MAP_PRIVATE : MAP_SHARED);
    set_protection(at, o, how);
    close(fd);
}

static void hold_sysv(const struct truth_object *o, enum truth_how how) {
    char *at = shmat((int)o->ino, NULL, how == HOW_RO ? SHM_RDONLY : 0);
    CHECK(at != MAP_FAILED);
    if (how != HOW_RO)
        set_protection(at, o, how);
}

static bool take_holds(const struct truth_object *o, struct made *m, unsigned holder) {
    bool keeps = false;
    for (size_t i = 0; i < o->hold_count; i++) {
        const struct truth_hold *h = &o->holds[i];
        for (unsigned k = 0; h->holder == holder && k < h->times; k++) {
            if (o->kind == SEG_SYSV)
                hold_sysv(o, h->how);
            else if (o->kind == SEG_ANON)
                set_protection(m->at, o, h->how);
            else
                hold_file(o, m, h->how);
            keeps = true;
        }
    }
    return keeps;
}

static void be_holder(struct truth *t, unsigned realm, unsigned holder, struct made *made, int up) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < TRUTH_OBJECTS; i++) {
        const struct truth_object *o = &t->objects[realm * TRUTH_OBJECTS + i];
        bool keeps = take_holds(o, &made[i], holder);
        if (made[i].at && !keeps)
            munmap(made[i].at, bytes_of(o));
    }
    for (size_t i = 0; i < TRUTH_OBJECTS; i++)
        if (made[i].fd >= 0)
            close(made[i].fd);
    lock_now();
    // What it has attached stays; where it is there is nothing of that kind.
    CHECK(!t->leavers || holder != TRUTH_HOLDERS - 1 || unshare(CLONE_NEWIPC) == 0);
    CHECK(write(up, "", 1) == 1);
    close(up);
    for (;;)
        pause();
}

// ---- a realm

// /mnt of a realm, the test's own the first.
static void mount_mnt(const struct truth *t) {
    CHECK(mount("tmpfs", "/mnt", "tmpfs", 0, "size=16m") == 0 && mkdir("/mnt/sub", 0700) == 0);
    if (t->huge)
        CHECK(mkdir("/mnt/huge", 0700) == 0 &&
              mount("none", "/mnt/huge", "hugetlbfs", 0, "pagesize=2M") == 0 &&
              mkdir("/mnt/huge/sub", 0700) == 0);
}

static void enter_realm(const struct truth *t, unsigned realm) {
    if (realm > 0) {
        CHECK(unshare(CLONE_NEWIPC | CLONE_NEWNS) == 0);
        CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
        CHECK(mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=16m") == 0);
        mount_mnt(t);
    }
    CHECK(mkdir("/dev/shm/sub", 0700) == 0);
}

static uint64_t namespace_number(const char *path) {
    struct stat st;
    CHECK(stat(path, &st) == 0);
    return st.st_ino;
}

static pid_t start(struct truth *t, unsigned realm, unsigned holder, struct made *made) {
    int up[2];
    char byte;
    CHECK(pipe2(up, O_CLOEXEC) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(up[0]);
        be_holder(t, realm, holder, made, up[1]);
    }
    close(up[1]);
    CHECK(read(up[0], &byte, 1) == 1);
    close(up[0]);
    return pid;
}

// Of all that moves; the first one to come lends it its number. Both a process and its parent do
// this, for neither may go on before it is done.
static void join_group(const struct truth *t, pid_t pid) {
    int none = 0;
    pid_t itself = pid ? pid : getpid();
    atomic_compare_exchange_strong(&t->control->group, &none, itself);
    CHECK(setpgid(pid, atomic_load(&t->control->group)) == 0);
}

static pid_t start_worker(const struct truth *t, unsigned realm, int worker, int shmid) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        join_group(t, 0);
        if (worker < 0)
            truth_toggle(t, realm, shmid);
        truth_work(t, realm, (unsigned)worker);
    }
    join_group(t, pid);
    return pid;
}

static void start_churn(struct truth *t, unsigned realm, struct told *told) {
    struct stat st;
    int fd = open("/dev/shm/toggled", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int shmid = shmget(IPC_PRIVATE, TRUTH_PAGE, IPC_CREAT | 0600);
    CHECK(fd >= 0 && ftruncate(fd, TRUTH_PAGE) == 0 && fstat(fd, &st) == 0 && shmid >= 0);
    close(fd);
    told->toggle_dev = st.st_dev;
    told->toggle_ino = st.st_ino;
    told->toggle_shmid = (uint64_t)shmid;
    prctl(PR_SET_NAME, TRUTH_WORKER); // theirs from the beginning
    told->toggler = start_worker(t, realm, -1, shmid);
    for (int i = 0; i < TRUTH_CHURN; i++)
        start_worker(t, realm, i, 0);
    prctl(PR_SET_NAME, "truth-host");
}

// What nobody holds is there nevertheless.
static void put_in_flight(void) {
    int memfd = filled(memfd_create("flight", MFD_CLOEXEC), TRUTH_FLIGHT_MEMFD);
    int file = filled(open("/dev/shm/flight", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
                      TRUTH_FLIGHT_FILE);
    CHECK(unlink("/dev/shm/flight") == 0);
    CHECK(account_put_in_flight(memfd) >= 0 && account_put_in_flight(file) >= 0);
}

static void be_host(struct truth *t, unsigned realm, bool churn, int from_test, int to_test,
                    const uint64_t anon_dev[2]) {
    static struct made made[TRUTH_OBJECTS];
    static struct told told;
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    enter_realm(t, realm);
    make_objects(t, realm, made, anon_dev);
    for (size_t i = 0; i < TRUTH_OBJECTS; i++) {
        told.dev[i] = t->objects[realm * TRUTH_OBJECTS + i].dev;
        told.ino[i] = t->objects[realm * TRUTH_OBJECTS + i].ino;
    }
    for (unsigned i = 0; i < TRUTH_HOLDERS; i++)
        told.holders[i] = start(t, realm, i, made);
    visit(t, realm);
    let_go(t, realm, made);
    told.ipc_ns = namespace_number("/proc/self/ns/ipc");
    told.mnt_ns = namespace_number("/proc/self/ns/mnt");
    if (t->in_flight)
        put_in_flight();
    if (churn)
        start_churn(t, realm, &told);
    CHECK(write(to_test, &told, sizeof told) == sizeof told);
    CHECK(read(from_test, &byte, 1) == 0);
    _exit(0);
}

// ---- the test's side

static void take_told(struct truth *t, unsigned realm, int from_host) {
    static struct told told;
    size_t have = 0;
    while (have < sizeof told) {
        ssize_t n = read(from_host, (char *)&told + have, sizeof told - have);
        assert_true(n > 0);
        have += (size_t)n;
    }
    for (size_t i = 0; i < TRUTH_OBJECTS; i++) {
        t->objects[realm * TRUTH_OBJECTS + i].dev = told.dev[i];
        t->objects[realm * TRUTH_OBJECTS + i].ino = told.ino[i];
    }
    memcpy(t->holders[realm], told.holders, sizeof told.holders);
    t->toggles[realm] = (struct truth_toggle){told.toggler, told.toggle_dev, told.toggle_ino,
                                              told.toggle_shmid};
    t->ipc_ns[realm] = told.ipc_ns;
    t->mnt_ns[realm] = told.mnt_ns;
}

static uint64_t device_of_memfd(unsigned flags) {
    struct stat st = {0};
    int memfd = memfd_create("device", MFD_CLOEXEC | flags);
    assert_int_equal(fstat(memfd, &st), 0);
    close(memfd);
    return st.st_dev;
}

// The kernel frees what was in the namespaces of a world some time after the world has ended.
static void await_huge_pages(void) {
    for (int i = 0; i < HUGE_PATIENCE_MS && !huge_pages_free(TRUTH_HUGE_PAGES); i++)
        usleep(1000);
}

void truth_make(struct truth *t, bool churn) {
    const uint64_t anon_dev[2] = {device_of_memfd(0), t->huge ? device_of_memfd(MFD_HUGETLB) : 0};
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (t->huge)
        await_huge_pages();
    mount_mnt(t);
    t->control = mmap(NULL, sizeof *t->control, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);
    assert_true(t->control != MAP_FAILED);
    t->control_ino = inode_at((char *)t->control);
    for (unsigned realm = 0; realm < TRUTH_REALMS; realm++) {
        int down[2], up[2];
        assert_int_equal(pipe2(down, O_CLOEXEC), 0);
        assert_int_equal(pipe2(up, O_CLOEXEC), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            for (unsigned i = 0; i < realm; i++)
                close(t->to_host[i]);
            close(down[1]);
            close(up[0]);
            be_host(t, realm, churn, down[0], up[1], anon_dev);
        }
        close(down[0]);
        close(up[1]);
        t->hosts[realm] = pid;
        t->to_host[realm] = down[1];
        take_told(t, realm, up[0]);
        close(up[0]);
    }
}

static void remove_ours(const struct truth *t) {
    char path[160];
    for (size_t i = 0; i < t->object_count; i++) {
        const struct truth_object *o = &t->objects[i];
        if (o->realm != 0)
            continue;
        if (o->kind == SEG_SYSV)
            shmctl((int)o->ino, IPC_RMID, NULL);
        snprintf(path, sizeof path, "/dev/shm%s", o->name);
        if (o->kind == SEG_POSIX)
            unlink(path);
        snprintf(path, sizeof path, "/dev/shm%s.2", o->name);
        if (o->kind == SEG_POSIX && o->second)
            unlink(path);
    }
    if (t->toggles[0].pid)
        shmctl((int)t->toggles[0].shmid, IPC_RMID, NULL);
    for (unsigned i = 0; i < TRUTH_CHURN; i++) {
        snprintf(path, sizeof path, "/dev/shm/churn-%u", i);
        unlink(path);
    }
    unlink("/dev/shm/toggled");
    rmdir("/dev/shm/sub");
}

// With the host its children end, and then they are ours.
void truth_end(struct truth *t) {
    pid_t group = atomic_load(&t->control->group);
    if (group)
        kill(-group, SIGKILL); // also those that stand still
    for (unsigned realm = 0; realm < TRUTH_REALMS; realm++) {
        close(t->to_host[realm]);
        waitpid(t->hosts[realm], NULL, 0);
    }
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    munmap(t->control, sizeof *t->control);
    assert_true(!t->huge || umount("/mnt/huge") == 0);
    assert_int_equal(umount("/mnt"), 0);
    remove_ours(t);
}
