// app.h - the state of the monitor as plain data, and what each event does to it.
//
// Nothing here knows a thread or, but for finding themes by their names, makes a system call. An
// event goes in by one of the functions below; what has to be done outside comes back as effect
// bits and as jobs for the I/O thread (app_take_job). loop.c carries them out.
#ifndef APP_APP_H
#define APP_APP_H

#include "app/config.h"
#include "app/dialog.h"
#include "app/io_msg.h"
#include "app/restoring.h"
#include "app/textedit.h"
#include "app/theme_file.h"
#include "core/bytestext.h"
#include "core/changes.h"
#include "core/editbuf.h"
#include "core/eventlog.h"
#include "core/filter.h"
#include "core/folds.h"
#include "core/hexview.h"
#include "core/ledger.h"
#include "core/proclist.h"
#include "core/rows.h"
#include "core/snapshot.h"
#include "core/trend.h"
#include "ui/keymap.h"
#include "ui/views.h"

enum app_effect {
    EFFECT_DRAW = 1,         // something on the screen changed
    EFFECT_REPAINT = 2,      // send every cell again
    EFFECT_QUIT = 4,         // leave with exit code 0
    EFFECT_SUSPEND = 8,      // stop as by Ctrl-Z
    EFFECT_RESCAN = 16,      // look at the segments again now
    EFFECT_SWEEP = 32,       // look at everything again now
    EFFECT_MOUSE = 64,       // app.mouse changed
    EFFECT_PAUSE = 128,      // app.paused changed
    EFFECT_NAMESPACES = 256, // app.all_namespaces changed
    EFFECT_COPY = 512,       // app.clipboard is for the clipboard of the terminal; see app_copied
    EFFECT_LOOKS = 1024,     // theme or color of app.settings changed
    EFFECT_DELAY = 2048,     // delay_ns of app.settings changed
    EFFECT_AGE_FLOOR = 4096, // older_than_ns of app.settings changed
    EFFECT_VERDICTS = 8192,  // app_asks_kernel changed
    EFFECT_SAVE = 16384      // app.setup.touched is to be saved; see app_saved
};

struct app_config {
    const struct settings *settings; // borrowed for the call; what the command line said is in them
    bool utf8;                       // the terminal can show more than ASCII
    bool fixed;                      // nothing may be changed, whatever the settings say
    long utc_offset;                 // seconds
    const char
        *copies; // directory for copies of what is removed, borrowed as long as the app; NULL
};

// What the palette offers for what is typed.
enum { PALETTE_MAX = 80 };
struct palette {
    char typed[TEXTEDIT_SIZE]; // before one of them was chosen
    char text[PALETTE_MAX][TEXTEDIT_SIZE];
    struct prompt_line line[PALETTE_MAX];
    size_t count, chosen; // chosen == count: none
};

// The setup screen.
struct setup {
    enum view from; // where it was opened
    size_t selected;
    struct settings before; // when it was opened
    unsigned touched;       // SETTING_BIT of what was changed and not saved
};

struct prompt_kind; // app_parts.h
struct prompt {
    const struct prompt_kind *kind; // NULL: no prompt is open
    struct textedit edit;
    char before[TEXTEDIT_SIZE]; // what was in force, for Esc
    const char *in_force;       // of a filter: what is in force now, borrowed
    size_t from;                // row the search began at
    bool stale;                 // typed on: taken in by app_settle
    char remark[200];
    enum alert alert;
};

// Bytes of one segment as they are read again and again.
struct bytes_view {
    bool open;
    struct seg_id id;
    struct hexwin win;
    uint64_t size; // 0 until the first read is in
    bool attached, may_attach, may_load, refused;
    bool fading; // a changed byte was still marked when last read
    int err;     // of the last read
    char route[160], side_effects[160], problem[640];
};

// The read that was asked for last, and when the next one is due.
struct reading {
    bool active;      // something on the screen wants bytes
    bool outstanding; // its answer is not in yet
    uint64_t serial;
    struct seg_id id;
    uint64_t offset;
    size_t len;
    unsigned width; // folded: bytes a row; 0: not folded
    struct compare_with compare;
    uint64_t cursor; // folded: whose row was not to be folded away
    bool may_attach, may_load;
    uint64_t due_ns;  // monotonic
    bool has_subject; // the I/O thread may hold a reader of `subject`
    struct seg_id subject;
};

