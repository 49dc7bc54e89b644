// config.c - the table of settings: reading each from text and writing it back.
#include "app/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/readers.h"
#include "app/theme_file.h"
#include "app/xalloc.h"
#include "core/filter.h"
#include "core/fmt.h"

// How a kind of value is read and written. Both leave the value as it was when the text is wrong.
struct value_kind {
    bool (*read)(const char *text, void *value, char *why, size_t size);
    void (*write)(const void *value, char *buf);
};

static bool wrong(char *why, size_t size, const char *text) {
    snprintf(why, size, "%s", text);
    return false;
}

static bool read_time(const char *text, void *value, char *why, size_t size) {
    const char *bad = read_SECONDS(text, value);
    return bad ? wrong(why, size, "is not a number of seconds from 0.1 to 3600") : true;
}

static void write_time(const void *value, char *buf) {
    snprintf(buf, SETTING_TEXT, "%.9g", (double)*(const uint64_t *)value / 1e9);
}

static bool read_age(const char *text, void *value, char *why, size_t size) {
    const char *bad = read_AGE(text, value);
    return bad ? wrong(why, size, bad) : true;
}

static void write_age(const void *value, char *buf) {
    static const struct {
        uint64_t s;
        char unit;
    } units[] = {{UINT64_C(604800), 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}};
    uint64_t s = *(const uint64_t *)value / UINT64_C(1000000000);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (s && s % units[i].s == 0) {
            snprintf(buf, SETTING_TEXT, "%" PRIu64 "%c", s / units[i].s, units[i].unit);
            return;
        }
    snprintf(buf, SETTING_TEXT, "%" PRIu64 "s", s);
}

static bool read_switch(const char *text, void *value, char *why, size_t size) {
    static const char *const words[] = {"no", "yes", "off", "on", "false", "true", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], text) == 0) {
            *(bool *)value = i % 2;
            return true;
        }
    return wrong(why, size, "is neither yes nor no");
}

static void write_switch(const void *value, char *buf) {
    snprintf(buf, SETTING_TEXT, "%s", *(const bool *)value ? "yes" : "no");
}

static bool read_order(const char *text, void *value, char *why, size_t size) {
    char name[32];
    size_t len = strcspn(text, " \t");
    const char *rest = text + len + strspn(text + len, " \t");
    snprintf(name, sizeof name, "%.*s", len < sizeof name ? (int)len : 0, text);
    enum column col = column_by_name(name);
    if (col == COLUMN_COUNT)
        return wrong(why, size, "is no column");
    if (*rest && strcmp(rest, "inverted") != 0)
        return wrong(why, size, "is not a column, with or without \"inverted\" behind it");
    *(struct sort_order *)value = (struct sort_order){col, *rest != '\0'};
    return true;
}

static void write_order(const void *value, char *buf) {
    const struct sort_order *order = value;
    snprintf(buf, SETTING_TEXT, "%s%s", column_info(order->column)->name,
             order->inverted ? " inverted" : "");
}

static bool read_layout(const char *text, void *value, char *why, size_t size) {
    char word[160] = "";
    if (colset_parse(text, value, word, sizeof word) == 0)
        return true;
    snprintf(why, size, "does not hold: %s", word);
    return false;
}

static void write_layout(const void *value, char *buf) {
    colset_format(value, buf, SETTING_TEXT);
}

static bool read_theme(const char *text, void *value, char *why, size_t size) {
    if (!theme_known(text))
        return wrong(why, size, "is no theme");
    snprintf(value, sizeof((struct settings *)NULL)->theme, "%s", text);
    return true;
}

static bool read_filter(const char *text, void *value, char *why, size_t size) {
    struct filter *f = NULL;
    char word[160] = "";
    if (strlen(text) >= TEXTEDIT_SIZE)
        return wrong(why, size, "is too long");
    if (xcheck(filter_parse(text, &f, word, sizeof word)) != 0) {
        snprintf(why, size, "does not hold: %s", word);
        return false;
    }
    filter_free(f);
    snprintf(value, TEXTEDIT_SIZE, "%s", text);
    return true;
}

