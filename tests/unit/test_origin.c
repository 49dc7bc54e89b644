// test_origin.c - which software a segment is recognised as, and what its name tells.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/origin.h"

#define NOON UINT64_C(1795348800000000000)

static const struct snapshot *freeze(struct builder *b) {
    const struct snapshot *snap;
    assert_int_equal(builder_freeze(b, 1, 0, NOON, &snap), 0);
    return snap;
}

static struct segment named(struct builder *b, enum seg_kind kind, const char *name) {
    struct segment s = {.id = {.kind = kind, .dev = 26, .num = 7}};
    s.name = builder_str(b, name, strlen(name));
    return s;
}

// The row that a name below /dev/shm is recognised by.
static const struct origin *find(const struct origins *o, enum seg_kind kind, const char *name,
                                 struct origin_match *m) {
    struct builder *b;
    char path[300];
    assert_int_equal(builder_new(&b), 0);
    snprintf(path, sizeof path, "%s%s", kind == SEG_POSIX ? "/" : "", name);
    struct segment s = named(b, kind, path);
    assert_int_equal(builder_add_segment(b, &s), 0);
    const struct snapshot *snap = freeze(b);
    origins_find(o, snap, snap->segments, m);
    snapshot_unref(snap);
    return origins_row(o, m->number);
}

struct sample {
    const char *name, *software; // NULL: recognised by nothing
    unsigned pids[3];
    const char *stem; // NULL: no group
};

