// fuzz_core.c - libFuzzer over every parser of the core: the first byte picks one.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/copyfacts.h"
#include "core/filter.h"
#include "core/fmt.h"
#include "core/origin.h"
#include "core/qitem.h"
#include "core/segname.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
    if (!ok)
        abort();
}

// What a SEG is written as parses back to the same text.
static void seg(const char *text) {
    struct seg_ref ref, again;
    const char *why = NULL;
    char buf[20000], twice[20000];
    if (seg_parse(text, &ref, &why) < 0) {
        check(why != NULL && *why != '\0');
        return;
    }
    check(seg_ref_format(&ref, buf, sizeof buf) < sizeof buf);
    check(seg_parse(buf, &again, &why) == 0);
    seg_ref_format(&again, twice, sizeof twice);
    check(strcmp(buf, twice) == 0);
}

// Escaping loses nothing and leaves nothing that a terminal would obey.
static void name(const char *bytes, size_t len) {
    char text[4 * 4096 + 1], back[4 * 4096 + 1];
    if (len > 4000)
        return;
    size_t n = name_escape(bytes, len, true, text, sizeof text);
    check(n == strlen(text));
    for (const char *p = text; *p; p++)
        check((unsigned char)*p >= 0x20 && *p != 0x7f);
    check(name_unescape(text, back, sizeof back) == (ssize_t)len);
    check(memcmp(back, bytes, len) == 0);
}

static void words(const char *text) {
    struct filter *f = NULL;
    char why[200] = "";
    if (filter_parse(text, &f, why, sizeof why) < 0)
        check(*why != '\0');
    filter_free(f);
}

static void numbers(const char *text) {
    uint64_t n;
    uint32_t mode;
    parse_size(text, &n);
    parse_u64(text, &n);
    parse_age(text, &n);
    parse_mode(text, &mode);
}

static void origin_rows(const char *text, size_t len) {
    struct origins *o = NULL;
    char why[200] = "";
    if (origins_parse(text, len, &o, why, sizeof why) < 0)
        check(*why != '\0');
    else
        origins_unref(o);
}

static void cells(const char *text) {
    char buf[64];
    size_t used = 0, n = text_clip(text, 20, &used);
    check(n <= strlen(text) && used <= 20);
    check(text_fit(text, 20, "~", buf, sizeof buf) <= 20);
    text_width(text);
}

// What others may have laid into a quarantine, or beside a copy. What is taken leads nowhere
// outside and is written again as it was.
static void put_aside(const char *text, size_t len) {
    static char buf[COPY_FACTS_MAX];
    struct qnote note;
    struct copy_facts facts, again;
    struct qitem item;
    char name_buf[QITEM_NAME], note_buf[QITEM_NOTE_MAX];
    uint64_t ns;
    uint32_t uid;
    quarantine_has_path(text, len);
    quarantine_parse_dir(text, &uid);
    qitem_parse(text, &item, &ns);
    if (qitem_parse_name(text, &item))
        check(strcmp(qitem_name(&item, name_buf), text) == 0);
    if (qnote_parse(text, len, &note) == 0) {
        check(note.path[0] == '/' && strstr(note.path, "/../") == NULL);
        check(qnote_format(&note, note_buf) == 0 && strlen(note_buf) == len &&
              memcmp(note_buf, text, len) == 0);
    }
    if (copy_facts_parse(text, len, &facts) == 0) {
        size_t n = copy_facts_format(&facts, buf);
        check(n < sizeof buf && copy_facts_parse(buf, n, &again) == 0);
        check(facts.size == again.size && facts.mode == again.mode &&
              strcmp(facts.name, again.name) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    char unescaped[256], *text = malloc(size);
    if (text == NULL)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0] % 6) {
    case 0:
        seg(text);
        break;
    case 1:
        name((const char *)data + 1, size - 1);
        name_unescape(text, unescaped, sizeof unescaped);
        break;
    case 2:
        words(text);
        break;
    case 3:
        numbers(text);
        break;
    case 4:
        origin_rows(text, size - 1);
        break;
    default:
        cells(text);
        put_aside(text, size - 1);
        break;
    }
    free(text);
    return 0;
}
