// table.c - the segment table: which columns fit, their heads and cells.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/trend.h"
#include "ui/widgets.h"

// Columns in their order on the screen. `drop`: which go first when there is little room (highest
// first, 0 never); `room`: cells the name must have left before the column is shown.
static const struct spec {
    const char *head;
    enum column col;
    uint8_t width, drop, room;
    bool right;
} own_choice[] = {
    {"ID/INO", COL_ID, 7, 4, 17, true},
    {"SIZE", COL_SIZE, 7, 0, 0, true},
    {"RSS", COL_RESIDENT, 7, 2, 14, true},
    {"SWAP", COL_SWAPPED, 6, 6, 20, true},
    {"ATT", COL_ATT, 4, 0, 0, true},
    {"OWNER", COL_USER, 8, 3, 16, false},
    {"PERM", COL_PERM, 9, 5, 16, false},
    {"AGE", COL_AGE, 6, 7, 18, true},
    {"STATE", COL_STATE, 9, 0, 0, false},
    {"TREND", COL_TREND, 6, 8, 17, false},
    {"NS/CONTAINER", COL_PLACE, 14, 1, 12, false}, // while all namespaces are shown
    {"ORIGIN", COL_ORIGIN, 12, 10, 28, false},
    {"HOLDERS", COL_HOLDERS, 8, 12, 32, true},
    {"HIDDEN", COL_HIDDEN, 7, 13, 32, true},
    {"CREATOR", COL_CREATOR, 16, 14, 36, false},
    {"LAST", COL_LAST, 16, 9, 36, false},
    {"CHANGE", COL_CHANGE, 24, 11, 40, false},
    {"CONTAINER", COL_CONTAINER, 16, 15, 40, false},
    {"ATTACH", COL_ATTACH, 24, 16, 40, false},
    {"DETACH", COL_DETACH, 24, 17, 40, false},
    {"FLAGS", COL_FLAGS, 16, 18, 44, false},
    {"IPC-NS", COL_IPC_NS, 11, 19, 44, true},
    {"MNT-NS", COL_MNT_NS, 11, 20, 44, true},
};
enum { OWN_COUNT = sizeof(own_choice) / sizeof(own_choice[0]) };
enum { MARKS = 2, NAME_MIN = 10, NAME_MAX = 72, EXTRA_DROP = 9, FOREIGN_DROP = 99 };

// The columns there are to show, in their order.
struct choice {
    struct spec items[COLUMN_COUNT];
    size_t count;
    bool chosen;              // by the user
    bool sized[COLUMN_COUNT]; // its width too
    int name_max;
};

struct column_place {
    struct spec spec;
    bool name; // kind letter and name; there is no spec
    int x, width;
};
struct columns {
    struct column_place items[COLUMN_COUNT + 1];
    size_t count;
    bool kind;  // the letter before the name
    bool state; // the state is one of them
};

static struct spec spec_of(enum column col) {
    const struct column_info *info = column_info(col);
    for (size_t i = 0; i < OWN_COUNT; i++)
        if (own_choice[i].col == col)
            return own_choice[i];
    return (struct spec){info->head, col, info->min_width, FOREIGN_DROP, 0, info->number};
}

static void make_choice(const struct view_segments *v, struct choice *out) {
    const struct colset *set = v->columns;
    out->chosen = set && set->count > 0;
    out->name_max = set && set->name_width ? set->name_width : NAME_MAX;
    out->count = 0;
    for (size_t i = 0; !out->chosen && i < OWN_COUNT; i++)
        if (own_choice[i].col != COL_PLACE || v->frame->all_namespaces)
            out->items[out->count++] = own_choice[i];
    for (size_t i = 0; out->chosen && i < set->count; i++) {
        struct spec *s = &out->items[out->count++];
        *s = spec_of(set->item[i].col);
        out->sized[i] = set->item[i].width > 0;
        s->width = out->sized[i] ? set->item[i].width : s->width;
        s->room = NAME_MIN; // it was asked for: only a name that cannot be read is worse
    }
}

