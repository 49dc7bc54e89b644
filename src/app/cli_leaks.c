// cli_leaks.c - `leaks`: the unused segments, what could be won back, and what proves it.
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/json.h"
#include "app/xalloc.h"
#include "core/columns.h"
#include "core/filter.h"
#include "core/fmt.h"
#include "core/leaks.h"
#include "core/verdict.h"

struct leaks {
    const struct options *opt;
    const struct snapshot *snap;
    const struct filter *filter;
    const struct segment **rows; // owned
    size_t count;
};

// What can be had back first, and of that the largest.
static int by_worth(const void *left, const void *right) {
    const struct segment *const *a = left, *const *b = right;
    unsigned x = leaks_rank(verdict_of(*a)), y = leaks_rank(verdict_of(*b));
    if (x != y)
        return x < y ? -1 : 1;
    uint64_t p = leaks_bytes(*a), q = leaks_bytes(*b);
    return p != q ? (p > q ? -1 : 1) : seg_id_compare(&(*a)->id, &(*b)->id);
}

static void choose(struct leaks *l) {
    l->rows = xcalloc(l->snap->segment_count + 1, sizeof(const struct segment *));
    for (size_t i = 0; i < l->snap->segment_count; i++) {
        const struct segment *seg = &l->snap->segments[i];
        if (verdict_is_unused(verdict_of(seg)) && filter_matches(l->filter, l->snap, seg))
            l->rows[l->count++] = seg;
    }
    qsort(l->rows, l->count, sizeof(const struct segment *), by_worth);
}

// ---- totals

static json_t *user_value(const struct snapshot *snap, u64v uid) {
    uint64_t value = 0;
    const char *name;
    size_t len;
    char number[24];
    if (u64v_get(uid, &value) != WHY_KNOWN)
        return json_null();
    if (strv_get(snapshot_user(snap, (uint32_t)value), &name, &len) == WHY_KNOWN)
        return json_text(name, len);
    snprintf(number, sizeof number, "%" PRIu64, value);
    return json_string(number);
}

static json_t *total_value(const struct leaks *l, const struct leak_total *t) {
    json_t *o = json_object();
    json_object_set_new(o, "verdict", json_string(verdict_name(t->state)));
    json_object_set_new(o, "origin",
                        t->origin ? json_text(t->origin, strlen(t->origin)) : json_null());
    json_object_set_new(o, "user", user_value(l->snap, t->uid));
    json_object_set_new(o, "count", json_integer((json_int_t)t->count));
    json_object_set_new(o, "bytes", json_integer((json_int_t)t->bytes));
    return o;
}

static void print_json(const struct leaks *l) {
    struct json_out out;
    struct leak_total *totals = NULL;
    size_t count = 0;
    xcheck(leaks_add_up(l->snap, l->filter, &totals, &count, NULL));
    json_begin(&out, stdout, &l->snap->vantage, l->snap->wall_ns);
    json_member(&out, "coverage", json_coverage(l->snap));
    json_list_begin(&out, "segments");
    for (size_t i = 0; i < l->count && !ferror(stdout); i++)
        json_segment(&out, NULL, l->snap, l->rows[i], false);
    json_list_end(&out);
    json_list_begin(&out, "totals");
    for (size_t i = 0; i < count; i++)
        json_element(&out, total_value(l, &totals[i]));
    json_list_end(&out);
    json_end(&out);
    free(totals);
}

// ---- the table

enum { AT_VERDICT, AT_ID, AT_SIZE, AT_UNUSED, AT_USER, AT_ORIGIN, AT_WHY, AT_COUNT };
static const struct {
    const char *head;
    bool number;
} heads[AT_COUNT] = {
    [AT_VERDICT] = {"VERDICT", false}, [AT_ID] = {"SEGMENT", false},
    [AT_SIZE] = {"SIZE", true},        [AT_UNUSED] = {"UNUSED", true},
    [AT_USER] = {"OWNER", false},      [AT_ORIGIN] = {"ORIGIN", false},
    [AT_WHY] = {"WHY", false},
};

static void cell(const struct leaks *l, const struct segment *seg, int at, char *buf, size_t size) {
    const struct column_style style = {.raw_bytes = l->opt->bytes, .now_ns = l->snap->wall_ns};
    uint64_t latest = 0;
    char text[16];
    switch (at) {
    case AT_UNUSED:
        if (verdict_latest(l->snap, seg, &latest) == WHY_KNOWN)
            snprintf(buf, size, "%s",
                     fmt_age(l->snap->wall_ns > latest ? l->snap->wall_ns - latest : 0, text));
        else
            snprintf(buf, size, "?");
        break;
    case AT_WHY:
        verdict_because(l->snap, seg, buf, size);
        break;
    default:
        column_text(l->snap, seg,
                    (const enum column[]){[AT_VERDICT] = COL_VERDICT,
                                          [AT_ID] = COL_ID,
                                          [AT_SIZE] = COL_SIZE,
                                          [AT_USER] = COL_USER,
                                          [AT_ORIGIN] = COL_ORIGIN}[at],
                    &style, buf, size);
        break;
    }
}

static int fill_table(const struct leaks *l, struct libscols_table *table) {
    char text[CLI_SEG_MAX];
    for (int at = 0; at < AT_COUNT; at++)
        if (!scols_table_new_column(table, heads[at].head, 0,
                                    heads[at].number ? SCOLS_FL_RIGHT : 0))
            return -ENOMEM;
    for (size_t i = 0; i < l->count; i++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        if (!line)
            return -ENOMEM;
        for (int at = 0; at < AT_COUNT; at++) {
            cell(l, l->rows[i], at, text, sizeof text);
            if (scols_line_set_data(line, (size_t)at, text))
                return -ENOMEM;
        }
    }
    return 0;
}

static void print_headings(void) {
    for (int at = 0; at < AT_COUNT; at++)
        printf("%s%s", heads[at].head, at + 1 < AT_COUNT ? " " : "\n");
}

static int print_table(const struct leaks *l) {
    struct libscols_table *table = cli_new_table(l->opt);
    int err = table ? fill_table(l, table) : -ENOMEM;
    if (!err && l->count > 0)
        err = scols_print_table(table);
    else if (!err && !l->opt->no_headings) // of a table without rows nothing at all is printed
        print_headings();
    scols_unref_table(table);
    return err;
}

int cli_leaks(const struct options *opt) {
    struct cli_look look;
    struct fault f;
    struct filter *filter;
    int status = cli_look_all(opt, opt->all_namespaces, &look);
    if (status)
        return status;
    struct leaks l = {.opt = opt, .snap = look.snap};
    if (cli_make_filter(opt, &filter, &f) == OUTCOME_DONE) {
        l.filter = filter;
        choose(&l);
        if (opt->json)
            print_json(&l);
        else
            xcheck(print_table(&l));
        free(l.rows);
        filter_free(filter);
    } else {
        status = cli_error(&f);
    }
    cli_look_done(&look);
    return status;
}
