// app_hexfind.c - going to an offset and finding bytes in the hex view.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "core/fmt.h"

enum { PAGE = 4096 };

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
    uint64_t size = hex_size(h), n = 0;
    while (*text == ' ')
        text++;
    char sign = *text == '+' || *text == '-' ? *text : '\0';
    if (parse_percent(text, size, &n)) {
        *at = n;
        return true;
    }
    bool page = *text == 'p';
    if (page ? parse_u64(text + 1, &n) != 0 || n > UINT64_MAX / PAGE
             : parse_size(sign ? text + 1 : text, &n) != 0) {
        *why = "not an offset: 4096, 0x1000, 64K, +64, -64, 50% or p12";
        return false;
    }
    if (page)
        n *= PAGE;
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

void hex_find(struct app *a, int dir) {
    struct hex_state *h = &a->hex;
    struct pattern *pattern = NULL;
    const char *why = "";
    if (!h->bytes.open || !h->needle[0] || !a->snap)
        return;
    if (h->gone) {
        app_message(a, ALERT_WARN, "this segment is gone");
        return;
    }
    // Parsed each time: the byte order may have been turned round.
    if (pattern_parse(h->needle, h->big_endian, &pattern, &why) != 0) {
        app_message(a, ALERT_BAD, "%s", why);
        return;
    }
    struct io_request *req = app_request(a, IO_SEARCH, &h->bytes.id);
    req->may_attach = h->bytes.may_attach;
    req->may_load = h->bytes.may_load;
    req->pattern = pattern;
    req->backwards = dir < 0;
    bool here = h->match_len > 0 && h->match_at == h->cursor;
    req->offset = dir < 0 ? (h->cursor ? h->cursor - 1 : UINT64_MAX)
                          : h->cursor + (here ? h->match_len : 1);
    h->searching = true;
    h->seeking_difference = false;
    h->search_serial = req->serial;
    app_job(a, req);
    app_message(a, ALERT_INFO, "searching for \"%s\"   Esc stops", h->needle);
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
    const char *what = h->seeking_difference ? "a difference" : h->needle;
    h->searching = !reply->done;
    if (reply->err) {
        char text[640];
        h->searching = false;
        fault_format(&reply->fault, text, sizeof text);
        app_message(a, ALERT_BAD, "%s", text);
    } else if (reply->found) {
        hex_set_cursor(a, reply->at);
        h->match_at = reply->at;
        h->match_len = reply->match;
        app_message(a, ALERT_INFO,
                    h->seeking_difference ? "%s at 0x%llx   d next  , previous"
                                          : "\"%s\" at 0x%llx   n next  N previous",
                    what, (unsigned long long)reply->at);
    } else if (reply->done && reply->skipped) {
        app_message(a, ALERT_WARN, "\"%s\" is not in what was searched; %s %s", what,
                    fmt_size(reply->skipped, done),
                    "swapped out or out of sight was left alone (A reads it)");
    } else if (reply->done) {
        app_message(a, ALERT_WARN,
                    h->seeking_difference ? "there is not %s" : "\"%s\" is not in this segment",
                    what);
    } else {
        app_message(a, ALERT_INFO, "searching for \"%s\": %s of %s   Esc stops", what,
                    fmt_size(reply->searched, done), fmt_size(hex_size(h), (char[16]){0}));
        a->message_end = 0;
    }
}

// --- the prompts

static void goto_open(struct app *a) {
    prompt_remark(a, ALERT_NONE, "4096  0x1000  +64  -64  50%%  p12 (page)");
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
    if (a->hex.needle[0])
        prompt_remark(a, ALERT_NONE, "Enter alone: \"%.160s\"", a->hex.needle);
    else
        prompt_remark(a, ALERT_NONE, "text  \\x7f  u32:138184  i16:-2  f64:1.5  re:[0-9]+");
}

static bool find_accept(struct app *a) {
    const char *why = "";
    struct pattern *pattern = NULL;
    if (a->prompt.edit.text[0] || !a->hex.needle[0]) {
        if (pattern_parse(a->prompt.edit.text, a->hex.big_endian, &pattern, &why) != 0) {
            prompt_remark(a, ALERT_BAD, "%s", why);
            return false;
        }
        pattern_free(pattern);
        snprintf(a->hex.needle, sizeof a->hex.needle, "%s", a->prompt.edit.text);
    }
    hex_find(a, 1);
    return true;
}

const struct prompt_kind hex_find_prompt = {
    .label = "find: ", .open = find_open, .accept = find_accept};
