// views.h - what each screen needs to know to draw itself: const view models filled by the app.
//
// Strings are terminated, escaped for display and borrowed for the call.
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "core/colset.h"
#include "core/command.h"
#include "core/editbuf.h"
#include "core/event.h"
#include "core/folds.h"
#include "core/hexview.h"
#include "core/inspect.h"
#include "core/lens.h"
#include "core/leaks.h"
#include "core/rows.h"
#include "core/snapshot.h"
#include "ui/canvas.h"

enum alert { ALERT_NONE, ALERT_INFO, ALERT_WARN, ALERT_BAD };

// What one pass over a snapshot tells the alarm line; made once per snapshot, not per frame.
struct view_summary {
    size_t orphans, suspects;             // by the verdict judged at freeze
    uint64_t orphan_bytes, suspect_bytes; // what they hold, resident and swapped out
    size_t unused; // System V segments that no process has attached, those included
    uint64_t unused_bytes;
    size_t holders; // processes that hold some segment
};
void view_summary_make(const struct snapshot *snap, struct view_summary *out);

// What all screens share.
struct view_frame {
    const struct snapshot *snap; // NULL before the first scan is in
    uint64_t now_ns;             // wall clock
    uint64_t mono_ns;
    long utc_offset;
    double interval_s;
    bool paused, read_only, follow, all_namespaces;
    enum view view;
    const char *filter;  // "" none
    const char *message; // last line above the footer; "" shows the selected row's sentence
    enum alert message_alert;
    const uint64_t *shmem_history; // oldest first, bytes
    const uint64_t *devshm_history;
    size_t history_count;
    uint64_t events_per_min;            // in the last minute
    const struct view_summary *summary; // of snap; NULL: made while drawing
};

struct view_preview {         // bytes of the selected segment in the detail pane
    const struct hexwin *win; // NULL: nothing read
    const char *route;        // "pread /dev/shm/x: leaves no trace"
    const char *problem;      // why nothing is shown, "" none
};

struct trends;
struct view_segments {
    const struct view_frame *frame;
    const struct rows *rows;
    struct view_preview preview;
    bool all_holders;             // detail shows the whole list
    int scroll_x;                 // first column scrolled to
    const struct trends *trends;  // what segments had in memory; NULL: not known
    const char *creator;          // who made the selected object, as seen when it was; "" or NULL
    const struct folds *folds;    // below which rows their holders stand; NULL: none
    const struct colset *columns; // NULL or empty: the screen's own choice
};

// Where a segment has pages and where its bytes changed in the last minute, in equal parts.
enum { STRIP_MAX = 240 };
struct view_strips {
    struct {
        uint64_t size, resident, swapped; // bytes; the rest was never written
        bool known;
        uint64_t changed; // bytes seen changing
    } column[STRIP_MAX];
    size_t count;
    bool sweeping;                         // the whole segment is looked at for changes
    uint64_t swept, sweep_total, round_ns; // of this round, in bytes; time of the last, 0 none
};
// Columns that the strips have on a screen of this size; 0: there are none.
size_t hex_strip_columns(int rows, int cols);
struct proclist;
struct eventlog;
struct view_events {
    const struct view_frame *frame;
    const struct eventlog *log;
    enum name_source source;
    uint64_t since_ns; // wall time of the first look, 0: none yet
    const char *only;  // SEG of the segment whose events are shown, "" all
};

struct view_processes {
    const struct view_frame *frame;
    const struct proclist *list;
    const struct trends *trends; // NULL: none yet
    int scroll_x;                // columns scrolled away
};

struct view_hex {
    const struct view_frame *frame;
    const char *seg;               // SEG
    const struct segment *segment; // last facts; NULL once gone without any
    bool gone, frozen, big_endian, inspect, fold;
    const struct hexwin *win;
    uint64_t size;
    uint64_t top;      // offset of the first row
    uint64_t cursor;   // offset of the cursor
    uint64_t match_at; // what a search found last
    size_t match_len;  // 0: nothing
    uint64_t selected_at, selected_len;
    const uint64_t *bookmarks; // ascending
    size_t bookmark_count;
    const struct hexwin *other; // compared side by side; NULL: nothing is
    const char *other_name, *other_problem;
    const struct view_strips *strips; // NULL: nothing yet
    const struct editbuf *edits;      // pending; NULL: none
    bool editing, text_side;          // bytes are typed, as characters
    bool half;                        // the second digit of the byte at the cursor comes next
    unsigned width;                   // bytes per row
    double bytes_per_s;               // changing
    const char *route, *side_effects, *problem;
    const struct inspect_line *lines;
    size_t line_count;
};

struct view_lens {
    const struct view_frame *frame;
    const char *seg;
    const struct segment *segment; // last facts; NULL once gone without any
    bool gone, frozen;
    const struct lens *lens;
    const char *from; // where the lens is from: "typed", "kept as psm_*"
    const struct hexwin *win;
    const struct editbuf *edits;
    uint64_t size;     // of the segment
    uint64_t top, row; // first field shown, selected one
    const char *problem;
};

