// completion.c - completions for bash, zsh and fish, from the tables of commands and options.
//
// Names of segments come from outside: no shell may take them for anything but text, so that they
// never go through `compgen -W` or an unquoted expansion.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/config.h"
#include "core/filter.h"
#include "packaging/docs.h"
#include "ui/style.h"

// What an argument is completed with.
enum values {
    NOTHING,
    COLUMNS,
    COLUMN_LIST_,
    THEMES,
    FILES,
    DIRECTORIES,
    USERS,
    SIGNALS,
    AGES,
    HUGE
};

static enum values values_of(enum option option) {
    static const struct {
        const char *argument;
        enum values values;
    } kinds[] = {
        {"COLUMN", COLUMNS}, {"COLUMN,...", COLUMN_LIST_}, {"DIR", DIRECTORIES}, {"FILE", FILES},
        {"USER", USERS},     {"SIGNAL", SIGNALS},          {"AGE", AGES},        {"2M|1G", HUGE},
    };
    if (option == OPT_THEME)
        return THEMES;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(option_argument(option), kinds[i].argument) == 0)
            return kinds[i].values;
    return NOTHING;
}

static bool takes_filter(const struct cli_command *c) {
    return strstr(c->usage, "FILTER") != NULL;
}

static bool takes_seg(const struct cli_command *c) {
    return strncmp(c->usage, "SEG", 3) == 0;
}

// The words of a kind of value that are known beforehand, separated by blanks.
static void print_words(enum values values) {
    switch (values) {
    case COLUMNS:
    case COLUMN_LIST_:
        for (int i = 0; i < COLUMN_COUNT; i++)
            if (column_info((enum column)i)->of_list)
                printf("%s ", column_info((enum column)i)->name);
        break;
    case THEMES:
        for (size_t i = 0; themes[i]; i++)
            printf("%s ", themes[i]->name);
        break;
    case AGES:
        fputs("0s 10m 1h 12h 1d 1w ", stdout);
        break;
    case HUGE:
        fputs("2M 1G ", stdout);
        break;
    default:
        break;
    }
}

static void print_filter_words(void) {
    char word[32];
    for (size_t n = 0; filter_word(n, word); n++)
        printf("'%s' ", word);
}

static void print_names(bool (*wanted)(const struct cli_command *c), char between) {
    bool first = true;
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (!wanted || wanted(c)) {
            printf("%s%s", first ? "" : (char[]){between, '\0'}, c->name);
            first = false;
        }
}

// Every way to write the options of a set.
static void print_options(uint64_t options) {
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!(options >> i & 1))
            continue;
        if (option_letter((enum option)i))
            printf("-%c ", option_letter((enum option)i));
        if (*option_long((enum option)i))
            printf("--%s ", option_long((enum option)i));
    }
}

// "-s|--sort" of all options that take this kind of value.
static bool print_pattern(enum values values) {
    bool any = false;
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!*option_argument((enum option)i) || values_of((enum option)i) != values)
            continue;
        if (option_letter((enum option)i)) {
            printf("%s-%c", any ? "|" : "", option_letter((enum option)i));
            any = true;
        }
        if (*option_long((enum option)i)) {
            printf("%s--%s", any ? "|" : "", option_long((enum option)i));
            any = true;
        }
    }
    return any;
}

// --- bash

static void bash_values(enum values values, const char *action) {
    fputs("    ", stdout);
    if (!print_pattern(values))
        return;
    fputs(") ", stdout);
    if (action)
        fputs(action, stdout);
    else {
        fputs("_shmtop_words ", stdout);
        print_words(values);
    }
    fputs("; return ;;\n", stdout);
}

