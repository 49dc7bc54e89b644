// origin_rows.c - reads the rows that a user adds to the origin catalogue.
#include "core/origin_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/segname.h"
#include "core/vec.h"

enum { MOST_ROWS = 1024, MOST_TEXT = 1 << 20 };

struct reading {
    VEC(struct origin) rows;
    unsigned line;
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 2, 3))) static int bad(const struct reading *r, const char *format,
                                                     ...) {
    va_list args;
    int n = snprintf(r->why, r->why_size, "line %u: ", r->line);
    va_start(args, format);
    if (n > 0 && (size_t)n < r->why_size)
        vsnprintf(r->why + n, r->why_size - (size_t)n, format, args);
    va_end(args);
    return -EINVAL;
}

static char *trim(char *text) {
    text += strspn(text, " \t\r");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    return text;
}

static int read_option(const struct reading *r, char *word, struct origin *row) {
    char shown[80];
    char *value = word + strcspn(word, " \t");
    if (*value)
        *value++ = '\0';
    value = trim(value);
    bool takes_value = strcmp(word, "while") == 0;
    if (takes_value != (*value != '\0')) {
        name_escape(word, strlen(word), false, shown, sizeof shown);
        return bad(r, takes_value ? "%s needs the name of a program" : "%s stands alone", shown);
    }
    if (takes_value) {
        row->keep = ORIGIN_KEEP_WHILE;
        row->programs = value;
    } else if (strcmp(word, "keep") == 0) {
        row->keep = ORIGIN_KEEP;
    } else if (strcmp(word, "lock") == 0) {
        row->lock = ORIGIN_LOCK_SELF;
    } else if (strcmp(word, "lock-in-group") == 0) {
        row->lock = ORIGIN_LOCK_GROUP;
    } else {
        name_escape(word, strlen(word), false, shown, sizeof shown);
        return bad(r, "%s is none of keep, while, lock and lock-in-group", shown);
    }
    return 0;
}

// "PATTERN SOFTWARE [; OPTION]..."
static int read_line(struct reading *r, char *line) {
    struct origin row = {0};
    char *save = NULL;
    line = trim(line);
    if (*line == '\0' || *line == '#')
        return 0;
    char *software = line + strcspn(line, " \t");
    if (*software)
        *software++ = '\0';
    row.pattern = *line == '/' ? line + 1 : line;
    const char *fault = *row.pattern ? origin_pattern_fault(row.pattern) : "the pattern is empty";
    if (fault)
        return bad(r, "%s", fault);
    software += strspn(software, " \t");
    char *name = *software == ';' ? NULL : strtok_r(software, ";", &save);
    row.software = name ? trim(name) : "";
    if (*row.software == '\0')
        return bad(r, "the name of the software is missing");
    for (char *word = strtok_r(NULL, ";", &save); word; word = strtok_r(NULL, ";", &save)) {
        int err = read_option(r, trim(word), &row);
        if (err)
            return err;
    }
    if (r->rows.count == MOST_ROWS)
        return bad(r, "there are more than %d rows", MOST_ROWS);
    return vec_push(&r->rows, row);
}

static int read_rows(struct reading *r, char *text) {
    int err = 0;
    for (char *line = text; line && !err;) {
        char *end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        r->line++;
        err = read_line(r, line);
        line = end;
    }
    return err;
}

int origins_parse(const char *text, size_t len, struct origins **out, char *why, size_t why_size) {
    struct reading r = {.why = why, .why_size = why_size};
    if (len > MOST_TEXT || memchr(text, '\0', len)) {
        snprintf(why, why_size, "%s",
                 len > MOST_TEXT ? "it is longer than 1 MiB" : "it holds a NUL byte");
        return -EINVAL;
    }
    char *copy = strndup(text, len);
    int err = copy ? read_rows(&r, copy) : -ENOMEM;
    if (!err)
        return origins_make(r.rows.items, r.rows.count, copy, out);
    vec_done(&r.rows);
    free(copy);
    return err;
}
