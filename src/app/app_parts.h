// app_parts.h - what the files app_*.c share and nobody else needs.
#ifndef APP_APP_PARTS_H
#define APP_APP_PARTS_H

#include "app/app.h"
#include "ui/term.h"

// app.c
void app_do(struct app *a, unsigned effects);
// A request about a segment, with its serial and the current snapshot; owned by the caller.
struct io_request *app_request(struct app *a, enum io_kind kind, const struct seg_id *id);
void app_job(struct app *a, struct io_request *req); // taken
void app_open_dialog(struct app *a,
                     struct dialog *d); // taken; the dialog before it is the caller's
// False, with a message, in read-only mode.
bool app_may_change(struct app *a);
void app_go(struct app *a, enum view view);
void app_clear_message(struct app *a);
// The help and the messages lie over the view that was there before.
bool app_is_overlay(enum view view);
// app_keys.c: commands and keys of every view.
// Lines of a whole-screen text.
size_t app_text_page(const struct app *a);
// app_list.c: what screens made of lines do alike.
// How far a command moves the selection among `count` lines on a screen of `height`; false: it is
// no movement.
bool list_moves(enum command cmd, size_t height, size_t count, long *delta);
// How far a view of lines scrolls; true: it was a movement.
bool app_scroll(struct app *a, enum command cmd, size_t *top, size_t lines, size_t page);
// Says what a search for the text came to; total 0: it is in no `where`.
void list_say_found(struct app *a, const char *text, size_t nth, size_t total, const char *where);
int list_tabs(const struct app *a); // tabs_row of a screen that has room for them from 14 rows on
// app_view.c: what all screens share.
struct view_frame app_frame(const struct app *a);
// The view is on the screen, or right below the help or the messages.
bool app_shows(const struct app *a, enum view view);

// One kind of view: what makes it differ from the others. Each has its file app_*.c; screens.c
// puts them in order. A function that is NULL: there is nothing to do.
struct screen {
    void (*draw)(struct app *a, struct canvas *c, const struct view_frame *frame); // never NULL
    bool (*command)(struct app *a, enum command cmd); // false: not one of its own
    // A click that is on neither tabs nor footer. True: it is on a row. NULL: nothing to click.
    bool (*mouse)(struct app *a, const struct key *key);
    int (*tabs_row)(const struct app *a); // line of the tabs, -1 none; NULL: none
    void (*snapshot)(struct app *a);      // a new picture is in, whether the view shows or not
    void (*settle)(struct app *a);        // all events of a turn are in, whether it shows or not
    void (*resize)(struct app *a);        // the size of the screen changed, whether it shows or not
    void (*time)(struct app *a);          // time went on while it shows
    uint64_t (*deadline)(const struct app *a); // when that is due; 0: never
    const struct prompt_kind *search;          // what `/` opens; NULL: nothing to search
};
// Static storage; NULL for a view that is none yet.
const struct screen *screen_of(enum view view);

// One kind of one-line prompt. Esc closes it after cancel, Enter after accept returned true.
struct prompt_kind {
    const char *label;              // "search: "
    void (*open)(struct app *a);    // fills the text and the remark; NULL: both empty
    void (*changed)(struct app *a); // typed on; NULL: the remark goes
    void (*settle)(struct app *a);  // typed on, and all keys of a turn are in; NULL: nothing
    bool (*accept)(struct app *a);  // Enter; true: it closes
    // Of a filter, whose open is prompt_filter: puts the words into force, or remarks ALERT_BAD why
    // not. In the place of settle, accept and cancel. NULL: it is no filter.
    void (*filter)(struct app *a, const char *text);
    void (*cancel)(struct app *a); // Esc; NULL: nothing
    // Looks at a key before the line does; true: it is taken. NULL: takes none.
    bool (*key)(struct app *a, const struct key *key);
    // Fills the lines of what can be chosen, borrowed until the next key. NULL: there are none.
    void (*choices)(const struct app *a, struct view_prompt *v);
};

