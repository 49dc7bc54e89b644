// test_posix.c - the walk of a real /dev/shm: as find lists it, while it changes, and without a
// trace.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/probes_list.h"
#include "tests/support/captured.h"

#define SHM "/dev/shm"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    return ftw->level == 0 ? 0 : remove(path);
}

// Only ever runs in a mount namespace of its own, on a tmpfs of its own.
static int clean(void **state) {
    (void)state;
    if (getenv("SHMTOP_PRIVATE_NS") != NULL)
        nftw(SHM, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    return 0;
}

static void needs_namespace(void) {
    if (getenv("SHMTOP_PRIVATE_NS") == NULL) {
        print_message("skipped: not on a /dev/shm of its own\n");
        skip();
    }
}

static void file(const char *path, size_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static const struct snapshot *scan(const struct root *root) {
    static const struct probe *const probes[] = {&probe_limits, &probe_posix, NULL};
    const struct scan_request want = {.everything = true};
    return scan_probes(root, probes, &want);
}

static const struct snapshot *scan_live(bool walking) {
    struct root *root = NULL;
    assert_int_equal(root_open(NULL, &root), 0);
    if (walking)
        root_forgo_openat2(root);
    const struct snapshot *snap = scan(root);
    root_close(root);
    return snap;
}

static uint64_t number(const struct segment *seg, enum seg_field f) {
    uint64_t n = 0;
    assert_non_null(seg);
    assert_int_equal(seg_get(seg, f, &n), WHY_KNOWN);
    return n;
}

static int compare_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// What find prints, sorted; count in *n. Names are relative, with the slash in front.
static char **find_files(size_t *n) {
    FILE *find = popen("find /dev/shm -xdev -type f -printf '/%P\\0' 2>/dev/null", "r");
    char **names = calloc(1, sizeof(*names)), *line = NULL;
    size_t count = 0, room = 0;
    if (find == NULL || names == NULL)
        abort();
    while (getdelim(&line, &room, '\0', find) > 0) {
        names = realloc(names, (count + 1) * sizeof(*names));
        names[count++] = strdup(line);
    }
    free(line);
    pclose(find);
    qsort(names, count, sizeof(*names), compare_text);
    *n = count;
    return names;
}

static char **row_names(const struct snapshot *snap, size_t *n) {
    char **names = calloc(snap->segment_count + snap->name_count + 1, sizeof(*names));
    *n = 0;
    for (size_t i = 0; i < snap->segment_count + snap->name_count; i++) {
        strv name = i < snap->segment_count ? snap->segments[i].name
                                            : snap->names[i - snap->segment_count];
        const char *bytes = "";
        size_t len = 0;
        assert_int_equal(strv_get(name, &bytes, &len), WHY_KNOWN);
        names[(*n)++] = strndup(bytes, len);
    }
    qsort(names, *n, sizeof(*names), compare_text);
    return names;
}

static void free_names(char **names, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

static void rows_equal_find(const struct snapshot *snap) {
    size_t rows, files;
    char **have = row_names(snap, &rows), **want = find_files(&files);
    assert_int_equal(rows, files);
    for (size_t i = 0; i < rows; i++)
        assert_string_equal(have[i], want[i]);
    free_names(have, rows);
    free_names(want, files);
}

static void make_odd_lot(void) {
    static const char *const names[] = {
        SHM "/plain",        SHM "/with space", SHM "/new\nline",        SHM "/esc\033[2Jx",
        SHM "/\xff\xfe\x80", SHM "/d/inner",    SHM "/d/e/f/ring",       SHM "/back\\slash",
        SHM "/x (deleted)",  SHM "/.hidden",    SHM "/wide\xe4\xb8\xad", SHM "/SYSV00000000",
    };
    char longest[sizeof(SHM) + 256] = SHM "/";
    assert_int_equal(mkdir(SHM "/d", 0755), 0);
    assert_int_equal(mkdir(SHM "/d/e", 0755), 0);
    assert_int_equal(mkdir(SHM "/d/e/f", 0755), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        file(names[i], i * 1000);
    memset(longest + sizeof(SHM), 'n', 255);
    file(longest, 1);
    assert_int_equal(link(SHM "/plain", SHM "/d/linked"), 0);
    assert_int_equal(mkfifo(SHM "/fifo", 0600), 0);
    assert_int_equal(mkfifo(SHM "/sem.fifo", 0600), 0);
    assert_int_equal(symlink("/etc/passwd", SHM "/link"), 0);
    assert_int_equal(symlink("..", SHM "/d/up"), 0);
    assert_int_equal(mknod(SHM "/socket", S_IFSOCK | 0600, 0), 0);
}

static void rows_are_the_files_that_find_finds(void **state) {
    (void)state;
    needs_namespace();
    make_odd_lot();
    for (int walking = 0; walking < 2; walking++) {
        const struct snapshot *snap = scan_live(walking);
        rows_equal_find(snap);
        assert_int_equal(seg_named(snap, "/new\nline")->id.kind, SEG_POSIX);
        assert_int_equal(snap->note_count, 0);
        snapshot_unref(snap);
    }
}

static void tells_what_stat_tells(void **state) {
    (void)state;
    needs_namespace();
    struct stat st;
    file(SHM "/x", 0);
    int fd = open(SHM "/x", O_RDWR | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    assert_int_equal(pwrite(fd, "x", 1, 8192), 1);
    assert_int_equal(fchmod(fd, 02640), 0);
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    const struct snapshot *snap = scan_live(false);
    const struct segment *s = seg_named(snap, "/x");
    assert_non_null(s);
    assert_int_equal(s->id.dev, st.st_dev);
    assert_int_equal(s->id.num, st.st_ino);
    assert_int_equal(number(s, SEG_SIZE), 1 << 20);
    assert_int_equal(number(s, SEG_RESIDENT), sysconf(_SC_PAGESIZE));
    assert_int_equal(number(s, SEG_SWAPPED), 0);
    assert_int_equal(number(s, SEG_MODE), st.st_mode & 07777);
    assert_int_equal(number(s, SEG_UID), geteuid());
    assert_int_equal(number(s, SEG_CHANGE_TIME),
                     (uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec);
    assert_true(number(s, SEG_BIRTH_TIME) <= number(s, SEG_CHANGE_TIME));
    assert_int_equal(s->id.incarnation[0], number(s, SEG_BIRTH_TIME));
    snapshot_unref(snap);
}

static void five_thousand_files_are_five_thousand_rows(void **state) {
    (void)state;
    needs_namespace();
    char path[64];
    for (int i = 0; i < 5000; i++) {
        if (i % 100 == 0) {
            snprintf(path, sizeof(path), SHM "/%d", i / 100);
            assert_int_equal(mkdir(path, 0755), 0);
        }
        snprintf(path, sizeof(path), SHM "/%d/%d", i / 100, i);
        file(path, 1);
    }
    const struct snapshot *snap = scan_live(false);
    assert_int_equal(snap->segment_count, 5000);
    rows_equal_find(snap);
    snapshot_unref(snap);
}

// Depth and width must cost neither stack nor descriptors.
static void many_directories_need_few_descriptors(void **state) {
    (void)state;
    needs_namespace();
    char path[4000] = SHM;
    size_t len = strlen(path);
    for (int i = 0; i < 1500; i++, len += 2) {
        memcpy(path + len, "/d", 3);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    memcpy(path + len, "/x", 3);
    file(path, 1);
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), SHM "/w%d", i);
        assert_int_equal(mkdir(path, 0755), 0);
        snprintf(path, sizeof(path), SHM "/w%d/x", i);
        file(path, 1);
    }
    for (int walking = 0; walking < 2; walking++) {
        struct rlimit old, few;
        struct root *root = NULL;
        assert_int_equal(root_open(NULL, &root), 0);
        if (walking)
            root_forgo_openat2(root);
        int next = dup(0);
        close(next);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
        few = old;
        few.rlim_cur = (rlim_t)next + 3;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        const struct snapshot *snap = scan(root);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_int_equal(snap->segment_count, 301);
        assert_null(note_about(snap, "posix", ""));
        snapshot_unref(snap);
        root_close(root);
    }
}

static void a_semaphore_of_the_c_library_tells_its_value(void **state) {
    (void)state;
    needs_namespace();
    sem_t *sem = sem_open("/shmtop-test", O_CREAT | O_EXCL, 0600, 3);
    if (sem == SEM_FAILED) {
        fail_msg("sem_open: %s", strerror(errno));
        return;
    }
    assert_int_equal(sem_wait(sem), 0);
    const struct snapshot *snap = scan_live(false);
    const struct segment *s = seg_named(snap, "/sem.shmtop-test");
    sem_close(sem);
    assert_int_equal(s->flags, SEG_FLAG_SEMAPHORE);
    assert_int_equal(number(s, SEG_SEM_VALUE), 2);
    snapshot_unref(snap);
}

static void looking_moves_no_time(void **state) {
    (void)state;
    needs_namespace();
    static const char *const paths[] = {SHM, SHM "/d", SHM "/d/x", SHM "/sem.x"};
    struct stat before[4], after;
    const uint32_t sem[8] = {1, 0, 0x80};
    assert_int_equal(mkdir(SHM "/d", 0755), 0);
    file(SHM "/d/x", 5);
    file(SHM "/sem.x", 0);
    int fd = open(SHM "/sem.x", O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, sem, sizeof(sem)), sizeof(sem));
    close(fd);
    for (int i = 0; i < 4; i++) {
        // An access long ago is what relatime would renew.
        const struct timespec times[2] = {{.tv_sec = 1000000}, {.tv_nsec = UTIME_NOW}};
        assert_int_equal(utimensat(AT_FDCWD, paths[i], times, 0), 0);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(stat(paths[i], &before[i]), 0);
    const struct snapshot *snap = scan_live(false);
    assert_int_equal(number(seg_named(snap, "/sem.x"), SEG_SEM_VALUE), 1);
    snapshot_unref(snap);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(stat(paths[i], &after), 0);
        assert_int_equal(after.st_atim.tv_sec, before[i].st_atim.tv_sec);
        assert_int_equal(after.st_ctim.tv_nsec, before[i].st_ctim.tv_nsec);
    }
}

static void a_directory_bound_into_itself_is_seen_once(void **state) {
    (void)state;
    needs_namespace();
    assert_int_equal(mkdir(SHM "/d", 0755), 0);
    assert_int_equal(mkdir(SHM "/d/bound", 0755), 0);
    file(SHM "/x", 1);
    if (mount(SHM, SHM "/d/bound", "none", MS_BIND, NULL) != 0) {
        print_message("skipped: cannot mount here\n");
        skip();
    }
    const struct snapshot *snap = scan_live(false);
    assert_int_equal(umount(SHM "/d/bound"), 0);
    assert_int_equal(snap->segment_count, 1);
    assert_non_null(seg_named(snap, "/x"));
    snapshot_unref(snap);
}

// Makes, removes and renames files for ever, and swaps a directory for a link to one outside.
static void stir(void) {
    for (unsigned i = 0;; i++) {
        char a[64], b[64];
        snprintf(a, sizeof(a), SHM "/stir%u", i % 50);
        snprintf(b, sizeof(b), SHM "/d/stir%u", i % 50);
        int fd = open(a, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0)
            close(fd);
        (void)!rename(a, b);
        unlink(b);
        (void)!mkdir(SHM "/swap", 0755);
        rmdir(SHM "/swap");
        (void)!symlink("/etc", SHM "/swap");
        unlink(SHM "/swap");
        (void)!mkfifo(SHM "/sem.swap", 0600);
        unlink(SHM "/sem.swap");
    }
}

static void files_that_come_and_go_harm_nothing(void **state) {
    (void)state;
    needs_namespace();
    char path[64];
    assert_int_equal(mkdir(SHM "/d", 0755), 0);
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof(path), SHM "/%s%d", i % 2 ? "d/" : "", i);
        file(path, 1);
    }
    pid_t child = fork();
    if (child == 0) {
        stir();
        _exit(0);
    }
    assert_true(child > 0);
    for (int round = 0; round < 300; round++) {
        const struct snapshot *snap = scan_live(round % 2);
        for (int i = 0; i < 100; i++) {
            snprintf(path, sizeof(path), "/%s%d", i % 2 ? "d/" : "", i);
            assert_non_null(seg_named(snap, path));
        }
        assert_null(seg_named(snap, "/swap/passwd"));
        assert_null(note_about(snap, "posix", ""));
        assert_true(snap->segment_count <= 103);
        snapshot_unref(snap);
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

// In the child: an ordinary user looks at what root made.
static int look_as_nobody(void) {
    if (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0 ||
        setresuid(65534, 65534, 65534) != 0)
        return 77;
    uint64_t n = 0;
    int status = 0;
    const struct snapshot *snap = scan_live(false);
    const struct segment *sem = seg_named(snap, "/sem.x");
    const struct note *note = note_about(snap, "posix", "/dev/shm/closed");
    if (snap->segment_count != 2 || seg_named(snap, "/x") == NULL || sem == NULL)
        status = 1;
    else if (seg_get(sem, SEG_SEM_VALUE, &n) != WHY_DENIED)
        status = 2; // readable, but only with a trace
    else if (note == NULL || note->why != WHY_DENIED || note->count != 1)
        status = 3;
    snapshot_unref(snap);
    return status;
}

static void an_ordinary_user_sees_what_is_open_to_him(void **state) {
    (void)state;
    needs_namespace();
    const uint32_t sem[8] = {1, 0, 0x80};
    int status = 0;
    file(SHM "/x", 1);
    assert_int_equal(mkdir(SHM "/closed", 0700), 0);
    file(SHM "/closed/y", 1);
    file(SHM "/sem.x", 0);
    int fd = open(SHM "/sem.x", O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(fd, sem, sizeof(sem)), sizeof(sem));
    assert_int_equal(fchmod(fd, 0666), 0);
    close(fd);
    pid_t child = fork();
    if (child == 0)
        _exit(look_as_nobody());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("skipped: cannot become another user here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, clean, clean)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(rows_are_the_files_that_find_finds),           T(tells_what_stat_tells),
        T(five_thousand_files_are_five_thousand_rows),   T(many_directories_need_few_descriptors),
        T(a_semaphore_of_the_c_library_tells_its_value), T(looking_moves_no_time),
        T(a_directory_bound_into_itself_is_seen_once),   T(files_that_come_and_go_harm_nothing),
        T(an_ordinary_user_sees_what_is_open_to_him),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
