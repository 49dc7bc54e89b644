// state_file.h - the little that the monitor remembers from one run to the next by itself.
//
// $XDG_STATE_HOME/shmtop/state (~/.local/state/shmtop/state) holds how the table was sorted and
// whether the hex view had its inspector. It is written when the monitor ends and one of them was
// changed, and only into a home of our own: under sudo nothing is left behind. What the
// configuration or the command line says is neither replaced nor remembered.
#ifndef APP_STATE_FILE_H
#define APP_STATE_FILE_H

#include "app/config.h"

struct remembered {
    struct sort_order sort;
    bool inspector;
};

// Puts what is remembered over *now, as far as the file has it; a wrong line is as good as none.
void state_load(struct remembered *now);
// Writes it, unless the home is somebody else's. What cannot be written is lost without a word.
void state_save(const struct remembered *now);

#endif
