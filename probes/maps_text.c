// maps_text.c - the mappings of a process from the text of /proc/PID/maps.
#include "probes/maps_parse.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/model.h"

static bool take_number(const char **at, const char *end, unsigned base, uint64_t *out) {
    uint64_t value = 0;
    const char *p = *at;
    for (; p < end; p++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (base == 16 && *p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else
            break;
        if (value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    if (p == *at)
        return false;
    *at = p;
    *out = value;
    return true;
}

static bool take_char(const char **at, const char *end, char c) {
    if (*at == end || **at != c)
        return false;
    (*at)++;
    return true;
}

static bool take_access(const char **at, const char *end, struct map_line *out) {
    const char *p = *at;
    if (end - p < 4 || (p[0] != 'r' && p[0] != '-') || (p[1] != 'w' && p[1] != '-') ||
        (p[2] != 'x' && p[2] != '-') || (p[3] != 's' && p[3] != 'p'))
        return false;
    out->access = (uint8_t)((p[0] == 'r' ? ACCESS_R : 0) | (p[1] == 'w' ? ACCESS_W : 0) |
                            (p[2] == 'x' ? ACCESS_X : 0));
    out->is_private = p[3] == 'p';
    *at = p + 4;
    return true;
}

bool maps_parse_line(const char *line, size_t len, struct map_line *out) {
    const char *at = line, *end = line + len;
    uint64_t dev_major, dev_minor;
    struct map_line m = {0};
    if (!take_number(&at, end, 16, &m.start) || !take_char(&at, end, '-') ||
        !take_number(&at, end, 16, &m.end) || !take_char(&at, end, ' ') ||
        !take_access(&at, end, &m) || !take_char(&at, end, ' ') ||
        !take_number(&at, end, 16, &m.offset) || !take_char(&at, end, ' ') ||
        !take_number(&at, end, 16, &dev_major) || !take_char(&at, end, ':') ||
        !take_number(&at, end, 16, &dev_minor) || !take_char(&at, end, ' ') ||
        !take_number(&at, end, 10, &m.ino))
        return false;
    if (m.end < m.start || dev_major > UINT32_MAX || dev_minor > UINT32_MAX)
        return false;
    if (at < end && *at != ' ')
        return false;
    while (at < end && *at == ' ')
        at++;
    m.dev = makedev((unsigned)dev_major, (unsigned)dev_minor);
    m.name = at;
    m.name_len = (size_t)(end - at);
    *out = m;
    return true;
}

size_t maps_unescape(char *name, size_t len) {
    size_t to = 0;
    if (!memchr(name, '\\', len))
        return len;
    for (size_t i = 0; i < len; i++) {
        if (len - i >= 4 && memcmp(name + i, "\\012", 4) == 0) {
            name[to++] = '\n';
            i += 3;
        } else {
            name[to++] = name[i];
        }
    }
    return to;
}

// Most lines are of no device or of one with a driver: told by the device field alone, without
// reading numbers. "start-end perms offset 00:MIN ino name"
static bool may_be_shared(const char *line, size_t len) {
    const char *end = line + len;
    const char *at = memchr(line, ' ', len);
    if (!at || end - at < 16)
        return false;
    at = memchr(at + 6, ' ', (size_t)(end - at - 6));
    return at && end - at > 7 && memcmp(at, " 00:", 4) == 0 && memcmp(at + 4, "00 ", 3) != 0;
}

static int take_line(const char *line, size_t len, bool private_too, const struct devices *devices,
                     struct maps_scratch *scratch, struct seen_maps *out) {
    struct map_line m;
    if (!may_be_shared(line, len) || !maps_parse_line(line, len, &m) ||
        (m.is_private && !private_too) || m.name_len > sizeof scratch->name)
        return 0;
    memcpy(scratch->name, m.name, m.name_len);
    m.name = scratch->name;
    m.name_len = maps_unescape(scratch->name, m.name_len);
    return maps_take(out, devices, &m);
}

int maps_read_text(int fd, bool private_too, const struct devices *devices,
                   struct maps_scratch *scratch, struct seen_maps *out) {
    char *text = scratch->text;
    size_t held = 0;
    bool any = false;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    for (;;) {
        ssize_t n = read(fd, text + held, sizeof scratch->text - held);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return any ? 0 : -ESRCH;
        any = true;
        size_t len = held + (size_t)n, at = 0;
        const char *nl;
        while ((nl = memchr(text + at, '\n', len - at))) {
            size_t line_len = (size_t)(nl - text) - at;
            int err = take_line(text + at, line_len, private_too, devices, scratch, out);
            if (err)
                return err;
            at += line_len + 1;
        }
        // A line is never longer than a path and some numbers.
        held = len - at < sizeof scratch->text ? len - at : 0;
        memmove(text, text + at, held);
    }
}
