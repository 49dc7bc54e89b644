// test_monitor.c - the real monitor over real segments: what a person does, key by key.
//
// Runs in private namespaces with an empty /dev/shm (tests/run.sh), so every segment is our own.
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
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/vt.h"

static struct vt *vt;
static int shmids[64];
static int shmid_count;
static char names[64][300];
static int name_count;
static pid_t holder;

static int teardown(void **state) {
    (void)state;
    vt_free(vt);
    vt = NULL;
    if (holder > 0) {
        kill(holder, SIGKILL);
        waitpid(holder, NULL, 0);
        holder = 0;
    }
    while (shmid_count > 0)
        shmctl(shmids[--shmid_count], IPC_RMID, NULL);
    while (name_count > 0)
        unlink(names[--name_count]);
    return 0;
}

static int make_sysv(key_t key, size_t size) {
    int id = shmget(key, size, IPC_CREAT | IPC_EXCL | 0600);
    assert_true(id >= 0);
    shmids[shmid_count++] = id;
    return id;
}

static int make_posix(const char *name, size_t size) {
    snprintf(names[name_count], sizeof names[0], "/dev/shm/%s", name);
    int fd = open(names[name_count++], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    return fd;
}

static void start(int rows, int cols, const char *arg) {
    const char *argv[] = {getenv("SHMTOP"), "-d", "0.1", arg, NULL};
    if (!getenv("SHMTOP_PRIVATE_NS")) {
        print_message("# skip: only in private namespaces\n");
        skip();
    }
    vt = vt_new(&(struct vt_start){argv, NULL, rows, cols, NULL});
    assert_non_null(vt);
    if (!vt_wait(vt, "NAME"))
        fail_msg("no table:\n%s", vt_screen(vt));
}

static void assert_shows(const char *text) {
    if (!vt_wait(vt, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, vt_screen(vt));
}
static void assert_gone(const char *text) {
    if (!vt_wait_gone(vt, text))
        fail_msg("\"%s\" stays on the screen:\n%s", text, vt_screen(vt));
}
static void key(const char *name) {
    if (!vt_key(vt, name))
        fail_msg("key %s not answered:\n%s", name, vt_screen(vt));
}

// Holds a POSIX object and a System V segment until told to end.
static void hold(const char *name, int shmid) {
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    holder = fork();
    if (holder == 0) {
        char path[300];
        snprintf(path, sizeof path, "/dev/shm/%s", name);
        int fd = open(path, O_RDWR);
        if (name[0] && mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
            _exit(1);
        if (shmid >= 0 && shmat(shmid, NULL, 0) == (void *)-1)
            _exit(1);
        (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    char c;
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
}

static void segments_come_and_go_by_themselves(void **state) {
    (void)state;
    start(30, 100, NULL);
    close(make_posix("arrives", 8192));
    assert_shows("/arrives");
    int id = make_sysv(0x51020304, 65536);
    assert_shows("0x51020304");
    shmctl(id, IPC_RMID, NULL);
    assert_shows("(gone)");
    assert_gone("0x51020304");
}

static void the_detail_shows_the_holder_and_its_end(void **state) {
    (void)state;
    close(make_posix("held", 4096));
    hold("held", -1);
    char pid[32];
    snprintf(pid, sizeof pid, "%d", holder);
    start(30, 100, NULL);
    assert_shows("/held");
    assert_shows(pid);
    assert_shows("test_monitor");
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    holder = 0;
    assert_gone("test_monitor");
}

// Holds a System V segment in an IPC namespace of its own.
static void hold_elsewhere(int system_v_key) {
    int ready[2];
    char c = 0;
    assert_int_equal(pipe(ready), 0);
    holder = fork();
    if (holder == 0) {
        if (unshare(CLONE_NEWIPC) == 0 && shmget(system_v_key, 4096, IPC_CREAT | 0600) >= 0)
            c = 'x';
        (void)!write(ready[1], &c, 1);
        pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    assert_int_equal(c, 'x');
}

static void other_namespaces_come_and_go_by_a_key(void **state) {
    (void)state;
    hold_elsewhere(0x51990011);
    start(30, 160, NULL);
    assert_shows("other namespace");
    key("@");
    assert_shows("0x51990011");
    assert_shows("NS/CONTAINER");
    key("@");
    assert_gone("0x51990011");
    assert_gone("NS/CONTAINER");
    assert_shows("other namespace");
}

static void hex_follows_the_bytes(void **state) {
    (void)state;
    int fd = make_posix("bytes", 4096);
    assert_int_equal(pwrite(fd, "hello there", 11, 0), 11);
    start(30, 100, NULL);
    assert_shows("hello there"); // the preview
    key("Enter");
    assert_shows("HEX");
    assert_shows("[68]65 6c 6c 6f");
    assert_int_equal(pwrite(fd, "J", 1, 0), 1);
    assert_shows("Jello there");
    assert_shows("[4a]65 6c 6c 6f");
    key("g");
    vt_type(vt, "0xff0");
    key("Enter");
    assert_shows("00000ff0");
    close(fd);
    unlink("/dev/shm/bytes");
    assert_shows("GONE");
    key("Esc");
    assert_shows("shmtop");
}

static void create_writes_and_removes(void **state) {
    (void)state;
    start(30, 100, NULL);
    key("F7");
    assert_shows("Create a");
    snprintf(names[name_count++], sizeof names[0], "/dev/shm/made_here");
    key("Tab"); // from the kind to the name
    vt_type(vt, "made_here");
    for (int i = 0; i < 12 && !vt_shows(vt, "shmtop create --posix"); i++)
        key("Tab");
    assert_shows("shmtop create --posix");
    key("Esc");
    struct stat st;
    assert_int_equal(stat("/dev/shm/made_here", &st), -1); // Esc never creates
}

static void remove_needs_the_right_key(void **state) {
    (void)state;
    close(make_posix("doomed", 4096));
    start(30, 100, NULL);
    assert_shows("/doomed");
    struct stat st;
    static const char *const harmless[] = {"Esc", "Enter", "q",      "n",  "y",
                                           "d",   "r",     "Delete", "F9", "Space"};
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        key("F9");
        assert_shows("Remove");
        key(harmless[i]);
        for (int k = 0; k < 3 && !vt_shows(vt, "10Quit") && !vt_shows(vt, "F10"); k++)
            key("Esc");
        key("Esc");
        if (stat("/dev/shm/doomed", &st) != 0)
            fail_msg("key %s removed it", harmless[i]);
    }
    key("F9");
    assert_shows("Remove");
    key("R");
    assert_shows("(gone)");
    assert_int_equal(stat("/dev/shm/doomed", &st), -1);
}

static void what_is_in_use_is_not_removed(void **state) {
    (void)state;
    close(make_posix("busy", 4096));
    hold("busy", -1);
    start(30, 100, NULL);
    assert_shows("/busy");
    assert_shows("test_monitor");
    key("F9");
    assert_shows("Remove");
    key("R");
    key("Esc");
    key("Esc");
    struct stat st;
    assert_int_equal(stat("/dev/shm/busy", &st), 0);
}

static void an_open_descriptor_keeps_it_too(void **state) {
    (void)state;
    int fd = make_posix("opened", 4096);
    start(30, 100, NULL);
    assert_shows("/opened");
    key("F9");
    assert_shows("Remove");
    key("R");
    assert_shows("in use");
    struct stat st;
    assert_int_equal(stat("/dev/shm/opened", &st), 0);
    close(fd);
}

static void a_replaced_object_survives(void **state) {
    (void)state;
    close(make_posix("twin", 4096));
    start(30, 100, NULL);
    assert_shows("/twin");
    key("Z"); // paused: the screen keeps the old picture
    key("F9");
    assert_shows("Remove");
    assert_int_equal(unlink("/dev/shm/twin"), 0);
    int fd = open("/dev/shm/twin", O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, "new", 3), 3);
    close(fd);
    key("R");
    key("Esc");
    struct stat st;
    assert_int_equal(stat("/dev/shm/twin", &st), 0);
    assert_int_equal(st.st_size, 3);
}

static void read_only_mode_changes_nothing(void **state) {
    (void)state;
    close(make_posix("kept", 4096));
    start(30, 100, "-R");
    assert_shows("/kept");
    key("F9");
    key("R");
    key("Enter");
    key("F7");
    key("Enter");
    struct stat st;
    assert_int_equal(stat("/dev/shm/kept", &st), 0);
}

static void the_selection_follows_its_segment(void **state) {
    (void)state;
    char name[32];
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "row%02d", i);
        close(make_posix(name, (size_t)(i + 1) * 4096));
    }
    start(30, 100, NULL);
    assert_shows("/row04");
    for (int i = 0; i < 5; i++)
        key("Down");
    // Largest first: row09 .. row00; five down is row04.
    assert_shows("/row04");
    close(make_posix("bigger", 1 << 20)); // a new first row moves all others down
    assert_shows("11 segs"); // the selection keeps its screen line, so the new row is above
    key("Enter");
    assert_shows("HEX");
    assert_shows("/row04");
}

static void filter_and_search(void **state) {
    (void)state;
    close(make_posix("alpha", 4096));
    close(make_posix("beta", 8192));
    start(30, 100, NULL);
    assert_shows("/alpha");
    key("F4");
    vt_type(vt, "bet");
    key("Enter");
    assert_gone("/alpha");
    assert_shows("/beta");
    key("Esc");
    assert_shows("/alpha");
    key("/");
    vt_type(vt, "alpha");
    assert_shows("1 of 1");
    key("Enter");
    key("n");
    assert_shows("\"alpha\" 1 of 1");
}

// The column in which ASCII text begins on a line, in cells; -1: it is not there.
static int cell_of(int y, const char *text) {
    struct vt_cell cell;
    for (int x = 0; x + (int)strlen(text) <= 100; x++) {
        size_t i = 0;
        for (; text[i]; i++) {
            vt_cell(vt, y, x + (int)i, &cell);
            if (cell.ch[0] != (uint32_t)text[i])
                break;
        }
        if (!text[i])
            return x;
    }
    return -1;
}

static void hostile_names_change_nothing(void **state) {
    (void)state;
    char longest[256];
    memset(longest, 'W', 255);
    longest[255] = 0;
    close(make_posix("\033[2J\033[31mred\r\n", 4096));
    close(make_posix("\xff\xfe\x80", 4096));
    close(make_posix("\xe2\x80\xae"
                     "evil",
                     4096)); // right-to-left override
    close(make_posix("\xe3\x83\x87\xe3\x83\xbc\xe3\x82\xbf", 4096));
    close(make_posix(longest, 4096));
    start(30, 100, NULL);
    assert_shows("\\x1b[2J\\x1b[31mred\\x0d\\x0a");
    assert_shows("\\xff\\xfe\\x80");
    assert_shows("\\xe2\\x80\\xaeevil");
    assert_shows("\xe3\x83\x87\xe3\x83\xbc\xe3\x82\xbf");
    // The SIZE column stands in one place in every row.
    int at = -1;
    for (int y = 0; y < 30; y++) {
        const char *line = vt_line(vt, y);
        if (strncmp(line, "  P /", 5) != 0 && strncmp(line, " >P /", 5) != 0)
            continue;
        int cells = cell_of(y, "4.0K");
        if (cells < 0)
            continue;
        if (at < 0)
            at = cells;
        assert_int_equal(cells, at);
    }
    assert_true(at > 0);
}

static void the_segment_is_copied_by_name(void **state) {
    (void)state;
    close(make_posix("copied", 4096));
    start(30, 100, NULL);
    assert_shows("/copied");
    key("y");
    assert_shows("copied: posix:/copied");
    assert_string_equal(vt_clipboard(vt), "cG9zaXg6L2NvcGllZA==");
    vt_free(vt);
    const char *argv[] = {getenv("SHMTOP"), "-d", "0.1", NULL};
    vt = vt_new(&(struct vt_start){argv, "linux", 30, 100, NULL});
    assert_shows("/copied");
    key("y");
    assert_shows("no clipboard; the text is: posix:/copied");
    assert_string_equal(vt_clipboard(vt), "");
}

static void idle_output_is_small(void **state) {
    (void)state;
    close(make_posix("still", 4096));
    start(30, 100, NULL);
    assert_shows("/still");
    vt_free(vt);
    const char *argv[] = {getenv("SHMTOP"), NULL}; // the default second
    vt = vt_new(&(struct vt_start){argv, NULL, 30, 100, NULL});
    assert_shows("/still");
    for (int i = 0; i < 4; i++)
        assert_true(vt_wait_frame(vt)); // NEW marks and first histories settle
    uint64_t bytes = vt_bytes(vt), frames = vt_frames(vt);
    for (int i = 0; i < 3; i++)
        assert_true(vt_wait_frame(vt));
    assert_true((vt_bytes(vt) - bytes) / (vt_frames(vt) - frames) <= 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(segments_come_and_go_by_themselves, teardown),
        cmocka_unit_test_teardown(the_detail_shows_the_holder_and_its_end, teardown),
        cmocka_unit_test_teardown(other_namespaces_come_and_go_by_a_key, teardown),
        cmocka_unit_test_teardown(hex_follows_the_bytes, teardown),
        cmocka_unit_test_teardown(create_writes_and_removes, teardown),
        cmocka_unit_test_teardown(remove_needs_the_right_key, teardown),
        cmocka_unit_test_teardown(what_is_in_use_is_not_removed, teardown),
        cmocka_unit_test_teardown(an_open_descriptor_keeps_it_too, teardown),
        cmocka_unit_test_teardown(a_replaced_object_survives, teardown),
        cmocka_unit_test_teardown(read_only_mode_changes_nothing, teardown),
        cmocka_unit_test_teardown(the_selection_follows_its_segment, teardown),
        cmocka_unit_test_teardown(filter_and_search, teardown),
        cmocka_unit_test_teardown(hostile_names_change_nothing, teardown),
        cmocka_unit_test_teardown(the_segment_is_copied_by_name, teardown),
        cmocka_unit_test_teardown(idle_output_is_small, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
