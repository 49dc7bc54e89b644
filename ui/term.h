// term.h - the terminal: the one place that knows curses.
#ifndef UI_TERM_H
#define UI_TERM_H

#include "ui/canvas.h"
#include "ui/keymap.h"
#include "ui/style.h"

struct term;

struct term_options {
    bool no_color; // -C, NO_COLOR or the configuration
    bool no_mouse;
    bool ascii;                // -U, or the locale is not UTF-8
    const struct theme *theme; // borrowed while it is in use; NULL: the default one
};

// Enters the alternate screen. 0; -ENOTSUP when the terminal cannot move its cursor (dumb), with
// the reason in why. Installs the crash handler (SEGV BUS FPE ILL ABRT) that restores the terminal
// and re-raises.
int term_open(const struct term_options *opt, struct term **out, char *why, size_t why_size);
// Restores the terminal and frees. NULL is legal.
void term_close(struct term *t);
// Ends the program with this code, at once, when the terminal takes no bytes just now: closing it
// would wait for it.
void term_end_if_stuck(int code);
// Leaves and re-enters around a suspend (Ctrl-Z) or when another program has the screen.
void term_leave(struct term *t);
void term_enter(struct term *t);
// Size now. After SIGWINCH call term_resized first.
void term_size(const struct term *t, int *rows, int *cols);
void term_resized(struct term *t);
bool term_utf8(const struct term *t);
int term_colors(const struct term *t);
// Takes another theme, which is borrowed from then on; the next frame repaints everything.
void term_looks(struct term *t, const struct theme *theme, bool no_color);
// Sends what differs from the last canvas with one doupdate; `whole` repaints everything.
// True when there was something to send.
bool term_draw(struct term *t, const struct canvas *c, bool whole);
// The next key that has arrived, without waiting. False: none. *eof: the terminal is gone.
bool term_key(struct term *t, struct key *out, bool *eof);
void term_mouse(struct term *t, bool on);
// Hands bytes to the clipboard of the terminal (OSC 52). False: it is a terminal that would show
// the sequence as text, or there are more than TERM_COPY_MAX bytes. Whether the terminal heeds it
// is its own affair.
enum { TERM_COPY_MAX = 65536 };
bool term_copy(struct term *t, const void *bytes, size_t len);

// A guard for code that may fault while looking at shared memory: the handler jumps here first.
// Thread-local; looked at before the terminal is restored. Set it to NULL when done.
struct fault_guard {
    void *jump; // sigjmp_buf *
};
void term_set_fault_guard(struct fault_guard *guard);

#endif
