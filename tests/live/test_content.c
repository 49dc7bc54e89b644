// test_content.c - the routes to the bytes of a segment, and what happens when it goes away.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/content.h"
#include "probes/sysv_row.h"
#include "tests/support/children.h"
#include "tests/support/live.h"

enum { SIZE = 64 * 1024, PAGE = 4096 };

static struct root *root;

static int open_root(void **state) {
    (void)state;
    return root_open(NULL, &root);
}
static int close_root(void **state) {
    (void)state;
    root_close(root);
    shm_unlink("/c");
    return 0;
}

static int make_posix(const char *name, const char *text) {
    int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
    return fd;
}

static struct content_reader *open_ok(const struct snapshot *snap, unsigned flags) {
    struct content_reader *r = NULL;
    struct fault why;
    char line[900] = "";
    int err = content_open(root, snap, &snap->segments[0], flags, &r, &why);
    if (err < 0) {
        fault_format(&why, line, sizeof(line));
        fail_msg("%s", line);
    }
    assert_int_equal(why.outcome, OUTCOME_DONE);
    return r;
}

static void open_fails(const struct snapshot *snap, unsigned flags, int err, enum outcome outcome) {
    struct content_reader *r;
    struct fault why;
    assert_int_equal(content_open(root, snap, &snap->segments[0], flags, &r, &why), err);
    assert_int_equal(why.outcome, outcome);
    assert_true(why.what[0] != '\0' && why.why[0] != '\0');
}

