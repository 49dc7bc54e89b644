// filter.c - FILTER: words that must all match a segment.
#include "core/filter.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "core/fmt.h"
#include "core/match.h"
#include "core/origin.h"
#include "core/segname.h"
#include "core/verdict.h"
#include "core/regexsize.h"

enum { NAME_ROOM = 4 * 4096 + 8 }; // the longest path, every byte escaped

enum op { OP_IS, OP_LESS, OP_LESS_IS, OP_MORE, OP_MORE_IS, OP_LIKE };

struct term {
    const struct word *word; // NULL: plain text
    enum op op;
    uint64_t number;
    bool has_number, has_regex;
    bool in_key, in_number, in_prefix; // where plain text may be found
    size_t len;
    char *text; // owned
    regex_t regex;
};

struct filter {
    bool only_unused;
    size_t count;
    struct term terms[];
};

// One kind of word: how its value is read and how it is held against a segment.
struct word {
    const char *name;
    int (*parse)(struct term *t, char *why, size_t size); // 0, -EINVAL with why, -ENOMEM
    bool (*matches)(const struct term *t, const struct snapshot *snap, const struct segment *seg);
    enum why (*count)(const struct snapshot *snap, const struct segment *seg, uint64_t *out);
    enum seg_field field; // of a number without `count`
    bool compares;        // takes < <= >= > and = too
};

// ---- text

static bool name_contains(strv name, const struct term *t) {
    return match_name(name, t->text, t->len);
}

static bool name_is_like(strv name, const struct term *t) {
    const char *bytes;
    size_t len;
    char escaped[NAME_ROOM];
    if (strv_get(name, &bytes, &len) != WHY_KNOWN)
        return false;
    name_escape(bytes, len, false, escaped, sizeof escaped);
    return regexec(&t->regex, escaped, 0, NULL, 0) == 0;
}

static bool any_name(const struct term *t, const struct snapshot *snap, const struct segment *seg,
                     bool (*test)(strv name, const struct term *t)) {
    if (test(seg->name, t))
        return true;
    for (uint32_t i = 0; i < seg->name_count; i++)
        if (test(snap->names[seg->first_name + i], t))
            return true;
    return false;
}

static bool made_of(const char *text, const char *chars) {
    return text[strspn(text, chars)] == '\0';
}

// What may be found outside of names is decided once: with 150,000 segments writing every key and
// SEG only to look for "data" in it would be felt.
static int parse_text(struct term *t) {
    t->in_key = made_of(t->text, "0123456789abcdefABCDEFxX");
    t->in_number = made_of(t->text, "sysvobjSYSVOBJ:@0123456789");
    t->in_prefix = strpbrk(t->text, ":\\@") != NULL ||
                   match_bytes("posix file", 10, t->text, t->len);
    return 0;
}

// Whether the SEG may hold the text although the name does not.
static bool seg_may_hold(const struct term *t, const struct segment *seg) {
    uint64_t links = 0;
    seg_get(seg, SEG_LINKS, &links);
    bool named = seg->id.kind == SEG_POSIX || seg->id.kind == SEG_TMPFS ||
                 seg->id.kind == SEG_HUGETLB;
    if (named && links > 0)
        return t->in_prefix || seg->foreign;
    return t->in_number;
}

static bool match_plain(const struct term *t, const struct snapshot *snap,
                        const struct segment *seg) {
    char text[NAME_ROOM];
    uint64_t key;
    if (any_name(t, snap, seg, name_contains))
        return true;
    if (seg->id.kind == SEG_ANON && match_label(snap, seg, t->text, t->len))
        return true;
    if (seg_get(seg, SEG_KEY, &key) == WHY_KNOWN) {
        if (key == 0 && match_bytes("private", 7, t->text, t->len))
            return true;
        if (t->in_key && column_text(snap, seg, COL_KEY, NULL, text, sizeof text) == WHY_KNOWN &&
            match_bytes(text, strlen(text), t->text, t->len))
            return true;
    }
    if (!seg_may_hold(t, seg))
        return false;
    seg_format(seg, text, sizeof text);
    return match_bytes(text, strlen(text), t->text, t->len);
}

