// cli_ledger.c - `ledger`: where all shared memory is, as a table or as JSON.
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "app/cli.h"
#include "app/xalloc.h"
#include "core/fmt.h"
#include "core/ledger.h"

// --- JSON ---

static json_t *signed_value(struct gap gap) {
    return gap.why == WHY_KNOWN ? json_integer(gap.bytes) : json_null();
}

static json_t *device_value(u64v dev) {
    uint64_t n = 0;
    char text[32];
    if (u64v_get(dev, &n) != WHY_KNOWN)
        return json_null();
    snprintf(text, sizeof text, "%u:%u", major(n), minor(n));
    return json_string(text);
}

static json_t *row_value(const struct ledger_row *row) {
    json_t *o = json_object(), *reasons = json_object();
    const struct gap *gap = &row->unexplained;
    json_object_set_new(o, "kind", json_string(ledger_kind_name(row->kind)));
    json_put_number(o, reasons, "bytes", u64v_of(row->bytes));
    json_put_text(o, reasons, "where", row->where);
    json_object_set_new(o, "dev", device_value(row->dev));
    json_put_number(o, reasons, "ipc_ns", row->ipc_ns);
    json_put_number(o, reasons, "mnt_ns", row->mnt_ns);
    json_put_number(o, reasons, "swapped", row->swapped);
    json_put_number(o, reasons, "size", row->size);
    json_put_number(o, reasons, "promised", row->promised);
    json_put_number(o, reasons, "linked", row->linked);
    json_put_number(o, reasons, "unlinked_held", row->unlinked_held);
    json_object_set_new(o, "unexplained", signed_value(*gap));
    if (gap->why != WHY_KNOWN && gap->why != WHY_NONE)
        json_object_set_new(reasons, "unexplained", json_string(why_name(gap->why)));
    json_object_set_new(o, "in_shmem", json_boolean(row->in_shmem));
    if (json_object_size(reasons) > 0)
        json_object_set_new(o, "why", reasons);
    else
        json_decref(reasons);
    return o;
}

static void print_json(const struct ledger *l) {
    struct json_out out;
    json_t *top = json_object(), *reasons = json_object();
    json_begin(&out, stdout, &l->snap->vantage, l->snap->wall_ns);
    json_put_number(top, reasons, "shmem", l->shmem);
    json_put_number(top, reasons, "explained", u64v_of(l->explained));
    json_member(&out, "shmem", json_incref(json_object_get(top, "shmem")));
    json_member(&out, "explained", json_incref(json_object_get(top, "explained")));
    json_member(&out, "unexplained", signed_value(l->unexplained));
    json_list_begin(&out, "rows");
    for (size_t i = 0; i < l->row_count; i++)
        json_element(&out, row_value(&l->rows[i]));
    json_list_end(&out);
    json_list_begin(&out, "causes");
    for (size_t i = 0; i < l->cause_count; i++)
        json_element(&out, json_text(l->causes[i], strlen(l->causes[i])));
    json_list_end(&out);
    json_member(&out, "coverage", json_coverage(l->snap));
    json_list_begin(&out, "notes");
    for (size_t i = 0; i < l->snap->note_count; i++)
        json_element(&out, json_note(&l->snap->notes[i]));
    json_list_end(&out);
    if (json_object_size(reasons) > 0)
        json_member(&out, "why", json_incref(reasons));
    json_end(&out);
    json_decref(top);
    json_decref(reasons);
}

// --- the table ---

enum {
    AT_KIND,
    AT_BYTES,
    AT_SWAPPED,
    AT_LINKED,
    AT_HELD,
    AT_OTHER,
    AT_PROMISED,
    AT_SIZE,
    AT_WHERE
};
static const char *const heads[] = {"KIND",     "BYTES",    "SWAPPED", "LINKED", "UNLINKED",
                                    "NOT-SEEN", "PROMISED", "SIZE",    "WHERE"};
enum { AT_COUNT = sizeof heads / sizeof *heads };

static void bytes_text(const struct options *opt, uint64_t n, char *buf, size_t size) {
    char text[16];
    if (opt->bytes)
        snprintf(buf, size, "%" PRIu64, n);
    else
        snprintf(buf, size, "%s", fmt_size(n, text));
}

