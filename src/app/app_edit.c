// app_edit.c - editing in the hex view: what is typed stays pending until it is written.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "core/text.h"
#include "core/value.h"

enum { SEAL_WRITE = 0x8, SEAL_FUTURE_WRITE = 0x10 }; // F_SEAL_*
enum { MODE_WRITE_ANYBODY = 0222, MODE_WRITE_OTHERS = 0022 };

bool edit_pending(const struct app *a) {
    return a->hex.edit.buf.count > 0;
}

static void forget_back(struct edit_state *e) {
    edit_spans_free(e->back, e->back_count);
    e->back = NULL;
    e->back_count = 0;
}

void edit_stop(struct app *a) {
    struct edit_state *e = &a->hex.edit;
    editbuf_done(&e->buf);
    forget_back(e);
    *e = (struct edit_state){.on = false};
}

// --- whether it can be edited at all

// Why nobody like us can write to it; NULL: the facts say nothing against it.
static const char *forbidden(const struct app *a) {
    const struct segment *seg = a->hex.segment;
    uint64_t seals = 0, mode = 0, uid = 0;
    if (!seg)
        return NULL;
    if (seg_get(seg, SEG_SEALS, &seals) == WHY_KNOWN && (seals & (SEAL_WRITE | SEAL_FUTURE_WRITE)))
        return "it is sealed against writing";
    bool by_name = seg->id.kind == SEG_SYSV || seg->id.kind == SEG_POSIX;
    if (!by_name || a->snap->vantage.uid == 0 || seg_get(seg, SEG_MODE, &mode) != WHY_KNOWN)
        return NULL;
    if (!(mode & MODE_WRITE_ANYBODY))
        return "its mode lets nobody write to it";
    bool own = seg_get(seg, SEG_UID, &uid) != WHY_KNOWN || uid == a->snap->vantage.uid;
    return !own && !(mode & MODE_WRITE_OTHERS) ? "its mode lets only its owner write to it" : NULL;
}

bool edit_may(struct app *a) {
    const struct hex_state *h = &a->hex;
    const char *why = h->gone                          ? "this segment is gone"
                      : h->bytes.size == 0 || !a->snap ? "there are no bytes to change"
                      : h->edit.writing                ? "still writing"
                                                       : forbidden(a);
    if (!app_may_change(a))
        return false;
    if (why)
        app_message(a, ALERT_WARN, "%s",
                    h->bytes.problem[0] && h->bytes.size == 0 ? h->bytes.problem : why);
    return !why;
}

// The byte as last read. False: it was not, and nobody could tell whether it moves.
static bool byte_now(const struct app *a, uint64_t offset, uint8_t *byte) {
    const struct hexwin *w = &a->hex.bytes.win;
    size_t index = 0, run = 0;
    if (!hexwin_find(w, offset, &index, &run))
        return false;
    *byte = w->bytes[index];
    return w->marks[index] == MARK_DATA || w->marks[index] == MARK_HOLE;
}

static bool complain(struct app *a, int err) {
    if (err)
        app_message(a, ALERT_WARN, "too much is pending: write it first (W)");
    return err == 0;
}

bool edit_put_value(struct app *a, uint64_t offset, const uint8_t *bytes, size_t len) {
    uint8_t *old = xcalloc(1, len);
    bool seen = offset < hex_size(&a->hex) && len <= hex_size(&a->hex) - offset;
    if (!seen)
        app_message(a, ALERT_WARN, "%zu bytes would go past the end", len);
    for (size_t i = 0; seen && i < len; i++) {
        struct edit_byte b;
        seen = editbuf_get(&a->hex.edit.buf, offset + i, &b);
        old[i] = seen ? b.old : 0;
        if (!seen && !byte_now(a, offset + i, &old[i]))
            app_message(a, ALERT_WARN, "not all of these bytes could be read: look at them first");
        else
            seen = true;
    }
    if (seen)
        seen = complain(a, xcheck(editbuf_value(&a->hex.edit.buf, offset, old, bytes, len)));
    free(old);
    app_do(a, EFFECT_DRAW);
    return seen;
}

// --- typing

static bool type_byte(struct app *a, uint64_t offset, uint8_t now) {
    struct edit_byte b = {0};
    if (!editbuf_get(&a->hex.edit.buf, offset, &b) && !byte_now(a, offset, &b.old)) {
        app_message(a, ALERT_WARN,
                    "this byte could not be read, so that nobody could tell "
                    "whether it moves");
        return false;
    }
    return complain(a, xcheck(editbuf_type(&a->hex.edit.buf, offset, b.old, now)));
}

