// config_text.c - the text of the configuration: read by inih line by line, and edited in place.
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "app/xalloc.h"
#include "core/segname.h"

// inih reads by a callback of ours, one line a call, so that we know which line it is at.
struct source {
    const char *at;   // what comes next
    size_t line;      // number of the line handed out last
    bool continued;   // it begins with a blank: inih takes it for more of the setting before
    const char *name; // of the file
    struct settings *settings;
    struct config_faults *faults;
    char joined[SETTING_TEXT]; // value of the setting read last, which the next line may go on with
};

enum { LINE_MAX_ = 190 }; // inih holds 200 bytes a line, its end included

static void fault_at(struct source *s, size_t line, const char *what, const char *why) {
    char place[sizeof s->faults->first.what];
    s->faults->count++;
    if (s->faults->count > 1 && s->faults->line <= line)
        return;
    s->faults->line = line;
    snprintf(place, sizeof place, "%.250s:%zu%s%.40s", s->name, line, *what ? ": " : "", what);
    fault_set(&s->faults->first, OUTCOME_USAGE, 0, place, why, "");
}

const char *config_faults_text(const struct config_faults *faults, char *buf, size_t size) {
    size_t len = fault_format(&faults->first, buf, size);
    if (faults->count > 1 && len < size)
        snprintf(buf + len, size - len, " (and %zu more)", faults->count - 1);
    return buf;
}

static char *next_line(char *buf, int size, void *stream) {
    struct source *s = stream;
    if (!*s->at)
        return NULL;
    const char *line = s->at;
    size_t len = strcspn(line, "\n");
    s->at += len + (line[len] == '\n');
    s->line++;
    s->continued = line[0] == ' ' || line[0] == '\t';
    if (len > LINE_MAX_ || len + 2 > (size_t)size) {
        fault_at(s, s->line, "",
                 "is longer than 190 bytes: go on in a line that begins with a "
                 "blank");
        len = 0;
    }
    memcpy(buf, line, len);
    memcpy(buf + len, "\n", 2);
    return buf;
}

static void take(struct source *s, enum setting setting, const char *value) {
    char why[200] = "", shown[60], what[160], message[300];
    if (setting_read(s->settings, setting, value, why, sizeof why)) {
        s->settings->given |= 1u << setting;
        return;
    }
    name_escape(value, strlen(value), false, shown, sizeof shown);
    snprintf(what, sizeof what, "%s", setting_name(setting));
    snprintf(message, sizeof message, "%s%s%s", strchr(why, ':') ? "" : shown,
             strchr(why, ':') ? "" : " ", why);
    fault_at(s, s->line, what, message);
}

static int take_line(void *user, const char *section, const char *name, const char *value) {
    struct source *s = user;
    char shown[60];
    if (*section) {
        name_escape(section, strlen(section), false, shown, sizeof shown);
        fault_at(s, s->line, shown, "there are no sections here");
        return 1;
    }
    enum setting setting = setting_by_name(name);
    if (setting == SETTING_COUNT) {
        name_escape(name, strlen(name), false, shown, sizeof shown);
        fault_at(s, s->line, shown, "there is no such setting");
    } else if (!s->continued) {
        snprintf(s->joined, sizeof s->joined, "%s", value);
        take(s, setting, value);
    } else if (strlen(s->joined) + strlen(value) + 2 > sizeof s->joined) {
        fault_at(s, s->line, setting_name(setting), "is too long");
    } else { // judged as a whole each time: a list may be wrong in its second line alone
        size_t len = strlen(s->joined);
        snprintf(s->joined + len, sizeof s->joined - len, " %s", value);
        take(s, setting, s->joined);
    }
    return 1;
}

void config_parse(const char *text, const char *name, struct settings *s,
                  struct config_faults *faults) {
    struct source source = {.at = text, .name = name, .settings = s, .faults = faults};
    int line = ini_parse_stream(next_line, &source, take_line, &source);
    if (line > 0)
        fault_at(&source, (size_t)line, "", "is not NAME = VALUE");
    else if (line < 0)
        xcheck(-ENOMEM);
}

// --- editing

struct text {
    char *bytes; // owned
    size_t len;
};

static void add(struct text *t, const char *bytes, size_t len) {
    t->bytes = xreallocarray(t->bytes, t->len + len + 1, 1);
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
    t->bytes[t->len] = '\0';
}

// "name = value", in several lines when it is long.
static void add_setting(struct text *t, const struct settings *s, enum setting setting) {
    char value[SETTING_TEXT];
    const char *p = setting_text(s, setting, value);
    add(t, setting_name(setting), strlen(setting_name(setting)));
    add(t, " = ", 3);
    while (strlen(p) > 80) {
        size_t len = 80;
        while (len > 0 && p[len] != ' ')
            len--;
        if (len == 0)
            break;
        add(t, p, len);
        add(t, "\n    ", 5);
        p += len + 1;
    }
    add(t, p, strlen(p));
}

// The setting that a line sets; SETTING_COUNT: none.
static enum setting line_sets(const char *line, size_t len) {
    char name[40];
    size_t n = 0;
    while (n < len && !strchr("=: \t\n", line[n]))
        n++;
    size_t after = n;
    while (after < len && (line[after] == ' ' || line[after] == '\t'))
        after++;
    if (n == 0 || n >= sizeof name || after == len || (line[after] != '=' && line[after] != ':'))
        return SETTING_COUNT;
    memcpy(name, line, n);
    name[n] = '\0';
    return setting_by_name(name);
}

// The comment at the end of a line, with the blanks before it; NULL: none.
static const char *comment_of(const char *line, size_t len, size_t *comment_len) {
    for (size_t i = 1; i < len; i++)
        if (line[i] == ';' && (line[i - 1] == ' ' || line[i - 1] == '\t')) {
            while (i > 0 && (line[i - 1] == ' ' || line[i - 1] == '\t'))
                i--;
            *comment_len = len - i;
            return line + i;
        }
    return NULL;
}

static bool goes_on(const char *line) {
    size_t blanks = strspn(line, " \t");
    return blanks > 0 && !strchr("\n;#", line[blanks]);
}

char *config_edit(const char *text, const struct settings *s, unsigned which) {
    struct text t = {xcalloc(1, 1), 0};
    unsigned done = 0;
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n"), comment_len = 0;
        size_t end = len > 0 && line[len - 1] == '\r' ? len - 1 : len;
        enum setting setting = line_sets(line, end);
        bool ours = setting < SETTING_COUNT && which & 1u << setting;
        if (ours) {
            const char *comment = comment_of(line, end, &comment_len);
            add_setting(&t, s, setting);
            if (comment)
                add(&t, comment, comment_len);
            done |= 1u << setting;
            add(&t, line + end, len - end + (line[len] == '\n'));
        } else {
            add(&t, line, len + (line[len] == '\n'));
        }
        line += len + (line[len] == '\n');
        for (; ours && goes_on(line); line += len + (line[len] == '\n'))
            len = strcspn(line, "\n"); // the rest of the old value
    }
    if (which & ~done && t.len > 0 && t.bytes[t.len - 1] != '\n')
        add(&t, "\n", 1);
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        if (which & ~done & 1u << i) {
            add_setting(&t, s, (enum setting)i);
            add(&t, "\n", 1);
        }
    return t.bytes;
}
