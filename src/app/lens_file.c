// lens_file.c - reading and keeping lenses.
#include "app/lens_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/userfile.h"
#include "app/xalloc.h"
#include "core/segname.h"

enum outcome lens_file_load(struct lenses **out, struct fault *f) {
    char path[PATH_MAX], name[200], place[280], *text = NULL;
    struct lens_error bad = {0};
    size_t len = 0;
    int err = userfile_path(USER_CONFIG, "lenses", path) ? userfile_read(path, &text, &len)
                                                         : -ENOENT;
    xcheck(lenses_parse(err ? "" : text, err ? 0 : len, out, &bad));
    free(text);
    if (userfile_is_none(err))
        return OUTCOME_DONE;
    name_escape(path, strlen(path), false, name, sizeof name);
    if (err)
        return fault_set(f, OUTCOME_USAGE, -err, name, "cannot be read", "mend it or move it away");
    if (bad.line == 0)
        return OUTCOME_DONE;
    snprintf(place, sizeof place, "%s:%u:%u", name, bad.line, bad.column);
    return fault_set(f, OUTCOME_USAGE, 0, place, bad.text, "");
}

enum outcome lens_file_save(const char *pattern, const char *description, char *path,
                            size_t path_size, struct fault *f) {
    char file[PATH_MAX], *text = NULL;
    if (!userfile_path(USER_CONFIG, "lenses", file))
        return fault_set(f, OUTCOME_FAILED, 0, "lenses", "there is no place for them", "set HOME");
    name_escape(file, strlen(file), false, path, path_size);
    int err = userfile_for_edit(file, &text);
    char *edited = err ? NULL : lenses_put(text, pattern, description);
    if (!err)
        err = edited ? userfile_write(file, edited, strlen(edited)) : xcheck(-ENOMEM);
    free(text);
    free(edited);
    return err ? fault_set(f, OUTCOME_FAILED, -err, path, "is not saved", "") : OUTCOME_DONE;
}

char *lens_file_text(const char *path, char *why, size_t why_size) {
    char whole[PATH_MAX], *text = NULL, name[16];
    const char *home = getenv("HOME");
    size_t len = 0;
    bool at_home = path[0] == '~' && path[1] == '/' && home;
    int n = snprintf(whole, sizeof whole, "%s%s", at_home ? home : "", at_home ? path + 1 : path);
    int err = n > 0 && n < PATH_MAX ? userfile_read(whole, &text, &len) : -ENAMETOOLONG;
    if (!err && strlen(text) == len)
        return text;
    free(text);
    if (err)
        snprintf(why, why_size, "this file cannot be read (%s)", errno_name(-err, name));
    else
        snprintf(why, why_size, "this file is no text");
    return NULL;
}
