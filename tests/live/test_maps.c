// test_maps.c - mappings of every kind of shared object, by both routes and across scans.
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
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/children.h"
#include "tests/support/live.h"

enum { PAGE = 4096, TICKS = 12 };
static const struct scan_request all_maps = {.everything = true, .private_maps = true};
static const struct scan_request tick = {0};

static int make_sysv(size_t size) {
    int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    assert_true(id >= 0);
    return id;
}

static int make_posix(const char *name, off_t size) {
    char path[300];
    snprintf(path, sizeof path, "/dev/shm/%s", name);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    return fd;
}

static struct stat stat_of(int fd) {
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st;
}

static const struct segment *segment_fd(const struct snapshot *snap, int fd) {
    struct stat st = stat_of(fd);
    return segment_inode(snap, st.st_dev, st.st_ino);
}

static void assert_name(const struct segment *seg, const char *name) {
    const char *bytes = NULL;
    size_t len = 0;
    assert_int_equal(strv_get(seg->name, &bytes, &len), WHY_KNOWN);
    assert_int_equal(len, strlen(name));
    assert_memory_equal(bytes, name, len);
}

// A mapping to be made by a child.
struct map {
    int shmid; // -1: of fd
    int fd;
    size_t len;
    off_t offset;
    int prot, flags;
    int at_step;
    bool same_vsize; // in place of memory reserved before
    void *at;
};

static int do_map(void *arg, int step) {
    struct map *m = arg;
    if (step == 0 && m->same_vsize)
        m->at = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (step != m->at_step)
        return 0;
    int attach = (m->prot & PROT_WRITE ? 0 : SHM_RDONLY) | (m->at ? SHM_REMAP : 0);
    int map = m->flags | (m->at ? MAP_FIXED : 0);
    m->at = m->shmid >= 0 ? shmat(m->shmid, m->at, attach)
                          : mmap(m->at, m->len, m->prot, map, m->fd, m->offset);
    return m->at == MAP_FAILED;
}

static int do_split(void *arg, int step) {
    (void)step;
    int shmid = *(int *)arg;
    char *at = shmat(shmid, NULL, 0);
    return at == MAP_FAILED || mprotect(at + PAGE, PAGE, PROT_READ) != 0;
}

