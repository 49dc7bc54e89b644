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

enum { BATCH = 256 }; // so many intentions are written down at once

struct rm {
    const struct options *opt;
    struct cli_look look;
    struct removals all;
    struct cli_items items;
    bool *tried; // of each segment: one of its names was removed already; owned
};

// Why it may not go, as an item of its own. True when it may.
static bool may_go(struct rm *rm, const struct segment *seg, const struct op_request *req,
                   const char *use, struct fault *f) {
    if (req->where.form == SEG_FORM_OBJECT)
        fault_setf(f, OUTCOME_REFUSED, 0, req->seg, "it ends with its last holder",
                   "has no name to remove; %s", use);
    else if (verdict_keeps(seg) && !rm->opt->force)
        fault_set(f, OUTCOME_REFUSED, 0, req->seg, use, "use --force to remove it even so");
    else
        return true;
    return false;
}

// How it is used, or what else speaks against removing it.
static void use_of(const struct snapshot *snap, const struct segment *seg, char *buf, size_t size) {
    char because[EVIDENCE_FACT];
    cli_use(snap, seg, buf, size);
    if (verdict_keeps(seg) && !cli_in_use(seg)) // its group is in use, or it is kept on purpose
        snprintf(buf, size, "%s: %s", verdict_name(verdict_of(seg)),
                 verdict_because(snap, seg, because, sizeof because));
}

// First, with `act` false, what is to be done is only entered in the journal.
static void remove_one(struct rm *rm, const struct segment *seg, const char *text, bool act) {
    struct op_request req;
    struct op_result result = {0};
    char name[CLI_SEG_MAX], use[400], line[2200];
    bool *tried = &rm->tried[snapshot_index(rm->look.snap, seg)];
    op_request_init(&req, OP_REMOVE);
    cli_request_segment(&req, rm->look.snap, seg, text, name);
    req.force = rm->opt->force;
    // Removing another name of it has moved its change time; it is the same object still.
    if (*tried)
        req.expected_change = u64v_missing(WHY_NOT_ASKED);
    *tried = *tried || act;
    use_of(rm->look.snap, seg, use, sizeof use);
    bool may = may_go(rm, seg, &req, use, &result.fault);
    if (!act) {
        if (may)
            removal_intend(&rm->all, &req, name, rm->look.snap, seg, use);
        return;
    }
    if (may && removal_run(&rm->all, &req, name, &result) == OUTCOME_DONE && !rm->opt->json)
        printf("%s: %s\n", name, removal_text(&result, req.wall_ns, line, sizeof line));
    if (*result.note)
        cli_note("%s", result.note);
    cli_items_put(&rm->items,
                  &(struct cli_item){.id = name,
                                     .action = removes_now(rm->opt, seg) ? "remove" : "quarantine",
                                     .because = use,
                                     .item = *result.item ? result.item : result.copy,
                                     .fault = &result.fault});
    op_result_done(&result);
}

static void remove_batch(struct rm *rm, size_t from, size_t to) {
    for (int act = 0; act <= 1; act++) {
        for (size_t i = from; i < to; i++) {
            struct fault f;
            const struct segment *seg = cli_find(&rm->look, rm->opt->operands[i], &f);
            if (seg)
                remove_one(rm, seg, rm->opt->operands[i], act);
            else if (act)
                cli_items_add(&rm->items, f.what, NULL, &f);
        }
        if (!act)
            removals_sync(&rm->all);
    }
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
    struct rm rm = {.opt = opt, .items = {.json = opt->json}};
    struct fault fault;
    int status = cli_look_all(opt, cli_wants_foreign(opt), &rm.look);
    if (status)
        return status;
    if (removals_begin(&rm.all, rm.look.root, opt, &fault)) {
        cli_look_done(&rm.look);
        return cli_error(&fault);
    }
    rm.tried = xcalloc(rm.look.snap->segment_count + 1, sizeof *rm.tried);
    cli_items_begin(&rm.items, "remove", &rm.look.snap->vantage, rm.look.snap->wall_ns);
    cli_note_unseen(rm.look.snap);
    note_out_of_sight(opt, &rm.look);
    for (size_t i = 0; i < opt->operand_count; i += BATCH)
        remove_batch(&rm, i, i + BATCH < opt->operand_count ? i + BATCH : opt->operand_count);
    removals_expire(&rm.all, NULL);
    status = cli_items_end(&rm.items);
    removals_end(&rm.all);
    free(rm.tried);
    cli_look_done(&rm.look);
    return status;
}

void cli_rm_refuse(const struct options *opt, const struct fault *f) {
    cli_items_refuse(opt, "remove", f);
}