static void type_digit(struct app *a, unsigned digit) {
    struct edit_state *e = &a->hex.edit;
    uint64_t at = a->hex.cursor;
    struct edit_byte b = {0};
    bool low = e->half && e->half_at == at;
    if (!editbuf_get(&e->buf, at, &b))
        byte_now(a, at, &b.now);
    if (!low)
        editbuf_new_group(&e->buf);
    if (!type_byte(a, at, (uint8_t)(low ? (b.now & 0xf0u) | digit : (b.now & 0x0fu) | digit << 4)))
        return;
    e->half = !low;
    e->half_at = at;
    if (low)
        hex_move(a, true, 1);
}

static void type_character(struct app *a, uint32_t cp) {
    char bytes[4];
    size_t n = utf8_encode(cp, bytes);
    editbuf_new_group(&a->hex.edit.buf);
    if (n > hex_size(&a->hex) - a->hex.cursor) {
        app_message(a, ALERT_WARN, "it would go past the end");
        return;
    }
    for (size_t i = 0; i < n; i++)
        if (!type_byte(a, a->hex.cursor + i, (uint8_t)bytes[i]))
            return;
    hex_move(a, true, n);
}

static int hex_digit(uint32_t ch) {
    if (ch >= '0' && ch <= '9')
        return (int)ch - '0';
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? (int)ch - 'a' + 10 : -1;
}

enum view app_key_view(const struct app *a) {
    return a->view == VIEW_HEX && a->hex.edit.on ? VIEW_EDIT : a->view;
}

bool edit_key(struct app *a, const struct key *key) {
    struct edit_state *e = &a->hex.edit;
    if (app_key_view(a) == VIEW_EDIT && key->code == KEY_ENTER_) {
        edit_command(a, CMD_EDIT_WRITE);
        return true;
    }
    if (app_key_view(a) != VIEW_EDIT || key->code != KEY_CHAR || key->ch < 0x20 || key->ch == 0x7f)
        return false;
    int digit = key->ch < 0x80 ? hex_digit(key->ch) : -1;
    if (!e->text_side && digit < 0)
        return false;
    app_do(a, EFFECT_DRAW);
    if (!edit_may(a))
        return true;
    if (e->text_side)
        type_character(a, key->ch);
    else
        type_digit(a, (unsigned)digit);
    return true;
}

// --- undo, and putting back what was written over

static void put_back(struct app *a) {
    struct edit_state *e = &a->hex.edit;
    if (!e->back) {
        app_message(a, ALERT_INFO, "nothing to undo");
        return;
    }
    if (!edit_may(a))
        return;
    for (size_t i = 0; i < e->back_count; i++)
        if (!complain(a, xcheck(editbuf_value(&e->buf, e->back[i].offset, e->back[i].bytes,
                                              e->back[i].old, e->back[i].len))))
            return;
    e->putting_back = true;
    dialog_write_open(a);
}

static void undo(struct app *a, bool again) {
    struct edit_state *e = &a->hex.edit;
    uint64_t at = a->hex.cursor;
    bool done = again ? editbuf_redo(&e->buf, &at) : editbuf_undo(&e->buf, &at);
    e->half = false;
    app_do(a, EFFECT_DRAW);
    if (done)
        hex_set_cursor(a, at);
    else if (again)
        app_message(a, ALERT_INFO, "nothing to do again");
    else if (edit_pending(a))
        app_message(a, ALERT_INFO, "nothing more to undo; Esc drops what is pending");
    else
        put_back(a);
}

// Equal rows are not folded while bytes are typed, so that the cursor has to be looked for.
static void turn(struct app *a, bool on) {
    struct edit_state *e = &a->hex.edit;
    e->on = on;
    e->text_side = e->half = false;
    hex_set_cursor(a, a->hex.cursor);
}

// --- a value at the cursor

static void value_open(struct app *a) {
    prompt_remark(a, ALERT_NONE, "u32:138184  i8:-1  f64:1.5  or text with \\x7f bytes");
}

static bool value_accept(struct app *a) {
    const char *text = a->prompt.edit.text, *colon = strchr(text, ':');
    struct value_type t = {.kind = VALUE_TEXT, .size = VALUE_BYTES_MAX};
    uint8_t bytes[VALUE_BYTES_MAX];
    char why[120];
    size_t len = 0;
    bool typed = colon && value_type_named(text, (size_t)(colon - text), a->hex.big_endian, &t);
    if (!text[0] || !edit_may(a))
        return true;
    if (value_parse(&t, typed ? colon + 1 : text, bytes, &len, why, sizeof why) != 0) {
        prompt_remark(a, ALERT_BAD, "%s", why);
        return false;
    }
    len -= !typed && len > 0 && bytes[len - 1] == 0; // text is written without a NUL behind it
    if (len > 0 && edit_put_value(a, a->hex.cursor, bytes, len))
        turn(a, true);
    return true;
}

