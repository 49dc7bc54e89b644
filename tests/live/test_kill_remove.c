// test_kill_remove.c - shmtop ends by SIGKILL before each of its system calls in turn: the segment
// is in its place, or it lies in quarantine (or in a copy) from where `restore` brings it back.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/io_work.h"
#include "app/xalloc.h"
#include "probes/probe.h"
#include "probes/quarantine.h"
#include "tests/support/live.h"

enum { KEY = 0x5201, SIZE = 3 * 4096, MODE = 0640, CALLS_MAX = 4000, ARGS_MAX = 8 };

static struct root *root;
static char folder[] = "/tmp/shmtop-kill-XXXXXX"; // state and copies of the test; made anew
static char state_dir[64], copies[64];
static const char *shmtop;

static int set_up(void **state) {
    (void)state;
    shmtop = getenv("SHMTOP");
    if (shmtop == NULL || mkdtemp(folder) == NULL)
        return -1;
    snprintf(state_dir, sizeof(state_dir), "%s/state", folder);
    snprintf(copies, sizeof(copies), "%s/copies", folder);
    setenv("XDG_STATE_HOME", state_dir, 1);
    setenv("HOME", folder, 1);
    return root_open(NULL, &root);
}

static void empty_folder(const char *path) {
    DIR *dir = opendir(path);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir != NULL)
        closedir(dir);
}

static int tear_down(void **state) {
    char inner[96];
    (void)state;
    root_close(root);
    snprintf(inner, sizeof(inner), "%s/shmtop", state_dir);
    empty_folder(inner);
    rmdir(inner);
    rmdir(state_dir);
    empty_folder(copies);
    rmdir(copies);
    return rmdir(folder);
}

// ---- running it

static void become_shmtop(const char *const *words) {
    char *argv[ARGS_MAX + 2] = {strdup(shmtop)};
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i < ARGS_MAX && words[i] != NULL; i++)
        argv[i + 1] = strdup(words[i]);
    dup2(null, 0);
    dup2(null, 1);
    if (getenv("KILL_VERBOSE") == NULL)
        dup2(null, 2);
    execv(shmtop, argv);
    _exit(127);
}

// Runs it to its end; its exit code.
static int run(const char *const *words) {
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        become_shmtop(words);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// Whether the call may be the first that changes something: what comes before only looks.
static bool begins(uint64_t nr) {
#ifdef SYS_mkdir
    if (nr == SYS_mkdir)
        return true;
#endif
    return nr == SYS_mkdirat || nr == SYS_symlinkat || nr == SYS_renameat2 || nr == SYS_shmat;
}

// Removes both files of the group as the monitor does, and ends.
#define GROUP "/dev/shm/fastdds_0123456789abcdef"
static const char *const group[] = {GROUP, GROUP "_el"};

static void become_monitor(bool now) {
    const struct snapshot *snap = NULL;
    const struct scan_request want = {.everything = true};
    struct prober *prober;
    struct io_request *req = xcalloc(1, sizeof *req);
    struct stat st;
    if (prober_new(root, &prober) != 0 || prober_scan(prober, &want, &snap) != 0)
        _exit(126);
    *req = (struct io_request){.kind = IO_OP,
                               .op = OP_REMOVE,
                               .snap = snapshot_ref(snap),
                               .removals = xcalloc(2, sizeof *req->removals),
                               .plan = {.now = now, .keep_ns = UINT64_C(3600000000000)}};
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        for (int k = 0; k < 2; k++)
            if (stat(group[k], &st) == 0 && seg->id.kind == SEG_POSIX && seg->id.num == st.st_ino)
                req->removals[req->removal_count++] = (struct removal){
                    .id = seg->id, .seg = xasprintf("posix:%s", strrchr(group[k], '/'))};
    }
    io_reply_free(io_worker_do(io_worker_new(root), req));
    _exit(0);
}

// Ends it before call number n, counted from the first that may change something. True when it was
// killed; false when it ended by itself before. Without words it is the monitor and its group.
static bool run_killed(const char *const *words, bool now, unsigned n) {
    int status = 0;
    unsigned seen = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
            _exit(126);
        if (words == NULL)
            become_monitor(now);
        become_shmtop(words);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    assert_true(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) ==
                0);
    long pass = 0; // a signal that is on its way
    for (;;) {
        assert_true(ptrace(PTRACE_SYSCALL, pid, NULL, pass) == 0);
        assert_int_equal(waitpid(pid, &status, __WALL), pid);
        if (!WIFSTOPPED(status))
            return false;
        pass = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP
                   ? 0
                   : WSTOPSIG(status);
        struct __ptrace_syscall_info info = {0};
        if (WSTOPSIG(status) != (SIGTRAP | 0x80) ||
            ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
            info.op != PTRACE_SYSCALL_INFO_ENTRY)
            continue;
        seen += seen > 0 || begins(info.entry.nr);
        if (seen == n)
            break;
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, __WALL) == pid && !WIFSIGNALED(status) && !WIFEXITED(status))
        ptrace(PTRACE_CONT, pid, NULL, NULL);
    return true;
}

