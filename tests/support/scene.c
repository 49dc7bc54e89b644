// scene.c - a made-up machine for tests of the screens.
#include "support/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_S UINT64_C(1795381457) // 2026-11-22 21:04:17 UTC
#define S UINT64_C(1000000000)
#define MIB (UINT64_C(1) << 20)

enum { IPC_NS = 4026531839, PROCS = 2013, DENIED = 14 };
#define SHM_DEV UINT64_C(0x1a) // 0:26

static void must(bool ok) {
    if (!ok) {
        fputs("scene: out of memory\n", stderr);
        abort();
    }
}

static struct builder *start(void) {
    struct builder *b = NULL;
    must(builder_new(&b) == 0);
    struct vantage *v = builder_vantage(b);
    *v = (struct vantage){.ipc_ns = IPC_NS, .devshm_dev = SHM_DEV, .page_size = 4096};
    snprintf(v->host, sizeof(v->host), "db-01");
    static const struct {
        uint32_t uid;
        const char *name;
    } users[] = {{0, "root"}, {999, "postgres"}, {1000, "dana"}, {1001, "app"}};
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
        builder_add_user(b, users[i].uid, builder_str(b, users[i].name, strlen(users[i].name)));
    static const struct {
        enum limit limit;
        uint64_t value;
    } limits[] = {
        {LIMIT_SHMMNI, 4096},
        {LIMIT_SHMMNI_USED, 37},
        {LIMIT_SHMALL_PAGES_USED, 182272},
        {LIMIT_DEVSHM_SIZE, UINT64_C(12562989056)},
        {LIMIT_DEVSHM_USED, UINT64_C(1288490188)},
        {LIMIT_MEMINFO_SHMEM, UINT64_C(2040109465)},
        {LIMIT_MEMINFO_TOTAL, UINT64_C(25232932864)},
        {LIMIT_UPTIME_NS, (UINT64_C(3) * 86400 + UINT64_C(4) * 3600) * S},
    };
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        builder_set_limit(b, limits[i].limit, u64v_of(limits[i].value));
    builder_set_limit(b, LIMIT_SHMMAX, u64v_missing(WHY_NONE));
    builder_set_limit(b, LIMIT_SHMALL_PAGES, u64v_missing(WHY_NONE));
    return b;
}

// ---- what stands in the table

struct made {
    enum seg_kind kind;
    uint64_t num, key, size, resident, swapped;
    const char *name;
    uint32_t uid, mode, nattch, flags, cpid, lpid;
    uint64_t age_s; // since the last change
};
static const struct made made[] = {
    {SEG_POSIX, 90211, 0, 512 * MIB, 488 * MIB, 0, "/pg_dynshmem.8812", 999, 0600, 0, 0, 0, 0,
     273600},
    {SEG_SYSV, 32769, 0x0052e2c1, 256 * MIB, 256 * MIB, 0, NULL, 999, 0600, 9, 0, 8812, 8814,
     273600},
    {SEG_SYSV, 98310, 0, 200 * MIB, 200 * MIB, 0, NULL, 1001, 0660, 0, 0, 7710, 7712, 31800},
    {SEG_SYSV, 98311, 0x4d0a11f0, 200 * MIB, 0, 200 * MIB, NULL, 1001, 0660, 0, 0, 7710, 7710,
     31740},
    {SEG_POSIX, 90377, 0, 64 * MIB, 12 * MIB + UINT64_C(102400), 0, "/chrome.shm.x1", 1000, 0600, 0,
     SEG_FLAG_UNLINKED, 0, 0, 720},
    {SEG_SYSV, 131080, 0x51010002, 32 * MIB, 8 * MIB, 0, NULL, 1001, 0660, 3, SEG_FLAG_DEST, 7801,
     7801, 740},
    {SEG_POSIX, 90120, 0, 4096, 4096, 0, "/sem.jobs", 1001, 0640, 0, SEG_FLAG_SEMAPHORE, 0, 0,
     172800},
    {SEG_POSIX, 90133, 0, 4096, 4096, 0, "/\u30c7\u30fc\u30bf-cache", 1000, 0600, 0, 0, 0, 0, 2},
    {SEG_POSIX, 90140, 0, 4096, 0, 0, "/old.buf", 1000, 0600, 0, 0, 0, 0, 62},
};
enum { MADE = sizeof(made) / sizeof(made[0]), ROW_NEW_AT = 7, ROW_GONE_AT = 8 };