// ---- what stands behind a word: reading the value

static int bad(char *why, size_t size, const char *text) {
    snprintf(why, size, "%s", text);
    return -EINVAL;
}

static int number_result(struct term *t, int r, const char *what, char *why, size_t size) {
    t->has_number = r == 0;
    if (r == -ERANGE)
        return bad(why, size, "the number is too large");
    return r == 0 ? 0 : bad(why, size, what);
}

static int parse_bytes(struct term *t, char *why, size_t size) {
    return number_result(t, parse_size(t->text, &t->number), "takes a size like 4096, 64K or 1GiB",
                         why, size);
}

static int parse_number(struct term *t, char *why, size_t size) {
    return number_result(t, parse_u64(t->text, &t->number), "takes a whole number", why, size);
}

static int parse_octal(struct term *t, char *why, size_t size) {
    uint32_t mode = 0;
    int r = parse_mode(t->text, &mode);
    t->number = mode;
    return number_result(t, r, "takes an octal mode like 0660", why, size);
}

static int parse_user(struct term *t, char *why, size_t size) {
    (void)why;
    (void)size;
    t->has_number = parse_u64(t->text, &t->number) == 0;
    return 0;
}

static int parse_kind(struct term *t, char *why, size_t size) {
    for (unsigned kind = 0; kind < SEG_KIND_COUNT; kind++) {
        if (strcmp(seg_kind_name((enum seg_kind)kind), t->text) == 0) {
            t->number = kind;
            return 0;
        }
    }
    return bad(why, size, "kind is one of sysv posix memfd anon tmpfs hugetlb");
}

static int parse_regex(struct term *t, char *why, size_t size) {
    if (regex_too_large(t->text))
        return bad(why, size, "this regular expression repeats repetitions too often");
    int r = regcomp(&t->regex, t->text, REG_EXTENDED | REG_NOSUB);
    if (r == 0) {
        t->has_regex = true;
        return 0;
    }
    if (r == REG_ESPACE)
        return -ENOMEM;
    regerror(r, &t->regex, why, size);
    return -EINVAL;
}

static int parse_anything(struct term *t, char *why, size_t size) {
    (void)t;
    (void)why;
    (void)size;
    return 0;
}

static int parse_verdict(struct term *t, char *why, size_t size) {
    t->number = verdict_by_name(t->text);
    if (t->number < VERDICT_COUNT)
        return 0;
    return bad(why, size, "verdict is one of in-use idle protected young orphan suspect unknown");
}

// ---- and holding it against a segment

static bool match_number(const struct term *t, const struct snapshot *snap,
                         const struct segment *seg) {
    uint64_t value = 0;
    enum why why = t->word->count != NULL ? t->word->count(snap, seg, &value)
                                          : seg_get(seg, t->word->field, &value);
    if (why != WHY_KNOWN)
        return false;
    switch (t->op) {
    case OP_LESS:
        return value < t->number;
    case OP_LESS_IS:
        return value <= t->number;
    case OP_MORE:
        return value > t->number;
    case OP_MORE_IS:
        return value >= t->number;
    default:
        return value == t->number;
    }
}

// What att: counts: an object that is only open or locked has holders, so it is not at 0.
static enum why count_attached(const struct snapshot *snap, const struct segment *seg,
                               uint64_t *out) {
    uint64_t attached = 0;
    enum why why = column_attached(snap, seg, &attached);
    if (why == WHY_KNOWN)
        *out = attached > 0 ? attached : seg->holding_count;
    return why;
}

static bool match_user(const struct term *t, const struct snapshot *snap,
                       const struct segment *seg) {
    uint64_t uid;
    const char *name;
    size_t len;
    if (seg_get(seg, SEG_UID, &uid) != WHY_KNOWN)
        return false;
    if (t->has_number && uid == t->number)
        return true;
    return strv_get(snapshot_user(snap, (uint32_t)uid), &name, &len) == WHY_KNOWN &&
           len == t->len && memcmp(name, t->text, len) == 0;
}

