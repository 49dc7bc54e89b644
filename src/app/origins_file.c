// origins_file.c - the rows that a user adds to the catalogue of software that makes segments.
#include "app/origins_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "app/userfile.h"
#include "app/xalloc.h"
#include "core/segname.h"

enum outcome origins_file_load(struct origins **out, struct fault *f) {
    char path[PATH_MAX], what[sizeof f->what], why[sizeof f->why] = "", *text = NULL;
    size_t len = 0;
    int err = userfile_path(USER_CONFIG, "origins", path) ? userfile_read(path, &text, &len)
                                                          : -ENOENT;
    if (userfile_is_none(err)) {
        xcheck(origins_builtin(out));
        return OUTCOME_DONE;
    }
    name_escape(path, strlen(path), false, what, sizeof what);
    if (err)
        return fault_set(f, OUTCOME_USAGE, -err, what, "cannot be read", "mend it or move it away");
    err = xcheck(origins_parse(text, len, out, why, sizeof why));
    free(text);
    return err ? fault_set(f, OUTCOME_USAGE, 0, what, why, "mend it or move it away")
               : OUTCOME_DONE;
}
