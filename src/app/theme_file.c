// theme_file.c - themes by name, from the built-in table or from a file of the user.
#include "app/theme_file.h"

#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/userfile.h"
#include "core/segname.h"

static bool file_of(const char *name, char path[PATH_MAX]) {
    char below[THEME_NAME_MAX + 16];
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (!*name || *name == '.' || name[strspn(name, plain)] || strlen(name) > THEME_NAME_MAX)
        return false;
    snprintf(below, sizeof below, "themes/%s", name);
    return userfile_path(USER_CONFIG, below, path);
}

bool theme_known(const char *name) {
    char path[PATH_MAX];
    struct stat st;
    return theme_by_name(name) ||
           (file_of(name, path) && stat(path, &st) == 0 && S_ISREG(st.st_mode));
}

struct reading {
    const char *at, *file;
    size_t line;
    struct theme *theme;
    bool wrong, begun;
    struct fault *f;
};

static int wrong(struct reading *r, size_t line, const char *why) {
    char what[sizeof r->f->what];
    if (!r->wrong) {
        snprintf(what, sizeof what, "%.300s:%zu", r->file, line);
        fault_set(r->f, OUTCOME_USAGE, 0, what, why, "");
    }
    r->wrong = true;
    return 1;
}

static char *next_line(char *buf, int size, void *stream) {
    struct reading *r = stream;
    if (!*r->at)
        return NULL;
    size_t len = strcspn(r->at, "\n"), all = len;
    r->line++;
    if (len + 2 > (size_t)size) {
        wrong(r, r->line, "is too long for a line");
        len = 0;
    }
    memcpy(buf, r->at, len);
    memcpy(buf + len, "\n", 2);
    r->at += all + (r->at[all] == '\n');
    return buf;
}

static int take_line(void *user, const char *section, const char *name, const char *value) {
    struct reading *r = user;
    char why[160] = "";
    if (*section)
        return wrong(r, r->line, "there are no sections here");
    if (strcmp(name, "base") == 0) {
        const struct theme *base = theme_by_name(value);
        if (!base || r->begun)
            return wrong(r, r->line,
                         base ? "base comes before the styles"
                              : "base is none of dark, light, high-contrast, mono");
        *r->theme = *base;
        return 1;
    }
    r->begun = true;
    return theme_set(r->theme, name, value, why, sizeof why) ? 1 : wrong(r, r->line, why);
}

enum outcome theme_load(const char *name, struct theme_choice *out, struct fault *f) {
    char path[PATH_MAX], shown[300], *text = NULL;
    size_t len = 0;
    const struct theme *builtin = theme_by_name(name);
    snprintf(out->name, sizeof out->name, "%s", builtin ? name : themes[0]->name);
    out->theme = builtin ? *builtin : *themes[0];
    if (builtin)
        return OUTCOME_DONE;
    name_escape(name, strlen(name), false, shown, sizeof shown);
    int err = file_of(name, path) ? userfile_read(path, &text, &len) : -ENOENT;
    if (err == -ENOENT)
        return fault_set(f, OUTCOME_USAGE, 0, shown, "is no theme", "");
    name_escape(path, strlen(path), false, shown, sizeof shown);
    if (err)
        return fault_set(f, OUTCOME_USAGE, -err, shown, "cannot be read", "");
    snprintf(out->name, sizeof out->name, "%s", name);
    struct reading r = {.at = text, .file = shown, .theme = &out->theme, .f = f};
    int line = ini_parse_stream(next_line, &r, take_line, &r);
    if (line > 0 && !r.wrong)
        wrong(&r, (size_t)line, "is not STYLE = FOREGROUND BACKGROUND");
    free(text);
    out->theme.name = out->name;
    return r.wrong ? OUTCOME_USAGE : OUTCOME_DONE;
}

static int is_theme(const struct dirent *entry) {
    return !theme_by_name(entry->d_name) && theme_known(entry->d_name);
}

bool theme_name(size_t n, char *buf, size_t size) {
    char path[PATH_MAX];
    struct dirent **list = NULL;
    size_t builtin = 0;
    bool found = false;
    while (themes[builtin])
        builtin++;
    if (n < builtin) {
        snprintf(buf, size, "%s", themes[n]->name);
        return true;
    }
    int count = userfile_path(USER_CONFIG, "themes", path)
                    ? scandir(path, &list, is_theme, alphasort)
                    : 0;
    for (int i = 0; i < count; i++) {
        if ((size_t)i == n - builtin && i < 32) {
            snprintf(buf, size, "%s", list[i]->d_name);
            found = true;
        }
        free(list[i]);
    }
    free(list);
    return found;
}
