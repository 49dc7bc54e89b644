// colset.c - choosing columns by their names, and writing the choice down.
#include "core/colset.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/segname.h"

bool colset_offers(enum column col) {
    return (unsigned)col < COLUMN_COUNT && col != COL_NAME && col != COL_LABEL;
}

static int refuse(const char *word, const char *wrong, char *why, size_t size) {
    char shown[96];
    name_escape(word, strlen(word), false, shown, sizeof shown);
    snprintf(why, size, "%s %s", shown, wrong);
    return -EINVAL;
}

static bool has(const struct colset *set, enum column col) {
    for (size_t i = 0; i < set->count; i++)
        if (set->item[i].col == col)
            return true;
    return false;
}

// Takes one word of at most 31 bytes.
static int take(struct colset *set, const char *word, char *why, size_t size) {
    char name[32];
    size_t len = strcspn(word, ":");
    unsigned width = 0;
    memcpy(name, word, len);
    name[len] = '\0';
    if (word[len] == ':') {
        const char *digit = word + len + 1;
        if (!*digit || strlen(digit) > 2 || digit[strspn(digit, "0123456789")])
            return refuse(word, "has no width from 3 to 80", why, size);
        for (; *digit; digit++)
            width = width * 10 + (unsigned)(*digit - '0');
        if (width < COLSET_WIDTH_MIN || width > COLSET_WIDTH_MAX)
            return refuse(word, "has no width from 3 to 80", why, size);
    }
    enum column col = column_by_name(name);
    if (col == COLUMN_COUNT)
        return refuse(word, "is no column", why, size);
    if (!colset_offers(col)) {
        set->name_width = (uint8_t)width;
        return 0;
    }
    if (has(set, col))
        return refuse(word, "is named twice", why, size);
    set->item[set->count].col = col;
    set->item[set->count++].width = (uint8_t)width;
    return 0;
}

int colset_parse(const char *text, struct colset *out, char *why, size_t why_size) {
    static const char between[] = ", \t";
    struct colset made = {.count = 0};
    for (const char *p = text + strspn(text, between); *p; p += strspn(p, between)) {
        char word[32];
        size_t len = strcspn(p, between);
        snprintf(word, sizeof word, "%.*s", len < 31 ? (int)len : 31, p);
        int err = len < sizeof word ? take(&made, word, why, why_size)
                                    : refuse(word, "... is no column", why, why_size);
        if (err)
            return err;
        p += len;
    }
    *out = made;
    return 0;
}

size_t colset_format(const struct colset *set, char *buf, size_t size) {
    char word[48];
    size_t len = 0;
    if (size == 0)
        return 0;
    buf[0] = '\0';
    for (size_t i = 0; i <= set->count; i++) {
        bool name = i == 0;
        unsigned width = name ? set->name_width : set->item[i - 1].width;
        if (name && !width)
            continue;
        snprintf(word, sizeof word, "%s%s", len ? " " : "",
                 name ? "name" : column_info(set->item[i - 1].col)->name);
        if (width)
            snprintf(word + strlen(word), sizeof word - strlen(word), ":%u", width);
        if (len + strlen(word) + 1 > size)
            break;
        memcpy(buf + len, word, strlen(word) + 1);
        len += strlen(word);
    }
    return len;
}

bool colset_same(const struct colset *a, const struct colset *b) {
    if (a->count != b->count || a->name_width != b->name_width)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->item[i].col != b->item[i].col || a->item[i].width != b->item[i].width)
            return false;
    return true;
}
