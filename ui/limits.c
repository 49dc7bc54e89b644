// limits.c - what the kernel allows, how much of it is used, and where all shared memory is.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/ledger.h"
#include "core/segname.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

enum { NARROW = 60, WIDE = 90 };

// Draws lines one after the other, of which those from `top` on are in sight. Without a canvas they
// are only counted.
struct painter {
    struct canvas *c;
    struct rect r;
    size_t line, top;
};

// Moves on to the next line. True and its row when it is in sight.
static bool next_line(struct painter *p, int *y) {
    size_t line = p->line++;
    if (!p->c || line < p->top || line - p->top >= (size_t)p->r.rows)
        return false;
    *y = p->r.y + (int)(line - p->top);
    return true;
}

static void heading(struct painter *p, const char *text) {
    int y;
    if (p->line > 0)
        next_line(p, &y);
    if (next_line(p, &y))
        canvas_fit(p->c, y, p->r.x + 1, p->r.cols - 2, STYLE_HEAD_SORT, text);
}

// Text that goes over as many lines as it needs, broken at blanks.
static void paragraph(struct painter *p, enum style style, const char *first, const char *text) {
    char line[512];
    int indent = 1 + (int)text_width(first), width = p->r.cols - indent - 1, y;
    bool begun = false;
    while (*text) {
        size_t used, n = text_clip(text, width > 1 ? (size_t)width : 1, &used);
        if (n == 0 || n >= sizeof line)
            return;
        if (text[n]) { // back to the last blank, if there is one
            size_t back = n;
            while (back > 0 && text[back] != ' ')
                back--;
            n = back ? back : n;
        }
        memcpy(line, text, n);
        line[n] = '\0';
        text += n + strspn(text + n, " ");
        if (next_line(p, &y)) {
            canvas_text(p->c, y, p->r.x + 1, indent, style, begun ? "" : first);
            canvas_text(p->c, y, p->r.x + indent, width, style, line);
        }
        begun = true;
    }
}

// ---- limits

static u64v in_bytes(u64v pages, uint64_t page) {
    uint64_t n = 0;
    if (u64v_get(pages, &n) != WHY_KNOWN)
        return pages;
    return n > UINT64_MAX / page ? u64v_missing(WHY_NONE) : u64v_of(n * page);
}

static void limit_words(const struct meter *m, const char *effect, char *buf, size_t size) {
    unsigned percent = 0;
    uint64_t n;
    enum why used = u64v_get(m->used, &n), total = u64v_get(m->total, &n);
    if (meter_percent(m->used, m->total, &percent))
        snprintf(buf, size, "%s%u%% used; %s", percent >= 75 ? "! " : "", percent, effect);
    else if (total == WHY_NONE)
        buf[0] = '\0'; // the meter says so
    else
        snprintf(buf, size, "not known: %s", why_name(used == WHY_KNOWN ? total : used));
}

static void limit_line(struct painter *p, const struct meter *m, const char *brief,
                       const char *effect) {
    char words[160];
    unsigned percent = 0;
    int y, width = p->r.cols - 2;
    struct meter shown = *m;
    bool narrow = p->r.cols < NARROW;
    if (!next_line(p, &y))
        return;
    shown.label_width = narrow ? 9 : 16;
    if (narrow)
        shown.label = brief;
    else
        width = 16 + (p->r.cols >= WIDE ? 32 : 26);
    meter_draw(p->c, y, p->r.x + 1, width, &shown);
    if (narrow)
        return;
    limit_words(m, effect, words, sizeof words);
    bool close = meter_percent(m->used, m->total, &percent) && percent >= 75;
    canvas_fit(p->c, y, p->r.x + width + 2, p->r.cols - width - 3,
               !close          ? STYLE_DIM
               : percent >= 90 ? STYLE_BAD
                               : STYLE_WARN,
               words);
}

