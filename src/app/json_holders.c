// json_holders.c - who holds a segment, as JSON text.
#include "app/json_holders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/xalloc.h"
#include "core/segname.h"

static void make_room(struct json_buf *b, size_t more) {
    if (b->cap - b->len >= more)
        return;
    size_t cap = b->cap ? b->cap : 4096;
    while (cap - b->len < more)
        cap *= 2;
    b->bytes = xreallocarray(b->bytes, cap, 1);
    b->cap = cap;
}

static void add_bytes(struct json_buf *b, const char *bytes, size_t len) {
    make_room(b, len);
    memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
}

void json_buf_add(struct json_buf *b, const char *text) {
    add_bytes(b, text, strlen(text));
}

static void add_number(struct json_buf *b, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    add_bytes(b, digits + at, sizeof digits - at);
}

// Text that name_escape() made: it has no control bytes and is valid UTF-8.
static void add_escaped(struct json_buf *b, const char *text, size_t len) {
    json_buf_add(b, "\"");
    for (size_t from = 0, i = 0; i <= len; i++) {
        if (i < len && text[i] != '"' && text[i] != '\\')
            continue;
        add_bytes(b, text + from, i - from);
        if (i < len)
            json_buf_add(b, text[i] == '"' ? "\\\"" : "\\\\");
        from = i + 1;
    }
    json_buf_add(b, "\"");
}

// Text from outside, escaped as in a SEG.
static void add_text(struct json_buf *b, const char *bytes, size_t len) {
    char small[512];
    size_t need = name_escape(bytes, len, false, small, sizeof small);
    if (need < sizeof small) {
        add_escaped(b, small, need);
        return;
    }
    char *big = xcalloc(1, need + 1);
    name_escape(bytes, len, false, big, need + 1);
    add_escaped(b, big, need);
    free(big);
}

// Names and reasons of what could not be learned of one holder.
struct missing {
    struct {
        const char *name;
        enum why why;
    } items[8];
    size_t count;
};

static void add_null(struct json_buf *b, struct missing *m, const char *name, enum why why) {
    json_buf_add(b, "null");
    if (why == WHY_NONE || m->count == sizeof m->items / sizeof m->items[0])
        return;
    m->items[m->count].name = name;
    m->items[m->count++].why = why;
}

static void begin_member(struct json_buf *b, const char *name) {
    json_buf_add(b, ", \"");
    json_buf_add(b, name);
    json_buf_add(b, "\": ");
}

static void put_number(struct json_buf *b, struct missing *m, const char *name, u64v number) {
    uint64_t value = 0;
    enum why why = u64v_get(number, &value);
    begin_member(b, name);
    if (why == WHY_KNOWN && value > INT64_MAX)
        why = WHY_MALFORMED; // promised never to appear
    if (why == WHY_KNOWN)
        add_number(b, value);
    else
        add_null(b, m, name, why);
}

static void put_text(struct json_buf *b, struct missing *m, const char *name, strv text) {
    const char *bytes = NULL;
    size_t len = 0;
    enum why why = strv_get(text, &bytes, &len);
    begin_member(b, name);
    if (why == WHY_KNOWN)
        add_text(b, bytes, len);
    else
        add_null(b, m, name, why);
}

static void put_flag(struct json_buf *b, const char *name, bool flag) {
    begin_member(b, name);
    json_buf_add(b, flag ? "true" : "false");
}

const char *json_access(uint8_t access) {
    static const char *const words[] = {NULL, "r", "w", "rw"};
    return words[access & (ACCESS_R | ACCESS_W)];
}

static void put_access(struct json_buf *b, uint8_t access) {
    const char *word = json_access(access);
    begin_member(b, "access");
    if (word)
        add_escaped(b, word, strlen(word));
    else
        json_buf_add(b, "null");
}

static void put_ranges(struct json_buf *b, const struct snapshot *snap, const struct holding *h) {
    begin_member(b, "ranges");
    json_buf_add(b, "[");
    for (uint32_t i = 0; i < h->range_count; i++) {
        const struct map_range *r = &snap->ranges[h->first_range + i];
        char text[128];
        snprintf(text, sizeof text,
                 "%s{\"start\": \"0x%" PRIx64 "\", \"end\": \"0x%" PRIx64
                 "\", \"offset\": %" PRIu64,
                 i > 0 ? ", " : "", r->start, r->end, r->offset & INT64_MAX);
        json_buf_add(b, text);
        put_access(b, r->access);
        put_flag(b, "private", r->is_private);
        json_buf_add(b, "}");
    }
    json_buf_add(b, "]");
}

static void put_missing(struct json_buf *b, const struct missing *m) {
    begin_member(b, "why");
    json_buf_add(b, "{");
    for (size_t i = 0; i < m->count; i++) {
        json_buf_add(b, i > 0 ? ", \"" : "\"");
        json_buf_add(b, m->items[i].name);
        json_buf_add(b, "\": \"");
        json_buf_add(b, why_name(m->items[i].why));
        json_buf_add(b, "\"");
    }
    json_buf_add(b, "}");
}

static void put_holder(struct json_buf *b, const struct snapshot *snap, const struct holding *h,
                       bool ranges) {
    const struct process *p = &snap->processes[h->process];
    struct missing missing = {0};
    uint64_t uid = 0;
    enum why why = u64v_get(p->uid, &uid);
    strv user = why == WHY_KNOWN ? snapshot_user(snap, (uint32_t)uid) : strv_missing(why);
    json_buf_add(b, "{\"pid\": ");
    add_number(b, (uint64_t)p->id.pid);
    put_number(b, &missing, "start_ticks", u64v_of(p->id.start_ticks));
    put_text(b, &missing, "comm", p->comm);
    put_number(b, &missing, "uid", p->uid);
    put_text(b, &missing, "user", user);
    put_number(b, &missing, "mappings", u64v_of(h->mappings));
    put_number(b, &missing, "fds", u64v_of(h->fds));
    put_number(b, &missing, "locks", u64v_of(h->locks));
    put_access(b, h->access);
    put_flag(b, "private", h->is_private);
    put_number(b, &missing, "mapped_bytes", u64v_of(h->mapped_bytes));
    put_text(b, &missing, "container", p->container);
    if (ranges)
        put_ranges(b, snap, h);
    if (missing.count > 0)
        put_missing(b, &missing);
    json_buf_add(b, "}");
}

void json_buf_holders(struct json_buf *b, const struct snapshot *snap, const struct segment *seg,
                      bool ranges) {
    json_buf_add(b, "[");
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        if (i > 0)
            json_buf_add(b, ", ");
        put_holder(b, snap, &snap->holdings[seg->first_holding + i], ranges);
    }
    json_buf_add(b, "]");
}
