// fuzz_input.c - libFuzzer over what a person types into the monitor: the first byte picks where.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
#include "core/pattern.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
    if (!ok)
        abort();
}

// Whatever keys come, the text stays terminated, valid, printable, and the cursor inside of it.
static void keys(const uint8_t *data, size_t size) {
    struct textedit e;
    textedit_set(&e, "");
    for (size_t i = 0; i + 1 < size; i += 2) {
        struct key key = {.code = (enum key_code)(data[i] % (KEY_RESIZE_ + 1)),
                          .ch = data[i] & 0x20 ? data[i + 1] : data[i + 1] * 257u};
        textedit_key(&e, &key);
        check(e.len < TEXTEDIT_SIZE && e.cursor <= e.len && e.text[e.len] == '\0');
        check(strlen(e.text) == e.len);
        check(e.cursor == e.len || ((uint8_t)e.text[e.cursor] & 0xc0) != 0x80);
    }
    for (size_t at = 0; at < e.len;) {
        uint32_t cp = 0;
        size_t n = utf8_decode(e.text + at, e.len - at, &cp);
        check(n > 0 && cp_width(cp) >= 0);
        at += n;
    }
    struct textedit again;
    textedit_set(&again, e.text);
    check(strcmp(again.text, e.text) == 0);
}

static void offsets(struct hex_state *h, const char *text) {
    const char *why = NULL;
    uint64_t at = 0;
    h->bytes.size = 1 << 20;
    h->cursor = 4242;
    if (!hex_parse_goto(h, text, &at, &why))
        check(why != NULL && *why != '\0');
}

// What is found lies in the hay, whatever is looked for.
static void needles(const char *text) {
    static const uint8_t hay[64] = "hay\x7f\xff 42 a line\nand another one \xe6\x9c\xac";
    const char *why = NULL;
    struct pattern *p = NULL;
    size_t match = 0;
    if (pattern_parse(text, false, &p, &why) != 0) {
        check(why != NULL && *why != '\0');
        return;
    }
    ssize_t at = pattern_first(p, hay, sizeof hay, sizeof hay, false, &match);
    check(at < 0 || (size_t)at + match <= sizeof hay);
    at = pattern_last(p, hay, sizeof hay, sizeof hay, false, &match);
    check(at < 0 || (size_t)at + match <= sizeof hay);
    pattern_matches_zeroes(p);
    check(pattern_reach(p) <= PATTERN_REACH);
    pattern_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct hex_state hex;
    if (size == 0)
        return 0;
    char *text = malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0] % 3) {
    case 0:
        keys(data + 1, size - 1);
        break;
    case 1:
        offsets(&hex, text);
        break;
    default:
        needles(text);
        break;
    }
    free(text);
    return 0;
}
