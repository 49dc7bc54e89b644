// test_namespaces.c - segments of other namespaces of a real kernel: found, told apart, let go.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/children.h"
#include "tests/support/live.h"

enum { PAGE = 4096, KEY = 0x57000000, BIG = 96 << 20, PATIENCE = 2000000 };

static const struct scan_request all = {.everything = true,
                                        .private_maps = true,
                                        .descriptors = true,
                                        .locks = true,
                                        .all_namespaces = true};
static const struct scan_request own = {
    .everything = true, .private_maps = true, .descriptors = true, .locks = true};

static uint64_t namespace_number(pid_t pid, const char *name) {
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, name);
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static const struct segment *sysv_in(const struct snapshot *snap, uint64_t ns, int shmid) {
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *s = &snap->segments[i];
        if (s->id.kind == SEG_SYSV && s->id.ns == ns && s->id.num == (uint64_t)shmid)
            return s;
    }
    return NULL;
}

static const struct segment *posix_in(const struct snapshot *snap, uint64_t ns, const char *name) {
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *s = &snap->segments[i];
        const char *bytes = "";
        size_t len = 0;
        uint64_t mnt = 0;
        if (s->id.kind == SEG_POSIX && strv_get(s->name, &bytes, &len) == WHY_KNOWN &&
            len == strlen(name) && memcmp(bytes, name, len) == 0 &&
            seg_get(s, SEG_MNT_NS, &mnt) == WHY_KNOWN && mnt == ns)
            return s;
    }
    return NULL;
}

static const struct segment *need(const struct segment *s) {
    assert_non_null(s);
    if (!s)
        abort();
    return s;
}

static size_t count_in(const struct snapshot *snap, uint64_t ipc, uint64_t mnt) {
    size_t n = 0;
    for (size_t i = 0; i < snap->segment_count; i++) {
        uint64_t theirs = 0;
        const struct segment *s = &snap->segments[i];
        n += s->id.kind == SEG_SYSV ? s->id.ns == ipc
                                    : seg_get(s, SEG_MNT_NS, &theirs) == WHY_KNOWN && theirs == mnt;
    }
    return n;
}

// ---- children

static int make_file(const char *path, size_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int err = fd < 0 || ftruncate(fd, (off_t)size) < 0;
    if (fd >= 0)
        close(fd);
    return err;
}

// A container as far as shared memory goes: the same shmid, key, size and names in each.
static int live_in_container(void *arg, int step) {
    (void)arg;
    if (step > 0)
        return 0;
    if (unshare(CLONE_NEWIPC | CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL) < 0)
        return 1;
    int shmid = shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
    if (shmid != 0 || shmat(shmid, NULL, 0) == (void *)-1)
        return 2;
    return make_file("/dev/shm/ring", 3 * PAGE) || mkdir("/dev/shm/d", 0700) ||
           make_file("/dev/shm/d/deep", PAGE) || mkfifo("/dev/shm/pipe", 0600) ||
           symlink("/etc/passwd", "/dev/shm/link");
}

static void containers_are_told_apart_though_all_looks_alike(void **state) {
    enum { MANY = 3 };
    struct child c[MANY];
    for (int i = 0; i < MANY; i++)
        child_start(&c[i], live_in_container, NULL);
    const struct snapshot *snap = eyes_look(*state, all);
    for (int i = 0; i < MANY; i++) {
        uint64_t ipc = namespace_number(c[i].pid, "ipc"), mnt = namespace_number(c[i].pid, "mnt");
        const struct segment *s = need(sysv_in(snap, ipc, 0));
        assert_true(s->foreign);
        assert_int_equal(s->flags & SEG_FLAG_LEFT_NAMESPACE, 0);
        assert_int_equal(segment_number(s, SEG_KEY), KEY);
        assert_int_equal(segment_number(s, SEG_IPC_NS), ipc);
        assert_int_equal(segment_number(s, SEG_HIDDEN), 0);
        assert_int_equal(s->holding_count, 1);
        assert_non_null(holding_of(snap, s, c[i].pid));
        const struct segment *ring = need(posix_in(snap, mnt, "/ring"));
        assert_true(ring->foreign);
        assert_int_equal(segment_number(ring, SEG_SIZE), 3 * PAGE);
        assert_non_null(posix_in(snap, mnt, "/d/deep"));
        assert_int_equal(count_in(snap, ipc, mnt), 3); // no FIFO, no link, nothing twice
        assert_int_equal(s->container.why_, WHY_KNOWN);
    }
    snapshot_unref(snap);
    for (int i = 0; i < MANY; i++)
        child_end(&c[i]);
}