// Width for the numbers of the rows in sight, so that ten digits do not push the line aside.
static int id_width(const struct view_segments *v, int height) {
    int width = 7;
    for (size_t i = v->rows->top; i < v->rows->count && i < v->rows->top + (size_t)height; i++) {
        int digits = snprintf(NULL, 0, "%" PRIu64, v->rows->items[i].id.num);
        width = digits > width ? digits : width;
    }
    return width < 20 ? width : 20;
}

// Cells that the longest label of the rows in sight takes, but no more than a name ever gets.
static int longest_name(const struct view_segments *v, int height) {
    char label[1100];
    int longest = 17;
    for (size_t i = v->rows->top; i < v->rows->count && i < v->rows->top + (size_t)height; i++) {
        const struct row *row = &v->rows->items[i];
        if (!row->seg)
            continue;
        column_text(row->snap, row->seg, COL_LABEL, NULL, label, sizeof(label));
        int width = (int)text_width(label);
        longest = width > longest ? width : longest;
    }
    return longest < NAME_MAX - 2 ? longest : NAME_MAX - 2;
}

// Widths that depend on the screen: what is narrower than 60 columns has none to give away.
struct room {
    int cols, id;
    int name; // what the longest label in sight takes
};

static int spec_width(const struct choice *choice, size_t i, const struct room *room) {
    const struct spec *s = &choice->items[i];
    if (choice->chosen && choice->sized[i])
        return s->width;
    if (s->col == COL_ID)
        return room->id;
    if (s->col == COL_TREND && room->cols > 140) // what is left over tells more of the past
        return s->width + (room->cols - 140) / 4 < TREND_SAMPLES ? s->width + (room->cols - 140) / 4
                                                                 : TREND_SAMPLES;
    if (room->cols >= 60)
        return s->width;
    if (s->col == COL_STATE)
        return room->cols < 36 ? 6 : 8;
    return s->drop == 0 ? s->width - 1 : s->width;
}

// Which columns are shown: all, less the ones that leave the name too little room.
static void choose(const struct choice *choice, const struct room *room, bool shown[COLUMN_COUNT]) {
    const struct spec *specs = choice->items;
    for (;;) {
        int name = room->cols - MARKS - 2;
        size_t least = choice->count;
        for (size_t i = 0; i < choice->count; i++) {
            if (!shown[i])
                continue;
            name -= spec_width(choice, i, room) + 1;
            if (specs[i].drop && (least == choice->count || specs[i].drop > specs[least].drop))
                least = i;
        }
        // What only a wide screen has comes when the names are whole.
        bool extra = !choice->chosen &&
                     specs[least == choice->count ? 0 : least].drop >= EXTRA_DROP;
        if (least == choice->count || name >= (extra ? room->name : specs[least].room))
            return;
        shown[least] = false;
    }
}

// Scrolled: as many as fit from there on.
static void choose_from(const struct choice *choice, const struct room *room, int from,
                        bool shown[COLUMN_COUNT]) {
    int left = room->cols - MARKS - 2 - NAME_MIN - 8;
    for (int i = 0; i < (int)choice->count; i++) {
        left -= i >= from ? spec_width(choice, (size_t)i, room) + 1 : 0;
        shown[i] = i >= from && left >= 0;
    }
}

static void place(struct rect r, const struct view_segments *v, int height, struct columns *out) {
    bool shown[COLUMN_COUNT];
    struct choice choice;
    make_choice(v, &choice);
    const struct room room = {r.cols, id_width(v, height), longest_name(v, height)};
    memset(shown, 1, sizeof(shown));
    if (v->scroll_x > 0)
        choose_from(&choice, &room, v->scroll_x, shown);
    else
        choose(&choice, &room, shown);
    int taken = 0;
    for (size_t i = 0; i < choice.count; i++)
        taken += shown[i] ? spec_width(&choice, i, &room) + 1 : 0;
    out->kind = r.cols >= 60;
    int name = r.cols - MARKS - taken;
    name = name > choice.name_max ? choice.name_max : name;
    out->count = 0;
    out->state = false;
    int x = r.x + MARKS;
    out->items[out->count++] = (struct column_place){.name = true, .x = x, .width = name};
    x += name;
    for (size_t i = 0; i < choice.count; i++) {
        if (!shown[i])
            continue;
        int width = spec_width(&choice, i, &room);
        if (x + 1 + width > r.x + r.cols)
            width = r.x + r.cols - x - 1;
        if (width > 0)
            out->items[out->count++] = (struct column_place){
                .spec = choice.items[i], .x = x + 1, .width = width};
        out->state = out->state || choice.items[i].col == COL_STATE;
        x += width + 1;
    }
}