static void reads_clamped_to_the_size(void **state) {
    (void)state;
    int fd = make_posix("/c", "0123456789");
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    const struct snapshot *snap = live_picture(root, &id, "/c", SIZE, NULL, 0);
    struct content_reader *r = open_ok(snap, 0);
    char buf[32];
    static const struct {
        uint64_t off;
        size_t ask;
        ssize_t get;
    } cases[] = {
        {0, 10, 10},       {SIZE - 4, 16, 4},  {SIZE, 16, 0},
        {SIZE + 1, 16, 0}, {UINT64_MAX, 8, 0}, {SIZE - 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(content_read_at(r, cases[i].off, buf, cases[i].ask), cases[i].get);
    assert_int_equal(content_read_at(r, 3, buf, 4), 4);
    assert_memory_equal(buf, "3456", 4);
    content_close(r);
    snapshot_unref(snap);
    shm_unlink("/c");
    close(fd);
}

static void tells_holes_from_data(void **state) {
    (void)state;
    int fd = make_posix("/c", "data");
    assert_int_equal(pwrite(fd, "x", 1, 4 * PAGE), 1);
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    const struct snapshot *snap = live_picture(root, &id, "/c", SIZE, NULL, 0);
    struct content_reader *r = open_ok(snap, 0);
    static const struct {
        uint64_t off, len;
        bool hole;
    } cases[] = {
        {0, PAGE, false},        {100, PAGE - 100, false},          {PAGE, 3 * PAGE, true},
        {4 * PAGE, PAGE, false}, {5 * PAGE, SIZE - 5 * PAGE, true}, {SIZE, 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t len = 99;
        bool hole = !cases[i].hole;
        assert_int_equal(content_extent(r, cases[i].off, &len, &hole), 0);
        assert_int_equal(len, cases[i].len);
        assert_int_equal(hole, cases[i].hole);
    }
    uint64_t resident = 0, swapped = 0;
    int err = content_residency(r, 0, SIZE, &resident, &swapped);
    if (err == -ENOTSUP) {
        print_message("cachestat(2) is not known here\n");
    } else {
        assert_int_equal(err, 0);
        assert_int_equal(resident + swapped, 2 * PAGE);
        assert_int_equal(content_residency(r, PAGE, 0, &resident, &swapped), 0);
        assert_int_equal(resident, 0); // no length means nothing, not everything
    }
    content_close(r);
    snapshot_unref(snap);
    shm_unlink("/c");
    close(fd);
}

static void replace_by_file(void) {
    close(make_posix("/c", "stranger"));
}
static void replace_by_fifo(void) {
    assert_int_equal(mkfifo("/dev/shm/c", 0600), 0);
}
static void replace_by_link(void) {
    close(make_posix("/other", "stranger"));
    assert_int_equal(symlink("/dev/shm/other", "/dev/shm/c"), 0);
}
static void replace_by_folder(void) {
    assert_int_equal(mkdir("/dev/shm/c", 0700), 0);
}
static void replace_by_nothing(void) {
}

// Whatever stands there now is neither opened in earnest (a FIFO would block) nor shown.
static void another_thing_under_the_name_is_not_read(void **state) {
    (void)state;
    static void (*const replace[])(void) = {replace_by_file, replace_by_fifo, replace_by_link,
                                            replace_by_folder, replace_by_nothing};
    for (size_t i = 0; i < sizeof(replace) / sizeof(replace[0]); i++) {
        int fd = make_posix("/c", "mine");
        struct seg_id id = live_fd_id(SEG_POSIX, fd);
        const struct snapshot *snap = live_picture(root, &id, "/c", SIZE, NULL, 0);
        struct content_reader *r = open_ok(snap, 0), *again;
        struct fault why;
        char buf[8];
        assert_int_equal(content_read_at(r, 0, buf, 4), 4);
        assert_int_equal(shm_unlink("/c"), 0);
        replace[i]();
        assert_int_equal(content_read_at(r, 0, buf, 4), -ESTALE);
        assert_int_equal(content_read_at(r, 0, buf, 4), -ESTALE);
        content_close(r);
        assert_true(content_open(root, snap, &snap->segments[0], 0, &again, &why) < 0);
        snapshot_unref(snap);
        close(fd);
        unlink("/dev/shm/c");
        unlink("/dev/shm/other");
        rmdir("/dev/shm/c");
    }
}

// The descriptor of a removed object would pin its memory.
static void a_removed_object_is_let_go_at_once(void **state) {
    (void)state;
    struct root_statfs before, after;
    char text[SIZE], buf[8];
    memset(text, 'x', sizeof(text));
    assert_int_equal(root_statfs(root, ROOT_SHM, &before), 0);
    int fd = make_posix("/c", "mine");
    assert_int_equal(pwrite(fd, text, sizeof(text), 0), sizeof(text));
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    close(fd);
    const struct snapshot *snap = live_picture(root, &id, "/c", SIZE, NULL, 0);
    struct content_reader *r = open_ok(snap, 0);
    assert_int_equal(shm_unlink("/c"), 0);
    assert_int_equal(content_read_at(r, 0, buf, 4), -ESTALE);
    assert_int_equal(root_statfs(root, ROOT_SHM, &after), 0);
    assert_int_equal(after.used, before.used);
    content_close(r);
    snapshot_unref(snap);
}

static void an_unlinked_object_goes_on_through_its_holder(void **state) {
    (void)state;
    int fd = make_posix("/c", "held");
    struct live_holder h;
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = SIZE, .touch = 4, .map = true}, &h);
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    close(fd);
    const struct snapshot *snap = live_picture(root, &id, "/c", SIZE, &h, 1);
    struct content_reader *r = open_ok(snap, 0);
    char buf[8] = "";
    assert_int_equal(shm_unlink("/c"), 0);
    assert_int_equal(content_read_at(r, 0, buf, 4), 4);
    assert_memory_equal(buf, "hhhh", 4);
    assert_null(strstr(content_route(r), "own file"));
    live_release(&h);
    assert_int_equal(content_read_at(r, 0, buf, 4), -ESTALE);
    content_close(r);
    snapshot_unref(snap);
}

static void a_shrinking_object_gives_short_reads(void **state) {
    (void)state;
    int fd = make_posix("/c", "shrinks");
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    const struct snapshot *snap = live_picture(root, &id, "/c", SIZE, NULL, 0);
    struct content_reader *r = open_ok(snap, 0);
    char buf[16];
    uint64_t size = 0;
    assert_int_equal(ftruncate(fd, 3), 0);
    assert_int_equal(content_read_at(r, 0, buf, sizeof(buf)), 3);
    assert_int_equal(content_read_at(r, PAGE, buf, sizeof(buf)), 0);
    assert_int_equal(content_size(r, &size), 0);
    assert_int_equal(size, 3);
    content_close(r);
    snapshot_unref(snap);
    shm_unlink("/c");
    close(fd);
}

static void refuse_links_of(struct root *r, pid_t pid) {
    char path[32];
    snprintf(path, sizeof(path), "%d/map_files", (int)pid);
    assert_int_equal(root_inject(r, ROOT_PROC, path, EPERM), 0);
    snprintf(path, sizeof(path), "%d/fd", (int)pid);
    assert_int_equal(root_inject(r, ROOT_PROC, path, EACCES), 0);
}

// What an ordinary user has: the memory of its own processes.
static void a_holder_serves_through_its_memory(void **state) {
    (void)state;
    int fd = memfd_create("c", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    assert_int_equal(pwrite(fd, "memory", 6, SIZE - 6), 6);
    struct live_holder h;
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = SIZE, .map = true}, &h);
    struct seg_id id = live_fd_id(SEG_MEMFD, fd);
    struct root *own = root;
    assert_int_equal(root_open(NULL, &root), 0);
    refuse_links_of(root, h.pid);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, &h, 1);
    struct content_reader *r = open_ok(snap, CONTENT_MAY_ATTACH);
    char buf[16];
    uint64_t len, resident, swapped;
    bool hole;
    assert_non_null(strstr(content_route(r), "process_vm_readv"));
    assert_string_equal(content_side_effects(r), "allocates pages never written");
    assert_int_equal(content_read_at(r, SIZE - 6, buf, sizeof(buf)), 6);
    assert_memory_equal(buf, "memory", 6);
    assert_int_equal(content_read_at(r, SIZE, buf, sizeof(buf)), 0);
    assert_int_equal(content_extent(r, 0, &len, &hole), -ENOTSUP);
    assert_int_equal(content_residency(r, 0, SIZE, &resident, &swapped), -ENOTSUP);
    // Cut short, its mapping stays: the kernel says EFAULT where a load would be a SIGBUS.
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(content_read_at(r, 0, buf, sizeof(buf)), 0);
    live_release(&h);
    assert_int_equal(content_read_at(r, 0, buf, sizeof(buf)), -ESTALE);
    content_close(r);
    snapshot_unref(snap);
    root_close(root);
    root = own;
    close(fd);
}

