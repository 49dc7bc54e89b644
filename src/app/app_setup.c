// app_setup.c - the setup screen: every setting, the columns one by one, and saving on request.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"
#include "ui/widgets.h"

enum { LINES_MAX = SETTING_COUNT + COLUMN_COUNT };

// --- the columns, chosen ones first

static size_t line_count(void) {
    size_t n = SETTING_COUNT;
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        n += colset_offers((enum column)i);
    return n;
}

static size_t place_of(const struct colset *set, enum column col) {
    size_t i = 0;
    while (i < set->count && set->item[i].col != col)
        i++;
    return i;
}

// The column on a line; COLUMN_COUNT: the line is a setting.
static enum column column_at(const struct app *a, size_t line) {
    const struct colset *set = &a->settings.columns;
    if (line < SETTING_COUNT)
        return COLUMN_COUNT;
    line -= SETTING_COUNT;
    if (line < set->count)
        return set->item[line].col;
    line -= set->count;
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (colset_offers((enum column)i) && place_of(set, (enum column)i) == set->count &&
            line-- == 0)
            return (enum column)i;
    return COLUMN_COUNT;
}

static void put(struct app *a, enum setting setting, const char *text) {
    char why[200] = "", shown[64];
    if (settings_put(a, setting, text, why, sizeof why)) {
        a->setup.touched |= 1u << setting;
        return;
    }
    snprintf(shown, sizeof shown, "%s", text);
    app_message(a, ALERT_BAD, "%s: %s %s", setting_name(setting), shown, why);
}

static void put_columns(struct app *a, const struct colset *set, enum column stay) {
    char text[SETTING_TEXT];
    colset_format(set, text, sizeof text);
    put(a, SETTING_COLUMNS, text);
    for (size_t line = SETTING_COUNT; line < line_count(); line++)
        if (column_at(a, line) == stay)
            a->setup.selected = line;
}

// The choice to begin with, when there is none yet.
static struct colset columns_now(const struct app *a) {
    struct colset set = a->settings.columns;
    if (set.count == 0) {
        uint8_t name_width = set.name_width;
        table_own_columns(&set);
        set.name_width = name_width;
    }
    return set;
}

static void toggle_column(struct app *a, enum column col) {
    struct colset set = columns_now(a);
    size_t at = place_of(&set, col);
    if (at == set.count) {
        set.item[set.count].col = col;
        set.item[set.count++].width = 0;
    } else {
        set.count--;
        memmove(&set.item[at], &set.item[at + 1], (set.count - at) * sizeof set.item[0]);
    }
    put_columns(a, &set, col);
    if (set.count == 0)
        app_message(a, ALERT_INFO, "no column is chosen: shmtop chooses by itself");
}

static void move_column(struct app *a, enum column col, int by) {
    struct colset set = columns_now(a);
    size_t at = place_of(&set, col);
    if (at == set.count || (by < 0 && at == 0) || (by > 0 && at + 1 >= set.count)) {
        app_message(a, ALERT_INFO,
                    at == set.count ? "Space shows it first" : "it stands at the end already");
        return;
    }
    size_t to = by < 0 ? at - 1 : at + 1;
    uint8_t width = set.item[at].width;
    set.item[at] = set.item[to];
    set.item[to].col = col;
    set.item[to].width = width;
    put_columns(a, &set, col);
}

static void size_column(struct app *a, enum column col, int by) {
    struct colset set = columns_now(a);
    size_t at = place_of(&set, col);
    if (at == set.count) {
        app_message(a, ALERT_INFO, "Space shows it first");
        return;
    }
    int width = set.item[at].width ? set.item[at].width : table_column_width(col);
    width += by;
    if (width < COLSET_WIDTH_MIN || width > COLSET_WIDTH_MAX)
        return;
    set.item[at].width = (uint8_t)width;
    put_columns(a, &set, col);
}

// --- the settings

