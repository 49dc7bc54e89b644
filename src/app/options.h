// options.h - the words of the command line, judged and turned into values.
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/columns.h"
#include "core/fault.h"

struct cli_command;
struct settings;

// Every option. X(ID, long name or "", letter or 0, value, argument name or "", help)
// The value tells how the argument is read: see options.c.
#define OPTION_LIST(X)                                                                             \
    /* with or without a command */                                                                \
    X(JSON, "json", 0, FLAG, "", "print JSON; without a command the same as list --json")          \
    X(READ_ONLY, "read-only", 'R', FLAG, "", "nothing may change anything")                        \
    X(ROOT, "root", 0, TEXT, "DIR", "look at a captured /proc and /dev/shm, not at this machine")  \
    X(ALL_NAMESPACES, "all-namespaces", 0, FLAG, "", "look into other IPC and mount namespaces")   \
    X(HELP, "help", 'h', FLAG, "", "this help; after a command the help of that command")          \
    X(VERSION, "version", 'V', FLAG, "", "the version")                                            \
    /* of the monitor */                                                                           \
    X(DELAY, "", 'd', SECONDS, "SECONDS", "time between two looks (0.1 to 3600, default 1)")       \
    X(SORT_SCREEN, "", 's', COLUMN, "COLUMN", "sort by this column")                               \
    X(USER, "", 'u', WORD, "USER", "only the segments of this user (name or number)")              \
    X(PID, "", 'p', PID, "PID", "only the segments this process holds")                            \
    X(TREE, "", 't', FLAG, "", "start with processes and their segments as a tree")                \
    X(NO_COLOR, "no-color", 'C', FLAG, "", "no colours")                                           \
    X(NO_MOUSE, "no-mouse", 'M', FLAG, "", "leave the mouse to the terminal")                      \
    X(ASCII, "ascii", 'U', FLAG, "", "ASCII only, no line or block characters")                    \
    X(THEME, "theme", 0, THEME, "NAME", "dark, light, high-contrast, mono or a theme of your own") \
    X(LINEAR, "linear", 0, FLAG, "", "one thing a line, for screen readers")                       \
    X(ONCE, "once", 0, FLAG, "", "print the table once, as list does")                             \
    /* of commands */                                                                              \
    X(COLUMNS, "", 'o', COLUMNS, "COLUMN,...", "print these columns, in this order")               \
    X(BYTES, "bytes", 0, FLAG, "", "sizes as plain numbers of bytes")                              \
    X(SORT, "sort", 0, COLUMN, "COLUMN", "sort by this column, numbers and times largest first")   \
    X(NO_HEADINGS, "no-headings", 0, FLAG, "", "leave out the line of headings")                   \
    X(OFFSET, "offset", 0, SIZE, "N", "where to start in the segment (default 0)")                 \
    X(LENGTH, "length", 0, SIZE, "N", "how many bytes (default: to the end)")                      \
    X(RAW, "raw", 0, FLAG, "", "the bytes themselves")                                             \
    X(NO_ATTACH, "no-attach", 0, FLAG, "", "refuse (4) where only attaching can read")             \
    X(SYSV, "sysv", 0, FLAG, "", "create a System V segment")                                      \
    X(POSIX, "posix", 0, TEXT, "NAME", "create an object of this name in /dev/shm")                \
    X(KEY, "key", 0, KEY, "K", "its key (default: private, no key)")                               \
    X(SIZE, "size", 0, SIZE, "SIZE", "its size (default: that of FILE)")                           \
    X(MODE, "mode", 0, MODE, "MODE", "its mode in octal, not cut by umask (default 0600)")         \
    X(HUGE, "huge", 0, HUGE, "2M|1G", "in huge pages of this size (System V)")                     \
    X(FROM, "from", 0, TEXT, "FILE", "take the bytes from this file")                              \
    X(HEX, "hex", 0, HEX, "BYTES", "the bytes in hex: 7f454c or '7f 45 4c'")                       \
    X(TEXT, "text", 0, TEXT, "STR", "the bytes of this text, no end mark added")                   \
    X(EXPECT, "expect", 0, HEX, "HEX", "write only if these bytes are still there")                \
    X(FORCE, "force", 0, FLAG, "", "also what is in use")                                          \
    X(OWNER, "owner", 0, TEXT, "USER[:GROUP]", "its owner, names or numbers")                      \
    X(LOCK, "lock", 0, FLAG, "", "keep it out of swap (System V)")                                 \
    X(UNLOCK, "unlock", 0, FLAG, "", "let it be swapped (System V)")                               \
    X(SIGNAL, "signal", 0, TEXT, "SIGNAL", "a name or a number (default TERM)")                    \
    X(INTERVAL, "interval", 0, INTERVAL, "SECONDS", "time between two looks (0.01 to 3600)")       \
    X(CHANGES, "count", 0, COUNT, "N", "end after so many changes")                                \
    X(OLDER_THAN, "older-than", 0, AGE, "AGE", "the age floor: 0s, 10m (default), 36h, 2d")        \
    X(NAMESPACE, "namespace", 0, COUNT, "NUMBER", "create in this IPC or mount namespace")         \
    X(NOW, "now", 0, FLAG, "", "free at once, nothing goes to quarantine")                         \
    X(SAVE, "save", 0, TEXT, "DIR", "keep a copy of each in this directory first")                 \
    X(DROP, "drop", 0, FLAG, "", "free the items")                                                 \
    X(APPLY, "apply", 0, FLAG, "", "carry the plan out")                                           \
    X(SUSPECTS, "suspects", 0, FLAG, "",                                                           \
      "what is old and unused too, though no owner is proven dead")
