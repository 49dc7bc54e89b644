// cli_show.c - `show`: every fact of one segment, its holders, and why the rest is unknown.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "app/cli.h"
#include "app/json.h"
#include "core/fmt.h"
#include "core/origin.h"
#include "core/verdict.h"

// How the content could be read, learned by opening it without reading.
struct reading {
    enum why why; // KNOWN: both texts are there
    char route[160], side_effects[240];
};

static void learn_reading(const struct cli_look *look, const struct segment *seg,
                          struct reading *out) {
    struct content_reader *reader;
    struct fault f;
    int err = content_open(look->root, look->snap, seg, 0, &reader, &f);
    *out = (struct reading){.why = WHY_KNOWN};
    if (err == 0) {
        snprintf(out->route, sizeof out->route, "%s", content_route(reader));
        snprintf(out->side_effects, sizeof out->side_effects, "%s", content_side_effects(reader));
        content_close(reader);
    } else if (f.outcome == OUTCOME_REFUSED && seg->id.kind == SEG_SYSV) {
        snprintf(out->route, sizeof out->route, "attach");
        snprintf(out->side_effects, sizeof out->side_effects,
                 "moves attach time, detach time and last pid; holes read become pages");
    } else {
        out->why = why_from_errno(-err);
    }
}

static void show_json(const struct cli_look *look, const struct segment *seg,
                      const struct reading *reading) {
    struct json_out out;
    json_t *o = json_object();
    json_begin(&out, stdout, &look->snap->vantage, look->snap->wall_ns);
    json_segment(&out, "segment", look->snap, seg, true);
    if (reading->why == WHY_KNOWN) {
        json_object_set_new(o, "route", json_text(reading->route, strlen(reading->route)));
        json_object_set_new(o, "side_effects",
                            json_text(reading->side_effects, strlen(reading->side_effects)));
    } else {
        json_object_set_new(o, "route", json_null());
        json_object_set_new(o, "side_effects", json_null());
        const char *why = why_name(reading->why);
        json_object_set_new(o, "why", json_pack("{ssss}", "route", why, "side_effects", why));
    }
    json_member(&out, "reading", o);
    json_end(&out);
}

// --- text ---