static void without_being_asked_for_they_are_counted_and_left_out(void **state) {
    const struct snapshot *before = eyes_look(*state, own);
    struct child c;
    child_start(&c, live_in_container, NULL);
    uint64_t ipc = namespace_number(c.pid, "ipc"), mnt = namespace_number(c.pid, "mnt");
    for (int i = 0; i < 2; i++) { // a full look and a quick one
        struct scan_request want = i == 0 ? own : (struct scan_request){.descriptors = true};
        const struct snapshot *snap = eyes_look(*state, want);
        assert_int_equal(count_in(snap, ipc, mnt), 0);
        assert_int_equal(snap->coverage.foreign, before->coverage.foreign + 3);
        assert_int_equal(snap->coverage.namespaces, before->coverage.namespaces + 1);
        snapshot_unref(snap);
    }
    child_end(&c);
    snapshot_unref(before);
}

// Attached in one namespace, the process goes to another and attaches the same number there.
struct leaver {
    bool attach_there;
    int to_stayer; // the write end of its pipe
};

static int leave(void *arg, int step) {
    struct leaver *l = arg;
    int pipe[2];
    char byte;
    if (step == 1) {
        if (unshare(CLONE_NEWIPC) < 0 || shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600) != 0)
            return 1;
        return l->attach_there && shmat(0, NULL, 0) == (void *)-1;
    }
    if (unshare(CLONE_NEWIPC) < 0 || shmget(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600) != 0 ||
        pipe2(pipe, O_CLOEXEC) < 0)
        return 2;
    pid_t stayer = fork(); // keeps the namespace in sight
    if (stayer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pipe[1]);
        _exit(read(pipe[0], &byte, 1) < 0);
    }
    l->to_stayer = pipe[1];
    return stayer < 0 || shmat(0, NULL, 0) == (void *)-1;
}

static void who_leaves_a_namespace_still_holds_what_it_attached_there(void **state) {
    for (int there = 0; there < 2; there++) {
        struct leaver l = {.attach_there = there};
        struct child c;
        child_start(&c, leave, &l);
        uint64_t first = namespace_number(c.pid, "ipc");
        child_step(&c);
        uint64_t second = namespace_number(c.pid, "ipc");
        assert_int_not_equal(first, second);
        for (int quick = 0; quick < 2; quick++) {
            struct scan_request want = quick ? (struct scan_request){.all_namespaces = true} : all;
            const struct snapshot *snap = eyes_look(*state, want);
            const struct segment *left = need(sysv_in(snap, first, 0));
            const struct segment *now = need(sysv_in(snap, second, 0));
            assert_non_null(holding_of(snap, left, c.pid));
            assert_int_equal(segment_number(left, SEG_HIDDEN), 0);
            assert_int_not_equal(left->flags & SEG_FLAG_LEFT_NAMESPACE, 0);
            assert_int_equal(now->flags & SEG_FLAG_LEFT_NAMESPACE, 0);
            assert_int_equal(now->holding_count, there);
            snapshot_unref(snap);
        }
        child_end(&c);
    }
}

// What is attached in our own namespace by who has left it, though others are not asked for.
static int leave_ours(void *arg, int step) {
    const int *shmid = arg;
    if (step == 0)
        return shmat(*shmid, NULL, 0) == (void *)-1;
    return unshare(CLONE_NEWIPC) < 0;
}

