// app_palette.c - running commands and setting values by their names.
//
// Everything here comes from the table of commands and the table of settings. A name with an
// argument sets the setting of that name, or is typed into the prompt that the command opens.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "core/match.h"

// The prompt that a command opens and that takes its argument; NULL: it takes none.
static const struct prompt_kind *prompt_of(const struct app *a, enum command cmd) {
    switch (cmd) {
    case CMD_SEARCH:
        return screen_of(a->view)->search;
    case CMD_GOTO:
        return a->view == VIEW_HEX ? &hex_goto_prompt : NULL;
    default:
        return NULL;
    }
}

static bool offered(const struct app *a, enum command cmd) {
    return command_info(cmd)->views & IN(app_key_view(a)) && cmd != CMD_PALETTE;
}

// --- what can be chosen

static void add(struct palette *p, const char *before, const char *text, const char *keys,
                const char *help) {
    if (p->count == PALETTE_MAX || strlen(before) + strlen(text) >= sizeof p->text[0])
        return;
    stpcpy(stpcpy(p->text[p->count], before), text);
    p->line[p->count] = (struct prompt_line){p->text[p->count], keys, help};
    p->count++;
}

// 2: begins so, 1: has it inside, 0: neither.
static int fits(const char *name, const char *typed, size_t len) {
    if (strncmp(name, typed, len) == 0)
        return 2;
    return strstr(name, typed) ? 1 : 0;
}

static void offer_names(struct app *a, const char *typed) {
    struct palette *p = &a->palette;
    size_t len = strlen(typed);
    for (int good = 2; good >= 1; good--) {
        for (unsigned i = CMD_NONE + 1; i < CMD_COUNT; i++) {
            const struct command_info *info = command_info((enum command)i);
            if (offered(a, (enum command)i) && fits(info->name, typed, len) == good)
                add(p, "", info->name, info->keys, info->help);
        }
        for (unsigned i = 0; i < SETTING_COUNT; i++) {
            const char *name = setting_name((enum setting)i);
            enum command cmd = command_by_name(name);
            if ((cmd == CMD_NONE || !offered(a, cmd)) && fits(name, typed, len) == good)
                add(p, "", name, "", setting_help((enum setting)i));
        }
    }
}

// Values of a setting that begin as the last word typed does.
static void offer_values(struct app *a, enum setting setting, const char *typed,
                         const char *argument) {
    bool words = setting == SETTING_COLUMNS || setting == SETTING_FILTER;
    const char *blank = words ? strrchr(argument, ' ') : NULL, *last = blank ? blank + 1 : argument;
    char before[TEXTEDIT_SIZE], value[96];
    snprintf(before, sizeof before, "%.*s", (int)(last - typed), typed);
    for (size_t n = 0; setting_choice(setting, n, value, sizeof value); n++)
        if (strncmp(value, last, strlen(last)) == 0)
            add(&a->palette, before, value, "", n == 0 ? setting_help(setting) : "");
}

// Splits "name argument". Returns the argument, NULL: there is none yet.
static const char *split(const char *text, char name[64]) {
    text += strspn(text, " ");
    size_t len = strcspn(text, " ");
    snprintf(name, 64, "%.*s", len < 64 ? (int)len : 63, text);
    return text[len] ? text + len + strspn(text + len, " ") : NULL;
}

static void offer(struct app *a) {
    struct palette *p = &a->palette;
    char name[64];
    const char *argument = split(p->typed, name);
    enum setting setting = setting_by_name(name);
    p->count = 0;
    if (!argument)
        offer_names(a, name);
    else if (setting < SETTING_COUNT)
        offer_values(a, setting, p->typed, argument);
    p->chosen = p->count;
}

static void palette_open(struct app *a) {
    a->palette.typed[0] = '\0';
    prompt_remark(a, ALERT_NONE, "Tab completes");
    offer(a);
}

static void palette_changed(struct app *a) {
    snprintf(a->palette.typed, sizeof a->palette.typed, "%s", a->prompt.edit.text);
    prompt_remark(a, ALERT_NONE, "%s", "");
    offer(a);
}

// Goes round through what can be chosen and what was typed.
static void choose(struct app *a, bool on) {
    struct palette *p = &a->palette;
    if (on)
        p->chosen = p->chosen < p->count ? p->chosen + 1 : 0;
    else
        p->chosen = p->chosen > 0 ? p->chosen - 1 : p->count;
    bool blank = p->count == 1; // the only one: on to its argument
    const char *text = p->chosen < p->count ? p->text[p->chosen] : p->typed;
    textedit_set(&a->prompt.edit, text);
    if (blank && p->chosen == 0 && setting_by_name(text) < SETTING_COUNT) {
        textedit_set(&a->prompt.edit, "");
        snprintf(p->typed, sizeof p->typed, "%s ", setting_name(setting_by_name(text)));
        textedit_set(&a->prompt.edit, p->typed);
        offer(a);
    }
}

