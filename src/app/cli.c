// cli.c - the commands of the command line: their table, and what they share.
#include "app/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WRITING OPT_BIT(OFFSET) | OPT_BIT(HEX) | OPT_BIT(TEXT) | OPT_BIT(FROM) | OPT_BIT(EXPECT)

const struct cli_command cli_commands[] = {
    {.name = "list",
     .usage = "[FILTER...]",
     .help = "print a table of the segments",
     .more =
         "Shows System V segments of shmtop's own IPC namespace, objects of its own /dev/shm and\n"
         "nameless objects that visible processes hold; --all-namespaces adds the rest.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(COLUMNS) | OPT_BIT(BYTES) | OPT_BIT(SORT) |
                OPT_BIT(NO_HEADINGS),
     .max_operands = SIZE_MAX,
     .check = cli_list_check,
     .run = cli_list},
    {.name = "show",
     .usage = "SEG",
     .help = "print every fact of one segment and who holds it",
     .more = "A value that could not be learned is shown as ? with the reason.\n",
     .options = OPT_BIT(JSON),
     .min_operands = 1,
     .max_operands = 1,
     .check = cli_check_segs,
     .run = cli_show},
    {.name = "dump",
     .usage = "SEG",
     .help = "print the bytes of a segment as hexdump -C does",
     .more = "Leaves no trace, but for a System V segment that nobody holds: reading it means to\n"
             "attach once, which is said on stderr. Past the end there is nothing to print.\n",
     .options = OPT_BIT(OFFSET) | OPT_BIT(LENGTH) | OPT_BIT(RAW) | OPT_BIT(NO_ATTACH),
     .min_operands = 1,
     .max_operands = 1,
     .check = cli_check_segs,
     .run = cli_dump},
    {.name = "create",
     .usage = "--sysv|--posix NAME --size SIZE",
     .help = "create a segment and print its SEG",
     .more = "Never replaces a segment that exists (4).\n",
     .options = OPT_BIT(JSON) | OPT_BIT(SYSV) | OPT_BIT(POSIX) | OPT_BIT(KEY) | OPT_BIT(SIZE) |
                OPT_BIT(MODE) | OPT_BIT(HUGE) | OPT_BIT(FROM),
     .changes = true,
     .check = cli_create_check,
     .run = cli_create},
    {.name = "write",
     .usage = "SEG --offset N --hex BYTES|--text STR|--from FILE",
     .help = "write bytes into a segment",
     .more =
         "FILE may be - for standard input. What would go past the end, what is sealed and, with\n"
         "--expect, what has changed is refused (4) and nothing is written.\n",
     .options = OPT_BIT(JSON) | WRITING,
     .changes = true,
     .min_operands = 1,
     .max_operands = 1,
     .check = cli_write_check,
     .run = cli_write},
    {.name = "rm",
     .usage = "SEG...",
     .help = "remove segments that are not in use",
     .more =
         "What is seen in use is refused (4) unless --force is given. Memory of a removed segment\n"
         "is freed when its last user lets go.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(FORCE) | OPT_BIT(NOW),
     .changes = true,
     .min_operands = 1,
     .max_operands = SIZE_MAX,
     .check = cli_check_segs,
     .run = cli_rm,
     .refuse = cli_rm_refuse},
    {.name = NULL},
};

const struct cli_command *cli_command_by_name(const char *name) {
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

// --- help ---

static const char about_seg[] =
    "SEG names a segment: sysv:ID, key:0xKEY, posix:/NAME or /NAME, file:/PATH, or\n"
    "obj:MAJOR:MINOR:INODE; list prints them. @NUMBER at the end means another namespace.\n";

static const char about_filter[] =
    "FILTER is words that must all match: user:app, kind:posix, size>1M, att:0 (no holder),\n"
    "pid:123, name~REGEX, or plain text found in the name.\n";

static const char about_exit[] =
    "Exit status: 0 done; 1 an operation failed; 2 wrong words or environment; 3 no such\n"
    "segment; 4 refused by shmtop, nothing changed; 128+N ended by signal N.\n";

static void help_columns(void) {
    size_t used = 0;
    fputs("COLUMN is one of:", stdout);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct column_info *info = column_info((enum column)i);
        if (!info->of_list)
            continue;
        if (used == 0 || used + strlen(info->name) > 76) {
            fputs("\n ", stdout);
            used = 1;
        }
        used += (size_t)printf(" %s", info->name);
    }
    putchar('\n');
}

static void help_options(const char *title, uint64_t options) {
    char usage[64];
    printf("\n%s\n", title);
    for (int i = 0; i < OPT_COUNT; i++)
        if (options & (UINT64_C(1) << i))
            printf("  %-24s %s\n", option_usage((enum option)i, usage),
                   option_help((enum option)i));
}