static void who_has_left_our_own_namespace_is_seen(void **state) {
    int shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
    struct child c;
    child_start(&c, leave_ours, &shmid);
    child_step(&c);
    const struct snapshot *snap = eyes_look(*state, own);
    const struct segment *s = need(segment_sysv(snap, shmid));
    assert_non_null(holding_of(snap, s, c.pid));
    assert_int_equal(segment_number(s, SEG_HIDDEN), 0);
    assert_int_not_equal(s->flags & SEG_FLAG_LEFT_NAMESPACE, 0);
    snapshot_unref(snap);
    child_end(&c);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

// ---- nothing but a mount or a descriptor

static uint64_t shmem_bytes(void) {
    static const char name[] = "Shmem:";
    char line[128];
    uint64_t kib = 0;
    FILE *f = fopen("/proc/meminfo", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, sizeof name - 1) == 0)
            kib = strtoull(line + sizeof name - 1, NULL, 10);
    fclose(f);
    return kib * 1024;
}

static int fill_big(void *arg, int step) {
    (void)arg;
    if (step > 0)
        return 0;
    if (unshare(CLONE_NEWIPC) < 0)
        return 1;
    int shmid = shmget(IPC_PRIVATE, BIG, IPC_CREAT | 0600);
    char *at = shmat(shmid, NULL, 0);
    if (shmid < 0 || at == (char *)-1)
        return 2;
    memset(at, 1, BIG);
    return shmdt(at) < 0;
}

// The kernel frees a namespace a moment after its last user: the memory must be back soon.
static void assert_memory_comes_back(uint64_t full) {
    for (int i = 0; i < PATIENCE; i++) {
        if (shmem_bytes() + BIG / 2 < full)
            return;
        sched_yield();
    }
    fail_msg("%d MiB of a dead namespace stay", BIG >> 20);
}

static void a_bind_mount_alone_is_enough_and_nothing_outlives_it(void **state) {
    char place[] = "/tmp/shmtop-ns-XXXXXX", source[64];
    int fd = mkstemp(place);
    struct child c;
    assert_true(fd >= 0);
    close(fd);
    child_start(&c, fill_big, NULL);
    uint64_t ns = namespace_number(c.pid, "ipc");
    snprintf(source, sizeof source, "/proc/%d/ns/ipc", (int)c.pid);
    assert_int_equal(mount(source, place, NULL, MS_BIND, NULL), 0);
    child_end(&c);
    const struct snapshot *snap = eyes_look(*state, all);
    const struct segment *s = need(sysv_in(snap, ns, 0));
    assert_int_equal(segment_number(s, SEG_RESIDENT), BIG);
    assert_int_equal(s->holding_count, 0);
    snapshot_unref(snap);
    uint64_t full = shmem_bytes();
    assert_int_equal(umount2(place, MNT_DETACH), 0);
    assert_memory_comes_back(full);
    snap = eyes_look(*state, (struct scan_request){.all_namespaces = true});
    assert_null(sysv_in(snap, ns, 0));
    snapshot_unref(snap);
    unlink(place);
}

