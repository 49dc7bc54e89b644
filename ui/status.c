// status.c - meters, title, lines of parts, footer, message and prompt line.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/segname.h"
#include "core/text.h"
#include "ui/layout.h"
#include "ui/widgets.h"

enum style alert_style(enum alert alert) {
    static const enum style styles[] = {
        [ALERT_NONE] = STYLE_NORMAL,
        [ALERT_INFO] = STYLE_STRONG,
        [ALERT_WARN] = STYLE_WARN,
        [ALERT_BAD] = STYLE_BAD,
    };
    return styles[alert];
}

const char *alert_sign(enum alert alert) {
    return alert >= ALERT_WARN ? "! " : "";
}

bool meter_percent(u64v used, u64v total, unsigned *percent) {
    uint64_t u = 0, t = 0;
    if (u64v_get(used, &u) != WHY_KNOWN || u64v_get(total, &t) != WHY_KNOWN || t == 0)
        return false;
    double p = (double)u / (double)t * 100.0;
    *percent = p >= 100.0 ? 100u : (unsigned)p;
    return true;
}

static void number_text(u64v v, bool bytes, char *buf, size_t size) {
    uint64_t n = 0;
    char tmp[16];
    if (u64v_get(v, &n) != WHY_KNOWN)
        snprintf(buf, size, "?");
    else if (bytes)
        snprintf(buf, size, "%s", fmt_size(n, tmp));
    else
        snprintf(buf, size, "%" PRIu64, n);
}

void meter_draw(struct canvas *c, int y, int x, int width, const struct meter *m) {
    char used[32], total[32], text[80];
    unsigned percent = 0;
    bool known = meter_percent(m->used, m->total, &percent);
    uint64_t ignored;
    number_text(m->used, m->bytes, used, sizeof(used));
    number_text(m->total, m->bytes, total, sizeof(total));
    if (u64v_get(m->total, &ignored) == WHY_NONE)
        snprintf(text, sizeof(text), "%s, no limit", used);
    else
        snprintf(text, sizeof(text), "%s/%s%s", used, total, known && percent >= 90 ? " !" : "");
    enum style bar = !known || percent < 75 ? STYLE_BAR1 : percent < 90 ? STYLE_WARN : STYLE_BAD;
    canvas_text(c, y, x, m->label_width, STYLE_DIM, m->label);
    x += m->label_width + 1;
    width -= m->label_width + 1;
    if (width < 4)
        return;
    int room = width - 2, len = (int)text_width(text);
    int filled = known ? (int)((unsigned)room * percent / 100) : 0;
    if (known && filled == 0 && u64v_get(m->used, &ignored) == WHY_KNOWN && ignored > 0 && percent)
        filled = 1;
    canvas_text(c, y, x, 1, STYLE_BORDER, "[");
    canvas_text(c, y, x + width - 1, 1, STYLE_BORDER, "]");
    canvas_fill(c, (struct rect){y, x + 1, 1, room}, STYLE_NORMAL, ' ');
    canvas_fill(c, (struct rect){y, x + 1, 1, filled}, bar, '|');
    if (len < room) // the number pushes the bar aside, it is what counts
        canvas_text(c, y, x + room - len, 1, STYLE_NORMAL, " ");
    canvas_text_right(c, y, x + 1 + (len < room ? room - len : 0), len < room ? len : room,
                      known && percent >= 75 ? bar : STYLE_NORMAL, text);
}

void live_text(const struct view_frame *f, char *buf, size_t size) {
    if (f->paused)
        snprintf(buf, size, "PAUSED");
    else if (!f->snap)
        snprintf(buf, size, "looking\u2026");
    else
        snprintf(buf, size, "LIVE %.1fs", f->interval_s);
}

// ---- lines of parts

void parts_draw(struct canvas *c, int y, int x, int end, int gap, struct line_part *parts,
                size_t n) {
    for (;;) {
        int width = 0;
        size_t worst = n;
        for (size_t i = 0; i < n; i++) {
            if (!parts[i].text[0])
                continue;
            width += (int)text_width(parts[i].text) + gap;
            if (parts[i].drop && (worst == n || parts[i].drop > parts[worst].drop))
                worst = i;
        }
        if (x + width - gap <= end || worst == n)
            break;
        parts[worst].text[0] = '\0';
    }
    for (size_t i = 0; i < n; i++) {
        if (parts[i].text[0])
            x += canvas_text(c, y, x, end - x, parts[i].style, parts[i].text) + gap;
    }
}

void title_draw(struct canvas *c, const struct view_frame *f, const char *name) {
    title_facts_draw(c, f, name, "");
}

