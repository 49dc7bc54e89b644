// detail.c - everything about the selected segment.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "core/fmt.h"
#include "core/segname.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

const char *kind_words(enum seg_kind kind) {
    static const char *const words[SEG_KIND_COUNT] = {
        [SEG_SYSV] = "System V",  [SEG_POSIX] = "POSIX",      [SEG_MEMFD] = "memfd",
        [SEG_ANON] = "anonymous", [SEG_TMPFS] = "tmpfs file", [SEG_HUGETLB] = "hugetlbfs file",
    };
    return kind < SEG_KIND_COUNT ? words[kind] : "?";
}

static void size_or_why(const struct segment *seg, enum seg_field field, char buf[32]) {
    uint64_t n = 0;
    char tmp[16];
    enum why why = seg_get(seg, field, &n);
    snprintf(buf, 32, "%s", why == WHY_KNOWN ? fmt_size(n, tmp) : why == WHY_NONE ? "-" : "?");
}

static void flags_text(const struct segment *seg, char *buf, size_t size) {
    size_t n = 0;
    buf[0] = '\0';
    for (unsigned bit = 0; bit < SEG_FLAG_COUNT; bit++) {
        if (seg->flags & (1u << bit))
            n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? " " : "", seg_flag_name(bit));
    }
}

// ---- rule

static void draw_rule(struct canvas *c, struct rect r, const struct view_segments *v,
                      const struct row *row) {
    char title[1100], seg[512], size[32], flags[128], key[224] = "";
    uint64_t number = 0;
    canvas_hline(c, r.y, r.x, r.cols, STYLE_BORDER);
    if (!row)
        return;
    seg_format(row->seg, seg, sizeof(seg));
    size_or_why(row->seg, SEG_SIZE, size);
    flags_text(row->seg, flags, sizeof(flags));
    if (seg_get(row->seg, SEG_KEY, &number) == WHY_KNOWN)
        snprintf(key, sizeof(key), number ? "  key 0x%08" PRIx64 : "  private", number);
    // A SEG without a name in it: an object that lost it, or never had one in the file system.
    const char *bytes = NULL;
    size_t len = 0;
    if (strncmp(seg, "obj:", 4) == 0 && strv_get(row->seg->name, &bytes, &len) == WHY_KNOWN) {
        char name[200];
        name_escape(bytes, len, false, name, sizeof(name));
        snprintf(key, sizeof(key), "  %s%s", row->seg->flags & SEG_FLAG_UNLINKED ? "was " : "",
                 name);
    }
    snprintf(title, sizeof(title), " %s  %s%s  %s%s%s ", seg, kind_words(row->id.kind), key, size,
             flags[0] ? "  " : "", flags);
    const char *keys = v->all_holders ? " [Enter hex] [a less] " : " [Enter hex] [a all holders] ";
    int tail = r.cols >= 72 ? (int)text_width(keys) : 0;
    int used = canvas_fit(c, r.y, r.x + 2, r.cols - 4 - tail, STYLE_STRONG, title);
    if (tail && used + tail + 6 < r.cols)
        canvas_text(c, r.y, r.x + r.cols - tail - 2, tail, STYLE_DIM, keys);
}

// ---- facts

struct fact {
    const char *label;
    char text[112];
};
enum { FACT_MAX = 16, FACT_LABEL = 8 };

static struct fact *add_fact(struct fact *facts, size_t *n, const char *label) {
    struct fact *f = &facts[*n];
    *n += *n < FACT_MAX - 1;
    f->label = label;
    f->text[0] = '\0';
    return f;
}

static void add_time(struct fact *facts, size_t *n, const char *label, const struct view_frame *f,
                     const struct segment *seg, enum seg_field field) {
    struct fact *fact = add_fact(facts, n, label);
    uint64_t ns = 0;
    char at[32], age[16];
    enum why why = seg_get(seg, field, &ns);
    if (why != WHY_KNOWN) {
        snprintf(fact->text, sizeof(fact->text), "%s", why == WHY_NONE ? "never" : "?");
        return;
    }
    time_text(f, ns, at, sizeof(at));
    snprintf(fact->text, sizeof(fact->text), "%s (%s)", at,
             fmt_age(f->now_ns > ns ? f->now_ns - ns : 0, age));
}

