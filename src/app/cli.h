// cli.h - the commands of the command line: their table, and what they share.
#ifndef APP_CLI_H
#define APP_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/json.h"
#include "app/options.h"
#include "core/fault.h"
#include "core/segname.h"
#include "core/snapshot.h"
#include "probes/content.h"
#include "probes/ops.h"
#include "probes/probe.h"
#include "probes/root.h"

// Room for any SEG: a path of 4096 bytes, each written as \xNN, and its surroundings.
enum { CLI_SEG_MAX = 4 * 4096 + 64 };

struct filter;
struct libscols_table;

struct cli_command {
    const char *name;
    const char *usage;                       // what follows the name, for help
    const char *help;                        // one line
    const char *more;                        // further lines for `shmtop NAME --help`, or ""
    uint64_t options;                        // OPT_BIT of those it takes beside the common ones
    bool changes;                            // changes something: not in read-only mode
    bool (*acts)(const struct options *opt); // of those: NULL, or whether it would this time
    size_t min_operands, max_operands;
    // Judges the words before anything is looked at; NULL: nothing more to judge.
    enum outcome (*check)(const struct options *opt, struct fault *f);
    // Does it and returns the exit code, its error lines printed.
    int (*run)(const struct options *opt);
    // Says on stdout, as JSON, that nothing was done in read-only mode; NULL: stays silent.
    void (*refuse)(const struct options *opt, const struct fault *f);
};
// Ends with a command without name.
extern const struct cli_command cli_commands[];
const struct cli_command *cli_command_by_name(const char *name); // NULL: none

// Options that every command takes.
#define CLI_COMMON                                                                                 \
    (OPT_BIT(READ_ONLY) | OPT_BIT(ROOT) | OPT_BIT(ALL_NAMESPACES) | OPT_BIT(HELP) |                \
     OPT_BIT(VERSION))
// Options that go without a command.
#define CLI_MONITOR                                                                                \
    (OPT_BIT(JSON) | OPT_BIT(DELAY) | OPT_BIT(SORT_SCREEN) | OPT_BIT(USER) | OPT_BIT(PID) |        \
     OPT_BIT(TREE) | OPT_BIT(NO_COLOR) | OPT_BIT(NO_MOUSE) | OPT_BIT(ASCII) | OPT_BIT(THEME) |     \
     OPT_BIT(LINEAR) | OPT_BIT(ONCE))

// Parts of the help, with line ends.
extern const char cli_about_seg[], cli_about_filter[], cli_about_exit[];
// Runs the command of the options unless read-only mode forbids it. The exit code.
int cli_run(const struct options *opt);
// Prints the help of one command, or the general one (NULL), on stdout.
void cli_help(const struct cli_command *command);

// "shmtop: WHAT: WHY (ERRNO); WHAT TO DO" on stderr. Returns the exit code of the fault.
int cli_error(const struct fault *f);
// "shmtop: note: ..." on stderr.
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Escapes an argument for the `what` of a fault. Returns buf.
const char *cli_quote(const char *text, char *buf, size_t size);
// Flushes stdout. Returns status, or 1 with an error line when stdout could not be written
// (silent when its reader went away).
int cli_finish(int status);

// One look at the machine, everything included.
struct cli_look {
    struct root *root;
    const struct snapshot *snap;   // NULL: no scan was made
    const struct seg_meant *meant; // of the options
};
// Opens the root alone. 0, or the exit code with its error line printed.
int cli_look_root(const struct options *opt, struct cli_look *look);
// Opens the root and scans; foreign namespaces too when `foreign`. As above.
int cli_look_all(const struct options *opt, bool foreign, struct cli_look *look);
void cli_look_done(struct cli_look *look);

