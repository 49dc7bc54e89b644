// cli_look.c - looking at the machine once, finding what a SEG names, and saying who holds it.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "probes/elsewhere.h"
#include "app/origins_file.h"

int cli_look_root(const struct options *opt, struct cli_look *look) {
    *look = (struct cli_look){.meant = opt->meant};
    struct fault f;
    char what[sizeof f.what], why[sizeof f.why] = "";
    int err = root_open_explained(opt->root, &look->root, why, sizeof why);
    if (err == 0)
        return 0;
    if (opt->root)
        fault_setf(&f, OUTCOME_USAGE, 0, cli_quote(opt->root, what, sizeof what), "",
                   "is not a captured root: %s", why);
    else
        fault_set(&f, OUTCOME_FAILED, -err, "/proc", "cannot be opened", "is it mounted?");
    return cli_error(&f);
}

// The commands that tell verdicts or act on them.
static bool judges(const struct options *opt) {
    static const char *const names[] = {"list", "show", "leaks", "rm", "reap"};
    for (size_t i = 0; opt->command && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(opt->command->name, names[i]) == 0)
            return true;
    return false;
}

// What is printed of holders there has no use for their command lines.
static bool is_list(const struct options *opt) {
    return !opt->command || strcmp(opt->command->name, "list") == 0;
}

static int scan(const struct options *opt, bool foreign, const struct origins *origins,
                struct cli_look *look) {
    const struct scan_request want = {.everything = true,
                                      .private_maps = true,
                                      .descriptors = true,
                                      .locks = true,
                                      .skip_self = true,
                                      .ask_kernel = judges(opt),
                                      .brief = is_list(opt),
                                      .all_namespaces = foreign};
    struct prober *prober;
    int err = prober_new(look->root, &prober);
    if (err)
        return err;
    prober_set_rules(prober, origins, opt->older_than_ns);
    err = prober_scan(prober, &want, &look->snap);
    prober_free(prober);
    return err;
}

int cli_look_all(const struct options *opt, bool foreign, struct cli_look *look) {
    struct origins *origins;
    struct fault f;
    if (origins_file_load(&origins, &f) != OUTCOME_DONE)
        return cli_error(&f);
    int status = cli_look_root(opt, look);
    int err = status ? 0 : scan(opt, foreign, origins, look);
    origins_unref(origins);
    if (status || err == 0)
        return status;
    fault_set(&f, OUTCOME_FAILED, -err, "this machine", "could not be looked at", "");
    cli_look_done(look);
    return cli_error(&f);
}

void cli_look_done(struct cli_look *look) {
    snapshot_unref(look->snap);
    root_close(look->root);
    *look = (struct cli_look){0};
}

bool cli_wants_foreign(const struct options *opt) {
    struct seg_ref ref;
    const char *why;
    if (opt->all_namespaces)
        return true;
    for (size_t i = 0; i < opt->operand_count; i++)
        if (seg_parse(opt->operands[i], &ref, &why) == 0 && ref.ns != 0)
            return true;
    return false;
}

enum outcome cli_check_segs(const struct options *opt, struct fault *f) {
    for (size_t i = 0; i < opt->operand_count; i++) {
        struct seg_ref ref;
        const char *why = "";
        char what[sizeof f->what];
        if (seg_parse(opt->operands[i], &ref, &why) != 0)
            return fault_set(f, OUTCOME_USAGE, 0, cli_quote(opt->operands[i], what, sizeof what),
                             why, "shmtop list prints the SEG of each segment");
    }
    return OUTCOME_DONE;
}

// Several mount namespaces may see one /dev/shm, of which output names the one with the smallest
// number, or none when it is ours.
static const struct segment *find_alias(const struct cli_look *look, const struct seg_ref *ref) {
    const struct snapshot *snap = look->snap;
    struct elsewhere *there;
    if (ref->form != SEG_FORM_POSIX || ref->ns == 0 ||
        elsewhere_enter(look->root, ELSEWHERE_SHM, ref->ns, NULL, &there) < 0)
        return NULL;
    uint64_t dev = root_vantage(elsewhere_root(there))->devshm_dev;
    elsewhere_leave(there);
    struct seg_ref here = *ref;
    for (size_t i = 0; i < snap->segment_count; i++) {
        const struct segment *seg = &snap->segments[i];
        here.ns = 0;
        if (seg->foreign)
            seg_get(seg, SEG_MNT_NS, &here.ns);
        if (seg->id.dev == dev && seg_ref_matches(&here, seg, snap->names))
            return seg;
    }
    return NULL;
}

static const struct segment *find(const struct cli_look *look, const char *text, struct fault *f) {
    const struct snapshot *snap = look->snap;
    struct seg_ref ref;
    const char *why;
    char what[sizeof f->what];
    cli_quote(text, what, sizeof what);
    if (seg_parse(text, &ref, &why) == 0) {
        seg_ref_format(&ref, what, sizeof what);
        for (size_t i = 0; i < snap->segment_count; i++)
            if (seg_ref_matches(&ref, &snap->segments[i], snap->names))
                return &snap->segments[i];
        const struct segment *alias = find_alias(look, &ref);
        if (alias)
            return alias;
    }
    fault_set(f, OUTCOME_MISSING, 0, what, "there is no such segment",
              "shmtop list prints them all");
    return NULL;
}

