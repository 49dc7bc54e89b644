// keymap.c - key names and the way from a key to its command, from the command table alone.
#include "ui/keymap.h"

#include <string.h>

#include "core/text.h"

static const struct {
    const char *name;
    enum key_code code;
    uint32_t ch;
} names[] = {
    {"Up", KEY_UP_, 0},
    {"Down", KEY_DOWN_, 0},
    {"Left", KEY_LEFT_, 0},
    {"Right", KEY_RIGHT_, 0},
    {"PgUp", KEY_PGUP_, 0},
    {"PgDn", KEY_PGDN_, 0},
    {"Home", KEY_HOME_, 0},
    {"End", KEY_END_, 0},
    {"Enter", KEY_ENTER_, 0},
    {"Esc", KEY_ESC_, 0},
    {"Tab", KEY_TAB_, 0},
    {"BackTab", KEY_BACKTAB_, 0},
    {"Backspace", KEY_BACKSPACE_, 0},
    {"Delete", KEY_DELETE_, 0},
    {"Insert", KEY_INSERT_, 0},
    {"Space", KEY_CHAR, ' '},
};

bool key_parse(const char *name, size_t len, struct key *out) {
    if (len == 0)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0) {
            *out = (struct key){.code = names[i].code, .ch = names[i].ch};
            return true;
        }
    }
    if (name[0] == 'F' && (len == 2 || len == 3)) {
        uint32_t n = 0;
        for (size_t i = 1; i < len; i++) {
            if (name[i] < '0' || name[i] > '9')
                return false;
            n = n * 10 + (uint32_t)(name[i] - '0');
        }
        if (n < 1 || n > 12 || name[1] == '0')
            return false;
        *out = (struct key){.code = KEY_FN_, .ch = n};
        return true;
    }
    if (name[0] == '^' && len == 2) {
        if (name[1] < '@' || name[1] > '_')
            return false;
        *out = (struct key){.code = KEY_CHAR, .ch = (uint32_t)name[1] & 0x1f};
        return true;
    }
    uint32_t cp = 0;
    if (utf8_decode(name, len, &cp) != len || cp <= ' ' || cp == 0x7f)
        return false;
    *out = (struct key){.code = KEY_CHAR, .ch = cp};
    return true;
}

static bool key_same(const struct key *a, const struct key *b) {
    return a->code == b->code && (a->ch == b->ch || (a->code != KEY_CHAR && a->code != KEY_FN_));
}

// True when one of the names in a list separated by spaces is this key.
static bool keys_contain(const char *keys, const struct key *key) {
    while (*keys) {
        size_t len = strcspn(keys, " ");
        struct key k;
        if (key_parse(keys, len, &k) && key_same(&k, key))
            return true;
        keys += len;
        keys += strspn(keys, " ");
    }
    return false;
}

enum command keymap_lookup(enum view view, const struct key *key) {
    for (int cmd = CMD_NONE + 1; cmd < CMD_COUNT; cmd++) {
        const struct command_info *info = command_info((enum command)cmd);
        if ((info->views & IN(view)) && keys_contain(info->keys, key))
            return (enum command)cmd;
    }
    return CMD_NONE;
}
