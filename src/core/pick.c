// pick.c - words that choose lines of a list: of processes, of events.
#include "core/pick.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fmt.h"
#include "core/match.h"
#include "core/segname.h"
#include "core/regexsize.h"

enum term_kind { TERM_TEXT, TERM_USER, TERM_PID, TERM_LIKE };

struct term {
    enum term_kind kind;
    char *text; // owned
    bool has_number;
    uint64_t number;
    regex_t regex; // of TERM_LIKE
};

struct pick {
    size_t count;
    struct term terms[];
};

static int refuse(const char *word, const char *reason, char *why, size_t size) {
    char shown[96];
    name_escape(word, strlen(word), false, shown, sizeof shown);
    snprintf(why, size, "%s: %s", shown, reason);
    return -EINVAL;
}

static int parse_like(const char *word, struct term *t, char *why, size_t size) {
    char reason[96];
    if (regex_too_large(word + strlen("name~")))
        return refuse(word, "repeats repetitions too often", why, size);
    int r = regcomp(&t->regex, word + strlen("name~"), REG_EXTENDED | REG_NOSUB | REG_ICASE);
    if (r == REG_ESPACE)
        return -ENOMEM;
    if (r != 0) {
        regerror(r, &t->regex, reason, sizeof reason);
        return refuse(word, reason, why, size);
    }
    t->kind = TERM_LIKE;
    return 0;
}

// One terminated word. 0, -ENOMEM, or -EINVAL with the reason.
static int parse_word(const char *word, struct term *t, char *why, size_t size) {
    const char *value = word;
    if (strncmp(word, "name~", 5) == 0)
        return parse_like(word, t, why, size);
    if (strncmp(word, "user:", 5) == 0) {
        t->kind = TERM_USER;
        value += 5;
    } else if (strncmp(word, "pid:", 4) == 0) {
        t->kind = TERM_PID;
        value += 4;
    }
    t->has_number = parse_u64(value, &t->number) == 0;
    if (*value == '\0')
        return refuse(word, "the value is missing", why, size);
    if (t->kind == TERM_PID && !t->has_number)
        return refuse(word, "takes a whole number", why, size);
    t->text = strdup(value);
    return t->text ? 0 : -ENOMEM;
}

int pick_parse(const char *text, struct pick **out, char *why, size_t why_size) {
    size_t most = strlen(text) / 2 + 1;
    struct pick *p = calloc(1, sizeof *p + most * sizeof p->terms[0]);
    char *copy = strdup(text), *save = NULL;
    int r = p && copy ? 0 : -ENOMEM;
    for (char *word = r == 0 ? strtok_r(copy, " \t\n", &save) : NULL; word && r == 0;
         word = strtok_r(NULL, " \t\n", &save)) {
        r = parse_word(word, &p->terms[p->count], why, why_size);
        p->count += r == 0;
    }
    free(copy);
    if (r != 0) {
        pick_free(p);
        return r;
    }
    *out = p;
    return 0;
}

void pick_free(struct pick *p) {
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++) {
        free(p->terms[i].text);
        if (p->terms[i].kind == TERM_LIKE)
            regfree(&p->terms[i].regex);
    }
    free(p);
}

static bool is_user(const struct term *t, const struct pick_line *line) {
    uint64_t uid = 0;
    const char *name = NULL;
    size_t len = 0;
    if (t->has_number && u64v_get(line->uid, &uid) == WHY_KNOWN && uid == t->number)
        return true;
    return strv_get(line->user, &name, &len) == WHY_KNOWN && len == strlen(t->text) &&
           memcmp(name, t->text, len) == 0;
}

static bool in_text(const struct term *t, const struct pick_line *line) {
    for (size_t i = 0; i < 2; i++) {
        const char *text = line->text[i];
        if (text &&
            (t->kind == TERM_LIKE ? regexec(&t->regex, text, 0, NULL, 0) == 0
                                  : match_bytes(text, strlen(text), t->text, strlen(t->text))))
            return true;
    }
    return false;
}

bool pick_matches(const struct pick *p, const struct pick_line *line) {
    for (size_t i = 0; p && i < p->count; i++) {
        const struct term *t = &p->terms[i];
        bool ok = t->kind == TERM_USER  ? is_user(t, line)
                  : t->kind == TERM_PID ? line->pid > 0 && (uint64_t)line->pid == t->number
                                        : in_text(t, line);
        if (!ok)
            return false;
    }
    return true;
}
