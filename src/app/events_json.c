// events_json.c - events as JSON lines.
#include "app/events_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "app/json.h"
#include "app/xalloc.h"
#include "core/fmt.h"

static void put_text(json_t *o, const char *name, const char *text) {
    json_object_set_new(o, name, text && text[0] ? json_string(text) : json_null());
}

static void put_number(json_t *o, const char *name, u64v value) {
    uint64_t n = 0;
    bool known = u64v_get(value, &n) == WHY_KNOWN && n <= INT64_MAX;
    json_object_set_new(o, name, known ? json_integer((json_int_t)n) : json_null());
}

static json_t *event_value(const struct event *e) {
    json_t *o = json_object();
    char time[40];
    put_text(o, "time", fmt_rfc3339(e->wall_ns, time));
    put_text(o, "event", event_word(e->kind));
    put_text(o, "id", e->seg);
    put_text(o, "name", e->label);
    put_number(o, "size", e->size);
    put_number(o, "uid", e->uid);
    put_text(o, "user", e->user);
    put_number(o, "pid", e->pid > 0 ? u64v_of((uint64_t)e->pid) : u64v_missing(WHY_NOT_ASKED));
    put_text(o, "comm", e->comm);
    put_text(o, "detail", e->detail);
    return o;
}

char *events_json(const struct eventlog *log, size_t *len) {
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    xcheck(out ? 0 : -ENOMEM);
    json_setup();
    for (size_t i = 0; i < log->count; i++) {
        json_t *o = event_value(eventlog_at(log, i));
        json_dumpf(o, out, JSON_ENSURE_ASCII);
        json_decref(o);
        fputc('\n', out);
    }
    xcheck(fclose(out) == 0 ? 0 : -ENOMEM);
    return text;
}
