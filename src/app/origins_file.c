// origins_file.c - the rows that a user adds to the catalogue of software that makes segments.
#include "app/origins_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/xalloc.h"
#include "core/segname.h"
#include "probes/root.h"

enum { LONGEST = 1 << 20 };

// False: there is no place for it.
static bool find_path(char path[PATH_MAX]) {
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n = -1;
    // A path that does not begin with / is to be ignored, says the XDG base directory standard.
    if (config && config[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/shmtop/origins", config);
    else if (home && home[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/.config/shmtop/origins", home);
    return n > 0 && n < PATH_MAX;
}

// The whole file, owned by the caller. 0 or -errno; -EFBIG, -EINVAL: it is no file.
static int read_file(const char *path, char **text, size_t *len) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int err = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    char *buf = err ? NULL : xcalloc(LONGEST + 1, 1);
    if (!err)
        err = root_read_fd(fd, buf, LONGEST + 1, len);
    if (!err && *len > LONGEST)
        err = -EFBIG;
    close(fd);
    if (err)
        free(buf);
    else
        *text = buf;
    return err;
}

enum outcome origins_file_load(struct origins **out, struct fault *f) {
    char path[PATH_MAX], what[sizeof f->what], why[sizeof f->why] = "", *text = NULL;
    size_t len = 0;
    int err = find_path(path) ? read_file(path, &text, &len) : -ENOENT;
    // HOME of somebody else (sudo, cron): a file that nobody asked for is none.
    if (err == -ENOENT || err == -ENOTDIR || err == -EACCES) {
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
