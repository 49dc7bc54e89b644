// bytestext.h - bytes as text for people and programs.
#ifndef CORE_BYTESTEXT_H
#define CORE_BYTESTEXT_H

#include <stddef.h>
#include <stdint.h>

enum bytes_form { BYTES_HEX, BYTES_C_ARRAY, BYTES_TEXT, BYTES_FORM_COUNT };
// "7f 45 4c 46" in lines of 16; "const unsigned char bytes[4] = {0x7f, ...};" in lines of 12; the
// characters, with \xNN for what is none. Static words for a menu: "hex", "C array", "text".
const char *bytes_form_name(enum bytes_form form);
// Writes it terminated, cut where it does not fit. Returns the full length.
size_t bytes_text(enum bytes_form form, const uint8_t *bytes, size_t len, char *buf, size_t size);

#endif
