// golden.c - texts that tests hold against files in tests/golden.
#include "support/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/canvas_dump.h"

static char *read_file(const char *path) {
    FILE *f = fopen(path, "rbe");
    if (!f)
        return NULL;
    char *text = NULL;
    size_t len = 0, n;
    char buf[4096];
    while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
        char *more = realloc(text, len + n + 1);
        if (!more)
            break;
        text = more;
        memcpy(text + len, buf, n);
        len += n;
        text[len] = '\0';
    }
    fclose(f);
    return text;
}

static bool write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "wbe");
    if (!f) {
        perror(path);
        return false;
    }
    bool ok = fputs(text, f) >= 0;
    return fclose(f) == 0 && ok;
}

static void print_difference(const char *name, const char *want, const char *got) {
    int line = 1, shown = 0;
    while ((*want || *got) && shown < 6) {
        size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");
        if (w != g || memcmp(want, got, w) != 0) {
            printf("# %s line %d\n#   want |%.*s|\n#   got  |%.*s|\n", name, line, (int)w, want,
                   (int)g, got);
            shown++;
        }
        want += w + (want[w] == '\n');
        got += g + (got[g] == '\n');
        line++;
    }
}

bool golden_text(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof(path), "tests/golden/%s", name);
    const char *update = getenv("UPDATE_GOLDEN");
    if (update && strcmp(update, "1") == 0)
        return write_file(path, text);
    char *want = read_file(path);
    bool same = want && strcmp(want, text) == 0;
    if (!want)
        printf("# %s cannot be read; UPDATE_GOLDEN=1 makes it\n", path);
    else if (!same)
        print_difference(name, want, text);
    free(want);
    return same;
}

bool golden_canvas(const char *name, const struct canvas *c, bool attributes) {
    char *text = canvas_dump_text(c), *planes = NULL;
    if (!text)
        return false;
    if (attributes) {
        char *attrs = canvas_dump_attributes(c, theme_by_name("mono"), 0);
        size_t size = attrs ? strlen(text) + strlen(attrs) + 64 : 0;
        planes = size ? malloc(size) : NULL;
        if (planes)
            snprintf(planes, size, "%s-- attributes: b bold, u underline, r reverse\n%s", text,
                     attrs);
        free(attrs);
    }
    bool same = (!attributes || planes) && golden_text(name, attributes ? planes : text);
    free(text);
    free(planes);
    return same;
}

static bool is_plain(const struct look *l) {
    return l->fg < 0 && l->bg < 0 && l->attr == 0;
}

// The letter of a look among those met so far; a new one gets the next.
static char letter_of(const struct look *look, const struct look **met, size_t *count) {
    for (size_t i = 0; i < *count; i++)
        if (met[i]->fg == look->fg && met[i]->bg == look->bg && met[i]->attr == look->attr)
            return (char)('A' + i);
    met[*count] = look;
    return (char)('A' + (*count)++);
}

static void legend(FILE *out, char letter, const struct look *l) {
    char fg[8] = "-", bg[8] = "-";
    if (l->fg >= 0)
        snprintf(fg, sizeof fg, "%d", l->fg);
    if (l->bg >= 0)
        snprintf(bg, sizeof bg, "%d", l->bg);
    fprintf(out, "%c = %s on %s%s%s%s%s\n", letter, fg, bg, l->attr & ATTR_BOLD ? " bold" : "",
            l->attr & ATTR_DIM ? " dim" : "", l->attr & ATTR_REVERSE ? " reverse" : "",
            l->attr & ATTR_UNDERLINE ? " underline" : "");
}

char *golden_colours(const struct canvas *c, const struct theme *theme) {
    const struct look *met[STYLE_COUNT];
    size_t count = 0, size = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (int y = 0; y < c->rows; y++) {
        int blanks = 0;
        for (int x = 0; x < c->cols; x++) {
            const struct cell *cell = &c->cells[y * c->cols + x];
            const struct look *look = theme_look(theme, (enum style)cell->style, 256);
            if (is_plain(look)) {
                blanks++;
                continue;
            }
            fprintf(out, "%*s%c", blanks, "", letter_of(look, met, &count));
            blanks = 0;
        }
        fputc('\n', out);
    }
    for (size_t i = 0; i < count; i++)
        legend(out, (char)('A' + i), met[i]);
    fclose(out);
    return text;
}