static bool match_kind(const struct term *t, const struct snapshot *snap,
                       const struct segment *seg) {
    (void)snap;
    return seg->id.kind == t->number;
}

static bool match_pid(const struct term *t, const struct snapshot *snap,
                      const struct segment *seg) {
    for (uint32_t i = 0; i < seg->holding_count; i++) {
        const struct holding *h = &snap->holdings[seg->first_holding + i];
        if ((uint64_t)snap->processes[h->process].id.pid == t->number)
            return true;
    }
    return false;
}

static bool match_container(const struct term *t, const struct snapshot *snap,
                            const struct segment *seg) {
    (void)snap;
    return name_contains(seg->container, t);
}

static bool match_verdict(const struct term *t, const struct snapshot *snap,
                          const struct segment *seg) {
    (void)snap;
    return verdict_of(seg) == t->number;
}

static bool match_origin(const struct term *t, const struct snapshot *snap,
                         const struct segment *seg) {
    const struct origin *row = origin_of(snap, seg);
    return row && match_bytes(row->software, strlen(row->software), t->text, t->len);
}

static bool match_name_like(const struct term *t, const struct snapshot *snap,
                            const struct segment *seg) {
    return any_name(t, snap, seg, name_is_like);
}

static const struct word words[] = {
    {"size", parse_bytes, match_number, NULL, SEG_SIZE, true},
    {"resident", parse_bytes, match_number, NULL, SEG_RESIDENT, true},
    {"swapped", parse_bytes, match_number, NULL, SEG_SWAPPED, true},
    {"nattch", parse_number, match_number, NULL, SEG_NATTCH, true},
    {"hidden", parse_number, match_number, NULL, SEG_HIDDEN, true},
    {"uid", parse_number, match_number, NULL, SEG_UID, true},
    {"gid", parse_number, match_number, NULL, SEG_GID, true},
    {"creator", parse_number, match_number, NULL, SEG_CREATOR_PID, true},
    {"last", parse_number, match_number, NULL, SEG_LAST_PID, true},
    {"key", parse_number, match_number, NULL, SEG_KEY, true},
    {"mode", parse_octal, match_number, NULL, SEG_MODE, true},
    {.name = "holders",
     .parse = parse_number,
     .matches = match_number,
     .count = column_holders,
     .compares = true},
    {.name = "att",
     .parse = parse_number,
     .matches = match_number,
     .count = count_attached,
     .compares = true},
    {.name = "user", .parse = parse_user, .matches = match_user},
    {.name = "kind", .parse = parse_kind, .matches = match_kind},
    {.name = "pid", .parse = parse_number, .matches = match_pid},
    {.name = "container", .parse = parse_anything, .matches = match_container},
    {.name = "name", .parse = parse_regex, .matches = match_name_like},
    {.name = "verdict", .parse = parse_verdict, .matches = match_verdict},
    {.name = "origin", .parse = parse_anything, .matches = match_origin},
};

const char *filter_word(size_t n, char buf[32]) {
    if (n >= sizeof words / sizeof *words)
        return NULL;
    bool like = words[n].parse == parse_regex;
    snprintf(buf, 32, "%s%s", words[n].name, like ? "~" : words[n].compares ? ">" : ":");
    return buf;
}

// ---- reading the words

static const struct word *find_word(const char *name, size_t len) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].name) == len && memcmp(words[i].name, name, len) == 0)
            return &words[i];
    return NULL;
}

static bool is_seg_prefix(const char *name, size_t len) {
    static const char *const prefixes[] = {"sysv", "posix", "file", "obj"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strlen(prefixes[i]) == len && memcmp(prefixes[i], name, len) == 0)
            return true;
    return false;
}