// The largest size a segment may have: there is nothing to be used up.
static void largest_line(struct painter *p, u64v shmmax) {
    char text[64], size[16];
    uint64_t n = 0;
    enum why why = u64v_get(shmmax, &n);
    int y, at = p->r.cols < NARROW ? 11 : 18;
    if (!next_line(p, &y))
        return;
    if (why == WHY_KNOWN)
        snprintf(text, sizeof text, "%s, a larger shmget fails with EINVAL", fmt_size(n, size));
    else
        snprintf(text, sizeof text, "%s", why == WHY_NONE ? "of any size" : "?");
    canvas_text(p->c, y, p->r.x + 1, at - 1, STYLE_DIM,
                p->r.cols < NARROW ? "largest" : "largest segment");
    canvas_fit(p->c, y, p->r.x + at, p->r.cols - at - 1, STYLE_NORMAL, text);
}

static void draw_limits(struct painter *p, const struct snapshot *snap) {
    const u64v *l = snap->limits;
    uint64_t page = snap->vantage.page_size ? snap->vantage.page_size : 4096;
    const struct meter meters[] = {
        {"System V ids", 0, l[LIMIT_SHMMNI_USED], l[LIMIT_SHMMNI], false},
        {"System V memory", 0, in_bytes(l[LIMIT_SHMALL_PAGES_USED], page),
         in_bytes(l[LIMIT_SHMALL_PAGES], page), true},
        {"/dev/shm", 0, l[LIMIT_DEVSHM_USED], l[LIMIT_DEVSHM_SIZE], true},
        {"/dev/shm inodes", 0, l[LIMIT_DEVSHM_INODES_USED], l[LIMIT_DEVSHM_INODES], false},
        {"Shmem of memory", 0, l[LIMIT_MEMINFO_SHMEM], l[LIMIT_MEMINFO_TOTAL], true},
    };
    heading(p, "LIMITS");
    limit_line(p, &meters[0], "ids", "then shmget: ENOSPC");
    limit_line(p, &meters[1], "memory", "then shmget: ENOSPC");
    largest_line(p, l[LIMIT_SHMMAX]);
    limit_line(p, &meters[2], "/dev/shm", "then writers: SIGBUS");
    limit_line(p, &meters[3], "inodes", "then shm_open: ENOSPC");
    limit_line(p, &meters[4], "Shmem", "all tmpfs and segments");
}

// ---- headroom

static bool is_overcommitted(const struct ledger_row *row) {
    uint64_t unwritten = 0, left = 0;
    return u64v_get(row->unwritten, &unwritten) == WHY_KNOWN &&
           u64v_get(row->free, &left) == WHY_KNOWN && unwritten > left;
}

static void draw_headroom(struct painter *p, const struct ledger *l) {
    char text[LEDGER_WHERE_SIZE + 160], where[LEDGER_WHERE_SIZE], size[3][16];
    bool warned = false;
    heading(p, "HEADROOM");
    for (size_t i = 0; i < l->row_count; i++) {
        if (!is_overcommitted(&l->rows[i]))
            continue;
        ledger_warning(&l->rows[i], text, sizeof text);
        paragraph(p, STYLE_WARN, "! ", text);
        warned = true;
    }
    for (size_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        uint64_t promised = 0, unwritten = 0, left = 0;
        if (row->foreign || is_overcommitted(row) ||
            u64v_get(row->promised, &promised) != WHY_KNOWN ||
            u64v_get(row->unwritten, &unwritten) != WHY_KNOWN ||
            u64v_get(row->free, &left) != WHY_KNOWN)
            continue;
        ledger_where(row, where, sizeof where);
        snprintf(text, sizeof text, "%s: promised %s, still to be written %s, free %s: %s", where,
                 fmt_size(promised, size[0]), fmt_size(unwritten, size[1]), fmt_size(left, size[2]),
                 left ? "it fits" : "full, what is written next fails");
        paragraph(p, left ? STYLE_NORMAL : STYLE_WARN, left ? "" : "! ", text);
        warned = true;
    }
    if (!warned)
        paragraph(p, STYLE_DIM, "", "not known: the files of no limited tmpfs are all seen");
}

