// linear.c - the prompt of the linear mode: its list, what changed, and running commands.
#include "app/linear.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/config.h"
#include "app/xalloc.h"
#include "core/columns.h"
#include "core/diff.h"
#include "core/filter.h"
#include "core/fmt.h"

enum { PAGE = 20, WORDS_MAX = 64, TOLD_MAX = 20, LINE_SIZE = 8192 };

struct linear {
    const struct options *opt;
    struct settings settings; // with the words of the command line over them
    const struct snapshot *snap;
    struct filter *filter;         // NULL: all
    const struct segment **listed; // in snap, numbered from 1
    size_t count, shown;           // shown: how many of them were read out
    bool ended;
};

static bool fits(const struct linear *l, const struct segment *seg) {
    return !l->filter || filter_matches(l->filter, l->snap, seg);
}

// --- looking

static int compare(const void *a, const void *b, void *arg) {
    const struct linear *l = arg;
    const struct segment *const *x = a, *const *y = b;
    return column_compare(l->snap, *x, *y, l->settings.sort.column, l->settings.sort.inverted);
}

static void order(struct linear *l) {
    free(l->listed);
    l->listed = xcalloc(l->snap->segment_count + 1, sizeof(const struct segment *));
    l->count = l->shown = 0;
    for (size_t i = 0; i < l->snap->segment_count; i++)
        if (fits(l, &l->snap->segments[i]))
            l->listed[l->count++] = &l->snap->segments[i];
    qsort_r(l->listed, l->count, sizeof(const struct segment *), compare, l);
}

// Takes a new picture; the one before goes to *before (counted), or is let go.
static int look(struct linear *l, const struct snapshot **before) {
    struct options opt = *l->opt;
    struct cli_look now;
    opt.command = cli_command_by_name("list");
    int status = cli_look_all(&opt, l->settings.all_namespaces, &now);
    if (status)
        return status;
    if (before)
        *before = l->snap;
    else
        snapshot_unref(l->snap);
    l->snap = snapshot_ref(now.snap);
    cli_look_done(&now);
    order(l);
    return 0;
}

// --- telling

static void tell_segment(const struct linear *l, const struct snapshot *snap,
                         const struct segment *seg) {
    const struct column_style style = {.now_ns = snap->wall_ns};
    char id[CLI_SEG_MAX], size[64], holders[64], user[320];
    (void)l;
    seg_format(seg, id, sizeof id);
    column_text(snap, seg, COL_SIZE, &style, size, sizeof size);
    column_text(snap, seg, COL_HOLDERS, &style, holders, sizeof holders);
    column_text(snap, seg, COL_USER, &style, user, sizeof user);
    printf("%s, size %s, holders %s, owner %s, %s\n", id, size, holders, user, column_state(seg));
}

static void tell_more(struct linear *l) {
    size_t end = l->shown + PAGE < l->count ? l->shown + PAGE : l->count;
    if (l->count == 0)
        puts(l->filter ? "No segment matches the filter." : "There are no segments.");
    else if (l->shown == l->count)
        puts("That was all. list begins again.");
    for (; l->shown < end; l->shown++) {
        printf("%zu. ", l->shown + 1);
        tell_segment(l, l->snap, l->listed[l->shown]);
    }
    if (l->shown < l->count)
        printf("%zu of %zu; next tells more.\n", l->shown, l->count);
}

static void tell_counts(const struct linear *l) {
    uint64_t all = 0, size;
    char text[16], filter[4 * SETTING_TEXT];
    for (size_t i = 0; i < l->count; i++)
        all += seg_get(l->listed[i], SEG_SIZE, &size) == WHY_KNOWN ? size : 0;
    printf("%zu segment%s, %s together", l->count, l->count == 1 ? "" : "s", fmt_size(all, text));
    if (l->filter)
        printf(", %zu hidden by the filter %s", l->snap->segment_count - l->count,
               cli_quote(l->settings.filter, filter, sizeof filter));
    puts(".");
}

static void tell_changes(struct linear *l) {
    const struct snapshot *before = NULL;
    struct diff d;
    size_t added = 0, removed = 0, changed = 0, told = 0;
    if (look(l, &before))
        return;
    xcheck(diff_make(before, l->snap, &d));
    for (size_t i = 0; i < d.count; i++) {
        const struct diff_entry *e = &d.entries[i];
        bool here = e->kind == DIFF_ADDED, gone = e->kind == DIFF_REMOVED;
        const struct snapshot *snap = gone ? before : l->snap;
        const struct segment *seg = gone ? e->before : e->after;
        if (l->filter && !filter_matches(l->filter, snap, seg))
            continue;
        added += here;
        removed += gone;
        changed += !here && !gone;
        if ((!here && !gone) || told++ >= TOLD_MAX)
            continue;
        fputs(here ? "new: " : "gone: ", stdout);
        tell_segment(l, snap, seg);
    }
    diff_done(&d);
    snapshot_unref(before);
    if (added + removed + changed == 0)
        printf("Nothing changed. ");
    else
        printf("%zu new, %zu gone, %zu changes of others. ", added, removed, changed);
    tell_counts(l);
}

