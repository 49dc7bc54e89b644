// keymap.h - keys as values, their names, and the way from key to command.
#ifndef UI_KEYMAP_H
#define UI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/command.h"

enum key_code {
    KEY_NONE_,
    KEY_CHAR, // ch: a code point, control characters included
    KEY_UP_,
    KEY_DOWN_,
    KEY_LEFT_,
    KEY_RIGHT_,
    KEY_PGUP_,
    KEY_PGDN_,
    KEY_HOME_,
    KEY_END_,
    KEY_ENTER_,
    KEY_ESC_,
    KEY_TAB_,
    KEY_BACKTAB_,
    KEY_BACKSPACE_,
    KEY_DELETE_,
    KEY_INSERT_,
    KEY_FN_,    // ch: 1..12
    KEY_MOUSE_, // y, x, button: 1 left, 4 wheel up, 5 wheel down
    KEY_RESIZE_
};
struct key {
    enum key_code code;
    uint32_t ch;
    int y, x, button;
};

// "F5", "^C", "Space", "Esc", "PgUp", "x" ... -> key. False: no such name.
bool key_parse(const char *name, size_t len, struct key *out);
// The command a key means in a view; CMD_NONE if none. From the command table alone.
enum command keymap_lookup(enum view view, const struct key *key);

#endif
