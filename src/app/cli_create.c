// cli_create.c - `create`: makes a segment and prints its SEG.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/json.h"
#include "app/xalloc.h"
#include "probes/ops.h"

// Where a POSIX object is to be. The name is given bare or with its slash, escaped as in a SEG; but
// an @ is part of it: another namespace is told by --namespace.
static int parse_name(const char *name, struct seg_ref *ref, const char **why) {
    char *seg = xcalloc(strlen(name) + 8, 4);
    char *end = stpcpy(seg, *name == '/' ? "posix:" : "posix:/");
    for (; *name; name++)
        if (*name == '@')
            end = stpcpy(end, "\\x40");
        else
            *end++ = *name;
    int err = seg_parse(seg, ref, why);
    free(seg);
    return err;
}

static enum outcome usage(struct fault *f, const char *what, const char *why) {
    return fault_set(f, OUTCOME_USAGE, 0, what, why, "see shmtop create --help");
}

enum outcome cli_create_check(const struct options *opt, struct fault *f) {
    struct seg_ref ref;
    const char *why = "";
    char name[200], what[sizeof f->what];
    if (opt->sysv == (opt->posix != NULL))
        return usage(f, "create", "needs either --sysv or --posix NAME");
    if (!options_given(opt, OPT_BIT(SIZE) | OPT_BIT(FROM)))
        return usage(f, "create", "needs --size SIZE or --from FILE");
    if (options_given(opt, OPT_BIT(SIZE)) && opt->size == 0 && opt->sysv)
        return usage(f, "--size", "must be more than 0");
    if (opt->posix && options_given(opt, OPT_BIT(KEY)))
        return usage(f, "--key", "goes with --sysv only");
    if (options_given(opt, OPT_BIT(KEY)) && opt->key == 0)
        return usage(f, "--key 0", "means no key: leave it out for a private segment");
    if (opt->posix && options_given(opt, OPT_BIT(HUGE)))
        return usage(f, "--huge", "goes with --sysv only");
    if (!opt->posix)
        return OUTCOME_DONE;
    snprintf(what, sizeof what, "--posix %s", cli_quote(opt->posix, name, sizeof name));
    return parse_name(opt->posix, &ref, &why) ? usage(f, what, why) : OUTCOME_DONE;
}

// Opens the file whose bytes are wanted. A descriptor, or -1 with its error line printed.
static int open_from(const char *path, uint64_t *size, int *status) {
    struct fault f;
    struct stat st;
    char what[sizeof f.what];
    cli_quote(path, what, sizeof what);
    // Never waits for the writer of a FIFO.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st)) {
        fault_set(&f, OUTCOME_FAILED, errno, what, "cannot be opened", "");
    } else if (!S_ISREG(st.st_mode)) {
        fault_set(&f, OUTCOME_FAILED, 0, what, "is not a regular file",
                  "create with --size, then use write --from");
    } else {
        *size = (uint64_t)st.st_size;
        return fd;
    }
    *status = cli_error(&f);
    if (fd >= 0)
        close(fd);
    return -1;
}

static void print_created(const struct options *opt, const struct root *root, const char *seg) {
    struct json_out out;
    if (!opt->json) {
        puts(seg);
        return;
    }
    json_begin(&out, stdout, root_vantage(root), root_wall_ns(root));
    json_member(&out, "id", json_string(seg));
    json_end(&out);
}

static int create(const struct options *opt, const struct root *root, int fd, uint64_t size) {
    struct op_request req;
    struct op_result result;
    const char *why;
    int status = OUTCOME_DONE;
    op_request_init(&req, opt->sysv ? OP_CREATE_SYSV : OP_CREATE_POSIX);
    req.size = size;
    req.mode = opt->mode;
    req.has_key = options_given(opt, OPT_BIT(KEY));
    req.key = opt->key;
    req.huge_page = opt->huge_page;
    req.from_fd = fd;
    if (opt->posix)
        parse_name(opt->posix, &req.where, &why);
    req.where.ns = opt->ns;
    if (opt->posix)
        seg_ref_format(&req.where, req.seg, sizeof req.seg);
    if (op_run(root, &req, &result) == OUTCOME_DONE) {
        if (*result.note)
            cli_note("%s", result.note);
        print_created(opt, root, result.seg);
    } else {
        status = cli_error(&result.fault);
    }
    op_result_done(&result);
    return status;
}

int cli_create(const struct options *opt) {
    struct cli_look look;
    uint64_t size = opt->size;
    int fd = -1, status = cli_look_root(opt, &look);
    if (status)
        return status;
    if (opt->from) {
        uint64_t length = 0;
        fd = open_from(opt->from, &length, &status);
        if (!options_given(opt, OPT_BIT(SIZE)))
            size = length;
    }
    if (status == OUTCOME_DONE)
        status = create(opt, look.root, fd, size);
    if (fd >= 0)
        close(fd);
    cli_look_done(&look);
    return status;
}
