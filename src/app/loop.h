// loop.h - the one place that waits: keys, time, signals and the other threads.
//
// Every turn takes in all that has arrived, then draws at most one frame, only when something
// changed, and sleeps until the next event. Timers are armed only when something is due.
//
// For tests: when the environment names an open descriptor in SHMTOP_TEST_FD, each frame writes a
// line "FRAME KEYS" to it (how many frames were drawn and how many keys were handled so far), also
// when keys were handled and nothing on the screen changed. A test that has sent its n-th key waits
// for a line with KEYS >= n and needs no sleep.
#ifndef APP_LOOP_H
#define APP_LOOP_H

#include "app/app.h"
#include "app/collector.h"
#include "app/io.h"
#include "probes/root.h"
#include "ui/term.h"

// All borrowed.
struct loop_parts {
    struct app *app;
    struct term *term;
    struct collector *collector;
    struct io *io;
    const struct root *root;    // its clock
    struct theme_choice *theme; // in use by the terminal
    uint64_t start_ns;          // monotonic time at which the program began
};

// Blocks the signals the loop takes as events, before any thread is started. 0 or -errno.
int loop_block_signals(void);
// Runs until the user leaves or a signal ends it. The exit code.
int loop_run(const struct loop_parts *parts);
uint64_t loop_mono_ns(void);

#endif