static u64v field_value(const struct segment *seg, enum seg_field field) {
    uint64_t n = 0;
    enum why why = seg_get(seg, field, &n);
    return why == WHY_KNOWN ? u64v_of(n) : u64v_missing(why);
}

static void owner_text(const struct snapshot *snap, const struct segment *seg, char *buf,
                       size_t size) {
    uint64_t gid = 0;
    char user[64];
    user_text(snap, field_value(seg, SEG_UID), user, sizeof(user));
    if (seg_get(seg, SEG_GID, &gid) == WHY_KNOWN)
        snprintf(buf, size, "%s, gid %" PRIu64, user, gid);
    else
        snprintf(buf, size, "%s", user);
}

static void perm_text(const struct segment *seg, char *buf, size_t size) {
    uint64_t mode = 0;
    char rwx[16];
    if (seg_get(seg, SEG_MODE, &mode) == WHY_KNOWN)
        snprintf(buf, size, "%04" PRIo64 " %s", mode, fmt_mode((uint32_t)mode, rwx));
    else
        snprintf(buf, size, "?");
}

// What holds it, in numbers: attachments by the kernel's count, and what was seen of them.
static void held_text(const struct snapshot *snap, const struct segment *seg, char *buf,
                      size_t size) {
    uint64_t nattch = 0, maps = 0, fds = 0;
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        maps += snap->holdings[seg->first_holding + i].mappings;
        fds += snap->holdings[seg->first_holding + i].fds;
    }
    const char *procs = seg->holding_count == 1 ? "process" : "processes";
    if (seg->id.kind == SEG_SYSV && seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN && nattch == 0)
        snprintf(buf, size, "nobody attached");
    else if (seg->id.kind == SEG_SYSV && nattch > 0)
        snprintf(buf, size, "%" PRIu64 " attached, %" PRIu32 " %s", nattch, seg->holding_count,
                 procs);
    else if (seg->holding_count == 0)
        snprintf(buf, size, "nobody seen");
    else if (fds > 0)
        snprintf(buf, size, "%" PRIu64 " map%s %" PRIu64 " fd%s, %" PRIu32 " %s", maps,
                 maps == 1 ? "" : "s", fds, fds == 1 ? "" : "s", seg->holding_count, procs);
    else
        snprintf(buf, size, "%" PRIu64 " map%s, %" PRIu32 " %s", maps, maps == 1 ? "" : "s",
                 seg->holding_count, procs);
}

static void add_origin(struct fact *facts, size_t *n, const struct row *row) {
    struct fact *fact = add_fact(facts, n, "origin");
    column_text(row->snap, row->seg, COL_ORIGIN, NULL, fact->text, sizeof(fact->text));
}

static size_t collect_sysv(struct fact facts[FACT_MAX], const struct view_frame *f,
                           const struct row *row) {
    const struct segment *seg = row->seg;
    char rss[32], swap[32];
    size_t n = 0;
    struct fact *fact = add_fact(facts, &n, "owner");
    owner_text(row->snap, seg, fact->text, sizeof(fact->text));
    fact = add_fact(facts, &n, "creator");
    pid_text(row->snap, seg, SEG_CREATOR_PID, fact->text, sizeof(fact->text));
    add_time(facts, &n, "attached", f, seg, SEG_ATTACH_TIME);
    fact = add_fact(facts, &n, "perm");
    perm_text(seg, fact->text, sizeof(fact->text));
    fact = add_fact(facts, &n, "last pid");
    pid_text(row->snap, seg, SEG_LAST_PID, fact->text, sizeof(fact->text));
    add_time(facts, &n, "detached", f, seg, SEG_DETACH_TIME);
    fact = add_fact(facts, &n, "memory");
    size_or_why(seg, SEG_RESIDENT, rss);
    size_or_why(seg, SEG_SWAPPED, swap);
    snprintf(fact->text, sizeof(fact->text), "%s in RAM, %s swap", rss, swap);
    fact = add_fact(facts, &n, "held");
    held_text(row->snap, seg, fact->text, sizeof(fact->text));
    add_time(facts, &n, "changed", f, seg, SEG_CHANGE_TIME);
    add_origin(facts, &n, row);
    return n;
}

