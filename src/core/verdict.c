// verdict.c - judges whether a segment is used, kept, young or left behind.
#include "core/verdict_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_words[VERDICT_COUNT] = {
#define X(id, word) word,
    VERDICT_LIST(X)
#undef X
};

const char *verdict_name(enum verdict_state state) {
    return (unsigned)state < VERDICT_COUNT ? state_words[state] : "unknown";
}

enum verdict_state verdict_by_name(const char *word) {
    int state = 0;
    while (state < VERDICT_COUNT && strcmp(state_words[state], word) != 0)
        state++;
    return (enum verdict_state)state;
}

const char *evidence_source_name(enum evidence_source source) {
    static const char *const words[] = {
#define X(id, word) word,
        EVIDENCE_SOURCE_LIST(X)
#undef X
    };
    return (size_t)source < sizeof words / sizeof *words ? words[source] : "";
}

// ---- use

bool verdict_is_used(const struct snapshot *snap, const struct segment *seg) {
    uint64_t nattch = 0;
    // A descriptor of a System V segment is that of an onlooker, maybe of another namespace's
    // segment with the same number.
    if (seg->id.kind == SEG_SYSV && seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN)
        return nattch > 0;
    if (seg->holding_count > 0 || seg->locked_unseen)
        return true;
    const struct recalled *recalled = snapshot_recalled(snap, seg);
    return recalled && recalled->sole == SOLE_SOMEBODY;
}

// Everything is looked for wherever we are let in, and nothing is out of sight altogether.
static bool looks_everywhere(const struct coverage *c) {
    return c->complete && c->private_maps && c->descriptors && c->locks;
}

bool verdict_sees_all(const struct coverage *c) {
    return looks_everywhere(c) && c->denied == 0;
}

// Whether the absence of holders is known.
static bool absence_is_known(const struct snapshot *snap, const struct segment *seg) {
    uint64_t nattch;
    if (seg->id.kind == SEG_SYSV)
        return seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN;
    if (verdict_sees_all(&snap->coverage))
        return true;
    // The kernel answers for the processes that could not be looked into.
    const struct recalled *recalled = snapshot_recalled(snap, seg);
    return looks_everywhere(&snap->coverage) && recalled && recalled->sole == SOLE_NOBODY;
}

// ---- owners

static bool is_alive(const struct process *p) {
    return p->state != 'Z' && p->state != 'X' && p->scan != SCAN_GONE;
}

// When the owner that a name or content tells was certainly alive; 0: not known.
static uint64_t owner_seen(const struct snapshot *snap, const struct segment *seg,
                           bool from_content) {
    uint64_t born = 0, changed = 0, uptime = 0;
    seg_get(seg, SEG_BIRTH_TIME, &born);
    if (from_content) // it may have been written anew
        seg_get(seg, SEG_CHANGE_TIME, &changed);
    // What is older than the machine was dated by a clock that has been set since: start times of
    // processes cannot be held against it.
    if (born == 0 || (u64v_get(snap->limits[LIMIT_UPTIME_NS], &uptime) == WHY_KNOWN &&
                      uptime < snap->wall_ns && born < snap->wall_ns - uptime))
        return 0;
    return changed > born ? changed : born;
}

