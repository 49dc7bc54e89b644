// cli_kill.c - `kill`: signals every holder of a segment, never by a bare pid.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/signals.h"
#include "core/fmt.h"

enum outcome cli_kill_check(const struct options *opt, struct fault *f) {
    char name[200], what[240];
    if (cli_check_segs(opt, f) != OUTCOME_DONE)
        return f->outcome;
    if (!opt->signal || parse_signal(opt->signal))
        return OUTCOME_DONE;
    snprintf(what, sizeof what, "--signal %s", cli_quote(opt->signal, name, sizeof name));
    return fault_set(f, OUTCOME_USAGE, 0, what, "is no signal",
                     "write TERM, SIGTERM, RTMIN+1 or 15");
}

static void kill_one(const struct options *opt, const struct cli_look *look, const char *seg,
                     const struct holding *h, struct cli_items *items) {
    const struct process *p = &look->snap->processes[h->process];
    const char *word = opt->signal ? opt->signal : "TERM", *bytes = "";
    size_t len = 0;
    char comm[80] = "", because[160];
    struct op_request req;
    struct op_result result;
    if (p->id.pid == getpid())
        return;
    op_request_init(&req, OP_SIGNAL);
    req.process = p->id;
    req.signal = parse_signal(word);
    if (strv_get(p->comm, &bytes, &len) == WHY_KNOWN)
        name_escape(bytes, len, false, comm, sizeof comm);
    snprintf(because, sizeof because,
             "pid %d (%s) holds it: %" PRIu32 " mappings, %" PRIu32 " descriptors, %" PRIu32
             " locks",
             p->id.pid, comm, h->mappings, h->fds, h->locks);
    enum outcome outcome = op_run(look->root, &req, &result);
    if (outcome == OUTCOME_MISSING) // what was wanted has come true without us
        result.fault = (struct fault){.outcome = OUTCOME_DONE};
    if (!opt->json && outcome == OUTCOME_DONE)
        printf("pid %d (%s): sent %s\n", p->id.pid, comm, word);
    else if (!opt->json && outcome == OUTCOME_MISSING)
        printf("pid %d (%s): has ended already\n", p->id.pid, comm);
    cli_items_add(items, seg, because, &result.fault);
    op_result_done(&result);
}

int cli_kill(const struct options *opt) {
    struct cli_look look;
    struct cli_items items = {.json = opt->json};
    struct fault f;
    char name[CLI_SEG_MAX];
    uint64_t hidden = 0;
    int status = cli_look_all(opt, cli_wants_foreign(opt), &look);
    if (status)
        return status;
    cli_items_begin(&items, "signal", &look.snap->vantage, look.snap->wall_ns);
    const struct segment *seg = cli_find(&look, opt->operands[0], &f);
    if (seg) {
        seg_format(seg, name, sizeof name);
        cli_note_unseen(look.snap);
        for (uint32_t i = 0; i < seg->holding_count; i++)
            kill_one(opt, &look, name, &look.snap->holdings[seg->first_holding + i], &items);
        if (seg->holding_count == 0)
            cli_note("%s: nobody is seen to hold it", name);
        if (seg_get(seg, SEG_HIDDEN, &hidden) == WHY_KNOWN && hidden > 0) {
            fault_setf(&f, OUTCOME_FAILED, 0, name, "run shmtop as root",
                       "%" PRIu64 " attachments are of processes that cannot be seen", hidden);
            cli_items_add(&items, name, NULL, &f);
        }
    } else {
        cli_items_add(&items, f.what, NULL, &f);
    }
    status = cli_items_end(&items);
    cli_look_done(&look);
    return status;
}

void cli_kill_refuse(const struct options *opt, const struct fault *f) {
    cli_items_refuse(opt, "signal", f);
}
