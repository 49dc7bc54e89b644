// builder.c - gathers what the probes find, with an index over places and pids.
#include "core/builder_parts.h"

#include <string.h>

#include "core/origin.h"

// Positions are 32 bits wide.
enum { MOST_ITEMS = INT32_MAX, LONGEST_OBJECT = 4096 };

int builder_new(struct builder **out) {
    struct builder *b = calloc(1, sizeof *b);

    if (!b)
        return -ENOMEM;
    *out = b;
    return 0;
}

int builder_expect(struct builder *b, size_t segments) {
    if (segments > MOST_ITEMS)
        segments = MOST_ITEMS;
    int err = vec_reserve(&b->segments, segments);
    return err < 0 ? err : hash_index_expect(&b->by_place, segments);
}

void builder_free(struct builder *b) {
    if (!b)
        return;
    arena_done(&b->arena);
    vec_done(&b->segments);
    hash_index_done(&b->by_place);
    vec_done(&b->processes);
    hash_index_done(&b->by_pid);
    vec_done(&b->holds);
    vec_done(&b->mappings);
    vec_done(&b->grips);
    vec_done(&b->names);
    vec_done(&b->users);
    vec_done(&b->notes);
    vec_done(&b->tmpfs);
    vec_done(&b->aside);
    vec_done(&b->walked);
    vec_done(&b->realms);
    origins_unref(b->origins);
    free(b);
}

void builder_set_rules(struct builder *b, const struct origins *origins, uint64_t age_floor_ns) {
    const struct origins *old = b->origins;
    b->origins = origins_ref(origins);
    origins_unref(old);
    b->age_floor_ns = u64v_of(age_floor_ns);
}

const struct origins *builder_origins(const struct builder *b) {
    return b->origins;
}

void builder_set_late(struct builder *b, int (*tell)(void *arg, struct late *late), void *arg) {
    b->tell_late = tell;
    b->late_arg = arg;
}

strv builder_str(struct builder *b, const char *bytes, size_t len) {
    char *copy = len <= UINT32_MAX ? arena_dup(&b->arena, bytes, len) : NULL;

    if (!copy) {
        b->out_of_memory = true;
        return strv_missing(WHY_FAILED);
    }
    return strv_of(copy, len);
}

// ---- segments

static uint32_t place_hash(enum seg_kind kind, uint64_t ns, uint64_t dev, uint64_t num) {
    uint64_t realm = kind == SEG_SYSV ? ns : dev;

    return (uint32_t)(hash_mix(num + hash_mix(realm + hash_mix((uint64_t)kind + 1))) >> 32);
}

static bool is_at(const struct seg_id *id, enum seg_kind kind, uint64_t ns, uint64_t dev,
                  uint64_t num) {
    return id->kind == kind && id->num == num && (kind == SEG_SYSV ? id->ns == ns : id->dev == dev);
}

bool builder_place(const struct builder *b, enum seg_kind kind, uint64_t ns, uint64_t dev,
                   uint64_t num, uint32_t *position) {
    uint32_t hash = place_hash(kind, ns, dev, num), i;
    size_t at = hash;

    while (hash_index_next(&b->by_place, hash, &at, &i)) {
        if (is_at(&b->segments.items[i].id, kind, ns, dev, num)) {
            *position = i;
            return true;
        }
    }
    return false;
}

int builder_add_segment(struct builder *b, const struct segment *seg) {
    const struct seg_id *id = &seg->id;
    uint32_t there;

    if (builder_place(b, id->kind, id->ns, id->dev, id->num, &there))
        return -EEXIST;
    if (b->segments.count >= MOST_ITEMS || vec_reserve(&b->segments, b->segments.count + 1) < 0)
        return -ENOMEM;
    uint32_t position = (uint32_t)b->segments.count;
    int rc = hash_index_add(&b->by_place, place_hash(id->kind, id->ns, id->dev, id->num), position);
    if (rc < 0)
        return rc;
    struct segment *added = &b->segments.items[b->segments.count++];
    *added = *seg;
    added->first_name = added->name_count = 0;
    added->first_holding = added->holding_count = 0;
    added->creator_state = added->last_state = PID_UNKNOWN;
    return 0;
}