// Where the segment of the hex view has pages, and where its bytes change.
struct hex_map {
    struct page_cell *cells; // owned
    size_t cell_count;
    struct changes changes;
    bool sweeping;
    uint64_t swept, sweep_total, round_ns; // see io_msg.h
    bool outstanding;
    bool seen; // the last step was asked for with nothing but its time between
    uint64_t serial, due_ns;
};

enum { HEX_BOOKMARKS = 30 };
// Edits of the segment of the hex view.
struct edit_state {
    struct editbuf buf;
    bool on;        // keys are typed into the bytes
    bool text_side; // as characters, not as digits
    bool half;      // the second digit of the byte at half_at comes next
    uint64_t half_at;
    uint64_t writing;       // serial of the request that writes, 0 none
    bool putting_back;      // what is pending are the bytes that stood there before the last write
    struct edit_span *back; // owned: what was written last (bytes) and stood there before (old)
    size_t back_count;
};

// The lens over the bytes of the hex view.
struct lens_state {
    struct lens *lens; // owned, NULL none
    char *text;        // its description, owned
    char from[220];    // "typed", "kept as psm_*", a path
    uint64_t top, row; // first field on the screen, selected one
};

struct hex_state {
    struct bytes_view bytes;
    struct lens_state lens;
    struct edit_state edit;
    struct hex_map map;
    bool has_above; // folded: the row that stands above `above_of`
    uint64_t above, above_of;
    const struct snapshot *snap;   // counted: the last one that had the segment
    const struct segment *segment; // in snap
    char seg[4200];
    bool gone, frozen, big_endian, inspect, fold;
    enum view from; // where it was opened
    unsigned width; // chosen bytes per row, 0: as many as fit
    uint64_t top, cursor;
    double bytes_per_s;
    uint64_t rate_ns, rate_changes; // when and from what the rate was made
    char needle[TEXTEDIT_SIZE];     // what is looked for; "" nothing yet
    uint64_t match_at;              // what was found last
    size_t match_len;               // 0: nothing
    bool searching;                 // or saving: the I/O thread is at it until its reply is done
    bool seeking_difference;
    uint64_t search_serial, fetch_serial, capture_serial;
    bool selecting; // from the anchor to the cursor
    uint64_t anchor;
    uint64_t bookmarks[HEX_BOOKMARKS]; // ascending
    size_t bookmark_count;
    enum bytes_form copy_form;
    char save_name[TEXTEDIT_SIZE];
    bool has_capture;
    char capture_name[40];
    struct compare_with compare;
    char compare_name[4200];
    struct hexwin other; // what is compared, at the places of the window
    char other_problem[200];
    struct inspect_line lines[INSPECT_MAX];
    size_t line_count;
};

// The unused segments. All but the tags and the selection are there only while they show.
struct leaks_state {
    bool open;
    struct rows rows;
    struct filter *filter;     // owned: the words of the filter, for unused ones alone
    struct leak_total *totals; // owned, as groups
    size_t total_count, filtered;
    struct leak_group *groups; // NULL: the segments are shown
    size_t group_count, group_top;
    enum leak_grouping by;
    struct seg_id *tags; // owned: what was tagged when it was left, and selected
    size_t tag_count;
    struct seg_id selected;
};

// The list of processes.
struct procs_state {
    struct proclist list;
    struct trends *trends; // owned; of what each has in memory
    uint64_t generation;   // of the snapshot sampled last
    struct pick *filter;   // owned
    char filter_text[TEXTEDIT_SIZE], search_text[TEXTEDIT_SIZE];
    int scroll_x;
};

// What removals have put aside, and what `u` brings back.
struct kept_state {
    struct kept_list list; // as it was last asked for
    bool began;            // it was asked for
    bool asked;            // an answer is on its way
    uint64_t due_ns;       // monotonic time at which it is asked for again, 0 never
    char **undo;           // owned: items and copies of the last removal
    size_t undo_count;
};

// What happened.
struct events_state {
    struct eventlog log;
    enum name_source source;
    uint64_t since_ns;   // wall time of the first picture
    struct pick *filter; // owned
    char filter_text[TEXTEDIT_SIZE], search_text[TEXTEDIT_SIZE];
    char only[300], saved[400]; // SEG that is shown alone; what is being saved
};

