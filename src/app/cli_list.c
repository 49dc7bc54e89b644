// cli_list.c - `list`: the table of segments, or the same as JSON.
#include <errno.h>
#include <langinfo.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/json.h"
#include "app/xalloc.h"
#include "core/columns.h"
#include "core/filter.h"

static const enum column default_columns[] = {
    COL_ID,      COL_KIND, COL_KEY,  COL_SIZE,  COL_RESIDENT, COL_NATTCH,
    COL_HOLDERS, COL_USER, COL_MODE, COL_FLAGS, COL_NAME,
};

// The words of the filter in one string, owned by the caller.
static char *filter_text(const struct options *opt) {
    size_t size = 64 + (opt->user ? strlen(opt->user) : 0);
    for (size_t i = 0; i < opt->operand_count; i++)
        size += strlen(opt->operands[i]) + 1;
    char *text = xcalloc(size, 1), *end = text;
    for (size_t i = 0; i < opt->operand_count; i++)
        end = stpcpy(stpcpy(end, opt->operands[i]), " ");
    if (opt->user)
        end = stpcpy(stpcpy(stpcpy(end, "user:"), opt->user), " ");
    if (opt->pid)
        sprintf(end, "pid:%d", opt->pid);
    return text;
}

enum outcome cli_make_filter(const struct options *opt, struct filter **out, struct fault *f) {
    char why[sizeof f->why] = "";
    char *text = filter_text(opt);
    int err = xcheck(filter_parse(text, out, why, sizeof why));
    free(text);
    if (err)
        return fault_set(f, OUTCOME_USAGE, 0, "FILTER", why, "see shmtop list --help");
    return OUTCOME_DONE;
}

enum outcome cli_list_check(const struct options *opt, struct fault *f) {
    struct filter *filter;
    enum outcome outcome = cli_make_filter(opt, &filter, f);
    if (outcome == OUTCOME_DONE)
        filter_free(filter);
    return outcome;
}

// --- the rows ---

struct order {
    const struct snapshot *snap;
    enum column sort;
};

static int compare(const void *a, const void *b, void *arg) {
    const struct order *order = arg;
    const struct segment *const *x = a, *const *y = b;
    return column_compare(order->snap, *x, *y, order->sort, false);
}

// The segments that match, in order; owned by the caller.
static const struct segment **choose(const struct options *opt, const struct snapshot *snap,
                                     const struct filter *filter, size_t *count) {
    const struct segment **rows = xcalloc(snap->segment_count + 1, sizeof(const struct segment *));
    *count = 0;
    for (size_t i = 0; i < snap->segment_count; i++)
        if (filter_matches(filter, snap, &snap->segments[i]))
            rows[(*count)++] = &snap->segments[i];
    struct order order = {snap, opt->sort == COLUMN_COUNT ? COL_ID : opt->sort};
    qsort_r(rows, *count, sizeof(const struct segment *), compare, &order);
    return rows;
}

// --- the table ---

static int add_columns(struct libscols_table *table, const enum column *columns, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct column_info *info = column_info(columns[i]);
        if (!scols_table_new_column(table, info->head, 0, info->number ? SCOLS_FL_RIGHT : 0))
            return -ENOMEM;
    }
    return 0;
}

static int add_row(struct libscols_table *table, const struct snapshot *snap,
                   const struct segment *seg, const enum column *columns, size_t count,
                   const struct column_style *style) {
    char text[CLI_SEG_MAX];
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (!line)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        column_text(snap, seg, columns[i], style, text, sizeof text);
        if (scols_line_set_data(line, i, text))
            return -ENOMEM;
    }
    return 0;
}

struct libscols_table *cli_new_table(const struct options *opt) {
    struct libscols_table *table = scols_new_table();
    if (!table)
        return NULL;
    // Widths are those of UTF-8, which the cells are in, whatever the terminal speaks.
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
    scols_table_enable_noheadings(table, opt->no_headings);
    // The cells are escaped already; a second time would make other names of them.
    scols_table_enable_noencoding(table, 1);
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    return table;
}

static int print_table(const struct options *opt, const struct snapshot *snap,
                       const struct segment **rows, size_t row_count) {
    const struct column_style style = {.raw_bytes = opt->bytes, .now_ns = snap->wall_ns};
    const enum column *columns = opt->columns.count ? opt->columns.list : default_columns;
    size_t count = opt->columns.count ? opt->columns.count
                                      : sizeof default_columns / sizeof *default_columns;
    struct libscols_table *table = cli_new_table(opt);
    if (!table)
        return -ENOMEM;
    int err = add_columns(table, columns, count);
    for (size_t i = 0; i < row_count && !err; i++)
        err = add_row(table, snap, rows[i], columns, count, &style);
    if (!err && row_count > 0)
        err = scols_print_table(table);
    else if (!opt->no_headings) // of a table without rows the library prints nothing at all
        for (size_t i = 0; i < count; i++)
            printf("%s%s", column_info(columns[i])->head, i + 1 < count ? " " : "\n");
    scols_unref_table(table);
    return err;
}

static void print_json(const struct snapshot *snap, const struct segment **rows, size_t count) {
    struct json_out out;
    json_begin(&out, stdout, &snap->vantage, snap->wall_ns);
    json_member(&out, "limits", json_limits(snap));
    json_member(&out, "coverage", json_coverage(snap));
    json_list_begin(&out, "segments");
    for (size_t i = 0; i < count && !ferror(stdout); i++)
        json_segment(&out, NULL, snap, rows[i], false);
    json_list_end(&out);
    json_list_begin(&out, "notes");
    for (size_t i = 0; i < snap->note_count; i++)
        json_element(&out, json_note(&snap->notes[i]));
    json_list_end(&out);
    json_end(&out);
}

int cli_list(const struct options *opt) {
    struct cli_look look;
    struct fault f;
    struct filter *filter = NULL;
    const struct segment **rows = NULL;
    size_t count = 0;
    int status = cli_look_all(opt, opt->all_namespaces, &look);
    if (status)
        return status;
    if (cli_make_filter(opt, &filter, &f) != OUTCOME_DONE) {
        status = cli_error(&f);
        goto out;
    }
    rows = choose(opt, look.snap, filter, &count);
    if (opt->json)
        print_json(look.snap, rows, count);
    else
        xcheck(print_table(opt, look.snap, rows, count));
out:
    free(rows);
    filter_free(filter);
    cli_look_done(&look);
    return status;
}
