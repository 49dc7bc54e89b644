// help.c - the help, made from the command table: the view it was asked from first, then the
// legend.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

enum line_kind { LINE_BLANK, LINE_HEAD, LINE_COMMAND, LINE_LEGEND };

struct help_line {
    const char *left, *right;
    enum line_kind kind;
    bool changes; // off in read-only mode
};

static const struct help_line legend[] = {
    {"", "", LINE_BLANK, false},
    {"WORDS IN THE STATE COLUMN", "", LINE_HEAD, false},
    {"in-use", "some process maps it, has it open or locks it", LINE_LEGEND, false},
    {"ORPHAN", "unused, and its owner is proven dead", LINE_LEGEND, false},
    {"suspect", "unused and old, but nobody can be proven dead", LINE_LEGEND, false},
    {"idle", "unused, but the process it belongs to lives", LINE_LEGEND, false},
    {"young", "unused, but not for long", LINE_LEGEND, false},
    {"protected", "unused, and kept on purpose by its software", LINE_LEGEND, false},
    {"unknown", "not all who may hold it can be seen", LINE_LEGEND, false},
    {"dest", "removed already, vanishes at the last detach", LINE_LEGEND, false},
    {"unlinked", "has no name any more, lives as long as it is held", LINE_LEGEND, false},
    {"NEW  (gone)", "appeared, or vanished, a moment ago", LINE_LEGEND, false},
    {"-  ?", "there is none; it could not be learned", LINE_LEGEND, false},
    {"S P M A T H", "System V, POSIX, memfd, anonymous, tmpfs, hugetlbfs", LINE_LEGEND, false},
    {"ATT", "System V: attachments (mappings, not processes); else mappings seen", LINE_LEGEND,
     false},
};
static const struct help_line process_legend[] = {
    {"", "", LINE_BLANK, false},
    {"COLUMNS OF THE PROCESSES", "", LINE_HEAD, false},
    {"SHARED", "sizes of all segments it maps, has open or locks, each once", LINE_LEGEND, false},
    {"RSS", "what these have in memory, whoever put it there", LINE_LEGEND, false},
    {"ONLY-ME", "memory that nobody would be attached to if it ended", LINE_LEGEND, false},
    {"", "System V: all attachments are its own; else nobody else maps it", LINE_LEGEND, false},
    {"", "shared or has it open. Private mappings and locks do not count;", LINE_LEGEND, false},
    {"", "what has no name would be freed with it and is not in here", LINE_LEGEND, false},
    {"\u2264 \u2265 ~", "at most (others may be unseen); at least; both", LINE_LEGEND, false},
    {"WRITE", "rw: it can write to one; r-: it only reads", LINE_LEGEND, false},
};
static const struct help_line event_legend[] = {
    {"", "", LINE_BLANK, false},
    {"SIGNS OF THE EVENTS", "", LINE_HEAD, false},
    {"+ -", "created; removed, unlinked (still held), marked for destruction", LINE_LEGEND, false},
    {"> <", "a process attached, or detached", LINE_LEGEND, false},
    {"~", "size, name, mode or owner changed", LINE_LEGEND, false},
    {"!", "a limit was crossed; news were lost", LINE_LEGEND, false},
    {"x 27 similar", "as many alike within moments, folded into one line", LINE_LEGEND, false},
    {"pid", "who did it, where the kernel tells: of /dev/shm to root, of System V", LINE_LEGEND,
     false},
};
enum {
    EVENT_LEGEND_COUNT = sizeof(event_legend) / sizeof(event_legend[0]),
    PROCESS_LEGEND_COUNT = sizeof(process_legend) / sizeof(process_legend[0]),
    LEGEND_COUNT = sizeof(legend) / sizeof(legend[0]),
    LINES_MAX = CMD_COUNT + LEGEND_COUNT + PROCESS_LEGEND_COUNT + EVENT_LEGEND_COUNT + 8
};

static const char *const view_names[VIEW_COUNT] = {
    [VIEW_SEGMENTS] = "segment table",
    [VIEW_PROCESSES] = "processes",
    [VIEW_LEAKS] = "leaks",
    [VIEW_EVENTS] = "events",
    [VIEW_LIMITS] = "limits",
    [VIEW_HEX] = "hex view",
    [VIEW_LENS] = "lens",
    [VIEW_EDIT] = "editing bytes",
    [VIEW_HELP] = "help",
    [VIEW_MESSAGES] = "messages",
    [VIEW_SETUP] = "setup",
};

static bool everywhere(const struct command_info *info) {
    return info->views == IN_ALL;
}

static size_t add_commands(struct help_line *lines, size_t n, enum view of, bool general) {
    for (int cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
        const struct command_info *info = command_info((enum command)cmd);
        if ((info->views & IN(of)) && everywhere(info) == general)
            lines[n++] = (struct help_line){info->keys, info->help, LINE_COMMAND,
                                            (info->flags & CMD_CHANGES) != 0};
    }
    return n;
}