// --- words of its own

static void do_list(struct linear *l, const char *rest) {
    (void)rest;
    if (look(l, NULL) == 0)
        tell_more(l);
}

static void do_next(struct linear *l, const char *rest) {
    (void)rest;
    tell_more(l);
}

static void do_filter(struct linear *l, const char *rest) {
    char why[200] = "";
    if (!setting_read(&l->settings, SETTING_FILTER, rest, why, sizeof why)) {
        printf("The filter %s\n", why);
        return;
    }
    filter_free(l->filter);
    l->filter = NULL;
    if (*rest)
        xcheck(filter_parse(rest, &l->filter, why, sizeof why));
    order(l);
    tell_counts(l);
}

static void do_sort(struct linear *l, const char *rest) {
    char why[200] = "", shown[80];
    if (!setting_read(&l->settings, SETTING_SORT, rest, why, sizeof why)) {
        printf("%s %s.\n", cli_quote(rest, shown, sizeof shown), why);
        return;
    }
    order(l);
    printf("Sorted by %s.\n", rest);
}

static void do_quit(struct linear *l, const char *rest) {
    (void)rest;
    l->ended = true;
}

static void do_help(struct linear *l, const char *rest);

static const struct word {
    const char *name, *arguments, *help;
    void (*run)(struct linear *l, const char *rest);
} words[] = {
    {"list", "", "look again and tell the segments, numbered, twenty at a time", do_list},
    {"next", "", "tell the next twenty", do_next},
    {"filter", "[FILTER]", "tell only what matches; without words all", do_filter},
    {"sort", "COLUMN [inverted]", "sort by a column", do_sort},
    {"help", "", "this help; COMMAND --help tells more of one", do_help},
    {"quit", "", "end", do_quit},
};

static void do_help(struct linear *l, const char *rest) {
    (void)l;
    (void)rest;
    puts("An empty line looks again and tells what changed. A number means the segment of that\n"
         "line in the list. Ctrl-C stops a command that runs on.");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        printf("%s%s%s: %s\n", words[i].name, *words[i].arguments ? " " : "", words[i].arguments,
               words[i].help);
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (strcmp(c->name, "list") != 0)
            printf("%s%s%s: %s\n", c->name, *c->usage ? " " : "", c->usage, c->help);
}

// --- commands of the command line

// Splits into words at blanks; '...' and "..." hold them together. -1: a quote has no end.
static int split(char *line, char *argv[], int room) {
    int n = 0;
    char *to = line, *from = line;
    for (;;) {
        while (isspace((unsigned char)*from))
            from++;
        if (!*from || n == room)
            return n;
        argv[n++] = to;
        for (char quote = 0; *from && (quote || !isspace((unsigned char)*from)); from++) {
            if (quote ? *from == quote : (*from == '\'' || *from == '"'))
                quote = quote ? 0 : *from;
            else
                *to++ = *from;
            if (quote && !from[1])
                return -1;
        }
        from += *from != '\0';
        *to++ = '\0';
    }
}

static bool is_number(const char *word) {
    return *word && word[strspn(word, "0123456789")] == '\0';
}

// Puts the SEG of the line in the list in place of a number, and remembers which one was meant.
static bool take_numbers(const struct linear *l, struct options *opt, struct seg_meant *meant,
                         char *names[]) {
    char *name = xcalloc(CLI_SEG_MAX, 1);
    bool good = true;
    size_t n = 0;
    for (size_t i = 0; good && i < opt->operand_count; i++) {
        uint64_t line = 0;
        if (strncmp(opt->command->usage, "SEG", 3) != 0 || !is_number(opt->operands[i]))
            continue;
        good = parse_u64(opt->operands[i], &line) == 0 && line >= 1 && line <= l->shown;
        if (!good)
            break;
        seg_format(l->listed[line - 1], name, CLI_SEG_MAX);
        names[n] = xstrdup(name);
        meant[n].text = opt->operands[i] = names[n];
        meant[n++].id = l->listed[line - 1]->id;
    }
    free(name);
    if (!good)
        puts("No such line was told: list tells them.");
    opt->meant = meant;
    return good;
}

