// json.c - the JSON of every command: one envelope, written piece by piece.
#include "app/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/json_holders.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/origin.h"
#include "core/segname.h"
#include "core/verdict.h"

enum { SCHEMA = 1 };

static void *alloc(size_t size) {
    return xreallocarray(NULL, 1, size);
}

void json_setup(void) {
    json_set_alloc_funcs(alloc, free);
}

// --- the envelope ---

static void write_name(struct json_out *out, const char *name) {
    fprintf(out->file, "%s\"%s\": ", out->more ? ",\n " : "{", name);
    out->more = true;
}

static void write_value(struct json_out *out, json_t *value) {
    json_dumpf(value, out->file, JSON_ENCODE_ANY);
    json_decref(value);
}

void json_member(struct json_out *out, const char *name, json_t *value) {
    write_name(out, name);
    write_value(out, value);
}

void json_begin(struct json_out *out, FILE *file, const struct vantage *vantage, uint64_t wall_ns) {
    char time[40];
    *out = (struct json_out){.file = file};
    json_member(out, "schema", json_integer(SCHEMA));
    json_member(out, "version", json_string(SHMTOP_VERSION));
    json_member(out, "host",
                json_text(vantage->host, strnlen(vantage->host, sizeof vantage->host)));
    json_member(out, "time", json_string(fmt_rfc3339(wall_ns, time)));
    json_member(out, "uid", json_integer(vantage->uid));
}

void json_list_begin(struct json_out *out, const char *name) {
    write_name(out, name);
    fputc('[', out->file);
    out->more = false;
}

static void begin_element(struct json_out *out) {
    fputs(out->more ? ",\n  " : "\n  ", out->file);
    out->more = true;
}

void json_element(struct json_out *out, json_t *value) {
    begin_element(out);
    write_value(out, value);
}

void json_list_end(struct json_out *out) {
    fputc(']', out->file);
    out->more = true;
}

void json_end(struct json_out *out) {
    fputs("}\n", out->file);
}

// --- values, each with the reason when it could not be learned ---

// Puts a value, or null and, when it could not be learned, its reason. The value is taken.
static void put(json_t *object, json_t *reasons, const char *name, enum why why, json_t *value) {
    json_object_set_new_nocheck(object, name, value ? value : json_null());
    if (why != WHY_KNOWN && why != WHY_NONE)
        json_object_set_new_nocheck(reasons, name, json_string(why_name(why)));
}

void json_put_number(json_t *object, json_t *reasons, const char *name, u64v number) {
    uint64_t value = 0;
    enum why why = u64v_get(number, &value);
    if (why == WHY_KNOWN && value > INT64_MAX)
        why = WHY_MALFORMED; // promised never to appear
    put(object, reasons, name, why, why == WHY_KNOWN ? json_integer((json_int_t)value) : NULL);
}

void json_put_text(json_t *object, json_t *reasons, const char *name, strv text) {
    const char *bytes = NULL;
    size_t len = 0;
    enum why why = strv_get(text, &bytes, &len);
    put(object, reasons, name, why, why == WHY_KNOWN ? json_text(bytes, len) : NULL);
}

static void put_user(json_t *object, json_t *reasons, const struct snapshot *snap, u64v uid) {
    uint64_t value = 0;
    enum why why = u64v_get(uid, &value);
    json_put_text(object, reasons, "user",
                  why == WHY_KNOWN ? snapshot_user(snap, (uint32_t)value) : strv_missing(why));
}

static u64v field(const struct segment *seg, enum seg_field f) {
    uint64_t value = 0;
    enum why why = seg_get(seg, f, &value);
    return why == WHY_KNOWN ? u64v_of(value) : u64v_missing(why);
}

json_t *json_text(const char *bytes, size_t len) {
    char small[512];
    size_t need = name_escape(bytes, len, false, small, sizeof small);
    if (need < sizeof small)
        return json_string(small);
    char *big = xcalloc(1, need + 1);
    name_escape(bytes, len, false, big, need + 1);
    json_t *text = json_string(big);
    free(big);
    return text;
}