void table_own_columns(struct colset *out) {
    *out = (struct colset){.count = 0};
    for (size_t i = 0; i < OWN_COUNT; i++)
        if (own_choice[i].drop < EXTRA_DROP && own_choice[i].col != COL_PLACE)
            out->item[out->count++].col = own_choice[i].col;
}

int table_column_width(enum column col) {
    return spec_of(col).width;
}

static const char *sort_glyph(const struct rows *rows) {
    const struct column_info *info = column_info(rows->sort);
    return info->number != rows->invert ? "\u25bc" : "\u25b2"; // numbers: largest first
}

void table_draw_head(struct canvas *c, struct rect r, const struct view_segments *v) {
    struct columns cols;
    place(r, v, c->rows, &cols);
    canvas_fill(c, r, STYLE_HEAD, ' ');
    for (size_t i = 0; i < cols.count; i++) {
        const struct column_place *p = &cols.items[i];
        enum column col = p->name ? COL_LABEL : p->spec.col;
        bool sorted = v->rows->sort == col || (p->name && v->rows->sort == COL_NAME);
        char head[32];
        snprintf(head, sizeof(head), "%s%s%s", p->name && cols.kind ? "T " : "",
                 !p->name    ? p->spec.head
                 : cols.kind ? "NAME / KEY"
                             : "NAME",
                 sorted ? sort_glyph(v->rows) : "");
        enum style style = sorted ? STYLE_HEAD_SORT : STYLE_HEAD;
        if (!p->name && p->spec.right)
            canvas_text_right(c, r.y, p->x, p->width, style, head);
        else
            canvas_text(c, r.y, p->x, p->width, style, head);
    }
}

enum column table_column_at(struct rect r, const struct view_segments *v, int x) {
    struct columns cols;
    place(r, v, 512, &cols);
    for (size_t i = 0; i < cols.count; i++) {
        const struct column_place *p = &cols.items[i];
        if (x >= p->x - (p->name ? MARKS : 1) && x < p->x + p->width)
            return p->name ? COL_LABEL : p->spec.col;
    }
    return COLUMN_COUNT;
}

char kind_letter(enum seg_kind kind) {
    static const char letters[SEG_KIND_COUNT] = {
        [SEG_SYSV] = 'S', [SEG_POSIX] = 'P', [SEG_MEMFD] = 'M',
        [SEG_ANON] = 'A', [SEG_TMPFS] = 'T', [SEG_HUGETLB] = 'H',
    };
    return kind < SEG_KIND_COUNT ? letters[kind] : '?';
}

static enum style state_style(const char *state) {
    static const struct {
        const char *word;
        enum style style;
    } words[] = {
        {"ORPHAN", STYLE_BAD},    {"suspect", STYLE_WARN}, {"dest", STYLE_WARN},
        {"unlinked", STYLE_WARN}, {"unknown", STYLE_DIM},  {"in-use", STYLE_GOOD},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strncmp(state, words[i].word, strlen(words[i].word)) == 0)
            return words[i].style;
    }
    return STYLE_NORMAL;
}

static void draw_trend(struct canvas *c, int y, const struct column_place *p, const struct row *row,
                       const struct view_segments *v) {
    uint64_t samples[TREND_SAMPLES];
    if (v->trends && row->mark != ROW_GONE)
        sparkline_draw(c, y, p->x, p->width, STYLE_BAR2, samples,
                       trends_get(v->trends, trend_key_segment(&row->id), samples));
}

