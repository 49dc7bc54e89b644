// test_ops_create.c - creating segments: exactly as asked, never over another one, or not at all.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/sysv_row.h"
#include "tests/support/live.h"
#include "tests/support/ops_try.h"

enum { PAGE = 4096 };

static struct root *root;

static int open_root(void **state) {
    (void)state;
    return root_open(NULL, &root);
}
static int close_root(void **state) {
    (void)state;
    root_close(root);
    return 0;
}

static size_t shm_files(void) {
    DIR *dir = opendir("/dev/shm");
    size_t n = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}
static uint64_t sysv_count(void) {
    struct root_shm_info info;
    assert_int_equal(root_shm_info(root, &info), 0);
    return info.used_ids;
}

static struct op_request posix_request(const char *seg, uint64_t size) {
    static struct op_request req;
    op_request_init(&req, OP_CREATE_POSIX);
    try_target(&req, seg, NULL);
    req.size = size;
    req.mode = 0600;
    return req;
}

static void a_posix_object_is_made_as_asked(void **state) {
    (void)state;
    static const uint32_t modes[] = {0600, 0666, 0644, 0400, 0000, 0777};
    mode_t before = umask(077);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct op_request req = posix_request("/made", 12345);
        struct op_result out;
        struct stat st;
        req.mode = modes[i];
        try_op(root, &req, OUTCOME_DONE, 0, &out);
        assert_string_equal(out.seg, "posix:/made");
        assert_int_equal(lstat("/dev/shm/made", &st), 0);
        assert_int_equal(st.st_mode, S_IFREG | modes[i]);
        assert_int_equal(st.st_size, 12345);
        assert_int_equal(st.st_blocks, 0);
        assert_int_equal(out.created.kind, SEG_POSIX);
        assert_int_equal(out.created.num, st.st_ino);
        assert_int_equal(out.created.dev, st.st_dev);
        op_result_done(&out);
        assert_int_equal(shm_unlink("/made"), 0);
    }
    umask(before);
}

static void a_name_that_is_taken_is_left_alone(void **state) {
    (void)state;
    struct op_request req = posix_request("/taken", PAGE);
    struct stat st;
    int fd = shm_open("/taken", O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_int_equal(write(fd, "old", 3), 3);
    close(fd);
    try_fails(root, &req, OUTCOME_REFUSED, EEXIST, "exists already");
    assert_int_equal(stat("/dev/shm/taken", &st), 0);
    assert_int_equal(st.st_size, 3);
    shm_unlink("/taken");
    assert_int_equal(symlink("/dev/shm/elsewhere", "/dev/shm/taken"), 0);
    try_fails(root, &req, OUTCOME_REFUSED, EEXIST, "exists already");
    assert_int_equal(access("/dev/shm/elsewhere", F_OK), -1);
    unlink("/dev/shm/taken");
    assert_int_equal(mkdir("/dev/shm/taken", 0700), 0);
    try_fails(root, &req, OUTCOME_REFUSED, EEXIST, "exists already");
    rmdir("/dev/shm/taken");
    assert_int_equal(mkfifo("/dev/shm/taken", 0600), 0);
    try_fails(root, &req, OUTCOME_REFUSED, EEXIST, "exists already");
    unlink("/dev/shm/taken");
}

static void folders_must_exist_and_be_no_links(void **state) {
    (void)state;
    struct op_result out;
    struct op_request req = posix_request("/folder/made", PAGE);
    try_fails(root, &req, OUTCOME_FAILED, ENOENT, "does not exist");
    assert_int_equal(mkdir("/dev/shm/real", 0700), 0);
    assert_int_equal(symlink("real", "/dev/shm/folder"), 0);
    try_fails(root, &req, OUTCOME_REFUSED, ELOOP, "symbolic link");
    assert_int_equal(access("/dev/shm/real/made", F_OK), -1);
    unlink("/dev/shm/folder");
    req = posix_request("/real/made", PAGE);
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_string_equal(out.seg, "posix:/real/made");
    op_result_done(&out);
    req = posix_request("/real/made/below", PAGE);
    try_fails(root, &req, OUTCOME_FAILED, ENOTDIR, "is a file");
    assert_int_equal(unlink("/dev/shm/real/made"), 0);
    rmdir("/dev/shm/real");
}

static void hostile_names_are_made_byte_by_byte(void **state) {
    (void)state;
    static const char *const segs[] = {
        "/\\x1b[31mred",      "/two\\x0alines",       "/\\xff\\xfe",
        "/wide-\xe3\x83\x87", "/back\\x5cslash",      "/at\\x40sign",
        "/ \\x09 spaces",     "/\\xe2\\x80\\xaeflip", "/-rf",
    };
    for (size_t i = 0; i < sizeof(segs) / sizeof(segs[0]); i++) {
        struct op_request req = posix_request(segs[i], PAGE);
        struct op_result out;
        struct stat st;
        char path[4200];
        try_op(root, &req, OUTCOME_DONE, 0, &out);
        snprintf(path, sizeof(path), "/dev/shm%s", req.where.name);
        assert_int_equal(lstat(path, &st), 0);
        assert_int_equal(out.created.num, st.st_ino);
        assert_null(strpbrk(out.seg, "\n\033\377"));
        try_fails(root, &req, OUTCOME_REFUSED, EEXIST, "exists already");
        op_result_done(&out);
        unlink(path);
    }
    char longest[300] = "/";
    memset(longest + 1, 'n', 256);
    struct op_request req = posix_request(longest, PAGE);
    try_fails(root, &req, OUTCOME_FAILED, ENAMETOOLONG, "too long");
}

static int sparse_file(void) {
    char name[] = "/tmp/shmtop-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    assert_int_equal(pwrite(fd, "first", 5, 0), 5);
    assert_int_equal(pwrite(fd, "last", 4, (1 << 20) - 4), 4);
    return fd;
}

static void content_comes_in_without_its_holes(void **state) {
    (void)state;
    struct op_request req = posix_request("/made", 2 << 20);
    struct op_result out;
    struct stat st;
    char buf[5];
    req.from_fd = sparse_file();
    req.mode = 0400;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    op_result_done(&out);
    int fd = shm_open("/made", O_RDONLY, 0);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, buf, 5, 0), 5);
    assert_memory_equal(buf, "first", 5);
    assert_int_equal(pread(fd, buf, 4, (1 << 20) - 4), 4);
    assert_memory_equal(buf, "last", 4);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 2 << 20);
    assert_int_equal(st.st_mode & 0777, 0400);
    assert_true(st.st_blocks * 512 <= 4 * PAGE);
    close(fd);
    close(req.from_fd);
    shm_unlink("/made");
}

