// cli_rm.c - `rm`: removes segments, each only after it was found unused and still the same.
#include <stdio.h>

#include "app/cli.h"

static void remove_one(const struct options *opt, const struct cli_look *look,
                       const struct segment *seg, const char *text, struct cli_items *items) {
    struct op_request req;
    struct op_result result;
    struct fault fault;
    char name[CLI_SEG_MAX], use[400];
    op_request_init(&req, OP_REMOVE);
    cli_request_segment(&req, look->snap, seg, text, name);
    req.force = opt->force;
    cli_use(look->snap, seg, use, sizeof use);
    if (req.where.form == SEG_FORM_OBJECT) {
        fault_setf(&fault, OUTCOME_REFUSED, 0, req.seg, "it ends with its last holder",
                   "has no name to remove; %s", use);
        cli_items_add(items, name, use, &fault);
        return;
    }
    if (cli_in_use(seg) && !opt->force) {
        fault_set(&fault, OUTCOME_REFUSED, 0, req.seg, use, "use --force to remove it even so");
        cli_items_add(items, name, use, &fault);
        return;
    }
    if (op_run(look->root, &req, &result) == OUTCOME_DONE && !opt->json)
        printf("%s: removed\n", name);
    if (*result.note)
        cli_note("%s", result.note);
    cli_items_add(items, name, use, &result.fault);
    op_result_done(&result);
}

int cli_rm(const struct options *opt) {
    struct cli_look look;
    struct cli_items items = {.json = opt->json};
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    cli_items_begin(&items, "remove", &look.snap->vantage, look.snap->wall_ns);
    cli_note_unseen(look.snap);
    for (size_t i = 0; i < opt->operand_count; i++) {
        struct fault f;
        const struct segment *seg = cli_find(&look, opt->operands[i], &f);
        if (seg)
            remove_one(opt, &look, seg, opt->operands[i], &items);
        else
            cli_items_add(&items, f.what, NULL, &f);
    }
    status = cli_items_end(&items);
    cli_look_done(&look);
    return status;
}

void cli_rm_refuse(const struct options *opt, const struct fault *f) {
    cli_items_refuse(opt, "remove", f);
}
