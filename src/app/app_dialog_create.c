// app_dialog_create.c - creating a segment; every field is judged while it is typed.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"

enum { FIELD_KIND, FIELD_NAME, FIELD_SIZE, FIELD_MODE };
enum { KIND_POSIX, KIND_SYSV };
enum { BUTTON_CANCEL, BUTTON_CREATE };

struct create_data {
    int kind;              // that name and key were shown for last
    struct textedit other; // the name while a key is typed, and the other way round
    struct seg_ref where;
    uint64_t size;
    uint32_t key, mode;
    bool has_key, good;
};

// Where the object is to be: the name as typed, bare or with its slash; an @ belongs to it.
static int parse_name(const char *name, struct seg_ref *where, const char **why) {
    char seg[TEXTEDIT_SIZE * 4 + 8];
    char *end = stpcpy(seg, *name == '/' ? "posix:" : "posix:/");
    for (; *name; name++)
        if (*name == '@')
            end = stpcpy(end, "\\x40");
        else
            *end++ = *name;
    *end = '\0';
    return seg_parse(seg, where, why);
}

static const struct segment *taken_by(const struct app *a, const struct create_data *data,
                                      bool sysv) {
    for (size_t i = 0; a->snap && i < a->snap->segment_count; i++) {
        const struct segment *seg = &a->snap->segments[i];
        uint64_t key = 0;
        if (seg->foreign || (seg->id.kind == SEG_SYSV) != sysv)
            continue;
        if (sysv && seg_get(seg, SEG_KEY, &key) == WHY_KNOWN && key == data->key)
            return seg;
        if (!sysv && seg->id.kind == SEG_POSIX &&
            seg_ref_matches(&data->where, seg, a->snap->names))
            return seg;
    }
    return NULL;
}

static bool judge_name(struct app *a, struct create_data *data, struct dialog_input *f) {
    const char *why = "";
    if (!f->edit.text[0]) {
        dialog_remark(f, ALERT_WARN, "a name like /ring");
        return false;
    }
    if (parse_name(f->edit.text, &data->where, &why) != 0) {
        dialog_remark(f, ALERT_BAD, "%s", why);
        return false;
    }
    bool taken = taken_by(a, data, false), nested = strchr(f->edit.text + 1, '/') != NULL;
    dialog_remark(f, taken ? ALERT_BAD : ALERT_NONE,
                  taken    ? "exists already"
                  : nested ? "its folder must be there"
                           : "free");
    return !taken;
}

static bool judge_key(struct app *a, struct create_data *data, struct dialog_input *f) {
    uint64_t key = 0;
    data->has_key = false;
    if (!f->edit.text[0]) {
        dialog_remark(f, ALERT_NONE, "none: private");
        return true;
    }
    if (parse_u64(f->edit.text, &key) != 0 || key > UINT32_MAX) {
        dialog_remark(f, ALERT_BAD, "a number like 0x5201, or nothing");
        return false;
    }
    data->key = (uint32_t)key;
    data->has_key = key != 0;
    bool taken = key != 0 && taken_by(a, data, true);
    dialog_remark(f, taken ? ALERT_BAD : ALERT_NONE,
                  taken      ? "exists already"
                  : key == 0 ? "0: private"
                             : "free");
    return !taken;
}

static bool judge_size(const struct app *a, struct create_data *data, struct dialog_input *f,
                       bool sysv) {
    uint64_t max = 0, total = 0, used = 0;
    char text[16];
    if (parse_size(f->edit.text, &data->size) != 0 || (sysv && data->size == 0)) {
        dialog_remark(f, f->edit.text[0] ? ALERT_BAD : ALERT_WARN, "a size like 64K, 64M, 0x1000");
        return false;
    }
    uint64_t page = a->snap && a->snap->vantage.page_size ? a->snap->vantage.page_size : 4096;
    uint64_t pages = data->size / page + (data->size % page != 0);
    dialog_remark(f, ALERT_NONE, "= %" PRIu64 " bytes, %" PRIu64 " pages", data->size, pages);
    if (!a->snap)
        return true;
    const u64v *limits = a->snap->limits;
    if (sysv && u64v_get(limits[LIMIT_SHMMAX], &max) == WHY_KNOWN && data->size > max) {
        dialog_remark(f, ALERT_BAD, "over SHMMAX, %s", fmt_size(max, text));
        return false;
    }
    if (!sysv && u64v_get(limits[LIMIT_DEVSHM_SIZE], &total) == WHY_KNOWN &&
        u64v_get(limits[LIMIT_DEVSHM_USED], &used) == WHY_KNOWN && total >= used &&
        data->size > total - used)
        dialog_remark(f, ALERT_WARN, "more than the %s free in /dev/shm",
                      fmt_size(total - used, text));
    return true;
}