static const struct sample samples[] = {
    {.name = "psm_0a1b2c3d", .software = "Python multiprocessing"},
    {.name = "psm_0a1b2c3", .software = NULL},
    {.name = "psm_0a1b2c3d4", .software = NULL},
    {.name = "psm_0a1b2c3g", .software = NULL},
    {.name = "xpsm_0a1b2c3d", .software = NULL},
    {.name = "dir/psm_0a1b2c3d", .software = NULL},
    {.name = "sem.mp-_k2xq7ab", .software = "Python multiprocessing semaphore"},
    {.name = "sem.mp-", .software = NULL},
    {.name = "sem.loky-4711-ab12", .software = "joblib (loky)", .pids = {4711}},
    {.name = "sem.loky-0-ab12", .software = NULL},
    {.name = "sem.loky-04711-ab12", .software = NULL},
    {.name = "sem.loky-4194305-ab12", .software = NULL}, // no pid is greater than 2^22
    {.name = "sem.loky-4194304-ab12", .software = "joblib (loky)", .pids = {4194304}},
    {.name = "joblib_memmapping_folder_77_ab_cd/0-1.pkl",
     .software = "joblib",
     .pids = {77},
     .stem = "joblib_memmapping_folder_77_ab_cd"},
    {.name = "joblib_memmapping_folder_77_ab_cd", .software = NULL},
    {.name = "torch_123_4", .software = "PyTorch", .pids = {123}},
    {.name = "torch_123_987654321_4", .software = "PyTorch", .pids = {123}},
    {.name = "torch_123", .software = NULL},
    {.name = "torch_abc_4", .software = NULL},
    {.name = "torch_99999999999_4", .software = NULL},
    {.name = "sgl_shm_vision_5_12_00ff00ff", .software = "SGLang", .pids = {12}},
    {.name = "sgl_shm_vision_12_00ff00f", .software = NULL},
    {.name = "multi_tokenizer_args_31", .software = "SGLang", .pids = {31}},
    {.name = "multi_tokenizer_args_", .software = NULL},
    {.name = "vllm_offload_0f0e.mmap", .software = "vLLM"},
    {.name = "vllm_offload_0f0e.mmapx", .software = NULL},
    {.name = "triton_python_backend_shm_region_3", .software = "Triton Python backend"},
    {.name = "nccl-Ab3_z9", .software = "NCCL"},
    {.name = "nccl-Ab3z9", .software = NULL},
    {.name = "cuda.shm.3e8.5a1.1", .software = "CUDA"},
    {.name = "cuda.shm.3e8.5a1", .software = NULL},
    {.name = "sm_segment.db-01.example.1000.7f3a0001.3", .software = "Open MPI"},
    {.name = "sm_segment.1000.7f3a0001.3", .software = NULL},
    {.name = "vader_segment.node.1000.7f3a0001.3", .software = "Open MPI"},
    {.name = "open_mpi.0004", .software = "Open MPI"},
    {.name = "mpich_shar_tmpAbCdEf", .software = "MPICH"},
    {.name = "mpich_shar_tmpAbCdE", .software = NULL},
    {.name = "psm3_shm.1000.10001.2", .software = "libfabric psm3"},
    {.name = "812:1000:0:0", .software = "libfabric shm", .pids = {812}},
    {.name = "812:1000:0:0:77", .software = "libfabric shm", .pids = {812}},
    {.name = "812:1000:0", .software = NULL},
    {.name = "ucx_shm_posix_7f00aa", .software = "UCX"},
    {.name = "fastdds_0123456789abcdef",
     .software = "Fast DDS",
     .stem = "fastdds_0123456789abcdef"},
    {.name = "fastdds_0123456789abcdef_el",
     .software = "Fast DDS",
     .stem = "fastdds_0123456789abcdef"},
    {.name = "fastrtps_0123456789abcdef_sl",
     .software = "Fast DDS",
     .stem = "fastrtps_0123456789abcdef"},
    {.name = "fastdds_0123456789abcde", .software = NULL},
    {.name = "fastdds_0123456789abcdef_xl", .software = NULL},
    {.name = "fastdds_port7411", .software = "Fast DDS", .stem = "fastdds_port7411"},
    {.name = "fastrtps_port7411_el", .software = "Fast DDS", .stem = "fastrtps_port7411"},
    {.name = "sem.fastrtps_port7411_mutex", .software = "Fast DDS", .stem = "fastrtps_port7411"},
    {.name = "sem.fastrtps_port7411", .software = NULL},
    {.name = "fast_datasharing_01.0f_0", .software = "Fast DDS data sharing"},
    {.name = "iox1_0_i_roudi", .software = "iceoryx"},
    {.name = "iox1_0_x_roudi", .software = NULL},
    {.name = "iox2_abc", .software = "iceoryx2"},
    {.name = "1234567.zenoh", .software = "Zenoh"},
    {.name = "1234567x.zenoh", .software = NULL},
    {.name = "qb-81-4711-32-AbCd12/qb-request-cmap-header",
     .software = "libqb",
     .pids = {81, 4711},
     .stem = "qb-81-4711-32-AbCd12"},
    {.name = "qb-81-4711-32-AbCd1/x", .software = NULL},
    {.name = "fmq_ab12cd34_mng", .software = "FairMQ"},
    {.name = "fmq_ab12cd34_m_0", .software = "FairMQ"},
    {.name = "fmq_ab12cd34_x", .software = NULL},
    {.name = "aeron-app/cnc.dat", .software = "Aeron", .stem = "aeron-app"},
    {.name = "horus_1/topics/a", .software = "HORUS", .stem = "horus_1"},
    {.name = "lttng-ust-wait-11", .software = "LTTng"},
    {.name = "lttng-ust-wait-11-1000", .software = "LTTng"},
    {.name = "lttng-ust-wait-", .software = NULL},
    {.name = "jack-shm-registry", .software = "JACK"},
    {.name = "jack-1000-3", .software = "JACK"},
    {.name = "jack-1000", .software = NULL},
    {.name = "pulse-shm-3141592653", .software = "PulseAudio"},
    {.name = "pulse-shm-x", .software = NULL},
    {.name = "wine-1a2b3c-esync", .software = "Wine"},
    {.name = "wine-1a2b3c-fsync", .software = NULL}, // not seen anywhere yet
    {.name = "org.mozilla.ipc.4321.7", .software = "Firefox", .pids = {4321}},
    {.name = "snap.firefox.org.mozilla.ipc.4321.7", .software = "Firefox", .pids = {4321}},
    {.name = "wayland.mozilla.ipc.7", .software = "Firefox"},
    {.name = ".org.chromium.Chromium.AbCd12", .software = "Chromium"},
    {.name = "org.chromium.Chromium.AbCd12", .software = NULL},
    {.name = ".com.google.Chrome.AbCd12", .software = "Chrome"},
    {.name = "u1000-ValveIPCSharedObj-Steam", .software = "Steam"},
    {.name = "u1000-Shm_5e55a9", .software = "Steam"},
    {.name = "qipc_sharedmemory_App0123456789abcdef0123456789abcdef01234567",
     .software = "Qt QSharedMemory"},
    {.name = "qipc_sharedmemory_0123456789abcdef0123456789abcdef01234567",
     .software = "Qt QSharedMemory"},
    {.name = "qipc_sharedmemory_App0123456789abcdef", .software = NULL},
    {.name = "qipc_systemsem_App0123456789abcdef0123456789abcdef01234567",
     .software = "Qt QSystemSemaphore"},
    {.name = "sem.qipc_systemsem_0123456789abcdef0123456789abcdef01234567",
     .software = "Qt QSystemSemaphore"},
    {.name = "afl_1717_846930886", .software = "AFL++", .pids = {1717}},
    {.name = "afl_cmplog_1717_846930886", .software = "AFL++", .pids = {1717}},
    {.name = "afl_1717", .software = NULL},
    {.name = "mori_1a32_3", .software = "mori (R)", .pids = {0x1a32}},
    {.name = "mori_400000_fe", .software = "mori (R)", .pids = {4194304}},
    {.name = "mori_400001_fe", .software = NULL},
    {.name = "mori_0a32_3", .software = NULL},
    {.name = "mori_1A32_3", .software = NULL},
    {.name = "PostgreSQL.2716056124", .software = "PostgreSQL"},
    {.name = "PostgreSQL.", .software = NULL},
    {.name = "postgresql.12", .software = NULL},
    {.name = "other", .software = NULL},
};

