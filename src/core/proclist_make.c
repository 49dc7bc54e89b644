// proclist_make.c - from a snapshot to the sorted and filtered items of the process list.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/proclist_parts.h"

// ---- who is there

static bool mark_over(uint64_t since_ns, uint64_t mono_ns) {
    return mono_ns > since_ns && mono_ns - since_ns >= PROCLIST_MARK_NS;
}

static size_t holder_count(const struct snapshot *snap) {
    size_t n = 0;
    for (size_t i = 0; i < snap->process_count; i++)
        n += snap->processes[i].held_count > 0;
    return n;
}

// What an item of the picture before is now. False: its mark is over.
static bool keep(const struct proclist_state *s, const struct snapshot *snap, uint64_t mono_ns,
                 struct proc_item *item) {
    if (item->mark != PROC_THERE) {
        snapshot_ref(item->snap);
        return !mark_over(item->since_ns, mono_ns);
    }
    const struct process *now = snapshot_process(snap, item->id.pid);
    bool lives = now && proc_id_same(&now->id, &item->id);
    item->mark = lives ? PROC_LEFT : PROC_GONE;
    item->since_ns = mono_ns;
    item->snap = snapshot_ref(s->snap);
    return true;
}

struct taking {
    const struct proclist_state *s;
    const struct snapshot *snap;
    uint64_t mono_ns;
    struct proc_item *all;
    size_t count, old; // items made; how far the walk over those of before is
};

// Takes along what was there before up to the pid of `now` (NULL: all), less `now` itself.
static void pass_old(struct taking *t, const struct proc_id *now) {
    for (; t->old < t->s->all_count; t->old++) {
        struct proc_item item = t->s->all[t->old];
        if (now && item.id.pid > now->pid)
            return;
        if (now && proc_id_same(&item.id, now))
            continue;
        if (keep(t->s, t->snap, t->mono_ns, &item))
            t->all[t->count++] = item;
        else
            snapshot_unref(item.snap);
    }
}

static void take(struct taking *t) {
    for (size_t i = 0; i < t->snap->process_count; i++) {
        const struct process *p = &t->snap->processes[i];
        if (p->held_count == 0)
            continue;
        pass_old(t, &p->id);
        struct proc_item *item = &t->all[t->count++];
        *item = (struct proc_item){.id = p->id, .proc = p, .snap = t->snap};
        proc_facts_make(t->snap, p, &item->facts);
    }
    pass_old(t, NULL);
}

int proclist_gather(struct proclist *l, const struct snapshot *snap, uint64_t mono_ns) {
    struct proclist_state *s = l->state;
    struct proc_item *all = calloc(holder_count(snap) + s->all_count + 1, sizeof *all);
    if (!all)
        return -ENOMEM;
    struct taking taking = {.s = s, .snap = snap, .mono_ns = mono_ns, .all = all};
    take(&taking);
    size_t count = taking.count;
    for (size_t i = 0; i < s->all_count; i++)
        if (s->all[i].mark != PROC_THERE)
            snapshot_unref(s->all[i].snap);
    free(s->all);
    s->all = all;
    s->all_count = count;
    snapshot_ref(snap);
    snapshot_unref(s->snap);
    s->snap = snap;
    s->mono_ns = mono_ns;
    s->deadline_ns = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t end = all[i].since_ns + PROCLIST_MARK_NS;
        if (all[i].mark != PROC_THERE && (s->deadline_ns == 0 || end < s->deadline_ns))
            s->deadline_ns = end;
    }
    return 0;
}

// ---- filter

static strv user_of(const struct proc_item *item) {
    uint64_t uid = 0;
    enum why why = u64v_get(item->proc->uid, &uid);
    return why == WHY_KNOWN ? snapshot_user(item->snap, (uint32_t)uid) : strv_missing(why);
}

static bool is_chosen(const struct pick *filter, const struct proc_item *item) {
    char command[1024];
    if (!filter)
        return true;
    proc_command(item->proc, command, sizeof command);
    const struct pick_line line = {
        .text = {command}, .uid = item->proc->uid, .user = user_of(item), .pid = item->id.pid};
    return pick_matches(filter, &line);
}

