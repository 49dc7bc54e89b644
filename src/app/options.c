// options.c - the words of the command line, judged and turned into values.
#include "app/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/readers.h"
#include "app/xalloc.h"
#include "core/segname.h"
#include "core/verdict.h"

static const struct option_info {
    const char *name;
    char letter;
    reader *read;
    const char *arg, *help;
} infos[OPT_COUNT] = {
#define X(id, name, letter, value, arg, help) [OPT_##id] = {name, letter, read_##value, arg, help},
    OPTION_LIST(X)
#undef X
};

// Where the value of each option goes.
static const size_t places[OPT_COUNT] = {
#define AT(id, member) [OPT_##id] = offsetof(struct options, member)
    AT(JSON, json),
    AT(READ_ONLY, read_only),
    AT(ROOT, root),
    AT(ALL_NAMESPACES, all_namespaces),
    AT(HELP, help),
    AT(VERSION, version),
    AT(DELAY, delay_ns),
    AT(SORT_SCREEN, sort),
    AT(USER, user),
    AT(PID, pid),
    AT(TREE, tree),
    AT(NO_COLOR, no_color),
    AT(NO_MOUSE, no_mouse),
    AT(ASCII, ascii),
    AT(THEME, theme),
    AT(LINEAR, linear),
    AT(ONCE, once),
    AT(COLUMNS, columns),
    AT(BYTES, bytes),
    AT(SORT, sort),
    AT(NO_HEADINGS, no_headings),
    AT(OFFSET, offset),
    AT(LENGTH, length),
    AT(RAW, raw),
    AT(NO_ATTACH, no_attach),
    AT(SYSV, sysv),
    AT(POSIX, posix),
    AT(KEY, key),
    AT(SIZE, size),
    AT(MODE, mode),
    AT(HUGE, huge_page),
    AT(FROM, from),
    AT(HEX, hex),
    AT(TEXT, text),
    AT(EXPECT, expect),
    AT(FORCE, force),
    AT(OWNER, owner),
    AT(LOCK, lock),
    AT(UNLOCK, unlock),
    AT(SIGNAL, signal),
    AT(INTERVAL, interval_ns),
    AT(OLDER_THAN, older_than_ns),
    AT(CHANGES, count),
    AT(NAMESPACE, ns),
    AT(NOW, now),
    AT(SAVE, save),
    AT(DROP, drop),
    AT(APPLY, apply),
    AT(SUSPECTS, suspects),
#undef AT
};

static bool takes_argument(enum option option) {
    return infos[option].arg[0] != '\0';
}

const char *option_usage(enum option option, char buf[64]) {
    const struct option_info *info = &infos[option];
    char letter[8] = "    ";
    if (info->letter)
        snprintf(letter, sizeof letter, "-%c%s", info->letter, *info->name ? ", " : "");
    snprintf(buf, 64, "%s%s%s%s%s", letter, *info->name ? "--" : "", info->name,
             takes_argument(option) ? " " : "", info->arg);
    return buf;
}

const char *option_help(enum option option) {
    return infos[option].help;
}

const char *option_long(enum option option) {
    return infos[option].name;
}

char option_letter(enum option option) {
    return infos[option].letter;
}

const char *option_argument(enum option option) {
    return infos[option].arg;
}

const char *option_name(enum option option, char buf[32]) {
    const struct option_info *info = &infos[option];
    if (*info->name)
        snprintf(buf, 32, "--%s", info->name);
    else
        snprintf(buf, 32, "-%c", info->letter);
    return buf;
}

static enum option by_name(const char *name, size_t len) {
    for (size_t i = 0; i < OPT_COUNT; i++)
        if (len > 0 && strlen(infos[i].name) == len && memcmp(infos[i].name, name, len) == 0)
            return (enum option)i;
    return OPT_COUNT;
}

static enum option by_letter(char letter) {
    for (size_t i = 0; i < OPT_COUNT; i++)
        if (infos[i].letter && infos[i].letter == letter)
            return (enum option)i;
    return OPT_COUNT;
}

static enum outcome unknown(const char *word, struct fault *f) {
    char what[sizeof f->what];
    return fault_set(f, OUTCOME_USAGE, 0, cli_quote(word, what, sizeof what),
                     "there is no such option", "see shmtop --help");
}

// Takes the value of one option. `arg` is NULL when none was given.
static enum outcome take(struct options *opt, enum option option, const char *arg,
                         struct fault *f) {
    char name[32];
    option_name(option, name);
    if (!arg && takes_argument(option))
        return fault_setf(f, OUTCOME_USAGE, 0, name, "see shmtop --help",
                          "the %s it needs is missing", infos[option].arg);
    const char *wrong = infos[option].read(arg, (char *)opt + places[option]);
    if (wrong) {
        char value[200], what[240];
        snprintf(what, sizeof what, "%s %s", name, cli_quote(arg, value, sizeof value));
        return fault_set(f, OUTCOME_USAGE, 0, what, wrong, "see shmtop --help");
    }
    opt->given |= UINT64_C(1) << option;
    return OUTCOME_DONE;
}

