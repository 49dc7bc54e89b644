// config_file.c - the file of settings: found, read, saved, and held against the command line.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config.h"
#include "app/options.h"
#include "app/userfile.h"
#include "app/xalloc.h"
#include "core/segname.h"

static void whole(struct config_faults *faults, int err, const char *name, const char *why) {
    faults->count = 1;
    faults->line = 0;
    fault_set(&faults->first, OUTCOME_USAGE, err, name, why, "mend it or move it away");
}

void config_load(struct settings *s, struct config_faults *faults) {
    char path[PATH_MAX], name[240], *text = NULL;
    size_t len = 0;
    *faults = (struct config_faults){.count = 0};
    config_defaults(s);
    int err = userfile_path(USER_CONFIG, "config", path) ? userfile_read(path, &text, &len)
                                                         : -ENOENT;
    if (userfile_is_none(err))
        return;
    name_escape(path, strlen(path), false, name, sizeof name);
    if (err)
        whole(faults, -err, name, "cannot be read");
    else if (strlen(text) != len)
        whole(faults, 0, name, "is no text: it holds a byte of zero");
    else
        config_parse(text, name, s, faults);
    free(text);
}

// What a comment or the end of a line would swallow is better not written.
static bool reads_back(const char *text, const struct settings *s, unsigned which) {
    struct settings again;
    struct config_faults faults = {.count = 0};
    char a[SETTING_TEXT], b[SETTING_TEXT];
    config_defaults(&again);
    config_parse(text, "", &again, &faults);
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        if (which & 1u << i && strcmp(setting_text(s, (enum setting)i, a),
                                      setting_text(&again, (enum setting)i, b)) != 0)
            return false;
    return true;
}

enum outcome config_save(const struct settings *s, unsigned which, char *path, size_t path_size,
                         struct fault *f) {
    char file[PATH_MAX], *text = NULL;
    if (!userfile_path(USER_CONFIG, "config", file))
        return fault_set(f, OUTCOME_FAILED, 0, "configuration", "there is no place for it",
                         "set HOME");
    name_escape(file, strlen(file), false, path, path_size);
    int err = userfile_for_edit(file, &text);
    char *edited = err ? NULL : config_edit(text, s, which);
    if (!err && !reads_back(edited, s, which)) {
        free(text);
        free(edited);
        return fault_set(f, OUTCOME_REFUSED, 0, path, "is not saved: a value would not read back",
                         "write it by hand");
    }
    if (!err)
        err = userfile_write(file, edited, strlen(edited));
    free(text);
    free(edited);
    return err ? fault_set(f, OUTCOME_FAILED, -err, path, "is not saved", "") : OUTCOME_DONE;
}

void config_apply(const struct settings *s, struct options *opt) {
    opt->settings = s;
    // The same for the monitor and every command; the rest is the monitor's alone, so that scripts
    // see the same everywhere.
    opt->read_only = opt->read_only || s->read_only;
    if (!options_given(opt, OPT_BIT(OLDER_THAN)))
        opt->older_than_ns = s->older_than_ns;
    if (opt->command)
        return;
    if (!options_given(opt, OPT_BIT(DELAY)))
        opt->delay_ns = s->delay_ns;
    if (!options_given(opt, OPT_BIT(THEME)) && s->given & SETTING_BIT(THEME))
        opt->theme = s->theme;
    opt->no_color = opt->no_color || !s->color;
    opt->no_mouse = opt->no_mouse || !s->mouse;
    opt->ascii = opt->ascii || s->ascii;
    opt->all_namespaces = opt->all_namespaces || s->all_namespaces;
}

// NO_COLOR (no-color.org) counts when it is set to something and no theme was asked for.
static bool without_color(const struct options *opt) {
    const char *env = getenv("NO_COLOR");
    return opt->no_color || (env && *env && !opt->theme);
}

void config_effective(const struct options *opt, struct settings *s) {
    *s = *opt->settings;
    s->delay_ns = opt->delay_ns;
    if (opt->sort != COLUMN_COUNT)
        s->sort = (struct sort_order){opt->sort, false};
    if (opt->theme)
        snprintf(s->theme, sizeof s->theme, "%s", opt->theme);
    s->color = !without_color(opt);
    s->mouse = !opt->no_mouse;
    s->ascii = opt->ascii;
    s->all_namespaces = opt->all_namespaces;
    s->read_only = opt->read_only;
    if (opt->user || opt->pid) {
        char pid[32] = "";
        if (opt->pid)
            snprintf(pid, sizeof pid, "%spid:%d", opt->user ? " " : "", (int)opt->pid);
        snprintf(s->filter, sizeof s->filter, "%s%s%s", opt->user ? "user:" : "",
                 opt->user ? opt->user : "", pid);
    }
}
