// sights.c - what a picture or the JSON of `list` tells, in the terms of truth.h.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/truth.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/segname.h"
#include "core/snapshot.h"

static struct sight *add(struct sights *s) {
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 256;
        s->items = reallocarray(s->items, s->cap, sizeof *s->items);
        assert_non_null(s->items);
    }
    struct sight *sight = &s->items[s->count++];
    *sight = (struct sight){0};
    return sight;
}

static void make_room(struct sight *s, size_t holders) {
    s->holders = calloc(holders + 1, sizeof *s->holders);
    assert_non_null(s->holders);
    s->holder_count = holders;
}

void sights_done(struct sights *s) {
    for (size_t i = 0; i < s->count; i++)
        free(s->items[i].holders);
    free(s->items);
    *s = (struct sights){0};
}

// Between fork and exec a worker's child is called as it is, then as its program.
static bool is_worker(const char *comm, size_t len) {
    return (len == strlen(TRUTH_WORKER) && memcmp(comm, TRUTH_WORKER, len) == 0) ||
           (len == 4 && memcmp(comm, "true", len) == 0);
}

// ---- of a picture

static u64v number_of(const struct segment *seg, enum seg_field field) {
    uint64_t value = 0;
    enum why why = seg_get(seg, field, &value);
    return why == WHY_KNOWN ? u64v_of(value) : u64v_missing(why);
}

static void take_holders(const struct snapshot *snap, const struct segment *seg, struct sight *s) {
    make_room(s, seg->holding_count);
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *h = &snap->holdings[seg->first_holding + i];
        const struct process *p = &snap->processes[h->process];
        const char *comm = "";
        size_t len = 0;
        strv_get(p->comm, &comm, &len);
        s->holders[i] = (struct sight_holder){.pid = p->id.pid,
                                              .is_worker = is_worker(comm, len),
                                              .share = {h->mappings, h->fds, h->locks,
                                                        h->access & (ACCESS_R | ACCESS_W),
                                                        h->is_private, h->mapped_bytes}};
        snprintf(s->holders[i].comm, sizeof s->holders[i].comm, "%.*s", (int)len, comm);
    }
}

void sights_of_snapshot(const struct snapshot *snap, struct sights *out) {
    *out = (struct sights){0};
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        struct sight *s = add(out);
        const char *name;
        size_t len;
        seg_format(seg, s->id, sizeof s->id);
        s->kind = seg->id.kind;
        if (strv_get(seg->name, &name, &len) == WHY_KNOWN)
            name_escape(name, len, false, s->name, sizeof s->name);
        s->size = number_of(seg, SEG_SIZE);
        s->resident = number_of(seg, SEG_RESIDENT);
        s->nattch = number_of(seg, SEG_NATTCH);
        s->hidden = number_of(seg, SEG_HIDDEN);
        s->ipc_ns = number_of(seg, SEG_IPC_NS);
        s->mnt_ns = number_of(seg, SEG_MNT_NS);
        s->unlinked = (seg->flags & SEG_FLAG_UNLINKED) != 0;
        s->left_namespace = (seg->flags & SEG_FLAG_LEFT_NAMESPACE) != 0;
        s->huge = (seg->flags & SEG_FLAG_HUGE) != 0;
        s->unseen_lock = u64v_of(seg->locked_unseen);
        s->names = seg->name_count ? seg->name_count + 1u : 0;
        take_holders(snap, seg, s);
    }
}

// ---- of JSON

static u64v number_in(json_t *o, const char *name) {
    json_t *value = json_object_get(o, name);
    return json_is_integer(value) ? u64v_of((uint64_t)json_integer_value(value))
                                  : u64v_missing(WHY_NOT_ASKED);
}

static uint32_t count_in(json_t *o, const char *name) {
    json_t *value = json_object_get(o, name);
    assert_true(json_is_integer(value));
    return (uint32_t)json_integer_value(value);
}

static const char *text_in(json_t *o, const char *name) {
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static bool has_flag(json_t *o, const char *flag) {
    json_t *value;
    size_t i;
    json_array_foreach(json_object_get(o, "flags"), i,
                       value) if (strcmp(json_string_value(value), flag) == 0) return true;
    return false;
}

static void take_json_holders(json_t *list, struct sight *s) {
    json_t *h;
    size_t i;
    make_room(s, json_array_size(list));
    json_array_foreach(list, i, h) {
        const char *access = text_in(h, "access"), *comm = text_in(h, "comm");
        s->holders[i] = (struct sight_holder){
            .pid = (pid_t)count_in(h, "pid"),
            .is_worker = is_worker(comm, strlen(comm)),
            .share = {
                .mappings = count_in(h, "mappings"),
                .fds = count_in(h, "fds"),
                .locks = count_in(h, "locks"),
                .access = (uint8_t)((strchr(access, 'r') ? ACCESS_R : 0) |
                                    (strchr(access, 'w') ? ACCESS_W : 0)),
                .is_private = json_is_true(json_object_get(h, "private")),
                .mapped_bytes = (uint64_t)json_integer_value(json_object_get(h, "mapped_bytes")),
            }};
        snprintf(s->holders[i].comm, sizeof s->holders[i].comm, "%s", comm);
    }
}

static enum seg_kind kind_of(const char *word) {
    for (int kind = 0; kind < SEG_KIND_COUNT; kind++)
        if (strcmp(word, seg_kind_name((enum seg_kind)kind)) == 0)
            return (enum seg_kind)kind;
    fail_msg("no kind: %s", word);
    return SEG_KIND_COUNT;
}

void sights_of_json(const char *path, struct sights *out) {
    json_error_t error;
    json_t *doc = json_load_file(path, 0, &error), *o;
    size_t i;
    *out = (struct sights){0};
    if (!doc)
        fail_msg("%s: %s", path, error.text);
    json_array_foreach(json_object_get(doc, "segments"), i, o) {
        struct sight *s = add(out);
        snprintf(s->id, sizeof s->id, "%s", text_in(o, "id"));
        s->kind = kind_of(text_in(o, "kind"));
        snprintf(s->name, sizeof s->name, "%s", text_in(o, "name"));
        s->size = number_in(o, "size");
        s->resident = number_in(o, "resident");
        s->nattch = number_in(o, "nattch");
        s->hidden = number_in(o, "hidden_mappings");
        s->ipc_ns = number_in(o, "ipc_ns");
        s->mnt_ns = number_in(o, "mnt_ns");
        s->unlinked = has_flag(o, "unlinked");
        s->left_namespace = has_flag(o, "left-namespace");
        s->huge = has_flag(o, "huge");
        s->unseen_lock = u64v_missing(WHY_NOT_ASKED);
        s->names = json_array_size(json_object_get(o, "names"));
        take_json_holders(json_object_get(o, "holders"), s);
    }
    json_decref(doc);
}