static void assert_sample(const struct origins *o, const struct sample *want, unsigned *number) {
    struct origin_match m;
    const struct origin *row = find(o, SEG_POSIX, want->name, &m);
    *number = m.number;
    if (!want->software) {
        if (row)
            fail_msg("%s is taken for %s", want->name, row->software);
        return;
    }
    if (!row || strcmp(row->software, want->software) != 0)
        fail_msg("%s is taken for %s", want->name, row ? row->software : "nothing");
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(i < m.pid_count ? m.pids[i] : 0, want->pids[i]);
    assert_int_equal(m.stem_len, want->stem ? strlen(want->stem) : 0);
    if (want->stem) {
        char path[300];
        snprintf(path, sizeof path, "/%s", want->name);
        assert_memory_equal(path + m.stem_from, want->stem, m.stem_len);
    }
}

static void names_tell_their_software(void **state) {
    (void)state;
    struct origins *o;
    bool met[256] = {false};
    assert_int_equal(origins_builtin(&o), 0);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        unsigned number;
        assert_sample(o, &samples[i], &number);
        met[number] = true;
    }
    // Every row by name has its sample.
    for (unsigned i = 1; i <= origin_table_count; i++)
        if (origins_row(o, i)->pattern && !origins_row(o, i)->memfd && !met[i])
            fail_msg("no sample of %s", origins_row(o, i)->pattern);
    assert_null(origins_row(o, 0));
    assert_null(origins_row(o, (unsigned)origin_table_count + 1));
    origins_unref(o);
}

static void the_kind_must_fit_too(void **state) {
    (void)state;
    struct origins *o;
    struct origin_match m;
    assert_int_equal(origins_builtin(&o), 0);
    assert_non_null(find(o, SEG_MEMFD, "pulseaudio", &m));
    assert_null(find(o, SEG_POSIX, "pulseaudio", &m));
    assert_null(find(o, SEG_MEMFD, "psm_0a1b2c3d", &m));
    assert_null(find(o, SEG_TMPFS, "psm_0a1b2c3d", &m));
    origins_unref(o);
}

// ---- System V

struct sysv_case {
    uint32_t key, mode, uid;
    uint64_t size;
    const char *creator, *last; // comm of the process that lives; NULL: it is gone
    const char *software;       // NULL: recognised by nothing
};

static void add_process(struct builder *b, pid_t pid, const char *comm) {
    struct process p = {.id = {pid, 1}, .state = 'S', .scan = SCANNED};
    uint32_t index;
    if (!comm)
        return;
    p.comm = builder_str(b, comm, strlen(comm));
    assert_int_equal(builder_add_process(b, &p, &index), 0);
}