void title_facts_draw(struct canvas *c, const struct view_frame *f, const char *name,
                      const char *facts) {
    char clock[16];
    struct line_part parts[5] = {{.style = STYLE_TITLE},
                                 {.style = STYLE_TITLE, .drop = 3},
                                 {.style = STYLE_TITLE, .drop = 2},
                                 {.style = STYLE_TITLE, .drop = 1},
                                 {.style = STYLE_TITLE, .drop = 4}};
    canvas_fill(c, (struct rect){0, 0, 1, c->cols}, STYLE_TITLE, ' ');
    snprintf(parts[0].text, sizeof parts[0].text, "%s", name);
    if (f->snap && c->cols >= 60)
        name_escape(f->snap->vantage.host, strlen(f->snap->vantage.host), false, parts[1].text,
                    sizeof parts[1].text);
    live_text(f, parts[2].text, sizeof parts[2].text);
    snprintf(parts[3].text, sizeof parts[3].text, "%s", f->read_only ? "READ-ONLY" : "");
    snprintf(parts[4].text, sizeof parts[4].text, "%s", facts);
    parts_draw(c, 0, 1, c->cols - 10, 3, parts, 5);
    canvas_text(c, 0, c->cols - 9, 8, STYLE_TITLE, fmt_clock(f->now_ns, f->utc_offset, clock));
}

// ---- footer

// What is dropped last when the line gets narrow; what is not listed goes first, from the end.
static const enum command important[] = {CMD_QUIT, CMD_HELP,      CMD_CLOSE,      CMD_HEX,
                                         CMD_GOTO, CMD_REMOVE,    CMD_SEARCH,     CMD_CREATE,
                                         CMD_EDIT, CMD_LENS_EDIT, CMD_EDIT_WRITE, CMD_SETUP_SAVE};

struct footer_item {
    enum command cmd;
    int x, width;
    char key[12];
    const char *label;
};
enum { FOOTER_MAX = 24 };

static int importance(enum command cmd) {
    int n = (int)(sizeof(important) / sizeof(important[0]));
    for (int i = 0; i < n; i++) {
        if (important[i] == cmd)
            return CMD_COUNT + n - i;
    }
    return CMD_COUNT - (int)cmd;
}

static bool top_level(enum view view) {
    return view <= VIEW_LIMITS;
}

// On the first screen the function keys stand in their order; elsewhere what only that view has
// comes right after the help.
static int footer_group(enum view view, enum command cmd) {
    if (top_level(view) || cmd == CMD_HELP)
        return 0;
    return command_info(cmd)->views == IN_ALL ? 2 : 1;
}

static size_t footer_collect(enum view view, struct footer_item items[FOOTER_MAX]) {
    size_t n = 0;
    for (int i = 0; i < 3 * CMD_COUNT && n < FOOTER_MAX; i++) {
        int cmd = i % CMD_COUNT;
        const struct command_info *info = command_info((enum command)cmd);
        const char *label = info->label;
        if (cmd == CMD_CLOSE && !top_level(view))
            label = "Back";
        if (cmd == CMD_NONE || !(info->views & IN(view)) || !label[0] ||
            footer_group(view, (enum command)cmd) != i / CMD_COUNT)
            continue;
        struct footer_item *it = &items[n++];
        it->cmd = (enum command)cmd;
        it->label = label;
        size_t len = strcspn(info->keys, " ");
        snprintf(it->key, sizeof(it->key), "%.*s%s", (int)len, info->keys,
                 info->keys[0] == 'F' && len > 1 ? "" : " ");
    }
    return n;
}

// Sets x and width of what fits in `cols` cells; returns how many are left.
static size_t footer_fit(enum view view, int cols, struct footer_item items[FOOTER_MAX]) {
    size_t n = footer_collect(view, items);
    bool shrunk = false;
    for (;;) {
        int x = 1;
        for (size_t i = 0; i < n; i++) {
            items[i].x = x;
            items[i].width = (int)(strlen(items[i].key) + text_width(items[i].label));
            x += items[i].width + 1;
        }
        if (x - 1 <= cols || n == 0)
            return n;
        if (!shrunk) { // "F10Quit" becomes "10Quit"
            shrunk = true;
            for (size_t i = 0; i < n; i++) {
                char *key = items[i].key;
                if (key[0] == 'F' && key[1] >= '0' && key[1] <= '9')
                    memmove(key, key + 1, strlen(key));
            }
            continue;
        }
        size_t least = 0;
        for (size_t i = 1; i < n; i++) {
            if (importance(items[i].cmd) <= importance(items[least].cmd))
                least = i;
        }
        memmove(&items[least], &items[least + 1], (n - least - 1) * sizeof(items[0]));
        n--;
    }
}

