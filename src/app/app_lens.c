// app_lens.c - the bytes of the hex view as the fields of a record.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/lens_file.h"
#include "app/xalloc.h"
#include "core/segname.h"

enum { WINDOW_MAX = 65536 };

void lens_forget(struct app *a) {
    struct lens_state *l = &a->hex.lens;
    lens_free(l->lens);
    free(l->text);
    *l = (struct lens_state){.lens = NULL};
}

static size_t rows_on_screen(const struct app *a) {
    size_t rows = lens_rows_shown(a->screen_rows, a->screen_cols);
    return rows ? rows : 1;
}

static uint64_t row_count(const struct app *a) {
    return a->hex.lens.lens ? lens_rows(a->hex.lens.lens) : 0;
}

static void set_row(struct app *a, uint64_t row) {
    struct lens_state *l = &a->hex.lens;
    uint64_t count = row_count(a), screen = rows_on_screen(a);
    row = count == 0 ? 0 : row < count ? row : count - 1;
    l->row = row;
    if (row < l->top)
        l->top = row;
    else if (row - l->top >= screen)
        l->top = row - screen + 1;
    if (l->top + screen > count)
        l->top = count > screen ? count - screen : 0;
    app_do(a, EFFECT_DRAW);
}

// The first field that is on the screen is where the window begins, and it ends behind the last,
// unless they lie too far apart: then it is about the selected one.
void lens_window(const struct app *a, uint64_t *offset, size_t *len) {
    const struct lens_state *l = &a->hex.lens;
    struct lens_field f;
    uint64_t low = UINT64_MAX, high = 0, rows = rows_on_screen(a);
    for (uint64_t i = 0; i < rows && l->lens && lens_field(l->lens, l->top + i, &f); i++) {
        uint64_t end = f.offset + value_needs(&f.value);
        low = f.offset < low ? f.offset : low;
        high = end > high ? end : high;
    }
    if (low < high && high - low > WINDOW_MAX && lens_field(l->lens, l->row, &f)) {
        low = f.offset;
        high = low + WINDOW_MAX;
    }
    *offset = low < high ? low : 0;
    *len = low < high ? (size_t)(high - low) : 1;
}

// --- which lens

// Takes a description as the lens of this segment. False, with the error: everything is as it was.
static bool take(struct app *a, const char *text, const char *from, struct lens_error *error) {
    struct lens_state *l = &a->hex.lens;
    struct lens *lens = NULL;
    if (xcheck(lens_parse(text, strlen(text), &lens, error)) != 0)
        return false;
    char *copy = xstrdup(text);
    lens_forget(a);
    l->lens = lens;
    l->text = copy;
    snprintf(l->from, sizeof l->from, "%s", from);
    lens_fit(lens, hex_size(&a->hex));
    return true;
}

static void show_lens(struct app *a) {
    app_go(a, VIEW_LENS);
    set_row(a, lens_row_at(a->hex.lens.lens, a->hex.cursor));
}

// "@file", "/path", "~/path", "./path": the path; else NULL.
static const char *path_in(const char *text) {
    if (text[0] == '@' && !(text[1] >= '0' && text[1] <= '9') && text[1])
        return text + 1;
    bool path = text[0] == '/' && text[1] != '/' && text[1] != '*';
    return path || strncmp(text, "~/", 2) == 0 || strncmp(text, "./", 2) == 0 ? text : NULL;
}

static void lens_prompt_open(struct app *a) {
    const char *text = a->hex.lens.text;
    if (text && strlen(text) < TEXTEDIT_SIZE && !strchr(text, '\n'))
        prompt_text(a, text);
    prompt_remark(a, ALERT_NONE, "struct { u32 id; char name[16]; f64 x; } [128]   or @file");
}

static bool lens_accept(struct app *a) {
    struct textedit *e = &a->prompt.edit;
    struct lens_error error;
    const char *path = path_in(e->text);
    char why[120], from[160] = "typed", name[120], *text = NULL;
    if (!e->text[0])
        return true;
    if (path) {
        name_escape(path, strlen(path), false, name, sizeof name);
        snprintf(from, sizeof from, "%s", name);
        text = lens_file_text(path, why, sizeof why);
        if (!text) {
            prompt_remark(a, ALERT_BAD, "%s", why);
            return false;
        }
    }
    bool good = take(a, text ? text : e->text, from, &error);
    free(text);
    if (!good && path)
        prompt_remark(a, ALERT_BAD, "%u:%u: %s", error.line, error.column, error.text);
    else if (!good) { // the cursor goes where it is wrong
        prompt_remark(a, ALERT_BAD, "%u: %s", error.column, error.text);
        e->cursor = 0;
        for (unsigned i = 1; i < error.column && e->cursor < e->len; i++)
            textedit_key(e, &(struct key){.code = KEY_RIGHT_});
    }
    if (good)
        show_lens(a);
    return good;
}

