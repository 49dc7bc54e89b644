// app_seg.c - facts about segments in words.
#include <stdio.h>
#include <string.h>

#include "app/app_parts.h"
#include "core/columns.h"
#include "core/segname.h"
#include "core/verdict.h"

const char *shell_quote(const char *text, char *buf, size_t size) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/:._-+=@%,";
    if (text[0] && text[strspn(text, plain)] == '\0') {
        snprintf(buf, size, "%s", text);
        return buf;
    }
    size_t n = 0;
    if (size < 8)
        return "";
    buf[n++] = '\'';
    for (; *text && n + 6 < size; text++) {
        if (*text == '\'') {
            memcpy(buf + n, "'\\''", 4);
            n += 4;
        } else {
            buf[n++] = *text;
        }
    }
    buf[n++] = '\'';
    buf[n] = '\0';
    return buf;
}

const char *seg_shell(const struct segment *seg, char *buf, size_t size) {
    char text[4200];
    seg_format(seg, text, sizeof text);
    return shell_quote(text, buf, size);
}

bool seg_in_use(const struct segment *seg) {
    uint64_t nattch = 0;
    seg_get(seg, SEG_NATTCH, &nattch);
    return nattch > 0 || seg->holding_count > 0;
}

const char *seg_use_text(const struct segment *seg, char *buf, size_t size) {
    uint64_t hidden = 0;
    seg_get(seg, SEG_HIDDEN, &hidden);
    unsigned n = seg->holding_count;
    if (n && hidden)
        snprintf(buf, size, "%u process%s and some that cannot be seen hold it", n,
                 n == 1 ? "" : "es");
    else if (n)
        snprintf(buf, size, "%u process%s it", n, n == 1 ? " holds" : "es hold");
    else if (seg_in_use(seg))
        snprintf(buf, size, "processes that cannot be seen hold it");
    else if (verdict_of(seg) == VERDICT_PROTECTED)
        snprintf(buf, size, "nobody holds it; kept on purpose by its software");
    else if (verdict_of(seg) == VERDICT_IN_USE)
        snprintf(buf, size, "another of its group is in use");
    else if (verdict_of(seg) == VERDICT_UNKNOWN)
        snprintf(buf, size, "nobody is seen to hold it, but not everybody can be seen");
    else
        snprintf(buf, size, "nobody is seen to hold it");
    return buf;
}

const char *seg_title(const struct snapshot *snap, const struct segment *seg, char *buf,
                      size_t size) {
    struct column_style style = {.raw_bytes = false};
    char text[4200], bytes[32];
    uint64_t key = 0;
    seg_format(seg, text, sizeof text);
    column_text(snap, seg, COL_SIZE, &style, bytes, sizeof bytes);
    if (seg_get(seg, SEG_KEY, &key) == WHY_KNOWN && key != 0)
        snprintf(buf, size, "%s key 0x%08llx  %s", text, (unsigned long long)key, bytes);
    else
        snprintf(buf, size, "%s  %s", text, bytes);
    return buf;
}