void footer_draw(struct canvas *c, struct rect r, enum view view, bool read_only) {
    struct footer_item items[FOOTER_MAX];
    size_t n = footer_fit(view, r.cols, items);
    for (size_t i = 0; i < n; i++) {
        bool off = read_only && (command_info(items[i].cmd)->flags & CMD_CHANGES);
        int key = (int)strlen(items[i].key);
        canvas_text(c, r.y, r.x + items[i].x, key, off ? STYLE_DIM : STYLE_KEY, items[i].key);
        canvas_text(c, r.y, r.x + items[i].x + key, items[i].width - key,
                    off ? STYLE_DIM : STYLE_LABEL, items[i].label);
    }
}

enum command footer_hit(struct rect r, enum view view, int x) {
    struct footer_item items[FOOTER_MAX];
    size_t n = footer_fit(view, r.cols, items);
    for (size_t i = 0; i < n; i++) {
        if (x >= r.x + items[i].x && x < r.x + items[i].x + items[i].width)
            return items[i].cmd;
    }
    return CMD_NONE;
}

// ---- lines

void message_draw(struct canvas *c, struct rect r, enum alert alert, const char *text) {
    const char *sign = alert_sign(alert);
    int x = 1 + canvas_text(c, r.y, r.x + 1, r.cols - 1, alert_style(alert),
                            !text[0] || strncmp(text, "! ", 2) == 0 ? "" : sign);
    canvas_fit(c, r.y, r.x + x, r.cols - x, alert_style(alert), text);
}

void too_small_draw(struct canvas *c) {
    canvas_clear(c);
    canvas_textf(c, 0, 0, c->cols, STYLE_WARN,
                 c->cols >= 24 ? "too small: %dx%d, q quits" : "%dx%d", c->cols, c->rows);
}

// What can be chosen, above the line at y: as many as leave half of the screen in sight.
static void choices_draw(struct canvas *c, const struct view_prompt *v, int y) {
    int room = y / 2 < 12 ? y / 2 : 12, count = (int)v->line_count;
    int shown = count < room ? count : room, first = 0, text = 0;
    if (shown <= 0)
        return;
    if (v->line_selected < v->line_count && (int)v->line_selected >= shown)
        first = (int)v->line_selected - shown + 1;
    for (int i = 0; i < count; i++) {
        int width = (int)text_width(v->lines[i].text);
        text = width > text ? width : text;
    }
    text = text > c->cols / 2 ? c->cols / 2 : text;
    int keys = c->cols >= 60 ? 14 : 0;
    for (int i = 0; i < shown; i++) {
        const struct prompt_line *line = &v->lines[first + i];
        struct rect r = {y - shown + i, 0, 1, c->cols};
        bool on = first + i == (int)v->line_selected;
        canvas_fill(c, r, STYLE_INPUT, ' ');
        canvas_text(c, r.y, 0, 1, STYLE_INPUT, on ? ">" : " ");
        canvas_fit(c, r.y, 2, text, STYLE_INPUT, line->text);
        canvas_fit(c, r.y, text + 4, keys, STYLE_INPUT, line->keys);
        int x = text + 4 + (keys ? keys + 1 : 0);
        canvas_fit(c, r.y, x, c->cols - x, STYLE_INPUT, line->help);
        if (on)
            canvas_restyle(c, r, STYLE_SELECTED);
    }
    char more[48];
    snprintf(more, sizeof(more), " %d of %d: Tab, Shift-Tab ", shown, count);
    if (count > shown && c->cols >= 40)
        canvas_text_right(c, y - shown, c->cols - (int)strlen(more), (int)strlen(more), STYLE_LABEL,
                          more);
}

void prompt_draw(struct canvas *c, const struct view_prompt *v) {
    int y = layout_too_small(c->rows, c->cols) ? c->rows - 1 : c->rows - 2;
    if (y < 0)
        return;
    choices_draw(c, v, y);
    canvas_fill(c, (struct rect){y, 0, 1, c->cols}, STYLE_NORMAL, ' ');
    int remark = v->remark[0] ? (int)text_width(v->remark) + 2 : 0;
    int x = canvas_text(c, y, 1, c->cols - 2, STYLE_STRONG, v->label) + 2;
    int room = c->cols - x - remark;
    if (room < 12) {                           // what is typed comes before what is said about it
        if (v->alert >= ALERT_WARN && y > 0) { // but not before what is wrong with it
            canvas_fill(c, (struct rect){y - 1, 0, 1, c->cols}, STYLE_NORMAL, ' ');
            canvas_fit(c, y - 1, 1, c->cols - 2, alert_style(v->alert), v->remark);
        }
        remark = 0;
        room = c->cols - x;
    }
    if (room < 2)
        return;
    canvas_fill(c, (struct rect){y, x, 1, room}, STYLE_INPUT, ' ');
    field_draw(c, y, x, room, v->text, v->cursor, true);
    if (remark)
        canvas_text(c, y, x + room + 1, remark, alert_style(v->alert), v->remark);
}