// ---- objects

static void fill(unsigned char *at, size_t size) {
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(i * 7 + i / 4096);
}

static bool is_filled(const unsigned char *at, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (at[i] != (unsigned char)(i * 7 + i / 4096))
            return false;
    return true;
}

static void make_object(const char *path, struct stat *st) {
    static unsigned char bytes[SIZE];
    const struct timespec times[2] = {{1700000000, 0}, {1600000000, 0}};
    fill(bytes, SIZE);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, SIZE), SIZE);
    assert_int_equal(fchmod(fd, MODE), 0);
    assert_int_equal(futimens(fd, times), 0);
    assert_int_equal(fstat(fd, st), 0);
    close(fd);
}

// The very object, with bytes, mode, owner and times.
static bool is_there(const char *path, const struct stat *was) {
    static unsigned char bytes[SIZE];
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOATIME | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool same = fstat(fd, &st) == 0 && st.st_ino == was->st_ino && st.st_mode == was->st_mode &&
                st.st_uid == was->st_uid && st.st_gid == was->st_gid &&
                st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
                st.st_atim.tv_sec == was->st_atim.tv_sec && pread(fd, bytes, SIZE, 0) == SIZE &&
                is_filled(bytes, SIZE);
    close(fd);
    return same;
}

struct sought {
    uint64_t ino;
    char item[QITEM_TEXT];
};
static int seek(void *arg, const struct quarantined *it) {
    struct sought *s = arg;
    if (it->item.ino != s->ino)
        return 0;
    qitem_format(&it->item, 0, s->item);
    return 1;
}
static bool find_item(uint64_t ino, char item[QITEM_TEXT]) {
    struct sought s = {.ino = ino};
    int found = quarantine_list(root, seek, &s);
    memcpy(item, s.item, sizeof(s.item));
    return found == 1;
}

static bool is_journalled(const char *text) {
    char path[128], *line = NULL;
    size_t room = 0;
    bool found = false;
    snprintf(path, sizeof(path), "%s/shmtop/journal", state_dir);
    FILE *file = fopen(path, "r");
    while (file != NULL && !found && getline(&line, &room, file) > 0)
        found = strstr(line, text) != NULL;
    if (file != NULL)
        fclose(file);
    free(line);
    return found;
}

// In its place, or brought back from where it is. Returns where it was.
enum found { IN_PLACE, IN_QUARANTINE, FREED };
static enum found recover(const char *path, const struct stat *st, bool may_be_freed, unsigned n) {
    char item[QITEM_TEXT] = "";
    if (is_there(path, st))
        return IN_PLACE;
    if (!find_item(st->st_ino, item)) {
        if (!may_be_freed || !is_journalled("\"id\":\"posix:"))
            fail_msg("killed before call %u: %s is lost", n, path);
        return FREED;
    }
    if (!is_journalled(item))
        fail_msg("killed before call %u: %s is not in the journal", n, item);
    const char *const restore[] = {"restore", item, NULL};
    assert_int_equal(run(restore), 0);
    if (!is_there(path, st))
        fail_msg("killed before call %u: restore did not bring back %s", n, path);
    return IN_QUARANTINE;
}

static int drop(void *arg, const struct quarantined *it) {
    (void)arg;
    return quarantine_free(root, it);
}

static void kill_everywhere(const char *const *words, bool frees) {
    unsigned n = 1, in[FREED + 1] = {0};
    for (bool killed = true; killed; n++) {
        struct stat st;
        make_object("/dev/shm/killed", &st);
        killed = run_killed(words, false, n);
        in[recover("/dev/shm/killed", &st, frees, n)]++;
        assert_int_equal(quarantine_list(root, drop, NULL), 0);
        unlink("/dev/shm/killed");
        assert_in_range(n, 1, CALLS_MAX);
    }
    print_message("killed before each of %u calls: in place %u, in quarantine %u, freed %u\n",
                  n - 2, in[IN_PLACE], in[IN_QUARANTINE], in[FREED]);
    assert_true(in[IN_PLACE] > 3 && in[IN_QUARANTINE] > 3);
    assert_true(frees ? in[FREED] > 0 : in[FREED] == 0);
}

static void killed_while_it_moves_to_quarantine(void **state) {
    (void)state;
    const char *const words[] = {"rm", "/killed", NULL};
    kill_everywhere(words, false);
}

static void killed_while_it_frees_at_once(void **state) {
    (void)state;
    const char *const words[] = {"rm", "--now", "/killed", NULL};
    kill_everywhere(words, true);
}

static void killed_while_it_saves_an_object(void **state) {
    (void)state;
    const char *const words[] = {"rm", "--save", copies, "/killed", NULL};
    assert_int_equal(mkdir(copies, 0700), 0);
    kill_everywhere(words, false);
    empty_folder(copies);
    assert_int_equal(rmdir(copies), 0);
}

