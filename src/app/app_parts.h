// app_parts.h - what the files app_*.c share and nobody else needs.
#ifndef APP_APP_PARTS_H
#define APP_APP_PARTS_H

#include "app/app.h"

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
// To the next line of the help that holds what is searched for.
void help_jump(struct app *a, size_t from, int dir);

// app_segments.c: the table and its detail.
bool segments_command(struct app *a, enum command cmd); // false: not one of its commands
void segments_mouse(struct app *a, const struct key *key);
void segments_settle(struct app *a);
void segments_filter(struct app *a, struct filter *f, const char *text); // f taken
void segments_find(struct app *a, size_t from, int dir);

// app_prompt.c: the one-line prompts.
void prompt_open(struct app *a, enum prompt_kind kind);
void prompt_key(struct app *a, const struct key *key);
void prompt_settle(struct app *a);
const char *prompt_label(enum prompt_kind kind);

// app_bytes.c: bytes of one segment, read again and again.
void bytes_start(struct bytes_view *v, const struct seg_id *id);
void bytes_stop(struct bytes_view *v);
void bytes_reply(struct app *a, const struct io_reply *reply);
void bytes_settle(struct app *a); // asks for what is due
uint64_t bytes_deadline(const struct app *a);
// Some byte is still marked as changed.
bool bytes_fading(const struct bytes_view *v, uint64_t mono_ns);

// app_hex.c: the full-screen view of the bytes.
void hex_open(struct app *a, const struct row *row);
void hex_close(struct app *a);
bool hex_command(struct app *a, enum command cmd);
void hex_mouse(struct app *a, const struct key *key);
void hex_snapshot(struct app *a);
void hex_got_bytes(struct app *a, int err);
void hex_settle(struct app *a);
unsigned hex_bytes_per_row(const struct app *a);
// What has to be read for the screen.
void hex_window(const struct app *a, uint64_t *offset, size_t *len);
void hex_set_cursor(struct app *a, uint64_t cursor);

// app_hexfind.c: going to an offset, finding bytes.
// Parses "4096", "0x1000", "+64", "-64", "50%". False, with the reason in why.
bool hex_parse_goto(const struct hex_state *h, const char *text, uint64_t *at, const char **why);
// Parses text with \xNN bytes, or u8: u16: u32: u64: and a number.
bool hex_parse_needle(const struct hex_state *h, const char *text, uint8_t *out, size_t size,
                      size_t *len, const char **why);
void hex_find(struct app *a, int dir);
void hex_find_stop(struct app *a);
void hex_find_reply(struct app *a, const struct io_reply *reply);

// app_limits.c: limits and the account of memory.
void limits_open(struct app *a);
void limits_refresh(struct app *a); // after a new snapshot or another view
struct view_limits limits_view(const struct app *a, const struct view_frame *frame);
size_t limits_lines(const struct app *a);

// Dialogs; each opens itself, or leaves a message when there is nothing to ask.
void dialog_sort_open(struct app *a);
void dialog_remove_open(struct app *a);
void dialog_create_open(struct app *a);
void dialog_write_open(struct app *a);
void dialog_attach_open(struct app *a);
// What came of a job; a message, or a dialog when there is more to say.
void results_show(struct app *a, const struct io_reply *reply);
// The range beyond the screen that the write dialog needs read; false: none.
bool dialog_write_range(const struct app *a, uint64_t *offset, size_t *len);

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