static size_t collect_object(struct fact facts[FACT_MAX], const struct view_segments *v,
                             const struct row *row) {
    const struct view_frame *f = v->frame;
    const struct segment *seg = row->seg;
    char rss[32], swap[32];
    uint64_t links = 0, sem = 0;
    size_t n = 0;
    struct fact *fact = add_fact(facts, &n, "owner");
    owner_text(row->snap, seg, fact->text, sizeof(fact->text));
    fact = add_fact(facts, &n, "inode");
    snprintf(fact->text, sizeof(fact->text), "%" PRIu64 " on %u:%u", seg->id.num,
             major(seg->id.dev), minor(seg->id.dev));
    add_time(facts, &n, "created", f, seg, SEG_BIRTH_TIME);
    fact = add_fact(facts, &n, "perm");
    perm_text(seg, fact->text, sizeof(fact->text));
    fact = add_fact(facts, &n, "names");
    if (seg_get(seg, SEG_LINKS, &links) != WHY_KNOWN)
        snprintf(fact->text, sizeof(fact->text), "?");
    else if (links == 0)
        snprintf(fact->text, sizeof(fact->text), "none, unlinked");
    else
        snprintf(fact->text, sizeof(fact->text), "%" PRIu64 "%s", links,
                 links > 1 ? " hard links" : "");
    add_time(facts, &n, "changed", f, seg, SEG_CHANGE_TIME);
    fact = add_fact(facts, &n, "memory");
    size_or_why(seg, SEG_RESIDENT, rss);
    size_or_why(seg, SEG_SWAPPED, swap);
    snprintf(fact->text, sizeof(fact->text), "%s in RAM, %s swap", rss, swap);
    fact = add_fact(facts, &n, "held");
    held_text(row->snap, seg, fact->text, sizeof(fact->text));
    if (seg->flags & SEG_FLAG_SEMAPHORE) {
        fact = add_fact(facts, &n, "sem");
        enum why why = seg_get(seg, SEG_SEM_VALUE, &sem);
        if (why == WHY_KNOWN)
            snprintf(fact->text, sizeof(fact->text), "value %" PRIu64, sem);
        else
            snprintf(fact->text, sizeof(fact->text), "value ? (%s)", why_name(why));
    }
    if (v->creator && v->creator[0]) { // the kernel keeps none: it told when it happened
        fact = add_fact(facts, &n, "made by");
        snprintf(fact->text, sizeof(fact->text), "%s", v->creator);
    }
    add_origin(facts, &n, row);
    return n;
}

static int draw_facts(struct canvas *c, struct rect r, const struct view_segments *v,
                      const struct row *row) {
    struct fact facts[FACT_MAX];
    size_t n = row->id.kind == SEG_SYSV ? collect_sysv(facts, v->frame, row)
                                        : collect_object(facts, v, row);
    int per_line = r.cols >= 90 ? 3 : r.cols >= 56 ? 2 : 1;
    int cell = (r.cols - 1) / per_line;
    for (size_t i = 0; i < n; i++) {
        int y = (int)i / per_line, x = r.x + 1 + (int)i % per_line * cell;
        if (y >= r.rows)
            return r.rows;
        canvas_text(c, r.y + y, x, FACT_LABEL, STYLE_DIM, facts[i].label);
        canvas_fit(c, r.y + y, x + FACT_LABEL + 1, cell - FACT_LABEL - 2, STYLE_NORMAL,
                   facts[i].text);
    }
    return ((int)n + per_line - 1) / per_line;
}

// ---- holders

static const char *access_text(const struct holding *h) {
    bool r = h->access & ACCESS_R, w = h->access & ACCESS_W;
    if (h->is_private)
        return "priv";
    return r && w ? "rw" : r ? "r" : w ? "w" : h->locks ? "lock" : "-";
}

