// vt.h - runs a terminal program in a pty and lets tests see its screen through libvterm.
//
// No sleeps: shmtop reports every frame on a pipe (SHMTOP_TEST_FD), so that vt_key returns when
// the key has been handled and its frame has been drawn. Every wait has a deadline.
#ifndef TESTS_SUPPORT_VT_H
#define TESTS_SUPPORT_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct vt;

struct vt_cell {
    uint32_t ch[6];
    int width;
    uint8_t fg[3], bg[3];
    bool default_fg, default_bg, bold, underline, reverse;
};

struct vt_start {
    const char *const *argv;
    const char *term; // NULL: xterm-256color
    int rows, cols;
    const char *const *env; // "NAME=value" put over a clean environment, NULL: none
};

// Starts the program. NULL with errno when that fails. Owned by the caller.
struct vt *vt_new(const struct vt_start *start);
// Kills the program if it still runs, reaps it, frees. NULL is legal. For teardowns.
void vt_free(struct vt *vt);

// Types a key ("Up" "F9" "Esc" "Enter" "Tab" "Space" "^C" "PgDn" "x" ...) and waits until shmtop
// has handled it. False: deadline passed or the program ended.
bool vt_key(struct vt *vt, const char *name);
// The same for every character of text.
bool vt_type(struct vt *vt, const char *text);
// Sends raw bytes without waiting.
void vt_send(struct vt *vt, const char *bytes, size_t len);
bool vt_click(struct vt *vt, int y, int x);
void vt_resize(struct vt *vt, int rows, int cols);

// Waits until text stands on the screen / no longer does. False: deadline passed.
bool vt_wait(struct vt *vt, const char *text);
bool vt_wait_gone(struct vt *vt, const char *text);
// Waits until the program ends; its wait status in *status.
bool vt_wait_exit(struct vt *vt, int *status);
// Waits for one more frame.
bool vt_wait_frame(struct vt *vt);

// Takes in what comes during at most ms milliseconds (for measuring, not for tests).
void vt_idle(struct vt *vt, int ms);

bool vt_shows(struct vt *vt, const char *text);
// One line of the screen as UTF-8, right blanks cut. Borrowed until the next call.
const char *vt_line(struct vt *vt, int y);
// The whole screen, lines ended by newlines. Borrowed until the next call.
const char *vt_screen(struct vt *vt);
void vt_cell(struct vt *vt, int y, int x, struct vt_cell *out);
// Row on which text stands, -1: none.
int vt_find(struct vt *vt, const char *text);

void vt_dimensions(const struct vt *vt, int *rows, int *cols);
pid_t vt_pid(const struct vt *vt);
// Closes the terminal under the program; vt_forget frees without killing or reaping it.
void vt_hang_up(struct vt *vt);
void vt_forget(struct vt *vt);
bool vt_alt_screen(const struct vt *vt);
bool vt_cursor_visible(const struct vt *vt);
const char *vt_clipboard(const struct vt *vt); // base64 that OSC 52 carried last, "" none
uint64_t vt_bytes(const struct vt *vt);        // bytes the program has written so far
uint64_t vt_frames(const struct vt *vt);
// Nanoseconds the last vt_key took to be answered with a frame.
uint64_t vt_key_ns(const struct vt *vt);

#endif