// Everything that changes something but cannot be taken back by removing what it made.
static bool confirmed(const struct options *opt) {
    char line[64], name[300];
    const struct cli_command *c = opt->command;
    if (!c->changes || (c->acts && !c->acts(opt)) || opt->read_only || c->run == cli_create)
        return true;
    printf("%s", c->name);
    for (size_t i = 0; i < opt->operand_count; i++)
        printf(" %s", cli_quote(opt->operands[i], name, sizeof name));
    printf("\nThis changes something. Type yes to do it: ");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) && strcmp(line, "yes\n") == 0)
        return true;
    puts("Nothing was done.");
    return false;
}

// In a process of its own, so that Ctrl-C stops it and not the prompt.
static void run_apart(const struct options *opt) {
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        status = cli_finish(opt->help ? (cli_help(opt->command), 0) : cli_run(opt));
        fflush(stderr);
        _exit(status);
    }
    if (pid < 0) {
        puts("No process can be started for it.");
        return;
    }
    status = 0; // nobody tells where SIGCHLD was left ignored
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        puts("\nStopped.");
}

// The command line of the program itself, before what was typed. Its length.
static int begin_words(const struct linear *l, char *words_out[]) {
    static char program[] = "shmtop", read_only[] = "-R", all[] = "--all-namespaces",
                root[] = "--root";
    int n = 0;
    words_out[n++] = program;
    if (l->opt->read_only)
        words_out[n++] = read_only;
    if (l->settings.all_namespaces)
        words_out[n++] = all;
    if (l->opt->root) {
        words_out[n++] = root;
        words_out[n++] = xstrdup(l->opt->root);
    }
    return n;
}

static void run_command(struct linear *l, char *argv[], int argc) {
    char *all[WORDS_MAX + 8];
    struct seg_meant meant[WORDS_MAX + 1] = {{.text = NULL}};
    char *names[WORDS_MAX + 1] = {NULL};
    struct options opt;
    struct fault f;
    int first = begin_words(l, all), n = first;
    for (int i = 0; i < argc; i++)
        all[n++] = argv[i];
    all[n] = NULL;
    enum outcome outcome = options_read(n, all, &opt, &f);
    bool numbers = outcome == OUTCOME_DONE && opt.command && take_numbers(l, &opt, meant, names);
    if (outcome == OUTCOME_DONE && !opt.command)
        puts("That is no command: help tells them.");
    if (numbers)
        outcome = options_judge(&opt, &f);
    if (outcome != OUTCOME_DONE) {
        cli_error(&f);
    } else if (numbers) {
        config_apply(&l->settings, &opt);
        if (opt.help || confirmed(&opt))
            run_apart(&opt);
    }
    for (size_t i = 0; names[i]; i++)
        free(names[i]);
    if (l->opt->root)
        free(all[first - 1]);
    options_done(&opt);
}

static void obey(struct linear *l, char *line) {
    char *argv[WORDS_MAX];
    char *rest = line + strspn(line, " \t");
    size_t len = strcspn(rest, " \t\n");
    rest[strcspn(rest, "\n")] = '\0';
    if (!*rest) {
        tell_changes(l);
        return;
    }
    const char *after = rest + len + strspn(rest + len, " \t");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].name) == len && strncmp(words[i].name, rest, len) == 0 &&
            *after != '-' && (*words[i].arguments || !*after)) {
            words[i].run(l, after);
            return;
        }
    int argc = split(rest, argv, WORDS_MAX);
    if (argc < 0)
        puts("A quote has no end.");
    else
        run_command(l, argv, argc);
}

int linear_run(const struct options *opt, const struct config_faults *faults) {
    struct linear l = {.opt = opt};
    char *line = xcalloc(LINE_SIZE, 1), text[640], why[200];
    config_effective(opt, &l.settings);
    if (faults->count > 0)
        cli_note("%s", config_faults_text(faults, text, sizeof text));
    if (*l.settings.filter)
        xcheck(filter_parse(l.settings.filter, &l.filter, why, sizeof why));
    signal(SIGINT, SIG_IGN);
    int status = look(&l, NULL);
    if (status == 0) {
        puts("shmtop " SHMTOP_VERSION ", one thing a line. help tells the commands, quit ends.");
        tell_counts(&l);
    }
    while (status == 0 && !l.ended) {
        fputs("shmtop> ", stdout);
        fflush(stdout);
        if (!fgets(line, LINE_SIZE, stdin)) {
            putchar('\n');
            break;
        }
        obey(&l, line);
    }
    free(line);
    free(l.listed);
    filter_free(l.filter);
    snapshot_unref(l.snap);
    return cli_finish(status);
}