// ---- the account

static const char *number(u64v v, char buf[16]) {
    uint64_t n = 0;
    enum why why = u64v_get(v, &n);
    return why == WHY_KNOWN ? fmt_size(n, buf) : why == WHY_NONE ? "-" : "?";
}

static const char *gap_text(struct gap gap, char buf[24]) {
    char size[16];
    uint64_t n = gap.bytes < 0 ? 0 - (uint64_t)gap.bytes : (uint64_t)gap.bytes;
    if (gap.why != WHY_KNOWN)
        return "?";
    snprintf(buf, 24, "%s%s", gap.bytes < 0 ? "-" : "", fmt_size(n, size));
    return buf;
}

// Columns: what it is, bytes, swapped, promised, size, where; the middle ones only where there is
// room.
static void cells(struct painter *p, int y, enum style style, const char *const text[6]) {
    static const int widths[] = {18, 8, 8, 9, 8};
    int x = p->r.x + 1, end = p->r.x + p->r.cols - 1;
    for (int i = 0; i < 5; i++) {
        if (p->r.cols < NARROW && i > 1)
            continue;
        int width = i == 0 && p->r.cols < NARROW ? 9 : widths[i];
        if (i == 0)
            canvas_fit(p->c, y, x, width, style, text[i]);
        else
            canvas_text_right(p->c, y, x, width, style, text[i]);
        x += width;
    }
    canvas_fit(p->c, y, x + 2, end - x - 2, style, text[5]);
}

static void sub_row(struct painter *p, const char *what, const char *bytes, const char *where) {
    const char *const text[6] = {what, bytes, "", "", "", where};
    int y;
    if (next_line(p, &y))
        cells(p, y, STYLE_DIM, text);
}

static void account_row(struct painter *p, const struct ledger_row *row) {
    char where[LEDGER_WHERE_SIZE], bytes[16], swapped[16], promised[16], size[16], gap[24];
    bool narrow = p->r.cols < NARROW;
    uint64_t held = 0;
    int y;
    ledger_where(row, where, sizeof where);
    const char *const text[6] = {ledger_kind_name(row->kind),   fmt_size(row->bytes, bytes),
                                 number(row->swapped, swapped), number(row->promised, promised),
                                 number(row->size, size),       where};
    if (next_line(p, &y))
        cells(p, y, STYLE_NORMAL, text);
    if (u64v_get(row->unlinked_held, &held) == WHY_KNOWN && held > 0)
        sub_row(p, narrow ? " unlinked" : "  unlinked, held", fmt_size(held, bytes),
                "no name, lives while held");
    if (row->unexplained.why == WHY_KNOWN && row->unexplained.bytes > 0)
        sub_row(p, narrow ? " not seen" : "  not seen", gap_text(row->unexplained, gap),
                "in no file that is seen");
}

static void draw_account(struct painter *p, const struct ledger *l) {
    static const char *const heads[6] = {"WHAT", "BYTES", "SWAPPED", "PROMISED", "SIZE", "WHERE"};
    char text[160], shmem[16], explained[16], gap[24];
    int y;
    snprintf(text, sizeof text, "MEMORY   Shmem %s = %s explained %s %s not explained",
             number(l->shmem, shmem), fmt_size(l->explained, explained),
             l->unexplained.bytes < 0 ? "and" : "+", gap_text(l->unexplained, gap));
    if (p->r.cols < NARROW)
        snprintf(text, sizeof text, "MEMORY  Shmem %s, ? %s", number(l->shmem, shmem),
                 gap_text(l->unexplained, gap));
    heading(p, text);
    if (next_line(p, &y)) {
        canvas_fill(p->c, (struct rect){y, p->r.x, 1, p->r.cols}, STYLE_HEAD, ' ');
        cells(p, y, STYLE_HEAD, heads);
    }
    for (size_t i = 0; i < l->row_count; i++)
        account_row(p, &l->rows[i]);
    for (size_t i = 0; i < l->row_count; i++)
        if (!l->rows[i].in_shmem) {
            paragraph(p, STYLE_DIM, "", "Huge pages (hugetlb) are no part of Shmem.");
            break;
        }
}

