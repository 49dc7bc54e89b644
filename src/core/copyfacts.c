// copyfacts.c - the text beside a saved copy of a segment.
#include "core/copyfacts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/fmt.h"
#include "core/segname.h"

enum { VERSION = 1, MODE_BITS = 0777 };

// X(word, member): the numbers, in the order of the lines.
#define NUMBER_LIST(X)                                                                             \
    X("shmid", shmid)                                                                              \
    X("key", key)                                                                                  \
    X("namespace", ns)                                                                             \
    X("size", size)                                                                                \
    X("uid", uid)                                                                                  \
    X("gid", gid)                                                                                  \
    X("creator", cpid)                                                                             \
    X("last", lpid)                                                                                \
    X("time", time_ns)

static const struct number {
    const char *word;
    size_t at, size;
} numbers[] = {
#define X(word, member)                                                                            \
    {word, offsetof(struct copy_facts, member), sizeof(((struct copy_facts *)0)->member)},
    NUMBER_LIST(X)
#undef X
};
enum { NUMBER_COUNT = sizeof numbers / sizeof *numbers };
// Of the others, after the numbers, in a set of words seen.
enum { SEEN_VERSION = NUMBER_COUNT, SEEN_KIND, SEEN_NAME, SEEN_MODE, SEEN_HUGE };

static uint64_t get(const struct copy_facts *f, const struct number *n) {
    uint64_t wide;
    uint32_t narrow;
    if (n->size == sizeof wide) {
        memcpy(&wide, (const char *)f + n->at, sizeof wide);
        return wide;
    }
    memcpy(&narrow, (const char *)f + n->at, sizeof narrow);
    return narrow;
}

static bool put(struct copy_facts *f, const struct number *n, uint64_t value) {
    uint32_t narrow = (uint32_t)value;
    if (n->size == sizeof value)
        memcpy((char *)f + n->at, &value, sizeof value);
    else if (value > UINT32_MAX)
        return false;
    else
        memcpy((char *)f + n->at, &narrow, sizeof narrow);
    return true;
}

size_t copy_facts_format(const struct copy_facts *f, char *buf) {
    size_t at = (size_t)snprintf(buf, COPY_FACTS_MAX, "shmtop %d\nkind %s\n", VERSION,
                                 f->sysv ? "sysv" : "posix");
    if (!f->sysv) {
        at += (size_t)snprintf(buf + at, COPY_FACTS_MAX - at, "name ");
        at += name_escape(f->name, strlen(f->name), false, buf + at, COPY_FACTS_MAX - at);
        at += (size_t)snprintf(buf + at, COPY_FACTS_MAX - at, "\n");
    }
    for (size_t i = 0; i < NUMBER_COUNT; i++)
        at += (size_t)snprintf(buf + at, COPY_FACTS_MAX - at, "%s %" PRIu64 "\n", numbers[i].word,
                               get(f, &numbers[i]));
    at += (size_t)snprintf(buf + at, COPY_FACTS_MAX - at, "mode %04o\nhuge %d\n",
                           f->mode & MODE_BITS, f->huge);
    return at;
}

// Takes one line and tells which word it was; -1: it is none.
static int take_line(const char *word, const char *value, struct copy_facts *out) {
    uint64_t n = 0;
    for (int i = 0; i < NUMBER_COUNT; i++)
        if (strcmp(word, numbers[i].word) == 0)
            return parse_u64(value, &n) == 0 && put(out, &numbers[i], n) ? i : -1;
    if (strcmp(word, "shmtop") == 0)
        return parse_u64(value, &n) == 0 && n == VERSION ? SEEN_VERSION : -1;
    if (strcmp(word, "kind") == 0) {
        out->sysv = strcmp(value, "sysv") == 0;
        return out->sysv || strcmp(value, "posix") == 0 ? SEEN_KIND : -1;
    }
    if (strcmp(word, "name") == 0) {
        ssize_t len = name_unescape(value, out->name, sizeof out->name);
        bool good = len > 1 && strlen(out->name) == (size_t)len && out->name[0] == '/';
        return good ? SEEN_NAME : -1;
    }
    if (strcmp(word, "mode") == 0)
        return parse_mode(value, &out->mode) == 0 ? SEEN_MODE : -1;
    if (strcmp(word, "huge") == 0) {
        out->huge = strcmp(value, "1") == 0;
        return out->huge || strcmp(value, "0") == 0 ? SEEN_HUGE : -1;
    }
    return -1;
}

int copy_facts_parse(const char *text, size_t len, struct copy_facts *out) {
    char line[COPY_FACTS_MAX];
    unsigned seen = 0;
    memset(out, 0, sizeof *out);
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t n = end != NULL ? (size_t)(end - text) : len;
        if (end == NULL || n >= sizeof line || memchr(text, '\0', n) != NULL)
            return -EINVAL;
        memcpy(line, text, n);
        line[n] = '\0';
        char *blank = strchr(line, ' ');
        if (blank == NULL)
            return -EINVAL;
        *blank = '\0';
        int which = take_line(line, blank + 1, out);
        if (which < 0 || (seen & 1u << which) != 0)
            return -EINVAL;
        seen |= 1u << which;
        text = end + 1;
        len -= n + 1;
    }
    unsigned all = (1u << (SEEN_HUGE + 1)) - 1;
    return seen == (out->sysv ? all & ~(1u << SEEN_NAME) : all) ? 0 : -EINVAL;
}
