// cli.c - the commands of the command line: their table, and what they share.
#include "app/cli.h"

#include <errno.h>
#include <signal.h>
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
    {.name = "leaks",
     .usage = "[FILTER...]",
     .help = "print the unused segments, and what proves whose they were",
     .more = "orphan: its owner is proven dead. suspect: old, but nobody can be proven dead.\n"
             "idle: the process it belongs to lives. protected: kept on purpose. young: under the\n"
             "age floor. unknown: not all who may hold it can be seen. WHY is the strongest fact;\n"
             "--json tells all of them.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(OLDER_THAN) | OPT_BIT(BYTES) | OPT_BIT(NO_HEADINGS),
     .max_operands = SIZE_MAX,
     .check = cli_list_check,
     .run = cli_leaks},
    {.name = "ledger",
     .usage = "",
     .help = "print where all shared memory is, and what nobody explains",
     .more =
         "One row for each tmpfs, for System V in each IPC namespace, for memfds, for anonymous\n"
         "shared memory; huge pages are no part of Shmem. LINKED and UNLINKED are files with and\n"
         "without a name, NOT-SEEN is what else the tmpfs holds, PROMISED the sum of all sizes.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(BYTES) | OPT_BIT(NO_HEADINGS),
     .run = cli_ledger},
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
    {.name = "watch",
     .usage = "SEG",
     .help = "print each range of bytes as it changes",
     .more =
         "Time, offset, old and new bytes; until Ctrl-C, --count changes, or the segment goes.\n"
         "With --json a line of JSON each.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(OFFSET) | OPT_BIT(LENGTH) | OPT_BIT(INTERVAL) |
                OPT_BIT(CHANGES) | OPT_BIT(NO_ATTACH),
     .min_operands = 1,
     .max_operands = 1,
     .check = cli_check_segs,
     .run = cli_watch},
    {.name = "create",
     .usage = "--sysv|--posix NAME --size SIZE",
     .help = "create a segment and print its SEG",
     .more = "Never replaces a segment that exists (4).\n",
     .options = OPT_BIT(JSON) | OPT_BIT(SYSV) | OPT_BIT(POSIX) | OPT_BIT(KEY) | OPT_BIT(SIZE) |
                OPT_BIT(MODE) | OPT_BIT(HUGE) | OPT_BIT(FROM) | OPT_BIT(NAMESPACE),
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
    {.name = "set",
     .usage = "SEG",
     .help = "change mode, owner, size or lock of a segment",
     .more =
         "System V segments keep their size and only they can be locked (2). Shrinking what is in\n"
         "use can kill its users: refused (4) unless --force is given.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(MODE) | OPT_BIT(OWNER) | OPT_BIT(SIZE) | OPT_BIT(LOCK) |
                OPT_BIT(UNLOCK) | OPT_BIT(FORCE),
     .changes = true,
     .min_operands = 1,
     .max_operands = 1,
     .check = cli_set_check,
     .run = cli_set},
    {.name = "rm",
     .usage = "SEG...",
     .help = "remove segments that are not in use; objects can be restored for a while",
     .more =
         "What is seen in use is refused (4) unless --force is given; its memory is freed when "
         "its\n"
         "last user lets go. An object of /dev/shm goes to quarantine, a private directory of the\n"
         "same tmpfs: it keeps its memory and can be restored for an hour, unless --now is given.\n"
         "System V segments are freed at once; --save DIR keeps a sparse copy that restore "
         "takes.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(FORCE) | OPT_BIT(NOW) | OPT_BIT(SAVE),
     .changes = true,
     .min_operands = 1,
     .max_operands = SIZE_MAX,
     .check = cli_check_segs,
     .run = cli_rm,
     .refuse = cli_rm_refuse},
    {.name = "reap",
     .usage = "[FILTER...]",
     .help = "print what is left behind and could go; with --apply remove it",
     .more =
         "Acts on orphans, whose owner is proven dead, and with --suspects on what is old and "
         "unused;\n"
         "each is looked at again right before. Files that belong together go all or not at all.\n"
         "Objects go to quarantine unless --now is given; System V is freed, --save keeps a copy.\n"
         "Two at once do not disturb each other: the second waits. What is gone by then is no "
         "error;\n"
         "what was used or changed meanwhile stays (4). An ordinary user reaps his own.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(OLDER_THAN) | OPT_BIT(APPLY) | OPT_BIT(SUSPECTS) |
                OPT_BIT(SAVE) | OPT_BIT(NOW),
     .changes = true,
     .acts = cli_reap_acts,
     .max_operands = SIZE_MAX,
     .check = cli_reap_check,
     .run = cli_reap,
     .refuse = cli_reap_refuse},
    {.name = "restore",
     .usage = "[ITEM|COPY...]",
     .help = "list what rm and reap put aside, bring it back, or free it",
     .more =
         "Without words it lists the items in quarantine. An ITEM goes back to where it was, with\n"
         "mode, owner and times; a COPY, the path of what --save kept, is made again with key or\n"
         "name, mode and owner (System V gets a new id). Never over what has the name or key by "
         "now\n"
         "(4). --drop frees items, --older-than narrows the list or what --drop frees. An item "
         "whose\n"
         "time is over is freed by the next rm, reap or monitor, unless somebody holds it.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(DROP) | OPT_BIT(OLDER_THAN) | OPT_BIT(NAMESPACE) |
                OPT_BIT(BYTES) | OPT_BIT(NO_HEADINGS),
     .changes = true,
     .acts = cli_restore_acts,
     .max_operands = SIZE_MAX,
     .check = cli_restore_check,
     .run = cli_restore},
    {.name = "kill",
     .usage = "SEG",
     .help = "signal every process that holds a segment",
     .more =
         "A process is told apart by its start time, so that no other one with the same number\n"
         "can be hit.\n",
     .options = OPT_BIT(JSON) | OPT_BIT(SIGNAL),
     .changes = true,
     .min_operands = 1,
     .max_operands = 1,
     .check = cli_kill_check,
     .run = cli_kill,
     .refuse = cli_kill_refuse},
    {.name = NULL},
};