static const struct prompt_kind lens_prompt = {
    .label = "lens: ", .open = lens_prompt_open, .accept = lens_accept};

// One that is kept for a segment of this name. False: there is none.
static bool take_kept(struct app *a) {
    struct lenses *all = NULL;
    struct lens_error error;
    struct fault f;
    const char *pattern = "", *text = "";
    char from[LENSES_PATTERN_MAX + 16], why[640];
    bool bad = lens_file_load(&all, &f) != OUTCOME_DONE;
    bool found = a->hex.segment && lenses_find(all, a->hex.segment, &pattern, &text);
    snprintf(from, sizeof from, "kept as %s", pattern);
    found = found && take(a, text, from, &error);
    lenses_free(all);
    if (bad) {
        fault_format(&f, why, sizeof why);
        app_message(a, ALERT_WARN, "%s", why);
    }
    return found;
}

void lens_open(struct app *a) {
    if (a->hex.bytes.size == 0) {
        app_message(a, ALERT_WARN, "%s",
                    a->hex.bytes.problem[0] ? a->hex.bytes.problem : "there are no bytes to show");
        return;
    }
    if (a->hex.lens.lens || take_kept(a))
        show_lens(a);
    else
        prompt_open(a, &lens_prompt);
}

// --- keeping one

static void keep_open(struct app *a) {
    char pattern[LENSES_PATTERN_MAX];
    if (a->hex.segment)
        prompt_text(a, lenses_pattern_of(a->hex.segment, pattern));
    prompt_remark(a, ALERT_NONE, "a name; * and ? stand for others");
}

static bool keep_accept(struct app *a) {
    const char *pattern = a->prompt.edit.text, *why = lenses_pattern_fault(pattern);
    char path[240], text[640];
    struct fault f;
    if (!pattern[0])
        return true;
    if (why) {
        prompt_remark(a, ALERT_BAD, "%s", why);
        return false;
    }
    if (lens_file_save(pattern, a->hex.lens.text, path, sizeof path, &f) != OUTCOME_DONE) {
        fault_format(&f, text, sizeof text);
        prompt_remark(a, ALERT_BAD, "%.180s", text);
        return false;
    }
    snprintf(a->hex.lens.from, sizeof a->hex.lens.from, "kept as %.120s", pattern);
    app_message(a, ALERT_INFO, "kept in %s", path);
    return true;
}

static const struct prompt_kind keep_prompt = {
    .label = "keep this lens for: ", .open = keep_open, .accept = keep_accept};

// --- editing a value

// The bytes of a field as they are, or as they are typed. How many of them are known.
static size_t bytes_of(const struct app *a, const struct lens_field *f,
                       uint8_t bytes[VALUE_BYTES_MAX]) {
    const struct hexwin *w = &a->hex.bytes.win;
    size_t need = value_needs(&f->value), n = 0, index = 0, run = 0;
    struct edit_byte typed;
    for (; n < need; n++) {
        bool there = hexwin_find(w, f->offset + n, &index, &run) &&
                     (w->marks[index] == MARK_DATA || w->marks[index] == MARK_HOLE);
        if (!there)
            break;
        bytes[n] = editbuf_get(&a->hex.edit.buf, f->offset + n, &typed) ? typed.now
                                                                        : w->bytes[index];
    }
    return n;
}

static void field_open(struct app *a) {
    struct lens_field f;
    uint8_t bytes[VALUE_BYTES_MAX];
    char text[4 * VALUE_BYTES_MAX + 8];
    if (!lens_field(a->hex.lens.lens, a->hex.lens.row, &f))
        return;
    value_edit_text(&f.value, bytes, bytes_of(a, &f, bytes), text, sizeof text);
    if (strlen(text) < TEXTEDIT_SIZE) // what would be cut is better typed anew
        prompt_text(a, text);
    prompt_remark(a, ALERT_NONE, "%.80s %s", f.type, f.path);
}

static bool field_accept(struct app *a) {
    struct lens_field f;
    uint8_t bytes[VALUE_BYTES_MAX];
    char why[120];
    size_t len = 0;
    if (!lens_field(a->hex.lens.lens, a->hex.lens.row, &f) || !edit_may(a))
        return true;
    if (value_parse(&f.value, a->prompt.edit.text, bytes, &len, why, sizeof why) != 0) {
        prompt_remark(a, ALERT_BAD, "%s", why);
        return false;
    }
    if (edit_put_value(a, f.offset, bytes, len))
        app_message(a, ALERT_INFO, "pending; W writes, u undoes");
    return true;
}