static struct segment segment_of(struct builder *b, const struct made *m) {
    struct segment s = {.flags = m->flags};
    uint64_t then = (NOW_S - m->age_s) * S;
    bool sysv = m->kind == SEG_SYSV;
    s.id = (struct seg_id){
        .kind = m->kind, .ns = sysv ? IPC_NS : 0, .dev = sysv ? 0 : SHM_DEV, .num = m->num};
    seg_set(&s, SEG_SIZE, m->size);
    seg_set(&s, SEG_RESIDENT, m->resident);
    seg_set(&s, SEG_SWAPPED, m->swapped);
    seg_set(&s, SEG_MODE, m->mode);
    seg_set(&s, SEG_UID, m->uid);
    seg_set(&s, SEG_GID, m->uid);
    seg_set(&s, SEG_CHANGE_TIME, then);
    if (sysv) {
        seg_set(&s, SEG_KEY, m->key);
        seg_set(&s, SEG_NATTCH, m->nattch);
        seg_set(&s, SEG_CREATOR_PID, m->cpid);
        seg_set(&s, SEG_LAST_PID, m->lpid);
        seg_set(&s, SEG_ATTACH_TIME, then + S);
        seg_set(&s, SEG_DETACH_TIME, then + 600 * S);
        s.name = strv_missing(WHY_NONE);
    } else {
        seg_set(&s, SEG_BIRTH_TIME, then);
        seg_set(&s, SEG_LINKS, m->flags & SEG_FLAG_UNLINKED ? 0 : 1);
        if (m->flags & SEG_FLAG_SEMAPHORE)
            seg_set(&s, SEG_SEM_VALUE, 3);
        s.name = builder_str(b, m->name, strlen(m->name));
    }
    return s;
}

static uint32_t add_process(struct builder *b, pid_t pid, uint32_t uid, const char *comm,
                            const char *cmdline) {
    struct process p = {.id = {pid, 1000}, .state = 'S', .scan = SCANNED, .fd_scan = SCANNED};
    uint32_t index = 0;
    p.start_time = (NOW_S - 280000) * S;
    p.uid = u64v_of(uid);
    p.comm = builder_str(b, comm, strlen(comm));
    p.cmdline = builder_str(b, cmdline, strlen(cmdline));
    must(builder_add_process(b, &p, &index) == 0);
    return index;
}

static void map(struct builder *b, uint32_t process, size_t row, uint8_t access) {
    struct mapping m = {.process = process, .kind = made[row].kind, .access = access};
    m.ns = made[row].kind == SEG_SYSV ? IPC_NS : 0;
    m.dev = made[row].kind == SEG_SYSV ? 0 : SHM_DEV;
    m.ino = made[row].num;
    m.start = UINT64_C(0x7f2000000000) + UINT64_C(0x100000000) * row;
    m.end = m.start + made[row].size;
    must(builder_add_mapping(b, &m) == 0);
}

