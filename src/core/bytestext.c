// bytestext.c - bytes as text for people and programs.
#include "core/bytestext.h"

#include <stdio.h>
#include <string.h>

#include "core/segname.h"

enum { HEX_LINE = 16, C_LINE = 12 };

struct sink {
    char *buf;
    size_t size, len;
};

static void put(struct sink *s, const char *text) {
    for (; *text; text++, s->len++)
        if (s->len + 1 < s->size)
            s->buf[s->len] = *text;
}

const char *bytes_form_name(enum bytes_form form) {
    static const char *const names[BYTES_FORM_COUNT] = {"hex", "C array", "text"};
    return names[form];
}

static void hex(struct sink *s, const uint8_t *bytes, size_t len) {
    char pair[4];
    for (size_t i = 0; i < len; i++) {
        snprintf(pair, sizeof pair, "%02x", bytes[i]);
        put(s, i == 0 ? "" : i % HEX_LINE == 0 ? "\n" : " ");
        put(s, pair);
    }
}

static void c_array(struct sink *s, const uint8_t *bytes, size_t len) {
    char item[64];
    snprintf(item, sizeof item, "const unsigned char bytes[%zu] = {", len);
    put(s, item);
    for (size_t i = 0; i < len; i++) {
        snprintf(item, sizeof item, "%s0x%02x,", i % C_LINE == 0 ? "\n    " : " ", bytes[i]);
        put(s, item);
    }
    put(s, "\n};\n");
}

size_t bytes_text(enum bytes_form form, const uint8_t *bytes, size_t len, char *buf, size_t size) {
    struct sink s = {buf, size, 0};
    if (form == BYTES_TEXT)
        return name_escape((const char *)bytes, len, false, buf, size);
    if (form == BYTES_HEX)
        hex(&s, bytes, len);
    else
        c_array(&s, bytes, len);
    if (size > 0)
        buf[s.len < size ? s.len : size - 1] = '\0';
    return s.len;
}
