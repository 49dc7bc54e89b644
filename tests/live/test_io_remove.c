// test_io_remove.c - what the I/O thread does for the dialogs of the monitor, on the real kernel:
// dry runs, removing into quarantine, bringing back, copies of System V, signals.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/io_work.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "tests/support/children.h"
#include "tests/support/live.h"

#define NAME "/t_io_remove"
#define PATH "/dev/shm" NAME
#define KEY 0x7100beef

static struct eyes *eyes;
static struct io_worker *worker;
static char folder[] = "/tmp/shmtop-io-XXXXXX", copies[64];

static int group_up(void **state) {
    if (eyes_open(state))
        return -1;
    eyes = *state;
    worker = io_worker_new(eyes->root);
    assert_non_null(mkdtemp(folder));
    snprintf(copies, sizeof copies, "%s/state/copies", folder);
    setenv("XDG_STATE_HOME", folder, 1);
    return 0;
}

static int group_down(void **state) {
    io_worker_free(worker);
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    int failed = system(command);
    return eyes_close(state) || failed;
}

static int tear_down(void **state) {
    (void)state;
    shm_unlink(NAME);
    int id = shmget(KEY, 0, 0);
    if (id >= 0)
        shmctl(id, IPC_RMID, NULL);
    return 0;
}

static int make_object(const char *text) {
    int fd = shm_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static ino_t inode(void) { // 0: it is not there
    struct stat st;
    return stat(PATH, &st) == 0 ? st.st_ino : 0;
}

static u64v known(const struct segment *seg, enum seg_field field) {
    uint64_t value = 0;
    enum why why = seg_get(seg, field, &value);
    return why == WHY_KNOWN ? u64v_of(value) : u64v_missing(why);
}

// What the dialog asks for of one segment as it is seen now.
static struct io_request *wish(const struct snapshot *snap, const struct segment *seg, bool dry) {
    char name[4200];
    assert_non_null(seg);
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = IO_OP;
    req->op = OP_REMOVE;
    req->snap = snapshot_ref(snap);
    req->removals = xcalloc(1, sizeof *req->removals);
    req->removal_count = 1;
    seg_format(seg, name, sizeof name);
    req->removals[0] = (struct removal){.id = seg->id,
                                        .seg = xstrdup(name),
                                        .expected_key = known(seg, SEG_KEY),
                                        .expected_change = known(seg, SEG_CHANGE_TIME),
                                        .expected_last = known(seg, SEG_LAST_PID),
                                        .holders_seen = seg->holding_count};
    req->plan = (struct removal_plan){.dry = dry, .keep_ns = UINT64_C(3600000000000)};
    return req;
}

static struct io_reply *run(struct io_request *req) {
    struct io_reply *reply = io_worker_do(worker, req);
    assert_non_null(reply);
    return reply;
}

// The reply to a wish about the object NAME.
static struct io_reply *remove_object(bool dry, bool force) {
    const struct snapshot *snap = eyes_look_at_all(eyes);
    struct io_request *req = wish(snap, segment_inode(snap, 0, inode()), dry);
    req->removals[0].force = force;
    snapshot_unref(snap);
    return run(req);
}

static struct io_reply *ask_kept(void) {
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = IO_KEPT;
    req->expire = true;
    return run(req);
}

static struct io_reply *restore(const char *word, bool drop) {
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = IO_RESTORE;
    req->words = xcalloc(1, sizeof *req->words);
    req->words[0] = xstrdup(word);
    req->word_count = 1;
    req->drop = drop;
    return run(req);
}

static void a_dry_run_changes_nothing(void **state) {
    (void)state;
    close(make_object("hello"));
    ino_t before = inode();
    struct io_reply *reply = remove_object(true, false);
    assert_true(reply->dry);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    assert_string_equal(reply->items[0].text, "moved to quarantine");
    assert_null(reply->items[0].kept);
    assert_int_equal(inode(), before);
    io_reply_free(reply);
    reply = ask_kept();
    assert_int_equal(reply->kept.count, 0);
    io_reply_free(reply);
}

static void what_is_held_is_refused_dry_and_for_real(void **state) {
    (void)state;
    int fd = make_object("held");
    struct live_holder holder;
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = 4096, .map = true}, &holder);
    close(fd);
    for (int dry = 1; dry >= 0; dry--) {
        struct io_reply *reply = remove_object(dry, false);
        assert_int_equal(reply->items[0].outcome, OUTCOME_REFUSED);
        assert_non_null(strstr(reply->items[0].text, "is in use"));
        assert_int_not_equal(inode(), 0);
        io_reply_free(reply);
    }
    live_release(&holder);
}

#define RING "/dev/shm/fastdds_0123456789abcdef"
#define RING_LOCK RING "_el"