static enum content_state state_at(struct content_reader *r, uint64_t off, uint64_t *len) {
    enum content_state state;
    assert_int_equal(content_pages(r, off, SIZE, len, &state), 0);
    return state;
}

// Only pages that some holder has in its page table are read: the rest might be allocated by that.
static void through_memory_no_page_is_made(void **state) {
    (void)state;
    int fd = memfd_create("c", MFD_CLOEXEC);
    struct stat before, after;
    assert_int_equal(ftruncate(fd, SIZE), 0);
    assert_int_equal(pwrite(fd, "unseen", 6, 2 * PAGE), 6);
    struct live_holder h;
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = SIZE, .touch = 10, .map = true},
              &h);
    struct seg_id id = live_fd_id(SEG_MEMFD, fd);
    struct root *own = root;
    assert_int_equal(root_open(NULL, &root), 0);
    refuse_links_of(root, h.pid);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, &h, 1);
    struct content_reader *r = open_ok(snap, 0);
    char buf[2 * PAGE];
    uint64_t len = 0;
    assert_true(content_partial(r));
    assert_string_equal(content_side_effects(r), "none");
    assert_int_equal(fstat(fd, &before), 0);
    assert_int_equal(state_at(r, 0, &len), CONTENT_DATA);
    assert_int_equal(len, PAGE);
    assert_int_equal(content_read_at(r, 4, buf, sizeof(buf)), PAGE - 4);
    assert_memory_equal(buf, "hhhhhh", 6);
    for (uint64_t off = PAGE; off < SIZE; off += PAGE) {
        assert_int_equal(state_at(r, off, &len), CONTENT_UNKNOWN);
        assert_int_equal(content_read_at(r, off, buf, PAGE), -ENODATA);
    }
    assert_int_equal(fstat(fd, &after), 0);
    assert_int_equal(after.st_blocks, before.st_blocks);
    content_close(r);
    r = open_ok(snap, CONTENT_MAY_ATTACH); // said to be all right: all of it is there
    assert_int_equal(content_read_at(r, 2 * PAGE, buf, 6), 6);
    assert_memory_equal(buf, "unseen", 6);
    content_close(r);
    live_release(&h);
    snapshot_unref(snap);
    root_close(root);
    root = own;
    close(fd);
}

// Maps a memfd, and in its next step something else at the same place, all of which it has touched.
struct changing {
    int fd;
    void *at;
};

static int change(void *arg, int step) {
    const struct changing *c = arg;
    if (step == 0)
        return mmap(c->at, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, c->fd,
                    0) != c->at;
    int other = memfd_create("other", MFD_CLOEXEC);
    if (other < 0 || ftruncate(other, SIZE) < 0 ||
        mmap(c->at, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, other, 0) != c->at)
        return 1;
    memset(c->at, 'x', SIZE);
    return 0;
}

