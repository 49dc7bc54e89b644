// restoring.c - what was put aside by a removal: listing it, bringing it back, freeing it.
#include "app/restoring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "core/segname.h"
#include "probes/elsewhere.h"
#include "probes/place.h"
#include "probes/quarantine.h"

static const uint64_t ms_ns = 1000000;

// The SEG that an item had: of /dev/shm (point NULL), or of the tmpfs mounted at `point`. Returns
// buf, or NULL: not known.
static const char *seg_of(const struct quarantined *item, uint64_t ns, const char *point, char *buf,
                          size_t size) {
    struct seg_ref ref = {.form = point ? SEG_FORM_FILE : SEG_FORM_POSIX, .ns = ns};
    if (item->note_err)
        return NULL;
    int len = snprintf(ref.name, sizeof ref.name, "%s%s", point && point[1] ? point : "",
                       item->note.path);
    if (len < 0 || (size_t)len >= sizeof ref.name)
        return NULL;
    ref.name_len = (size_t)len;
    seg_ref_format(&ref, buf, size);
    return buf;
}

// ---- listing

struct gathering {
    struct kept_list *list;
    uint64_t ns;       // 0: our own
    const char *point; // of another tmpfs; NULL: /dev/shm
};

static int gather(void *arg, const struct quarantined *it) {
    struct gathering *g = arg;
    struct kept_list *list = g->list;
    char seg[4 * 4096 + 64];
    const char *name = seg_of(it, g->ns, g->point, seg, sizeof seg);
    list->items = xreallocarray(list->items, list->count + 1, sizeof *list->items);
    struct kept_item *item = &list->items[list->count++];
    *item = (struct kept_item){.item = it->item,
                               .seg = name ? xstrdup(name) : NULL,
                               .size = it->st.size,
                               .bytes = it->st.blocks_bytes,
                               .since_ns = it->item.since_ms * ms_ns,
                               .until_ns = quarantine_until_ns(it)};
    qitem_format(&it->item, g->ns, item->text);
    list->bytes += it->st.blocks_bytes;
    return 0;
}

static int by_age(const void *left, const void *right) {
    const struct kept_item *a = left, *b = right;
    return (a->since_ns > b->since_ns) - (a->since_ns < b->since_ns);
}

static void gather_elsewhere(const struct root *root, const struct snapshot *snap,
                             struct gathering *g) {
    for (size_t i = 0; i < snap->tmpfs_count; i++) {
        const struct tmpfs *fs = &snap->tmpfs[i];
        struct elsewhere *there;
        if (elsewhere_enter_tmpfs(root, fs, &there) < 0)
            continue;
        g->ns = fs->mnt_ns;
        quarantine_list(elsewhere_root(there), gather, g);
        elsewhere_leave(there);
    }
}

static int gather_place(void *arg, const struct place *place) {
    struct gathering *g = arg;
    struct quarantine q;
    if (quarantine_open(place_root(place), false, &q) < 0)
        return 0;
    quarantine_close(&q);
    g->point = place_point(place);
    quarantine_list(place_root(place), gather, g);
    g->point = NULL;
    return 0;
}

static void recall(const struct root *root, struct kept_list *list) {
    struct qitem *items = xcalloc(list->count + 1, sizeof *items);
    struct journal_memory *found = xcalloc(list->count + 1, sizeof *found);
    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[i].item;
    journal_recall(root, items, list->count, found);
    for (size_t i = 0; i < list->count; i++) {
        struct kept_item *item = &list->items[i];
        if (!item->seg) {
            item->seg = found[i].id;
            found[i].id = NULL;
        }
        item->because = found[i].because;
        found[i].because = NULL;
    }
    journal_forget(found, list->count);
    free(items);
    free(found);
}

