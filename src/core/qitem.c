// qitem.c - how what lies in quarantine is named, and the text that tells where it belongs.
#include "core/qitem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_VERSION = 1, KEEP_MAX_S = 366 * 86400 };

// A number with no leading zero; *p is left behind it. The digits are those of `base`, 10 or 16, in
// lower case.
static bool take_number(const char **p, unsigned base, uint64_t *out) {
    static const char digits[] = "0123456789abcdef";
    uint64_t n = 0;
    const char *start = *p, *digit;
    for (; **p != '\0' && (digit = strchr(digits, **p)) != NULL; ++*p) {
        uint64_t value = (uint64_t)(digit - digits);
        if (value >= base)
            break;
        if (__builtin_mul_overflow(n, base, &n) || __builtin_add_overflow(n, value, &n))
            return false;
    }
    if (*p == start || (*start == '0' && *p != start + 1))
        return false;
    *out = n;
    return true;
}

static bool take_char(const char **p, char c) {
    if (**p != c)
        return false;
    ++*p;
    return true;
}

const char *qitem_name(const struct qitem *item, char buf[QITEM_NAME]) {
    snprintf(buf, QITEM_NAME, "%" PRIx64 "-%" PRIx64 "-%" PRIx64, item->dev, item->ino,
             item->since_ms);
    return buf;
}

static bool take_name(const char **p, struct qitem *out) {
    return take_number(p, 16, &out->dev) && take_char(p, '-') && take_number(p, 16, &out->ino) &&
           take_char(p, '-') && take_number(p, 16, &out->since_ms);
}

bool qitem_parse_name(const char *name, struct qitem *out) {
    return take_name(&name, out) && *name == '\0';
}

bool qitem_parse(const char *text, struct qitem *out, uint64_t *ns) {
    *ns = 0;
    if (strncmp(text, "item:", 5) != 0)
        return false;
    text += 5;
    if (!take_name(&text, out))
        return false;
    if (take_char(&text, '@') && (!take_number(&text, 10, ns) || *ns == 0))
        return false;
    return *text == '\0';
}

const char *qitem_format(const struct qitem *item, uint64_t ns, char buf[QITEM_TEXT]) {
    char name[QITEM_NAME];
    qitem_name(item, name);
    if (ns != 0)
        snprintf(buf, QITEM_TEXT, "item:%s@%" PRIu64, name, ns);
    else
        snprintf(buf, QITEM_TEXT, "item:%s", name);
    return buf;
}

// The shorter it is the better: up to 127 bytes cost the tmpfs no page of its own.
int qnote_format(const struct qnote *note, char buf[QITEM_NOTE_MAX]) {
    char folder[48] = "", boot[24] = "";
    if (note->boot_s)
        snprintf(boot, sizeof boot, "+%" PRIu64, note->boot_s);
    if (note->has_folder)
        snprintf(folder, sizeof folder, " %o.%" PRIu32 ".%" PRIu32, note->mode & 07777u, note->uid,
                 note->gid);
    int n = snprintf(buf, QITEM_NOTE_MAX, "%d %" PRIu64 "%s%s\n%s", NOTE_VERSION, note->keep_s,
                     boot, folder, note->path);
    return n > 0 && n < QITEM_NOTE_MAX ? 0 : -ENAMETOOLONG;
}

static bool take_folder(const char **p, struct qnote *out) {
    uint64_t mode = 0, uid = 0, gid = 0;
    // Octal digits are decimal ones here: 0700 is written 700.
    if (!take_number(p, 10, &mode) || !take_char(p, '.') || !take_number(p, 10, &uid) ||
        !take_char(p, '.') || !take_number(p, 10, &gid) || uid > UINT32_MAX || gid > UINT32_MAX ||
        mode > 7777)
        return false;
    for (uint32_t unit = 1; mode != 0; mode /= 10, unit *= 8) {
        if (mode % 10 > 7)
            return false;
        out->mode += (uint32_t)(mode % 10) * unit;
    }
    out->uid = (uint32_t)uid;
    out->gid = (uint32_t)gid;
    out->has_folder = true;
    return true;
}

// "/a/b": no empty part, no "." and no "..".
static bool is_plain_path(const char *path) {
    if (*path != '/')
        return false;
    for (const char *p = path; *p == '/';) {
        size_t len = strcspn(++p, "/");
        if (len == 0 || (p[0] == '.' && (len == 1 || (len == 2 && p[1] == '.'))))
            return false;
        p += len;
    }
    return true;
}

int qnote_parse(const char *text, size_t len, struct qnote *out) {
    char buf[QITEM_NOTE_MAX];
    const char *p = buf;
    uint64_t version = 0;
    memset(out, 0, sizeof *out);
    if (len == 0 || len >= sizeof buf || memchr(text, '\0', len) != NULL)
        return -EINVAL;
    memcpy(buf, text, len);
    buf[len] = '\0';
    if (!take_number(&p, 10, &version) || version != NOTE_VERSION || !take_char(&p, ' ') ||
        !take_number(&p, 10, &out->keep_s) || out->keep_s > KEEP_MAX_S)
        return -EINVAL;
    if (take_char(&p, '+') && (!take_number(&p, 10, &out->boot_s) || out->boot_s == 0))
        return -EINVAL;
    if (take_char(&p, ' ') && !take_folder(&p, out))
        return -EINVAL;
    if (!take_char(&p, '\n') || !is_plain_path(p) || strlen(p) >= sizeof out->path)
        return -EINVAL;
    memcpy(out->path, p, strlen(p) + 1);
    return 0;
}

static bool take_dir(const char **p, uint32_t *uid) {
    uint64_t n = 0, suffix;
    if (strncmp(*p, QUARANTINE_PREFIX, sizeof QUARANTINE_PREFIX - 1) != 0)
        return false;
    *p += sizeof QUARANTINE_PREFIX - 1;
    if (!take_number(p, 10, &n) || n > UINT32_MAX)
        return false;
    *uid = (uint32_t)n;
    return !take_char(p, '.') || take_number(p, 16, &suffix);
}

bool quarantine_parse_dir(const char *name, uint32_t *uid) {
    return take_dir(&name, uid) && *name == '\0';
}

bool quarantine_has_path(const char *path, size_t len) {
    char tail[2 * QITEM_NAME + 64] = "";
    struct qitem item;
    uint32_t uid;
    size_t from = len;
    // The last two parts of the path.
    for (int slashes = 0; from > 0 && slashes < 2;)
        slashes += path[--from] == '/';
    if (len == 0 || len - from >= sizeof tail || path[from] != '/')
        return false;
    memcpy(tail, path + from + 1, len - from - 1);
    tail[len - from - 1] = '\0';
    const char *p = tail;
    return take_dir(&p, &uid) && take_char(&p, '/') && qitem_parse_name(p, &item);
}
