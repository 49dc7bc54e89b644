// docs.c - writes the man page and the completions from the tables that the program itself uses.
//
// usage: docs man TEMPLATE | docs bash | docs zsh | docs fish, on stdout. Exit 2: wrong words, or a
// template that cannot be used.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/config.h"
#include "core/filter.h"
#include "packaging/docs.h"

#define ALL_OPTIONS ((UINT64_C(1) << OPT_COUNT) - 1)

static bool has(uint64_t options, enum option option) {
    return options >> option & 1;
}

// --- the man page

// Text for troff: no character of it is a command.
static void put(const char *text) {
    for (const char *p = text; *p; p++) {
        if ((*p == '.' || *p == '\'') && (p == text || p[-1] == '\n'))
            fputs("\\&", stdout);
        if (*p == '\\')
            fputs("\\e", stdout);
        else if (*p == '-')
            fputs("\\-", stdout);
        else if (*p == '~')
            fputs("\\(ti", stdout);
        else if (*p == '^')
            fputs("\\(ha", stdout);
        else
            putchar(*p);
    }
}

static void term(const char *bold, const char *rest) {
    fputs(".TP\n\\fB", stdout);
    put(bold);
    fputs("\\fR", stdout);
    if (*rest)
        putchar(' ');
    put(rest);
    putchar('\n');
}

static void sentence(const char *text) {
    char first[2] = {text[0], '\0'};
    if (first[0] >= 'a' && first[0] <= 'z')
        first[0] = (char)(first[0] - 32);
    put(first);
    put(text + 1);
    puts(text[strlen(text) - 1] == '.' ? "" : ".");
}

static void man_commands(void) {
    char name[32];
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        bool first = true;
        term(c->name, c->usage);
        sentence(c->help);
        put(c->more);
        for (int i = 0; i < OPT_COUNT; i++) {
            if (!has(c->options, (enum option)i))
                continue;
            fputs(first ? "Options: \\fB" : ", \\fB", stdout);
            put(option_name((enum option)i, name));
            fputs("\\fR", stdout);
            first = false;
        }
        fputs(first ? "" : ".\n", stdout);
    }
}

static void man_options(uint64_t options) {
    for (int i = 0; i < OPT_COUNT; i++) {
        if (!has(options, (enum option)i))
            continue;
        const char *name = option_long((enum option)i);
        char letter = option_letter((enum option)i);
        fputs(".TP\n", stdout);
        if (letter)
            printf("\\fB\\-%c\\fR%s", letter, *name ? ", " : "");
        if (*name) {
            fputs("\\fB\\-\\-", stdout);
            put(name);
            fputs("\\fR", stdout);
        }
        if (*option_argument((enum option)i))
            printf(" \\fI%s\\fR", option_argument((enum option)i));
        putchar('\n');
        sentence(option_help((enum option)i));
    }
}

static void man_columns(void) {
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct column_info *info = column_info((enum column)i);
        term(info->name, info->of_list ? "" : "(screen only)");
        sentence(column_help((enum column)i));
    }
}

static void man_settings(void) {
    char text[SETTING_TEXT];
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *value = setting_default((enum setting)i);
        snprintf(text, sizeof text, "= %s", *value ? value : "(nothing)");
        term(setting_name((enum setting)i), text);
        sentence(setting_help((enum setting)i));
    }
}

static void man_keys(void) {
    for (int i = CMD_NONE + 1; i < CMD_COUNT; i++) {
        const struct command_info *info = command_info((enum command)i);
        char rest[80];
        snprintf(rest, sizeof rest, "(%s)", info->name);
        term(info->keys, rest);
        sentence(info->help);
    }
}

static void man_filter(void) {
    char word[32];
    put(cli_about_filter);
    fputs("The words are", stdout);
    for (size_t n = 0; filter_word(n, word); n++) {
        fputs(n ? ", \\fB" : " \\fB", stdout);
        put(word);
        fputs("\\fR", stdout);
    }
    puts(".");
}

static void man_part(const char *name) {
    if (strcmp(name, "VERSION") == 0)
        puts(".TH SHMTOP 1 \"\" \"shmtop " SHMTOP_VERSION "\" \"User Commands\"");
    else if (strcmp(name, "COMMANDS") == 0)
        man_commands();
    else if (strcmp(name, "OPTIONS") == 0)
        man_options(CLI_COMMON | OPT_BIT(JSON));
    else if (strcmp(name, "MONITOR-OPTIONS") == 0)
        man_options(CLI_MONITOR & ~OPT_BIT(JSON));
    else if (strcmp(name, "COMMAND-OPTIONS") == 0)
        man_options(ALL_OPTIONS & ~CLI_COMMON & ~CLI_MONITOR);
    else if (strcmp(name, "SEG") == 0)
        put(cli_about_seg);
    else if (strcmp(name, "FILTER") == 0)
        man_filter();
    else if (strcmp(name, "COLUMNS") == 0)
        man_columns();
    else if (strcmp(name, "SETTINGS") == 0)
        man_settings();
    else if (strcmp(name, "KEYS") == 0)
        man_keys();
    else if (strcmp(name, "EXIT") == 0)
        put(cli_about_exit);
    else {
        fprintf(stderr, "docs: the template has an unknown part: %s\n", name);
        exit(2);
    }
}

static int man(const char *path) {
    char line[1024];
    FILE *in = fopen(path, "re");
    if (!in) {
        perror(path);
        return 2;
    }
    while (fgets(line, sizeof line, in)) {
        char name[32], end;
        if (sscanf(line, "@%31[A-Z-]%c", name, &end) == 2 && end == '@')
            man_part(name);
        else
            fputs(line, stdout);
    }
    fclose(in);
    return 0;
}

int main(int argc, char *argv[]) {
    if (argc == 3 && strcmp(argv[1], "man") == 0)
        return man(argv[2]);
    if (argc == 2 && docs_completion(argv[1]))
        return 0;
    fputs("usage: docs man TEMPLATE | bash | zsh | fish\n", stderr);
    return 2;
}