static size_t first_inner(const struct snapshot *snap, uint32_t pid) {
    size_t low = 0, high = snap->inner_pid_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (snap->inner_pids[mid].pid < pid)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

// A pid is that of the owner's own namespace, so every process is asked that any namespace in
// sight knows by this pid.
static void find_owner(const struct snapshot *snap, uint64_t seen, struct owner *o) {
    const struct process *p = snapshot_process(snap, (pid_t)o->pid);
    uint64_t tolerance = snapshot_start_tolerance(snap);
    bool reused = false;
    for (size_t i = first_inner(snap, o->pid);; i++) {
        if (p && p->scan != SCAN_NO_MM) { // no kernel thread makes files; low pids are theirs
            bool later = seen && p->start_time > seen && p->start_time - seen > tolerance;
            o->process = is_alive(p) ? p : o->process;
            if (is_alive(p) && !later) {
                o->state = PID_RUNNING;
                return;
            }
            reused |= later;
        }
        if (i == snap->inner_pid_count || snap->inner_pids[i].pid != o->pid)
            break;
        p = &snap->processes[snap->inner_pids[i].process];
    }
    if (snap->process_count == 0 || snap->coverage.pids_hidden || !snap->inner_pids_known)
        o->state = PID_UNKNOWN;
    else
        o->state = reused ? PID_REUSED : PID_GONE;
}

// The creator, or the last user where there was one; pid 0 when the kernel does not tell it here.
static size_t add_kernels_pid(const struct snapshot *snap, const struct segment *seg,
                              enum seg_field field, enum pid_state state, struct owner *out) {
    uint64_t pid = 0;
    enum why why = seg_get(seg, field, &pid);
    if (why == WHY_NONE)
        return 0;
    bool known = why == WHY_KNOWN && pid > 0 && pid <= INT32_MAX;
    *out = (struct owner){
        .source = field == SEG_CREATOR_PID ? EVIDENCE_CREATOR : EVIDENCE_LAST,
        .pid = known ? (uint32_t)pid : 0,
        .state = known ? state : PID_UNKNOWN,
    };
    if (known && (state == PID_RUNNING || state == PID_REUSED))
        out->process = snapshot_process(snap, (pid_t)pid);
    return 1;
}

// shmtop itself, which attached only to read: that makes nobody an owner.
static bool is_a_look(const struct owner *o) {
    const char *comm = NULL;
    size_t len = 0;
    return o->process && o->state == PID_RUNNING &&
           strv_get(o->process->comm, &comm, &len) == WHY_KNOWN && len == 6 &&
           memcmp(comm, "shmtop", 6) == 0;
}

size_t verdict_owners(const struct snapshot *snap, const struct segment *seg,
                      struct owner out[OWNERS_MAX]) {
    uint32_t pids[ORIGIN_PIDS + 1];
    bool from_content[ORIGIN_PIDS + 1];
    const struct origin *row = origin_of(snap, seg);
    size_t count = 0;
    if (seg->id.kind == SEG_SYSV) {
        count += add_kernels_pid(snap, seg, SEG_CREATOR_PID, seg->creator_state, &out[count]);
        size_t last = add_kernels_pid(snap, seg, SEG_LAST_PID, seg->last_state, &out[count]);
        if (last)
            out[count].guest = (row && row->sysv.last_is_a_guest) || is_a_look(&out[count]);
        count += last;
    }
    // Most rows tell no pid at all.
    if (!snapshot_recalled(snap, seg) && !(row && row->pattern && strstr(row->pattern, "pid}")))
        return count;
    size_t told = origin_owners(snap, seg, pids, from_content);
    for (size_t i = 0; i < told; i++, count++) {
        out[count] = (struct owner){.source = from_content[i] ? EVIDENCE_CONTENT : EVIDENCE_NAME,
                                    .pid = pids[i]};
        find_owner(snap, owner_seen(snap, seg, from_content[i]), &out[count]);
    }
    return count;
}

bool verdict_keeps(const struct segment *seg) {
    uint64_t nattch = 0;
    seg_get(seg, SEG_NATTCH, &nattch);
    enum verdict_state state = verdict_of(seg);
    return nattch > 0 || seg->holding_count > 0 || state == VERDICT_IN_USE ||
           state == VERDICT_PROTECTED;
}

static bool some_owner_lives(const struct owner *owners, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (owners[i].state == PID_RUNNING && !owners[i].guest)
            return true;
    return false;
}

bool verdict_owner_is_dead(const struct snapshot *snap, const struct segment *seg,
                           const struct shared_facts *shared, const struct owner *owners,
                           size_t count) {
    const struct origin *row = origin_of(snap, seg);
    bool some = false, dead = true;
    for (size_t i = 0; i < count; i++) {
        if (owners[i].guest)
            continue;
        some = true;
        dead &= owners[i].state == PID_GONE || owners[i].state == PID_REUSED;
    }
    if (some)
        return dead;
    // Nobody holds it, so nobody holds the lock either.
    return row &&
           (row->lock == ORIGIN_LOCK_SELF || (row->lock == ORIGIN_LOCK_GROUP && shared->has_lock));
}

// Where a segment can be reached by who does not hold it yet: an IPC namespace, or a tmpfs.
static uint64_t place_of(const struct segment *seg) {
    return seg->id.kind == SEG_SYSV ? seg->id.ns : seg->id.dev;
}

// A program in namespaces of its own comes back for nothing that lies outside of them. What is not
// known of it speaks for its reaching.
static bool may_reach(const struct process *p, const struct segment *seg) {
    uint64_t place = 0;
    bool sysv = seg->id.kind == SEG_SYSV;
    if (!sysv && seg->id.kind != SEG_POSIX)
        return true;
    return u64v_get(sysv ? p->ipc_ns : p->shm_dev, &place) != WHY_KNOWN || place == place_of(seg);
}

const struct process *verdict_keeper(const struct snapshot *snap, const struct origin *row,
                                     const struct segment *seg) {
    for (size_t i = 0; i < snap->process_count; i++)
        if (is_alive(&snap->processes[i]) &&
            origin_is_program(row->programs, snap->processes[i].comm) &&
            (!seg || may_reach(&snap->processes[i], seg)))
            return &snap->processes[i];
    return NULL;
}

// ---- what a group shares

static const struct seg_group *group_of(const struct snapshot *snap, const struct segment *seg) {
    size_t i = snapshot_index(snap, seg);
    uint32_t group = snap->group_of && i < snap->segment_count ? snap->group_of[i] : 0;
    return group ? &snap->groups[group - 1] : NULL;
}

const uint32_t *verdict_group(const struct snapshot *snap, const struct segment *seg,
                              size_t *count) {
    const struct seg_group *group = group_of(snap, seg);
    *count = group ? group->count : 0;
    return group ? &snap->members[group->first] : NULL;
}

static void share(const struct snapshot *snap, const struct segment *seg,
                  struct shared_facts *out) {
    static const enum seg_field fields[] = {SEG_ATTACH_TIME, SEG_DETACH_TIME, SEG_BIRTH_TIME,
                                            SEG_CHANGE_TIME};
    const struct recalled *recalled = snapshot_recalled(snap, seg);
    const struct origin *row = origin_of(snap, seg);
    bool born = false, used = verdict_is_used(snap, seg);
    const char *name;
    uint64_t time;
    size_t len;
    out->used |= used;
    if (used && out->user == UINT32_MAX && strv_get(seg->name, &name, &len) == WHY_KNOWN)
        out->user = (uint32_t)snapshot_index(snap, seg);
    out->has_lock |= row && row->lock == ORIGIN_LOCK_SELF;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        // Where no birth is kept the latest change stands for it: it is not earlier.
        if (fields[i] == SEG_CHANGE_TIME && born)
            continue;
        enum why why = seg_get(seg, fields[i], &time);
        if (why == WHY_KNOWN) {
            born |= fields[i] == SEG_BIRTH_TIME;
            out->latest = time > out->latest ? time : out->latest;
            out->why = WHY_KNOWN;
        } else if (why != WHY_NONE && out->why == WHY_NONE) {
            out->why = why;
        }
    }
    if (recalled && recalled->last_held_ns) {
        out->why = WHY_KNOWN;
        if (recalled->last_held_ns > out->latest)
            out->latest = recalled->last_held_ns;
    }
}

