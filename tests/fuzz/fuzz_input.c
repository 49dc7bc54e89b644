// fuzz_input.c - libFuzzer over what a person types into the monitor: the first byte picks where.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_parts.h"
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

static void needles(struct hex_state *h, const char *text) {
    const char *why = NULL;
    uint8_t out[64];
    size_t len = 0;
    if (hex_parse_needle(h, text, out, sizeof out, &len, &why))
        check(len > 0 && len <= sizeof out);
    else
        check(why != NULL && *why != '\0');
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
        needles(&hex, text);
        break;
    }
    free(text);
    return 0;
}
