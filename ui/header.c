// header.c - what stands above the segment table: title, limits, alarm, tabs.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/eventlog.h"
#include "core/fmt.h"
#include "core/segname.h"
#include "core/text.h"
#include "core/verdict.h"
#include "ui/layout.h"
#include "ui/widgets.h"

void view_summary_make(const struct snapshot *snap, struct view_summary *out) {
    struct view_summary s = {0};
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        uint64_t nattch = 1, resident = 0, swapped = 0;
        enum verdict_state verdict = verdict_of(seg);
        seg_get(seg, SEG_RESIDENT, &resident);
        seg_get(seg, SEG_SWAPPED, &swapped);
        if (verdict == VERDICT_ORPHAN) {
            s.orphans++;
            s.orphan_bytes += resident + swapped;
        } else if (verdict == VERDICT_SUSPECT) {
            s.suspects++;
            s.suspect_bytes += resident + swapped;
        }
        if (seg->id.kind == SEG_SYSV && seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN &&
            nattch == 0 && seg->holding_count == 0) {
            s.unused++;
            s.unused_bytes += resident + swapped;
        }
    }
    for (size_t i = 0; i < snap->process_count; i++)
        s.holders += snap->processes[i].held_count > 0;
    *out = s;
}

// What deserves a word first: proven leaks, then likely ones, then what lies there unattached.
struct unused {
    size_t count;
    uint64_t bytes;
    const char *noun, *brief; // singular
};

static struct unused worst_unused(const struct view_summary *s) {
    if (s->orphans)
        return (struct unused){s->orphans, s->orphan_bytes, "orphan", "orphan"};
    if (s->suspects)
        return (struct unused){s->suspects, s->suspect_bytes, "suspect", "suspect"};
    return (struct unused){s->unused, s->unused_bytes, "unattached segment", "unused"};
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

// ---- title

static void draw_title(struct canvas *c, struct rect r, const struct view_segments *v) {
    const struct view_frame *f = v->frame;
    struct line_part parts[8] = {{"shmtop", STYLE_TITLE, 0}};
    char clock[16], right[64], age[16];
    uint64_t uptime = 0;
    size_t n = 1;
    canvas_fill(c, r, STYLE_TITLE, ' ');
    if (f->snap) {
        parts[n] = (struct line_part){.style = STYLE_TITLE, .drop = 3};
        const char *host = f->snap->vantage.host;
        name_escape(host, strlen(host), false, parts[n++].text, sizeof(parts[0].text));
        if (u64v_get(f->snap->limits[LIMIT_UPTIME_NS], &uptime) == WHY_KNOWN) {
            parts[n] = (struct line_part){.style = STYLE_TITLE, .drop = 6};
            snprintf(parts[n++].text, sizeof(parts[0].text), "up %s", fmt_age(uptime, age));
        }
    }
    parts[n] = (struct line_part){.style = STYLE_TITLE, .drop = 0};
    live_text(f, parts[n++].text, sizeof(parts[0].text));
    parts[n] = (struct line_part){.style = STYLE_TITLE, .drop = 2};
    const struct column_info *sort = column_info(v->rows->sort);
    snprintf(parts[n++].text, sizeof(parts[0].text), "sort %s%s",
             v->rows->sort == COL_NAME ? "NAME" : sort->head,
             sort->number != v->rows->invert ? "\u25bc" : "\u25b2");
    if (!f->follow)
        parts[n++] = (struct line_part){"follow off", STYLE_TITLE, 4};
    if (f->read_only)
        parts[n++] = (struct line_part){"READ-ONLY", STYLE_TITLE, 1};
    if (f->snap) {
        parts[n] = (struct line_part){.style = STYLE_TITLE, .drop = 5};
        user_text(f->snap, u64v_of(f->snap->vantage.uid), parts[n].text, sizeof(parts[0].text));
        n++;
    }
    snprintf(right, sizeof(right), "%zu segs  %s", f->snap ? f->snap->segment_count : 0,
             fmt_clock(f->now_ns, f->utc_offset, clock));
    int width = (int)text_width(right);
    parts_draw(c, r.y, r.x + 1, r.x + r.cols - width - 3, 3, parts, n);
    canvas_text(c, r.y, r.x + r.cols - width - 1, width, STYLE_TITLE, right);
}

// ---- alarm

static const struct watched {
    enum limit used, total;
    const char *what, *brief, *effect;
} watched[] = {
    {LIMIT_SHMMNI_USED, LIMIT_SHMMNI, "System V ids", "ids", "shmget fails with ENOSPC at the top"},
    {LIMIT_SHMALL_PAGES_USED, LIMIT_SHMALL_PAGES, "System V pages", "pages",
     "shmget fails with ENOSPC at the top"},
    {LIMIT_DEVSHM_USED, LIMIT_DEVSHM_SIZE, "/dev/shm", "/dev/shm",
     "writers die of SIGBUS when it is full"},
    {LIMIT_DEVSHM_INODES_USED, LIMIT_DEVSHM_INODES, "inodes of /dev/shm", "inodes",
     "shm_open fails with ENOSPC at the top"},
};

// The limit that is nearest to its end. NULL below 75 %.
static const struct watched *nearest_limit(const struct snapshot *snap, unsigned *percent) {
    const struct watched *worst = NULL;
    *percent = 0;
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
        unsigned p = 0;
        if (meter_percent(snap->limits[watched[i].used], snap->limits[watched[i].total], &p) &&
            p >= 75 && p > *percent) {
            worst = &watched[i];
            *percent = p;
        }
    }
    return worst;
}

