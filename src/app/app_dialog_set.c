// app_dialog_set.c - mode, owner, size and lock of a segment.
//
// What is not changed is not asked for: only fields that differ from what they were when the dialog
// opened go into the request, and into the command line that would do the same.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"

enum { FIELD_MODE, FIELD_OWNER, FIELD_LAST, FIELD_FORCE }; // the last: size, or lock
enum { BUTTON_CANCEL, BUTTON_SET };

struct set_data {
    struct seg_id id;
    bool sysv;
    char seg[4200];
    char mode_was[16], owner_was[96], size_was[32];
    bool locked_was;
    bool has_mode, has_owner, has_size, has_lock, good;
    uint32_t mode;
    uint64_t size;
};

static const struct segment *segment_now(const struct app *a, const struct set_data *s) {
    return a->snap ? snapshot_find(a->snap, &s->id) : NULL;
}

static bool judge_mode(struct set_data *s, struct dialog_input *f) {
    char text[16];
    s->has_mode = strcmp(f->edit.text, s->mode_was) != 0;
    if (!s->has_mode && !s->mode_was[0]) {
        dialog_remark(f, ALERT_NONE, "not known; stays");
        return true;
    }
    if (parse_mode(f->edit.text, &s->mode) != 0) {
        dialog_remark(f, ALERT_BAD, "octal, like 0640");
        return false;
    }
    dialog_remark(f, ALERT_NONE, "%s%s", fmt_mode(s->mode, text), s->has_mode ? "" : "  as it is");
    return true;
}

static bool judge_owner(struct set_data *s, struct dialog_input *f) {
    s->has_owner = strcmp(f->edit.text, s->owner_was) != 0;
    if (s->has_owner && (!f->edit.text[0] || f->edit.text[0] == ':')) {
        dialog_remark(f, ALERT_BAD, "USER or USER:GROUP");
        return false;
    }
    dialog_remark(f, ALERT_NONE, s->has_owner ? "USER or USER:GROUP" : "as it is");
    return true;
}

static bool judge_size(const struct segment *seg, struct set_data *s, struct dialog_input *f) {
    uint64_t now = 0;
    s->has_size = strcmp(f->edit.text, s->size_was) != 0;
    if (!s->has_size) {
        dialog_remark(f, ALERT_NONE, "as it is");
        return true;
    }
    if (parse_size(f->edit.text, &s->size) != 0) {
        dialog_remark(f, ALERT_BAD, "a size like 64K, 64M, 0x1000");
        return false;
    }
    bool cut = seg && seg_get(seg, SEG_SIZE, &now) == WHY_KNOWN && s->size < now;
    if (cut && seg_in_use(seg))
        dialog_remark(f, ALERT_WARN, "%" PRIu64 " bytes are cut off under who uses it (SIGBUS)",
                      now - s->size);
    else if (cut)
        dialog_remark(f, ALERT_WARN, "%" PRIu64 " bytes are cut off for good", now - s->size);
    else
        dialog_remark(f, ALERT_NONE, "= %" PRIu64 " bytes", s->size);
    return true;
}

static void same_as(struct dialog *d, const struct set_data *s) {
    char seg[4300], owner[600], mode[40] = "", size[600] = "", who[640] = "";
    if (s->has_mode)
        snprintf(mode, sizeof mode, " --mode %04" PRIo32, s->mode);
    if (s->has_owner)
        snprintf(who, sizeof who, " --owner %.600s",
                 shell_quote(d->field[FIELD_OWNER].edit.text, owner, sizeof owner));
    if (s->has_size)
        snprintf(size, sizeof size, " --size %.500s%s", d->field[FIELD_LAST].edit.text,
                 d->field[FIELD_FORCE].choice ? " --force" : "");
    free(d->same_as);
    d->same_as = xasprintf("shmtop set %s%s%s%s%s", shell_quote(s->seg, seg, sizeof seg), mode, who,
                           size,
                           !s->has_lock    ? ""
                           : s->locked_was ? " --unlock"
                                           : " --lock");
}

static void refresh(struct app *a, struct dialog *d) {
    struct set_data *s = d->data;
    char title[4300], use[96];
    const struct segment *seg = segment_now(a, s);
    dialog_clear_lines(d);
    if (seg)
        dialog_line(d, ALERT_NONE, "%s  %s", seg_title(a->snap, seg, title, sizeof title),
                    seg_use_text(seg, use, sizeof use));
    else
        dialog_line(d, ALERT_BAD, "%s is gone.", s->seg);
    bool mode = judge_mode(s, &d->field[FIELD_MODE]);
    bool owner = judge_owner(s, &d->field[FIELD_OWNER]);
    if (!s->sysv)
        dialog_remark(&d->field[FIELD_FORCE], ALERT_NONE, "cut it though it is in use");
    bool size = s->sysv || judge_size(seg, s, &d->field[FIELD_LAST]);
    if (s->sysv) {
        s->has_lock = (d->field[FIELD_LAST].choice != 0) != s->locked_was;
        dialog_remark(&d->field[FIELD_LAST], ALERT_NONE, "its pages are never swapped out");
    }
    s->good = mode && owner && size && seg != NULL;
    same_as(d, s);
}

