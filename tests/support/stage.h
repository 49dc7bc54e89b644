// stage.h - plays keys to the monitor over a made-up machine, where every wish for bytes or for a
// change is answered at once. For golden screens and for the pictures of the README.
#ifndef TESTS_SUPPORT_STAGE_H
#define TESTS_SUPPORT_STAGE_H

#include <stdbool.h>

#include "support/drive.h"
#include "support/scene.h"

// What changes on the stage when segments are removed and brought back.
struct stage_turn {
    const struct snapshot *after;  // shown once something was removed; NULL: nothing changes
    const struct snapshot *before; // shown once it was brought back
};

// Starts `app` over the scene, borrowed until app_done, on a screen of this size.
void stage_start(const struct scene *scene, int rows, int cols, bool utf8);
// The same with other pictures for what comes of changes, borrowed too.
void stage_turns(const struct stage_turn *turn);
// Keys separated by blanks; "=word" types a word, "@4" lets 4 seconds go by. Fails the test on a
// key that there is none.
void stage_play(const char *keys);
// What the screen shows; owned by the caller.
struct canvas *stage_draw(void);

#endif