static const struct prompt_kind value_prompt = {
    .label = "value at the cursor: ", .open = value_open, .accept = value_accept};

// --- commands

static void begin(struct app *a) {
    if (!edit_may(a))
        return;
    turn(a, true);
    app_message(a, ALERT_INFO, "type digits, Tab characters; W writes, u undoes, Esc leaves");
}

static void leave(struct app *a) {
    if (edit_pending(a))
        edit_question_open(a, EDIT_LEAVES_MODE, VIEW_HEX);
    else
        turn(a, false);
}

bool edit_command(struct app *a, enum command cmd) {
    struct edit_state *e = &a->hex.edit;
    switch (cmd) {
    case CMD_EDIT:
        begin(a);
        return true;
    case CMD_EDIT_WRITE:
        if (!edit_pending(a))
            app_message(a, ALERT_INFO, "nothing is pending: e edits, = types a value");
        else if (edit_may(a))
            dialog_write_open(a);
        return true;
    case CMD_EDIT_UNDO:
    case CMD_EDIT_REDO:
        undo(a, cmd == CMD_EDIT_REDO);
        return true;
    case CMD_EDIT_SIDE:
        e->text_side = !e->text_side;
        e->half = false;
        if (e->text_side)
            app_message(a, ALERT_INFO, "characters: Enter writes, Backspace undoes, Tab digits");
        app_do(a, EFFECT_DRAW);
        return true;
    case CMD_VALUE:
        if (edit_may(a))
            prompt_open(a, &value_prompt);
        return true;
    case CMD_BACK:
    case CMD_CLOSE:
        if (app_key_view(a) != VIEW_EDIT)
            return false;
        leave(a);
        return true;
    default:
        return false;
    }
}

void edit_settle(struct app *a) {
    struct edit_state *e = &a->hex.edit;
    if (e->putting_back && !a->dialog && !e->writing) { // it was thought better of
        e->putting_back = false;
        editbuf_clear(&e->buf);
        app_do(a, EFFECT_DRAW);
    }
}

// --- what came of writing

// What was written stops being pending and can be put back.
static void take_written(struct edit_state *e, struct io_reply *reply, size_t done) {
    size_t n = 0;
    forget_back(e);
    e->back = xcalloc(done, sizeof *e->back);
    for (size_t i = 0; i < reply->span_count; i++) {
        struct edit_span *s = &reply->spans[i];
        if (reply->items[i].outcome != OUTCOME_DONE || !s->old)
            continue;
        editbuf_written(&e->buf, s->offset, s->len);
        e->back[n++] = (struct edit_span){.offset = s->offset,
                                          .len = s->len,
                                          .bytes = xmemdup(s->bytes, s->len),
                                          .old = xmemdup(s->old, s->len)};
    }
    e->back_count = n;
}

static void tell(struct app *a, const struct io_reply *reply, size_t done, size_t bytes) {
    const struct op_item *worst = NULL, *noted = NULL;
    for (size_t i = 0; i < reply->item_count; i++) {
        const struct op_item *item = &reply->items[i];
        if (item->outcome != OUTCOME_DONE && item->text[0] && !worst)
            worst = item;
        if (item->outcome == OUTCOME_DONE && item->text[0])
            noted = item;
    }
    if (done == reply->span_count)
        app_message(a, ALERT_INFO, "wrote %zu byte%s in %zu place%s; u puts the old ones back%s%s",
                    bytes, bytes == 1 ? "" : "s", done, done == 1 ? "" : "s", noted ? "; " : "",
                    noted ? noted->text : "");
    else
        app_message(a, worst && worst->outcome == OUTCOME_FAILED ? ALERT_BAD : ALERT_WARN, "%s: %s",
                    done ? "not all was written" : "nothing was written", worst ? worst->text : "");
}

void edit_written(struct app *a, struct io_reply *reply) {
    struct edit_state *e = &a->hex.edit;
    size_t done = 0, bytes = 0;
    for (size_t i = 0; i < reply->span_count; i++)
        if (reply->items[i].outcome == OUTCOME_DONE) {
            done++;
            bytes += reply->spans[i].len;
        }
    tell(a, reply, done, bytes);
    if (!e->writing || reply->serial != e->writing)
        return; // the view was closed meanwhile
    e->writing = 0;
    if (done)
        take_written(e, reply, done);
    if (e->putting_back) {
        e->putting_back = false;
        editbuf_clear(&e->buf);
    }
    app_do(a, EFFECT_DRAW);
}
