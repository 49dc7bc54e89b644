// sysv_kept.c - the table of System V segments from one look of the monitor to the next.
#include "probes/sysv_kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/vec.h"
#include "probes/probe.h"
#include "probes/shown.h"
#include "probes/sysv_row.h"

enum {
    KEPT_FROM = 5000,  // a shorter table is read in less time than asking would take
    ASK_BUDGET = 4096, // rows asked about in one look, beside those on the screen
};
static const uint64_t serves_ns =
    10000000000; // what goes unnoticed is healed at the next look after it

struct sysv_kept {
    VEC(struct sysv_facts) rows;
    struct root_shm_info counters; // from before the rows were read
    bool counted, whole;
    uint64_t read_ns;             // monotonic time of the reading
    size_t turn;                  // the first row of the next round's share
    uint64_t oldest_ns, round_ns; // when the round before began, and this one
};

void sysv_facts_take(struct sysv_facts *facts, const struct root_shm_row *row) {
    uint64_t *v = facts->v;
    v[COL_KEY] = row->key;
    v[COL_SHMID] = row->shmid;
    v[COL_PERMS] = row->perms;
    v[COL_SIZE] = row->size;
    v[COL_CPID] = row->cpid;
    v[COL_LPID] = row->lpid;
    v[COL_NATTCH] = row->nattch;
    v[COL_UID] = row->uid;
    v[COL_GID] = row->gid;
    v[COL_CUID] = row->cuid;
    v[COL_CGID] = row->cgid;
    v[COL_ATIME] = row->atime;
    v[COL_DTIME] = row->dtime;
    v[COL_CTIME] = row->ctime;
}

int sysv_kept_new(struct sysv_kept **out) {
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

void sysv_kept_free(struct sysv_kept *k) {
    if (!k)
        return;
    vec_done(&k->rows);
    free(k);
}

static bool counters_stand_still(const struct sysv_kept *k, const struct root *root) {
    struct root_shm_info now;
    return root_shm_info(root, &now) == 0 && now.used_ids == k->counters.used_ids &&
           now.total_pages == k->counters.total_pages &&
           now.resident_pages == k->counters.resident_pages &&
           now.swapped_pages == k->counters.swapped_pages &&
           now.highest_index == k->counters.highest_index;
}

// False when the segment is gone or another one has its id.
static bool ask(const struct root *root, struct sysv_facts *facts) {
    struct root_shm_row row;
    uint64_t *v = facts->v;
    if (sysv_row(root, v[COL_SHMID], &row) < 0 || row.cpid != v[COL_CPID] ||
        row.cuid != v[COL_CUID] || row.size != v[COL_SIZE])
        return false;
    sysv_facts_take(facts, &row);
    return true;
}

static bool ask_those_due(struct sysv_kept *k, const struct scan *scan) {
    uint64_t now = root_mono_ns(scan->root);
    size_t end = k->turn + ASK_BUDGET;
    for (size_t i = 0; i < k->rows.count; i++) {
        struct sysv_facts *facts = &k->rows.items[i];
        bool due = (i >= k->turn && i < end) || shown_has(scan, SEG_SYSV, 0, facts->v[COL_SHMID]);
        if (due && !ask(scan->root, facts))
            return false;
    }
    k->turn = end;
    if (end >= k->rows.count) {
        k->turn = 0;
        k->oldest_ns = k->round_ns;
        k->round_ns = now;
    }
    return true;
}

bool sysv_kept_serves(struct sysv_kept *k, struct scan *scan) {
    uint64_t now = root_mono_ns(scan->root);
    if (!k->whole || !k->counted || k->rows.count < KEPT_FROM || scan->want->everything ||
        !root_is_live(scan->root) || now - k->read_ns >= serves_ns)
        return false;
    if (!counters_stand_still(k, scan->root) || !ask_those_due(k, scan))
        return false;
    builder_coverage(scan->out)->object_age_ns = now - k->oldest_ns;
    return true;
}

const struct sysv_facts *sysv_kept_rows(const struct sysv_kept *k, size_t *count) {
    *count = k->rows.count;
    return k->rows.items;
}

void sysv_kept_begin(struct sysv_kept *k, const struct scan *scan) {
    k->rows.count = k->turn = 0;
    k->whole = false;
    k->read_ns = k->oldest_ns = k->round_ns = root_mono_ns(scan->root);
    // What changes while the table is read shows in the counters afterwards.
    k->counted = root_is_live(scan->root) && root_shm_info(scan->root, &k->counters) == 0;
}

int sysv_kept_take(struct sysv_kept *k, const struct sysv_facts *facts) {
    return k->counted && k->counters.used_ids >= KEPT_FROM ? vec_push(&k->rows, *facts) : 0;
}

void sysv_kept_end(struct sysv_kept *k, bool whole) {
    k->whole = whole;
}