static void cycle(struct app *a, enum setting setting, int by) {
    char now[SETTING_TEXT], value[SETTING_TEXT], first[SETTING_TEXT] = "", last[SETTING_TEXT] = "";
    struct settings s;
    bool found = false, next = false;
    settings_now(a, &s);
    setting_text(&s, setting, now);
    if (setting == SETTING_FILTER || setting == SETTING_COLUMNS) {
        app_message(a, ALERT_INFO, "Enter types it");
        return;
    }
    for (size_t n = 0; setting_choice(setting, n, value, sizeof value); n++) {
        if (n == 0)
            snprintf(first, sizeof first, "%s", value);
        if (next) {
            put(a, setting, value);
            return;
        }
        found = strcmp(value, now) == 0;
        next = found && by > 0;
        if (found && by < 0 && n > 0) {
            put(a, setting, last);
            return;
        }
        snprintf(last, sizeof last, "%s", value);
    }
    put(a, setting, by > 0 ? first : last);
}

static bool is_switch(enum setting setting) {
    char value[64];
    return setting_choice(setting, 0, value, sizeof value) && strcmp(value, "yes") == 0;
}

static void value_open(struct app *a) {
    char now[SETTING_TEXT], text[TEXTEDIT_SIZE];
    struct settings s;
    settings_now(a, &s);
    snprintf(text, sizeof text, "%s", setting_text(&s, (enum setting)a->setup.selected, now));
    prompt_text(a, text);
    prompt_remark(a, ALERT_NONE, "Enter sets %s", setting_name((enum setting)a->setup.selected));
}

static bool value_accept(struct app *a) {
    char why[200] = "";
    enum setting setting = (enum setting)a->setup.selected;
    if (!settings_put(a, setting, a->prompt.edit.text, why, sizeof why)) {
        prompt_remark(a, ALERT_BAD, "%s", why);
        return false;
    }
    a->setup.touched |= 1u << setting;
    return true;
}

static const struct prompt_kind value_prompt = {
    .label = "value: ", .open = value_open, .accept = value_accept};

static void change(struct app *a) {
    enum column col = column_at(a, a->setup.selected);
    if (col < COLUMN_COUNT)
        toggle_column(a, col);
    else if (is_switch((enum setting)a->setup.selected))
        cycle(a, (enum setting)a->setup.selected, 1);
    else
        prompt_open(a, &value_prompt);
}

// --- saving and taking back

static void save(struct app *a) {
    if (!app_may_change(a))
        return;
    if (a->setup.touched)
        app_do(a, EFFECT_SAVE);
    else
        app_message(a, ALERT_INFO, "nothing was changed here");
}

void app_saved(struct app *a, const char *path, const char *problem) {
    if (problem[0]) {
        app_message(a, ALERT_BAD, "%s", problem);
        return;
    }
    a->setup.touched = 0;
    settings_now(a, &a->setup.before);
    app_message(a, ALERT_INFO, "saved to %s", path);
}

static void take_back(struct app *a) {
    char text[SETTING_TEXT], why[200];
    if (!a->setup.touched) {
        app_message(a, ALERT_INFO, "nothing was changed here");
        return;
    }
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        if (a->setup.touched & 1u << i)
            settings_put(a, (enum setting)i, setting_text(&a->setup.before, (enum setting)i, text),
                         why, sizeof why);
    a->setup.touched = 0;
    app_message(a, ALERT_INFO, "all is as it was before");
}

static void leave(struct app *a) {
    enum view to = a->setup.from;
    if (a->setup.touched)
        app_message(a, ALERT_INFO, "not saved: the changes hold until shmtop ends");
    a->setup.touched = 0;
    app_go(a, to);
}

void setup_open(struct app *a, bool columns) {
    if (a->view != VIEW_SETUP) {
        bool overlay = a->view == VIEW_HELP || a->view == VIEW_MESSAGES;
        enum view from = overlay ? a->below : a->view;
        if (from != VIEW_SETUP) {
            a->setup.from = from;
            a->setup.touched = 0;
            a->setup.selected = 0;
            settings_now(a, &a->setup.before);
        }
        app_go(a, VIEW_SETUP);
    }
    if (columns)
        a->setup.selected = SETTING_COUNT;
    app_do(a, EFFECT_DRAW);
}

static void move(struct app *a, long by) {
    long to = (long)a->setup.selected + by, last = (long)line_count() - 1;
    a->setup.selected = (size_t)(to < 0 ? 0 : to > last ? last : to);
    app_do(a, EFFECT_DRAW);
}

