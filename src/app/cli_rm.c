// cli_rm.c - `rm`: removes segments, each only after it was found unused and still the same.
#include <stdio.h>
#include <stdlib.h>

#include "app/cli.h"
#include "app/removal.h"
#include "app/xalloc.h"
#include "core/verdict.h"

static bool removes_now(const struct options *opt, const struct segment *seg) {
    return opt->now || seg->id.kind == SEG_SYSV;
}

static void remove_one(const struct options *opt, const struct cli_look *look,
                       const struct removals *all, const struct segment *seg, const char *text,
                       bool *tried, struct cli_items *items) {
    struct op_request req;
    struct op_result result;
    struct fault fault;
    char name[CLI_SEG_MAX], use[400], line[2200];
    const char *action = removes_now(opt, seg) ? "remove" : "quarantine";
    const struct cli_item refused = {.id = name, .action = action, .because = use, .fault = &fault};
    op_request_init(&req, OP_REMOVE);
    cli_request_segment(&req, look->snap, seg, text, name);
    req.force = opt->force;
    // Removing another name of it has moved its change time; it is the same object still.
    if (*tried)
        req.expected_change = u64v_missing(WHY_NOT_ASKED);
    *tried = true;
    cli_use(look->snap, seg, use, sizeof use);
    if (req.where.form == SEG_FORM_OBJECT) {
        fault_setf(&fault, OUTCOME_REFUSED, 0, req.seg, "it ends with its last holder",
                   "has no name to remove; %s", use);
        cli_items_put(items, &refused);
        return;
    }
    if (verdict_keeps(seg) && !cli_in_use(seg)) { // its group is in use, or it is kept on purpose
        char because[EVIDENCE_FACT];
        snprintf(use, sizeof use, "%s: %s", verdict_name(verdict_of(seg)),
                 verdict_because(look->snap, seg, because, sizeof because));
    }
    if (verdict_keeps(seg) && !opt->force) {
        fault_set(&fault, OUTCOME_REFUSED, 0, req.seg, use, "use --force to remove it even so");
        cli_items_put(items, &refused);
        return;
    }
    removal_intend(all, &req, name, look->snap, seg, use);
    removals_sync(all);
    if (removal_run(all, &req, name, &result) == OUTCOME_DONE && !opt->json)
        printf("%s: %s\n", name, removal_text(&result, req.wall_ns, line, sizeof line));
    if (*result.note)
        cli_note("%s", result.note);
    cli_items_put(items, &(struct cli_item){.id = name,
                                            .action = action,
                                            .because = use,
                                            .item = *result.item ? result.item : result.copy,
                                            .fault = &result.fault});
    op_result_done(&result);
}

// Where whole processes are out of sight nobody can be named: said once, and only when it matters.
static void note_out_of_sight(const struct options *opt, const struct cli_look *look) {
    struct fault f;
    for (size_t i = 0; look->snap->coverage.denied == 0 && i < opt->operand_count; i++) {
        const struct segment *seg = cli_find(look, opt->operands[i], &f);
        if (seg && verdict_of(seg) == VERDICT_UNKNOWN) {
            cli_note("processes of other pid namespaces are out of sight; they may use it");
            return;
        }
    }
}

int cli_rm(const struct options *opt) {
    struct cli_look look;
    struct cli_items items = {.json = opt->json};
    struct removals all;
    struct fault fault;
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    if (removals_begin(&all, look.root, opt, &fault)) {
        cli_look_done(&look);
        return cli_error(&fault);
    }
    bool *tried = xcalloc(look.snap->segment_count + 1, sizeof *tried);
    cli_items_begin(&items, "remove", &look.snap->vantage, look.snap->wall_ns);
    cli_note_unseen(look.snap);
    note_out_of_sight(opt, &look);
    for (size_t i = 0; i < opt->operand_count; i++) {
        struct fault f;
        const struct segment *seg = cli_find(&look, opt->operands[i], &f);
        if (seg)
            remove_one(opt, &look, &all, seg, opt->operands[i],
                       &tried[snapshot_index(look.snap, seg)], &items);
        else
            cli_items_add(&items, f.what, NULL, &f);
    }
    removals_expire(&all, NULL);
    status = cli_items_end(&items);
    removals_end(&all);
    free(tried);
    cli_look_done(&look);
    return status;
}

void cli_rm_refuse(const struct options *opt, const struct fault *f) {
    cli_items_refuse(opt, "remove", f);
}
