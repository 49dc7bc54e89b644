// options.c - the words of the command line, judged and turned into values.
#include "app/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/segname.h"
#include "core/verdict.h"
#include "ui/style.h"

// A reader turns an argument into the value at `where`. NULL, or what is wrong with it.
typedef const char *reader(const char *arg, void *where);

static const char *read_FLAG(const char *arg, void *where) {
    (void)arg;
    *(bool *)where = true;
    return NULL;
}

static const char *read_TEXT(const char *arg, void *where) {
    *(const char **)where = arg;
    return NULL;
}

static const char *read_WORD(const char *arg, void *where) {
    if (!*arg || strpbrk(arg, " \t\n"))
        return "is not a single word";
    return read_TEXT(arg, where);
}

static const char *read_SIZE(const char *arg, void *where) {
    uint64_t value;
    int err = parse_size(arg, &value);
    if (err == -ERANGE)
        return "is too large";
    if (err)
        return "is not a size such as 4096, 64K, 64M, 1GiB or 0x1000";
    *(uint64_t *)where = value;
    return NULL;
}

static const char *read_time(const char *arg, uint64_t least_ns, uint64_t *out) {
    uint64_t ns = 0, unit = UINT64_C(1000000000);
    const char *p = arg;
    bool digits = false;
    for (; *p >= '0' && *p <= '9' && ns <= UINT64_C(3600000000000); p++, digits = true)
        ns = ns * 10 + (uint64_t)(*p - '0') * UINT64_C(1000000000);
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, digits = true)
            ns += (uint64_t)(*p - '0') * (unit /= 10);
    if (*p || !digits || ns < least_ns || ns > UINT64_C(3600000000000))
        return "is not a number of seconds in its range";
    *out = ns;
    return NULL;
}

static const char *read_SECONDS(const char *arg, void *where) {
    return read_time(arg, UINT64_C(100000000), where);
}

static const char *read_INTERVAL(const char *arg, void *where) {
    return read_time(arg, UINT64_C(10000000), where);
}

static const char *read_COUNT(const char *arg, void *where) {
    uint64_t value;
    if (parse_u64(arg, &value) || value == 0)
        return "is not a number above 0";
    *(uint64_t *)where = value;
    return NULL;
}

static const char *read_AGE(const char *arg, void *where) {
    return parse_age(arg, where) ? "is not an age such as 10m, 36h or 2d" : NULL;
}

static const char *read_PID(const char *arg, void *where) {
    uint64_t value;
    if (parse_u64(arg, &value) || value == 0 || value > INT_MAX)
        return "is not a process number";
    *(pid_t *)where = (pid_t)value;
    return NULL;
}

static const char *read_KEY(const char *arg, void *where) {
    uint64_t value;
    if (parse_u64(arg, &value) || value > UINT32_MAX)
        return "is not a key such as 0x5201";
    *(uint32_t *)where = (uint32_t)value;
    return NULL;
}

static const char *read_MODE(const char *arg, void *where) {
    return parse_mode(arg, where) ? "is not an octal mode from 0 to 0777" : NULL;
}

static const char *read_HUGE(const char *arg, void *where) {
    uint64_t value;
    if (parse_size(arg, &value) || (value != UINT64_C(2) << 20 && value != UINT64_C(1) << 30))
        return "is neither 2M nor 1G";
    *(uint64_t *)where = value;
    return NULL;
}

static const char *read_THEME(const char *arg, void *where) {
    if (!theme_by_name(arg))
        return "is no theme";
    return read_TEXT(arg, where);
}

static enum column list_column(const char *name) {
    enum column col = column_by_name(name);
    return col != COLUMN_COUNT && column_info(col)->of_list ? col : COLUMN_COUNT;
}

static const char *read_COLUMN(const char *arg, void *where) {
    enum column col = list_column(arg);
    if (col == COLUMN_COUNT)
        return "is no column";
    *(enum column *)where = col;
    return NULL;
}

static const char *read_COLUMNS(const char *arg, void *where) {
    struct column_choice *choice = where;
    choice->count = 0;
    for (const char *p = arg;; p++) {
        char name[32];
        size_t len = strcspn(p, ",");
        if (len == 0 || len >= sizeof name)
            return "is not a list of columns";
        memcpy(name, p, len);
        name[len] = '\0';
        enum column col = list_column(name);
        if (col == COLUMN_COUNT)
            return "names no column";
        if (choice->count == COLUMN_COUNT)
            return "names too many columns";
        choice->list[choice->count++] = col;
        p += len;
        if (!*p)
            return NULL;
    }
}

static int hex_digit(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

// Pairs of digits, with or without blanks between bytes.
static const char *read_HEX(const char *arg, void *where) {
    struct byte_string *out = where;
    uint8_t *bytes = xcalloc(strlen(arg) / 2 + 1, 1);
    size_t len = 0;
    for (const char *p = arg; *p;) {
        if (*p == ' ') {
            p++;
            continue;
        }
        int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);
        if (low < 0) {
            free(bytes);
            return "is not made of pairs of hex digits";
        }
        bytes[len++] = (uint8_t)(high * 16 + low);
        p += 2;
    }
    if (len == 0) {
        free(bytes);
        return "holds no bytes";
    }
    free(out->bytes);
    *out = (struct byte_string){bytes, len};
    return NULL;
}

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
static enum outcome judge(const struct options *opt, struct fault *f) {
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

enum outcome options_parse(int argc, char *const argv[], struct options *opt, struct fault *f) {
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
    return judge(opt, f);
}

void options_done(struct options *opt) {
    free(opt->hex.bytes);
    free(opt->expect.bytes);
    free(opt->operands);
    opt->hex.bytes = opt->expect.bytes = NULL;
    opt->operands = NULL;
}