static void facts_of_system_v_tell_their_software(void **state) {
    (void)state;
    static const struct sysv_case cases[] = {
        {.key = 5432001, .mode = 0600, .size = 56, .creator = "postgres", .software = "PostgreSQL"},
        {.key = 5432001, .mode = 0600, .size = 56, .creator = "bash"},
        {.key = 5432001, .mode = 0666, .size = 56, .creator = "postgres"},
        {.key = 5432001, .mode = 0600, .size = 56},
        {.key = 7, .mode = 0640, .uid = 54321, .size = 1 << 30, .software = "Oracle"},
        {.key = 7, .mode = 0640, .uid = 54322, .size = 1 << 30},
        {.key = 0, .mode = 0640, .uid = 54321, .size = 1 << 30},
        {.key = 7, .mode = 0640, .uid = 54321, .size = 4096},
        {.key = 0, .mode = 0600, .size = 65536, .creator = "afl-fuzz", .software = "AFL++"},
        {.key = 9, .mode = 0600, .size = 65536, .creator = "afl-fuzz"},
        {.key = 0, .mode = 0777, .size = 65536, .last = "Xorg", .software = "X11 MIT-SHM"},
        {.key = 0, .mode = 0777, .size = 65536, .last = "Xvfb", .software = "X11 MIT-SHM"},
        {.key = 3, .mode = 0777, .size = 65536, .last = "Xorg"},
        {.key = 0, .mode = 0777, .size = 65536, .last = "Xorgy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct builder *b;
        assert_int_equal(builder_new(&b), 0);
        struct segment s = {.id = {.kind = SEG_SYSV, .ns = 1, .num = 2}};
        seg_set(&s, SEG_KEY, cases[i].key);
        seg_set(&s, SEG_MODE, cases[i].mode);
        seg_set(&s, SEG_SIZE, cases[i].size);
        seg_set(&s, SEG_UID, cases[i].uid);
        seg_set(&s, SEG_NATTCH, 0);
        seg_set(&s, SEG_CREATOR_PID, 10);
        seg_set(&s, SEG_LAST_PID, 11);
        builder_add_segment(b, &s);
        add_process(b, 10, cases[i].creator);
        add_process(b, 11, cases[i].last);
        add_process(b, 12, "bystander");
        builder_add_user(b, 54321, builder_str(b, "oracle", 6));
        builder_add_user(b, 54322, builder_str(b, "oracles", 7));
        const struct snapshot *snap = freeze(b);
        const struct origin *row = origin_of(snap, snap->segments);
        if ((row != NULL) != (cases[i].software != NULL) ||
            (row && strcmp(row->software, cases[i].software) != 0))
            fail_msg("case %zu is taken for %s", i, row ? row->software : "nothing");
        char because[200];
        assert_true(strlen(origin_because(snap, snap->segments, because, sizeof because)) > 0);
        snapshot_unref(snap);
    }
}

static int tell_marker(void *arg, struct late *late) {
    struct recalled item = {.segment = 0, .marker_pid = 41, .marker_origin = *(uint16_t *)arg};
    return late_recall(late, &item);
}

static void content_tells_software_and_owner(void **state) {
    (void)state;
    struct builder *b;
    struct origins *o;
    assert_int_equal(origins_builtin(&o), 0);
    assert_int_equal(builder_new(&b), 0);
    struct segment s = {.id = {.kind = SEG_SYSV, .ns = 1, .num = 2}};
    seg_set(&s, SEG_KEY, 5432001);
    seg_set(&s, SEG_MODE, 0600);
    seg_set(&s, SEG_SIZE, 56);
    builder_add_segment(b, &s);
    const struct snapshot *before = freeze(b);
    uint16_t row = (uint16_t)origins_marker_row(o, before, before->segments);
    assert_null(origin_of(before, before->segments));
    assert_string_equal(origins_row(o, row)->software, "PostgreSQL");
    snapshot_unref(before);

    assert_int_equal(builder_new(&b), 0);
    builder_add_segment(b, &s);
    builder_set_late(b, tell_marker, &row);
    const struct snapshot *snap = freeze(b);
    uint32_t pids[ORIGIN_PIDS + 1];
    bool from_content[ORIGIN_PIDS + 1];
    assert_string_equal(origin_of(snap, snap->segments)->software, "PostgreSQL");
    assert_int_equal(origin_owners(snap, snap->segments, pids, from_content), 1);
    assert_int_equal(pids[0], 41);
    assert_true(from_content[0]);
    snapshot_unref(snap);
    origins_unref(o);
}

// ---- rows of a user

static struct origins *parsed(const char *text) {
    struct origins *o = NULL;
    char why[200] = "";
    if (origins_parse(text, strlen(text), &o, why, sizeof why) != 0)
        fail_msg("%s", why);
    return o;
}

static void rows_of_a_user_come_first(void **state) {
    (void)state;
    struct origin_match m;
    struct origins *o = parsed("# our own\n"
                               "\n"
                               "pool_{pid}_*   Our pool ; while poold|pooler\r\n"
                               "/psm_{hex:8}\tNot Python ; keep\n"
                               "  ring\\[{n}\\]  Ring ; lock\n"
                               "[x-{any}]/**  X; lock-in-group");
    const struct origin *row = find(o, SEG_POSIX, "pool_41_a", &m);
    assert_string_equal(row->software, "Our pool");
    assert_string_equal(row->programs, "poold|pooler");
    assert_int_equal(row->keep, ORIGIN_KEEP_WHILE);
    assert_int_equal(m.pids[0], 41);
    row = find(o, SEG_POSIX, "psm_00112233", &m);
    assert_string_equal(row->software, "Not Python");
    assert_int_equal(row->keep, ORIGIN_KEEP);
    row = find(o, SEG_POSIX, "ring[7]", &m);
    assert_string_equal(row->software, "Ring");
    assert_int_equal(row->lock, ORIGIN_LOCK_SELF);
    row = find(o, SEG_POSIX, "x-1/a/b", &m);
    assert_int_equal(row->lock, ORIGIN_LOCK_GROUP);
    assert_int_equal(m.stem_len, 3);
    assert_string_equal(find(o, SEG_POSIX, "torch_1_2", &m)->software, "PyTorch");
    origins_unref(o);
}

static void wrong_rows_are_named_by_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"x", "line 1: the name of the software is missing"},
        {"a A\n\nx ; keep", "line 3: the name of the software is missing"},
        {"x{pidd} A",
         "line 1: the fields are {pid} {hexpid} {uid} {n} {hex} {hex:N} {rand:N} and {any}"},
        {"x{hex:8 A",
         "line 1: the fields are {pid} {hexpid} {uid} {n} {hex} {hex:N} {rand:N} and {any}"},
        {"(a|b A", "line 1: a ( is not closed"},
        {"[a A", "line 1: a [ is not closed"},
        {"a] A", "line 1: a ] closes nothing"},
        {"[a][b] A", "line 1: there is more than one ["},
        {"{pid}{pid}{pid}{pid} A", "line 1: there are more than three {pid}"},
        {"a\\ A", "line 1: a \\ stands at the end"},
        {"/ A", "line 1: the pattern is empty"},
        {"a A ; keeep", "line 1: keeep is none of keep, while, lock and lock-in-group"},
        {"a A ; while", "line 1: while needs the name of a program"},
        {"a A ; keep it", "line 1: keep stands alone"},
        {"a A ; \x1b[31m", "line 1: \\x1b[31m is none of keep, while, lock and lock-in-group"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct origins *o = (struct origins *)(uintptr_t)4711;
        char why[200] = "";
        assert_int_equal(origins_parse(cases[i].text, strlen(cases[i].text), &o, why, sizeof why),
                         -EINVAL);
        assert_string_equal(why, cases[i].why);
        assert_true((uintptr_t)o == 4711); // untouched
    }
    struct origins *o;
    char why[200];
    assert_int_equal(origins_parse("a\0b A", 5, &o, why, sizeof why), -EINVAL);
}

static void a_pattern_full_of_stars_gives_up(void **state) {
    (void)state;
    struct origin_match m;
    char name[4096];
    memset(name, 'a', sizeof name);
    assert_false(origin_pattern_matches("*a*a*a*a*a*a*a*a*b", name, sizeof name, &m));
    assert_true(origin_pattern_matches("*a*a*", name, sizeof name, &m));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_their_software),
        cmocka_unit_test(the_kind_must_fit_too),
        cmocka_unit_test(facts_of_system_v_tell_their_software),
        cmocka_unit_test(content_tells_software_and_owner),
        cmocka_unit_test(rows_of_a_user_come_first),
        cmocka_unit_test(wrong_rows_are_named_by_line),
        cmocka_unit_test(a_pattern_full_of_stars_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