// ---- order

static int compare_numbers(uint64_t a, uint64_t b) {
    return a > b ? -1 : a < b; // largest first
}

// Ascending by bytes; what is missing last.
static int compare_texts(strv a, strv b) {
    const char *x = NULL, *y = NULL;
    size_t x_len = 0, y_len = 0;
    bool has_x = strv_get(a, &x, &x_len) == WHY_KNOWN, has_y = strv_get(b, &y, &y_len) == WHY_KNOWN;
    if (!has_x || !has_y)
        return has_y - has_x;
    int c = memcmp(x, y, x_len < y_len ? x_len : y_len);
    return c ? c : (x_len > y_len) - (x_len < y_len);
}

static strv command_of(const struct proc_item *item) {
    const char *bytes;
    size_t len = 0;
    bool has = strv_get(item->proc->cmdline, &bytes, &len) == WHY_KNOWN && len > 0;
    return has ? item->proc->cmdline : item->proc->comm;
}

static int compare_users(const struct proc_item *a, const struct proc_item *b) {
    uint64_t x = UINT64_MAX, y = UINT64_MAX;
    int c = compare_texts(user_of(a), user_of(b));
    if (c)
        return c;
    u64v_get(a->proc->uid, &x);
    u64v_get(b->proc->uid, &y);
    return (x > y) - (x < y);
}

static int compare_by(const struct proc_item *a, const struct proc_item *b, enum proc_column col) {
    switch (col) {
    case PCOL_USER:
        return compare_users(a, b);
    case PCOL_SEGS:
        return compare_numbers(a->facts.segments, b->facts.segments);
    case PCOL_SHARED:
        return compare_numbers(a->facts.shared, b->facts.shared);
    case PCOL_TREND:
    case PCOL_RSS:
        return compare_numbers(a->facts.resident, b->facts.resident);
    case PCOL_ONLY_ME:
        return a->facts.left != b->facts.left ? compare_numbers(a->facts.left, b->facts.left)
                                              : compare_numbers(a->facts.freed, b->facts.freed);
    case PCOL_WRITE:
        return compare_numbers(a->facts.access & ACCESS_W, b->facts.access & ACCESS_W);
    case PCOL_CONTAINER:
        return compare_texts(a->proc->container, b->proc->container);
    case PCOL_COMMAND:
        return compare_texts(command_of(a), command_of(b));
    case PCOL_PID:
    case PCOL_COUNT:
        break;
    }
    return 0;
}

static int compare_items(const void *x, const void *y, void *arg) {
    const struct proc_item *a = x, *b = y;
    const struct proclist *l = arg;
    int c = compare_by(a, b, l->sort);
    if (c == 0 && l->sort == PCOL_PID)
        c = (a->id.pid > b->id.pid) - (a->id.pid < b->id.pid);
    if (c)
        return l->invert ? -c : c;
    c = (a->id.pid > b->id.pid) - (a->id.pid < b->id.pid); // ties never swap
    return c ? c
             : (a->id.start_ticks > b->id.start_ticks) - (a->id.start_ticks < b->id.start_ticks);
}

// Several containers, or one and the host.
static bool differ_in_container(const struct proclist *l) {
    for (size_t i = 1; i < l->count; i++)
        if (compare_texts(l->items[0].proc->container, l->items[i].proc->container) != 0)
            return true;
    return false;
}

int proclist_arrange(struct proclist *l) {
    struct proclist_state *s = l->state;
    struct proc_item *items = calloc(s->all_count + 1, sizeof *items);
    if (!items)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < s->all_count; i++)
        if (is_chosen(s->filter, &s->all[i]))
            items[n++] = s->all[i];
    qsort_r(items, n, sizeof *items, compare_items, l);
    free(l->items);
    l->items = items;
    l->count = n;
    l->hidden = s->all_count - n;
    l->containers = differ_in_container(l);
    return 0;
}