static void a_full_file_system_leaves_nothing_behind(void **state) {
    (void)state;
    if (mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=64k,mode=1777") < 0) {
        print_message("a small tmpfs cannot be mounted here\n");
        skip();
    }
    struct root *small;
    struct op_request req = posix_request("/made", 1 << 20);
    char name[] = "/tmp/shmtop-test-XXXXXX", bytes[PAGE];
    memset(bytes, 'b', sizeof(bytes));
    req.from_fd = mkstemp(name);
    unlink(name);
    for (int i = 0; i < 64; i++)
        assert_int_equal(write(req.from_fd, bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(root_open(NULL, &small), 0);
    try_fails(small, &req, OUTCOME_FAILED, ENOSPC, "/dev/shm is full");
    assert_int_equal(shm_files(), 0);
    root_close(small);
    close(req.from_fd);
    assert_int_equal(umount("/dev/shm"), 0);
}

static void sizes_no_file_can_have_are_refused(void **state) {
    (void)state;
    struct op_request req = posix_request("/made", UINT64_MAX);
    size_t before = shm_files();
    try_fails(root, &req, OUTCOME_FAILED, EFBIG, "more than a file can have");
    assert_int_equal(shm_files(), before);
}

static struct op_request sysv_request(uint64_t size) {
    static struct op_request req;
    op_request_init(&req, OP_CREATE_SYSV);
    req.size = size;
    req.mode = 0600;
    return req;
}

static void a_sysv_segment_is_made_as_asked(void **state) {
    (void)state;
    static const uint32_t modes[] = {0600, 0666, 0440, 0000};
    mode_t before = umask(077);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct op_request req = sysv_request(5000);
        struct op_result out;
        struct root_shm_row row;
        char seg[32];
        req.mode = modes[i];
        req.has_key = true;
        req.key = 0xdead5201;
        try_op(root, &req, OUTCOME_DONE, 0, &out);
        assert_int_equal(sysv_row(root, out.created.num, &row), 0);
        snprintf(seg, sizeof(seg), "sysv:%u", row.shmid);
        assert_string_equal(out.seg, seg);
        assert_int_equal(row.key, 0xdead5201);
        assert_int_equal(row.size, 5000);
        assert_int_equal(row.perms, modes[i]);
        assert_int_equal(row.nattch, 0);
        assert_int_equal(row.atime, 0); // nobody attached, we neither
        try_fails(root, &req, OUTCOME_REFUSED, EEXIST, "exists already");
        op_result_done(&out);
        assert_int_equal(shmctl((int)row.shmid, IPC_RMID, NULL), 0);
    }
    umask(before);
}

static void private_sysv_segments_never_collide(void **state) {
    (void)state;
    struct op_request req = sysv_request(PAGE);
    struct op_result a, b;
    try_op(root, &req, OUTCOME_DONE, 0, &a);
    try_op(root, &req, OUTCOME_DONE, 0, &b);
    assert_int_not_equal(a.created.num, b.created.num);
    shmctl((int)a.created.num, IPC_RMID, NULL);
    shmctl((int)b.created.num, IPC_RMID, NULL);
    op_result_done(&a);
    op_result_done(&b);
}

static void what_the_kernel_refuses_is_explained(void **state) {
    (void)state;
    struct op_request req = sysv_request(0);
    uint64_t before = sysv_count();
    try_fails(root, &req, OUTCOME_FAILED, EINVAL, "cannot be empty");
    req.size = UINT64_MAX;
    try_fails(root, &req, OUTCOME_FAILED, EINVAL, "SHMMAX");
    req.size = 1ull << 60;
    struct op_result out;
    enum outcome got = op_run(root, &req, &out); // ENOSPC by SHMALL, or ENOMEM
    assert_int_equal(got, OUTCOME_FAILED);
    op_result_done(&out);
    req.size = PAGE;
    req.huge_page = 1ull << 20;
    if (getenv("VALGRIND") == NULL) // it leaves SHM_HUGETLB out
        try_fails(root, &req, OUTCOME_FAILED, EINVAL, "no huge pages of");
    assert_int_equal(sysv_count(), before);
}

static void sysv_content_comes_in_whatever_the_mode(void **state) {
    (void)state;
    struct op_request req = sysv_request(1 << 20);
    struct op_result out;
    struct root_shm_row row;
    req.mode = 0400;
    req.from_fd = sparse_file();
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_int_equal(sysv_row(root, out.created.num, &row), 0);
    assert_int_equal(row.perms & 0777, 0400);
    char *at = shmat((int)row.shmid, NULL, SHM_RDONLY);
    assert_ptr_not_equal(at, (char *)-1);
    assert_memory_equal(at, "first", 5);
    assert_memory_equal(at + (1 << 20) - 4, "last", 4);
    shmdt(at);
    shmctl((int)row.shmid, IPC_RMID, NULL);
    op_result_done(&out);
    close(req.from_fd);
}

static void content_that_cannot_be_read_leaves_nothing_behind(void **state) {
    (void)state;
    struct op_request req = sysv_request(PAGE);
    uint64_t before = sysv_count();
    size_t files = shm_files();
    req.from_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    try_fails(root, &req, OUTCOME_FAILED, 0, "no regular file");
    assert_int_equal(sysv_count(), before);
    struct op_request posix = posix_request("/made", PAGE);
    posix.from_fd = req.from_fd;
    try_fails(root, &posix, OUTCOME_FAILED, 0, "no regular file");
    assert_int_equal(shm_files(), files);
    close(req.from_fd);
}

static void a_namespace_that_is_not_there_is_missing(void **state) {
    (void)state;
    struct op_request req = sysv_request(PAGE);
    req.where.ns = 1;
    try_fails(root, &req, OUTCOME_MISSING, 0, "no namespace");
    req = posix_request("/made", PAGE);
    req.where.ns = 1;
    try_fails(root, &req, OUTCOME_MISSING, 0, "no namespace");
    req.where.ns = root_vantage(root)->mnt_ns;
    struct op_result out;
    try_op(root, &req, OUTCOME_DONE, 0, &out);
    assert_string_equal(out.seg, "posix:/made");
    op_result_done(&out);
    shm_unlink("/made");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_posix_object_is_made_as_asked),
        cmocka_unit_test(a_name_that_is_taken_is_left_alone),
        cmocka_unit_test(folders_must_exist_and_be_no_links),
        cmocka_unit_test(hostile_names_are_made_byte_by_byte),
        cmocka_unit_test(content_comes_in_without_its_holes),
        cmocka_unit_test(a_full_file_system_leaves_nothing_behind),
        cmocka_unit_test(sizes_no_file_can_have_are_refused),
        cmocka_unit_test(a_sysv_segment_is_made_as_asked),
        cmocka_unit_test(private_sysv_segments_never_collide),
        cmocka_unit_test(what_the_kernel_refuses_is_explained),
        cmocka_unit_test(sysv_content_comes_in_whatever_the_mode),
        cmocka_unit_test(content_that_cannot_be_read_leaves_nothing_behind),
        cmocka_unit_test(a_namespace_that_is_not_there_is_missing),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, open_root, close_root);
}