enum { APP_HISTORY = 240 };

struct app {
    double interval_s;
    const char *copies;       // directory for copies of what is removed, "" none; borrowed
    struct settings settings; // in force, but for what has a place of its own: see settings_now
    bool read_only, mouse, utf8, can_utf8, paused, all_namespaces;
    long utc_offset;
    int screen_rows, screen_cols;
    uint64_t mono_ns, wall_ns; // as told by app_time
    unsigned effects;          // gathered since the last app_effects

    struct {
        uint64_t mono_ns; // 0: none
        int y;
        enum view view;
    } click; // of the mouse, the last one

    const struct snapshot *snap; // counted, NULL before the first
    struct view_summary summary; // of snap
    struct rows table;
    struct folds folds;    // below which rows of the table their holders stand
    struct trends *trends; // owned; of what segments have in memory
    uint64_t sampled;      // generation of the snapshot sampled last
    enum view view, below; // below: what help and messages go back to
    struct leaks_state leaks;
    struct kept_state kept;
    bool all_holders;
    int scroll_x;
    char filter_text[TEXTEDIT_SIZE];
    struct filter *filter;
    char search_text[TEXTEDIT_SIZE];
    struct prompt prompt;
    struct palette palette;
    struct setup setup;
    struct procs_state procs;
    struct events_state events;
    struct bytes_view preview;
    struct hex_state hex;
    struct reading reading;
    size_t help_top, help_match, messages_top; // help_match: line found last
    size_t limits_top;
    struct ledger ledger; // of snap, while its screen is open; else its snap is NULL
    char help_search[TEXTEDIT_SIZE];
    struct dialog *dialog; // owned, NULL none
    char message[512];
    enum alert message_alert;
    uint64_t message_end;      // monotonic; 0: stays until the next key
    struct seg_id select_next; // a segment just made, to be selected when it shows
    uint64_t select_until;     // 0: none
    bool select_open;          // and its bytes shown
    uint64_t shmem_history[APP_HISTORY], devshm_history[APP_HISTORY];
    size_t history_count;
    char *clipboard; // owned, NULL: nothing to be copied
    size_t clipboard_len;
    uint64_t serial;          // of requests
    struct io_request **jobs; // owned until taken, oldest first
    size_t job_count;
};

// Fills *a. A bad filter leaves a message on the screen and filters nothing.
void app_init(struct app *a, const struct app_config *config);
void app_done(struct app *a);

// The clocks; to be told before any other event of a turn.
void app_time(struct app *a, uint64_t mono_ns, uint64_t wall_ns);
void app_resize(struct app *a, int rows, int cols);
void app_key(struct app *a, const struct key *key);
void app_command(struct app *a, enum command cmd);
void app_snapshot(struct app *a, const struct snapshot *snap); // counted again by the app
// What led to the pictures so far; the events are taken.
void app_events(struct app *a, struct events *events, enum name_source source);
void app_reply(struct app *a, struct io_reply *reply); // taken
void app_message(struct app *a, enum alert alert, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Whether the terminal took the clipboard; forgets it.
void app_copied(struct app *a, bool sent);

// What came of saving the settings; path and problem are escaped, problem is "" when all went well.
void app_saved(struct app *a, const char *path, const char *problem);
// All settings as they are now.
void settings_now(const struct app *a, struct settings *out);

// Does what may wait until all events of a turn are in: filter, sort, search while typing.
void app_settle(struct app *a);
// The effects gathered, and forgets them.
unsigned app_effects(struct app *a);
// The identities of the rows on the screen, at most `max` of them. Returns how many.
size_t app_shown(const struct app *a, struct seg_id *ids, size_t max);
// Whether sweeps are to ask the kernel who has objects open: only while a person looks at verdicts.
bool app_asks_kernel(const struct app *a);
// Monotonic time at which app_time and a frame are due though nothing comes in; 0: never.
uint64_t app_deadline(const struct app *a);

// The next job for the I/O thread, owned by the caller; NULL: none.
struct io_request *app_take_job(struct app *a);

// Draws the whole screen.
void app_draw(struct app *a, struct canvas *c);

#endif
