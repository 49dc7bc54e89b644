// columns.c - the text of every cell of the segment table.
#include "core/columns.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/origin.h"
#include "core/segname.h"
#include "core/verdict.h"

// A cell being written: where to, and how.
struct cell {
    const struct snapshot *snap;
    const struct segment *seg;
    const struct column_style *style;
    char *buf;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static enum why put(const struct cell *c, const char *format,
                                                          ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(c->buf, c->size, format, args);
    va_end(args);
    return WHY_KNOWN;
}

static enum why put_name(const struct cell *c, strv name) {
    const char *bytes;
    size_t len;
    enum why why = strv_get(name, &bytes, &len);
    if (why == WHY_KNOWN)
        name_escape(bytes, len, false, c->buf, c->size);
    return why;
}

// ---- what is counted

enum why column_holders(const struct snapshot *snap, const struct segment *seg, uint64_t *out) {
    uint64_t nattch = 1;
    if (seg->holding_count == 0 && snap->coverage.scanned == 0 &&
        (seg_get(seg, SEG_NATTCH, &nattch) != WHY_KNOWN || nattch > 0))
        return snap->coverage.denied > 0 ? WHY_DENIED : WHY_NOT_ASKED;
    *out = seg->holding_count;
    return WHY_KNOWN;
}

enum why column_attached(const struct snapshot *snap, const struct segment *seg, uint64_t *out) {
    if (seg->id.kind == SEG_SYSV)
        return seg_get(seg, SEG_NATTCH, out);
    uint64_t holders, mappings = 0;
    enum why why = column_holders(snap, seg, &holders);
    if (why != WHY_KNOWN)
        return why;
    for (uint32_t i = 0; i < seg->holding_count; i++)
        mappings += snap->holdings[seg->first_holding + i].mappings;
    *out = mappings;
    return WHY_KNOWN;
}

enum why column_att(const struct snapshot *snap, const struct segment *seg, uint64_t *out) {
    uint64_t count = 0;
    enum why why = column_attached(snap, seg, &count);
    if (why == WHY_KNOWN && count == 0 && seg->id.kind != SEG_SYSV && seg->holding_count == 0 &&
        verdict_of(seg) == VERDICT_UNKNOWN)
        return snap->coverage.denied > 0 ? WHY_DENIED : WHY_NOT_ASKED;
    if (why == WHY_KNOWN)
        *out = count;
    return why;
}

enum why column_latest(const struct segment *seg, uint64_t *out) {
    static const enum seg_field fields[] = {SEG_BIRTH_TIME, SEG_CHANGE_TIME, SEG_ATTACH_TIME,
                                            SEG_DETACH_TIME};
    uint64_t latest = 0, time;
    enum why missing = WHY_NONE;
    bool known = false;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        enum why why = seg_get(seg, fields[i], &time);
        if (why == WHY_KNOWN) {
            latest = !known || time > latest ? time : latest;
            known = true;
        } else if (why != WHY_NONE) {
            missing = why;
        }
    }
    if (!known)
        return missing;
    *out = latest;
    return WHY_KNOWN;
}

const char *column_state(const struct segment *seg) {
    if (seg->flags & SEG_FLAG_DEST)
        return "dest";
    if (seg->flags & SEG_FLAG_UNLINKED)
        return "unlinked";
    enum verdict_state state = verdict_of(seg);
    return state == VERDICT_ORPHAN ? "ORPHAN" : verdict_name(state);
}

// ---- one function for each kind of cell

typedef enum why cell_fn(const struct cell *c, enum seg_field field);

static enum why cell_id(const struct cell *c, enum seg_field field) {
    (void)field;
    seg_format(c->seg, c->buf, c->size);
    return WHY_KNOWN;
}

static enum why cell_kind(const struct cell *c, enum seg_field field) {
    (void)field;
    return put(c, "%s", seg_kind_name(c->seg->id.kind));
}

static enum why cell_name(const struct cell *c, enum seg_field field) {
    (void)field;
    return put_name(c, c->seg->name);
}