const struct segment *cli_find(const struct cli_look *look, const char *text, struct fault *f) {
    char what[sizeof f->what];
    const struct segment *seg = find(look, text, f);
    for (const struct seg_meant *m = look->meant; seg && m && m->text; m++)
        if (strcmp(m->text, text) == 0 && !seg_id_same(&m->id, &seg->id)) {
            fault_set(f, OUTCOME_REFUSED, 0, cli_quote(text, what, sizeof what),
                      "is another segment by now", "list again");
            return NULL;
        }
    return seg;
}

bool cli_in_use(const struct segment *seg) {
    uint64_t nattch = 0;
    return seg->holding_count > 0 || (seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN && nattch > 0);
}

const char *cli_use(const struct snapshot *snap, const struct segment *seg, char *buf,
                    size_t size) {
    enum { NAMED = 3 };
    uint64_t hidden = 0;
    uint32_t count = seg->holding_count;
    char pids[NAMED * 14 + 8] = "", unseen[48] = "";
    if (!cli_in_use(seg)) {
        snprintf(buf, size, "nobody is seen to map, open or lock it");
        return buf;
    }
    for (uint32_t i = 0; i < count && i < NAMED; i++) {
        size_t used = strlen(pids);
        snprintf(pids + used, sizeof pids - used, "%s%d", i ? ", " : " (pid ",
                 snap->processes[snap->holdings[seg->first_holding + i].process].id.pid);
    }
    bool hides = seg_get(seg, SEG_HIDDEN, &hidden) == WHY_KNOWN && hidden > 0;
    if (hides && count == 0) {
        snprintf(buf, size, "in use: %" PRIu64 " attachment%s of processes that are not visible",
                 hidden, hidden == 1 ? "" : "s");
        return buf;
    }
    if (hides)
        snprintf(unseen, sizeof unseen, ", %" PRIu64 " attachment%s not visible", hidden,
                 hidden == 1 ? "" : "s");
    snprintf(buf, size, "in use by %" PRIu32 " process%s%s%s%s", count, count == 1 ? "" : "es",
             pids,
             count > NAMED ? ", ...)"
             : count       ? ")"
                           : "",
             unseen);
    return buf;
}

static u64v expected(const struct segment *seg, enum seg_field field) {
    uint64_t value = 0;
    enum why why = seg_get(seg, field, &value);
    return why == WHY_KNOWN ? u64v_of(value) : u64v_missing(why);
}

void cli_request_segment(struct op_request *req, const struct snapshot *snap,
                         const struct segment *seg, const char *text, char *name) {
    const char *why;
    // Of several names it is the one that was told.
    if (seg_parse(text, &req->where, &why) ||
        (req->where.form != SEG_FORM_POSIX && req->where.form != SEG_FORM_FILE)) {
        seg_format(seg, name, CLI_SEG_MAX);
        seg_parse(name, &req->where, &why);
    }
    seg_ref_format(&req->where, name, CLI_SEG_MAX);
    seg_ref_format(&req->where, req->seg, sizeof req->seg);
    req->id = seg->id;
    req->expected_key = expected(seg, SEG_KEY);
    req->expected_change = expected(seg, SEG_CHANGE_TIME);
    req->holders_seen = seg->holding_count;
    op_request_via(req, snap, seg);
}

// True when some byte of the range can only be read by what may give memory to its page.
static bool has_unseen(struct content_reader *r, uint64_t at, uint64_t length) {
    enum { STEP = 1 << 21 };
    enum content_state state = CONTENT_DATA;
    for (uint64_t run = 1; length > 0 && run > 0 && state != CONTENT_UNKNOWN;) {
        if (content_pages(r, at, length < STEP ? length : STEP, &run, &state) != 0)
            return false;
        run = run < length ? run : length;
        at += run;
        length -= run;
    }
    return state == CONTENT_UNKNOWN;
}

enum outcome cli_open_content(const struct options *opt, const struct cli_look *look,
                              unsigned flags, struct content_reader **reader, char *name,
                              struct fault *f) {
    const struct segment *seg = cli_find(look, opt->operands[0], f);
    if (!seg)
        return f->outcome;
    seg_format(seg, name, CLI_SEG_MAX);
    // What leaves a trace comes only when there is no other way, and only where it is allowed.
    bool may = !opt->no_attach && !opt->read_only;
    int err = content_open(look->root, look->snap, seg, flags, reader, f);
    bool unseen = !err && content_partial(*reader) && has_unseen(*reader, opt->offset, opt->length);
    if (unseen)
        content_close(*reader);
    if (may && (unseen || (err && f->outcome == OUTCOME_REFUSED)))
        err = content_open(look->root, look->snap, seg, flags | CONTENT_MAY_ATTACH, reader, f);
    else if (unseen) {
        err = -EPERM;
        fault_set(f, OUTCOME_REFUSED, 0, name,
                  "holds pages that no process of this user has touched; reading them gives memory "
                  "to those never written",
                  "allow it (leave out --no-attach)");
    }
    if (err && f->outcome == OUTCOME_REFUSED && !opt->no_attach && opt->read_only)
        snprintf(f->todo, sizeof f->todo, "allow it (leave out --read-only)");
    if (err)
        return f->outcome;
    const char *effects = content_side_effects(*reader);
    if (content_attached(*reader))
        cli_note("%s can only be read by attaching: %s", name, effects);
    else if (strcmp(effects, "none") != 0)
        cli_note("reading %s %s", name, effects);
    return OUTCOME_DONE;
}

void cli_note_unseen(const struct snapshot *snap) {
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