const struct cli_command *cli_command_by_name(const char *name) {
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

// --- help ---

const char cli_about_seg[] =
    "SEG names a segment: sysv:ID, key:0xKEY, posix:/NAME or /NAME, file:/PATH, or\n"
    "obj:MAJOR:MINOR:INODE; list prints them. @NUMBER at the end means another namespace.\n";

const char cli_about_filter[] =
    "FILTER is words that must all match: user:app, kind:posix, size>1M, att:0 (no holder),\n"
    "pid:123, verdict:orphan, origin:python, name~REGEX, or plain text found in the\n"
    "name.\n";

const char cli_about_exit[] =
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
        fputs(cli_about_seg, stdout);
    if (c->run == cli_list || c->run == cli_leaks || c->run == cli_reap) {
        fputs(cli_about_filter, stdout);
        help_columns();
    }
    if (c->options & (OPT_BIT(SIZE) | OPT_BIT(OFFSET)))
        fputs("Sizes and offsets are written 4096, 64K, 64M, 1GiB or 0x1000.\n", stdout);
    fputs(cli_about_exit, stdout);
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
    fputs(cli_about_seg, stdout);
    fputs(cli_about_filter, stdout);
    help_columns();
    fputs(cli_about_exit, stdout);
}

// --- running ---

int cli_run(const struct options *opt) {
    const struct cli_command *c = opt->command;
    bool changes = c->changes && (!c->acts || c->acts(opt));
    if (changes && opt->read_only) {
        struct fault f;
        fault_set(&f, OUTCOME_REFUSED, 0, c->name, "nothing may be changed in read-only mode",
                  options_given(opt, OPT_BIT(READ_ONLY)) ? "leave out -R"
                                                         : "read-only is set in the configuration");
        if (opt->json && c->refuse)
            c->refuse(opt, &f);
        return cli_error(&f);
    }
    // A reader of our output that goes away must not stop what has been begun.
    if (changes)
        signal(SIGPIPE, SIG_IGN);
    return c->run(opt);
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

const char *cli_seal_name(unsigned bit) {
    static const char *const names[] = {"seal", "shrink", "grow", "write", "future-write", "exec"};
    return bit < sizeof names / sizeof *names ? names[bit] : NULL;
}