// app_prompt.c: the one-line prompts.
void prompt_open(struct app *a, const struct prompt_kind *kind);
void prompt_key(struct app *a, const struct key *key);
void prompt_settle(struct app *a);
void prompt_text(struct app *a, const char *text);
// Starts from the filter in force, borrowed while the prompt is open.
void prompt_filter(struct app *a, const char *in_force, const char *hint);
// The words as a pick for the caller. False: the remark says why not.
bool prompt_pick(struct app *a, const char *text, struct pick **out);
void prompt_remark(struct app *a, enum alert alert, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Opens one, types the text and presses Enter; when it is not accepted the prompt stays open.
void prompt_run(struct app *a, const struct prompt_kind *kind, const char *text);

// app_setup.c: the screen where settings are chosen.
extern const struct screen setup_screen;
void setup_open(struct app *a, bool columns);

// app_palette.c: commands by their names.
extern const struct prompt_kind palette_prompt;

// app_settings.c: the settings in force.
void settings_start(struct app *a, const struct settings *s);
// Puts one into force, from text. False, with the reason in why: nothing has changed.
bool settings_put(struct app *a, enum setting setting, const char *text, char *why, size_t size);

// app_copy.c: the clipboard of the terminal.
// Copies bytes and says so; `what` names them, escaped for display. At most TERM_COPY_MAX bytes.
void app_copy(struct app *a, const void *bytes, size_t len, const char *what);
// The SEG of the segment that is selected, or open in the hex view.
void copy_segment(struct app *a);

// app_segments.c: the table and its detail.
extern const struct screen segments_screen;
// The rows that keys move in: of the leaks while they show, else of all segments.
struct rows *app_rows(struct app *a);
// What every table of segments does: moving, tags, sort, filter, search, acting on a row.
bool rows_command(struct app *a, enum command cmd);
// app_segfind.c: filter and search of the table.
extern const struct prompt_kind segments_search_prompt, segments_filter_prompt;
void segments_filter(struct app *a, struct filter *f, const char *text); // f taken
void segments_find(struct app *a, size_t from, int dir);

// app_leaks.c: the unused segments.
extern const struct screen leaks_screen;
void leaks_open(struct app *a);
void leaks_settle_view(struct app *a); // after going to another view: opens or lets go
void leaks_filter(struct app *a);      // the words of the filter changed
void leaks_done(struct app *a);
// app_events.c: what happened.
extern const struct screen events_screen;
void events_init(struct app *a);
void events_end(struct app *a);
void events_save_reply(struct app *a, const struct io_reply *reply);

// app_processes.c: who holds shared memory.
extern const struct screen processes_screen;
void processes_init(struct app *a);
void processes_done(struct app *a);

// app_kept.c: what removals have put aside.
void kept_done(struct app *a);
void kept_ask(struct app *a);
void kept_reply(struct app *a, struct io_reply *reply); // its list is taken
void kept_removed(struct app *a, const struct io_reply *reply);
void kept_undo(struct app *a);
void kept_settle(struct app *a); // asks when it is due
uint64_t kept_deadline(const struct app *a);

// app_texts.c: the help and the messages.
extern const struct screen help_screen, messages_screen;

// app_bytes.c: bytes of one segment, read again and again.
void bytes_start(struct bytes_view *v, const struct seg_id *id);
void bytes_stop(struct bytes_view *v);
void bytes_reply(struct app *a, const struct io_reply *reply);
void bytes_settle(struct app *a); // asks for what is due
uint64_t bytes_deadline(const struct app *a);
// Some byte is still marked as changed.
bool bytes_fading(const struct bytes_view *v, uint64_t mono_ns);

// app_hexmap.c: where the segment has pages and where its bytes change.
void hexmap_start(struct app *a);
void hexmap_stop(struct app *a);
void hexmap_settle(struct app *a); // asks for the next step when it is due
void hexmap_reply(struct app *a, const struct io_reply *reply);
uint64_t hexmap_deadline(const struct app *a);
// What the strips show; NULL: nothing yet.
const struct view_strips *hexmap_show(struct app *a, struct view_strips *out);
// Bytes of the window that were seen changing by the last read.
void hexmap_window_changes(struct app *a);

// app_hexmove.c: the cursor, and what part of the segment is on the screen.
bool hex_move_command(struct app *a, enum command cmd);
void hex_move(struct app *a, bool forward, uint64_t bytes);
void hex_move_row(struct app *a, bool down);
uint64_t hex_size(const struct hex_state *h); // 0 when not known
// The inspector is on the screen.
bool hex_inspects(const struct app *a);
// Equal rows are folded now.
bool hex_folds(const struct app *a);
// What must not be folded away, for a read; owned by the caller.
uint64_t *hex_kept_rows(const struct app *a, size_t *count);

// app_hexmark.c: the selection, bookmarks, what changed lately.
bool hex_mark_command(struct app *a, enum command cmd);
// What is selected; false: nothing.
bool hex_selection(const struct hex_state *h, uint64_t *offset, uint64_t *len);

// app_hexcopy.c: to the clipboard and to a file.
extern const struct prompt_kind hex_save_prompt;
void hex_copy(struct app *a);
void hex_fetch_reply(struct app *a, const struct io_reply *reply);
void hex_save_reply(struct app *a, const struct io_reply *reply);

// app_hexcmp.c: beside a capture or another segment.
extern const struct prompt_kind hex_compare_prompt;
bool hex_compare_command(struct app *a, enum command cmd);
bool hex_compares(const struct app *a);
void hex_compare_stop(struct app *a);
void hex_compare_bytes(struct app *a, const struct io_reply *reply); // of a read
void hex_capture_reply(struct app *a, const struct io_reply *reply);

// app_hex.c: the full-screen view of the bytes.
extern const struct screen hex_screen;
void hex_open(struct app *a, const struct row *row);
void hex_close(struct app *a);
void hex_got_bytes(struct app *a, const struct io_reply *reply);
unsigned hex_bytes_per_row(const struct app *a);
// What has to be read for the screen.
void hex_window(const struct app *a, uint64_t *offset, size_t *len);
void hex_set_cursor(struct app *a, uint64_t cursor);

// app_hexfind.c: going to an offset, finding bytes.
// Parses "4096", "0x1000", "+64", "-64", "50%", "p12". False, with the reason in why.
bool hex_parse_goto(const struct hex_state *h, const char *text, uint64_t *at, const char **why);
extern const struct prompt_kind hex_goto_prompt, hex_find_prompt;
void hex_find(struct app *a, int dir);
void hex_find_stop(struct app *a);
void hex_find_reply(struct app *a, const struct io_reply *reply);

// app_edit.c: pending edits.
bool edit_pending(const struct app *a);
// True when the segment may be edited, as far as facts tell; else a message says why not.
bool edit_may(struct app *a);
// Makes the bytes of one value pending. False, with a message, when it cannot be.
bool edit_put_value(struct app *a, uint64_t offset, const uint8_t *bytes, size_t len);
bool edit_key(struct app *a, const struct key *key); // false: not for the bytes
bool edit_command(struct app *a, enum command cmd);
void edit_settle(struct app *a);
void edit_stop(struct app *a); // forgets every edit
void edit_written(struct app *a, struct io_reply *reply);
// The view whose keys are in force: while bytes are edited VIEW_EDIT.
enum view app_key_view(const struct app *a);

// app_lens.c: the bytes as fields of a record.
extern const struct screen lens_screen;
void lens_open(struct app *a); // asks for a description where none is kept
void lens_forget(struct app *a);
// What has to be read for the fields on the screen.
void lens_window(const struct app *a, uint64_t *offset, size_t *len);

// app_dialog_edit.c: asks what becomes of what is pending, then leaves.
enum edit_leaves { EDIT_LEAVES_MODE, EDIT_LEAVES_VIEW, EDIT_LEAVES_PROGRAM };
void edit_question_open(struct app *a, enum edit_leaves what, enum view to);
bool edit_question_asked(const struct app *a);

// app_limits.c: limits and the account of memory.
extern const struct screen limits_screen;
void limits_open(struct app *a);
void limits_refresh(struct app *a); // after a new snapshot or another view
size_t limits_lines(const struct app *a);

// Dialogs; each opens itself, or leaves a message when there is nothing to ask.
void dialog_sort_open(struct app *a);
void dialog_remove_open(struct app *a);
void dialog_remove_tried(struct app *a, struct io_reply *reply); // its items are taken
void dialog_create_open(struct app *a);
void dialog_write_open(struct app *a); // something is pending
void dialog_attach_open(struct app *a);
void dialog_restore_open(struct app *a);
void dialog_kill_segment(struct app *a, const struct row *row); // its holders; row NULL is legal
void dialog_kill_process(struct app *a, const struct process *p);
void dialog_set_open(struct app *a);
// What came of a job; a message, or a dialog when there is more to say.
void results_show(struct app *a, const struct io_reply *reply);
// The write dialog looks at its places again and again.
void dialog_write_settle(struct app *a);
void dialog_write_reply(struct app *a, struct io_reply *reply);
uint64_t dialog_write_deadline(const struct app *a);

// app_seg.c: facts about segments in words.
// SEG of a segment, in quotes for a shell where it needs them. Returns buf.
const char *seg_shell(const struct segment *seg, char *buf, size_t size);
const char *shell_quote(const char *text, char *buf, size_t size);
// Something maps, opens or locks it, as far as can be seen.
bool seg_in_use(const struct segment *seg);
// "3 processes hold it", "attached 2 times by processes that cannot be seen", "nobody holds it".
const char *seg_use_text(const struct segment *seg, char *buf, size_t size);
// What a person calls it: its SEG with the key of a System V segment. Returns buf.
const char *seg_title(const struct snapshot *snap, const struct segment *seg, char *buf,
                      size_t size);

#endif