static bool palette_key(struct app *a, const struct key *key) {
    bool on = key->code == KEY_TAB_ || key->code == KEY_DOWN_;
    if (!on && key->code != KEY_BACKTAB_ && key->code != KEY_UP_)
        return false;
    if (a->palette.count == 0)
        prompt_remark(a, ALERT_WARN, "nothing begins so");
    else
        choose(a, on);
    return true;
}

static void palette_choices(const struct app *a, struct view_prompt *v) {
    v->lines = a->palette.line;
    v->line_count = a->palette.count;
    v->line_selected = a->palette.chosen;
}

// --- running

// The name that is nearest to a wrong one; NULL: none is near.
static const char *nearest(const struct app *a, const char *name) {
    const char *best = NULL;
    size_t least = 2 + strlen(name) / 4; // half of the letters wrong is another word
    for (unsigned i = CMD_NONE + 1; i < CMD_COUNT + (unsigned)SETTING_COUNT; i++) {
        bool setting = i >= CMD_COUNT;
        if (!setting && !offered(a, (enum command)i))
            continue;
        const char *other = setting ? setting_name((enum setting)(i - CMD_COUNT))
                                    : command_info((enum command)i)->name;
        size_t far = match_distance(name, other);
        if (far < least) {
            least = far;
            best = other;
        }
    }
    return best;
}

// The whole name that was meant: itself, or the only one that begins so. NULL, after a remark.
static const char *meant(struct app *a, const char *name, char buf[64]) {
    const char *found = NULL;
    size_t count = 0;
    if (offered(a, command_by_name(name)) || setting_by_name(name) < SETTING_COUNT)
        return name;
    enum command other = command_by_name(name);
    snprintf(a->palette.typed, sizeof a->palette.typed, "%s", name);
    offer(a);
    for (size_t i = 0; i < a->palette.count; i++)
        if (strncmp(a->palette.text[i], name, strlen(name)) == 0) {
            found = a->palette.text[i];
            count++;
        }
    if (count == 1) {
        snprintf(buf, 64, "%s", found);
        return buf;
    }
    const char *near = nearest(a, name);
    if (count > 1)
        prompt_remark(a, ALERT_WARN, "%zu begin so: Tab chooses", count);
    else if (other != CMD_NONE)
        prompt_remark(a, ALERT_WARN, "not in this view");
    else if (near)
        prompt_remark(a, ALERT_WARN, "no such command; near: %s", near);
    else
        prompt_remark(a, ALERT_WARN, "no such command: Tab shows all");
    return NULL;
}

static bool set_value(struct app *a, enum setting setting, const char *text) {
    char why[200] = "", now[SETTING_TEXT];
    struct settings s;
    if (!settings_put(a, setting, text, why, sizeof why)) {
        prompt_remark(a, ALERT_BAD, "%s %s", strchr(why, ':') ? "" : text, why);
        return false;
    }
    settings_now(a, &s);
    app_message(a, ALERT_INFO, "%s = %s", setting_name(setting), setting_text(&s, setting, now));
    return true;
}

static bool run(struct app *a, const char *name, const char *argument) {
    enum command cmd = command_by_name(name);
    enum setting setting = setting_by_name(name);
    bool command = offered(a, cmd);
    char now[SETTING_TEXT];
    struct settings s;
    if (argument && *argument && command && prompt_of(a, cmd)) {
        prompt_run(a, prompt_of(a, cmd), argument);
        return false; // another prompt is in its place, or none any more
    }
    if (argument && setting < SETTING_COUNT)
        return set_value(a, setting, argument);
    if (argument && *argument) {
        prompt_remark(a, ALERT_BAD, "%s takes nothing behind it", name);
        return false;
    }
    if (!command) {
        settings_now(a, &s);
        prompt_remark(a, ALERT_INFO, "is %s; a value behind it sets it",
                      setting_text(&s, setting, now));
        return false;
    }
    a->prompt.kind = NULL;
    app_command(a, cmd);
    return false;
}

static bool palette_accept(struct app *a) {
    char name[64], whole[64], text[TEXTEDIT_SIZE];
    snprintf(text, sizeof text, "%s", a->prompt.edit.text);
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        text[--len] = '\0';
    const char *argument = split(text, name);
    if (!name[0])
        return true;
    const char *found = meant(a, name, whole);
    return found && run(a, found, argument);
}

const struct prompt_kind palette_prompt = {.label = ":",
                                           .open = palette_open,
                                           .changed = palette_changed,
                                           .accept = palette_accept,
                                           .key = palette_key,
                                           .choices = palette_choices};