static struct view_summary summary_of(const struct view_frame *f) {
    struct view_summary s;
    if (f->summary)
        return *f->summary;
    view_summary_make(f->snap, &s);
    return s;
}

static void draw_alarm(struct canvas *c, struct rect r, const struct view_segments *v) {
    const struct view_frame *f = v->frame;
    struct line_part parts[5] = {0};
    char size[16];
    unsigned percent = 0;
    if (!f->snap)
        return;
    struct view_summary s = summary_of(f);
    const struct watched *limit = nearest_limit(f->snap, &percent);
    if (limit) {
        parts[0].style = percent >= 90 ? STYLE_BAD : STYLE_WARN;
        snprintf(parts[0].text, sizeof(parts[0].text), "! %s %u%% used: %s", limit->what, percent,
                 limit->effect);
    }
    struct unused worst = worst_unused(&s);
    if (worst.count > 0 && worst.bytes == 0) {
        parts[1] = (struct line_part){.style = STYLE_NORMAL, .drop = 2};
        snprintf(parts[1].text, sizeof(parts[1].text), "%zu %s%s, holding no memory", worst.count,
                 worst.noun, plural(worst.count));
    } else if (worst.count > 0) {
        parts[1] = (struct line_part){.style = s.orphans ? STYLE_BAD : STYLE_WARN, .drop = 2};
        snprintf(parts[1].text, sizeof(parts[1].text), "! %zu %s%s hold%s %s, press %.1s",
                 worst.count, worst.noun, plural(worst.count), worst.count == 1 ? "s" : "",
                 fmt_size(worst.bytes, size), command_info(CMD_SHOW_LEAKS)->keys);
    }
    if (!limit)
        parts[2] = (struct line_part){"no limit is close", STYLE_GOOD, 1};
    const struct coverage *cov = &f->snap->coverage;
    parts[3] = (struct line_part){.style = cov->denied ? STYLE_WARN : STYLE_DIM, .drop = 3};
    int n = snprintf(parts[3].text, sizeof(parts[3].text), "%zu/%" PRIu32 " processes hold some",
                     s.holders, cov->processes);
    if (cov->denied > 0)
        snprintf(parts[3].text + n, sizeof(parts[3].text) - (size_t)n, ", %" PRIu32 " denied",
                 cov->denied);
    if (cov->foreign > 0) {
        uint32_t others = cov->namespaces > 1 ? cov->namespaces - 1 : 1;
        int key = (int)strcspn(command_info(CMD_NAMESPACES)->keys, " ");
        parts[4] = (struct line_part){.style = STYLE_DIM, .drop = 4};
        snprintf(parts[4].text, sizeof(parts[4].text),
                 "+%" PRIu32 " in %" PRIu32 " other namespace%s: %.*s", cov->foreign, others,
                 plural(others), key, command_info(CMD_NAMESPACES)->keys);
    }
    parts_draw(c, r.y, r.x + 1, r.x + r.cols - 1, 3, parts, 5);
}

// ---- meters

// Growth over the last `count` samples.
static void rate_text(const struct view_frame *f, const uint64_t *values, size_t count, char *buf,
                      size_t size) {
    char num[16];
    buf[0] = '\0';
    count = count < f->history_count ? count : f->history_count;
    if (f->interval_s <= 0 || count < 5 || (double)(count - 1) * f->interval_s < 5.0)
        return; // too little to speak of minutes
    uint64_t first = values[f->history_count - count], last = values[f->history_count - 1];
    uint64_t delta = last > first ? last - first : first - last;
    double per_min = (double)delta * 60.0 / ((double)(count - 1) * f->interval_s);
    if (per_min >= 9.0e18)
        return;
    snprintf(buf, size, "%s%s/m", last < first ? "-" : "+", fmt_size((uint64_t)per_min, num));
}

