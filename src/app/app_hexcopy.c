// app_hexcopy.c - bytes of the hex view to the clipboard and to a file.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/bytestext.h"
#include "core/fmt.h"

// --- the clipboard

enum { COPY_MAX = TERM_COPY_MAX / 2 }; // hex takes three characters a byte and is refused then

static void copy_bytes(struct app *a, const uint8_t *bytes, size_t len) {
    enum bytes_form form = a->hex.copy_form;
    size_t need = bytes_text(form, bytes, len, NULL, 0);
    char *text = xcalloc(need + 1, 1), what[80];
    bytes_text(form, bytes, len, text, need + 1);
    snprintf(what, sizeof what, "%zu byte%s as %s", len, len == 1 ? "" : "s",
             bytes_form_name(form));
    app_copy(a, text, need, what);
    free(text);
}

// What the screen shows is copied as it is seen; what goes beyond it is read anew.
static void copy_as(struct app *a, enum bytes_form form) {
    struct hex_state *h = &a->hex;
    const struct hexwin *w = &h->bytes.win;
    uint64_t offset = 0, len = 0;
    size_t index = 0, run = 0;
    if (!hex_selection(h, &offset, &len))
        return;
    h->copy_form = form;
    if (len > COPY_MAX) {
        app_message(a, ALERT_WARN, "%" PRIu64 " bytes are too many for a clipboard: s saves them",
                    len);
        return;
    }
    if (hexwin_find(w, offset, &index, &run) && run >= len) {
        if (memchr(w->marks + index, MARK_SWAPPED, (size_t)len) ||
            memchr(w->marks + index, MARK_UNKNOWN, (size_t)len))
            app_message(a, ALERT_WARN, "not all of these bytes were read: A reads them");
        else
            copy_bytes(a, w->bytes + index, (size_t)len);
        return;
    }
    struct io_request *req = app_request(a, IO_FETCH, &h->bytes.id);
    req->offset = offset;
    req->len = (size_t)len;
    req->may_attach = h->bytes.may_attach;
    req->may_load = h->bytes.may_load;
    h->fetch_serial = req->serial;
    app_job(a, req);
}

void hex_fetch_reply(struct app *a, const struct io_reply *reply) {
    char text[640];
    if (reply->serial != a->hex.fetch_serial)
        return;
    if (reply->err) {
        fault_format(&reply->fault, text, sizeof text);
        app_message(a, ALERT_BAD, "%s", text);
    } else if (reply->len && (memchr(reply->marks, MARK_SWAPPED, reply->len) ||
                              memchr(reply->marks, MARK_UNKNOWN, reply->len))) {
        app_message(a, ALERT_WARN, "not all of these bytes may be read quietly: A reads them");
    } else {
        copy_bytes(a, reply->bytes, reply->len);
    }
}

static bool press(struct app *a, struct dialog *d, size_t button) {
    if (button != 0)
        return true;
    if (d->focus < BYTES_FORM_COUNT)
        copy_as(a, (enum bytes_form)d->focus);
    else
        copy_segment(a);
    return true;
}

void hex_copy(struct app *a) {
    static const struct dialog_kind kind = {.name = "copy", .press = press, .menu = true};
    uint64_t offset = 0, len = 0;
    if (!hex_selection(&a->hex, &offset, &len)) {
        copy_segment(a);
        return;
    }
    struct dialog *d = dialog_new(&kind, NULL);
    snprintf(d->title, sizeof d->title, "Copy %" PRIu64 " byte%s at 0x%" PRIx64, len,
             len == 1 ? "" : "s", offset);
    for (int form = 0; form <= BYTES_FORM_COUNT; form++) {
        struct dialog_input *f = dialog_add_check(d, "", false);
        textedit_set(&f->edit, form < BYTES_FORM_COUNT ? bytes_form_name((enum bytes_form)form)
                                                       : "the SEG of the segment");
    }
    dialog_add_button(d, "Copy", 0);
    dialog_add_button(d, "Cancel", 0);
    app_open_dialog(a, d);
}

// --- a file

static void save_open(struct app *a) {
    uint64_t offset = 0, len = hex_size(&a->hex);
    char size[16];
    bool part = hex_selection(&a->hex, &offset, &len);
    prompt_remark(a, ALERT_NONE, "%s of %s, a new file", fmt_size(len, size),
                  part ? "the selection" : "the whole segment");
}

// "~/" is the home directory. False: too long.
static bool full_path(const char *text, char *path, size_t size) {
    const char *home = strncmp(text, "~/", 2) == 0 ? getenv("HOME") : NULL;
    int n = home ? snprintf(path, size, "%s%s", home, text + 1) : snprintf(path, size, "%s", text);
    return n > 0 && (size_t)n < size;
}

static bool save_accept(struct app *a) {
    struct hex_state *h = &a->hex;
    char path[4096];
    uint64_t offset = 0, len = hex_size(h);
    if (!full_path(a->prompt.edit.text, path, sizeof path)) {
        prompt_remark(a, ALERT_BAD, "the name of a file that does not exist yet");
        return false;
    }
    if (h->gone) {
        prompt_remark(a, ALERT_BAD, "this segment is gone");
        return false;
    }
    hex_selection(h, &offset, &len);
    hex_find_stop(a);
    struct io_request *req = app_request(a, IO_SAVE, &h->bytes.id);
    req->offset = offset;
    req->len = (size_t)len;
    req->path = xstrdup(path);
    req->may_attach = h->bytes.may_attach;
    req->may_load = h->bytes.may_load;
    h->searching = true; // Esc stops it just so
    h->search_serial = req->serial;
    snprintf(h->save_name, sizeof h->save_name, "%s", a->prompt.edit.text);
    app_job(a, req);
    return true;
}

const struct prompt_kind hex_save_prompt = {
    .label = "save to: ", .open = save_open, .accept = save_accept};

void hex_save_reply(struct app *a, const struct io_reply *reply) {
    struct hex_state *h = &a->hex;
    char text[640], size[16];
    if (!h->searching || reply->serial != h->search_serial)
        return;
    h->searching = !reply->done;
    if (reply->err) {
        fault_format(&reply->fault, text, sizeof text);
        app_message(a, reply->fault.outcome == OUTCOME_REFUSED ? ALERT_WARN : ALERT_BAD, "%s",
                    text);
        return;
    }
    app_message(a, ALERT_INFO, reply->done ? "saved %s to %s" : "saving: %s to %s   Esc stops",
                fmt_size(reply->searched, size), h->save_name);
    if (!reply->done)
        a->message_end = 0;
}