static const struct shared_facts nothing_shared = {.why = WHY_NONE, .user = UINT32_MAX};

void verdict_shared(const struct snapshot *snap, const struct segment *seg,
                    struct shared_facts *out) {
    const struct seg_group *group = group_of(snap, seg);
    *out = group ? group->shared : nothing_shared;
    if (!group)
        share(snap, seg, out);
}

enum why verdict_latest(const struct snapshot *snap, const struct segment *seg, uint64_t *out) {
    struct shared_facts shared;
    verdict_shared(snap, seg, &shared);
    if (shared.why == WHY_KNOWN)
        *out = shared.latest;
    return shared.why;
}

// ---- judging

// Whether a row is kept by a running program is asked once for all segments in one place that
// follow each other.
enum { KEPT_UNKNOWN, KEPT, NOT_KEPT };
struct kept_row {
    uint64_t place;
    uint8_t kept;
};
struct judge {
    const struct snapshot *snap;
    struct kept_row *kept; // of each row
};

static bool is_kept(const struct judge *j, const struct segment *seg) {
    const struct origin *row = origin_of(j->snap, seg);
    if (!row || row->keep == ORIGIN_FREE)
        return false;
    if (row->keep == ORIGIN_KEEP)
        return true;
    struct kept_row *last = &j->kept[seg->origin];
    if (last->kept == KEPT_UNKNOWN || last->place != place_of(seg))
        *last = (struct kept_row){place_of(seg),
                                  verdict_keeper(j->snap, row, seg) ? KEPT : NOT_KEPT};
    return last->kept == KEPT;
}

static bool is_young(const struct snapshot *snap, const struct shared_facts *shared) {
    if (snap->age_floor_ns == 0)
        return false;
    return shared->why != WHY_KNOWN || shared->latest >= snap->wall_ns ||
           snap->wall_ns - shared->latest < snap->age_floor_ns;
}

static enum verdict_state judge_one(const struct judge *j, const struct segment *seg) {
    struct owner owners[OWNERS_MAX];
    struct shared_facts alone = nothing_shared;
    const struct seg_group *group = group_of(j->snap, seg);
    const struct shared_facts *shared = group ? &group->shared : &alone;
    if (verdict_is_used(j->snap, seg) || shared->used)
        return VERDICT_IN_USE;
    if (!absence_is_known(j->snap, seg))
        return VERDICT_UNKNOWN;
    if (is_kept(j, seg))
        return VERDICT_PROTECTED;
    size_t count = verdict_owners(j->snap, seg, owners);
    if (some_owner_lives(owners, count))
        return VERDICT_IDLE;
    if (!group)
        share(j->snap, seg, &alone);
    if (is_young(j->snap, shared))
        return VERDICT_YOUNG;
    return verdict_owner_is_dead(j->snap, seg, shared, owners, count) ? VERDICT_ORPHAN
                                                                      : VERDICT_SUSPECT;
}

int verdict_judge_all(const struct snapshot *snap, struct segment *segments,
                      struct seg_group *groups) {
    struct judge j = {.snap = snap, .kept = calloc(UINT16_MAX + 1, sizeof *j.kept)};
    if (!j.kept)
        return -ENOMEM;
    for (size_t g = 0; g < snap->group_count; g++) {
        groups[g].shared = nothing_shared;
        for (uint32_t i = 0; i < groups[g].count; i++)
            share(snap, &segments[snap->members[groups[g].first + i]], &groups[g].shared);
    }
    for (size_t i = 0; i < snap->segment_count; i++)
        segments[i].verdict = (uint8_t)judge_one(&j, &segments[i]);
    free(j.kept);
    return 0;
}
