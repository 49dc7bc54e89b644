// app_hexcmp.c - the bytes beside an earlier capture of them, or beside another segment.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"

bool hex_compares(const struct app *a) {
    return a->hex.compare.with != COMPARE_NONE;
}

void hex_compare_stop(struct app *a) {
    struct hex_state *h = &a->hex;
    h->compare = (struct compare_with){.with = COMPARE_NONE};
    hexwin_done(&h->other);
    xcheck(hexwin_init(&h->other));
    h->other_problem[0] = '\0';
    h->match_len = 0;
}

void hex_compare_bytes(struct app *a, const struct io_reply *reply) {
    struct hex_state *h = &a->hex;
    if (!hex_compares(a) || !reply->other)
        return;
    if (strcmp(h->other_problem, reply->other_problem) != 0)
        app_do(a, EFFECT_DRAW);
    memcpy(h->other_problem, reply->other_problem, sizeof h->other_problem);
    uint64_t changes = h->other.changes;
    bool first = h->other.offset != reply->offset || h->other.len != reply->len;
    xcheck(hexwin_update_parts(&h->other, reply->parts, reply->part_count, reply->end, reply->other,
                               reply->other_marks, reply->len, a->mono_ns));
    if (first || h->other.changes != changes)
        app_do(a, EFFECT_DRAW);
}

// --- captures

static void take_capture(struct app *a) {
    struct hex_state *h = &a->hex;
    uint64_t offset = 0, len = UINT64_MAX;
    if (h->gone || h->bytes.size == 0) {
        app_message(a, ALERT_WARN, "there are no bytes to capture");
        return;
    }
    hex_selection(h, &offset, &len);
    struct io_request *req = app_request(a, IO_CAPTURE, &h->bytes.id);
    req->offset = offset;
    req->len = len < SIZE_MAX ? (size_t)len : SIZE_MAX;
    req->may_attach = h->bytes.may_attach;
    h->capture_serial = req->serial;
    h->has_capture = false;
    app_job(a, req);
}

void hex_capture_reply(struct app *a, const struct io_reply *reply) {
    struct hex_state *h = &a->hex;
    char text[640], size[2][16];
    if (reply->serial != h->capture_serial)
        return;
    h->has_capture = reply->err == 0;
    if (reply->err) {
        fault_format(&reply->fault, text, sizeof text);
        app_message(a, reply->fault.outcome == OUTCOME_REFUSED ? ALERT_WARN : ALERT_BAD, "%s",
                    text);
        if (h->compare.with == COMPARE_CAPTURE)
            hex_compare_stop(a);
        return;
    }
    time_t seconds = (time_t)(a->wall_ns / UINT64_C(1000000000)) + a->utc_offset;
    struct tm when;
    gmtime_r(&seconds, &when);
    snprintf(h->capture_name, sizeof h->capture_name, "capture of %02d:%02d:%02d", when.tm_hour,
             when.tm_min, when.tm_sec);
    app_message(a, ALERT_INFO, "%s: %s, %s of data   D compares with it", h->capture_name,
                fmt_size(reply->end - reply->offset, size[0]), fmt_size(reply->len, size[1]));
}

// --- what to compare with

static void compare_open(struct app *a) {
    if (a->hex.has_capture)
        prompt_remark(a, ALERT_NONE, "a SEG; Enter alone: the %s", a->hex.capture_name);
    else
        prompt_remark(a, ALERT_NONE, "a SEG like posix:/name");
}

static void begin(struct app *a, const struct compare_with *with, const char *name) {
    struct hex_state *h = &a->hex;
    hex_compare_stop(a);
    h->compare = *with;
    snprintf(h->compare_name, sizeof h->compare_name, "%s", name);
    hex_set_cursor(a, h->cursor);
}

static const struct segment *named(const struct snapshot *snap, const char *text,
                                   const char **why) {
    struct seg_ref ref;
    if (seg_parse(text, &ref, why) != 0)
        return NULL;
    *why = "there is no such segment in the list";
    for (size_t i = 0; i < snap->segment_count; i++)
        if (seg_ref_matches(&ref, &snap->segments[i], snap->names))
            return &snap->segments[i];
    return NULL;
}

static bool compare_accept(struct app *a) {
    struct hex_state *h = &a->hex;
    const char *text = a->prompt.edit.text, *why = "";
    char name[sizeof h->compare_name];
    if (!text[0] && h->has_capture) {
        begin(a, &(struct compare_with){.with = COMPARE_CAPTURE}, h->capture_name);
        return true;
    }
    const struct segment *seg = text[0] && a->snap ? named(a->snap, text, &why) : NULL;
    if (!seg) {
        prompt_remark(a, ALERT_BAD, "%s", text[0] ? why : "K takes a capture; or name a SEG");
        return false;
    }
    if (seg_id_same(&seg->id, &h->bytes.id)) {
        prompt_remark(a, ALERT_BAD, "that is this segment: K takes a capture of it");
        return false;
    }
    seg_format(seg, name, sizeof name);
    begin(a, &(struct compare_with){.with = COMPARE_SEGMENT, .id = seg->id}, name);
    return true;
}

const struct prompt_kind hex_compare_prompt = {
    .label = "compare with: ", .open = compare_open, .accept = compare_accept};

static void next_difference(struct app *a, bool back) {
    struct hex_state *h = &a->hex;
    if (!hex_compares(a)) {
        app_message(a, ALERT_INFO, "nothing is compared: D chooses with what");
        return;
    }
    if (h->gone || !a->snap) {
        app_message(a, ALERT_WARN, "this segment is gone");
        return;
    }
    struct io_request *req = app_request(a, IO_SEARCH, &h->bytes.id);
    req->compare = h->compare;
    req->may_attach = h->bytes.may_attach;
    req->may_load = h->bytes.may_load;
    req->backwards = back;
    req->offset = back ? (h->cursor ? h->cursor - 1 : UINT64_MAX) : h->cursor + 1;
    h->searching = true;
    h->search_serial = req->serial;
    h->seeking_difference = true;
    app_job(a, req);
}

bool hex_compare_command(struct app *a, enum command cmd) {
    switch (cmd) {
    case CMD_HEX_CAPTURE:
        take_capture(a);
        return true;
    case CMD_HEX_COMPARE:
        if (!hex_compares(a)) {
            prompt_open(a, &hex_compare_prompt);
            return true;
        }
        hex_compare_stop(a);
        hex_set_cursor(a, a->hex.cursor);
        app_message(a, ALERT_INFO, "compared no more");
        return true;
    case CMD_HEX_DIFF_NEXT:
    case CMD_HEX_DIFF_PREV:
        next_difference(a, cmd == CMD_HEX_DIFF_PREV);
        return true;
    default:
        return false;
    }
}
