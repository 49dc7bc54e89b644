// app_settings.c - the settings that are in force, and putting another one in force at once.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "app/xalloc.h"

void settings_start(struct app *a, const struct settings *s) {
    struct filter *f = NULL;
    char why[160];
    a->settings = *s;
    a->read_only = s->read_only;
    a->mouse = s->mouse;
    a->all_namespaces = s->all_namespaces;
    a->utf8 = a->can_utf8 && !s->ascii;
    a->table.follow = s->follow;
    xcheck(rows_sort(&a->table, s->sort.column, s->sort.inverted));
    if (!s->filter[0])
        return;
    if (filter_parse(s->filter, &f, why, sizeof why) == 0)
        segments_filter(a, f, s->filter);
    else
        app_message(a, ALERT_BAD, "filter: %s", why);
    a->message_end = 0; // stays until a key is pressed
}

void settings_now(const struct app *a, struct settings *out) {
    *out = a->settings;
    out->sort = (struct sort_order){a->table.sort, a->table.invert};
    out->mouse = a->mouse;
    out->follow = a->table.follow;
    out->all_namespaces = a->all_namespaces;
    snprintf(out->filter, sizeof out->filter, "%s", a->filter_text);
}

static void put_filter(struct app *a, const char *text) {
    struct filter *f = NULL;
    char why[160];
    if (xcheck(filter_parse(text, &f, why, sizeof why)) == 0)
        segments_filter(a, f, text);
}

// What follows from a value that was just put into a->settings.
static void follow_up(struct app *a, enum setting setting) {
    const struct settings *s = &a->settings;
    switch (setting) {
    case SETTING_DELAY:
        app_do(a, EFFECT_DELAY);
        break;
    case SETTING_SORT:
        xcheck(rows_sort(&a->table, s->sort.column, s->sort.inverted));
        break;
    case SETTING_THEME:
    case SETTING_COLOR:
        app_do(a, EFFECT_LOOKS);
        break;
    case SETTING_ASCII:
        a->utf8 = a->can_utf8 && !s->ascii;
        break;
    case SETTING_MOUSE:
        a->mouse = s->mouse;
        app_do(a, EFFECT_MOUSE);
        break;
    case SETTING_FOLLOW:
        a->table.follow = s->follow;
        break;
    case SETTING_ALL_NAMESPACES:
        a->all_namespaces = s->all_namespaces;
        app_do(a, EFFECT_NAMESPACES);
        break;
    case SETTING_FILTER:
        put_filter(a, s->filter);
        break;
    case SETTING_READ_ONLY: // never off again: somebody wanted it on
        a->read_only = a->read_only || s->read_only;
        break;
    case SETTING_OLDER_THAN:
        app_do(a, EFFECT_AGE_FLOOR);
        break;
    case SETTING_COLUMNS:
    case SETTING_QUARANTINE:
    case SETTING_COUNT:
        break;
    }
}

bool settings_put(struct app *a, enum setting setting, const char *text, char *why, size_t size) {
    struct settings next;
    settings_now(a, &next);
    if (!setting_read(&next, setting, text, why, size))
        return false;
    a->settings = next;
    follow_up(a, setting);
    app_do(a, EFFECT_DRAW);
    return true;
}