static struct op_request *make_request(const struct segment *seg, const struct dialog *d,
                                       const struct set_data *s) {
    struct op_request *op = xcalloc(1, sizeof *op);
    const char *why = "";
    uint64_t value = 0;
    op_request_init(op, OP_SET);
    op->id = s->id;
    memcpy(op->seg, s->seg, sizeof op->seg);
    seg_parse(op->seg, &op->where, &why);
    if (seg_get(seg, SEG_KEY, &value) == WHY_KNOWN)
        op->expected_key = u64v_of(value);
    op->has_mode = s->has_mode;
    op->mode = s->mode;
    op->has_size = s->has_size;
    op->size = s->size;
    op->lock = !s->has_lock ? OP_LOCK_KEEP : s->locked_was ? OP_UNLOCK : OP_LOCK;
    op->force = !s->sysv && d->field[FIELD_FORCE].choice != 0;
    op->holders_seen = seg->holding_count;
    return op;
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct set_data *s = d->data;
    if (button == BUTTON_CANCEL)
        return true;
    if (!app_may_change(a))
        return false;
    refresh(a, d);
    const struct segment *seg = segment_now(a, s);
    if (!s->good || !seg) {
        for (size_t i = d->field_count; i-- > 0;)
            if (d->field[i].alert == ALERT_BAD)
                d->focus = i;
        return false;
    }
    if (!s->has_mode && !s->has_owner && !s->has_size && !s->has_lock) {
        app_message(a, ALERT_INFO, "nothing was changed");
        return true;
    }
    struct io_request *req = app_request(a, IO_OP, &s->id);
    req->op = OP_SET;
    req->create_or_write = make_request(seg, d, s);
    if (s->has_owner)
        req->owner = xstrdup(d->field[FIELD_OWNER].edit.text);
    app_job(a, req);
    app_message(a, ALERT_INFO, "setting...");
    return true;
}

static void take_facts(const struct segment *seg, const struct snapshot *snap, struct set_data *s) {
    uint64_t mode = 0, uid = 0, gid = 0, size = 0;
    s->id = seg->id;
    s->sysv = seg->id.kind == SEG_SYSV;
    seg_format(seg, s->seg, sizeof s->seg);
    if (seg_get(seg, SEG_MODE, &mode) == WHY_KNOWN)
        snprintf(s->mode_was, sizeof s->mode_was, "%04" PRIo64, mode & 07777);
    if (seg_get(seg, SEG_UID, &uid) == WHY_KNOWN) {
        const char *user = NULL;
        size_t len = 0;
        bool named = strv_get(snapshot_user(snap, (uint32_t)uid), &user, &len) == WHY_KNOWN;
        int n = named ? snprintf(s->owner_was, sizeof s->owner_was, "%.*s", (int)len, user)
                      : snprintf(s->owner_was, sizeof s->owner_was, "%" PRIu64, uid);
        if (seg_get(seg, SEG_GID, &gid) == WHY_KNOWN && n > 0 && (size_t)n < sizeof s->owner_was)
            snprintf(s->owner_was + n, sizeof s->owner_was - (size_t)n, ":%" PRIu64, gid);
    }
    if (seg_get(seg, SEG_SIZE, &size) == WHY_KNOWN)
        snprintf(s->size_was, sizeof s->size_was, "%" PRIu64, size);
    s->locked_was = (seg->flags & SEG_FLAG_LOCKED) != 0;
}

// The segment that is open in the hex view, or selected. NULL: none, or it is gone.
static const struct segment *subject(const struct app *a) {
    const struct row *row = rows_selected(&a->table);
    if (a->view == VIEW_HEX)
        return a->snap ? snapshot_find(a->snap, &a->hex.bytes.id) : NULL;
    return row && a->snap ? snapshot_find(a->snap, &row->id) : NULL;
}

void dialog_set_open(struct app *a) {
    static const struct dialog_kind kind = {
        .name = "set", .refresh = refresh, .press = press, .free_data = free, .enter_ends = true};
    if (!app_may_change(a))
        return;
    const struct segment *seg = subject(a);
    if (!seg) {
        app_message(a, ALERT_WARN, "there is no segment here, or it is gone");
        return;
    }
    struct set_data *s = xcalloc(1, sizeof *s);
    take_facts(seg, a->snap, s);
    struct dialog *d = dialog_new(&kind, s);
    snprintf(d->title, sizeof d->title, "Mode, owner, %s", s->sysv ? "lock" : "size");
    dialog_add_text(d, "Mode", s->mode_was);
    dialog_add_text(d, "Owner", s->owner_was);
    if (s->sysv) {
        dialog_add_check(d, "Locked", s->locked_was);
    } else {
        dialog_add_text(d, "Size", s->size_was);
        dialog_add_check(d, "Force", false);
    }
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Set", 0);
    app_open_dialog(a, d);
}