static void write_text(const void *value, char *buf) {
    snprintf(buf, SETTING_TEXT, "%s", (const char *)value);
}

static const struct value_kind kind_DELAY = {read_time, write_time},
                               kind_ORDER = {read_order, write_order},
                               kind_LAYOUT = {read_layout, write_layout},
                               kind_THEME = {read_theme, write_text},
                               kind_SWITCH = {read_switch, write_switch},
                               kind_FILTER = {read_filter, write_text},
                               kind_AGE = {read_age, write_age};

static const struct setting_info {
    const char *name, *text, *help;
    const struct value_kind *kind;
} infos[SETTING_COUNT] = {
#define X(id, name, value, text, help) [SETTING_##id] = {name, text, help, &kind_##value},
    SETTING_LIST(X)
#undef X
};

// Where the value of each setting is.
static const size_t places[SETTING_COUNT] = {
#define AT(id, member) [SETTING_##id] = offsetof(struct settings, member)
    AT(DELAY, delay_ns),
    AT(SORT, sort),
    AT(COLUMNS, columns),
    AT(THEME, theme),
    AT(COLOR, color),
    AT(ASCII, ascii),
    AT(MOUSE, mouse),
    AT(FOLLOW, follow),
    AT(ALL_NAMESPACES, all_namespaces),
    AT(FILTER, filter),
    AT(READ_ONLY, read_only),
    AT(OLDER_THAN, older_than_ns),
    AT(QUARANTINE, quarantine_ns),
#undef AT
};

const char *setting_name(enum setting setting) {
    return infos[setting].name;
}

const char *setting_default(enum setting setting) {
    return infos[setting].text;
}

const char *setting_help(enum setting setting) {
    return infos[setting].help;
}

enum setting setting_by_name(const char *name) {
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(infos[i].name, name) == 0)
            return (enum setting)i;
    return SETTING_COUNT;
}

bool setting_read(struct settings *s, enum setting setting, const char *text, char *why,
                  size_t why_size) {
    return infos[setting].kind->read(text, (char *)s + places[setting], why, why_size);
}

const char *setting_text(const struct settings *s, enum setting setting, char *buf) {
    infos[setting].kind->write((const char *)s + places[setting], buf);
    return buf;
}

static bool column_choice(size_t n, bool all, char *buf, size_t size) {
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if ((all || colset_offers((enum column)i)) && n-- == 0) {
            snprintf(buf, size, "%s", column_info((enum column)i)->name);
            return true;
        }
    return false;
}

bool setting_choice(enum setting setting, size_t n, char *buf, size_t size) {
    static const char *const delays[] = {"0.5", "1", "2", "5", "10", "60", NULL};
    static const char *const ages[] = {"0s", "10m", "30m", "1h", "12h", "1d", "1w", NULL};
    static const char *const switches[] = {"yes", "no", NULL};
    const struct value_kind *kind = infos[setting].kind;
    const char *const *list = kind == &kind_DELAY ? delays : kind == &kind_AGE ? ages : switches;
    if (kind == &kind_FILTER) {
        char word[32];
        snprintf(buf, size, "%s", filter_word(n, word) ? word : "");
        return buf[0] != '\0';
    }
    if (kind == &kind_THEME)
        return theme_name(n, buf, size);
    if (kind == &kind_ORDER || kind == &kind_LAYOUT)
        return column_choice(n, kind == &kind_ORDER, buf, size);
    for (size_t i = 0; list[i]; i++)
        if (i == n) {
            snprintf(buf, size, "%s", list[i]);
            return true;
        }
    return false;
}

void config_defaults(struct settings *s) {
    char why[200];
    *s = (struct settings){.given = 0};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (!setting_read(s, (enum setting)i, infos[i].text, why, sizeof why))
            abort(); // the table is wrong
}
