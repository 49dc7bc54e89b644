// cli_set.c - `set`: mode, owner, size and lock of a segment.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/owner.h"
#include "app/json.h"
#include "app/xalloc.h"
#include "core/fmt.h"

static enum outcome usage(struct fault *f, const char *what, const char *why) {
    return fault_set(f, OUTCOME_USAGE, 0, what, why, "see shmtop set --help");
}

enum outcome cli_set_check(const struct options *opt, struct fault *f) {
    struct op_request req;
    struct seg_ref ref;
    const char *why;
    char name[200], what[240];
    if (cli_check_segs(opt, f) != OUTCOME_DONE)
        return f->outcome;
    seg_parse(opt->operands[0], &ref, &why);
    bool sysv = ref.form == SEG_FORM_SYSV || ref.form == SEG_FORM_KEY;
    if (!options_given(opt, OPT_BIT(MODE) | OPT_BIT(OWNER) | OPT_BIT(SIZE) | OPT_BIT(LOCK) |
                                OPT_BIT(UNLOCK)))
        return usage(f, "set", "needs --mode, --owner, --size, --lock or --unlock");
    if (opt->lock && opt->unlock)
        return usage(f, "set", "takes --lock or --unlock, not both");
    if (sysv && options_given(opt, OPT_BIT(SIZE)))
        return usage(f, "--size", "does not go with System V: its segments keep their size");
    if (!sysv && (opt->lock || opt->unlock))
        return usage(f, opt->lock ? "--lock" : "--unlock", "goes with System V segments only");
    if (!opt->owner || owner_parse(opt->owner, &req))
        return OUTCOME_DONE;
    snprintf(what, sizeof what, "--owner %s", cli_quote(opt->owner, name, sizeof name));
    return usage(f, what, "names no user or group that is known");
}

static void print_set(const struct options *opt, const struct snapshot *snap, const char *name) {
    struct json_out out;
    if (!opt->json) {
        printf("%s: set\n", name);
        return;
    }
    json_begin(&out, stdout, &snap->vantage, snap->wall_ns);
    json_member(&out, "id", json_string(name));
    json_end(&out);
}

static int set_segment(const struct options *opt, const struct cli_look *look,
                       const struct segment *seg) {
    struct op_request req;
    struct op_result result;
    char name[CLI_SEG_MAX];
    int status = OUTCOME_DONE;
    op_request_init(&req, OP_SET);
    cli_request_segment(&req, look->snap, seg, opt->operands[0], name);
    req.has_mode = options_given(opt, OPT_BIT(MODE));
    req.mode = opt->mode;
    req.has_size = options_given(opt, OPT_BIT(SIZE));
    req.size = opt->size;
    req.lock = opt->lock ? OP_LOCK : opt->unlock ? OP_UNLOCK : OP_LOCK_KEEP;
    req.force = opt->force;
    if (opt->owner)
        owner_parse(opt->owner, &req);
    if (op_run(look->root, &req, &result) == OUTCOME_DONE)
        print_set(opt, look->snap, name);
    else
        status = cli_error(&result.fault);
    if (*result.note)
        cli_note("%s", result.note);
    op_result_done(&result);
    return status;
}

int cli_set(const struct options *opt) {
    struct cli_look look;
    struct fault f;
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    const struct segment *seg = cli_find(&look, opt->operands[0], &f);
    status = seg ? set_segment(opt, &look, seg) : cli_error(&f);
    cli_look_done(&look);
    return status;
}