static enum why cell_container(const struct cell *c, enum seg_field field) {
    (void)field;
    return put_name(c, c->seg->container);
}

// Where it is, when that is not here.
static enum why cell_place(const struct cell *c, enum seg_field field) {
    uint64_t ns;
    (void)field;
    if (!c->seg->foreign)
        return WHY_NONE;
    if (put_name(c, c->seg->container) == WHY_KNOWN)
        return WHY_KNOWN;
    bool sysv = c->seg->id.kind == SEG_SYSV;
    enum why why = seg_get(c->seg, sysv ? SEG_IPC_NS : SEG_MNT_NS, &ns);
    return why == WHY_KNOWN ? put(c, "%s:%" PRIu64, sysv ? "ipc" : "mnt", ns) : why;
}

// A name that can be seen, whatever the segment is.
static enum why cell_label(const struct cell *c, enum seg_field field) {
    uint64_t key;
    (void)field;
    if (c->seg->id.kind == SEG_SYSV) {
        enum why why = seg_get(c->seg, SEG_KEY, &key);
        if (why != WHY_KNOWN)
            return why;
        return key == 0 ? put(c, "private") : put(c, "0x%08" PRIx64, key);
    }
    enum why why = put_name(c, c->seg->name);
    if (why == WHY_KNOWN && c->seg->name.len_ == 0)
        return put(c, "\"\"");
    if (why == WHY_NONE && c->seg->id.kind == SEG_ANON)
        return put(c, "anonymous");
    return why;
}

static enum why cell_key(const struct cell *c, enum seg_field field) {
    uint64_t key;
    enum why why = seg_get(c->seg, field, &key);
    return why == WHY_KNOWN ? put(c, "0x%08" PRIx64, key) : why;
}

static enum why put_number(const struct cell *c, enum why why, uint64_t value) {
    return why == WHY_KNOWN ? put(c, "%" PRIu64, value) : why;
}

static enum why cell_number(const struct cell *c, enum seg_field field) {
    uint64_t value = 0;
    enum why why = seg_get(c->seg, field, &value);
    return put_number(c, why, value);
}

static enum why cell_bytes(const struct cell *c, enum seg_field field) {
    uint64_t bytes;
    char text[16];
    enum why why = seg_get(c->seg, field, &bytes);
    if (why != WHY_KNOWN)
        return why;
    return c->style->raw_bytes ? put(c, "%" PRIu64, bytes) : put(c, "%s", fmt_size(bytes, text));
}

static enum why cell_mode(const struct cell *c, enum seg_field field) {
    uint64_t mode;
    enum why why = seg_get(c->seg, field, &mode);
    return why == WHY_KNOWN ? put(c, "%04" PRIo64, mode) : why;
}

static enum why cell_perm(const struct cell *c, enum seg_field field) {
    uint64_t mode;
    char text[16];
    enum why why = seg_get(c->seg, field, &mode);
    return why == WHY_KNOWN ? put(c, "%s", fmt_mode((uint32_t)mode, text)) : why;
}

static enum why cell_user(const struct cell *c, enum seg_field field) {
    uint64_t uid;
    enum why why = seg_get(c->seg, field, &uid);
    if (why != WHY_KNOWN || put_name(c, snapshot_user(c->snap, (uint32_t)uid)) == WHY_KNOWN)
        return why;
    return put(c, "%" PRIu64, uid);
}

static enum why cell_pid(const struct cell *c, enum seg_field field) {
    static const char *const marks[] = {
        [PID_UNKNOWN] = " ?", [PID_RUNNING] = "", [PID_GONE] = " gone", [PID_REUSED] = " reused"};
    uint64_t pid;
    unsigned state = field == SEG_CREATOR_PID ? c->seg->creator_state : c->seg->last_state;
    enum why why = seg_get(c->seg, field, &pid);
    if (why != WHY_KNOWN)
        return why;
    return put(c, "%" PRIu64 "%s", pid, state <= PID_REUSED ? marks[state] : "");
}