static void draw_causes(struct painter *p, const struct ledger *l) {
    char text[160], gap[24];
    uint64_t shmem = 0;
    if (l->cause_count == 0)
        return;
    gap_text(l->unexplained, gap);
    if (l->unexplained.why != WHY_KNOWN)
        snprintf(text, sizeof text, "NOT EXPLAINED: it is not known how much there is");
    else if (l->unexplained.bytes > 0 && u64v_get(l->shmem, &shmem) == WHY_KNOWN && shmem > 0)
        snprintf(text, sizeof text, "NOT EXPLAINED %s, %.0f%% of Shmem; it may be", gap,
                 100.0 * (double)l->unexplained.bytes / (double)shmem);
    else if (l->unexplained.bytes < 0)
        snprintf(text, sizeof text, "NOT EXPLAINED %s", gap);
    else
        snprintf(text, sizeof text, "NOT SEEN");
    heading(p, text);
    for (size_t i = 0; i < l->cause_count; i++)
        paragraph(p, STYLE_NORMAL, "- ", l->causes[i]);
}

static void draw_all(struct painter *p, const struct view_limits *v) {
    const struct snapshot *snap = v->frame->snap;
    int y;
    if (!snap) {
        if (next_line(p, &y))
            canvas_text(p->c, y, p->r.x + 1, p->r.cols - 2, STYLE_DIM, "Looking\u2026");
        return;
    }
    draw_limits(p, snap);
    if (!v->ledger)
        return;
    draw_headroom(p, v->ledger);
    draw_account(p, v->ledger);
    draw_causes(p, v->ledger);
}

// ---- the screen

static struct rect body_of(int rows, int cols) {
    int top = rows >= 14 ? 2 : 1; // title, tabs
    return (struct rect){top, 0, rows - top - 2, cols};
}

size_t limits_line_count(const struct view_limits *v, int rows, int cols) {
    struct painter p = {.r = body_of(rows, cols)};
    draw_all(&p, v);
    return p.line;
}

size_t limits_rows(int rows) {
    int n = body_of(rows, LAYOUT_MIN_COLS).rows;
    return n > 0 ? (size_t)n : 1;
}

void limits_draw(struct canvas *c, const struct view_limits *v) {
    const struct view_frame *f = v->frame;
    if (layout_too_small(c->rows, c->cols)) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    title_draw(c, f, "Limits");
    struct painter p = {.c = c, .r = body_of(c->rows, c->cols)};
    size_t lines = limits_line_count(v, c->rows, c->cols), room = (size_t)p.r.rows;
    size_t last = lines > room ? lines - room : 0;
    p.top = v->top < last ? v->top : last;
    if (p.r.y > 1)
        tabs_draw(c, (struct rect){1, 0, 1, c->cols}, f);
    draw_all(&p, v);
    struct rect message = {c->rows - 2, 0, 1, c->cols};
    if (f->message[0])
        message_draw(c, message, f->message_alert, f->message);
    else if (c->rows < 14 && v->ledger && ledger_overcommitted(v->ledger)) {
        char warning[LEDGER_WHERE_SIZE + 160];
        ledger_warning(ledger_overcommitted(v->ledger), warning, sizeof warning);
        message_draw(c, message, ALERT_WARN, warning);
    } else if (p.top < last)
        canvas_textf(c, message.y, 1, c->cols - 2, STYLE_DIM, "\u2193 %zu more line%s",
                     last - p.top, last - p.top == 1 ? "" : "s");
    footer_draw(c, (struct rect){c->rows - 1, 0, 1, c->cols}, VIEW_LIMITS, f->read_only);
}