static void bash(void) {
    puts("# Completion of shmtop for bash; made from its tables.");
    puts("# Names of segments come from anybody: they are only ever compared and quoted.\n"
         "_shmtop_add() {\n"
         "    [[ $1 == \"$cur\"* ]] && COMPREPLY+=(\"$(printf '%q' \"$1\")\")\n"
         "}\n"
         "_shmtop_words() {\n"
         "    local word\n"
         "    for word; do _shmtop_add \"$word\"; done\n"
         "}\n"
         "_shmtop_lines() {\n"
         "    local line\n"
         "    while IFS= read -r line; do _shmtop_add \"$line\"; done\n"
         "}\n"
         "_shmtop_columns() {\n"
         "    local done='' word\n"
         "    [[ $cur == *,* ]] && done=${cur%,*},\n"
         "    for word; do _shmtop_add \"$done$word\"; done\n"
         "    compopt -o nospace 2>/dev/null\n"
         "}");
    puts(
        "_shmtop() {\n"
        "    local cur=${COMP_LINE:0:COMP_POINT} prev=${COMP_WORDS[COMP_CWORD-1]} command='' i\n"
        "    COMPREPLY=()\n"
        "    cur=${cur##*[[:space:]]}\n"
        "    _shmtop_fill\n"
        "    # The shell only replaces what stands behind the last colon.\n"
        "    if [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]]; then\n"
        "        local before=${cur%\"${cur##*:}\"}\n"
        "        for i in \"${!COMPREPLY[@]}\"; do COMPREPLY[i]=${COMPREPLY[i]#\"$before\"}; done\n"
        "    fi\n"
        "}");
    puts("_shmtop_fill() {\n    for ((i = 1; i < COMP_CWORD; i++)); do");
    fputs("        case ${COMP_WORDS[i]} in ", stdout);
    print_names(NULL, '|');
    puts(") command=${COMP_WORDS[i]}; break ;; esac\n    done\n    case $prev in");
    bash_values(COLUMNS, NULL);
    fputs("    ", stdout);
    print_pattern(COLUMN_LIST_);
    fputs(") _shmtop_columns ", stdout);
    print_words(COLUMN_LIST_);
    puts("; return ;;");
    bash_values(THEMES, NULL);
    bash_values(AGES, NULL);
    bash_values(HUGE, NULL);
    bash_values(FILES,
                "compopt -o filenames 2>/dev/null; _shmtop_lines < <(compgen -f -- \"$cur\")");
    bash_values(DIRECTORIES,
                "compopt -o filenames 2>/dev/null; _shmtop_lines < <(compgen -d -- \"$cur\")");
    bash_values(USERS, "_shmtop_lines < <(compgen -u -- \"$cur\")");
    bash_values(SIGNALS, "_shmtop_words HUP INT QUIT USR1 USR2 TERM KILL CONT STOP");
    bash_values(NOTHING, ":");
    puts("    esac\n    if [[ $cur == -* ]]; then\n        case $command in");
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        printf("        %s) _shmtop_words ", c->name);
        print_options(c->options | CLI_COMMON);
        puts(";;");
    }
    fputs("        *) _shmtop_words ", stdout);
    print_options(CLI_MONITOR | CLI_COMMON);
    fputs(";;\n        esac\n        return\n    fi\n    case $command in\n    '') _shmtop_words ",
          stdout);
    print_names(NULL, ' ');
    fputs(" ;;\n    ", stdout);
    print_names(takes_seg, '|');
    puts(") _shmtop_lines < <(command shmtop list --no-headings -o id 2>/dev/null) ;;");
    fputs("    ", stdout);
    print_names(takes_filter, '|');
    fputs(") compopt -o nospace 2>/dev/null; _shmtop_words ", stdout);
    print_filter_words();
    puts(";;\n    esac\n}\ncomplete -F _shmtop shmtop");
}

// --- zsh

// Text inside single quotes; a colon would end the name of what is described.
static void print_quoted(const char *text, bool colons) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (*text == ':' && colons)
            fputs("\\:", stdout);
        else
            putchar(*text);
    }
}

static void zsh_options(uint64_t options) {
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!(options >> i & 1))
            continue;
        for (int way = 0; way < 2; way++) {
            if (way == 0 ? !option_letter((enum option)i) : !*option_long((enum option)i))
                continue;
            if (way == 0)
                printf(" '-%c:", option_letter((enum option)i));
            else
                printf(" '--%s:", option_long((enum option)i));
            print_quoted(option_help((enum option)i), true);
            putchar('\'');
        }
    }
}

static void zsh_values(enum values values, const char *action) {
    fputs("    ", stdout);
    print_pattern(values);
    if (action)
        printf(") %s", action);
    else {
        fputs(") compadd -- ", stdout);
        print_words(values);
    }
    fputs("; return ;;\n", stdout);
}

