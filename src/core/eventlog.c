// eventlog.c - a ring of events, and the lines made of it.
#include "core/eventlog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/listpos.h"
#include "core/match.h"

#define MINUTE_NS UINT64_C(60000000000)
#define NEAR_NS UINT64_C(10000000000)
enum { SLOTS = 4096, GROUPS_OPEN_MAX = 256 };

struct eventlog_state {
    struct event ring[EVENTLOG_KEEP];
    size_t first;
    uint64_t minute[EVENTLOG_MINUTES], counts[EVENTLOG_MINUTES]; // by minute modulo their number
    const struct pick *filter;                                   // borrowed
    uint64_t open[GROUPS_OPEN_MAX]; // oldest serials of the groups that are open
    size_t open_count;
};

int eventlog_init(struct eventlog *l) {
    struct eventlog_state *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    *l = (struct eventlog){.height = 1, .kinds = (1u << EVENT_KIND_COUNT) - 1, .state = s};
    return 0;
}

static void drop(struct event *e) {
    free(e->seg);
    free(e->label);
    *e = (struct event){0};
}

void eventlog_done(struct eventlog *l) {
    if (!l->state)
        return;
    for (size_t i = 0; i < EVENTLOG_KEEP; i++)
        drop(&l->state->ring[i]);
    free(l->state);
    free(l->lines);
    *l = (struct eventlog){0};
}

// Of a place that is there.
static const struct event *kept(const struct eventlog *l, size_t place) {
    return &l->state->ring[(l->state->first + place) % EVENTLOG_KEEP];
}

// Of a line that is there.
static const struct event *shown(const struct eventlog *l, size_t line) {
    return kept(l, l->lines[line].event);
}

const struct event *eventlog_at(const struct eventlog *l, size_t place) {
    return place < l->count ? kept(l, place) : NULL;
}

const struct event *eventlog_line(const struct eventlog *l, size_t line) {
    return line < l->line_count ? eventlog_at(l, l->lines[line].event) : NULL;
}

static void count_minute(struct eventlog_state *s, uint64_t wall_ns) {
    uint64_t minute = wall_ns / MINUTE_NS;
    size_t i = (size_t)(minute % EVENTLOG_MINUTES);
    if (s->minute[i] != minute) {
        if (s->minute[i] > minute)
            return; // older than all that is counted
        s->minute[i] = minute;
        s->counts[i] = 0;
    }
    s->counts[i]++;
}

size_t eventlog_minutes(const struct eventlog *l, uint64_t now_ns, size_t n, uint64_t *out,
                        uint64_t *peak, uint64_t *peak_ns) {
    uint64_t now = now_ns / MINUTE_NS;
    n = n < EVENTLOG_MINUTES ? n : EVENTLOG_MINUTES;
    *peak = *peak_ns = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t minute = now - (n - 1 - i);
        size_t slot = (size_t)(minute % EVENTLOG_MINUTES);
        out[i] = l->state->minute[slot] == minute ? l->state->counts[slot] : 0;
        if (out[i] > *peak) {
            *peak = out[i];
            *peak_ns = minute * MINUTE_NS;
        }
    }
    return n;
}

// ---- which events are shown, and in which groups

static bool is_shown(const struct eventlog *l, const struct event *e) {
    if (!(l->kinds & 1u << e->kind))
        return false;
    if (l->only && !(e->has_id && seg_id_same(&e->id, &l->only_id)))
        return false;
    if (!l->state->filter)
        return true;
    const struct pick_line line = {.text = {e->label, e->comm},
                                   .uid = e->uid,
                                   .user = e->user[0] ? strv_of(e->user, strlen(e->user))
                                                      : strv_missing(WHY_NONE),
                                   .pid = e->pid};
    return pick_matches(l->state->filter, &line);
}

// What was met of a fold key while walking from the newest event to the oldest.
struct group {
    uint64_t key, oldest_ns, oldest;
    uint32_t count;
    bool open, emitted;
};
struct grouping {
    struct group *groups;  // one for each event at most
    uint32_t *of;          // group of each place, UINT32_MAX: not shown
    uint32_t slots[SLOTS]; // latest group of a key, from 1
    size_t count;
};

static uint32_t *slot_of(struct grouping *g, uint64_t key) {
    size_t i = (size_t)(key ^ key >> 17) % SLOTS;
    for (size_t step = 0; step < 8; step++) { // a full corner makes a second group, no more
        uint32_t *slot = &g->slots[(i + step) % SLOTS];
        if (*slot == 0 || g->groups[*slot - 1].key == key)
            return slot;
    }
    return &g->slots[i];
}