json_t *json_hex(const uint8_t *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    char *hex = xcalloc(1, len * 2 + 1);
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    json_t *text = json_stringn_nocheck(hex, len * 2);
    free(hex);
    return text;
}

// A line of our own, escaped already; cut in the middle of a character it is escaped again.
static json_t *line_value(const char *line) {
    json_t *value = json_string(line);
    return value ? value : json_text(line, strlen(line));
}

// --- a segment ---

// A key or a mode, as the text people know it by.
static void put_digits(json_t *o, json_t *reasons, const struct segment *seg, enum seg_field f) {
    uint64_t value = 0;
    enum why why = seg_get(seg, f, &value);
    char text[32];
    snprintf(text, sizeof text, f == SEG_KEY ? "0x%08x" : "%04o", (unsigned)value);
    put(o, reasons, seg_field_name(f), why, why == WHY_KNOWN ? json_string(text) : NULL);
}

static void put_time(json_t *o, json_t *reasons, const struct segment *seg, enum seg_field f) {
    uint64_t value = 0;
    enum why why = seg_get(seg, f, &value);
    char text[40] = "";
    put(o, reasons, seg_field_name(f), why,
        why == WHY_KNOWN ? json_string(fmt_rfc3339(value, text)) : NULL);
}

static void put_pid(json_t *o, json_t *reasons, const struct segment *seg, enum seg_field f,
                    uint8_t state) {
    uint64_t pid = 0;
    enum why why = seg_get(seg, f, &pid);
    json_t *value = NULL;
    if (why == WHY_KNOWN) {
        value = json_object();
        json_object_set_new(value, "pid", json_integer((json_int_t)pid));
        json_object_set_new(value, "state", json_string(pid_state_name(state)));
    }
    put(o, reasons, seg_field_name(f), why, value);
}

static void put_name(json_t *o, json_t *reasons, const struct segment *seg) {
    const char *bytes = NULL;
    size_t len = 0;
    json_put_text(o, reasons, "name", seg->name);
    if (strv_get(seg->name, &bytes, &len) != WHY_KNOWN)
        return;
    const char *shown = json_string_value(json_object_get(o, "name"));
    if (shown && (strlen(shown) != len || memcmp(shown, bytes, len) != 0))
        json_object_set_new(o, "name_bytes", json_hex((const uint8_t *)bytes, len));
}

static json_t *flags_value(const struct segment *seg) {
    json_t *list = json_array();
    for (unsigned bit = 0; bit < SEG_FLAG_COUNT; bit++)
        if (seg->flags & (1u << bit))
            json_array_append_new(list, json_string(seg_flag_name(bit)));
    return list;
}

static void put_seals(json_t *o, json_t *reasons, const struct segment *seg) {
    uint64_t seals = 0;
    enum why why = seg_get(seg, SEG_SEALS, &seals);
    json_t *list = NULL;
    if (why == WHY_KNOWN) {
        list = json_array();
        for (unsigned bit = 0; cli_seal_name(bit); bit++)
            if (seals & (UINT64_C(1) << bit))
                json_array_append_new(list, json_string(cli_seal_name(bit)));
    }
    put(o, reasons, "seals", why, list);
}

static json_t *names_value(const struct snapshot *snap, const struct segment *seg) {
    const char *bytes = NULL;
    size_t len = 0;
    if (seg->name_count == 0)
        return NULL;
    json_t *list = json_array();
    if (strv_get(seg->name, &bytes, &len) == WHY_KNOWN)
        json_array_append_new(list, json_text(bytes, len));
    for (uint32_t i = 0; i < seg->name_count; i++)
        if (strv_get(snap->names[seg->first_name + i], &bytes, &len) == WHY_KNOWN)
            json_array_append_new(list, json_text(bytes, len));
    return list;
}

