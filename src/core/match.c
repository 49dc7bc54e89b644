// match.c - finding text in names, whatever its case.
#include "core/match.h"

#include <string.h>

#include "core/columns.h"
#include "core/segname.h"

enum { NAME_ROOM = 4 * 4096 + 8 }; // the longest path, every byte escaped

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool match_bytes(const char *hay, size_t len, const char *text, size_t text_len) {
    if (text_len == 0 || text_len > len)
        return text_len == 0;
    char first = lower(text[0]);
    for (size_t i = 0; i + text_len <= len; i++) {
        if (lower(hay[i]) != first)
            continue;
        size_t n = 1;
        while (n < text_len && lower(hay[i + n]) == lower(text[n]))
            n++;
        if (n == text_len)
            return true;
    }
    return false;
}

static bool needs_escaping(const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (bytes[i] < 0x20 || bytes[i] > 0x7e || bytes[i] == '\\')
            return true;
    return false;
}

bool match_name(strv name, const char *text, size_t text_len) {
    const char *bytes;
    size_t len;
    char escaped[NAME_ROOM];
    if (strv_get(name, &bytes, &len) != WHY_KNOWN)
        return false;
    if (!needs_escaping(bytes, len)) // most: the escaped form is the bytes themselves
        return match_bytes(bytes, len, text, text_len);
    name_escape(bytes, len, false, escaped, sizeof escaped);
    return match_bytes(escaped, strlen(escaped), text, text_len);
}

bool match_label(const struct snapshot *snap, const struct segment *seg, const char *text,
                 size_t text_len) {
    char label[32];
    if (seg->name.why_ == WHY_KNOWN && seg->name.len_ > 0 && seg->id.kind != SEG_SYSV)
        return match_name(seg->name, text, text_len);
    return column_text(snap, seg, COL_LABEL, NULL, label, sizeof label) == WHY_KNOWN &&
           match_bytes(label, strlen(label), text, text_len);
}

size_t match_distance(const char *a, const char *b) {
    enum { LONGEST = 31 };
    size_t row[LONGEST + 1], len_a = strlen(a), len_b = strlen(b);
    if (len_a > LONGEST || len_b > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= len_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            size_t least = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            least = row[j] + 1 < least ? row[j] + 1 : least;
            row[j] = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
        }
    }
    return row[len_b];
}