int kept_list_make(const struct root *root, const struct snapshot *snap, struct kept_list *out) {
    *out = (struct kept_list){0};
    struct gathering g = {.list = out};
    int err = quarantine_list(root, gather, &g);
    if (err == -ENOENT || err == -EMEDIUMTYPE) // no /dev/shm
        err = 0;
    if (root_is_live(root))
        place_list(root, gather_place, &g);
    if (snap)
        gather_elsewhere(root, snap, &g);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, by_age);
    recall(root, out);
    return err;
}

void kept_list_done(struct kept_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].seg);
        free(list->items[i].because);
    }
    free(list->items);
    *list = (struct kept_list){0};
}

// ---- when their time is over

struct expiring {
    const struct root *root;
    struct journal *journal; // NULL: not yet opened
    uint64_t ns;             // 0: our own
};

static void enter_expired(void *arg, const struct quarantined *it, const char *point) {
    struct expiring *e = arg;
    char item[QITEM_TEXT], seg[4 * 4096 + 64], why[400];
    if (!e->journal)
        e->journal = journal_open(e->root, "monitor", why, sizeof why);
    if (!seg_of(it, e->ns, point, seg, sizeof seg))
        seg[0] = '\0';
    qitem_format(&it->item, e->ns, item);
    journal_item(e->journal, "expire", item, seg, OUTCOME_DONE);
}

void restoring_expire(const struct root *root, const struct snapshot *snap, struct journal *journal,
                      struct quarantine_expiry *out) {
    struct expiring e = {.root = root, .journal = journal};
    uint64_t now = root_wall_ns(root);
    *out = (struct quarantine_expiry){.on_freed = enter_expired, .arg = &e};
    quarantine_expire_all(root, now, out);
    for (size_t i = 0; snap && i < snap->tmpfs_count; i++) {
        const struct tmpfs *fs = &snap->tmpfs[i];
        struct elsewhere *there;
        if (elsewhere_enter_tmpfs(root, fs, &there) < 0)
            continue;
        e.ns = fs->mnt_ns;
        quarantine_expire(elsewhere_root(there), now, out);
        elsewhere_leave(there);
    }
    out->on_freed = NULL;
    if (e.journal && !journal) {
        journal_sync(e.journal);
        journal_close(e.journal);
    }
}

// ---- bringing back and freeing

bool restoring_is_item(const char *text) {
    struct qitem item;
    uint64_t ns;
    return qitem_parse(text, &item, &ns);
}

struct acting {
    const struct root *root; // of the place
    uint64_t ns;
    const char *point; // of another tmpfs; NULL: /dev/shm
    bool drop;
    const char *path; // where to, from the journal; NULL: the note knows
    struct restored *out;
};

static int act(void *arg, const struct quarantined *it) {
    struct acting *a = arg;
    bool held = false, certain;
    seg_of(it, a->ns, a->point, a->out->seg, sizeof a->out->seg);
    a->out->size = it->st.size;
    a->out->since_ns = it->item.since_ms * ms_ns;
    if (!a->drop)
        return quarantine_restore(a->root, it, a->path);
    if (it->where && quarantine_ask_held(a->root, it->where->dir, it->name, &held, &certain) == 0 &&
        held && certain)
        snprintf(a->out->note, sizeof a->out->note,
                 "its memory stays until who has it open or mapped lets go of it");
    return quarantine_free(a->root, it);
}

static enum outcome explain(struct restored *out, const char *text, bool drop, int err) {
    const char *verb = drop ? "free" : "bring back";
    switch (-err) {
    case ENOENT:
    case ESTALE:
        return fault_set(&out->fault, OUTCOME_MISSING, 0, text,
                         "there is no such item in quarantine", "shmtop restore lists them");
    case EEXIST:
        return fault_setf(&out->fault, OUTCOME_REFUSED, EEXIST, text,
                          "remove or rename that one first", "another object is %s by now",
                          *out->seg ? out->seg : "in its place");
    case EINVAL:
        return fault_set(&out->fault, OUTCOME_FAILED, 0, text, "what name it had is not known",
                         "move it out of the quarantine directory by hand");
    case ELOOP:
    case ENOTDIR:
    case EXDEV:
        return fault_set(&out->fault, OUTCOME_REFUSED, -err, text,
                         "the folder that it was in is something else by now",
                         "make that folder again first");
    case EACCES:
    case EPERM:
        return fault_setf(&out->fault, OUTCOME_FAILED, -err, text,
                          "run shmtop as its owner or as root", "the kernel does not let us %s it",
                          verb);
    default:
        return fault_setf(&out->fault, OUTCOME_FAILED, -err, text, "",
                          "the kernel did not %s it: %s", verb, strerror(-err));
    }
}