static void draw_history(struct canvas *c, int y, int x, int width, const struct view_frame *f,
                         const uint64_t *values) {
    char rate[32];
    int graph = width - 11 < 24 ? width - 11 : 24;
    if (!values || f->history_count == 0)
        return;
    if (graph < 6) {
        sparkline_draw(c, y, x, width, STYLE_BAR2, values, f->history_count);
        return;
    }
    sparkline_draw(c, y, x, graph, STYLE_BAR2, values, f->history_count);
    rate_text(f, values, (size_t)graph, rate, sizeof(rate));
    canvas_text(c, y, x + graph + 1, width - graph - 1, STYLE_DIM, rate);
}

static void draw_short_alarm(struct canvas *c, int y, int x, int width,
                             const struct view_frame *f) {
    unsigned percent = 0;
    char text[64] = "", size[16];
    struct view_summary s = summary_of(f);
    struct unused worst = worst_unused(&s);
    const struct watched *limit = nearest_limit(f->snap, &percent);
    if (limit)
        snprintf(text, sizeof(text), "! %s %u%%", limit->brief, percent);
    else if (worst.bytes > 0)
        snprintf(text, sizeof(text), "! %zu %s%s %s", worst.count, worst.brief, plural(worst.count),
                 fmt_size(worst.bytes, size));
    canvas_fit(c, y, x, width, limit && percent >= 90 ? STYLE_BAD : STYLE_WARN, text);
}

static void draw_meters(struct canvas *c, const struct segments_layout *l,
                        const struct view_segments *v) {
    const struct view_frame *f = v->frame;
    struct rect r = l->meters;
    if (!f->snap)
        return;
    const u64v *limits = f->snap->limits;
    uint64_t pages = 0;
    u64v bytes = limits[LIMIT_SHMALL_PAGES_USED], all = limits[LIMIT_SHMALL_PAGES];
    uint64_t page = f->snap->vantage.page_size ? f->snap->vantage.page_size : 4096;
    if (u64v_get(bytes, &pages) == WHY_KNOWN)
        bytes = pages > UINT64_MAX / page ? u64v_missing(WHY_MALFORMED) : u64v_of(pages * page);
    if (u64v_get(all, &pages) == WHY_KNOWN) // a limit near 2^64 pages must not wrap
        all = pages > UINT64_MAX / page ? u64v_missing(WHY_NONE) : u64v_of(pages * page);
    struct meter left[2] = {
        {"SysV ids", 8, limits[LIMIT_SHMMNI_USED], limits[LIMIT_SHMMNI], false},
        {"SysV mem", 8, bytes, all, true},
    };
    struct meter right[2] = {
        {"Shmem", 8, limits[LIMIT_MEMINFO_SHMEM], limits[LIMIT_MEMINFO_TOTAL], true},
        {"/dev/shm", 8, limits[LIMIT_DEVSHM_USED], limits[LIMIT_DEVSHM_SIZE], true},
    };
    const uint64_t *history[2] = {f->shmem_history, f->devshm_history};
    int width = (r.cols - 4) * 38 / 100;
    width = width > 60 ? 60 : width;
    int x = r.x + 1 + width + 2, rest = r.x + r.cols - 1 - (x + width + 1);
    for (int i = 0; i < r.rows && i < 2; i++) {
        meter_draw(c, r.y + i, r.x + 1, width, &left[i]);
        meter_draw(c, r.y + i, x, width, &right[i]);
        if (i == 1 && l->alarm.rows == 0)
            draw_short_alarm(c, r.y + i, x + width + 1, rest, f);
        else
            draw_history(c, r.y + i, x + width + 1, rest, f, history[i]);
    }
}

// ---- tabs and the compact head

// Views that can be gone to, with the command that does it.
static const struct tab {
    enum view view;
    enum command cmd;
    const char *label, *brief;
} tabs[] = {
    {VIEW_SEGMENTS, CMD_SHOW_SEGMENTS, "Segments", "Seg"},
    {VIEW_PROCESSES, CMD_SHOW_PROCESSES, "Processes", "Proc"},
    {VIEW_LEAKS, CMD_SHOW_LEAKS, "Leaks", "Leak"},
    {VIEW_EVENTS, CMD_SHOW_EVENTS, "Events", "Evt"},
    {VIEW_LIMITS, CMD_SHOW_LIMITS, "Limits", "Lim"},
    {VIEW_MESSAGES, CMD_SHOW_MESSAGES, "Messages", "Msg"},
};

