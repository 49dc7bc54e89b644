// scene_story.c - a training host whose /dev/shm is full of what a killed job left behind: the
// story that the moving picture of the README tells.
#include "support/scene_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_S UINT64_C(1795381457) // 2026-11-22 21:04:17 UTC
#define S UINT64_C(1000000000)
#define MIB (UINT64_C(1) << 20)
#define SHM_DEV UINT64_C(0x1a)

enum { IPC_NS = 4026531839, ML = 1001, TRAINER = 5120, WORKERS = 4, OTHERS = 340 };

static void must(bool ok) {
    if (!ok) {
        fputs("scene: out of memory\n", stderr);
        abort();
    }
}

static const struct made_object {
    const char *name;
    uint64_t ino, size, resident, age_s;
    bool left, used; // by the killed job; by the running one
} objects[] = {
    {"/torch_4711_1", 812, 3072 * MIB, 3072 * MIB, 11520, true, false},
    {"/torch_4711_2", 813, 3072 * MIB, 3072 * MIB, 11519, true, false},
    {"/torch_4711_3", 814, 3072 * MIB, 3072 * MIB, 11518, true, false},
    {"/torch_4711_4", 815, 3072 * MIB, 2750 * MIB, 11510, true, false},
    {"/psm_8d1f0c3a", 920, 2048 * MIB, 2048 * MIB, 840, false, true},
    {"/torch_5120_0", 921, 1536 * MIB, 1536 * MIB, 835, false, true},
    {"/nccl-Vb3Q0x", 922, 32 * MIB, 32 * MIB, 830, false, true},
    {"/sem.mp-k2xw9q1a", 923, 32, 4096, 838, false, true},
};
enum { OBJECTS = sizeof objects / sizeof objects[0] };

static void add_object(struct builder *b, const struct made_object *o) {
    struct segment s = {.id = {.kind = SEG_POSIX, .dev = SHM_DEV, .num = o->ino}};
    uint64_t then = (NOW_S - o->age_s) * S;
    seg_set(&s, SEG_SIZE, o->size);
    seg_set(&s, SEG_RESIDENT, o->resident);
    seg_set(&s, SEG_SWAPPED, 0);
    seg_set(&s, SEG_MODE, 0600);
    seg_set(&s, SEG_UID, ML);
    seg_set(&s, SEG_GID, ML);
    seg_set(&s, SEG_CHANGE_TIME, then);
    seg_set(&s, SEG_BIRTH_TIME, then);
    seg_set(&s, SEG_LINKS, 1);
    s.name = builder_str(b, o->name, strlen(o->name));
    must(builder_add_segment(b, &s) == 0);
}

static uint32_t add_process(struct builder *b, pid_t pid, uint32_t uid, const char *cmdline) {
    struct process p = {.id = {pid, 1000}, .state = 'S', .scan = SCANNED, .fd_scan = SCANNED};
    uint32_t index = 0;
    p.start_time = (NOW_S - 900) * S;
    p.uid = u64v_of(uid);
    p.comm = builder_str(b, "python3", 7);
    p.cmdline = builder_str(b, cmdline, strlen(cmdline));
    must(builder_add_process(b, &p, &index) == 0);
    return index;
}

static void map_all(struct builder *b, uint32_t process) {
    for (size_t i = 0; i < OBJECTS; i++) {
        if (!objects[i].used)
            continue;
        struct mapping m = {.process = process,
                            .kind = SEG_POSIX,
                            .access = ACCESS_R | ACCESS_W,
                            .dev = SHM_DEV,
                            .ino = objects[i].ino,
                            .start = UINT64_C(0x7f2000000000) + UINT64_C(0x100000000) * i};
        m.end = m.start + objects[i].size;
        must(builder_add_mapping(b, &m) == 0);
    }
}