static void number_text(const struct options *opt, u64v v, char *buf, size_t size) {
    uint64_t n = 0;
    enum why why = u64v_get(v, &n);
    if (why == WHY_KNOWN)
        bytes_text(opt, n, buf, size);
    else
        snprintf(buf, size, "%s", why == WHY_NONE ? "-" : "?");
}

static void gap_text(const struct options *opt, struct gap gap, char *buf, size_t size) {
    char text[32];
    if (gap.why != WHY_KNOWN) {
        snprintf(buf, size, "%s", gap.why == WHY_NONE ? "-" : "?");
        return;
    }
    bytes_text(opt, gap.bytes < 0 ? (uint64_t)-gap.bytes : (uint64_t)gap.bytes, text, sizeof text);
    snprintf(buf, size, "%s%s", gap.bytes < 0 ? "-" : "", text);
}

static void cell(const struct options *opt, const struct ledger_row *row, int at, char *buf,
                 size_t size) {
    const u64v numbers[AT_COUNT] = {[AT_SWAPPED] = row->swapped,
                                    [AT_LINKED] = row->linked,
                                    [AT_HELD] = row->unlinked_held,
                                    [AT_PROMISED] = row->promised,
                                    [AT_SIZE] = row->size};
    switch (at) {
    case AT_KIND:
        snprintf(buf, size, "%s", ledger_kind_name(row->kind));
        break;
    case AT_BYTES:
        bytes_text(opt, row->bytes, buf, size);
        break;
    case AT_OTHER:
        gap_text(opt, row->unexplained, buf, size);
        break;
    case AT_WHERE:
        ledger_where(row, buf, size);
        break;
    default:
        number_text(opt, numbers[at], buf, size);
    }
}

static int fill_table(const struct options *opt, const struct ledger *l,
                      struct libscols_table *table) {
    char text[LEDGER_WHERE_SIZE];
    for (int at = 0; at < AT_COUNT; at++)
        if (!scols_table_new_column(table, heads[at], 0,
                                    at == AT_KIND || at == AT_WHERE ? 0 : SCOLS_FL_RIGHT))
            return -ENOMEM;
    for (size_t i = 0; i < l->row_count; i++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        if (!line)
            return -ENOMEM;
        for (int at = 0; at < AT_COUNT; at++) {
            cell(opt, &l->rows[i], at, text, sizeof text);
            if (scols_line_set_data(line, (size_t)at, text))
                return -ENOMEM;
        }
    }
    return 0;
}

static void print_sum(const struct options *opt, const struct ledger *l) {
    char shmem[32], explained[32], gap[40];
    number_text(opt, l->shmem, shmem, sizeof shmem);
    bytes_text(opt, l->explained, explained, sizeof explained);
    gap_text(opt, l->unexplained, gap, sizeof gap);
    printf("\nShmem of /proc/meminfo %s, explained %s, unexplained %s\n", shmem, explained, gap);
    if (l->cause_count > 0)
        puts("What may be there and cannot be seen:");
    for (size_t i = 0; i < l->cause_count; i++)
        printf("  %s\n", l->causes[i]);
    const struct ledger_row *row = ledger_overcommitted(l);
    if (row) {
        char warning[LEDGER_WHERE_SIZE + 160];
        ledger_warning(row, warning, sizeof warning);
        printf("! %s (SIGBUS)\n", warning);
    }
}

static int print_table(const struct options *opt, const struct ledger *l) {
    struct libscols_table *table = cli_new_table(opt);
    int err = table ? fill_table(opt, l, table) : -ENOMEM;
    if (!err && l->row_count > 0)
        err = scols_print_table(table);
    scols_unref_table(table);
    if (!err)
        print_sum(opt, l);
    return err;
}

int cli_ledger(const struct options *opt) {
    struct cli_look look;
    struct ledger l;
    // The account is of the whole machine, whatever `list` would show.
    int status = cli_look_all(opt, true, &look);
    if (status)
        return status;
    xcheck(ledger_make(look.snap, &l));
    if (opt->json)
        print_json(&l);
    else
        xcheck(print_table(opt, &l));
    ledger_done(&l);
    cli_look_done(&look);
    return 0;
}