int builder_index_again(struct builder *b) {
    int err = 0;

    hash_index_done(&b->by_place);
    for (size_t i = 0; i < b->segments.count && err == 0; i++) {
        const struct seg_id *id = &b->segments.items[i].id;
        err = hash_index_add(&b->by_place, place_hash(id->kind, id->ns, id->dev, id->num),
                             (uint32_t)i);
    }
    return err;
}

void builder_leave_out_foreign(struct builder *b) {
    b->leaves_out_foreign = true;
}

struct segment *builder_find_segment(struct builder *b, enum seg_kind kind, uint64_t ns,
                                     uint64_t dev, uint64_t num) {
    uint32_t i;

    return builder_place(b, kind, ns, dev, num, &i) ? &b->segments.items[i] : NULL;
}

size_t builder_segment_count(const struct builder *b) {
    return b->segments.count;
}

struct segment *builder_segment(struct builder *b, size_t index) {
    return index < b->segments.count ? &b->segments.items[index] : NULL;
}

int builder_add_name(struct builder *b, const struct segment *seg, strv name) {
    struct extra_name extra = {.name = name};

    if (!builder_place(b, seg->id.kind, seg->id.ns, seg->id.dev, seg->id.num, &extra.segment))
        return -ENOENT;
    if (b->names.count >= MOST_ITEMS)
        return -ENOMEM;
    return vec_push(&b->names, extra);
}

// ---- processes and what they hold

static uint32_t pid_hash(pid_t pid) {
    return (uint32_t)(hash_mix((uint64_t)pid) >> 32);
}

bool builder_find_process(struct builder *b, pid_t pid, uint32_t *index) {
    uint32_t hash = pid_hash(pid), i;
    size_t at = hash;

    while (hash_index_next(&b->by_pid, hash, &at, &i)) {
        if (b->processes.items[i].id.pid == pid) {
            *index = i;
            return true;
        }
    }
    return false;
}

int builder_add_process(struct builder *b, const struct process *proc, uint32_t *index) {
    size_t n = b->processes.count;

    if (builder_find_process(b, proc->id.pid, index))
        return 0;
    if (n >= MOST_ITEMS || vec_reserve(&b->processes, n + 1) < 0 ||
        vec_reserve(&b->holds, n + 1) < 0 ||
        hash_index_add(&b->by_pid, pid_hash(proc->id.pid), (uint32_t)n) < 0)
        return -ENOMEM;
    struct process *added = &b->processes.items[b->processes.count++];
    *added = *proc;
    added->first_held = added->held_count = 0;
    b->holds.items[b->holds.count++] = 0;
    *index = (uint32_t)n;
    return 0;
}

struct process *builder_process(struct builder *b, uint32_t index) {
    return index < b->processes.count ? &b->processes.items[index] : NULL;
}

size_t builder_process_count(const struct builder *b) {
    return b->processes.count;
}

bool builder_is_holder(const struct builder *b, uint32_t process) {
    return process < b->holds.count && b->holds.items[process] != 0;
}

int builder_add_mapping(struct builder *b, const struct mapping *m) {
    if (m->process >= b->processes.count)
        return -EINVAL;
    if (b->mappings.count >= MOST_ITEMS || vec_push(&b->mappings, *m) < 0)
        return -ENOMEM;
    b->holds.items[m->process] = 1;
    return 0;
}

static int add_grip(struct builder *b, struct grip g) {
    if (g.process >= b->processes.count)
        return -EINVAL;
    if (b->grips.count >= MOST_ITEMS || vec_push(&b->grips, g) < 0)
        return -ENOMEM;
    b->holds.items[g.process] = 1;
    return 0;
}