// Orphans and suspects; "!" where something is proven.
static void leaks_count(const struct view_frame *f, char *buf, size_t size) {
    struct view_summary s = summary_of(f);
    snprintf(buf, size, " %zu%s", s.orphans + s.suspects, s.orphans ? "!" : "");
}

// What stands behind the name of a tab: how much there is, and "!" for what should be looked at.
static void tab_count(const struct view_frame *f, enum view view, char *buf, size_t size) {
    unsigned percent = 0;
    buf[0] = '\0';
    if (view == VIEW_LIMITS)
        snprintf(buf, size, "%s", f->snap && nearest_limit(f->snap, &percent) ? "!" : "");
    else if (view == VIEW_LEAKS && f->snap)
        leaks_count(f, buf, size);
    else if (view == VIEW_MESSAGES)
        snprintf(buf, size, " %zu%s", f->snap ? f->snap->note_count : 0,
                 f->snap && f->snap->note_count ? "!" : "");
    else if (view == VIEW_EVENTS && f->events_per_min)
        snprintf(buf, size, " %" PRIu64 "%s/min", f->events_per_min,
                 f->events_per_min < EVENTLOG_KEEP ? "" : "+"); // more than are kept
    else if (view == VIEW_EVENTS)
        buf[0] = '\0';
    else if (view == VIEW_PROCESSES)
        snprintf(buf, size, " %zu", f->snap ? summary_of(f).holders : 0);
    else
        snprintf(buf, size, " %zu", f->snap ? f->snap->segment_count : 0);
}

enum { TABS = sizeof(tabs) / sizeof(tabs[0]), FILTER_ROOM = 34, NO_FILTER_ROOM = 14 };

// How much the tabs say, from everything to the keys of the views alone.
enum tabs_level { TABS_FULL, TABS_CLOSE, TABS_BRIEF, TABS_NO_COUNT, TABS_VIEWS, TABS_LEVELS };

static int tab_text(const struct view_frame *f, size_t i, enum tabs_level level, char *buf,
                    size_t size) {
    const struct command_info *info = command_info(tabs[i].cmd);
    char count[32];
    tab_count(f, tabs[i].view, count, sizeof count);
    size_t len = strlen(count);
    if (level >= TABS_NO_COUNT) // what should be looked at stays
        snprintf(count, sizeof count, "%s", len && count[len - 1] == '!' ? "!" : "");
    return snprintf(buf, size, "%.*s:%s%s", (int)strcspn(info->keys, " "), info->keys,
                    level <= TABS_CLOSE ? tabs[i].label : tabs[i].brief, count);
}

static bool tab_shown(size_t i, enum tabs_level level) {
    return level < TABS_VIEWS || tabs[i].view != VIEW_MESSAGES;
}

// The most that fits beside what is said of the filter.
static enum tabs_level tabs_level(struct rect r, const struct view_frame *f) {
    int room = r.cols - 2 - (f->filter && f->filter[0] ? FILTER_ROOM : NO_FILTER_ROOM);
    enum tabs_level level = r.cols < 90 ? TABS_BRIEF : TABS_FULL;
    char text[80];
    for (; level < TABS_VIEWS; level++) {
        int width = 0;
        for (size_t i = 0; i < TABS; i++)
            width += tab_text(f, i, level, text, sizeof text) + (level == TABS_FULL ? 3 : 2);
        if (width <= room)
            break;
    }
    return level;
}

int tabs_draw(struct canvas *c, struct rect r, const struct view_frame *f) {
    enum tabs_level level = tabs_level(r, f);
    int x = r.x + 1, end = r.x + r.cols - 1, gap = level == TABS_FULL ? 3 : 2;
    char text[80];
    for (size_t i = 0; i < TABS; i++) {
        if (!tab_shown(i, level))
            continue;
        tab_text(f, i, level, text, sizeof text);
        int key = (int)strcspn(text, ":") + 1;
        canvas_textf(c, r.y, x, end - x, STYLE_KEY, "%.*s", key, text);
        x += key;
        x += canvas_text(c, r.y, x, end - x, tabs[i].view == f->view ? STYLE_STRONG : STYLE_NORMAL,
                         text + key);
        x += gap;
    }
    return x;
}

enum command tabs_hit(struct rect r, const struct view_frame *f, int x) {
    enum tabs_level level = tabs_level(r, f);
    int at = r.x + 1;
    char text[80];
    for (size_t i = 0; i < TABS; i++) {
        if (!tab_shown(i, level))
            continue;
        int width = tab_text(f, i, level, text, sizeof text);
        if (x >= at && x < at + width)
            return tabs[i].cmd;
        at += width + (level == TABS_FULL ? 3 : 2);
    }
    return CMD_NONE;
}