static bool judge_mode(struct create_data *data, struct dialog_input *f) {
    char text[16];
    if (parse_mode(f->edit.text, &data->mode) != 0) {
        dialog_remark(f, ALERT_BAD, "octal, like 0600");
        return false;
    }
    dialog_remark(f, ALERT_NONE, "%s", fmt_mode(data->mode, text));
    return true;
}

static void same_as(struct dialog *d, const struct create_data *data, bool sysv) {
    char name[4300], word[4300] = "";
    const char *text = d->field[FIELD_NAME].edit.text;
    if (!sysv) {
        snprintf(name, sizeof name, "%s%s", *text == '/' ? "" : "/", text);
        shell_quote(name, word, sizeof word);
    }
    free(d->same_as);
    if (sysv && data->has_key)
        snprintf(word, sizeof word, "--key 0x%" PRIx32, data->key);
    d->same_as = xasprintf("shmtop create %s%s%s --size %s --mode %s", sysv ? "--sysv" : "--posix",
                           word[0] ? " " : "", word, d->field[FIELD_SIZE].edit.text,
                           d->field[FIELD_MODE].edit.text);
}

static void refresh(struct app *a, struct dialog *d) {
    struct create_data *data = d->data;
    struct dialog_input *name = &d->field[FIELD_NAME];
    bool sysv = d->field[FIELD_KIND].choice == KIND_SYSV;
    if (data->kind != d->field[FIELD_KIND].choice) {
        struct textedit edit = name->edit;
        name->edit = data->other;
        data->other = edit;
        data->kind = d->field[FIELD_KIND].choice;
        name->label = sysv ? "Key" : "Name";
    }
    bool named = sysv ? judge_key(a, data, name) : judge_name(a, data, name);
    bool sized = judge_size(a, data, &d->field[FIELD_SIZE], sysv);
    bool moded = judge_mode(data, &d->field[FIELD_MODE]);
    data->good = named && sized && moded;
    same_as(d, data, sysv);
}

static struct op_request *make_request(const struct create_data *data, bool sysv) {
    struct op_request *op = xcalloc(1, sizeof *op);
    op_request_init(op, sysv ? OP_CREATE_SYSV : OP_CREATE_POSIX);
    op->size = data->size;
    op->mode = data->mode;
    if (sysv) {
        op->has_key = data->has_key;
        op->key = data->key;
    } else {
        op->where = data->where;
        seg_ref_format(&op->where, op->seg, sizeof op->seg);
    }
    return op;
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct create_data *data = d->data;
    if (button == BUTTON_CANCEL)
        return true;
    if (!app_may_change(a))
        return false;
    refresh(a, d);
    if (!data->good) {
        for (size_t i = d->field_count; i-- > 0;)
            if (d->field[i].alert != ALERT_NONE)
                d->focus = i;
        return false;
    }
    bool sysv = d->field[FIELD_KIND].choice == KIND_SYSV;
    struct io_request *req = app_request(a, IO_OP, NULL);
    req->op = sysv ? OP_CREATE_SYSV : OP_CREATE_POSIX;
    req->create_or_write = make_request(data, sysv);
    app_job(a, req);
    app_message(a, ALERT_INFO, "creating...");
    return true;
}

void dialog_create_open(struct app *a) {
    static const struct dialog_kind kind = {.name = "create",
                                            .refresh = refresh,
                                            .press = press,
                                            .free_data = free,
                                            .enter_ends = true};
    if (!app_may_change(a))
        return;
    struct create_data *data = xcalloc(1, sizeof *data);
    struct dialog *d = dialog_new(&kind, data);
    snprintf(d->title, sizeof d->title, "Create a shared memory segment");
    dialog_add_choice(d, "Kind", "POSIX /dev/shm|System V", KIND_POSIX);
    dialog_add_text(d, "Name", "");
    dialog_add_text(d, "Size", "");
    dialog_add_text(d, "Mode", "0600");
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Create", 0);
    d->focus = FIELD_NAME;
    app_open_dialog(a, d);
}