static enum why cell_time(const struct cell *c, enum seg_field field) {
    uint64_t time;
    char text[40];
    enum why why = seg_get(c->seg, field, &time);
    return why == WHY_KNOWN ? put(c, "%s", fmt_rfc3339(time, text)) : why;
}

static enum why cell_age(const struct cell *c, enum seg_field field) {
    uint64_t latest;
    char text[16];
    (void)field;
    enum why why = column_latest(c->seg, &latest);
    if (why != WHY_KNOWN)
        return why;
    uint64_t now = c->style->now_ns;
    return put(c, "%s", fmt_age(now > latest ? now - latest : 0, text));
}

static enum why cell_holders(const struct cell *c, enum seg_field field) {
    uint64_t count = 0;
    (void)field;
    enum why why = column_holders(c->snap, c->seg, &count);
    return put_number(c, why, count);
}

static enum why cell_att(const struct cell *c, enum seg_field field) {
    uint64_t count = 0;
    (void)field;
    enum why why = column_att(c->snap, c->seg, &count);
    return put_number(c, why, count);
}

static enum why cell_flags(const struct cell *c, enum seg_field field) {
    size_t n = 0;
    (void)field;
    for (unsigned bit = 0; bit < SEG_FLAG_COUNT; bit++) {
        if (!(c->seg->flags & 1u << bit) || n >= c->size)
            continue;
        int len = snprintf(c->buf + n, c->size - n, "%s%s", n > 0 ? "," : "", seg_flag_name(bit));
        n += len > 0 ? (size_t)len : 0;
    }
    return n > 0 ? WHY_KNOWN : WHY_NONE;
}

static enum why cell_state(const struct cell *c, enum seg_field field) {
    (void)field;
    return put(c, "%s", column_state(c->seg));
}

static enum why cell_verdict(const struct cell *c, enum seg_field field) {
    (void)field;
    return put(c, "%s", verdict_name(verdict_of(c->seg)));
}

static enum why cell_origin(const struct cell *c, enum seg_field field) {
    const struct origin *row = origin_of(c->snap, c->seg);
    (void)field;
    return row ? put_name(c, strv_of(row->software, strlen(row->software))) : WHY_NONE;
}

// ---- the table

static const struct {
    cell_fn *text;
    enum seg_field field; // what `text` reads, where it is made for several
} how[COLUMN_COUNT] = {
    [COL_ID] = {.text = cell_id},
    [COL_KIND] = {.text = cell_kind},
    [COL_KEY] = {cell_key, SEG_KEY},
    [COL_NAME] = {.text = cell_name},
    [COL_SIZE] = {cell_bytes, SEG_SIZE},
    [COL_RESIDENT] = {cell_bytes, SEG_RESIDENT},
    [COL_SWAPPED] = {cell_bytes, SEG_SWAPPED},
    [COL_MODE] = {cell_mode, SEG_MODE},
    [COL_UID] = {cell_number, SEG_UID},
    [COL_USER] = {cell_user, SEG_UID},
    [COL_GID] = {cell_number, SEG_GID},
    [COL_CREATOR] = {cell_pid, SEG_CREATOR_PID},
    [COL_LAST] = {cell_pid, SEG_LAST_PID},
    [COL_NATTCH] = {cell_number, SEG_NATTCH},
    [COL_HOLDERS] = {.text = cell_holders},
    [COL_HIDDEN] = {cell_number, SEG_HIDDEN},
    [COL_ATTACH] = {cell_time, SEG_ATTACH_TIME},
    [COL_DETACH] = {cell_time, SEG_DETACH_TIME},
    [COL_CHANGE] = {cell_time, SEG_CHANGE_TIME},
    [COL_BIRTH] = {cell_time, SEG_BIRTH_TIME},
    [COL_FLAGS] = {.text = cell_flags},
    [COL_IPC_NS] = {cell_number, SEG_IPC_NS},
    [COL_MNT_NS] = {cell_number, SEG_MNT_NS},
    [COL_CONTAINER] = {.text = cell_container},
    [COL_ORIGIN] = {.text = cell_origin},
    [COL_VERDICT] = {.text = cell_verdict},
    [COL_LABEL] = {.text = cell_label},
    [COL_ATT] = {.text = cell_att},
    [COL_PERM] = {cell_perm, SEG_MODE},
    [COL_AGE] = {.text = cell_age},
    [COL_STATE] = {.text = cell_state},
    [COL_TREND] = {cell_bytes, SEG_RESIDENT},
    [COL_PLACE] = {.text = cell_place},
};