// Its page table says nothing of the object any more: through the others the page would be made.
static void through_memory_what_a_holder_maps_by_now_proves_nothing(void **state) {
    (void)state;
    struct changing change_arg = {memfd_create("c", MFD_CLOEXEC), (void *)0x200000000000};
    struct stat before, after;
    struct child changer;
    struct live_holder h[2];
    assert_int_equal(ftruncate(change_arg.fd, SIZE), 0);
    live_hold(&(struct live_hold){.shmid = -1, .fd = change_arg.fd, .len = SIZE, .map = true}, h);
    child_start(&changer, change, &change_arg);
    h[1] = (struct live_holder){.pid = changer.pid,
                                .start = (uintptr_t)change_arg.at,
                                .end = (uintptr_t)change_arg.at + SIZE,
                                .mapped = true,
                                .access = ACCESS_R | ACCESS_W};
    struct seg_id id = live_fd_id(SEG_MEMFD, change_arg.fd);
    struct root *own = root;
    assert_int_equal(root_open(NULL, &root), 0);
    refuse_links_of(root, h[0].pid);
    refuse_links_of(root, h[1].pid);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, h, 2);
    struct content_reader *r = open_ok(snap, 0);
    char buf[PAGE];
    assert_int_equal(fstat(change_arg.fd, &before), 0);
    child_step(&changer);
    assert_int_equal(content_read_at(r, 0, buf, sizeof buf), -ENODATA);
    assert_int_equal(fstat(change_arg.fd, &after), 0);
    assert_int_equal(after.st_blocks, before.st_blocks);
    content_close(r);
    child_end(&changer);
    live_release(h);
    snapshot_unref(snap);
    root_close(root);
    root = own;
    close(change_arg.fd);
}

static int make_sysv(struct live_holder *h, bool held) {
    int shmid = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
    assert_true(shmid >= 0);
    live_hold(&(struct live_hold){.shmid = shmid, .fd = -1, .len = SIZE, .touch = 100, .map = true},
              h);
    if (!held)
        live_release(h);
    return shmid;
}

static void a_sysv_segment_is_read_while_its_id_lives(void **state) {
    (void)state;
    struct live_holder h;
    int shmid = make_sysv(&h, true);
    struct seg_id id = live_sysv_id(root, shmid);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, &h, 1);
    struct content_reader *r = open_ok(snap, CONTENT_MAY_ATTACH);
    bool by_link = strstr(content_route(r), "map_files") != NULL;
    char buf[8] = "";
    assert_int_equal(content_read_at(r, 0, buf, 4), 4);
    assert_memory_equal(buf, "hhhh", 4);
    assert_false(content_attached(r));
    live_release(&h);
    // By a link the segment stays in sight without its holder, by the holder's memory it does not.
    assert_int_equal(content_read_at(r, 0, buf, 4), by_link ? 4 : -ESTALE);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
    assert_int_equal(content_read_at(r, 0, buf, 4), -ESTALE);
    content_close(r);
    open_fails(snap, CONTENT_MAY_ATTACH, -ENOENT, OUTCOME_MISSING);
    snapshot_unref(snap);
}

static void attaching_needs_to_be_allowed(void **state) {
    (void)state;
    struct live_holder h;
    int shmid = make_sysv(&h, false);
    struct seg_id id = live_sysv_id(root, shmid);
    struct root_shm_row before, after;
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, NULL, 0);
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &before), 0);
    open_fails(snap, 0, -EPERM, OUTCOME_REFUSED);
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), 0);
    assert_int_equal(after.lpid, before.lpid);
    struct content_reader *r = open_ok(snap, CONTENT_MAY_ATTACH);
    char buf[8] = "";
    assert_int_equal(content_read_at(r, 96, buf, 8), 8);
    assert_memory_equal(buf, "hhhh\0\0\0\0", 8);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
    // Removed and held by nobody but perhaps us: let go.
    assert_int_equal(content_read_at(r, 0, buf, 4), -ESTALE);
    assert_int_equal(sysv_row(root, (uint64_t)shmid, &after), -ENOENT);
    content_close(r);
    snapshot_unref(snap);
}

static bool next_shmid(int id) {
    char text[16];
    int fd = open("/proc/sys/kernel/shm_next_id", O_WRONLY | O_CLOEXEC);
    int n = snprintf(text, sizeof(text), "%d", id);
    bool done = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    return done;
}

