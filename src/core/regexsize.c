// regexsize.c - how large an extended regular expression becomes when it is compiled.
#include "core/regexsize.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MOST = 20000, DEPTH_MOST = 128 };

// What is open: the size of all in it so far, and of its last part, which a repetition is about.
struct frame {
    uint64_t all, last;
};

static void add(struct frame *f, uint64_t size) {
    f->all += size;
    f->last = size;
}

static void repeat(struct frame *f, uint64_t times) {
    if (f->last > SIZE_MOST || times > SIZE_MOST) {
        f->all = SIZE_MOST + 1;
        return;
    }
    f->all += f->last * (times - 1);
    f->last *= times;
}

// Behind a '[': where its expression ends.
static const char *skip_bracket(const char *p) {
    p += *p == '^';
    p += *p == ']';
    while (*p && *p != ']') {
        bool class = p[0] == '[' && p[1] && strchr(":.=", p[1]);
        const char end[3] = {class ? p[1] : '\0', ']', '\0'};
        const char *close = class ? strstr(p + 2, end) : NULL;
        p = close ? close + 2 : p + 1;
    }
    return *p ? p + 1 : p;
}

// Behind a '{': how often it repeats, at the most. 0: it is none.
static uint64_t read_interval(const char **at) {
    char *end = NULL;
    const char *p = *at;
    uint64_t most = strtoull(p, &end, 10);
    if (*end == ',') {
        p = end + 1;
        uint64_t more = strtoull(p, &end, 10);
        most = end == p ? most + 1 : more > most ? more : most;
    }
    if (*end != '}')
        return 0;
    *at = end + 1;
    return most ? most : 1;
}

bool regex_too_large(const char *text) {
    struct frame frames[DEPTH_MOST] = {{0, 0}};
    size_t depth = 0;
    for (const char *p = text; *p;) {
        struct frame *f = &frames[depth];
        char c = *p++;
        uint64_t times = 0;
        if (c == '(') {
            if (++depth == DEPTH_MOST)
                return true;
            frames[depth] = (struct frame){1, 0};
        } else if (c == ')' && depth > 0) {
            depth--;
            add(&frames[depth], f->all);
        } else if (c == '+') {
            repeat(f, 2);
        } else if (c == '{' && (times = read_interval(&p)) > 0) {
            repeat(f, times);
        } else if (c != '*' && c != '?') {
            p += c == '\\' && *p;
            p = c == '[' ? skip_bracket(p) : p;
            add(f, 1);
        }
        if (frames[depth].all > SIZE_MOST)
            return true;
    }
    return false;
}
