// fuzz_lens.c - libFuzzer over lens descriptions, typed values, inspected bytes and edits: the
// first byte picks one.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/editbuf.h"
#include "core/inspect.h"
#include "core/lens.h"
#include "core/lenses.h"
#include "core/text.h"
#include "core/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
    if (!ok)
        abort();
}

// A field lies in the lens, shows what is given to it, and is found again by its offset.
static void field(const struct lens *l, uint64_t row) {
    static const uint8_t bytes[VALUE_BYTES_MAX] = {1, 2, 0xff, 0x80};
    struct lens_field f, again;
    char text[1200];
    check(lens_field(l, row, &f));
    check(f.path[0] && f.type[0] && f.value.size > 0);
    check(f.offset + f.value.size <= lens_size(l));
    check(lens_row_at(l, f.offset) < lens_rows(l));
    check(lens_field(l, lens_row_at(l, f.offset), &again));
    value_format(&f.value, bytes, sizeof bytes, text, sizeof text);
    check(text_width(text) > 0);
    value_format(&f.value, bytes, 0, text, sizeof text);
    value_edit_text(&f.value, bytes, sizeof bytes, text, sizeof text);
}

static void description(const char *text, size_t len) {
    struct lens *l = NULL;
    struct lens_error e;
    if (lens_parse(text, len, &l, &e) != 0) {
        check(e.text[0] && e.line > 0 && e.column > 0);
        return;
    }
    lens_fit(l, 100000);
    uint64_t rows = lens_rows(l), size = lens_size(l);
    for (uint64_t i = 0; i < rows && i < 40; i++)
        field(l, i);
    if (rows) {
        field(l, rows / 2);
        field(l, rows - 1);
    }
    struct lens_field f;
    check(!lens_field(l, rows, &f));
    lens_row_at(l, size);
    lens_row_at(l, UINT64_MAX);
    lens_fit(l, 0);
    lens_free(l);
}

// The file of lenses: what is put into it is there, whatever stood in it.
static void kept(const char *bytes, size_t len) {
    struct lenses *l = NULL;
    struct lens_error e;
    check(lenses_parse(bytes, len, &l, &e) == 0);
    check(e.line == 0 || (e.text[0] && e.column > 0));
    size_t before = lenses_count(l);
    lenses_free(l);
    if (memchr(bytes, '\0', len) || len > 4096)
        return;
    char *text = strndup(bytes, len), *put = text ? lenses_put(text, "fuzz", "u8 x;\nu8 y;") : NULL;
    check(put != NULL);
    check(lenses_parse(put, strlen(put), &l, &e) == 0);
    check(lenses_count(l) >= 1 && lenses_count(l) >= before);
    lenses_free(l);
    free(text);
    free(put);
}

// What is typed is refused in words, or gives bytes that read back as the same bytes.
static void typed(const uint8_t *data, size_t size) {
    static const struct value_name names[] = {{"IDLE", 0}, {"BUSY", 2}};
    char text[600], why[160] = "";
    uint8_t out[VALUE_BYTES_MAX], back[VALUE_BYTES_MAX];
    size_t len = 0, again = 0;
    if (size < 2 || size > 500)
        return;
    struct value_type t = {.kind = (enum value_kind)(data[0] % (VALUE_BYTES + 1)),
                           .size = UINT64_C(1) << (data[1] & 3),
                           .is_signed = data[1] & 4,
                           .big_endian = data[1] & 8,
                           .names = names,
                           .name_count = 2};
    if (t.kind == VALUE_FLOAT && t.size < 4)
        t.size = 4;
    if (t.kind == VALUE_TEXT)
        t.size = data[1];
    if (t.kind == VALUE_CHAR || t.kind == VALUE_BOOL)
        t.size = 1;
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    if (value_parse(&t, text, out, &len, why, sizeof why) != 0) {
        check(why[0] != '\0');
        return;
    }
    check(len <= VALUE_BYTES_MAX && len <= t.size);
    value_edit_text(&t, out, len, text, sizeof text);
    if (t.kind <= VALUE_ENUM && t.kind != VALUE_FLOAT) {
        check(value_parse(&t, text, back, &again, why, sizeof why) == 0);
        check(again == len && memcmp(out, back, len) == 0);
    }
}

static void edits(const uint8_t *data, size_t size) {
    struct editbuf e = {0};
    struct edit_range r;
    uint64_t at = 0;
    for (size_t i = 0; i + 2 < size; i += 3) {
        uint64_t offset = data[i + 1];
        switch (data[i] % 7) {
        case 0:
            editbuf_undo(&e, &at);
            break;
        case 1:
            editbuf_redo(&e, &at);
            break;
        case 2:
            editbuf_value(&e, offset, data + i, data + i, size - i > 8 ? 8 : size - i);
            break;
        case 3:
            editbuf_written(&e, offset, data[i + 2]);
            break;
        case 4:
            editbuf_new_group(&e);
            break;
        default:
            check(editbuf_type(&e, offset, data[i + 2], data[i]) == 0);
        }
        size_t next = 0, bytes = 0;
        while (editbuf_range(&e, &next, &r))
            bytes += r.len;
        check(bytes == e.count && editbuf_range_count(&e) <= e.count);
    }
    while (editbuf_undo(&e, &at)) {
    }
    editbuf_done(&e);
}

static void inspected(const uint8_t *data, size_t size) {
    struct inspect_line lines[INSPECT_MAX];
    check(inspect_at(NULL, NULL, 0, data, size, size & 1, lines) <= INSPECT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    // A block of exactly this size: one byte read too far is seen.
    size_t len = size - 1;
    uint8_t *copy = malloc(len ? len : 1);
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 1, len);
    switch (data[0] % 6) {
    case 0:
    case 1:
        description((const char *)copy, len);
        break;
    case 2:
        typed(copy, len);
        break;
    case 3:
        edits(copy, len);
        break;
    case 5:
        kept((const char *)copy, len);
        break;
    default:
        inspected(copy, len);
        break;
    }
    free(copy);
    return 0;
}