static void put_owner(json_t *o, json_t *reasons, const struct snapshot *snap,
                      const struct segment *seg) {
    put_digits(o, reasons, seg, SEG_MODE);
    json_put_number(o, reasons, "uid", field(seg, SEG_UID));
    put_user(o, reasons, snap, field(seg, SEG_UID));
    json_put_number(o, reasons, "gid", field(seg, SEG_GID));
    json_put_number(o, reasons, "creator_uid", field(seg, SEG_CREATOR_UID));
    put_pid(o, reasons, seg, SEG_CREATOR_PID, seg->creator_state);
    put_pid(o, reasons, seg, SEG_LAST_PID, seg->last_state);
}

static json_t *origin_value(const struct snapshot *snap, const struct segment *seg) {
    const struct origin *origin = origin_of(snap, seg);
    char because[EVIDENCE_FACT];
    if (!origin)
        return json_null();
    json_t *o = json_object();
    json_object_set_new(o, "software", json_text(origin->software, strlen(origin->software)));
    origin_because(snap, seg, because, sizeof because);
    json_object_set_new(o, "because", line_value(because));
    return o;
}

static json_t *verdict_value(const struct snapshot *snap, const struct segment *seg) {
    struct evidence evidence[EVIDENCE_MAX];
    size_t count = verdict_explain(snap, seg, evidence);
    json_t *o = json_object(), *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "for", json_string(verdict_name(evidence[i].speaks_for)));
        json_object_set_new(one, "fact", line_value(evidence[i].fact));
        json_object_set_new(one, "source", json_string(evidence_source_name(evidence[i].source)));
        json_array_append_new(list, one);
    }
    json_object_set_new(o, "state", json_string(verdict_name(verdict_of(seg))));
    json_object_set_new(o, "evidence", list);
    return o;
}

// All of a segment but its holders and, in `reasons`, why something is missing.
static json_t *segment_value(const struct snapshot *snap, const struct segment *seg,
                             json_t *reasons) {
    static const enum seg_field times[] = {SEG_ATTACH_TIME, SEG_DETACH_TIME, SEG_CHANGE_TIME,
                                           SEG_BIRTH_TIME};
    json_t *o = json_object();
    char id[CLI_SEG_MAX];
    seg_format(seg, id, sizeof id);
    json_object_set_new(o, "id", json_string(id));
    json_object_set_new(o, "kind", json_string(seg_kind_name(seg->id.kind)));
    put_digits(o, reasons, seg, SEG_KEY);
    put_name(o, reasons, seg);
    json_put_number(o, reasons, "size", field(seg, SEG_SIZE));
    json_put_number(o, reasons, "resident", field(seg, SEG_RESIDENT));
    json_put_number(o, reasons, "swapped", field(seg, SEG_SWAPPED));
    put_owner(o, reasons, snap, seg);
    json_put_number(o, reasons, "nattch", field(seg, SEG_NATTCH));
    json_put_number(o, reasons, "hidden_mappings", field(seg, SEG_HIDDEN));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        put_time(o, reasons, seg, times[i]);
    json_object_set_new(o, "flags", flags_value(seg));
    put_seals(o, reasons, seg);
    if (seg->flags & SEG_FLAG_SEMAPHORE)
        json_put_number(o, reasons, "semaphore", field(seg, SEG_SEM_VALUE));
    // Where the files are not all looked at, the further names of one are not met.
    uint64_t links = 0;
    bool more = seg_get(seg, SEG_LINKS, &links) == WHY_KNOWN && links > 1 && seg->name_count == 0;
    put(o, reasons, "names", more ? WHY_NOT_ASKED : WHY_NONE, names_value(snap, seg));
    json_put_number(o, reasons, "ipc_ns", field(seg, SEG_IPC_NS));
    json_put_number(o, reasons, "mnt_ns", field(seg, SEG_MNT_NS));
    json_put_text(o, reasons, "container", seg->container);
    json_object_set_new(o, "origin", origin_value(snap, seg));
    json_object_set_new(o, "verdict", verdict_value(snap, seg));
    return o;
}