// True when one of the operands names a foreign namespace, or all were asked for.
bool cli_wants_foreign(const struct options *opt);
// The segment that a SEG names. Borrowed from the look; NULL with *f filled in when there is none.
const struct segment *cli_find(const struct cli_look *look, const char *text, struct fault *f);
// Judges that operands are SEGs (a `check`).
enum outcome cli_check_segs(const struct options *opt, struct fault *f);
// How many processes hold a segment, in words for messages and the reasons of items.
const char *cli_use(const struct snapshot *snap, const struct segment *seg, char *buf, size_t size);
// True when something maps, opens or locks it, or nattch says so.
bool cli_in_use(const struct segment *seg);

// Tells an operation which segment is meant, which was found by `text`, and what is known of it.
// `name` (CLI_SEG_MAX bytes) gets its SEG in full.
void cli_request_segment(struct op_request *req, const struct snapshot *snap,
                         const struct segment *seg, const char *text, char *name);

// Opens the content of the segment that the first operand names (flags: enum content_flags), by
// attaching if there is no other way unless --no-attach; says so when it did. `name` (CLI_SEG_MAX
// bytes) gets its SEG. OUTCOME_DONE, else *f is filled.
enum outcome cli_open_content(const struct options *opt, const struct cli_look *look,
                              unsigned flags, struct content_reader **reader, char *name,
                              struct fault *f);
// Says on stderr which processes could not be looked into, if any.
void cli_note_unseen(const struct snapshot *snap);

// What came of each item of a command: lines, or "items" of its JSON. Set json before begin.
struct cli_items {
    bool json;
    bool silent; // no error lines
    const char *action;
    struct json_out out;
    unsigned seen; // 1 << enum outcome of every item so far
};
void cli_items_begin(struct cli_items *items, const char *action, const struct vantage *vantage,
                     uint64_t wall_ns);
// Prints the error line of a fault that is one; because may be NULL.
void cli_items_add(struct cli_items *items, const char *id, const char *because,
                   const struct fault *fault);
// One item with all that its JSON tells; texts may be NULL. Several facts of `because` are a line
// each.
struct cli_item {
    const char *id, *action, *because, *item;
    const struct fault *fault; // NULL: only planned
};
void cli_items_put(struct cli_items *items, const struct cli_item *item);
// The exit code: 1 if any failed, else 4 if any was refused, else 3 if any is missing.
int cli_items_end(struct cli_items *items);
// Items that say that each operand was refused (a `refuse`).
void cli_items_refuse(const struct options *opt, const char *action, const struct fault *f);

// The word of seal number `bit` (F_SEAL_*), NULL after the last.
const char *cli_seal_name(unsigned bit);

// An empty table as the commands print them; NULL: no memory.
struct libscols_table *cli_new_table(const struct options *opt);
// The filter that the operands, -u and -p make; owned by the caller. OUTCOME_DONE, else *f is
// filled.
enum outcome cli_make_filter(const struct options *opt, struct filter **out, struct fault *f);

// The commands, one file each.
enum outcome cli_list_check(const struct options *opt, struct fault *f);
int cli_list(const struct options *opt);
int cli_show(const struct options *opt);
int cli_leaks(const struct options *opt);
int cli_ledger(const struct options *opt);
int cli_dump(const struct options *opt);
enum outcome cli_create_check(const struct options *opt, struct fault *f);
int cli_create(const struct options *opt);
enum outcome cli_write_check(const struct options *opt, struct fault *f);
int cli_write(const struct options *opt);
int cli_rm(const struct options *opt);
enum outcome cli_kill_check(const struct options *opt, struct fault *f);
int cli_kill(const struct options *opt);
void cli_kill_refuse(const struct options *opt, const struct fault *f);
enum outcome cli_set_check(const struct options *opt, struct fault *f);
int cli_set(const struct options *opt);
enum outcome cli_restore_check(const struct options *opt, struct fault *f);
bool cli_restore_acts(const struct options *opt);
int cli_restore(const struct options *opt);
enum outcome cli_reap_check(const struct options *opt, struct fault *f);
bool cli_reap_acts(const struct options *opt);
int cli_reap(const struct options *opt);
void cli_reap_refuse(const struct options *opt, const struct fault *f);
int cli_watch(const struct options *opt);
void cli_rm_refuse(const struct options *opt, const struct fault *f);

#endif
