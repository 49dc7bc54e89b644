// test_limits.c - limits and use of a real kernel, against what it says by other ways.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "probes/probes_list.h"
#include "tests/support/captured.h"

static void needs_namespace(void) {
    if (getenv("SHMTOP_PRIVATE_NS") == NULL) {
        print_message("skipped: not in an IPC namespace and /dev/shm of its own\n");
        skip();
    }
}

static const struct snapshot *scan(void) {
    struct root *root = NULL;
    assert_int_equal(root_open(NULL, &root), 0);
    const struct snapshot *snap = scan_probe(root, &probe_limits);
    root_close(root);
    return snap;
}

static uint64_t limit(const struct snapshot *snap, enum limit l) {
    uint64_t n = 0;
    assert_int_equal(u64v_get(snap->limits[l], &n), WHY_KNOWN);
    return n;
}

static void equals_what_shmctl_and_statvfs_say(void **state) {
    (void)state;
    needs_namespace();
    struct shminfo info;
    struct statvfs fs;
    const struct snapshot *snap = scan();
    assert_true(shmctl(0, IPC_INFO, (struct shmid_ds *)(void *)&info) >= 0);
    assert_int_equal(limit(snap, LIMIT_SHMMNI), info.shmmni);
    uint64_t max = 0;
    if (u64v_get(snap->limits[LIMIT_SHMMAX], &max) == WHY_KNOWN)
        assert_int_equal(max, info.shmmax);
    else
        assert_true(info.shmmax > UINT64_MAX / 4);
    assert_int_equal(statvfs("/dev/shm", &fs), 0);
    assert_int_equal(limit(snap, LIMIT_DEVSHM_SIZE), fs.f_blocks * fs.f_frsize);
    assert_int_equal(limit(snap, LIMIT_DEVSHM_INODES), fs.f_files);
    struct sysinfo si;
    assert_int_equal(sysinfo(&si), 0);
    assert_int_equal(limit(snap, LIMIT_MEMINFO_TOTAL), si.totalram * si.mem_unit);
    uint64_t up = limit(snap, LIMIT_UPTIME_NS) / 1000000000u;
    assert_in_range((uint64_t)si.uptime - up, 0, 1);
    assert_true(limit(snap, LIMIT_MEMINFO_SHMEM) < limit(snap, LIMIT_MEMINFO_TOTAL));
    assert_int_equal(snap->note_count, 0);
    snapshot_unref(snap);
}

static void use_grows_with_what_is_made(void **state) {
    (void)state;
    needs_namespace();
    const struct snapshot *before = scan();
    int id = shmget(IPC_PRIVATE, (size_t)3 * 4096, 0600);
    int fd = shm_open("/shmtop-limits", O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(id >= 0 && fd >= 0);
    assert_int_equal(posix_fallocate(fd, 0, 1 << 20), 0);
    const struct snapshot *after = scan();
    close(fd);
    shm_unlink("/shmtop-limits");
    shmctl(id, IPC_RMID, NULL);
    assert_int_equal(limit(after, LIMIT_SHMMNI_USED), limit(before, LIMIT_SHMMNI_USED) + 1);
    assert_int_equal(limit(after, LIMIT_SHMALL_PAGES_USED),
                     limit(before, LIMIT_SHMALL_PAGES_USED) +
                         (uint64_t)3 * 4096 / (uint64_t)getpagesize());
    assert_int_equal(limit(after, LIMIT_DEVSHM_USED), limit(before, LIMIT_DEVSHM_USED) + (1 << 20));
    assert_int_equal(limit(after, LIMIT_DEVSHM_INODES_USED),
                     limit(before, LIMIT_DEVSHM_INODES_USED) + 1);
    // This /dev/shm was mounted a moment ago, and the clock was not set since.
    struct statx sx;
    assert_int_equal(statx(AT_FDCWD, "/dev/shm", 0, STATX_BTIME, &sx), 0);
    if (sx.stx_mask & STATX_BTIME)
        assert_int_equal(limit(after, LIMIT_CLOCK_STEP_NS), 0);
    snapshot_unref(before);
    snapshot_unref(after);
}

static void knows_where_it_is(void **state) {
    (void)state;
    struct root *root = NULL;
    struct stat st;
    assert_int_equal(root_open(NULL, &root), 0);
    const struct vantage *v = root_vantage(root);
    assert_true(root_is_live(root));
    assert_int_equal(v->uid, geteuid());
    assert_int_equal(v->page_size, getpagesize());
    assert_int_equal(stat("/proc/self/ns/ipc", &st), 0);
    assert_int_equal(v->ipc_ns, st.st_ino);
    assert_int_equal(stat("/proc/self/ns/mnt", &st), 0);
    assert_int_equal(v->mnt_ns, st.st_ino);
    assert_int_equal(stat("/dev/shm", &st), 0);
    assert_int_equal(v->devshm_dev, st.st_dev);
    int fd = memfd_create("x", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    assert_int_equal(root_internal_dev(root), st.st_dev);
    assert_false(root_is_internal_huge(root, st.st_dev));
    root_close(root);
}

static void inside_a_pid_namespace_not_all_is_seen(void **state) {
    (void)state;
    needs_namespace();
    struct root *root = NULL;
    assert_int_equal(root_open(NULL, &root), 0);
    assert_false(root_sees_all(root));
    root_close(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_what_shmctl_and_statvfs_say),
        cmocka_unit_test(use_grows_with_what_is_made),
        cmocka_unit_test(knows_where_it_is),
        cmocka_unit_test(inside_a_pid_namespace_not_all_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