static const struct column_info infos[COLUMN_COUNT] = {
#define X(id, name, head, number, width) {name, head, number, COL_##id < COL_LABEL, width},
    COLUMN_LIST(X)
#undef X
};

const struct column_info *column_info(enum column col) {
    return &infos[(unsigned)col < COLUMN_COUNT ? (unsigned)col : COL_ID];
}

const char *column_help(enum column col) {
    static const char *const helps[COLUMN_COUNT] = {
        [COL_ID] = "the SEG that every command takes; on the screen its number",
        [COL_KIND] = "sysv, posix, memfd, anon, tmpfs or hugetlb",
        [COL_KEY] = "key of a System V segment",
        [COL_NAME] = "name of an object",
        [COL_SIZE] = "its size",
        [COL_RESIDENT] = "how much of it is in memory",
        [COL_SWAPPED] = "how much of it is swapped out",
        [COL_MODE] = "permissions in octal",
        [COL_UID] = "number of its owner",
        [COL_USER] = "name of its owner",
        [COL_GID] = "number of its group",
        [COL_CREATOR] = "process that made it",
        [COL_LAST] = "process that attached or detached last",
        [COL_NATTCH] = "how often a System V segment is attached, as the kernel counts",
        [COL_HOLDERS] = "processes seen that map, open or lock it",
        [COL_HIDDEN] = "attachments that no process in sight explains",
        [COL_ATTACH] = "when it was attached last",
        [COL_DETACH] = "when it was detached last",
        [COL_CHANGE] = "when it or its facts were changed last",
        [COL_BIRTH] = "when it was made",
        [COL_FLAGS] = "dest, locked, unlinked, huge, sealed, semaphore, left-namespace",
        [COL_IPC_NS] = "number of its IPC namespace",
        [COL_MNT_NS] = "number of its mount namespace",
        [COL_CONTAINER] = "container that it belongs to",
        [COL_ORIGIN] = "software that it comes from",
        [COL_VERDICT] = "in-use, idle, protected, young, orphan, suspect or unknown",
        [COL_LABEL] = "name, else key, else what it is",
        [COL_ATT] = "attachments of System V, else mappings seen",
        [COL_PERM] = "permissions in letters",
        [COL_AGE] = "time since it was last made, changed, attached or detached",
        [COL_STATE] = "NEW, (gone), dest, unlinked, else the verdict",
        [COL_TREND] = "what it had in memory over the last looks",
        [COL_PLACE] = "container or namespace of what is not in our own",
    };
    return (unsigned)col < COLUMN_COUNT && helps[col] ? helps[col] : "";
}

enum column column_by_name(const char *name) {
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (strcmp(infos[i].name, name) == 0)
            return (enum column)i;
    return COLUMN_COUNT;
}

enum why column_text(const struct snapshot *snap, const struct segment *seg, enum column col,
                     const struct column_style *style, char *buf, size_t size) {
    static const struct column_style plain = {0};
    struct cell c = {snap, seg, style != NULL ? style : &plain, buf, size};
    if (size == 0 || (unsigned)col >= COLUMN_COUNT)
        return WHY_UNSUPPORTED;
    buf[0] = '\0';
    enum why why = how[col].text(&c, how[col].field);
    if (why != WHY_KNOWN)
        put(&c, "%s", why == WHY_NONE ? "-" : "?");
    return why;
}