// Reads what stands between field and value; returns its length, 0 when there is none.
static size_t read_op(const char *text, enum op *op) {
    static const struct {
        const char *text;
        enum op op;
    } ops[] = {{"<=", OP_LESS_IS}, {">=", OP_MORE_IS}, {"<", OP_LESS}, {">", OP_MORE},
               {"=", OP_IS},       {":", OP_IS},       {"~", OP_LIKE}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t len = strlen(ops[i].text);
        if (strncmp(text, ops[i].text, len) == 0) {
            *op = ops[i].op;
            return len;
        }
    }
    return 0;
}

static bool takes(const struct word *word, enum op op, char sign) {
    bool like = strcmp(word->name, "name") == 0;
    if (op == OP_LIKE || like)
        return like && op == OP_LIKE;
    return word->compares || sign == ':';
}

// One terminated word. 0, -ENOMEM, or -EINVAL with the reason (without the word).
static int parse_word(const char *text, struct term *t, char *why, size_t size) {
    size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyz-_");
    size_t sign = name > 0 ? read_op(text + name, &t->op) : 0;
    if (sign > 0 && is_seg_prefix(text, name) && text[name] == ':')
        sign = 0; // a SEG as it was copied from somewhere
    const char *value = sign > 0 ? text + name + sign : text;
    if (sign > 0) {
        t->word = find_word(text, name);
        if (t->word == NULL)
            return bad(why, size, "no such field (for text with such a sign use name~)");
        if (!takes(t->word, t->op, text[name]))
            return bad(why, size,
                       t->op == OP_LIKE ? "only name takes ~"
                       : strcmp(t->word->name, "name") == 0
                           ? "name takes ~ and a regular expression"
                           : "takes ':' only");
        if (*value == '\0')
            return bad(why, size, "the value is missing");
    }
    t->text = strdup(value);
    if (t->text == NULL)
        return -ENOMEM;
    t->len = strlen(value);
    return t->word != NULL ? t->word->parse(t, why, size) : parse_text(t);
}

static void explain(const char *word, const char *reason, char *why, size_t size) {
    char shown[128];
    if (name_escape(word, strlen(word), false, shown, sizeof shown) >= sizeof shown)
        snprintf(why, size, "%s...: %s", shown, reason);
    else
        snprintf(why, size, "%s: %s", shown, reason);
}

static int parse_all(char *text, struct filter *f, char *why, size_t why_size) {
    char *save = NULL, reason[128] = "";
    for (char *word = strtok_r(text, " \t\n", &save); word != NULL;
         word = strtok_r(NULL, " \t\n", &save)) {
        struct term *t = &f->terms[f->count++];
        int r = parse_word(word, t, reason, sizeof reason);
        if (r == -EINVAL)
            explain(word, reason, why, why_size);
        if (r != 0)
            return r;
    }
    return 0;
}

int filter_parse(const char *text, struct filter **out, char *why, size_t why_size) {
    size_t most = strlen(text) / 2 + 1;
    struct filter *f = calloc(1, sizeof *f + most * sizeof f->terms[0]);
    char *copy = strdup(text);
    int r = f != NULL && copy != NULL ? parse_all(copy, f, why, why_size) : -ENOMEM;
    free(copy);
    if (r != 0) {
        filter_free(f);
        return r;
    }
    *out = f;
    return 0;
}

void filter_only_unused(struct filter *f) {
    f->only_unused = true;
}

void filter_free(struct filter *f) {
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->count; i++) {
        free(f->terms[i].text);
        if (f->terms[i].has_regex)
            regfree(&f->terms[i].regex);
    }
    free(f);
}

bool filter_matches(const struct filter *f, const struct snapshot *snap,
                    const struct segment *seg) {
    if (f == NULL)
        return true;
    if (f->only_unused && !verdict_is_unused(verdict_of(seg)))
        return false;
    for (size_t i = 0; i < f->count; i++) {
        const struct term *t = &f->terms[i];
        if (t->word != NULL ? !t->word->matches(t, snap, seg) : !match_plain(t, snap, seg))
            return false;
    }
    return true;
}