static bool joins(const struct group *group, const struct event *e) {
    uint64_t gap = group->oldest_ns > e->wall_ns ? group->oldest_ns - e->wall_ns
                                                 : e->wall_ns - group->oldest_ns;
    return group->key == e->fold_key && gap <= NEAR_NS;
}

static void join_group(struct grouping *g, size_t place, const struct event *e) {
    uint32_t *slot = slot_of(g, e->fold_key);
    if (*slot == 0 || !joins(&g->groups[*slot - 1], e)) {
        g->groups[g->count++] = (struct group){.key = e->fold_key};
        *slot = (uint32_t)g->count;
    }
    struct group *group = &g->groups[*slot - 1];
    group->count++;
    group->oldest_ns = e->wall_ns;
    group->oldest = e->serial;
    g->of[place] = *slot - 1;
}

static bool is_open(const struct eventlog_state *s, uint64_t oldest) {
    for (size_t i = 0; i < s->open_count; i++)
        if (s->open[i] == oldest)
            return true;
    return false;
}

// ---- lines

static struct event_line *emit(struct eventlog *l, size_t place) {
    struct event_line *line = &l->lines[l->line_count++];
    *line = (struct event_line){.event = place};
    return line;
}

// The group as a line, and below it, if it is open, its events.
static void emit_group(struct eventlog *l, struct grouping *g, size_t place, struct group *group) {
    struct event_line *head = emit(l, place);
    head->folded = group->count;
    head->open = group->open;
    head->oldest = group->oldest;
    group->emitted = true;
    for (size_t i = place + 1; group->open && i-- > 0;) {
        if (g->of[i] != (uint32_t)(group - g->groups))
            continue;
        emit(l, i)->member = true;
        if (kept(l, i)->serial == group->oldest)
            break;
    }
}

static int make_lines(struct eventlog *l) {
    struct grouping *g = calloc(1, sizeof *g);
    struct event_line *lines = calloc(2 * l->count + 1, sizeof *lines);
    if (g) {
        g->groups = calloc(l->count + 1, sizeof *g->groups);
        g->of = calloc(l->count + 1, sizeof *g->of);
    }
    bool ok = g && lines && g->groups && g->of;
    if (ok) {
        free(l->lines);
        l->lines = lines;
        l->line_count = l->shown = 0;
        for (size_t i = l->count; i-- > 0;) {
            const struct event *e = kept(l, i);
            g->of[i] = UINT32_MAX;
            if (!is_shown(l, e))
                continue;
            join_group(g, i, e);
            l->shown++;
        }
        for (size_t i = 0; i < g->count; i++)
            g->groups[i].open = is_open(l->state, g->groups[i].oldest);
        for (size_t i = l->count; i-- > 0;) {
            struct group *group = g->of[i] != UINT32_MAX ? &g->groups[g->of[i]] : NULL;
            if (!group || group->emitted)
                continue;
            if (group->count < EVENTLOG_FOLD)
                emit(l, i);
            else
                emit_group(l, g, i, group);
        }
    } else {
        free(lines);
    }
    if (g) {
        free(g->groups);
        free(g->of);
    }
    free(g);
    return ok ? 0 : -ENOMEM;
}

// ---- selection

static void settle(struct eventlog *l) {
    listpos_settle(l->line_count, l->height, &l->selected, &l->top);
}

bool eventlog_following(const struct eventlog *l) {
    return l->selected == 0;
}

// What is selected, to be found again among other lines.
struct place {
    bool some, folded;
    uint64_t oldest, serial, fold_key;
};

static struct place place_of(const struct eventlog *l) {
    const struct event *e = eventlog_line(l, l->selected);
    if (!e)
        return (struct place){0};
    const struct event_line *line = &l->lines[l->selected];
    return (struct place){true, line->folded > 0, line->oldest, e->serial, e->fold_key};
}

// The line of what was selected: a group by its oldest event, an event by its serial; when that
// fell out, the nearest older one.
static size_t line_of(const struct eventlog *l, const struct place *was) {
    for (size_t i = 0; i < l->line_count; i++) {
        const struct event_line *line = &l->lines[i];
        const struct event *e = shown(l, i);
        if (was->folded && line->folded && line->oldest == was->oldest)
            return i;
        if (!was->folded && !line->folded && e->serial <= was->serial)
            return i;
        if (!was->folded && line->folded && !line->open && e->fold_key == was->fold_key &&
            line->oldest <= was->serial && e->serial >= was->serial)
            return i; // folded away by now
    }
    return l->line_count > 0 ? l->line_count - 1 : 0;
}

