// app_dialog_write.c - writing bytes at the cursor of the hex view.
//
// What stood there when it was first seen is what the write expects: bytes that moved meanwhile
// are shown and have to be looked at again before anything is written.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/segname.h"

enum { FIELD_FORM, FIELD_BYTES };
enum { FORM_HEX, FORM_TEXT };
enum { BUTTON_CANCEL, BUTTON_AGAIN, BUTTON_WRITE };
enum { WRITE_MAX = 256, PER_LINE = 12, SHOWN_MAX = 4 * PER_LINE };

struct write_data {
    struct seg_id id;
    uint64_t offset;
    uint8_t bytes[WRITE_MAX];  // to be written
    uint8_t expect[WRITE_MAX]; // that stood there when first seen
    bool seen[WRITE_MAX];
    size_t len;
    bool good, moved, unseen;
};

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// "ff 1b", "ff1b". False: not pairs of hex digits, or too many.
static bool parse_hex(const char *text, struct write_data *w) {
    while (*text) {
        if (*text == ' ') {
            text++;
            continue;
        }
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || w->len == WRITE_MAX)
            return false;
        w->bytes[w->len++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return true;
}

static bool parse_text(const char *text, struct write_data *w) {
    char raw[TEXTEDIT_SIZE];
    ssize_t n = name_unescape(text, raw, sizeof raw);
    if (n < 0 || n > WRITE_MAX)
        return false;
    memcpy(w->bytes, raw, (size_t)n);
    w->len = (size_t)n;
    return true;
}

static bool parse(struct app *a, struct dialog *d, struct write_data *w) {
    struct dialog_input *f = &d->field[FIELD_BYTES];
    bool hex = d->field[FIELD_FORM].choice == FORM_HEX;
    w->len = 0;
    if (!(hex ? parse_hex(f->edit.text, w) : parse_text(f->edit.text, w))) {
        dialog_remark(f, ALERT_BAD,
                      hex ? "pairs of hex digits, like ff 1b" : "text; a backslash begins \\xNN");
        w->len = 0;
        return false;
    }
    if (w->len == 0) {
        dialog_remark(f, ALERT_WARN, "what to write");
        return false;
    }
    uint64_t size = a->hex.bytes.size;
    if (w->offset > size || w->len > size - w->offset) {
        dialog_remark(f, ALERT_BAD, "%zu bytes go past the end", w->len);
        return false;
    }
    dialog_remark(f, ALERT_NONE, "%zu byte%s", w->len, w->len == 1 ? "" : "s");
    return true;
}

// The byte at the offset as last read. False: it was not.
static bool byte_now(const struct hexwin *win, uint64_t offset, uint8_t *byte) {
    size_t index = 0, run = 0;
    if (!hexwin_find(win, offset, &index, &run))
        return false;
    *byte = win->bytes[index];
    return win->marks[index] == MARK_DATA || win->marks[index] == MARK_HOLE;
}

static void compare(struct app *a, struct dialog *d, struct write_data *w) {
    w->moved = w->unseen = false;
    for (size_t i = 0; i < w->len; i++) {
        uint8_t now = 0;
        bool there = byte_now(&a->hex.bytes.win, w->offset + i, &now);
        if (there && !w->seen[i]) {
            w->expect[i] = now;
            w->seen[i] = true;
        }
        w->unseen |= !w->seen[i];
        if (there && now != w->expect[i] && !w->moved)
            dialog_line(d, ALERT_BAD, "0x%" PRIx64 " is now %02x, was %02x when you typed",
                        w->offset + i, now, w->expect[i]);
        w->moved |= there && now != w->expect[i];
    }
    if (w->moved)
        dialog_line(d, ALERT_BAD, "Look again takes in what stands there now.");
}

static void hex_text(const uint8_t *bytes, const bool *known, size_t n, char *buf) {
    for (size_t i = 0; i < n; i++)
        buf += known && !known[i] ? sprintf(buf, "%s??", i ? " " : "")
                                  : sprintf(buf, "%s%02x", i ? " " : "", bytes[i]);
    *buf = '\0';
}

static void change_lines(struct dialog *d, const struct write_data *w) {
    char old[PER_LINE * 3 + 1], new[PER_LINE * 3 + 1];
    for (size_t i = 0; i < w->len && i < SHOWN_MAX; i += PER_LINE) {
        size_t n = w->len - i < PER_LINE ? w->len - i : PER_LINE;
        hex_text(w->expect + i, w->seen + i, n, old);
        hex_text(w->bytes + i, NULL, n, new);
        dialog_line(d, ALERT_NONE, "0x%" PRIx64 "  %s -> %s", w->offset + i, old, new);
    }
    if (w->len > SHOWN_MAX)
        dialog_line(d, ALERT_NONE, "... %zu bytes in all", w->len);
}

static void same_as(struct app *a, struct dialog *d, const struct write_data *w) {
    char hex[WRITE_MAX * 2 + 1] = "", expect[WRITE_MAX * 2 + 1] = "", seg[4300];
    for (size_t i = 0; i < w->len; i++) {
        sprintf(hex + 2 * i, "%02x", w->bytes[i]);
        sprintf(expect + 2 * i, "%02x", w->expect[i]);
    }
    free(d->same_as);
    d->same_as = xasprintf("shmtop write %s --offset 0x%" PRIx64 " --hex %s --expect %s",
                           shell_quote(a->hex.seg, seg, sizeof seg), w->offset, hex, expect);
}

static void refresh(struct app *a, struct dialog *d) {
    struct write_data *w = d->data;
    char title[4300], use[96];
    dialog_clear_lines(d);
    w->good = parse(a, d, w);
    if (a->hex.segment)
        dialog_line(d, ALERT_NONE, "%s  %s",
                    seg_title(a->hex.snap, a->hex.segment, title, sizeof title),
                    seg_use_text(a->hex.segment, use, sizeof use));
    if (a->hex.gone)
        dialog_line(d, ALERT_BAD, "It is gone.");
    compare(a, d, w);
    change_lines(d, w);
    if (w->unseen)
        dialog_line(d, ALERT_WARN, "Not all of the bytes there could be read yet.");
    if (w->len > 1 && (w->len > 8 || (w->len & (w->len - 1)) || w->offset % w->len))
        dialog_line(d, ALERT_NONE, "Other programs may see a part of it: this is not atomic.");
    same_as(a, d, w);
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    struct write_data *w = d->data;
    if (button == BUTTON_CANCEL)
        return true;
    if (button == BUTTON_AGAIN) {
        memset(w->seen, 0, sizeof w->seen);
        return false;
    }
    if (!app_may_change(a))
        return false;
    if (!w->good || w->unseen) {
        d->focus = FIELD_BYTES;
        return false;
    }
    if (w->moved || a->hex.gone) {
        app_message(a, ALERT_WARN,
                    a->hex.gone ? "this segment is gone" : "the bytes moved: look again first");
        return false;
    }
    const char *why = "";
    struct io_request *req = app_request(a, IO_OP, &w->id);
    struct op_request *op = xcalloc(1, sizeof *op);
    op_request_init(op, OP_WRITE);
    op->id = w->id;
    snprintf(op->seg, sizeof op->seg, "%s", a->hex.seg);
    seg_parse(op->seg, &op->where, &why);
    op->offset = w->offset;
    op->bytes = req->bytes = xmemdup(w->bytes, w->len);
    op->expect = req->expect = xmemdup(w->expect, w->len);
    op->bytes_len = op->expect_len = w->len;
    req->op = OP_WRITE;
    req->create_or_write = op;
    app_job(a, req);
    app_message(a, ALERT_INFO, "writing...");
    return true;
}

static const struct dialog_kind kind = {
    .name = "write", .refresh = refresh, .press = press, .free_data = free};

static bool is_write(const struct dialog *d) {
    return d && d->kind == &kind;
}

bool dialog_write_range(const struct app *a, uint64_t *offset, size_t *len) {
    if (!is_write(a->dialog))
        return false;
    const struct write_data *w = a->dialog->data;
    if (w->len == 0)
        return false;
    *offset = w->offset;
    *len = w->len;
    return true;
}

void dialog_write_open(struct app *a) {
    const struct hex_state *h = &a->hex;
    if (!app_may_change(a))
        return;
    if (h->gone || h->bytes.size == 0) {
        app_message(a, ALERT_WARN, "%s",
                    h->gone               ? "this segment is gone"
                    : h->bytes.problem[0] ? h->bytes.problem
                                          : "there are no bytes to change");
        return;
    }
    struct write_data *w = xcalloc(1, sizeof *w);
    w->id = h->bytes.id;
    w->offset = h->cursor;
    struct dialog *d = dialog_new(&kind, w);
    snprintf(d->title, sizeof d->title, "Write into live memory at 0x%" PRIx64, w->offset);
    dialog_add_choice(d, "As", "hex|text", FORM_HEX);
    dialog_add_text(d, "Bytes", "");
    dialog_add_button(d, "Cancel", 0);
    dialog_add_button(d, "Look again", 0);
    dialog_add_button(d, "Write: press W", 'W');
    d->focus = FIELD_BYTES;
    app_open_dialog(a, d);
}
