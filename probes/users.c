// users.c - names of the users that own, made or hold something.
#include "probes/probe.h"
#include "probes/probes_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 256 };

// One answer of the user database; asked once, kept across scans.
struct answer {
    uint32_t uid;
    enum why why;
    uint64_t met; // the scan that met this user last
    char name[NAME_SIZE];
};

struct users {
    struct answer *sorted; // owned, by uid
    size_t count, room;
    uint64_t scan;
};

// Place of a uid in the sorted answers, or where it belongs.
static size_t place_of(const struct users *u, uint32_t uid) {
    size_t lo = 0, hi = u->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (u->sorted[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void ask(const struct root *root, struct answer *a) {
    int err = root_user_name(root, a->uid, a->name, sizeof(a->name));
    a->why = err == 0 ? WHY_KNOWN : err == -ENOENT ? WHY_NONE : why_from_errno(-err);
}

// Makes room for one more answer at a place. 0 or -ENOMEM.
static int make_room(struct users *u, size_t at) {
    if (u->count == u->room) {
        size_t room = u->room == 0 ? 16 : u->room * 2;
        struct answer *grown = realloc(u->sorted, room * sizeof(*grown));
        if (grown == NULL)
            return -ENOMEM;
        u->sorted = grown;
        u->room = room;
    }
    memmove(&u->sorted[at + 1], &u->sorted[at], (u->count - at) * sizeof(u->sorted[0]));
    u->count++;
    return 0;
}

// Adds a user to the picture, once a scan. A user the database did not know is asked for again when
// the scan looks at everything.
static int meet(struct users *u, struct scan *scan, uint64_t number) {
    if (number > UINT32_MAX)
        return 0;
    uint32_t uid = (uint32_t)number;
    size_t at = place_of(u, uid);
    bool is_new = at == u->count || u->sorted[at].uid != uid;
    if (is_new && make_room(u, at) < 0)
        return -ENOMEM;
    struct answer *a = &u->sorted[at];
    if (is_new)
        *a = (struct answer){.uid = uid};
    if (a->met == u->scan)
        return 0;
    if (is_new || (a->why != WHY_KNOWN && scan->want->everything))
        ask(scan->root, a);
    a->met = u->scan;
    strv name = a->why == WHY_KNOWN ? builder_str(scan->out, a->name, strlen(a->name))
                                    : strv_missing(a->why);
    return builder_add_user(scan->out, uid, name);
}

static int users_open(const struct root *root, void **state) {
    (void)root;
    *state = calloc(1, sizeof(struct users));
    return *state == NULL ? -ENOMEM : 0;
}

static int users_scan(void *state, struct scan *scan) {
    struct users *u = state;
    struct builder *b = scan->out;
    uint64_t uid = 0;
    u->scan++;
    int err = meet(u, scan, root_vantage(scan->root)->uid);
    for (size_t i = 0; err == 0 && i < builder_segment_count(b); i++) {
        const struct segment *seg = builder_segment(b, i);
        if (seg_get(seg, SEG_UID, &uid) == WHY_KNOWN)
            err = meet(u, scan, uid);
        if (err == 0 && seg_get(seg, SEG_CREATOR_UID, &uid) == WHY_KNOWN)
            err = meet(u, scan, uid);
    }
    for (size_t i = 0; err == 0 && i < builder_process_count(b); i++) {
        const struct process *p = builder_process(b, (uint32_t)i);
        if (builder_is_holder(b, (uint32_t)i) && u64v_get(p->uid, &uid) == WHY_KNOWN)
            err = meet(u, scan, uid);
    }
    return err;
}

static void users_close(void *state) {
    struct users *u = state;
    if (u == NULL)
        return;
    free(u->sorted);
    free(u);
}

const struct probe probe_users = {"users", users_open, users_scan, users_close};
