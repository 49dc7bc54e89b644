// cli_restore.c - `restore`: lists what removals have put aside, brings it back, or frees it.
#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/restoring.h"
#include "app/xalloc.h"
#include "core/fmt.h"

enum outcome cli_restore_check(const struct options *opt, struct fault *f) {
    char what[sizeof f->what];
    bool aged = options_given(opt, OPT_BIT(OLDER_THAN));
    if (aged && opt->operand_count > 0)
        return fault_set(f, OUTCOME_USAGE, 0, "--older-than", "does not go with items by name",
                         "leave out one of them");
    if (opt->drop && !aged && opt->operand_count == 0)
        return fault_set(f, OUTCOME_USAGE, 0, "--drop", "the ITEM it needs is missing",
                         "shmtop restore lists them; --older-than 0s means all");
    for (size_t i = 0; opt->drop && i < opt->operand_count; i++)
        if (!restoring_is_item(opt->operands[i]))
            return fault_set(f, OUTCOME_USAGE, 0, cli_quote(opt->operands[i], what, sizeof what),
                             "is no ITEM such as item:1a-3f-19a3b2c4d5e",
                             "shmtop restore lists them");
    return OUTCOME_DONE;
}

bool cli_restore_acts(const struct options *opt) {
    return opt->drop || opt->operand_count > 0;
}

// ---- the list

static bool is_listed(const struct options *opt, uint64_t wall_ns, const struct kept_item *item) {
    if (!options_given(opt, OPT_BIT(OLDER_THAN)))
        return true;
    return wall_ns >= item->since_ns && wall_ns - item->since_ns >= opt->older_than_ns;
}

static json_t *item_value(const char *item, const char *seg, uint64_t size, uint64_t since_ns,
                          const char *because) {
    char time[40];
    json_t *o = json_object();
    json_object_set_new(o, "item", json_text(item, strlen(item)));
    json_object_set_new(o, "id", seg && *seg ? json_string(seg) : json_null());
    // Of what was not found nothing is known.
    json_object_set_new(o, "size", since_ns ? json_integer((json_int_t)size) : json_null());
    json_object_set_new(o, "since",
                        since_ns ? json_string(fmt_rfc3339(since_ns, time)) : json_null());
    json_object_set_new(o, "because",
                        because && *because ? json_pack("[s]", because) : json_array());
    return o;
}

static void list_json(const struct options *opt, const struct root *root,
                      const struct kept_list *list) {
    struct json_out out;
    char time[40];
    uint64_t wall_ns = root_wall_ns(root);
    json_begin(&out, stdout, root_vantage(root), wall_ns);
    json_list_begin(&out, "items");
    for (size_t i = 0; i < list->count; i++) {
        const struct kept_item *item = &list->items[i];
        if (!is_listed(opt, wall_ns, item))
            continue;
        json_t *o = item_value(item->text, item->seg, item->size, item->since_ns, item->because);
        json_object_set_new(o, "bytes", json_integer((json_int_t)item->bytes));
        json_object_set_new(o, "until",
                            item->until_ns == UINT64_MAX
                                ? json_null()
                                : json_string(fmt_rfc3339(item->until_ns, time)));
        json_element(&out, o);
    }
    json_list_end(&out);
    json_end(&out);
}

enum { AT_ITEM, AT_SEG, AT_HOLDS, AT_AGE, AT_LEFT, AT_WHY, AT_COUNT };
static const struct {
    const char *head;
    bool number;
} heads[AT_COUNT] = {
    [AT_ITEM] = {"ITEM", false}, [AT_SEG] = {"SEGMENT", false}, [AT_HOLDS] = {"HOLDS", true},
    [AT_AGE] = {"SINCE", true},  [AT_LEFT] = {"LEFT", true},    [AT_WHY] = {"WHY", false},
};

static void cell(const struct options *opt, const struct kept_item *item, uint64_t now, int at,
                 char *buf, size_t size) {
    char text[16];
    switch (at) {
    case AT_ITEM:
        snprintf(buf, size, "%s", item->text);
        break;
    case AT_SEG:
        snprintf(buf, size, "%s", item->seg ? item->seg : "?");
        break;
    case AT_HOLDS:
        if (opt->bytes)
            snprintf(buf, size, "%" PRIu64, item->bytes);
        else
            snprintf(buf, size, "%s", fmt_size(item->bytes, text));
        break;
    case AT_AGE:
        snprintf(buf, size, "%s", fmt_age(now > item->since_ns ? now - item->since_ns : 0, text));
        break;
    case AT_LEFT:
        snprintf(buf, size, "%s",
                 item->until_ns == UINT64_MAX
                     ? "-"
                     : fmt_age(item->until_ns > now ? item->until_ns - now : 0, text));
        break;
    default:
        snprintf(buf, size, "%s", item->because ? item->because : "?");
        break;
    }
}

static int fill_table(const struct options *opt, const struct kept_list *list, uint64_t now,
                      struct libscols_table *table) {
    char text[CLI_SEG_MAX];
    for (int at = 0; at < AT_COUNT; at++)
        if (!scols_table_new_column(table, heads[at].head, 0,
                                    heads[at].number ? SCOLS_FL_RIGHT : 0))
            return -ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        if (!is_listed(opt, now, &list->items[i]))
            continue;
        struct libscols_line *line = scols_table_new_line(table, NULL);
        if (!line)
            return -ENOMEM;
        for (int at = 0; at < AT_COUNT; at++) {
            cell(opt, &list->items[i], now, at, text, sizeof text);
            if (scols_line_set_data(line, (size_t)at, text))
                return -ENOMEM;
        }
    }
    return 0;
}

