// config.h - the settings that a user keeps in a file, as one table.
//
// The table makes the reader, the setup screen and the man page. The command line beats the file;
// the file is never written but by an explicit save (config_save).
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/textedit.h"
#include "core/colset.h"
#include "core/fault.h"

struct options;

// Every setting. X(ID, name, value, default, help). The value tells how the text is read and
// written: see config.c.
#define SETTING_LIST(X)                                                                            \
    X(DELAY, "delay", DELAY, "1", "seconds between two looks (0.1 to 3600)")                       \
    X(SORT, "sort", ORDER, "size",                                                                 \
      "the column the table is sorted by; inverted behind it turns "                               \
      "the order round")                                                                           \
    X(COLUMNS, "columns", LAYOUT, "",                                                              \
      "the columns behind the name, in this order; COLUMN:CELLS "                                  \
      "sets a width, name:CELLS bounds the name; empty: "                                          \
      "shmtop's own choice")                                                                       \
    X(THEME, "theme", THEME, "dark",                                                               \
      "dark, light, high-contrast, mono, or the name of a file in "                                \
      "themes/")                                                                                   \
    X(COLOR, "color", SWITCH, "yes", "colours, where the terminal has them")                       \
    X(ASCII, "ascii", SWITCH, "no", "ASCII only, no line or block characters")                     \
    X(MOUSE, "mouse", SWITCH, "yes", "take clicks and the wheel")                                  \
    X(FOLLOW, "follow", SWITCH, "yes", "the selection stays with its segment, not on its line")    \
    X(ALL_NAMESPACES, "all-namespaces", SWITCH, "no", "show the segments of other namespaces too") \
    X(FILTER, "filter", FILTER, "", "words of the filter that the monitor starts with")            \
    X(READ_ONLY, "read-only", SWITCH, "no", "nothing may change anything, commands included")      \
    X(OLDER_THAN, "older-than", AGE, "10m", "the age under which what is unused counts as young")  \
    X(QUARANTINE, "quarantine", AGE, "1h", "how long a removed object can be brought back")
enum setting {
#define X(id, name, value, text, help) SETTING_##id,
    SETTING_LIST(X)
#undef X
        SETTING_COUNT
};
#define SETTING_BIT(id) (1u << SETTING_##id)

enum { SETTING_TEXT = 1024 }; // room for any setting as text

struct sort_order {
    enum column column;
    bool inverted;
};

struct settings {
    unsigned given; // SETTING_BIT of those that the file has
    uint64_t delay_ns;
    struct sort_order sort;
    struct colset columns;
    char theme[64];
    bool color, ascii, mouse, follow, all_namespaces, read_only;
    char filter[TEXTEDIT_SIZE];
    uint64_t older_than_ns, quarantine_ns;
};

// What is wrong with a file: its first line that is wrong, and how many are.
struct config_faults {
    struct fault first;
    size_t line;  // of the first; 0: the file as a whole
    size_t count; // 0: nothing is wrong
};

// "FILE:LINE: what: why (and 2 more)". Returns buf.
const char *config_faults_text(const struct config_faults *faults, char *buf, size_t size);

void config_defaults(struct settings *s);
const char *setting_name(enum setting setting);
const char *setting_default(enum setting setting);
const char *setting_help(enum setting setting);
enum setting setting_by_name(const char *name); // SETTING_COUNT: none
// Reads one value from text. False, with the reason in why: then the value is as it was.
bool setting_read(struct settings *s, enum setting setting, const char *text, char *why,
                  size_t why_size);
// Writes one value as text that reads back the same. Returns buf (SETTING_TEXT bytes).
const char *setting_text(const struct settings *s, enum setting setting, char *buf);

// The n-th value worth offering (of columns and filter: the n-th word); false: there is none.
bool setting_choice(enum setting setting, size_t n, char *buf, size_t size);

// Reads the text of a file into *s, over what is there. A line that is wrong is counted in *faults
// (whose `what` is "NAME:LINE") and left out; `name` is the file's, escaped for display.
void config_parse(const char *text, const char *name, struct settings *s,
                  struct config_faults *faults);
// The text of a file with the settings of `which` (SETTING_BIT) set to what *s holds: on the line
// where each stands, else at the end. Every other line stays byte for byte. Owned by the caller.
char *config_edit(const char *text, const struct settings *s, unsigned which);

// config_file.c: $XDG_CONFIG_HOME/shmtop/config (~/.config/shmtop/config).
// Fills *s with the defaults and what the file says.
void config_load(struct settings *s, struct config_faults *faults);
// Writes the settings of `which` into the file. OUTCOME_DONE with its path, escaped, in `path`; or
// *f filled and the file as it was.
enum outcome config_save(const struct settings *s, unsigned which, char *path, size_t path_size,
                         struct fault *f);
// Puts into *opt what the command line did not say; of commands only what is the same for all.
void config_apply(const struct settings *s, struct options *opt);
// What is in force in the end: opt->settings with the words of the command line over them.
void config_effective(const struct options *opt, struct settings *out);

#endif
