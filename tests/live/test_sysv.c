// test_sysv.c - System V segments of a real kernel: as ipcs lists them, and by both ways of asking.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "probes/probes_list.h"
#include "tests/support/captured.h"

enum { MOST = 4096 };

// Segments of one test; they are gone with the IPC namespace, whatever happens.
struct made {
    int id[MOST];
    size_t count;
    void *attached;
};

static int setup(void **state) {
    *state = NULL;
    if (getenv("SHMTOP_PRIVATE_NS") == NULL)
        return 0;
    *state = calloc(1, sizeof(struct made));
    return *state == NULL;
}

static int teardown(void **state) {
    struct made *m = *state;
    if (m == NULL)
        return 0;
    if (m->attached != NULL)
        shmdt(m->attached);
    for (size_t i = 0; i < m->count; i++)
        shmctl(m->id[i], IPC_RMID, NULL);
    free(m);
    return 0;
}

static struct made *needs_namespace(void **state) {
    if (*state == NULL) {
        print_message("skipped: not in an IPC namespace of its own\n");
        skip();
    }
    return *state;
}

static int make(struct made *m, key_t key, size_t size, int mode) {
    int id = shmget(key, size, IPC_CREAT | IPC_EXCL | mode);
    assert_true(id >= 0);
    assert_true(m->count < MOST);
    m->id[m->count++] = id;
    return id;
}

static struct root *live_root(void) {
    struct root *root = NULL;
    assert_int_equal(root_open(NULL, &root), 0);
    return root;
}

static uint64_t number(const struct segment *seg, enum seg_field f) {
    uint64_t n = 0;
    assert_int_equal(seg_get(seg, f, &n), WHY_KNOWN);
    return n;
}

// A mixed lot: private and keyed, attached, to be destroyed, attached once upon a time, odd sizes.
static void make_lot(struct made *m) {
    make(m, IPC_PRIVATE, 1, 0600);
    make(m, 0x5201, 5000, 0660);
    make(m, (key_t)0xbeefdead, 1 << 20, 0);
    m->attached = shmat(make(m, IPC_PRIVATE, 8192, 0640), NULL, 0);
    assert_true((intptr_t)m->attached != -1);
    ((volatile char *)m->attached)[0] = 1;
    assert_int_equal(shmctl(m->id[m->count - 1], IPC_RMID, NULL), 0);
    void *at = shmat(make(m, 0x5202, 4096, 0604), NULL, SHM_RDONLY);
    assert_true((intptr_t)at != -1);
    assert_int_equal(shmdt(at), 0);
    for (int i = 0; i < 300; i++)
        make(m, IPC_PRIVATE, (size_t)(i + 1) * 1000, 0600);
}

static void tells_what_the_kernel_tells(void **state) {
    struct made *m = needs_namespace(state);
    struct root *root = live_root();
    make_lot(m);
    const struct snapshot *snap = scan_probe(root, &probe_sysv);
    assert_int_equal(snap->segment_count, m->count);
    for (size_t i = 0; i < m->count; i++) {
        struct shmid_ds ds;
        const struct segment *s = seg_numbered(snap, (uint64_t)m->id[i]);
        assert_non_null(s);
        if (shmctl(m->id[i], SHM_STAT_ANY, &ds) < 0 && shmctl(m->id[i], IPC_STAT, &ds) < 0)
            continue; // mode 0: nobody but SHM_STAT_ANY by index may look
        assert_int_equal(number(s, SEG_CREATOR_PID), getpid());
        assert_int_equal(number(s, SEG_UID), geteuid());
        assert_int_equal(number(s, SEG_CREATOR_UID), geteuid());
        assert_int_equal(number(s, SEG_GID), getegid());
        assert_int_equal(number(s, SEG_IPC_NS), root_vantage(root)->ipc_ns);
    }
    const struct segment *dest = seg_numbered(snap, (uint64_t)m->id[3]);
    assert_int_equal(dest->flags, SEG_FLAG_DEST);
    assert_int_equal(number(dest, SEG_NATTCH), 1);
    assert_int_equal(number(dest, SEG_RESIDENT), sysconf(_SC_PAGESIZE));
    assert_int_equal(number(seg_numbered(snap, (uint64_t)m->id[1]), SEG_KEY), 0x5201);
    assert_int_equal(number(seg_numbered(snap, (uint64_t)m->id[2]), SEG_KEY), 0xbeefdead);
    assert_int_equal(number(seg_numbered(snap, (uint64_t)m->id[2]), SEG_MODE), 0);
    assert_int_equal(number(seg_numbered(snap, (uint64_t)m->id[4]), SEG_LAST_PID), getpid());
    snapshot_unref(snap);
    root_close(root);
}

