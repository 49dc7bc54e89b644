// cli_rm.c - `rm`: removes segments, each only after it was found unused and still the same.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "app/json.h"
#include "probes/ops.h"

struct removal {
    const struct options *opt;
    const struct cli_look *look;
    struct json_out *out; // NULL: text
    unsigned seen;        // 1 << enum outcome of every SEG so far
};

// What one SEG came to: a line, or an item.
static void report(struct removal *r, const char *id, const char *because,
                   const struct fault *fault) {
    char error[1024];
    r->seen |= 1u << fault->outcome;
    fault_format(fault, error, sizeof error);
    if (fault->outcome != OUTCOME_DONE)
        cli_error(fault);
    else if (!r->out)
        printf("%s: removed\n", id);
    if (r->out)
        json_element(r->out,
                     json_item(id, "remove", because ? json_pack("[s]", because) : json_array(),
                               json_result(fault->outcome),
                               fault->outcome == OUTCOME_DONE ? NULL : error));
}

static void remove_one(struct removal *r, const struct segment *seg, const char *text) {
    struct op_request req;
    struct op_result result;
    struct fault fault;
    char name[CLI_SEG_MAX], use[400];
    op_request_init(&req, OP_REMOVE);
    cli_request_segment(&req, r->look->snap, seg, text, name);
    req.force = r->opt->force;
    cli_use(r->look->snap, seg, use, sizeof use);
    if (req.where.form == SEG_FORM_OBJECT) {
        fault_setf(&fault, OUTCOME_REFUSED, 0, req.seg, "it ends with its last holder",
                   "has no name to remove; %s", use);
        report(r, name, use, &fault);
        return;
    }
    if (cli_in_use(seg) && !r->opt->force) {
        fault_set(&fault, OUTCOME_REFUSED, 0, req.seg, use, "use --force to remove it even so");
        report(r, name, use, &fault);
        return;
    }
    op_run(r->look->root, &req, &result);
    if (*result.note)
        cli_note("%s", result.note);
    report(r, name, use, &result.fault);
    op_result_done(&result);
}

// Says which processes could not be looked into: they may hold what is to be removed.
static void warn_unseen(const struct snapshot *snap) {
    enum { NAMED = 8 };
    char pids[NAMED * 14 + 8] = "";
    unsigned named = 0;
    if (snap->coverage.denied == 0)
        return;
    for (size_t i = 0; i < snap->process_count && named <= NAMED; i++) {
        const struct process *p = &snap->processes[i];
        size_t used = strlen(pids);
        if (p->scan != SCAN_DENIED && p->fd_scan != SCAN_DENIED)
            continue;
        if (named++ < NAMED)
            snprintf(pids + used, sizeof pids - used, "%s%d", used ? ", " : " (pid ", p->id.pid);
    }
    cli_note("%" PRIu32 " of %" PRIu32 " processes could not be looked into%s%s; they may use it",
             snap->coverage.denied, snap->coverage.processes, pids,
             named > NAMED ? ", ...)"
             : named       ? ")"
                           : "");
}

static int exit_code(unsigned seen) {
    static const enum outcome order[] = {OUTCOME_FAILED, OUTCOME_REFUSED, OUTCOME_MISSING};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (seen & (1u << order[i]))
            return (int)order[i];
    return OUTCOME_DONE;
}

int cli_rm(const struct options *opt) {
    struct cli_look look;
    struct json_out out;
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    struct removal r = {.opt = opt, .look = &look, .out = opt->json ? &out : NULL};
    if (r.out) {
        json_begin(&out, stdout, &look.snap->vantage, look.snap->wall_ns);
        json_list_begin(&out, "items");
    }
    warn_unseen(look.snap);
    for (size_t i = 0; i < opt->operand_count; i++) {
        struct fault f;
        const struct segment *seg = cli_find(&look, opt->operands[i], &f);
        if (seg)
            remove_one(&r, seg, opt->operands[i]);
        else
            report(&r, f.what, NULL, &f);
    }
    if (r.out) {
        json_list_end(&out);
        json_end(&out);
    }
    cli_look_done(&look);
    return exit_code(r.seen);
}

void cli_rm_refuse(const struct options *opt, const struct fault *f) {
    struct cli_look look;
    struct json_out out;
    char error[1024];
    if (cli_look_root(opt, &look))
        return;
    fault_format(f, error, sizeof error);
    json_begin(&out, stdout, root_vantage(look.root), root_wall_ns(look.root));
    json_list_begin(&out, "items");
    for (size_t i = 0; i < opt->operand_count; i++) {
        struct seg_ref ref;
        const char *why;
        char id[CLI_SEG_MAX];
        if (seg_parse(opt->operands[i], &ref, &why) == 0) {
            seg_ref_format(&ref, id, sizeof id);
            json_element(&out, json_item(id, "remove", json_array(), "refused", error));
        }
    }
    json_list_end(&out);
    json_end(&out);
    cli_look_done(&look);
}