static void add_processes(struct builder *b) {
    static const struct {
        pid_t pid;
        const char *cmdline;
    } postgres[] = {
        {8812, "/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main"},
        {8814, "postgres: 15/main: checkpointer"},
        {8815, "postgres: 15/main: background writer"},
        {8817, "postgres: 15/main: walwriter"},
        {8818, "postgres: 15/main: autovacuum launcher"},
        {8819, "postgres: 15/main: logical replication launcher"},
        {9011, "postgres: 15/main: app shop 10.0.0.7(51822) idle"},
    };
    for (size_t i = 0; i < sizeof(postgres) / sizeof(postgres[0]); i++) {
        uint32_t p = add_process(b, postgres[i].pid, 999, "postgres", postgres[i].cmdline);
        map(b, p, 1, ACCESS_R | ACCESS_W);
        if (i < 3)
            map(b, p, 0, ACCESS_R | ACCESS_W);
    }
    uint32_t chrome = add_process(b, 9120, 1000, "chrome", "chrome --type=renderer");
    map(b, chrome, 4, ACCESS_R | ACCESS_W);
    map(b, chrome, 7, ACCESS_R);
    uint32_t worker = add_process(b, 7801, 1001, "worker", "worker --id 3");
    map(b, worker, 5, ACCESS_R);
    map(b, worker, 5, ACCESS_R | ACCESS_W);
    builder_add_fd(b, worker, SEG_POSIX, 0, SHM_DEV, 90120, ACCESS_R | ACCESS_W);
    for (uint32_t i = (uint32_t)builder_process_count(b); i < PROCS; i++) {
        struct process p = {.id = {(pid_t)(20000 + i), 1}, .state = 'S'};
        uint32_t index;
        p.scan = p.fd_scan = i < PROCS - DENIED ? SCANNED : SCAN_DENIED;
        must(builder_add_process(b, &p, &index) == 0);
    }
}

static const struct snapshot *freeze(struct builder *b, uint64_t generation) {
    const struct snapshot *snap = NULL;
    must(builder_freeze(b, generation, 100 * S, NOW_S * S, &snap) == 0);
    return snap;
}

static const struct snapshot *machine(bool with_gone, uint64_t generation) {
    struct builder *b = start();
    for (size_t i = 0; i < MADE; i++) {
        struct segment s = segment_of(b, &made[i]);
        if (i != ROW_GONE_AT || with_gone)
            must(builder_add_segment(b, &s) == 0);
    }
    add_processes(b);
    struct coverage *cov = builder_coverage(b);
    cov->descriptors = true;
    builder_note(b, "maps", "pid 41", 6, WHY_DENIED, 13);
    builder_note(b, "fds", "pid 41", 6, WHY_DENIED, 13);
    builder_note(b, "posix", "/dev/shm/\033[31mred\n", 17, WHY_DENIED, 13);
    return freeze(b, generation);
}

// ---- rows

static void add_row(struct scene *s, const struct snapshot *snap, const struct segment *seg) {
    struct row *r = &s->rows.items[s->rows.count++];
    *r = (struct row){.id = seg->id, .seg = seg, .snap = snap, .since_ns = 98 * S};
}

static const struct segment *segment_with(const struct snapshot *snap, const struct made *m) {
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        if (seg->id.kind == m->kind && seg->id.num == m->num)
            return seg;
    }
    return NULL;
}

static void fill_frame(struct scene *s) {
    s->frame = (struct view_frame){
        .snap = s->snap,
        .now_ns = NOW_S * S,
        .mono_ns = 100 * S,
        .interval_s = 1.0,
        .follow = true,
        .filter = "",
        .message = "",
        .shmem_history = s->shmem,
        .devshm_history = s->devshm,
        .history_count = SCENE_HISTORY,
    };
    for (uint64_t i = 0; i < SCENE_HISTORY; i++) {
        s->shmem[i] = UINT64_C(2040109465) - (SCENE_HISTORY - 1 - i) * 16 * MIB;
        s->devshm[i] = UINT64_C(1288490188) - (i < 12 ? 40 * MIB : 0) - (i < 6 ? 80 * MIB : 0);
    }
    s->rows.sort = COL_SIZE;
    s->rows.follow = true;
    s->rows.height = 10;
}

