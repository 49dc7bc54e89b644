// widgets.h - what the screens share: meters, sparklines, the segment table, footer, message line.
#ifndef UI_WIDGETS_H
#define UI_WIDGETS_H

#include "ui/views.h"

// Style and sign ("", "", "! ", "! ") of an alert.
enum style alert_style(enum alert alert);
const char *alert_sign(enum alert alert);

// A meter of a limit: "SysV ids [||     37/4096]". The numbers are always printed; total WHY_NONE
// means there is no limit; what could not be learned is "?".
struct meter {
    const char *label;
    int label_width;
    u64v used, total;
    bool bytes; // numbers are sizes
};
void meter_draw(struct canvas *c, int y, int x, int width, const struct meter *m);
// Per cent used, or false when there is no telling.
bool meter_percent(u64v used, u64v total, unsigned *percent);

// The last `width` values as blocks, oldest left, scaled to what they span.
void sparkline_draw(struct canvas *c, int y, int x, int width, enum style style,
                    const uint64_t *values, size_t count);

// Content of a text field, scrolled so that the cursor is in sight; places the terminal cursor.
void field_draw(struct canvas *c, int y, int x, int width, const char *text, size_t cursor,
                bool focus);
// One line with the labelled commands of a view; shrinks, then drops the least important ones.
void footer_draw(struct canvas *c, struct rect r, enum view view, bool read_only);
enum command footer_hit(struct rect r, enum view view, int x);
void message_draw(struct canvas *c, struct rect r, enum alert alert, const char *text);
// The one line of a screen that is too small for more.
void too_small_draw(struct canvas *c);
// "LIVE 1.0s", "PAUSED", "looking…".
void live_text(const struct view_frame *f, char *buf, size_t size);

// Text that gives way when its line gets too narrow.
struct line_part {
    char text[96];
    enum style style;
    int drop; // dropped first: the highest; 0 never
};
// Draws parts from the left, `gap` cells apart, dropping what does not fit before `end`.
void parts_draw(struct canvas *c, int y, int x, int end, int gap, struct line_part *parts,
                size_t n);
// First line of a screen: its name, the host, LIVE or PAUSED, the clock.
void title_draw(struct canvas *c, const struct view_frame *f, const char *name);
// The same, with facts behind it where there is room for them.
void title_facts_draw(struct canvas *c, const struct view_frame *f, const char *name,
                      const char *facts);

// Title, meters, alarm line and tabs of the segment screen.
struct segments_layout;
void header_draw(struct canvas *c, const struct segments_layout *l, const struct view_segments *v);

// The line of views that can be gone to. Returns the first free cell behind them.
int tabs_draw(struct canvas *c, struct rect r, const struct view_frame *f);
// The command of the tab at a column; CMD_NONE: there is none.
enum command tabs_hit(struct rect r, const struct view_frame *f, int x);

// The segment table.
void table_draw_head(struct canvas *c, struct rect r, const struct view_segments *v);
void table_draw_rows(struct canvas *c, struct rect r, const struct view_segments *v);
// What the screen shows by itself where 100 columns are wide enough, to begin a choice with.
void table_own_columns(struct colset *out);
// Cells a column gets when no width was chosen.
int table_column_width(enum column col);
// tree.c: holders below the rows. The row that stands on the first line of the table, so that the
// selected one is on the screen with what stands below it; and what stands on a line.
size_t tree_first(const struct view_segments *v, int height);
struct tree_line {
    size_t row; // rows->count: nothing
    int holder; // -1: the row itself
};
struct tree_line tree_line_at(const struct view_segments *v, size_t first, int y);
void tree_holder_draw(struct canvas *c, struct rect r, const struct row *row, int holder);
// Column under a cell of the head line; COLUMN_COUNT: none.
enum column table_column_at(struct rect r, const struct view_segments *v, int x);

// Everything about the selected segment.
void detail_draw(struct canvas *c, struct rect r, const struct view_segments *v, bool beside);
// One sentence about a row, for the message line.
enum alert row_sentence(const struct view_frame *f, const struct row *row, char *buf, size_t size);

// Why the verdict on a row of the leaks screen is what it is: facts for, against, and what cannot
// be known.
void leaks_why_draw(struct canvas *c, struct rect r, const struct row *row);
// The sums by origin or by owner, in place of the table.
void leaks_groups_draw(struct canvas *c, struct rect head, struct rect table,
                       const struct view_leaks *v);

// One row of bytes: hex digits and characters, each in the style of its class and age. `i` is the
// index of its first byte in the window; bytes outside are left blank.
struct byte_row {
    const struct hexwin *win;
    uint64_t offset;             // of the first byte
    uint64_t end;                // size of the segment
    unsigned width;              // bytes in a row
    int digits;                  // of the offset; 0: it is not drawn
    uint64_t cursor;             // UINT64_MAX: none
    const struct editbuf *edits; // pending; NULL: none
    uint64_t match_at;           // found bytes
    size_t match_len;
    uint64_t selected_at, selected_len;
    const struct hexwin *against; // what differs from it is marked; NULL: nothing is compared
    uint64_t mono_ns;             // for the age of changes
};
void byte_row_draw(struct canvas *c, int y, int x, int width, const struct byte_row *row);
int offset_digits(uint64_t size);

// The page map and the strip of changes, with the part that is on the screen marked.
struct hex_layout;
void strips_draw(struct canvas *c, const struct hex_layout *l, const struct view_hex *v);

// Text of facts that several screens show. All escape what came from outside.
const char *kind_words(enum seg_kind kind); // "System V", "POSIX", ...
char kind_letter(enum seg_kind kind);       // S P M A T H
void user_text(const struct snapshot *snap, u64v uid, char *buf, size_t size);
// "12:01:34" when within a day of now, else "Nov 21 12:01" or "2025-11-21".
void time_text(const struct view_frame *f, uint64_t ns, char *buf, size_t size);
// "7710 worker", "7710 (gone)", "?" ...
void pid_text(const struct snapshot *snap, const struct segment *seg, enum seg_field field,
              char *buf, size_t size);

#endif