// How many are tagged, as long as the filter keeps its room.
static int draw_tagged(struct canvas *c, struct rect r, int x, int end,
                       const struct view_segments *v) {
    char text[64], size[16];
    snprintf(text, sizeof(text), "* %zu tagged, %s", v->rows->tagged,
             fmt_size(v->rows->tagged_bytes, size));
    if (x + (int)text_width(text) + 2 > end)
        snprintf(text, sizeof(text), "* %zu", v->rows->tagged);
    if (v->rows->tagged == 0 || x + (int)text_width(text) + 2 > end)
        return x;
    return x + canvas_text(c, r.y, x, end - x, STYLE_TAGGED, text) + 2;
}

static void draw_tabs(struct canvas *c, struct rect r, const struct view_segments *v) {
    const struct view_frame *f = v->frame;
    char right[160] = "";
    int x = tabs_draw(c, r, f), end = r.x + r.cols - 1;
    if (f->filter[0])
        snprintf(right, sizeof(right), "filter: %.100s (%zu hidden)", f->filter, v->rows->hidden);
    else if (r.cols >= 90)
        snprintf(right, sizeof(right), "filter: none");
    int width = (int)text_width(right);
    x = draw_tagged(c, r, x, end - width, v);
    int room = end - x;
    if (room <= 0)
        return;
    canvas_fit(c, r.y, width < room ? end - width : x, room, f->filter[0] ? STYLE_WARN : STYLE_DIM,
               right);
}

static void draw_compact(struct canvas *c, struct rect r, const struct view_segments *v) {
    const struct view_frame *f = v->frame;
    struct line_part parts[5] = {0};
    unsigned percent = 0;
    uint64_t used = 0, total = 0;
    if (!f->snap) {
        canvas_text(c, r.y, r.x, r.cols, STYLE_TITLE, "shmtop  looking\u2026");
        return;
    }
    struct view_summary s = summary_of(f);
    struct unused worst = worst_unused(&s);
    const struct watched *limit = nearest_limit(f->snap, &percent);
    snprintf(parts[0].text, sizeof(parts[0].text), "%zu segs%s", f->snap->segment_count,
             f->paused ? " PAUSED" : "");
    if (f->filter[0]) {
        parts[1].drop = 1;
        snprintf(parts[1].text, sizeof(parts[1].text), "filter hides %zu", v->rows->hidden);
    }
    if (limit) {
        parts[2].drop = 1;
        snprintf(parts[2].text, sizeof(parts[2].text), "! %s %u%%", limit->brief, percent);
    } else if (worst.bytes > 0) {
        parts[2].drop = 2;
        snprintf(parts[2].text, sizeof(parts[2].text), "%s %zu!",
                 s.orphans || s.suspects ? "leaks" : "unused", worst.count);
    }
    if (u64v_get(f->snap->limits[LIMIT_SHMMNI_USED], &used) == WHY_KNOWN &&
        u64v_get(f->snap->limits[LIMIT_SHMMNI], &total) == WHY_KNOWN) {
        parts[3].drop = 4;
        snprintf(parts[3].text, sizeof(parts[3].text), "ids %" PRIu64 "/%" PRIu64, used, total);
    }
    if (meter_percent(f->snap->limits[LIMIT_DEVSHM_USED], f->snap->limits[LIMIT_DEVSHM_SIZE],
                      &percent)) {
        parts[4].drop = 3;
        snprintf(parts[4].text, sizeof(parts[4].text), "shm %u%%", percent);
    }
    struct line_part warning = parts[2]; // the numbers first, what they mean last
    parts[2] = parts[3];
    parts[3] = parts[4];
    parts[4] = warning;
    for (size_t i = 0; i < 5; i++)
        parts[i].style = STYLE_TITLE;
    canvas_fill(c, r, STYLE_TITLE, ' ');
    parts_draw(c, r.y, r.x, r.x + r.cols, 2, parts, 5);
}

void header_draw(struct canvas *c, const struct segments_layout *l, const struct view_segments *v) {
    if (l->compact)
        draw_compact(c, l->title, v);
    else
        draw_title(c, l->title, v);
    if (l->meters.rows)
        draw_meters(c, l, v);
    if (l->alarm.rows)
        draw_alarm(c, l->alarm, v);
    if (l->tabs.rows)
        draw_tabs(c, l->tabs, v);
}