static const struct prompt_kind field_prompt = {
    .label = "value: ", .open = field_open, .accept = field_accept};

static void edit_field(struct app *a) {
    struct lens_field f;
    if (!edit_may(a) || !lens_field(a->hex.lens.lens, a->hex.lens.row, &f))
        return;
    if (f.value.kind == VALUE_SEM || f.value.kind == VALUE_MUTEX || f.value.kind == VALUE_BYTES)
        app_message(a, ALERT_INFO, "this is no value that can be typed: edit its bytes");
    else
        prompt_open(a, &field_prompt);
}

// --- going to an offset

static bool goto_accept(struct app *a) {
    const char *why = "";
    uint64_t at = 0;
    if (!hex_parse_goto(&a->hex, a->prompt.edit.text, &at, &why)) {
        prompt_remark(a, ALERT_BAD, "%s", why);
        return false;
    }
    set_row(a, lens_row_at(a->hex.lens.lens, at));
    return true;
}

static const struct prompt_kind goto_prompt = {.label = "go to the field at: ",
                                               .accept = goto_accept};

// --- the screen

// Back to the bytes of the field; what is pending stays in sight there.
static void back(struct app *a) {
    struct lens_field f;
    bool there = lens_field(a->hex.lens.lens, a->hex.lens.row, &f);
    a->hex.edit.on |= edit_pending(a);
    app_go(a, VIEW_HEX);
    if (there)
        hex_set_cursor(a, f.offset);
}

static bool move_command(struct app *a, enum command cmd) {
    uint64_t row = a->hex.lens.row, page = rows_on_screen(a), count = row_count(a);
    uint64_t step = cmd == CMD_PAGE_UP || cmd == CMD_PAGE_DOWN ? page : 1;
    switch (cmd) {
    case CMD_UP:
    case CMD_PAGE_UP:
        set_row(a, row > step ? row - step : 0);
        return true;
    case CMD_DOWN:
    case CMD_PAGE_DOWN:
        set_row(a, row + step < count ? row + step : count);
        return true;
    case CMD_TOP:
        set_row(a, 0);
        return true;
    case CMD_BOTTOM:
        set_row(a, count);
        return true;
    default:
        return false;
    }
}

static bool lens_command(struct app *a, enum command cmd) {
    if (move_command(a, cmd))
        return true;
    switch (cmd) {
    case CMD_LENS:
        prompt_open(a, &lens_prompt);
        return true;
    case CMD_LENS_EDIT:
        edit_field(a);
        return true;
    case CMD_LENS_KEEP:
        if (app_may_change(a))
            prompt_open(a, &keep_prompt);
        return true;
    case CMD_GOTO:
        prompt_open(a, &goto_prompt);
        return true;
    case CMD_HEX_FREEZE:
        a->hex.frozen = !a->hex.frozen;
        app_message(a, ALERT_INFO, "%s", a->hex.frozen ? "frozen: nothing is read" : "live again");
        return true;
    case CMD_EDIT_UNDO:
    case CMD_EDIT_REDO:
        edit_command(a, cmd);
        set_row(a, lens_row_at(a->hex.lens.lens, a->hex.cursor));
        return true;
    case CMD_EDIT_WRITE:
        return edit_command(a, cmd);
    case CMD_CLOSE:
    case CMD_BACK:
        back(a);
        return true;
    default:
        return false;
    }
}

static void lens_settle(struct app *a) {
    struct lens_state *l = &a->hex.lens;
    if (a->view != VIEW_LENS || !l->lens)
        return;
    uint64_t rows = lens_rows(l->lens);
    lens_fit(l->lens, hex_size(&a->hex)); // the segment may have been resized
    if (lens_rows(l->lens) != rows || l->row - l->top >= rows_on_screen(a))
        set_row(a, l->row);
}

static void lens_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    const struct hex_state *h = &a->hex;
    struct view_lens v = {.frame = frame,
                          .seg = h->seg,
                          .segment = h->segment,
                          .gone = h->gone,
                          .frozen = h->frozen,
                          .lens = h->lens.lens,
                          .from = h->lens.from,
                          .win = &h->bytes.win,
                          .edits = &h->edit.buf,
                          .size = hex_size(h),
                          .top = h->lens.top,
                          .row = h->lens.row,
                          .problem = h->bytes.problem};
    lens_draw(c, &v);
}

const struct screen lens_screen = {
    .draw = lens_show, .command = lens_command, .settle = lens_settle};