static void killed_while_it_restores(void **state) {
    (void)state;
    const char *const rm[] = {"rm", "/killed", NULL};
    unsigned n = 1;
    for (bool killed = true; killed; n++) {
        struct stat st;
        char item[QITEM_TEXT] = "";
        make_object("/dev/shm/killed", &st);
        assert_int_equal(run(rm), 0);
        assert_true(find_item(st.st_ino, item));
        const char *const words[] = {"restore", item, NULL};
        killed = run_killed(words, false, n);
        recover("/dev/shm/killed", &st, false, n);
        assert_int_equal(quarantine_list(root, drop, NULL), 0);
        unlink("/dev/shm/killed");
        assert_in_range(n, 1, CALLS_MAX);
    }
}

// Of files that belong together none is freed while the other stays where it was.
static void kill_group_everywhere(bool now) {
    unsigned n = 1, whole = 0, halves = 0, freed = 0;
    for (bool killed = true; killed; n++) {
        struct stat st[2];
        unsigned in[FREED + 1] = {0};
        for (int k = 0; k < 2; k++)
            make_object(group[k], &st[k]);
        killed = run_killed(NULL, now, n);
        for (int k = 0; k < 2; k++)
            in[recover(group[k], &st[k], now, n)]++;
        if (in[FREED] > 0 && in[IN_PLACE] > 0)
            fail_msg("killed before call %u: one is freed and the other stays", n);
        whole += in[IN_PLACE] == 2 || in[IN_QUARANTINE] == 2;
        halves += in[IN_PLACE] == 1;
        freed += in[FREED] > 0;
        assert_int_equal(quarantine_list(root, drop, NULL), 0);
        for (int k = 0; k < 2; k++)
            unlink(group[k]);
        assert_in_range(n, 1, CALLS_MAX);
    }
    print_message("killed before each of %u calls: both in one place %u, one put aside %u, freed "
                  "%u\n",
                  n - 2, whole, halves, freed);
    assert_true(whole > 3 && halves > 3 && (now ? freed > 3 : freed == 0));
}

static void killed_while_the_monitor_removes_a_group(void **state) {
    (void)state;
    kill_group_everywhere(false);
}

static void killed_while_the_monitor_frees_a_group(void **state) {
    (void)state;
    kill_group_everywhere(true);
}

// ---- System V

static int make_segment(void) {
    int shmid = shmget(KEY, SIZE, IPC_CREAT | IPC_EXCL | MODE);
    assert_true(shmid >= 0);
    void *at = shmat(shmid, NULL, 0);
    assert_true(at != (void *)-1);
    fill(at, SIZE);
    shmdt(at);
    return shmid;
}

static bool is_segment(void) {
    struct shmid_ds ds;
    int shmid = shmget(KEY, 0, 0);
    if (shmid < 0 || shmctl(shmid, IPC_STAT, &ds) < 0)
        return false;
    const void *at = shmat(shmid, NULL, SHM_RDONLY);
    if (at == (void *)-1)
        return false;
    bool same = ds.shm_segsz == SIZE && (ds.shm_perm.mode & 0777) == MODE && is_filled(at, SIZE);
    shmdt(at);
    return same;
}

// The newest copy in the folder that has its facts beside it.
static bool find_copy(char *path, size_t size) {
    bool found = false;
    DIR *dir = opendir(copies);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const char *tail = strstr(e->d_name, ".facts");
        if (tail == NULL)
            continue;
        snprintf(path, size, "%s/%.*s", copies, (int)(tail - e->d_name), e->d_name);
        found = true;
    }
    closedir(dir);
    return found;
}

static void killed_while_it_removes_a_segment_with_a_copy(void **state) {
    (void)state;
    unsigned n = 1, lives = 0, restored = 0;
    assert_int_equal(mkdir(copies, 0700), 0);
    for (bool killed = true; killed; n++) {
        char seg[32], copy[PATH_MAX] = "";
        int shmid = make_segment();
        snprintf(seg, sizeof(seg), "sysv:%d", shmid);
        const char *const words[] = {"rm", "--save", copies, seg, NULL};
        killed = run_killed(words, false, n);
        lives += is_segment();
        if (!is_segment()) {
            const char *const restore[] = {"restore", copy, NULL};
            if (!find_copy(copy, sizeof(copy)) || run(restore) != 0 || !is_segment())
                fail_msg("killed before call %u: the segment is lost", n);
            assert_true(is_journalled(seg));
            restored++;
        }
        shmctl(shmget(KEY, 0, 0), IPC_RMID, NULL);
        empty_folder(copies);
        assert_in_range(n, 1, CALLS_MAX);
    }
    print_message("killed before each of %u calls: %u live, %u restored from the copy\n", n - 2,
                  lives, restored);
    assert_true(lives > 3 && restored > 3);
    assert_int_equal(rmdir(copies), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_while_it_moves_to_quarantine),
        cmocka_unit_test(killed_while_it_frees_at_once),
        cmocka_unit_test(killed_while_it_saves_an_object),
        cmocka_unit_test(killed_while_it_restores),
        cmocka_unit_test(killed_while_the_monitor_removes_a_group),
        cmocka_unit_test(killed_while_the_monitor_frees_a_group),
        cmocka_unit_test(killed_while_it_removes_a_segment_with_a_copy),
    };
    if (!live_private())
        return 77;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