static void slots_tell_the_same_as_the_file(void **state) {
    struct made *m = needs_namespace(state);
    struct root *root = live_root();
    make_lot(m);
    const struct snapshot *file = scan_probe(root, &probe_sysv);
    assert_int_equal(root_inject(root, ROOT_PROC, "sysvipc/shm", EACCES), 0);
    const struct snapshot *slots = scan_probe(root, &probe_sysv);
    assert_null(note_about(file, "sysv", ""));
    assert_int_equal(note_about(slots, "sysv", "/proc/sysvipc/shm")->why, WHY_DENIED);
    assert_int_equal(file->segment_count, slots->segment_count);
    for (size_t i = 0; i < file->segment_count; i++) {
        const struct segment *a = &file->segments[i], *b = &slots->segments[i];
        assert_true(seg_id_same(&a->id, &b->id));
        assert_int_equal(a->flags, b->flags);
        for (int f = 0; f < SEG_FIELD_COUNT; f++) {
            uint64_t x = 0, y = 0;
            enum why why_x = seg_get(a, (enum seg_field)f, &x);
            enum why why_y = seg_get(b, (enum seg_field)f, &y);
            if (f == SEG_RESIDENT || f == SEG_SWAPPED) {
                assert_int_equal(why_x, WHY_KNOWN);
                assert_int_equal(why_y, WHY_UNSUPPORTED);
                continue;
            }
            assert_int_equal(why_x, why_y);
            assert_int_equal(x, y);
        }
    }
    snapshot_unref(file);
    snapshot_unref(slots);
    root_close(root);
}

// One line of ipcs -m: "0x00005201 98310 root 660 5000 0 dest locked".
static bool parse_ipcs(const char *line, unsigned *key, unsigned long *id, unsigned *mode,
                       unsigned long long *bytes, unsigned long *nattch) {
    char *end;
    if (strncmp(line, "0x", 2) != 0)
        return false;
    *key = (unsigned)strtoul(line, &end, 16);
    *id = strtoul(end, &end, 10);
    end += strspn(end, " ");
    end += strcspn(end, " "); // the owner
    *mode = (unsigned)strtoul(end, &end, 8);
    *bytes = strtoull(end, &end, 10);
    const char *last = end;
    *nattch = strtoul(last, &end, 10);
    return end != last;
}

static void lists_what_ipcs_lists(void **state) {
    struct made *m = needs_namespace(state);
    struct root *root = live_root();
    make_lot(m);
    while (m->count < MOST) {
        int id = shmget(IPC_PRIVATE, 4096, 0600);
        if (id < 0) // shmmni of the namespace
            break;
        m->id[m->count++] = id;
    }
    const struct snapshot *snap = scan_probe(root, &probe_sysv);
    FILE *ipcs = popen("ipcs -m", "r");
    assert_non_null(ipcs);
    char line[512];
    size_t rows = 0;
    while (fgets(line, sizeof(line), ipcs) != NULL) {
        unsigned key, mode;
        unsigned long id, nattch;
        unsigned long long bytes;
        if (!parse_ipcs(line, &key, &id, &mode, &bytes, &nattch))
            continue;
        const struct segment *s = seg_numbered(snap, id);
        assert_non_null(s);
        assert_int_equal(number(s, SEG_KEY), key);
        assert_int_equal(number(s, SEG_MODE), mode);
        assert_int_equal(number(s, SEG_SIZE), bytes);
        assert_int_equal(number(s, SEG_NATTCH), nattch);
        assert_int_equal((s->flags & SEG_FLAG_DEST) != 0, strstr(line, " dest") != NULL);
        rows++;
    }
    assert_int_equal(pclose(ipcs), 0);
    assert_int_equal(rows, m->count);
    assert_int_equal(snap->segment_count, m->count);
    assert_true(m->count > 4000);
    snapshot_unref(snap);
    root_close(root);
}

static void looking_moves_nothing(void **state) {
    struct made *m = needs_namespace(state);
    struct root *root = live_root();
    struct shmid_ds before, after;
    make_lot(m);
    assert_int_equal(shmctl(m->id[4], IPC_STAT, &before), 0);
    for (int i = 0; i < 3; i++)
        snapshot_unref(scan_probe(root, &probe_sysv));
    assert_int_equal(shmctl(m->id[4], IPC_STAT, &after), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    root_close(root);
}

static void a_new_segment_under_an_old_id_is_another(void **state) {
    struct made *m = needs_namespace(state);
    struct root *root = live_root();
    int id = make(m, IPC_PRIVATE, 4096, 0600);
    const struct snapshot *old = scan_probe(root, &probe_sysv);
    shmctl(id, IPC_RMID, NULL);
    m->count = 0;
    FILE *next = fopen("/proc/sys/kernel/shm_next_id", "we");
    bool settable = next != NULL && fprintf(next, "%d", id) > 0;
    settable = next != NULL && fclose(next) == 0 && settable;
    int again = make(m, IPC_PRIVATE, 8192, 0600);
    if (!settable || again != id) {
        snapshot_unref(old);
        root_close(root);
        print_message("skipped: shm_next_id cannot be set here\n");
        skip();
    }
    const struct snapshot *new = scan_probe(root, &probe_sysv);
    assert_int_equal(old->segments[0].id.num, new->segments[0].id.num);
    assert_false(seg_id_same(&old->segments[0].id, &new->segments[0].id));
    snapshot_unref(old);
    snapshot_unref(new);
    root_close(root);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(tells_what_the_kernel_tells),
        T(slots_tell_the_same_as_the_file),
        T(lists_what_ipcs_lists),
        T(looking_moves_nothing),
        T(a_new_segment_under_an_old_id_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