struct view_leaks {
    const struct view_frame *frame;
    const struct rows *rows;         // unused segments alone
    const struct leak_total *totals; // of what the filter lets through
    size_t total_count;
    size_t filtered;                 // unused ones that the filter hides
    const struct leak_group *groups; // NULL: the segments are shown, else these
    size_t group_count, group_top;
    enum leak_grouping by;
    uint64_t age_floor_ns;
    size_t kept; // items of quarantine, and what they take
    uint64_t kept_bytes;
};

struct view_help {
    const struct view_frame *frame;
    enum view of;       // the view it was asked from
    size_t top;         // first line scrolled to
    const char *search; // "" none
};

struct ledger;
struct view_limits {
    const struct view_frame *frame;
    const struct ledger *ledger; // of the same snapshot; NULL: none yet
    size_t top;                  // first line scrolled to
};

struct view_messages {
    const struct view_frame *frame;
    size_t top;
};

// One line of the setup screen.
struct setup_line {
    char label[24], value[160];
    const char *help;
    bool column; // a column of the table rather than a setting
    bool shown;  // of a column
    bool touched;
};
struct view_setup {
    const struct view_frame *frame;
    const struct setup_line *lines;
    size_t count, selected;
    const char *unsaved; // names of what was changed, "" nothing
    const struct view_segments *preview;
};

// A dialog over a screen. Fields, then buttons; focus counts through both.
enum field_kind { FIELD_TEXT, FIELD_CHOICE, FIELD_CHECK };
struct dialog_field {
    enum field_kind kind;
    const char *label;
    const char *text;   // FIELD_TEXT: content; FIELD_CHOICE: choices separated by '|'
    size_t cursor;      // FIELD_TEXT: byte offset
    int choice;         // FIELD_CHOICE: index; FIELD_CHECK: 0 or 1
    const char *remark; // shown behind: "= 67108864 bytes", "exists already"
    enum alert alert;   // of the remark
};
struct view_dialog {
    const char *title;
    const char *const *lines;      // text above the fields
    const enum alert *line_alerts; // NULL: all plain
    size_t line_count;
    const struct dialog_field *fields;
    size_t field_count;
    const char *same_as; // the equivalent command line, "" none
    const char *const *buttons;
    size_t button_count;
    size_t focus;
};
struct prompt_line {
    const char *text, *keys, *help;
};
// A one-line prompt in place of the message line (search, filter, goto).
struct view_prompt {
    const char *label;
    const char *text;
    size_t cursor;
    const char *remark;
    enum alert alert;
    const struct prompt_line *lines; // what can be chosen, shown above
    size_t line_count;
    size_t line_selected; // from line_count on: none
};

// Each draws the whole canvas (dialog and prompt: over it). Below 30x6 a one-line notice.
void segments_draw(struct canvas *c, const struct view_segments *v);
void events_draw(struct canvas *c, const struct view_events *v);
void processes_draw(struct canvas *c, const struct view_processes *v);
void hex_draw(struct canvas *c, const struct view_hex *v);
void lens_draw(struct canvas *c, const struct view_lens *v);
void help_draw(struct canvas *c, const struct view_help *v);
void messages_draw(struct canvas *c, const struct view_messages *v);
void limits_draw(struct canvas *c, const struct view_limits *v);
void leaks_draw(struct canvas *c, const struct view_leaks *v);
void setup_draw(struct canvas *c, const struct view_setup *v);
void dialog_draw(struct canvas *c, const struct view_dialog *v);
void prompt_draw(struct canvas *c, const struct view_prompt *v);

// How many table rows segments_draw shows on a canvas of this size; the row or footer command at a
// cell, for the mouse.
size_t segments_table_rows(int rows, int cols);
enum hit_kind { HIT_NONE, HIT_ROW, HIT_HEAD, HIT_COMMAND };
struct hit {
    enum hit_kind kind;
    size_t row;           // index into rows
    enum column column;   // HIT_HEAD of the segments
    int head;             // HIT_HEAD of another list: its own column
    enum command command; // HIT_COMMAND
};
struct hit segments_hit(const struct view_segments *v, int rows, int cols, int y, int x);
// The same of leaks_draw: segments that it shows, groups that it shows, and what is at a cell.
size_t leaks_table_rows(int rows, int cols);
size_t leaks_group_rows(int rows, int cols);
struct hit leaks_hit(const struct view_leaks *v, int rows, int cols, int y, int x);
size_t events_rows(int rows, int cols);
struct hit events_hit(const struct view_events *v, int rows, int cols, int y);
size_t processes_rows(int rows, int cols);
struct hit processes_hit(const struct view_processes *v, int rows, int cols, int y, int x);
// Byte rows that hex_draw shows, and lines that help_draw has in all.
size_t lens_rows_shown(int rows, int cols); // fields that lens_draw shows
size_t hex_rows(int rows, int cols, bool inspect);
unsigned hex_width_for(int cols, bool inspect);
unsigned hex_width_beside(int cols); // of two windows side by side
size_t help_line_count(enum view of);
// Lines that limits_draw has in all on a canvas of this size, and how many it shows.
size_t limits_line_count(const struct view_limits *v, int rows, int cols);
size_t limits_rows(int rows);
// The next help line (from `from`, excluded and brought inside, in direction dir, wrapping) that
// holds text, caseless. False: none. *nth and *total give "1 of 3".
bool help_find(enum view of, const char *text, size_t from, int dir, size_t *line, size_t *nth,
               size_t *total);

#endif