static void line(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(const char *label, const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("  %-12s ", label);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

// "?" with its reason, or "-" where there is none.
static void line_missing(const char *label, enum why why) {
    if (why == WHY_NONE)
        line(label, "-");
    else
        line(label, "? (%s)", why_name(why));
}

static void line_bytes(const char *label, const struct segment *seg, enum seg_field f) {
    uint64_t value;
    char buf[16];
    enum why why = seg_get(seg, f, &value);
    if (why != WHY_KNOWN)
        line_missing(label, why);
    else if (value < 1024)
        line(label, "%" PRIu64 " bytes", value);
    else
        line(label, "%s (%" PRIu64 " bytes)", fmt_size(value, buf), value);
}

static void line_number(const char *label, const struct segment *seg, enum seg_field f) {
    uint64_t value;
    enum why why = seg_get(seg, f, &value);
    if (why != WHY_KNOWN)
        line_missing(label, why);
    else
        line(label, "%" PRIu64, value);
}

static void line_time(const char *label, const struct snapshot *snap, const struct segment *seg,
                      enum seg_field f) {
    uint64_t value;
    char when[40], age[16];
    enum why why = seg_get(seg, f, &value);
    if (why != WHY_KNOWN)
        line_missing(label, why);
    else if (value > snap->wall_ns)
        line(label, "%s", fmt_rfc3339(value, when));
    else
        line(label, "%s (%s ago)", fmt_rfc3339(value, when), fmt_age(snap->wall_ns - value, age));
}

static void line_pid(const char *label, const struct snapshot *snap, const struct segment *seg,
                     enum seg_field f, uint8_t state) {
    uint64_t pid;
    enum why why = seg_get(seg, f, &pid);
    if (why != WHY_KNOWN) {
        line_missing(label, why);
        return;
    }
    const struct process *p = state == PID_RUNNING ? snapshot_process(snap, (pid_t)pid) : NULL;
    const char *bytes = "";
    size_t len = 0;
    char comm[64] = "";
    if (p && strv_get(p->comm, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, comm, sizeof comm);
    line(label, "pid %" PRIu64 "%s%s, %s", pid, *comm ? " " : "", comm, pid_state_name(state));
}

static void text_of(strv text, char *buf, size_t size) {
    const char *bytes = NULL;
    size_t len = 0;
    enum why why = strv_get(text, &bytes, &len);
    if (why == WHY_KNOWN)
        name_escape(bytes, len, false, buf, size);
    else
        snprintf(buf, size, "%s", why == WHY_NONE ? "-" : "?");
}

static void line_user(const char *label, const struct snapshot *snap, const struct segment *seg,
                      enum seg_field f) {
    uint64_t uid;
    char name[300];
    enum why why = seg_get(seg, f, &uid);
    if (why != WHY_KNOWN) {
        line_missing(label, why);
        return;
    }
    text_of(snapshot_user(snap, (uint32_t)uid), name, sizeof name);
    line(label, "%" PRIu64 " (%s)", uid, name);
}

static void line_text(const char *label, strv text) {
    const char *bytes = NULL;
    size_t len = 0;
    char buf[CLI_SEG_MAX];
    enum why why = strv_get(text, &bytes, &len);
    if (why != WHY_KNOWN) {
        line_missing(label, why);
        return;
    }
    name_escape(bytes, len, false, buf, sizeof buf);
    line(label, "%s", buf);
}

static void line_flags(const struct segment *seg) {
    char text[160] = "";
    for (unsigned bit = 0; bit < SEG_FLAG_COUNT; bit++) {
        size_t used = strlen(text);
        if (seg->flags & (1u << bit))
            snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", seg_flag_name(bit));
    }
    line("flags", "%s", *text ? text : "-");
}

static void line_seals(const struct segment *seg) {
    char text[80] = "";
    uint64_t seals = 0;
    enum why why = seg_get(seg, SEG_SEALS, &seals);
    if (why != WHY_KNOWN) {
        line_missing("seals", why);
        return;
    }
    for (unsigned bit = 0; cli_seal_name(bit); bit++) {
        size_t used = strlen(text);
        if (seals & (UINT64_C(1) << bit))
            snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", cli_seal_name(bit));
    }
    line("seals", "%s", *text ? text : "-");
}

static void show_what(const struct snapshot *snap, const struct segment *seg) {
    uint64_t value;
    char mode[16];
    line("kind", "%s", seg_kind_name(seg->id.kind));
    line_text("name", seg->name);
    for (uint32_t i = 0; i < seg->name_count; i++)
        line_text("other name", snap->names[seg->first_name + i]);
    enum why why = seg_get(seg, SEG_KEY, &value);
    if (why != WHY_KNOWN)
        line_missing("key", why);
    else
        line("key", "0x%08" PRIx64 "%s", value, value ? "" : " (private)");
    if (seg->id.kind != SEG_SYSV)
        line("inode", "%" PRIu64 " on device %u:%u", seg->id.num, major(seg->id.dev),
             minor(seg->id.dev));
    line_bytes("size", seg, SEG_SIZE);
    line_bytes("resident", seg, SEG_RESIDENT);
    line_bytes("swapped", seg, SEG_SWAPPED);
    why = seg_get(seg, SEG_MODE, &value);
    if (why != WHY_KNOWN)
        line_missing("mode", why);
    else
        line("mode", "%04" PRIo64 " %s", value, fmt_mode((uint32_t)value, mode));
    line_user("owner", snap, seg, SEG_UID);
    line_number("group", seg, SEG_GID);
    line_flags(seg);
    if (seg->flags & SEG_FLAG_SEMAPHORE)
        line_number("semaphore", seg, SEG_SEM_VALUE);
}

static void show_history(const struct snapshot *snap, const struct segment *seg) {
    if (seg->id.kind == SEG_SYSV) {
        line_user("made by", snap, seg, SEG_CREATOR_UID);
        line_pid("creator", snap, seg, SEG_CREATOR_PID, seg->creator_state);
        line_pid("last", snap, seg, SEG_LAST_PID, seg->last_state);
        line_number("nattch", seg, SEG_NATTCH);
        line_number("not visible", seg, SEG_HIDDEN);
        line_time("attached", snap, seg, SEG_ATTACH_TIME);
        line_time("detached", snap, seg, SEG_DETACH_TIME);
    } else {
        line_number("links", seg, SEG_LINKS);
        line_seals(seg);
    }
    line_time("changed", snap, seg, SEG_CHANGE_TIME);
    line_time("born", snap, seg, SEG_BIRTH_TIME);
    line_number("IPC space", seg, SEG_IPC_NS);
    line_number("mount space", seg, SEG_MNT_NS);
    line_text("container", seg->container);
}

static void show_verdict(const struct snapshot *snap, const struct segment *seg) {
    struct evidence evidence[EVIDENCE_MAX];
    const struct origin *origin = origin_of(snap, seg);
    enum verdict_state state = verdict_of(seg);
    char because[EVIDENCE_FACT];
    if (origin)
        line("origin", "%s: %s", origin->software,
             origin_because(snap, seg, because, sizeof because));
    else
        line("origin", "not recognised");
    line("verdict", "%s", verdict_name(state));
    size_t count = verdict_explain(snap, seg, evidence);
    for (size_t i = 0; i < count; i++)
        line("", "%s %s", evidence[i].speaks_for == state ? "because" : "but", evidence[i].fact);
}

static const char *access_text(uint8_t access, bool is_private) {
    static const char *const shared[] = {"-", "r", "w", "rw"};
    static const char *const private[] = {"-", "r p", "w p", "rw p"};
    return (is_private ? private : shared)[access & (ACCESS_R | ACCESS_W)];
}

static void show_holder(const struct snapshot *snap, const struct holding *h) {
    const struct process *p = &snap->processes[h->process];
    uint64_t uid = 0;
    char user[64] = "?", command[256], bytes[16];
    if (u64v_get(p->uid, &uid) == WHY_KNOWN) {
        text_of(snapshot_user(snap, (uint32_t)uid), user, sizeof user);
        if (strcmp(user, "-") == 0 || strcmp(user, "?") == 0)
            snprintf(user, sizeof user, "%" PRIu64, uid);
    }
    const char *unused = NULL;
    size_t len = 0;
    bool has_line = strv_get(p->cmdline, &unused, &len) == WHY_KNOWN && len > 0;
    text_of(has_line ? p->cmdline : p->comm, command, sizeof command);
    printf("  %7d %-10s %-6s %4" PRIu32 " %4" PRIu32 " %5" PRIu32 " %6s  %s\n", p->id.pid, user,
           access_text(h->access, h->is_private), h->mappings, h->fds, h->locks,
           fmt_size(h->mapped_bytes, bytes), command);
    for (uint32_t i = 0; i < h->range_count; i++) {
        const struct map_range *r = &snap->ranges[h->first_range + i];
        printf("          %" PRIx64 "-%" PRIx64 " %s from 0x%" PRIx64 "\n", r->start, r->end,
               access_text(r->access, r->is_private), r->offset);
    }
}

static void show_holders(const struct snapshot *snap, const struct segment *seg) {
    char use[300];
    const struct coverage *c = &snap->coverage;
    printf("\nholders: %s\n", cli_use(snap, seg, use, sizeof use));
    if (seg->holding_count > 0)
        printf("  %7s %-10s %-6s %4s %4s %5s %6s  %s\n", "PID", "USER", "ACCESS", "MAPS", "FDS",
               "LOCKS", "BYTES", "COMMAND");
    for (uint32_t i = 0; i < seg->holding_count; i++)
        show_holder(snap, &snap->holdings[seg->first_holding + i]);
    uint64_t hidden = 0;
    if (c->denied == 0 && seg_get(seg, SEG_HIDDEN, &hidden) == WHY_KNOWN && hidden > 0)
        puts("  who is not visible lives outside of our pid namespace, or came while we looked");
    if (c->denied > 0)
        printf("  %" PRIu32 " of %" PRIu32
               " processes could not be looked into: there may be more\n",
               c->denied, c->processes);
}

static void show_text(const struct cli_look *look, const struct segment *seg,
                      const struct reading *reading) {
    char name[CLI_SEG_MAX];
    seg_format(seg, name, sizeof name);
    puts(name);
    show_what(look->snap, seg);
    show_history(look->snap, seg);
    show_verdict(look->snap, seg);
    if (reading->why == WHY_KNOWN) {
        line("reading", "%s", reading->route);
        line("its cost", "%s", reading->side_effects);
    } else {
        line_missing("reading", reading->why);
    }
    show_holders(look->snap, seg);
}

int cli_show(const struct options *opt) {
    struct cli_look look;
    struct fault f;
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    const struct segment *seg = cli_find(&look, opt->operands[0], &f);
    if (seg) {
        struct reading reading;
        learn_reading(&look, seg, &reading);
        (opt->json ? show_json : show_text)(&look, seg, &reading);
    } else {
        status = cli_error(&f);
    }
    cli_look_done(&look);
    return status;
}