static void make_group(void) {
    static const char *const paths[] = {RING, RING_LOCK};
    for (int i = 0; i < 2; i++) {
        int fd = open(paths[i], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        assert_true(fd >= 0 && write(fd, "ring", 4) == 4);
        close(fd);
    }
}

static bool is_there(const char *path) {
    return access(path, F_OK) == 0;
}

// A wish about both files of the group. changed: one has been written since it was looked at.
static struct io_request *wish_of_group(bool dry, int changed) {
    const struct snapshot *snap = eyes_look_at_all(eyes);
    struct stat st[2];
    assert_int_equal(stat(RING, &st[0]) | stat(RING_LOCK, &st[1]), 0);
    struct io_request *req = wish(snap, segment_inode(snap, 0, st[0].st_ino), dry);
    struct io_request *other = wish(snap, segment_inode(snap, 0, st[1].st_ino), dry);
    req->removals = xreallocarray(req->removals, 2, sizeof *req->removals);
    req->removals[req->removal_count++] = other->removals[0];
    other->removal_count = 0;
    if (changed >= 0)
        req->removals[changed].expected_change = u64v_of(1);
    io_request_free(other);
    snapshot_unref(snap);
    return req;
}

// Lines of the journal that have a text.
static size_t journal_lines(const char *text) {
    char path[96], *line = NULL;
    size_t room = 0, count = 0;
    snprintf(path, sizeof path, "%s/shmtop/journal", folder);
    FILE *file = fopen(path, "r");
    while (file && getline(&line, &room, file) > 0)
        count += strstr(line, text) != NULL;
    if (file)
        fclose(file);
    free(line);
    return count;
}

static void files_that_belong_together_stay_when_one_of_them_has_to(void **state) {
    (void)state;
    make_group();
    for (int i = 0; i < 4; i++) { // either of them, tried and for real
        struct io_reply *reply = run(wish_of_group(i / 2 == 0, i % 2));
        const struct op_item *bad = &reply->items[i % 2], *mate = &reply->items[1 - i % 2];
        assert_int_equal(bad->outcome, OUTCOME_REFUSED);
        assert_non_null(strstr(bad->text, "changed since it was looked at"));
        assert_int_equal(mate->outcome, OUTCOME_REFUSED);
        assert_non_null(strstr(mate->text, "stays with posix:/fastdds_0123456789abcdef"));
        assert_null(mate->kept);
        assert_true(is_there(RING) && is_there(RING_LOCK));
        io_reply_free(reply);
    }
    // Each intention has its result, of those too that were not even tried.
    assert_int_equal(journal_lines("\"result\":null"), 4);
    assert_int_equal(journal_lines("\"result\":\"refused\""), 3);
    assert_int_equal(journal_lines("\"action\":\"restore\""), 1);
    struct io_reply *kept = ask_kept();
    assert_int_equal(kept->kept.count, 0);
    io_reply_free(kept);
    unlink(RING);
    unlink(RING_LOCK);
}

static void files_that_belong_together_go_together(void **state) {
    (void)state;
    for (int now = 0; now <= 1; now++) {
        make_group();
        struct io_request *req = wish_of_group(false, -1);
        req->plan.now = now;
        struct io_reply *reply = run(req);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(reply->items[i].outcome, OUTCOME_DONE);
            assert_int_equal(reply->items[i].kept != NULL, !now);
        }
        assert_false(is_there(RING) || is_there(RING_LOCK));
        for (int i = 0; i < 2 && !now; i++)
            io_reply_free(restore(reply->items[i].kept, true));
        io_reply_free(reply);
    }
}