static void counts_every_piece_of_an_attachment(void **state) {
    struct child c;
    int shmid = make_sysv(3 * PAGE);
    child_start(&c, do_split, &shmid);
    const struct snapshot *snap = eyes_look(*state, all_maps);
    const struct segment *seg = segment_sysv(snap, shmid);
    const struct holding *h = holding_of(snap, seg, c.pid);
    assert_non_null(h);
    assert_int_equal(h->mappings, 3);
    assert_int_equal(h->mapped_bytes, 3 * PAGE);
    assert_int_equal(h->access, ACCESS_R | ACCESS_W);
    assert_false(h->is_private);
    const struct map_range *r = &snap->ranges[h->first_range];
    assert_int_equal(r[1].access, ACCESS_R);
    assert_int_equal(r[1].offset, PAGE);
    assert_int_equal(r[0].end, r[1].start);
    assert_int_equal(segment_number(seg, SEG_NATTCH), 3);
    assert_int_equal(segment_number(seg, SEG_HIDDEN), 0);
    snapshot_unref(snap);
    child_end(&c);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

// The first segment of every IPC namespace has the id, and so the inode, 0.
static int attach_id_zero(void *arg, int step) {
    (void)arg;
    (void)step;
    if (unshare(CLONE_NEWIPC) != 0)
        return 1;
    int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
    return id != 0 || shmat(id, NULL, 0) == MAP_FAILED || shmctl(id, IPC_RMID, NULL) != 0;
}

static void a_holder_in_another_namespace_is_not_ours(void **state) {
    struct child other, own;
    int shmid = make_sysv(PAGE);
    struct map m = {.shmid = shmid, .prot = PROT_READ};
    if (shmid != 0)
        print_message("# the first id of this namespace was used before\n");
    child_start(&own, do_map, &m);
    child_start(&other, attach_id_zero, NULL);
    const struct snapshot *snap = eyes_look(*state, all_maps);
    const struct segment *seg = segment_sysv(snap, shmid);
    const struct holding *h = holding_of(snap, seg, own.pid);
    assert_non_null(h);
    assert_int_equal(h->access, ACCESS_R);
    assert_null(holding_of(snap, seg, other.pid));
    assert_int_equal(segment_number(seg, SEG_HIDDEN), 0);
    snapshot_unref(snap);
    child_end(&own);
    child_end(&other);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

static void sees_posix_with_access_and_offset(void **state) {
    struct child c;
    int fd = make_posix("offset", 4 * PAGE);
    struct map m = {.shmid = -1,
                    .fd = fd,
                    .len = 2 * PAGE,
                    .offset = PAGE,
                    .prot = PROT_READ,
                    .flags = MAP_SHARED};
    child_start(&c, do_map, &m);
    const struct snapshot *snap = eyes_look(*state, all_maps);
    const struct holding *h = holding_of(snap, segment_fd(snap, fd), c.pid);
    assert_non_null(h);
    assert_int_equal(h->mappings, 1);
    assert_int_equal(h->mapped_bytes, 2 * PAGE);
    assert_int_equal(h->access, ACCESS_R);
    assert_int_equal(snap->ranges[h->first_range].offset, PAGE);
    snapshot_unref(snap);
    child_end(&c);
    close(fd);
    unlink("/dev/shm/offset");
}

static void a_private_mapping_is_a_holder_that_only_reads(void **state) {
    struct child c;
    int fd = make_posix("private", PAGE);
    struct map m = {.shmid = -1,
                    .fd = fd,
                    .len = PAGE,
                    .offset = 0,
                    .prot = PROT_READ | PROT_WRITE,
                    .flags = MAP_PRIVATE};
    child_start(&c, do_map, &m);
    const struct snapshot *snap = eyes_look(*state, all_maps);
    const struct holding *h = holding_of(snap, segment_fd(snap, fd), c.pid);
    assert_non_null(h);
    assert_true(h->is_private);
    assert_int_equal(h->access, ACCESS_R);
    assert_true(snap->coverage.private_maps);
    snapshot_unref(snap);
    struct scan_request shared_only = {.everything = true};
    struct eyes *e = *state;
    struct prober *fresh;
    assert_int_equal(prober_new(e->root, &fresh), 0);
    assert_int_equal(prober_scan(fresh, &shared_only, &snap), 0);
    assert_null(holding_of(snap, segment_fd(snap, fd), c.pid));
    assert_false(snap->coverage.private_maps);
    snapshot_unref(snap);
    prober_free(fresh);
    child_end(&c);
    close(fd);
    unlink("/dev/shm/private");
}

static void an_unlinked_object_keeps_the_name_it_had(void **state) {
    struct child c;
    // A live file may be called so as well; it is its link count that tells.
    int fd = make_posix("twice (deleted)", 3 * PAGE), live = make_posix("alive (deleted)", PAGE);
    struct map m = {
        .shmid = -1, .fd = fd, .len = PAGE, .offset = 0, .prot = PROT_READ, .flags = MAP_SHARED};
    child_start(&c, do_map, &m);
    assert_int_equal(unlink("/dev/shm/twice (deleted)"), 0);
    const struct snapshot *snap = eyes_look_at_all(*state);
    const struct segment *seg = segment_fd(snap, fd);
    assert_non_null(seg);
    assert_int_equal(seg->id.kind, SEG_POSIX);
    assert_true(seg->flags & SEG_FLAG_UNLINKED);
    assert_name(seg, "/twice (deleted)");
    assert_int_equal(segment_number(seg, SEG_SIZE), 3 * PAGE);
    assert_int_equal(segment_number(seg, SEG_LINKS), 0);
    assert_non_null(holding_of(snap, seg, c.pid));
    assert_name(segment_fd(snap, live), "/alive (deleted)");
    assert_false(segment_fd(snap, live)->flags & SEG_FLAG_UNLINKED);
    snapshot_unref(snap);
    child_end(&c);
    close(fd);
    close(live);
    unlink("/dev/shm/alive (deleted)");
}

static int map_and_close(void *arg, int step) {
    const struct map *m = arg;
    int failed = do_map(arg, step);
    close(m->fd);
    return failed;
}

// Nobody has a descriptor: facts come through map_files, which only root may open.
static void tells_why_facts_of_a_mapped_object_are_missing(void **state) {
    struct child c;
    int fd = make_posix("mapped-only", 2 * PAGE);
    struct stat st = stat_of(fd);
    struct map m = {
        .shmid = -1, .fd = fd, .len = PAGE, .offset = 0, .prot = PROT_READ, .flags = MAP_SHARED};
    child_start(&c, map_and_close, &m);
    close(fd);
    assert_int_equal(unlink("/dev/shm/mapped-only"), 0);
    const struct snapshot *snap = eyes_look_at_all(*state);
    const struct segment *seg = segment_inode(snap, st.st_dev, st.st_ino);
    uint64_t size = 0;
    assert_non_null(seg);
    assert_true(seg->flags & SEG_FLAG_UNLINKED);
    assert_name(seg, "/mapped-only");
    if (live_can_open_map_files()) {
        assert_int_equal(segment_number(seg, SEG_SIZE), 2 * PAGE);
        assert_int_not_equal(seg->id.incarnation[0], 0);
    } else {
        assert_int_equal(seg_get(seg, SEG_SIZE, &size), WHY_DENIED);
        assert_int_equal(seg_get(seg, SEG_RESIDENT, &size), WHY_DENIED);
    }
    snapshot_unref(snap);
    child_end(&c);
}

static void sees_memfd_and_anonymous_memory(void **state) {
    struct child c, anon;
    int fd = memfd_create("ring (deleted)", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fd, 2 * PAGE), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    struct map m = {.shmid = -1,
                    .fd = fd,
                    .len = 2 * PAGE,
                    .offset = 0,
                    .prot = PROT_READ | PROT_WRITE,
                    .flags = MAP_SHARED};
    struct map a = {.shmid = -1,
                    .fd = -1,
                    .len = 5 * PAGE,
                    .prot = PROT_READ | PROT_WRITE,
                    .flags = MAP_SHARED | MAP_ANONYMOUS};
    child_start(&c, do_map, &m);
    child_start(&anon, do_map, &a);
    const struct snapshot *snap = eyes_look_at_all(*state);
    const struct segment *seg = segment_fd(snap, fd);
    assert_non_null(seg);
    assert_int_equal(seg->id.kind, SEG_MEMFD);
    assert_name(seg, "ring (deleted)");
    assert_false(seg->flags & SEG_FLAG_UNLINKED);
    assert_true(seg->flags & SEG_FLAG_SEALED);
    assert_int_equal(segment_number(seg, SEG_SEALS), F_SEAL_SHRINK);
    assert_int_equal(segment_number(seg, SEG_SIZE), 2 * PAGE);
    assert_non_null(holding_of(snap, seg, c.pid));
    size_t found = 0;
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct holding *h = holding_of(snap, &snap->segments[i], anon.pid);
        if (!h || snap->segments[i].id.kind != SEG_ANON)
            continue;
        found++;
        assert_int_equal(h->mapped_bytes, 5 * PAGE);
        assert_int_equal(snap->segments[i].name.why_, WHY_NONE);
    }
    assert_int_equal(found, 1);
    snapshot_unref(snap);
    child_end(&c);
    child_end(&anon);
    close(fd);
}

static void a_file_that_is_called_like_system_v_is_not(void **state) {
    struct child c;
    int fd = make_posix("SYSV00000000", PAGE);
    struct stat st = stat_of(fd);
    struct map m = {
        .shmid = -1, .fd = fd, .len = PAGE, .offset = 0, .prot = PROT_READ, .flags = MAP_SHARED};
    child_start(&c, do_map, &m);
    assert_int_equal(unlink("/dev/shm/SYSV00000000"), 0);
    const struct snapshot *snap = eyes_look(*state, all_maps);
    const struct segment *seg = segment_inode(snap, st.st_dev, st.st_ino);
    assert_non_null(holding_of(snap, seg, c.pid));
    assert_int_equal(seg->id.kind, SEG_POSIX);
    snapshot_unref(snap);
    child_end(&c);
    close(fd);
}

static void a_newline_in_a_name_is_read_alike_by_both_routes(void **state) {
    struct child c;
    struct eyes *e = *state;
    int fd = make_posix("two\nlines", PAGE);
    struct map m = {
        .shmid = -1, .fd = fd, .len = PAGE, .offset = 0, .prot = PROT_READ, .flags = MAP_SHARED};
    child_start(&c, do_map, &m);
    assert_int_equal(unlink("/dev/shm/two\nlines"), 0);
    for (int i = 0; i < 4; i++) {
        struct scan_request want = {
            .everything = true, .force_text = i & 1, .private_maps = i >= 2};
        const struct snapshot *snap = eyes_look(e, want);
        assert_name(segment_fd(snap, fd), "/two\nlines");
        snapshot_unref(snap);
    }
    child_end(&c);
    close(fd);
}

// A tmpfs besides /dev/shm: its files are segments when somebody maps them shared.
static void a_file_on_another_tmpfs_is_a_segment_when_mapped_shared(void **state) {
    char dir[] = "/tmp/shmtop-tmpfs.XXXXXX", path[64], lib[64];
    struct child c, p;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(mount("tmpfs", dir, "tmpfs", 0, "size=1m"), 0);
    snprintf(path, sizeof path, "%s/shared", dir);
    snprintf(lib, sizeof lib, "%s/library", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int lib_fd = open(lib, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && lib_fd >= 0);
    assert_int_equal(ftruncate(fd, PAGE) | ftruncate(lib_fd, PAGE), 0);
    struct map m = {
        .shmid = -1, .fd = fd, .len = PAGE, .offset = 0, .prot = PROT_READ, .flags = MAP_SHARED};
    struct map l = {.shmid = -1,
                    .fd = lib_fd,
                    .len = PAGE,
                    .offset = 0,
                    .prot = PROT_READ | PROT_EXEC,
                    .flags = MAP_PRIVATE};
    child_start(&c, do_map, &m);
    child_start(&p, do_map, &l);
    const struct snapshot *snap = eyes_look_at_all(*state);
    const struct segment *seg = segment_fd(snap, fd);
    assert_non_null(seg);
    assert_int_equal(seg->id.kind, SEG_TMPFS);
    assert_name(seg, path);
    assert_int_equal(segment_number(seg, SEG_SIZE), PAGE);
    assert_non_null(holding_of(snap, seg, c.pid));
    assert_null(segment_fd(snap, lib_fd));
    snapshot_unref(snap);
    child_end(&c);
    child_end(&p);
    close(fd);
    close(lib_fd);
    assert_int_equal(umount2(dir, MNT_DETACH), 0);
    rmdir(dir);
}

static void assert_same_holders(const struct snapshot *a, const struct snapshot *b) {
    size_t k = 0;
    for (size_t i = 0; i < a->segment_count; i++) {
        const struct segment *s = &a->segments[i];
        const struct segment *t = snapshot_find(b, &s->id);
        assert_non_null(t);
        assert_int_equal(s->holding_count, t->holding_count);
        for (uint32_t j = 0; j < s->holding_count; j++, k++) {
            const struct holding *h = &a->holdings[s->first_holding + j];
            const struct holding *g = holding_of(b, t, a->processes[h->process].id.pid);
            assert_non_null(g);
            assert_int_equal(h->mappings, g->mappings);
            assert_int_equal(h->access, g->access);
            assert_int_equal(h->is_private, g->is_private);
            for (uint32_t r = 0; r < h->range_count; r++)
                assert_memory_equal(&a->ranges[h->first_range + r], &b->ranges[g->first_range + r],
                                    offsetof(struct map_range, access));
        }
    }
    assert_int_equal(k, b->holding_count);
}

// With and without those that are MAP_PRIVATE.
static void both_routes_see_the_same(void **state) {
    enum { MAPS = 5 };
    struct child c[MAPS + 1];
    int shmid = make_sysv(4 * PAGE), fd = make_posix("both", 4 * PAGE);
    int mem = memfd_create("both", MFD_CLOEXEC);
    assert_int_equal(ftruncate(mem, PAGE), 0);
    struct map maps[] = {
        {.shmid = -1,
         .fd = fd,
         .len = 2 * PAGE,
         .offset = PAGE,
         .prot = PROT_READ | PROT_WRITE,
         .flags = MAP_SHARED},
        {.shmid = -1, .fd = mem, .len = PAGE, .offset = 0, .prot = PROT_NONE, .flags = MAP_SHARED},
        {.shmid = -1,
         .fd = -1,
         .len = PAGE,
         .offset = 0,
         .prot = PROT_READ,
         .flags = MAP_SHARED | MAP_ANONYMOUS},
        {.shmid = -1,
         .fd = fd,
         .len = PAGE,
         .offset = 0,
         .prot = PROT_READ | PROT_WRITE,
         .flags = MAP_PRIVATE},
        {.shmid = -1, .fd = mem, .len = PAGE, .offset = 0, .prot = PROT_READ, .flags = MAP_PRIVATE},
    };
    child_start(&c[0], do_split, &shmid);
    for (int i = 0; i < MAPS; i++)
        child_start(&c[i + 1], do_map, &maps[i]);
    for (int private_too = 0; private_too < 2; private_too++) {
        struct scan_request query = {.everything = true, .private_maps = private_too};
        struct scan_request text = query;
        text.force_text = true;
        const struct snapshot *a = eyes_look(*state, query), *b = eyes_look(*state, text);
        const struct segment *seg = segment_fd(a, fd);
        assert_int_equal(a->holding_count, private_too ? MAPS + 1 : 4);
        assert_int_equal(holding_of(a, seg, c[4].pid) != NULL, private_too);
        assert_true(!private_too || holding_of(a, seg, c[4].pid)->is_private);
        assert_same_holders(a, b);
        snapshot_unref(a);
        snapshot_unref(b);
    }
    for (int i = 0; i <= MAPS; i++)
        child_end(&c[i]);
    close(fd);
    close(mem);
    unlink("/dev/shm/both");
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

static void look_times(struct eyes *e, int times) {
    for (int i = 0; i < times; i++)
        snapshot_unref(eyes_look(e, tick));
}

// Its size does not change: only the segment tells that there is something new.
static void a_new_attachment_of_an_old_process_shows_at_once(void **state) {
    struct child c;
    int shmid = make_sysv(PAGE);
    struct map m = {
        .shmid = shmid, .prot = PROT_READ | PROT_WRITE, .at_step = 1, .same_vsize = true};
    child_start(&c, do_map, &m);
    look_times(*state, 5);
    child_step(&c);
    const struct snapshot *snap = eyes_look(*state, tick);
    assert_non_null(holding_of(snap, segment_sysv(snap, shmid), c.pid));
    assert_int_equal(segment_number(segment_sysv(snap, shmid), SEG_HIDDEN), 0);
    snapshot_unref(snap);
    child_end(&c);
    snap = eyes_look(*state, tick);
    assert_int_equal(segment_sysv(snap, shmid)->holding_count, 0);
    snapshot_unref(snap);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

static int attach_then_cover(void *arg, int step) {
    struct map *m = arg;
    if (step == 0)
        return do_map(arg, step);
    return mmap(m->at, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != m->at;
}

// Somebody else was the last user when we look: the holders we know are asked again.
static void a_detached_holder_goes_at_once(void **state) {
    struct child c;
    int shmid = make_sysv(PAGE);
    struct map m = {.shmid = shmid, .prot = PROT_READ};
    child_start(&c, attach_then_cover, &m);
    look_times(*state, 5);
    child_step(&c);
    assert_int_equal(shmdt(shmat(shmid, NULL, 0)), 0);
    const struct snapshot *snap = eyes_look(*state, tick);
    assert_int_equal(segment_sysv(snap, shmid)->holding_count, 0);
    snapshot_unref(snap);
    child_end(&c);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

static void any_miss_heals_within_a_sweep(void **state) {
    struct child c;
    int fd = make_posix("late", PAGE);
    struct map m = {.shmid = -1,
                    .fd = fd,
                    .len = PAGE,
                    .prot = PROT_READ,
                    .flags = MAP_SHARED,
                    .at_step = 1,
                    .same_vsize = true};
    bool seen = false;
    child_start(&c, do_map, &m);
    look_times(*state, TICKS);
    child_step(&c);
    for (int i = 0; i < 10 && !seen; i++) {
        const struct snapshot *snap = eyes_look(*state, tick);
        seen = holding_of(snap, segment_fd(snap, fd), c.pid) != NULL;
        assert_true(snap->coverage.holder_age_ns < 60000000000u);
        snapshot_unref(snap);
    }
    assert_true(seen);
    child_end(&c);
    close(fd);
    unlink("/dev/shm/late");
}

static int map_then_exec(void *arg, int step) {
    if (step == 0)
        return do_map(arg, step);
    // The pipes close on exec, which is how the test hears of it.
    execl("/bin/sleep", "sleep", "1000", (char *)NULL);
    return 1;
}

static void exec_drops_what_was_mapped(void **state) {
    struct child c;
    int shmid = make_sysv(PAGE);
    struct map m = {.shmid = shmid, .prot = PROT_READ};
    char byte;
    child_start(&c, map_then_exec, &m);
    look_times(*state, 5);
    assert_int_equal(write(c.down, "", 1), 1);
    assert_int_equal(read(c.up, &byte, 1), 0);
    const struct snapshot *snap = eyes_look(*state, tick);
    assert_int_equal(segment_sysv(snap, shmid)->holding_count, 0);
    assert_int_equal(segment_number(segment_sysv(snap, shmid), SEG_NATTCH), 0);
    assert_int_equal(snapshot_process(snap, c.pid)->scan, SCANNED);
    snapshot_unref(snap);
    child_end(&c);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

static void looking_leaves_no_trace(void **state) {
    struct child c;
    int shmid = make_sysv(4 * PAGE);
    struct map m = {.shmid = shmid, .prot = PROT_READ | PROT_WRITE};
    struct shmid_ds before, after;
    child_start(&c, do_map, &m);
    assert_int_equal(shmctl(shmid, IPC_STAT, &before), 0);
    snapshot_unref(eyes_look_at_all(*state));
    look_times(*state, 3);
    assert_int_equal(shmctl(shmid, IPC_STAT, &after), 0);
    assert_memory_equal(&before, &after, sizeof before);
    const struct snapshot *snap = eyes_look(*state, tick);
    assert_int_equal(segment_number(segment_sysv(snap, shmid), SEG_RESIDENT), 0);
    snapshot_unref(snap);
    child_end(&c);
    assert_int_equal(shmctl(shmid, IPC_RMID, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_holder_in_another_namespace_is_not_ours),
        cmocka_unit_test(counts_every_piece_of_an_attachment),
        cmocka_unit_test(sees_posix_with_access_and_offset),
        cmocka_unit_test(a_private_mapping_is_a_holder_that_only_reads),
        cmocka_unit_test(an_unlinked_object_keeps_the_name_it_had),
        cmocka_unit_test(tells_why_facts_of_a_mapped_object_are_missing),
        cmocka_unit_test(sees_memfd_and_anonymous_memory),
        cmocka_unit_test(a_file_that_is_called_like_system_v_is_not),
        cmocka_unit_test(a_newline_in_a_name_is_read_alike_by_both_routes),
        cmocka_unit_test(a_file_on_another_tmpfs_is_a_segment_when_mapped_shared),
        cmocka_unit_test(both_routes_see_the_same),
        cmocka_unit_test(a_new_attachment_of_an_old_process_shows_at_once),
        cmocka_unit_test(a_detached_holder_goes_at_once),
        cmocka_unit_test(any_miss_heals_within_a_sweep),
        cmocka_unit_test(exec_drops_what_was_mapped),
        cmocka_unit_test(looking_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, eyes_open, eyes_close);
}