static void sideways(struct app *a, int by) {
    enum column col = column_at(a, a->setup.selected);
    if (col < COLUMN_COUNT)
        size_column(a, col, by);
    else
        cycle(a, (enum setting)a->setup.selected, by);
}

static void move_it(struct app *a, int by) {
    enum column col = column_at(a, a->setup.selected);
    if (col < COLUMN_COUNT)
        move_column(a, col, by);
    else
        app_message(a, ALERT_INFO, "only a column can be moved: they are below");
}

static bool setup_command(struct app *a, enum command cmd) {
    long page = a->screen_rows > 12 ? a->screen_rows - 10 : 4, all = (long)line_count();
    switch (cmd) {
    case CMD_UP:
    case CMD_DOWN:
        move(a, cmd == CMD_UP ? -1 : 1);
        return true;
    case CMD_PAGE_UP:
    case CMD_PAGE_DOWN:
        move(a, cmd == CMD_PAGE_UP ? -page : page);
        return true;
    case CMD_TOP:
    case CMD_BOTTOM:
        move(a, cmd == CMD_TOP ? -all : all);
        return true;
    case CMD_LEFT:
    case CMD_RIGHT:
        sideways(a, cmd == CMD_LEFT ? -1 : 1);
        return true;
    case CMD_SETUP_CHANGE:
        change(a);
        return true;
    case CMD_SETUP_EARLIER:
    case CMD_SETUP_LATER:
        move_it(a, cmd == CMD_SETUP_EARLIER ? -1 : 1);
        return true;
    case CMD_SETUP_SAVE:
        save(a);
        return true;
    case CMD_SETUP_RESET:
        take_back(a);
        return true;
    case CMD_CLOSE:
    case CMD_BACK:
    case CMD_SETUP:
        leave(a);
        return true;
    default:
        return false;
    }
}

// --- drawing

static void fill_line(const struct app *a, const struct settings *s, size_t i,
                      struct setup_line *out) {
    char text[SETTING_TEXT];
    enum column col = column_at(a, i);
    *out = (struct setup_line){.column = col < COLUMN_COUNT};
    if (!out->column) {
        enum setting setting = (enum setting)i;
        setting_text(s, setting, text);
        if (setting == SETTING_COLUMNS && !text[0])
            snprintf(text, sizeof text, "shmtop's own choice");
        snprintf(out->label, sizeof out->label, "%s", setting_name(setting));
        snprintf(out->value, sizeof out->value, "%.150s", text);
        out->help = setting_help(setting);
        out->touched = a->setup.touched & 1u << i;
        return;
    }
    struct colset set = columns_now(a);
    size_t at = place_of(&set, col);
    out->shown = at < set.count;
    snprintf(out->label, sizeof out->label, "%s", column_info(col)->name);
    unsigned width = out->shown && set.item[at].width ? set.item[at].width
                                                      : (unsigned)table_column_width(col);
    snprintf(out->value, sizeof out->value, "%u cells", width);
    out->help = column_help(col);
}

static void setup_show(struct app *a, struct canvas *c, const struct view_frame *frame) {
    struct setup_line *lines = xcalloc(LINES_MAX, sizeof *lines);
    struct settings now;
    char unsaved[160] = "";
    struct view_segments preview = {
        .frame = frame, .rows = &a->table, .columns = &a->settings.columns};
    struct view_setup v = {.frame = frame,
                           .lines = lines,
                           .count = line_count(),
                           .selected = a->setup.selected,
                           .unsaved = unsaved,
                           .preview = &preview};
    settings_now(a, &now);
    for (size_t i = 0; i < v.count; i++)
        fill_line(a, &now, i, &lines[i]);
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        if (a->setup.touched & 1u << i && strlen(unsaved) + 20 < sizeof unsaved)
            sprintf(unsaved + strlen(unsaved), "%s%s", unsaved[0] ? ", " : "",
                    setting_name((enum setting)i));
    setup_draw(c, &v);
    free(lines);
}

const struct screen setup_screen = {.draw = setup_show, .command = setup_command};