enum option {
#define X(id, name, letter, value, arg, help) OPT_##id,
    OPTION_LIST(X)
#undef X
        OPT_COUNT
};
#define OPT_BIT(id) (UINT64_C(1) << OPT_##id)

// Bytes given as hex, owned by the options.
struct byte_string {
    uint8_t *bytes; // NULL: not told
    size_t len;
};

struct column_choice {
    enum column list[COLUMN_COUNT];
    size_t count; // 0: not told
};

// A segment that was shown before it was named: the one of this name may be another by now.
struct seg_meant {
    const char *text; // as among the operands; NULL ends a list of them
    struct seg_id id;
};

struct options {
    const struct cli_command *command; // NULL: the monitor
    uint64_t given;                    // OPT_BIT of every option seen

    // Everywhere.
    const struct settings *settings; // borrowed, of the user's file; NULL before config_apply
    bool json, read_only, all_namespaces, help, version;
    const char *root; // NULL: this machine

    // Of the monitor.
    uint64_t delay_ns; // default one second
    enum column sort;  // COLUMN_COUNT: not told (-s, and --sort of list)
    const char *user;  // NULL: everybody; a name or a number without blanks
    pid_t pid;         // 0: not told
    bool tree, no_color, no_mouse, ascii, linear, once;
    const char *theme; // NULL: not told

    // Of commands.
    struct column_choice columns; // -o
    bool bytes, no_headings;
    uint64_t offset, length; // length: UINT64_MAX when not told
    bool raw, no_attach;
    bool sysv;
    const char *posix; // name as given, NULL: not told
    uint32_t key;
    uint64_t size;
    uint32_t mode;
    uint64_t huge_page; // 0, 2 MiB or 1 GiB
    const char *from, *text;
    struct byte_string hex, expect;
    const char *owner;
    bool lock, unlock;
    const char *signal;     // NULL: TERM
    uint64_t interval_ns;   // default one second
    uint64_t count;         // 0: no end
    uint64_t older_than_ns; // default 10 minutes
    uint64_t ns;            // --namespace; 0: our own
    bool force, now, drop, apply, suspects;
    const char *save;      // directory, NULL: not told
    const char **operands; // owned array of argv's strings
    size_t operand_count;
    const struct seg_meant *meant; // borrowed, NULL: every name means what it names
};

static inline bool options_given(const struct options *opt, uint64_t bits) {
    return (opt->given & bits) != 0;
}

// Reads the command line; strings are borrowed from argv. OUTCOME_DONE, or OUTCOME_USAGE with *f
// filled. With --help or --version among the words nothing but unknown words is an error.
// options_done frees what it made, in either case.
enum outcome options_parse(int argc, char *const argv[], struct options *opt, struct fault *f);
// Its two halves: reading the words, and judging whether they go together.
enum outcome options_read(int argc, char *const argv[], struct options *opt, struct fault *f);
enum outcome options_judge(const struct options *opt, struct fault *f);
void options_done(struct options *opt);

// How an option is written in help ("-R, --read-only", "--size SIZE") and what it does.
const char *option_usage(enum option option, char buf[64]);
const char *option_help(enum option option);
// Its parts: "" or 0 where it has none.
const char *option_long(enum option option);
char option_letter(enum option option);
const char *option_argument(enum option option);
// "--json" or "-o", for messages. Returns buf.
const char *option_name(enum option option, char buf[32]);

#endif
