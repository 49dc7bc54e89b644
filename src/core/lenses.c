// lenses.c - the file of lenses that a user keeps.
#include "core/lenses.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/segname.h"
#include "core/vec.h"

struct entry {
    char *pattern, *description; // in lenses.text
    unsigned line;               // of the pattern
    unsigned column;             // where the description begins in that line
};

struct lenses {
    char *text; // owned, cut into pieces
    VEC(struct entry) entries;
};

void lenses_free(struct lenses *l) {
    if (!l)
        return;
    free(l->text);
    vec_done(&l->entries);
    free(l);
}

size_t lenses_count(const struct lenses *l) {
    return l->entries.count;
}

// --- lines

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

// The colon that ends a pattern; NULL: there is none in this line.
static const char *pattern_end(const char *line) {
    for (const char *p = line; *p && *p != '\n'; p++)
        if (*p == ':' && (is_blank(p[1]) || p[1] == '\n' || p[1] == '\0'))
            return p;
    return NULL;
}

static const char *next_line(const char *line) {
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

// Behind a pattern: indented lines, comments and empty ones.
static bool goes_on(const char *line) {
    return is_blank(*line) || *line == '\n' || *line == '#';
}

// Where an entry that begins at `line` ends: behind its last line that is neither empty nor a
// comment.
static const char *entry_end(const char *line) {
    const char *end = next_line(line);
    for (const char *at = end; *at && goes_on(at);) {
        bool counts = is_blank(*at) && at[strspn(at, " \t\r")] != '\n' && at[strspn(at, " \t\r")];
        at = next_line(at);
        end = counts ? at : end;
    }
    return end;
}

const char *lenses_pattern_fault(const char *pattern) {
    if (*pattern == '\0')
        return "a pattern is missing";
    if (strlen(pattern) >= LENSES_PATTERN_MAX)
        return "the pattern is too long";
    if (*pattern == '#' || is_blank(*pattern))
        return "a pattern begins with neither # nor a blank";
    if (pattern_end(pattern) || strpbrk(pattern, "\n\r\t"))
        return "a pattern has no colon before a blank or at its end";
    return NULL;
}

// --- reading

static void note(struct lens_error *error, unsigned line, unsigned column, const char *text) {
    if (error->line)
        return;
    error->line = line;
    error->column = column;
    snprintf(error->text, sizeof error->text, "%s", text);
}

// Comment lines inside of a description become empty, so that lines keep their numbers.
static void blank_comments(char *description) {
    for (char *p = description; (p = strchr(p, '\n')) != NULL;) {
        p++;
        while (*p == '#')
            for (*p = ' '; *p && *p != '\n'; p++)
                *p = ' ';
    }
}

static void check(const struct entry *e, struct lens_error *error, bool *good) {
    struct lens *lens = NULL;
    struct lens_error bad;
    int err = lens_parse(e->description, strlen(e->description), &lens, &bad);
    *good = err == 0;
    if (err == -EINVAL)
        note(error, e->line + bad.line - 1, bad.column + (bad.line == 1 ? e->column - 1 : 0),
             bad.text);
    lens_free(lens);
}

static int read_entry(struct lenses *l, char *line, char *end, unsigned number,
                      struct lens_error *error) {
    char *colon = (char *)(uintptr_t)pattern_end(line);
    const char *fault = colon ? NULL : "expected a pattern and ': '";
    bool good = false;
    if (colon)
        *colon = '\0';
    fault = fault ? fault : lenses_pattern_fault(line);
    if (fault || l->entries.count == LENSES_MAX) {
        note(error, number, 1, fault ? fault : "expected at most 1024 lenses");
        return 0;
    }
    struct entry e = {line, colon + 1, number, (unsigned)(colon + 1 - line) + 1};
    if (end[-1] == '\n')
        end[-1] = '\0';
    blank_comments(e.description);
    check(&e, error, &good);
    return good ? vec_push(&l->entries, e) : 0;
}

static int read_entries(struct lenses *l, struct lens_error *error) {
    unsigned number = 1;
    int err = 0;
    for (char *line = l->text; *line && !err;) {
        bool skipped = goes_on(line);
        char *end = (char *)(uintptr_t)(skipped ? next_line(line) : entry_end(line));
        unsigned lines = 0;
        for (const char *p = line; p < end; p++)
            lines += *p == '\n';
        if (skipped && is_blank(*line) && line[strspn(line, " \t\r")] != '\n' &&
            line[strspn(line, " \t\r")])
            note(error, number, 1, "expected a pattern at the beginning of the line");
        if (!skipped)
            err = read_entry(l, line, end, number, error);
        number += lines;
        line = end;
    }
    return err;
}

int lenses_parse(const char *text, size_t len, struct lenses **out, struct lens_error *error) {
    *error = (struct lens_error){0};
    struct lenses *l = calloc(1, sizeof *l);
    if (!l)
        return -ENOMEM;
    if (len > LENSES_TEXT_MAX || memchr(text, '\0', len)) {
        note(error, 1, 1,
             len > LENSES_TEXT_MAX ? "expected at most 1 MiB" : "expected no NUL byte");
        len = 0;
    }
    l->text = strndup(text, len);
    int err = l->text ? read_entries(l, error) : -ENOMEM;
    if (err)
        lenses_free(l);
    else
        *out = l;
    return err;
}

// --- finding

static bool fits(const char *pattern, const char *name) {
    return *name && fnmatch(pattern, name, 0) == 0;
}

// The name without its slash, escaped; "" when it has none.
static const char *plain_name(const struct segment *seg, char *buf, size_t size) {
    const char *bytes = NULL;
    size_t len = 0;
    buf[0] = '\0';
    if (strv_get(seg->name, &bytes, &len) == WHY_KNOWN && len > 0) {
        bool slash = bytes[0] == '/' && seg->id.kind == SEG_POSIX;
        name_escape(bytes + slash, len - slash, false, buf, size);
    }
    return buf;
}

static const char *key_name(const struct segment *seg, char buf[32]) {
    uint64_t key = 0;
    buf[0] = '\0';
    if (seg->id.kind == SEG_SYSV && seg_get(seg, SEG_KEY, &key) == WHY_KNOWN && key)
        snprintf(buf, 32, "key:0x%" PRIx64, key);
    return buf;
}

bool lenses_find(const struct lenses *l, const struct segment *seg, const char **pattern,
                 const char **description) {
    char name[4200], id[4300], key[32];
    plain_name(seg, name, sizeof name);
    seg_format(seg, id, sizeof id);
    key_name(seg, key);
    for (size_t i = 0; i < l->entries.count; i++) {
        const struct entry *e = &l->entries.items[i];
        if (!fits(e->pattern, name) && !fits(e->pattern, id) && !fits(e->pattern, key))
            continue;
        *pattern = e->pattern;
        *description = e->description;
        return true;
    }
    return false;
}

const char *lenses_pattern_of(const struct segment *seg, char buf[LENSES_PATTERN_MAX]) {
    char key[32], name[4200];
    plain_name(seg, name, sizeof name);
    key_name(seg, key);
    if (!name[0] && key[0])
        snprintf(buf, LENSES_PATTERN_MAX, "%s", key);
    else if (name[0] && strlen(name) < LENSES_PATTERN_MAX)
        memcpy(buf, name, strlen(name) + 1);
    else
        seg_format(seg, buf, LENSES_PATTERN_MAX);
    return buf;
}

// --- writing

// Lines behind the first are indented; what stands there counts for nothing, as it is blank.
static size_t put_description(char *out, const char *description) {
    size_t n = 0;
    for (; *description; description++) {
        out[n++] = *description;
        if (*description == '\n' && description[1])
            for (int i = 0; i < 4; i++)
                out[n++] = ' ';
    }
    while (n > 0 && (out[n - 1] == '\n' || is_blank(out[n - 1])))
        n--;
    out[n++] = '\n';
    return n;
}

char *lenses_put(const char *text, const char *pattern, const char *description) {
    size_t before = strlen(text), named = strlen(pattern);
    const char *from = text + before, *to = from;
    for (const char *at = text; *at; at = next_line(at)) {
        const char *colon = goes_on(at) ? NULL : pattern_end(at);
        if (colon && (size_t)(colon - at) == named && memcmp(at, pattern, named) == 0) {
            from = at;
            to = entry_end(at);
            break;
        }
    }
    char *out = malloc(before + named + 5 * strlen(description) + 16);
    if (!out)
        return NULL;
    size_t n = (size_t)(from - text);
    memcpy(out, text, n);
    if (n > 0 && out[n - 1] != '\n')
        out[n++] = '\n';
    memcpy(out + n, pattern, named); // NOLINT(bugprone-not-null-terminated-result): more follows
    n += named;
    out[n++] = ':';
    const char *line = strchr(description, '\n');
    bool lines = line && line[strspn(line, " \t\r\n")] && line != description;
    out[n++] = lines ? '\n' : ' ';
    if (lines) {
        memset(out + n, ' ', 4);
        n += 4;
    }
    n += put_description(out + n, description);
    strcpy(out + n, to); // NOLINT(clang-analyzer-security.insecureAPI.strcpy): room was made
    return out;
}