// A folder that is not there and was not noted is a reason of its own: the item is there.
static enum outcome explain_folder(struct restored *out, const char *text) {
    return fault_setf(&out->fault, OUTCOME_FAILED, ENOENT, text, "make that folder first",
                      "the folder of %s does not exist any more", out->seg);
}

// Without a note only the journal knows its name. True when `ref` gets it.
static bool recall_name(const struct root *root, const struct qitem *item, struct seg_ref *ref) {
    struct journal_memory found = {0};
    const char *why;
    journal_recall(root, item, 1, &found);
    bool known = found.id && seg_parse(found.id, ref, &why) == 0 && ref->form == SEG_FORM_POSIX;
    journal_forget(&found, 1);
    return known;
}

static int act_in_place(const struct root *root, const struct qitem *item, struct acting *a) {
    struct place *place;
    int err = place_open_dev(root, item->dev, &place);
    if (err)
        return err;
    a->root = place_root(place);
    a->point = place_point(place);
    err = quarantine_find(a->root, item, act, a);
    a->point = NULL;
    place_close(place);
    return err;
}

static int find_and_act(const struct root *root, const struct qitem *item, struct acting *a) {
    struct elsewhere *there;
    a->root = root;
    if (a->ns == root_vantage(root)->mnt_ns)
        a->ns = 0;
    if (a->ns == 0 && item->dev == root_vantage(root)->devshm_dev)
        return quarantine_find(root, item, act, a);
    if (a->ns == 0)
        return act_in_place(root, item, a);
    int err = elsewhere_enter(root, ELSEWHERE_SHM, a->ns, NULL, &there);
    if (err)
        return err;
    a->root = elsewhere_root(there);
    err = quarantine_find(a->root, item, act, a);
    elsewhere_leave(there);
    return err;
}

static enum outcome run(const struct root *root, struct journal *journal, const char *text,
                        bool drop, struct restored *out) {
    struct acting a = {.drop = drop, .out = out};
    struct qitem item;
    struct seg_ref *ref = xcalloc(1, sizeof *ref);
    *out = (struct restored){0};
    int err = qitem_parse(text, &item, &a.ns) ? 0 : -ENOENT;
    if (!root_is_live(root))
        err = -EROFS;
    if (err == 0) {
        err = find_and_act(root, &item, &a);
        if (err == -EINVAL && !drop && recall_name(root, &item, ref)) { // it has no note
            a.path = ref->name;
            ref->ns = 0;
            seg_ref_format(ref, out->seg, sizeof out->seg);
            err = find_and_act(root, &item, &a);
        }
    }
    free(ref);
    bool found = out->since_ns != 0;
    enum outcome outcome = OUTCOME_DONE;
    if (err == -ENOENT && found && !drop)
        outcome = explain_folder(out, text);
    else if (err)
        outcome = explain(out, text, drop, err);
    if (journal && found)
        journal_item(journal, drop ? "drop" : "restore", text, out->seg, outcome);
    return outcome;
}

enum outcome restoring_item(const struct root *root, struct journal *journal, const char *text,
                            struct restored *out) {
    return run(root, journal, text, false, out);
}

enum outcome restoring_drop(const struct root *root, struct journal *journal, const char *text,
                            struct restored *out) {
    return run(root, journal, text, true, out);
}