static void a_descriptor_alone_is_enough_and_nothing_outlives_it(void **state) {
    char source[64];
    struct child c;
    child_start(&c, fill_big, NULL);
    uint64_t ns = namespace_number(c.pid, "ipc");
    snprintf(source, sizeof source, "/proc/%d/ns/ipc", (int)c.pid);
    int fd = open(source, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    child_end(&c);
    const struct snapshot *snap = eyes_look(*state, all);
    assert_non_null(sysv_in(snap, ns, 0));
    snapshot_unref(snap);
    uint64_t full = shmem_bytes();
    close(fd);
    assert_memory_comes_back(full);
    snap = eyes_look(*state, all);
    assert_null(sysv_in(snap, ns, 0));
    snapshot_unref(snap);
}

static void a_prober_that_goes_on_keeps_nothing_alive(void **state) {
    struct child c;
    child_start(&c, fill_big, NULL);
    uint64_t ns = namespace_number(c.pid, "ipc");
    for (int i = 0; i < 12; i++) {
        const struct snapshot *snap = eyes_look(
            *state, (struct scan_request){.descriptors = true, .all_namespaces = true});
        assert_non_null(sysv_in(snap, ns, 0));
        snapshot_unref(snap);
    }
    uint64_t full = shmem_bytes();
    child_end(&c);
    assert_memory_comes_back(full);
    const struct snapshot *snap = eyes_look(*state, (struct scan_request){.all_namespaces = true});
    assert_null(sysv_in(snap, ns, 0));
    snapshot_unref(snap);
}

static void we_are_where_we_were_after_each_look(void **state) {
    struct child c;
    uint64_t ipc = namespace_number(getpid(), "ipc");
    child_start(&c, live_in_container, NULL);
    snapshot_unref(eyes_look(*state, all));
    assert_int_equal(namespace_number(getpid(), "ipc"), ipc);
    child_end(&c);
}

// ---- an ordinary user with a user namespace of his own

static int put_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return !good;
}

static int live_rootless(void *arg, int step) {
    char map[32];
    unsigned uid = geteuid();
    if (step > 0)
        return 0;
    if (unshare(CLONE_NEWUSER) < 0)
        return 3;
    snprintf(map, sizeof map, "0 %u 1\n", uid);
    if (put_text("/proc/self/setgroups", "deny") || put_text("/proc/self/uid_map", map) ||
        put_text("/proc/self/gid_map", map))
        return 4;
    return live_in_container(arg, step);
}

static int look_rootless(void *arg) {
    struct root *r = NULL;
    struct prober *prober = NULL;
    struct child c;
    (void)arg;
    child_start(&c, live_rootless, NULL);
    uint64_t ipc = namespace_number(c.pid, "ipc"), mnt = namespace_number(c.pid, "mnt");
    const struct snapshot *snap = NULL;
    int bad = root_open(NULL, &r) || prober_new(r, &prober) || prober_scan(prober, &all, &snap);
    const struct segment *s = bad ? NULL : sysv_in(snap, ipc, 0);
    uint64_t uid = 0, creator = 0;
    if (!s)
        bad = 2;
    else if (seg_get(s, SEG_UID, &uid) != WHY_KNOWN || uid != geteuid() ||
             seg_get(s, SEG_CREATOR_UID, &creator) != WHY_KNOWN || creator != geteuid())
        bad = 3;
    else if (!holding_of(snap, s, c.pid))
        bad = 4;
    else if (!posix_in(snap, mnt, "/ring") || !posix_in(snap, mnt, "/d/deep"))
        bad = 5;
    snapshot_unref(snap);
    prober_free(prober);
    root_close(r);
    child_end(&c);
    return bad;
}

static void an_ordinary_user_sees_into_his_own_containers(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("skipped: ThreadSanitizer gives every child a thread, which may make no user "
                  "namespace\n");
    skip();
#endif
    if (!live_can_change_user()) {
        print_message("skipped: this user can be nobody else\n");
        skip();
    }
    assert_int_equal(live_as_user(65534, look_rootless, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers_are_told_apart_though_all_looks_alike),
        cmocka_unit_test(without_being_asked_for_they_are_counted_and_left_out),
        cmocka_unit_test(who_leaves_a_namespace_still_holds_what_it_attached_there),
        cmocka_unit_test(who_has_left_our_own_namespace_is_seen),
        cmocka_unit_test(a_bind_mount_alone_is_enough_and_nothing_outlives_it),
        cmocka_unit_test(a_descriptor_alone_is_enough_and_nothing_outlives_it),
        cmocka_unit_test(a_prober_that_goes_on_keeps_nothing_alive),
        cmocka_unit_test(we_are_where_we_were_after_each_look),
        cmocka_unit_test(an_ordinary_user_sees_into_his_own_containers),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