json_t *json_facts(const struct snapshot *snap, const struct segment *seg) {
    json_t *reasons = json_object(), *facts = segment_value(snap, seg, reasons);
    json_decref(reasons);
    return facts;
}

static void add_value(struct json_buf *buf, json_t *value) {
    char *text = json_dumps(value, 0);
    json_buf_add(buf, text);
    json_decref(value);
    free(text);
}

void json_segment(struct json_out *out, const char *name, const struct snapshot *snap,
                  const struct segment *seg, bool ranges) {
    struct json_buf buf = {0};
    json_t *reasons = json_object();
    add_value(&buf, segment_value(snap, seg, reasons));
    buf.len--; // the brace that closes it
    json_buf_add(&buf, ", \"holders\": ");
    json_buf_holders(&buf, snap, seg, ranges);
    json_buf_add(&buf, ", \"why\": ");
    add_value(&buf, reasons);
    json_buf_add(&buf, "}");
    if (name)
        write_name(out, name);
    else
        begin_element(out);
    fwrite(buf.bytes, 1, buf.len, out->file);
    free(buf.bytes);
}

// --- the rest of a list ---

json_t *json_limits(const struct snapshot *snap) {
    static const enum limit shown[] = {
        LIMIT_SHMMNI,       LIMIT_SHMMNI_USED,       LIMIT_SHMMAX,
        LIMIT_SHMALL_PAGES, LIMIT_SHMALL_PAGES_USED, LIMIT_DEVSHM_SIZE,
        LIMIT_DEVSHM_USED,  LIMIT_MEMINFO_SHMEM};
    json_t *o = json_object(), *reasons = json_object();
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        u64v limit = snap->limits[shown[i]];
        uint64_t value = 0;
        if (u64v_get(limit, &value) == WHY_KNOWN && value > INT64_MAX)
            limit = u64v_missing(WHY_NONE); // the kernel's way to say "no limit"
        json_put_number(o, reasons, limit_name(shown[i]), limit);
    }
    if (json_object_size(reasons) > 0)
        json_object_set_new(o, "why", reasons);
    else
        json_decref(reasons);
    return o;
}

json_t *json_coverage(const struct snapshot *snap) {
    const struct coverage *c = &snap->coverage;
    json_t *o = json_object();
    json_object_set_new(o, "processes", json_integer(c->processes));
    json_object_set_new(o, "scanned", json_integer(c->scanned));
    json_object_set_new(o, "denied", json_integer(c->denied));
    json_object_set_new(o, "gone", json_integer(c->gone));
    json_object_set_new(o, "namespaces", json_integer(c->namespaces));
    json_object_set_new(o, "namespaces_denied", json_integer(c->namespaces_denied));
    return o;
}

json_t *json_note(const struct note *note) {
    json_t *o = json_object(), *unused = json_object();
    char buf[16];
    json_object_set_new(o, "probe", json_string(note->probe));
    json_put_text(o, unused, "object", note->object);
    json_object_set_new(o, "why", json_string(why_name(note->why)));
    json_object_set_new(o, "errno",
                        note->err ? json_string(errno_name(note->err, buf)) : json_null());
    json_object_set_new(o, "count", json_integer((json_int_t)note->count));
    json_decref(unused);
    return o;
}

json_t *json_item(const char *id, const char *action, const char *because, const char *result,
                  const char *error) {
    json_t *o = json_object();
    json_object_set_new(o, "id", json_string(id));
    json_object_set_new(o, "action", json_string(action));
    json_object_set_new(o, "because", because ? json_pack("[s]", because) : json_array());
    json_object_set_new(o, "result", result ? json_string(result) : json_null());
    json_object_set_new(o, "error", error ? line_value(error) : json_null());
    json_object_set_new(o, "item", json_null());
    return o;
}

const char *json_result(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_DONE:
        return "done";
    case OUTCOME_REFUSED:
        return "refused";
    default:
        return "failed";
    }
}