static void command_text(const struct process *p, bool brief, char *buf, size_t size) {
    const char *bytes = NULL;
    size_t len = 0;
    if ((!brief && strv_get(p->cmdline, &bytes, &len) == WHY_KNOWN && len > 0) ||
        strv_get(p->comm, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, buf, size);
    else
        snprintf(buf, size, "?");
}

static void draw_holder(struct canvas *c, int y, struct rect r, const struct snapshot *snap,
                        const struct holding *h) {
    const struct process *p = &snap->processes[h->process];
    char user[64], command[1024], size[16], how[24];
    user_text(snap, p->uid, user, sizeof(user));
    command_text(p, false, command, sizeof(command));
    if (h->mappings > 0 || h->fds == 0)
        snprintf(how, sizeof(how), "%" PRIu32, h->mappings);
    else
        snprintf(how, sizeof(how), "%" PRIu32 "fd", h->fds);
    canvas_textf(c, y, r.x + 1, 7, STYLE_NORMAL, "%7d", (int)p->id.pid);
    canvas_fit(c, y, r.x + 9, 9, STYLE_NORMAL, user);
    canvas_text(c, y, r.x + 19, 4, STYLE_NORMAL, access_text(h));
    canvas_text_right(c, y, r.x + 24, 5, STYLE_NORMAL, how);
    canvas_text_right(c, y, r.x + 30, 7, STYLE_STRONG,
                      h->mappings ? fmt_size(h->mapped_bytes, size) : "-");
    canvas_fit(c, y, r.x + 38, r.cols - 39, STYLE_NORMAL, command);
}

// What may be missing from the list above; nothing when everything was seen.
static void missing_text(const struct view_segments *v, const struct row *row, char *buf,
                         size_t size) {
    const struct coverage *cov = &row->snap->coverage;
    uint64_t hidden = 0;
    size_t n = 0;
    buf[0] = '\0';
    if (seg_get(row->seg, SEG_HIDDEN, &hidden) == WHY_KNOWN && hidden > 0)
        n = (size_t)snprintf(buf, size, "%" PRIu64 " attachment%s not visible", hidden,
                             hidden == 1 ? "" : "s");
    if (cov->denied > 0 && n < size)
        snprintf(buf + n, size - n, "%s%" PRIu32 " process%s could not be read%s", n ? "; " : "",
                 cov->denied, cov->denied == 1 ? "" : "es",
                 v->frame->snap && v->frame->snap->vantage.uid != 0 ? ": run as root to be sure"
                                                                    : "");
}

static void draw_no_holder(struct canvas *c, struct rect r, const struct row *row) {
    bool sure = row->id.kind == SEG_SYSV || row->snap->coverage.descriptors;
    canvas_fit(c, r.y, r.x + 1, r.cols - 2, STYLE_DIM,
               sure ? "(no process seen that holds this segment)"
                    : "(no process seen that maps this segment; descriptors not looked for)");
}

// The list, and one line below it with what is not in it.
static void draw_holders(struct canvas *c, struct rect r, const struct view_segments *v,
                         const struct row *row) {
    char missing[160], more[64] = "";
    uint32_t n = row->seg->holding_count;
    int y = r.y, x = r.x + 1;
    if (r.rows < 1)
        return;
    missing_text(v, row, missing, sizeof(missing));
    if (n == 0)
        draw_no_holder(c, (struct rect){y++, r.x, 1, r.cols}, row);
    else if (r.rows > 2)
        canvas_text(c, y++, x, r.cols - 1, STYLE_DIM,
                    "    PID USER      MODE  MAPS   BYTES COMMAND");
    int room = r.y + r.rows - y - (missing[0] ? 1 : 0);
    uint32_t shown = room < 0 ? 0 : (uint32_t)room;
    if (n <= shown)
        shown = n;
    else if (!missing[0] && shown > 0)
        shown--; // the line that says how many more there are
    for (uint32_t i = 0; i < shown; i++)
        draw_holder(c, y++, r, row->snap, &row->snap->holdings[row->seg->first_holding + i]);
    if (y >= r.y + r.rows)
        return;
    if (shown < n)
        snprintf(more, sizeof(more), "\u2026 %" PRIu32 " more%s  ", n - shown,
                 v->all_holders ? "" : " (a shows them)");
    x += canvas_text(c, y, x, r.cols - 2, STYLE_DIM, more);
    if (missing[0])
        canvas_textf(c, y, x, r.x + r.cols - 1 - x, STYLE_WARN, "! %s", missing);
}

// ---- bytes

static void draw_preview(struct canvas *c, struct rect r, const struct view_segments *v) {
    const struct view_preview *p = &v->preview;
    if (r.rows < 1)
        return;
    if (!p->win || p->win->len == 0) {
        canvas_fit(c, r.y, r.x + 1, r.cols - 2, STYLE_DIM, p->problem);
        return;
    }
    int y = r.y;
    unsigned width = hex_row_cells(16, 8) <= r.cols ? 16 : hex_row_cells(8, 8) <= r.cols ? 8 : 4;
    if (r.rows > 2) {
        canvas_text(c, y, r.x + 1, 6, STYLE_DIM, "bytes");
        canvas_fit(c, y++, r.x + 7, r.cols - 8, STYLE_DIM, p->route);
    }
    struct byte_row row = {.win = p->win,
                           .offset = p->win->offset,
                           .width = width,
                           .digits = 8,
                           .cursor = UINT64_MAX,
                           .mono_ns = v->frame->mono_ns};
    for (; y < r.y + r.rows && row.offset < p->win->end; y++) {
        byte_row_draw(c, y, r.x, r.cols, &row);
        row.offset += width;
    }
}

// ---- the pane

// The three lines that a 24-row terminal has for it.
static void draw_brief(struct canvas *c, struct rect r, const struct view_segments *v,
                       const struct row *row) {
    char owner[96], creator[112], held[96], rss[32], missing[160], text[512];
    const struct segment *seg = row->seg;
    uint64_t mode = 0;
    owner_text(row->snap, seg, owner, sizeof(owner));
    held_text(row->snap, seg, held, sizeof(held));
    size_or_why(seg, SEG_RESIDENT, rss);
    missing_text(v, row, missing, sizeof(missing));
    seg_get(seg, SEG_MODE, &mode);
    if (seg->id.kind == SEG_SYSV) {
        pid_text(row->snap, seg, SEG_CREATOR_PID, creator, sizeof(creator));
        snprintf(text, sizeof(text), "%s  %04" PRIo64 "  by pid %s  %s in RAM", owner, mode,
                 creator, rss);
    } else {
        snprintf(text, sizeof(text), "%s  %04" PRIo64 "  inode %" PRIu64 "  %s in RAM", owner, mode,
                 seg->id.num, rss);
    }
    canvas_fit(c, r.y, r.x + 1, r.cols - 2, STYLE_NORMAL, text);
    if (r.rows < 2)
        return;
    int x = 1 + canvas_fit(c, r.y + 1, r.x + 1, r.cols - 2, STYLE_NORMAL, held);
    for (uint32_t i = 0; i < seg->holding_count && i < 3; i++) {
        const struct process *p =
            &row->snap->processes[row->snap->holdings[seg->first_holding + i].process];
        char command[256];
        command_text(p, true, command, sizeof(command));
        snprintf(text, sizeof(text), "%s%d %s", i ? ", " : ": ", (int)p->id.pid, command);
        x += canvas_fit(c, r.y + 1, r.x + x, r.cols - 1 - x, STYLE_NORMAL, text);
    }
    if (missing[0] && r.cols - x > 24)
        canvas_textf(c, r.y + 1, r.x + x + 2, r.cols - x - 3, STYLE_WARN, "! %s", missing);
    draw_preview(c, (struct rect){r.y + 2, r.x, r.rows - 2, r.cols}, v);
}

void detail_draw(struct canvas *c, struct rect r, const struct view_segments *v, bool beside) {
    const struct row *row = rows_selected(v->rows);
    if (beside) {
        for (int y = r.y; y < r.y + r.rows; y++)
            canvas_text(c, y, r.x, 1, STYLE_BORDER, "\u2502");
        r.x += 1;
        r.cols -= 1;
    }
    draw_rule(c, (struct rect){r.y, r.x, 1, r.cols}, v, row);
    struct rect in = {r.y + 1, r.x, r.rows - 1, r.cols};
    if (!row)
        return;
    if (in.rows < 8 && !v->all_holders) {
        draw_brief(c, in, v, row);
        return;
    }
    if (!v->all_holders) {
        int preview = beside ? in.rows / 3 : in.rows >= 14 ? in.rows / 3 : 3;
        draw_preview(c, (struct rect){in.y + in.rows - preview, in.x, preview, in.cols}, v);
        in.rows -= preview;
        int facts = draw_facts(c, (struct rect){in.y, in.x, beside ? 9 : 3, in.cols}, v, row);
        // A blank line between the parts, unless a holder would go without a line for it.
        int holders = row->seg->holding_count > 64 ? 64 : (int)row->seg->holding_count;
        int spare = in.rows - facts - 2 - holders;
        facts += spare > 0 ? 1 : 0;
        in.rows -= spare > 1 ? 1 : 0;
        in.y += facts;
        in.rows -= facts;
    }
    draw_holders(c, in, v, row);
}
