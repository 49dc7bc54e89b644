// mountinfo.c - the lines of /proc/PID/mountinfo.
#include "probes/mountinfo.h"

#include <string.h>
#include <sys/sysmacros.h>

static bool next_field(const char **at, const char *end, const char **field, size_t *len) {
    while (*at < end && **at == ' ')
        (*at)++;
    *field = *at;
    while (*at < end && **at != ' ')
        (*at)++;
    *len = (size_t)(*at - *field);
    return *len > 0;
}

static bool parse_dev(const char *text, size_t len, uint64_t *dev) {
    unsigned part[2] = {0, 0};
    size_t which = 0, digits = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == ':' && which == 0 && digits > 0) {
            which = 1;
            digits = 0;
        } else if (text[i] >= '0' && text[i] <= '9' && digits < 9) {
            part[which] = part[which] * 10 + (unsigned)(text[i] - '0');
            digits++;
        } else {
            return false;
        }
    }
    *dev = makedev(part[0], part[1]);
    return which == 1 && digits > 0;
}

// "36 35 98:0 /root /point options [optional fields] - type source super-options", see proc(5).
static bool parse_line(const char *line, size_t len, struct mount_line *out) {
    const char *at = line, *end = line + len, *field;
    size_t n;
    for (int i = 0; i < 6; i++) {
        if (!next_field(&at, end, &field, &n))
            return false;
        if (i == 2 && !parse_dev(field, n, &out->dev))
            return false;
        if (i == 3) {
            out->top = field;
            out->top_len = n;
        }
        if (i == 4) {
            out->point = field;
            out->point_len = n;
        }
    }
    do {
        if (!next_field(&at, end, &field, &n))
            return false;
    } while (n != 1 || *field != '-');
    return next_field(&at, end, &out->type, &out->type_len);
}

bool mountinfo_next(const char **at, const char *end, struct mount_line *out) {
    while (*at < end) {
        const char *line = *at, *nl = memchr(line, '\n', (size_t)(end - line));
        size_t len = nl ? (size_t)(nl - line) : (size_t)(end - line);
        struct mount_line m = {0};
        *at = nl ? nl + 1 : end;
        if (parse_line(line, len, &m)) {
            *out = m;
            return true;
        }
    }
    return false;
}

bool mount_is_type(const struct mount_line *m, const char *type) {
    return m->type_len == strlen(type) && memcmp(m->type, type, m->type_len) == 0;
}

static bool is_octal(const char *s) {
    return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

bool mount_point(const struct mount_line *m, char *buf, size_t size) {
    size_t to = 0;
    for (size_t i = 0; i < m->point_len; i++) {
        char c = m->point[i];
        if (c == '\\' && m->point_len - i >= 4 && is_octal(m->point + i + 1)) {
            const char *o = m->point + i + 1;
            c = (char)((o[0] - '0') * 64 + (o[1] - '0') * 8 + (o[2] - '0'));
            i += 3;
        }
        if (c == '\0' || to + 1 >= size)
            return false;
        buf[to++] = c;
    }
    buf[to] = '\0';
    return to > 0;
}

// A path below such a mount may hang until a server answers: never walked.
static bool may_hang(const char *type, size_t len) {
    static const char *const types[] = {"nfs", "cifs", "smb3", "fuse", "autofs",
                                        "9p",  "ceph", "afs",  "coda", "virtiofs"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (len >= strlen(types[i]) && memcmp(type, types[i], strlen(types[i])) == 0)
            return true;
    return false;
}

bool mount_is_behind(const char *text, const char *end, const struct mount_line *m) {
    struct mount_line other;
    while (mountinfo_next(&text, end, &other)) {
        size_t n = other.point_len;
        if (n > 1 && n < m->point_len && m->point[n] == '/' &&
            memcmp(m->point, other.point, n) == 0 && may_hang(other.type, other.type_len))
            return true;
    }
    return false;
}
