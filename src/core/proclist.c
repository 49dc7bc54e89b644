// proclist.c - the lines of the process list: selection, folding and search over sorted items.
#include "core/proclist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/listpos.h"
#include "core/match.h"
#include "core/proclist_parts.h"
#include "core/segname.h"

static const struct {
    const char *head;
    bool number;
} columns[PCOL_COUNT] = {
#define X(id, head, number) [PCOL_##id] = {head, number},
    PROC_COLUMN_LIST(X)
#undef X
};

const char *proc_column_head(enum proc_column col) {
    return columns[col].head;
}

bool proc_column_number(enum proc_column col) {
    return columns[col].number;
}

void proc_command(const struct process *proc, char *buf, size_t size) {
    const char *bytes = NULL;
    size_t len = 0;
    if ((strv_get(proc->cmdline, &bytes, &len) == WHY_KNOWN && len > 0) ||
        strv_get(proc->comm, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, buf, size);
    else
        snprintf(buf, size, "?");
}

bool proc_id_same(const struct proc_id *a, const struct proc_id *b) {
    return a->pid == b->pid && a->start_ticks == b->start_ticks;
}

int proclist_init(struct proclist *l) {
    struct proclist_state *state = calloc(1, sizeof *state);
    if (!state)
        return -ENOMEM;
    *l = (struct proclist){.sort = PCOL_SHARED, .follow = true, .height = 1, .state = state};
    return 0;
}

void proclist_rest(struct proclist *l) {
    struct proclist_state *s = l->state;
    for (size_t i = 0; i < s->all_count; i++)
        if (s->all[i].mark != PROC_THERE)
            snapshot_unref(s->all[i].snap);
    snapshot_unref(s->snap);
    free(s->all);
    s->snap = NULL;
    s->all = NULL;
    s->all_count = 0;
    s->deadline_ns = 0;
    l->count = l->line_count = l->selected = l->top = 0;
}

void proclist_done(struct proclist *l) {
    if (!l->state)
        return;
    proclist_rest(l);
    free(l->state->folds);
    free(l->state);
    free(l->items);
    free(l->lines);
    *l = (struct proclist){0};
}

// ---- selection

static void settle(struct proclist *l) {
    listpos_settle(l->line_count, l->height, &l->selected, &l->top);
}

const struct proc_item *proclist_item(const struct proclist *l, size_t line) {
    return line < l->line_count ? &l->items[l->lines[line].item] : NULL;
}

const struct holding *proclist_holding(const struct proclist *l, size_t line) {
    const struct proc_item *item = proclist_item(l, line);
    if (!item || l->lines[line].held == PROC_LINE_SELF)
        return NULL;
    uint32_t held = item->proc->first_held + (uint32_t)l->lines[line].held;
    return &item->snap->holdings[item->snap->held[held]];
}

// What is selected, to be found again among other lines.
struct place {
    bool some, segment;
    struct proc_id proc;
    struct seg_id seg;
    size_t item;
};

static struct place place_of(const struct proclist *l, size_t line) {
    const struct proc_item *item = proclist_item(l, line);
    const struct holding *h = proclist_holding(l, line);
    struct place p = {.some = item != NULL, .segment = h != NULL};
    if (item) {
        p.proc = item->id;
        p.item = l->lines[line].item;
    }
    if (h)
        p.seg = item->snap->segments[h->segment].id;
    return p;
}

// The line that shows a place; the process when its segment is not shown; the process that stands
// where it stood when it is gone.
static size_t line_of(const struct proclist *l, const struct place *p) {
    size_t found = l->line_count, near = 0;
    for (size_t i = 0; i < l->line_count; i++) {
        const struct proc_item *item = proclist_item(l, i);
        const struct holding *h = proclist_holding(l, i);
        if (!h && l->lines[i].item <= p->item)
            near = i;
        if (!proc_id_same(&item->id, &p->proc))
            continue;
        if (!h)
            found = i;
        else if (p->segment && seg_id_same(&item->snap->segments[h->segment].id, &p->seg))
            return i;
    }
    return found < l->line_count ? found : near;
}

void proclist_height(struct proclist *l, size_t height) {
    l->height = height;
    settle(l);
}

void proclist_move(struct proclist *l, long delta) {
    proclist_select(l, listpos_move(l->line_count, l->selected, delta));
}

void proclist_select(struct proclist *l, size_t line) {
    l->selected = line;
    settle(l);
}

// ---- lines

// A process is open when the tree is, but for those that were turned the other way by hand.
static bool is_open(const struct proclist *l, const struct proc_item *item) {
    for (size_t i = 0; i < l->state->fold_count; i++)
        if (proc_id_same(&l->state->folds[i], &item->id))
            return !l->tree;
    return l->tree;
}

static int make_lines(struct proclist *l) {
    size_t n = 0;
    for (size_t i = 0; i < l->count; i++) {
        l->items[i].open = is_open(l, &l->items[i]);
        n += 1 + (l->items[i].open ? l->items[i].proc->held_count : 0);
    }
    struct proc_line *lines = calloc(n + 1, sizeof *lines);
    if (!lines)
        return -ENOMEM;
    free(l->lines);
    l->lines = lines;
    l->line_count = n;
    n = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        lines[n++] = (struct proc_line){i, PROC_LINE_SELF};
        for (uint32_t k = 0; l->items[i].open && k < l->items[i].proc->held_count; k++)
            lines[n++] = (struct proc_line){i, (int32_t)k};
    }
    return 0;
}