static void fill_bytes(struct scene *s) {
    uint8_t bytes[1024] = {0}, holes[1024] = {0};
    static const uint8_t head[16] = {0x7f, 'L',  'O', 'G', 2,    0,    0,    0,
                                     0x40, 0x1f, 0,   0,   0x5a, 0xa5, 0x5a, 0xa5};
    must(hexwin_init(&s->win) == 0);
    memcpy(bytes, head, sizeof(head));
    memcpy(bytes + 0x50, "hello shm", 9);
    memcpy(bytes + 0x60, "\x9a\x99\x99\x99\x99\x99\xf1\x3f....", 12);
    memcpy(bytes + 0x70, "\xe6\x97\xa5\xe6\x9c\xac", 6);
    bytes[0x40] = 1;
    bytes[0x48] = 0xc7;
    memset(holes + 0x200, 1, 0x100);
    for (size_t i = 0x300; i < 0x340; i++)
        bytes[i] = (uint8_t)(i * 7);
    must(hexwin_update(&s->win, 0, bytes, holes, sizeof(bytes), 90 * S) == 0);
    bytes[0x60] = 0x9b;
    must(hexwin_update(&s->win, 0, bytes, holes, sizeof(bytes), 97 * S + S / 2) == 0);
    bytes[0x54] = 'O';
    must(hexwin_update(&s->win, 0, bytes, holes, sizeof(bytes), 98 * S + S / 2) == 0);
    bytes[0x48] = 0xc8;
    bytes[0x49] = 0x1b;
    bytes[0x4a] = 2;
    must(hexwin_update(&s->win, 0, bytes, holes, sizeof(bytes), 99 * S + S / 2) == 0);
}

void scene_make(struct scene *s) {
    memset(s, 0, sizeof(*s));
    s->before = machine(true, 1);
    s->snap = machine(false, 2);
    s->rows.items = calloc(MADE, sizeof(*s->rows.items));
    must(s->rows.items != NULL);
    for (size_t i = 0; i < MADE; i++) {
        const struct snapshot *snap = i == ROW_GONE_AT ? s->before : s->snap;
        add_row(s, snap, segment_with(snap, &made[i]));
    }
    s->rows.items[ROW_NEW_AT].mark = ROW_NEW;
    s->rows.items[ROW_GONE_AT].mark = ROW_GONE;
    s->rows.items[1].tagged = s->rows.items[3].tagged = true;
    s->rows.tagged = 2;
    s->rows.tagged_bytes = 456 * MIB;
    fill_frame(s);
    fill_bytes(s);
}

static void add_name(struct builder *b, uint64_t num, const char *bytes, size_t len) {
    struct made m = {SEG_POSIX, num, 0, 4096, 4096, 0, "", 1000, 0600, 0, 0, 0, 0, 60};
    struct segment seg = segment_of(b, &m);
    seg.name = builder_str(b, bytes, len);
    must(builder_add_segment(b, &seg) == 0);
}

void scene_make_hostile(struct scene *s) {
    char name[256];
    memset(s, 0, sizeof(*s));
    struct builder *b = start();
    memset(name, 0x1b, sizeof(name));
    name[0] = '/';
    add_name(b, 1, name, 255);
    add_name(b, 2, "/\033[2J\033]0;owned\007", 15);
    add_name(b, 3, "/a\nb\tc\\d", 8);
    add_name(b, 4, "/\xff\xfe bad \xc3", 9);
    for (size_t i = 1; i + 3 <= 255; i += 3)
        for (size_t k = 0; k < 3; k++)
            name[i + k] = "\xe6\x97\xa5"[k]; // U+65E5, two cells
    add_name(b, 5, name, 253);
    add_name(b, 6, "/e\xcc\x81\xcc\x82\xcc\x83\xcc\x84o", 11); // e with four combining marks
    add_name(b, 7,
             "/\xe2\x80\xae"
             "gnp.exe",
             11); // right-to-left override
    memset(name + 1, 'x', 254);
    add_name(b, 8, name, 255);
    builder_note(b, "posix", "/dev/shm/\033]0;x\007", 14, WHY_MALFORMED, 0);
    s->snap = freeze(b, 1);
    s->rows.items = calloc(s->snap->segment_count, sizeof(*s->rows.items));
    must(s->rows.items != NULL);
    for (size_t i = 0; i < s->snap->segment_count; i++)
        add_row(s, s->snap, &s->snap->segments[i]);
    fill_frame(s);
    fill_bytes(s);
}

