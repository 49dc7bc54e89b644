// app_hexfind.c - going to an offset and finding bytes in the hex view.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"

static uint64_t size_of(const struct hex_state *h) {
    uint64_t size = h->bytes.size;
    if (size == 0 && h->segment)
        seg_get(h->segment, SEG_SIZE, &size);
    return size;
}

static bool parse_percent(const char *text, uint64_t size, uint64_t *at) {
    char number[24];
    size_t n = strlen(text);
    uint64_t percent = 0;
    if (n < 2 || n > sizeof number || text[n - 1] != '%')
        return false;
    memcpy(number, text, n - 1);
    number[n - 1] = '\0';
    if (parse_u64(number, &percent) != 0 || percent > 100)
        return false;
    *at = size / 100 * percent + size % 100 * percent / 100;
    return true;
}

bool hex_parse_goto(const struct hex_state *h, const char *text, uint64_t *at, const char **why) {
    uint64_t size = size_of(h), n = 0;
    while (*text == ' ')
        text++;
    char sign = *text == '+' || *text == '-' ? *text : '\0';
    if (parse_percent(text, size, &n)) {
        *at = n;
        return true;
    }
    if (parse_size(sign ? text + 1 : text, &n) != 0) {
        *why = "not an offset: 4096, 0x1000, 64K, +64, -64 or 50%";
        return false;
    }
    if (sign == '+')
        n = n > UINT64_MAX - h->cursor ? UINT64_MAX : h->cursor + n;
    else if (sign == '-')
        n = n > h->cursor ? 0 : h->cursor - n;
    if (!sign && n > size) {
        *why = "past the end";
        return false;
    }
    *at = n;
    return true;
}

// "u32:138184" in the byte order of the inspector. False: not of that form.
static bool parse_typed(const struct hex_state *h, const char *text, uint8_t *out, size_t *len,
                        const char **why) {
    static const struct {
        const char *prefix;
        size_t bytes;
    } types[] = {{"u8:", 1}, {"u16:", 2}, {"u32:", 4}, {"u64:", 8}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t n = strlen(types[i].prefix), width = types[i].bytes;
        uint64_t value = 0;
        if (strncmp(text, types[i].prefix, n) != 0)
            continue;
        *len = 0;
        if (parse_u64(text + n, &value) != 0 || (width < 8 && value >> (8 * width))) {
            *why = "not a number of that type";
            return true;
        }
        for (size_t b = 0; b < width; b++)
            out[h->big_endian ? width - 1 - b : b] = (uint8_t)(value >> (8 * b));
        *len = width;
        return true;
    }
    return false;
}

bool hex_parse_needle(const struct hex_state *h, const char *text, uint8_t *out, size_t size,
                      size_t *len, const char **why) {
    *why = "nothing to find";
    if (size >= 8 && parse_typed(h, text, out, len, why))
        return *len > 0;
    char raw[TEXTEDIT_SIZE];
    ssize_t n = name_unescape(text, raw, sizeof raw);
    if (n < 0)
        *why = "a backslash begins \\xNN, two hex digits";
    if (n > 0 && (size_t)n > size)
        *why = "too long";
    if (n <= 0 || (size_t)n > size)
        return false;
    memcpy(out, raw, (size_t)n);
    *len = (size_t)n;
    return true;
}

void hex_find(struct app *a, int dir) {
    struct hex_state *h = &a->hex;
    if (!h->bytes.open || !h->needle_len || !a->snap)
        return;
    if (h->gone) {
        app_message(a, ALERT_WARN, "this segment is gone");
        return;
    }
    struct io_request *req = app_request(a, IO_SEARCH, &h->bytes.id);
    req->may_attach = h->bytes.may_attach;
    req->needle = xmemdup(h->needle, h->needle_len);
    req->needle_len = h->needle_len;
    req->backwards = dir < 0;
    req->offset = dir < 0 ? (h->cursor ? h->cursor - 1 : UINT64_MAX) : h->cursor + 1;
    h->searching = true;
    h->search_serial = req->serial;
    app_job(a, req);
    app_message(a, ALERT_INFO, "searching for \"%s\"   Esc stops", h->needle_text);
    a->message_end = 0;
}

void hex_find_stop(struct app *a) {
    if (!a->hex.searching)
        return;
    a->hex.searching = false;
    app_job(a, app_request(a, IO_STOP, NULL));
}

void hex_find_reply(struct app *a, const struct io_reply *reply) {
    struct hex_state *h = &a->hex;
    char done[16];
    if (!h->searching || reply->serial != h->search_serial)
        return;
    h->searching = !reply->done;
    if (reply->err) {
        char text[640];
        h->searching = false;
        fault_format(&reply->fault, text, sizeof text);
        app_message(a, ALERT_BAD, "%s", text);
    } else if (reply->found) {
        hex_set_cursor(a, reply->at);
        app_message(a, ALERT_INFO, "\"%s\" at 0x%llx   n next  N previous", h->needle_text,
                    (unsigned long long)reply->at);
    } else if (reply->done) {
        app_message(a, ALERT_WARN, "\"%s\" is not in this segment", h->needle_text);
    } else {
        app_message(a, ALERT_INFO, "searching for \"%s\": %s of %s   Esc stops", h->needle_text,
                    fmt_size(reply->searched, done), fmt_size(size_of(h), (char[16]){0}));
        a->message_end = 0;
    }
}

// --- the prompts

static void goto_open(struct app *a) {
    prompt_remark(a, ALERT_NONE, "4096  0x1000  +64  -64  50%%");
}

static bool goto_accept(struct app *a) {
    const char *why = "";
    uint64_t at = 0;
    if (!hex_parse_goto(&a->hex, a->prompt.edit.text, &at, &why)) {
        prompt_remark(a, ALERT_BAD, "%s", why);
        return false;
    }
    hex_set_cursor(a, at);
    return true;
}

const struct prompt_kind hex_goto_prompt = {
    .label = "go to offset: ", .open = goto_open, .accept = goto_accept};

static void find_open(struct app *a) {
    if (a->hex.needle_len)
        prompt_remark(a, ALERT_NONE, "Enter alone: \"%.160s\"", a->hex.needle_text);
    else
        prompt_remark(a, ALERT_NONE, "text, \\x7f bytes, u32:138184");
}

static bool find_accept(struct app *a) {
    const char *why = "";
    uint8_t needle[sizeof a->hex.needle];
    size_t len = 0;
    if (a->prompt.edit.text[0] || !a->hex.needle_len) {
        if (!hex_parse_needle(&a->hex, a->prompt.edit.text, needle, sizeof needle, &len, &why)) {
            prompt_remark(a, ALERT_BAD, "%s", why);
            return false;
        }
        memcpy(a->hex.needle, needle, len);
        a->hex.needle_len = len;
        snprintf(a->hex.needle_text, sizeof a->hex.needle_text, "%s", a->prompt.edit.text);
    }
    hex_find(a, 1);
    return true;
}

const struct prompt_kind hex_find_prompt = {
    .label = "find: ", .open = find_open, .accept = find_accept};