int builder_add_fd(struct builder *b, uint32_t process, enum seg_kind kind, uint64_t ns,
                   uint64_t dev, uint64_t num, uint8_t access) {
    return add_grip(
        b,
        (struct grip){
            .process = process, .kind = kind, .ns = ns, .dev = dev, .num = num, .access = access});
}

int builder_add_lock(struct builder *b, uint32_t process, enum seg_kind kind, uint64_t dev,
                     uint64_t num) {
    return add_grip(
        b,
        (struct grip){.process = process, .kind = kind, .dev = dev, .num = num, .is_lock = true});
}

// ---- the rest

int builder_add_user(struct builder *b, uint32_t uid, strv name) {
    size_t low = 0, high = b->users.count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (b->users.items[mid].uid < uid)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < b->users.count && b->users.items[low].uid == uid)
        return 0;
    if (vec_reserve(&b->users, b->users.count + 1) < 0)
        return -ENOMEM;
    struct user *at = b->users.items + low;
    memmove(at + 1, at, (b->users.count - low) * sizeof *at);
    *at = (struct user){uid, name};
    b->users.count++;
    return 0;
}

int builder_add_tmpfs(struct builder *b, const struct tmpfs *fs) {
    size_t at = 0;

    while (at < b->tmpfs.count && b->tmpfs.items[at].dev < fs->dev)
        at++;
    if (at < b->tmpfs.count && b->tmpfs.items[at].dev == fs->dev) {
        b->tmpfs.items[at].walked |= fs->walked;
        return 0;
    }
    if (vec_reserve(&b->tmpfs, b->tmpfs.count + 1) < 0)
        return -ENOMEM;
    struct tmpfs *place = b->tmpfs.items + at;
    memmove(place + 1, place, (b->tmpfs.count - at) * sizeof *place);
    *place = *fs;
    b->tmpfs.count++;
    return 0;
}

int builder_put_aside(struct builder *b, uint64_t dev, const struct put_aside *aside) {
    for (size_t i = 0; i < b->aside.count; i++) {
        struct put_aside *sum = &b->aside.items[i].sum;
        if (b->aside.items[i].dev != dev)
            continue;
        sum->where = builder_str(b, "/dev/shm/.shmtop-*", strlen("/dev/shm/.shmtop-*"));
        sum->items += aside->items;
        sum->bytes += aside->bytes;
        sum->promised += aside->promised;
        return 0;
    }
    struct aside_of fresh = {dev, *aside};
    return vec_push(&b->aside, fresh);
}

int builder_tmpfs_walked(struct builder *b, uint64_t dev) {
    return vec_push(&b->walked, dev);
}

void builder_note_many(struct builder *b, const char *probe, const char *object, size_t object_len,
                       enum why why, int err, uint64_t count) {
    for (size_t i = 0; i < b->notes.count; i++) {
        struct note *n = &b->notes.items[i];
        if (n->why == why && n->err == err && strcmp(n->probe, probe) == 0) {
            n->count += count;
            return;
        }
    }
    if (object_len > LONGEST_OBJECT)
        object_len = LONGEST_OBJECT;
    struct note note = {.probe = probe, .why = why, .err = err, .count = count};
    char *copy = arena_dup(&b->arena, object, object_len);
    note.object = copy ? strv_of(copy, object_len) : strv_missing(WHY_FAILED);
    (void)vec_push(&b->notes, note); // a note lost for want of memory is no reason to stop
}

void builder_note(struct builder *b, const char *probe, const char *object, size_t object_len,
                  enum why why, int err) {
    builder_note_many(b, probe, object, object_len, why, err, 1);
}

void builder_set_limit(struct builder *b, enum limit limit, u64v value) {
    b->limits[limit] = value;
}

u64v builder_limit(const struct builder *b, enum limit limit) {
    return b->limits[limit];
}

struct coverage *builder_coverage(struct builder *b) {
    return &b->coverage;
}

struct vantage *builder_vantage(struct builder *b) {
    return &b->vantage;
}