// The name has come again since: what it was before is held and cannot be removed, the new can.
static void what_has_no_name_keeps_no_file_that_belongs_to_it(void **state) {
    (void)state;
    make_group();
    int held = open(RING, O_RDWR | O_CLOEXEC);
    assert_true(held >= 0 && unlink(RING) == 0 && unlink(RING_LOCK) == 0);
    struct live_holder holder;
    live_hold(&(struct live_hold){.shmid = -1, .fd = held, .len = 4096, .map = true}, &holder);
    make_group();
    struct io_request *req = wish_of_group(false, -1);
    const struct snapshot *snap = eyes_look_at_all(eyes);
    struct stat st;
    assert_int_equal(fstat(held, &st), 0);
    struct io_request *nameless = wish(snap, segment_inode(snap, 0, st.st_ino), false);
    req->removals = xreallocarray(req->removals, 3, sizeof *req->removals);
    req->removals[req->removal_count++] = nameless->removals[0];
    nameless->removal_count = 0;
    io_request_free(nameless);
    snapshot_unref(snap);
    for (size_t i = 0; i < req->removal_count; i++)
        req->removals[i].force = true;
    struct io_reply *reply = run(req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    assert_int_equal(reply->items[1].outcome, OUTCOME_DONE);
    assert_int_equal(reply->items[2].outcome, OUTCOME_REFUSED);
    assert_non_null(strstr(reply->items[2].text, "has no name to remove"));
    for (int i = 0; i < 2; i++)
        io_reply_free(restore(reply->items[i].kept, true));
    io_reply_free(reply);
    live_release(&holder);
    close(held);
}

static void what_cannot_be_recorded_is_said_of_what_was_removed(void **state) {
    (void)state;
    make_group();
    struct io_request *req = wish_of_group(false, -1);
    free(req->removals[1].seg); // the other file is not meant
    req->removal_count = 1;
    int fd = make_object("held");
    struct live_holder holder;
    live_hold(&(struct live_hold){.shmid = -1, .fd = fd, .len = 4096, .map = true}, &holder);
    close(fd);
    const struct snapshot *snap = eyes_look_at_all(eyes);
    struct io_request *other = wish(snap, segment_inode(snap, 0, inode()), false);
    req->removals[req->removal_count++] = other->removals[0];
    other->removal_count = 0;
    io_request_free(other);
    snapshot_unref(snap);
    setenv("XDG_STATE_HOME", "/proc/nope", 1);
    struct io_reply *reply = run(req);
    setenv("XDG_STATE_HOME", folder, 1);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    assert_non_null(strstr(reply->items[0].text, "not recorded: no journal can be kept"));
    assert_int_equal(reply->items[1].outcome, OUTCOME_REFUSED);
    io_reply_free(restore(reply->items[0].kept, true));
    io_reply_free(reply);
    live_release(&holder);
    unlink(RING_LOCK);
}

static void what_went_to_quarantine_comes_back_as_it_was(void **state) {
    (void)state;
    char text[16] = "";
    struct stat st;
    close(make_object("hello"));
    ino_t before = inode();
    struct io_reply *reply = remove_object(false, false);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    assert_non_null(strstr(reply->items[0].text, "moved to quarantine: holds 4.0K until"));
    assert_null(strstr(reply->items[0].text, "restore"));
    assert_non_null(reply->items[0].kept);
    assert_int_equal(inode(), 0);
    struct io_reply *kept = ask_kept();
    assert_int_equal(kept->kept.count, 1);
    assert_string_equal(kept->kept.items[0].text, reply->items[0].kept);
    assert_string_equal(kept->kept.items[0].seg, "posix:" NAME);
    io_reply_free(kept);
    struct io_reply *back = restore(reply->items[0].kept, false);
    assert_int_equal(back->items[0].outcome, OUTCOME_DONE);
    assert_string_equal(back->items[0].seg, "posix:" NAME);
    assert_int_equal(inode(), before);
    assert_int_equal(stat(PATH, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    int fd = shm_open(NAME, O_RDONLY, 0);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_string_equal(text, "hello");
    close(fd);
    io_reply_free(back);
    back = restore(reply->items[0].kept, false); // only once
    assert_int_equal(back->items[0].outcome, OUTCOME_MISSING);
    io_reply_free(back);
    io_reply_free(reply);
}

static void what_has_its_name_by_now_is_left_alone(void **state) {
    (void)state;
    close(make_object("old"));
    struct io_reply *reply = remove_object(false, false);
    close(make_object("new"));
    ino_t newer = inode();
    struct io_reply *back = restore(reply->items[0].kept, false);
    assert_int_equal(back->items[0].outcome, OUTCOME_REFUSED);
    assert_int_equal(inode(), newer);
    io_reply_free(back);
    back = restore(reply->items[0].kept, true);
    assert_int_equal(back->items[0].outcome, OUTCOME_DONE);
    assert_int_equal(inode(), newer);
    io_reply_free(back);
    io_reply_free(reply);
    reply = ask_kept();
    assert_int_equal(reply->kept.count, 0);
    io_reply_free(reply);
}

static void another_object_under_the_name_survives(void **state) {
    (void)state;
    close(make_object("first"));
    const struct snapshot *snap = eyes_look_at_all(eyes);
    for (int dry = 1; dry >= 0; dry--) {
        struct io_request *req = wish(snap, segment_inode(snap, 0, inode()), dry);
        // Both exist for a moment, so that the inode is another one.
        assert_int_equal(rename(PATH, PATH ".old"), 0);
        close(make_object("second"));
        ino_t newer = inode();
        struct io_reply *reply = run(req);
        assert_int_not_equal(reply->items[0].outcome, OUTCOME_DONE);
        assert_int_equal(inode(), newer);
        io_reply_free(reply);
        assert_int_equal(rename(PATH ".old", PATH), 0);
    }
    snapshot_unref(snap);
}

// Root in the home of somebody else, who wants copies of his bytes to be written elsewhere.
static void a_link_of_somebody_else_leads_no_copy_away(void **state) {
    (void)state;
    char link[96];
    close(make_object("hello"));
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink("/nowhere", link), 0);
    if (lchown(link, 65534, 65534) != 0)
        skip();
    const struct snapshot *snap = eyes_look_at_all(eyes);
    struct io_request *req = wish(snap, segment_inode(snap, 0, inode()), false);
    req->plan.save = xstrdup(link);
    snapshot_unref(snap);
    struct io_reply *reply = run(req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_FAILED);
    assert_non_null(strstr(reply->items[0].text, "ELOOP"));
    assert_int_not_equal(inode(), 0);
    io_reply_free(reply);
}

static void system_v_is_copied_first_and_made_again(void **state) {
    (void)state;
    int id = shmget(KEY, 8192, IPC_CREAT | IPC_EXCL | 0600);
    assert_true(id >= 0);
    char *at = shmat(id, NULL, 0);
    memcpy(at + 4096, "data", 5);
    shmdt(at);
    const struct snapshot *snap = eyes_look_at_all(eyes);
    struct io_request *req = wish(snap, segment_sysv(snap, id), false);
    req->removals[0].force = true; // this very process made it, and lives
    req->plan.save = xstrdup(copies);
    snapshot_unref(snap);
    struct io_reply *reply = run(req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    assert_non_null(reply->items[0].kept);
    assert_int_equal(strncmp(reply->items[0].kept, copies, strlen(copies)), 0);
    assert_int_equal(shmget(KEY, 0, 0), -1);
    struct io_reply *back = restore(reply->items[0].kept, false);
    assert_int_equal(back->items[0].outcome, OUTCOME_DONE);
    id = shmget(KEY, 0, 0);
    assert_true(id >= 0);
    at = shmat(id, NULL, SHM_RDONLY);
    assert_string_equal(at + 4096, "data");
    shmdt(at);
    io_reply_free(back);
    io_reply_free(reply);
}

static void without_a_folder_for_copies_nothing_is_removed(void **state) {
    (void)state;
    close(make_object("stays"));
    const struct snapshot *snap = eyes_look_at_all(eyes);
    struct io_request *req = wish(snap, segment_inode(snap, 0, inode()), false);
    req->plan.save = xstrdup("/proc/self/nowhere");
    snapshot_unref(snap);
    struct io_reply *reply = run(req);
    assert_int_equal(reply->items[0].outcome, OUTCOME_FAILED);
    assert_int_not_equal(inode(), 0);
    io_reply_free(reply);
}

static struct io_reply *send(struct proc_id id, int signal) {
    struct io_request *req = xcalloc(1, sizeof *req);
    req->kind = IO_SIGNAL;
    req->targets = xcalloc(1, sizeof *req->targets);
    req->targets[0] = (struct signal_target){id, xstrdup("pid of a child")};
    req->target_count = 1;
    req->signal = signal;
    return run(req);
}

static void only_the_process_that_was_seen_is_signalled(void **state) {
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    struct proc_id id = live_proc_id(eyes->root, pid), other = id;
    other.start_ticks++;
    struct io_reply *reply = send(other, SIGKILL);
    assert_int_equal(reply->items[0].outcome, OUTCOME_MISSING);
    io_reply_free(reply);
    other.start_ticks = 0;
    reply = send(other, SIGKILL);
    assert_int_equal(reply->items[0].outcome, OUTCOME_REFUSED);
    io_reply_free(reply);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0); // it lives
    reply = send(id, SIGSTOP);
    assert_int_equal(reply->items[0].outcome, OUTCOME_DONE);
    io_reply_free(reply);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    io_reply_free(send(id, SIGKILL));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    reply = send(id, SIGKILL);
    assert_int_equal(reply->items[0].outcome, OUTCOME_MISSING);
    io_reply_free(reply);
}

#define T(f) cmocka_unit_test_teardown(f, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_dry_run_changes_nothing),
        T(what_is_held_is_refused_dry_and_for_real),
        T(files_that_belong_together_stay_when_one_of_them_has_to),
        T(files_that_belong_together_go_together),
        T(what_has_no_name_keeps_no_file_that_belongs_to_it),
        T(what_cannot_be_recorded_is_said_of_what_was_removed),
        T(what_went_to_quarantine_comes_back_as_it_was),
        T(what_has_its_name_by_now_is_left_alone),
        T(another_object_under_the_name_survives),
        T(a_link_of_somebody_else_leads_no_copy_away),
        T(system_v_is_copied_first_and_made_again),
        T(without_a_folder_for_copies_nothing_is_removed),
        T(only_the_process_that_was_seen_is_signalled),
    };
    return cmocka_run_group_tests(tests, group_up, group_down);
}