// Reads the option at argv[*at] and its argument; *at is left at the last word used.
static enum outcome take_long(struct options *opt, char *const argv[], int *at, struct fault *f) {
    const char *word = argv[*at], *equals = strchr(word, '=');
    enum option option = by_name(word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word + 2));
    if (option == OPT_COUNT)
        return unknown(word, f);
    if (!takes_argument(option)) {
        char what[sizeof f->what];
        return equals ? fault_set(f, OUTCOME_USAGE, 0, cli_quote(word, what, sizeof what),
                                  "this option takes no value", "see shmtop --help")
                      : take(opt, option, NULL, f);
    }
    if (equals)
        return take(opt, option, equals + 1, f);
    return take(opt, option, argv[*at + 1] ? argv[++*at] : NULL, f);
}

static enum outcome take_letters(struct options *opt, char *const argv[], int *at,
                                 struct fault *f) {
    for (const char *p = argv[*at] + 1; *p; p++) {
        enum option option = by_letter(*p);
        enum outcome outcome;
        if (option == OPT_COUNT)
            return unknown(argv[*at], f);
        if (takes_argument(option)) {
            const char *arg = p[1] ? p + 1 : argv[*at + 1] ? argv[++*at] : NULL;
            return take(opt, option, arg, f);
        }
        outcome = take(opt, option, NULL, f);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    return OUTCOME_DONE;
}

// Options that do not go with the command, and operands too few or too many.
enum outcome options_judge(const struct options *opt, struct fault *f) {
    const struct cli_command *c = opt->command;
    uint64_t allowed = CLI_COMMON | (c ? c->options : CLI_MONITOR);
    char name[32], todo[80];
    snprintf(todo, sizeof todo, "see shmtop %s%s--help", c ? c->name : "", c ? " " : "");
    for (size_t i = 0; i < OPT_COUNT; i++)
        if (opt->given & ~allowed & (UINT64_C(1) << i))
            return fault_setf(f, OUTCOME_USAGE, 0, option_name((enum option)i, name), todo,
                              c ? "does not go with %s" : "needs a command%s", c ? c->name : "");
    if (opt->help || opt->version || !c)
        return OUTCOME_DONE;
    if (opt->operand_count < c->min_operands)
        return fault_set(f, OUTCOME_USAGE, 0, c->name, "the SEG it needs is missing",
                         "shmtop list prints them all");
    if (opt->operand_count > c->max_operands) {
        char what[sizeof f->what];
        cli_quote(opt->operands[c->max_operands], what, sizeof what);
        return fault_set(f, OUTCOME_USAGE, 0, what, "is one word too many", todo);
    }
    return c->check ? c->check(opt, f) : OUTCOME_DONE;
}

static void set_defaults(struct options *opt) {
    *opt = (struct options){.delay_ns = UINT64_C(1000000000),
                            .interval_ns = UINT64_C(1000000000),
                            .sort = COLUMN_COUNT,
                            .older_than_ns = VERDICT_AGE_FLOOR_NS,
                            .length = UINT64_MAX,
                            .mode = 0600};
}

enum outcome options_read(int argc, char *const argv[], struct options *opt, struct fault *f) {
    set_defaults(opt);
    const char **operands = xcalloc((size_t)argc + 1, sizeof *operands);
    opt->operands = operands;
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        enum outcome outcome = OUTCOME_DONE;
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && word[0] == '-' && word[1] == '-')
            outcome = take_long(opt, argv, &i, f);
        else if (options && word[0] == '-' && word[1])
            outcome = take_letters(opt, argv, &i, f);
        else if (opt->command)
            operands[opt->operand_count++] = word;
        else if (!(opt->command = cli_command_by_name(word))) {
            char what[sizeof f->what];
            outcome = fault_set(f, OUTCOME_USAGE, 0, cli_quote(word, what, sizeof what),
                                "there is no such command", "see shmtop --help");
        }
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    return OUTCOME_DONE;
}

enum outcome options_parse(int argc, char *const argv[], struct options *opt, struct fault *f) {
    enum outcome outcome = options_read(argc, argv, opt, f);
    return outcome == OUTCOME_DONE ? options_judge(opt, f) : outcome;
}

void options_done(struct options *opt) {
    free(opt->hex.bytes);
    free(opt->expect.bytes);
    free(opt->operands);
    opt->hex.bytes = opt->expect.bytes = NULL;
    opt->operands = NULL;
}