static void zsh(void) {
    puts("#compdef shmtop\n# Completion of shmtop for zsh; made from its tables.\n"
         "_shmtop() {\n"
         "    local command='' i\n    local -a commands options segs\n    commands=(");
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        printf("        '%s:", c->name);
        print_quoted(c->help, true);
        puts("'");
    }
    puts("    )\n    for ((i = 2; i < CURRENT; i++)); do");
    fputs("        case ${words[i]} in (", stdout);
    print_names(NULL, '|');
    puts(") command=${words[i]}; break ;; esac\n    done\n    case ${words[CURRENT-1]} in");
    zsh_values(COLUMNS, NULL);
    fputs("    ", stdout);
    print_pattern(COLUMN_LIST_);
    fputs(") compset -P '*,'; compadd -S '' -- ", stdout);
    print_words(COLUMN_LIST_);
    puts("; return ;;");
    zsh_values(THEMES, NULL);
    zsh_values(AGES, NULL);
    zsh_values(HUGE, NULL);
    zsh_values(FILES, "_files");
    zsh_values(DIRECTORIES, "_files -/");
    zsh_values(USERS, "_users");
    zsh_values(SIGNALS, "_signals -s");
    zsh_values(NOTHING, "_message argument");
    puts("    esac\n    if [[ $PREFIX == -* ]]; then\n        case $command in");
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        printf("        (%s) options=(", c->name);
        zsh_options(c->options | CLI_COMMON);
        puts(") ;;");
    }
    fputs("        (*) options=(", stdout);
    zsh_options(CLI_MONITOR | CLI_COMMON);
    puts(") ;;\n        esac\n        _describe -o option options\n        return\n    fi\n"
         "    case $command in\n    ('') _describe command commands ;;");
    fputs("    (", stdout);
    print_names(takes_seg, '|');
    puts(")\n        segs=(${(f)\"$(command shmtop list --no-headings -o id 2>/dev/null)\"})\n"
         "        compadd -a segs ;;");
    fputs("    (", stdout);
    print_names(takes_filter, '|');
    fputs(") compadd -S '' -- ", stdout);
    print_filter_words();
    puts(";;\n    (*) _files ;;\n    esac\n}\nif [[ ${zsh_eval_context[-1]} == loadautofunc ]]; "
         "then\n"
         "    _shmtop \"$@\"\nelse\n    compdef _shmtop shmtop\nfi");
}

// --- fish

static void fish_option(enum option option, const char *condition) {
    enum values values = values_of(option);
    printf("complete -c shmtop -n '%s'", condition);
    if (option_letter(option))
        printf(" -s %c", option_letter(option));
    if (*option_long(option))
        printf(" -l %s", option_long(option));
    if (*option_argument(option))
        fputs(values == FILES || values == DIRECTORIES ? " -r -F" : " -x", stdout);
    if (values == USERS)
        fputs(" -a '(__fish_complete_users)'", stdout);
    else if (values == SIGNALS)
        fputs(" -a 'HUP INT QUIT USR1 USR2 TERM KILL CONT STOP'", stdout);
    else if (values == COLUMNS || values == COLUMN_LIST_ || values == THEMES || values == AGES ||
             values == HUGE) {
        fputs(" -a '", stdout);
        print_words(values);
        putchar('\'');
    }
    fputs(" -d '", stdout);
    for (const char *p = option_help(option); *p; p++)
        printf(*p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
    puts("'");
}

static void fish(void) {
    char condition[512];
    fputs("# Completion of shmtop for fish; made from its tables.\ncomplete -c shmtop -f\n"
          "set -g __shmtop_commands ",
          stdout);
    print_names(NULL, ' ');
    putchar('\n');
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        printf("complete -c shmtop -n 'not __fish_seen_subcommand_from $__shmtop_commands' -a %s "
               "-d '",
               c->name);
        for (const char *p = c->help; *p; p++)
            printf(*p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
        puts("'");
    }
    for (int i = 0; i < OPT_COUNT; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (bit & CLI_COMMON) {
            fish_option((enum option)i, "true");
            continue;
        }
        if (bit & CLI_MONITOR)
            fish_option((enum option)i, "not __fish_seen_subcommand_from $__shmtop_commands");
        size_t len = (size_t)snprintf(condition, sizeof condition, "__fish_seen_subcommand_from");
        bool any = false;
        for (const struct cli_command *c = cli_commands; c->name; c++)
            if (c->options & bit && len < sizeof condition) {
                len += (size_t)snprintf(condition + len, sizeof condition - len, " %s", c->name);
                any = true;
            }
        if (any)
            fish_option((enum option)i, condition);
    }
    fputs("complete -c shmtop -n '__fish_seen_subcommand_from ", stdout);
    print_names(takes_seg, ' ');
    puts("' -a '(command shmtop list --no-headings -o id 2>/dev/null)'");
    fputs("complete -c shmtop -n '__fish_seen_subcommand_from ", stdout);
    print_names(takes_filter, ' ');
    fputs("' -a \"", stdout);
    print_filter_words();
    puts("\"");
}

bool docs_completion(const char *shell) {
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return false;
    return true;
}
