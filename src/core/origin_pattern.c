// origin_pattern.c - holds the pattern of an origin against a name.
#include "core/origin_parts.h"

#include <string.h>

enum {
    MOST_STEPS = 20000,  // a pattern full of stars gives up rather than take seconds
    PID_LIMIT = 4194304, // the kernel's greatest pid, see proc(5) about pid_max
    MOST_DIGITS = 20,
};

struct matcher {
    const char *name, *end;
    unsigned steps;
    struct origin_match *out;
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_low_hex(char c) { // what %x of printf(3) puts
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_random(char c) { // what mkstemp(3) puts for its X
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_part(char c) {
    return c != '/';
}

static bool is_any(char c) {
    (void)c;
    return true;
}

// A field in braces: what it is made of, and how much of it.
struct field {
    const char *name;
    bool (*takes)(char c);
    unsigned pid_base; // 0: it is no pid
    bool backs_off;    // shorter runs are tried too
};
static const struct field fields[] = {
    {"pid", is_digit, 10, false}, {"hexpid", is_low_hex, 16, false}, {"uid", is_digit, 0, false},
    {"n", is_digit, 0, false},    {"hex", is_hex, 0, false},         {"rand", is_random, 0, false},
    {"any", is_part, 0, true},
};

// Reads "{name}" or "{name:count}" at p; returns what follows it, or NULL.
static const char *read_field(const char *p, const struct field **field, size_t *count) {
    size_t len = strcspn(p + 1, ":}");
    *count = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strlen(fields[i].name) != len || memcmp(fields[i].name, p + 1, len) != 0)
            continue;
        *field = &fields[i];
        p += 1 + len;
        if (*p == ':')
            for (p++; is_digit(*p) && *count < 1000; p++)
                *count = *count * 10 + (size_t)(*p - '0');
        return *p == '}' ? p + 1 : NULL;
    }
    return NULL;
}

static bool take_pid(struct origin_match *out, const char *digits, size_t len, unsigned base) {
    uint32_t pid = 0;
    if (digits[0] == '0' || len > 7 || out->pid_count == ORIGIN_PIDS)
        return false;
    for (size_t i = 0; i < len; i++)
        pid = pid * base + (uint32_t)(is_digit(digits[i]) ? digits[i] - '0' : digits[i] - 'a' + 10);
    if (pid > PID_LIMIT)
        return false;
    out->pids[out->pid_count++] = pid;
    return true;
}

static bool match(struct matcher *m, const char *p, const char *s);

// A run of `least` to `most` bytes, the longest first, and what follows it.
static bool match_run(struct matcher *m, const char *rest, const char *s, bool (*takes)(char),
                      size_t least) {
    size_t len = 0;
    while (s + len < m->end && takes(s[len]))
        len++;
    for (; len + 1 > least; len--) {
        if (match(m, rest, s + len))
            return true;
        if (len == 0)
            break;
    }
    return false;
}

static bool match_field(struct matcher *m, const char *p, const char *s) {
    const struct field *field = NULL;
    size_t count, len = 0;
    const char *rest = read_field(p, &field, &count);
    if (!rest)
        return false;
    if (field->backs_off && count == 0)
        return match_run(m, rest, s, field->takes, 1);
    while (s + len < m->end && field->takes(s[len]) && (count == 0 || len < count))
        len++;
    if (len == 0 || (count > 0 && len != count) || (field->takes == is_digit && len > MOST_DIGITS))
        return false;
    unsigned pids = m->out->pid_count;
    if (field->pid_base && !take_pid(m->out, s, len, field->pid_base))
        return false;
    if (match(m, rest, s + len))
        return true;
    m->out->pid_count = pids;
    return false;
}

static bool match_choice(struct matcher *m, const char *p, const char *s) {
    const char *close = strchr(p, ')');
    if (!close)
        return false;
    for (p++;; p++) {
        size_t len = strcspn(p, "|)");
        if (len <= (size_t)(m->end - s) && memcmp(p, s, len) == 0 && match(m, close + 1, s + len))
            return true;
        p += len;
        if (*p == ')')
            return false;
    }
}

static bool match(struct matcher *m, const char *p, const char *s) {
    if (m->steps == 0)
        return false;
    m->steps--;
    for (;; p++) {
        switch (*p) {
        case '\0':
            return s == m->end;
        case '[':
            m->out->stem_from = (uint32_t)(s - m->name);
            break;
        case ']':
            m->out->stem_len = (uint32_t)(s - m->name) - m->out->stem_from;
            break;
        case '{':
            return match_field(m, p, s);
        case '(':
            return match_choice(m, p, s);
        case '*':
            if (p[1] == '*')
                return match_run(m, p + 2, s, is_any, 0);
            return match_run(m, p + 1, s, is_part, 0);
        default:
            if (*p == '\\' && p[1] != '\0')
                p++;
            if (s == m->end || *s != *p)
                return false;
            s++;
        }
    }
}

bool origin_pattern_matches(const char *pattern, const char *name, size_t len,
                            struct origin_match *out) {
    struct origin_match found = {0};
    struct matcher m = {name, name + len, MOST_STEPS, &found};
    if (!match(&m, pattern, name))
        return false;
    *out = found;
    return true;
}

const char *origin_pattern_fault(const char *pattern) {
    unsigned open = 0, stems = 0, pids = 0;
    for (const char *p = pattern; *p; p++) {
        const struct field *field = NULL;
        size_t count;
        if (*p == '\\' && *++p == '\0')
            return "a \\ stands at the end";
        if (p > pattern && p[-1] == '\\')
            continue;
        if (*p == '{') {
            const char *rest = read_field(p, &field, &count);
            if (!rest)
                return "the fields are {pid} {hexpid} {uid} {n} {hex} {hex:N} {rand:N} and {any}";
            pids += field->pid_base != 0;
            p = rest - 1;
        } else if (*p == '(' && !strchr(p, ')')) {
            return "a ( is not closed";
        } else if (*p == '(') {
            p = strchr(p, ')');
        } else if (*p == '[') {
            open++;
            stems++;
        } else if (*p == ']' && open-- == 0) {
            return "a ] closes nothing";
        }
    }
    if (pids > ORIGIN_PIDS)
        return "there are more than three {pid}";
    return open > 0 ? "a [ is not closed" : stems > 1 ? "there is more than one [" : NULL;
}

void origin_pattern_first(const char *pattern, bool first[256]) {
    const struct field *field = NULL;
    size_t count;
    while (*pattern == '[')
        pattern++;
    if (*pattern == '(') {
        for (const char *p = pattern + 1; *p && *p != ')'; p++) {
            if (*p == '|') {
                origin_pattern_first("*", first); // the text before it may be empty
                return;
            }
            first[(unsigned char)*p] = true;
            p += strcspn(p, "|)");
            if (*p == ')')
                return;
        }
    }
    bool in_field = *pattern == '{' && read_field(pattern, &field, &count) != NULL;
    bool literal = !in_field && *pattern != '*' && *pattern != '(';
    unsigned char c = (unsigned char)(*pattern == '\\' ? pattern[1] : *pattern);
    for (unsigned i = 0; i < 256; i++)
        first[i] |= literal ? i == c : in_field ? field->takes((char)i) : true;
}
