// app_dialog_create.c - creating a segment; every field is judged while it is typed.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"

enum { FIELD_KIND, FIELD_NAME, FIELD_SIZE, FIELD_MODE, FIELD_FILL, FIELD_WITH, FIELD_HEX };
enum { FILL_LAZY, FILL_ZERO, FILL_PATTERN, FILL_FILE };
enum { KIND_POSIX, KIND_SYSV };
enum { BUTTON_CANCEL, BUTTON_CREATE };

struct create_data {
    int kind;              // that name and key were shown for last
    struct textedit other; // the name while a key is typed, and the other way round
    struct seg_ref where;
    uint64_t size;
    uint32_t key, mode;
    bool has_key, good;
    struct fill fill;
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

// Of a name in a folder: some object is in there. A folder that is empty is not seen.
static bool folder_known(const struct app *a, const char *name) {
    const char *slash = strrchr(name + 1, '/');
    size_t len = slash ? (size_t)(slash + 1 - name) : 0;
    for (size_t i = 0; len && a->snap && i < a->snap->segment_count; i++) {
        const struct segment *seg = &a->snap->segments[i];
        const char *bytes = NULL;
        size_t n = 0;
        if (seg->id.kind == SEG_POSIX && !seg->foreign &&
            strv_get(seg->name, &bytes, &n) == WHY_KNOWN && n > len &&
            memcmp(bytes, name, len) == 0)
            return true;
    }
    return len == 0;
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
    bool taken = taken_by(a, data, false), folder = folder_known(a, data->where.name);
    dialog_remark(f,
                  taken     ? ALERT_BAD
                  : !folder ? ALERT_WARN
                            : ALERT_NONE,
                  taken     ? "exists already"
                  : !folder ? "no such folder is seen: it must be there"
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
                       bool sysv, bool of_file) {
    uint64_t max = 0, total = 0, used = 0;
    char text[16];
    if (of_file && !f->edit.text[0]) {
        data->size = 0;
        dialog_remark(f, ALERT_NONE, "that of the file");
        return true;
    }
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
    else if (!sysv && total > used)
        dialog_remark(f, ALERT_NONE, "= %" PRIu64 " bytes, %" PRIu64 " pages; %s free", data->size,
                      pages, fmt_size(total - used, text));
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

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// Hex digits in pairs, blanks between them or not.
static bool parse_pattern(const char *text, struct fill *out) {
    out->len = 0;
    while (*text) {
        if (*text == ' ') {
            text++;
            continue;
        }
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || out->len == sizeof out->bytes)
            return false;
        out->bytes[out->len++] = (uint8_t)(high * 16 + low);
        text += 2;
    }
    return out->len > 0;
}

// What it is filled with, and the field that says more of it.
static bool judge_fill(struct create_data *data, struct dialog *d) {
    static const char *const effects[] = {"no memory until written", "all of its memory at once",
                                          "", ""};
    int how = d->field[FIELD_FILL].choice;
    struct dialog_input *with = &d->field[FIELD_WITH];
    data->fill.len = 0;
    with->label = how == FILL_PATTERN ? "Bytes" : how == FILL_FILE ? "File" : "With";
    dialog_remark(with, ALERT_NONE, "%s", effects[how]);
    if (how == FILL_ZERO)
        data->fill = (struct fill){.len = 1};
    if (how == FILL_PATTERN && !parse_pattern(with->edit.text, &data->fill)) {
        dialog_remark(with, with->edit.text[0] ? ALERT_BAD : ALERT_WARN,
                      "up to 64 bytes in hex, like de ad be ef");
        return false;
    }
    if (how == FILL_FILE && !with->edit.text[0]) {
        dialog_remark(with, ALERT_WARN, "the path of a regular file");
        return false;
    }
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
    const char *size = d->field[FIELD_SIZE].edit.text;
    int how = d->field[FIELD_FILL].choice;
    char from[9200] = "";
    if (how == FILL_FILE)
        snprintf(from, sizeof from, " --from %s",
                 shell_quote(d->field[FIELD_WITH].edit.text, name, sizeof name));
    else if (how == FILL_ZERO)
        snprintf(from, sizeof from, "; head -c %s /dev/zero | shmtop write %s --offset 0 --from -",
                 size, sysv ? "SEG" : word);
    else if (how == FILL_PATTERN)
        snprintf(from, sizeof from, ", then these bytes over and over");
    d->same_as = xasprintf("shmtop create %s%s%s%s%s --mode %s%s", sysv ? "--sysv" : "--posix",
                           word[0] ? " " : "", word, size[0] ? " --size " : "", size,
                           d->field[FIELD_MODE].edit.text, from);
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
    bool sized = judge_size(a, data, &d->field[FIELD_SIZE], sysv,
                            d->field[FIELD_FILL].choice == FILL_FILE);
    bool filled = judge_fill(data, d);
    bool moded = judge_mode(data, &d->field[FIELD_MODE]);
    d->ready = data->good = named && sized && moded && filled;
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
            if (d->field[i].alert == ALERT_BAD ||
                (d->field[i].alert == ALERT_WARN && i != FIELD_NAME))
                d->focus = i;
        if (!d->field[FIELD_NAME].edit.text[0] && d->field[FIELD_KIND].choice == KIND_POSIX)
            d->focus = FIELD_NAME;
        return false;
    }
    bool sysv = d->field[FIELD_KIND].choice == KIND_SYSV;
    struct io_request *req = app_request(a, IO_OP, NULL);
    req->op = sysv ? OP_CREATE_SYSV : OP_CREATE_POSIX;
    req->create_or_write = make_request(data, sysv);
    req->fill = data->fill;
    if (d->field[FIELD_FILL].choice == FILL_FILE)
        req->path = xstrdup(d->field[FIELD_WITH].edit.text);
    a->select_open = d->field[FIELD_HEX].choice;
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
    dialog_add_choice(d, "Fill", "zero, lazy|zero now|pattern|file", FILL_LAZY);
    dialog_add_text(d, "With", "");
    textedit_set(&dialog_add_check(d, "After", false)->edit, "open the hex view");
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Create", 0);
    d->focus = FIELD_NAME;
    app_open_dialog(a, d);
}