static void list_table(const struct options *opt, const struct root *root,
                       const struct kept_list *list) {
    struct libscols_table *table = cli_new_table(opt);
    xcheck(table ? fill_table(opt, list, root_wall_ns(root), table) : -ENOMEM);
    if (scols_table_get_nlines(table) > 0) {
        xcheck(scols_print_table(table));
    } else if (!opt->no_headings) { // of a table without rows nothing at all is printed
        for (int at = 0; at < AT_COUNT; at++)
            printf("%s%s", heads[at].head, at + 1 < AT_COUNT ? " " : "\n");
    }
    scols_unref_table(table);
}

static int list_kept(const struct options *opt, const struct cli_look *look) {
    struct kept_list list;
    int err = kept_list_make(look->root, look->snap, &list);
    if (err)
        cli_note("the quarantine of /dev/shm could not be read in full: %s", strerror(-err));
    if (opt->json)
        list_json(opt, look->root, &list);
    else
        list_table(opt, look->root, &list);
    kept_list_done(&list);
    return err ? OUTCOME_FAILED : OUTCOME_DONE;
}

// ---- bringing back and freeing

struct run {
    const struct options *opt;
    const struct root *root;
    struct journal *journal;
    struct json_out out;
    unsigned seen; // 1 << enum outcome
};

static void tell(struct run *r, const char *item, const char *because,
                 const struct restored *result) {
    const struct fault *f = &result->fault;
    char error[1024] = "";
    bool done = f->outcome == OUTCOME_DONE;
    r->seen |= 1u << f->outcome;
    if (!done)
        cli_error(f);
    if (*result->note)
        cli_note("%s", result->note);
    if (!r->opt->json) {
        if (done)
            printf("%s: %s %s\n", item, r->opt->drop ? "freed" : "is back as",
                   *result->seg ? result->seg : "");
        return;
    }
    json_t *o = item_value(item, result->seg, result->size, result->since_ns, because);
    fault_format(f, error, sizeof error);
    json_object_set_new(o, "result", json_string(json_result(f->outcome)));
    json_object_set_new(o, "error", done ? json_null() : json_text(error, strlen(error)));
    json_element(&r->out, o);
}

static void do_one(struct run *r, const char *word, const char *because) {
    struct restored *result = xcalloc(1, sizeof *result);
    if (r->opt->drop)
        restoring_drop(r->root, r->journal, word, result);
    else if (restoring_is_item(word))
        restoring_item(r->root, r->journal, word, result);
    else
        restoring_copy(r->root, r->journal, word, r->opt->ns, result);
    tell(r, word, because, result);
    free(result);
}

// The items that --older-than means.
static void do_old(struct run *r, const struct cli_look *look) {
    struct kept_list list;
    int err = kept_list_make(look->root, look->snap, &list);
    uint64_t now = root_wall_ns(look->root);
    for (size_t i = 0; i < list.count; i++)
        if (is_listed(r->opt, now, &list.items[i]))
            do_one(r, list.items[i].text, list.items[i].because);
    if (err) {
        struct fault f;
        fault_set(&f, OUTCOME_FAILED, -err, "/dev/shm", "its quarantine could not be read in full",
                  "");
        r->seen |= 1u << cli_error(&f);
    }
    kept_list_done(&list);
}

// Items and copies by name. Why they were removed is told by the JSON alone.
static void do_named(struct run *r) {
    const size_t count = r->opt->operand_count;
    struct qitem *items = xcalloc(count + 1, sizeof *items);
    struct journal_memory *found = xcalloc(count + 1, sizeof *found);
    uint64_t ns;
    for (size_t i = 0; i < count; i++)
        qitem_parse(r->opt->operands[i], &items[i], &ns);
    if (r->opt->json)
        journal_recall(r->root, items, count, found);
    for (size_t i = 0; i < count; i++)
        do_one(r, r->opt->operands[i], found[i].because);
    journal_forget(found, count);
    free(items);
    free(found);
}

static int act(const struct options *opt, const struct cli_look *look) {
    static const enum outcome order[] = {OUTCOME_FAILED, OUTCOME_REFUSED, OUTCOME_MISSING};
    struct run r = {.opt = opt, .root = look->root};
    char why[400];
    r.journal = journal_open(look->root, "restore", why, sizeof why);
    if (*why)
        cli_note("%s; what is done is not recorded", why);
    if (opt->json) {
        json_begin(&r.out, stdout, root_vantage(look->root), root_wall_ns(look->root));
        json_list_begin(&r.out, "items");
    }
    if (options_given(opt, OPT_BIT(OLDER_THAN)))
        do_old(&r, look);
    do_named(&r);
    if (opt->json) {
        json_list_end(&r.out);
        json_end(&r.out);
    }
    journal_sync(r.journal);
    journal_close(r.journal);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (r.seen & (1u << order[i]))
            return (int)order[i];
    return OUTCOME_DONE;
}

int cli_restore(const struct options *opt) {
    struct cli_look look;
    // Only to find the quarantines of other namespaces does the machine have to be looked at.
    int status = opt->all_namespaces ? cli_look_all(opt, true, &look) : cli_look_root(opt, &look);
    if (status)
        return status;
    status = cli_restore_acts(opt) ? act(opt, &look) : list_kept(opt, &look);
    cli_look_done(&look);
    return status;
}