static void help_command(const struct cli_command *c) {
    printf("usage: shmtop %s %s%s\n\n%c%s.\n%s", c->name, c->usage,
           c->options ? " [OPTION...]" : "", (char)(c->help[0] - 'a' + 'A'), c->help + 1, c->more);
    if (c->options)
        help_options("Options:", c->options);
    help_options("Options of every command:", CLI_COMMON);
    putchar('\n');
    if (strncmp(c->usage, "SEG", 3) == 0)
        fputs(about_seg, stdout);
    if (c->run == cli_list) {
        fputs(about_filter, stdout);
        help_columns();
    }
    if (c->options & (OPT_BIT(SIZE) | OPT_BIT(OFFSET)))
        fputs("Sizes and offsets are written 4096, 64K, 64M, 1GiB or 0x1000.\n", stdout);
    fputs(about_exit, stdout);
}

void cli_help(const struct cli_command *command) {
    if (command) {
        help_command(command);
        return;
    }
    fputs("usage: shmtop [OPTION...]                      the monitor\n"
          "       shmtop COMMAND [WORD...] [OPTION...]    one thing, done once\n\n"
          "Shows and changes the shared memory of this machine. Without a terminal on standard\n"
          "input and output, shmtop alone prints the table once, as list does.\n\nCommands:\n",
          stdout);
    for (const struct cli_command *c = cli_commands; c->name; c++)
        printf("  %-8s %s\n", c->name, c->help);
    fputs("shmtop COMMAND --help tells more of each.\n", stdout);
    help_options("Options, before or after the command:", CLI_COMMON | OPT_BIT(JSON));
    help_options("Options of the monitor:", CLI_MONITOR & ~OPT_BIT(JSON));
    putchar('\n');
    fputs(about_seg, stdout);
    fputs(about_filter, stdout);
    help_columns();
    fputs(about_exit, stdout);
}

// --- messages ---

int cli_error(const struct fault *f) {
    char line[1024];
    fault_format(f, line, sizeof line);
    fprintf(stderr, "shmtop: %s\n", line);
    return (int)f->outcome;
}

void cli_note(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("shmtop: note: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

const char *cli_quote(const char *text, char *buf, size_t size) {
    if (*text)
        name_escape(text, strlen(text), false, buf, size);
    else
        snprintf(buf, size, "''");
    return buf;
}

int cli_finish(int status) {
    struct fault f;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    int err = errno;
    if (err != EPIPE) {
        fault_set(&f, OUTCOME_FAILED, err, "standard output", "could not be written", "");
        cli_error(&f);
    }
    return OUTCOME_FAILED;
}

// --- looking ---

int cli_look_root(const struct options *opt, struct cli_look *look) {
    *look = (struct cli_look){0};
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

static int scan(struct cli_look *look, bool foreign) {
    const struct scan_request want = {.everything = true,
                                      .private_maps = true,
                                      .descriptors = true,
                                      .locks = true,
                                      .all_namespaces = foreign};
    struct prober *prober;
    int err = prober_new(look->root, &prober);
    if (err)
        return err;
    err = prober_scan(prober, &want, &look->snap);
    prober_free(prober);
    return err;
}

int cli_look_all(const struct options *opt, bool foreign, struct cli_look *look) {
    int status = cli_look_root(opt, look);
    if (status)
        return status;
    int err = scan(look, foreign);
    if (err == 0)
        return 0;
    struct fault f;
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

const struct segment *cli_find(const struct cli_look *look, const char *text, struct fault *f) {
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
    }
    fault_set(f, OUTCOME_MISSING, 0, what, "there is no such segment",
              "shmtop list prints them all");
    return NULL;
}

bool cli_in_use(const struct segment *seg) {
    uint64_t nattch = 0;
    return seg->holding_count > 0 || (seg_get(seg, SEG_NATTCH, &nattch) == WHY_KNOWN && nattch > 0);
}

const char *cli_use(const struct snapshot *snap, const struct segment *seg, char *buf,
                    size_t size) {
    uint64_t nattch = 0, hidden = 0;
    size_t used = 0;
    seg_get(seg, SEG_NATTCH, &nattch);
    seg_get(seg, SEG_HIDDEN, &hidden);
    if (!cli_in_use(seg)) {
        snprintf(buf, size, "nobody is seen to map, open or lock it");
        return buf;
    }
    int n = snprintf(buf, size, "in use by %" PRIu32 " process%s", seg->holding_count,
                     seg->holding_count == 1 ? "" : "es");
    for (uint32_t i = 0; i < seg->holding_count && i < 3; i++) {
        used = strlen(buf);
        n = snprintf(buf + used, size - used, "%s%d", i ? ", " : " (pid ",
                     snap->processes[snap->holdings[seg->first_holding + i].process].id.pid);
        if (n < 0 || (size_t)n >= size - used)
            break;
    }
    used = strlen(buf);
    if (seg->holding_count > 0)
        snprintf(buf + used, size - used, seg->holding_count > 3 ? ", ...)" : ")");
    used = strlen(buf);
    if (hidden > 0)
        snprintf(buf + used, size - used, ", %" PRIu64 " attachments not visible", hidden);
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

const char *cli_seal_name(unsigned bit) {
    static const char *const names[] = {"seal", "shrink", "grow", "write", "future-write", "exec"};
    return bit < sizeof names / sizeof *names ? names[bit] : NULL;
}