static void add_processes(struct builder *b) {
    map_all(b, add_process(b, TRAINER, ML, "python3 train.py --resume last"));
    for (int i = 0; i < WORKERS; i++)
        map_all(b, add_process(b, TRAINER + 11 + i, ML, "python3 train.py (loader)"));
    for (pid_t pid = 0; pid < OTHERS; pid++) {
        struct process p = {
            .id = {20000 + pid, 1}, .state = 'S', .scan = SCANNED, .fd_scan = SCANNED};
        uint32_t index;
        must(builder_add_process(b, &p, &index) == 0);
    }
}

static void describe(struct builder *b, uint64_t used) {
    struct vantage *v = builder_vantage(b);
    *v = (struct vantage){.ipc_ns = IPC_NS, .devshm_dev = SHM_DEV, .page_size = 4096};
    snprintf(v->host, sizeof v->host, "gpu-07");
    builder_add_user(b, 0, builder_str(b, "root", 4));
    builder_add_user(b, ML, builder_str(b, "ml", 2));
    const struct {
        enum limit limit;
        uint64_t value;
    } limits[] = {
        {LIMIT_SHMMNI, 4096},
        {LIMIT_SHMMNI_USED, 0},
        {LIMIT_SHMALL_PAGES_USED, 0},
        {LIMIT_DEVSHM_SIZE, 16384 * MIB},
        {LIMIT_DEVSHM_USED, used},
        {LIMIT_MEMINFO_SHMEM, used + 212 * MIB},
        {LIMIT_MEMINFO_TOTAL, 64000 * MIB},
        {LIMIT_UPTIME_NS, (UINT64_C(21) * 86400 + UINT64_C(3) * 3600) * S},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        builder_set_limit(b, limits[i].limit, u64v_of(limits[i].value));
    builder_set_limit(b, LIMIT_SHMMAX, u64v_missing(WHY_NONE));
    builder_set_limit(b, LIMIT_SHMALL_PAGES, u64v_missing(WHY_NONE));
    struct coverage *c = builder_coverage(b);
    c->complete = c->private_maps = c->descriptors = c->locks = true;
}

static int everybody_is_seen(void *arg, struct late *late) {
    (void)arg;
    late_inner_pids_known(late);
    return 0;
}

static const struct snapshot *picture(bool with_left, uint64_t generation, uint64_t *used) {
    struct builder *b = NULL;
    const struct snapshot *snap = NULL;
    must(builder_new(&b) == 0);
    *used = 0;
    for (size_t i = 0; i < OBJECTS; i++)
        *used += objects[i].resident;
    describe(b, *used); // what is in quarantine is in memory still
    for (size_t i = 0; i < OBJECTS; i++)
        if (with_left || !objects[i].left)
            add_object(b, &objects[i]);
    add_processes(b);
    builder_set_late(b, everybody_is_seen, NULL);
    must(builder_freeze(b, generation, (100 + generation) * S, (NOW_S + generation) * S, &snap) ==
         0);
    return snap;
}

void scene_story_make(struct scene *s, struct stage_turn *turn) {
    uint64_t used = 0;
    memset(s, 0, sizeof *s);
    s->snap = picture(true, 1, &used);
    turn->after = picture(false, 2, &used);
    turn->before = picture(true, 3, &used);
    s->frame = (struct view_frame){.snap = s->snap, .now_ns = NOW_S * S, .mono_ns = 100 * S};
    must(hexwin_init(&s->win) == 0);
    uint8_t bytes[1024];
    for (size_t i = 0; i < sizeof bytes / sizeof(float); i++) {
        float weight = ((float)(i * 37 % 101) - 50.0f) / 64.0f;
        memcpy(bytes + i * sizeof weight, &weight, sizeof weight);
    }
    must(hexwin_update(&s->win, 0, bytes, NULL, sizeof bytes, 90 * S) == 0);
}

void scene_story_free(struct scene *s, struct stage_turn *turn) {
    scene_free(s);
    snapshot_unref(turn->after);
    snapshot_unref(turn->before);
}
