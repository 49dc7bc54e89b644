// textedit.c - one line of text that a person types.
#include "app/textedit.h"

#include <string.h>

#include "core/text.h"

static size_t before(const struct textedit *e, size_t at) {
    while (at > 0) {
        at--;
        if (((unsigned char)e->text[at] & 0xc0) != 0x80)
            break;
    }
    return at;
}

static size_t after(const struct textedit *e, size_t at) {
    if (at >= e->len)
        return e->len;
    do
        at++;
    while (at < e->len && ((unsigned char)e->text[at] & 0xc0) == 0x80);
    return at;
}

static void cut(struct textedit *e, size_t from, size_t to) {
    memmove(e->text + from, e->text + to, e->len - to + 1);
    e->len -= to - from;
    e->cursor = from;
}

static void insert(struct textedit *e, uint32_t cp) {
    if (cp_width(cp) < 0 || cp_is_bidi_control(cp))
        return;
    char bytes[4];
    size_t n = utf8_encode(cp, bytes);
    if (e->len + n >= sizeof e->text)
        return;
    memmove(e->text + e->cursor + n, e->text + e->cursor, e->len - e->cursor + 1);
    memcpy(e->text + e->cursor, bytes, n);
    e->len += n;
    e->cursor += n;
}

static size_t word_start(const struct textedit *e) {
    size_t at = e->cursor;
    while (at > 0 && e->text[at - 1] == ' ')
        at--;
    while (at > 0 && e->text[at - 1] != ' ')
        at--;
    return at;
}

void textedit_set(struct textedit *e, const char *text) {
    e->len = 0;
    e->cursor = 0;
    e->text[0] = '\0';
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t cp = 0;
        size_t n = utf8_decode(text, left, &cp);
        if (n > 0)
            insert(e, cp);
        else
            n = 1;
        text += n;
        left -= n;
    }
}

static bool control_key(struct textedit *e, uint32_t ch) {
    switch (ch) {
    case 0x01: // ^A
        e->cursor = 0;
        return true;
    case 0x05: // ^E
        e->cursor = e->len;
        return true;
    case 0x08: // ^H
    case 0x7f:
        cut(e, before(e, e->cursor), e->cursor);
        return true;
    case 0x0b: // ^K
        cut(e, e->cursor, e->len);
        return true;
    case 0x15: // ^U
        cut(e, 0, e->cursor);
        return true;
    case 0x17: // ^W
        cut(e, word_start(e), e->cursor);
        return true;
    default:
        return false;
    }
}

bool textedit_key(struct textedit *e, const struct key *key) {
    switch (key->code) {
    case KEY_CHAR:
        if (key->ch < 0x20 || key->ch == 0x7f)
            return control_key(e, key->ch);
        insert(e, key->ch);
        return true;
    case KEY_LEFT_:
        e->cursor = before(e, e->cursor);
        return true;
    case KEY_RIGHT_:
        e->cursor = after(e, e->cursor);
        return true;
    case KEY_HOME_:
        e->cursor = 0;
        return true;
    case KEY_END_:
        e->cursor = e->len;
        return true;
    case KEY_BACKSPACE_:
        cut(e, before(e, e->cursor), e->cursor);
        return true;
    case KEY_DELETE_:
        cut(e, e->cursor, after(e, e->cursor));
        return true;
    default:
        return false;
    }
}