static void a_recycled_shmid_is_not_read(void **state) {
    (void)state;
    struct live_holder h;
    int shmid = make_sysv(&h, false);
    struct seg_id id = live_sysv_id(root, shmid);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, NULL, 0);
    struct content_reader *r = open_ok(snap, CONTENT_MAY_ATTACH);
    char buf[8];
    bool kept = strstr(content_route(r), "until closed") != NULL;
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
    if (kept || !next_shmid(shmid)) {
        content_close(r);
        snapshot_unref(snap);
        print_message("shm_next_id cannot be written, or the attachment pins the id\n");
        skip();
    }
    int again = shmget(IPC_PRIVATE, 2 * SIZE, IPC_CREAT | 0600);
    assert_int_equal(again, shmid);
    assert_int_equal(content_read_at(r, 0, buf, 4), -ESTALE);
    content_close(r);
    open_fails(snap, CONTENT_MAY_ATTACH, -ESTALE, OUTCOME_MISSING);
    shmctl(again, IPC_RMID, NULL);
    snapshot_unref(snap);
}

static void a_pid_used_again_is_no_holder(void **state) {
    (void)state;
    int fd = memfd_create("c", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    struct live_holder h;
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = SIZE, .map = true}, &h);
    struct seg_id id = live_fd_id(SEG_MEMFD, fd);
    const struct snapshot *snap = live_picture(root, &id, NULL, SIZE, &h, 1);
    // The same process, taken for one that started a tick earlier.
    struct process *p = (struct process *)(uintptr_t)&snap->processes[0];
    p->id.start_ticks--;
    struct content_reader *r;
    struct fault why;
    assert_true(content_open(root, snap, &snap->segments[0], 0, &r, &why) < 0);
    snapshot_unref(snap);
    live_release(&h);
    close(fd);
}

static int open_in_child(void *arg) {
    const struct snapshot *snap = arg;
    struct content_reader *r;
    struct fault why;
    struct root *mine;
    if (root_open(NULL, &mine) < 0)
        return 90;
    int err = content_open(mine, snap, &snap->segments[0], CONTENT_MAY_ATTACH, &r, &why);
    root_close(mine);
    return err == -EACCES && why.outcome == OUTCOME_FAILED && why.err == EACCES ? 0 : 1;
}

static void what_a_user_may_not_read_is_denied_by_name(void **state) {
    (void)state;
    if (!live_can_change_user()) {
        print_message("only root can become another user\n");
        skip();
    }
    int fd = make_posix("/c", "secret");
    struct seg_id id = live_fd_id(SEG_POSIX, fd);
    const struct snapshot *snap = live_picture(root, &id, "/c", SIZE, NULL, 0);
    void *arg = (void *)(uintptr_t)snap;
    assert_int_equal(live_as_user(65534, open_in_child, arg), 0);
    snapshot_unref(snap);
    shm_unlink("/c");
    close(fd);
    if (getenv("VALGRIND") != NULL) {
        print_message("valgrind answers EINVAL to every shmat that is refused\n");
        return;
    }
    struct live_holder h;
    int shmid = make_sysv(&h, true);
    id = live_sysv_id(root, shmid);
    snap = live_picture(root, &id, NULL, SIZE, &h, 1);
    arg = (void *)(uintptr_t)snap;
    assert_int_equal(live_as_user(65534, open_in_child, arg), 0);
    snapshot_unref(snap);
    live_release(&h);
    shmctl(shmid, IPC_RMID, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_clamped_to_the_size),
        cmocka_unit_test(tells_holes_from_data),
        cmocka_unit_test(another_thing_under_the_name_is_not_read),
        cmocka_unit_test(a_removed_object_is_let_go_at_once),
        cmocka_unit_test(an_unlinked_object_goes_on_through_its_holder),
        cmocka_unit_test(a_shrinking_object_gives_short_reads),
        cmocka_unit_test(a_holder_serves_through_its_memory),
        cmocka_unit_test(through_memory_no_page_is_made),
        cmocka_unit_test(through_memory_what_a_holder_maps_by_now_proves_nothing),
        cmocka_unit_test(a_sysv_segment_is_read_while_its_id_lives),
        cmocka_unit_test(attaching_needs_to_be_allowed),
        cmocka_unit_test(a_recycled_shmid_is_not_read),
        cmocka_unit_test(a_pid_used_again_is_no_holder),
        cmocka_unit_test(what_a_user_may_not_read_is_denied_by_name),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