// Items and lines anew from all processes that are known, with the selection where it was.
static int remake(struct proclist *l, const struct place *place, size_t line) {
    int err = proclist_arrange(l);
    if (err == 0)
        err = make_lines(l);
    if (err == 0 && place->some && l->follow) {
        l->selected = line_of(l, place);
        l->top = l->selected > line ? l->selected - line : 0;
    }
    settle(l);
    return err;
}

static int rebuild(struct proclist *l) {
    struct place place = place_of(l, l->selected);
    return remake(l, &place, l->selected - l->top);
}

int proclist_update(struct proclist *l, const struct snapshot *snap, uint64_t mono_ns) {
    struct place place = place_of(l, l->selected); // the lines borrow from what goes now
    int err = proclist_gather(l, snap, mono_ns);
    return err ? err : remake(l, &place, l->selected - l->top);
}

int proclist_sort(struct proclist *l, enum proc_column col, bool invert) {
    l->sort = col;
    l->invert = invert;
    return rebuild(l);
}

int proclist_filter(struct proclist *l, const struct pick *filter) {
    l->state->filter = filter;
    return rebuild(l);
}

int proclist_tree(struct proclist *l, bool open) {
    l->tree = open;
    l->state->fold_count = 0;
    return rebuild(l);
}

int proclist_fold(struct proclist *l, bool open) {
    const struct proc_item *item = proclist_item(l, l->selected);
    struct proclist_state *s = l->state;
    if (!item || item->open == open)
        return 0;
    if (open == l->tree) { // back to what all are
        size_t n = 0;
        for (size_t i = 0; i < s->fold_count; i++)
            if (!proc_id_same(&s->folds[i], &item->id))
                s->folds[n++] = s->folds[i];
        s->fold_count = n;
    } else {
        struct proc_id *more = reallocarray(s->folds, s->fold_count + 1, sizeof *more);
        if (!more)
            return -ENOMEM;
        s->folds = more;
        s->folds[s->fold_count++] = item->id;
    }
    while (!open && proclist_holding(l, l->selected))
        proclist_move(l, -1);
    return rebuild(l);
}

// ---- search

static bool item_has(const struct proc_item *item, const char *text) {
    char command[1024], pid[16];
    uint64_t uid = 0;
    size_t len = strlen(text);
    proc_command(item->proc, command, sizeof command);
    snprintf(pid, sizeof pid, "%d", (int)item->id.pid);
    if (match_bytes(command, strlen(command), text, len) || strcmp(pid, text) == 0)
        return true;
    return u64v_get(item->proc->uid, &uid) == WHY_KNOWN &&
           match_name(snapshot_user(item->snap, (uint32_t)uid), text, len);
}

bool proclist_search(const struct proclist *l, const char *text, size_t from, int dir,
                     size_t *index, size_t *nth, size_t *total) {
    struct listpos_search search = {.from = from, .dir = dir};
    for (size_t i = 0; text[0] && i < l->line_count; i++) {
        if (l->lines[i].held == PROC_LINE_SELF && item_has(proclist_item(l, i), text))
            listpos_match(&search, i);
    }
    return listpos_found(&search, index, nth, total);
}

uint64_t proclist_deadline(const struct proclist *l) {
    return l->state->deadline_ns;
}