static void draw_cell(struct canvas *c, int y, const struct column_place *p, const struct row *row,
                      const struct view_frame *f) {
    char text[320] = "";
    struct column_style how = {.now_ns = f->now_ns};
    enum style style = STYLE_NORMAL;
    if (p->spec.col == COL_ID) {
        snprintf(text, sizeof(text), "%" PRIu64, row->id.num);
        style = STYLE_DIM;
    } else {
        column_text(row->snap, row->seg, p->spec.col, &how, text, sizeof(text));
    }
    if (p->spec.col == COL_STATE) {
        if (row->mark == ROW_NEW)
            snprintf(text, sizeof(text), "NEW");
        else if (row->mark == ROW_GONE)
            snprintf(text, sizeof(text), "(gone)");
        style = row->mark == ROW_NEW ? STYLE_NEW : state_style(text);
    } else if (strcmp(text, "-") == 0 || strcmp(text, "?") == 0) {
        style = STYLE_DIM;
    } else if (p->spec.col == COL_SIZE) {
        style = STYLE_STRONG;
    }
    if (row->mark == ROW_GONE)
        style = STYLE_DIM;
    if (p->spec.right)
        canvas_text_right(c, y, p->x, p->width, style, text);
    else
        canvas_fit(c, y, p->x, p->width, style, text);
}

static void draw_row(struct canvas *c, struct rect r, const struct columns *cols,
                     const struct row *row, const struct view_segments *v, bool selected) {
    char label[1100] = "";
    struct column_style how = {.now_ns = v->frame->now_ns};
    enum style style = row->mark == ROW_GONE ? STYLE_DIM
                       : row->tagged         ? STYLE_TAGGED
                                             : STYLE_NORMAL;
    if (row->tagged)
        canvas_text(c, r.y, r.x, 1, STYLE_TAGGED, "*");
    canvas_text(c, r.y, r.x + 1, 1, STYLE_NORMAL, selected ? ">" : " ");
    const struct column_place *name = &cols->items[0];
    int x = name->x;
    if (cols->kind) {
        canvas_textf(c, r.y, x, 1, STYLE_DIM, "%c", kind_letter(row->id.kind));
        x += 2;
    }
    if (!cols->state && row->mark != ROW_PLAIN) // elsewhere the state says it
        x += canvas_text(c, r.y, x, name->x + name->width - x, style,
                         row->mark == ROW_GONE ? "(gone) " : "NEW ");
    column_text(row->snap, row->seg, COL_LABEL, &how, label, sizeof(label));
    canvas_fit(c, r.y, x, name->x + name->width - x, style, label);
    for (size_t i = 1; i < cols->count; i++)
        if (cols->items[i].spec.col == COL_TREND)
            draw_trend(c, r.y, &cols->items[i], row, v);
        else
            draw_cell(c, r.y, &cols->items[i], row, v->frame);
    if (selected)
        canvas_restyle(c, r, STYLE_SELECTED);
}

static void draw_nothing(struct canvas *c, struct rect r, const struct view_segments *v) {
    const char *text = "No shared memory segments here.  F7 creates one.";
    char buf[96];
    if (!v->frame->snap) {
        text = "Looking\u2026";
    } else if (v->rows->hidden > 0) {
        snprintf(buf, sizeof(buf), "The filter hides all %zu segments.  Esc clears it.",
                 v->rows->hidden);
        text = buf;
    }
    canvas_fit(c, r.y + (r.rows > 3 ? 1 : 0), r.x + 4, r.cols - 4, STYLE_DIM, text);
}

void table_draw_rows(struct canvas *c, struct rect r, const struct view_segments *v) {
    struct columns cols;
    place(r, v, r.rows, &cols);
    if (v->rows->count == 0) {
        draw_nothing(c, r, v);
        return;
    }
    size_t first = tree_first(v, r.rows);
    for (int i = 0; i < r.rows; i++) {
        struct tree_line line = tree_line_at(v, first, i);
        struct rect at = {r.y + i, r.x, 1, r.cols};
        if (line.row >= v->rows->count)
            break;
        const struct row *row = &v->rows->items[line.row];
        if (line.holder >= 0)
            tree_holder_draw(c, at, row, line.holder);
        else
            draw_row(c, at, &cols, row, v, line.row == v->rows->selected);
    }
}