void scene_make_empty(struct scene *s) {
    memset(s, 0, sizeof(*s));
    s->snap = freeze(start(), 1);
    fill_frame(s);
    fill_bytes(s);
}

static struct event *happened(struct events *e, enum event_kind kind, uint64_t ago_s,
                              const char *label, uint64_t fold) {
    struct event *v = &e->items[e->count++];
    *v = (struct event){.kind = kind,
                        .wall_ns = (NOW_S - ago_s) * S,
                        .label = strdup(label),
                        .fold_key = fold,
                        .uid = u64v_of(1000)};
    must(v->label != NULL);
    snprintf(v->user, sizeof(v->user), "dana");
    return v;
}

// The same of a segment that is there.
static struct event *happened_to(const struct scene *s, struct events *e, enum event_kind kind,
                                 uint64_t ago_s, size_t row) {
    const struct made *m = &made[row];
    char key[16];
    snprintf(key, sizeof(key), "0x%08x", (unsigned)m->key);
    struct event *v = happened(e, kind, ago_s, m->name ? m->name : key, 100 + row);
    const struct segment *seg = segment_with(row == ROW_GONE_AT ? s->before : s->snap, m);
    must(seg != NULL);
    v->has_id = true;
    v->id = seg->id;
    v->size = u64v_of(m->size);
    return v;
}

struct events scene_events(const struct scene *s) {
    enum { BURST = 27 };
    struct events e = {.items = calloc(BURST + 8, sizeof(*e.items))};
    must(e.items != NULL);
    for (uint64_t i = 0; i < BURST; i++) {
        char name[32];
        snprintf(name, sizeof(name), "/chrome.shm.%u", (unsigned)i);
        struct event *v = happened(&e, EVENT_CREATED, 1867 - i / 10, name, 1);
        v->size = u64v_of(4096);
        v->pid = 9120;
        snprintf(v->comm, sizeof(v->comm), "chrome");
    }
    struct event *v = happened(&e, EVENT_LIMIT, 97, "/dev/shm", 2);
    v->user[0] = '\0';
    snprintf(v->detail, sizeof(v->detail), "10%% used, crossed the 10%% line");
    v = happened_to(s, &e, EVENT_RESIZED, 66, 0);
    snprintf(v->user, sizeof(v->user), "postgres");
    snprintf(v->detail, sizeof(v->detail), "384.0M -> 512.0M");
    v = happened_to(s, &e, EVENT_ATTACH, 19, 5);
    snprintf(v->user, sizeof(v->user), "app");
    v->pid = 7801;
    snprintf(v->comm, sizeof(v->comm), "worker");
    snprintf(v->detail, sizeof(v->detail), "now 2");
    v = happened_to(s, &e, EVENT_CREATED, 2, 7);
    v->pid = 9120;
    snprintf(v->comm, sizeof(v->comm), "chrome");
    v = happened_to(s, &e, EVENT_REMOVED, 1, ROW_GONE_AT);
    v->pid = 9120;
    snprintf(v->comm, sizeof(v->comm), "chrome");
    snprintf(v->detail, sizeof(v->detail), "lived 1m");
    return e;
}

void scene_free(struct scene *s) {
    free(s->rows.items);
    hexwin_done(&s->win);
    snapshot_unref(s->snap);
    snapshot_unref(s->before);
}

struct view_segments scene_view(struct scene *s, size_t selected) {
    s->rows.selected = selected;
    return (struct view_segments){
        .frame = &s->frame,
        .rows = &s->rows,
        .preview = {.win = &s->win,
                    .route = "pread /proc/8812/map_files: leaves no trace",
                    .problem = ""},
    };
}