static size_t build(enum view of, struct help_line lines[LINES_MAX]) {
    size_t n = 0;
    lines[n++] = (struct help_line){"IN THIS VIEW", "", LINE_HEAD, false};
    n = add_commands(lines, n, of, false);
    if (n == 1) // nothing but the general commands
        n = 0;
    if (of == VIEW_PROCESSES) {
        memcpy(lines + n, process_legend, sizeof(process_legend));
        n += PROCESS_LEGEND_COUNT;
    }
    if (of == VIEW_EVENTS) {
        memcpy(lines + n, event_legend, sizeof(event_legend));
        n += EVENT_LEGEND_COUNT;
    }
    size_t skip = n == 0 ? 1 : 0; // no blank line on top
    memcpy(lines + n, legend + skip, (LEGEND_COUNT - skip) * sizeof(legend[0]));
    n += LEGEND_COUNT - skip;
    lines[n++] = (struct help_line){"", "", LINE_BLANK, false};
    lines[n++] = (struct help_line){"EVERYWHERE", "", LINE_HEAD, false};
    return add_commands(lines, n, of, true);
}

size_t help_line_count(enum view of) {
    struct help_line lines[LINES_MAX];
    return build(of, lines);
}

// Marks every place where the drawn line holds the text that is searched for, whatever its case.
static void mark_matches(struct canvas *c, int y, int x, int width, const char *text,
                         const char *search) {
    size_t len = strlen(search);
    if (len == 0)
        return;
    for (const char *s = text; *s; s++) {
        if (strncasecmp(s, search, len) == 0 && (int)(s - text + (long)len) <= width)
            canvas_restyle(c, (struct rect){y, x + (int)(s - text), 1, (int)len}, STYLE_MATCH);
    }
}

static void draw_line(struct canvas *c, int y, const struct view_help *v,
                      const struct help_line *line) {
    int keys = c->cols >= 60 ? 16 : 12;
    if (line->kind == LINE_BLANK)
        return;
    if (line->kind == LINE_HEAD) {
        canvas_text(c, y, 1, c->cols - 2, STYLE_HEAD_SORT, line->left);
        return;
    }
    bool off = line->changes && v->frame->read_only;
    canvas_fit(c, y, 3, keys - 1, off ? STYLE_DIM : STYLE_KEY, line->left);
    char text[200];
    snprintf(text, sizeof(text), "%s%s", line->right, off ? " (off: read-only)" : "");
    canvas_fit(c, y, 3 + keys, c->cols - keys - 4, off ? STYLE_DIM : STYLE_NORMAL, text);
    mark_matches(c, y, 3 + keys, c->cols - keys - 4, text, v->search);
    mark_matches(c, y, 3, keys - 1, line->left, v->search);
}

bool help_find(enum view of, const char *text, size_t from, int dir, size_t *line, size_t *nth,
               size_t *total) {
    struct help_line lines[LINES_MAX];
    size_t n = build(of, lines), at = n, count = 0, place = 0;
    for (size_t i = 0; i < n && text[0]; i++)
        count += strcasestr(lines[i].left, text) || strcasestr(lines[i].right, text);
    if (count == 0)
        return false;
    do {
        from = dir > 0 ? (from + 1) % n : (from + n - 1) % n;
        if (strcasestr(lines[from].left, text) || strcasestr(lines[from].right, text))
            at = from;
    } while (at == n);
    for (size_t i = 0; i <= at; i++)
        place += strcasestr(lines[i].left, text) || strcasestr(lines[i].right, text);
    *line = at;
    *nth = place;
    *total = count;
    return true;
}

void help_draw(struct canvas *c, const struct view_help *v) {
    struct help_line lines[LINES_MAX];
    size_t n = build(v->of, lines);
    if (layout_too_small(c->rows, c->cols)) {
        too_small_draw(c);
        return;
    }
    canvas_clear(c);
    canvas_fill(c, (struct rect){0, 0, 1, c->cols}, STYLE_TITLE, ' ');
    size_t room = (size_t)(c->rows - 3), top = v->top;
    if (top + room > n)
        top = n > room ? n - room : 0;
    size_t last = top + room < n ? top + room : n;
    canvas_textf(c, 0, 1, c->cols - 2, STYLE_TITLE, "Help: %s", view_names[v->of]);
    char right[64];
    if (c->cols >= 70)
        snprintf(right, sizeof(right), "shmtop %s   lines %zu-%zu of %zu", SHMTOP_VERSION, top + 1,
                 last, n);
    else
        snprintf(right, sizeof(right), "%zu-%zu/%zu", top + 1, last, n);
    int width = (int)text_width(right);
    canvas_text(c, 0, c->cols - width - 1, width, STYLE_TITLE, right);
    for (size_t i = top; i < last; i++)
        draw_line(c, 1 + (int)(i - top), v, &lines[i]);
    struct rect message = {c->rows - 2, 0, 1, c->cols};
    if (v->frame->message[0])
        message_draw(c, message, v->frame->message_alert, v->frame->message);
    else if (last < n)
        canvas_textf(c, message.y, 1, c->cols - 2, STYLE_DIM, "\u2193 %zu more lines", n - last);
    footer_draw(c, (struct rect){c->rows - 1, 0, 1, c->cols}, VIEW_HELP, v->frame->read_only);
}