int eventlog_refresh(struct eventlog *l) {
    bool following = eventlog_following(l);
    struct place was = place_of(l);
    size_t line = l->selected - l->top;
    int err = make_lines(l);
    if (err == 0 && was.some && !following) {
        l->selected = line_of(l, &was);
        l->top = l->selected > line ? l->selected - line : 0;
    }
    settle(l);
    return err;
}

int eventlog_add(struct eventlog *l, struct events *events) {
    struct eventlog_state *s = l->state;
    bool following = eventlog_following(l);
    struct place was = place_of(l);
    size_t line = l->selected - l->top;
    for (size_t i = 0; i < events->count; i++) {
        struct event *slot = &s->ring[(s->first + l->count) % EVENTLOG_KEEP];
        if (l->count == EVENTLOG_KEEP) {
            l->dropped_ns = slot->wall_ns;
            drop(slot);
            s->first = (s->first + 1) % EVENTLOG_KEEP;
        } else {
            l->count++;
        }
        *slot = events->items[i];
        slot->serial = ++l->total;
        count_minute(s, slot->wall_ns);
    }
    free(events->items);
    *events = (struct events){0};
    int err = make_lines(l);
    if (err) {
        l->line_count = 0; // places have moved: better none than wrong ones
    } else if (was.some && !following) {
        l->selected = line_of(l, &was);
        l->top = l->selected > line ? l->selected - line : 0;
    }
    settle(l);
    return err;
}

int eventlog_filter(struct eventlog *l, const struct pick *filter) {
    l->state->filter = filter;
    return eventlog_refresh(l);
}

bool eventlog_toggle(struct eventlog *l) {
    struct eventlog_state *s = l->state;
    if (l->selected >= l->line_count)
        return false;
    while (l->selected > 0 && l->lines[l->selected].member) // from an event: its group folds
        l->selected--;
    const struct event_line *line = &l->lines[l->selected];
    if (!line->folded)
        return false;
    size_t selected = l->selected;
    if (!line->open) {
        if (s->open_count == GROUPS_OPEN_MAX) // the one opened first folds
            memmove(s->open, s->open + 1, --s->open_count * sizeof s->open[0]);
        s->open[s->open_count++] = line->oldest;
    } else {
        size_t n = 0;
        for (size_t i = 0; i < s->open_count; i++)
            if (s->open[i] != line->oldest)
                s->open[n++] = s->open[i];
        s->open_count = n;
    }
    if (make_lines(l) < 0)
        l->line_count = 0;
    l->selected = selected;
    settle(l);
    return true;
}

void eventlog_height(struct eventlog *l, size_t height) {
    l->height = height;
    settle(l);
}

void eventlog_move(struct eventlog *l, long delta) {
    eventlog_select(l, listpos_move(l->line_count, l->selected, delta));
}

void eventlog_select(struct eventlog *l, size_t line) {
    l->selected = line;
    settle(l);
}

// ---- search

bool eventlog_search(const struct eventlog *l, const char *text, size_t from, int dir,
                     size_t *index, size_t *nth, size_t *total) {
    struct listpos_search search = {.from = from, .dir = dir};
    size_t len = strlen(text);
    for (size_t i = 0; len && i < l->line_count; i++) {
        const struct event *e = shown(l, i);
        if (match_bytes(e->label, strlen(e->label), text, len) ||
            match_bytes(e->comm, strlen(e->comm), text, len))
            listpos_match(&search, i);
    }
    return listpos_found(&search, index, nth, total);
}

size_t eventlog_since(const struct eventlog *l, uint64_t wall_ns) {
    size_t n = 0;
    while (n < l->count && kept(l, l->count - 1 - n)->wall_ns > wall_ns)
        n++;
    return n;
}

const struct event *eventlog_creation(const struct eventlog *l, const struct seg_id *id) {
    for (size_t i = l->count; i-- > 0;) {
        const struct event *e = kept(l, i);
        if (e->kind == EVENT_CREATED && e->has_id && seg_id_same(&e->id, id))
            return e;
    }
    return NULL;
}
